/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <stdio.h>

#include "conf.h"
#include "nouns.h"

cmdline_parse_inst_t *const *const nouns[] = {
	cmd_address, cmd_route, cmd_route_show, cmd_neighbor, cmd_port, cmd_worker, cmd_icmp,
	cmd_stats, cmd_monitor, cmd_control, NULL,
};

static void
list_ports(struct cmd_choices *choices)
{
	const struct app *app = app_get();
	char text[8];
	uint16_t id;

	for (id = 0; id < app->n_ports; id++) {
		snprintf(text, sizeof(text), "%u", id);
		if (!cmd_choice_add(choices, text))
			break;
	}
}

static int
list_route(const struct mtud_route_info *info, void *arg)
{
	char text[MTUD_PREFIX_STRLEN];

	return !cmd_choice_add(arg, mtud_prefix_format(&info->prefix, text));
}

static void
list_routes(struct cmd_choices *choices)
{
	mtud_route_foreach(app_get()->rt, false, list_route, choices);
}

static void
list_neighbor(const struct mtud_neigh_info *info, void *arg)
{
	char text[MTUD_IP_STRLEN];

	cmd_choice_add(arg, mtud_ip_format(&info->ip, text));
}

static void
list_neighbors(struct cmd_choices *choices)
{
	mtud_neigh_foreach(app_get()->nt, list_neighbor, choices);
}

static void
list_addresses(struct cmd_choices *choices)
{
	const struct mtud_addr_table *t = &app_get()->addrs;
	char text[MTUD_PREFIX_STRLEN];
	unsigned int i;

	for (i = 0; i < t->n; i++) {
		struct mtud_prefix p = {t->addr[i].ip, t->addr[i].len};

		if (!cmd_choice_add(choices, mtud_prefix_format(&p, text)))
			break;
	}
}

const struct cmd_type noun_type_port = {"a port number", cmd_looks_number, list_ports};
const struct cmd_type noun_type_route = {"a prefix", cmd_looks_prefix, list_routes};
const struct cmd_type noun_type_neighbor = {"an address", cmd_looks_address, list_neighbors};
const struct cmd_type noun_type_address = {"an address", cmd_looks_prefix, list_addresses};

void
noun_change(noun_change_t *change, const struct cmd_args *args, struct out *out)
{
	bool own = app_get()->txn == NULL;

	if (own && conf_begin() < 0)
		out_error(out, "no memory for a change; give more");
	else if (change(args, out) == 0) {
		if (own)
			conf_commit(out);
	} else if (own) {
		conf_rollback();
	}
}

int
noun_port_pair(const struct cmd_args *args, struct out *out)
{
	const char *text = cmd_value(args, "port");
	uint16_t port;

	if (text == NULL)
		return -1;
	return conf_port(out, text, &port) < 0 ? -2 : port;
}
