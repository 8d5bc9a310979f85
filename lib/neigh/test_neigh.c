/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* One neighbor: resolution and reachability (RFC 4861 sections 7.2.2 and 7.3), what waits for it,
 * its pins. */

#include <rte_random.h>

#include "test_neigh.h"

/* Three multicast solicitations, one a second; a second after the third it is over. */
static void
resolution_times_out(void **state)
{
	struct world *w = *state;

	assert_int_equal(hold(w, HOST, 1, 1000), 0);
	expect_asked(w, 1, HOST, NO_MAC, 1);
	assert_int_equal(hold(w, HOST, 2, 1500), 0);
	tick(w, 1999);
	assert_int_equal(w->n_asked, 1);
	tick(w, 2000);
	expect_asked(w, 2, HOST, NO_MAC, 1);
	tick(w, 2999);
	assert_int_equal(w->n_asked, 2);
	tick(w, 3000);
	expect_asked(w, 3, HOST, NO_MAC, 1);
	tick(w, 3999);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_INCOMPLETE);
	expect_numbers(&w->failed, 0);
	tick(w, 4000);
	assert_int_equal(w->n_asked, 3);
	expect_numbers(&w->failed, 2, 1, 2);
	assert_int_equal(state_of(w, HOST), GONE);
	assert_int_equal(totals(w).held, 0);

	/* The next packet starts over. */
	hold(w, HOST, 3, 4001);
	expect_asked(w, 4, HOST, NO_MAC, 3);
	expect_numbers(&w->dropped, 0);
}

/* A tick that comes late sends one solicitation, not all that it missed. */
static void
late_tick_sends_once(void **state)
{
	struct world *w = *state;

	hold(w, HOST, 1, 1000);
	tick(w, 9000);
	assert_int_equal(w->n_asked, 2);
	tick(w, 9999);
	assert_int_equal(w->n_asked, 2);
	tick(w, 10000);
	assert_int_equal(w->n_asked, 3);
}

static void
newest_are_kept(void **state)
{
	struct world *w = *state;

	assert_int_equal(hold(w, HOST, 1, 1000), 0);
	assert_int_equal(hold(w, HOST, 2, 1000), 0);
	assert_int_equal(hold(w, HOST, 3, 1000), 0);
	assert_int_equal(totals(w).held, 3);
	assert_int_equal(hold(w, HOST, 4, 1000), 1);
	assert_int_equal(hold(w, HOST, 5, 1000), 2);
	assert_int_equal(info(w, HOST).held, 3);
	assert_int_equal(totals(w).held, 3);
	/* One question is enough for all of them. */
	assert_int_equal(w->n_asked, 1);
	advertise(w, HOST, S, HOST, 1100);
	expect_numbers(&w->released, 3, 3, 4, 5);
	assert_int_equal(totals(w).held, 0);
}

/* A packet that comes when the answer is there already does not wait. */
static void
known_needs_no_wait(void **state)
{
	struct world *w = *state;
	uint64_t now_ms = 1000;
	unsigned int i;

	for (i = 0; i < RTE_DIM(known); i++) {
		now_ms = bring(w, HOST, known[i], now_ms);
		w->released.n = 0;
		w->n_asked = 0;
		assert_int_equal(hold(w, HOST, 42, now_ms), 0);
		expect_numbers(&w->released, 1, 42);
		assert_int_equal(w->n_asked, 0);
		assert_int_equal(state_of(w, HOST), known[i]);
		del(w, HOST);
	}
	set_static(w, HOST, HOST, now_ms);
	w->released.n = 0;
	hold(w, HOST, 43, now_ms);
	expect_numbers(&w->released, 1, 43);
}

/* REACHABLE for 15 to 45 s, not the same for all; a confirmation starts it again. */
static void
reachable_time(void **state)
{
	struct world *w = *state;
	unsigned int stale = 0;
	uint32_t n;

	for (n = 1; n <= 32; n++)
		bring(w, n, MTUD_NEIGH_REACHABLE, 1000);
	tick(w, 15999);
	for (n = 1; n <= 32; n++)
		assert_int_equal(state_of(w, n), MTUD_NEIGH_REACHABLE);
	tick(w, 31000);
	for (n = 1; n <= 32; n++)
		stale += state_of(w, n) == MTUD_NEIGH_STALE;
	assert_in_range(stale, 1, 31);
	for (n = 1; n <= 32; n++)
		advertise(w, n, S, n, 31000);
	tick(w, 45999);
	for (n = 1; n <= 32; n++)
		assert_int_equal(state_of(w, n), MTUD_NEIGH_REACHABLE);
	tick(w, 76000);
	for (n = 1; n <= 32; n++) {
		assert_int_equal(state_of(w, n), MTUD_NEIGH_STALE);
		expect_adj(w, n, n, MTUD_ADJ_VALID | MTUD_ADJ_STALE);
	}
}

