/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tty_output.h"

/* Whoever started us shares the descriptor's flags, so they stay as they are: a terminal or pipe is
 * opened once more for us alone. */
int
tty_output_open(struct tty_output *output, int fd)
{
	char path[32];
	struct stat st;

	out_init(&output->pending);
	output->sent = 0;
	output->fd = -1;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		output->fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	}
	if (output->fd < 0)
		output->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return output->fd < 0 ? -errno : 0;
}

void
tty_output_close(struct tty_output *output)
{
	close(output->fd);
	out_free(&output->pending);
}

static ssize_t
write_some(const struct tty_output *output, const char *text, size_t len)
{
	struct pollfd fd = {.fd = output->fd, .events = POLLOUT};

	/* A descriptor that could only be duplicated blocks, unless it has room and gets no more
	 * than all have who say so. */
	if (poll(&fd, 1, 0) <= 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(output->fd, text, RTE_MIN(len, (size_t)PIPE_BUF));
}

bool
tty_output_flush(struct tty_output *output)
{
	bool has_reader = true;
	ssize_t n;

	while (tty_output_waiting(output) > 0 && has_reader) {
		n = write_some(output, output->pending.text + output->sent,
			tty_output_waiting(output));
		if (n >= 0)
			output->sent += (size_t)n;
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			return true;
		else if (errno != EINTR)
			has_reader = false;
	}
	out_reset(&output->pending);
	output->sent = 0;
	return has_reader;
}

size_t
tty_output_waiting(const struct tty_output *output)
{
	return output->pending.len - output->sent;
}
