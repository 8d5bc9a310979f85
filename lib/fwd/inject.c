/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_cycles.h>

#include "mtud_fwd.h"

void
mtud_fwd_begin(struct mtud_worker *w)
{
	const struct mtud_fwd_view *v = __atomic_load_n(&w->view, __ATOMIC_ACQUIRE);

	w->v = v;
	w->born.n = 0;
	if (unlikely(w->icmp_generation != v->icmp_generation)) {
		mtud_rate_set(w->error_rate, v->icmp_rate_pps, v->icmp_burst, rte_rdtsc());
		mtud_rate_set(w->echo_rate, v->icmp_rate_pps, v->icmp_burst, rte_rdtsc());
		w->icmp_generation = v->icmp_generation;
	}
}

static void
take_back(struct mtud_burst *b, struct rte_mbuf *m)
{
	const struct mtud_pkt_meta *meta = mtud_pkt_meta(m);
	const struct rte_ipv6_hdr *ip = mtud_fwd_ip6(m);
	unsigned int at = b->n++;

	b->pkt[at] = m;
	b->ip_len[at] = meta->ip_len;
	b->flags[at] = meta->born ? MTUD_FLAG_BORN : 0;
	if (ip->dst_addr[0] == 0xff)
		b->flags[at] |= MTUD_FLAG_DST_MULTICAST;
	memcpy(b->dst[at], ip->dst_addr, MTUD_IP_LEN);
}

static void
failed(struct mtud_worker *w, struct mtud_burst *b, struct rte_mbuf *m)
{
	static const struct mtud_icmp_error err = {MTUD_ICMP6_UNREACH, MTUD_UNREACH_ADDRESS, 0};
	bool born = mtud_pkt_meta(m)->born;
	unsigned int at = b->n;

	if (born) {
		mtud_fwd_drop(w, m, MTUD_DROP_NEIGH_FAILED);
		return;
	}
	/* The answer is made at once: the place in the burst is free again. */
	take_back(b, m);
	w->stat.drop[MTUD_DROP_NEIGH_FAILED]++;
	mtud_fwd_answer(w, b, at, &err, NULL);
	b->n = at;
}

/* A link-local destination waits for a neighbor too, and has no route to be looked up again. */
static bool
is_link_local(const struct rte_mbuf *m)
{
	struct mtud_ip dst;

	memcpy(dst.b, mtud_fwd_ip6(m)->dst_addr, MTUD_IP_LEN);
	return mtud_ip_is_link_local(&dst);
}

void
mtud_fwd_inject(struct mtud_worker *w)
{
	struct mtud_burst *b = &w->rx;
	struct rte_mbuf *pkts[MTUD_BURST];
	unsigned int released = 0;
	unsigned int n, i;

	n = rte_ring_sc_dequeue_burst(w->inject, (void **)pkts, MTUD_BURST, NULL);
	if (likely(n == 0))
		return;
	b->n = 0;
	b->n_except = 0;
	for (i = 0; i < n; i++) {
		struct mtud_pkt_meta *meta = mtud_pkt_meta(pkts[i]);

		released += meta->why == MTUD_PKT_FORWARD;
		if (meta->why == MTUD_PKT_SEND)
			mtud_fwd_tx(w, meta->egress, pkts[i]);
		else if (meta->why == MTUD_PKT_FAILED)
			failed(w, b, pkts[i]);
		else if (is_link_local(pkts[i]))
			mtud_fwd_bear(w, pkts[i], meta->ip_len, -1);
		else
			take_back(b, pkts[i]);
	}
	w->stat.held_released += released;
	mtud_fwd_route(w, b);
	mtud_fwd_size(w, b);
	mtud_fwd_egress(w, b);
	mtud_fwd_except(w, b);
	mtud_fwd_send_born(w);
}
