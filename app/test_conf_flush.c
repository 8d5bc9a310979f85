/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* A configuration that is replaced: what is the same is not touched. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_byteorder.h>

#include "conf.h"
#include "test_conf.h"

static unsigned int addr_changes;

static void
addr_changed(void *ctx, const struct mtud_addr *a)
{
	(void)ctx;
	(void)a;
	addr_changes++;
}

static const struct mtud_ctl_ops ctl_ops = {.addr_changed = addr_changed};

static const char whole[] =
	"add address 192.0.2.1/24 port 0\n"
	"add address 2001:db8::1/64 port 0\n"
	"add address 198.51.100.2/31 port 1\n"
	"set icmp rate 5 burst 7\n"
	"set icmp hop-limit 9\n"
	"set icmp source port 0 2001:db8::1\n"
	"set icmp source port 0 192.0.2.1\n"
	"add neighbor 192.0.2.9 lladdr 02:00:00:00:00:09 port 0\n"
	"add neighbor 2001:db8::9 lladdr 02:00:00:00:00:09 port 0\n"
	"add route 0.0.0.0/0 via 192.0.2.2 port 0 mtu 1376 df clear mss max 1360\n"
	"add route 10.0.0.0/8 via 198.51.100.3 port 1 mtu 1280 df pass mss set 1240\n"
	"add route 10.1.0.0/16 prohibit\n"
	"add route 192.0.2.0/24 port 0 mtu 1400\n"
	"add route 2001:db8:9::/48 via 2001:db8::2 port 0 mtu 1280 mss clamp\n";

/* The links are up, and all that is configured has been there for long. */
static int
setup_whole(void **state)
{
	unsigned int i;

	if (setup_conf(state) != 0)
		return -1;
	context.ctl.ops = &ctl_ops;
	load(whole, 0, "");
	context.ctl.port[0].up = context.ctl.port[1].up = true;
	for (i = 0; i < context.addrs.n; i++)
		context.addrs.addr[i].state = MTUD_ADDR_PREFERRED;
	addr_changes = 0;
	return 0;
}

static struct mtud_route_info
route_of(const char *text)
{
	struct mtud_route_info info;
	struct mtud_prefix prefix;

	mtud_prefix_parse(text, &prefix, NULL);
	assert_int_equal(mtud_route_get(context.rt, &prefix, &info), 0);
	return info;
}

static bool
has_route(const char *text)
{
	struct mtud_route_info info;
	struct mtud_prefix prefix;

	return mtud_prefix_parse(text, &prefix, NULL) == 0 &&
	       mtud_route_get(context.rt, &prefix, &info) == 0;
}

static uint16_t
adj_of(uint16_t port, const char *text)
{
	struct mtud_ip ip;

	mtud_ip_parse(text, &ip);
	return mtud_neigh_find(context.nt, port, &ip);
}

static union mtud_adj
adjacency(uint16_t port, const char *text)
{
	return mtud_neigh_adj(mtud_neigh_adjs(context.nt), adj_of(port, text));
}

static void
learn(uint16_t port, const char *text)
{
	struct rte_ether_addr mac = {{2, 0, 0, 0, 0, 0x77}};
	struct mtud_ip ip;

	mtud_ip_parse(text, &ip);
	assert_int_equal(mtud_neigh_learn(context.nt, port, &ip, &mac, 1000), 0);
}

static struct mtud_addr *
address(uint16_t port, const char *text)
{
	struct mtud_ip ip;

	mtud_ip_parse(text, &ip);
	return mtud_addr_find(&context.addrs, port, &ip);
}

static void
test_flush(void **state)
{
	(void)state;
	learn(0, "192.0.2.77");
	DO("flush");
	assert_string_equal(saved(), "");
	assert_int_equal(context.addrs.n, 0);
	assert_false(has_route("192.0.2.0/24") || has_route("192.0.2.1/32") ||
		     has_route("192.0.2.255/32") || has_route("2001:db8::/128"));
	assert_int_equal(adj_of(0, "192.0.2.9"), MTUD_ADJ_NONE);
	assert_int_not_equal(adj_of(0, "192.0.2.77"), MTUD_ADJ_NONE);
	assert_false(context.view->port[0].has_icmp_source[MTUD_IPV6]);
	assert_int_equal(context.view->icmp_hop_limit, APP_ICMP_HOP_LIMIT);
	/* Once more there is nothing to do. */
	DO("flush");
}

