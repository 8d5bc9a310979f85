/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* A worker keeps nothing back: what a poll takes in has left when it returns. */

#include "test_fwd.h"

#define A2 "2001:db8:a::2"

static void
arrive(struct rte_mbuf *m)
{
	assert_int_equal(rte_ring_enqueue(rte_ring_lookup("in0"), m), 0);
}

static uint16_t
poll_once(void)
{
	const struct mtud_rxq q = {.port = 0};

	mtud_fwd_begin(bench.w);
	return mtud_fwd_poll(bench.w, &q);
}

static unsigned int
left_by(uint16_t port)
{
	struct rte_mbuf *m;
	unsigned int n;

	for (n = 0; (m = leaving(port)) != NULL; n++)
		rte_pktmbuf_free(m);
	return n;
}

static void
an_empty_queue_gives_nothing(void **state)
{
	(void)state;
	assert_int_equal(poll_once(), 0);
	assert_silent();
}

static void
a_lone_packet_leaves_at_once(void **state)
{
	struct recipe r = {.src = A2, .dst = "2001:db8:1::9"};
	struct recipe4 r4 = {.src = "192.0.2.2", .dst = "10.1.0.9"};

	(void)state;
	arrive(make(&r));
	assert_int_equal(poll_once(), 1);
	assert_int_equal(left_by(1), 1);
	arrive(make4(&r4));
	assert_int_equal(poll_once(), 1);
	assert_int_equal(left_by(1), 1);
	assert_all_free();
}

/* Its answer, too, and every fragment of it. */
static void
so_does_what_becomes_of_it(void **state)
{
	struct recipe big = {.src = A2, .dst = "2001:db8:1::9", .ip_len = 1500};
	struct recipe4 big4 = {.src = "192.0.2.2", .dst = "10.1.0.9", .ip_len = 1500};

	(void)state;
	arrive(make(&big));
	assert_int_equal(poll_once(), 1);
	assert_int_equal(left_by(0), 1);
	arrive(make4(&big4));
	assert_int_equal(poll_once(), 1);
	assert_int_equal(left_by(1), 2);
	assert_silent();
	assert_all_free();
}

static void
more_than_a_burst_takes_two_polls(void **state)
{
	struct recipe r = {.src = A2, .dst = "2001:db8:1::9"};
	unsigned int i;

	(void)state;
	for (i = 0; i < MTUD_BURST + 1; i++)
		arrive(make(&r));
	assert_int_equal(poll_once(), MTUD_BURST);
	assert_int_equal(left_by(1), MTUD_BURST);
	assert_int_equal(poll_once(), 1);
	assert_int_equal(left_by(1), 1);
	assert_all_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_empty_queue_gives_nothing, bench_reset),
		cmocka_unit_test_setup(a_lone_packet_leaves_at_once, bench_reset),
		cmocka_unit_test_setup(so_does_what_becomes_of_it, bench_reset),
		cmocka_unit_test_setup(more_than_a_burst_takes_two_polls, bench_reset),
	};

	return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
