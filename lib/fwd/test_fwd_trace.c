/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* A trace tells what happens, and does not change it. */

#include <stdlib.h>

#include "mtud_trace.h"
#include "test_fwd.h"

#define A2 "2001:db8:a::2"

#define ROUNDS 1000

static struct mtud_trace *trace;

/* Without limits, from any port, all that comes. */
static int
trace_setup(void **state)
{
	bench_reset(state);
	trace = mtud_trace_create(1, UINT32_MAX);
	assert_non_null(trace);
	bench.view.trace = trace;
	return 0;
}

static int
trace_teardown(void **state)
{
	(void)state;
	bench.view.trace = NULL;
	mtud_trace_free(trace);
	return 0;
}

static const struct mtud_trace_record *
record(void)
{
	return mtud_trace_peek(trace, 0);
}

static void
pop(void)
{
	mtud_trace_pop(trace, 0);
}

/* Received by a port, as a worker does it. */
static void
receive_all(uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	const struct mtud_rxq q = {.port = port};
	char in[8];

	snprintf(in, sizeof(in), "in%u", port);
	assert_int_equal(
		rte_ring_enqueue_bulk(rte_ring_lookup(in), (void **)pkts, n, NULL), n);
	mtud_fwd_begin(bench.w);
	assert_int_equal(mtud_fwd_poll(bench.w, &q), n);
}

static void
receive(struct rte_mbuf *m)
{
	receive_all(0, &m, 1);
}

static void
take_back(void)
{
	mtud_fwd_begin(bench.w);
	mtud_fwd_inject(bench.w);
	mtud_fwd_flush(bench.w);
}

static struct rte_mbuf *
punted(void)
{
	void *m;

	return rte_ring_dequeue(bench.w->punt, &m) == 0 ? m : NULL;
}

static void
give_back(struct rte_mbuf *m, enum mtud_pkt_why why)
{
	assert_non_null(m);
	mtud_pkt_meta(m)->why = why;
	assert_int_equal(rte_ring_enqueue(bench.w->inject, m), 0);
}

/* What left, whatever its order; identifications of IPv4 packets of ours depend on that. */
static uint64_t
gather(void)
{
	uint8_t copy[9000], *p;
	struct rte_mbuf *m;
	uint64_t sum = 0;
	unsigned int port, i;

	for (port = 0; port < PORTS; port++) {
		while ((m = leaving(port)) != NULL) {
			uint64_t hash = UINT64_C(0xcbf29ce484222325) + port;

			p = copy;
			memcpy(copy, rte_pktmbuf_read(m, 0, m->pkt_len, copy), m->pkt_len);
			if (p[12] == 0x08) {
				memset(&p[18], 0, 2);
				memset(&p[24], 0, 2);
			}
			for (i = 0; i < m->pkt_len; i++)
				hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
			sum += hash;
			rte_pktmbuf_free(m);
		}
	}
	while ((m = punted()) != NULL) {
		sum += m->pkt_len;
		rte_pktmbuf_free(m);
	}
	return sum;
}

static uint64_t
run_mix(uint64_t *sums)
{
	struct rte_mbuf *pkts[6];
	uint64_t records = 0;
	unsigned int i, j;

	srandom(77);
	bench_reset(NULL);
	for (i = 0; i < ROUNDS; i++) {
		uint16_t n = (uint16_t)(1 + mix_below(RTE_DIM(pkts)));

		for (j = 0; j < n; j++)
			pkts[j] = mix_frame();
		receive_all(0, pkts, n);
		sums[i] = gather();
		for (; record() != NULL; records++)
			pop();
	}
	return records;
}

static unsigned int asked;

static bool
every_third(const void *filter, const struct rte_mbuf *m)
{
	(void)m;
	assert_ptr_equal(filter, &asked);
	return asked++ % 3 == 0;
}

