/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The instances of the grammar, sorted so that a line is matched against few of them. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_priv.h"

static struct cmd_verb *
find_verb(struct cmd *g, cmdline_parse_inst_t *inst)
{
	char name[CMD_CHOICE_SIZE];
	struct cmd_verb *verb;
	unsigned int i;

	if (inst->tokens[0] == NULL || inst->tokens[0]->ops != &cmdline_token_string_ops ||
		cmdline_complete_get_nb_string(inst->tokens[0]) != 1 ||
		cmdline_complete_get_elt_string(inst->tokens[0], 0, name, sizeof(name)) < 0)
		return NULL;
	for (i = 0; i < g->nb_verbs; i++)
		if (strcmp(g->verbs[i].name, name) == 0)
			return &g->verbs[i];
	verb = &g->verbs[g->nb_verbs++];
	memcpy(verb->name, name, sizeof(name));
	return verb;
}

static int
add_to_match(struct cmd *g, struct cmd_match *match, cmdline_parse_inst_t *inst)
{
	if (match->insts == NULL)
		match->insts = calloc(g->nb_insts + 1, sizeof(match->insts[0]));
	if (match->insts == NULL)
		return -ENOMEM;
	match->insts[match->nb_insts++] = inst;
	return 0;
}

/* Sort the instances of a verb by the words that a line must have. */
static int
make_matches(struct cmd *g, struct cmd_verb *verb)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < verb->nb_insts && ret == 0; i++) {
		cmdline_parse_inst_t *inst = verb->insts[i];
		unsigned int n = cmd_count_tokens(inst);

		if (n > CMD_WORDS_MAX)
			return -E2BIG;
		if (inst->tokens[n - 1]->ops == &cmd_token_rest_ops)
			n = 0;
		ret = add_to_match(g, &verb->match[n], inst);
	}
	for (i = 0; i <= CMD_WORDS_MAX && ret == 0; i++) {
		if (verb->match[i].insts == NULL)
			continue;
		verb->match[i].cl = cmdline_new(verb->match[i].insts, "", -1, -1);
		ret = verb->match[i].cl != NULL ? 0 : -ENOMEM;
	}
	return ret;
}

int
cmd_make_verbs(struct cmd *g)
{
	struct cmd_verb *verb;
	unsigned int i;
	int ret;

	g->verbs = calloc(g->nb_insts, sizeof(g->verbs[0]));
	if (g->verbs == NULL)
		return -ENOMEM;
	for (i = 0; i < g->nb_insts; i++) {
		verb = find_verb(g, g->insts[i]);
		if (verb == NULL)
			return -EINVAL;
		if (verb->insts == NULL)
			verb->insts = calloc(g->nb_insts + 1, sizeof(verb->insts[0]));
		if (verb->insts == NULL)
			return -ENOMEM;
		verb->insts[verb->nb_insts++] = g->insts[i];
	}
	for (i = 0; i < g->nb_verbs; i++) {
		ret = make_matches(g, &g->verbs[i]);
		if (ret < 0)
			return ret;
	}
	g->cl = cmdline_new(g->insts, "", -1, -1);
	return g->cl != NULL ? 0 : -ENOMEM;
}

static void
free_verb(struct cmd_verb *verb)
{
	unsigned int i;

	for (i = 0; i <= CMD_WORDS_MAX; i++) {
		if (verb->match[i].cl != NULL)
			cmdline_free(verb->match[i].cl);
		free(verb->match[i].insts);
	}
	free(verb->insts);
}

void
cmd_free_verbs(struct cmd *g)
{
	unsigned int i;

	for (i = 0; i < g->nb_verbs; i++)
		free_verb(&g->verbs[i]);
	free(g->verbs);
}
