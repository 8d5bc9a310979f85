/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>

#include "conf.h"
#include "out.h"

/* The broadcast address of a link, unless a shorter or longer prefix makes it a host of ours. */
static int
stage_broadcast(struct app *app, const struct mtud_addr *a)
{
	struct mtud_route_spec spec = {.type = MTUD_ROUTE_BROADCAST};
	struct mtud_prefix host = {mtud_addr_broadcast(a), 128};
	struct mtud_route_info info;

	if (mtud_addr_get(conf_addrs(), a->port, &host.ip) != NULL)
		return 0;
	if (mtud_route_get(app->rt, &host, &info) == 0 && info.origin == MTUD_ORIGIN_STATIC)
		return -EADDRINUSE;
	return mtud_route_set(app->rt, &host, MTUD_ORIGIN_CONNECTED, &spec);
}

/* The routes that an address brings: its prefix on the link, itself, and the subnet's routers or
 * its broadcast address. */
static int
stage_routes(struct app *app, const struct mtud_addr *a)
{
	struct mtud_route_spec onlink = {.type = MTUD_ROUTE_ONLINK, .port = a->port};
	struct mtud_route_spec local = {.type = MTUD_ROUTE_LOCAL, .port = a->port};
	struct mtud_prefix host = {a->ip, 128};
	struct mtud_prefix prefix = mtud_addr_prefix(a);
	int ret;

	if (mtud_ip_is_link_local(&a->ip))
		return 0;
	ret = mtud_route_set(app->rt, &host, MTUD_ORIGIN_CONNECTED, &local);
	if (ret < 0 || a->len == 128)
		return ret;
	ret = mtud_route_set(app->rt, &prefix, MTUD_ORIGIN_CONNECTED, &onlink);
	if (ret == 0 && mtud_addr_has_broadcast(a))
		return stage_broadcast(app, a);
	if (ret < 0 || !mtud_addr_has_anycast(a))
		return ret;
	prefix.len = 128;
	local.flags = MTUD_ROUTE_F_ANYCAST;
	return mtud_route_set(app->rt, &prefix, MTUD_ORIGIN_CONNECTED, &local);
}

static void
unstage_routes(struct app *app, const struct mtud_addr *a)
{
	const struct mtud_addr_table *t = conf_addrs();
	struct mtud_prefix host = {a->ip, 128};
	struct mtud_prefix prefix = mtud_addr_prefix(a);
	unsigned int i;

	if (mtud_ip_is_link_local(&a->ip))
		return;
	mtud_route_del(app->rt, &host, MTUD_ORIGIN_CONNECTED);
	if (a->len < 128 && mtud_addr_sharing(t, a->port, &prefix) == 0) {
		mtud_route_del(app->rt, &prefix, MTUD_ORIGIN_CONNECTED);
		prefix.len = 128;
		if (mtud_addr_has_broadcast(a))
			prefix.ip = mtud_addr_broadcast(a);
		if (mtud_addr_has_broadcast(a) || mtud_addr_has_anycast(a))
			mtud_route_del(app->rt, &prefix, MTUD_ORIGIN_CONNECTED);
	}
	/* A shorter prefix may share its anycast or broadcast address with a longer one, or have
	 * the address itself as one. */
	for (i = 0; i < t->n; i++)
		stage_routes(app, &t->addr[i]);
}

void
conf_stage_usable(struct app *app, const struct mtud_addr_table *addrs)
{
	struct mtud_route_spec local = {.type = MTUD_ROUTE_LOCAL};
	unsigned int i;

	for (i = 0; i < addrs->n; i++) {
		const struct mtud_addr *a = &addrs->addr[i];
		struct mtud_prefix host = {a->ip, 128};

		local.port = a->port;
		if (mtud_ip_is_link_local(&a->ip))
			continue;
		if (mtud_addr_usable(a))
			mtud_route_set(app->rt, &host, MTUD_ORIGIN_CONNECTED, &local);
		else
			mtud_route_del(app->rt, &host, MTUD_ORIGIN_CONNECTED);
	}
}

/* Another port with the same prefix would make two links of one. */
static int
check_prefix(struct out *out, const char *text, const struct mtud_prefix *prefix, uint16_t port)
{
	const struct mtud_addr_table *t = conf_addrs();
	unsigned int i;

	if (mtud_ip_is_link_local(&prefix->ip) || prefix->len == 128)
		return 0;
	for (i = 0; i < t->n; i++) {
		struct mtud_prefix other = mtud_addr_prefix(&t->addr[i]);

		if (t->addr[i].port == port || mtud_prefix_compare(&other, prefix) != 0)
			continue;
		out_error(out, "address %s: its prefix is on port %u already; give the ports "
			       "different prefixes", text, t->addr[i].port);
		return -1;
	}
	return 0;
}

/* A next hop that is looked for among the routes. */
struct next_hop {
	uint16_t port;
	const struct mtud_ip *ip;
	bool found;
};

static int
find_next_hop(const struct mtud_route_info *r, void *arg)
{
	struct next_hop *hop = arg;

	hop->found = r->spec.type == MTUD_ROUTE_FORWARD && r->spec.port == hop->port &&
		mtud_ip_equal(&r->spec.gw, hop->ip);
	return hop->found;
}

static bool
is_next_hop(const struct app *app, uint16_t port, const struct mtud_ip *ip)
{
	struct next_hop hop = {.port = port, .ip = ip};
	uint16_t adj = mtud_neigh_find(app->nt, port, ip);
	struct mtud_neigh_info info;

	/* A route that this transaction has deleted pins it still. */
	if (adj != MTUD_ADJ_NONE && mtud_neigh_get(app->nt, adj, &info) == 0 && info.routes > 0)
		mtud_route_foreach(app->rt, true, find_next_hop, &hop);
	return hop.found;
}

