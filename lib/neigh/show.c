/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What the control thread can ask about neighbors. */

#include <errno.h>

#include "neigh_priv.h"

static struct mtud_neigh_info
info_of(const struct mtud_neigh *nt, const struct entry *e)
{
	return (struct mtud_neigh_info){
		.ip = e->key.ip,
		.mac = e->mac,
		.port = e->key.port,
		.adj = neigh_index(nt, e),
		.state = e->state,
		.proven = e->proven,
		.held = e->n_held,
		.routes = e->routes,
		.since_ms = e->since_ms,
	};
}

void
mtud_neigh_foreach(const struct mtud_neigh *nt,
	void (*fn)(const struct mtud_neigh_info *info, void *arg), void *arg)
{
	uint32_t i;

	for (i = 0; i < nt->n_entries; i++) {
		struct mtud_neigh_info info = info_of(nt, &nt->entries[nt->order[i]]);

		fn(&info, arg);
	}
}

int
mtud_neigh_get(const struct mtud_neigh *nt, uint16_t adj, struct mtud_neigh_info *info)
{
	const struct entry *e = neigh_at(nt, adj);

	if (e == NULL)
		return -ENOENT;
	*info = info_of(nt, e);
	return 0;
}

const char *
mtud_neigh_state_name(enum mtud_neigh_state state)
{
	static const char *const names[] = {
		[MTUD_NEIGH_NONE] = "NONE",
		[MTUD_NEIGH_INCOMPLETE] = "INCOMPLETE",
		[MTUD_NEIGH_REACHABLE] = "REACHABLE",
		[MTUD_NEIGH_STALE] = "STALE",
		[MTUD_NEIGH_DELAY] = "DELAY",
		[MTUD_NEIGH_PROBE] = "PROBE",
		[MTUD_NEIGH_FAILED] = "FAILED",
		/* As iproute2 calls an entry that somebody configured. */
		[MTUD_NEIGH_STATIC] = "PERMANENT",
	};

	return (unsigned int)state < RTE_DIM(names) ? names[state] : "?";
}

void
mtud_neigh_totals(const struct mtud_neigh *nt, struct mtud_neigh_totals *totals)
{
	*totals = (struct mtud_neigh_totals){
		.entries = nt->n_entries,
		.pending = nt->pending,
		.max = nt->conf.max,
		.evicted = nt->evicted,
		.refused = nt->refused,
		.held = nt->n_held,
	};
}
