/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What the console shows of routes and counters. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_conf.h"

static void
assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void
assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("\"%s\" is in:\n%s", part, text);
}

static int
setup_links(void **state)
{
	if (setup_conf(state) != 0)
		return -1;
	DO("add address 192.0.2.1/24 port 0", "add address 198.51.100.1/24 port 1",
		"add address 2001:db8::1/64 port 0");
	return 0;
}

/* Count for a route as its worker does. */
static void
count(const char *text, struct mtud_route_special special)
{
	struct mtud_route_info info;
	struct mtud_prefix prefix;

	assert_int_equal(mtud_prefix_parse(text, &prefix, NULL), 0);
	assert_int_equal(mtud_route_get(context.rt, &prefix, &info), 0);
	mtud_route_counts(context.rt, 0)[info.slot].packets = 7;
	mtud_route_specials(context.rt, 0)[info.slot] = special;
}

static void
test_route(void **state)
{
	(void)state;
	DO("add route 10.0.0.0/8 via 192.0.2.2");
	assert_line("show route 10.0.0.0/8", 0,
		"Prefix      Type     Next hop   Port   MTU  Origin  Packets  Octets\n"
		"10.0.0.0/8  forward  192.0.2.2     0  1500  static        0       0\n");
	DO("add route 10.0.0.0/8 via 192.0.2.2 mtu 1376 df clear mss max 1360");
	count("10.0.0.0/8", (struct mtud_route_special){.too_big = 5, .fragmented = 4,
					 .fragments = 8, .df_cleared = 2, .mss = 3});
	assert_line("show route 10.0.0.0/8", 0,
		"Prefix      Type     Next hop   Port   MTU  Route MTU  Options                 "
		"Origin  Packets  Octets  Too big  Fragmented  Fragments  DF cleared  MSS "
		"rewritten\n"
		"10.0.0.0/8  forward  192.0.2.2     0  1376       1376  df clear, mss max 1360  "
		"static        7       0        5           4          8           2             "
		" 3\n");
	DO("add route 10.0.0.0/8 via 192.0.2.2 mss clamp");
	assert_has(output_of("show route 10.0.0.0/8"), "  mss clamp  static");
	DO("add route 10.0.0.0/8 via 192.0.2.2 df pass");
	assert_has(output_of("show route 10.0.0.0/8"), "  df pass  static");
}

static void
test_route_json(void **state)
{
	(void)state;
	DO("add route 10.0.0.0/8 via 192.0.2.2 df pass mss set 1460",
		"add route 2001:db8:9::/48 via 2001:db8::2 mtu 1280", "add route 10.1.0.0/16 prohibit");
	count("10.0.0.0/8", (struct mtud_route_special){.too_big = 1, .answered = 2,
					 .fragmented = 3, .fragments = 4, .df_passed = 5,
					 .df_cleared = 6, .mss = 8});
	assert_line("show route 10.0.0.0/8 json", 0,
		"[\n{\"prefix\": \"10.0.0.0/8\", \"type\": \"forward\", \"via\": \"192.0.2.2\", "
		"\"port\": 0, \"mtu\": 1500, \"route_mtu\": null, \"df\": \"pass\", "
		"\"mss\": \"set 1460\", \"origin\": \"static\", \"packets\": 7, \"octets\": 0, "
		"\"too_big\": 1, \"answered\": 2, \"fragmented\": 3, \"fragments\": 4, "
		"\"df_passed\": 5, \"df_cleared\": 6, \"mss_rewritten\": 8}\n]\n");
	assert_has(output_of("show route 2001:db8:9::/48 json"), "\"df\": null, \"mss\": null, ");
	assert_has(output_of("show route 192.0.2.0/24 json"), "\"df\": \"reply\", \"mss\": null, ");
	assert_has(output_of("show route 10.1.0.0/16 json"), "\"df\": null, \"mss\": null, ");
	assert_has(output_of("show route 192.0.2.255/32 json"),
		"\"type\": \"broadcast\", \"via\": null, \"port\": null, \"mtu\": null, ");
}

static void
test_summary(void **state)
{
	const char *text;

	(void)state;
	DO("add route 10.0.0.0/8 via 192.0.2.2", "add route 0.0.0.0/0 via 192.0.2.2");
	text = output_of("show route summary json");
	/* Each IPv4 address brings three routes, the IPv6 one three, too. */
	assert_has(text, "{\"routes\": 11, \"routes_max\": 1000, \"routes6\": 3, \"routes4\": 8, ");
	assert_has(text, "{\"type\": \"broadcast\", \"routes\": 2}");
	assert_has(text, "\"lengths6\": [\n{\"length\": 64, \"routes\": 1},\n"
			 "{\"length\": 128, \"routes\": 2}\n]");
	assert_has(text, "\"lengths4\": [\n{\"length\": 0, \"routes\": 1},\n"
			 "{\"length\": 8, \"routes\": 1},\n{\"length\": 24, \"routes\": 2},\n"
			 "{\"length\": 32, \"routes\": 4}\n]");
	assert_lacks(text, "\"copy6_octets\": 0,");
	assert_lacks(text, "\"copy4_octets\": 0,");
	text = output_of("show route summary");
	assert_has(text, "IPv4 prefix length  Routes\n                 0       1\n");
}

