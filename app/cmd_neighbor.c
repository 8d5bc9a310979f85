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

static void
show_one(const struct mtud_neigh_info *n, void *arg)
{
	struct table *t = arg;
	char text[MTUD_IP_STRLEN];

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
	struct table t;

	RTE_SET_USED(args);
	table_begin(&t, out, columns, RTE_DIM(columns));
	mtud_neigh_foreach(app_get()->nt, show_one, &t);
	table_end(&t);
}

static const struct cmd_key del_keys[] = {{"port", &noun_type_port, NULL}, {0}};

CMD(inst_add, add_neighbor, "add neighbor ADDR lladdr MAC port N : a static neighbor",
	CMD_WORD("add"), CMD_WORD("neighbor"), CMD_ARG(0, &cmd_type_address), CMD_WORD("lladdr"),
	CMD_ARG(1, &cmd_type_mac), CMD_WORD("port"), CMD_ARG(2, &noun_type_port));
CMD_PAIRS(inst_del, del_neighbor, del_keys,
	"del neighbor ADDR [port N] : forget a neighbor, static or learned", CMD_WORD("del"),
	CMD_WORD("neighbor"), CMD_ARG(0, &noun_type_neighbor));
CMD_SHOW(inst_show, show_neighbor, "show neighbor : the neighbor cache", CMD_WORD("show"),
	CMD_WORD("neighbor"));

cmdline_parse_inst_t *const cmd_neighbor[] = {&inst_add, &inst_del, &inst_show, NULL};
