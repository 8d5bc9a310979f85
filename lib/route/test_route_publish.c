/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What workers see of the tables, and when. */

#include <errno.h>

#include "test_route.h"

static void
an_empty_table_misses(void **state)
{
	struct world w = small_world();
	uint8_t dst[3][MTUD_IP_LEN] = {{0x20}, {0xfe, 0x80}, {0}};
	const uint32_t dst4[3] = {0, 0xc0000201, UINT32_MAX};
	int32_t slot[3] = {7, 7, 7}, slot4[3] = {7, 7, 7};
	unsigned int i;

	(void)state;
	mtud_route_lookup6(mtud_route_view(w.rt), dst, slot, 3);
	mtud_route_lookup4(mtud_route_view(w.rt), dst4, slot4, 3);
	for (i = 0; i < 3; i++) {
		assert_int_equal(slot[i], MTUD_SLOT_NONE);
		assert_int_equal(slot4[i], MTUD_SLOT_NONE);
	}
	assert_int_equal(mtud_route_slot(slots_now(&w), MTUD_SLOT_NONE).word, 0);
	assert_int_equal(mtud_route_option(options_now(&w), MTUD_SLOT_NONE).word, 0);
	end_world(&w);
}

static void
words_say_all(void **state)
{
	struct world w = small_world();
	struct mtud_route_spec anycast = typed(MTUD_ROUTE_LOCAL, 1, 0);
	struct mtud_ip gw = ip("fe80::1");
	union mtud_slot got;

	(void)state;
	anycast.flags = MTUD_ROUTE_F_ANYCAST;
	assert_int_equal(set_static(&w, "2001:db8:1::/48", via("fe80::1", 1, 1400)), 0);
	assert_int_equal(set_static(&w, "2001:db8:2::/64", typed(MTUD_ROUTE_ONLINK, 1, 0)), 0);
	assert_int_equal(set_static(&w, "2001:db8:3::/126", typed(MTUD_ROUTE_ONLINK, 0, 0)), 0);
	assert_int_equal(set_static(&w, "2001:db8:4::/127", typed(MTUD_ROUTE_ONLINK, 0, 0)), 0);
	assert_int_equal(set_static(&w, "2001:db8:5::/127", via("fe80::1", 0, 0)), 0);
	assert_int_equal(set(&w, "2001:db8:6::/128", MTUD_ORIGIN_CONNECTED, anycast), 0);
	assert_int_equal(
		set_static(&w, "2001:db8:7::/48", typed(MTUD_ROUTE_BLACKHOLE, 0, 1400)), 0);
	assert_int_equal(set_static(&w, "2001:db8:8::/48", typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
	assert_int_equal(set_static(&w, "ff0e::/16", typed(MTUD_ROUTE_ONLINK, 0, 0)), 0);
	assert_int_equal(set_static(&w, "fe00::/7", typed(MTUD_ROUTE_UNREACHABLE, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);

	got = word(&w, "2001:db8:1::1");
	assert_int_equal(got.type, MTUD_ROUTE_FORWARD);
	assert_int_equal(got.adj, mtud_neigh_find(w.neigh, 1, &gw));
	assert_int_not_equal(got.adj, MTUD_ADJ_NONE);
	assert_int_equal(got.port, 1);
	assert_int_equal(got.mtu, 1400);
	assert_int_equal(got.flags, 0);
	got = word(&w, "2001:db8:2::1");
	assert_int_equal(got.type, MTUD_ROUTE_ONLINK);
	assert_int_equal(got.adj, MTUD_ADJ_NONE);
	assert_int_equal(got.port, 1);
	assert_int_equal(got.mtu, 9000);
	assert_int_equal(word(&w, "2001:db8:3::1").flags, 0);
	assert_int_equal(word(&w, "2001:db8:4::1").flags, MTUD_ROUTE_F_P2P);
	assert_int_equal(word(&w, "2001:db8:5::1").flags, 0);
	got = word(&w, "2001:db8:6::");
	assert_int_equal(got.type, MTUD_ROUTE_LOCAL);
	assert_int_equal(got.flags, MTUD_ROUTE_F_ANYCAST);
	assert_int_equal(got.mtu, 0);
	got = word(&w, "2001:db8:7::1");
	assert_int_equal(got.type, MTUD_ROUTE_BLACKHOLE);
	assert_int_equal(got.mtu, 0);
	assert_int_equal(word(&w, "2001:db8:8::1").type, MTUD_ROUTE_PROHIBIT);
	assert_int_equal(word(&w, "ff0e::1").flags, MTUD_ROUTE_F_MULTICAST);
	/* It holds multicast, but is none. */
	assert_int_equal(word(&w, "ff05::1").type, MTUD_ROUTE_UNREACHABLE);
	assert_int_equal(word(&w, "ff05::1").flags, 0);
	end_world(&w);
}

static void
words_of_ipv4_say_all(void **state)
{
	struct world w = small_world();
	struct mtud_ip gw = ip("192.0.2.1");
	union mtud_slot got;

	(void)state;
	assert_int_equal(set_static(&w, "10.1.0.0/16", via("192.0.2.1", 1, 68)), 0);
	assert_int_equal(set_static(&w, "10.2.0.0/30", typed(MTUD_ROUTE_ONLINK, 0, 0)), 0);
	assert_int_equal(set_static(&w, "10.3.0.0/31", typed(MTUD_ROUTE_ONLINK, 0, 0)), 0);
	assert_int_equal(set_static(&w, "10.4.0.1/32", typed(MTUD_ROUTE_ONLINK, 1, 0)), 0);
	assert_int_equal(set_static(&w, "10.5.0.0/31", via("192.0.2.1", 0, 0)), 0);
	assert_int_equal(
		set(&w, "10.6.0.1/32", MTUD_ORIGIN_CONNECTED, typed(MTUD_ROUTE_LOCAL, 1, 0)), 0);
	assert_int_equal(
		set(&w, "10.6.0.255/32", MTUD_ORIGIN_CONNECTED, typed(MTUD_ROUTE_BROADCAST, 1, 0)),
		0);
	assert_int_equal(set_static(&w, "232.0.0.0/8", typed(MTUD_ROUTE_ONLINK, 0, 0)), 0);
	assert_int_equal(set_static(&w, "224.0.0.0/4", typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
	assert_int_equal(set_static(&w, "224.0.0.0/3", typed(MTUD_ROUTE_UNREACHABLE, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);

	got = word(&w, "10.1.0.1");
	assert_int_equal(got.type, MTUD_ROUTE_FORWARD);
	assert_int_equal(got.adj, mtud_neigh_find(w.neigh, 1, &gw));
	assert_int_not_equal(got.adj, MTUD_ADJ_NONE);
	assert_int_equal(got.port, 1);
	assert_int_equal(got.mtu, 68);
	assert_int_equal(got.flags, 0);
	assert_int_equal(word(&w, "10.2.0.1").flags, 0);
	assert_int_equal(word(&w, "10.3.0.1").flags, MTUD_ROUTE_F_P2P);
	got = word(&w, "10.4.0.1");
	assert_int_equal(got.flags, MTUD_ROUTE_F_P2P);
	assert_int_equal(got.type, MTUD_ROUTE_ONLINK);
	assert_int_equal(got.mtu, 9000);
	assert_int_equal(word(&w, "10.5.0.1").flags, 0);
	assert_int_equal(word(&w, "10.6.0.1").type, MTUD_ROUTE_LOCAL);
	got = word(&w, "10.6.0.255");
	assert_int_equal(got.type, MTUD_ROUTE_BROADCAST);
	assert_int_equal(got.port, 0);
	assert_int_equal(got.mtu, 0);
	assert_int_equal(word(&w, "232.1.1.1").flags, MTUD_ROUTE_F_MULTICAST);
	assert_int_equal(word(&w, "224.0.0.1").flags, MTUD_ROUTE_F_MULTICAST);
	/* It begins with multicast, but is none. */
	got = word(&w, "240.0.0.1");
	assert_int_equal(got.type, MTUD_ROUTE_UNREACHABLE);
	assert_int_equal(got.flags, 0);
	end_world(&w);
}

static void
default_route_comes_and_goes(void **state)
{
	const struct places *at = *state;
	struct world w = small_world();
	int32_t slot;

	assert_int_equal(set_static(&w, at->all, via(at->gw[1], 0, 1300)), 0);
	assert_int_equal(lookup(&w, at->host[0]), MTUD_SLOT_NONE);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	slot = lookup(&w, at->host[0]);
	assert_int_equal(word(&w, at->host[0]).mtu, 1300);
	/* Both copies have it. */
	assert_int_equal(set_static(&w, at->wide, typed(MTUD_ROUTE_BLACKHOLE, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(lookup(&w, at->in_other), slot);
	assert_int_equal(word(&w, at->host[0]).type, MTUD_ROUTE_BLACKHOLE);
	assert_int_equal(set_static(&w, at->all, via(at->gw[1], 0, 1400)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(lookup(&w, at->in_other), slot);
	assert_int_equal(word(&w, at->in_other).mtu, 1400);
	assert_int_equal(del(&w, at->all, MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(word(&w, at->in_other).mtu, 1400);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(lookup(&w, at->in_other), MTUD_SLOT_NONE);
	assert_int_equal(set_static(&w, at->net[1], typed(MTUD_ROUTE_BLACKHOLE, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(lookup(&w, at->in_other), MTUD_SLOT_NONE);
	/* The word of a slot that nobody can hold any more is no route. */
	assert_int_equal(mtud_route_slot(slots_now(&w), slot).word, 0);
	end_world(&w);
}

static void
mtu_is_the_smaller_one(void **state)
{
	const struct places *at = *state;
	struct world w = small_world();
	struct mtud_route_info info;

	assert_int_equal(set_static(&w, at->net[1], via(at->gw[1], 0, 1400)), 0);
	assert_int_equal(set_static(&w, at->net[2], via(at->gw[1], 0, 0)), 0);
	assert_int_equal(set_static(&w, at->net[3], typed(MTUD_ROUTE_ONLINK, 0, 9000)), 0);
	assert_int_equal(set_static(&w, at->net[4], via(at->gw[1], 1, 0)), 0);
	assert_int_equal(set_static(&w, at->net[5], typed(MTUD_ROUTE_BLACKHOLE, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(word(&w, at->host[1]).mtu, 1400);
	assert_int_equal(word(&w, at->host[2]).mtu, 1500);
	assert_int_equal(word(&w, at->host[3]).mtu, 1500);
	assert_int_equal(word(&w, at->host[4]).mtu, 9000);

	/* What is staged stays staged while the port changes. */
	assert_int_equal(set_static(&w, at->net[1], via(at->gw[1], 0, 1290)), 0);
	assert_int_equal(set_static(&w, at->net[2], via(at->gw[1], 1, 0)), 0);
	assert_int_equal(del(&w, at->net[3], MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(set_static(&w, at->net[6], via(at->gw[1], 0, 0)), 0);
	mtud_route_set_port_mtu(w.rt, 0, 1350);
	mtud_route_set_port_mtu(w.rt, RTE_MAX_ETHPORTS, 1350);
	assert_int_equal(word(&w, at->host[1]).mtu, 1350);
	assert_int_equal(word(&w, at->host[2]).mtu, 1350);
	assert_int_equal(word(&w, at->host[2]).port, 0);
	assert_int_equal(word(&w, at->host[3]).mtu, 1350);
	assert_int_equal(word(&w, at->host[4]).mtu, 9000);
	assert_int_equal(word(&w, at->host[5]).mtu, 0);
	assert_int_equal(word(&w, at->host[6]).type, MTUD_ROUTE_NONE);
	assert_int_equal(get(&w, at->net[6], &info), 0);
	assert_int_equal(info.mtu, 1350);

	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(word(&w, at->host[1]).mtu, 1290);
	assert_int_equal(word(&w, at->host[2]).mtu, 9000);
	assert_int_equal(word(&w, at->host[6]).mtu, 1350);
	mtud_route_set_port_mtu(w.rt, 0, 65535);
	assert_int_equal(word(&w, at->host[1]).mtu, 1290);
	assert_int_equal(word(&w, at->host[6]).mtu, 65535);
	end_world(&w);
}

static void
slots_and_counters_outlive_replacement(void **state)
{
	const struct places *at = *state;
	struct world w = small_world();
	struct mtud_route_info info;
	struct mtud_route_count *worker[2];
	int32_t slot;

	worker[0] = mtud_route_counts(w.rt, 0);
	worker[1] = mtud_route_counts(w.rt, 1);
	assert_int_equal(set_static(&w, at->wide, via(at->gw[1], 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	slot = lookup(&w, at->host[0]);
	worker[0][slot] = (struct mtud_route_count){.packets = 3, .octets = 300};
	worker[1][slot] = (struct mtud_route_count){.packets = 4, .octets = 500};
	assert_int_equal(get(&w, at->wide, &info), 0);
	assert_int_equal(info.slot, slot);
	assert_int_equal(info.count.packets, 7);
	assert_int_equal(info.count.octets, 800);

	assert_int_equal(set_static(&w, at->wide, via(at->gw[2], 1, 1300)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(lookup(&w, at->host[0]), slot);
	/* Deleted and added in one commit is replaced. */
	assert_int_equal(del(&w, at->wide, MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(set_static(&w, at->wide, via(at->gw[3], 1, 1300)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(lookup(&w, at->host[0]), slot);
	assert_int_equal(get(&w, at->wide, &info), 0);
	assert_int_equal(info.count.packets, 7);

	mtud_route_clear_counts(w.rt);
	assert_int_equal(get(&w, at->wide, &info), 0);
	assert_int_equal(info.count.packets, 0);
	assert_int_equal(info.count.octets, 0);
	worker[1][slot].octets += 60;
	assert_int_equal(get(&w, at->wide, &info), 0);
	assert_int_equal(info.count.octets, 60);
	assert_int_equal(worker[0][slot].packets, 3);
	end_world(&w);
}

static void
special_counters_add_up(void **state)
{
	const struct places *at = *state;
	const struct mtud_route_special one = {.too_big = 1,
		.answered = 2,
		.fragmented = 3,
		.fragments = 4,
		.df_passed = 5,
		.df_cleared = 6,
		.mss = 7};
	const struct mtud_route_special two = {.too_big = 10,
		.answered = 20,
		.fragmented = 30,
		.fragments = 40,
		.df_passed = 50,
		.df_cleared = 60,
		.mss = 70};
	const struct mtud_route_special none = {0}, sum = {.too_big = 11,
							    .answered = 22,
							    .fragmented = 33,
							    .fragments = 44,
							    .df_passed = 55,
							    .df_cleared = 66,
							    .mss = 77};
	struct world w = small_world();
	struct mtud_route_info info;
	int32_t slot;

	assert_int_equal(set_static(&w, at->wide, via(at->gw[1], 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	slot = lookup(&w, at->host[1]);
	mtud_route_specials(w.rt, 0)[slot] = one;
	mtud_route_specials(w.rt, 1)[slot] = two;
	assert_int_equal(get(&w, at->wide, &info), 0);
	assert_memory_equal(&info.special, &sum, sizeof(sum));
	assert_int_equal(info.count.packets, 0);
	mtud_route_clear_counts(w.rt);
	assert_int_equal(get(&w, at->wide, &info), 0);
	assert_memory_equal(&info.special, &none, sizeof(none));
	mtud_route_specials(w.rt, 1)[slot].fragments += 5;
	assert_int_equal(get(&w, at->wide, &info), 0);
	assert_int_equal(info.special.fragments, 5);
	end_world(&w);
}

static int
hidden_counts_nothing(const struct mtud_route_info *info, void *arg)
{
	uint64_t *packets = arg;

	packets[info->origin] = info->count.packets;
	return 0;
}

static void
a_new_route_starts_at_zero(void **state)
{
	const struct places *at = *state;
	const struct mtud_route_conf conf = {.max_routes = 1, .tbl8s = 16, .workers = 1};
	struct world w = make_world(&conf, 64);
	struct mtud_route_info info;
	uint64_t packets[] = {9, 9};
	unsigned int i, reused = 0;

	for (i = 0; i < 100; i++) {
		const char *prefix = i % 2 == 0 ? at->wide : at->other;
		uint64_t *counter;

		assert_int_equal(set_static(&w, prefix, via(at->gw[1], 0, 0)), 0);
		assert_int_equal(get(&w, prefix, &info), 0);
		assert_int_equal(info.count.packets, 0);
		assert_int_equal(mtud_route_commit(w.rt), 0);
		assert_int_equal(get(&w, prefix, &info), 0);
		assert_int_equal(info.count.packets, 0);
		counter = &mtud_route_counts(w.rt, 0)[info.slot].packets;
		reused += *counter != 0;
		*counter += 5;
		mtud_route_specials(w.rt, 0)[info.slot].mss += 3;
		assert_int_equal(get(&w, prefix, &info), 0);
		assert_int_equal(info.count.packets, 5);
		assert_int_equal(info.special.mss, 3);
		assert_int_equal(del(&w, prefix, MTUD_ORIGIN_STATIC), 0);
		assert_int_equal(mtud_route_commit(w.rt), 0);
	}
	assert_int_not_equal(reused, 0);

	assert_int_equal(set_static(&w, at->wide, via(at->gw[1], 0, 0)), 0);
	assert_int_equal(
		set(&w, at->wide, MTUD_ORIGIN_CONNECTED, typed(MTUD_ROUTE_ONLINK, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	mtud_route_counts(w.rt, 0)[lookup(&w, at->host[0])].packets += 2;
	mtud_route_foreach(w.rt, true, hidden_counts_nothing, packets);
	assert_int_equal(packets[MTUD_ORIGIN_CONNECTED], 0);
	assert_int_equal(packets[MTUD_ORIGIN_STATIC], 2);
	end_world(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_table_misses),
		cmocka_unit_test(words_say_all),
		cmocka_unit_test(words_of_ipv4_say_all),
		BOTH_FAMILIES(default_route_comes_and_goes),
		BOTH_FAMILIES(mtu_is_the_smaller_one),
		BOTH_FAMILIES(slots_and_counters_outlive_replacement),
		BOTH_FAMILIES(special_counters_add_up),
		BOTH_FAMILIES(a_new_route_starts_at_zero),
	};

	if (test_eal_init(512, "") < 0)
		return 1;
	return run_with_each_engine(tests) + (rte_eal_cleanup() < 0);
}
