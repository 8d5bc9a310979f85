/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "conf.h"
#include "nouns.h"

static int
all(const struct cmd_args *args, struct out *out)
{
	RTE_SET_USED(args);
	return conf_flush(out);
}

static int
routes(const struct cmd_args *args, struct out *out)
{
	RTE_SET_USED(args);
	return conf_flush_routes(out);
}

static void
flush(const struct cmd_args *args, struct out *out)
{
	noun_change(all, args, out);
}

static void
flush_route(const struct cmd_args *args, struct out *out)
{
	noun_change(routes, args, out);
}

/* What was learned is no configuration. */
static void
flush_neighbor(const struct cmd_args *args, struct out *out)
{
	struct app *app = app_get();
	int port = noun_port_pair(args, out);
	uint16_t id;

	if (port == -2)
		return;
	if (out->within_file) {
		out_error(out, "flush neighbor: a file holds configuration; say it on the console");
		return;
	}
	for (id = 0; id < app->n_ports; id++)
		if (port == -1 || port == id)
			mtud_neigh_flush_port(app->nt, id);
}

static const struct cmd_key neighbor_keys[] = {{"port", &noun_type_port, NULL}, {0}};

CMD(inst_all, flush,
	"flush : remove all that is configured; a file that begins with it replaces that",
	CMD_WORD("flush"));
CMD(inst_route, flush_route, "flush route : delete all routes that were added",
	CMD_WORD("flush"), CMD_WORD("route"));
CMD_PAIRS(inst_neighbor, flush_neighbor, neighbor_keys,
	"flush neighbor [port N] : forget all neighbors that were learned", CMD_WORD("flush"),
	CMD_WORD("neighbor"));

cmdline_parse_inst_t *const cmd_flush[] = {&inst_all, &inst_route, &inst_neighbor, NULL};
