/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef TEST_HANDOVER_WIRE_H
#define TEST_HANDOVER_WIRE_H

/* Two ports whose driver is the worker's thread: what comes in is made when it is asked for, what
 * goes out is counted and freed. A driver with rings would hide from the thread sanitizer. To be
 * included behind cmocka.h, by one file of a program. */

#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ip.h>

#include "mtud_arp.h"
#include "mtud_nd.h"
#include "mtud_pkt.h"

#define WIRE_PORTS 2
#define WIRE_BURST 4

/* Behind the router on the other port. */
#define WIRE_FAR6 "2001:db8:1::/48"
#define WIRE_FAR4 "10.1.0.0/16"

static const struct rte_ether_addr wire_mac[WIRE_PORTS] = {
	{{2, 0, 0, 0, 0, 0xa1}}, {{2, 0, 0, 0, 0, 0xb1}}};
static const struct rte_ether_addr wire_peer = {{2, 0, 0, 0, 0, 0xa9}};

static struct {
	struct rte_mempool *pool;
	bool stop; /* control: rw, worker: ro */

	/* worker: rw, control: ro when that has ended */
	uint32_t seed;
	uint64_t came;
	uint64_t left;
} wire = {.seed = 1};

static inline struct mtud_ip
wire_ip(const char *text)
{
	struct mtud_ip ip;

	assert_int_equal(mtud_ip_parse(text, &ip), 0);
	return ip;
}

/* One of n; the same ones each time. */
static inline unsigned int
wire_any(unsigned int n)
{
	wire.seed = wire.seed * UINT32_C(1664525) + UINT32_C(1013904223);
	return (wire.seed >> 16) % n;
}

/* An Ethernet header with room for octets behind it, all zeros. */
static inline struct rte_mbuf *
wire_frame(uint16_t ether_type, uint16_t octets)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(wire.pool);
	struct rte_ether_hdr *eth;

	if (m == NULL)
		return NULL;
	eth = (void *)rte_pktmbuf_append(m, sizeof(*eth) + octets);
	memset(eth, 0, sizeof(*eth) + octets);
	eth->dst_addr = wire_mac[0];
	eth->src_addr = wire_peer;
	eth->ether_type = rte_cpu_to_be_16(ether_type);
	return m;
}

static inline struct rte_mbuf *
wire_udp6(const char *dst, uint16_t octets, uint8_t hop_limit)
{
	struct mtud_ip from = wire_ip("2001:db8:a::9"), to = wire_ip(dst);
	struct rte_mbuf *m = wire_frame(RTE_ETHER_TYPE_IPV6, octets);
	struct rte_ipv6_hdr *ip;

	if (m == NULL)
		return NULL;
	ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, RTE_ETHER_HDR_LEN);
	ip->vtc_flow = RTE_BE32(0x60000000);
	ip->payload_len = rte_cpu_to_be_16(octets - sizeof(*ip));
	ip->proto = IPPROTO_UDP;
	ip->hop_limits = hop_limit;
	memcpy(ip->src_addr, from.b, sizeof(ip->src_addr));
	memcpy(ip->dst_addr, to.b, sizeof(ip->dst_addr));
	return m;
}

static inline struct rte_mbuf *
wire_ip4(uint32_t dst, uint8_t proto, uint16_t octets)
{
	struct rte_mbuf *m = wire_frame(RTE_ETHER_TYPE_IPV4, octets);
	struct rte_ipv4_hdr *ip;

	if (m == NULL)
		return NULL;
	ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(octets);
	ip->time_to_live = 64;
	ip->next_proto_id = proto;
	ip->src_addr = rte_cpu_to_be_32(RTE_IPV4(192u, 0, 2, 9));
	ip->dst_addr = rte_cpu_to_be_32(dst);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	if (proto == IPPROTO_ICMP) /* an echo request of zeros: its checksum is its type's */
		memcpy(ip + 1, "\x08\0\xf7\xff", 4);
	return m;
}

