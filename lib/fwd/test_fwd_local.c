/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Packets to us that have been found answered as they should not be. */

#include "test_fwd.h"

#define A2 "2001:db8:a::2"
#define R_A "2001:db8:a::1"

static const uint8_t echo[12] = {128, 0, 0, 0, 0x12, 0x34, 0, 7, 'p', 'i', 'n', 'g'};

static struct rte_mbuf *
make_echo(const char *dst)
{
	struct rte_mbuf *m = make(&(struct recipe){.src = A2, .dst = dst, .proto = 58,
		.payload = echo, .payload_len = sizeof(echo)});
	struct mtud_ip from = ip6(A2), to = ip6(dst);
	rte_be16_t sum = mtud_pkt_cksum6(m, &from, &to, 58, 54, sizeof(echo));

	memcpy(rte_pktmbuf_mtod_offset(m, void *, 56), &sum, sizeof(sum));
	return m;
}

/* RFC 4862 section 5.4.5: an address that somebody else has is not assigned. */
static void
duplicate_address_is_silent(void **state)
{
	struct mtud_ip ours = ip6(R_A);
	struct mtud_addr *a = mtud_addr_find(&bench.view.addrs, 0, &ours);
	struct rte_mbuf *m;

	(void)state;
	feed(0, make_echo(R_A));
	m = leaving(0);
	assert_non_null(m);
	rte_pktmbuf_free(m);

	a->state = MTUD_ADDR_DUPLICATE;
	feed(0, make_echo(R_A));
	feed(0, make(&(struct recipe){.src = A2, .dst = R_A}));
	a->state = MTUD_ADDR_PREFERRED;
	assert_silent();
	assert_int_equal(bench.w->stat.icmp[MTUD_ICMP_HELD_NO_SOURCE], 2);
	assert_int_equal(bench.w->stat.drop[MTUD_DROP_ICMP_IGNORED], 1);
	assert_int_equal(bench.w->stat.drop[MTUD_DROP_LOCAL_PORT], 1);
	assert_all_free();
}

/* An option that asks for an answer (RFC 8200 section 4.2), in a header before none. */
static struct rte_mbuf *
make_options(const char *src, const char *dst)
{
	static const uint8_t options[8] = {59, 0, 0x9e, 4};

	return make(&(struct recipe){.src = src, .dst = dst, .proto = 60, .payload = options,
		.payload_len = sizeof(options)});
}

/* Nobody else has such a source: an answer would have us ask for our own address. */
static void
false_source_is_not_answered(void **state)
{
	static const char *const to[] = {"fe80::a5", "fe80::a1", "ff02::1", R_A};
	struct mtud_addr_table before = bench.view.addrs;
	struct mtud_ip second = ip6("fe80::a5");
	struct rte_mbuf *m;
	unsigned int i;

	assert_int_equal(mtud_addr_add(&bench.view.addrs, 0, &second, 64, false), 0);
	mtud_addr_find(&bench.view.addrs, 0, &second)->state = MTUD_ADDR_PREFERRED;
	for (i = 0; i < RTE_DIM(to); i++) {
		bench_reset(state);
		feed(0, make_options("fe80::a1", to[i]));
		assert_dropped(MTUD_DROP_SRC_OURS);
		assert_true(rte_ring_empty(bench.w->punt));
		assert_int_equal(bench.w->stat.icmp[MTUD_ICMP_PARAM], 0);
		bench_reset(state);
		feed(0, make_options("::", to[i]));
		assert_dropped(MTUD_DROP_SRC_INVALID);
	}
	bench.view.addrs = before;
	feed(0, make_options(A2, R_A));
	m = leaving(0);
	assert_non_null(m);
	rte_pktmbuf_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(duplicate_address_is_silent, bench_reset),
		cmocka_unit_test_setup(false_source_is_not_answered, bench_reset),
	};

	return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
