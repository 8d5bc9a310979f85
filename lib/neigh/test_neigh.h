/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef TEST_NEIGH_H
#define TEST_NEIGH_H

/* What the test programs of this library share: a cache, and an owner that writes down what the
 * cache asks it to do. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "mtud_neigh.h"
#include "test_eal.h"

/* A host, its MAC, and another MAC that somebody names for it. */
#define HOST  7
#define OTHER 99

/* The states of a neighbor whose MAC was learned. */
static const enum mtud_neigh_state known[] = {
	MTUD_NEIGH_REACHABLE,
	MTUD_NEIGH_STALE,
	MTUD_NEIGH_DELAY,
	MTUD_NEIGH_PROBE,
};

#define PACKETS 256
#define LOG     4096
#define READERS 4

struct asked {
	uint16_t port;
	struct mtud_ip target;
	bool probe;
	struct rte_ether_addr mac;
	uint32_t trigger; /* number of the packet, 0: none */
};

struct numbers {
	unsigned int n;
	uint32_t number[LOG];
};

struct world {
	struct rte_mempool *pool;
	struct rte_rcu_qsbr *qsbr;
	struct mtud_neigh *nt;
	/* What the cache asked for, oldest first. */
	unsigned int n_asked;
	struct asked asked[LOG];
	struct numbers released, failed, dropped;
	/* What the callbacks do besides, where not NULL. */
	void (*reenter)(struct world *w);
};

static inline uint32_t
number_of(const struct rte_mbuf *m)
{
	return *rte_pktmbuf_mtod(m, const uint32_t *);
}

static inline void
note(struct world *w, struct numbers *numbers, struct rte_mbuf **pkts, unsigned int n)
{
	unsigned int i;

	assert_true(n > 0);
	for (i = 0; i < n; i++) {
		assert_true(numbers->n < LOG);
		numbers->number[numbers->n++] = number_of(pkts[i]);
		rte_pktmbuf_free(pkts[i]);
	}
	if (w->reenter != NULL)
		w->reenter(w);
}

static inline void
on_solicit(void *ctx, uint16_t port, const struct mtud_ip *target, const struct rte_ether_addr *mac,
	const struct rte_mbuf *trigger)
{
	struct world *w = ctx;
	struct asked *asked = &w->asked[w->n_asked++];

	assert_true(w->n_asked < LOG);
	*asked = (struct asked){.port = port, .target = *target, .probe = mac != NULL};
	if (mac != NULL)
		asked->mac = *mac;
	if (trigger != NULL)
		asked->trigger = number_of(trigger);
	if (w->reenter != NULL)
		w->reenter(w);
}

static inline void
on_release(void *ctx, struct rte_mbuf **pkts, unsigned int n)
{
	struct world *w = ctx;

	note(w, &w->released, pkts, n);
}

static inline void
on_fail(void *ctx, struct rte_mbuf **pkts, unsigned int n)
{
	struct world *w = ctx;

	note(w, &w->failed, pkts, n);
}

static inline void
on_drop(void *ctx, struct rte_mbuf **pkts, unsigned int n)
{
	struct world *w = ctx;

	note(w, &w->dropped, pkts, n);
}

static const struct mtud_neigh_ops noting_ops = {
	.solicit = on_solicit,
	.release = on_release,
	.fail = on_fail,
	.drop = on_drop,
};

static inline struct world *
make_world(uint32_t max, uint32_t max_pending)
{
	const size_t size = rte_rcu_qsbr_get_memsize(READERS);
	struct world *w = calloc(1, sizeof(*w));
	struct mtud_neigh_conf conf = {
		.max = max,
		.max_pending = max_pending,
		.hold = 3,
		.ops = &noting_ops,
		.ctx = w,
	};

	assert_non_null(w);
	w->pool = rte_pktmbuf_pool_create("packets", PACKETS, 0, 0, 256, 0);
	assert_non_null(w->pool);
	w->qsbr = rte_zmalloc(NULL, size, RTE_CACHE_LINE_SIZE);
	assert_non_null(w->qsbr);
	assert_int_equal(rte_rcu_qsbr_init(w->qsbr, READERS), 0);
	conf.qsbr = w->qsbr;
	w->nt = mtud_neigh_create(&conf);
	assert_non_null(w->nt);
	return w;
}

