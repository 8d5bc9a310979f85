/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <netinet/in.h>

#include <rte_memcpy.h>

#include "mtud_icmp.h"

#define IP6_AT  RTE_ETHER_HDR_LEN
#define ICMP_AT (IP6_AT + sizeof(struct rte_ipv6_hdr))

/* Of ol_flags, what says whose the data is; the rest tells of the frame as it came in. */
#define OWNER_FLAGS (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL)

static_assert(sizeof(struct rte_ipv6_hdr) + sizeof(struct mtud_icmp6_hdr) == MTUD_ICMP6_OVERHEAD,
	"an error's own headers");

static void
write_headers(struct rte_mbuf *m, uint16_t len, const struct mtud_icmp_error *err,
	const struct mtud_ip *src, const struct mtud_ip *dst, uint8_t hop_limit)
{
	struct rte_ipv6_hdr *ip6 = rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, IP6_AT);
	struct mtud_icmp6_hdr *icmp = (struct mtud_icmp6_hdr *)(ip6 + 1);

	ip6->vtc_flow = rte_cpu_to_be_32(6U << 28);
	ip6->payload_len = rte_cpu_to_be_16(len - sizeof(*ip6));
	ip6->proto = IPPROTO_ICMPV6;
	ip6->hop_limits = hop_limit;
	memcpy(ip6->src_addr, src->b, sizeof(ip6->src_addr));
	memcpy(ip6->dst_addr, dst->b, sizeof(ip6->dst_addr));

	icmp->type = err->type;
	icmp->code = err->code;
	icmp->cksum = 0;
	icmp->data = rte_cpu_to_be_32(err->value);
}

/* The cause from its IPv6 header on becomes the segments behind the headers. */
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
mtud_icmp6_error(struct rte_mempool *pool, struct rte_mbuf *cause, uint32_t l3_at, uint32_t ip_len,
	const struct mtud_icmp_error *err, const struct mtud_ip *src, uint8_t hop_limit, bool chain)
{
	uint16_t len = mtud_icmp6_error_len(ip_len);
	uint16_t quote_octets = len - MTUD_ICMP6_OVERHEAD;
	struct mtud_icmp6_hdr *icmp;
	struct rte_mbuf *m;
	struct mtud_ip dst;
	const void *sender;

	sender = rte_pktmbuf_read(
		cause, l3_at + offsetof(struct rte_ipv6_hdr, src_addr), sizeof(dst.b), dst.b);
	if (sender == NULL)
		return NULL;
	if (sender != dst.b)
		memcpy(dst.b, sender, sizeof(dst.b));

	m = rte_pktmbuf_alloc(pool);
	if (m == NULL)
		return NULL;
	if (rte_pktmbuf_append(m, IP6_AT + MTUD_ICMP6_OVERHEAD) == NULL)
		goto free_reply;
	m->port = cause->port;
	write_headers(m, len, err, src, &dst, hop_limit);

	/* A first segment without an octet of the quote would be an empty one: copy instead. */
	if (chain && l3_at < cause->data_len) {
		chain_quote(m, cause, l3_at, quote_octets);
	} else {
		if (copy_quote(m, cause, l3_at, quote_octets) < 0)
			goto free_reply;
		rte_pktmbuf_free(cause);
	}

	icmp = rte_pktmbuf_mtod_offset(m, struct mtud_icmp6_hdr *, ICMP_AT);
	icmp->cksum = mtud_pkt_cksum6(
		m, src, &dst, IPPROTO_ICMPV6, ICMP_AT, len - sizeof(struct rte_ipv6_hdr));
	return m;

free_reply:
	rte_pktmbuf_free(m);
	return NULL;
}
