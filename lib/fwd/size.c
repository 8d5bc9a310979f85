/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "fwd_priv.h"

void
mtud_fwd_size(struct mtud_worker *w, struct mtud_burst *b)
{
	uint8_t flags = 0;
	unsigned int i;

	b->n_except = 0;
	for (i = 0; i < b->n; i++) {
		union mtud_slot route = b->route[i];

		b->adj[i] = mtud_neigh_adj(w->adjs, route.adj);
		flags |= route.flags;
		if (likely(is_straight(b, i) & (b->flags[i] == 0))) {
			b->verdict[i] = MTUD_PASS;
			continue;
		}
		b->verdict[i] = mtud_fwd_judge(w, b, i);
		b->except[b->n_except] = (uint8_t)i;
		b->n_except += b->verdict[i] != MTUD_PASS;
	}
	b->has_mss = (flags & MTUD_ROUTE_F_MSS) != 0;
}
