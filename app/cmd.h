/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef CMD_H
#define CMD_H

/* The grammar of the console, on librte_cmdline. A noun's file declares its commands with the
 * macros below and exports them:
 *
 *	static const struct cmd_key mss_words[] = {
 *		{"clamp", NULL, NULL},
 *		{"max", &cmd_type_number, NULL},
 *		{0},
 *	};
 *	static const struct cmd_key route_keys[] = {
 *		{"port", &cmd_type_port, NULL},
 *		{"mtu", &cmd_type_number, NULL},
 *		{"mss", NULL, mss_words},
 *		{0},
 *	};
 *
 *	static void
 *	add_route_via(const struct cmd_args *args, struct out *out)
 *	{
 *		const char *mtu = cmd_value(args, "mtu"); // NULL: not given
 *		const char *mss = cmd_value(args, "mss"); // "clamp" or "max", and then
 *		const char *max = cmd_second_value(args, "mss"); // the number
 *		... args->arg[0] is the prefix, args->arg[1] the next hop ...
 *	}
 *
 *	CMD_PAIRS(inst_add_route_via, add_route_via, route_keys,
 *		"add route PREFIX via ADDR [port N] [mtu N] [mss clamp|max N] : add or replace a route",
 *		CMD_WORD("add"), CMD_WORD("route"), CMD_ARG(0, &cmd_type_prefix),
 *		CMD_WORD("via"), CMD_ARG(1, &cmd_type_address));
 *	CMD_SHOW(inst_show_route, show_route, "show route [PREFIX] : the routing table",
 *		CMD_WORD("show"), CMD_WORD("route"));
 *	CMD_SHOW(inst_show_route_prefix, show_route, "show route [PREFIX] : the routing table",
 *		CMD_WORD("show"), CMD_WORD("route"), CMD_ARG(0, &cmd_type_prefix));
 *
 *	cmdline_parse_inst_t *const cmd_route[] = {
 *		&inst_add_route_via, &inst_show_route, &inst_show_route_prefix, NULL,
 *	};
 *
 * librte_cmdline has no optional tokens: cmd_init() makes of each declared instance all that it
 * stands for, with every number of words in its pairs and with and without a final `json`.
 * Instances with the same help text are one line in `help`. */

#include <stdbool.h>
#include <stddef.h>

#include <cmdline_parse.h>
#include <cmdline_parse_string.h>

#include "out.h"

#define CMD_LINE_MAX  4096 /* octets of a line, without its end */
#define CMD_ARGS_MAX  8
#define CMD_PAIRS_MAX 12

/* Things that exist, for completion by tab. */
struct cmd_choices;
/* Offer one; false: there are enough, offer no more. What does not begin with what was typed is
 * passed over, so that everything may be offered. At most 59 octets without blanks. */
bool cmd_choice_add(struct cmd_choices *choices, const char *text);

/* The word begun, for those who would offer many; never NULL. */
const char *cmd_partial(void);

/* A kind of word. */
struct cmd_type {
	const char *name; /* what a sentence calls it, with its article: "a prefix" */
	/* Can word be one? NULL: any word. This keeps apart commands that differ in keywords and
	 * words of this kind at the same place (`show route summary`, `show route PREFIX`); the
	 * handler says what is wrong with the rest. */
	bool (*looks)(const char *word, size_t len);
	void (*list)(struct cmd_choices *choices); /* what exists of it; NULL: nothing to offer */
};

/* Kinds without a list; a noun's file may declare its own with one, and these looks. */
extern const struct cmd_type cmd_type_word;    /* any word */
extern const struct cmd_type cmd_type_number;  /* begins with a digit */
extern const struct cmd_type cmd_type_address; /* has a : or . */
extern const struct cmd_type cmd_type_prefix;  /* has a : or . or / */
extern const struct cmd_type cmd_type_mac;     /* has a : or - */
extern const struct cmd_type cmd_type_file;    /* for CMD_REST() */

bool cmd_looks_number(const char *word, size_t len);
bool cmd_looks_address(const char *word, size_t len);
bool cmd_looks_prefix(const char *word, size_t len);
bool cmd_looks_mac(const char *word, size_t len);

/* A key that may stand behind a command with a value; arrays end with a NULL name. */
struct cmd_key {
	const char *name;
	const struct cmd_type *type; /* of the value: for completion and sentences, not checked */
	/* Where the value is one of some keywords: these, and no type. One with a type has a value
	 * of its own behind it, one without stands alone; they have no words. */
	const struct cmd_key *words;
};

struct cmd_pair {
	const struct cmd_key *key;
	const struct cmd_key *word; /* the keyword that is the value; NULL: the key has no words */
	char value[STR_TOKEN_SIZE]; /* of the key, or of the word */
};

