/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_fwd.h"

void
mtud_fwd_route(struct mtud_worker *w, struct mtud_burst *b)
{
	mtud_route_lookup6(w->rt, b->dst, b->slot, b->n);
}