static void
test_flush_route(void **state)
{
	(void)state;
	DO("flush route");
	assert_false(has_route("10.0.0.0/8") || has_route("2001:db8:9::/48"));
	assert_int_equal(route_of("192.0.2.0/24").origin, MTUD_ORIGIN_CONNECTED);
	assert_true(has_route("192.0.2.1/32"));
	assert_null(strstr(saved(), "route"));
	assert_non_null(strstr(saved(), "add neighbor 192.0.2.9"));
}

static void
test_flush_neighbor(void **state)
{
	(void)state;
	learn(0, "192.0.2.77");
	learn(1, "198.51.100.3");
	DO("flush neighbor port 1");
	assert_int_equal(adjacency(1, "198.51.100.3").flags, 0);
	assert_int_not_equal(adj_of(0, "192.0.2.77"), MTUD_ADJ_NONE);
	DO("flush neighbor");
	assert_int_equal(adj_of(0, "192.0.2.77"), MTUD_ADJ_NONE);
	assert_int_equal(adjacency(0, "192.0.2.9").flags, MTUD_ADJ_VALID);
	assert_line("flush neighbor port 2", -1,
		"port 2: there is no such port; they are 0 to 1");
	load("flush neighbor\n", -1,
		"test_conf.tmp:1: flush neighbor: a file holds configuration; say it on the "
		"console");
	load("clear stats\n", -1,
		"test_conf.tmp:1: clear stats: a file holds configuration; say it on the console");
	load("capture stop\n", -1,
		"test_conf.tmp:1: capture stop: a file holds configuration; say it on the console");
	load("capture stop drops\n", -1,
		"test_conf.tmp:1: capture stop: a file holds configuration; say it on the console");
}

/* What stands again behind a flush was never away: slots with their counters, adjacencies, what is
 * known of addresses. */
static void
assert_untouched_by(const char *text)
{
	static const char *const prefixes[] = {"2001:db8:9::/48", "0.0.0.0/0", "10.0.0.0/8",
		"10.1.0.0/16", "192.0.2.0/24", "192.0.2.1/32", "192.0.2.255/32", "2001:db8::1/128"};
	struct mtud_route_info before[RTE_DIM(prefixes)], after;
	uint32_t generation = context.view->icmp_generation;
	uint16_t adj = adj_of(0, "192.0.2.9");
	struct mtud_addr_table addrs;
	unsigned int i;

	learn(1, "198.51.100.3");
	for (i = 0; i < RTE_DIM(prefixes); i++) {
		before[i] = route_of(prefixes[i]);
		mtud_route_counts(context.rt, 0)[before[i].slot].packets += 11;
	}
	address(0, "2001:db8::1")->due_ms = 77;
	addrs = context.addrs;
	load(text, 0, "");
	for (i = 0; i < RTE_DIM(prefixes); i++) {
		after = route_of(prefixes[i]);
		assert_int_equal(after.slot, before[i].slot);
		assert_int_equal(after.adj, before[i].adj);
		assert_int_equal(after.count.packets, before[i].count.packets + 11);
	}
	assert_memory_equal(&context.addrs, &addrs, sizeof(addrs));
	assert_int_equal(addr_changes, 0);
	assert_int_equal(adj_of(0, "192.0.2.9"), adj);
	assert_int_equal(adjacency(0, "192.0.2.9").flags, MTUD_ADJ_VALID);
	assert_int_equal(adjacency(1, "198.51.100.3").flags, MTUD_ADJ_VALID | MTUD_ADJ_STALE);
	assert_int_equal(context.view->icmp_generation, generation);
	assert_string_equal(saved(), whole);
}

