/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <netinet/in.h>

#include "frame.h"

/* No router forwards an ND message: it comes with the hop limit it was sent with. */
#define ND_HOP_LIMIT 255

struct rte_mbuf *
mtud_nd_frame(struct rte_mempool *pool, const struct mtud_nd_addrs *addrs, uint8_t proto,
	uint8_t hop_limit, uint16_t payload_len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct rte_ether_hdr *eth;
	struct rte_ipv6_hdr *ip6;

	if (m == NULL)
		return NULL;
	eth = (void *)rte_pktmbuf_append(m, MTUD_ND_PAYLOAD_AT + payload_len);
	if (eth == NULL) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	eth->src_addr = *addrs->eth_src;
	if (addrs->eth_dst != NULL)
		eth->dst_addr = *addrs->eth_dst;
	else
		mtud_nd_group_mac(addrs->dst, &eth->dst_addr);
	eth->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV6);

	ip6 = (struct rte_ipv6_hdr *)(eth + 1);
	ip6->vtc_flow = rte_cpu_to_be_32(6U << 28);
	ip6->payload_len = rte_cpu_to_be_16(payload_len);
	ip6->proto = proto;
	ip6->hop_limits = hop_limit;
	memcpy(ip6->src_addr, addrs->src->b, sizeof(ip6->src_addr));
	memcpy(ip6->dst_addr, addrs->dst->b, sizeof(ip6->dst_addr));
	return m;
}

static uint8_t *
write_option(uint8_t *at, enum mtud_nd_option type, const uint8_t data[MTUD_ND_OPT_DATA])
{
	at[0] = type;
	at[1] = 1;
	memcpy(at + 2, data, MTUD_ND_OPT_DATA);
	return at + MTUD_ND_OPT_UNIT;
}

/* @return where the options go. */
static uint8_t *
write_neighbor(
	struct rte_mbuf *m, enum mtud_icmp6_type type, uint8_t flags, const struct mtud_ip *target)
{
	struct mtud_nd_neighbor *nd =
		rte_pktmbuf_mtod_offset(m, struct mtud_nd_neighbor *, MTUD_ND_PAYLOAD_AT);

	nd->icmp.type = type;
	nd->icmp.code = 0;
	nd->icmp.cksum = 0;
	nd->icmp.data = rte_cpu_to_be_32((uint32_t)flags << 24);
	memcpy(nd->target, target->b, sizeof(nd->target));
	return (uint8_t *)(nd + 1);
}

static void
write_cksum(struct rte_mbuf *m, const struct mtud_nd_addrs *addrs)
{
	struct mtud_icmp6_hdr *icmp =
		rte_pktmbuf_mtod_offset(m, struct mtud_icmp6_hdr *, MTUD_ND_PAYLOAD_AT);

	icmp->cksum = mtud_pkt_cksum6(m, addrs->src, addrs->dst, IPPROTO_ICMPV6, MTUD_ND_PAYLOAD_AT,
		m->pkt_len - MTUD_ND_PAYLOAD_AT);
}

struct rte_mbuf *
mtud_nd_build_ns(struct rte_mempool *pool, const struct rte_ether_addr *our_mac,
	const struct mtud_ip *src, const struct mtud_ip *target, const struct rte_ether_addr *mac,
	const uint8_t *nonce)
{
	struct mtud_ip group = mtud_ip_solicited_node(target);
	struct mtud_nd_addrs addrs = {our_mac, mac, src, mac != NULL ? target : &group};
	bool dad = mtud_ip_is_unspecified(src);
	uint16_t len = sizeof(struct mtud_nd_neighbor);
	struct rte_mbuf *m;
	uint8_t *at;

	len += dad ? 0 : MTUD_ND_OPT_UNIT;
	len += nonce != NULL ? MTUD_ND_OPT_UNIT : 0;
	m = mtud_nd_frame(pool, &addrs, IPPROTO_ICMPV6, ND_HOP_LIMIT, len);
	if (m == NULL)
		return NULL;
	at = write_neighbor(m, MTUD_ICMP6_NS, 0, target);
	if (!dad)
		at = write_option(at, MTUD_ND_OPT_SOURCE_LLADDR, our_mac->addr_bytes);
	if (nonce != NULL)
		write_option(at, MTUD_ND_OPT_NONCE, nonce);
	write_cksum(m, &addrs);
	return m;
}

struct rte_mbuf *
mtud_nd_build_na(struct rte_mempool *pool, const struct rte_ether_addr *our_mac,
	const struct mtud_ip *target, const struct mtud_ip *dst, const struct rte_ether_addr *mac,
	uint8_t flags)
{
	struct mtud_nd_addrs addrs = {our_mac, mtud_ip_is_multicast(dst) ? NULL : mac, target, dst};
	uint16_t len = sizeof(struct mtud_nd_neighbor) + MTUD_ND_OPT_UNIT;
	struct rte_mbuf *m;

	m = mtud_nd_frame(pool, &addrs, IPPROTO_ICMPV6, ND_HOP_LIMIT, len);
	if (m == NULL)
		return NULL;
	write_option(write_neighbor(m, MTUD_ICMP6_NA, flags, target), MTUD_ND_OPT_TARGET_LLADDR,
		our_mac->addr_bytes);
	write_cksum(m, &addrs);
	return m;
}

void
mtud_nd_link_local(const struct rte_ether_addr *mac, struct mtud_ip *ip)
{
	const uint8_t *b = mac->addr_bytes;

	*ip = (struct mtud_ip){{0xfe, 0x80, [8] = b[0] ^ RTE_ETHER_LOCAL_ADMIN_ADDR, [9] = b[1],
		[10] = b[2], [11] = 0xff, [12] = 0xfe, [13] = b[3], [14] = b[4], [15] = b[5]}};
}
