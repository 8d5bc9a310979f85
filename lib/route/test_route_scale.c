/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Tables as full as the Internet's: do they come, answer and go, and what do they take? */

#include <errno.h>
#include <time.h>

#include "test_route.h"

#define MANY_V4 MANY(900000)
#define MANY_V6 MANY(250000)

#define MANY_ASNS 28000 /* networks with a /32 of their own */

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/*
 * Prefixes as the Internet has them: most are /48, the rest /19 to /47, of networks whose
 * allocations lie close together.
 */
static struct mtud_prefix
draw_prefix6(uint32_t *seed)
{
	static const uint8_t lens[] = {
		48, 48, 48, 48, 48, 48, 48, 46, 44, 44, 42, 40, 40, 36, 33, 32, 32, 32, 29, 28};
	uint32_t network = draw(seed) % MANY_ASNS * 2654435761u;
	uint32_t bits = draw(seed);
	struct mtud_prefix out = {.len = lens[draw(seed) % RTE_DIM(lens)]};

	if (bits % 512 == 0)
		out.len = 19 + bits / 512 % 10;
	out.ip = (struct mtud_ip){{0x20 | (network >> 30), network >> 26 & 0x3f, network >> 18,
		network >> 10, bits >> 24, bits >> 16, bits >> 8}};
	mtud_ip_mask(&out.ip, out.len);
	return out;
}

/* More than half are /24, the rest /8 to /23, and some longer ones of our own network. */
static struct mtud_prefix
draw_prefix4(uint32_t *seed)
{
	static const uint8_t lens[] = {
		24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 23, 23, 22, 22, 22, 21, 20, 19, 18};
	uint32_t addr = (1u << 24) + draw(seed) % (223u << 24);
	uint32_t bits = draw(seed);
	struct mtud_prefix out = {.len = lens[bits % RTE_DIM(lens)]};

	if (bits / 64 % 32 == 0)
		out.len = 8 + bits / 2048 % 10;
	else if (bits / 64 % 32 == 1)
		out.len = 25 + bits / 2048 % 8;
	out.len += MTUD_IP4_BITS_AT;
	out.ip = mtud_ip_from_v4(rte_cpu_to_be_32(addr));
	mtud_ip_mask(&out.ip, out.len);
	return out;
}

struct scale {
	enum mtud_family family;
	uint32_t routes;
	uint32_t tbl8s;
	struct mtud_prefix (*draw_prefix)(uint32_t *seed);
	const char *one_more;
};

static const struct scale scale6 = {
	.family = MTUD_IPV6,
	.routes = MANY_V6,
	.tbl8s = 1 << 18,
	.draw_prefix = draw_prefix6,
	.one_more = "3fff::/48",
};

static const struct scale scale4 = {
	.family = MTUD_IPV4,
	.routes = MANY_V4,
	.tbl8s = 1 << 16,
	.draw_prefix = draw_prefix4,
	.one_more = "225.0.0.0/27",
};

static struct world
many_world(const struct scale *at, uint32_t routes)
{
	const struct mtud_route_conf conf = {
		.max_routes = routes, .tbl8s = at->tbl8s, .workers = 1};

	return make_world(&conf, 64);
}

static struct mtud_route_spec
next_hop(const struct scale *at)
{
	return at->family == MTUD_IPV4 ? via("192.0.2.0", 1, 0) : via("fe80::1", 1, 0);
}

/* Stage routes until n are there; their MTU tells the length. */
static void
stage_many(struct world *w, const struct scale *at, uint32_t n, uint32_t seed)
{
	struct mtud_route_spec spec = next_hop(at);

	while (totals(w).routes < n) {
		struct mtud_prefix p = at->draw_prefix(&seed);

		spec.mtu = 2000 + p.len;
		spec.gw.b[15] = 1 + p.len % 16;
		assert_int_equal(mtud_route_set(w->rt, &p, MTUD_ORIGIN_STATIC, &spec), 0);
	}
}

static int
delete_each(const struct mtud_route_info *info, void *arg)
{
	return mtud_route_del(arg, &info->prefix, info->origin);
}

/* An address that a prefix holds. */
static struct mtud_ip
address_in(const struct mtud_prefix *p)
{
	struct mtud_ip out = p->ip;

	if (p->len < 128)
		out.b[15] |= 1;
	return out;
}

static unsigned int
count_wrong(struct world *w, const struct scale *at, uint32_t seed, unsigned int n, bool gone)
{
	unsigned int wrong = 0;

	while (n-- > 0) {
		struct mtud_prefix p = at->draw_prefix(&seed);
		struct mtud_ip addr = address_in(&p);
		struct mtud_route_info info;
		union mtud_slot got;
		int32_t slot;

		lookup_bulk(w, &addr, &slot, 1);
		got = mtud_route_slot(slots_now(w), slot);
		if (gone)
			wrong += got.word != 0;
		else
			wrong += got.mtu < 2000 + p.len ||
				 mtud_route_match(w->rt, &addr, &info) != 0 || info.slot != slot ||
				 got.mtu != 2000 + info.prefix.len;
	}
	return wrong;
}

#define ONE_BY_ONE MANY(1000)

