/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Tables that are full, and memory that does not suffice: a commit does all or nothing. */

#include <errno.h>

#include "test_route.h"

/* A /128 alone takes 13 tbl8 groups: one for each octet behind the third. */
#define GROUPS_OF_HOST 13

static void
a_full_ipv6_table_stays_as_it_was(void **state)
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

/* Prefixes longer than /24 take one tbl8 group for each /24, however many there are in it. */
static void
a_full_ipv4_table_stays_as_it_was(void **state)
{
	const struct mtud_route_conf conf = {.max_routes = 16, .tbl8s = 3, .workers = 1};
	struct world w = make_world(&conf, 64);
	struct mtud_route_info info;
	int32_t host;

	(void)state;
	assert_int_equal(set_static(&w, "10.0.0.1/32", via("192.0.2.1", 0, 0)), 0);
	assert_int_equal(set_static(&w, "10.0.0.128/25", via("192.0.2.1", 0, 0)), 0);
	assert_int_equal(set_static(&w, "10.0.1.128/25", via("192.0.2.2", 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	host = lookup(&w, "10.0.0.1");

	/* Deletes, replaces, adds what fits, and then what does not. */
	assert_int_equal(del(&w, "10.0.0.128/25", MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(set_static(&w, "10.0.0.1/32", via("192.0.2.3", 0, 1300)), 0);
	assert_int_equal(set_static(&w, "0.0.0.0/0", via("192.0.2.3", 0, 0)), 0);
	assert_int_equal(set_static(&w, "10.0.0.0/15", via("192.0.2.3", 0, 0)), 0);
	assert_int_equal(set_static(&w, "240.0.0.0/4", via("192.0.2.3", 0, 0)), 0);
	assert_int_equal(set_static(&w, "10.0.2.0/25", via("192.0.2.3", 0, 0)), 0);
	assert_int_equal(set_static(&w, "10.0.3.0/32", via("192.0.2.3", 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), -E2BIG);
	assert_int_equal(lookup(&w, "10.0.0.1"), host);
	assert_int_equal(word(&w, "10.0.0.1").mtu, 1500);
	assert_int_equal(word(&w, "10.0.0.129").type, MTUD_ROUTE_FORWARD);
	assert_int_equal(word(&w, "10.0.1.129").type, MTUD_ROUTE_FORWARD);
	assert_int_equal(lookup(&w, "10.0.0.2"), MTUD_SLOT_NONE);
	assert_int_equal(lookup(&w, "10.0.2.1"), MTUD_SLOT_NONE);
	assert_int_equal(lookup(&w, "240.0.0.1"), MTUD_SLOT_NONE);
	assert_int_equal(totals(&w).routes, 3);
	assert_int_equal(get(&w, "10.0.0.0/15", &info), -ENOENT);
	assert_int_equal(pins(&w, 0, "192.0.2.1"), 2);
	assert_int_equal(pins(&w, 0, "192.0.2.3"), 0);

	/* The idle copy is as before, too: after two commits both have been live. */
	assert_int_equal(set_static(&w, "10.0.2.0/25", via("192.0.2.3", 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(word(&w, "10.0.0.129").type, MTUD_ROUTE_FORWARD);
	assert_int_equal(lookup(&w, "10.0.0.2"), MTUD_SLOT_NONE);
	assert_int_equal(lookup(&w, "240.0.0.1"), MTUD_SLOT_NONE);

	/* What goes in a commit makes room for what comes in it. */
	assert_int_equal(set_static(&w, "10.0.3.0/32", via("192.0.2.3", 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), -E2BIG);
	assert_int_equal(set_static(&w, "10.0.3.0/32", via("192.0.2.3", 0, 0)), 0);
	assert_int_equal(del(&w, "10.0.1.128/25", MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(word(&w, "10.0.3.0").type, MTUD_ROUTE_FORWARD);
	assert_int_equal(lookup(&w, "10.0.1.129"), MTUD_SLOT_NONE);
	/* Prefixes up to /24 take none, and with rte_fib those of the last addresses neither. */
	if (engine != MTUD_ENGINE_DPDK)
		assert_int_equal(del(&w, "10.0.3.0/32", MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(set_static(&w, "10.0.4.0/24", via("192.0.2.3", 0, 0)), 0);
	assert_int_equal(set_static(&w, "255.255.255.255/32", via("192.0.2.3", 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(word(&w, "255.255.255.255").type, MTUD_ROUTE_FORWARD);
	assert_int_equal(lookup(&w, "255.255.255.254"), MTUD_SLOT_NONE);
	end_world(&w);
}

/* The last group goes to whichever prefix of a /24 comes first, at its start or at its end. */
static void
order_does_not_decide_what_fits(void **state)
{
	static const char *const orders[][4] = {
		{"10.0.0.0/25", "10.0.0.128/25", "10.0.1.0/30", "10.0.1.252/30"},
		{"10.0.0.128/25", "10.0.0.0/25", "10.0.1.252/30", "10.0.1.0/30"},
		{"10.0.1.255/32", "10.0.1.0/32", "10.0.0.255/32", "10.0.0.0/32"},
	};
	/* rte_fib rounds up to a multiple of 64. */
	const struct mtud_route_conf conf = {.max_routes = 128, .tbl8s = 64, .workers = 1};
	unsigned int i, j;

	(void)state;
	for (i = 0; i < RTE_DIM(orders); i++) {
		struct world w = make_world(&conf, 64);
		char text[MTUD_PREFIX_STRLEN];

		for (j = 2; j < 64; j++) {
			snprintf(text, sizeof(text), "10.1.%u.0/25", j);
			assert_int_equal(set_static(&w, text, typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
		}
		for (j = 0; j < RTE_DIM(orders[i]); j++) {
			struct mtud_route_spec spec = typed(MTUD_ROUTE_ONLINK, 1, 1300 + j);

			assert_int_equal(set_static(&w, orders[i][j], spec), 0);
			assert_int_equal(mtud_route_commit(w.rt), 0);
		}
		for (j = 0; j < RTE_DIM(orders[i]); j++) {
			struct mtud_ip host;
			struct mtud_prefix prefix;
			int32_t slot;

			assert_int_equal(mtud_prefix_parse(orders[i][j], &prefix, &host), 0);
			lookup_bulk(&w, &host, &slot, 1);
			assert_int_equal(
				mtud_route_slot(slots_now(&w), slot).mtu, 1300 + j);
		}
		assert_int_equal(
			set_static(&w, "10.0.2.0/32", typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
		assert_int_equal(mtud_route_commit(w.rt), -E2BIG);
		end_world(&w);
	}
}

static uint64_t
octets_of_copies(struct world *w)
{
	return totals(w).octets_copy[MTUD_IPV6] + totals(w).octets_copy[MTUD_IPV4];
}

static void
the_first_commit_may_be_too_big(void **state)
{
	const struct mtud_route_conf small = {
		.max_routes = 16, .tbl8s = GROUPS_OF_HOST - 1, .workers = 1};
	struct world w = make_world(&small, 64);
	uint64_t heap = heap_octets_used();
	struct mtud_route_totals none = totals(&w), after;

	(void)state;
	/* With what fits of the other family before it and behind it. */
	assert_int_equal(set_static(&w, "10.0.0.0/8", typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
	assert_int_equal(set_static(&w, "2001:db8::1/128", typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
	assert_int_equal(set_static(&w, "10.0.0.1/32", typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), -E2BIG);
	assert_int_equal(lookup(&w, "2001:db8::1"), MTUD_SLOT_NONE);
	assert_int_equal(lookup(&w, "10.0.0.1"), MTUD_SLOT_NONE);
	after = totals(&w);
	assert_memory_equal(&none, &after, sizeof(none));
	assert_int_equal(after.tbl8s, 0);
	assert_int_equal(octets_of_copies(&w), 0);
	assert_int_equal(heap_octets_used(), heap);
	assert_int_equal(set_static(&w, "2001:db8::1/127", typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
	assert_int_equal(set_static(&w, "2001:db8::/32", typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), -E2BIG);
	assert_int_equal(set_static(&w, "2001:db8::/32", typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
	assert_int_equal(set_static(&w, "10.0.0.0/8", typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(word(&w, "2001:db8::1").type, MTUD_ROUTE_PROHIBIT);
	assert_int_equal(word(&w, "10.0.0.1").type, MTUD_ROUTE_PROHIBIT);
	end_world(&w);
}

static void
the_first_commit_may_lack_memory(void **state)
{
	/* One copy of 300 MiB and more is more than half of what the test has: the second one
	 * fails. */
	const struct mtud_route_conf huge = {.max_routes = 16, .tbl8s = 300 << 10, .workers = 1};
	const struct places *at = *state;
	struct world w = make_world(&huge, 64);
	uint64_t heap = heap_octets_used();

	assert_int_equal(set_static(&w, at->wide, via(at->gw[1], 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), -ENOMEM);
	assert_int_equal(totals(&w).routes, 0);
	assert_int_equal(pins(&w, 0, at->gw[1]), 0);
	assert_int_equal(lookup(&w, at->host[1]), MTUD_SLOT_NONE);
	assert_int_equal(octets_of_copies(&w), 0);
	assert_int_equal(heap_octets_used(), heap);
	end_world(&w);
}

/* There is memory for one family and not for the other: those that are there stay as they are. */
static void
memory_for_one_family(void **state)
{
	const struct mtud_route_conf large = {.max_routes = 16, .tbl8s = 110 << 10, .workers = 1};
	const struct places *at = *state, *late = at == &places6 ? &places4 : &places6;
	struct world w = make_world(&large, 64);
	uint64_t heap = heap_octets_used(), octets = totals(&w).octets;

	/* Both at once: nothing is left of the one that there was memory for. */
	assert_int_equal(set_static(&w, at->wide, via(at->gw[1], 0, 1300)), 0);
	assert_int_equal(set_static(&w, late->wide, via(late->gw[1], 0, 1300)), 0);
	assert_int_equal(mtud_route_commit(w.rt), -ENOMEM);
	assert_int_equal(octets_of_copies(&w), 0);
	assert_int_equal(totals(&w).octets, octets);
	assert_int_equal(heap_octets_used(), heap);

	assert_int_equal(set_static(&w, at->wide, via(at->gw[1], 0, 1300)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	heap = heap_octets_used();
	octets = totals(&w).octets;
	assert_int_equal(set_static(&w, at->wide, via(at->gw[1], 0, 1301)), 0);
	assert_int_equal(set_static(&w, at->net[1], via(at->gw[1], 0, 1302)), 0);
	assert_int_equal(set_static(&w, at->all, via(at->gw[1], 0, 1302)), 0);
	assert_int_equal(set_static(&w, late->wide, via(late->gw[1], 0, 1302)), 0);
	assert_int_equal(mtud_route_commit(w.rt), -ENOMEM);
	assert_int_equal(word(&w, at->host[1]).mtu, 1300);
	assert_int_equal(lookup(&w, at->in_other), MTUD_SLOT_NONE);
	assert_int_equal(lookup(&w, late->host[1]), MTUD_SLOT_NONE);
	assert_int_equal(pins(&w, 0, at->gw[1]), 1);
	assert_int_equal(pins(&w, 0, late->gw[1]), 0);
	assert_int_equal(totals(&w).by_family[at->family], 1);
	assert_int_equal(totals(&w).by_family[late->family], 0);
	assert_int_equal(totals(&w).octets, octets);
	assert_int_equal(heap_octets_used(), heap);
	/* And it goes on. */
	assert_int_equal(set_static(&w, at->net[1], via(at->gw[1], 0, 1303)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(word(&w, at->host[1]).mtu, 1303);
	assert_int_equal(lookup(&w, at->in_other), MTUD_SLOT_NONE);
	end_world(&w);
}

/* One family's table is full: what the commit did to the other's is taken back with it. */
static void
a_full_table_takes_the_other_back(void **state)
{
	const struct mtud_route_conf conf = {
		.max_routes = 32, .tbl8s = GROUPS_OF_HOST, .workers = 1};
	const struct places *at = *state, *full = at == &places6 ? &places4 : &places6;
	struct world w = make_world(&conf, 64);
	char text[MTUD_PREFIX_STRLEN];
	unsigned int i, round;

	assert_int_equal(set_static(&w, at->wide, via(at->gw[1], 0, 1300)), 0);
	assert_int_equal(set_static(&w, at->other, via(at->gw[1], 0, 1301)), 0);
	assert_int_equal(set_static(&w, at->all, via(at->gw[1], 0, 1302)), 0);
	assert_int_equal(set_static(&w, full->all, via(full->gw[1], 0, 1303)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	/* Twice: once on each copy. */
	for (round = 0; round < 2; round++) {
		assert_int_equal(del(&w, at->other, MTUD_ORIGIN_STATIC), 0);
		assert_int_equal(del(&w, at->all, MTUD_ORIGIN_STATIC), 0);
		assert_int_equal(set_static(&w, at->net[1], via(at->gw[1], 0, 1304)), 0);
		assert_int_equal(set_static(&w, at->wide, via(at->gw[1], 0, 1304)), 0);
		for (i = 0; i <= GROUPS_OF_HOST; i++) {
			snprintf(text, sizeof(text),
				full->family == MTUD_IPV4 ? "10.0.%u.1/32" : "2001:db8:%u::/128",
				i);
			assert_int_equal(set_static(&w, text, typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
		}
		assert_int_equal(mtud_route_commit(w.rt), -E2BIG);
		assert_int_equal(word(&w, at->host[1]).mtu, 1300);
		assert_int_equal(word(&w, at->in_other).mtu, 1301);
		assert_int_equal(word(&w, full->host[1]).mtu, 1303);
		assert_int_equal(del(&w, at->other, MTUD_ORIGIN_STATIC), 0);
		assert_int_equal(mtud_route_commit(w.rt), 0);
		assert_int_equal(word(&w, at->in_other).mtu, 1302);
		assert_int_equal(word(&w, at->host[1]).mtu, 1300);
		assert_int_equal(set_static(&w, at->other, via(at->gw[1], 0, 1301)), 0);
		assert_int_equal(mtud_route_commit(w.rt), 0);
	}
	end_world(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_ipv6_table_stays_as_it_was),
		cmocka_unit_test(a_full_ipv4_table_stays_as_it_was),
		cmocka_unit_test(order_does_not_decide_what_fits),
		cmocka_unit_test(the_first_commit_may_be_too_big),
		BOTH_FAMILIES(the_first_commit_may_lack_memory),
		BOTH_FAMILIES(memory_for_one_family),
		BOTH_FAMILIES(a_full_table_takes_the_other_back),
	};

	if (test_eal_init(512, "") < 0)
		return 1;
	return run_with_each_engine(tests) + (rte_eal_cleanup() < 0);
}
