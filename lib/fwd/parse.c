/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_prefetch.h>

#include "mtud_fwd.h"
#include "mtud_ledger.h"

#define PREFETCH_AHEAD 4u

#define HEADERS6_LEN (MTUD_L3_AT + sizeof(struct rte_ipv6_hdr))
#define HEADERS4_LEN (MTUD_L3_AT + sizeof(struct rte_ipv4_hdr))

/* What pads the shortest IPv4 packet to the shortest Ethernet frame. */
#define PAD_MAX (RTE_ETHER_MIN_LEN - RTE_ETHER_CRC_LEN - HEADERS4_LEN)

/* Unspecified, loopback, IPv4-mapped, link-local, multicast: each starts in one of two ways. */
static inline uint64_t
is_special6(const uint8_t *addr)
{
	uint64_t high;

	memcpy(&high, addr, sizeof(high));
	return (high == 0) | (addr[0] >= 0xfe);
}

/* 0/8, 127/8, and from 224/4 on. */
static inline uint64_t
is_special4(uint32_t addr_be)
{
	static const bool special[UINT8_MAX + 1] = {
		[0] = true, [127] = true, [224 ... UINT8_MAX] = true};
	uint8_t top;

	memcpy(&top, &addr_be, sizeof(top));
	return special[top];
}

/* Is the checksum of a header without options wrong? Carries that come back in are what is left of
 * a division by 65535, and a sum that is all ones is a multiple of it: nothing need be folded. */
static inline uint64_t
is_corrupt4(const struct rte_ipv4_hdr *ip)
{
	uint64_t two[2];
	uint32_t last;

	static_assert(sizeof(two) + sizeof(last) == sizeof(*ip), "five words are a header");
	memcpy(&two[0], ip, sizeof(two[0]));
	memcpy(&two[1], &ip->time_to_live, sizeof(two[1]));
	memcpy(&last, &ip->dst_addr, sizeof(last));
	return ((two[0] >> 32) + (uint32_t)two[0] + (two[1] >> 32) + (uint32_t)two[1] + last) %
		       0xffff != 0;
}

/* The frame that needs no second look: for our MAC, exactly as long as it says, no longer than the
 * link's MTU, between two global unicast addresses of which the source is none of ours. What
 * differs is gathered as bits: one branch decides. */
static inline bool
is_plain6(const struct mtud_fwd_view *v, const struct mtud_fwd_port *p, const struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip = mtud_fwd_ip6(m);
	uint32_t ip_len;
	uint64_t odd;

	if (unlikely(m->data_len < HEADERS6_LEN))
		return false;
	ip_len = rte_be_to_cpu_16(ip->payload_len) + (uint32_t)sizeof(*ip);
	odd = mtud_fwd_mac_differs(rte_pktmbuf_mtod(m, void *), p->mac_word);
	odd |= (ip->vtc_flow & RTE_BE32(0xf0000000)) ^ RTE_BE32(0x60000000);
	odd |= (ip_len + MTUD_L3_AT) ^ m->pkt_len;
	odd |= ip_len > p->mtu;
	odd |= ip->payload_len == 0;
	odd |= is_special6(ip->src_addr);
	odd |= is_special6(ip->dst_addr);
	odd |= mtud_fwd_is_marked(&v->false_source[MTUD_IPV6], mtud_fwd_mark6(ip->src_addr));
	return odd == 0;
}

/* The same with IPv4's checksum and without options. The padding of short frames is cut here:
 * acknowledgements of TCP have it. */
static inline bool
is_plain4(const struct mtud_fwd_view *v, const struct mtud_fwd_port *p, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mtud_fwd_ip4(m);
	uint32_t ip_len, pad;
	uint64_t odd;

	if (unlikely(m->data_len < HEADERS4_LEN))
		return false;
	ip_len = rte_be_to_cpu_16(ip->total_length);
	pad = m->pkt_len - MTUD_L3_AT - ip_len;
	odd = mtud_fwd_mac_differs(rte_pktmbuf_mtod(m, void *), p->mac_word);
	odd |= ip->version_ihl ^ RTE_IPV4_VHL_DEF;
	odd |= pad > PAD_MAX;
	odd |= ip_len > p->mtu;
	odd |= ip_len < sizeof(*ip);
	odd |= is_corrupt4(ip);
	odd |= is_special4(ip->src_addr);
	odd |= is_special4(ip->dst_addr);
	odd |= mtud_fwd_is_marked(&v->false_source[MTUD_IPV4], mtud_fwd_mark4(ip->src_addr));
	if (unlikely(odd != 0))
		return false;
	if (unlikely(pad != 0)) {
		if (m->nb_segs != 1)
			return false;
		m->data_len -= pad;
		m->pkt_len -= pad;
	}
	return true;
}

static inline void
parse(struct mtud_worker *w, const struct mtud_fwd_view *v, uint16_t port, struct rte_mbuf *m)
{
	const struct mtud_fwd_port *p = &v->port[port];
	rte_be16_t type = 0;

	if (likely(m->data_len >= sizeof(struct rte_ether_hdr)))
		type = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *)->ether_type;
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6) && likely(is_plain6(v, p, m)))
		mtud_fwd_take(w->rx, MTUD_IPV6, m, (uint16_t)(m->pkt_len - MTUD_L3_AT), 0);
	else if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4) && likely(is_plain4(v, p, m)))
		mtud_fwd_take(w->rx, MTUD_IPV4, m, (uint16_t)(m->pkt_len - MTUD_L3_AT), 0);
	else
		mtud_fwd_examine(w, port, m);
}

void
mtud_fwd_parse(struct mtud_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	struct mtud_stat_port *stat = &w->stat.port[port];
	const struct mtud_fwd_view *v = w->v;
	uint64_t octets = 0;
	unsigned int i;

	mtud_pkt_all_held_by(pkts, n, MTUD_PKT_WORKER);
	w->rx[MTUD_IPV6].n = 0;
	w->rx[MTUD_IPV4].n = 0;
	/* First, so that no reader sees more packets end than have come. */
	stat->rx_packets += n;
	for (i = 0; i < RTE_MIN(n, PREFETCH_AHEAD); i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (i = 0; i < n; i++) {
		if (likely(i + PREFETCH_AHEAD < n))
			rte_prefetch0(rte_pktmbuf_mtod(pkts[i + PREFETCH_AHEAD], void *));
		octets += pkts[i]->pkt_len;
		/* Some drivers leave it out, others name a port beneath theirs. */
		pkts[i]->port = port;
		parse(w, v, port, pkts[i]);
	}
	stat->rx_octets += octets;
}
