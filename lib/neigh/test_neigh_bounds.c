/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Many neighbors: how many there may be, who makes room for whom (RFC 6583), and that nothing is
 * lost or counted wrong on the way. */

#include <rte_errno.h>
#include <rte_random.h>

#include "test_neigh.h"

static void
arguments(void **state)
{
	struct world *w = *state;
	const struct mtud_neigh_conf good = {
		.max = 16,
		.hold = 1,
		.qsbr = w->qsbr,
		.ops = &noting_ops,
	};
	struct mtud_neigh_conf bad[7];
	struct mtud_neigh *nt;
	unsigned int i;

	for (i = 0; i < RTE_DIM(bad); i++)
		bad[i] = good;
	bad[0].max = 15;
	bad[1].max = MTUD_NEIGH_MAX + 1;
	bad[2].hold = 0;
	bad[3].hold = MTUD_NEIGH_HOLD_MAX + 1;
	bad[4].qsbr = NULL;
	bad[5].ops = NULL;
	bad[6].max = 0;
	for (i = 0; i < RTE_DIM(bad); i++) {
		rte_errno = 0;
		assert_null(mtud_neigh_create(&bad[i]));
		assert_int_equal(rte_errno, EINVAL);
	}
	nt = mtud_neigh_create(&good);
	assert_non_null(nt);
	mtud_neigh_free(nt);
	mtud_neigh_free(NULL);
}

static void
no_memory(void **state)
{
	struct world *w = *state;
	struct mtud_neigh_conf conf = {
		.max = MTUD_NEIGH_MAX,
		.hold = MTUD_NEIGH_HOLD_MAX, /* 32 MiB of places */
		.qsbr = w->qsbr,
		.ops = &noting_ops,
	};
	void *taken = rte_malloc(NULL, 24 << 20, 0);

	assert_non_null(taken);
	rte_errno = 0;
	assert_null(mtud_neigh_create(&conf));
	assert_int_equal(rte_errno, ENOMEM);
	rte_free(taken);
}

/* Without a drop callback, nothing that waited is lost. */
static void
no_drop_callback(void **state)
{
	struct mtud_neigh_ops ops = noting_ops;
	struct world *w = *state;
	struct mtud_neigh_conf conf = {
		.max = 16, .hold = 3, .qsbr = w->qsbr, .ops = &ops, .ctx = w};
	struct mtud_neigh *nt = w->nt;

	ops.drop = NULL;
	w->nt = mtud_neigh_create(&conf);
	assert_non_null(w->nt);
	hold(w, 1, 1, 1000);
	hold(w, 1, 2, 1000);
	del(w, 1);
	assert_int_equal(rte_mempool_avail_count(w->pool), PACKETS);
	/* What is held when the cache goes, goes with it. */
	hold(w, 1, 3, 1000);
	mtud_neigh_free(w->nt);
	w->nt = nt;
	assert_int_equal(rte_mempool_avail_count(w->pool), PACKETS);
}

/* A quarter of 64 may resolve at once: the oldest makes room. */
static void
pending_is_bounded(void **state)
{
	struct world *w = *state;
	uint32_t n;

	for (n = 1; n <= 16; n++)
		hold(w, n, n, 1000 + n);
	assert_int_equal(totals(w).pending, 16);
	assert_int_equal(totals(w).evicted, 0);
	/* A new question to an old one does not make it younger. */
	tick(w, 2005);
	hold(w, 17, 17, 2006);
	assert_int_equal(state_of(w, 1), GONE);
	expect_numbers(&w->dropped, 1, 1);
	hold(w, 18, 18, 2006);
	expect_numbers(&w->dropped, 2, 1, 2);
	assert_int_equal(totals(w).pending, 16);
	assert_int_equal(totals(w).evicted, 2);
	assert_int_equal(totals(w).refused, 0);
	expect_asked(w, 16 + 5 + 2, 18, NO_MAC, 18);
}

