/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef TEST_GRAMMAR_H
#define TEST_GRAMMAR_H

/* A little grammar for the tests of the console. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "console_file.h"
#include "live.h"
#include "out.h"

/* How often `count` was run. */
static unsigned int test_counted;

static inline void
list_prefixes(struct cmd_choices *choices)
{
	cmd_choice_add(choices, "2001:db8:1::/48");
	cmd_choice_add(choices, "2001:db8:2::/48");
	cmd_choice_add(choices, "fd00::/8");
}

static inline void
list_many(struct cmd_choices *choices)
{
	char text[16];
	unsigned int i;

	for (i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "n%04u", i);
		if (!cmd_choice_add(choices, text))
			break;
	}
}

static inline void
list_ports(struct cmd_choices *choices)
{
	cmd_choice_add(choices, "0");
	cmd_choice_add(choices, "1");
}

static const struct cmd_type test_prefix = {"a prefix", cmd_looks_prefix, list_prefixes};
static const struct cmd_type test_many = {"a name", NULL, list_many};
static const struct cmd_type test_port = {"a port number", cmd_looks_number, list_ports};

static const struct cmd_key test_route_keys[] = {
	{"port", &test_port, NULL},
	{"mtu", &cmd_type_number, NULL},
	{0},
};

/* Keys with one word, with one or two, and with two behind them. */
static const struct cmd_key test_df_words[] = {{"pass", NULL, NULL}, {"clear", NULL, NULL}, {0}};
static const struct cmd_key test_mss_words[] = {
	{"clamp", NULL, NULL},
	{"max", &cmd_type_number, NULL},
	{"on", &test_port, NULL},
	{0},
};
static const struct cmd_key test_option_keys[] = {
	{"df", NULL, test_df_words},
	{"mss", NULL, test_mss_words},
	{"size", &cmd_type_number, NULL},
	{0},
};

static const struct cmd_key test_size_keys[] = {{"size", &cmd_type_number, NULL}, {0}};

/* Says what it got: its words and pairs. */
static inline void
say(const struct cmd_args *args, struct out *out)
{
	unsigned int i;

	out_printf(out, "%s", out->json ? "json" : "text");
	for (i = 0; i < CMD_ARGS_MAX && args->arg[i][0] != '\0'; i++)
		out_printf(out, " %s", args->arg[i]);
	for (i = 0; i < args->nb_pairs; i++)
		out_printf(out, " %s=%s", args->pair[i].key->name, args->pair[i].value);
	out_printf(out, "\n");
}

/* Says the options it got, as handlers ask for them. */
static inline void
say_options(const struct cmd_args *args, struct out *out)
{
	const struct cmd_key *key;

	out_printf(out, "%s", out->json ? "json" : "text");
	for (key = test_option_keys; key->name != NULL; key++) {
		if (cmd_value(args, key->name) != NULL)
			out_printf(out, " %s=%s", key->name, cmd_value(args, key->name));
		if (cmd_second_value(args, key->name) != NULL)
			out_printf(out, ",%s", cmd_second_value(args, key->name));
	}
	out_printf(out, "\n");
}

static inline void
say_mtu(const struct cmd_args *args, struct out *out)
{
	const char *mtu = cmd_value(args, "mtu");

	if (mtu != NULL && mtu[0] == '9')
		out_error(out, "mtu %s: too much", mtu);
	else
		say(args, out);
}

static inline void
say_many(const struct cmd_args *args, struct out *out)
{
	unsigned long i, n = strtoul(args->arg[0], NULL, 10);

	for (i = 0; i < n; i++)
		out_printf(out, "%09lu\n", i);
}

static inline void
say_mib(const struct cmd_args *args, struct out *out)
{
	unsigned long i, n = strtoul(args->arg[0], NULL, 10);
	char *mib = malloc(1 << 20);

	if (mib == NULL)
		return;
	memset(mib, 'x', 1 << 20);
	for (i = 0; i < n; i++)
		out_write(out, mib, 1 << 20);
	free(mib);
}

static inline void
count(const struct cmd_args *args, struct out *out)
{
	(void)args;
	out_printf(out, "%u\n", ++test_counted);
}

static inline void
do_quit(const struct cmd_args *args, struct out *out)
{
	(void)args;
	out->quit = true;
}

static inline void
do_load(const struct cmd_args *args, struct out *out)
{
	console_file_run(args->rest, out, NULL);
}

static inline void
go_wrong(const struct cmd_args *args, struct out *out)
{
	(void)args;
	out_printf(out, "half a line");
	out_error(out, "it went wrong: %s", "\033[31mred");
}

/* A command that goes on for some turns, ten milliseconds apart; and how many of its kind live. */
struct test_live {
	struct live live;
	unsigned long turn, turns;
};

static unsigned int test_alive;

static inline bool
take_turn(struct live *live, struct out *out, uint64_t now_ms)
{
	struct test_live *t = container_of(live, struct test_live, live);

	out_printf(out, "turn %lu\n", ++t->turn);
	live->due_ms = now_ms + 10;
	if (t->turns == 99 && t->turn == 13)
		out_error(out, "an unlucky turn");
	return t->turn < t->turns;
}

