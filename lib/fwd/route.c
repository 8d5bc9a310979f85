/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_fwd.h"

void
mtud_fwd_route(struct mtud_worker *w, struct mtud_burst *b)
{
	if (b->family == MTUD_IPV4)
		mtud_route_lookup4(w->rt, b->dst4, b->slot, b->n);
	else
		mtud_route_lookup6(w->rt, b->dst, b->slot, b->n);
}
