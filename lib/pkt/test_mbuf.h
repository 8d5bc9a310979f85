/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_TEST_MBUF_H
#define MTUD_TEST_MBUF_H

/*
 * What the unit tests share: packets made
 * of octets, in segments of any length. Not part of any library.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_mbuf.h>

#include "mtud_pkt.h"
#include "test_eal.h"

/* Packets in the pool, and octets of room in each of them. */
#define TEST_POOL_SIZE 4095
#define TEST_POOL_ROOM 4096

static inline void
test_pool_soil(struct rte_mempool *pool, void *arg, void *obj, unsigned int i)
{
	struct rte_mbuf *m = obj;

	(void)pool;
	(void)arg;
	(void)i;
	memset(m->buf_addr, 0xdb, m->buf_len);
}

/* A pool whose packets are full of what others left in them. */
static inline struct rte_mempool *
test_pool_create(const char *name)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create(name, TEST_POOL_SIZE, 0,
		sizeof(struct mtud_pkt_meta), RTE_PKTMBUF_HEADROOM + TEST_POOL_ROOM, SOCKET_ID_ANY);

	if (pool != NULL)
		rte_mempool_obj_iter(pool, test_pool_soil, NULL);
	return pool;
}

/* A packet of len octets, in segments of seg_len octets; 0: in one. */
static inline struct rte_mbuf *
test_mbuf(struct rte_mempool *pool, const void *octets, uint32_t len, uint16_t seg_len)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool), *seg = head;
	uint32_t at = 0, n;
	char *to;

	assert_non_null(head);
	for (;;) {
		n = seg_len == 0 ? len : RTE_MIN(len - at, seg_len);
		to = rte_pktmbuf_append(seg, n);
		assert_non_null(to);
		memcpy(to, (const uint8_t *)octets + at, n);
		at += n;
		if (seg != head)
			assert_int_equal(rte_pktmbuf_chain(head, seg), 0);
		if (at == len)
			return head;
		seg = rte_pktmbuf_alloc(pool);
		assert_non_null(seg);
	}
}

/* The packet is sound and holds just these octets. */
static inline void
test_mbuf_equal(const struct rte_mbuf *m, const void *octets, uint32_t len)
{
	const uint8_t *from = octets;
	const struct rte_mbuf *seg;
	const char *reason;

	if (rte_mbuf_check(m, 1, &reason) != 0)
		fail_msg("%s", reason);
	assert_int_equal(m->pkt_len, len);
	for (seg = m; seg != NULL; seg = seg->next) {
		assert_memory_equal(rte_pktmbuf_mtod(seg, const void *), from, seg->data_len);
		from += seg->data_len;
	}
}

#endif