static inline void
end_turns(struct live *live)
{
	test_alive--;
	free(container_of(live, struct test_live, live));
}

static inline void
go_on(const struct cmd_args *args, struct out *out)
{
	struct test_live *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return;
	t->live = (struct live){.turn = take_turn, .end = end_turns};
	t->live.redraw = args->arg[1][0] != '\0';
	t->turns = strtoul(args->arg[0], NULL, 10);
	out->live = &t->live;
	test_alive++;
	out_printf(out, "begin\n");
	if (t->turns == 0)
		out_error(out, "no turn at all");
}

#define ROUTE_HELP "show route [PREFIX] : the routing table"
CMD_PAIRS(add_route_via, say_mtu, test_route_keys,
	"add route PREFIX via ADDR [port N] [mtu N] : add or replace a route", CMD_WORD("add"),
	CMD_WORD("route"), CMD_ARG(0, &test_prefix), CMD_WORD("via"),
	CMD_ARG(1, &cmd_type_address));
CMD(add_route_type, say, "add route PREFIX blackhole|unreachable : a route that drops",
	CMD_WORD("add"), CMD_WORD("route"), CMD_ARG(0, &test_prefix),
	CMD_CHOICE(1, "blackhole#unreachable"));
CMD(del_route, say, "del route PREFIX : remove a route", CMD_WORD("del"), CMD_WORD("route"),
	CMD_ARG(0, &test_prefix));
CMD_SHOW(show_route, say, ROUTE_HELP, CMD_WORD("show"), CMD_WORD("route"));
CMD_SHOW(show_route_prefix, say, ROUTE_HELP, CMD_WORD("show"), CMD_WORD("route"),
	CMD_ARG(0, &test_prefix));
CMD_SHOW(show_route_summary, say, "show route summary : prefixes and memory in short",
	CMD_WORD("show"), CMD_WORD("route"), CMD_WORD("summary"));
CMD_SHOW_PAIRS(show_route_to, say, test_size_keys,
	"show route to ADDR [size N] : the way an address takes", CMD_WORD("show"),
	CMD_WORD("route"), CMD_WORD("to"), CMD_ARG(0, &cmd_type_address));
CMD_SHOW(show_port, say, "show port [N] : ports", CMD_WORD("show"), CMD_WORD("port"));
CMD_SHOW(show_port_n, say, "show port [N] : ports", CMD_WORD("show"), CMD_WORD("port"),
	CMD_ARG(0, &test_port));
CMD(show_name, say, "show name NAME : one of many", CMD_WORD("show"), CMD_WORD("name"),
	CMD_ARG(0, &test_many));
CMD_SHOW_PAIRS(show_with, say_options, test_option_keys,
	"show with [df pass|clear] [mss clamp|max N|on N] [size N] : keys with keywords",
	CMD_WORD("show"), CMD_WORD("with"));
CMD(say_lines, say_many, "say N : N lines of ten octets", CMD_WORD("say"),
	CMD_ARG(0, &cmd_type_number));
CMD(say_mibs, say_mib, "mib N : N MiB of x", CMD_WORD("mib"), CMD_ARG(0, &cmd_type_number));
CMD(count_inst, count, "count : count the calls", CMD_WORD("count"));
CMD(twice_a, say, "twice A : first reading", CMD_WORD("twice"), CMD_ARG(0, &cmd_type_word));
CMD(twice_b, say, "twice B : second reading", CMD_WORD("twice"), CMD_ARG(0, &cmd_type_number));
CMD(fail_inst, go_wrong, "fail : go wrong", CMD_WORD("fail"));
CMD(go_inst, go_on, "go N : go on for N turns", CMD_WORD("go"), CMD_ARG(0, &cmd_type_number));
CMD(go_redraw, go_on, "go N redraw : the same, in one place", CMD_WORD("go"),
	CMD_ARG(0, &cmd_type_number), CMD_CHOICE(1, "redraw"));
CMD(quit_inst, do_quit, "quit : leave", CMD_WORD("quit"));
CMD(load_inst, do_load, "load FILE : run the commands of a file", CMD_WORD("load"),
	CMD_REST(&cmd_type_file));

static cmdline_parse_inst_t *const test_routes[] = {
	&add_route_via,
	&add_route_type,
	&del_route,
	&show_route,
	&show_route_prefix,
	&show_route_summary,
	&show_route_to,
	NULL,
};

static cmdline_parse_inst_t *const test_others[] = {
	&show_port,
	&show_port_n,
	&show_name,
	&show_with,
	&say_lines,
	&say_mibs,
	&count_inst,
	&twice_a,
	&twice_b,
	&fail_inst,
	&go_inst,
	&go_redraw,
	&quit_inst,
	&load_inst,
	NULL,
};

static cmdline_parse_inst_t *const *const test_nouns[] = {test_routes, test_others, NULL};

#endif