/* Every packet must have come back. */
static inline void
end_world(struct world *w)
{
	mtud_neigh_free(w->nt);
	assert_int_equal(rte_mempool_avail_count(w->pool), PACKETS);
	rte_mempool_free(w->pool);
	rte_free(w->qsbr);
	free(w);
}

/* Room for all that most tests do. */
static inline int
setup_world(void **state)
{
	*state = make_world(64, 0);
	return 0;
}

static inline int
teardown_world(void **state)
{
	end_world(*state);
	return 0;
}

/* 2001:db8::<n> */
static inline struct mtud_ip
host(uint32_t n)
{
	struct mtud_ip ip = {{0x20, 0x01, 0x0d, 0xb8}};
	const rte_be32_t be = rte_cpu_to_be_32(n);

	memcpy(&ip.b[12], &be, sizeof(be));
	return ip;
}

static inline struct rte_ether_addr
mac(uint32_t n)
{
	struct rte_ether_addr out = {{0x02, 0x4e}};
	const rte_be32_t be = rte_cpu_to_be_32(n);

	memcpy(&out.addr_bytes[2], &be, sizeof(be));
	return out;
}

static inline struct rte_mbuf *
packet(struct world *w, uint32_t number)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->pool);

	assert_non_null(m);
	*(uint32_t *)rte_pktmbuf_append(m, sizeof(number)) = number;
	return m;
}

/* Hold a packet for a host on port 1. Returns its number that was pushed out, or 0. */
static inline uint32_t
hold(struct world *w, uint32_t n, uint32_t number, uint64_t now_ms)
{
	const struct mtud_ip ip = host(n);
	struct rte_mbuf *out = (void *)-1;
	uint32_t pushed_out = 0;
	int ret = mtud_neigh_hold(w->nt, 1, &ip, packet(w, number), now_ms, &out);

	if (out != NULL) {
		pushed_out = number_of(out);
		rte_pktmbuf_free(out);
	}
	assert_true(ret == 0 || (ret == -ENOSPC && pushed_out == number));
	return pushed_out;
}

static inline int
learn(struct world *w, uint32_t n, uint32_t mac_n, uint64_t now_ms)
{
	const struct mtud_ip ip = host(n);
	const struct rte_ether_addr m = mac(mac_n);

	return mtud_neigh_learn(w->nt, 1, &ip, &m, now_ms);
}

static inline int
set_static(struct world *w, uint32_t n, uint32_t mac_n, uint64_t now_ms)
{
	const struct mtud_ip ip = host(n);
	const struct rte_ether_addr m = mac(mac_n);

	return mtud_neigh_set_static(w->nt, 1, &ip, &m, now_ms);
}

#define S      0x1 /* solicited */
#define O      0x2 /* override */
#define NO_MAC 0

static inline bool
advertise(struct world *w, uint32_t n, unsigned int flags, uint32_t mac_n, uint64_t now_ms)
{
	const struct mtud_neigh_advert na = {
		.port = 1,
		.solicited = (flags & S) != 0,
		.override = (flags & O) != 0,
		.has_mac = mac_n != NO_MAC,
		.target = host(n),
		.mac = mac(mac_n),
	};

	return mtud_neigh_advertised(w->nt, &na, now_ms);
}

static inline uint16_t
ref(struct world *w, uint32_t n)
{
	const struct mtud_ip ip = host(n);
	uint16_t adj = MTUD_ADJ_NONE;

	assert_int_equal(mtud_neigh_ref(w->nt, 1, &ip, &adj), 0);
	assert_int_not_equal(adj, MTUD_ADJ_NONE);
	return adj;
}

static inline int
del(struct world *w, uint32_t n)
{
	const struct mtud_ip ip = host(n);

	return mtud_neigh_del(w->nt, 1, &ip);
}

static inline uint16_t
find(const struct world *w, uint32_t n)
{
	const struct mtud_ip ip = host(n);

	return mtud_neigh_find(w->nt, 1, &ip);
}

