/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What goes on after its line: on a terminal and from a pipe. Time is the test's. */

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd.h"
#include "console_tty.h"
#include "out.h"
#include "test_console_user.h"
#include "test_grammar.h"

#define PROMPT "mtud> "

static int master, slave;
static uint64_t now_ms = 1000;

static int
setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	return cmd_init(test_nouns);
}

static int
teardown(void **state)
{
	(void)state;
	cmd_free();
	return 0;
}

/* One round of the caller's loop, at most one turn. */
static int
round_of(struct console_tty *tty)
{
	struct pollfd fds[CONSOLE_TTY_FDS];
	unsigned int n = console_tty_pollfds(tty, fds);
	int ret = 0;

	if (poll(fds, n, 0) > 0)
		ret = console_tty_input(tty);
	if (ret == 0)
		ret = console_tty_turn(tty, now_ms);
	take(master);
	return ret;
}

/* Let it run while time stands still. */
static int
settle(struct console_tty *tty)
{
	int ret = 0, i;

	for (i = 0; i < 20 && ret == 0; i++)
		ret = round_of(tty);
	return ret;
}

static void
assert_after(struct console_tty *tty, unsigned int ms, const char *text)
{
	now_ms += ms;
	forget();
	assert_int_equal(settle(tty), 0);
	assert_string_equal(got, text);
}

static void
assert_keys(struct console_tty *tty, const char *keys, const char *text)
{
	put(master, keys);
	assert_after(tty, 0, text);
}

static struct console_tty *
open_terminal(unsigned short rows)
{
	struct winsize size = {.ws_row = rows, .ws_col = 6};
	struct console_tty *tty;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	tty = console_tty_open_fds(PROMPT, slave, slave);
	assert_non_null(tty);
	assert_after(tty, 0, PROMPT);
	return tty;
}

static void
close_terminal(struct console_tty *tty)
{
	console_tty_close(tty);
	close(slave);
	close(master);
	assert_int_equal(test_alive, 0);
}

static void
test_turns(void **state)
{
	struct console_tty *tty = open_terminal(24);

	(void)state;
	/* The first turn is due at once; no prompt stands before the last. */
	assert_keys(tty, "go 3\r", "go 3\r\r\nbegin\r\nturn 1\r\n");
	assert_after(tty, 9, "");
	assert_after(tty, 1, "turn 2\r\n");
	assert_after(tty, 25, "turn 3\r\n" PROMPT);
	assert_int_equal(test_alive, 0);
	assert_after(tty, 1000, "");
	assert_keys(tty, "go 0\r", "go 0\r\r\nbegin\r\nerror: no turn at all\r\n" PROMPT);
	assert_int_equal(test_alive, 0);
	assert_keys(tty, "show route\r", "show route\r\r\ntext\r\n" PROMPT);
	close_terminal(tty);
}

static void
test_turn_fails(void **state)
{
	struct console_tty *tty = open_terminal(24);
	int i;

	(void)state;
	assert_keys(tty, "go 99\r", "go 99\r\r\nbegin\r\nturn 1\r\n");
	for (i = 2; i < 13; i++) {
		now_ms += 10;
		settle(tty);
	}
	assert_after(tty, 10, "turn 13\r\nerror: an unlucky turn\r\n" PROMPT);
	close_terminal(tty);
}

/* Any key ends it and does nothing else, be it one that sends several octets. */
static void
test_keys(void **state)
{
	static const char *const keys[] = {"q", "\r", " ", "\003", "\004", "\033[A", "\033OP"};
	struct console_tty *tty = open_terminal(24);
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(keys); i++) {
		assert_keys(tty, "go 9\r", "go 9\r\r\nbegin\r\nturn 1\r\n");
		assert_int_equal(test_alive, 1);
		assert_keys(tty, keys[i], PROMPT);
		assert_int_equal(test_alive, 0);
		assert_after(tty, 100, "");
	}
	/* What was typed ahead of it counts as keys. */
	assert_keys(tty, "go 9\rcount\r", "go 9\r\r\nbegin\r\n" PROMPT);
	close_terminal(tty);
}

static void
test_redraw(void **state)
{
	struct console_tty *tty = open_terminal(24);

	(void)state;
	assert_keys(tty, "go 9 redraw\r",
		"go 9 redraw\r\r\nbegin\r\nturn 1\033[K\r\n\033[J");
	assert_after(tty, 10, "\r\033[1Aturn 2\033[K\r\n\033[J");
	assert_keys(tty, "x", PROMPT);
	/* The next one has a place of its own. */
	assert_keys(tty, "go 9 redraw\r",
		"go 9 redraw\r\r\nbegin\r\nturn 1\033[K\r\n\033[J");
	close_terminal(tty);
}

