/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What the control thread's packets tell the appliance. */

#include "app.h"

/* An address that somebody else has is not ours on the way of packets either. */
static void
follow_duplicate(struct app *app, const struct mtud_addr *a)
{
	struct mtud_route_spec local = {.type = MTUD_ROUTE_LOCAL, .port = a->port};
	struct mtud_prefix host = {a->ip, 128};

	if (!mtud_ip_is_link_local(&a->ip)) {
		if (mtud_addr_usable(a))
			mtud_route_set(app->rt, &host, MTUD_ORIGIN_CONNECTED, &local);
		else
			mtud_route_del(app->rt, &host, MTUD_ORIGIN_CONNECTED);
		mtud_route_commit(app->rt);
	}
	app_view_publish(app);
}

static void
addr_changed(void *ctx, const struct mtud_addr *a)
{
	char text[MTUD_IP_STRLEN];

	mtud_ip_format(&a->ip, text);
	switch (a->state) {
	case MTUD_ADDR_DUPLICATE:
		APP_LOG(ERR,
			"port %u: %s is used by another host too: not used here until its link "
			"comes up again; give one of the two another address\n",
			a->port, text);
		follow_duplicate(ctx, a);
		break;
	case MTUD_ADDR_TENTATIVE:
		follow_duplicate(ctx, a);
		break;
	default:
		APP_LOG(DEBUG, "port %u: address %s %s\n", a->port, text,
			a->state != MTUD_ADDR_PREFERRED ? "without a link" :
			mtud_ip_is_v4(&a->ip)           ? "announced" :
							  "checked");
		break;
	}
}

static void
addr_conflict(void *ctx, const struct mtud_addr *a, const struct rte_ether_addr *mac)
{
	struct app *app = ctx;
	char text[MTUD_IP_STRLEN], mac_text[RTE_ETHER_ADDR_FMT_SIZE];

	/* Whoever sends these must not fill the log: a line a second, all of them counted. */
	app->conflicts++;
	if (app_now_ms() < app->conflict_due_ms)
		return;
	app->conflict_due_ms = app_now_ms() + 1000;
	rte_ether_format_addr(mac_text, sizeof(mac_text), mac);
	APP_LOG(WARNING,
		"port %u: %s is %s by %s too (%lu times so far); give one of the two another "
		"address\n",
		a->port, mtud_ip_format(&a->ip, text),
		mtud_ip_is_v4(&a->ip) ? "used in ARP" : "advertised", mac_text, app->conflicts);
}

static bool
is_on_link(void *ctx, uint16_t port, const struct mtud_ip *ip)
{
	const struct app *app = ctx;
	struct mtud_route_info info;
	uint16_t adj;
	unsigned int i;

	if (mtud_route_match(app->rt, ip, &info) == 0 && info.spec.type == MTUD_ROUTE_BROADCAST)
		return false;
	for (i = 0; i < app->addrs.n; i++) {
		struct mtud_prefix p = mtud_addr_prefix(&app->addrs.addr[i]);

		if (app->addrs.addr[i].port == port && mtud_prefix_contains(&p, ip))
			return true;
	}
	if (mtud_route_match(app->rt, ip, &info) == 0 && info.spec.type == MTUD_ROUTE_ONLINK)
		return info.spec.port == port;
	/* A next hop that a route names with its port needs no prefix of ours. */
	adj = mtud_neigh_find(app->nt, port, ip);
	return adj != MTUD_ADJ_NONE;
}

static bool
next_hop(void *ctx, const struct mtud_ip *dst, uint16_t *port, struct mtud_ip *ip)
{
	const struct app *app = ctx;
	struct mtud_route_info info;

	if (mtud_route_match(app->rt, dst, &info) < 0 || !mtud_route_sends(info.spec.type))
		return false;
	*port = info.spec.port;
	*ip = info.spec.type == MTUD_ROUTE_FORWARD ? info.spec.gw : *dst;
	return true;
}

const struct mtud_ctl_ops app_ctl_ops = {
	.next_hop = next_hop,
	.addr_changed = addr_changed,
	.addr_conflict = addr_conflict,
	.is_on_link = is_on_link,
};
