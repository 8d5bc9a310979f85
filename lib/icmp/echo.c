/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <netinet/in.h>

#include "icmp_priv.h"

/* The pseudo-header's two addresses count alike, so that of the asker changes nothing. */
static void
turn_around(struct rte_ipv6_hdr *ip6, struct mtud_icmp6_hdr *icmp, const struct mtud_ip *src)
{
	uint32_t sum = icmp_change_type(icmp, MTUD_ICMP6_ECHO_REPLY);

	sum = icmp_cksum_change(sum, ip6->dst_addr, src->b, sizeof(src->b));
	icmp->cksum = icmp_cksum_fold(sum);

	memcpy(ip6->dst_addr, ip6->src_addr, sizeof(ip6->dst_addr));
	memcpy(ip6->src_addr, src->b, sizeof(ip6->src_addr));
}

uint16_t
mtud_icmp6_echo_reply(struct rte_mbuf *m, uint32_t l3_at, uint16_t payload_at, uint16_t ip_len,
	const struct mtud_ip *src, uint8_t hop_limit)
{
	uint16_t len = icmp_strip(m, l3_at, sizeof(struct rte_ipv6_hdr), payload_at, ip_len);
	struct rte_ipv6_hdr *ip6;

	if (len == 0)
		return 0;
	ip6 = rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, l3_at);
	ip6->payload_len = rte_cpu_to_be_16(len - sizeof(*ip6));
	ip6->proto = IPPROTO_ICMPV6;
	ip6->hop_limits = hop_limit;
	turn_around(ip6, (struct mtud_icmp6_hdr *)(ip6 + 1), src);
	return len;
}
