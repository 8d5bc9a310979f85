/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "conf.h"
#include "nouns.h"
#include "route_to.h"
#include "table.h"

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
	return 0;
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

static const struct table_column columns[] = {
	{"Prefix", "prefix", TABLE_LEFT},
	{"Type", "type", TABLE_LEFT},
	{"Next hop", "via", TABLE_LEFT},
	{"Port", "port", TABLE_RIGHT},
	{"MTU", "mtu", TABLE_RIGHT},
	{"Route MTU", "route_mtu", TABLE_RIGHT},
	{"Origin", "origin", TABLE_LEFT},
	{"Packets", "packets", TABLE_RIGHT},
	{"Octets", "octets", TABLE_RIGHT},
	{"Too big", "too_big", TABLE_RIGHT},
};

static void
number_or_none(struct table *t, bool there, uint64_t value)
{
	if (there)
		table_u64(t, value);
	else
		table_none(t);
}

static int
show_one(const struct mtud_route_info *r, void *arg)
{
	bool sends = mtud_route_sends(r->spec.type);
	char text[MTUD_PREFIX_STRLEN], gw[MTUD_IP_STRLEN];
	struct table *t = arg;

	table_str(t, mtud_prefix_format(&r->prefix, text));
	table_str(t, mtud_route_type_name(r->spec.type));
	table_str(t, r->spec.type == MTUD_ROUTE_FORWARD ? mtud_ip_format(&r->spec.gw, gw) : NULL);
	number_or_none(t, sends || r->spec.type == MTUD_ROUTE_LOCAL, r->spec.port);
	number_or_none(t, sends, r->mtu);
	number_or_none(t, r->spec.mtu != 0, r->spec.mtu);
	table_str(t, r->origin == MTUD_ORIGIN_STATIC ? "static" : "connected");
	table_u64(t, r->count.packets);
	table_u64(t, r->count.octets);
	table_u64(t, r->count.too_big);
	return 0;
}

static void
show_route(const struct cmd_args *args, struct out *out)
{
	struct mtud_route_info info;
	struct mtud_prefix prefix;
	struct table t;

	if (args->arg[0][0] != '\0') {
		if (mtud_prefix_parse(args->arg[0], &prefix, NULL) < 0) {
			out_error(out, "route %s: not a prefix; expected PREFIX/LEN as in "
				       "2001:db8::/32", args->arg[0]);
			return;
		}
		if (mtud_route_get(app_get()->rt, &prefix, &info) < 0) {
			out_error(out, "route %s: there is no such route; show route to ADDR says "
				       "which one an address takes", args->arg[0]);
			return;
		}
	}
	table_begin(&t, out, columns, RTE_DIM(columns));
	if (args->arg[0][0] != '\0')
		show_one(&info, &t);
	else
		mtud_route_foreach(app_get()->rt, false, show_one, &t);
	table_end(&t);
}

static void
show_route_summary(const struct cmd_args *args, struct out *out)
{
	static const struct table_column by_type[] = {
		{"Type", "type", TABLE_LEFT}, {"Routes", "routes", TABLE_RIGHT}};
	static const struct table_column by_len[] = {
		{"IPv6 prefix length", "length", TABLE_RIGHT}, {"Routes", "routes", TABLE_RIGHT}};
	struct mtud_route_totals totals;
	struct record r;
	struct table t;
	unsigned int i;

	RTE_SET_USED(args);
	mtud_route_totals(app_get()->rt, &totals);
	record_begin(&r, out);
	record_u64(&r, "Routes", "routes", totals.routes);
	record_u64(&r, "Routes at most (--routes)", "routes_max", totals.routes_max);
	record_u64(&r, "tbl8 groups in each copy (--tbl8s)", "tbl8s", totals.tbl8s);
	record_u64(&r, "Memory of both copies, slots and counters, octets", "memory_octets",
		totals.octets);
	record_u64(&r, "Memory of one copy of the table, octets", "copy_octets",
		totals.octets_copy);
	record_table(&r, &t, NULL, "types", by_type, RTE_DIM(by_type));
	for (i = MTUD_ROUTE_FORWARD; i <= MTUD_ROUTE_PROHIBIT; i++)
		if (totals.by_type[i] != 0) {
			table_str(&t, mtud_route_type_name(i));
			table_u64(&t, totals.by_type[i]);
		}
	table_end(&t);
	record_table(&r, &t, NULL, "lengths6", by_len, RTE_DIM(by_len));
	for (i = 0; i <= 128; i++)
		if (totals.by_len6[i] != 0) {
			table_u64(&t, i);
			table_u64(&t, totals.by_len6[i]);
		}
	table_end(&t);
	record_end(&r);
}

