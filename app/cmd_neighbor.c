/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "conf.h"
#include "nouns.h"
#include "table.h"

static int
add(const struct cmd_args *args, struct out *out)
{
	uint16_t port;

	if (conf_port(out, args->arg[2], &port) < 0)
		return -1;
	return conf_add_neighbor(out, args->arg[0], args->arg[1], port);
}

/* Without a port: where it is known; on several, name one. */
static int
del(const struct cmd_args *args, struct out *out)
{
	int port = noun_port_pair(args, out);
	uint16_t id, known = 0;
	struct mtud_ip ip;

	if (port == -2)
		return -1;
	if (port == -1 && mtud_ip_parse(args->arg[0], &ip) == 0)
		for (id = 0; id < app_get()->n_ports; id++)
			if (mtud_neigh_find(app_get()->nt, id, &ip) != MTUD_ADJ_NONE)
				known = id;
	return conf_del_neighbor(out, args->arg[0], port >= 0 ? (uint16_t)port : known);
}

static void
add_neighbor(const struct cmd_args *args, struct out *out)
{
	noun_change(add, args, out);
}

static void
del_neighbor(const struct cmd_args *args, struct out *out)
{
	noun_change(del, args, out);
}

/* The neighbors to show, and those that were. */
struct shown {
	struct table table;
	const struct mtud_ip *only; /* NULL: all */
	uint64_t n;
};

static void
show_one(const struct mtud_neigh_info *n, void *arg)
{
	struct shown *shown = arg;
	struct table *t = &shown->table;
	char text[MTUD_IP_STRLEN];

	if (table_full(t) || (shown->only != NULL && !mtud_ip_equal(shown->only, &n->ip)))
		return;
	shown->n++;
	table_str(t, mtud_ip_format(&n->ip, text));
	table_u64(t, n->port);
	if (rte_is_zero_ether_addr(&n->mac))
		table_none(t);
	else
		table_mac(t, &n->mac);
	table_str(t, mtud_neigh_state_name(n->state));
	if (n->state == MTUD_NEIGH_NONE)
		table_none(t);
	else
		table_u64(t, (app_now_ms() - n->since_ms) / 1000);
	table_u64(t, n->routes);
	table_u64(t, n->held);
}

static void
show_neighbor(const struct cmd_args *args, struct out *out)
{
	static const struct table_column columns[] = {
		{"Address", "address", TABLE_LEFT},
		{"Port", "port", TABLE_RIGHT},
		{"MAC", "lladdr", TABLE_LEFT},
		{"State", "state", TABLE_LEFT},
		{"Since, s", "seconds", TABLE_RIGHT},
		{"Routes", "routes", TABLE_RIGHT},
		{"Held", "held", TABLE_RIGHT},
	};
	const char *address = args->arg[0];
	struct shown shown = {.n = 0};
	struct mtud_ip ip;

	if (address[0] != '\0') {
		if (mtud_ip_parse(address, &ip) < 0) {
			out_error(out, "neighbor %s: not an address; expected one as in "
				       "2001:db8::1 or 192.0.2.1", address);
			return;
		}
		shown.only = &ip;
	}
	table_begin(&shown.table, out, columns, RTE_DIM(columns));
	mtud_neigh_foreach(app_get()->nt, show_one, &shown);
	if (shown.only != NULL && shown.n == 0)
		out_error(out, "neighbor %s: there is no such neighbor; show neighbor lists those "
			       "that are known", address);
	table_end(&shown.table);
}

static void
count_state(const struct mtud_neigh_info *n, void *arg)
{
	uint64_t *states = arg;

	states[n->state]++;
}

static void
show_neighbor_summary(const struct cmd_args *args, struct out *out)
{
	static const struct table_column columns[] = {
		{"State", "state", TABLE_LEFT}, {"Neighbors", "neighbors", TABLE_RIGHT}};
	uint64_t states[MTUD_NEIGH_STATIC + 1] = {0};
	struct mtud_neigh_totals totals;
	struct record r;
	struct table t;
	unsigned int i;

	RTE_SET_USED(args);
	mtud_neigh_totals(app_get()->nt, &totals);
	mtud_neigh_foreach(app_get()->nt, count_state, states);
	record_begin(&r, out);
	record_u64(&r, "Neighbors", "neighbors", totals.entries);
	record_u64(&r, "Neighbors at most (--neighbors)", "neighbors_max", totals.max);
	record_u64(&r, "Made room for others", "evicted", totals.evicted);
	record_u64(&r, "Without room", "refused", totals.refused);
	record_u64(&r, "Packets held for them", "held", totals.held);
	record_table(&r, &t, NULL, "states", columns, RTE_DIM(columns));
	for (i = 0; i < RTE_DIM(states); i++) {
		/* A person sees the states that occur, a program every one there is. */
		if (states[i] == 0 && !out->json)
			continue;
		table_str(&t, mtud_neigh_state_name(i));
		table_u64(&t, states[i]);
	}
	table_end(&t);
	record_end(&r);
}

static const struct cmd_key del_keys[] = {{"port", &noun_type_port, NULL}, {0}};

CMD(inst_add, add_neighbor, "add neighbor ADDR lladdr MAC port N : a static neighbor",
	CMD_WORD("add"), CMD_WORD("neighbor"), CMD_ARG(0, &cmd_type_address), CMD_WORD("lladdr"),
	CMD_ARG(1, &cmd_type_mac), CMD_WORD("port"), CMD_ARG(2, &noun_type_port));
CMD_PAIRS(inst_del, del_neighbor, del_keys,
	"del neighbor ADDR [port N] : forget a neighbor, static or learned", CMD_WORD("del"),
	CMD_WORD("neighbor"), CMD_ARG(0, &noun_type_neighbor));
CMD_SHOW(inst_show, show_neighbor, "show neighbor [ADDR] : the neighbor cache, or one neighbor",
	CMD_WORD("show"), CMD_WORD("neighbor"));
CMD_SHOW(inst_show_one, show_neighbor,
	"show neighbor [ADDR] : the neighbor cache, or one neighbor", CMD_WORD("show"),
	CMD_WORD("neighbor"), CMD_ARG(0, &noun_type_neighbor));
CMD_SHOW(inst_show_summary, show_neighbor_summary,
	"show neighbor summary : how many neighbors, by state", CMD_WORD("show"),
	CMD_WORD("neighbor"), CMD_WORD("summary"));

cmdline_parse_inst_t *const cmd_neighbor[] = {
	&inst_add, &inst_del, &inst_show, &inst_show_one, &inst_show_summary, NULL};