static int
check_neighbor(struct out *out, const char *text, const struct mtud_addr *a,
	const struct mtud_ip *ip)
{
	const struct app *app = app_get();
	char name[MTUD_IP_STRLEN];
	const char *what;
	uint16_t id;

	for (id = 0; id < app->n_ports; id++) {
		if (mtud_ip_is_link_local(ip) && id != a->port)
			continue;
		if (conf_neighbor_static(id, ip))
			what = "a static neighbor";
		else if (is_next_hop(app, id, ip))
			what = "a route's next hop";
		else
			continue;
		out_error(out, "address %s: %s is %s on port %u; delete that first", text,
			mtud_ip_format(ip, name), what, id);
		return -1;
	}
	return 0;
}

/* What is configured as somebody else's address does not become ours, or a broadcast: the commands
 * that name it so would be refused, and with them the file that save writes. */
static int
check_neighbors(struct out *out, const char *text, const struct mtud_addr *a)
{
	struct mtud_ip broadcast;

	if (check_neighbor(out, text, a, &a->ip) < 0)
		return -1;
	if (!mtud_addr_has_broadcast(a))
		return 0;
	broadcast = mtud_addr_broadcast(a);
	return check_neighbor(out, text, a, &broadcast);
}

static int
parse(struct out *out, const char *text, struct mtud_prefix *prefix, struct mtud_ip *ip)
{
	int ret = mtud_prefix_parse(text, prefix, ip);

	if (ret == -ERANGE)
		out_error(out, "address %s: the prefix is longer than an address; IPv6 has 0 to "
			       "128, IPv4 0 to 32", text);
	else if (ret < 0)
		out_error(out, "address %s: not an address; expected ADDR/LEN as in "
			       "2001:db8:1::1/64 or 192.0.2.1/24", text);
	else
		return 0;
	return -1;
}

/* Why an address cannot be added to the table. */
static void
explain_add(struct out *out, const char *text, int ret)
{
	switch (ret) {
	case -EADDRINUSE:
		out_error(out, "address %s: it is ours already, with another length or on "
			       "another port; delete it there first", text);
		break;
	case -EINVAL:
		out_error(out, "address %s: not an address that a host can have (multicast, "
			       "unspecified, loopback, reserved, or its subnet's own or broadcast "
			       "address); choose another", text);
		break;
	default:
		out_error(out, "address %s: there are %u addresses already, and no room for "
			       "more; delete one", text, MTUD_ADDR_MAX);
		break;
	}
}

static int
stage_new(struct out *out, const char *text, const struct mtud_addr *a)
{
	struct app *app = app_get();
	int ret;

	if (check_neighbors(out, text, a) < 0)
		return -1;
	ret = stage_routes(app, a);
	if (ret == -EADDRINUSE)
		out_error(out, "address %s: there is a static route to it; del route it first",
			text);
	else if (ret < 0)
		out_error(out, "address %s: the table is full with %u routes; start mtud with a "
			       "larger --routes", text, app->opt.routes);
	return ret;
}

int
conf_add_address(struct out *out, const char *text, uint16_t port)
{
	struct app *app = app_get();
	struct mtud_addr_table *t = &app->txn->addrs;
	struct mtud_prefix prefix;
	struct mtud_addr a;
	struct mtud_ip ip;
	int ret;

	if (parse(out, text, &prefix, &ip) < 0 || check_prefix(out, text, &prefix, port) < 0)
		return -1;
	ret = mtud_addr_add(t, port, &ip, prefix.len, false);
	if (ret == -EEXIST)
		return 0;
	if (ret < 0) {
		explain_add(out, text, ret);
		return -1;
	}
	a = t->addr[t->n - 1];
	if (stage_new(out, text, &a) < 0) {
		mtud_addr_del(t, port, &ip);
		unstage_routes(app, &a);
		return -1;
	}
	app->txn->view_changed = true;
	return 0;
}

/* Answers come from addresses of ours only. */
static void
forget_source(struct app *app, const struct mtud_ip *ip)
{
	enum mtud_family family = mtud_ip_family(ip);
	struct app_icmp *icmp = &app->txn->icmp;
	uint16_t id;

	for (id = 0; id < app->n_ports; id++)
		if (mtud_ip_equal(&icmp->source[id][family], ip))
			icmp->has_source[id][family] = false;
}

int
conf_del_address(struct out *out, const char *text, uint16_t port)
{
	struct app *app = app_get();
	struct mtud_prefix prefix;
	const struct mtud_addr *a;
	struct mtud_addr old;
	struct mtud_ip ip;

	if (parse(out, text, &prefix, &ip) < 0)
		return -1;
	a = mtud_addr_get(&app->txn->addrs, port, &ip);
	if (a == NULL || a->port != port || (strchr(text, '/') != NULL && a->len != prefix.len)) {
		out_error(out, "address %s: not an address of port %u; see show address", text,
			port);
		return -1;
	}
	if (a->automatic) {
		out_error(out, "address %s: the port's own link-local address stays as long as "
			       "the port", text);
		return -1;
	}
	old = *a;
	mtud_addr_del(&app->txn->addrs, port, &ip);
	unstage_routes(app, &old);
	app->txn->view_changed = true;
	forget_source(app, &ip);
	return 0;
}
