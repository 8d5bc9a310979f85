/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Packets of a case: copies of one frame for each family, with an address and ports of their own
 * and checksums that are right. */

#include <netinet/in.h>
#include <string.h>

#include <rte_tcp.h>
#include <rte_udp.h>

#include "perf.h"

#define BIG 1500

/* As Linux sends them: MSS 1460, SACK permitted, timestamps, window scale 7. */
static const uint8_t syn_options[] = {
	2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};

static uint8_t *
write_ip(uint8_t *frame, enum mtud_family family, uint16_t len, const struct perf_kind *kind)
{
	struct rte_ether_hdr *eth = (struct rte_ether_hdr *)frame;
	struct rte_ipv6_hdr *ip6 = (struct rte_ipv6_hdr *)(eth + 1);
	struct rte_ipv4_hdr *ip4 = (struct rte_ipv4_hdr *)(eth + 1);

	eth->dst_addr = perf_our_mac[0];
	eth->src_addr = perf_peer_mac[0];
	if (family == MTUD_IPV4) {
		eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
		*ip4 = (struct rte_ipv4_hdr){
			.version_ihl = RTE_IPV4_VHL_DEF,
			.total_length = rte_cpu_to_be_16(len),
			.packet_id = RTE_BE16(1),
			.fragment_offset = kind->df ? RTE_BE16(RTE_IPV4_HDR_DF_FLAG) : 0,
			.time_to_live = 64,
			.next_proto_id = kind->proto,
		};
		return (uint8_t *)(ip4 + 1);
	}
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV6);
	*ip6 = (struct rte_ipv6_hdr){
		.vtc_flow = RTE_BE32(6U << 28),
		.payload_len = rte_cpu_to_be_16(len - sizeof(*ip6)),
		.proto = kind->proto,
		.hop_limits = 64,
	};
	return (uint8_t *)(ip6 + 1);
}

void
perf_frame_make(uint8_t *frame, enum mtud_family family, uint16_t len, const struct perf_kind *kind)
{
	uint8_t *l4, *end = frame + MTUD_L3_AT + len;
	struct rte_tcp_hdr *tcp;
	struct rte_udp_hdr *udp;
	unsigned int i;

	if (len == 0)
		return;
	for (i = 0; &frame[i] < end; i++)
		frame[i] = (uint8_t)(i * 7);
	l4 = write_ip(frame, family, len, kind);
	if (kind->proto == IPPROTO_TCP) {
		tcp = (struct rte_tcp_hdr *)l4;
		*tcp = (struct rte_tcp_hdr){
			.dst_port = RTE_BE16(80),
			.data_off = (sizeof(*tcp) + sizeof(syn_options)) / 4 << 4,
			.tcp_flags = RTE_TCP_SYN_FLAG,
			.rx_win = RTE_BE16(64240),
		};
		memcpy(tcp + 1, syn_options, sizeof(syn_options));
	} else {
		udp = (struct rte_udp_hdr *)l4;
		udp->dst_port = RTE_BE16(9);
		udp->dgram_len = rte_cpu_to_be_16((uint16_t)(end - l4));
	}
}

void
perf_packets_begin(struct perf *p)
{
	const struct perf_kind *kind = p->c->kind;
	enum mtud_family family;

	for (family = 0; family < MTUD_FAMILIES; family++) {
		perf_frame_make(p->frame[family], family, kind->len[family], kind);
		perf_frame_make(p->rare[family], family, kind->len[family] != 0 ? BIG : 0, kind);
	}
}

static rte_be16_t *
cksum_at(uint8_t *l4, uint8_t proto)
{
	return proto == IPPROTO_TCP ? &((struct rte_tcp_hdr *)l4)->cksum :
				      &((struct rte_udp_hdr *)l4)->dgram_cksum;
}

void
perf_frame_address(uint8_t *frame, enum mtud_family family, uint8_t proto, uint32_t flow,
	const struct mtud_ip *dst)
{
	struct rte_ipv6_hdr *ip6 = (struct rte_ipv6_hdr *)(frame + MTUD_L3_AT);
	struct rte_ipv4_hdr *ip4 = (struct rte_ipv4_hdr *)(frame + MTUD_L3_AT);
	struct mtud_ip src = perf_sender(family, flow);
	uint8_t *l4 = family == MTUD_IPV4 ? (uint8_t *)(ip4 + 1) : (uint8_t *)(ip6 + 1);
	rte_be16_t *cksum = cksum_at(l4, proto);

	*(rte_be16_t *)l4 = rte_cpu_to_be_16((uint16_t)(1024 + flow));
	*cksum = 0;
	if (family == MTUD_IPV4) {
		ip4->src_addr = mtud_ip_to_v4(&src);
		ip4->dst_addr = mtud_ip_to_v4(dst);
		ip4->hdr_checksum = 0;
		ip4->hdr_checksum = rte_ipv4_cksum(ip4);
		*cksum = rte_ipv4_udptcp_cksum(ip4, l4);
	} else {
		memcpy(ip6->src_addr, src.b, MTUD_IP_LEN);
		memcpy(ip6->dst_addr, dst->b, MTUD_IP_LEN);
		*cksum = rte_ipv6_udptcp_cksum(ip6, l4);
	}
}

static struct mtud_ip
next_destination(struct perf *p, enum mtud_family family, bool narrow)
{
	struct perf_dsts *dsts = &p->dsts[family];
	uint32_t n = p->c->flags & PERF_RANDOM ? dsts->n : RTE_MIN(dsts->n, (uint32_t)PERF_HOT);

	if (narrow)
		return perf_narrow(family, p->serial);
	return dsts->ip[dsts->next++ % n];
}

static void
write_packet(struct perf *p, struct rte_mbuf *m)
{
	const struct perf_kind *kind = p->c->kind;
	bool rare = kind->rare != 0 && p->serial % kind->rare == 0;
	enum mtud_family family = kind->len[MTUD_IPV6] == 0 ? MTUD_IPV4 : MTUD_IPV6;
	uint16_t len;
	struct mtud_ip dst;

	if (kind->len[MTUD_IPV6] != 0 && kind->len[MTUD_IPV4] != 0)
		family = p->serial % MTUD_FAMILIES;
	len = MTUD_L3_AT + (rare ? BIG : kind->len[family]);
	dst = next_destination(p, family, rare || kind->narrow);
	m->port = 0;
	if (p->c->flags & PERF_COPY)
		m->data_off = 0;
	m->data_len = len;
	m->pkt_len = len;
	memcpy(rte_pktmbuf_mtod(m, void *), rare ? p->rare[family] : p->frame[family], len);
	perf_frame_address(rte_pktmbuf_mtod(m, uint8_t *), family, kind->proto,
		p->serial % PERF_HOT, &dst);
	p->serial++;
}

int
perf_packets_fill(struct perf *p, struct rte_mbuf **slot)
{
	struct rte_mempool *pool = p->c->flags & PERF_COLD ? p->pool_cold : p->pool_hot;
	unsigned int i;

	if (rte_pktmbuf_alloc_bulk(pool, slot, MTUD_BURST) < 0)
		return perf_fail("%s: packets are missing: the stage has lost some", p->c->name);
	for (i = 0; i < MTUD_BURST; i++)
		write_packet(p, slot[i]);
	return 0;
}