/* A route's next hop that resolves is not pushed out, and waits like all for its place. */
static void
pinned_pending(void **state)
{
	struct world *w = *state;
	uint32_t n;

	for (n = 1; n <= 17; n++)
		ref(w, n);
	for (n = 1; n <= 15; n++)
		hold(w, n, n, 1000);
	hold(w, 100, 100, 1000);
	/* Next hops push out one that is none ... */
	assert_int_equal(hold(w, 16, 16, 1001), 0);
	assert_int_equal(state_of(w, 100), GONE);
	/* ... and nothing pushes them out. */
	assert_int_equal(hold(w, 17, 17, 1002), 17);
	assert_int_equal(state_of(w, 17), MTUD_NEIGH_NONE);
	assert_int_equal(hold(w, 101, 101, 1002), 101);
	assert_int_equal(state_of(w, 101), GONE);
	assert_int_equal(totals(w).refused, 2);
	assert_int_equal(totals(w).pending, 16);
	/* Without its route it may go. */
	mtud_neigh_unref(w->nt, find(w, 3));
	assert_int_equal(hold(w, 102, 102, 1003), 0);
	assert_int_equal(state_of(w, 3), GONE);
	expect_numbers(&w->dropped, 2, 100, 3);
}

/* One of each kind that must stay, whoever comes; returns how many. */
static unsigned int
working_neighbors(struct world *w, uint64_t now_ms)
{
	bring(w, 1, MTUD_NEIGH_PROBE, now_ms - MTUD_NEIGH_DELAY_MS);
	bring(w, 2, MTUD_NEIGH_REACHABLE, now_ms);
	bring(w, 3, MTUD_NEIGH_DELAY, now_ms);
	bring(w, 4, MTUD_NEIGH_STATIC, now_ms);
	ref(w, 5);
	ref(w, 6);
	bring(w, 6, MTUD_NEIGH_STALE, now_ms);
	return 6;
}

static void
expect_working(struct world *w)
{
	static const int states[] = {MTUD_NEIGH_PROBE, MTUD_NEIGH_REACHABLE, MTUD_NEIGH_DELAY,
		MTUD_NEIGH_STATIC, MTUD_NEIGH_NONE, MTUD_NEIGH_STALE};
	uint32_t n;

	for (n = 0; n < RTE_DIM(states); n++)
		assert_int_equal(state_of(w, n + 1), states[n]);
}

static void
scan_spares_working(void **state)
{
	struct world *w = *state;
	unsigned int n_working = working_neighbors(w, 6000);
	uint32_t n;

	/* The rest of the cache is stale, and stays as well but for one place: 64 - 6. */
	for (n = 10; n < 64 - n_working + 10; n++)
		learn(w, n, n, 6000);
	assert_int_equal(totals(w).entries, 64);
	w->n_asked = 0;
	for (n = 0; n < 3000; n++)
		assert_int_equal(hold(w, 0x10000 + n, n + 1, 6000), 0);
	assert_int_equal(w->n_asked, 3000);
	assert_int_equal(totals(w).pending, 1);
	assert_int_equal(totals(w).refused, 0);
	assert_int_equal(totals(w).evicted, 3000);
	expect_working(w);
	assert_int_equal(state_of(w, 10), GONE);
	for (n = 11; n < 64 - n_working + 10; n++)
		assert_int_equal(state_of(w, n), MTUD_NEIGH_STALE);

	/* With some room they push each other out of it. */
	del(w, 0x10000 + 2999);
	w->dropped.n = 0;
	w->n_asked = 0;
	for (n = 11; n < 14; n++)
		del(w, n);
	for (n = 0; n < 3000; n++)
		assert_int_equal(hold(w, 0x20000 + n, n + 1, 6000), 0);
	assert_int_equal(totals(w).entries, 64);
	assert_int_equal(totals(w).pending, 4);
	assert_int_equal(totals(w).evicted, 3000 + 2996);
	assert_int_equal(w->dropped.n, 2996);
	expect_working(w);
	for (n = 14; n < 64 - n_working + 10; n++)
		assert_int_equal(state_of(w, n), MTUD_NEIGH_STALE);
}

/* Who makes room for a learned neighbor: the oldest that resolves, the longest unused stale one
 * that never was reachable, then the one that was. */
