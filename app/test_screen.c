/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Texts that take each other's place. The expected sequences are those of ECMA-48: CUU (cursor up),
 * EL (erase to the end of the line), ED (erase to the end of the page). */

#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "screen.h"

static void
assert_drawn(struct screen *s, const char *text, unsigned int rows, unsigned int columns,
	const char *expected)
{
	struct out out;

	out_init(&out);
	screen_draw(s, &out, text, strlen(text), rows, columns);
	assert_string_equal(out.text, expected);
	out_free(&out);
}

static void
test_draw(void **state)
{
	struct screen s = {0};

	(void)state;
	assert_drawn(&s, "a\nbb\n", 24, 80, "a\033[K\nbb\033[K\n\033[J");
	assert_drawn(&s, "c\n", 24, 80, "\r\033[2Ac\033[K\n\033[J");
	assert_drawn(&s, "no end", 24, 80, "\r\033[1Ano end\033[K\n\033[J");
	assert_drawn(&s, "", 24, 80, "\r\033[1A\033[J");
	assert_drawn(&s, "d\n", 24, 80, "d\033[K\n\033[J");
}

static void
test_draw_clipped(void **state)
{
	struct screen s = {0};

	(void)state;
	/* Four lines have room for three and the cursor. */
	assert_drawn(&s, "1\n2\n3\n", 4, 80, "1\033[K\n2\033[K\n3\033[K\n\033[J");
	assert_drawn(&s, "1\n2\n3\n4\n5", 4, 80,
		"\r\033[3A1\033[K\n2\033[K\n(3 more lines)\033[K\n\033[J");
	/* The terminal has become smaller: what left it at the top is out of reach. */
	assert_drawn(&s, "1\n2\n", 2, 80, "\r\033[1A(2 more lines)\033[K\n\033[J");
	assert_drawn(&s, "123456\n", 24, 4, "\r\033[1A1234\033[K\n\033[J");
	assert_drawn(&s, "\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\n", 24, 2,
		"\r\033[1A\xe2\x94\x80\xe2\x94\x80\033[K\n\033[J");
}

static void
test_append(void **state)
{
	struct screen s = {0};
	struct out out;

	(void)state;
	out_init(&out);
	screen_append(&s, &out, "a\n", 2);
	screen_append(&s, &out, "", 0);
	screen_append(&s, &out, "b\n", 2);
	assert_string_equal(out.text, "a\n\nb\n");
	out_free(&out);
}

static void
test_size(void **state)
{
	struct winsize size = {.ws_row = 50, .ws_col = 132};
	unsigned int rows, columns;
	int master, slave;

	(void)state;
	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	screen_size(slave, &rows, &columns);
	assert_int_equal(rows, 50);
	assert_int_equal(columns, 132);
	/* A serial line does not know, and says 0. */
	size = (struct winsize){0};
	assert_int_equal(ioctl(master, TIOCSWINSZ, &size), 0);
	screen_size(slave, &rows, &columns);
	assert_int_equal(rows, 24);
	assert_int_equal(columns, 80);
	close(master);
	close(slave);
	screen_size(-1, &rows, &columns);
	assert_int_equal(rows, 24);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_draw),
		cmocka_unit_test(test_draw_clipped),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
