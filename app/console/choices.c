/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "answer.h"
#include "choices.h"
#include "console_frame.h"
#include "out.h"

/* A choice: a line of mtud's answer. */
struct choice {
	const char *word;
	size_t len;
	const char *help; /* "" for none */
};

/* Take the first line off text; false: there is none. */
static bool
next_choice(char **text, struct choice *choice)
{
	char *end = strchr(*text, '\n'), *tab;

	if (end == NULL)
		return false;
	*end = '\0';
	tab = strchr(*text, '\t');
	choice->word = *text;
	choice->len = tab != NULL ? (size_t)(tab - *text) : strlen(*text);
	choice->help = tab != NULL ? tab + 1 : "";
	*text = end + 1;
	return true;
}

/* mtud's answer into out. -1: it is gone. */
static int
ask(struct link *link, const char *line, struct out *out)
{
	const char *text;
	size_t len;

	if (link_send(link, FRAME_COMPLETE, line) < 0)
		return -1;
	for (;;) {
		switch (link_next(link, &text, &len)) {
		case LINK_TEXT:
			out_write(out, text, len);
			break;
		case LINK_WELL:
			return 0;
		case LINK_MORE:
			/* Another size of the terminal is no end. */
			if (link_read(link) < 0 && (errno != EINTR || answer_signal() != 0))
				return -1;
			break;
		default:
			return -1;
		}
	}
}

/* What the words that begin with partial have in common beyond it, and a blank behind the only one
 * unless it can go on. */
static void
find_common(const char *answer, const char *partial, char *more, size_t size)
{
	size_t begun = strlen(partial), len = 0, i;
	char *copy = strdup(answer), *text = copy;
	struct choice c;
	bool one = true;

	more[0] = '\0';
	while (text != NULL && next_choice(&text, &c)) {
		if (c.word[0] == '<' || c.len < begun || c.len - begun + 2 > size ||
			strncmp(c.word, partial, begun) != 0)
			continue;
		if (len == 0 && one && more[0] == '\0') {
			len = c.len - begun;
			memcpy(more, c.word + begun, len);
			more[len++] = c.word[c.len - 1] == '/' ? '\0' : ' ';
			more[len] = '\0';
			continue;
		}
		one = false;
		for (i = 0; i < len && i < c.len - begun && more[i] == c.word[begun + i]; i++)
			;
		len = i;
		more[len] = '\0';
	}
	free(copy);
}

static void
list(char *answer)
{
	char *copy = strdup(answer), *text = copy;
	struct choice c;
	int width = 0;

	while (text != NULL && next_choice(&text, &c))
		width = RTE_MAX(width, (int)c.len);
	free(copy);
	putchar('\n');
	for (text = answer; next_choice(&text, &c);)
		printf(" %-*.*s%s%s\n", c.help[0] != '\0' ? width : 0, (int)c.len, c.word,
			c.help[0] != '\0' ? "  " : "", c.help);
	fflush(stdout);
}

enum choices
choices_complete(struct link *link, const char *line, size_t len, char *more, size_t size)
{
	enum choices result = CHOICES_GONE;
	char text[LINK_LINE_MAX + 1];
	const char *partial;
	struct out out;

	if (len >= sizeof(text) || memchr(line, '\n', len) != NULL)
		return CHOICES_NONE;
	memcpy(text, line, len);
	text[len] = '\0';
	for (partial = text + len; partial > text && partial[-1] != ' ' && partial[-1] != '\t';)
		partial--;
	out_init(&out);
	if (ask(link, text, &out) == 0) {
		/* A word that mtud itself does not have. */
		if (partial == text && strncmp("exit", text, len) == 0)
			out_printf(&out, "exit\tleave the console, mtud goes on\n");
		result = CHOICES_NONE;
		if (out.len > 0) {
			find_common(out.text, partial, more, size);
			result = more[0] != '\0' ? CHOICES_MORE : CHOICES_LISTED;
			if (result == CHOICES_LISTED)
				list(out.text);
		}
	}
	out_free(&out);
	return result;
}
