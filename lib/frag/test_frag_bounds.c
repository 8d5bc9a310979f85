/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "test_frag.h"

static uint8_t octets[MAX_PACKET + 1];

/* What mtud_frag_ipv4() must leave alone. */
static struct rte_mbuf *const untouched = (struct rte_mbuf *)(uintptr_t)0xdead;

/* It is refused, in both modes, and nothing has changed. */
static void
refused(struct rte_mbuf *m, uint16_t mtu, uint16_t max, int error)
{
	const uint32_t len = m->pkt_len;
	struct rte_mbuf *out[MTUD_FRAG_MAX];

	assert_int_equal(mtud_frag_ipv4(m, mtu, &pools, true, out, max), error);
	assert_int_equal(mtud_frag_ipv4(m, mtu, &pools, false, out, max), error);
	assert_int_equal(rte_mempool_in_use_count(pool), m->nb_segs);
	assert_true(rte_mempool_full(pools.direct) && rte_mempool_full(pools.indirect));
	test_mbuf_equal(m, octets, len);
}

static void
test_invalid(void **state)
{
	uint32_t len = test_packet(octets, &test_no_opts, 980, 0);
	struct rte_mbuf *m = test_mbuf(pool, octets, len, 0);

	(void)state;
	refused(m, 1000, MTUD_FRAG_MAX, -EINVAL); /* it fits */
	refused(m, 65535, MTUD_FRAG_MAX, -EINVAL);
	refused(m, 0, MTUD_FRAG_MAX, -EMSGSIZE);
	rte_pktmbuf_free(m);

	test_packet(octets, &test_no_opts, 980, DF);
	m = test_mbuf(pool, octets, len, 0);
	refused(m, 999, MTUD_FRAG_MAX, -EINVAL);
	rte_pktmbuf_free(m);

	/* An octet more, and one less, than the total length says. */
	test_packet(octets, &test_no_opts, 979, 0);
	m = test_mbuf(pool, octets, len, 0);
	refused(m, 900, MTUD_FRAG_MAX, -EINVAL);
	rte_pktmbuf_free(m);
	test_packet(octets, &test_no_opts, 981, 0);
	m = test_mbuf(pool, octets, len, 0);
	refused(m, 900, MTUD_FRAG_MAX, -EINVAL);
	rte_pktmbuf_free(m);
}

static void
test_empty_segment(void **state)
{
	uint32_t len = test_packet(octets, &test_no_opts, 980, 0);
	struct rte_mbuf *m = test_mbuf(pool, octets, len, 0), *empty;

	(void)state;
	empty = rte_pktmbuf_alloc(pool);
	assert_non_null(empty);
	assert_int_equal(rte_pktmbuf_chain(m, empty), 0);
	/* 490 octets of payload in each of two: the end is the end of a fragment. */
	refused(m, 510, MTUD_FRAG_MAX, -EINVAL);
	rte_pktmbuf_free(m);
}

/* 65535 octets are the end of any datagram. */
static void
test_beyond_datagram(void **state)
{
	static const uint16_t units[] = {6, 7999, 8004};
	uint32_t len;
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(units); i++) {
		len = 65535 - units[i] * 8;
		test_packet(octets, &test_no_opts, len - IP4, units[i]);
		test_cut_one(octets, 1280, 4000, &test_no_opts, true);
		test_cut_one(octets, 1280, 4000, &test_no_opts, false);

		test_packet(octets, &test_no_opts, len + 1 - IP4, units[i]);
		m = test_mbuf(pool, octets, len + 1, 4000);
		refused(m, 1280, MTUD_FRAG_MAX, -EINVAL);
		rte_pktmbuf_free(m);
	}
	test_packet(octets, &test_no_opts, 1480, OFFSET_MASK);
	m = test_mbuf(pool, octets, 1500, 0);
	refused(m, 1280, MTUD_FRAG_MAX, -EINVAL);
	rte_pktmbuf_free(m);
}

static void
test_tiny_mtu(void **state)
{
	const struct test_opts longest = {40, {137, 40, 4}};
	uint32_t len;
	struct rte_mbuf *m;
	uint16_t mtu;

	(void)state;
	len = test_packet(octets, &test_no_opts, 480, 0);
	m = test_mbuf(pool, octets, len, 0);
	for (mtu = 0; mtu < 68; mtu++)
		refused(m, mtu, MTUD_FRAG_MAX, -EMSGSIZE);
	rte_pktmbuf_free(m);
	assert_int_equal(mtud_frag_count(500, 20, 27), 0);
	assert_int_equal(mtud_frag_count(500, 20, 28), 60);
	assert_int_equal(mtud_frag_count(500, 20, 19), 0);
	assert_int_equal(mtud_frag_count(500, 60, 67), 0);
	assert_int_equal(mtud_frag_count(500, 20, 500), 1);

	len = test_packet(octets, &longest, 400, 0);
	m = test_mbuf(pool, octets, len, 0);
	for (mtu = 0; mtu < 68; mtu++)
		refused(m, mtu, MTUD_FRAG_MAX, -EMSGSIZE);
	rte_pktmbuf_free(m);
	/* 8 octets of payload in each. */
	test_cut_one(octets, 68, 0, &longest, true);
	test_cut_one(octets, 68, 0, &longest, false);
}