/* A line as its handler gets it. */
struct cmd_args {
	char arg[CMD_ARGS_MAX][STR_TOKEN_SIZE]; /* by CMD_ARG() and CMD_CHOICE(); "": not there */
	unsigned int nb_pairs;
	struct cmd_pair pair[CMD_PAIRS_MAX]; /* as they stand in the line; no key twice */
	char rest[STR_MULTI_TOKEN_SIZE];     /* by CMD_REST(), without blanks at its ends */
	char json[STR_TOKEN_SIZE];           /* for cmd.c: handlers see out->json */
	char keyword[STR_TOKEN_SIZE];        /* for cmd.c: where fixed words go */
};

/* The value of a key; NULL: not given. */
const char *cmd_value(const struct cmd_args *args, const char *key);
/* The value behind a key's keyword; NULL: not given, or the keyword stands alone. */
const char *cmd_second_value(const struct cmd_args *args, const char *key);

typedef void cmd_handler_t(const struct cmd_args *args, struct out *out);

/* What stands behind an instance. */
struct cmd_def {
	cmd_handler_t *handler;
	const struct cmd_key *keys; /* pairs that may follow; NULL: none */
	bool json;                  /* a final `json` may follow */
};

/* A word of the grammar as librte_cmdline sees it: CMD_ARG() and CMD_REST(). */
struct cmd_token {
	struct cmdline_token_hdr hdr;
	const struct cmd_type *type;
};

extern struct cmdline_token_ops cmd_token_arg_ops;
extern struct cmdline_token_ops cmd_token_rest_ops;

/* The keyword itself. */
#define CMD_WORD(text) \
	(&(struct cmdline_token_string)TOKEN_STRING_INITIALIZER(struct cmd_args, keyword, text).hdr)
/* One of several keywords, "on#off", into arg[i]. */
#define CMD_CHOICE(i, texts) \
	(&(struct cmdline_token_string)TOKEN_STRING_INITIALIZER(struct cmd_args, arg[i], texts).hdr)
/* A word of a kind into arg[i]; never `json`. */
#define CMD_ARG(i, kind) \
	(&(struct cmd_token){{&cmd_token_arg_ops, offsetof(struct cmd_args, arg[i])}, kind}.hdr)
/* The rest of the line, as a path, into rest; must be the last. A # ends it. */
#define CMD_REST(kind) \
	(&(struct cmd_token){{&cmd_token_rest_ops, offsetof(struct cmd_args, rest)}, kind}.hdr)

/* For librte_cmdline: calls the handler of the struct cmd_def in data. */
void cmd_dispatch(void *args, struct cmdline *cl, void *data);

#define CMD_INSTANCE(name, handler_, keys_, json_, help, ...)      \
	static cmdline_parse_inst_t name = {                       \
		.f = cmd_dispatch,                                 \
		.data = &(struct cmd_def){handler_, keys_, json_}, \
		.help_str = help,                                  \
		.tokens = {__VA_ARGS__, NULL},                     \
	}

/* A command of the words given, no more and no less. help is "SYNTAX : explanation". */
#define CMD(name, handler, help, ...) CMD_INSTANCE(name, handler, NULL, false, help, __VA_ARGS__)
/* ... with pairs of keys (at most CMD_PAIRS_MAX) and their values behind it, in any order. */
#define CMD_PAIRS(name, handler, keys, help, ...) \
	CMD_INSTANCE(name, handler, keys, false, help, __VA_ARGS__)
/* ... with or without a final `json`, which handlers see as out->json. */
#define CMD_SHOW(name, handler, help, ...) \
	CMD_INSTANCE(name, handler, NULL, true, help, __VA_ARGS__)
/* ... with pairs and then with or without `json`. */
#define CMD_SHOW_PAIRS(name, handler, keys, help, ...) \
	CMD_INSTANCE(name, handler, keys, true, help, __VA_ARGS__)

/* Make the grammar of the nouns' commands, and of `help`. nouns ends with NULL, and so does each
 * of them. 0 or -ENOMEM, -E2BIG (more keys than CMD_PAIRS_MAX, or words than CMD_WORDS_MAX),
 * -EINVAL (a first word that is not a single keyword). */
int cmd_init(cmdline_parse_inst_t *const *const nouns[]);
void cmd_free(void);

/* Run one line; blank lines and comments do nothing. The line may have its line end. A line that
 * is no command is an error in out, a sentence that names the word at fault and what was expected
 * there. May be called by a handler (`load`). Returns out->status. */
int cmd_run(const char *line, struct out *out);
/* The output of the line that runs; NULL when none does. */
struct out *cmd_out(void);

/* Completion with the contract of cmdline_complete(), each choice once, sorted. */
int cmd_complete(const char *buf, int *state, char *dst, unsigned int size);
/* Print every choice for the last word of a line, sorted: the word or "<a kind of word>", a tab and
 * its explanation, if there is one. */
void cmd_list_choices(const char *line, struct out *out);

#endif
