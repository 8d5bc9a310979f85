/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef CONSOLE_LINE_H
#define CONSOLE_LINE_H

/* Lines out of a stream of octets that comes in pieces. */

#include <stdbool.h>
#include <stddef.h>

#include "cmd.h"

struct console_lines {
	size_t begin; /* of the next line in data */
	size_t end;   /* of what has come */
	char data[CMD_LINE_MAX + 3];
};

/* Where the next octets go, and how many fit: never 0 after console_lines_next() gave NULL and
 * console_lines_too_long() said no. */
char *console_lines_room(struct console_lines *lines, size_t *size);
/* So many octets have come there. */
void console_lines_add(struct console_lines *lines, size_t len);
/* The next line without its end, valid until the next console_lines_room(); NULL: none is
 * complete. At the end of the stream what is left is a line. */
char *console_lines_next(struct console_lines *lines, bool at_eof);
/* Is a line complete? */
bool console_lines_ready(const struct console_lines *lines);
/* Has a line begun that is longer than CMD_LINE_MAX octets and a mark before them? Without a mark
 * cmd_run() refuses one more, as it does any line too long. */
bool console_lines_too_long(const struct console_lines *lines);
/* Is there room for nothing more before a line is taken? */
bool console_lines_full(const struct console_lines *lines);
/* Forget what has come. */
void console_lines_drop(struct console_lines *lines);

#endif
