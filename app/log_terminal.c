/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Log lines on the terminal where somebody types: each takes the place of the line that is typed,
 * which is shown again below it. */

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_log.h>

#include "app.h"
#include "console_tty.h"

#define ERASE "\r\033[J"

static struct {
	struct console_tty *tty;
	FILE *stream;
	bool in_line; /* the last line has not ended */
} terminal;

static ssize_t
write_lines(void *cookie, const char *text, size_t size)
{
	struct console_tty *tty = __atomic_load_n(&terminal.tty, __ATOMIC_ACQUIRE);
	struct iovec parts[2] = {{(char[]){ERASE}, sizeof(ERASE) - 1},
		{(void *)(uintptr_t)text, size}};

	RTE_SET_USED(cookie);
	if (size == 0)
		return 0;
	if (tty == NULL || terminal.in_line)
		parts[0].iov_len = 0;
	/* Whoever reads no more shall not end the router. */
	if (writev(STDERR_FILENO, parts, RTE_DIM(parts)) > 0) {
		terminal.in_line = text[size - 1] != '\n';
		if (tty != NULL)
			console_tty_disturb(tty);
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

void
app_log_terminal(struct console_tty *tty)
{
	if (!is_same_terminal())
		return;
	terminal.tty = tty;
	terminal.stream =
		fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_lines});
	if (terminal.stream == NULL)
		return;
	setvbuf(terminal.stream, NULL, _IOLBF, 0);
	rte_openlog_stream(terminal.stream);
}

void
app_log_terminal_end(void)
{
	if (terminal.stream == NULL)
		return;
	/* The stream stays open: another thread may be in the middle of a line. */
	rte_openlog_stream(NULL);
	__atomic_store_n(&terminal.tty, NULL, __ATOMIC_RELEASE);
}
