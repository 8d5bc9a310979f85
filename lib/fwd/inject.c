/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_cycles.h>

#include "mtud_fwd.h"
#include "mtud_ledger.h"

void
mtud_fwd_begin(struct mtud_worker *w)
{
	const struct mtud_fwd_view *v = __atomic_load_n(&w->view, __ATOMIC_ACQUIRE);

	w->v = v;
	w->rt = mtud_route_view(w->routes);
	w->slots = mtud_route_slots(w->rt);
	w->options = mtud_route_options(w->rt);
	w->born[MTUD_IPV6].n = 0;
	w->born[MTUD_IPV4].n = 0;
	if (unlikely(w->icmp_generation != v->icmp_generation)) {
		mtud_rate_set(w->error_rate, v->icmp_rate_pps, v->icmp_burst, rte_rdtsc());
		mtud_rate_set(w->echo_rate, v->icmp_rate_pps, v->icmp_burst, rte_rdtsc());
		w->icmp_generation = v->icmp_generation;
	}
}

static struct mtud_burst *
take_back(struct mtud_worker *w, struct rte_mbuf *m)
{
	enum mtud_family family = mtud_pkt_is_v4(m, MTUD_L3_AT) ? MTUD_IPV4 : MTUD_IPV6;
	const struct mtud_pkt_meta *meta = mtud_pkt_meta(m);
	uint8_t flags = meta->born ? MTUD_FLAG_BORN : 0;
	struct mtud_burst *b = mtud_fwd_take(w->rx, family, m, meta->ip_len, flags);
	struct mtud_ip dst;

	dst = mtud_fwd_dst(b, b->n - 1);
	if (mtud_ip_is_multicast(&dst))
		b->flags[b->n - 1] |= MTUD_FLAG_DST_MULTICAST;
	return b;
}

static void
failed(struct mtud_worker *w, struct rte_mbuf *m)
{
	struct mtud_icmp_error err;
	struct mtud_burst *b;

	if (mtud_pkt_meta(m)->born) {
		w->stat.own_drop[MTUD_DROP_NEIGH_FAILED]++;
		mtud_fwd_drop(w, m, MTUD_DROP_NEIGH_FAILED);
		return;
	}
	/* The answer is made at once: the place in the burst is free again. */
	b = take_back(w, m);
	err = mtud_icmp_error_of(b->family, MTUD_WHAT_ADDRESS, 0);
	mtud_fwd_count_drop(w, m, MTUD_DROP_NEIGH_FAILED);
	b->n--;
	b->slot[b->n] = MTUD_SLOT_NONE;
	mtud_fwd_answer(w, b, b->n, &err, NULL);
}

/* A link-local destination waits for a neighbor too, and has no route to be looked up again. */
static bool
is_link_local(const struct rte_mbuf *m)
{
	struct mtud_ip src, dst;

	mtud_fwd_addresses(m, &src, &dst);
	return mtud_ip_is_link_local(&dst);
}

struct mtud_burst *
mtud_fwd_take_back(struct mtud_worker *w, struct rte_mbuf *m)
{
	if (mtud_pkt_meta(m)->why == MTUD_PKT_FAILED)
		failed(w, m);
	else if (is_link_local(m))
		mtud_fwd_bear(w, m, mtud_pkt_meta(m)->ip_len, -1);
	else
		return take_back(w, m);
	return NULL;
}

void
mtud_fwd_inject(struct mtud_worker *w)
{
	struct rte_mbuf *pkts[MTUD_BURST];
	unsigned int released = 0, own = 0;
	unsigned int n, i;

	n = rte_ring_sc_dequeue_burst(w->inject, (void **)pkts, MTUD_BURST, NULL);
	if (likely(n == 0))
		return;
	mtud_pkt_all_held_by(pkts, n, MTUD_PKT_WORKER);
	w->rx[MTUD_IPV6].n = 0;
	w->rx[MTUD_IPV4].n = 0;
	for (i = 0; i < n; i++) {
		struct mtud_pkt_meta *meta = mtud_pkt_meta(pkts[i]);

		released += meta->why == MTUD_PKT_FORWARD;
		own += meta->born;
		if (meta->why == MTUD_PKT_SEND)
			mtud_fwd_tx(w, meta->egress, pkts[i]);
		else if (likely(w->v->trace == NULL) || !mtud_fwd_trace_again(w, pkts[i]))
			mtud_fwd_take_back(w, pkts[i]);
	}
	w->stat.held_released += released;
	w->stat.returned += n;
	w->stat.own_returned += own;
	mtud_fwd_run(w, &w->rx[MTUD_IPV6]);
	mtud_fwd_run(w, &w->rx[MTUD_IPV4]);
	mtud_fwd_send_born(w);
}
