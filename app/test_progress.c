/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "progress.h"

/* A pipe in place of the terminal. */
struct screen {
	int fd[2];
	char text[256];
};

static int
setup(void **state)
{
	static struct screen screen;

	*state = &screen;
	return pipe2(screen.fd, O_NONBLOCK);
}

static int
teardown(void **state)
{
	struct screen *s = *state;

	close(s->fd[0]);
	close(s->fd[1]);
	return 0;
}

/* What was drawn since it was asked last. */
static const char *
drawn(struct screen *s)
{
	ssize_t n = read(s->fd[0], s->text, sizeof(s->text) - 1);

	s->text[n > 0 ? n : 0] = '\0';
	return s->text;
}

static void
one_line_is_drawn_in_its_place(void **state)
{
	struct screen *s = *state;
	struct progress p;

	progress_begin(&p, s->fd[1], "full.conf", 900000, 5000);
	progress_lines(&p, 1, 5199);
	assert_string_equal(drawn(s), "");
	progress_lines(&p, 400000, 5200);
	assert_string_equal(drawn(s), "\r\033[Kfull.conf: 400,000 of 900,000 lines");
	progress_lines(&p, 400999, 5299);
	assert_string_equal(drawn(s), "");
	progress_lines(&p, 401001, 5300);
	assert_string_equal(drawn(s), "\r\033[Kfull.conf: 401,001 of 900,000 lines");
	progress_apply(&p, 900000);
	assert_string_equal(drawn(s), "\r\033[Kfull.conf: 900,000 lines, applying them");
	progress_end(&p);
	assert_string_equal(drawn(s), "\r\033[K");
	progress_end(&p);
	assert_string_equal(drawn(s), "");
}

static void
without_a_total(void **state)
{
	struct screen *s = *state;
	struct progress p;

	progress_begin(&p, s->fd[1], "fifo", 0, 0);
	progress_lines(&p, 999, 200);
	assert_string_equal(drawn(s), "\r\033[Kfifo: 999 lines");
	progress_lines(&p, 12345678, 300);
	assert_string_equal(drawn(s), "\r\033[Kfifo: 12,345,678 lines");
	progress_end(&p);
}

static void
what_is_soon_done_draws_nothing(void **state)
{
	struct screen *s = *state;
	struct progress p;

	progress_begin(&p, s->fd[1], "small.conf", 10, 0);
	progress_lines(&p, 10, 199);
	progress_apply(&p, 10);
	progress_end(&p);
	assert_string_equal(drawn(s), "");
}

/* There is nowhere to draw: standard input, which 0 is elsewhere, must not get it. */
static void
without_a_terminal(void **state)
{
	struct screen *s = *state;
	struct progress p;
	int stdin_kept = dup(0);

	assert_true(stdin_kept >= 0);
	assert_int_equal(dup2(s->fd[1], 0), 0);
	progress_begin(&p, 0, "full.conf", 900000, 0);
	progress_lines(&p, 400000, 1000);
	progress_apply(&p, 900000);
	progress_end(&p);
	assert_int_equal(dup2(stdin_kept, 0), 0);
	close(stdin_kept);
	assert_string_equal(drawn(s), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_line_is_drawn_in_its_place, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_total, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_soon_done_draws_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_terminal, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
