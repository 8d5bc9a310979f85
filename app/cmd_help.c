/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* `help`, and completion by tab. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "cmd_priv.h"

#define SEPARATOR  " : " /* between the syntax and the explanation of a help text */
#define SYNTAX_MAX 44    /* a longer syntax has its explanation on a line of its own */

size_t
cmd_syntax_len(const char *help)
{
	const char *sep = strstr(help, SEPARATOR);

	return sep != NULL ? (size_t)(sep - help) : strlen(help);
}

static const char *
explanation(const char *help)
{
	const char *sep = strstr(help, SEPARATOR);

	return sep != NULL ? sep + strlen(SEPARATOR) : "";
}

static int
compare_help(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Print the help texts of some instances: sorted, each once, aligned. */
static void
print_help(cmdline_parse_inst_t *const *insts, unsigned int nb_insts, struct out *out)
{
	const char **help = calloc(nb_insts, sizeof(*help));
	unsigned int i, n = 0;
	size_t len, width = 0;

	if (help == NULL) {
		out->status = -1;
		return;
	}
	for (i = 0; i < nb_insts; i++)
		help[i] = insts[i]->help_str;
	qsort(help, nb_insts, sizeof(*help), compare_help);
	for (i = 0; i < nb_insts; i++) {
		if (n > 0 && strcmp(help[i], help[n - 1]) == 0)
			continue;
		help[n++] = help[i];
		len = cmd_syntax_len(help[i]);
		if (len <= SYNTAX_MAX)
			width = RTE_MAX(width, len);
	}
	for (i = 0; i < n; i++) {
		len = cmd_syntax_len(help[i]);
		out_printf(out, "%.*s", (int)len, help[i]);
		if (len > width) {
			out_printf(out, "\n");
			len = 0;
		}
		out_printf(out, "%*s  %s\n", (int)(width - len), "", explanation(help[i]));
	}
	free(help);
}

static void
list_verbs(struct cmd_choices *choices)
{
	const struct cmd *g = cmd_get();
	unsigned int i;

	for (i = 0; i < g->nb_verbs; i++)
		cmd_choice_add(choices, g->verbs[i].name);
}

static void
help(const struct cmd_args *args, struct out *out)
{
	const struct cmd *g = cmd_get();
	unsigned int i;

	if (args->arg[0][0] == '\0') {
		print_help(g->insts, g->nb_insts, out);
		return;
	}
	for (i = 0; i < g->nb_verbs; i++) {
		if (strcmp(g->verbs[i].name, args->arg[0]) == 0) {
			print_help(g->verbs[i].insts, g->verbs[i].nb_insts, out);
			return;
		}
	}
	out_error(out, "help %s: no command begins so; help alone lists them all", args->arg[0]);
}

static const struct cmd_type type_verb = {"a command's first word", NULL, list_verbs};

CMD(inst_help, help, "help [COMMAND] : every command, or those that begin with COMMAND",
	CMD_WORD("help"));
CMD(inst_help_verb, help, "help [COMMAND] : every command, or those that begin with COMMAND",
	CMD_WORD("help"), CMD_ARG(0, &type_verb));

cmdline_parse_inst_t *const cmd_help[] = {&inst_help, &inst_help_verb, NULL};

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
	snprintf(shown->help, sizeof(shown->help), "%s", explanation(end));
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

int
cmd_complete(const char *buf, int *state, char *dst, unsigned int size)
{
	struct cmd *g = cmd_get();
	const char *blank;
	int ret;

	if (*state > 0)
		return show_choice(g, state, dst, size);
	for (blank = buf + strlen(buf); blank > buf && blank[-1] != ' ' && blank[-1] != '\t';)
		blank--;
	g->partial = blank;
	g->listed_type = NULL;
	g->nb_shown = 0;
	for (ret = CMDLINE_PARSE_COMPLETE_AGAIN; ret == CMDLINE_PARSE_COMPLETE_AGAIN;) {
		dst[0] = '\0';
		ret = cmdline_complete(g->cl, buf, state, dst, size);
		if (ret == CMDLINE_PARSE_COMPLETE_AGAIN)
			note_choice(g, dst);
	}
	if (ret == CMDLINE_PARSE_COMPLETED_BUFFER)
		return ret;
	sort_shown(g);
	drop_common_help(g);
	*state = 0;
	return show_choice(g, state, dst, size);
}