static void
learned_flood(void **state)
{
	struct world *w = *state;
	unsigned int n_working = working_neighbors(w, 6000);
	uint32_t n;

	/* Two that were reachable, with other lives; then as many as fit. */
	for (n = 10; n < 12; n++) {
		bring(w, n, MTUD_NEIGH_REACHABLE, 6000);
		advertise(w, n, 0, 99, 6000 + n);
		assert_int_equal(state_of(w, n), MTUD_NEIGH_STALE);
	}
	for (n = 12; n < 14; n++)
		hold(w, n, n, 6000 + n);
	for (n = 20; n < 20 + 64 - n_working - 4; n++)
		learn(w, n, n, 6000 + n);
	assert_int_equal(totals(w).entries, 64);
	assert_int_equal(totals(w).evicted, 0);

	learn(w, 100, 100, 6100);
	assert_int_equal(state_of(w, 12), GONE);
	learn(w, 101, 101, 6101);
	assert_int_equal(state_of(w, 13), GONE);
	expect_numbers(&w->dropped, 2, 12, 13);
	learn(w, 102, 102, 6102);
	assert_int_equal(state_of(w, 20), GONE);
	assert_int_equal(state_of(w, 21), MTUD_NEIGH_STALE);
	for (n = 200; n < 3200; n++)
		assert_int_equal(learn(w, n, n, 6200), 0);
	assert_int_equal(state_of(w, 102), GONE);
	assert_int_equal(state_of(w, 10), MTUD_NEIGH_STALE);
	assert_int_equal(state_of(w, 11), MTUD_NEIGH_STALE);
	assert_int_equal(totals(w).evicted, 3003);
	assert_int_equal(totals(w).refused, 0);
	expect_working(w);

	/* Use or a route protects; then it is the turn of those that were reachable. */
	for (n = 3200 - (64 - n_working - 2); n < 3200; n++)
		mtud_neigh_used(w->nt, find(w, n), 6300);
	assert_int_equal(learn(w, 4000, 4000, 6400), 0);
	assert_int_equal(state_of(w, 10), GONE);
	ref(w, 4000);
	assert_int_equal(learn(w, 4001, 4001, 6400), 0);
	assert_int_equal(state_of(w, 11), GONE);
	mtud_neigh_used(w->nt, find(w, 4001), 6400);
	/* Nobody is left that could go. */
	assert_int_equal(learn(w, 4002, 4002, 6400), -ENOSPC);
	assert_int_equal(set_static(w, 4002, 4002, 6400), -ENOSPC);
	{
		const struct mtud_ip ip = host(4002);
		uint16_t adj;

		assert_int_equal(mtud_neigh_ref(w->nt, 1, &ip, &adj), -ENOSPC);
	}
	assert_int_equal(hold(w, 4002, 1, 6400), 1);
	assert_int_equal(totals(w).refused, 4);
	assert_int_equal(state_of(w, 4002), GONE);
	/* Those that are there can be had all the same. */
	ref(w, 3199);
	assert_int_equal(learn(w, 3199, 3199, 6400), 0);
	assert_int_equal(set_static(w, 3199, 3199, 6400), 0);
	expect_working(w);
}

/* A route's next hop and a static entry are worth a stale one. */
static void
configured_makes_room(void **state)
{
	struct world *w = *state;
	uint32_t n;

	for (n = 1; n <= 63; n++)
		learn(w, n, n, 1000 + n);
	hold(w, 64, 64, 2000);
	ref(w, 100);
	assert_int_equal(state_of(w, 64), GONE);
	expect_numbers(&w->dropped, 1, 64);
	ref(w, 101);
	assert_int_equal(state_of(w, 1), GONE);
	assert_int_equal(set_static(w, 102, 102, 2000), 0);
	assert_int_equal(state_of(w, 2), GONE);
	assert_int_equal(state_of(w, 3), MTUD_NEIGH_STALE);
	assert_int_equal(totals(w).evicted, 3);
	/* A next hop that has its entry needs no room to be asked for. */
	assert_int_equal(hold(w, 100, 1, 2000), 0);
	assert_int_equal(hold(w, 101, 2, 2000), 0);
	assert_int_equal(totals(w).entries, 64);
	assert_int_equal(totals(w).evicted, 3);
}

