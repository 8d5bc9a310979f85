/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Many routes, and random ones against a plain model. */

#include <errno.h>
#include <time.h>

#include "test_route.h"

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

#define MANY      250000
#define MANY_ASNS 28000 /* networks with a /32 of their own */

/*
 * Prefixes as the Internet has them: most are /48, the rest /19 to /47, of networks whose
 * allocations lie close together.
 */
static struct mtud_prefix
draw_prefix(uint32_t *seed)
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

static struct world
many_world(void)
{
	const struct mtud_route_conf conf = {.max_routes = MANY, .tbl8s = 1 << 18, .workers = 1};

	return make_world(&conf, 64);
}

/* Stage routes until MANY are there; their MTU tells the length. */
static void
stage_many(struct world *w, uint32_t seed)
{
	struct mtud_route_spec spec = via("fe80::1", 1, 0);

	while (totals(w).routes < MANY) {
		struct mtud_prefix p = draw_prefix(&seed);

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

static unsigned int
count_wrong(struct world *w, uint32_t seed, unsigned int n, bool gone)
{
	unsigned int wrong = 0;

	while (n-- > 0) {
		struct mtud_prefix p = draw_prefix(&seed);
		uint8_t dst[1][MTUD_IP_LEN];
		struct mtud_route_info info;
		union mtud_slot got;
		int32_t slot;

		memcpy(dst[0], p.ip.b, MTUD_IP_LEN);
		dst[0][15] = 1;
		mtud_route_lookup6(w->rt, dst, &slot, 1);
		got = mtud_route_slot(mtud_route_slots(w->rt), slot);
		memcpy(p.ip.b, dst[0], MTUD_IP_LEN);
		if (gone)
			wrong += got.word != 0;
		else
			wrong += got.mtu < 2000 + p.len ||
				 mtud_route_match(w->rt, &p.ip, &info) != 0 || info.slot != slot ||
				 got.mtu != 2000 + info.prefix.len;
	}
	return wrong;
}

#define ONE_BY_ONE 1000

/* Each takes as long as in a small table: whatever walks all routes takes 10 ms. */
static void
change_one_by_one(struct world *w)
{
	double start = seconds(), each_s;
	uint32_t seed = 7;
	struct mtud_prefix first = draw_prefix(&seed);
	unsigned int i;

	assert_int_equal(mtud_route_del(w->rt, &first, MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(mtud_route_commit(w->rt), 0);
	for (i = 0; i < ONE_BY_ONE; i++) {
		assert_int_equal(set_static(w, "3fff::/48", via("fe80::1", i % 2, 0)), 0);
		assert_int_equal(mtud_route_commit(w->rt), 0);
		assert_int_equal(del(w, "3fff::/48", MTUD_ORIGIN_STATIC), 0);
		assert_int_equal(mtud_route_commit(w->rt), 0);
	}
	each_s = (seconds() - start) / (2 * ONE_BY_ONE);
	print_message("one by one: %.1f us each\n", each_s * 1e6);
	assert_true(each_s < 2e-3);
}

static void
a_full_table_loads_in_seconds(void **state)
{
	struct world w = many_world();
	double loading = seconds(), start, staged, committed, listed, deleted;
	struct mtud_route_totals t;

	(void)state;
	stage_many(&w, 7);
	staged = seconds();
	assert_int_equal(mtud_route_commit(w.rt), 0);
	committed = seconds();
	assert_int_equal(count_wrong(&w, 7, 20000, false), 0);
	t = totals(&w);
	print_message("%u routes: staged in %.2f s, committed in %.2f s (two copies), "
		      "%.0f MiB of which each copy %.0f\n",
		t.routes, staged - loading, committed - staged, t.octets / 1048576.0,
		t.octets_copy / 1048576.0);

	assert_int_equal(set_static(&w, "3fff::/48", via("fe80::1", 0, 0)), -ENOSPC);
	change_one_by_one(&w);

	start = seconds();
	mtud_route_foreach(w.rt, true, delete_each, w.rt);
	listed = seconds();
	assert_int_equal(mtud_route_commit(w.rt), 0);
	deleted = seconds();
	print_message("listed and staged for deletion in %.2f s, deleted in %.2f s\n",
		listed - start, deleted - listed);
	assert_int_equal(totals(&w).routes, 0);
	assert_int_equal(pins(&w, 1, "fe80::1"), 0);
	assert_int_equal(count_wrong(&w, 7, 20000, true), 0);

	/* Whatever the machine: what is not linear takes minutes. */
	assert_true(committed < loading + 60 && deleted < start + 60);
	end_world(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_table_loads_in_seconds),
	};

	if (test_eal_init(1024, "") < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL) + (rte_eal_cleanup() < 0);
}
