/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The console on a UNIX socket. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd.h"
#include "console_socket.h"
#include "out.h"
#include "test_console_user.h"
#include "test_grammar.h"

#define PATH "test_console.sock"

static int
setup(void **state)
{
	(void)state;
	return cmd_init(test_nouns);
}

static int
teardown(void **state)
{
	(void)state;
	cmd_free();
	return 0;
}

static struct console_socket *
open_socket(void)
{
	struct console_socket *sock = NULL;

	unlink(PATH);
	assert_int_equal(console_socket_open(PATH, &sock), 0);
	return sock;
}

/* One round of the caller's loop; returns what console_socket_serve() does. */
static int
serve(struct console_socket *sock)
{
	struct pollfd fds[CONSOLE_SOCKET_FDS];
	unsigned int n = console_socket_pollfds(sock, fds);

	assert_true(n <= CONSOLE_SOCKET_FDS);
	poll(fds, n, 0);
	return console_socket_serve(sock, fds, n);
}

static int
connect_to(struct console_socket *sock)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = PATH};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	serve(sock);
	return fd;
}

/* Serve and read until nothing comes any more; returns what take() does. */
static int
converse(struct console_socket *sock, int fd)
{
	unsigned int idle;
	size_t before;
	int alive = 1;

	for (idle = 0; idle < 3 && alive > 0; idle++) {
		before = nb_got;
		serve(sock);
		alive = take(fd);
		if (nb_got != before)
			idle = 0;
	}
	return alive;
}

static void
assert_says(struct console_socket *sock, int fd, const char *line, const char *text)
{
	forget();
	put(fd, line);
	assert_int_equal(converse(sock, fd), 1);
	assert_string_equal(got, text);
}

static void
test_socket_lines(void **state)
{
	struct console_socket *sock = open_socket();
	int fd = connect_to(sock);

	(void)state;
	assert_says(sock, fd, "show route\n", "text\n");
	assert_says(sock, fd, "show ro", "");
	assert_says(sock, fd, "ute json\r\n", "json\n");
	assert_says(sock, fd, "\n# x\n", "");
	assert_says(sock, fd, "show port 1\nshow port 0\n", "text 1\ntext 0\n");
	assert_says(sock, fd, "add foo\n", "error: add: expected route, not \"foo\"\n");
	assert_says(sock, fd, "fail\n", "half a line\nerror: it went wrong: ?[31mred\n");
	assert_int_equal(write(fd, "show\0route\n", 11), 11);
	assert_says(sock, fd, "count foo\n",
		"error: the line has a control character in it\n"
		"error: count: unexpected \"foo\" at the end\n");
	close(fd);
	console_socket_close(sock);
	assert_int_equal(access(PATH, F_OK), -1);
}

static void
test_socket_mode(void **state)
{
	mode_t mask = umask(0);
	struct console_socket *sock = open_socket();
	struct stat st;

	(void)state;
	umask(mask);
	assert_int_equal(lstat(PATH, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0600);
	console_socket_close(sock);
}

static void
test_socket_paths(void **state)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = PATH};
	struct console_socket *sock, *other = NULL;
	char path[200];
	struct stat st;
	int fd;

	(void)state;
	/* One that lives. */
	sock = open_socket();
	assert_int_equal(console_socket_open(PATH, &other), -EADDRINUSE);
	assert_null(other);
	fd = connect_to(sock);
	assert_says(sock, fd, "show route\n", "text\n");
	close(fd);
	/* One whose path somebody else took is not removed. */
	unlink(PATH);
	assert_int_equal(console_socket_open(PATH, &other), 0);
	console_socket_close(sock);
	assert_int_equal(access(PATH, F_OK), 0);
	console_socket_close(other);
	assert_int_equal(access(PATH, F_OK), -1);
	/* One that a dead process left. */
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
	assert_int_equal(console_socket_open(PATH, &sock), 0);
	fd = connect_to(sock);
	assert_says(sock, fd, "show route\n", "text\n");
	close(fd);
	console_socket_close(sock);
	/* No socket at all, and a link to nothing. */
	fd = open(PATH, O_CREAT | O_WRONLY, 0644);
	put(fd, "precious");
	close(fd);
	assert_int_equal(console_socket_open(PATH, &sock), -EEXIST);
	assert_int_equal(stat(PATH, &st), 0);
	assert_int_equal(st.st_size, 8);
	unlink(PATH);
	assert_int_equal(symlink("nowhere", PATH), 0);
	assert_int_equal(console_socket_open(PATH, &sock), -EEXIST);
	unlink(PATH);
	assert_int_equal(console_socket_open("no/such/directory", &sock), -ENOENT);
	assert_int_equal(console_socket_open("", &sock), -ENOENT);
	memset(path, 'a', sizeof(path));
	path[108] = '\0';
	assert_int_equal(console_socket_open(path, &sock), -ENAMETOOLONG);
}