static inline struct mtud_neigh_info
info(const struct world *w, uint32_t n)
{
	struct mtud_neigh_info out;

	assert_int_equal(mtud_neigh_get(w->nt, find(w, n), &out), 0);
	return out;
}

#define GONE (-1)

/* State of a host on port 1, or GONE. */
static inline int
state_of(const struct world *w, uint32_t n)
{
	return find(w, n) != MTUD_ADJ_NONE ? (int)info(w, n).state : GONE;
}

static inline union mtud_adj
adj_of(const struct world *w, uint32_t n)
{
	return mtud_neigh_adj(mtud_neigh_adjs(w->nt), find(w, n));
}

/* The adjacency word of a host: mac_n NO_MAC for an invalid one. */
static inline void
expect_adj(const struct world *w, uint32_t n, uint32_t mac_n, uint8_t flags)
{
	const struct rte_ether_addr m = mac_n != NO_MAC ? mac(mac_n) : (struct rte_ether_addr){{0}};
	union mtud_adj adj = adj_of(w, n);

	assert_memory_equal(adj.mac, m.addr_bytes, sizeof(adj.mac));
	assert_int_equal(adj.port, 1);
	assert_int_equal(adj.flags, flags);
}

static inline void
expect_numbers(const struct numbers *numbers, unsigned int n, ...)
{
	unsigned int i;
	va_list ap;

	assert_int_equal(numbers->n, n);
	va_start(ap, n);
	for (i = 0; i < n; i++)
		assert_int_equal(numbers->number[i], va_arg(ap, unsigned int));
	va_end(ap);
}

/* The newest solicitation was for a host on port 1: multicast with NO_MAC, else to that MAC. */
static inline void
expect_asked(
	const struct world *w, unsigned int n_asked, uint32_t n, uint32_t mac_n, uint32_t trigger)
{
	const struct asked *asked = &w->asked[n_asked - 1];
	const struct mtud_ip ip = host(n);
	const struct rte_ether_addr m = mac(mac_n);

	assert_int_equal(w->n_asked, n_asked);
	assert_int_equal(asked->port, 1);
	assert_memory_equal(&asked->target, &ip, sizeof(ip));
	assert_int_equal(asked->probe, mac_n != NO_MAC);
	if (asked->probe)
		assert_memory_equal(&asked->mac, &m, sizeof(m));
	assert_int_equal(asked->trigger, trigger);
}

static inline struct mtud_neigh_totals
totals(const struct world *w)
{
	struct mtud_neigh_totals out;

	mtud_neigh_totals(w->nt, &out);
	return out;
}

static inline void
tick(struct world *w, uint64_t now_ms)
{
	mtud_neigh_tick(w->nt, now_ms);
}

/* Bring a host that is not in the cache into a state; its MAC is mac(n), its pins stay. Returns
 * the time that it takes at most. */
static inline uint64_t
bring(struct world *w, uint32_t n, enum mtud_neigh_state state, uint64_t now_ms)
{
	switch (state) {
	case MTUD_NEIGH_INCOMPLETE:
		assert_int_equal(hold(w, n, n, now_ms), 0);
		break;
	case MTUD_NEIGH_REACHABLE:
		hold(w, n, n, now_ms);
		assert_true(advertise(w, n, S | O, n, now_ms));
		break;
	case MTUD_NEIGH_STALE:
		assert_int_equal(learn(w, n, n, now_ms), 0);
		break;
	case MTUD_NEIGH_DELAY:
		bring(w, n, MTUD_NEIGH_STALE, now_ms);
		mtud_neigh_used(w->nt, find(w, n), now_ms);
		break;
	case MTUD_NEIGH_PROBE:
		bring(w, n, MTUD_NEIGH_DELAY, now_ms);
		now_ms += MTUD_NEIGH_DELAY_MS;
		tick(w, now_ms);
		break;
	case MTUD_NEIGH_STATIC:
		assert_int_equal(set_static(w, n, n, now_ms), 0);
		break;
	default:
		fail();
	}
	assert_int_equal(state_of(w, n), state);
	return now_ms;
}

#endif
