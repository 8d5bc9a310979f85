/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef CONSOLE_LINK_H
#define CONSOLE_LINK_H

/* The connection to mtud's console, and the marks in what comes (console_frame.h). */

#include <stdbool.h>
#include <stddef.h>

#define LINK_LINE_MAX 4096 /* octets of a line, without its end */

struct link {
	int fd;
	const char *path;
	size_t begin; /* of what has come and is not taken, in data */
	size_t end;
	char data[1 << 16];
};

enum link_event {
	LINK_MORE,   /* nothing is left: link_read() */
	LINK_TEXT,   /* text of len octets */
	LINK_LIVE,   /* what comes now goes on until a line is sent */
	LINK_REDRAW, /* the text that comes takes the place of the one before */
	LINK_WELL,   /* the end of an answer */
	LINK_FAILED, /* the same, and text is why */
	LINK_BROKEN, /* something else than mtud's answer */
};

/* 0, or -1 after a sentence on standard error. */
int link_open(struct link *link, const char *path, bool quiet);
void link_close(struct link *link);
/* Send mark, line and a line end; of what the line must not have the caller has made sure. -1: mtud
 * is gone. */
int link_send(struct link *link, char mark, const char *line);
/* Take the next piece of what has come. text is valid until link_read(). */
enum link_event link_next(struct link *link, const char **text, size_t *len);
/* Read what there is, and wait if there is nothing. 0, or -1 with errno: EINTR, or mtud is gone. */
int link_read(struct link *link);
/* Say that mtud is gone. */
void link_say_gone(const struct link *link);

#endif
