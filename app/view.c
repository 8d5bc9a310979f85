/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>

#include <rte_malloc.h>

#include "app.h"

/* The configured source, unless somebody else turned out to have it. */
static bool
has_source(const struct app *app, uint16_t id, unsigned int family)
{
	const struct mtud_addr *a;

	if (!app->icmp.has_source[id][family])
		return false;
	a = mtud_addr_get(&app->addrs, id, &app->icmp.source[id][family]);
	return a != NULL && mtud_addr_usable(a);
}

static void
fill_port(const struct app *app, uint16_t id, struct mtud_fwd_view *v)
{
	const struct mtud_port *p = &app->port[id];
	struct mtud_fwd_port *view = &v->port[id];
	uint8_t frame[8] = {0};
	unsigned int family;

	memcpy(frame, p->mac.addr_bytes, RTE_ETHER_ADDR_LEN);
	*view = (struct mtud_fwd_port){
		.mac_word = mtud_fwd_mac_word(frame),
		.mtu = p->mtu,
		.up = p->started && app->running && !p->gone,
		.no_link = !app->link[id],
		.tx_multi_seg = p->tx_multi_seg,
		.mac = p->mac,
	};
	for (family = 0; family < MTUD_FAMILIES; family++) {
		view->has_icmp_source[family] = has_source(app, id, family);
		view->icmp_source[family] = app->icmp.source[id][family];
		view->only_source[family] = mtud_addr_only_source(&v->addrs, id, family);
	}
}

static uint32_t
share(uint32_t total, unsigned int workers)
{
	return (uint32_t)(((uint64_t)total + workers - 1) / workers);
}

static struct mtud_fwd_view *
make(const struct app *app)
{
	const struct mtud_fwd_view *old = app->view;
	struct mtud_fwd_view *v = rte_zmalloc("mtud_view", sizeof(*v), RTE_CACHE_LINE_SIZE);
	uint16_t id;

	if (v == NULL)
		return NULL;
	v->addrs = app->addrs;
	for (id = 0; id < app->n_ports; id++)
		fill_port(app, id, v);
	mtud_fwd_mark_sources(v);
	v->trace = app->trace;
	v->icmp_hop_limit = app->icmp.hop_limit;
	v->notes = app_log_notes(app);
	v->icmp_rate_pps = share(app->icmp.rate_pps, app->n_workers);
	v->icmp_burst = share(app->icmp.burst, app->n_workers);
	v->icmp_generation = old == NULL ? 1 : old->icmp_generation;
	if (old != NULL &&
		(old->icmp_rate_pps != v->icmp_rate_pps || old->icmp_burst != v->icmp_burst))
		v->icmp_generation++;
	return v;
}

static void
publish(struct app *app, struct mtud_fwd_view *v)
{
	struct mtud_fwd_view *old = app->view;
	unsigned int i;

	app->view = v;
	for (i = 0; i < app->n_workers; i++)
		__atomic_store_n(&app->worker[i]->view, v, __ATOMIC_RELEASE);
	mtud_rcu_synchronize(app->qsbr, &app->patience);
	rte_free(old);
}

int
app_view_publish(struct app *app)
{
	struct mtud_fwd_view *v = make(app);

	if (v == NULL) {
		if (!app->view_due)
			APP_LOG(ERR, "no memory to tell the workers of links, addresses and settings "
				     "as they are now: tried again until there is; give more with "
				     "-m\n");
		app->view_due = true;
		return -ENOMEM;
	}
	app->view_due = false;
	publish(app, v);
	return 0;
}

int
app_view_hold_port(struct app *app, uint16_t port)
{
	struct mtud_fwd_view *v = make(app);

	if (v == NULL)
		return -ENOMEM;
	v->port[port].up = false;
	publish(app, v);
	return 0;
}