/* STALE, used, DELAY for 5 s, three unicast probes, gone. */
static void
unreachable_is_detected(void **state)
{
	struct world *w = *state;
	uint16_t adj;

	learn(w, HOST, HOST, 1000);
	adj = find(w, HOST);
	tick(w, 20000);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_STALE);
	mtud_neigh_used(w->nt, adj, 20000);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_DELAY);
	expect_adj(w, HOST, HOST, MTUD_ADJ_VALID);
	/* Once more changes nothing: the five seconds run. */
	mtud_neigh_used(w->nt, adj, 24000);
	tick(w, 24999);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_DELAY);
	assert_int_equal(w->n_asked, 0);
	tick(w, 25000);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_PROBE);
	expect_adj(w, HOST, HOST, MTUD_ADJ_VALID);
	expect_asked(w, 1, HOST, HOST, 0);
	tick(w, 25999);
	assert_int_equal(w->n_asked, 1);
	tick(w, 26000);
	expect_asked(w, 2, HOST, HOST, 0);
	tick(w, 27000);
	expect_asked(w, 3, HOST, HOST, 0);
	tick(w, 27999);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_PROBE);
	tick(w, 28000);
	assert_int_equal(w->n_asked, 3);
	assert_int_equal(state_of(w, HOST), GONE);
	assert_int_equal(mtud_neigh_adj(mtud_neigh_adjs(w->nt), adj).flags, 0);
	expect_numbers(&w->failed, 0);
}

/* Only STALE cares for use; indexes that mean nothing are ignored. */
static void
use_of_others(void **state)
{
	struct world *w = *state;
	uint16_t adj;

	bring(w, HOST, MTUD_NEIGH_REACHABLE, 1000);
	adj = find(w, HOST);
	mtud_neigh_used(w->nt, adj, 1000);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_REACHABLE);
	del(w, HOST);
	mtud_neigh_used(w->nt, adj, 1000);
	mtud_neigh_used(w->nt, MTUD_ADJ_NONE, 1000);
	mtud_neigh_used(w->nt, MTUD_NEIGH_MAX, 1000);
	assert_int_equal(totals(w).entries, 0);
	bring(w, HOST, MTUD_NEIGH_STATIC, 1000);
	mtud_neigh_used(w->nt, find(w, HOST), 1000);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_STATIC);
}

static void
probe_is_answered(void **state)
{
	struct world *w = *state;
	uint64_t now_ms = bring(w, HOST, MTUD_NEIGH_PROBE, 1000);

	tick(w, now_ms + 1000);
	assert_true(advertise(w, HOST, S, NO_MAC, now_ms + 1500));
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_REACHABLE);
	tick(w, now_ms + 10000);
	assert_int_equal(w->n_asked, 2);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_REACHABLE);
}

/* A stale entry that nobody uses goes after ten minutes, but not from under a route. */
static void
stale_ages(void **state)
{
	struct world *w = *state;
	uint16_t adj;

	learn(w, HOST, HOST, 1000);
	learn(w, 8, 8, 1000);
	adj = ref(w, 8);
	ref(w, 9);
	learn(w, 9, 9, 1000);
	tick(w, 600999);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_STALE);
	tick(w, 601000);
	assert_int_equal(state_of(w, HOST), GONE);
	assert_int_equal(state_of(w, 8), MTUD_NEIGH_STALE);
	assert_int_equal(state_of(w, 9), MTUD_NEIGH_STALE);
	/* Without its route it begins to age. */
	mtud_neigh_unref(w->nt, adj);
	tick(w, 1200999);
	assert_int_equal(state_of(w, 8), MTUD_NEIGH_STALE);
	tick(w, 1201000);
	assert_int_equal(state_of(w, 8), GONE);
	assert_int_equal(state_of(w, 9), MTUD_NEIGH_STALE);
}

