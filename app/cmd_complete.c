/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Completion by tab. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "cmd_priv.h"

/* Take note of one choice as cmdline_complete() writes it: "WORD [HELP]: INSTANCE'S HELP" for a
 * word that can be completed, "[HELP]: INSTANCE'S HELP" for one that cannot, or "[RETURN]". */
static void
note_choice(struct cmd *g, const char *text)
{
	bool is_kind = text[0] == '[';
	const char *end = is_kind ? strchr(text, ']') : strchr(text, ' ');
	struct cmd_shown *shown = &g->shown[g->nb_shown];
	int len;

	if (end == NULL || g->nb_shown == RTE_DIM(g->shown))
		return;
	/* Offered wherever a line may end, even behind a word begun. */
	if (strcmp(text, "[RETURN]") == 0 && g->partial[0] != '\0')
		return;
	text += is_kind;
	len = (int)RTE_MIN((size_t)(end - text), sizeof(shown->word) - 3);
	if (is_kind)
		snprintf(shown->word, sizeof(shown->word), "<%.*s>", len, text);
	else
		snprintf(shown->word, sizeof(shown->word), "%.*s", len, text);
	snprintf(shown->help, sizeof(shown->help), "%s", cmd_explanation(end));
	g->nb_shown++;
}

static int
compare_shown(const void *a, const void *b)
{
	return strcmp(((const struct cmd_shown *)a)->word, ((const struct cmd_shown *)b)->word);
}

/* Sort what was noted, and keep one of each word. */
static void
sort_shown(struct cmd *g)
{
	unsigned int i, n = 0;

	qsort(g->shown, g->nb_shown, sizeof(g->shown[0]), compare_shown);
	for (i = 0; i < g->nb_shown; i++) {
		if (n == 0 || strcmp(g->shown[i].word, g->shown[n - 1].word) != 0)
			g->shown[n++] = g->shown[i];
		else if (strcmp(g->shown[i].help, g->shown[n - 1].help) != 0)
			g->shown[n - 1].help[0] = '\0';
	}
	g->nb_shown = n;
}

/* What is said of all choices alike helps nobody to choose. */
static void
drop_common_help(struct cmd *g)
{
	const char *help = NULL;
	unsigned int i;

	for (i = 0; i < g->nb_shown; i++) {
		if (g->shown[i].help[0] == '\0')
			continue;
		if (help != NULL && strcmp(help, g->shown[i].help) != 0)
			return;
		help = g->shown[i].help;
	}
	for (i = 0; i < g->nb_shown && g->nb_shown > 1; i++)
		g->shown[i].help[0] = '\0';
}

/* Give out one of the choices; 0: there are no more. */
static int
show_choice(const struct cmd *g, int *state, char *dst, unsigned int size)
{
	const struct cmd_shown *shown = &g->shown[*state];
	unsigned int i;
	size_t width = 0;

	if ((unsigned int)*state >= g->nb_shown)
		return CMDLINE_PARSE_COMPLETE_FINISHED;
	for (i = 0; i < g->nb_shown; i++)
		width = RTE_MAX(width, strlen(g->shown[i].word));
	if (shown->help[0] != '\0')
		snprintf(dst, size, "%-*s  %s", (int)width, shown->word, shown->help);
	else
		snprintf(dst, size, "%s", shown->word);
	(*state)++;
	return CMDLINE_PARSE_COMPLETE_AGAIN;
}

/* Ask librte_cmdline what may stand at the end of buf, its choices into g->shown. With *state -1
 * it gives them always; with 0, where all have something more in common, that in dst. Returns what
 * it says last. */
static int
collect(struct cmd *g, const char *buf, int *state, char *dst, unsigned int size)
{
	const char *blank;
	int ret = CMDLINE_PARSE_COMPLETE_AGAIN;

	for (blank = buf + strlen(buf); blank > buf && blank[-1] != ' ' && blank[-1] != '\t';)
		blank--;
	g->line = buf;
	g->partial = blank;
	g->listed_type = NULL;
	g->nb_shown = 0;
	while (ret == CMDLINE_PARSE_COMPLETE_AGAIN) {
		dst[0] = '\0';
		ret = cmdline_complete(g->cl, buf, state, dst, size);
		if (ret == CMDLINE_PARSE_COMPLETE_AGAIN)
			note_choice(g, dst);
	}
	sort_shown(g);
	drop_common_help(g);
	return ret;
}

const char *
cmd_partial(void)
{
	const struct cmd *g = cmd_get();

	return g != NULL && g->partial != NULL ? g->partial : "";
}

int
cmd_complete(const char *buf, int *state, char *dst, unsigned int size)
{
	struct cmd *g = cmd_get();
	size_t len;

	if (*state > 0)
		return show_choice(g, state, dst, size);
	if (collect(g, buf, state, dst, size) == CMDLINE_PARSE_COMPLETED_BUFFER) {
		/* A folder's name can go on. */
		len = strlen(dst);
		if (len >= 2 && strcmp(dst + len - 2, "/ ") == 0)
			dst[len - 1] = '\0';
		return CMDLINE_PARSE_COMPLETED_BUFFER;
	}
	*state = 0;
	return show_choice(g, state, dst, size);
}

void
cmd_list_choices(const char *line, struct out *out)
{
	struct cmd *g = cmd_get();
	size_t len = strcspn(line, "\r\n");
	char buf[CMD_LINE_MAX + 1], text[512];
	int state = -1;
	unsigned int i;

	if (len > CMD_LINE_MAX)
		return;
	memcpy(buf, line, len);
	buf[len] = '\0';
	for (i = 0; i < len; i++)
		if (((unsigned char)buf[i] < ' ' && buf[i] != '\t') || buf[i] == 0x7f)
			return;
	collect(g, buf, &state, text, sizeof(text));
	for (i = 0; i < g->nb_shown; i++)
		if (strcmp(g->shown[i].word, "<RETURN>") != 0)
			out_printf(out, "%s\t%s\n", g->shown[i].word, g->shown[i].help);
}
