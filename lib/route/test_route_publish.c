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
	int32_t slot[3] = {7, 7, 7};
	unsigned int i;

	(void)state;
	mtud_route_lookup6(w.rt, dst, slot, 3);
	for (i = 0; i < 3; i++)
		assert_int_equal(slot[i], MTUD_SLOT_NONE);
	assert_int_equal(mtud_route_slot(mtud_route_slots(w.rt), MTUD_SLOT_NONE).word, 0);
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

/* Prefixes of every length around one address; who leaves it at bit n matches length n. */
static void
every_length_matches(void **state)
{
	struct world w = small_world();
	const struct mtud_ip base = ip("a5a5:5a5a:1234:fedc:8001:7ffe:3c3c:9669");
	struct mtud_route_info info;
	uint8_t dst[129][MTUD_IP_LEN];
	int32_t slot[129];
	unsigned int len;

	(void)state;
	for (len = 0; len <= 128; len++) {
		struct mtud_prefix p = {.ip = base, .len = len};
		struct mtud_route_spec spec = typed(MTUD_ROUTE_ONLINK, 1, 2000 + len);

		mtud_ip_mask(&p.ip, len);
		assert_int_equal(mtud_route_set(w.rt, &p, MTUD_ORIGIN_STATIC, &spec), 0);
		memcpy(dst[len], base.b, MTUD_IP_LEN);
		if (len < 128)
			dst[len][len / 8] ^= 0x80 >> len % 8;
	}
	assert_int_equal(mtud_route_commit(w.rt), 0);
	mtud_route_lookup6(w.rt, dst, slot, 129);
	for (len = 0; len <= 128; len++) {
		struct mtud_ip addr;

		memcpy(addr.b, dst[len], MTUD_IP_LEN);
		assert_int_equal(
			mtud_route_slot(mtud_route_slots(w.rt), slot[len]).mtu, 2000 + len);
		assert_int_equal(mtud_route_match(w.rt, &addr, &info), 0);
		assert_int_equal(info.prefix.len, len);
		assert_int_equal(info.slot, slot[len]);
	}
	end_world(&w);
}