/* A terminal that shows nothing has no more turns, and a key ends it still. */
static void
test_stuck(void **state)
{
	struct console_tty *tty = open_terminal(24);
	static char fill[1 << 16];
	unsigned int full;
	int flags;

	(void)state;
	assert_keys(tty, "go 9\r", "go 9\r\r\nbegin\r\nturn 1\r\n");
	memset(fill, '.', sizeof(fill));
	flags = fcntl(slave, F_GETFL);
	assert_int_equal(fcntl(slave, F_SETFL, flags | O_NONBLOCK), 0);
	/* The kernel moves on in its own time what a terminal has taken. */
	for (full = 0; full < 20; full++) {
		while (write(slave, fill, sizeof(fill)) > 0)
			full = 0;
		usleep(2000);
	}
	now_ms += 100;
	assert_int_equal(console_tty_turn(tty, now_ms), 0);
	now_ms += 100;
	assert_int_equal(console_tty_turn(tty, now_ms), 0);
	put(master, "q");
	assert_int_equal(console_tty_input(tty), 0);
	assert_int_equal(test_alive, 0);
	forget();
	settle(tty);
	assert_non_null(strstr(got, ".turn 2\r\n" PROMPT));
	assert_null(strstr(got, "turn 3"));
	close_terminal(tty);
}

/* The end of the console is that of what goes on, in whatever way it comes. */
static void
test_ends(void **state)
{
	struct console_tty *tty = open_terminal(24);

	(void)state;
	assert_keys(tty, "go 9\r", "go 9\r\r\nbegin\r\nturn 1\r\n");
	assert_int_equal(test_alive, 1);
	close_terminal(tty);

	tty = open_terminal(24);
	assert_keys(tty, "go 9\r", "go 9\r\r\nbegin\r\nturn 1\r\n");
	close(master);
	master = open("/dev/null", O_RDONLY);
	assert_int_equal(settle(tty), -1);
	close_terminal(tty);
}

static int pipe_in[2], pipe_out[2];

static struct console_tty *
open_pipe(const char *lines)
{
	struct console_tty *tty;

	assert_int_equal(pipe(pipe_in), 0);
	assert_int_equal(pipe(pipe_out), 0);
	tty = console_tty_open_fds(PROMPT, pipe_in[0], pipe_out[1]);
	assert_non_null(tty);
	master = pipe_out[0];
	put(pipe_in[1], lines);
	return tty;
}

static void
close_pipe(struct console_tty *tty)
{
	console_tty_close(tty);
	close(pipe_in[0]);
	close(pipe_out[0]);
	close(pipe_out[1]);
	assert_int_equal(test_alive, 0);
}

/* In a pipe lines wait until it has ended by itself. */
static void
test_pipe(void **state)
{
	struct console_tty *tty = open_pipe("go 3 redraw\nshow route\n");

	(void)state;
	assert_after(tty, 0, "begin\nturn 1\n");
	put(pipe_in[1], "show route json\n");
	assert_after(tty, 10, "\nturn 2\n");
	assert_after(tty, 10, "\nturn 3\ntext\njson\n");
	close(pipe_in[1]);
	assert_int_equal(settle(tty), -1);
	close_pipe(tty);
}

static void
test_pipe_end(void **state)
{
	struct console_tty *tty = open_pipe("go 9\nshow route\n");

	(void)state;
	assert_after(tty, 0, "begin\nturn 1\n");
	close(pipe_in[1]);
	forget();
	assert_int_equal(settle(tty), -1);
	assert_string_equal(got, "text\n");
	close_pipe(tty);
}

/* More lines behind it than fit: they wait in the pipe, and the caller can sleep. */
static void
test_pipe_full(void **state)
{
	struct console_tty *tty = open_pipe("go 3\n");
	struct pollfd fds[CONSOLE_TTY_FDS];
	unsigned int i;

	(void)state;
	test_counted = 0;
	for (i = 0; i < 2000; i++)
		put(pipe_in[1], "count\n");
	assert_after(tty, 0, "begin\nturn 1\n");
	assert_int_equal(poll(fds, console_tty_pollfds(tty, fds), 0), 0);
	assert_int_equal(test_counted, 0);
	for (i = 0; i < 100; i++) {
		now_ms += 10;
		settle(tty);
	}
	assert_int_equal(test_counted, 2000);
	close(pipe_in[1]);
	assert_int_equal(settle(tty), -1);
	close_pipe(tty);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_turn_fails),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_redraw),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_pipe_end),
		cmocka_unit_test(test_pipe_full),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
