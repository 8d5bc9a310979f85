/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>

#include "conf.h"
#include "out.h"

/* The routes that an address brings: its prefix on the link, itself, and the subnet's routers. */
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
	if (ret < 0 || !mtud_addr_has_anycast(a))
		return ret;
	prefix.len = 128;
	local.flags = MTUD_ROUTE_F_ANYCAST;
	return mtud_route_set(app->rt, &prefix, MTUD_ORIGIN_CONNECTED, &local);
}

static void
unstage_routes(struct app *app, const struct mtud_addr *a)
{
	struct mtud_prefix host = {a->ip, 128};
	struct mtud_prefix prefix = mtud_addr_prefix(a);
	unsigned int i;

	if (mtud_ip_is_link_local(&a->ip))
		return;
	mtud_route_del(app->rt, &host, MTUD_ORIGIN_CONNECTED);
	if (a->len == 128 || mtud_addr_sharing(&app->addrs, a->port, &prefix) > 0)
		return;
	mtud_route_del(app->rt, &prefix, MTUD_ORIGIN_CONNECTED);
	if (mtud_addr_has_anycast(a)) {
		prefix.len = 128;
		mtud_route_del(app->rt, &prefix, MTUD_ORIGIN_CONNECTED);
	}
	/* A shorter prefix may share its anycast address with a longer one. */
	for (i = 0; i < app->addrs.n; i++)
		stage_routes(app, &app->addrs.addr[i]);
}

/* Another port with the same prefix would make two links of one. */
static int
check_prefix(struct out *out, const char *text, const struct mtud_prefix *prefix, uint16_t port)
{
	struct mtud_route_info info;

	if (mtud_ip_is_link_local(&prefix->ip))
		return 0;
	if (mtud_route_get(app_get()->rt, prefix, &info) == 0 &&
		info.origin == MTUD_ORIGIN_CONNECTED && info.spec.type == MTUD_ROUTE_ONLINK &&
		info.spec.port != port) {
		out_error(out, "address %s: its prefix is on port %u already; give the ports "
			       "different prefixes", text, info.spec.port);
		return -1;
	}
	return 0;
}

static int
parse(struct out *out, const char *text, struct mtud_prefix *prefix, struct mtud_ip *ip)
{
	int ret = mtud_prefix_parse(text, prefix, ip);

	if (ret == -ERANGE)
		out_error(out, "address %s: the prefix is longer than an address; IPv6 has 0 to "
			       "128", text);
	else if (ret < 0)
		out_error(out, "address %s: not an IPv6 address; expected ADDR/LEN as in "
			       "2001:db8:1::1/64", text);
	else if (mtud_ip_is_v4(ip))
		out_error(out, "address %s: IPv4 is not routed by this version; use IPv6", text);
	else
		return 0;
	return -1;
}

int
conf_add_address(struct out *out, const char *text, uint16_t port)
{
	struct app *app = app_get();
	struct mtud_prefix prefix;
	struct mtud_ip ip;
	int ret;

	if (parse(out, text, &prefix, &ip) < 0 || check_prefix(out, text, &prefix, port) < 0)
		return -1;
	ret = mtud_addr_add(&app->addrs, port, &ip, prefix.len, false);
	switch (ret) {
	case 0:
		break;
	case -EEXIST:
		return 0;
	case -EADDRINUSE:
		out_error(out, "address %s: it is ours already, with another length or on "
			       "another port; delete it there first", text);
		return -1;
	case -EINVAL:
		out_error(out, "address %s: not an address that a host can have (multicast, "
			       "unspecified, loopback or its subnet's anycast); choose another",
			text);
		return -1;
	default:
		out_error(out, "address %s: there are %u addresses already, and no room for "
			       "more; delete one", text, MTUD_ADDR_MAX);
		return -1;
	}
	app->txn->addrs_changed = true;
	app->txn->view_changed = true;
	ret = stage_routes(app, &app->addrs.addr[app->addrs.n - 1]);
	if (ret == -EADDRINUSE)
		out_error(out, "address %s: there is a static route to it; del route it first",
			text);
	else if (ret < 0)
		out_error(out, "address %s: the table is full with %u routes; start mtud with a "
			       "larger --routes", text, app->opt.routes);
	return ret < 0 ? -1 : 0;
}

/* Answers come from addresses of ours only. */
static void
forget_source(struct app *app, const struct mtud_ip *ip)
{
	uint16_t id;

	for (id = 0; id < app->n_ports; id++)
		if (mtud_ip_equal(&app->icmp.source[id], ip))
			app->icmp.has_source[id] = false;
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
	a = mtud_addr_get(&app->addrs, port, &ip);
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
	mtud_addr_del(&app->addrs, port, &ip);
	unstage_routes(app, &old);
	app->txn->addrs_changed = true;
	app->txn->view_changed = true;
	forget_source(app, &ip);
	return 0;
}
