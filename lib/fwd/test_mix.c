/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Packets of every kind, at random. */

#include <stdlib.h>

#include "test_fwd.h"

#define A2 "2001:db8:a::2"
#define DF 0x4000

static const struct rte_ether_addr other_mac = {{2, 9, 9, 9, 9, 9}};
static const struct rte_ether_addr broadcast = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

static uint8_t echo6[] = {128, 0, 0, 0, 0x12, 0x34, 0, 7, 'p', 'i', 'n', 'g'};
static uint8_t echo4[64] = {8, 0, 0, 0, 0x12, 0x34, 0, 7};
static uint8_t long_echo4[1400] = {8, 0, 0, 0, 0x12, 0x34, 0, 7};

static const struct recipe recipes6[] = {
	{.src = A2, .dst = "2001:db8:1::9"},
	{.src = A2, .dst = "2001:db8:1::9", .ip_len = 1400},
	{.src = "2001:db8:a::77", .dst = "2001:db8:1::9", .ip_len = 1400}, /* the answer waits */
	{.src = "2001:db9::1", .dst = "2001:db8:1::9", .ip_len = 1400},    /* no way back */
	{.src = A2, .dst = "2001:db8:b::88"},                              /* waits */
	{.src = A2, .dst = "2001:db8:1::9", .hop_limit = 1},
	{.src = A2, .dst = "2001:db8:2::9"},
	{.src = A2, .dst = "2001:db8:3::9"},
	{.src = A2, .dst = "2001:db9::9"},
	{.src = "::1", .dst = "2001:db8:1::9"},
	{.src = A2, .dst = "2001:db8:1::9", .dst_mac = &other_mac},
	{.src = A2, .dst = "2001:db8:1::9", .ether_type = 0x88cc},
	{.src = A2, .dst = "2001:db8:a::1", .proto = 6},
	{.src = A2, .dst = "2001:db8:a::1"},
	{.src = A2, .dst = "2001:db8:a::1", .proto = 58, .payload = echo6,
		.payload_len = sizeof(echo6)},
	{.src = "fe80::77", .dst = "fe80::a1", .proto = 58, .payload = echo6,
		.payload_len = sizeof(echo6)},
	{.src = A2, .dst = "ff02::1", .proto = 58, .dst_mac = &broadcast,
		.payload = (const uint8_t[8]){135}, .payload_len = 8},
};

static const struct recipe4 recipes4[] = {
	{.src = "192.0.2.2", .dst = "10.1.0.9"},
	{.src = "192.0.2.2", .dst = "10.1.0.9", .ip_len = 1400, .frag = DF},
	{.src = "192.0.2.2", .dst = "10.1.0.9", .ip_len = 1500},
	{.src = "192.0.2.2", .dst = "10.7.0.9", .ip_len = 1500},
	{.src = "192.0.2.2", .dst = "10.3.0.9", .ip_len = 1500, .frag = DF},
	{.src = "192.0.2.2", .dst = "203.0.113.88"},
	{.src = "192.0.2.77", .dst = "10.1.0.9", .ip_len = 1400, .frag = DF},
	{.src = "192.0.2.2", .dst = "10.1.0.9", .ttl = 1},
	{.src = "192.0.2.2", .dst = "198.51.100.9"},
	{.src = "192.0.2.1", .dst = "10.1.0.9"},
	{.src = "192.0.2.2", .dst = "192.0.2.1", .proto = 1, .payload = echo4,
		.payload_len = sizeof(echo4), .ip_len = 20 + sizeof(echo4)},
	/* The reply is fragmented. */
	{.src = "10.7.0.9", .dst = "192.0.2.1", .proto = 1, .payload = long_echo4,
		.payload_len = sizeof(long_echo4), .ip_len = 20 + sizeof(long_echo4)},
};

static void
seal_echo(uint8_t *icmp, uint16_t len, bool v6)
{
	struct mtud_ip src = ip6(A2), dst = ip6("2001:db8:a::1");
	struct rte_mbuf *m = rte_pktmbuf_alloc(bench.pool);
	rte_be16_t sum;

	memcpy(rte_pktmbuf_append(m, len), icmp, len);
	sum = v6 ? mtud_pkt_cksum6(m, &src, &dst, 58, 0, len) : mtud_pkt_cksum(m, 0, len);
	memcpy(&icmp[2], &sum, sizeof(sum));
	rte_pktmbuf_free(m);
}

void
mix_seal(void)
{
	seal_echo(echo6, sizeof(echo6), true);
	seal_echo(echo4, sizeof(echo4), false);
	seal_echo(long_echo4, sizeof(long_echo4), false);
}

unsigned int
mix_below(unsigned int n)
{
	return (unsigned int)random() % n;
}

struct rte_mbuf *
mix_first(void)
{
	return make(&recipes6[0]);
}

struct rte_mbuf *
mix_frame(void)
{
	struct rte_mbuf *m;

	if (mix_below(2) == 0)
		m = make(&recipes6[mix_below(RTE_DIM(recipes6))]);
	else
		m = make4(&recipes4[mix_below(RTE_DIM(recipes4))]);
	if (mix_below(20) == 0)
		rte_pktmbuf_trim(m, (uint16_t)mix_below(m->pkt_len));
	return m;
}
