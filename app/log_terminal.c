/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Log lines on the terminal where somebody types: each takes the place of the line that is typed,
 * which is shown again below it. */

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_log.h>

#include "app.h"
#include "tty_output.h"

#define ERASE "\r\033[J"

/* Of the console itself nothing: it ends while another thread is in the middle of a line. */
static struct {
	bool typed;   /* any thread: somebody types there */
	bool written; /* any thread: more than was told of */
	FILE *stream;
	int fd;       /* standard error, and it does not block */
	bool in_line; /* the last line has not ended */
} terminal;

/* A terminal that is stopped takes nothing, and nobody waits for whoever has stopped it: the
 * system's log has the line. */
static ssize_t
write_now(const struct iovec *parts, int n)
{
	struct pollfd fd = {.fd = terminal.fd, .events = POLLOUT};

	if (poll(&fd, 1, 0) <= 0 || !(fd.revents & POLLOUT))
		return -1;
	return writev(terminal.fd, parts, n);
}

static ssize_t
write_lines(void *cookie, const char *text, size_t size)
{
	struct iovec parts[2] = {{(char[]){ERASE}, sizeof(ERASE) - 1},
		{(void *)(uintptr_t)text, size}};

	RTE_SET_USED(cookie);
	if (size == 0)
		return 0;
	if (terminal.in_line || !__atomic_load_n(&terminal.typed, __ATOMIC_RELAXED))
		parts[0].iov_len = 0;
	/* Whoever reads no more shall not end the router. */
	if (write_now(parts, RTE_DIM(parts)) > 0) {
		terminal.in_line = text[size - 1] != '\n';
		__atomic_store_n(&terminal.written, true, __ATOMIC_RELEASE);
	}
	/* As DPDK does with lines of its own stream; it counts levels from 1. */
	syslog(RTE_MAX(rte_log_cur_msg_loglevel() - 1, 0), "%.*s", (int)size, text);
	return (ssize_t)size;
}

static bool
is_same_terminal(void)
{
	struct stat out, err;

	return isatty(STDERR_FILENO) && fstat(STDOUT_FILENO, &out) == 0 &&
		fstat(STDERR_FILENO, &err) == 0 && out.st_rdev == err.st_rdev;
}

static int
open_stream(void)
{
	struct tty_output output;

	if (tty_output_open(&output, STDERR_FILENO) < 0)
		return -1;
	terminal.fd = output.fd;
	terminal.stream =
		fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_lines});
	if (terminal.stream == NULL) {
		close(terminal.fd);
		return -1;
	}
	setvbuf(terminal.stream, NULL, _IOLBF, 0);
	return 0;
}

void
app_log_terminal(void)
{
	if (!is_same_terminal() || open_stream() < 0)
		return;
	terminal.typed = true;
	rte_openlog_stream(terminal.stream);
}

bool
app_log_terminal_written(void)
{
	return __atomic_exchange_n(&terminal.written, false, __ATOMIC_ACQUIRE);
}

/* The stream stays: DPDK's own would wait for a terminal that is stopped. */
void
app_log_terminal_end(void)
{
	__atomic_store_n(&terminal.typed, false, __ATOMIC_RELAXED);
}
