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