static void
test_load_same(void **state)
{
	char text[4096];

	(void)state;
	assert_untouched_by(whole);
	snprintf(text, sizeof(text), "flush\n%s", whole);
	assert_untouched_by(text);
	/* However often, and whatever was said before. */
	snprintf(text, sizeof(text), "%sadd route 10.2.0.0/16 prohibit\nset icmp hop-limit 3\n"
		"add neighbor 192.0.2.8 lladdr 02:00:00:00:00:08 port 0\ndel address 192.0.2.1\n"
		"flush\nflush\n%s", whole, whole);
	assert_untouched_by(text);
	snprintf(text, sizeof(text), "del neighbor 192.0.2.9 port 0\n%s", whole);
	assert_untouched_by(text);
}

static void
test_load_other(void **state)
{
	(void)state;
	load("flush\n"
	     "add address 192.0.2.1/24 port 0\n"
	     "add address 203.0.113.1/24 port 1\n"
	     "add neighbor 192.0.2.9 lladdr 02:00:00:00:00:0a port 0\n"
	     "add route 10.0.0.0/8 via 203.0.113.2\n", 0, "");
	assert_string_equal(saved(),
		"add address 192.0.2.1/24 port 0\n"
		"add address 203.0.113.1/24 port 1\n"
		"add neighbor 192.0.2.9 lladdr 02:00:00:00:00:0a port 0\n"
		"add route 10.0.0.0/8 via 203.0.113.2 port 1\n");
	assert_int_equal(adjacency(0, "192.0.2.9").mac[5], 0x0a);
	assert_false(has_route("198.51.100.2/31") || has_route("2001:db8::/64"));
	/* The new address is announced, the old one is not. */
	assert_int_equal(addr_changes, 1);
	assert_int_equal(address(1, "203.0.113.1")->probes_left, 2);
	assert_int_equal(address(0, "192.0.2.1")->probes_left, 0);
}

/* An address whose length changes, or that moves, is a new one. */
static void
test_load_moved(void **state)
{
	(void)state;
	load("flush\nadd address 2001:db8::1/48 port 0\nadd address 192.0.2.1/24 port 1\n", 0, "");
	assert_int_equal(addr_changes, 2);
	assert_int_equal(address(0, "2001:db8::1")->state, MTUD_ADDR_TENTATIVE);
	assert_int_equal(route_of("192.0.2.0/24").spec.port, 1);
}

/* The adjacency that workers take for an address. */
static union mtud_adj
way_to(const char *text)
{
	const struct mtud_route_view *view = mtud_route_view(context.rt);
	struct mtud_ip ip;
	int32_t slot;
	uint32_t dst;

	mtud_ip_parse(text, &ip);
	dst = rte_be_to_cpu_32(mtud_ip_to_v4(&ip));
	mtud_route_lookup4(view, &dst, &slot, 1);
	return mtud_neigh_adj(mtud_neigh_adjs(context.nt),
		mtud_route_slot(mtud_route_slots(view), slot).adj);
}

static struct {
	unsigned int before, behind, broken;
} way;

/* One static neighbor takes another's place: at no time do the routes lead to none. */
static void
look_at_way(void)
{
	union mtud_adj adj = way_to("10.2.3.4");

	if (!(adj.flags & MTUD_ADJ_VALID))
		way.broken++;
	else if (adj.mac[5] == 0x09 && adj_of(0, "192.0.2.10") != MTUD_ADJ_NONE &&
		 (adjacency(0, "192.0.2.10").flags & MTUD_ADJ_VALID))
		way.before++;
	else if (adj.mac[5] == 0x10)
		way.behind++;
}

/* More routes than a commit changes at once, all by one static neighbor. */
static char *
routes_by(unsigned int neighbor)
{
	static char text[16384];
	unsigned int i;
	size_t at;

	at = (size_t)snprintf(text, sizeof(text),
		"flush\nadd address 192.0.2.1/24 port 0\n"
		"add neighbor 192.0.2.%u lladdr 02:00:00:00:00:%02u port 0\n", neighbor, neighbor);
	for (i = 0; i < 200; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
			"add route 10.2.%u.0/24 via 192.0.2.%u port 0\n", i, neighbor);
	return text;
}

