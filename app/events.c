/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What the control thread's packets tell the appliance. */

#include <string.h>

#include <rte_byteorder.h>

#include "conf.h"

static void
addr_changed(void *ctx, const struct mtud_addr *a)
{
	char text[MTUD_IP_STRLEN];

	mtud_ip_format(&a->ip, text);
	switch (a->state) {
	case MTUD_ADDR_DUPLICATE:
		APP_LOG_PART(NEIGHBOR, ERR,
			"port %u: %s is used by another host too: not used here until its link "
			"comes up again; give one of the two another address\n",
			a->port, text);
		conf_follow_states(ctx);
		break;
	case MTUD_ADDR_TENTATIVE:
		conf_follow_states(ctx);
		break;
	default:
		APP_LOG_PART(NEIGHBOR, DEBUG, "port %u: address %s %s\n", a->port, text,
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
	APP_LOG_PART(NEIGHBOR, WARNING,
		"port %u: %s is %s by %s too (%lu times so far); give one of the two another "
		"address\n",
		a->port, mtud_ip_format(&a->ip, text),
		mtud_ip_is_v4(&a->ip) ? "used in ARP" : "advertised", mac_text, app->conflicts);
}

/* The route that an address takes now, as workers see it: a transaction may be open, and what it
 * stages is not in force. */
static union mtud_slot
route_now(const struct app *app, const struct mtud_ip *ip)
{
	const struct mtud_route_view *view = mtud_route_view(app->rt);
	uint8_t dst[1][MTUD_IP_LEN];
	uint32_t dst4;
	int32_t slot;

	if (mtud_ip_is_v4(ip)) {
		dst4 = rte_be_to_cpu_32(mtud_ip_to_v4(ip));
		mtud_route_lookup4(view, &dst4, &slot, 1);
	} else {
		memcpy(dst[0], ip->b, MTUD_IP_LEN);
		mtud_route_lookup6(view, dst, &slot, 1);
	}
	return mtud_route_slot(mtud_route_slots(view), slot);
}

static void
dropped(void *ctx, const struct rte_mbuf *m, enum mtud_drop reason)
{
	app_notes_dropped(ctx, m, reason);
}

static bool
is_on_link(void *ctx, uint16_t port, const struct mtud_ip *ip)
{
	const struct app *app = ctx;
	union mtud_slot route = route_now(app, ip);
	unsigned int i;

	if (route.type == MTUD_ROUTE_BROADCAST)
		return false;
	for (i = 0; i < app->addrs.n; i++) {
		struct mtud_prefix p = mtud_addr_prefix(&app->addrs.addr[i]);

		if (app->addrs.addr[i].port == port && mtud_prefix_contains(&p, ip))
			return true;
	}
	if (route.type == MTUD_ROUTE_ONLINK)
		return route.port == port;
	/* A next hop that a route names with its port needs no prefix of ours. */
	return mtud_neigh_find(app->nt, port, ip) != MTUD_ADJ_NONE;
}

static bool
next_hop(void *ctx, const struct mtud_ip *dst, uint16_t *port, struct mtud_ip *ip)
{
	const struct app *app = ctx;
	union mtud_slot route = route_now(app, dst);
	struct mtud_neigh_info info;

	if (!mtud_route_sends(route.type))
		return false;
	*port = route.port;
	*ip = *dst;
	if (route.type != MTUD_ROUTE_FORWARD)
		return true;
	if (mtud_neigh_get(app->nt, route.adj, &info) < 0)
		return false;
	*ip = info.ip;
	return true;
}

const struct mtud_ctl_ops app_ctl_ops = {
	.next_hop = next_hop,
	.addr_changed = addr_changed,
	.addr_conflict = addr_conflict,
	.dropped = dropped,
	.is_on_link = is_on_link,
};
