/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Words of the grammar beyond librte_cmdline's own kinds. Their operations take part in matching
 * a line, in completing it, and in the sentence about what was expected. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_string_fns.h>

#include "cmd_priv.h"

struct cmdline_token_string cmd_token_json =
	TOKEN_STRING_INITIALIZER(struct cmd_args, json, "json");

const struct cmd_type cmd_type_word = {"a word", NULL, NULL};
const struct cmd_type cmd_type_number = {"a number", cmd_looks_number, NULL};
const struct cmd_type cmd_type_address = {"an address", cmd_looks_address, NULL};
const struct cmd_type cmd_type_prefix = {"a prefix", cmd_looks_prefix, NULL};
const struct cmd_type cmd_type_mac = {"a MAC address", cmd_looks_mac, NULL};
const struct cmd_type cmd_type_file = {"a file name", NULL, cmd_list_files};

bool
cmd_looks_number(const char *word, size_t len)
{
	return len > 0 && word[0] >= '0' && word[0] <= '9';
}

static bool
has_any(const char *word, size_t len, const char *octets)
{
	return strcspn(word, octets) < len;
}

bool
cmd_looks_address(const char *word, size_t len)
{
	return has_any(word, len, ":.");
}

bool
cmd_looks_prefix(const char *word, size_t len)
{
	return has_any(word, len, ":./");
}

bool
cmd_looks_mac(const char *word, size_t len)
{
	return has_any(word, len, ":-");
}

size_t
cmd_word_len(const char *text)
{
	size_t len = 0;

	while (!cmdline_isendoftoken(text[len]))
		len++;
	return len;
}

/* Choices */

bool
cmd_choice_add(struct cmd_choices *choices, const char *text)
{
	size_t len = strlen(text);

	if (choices->partial != NULL &&
		strncmp(text, choices->partial, strlen(choices->partial)) != 0)
		return true;
	if (len == 0 || len >= CMD_CHOICE_SIZE)
		return true;
	if (choices->nb == CMD_CHOICES_MAX) {
		choices->more = true;
		return false;
	}
	memcpy(choices->text[choices->nb++], text, len + 1);
	return true;
}

static int
compare_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

void
cmd_choices_unique(struct cmd_choices *choices)
{
	unsigned int i, n = 0;

	qsort(choices->text, choices->nb, sizeof(choices->text[0]), compare_text);
	for (i = 0; i < choices->nb; i++)
		if (i == 0 || strcmp(choices->text[i], choices->text[n - 1]) != 0)
			memmove(choices->text[n++], choices->text[i], CMD_CHOICE_SIZE);
	choices->nb = n;
}

void
cmd_choices_of_token(struct cmd_choices *choices, cmdline_parse_token_hdr_t *token)
{
	int n = token->ops->complete_get_nb(token), i;
	char text[CMD_CHOICE_SIZE];

	for (i = 0; i < n; i++)
		if (token->ops->complete_get_elt(token, i, text, sizeof(text)) == 0)
			cmd_choice_add(choices, text);
}

void
cmd_choices_print(const struct cmd_choices *choices, char *dst, size_t size)
{
	unsigned int i;
	size_t len = 0;

	dst[0] = '\0';
	for (i = 0; i < choices->nb && len < size; i++) {
		const char *sep = i == 0 ? "" : i + 1 == choices->nb ? " or " : ", ";

		len += snprintf(dst + len, size - len, "%s%s", sep, choices->text[i]);
	}
}

/* Parse */

int
cmd_parse_word(const char *buf, char *res, unsigned int res_size)
{
	size_t len = cmd_word_len(buf);

	if (len == 0 || len >= STR_TOKEN_SIZE || (len == 4 && memcmp(buf, "json", 4) == 0))
		return -1;
	if (res != NULL) {
		if (len >= res_size)
			return -1;
		memcpy(res, buf, len);
		res[len] = '\0';
	}
	return (int)len;
}

static int
parse_arg(cmdline_parse_token_hdr_t *tk, const char *buf, void *res, unsigned int res_size)
{
	const struct cmd_type *type = container_of(tk, struct cmd_token, hdr)->type;

	if (type->looks != NULL && !type->looks(buf, cmd_word_len(buf)))
		return -1;
	return cmd_parse_word(buf, res, res_size);
}

static int
parse_rest(cmdline_parse_token_hdr_t *tk, const char *buf, void *res, unsigned int res_size)
{
	size_t len = 0, end;

	RTE_SET_USED(tk);
	while (!cmd_is_line_end(buf[len]))
		len++;
	for (end = len; end > 0 && (buf[end - 1] == ' ' || buf[end - 1] == '\t'); end--)
		;
	if (end == 0 || end >= STR_MULTI_TOKEN_SIZE)
		return -1;
	if (res != NULL) {
		if (end >= res_size)
			return -1;
		memcpy(res, buf, end);
		((char *)res)[end] = '\0';
	}
	return (int)len;
}

/* Completion */

int
cmd_list_type(const struct cmd_type *type)
{
	struct cmd *g = cmd_get();

	if (type->list == NULL)
		return 0;
	if (g->listed_type != type) {
		g->listed_type = type;
		g->listed.nb = 0;
		g->listed.more = false;
		g->listed.partial = g->partial;
		type->list(&g->listed);
	}
	/* Of too many, those that fit would complete to what they alone have in common. */
	return g->listed.more ? 0 : (int)g->listed.nb;
}

int
cmd_copy_choice(const char *text, char *dst, unsigned int size)
{
	return strlcpy(dst, text, size) < size ? 0 : -1;
}

static int
arg_get_nb(cmdline_parse_token_hdr_t *tk)
{
	return cmd_list_type(container_of(tk, struct cmd_token, hdr)->type);
}

int
cmd_listed_get_elt(cmdline_parse_token_hdr_t *tk, int i, char *dst, unsigned int size)
{
	RTE_SET_USED(tk);
	return cmd_copy_choice(cmd_get()->listed.text[i], dst, size);
}

/* Help: what the word is called */

static int
arg_get_help(cmdline_parse_token_hdr_t *tk, char *dst, unsigned int size)
{
	return cmd_copy_choice(container_of(tk, struct cmd_token, hdr)->type->name, dst, size);
}

struct cmdline_token_ops cmd_token_arg_ops = {
	.parse = parse_arg,
	.complete_get_nb = arg_get_nb,
	.complete_get_elt = cmd_listed_get_elt,
	.get_help = arg_get_help,
};

struct cmdline_token_ops cmd_token_rest_ops = {
	.parse = parse_rest,
	.complete_get_nb = arg_get_nb,
	.complete_get_elt = cmd_listed_get_elt,
	.get_help = arg_get_help,
};
