/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Many routes at once: all of them deleted, and long commits. */

#include <errno.h>

#include "test_route.h"

/* What stands again behind a flush is the same route as before. */
static void
a_flush_that_is_undone_changes_nothing(void **state)
{
	const struct places *at = *state;
	struct world w = small_world();
	struct mtud_route_info before, info;
	union mtud_slot connected;

	assert_int_equal(set_static(&w, at->net[1], via(at->gw[1], 0, 1400)), 0);
	assert_int_equal(set_static(&w, at->net[2], via(at->gw[1], 0, 1300)), 0);
	assert_int_equal(
		set(&w, at->wide, MTUD_ORIGIN_CONNECTED, typed(MTUD_ROUTE_ONLINK, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	connected = word(&w, at->host[0]);
	assert_int_equal(get(&w, at->net[1], &before), 0);
	mtud_route_counts(w.rt, 0)[before.slot].packets += 5;

	mtud_route_flush(w.rt, MTUD_ORIGIN_STATIC);
	assert_int_equal(get(&w, at->net[1], &info), -ENOENT);
	assert_int_equal(get(&w, at->wide, &info), 0);
	assert_int_equal(word(&w, at->host[1]).mtu, 1400);
	assert_int_equal(set_static(&w, at->net[1], via(at->gw[1], 0, 1400)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(get(&w, at->net[1], &info), 0);
	assert_int_equal(info.slot, before.slot);
	assert_int_equal(info.adj, before.adj);
	assert_int_equal(info.count.packets, 5);
	assert_int_equal(get(&w, at->net[2], &info), -ENOENT);
	assert_int_equal(pins(&w, 0, at->gw[1]), 1);
	assert_int_equal(word(&w, at->host[1]).mtu, 1400);
	assert_int_equal(word(&w, at->host[0]).word, connected.word);

	mtud_route_flush(w.rt, MTUD_ORIGIN_STATIC);
	mtud_route_rollback(w.rt);
	assert_int_equal(word(&w, at->host[1]).mtu, 1400);
	assert_int_equal(pins(&w, 0, at->gw[1]), 1);
	mtud_route_flush(w.rt, MTUD_ORIGIN_CONNECTED);
	mtud_route_flush(w.rt, MTUD_ORIGIN_STATIC);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(totals(&w).routes, 0);
	assert_int_equal(pins(&w, 0, at->gw[1]), 0);
	end_world(&w);
}

struct pauses {
	struct world *w;
	unsigned int n;
	unsigned int states[2]; /* seen: before, after */
	unsigned int wrong;
};

/* All that a commit changes changes at once, also for whoever looks during a pause. */
static void
look_during_pause(void *arg)
{
	struct pauses *p = arg;
	struct mtud_ip dst[2] = {ip("10.0.0.1"), ip("10.1.200.1")};
	int32_t slot[2];
	uint16_t mtu[2];

	p->n++;
	lookup_bulk(p->w, dst, slot, 2);
	mtu[0] = mtud_route_slot(slots_now(p->w), slot[0]).mtu;
	mtu[1] = mtud_route_slot(slots_now(p->w), slot[1]).mtu;
	p->wrong += mtu[0] != mtu[1] || (mtu[0] != 1400 && mtu[0] != 1300);
	p->states[mtu[0] == 1300]++;
}

static void
set_many(struct world *w, uint16_t mtu)
{
	char prefix[32];
	unsigned int i;

	for (i = 0; i < 512; i++) {
		snprintf(prefix, sizeof(prefix), "10.%u.%u.0/24", i >> 8, i & 255);
		assert_int_equal(set_static(w, prefix, via("192.0.2.1", 0, mtu)), 0);
	}
}

static void
a_long_commit_pauses(void **state)
{
	struct world w;
	struct pauses pauses = {.w = &w};
	const struct mtud_route_conf conf = {.max_routes = 600, .tbl8s = 100, .workers = 1,
		.pause = look_during_pause, .pause_arg = &pauses};

	(void)state;
	w = make_world(&conf, 64);
	set_many(&w, 1400);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	memset(pauses.states, 0, sizeof(pauses.states));
	pauses.n = pauses.wrong = 0;
	set_many(&w, 1300);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_true(pauses.states[0] > 0 && pauses.states[1] > 0);
	assert_int_equal(pauses.wrong, 0);
	/* Nothing of it is seen when it is taken back. */
	pauses.states[0] = pauses.n = 0;
	set_many(&w, 1400);
	mtud_route_rollback(w.rt);
	assert_true(pauses.n > 0);
	assert_int_equal(pauses.states[0] + pauses.wrong, 0);
	end_world(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_FAMILIES(a_flush_that_is_undone_changes_nothing),
		cmocka_unit_test(a_long_commit_pauses),
	};

	if (test_eal_init(512, "") < 0)
		return 1;
	return run_with_each_engine(tests) + (rte_eal_cleanup() < 0);
}
