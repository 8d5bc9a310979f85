/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Whatever comes, and whatever becomes of it: every packet is accounted for. */

#include <stdlib.h>

#include "test_fwd.h"

#define A2 "2001:db8:a::2"
#define DF 0x4000

#define ROUNDS 4000

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

static int stopper;

static unsigned int
below(unsigned int n)
{
	return (unsigned int)random() % n;
}

static struct rte_mbuf *
random_frame(void)
{
	struct rte_mbuf *m;

	if (below(2) == 0)
		m = make(&recipes6[below(RTE_DIM(recipes6))]);
	else
		m = make4(&recipes4[below(RTE_DIM(recipes4))]);
	if (below(20) == 0)
		rte_pktmbuf_trim(m, (uint16_t)below(m->pkt_len));
	return m;
}

/* What the control thread does: it hands back, or keeps; and it sends frames of its own. */
static void
be_control(void)
{
	struct rte_mbuf *m;

	while (below(8) != 0 && rte_ring_dequeue(bench.w->punt, (void **)&m) == 0) {
		if (mtud_pkt_meta(m)->why != MTUD_PKT_RESOLVE || below(4) == 0) {
			rte_pktmbuf_free(m);
			continue;
		}
		mtud_pkt_meta(m)->why = below(2) == 0 ? MTUD_PKT_FAILED : MTUD_PKT_FORWARD;
		assert_int_equal(rte_ring_enqueue(bench.w->inject, m), 0);
	}
	if (below(4) == 0) {
		m = make(&recipes6[0]);
		memcpy(rte_pktmbuf_mtod_offset(m, void *, 12), "\x08\x06", 2);
		*mtud_pkt_meta(m) = (struct mtud_pkt_meta){
			.why = MTUD_PKT_SEND, .egress = (uint16_t)below(PORTS), .born = true};
		assert_int_equal(rte_ring_enqueue(bench.w->inject, m), 0);
	}
}

/* Fill a port's queue, as a peer that takes nothing lets it fill. */
static void
stop_up(uint16_t port)
{
	while (rte_ring_free_count(bench.out[port]) > below(4))
		rte_ring_enqueue(bench.out[port], &stopper);
}

/* Made here: fragments, as none came in, ARP, and what an address of ours sends. */
static bool
is_made(const struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	struct mtud_ip src, dst;

	if (p[12] == 0x08 && p[13] == 0x06)
		return true;
	mtud_fwd_addresses(m, &src, &dst);
	if (p[12] == 0x08 && ((p[20] & 0x3f) != 0 || p[21] != 0))
		return true;
	return mtud_addr_get(&bench.view.addrs, 0, &src) != NULL;
}

static void
collect(uint64_t left[MTUD_STAT_KINDS])
{
	struct rte_mbuf *m;
	unsigned int i;

	for (i = 0; i < PORTS; i++) {
		while ((m = leaving(i)) != NULL) {
			if ((void *)m == &stopper)
				continue;
			left[is_made(m) ? MTUD_STAT_MADE : MTUD_STAT_RECEIVED]++;
			rte_pktmbuf_free(m);
		}
	}
}

static void
check(uint64_t fed)
{
	enum mtud_stat_kind kind;

	for (kind = 0; kind < MTUD_STAT_KINDS; kind++) {
		struct mtud_account a = mtud_stat_account(&bench.w->stat, kind);

		assert_int_equal(a.in + a.returned,
			a.sent + a.fragmented + a.dropped + a.consumed + a.punted);
		if (kind == MTUD_STAT_RECEIVED)
			assert_int_equal(a.in, fed);
		else
			assert_int_equal(a.consumed, 0);
	}
}

static uint64_t
feed_some(void)
{
	struct rte_mbuf *pkts[MTUD_BURST];
	uint16_t n = (uint16_t)(1 + below(below(4) == 0 ? MTUD_BURST : 8)), i;

	for (i = 0; i < n; i++)
		pkts[i] = random_frame();
	mtud_fwd_begin(bench.w);
	mtud_fwd_inject(bench.w);
	mtud_fwd_flush(bench.w);
	mtud_fwd_burst(bench.w, (uint16_t)below(PORTS), pkts, n);
	return n;
}

static void
every_packet_ends_once(void **state)
{
	uint64_t fed = 0, left[MTUD_STAT_KINDS] = {0};
	struct mtud_account received, made;
	unsigned int i;

	(void)state;
	srandom(20);
	seal_echo(echo6, sizeof(echo6), true);
	seal_echo(echo4, sizeof(echo4), false);
	seal_echo(long_echo4, sizeof(long_echo4), false);
	for (i = 0; i < ROUNDS; i++) {
		/* A port that went down, one whose peer does not take, a rate that is too low. */
		bench.view.port[1].up = below(16) != 0;
		if (below(16) == 0)
			stop_up((uint16_t)below(PORTS));
		bench.view.icmp_rate_pps = below(2) * 1000;
		bench.view.icmp_burst = 4;
		bench.view.icmp_generation++;
		fed += feed_some();
		check(fed);
		be_control();
		if (below(4) == 0 || rte_mempool_in_use_count(bench.pool) > 100)
			collect(left);
	}
	collect(left);
	bench.view.port[1].up = true;
	bench.view.icmp_rate_pps = 0;
	received = mtud_stat_account(&bench.w->stat, MTUD_STAT_RECEIVED);
	made = mtud_stat_account(&bench.w->stat, MTUD_STAT_MADE);
	assert_int_equal(received.sent, left[MTUD_STAT_RECEIVED]);
	assert_int_equal(made.sent, left[MTUD_STAT_MADE]);
	/* All of it has happened, to both kinds. */
	assert_true(received.fragmented > 0 && made.fragmented > 0);
	assert_true(received.punted > 0 && made.punted > 0);
	assert_true(received.returned > 0 && made.returned > 0);
	assert_true(received.dropped > 0 && made.dropped > 0);
	assert_true(received.consumed > 0);
	assert_true(bench.w->stat.drop[MTUD_DROP_PORT_DOWN] > 0);
	assert_true(bench.w->stat.drop[MTUD_DROP_TX_FULL] > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_packet_ends_once, bench_reset),
	};

	return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
