/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <stdio.h>

#include "conf.h"
#include "out.h"

static int
parse_prefix(struct out *out, const char *text, struct mtud_prefix *prefix)
{
	char fixed[MTUD_PREFIX_STRLEN];
	struct mtud_ip host;
	int ret = mtud_prefix_parse(text, prefix, &host);

	if (ret == -ERANGE)
		out_error(out, "route %s: the prefix is longer than an address; IPv6 has 0 to "
			       "128, IPv4 0 to 32", text);
	else if (ret < 0)
		out_error(out, "route %s: not a prefix; expected PREFIX/LEN as in 2001:db8::/32 or "
			       "192.0.2.0/24", text);
	else if (!mtud_ip_equal(&host, &prefix->ip))
		out_error(out, "route %s: it has bits set beyond its length; did you mean %s?",
			text, mtud_prefix_format(prefix, fixed));
	else
		return 0;
	return -1;
}

static int
check_prefix6(struct out *out, const char *text, const struct mtud_prefix *prefix)
{
	const struct mtud_ip *ip = &prefix->ip;

	if (prefix->len == 128 && (mtud_ip_is_unspecified(ip) || mtud_ip_is_loopback(ip)))
		out_error(out, "route %s: this address never stands on a link; packets to it are "
			       "dropped in any case", text);
	else if (ip->b[0] == 0xff && prefix->len >= 16 && (ip->b[1] & 0xf) <= 2)
		out_error(out, "route %s: groups of this scope stay on their link (RFC 4291 "
			       "section 2.7)", text);
	else if (mtud_ip_is_link_local(ip) && prefix->len >= 10)
		out_error(out, "route %s: link-local addresses are never routed (RFC 4291 section "
			       "2.5.6)", text);
	else
		return 0;
	return -1;
}

#define WITHIN4(top, length) {{{[10] = 0xff, [11] = 0xff, [12] = top}}, MTUD_IP4_BITS_AT + length}

static int
check_prefix4(struct out *out, const char *text, const struct mtud_prefix *prefix)
{
	static const struct {
		struct mtud_prefix in;
		const char *why;
	} refused[] = {
		{WITHIN4(0, 8), "these addresses never stand on a link (RFC 1122 section 3.2.1.3); "
				"packets to them are dropped in any case"},
		{WITHIN4(127, 8), "these addresses never stand on a link (RFC 1122 section "
				  "3.2.1.3); packets to them are dropped in any case"},
		{WITHIN4(224, 24), "these groups stay on their link (RFC 5771 section 4)"},
		{WITHIN4(240, 4), "class E is reserved (RFC 1112 section 4); packets to it are "
				  "dropped in any case"},
	};
	struct mtud_route_info info;
	unsigned int i;

	for (i = 0; i < RTE_DIM(refused); i++) {
		const struct mtud_prefix *in = &refused[i].in;

		if (prefix->len >= in->len && mtud_prefix_contains(in, &prefix->ip)) {
			out_error(out, "route %s: %s", text, refused[i].why);
			return -1;
		}
	}
	if (mtud_route_get(app_get()->rt, prefix, &info) == 0 &&
		info.spec.type == MTUD_ROUTE_BROADCAST) {
		out_error(out, "route %s: that is the broadcast address of a link of ours; del "
			       "address removes it", text);
		return -1;
	}
	return 0;
}

static int
check_prefix(struct out *out, const char *text, const struct mtud_prefix *prefix)
{
	return mtud_prefix_is_v4(prefix) ? check_prefix4(out, text, prefix) :
					   check_prefix6(out, text, prefix);
}

/* The port on whose link a next hop is. */
static int
port_of(struct out *out, const struct conf_route *r, const struct mtud_ip *gw, uint16_t *port)
{
	struct mtud_route_info info;

	if (mtud_ip_is_link_local(gw)) {
		out_error(out, "route %s: the link-local next hop %s is on every link; say which "
			       "with port N", r->prefix, r->gw);
		return -1;
	}
	if (mtud_route_match(app_get()->rt, gw, &info) < 0 ||
		info.spec.type != MTUD_ROUTE_ONLINK) {
		out_error(out, "route %s: the next hop %s is on no link of ours; add an address "
			       "of its prefix, or say port N", r->prefix, r->gw);
		return -1;
	}
	*port = info.spec.port;
	return 0;
}

static bool
is_broadcast(const struct mtud_ip *ip)
{
	struct mtud_route_info info;

	return mtud_route_match(app_get()->rt, ip, &info) == 0 &&
		info.spec.type == MTUD_ROUTE_BROADCAST;
}

