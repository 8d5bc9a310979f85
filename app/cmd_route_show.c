/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "conf.h"
#include "nouns.h"
#include "route_to.h"
#include "table.h"

static const struct table_column columns[] = {
	{"Prefix", "prefix", TABLE_LEFT},
	{"Type", "type", TABLE_LEFT},
	{"Next hop", "via", TABLE_LEFT},
	{"Port", "port", TABLE_RIGHT},
	{"MTU", "mtu", TABLE_RIGHT},
	{"Route MTU", "route_mtu", TABLE_RIGHT | TABLE_SPARSE},
	{"Options", NULL, TABLE_LEFT | TABLE_SPARSE},
	{NULL, "df", TABLE_LEFT},
	{NULL, "mss", TABLE_LEFT},
	{"Origin", "origin", TABLE_LEFT},
	{"Packets", "packets", TABLE_RIGHT},
	{"Octets", "octets", TABLE_RIGHT},
	{"Too big", "too_big", TABLE_RIGHT | TABLE_SPARSE},
	{"Answered", "answered", TABLE_RIGHT | TABLE_SPARSE},
	{"Fragmented", "fragmented", TABLE_RIGHT | TABLE_SPARSE},
	{"Fragments", "fragments", TABLE_RIGHT | TABLE_SPARSE},
	{"DF passed", "df_passed", TABLE_RIGHT | TABLE_SPARSE},
	{"DF cleared", "df_cleared", TABLE_RIGHT | TABLE_SPARSE},
	{"MSS rewritten", "mss_rewritten", TABLE_RIGHT | TABLE_SPARSE},
};

static void
number_or_none(struct table *t, bool there, uint64_t value)
{
	if (there)
		table_u64(t, value);
	else
		table_none(t);
}

/* "df clear, mss max 1360", and each by itself for a program. */
static void
options(struct table *t, const struct mtud_route_info *r)
{
	bool has_df = mtud_prefix_is_v4(&r->prefix) && mtud_route_sends(r->spec.type);
	union mtud_route_option option = r->spec.option;
	const char *df = mtud_route_df_name(option.df);
	char buf[CONF_MSS_STRLEN];
	const char *mss = conf_mss_text(option, buf);

	if (option.df != MTUD_DF_REPLY)
		table_printf(t, "df %s%s%s", df, mss != NULL ? ", mss " : "",
			mss != NULL ? mss : "");
	else if (mss != NULL)
		table_printf(t, "mss %s", mss);
	else
		table_none(t);
	table_str(t, has_df ? df : NULL);
	table_str(t, mss);
}

static void
counters(struct table *t, const struct mtud_route_info *r)
{
	const struct mtud_route_special *s = &r->special;

	table_u64(t, r->count.packets);
	table_u64(t, r->count.octets);
	table_u64(t, s->too_big);
	table_u64(t, s->answered);
	table_u64(t, s->fragmented);
	table_u64(t, s->fragments);
	table_u64(t, s->df_passed);
	table_u64(t, s->df_cleared);
	table_u64(t, s->mss);
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
	options(t, r);
	table_str(t, r->origin == MTUD_ORIGIN_STATIC ? "static" : "connected");
	counters(t, r);
	return table_full(t);
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
				       "2001:db8::/32 or 192.0.2.0/24", args->arg[0]);
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
by_type(struct record *r, const struct mtud_route_totals *totals)
{
	static const struct table_column heads[] = {
		{"Type", "type", TABLE_LEFT}, {"Routes", "routes", TABLE_RIGHT}};
	struct table t;
	unsigned int i;

	record_table(r, &t, NULL, "types", heads, RTE_DIM(heads));
	for (i = MTUD_ROUTE_FORWARD; i < RTE_DIM(totals->by_type); i++)
		if (totals->by_type[i] != 0) {
			table_str(&t, mtud_route_type_name(i));
			table_u64(&t, totals->by_type[i]);
		}
	table_end(&t);
}

static void
by_length(struct record *r, const char *head, const char *key, const uint32_t *by_len,
	unsigned int max)
{
	const struct table_column heads[] = {
		{head, "length", TABLE_RIGHT}, {"Routes", "routes", TABLE_RIGHT}};
	struct table t;
	unsigned int i;

	record_table(r, &t, NULL, key, heads, RTE_DIM(heads));
	for (i = 0; i <= max; i++)
		if (by_len[i] != 0) {
			table_u64(&t, i);
			table_u64(&t, by_len[i]);
		}
	table_end(&t);
}

static void
show_route_summary(const struct cmd_args *args, struct out *out)
{
	struct mtud_route_totals totals;
	struct record r;

	RTE_SET_USED(args);
	mtud_route_totals(app_get()->rt, &totals);
	record_begin(&r, out);
	record_u64(&r, "Routes", "routes", totals.routes);
	record_u64(&r, "Routes at most (--routes)", "routes_max", totals.routes_max);
	record_u64(&r, "IPv6 routes", "routes6", totals.by_family[MTUD_IPV6]);
	record_u64(&r, "IPv4 routes", "routes4", totals.by_family[MTUD_IPV4]);
	record_u64(&r, "tbl8 groups in each copy of a table (--tbl8s)", "tbl8s", totals.tbl8s);
	record_str(&r, "Lookup of IPv6 (--fib6)", "fib6",
		mtud_route_engine_name(MTUD_IPV6, app_get()->opt.fib[MTUD_IPV6]));
	record_str(&r, "Lookup of IPv4 (--fib4)", "fib4",
		mtud_route_engine_name(MTUD_IPV4, app_get()->opt.fib[MTUD_IPV4]));
	record_u64(&r, "Memory of all copies, slots and counters, octets", "memory_octets",
		totals.octets);
	record_u64(&r, "Memory of one copy of the IPv6 table, octets", "copy6_octets",
		totals.octets_copy[MTUD_IPV6]);
	record_u64(&r, "Memory of one copy of the IPv4 table, octets", "copy4_octets",
		totals.octets_copy[MTUD_IPV4]);
	by_type(&r, &totals);
	by_length(&r, "IPv6 prefix length", "lengths6", totals.by_len6, 128);
	by_length(&r, "IPv4 prefix length", "lengths4", totals.by_len4, 32);
	record_end(&r);
}

static void
show_route_to(const struct cmd_args *args, struct out *out)
{
	const char *size_text = cmd_value(args, "size");
	uint32_t size = 0;
	struct mtud_ip ip;

	if (mtud_ip_parse(args->arg[0], &ip) < 0) {
		out_error(out, "route to %s: not an address; expected one as in 2001:db8::1 or "
			       "192.0.2.1", args->arg[0]);
		return;
	}
	/* No packet is smaller than its header. */
	if (size_text != NULL && conf_number(out, "size", size_text, mtud_ip_is_v4(&ip) ? 20 : 40,
				       UINT16_MAX, &size) < 0)
		return;
	route_to_print(&ip, size, out);
}

static const struct cmd_key to_keys[] = {{"size", &cmd_type_number, NULL}, {0}};

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

cmdline_parse_inst_t *const cmd_route_show[] = {
	&inst_show, &inst_show_one, &inst_show_summary, &inst_show_to, NULL};
