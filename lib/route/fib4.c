/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>

#include <rte_common.h>
#include <rte_fib.h>
#include <rte_malloc.h>
#include <rte_rib.h>

#include "engine.h"

/* Lookups that rte_fib answers at a time: its next hops are twice as wide as ours. */
#define CHUNK 64

#define MAX_LEN 32
#define NO_SLOT (-1)

/*
 * Two ways of rte_fib (seen in 22.11, and there in 26.07) that its users must work around:
 *
 * 1. Adding or deleting a prefix that ends with the last address, 224.0.0.0/3 say, gives the
 *    whole table its next hop when longer prefixes leave no gap up to that end (224.0.0.0/4 and
 *    240.0.0.0/4): the edge behind the last of them wraps to 0. So such prefixes stay out of it.
 *    There is one of each length, and one holds the other: an address is in all that are not
 *    longer than its leading ones. No prefix that rte_fib has can hold one of them, so they count
 *    only where it misses.
 * 2. The first prefix longer than /24 of a /24 asks for two free tbl8 groups when it ends with
 *    the /24, and takes one. Then the order decides whether a set fits. So we count the groups
 *    ourselves, and rte_fib has one more that nobody uses.
 *
 * It also never counts the group of a prefix that has its parent's next hop (mended in 26.03).
 * Ours differ (engine.h).
 */
struct fib4 {
	struct rte_fib *fib;
	uint32_t tbl8s;
	uint32_t tbl8s_used;
	int32_t tail[MAX_LEN + 1];  /* of prefixes that end with the last address, by length */
	int32_t cover[MAX_LEN + 1]; /* the longest of them up to this length */
};

static uint32_t
addr_of(const struct mtud_prefix *prefix)
{
	return ntohl(mtud_ip_to_v4(&prefix->ip));
}

static uint8_t
len_of(const struct mtud_prefix *prefix)
{
	return prefix->len - MTUD_IP4_BITS_AT;
}

static unsigned int
leading_ones(uint32_t addr)
{
	return addr == UINT32_MAX ? MAX_LEN : __builtin_clz(~addr);
}

static bool
ends_with_last_address(const struct mtud_prefix *prefix)
{
	return leading_ones(addr_of(prefix)) == len_of(prefix);
}

static void
set_tail(struct fib4 *t, uint8_t len, int32_t slot)
{
	unsigned int i;

	t->tail[len] = slot;
	for (i = 1; i <= MAX_LEN; i++)
		t->cover[i] = t->tail[i] != NO_SLOT ? t->tail[i] : t->cover[i - 1];
}

/* Does the /24 of an address have a tbl8 group, that is, a prefix longer than itself? */
static bool
has_tbl8(const struct fib4 *t, uint32_t addr)
{
	return rte_rib_get_nxt(rte_fib_get_rib(t->fib), addr, 24, NULL, RTE_RIB_GET_NXT_COVER) !=
	       NULL;
}

static void *
create(const struct engine_conf *conf)
{
	struct rte_fib_conf config = {
		.type = RTE_FIB_DIR24_8,
		.default_nh = 0,
		.max_routes = conf->prefixes,
		.dir24_8 = {.nh_sz = RTE_FIB_DIR24_8_4B, .num_tbl8 = conf->tbl8s + 1},
	};
	struct fib4 *t;
	unsigned int i;

	t = rte_zmalloc_socket("fib4", sizeof(*t), RTE_CACHE_LINE_SIZE, conf->socket);
	if (t == NULL)
		return NULL;
	t->fib = rte_fib_create(conf->name, conf->socket, &config);
	if (t->fib == NULL) {
		rte_free(t);
		return NULL;
	}
	t->tbl8s = conf->tbl8s;
	for (i = 0; i <= MAX_LEN; i++)
		t->tail[i] = t->cover[i] = NO_SLOT;
	return t;
}

static void
destroy(void *table)
{
	struct fib4 *t = table;

	rte_fib_free(t->fib);
	rte_free(t);
}

static int
add(void *table, const struct mtud_prefix *prefix, int32_t slot)
{
	struct fib4 *t = table;
	uint32_t addr = addr_of(prefix);
	uint8_t len = len_of(prefix);
	bool takes_one;

	if (ends_with_last_address(prefix)) {
		set_tail(t, len, slot);
		return 0;
	}
	takes_one = len > 24 && !has_tbl8(t, addr);
	if (takes_one && t->tbl8s_used == t->tbl8s)
		return -ENOSPC;
	if (rte_fib_add(t->fib, addr, len, slot) < 0)
		return -ENOSPC;
	t->tbl8s_used += takes_one;
	return 0;
}

static void
del(void *table, const struct mtud_prefix *prefix)
{
	struct fib4 *t = table;
	uint32_t addr = addr_of(prefix);
	uint8_t len = len_of(prefix);

	if (ends_with_last_address(prefix)) {
		set_tail(t, len, NO_SLOT);
		return;
	}
	rte_fib_delete(t->fib, addr, len);
	t->tbl8s_used -= len > 24 && !has_tbl8(t, addr);
}

static void
lookup4(const void *table, const uint32_t *dst, int32_t *slot, unsigned int n)
{
	const struct fib4 *t = table;
	uint64_t hops[CHUNK];
	unsigned int i, chunk;

	for (; n > 0; n -= chunk, dst += chunk, slot += chunk) {
		chunk = RTE_MIN(n, (unsigned int)CHUNK);
		/* It does not write to the addresses. */
		rte_fib_lookup_bulk(t->fib, (uint32_t *)(uintptr_t)dst, hops, chunk);
		for (i = 0; i < chunk; i++)
			slot[i] = hops[i] != 0 ? (int32_t)hops[i] : t->cover[leading_ones(dst[i])];
	}
}

const struct engine route_engine_fib4 = {
	.create = create,
	.free = destroy,
	.add = add,
	.del = del,
	.lookup4 = lookup4,
};
