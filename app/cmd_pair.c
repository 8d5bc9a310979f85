/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The words of a command's pairs: KEY VALUE, KEY KEYWORD or KEY KEYWORD VALUE, in any order. What
 * a word may be depends on those before it; each word parsed leaves the place behind it in the
 * grammar for the next. */

#include <string.h>

#include <rte_common.h>

#include "cmd_priv.h"

static const struct cmd_key *
find(const struct cmd_key *keys, const char *word, size_t len)
{
	for (; keys->name != NULL; keys++)
		if (strlen(keys->name) == len && memcmp(keys->name, word, len) == 0)
			return keys;
	return NULL;
}

static const struct cmd_pair_token *
pair_token(const cmdline_parse_token_hdr_t *tk)
{
	return container_of(tk, const struct cmd_pair_token, hdr);
}

/* Where a token stands, its predecessors parsed. */
static struct cmd_place *
place_of(const struct cmd_pair_token *token)
{
	return &cmd_get()->places[token->index];
}

/* The keywords that a word may be; NULL: it is of a kind. */
static const struct cmd_key *
words_at(const struct cmd_pair_token *token)
{
	const struct cmd_place *at = place_of(token);

	if (at->key == NULL)
		return token->keys;
	return at->word == NULL ? at->key->words : NULL;
}

/* The kind of a word that is no keyword. */
static const struct cmd_type *
type_at(const struct cmd_pair_token *token)
{
	const struct cmd_place *at = place_of(token);

	return at->word != NULL ? at->word->type : at->key->type;
}

/* Is it the key of one of the first n pairs? */
static bool
is_given(const struct cmd_key *key, unsigned int n)
{
	while (n > 0)
		if (cmd_get()->keys_seen[--n] == key)
			return true;
	return false;
}

/* The n-th key that nb_pairs pairs have not given; NULL: there are fewer. */
static const struct cmd_key *
key_left(const struct cmd_key *keys, unsigned int nb_pairs, int n)
{
	for (; keys->name != NULL; keys++)
		if (!is_given(keys, nb_pairs) && n-- == 0)
			return keys;
	return NULL;
}

const struct cmd_key *
cmd_pair_again(const cmdline_parse_token_hdr_t *tk, const char *word)
{
	const struct cmd_pair_token *token = pair_token(tk);
	const struct cmd_place *behind = place_of(token) + 1;
	const struct cmd_key *key = find(token->keys, word, cmd_word_len(word));

	return behind->key == NULL && is_given(key, behind->nb_pairs) ? key : NULL;
}

bool
cmd_token_is_fixed(cmdline_parse_token_hdr_t *tk)
{
	if (tk->ops == &cmd_token_pair_ops)
		return words_at(pair_token(tk)) != NULL;
	return tk->ops == &cmdline_token_string_ops;
}

/* Read a keyword into the pair that it belongs to and go to the place behind it; its octets. */
static int
parse_keyword(struct cmd_place *at, const struct cmd_key *words, const char *buf,
	struct cmd_pair *pair)
{
	size_t len = cmd_word_len(buf);
	const struct cmd_key *found = find(words, buf, len);

	if (found == NULL)
		return -1;
	if (at->key == NULL) {
		if (is_given(found, at->nb_pairs))
			return -1;
		cmd_get()->keys_seen[at->nb_pairs] = at->key = found;
		if (pair != NULL)
			pair->key = found;
		return (int)len;
	}
	if (pair != NULL)
		pair->word = found;
	if (found->type != NULL)
		at->word = found;
	else
		*at = (struct cmd_place){.nb_pairs = at->nb_pairs + 1};
	return (int)len;
}

static int
parse_pair(cmdline_parse_token_hdr_t *tk, const char *buf, void *res, unsigned int res_size)
{
	const struct cmd_pair_token *token = pair_token(tk);
	const struct cmd_key *words = words_at(token);
	struct cmd_place at = *place_of(token);
	struct cmd_pair *pair = res;
	int len;

	if (pair != NULL && res_size < (at.nb_pairs + 1) * sizeof(*pair))
		return -1;
	if (pair != NULL)
		pair += at.nb_pairs;
	if (words != NULL) {
		len = parse_keyword(&at, words, buf, pair);
	} else {
		len = cmd_parse_word(buf, pair != NULL ? pair->value : NULL, STR_TOKEN_SIZE);
		at = (struct cmd_place){.nb_pairs = at.nb_pairs + 1};
	}
	/* Does the line end here as it must, or can it go on as it must? */
	if (len < 0 || (token->last ? at.key != NULL :
				      at.key == NULL && key_left(token->keys, at.nb_pairs, 0) == NULL))
		return -1;
	place_of(token)[1] = at;
	return len;
}

/* The n-th keyword that may stand here. */
static const struct cmd_key *
keyword(const struct cmd_pair_token *token, const struct cmd_key *words, int n)
{
	const struct cmd_place *at = place_of(token);

	return key_left(words, at->key == NULL ? at->nb_pairs : 0, n);
}

static int
pair_get_nb(cmdline_parse_token_hdr_t *tk)
{
	const struct cmd_pair_token *token = pair_token(tk);
	const struct cmd_key *words = words_at(token);
	int n = 0;

	if (words == NULL)
		return cmd_list_type(type_at(token));
	while (keyword(token, words, n) != NULL)
		n++;
	return n;
}

static int
pair_get_elt(cmdline_parse_token_hdr_t *tk, int i, char *dst, unsigned int size)
{
	const struct cmd_pair_token *token = pair_token(tk);
	const struct cmd_key *words = words_at(token), *word;

	if (words == NULL)
		return cmd_listed_get_elt(tk, i, dst, size);
	word = keyword(token, words, i);
	return word != NULL ? cmd_copy_choice(word->name, dst, size) : -1;
}

static int
pair_get_help(cmdline_parse_token_hdr_t *tk, char *dst, unsigned int size)
{
	const struct cmd_pair_token *token = pair_token(tk);
	const char *name = words_at(token) != NULL ? "a keyword" : type_at(token)->name;

	return cmd_copy_choice(name, dst, size);
}

struct cmdline_token_ops cmd_token_pair_ops = {
	.parse = parse_pair,
	.complete_get_nb = pair_get_nb,
	.complete_get_elt = pair_get_elt,
	.get_help = pair_get_help,
};
