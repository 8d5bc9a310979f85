/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_memcpy.h>

#include "icmp_priv.h"

/* Nobody else may read what is in front of the quote, and there is room for the headers. */
static bool
may_become_reply(const struct rte_mbuf *cause, uint32_t l3_at, uint16_t headers,
	uint16_t quote_octets)
{
	return RTE_MBUF_DIRECT(cause) && rte_mbuf_refcnt_read(cause) == 1 &&
	       l3_at <= cause->data_len && l3_at + quote_octets <= cause->pkt_len &&
	       rte_pktmbuf_headroom(cause) + l3_at >= headers;
}

/* The cause from its IP header on is the quote where it stands. What its other fields tell is of
 * the frame as it came in. */
static void
become_reply(struct rte_mbuf *m, uint32_t l3_at, uint16_t headers, uint16_t quote_octets)
{
	if (likely(m->nb_segs == 1))
		m->data_len = l3_at + quote_octets;
	else
		mtud_pkt_cut(m, l3_at + quote_octets);
	m->data_off += l3_at - headers;
	m->data_len += headers - l3_at;
	m->pkt_len = headers + quote_octets;
	m->ol_flags = 0;
	m->packet_type = 0;
	m->tx_offload = 0;
}

static struct rte_mbuf *
copy_quote(struct rte_mempool *pool, const struct rte_mbuf *cause, uint32_t l3_at,
	uint16_t headers, uint16_t quote_octets)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	const void *from;
	uint8_t *to;

	if (m == NULL)
		return NULL;
	to = (uint8_t *)rte_pktmbuf_append(m, headers + quote_octets);
	if (to == NULL)
		goto free_reply;
	from = rte_pktmbuf_read(cause, l3_at, quote_octets, to + headers);
	if (from == NULL)
		goto free_reply;
	if (from != to + headers)
		rte_memcpy(to + headers, from, quote_octets);
	m->port = cause->port;
	return m;

free_reply:
	rte_pktmbuf_free(m);
	return NULL;
}

struct rte_mbuf *
icmp_around(struct rte_mempool *pool, struct rte_mbuf *cause, uint32_t l3_at, uint16_t overhead,
	uint16_t quote_octets)
{
	uint16_t headers = ICMP_IP_AT + overhead;
	struct rte_mbuf *m;

	if (likely(may_become_reply(cause, l3_at, headers, quote_octets))) {
		become_reply(cause, l3_at, headers, quote_octets);
		return cause;
	}
	m = copy_quote(pool, cause, l3_at, headers, quote_octets);
	if (m != NULL)
		rte_pktmbuf_free(cause);
	return m;
}