/* Timers of all lengths, started and stopped in any order, each on time. */
static void
timers_on_time(void **state)
{
	struct world *w = *state;
	uint64_t due_ms[64] = {0}; /* of DELAY */
	uint64_t now_ms;
	uint32_t n;

	for (now_ms = 1000; now_ms < 201000; now_ms += 20) {
		tick(w, now_ms);
		for (n = 1; n < RTE_DIM(due_ms); n++) {
			if (due_ms[n] == 0)
				continue;
			assert_int_equal(state_of(w, n),
				now_ms < due_ms[n] ? MTUD_NEIGH_DELAY : MTUD_NEIGH_PROBE);
			if (now_ms >= due_ms[n] || rte_rand_max(100) == 0) {
				del(w, n);
				due_ms[n] = 0;
			}
		}
		n = 1 + rte_rand_max(63);
		if (due_ms[n] != 0)
			continue;
		del(w, n);
		w->n_asked = 0;
		w->released.n = 0;
		if (rte_rand_max(2) == 0) {
			bring(w, n, MTUD_NEIGH_REACHABLE, now_ms);
		} else {
			bring(w, n, MTUD_NEIGH_DELAY, now_ms);
			due_ms[n] = now_ms + MTUD_NEIGH_DELAY_MS;
		}
	}
}

/* What is known since when: a confirmation is no new state. */
static void
since_when(void **state)
{
	struct world *w = *state;

	bring(w, HOST, MTUD_NEIGH_REACHABLE, 1000);
	advertise(w, HOST, S, HOST, 2000);
	assert_int_equal(info(w, HOST).since_ms, 1000);
	learn(w, HOST, OTHER, 3000);
	assert_int_equal(info(w, HOST).since_ms, 3000);
	learn(w, HOST, HOST, 4000);
	assert_int_equal(info(w, HOST).since_ms, 3000);
}

static void
pinned_keeps_index(void **state)
{
	struct world *w = *state;
	uint16_t adj = ref(w, HOST);

	assert_int_equal(ref(w, HOST), adj);
	assert_int_equal(info(w, HOST).routes, 2);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_NONE);
	expect_adj(w, HOST, NO_MAC, 0);
	assert_int_equal(w->n_asked, 0);
	hold(w, HOST, 1, 1000);
	advertise(w, HOST, S, HOST, 1000);
	assert_int_equal(find(w, HOST), adj);
	expect_adj(w, HOST, HOST, MTUD_ADJ_VALID);
	mtud_neigh_unref(w->nt, adj);
	assert_int_equal(info(w, HOST).routes, 1);
	/* It works without a route too. */
	mtud_neigh_unref(w->nt, adj);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_REACHABLE);
	/* One too many is ignored, as is an index that is not in use. */
	mtud_neigh_unref(w->nt, adj);
	mtud_neigh_unref(w->nt, MTUD_ADJ_NONE);
	mtud_neigh_unref(w->nt, MTUD_NEIGH_MAX);
	assert_int_equal(info(w, HOST).routes, 0);

	/* A next hop of which nothing is known goes with its last route. */
	adj = ref(w, 8);
	ref(w, 8);
	mtud_neigh_unref(w->nt, adj);
	assert_int_equal(state_of(w, 8), MTUD_NEIGH_NONE);
	mtud_neigh_unref(w->nt, adj);
	assert_int_equal(state_of(w, 8), GONE);
}

static void
pinned_fails(void **state)
{
	struct world *w = *state;
	uint16_t adj = ref(w, HOST);

	hold(w, HOST, 1, 1000);
	tick(w, 2000);
	tick(w, 3000);
	tick(w, 4000);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_FAILED);
	assert_int_equal(info(w, HOST).since_ms, 4000);
	expect_numbers(&w->failed, 1, 1);
	expect_adj(w, HOST, NO_MAC, 0);
	/* For three seconds the answer is known. */
	assert_int_equal(hold(w, HOST, 2, 6999), 0);
	expect_numbers(&w->failed, 2, 1, 2);
	assert_int_equal(w->n_asked, 3);
	assert_int_equal(hold(w, HOST, 3, 7000), 0);
	expect_asked(w, 4, HOST, NO_MAC, 3);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_INCOMPLETE);
	tick(w, 8000);
	tick(w, 9000);
	assert_int_equal(w->n_asked, 6);
	tick(w, 9999);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_INCOMPLETE);
	tick(w, 10000);
	assert_int_equal(w->n_asked, 6);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_FAILED);
	expect_numbers(&w->failed, 3, 1, 2, 3);
	mtud_neigh_unref(w->nt, adj);
	assert_int_equal(state_of(w, HOST), GONE);
}

