/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The end of all that is configured. Within its transaction it is but the beginning: what comes
 * back the same makes no difference when that is committed. */

#include "conf.h"

static void
flush_addresses(struct app *app)
{
	struct mtud_addr_table *t = &app->txn->addrs;
	unsigned int n = 0, i;

	for (i = 0; i < t->n; i++)
		if (t->addr[i].automatic)
			t->addr[n++] = t->addr[i];
	t->n = n;
	/* A port's own address is link-local and brings no route. */
	mtud_route_flush(app->rt, MTUD_ORIGIN_CONNECTED);
}

int
conf_flush_routes(struct out *out)
{
	RTE_SET_USED(out);
	mtud_route_flush(app_get()->rt, MTUD_ORIGIN_STATIC);
	return 0;
}

int
conf_flush(struct out *out)
{
	struct app *app = app_get();

	if (conf_stage_flush(out) < 0)
		return -1;
	conf_flush_routes(out);
	flush_addresses(app);
	app->txn->icmp = conf_icmp_default;
	conf_service_flush(app->txn);
	app->txn->view_changed = true;
	return 0;
}
