/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The console on a terminal and on pipes. */

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
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd.h"
#include "console_tty.h"
#include "out.h"
#include "test_console_user.h"
#include "test_grammar.h"

#define PROMPT "mtud> "
#define CLEAR  "\033[0K" /* librte_cmdline clears the rest of the line behind what it adds */

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

static int master, slave;

/* Let the console run until it has nothing to do; returns what it says last. */
static int
pump(struct console_tty *tty)
{
	struct pollfd fds[CONSOLE_TTY_FDS];
	unsigned int i, n;
	int ret = 0;

	for (i = 0; i < 100000 && ret == 0; i++) {
		n = console_tty_pollfds(tty, fds);
		assert_true(n <= CONSOLE_TTY_FDS);
		if (poll(fds, n, 0) == 0 && i > 0)
			break;
		ret = console_tty_input(tty);
		take(master);
	}
	take(master);
	return ret;
}

static struct console_tty *
open_terminal(void)
{
	struct console_tty *tty;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	tty = console_tty_open_fds(PROMPT, slave, slave);
	assert_non_null(tty);
	forget();
	take(master);
	assert_string_equal(got, PROMPT);
	return tty;
}

static void
close_terminal(struct console_tty *tty)
{
	console_tty_close(tty);
	close(slave);
	close(master);
}

/* Press keys; the screen gets text, as far as the first line goes that is not echo. */
static void
assert_screen(struct console_tty *tty, const char *keys, const char *text)
{
	forget();
	put(master, keys);
	assert_int_equal(pump(tty), 0);
	assert_string_equal(got, text);
}

static bool
is_raw(int fd)
{
	struct termios mode;

	assert_int_equal(tcgetattr(fd, &mode), 0);
	return (mode.c_lflag & (ICANON | ECHO | ISIG)) == 0;
}

static void
test_tty_lines(void **state)
{
	struct console_tty *tty = open_terminal();

	(void)state;
	assert_true(is_raw(slave));
	assert_screen(tty, "show route", "show route");
	assert_screen(tty, "\r", "\r\r\ntext\r\n" PROMPT);
	assert_screen(tty, "\r", "\r\r\n" PROMPT);
	assert_screen(tty, "add foo\n",
		"add foo\r\r\nerror: add: expected route, not \"foo\"\r\n" PROMPT);
	/* Several lines at once, as pasted. */
	assert_screen(tty, "show port 1\rshow port 0\r",
		"show port 1\r\r\ntext 1\r\n" PROMPT "show port 0\r\r\ntext 0\r\n" PROMPT);
	assert_int_equal(fcntl(slave, F_GETFL) & O_NONBLOCK, 0);
	close_terminal(tty);
}

/* Somebody else's lines on the terminal: prompt and what is typed come again. */
static void
test_tty_disturbed(void **state)
{
	struct console_tty *tty = open_terminal();

	(void)state;
	assert_screen(tty, "show po", "show po");
	forget();
	assert_int_equal(console_tty_turn(tty, 0), 0);
	take(master);
	assert_string_equal(got, "");
	console_tty_disturb(tty);
	assert_int_equal(console_tty_turn(tty, 0), 0);
	take(master);
	assert_non_null(strstr(got, PROMPT "show po"));
	forget();
	assert_int_equal(console_tty_turn(tty, 0), 0);
	take(master);
	assert_string_equal(got, "");
	assert_screen(tty, "rt 1\r", "rt 1\r\r\ntext 1\r\n" PROMPT);
	close_terminal(tty);
}

