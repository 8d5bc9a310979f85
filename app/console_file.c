/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
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

/* Who writes into a pipe may take so long to go on; the consoles wait for it. */
#define PATIENCE_MS 10000
#define SLEEP_MS    1

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

/* A file as it is run. */
struct run {
	const char *path;
	struct out *out;
	const struct console_file_hooks *hooks;
	struct progress progress;
	uint64_t turned_ms; /* when others had their last turn */
	unsigned int lines;
	unsigned int bad;
	struct out errors; /* of the first CONSOLE_FILE_ERRORS bad lines */
};

static void
tell(struct run *run, const char *sentence)
{
	if (run->bad++ < CONSOLE_FILE_ERRORS)
		out_printf(&run->errors, "%s:%u: %s\n", run->path, run->lines, sentence);
}

/* Run one line; NULL: it is too long. */
static void
run_line(struct run *run, const char *text)
{
	struct out line;

	run->lines++;
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
		out_write(run->out, line.text, line.len);
	if (line.status != 0)
		tell(run, out_error_text(&line));
	out_free(&line);
}

static void
give_turn(struct run *run)
{
	if (run->hooks->turn != NULL && run->hooks->turn(run->hooks->arg) != 0)
		out_error(run->out, "%s: mtud is ending: nothing was applied", run->path);
	run->turned_ms = clock_now_ms();
}

/* Others shall not wait for a long file: a millisecond of it, then it is their turn. */
static void
look_around(struct run *run)
{
	uint64_t now_ms;

	if (run->lines % LOOK_EVERY != 0)
		return;
	now_ms = clock_now_ms();
	progress_lines(&run->progress, run->lines, now_ms);
	if (run->hooks->turn == NULL || now_ms == run->turned_ms)
		return;
	give_turn(run);
}

/* A pipe, or what has no end: others have their turn meanwhile. */
static int
wait_for_more(struct run *run, int fd)
{
	const uint64_t until_ms = clock_now_ms() + PATIENCE_MS;
	struct pollfd more = {.fd = fd, .events = POLLIN};

	while (poll(&more, 1, SLEEP_MS) <= 0) {
		give_turn(run);
		if (run->out->status == 0 && clock_now_ms() >= until_ms)
			out_error(run->out,
				"%s: nothing came for %u seconds: nothing was applied; "
				"name a file, or a pipe that somebody writes to",
				run->path, PATIENCE_MS / 1000);
		if (run->out->status != 0)
			return -1;
	}
	return 0;
}

/* What goes wrong all the time and is no file may have no end, as /dev/urandom. */
static bool
is_hopeless(const struct run *run, int fd)
{
	struct stat st;

	return run->bad > CONSOLE_FILE_ERRORS && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode);
}

static void
run_lines(struct run *run, int fd)
{
	struct console_lines lines = {.begin = 0, .end = 0};
	bool at_eof = false;
	const char *text;
	size_t size;
	ssize_t n;
	char *room;

	while (run->out->status == 0 && !is_hopeless(run, fd)) {
		text = console_lines_next(&lines, at_eof);
		if (text != NULL || console_lines_too_long(&lines)) {
			run_line(run, text);
			look_around(run);
		}
		if (text != NULL)
			continue;
		if (at_eof || console_lines_too_long(&lines) || wait_for_more(run, fd) < 0)
			break;
		room = console_lines_room(&lines, &size);
		n = read(fd, room, size);
		if (n > 0)
			console_lines_add(&lines, (size_t)n);
		else if (n == 0)
			at_eof = true;
		else if (errno != EINTR && errno != EAGAIN)
			out_error(run->out, "%s: %s", run->path, strerror(errno));
	}
}

/* A single sentence says all that there is to say of one bad line. */
static void
report(struct run *run)
{
	struct out *out = run->out;
	char shown[64] = "";

	if (run->bad == 1 && out->status == 0 && run->errors.len > 0) {
		out_error(out, "%.*s", (int)run->errors.len - 1, run->errors.text);
		return;
	}
	if (run->errors.len > 0)
		out_write(out, run->errors.text, run->errors.len);
	if (run->bad > CONSOLE_FILE_ERRORS)
		snprintf(shown, sizeof(shown), " (the first %u are shown)", CONSOLE_FILE_ERRORS);
	out_error(out, "%s: %u of %u lines are wrong%s: nothing was applied", run->path, run->bad,
		run->lines, shown);
}

static void
finish(struct run *run)
{
	const struct console_file_hooks *hooks = run->hooks;
	struct out *out = run->out;

	if (run->bad > 0)
		report(run);
	if (out->status != 0) {
		if (hooks->rollback != NULL)
			hooks->rollback(hooks->arg);
		return;
	}
	progress_apply(&run->progress, run->lines);
	if (hooks->commit != NULL && hooks->commit(hooks->arg, out) != 0)
		out_error(out, "%s: it cannot be applied", run->path);
}

int
console_file_run(const char *path, struct out *out, const struct console_file_hooks *hooks)
{
	static const struct console_file_hooks none;
	struct run run = {.path = path, .out = out, .hooks = hooks != NULL ? hooks : &none};
	int fd;

	hooks = run.hooks;
	if (out->within_file) {
		out_error(out, "a file cannot load another file");
		return out->status;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		out_error(out, "%s: %s; name a file that can be read", path, strerror(errno));
		return out->status;
	}
	if (hooks->begin != NULL && hooks->begin(hooks->arg) != 0) {
		out_error(out, "%s: another change is under way; try again when it is done", path);
		goto close_fd;
	}
	out_init(&run.errors);
	run.turned_ms = clock_now_ms();
	progress_begin(&run.progress, out->terminal, path, out->terminal != 0 ? count_lines(fd) : 0,
		run.turned_ms);
	run_lines(&run, fd);
	finish(&run);
	progress_end(&run.progress);
	out_free(&run.errors);
close_fd:
	close(fd);
	return out->status;
}