#define TO "show route to 10.1.2.3 size "

static void
test_route_to(void **state)
{
	(void)state;
	DO("add route 10.0.0.0/8 via 192.0.2.2 mtu 1280");
	assert_line(TO "1280", 0,
		"10.1.2.3 takes route 10.0.0.0/8 via 192.0.2.2 on port 0 (neighbor not asked for "
		"yet); MTU 1280: route 1280 under port 1500.\n"
		"A packet of 1280 octets fits and is forwarded.\n");
	/* 1256 octets of payload a fragment, the multiple of 8 under 1260, and 1260 in the last. */
	assert_has(output_of(TO "1281"),
		"A packet of 1281 octets is too big: with DF set dropped, answered with "
		"Fragmentation Needed, MTU 1280; with DF clear sent on as 2 fragments.\n");
	assert_has(output_of(TO "2536"), "with DF clear sent on as 2 fragments.\n");
	assert_has(output_of(TO "2537"), "with DF clear sent on as 3 fragments.\n");
	DO("add route 10.0.0.0/8 via 192.0.2.2 mtu 1280 df pass");
	assert_has(output_of(TO "1500"),
		"is too big: with DF set sent on whole (df pass), as port 0 carries it; with DF "
		"clear sent on as 2 fragments.\n");
	assert_has(output_of(TO "1501"),
		"is too big: with DF set dropped, answered with Fragmentation Needed, MTU 1500; "
		"with DF clear sent on as 2 fragments.\n");
	DO("add route 10.0.0.0/8 via 192.0.2.2 mtu 1280 df clear");
	assert_has(output_of(TO "1500"),
		"is too big: with DF set (df clear) as with DF clear sent on as 2 fragments.\n");
	/* 48 octets of payload a fragment: (65535 - 20) / 48. */
	DO("add route 10.0.0.0/8 via 192.0.2.2 mtu 68");
	assert_has(output_of(TO "65535"), "with DF clear dropped, for it would be 1365 fragments.\n");
	assert_has(output_of(TO "20"), "A packet of 20 octets fits and is forwarded.\n");
	assert_line(TO "19", -1, "size 19: expected a number from 20 to 65535");
	assert_line("show route to 2001:db8::5 size 39", -1,
		"size 39: expected a number from 40 to 65535");
	assert_line("show route to 10.1.2 size 20", -1,
		"route to 10.1.2: not an address; expected one as in 2001:db8::1 or 192.0.2.1");
	assert_has(output_of("show route to 2001:db8::5 size 1501"),
		"A packet of 1501 octets is too big: dropped, answered with Packet Too Big, MTU "
		"1500.\n");
}

static void
test_route_to_nowhere(void **state)
{
	static const struct {
		const char *to, *text;
	} cases[] = {
		{"10.9.0.1", "10.9.0.1 has no route.\nA packet of 100 octets is dropped, answered "
			     "with Destination Unreachable code 0.\n"},
		{"10.1.0.1", "10.1.0.1 takes route 10.1.0.0/16 of type unreachable.\nA packet of "
			     "100 octets is dropped, answered with Destination Unreachable code 1.\n"},
		{"10.2.0.1", "10.2.0.1 takes route 10.2.0.0/16 of type prohibit.\nA packet of 100 "
			     "octets is dropped, answered with Destination Unreachable code 13.\n"},
		{"10.3.0.1", "10.3.0.1 takes route 10.3.0.0/16 of type blackhole.\nA packet of 100 "
			     "octets is dropped without an answer.\n"},
		{"192.0.2.1", "192.0.2.1 takes route 192.0.2.1/32 of type local.\nA packet of 100 "
			      "octets is for us: delivered, no route's MTU applies.\n"},
		{"192.0.2.255", "192.0.2.255 takes route 192.0.2.255/32 of type broadcast.\nA "
				"packet of 100 octets is a broadcast to a link of ours: dropped "
				"without an answer.\n"},
		{"255.255.255.255", "255.255.255.255 has no route.\nA packet of 100 octets is "
				    "dropped without an answer.\n"},
		{"127.0.0.1", "127.0.0.1 has no route.\nA packet of 100 octets is dropped without "
			      "an answer.\n"},
		{"0.1.2.3", "0.1.2.3 has no route.\nA packet of 100 octets is dropped without an "
			    "answer.\n"},
		{"241.0.0.1", "241.0.0.1 has no route.\nA packet of 100 octets is dropped without "
			      "an answer.\n"},
		{"224.0.0.5", "224.0.0.5 is of link-local scope: it takes no route.\nA packet of "
			      "100 octets is dropped without an answer.\n"},
		{"239.1.1.1", "239.1.1.1 has no route.\nA packet of 100 octets is dropped without "
			      "an answer, for no route is for its group.\n"},
		{"2001:db8:a::1", "2001:db8:a::1 takes route 2001:db8:a::/48 of type "
				  "unreachable.\nA packet of 100 octets is dropped, answered with "
				  "Destination Unreachable code 0.\n"},
		{"2001:db8:b::1", "2001:db8:b::1 takes route 2001:db8:b::/48 of type prohibit.\nA "
				  "packet of 100 octets is dropped, answered with Destination "
				  "Unreachable code 1.\n"},
	};
	char line[128];
	unsigned int i;

	(void)state;
	DO("add route 10.1.0.0/16 unreachable", "add route 10.2.0.0/16 prohibit",
		"add route 10.3.0.0/16 blackhole", "add route 2001:db8:a::/48 unreachable",
		"add route 2001:db8:b::/48 prohibit");
	for (i = 0; i < RTE_DIM(cases); i++) {
		snprintf(line, sizeof(line), "show route to %s size 100", cases[i].to);
		assert_line(line, 0, cases[i].text);
	}
	/* A default route leads neither to groups nor to what is never sent. */
	DO("add route 0.0.0.0/0 via 192.0.2.2", "add route 239.2.0.0/16 port 1 mtu 1280");
	assert_has(output_of("show route to 239.1.1.1"), "has no route");
	assert_has(output_of("show route to 127.0.0.1"), "has no route");
	assert_has(output_of("show route to 10.9.0.1"), "takes route 0.0.0.0/0 via 192.0.2.2");
	assert_has(output_of("show route to 239.2.0.1 size 1400"),
		"is too big: with DF set dropped without an answer, for it goes to a group; with "
		"DF clear sent on as 2 fragments.\n");
}

