/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Commands that change the configuration: what they do, refuse and save. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_conf.h"

#define NET "192.0.2.0/24"
#define VIA "add route 198.51.100.0/24 via 192.0.2.2"
#define R6  "add route 2001:db8:9::/48 via 2001:db8::2"

static void
addresses(void)
{
	DO("add address 192.0.2.1/24 port 0", "add address 2001:db8::1/64 port 0");
}

/* The type of the route of exactly this prefix; NONE: there is none. */
static enum mtud_route_type
type_of(const char *text)
{
	struct mtud_route_info info;
	struct mtud_prefix prefix;

	assert_int_equal(mtud_prefix_parse(text, &prefix, NULL), 0);
	if (mtud_route_get(context.rt, &prefix, &info) < 0)
		return MTUD_ROUTE_NONE;
	return info.spec.type;
}

static void
test_address(void **state)
{
	(void)state;
	DO("add address 192.0.2.1/24 port 0");
	assert_int_equal(type_of("192.0.2.1/32"), MTUD_ROUTE_LOCAL);
	assert_int_equal(type_of(NET), MTUD_ROUTE_ONLINK);
	assert_int_equal(type_of("192.0.2.255/32"), MTUD_ROUTE_BROADCAST);
	/* A /31 has two hosts and no broadcast (RFC 3021). */
	DO("add address 198.51.100.0/31 port 1");
	assert_int_equal(type_of("198.51.100.0/31"), MTUD_ROUTE_ONLINK);
	assert_int_equal(type_of("198.51.100.1/32"), MTUD_ROUTE_NONE);
	DO("add address 203.0.113.1/32 port 1");
	assert_int_equal(type_of("203.0.113.1/32"), MTUD_ROUTE_LOCAL);
	DO("del address 192.0.2.1/24", "del address 198.51.100.0/31", "del address 203.0.113.1/32");
	assert_line("show route", 0, "Prefix  Type  Next hop  Port  MTU  Origin  Packets  Octets\n");
}

/* One address may be another prefix's broadcast. */
static void
test_address_broadcast(void **state)
{
	(void)state;
	DO("add address 192.0.2.3/24 port 0", "add address 192.0.2.1/30 port 0");
	assert_int_equal(type_of("192.0.2.3/32"), MTUD_ROUTE_LOCAL);
	DO("add address 192.0.2.9/24 port 0", "del address 192.0.2.3/24");
	assert_int_equal(type_of("192.0.2.3/32"), MTUD_ROUTE_BROADCAST);
	DO("add address 192.0.2.3/24 port 0");
	assert_int_equal(type_of("192.0.2.3/32"), MTUD_ROUTE_LOCAL);
	DO("del address 192.0.2.1/30");
	assert_int_equal(type_of("192.0.2.3/32"), MTUD_ROUTE_LOCAL);
	DO("add route 198.51.100.255/32 blackhole");
	assert_line("add address 198.51.100.1/24 port 1", -1,
		"address 198.51.100.1/24: there is a static route to it; del route it first");
	assert_int_equal(type_of("198.51.100.1/32"), MTUD_ROUTE_NONE);
}

static void
test_address_refused(void **state)
{
	static const char *const nobody[] = {"0.0.0.0/8", "127.0.0.1/8", "224.0.0.1/24",
		"240.0.0.1/8", "255.255.255.255/32", "192.0.2.0/24", "192.0.2.255/24"};
	char line[128], sentence[256];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(nobody); i++) {
		snprintf(line, sizeof(line), "add address %s port 0", nobody[i]);
		snprintf(sentence, sizeof(sentence),
			"address %s: not an address that a host can have (multicast, unspecified, "
			"loopback, reserved, or its subnet's own or broadcast address); choose "
			"another", nobody[i]);
		assert_line(line, -1, sentence);
	}
	assert_line("add address 192.0.2.1/33 port 0", -1,
		"address 192.0.2.1/33: the prefix is longer than an address; IPv6 has 0 to 128, "
		"IPv4 0 to 32");
	assert_line("add address 192.0.2/24 port 0", -1,
		"address 192.0.2/24: not an address; expected ADDR/LEN as in 2001:db8:1::1/64 or "
		"192.0.2.1/24");
	addresses();
	assert_line("add address 192.0.2.7/24 port 1", -1,
		"address 192.0.2.7/24: its prefix is on port 0 already; give the ports different "
		"prefixes");
	assert_line("add address 192.0.2.1/25 port 0", -1,
		"address 192.0.2.1/25: it is ours already, with another length or on another port; "
		"delete it there first");
}