/* Neighbors on the other link, of which the worker has packets waiting. */
static inline struct rte_mbuf *
wire_solicit(bool ipv4)
{
	struct mtud_ip ours = wire_ip(ipv4 ? "203.0.113.1" : "2001:db8:b::1");
	struct mtud_ip peer = wire_ip(ipv4 ? "203.0.113.100" : "2001:db8:b::100");

	peer.b[15] = (uint8_t)(peer.b[15] + wire_any(4));
	return ipv4 ? mtud_arp_build_request(wire.pool, &wire_peer, &peer, &ours, NULL)
		    : mtud_nd_build_ns(wire.pool, &wire_peer, &peer, &ours, &wire_mac[1], NULL);
}

static inline struct rte_mbuf *
wire_packet(uint16_t port)
{
	static const char *const waits[] = {"2001:db8:b::100", "2001:db8:b::101", "2001:db8:b::102",
		"2001:db8:b::103", "2001:db8:b::ff"};

	if (port == 1)
		return wire_any(8) == 0 ? wire_solicit(wire_any(2) == 0) : NULL;
	switch (wire_any(8)) {
	case 0:
		return wire_udp6("2001:db8:1::9", 1400, 64);
	case 1:
		return wire_udp6(waits[wire_any(RTE_DIM(waits))], 100, 64);
	case 2:
		return wire_udp6("2001:db8:1::9", 100, 1);
	case 3:
		return wire_udp6("2001:db8:a::3", 100, 64);
	case 4:
		return wire_ip4(RTE_IPV4(192u, 0, 2, 1), IPPROTO_ICMP, 84);
	case 5:
		return wire_ip4(RTE_IPV4(10, 1, 0, 9), IPPROTO_UDP, 1400);
	case 6:
		return wire_ip4(RTE_IPV4(203u, 0, 113, 100 + wire_any(5)), IPPROTO_UDP, 100);
	default:
		return wire_udp6("2001:db8:1::9", 100, 64);
	}
}

static inline uint16_t
wire_rx(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t port = *(const uint16_t *)queue;
	uint16_t got = 0;

	if (__atomic_load_n(&wire.stop, __ATOMIC_RELAXED))
		return 0;
	while (got < RTE_MIN(n, WIRE_BURST)) {
		struct rte_mbuf *m = wire_packet(port);

		if (m == NULL)
			break;
		m->port = port;
		pkts[got++] = m;
	}
	wire.came += got;
	return got;
}

/* One of some is not taken, as by a queue that is full. */
static inline uint16_t
wire_tx(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t i;

	(void)queue;
	if (n > 0 && wire_any(16) == 0)
		n--;
	for (i = 0; i < n; i++)
		rte_pktmbuf_free(pkts[i]);
	wire.left += n;
	return n;
}

/* EAL and ethdev know the ports by a driver of DPDK's, which is never called. */
static inline void
wire_make(void)
{
	static const uint16_t port[WIRE_PORTS] = {0, 1};
	static const void *queue[WIRE_PORTS][1] = {{&port[0]}, {&port[1]}};
	struct rte_ring *ring;
	char name[16];
	uint16_t i;

	wire.pool = mtud_pkt_pool_create("wire", 511, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	assert_non_null(wire.pool);
	for (i = 0; i < WIRE_PORTS; i++) {
		snprintf(name, sizeof(name), "wire%u", i);
		ring = rte_ring_create(name, 64, SOCKET_ID_ANY, 0);
		assert_int_equal(rte_eth_from_rings(name, &ring, 1, &ring, 1, SOCKET_ID_ANY), i);
		assert_int_equal(rte_eth_dev_configure(i, 1, 1, &(struct rte_eth_conf){0}), 0);
		assert_int_equal(rte_eth_rx_queue_setup(i, 0, 64, 0, NULL, wire.pool), 0);
		assert_int_equal(rte_eth_tx_queue_setup(i, 0, 64, 0, NULL), 0);
		assert_int_equal(rte_eth_dev_start(i), 0);
		rte_eth_fp_ops[i].rx_pkt_burst = wire_rx;
		rte_eth_fp_ops[i].tx_pkt_burst = wire_tx;
		rte_eth_fp_ops[i].rxq.data = (void **)(uintptr_t)queue[i];
	}
}

static inline const struct rte_mempool *
wire_pool(void)
{
	return wire.pool;
}

static inline void
wire_stop(void)
{
	__atomic_store_n(&wire.stop, true, __ATOMIC_RELAXED);
}

static inline void
wire_counts(uint64_t *came, uint64_t *left)
{
	*came = wire.came;
	*left = wire.left;
}

#endif
