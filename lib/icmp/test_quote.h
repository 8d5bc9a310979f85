/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef TEST_QUOTE_H
#define TEST_QUOTE_H

/* What keeps a packet from becoming its own answer, where it stands. */

#include "test_mbuf.h"

enum obstacle {
	FREE_WAY,
	SHARED,      /* others read it */
	NO_HEADROOM, /* one octet less than the headers need */
	OBSTACLES,
};

static inline void
obstruct(struct rte_mbuf *m, enum obstacle o, uint32_t l3_at, uint16_t headers)
{
	struct rte_mbuf *seg;
	const uint8_t *was;

	if (o == SHARED)
		for (seg = m; seg != NULL; seg = seg->next)
			rte_mbuf_refcnt_update(seg, 1);
	if (o == NO_HEADROOM) {
		was = rte_pktmbuf_mtod(m, const uint8_t *);
		m->data_off = headers - l3_at - 1;
		memmove(rte_pktmbuf_mtod(m, void *), was, m->data_len);
	}
}

/* The answer m to a cause: it is the cause itself when nothing is in the way, else a copy in one
 * segment, and the cause is free or the others'. Ends both. */
static inline void
check_place(struct rte_mbuf *m, struct rte_mbuf *cause, enum obstacle o,
	const struct rte_mempool *pool, const struct rte_mempool *replies)
{
	uint32_t segs = cause->nb_segs;

	if (o == FREE_WAY) {
		assert_ptr_equal(m, cause);
		assert_int_equal(rte_mempool_in_use_count(replies), 0);
		/* What is not quoted has gone back. */
		assert_int_equal(rte_mempool_in_use_count(pool), m->nb_segs);
	} else {
		assert_ptr_equal(m->pool, replies);
		assert_int_equal(m->nb_segs, 1);
		assert_int_equal(rte_mempool_in_use_count(replies), 1);
		assert_int_equal(rte_mempool_in_use_count(pool), o == SHARED ? segs : 0);
	}
	rte_pktmbuf_free(m);
	if (o == SHARED)
		rte_pktmbuf_free(cause);
	assert_true(rte_mempool_full(pool) && rte_mempool_full(replies));
}

#endif