/* A next hop that stopped to answer may have a new MAC: the next packet asks everybody. */
static void
pinned_is_lost(void **state)
{
	struct world *w = *state;
	struct rte_ether_addr shown_mac;
	uint64_t now_ms;

	ref(w, HOST);
	now_ms = bring(w, HOST, MTUD_NEIGH_PROBE, 1000);
	tick(w, now_ms += 1000);
	tick(w, now_ms += 1000);
	tick(w, now_ms += 1000);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_FAILED);
	expect_adj(w, HOST, NO_MAC, 0);
	shown_mac = info(w, HOST).mac;
	assert_true(rte_is_zero_ether_addr(&shown_mac));
	assert_int_equal(w->n_asked, 3);
	hold(w, HOST, 1, now_ms);
	expect_asked(w, 4, HOST, NO_MAC, 1);
	assert_true(advertise(w, HOST, S, OTHER, now_ms));
	expect_numbers(&w->released, 1, 1);
	expect_adj(w, HOST, OTHER, MTUD_ADJ_VALID);
}

static void
static_entries(void **state)
{
	struct world *w = *state;
	uint16_t adj;

	set_static(w, HOST, HOST, 1000);
	expect_adj(w, HOST, HOST, MTUD_ADJ_VALID);
	tick(w, 10000000);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_STATIC);
	assert_int_equal(w->n_asked, 0);
	/* The owner may change it, the wire may not. */
	set_static(w, HOST, OTHER, 10000000);
	expect_adj(w, HOST, OTHER, MTUD_ADJ_VALID);
	assert_int_equal(del(w, HOST), 0);
	assert_int_equal(state_of(w, HOST), GONE);
	assert_int_equal(del(w, HOST), -ENOENT);

	/* It answers for an entry that resolves, and ends the questions. */
	hold(w, HOST, 1, 10000000);
	set_static(w, HOST, HOST, 10000000);
	expect_numbers(&w->released, 1, 1);
	tick(w, 10010000);
	assert_int_equal(w->n_asked, 1);
	assert_int_equal(totals(w).pending, 0);

	/* Under a route it stays where it is; a deleted one starts over. */
	adj = ref(w, HOST);
	mtud_neigh_unref(w->nt, adj);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_STATIC);
	ref(w, HOST);
	del(w, HOST);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_NONE);
	assert_int_equal(find(w, HOST), adj);
	expect_adj(w, HOST, NO_MAC, 0);
	hold(w, HOST, 2, 10020000);
	expect_asked(w, 2, HOST, NO_MAC, 2);
}

static void
deleted_drops_what_waits(void **state)
{
	struct world *w = *state;

	hold(w, HOST, 1, 1000);
	hold(w, HOST, 2, 1000);
	assert_int_equal(del(w, HOST), 0);
	expect_numbers(&w->dropped, 2, 1, 2);
	assert_int_equal(totals(w).held, 0);
	assert_int_equal(totals(w).pending, 0);
	tick(w, 100000);
	assert_int_equal(w->n_asked, 1);
	expect_numbers(&w->failed, 0);
}

static void
flushed_port(void **state)
{
	struct world *w = *state;
	const struct mtud_ip ip = host(HOST);
	const struct rte_ether_addr m = mac(HOST);
	struct mtud_neigh_info other;
	uint32_t n;

	mtud_neigh_learn(w->nt, 2, &ip, &m, 1000);
	ref(w, 20);
	for (n = 20; n < 24; n++)
		bring(w, n, known[n - 20], 1000);
	bring(w, 30, MTUD_NEIGH_INCOMPLETE, 6000);
	bring(w, 31, MTUD_NEIGH_STATIC, 6000);
	mtud_neigh_flush_port(w->nt, 1);
	assert_int_equal(state_of(w, 20), MTUD_NEIGH_NONE);
	for (n = 21; n < 24; n++)
		assert_int_equal(state_of(w, n), GONE);
	assert_int_equal(state_of(w, 30), GONE);
	expect_numbers(&w->dropped, 1, 30);
	assert_int_equal(state_of(w, 31), MTUD_NEIGH_STATIC);
	assert_int_equal(mtud_neigh_get(w->nt, mtud_neigh_find(w->nt, 2, &ip), &other), 0);
	assert_int_equal(other.state, MTUD_NEIGH_STALE);
	assert_int_equal(totals(w).entries, 3);
}