/* The same frames leave and the same is counted, traced in whole, in part and not at all. */
static void
nothing_changes_by_it(void **state)
{
	static uint64_t plain[ROUNDS], traced[ROUNDS];
	struct mtud_stat expected;

	(void)state;
	mix_seal();
	bench.view.trace = NULL;
	assert_int_equal(run_mix(plain), 0);
	expected = bench.w->stat;
	bench.view.trace = trace;
	assert_int_equal(run_mix(traced), expected.port[0].rx_packets);
	assert_memory_equal(traced, plain, sizeof(plain));
	assert_memory_equal(&bench.w->stat, &expected, sizeof(expected));
	trace->matches = every_third;
	trace->filter = &asked;
	assert_int_equal(run_mix(traced), (expected.port[0].rx_packets + 2) / 3);
	assert_memory_equal(traced, plain, sizeof(plain));
	assert_memory_equal(&bench.w->stat, &expected, sizeof(expected));
	assert_all_free();
}

/* A flow keeps its order, whichever of its packets are traced. */
static void
order_is_kept(void **state)
{
	struct rte_mbuf *pkts[MTUD_BURST], *m;
	unsigned int i, n = 0;

	(void)state;
	trace->matches = every_third;
	trace->filter = &asked;
	for (i = 0; i < MTUD_BURST; i++)
		pkts[i] = make(&(struct recipe){
			.src = A2, .dst = "2001:db8:1::9", .ip_len = (uint16_t)(100 + i)});
	receive_all(0, pkts, MTUD_BURST);
	while ((m = leaving(1)) != NULL) {
		assert_int_equal(m->pkt_len, MTUD_L3_AT + 100 + n++);
		rte_pktmbuf_free(m);
	}
	assert_int_equal(n, MTUD_BURST);
	assert_non_null(record());
	assert_all_free();
}

static bool
is_odd(const void *filter, const struct rte_mbuf *m)
{
	(void)filter;
	return m->pkt_len % 2 != 0;
}

/* Only what matches, only from the port, only as many as asked for, and none once closed. */
static void
only_what_was_asked_for(void **state)
{
	const struct recipe odd = {.src = A2, .dst = "2001:db8:1::9", .ip_len = 101};
	const struct recipe even = {.src = A2, .dst = "2001:db8:1::9", .ip_len = 100};
	struct rte_mbuf *m;

	(void)state;
	trace->matches = is_odd;
	trace->queue[0].left = 2;
	receive(make(&even));
	assert_null(record());
	receive(make(&odd));
	assert_non_null(record());
	assert_int_equal(record()->len, MTUD_L3_AT + 101);
	pop();
	trace->port = 1;
	receive(make(&odd));
	assert_null(record());
	m = make(&odd);
	memcpy(rte_pktmbuf_mtod(m, void *), &our_mac[1], 6);
	receive_all(1, &m, 1);
	assert_non_null(record());
	assert_int_equal(record()->port, 1);
	pop();
	trace->port = -1;
	receive(make(&odd));
	assert_null(record());
	trace->queue[0].left = 2;
	trace->closed = true;
	receive(make(&odd));
	assert_null(record());
	assert_int_equal(mtud_trace_missed(trace), 0);
	gather();
	assert_all_free();
}

/* Nobody reads: what finds no room is counted, and goes its way. */
static void
no_room_is_counted(void **state)
{
	struct rte_mbuf *pkts[MTUD_TRACE_RECORDS], *m;
	unsigned int i, n = 0, again;

	(void)state;
	for (again = 0; again < 2; again++) {
		for (i = 0; i < MTUD_TRACE_RECORDS; i++)
			pkts[i] = mix_first();
		receive_all(0, pkts, MTUD_TRACE_RECORDS);
		assert_int_equal(mtud_trace_missed(trace), again * MTUD_TRACE_RECORDS);
	}
	while ((m = leaving(1)) != NULL) {
		rte_pktmbuf_free(m);
		n++;
	}
	assert_int_equal(n, 2 * MTUD_TRACE_RECORDS);
	pop();
	receive(mix_first());
	assert_int_equal(mtud_trace_missed(trace), MTUD_TRACE_RECORDS);
	for (n = 0; record() != NULL; n++)
		pop();
	assert_int_equal(n, MTUD_TRACE_RECORDS);
	gather();
	assert_all_free();
}

