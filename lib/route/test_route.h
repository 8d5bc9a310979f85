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

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_malloc.h>

#include "mtud_route.h"
#include "test_eal.h"

/* Sanitizers make everything slower: what is many is fewer with them. */
#if defined(__SANITIZE_ADDRESS__)
#define MANY(n) ((n) / 8)
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MANY(n) ((n) / 8)
#endif
#endif
#ifndef MANY
#define MANY(n) (n)
#endif

/* What looks addresses up in the tables that tests make: run_with_each_engine() sets it. */
static enum mtud_route_engine engine;

struct world {
	struct rte_rcu_qsbr *qsbr;
	struct mtud_neigh *neigh;
	struct mtud_route *rt;
};

/*
 * Places of a family: what is the same for both is tested with each. net[n] are apart from each
 * other and within wide, net[n] has host[n].
 */
struct places {
	enum mtud_family family;
	const char *all; /* the default route */
	const char *wide;
	const char *other;
	const char *in_other;
	const char *net[7];
	const char *host[7];
	const char *gw[7];
};

static const struct places places6 = {
	.family = MTUD_IPV6,
	.all = "::/0",
	.wide = "2001:db8::/32",
	.other = "2001:db9::/32",
	.in_other = "2001:db9::1",
	.net = {"2001:db8::/48", "2001:db8:1::/48", "2001:db8:2::/48", "2001:db8:3::/48",
		"2001:db8:4::/48", "2001:db8:5::/48", "2001:db8:6::/48"},
	.host = {"2001:db8::1", "2001:db8:1::1", "2001:db8:2::1", "2001:db8:3::1", "2001:db8:4::1",
		"2001:db8:5::1", "2001:db8:6::1"},
	.gw = {"fe80::a0", "fe80::a1", "fe80::a2", "fe80::a3", "fe80::a4", "fe80::a5", "fe80::a6"},
};

static const struct places places4 = {
	.family = MTUD_IPV4,
	.all = "0.0.0.0/0",
	.wide = "10.0.0.0/8",
	.other = "198.51.100.0/25",
	.in_other = "198.51.100.1",
	.net = {"10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/24", "10.4.0.0/25",
		"10.5.0.0/31", "10.6.0.0/24"},
	.host = {"10.0.0.1", "10.1.0.1", "10.2.0.1", "10.3.0.1", "10.4.0.1", "10.5.0.1",
		"10.6.0.1"},
	.gw = {"192.0.2.10", "192.0.2.11", "192.0.2.12", "192.0.2.13", "192.0.2.14", "192.0.2.15",
		"192.0.2.16"},
};

#define WITH(f, family)       \
	((struct CMUnitTest){ \
		#f " (IPv" #family ")", f, NULL, NULL, (void *)(uintptr_t)&places##family})
/* A test for each family: it finds its places in *state. */
#define BOTH_FAMILIES(f) WITH(f, 6), WITH(f, 4)

static inline int
run_group(const char *name, enum mtud_route_engine with, const struct CMUnitTest *tests, size_t n)
{
	engine = with;
	return _cmocka_run_group_tests(name, tests, n, NULL, NULL);
}

/* Whatever looks addresses up, the tables are the same. */
#define run_with_each_engine(tests)                                     \
	(run_group("trie", MTUD_ENGINE_TRIE, tests, RTE_DIM(tests)) + \
		run_group("DPDK", MTUD_ENGINE_DPDK, tests, RTE_DIM(tests)))

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
	route_conf.engine6 = route_conf.engine4 = engine;
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

static inline const uint64_t *
slots_now(const struct world *w)
{
	return mtud_route_slots(mtud_route_view(w->rt));
}

static inline const uint32_t *
options_now(const struct world *w)
{
	return mtud_route_options(mtud_route_view(w->rt));
}

#define MOST_LOOKUPS 129

/* Look up n addresses of one family, at most MOST_LOOKUPS. */
static inline void
lookup_in(const struct mtud_route_view *view, const struct mtud_ip *dst, int32_t *slot,
	unsigned int n)
{
	uint8_t octets[MOST_LOOKUPS][MTUD_IP_LEN];
	uint32_t addr[MOST_LOOKUPS];
	unsigned int i;

	assert_in_range(n, 1, MOST_LOOKUPS);
	for (i = 0; i < n; i++) {
		memcpy(octets[i], dst[i].b, MTUD_IP_LEN);
		addr[i] = rte_be_to_cpu_32(mtud_ip_to_v4(&dst[i]));
		slot[i] = -1;
	}
	if (mtud_ip_is_v4(&dst[0]))
		mtud_route_lookup4(view, addr, slot, n);
	else
		mtud_route_lookup6(view, octets, slot, n);
	for (i = 0; i < n; i++)
		assert_true(slot[i] >= 0);
}

static inline void
lookup_bulk(struct world *w, const struct mtud_ip *dst, int32_t *slot, unsigned int n)
{
	lookup_in(mtud_route_view(w->rt), dst, slot, n);
}

static inline int32_t
lookup(struct world *w, const char *addr)
{
	struct mtud_ip dst = ip(addr);
	int32_t slot;

	lookup_bulk(w, &dst, &slot, 1);
	return slot;
}

/* What a worker learns about an address. */
static inline union mtud_slot
word(struct world *w, const char *addr)
{
	return mtud_route_slot(slots_now(w), lookup(w, addr));
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

/* A small generator of our own: the same routes on every machine (Marsaglia's xorshift). */
static inline uint32_t
draw(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static inline uint64_t
heap_octets_used(void)
{
	struct rte_malloc_socket_stats stats;

	assert_int_equal(rte_malloc_get_socket_stats(0, &stats), 0);
	return stats.heap_allocsz_bytes;
}

#endif
