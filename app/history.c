/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history.h"

/* As much of the end of the file as is looked at, and how long it may grow. */
#define TAIL_MAX (HISTORY_LINES * 128)
#define FILE_MAX (2 * TAIL_MAX)

/* The end of the file: whole lines that can be shown, each with a final NUL. */
struct tail {
	char text[TAIL_MAX + 1];
	const char *line[HISTORY_LINES]; /* the last ones, oldest first */
	unsigned int n;
	bool whole;   /* all of the file is in text */
	bool unended; /* its last line lacks its end */
};

void
history_path(char *path, size_t size)
{
	const char *named = getenv("MTUD_HISTORY"), *home = getenv("HOME");
	int len = 0;

	path[0] = '\0';
	if (named != NULL)
		len = snprintf(path, size, "%s", named);
	else if (home != NULL && home[0] == '/')
		len = snprintf(path, size, "%s/.mtud_history", home);
	if (len < 0 || (size_t)len >= size)
		path[0] = '\0';
}

/* Nothing that would make us wait, and nothing but a file. */
static int
open_file(const char *path, int flags)
{
	struct stat st;
	int fd;

	if (path[0] == '\0')
		return -1;
	fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool
is_shown(const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (((unsigned char)line[i] < ' ' && line[i] != '\t') || line[i] == 0x7f)
			return false;
	return len > 0 && len <= HISTORY_LINE_MAX && strspn(line, " \t") < len;
}

static void
add_line(struct tail *tail, const char *line)
{
	if (tail->n == HISTORY_LINES)
		memmove(tail->line, tail->line + 1, --tail->n * sizeof(tail->line[0]));
	tail->line[tail->n++] = line;
}

/* NULL: no memory, or it cannot be read. */
static struct tail *
read_tail(int fd)
{
	struct tail *tail = calloc(1, sizeof(*tail));
	char *line, *end;
	struct stat st;
	ssize_t len = -1;
	off_t from = 0;

	if (tail != NULL && fstat(fd, &st) == 0) {
		from = st.st_size > TAIL_MAX ? st.st_size - TAIL_MAX : 0;
		len = pread(fd, tail->text, TAIL_MAX, from);
	}
	if (len < 0) {
		free(tail);
		return NULL;
	}
	tail->whole = from == 0;
	tail->unended = len > 0 && tail->text[len - 1] != '\n';
	line = tail->text;
	/* What is cut off in front is no line. */
	if (!tail->whole)
		line = memchr(line, '\n', len);
	if (line != NULL && !tail->whole)
		line++;
	for (; line != NULL && line < tail->text + len; line = end + 1) {
		end = memchr(line, '\n', tail->text + len - line);
		if (end == NULL)
			end = tail->text + len;
		if (is_shown(line, end - line))
			add_line(tail, line);
		*end = '\0';
	}
	return tail;
}

void
history_load(const char *path, unsigned int max, void (*add)(const char *line, void *arg),
	void *arg)
{
	int fd = open_file(path, O_RDONLY);
	struct tail *tail;
	unsigned int i;

	if (fd < 0)
		return;
	tail = read_tail(fd);
	close(fd);
	for (i = tail != NULL && tail->n > max ? tail->n - max : 0; tail != NULL && i < tail->n; i++)
		add(tail->line[i], arg);
	free(tail);
}

/* Write what is kept of a file that has grown too long in its place, shorter. */
static void
shorten(int fd, const struct tail *tail)
{
	char *text = malloc(TAIL_MAX + HISTORY_LINES);
	size_t len = 0, n;
	unsigned int i;

	if (text == NULL)
		return;
	/* Half of what it may have, so that it is seldom done. */
	for (i = tail->n > HISTORY_LINES / 2 ? tail->n - HISTORY_LINES / 2 : 0; i < tail->n; i++) {
		n = strlen(tail->line[i]);
		memcpy(text + len, tail->line[i], n);
		text[len + n] = '\n';
		len += n + 1;
	}
	/* The file is opened to append. */
	if (ftruncate(fd, 0) == 0 && write(fd, text, len) < 0)
		len = 0;
	free(text);
}

static bool
is_last(const struct tail *tail, const char *line, size_t len)
{
	const char *last = tail->n > 0 ? tail->line[tail->n - 1] : "";

	return strlen(last) == len && memcmp(last, line, len) == 0;
}

void
history_add(const char *path, const char *line)
{
	int fd = is_shown(line, strlen(line)) ? open_file(path, O_RDWR | O_CREAT | O_APPEND) : -1;
	char text[HISTORY_LINE_MAX + 3];
	struct tail *tail;
	struct stat st;
	int len, words;

	/* One who holds the file at this moment keeps us from shortening it, not from adding. */
	if (fd < 0)
		return;
	/* Completion leaves a blank at the end. */
	for (words = (int)strlen(line); line[words - 1] == ' '; words--)
		;
	tail = read_tail(fd);
	if (tail != NULL && !is_last(tail, line, (size_t)words)) {
		len = snprintf(text, sizeof(text), "%s%.*s\n", tail->unended ? "\n" : "", words,
			line);
		if (fstat(fd, &st) == 0 && (tail->n == HISTORY_LINES || st.st_size > FILE_MAX) &&
			flock(fd, LOCK_EX | LOCK_NB) == 0)
			shorten(fd, tail);
		if (fchmod(fd, 0600) < 0 || write(fd, text, len) < 0)
			len = 0;
	}
	free(tail);
	close(fd);
}