/* What is recorded of one that is forwarded: the packet as it came, the frame as it left. */
static void
forwarded_is_recorded(void **state)
{
	struct recipe r = {.src = A2, .dst = "2001:db8:1::9", .ip_len = 1280};
	struct rte_mbuf *m = make(&r), *out;
	const struct mtud_trace_record *t;
	uint8_t came[MTUD_TRACE_HEAD];

	(void)state;
	memcpy(came, rte_pktmbuf_mtod(m, void *), sizeof(came));
	receive(m);
	t = record();
	assert_non_null(t);
	assert_int_equal(t->port, 0);
	assert_int_equal(t->len, MTUD_L3_AT + 1280);
	assert_int_equal(t->head_len, sizeof(came));
	assert_memory_equal(t->head, came, sizeof(came));
	assert_true(t->sound);
	assert_int_equal(t->family, MTUD_IPV6);
	assert_int_equal(t->ip_len, 1280);
	assert_int_equal(t->verdict, MTUD_PASS);
	assert_int_equal(t->route.mtu, 1280);
	assert_int_equal(t->route.port, 1);
	assert_int_equal(t->drop, MTUD_DROP_NONE);
	assert_int_equal(t->mark, 0);
	assert_int_equal(t->n_frames, 1);
	assert_int_equal(t->frame[0].port, 1);
	assert_int_equal(t->frame[0].len, MTUD_L3_AT + 1280);
	assert_false(t->frame[0].own);
	out = leaving(1);
	assert_non_null(out);
	assert_memory_equal(t->frame[0].head, rte_pktmbuf_mtod(out, void *), MTUD_TRACE_FRAME_HEAD);
	rte_pktmbuf_free(out);
	assert_all_free();
}

/* One that is answered: the reason, the counter, and the answer's frame. */
static void
answer_is_recorded(void **state)
{
	struct recipe r = {.src = A2, .dst = "2001:db8:1::9", .ip_len = 1281};
	const struct mtud_trace_record *t;

	(void)state;
	receive(make(&r));
	t = record();
	assert_non_null(t);
	assert_int_equal(t->verdict, MTUD_ANSWER);
	assert_int_equal(t->drop, MTUD_DROP_TOO_BIG);
	assert_int_equal(t->icmp, MTUD_ICMP_PTB);
	assert_int_equal(t->n_frames, 1);
	assert_int_equal(t->frame[0].port, 0);
	assert_int_equal(t->frame[0].len, MTUD_L3_AT + 1280);
	assert_true(t->frame[0].own);
	assert_int_equal(t->frame[0].head[54], 2);
	gather();
	assert_all_free();
}

/* One that is cut in 31: how many, the first ones and the last. */
static void
fragments_are_recorded(void **state)
{
	struct recipe4 r = {.src = "192.0.2.2", .dst = "10.7.0.9", .ip_len = 1500};
	const struct mtud_trace_record *t;

	(void)state;
	receive(make4(&r));
	t = record();
	assert_non_null(t);
	assert_int_equal(t->verdict, MTUD_FRAGMENT);
	/* (1500 - 20) / 48 octets in each but the last. */
	assert_int_equal(t->fragments, 31);
	assert_int_equal(t->n_frames, 31);
	assert_int_equal(t->frame[0].len, MTUD_L3_AT + 68);
	assert_int_equal(t->frame[MTUD_TRACE_FRAMES - 1].len, MTUD_L3_AT + 20 + 1480 - 30 * 48);
	gather();
	assert_all_free();
}

/* One that is not sound IP has a reason and no route. */
static void
unsound_is_recorded(void **state)
{
	struct rte_mbuf *m = mix_first();

	(void)state;
	rte_pktmbuf_trim(m, m->pkt_len - 10);
	receive(m);
	assert_non_null(record());
	assert_false(record()->sound);
	assert_int_equal(record()->head_len, 10);
	assert_int_equal(record()->drop, MTUD_DROP_RUNT);
	assert_int_equal(record()->n_frames, 0);
	assert_all_free();
}

