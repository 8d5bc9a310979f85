/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The console on a UNIX socket as programs use it, and what goes on there after its line. */

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd.h"
#include "console_frame.h"
#include "console_socket.h"
#include "out.h"
#include "test_console_user.h"
#include "test_grammar.h"

#define PATH "test_console_frame.sock"

static struct console_socket *sock;
static uint64_t now_ms = 1000;

static int
setup(void **state)
{
	(void)state;
	unlink(PATH);
	test_counted = 0;
	return cmd_init(test_nouns) == 0 ? console_socket_open(PATH, &sock) : -1;
}

static int
teardown(void **state)
{
	(void)state;
	console_socket_close(sock);
	cmd_free();
	assert_int_equal(test_alive, 0);
	return 0;
}

/* Let it run while time stands still. */
static void
settle(void)
{
	struct pollfd fds[CONSOLE_SOCKET_FDS];
	unsigned int i, n;

	for (i = 0; i < 20; i++) {
		n = console_socket_pollfds(sock, fds);
		if (poll(fds, n, 0) > 0)
			console_socket_serve(sock, fds, n);
		console_socket_turn(sock, now_ms);
	}
}

static int
connect_to_it(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = PATH};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	settle();
	return fd;
}

static void
assert_after(int fd, unsigned int ms, const char *text)
{
	now_ms += ms;
	forget();
	settle();
	take(fd);
	assert_string_equal(got, text);
}

static void
assert_says(int fd, const char *lines, const char *text)
{
	put(fd, lines);
	assert_after(fd, 0, text);
}

static void
test_run(void **state)
{
	int fd = connect_to_it();

	(void)state;
	assert_says(fd, "\001show route\n", "text\n\0040\n");
	assert_says(fd, "\001\n\001# x\n", "\0040\n\0040\n");
	assert_says(fd, "\001add foo\n", "\0041add: expected route, not \"foo\"\n");
	assert_says(fd, "\001fail\n", "half a line\0041it went wrong: ?[31mred\n");
	/* Plain lines are answered as ever, also between the others. */
	assert_says(fd, "show route\nadd foo\n\001show route\n",
		"text\nerror: add: expected route, not \"foo\"\ntext\n\0040\n");
	assert_says(fd, "\001\001show route\n", "\0041the line has a control character in it\n");
	assert_says(fd, " \001show route\n", "error: the line has a control character in it\n");
	assert_int_equal(write(fd, "\0show route\n", 12), 12);
	assert_after(fd, 0, "error: the line has a control character in it\n");
	close(fd);
	fd = connect_to_it();
	put(fd, "\001quit\n");
	forget();
	settle();
	assert_int_equal(take(fd), 0);
	assert_string_equal(got, "\0040\n");
	close(fd);
}

static void
test_clean(void **state)
{
	char text[] = "a\004b\014\016c\n";

	(void)state;
	console_frame_clean(text, 4);
	assert_string_equal(text, "a?b?\016c\n");
	console_frame_clean(text, strlen(text));
	assert_string_equal(text, "a?b??c\n");
	console_frame_clean(NULL, 0);
}

static void
test_limit(void **state)
{
	static const char end[] = "\0041the output is longer than 134217728 octets; ask for less\n";
	int fd = connect_to_it();
	size_t total = 0;

	(void)state;
	put(fd, "\001mib 129\n");
	do {
		forget();
		settle();
		take(fd);
		total += nb_got;
	} while (nb_got == 0 || got[nb_got - 1] != '\n');
	assert_int_equal(total, (128u << 20) + sizeof(end) - 1);
	assert_string_equal(got + nb_got - (sizeof(end) - 1), end);
	close(fd);
}

static void
test_choices(void **state)
{
	static char line[CMD_LINE_MAX + 4];
	int fd = connect_to_it();

	(void)state;
	assert_says(fd, "\005sho\n", "show\t\n\0040\n");
	assert_says(fd, "\005show \n", "name\tone of many\nport\tports\nroute\t\nwith\tkeys with keywords\n\0040\n");
	assert_says(fd, "\005show route 2001\n", "2001:db8:1::/48\t\n2001:db8:2::/48\t\n\0040\n");
	assert_says(fd, "\005say \n", "<a number>\tN lines of ten octets\n\0040\n");
	assert_says(fd, "\005nonsense \n\005show name n\n\005", "\0040\n<a name>\tone of many\n\0040\n");
	assert_says(fd, "\n",
		"add\t\ncount\tcount the calls\ndel\tremove a route\nfail\tgo wrong\ngo\t\n"
		"help\tevery command, or those that begin with COMMAND\n"
		"load\trun the commands of a file\nmib\tN MiB of x\nquit\tleave\n"
		"say\tN lines of ten octets\nshow\t\ntwice\t\n\0040\n");
	assert_says(fd, "\005sh\001o\n", "\0040\n");
	/* A word longer than any choice, and a line as long as they may be. */
	memset(line, 'x', CMD_LINE_MAX);
	memcpy(line, "\005show ", 6);
	line[CMD_LINE_MAX] = '\n';
	assert_says(fd, line, "\0040\n");
	/* The mark is not counted. */
	memset(line, ' ', CMD_LINE_MAX + 2);
	memcpy(line, "\001show route", 11);
	line[CMD_LINE_MAX + 1] = '\n';
	assert_says(fd, line, "text\n\0040\n");
	line[CMD_LINE_MAX + 1] = ' ';
	line[CMD_LINE_MAX + 2] = '\n';
	forget();
	put(fd, line);
	settle();
	take(fd);
	assert_non_null(strstr(got, "the line is longer than 4096 octets\n"));
	close(fd);
}