/* Nothing is written behind the room in out. */
static void
test_too_many(void **state)
{
	struct rte_mbuf *out[MTUD_FRAG_MAX + 1], *m;
	uint32_t len = test_packet(octets, &test_no_opts, 480, 0);
	uint16_t max;

	(void)state;
	m = test_mbuf(pool, octets, len, 0);
	for (max = 0; max < 10; max++)
		refused(m, 68, max, -E2BIG);
	out[10] = untouched;
	assert_int_equal(mtud_frag_ipv4(m, 68, &pools, true, out, 10), 10);
	rte_pktmbuf_free_bulk(out, 10);
	assert_int_equal(mtud_frag_ipv4(m, 68, &pools, false, out, 10), 10);
	rte_pktmbuf_free_bulk(out, 10);
	assert_ptr_equal(out[10], untouched);
	rte_pktmbuf_free(m);

	/* The last two become one, but need the room of two: 48, 48, 48 and 1 of 145. */
	len = test_packet(octets, &test_no_opts, 145, 0);
	m = test_mbuf(pool, octets, len, 0);
	refused(m, 69, 3, -E2BIG);
	out[4] = untouched;
	assert_int_equal(mtud_frag_ipv4(m, 69, &pools, true, out, 4), 3);
	rte_pktmbuf_free_bulk(out, 3);
	assert_int_equal(mtud_frag_ipv4(m, 69, &pools, false, out, 4), 3);
	rte_pktmbuf_free_bulk(out, 3);
	assert_ptr_equal(out[4], untouched);
	rte_pktmbuf_free(m);
}

/* The longest packet there is. */
static void
test_longest(void **state)
{
	uint32_t len = test_packet(octets, &test_no_opts, MAX_PACKET - IP4, 0);
	struct rte_mbuf *m = test_mbuf(pool, octets, len, 4000);

	(void)state;
	refused(m, 68, MTUD_FRAG_MAX, -E2BIG);
	refused(m, 83, MTUD_FRAG_MAX, -E2BIG);
	rte_pktmbuf_free(m);
	test_cut_one(octets, 84, 4000, &test_no_opts, true); /* 1024 of them */
	test_cut_one(octets, 84, 4000, &test_no_opts, false);
	test_cut_one(octets, 1500, 100, &test_no_opts, true);
	test_cut_one(octets, 1500, 4096, &test_no_opts, false);
}

/* Cut while a pool has only so many left. @return as mtud_frag_ipv4(). */
static int
cut_with(struct rte_mempool *from, unsigned int left, uint16_t seg_len, bool multi_seg)
{
	uint32_t len = test_packet(octets, &test_no_opts, 1000, 0);
	struct rte_mbuf *m = test_mbuf(pool, octets, len, seg_len);
	unsigned int taken = rte_mempool_avail_count(from) - left;
	struct rte_mbuf *all[INDIRECTS], *out[16];
	int n;

	assert_int_equal(rte_pktmbuf_alloc_bulk(from, all, taken), 0);
	m->port = PORT;
	n = mtud_frag_ipv4(m, 276, &pools, multi_seg, out, RTE_DIM(out));
	if (n < 0) {
		assert_int_equal(rte_mempool_avail_count(from), left);
		test_mbuf_equal(m, octets, len);
		assert_int_equal(rte_mbuf_refcnt_read(m), 1);
	} else {
		test_reassemble(out, n, octets, 276, &test_no_opts, multi_seg);
		rte_pktmbuf_free_bulk(out, n);
	}
	rte_pktmbuf_free_bulk(all, taken);
	rte_pktmbuf_free(m);
	assert_int_equal(test_none_lost(NULL), 0);
	return n;
}

/* 4 fragments of 256, 256, 256 and 232 octets of payload. */
static void
test_empty_pools(void **state)
{
	unsigned int left;

	(void)state;
	for (left = 0; left < 4; left++) {
		assert_int_equal(cut_with(pools.direct, left, 0, true), -ENOBUFS);
		assert_int_equal(cut_with(pools.direct, left, 200, false), -ENOBUFS);
		assert_int_equal(cut_with(pools.indirect, left, 0, true), -ENOBUFS);
	}
	assert_int_equal(cut_with(pools.direct, 4, 0, true), 4);
	assert_int_equal(cut_with(pools.direct, 4, 200, false), 4);
	assert_int_equal(cut_with(pools.indirect, 4, 0, true), 4);
	assert_int_equal(cut_with(pools.indirect, 0, 200, false), 4);

	/* Segments end 180, 380, 580, 780 and 980 octets in: 4 + 5 references. */
	for (left = 0; left < 9; left++)
		assert_int_equal(cut_with(pools.indirect, left, 200, true), -ENOBUFS);
	assert_int_equal(cut_with(pools.indirect, 9, 200, true), 9 - 5);
}