/* Callbacks that call the cache about the very neighbor that they are called for. */

static void
reenter_hold(struct world *w)
{
	w->reenter = NULL;
	hold(w, HOST, 50, 100000);
}

static void
reenter_del(struct world *w)
{
	w->reenter = NULL;
	del(w, HOST);
}

static void
reenter_used(struct world *w)
{
	w->reenter = NULL;
	mtud_neigh_used(w->nt, find(w, HOST), 100000);
}

static void
callbacks_may_call(void **state)
{
	struct world *w = *state;

	/* From solicit: one more packet, then the entry goes. */
	w->reenter = reenter_hold;
	hold(w, HOST, 1, 1000);
	assert_int_equal(info(w, HOST).held, 2);
	w->reenter = reenter_del;
	tick(w, 2000);
	assert_int_equal(state_of(w, HOST), GONE);
	expect_numbers(&w->dropped, 2, 1, 50);
	w->reenter = reenter_del;
	hold(w, HOST, 2, 3000);
	assert_int_equal(state_of(w, HOST), GONE);
	expect_numbers(&w->dropped, 3, 1, 50, 2);

	/* From release. */
	hold(w, HOST, 3, 4000);
	w->reenter = reenter_hold;
	advertise(w, HOST, 0, HOST, 4000);
	expect_numbers(&w->released, 2, 3, 50);
	del(w, HOST);
	hold(w, HOST, 4, 5000);
	w->reenter = reenter_used;
	learn(w, HOST, HOST, 5000);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_DELAY);
	del(w, HOST);
	hold(w, HOST, 5, 6000);
	w->reenter = reenter_del;
	learn(w, HOST, HOST, 6000);
	assert_int_equal(state_of(w, HOST), GONE);

	/* From fail: it starts over. */
	hold(w, HOST, 6, 7000);
	tick(w, 8000);
	tick(w, 9000);
	w->reenter = reenter_hold;
	tick(w, 10000);
	expect_numbers(&w->failed, 1, 6);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_INCOMPLETE);
	assert_int_equal(info(w, HOST).held, 1);

	/* From drop. */
	w->reenter = reenter_hold;
	del(w, HOST);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_INCOMPLETE);
	assert_int_equal(totals(w).pending, 1);
	assert_int_equal(totals(w).held, 1);
}

static void
put_info(const struct mtud_neigh_info *neigh, void *arg)
{
	struct mtud_neigh_info **next = arg;

	*(*next)++ = *neigh;
}

static void
use_all(const struct mtud_neigh_info *neigh, void *arg)
{
	struct world *w = arg;

	mtud_neigh_used(w->nt, neigh->adj, 2000);
}

