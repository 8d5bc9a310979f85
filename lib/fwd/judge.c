/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_fwd.h"

static enum mtud_verdict
drop(struct mtud_burst *b, unsigned int i, enum mtud_drop reason)
{
	b->reason[i] = reason;
	return MTUD_DROP;
}

/* Drop with an error; about a packet of ours there is none. */
static enum mtud_verdict
answer(struct mtud_burst *b, unsigned int i, enum mtud_drop reason, uint8_t type, uint8_t code,
	uint32_t value)
{
	if (b->flags[i] & MTUD_FLAG_BORN)
		return drop(b, i, reason);
	b->reason[i] = reason;
	b->err[i] = (struct mtud_icmp_error){type, code, value};
	return MTUD_ANSWER;
}

static enum mtud_verdict
judge_no_way(struct mtud_burst *b, unsigned int i)
{
	if (b->flags[i] & MTUD_FLAG_BORN)
		return drop(b, i, MTUD_DROP_REPLY_NO_ROUTE);
	switch (b->route[i].type) {
	case MTUD_ROUTE_BLACKHOLE:
		return drop(b, i, MTUD_DROP_BLACKHOLE);
	case MTUD_ROUTE_UNREACHABLE:
		return answer(b, i, MTUD_DROP_UNREACHABLE, MTUD_ICMP6_UNREACH,
			MTUD_UNREACH_NO_ROUTE, 0);
	case MTUD_ROUTE_PROHIBIT:
		return answer(b, i, MTUD_DROP_PROHIBIT, MTUD_ICMP6_UNREACH,
			MTUD_UNREACH_PROHIBITED, 0);
	default:
		return answer(b, i, MTUD_DROP_NO_ROUTE, MTUD_ICMP6_UNREACH, MTUD_UNREACH_NO_ROUTE,
			0);
	}
}

/* The adjacency of a destination on the link itself. */
static union mtud_adj
onlink_adj(struct mtud_worker *w, const struct mtud_burst *b, unsigned int i, uint16_t *index)
{
	uint8_t port = b->route[i].port;
	struct mtud_ip dst;

	memcpy(dst.b, b->dst[i], MTUD_IP_LEN);
	if (b->flags[i] & MTUD_FLAG_DST_MULTICAST) {
		union mtud_adj adj = {.mac = {0x33, 0x33}, .port = port, .flags = MTUD_ADJ_VALID};

		memcpy(&adj.mac[2], &dst.b[12], 4);
		*index = MTUD_ADJ_NONE;
		return adj;
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
		w->stale_used[index]++;
	return MTUD_PASS;
}

/* A packet from a point-to-point link that would go back to it would circle (RFC 4443 3.1). */
static bool
returns_to_p2p(const struct mtud_burst *b, unsigned int i)
{
	return (b->route[i].flags & MTUD_ROUTE_F_P2P) && b->pkt[i]->port == b->route[i].port;
}

/* Who sent to a group on its own link has reached it there. */
static bool
is_back_to_group(const struct mtud_burst *b, unsigned int i)
{
	return b->route[i].type == MTUD_ROUTE_ONLINK && b->pkt[i]->port == b->route[i].port;
}

/* The order matters: where the route leads, then scope, hop limit, size, and who is next. */
enum mtud_verdict
mtud_fwd_judge(struct mtud_worker *w, struct mtud_burst *b, unsigned int i)
{
	union mtud_slot route = b->route[i];
	uint8_t flags = b->flags[i];

	if (flags & MTUD_FLAG_DECIDED)
		return b->verdict[i];
	if ((flags & MTUD_FLAG_DST_MULTICAST) && (!(route.flags & MTUD_ROUTE_F_MULTICAST) ||
							 is_back_to_group(b, i)))
		return drop(b, i, MTUD_DROP_MCAST_UNROUTED);
	if (route.type == MTUD_ROUTE_LOCAL) {
		if (flags & MTUD_FLAG_BORN)
			return drop(b, i, MTUD_DROP_REPLY_NO_ROUTE);
		return flags & MTUD_FLAG_L2_MULTICAST ? drop(b, i, MTUD_DROP_L2_MULTICAST) :
							MTUD_LOCAL;
	}
	if (!mtud_route_sends(route.type))
		return judge_no_way(b, i);
	if (flags & MTUD_FLAG_SRC_LINK_LOCAL)
		return answer(b, i, MTUD_DROP_BEYOND_SCOPE, MTUD_ICMP6_UNREACH,
			MTUD_UNREACH_BEYOND_SCOPE, 0);
	if (mtud_fwd_ip6(b->pkt[i])->hop_limits <= 1 && !(flags & MTUD_FLAG_BORN))
		return answer(b, i, MTUD_DROP_HOP_LIMIT, MTUD_ICMP6_TIME_EXCEEDED, 0, 0);
	if (returns_to_p2p(b, i) && !(flags & MTUD_FLAG_BORN))
		return answer(b, i, MTUD_DROP_P2P_RETURN, MTUD_ICMP6_UNREACH, MTUD_UNREACH_ADDRESS,
			0);
	if (b->ip_len[i] > route.mtu) {
		w->count[b->slot[i]].too_big++;
		return answer(b, i, MTUD_DROP_TOO_BIG, MTUD_ICMP6_PTB, 0, route.mtu);
	}
	if (flags & MTUD_FLAG_L2_MULTICAST)
		return drop(b, i, MTUD_DROP_L2_MULTICAST);
	return mtud_fwd_judge_next_hop(w, b, i);
}
