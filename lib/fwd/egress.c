/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_ethdev.h>

#include "mtud_fwd.h"
#include "mtud_ledger.h"

/* How many of a batch's first n were made here. */
static unsigned int
own_before(const struct mtud_txq *q, unsigned int n)
{
	unsigned int own = 0;
	unsigned int i;

	for (i = 0; i < n / 64; i++)
		own += (unsigned int)__builtin_popcountll(q->own[i]);
	if (n % 64 != 0)
		own += (unsigned int)__builtin_popcountll(q->own[i] & ((UINT64_C(1) << n % 64) - 1));
	return own;
}

static inline bool
has_own(const struct mtud_txq *q)
{
	static_assert(RTE_DIM(q->own) == 2, "two words are a batch");
	return (q->own[0] | q->own[1]) != 0;
}

/* Count and free what the PMD did not take, or what has no PMD to take it. */
static void
give_up(struct mtud_worker *w, struct mtud_txq *q, uint16_t from, enum mtud_drop reason)
{
	uint16_t i;

	for (i = from; i < q->n; i++) {
		q->octets -= q->pkt[i]->pkt_len;
		mtud_fwd_count_drop(w, q->pkt[i], reason);
	}
	w->stat.own_drop[reason] += own_before(q, q->n) - own_before(q, from);
	rte_pktmbuf_free_bulk(&q->pkt[from], q->n - from);
}

static void
flush(struct mtud_worker *w, uint16_t port)
{
	struct mtud_txq *q = &w->tx[port];
	struct mtud_stat_port *stat = &w->stat.port[port];
	uint16_t sent = 0;

	mtud_pkt_all_held_by(q->pkt, q->n, MTUD_PKT_SENT);
	if (likely(w->v->port[port].up && !w->v->port[port].no_link)) {
		if (q->lock != NULL)
			rte_spinlock_lock(q->lock);
		sent = rte_eth_tx_burst(port, q->queue, q->pkt, q->n);
		if (q->lock != NULL)
			rte_spinlock_unlock(q->lock);
		if (unlikely(sent < q->n))
			give_up(w, q, sent, MTUD_DROP_TX_FULL);
	} else {
		give_up(w, q, 0, MTUD_DROP_PORT_DOWN);
	}
	stat->tx_packets += sent;
	stat->tx_octets += q->octets;
	w->stat.forwarded += sent;
	if (unlikely(has_own(q))) {
		w->stat.forwarded -= own_before(q, sent);
		memset(q->own, 0, sizeof(q->own));
	}
	q->octets = 0;
	q->n = 0;
}

void
mtud_fwd_flush(struct mtud_worker *w)
{
	uint16_t port;

	for (port = 0; port < w->n_ports; port++)
		if (w->tx[port].n > 0)
			flush(w, port);
}

static inline void
enqueue(struct mtud_worker *w, uint16_t port, struct rte_mbuf *m)
{
	struct mtud_txq *q = &w->tx[port];

	mtud_pkt_held_by(m, MTUD_PKT_QUEUED);
	q->octets += m->pkt_len;
	q->pkt[q->n++] = m;
	if (unlikely(q->n == RTE_DIM(q->pkt)))
		flush(w, port);
}

/* A port that takes one segment only gets the packet in one. */
static bool
fits_port(struct mtud_worker *w, uint16_t port, struct rte_mbuf *m)
{
	if (likely(m->nb_segs == 1) || w->v->port[port].tx_multi_seg ||
		rte_pktmbuf_linearize(m) == 0)
		return true;
	mtud_fwd_drop(w, m, MTUD_DROP_NO_MBUF);
	return false;
}

void
mtud_fwd_tx(struct mtud_worker *w, uint16_t port, struct rte_mbuf *m)
{
	struct mtud_txq *q = &w->tx[port];

	if (unlikely(!fits_port(w, port, m))) {
		w->stat.own_drop[MTUD_DROP_NO_MBUF]++;
		return;
	}
	q->own[q->n / 64] |= UINT64_C(1) << q->n % 64;
	enqueue(w, port, m);
}

/* Both MACs in two stores: that of the adjacency, and the port's own, which its word has. */
static inline void
write_macs(struct rte_ether_hdr *eth, uint64_t adj_word, uint64_t mac_word)
{
	const bool little = RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN;
	uint64_t dst = adj_word & (little ? UINT64_MAX >> 16 : UINT64_MAX << 16);
	uint64_t first = dst | (little ? mac_word << 48 : mac_word >> 48);
	uint32_t rest = (uint32_t)(mac_word >> 16);

	memcpy(eth, &first, sizeof(first));
	memcpy(&eth->src_addr.addr_bytes[2], &rest, sizeof(rest));
}

/* The header of the way that is left, in front of a packet that goes as it is. */
static inline void
write_headers(const struct mtud_fwd_view *v, const struct mtud_burst *b, unsigned int i)
{
	struct rte_mbuf *m = b->pkt[i];

	if (b->family == MTUD_IPV4)
		mtud_fwd_ttl_down(mtud_fwd_ip4(m));
	else
		mtud_fwd_ip6(m)->hop_limits--;
	write_macs(rte_pktmbuf_mtod(m, struct rte_ether_hdr *), b->adj[i].word,
		v->port[b->adj[i].port].mac_word);
}

/* A packet of ours has its hop limit as it is to be. */
static inline void
send_own(struct mtud_worker *w, const struct mtud_burst *b, unsigned int i)
{
	write_macs(rte_pktmbuf_mtod(b->pkt[i], struct rte_ether_hdr *), b->adj[i].word,
		w->v->port[b->adj[i].port].mac_word);
	mtud_fwd_tx(w, b->adj[i].port, b->pkt[i]);
}

void
mtud_fwd_egress(struct mtud_worker *w, struct mtud_burst *b)
{
	const struct mtud_fwd_view *v = w->v;
	unsigned int i;

	for (i = 0; i < b->n; i++) {
		struct mtud_route_count *count = &w->count[b->slot[i]];

		if (unlikely(b->verdict[i] != MTUD_PASS)) {
			/* Here, for packets of one flow stay in order. */
			if (b->verdict[i] == MTUD_FRAGMENT)
				mtud_fwd_fragment(w, b, i);
			continue;
		}
		count->packets++;
		count->octets += b->ip_len[i];
		if (unlikely(b->flags[i] & MTUD_FLAG_BORN)) {
			send_own(w, b, i);
			continue;
		}
		write_headers(v, b, i);
		if (likely(fits_port(w, b->adj[i].port, b->pkt[i])))
			enqueue(w, b->adj[i].port, b->pkt[i]);
	}
}
