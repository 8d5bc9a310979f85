/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Why a line is no command. librte_cmdline says only that it is not; here the instances that
 * follow the line the furthest tell which word is at fault and what they have in its place. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_priv.h"

#define EXPECTED_SIZE 2048
#define QUOTE_MAX     48 /* octets of a word that a sentence repeats */

/* Where an instance and the line part. */
struct parting {
	unsigned int depth; /* words that match */
	const char *word;   /* the one after them; the end of the line, perhaps */
};

static struct parting
walk(cmdline_parse_inst_t *inst, const char *line)
{
	struct parting p = {.depth = 0, .word = line + strspn(line, " \t")};
	cmdline_parse_token_hdr_t *token;
	int len;

	while ((token = inst->tokens[p.depth]) != NULL && !cmd_is_line_end(*p.word)) {
		len = token->ops->parse(token, p.word, NULL, 0);
		if (len < 0)
			break;
		p.word += len;
		p.word += strspn(p.word, " \t");
		p.depth++;
	}
	return p;
}

/* The key of a pair before the word, when the word is that key again; or NULL. */
static const char *
given_twice(cmdline_parse_inst_t *inst, const struct parting *p)
{
	const struct cmd_key *key = NULL;

	if (p->depth > 0 && inst->tokens[p->depth - 1]->ops == &cmd_token_pair_ops)
		key = cmd_pair_again(inst->tokens[p->depth - 1], p->word);
	return key != NULL ? key->name : NULL;
}

/* Add what an instance has in place of the word. */
static void
add_expected(struct cmd_choices *kinds, struct cmd_choices *words, cmdline_parse_token_hdr_t *token)
{
	char text[CMD_CHOICE_SIZE];

	/* Of a kind its name, not all that exists of it. */
	if (cmd_token_is_fixed(token))
		cmd_choices_of_token(words, token);
	else if (token->ops->get_help(token, text, sizeof(text)) == 0)
		cmd_choice_add(kinds, text);
}

struct findings {
	struct parting at; /* the furthest */
	bool end;          /* the line could have ended there */
	const char *given; /* the key that the line gives twice; NULL: none */
	bool only_json;    /* `json` is all that could follow */
	struct cmd_choices kinds;
	struct cmd_choices words;
};

static void
find(struct findings *f, cmdline_parse_inst_t *const *insts, const char *line)
{
	struct parting p;
	unsigned int i, j;

	for (i = 0; insts[i] != NULL; i++) {
		p = walk(insts[i], line);
		if (i == 0 || p.depth > f->at.depth)
			f->at = p;
	}
	for (i = 0; insts[i] != NULL; i++) {
		/* Once more: the keys seen must be this instance's. */
		p = walk(insts[i], line);
		if (p.depth != f->at.depth)
			continue;
		if (f->given == NULL)
			f->given = given_twice(insts[i], &p);
		if (insts[i]->tokens[p.depth] == NULL)
			f->end = true;
		else
			add_expected(&f->kinds, &f->words, insts[i]->tokens[p.depth]);
	}
	cmd_choices_unique(&f->kinds);
	cmd_choices_unique(&f->words);
	f->only_json = f->kinds.nb == 0 && f->words.nb == 1 &&
		       strcmp(f->words.text[0], cmd_token_json.string_data.str) == 0;
	for (j = 0; j < f->words.nb; j++)
		cmd_choice_add(&f->kinds, f->words.text[j]);
	if (f->end)
		cmd_choice_add(&f->kinds, "the end of the line");
}

/* Commands that differ in nothing that the line says: a fault of the grammar. */
static void
explain_ambiguous(cmdline_parse_inst_t *const *insts, const char *line, struct out *out)
{
	struct parting p;
	struct out list;
	unsigned int i;

	out_init(&list);
	for (i = 0; insts[i] != NULL; i++) {
		p = walk(insts[i], line);
		if (insts[i]->tokens[p.depth] != NULL || !cmd_is_line_end(*p.word))
			continue;
		out_printf(&list, "%s\"%.*s\"", list.len > 0 ? " and " : "",
			(int)cmd_syntax_len(insts[i]->help_str), insts[i]->help_str);
	}
	out_error(out, "ambiguous: it can be %s", list.text != NULL ? list.text : "many commands");
	out_free(&list);
}

/* The sentence, given what was found. */
static void
explain(const struct findings *f, const char *line, struct out *out)
{
	const char *begin = line + strspn(line, " \t"), *word = f->at.word;
	int len = (int)cmd_word_len(word), said = (int)(word - begin);
	const char *dots = len > QUOTE_MAX ? "..." : "";
	char expected[EXPECTED_SIZE];

	while (said > 0 && (begin[said - 1] == ' ' || begin[said - 1] == '\t'))
		said--;
	cmd_choices_print(&f->kinds, expected, sizeof(expected));
	if (said == 0)
		out_error(out, "unknown command \"%.*s%s\": expected %s", RTE_MIN(len, QUOTE_MAX),
			word, dots, expected);
	else if (len == 0)
		out_error(out, "%.*s: expected %s, but the line ends", said, begin, expected);
	else if (f->given != NULL)
		out_error(out, "%.*s: %s is given twice", said, begin, f->given);
	else if (len >= STR_TOKEN_SIZE)
		out_error(out, "%.*s: \"%.*s...\" is too long, a word has %u octets at most", said,
			begin, QUOTE_MAX, word, STR_TOKEN_SIZE - 1);
	else if (f->end && (f->kinds.nb == 1 || f->only_json))
		out_error(out, "%.*s: unexpected \"%.*s%s\" at the end", said, begin,
			RTE_MIN(len, QUOTE_MAX), word, dots);
	else
		out_error(out, "%.*s: expected %s, not \"%.*s%s\"", said, begin, expected,
			RTE_MIN(len, QUOTE_MAX), word, dots);
}

void
cmd_explain(cmdline_parse_inst_t *const *insts, const char *line, struct out *out)
{
	struct findings *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		out->status = -1;
		return;
	}
	find(f, insts, line);
	if (f->end && cmd_is_line_end(*f->at.word))
		explain_ambiguous(insts, line, out);
	else
		explain(f, line, out);
	free(f);
}