static void
test_socket_clients(void **state)
{
	struct console_socket *sock = open_socket();
	int fd[CONSOLE_SOCKET_CLIENTS], more, i;
	char line[32], text[32];

	(void)state;
	for (i = 0; i < CONSOLE_SOCKET_CLIENTS; i++)
		fd[i] = connect_to(sock);
	for (i = CONSOLE_SOCKET_CLIENTS - 1; i >= 0; i--) {
		snprintf(line, sizeof(line), "show port %d\n", i);
		snprintf(text, sizeof(text), "text %d\n", i);
		assert_says(sock, fd[i], line, text);
	}
	forget();
	more = connect_to(sock);
	assert_int_equal(converse(sock, more), 0);
	assert_string_equal(got, "error: too many clients on this console; try again later\n");
	close(more);
	close(fd[3]);
	serve(sock);
	more = connect_to(sock);
	assert_says(sock, more, "show route\n", "text\n");
	close(more);
	for (i = 0; i < CONSOLE_SOCKET_CLIENTS; i++)
		if (i != 3)
			close(fd[i]);
	console_socket_close(sock);
}

static void
test_socket_half_close(void **state)
{
	struct console_socket *sock = open_socket();
	int fd = connect_to(sock), i;

	(void)state;
	forget();
	/* More lines than a turn has, and the last one without its end. */
	test_counted = 0;
	for (i = 0; i < 199; i++)
		put(fd, "count\n");
	put(fd, "show route");
	shutdown(fd, SHUT_WR);
	assert_int_equal(converse(sock, fd), 0);
	assert_int_equal(test_counted, 199);
	assert_int_equal(nb_got, 9 * 2 + 90 * 3 + 100 * 4 + 5);
	assert_memory_equal(got + nb_got - 5, "text\n", 5);
	close(fd);
	console_socket_close(sock);
}

static void
test_socket_gone_client(void **state)
{
	struct console_socket *sock = open_socket();
	int fd = connect_to(sock), i;

	(void)state;
	test_counted = 0;
	put(fd, "count\ncount\nsay 100000\ncount\n");
	close(fd);
	for (i = 0; i < 5; i++)
		serve(sock);
	assert_int_equal(test_counted, 3);
	fd = connect_to(sock);
	assert_says(sock, fd, "show route\n", "text\n");
	close(fd);
	console_socket_close(sock);
}

/* A client that does not read keeps its output and waits; nobody else does. */
static void
test_socket_stuck_client(void **state)
{
	struct console_socket *sock = open_socket();
	int stuck = connect_to(sock), fd = connect_to(sock);
	struct pollfd fds[CONSOLE_SOCKET_FDS];
	unsigned int i;

	(void)state;
	test_counted = 0;
	put(stuck, "say 2000000\ncount\n");
	for (i = 0; i < 10; i++)
		serve(sock);
	assert_int_equal(test_counted, 0);
	/* The caller can sleep meanwhile. */
	i = console_socket_pollfds(sock, fds);
	assert_int_equal(poll(fds, i, 0), 0);
	assert_says(sock, fd, "show route\n", "text\n");
	forget();
	assert_int_equal(converse(sock, stuck), 1);
	assert_int_equal(test_counted, 1);
	assert_int_equal(nb_got, 20000000 + 2);
	for (i = 0; i < 2000000; i += 9973)
		assert_int_equal(strtoul(got + (size_t)i * 10, NULL, 10), i);
	assert_string_equal(got + 20000000, "1\n");
	close(stuck);
	close(fd);
	console_socket_close(sock);
}

