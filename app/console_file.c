/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "cmd.h"
#include "console_file.h"
#include "console_line.h"
#include "live.h"
#include "progress.h"

/* Lines between two looks at the clock. */
#define LOOK_EVERY 64

/* Lines that a file has; 0: nobody knows before it is read. */
static uint64_t
count_lines(int fd)
{
	char buf[65536];
	uint64_t n = 0;
	struct stat st;
	off_t at = 0;
	ssize_t len;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	for (; (len = pread(fd, buf, sizeof(buf), at)) > 0; at += len) {
		const char *end = buf + len, *p = buf;

		while ((p = memchr(p, '\n', end - p)) != NULL) {
			p++;
			n++;
		}
	}
	return n;
}

/* Run one line of a file, its text to out; the error of a bad line says where it stands. */
static int
run_line(const char *path, unsigned int number, const char *text, struct out *out)
{
	struct out line;

	out_init(&line);
	line.within_file = true;
	if (text != NULL)
		cmd_run(text, &line);
	else
		out_error(&line, "the line is longer than %u octets", CMD_LINE_MAX);
	if (line.quit)
		out_error(&line, "quit has no place in a file");
	if (line.live != NULL)
		out_error(&line, "a command that goes on until a key is pressed has no place in "
			"a file");
	live_take(&line);
	if (line.len > 0)
		out_write(out, line.text, line.len);
	if (line.status != 0)
		out_error(out, "%s:%u: %s", path, number, out_error_text(&line));
	out_free(&line);
	return out->status;
}

/* p has begun; what it says at last is that the lines are applied. */
static int
run_lines(const char *path, int fd, struct out *out, struct progress *p)
{
	struct console_lines lines = {.begin = 0, .end = 0};
	unsigned int number = 0;
	bool at_eof = false;
	const char *text;
	size_t size;
	ssize_t n;
	char *room;

	while (out->status == 0) {
		text = console_lines_next(&lines, at_eof);
		if (text != NULL || console_lines_too_long(&lines)) {
			run_line(path, ++number, text, out);
			if (number % LOOK_EVERY == 0)
				progress_lines(p, number, clock_now_ms());
			continue;
		}
		if (at_eof)
			break;
		room = console_lines_room(&lines, &size);
		n = read(fd, room, size);
		if (n > 0)
			console_lines_add(&lines, (size_t)n);
		else if (n == 0)
			at_eof = true;
		else if (errno != EINTR)
			out_error(out, "%s: %s", path, strerror(errno));
	}
	if (out->status == 0)
		progress_apply(p, number);
	return out->status;
}

int
console_file_run(const char *path, struct out *out, const struct console_file_hooks *hooks)
{
	static const struct console_file_hooks none;
	struct progress progress;
	int fd;

	if (hooks == NULL)
		hooks = &none;
	if (out->within_file) {
		out_error(out, "a file cannot load another file");
		return out->status;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		out_error(out, "%s: %s", path, strerror(errno));
		return out->status;
	}
	if (hooks->begin != NULL && hooks->begin(hooks->arg) != 0) {
		out_error(out, "%s: another change is under way; try again when it is done", path);
		goto close_fd;
	}
	progress_begin(&progress, out->terminal, path, out->terminal != 0 ? count_lines(fd) : 0,
		clock_now_ms());
	if (run_lines(path, fd, out, &progress) != 0) {
		if (hooks->rollback != NULL)
			hooks->rollback(hooks->arg);
	} else if (hooks->commit != NULL && hooks->commit(hooks->arg, out) != 0) {
		out_error(out, "%s: it cannot be applied", path);
	}
	progress_end(&progress);
close_fd:
	close(fd);
	return out->status;
}