/* What save writes, load must read: addresses come before who else is on their links. */
static void
test_address_of_neighbor(void **state)
{
	(void)state;
	DO("add neighbor 192.0.2.255 lladdr 02:00:00:00:00:02 port 1",
		"add route 10.0.0.0/8 via 192.0.2.9 port 0",
		"add route 2001:db8:1::/48 via 2001:db8::9 port 1");
	assert_line("add address 192.0.2.255/16 port 0", -1,
		"address 192.0.2.255/16: 192.0.2.255 is a static neighbor on port 1; delete that "
		"first");
	assert_line("add address 192.0.2.1/24 port 0", -1,
		"address 192.0.2.1/24: 192.0.2.255 is a static neighbor on port 1; delete that "
		"first");
	assert_line("add address 192.0.2.9/25 port 0", -1,
		"address 192.0.2.9/25: 192.0.2.9 is a route's next hop on port 0; delete that "
		"first");
	assert_line("add address 2001:db8::9/64 port 0", -1,
		"address 2001:db8::9/64: 2001:db8::9 is a route's next hop on port 1; delete that "
		"first");
	/* Within one file, what it has deleted is gone, and what it has added is there. */
	load("del neighbor 192.0.2.255 port 1\ndel route 10.0.0.0/8\n"
	     "add address 192.0.2.9/24 port 0\n", 0, "");
	load("add neighbor 198.51.100.1 lladdr 02:00:00:00:00:02 port 0\n"
	     "add address 198.51.100.1/24 port 0\n", -1,
		"test_conf.tmp:2: address 198.51.100.1/24: 198.51.100.1 is a static neighbor on port "
		"0; delete that first");
}

/* A static route may hide the connected one, not that the prefix is on another link. */
static void
test_address_prefix_hidden(void **state)
{
	(void)state;
	DO("add address 192.0.2.1/24 port 0", "add route 192.0.2.0/24 port 1");
	assert_line("add address 192.0.2.2/24 port 1", -1,
		"address 192.0.2.2/24: its prefix is on port 0 already; give the ports different "
		"prefixes");
}

static void
test_route_refused(void **state)
{
	static const struct {
		const char *prefix, *why;
	} no[] = {
		{"0.0.0.0/32", "these addresses never stand on a link (RFC 1122 section 3.2.1.3); "
			       "packets to them are dropped in any case"},
		{"127.1.0.0/16", "these addresses never stand on a link (RFC 1122 section 3.2.1.3); "
				 "packets to them are dropped in any case"},
		{"224.0.0.0/25", "these groups stay on their link (RFC 5771 section 4)"},
		{"240.0.0.0/4", "class E is reserved (RFC 1112 section 4); packets to it are "
				"dropped in any case"},
		{"255.255.255.255", "class E is reserved (RFC 1112 section 4); packets to it are "
				    "dropped in any case"},
		{"192.0.2.255/32", "that is the broadcast address of a link of ours; del address "
				   "removes it"},
		{"192.0.2.1/32", "that is an address of ours; del address removes it"},
		{"192.0.2.1/16",
			"it has bits set beyond its length; did you mean 192.0.0.0/16?"},
		{"192.0.2.0/33", "the prefix is longer than an address; IPv6 has 0 to 128, IPv4 0 "
				 "to 32"},
		{"192.0.2.0.0/33", "not a prefix; expected PREFIX/LEN as in 2001:db8::/32 or "
				   "192.0.2.0/24"},
		{"::ffff:192.0.2.0/120", "not a prefix; expected PREFIX/LEN as in 2001:db8::/32 or "
					 "192.0.2.0/24"},
	};
	char line[128], sentence[256];
	unsigned int i;

	(void)state;
	addresses();
	for (i = 0; i < RTE_DIM(no); i++) {
		snprintf(line, sizeof(line), "add route %s blackhole", no[i].prefix);
		snprintf(sentence, sizeof(sentence), "route %s: %s", no[i].prefix, no[i].why);
		assert_line(line, -1, sentence);
	}
	DO("add route 0.0.0.0/0 via 192.0.2.2", "add route 0.0.0.0/1 blackhole",
		"add route 224.0.0.0/4 port 1", "add route 224.0.0.0/23 port 1",
		"add route 128.0.0.0/1 unreachable", "add route 169.254.0.0/16 port 1");
}

