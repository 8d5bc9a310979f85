/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* IPv4 packets that are larger than their route's MTU and not answered. */

#include "test_fwd.h"

#define A2 "192.0.2.2"
#define B2 "203.0.113.2"

#define DF 0x4000
#define MF 0x2000

/* Octets of a datagram put together again from what left by port 1; returns its payload length. */
static unsigned int
reassemble(uint8_t *payload, unsigned int mtu, unsigned int *n)
{
	unsigned int total = 0, sum = 0;
	struct rte_mbuf *m;

	*n = 0;
	while ((m = leaving(1)) != NULL) {
		const uint8_t *ip = rte_pktmbuf_mtod_offset(m, const uint8_t *, MTUD_L3_AT);
		unsigned int ihl = (ip[0] & 15) * 4;
		unsigned int len = (ip[2] << 8 | ip[3]) - ihl;
		unsigned int field = ip[6] << 8 | ip[7];
		unsigned int at = (field & 0x1fff) * 8;
		uint8_t buf[2048];

		assert_memory_equal(rte_pktmbuf_mtod(m, void *), &peer_mac[1], 6);
		assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, 6), &our_mac[1], 6);
		assert_true(is_sealed4(m));
		assert_int_equal(m->pkt_len, MTUD_L3_AT + ihl + len);
		assert_in_range(ihl + len, ihl + 1, mtu);
		assert_int_equal(field & DF, 0);
		assert_int_equal(ip[8], 63);
		assert_memory_equal(ip + 4, "\x12\x34", 2);
		if (field & MF)
			assert_int_equal(len % 8, 0);
		else
			total = at + len;
		memcpy(payload + at, rte_pktmbuf_read(m, MTUD_L3_AT + ihl, len, buf), len);
		sum += len;
		(*n)++;
		rte_pktmbuf_free(m);
	}
	assert_int_equal(sum, total);
	return total;
}

static void
df_clear_is_fragmented(void **state)
{
	struct recipe4 r = {.src = A2, .dst = "10.1.0.9", .ip_len = 1500};
	struct rte_mbuf *in = make4(&r);
	uint8_t sent[1480], got[1480];
	unsigned int n;

	(void)state;
	memcpy(sent, rte_pktmbuf_mtod_offset(in, void *, MTUD_L3_AT + 20), sizeof(sent));
	feed(0, in);
	assert_int_equal(reassemble(got, 1280, &n), sizeof(sent));
	assert_int_equal(n, 2);
	assert_memory_equal(got, sent, sizeof(sent));
	assert_silent();
	assert_all_free();
	assert_int_equal(special_of("10.1.0.9")->fragmented, 1);
	assert_int_equal(special_of("10.1.0.9")->fragments, 2);
	assert_int_equal(special_of("10.1.0.9")->df_cleared, 0);
	assert_int_equal(bench.w->stat.fragmented, 1);
	assert_int_equal(bench.w->stat.fragments, 2);

	/* The least MTU: as many fragments as it takes, each within it. */
	bench_reset(NULL);
	r.dst = "10.7.0.9";
	feed(0, make4(&r));
	assert_int_equal(reassemble(got, 68, &n), sizeof(sent));
	assert_int_equal(n, 31);
	assert_memory_equal(got, sent, sizeof(sent));
	assert_all_free();
}

/* df clear: as if it were not set; an identification of 0 tells nothing apart (RFC 6864). */
static void
df_may_be_cleared(void **state)
{
	struct recipe4 r = {.src = A2, .dst = "10.3.0.9", .ip_len = 1400, .frag = DF};
	uint8_t got[1480];
	struct rte_mbuf *m, *next;
	unsigned int n;

	(void)state;
	feed(0, make4(&r));
	assert_int_equal(reassemble(got, 1280, &n), 1380);
	assert_int_equal(special_of("10.3.0.9")->df_cleared, 1);
	assert_int_equal(special_of("10.3.0.9")->fragments, 2);

	m = make4(&r);
	memset(rte_pktmbuf_mtod_offset(m, void *, MTUD_L3_AT + 4), 0, 2);
	seal4(m);
	feed(0, m);
	m = leaving(1);
	next = leaving(1);
	assert_non_null(next);
	assert_memory_not_equal(rte_pktmbuf_mtod_offset(m, void *, MTUD_L3_AT + 4), "\0\0", 2);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, MTUD_L3_AT + 4),
		rte_pktmbuf_mtod_offset(next, void *, MTUD_L3_AT + 4), 2);
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(next);
	assert_all_free();
}