static void
shown(void **state)
{
	struct world *w = *state;
	struct mtud_neigh_info all[8], one;
	struct mtud_neigh_info *end = all;
	const struct mtud_ip v4 = {{[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1}};
	const struct mtud_ip h3 = host(3);
	const struct rte_ether_addr m = mac(3), m2 = mac(2);

	set_static(w, 0x10000, 1, 1000);
	learn(w, 0x200, 2, 1000);
	ref(w, 0x200);
	hold(w, 0x3, 1, 1500);
	mtud_neigh_learn(w->nt, 0, &h3, &m, 1000);
	mtud_neigh_learn(w->nt, 1, &v4, &m, 1000);

	mtud_neigh_foreach(w->nt, put_info, &end);
	assert_int_equal(end - all, 5);
	assert_int_equal(all[0].port, 0);
	assert_true(mtud_ip_equal(&all[0].ip, &h3));
	assert_true(mtud_ip_equal(&all[1].ip, &v4));
	assert_true(mtud_ip_equal(&all[2].ip, &h3));
	assert_int_equal(all[2].port, 1);
	assert_int_equal(all[2].state, MTUD_NEIGH_INCOMPLETE);
	assert_int_equal(all[2].held, 1);
	assert_int_equal(all[2].since_ms, 1500);
	assert_true(rte_is_zero_ether_addr(&all[2].mac));
	assert_int_equal(all[3].ip.b[14], 2);
	assert_int_equal(all[3].routes, 1);
	assert_memory_equal(&all[3].mac, &m2, sizeof(m2));
	assert_int_equal(all[4].state, MTUD_NEIGH_STATIC);

	assert_int_equal(mtud_neigh_get(w->nt, all[3].adj, &one), 0);
	assert_true(mtud_ip_equal(&one.ip, &all[3].ip));
	assert_int_equal(one.adj, all[3].adj);
	assert_int_equal(mtud_neigh_get(w->nt, MTUD_ADJ_NONE, &one), -ENOENT);
	assert_int_equal(mtud_neigh_get(w->nt, MTUD_NEIGH_MAX, &one), -ENOENT);
	assert_int_equal(mtud_neigh_get(w->nt, 64, &one), -ENOENT);

	assert_int_equal(totals(w).entries, 5);
	assert_int_equal(totals(w).pending, 1);
	assert_int_equal(totals(w).max, 64);
	assert_int_equal(totals(w).held, 1);

	mtud_neigh_foreach(w->nt, use_all, w);
	assert_int_equal(state_of(w, 0x200), MTUD_NEIGH_DELAY);
	assert_int_equal(state_of(w, 0x3), MTUD_NEIGH_INCOMPLETE);
}

static void
none_is_never_valid(void **state)
{
	struct world *w = *state;
	const struct mtud_ip ip = host(HOST);
	uint32_t n;

	assert_int_equal(mtud_neigh_find(w->nt, 1, &ip), MTUD_ADJ_NONE);
	for (n = 1; n <= 64; n++)
		set_static(w, n, n, 1000);
	assert_int_equal(mtud_neigh_adj(mtud_neigh_adjs(w->nt), MTUD_ADJ_NONE).word, 0);
}

static void
state_names(void **state)
{
	RTE_SET_USED(state);
	assert_string_equal(mtud_neigh_state_name(MTUD_NEIGH_NONE), "NONE");
	assert_string_equal(mtud_neigh_state_name(MTUD_NEIGH_INCOMPLETE), "INCOMPLETE");
	assert_string_equal(mtud_neigh_state_name(MTUD_NEIGH_REACHABLE), "REACHABLE");
	assert_string_equal(mtud_neigh_state_name(MTUD_NEIGH_STALE), "STALE");
	assert_string_equal(mtud_neigh_state_name(MTUD_NEIGH_DELAY), "DELAY");
	assert_string_equal(mtud_neigh_state_name(MTUD_NEIGH_PROBE), "PROBE");
	assert_string_equal(mtud_neigh_state_name(MTUD_NEIGH_FAILED), "FAILED");
	assert_string_equal(mtud_neigh_state_name(MTUD_NEIGH_STATIC), "PERMANENT");
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, setup_world, teardown_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(resolution_times_out),
		WORLD_TEST(late_tick_sends_once),
		WORLD_TEST(newest_are_kept),
		WORLD_TEST(known_needs_no_wait),
		WORLD_TEST(reachable_time),
		WORLD_TEST(unreachable_is_detected),
		WORLD_TEST(use_of_others),
		WORLD_TEST(probe_is_answered),
		WORLD_TEST(stale_ages),
		WORLD_TEST(timers_on_time),
		WORLD_TEST(since_when),
		WORLD_TEST(pinned_keeps_index),
		WORLD_TEST(pinned_fails),
		WORLD_TEST(pinned_is_lost),
		WORLD_TEST(static_entries),
		WORLD_TEST(deleted_drops_what_waits),
		WORLD_TEST(flushed_port),
		WORLD_TEST(callbacks_may_call),
		WORLD_TEST(shown),
		WORLD_TEST(none_is_never_valid),
		cmocka_unit_test(state_names),
	};

	if (test_eal_init(64, "") < 0)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL) + (rte_eal_cleanup() < 0);
}
