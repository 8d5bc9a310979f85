/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* A pool of mbufs that knows which of them it has. In it they are poisoned for the address
 * sanitizer, so that whoever reads or writes one that is free is found. */

#include <stdlib.h>

#include <sanitizer/asan_interface.h>

#include "fuzz_world.h"

#define POOL_MAX 4096

/* Behind what the product keeps in the private area. */
struct priv {
	struct mtud_pkt_meta meta;
	uint64_t in_pool;
};

struct pool {
	bool armed; /* every buffer has been written for the first time */
	unsigned int n, size, left;
	void *obj[POOL_MAX];
};

static int
pool_alloc(struct rte_mempool *mp)
{
	mp->pool_data = calloc(1, sizeof(struct pool));
	return mp->pool_data != NULL ? 0 : -ENOMEM;
}

static void
pool_free(struct rte_mempool *mp)
{
	free(mp->pool_data);
}

static struct priv *
priv_of(struct rte_mempool *mp, void *obj)
{
	FUZZ_CHECK(rte_pktmbuf_priv_size(mp) == sizeof(struct priv), "a pool of another kind");
	return RTE_PTR_ADD(obj, sizeof(struct rte_mbuf));
}

static int
enqueue(struct rte_mempool *mp, void *const *objs, unsigned int n)
{
	struct pool *p = mp->pool_data;
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (p->armed) {
			ASAN_UNPOISON_MEMORY_REGION(objs[i], mp->elt_size);
			FUZZ_CHECK(!priv_of(mp, objs[i])->in_pool,
				"a buffer of %s is freed twice", mp->name);
			priv_of(mp, objs[i])->in_pool = true;
			ASAN_POISON_MEMORY_REGION(objs[i], mp->elt_size);
		}
		p->obj[p->n++] = objs[i];
	}
	return 0;
}

static int
dequeue(struct rte_mempool *mp, void **objs, unsigned int n)
{
	struct pool *p = mp->pool_data;
	unsigned int i;

	if (n > p->n || n > p->left)
		return -ENOBUFS;
	p->left -= n;
	for (i = 0; i < n; i++) {
		objs[i] = p->obj[--p->n];
		ASAN_UNPOISON_MEMORY_REGION(objs[i], mp->elt_size);
		priv_of(mp, objs[i])->in_pool = false;
	}
	return 0;
}

static unsigned int
get_count(const struct rte_mempool *mp)
{
	const struct pool *p = mp->pool_data;

	return p->n;
}

static const struct rte_mempool_ops ops = {
	.name = "fuzz",
	.alloc = pool_alloc,
	.free = pool_free,
	.enqueue = enqueue,
	.dequeue = dequeue,
	.get_count = get_count,
};

struct rte_mempool *
fuzz_pool_make(const char *name, unsigned int n, uint16_t room)
{
	struct rte_mempool *mp;
	struct pool *p;
	unsigned int i;

	rte_mempool_register_ops(&ops);
	mp = rte_pktmbuf_pool_create_by_ops(
		name, n, 0, sizeof(struct priv), room, SOCKET_ID_ANY, ops.name);
	FUZZ_CHECK(mp != NULL, "no memory for the pool %s", name);
	p = mp->pool_data;
	p->armed = true;
	p->size = p->left = n;
	for (i = 0; i < n; i++) {
		priv_of(mp, p->obj[i])->in_pool = true;
		ASAN_POISON_MEMORY_REGION(p->obj[i], mp->elt_size);
	}
	return mp;
}

void
fuzz_pool_limit(struct rte_mempool *mp, unsigned int n)
{
	struct pool *p = mp->pool_data;

	p->left = n;
}

void
fuzz_pool_check(struct rte_mempool *mp)
{
	const struct pool *p = mp->pool_data;

	FUZZ_CHECK(p->n == p->size, "%u buffers of %s are lost", p->size - p->n, mp->name);
}
