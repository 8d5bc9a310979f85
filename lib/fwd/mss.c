/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_fwd.h"

/* The SYNs of a burst on routes with an MSS option, and the routes back to who sent them. */
struct syns {
	unsigned int n;
	uint8_t at[MTUD_BURST]; /* in the burst */
	uint32_t tcp_at[MTUD_BURST];
	int32_t back[MTUD_BURST];
	union {
		uint8_t src[MTUD_BURST][MTUD_IP_LEN];
		uint32_t src4[MTUD_BURST];
	};
};

static bool
is_sent(const struct mtud_burst *b, unsigned int i)
{
	return (b->verdict[i] == MTUD_PASS || b->verdict[i] == MTUD_FRAGMENT) &&
		!(b->flags[i] & MTUD_FLAG_BORN);
}

static void
gather(const struct mtud_burst *b, struct syns *s)
{
	unsigned int i;

	s->n = 0;
	for (i = 0; i < b->n; i++) {
		struct rte_mbuf *m = b->pkt[i];

		if (!(b->route[i].flags & MTUD_ROUTE_F_MSS) || !is_sent(b, i) ||
			!mtud_mss_is_syn(m, MTUD_L3_AT, b->ip_len[i], &s->tcp_at[s->n]))
			continue;
		if (b->family == MTUD_IPV4)
			s->src4[s->n] = rte_be_to_cpu_32(mtud_fwd_ip4(m)->src_addr);
		else
			memcpy(s->src[s->n], mtud_fwd_ip6(m)->src_addr, MTUD_IP_LEN);
		s->at[s->n++] = i;
	}
}

/* What both ways allow (RFC 9293 section 3.7.1): the route that the SYN takes, and the one that
 * leads back; who has none back is not made smaller by it. 0: no MSS is small enough. */
static uint16_t
clamp(const struct mtud_worker *w, const struct mtud_burst *b, const struct syns *s,
	unsigned int j)
{
	uint16_t less = b->family == MTUD_IPV4 ? MTUD_MSS_LESS4 : MTUD_MSS_LESS6;
	union mtud_slot back = mtud_route_slot(w->slots, s->back[j]);
	uint16_t mtu = b->route[s->at[j]].mtu;

	if (mtud_route_sends(back.type))
		mtu = RTE_MIN(mtu, back.mtu);
	return mtu > less ? mtu - less : 0;
}

static void
rewrite(struct mtud_worker *w, struct mtud_burst *b, const struct syns *s, unsigned int j)
{
	unsigned int i = s->at[j];
	union mtud_route_option option = mtud_route_option(w->options, b->slot[i]);
	uint32_t tcp_len = MTUD_L3_AT + b->ip_len[i] - s->tcp_at[j];
	enum mtud_syn_counter counter;
	uint16_t mss = option.mss;

	if (option.mss_mode == MTUD_MSS_CLAMP)
		mss = clamp(w, b, s, j);
	if (mss == 0)
		return;
	if (mtud_mss_rewrite(b->pkt[i], s->tcp_at[j], tcp_len, mss,
		    option.mss_mode == MTUD_MSS_SET, &counter)) {
		w->special[b->slot[i]].mss++;
		counter = MTUD_SYN_REWRITTEN;
	}
	if (counter != MTUD_SYN_MAX)
		w->stat.syn[counter]++;
}

void
mtud_fwd_mss(struct mtud_worker *w, struct mtud_burst *b)
{
	struct syns s;
	unsigned int j;

	if (likely(!b->has_mss))
		return;
	gather(b, &s);
	if (s.n == 0)
		return;
	if (b->family == MTUD_IPV4)
		mtud_route_lookup4(w->rt, s.src4, s.back, s.n);
	else
		mtud_route_lookup6(w->rt, s.src, s.back, s.n);
	for (j = 0; j < s.n; j++)
		rewrite(w, b, &s, j);
}