static void
test_next_hop_refused(void **state)
{
	static const char *const nobody[] = {"0.0.0.1", "127.0.0.1", "224.0.0.5", "239.1.2.3",
		"240.0.0.1", "255.255.255.255", "192.0.2.255"};
	char line[128], sentence[256];
	unsigned int i;

	(void)state;
	addresses();
	for (i = 0; i < RTE_DIM(nobody); i++) {
		snprintf(line, sizeof(line), "add route 198.51.100.0/24 via %s port 0", nobody[i]);
		snprintf(sentence, sizeof(sentence),
			"route 198.51.100.0/24: the next hop %s is no neighbor's address; name a "
			"unicast one", nobody[i]);
		assert_line(line, -1, sentence);
	}
	assert_line("add route 198.51.100.0/24 via 2001:db8::2", -1,
		"route 198.51.100.0/24: the next hop 2001:db8::2 is not an IPv4 address; name a "
		"neighbor of the route's family");
	assert_line("add route 2001:db8:9::/48 via 192.0.2.2", -1,
		"route 2001:db8:9::/48: the next hop 192.0.2.2 is not an IPv6 address; name a "
		"neighbor of the route's family");
	assert_line("add route 198.51.100.0/24 via 203.0.113.2", -1,
		"route 198.51.100.0/24: the next hop 203.0.113.2 is on no link of ours; add an "
		"address of its prefix, or say port N");
	assert_line("add route 198.51.100.0/24 via 192.0.2.1", -1,
		"route 198.51.100.0/24: the next hop 192.0.2.1 is an address of ours; name the "
		"neighbor");
	DO("add route 198.51.100.0/24 via 203.0.113.2 port 1");
}

static void
test_options_refused(void **state)
{
	(void)state;
	addresses();
	assert_line(VIA " mtu 67", -1,
		"route 198.51.100.0/24: mtu 67 is below 68, which every IPv4 link must carry (RFC "
		"791 section 3.2); give 68 to 65535");
	assert_line(R6 " mtu 1279", -1,
		"route 2001:db8:9::/48: mtu 1279 is below 1280, which every IPv6 link must carry "
		"(RFC 8200 section 5); give 1280 to 65535");
	assert_line(R6 " df clear", -1,
		"route 2001:db8:9::/48: df clear is for IPv4 routes; IPv6 packets are never "
		"fragmented by routers (RFC 8200 section 4.5)");
	assert_line(R6 " df reply", -1,
		"route 2001:db8:9::/48: df reply is for IPv4 routes; IPv6 packets are never "
		"fragmented by routers (RFC 8200 section 4.5)");
	assert_line(VIA " mss max 0", -1, "mss max 0: expected a number from 1 to 65535");
	assert_line(VIA " mss set 65536", -1, "mss set 65536: expected a number from 1 to 65535");
	assert_line(VIA " mss set 1x", -1, "mss set 1x: expected a number from 1 to 65535");
	assert_line(VIA " mss", -1, VIA " mss: expected clamp, max or set, but the line ends");
	assert_line(VIA " mss 1360", -1, VIA " mss: expected clamp, max or set, not \"1360\"");
	assert_line(VIA " mss max", -1, VIA " mss max: expected a number, but the line ends");
	assert_line(VIA " mss clamp 9", -1,
		VIA " mss clamp: expected df, mtu, port or the end of the line, not \"9\"");
	assert_line(VIA " df", -1, VIA " df: expected clear, pass or reply, but the line ends");
	assert_line(VIA " df set", -1, VIA " df: expected clear, pass or reply, not \"set\"");
	assert_line("add route 198.51.100.0/24 blackhole mss clamp", -1,
		"add route 198.51.100.0/24 blackhole: unexpected \"mss\" at the end");
	assert_int_equal(type_of("198.51.100.0/24"), MTUD_ROUTE_NONE);
}

static void
test_complete_options(void **state)
{
	(void)state;
	assert_complete(VIA " ", "|<RETURN>|df|mss|mtu|port");
	assert_complete(VIA " df ", "|clear|pass|reply");
	assert_complete(VIA " mss m", "ax ");
	assert_complete(VIA " port 0 mss clamp m", "tu ");
	assert_complete("add route 192.0.2.0/24 port 0 mss max 1360 ", "|<RETURN>|df|mtu");
}

