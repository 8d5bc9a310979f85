/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "icmp_priv.h"

static void
turn_around(
	struct rte_ipv4_hdr *ip, uint16_t len, const struct mtud_ip *src, uint8_t ttl, uint16_t id)
{
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(len);
	ip->packet_id = rte_cpu_to_be_16(id);
	ip->fragment_offset = 0;
	ip->time_to_live = ttl;
	ip->dst_addr = ip->src_addr;
	ip->src_addr = mtud_ip_to_v4(src);
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

uint16_t
mtud_icmp4_echo_reply(struct rte_mbuf *m, uint32_t l3_at, uint16_t payload_at, uint16_t ip_len,
	const struct mtud_ip *src, uint8_t ttl, uint16_t id)
{
	uint16_t len = icmp_strip(m, l3_at, sizeof(struct rte_ipv4_hdr), payload_at, ip_len);
	struct mtud_icmp6_hdr *icmp;
	struct rte_ipv4_hdr *ip;

	if (len == 0)
		return 0;
	ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, l3_at);
	turn_around(ip, len, src, ttl, id);

	icmp = (struct mtud_icmp6_hdr *)(ip + 1);
	icmp->cksum = icmp_cksum_fold(icmp_change_type(icmp, MTUD_ICMP4_ECHO_REPLY));
	/* Without a pseudo-header a reply may be all zeros, whose checksum is 0xffff: an update, as
	 * RFC 1624 has it, cannot tell that from any other sum of 0. */
	if (icmp->cksum == 0)
		icmp->cksum = mtud_pkt_cksum(m, l3_at + sizeof(*ip), len - sizeof(*ip));
	return len;
}