static int
parse_gw(struct out *out, const struct conf_route *r, bool v4, struct mtud_route_spec *spec)
{
	if (mtud_ip_parse(r->gw, &spec->gw) < 0 || mtud_ip_is_v4(&spec->gw) != v4) {
		out_error(out, "route %s: the next hop %s is not an %s address; name a neighbor of "
			       "the route's family", r->prefix, r->gw, v4 ? "IPv4" : "IPv6");
		return -1;
	}
	if (!conf_is_host(&spec->gw) || is_broadcast(&spec->gw)) {
		out_error(out, "route %s: the next hop %s is no neighbor's address; name a "
			       "unicast one", r->prefix, r->gw);
		return -1;
	}
	if (mtud_addr_get(conf_addrs(), spec->port, &spec->gw) != NULL) {
		out_error(out, "route %s: the next hop %s is an address of ours; name the "
			       "neighbor", r->prefix, r->gw);
		return -1;
	}
	return r->port < 0 ? port_of(out, r, &spec->gw, &spec->port) : 0;
}

static int
check_mtu(struct out *out, const struct conf_route *r, bool v4)
{
	if (r->mtu_text == NULL)
		return 0;
	if (v4 && r->mtu < MTUD_IP4_MIN_MTU) {
		out_error(out, "route %s: mtu %u is below 68, which every IPv4 link must carry "
			       "(RFC 791 section 3.2); give 68 to 65535", r->prefix, r->mtu);
		return -1;
	}
	if (!v4 && r->mtu < MTUD_IP6_MIN_MTU) {
		out_error(out, "route %s: mtu %u is below 1280, which every IPv6 link must carry "
			       "(RFC 8200 section 5); give 1280 to 65535", r->prefix, r->mtu);
		return -1;
	}
	return 0;
}

static int
check_options(struct out *out, const struct conf_route *r, bool v4)
{
	if (r->df_text == NULL || v4)
		return 0;
	out_error(out, "route %s: df %s is for IPv4 routes; IPv6 packets are never fragmented by "
		       "routers (RFC 8200 section 4.5)", r->prefix, r->df_text);
	return -1;
}

const char *
conf_mss_text(union mtud_route_option option, char buf[CONF_MSS_STRLEN])
{
	const char *mode = mtud_route_mss_name(option.mss_mode);

	switch (option.mss_mode) {
	case MTUD_MSS_KEEP:
		return NULL;
	case MTUD_MSS_CLAMP:
		snprintf(buf, CONF_MSS_STRLEN, "%s", mode);
		return buf;
	default:
		snprintf(buf, CONF_MSS_STRLEN, "%s %u", mode, option.mss);
		return buf;
	}
}

static int
report(struct out *out, const char *prefix, int ret)
{
	const struct app *app = app_get();

	switch (ret) {
	case 0:
		return 0;
	case -EADDRINUSE:
		out_error(out, "route %s: that is an address of ours; del address removes it",
			prefix);
		break;
	case -ENOSPC:
		out_error(out, "route %s: the table is full with %u routes; start mtud with a "
			       "larger --routes", prefix, app->opt.routes);
		break;
	case -ENOBUFS:
		out_error(out, "route %s: the neighbor cache has no room for the next hop; start "
			       "mtud with a larger --neighbors", prefix);
		break;
	case -ENOENT:
		out_error(out, "route %s: there is no such route; see show route", prefix);
		break;
	default:
		out_error(out, "route %s: %s", prefix, strerror(-ret));
		break;
	}
	return -1;
}

int
conf_add_route(struct out *out, const struct conf_route *r)
{
	struct mtud_route_spec spec = {
		.type = r->type, .mtu = (uint16_t)r->mtu, .option = r->option};
	struct mtud_prefix prefix;
	bool v4;

	if (parse_prefix(out, r->prefix, &prefix) < 0)
		return -1;
	v4 = mtud_prefix_is_v4(&prefix);
	if (check_mtu(out, r, v4) < 0 || check_options(out, r, v4) < 0 ||
		check_prefix(out, r->prefix, &prefix) < 0)
		return -1;
	if (r->port >= 0)
		spec.port = (uint16_t)r->port;
	if (r->gw != NULL && parse_gw(out, r, v4, &spec) < 0)
		return -1;
	return report(out, r->prefix,
		mtud_route_set(app_get()->rt, &prefix, MTUD_ORIGIN_STATIC, &spec));
}

int
conf_del_route(struct out *out, const char *text)
{
	struct mtud_route *rt = app_get()->rt;
	struct mtud_route_info info;
	struct mtud_prefix prefix;
	int ret;

	if (parse_prefix(out, text, &prefix) < 0)
		return -1;
	ret = mtud_route_del(rt, &prefix, MTUD_ORIGIN_STATIC);
	if (ret == -ENOENT && mtud_route_get(rt, &prefix, &info) == 0) {
		out_error(out, "route %s: it came with an address of ours; del address removes "
			       "it", text);
		return -1;
	}
	return report(out, text, ret);
}