/* What was reachable once and had to start over is new like any other. */
static void
start_over_proves_nothing(void **state)
{
	struct world *w = *state;
	uint32_t n;

	for (n = 1; n <= 2; n++) {
		bring(w, n, MTUD_NEIGH_REACHABLE, 1000);
		advertise(w, n, 0, 99, 1000);
	}
	ref(w, 2);
	del(w, 2);
	learn(w, 2, 2, 2000);
	mtud_neigh_unref(w->nt, find(w, 2));
	for (n = 3; n <= 64; n++)
		learn(w, n, n, 2000 + n);
	learn(w, 65, 65, 3000);
	assert_int_equal(state_of(w, 1), MTUD_NEIGH_STALE);
	assert_int_equal(state_of(w, 2), GONE);
}

static void
reenter_hold_new(struct world *w)
{
	w->reenter = NULL;
	hold(w, 500, 500, 2000);
}

/* The callback for what made room takes the room again: both calls keep their promises. */
static void
eviction_is_reentrant(void **state)
{
	struct world *w = *state;
	uint32_t n;

	for (n = 1; n <= 16; n++)
		hold(w, n, n, 1000 + n);
	w->n_asked = 0;
	w->reenter = reenter_hold_new;
	hold(w, 17, 17, 2000);
	expect_numbers(&w->dropped, 2, 2, 1);
	assert_int_equal(state_of(w, 17), MTUD_NEIGH_INCOMPLETE);
	assert_int_equal(state_of(w, 500), MTUD_NEIGH_INCOMPLETE);
	assert_int_equal(totals(w).pending, 16);
	assert_int_equal(w->n_asked, 2);
}

static void
count_up(const struct mtud_neigh_info *neigh, void *arg)
{
	uint32_t *n = arg;
	struct mtud_ip ip = host(++*n);

	assert_true(mtud_ip_equal(&neigh->ip, &ip));
}

/* Every index of the largest cache, in an order that is none. */
static void
largest(void **state)
{
	struct world *w = make_world(MTUD_NEIGH_MAX, 0);
	uint32_t n = 0;
	uint32_t i;

	RTE_SET_USED(state);
	for (i = 0; i < MTUD_NEIGH_MAX; i++) {
		n = (n + 40503) % (MTUD_NEIGH_MAX + 1); /* odd: a walk through all but 0 */
		assert_int_equal(set_static(w, n, n, 1000), 0);
	}
	assert_int_equal(totals(w).entries, MTUD_NEIGH_MAX);
	assert_int_equal(set_static(w, 0, 1, 1000), -ENOSPC);
	n = 0;
	mtud_neigh_foreach(w->nt, count_up, &n);
	assert_int_equal(n, MTUD_NEIGH_MAX);
	for (n = 1; n <= MTUD_NEIGH_MAX; n++)
		expect_adj(w, n, n, MTUD_ADJ_VALID);
	for (n = 1; n <= MTUD_NEIGH_MAX; n++)
		assert_int_equal(del(w, n), 0);
	for (n = 1; n <= MTUD_NEIGH_MAX; n++)
		assert_int_equal(learn(w, n + 100000, n, 1000), 0);
	assert_int_equal(totals(w).entries, MTUD_NEIGH_MAX);
	assert_int_equal(totals(w).evicted, 0);
	end_world(w);
}

struct audit {
	struct world *w;
	unsigned int entries, pending, held;
	struct mtud_neigh_info last;
};

