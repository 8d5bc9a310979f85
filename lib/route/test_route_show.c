/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What the control thread can ask. */

#include <errno.h>

#include "test_route.h"

static void
reads_see_what_is_staged(void **state)
{
	struct world w = small_world();
	struct mtud_route_info info;
	struct mtud_ip inside = ip("2001:db8:1::1"), outside = ip("2001:db9::1");

	(void)state;
	assert_int_equal(get(&w, "2001:db8::/32", &info), -ENOENT);
	assert_int_equal(mtud_route_match(w.rt, &inside, &info), -ENOENT);
	assert_int_equal(set_static(&w, "2001:db8::/32", via("fe80::1", 1, 1400)), 0);
	assert_int_equal(set_static(&w, "2001:db8:1::/48", typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);

	assert_int_equal(get(&w, "2001:db8::/32", &info), 0);
	assert_int_equal(info.origin, MTUD_ORIGIN_STATIC);
	assert_int_equal(info.prefix.len, 32);
	assert_int_equal(info.spec.type, MTUD_ROUTE_FORWARD);
	assert_memory_equal(info.spec.gw.b, ip("fe80::1").b, MTUD_IP_LEN);
	assert_int_equal(info.spec.port, 1);
	assert_int_equal(info.spec.mtu, 1400);
	assert_int_equal(info.mtu, 1400);
	assert_int_not_equal(info.adj, MTUD_ADJ_NONE);
	assert_int_equal(info.adj, mtud_neigh_find(w.neigh, 1, &info.spec.gw));
	assert_int_equal(get(&w, "2001:db8::/33", &info), -ENOENT);

	assert_int_equal(mtud_route_match(w.rt, &inside, &info), 0);
	assert_int_equal(info.prefix.len, 48);
	assert_int_equal(info.mtu, 0);
	assert_int_equal(info.adj, MTUD_ADJ_NONE);
	assert_int_equal(mtud_route_match(w.rt, &outside, &info), -ENOENT);
	assert_int_equal(lookup(&w, "2001:db8:1::1"), MTUD_SLOT_NONE);

	assert_int_equal(del(&w, "2001:db8:1::/48", MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(del(&w, "2001:db8:1::/48", MTUD_ORIGIN_STATIC), -ENOENT);
	assert_int_equal(mtud_route_match(w.rt, &inside, &info), 0);
	assert_int_equal(info.prefix.len, 32);
	assert_int_equal(set_static(&w, "::/0", typed(MTUD_ROUTE_UNREACHABLE, 0, 0)), 0);
	assert_int_equal(mtud_route_match(w.rt, &outside, &info), 0);
	assert_int_equal(info.prefix.len, 0);
	end_world(&w);
}

static void
match_keeps_families_apart(void **state)
{
	struct world w = small_world();
	struct mtud_route_info info;
	struct mtud_ip v6 = ip("2001:db9::1"), v4 = ip("192.0.2.1");

	(void)state;
	assert_int_equal(set_static(&w, "::/0", typed(MTUD_ROUTE_UNREACHABLE, 0, 0)), 0);
	assert_int_equal(set_static(&w, "::/80", typed(MTUD_ROUTE_UNREACHABLE, 0, 0)), 0);
	/* ::/0 holds no IPv4 address, and 0.0.0.0/0 no IPv6 address. */
	assert_int_equal(mtud_route_match(w.rt, &v4, &info), -ENOENT);
	assert_int_equal(set_static(&w, "0.0.0.0/0", typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
	assert_int_equal(mtud_route_match(w.rt, &v4, &info), 0);
	assert_int_equal(info.spec.type, MTUD_ROUTE_PROHIBIT);
	assert_int_equal(info.prefix.len, MTUD_IP4_BITS_AT);
	assert_int_equal(set_static(&w, "192.0.2.0/24", via("198.51.100.1", 1, 68)), 0);
	assert_int_equal(set_static(&w, "192.0.2.1/32", via("198.51.100.2", 1, 0)), 0);
	assert_int_equal(mtud_route_match(w.rt, &v4, &info), 0);
	assert_int_equal(info.prefix.len, 128);
	assert_int_equal(info.mtu, 9000);
	assert_memory_equal(info.spec.gw.b, ip("198.51.100.2").b, MTUD_IP_LEN);
	assert_int_equal(del(&w, "192.0.2.1/32", MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(mtud_route_match(w.rt, &v4, &info), 0);
	assert_int_equal(info.prefix.len, MTUD_IP4_BITS_AT + 24);
	assert_int_equal(info.mtu, 68);
	assert_int_equal(del(&w, "192.0.2.0/24", MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(del(&w, "0.0.0.0/0", MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(mtud_route_match(w.rt, &v4, &info), -ENOENT);
	assert_int_equal(del(&w, "::/0", MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(set_static(&w, "0.0.0.0/0", typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
	assert_int_equal(mtud_route_match(w.rt, &v6, &info), -ENOENT);
	end_world(&w);
}

struct seen {
	char text[512];
	unsigned int calls;
	unsigned int stop_at;
	struct mtud_route *rt; /* not NULL: delete all from the first call on */
};

static int
note(const struct mtud_route_info *info, void *arg)
{
	struct seen *seen = arg;
	char prefix[MTUD_PREFIX_STRLEN];
	size_t used = strlen(seen->text);

	snprintf(seen->text + used, sizeof(seen->text) - used, "%s%s ",
		mtud_prefix_format(&info->prefix, prefix),
		info->origin == MTUD_ORIGIN_CONNECTED ? "c" : "");
	if (seen->rt != NULL) {
		struct mtud_prefix second = pfx("2001:db8::/32");

		mtud_route_del(seen->rt, &info->prefix, info->origin);
		mtud_route_del(seen->rt, &second, MTUD_ORIGIN_STATIC);
	}
	return ++seen->calls == seen->stop_at;
}

static void
foreach_goes_by_prefix(void **state)
{
	struct world w = small_world();
	struct mtud_route_spec hole = typed(MTUD_ROUTE_BLACKHOLE, 0, 0);
	struct seen seen = {.calls = 0}, all = {.calls = 0}, two = {.stop_at = 2};
	struct seen deleting = {.rt = w.rt};

	(void)state;
	mtud_route_foreach(w.rt, true, note, &seen);
	assert_int_equal(seen.calls, 0);
	assert_int_equal(set_static(&w, "ff1e::/16", hole), 0);
	assert_int_equal(set_static(&w, "2001:db8::/48", hole), 0);
	assert_int_equal(set_static(&w, "2001:db8::/32", hole), 0);
	assert_int_equal(set_static(&w, "::/0", hole), 0);
	assert_int_equal(set_static(&w, "2001:db8:0:1::/64", hole), 0);
	assert_int_equal(set(&w, "2001:db8:0:1::/64", MTUD_ORIGIN_CONNECTED, hole), 0);
	assert_int_equal(set(&w, "fe80::/64", MTUD_ORIGIN_CONNECTED, hole), 0);
	mtud_route_foreach(w.rt, false, note, &seen);
	assert_string_equal(seen.text, "::/0 2001:db8::/32 2001:db8::/48 2001:db8:0:1::/64 "
				       "fe80::/64c ff1e::/16 ");
	mtud_route_foreach(w.rt, true, note, &all);
	assert_string_equal(all.text, "::/0 2001:db8::/32 2001:db8::/48 2001:db8:0:1::/64c "
				      "2001:db8:0:1::/64 fe80::/64c ff1e::/16 ");
	mtud_route_foreach(w.rt, true, note, &two);
	assert_string_equal(two.text, "::/0 2001:db8::/32 ");
	mtud_route_foreach(w.rt, true, note, &deleting);
	assert_string_equal(deleting.text, "::/0 2001:db8::/48 2001:db8:0:1::/64c "
					   "2001:db8:0:1::/64 fe80::/64c ff1e::/16 ");
	assert_int_equal(totals(&w).routes, 0);
	end_world(&w);
}

static int
count_prefix(const struct mtud_prefix *prefix, void *arg)
{
	struct seen *seen = arg;

	mtud_prefix_format(prefix, seen->text + strlen(seen->text));
	strcat(seen->text, " ");
	return ++seen->calls == seen->stop_at;
}

static void
scan_gives_prefixes_once(void **state)
{
	struct mtud_route_spec hole = typed(MTUD_ROUTE_BLACKHOLE, 0, 0);
	struct seen seen = {.calls = 0}, one = {.stop_at = 1}, none = {.calls = 0};
	struct mtud_prefix gone = pfx("192.0.2.0/24");
	struct world w = small_world();

	(void)state;
	mtud_route_scan(w.rt, count_prefix, &none);
	assert_int_equal(none.calls, 0);
	assert_int_equal(set_static(&w, "2001:db8::/32", hole), 0);
	assert_int_equal(set(&w, "2001:db8::/32", MTUD_ORIGIN_CONNECTED, hole), 0);
	assert_int_equal(set_static(&w, "192.0.2.0/24", hole), 0);
	assert_int_equal(set_static(&w, "10.0.0.0/8", hole), 0);
	assert_int_equal(mtud_route_del(w.rt, &gone, MTUD_ORIGIN_STATIC), 0);
	mtud_route_scan(w.rt, count_prefix, &seen);
	assert_int_equal(seen.calls, 2);
	assert_non_null(strstr(seen.text, "2001:db8::/32 "));
	assert_non_null(strstr(seen.text, "10.0.0.0/8 "));
	mtud_route_scan(w.rt, count_prefix, &one);
	assert_int_equal(one.calls, 1);
	end_world(&w);
}

static void
foreach_has_ipv4_in_its_place(void **state)
{
	static const char *const prefixes[] = {"2001:db8::/32", "10.0.0.0/8", "::1:0:0:0/80",
		"10.0.0.0/9", "192.0.2.0/24", "::fffe:0:0/95", "0.0.0.0/0", "::/0", "9.255.0.0/16"};
	struct world w = small_world();
	struct seen seen = {.calls = 0};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(prefixes); i++)
		assert_int_equal(set_static(&w, prefixes[i], typed(MTUD_ROUTE_BLACKHOLE, 0, 0)), 0);
	mtud_route_foreach(w.rt, true, note, &seen);
	assert_string_equal(seen.text, "::/0 ::fffe:0:0/95 0.0.0.0/0 9.255.0.0/16 10.0.0.0/8 "
				       "10.0.0.0/9 192.0.2.0/24 ::1:0:0:0/80 2001:db8::/32 ");
	end_world(&w);
}

static void
totals_add_up(void **state)
{
	struct world w = small_world();
	struct mtud_route_totals t;

	(void)state;
	assert_int_equal(set_static(&w, "2001:db8:1::/48", via("fe80::1", 0, 0)), 0);
	assert_int_equal(set_static(&w, "2001:db8:2::/48", typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
	assert_int_equal(
		set(&w, "2001:db8:2::/48", MTUD_ORIGIN_CONNECTED, typed(MTUD_ROUTE_ONLINK, 0, 0)),
		0);
	assert_int_equal(set_static(&w, "::/0", via("fe80::1", 0, 0)), 0);
	assert_int_equal(set_static(&w, "10.1.0.0/16", via("192.0.2.1", 0, 0)), 0);
	assert_int_equal(set_static(&w, "0.0.0.0/0", via("192.0.2.1", 0, 0)), 0);
	assert_int_equal(
		set(&w, "10.0.0.1/32", MTUD_ORIGIN_CONNECTED, typed(MTUD_ROUTE_LOCAL, 0, 0)), 0);
	t = totals(&w);
	assert_int_equal(t.routes, 6);
	assert_int_equal(t.by_family[MTUD_IPV6], 3);
	assert_int_equal(t.by_family[MTUD_IPV4], 3);
	assert_int_equal(t.by_len4[0], 1);
	assert_int_equal(t.by_len4[16], 1);
	assert_int_equal(t.by_len4[32], 1);
	assert_int_equal(t.by_len6[96] + t.by_len6[112] + t.by_len6[128], 0);
	assert_int_equal(t.by_type[MTUD_ROUTE_LOCAL], 1);
	assert_int_equal(t.by_type[MTUD_ROUTE_FORWARD], 4);
	assert_int_equal(del(&w, "10.1.0.0/16", MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(del(&w, "0.0.0.0/0", MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(del(&w, "10.0.0.1/32", MTUD_ORIGIN_CONNECTED), 0);
	t = totals(&w);
	assert_int_equal(t.routes, 3);
	assert_int_equal(t.by_family[MTUD_IPV4], 0);
	assert_int_equal(t.by_len4[0] + t.by_len4[16] + t.by_len4[32], 0);
	assert_int_equal(t.routes_max, 256);
	assert_int_equal(t.by_type[MTUD_ROUTE_FORWARD], 2);
	assert_int_equal(t.by_type[MTUD_ROUTE_PROHIBIT], 1);
	assert_int_equal(t.by_type[MTUD_ROUTE_ONLINK], 0);
	assert_int_equal(t.by_len6[48], 2);
	assert_int_equal(t.by_len6[0], 1);
	assert_int_equal(del(&w, "2001:db8:2::/48", MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(del(&w, "::/0", MTUD_ORIGIN_STATIC), 0);
	t = totals(&w);
	assert_int_equal(t.routes, 2);
	assert_int_equal(t.by_type[MTUD_ROUTE_FORWARD], 1);
	assert_int_equal(t.by_type[MTUD_ROUTE_PROHIBIT], 0);
	assert_int_equal(t.by_type[MTUD_ROUTE_ONLINK], 1);
	assert_int_equal(t.by_len6[0], 0);
	end_world(&w);
}

static void
memory_is_told(void **state)
{
	const struct places *at = *state;
	const struct mtud_route_conf conf = {.max_routes = 1000, .tbl8s = 512, .workers = 3};
	/*
	 * First level 2^24 words, 512 groups of 256 words; with the trie a count of each, with DPDK
	 * 1000 rules of at least 20 octets, or 2000 nodes of at least 128 and at most 256.
	 */
	const bool v4 = at->family == MTUD_IPV4;
	const uint64_t beside = engine == MTUD_ENGINE_TRIE ? 512 * 2 : v4 ? 2000 * 128 : 1000 * 20;
	const uint64_t least = 64 * 1024 * 1024 + 512 * 1024 + beside;
	struct world w = make_world(&conf, 64);
	uint64_t heap = heap_octets_used();
	struct mtud_route_totals empty = totals(&w), full;
	uint64_t copy;

	assert_int_equal(empty.tbl8s, 0);
	assert_int_equal(empty.octets_copy[MTUD_IPV6] + empty.octets_copy[MTUD_IPV4], 0);
	/* Two words of 8 octets, two options of 4, counters of 16 and 64; a few slots more than routes. */
	assert_in_range(empty.octets, 1000 * (24 + 3 * 80), 1010 * (24 + 3 * 80));
	assert_int_equal(set_static(&w, at->wide, typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	full = totals(&w);
	assert_int_equal(full.tbl8s, 512);
	assert_int_equal(full.octets - empty.octets, heap_octets_used() - heap);
	copy = full.octets_copy[at->family];
	assert_in_range(copy, least, least + 512 * 1024);
	assert_in_range(full.octets - empty.octets, 2 * copy, 2 * copy + 1);
	assert_int_equal(full.octets_copy[v4 ? MTUD_IPV6 : MTUD_IPV4], 0);
	end_world(&w);
}

static void
types_have_names(void **state)
{
	(void)state;
	assert_string_equal(mtud_route_type_name(MTUD_ROUTE_NONE), "none");
	assert_string_equal(mtud_route_type_name(MTUD_ROUTE_FORWARD), "forward");
	assert_string_equal(mtud_route_type_name(MTUD_ROUTE_ONLINK), "on-link");
	assert_string_equal(mtud_route_type_name(MTUD_ROUTE_LOCAL), "local");
	assert_string_equal(mtud_route_type_name(MTUD_ROUTE_BLACKHOLE), "blackhole");
	assert_string_equal(mtud_route_type_name(MTUD_ROUTE_UNREACHABLE), "unreachable");
	assert_string_equal(mtud_route_type_name(MTUD_ROUTE_PROHIBIT), "prohibit");
	assert_string_equal(mtud_route_type_name(MTUD_ROUTE_BROADCAST), "broadcast");
	assert_string_equal(mtud_route_type_name(MTUD_ROUTE_BROADCAST + 1), "?");
}

static void
engines_have_names(void **state)
{
	(void)state;
	assert_string_equal(mtud_route_engine_name(MTUD_IPV6, MTUD_ENGINE_TRIE), "trie");
	assert_string_equal(mtud_route_engine_name(MTUD_IPV4, MTUD_ENGINE_TRIE), "trie");
	assert_string_equal(mtud_route_engine_name(MTUD_IPV6, MTUD_ENGINE_DPDK), "lpm");
	assert_string_equal(mtud_route_engine_name(MTUD_IPV4, MTUD_ENGINE_DPDK), "dir24-8");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_see_what_is_staged),
		cmocka_unit_test(match_keeps_families_apart),
		cmocka_unit_test(foreach_goes_by_prefix),
		cmocka_unit_test(foreach_has_ipv4_in_its_place),
		cmocka_unit_test(scan_gives_prefixes_once),
		cmocka_unit_test(totals_add_up),
		BOTH_FAMILIES(memory_is_told),
		cmocka_unit_test(types_have_names),
		cmocka_unit_test(engines_have_names),
	};

	if (test_eal_init(512, "") < 0)
		return 1;
	return run_with_each_engine(tests) + (rte_eal_cleanup() < 0);
}
