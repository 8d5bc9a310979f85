/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "nouns.h"

cmdline_parse_inst_t *const *const nouns[] = {
	cmd_address, cmd_route, cmd_route_show, cmd_neighbor, cmd_port, cmd_worker, cmd_memory,
	cmd_icmp, cmd_log, cmd_stats, cmd_monitor, cmd_trace, cmd_capture, cmd_flush, cmd_control,
	NULL,
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

/* Routes are many: most of them are passed over by what stands whole in front of the last : or . of
 * the word begun, before they are made text. */
struct route_list {
	struct cmd_choices *choices;
	uint8_t octets[MTUD_IP_LEN];
	unsigned int from; /* the first of octets that counts */
	unsigned int len;
};

static void
read_groups(const char *text, struct route_list *list)
{
	unsigned long group;
	char *end;

	if (strchr(text, '.') != NULL) {
		list->from = MTUD_IP_LEN - 4;
		for (; list->len < 4; text = end + 1) {
			group = strtoul(text, &end, 10);
			if (end == text || *end != '.' || group > UINT8_MAX)
				break;
			list->octets[list->from + list->len++] = (uint8_t)group;
		}
		return;
	}
	for (; list->len < MTUD_IP_LEN; text = end + 1) {
		group = strtoul(text, &end, 16);
		if (end == text || *end != ':' || group > UINT16_MAX)
			break;
		list->octets[list->len++] = (uint8_t)(group >> 8);
		list->octets[list->len++] = (uint8_t)group;
	}
}

static int
list_route(const struct mtud_prefix *prefix, void *arg)
{
	const struct route_list *list = arg;
	char text[MTUD_PREFIX_STRLEN];

	if (memcmp(&prefix->ip.b[list->from], &list->octets[list->from], list->len) != 0)
		return 0;
	return !cmd_choice_add(list->choices, mtud_prefix_format(prefix, text));
}

static void
list_routes(struct cmd_choices *choices)
{
	struct route_list list = {.choices = choices};

	read_groups(cmd_partial(), &list);
	mtud_route_scan(app_get()->rt, list_route, &list);
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
	const struct mtud_addr_table *t = conf_addrs();
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

	if (own && !app_watchdog_permits(app_get(), out))
		return;
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
