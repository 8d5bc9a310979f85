/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What the control thread stages and takes back. */

#include <errno.h>

#include <rte_errno.h>

#include "test_route.h"

static void
conf_is_checked(void **state)
{
	const struct mtud_route_conf good = {
		.max_routes = 8, .tbl8s = 8, .workers = 1, .qsbr = (void *)8, .neigh = (void *)8};
	struct mtud_route_conf bad[] = {
		good, good, good, good, good, good, good, good, good, good};
	unsigned int i;

	(void)state;
	bad[0].max_routes = 0;
	bad[1].max_routes = (1 << 21) - 15;
	bad[2].tbl8s = 0;
	bad[3].tbl8s = (1 << 21) + 1;
	bad[4].workers = 0;
	bad[5].workers = RTE_MAX_LCORE + 1;
	bad[6].qsbr = NULL;
	bad[7].neigh = NULL;
	bad[8].engine6 = MTUD_ENGINES;
	bad[9].engine4 = MTUD_ENGINES;
	for (i = 0; i < RTE_DIM(bad); i++) {
		rte_errno = 0;
		assert_null(mtud_route_create(&bad[i]));
		assert_int_equal(rte_errno, EINVAL);
	}
	mtud_route_free(NULL);
}

static void
no_memory_leaves_nothing(void **state)
{
	/* Counters of 160 MiB for each of 64 workers are more than the test has. */
	const struct mtud_route_conf conf = {.max_routes = (1 << 21) - 16,
		.tbl8s = 8,
		.workers = 64,
		.qsbr = (void *)8,
		.neigh = (void *)8};
	uint64_t before = heap_octets_used();

	(void)state;
	assert_null(mtud_route_create(&conf));
	assert_int_equal(rte_errno, ENOMEM);
	assert_int_equal(heap_octets_used(), before);
}

static void
specs_are_checked(void **state)
{
	struct world w = small_world();
	struct mtud_route_spec anycast = typed(MTUD_ROUTE_LOCAL, 0, 0);
	struct mtud_prefix host_bits = {.ip = ip("2001:db8::1"), .len = 64};
	struct mtud_prefix host_bits4 = {.ip = ip("192.0.2.1"), .len = MTUD_IP4_BITS_AT + 24};
	struct mtud_prefix too_long = {.ip = ip("2001:db8::"), .len = 129};
	struct mtud_route_spec ok = via("fe80::1", 0, 1280), ok4 = via("192.0.2.1", 0, 68);

	(void)state;
	assert_int_equal(set_static(&w, "2001:db8::/32", via("fe80::1", 0, 1279)), -EINVAL);
	assert_int_equal(set_static(&w, "2001:db8::/32", via("192.0.2.1", 0, 0)), -EINVAL);
	assert_int_equal(set_static(&w, "192.0.2.0/24", via("fe80::1", 0, 0)), -EINVAL);
	assert_int_equal(set_static(&w, "192.0.2.0/24", via("192.0.2.1", 0, 67)), -EINVAL);
	assert_int_equal(set_static(&w, "2001:db8::/32", typed(MTUD_ROUTE_NONE, 0, 0)), -EINVAL);
	assert_int_equal(set_static(&w, "2001:db8::/32", typed(8, 0, 0)), -EINVAL);
	assert_int_equal(set_static(&w, "192.0.2.0/24", typed(8, 0, 0)), -EINVAL);
	assert_int_equal(
		set_static(&w, "2001:db8::/128", typed(MTUD_ROUTE_BROADCAST, 0, 0)), -EINVAL);
	assert_int_equal(
		set_static(&w, "2001:db8::/32", typed(MTUD_ROUTE_ONLINK, RTE_MAX_ETHPORTS, 0)),
		-EINVAL);
	anycast.flags = MTUD_ROUTE_F_P2P;
	assert_int_equal(set_static(&w, "2001:db8::1/128", anycast), -EINVAL);
	anycast.type = MTUD_ROUTE_ONLINK;
	anycast.flags = MTUD_ROUTE_F_ANYCAST;
	assert_int_equal(set_static(&w, "2001:db8::1/128", anycast), -EINVAL);
	assert_int_equal(mtud_route_set(w.rt, &host_bits, MTUD_ORIGIN_STATIC, &ok), -EINVAL);
	assert_int_equal(mtud_route_set(w.rt, &host_bits4, MTUD_ORIGIN_STATIC, &ok4), -EINVAL);
	assert_int_equal(mtud_route_set(w.rt, &too_long, MTUD_ORIGIN_STATIC, &ok), -EINVAL);
	assert_int_equal(totals(&w).routes, 0);
	assert_int_equal(pins(&w, 0, "fe80::1"), 0);

	assert_int_equal(set_static(&w, "2001:db8::/32", ok), 0);
	assert_int_equal(set_static(&w, "192.0.2.0/24", ok4), 0);
	assert_int_equal(
		set_static(&w, "192.0.2.255/32", typed(MTUD_ROUTE_BROADCAST, UINT16_MAX, 0)), 0);
	/* What a type does not use does not count. */
	assert_int_equal(
		set_static(&w, "2001:db8:1::/48", typed(MTUD_ROUTE_BLACKHOLE, UINT16_MAX, 0)), 0);
	end_world(&w);
}