static void
test_load_other_neighbor(void **state)
{
	(void)state;
	load(routes_by(9), 0, "");
	memset(&way, 0, sizeof(way));
	on_turn = look_at_way;
	load(routes_by(10), 0, "");
	on_turn = NULL;
	assert_int_equal(way.broken, 0);
	assert_true(way.before > 0 && way.behind > 0);
	assert_int_equal(adj_of(0, "192.0.2.9"), MTUD_ADJ_NONE);
	assert_int_equal(way_to("10.2.3.4").flags, MTUD_ADJ_VALID);
}

/* Where the routes do not fit, the neighbor that they have is untouched. */
static void
test_load_other_neighbor_fails(void **state)
{
	union mtud_adj adj;
	unsigned int i;
	char *text;

	(void)state;
	load(routes_by(9), 0, "");
	adj = way_to("10.2.3.4");
	memset(&way, 0, sizeof(way));
	text = routes_by(10);
	for (i = 0; i < 64; i++)
		sprintf(text + strlen(text), "add route %x::1/128 blackhole\n", 0x2100 + i);
	on_turn = look_at_way;
	load(text, -1, "test_conf.tmp: the routing table is full: 256 tbl8 groups do not suffice; "
		       "start mtud with a larger --tbl8s");
	on_turn = NULL;
	assert_int_equal(way.broken + way.behind, 0);
	assert_true(way.before > 0);
	assert_int_equal(way_to("10.2.3.4").word, adj.word);
	assert_int_equal(adj_of(0, "192.0.2.10"), MTUD_ADJ_NONE);
}

static void
test_load_refused(void **state)
{
	struct mtud_addr_table addrs = context.addrs;
	int32_t slot = route_of("10.0.0.0/8").slot;

	(void)state;
	load("flush\nset icmp rate 1 burst 1\nadd nonsense\nadd address 192.0.2.1/24 port 1\n"
	     "add route 10.0.0.0/8 via 192.0.2.7\nadd route 10.3.0.0/16 via 9.9.9.9\n", -1,
		"test_conf.tmp: 2 of 6 lines are wrong: nothing was applied");
	assert_string_equal(saved(), whole);
	assert_memory_equal(&context.addrs, &addrs, sizeof(addrs));
	assert_int_equal(route_of("10.0.0.0/8").slot, slot);
	assert_int_equal(adjacency(0, "192.0.2.9").flags, MTUD_ADJ_VALID);
	assert_int_equal(addr_changes, 0);
}

/* A bad line leaves nothing: not the address, nor the link that it would have brought. */
static void
test_bad_line_stages_nothing(void **state)
{
	(void)state;
	load("add neighbor 203.0.113.255 lladdr 02:00:00:00:00:02 port 1\n"
	     "add address 203.0.113.1/24 port 1\n"
	     "add route 10.3.0.0/16 via 203.0.113.9\n", -1,
		"test_conf.tmp: 2 of 3 lines are wrong: nothing was applied");
	load("add route 203.0.113.255/32 blackhole\n"
	     "add address 203.0.113.1/24 port 1\n"
	     "add route 10.3.0.0/16 via 203.0.113.9\n"
	     "add address 203.0.113.1/24 port 0\n"
	     "del route 203.0.113.255/32\n"
	     "add address 203.0.113.1/24 port 0\n"
	     "add route 10.3.0.0/16 via 203.0.113.9\n", -1,
		"test_conf.tmp: 3 of 7 lines are wrong: nothing was applied");
	assert_string_equal(saved(), whole);
}

