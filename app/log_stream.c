/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Log lines go to standard error without waiting: whoever reads no more, or has stopped the
 * terminal, shall not stop the router. Where somebody types, each takes the place of the line that
 * is typed, which is shown again below it. */

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
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
	int fd;       /* standard error */
	bool in_line; /* the last line has not ended */
	unsigned int lost; /* writes since the last that was taken */
} output;

bool
app_log_put(int to, const struct iovec *parts, int n)
{
	struct pollfd fd = {.fd = to, .events = POLLOUT};

	/* What has room takes a line at once, if it is no longer than PIPE_BUF. */
	return poll(&fd, 1, 0) > 0 && (fd.revents & POLLOUT) != 0 && writev(to, parts, n) > 0;
}

static void
tell_lost(void)
{
	char text[80];
	struct iovec part = {text, 0};

	part.iov_len = (size_t)snprintf(text, sizeof(text),
		"mtud: log: %u lines were lost: nobody read them\n", output.lost);
	if (app_log_put(output.fd, &part, 1))
		output.lost = 0;
}

static ssize_t
write_lines(void *cookie, const char *text, size_t size)
{
	struct iovec parts[2] = {{(char[]){ERASE}, sizeof(ERASE) - 1},
		{(void *)(uintptr_t)text, RTE_MIN(size, (size_t)PIPE_BUF - sizeof(ERASE))}};

	const bool typed = __atomic_load_n(&output.typed, __ATOMIC_RELAXED);

	RTE_SET_USED(cookie);
	if (size == 0)
		return 0;
	if (output.lost > 0)
		tell_lost();
	if (output.in_line || !typed)
		parts[0].iov_len = 0;
	if (output.lost == 0 && app_log_put(output.fd, parts, RTE_DIM(parts))) {
		output.in_line = text[parts[1].iov_len - 1] != '\n';
		if (typed)
			__atomic_store_n(&output.written, true, __ATOMIC_RELEASE);
		return (ssize_t)parts[1].iov_len;
	}
	output.lost++;
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
app_log_open(void)
{
	struct tty_output error;

	if (tty_output_open(&error, STDERR_FILENO) < 0)
		return;
	output.fd = error.fd;
	output.stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_lines});
	if (output.stream == NULL) {
		close(output.fd);
		return;
	}
	setvbuf(output.stream, NULL, _IOLBF, 0);
	rte_openlog_stream(output.stream);
}

void
app_log_terminal(void)
{
	output.typed = is_same_terminal();
}

bool
app_log_terminal_written(void)
{
	return __atomic_exchange_n(&output.written, false, __ATOMIC_ACQUIRE);
}

void
app_log_terminal_end(void)
{
	__atomic_store_n(&output.typed, false, __ATOMIC_RELAXED);
}
