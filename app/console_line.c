/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <string.h>

#include "console_line.h"

/* One octet stays free: the last line of a stream may lack its end, which becomes a NUL. */
#define ROOM (sizeof(((struct console_lines *)0)->data) - 1)

char *
console_lines_room(struct console_lines *lines, size_t *size)
{
	if (lines->begin > 0) {
		memmove(lines->data, lines->data + lines->begin, lines->end - lines->begin);
		lines->end -= lines->begin;
		lines->begin = 0;
	}
	*size = ROOM - lines->end;
	return lines->data + lines->end;
}

void
console_lines_add(struct console_lines *lines, size_t len)
{
	char *p = lines->data + lines->end, *nul;

	/* A NUL would hide the rest of its line: another control character makes it refused. */
	while ((nul = memchr(p, '\0', len)) != NULL)
		*nul = '\177';
	lines->end += len;
}

static char *
line_end(const struct console_lines *lines)
{
	return memchr(lines->data + lines->begin, '\n', lines->end - lines->begin);
}

char *
console_lines_next(struct console_lines *lines, bool at_eof)
{
	char *line = lines->data + lines->begin;
	char *end = line_end(lines);

	if (end != NULL) {
		lines->begin = end + 1 - lines->data;
	} else {
		if (!at_eof || lines->begin == lines->end || console_lines_too_long(lines))
			return NULL;
		end = lines->data + lines->end;
		lines->begin = lines->end;
	}
	*end = '\0';
	return line;
}

bool
console_lines_ready(const struct console_lines *lines)
{
	return line_end(lines) != NULL;
}

bool
console_lines_too_long(const struct console_lines *lines)
{
	return lines->end - lines->begin > CMD_LINE_MAX + 1 && line_end(lines) == NULL;
}

bool
console_lines_full(const struct console_lines *lines)
{
	return lines->end - lines->begin == ROOM;
}

void
console_lines_drop(struct console_lines *lines)
{
	lines->begin = 0;
	lines->end = 0;
}
