/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The packets that wait. */

#include "mtud_ledger.h"
#include "neigh_priv.h"

static struct rte_mbuf **
held_of(const struct mtud_neigh *nt, const struct entry *e)
{
	return &nt->held[(size_t)neigh_index(nt, e) * nt->conf.hold];
}

struct rte_mbuf *
neigh_hold_newest(struct mtud_neigh *nt, struct entry *e, struct rte_mbuf *m)
{
	struct rte_mbuf **held = held_of(nt, e);
	struct rte_mbuf *oldest = NULL;

	if (e->n_held == nt->conf.hold) {
		oldest = held[0];
		memmove(&held[0], &held[1], (e->n_held - 1) * sizeof(held[0]));
		e->n_held--;
		nt->n_held--;
	}
	mtud_pkt_held_by(m, MTUD_PKT_WAITING);
	held[e->n_held++] = m;
	nt->n_held++;
	return oldest;
}

struct rte_mbuf *
neigh_first_held(const struct mtud_neigh *nt, const struct entry *e)
{
	return e->n_held > 0 ? held_of(nt, e)[0] : NULL;
}

void
neigh_take_held(struct mtud_neigh *nt, struct entry *e, struct packets *out)
{
	out->n = e->n_held;
	memcpy(out->pkt, held_of(nt, e), e->n_held * sizeof(out->pkt[0]));
	nt->n_held -= e->n_held;
	e->n_held = 0;
}

void
neigh_give(const struct mtud_neigh *nt,
	void (*fn)(void *ctx, struct rte_mbuf **pkts, unsigned int n), struct packets *packets)
{
	if (packets->n == 0)
		return;
	if (fn != NULL)
		fn(nt->conf.ctx, packets->pkt, packets->n);
	else
		rte_pktmbuf_free_bulk(packets->pkt, packets->n);
}
