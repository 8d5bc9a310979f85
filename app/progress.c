/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>

#include "progress.h"

/* Nobody wonders before. */
#define FIRST_MS 200
#define EVERY_MS 100

/* Column 1, and nothing from there on. */
#define ERASE "\r\033[K"

#define GROUPED_STRLEN 32

/* A number with a comma in front of each three digits. */
static const char *
grouped(uint64_t n, char text[GROUPED_STRLEN])
{
	char digits[GROUPED_STRLEN];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	char *to = text;
	int i;

	for (i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return text;
}

/* A terminal that takes nothing now misses a picture: the next one comes soon. */
static void
draw(struct progress *p, const char *text)
{
	struct pollfd terminal = {.fd = p->fd, .events = POLLOUT};

	if (poll(&terminal, 1, 0) <= 0 || !(terminal.revents & POLLOUT))
		return;
	p->drawn = write(p->fd, text, strlen(text)) > 0 || p->drawn;
}

void
progress_begin(struct progress *p, int fd, const char *what, uint64_t total, uint64_t now_ms)
{
	*p = (struct progress){.fd = fd, .what = what, .total = total, .due_ms = now_ms + FIRST_MS};
}

void
progress_lines(struct progress *p, uint64_t lines, uint64_t now_ms)
{
	char text[512], done[GROUPED_STRLEN], total[GROUPED_STRLEN];

	if (p->fd == 0 || now_ms < p->due_ms)
		return;
	p->due_ms = now_ms + EVERY_MS;
	if (p->total != 0)
		snprintf(text, sizeof(text), ERASE "%s: %s of %s lines", p->what,
			grouped(lines, done), grouped(p->total, total));
	else
		snprintf(text, sizeof(text), ERASE "%s: %s lines", p->what, grouped(lines, done));
	draw(p, text);
}

void
progress_apply(struct progress *p, uint64_t lines)
{
	char text[512], done[GROUPED_STRLEN];

	if (!p->drawn)
		return;
	snprintf(text, sizeof(text), ERASE "%s: %s lines, applying them", p->what,
		grouped(lines, done));
	draw(p, text);
}

void
progress_end(struct progress *p)
{
	if (p->drawn)
		draw(p, ERASE);
	p->drawn = false;
}