static void
test_route_to_syn(void **state)
{
	(void)state;
	DO("add route 10.0.0.0/8 via 192.0.2.2 mtu 1400 mss clamp",
		"add route 2001:db8:9::/48 via 2001:db8::2 mtu 1280 mss clamp");
	assert_has(output_of("show route to 10.0.0.1"),
		"A TCP SYN has its MSS lowered to what both directions allow: 1360 by this route, "
		"less where the route back to its sender has a smaller MTU.\n");
	assert_has(output_of("show route to 2001:db8:9::1"), "1220 by this route");
	DO("add route 10.0.0.0/8 via 192.0.2.2 mss max 1360");
	assert_has(output_of("show route to 10.0.0.1"),
		"A TCP SYN has its MSS lowered to 1360 where it is larger.\n");
	DO("add route 10.0.0.0/8 via 192.0.2.2 mss set 1460");
	assert_has(output_of("show route to 10.0.0.1"), "A TCP SYN has its MSS set to 1460.\n");
	assert_has(output_of("show route to 10.0.0.1 json"),
		"\"df\": \"reply\", \"mss\": \"set 1460\", \"syn\": \"has its MSS set to 1460\"");
	assert_lacks(output_of("show route to 192.0.2.9"), "SYN");
	assert_has(output_of("show route to 192.0.2.9 json"), "\"mss\": null, \"syn\": null");
}

static void
test_stats(void **state)
{
	struct mtud_stat *stat = &context.worker[0]->stat;

	(void)state;
	stat->fragmented = 3;
	stat->fragments = 7;
	stat->syn[MTUD_SYN_SIGNED] = 2;
	assert_has(output_of("show stats json"), "\"fragmented\": 3, \"fragments\": 7, ");
	assert_has(output_of("show stats json"), "{\"packets\": 0, \"counter\": \"left_without\"");
	assert_has(output_of("show stats"), "  rewritten    ");
	assert_has(output_of("show stats"), "      2  left_signed  left alone: ");
	assert_lacks(output_of("show stats"), "left_without");
	assert_has(output_of("show stats json"), "\"counter\": \"sent_fragmentation_needed\"");
	DO("clear stats");
	assert_has(output_of("show stats json"), "\"fragmented\": 0, \"fragments\": 0, ");
	assert_lacks(output_of("show stats"), "left_signed");
}

static void
test_clear(void **state)
{
	(void)state;
	DO("add route 10.0.0.0/8 via 192.0.2.2 mss clamp");
	count("10.0.0.0/8", (struct mtud_route_special){.too_big = 1, .mss = 3});
	assert_has(output_of("show route"), "MSS rewritten");
	DO("clear stats");
	assert_lacks(output_of("show route"), "MSS rewritten");
	assert_lacks(output_of("show route"), "Too big");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_links, teardown_conf)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_route),
		TEST(test_route_json),
		TEST(test_summary),
		TEST(test_route_to),
		TEST(test_route_to_nowhere),
		TEST(test_route_to_syn),
		TEST(test_stats),
		TEST(test_clear),
	};

	if (setup_eal() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