/* Each should take as long as in a small table: whatever walks all routes takes 10 ms. */
static void
change_one_by_one(struct world *w, const struct scale *at)
{
	double start = seconds();
	struct mtud_route_spec spec = next_hop(at);
	uint32_t seed = 7;
	struct mtud_prefix first = at->draw_prefix(&seed);
	unsigned int i;

	assert_int_equal(mtud_route_del(w->rt, &first, MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(mtud_route_commit(w->rt), 0);
	for (i = 0; i < ONE_BY_ONE; i++) {
		spec.port = i % 2;
		assert_int_equal(set_static(w, at->one_more, spec), 0);
		assert_int_equal(mtud_route_commit(w->rt), 0);
		assert_int_equal(del(w, at->one_more, MTUD_ORIGIN_STATIC), 0);
		assert_int_equal(mtud_route_commit(w->rt), 0);
	}
	print_message("one by one: %.1f us each\n", (seconds() - start) / (2 * ONE_BY_ONE) * 1e6);
}

#define BURST    32
#define BURSTS   1024
#define MEASURES MANY(64)

/* How long a lookup takes, of as many addresses as there are routes, or as a cache holds. */
static void
measure_lookups(struct world *w, const struct scale *at)
{
	static uint8_t dst6[BURSTS][BURST][MTUD_IP_LEN];
	static uint32_t dst4[BURSTS][BURST];
	const unsigned int n = BURST * BURSTS;
	int32_t slot[BURST];
	uint32_t seed = 7;
	double start;
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct mtud_prefix p = at->draw_prefix(&seed);
		struct mtud_ip addr = address_in(&p);

		/* The routes that were drawn first, over and over. */
		if (i % totals(w).routes == totals(w).routes - 1)
			seed = 7;
		memcpy(dst6[i / BURST][i % BURST], addr.b, MTUD_IP_LEN);
		dst4[i / BURST][i % BURST] = rte_be_to_cpu_32(mtud_ip_to_v4(&addr));
	}
	start = seconds();
	for (i = 0; i < MEASURES * BURSTS; i++) {
		if (at->family == MTUD_IPV4)
			mtud_route_lookup4(mtud_route_view(w->rt), dst4[i % BURSTS], slot, BURST);
		else
			mtud_route_lookup6(mtud_route_view(w->rt), dst6[i % BURSTS], slot, BURST);
	}
	print_message("%u routes: %.1f ns a lookup in bursts of %u\n", totals(w).routes,
		(seconds() - start) / MEASURES / n * 1e9, BURST);
}

static void
a_small_table_answers(void **state)
{
	const struct scale *at = *state;
	struct world w = many_world(at, 256);

	stage_many(&w, at, 256, 7);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(count_wrong(&w, at, 7, 256, false), 0);
	measure_lookups(&w, at);
	end_world(&w);
}

static void
a_full_table_comes_and_goes(void **state)
{
	const struct scale *at = *state;
	struct world w = many_world(at, at->routes);
	double loading = seconds(), start, staged, committed, listed, deleted;
	struct mtud_route_totals t;

	stage_many(&w, at, at->routes, 7);
	staged = seconds();
	assert_int_equal(mtud_route_commit(w.rt), 0);
	committed = seconds();
	assert_int_equal(count_wrong(&w, at, 7, 20000, false), 0);
	t = totals(&w);
	print_message("%u routes: staged in %.2f s, committed in %.2f s (two copies), "
		      "%.0f MiB of which each copy %.0f\n",
		t.routes, staged - loading, committed - staged, t.octets / 1048576.0,
		t.octets_copy[at->family] / 1048576.0);
	measure_lookups(&w, at);

	assert_int_equal(set_static(&w, at->one_more, next_hop(at)), -ENOSPC);
	change_one_by_one(&w, at);

	assert_true(pins(&w, 1, at->family == MTUD_IPV4 ? "192.0.2.9" : "fe80::1") > 1000);
	start = seconds();
	mtud_route_foreach(w.rt, true, delete_each, w.rt);
	listed = seconds();
	assert_int_equal(mtud_route_commit(w.rt), 0);
	deleted = seconds();
	print_message("listed and staged for deletion in %.2f s, deleted in %.2f s\n",
		listed - start, deleted - listed);
	assert_int_equal(totals(&w).routes, 0);
	assert_int_equal(pins(&w, 1, at->family == MTUD_IPV4 ? "192.0.2.9" : "fe80::1"), 0);
	assert_int_equal(count_wrong(&w, at, 7, 20000, true), 0);
	end_world(&w);
}

#define AT_SCALE(f, family)   \
	((struct CMUnitTest){ \
		#f " (IPv" #family ")", f, NULL, NULL, (void *)(uintptr_t)&scale##family})

/* Each at scale where it is the default; all else about them is tested with both. */
int
main(void)
{
	const struct CMUnitTest tests6[] = {
		AT_SCALE(a_small_table_answers, 6),
		AT_SCALE(a_full_table_comes_and_goes, 6),
	};
	const struct CMUnitTest tests4[] = {
		AT_SCALE(a_small_table_answers, 4),
		AT_SCALE(a_full_table_comes_and_goes, 4),
	};

	if (test_eal_init(2048, "") < 0)
		return 1;
	return run_group("trie", MTUD_ENGINE_TRIE, tests6, RTE_DIM(tests6)) +
	       run_group("rte_fib", MTUD_ENGINE_DPDK, tests4, RTE_DIM(tests4)) +
	       (rte_eal_cleanup() < 0);
}
