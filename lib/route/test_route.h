/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef TEST_ROUTE_H
#define TEST_ROUTE_H

/* What the test programs of this library share: the world around a table, and short forms. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_malloc.h>

#include "mtud_route.h"
#include "test_eal.h"

struct world {
	struct rte_rcu_qsbr *qsbr;
	struct mtud_neigh *neigh;
	struct mtud_route *rt;
};

/* Port 0 has an MTU of 1500, port 1 of 9000. */
static inline struct world
make_world(const struct mtud_route_conf *conf, uint32_t neighbors)
{
	static const struct mtud_neigh_ops ops;
	const size_t size = rte_rcu_qsbr_get_memsize(4);
	struct mtud_neigh_conf neigh_conf = {.max = neighbors, .hold = 3, .ops = &ops};
	struct mtud_route_conf route_conf = *conf;
	struct world w;

	w.qsbr = rte_zmalloc(NULL, size, RTE_CACHE_LINE_SIZE);
	assert_non_null(w.qsbr);
	assert_int_equal(rte_rcu_qsbr_init(w.qsbr, 4), 0);
	neigh_conf.qsbr = w.qsbr;
	w.neigh = mtud_neigh_create(&neigh_conf);
	assert_non_null(w.neigh);
	route_conf.qsbr = w.qsbr;
	route_conf.neigh = w.neigh;
	w.rt = mtud_route_create(&route_conf);
	assert_non_null(w.rt);
	mtud_route_set_port_mtu(w.rt, 0, 1500);
	mtud_route_set_port_mtu(w.rt, 1, 9000);
	return w;
}

static inline struct world
small_world(void)
{
	const struct mtud_route_conf conf = {.max_routes = 256, .tbl8s = 256, .workers = 2};

	return make_world(&conf, 64);
}

static inline void
end_world(struct world *w)
{
	mtud_route_free(w->rt);
	mtud_neigh_free(w->neigh);
	rte_free(w->qsbr);
}

static inline struct mtud_ip
ip(const char *text)
{
	struct mtud_ip out;

	assert_int_equal(mtud_ip_parse(text, &out), 0);
	return out;
}

static inline struct mtud_prefix
pfx(const char *text)
{
	struct mtud_prefix out;

	assert_int_equal(mtud_prefix_parse(text, &out, NULL), 0);
	return out;
}

static inline struct mtud_route_spec
via(const char *gw, uint16_t port, uint16_t mtu)
{
	return (struct mtud_route_spec){
		.type = MTUD_ROUTE_FORWARD, .gw = ip(gw), .port = port, .mtu = mtu};
}

static inline struct mtud_route_spec
typed(enum mtud_route_type type, uint16_t port, uint16_t mtu)
{
	return (struct mtud_route_spec){.type = type, .port = port, .mtu = mtu};
}

static inline int
set(struct world *w, const char *prefix, enum mtud_route_origin origin, struct mtud_route_spec spec)
{
	struct mtud_prefix p = pfx(prefix);

	return mtud_route_set(w->rt, &p, origin, &spec);
}

static inline int
set_static(struct world *w, const char *prefix, struct mtud_route_spec spec)
{
	return set(w, prefix, MTUD_ORIGIN_STATIC, spec);
}

static inline int
del(struct world *w, const char *prefix, enum mtud_route_origin origin)
{
	struct mtud_prefix p = pfx(prefix);

	return mtud_route_del(w->rt, &p, origin);
}

static inline int
get(struct world *w, const char *prefix, struct mtud_route_info *info)
{
	struct mtud_prefix p = pfx(prefix);

	return mtud_route_get(w->rt, &p, info);
}

static inline int32_t
lookup(struct world *w, const char *addr)
{
	struct mtud_ip dst = ip(addr);
	uint8_t dsts[1][MTUD_IP_LEN];
	int32_t slot = -1;

	memcpy(dsts[0], dst.b, MTUD_IP_LEN);
	mtud_route_lookup6(w->rt, dsts, &slot, 1);
	assert_true(slot >= 0);
	return slot;
}

/* What a worker learns about an address. */
static inline union mtud_slot
word(struct world *w, const char *addr)
{
	return mtud_route_slot(mtud_route_slots(w->rt), lookup(w, addr));
}

/* Routes that hold a neighbor. */
static inline uint32_t
pins(struct world *w, uint16_t port, const char *gw)
{
	struct mtud_ip addr = ip(gw);
	struct mtud_neigh_info info;
	uint16_t adj = mtud_neigh_find(w->neigh, port, &addr);

	return adj != MTUD_ADJ_NONE && mtud_neigh_get(w->neigh, adj, &info) == 0 ? info.routes : 0;
}

static inline struct mtud_route_totals
totals(struct world *w)
{
	struct mtud_route_totals out;

	mtud_route_totals(w->rt, &out);
	return out;
}

static inline uint64_t
heap_octets_used(void)
{
	struct rte_malloc_socket_stats stats;

	assert_int_equal(rte_malloc_get_socket_stats(0, &stats), 0);
	return stats.heap_allocsz_bytes;
}

#endif
