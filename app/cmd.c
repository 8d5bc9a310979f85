/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "cmd_priv.h"

/* librte_cmdline hands its callbacks nothing that leads to a context of ours: this pointer is the
 * one piece of state that cannot be passed along. */
static struct cmd *grammar;

struct cmd *
cmd_get(void)
{
	return grammar;
}

struct out *
cmd_out(void)
{
	return grammar != NULL ? grammar->out : NULL;
}

static const struct cmd_pair *
find_pair(const struct cmd_args *args, const char *key)
{
	unsigned int i;

	for (i = 0; i < args->nb_pairs; i++)
		if (strcmp(args->pair[i].key->name, key) == 0)
			return &args->pair[i];
	return NULL;
}

const char *
cmd_value(const struct cmd_args *args, const char *key)
{
	const struct cmd_pair *pair = find_pair(args, key);

	if (pair == NULL)
		return NULL;
	return pair->word != NULL ? pair->word->name : pair->value;
}

const char *
cmd_second_value(const struct cmd_args *args, const char *key)
{
	const struct cmd_pair *pair = find_pair(args, key);

	if (pair == NULL || pair->word == NULL || pair->word->type == NULL)
		return NULL;
	return pair->value;
}

void
cmd_dispatch(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_def *def = data;
	struct cmd_args *args = parsed;
	struct out *out = grammar->out;

	RTE_SET_USED(cl);
	while (args->nb_pairs < CMD_PAIRS_MAX && args->pair[args->nb_pairs].key != NULL)
		args->nb_pairs++;
	out->json = args->json[0] != '\0';
	def->handler(args, out);
}

static unsigned int
count_words(const char *line)
{
	unsigned int n;

	for (n = 0; !cmd_is_line_end(*(line += strspn(line, " \t"))); n++)
		line += cmd_word_len(line);
	return n;
}

static bool
matches(const struct cmd_match *match, const char *buf)
{
	return match->cl != NULL && cmdline_parse(match->cl, buf) >= 0;
}

/* Run a line that has a word; buf ends with a newline. */
static void
run_words(const char *buf, struct out *out)
{
	const char *word = buf + strspn(buf, " \t");
	unsigned int nb_words = count_words(word);
	size_t len = cmd_word_len(word);
	unsigned int i;

	for (i = 0; i < grammar->nb_verbs; i++) {
		const struct cmd_verb *verb = &grammar->verbs[i];

		if (strncmp(verb->name, word, len) != 0 || verb->name[len] != '\0')
			continue;
		if (!matches(&verb->match[0], buf) && (nb_words > CMD_WORDS_MAX ||
			!matches(&verb->match[nb_words], buf)))
			cmd_explain(verb->insts, buf, out);
		return;
	}
	cmd_explain(grammar->insts, buf, out);
}

int
cmd_run(const char *line, struct out *out)
{
	struct out *before = grammar->out;
	size_t len = strcspn(line, "\r\n");
	char buf[CMD_LINE_MAX + 2];
	size_t i;

	if (len > CMD_LINE_MAX) {
		out_error(out, "the line is longer than %u octets", CMD_LINE_MAX);
		return out->status;
	}
	/* Not only unreadable: for librte_cmdline the line would end at some of them. */
	for (i = 0; i < len; i++)
		if (((unsigned char)line[i] < ' ' && line[i] != '\t') || line[i] == 0x7f)
			break;
	if (i < len || line[len + strspn(line + len, "\r\n")] != '\0') {
		out_error(out, "the line has a control character in it");
		return out->status;
	}
	memcpy(buf, line, len);
	memcpy(buf + len, "\n", 2);
	if (cmd_is_line_end(line[strspn(line, " \t")]))
		return out->status;
	grammar->out = out;
	run_words(buf, out);
	grammar->out = before;
	return out->status;
}

unsigned int
cmd_count_tokens(const cmdline_parse_inst_t *inst)
{
	unsigned int n;

	for (n = 0; inst->tokens[n] != NULL; n++)
		;
	return n;
}

static unsigned int
count_keys(const struct cmd_def *def)
{
	unsigned int n = 0;

	if (def->keys != NULL)
		while (def->keys[n].name != NULL)
			n++;
	return n;
}

/* Words of a command's pairs at most. */
static unsigned int
count_pair_words(const struct cmd_def *def)
{
	const struct cmd_key *key, *word;
	unsigned int n = 0;

	for (key = def->keys; key != NULL && key->name != NULL; key++) {
		n += 2;
		for (word = key->words; word != NULL && word->name != NULL; word++)
			if (word->type != NULL)
				break;
		n += word != NULL && word->name != NULL;
	}
	return n;
}

/* Tokens for the words of one command's pairs: for each place one for words that others follow,
 * and behind these one for the last word. */
