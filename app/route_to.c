/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <stdio.h>

#include "app.h"
#include "route_to.h"
#include "table.h"

/* All there is to say; text form makes sentences of it, JSON an object. */
struct answer {
	char address[MTUD_IP_STRLEN];
	char prefix[MTUD_PREFIX_STRLEN];
	char via[MTUD_IP_STRLEN];
	char why[160];
	char verdict[160];
	bool on_link; /* of link-local scope */
	bool never;   /* no packet may have it as destination */
	bool found;
	bool sends;
	struct mtud_route_info info;
	const char *neighbor;
	uint16_t port_mtu;
};

static void
say_why(struct answer *a)
{
	uint16_t route_mtu = a->info.spec.mtu;
	uint16_t port = a->info.spec.port;

	if (route_mtu == 0)
		snprintf(a->why, sizeof(a->why), "the route sets none, port %u carries %u", port,
			a->port_mtu);
	else if (route_mtu < a->port_mtu)
		snprintf(a->why, sizeof(a->why), "route %u under port %u", route_mtu, a->port_mtu);
	else if (route_mtu > a->port_mtu)
		snprintf(a->why, sizeof(a->why), "port %u under route %u", a->port_mtu, route_mtu);
	else
		snprintf(a->why, sizeof(a->why), "route and port both carry %u", route_mtu);
}

static void
say_verdict(struct answer *a, uint32_t size)
{
	const char *text;

	if (a->sends && size <= a->info.mtu) {
		snprintf(a->verdict, sizeof(a->verdict), "fits and is forwarded");
		return;
	}
	if (a->sends) {
		snprintf(a->verdict, sizeof(a->verdict),
			"is too big: dropped, answered with Packet Too Big, MTU %u", a->info.mtu);
		return;
	}
	if (a->on_link || a->never) {
		snprintf(a->verdict, sizeof(a->verdict), "%s",
			a->never ? "is dropped without an answer" :
				   "is delivered if the address is ours on its port, else dropped");
		return;
	}
	switch (a->found ? a->info.spec.type : MTUD_ROUTE_NONE) {
	case MTUD_ROUTE_LOCAL:
		text = "is for us: delivered, no route's MTU applies";
		break;
	case MTUD_ROUTE_BLACKHOLE:
		text = "is dropped without an answer";
		break;
	case MTUD_ROUTE_PROHIBIT:
		text = "is dropped, answered with Destination Unreachable code 1";
		break;
	default:
		text = "is dropped, answered with Destination Unreachable code 0";
		break;
	}
	snprintf(a->verdict, sizeof(a->verdict), "%s", text);
}

static void
look_up(struct answer *a, const struct mtud_ip *ip)
{
	const struct app *app = app_get();
	const struct mtud_route_info *r = &a->info;
	struct mtud_neigh_info n;
	uint16_t adj;

	mtud_ip_format(ip, a->address);
	a->on_link = mtud_ip_is_link_local(ip) || (ip->b[0] == 0xff && (ip->b[1] & 0xf) <= 2);
	a->never = mtud_ip_is_unspecified(ip) || mtud_ip_is_loopback(ip);
	a->found = !a->on_link && !a->never && mtud_route_match(app->rt, ip, &a->info) == 0 &&
		(!mtud_ip_is_multicast(ip) || mtud_ip_is_multicast(&a->info.prefix.ip));
	if (!a->found)
		return;
	mtud_prefix_format(&r->prefix, a->prefix);
	a->sends = mtud_route_sends(r->spec.type);
	if (!a->sends)
		return;
	a->port_mtu = app->port[r->spec.port].mtu;
	mtud_ip_format(r->spec.type == MTUD_ROUTE_FORWARD ? &r->spec.gw : ip, a->via);
	adj = r->spec.type == MTUD_ROUTE_FORWARD ? r->adj :
						   mtud_neigh_find(app->nt, r->spec.port, ip);
	if (adj == MTUD_ADJ_NONE || mtud_neigh_get(app->nt, adj, &n) < 0 ||
		n.state == MTUD_NEIGH_NONE)
		a->neighbor = "not asked for yet";
	else
		a->neighbor = mtud_neigh_state_name(n.state);
	say_why(a);
}

static void
print_text(const struct answer *a, uint32_t size, struct out *out)
{
	const struct mtud_route_info *r = &a->info;

	if (a->on_link)
		out_printf(out, "%s is of link-local scope: it takes no route.\n", a->address);
	else if (!a->found)
		out_printf(out, "%s has no route.\n", a->address);
	else if (r->spec.type == MTUD_ROUTE_FORWARD)
		out_printf(out, "%s takes route %s via %s on port %u (neighbor %s); MTU %u: %s.\n",
			a->address, a->prefix, a->via, r->spec.port, a->neighbor, r->mtu, a->why);
	else if (r->spec.type == MTUD_ROUTE_ONLINK)
		out_printf(out, "%s takes route %s on the link of port %u (neighbor %s); MTU %u: "
				"%s.\n", a->address, a->prefix, r->spec.port, a->neighbor, r->mtu,
			a->why);
	else
		out_printf(out, "%s takes route %s of type %s.\n", a->address, a->prefix,
			mtud_route_type_name(r->spec.type));
	if (size != 0)
		out_printf(out, "A packet of %u octets %s.\n", size, a->verdict);
}

static void
print_json(const struct answer *a, uint32_t size, struct out *out)
{
	const struct mtud_route_info *i = &a->info;
	struct record r;

	record_begin(&r, out);
	record_str(&r, "Address", "address", a->address);
	record_str(&r, "Prefix", "prefix", a->found ? a->prefix : NULL);
	record_str(&r, "Type", "type", a->found ? mtud_route_type_name(i->spec.type) : NULL);
	if (a->sends) {
		record_str(&r, "Next hop", "via", a->via);
		record_u64(&r, "Port", "port", i->spec.port);
		record_str(&r, "Neighbor", "neighbor", a->neighbor);
		record_u64(&r, "MTU", "mtu", i->mtu);
		record_u64(&r, "Port MTU", "port_mtu", a->port_mtu);
		if (i->spec.mtu != 0)
			record_u64(&r, "Route MTU", "route_mtu", i->spec.mtu);
		else
			record_none(&r, "Route MTU", "route_mtu");
		record_str(&r, "Why", "why", a->why);
	}
	if (size != 0) {
		record_u64(&r, "Size", "size", size);
		record_str(&r, "Verdict", "verdict", a->verdict);
	}
	record_end(&r);
}

void
route_to_print(const struct mtud_ip *ip, uint32_t size, struct out *out)
{
	struct answer a = {0};

	look_up(&a, ip);
	say_verdict(&a, size);
	if (out->json)
		print_json(&a, size, out);
	else
		print_text(&a, size, out);
}
