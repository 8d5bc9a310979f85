/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_cycles.h>

#include "mtud_fwd.h"

static const enum mtud_icmp_counter sent[] = {
	[MTUD_ICMP6_UNREACH] = MTUD_ICMP_UNREACH,
	[MTUD_ICMP6_PTB] = MTUD_ICMP_PTB,
	[MTUD_ICMP6_TIME_EXCEEDED] = MTUD_ICMP_TIME_EXCEEDED,
	[MTUD_ICMP6_PARAM] = MTUD_ICMP_PARAM,
};

int32_t
mtud_fwd_way_back(const struct mtud_worker *w, const struct mtud_ip *to, union mtud_slot *route)
{
	uint8_t dst[1][MTUD_IP_LEN];
	int32_t slot;

	memcpy(dst[0], to->b, MTUD_IP_LEN);
	mtud_route_lookup6(w->rt, dst, &slot, 1);
	*route = mtud_route_slot(w->slots, slot);
	return slot;
}

/* The source of an error: as configured, else what fits the sender's scope, the port that the
 * cause came in by first (RFC 4443 section 2.2); never the destination of the cause. */
static const struct mtud_ip *
choose_source(const struct mtud_worker *w, uint16_t port, const struct mtud_ip *to,
	const struct mtud_ip *not_this)
{
	const struct mtud_fwd_port *p = &w->v->port[port];
	const struct mtud_addr *a;

	if (p->has_icmp_source && !mtud_ip_is_link_local(to) &&
		!mtud_ip_equal(&p->icmp_source, not_this))
		return &p->icmp_source;
	a = mtud_addr_source(&w->v->addrs, port, to, not_this);
	return a != NULL ? &a->ip : NULL;
}

/* The counter of why not, or NONE; the slot of the way back. */
static enum mtud_icmp_counter
may_answer(struct mtud_worker *w, const struct mtud_burst *b, unsigned int i,
	const struct mtud_icmp_error *err, const struct mtud_ip *to, int32_t *slot)
{
	struct mtud_icmp_cause cause = {
		.m = b->pkt[i],
		.l3_at = MTUD_L3_AT,
		.ip_len = b->ip_len[i],
		.l2_multicast = (b->flags[i] & MTUD_FLAG_L2_MULTICAST) != 0,
	};
	union mtud_slot back = {0};
	enum mtud_icmp_counter why;

	*slot = -1;
	if (!mtud_ip_is_link_local(to)) {
		*slot = mtud_fwd_way_back(w, to, &back);
		cause.src_is_anycast = back.type == MTUD_ROUTE_LOCAL &&
			(back.flags & MTUD_ROUTE_F_ANYCAST) != 0;
	}
	why = mtud_icmp6_may_send(err, &cause);
	if (why != MTUD_ICMP_NONE)
		return why;
	if (*slot >= 0 && !mtud_route_sends(back.type))
		return MTUD_ICMP_HELD_NO_ROUTE;
	return mtud_rate_take(w->error_rate, to, rte_rdtsc()) ? MTUD_ICMP_NONE :
								MTUD_ICMP_HELD_RATE;
}

static bool
chainable(const struct mtud_worker *w, const struct rte_mbuf *m, int32_t slot)
{
	uint16_t out = slot < 0 ? m->port : mtud_route_slot(w->slots, slot).port;

	return w->v->port[out].tx_multi_seg && RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1;
}

void
mtud_fwd_answer(struct mtud_worker *w, struct mtud_burst *b, unsigned int i,
	const struct mtud_icmp_error *err, const struct mtud_ip *src)
{
	struct rte_mbuf *m = b->pkt[i];
	const struct rte_ipv6_hdr *ip = mtud_fwd_ip6(m);
	struct rte_mbuf *reply;
	enum mtud_icmp_counter why;
	struct mtud_ip to, dst;
	int32_t slot;

	memcpy(to.b, ip->src_addr, MTUD_IP_LEN);
	memcpy(dst.b, ip->dst_addr, MTUD_IP_LEN);
	if (src == NULL)
		src = choose_source(w, m->port, &to, &dst);
	why = MTUD_ICMP_HELD_NO_SOURCE;
	if (src != NULL && !mtud_ip_equal(src, &to))
		why = may_answer(w, b, i, err, &to, &slot);
	if (why != MTUD_ICMP_NONE)
		goto silent;

	reply = mtud_icmp6_error(w->reply_pool, m, MTUD_L3_AT, b->ip_len[i], err, src,
		w->v->icmp_hop_limit, chainable(w, m, slot));
	why = MTUD_ICMP_HELD_NO_MBUF;
	if (reply == NULL)
		goto silent;
	w->stat.icmp[sent[err->type]]++;
	mtud_fwd_bear(w, reply, mtud_icmp6_error_len(b->ip_len[i]), slot);
	return;

silent:
	w->stat.icmp[why]++;
	rte_pktmbuf_free(m);
}

void
mtud_fwd_bear(struct mtud_worker *w, struct rte_mbuf *m, uint16_t ip_len, int32_t slot)
{
	struct mtud_burst *b = &w->born;
	const struct rte_ipv6_hdr *ip = mtud_fwd_ip6(m);
	unsigned int at = b->n++;

	b->pkt[at] = m;
	b->ip_len[at] = ip_len;
	b->flags[at] = MTUD_FLAG_BORN;
	b->slot[at] = slot;
	memcpy(b->dst[at], ip->dst_addr, MTUD_IP_LEN);
}

/* Link-local destinations have no route: the neighbor on the port that the cause came from. */
static enum mtud_verdict
judge_link_local(struct mtud_worker *w, struct mtud_burst *b, unsigned int i)
{
	b->route[i] = (union mtud_slot){
		.type = MTUD_ROUTE_ONLINK,
		.port = (uint8_t)b->pkt[i]->port,
		.mtu = w->v->port[b->pkt[i]->port].mtu,
	};
	return mtud_fwd_judge_next_hop(w, b, i);
}

void
mtud_fwd_send_born(struct mtud_worker *w)
{
	struct mtud_burst *b = &w->born;
	unsigned int i;

	if (likely(b->n == 0))
		return;
	b->n_except = 0;
	for (i = 0; i < b->n; i++) {
		if (b->slot[i] >= 0) {
			b->route[i] = mtud_route_slot(w->slots, b->slot[i]);
			b->adj[i] = mtud_neigh_adj(w->adjs, b->route[i].adj);
			b->verdict[i] = mtud_fwd_judge(w, b, i);
		} else {
			b->slot[i] = MTUD_SLOT_NONE;
			b->verdict[i] = judge_link_local(w, b, i);
		}
		b->n_except += b->verdict[i] != MTUD_PASS;
	}
	mtud_fwd_egress(w, b);
	mtud_fwd_except(w, b);
	b->n = 0;
}
