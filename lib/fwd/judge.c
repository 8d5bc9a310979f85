/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_fwd.h"

static enum mtud_verdict
judge_no_way(struct mtud_burst *b, unsigned int i)
{
	if (b->flags[i] & MTUD_FLAG_BORN)
		return mtud_fwd_refuse(b, i, MTUD_DROP_REPLY_NO_ROUTE);
	switch (b->route[i].type) {
	case MTUD_ROUTE_BLACKHOLE:
		return mtud_fwd_refuse(b, i, MTUD_DROP_BLACKHOLE);
	case MTUD_ROUTE_UNREACHABLE:
		return mtud_fwd_refuse_with(b, i, MTUD_DROP_UNREACHABLE, MTUD_WHAT_UNREACHABLE, 0);
	case MTUD_ROUTE_PROHIBIT:
		return mtud_fwd_refuse_with(b, i, MTUD_DROP_PROHIBIT, MTUD_WHAT_PROHIBITED, 0);
	default:
		return mtud_fwd_refuse_with(b, i, MTUD_DROP_NO_ROUTE, MTUD_WHAT_NO_ROUTE, 0);
	}
}

/* Who sent to a group on its own link has reached it there. */
static bool
is_back_to_group(const struct mtud_burst *b, unsigned int i)
{
	return b->route[i].type == MTUD_ROUTE_ONLINK && b->pkt[i]->port == b->route[i].port;
}

/* What never leaves by a router, whatever its size: IPv4 in a frame to many (RFC 1812 section
 * 5.3.4), a broadcast, a group that has no route. */
static bool
is_unroutable(const struct mtud_burst *b, unsigned int i, enum mtud_drop *reason)
{
	uint8_t flags = b->flags[i];

	*reason = MTUD_DROP_BROADCAST;
	if (b->route[i].type == MTUD_ROUTE_BROADCAST)
		return true;
	*reason = MTUD_DROP_L2_MULTICAST;
	if ((flags & MTUD_FLAG_L2_MULTICAST) && b->family == MTUD_IPV4)
		return true;
	*reason = MTUD_DROP_MCAST_UNROUTED;
	return (flags & MTUD_FLAG_DST_MULTICAST) &&
		(!(b->route[i].flags & MTUD_ROUTE_F_MULTICAST) || is_back_to_group(b, i));
}

/* RFC 2464 section 7, RFC 1112 section 6.4. */
static union mtud_adj
group_adj(enum mtud_family family, const struct mtud_ip *group, uint8_t port)
{
	union mtud_adj adj = {.mac = {0x33, 0x33}, .port = port, .flags = MTUD_ADJ_VALID};

	memcpy(&adj.mac[2], &group->b[12], 4);
	if (family == MTUD_IPV4) {
		memcpy(adj.mac, "\x01\x00\x5e", 3);
		adj.mac[3] &= 0x7f;
	}
	return adj;
}

/* The adjacency of a destination on the link itself. */
static union mtud_adj
onlink_adj(struct mtud_worker *w, const struct mtud_burst *b, unsigned int i, uint16_t *index)
{
	uint8_t port = b->route[i].port;
	struct mtud_ip dst = mtud_fwd_dst(b, i);

	if (b->flags[i] & MTUD_FLAG_DST_MULTICAST) {
		*index = MTUD_ADJ_NONE;
		return group_adj(b->family, &dst, port);
	}
	*index = mtud_neigh_find(w->nt, port, &dst);
	return mtud_neigh_adj(w->adjs, *index);
}

enum mtud_verdict
mtud_fwd_judge_next_hop(struct mtud_worker *w, struct mtud_burst *b, unsigned int i)
{
	uint16_t index = b->route[i].adj;

	if (b->route[i].type == MTUD_ROUTE_ONLINK)
		b->adj[i] = onlink_adj(w, b, i, &index);
	if (!(b->adj[i].flags & MTUD_ADJ_VALID))
		return MTUD_RESOLVE;
	if (b->adj[i].flags & MTUD_ADJ_STALE)
		__atomic_store_n(&w->stale_used[index], (uint8_t)(w->stale_used[index] + 1),
			__ATOMIC_RELAXED);
	return MTUD_PASS;
}

/* A packet from a point-to-point link that would go back to it would circle (RFC 4443 3.1). */
static bool
returns_to_p2p(const struct mtud_burst *b, unsigned int i)
{
	return (b->route[i].flags & MTUD_ROUTE_F_P2P) && b->pkt[i]->port == b->route[i].port;
}

/* The order matters: where the route leads, then scope, hop limit, size, and who is next. */
enum mtud_verdict
mtud_fwd_judge(struct mtud_worker *w, struct mtud_burst *b, unsigned int i)
{
	union mtud_slot route = b->route[i];
	uint8_t flags = b->flags[i];
	bool born = (flags & MTUD_FLAG_BORN) != 0;
	enum mtud_drop reason;

	if (flags & MTUD_FLAG_DECIDED)
		return b->verdict[i];
	if (is_unroutable(b, i, &reason))
		return mtud_fwd_refuse(b, i, reason);
	if (route.type == MTUD_ROUTE_LOCAL) {
		if (born)
			return mtud_fwd_refuse(b, i, MTUD_DROP_REPLY_NO_ROUTE);
		return flags & MTUD_FLAG_L2_MULTICAST ?
			mtud_fwd_refuse(b, i, MTUD_DROP_L2_MULTICAST) : MTUD_LOCAL;
	}
	if (!mtud_route_sends(route.type))
		return judge_no_way(b, i);
	if (flags & MTUD_FLAG_SRC_LINK_LOCAL)
		return mtud_fwd_refuse_with(b, i, MTUD_DROP_BEYOND_SCOPE, MTUD_WHAT_BEYOND_SCOPE,
			0);
	if ((flags & MTUD_FLAG_LAST_HOP) && !born)
		return mtud_fwd_refuse_with(b, i, MTUD_DROP_HOP_LIMIT, MTUD_WHAT_HOP_LIMIT, 0);
	if (returns_to_p2p(b, i) && !born)
		return mtud_fwd_refuse_with(b, i, MTUD_DROP_P2P_RETURN, MTUD_WHAT_ADDRESS, 0);
	if (b->ip_len[i] > route.mtu)
		return mtud_fwd_judge_too_big(w, b, i);
	if (flags & MTUD_FLAG_L2_MULTICAST)
		return mtud_fwd_refuse(b, i, MTUD_DROP_L2_MULTICAST);
	return mtud_fwd_judge_next_hop(w, b, i);
}
