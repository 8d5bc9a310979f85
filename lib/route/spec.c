/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What a route may be. */

#include "rib.h"

static bool
prefix_is_valid(const struct mtud_prefix *prefix)
{
	struct mtud_ip masked = prefix->ip;

	if (prefix->len > 128)
		return false;
	mtud_ip_mask(&masked, prefix->len);
	return mtud_ip_equal(&masked, &prefix->ip);
}

struct mtud_route_spec
route_clean_spec(const struct mtud_route_spec *spec)
{
	struct mtud_route_spec out = {.type = spec->type, .mtu = spec->mtu, .flags = spec->flags};

	if (spec->type == MTUD_ROUTE_FORWARD)
		out.gw = spec->gw;
	if (mtud_route_sends(spec->type) || spec->type == MTUD_ROUTE_LOCAL)
		out.port = spec->port;
	if (mtud_route_sends(spec->type))
		out.option = spec->option;
	return out;
}

static bool
option_is_valid(union mtud_route_option option, bool v4)
{
	bool has_number = option.mss_mode == MTUD_MSS_MAX || option.mss_mode == MTUD_MSS_SET;

	if (option.mss_mode > MTUD_MSS_SET || has_number != (option.mss != 0))
		return false;
	return option.df <= MTUD_DF_CLEAR && (v4 || option.df == MTUD_DF_REPLY);
}

bool
route_spec_is_valid(const struct mtud_prefix *prefix, const struct mtud_route_spec *spec)
{
	bool v4 = mtud_prefix_is_v4(prefix);
	uint8_t flags = spec->type == MTUD_ROUTE_LOCAL ? MTUD_ROUTE_F_ANYCAST : 0;

	if (!prefix_is_valid(prefix))
		return false;
	if (spec->type <= MTUD_ROUTE_NONE || spec->type > MTUD_ROUTE_BROADCAST)
		return false;
	if (spec->type == MTUD_ROUTE_BROADCAST && !v4)
		return false;
	if (spec->type == MTUD_ROUTE_FORWARD && mtud_ip_is_v4(&spec->gw) != v4)
		return false;
	if (spec->mtu != 0 && spec->mtu < (v4 ? MTUD_IP4_MIN_MTU : MTUD_IP6_MIN_MTU))
		return false;
	return spec->port < RTE_MAX_ETHPORTS && (spec->flags & ~flags) == 0 &&
	       option_is_valid(spec->option, v4);
}

bool
route_spec_equal(const struct mtud_route_spec *a, const struct mtud_route_spec *b)
{
	return a->type == b->type && mtud_ip_equal(&a->gw, &b->gw) && a->port == b->port &&
	       a->mtu == b->mtu && a->flags == b->flags && a->option.word == b->option.word;
}
