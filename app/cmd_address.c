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

	if (conf_port(out, args->arg[1], &port) < 0)
		return -1;
	return conf_add_address(out, args->arg[0], port);
}

/* Without a port: whichever has it. */
static int
del(const struct cmd_args *args, struct out *out)
{
	const struct mtud_addr *a;
	struct mtud_prefix prefix;
	struct mtud_ip ip;
	int port = noun_port_pair(args, out);

	if (port == -2)
		return -1;
	if (port == -1) {
		port = 0;
		a = mtud_prefix_parse(args->arg[0], &prefix, &ip) == 0 ?
			mtud_addr_get(conf_addrs(), 0, &ip) :
			NULL;
		if (a != NULL)
			port = a->port;
	}
	return conf_del_address(out, args->arg[0], (uint16_t)port);
}

static void
add_address(const struct cmd_args *args, struct out *out)
{
	noun_change(add, args, out);
}

static void
del_address(const struct cmd_args *args, struct out *out)
{
	noun_change(del, args, out);
}

static const char *
state_name(uint8_t state)
{
	static const char *const names[] = {
		[MTUD_ADDR_IDLE] = "no link",
		[MTUD_ADDR_TENTATIVE] = "tentative",
		[MTUD_ADDR_PREFERRED] = "preferred",
		[MTUD_ADDR_DUPLICATE] = "duplicate",
	};

	return names[state];
}

static void
show_address(const struct cmd_args *args, struct out *out)
{
	static const struct table_column columns[] = {
		{"Address", "address", TABLE_LEFT},
		{"Port", "port", TABLE_RIGHT},
		{"State", "state", TABLE_LEFT},
		{"Origin", "origin", TABLE_LEFT},
	};
	const struct mtud_addr_table *addrs = conf_addrs();
	char text[MTUD_PREFIX_STRLEN];
	struct table t;
	unsigned int i;

	RTE_SET_USED(args);
	table_begin(&t, out, columns, RTE_DIM(columns));
	for (i = 0; i < addrs->n; i++) {
		const struct mtud_addr *a = &addrs->addr[i];
		struct mtud_prefix p = {a->ip, a->len};

		table_str(&t, mtud_prefix_format(&p, text));
		table_u64(&t, a->port);
		table_str(&t, state_name(a->state));
		table_str(&t, a->automatic ? "link-local" : "configured");
	}
	table_end(&t);
}

static const struct cmd_key del_keys[] = {{"port", &noun_type_port, NULL}, {0}};

CMD(inst_add, add_address,
	"add address ADDR/LEN port N : an address of ours; brings its on-link route",
	CMD_WORD("add"), CMD_WORD("address"), CMD_ARG(0, &cmd_type_prefix), CMD_WORD("port"),
	CMD_ARG(1, &noun_type_port));
CMD_PAIRS(inst_del, del_address, del_keys,
	"del address ADDR/LEN [port N] : remove it and the routes it brought", CMD_WORD("del"),
	CMD_WORD("address"), CMD_ARG(0, &noun_type_address));
CMD_SHOW(inst_show, show_address, "show address : our addresses and their state",
	CMD_WORD("show"), CMD_WORD("address"));

cmdline_parse_inst_t *const cmd_address[] = {&inst_add, &inst_del, &inst_show, NULL};