/* A driver that takes nothing, a port that is down: the packet's own end is told. */
static void
end_at_the_port_is_recorded(void **state)
{
	(void)state;
	bench.view.port[1].up = false;
	receive(mix_first());
	bench.view.port[1].up = true;
	assert_non_null(record());
	assert_int_equal(record()->verdict, MTUD_PASS);
	assert_int_equal(record()->drop, MTUD_DROP_PORT_DOWN);
	assert_int_equal(record()->own_drop, MTUD_DROP_NONE);
	assert_all_free();
}

/* One that waits is known again when it comes back, resolved or failed; others are not. */
static void
one_that_waits_is_known_again(void **state)
{
	struct recipe r = {.src = A2, .dst = "2001:db8:b::88"};
	struct rte_mbuf *m;
	uint8_t mark;

	(void)state;
	trace->queue[0].left = 1;
	receive(make(&r));
	receive(make(&r)); /* not traced any more */
	assert_non_null(record());
	assert_true(record()->punted);
	assert_int_equal(record()->verdict, MTUD_RESOLVE);
	mark = record()->mark;
	assert_int_not_equal(mark, 0);
	pop();
	assert_null(record());
	m = punted();
	give_back(m, MTUD_PKT_FAILED);
	give_back(punted(), MTUD_PKT_FAILED);
	take_back();
	assert_non_null(record());
	assert_true(record()->again);
	assert_true(record()->failed);
	assert_false(record()->own);
	assert_int_equal(record()->mark, mark);
	assert_int_equal(record()->drop, MTUD_DROP_NEIGH_FAILED);
	assert_int_equal(record()->icmp, MTUD_ICMP_UNREACH);
	assert_int_equal(record()->n_frames, 1);
	pop();
	assert_null(record());
	gather();
	assert_all_free();
}

/* So is its answer, which is another packet; and a mark is no other's when it has been used. */
static void
an_answer_that_waits_is_known_again(void **state)
{
	struct recipe r = {.src = "2001:db8:a::77", .dst = "2001:db8:1::9", .ip_len = 1400};
	struct rte_mbuf *m;
	uint8_t mark;

	(void)state;
	receive(make(&r));
	assert_non_null(record());
	assert_true(record()->own_punted);
	assert_false(record()->punted);
	assert_int_equal(record()->drop, MTUD_DROP_TOO_BIG);
	mark = record()->mark;
	pop();
	m = punted();
	receive(make(&(struct recipe){.src = A2, .dst = "2001:db8:b::88"}));
	assert_int_not_equal(record()->mark, mark);
	pop();
	give_back(m, MTUD_PKT_FORWARD);
	take_back();
	assert_non_null(record());
	assert_true(record()->again);
	assert_true(record()->own);
	assert_int_equal(record()->mark, mark);
	/* Nobody has learned of 77: it goes to wait again. */
	assert_int_equal(record()->verdict, MTUD_RESOLVE);
	assert_true(record()->own_punted);
	pop();
	/* A frame of the control thread's own has no mark, whatever stood in its buffer. */
	m = punted();
	rte_pktmbuf_free(m);
	m = punted();
	mtud_pkt_meta(m)->egress = 1;
	give_back(m, MTUD_PKT_SEND);
	take_back();
	assert_null(record());
	gather();
	assert_all_free();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, trace_setup, trace_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_changes_by_it),
		TEST(order_is_kept),
		TEST(only_what_was_asked_for),
		TEST(no_room_is_counted),
		TEST(forwarded_is_recorded),
		TEST(answer_is_recorded),
		TEST(fragments_are_recorded),
		TEST(unsound_is_recorded),
		TEST(end_at_the_port_is_recorded),
		TEST(one_that_waits_is_known_again),
		TEST(an_answer_that_waits_is_known_again),
	};

	return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