static void
audit_one(const struct mtud_neigh_info *neigh, void *arg)
{
	struct audit *a = arg;
	union mtud_adj adj = mtud_neigh_adj(mtud_neigh_adjs(a->w->nt), neigh->adj);
	bool is_known = neigh->state != MTUD_NEIGH_NONE && neigh->state != MTUD_NEIGH_INCOMPLETE &&
			neigh->state != MTUD_NEIGH_FAILED;

	if (a->entries > 0)
		assert_true(memcmp(&a->last.ip, &neigh->ip, sizeof(neigh->ip)) < 0);
	assert_int_equal(mtud_neigh_find(a->w->nt, 1, &neigh->ip), neigh->adj);
	assert_int_equal(adj.port, 1);
	assert_int_equal(adj.flags & MTUD_ADJ_VALID, is_known ? MTUD_ADJ_VALID : 0);
	assert_int_equal(
		adj.flags & MTUD_ADJ_STALE, neigh->state == MTUD_NEIGH_STALE ? MTUD_ADJ_STALE : 0);
	assert_memory_equal(adj.mac, &neigh->mac, sizeof(adj.mac));
	assert_int_equal(rte_is_zero_ether_addr(&neigh->mac), !is_known);
	assert_true(neigh->state == MTUD_NEIGH_INCOMPLETE ? neigh->held > 0 : neigh->held == 0);
	if (neigh->routes == 0)
		assert_true(neigh->state != MTUD_NEIGH_NONE && neigh->state != MTUD_NEIGH_FAILED);
	a->entries++;
	a->pending += neigh->state == MTUD_NEIGH_INCOMPLETE;
	a->held += neigh->held;
	a->last = *neigh;
}

static void
audit(struct world *w)
{
	struct audit a = {.w = w};

	mtud_neigh_foreach(w->nt, audit_one, &a);
	assert_int_equal(totals(w).entries, a.entries);
	assert_int_equal(totals(w).pending, a.pending);
	assert_int_equal(totals(w).held, a.held);
	assert_true(a.entries <= 64 && a.pending <= 16);
	assert_int_equal(rte_mempool_avail_count(w->pool), PACKETS - a.held);
	w->n_asked = 0;
	w->released.n = 0;
	w->failed.n = 0;
	w->dropped.n = 0;
}

/* Anything in any order, checked against what must hold at any time. */
static void
anything_goes(void **state)
{
	struct world *w = *state;
	struct mtud_ip ip;
	uint16_t pins[24];
	unsigned int n_pins = 0;
	uint64_t now_ms = 1;
	unsigned int i;
	uint32_t n;

	for (i = 0; i < 200000; i++) {
		now_ms += rte_rand_max(100) == 0 ? rte_rand_max(30000) : rte_rand_max(50);
		n = 1 + rte_rand_max(100);
		ip = host(n);
		switch (rte_rand_max(16)) {
		case 0:
			if (n_pins < RTE_DIM(pins) &&
				mtud_neigh_ref(w->nt, 1, &ip, &pins[n_pins]) == 0)
				n_pins++;
			break;
		case 1:
			if (n_pins > 0) {
				unsigned int k = rte_rand_max(n_pins);

				mtud_neigh_unref(w->nt, pins[k]);
				pins[k] = pins[--n_pins];
			}
			break;
		case 2:
			if (rte_rand_max(4) == 0)
				set_static(w, n, n, now_ms);
			break;
		case 3:
			del(w, n);
			break;
		case 4:
			if (rte_rand_max(50) == 0)
				mtud_neigh_flush_port(w->nt, 1);
			break;
		case 5:
		case 6:
			learn(w, n, n + rte_rand_max(2), now_ms);
			break;
		case 7:
		case 8:
		case 9:
			advertise(w, n, rte_rand_max(4), rte_rand_max(2) * n, now_ms);
			break;
		case 10:
			mtud_neigh_used(w->nt, rte_rand_max(70), now_ms);
			break;
		case 11:
			tick(w, now_ms);
			break;
		default:
			hold(w, n, i + 1, now_ms);
		}
		audit(w);
	}
	assert_true(totals(w).evicted > 0);
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, setup_world, teardown_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(arguments),
		WORLD_TEST(no_memory),
		WORLD_TEST(no_drop_callback),
		WORLD_TEST(pending_is_bounded),
		WORLD_TEST(pinned_pending),
		WORLD_TEST(scan_spares_working),
		WORLD_TEST(learned_flood),
		WORLD_TEST(configured_makes_room),
		WORLD_TEST(start_over_proves_nothing),
		WORLD_TEST(eviction_is_reentrant),
		cmocka_unit_test(largest),
		WORLD_TEST(anything_goes),
	};

	if (test_eal_init(64, "") < 0)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL) + (rte_eal_cleanup() < 0);
}