static struct cmd_pair_token *
make_pair_tokens(const struct cmd_def *def, unsigned int nb_words)
{
	struct cmd_pair_token *tokens = calloc(2 * nb_words, sizeof(*tokens));
	unsigned int i;

	if (tokens == NULL)
		return NULL;
	for (i = 0; i < 2 * nb_words; i++)
		tokens[i] = (struct cmd_pair_token){
			.hdr = {&cmd_token_pair_ops, offsetof(struct cmd_args, pair)},
			.keys = def->keys,
			.index = i % nb_words,
			.last = i >= nb_words,
		};
	return tokens;
}

/* Add an instance with nb_pairs of max words of pairs and perhaps `json` behind the words declared. */
static int
add_inst(struct cmd *g, cmdline_parse_inst_t *decl, struct cmd_pair_token *pairs,
	unsigned int nb_pairs, unsigned int max, bool json)
{
	unsigned int nb_words = cmd_count_tokens(decl), n = 0, i;
	cmdline_parse_inst_t *inst;

	inst = calloc(
		1, sizeof(*inst) + (nb_words + nb_pairs + json + 1) * sizeof(inst->tokens[0]));
	if (inst == NULL)
		return -ENOMEM;
	inst->f = decl->f;
	inst->data = decl->data;
	inst->help_str = decl->help_str;
	for (i = 0; i < nb_words; i++)
		inst->tokens[n++] = decl->tokens[i];
	for (i = 0; i < nb_pairs; i++)
		inst->tokens[n++] = &pairs[i + 1 < nb_pairs ? i : max + i].hdr;
	if (json)
		inst->tokens[n++] = &cmd_token_json.hdr;
	g->insts[g->nb_insts++] = inst;
	return 0;
}

/* Add all instances that a declared one stands for. */
static int
expand(struct cmd *g, cmdline_parse_inst_t *decl)
{
	const struct cmd_def *def = decl->data;
	struct cmd_pair_token *pairs = NULL;
	unsigned int max = count_pair_words(def), n;
	int ret = 0;

	if (count_keys(def) > CMD_PAIRS_MAX)
		return -E2BIG;
	if (max > 0) {
		pairs = make_pair_tokens(def, max);
		if (pairs == NULL)
			return -ENOMEM;
		g->tokens[g->nb_tokens++] = pairs;
	}
	for (n = 0; n <= max && ret == 0; n++) {
		/* No pair is one word. */
		if (n == 1)
			continue;
		ret = add_inst(g, decl, pairs, n, max, false);
		if (ret == 0 && def->json)
			ret = add_inst(g, decl, pairs, n, max, true);
	}
	return ret;
}

static int
expand_all(struct cmd *g)
{
	unsigned int nb_decls = 0, nb_insts = 0, i, j;
	int ret = 0;

	for (i = 0; g->nouns[i] != NULL; i++) {
		for (j = 0; g->nouns[i][j] != NULL; j++) {
			nb_decls++;
			nb_insts += 2 * (count_pair_words(g->nouns[i][j]->data) + 1);
		}
	}
	for (j = 0; cmd_help[j] != NULL; j++)
		;
	nb_insts += 2 * j;
	g->insts = calloc(nb_insts + 1, sizeof(g->insts[0]));
	g->tokens = calloc(nb_decls + 1, sizeof(g->tokens[0]));
	if (g->insts == NULL || g->tokens == NULL)
		return -ENOMEM;
	for (i = 0; g->nouns[i] != NULL; i++)
		for (j = 0; g->nouns[i][j] != NULL && ret == 0; j++)
			ret = expand(g, g->nouns[i][j]);
	for (j = 0; cmd_help[j] != NULL && ret == 0; j++)
		ret = expand(g, cmd_help[j]);
	return ret;
}

int
cmd_init(cmdline_parse_inst_t *const *const nouns[])
{
	int ret;

	RTE_BUILD_BUG_ON(sizeof(struct cmd_args) > CMDLINE_PARSE_RESULT_BUFSIZE);
	grammar = calloc(1, sizeof(*grammar));
	if (grammar == NULL)
		return -ENOMEM;
	grammar->nouns = nouns;
	ret = expand_all(grammar);
	if (ret == 0)
		ret = cmd_make_verbs(grammar);
	if (ret != 0)
		cmd_free();
	return ret;
}

void
cmd_free(void)
{
	struct cmd *g = grammar;
	unsigned int i;

	if (g == NULL)
		return;
	grammar = NULL;
	if (g->cl != NULL)
		cmdline_free(g->cl);
	cmd_free_verbs(g);
	for (i = 0; i < g->nb_tokens; i++)
		free(g->tokens[i]);
	free(g->tokens);
	for (i = 0; i < g->nb_insts; i++)
		free(g->insts[i]);
	free(g->insts);
	free(g);
}