static void
test_live(void **state)
{
	int fd = connect_to_it(), other = connect_to_it();

	(void)state;
	/* People see texts only. */
	assert_says(fd, "go 2 redraw\n", "begin\nturn 1\n");
	assert_says(other, "\001go 2 redraw\n", "begin\n\016\014turn 1\n");
	assert_after(other, 9, "");
	assert_after(other, 1, "\014turn 2\n\0040\n");
	assert_after(fd, 0, "\nturn 2\n");
	assert_after(fd, 100, "");
	assert_int_equal(test_alive, 0);
	assert_says(fd, "\001go 0\n", "begin\n\0041no turn at all\n");
	assert_int_equal(test_alive, 0);
	close(fd);
	close(other);
}

static void
test_live_line(void **state)
{
	int fd = connect_to_it();

	(void)state;
	assert_says(fd, "\001go 9\n", "begin\n\016turn 1\n");
	/* Half a line is none. */
	assert_says(fd, "show ro", "");
	assert_after(fd, 10, "turn 2\n");
	assert_says(fd, "ute\n", "\0040\ntext\n");
	assert_says(fd, "\001go 9\n", "begin\n\016turn 1\n");
	assert_says(fd, "\n", "\0040\n");
	assert_says(fd, "\n", "");
	/* Lines that come with it end it before its first turn. */
	assert_says(fd, "go 9\n\001show route\n", "begin\ntext\n\0040\n");
	assert_int_equal(test_alive, 0);
	close(fd);
}

static void
test_live_leave(void **state)
{
	static char line[CMD_LINE_MAX + 3];
	int fd = connect_to_it(), i;

	(void)state;
	assert_says(fd, "go 9\n", "begin\nturn 1\n");
	shutdown(fd, SHUT_WR);
	settle();
	assert_int_equal(test_alive, 0);
	assert_int_equal(take(fd), 0);
	close(fd);
	fd = connect_to_it();
	assert_says(fd, "\001go 9\n", "begin\n\016turn 1\n");
	close(fd);
	settle();
	assert_int_equal(test_alive, 0);
	/* An endless line. */
	fd = connect_to_it();
	assert_says(fd, "\001go 9\n", "begin\n\016turn 1\n");
	memset(line, '\001', sizeof(line) - 1);
	put(fd, line);
	forget();
	settle();
	assert_int_equal(take(fd), 0);
	assert_string_equal(got, "\0040\nerror: the line is longer than 4096 octets\n");
	assert_int_equal(test_alive, 0);
	close(fd);
	/* Whatever a turn finds is ended with the console, by teardown(). */
	for (i = 0; i < 3; i++)
		assert_says(connect_to_it(), i == 0 ? "\001go 9\n" : "go 9\n",
			i == 0 ? "begin\n\016turn 1\n" : "begin\nturn 1\n");
	assert_int_equal(test_alive, 3);
}

/* Who does not read has no turn, then has them again, and none is lost on the way. */
static void
test_live_stuck(void **state)
{
	int fd = connect_to_it(), other = connect_to_it();
	char text[32], *at;
	unsigned int i, n;

	(void)state;
	put(fd, "go 5000\n");
	for (i = 0; i < 5000; i++, now_ms += 10)
		settle();
	assert_int_equal(test_alive, 1);
	assert_says(other, "show route\n", "text\n");
	forget();
	take(fd);
	assert_int_equal(memcmp(got, "begin\n", 6), 0);
	for (n = 0, at = got + 6; *at != '\0'; at += strlen(text)) {
		snprintf(text, sizeof(text), "turn %u\n", ++n);
		assert_int_equal(strncmp(at, text, strlen(text)), 0);
	}
	assert_in_range(n, 2, 4000);
	/* The one that was stuck, and the one that is long due. */
	snprintf(text, sizeof(text), "turn %u\nturn %u\n", n + 1, n + 2);
	assert_after(fd, 0, text);
	close(fd);
	close(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_run, setup, teardown),
		cmocka_unit_test(test_clean),
		cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_choices, setup, teardown),
		cmocka_unit_test_setup_teardown(test_live, setup, teardown),
		cmocka_unit_test_setup_teardown(test_live_line, setup, teardown),
		cmocka_unit_test_setup_teardown(test_live_leave, setup, teardown),
		cmocka_unit_test_setup_teardown(test_live_stuck, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