static void
test_socket_output_limit(void **state)
{
	static const char error[] =
		"error: the output is longer than 134217728 octets; ask for less\n";
	struct console_socket *sock = open_socket();
	int fd = connect_to(sock);
	size_t total = 0;

	(void)state;
	put(fd, "mib 129\n");
	forget();
	while (total < (128u << 20) + sizeof(error)) {
		serve(sock);
		take(fd);
		total += nb_got;
		if (nb_got > 0 && got[nb_got - 1] == '\n')
			break;
		forget();
	}
	/* A line's end comes between the text and the error. */
	assert_int_equal(total, (128u << 20) + 1 + sizeof(error) - 1);
	assert_string_equal(got + nb_got - (sizeof(error) - 1), error);
	assert_says(sock, fd, "show route\n", "text\n");
	close(fd);
	console_socket_close(sock);
}

static void
test_socket_long_line(void **state)
{
	struct console_socket *sock = open_socket();
	char line[CMD_LINE_MAX + 4];
	int fd = connect_to(sock);

	(void)state;
	memset(line, ' ', sizeof(line));
	memcpy(line, "show route", 10);
	line[CMD_LINE_MAX] = '\n';
	line[CMD_LINE_MAX + 1] = '\0';
	assert_says(sock, fd, line, "text\n");
	line[CMD_LINE_MAX] = ' ';
	line[CMD_LINE_MAX + 1] = '\n';
	line[CMD_LINE_MAX + 2] = '\0';
	assert_says(sock, fd, line, "error: the line is longer than 4096 octets\n");
	line[CMD_LINE_MAX + 1] = ' ';
	line[CMD_LINE_MAX + 2] = '\n';
	line[CMD_LINE_MAX + 3] = '\0';
	forget();
	test_counted = 0;
	put(fd, line);
	put(fd, "count\n");
	/* The end of the connection, not a reset for what was not read. */
	assert_int_equal(converse(sock, fd), 0);
	assert_string_equal(got, "error: the line is longer than 4096 octets\n");
	assert_int_equal(test_counted, 0);
	close(fd);
	console_socket_close(sock);
}

/* A flood of lines is served in turns. */
static void
test_socket_turns(void **state)
{
	struct console_socket *sock = open_socket();
	int flood = connect_to(sock), fd = connect_to(sock);
	char lines[1000 * 6 + 1] = "";
	unsigned int i;

	(void)state;
	test_counted = 0;
	for (i = 0; i < 1000; i++)
		memcpy(lines + (size_t)i * 6, "count\n", 7);
	put(flood, lines);
	serve(sock);
	assert_in_range(test_counted, 1, 100);
	put(fd, "show route\n");
	forget();
	serve(sock);
	take(fd);
	assert_string_equal(got, "text\n");
	assert_in_range(test_counted, 2, 200);
	converse(sock, flood);
	assert_int_equal(test_counted, 1000);
	/* Turns go on for lines that say nothing, too. */
	for (i = 0; i < 1000; i++)
		memcpy(lines + (size_t)i * 6, i < 999 ? "say 0\n" : "count\n", 7);
	assert_says(sock, flood, lines, "");
	for (i = 0; i < 20; i++)
		converse(sock, flood);
	assert_string_equal(got, "1001\n");
	close(flood);
	close(fd);
	console_socket_close(sock);
}

static void
test_socket_quit(void **state)
{
	struct console_socket *sock = open_socket();
	int fd = connect_to(sock);

	(void)state;
	test_counted = 0;
	assert_int_equal(serve(sock), 0);
	put(fd, "quit\ncount\n");
	assert_int_equal(serve(sock), 1);
	forget();
	assert_int_equal(converse(sock, fd), 0);
	assert_int_equal(test_counted, 0);
	close(fd);
	console_socket_close(sock);
	console_socket_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_socket_lines),
		cmocka_unit_test(test_socket_mode),
		cmocka_unit_test(test_socket_paths),
		cmocka_unit_test(test_socket_clients),
		cmocka_unit_test(test_socket_half_close),
		cmocka_unit_test(test_socket_gone_client),
		cmocka_unit_test(test_socket_stuck_client),
		cmocka_unit_test(test_socket_output_limit),
		cmocka_unit_test(test_socket_long_line),
		cmocka_unit_test(test_socket_turns),
		cmocka_unit_test(test_socket_quit),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
