/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <string.h>
#include <sys/ioctl.h>

#include "screen.h"

#define ROWS    24
#define COLUMNS 80

void
screen_size(int fd, unsigned int *rows, unsigned int *columns)
{
	struct winsize size;

	*rows = ROWS;
	*columns = COLUMNS;
	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		return;
	if (size.ws_row > 1)
		*rows = size.ws_row;
	if (size.ws_col > 1)
		*columns = size.ws_col;
}

static unsigned int
count_lines(const char *text, size_t len)
{
	const char *end = text + len;
	unsigned int n = 0;

	while (text < end) {
		text = memchr(text, '\n', end - text);
		text = text != NULL ? text + 1 : end;
		n++;
	}
	return n;
}

/* Octets of the first columns of a line of UTF-8. */
static size_t
clip(const char *line, size_t len, unsigned int columns)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (((unsigned char)line[i] & 0xc0) != 0x80 && columns-- == 0)
			return i;
	return len;
}

void
screen_draw(struct screen *screen, struct out *out, const char *text, size_t len,
	unsigned int rows, unsigned int columns)
{
	unsigned int total = count_lines(text, len), room = rows - 1;
	unsigned int shown = total <= room ? total : room - 1, i;
	const char *end = text + len, *next;
	size_t n;

	/* The terminal may have become smaller since. */
	if (screen->lines > room)
		screen->lines = room;
	if (screen->lines > 0)
		out_printf(out, "\r\033[%uA", screen->lines);
	for (i = 0; i < shown; i++, text = next) {
		next = memchr(text, '\n', end - text);
		n = (next != NULL ? next : end) - text;
		next = next != NULL ? next + 1 : end;
		out_write(out, text, clip(text, n, columns));
		out_printf(out, "\033[K\n");
	}
	if (shown < total)
		out_printf(out, "(%u more lines)\033[K\n", total - shown);
	out_printf(out, "\033[J");
	screen->lines = shown + (shown < total);
	screen->began = true;
}

void
screen_append(struct screen *screen, struct out *out, const char *text, size_t len)
{
	if (len == 0)
		return;
	if (screen->began)
		out_write(out, "\n", 1);
	out_write(out, text, len);
	screen->began = true;
}