/* Routes that exist, by the word begun; with more than can be shown, by a longer one. */
static void
test_complete_routes(void **state)
{
	char line[64];
	unsigned int i;

	(void)state;
	DO("add route 192.0.2.0/24 blackhole", "add route 198.51.100.0/24 blackhole",
		"add route 2001:db8:77::/48 blackhole", "add route 2001:db8:77:1::/64 blackhole",
		"add route ::/0 blackhole", "add route 0.0.0.0/0 blackhole",
		"add route 2001:db8:0:0:1::/80 blackhole");
	assert_complete("del route 19",
		"|192.0.2.0/24|198.51.100.0/24");
	assert_complete("del route 192.0.2", ".0/24 ");
	assert_complete("del route 192.0.3.", "|<a prefix>  delete a route");
	assert_complete("del route 2001:db8:77:1", "::/64 ");
	assert_complete("del route 2001:db8:0", ":0:1::/80 ");
	assert_complete("del route 0.", "0.0.0/0 ");
	assert_complete("del route ::", "/0 ");
	assert_complete("show route 192.0.", "2.0/24 ");
	assert_complete("del route 192.0.2.0/24", " ");
	assert_complete("del route -1:", "|<a prefix>  delete a route");
	assert_complete("del route 99999999999999999999:", "|<a prefix>  delete a route");
	for (i = 0; i < 600; i++) {
		snprintf(line, sizeof(line), "add route 2001:db9:%x::/48 blackhole", i);
		DO(line);
	}
	assert_complete("del route 2001:db9:", "|<a prefix>  delete a route");
	assert_complete("del route 2001:db9:25",
		"|2001:db9:250::/48|2001:db9:251::/48|2001:db9:252::/48|2001:db9:253::/48"
		"|2001:db9:254::/48|2001:db9:255::/48|2001:db9:256::/48|2001:db9:257::/48"
		"|2001:db9:25::/48");
	assert_complete("del route 2001:db9:1ff", "::/48 ");
}

static const struct {
	const char *said, *saved;
	enum mtud_route_df df;
	enum mtud_route_mss mode;
	uint16_t mss;
} options[] = {
	{" mtu 68", " mtu 68", MTUD_DF_REPLY, MTUD_MSS_KEEP, 0},
	{" df reply", "", MTUD_DF_REPLY, MTUD_MSS_KEEP, 0},
	{" df pass mtu 1376", " mtu 1376 df pass", MTUD_DF_PASS, MTUD_MSS_KEEP, 0},
	{" mss clamp df clear", " df clear mss clamp", MTUD_DF_CLEAR, MTUD_MSS_CLAMP, 0},
	{" mss max 1360", " mss max 1360", MTUD_DF_REPLY, MTUD_MSS_MAX, 1360},
	{" mss set 65535", " mss set 65535", MTUD_DF_REPLY, MTUD_MSS_SET, 65535},
};

static void
test_options(void **state)
{
	struct mtud_route_info info;
	struct mtud_prefix prefix;
	char line[256];
	unsigned int i;

	(void)state;
	addresses();
	mtud_prefix_parse("198.51.100.0/24", &prefix, NULL);
	for (i = 0; i < RTE_DIM(options); i++) {
		snprintf(line, sizeof(line), VIA "%s", options[i].said);
		DO(line);
		assert_int_equal(mtud_route_get(context.rt, &prefix, &info), 0);
		assert_int_equal(info.spec.option.df, options[i].df);
		assert_int_equal(info.spec.option.mss_mode, options[i].mode);
		assert_int_equal(info.spec.option.mss, options[i].mss);
		snprintf(line, sizeof(line), VIA " port 0%s\n", options[i].saved);
		assert_non_null(strstr(saved(), line));
	}
	DO("add route 203.0.113.0/24 port 1 mss max 9", R6 " mss clamp");
	assert_non_null(strstr(saved(), "add route 203.0.113.0/24 port 1 mss max 9\n"));
	assert_non_null(strstr(saved(), R6 " port 0 mss clamp\n"));
}

