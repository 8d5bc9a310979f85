/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <netinet/in.h>

#include "mtud_icmp.h"

/* RFC 1624 equation 3, HC' = ~(~HC + ~m + m'), over len octets, an even number. */
static uint32_t
cksum_change(uint32_t sum, const void *old, const void *new, size_t len)
{
	return sum + (uint16_t)~rte_raw_cksum(old, len) + rte_raw_cksum(new, len);
}

static rte_be16_t
cksum_fold(uint32_t sum)
{
	sum = (sum >> 16) + (sum & 0xffff);
	sum += sum >> 16;
	return (rte_be16_t)~sum;
}

/* The pseudo-header's two addresses count alike, so that of the asker changes nothing. */
static void
turn_around(struct rte_ipv6_hdr *ip6, struct mtud_icmp6_hdr *icmp, const struct mtud_ip *src)
{
	struct mtud_icmp6_hdr was = *icmp;
	uint32_t sum = (uint16_t)~icmp->cksum;

	icmp->type = MTUD_ICMP6_ECHO_REPLY;
	sum = cksum_change(sum, &was, icmp, offsetof(struct mtud_icmp6_hdr, cksum));
	sum = cksum_change(sum, ip6->dst_addr, src->b, sizeof(src->b));
	icmp->cksum = cksum_fold(sum);

	memcpy(ip6->dst_addr, ip6->src_addr, sizeof(ip6->dst_addr));
	memcpy(ip6->src_addr, src->b, sizeof(ip6->src_addr));
}

uint16_t
mtud_icmp6_echo_reply(struct rte_mbuf *m, uint32_t l3_at, uint16_t payload_at, uint16_t ip_len,
	const struct mtud_ip *src, uint8_t hop_limit)
{
	uint16_t ext_octets = payload_at - sizeof(struct rte_ipv6_hdr);
	struct rte_ipv6_hdr *ip6;
	uint8_t *frame;

	if (payload_at < sizeof(*ip6) || ip_len < payload_at + sizeof(struct mtud_icmp6_hdr) ||
		l3_at + payload_at + sizeof(struct mtud_icmp6_hdr) > m->data_len)
		return 0;

	if (ext_octets > 0) {
		frame = rte_pktmbuf_mtod(m, uint8_t *);
		memmove(frame + ext_octets, frame, l3_at + sizeof(*ip6));
		rte_pktmbuf_adj(m, ext_octets);
		ip_len -= ext_octets;
	}
	mtud_pkt_cut(m, l3_at + ip_len);

	ip6 = rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, l3_at);
	ip6->payload_len = rte_cpu_to_be_16(ip_len - sizeof(*ip6));
	ip6->proto = IPPROTO_ICMPV6;
	ip6->hop_limits = hop_limit;
	turn_around(ip6, (struct mtud_icmp6_hdr *)(ip6 + 1), src);
	return ip_len;
}
