/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Packets of ours, on their way out. */

#include "fwd_priv.h"

void
mtud_fwd_bear(struct mtud_worker *w, struct rte_mbuf *m, uint16_t ip_len, int32_t slot)
{
	enum mtud_family family = mtud_pkt_is_v4(m, MTUD_L3_AT) ? MTUD_IPV4 : MTUD_IPV6;
	struct mtud_burst *b = mtud_fwd_take(w->born, family, m, ip_len, MTUD_FLAG_BORN);

	b->slot[b->n - 1] = slot;
	rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->ether_type = family == MTUD_IPV4 ?
		RTE_BE16(RTE_ETHER_TYPE_IPV4) : RTE_BE16(RTE_ETHER_TYPE_IPV6);
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

static void
send_born(struct mtud_worker *w, struct mtud_burst *b)
{
	unsigned int i;

	if (likely(b->n == 0))
		return;
	b->n_except = 0;
	for (i = 0; i < b->n; i++) {
		if (b->slot[i] >= 0) {
			b->route[i] = mtud_route_slot(w->slots, b->slot[i]);
			b->adj[i] = mtud_neigh_adj(w->adjs, b->route[i].adj);
			b->verdict[i] = likely(is_straight(b, i)) && b->flags[i] == MTUD_FLAG_BORN ?
				MTUD_PASS : mtud_fwd_judge(w, b, i);
		} else {
			b->slot[i] = MTUD_SLOT_NONE;
			b->verdict[i] = judge_link_local(w, b, i);
		}
		b->except[b->n_except] = (uint8_t)i;
		b->n_except += b->verdict[i] != MTUD_PASS;
	}
	mtud_fwd_egress(w, b);
	mtud_fwd_except(w, b);
	b->n = 0;
}

void
mtud_fwd_send_born(struct mtud_worker *w)
{
	send_born(w, &w->born[MTUD_IPV6]);
	send_born(w, &w->born[MTUD_IPV4]);
}
