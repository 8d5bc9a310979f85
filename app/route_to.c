/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <stdio.h>

#include <rte_ip.h>

#include "app.h"
#include "conf.h"
#include "mtud_frag.h"
#include "mtud_mss.h"
#include "route_to.h"
#include "table.h"

/* All there is to say; text form makes sentences of it, JSON an object. */
struct answer {
	char address[MTUD_IP_STRLEN];
	char prefix[MTUD_PREFIX_STRLEN];
	char via[MTUD_IP_STRLEN];
	char why[160];
	char verdict[256];
	char syn[160]; /* "": the route leaves the MSS alone */
	bool v4;
	bool multicast;
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

/* What becomes of an IPv4 packet with DF set that is too big. */
static void
say_df(const struct answer *a, uint32_t size, char *text, size_t len)
{
	enum mtud_route_df df = a->info.spec.option.df;
	bool passes = df == MTUD_DF_PASS && size <= a->port_mtu;

	if (a->multicast && !passes)
		snprintf(text, len, "dropped without an answer, for it goes to a group");
	else if (passes)
		snprintf(text, len, "sent on whole (df pass), as port %u carries it",
			a->info.spec.port);
	else
		snprintf(text, len, "dropped, answered with Fragmentation Needed, MTU %u",
			df == MTUD_DF_PASS ? a->port_mtu : a->info.mtu);
}

static void
say_too_big(struct answer *a, uint32_t size)
{
	uint32_t n = mtud_frag_count(size, sizeof(struct rte_ipv4_hdr), a->info.mtu);
	char with_df[96], fragments[64];

	if (!a->v4) {
		snprintf(a->verdict, sizeof(a->verdict),
			"is too big: dropped, answered with Packet Too Big, MTU %u", a->info.mtu);
		return;
	}
	if (n > MTUD_FRAG_MAX)
		snprintf(fragments, sizeof(fragments), "dropped, for it would be %u fragments", n);
	else
		snprintf(fragments, sizeof(fragments), "sent on as %u fragments", n);
	say_df(a, size, with_df, sizeof(with_df));
	if (a->info.spec.option.df == MTUD_DF_CLEAR)
		snprintf(a->verdict, sizeof(a->verdict),
			"is too big: with DF set (df clear) as with DF clear %s", fragments);
	else
		snprintf(a->verdict, sizeof(a->verdict),
			"is too big: with DF set %s; with DF clear %s", with_df, fragments);
}

/* What becomes of a packet that no route sends on. */
static const char *
dropped(const struct answer *a)
{
	if (a->never)
		return "is dropped without an answer";
	if (a->on_link)
		return "is delivered if the address is ours on its port, else dropped";
	if (a->multicast)
		return "is dropped without an answer, for no route is for its group";
	switch (a->found ? a->info.spec.type : MTUD_ROUTE_NONE) {
	case MTUD_ROUTE_LOCAL:
		return "is for us: delivered, no route's MTU applies";
	case MTUD_ROUTE_BLACKHOLE:
		return "is dropped without an answer";
	case MTUD_ROUTE_BROADCAST:
		return "is a broadcast to a link of ours: dropped without an answer";
	case MTUD_ROUTE_PROHIBIT:
		return a->v4 ? "is dropped, answered with Destination Unreachable code 13" :
			       "is dropped, answered with Destination Unreachable code 1";
	case MTUD_ROUTE_UNREACHABLE:
		return a->v4 ? "is dropped, answered with Destination Unreachable code 1" :
			       "is dropped, answered with Destination Unreachable code 0";
	default:
		return "is dropped, answered with Destination Unreachable code 0";
	}
}

static void
say_verdict(struct answer *a, uint32_t size)
{
	if (!a->sends)
		snprintf(a->verdict, sizeof(a->verdict), "%s", dropped(a));
	else if (size <= a->info.mtu)
		snprintf(a->verdict, sizeof(a->verdict), "fits and is forwarded");
	else
		say_too_big(a, size);
}

/* What becomes of the MSS that a TCP SYN announces. */
static void
say_syn(struct answer *a)
{
	union mtud_route_option option = a->info.spec.option;
	unsigned int less = a->v4 ? MTUD_MSS_LESS4 : MTUD_MSS_LESS6;

	switch (option.mss_mode) {
	case MTUD_MSS_CLAMP:
		snprintf(a->syn, sizeof(a->syn),
			"has its MSS lowered to what both directions allow: %u by this route, less "
			"where the route back to its sender has a smaller MTU",
			a->info.mtu - less);
		break;
	case MTUD_MSS_MAX:
		snprintf(a->syn, sizeof(a->syn), "has its MSS lowered to %u where it is larger",
			option.mss);
		break;
	case MTUD_MSS_SET:
		snprintf(a->syn, sizeof(a->syn), "has its MSS set to %u", option.mss);
		break;
	default:
		break;
	}
}

/* Addresses that no packet on its way may have as destination. */
static bool
is_never(const struct mtud_ip *ip)
{
	if (mtud_ip_is_v4(ip))
		return !mtud_ip_is_host_v4(ip) && !mtud_ip_is_multicast(ip);
	return mtud_ip_is_unspecified(ip) || mtud_ip_is_loopback(ip);
}

/* Groups of the link alone (RFC 5771 section 4); mtud is in none of them. */
static bool
is_link_group4(const struct mtud_ip *ip)
{
	return mtud_ip_is_v4(ip) && ip->b[12] == 224 && ip->b[13] == 0 && ip->b[14] == 0;
}

static void
look_up(struct answer *a, const struct mtud_ip *ip)
{
	const struct app *app = app_get();
	const struct mtud_route_info *r = &a->info;
	struct mtud_neigh_info n;
	uint16_t adj;

	mtud_ip_format(ip, a->address);
	a->v4 = mtud_ip_is_v4(ip);
	a->multicast = mtud_ip_is_multicast(ip);
	a->on_link = mtud_ip_is_link_local(ip) || (ip->b[0] == 0xff && (ip->b[1] & 0xf) <= 2) ||
		is_link_group4(ip);
	a->never = is_never(ip) || is_link_group4(ip);
	a->found = !a->on_link && !a->never && mtud_route_match(app->rt, ip, &a->info) == 0 &&
		(!a->multicast || mtud_ip_is_multicast(&a->info.prefix.ip));
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
	say_syn(a);
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
	if (a->syn[0] != '\0')
		out_printf(out, "A TCP SYN %s.\n", a->syn);
}

static void
print_json(const struct answer *a, uint32_t size, struct out *out)
{
	const struct mtud_route_info *i = &a->info;
	char mss[CONF_MSS_STRLEN];
	struct record r;

	record_begin(&r, out);
	record_str(&r, "Address", "address", a->address);
	record_bool(&r, "Of link-local scope", "link_local", a->on_link);
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
		record_str(&r, "DF", "df", a->v4 ? mtud_route_df_name(i->spec.option.df) : NULL);
		record_str(&r, "MSS", "mss", conf_mss_text(i->spec.option, mss));
		record_str(&r, "TCP SYN", "syn", a->syn[0] != '\0' ? a->syn : NULL);
	}
	if (size != 0) {
		record_u64(&r, "Size", "size", size);
		record_str(&r, "Verdict", "verdict", a->verdict);
	}
	record_end(&r);
}

bool
route_to_way(const struct mtud_ip *ip, struct mtud_route_info *info, char text[ROUTE_TO_STRLEN])
{
	struct answer a = {0};

	look_up(&a, ip);
	*info = a.info;
	if (!a.found)
		snprintf(text, ROUTE_TO_STRLEN, a.on_link ? "none: %s is of link-local scope" :
				"none covers %s", a.address);
	else if (a.info.spec.type == MTUD_ROUTE_FORWARD)
		snprintf(text, ROUTE_TO_STRLEN, "%s via %s on port %u; MTU %u: %s", a.prefix, a.via,
			a.info.spec.port, a.info.mtu, a.why);
	else if (a.info.spec.type == MTUD_ROUTE_ONLINK)
		snprintf(text, ROUTE_TO_STRLEN, "%s on the link of port %u; MTU %u: %s", a.prefix,
			a.info.spec.port, a.info.mtu, a.why);
	else if (a.info.spec.type == MTUD_ROUTE_LOCAL)
		snprintf(text, ROUTE_TO_STRLEN, "%s: an address of ours", a.prefix);
	else
		snprintf(text, ROUTE_TO_STRLEN, "%s of type %s", a.prefix,
			mtud_route_type_name(a.info.spec.type));
	return a.found;
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