static void
test_neighbor(void **state)
{
	static const char *const nobody[] = {
		"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.255", "::1"};
	char line[128], sentence[128];
	unsigned int i;

	(void)state;
	addresses();
	DO("add neighbor 192.0.2.2 lladdr 02:00:00:00:00:02 port 0");
	assert_non_null(
		strstr(saved(), "add neighbor 192.0.2.2 lladdr 02:00:00:00:00:02 port 0\n"));
	DO("del neighbor 192.0.2.2");
	for (i = 0; i < RTE_DIM(nobody); i++) {
		snprintf(line, sizeof(line), "add neighbor %s lladdr 02:00:00:00:00:02 port 0",
			nobody[i]);
		snprintf(sentence, sizeof(sentence),
			"neighbor %s: no host has this address; give a unicast one", nobody[i]);
		assert_line(line, -1, sentence);
	}
	assert_line("add neighbor 192.0.2 lladdr 02:00:00:00:00:02 port 0", -1,
		"neighbor 192.0.2: not an address; expected one as in 2001:db8::2 or 192.0.2.2");
	assert_line("add neighbor 192.0.2.1 lladdr 02:00:00:00:00:02 port 0", -1,
		"neighbor 192.0.2.1: that is an address of ours; name another host's");
}

/* The sources of the two families do not know of each other. */
static void
test_icmp_source(void **state)
{
	const struct mtud_fwd_port *p;
	struct mtud_ip ip;

	(void)state;
	addresses();
	DO("set icmp source port 1 192.0.2.1");
	p = &context.view->port[1];
	assert_true(p->has_icmp_source[MTUD_IPV4]);
	assert_false(p->has_icmp_source[MTUD_IPV6]);
	mtud_ip_parse("192.0.2.1", &ip);
	assert_true(mtud_ip_equal(&p->icmp_source[MTUD_IPV4], &ip));
	DO("set icmp source port 1 2001:db8::1");
	p = &context.view->port[1];
	assert_true(p->has_icmp_source[MTUD_IPV4] && p->has_icmp_source[MTUD_IPV6]);
	assert_false(context.view->port[0].has_icmp_source[MTUD_IPV4]);
	assert_non_null(strstr(saved(), "set icmp source port 1 2001:db8::1\n"
					"set icmp source port 1 192.0.2.1\n"));
	assert_non_null(strstr(output_of("show icmp json"),
		"{\"port\": 1, \"source6\": \"2001:db8::1\", \"source4\": \"192.0.2.1\"}"));
	DO("del address 2001:db8::1/64");
	p = &context.view->port[1];
	assert_true(p->has_icmp_source[MTUD_IPV4] && !p->has_icmp_source[MTUD_IPV6]);
	assert_line("set icmp source port 1 192.0.2.9", -1,
		"icmp source 192.0.2.9: not a global address of ours; add it to a port first");
	assert_line("set icmp source port 1 192.0.2", -1,
		"icmp source 192.0.2: not an address; name an IPv6 or IPv4 one of ours");
}

static bool
marked(const char *text)
{
	struct mtud_ip ip;

	mtud_ip_parse(text, &ip);
	if (mtud_ip_is_v4(&ip))
		return mtud_fwd_is_marked(&context.view->false_source[MTUD_IPV4],
			mtud_fwd_mark4(mtud_ip_to_v4(&ip)));
	return mtud_fwd_is_marked(&context.view->false_source[MTUD_IPV6], mtud_fwd_mark6(ip.b));
}

static void
test_marks(void **state)
{
	struct mtud_ip ip;

	(void)state;
	assert_false(marked("192.0.2.1"));
	DO("add address 192.0.2.1/24 port 0", "add address 203.0.113.1/24 port 1");
	assert_true(marked("192.0.2.1") && marked("203.0.113.1"));
	assert_true(marked("192.0.2.0") && marked("203.0.113.255"));
	DO("del address 192.0.2.1/24");
	assert_false(marked("192.0.2.1") || marked("192.0.2.255"));
	assert_true(marked("203.0.113.1"));
	/* Not ours while somebody else has it. */
	mtud_ip_parse("203.0.113.1", &ip);
	mtud_addr_find(&context.addrs, 1, &ip)->state = MTUD_ADDR_DUPLICATE;
	assert_int_equal(app_view_publish(&context), 0);
	assert_false(marked("203.0.113.1"));
	DO("add address 2001:db8:5::1/64 port 0");
	assert_true(marked("2001:db8:5::1"));
	assert_false(marked("2001:db8:5::2"));
}

struct taken {
	struct taken *next;
};

/* All memory that has room for a view. */
static struct taken *
take_memory(void)
{
	struct taken *all = NULL, *one;

	while ((one = rte_malloc(NULL, sizeof(struct mtud_fwd_view), RTE_CACHE_LINE_SIZE)) != NULL) {
		one->next = all;
		all = one;
	}
	return all;
}

