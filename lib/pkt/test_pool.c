/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <rte_errno.h>

#include "mtud_pkt.h"
#include "test_eal.h"

#define N    63
#define ROOM (RTE_PKTMBUF_HEADROOM + 2048)

/* Every packet is there once, whole, with its private area and room, and goes back. */
static void
packets_are_whole(void **state)
{
	struct rte_mempool *pool = mtud_pkt_pool_create("whole", N, 0, ROOM, SOCKET_ID_ANY);
	struct rte_mbuf *m[N];
	unsigned int i;

	(void)state;
	assert_non_null(pool);
	for (i = 0; i < N; i++) {
		m[i] = rte_pktmbuf_alloc(pool);
		assert_non_null(m[i]);
		assert_int_equal(m[i]->buf_len, ROOM);
		assert_int_equal(m[i]->data_off, RTE_PKTMBUF_HEADROOM);
		memset(mtud_pkt_meta(m[i]), (int)i, sizeof(struct mtud_pkt_meta));
		memset(rte_pktmbuf_append(m[i], 2048), (int)i, 2048);
	}
	assert_null(rte_pktmbuf_alloc(pool));
	for (i = 0; i < N; i++) {
		const uint8_t *data = rte_pktmbuf_mtod(m[i], const uint8_t *);

		assert_int_equal(mtud_pkt_meta(m[i])->why, i);
		assert_int_equal(data[0], i);
		assert_int_equal(data[2047], i);
		rte_mbuf_sanity_check(m[i], 1);
		rte_pktmbuf_free(m[i]);
	}
	assert_int_equal(rte_mempool_avail_count(pool), N);
	rte_mempool_free(pool);
}

/* They do not all start at the same place of a page, where nothing forces them to. */
static void
packets_do_not_share_a_cache_set(void **state)
{
	struct rte_mempool *pool;
	uintptr_t first, differ = 0;
	struct rte_mbuf *m[N];
	unsigned int i;

	(void)state;
	if (rte_eal_iova_mode() != RTE_IOVA_VA)
		skip();
	pool = mtud_pkt_pool_create("spread", N, 0, ROOM, SOCKET_ID_ANY);
	assert_non_null(pool);
	assert_int_equal(rte_pktmbuf_alloc_bulk(pool, m, N), 0);
	first = (uintptr_t)m[0] % 4096;
	for (i = 1; i < N; i++)
		differ += (uintptr_t)m[i] % 4096 != first;
	assert_in_range(differ, N / 2, N);
	rte_pktmbuf_free_bulk(m, N);
	rte_mempool_free(pool);
}

static void
too_much_is_refused(void **state)
{
	(void)state;
	assert_null(mtud_pkt_pool_create("huge", 1 << 24, 0, ROOM, SOCKET_ID_ANY));
	assert_int_equal(rte_errno, ENOMEM);
	assert_null(rte_mempool_lookup("huge"));
}

static int
setup(void **state)
{
	(void)state;
	return test_eal_init(64, "--iova-mode=va");
}

static int
teardown(void **state)
{
	(void)state;
	return rte_eal_cleanup();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_are_whole),
		cmocka_unit_test(packets_do_not_share_a_cache_set),
		cmocka_unit_test(too_much_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
