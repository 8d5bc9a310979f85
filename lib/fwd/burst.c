/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The packet's whole way is in this file: read it first. Each stage is a file of its own. */

#include <rte_ethdev.h>

#include "mtud_fwd.h"

void
mtud_fwd_run(struct mtud_worker *w, struct mtud_burst *b)
{
	if (b->n == 0)
		return;
	mtud_fwd_enter(w, MTUD_STAGE_ROUTE);
	mtud_fwd_route(w, b); /* longest match of each destination */
	mtud_fwd_enter(w, MTUD_STAGE_SIZE);
	mtud_fwd_size(w, b); /* does it fit, may it pass? */
	mtud_fwd_enter(w, MTUD_STAGE_MSS);
	mtud_fwd_mss(w, b); /* the MSS of SYNs, where a route asks for it */
	mtud_fwd_enter(w, MTUD_STAGE_EGRESS);
	mtud_fwd_egress(w, b); /* hop limit, fragments, MAC addresses, port's batch */
	mtud_fwd_enter(w, MTUD_STAGE_EXCEPT);
	mtud_fwd_except(w, b); /* what does not pass: answer, hold, deliver, drop */
}

void
mtud_fwd_burst(struct mtud_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	mtud_fwd_enter(w, MTUD_STAGE_PARSE);
	mtud_fwd_parse(w, port, pkts, n); /* Ethernet, IP, addresses: sound? By family into w->rx */
	mtud_fwd_run(w, &w->rx[MTUD_IPV6]);
	mtud_fwd_run(w, &w->rx[MTUD_IPV4]);
	mtud_fwd_enter(w, MTUD_STAGE_BORN);
	mtud_fwd_send_born(w); /* the answers, by a route of their own */
	mtud_fwd_enter(w, MTUD_STAGE_FLUSH);
	mtud_fwd_flush(w); /* every port's batch to its PMD */
}

uint16_t
mtud_fwd_poll(struct mtud_worker *w, const struct mtud_rxq *q)
{
	struct rte_mbuf *pkts[MTUD_BURST];
	uint16_t n;

	mtud_fwd_enter(w, MTUD_STAGE_RX);
	n = rte_eth_rx_burst(q->port, q->queue, pkts, MTUD_BURST);
	if (n == 0)
		return 0;
	if (likely(w->v->trace == NULL))
		mtud_fwd_burst(w, q->port, pkts, n);
	else
		mtud_fwd_trace(w, q->port, pkts, n); /* the same, in writing */
	return n;
}