/* Duplicate Address Detection goes on while a transaction is open, and its routes with the end. */
static void
test_duplicate_meanwhile(void **state)
{
	struct mtud_ip ip;
	struct out out;

	(void)state;
	out_init(&out);
	mtud_ip_parse("2001:db8::1", &ip);
	assert_int_equal(conf_begin(), 0);
	assert_int_equal(conf_flush(&out), 0);
	assert_int_equal(conf_add_address(&out, "2001:db8::1/64", 0), 0);
	address(0, "2001:db8::1")->state = MTUD_ADDR_DUPLICATE;
	conf_follow_states(&context);
	assert_false(mtud_addr_usable(mtud_addr_get(&context.view->addrs, 0, &ip)));
	conf_rollback();
	assert_false(has_route("2001:db8::1/128"));
	assert_true(has_route("2001:db8::/64") && has_route("10.0.0.0/8"));
	assert_string_equal(saved(), whole);

	/* Not any more: but in the middle of the next one again. */
	address(0, "2001:db8::1")->state = MTUD_ADDR_TENTATIVE;
	conf_follow_states(&context);
	assert_true(has_route("2001:db8::1/128"));
	assert_int_equal(conf_begin(), 0);
	assert_int_equal(conf_flush(&out), 0);
	assert_int_equal(conf_add_address(&out, "2001:db8::1/64", 0), 0);
	address(0, "2001:db8::1")->state = MTUD_ADDR_DUPLICATE;
	conf_follow_states(&context);
	assert_int_equal(conf_commit(&out), 0);
	assert_int_equal(address(0, "2001:db8::1")->state, MTUD_ADDR_DUPLICATE);
	assert_false(has_route("2001:db8::1/128"));
	assert_string_equal(saved(), "add address 2001:db8::1/64 port 0\n");
	out_free(&out);
}

/* The lines of a text from the last to the first. */
static void
reverse(const char *text, char *to)
{
	const char *end = text + strlen(text), *begin;

	for (*to = '\0'; end > text; end = begin) {
		for (begin = end - 1; begin > text && begin[-1] != '\n'; begin--)
			;
		strncat(to, begin, (size_t)(end - begin));
	}
}

/* Addresses, neighbors and routes are written in an order of their own. */
static void
test_save_order(void **state)
{
	static const char addresses[] =
		"add address 2001:db8::1/64 port 0\nadd address 2001:db8::2/64 port 0\n"
		"add address 192.0.2.1/24 port 0\nadd address 192.0.2.3/24 port 0\n"
		"add address 2001:db8:1::1/64 port 1\nadd address 198.51.100.2/31 port 1\n";
	static const char others[] =
		"set icmp rate 5 burst 7\nset icmp hop-limit 9\n"
		"set icmp source port 0 192.0.2.3\nset icmp source port 1 2001:db8::1\n"
		"add neighbor 192.0.2.9 lladdr 02:00:00:00:00:09 port 0\n"
		"add neighbor 2001:db8::9 lladdr 02:00:00:00:00:09 port 0\n"
		"add neighbor fe80::9 lladdr 02:00:00:00:00:09 port 1\n"
		"add route ::/0 via fe80::9 port 1\n"
		"add route 2001:db8:9::/48 via 2001:db8::9 port 0\n"
		"add route 2001:db8:9::/64 unreachable\nadd route 0.0.0.0/0 blackhole\n"
		"add route 10.0.0.0/8 via 192.0.2.9 port 0 mtu 600\n"
		"add route 10.0.0.0/9 prohibit\n";
	char text[4096] = "flush\n", *first;

	(void)state;
	strcat(strcat(text, addresses), others);
	load(text, 0, "");
	first = strdup(saved());
	DO("flush");
	reverse(addresses, text);
	reverse(others, text + strlen(text));
	load(text, 0, "");
	assert_string_equal(saved(), first);
	load(first, 0, "");
	assert_string_equal(saved(), first);
	free(first);
}

static void
test_show_config(void **state)
{
	char text[4096];

	(void)state;
	snprintf(text, sizeof(text), "flush\n%s", whole);
	assert_line("show config", 0, text);
	DO("flush", "add route 10.1.0.0/16 prohibit");
	assert_line("show config json", 0,
		"{\"lines\": [\n\"flush\",\n\"add route 10.1.0.0/16 prohibit\"\n]}\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_whole, teardown_conf)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_flush),
		TEST(test_flush_route),
		TEST(test_flush_neighbor),
		TEST(test_load_same),
		TEST(test_load_other),
		TEST(test_load_moved),
		TEST(test_load_other_neighbor),
		TEST(test_load_other_neighbor_fails),
		TEST(test_load_refused),
		TEST(test_bad_line_stages_nothing),
		TEST(test_duplicate_meanwhile),
		TEST(test_save_order),
		TEST(test_show_config),
	};

	if (setup_eal() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
