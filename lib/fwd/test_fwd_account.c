/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Whatever comes, and whatever becomes of it: every packet is accounted for. */

#include <stdlib.h>

#include "test_fwd.h"

#define ROUNDS 4000

static int stopper;

/* What the control thread does: it hands back, or keeps; and it sends frames of its own. */
static void
be_control(void)
{
	struct rte_mbuf *m;

	while (mix_below(8) != 0 && rte_ring_dequeue(bench.w->punt, (void **)&m) == 0) {
		if (mtud_pkt_meta(m)->why != MTUD_PKT_RESOLVE || mix_below(4) == 0) {
			rte_pktmbuf_free(m);
			continue;
		}
		mtud_pkt_meta(m)->why = mix_below(2) == 0 ? MTUD_PKT_FAILED : MTUD_PKT_FORWARD;
		assert_int_equal(rte_ring_enqueue(bench.w->inject, m), 0);
	}
	if (mix_below(4) == 0) {
		m = mix_first();
		memcpy(rte_pktmbuf_mtod_offset(m, void *, 12), "\x08\x06", 2);
		*mtud_pkt_meta(m) = (struct mtud_pkt_meta){
			.why = MTUD_PKT_SEND, .egress = (uint16_t)mix_below(PORTS), .born = true};
		assert_int_equal(rte_ring_enqueue(bench.w->inject, m), 0);
	}
}

/* Fill a port's queue, as a peer that takes nothing lets it fill. */
static void
stop_up(uint16_t port)
{
	while (rte_ring_free_count(bench.out[port]) > mix_below(4))
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
	uint16_t n = (uint16_t)(1 + mix_below(mix_below(4) == 0 ? MTUD_BURST : 8)), i;

	for (i = 0; i < n; i++)
		pkts[i] = mix_frame();
	mtud_fwd_begin(bench.w);
	mtud_fwd_inject(bench.w);
	mtud_fwd_flush(bench.w);
	mtud_fwd_burst(bench.w, (uint16_t)mix_below(PORTS), pkts, n);
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
	mix_seal();
	for (i = 0; i < ROUNDS; i++) {
		/* A port that went down, one whose peer does not take, a rate that is too low. */
		bench.view.port[1].up = mix_below(16) != 0;
		if (mix_below(16) == 0)
			stop_up((uint16_t)mix_below(PORTS));
		bench.view.icmp_rate_pps = mix_below(2) * 1000;
		bench.view.icmp_burst = 4;
		bench.view.icmp_generation++;
		fed += feed_some();
		check(fed);
		be_control();
		if (mix_below(4) == 0 || rte_mempool_in_use_count(bench.pool) > 100)
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
