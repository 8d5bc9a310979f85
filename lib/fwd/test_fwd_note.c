/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Events that a worker notes, and where it says that it stands. */

#include <netinet/in.h>

#include <rte_cycles.h>
#include <rte_ring_elem.h>

#include "test_fwd.h"

#define A2 "2001:db8:a::2"

static int
setup(void **state)
{
	assert_int_equal(bench_setup(state), 0);
	bench.w->notes = rte_ring_create_elem("notes", sizeof(struct mtud_fwd_note), MTUD_NOTES_RING,
		SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	bench.w->note_rate = mtud_rate_create(rte_get_tsc_hz(), SOCKET_ID_ANY);
	assert_non_null(bench.w->notes);
	return 0;
}

static int
teardown(void **state)
{
	rte_ring_free(bench.w->notes);
	mtud_rate_free(bench.w->note_rate);
	return bench_teardown(state);
}

static int
reset(void **state)
{
	bench.view.notes = MTUD_NOTE_ICMP | MTUD_NOTE_DROP;
	bench.w->icmp_not_noted = bench.w->drops_not_noted = 0;
	mtud_rate_set(bench.w->note_rate, 0, 0, 0);
	return bench_reset(state);
}

static bool
next_note(struct mtud_fwd_note *n)
{
	return rte_ring_dequeue_elem(bench.w->notes, n, sizeof(*n)) == 0;
}

static void
assert_ip(const struct mtud_ip *ip, const char *text)
{
	struct mtud_ip want = ip6(text);

	assert_memory_equal(ip->b, want.b, MTUD_IP_LEN);
}

static struct mtud_fwd_note
expect_note(uint8_t what, uint8_t why, const char *src, const char *dst, uint32_t octets)
{
	struct mtud_fwd_note n;

	assert_true(next_note(&n));
	assert_int_equal(n.what, what);
	assert_int_equal(n.why, why);
	assert_true(n.has_ip);
	assert_int_equal(n.port, 0);
	assert_int_equal(n.octets, octets);
	assert_ip(&n.src, src);
	assert_ip(&n.dst, dst);
	return n;
}

static void
assert_no_note(void)
{
	struct mtud_fwd_note n;

	assert_false(next_note(&n));
}

/* Drop and answer, each once; what the answer says and whose it is. */
static void
an_answer_is_noted(void **state)
{
	struct recipe big = {.src = A2, .dst = "2001:db8:1::9", .ip_len = 1500};
	struct mtud_fwd_note n;

	(void)state;
	feed(0, make(&big));
	expect_note(MTUD_NOTE_DROP, MTUD_DROP_TOO_BIG, A2, "2001:db8:1::9", 1500);
	n = expect_note(MTUD_NOTE_ICMP, MTUD_ICMP_NONE, A2, "2001:db8:1::9", 1500);
	assert_int_equal(n.sent, MTUD_ICMP_PTB);
	assert_int_equal(n.value, 1280);
	assert_ip(&n.from, "2001:db8:a::1");
	assert_no_note();
}

/* IPv4's, too, whose cause became the answer where it stood. */
static void
an_ipv4_answer_is_noted(void **state)
{
	struct recipe4 big = {
		.src = "192.0.2.2", .dst = "10.1.0.9", .ip_len = 1500, .frag = RTE_IPV4_HDR_DF_FLAG};
	struct mtud_fwd_note n;

	(void)state;
	feed(0, make4(&big));
	expect_note(MTUD_NOTE_DROP, MTUD_DROP_TOO_BIG, "192.0.2.2", "10.1.0.9", 1500);
	n = expect_note(MTUD_NOTE_ICMP, MTUD_ICMP_NONE, "192.0.2.2", "10.1.0.9", 1500);
	assert_int_equal(n.sent, MTUD_ICMP_FRAG_NEEDED);
	assert_no_note();
}

/* RFC 4443 section 2.4 (e.1): no error about an error. The log says so. */
static void
an_answer_held_back_is_noted(void **state)
{
	static const uint8_t unreachable[1500 - 40] = {1, 0};
	struct recipe big = {.src = A2, .dst = "2001:db8:1::9", .proto = IPPROTO_ICMPV6,
		.payload = unreachable, .payload_len = sizeof(unreachable)};
	struct mtud_fwd_note n;

	(void)state;
	feed(0, make(&big));
	expect_note(MTUD_NOTE_DROP, MTUD_DROP_TOO_BIG, A2, "2001:db8:1::9", 1500);
	n = expect_note(MTUD_NOTE_ICMP, MTUD_ICMP_HELD_ERROR, A2, "2001:db8:1::9", 1500);
	assert_int_equal(n.sent, MTUD_ICMP_PTB);
	assert_no_note();
}

static void
each_kind_is_asked_for_alone(void **state)
{
	struct recipe big = {.src = A2, .dst = "2001:db8:1::9", .ip_len = 1500};

	(void)state;
	bench.view.notes = MTUD_NOTE_ICMP;
	feed(0, make(&big));
	expect_note(MTUD_NOTE_ICMP, MTUD_ICMP_NONE, A2, "2001:db8:1::9", 1500);
	assert_no_note();
	bench.view.notes = 0;
	feed(0, make(&big));
	assert_no_note();
	assert_int_equal(bench.w->stat.drop[MTUD_DROP_TOO_BIG], 2);
}

/* A frame is told of as far as it goes, whatever its length. */
static void
no_frame_is_read_beyond_its_end(void **state)
{
	struct recipe r = {.src = A2, .dst = "2001:db8:1::9", .ip_len = 60};
	uint16_t len;

	(void)state;
	for (len = 1; len < MTUD_L3_AT + 40; len++) {
		struct mtud_fwd_note n;
		struct rte_mbuf *m = make(&r);

		/* On the heap, where a sanitizer sees who reads too far. */
		uint8_t *exact = malloc(len);
		struct rte_mbuf copy = *m;

		assert_non_null(exact);
		memcpy(exact, rte_pktmbuf_mtod(m, void *), len);
		copy.buf_addr = exact;
		copy.data_off = 0;
		copy.data_len = len;
		copy.pkt_len = len;
		mtud_fwd_note_of(&copy, MTUD_DROP_RUNT, &n);
		assert_false(n.has_ip);
		assert_int_equal(n.octets, len);
		assert_int_equal(n.ether_type, len >= MTUD_L3_AT ? 0x86dd : 0);
		rte_pktmbuf_free(m);
		free(exact);
	}
}

/* At most so many a second; none is lost without being counted. */
static void
the_rest_is_counted(void **state)
{
	struct recipe nowhere = {.src = A2, .dst = "2001:dead::1"};
	const unsigned int events = 3 * MTUD_NOTES_RING;
	struct mtud_fwd_note n;
	unsigned int i, noted = 0;

	(void)state;
	bench.view.notes = MTUD_NOTE_DROP;
	/* A bucket that gains nothing while the test lasts. */
	mtud_rate_set(bench.w->note_rate, 1, MTUD_NOTES_PER_S, rte_rdtsc() + rte_get_tsc_hz() * 3600);
	for (i = 0; i < events; i++) {
		feed(0, make(&nowhere));
		assert_int_equal(bench_reset(state), 0);
	}
	while (next_note(&n))
		noted++;
	assert_in_range(noted, 1, MTUD_NOTES_PER_S + 1);
	assert_int_equal(noted + bench.w->drops_not_noted, events);
	assert_int_equal(bench.w->icmp_not_noted, 0);
}

static void
a_full_ring_is_counted_too(void **state)
{
	struct recipe nowhere = {.src = A2, .dst = "2001:dead::1"};
	const unsigned int events = MTUD_NOTES_RING + 10;
	struct mtud_fwd_note n;
	unsigned int i, noted = 0;

	(void)state;
	bench.view.notes = MTUD_NOTE_ICMP;
	for (i = 0; i < events; i++) {
		feed(0, make(&nowhere));
		assert_int_equal(bench_reset(state), 0);
	}
	while (next_note(&n))
		noted++;
	assert_int_equal(noted, MTUD_NOTES_RING - 1);
	assert_int_equal(noted + bench.w->icmp_not_noted, events);
}

/* The last stage of a burst, and of a poll that finds none. */
static void
a_worker_says_where_it_stands(void **state)
{
	struct recipe r = {.src = A2, .dst = "2001:db8:1::9"};
	const struct mtud_rxq q = {0};
	unsigned int stage;

	(void)state;
	mtud_fwd_begin(bench.w);
	assert_int_equal(mtud_fwd_poll(bench.w, &q), 0);
	assert_int_equal(bench.w->stage, MTUD_STAGE_RX);
	feed(0, make(&r));
	assert_int_equal(bench.w->stage, MTUD_STAGE_FLUSH);
	for (stage = 0; stage < MTUD_STAGES; stage++)
		assert_string_not_equal(mtud_fwd_stage_name(stage), "?");
	assert_string_equal(mtud_fwd_stage_name(MTUD_STAGES), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_answer_is_noted, reset),
		cmocka_unit_test_setup(an_ipv4_answer_is_noted, reset),
		cmocka_unit_test_setup(an_answer_held_back_is_noted, reset),
		cmocka_unit_test_setup(each_kind_is_asked_for_alone, reset),
		cmocka_unit_test_setup(no_frame_is_read_beyond_its_end, reset),
		cmocka_unit_test_setup(the_rest_is_counted, reset),
		cmocka_unit_test_setup(a_full_ring_is_counted_too, reset),
		cmocka_unit_test_setup(a_worker_says_where_it_stands, reset),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