static void
test_tty_mode(void **state)
{
	static struct console_tty *volatile unclosed; /* in sight of a leak checker */
	struct console_tty *tty = open_terminal();
	pid_t pid;
	int status;

	(void)state;
	console_tty_close(tty);
	assert_false(is_raw(slave));
	/* exit() from anywhere brings the mode back as well. */
	pid = fork();
	if (pid == 0) {
		unclosed = console_tty_open_fds(PROMPT, slave, slave);
		exit(unclosed != NULL && is_raw(slave) ? 42 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 42);
	assert_false(is_raw(slave));
	close(slave);
	close(master);
	console_tty_close(NULL);
}

static void
test_tty_leave(void **state)
{
	struct console_tty *tty = open_terminal();
	struct pollfd fds[CONSOLE_TTY_FDS];

	(void)state;
	test_counted = 0;
	forget();
	put(master, "quit\rcount\r");
	assert_int_equal(pump(tty), -1);
	assert_string_equal(got, "quit\r\r\n");
	assert_int_equal(console_tty_input(tty), -1);
	assert_int_equal(test_counted, 0);
	close_terminal(tty);

	tty = open_terminal();
	/* Within a line, Ctrl-D deletes as editors do; on an empty one it leaves. */
	assert_screen(tty, "ab\004\003", "ab\r\r\n" PROMPT);
	forget();
	put(master, "\004");
	assert_int_equal(pump(tty), -1);
	assert_string_equal(got, "\r\n");
	close_terminal(tty);

	/* The terminal goes away. */
	tty = open_terminal();
	close(master);
	master = open("/dev/null", O_RDONLY);
	assert_int_equal(console_tty_input(tty), -1);
	assert_true(console_tty_pollfds(tty, fds) <= CONSOLE_TTY_FDS);
	close_terminal(tty);
}

static void
test_tty_edit(void **state)
{
	struct console_tty *tty = open_terminal();

	(void)state;
	assert_screen(tty, "show rou\003", "show rou\r\r\n" PROMPT);
	assert_screen(tty, "fail\r",
		"fail\r\r\nhalf a line\r\nerror: it went wrong: ?[31mred\r\n" PROMPT);
	/* History: the line before, once however often it ran, and blank lines not at all. */
	assert_screen(tty, "show port 1\r", "show port 1\r\r\ntext 1\r\n" PROMPT);
	assert_screen(tty, "show port 1\r", "show port 1\r\r\ntext 1\r\n" PROMPT);
	assert_screen(tty, "  \r", "  \r\r\n" PROMPT);
	forget();
	put(master, "\033[A\r");
	pump(tty);
	assert_non_null(strstr(got, PROMPT "show port 1"));
	assert_non_null(strstr(got, "\ntext 1\r\n" PROMPT));
	forget();
	put(master, "\033[A\033[A\r");
	pump(tty);
	assert_non_null(strstr(got, "half a line"));
	/* Ctrl-U: nothing is left of the line, wherever in it the cursor is. */
	forget();
	put(master, "add foo\002\002\025show port 1\r");
	pump(tty);
	assert_non_null(strstr(got, "\ntext 1\r\n" PROMPT));
	assert_null(strstr(got, "error"));
	close_terminal(tty);
}

/* Lines of a session are there in the next one. */
static void
test_tty_history(void **state)
{
	struct console_tty *tty = open_terminal();
	static const char path[] = "test_console_history.tmp";
	int i;

	(void)state;
	unlink(path);
	for (i = 0; i < 2; i++) {
		console_tty_history(tty, path);
		if (i > 0)
			put(master, "\033[A\033[A\r");
		else
			put(master, "show port 1\rshow port 0\r");
		forget();
		pump(tty);
		assert_non_null(strstr(got, "\ntext 1\r\n" PROMPT));
		close_terminal(tty);
		tty = open_terminal();
	}
	close_terminal(tty);
	unlink(path);
}

static void
test_tty_complete(void **state)
{
	struct console_tty *tty = open_terminal();

	(void)state;
	assert_screen(tty, "del r\tf\t\r",
		"del route " CLEAR "fd00::/8 " CLEAR "\r\r\ntext fd00::/8\r\n" PROMPT);
	forget();
	put(master, "show \t");
	pump(tty);
	assert_non_null(
		strstr(got, "\r\n name   one of many\r\r\n port   ports\r\r\n route\r\r\n"));
	assert_non_null(strstr(got, PROMPT "show "));
	forget();
	put(master, "po?");
	pump(tty);
	assert_non_null(strstr(got, "\r\n port  ports\r\r\n"));
	assert_screen(tty, "\003", "\r\r\n" PROMPT);
	assert_screen(tty, "foo \t", "foo ");
	close_terminal(tty);
}

/* A terminal that shows nothing (stopped, or its network gone) stops the console, not the caller.
 */
static void
test_tty_stuck(void **state)
{
	struct console_tty *tty = open_terminal();
	struct pollfd fds[CONSOLE_TTY_FDS];
	size_t expected, i;
	unsigned int n;

	(void)state;
	test_counted = 0;
	put(master, "say 30000\rcount\r");
	for (i = 0; i < 5; i++)
		assert_int_equal(console_tty_input(tty), 0);
	assert_int_equal(test_counted, 0);
	n = console_tty_pollfds(tty, fds);
	assert_int_equal(poll(fds, n, 0), 0);
	forget();
	assert_int_equal(pump(tty), 0);
	assert_int_equal(test_counted, 1);
	/* Each line's end is two octets there. */
	expected =
		strlen("say 30000\r\r\n") + 30000 * 11 + strlen(PROMPT "count\r\r\n1\r\n" PROMPT);
	assert_int_equal(nb_got, expected);
	close_terminal(tty);
}

/* Pipes */

static void
test_pipe(void **state)
{
	struct console_tty *tty;
	int in[2], out[2], ret;

	(void)state;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	tty = console_tty_open_fds(PROMPT, in[0], out[1]);
	assert_non_null(tty);
	master = out[0];
	forget();
	assert_int_equal(pump(tty), 0);
	put(in[1], "show route\n\n# x\nadd foo\nshow rou");
	assert_int_equal(pump(tty), 0);
	assert_string_equal(got, "text\nerror: add: expected route, not \"foo\"\n");
	forget();
	put(in[1], "te json");
	close(in[1]);
	ret = pump(tty);
	assert_int_equal(ret, -1);
	assert_string_equal(got, "json\n");
	/* Whoever shares the descriptor finds it as it was. */
	assert_int_equal(fcntl(out[1], F_GETFL) & O_NONBLOCK, 0);
	console_tty_close(tty);
	close(in[0]);
	close(out[0]);
	close(out[1]);
}

/* Nobody reads what the console writes to out[1]: it waits, and nothing is lost. */
static void
assert_waits(struct console_tty *tty, int in, const int *out)
{
	struct pollfd fds[CONSOLE_TTY_FDS];
	unsigned int i, n;

	assert_non_null(tty);
	test_counted = 0;
	put(in, "say 100000\ncount\nquit\ncount\n");
	for (i = 0; i < 5; i++)
		assert_int_equal(console_tty_input(tty), 0);
	assert_int_equal(test_counted, 0);
	n = console_tty_pollfds(tty, fds);
	assert_int_equal(poll(fds, n, 0), 0);
	master = out[0];
	forget();
	assert_int_equal(pump(tty), -1);
	assert_int_equal(nb_got, 1000000 + 2);
	assert_int_equal(test_counted, 1);
	console_tty_close(tty);
	close(out[0]);
	close(out[1]);
}

static void
test_pipe_stuck(void **state)
{
	int in[2], out[2];

	(void)state;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	assert_waits(console_tty_open_fds(PROMPT, in[0], out[1]), in[1], out);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, out), 0);
	assert_waits(console_tty_open_fds(PROMPT, in[0], out[1]), in[1], out);
	close(in[0]);
	close(in[1]);
}

