/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The configuration as commands. They come in an order in which each finds what it needs, and
 * within a kind in that of their tables, all of which are sorted. */

#include "conf.h"
#include "out.h"

static void
print_ports(struct out *out, const struct app *app)
{
	uint16_t id;

	for (id = 0; id < app->n_ports; id++) {
		const struct mtud_port *p = &app->port[id];

		if (p->mtu != MTUD_PORT_MTU)
			out_printf(out, "set port %u mtu %u\n", id, p->mtu);
		if (p->promisc)
			out_printf(out, "set port %u promisc on\n", id);
	}
}

static void
print_addresses(struct out *out)
{
	const struct mtud_addr_table *t = conf_addrs();
	char text[MTUD_PREFIX_STRLEN];
	unsigned int i;

	for (i = 0; i < t->n; i++) {
		const struct mtud_addr *a = &t->addr[i];
		struct mtud_prefix p = {a->ip, a->len};

		if (!a->automatic)
			out_printf(out, "add address %s port %u\n", mtud_prefix_format(&p, text),
				a->port);
	}
}

static void
print_icmp(struct out *out, const struct app *app)
{
	const struct app_icmp *icmp = conf_icmp();
	char text[MTUD_IP_STRLEN];
	unsigned int family;
	uint16_t id;

	if (icmp->rate_pps != APP_ICMP_RATE || icmp->burst != APP_ICMP_BURST)
		out_printf(out, "set icmp rate %u burst %u\n", icmp->rate_pps, icmp->burst);
	if (icmp->hop_limit != APP_ICMP_HOP_LIMIT)
		out_printf(out, "set icmp hop-limit %u\n", icmp->hop_limit);
	for (id = 0; id < app->n_ports; id++)
		for (family = 0; family < MTUD_FAMILIES; family++)
			if (icmp->has_source[id][family])
				out_printf(out, "set icmp source port %u %s\n", id,
					mtud_ip_format(&icmp->source[id][family], text));
}

static void
print_neighbor(const struct mtud_neigh_info *n, void *arg)
{
	const uint8_t *b = n->mac.addr_bytes;
	char ip[MTUD_IP_STRLEN];
	struct out *out = arg;

	if (n->state != MTUD_NEIGH_STATIC)
		return;
	out_printf(out, "add neighbor %s lladdr %02x:%02x:%02x:%02x:%02x:%02x port %u\n",
		mtud_ip_format(&n->ip, ip), b[0], b[1], b[2], b[3], b[4], b[5], n->port);
}

static int
print_route(const struct mtud_route_info *r, void *arg)
{
	char prefix[MTUD_PREFIX_STRLEN], gw[MTUD_IP_STRLEN], mss[CONF_MSS_STRLEN];
	struct out *out = arg;

	if (r->origin != MTUD_ORIGIN_STATIC)
		return 0;
	out_printf(out, "add route %s", mtud_prefix_format(&r->prefix, prefix));
	if (r->spec.type == MTUD_ROUTE_FORWARD)
		out_printf(out, " via %s", mtud_ip_format(&r->spec.gw, gw));
	if (mtud_route_sends(r->spec.type))
		out_printf(out, " port %u", r->spec.port);
	else
		out_printf(out, " %s", mtud_route_type_name(r->spec.type));
	if (r->spec.mtu != 0)
		out_printf(out, " mtu %u", r->spec.mtu);
	if (r->spec.option.df != MTUD_DF_REPLY)
		out_printf(out, " df %s", mtud_route_df_name(r->spec.option.df));
	if (conf_mss_text(r->spec.option, mss) != NULL)
		out_printf(out, " mss %s", mss);
	out_write(out, "\n", 1);
	return 0;
}

void
conf_print(struct out *out)
{
	const struct app *app = app_get();

	out_printf(out, "flush\n");
	print_ports(out, app);
	print_addresses(out);
	print_icmp(out, app);
	conf_print_service(out);
	mtud_neigh_foreach(app->nt, print_neighbor, out);
	mtud_route_foreach(app->rt, true, print_route, out);
}