static void
default_route_comes_and_goes(void **state)
{
	struct world w = small_world();
	int32_t slot;

	(void)state;
	assert_int_equal(set_static(&w, "::/0", via("fe80::1", 0, 1300)), 0);
	assert_int_equal(lookup(&w, "2001:db8::1"), MTUD_SLOT_NONE);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	slot = lookup(&w, "2001:db8::1");
	assert_int_equal(word(&w, "2001:db8::1").mtu, 1300);
	/* Both copies have it. */
	assert_int_equal(set_static(&w, "2001:db8::/32", typed(MTUD_ROUTE_BLACKHOLE, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(lookup(&w, "2001:db9::1"), slot);
	assert_int_equal(word(&w, "2001:db8::1").type, MTUD_ROUTE_BLACKHOLE);
	assert_int_equal(set_static(&w, "::/0", via("fe80::1", 0, 1400)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(lookup(&w, "2001:db9::1"), slot);
	assert_int_equal(word(&w, "2001:db9::1").mtu, 1400);
	assert_int_equal(del(&w, "::/0", MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(word(&w, "2001:db9::1").mtu, 1400);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(lookup(&w, "2001:db9::1"), MTUD_SLOT_NONE);
	assert_int_equal(set_static(&w, "2001:db7::/32", typed(MTUD_ROUTE_BLACKHOLE, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(lookup(&w, "2001:db9::1"), MTUD_SLOT_NONE);
	/* The word of a slot that nobody can hold any more is no route. */
	assert_int_equal(mtud_route_slot(mtud_route_slots(w.rt), slot).word, 0);
	end_world(&w);
}

static void
mtu_is_the_smaller_one(void **state)
{
	struct world w = small_world();
	struct mtud_route_info info;

	(void)state;
	assert_int_equal(set_static(&w, "2001:db8:1::/48", via("fe80::1", 0, 1400)), 0);
	assert_int_equal(set_static(&w, "2001:db8:2::/48", via("fe80::1", 0, 0)), 0);
	assert_int_equal(set_static(&w, "2001:db8:3::/48", typed(MTUD_ROUTE_ONLINK, 0, 9000)), 0);
	assert_int_equal(set_static(&w, "2001:db8:4::/48", via("fe80::1", 1, 0)), 0);
	assert_int_equal(set_static(&w, "2001:db8:5::/48", typed(MTUD_ROUTE_BLACKHOLE, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(word(&w, "2001:db8:1::1").mtu, 1400);
	assert_int_equal(word(&w, "2001:db8:2::1").mtu, 1500);
	assert_int_equal(word(&w, "2001:db8:3::1").mtu, 1500);
	assert_int_equal(word(&w, "2001:db8:4::1").mtu, 9000);

	/* What is staged stays staged while the port changes. */
	assert_int_equal(set_static(&w, "2001:db8:1::/48", via("fe80::1", 0, 1290)), 0);
	assert_int_equal(set_static(&w, "2001:db8:2::/48", via("fe80::1", 1, 0)), 0);
	assert_int_equal(del(&w, "2001:db8:3::/48", MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(set_static(&w, "2001:db8:6::/48", via("fe80::1", 0, 0)), 0);
	mtud_route_set_port_mtu(w.rt, 0, 1350);
	mtud_route_set_port_mtu(w.rt, RTE_MAX_ETHPORTS, 1350);
	assert_int_equal(word(&w, "2001:db8:1::1").mtu, 1350);
	assert_int_equal(word(&w, "2001:db8:2::1").mtu, 1350);
	assert_int_equal(word(&w, "2001:db8:2::1").port, 0);
	assert_int_equal(word(&w, "2001:db8:3::1").mtu, 1350);
	assert_int_equal(word(&w, "2001:db8:4::1").mtu, 9000);
	assert_int_equal(word(&w, "2001:db8:5::1").mtu, 0);
	assert_int_equal(word(&w, "2001:db8:6::1").type, MTUD_ROUTE_NONE);
	assert_int_equal(get(&w, "2001:db8:6::/48", &info), 0);
	assert_int_equal(info.mtu, 1350);

	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(word(&w, "2001:db8:1::1").mtu, 1290);
	assert_int_equal(word(&w, "2001:db8:2::1").mtu, 9000);
	assert_int_equal(word(&w, "2001:db8:6::1").mtu, 1350);
	mtud_route_set_port_mtu(w.rt, 0, 65535);
	assert_int_equal(word(&w, "2001:db8:1::1").mtu, 1290);
	assert_int_equal(word(&w, "2001:db8:6::1").mtu, 65535);
	end_world(&w);
}

static void
slots_and_counters_outlive_replacement(void **state)
{
	struct world w = small_world();
	struct mtud_route_info info;
	struct mtud_route_count *worker[2];
	int32_t slot;

	(void)state;
	worker[0] = mtud_route_counts(w.rt, 0);
	worker[1] = mtud_route_counts(w.rt, 1);
	assert_int_equal(set_static(&w, "2001:db8::/32", via("fe80::1", 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	slot = lookup(&w, "2001:db8::1");
	worker[0][slot] = (struct mtud_route_count){.packets = 3, .octets = 300, .too_big = 1};
	worker[1][slot] = (struct mtud_route_count){.packets = 4, .octets = 500, .too_big = 10};
	assert_int_equal(get(&w, "2001:db8::/32", &info), 0);
	assert_int_equal(info.slot, slot);
	assert_int_equal(info.count.packets, 7);
	assert_int_equal(info.count.octets, 800);
	assert_int_equal(info.count.too_big, 11);

	assert_int_equal(set_static(&w, "2001:db8::/32", via("fe80::2", 1, 1300)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(lookup(&w, "2001:db8::1"), slot);
	/* Deleted and added in one commit is replaced. */
	assert_int_equal(del(&w, "2001:db8::/32", MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(set_static(&w, "2001:db8::/32", via("fe80::3", 1, 1300)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(lookup(&w, "2001:db8::1"), slot);
	assert_int_equal(get(&w, "2001:db8::/32", &info), 0);
	assert_int_equal(info.count.packets, 7);

	mtud_route_clear_counts(w.rt);
	assert_int_equal(get(&w, "2001:db8::/32", &info), 0);
	assert_int_equal(info.count.packets, 0);
	assert_int_equal(info.count.octets, 0);
	assert_int_equal(info.count.too_big, 0);
	worker[1][slot].octets += 60;
	assert_int_equal(get(&w, "2001:db8::/32", &info), 0);
	assert_int_equal(info.count.octets, 60);
	assert_int_equal(worker[0][slot].packets, 3);
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
	const struct mtud_route_conf conf = {.max_routes = 1, .tbl8s = 16, .workers = 1};
	struct world w = make_world(&conf, 64);
	struct mtud_route_info info;
	uint64_t packets[] = {9, 9};
	unsigned int i, reused = 0;

	(void)state;
	for (i = 0; i < 100; i++) {
		const char *prefix = i % 2 == 0 ? "2001:db8::/32" : "2001:db9::/32";
		uint64_t *counter;

		assert_int_equal(set_static(&w, prefix, via("fe80::1", 0, 0)), 0);
		assert_int_equal(get(&w, prefix, &info), 0);
		assert_int_equal(info.count.packets, 0);
		assert_int_equal(mtud_route_commit(w.rt), 0);
		assert_int_equal(get(&w, prefix, &info), 0);
		assert_int_equal(info.count.packets, 0);
		counter = &mtud_route_counts(w.rt, 0)[info.slot].packets;
		reused += *counter != 0;
		*counter += 5;
		assert_int_equal(get(&w, prefix, &info), 0);
		assert_int_equal(info.count.packets, 5);
		assert_int_equal(del(&w, prefix, MTUD_ORIGIN_STATIC), 0);
		assert_int_equal(mtud_route_commit(w.rt), 0);
	}
	assert_int_not_equal(reused, 0);

	assert_int_equal(set_static(&w, "2001:db8::/32", via("fe80::1", 0, 0)), 0);
	assert_int_equal(
		set(&w, "2001:db8::/32", MTUD_ORIGIN_CONNECTED, typed(MTUD_ROUTE_ONLINK, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	mtud_route_counts(w.rt, 0)[lookup(&w, "2001:db8::1")].packets += 2;
	mtud_route_foreach(w.rt, true, hidden_counts_nothing, packets);
	assert_int_equal(packets[MTUD_ORIGIN_CONNECTED], 0);
	assert_int_equal(packets[MTUD_ORIGIN_STATIC], 2);
	end_world(&w);
}

/* A /128 alone takes 13 tbl8 groups: one for each octet behind the third. */
#define GROUPS_OF_HOST 13

static void
a_full_table_stays_as_it_was(void **state)
{
	const struct mtud_route_conf conf = {
		.max_routes = 16, .tbl8s = GROUPS_OF_HOST + 1, .workers = 1};
	struct world w = make_world(&conf, 64);
	struct mtud_route_info info;
	int32_t host;

	(void)state;
	assert_int_equal(set_static(&w, "2001:db8::1/128", via("fe80::1", 0, 0)), 0);
	assert_int_equal(set_static(&w, "2001:dbf::/32", via("fe80::2", 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	host = lookup(&w, "2001:db8::1");

	/* Deletes, replaces, adds what fits, and then what does not. */
	assert_int_equal(del(&w, "2001:dbf::/32", MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(set_static(&w, "2001:db8::1/128", via("fe80::3", 0, 1300)), 0);
	assert_int_equal(set_static(&w, "::/0", via("fe80::3", 0, 0)), 0);
	assert_int_equal(set_static(&w, "2002::/16", via("fe80::3", 0, 0)), 0);
	assert_int_equal(set_static(&w, "2003:100::/32", via("fe80::3", 0, 0)), 0);
	assert_int_equal(set_static(&w, "2003:200::/40", via("fe80::3", 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), -E2BIG);
	assert_int_equal(lookup(&w, "2001:db8::1"), host);
	assert_int_equal(word(&w, "2001:db8::1").mtu, 1500);
	assert_int_equal(word(&w, "2001:dbf::1").type, MTUD_ROUTE_FORWARD);
	assert_int_equal(lookup(&w, "2001:db7::1"), MTUD_SLOT_NONE);
	assert_int_equal(lookup(&w, "2002::1"), MTUD_SLOT_NONE);
	assert_int_equal(lookup(&w, "2003:100::1"), MTUD_SLOT_NONE);
	assert_int_equal(totals(&w).routes, 2);
	assert_int_equal(get(&w, "2002::/16", &info), -ENOENT);
	assert_int_equal(pins(&w, 0, "fe80::1"), 1);
	assert_int_equal(pins(&w, 0, "fe80::2"), 1);
	assert_int_equal(pins(&w, 0, "fe80::3"), 0);

	/* The idle copy is as before, too: after two commits both have been live. */
	assert_int_equal(set_static(&w, "2002::/16", via("fe80::3", 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(lookup(&w, "2001:db8::1"), host);
	assert_int_equal(word(&w, "2001:dbf::1").type, MTUD_ROUTE_FORWARD);
	assert_int_equal(lookup(&w, "2003:100::1"), MTUD_SLOT_NONE);
	assert_int_equal(del(&w, "2002::/16", MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(lookup(&w, "2001:db8::1"), host);
	assert_int_equal(word(&w, "2001:dbf::1").type, MTUD_ROUTE_FORWARD);
	assert_int_equal(lookup(&w, "2002::1"), MTUD_SLOT_NONE);

	/* What goes in a commit makes room for what comes in it. */
	assert_int_equal(set_static(&w, "2001:db7::1/128", via("fe80::3", 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), -E2BIG);
	assert_int_equal(set_static(&w, "2001:db7::1/128", via("fe80::3", 0, 0)), 0);
	assert_int_equal(del(&w, "2001:db8::1/128", MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(word(&w, "2001:db7::1").type, MTUD_ROUTE_FORWARD);
	assert_int_equal(lookup(&w, "2001:db8::1"), MTUD_SLOT_NONE);
	end_world(&w);
}

static void
the_first_commit_may_fail(void **state)
{
	const struct mtud_route_conf small = {
		.max_routes = 16, .tbl8s = GROUPS_OF_HOST - 1, .workers = 1};
	/* One copy of 164 MiB is more than half of what the test has: the second one fails. */
	const struct mtud_route_conf huge = {.max_routes = 16, .tbl8s = 100 << 10, .workers = 1};
	struct world w = make_world(&small, 64);
	uint64_t heap = heap_octets_used();

	(void)state;
	assert_int_equal(set_static(&w, "2001:db8::1/128", typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), -E2BIG);
	assert_int_equal(lookup(&w, "2001:db8::1"), MTUD_SLOT_NONE);
	assert_int_equal(totals(&w).tbl8s, 0);
	assert_int_equal(totals(&w).octets_copy, 0);
	assert_int_equal(heap_octets_used(), heap);
	assert_int_equal(set_static(&w, "2001:db8::1/127", typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
	assert_int_equal(set_static(&w, "2001:db8::/32", typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), -E2BIG);
	assert_int_equal(set_static(&w, "2001:db8::/32", typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(word(&w, "2001:db8::1").type, MTUD_ROUTE_PROHIBIT);
	end_world(&w);

	w = make_world(&huge, 64);
	heap = heap_octets_used();
	assert_int_equal(set_static(&w, "2001:db8::/32", via("fe80::1", 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), -ENOMEM);
	assert_int_equal(totals(&w).routes, 0);
	assert_int_equal(pins(&w, 0, "fe80::1"), 0);
	assert_int_equal(lookup(&w, "2001:db8::1"), MTUD_SLOT_NONE);
	assert_int_equal(heap_octets_used(), heap);
	end_world(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_table_misses),
		cmocka_unit_test(words_say_all),
		cmocka_unit_test(every_length_matches),
		cmocka_unit_test(default_route_comes_and_goes),
		cmocka_unit_test(mtu_is_the_smaller_one),
		cmocka_unit_test(slots_and_counters_outlive_replacement),
		cmocka_unit_test(a_new_route_starts_at_zero),
		cmocka_unit_test(a_full_table_stays_as_it_was),
		cmocka_unit_test(the_first_commit_may_fail),
	};

	if (test_eal_init(256, "") < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL) + (rte_eal_cleanup() < 0);
}
