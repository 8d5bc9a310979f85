/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <string.h>

#include <rte_string_fns.h>

#include "capture.h"
#include "conf.h"
#include "nouns.h"
#include "table.h"

/* What stands behind the source of a capture, cut into words. */
struct tail {
	char text[STR_MULTI_TOKEN_SIZE];
	char *next;
};

/* The next word without its quotes, or NULL: at the end, or with -1 in *bad after a sentence. */
static char *
next_word(struct tail *t, struct out *out, int *bad)
{
	char *word = t->next + strspn(t->next, " \t");
	char *end;

	if (*bad < 0 || *word == '\0')
		return NULL;
	if (*word == '"' || *word == '\'') {
		end = strchr(word + 1, *word);
		if (end == NULL || (end[1] != '\0' && end[1] != ' ' && end[1] != '\t')) {
			out_error(out, "capture start: %s %c%s",
				end == NULL ? "there is no other" : "behind the other", *word,
				end == NULL ? " in the line" : " a blank is missing");
			*bad = -1;
			return NULL;
		}
		word++;
	} else {
		end = word + strcspn(word, " \t");
	}
	t->next = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return word;
}

static const struct cmd_type type_expression = {"an expression", NULL, NULL};

static const struct cmd_key start_keys[] = {
	{"filter", &type_expression, NULL},
	{"snaplen", &cmd_type_number, NULL},
	{"count", &cmd_type_number, NULL},
	{0},
};

static int
read_option(struct capture_conf *conf, const char *key, const char *value, struct out *out)
{
	uint32_t count;

	if (strcmp(key, "filter") == 0) {
		conf->filter = value;
	} else if (strcmp(key, "snaplen") == 0) {
		return conf_number(out, "capture snaplen", value, 14, UINT16_MAX, &conf->snaplen);
	} else {
		if (conf_number(out, "capture count", value, 1, UINT32_MAX, &count) < 0)
			return -1;
		conf->count = count;
	}
	return 0;
}

static const struct cmd_key *
find_key(const char *word)
{
	const struct cmd_key *key;

	for (key = start_keys; key->name != NULL; key++)
		if (strcmp(key->name, word) == 0)
			return key;
	return NULL;
}

static int
read_tail(struct tail *t, struct capture_conf *conf, struct out *out)
{
	bool given[RTE_DIM(start_keys)] = {false};
	const struct cmd_key *key;
	const char *word, *value;
	int bad = 0;

	conf->path = next_word(t, out, &bad);
	while ((word = next_word(t, out, &bad)) != NULL) {
		key = find_key(word);
		value = next_word(t, out, &bad);
		if (bad < 0)
			return -1;
		if (key == NULL)
			out_error(out, "capture start: expected filter, snaplen or count, not "
				       "\"%.48s\"; what has blanks stands in quotes", word);
		else if (value == NULL)
			out_error(out, "capture start: expected %s behind %s, but the line ends",
				key->type->name, word);
		else if (given[key - start_keys])
			out_error(out, "capture start: %s is given twice", word);
		else if (read_option(conf, word, value, out) == 0)
			given[key - start_keys] = true;
		if (out->status != 0)
			return -1;
	}
	return bad;
}

static bool
is_on_console(const char *verb, struct out *out)
{
	if (out->within_file)
		out_error(out, "capture %s: a file holds configuration; say it on the console",
			verb);
	return !out->within_file;
}

static void
start(const struct cmd_args *args, struct out *out, uint16_t source)
{
	struct capture_conf conf = {.source = source, .filter = ""};
	struct tail t;

	if (!is_on_console("start", out))
		return;
	strlcpy(t.text, args->rest, sizeof(t.text));
	t.next = t.text;
	if (read_tail(&t, &conf, out) == 0)
		capture_start(app_get(), &conf, out);
}

static void
start_port(const struct cmd_args *args, struct out *out)
{
	uint16_t port;

	if (conf_port(out, args->arg[0], &port) == 0)
		start(args, out, port);
}

static void
start_drops(const struct cmd_args *args, struct out *out)
{
	start(args, out, CAPTURE_DROPS);
}

/* The end of one that runs waits for the workers. */
static bool
may_stop(uint16_t source, struct out *out)
{
	struct capture_info info;

	return !capture_get(app_get(), source, &info) || info.state != CAPTURE_RUNNING ||
	       app_watchdog_permits(app_get(), out);
}

static void
stop_one(uint16_t source, struct out *out)
{
	char name[CAPTURE_NAME_SIZE];

	if (is_on_console("stop", out) && may_stop(source, out) &&
		!capture_stop(app_get(), source))
		out_error(out, "capture stop %s: none runs there; see show capture",
			capture_name(source, name));
}

