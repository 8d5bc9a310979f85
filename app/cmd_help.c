/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* `help`. */

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

const char *
cmd_explanation(const char *help)
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
		out_printf(out, "%*s  %s\n", (int)(width - len), "", cmd_explanation(help[i]));
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

static const struct cmd_verb *
find_verb(const char *word, size_t len)
{
	const struct cmd *g = cmd_get();
	unsigned int i;

	for (i = 0; i < g->nb_verbs; i++)
		if (strncmp(g->verbs[i].name, word, len) == 0 && g->verbs[i].name[len] == '\0')
			return &g->verbs[i];
	return NULL;
}

/* The second words of the verb that stands in the line being completed. */
static void
list_second_words(struct cmd_choices *choices)
{
	const char *line = cmd_get()->line;
	const struct cmd_verb *verb;
	unsigned int i;

	line += strspn(line, " \t");
	line += cmd_word_len(line);
	line += strspn(line, " \t");
	verb = find_verb(line, cmd_word_len(line));
	for (i = 0; verb != NULL && i < verb->nb_insts; i++)
		if (verb->insts[i]->tokens[1] != NULL &&
			cmd_token_is_fixed(verb->insts[i]->tokens[1]))
			cmd_choices_of_token(choices, verb->insts[i]->tokens[1]);
	cmd_choices_unique(choices);
}

static void
help_second_word(const struct cmd_verb *verb, const char *word, struct out *out)
{
	cmdline_parse_inst_t **insts = calloc(verb->nb_insts, sizeof(*insts));
	cmdline_parse_token_hdr_t *token;
	unsigned int i, n = 0;

	for (i = 0; insts != NULL && i < verb->nb_insts; i++) {
		token = verb->insts[i]->tokens[1];
		if (token != NULL && cmd_token_is_fixed(token) &&
			token->ops->parse(token, word, NULL, 0) >= 0)
			insts[n++] = verb->insts[i];
	}
	if (n > 0)
		print_help(insts, n, out);
	else
		out_error(out, "help %s %s: no command begins so; help %s lists those of %s",
			verb->name, word, verb->name, verb->name);
	free(insts);
}

static void
help(const struct cmd_args *args, struct out *out)
{
	const char *word = args->arg[0];
	const struct cmd *g = cmd_get();
	const struct cmd_verb *verb;

	if (word[0] == '\0') {
		print_help(g->insts, g->nb_insts, out);
		return;
	}
	verb = find_verb(word, strlen(word));
	if (verb == NULL)
		out_error(out, "help %s: no command begins so; help alone lists them all", word);
	else if (args->arg[1][0] != '\0')
		help_second_word(verb, args->arg[1], out);
	else
		print_help(verb->insts, verb->nb_insts, out);
}

static const struct cmd_type type_verb = {"a command's first word", NULL, list_verbs};
static const struct cmd_type type_second = {"a command's second word", NULL, list_second_words};

#define HELP "help [COMMAND] : every command, or those that begin with COMMAND"
CMD(inst_help, help, HELP, CMD_WORD("help"));
CMD(inst_help_verb, help, HELP, CMD_WORD("help"), CMD_ARG(0, &type_verb));
CMD(inst_help_words, help, HELP, CMD_WORD("help"), CMD_ARG(0, &type_verb),
	CMD_ARG(1, &type_second));

cmdline_parse_inst_t *const cmd_help[] = {
	&inst_help, &inst_help_verb, &inst_help_words, NULL};
