/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <netinet/in.h>

#include "icmp_priv.h"

#define ICMP_AT (ICMP_IP_AT + sizeof(struct rte_ipv6_hdr))

static_assert(sizeof(struct rte_ipv6_hdr) + sizeof(struct mtud_icmp6_hdr) == MTUD_ICMP6_OVERHEAD,
	"an error's own headers");

static void
write_headers(struct rte_mbuf *m, uint16_t len, const struct mtud_icmp_error *err,
	const struct mtud_ip *src, const struct mtud_ip *dst, uint8_t hop_limit)
{
	struct rte_ipv6_hdr *ip6 = rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, ICMP_IP_AT);

	ip6->vtc_flow = rte_cpu_to_be_32(6U << 28);
	ip6->payload_len = rte_cpu_to_be_16(len - sizeof(*ip6));
	ip6->proto = IPPROTO_ICMPV6;
	ip6->hop_limits = hop_limit;
	memcpy(ip6->src_addr, src->b, sizeof(ip6->src_addr));
	memcpy(ip6->dst_addr, dst->b, sizeof(ip6->dst_addr));

	icmp_write_header(m, ICMP_AT, err->type, err->code, err->value, len - MTUD_ICMP6_OVERHEAD,
		mtud_pkt_sum_pseudo(src, dst, IPPROTO_ICMPV6, len - sizeof(*ip6)));
}

struct rte_mbuf *
mtud_icmp6_error(struct rte_mempool *pool, struct rte_mbuf *cause, uint32_t l3_at, uint32_t ip_len,
	const struct mtud_icmp_error *err, const struct mtud_ip *src, uint8_t hop_limit)
{
	uint16_t len = mtud_icmp6_error_len(ip_len);
	struct rte_mbuf *m;
	struct mtud_ip dst;
	const void *sender;

	sender = rte_pktmbuf_read(
		cause, l3_at + offsetof(struct rte_ipv6_hdr, src_addr), sizeof(dst.b), dst.b);
	if (sender == NULL)
		return NULL;
	if (sender != dst.b)
		memcpy(dst.b, sender, sizeof(dst.b));

	m = icmp_around(pool, cause, l3_at, MTUD_ICMP6_OVERHEAD, len - MTUD_ICMP6_OVERHEAD);
	if (m != NULL)
		write_headers(m, len, err, src, &dst, hop_limit);
	return m;
}
