/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What becomes of a packet that is larger than its route's MTU. */

#include "mtud_fwd.h"

/* A packet that waits for its next hop comes here again: it is counted when it goes. */
static enum mtud_verdict
when_next_hop(struct mtud_worker *w, struct mtud_burst *b, unsigned int i,
	enum mtud_verdict verdict)
{
	enum mtud_verdict next = mtud_fwd_judge_next_hop(w, b, i);

	if (next != MTUD_PASS)
		return next;
	w->special[b->slot[i]].too_big++;
	return verdict;
}

static enum mtud_verdict
answer(struct mtud_worker *w, struct mtud_burst *b, unsigned int i, uint16_t mtu)
{
	w->special[b->slot[i]].too_big++;
	return mtud_fwd_refuse_with(b, i, MTUD_DROP_TOO_BIG, MTUD_WHAT_TOO_BIG, mtu);
}

static enum mtud_verdict
fragment(struct mtud_worker *w, struct mtud_burst *b, unsigned int i)
{
	uint16_t mtu = b->route[i].mtu;
	uint32_t n = mtud_frag_count(b->ip_len[i], mtud_pkt_ihl(mtud_fwd_ip4(b->pkt[i])), mtu);

	if (n == 0)
		return answer(w, b, i, mtu);
	if (n > MTUD_FRAG_MAX) {
		w->special[b->slot[i]].too_big++;
		return mtud_fwd_refuse(b, i, MTUD_DROP_FRAG_TOO_MANY);
	}
	return when_next_hop(w, b, i, MTUD_FRAGMENT);
}

static enum mtud_verdict
pass(struct mtud_worker *w, struct mtud_burst *b, unsigned int i)
{
	uint16_t port_mtu = w->v->port[b->route[i].port].mtu;
	enum mtud_verdict verdict;

	if (b->ip_len[i] > port_mtu)
		return answer(w, b, i, port_mtu);
	verdict = when_next_hop(w, b, i, MTUD_PASS);
	w->special[b->slot[i]].df_passed += verdict == MTUD_PASS;
	return verdict;
}

enum mtud_verdict
mtud_fwd_judge_too_big(struct mtud_worker *w, struct mtud_burst *b, unsigned int i)
{
	if (b->family == MTUD_IPV6)
		return answer(w, b, i, b->route[i].mtu);
	if (!(mtud_fwd_ip4(b->pkt[i])->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)))
		return fragment(w, b, i);
	switch (mtud_route_option(w->options, b->slot[i]).df) {
	case MTUD_DF_PASS:
		return pass(w, b, i);
	case MTUD_DF_CLEAR:
		return fragment(w, b, i);
	default:
		return answer(w, b, i, b->route[i].mtu);
	}
}
