/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Events that somebody wants to read one by one. A worker must not write to a file: it hands them
 * to the control thread, as many as that can bring to paper, and counts the others. */

#include <rte_cycles.h>
#include <rte_ring_elem.h>

#include "mtud_fwd.h"

const char *
mtud_fwd_stage_name(enum mtud_fwd_stage stage)
{
	static const char *const names[] = {
		[MTUD_STAGE_REST] = "rest",
		[MTUD_STAGE_INJECT] = "inject",
		[MTUD_STAGE_RX] = "rx",
		[MTUD_STAGE_PARSE] = "parse",
		[MTUD_STAGE_ROUTE] = "route",
		[MTUD_STAGE_SIZE] = "size",
		[MTUD_STAGE_MSS] = "mss",
		[MTUD_STAGE_EGRESS] = "egress",
		[MTUD_STAGE_EXCEPT] = "except",
		[MTUD_STAGE_BORN] = "born",
		[MTUD_STAGE_FLUSH] = "flush",
	};

	return stage < RTE_DIM(names) ? names[stage] : "?";
}

/* The checks that a frame has passed before it is dropped are unknown here. */
void
mtud_fwd_note_of(const struct rte_mbuf *m, enum mtud_drop reason, struct mtud_fwd_note *note)
{
	const uint32_t l3_len = m->data_len > MTUD_L3_AT ? m->data_len - MTUD_L3_AT : 0;
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);

	*note = (struct mtud_fwd_note){
		.what = MTUD_NOTE_DROP,
		.why = (uint8_t)reason,
		.port = m->port,
		.octets = m->pkt_len,
	};
	if (m->data_len < sizeof(*eth))
		return;
	note->ether_type = rte_be_to_cpu_16(eth->ether_type);
	note->has_ip = (note->ether_type == RTE_ETHER_TYPE_IPV6 &&
			       l3_len >= sizeof(struct rte_ipv6_hdr)) ||
		(note->ether_type == RTE_ETHER_TYPE_IPV4 && l3_len >= sizeof(struct rte_ipv4_hdr));
	if (!note->has_ip)
		return;
	note->octets -= MTUD_L3_AT;
	if (note->ether_type == RTE_ETHER_TYPE_IPV4) {
		note->src = mtud_ip_from_v4(mtud_fwd_ip4(m)->src_addr);
		note->dst = mtud_ip_from_v4(mtud_fwd_ip4(m)->dst_addr);
	} else {
		memcpy(note->src.b, mtud_fwd_ip6(m)->src_addr, MTUD_IP_LEN);
		memcpy(note->dst.b, mtud_fwd_ip6(m)->dst_addr, MTUD_IP_LEN);
	}
}

void
mtud_fwd_note(struct mtud_worker *w, const struct mtud_fwd_note *note)
{
	if (mtud_rate_take(w->note_rate, &note->src, rte_rdtsc()) &&
		rte_ring_sp_enqueue_elem(w->notes, (void *)(uintptr_t)note, sizeof(*note)) == 0)
		return;
	if (note->what == MTUD_NOTE_ICMP)
		__atomic_store_n(&w->icmp_not_noted, w->icmp_not_noted + 1, __ATOMIC_RELAXED);
	else
		__atomic_store_n(&w->drops_not_noted, w->drops_not_noted + 1, __ATOMIC_RELAXED);
}

void
mtud_fwd_note_drop(struct mtud_worker *w, const struct rte_mbuf *m, enum mtud_drop reason)
{
	struct mtud_fwd_note note;

	mtud_fwd_note_of(m, reason, &note);
	mtud_fwd_note(w, &note);
}
