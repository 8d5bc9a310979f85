/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_fwd.h"

void
mtud_fwd_size(struct mtud_worker *w, struct mtud_burst *b)
{
	uint8_t flags = 0;
	unsigned int i;

	b->n_except = 0;
	for (i = 0; i < b->n; i++) {
		union mtud_slot route = mtud_route_slot(w->slots, b->slot[i]);
		union mtud_adj adj = mtud_neigh_adj(w->adjs, route.adj);
		uint8_t hops = mtud_fwd_hops(b, i);
		bool straight;

		b->route[i] = route;
		b->adj[i] = adj;
		flags |= route.flags;
		straight = (route.type == MTUD_ROUTE_FORWARD) & (adj.flags == MTUD_ADJ_VALID) &
			(b->ip_len[i] <= route.mtu) & (hops > 1) & (b->flags[i] == 0);
		b->verdict[i] = likely(straight) ? MTUD_PASS : mtud_fwd_judge(w, b, i);
		b->except[b->n_except] = (uint8_t)i;
		b->n_except += b->verdict[i] != MTUD_PASS;
	}
	b->has_mss = (flags & MTUD_ROUTE_F_MSS) != 0;
}
