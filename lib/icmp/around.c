/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_memcpy.h>

#include "icmp_priv.h"

/* Of ol_flags, what says whose the data is; the rest tells of the frame as it came in. */
#define OWNER_FLAGS (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL)

/* The cause from its IP header on becomes the segments behind the headers. */
static void
chain_quote(struct rte_mbuf *m, struct rte_mbuf *cause, uint32_t l3_at, uint16_t quote_octets)
{
	rte_pktmbuf_adj(cause, l3_at);
	mtud_pkt_cut(cause, quote_octets);
	cause->ol_flags &= OWNER_FLAGS;
	m->next = cause;
	m->nb_segs = cause->nb_segs + 1;
	m->pkt_len += quote_octets;
}

static int
copy_quote(struct rte_mbuf *m, const struct rte_mbuf *cause, uint32_t l3_at, uint16_t quote_octets)
{
	void *to = rte_pktmbuf_append(m, quote_octets);
	const void *from;

	if (to == NULL)
		return -ENOBUFS;
	from = rte_pktmbuf_read(cause, l3_at, quote_octets, to);
	if (from == NULL)
		return -EINVAL;
	if (from != to)
		rte_memcpy(to, from, quote_octets);
	return 0;
}

struct rte_mbuf *
icmp_around(struct rte_mempool *pool, struct rte_mbuf *cause, uint32_t l3_at, uint16_t overhead,
	uint16_t quote_octets, bool chain)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	if (m == NULL)
		return NULL;
	if (rte_pktmbuf_append(m, ICMP_IP_AT + overhead) == NULL)
		goto free_reply;
	m->port = cause->port;

	/* A first segment without an octet of the quote would be an empty one: copy instead. */
	if (chain && l3_at < cause->data_len) {
		chain_quote(m, cause, l3_at, quote_octets);
	} else {
		if (copy_quote(m, cause, l3_at, quote_octets) < 0)
			goto free_reply;
		rte_pktmbuf_free(cause);
	}
	return m;

free_reply:
	rte_pktmbuf_free(m);
	return NULL;
}