/* A pipe of another user, which cannot be opened once more. */
static void
test_pipe_foreign(void **state)
{
	struct console_tty *tty;
	int in[2], out[2];

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(seteuid(65534), 0);
	tty = console_tty_open_fds(PROMPT, in[0], out[1]);
	assert_int_equal(seteuid(0), 0);
	assert_waits(tty, in[1], out);
	close(in[0]);
	close(in[1]);
}

/* More lines than a turn has, and none of them says anything. */
static void
test_pipe_turns(void **state)
{
	struct console_tty *tty;
	int in[2], out[2], i;

	(void)state;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	tty = console_tty_open_fds(PROMPT, in[0], out[1]);
	test_counted = 0;
	for (i = 0; i < 500; i++)
		put(in[1], "say 0\n");
	put(in[1], "count\n");
	master = out[0];
	forget();
	assert_int_equal(console_tty_input(tty), 0);
	assert_int_equal(test_counted, 0);
	assert_int_equal(pump(tty), 0);
	assert_string_equal(got, "1\n");
	console_tty_close(tty);
	close(in[0]);
	close(in[1]);
	close(out[0]);
	close(out[1]);
}

static void
test_pipe_reader_gone(void **state)
{
	struct console_tty *tty;
	int in[2], out[2];

	(void)state;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	tty = console_tty_open_fds(PROMPT, in[0], out[1]);
	close(out[0]);
	put(in[1], "show route\n");
	assert_int_equal(console_tty_input(tty), -1);
	console_tty_close(tty);
	close(in[0]);
	close(in[1]);
	close(out[1]);
}

/* Standard input may be a file, and standard output a file or a socket. */
static void
test_files(void **state)
{
	char line[CMD_LINE_MAX + 3];
	struct console_tty *tty;
	int in, out, pair[2];

	(void)state;
	in = open("test_console_in.tmp", O_CREAT | O_TRUNC | O_RDWR, 0600);
	out = open("test_console_out.tmp", O_CREAT | O_TRUNC | O_RDWR, 0600);
	put(out, "before\n");
	put(in, "show route\nshow route json\n");
	lseek(in, 0, SEEK_SET);
	tty = console_tty_open_fds(PROMPT, in, out);
	master = open("/dev/null", O_RDONLY);
	assert_int_equal(pump(tty), -1);
	console_tty_close(tty);
	lseek(out, 0, SEEK_SET);
	forget();
	assert_int_equal(take(out), 0);
	assert_string_equal(got, "before\ntext\njson\n");
	close(master);
	close(out);

	/* A line too long ends it: what follows would be read as something else. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	lseek(in, 0, SEEK_SET);
	memset(line, ' ', sizeof(line));
	line[CMD_LINE_MAX + 2] = '\0';
	put(in, line);
	put(in, "\ncount\n");
	lseek(in, 0, SEEK_SET);
	tty = console_tty_open_fds(PROMPT, in, pair[0]);
	master = pair[1];
	forget();
	test_counted = 0;
	assert_int_equal(pump(tty), -1);
	assert_string_equal(got, "error: the line is longer than 4096 octets\n");
	assert_int_equal(test_counted, 0);
	console_tty_close(tty);
	close(in);
	close(pair[0]);
	close(pair[1]);
	unlink("test_console_in.tmp");
	unlink("test_console_out.tmp");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tty_lines),
		cmocka_unit_test(test_tty_disturbed),
		cmocka_unit_test(test_tty_mode),
		cmocka_unit_test(test_tty_leave),
		cmocka_unit_test(test_tty_edit),
		cmocka_unit_test(test_tty_history),
		cmocka_unit_test(test_tty_complete),
		cmocka_unit_test(test_tty_stuck),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_pipe_stuck),
		cmocka_unit_test(test_pipe_foreign),
		cmocka_unit_test(test_pipe_turns),
		cmocka_unit_test(test_pipe_reader_gone),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
