/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Many routes, and random ones against a plain model. */

#include <errno.h>
#include <time.h>

#include "test_route.h"

/* A small generator of our own: the same routes on every machine (Marsaglia's xorshift). */
static uint32_t
draw(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

#define MODEL_PREFIXES 160
#define MODEL_ROUNDS   1500
#define MODEL_ADDRS    64

/* The model: prefixes with a MTU each, 0 for none, searched from one end to the other. */
struct model {
	struct mtud_prefix prefix[MODEL_PREFIXES];
	uint16_t mtu[MODEL_PREFIXES];
};

/* Addresses and prefixes from few bits, so that they nest and meet. */
static struct mtud_ip
draw_ip(uint32_t *seed)
{
	struct mtud_ip out;
	unsigned int i;

	for (i = 0; i < MTUD_IP_LEN; i++)
		out.b[i] = draw(seed) % 8 == 0 ? 0x80 : draw(seed) % 16 == 0 ? 0x01 : 0;
	out.b[0] |= 0x20;
	return out;
}

static uint16_t
model_match(const struct model *model, const struct mtud_ip *addr)
{
	uint16_t mtu = 0;
	int best = -1;
	unsigned int i;

	for (i = 0; i < MODEL_PREFIXES; i++) {
		const struct mtud_prefix *p = &model->prefix[i];

		if (model->mtu[i] != 0 && p->len > best && mtud_prefix_contains(p, addr)) {
			best = p->len;
			mtu = model->mtu[i];
		}
	}
	return mtu;
}

static bool
tables_equal_model(struct world *w, const struct model *model, uint32_t *seed)
{
	uint8_t dst[MODEL_ADDRS][MTUD_IP_LEN];
	int32_t slot[MODEL_ADDRS];
	unsigned int i, n;

	for (n = 0; n < MODEL_ADDRS; n++) {
		/* Half of them next to a prefix. */
		struct mtud_ip addr = draw_ip(seed);
		const struct mtud_prefix *p = &model->prefix[draw(seed) % MODEL_PREFIXES];

		if (n % 2 == 0) {
			addr = p->ip;
			addr.b[p->len / 8 % MTUD_IP_LEN] ^= draw(seed);
		}
		memcpy(dst[n], addr.b, MTUD_IP_LEN);
	}
	mtud_route_lookup6(w->rt, dst, slot, n);
	for (i = 0; i < n; i++) {
		struct mtud_route_info info;
		struct mtud_ip addr;
		uint16_t mtu;

		memcpy(addr.b, dst[i], MTUD_IP_LEN);
		mtu = model_match(model, &addr);
		if (mtud_route_slot(mtud_route_slots(w->rt), slot[i]).mtu != mtu)
			return false;
		if (mtud_route_match(w->rt, &addr, &info) != (mtu == 0 ? -ENOENT : 0))
			return false;
		if (mtu != 0 && info.mtu != mtu)
			return false;
	}
	return true;
}

static void
stage_some(struct world *w, struct model *model, uint32_t *seed)
{
	unsigned int n = 1 + draw(seed) % 20;

	while (n-- > 0) {
		unsigned int i = draw(seed) % MODEL_PREFIXES;
		struct mtud_prefix *p = &model->prefix[i];

		if (draw(seed) % 5 < 3) {
			struct mtud_route_spec spec =
				typed(MTUD_ROUTE_ONLINK, 1, 1280 + draw(seed) % 7000);

			assert_int_equal(mtud_route_set(w->rt, p, MTUD_ORIGIN_STATIC, &spec), 0);
			model->mtu[i] = spec.mtu;
		} else {
			assert_int_equal(mtud_route_del(w->rt, p, MTUD_ORIGIN_STATIC),
				model->mtu[i] == 0 ? -ENOENT : 0);
			model->mtu[i] = 0;
		}
	}
}

static void
random_commits_equal_a_model(void **state)
{
	/* Too few groups for all of them: some commits fail. */
	const struct mtud_route_conf conf = {.max_routes = 256, .tbl8s = 320, .workers = 1};
	struct world w = make_world(&conf, 16);
	struct model model = {.mtu = {0}};
	uint32_t seed = 2463534242;
	unsigned int i, j, done = 0, full = 0;

	(void)state;
	for (i = 0; i < MODEL_PREFIXES; i++) {
		struct mtud_prefix *p = &model.prefix[i];

		do {
			p->ip = draw_ip(&seed);
			p->len = i == 0 ? 0 : 1 + draw(&seed) % 128;
			mtud_ip_mask(&p->ip, p->len);
			for (j = 0; j < i && mtud_prefix_compare(p, &model.prefix[j]) != 0; j++)
				;
		} while (j < i);
	}
	for (i = 0; i < MODEL_ROUNDS; i++) {
		struct model before = model;
		int ret = -ECANCELED;

		stage_some(&w, &model, &seed);
		if (draw(&seed) % 8 == 0)
			mtud_route_rollback(w.rt);
		else
			ret = mtud_route_commit(w.rt);
		assert_true(ret == 0 || ret == -E2BIG || ret == -ECANCELED);
		if (ret != 0)
			model = before;
		done += ret == 0;
		full += ret == -E2BIG;
		assert_true(tables_equal_model(&w, &model, &seed));
	}
	print_message("%u commits, %u did not fit\n", done, full);
	assert_true(done > MODEL_ROUNDS / 4 && full > 0);
	end_world(&w);
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
		cmocka_unit_test(random_commits_equal_a_model),
		cmocka_unit_test(a_full_table_loads_in_seconds),
	};

	if (test_eal_init(1024, "") < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL) + (rte_eal_cleanup() < 0);
}
