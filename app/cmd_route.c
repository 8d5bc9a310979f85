/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "nouns.h"

/* The grammar lets no other words through. */
static void
set_df(const struct cmd_args *args, struct conf_route *r)
{
	unsigned int df;

	r->df_text = cmd_value(args, "df");
	for (df = 0; r->df_text != NULL && df <= MTUD_DF_CLEAR; df++)
		if (strcmp(r->df_text, mtud_route_df_name(df)) == 0)
			r->option.df = (uint8_t)df;
}

static int
set_mss(const struct cmd_args *args, struct out *out, struct conf_route *r)
{
	const char *mode = cmd_value(args, "mss"), *number = cmd_second_value(args, "mss");
	unsigned int i;
	char what[16];
	uint32_t mss;

	for (i = 0; mode != NULL && i <= MTUD_MSS_SET; i++)
		if (strcmp(mode, mtud_route_mss_name(i)) == 0)
			r->option.mss_mode = (uint8_t)i;
	if (number == NULL)
		return 0;
	snprintf(what, sizeof(what), "mss %s", mode);
	if (conf_number(out, what, number, 1, UINT16_MAX, &mss) < 0)
		return -1;
	r->option.mss = (uint16_t)mss;
	return 0;
}

/* What pairs say of every kind of route. */
static int
common(const struct cmd_args *args, struct out *out, struct conf_route *r)
{
	const char *mtu = cmd_value(args, "mtu");

	r->prefix = args->arg[0];
	r->port = noun_port_pair(args, out);
	if (r->port == -2)
		return -1;
	r->mtu_text = mtu;
	/* Any number: the sentence about one that is too small says why it is. */
	if (mtu != NULL && conf_number(out, "mtu", mtu, 0, UINT16_MAX, &r->mtu) < 0)
		return -1;
	set_df(args, r);
	return set_mss(args, out, r);
}

static int
add_via(const struct cmd_args *args, struct out *out)
{
	struct conf_route r = {.type = MTUD_ROUTE_FORWARD, .gw = args->arg[1]};

	return common(args, out, &r) < 0 ? -1 : conf_add_route(out, &r);
}

static int
add_on_link(const struct cmd_args *args, struct out *out)
{
	struct conf_route r = {.type = MTUD_ROUTE_ONLINK};
	uint16_t port;

	if (conf_port(out, args->arg[1], &port) < 0 || common(args, out, &r) < 0)
		return -1;
	r.port = port;
	return conf_add_route(out, &r);
}

static int
add_refusing(const struct cmd_args *args, struct out *out)
{
	struct conf_route r = {.prefix = args->arg[0], .port = -1};

	switch (args->arg[1][0]) {
	case 'b':
		r.type = MTUD_ROUTE_BLACKHOLE;
		break;
	case 'u':
		r.type = MTUD_ROUTE_UNREACHABLE;
		break;
	default:
		r.type = MTUD_ROUTE_PROHIBIT;
		break;
	}
	return conf_add_route(out, &r);
}

static int
del(const struct cmd_args *args, struct out *out)
{
	return conf_del_route(out, args->arg[0]);
}

static void
add_route_via(const struct cmd_args *args, struct out *out)
{
	noun_change(add_via, args, out);
}

static void
add_route_on_link(const struct cmd_args *args, struct out *out)
{
	noun_change(add_on_link, args, out);
}

static void
add_route_refusing(const struct cmd_args *args, struct out *out)
{
	noun_change(add_refusing, args, out);
}

static void
del_route(const struct cmd_args *args, struct out *out)
{
	noun_change(del, args, out);
}

static const struct cmd_key df_words[] = {
	{"reply", NULL, NULL}, {"pass", NULL, NULL}, {"clear", NULL, NULL}, {0}};
static const struct cmd_key mss_words[] = {
	{"clamp", NULL, NULL}, {"max", &cmd_type_number, NULL}, {"set", &cmd_type_number, NULL}, {0}};

#define OPTION_KEYS {"mtu", &cmd_type_number, NULL}, {"df", NULL, df_words}, {"mss", NULL, mss_words}
#define OPTION_HELP "[mtu N] [df reply|pass|clear] [mss clamp|max N|set N]"

static const struct cmd_key via_keys[] = {{"port", &noun_type_port, NULL}, OPTION_KEYS, {0}};
static const struct cmd_key on_link_keys[] = {OPTION_KEYS, {0}};

CMD_PAIRS(inst_add_via, add_route_via, via_keys,
	"add route PREFIX via ADDR [port N] " OPTION_HELP " : add or replace a route to a next hop",
	CMD_WORD("add"), CMD_WORD("route"), CMD_ARG(0, &cmd_type_prefix), CMD_WORD("via"),
	CMD_ARG(1, &cmd_type_address));
CMD_PAIRS(inst_add_on_link, add_route_on_link, on_link_keys,
	"add route PREFIX port N " OPTION_HELP " : add or replace a route to the link itself",
	CMD_WORD("add"), CMD_WORD("route"), CMD_ARG(0, &cmd_type_prefix), CMD_WORD("port"),
	CMD_ARG(1, &noun_type_port));
CMD(inst_add_refusing, add_route_refusing,
	"add route PREFIX blackhole|unreachable|prohibit : drop silently, or with an error",
	CMD_WORD("add"), CMD_WORD("route"), CMD_ARG(0, &cmd_type_prefix),
	CMD_CHOICE(1, "blackhole#unreachable#prohibit"));
CMD(inst_del, del_route, "del route PREFIX : delete a route", CMD_WORD("del"), CMD_WORD("route"),
	CMD_ARG(0, &noun_type_route));
cmdline_parse_inst_t *const cmd_route[] = {
	&inst_add_via, &inst_add_on_link, &inst_add_refusing, &inst_del, NULL};