/* What is a fragment already must go on with the identification of its datagram: another one for
 * each would keep the far end from putting them together (RFC 6864 section 4.1: atomic datagrams
 * alone have one without a meaning). */
static void
fragments_with_df_keep_identification(void **state)
{
	static const uint16_t places[] = {DF | 0x2000, DF | 172};
	struct recipe4 r = {.src = A2, .dst = "10.3.0.9", .ip_len = 1396};
	struct rte_mbuf *m;
	unsigned int i, n = 0;

	(void)state;
	for (i = 0; i < RTE_DIM(places); i++) {
		r.frag = places[i];
		m = make4(&r);
		memset(rte_pktmbuf_mtod_offset(m, void *, MTUD_L3_AT + 4), 0, 2);
		seal4(m);
		feed(0, m);
	}
	for (; (m = leaving(1)) != NULL; n++) {
		assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, MTUD_L3_AT + 4), "\0\0", 2);
		rte_pktmbuf_free(m);
	}
	assert_int_equal(n, 4);
	assert_all_free();
}

/* df pass: whole, while the port carries it; DF clear is fragmented all the same. */
static void
df_may_pass(void **state)
{
	struct recipe4 r = {.src = A2, .dst = "10.2.0.9", .ip_len = 1500, .frag = DF};
	struct rte_mbuf *m;
	uint8_t got[1480];
	unsigned int n;

	(void)state;
	feed(0, make4(&r));
	m = leaving(1);
	assert_non_null(m);
	assert_int_equal(m->pkt_len, MTUD_L3_AT + 1500);
	rte_pktmbuf_free(m);
	assert_int_equal(special_of("10.2.0.9")->df_passed, 1);
	assert_int_equal(special_of("10.2.0.9")->too_big, 1);
	assert_int_equal(special_of("10.2.0.9")->fragmented, 0);

	r.frag = 0;
	feed(0, make4(&r));
	assert_int_equal(reassemble(got, 1280, &n), 1480);

	bench_reset(NULL);
	bench.view.port[1].mtu = 1400;
	r.frag = DF;
	feed(0, make4(&r));
	bench.view.port[1].mtu = 1500;
	m = leaving(0);
	assert_non_null(m);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, 34), "\x03\x04", 2);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, 40), "\x05\x78", 2);
	rte_pktmbuf_free(m);
	assert_silent();
	assert_all_free();
}

/* Packets of one flow keep their order, fragments among them. */
static void
fragments_keep_their_place(void **state)
{
	static const uint16_t sizes[] = {100, 1400, 101, 1280, 1281, 102};
	static const uint16_t expected[] = {100, 1276, 144, 101, 1280, 1276, 25, 102};
	struct rte_mbuf *pkts[RTE_DIM(sizes)], *m;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(sizes); i++)
		pkts[i] = make4(&(struct recipe4){.src = A2, .dst = "10.1.0.9", .ip_len = sizes[i]});
	feed_all(0, pkts, RTE_DIM(sizes));
	for (i = 0; i < RTE_DIM(expected); i++) {
		m = leaving(1);
		assert_non_null(m);
		assert_int_equal(m->pkt_len, MTUD_L3_AT + expected[i]);
		rte_pktmbuf_free(m);
	}
	assert_silent();
	assert_all_free();
}

/* The ping of death: its parts would end where no datagram does. */
static void
fragment_beyond_the_end_is_dropped(void **state)
{
	(void)state;
	feed(0, make4(&(struct recipe4){.src = A2, .dst = "10.1.0.9", .ip_len = 1400,
			.frag = 0x1fff}));
	assert_dropped(MTUD_DROP_FRAG_BEYOND);
}

