/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_prefetch.h>

#include "mtud_fwd.h"

/* What the next stages ask of each route. With large tables every line of it is far away: all at
 * once they are fetched in the time of a few. */
static void
fetch(struct mtud_worker *w, struct mtud_burst *b)
{
	unsigned int i;

	for (i = 0; i < b->n; i++) {
		b->route[i] = mtud_route_slot(w->slots, b->slot[i]);
		rte_prefetch0(&w->count[b->slot[i]]);
	}
}

void
mtud_fwd_route(struct mtud_worker *w, struct mtud_burst *b)
{
	if (b->family == MTUD_IPV4)
		mtud_route_lookup4(w->rt, b->dst4, b->slot, b->n);
	else
		mtud_route_lookup6(w->rt, b->dst, b->slot, b->n);
	fetch(w, b);
}