/* Buffers that hold a fragment and no octet more, or one less. */
static void
test_small_buffers(void **state)
{
	const struct test_opts opts = {40, {137, 40, 4}};
	const uint32_t len = test_packet(octets, &opts, 600, 0);
	const struct mtud_frag_pools good = pools;
	struct rte_mempool *exact, *less, *header;
	struct rte_mbuf *m, *out[8];

	(void)state;
	exact = test_frag_pool("exact", 63, RTE_PKTMBUF_HEADROOM + 316);
	less = test_frag_pool("less", 63, RTE_PKTMBUF_HEADROOM + 315);
	header = test_frag_pool("header", 63, RTE_PKTMBUF_HEADROOM + 59);
	assert_true(exact != NULL && less != NULL && header != NULL);

	pools.direct = exact;
	test_cut_one(octets, 316, 0, &opts, false);
	test_cut_one(octets, 316, 0, &opts, true);
	pools.direct = less;
	test_cut_one(octets, 316, 0, &opts, true);
	m = test_mbuf(pool, octets, len, 0);
	assert_int_equal(mtud_frag_ipv4(m, 316, &pools, false, out, RTE_DIM(out)), -ENOBUFS);
	pools.direct = header;
	refused(m, 316, MTUD_FRAG_MAX, -ENOBUFS);
	rte_pktmbuf_free(m);

	pools = good;
	assert_true(rte_mempool_full(exact) && rte_mempool_full(less) && rte_mempool_full(header));
	rte_mempool_free(exact);
	rte_mempool_free(less);
	rte_mempool_free(header);
}

/* Its octets are another's, who has gone by the time that the fragments are sent. */
static void
test_clone(void **state)
{
	uint32_t len = test_packet(octets, &test_no_opts, 3000, 0);
	struct rte_mbuf *m = test_mbuf(pool, octets, len, 999);
	struct rte_mbuf *clone = rte_pktmbuf_clone(m, pools.indirect), *out[16],
			*all[TEST_POOL_SIZE];
	unsigned int left;
	int n;

	(void)state;
	assert_non_null(clone);
	clone->port = PORT;
	n = mtud_frag_ipv4(clone, 576, &pools, true, out, RTE_DIM(out));
	assert_int_equal(n, 6);
	rte_pktmbuf_free(clone);
	rte_pktmbuf_free(m);
	/* Whoever gets a buffer that is free writes into it. */
	left = rte_mempool_avail_count(pool);
	assert_int_equal(rte_pktmbuf_alloc_bulk(pool, all, left), 0);
	while (left-- > 0) {
		memset(rte_pktmbuf_mtod(all[left], void *), 0xee, TEST_POOL_ROOM);
		rte_pktmbuf_free(all[left]);
	}
	test_reassemble(out, n, octets, 576, &test_no_opts, true);
	rte_pktmbuf_free_bulk(out, n);
}

static void
count_free(void *addr, void *count)
{
	(void)addr;
	(*(unsigned int *)count)++;
}

/* A buffer of the driver's goes home with the last fragment, or with the packet if copied. */
static void
test_external_buffer(void **state)
{
	uint32_t len = test_packet(octets, &test_no_opts, 1480, 0);
	struct rte_mbuf_ext_shared_info shinfo = {.free_cb = count_free};
	struct rte_mbuf *out[4], *m;
	unsigned int freed = 0, mode;

	(void)state;
	shinfo.fcb_opaque = &freed;
	for (mode = 0; mode < 2; mode++) {
		m = rte_pktmbuf_alloc(pool);
		assert_non_null(m);
		rte_mbuf_ext_refcnt_set(&shinfo, 1);
		rte_pktmbuf_attach_extbuf(m, octets, RTE_BAD_IOVA, MAX_PACKET, &shinfo);
		m->data_off = 0;
		assert_non_null(rte_pktmbuf_append(m, len));
		m->port = PORT;
		assert_int_equal(mtud_frag_ipv4(m, 1280, &pools, mode == 1, out, 4), 2);
		rte_pktmbuf_free(m);
		assert_int_equal(freed, 1 - mode);
		test_reassemble(out, 2, octets, 1280, &test_no_opts, mode == 1);
		rte_pktmbuf_free(out[0]);
		assert_int_equal(freed, 1 - mode);
		rte_pktmbuf_free(out[1]);
		assert_int_equal(freed, 1);
		freed = 0;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_invalid, test_none_lost),
		cmocka_unit_test_teardown(test_empty_segment, test_none_lost),
		cmocka_unit_test_teardown(test_beyond_datagram, test_none_lost),
		cmocka_unit_test_teardown(test_tiny_mtu, test_none_lost),
		cmocka_unit_test_teardown(test_too_many, test_none_lost),
		cmocka_unit_test_teardown(test_longest, test_none_lost),
		cmocka_unit_test_teardown(test_empty_pools, test_none_lost),
		cmocka_unit_test_teardown(test_small_buffers, test_none_lost),
		cmocka_unit_test_teardown(test_clone, test_none_lost),
		cmocka_unit_test_teardown(test_external_buffer, test_none_lost),
	};
	int rc;

	if (test_frag_setup() < 0)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rte_eal_cleanup();
	return rc;
}
