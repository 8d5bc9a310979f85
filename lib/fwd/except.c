/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_fwd.h"
#include "mtud_ledger.h"

void
mtud_fwd_punt(struct mtud_worker *w, struct rte_mbuf *m, enum mtud_pkt_why why, uint16_t ip_len)
{
	struct mtud_pkt_meta *meta = mtud_pkt_meta(m);
	bool waits = why == MTUD_PKT_RESOLVE;
	bool own = waits && meta->born;

	meta->why = why;
	meta->worker = w->id;
	meta->ip_len = ip_len;
	meta->born = own;
	meta->trace_mark = w->trace_mark;
	mtud_pkt_held_by(m, MTUD_PKT_PUNTED);
	/* A scan that fills the ring must not keep the neighbors' answers out: half is for them. */
	if ((waits && rte_ring_free_count(w->punt) < rte_ring_get_size(w->punt) / 2) ||
		rte_ring_sp_enqueue(w->punt, m) < 0) {
		w->stat.own_drop[MTUD_DROP_PUNT_FULL] += own;
		mtud_fwd_drop(w, m, MTUD_DROP_PUNT_FULL);
		return;
	}
	w->stat.punted++;
	w->stat.own_punted += own;
}

static void
resolve(struct mtud_worker *w, struct mtud_burst *b, unsigned int i)
{
	struct mtud_pkt_meta *meta = mtud_pkt_meta(b->pkt[i]);

	meta->egress = b->route[i].port;
	meta->born = (b->flags[i] & MTUD_FLAG_BORN) != 0;
	mtud_fwd_punt(w, b->pkt[i], MTUD_PKT_RESOLVE, b->ip_len[i]);
}

void
mtud_fwd_except(struct mtud_worker *w, struct mtud_burst *b)
{
	unsigned int answers = 0;
	unsigned int k;

	for (k = 0; k < b->n_except; k++) {
		unsigned int i = b->except[k];

		switch (b->verdict[i]) {
		case MTUD_PASS:
		case MTUD_FRAGMENT:
			break;
		case MTUD_DROP:
			mtud_fwd_drop_of(w, b, i, b->reason[i]);
			break;
		case MTUD_ANSWER:
			answers++;
			break;
		case MTUD_LOCAL:
			mtud_fwd_local(w, b, i);
			break;
		case MTUD_RESOLVE:
			resolve(w, b, i);
			break;
		}
	}
	if (answers > 0)
		mtud_fwd_answers(w, b);
}
