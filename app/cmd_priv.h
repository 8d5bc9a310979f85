/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef CMD_PRIV_H
#define CMD_PRIV_H

/* What the files of the grammar share; nobody else includes this. */

#include <cmdline.h>

#include "cmd.h"

#define CMD_CHOICES_MAX 256
#define CMD_CHOICE_SIZE 60 /* librte_cmdline adds a blank within 64 octets */

/* A list of words. */
struct cmd_choices {
	unsigned int nb;
	bool more;           /* there were more than fit */
	const char *partial; /* only what begins so; NULL: all */
	char text[CMD_CHOICES_MAX][CMD_CHOICE_SIZE];
};

/* Sort, and keep one of each. */
void cmd_choices_unique(struct cmd_choices *choices);
/* Add the choices of a token whose words are fixed. */
void cmd_choices_of_token(struct cmd_choices *choices, cmdline_parse_token_hdr_t *token);
/* "a, b or c" into dst. */
void cmd_choices_print(const struct cmd_choices *choices, char *dst, size_t size);

/* Words of a pair: KEY VALUE, or KEY KEYWORD VALUE. */
#define CMD_PAIR_WORDS 3

/* The token of a word of a command's pairs. Which of KEY, KEYWORD and VALUE it is depends on the
 * words before it. */
struct cmd_pair_token {
	struct cmdline_token_hdr hdr;
	const struct cmd_key *keys;
	unsigned int index; /* of the word among those of all pairs */
	bool last;          /* the pairs end here: it must not leave one begun */
};

/* Where a line stands in its pairs: what a word there may be. */
struct cmd_place {
	unsigned int nb_pairs;      /* whole ones before it */
	const struct cmd_key *key;  /* of the pair begun; NULL: none is, and a key comes next */
	const struct cmd_key *word; /* the keyword that is its value, when that has a value too */
};

/* What stands in the folder that choices->partial names, or in ours: folders end with a slash. */
void cmd_list_files(struct cmd_choices *choices);
/* Copy the word at buf to res, where that is not NULL, and return its octets, or -1. The final
 * `json` of a line is never another word. */
int cmd_parse_word(const char *buf, char *res, unsigned int res_size);
/* List what exists of a kind, for cmd_listed_get_elt(), and say how many; completing one word
 * asks once. */
int cmd_list_type(const struct cmd_type *type);
int cmd_listed_get_elt(cmdline_parse_token_hdr_t *tk, int i, char *dst, unsigned int size);
int cmd_copy_choice(const char *text, char *dst, unsigned int size);

extern struct cmdline_token_ops cmd_token_pair_ops;
extern struct cmdline_token_string cmd_token_json;

/* Does the line end here, perhaps in a comment? DPDK 22.11 declares a function for it, but does not
 * export it. */
static inline bool
cmd_is_line_end(char c)
{
	return cmdline_isendoftoken(c) && c != ' ' && c != '\t';
}

/* Octets of the word at text. */
size_t cmd_word_len(const char *text);
/* The key that a token's line gives once more behind the token's word, when that is one that it
 * gave before; NULL: it is something else. */
const struct cmd_key *cmd_pair_again(const cmdline_parse_token_hdr_t *token, const char *word);
/* Are the words that may stand at a token fixed? */
bool cmd_token_is_fixed(cmdline_parse_token_hdr_t *token);

/* Commands of as many words. A line is matched against these alone: librte_cmdline clears 8 KiB for
 * each instance that it tries. */
struct cmd_match {
	cmdline_parse_inst_t **insts; /* ends with NULL */
	unsigned int nb_insts;
	struct cmdline *cl;
};

/* Words of a command at most. */
#define CMD_WORDS_MAX 48

/* The commands that begin with one word. */
struct cmd_verb {
	char name[CMD_CHOICE_SIZE];
	cmdline_parse_inst_t **insts; /* ends with NULL */
	unsigned int nb_insts;
	struct cmd_match match[CMD_WORDS_MAX + 1]; /* by words of the line; 0: any number of them */
};

/* A choice as completion shows it. */
struct cmd_shown {
	char word[CMD_CHOICE_SIZE + 4];
	char help[128]; /* "" when it stands for several commands */
};

struct cmd {
	struct out *out; /* of the line that runs */
	cmdline_parse_inst_t *const *const *nouns;
	cmdline_parse_inst_t **insts; /* all, ends with NULL */
	unsigned int nb_insts;
	struct cmd_pair_token **tokens; /* one block for each command with keys */
	unsigned int nb_tokens;
	struct cmd_verb *verbs; /* sorted by name */
	unsigned int nb_verbs;
	struct cmdline *cl; /* on all insts, for completion */

	/* The pairs before the word in question: librte_cmdline tells a token nothing of its line,
	 * but it parses the words of an instance in order. The first place stays empty. */
	struct cmd_place places[CMD_PAIRS_MAX * CMD_PAIR_WORDS + 1];
	const struct cmd_key *keys_seen[CMD_PAIRS_MAX];

	struct cmd_choices listed;          /* by the list function of a kind */
	const struct cmd_type *listed_type; /* NULL: of none */
	const char *line;                   /* what is to be completed, and in it */
	const char *partial;                /* the last word */
	struct cmd_shown shown[CMD_CHOICES_MAX];
	unsigned int nb_shown;
};

/* The grammar; NULL before cmd_init(). */
struct cmd *cmd_get(void);

/* Tokens of an instance: words of its line, unless the last one takes the rest. */
unsigned int cmd_count_tokens(const cmdline_parse_inst_t *inst);
/* Sort the instances into verbs. 0, -ENOMEM, -EINVAL or -E2BIG, as cmd_init(). */
int cmd_make_verbs(struct cmd *g);
void cmd_free_verbs(struct cmd *g);

/* Say in one sentence why a line is no command. */
void cmd_explain(cmdline_parse_inst_t *const *insts, const char *line, struct out *out);

/* Octets of the SYNTAX in a help text. */
size_t cmd_syntax_len(const char *help);
/* What stands behind it there; "" for nothing. */
const char *cmd_explanation(const char *help);

/* The commands of the grammar itself. */
extern cmdline_parse_inst_t *const cmd_help[];

#endif
