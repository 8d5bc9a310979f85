/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_prefetch.h>

#include "mtud_fwd.h"

#define PREFETCH_AHEAD 4u

#define HEADERS_LEN (MTUD_L3_AT + sizeof(struct rte_ipv6_hdr))

/* Unspecified, loopback, IPv4-mapped, link-local, multicast: each starts in one of two ways. */
static inline uint64_t
is_special(const uint8_t *addr)
{
	uint64_t high;

	memcpy(&high, addr, sizeof(high));
	return (high == 0) | (addr[0] >= 0xfe);
}

/* The frame that needs no second look: for our MAC, IPv6, exactly as long as it says, no longer
 * than the link's MTU, between two global unicast addresses. What differs is gathered as bits:
 * one branch decides. */
static inline bool
is_plain(const struct mtud_fwd_port *p, const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_ipv6_hdr *ip = mtud_fwd_ip6(m);
	uint32_t ip_len;
	uint64_t odd;

	if (unlikely(m->data_len < HEADERS_LEN))
		return false;
	ip_len = rte_be_to_cpu_16(ip->payload_len) + (uint32_t)sizeof(*ip);
	odd = mtud_fwd_mac_word(eth) ^ p->mac_word;
	odd |= eth->ether_type ^ RTE_BE16(RTE_ETHER_TYPE_IPV6);
	odd |= (ip->vtc_flow & RTE_BE32(0xf0000000)) ^ RTE_BE32(0x60000000);
	odd |= (ip_len + MTUD_L3_AT) ^ m->pkt_len;
	odd |= ip_len > p->mtu;
	odd |= (ip->payload_len | ip->proto) == 0;
	odd |= is_special(ip->src_addr);
	odd |= is_special(ip->dst_addr);
	return odd == 0;
}

void
mtud_fwd_parse(struct mtud_worker *w, struct mtud_burst *b, uint16_t port, struct rte_mbuf **pkts,
	uint16_t n)
{
	const struct mtud_fwd_port *p = &w->v->port[port];
	struct mtud_stat_port *stat = &w->stat.port[port];
	uint64_t octets = 0;
	unsigned int i;

	b->n = 0;
	b->n_except = 0;
	for (i = 0; i < RTE_MIN(n, PREFETCH_AHEAD); i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];
		const struct rte_ipv6_hdr *ip;
		unsigned int at = b->n;

		if (likely(i + PREFETCH_AHEAD < n))
			rte_prefetch0(rte_pktmbuf_mtod(pkts[i + PREFETCH_AHEAD], void *));
		octets += m->pkt_len;
		if (unlikely(!is_plain(p, m))) {
			mtud_fwd_examine(w, b, port, m);
			continue;
		}
		ip = mtud_fwd_ip6(m);
		b->pkt[at] = m;
		b->flags[at] = 0;
		b->ip_len[at] = (uint16_t)(m->pkt_len - MTUD_L3_AT);
		memcpy(b->dst[at], ip->dst_addr, MTUD_IP_LEN);
		b->n = at + 1;
	}
	stat->rx_packets += n;
	stat->rx_octets += octets;
}