/* A port that takes one segment gets fragments of one. */
static void
single_segment_port_gets_one_segment(void **state)
{
	struct rte_mbuf *m;
	unsigned int n = 0;

	(void)state;
	feed(0, make4(&(struct recipe4){.src = A2, .dst = "10.1.0.9", .ip_len = 1400}));
	while ((m = leaving(1)) != NULL) {
		assert_int_equal(m->nb_segs, 1);
		rte_pktmbuf_free(m);
		n++;
	}
	assert_int_equal(n, 2);
	assert_all_free();
}

/* Also where a fragment is larger than the buffers that fragments have. */
static void
single_segment_port_gets_large_ones(void **state)
{
	struct rte_mbuf *m;
	unsigned int n = 0;

	(void)state;
	bench.view.port[0].mtu = 9000;
	mtud_route_set_port_mtu(bench.rt, 1, 3000);
	feed(0, make4(&(struct recipe4){.src = A2, .dst = B2, .ip_len = 8000}));
	mtud_route_set_port_mtu(bench.rt, 1, 1500);
	bench.view.port[0].mtu = 1500;
	while ((m = leaving(1)) != NULL) {
		assert_int_equal(m->nb_segs, 1);
		assert_int_equal(m->pkt_len, MTUD_L3_AT + (n < 2 ? 2996 : 8000 - 2 * 2976));
		rte_pktmbuf_free(m);
		n++;
	}
	assert_int_equal(n, 3);
	assert_all_free();
}

static void
empty_fragment_pool(void **state)
{
	struct rte_mbuf *all[255];
	unsigned int n = 0;

	(void)state;
	while (n < RTE_DIM(all) && (all[n] = rte_pktmbuf_alloc(bench.w->frag.direct)) != NULL)
		n++;
	feed(0, make4(&(struct recipe4){.src = A2, .dst = "10.1.0.9", .ip_len = 1400}));
	assert_silent();
	assert_int_equal(bench.w->stat.drop[MTUD_DROP_NO_MBUF], 1);
	assert_int_equal(bench.w->stat.fragmented, 0);
	rte_pktmbuf_free_bulk(all, n);
	assert_all_free();
}

/* A packet to an unknown neighbor comes back and is fragmented then, and counted once. */
static void
held_packet_is_fragmented(void **state)
{
	struct mtud_ip ip = ip6("203.0.113.77");
	struct rte_mbuf *m = NULL;
	uint8_t got[1480];
	unsigned int n;

	(void)state;
	mtud_route_set_port_mtu(bench.rt, 1, 1300);
	feed(0, make4(&(struct recipe4){.src = A2, .dst = "203.0.113.77", .ip_len = 1400}));
	assert_silent();
	assert_int_equal(rte_ring_dequeue(bench.w->punt, (void **)&m), 0);
	assert_int_equal(mtud_pkt_meta(m)->why, MTUD_PKT_RESOLVE);
	assert_int_equal(mtud_neigh_set_static(bench.nt, 1, &ip, &peer_mac[1], 0), 0);
	mtud_pkt_meta(m)->why = MTUD_PKT_FORWARD;
	rte_ring_enqueue(bench.w->inject, m);
	mtud_fwd_begin(bench.w);
	mtud_fwd_inject(bench.w);
	mtud_fwd_flush(bench.w);
	assert_int_equal(reassemble(got, 1300, &n), 1380);
	assert_int_equal(special_of("203.0.113.77")->too_big, 1);
	assert_int_equal(mtud_neigh_del(bench.nt, 1, &ip), 0);
	mtud_route_set_port_mtu(bench.rt, 1, 1500);
	assert_all_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(df_clear_is_fragmented, bench_reset),
		cmocka_unit_test_setup(df_may_be_cleared, bench_reset),
		cmocka_unit_test_setup(fragments_with_df_keep_identification, bench_reset),
		cmocka_unit_test_setup(df_may_pass, bench_reset),
		cmocka_unit_test_setup(fragments_keep_their_place, bench_reset),
		cmocka_unit_test_setup(fragment_beyond_the_end_is_dropped, bench_reset),
		cmocka_unit_test_setup(single_segment_port_gets_one_segment, bench_reset),
		cmocka_unit_test_setup(single_segment_port_gets_large_ones, bench_reset),
		cmocka_unit_test_setup(empty_fragment_pool, bench_reset),
		cmocka_unit_test_setup(held_packet_is_fragmented, bench_reset),
	};

	return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