static void
give_memory(struct taken *all)
{
	struct taken *next;

	for (; all != NULL; all = next) {
		next = all->next;
		rte_free(all);
	}
}

/* What workers could not be told is told when there is memory. */
static void
test_view_due(void **state)
{
	const struct mtud_fwd_view *before = context.view;
	struct taken *taken = take_memory();

	(void)state;
	context.link[1] = true;
	assert_int_equal(app_view_publish(&context), -ENOMEM);
	assert_ptr_equal(context.view, before);
	assert_true(context.view_due);
	give_memory(taken);
	assert_int_equal(app_view_publish(&context), 0);
	assert_false(context.view_due);
	assert_false(context.view->port[1].no_link);
}

static const char whole[] =
	"add address 192.0.2.1/24 port 0\n"
	"add address 2001:db8::1/64 port 0\n"
	"add address 198.51.100.2/31 port 1\n"
	"set icmp source port 0 2001:db8::1\n"
	"set icmp source port 0 192.0.2.1\n"
	"add neighbor 192.0.2.9 lladdr 02:00:00:00:00:09 port 0\n"
	"add route 0.0.0.0/0 via 192.0.2.2 port 0 mtu 1376 df clear mss max 1360\n"
	"add route 10.0.0.0/8 via 198.51.100.3 port 1 mtu 1280 df pass mss set 1240\n"
	"add route 10.1.0.0/16 prohibit\n"
	"add route 203.0.113.0/24 port 1 mss clamp\n"
	"add route 2001:db8:9::/48 via 2001:db8::2 port 0 mtu 1280 mss clamp\n";

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines of a text, sorted: those of routes come in the order of their table. */
static void
assert_same_lines(const char *a, const char *b)
{
	char *copy[2] = {strdup(a), strdup(b)}, *line[2][64], *save;
	unsigned int n[2] = {0}, i;

	for (i = 0; i < 2; i++) {
		for (save = strtok(copy[i], "\n"); save != NULL; save = strtok(NULL, "\n"))
			line[i][n[i]++] = save;
		qsort(line[i], n[i], sizeof(char *), compare_lines);
	}
	assert_int_equal(n[0], n[1]);
	for (i = 0; i < n[0]; i++)
		assert_string_equal(line[0][i], line[1][i]);
	free(copy[0]);
	free(copy[1]);
}

/* What was loaded is saved, and saved once more it is the same to the octet. */
static void
test_save(void **state)
{
	char *first;

	load(whole, 0, "");
	first = strdup(saved());
	assert_same_lines(first, whole);
	teardown_conf(state);
	assert_int_equal(setup_conf(state), 0);
	load(first, 0, "");
	assert_string_equal(saved(), first);
	free(first);
}

/* A bad line at the end leaves nothing of those before it. */
static void
test_load_refused(void **state)
{
	char text[2048];

	(void)state;
	snprintf(text, sizeof(text), "%sadd route 10.2.0.0/16 via 192.0.2.2 mss max\n", whole);
	load(text, -1,
		"test_conf.tmp:12: add route 10.2.0.0/16 via 192.0.2.2 mss max: expected a number, "
		"but the line ends");
	assert_string_equal(saved(), "");
	snprintf(text, sizeof(text), "%sadd route 10.2.0.0/16 via 192.0.2.2 mtu 67\n", whole);
	load(text, -1,
		"test_conf.tmp:12: route 10.2.0.0/16: mtu 67 is below 68, which every IPv4 link "
		"must carry (RFC 791 section 3.2); give 68 to 65535");
	assert_string_equal(saved(), "");
	assert_false(marked("192.0.2.1"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_conf, teardown_conf)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_address),
		TEST(test_address_broadcast),
		TEST(test_address_refused),
		TEST(test_address_of_neighbor),
		TEST(test_address_prefix_hidden),
		TEST(test_route_refused),
		TEST(test_next_hop_refused),
		TEST(test_options_refused),
		TEST(test_complete_options),
		TEST(test_complete_routes),
		TEST(test_options),
		TEST(test_neighbor),
		TEST(test_icmp_source),
		TEST(test_marks),
		TEST(test_view_due),
		TEST(test_save),
		TEST(test_load_refused),
	};

	if (setup_eal() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