static void
show_route_to(const struct cmd_args *args, struct out *out)
{
	const char *size_text = cmd_value(args, "size");
	uint32_t size = 0;
	struct mtud_ip ip;

	if (mtud_ip_parse(args->arg[0], &ip) < 0 || mtud_ip_is_v4(&ip)) {
		out_error(out, "route to %s: not an IPv6 address", args->arg[0]);
		return;
	}
	if (size_text != NULL && conf_number(out, "size", size_text, 40, UINT16_MAX, &size) < 0)
		return;
	route_to_print(&ip, size, out);
}

static const struct cmd_key add_keys[] = {
	{"port", &noun_type_port, NULL}, {"mtu", &cmd_type_number, NULL}, {0}};
static const struct cmd_key mtu_keys[] = {{"mtu", &cmd_type_number, NULL}, {0}};
static const struct cmd_key to_keys[] = {{"size", &cmd_type_number, NULL}, {0}};

CMD_PAIRS(inst_add_via, add_route_via, add_keys,
	"add route PREFIX via ADDR [port N] [mtu N] : add or replace a route to a next hop",
	CMD_WORD("add"), CMD_WORD("route"), CMD_ARG(0, &cmd_type_prefix), CMD_WORD("via"),
	CMD_ARG(1, &cmd_type_address));
CMD_PAIRS(inst_add_on_link, add_route_on_link, mtu_keys,
	"add route PREFIX port N [mtu N] : add or replace a route to the link itself",
	CMD_WORD("add"), CMD_WORD("route"), CMD_ARG(0, &cmd_type_prefix), CMD_WORD("port"),
	CMD_ARG(1, &noun_type_port));
CMD(inst_add_refusing, add_route_refusing,
	"add route PREFIX blackhole|unreachable|prohibit : drop silently, or with an error",
	CMD_WORD("add"), CMD_WORD("route"), CMD_ARG(0, &cmd_type_prefix),
	CMD_CHOICE(1, "blackhole#unreachable#prohibit"));
CMD(inst_del, del_route, "del route PREFIX : delete a route", CMD_WORD("del"), CMD_WORD("route"),
	CMD_ARG(0, &noun_type_route));
CMD_SHOW(inst_show, show_route, "show route [PREFIX] : the routing table, or one route of it",
	CMD_WORD("show"), CMD_WORD("route"));
CMD_SHOW(inst_show_one, show_route, "show route [PREFIX] : the routing table, or one route of it",
	CMD_WORD("show"), CMD_WORD("route"), CMD_ARG(0, &noun_type_route));
CMD_SHOW(inst_show_summary, show_route_summary,
	"show route summary : how many routes, and the memory they take", CMD_WORD("show"),
	CMD_WORD("route"), CMD_WORD("summary"));
CMD_SHOW_PAIRS(inst_show_to, show_route_to, to_keys,
	"show route to ADDR [size N] : the route an address takes, its MTU and why", CMD_WORD("show"),
	CMD_WORD("route"), CMD_WORD("to"), CMD_ARG(0, &cmd_type_address));

cmdline_parse_inst_t *const cmd_route[] = {
	&inst_add_via, &inst_add_on_link, &inst_add_refusing, &inst_del, &inst_show,
	&inst_show_one, &inst_show_summary, &inst_show_to, NULL,
};