static void
stop_port(const struct cmd_args *args, struct out *out)
{
	uint16_t port;

	if (conf_port(out, args->arg[0], &port) == 0)
		stop_one(port, out);
}

static void
stop_drops(const struct cmd_args *args, struct out *out)
{
	RTE_SET_USED(args);
	stop_one(CAPTURE_DROPS, out);
}

static void
stop_all(const struct cmd_args *args, struct out *out)
{
	uint16_t i;

	RTE_SET_USED(args);
	if (!is_on_console("stop", out))
		return;
	for (i = 0; i < CAPTURE_SOURCES && may_stop(i, out); i++)
		capture_stop(app_get(), i);
}

static void
show_capture(const struct cmd_args *args, struct out *out)
{
	static const struct table_column columns[] = {
		{"Capture", "source", TABLE_LEFT},
		{"State", "state", TABLE_LEFT},
		{"Packets", "packets", TABLE_RIGHT},
		{"Octets", "octets", TABLE_RIGHT},
		{"Missed", "missed", TABLE_RIGHT},
		{"Snaplen", "snaplen", TABLE_RIGHT},
		{"Count", "count", TABLE_RIGHT | TABLE_SPARSE},
		{"File", "file", TABLE_LEFT},
		{"Filter", "filter", TABLE_LEFT | TABLE_SPARSE},
		{"Why it ended", "error", TABLE_LEFT | TABLE_SPARSE},
	};
	static const char *const states[] = {
		[CAPTURE_RUNNING] = "running",
		[CAPTURE_STOPPED] = "stopped",
		[CAPTURE_DONE] = "done",
		[CAPTURE_FAILED] = "failed",
	};
	char name[CAPTURE_NAME_SIZE];
	struct capture_info info;
	struct table t;
	uint16_t i;

	RTE_SET_USED(args);
	table_begin(&t, out, columns, RTE_DIM(columns));
	for (i = 0; i < CAPTURE_SOURCES; i++) {
		if (!capture_get(app_get(), i, &info))
			continue;
		table_str(&t, capture_name(i, name));
		table_str(&t, states[info.state]);
		table_u64(&t, info.packets);
		table_u64(&t, info.octets);
		table_u64(&t, info.missed);
		table_u64(&t, info.snaplen);
		if (info.count > 0)
			table_u64(&t, info.count);
		else
			table_none(&t);
		table_str(&t, info.path);
		table_str(&t, info.filter[0] != '\0' ? info.filter : NULL);
		table_str(&t, info.error);
	}
	table_end(&t);
}

#define OPTIONS_HELP "FILE [filter \"EXPRESSION\"] [snaplen N] [count N] : "
#define PORT_HELP                            \
	"capture start port N " OPTIONS_HELP \
	"copy what a port receives and sends into a pcapng file"
#define DROPS_HELP \
	"capture start drops " OPTIONS_HELP "copy what is dropped, with the reason as a comment"
#define STOP_HELP "capture stop [port N|drops] : end captures; their files are complete"

CMD(inst_port, start_port, PORT_HELP, CMD_WORD("capture"), CMD_WORD("start"), CMD_WORD("port"),
	CMD_ARG(0, &noun_type_port), CMD_REST(&cmd_type_file));
CMD(inst_drops, start_drops, DROPS_HELP, CMD_WORD("capture"), CMD_WORD("start"),
	CMD_WORD("drops"), CMD_REST(&cmd_type_file));
/* The same word by word, for completion: every line goes to those above, which know quotes. */
CMD_PAIRS(inst_port_words, start_port, start_keys, PORT_HELP, CMD_WORD("capture"),
	CMD_WORD("start"), CMD_WORD("port"), CMD_ARG(0, &noun_type_port),
	CMD_ARG(1, &cmd_type_file));
CMD_PAIRS(inst_drops_words, start_drops, start_keys, DROPS_HELP, CMD_WORD("capture"),
	CMD_WORD("start"), CMD_WORD("drops"), CMD_ARG(1, &cmd_type_file));
CMD(inst_stop, stop_all, STOP_HELP, CMD_WORD("capture"), CMD_WORD("stop"));
CMD(inst_stop_port, stop_port, STOP_HELP, CMD_WORD("capture"), CMD_WORD("stop"),
	CMD_WORD("port"), CMD_ARG(0, &noun_type_port));
CMD(inst_stop_drops, stop_drops, STOP_HELP, CMD_WORD("capture"), CMD_WORD("stop"),
	CMD_WORD("drops"));
CMD_SHOW(inst_show, show_capture, "show capture : captures, their files and what they missed",
	CMD_WORD("show"), CMD_WORD("capture"));

cmdline_parse_inst_t *const cmd_capture[] = {
	&inst_port, &inst_drops, &inst_port_words, &inst_drops_words, &inst_stop, &inst_stop_port,
	&inst_stop_drops, &inst_show, NULL};