static void
static_hides_connected(void **state)
{
	const struct places *at = *state;
	struct world w = small_world();
	struct mtud_route_info info;

	assert_int_equal(
		set(&w, at->net[1], MTUD_ORIGIN_CONNECTED, typed(MTUD_ROUTE_ONLINK, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(set_static(&w, at->net[1], via(at->gw[1], 1, 0)), 0);
	assert_int_equal(del(&w, at->net[1], MTUD_ORIGIN_CONNECTED), 0);
	assert_int_equal(
		set(&w, at->net[1], MTUD_ORIGIN_CONNECTED, typed(MTUD_ROUTE_ONLINK, 0, 1300)), 0);
	assert_int_equal(get(&w, at->net[1], &info), 0);
	assert_int_equal(info.origin, MTUD_ORIGIN_STATIC);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(word(&w, at->host[1]).type, MTUD_ROUTE_FORWARD);
	assert_int_equal(totals(&w).routes, 1);

	assert_int_equal(del(&w, at->net[1], MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(word(&w, at->host[1]).type, MTUD_ROUTE_ONLINK);
	assert_int_equal(word(&w, at->host[1]).mtu, 1300);
	assert_int_equal(pins(&w, 1, at->gw[1]), 0);
	assert_int_equal(get(&w, at->net[1], &info), 0);
	assert_int_equal(info.origin, MTUD_ORIGIN_CONNECTED);
	end_world(&w);
}

static void
addresses_of_ours_are_not_hidden(void **state)
{
	const struct places *at = *state;
	struct world w = small_world();
	struct mtud_route_spec local = typed(MTUD_ROUTE_LOCAL, 0, 0);

	assert_int_equal(set(&w, at->host[1], MTUD_ORIGIN_CONNECTED, local), 0);
	assert_int_equal(set_static(&w, at->host[1], via(at->gw[1], 0, 0)), -EADDRINUSE);
	assert_int_equal(pins(&w, 0, at->gw[1]), 0);
	assert_int_equal(set_static(&w, at->host[2], via(at->gw[1], 0, 0)), 0);
	assert_int_equal(set(&w, at->host[2], MTUD_ORIGIN_CONNECTED, local), -EADDRINUSE);
	/* Another kind of connected route may be there, or come. */
	assert_int_equal(
		set(&w, at->host[2], MTUD_ORIGIN_CONNECTED, typed(MTUD_ROUTE_ONLINK, 0, 0)), 0);
	assert_int_equal(del(&w, at->host[1], MTUD_ORIGIN_CONNECTED), 0);
	assert_int_equal(set_static(&w, at->host[1], via(at->gw[1], 0, 0)), 0);
	end_world(&w);
}

static void
routes_are_bounded(void **state)
{
	const struct places *at = *state;
	const struct mtud_route_conf conf = {.max_routes = 3, .tbl8s = 16, .workers = 1};
	struct world w = make_world(&conf, 64);
	struct mtud_route_spec hole = typed(MTUD_ROUTE_BLACKHOLE, 0, 0);

	assert_int_equal(set_static(&w, at->net[1], hole), 0);
	assert_int_equal(set_static(&w, at->net[2], hole), 0);
	assert_int_equal(set_static(&w, at->net[3], hole), 0);
	assert_int_equal(set_static(&w, at->net[4], via(at->gw[1], 0, 0)), -ENOSPC);
	assert_int_equal(pins(&w, 0, at->gw[1]), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(set_static(&w, at->net[3], via(at->gw[1], 0, 0)), 0);
	assert_int_equal(del(&w, at->net[1], MTUD_ORIGIN_STATIC), 0);
	/* Workers may still hold the slot. */
	assert_int_equal(set_static(&w, at->net[4], hole), -ENOSPC);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(set_static(&w, at->net[4], hole), 0);
	assert_int_equal(set_static(&w, at->net[5], hole), -ENOSPC);
	mtud_route_rollback(w.rt);
	assert_int_equal(set_static(&w, at->net[5], hole), 0);
	assert_int_equal(totals(&w).routes, 3);
	assert_int_equal(totals(&w).routes_max, 3);
	end_world(&w);
}

static void
neighbors_are_bounded(void **state)
{
	const struct mtud_route_conf conf = {.max_routes = 64, .tbl8s = 64, .workers = 1};
	struct world w = make_world(&conf, 16);
	unsigned int i;
	int ret = 0;

	(void)state;
	for (i = 1; i <= 17 && ret == 0; i++) {
		struct mtud_prefix p = {.ip = {{0x20, 0x01, [5] = i}}, .len = 48};
		struct mtud_route_spec spec = via("fe80::1", 0, 0);

		spec.gw.b[15] = i;
		ret = mtud_route_set(w.rt, &p, MTUD_ORIGIN_STATIC, &spec);
	}
	assert_int_equal(ret, -ENOBUFS);
	assert_in_range(i, 16, 18);
	assert_int_equal(totals(&w).routes, i - 2);
	/* Next hops are shared: one that is there takes more routes. */
	assert_int_equal(set_static(&w, "2001:db8::/32", via("fe80::1", 0, 0)), 0);
	assert_int_equal(pins(&w, 0, "fe80::1"), 2);
	end_world(&w);
}

static void
nothing_changes_nothing(void **state)
{
	const struct places *at = *state;
	struct world w = small_world();
	uint64_t heap;

	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(set_static(&w, at->wide, via(at->gw[1], 0, 1400)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	heap = heap_octets_used();
	assert_int_equal(set_static(&w, at->wide, via(at->gw[1], 0, 1400)), 0);
	assert_int_equal(pins(&w, 0, at->gw[1]), 1);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(pins(&w, 0, at->gw[1]), 1);
	/* Came and went before any commit. */
	assert_int_equal(set_static(&w, at->other, via(at->gw[2], 0, 1400)), 0);
	assert_int_equal(del(&w, at->other, MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(pins(&w, 0, at->gw[2]), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(totals(&w).routes, 1);
	assert_int_equal(lookup(&w, at->in_other), MTUD_SLOT_NONE);
	assert_int_equal(heap_octets_used(), heap);
	end_world(&w);
}

static void
pins_follow_routes(void **state)
{
	const struct places *at = *state;
	struct world w = small_world();

	assert_int_equal(set_static(&w, at->net[1], via(at->gw[1], 0, 0)), 0);
	assert_int_equal(set_static(&w, at->net[2], via(at->gw[1], 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(pins(&w, 0, at->gw[1]), 2);
	/* A staged next hop that is replaced again was never seen; the published one is kept. */
	assert_int_equal(set_static(&w, at->net[1], via(at->gw[2], 0, 0)), 0);
	assert_int_equal(set_static(&w, at->net[1], via(at->gw[3], 0, 0)), 0);
	assert_int_equal(pins(&w, 0, at->gw[1]), 2);
	assert_int_equal(pins(&w, 0, at->gw[2]), 0);
	assert_int_equal(pins(&w, 0, at->gw[3]), 1);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(pins(&w, 0, at->gw[1]), 1);
	/* There and back again. */
	assert_int_equal(set_static(&w, at->net[1], via(at->gw[1], 0, 0)), 0);
	assert_int_equal(set_static(&w, at->net[1], via(at->gw[3], 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(pins(&w, 0, at->gw[1]), 1);
	assert_int_equal(pins(&w, 0, at->gw[3]), 1);
	/* The same next hop, another MTU. */
	assert_int_equal(set_static(&w, at->net[1], via(at->gw[3], 0, 1300)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(pins(&w, 0, at->gw[3]), 1);
	assert_int_equal(set_static(&w, at->net[1], typed(MTUD_ROUTE_BLACKHOLE, 0, 0)), 0);
	assert_int_equal(del(&w, at->net[2], MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(pins(&w, 0, at->gw[1]), 1);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(pins(&w, 0, at->gw[1]), 0);
	assert_int_equal(pins(&w, 0, at->gw[3]), 0);
	/* What is left goes with the table. */
	assert_int_equal(set_static(&w, at->net[2], via(at->gw[1], 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(set_static(&w, at->net[2], via(at->gw[2], 0, 0)), 0);
	mtud_route_free(w.rt);
	w.rt = NULL;
	assert_int_equal(pins(&w, 0, at->gw[1]), 0);
	assert_int_equal(pins(&w, 0, at->gw[2]), 0);
	end_world(&w);
}

static bool
info_equal(const struct mtud_route_info *a, const struct mtud_route_info *b)
{
	return mtud_prefix_compare(&a->prefix, &b->prefix) == 0 && a->origin == b->origin &&
	       a->spec.type == b->spec.type && mtud_ip_equal(&a->spec.gw, &b->spec.gw) &&
	       a->spec.port == b->spec.port && a->spec.mtu == b->spec.mtu &&
	       a->spec.flags == b->spec.flags && a->mtu == b->mtu && a->adj == b->adj &&
	       a->slot == b->slot && a->spec.option.word == b->spec.option.word &&
	       memcmp(&a->count, &b->count, sizeof(a->count)) == 0 &&
	       memcmp(&a->special, &b->special, sizeof(a->special)) == 0;
}

static void
rollback_forgets_all(void **state)
{
	const struct places *at = *state;
	struct world w = small_world();
	struct mtud_route_info before[2], after[2];
	struct mtud_route_totals totals_before, totals_after;
	int32_t slot;

	assert_int_equal(set_static(&w, at->net[1], via(at->gw[1], 0, 1400)), 0);
	assert_int_equal(set_static(&w, at->net[2], via(at->gw[1], 1, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	slot = lookup(&w, at->host[1]);
	mtud_route_counts(w.rt, 1)[slot].packets = 5;
	assert_int_equal(get(&w, at->net[1], &before[0]), 0);
	assert_int_equal(get(&w, at->net[2], &before[1]), 0);
	totals_before = totals(&w);

	assert_int_equal(set_static(&w, at->net[1], via(at->gw[2], 1, 1300)), 0);
	assert_int_equal(set(&w, at->net[1], MTUD_ORIGIN_CONNECTED, via(at->gw[3], 0, 0)), 0);
	assert_int_equal(del(&w, at->net[2], MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(set_static(&w, at->net[3], via(at->gw[1], 0, 0)), 0);
	assert_int_equal(set_static(&w, at->all, via(at->gw[4], 0, 0)), 0);
	assert_int_equal(del(&w, at->net[1], MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(set_static(&w, at->net[1], via(at->gw[4], 1, 1300)), 0);
	assert_int_equal(totals(&w).routes, 3);
	mtud_route_rollback(w.rt);

	assert_int_equal(get(&w, at->net[1], &after[0]), 0);
	assert_int_equal(get(&w, at->net[2], &after[1]), 0);
	assert_true(info_equal(&before[0], &after[0]) && info_equal(&before[1], &after[1]));
	assert_int_equal(after[0].count.packets, 5);
	totals_after = totals(&w);
	assert_memory_equal(&totals_before, &totals_after, sizeof(totals_before));
	assert_int_equal(get(&w, at->net[3], &after[0]), -ENOENT);
	assert_int_equal(get(&w, at->all, &after[0]), -ENOENT);
	assert_int_equal(pins(&w, 0, at->gw[1]), 1);
	assert_int_equal(pins(&w, 1, at->gw[1]), 1);
	assert_int_equal(pins(&w, 1, at->gw[2]), 0);
	assert_int_equal(pins(&w, 0, at->gw[3]), 0);
	assert_int_equal(pins(&w, 0, at->gw[4]), 0);
	assert_int_equal(pins(&w, 1, at->gw[4]), 0);
	/* Nothing of it is left for the next commit. */
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(lookup(&w, at->host[1]), slot);
	assert_int_equal(word(&w, at->host[1]).mtu, 1400);
	assert_int_equal(word(&w, at->host[2]).type, MTUD_ROUTE_FORWARD);
	assert_int_equal(lookup(&w, at->host[3]), MTUD_SLOT_NONE);
	end_world(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conf_is_checked),
		cmocka_unit_test(no_memory_leaves_nothing),
		cmocka_unit_test(specs_are_checked),
		BOTH_FAMILIES(static_hides_connected),
		BOTH_FAMILIES(addresses_of_ours_are_not_hidden),
		BOTH_FAMILIES(routes_are_bounded),
		cmocka_unit_test(neighbors_are_bounded),
		BOTH_FAMILIES(nothing_changes_nothing),
		BOTH_FAMILIES(pins_follow_routes),
		BOTH_FAMILIES(rollback_forgets_all),
	};

	if (test_eal_init(512, "") < 0)
		return 1;
	return run_with_each_engine(tests) + (rte_eal_cleanup() < 0);
}
