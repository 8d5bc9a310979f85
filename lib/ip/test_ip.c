/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mtud_ip.h"

#define DIM(a) (sizeof(a) / sizeof((a)[0]))

static struct mtud_ip
ip_of(const char *text)
{
	struct mtud_ip ip;

	if (mtud_ip_parse(text, &ip) != 0)
		fail_msg("%s is no address", text);
	return ip;
}

static struct mtud_prefix
prefix_of(const char *text)
{
	struct mtud_prefix prefix;

	if (mtud_prefix_parse(text, &prefix, NULL) != 0)
		fail_msg("%s is no prefix", text);
	return prefix;
}

/* RFC 5952 sections 4 and 5: what is read, its octets, and what is written. */
static const struct {
	const char *in;
	uint8_t b[MTUD_IP_LEN];
	const char *out;
} addresses[] = {
	{"::", {0}, "::"},
	{"::1", {[15] = 1}, "::1"},
	{"0:0:0:0:0:0:0:0", {0}, "::"},
	{"2001:DB8:0:0:0:0:0:1", {0x20, 0x01, 0x0d, 0xb8, [15] = 1}, "2001:db8::1"},
	{"2001:db8:0000:1:1:1:1:1", {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1},
		"2001:db8:0:1:1:1:1:1"},
	{"2001:0:0:1:0:0:0:1", {0x20, 0x01, [7] = 1, [15] = 1}, "2001:0:0:1::1"},
	{"2001:db8:0:0:1:0:0:1", {0x20, 0x01, 0x0d, 0xb8, [9] = 1, [15] = 1}, "2001:db8::1:0:0:1"},
	{"fe80::200:5eff:fe10:2030",
		{0xfe, 0x80, [8] = 0x02, 0x00, 0x5e, 0xff, 0xfe, 0x10, 0x20, 0x30},
		"fe80::200:5eff:fe10:2030"},
	{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff},
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	{"64:ff9b::192.0.2.33", {0x00, 0x64, 0xff, 0x9b, [12] = 192, 0, 2, 33},
		"64:ff9b::c000:221"},
	{"192.0.2.1", {[10] = 0xff, 0xff, 192, 0, 2, 1}, "192.0.2.1"},
	{"0.0.0.0", {[10] = 0xff, 0xff}, "0.0.0.0"},
	{"255.255.255.255", {[10] = 0xff, 0xff, 255, 255, 255, 255}, "255.255.255.255"},
};

static const char *const no_addresses[] = {"", " ", "::1 ", " ::1", "1.2.3", "1.2.3.4.5",
	"256.1.1.1", "01.2.3.4x", ":::", "1::2::3", "2001:db8", "12345::", "g::", "::1/64",
	"fe80::1%0", "::ffff:1.2.3.4", "::ffff:0:0", "localhost", "1:2:3:4:5:6:7:8:9",
	"1.2.3.4/32"};

static void
test_address_text(void **state)
{
	char buf[MTUD_IP_STRLEN];
	struct mtud_ip ip, before;
	unsigned int i;

	(void)state;
	for (i = 0; i < DIM(addresses); i++) {
		ip = ip_of(addresses[i].in);
		assert_memory_equal(ip.b, addresses[i].b, MTUD_IP_LEN);
		assert_ptr_equal(mtud_ip_format(&ip, buf), buf);
		assert_string_equal(buf, addresses[i].out);
	}
	memset(&ip, 0xa5, sizeof(ip));
	before = ip;
	for (i = 0; i < DIM(no_addresses); i++) {
		if (mtud_ip_parse(no_addresses[i], &ip) != -EINVAL)
			fail_msg("'%s' was taken for an address", no_addresses[i]);
		assert_memory_equal(&ip, &before, sizeof(ip));
	}
}

static const struct {
	const char *in;
	uint8_t len;
	const char *out;
	const char *host;
} prefixes[] = {
	{"::/0", 0, "::/0", "::"},
	{"2001:db8::/32", 32, "2001:db8::/32", "2001:db8::"},
	{"2001:db8:ffff:ffff::1/33", 33, "2001:db8:8000::/33", "2001:db8:ffff:ffff::1"},
	{"2001:db8::1/64", 64, "2001:db8::/64", "2001:db8::1"},
	{"2001:db8::3/127", 127, "2001:db8::2/127", "2001:db8::3"},
	{"2001:db8::3/128", 128, "2001:db8::3/128", "2001:db8::3"},
	{"2001:db8::3", 128, "2001:db8::3/128", "2001:db8::3"},
	{"2001:db8::/0032", 32, "2001:db8::/32", "2001:db8::"},
	{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", 128,
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	{"0.0.0.0/0", 96, "0.0.0.0/0", "0.0.0.0"},
	{"255.1.2.3/0", 96, "0.0.0.0/0", "255.1.2.3"},
	{"10.11.12.13/8", 104, "10.0.0.0/8", "10.11.12.13"},
	{"192.0.2.255/25", 121, "192.0.2.128/25", "192.0.2.255"},
	{"192.0.2.1/32", 128, "192.0.2.1/32", "192.0.2.1"},
	{"192.0.2.1", 128, "192.0.2.1/32", "192.0.2.1"},
};

static const struct {
	const char *in;
	int rc;
} no_prefixes[] = {
	{"", -EINVAL},
	{"/", -EINVAL},
	{"/64", -EINVAL},
	{"::/", -EINVAL},
	{"::/x", -EINVAL},
	{"::/64x", -EINVAL},
	{"::/-1", -EINVAL},
	{"::/+1", -EINVAL},
	{"::/ 64", -EINVAL},
	{"::/64/64", -EINVAL},
	{"::/64 ", -EINVAL},
	{"2001:db8/32", -EINVAL},
	{"::ffff:1.2.3.4/96", -EINVAL},
	{"10.0.0.0/255.0.0.0", -EINVAL},
	{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/64", -EINVAL},
	{"::/129", -ERANGE},
	{"::/1000", -ERANGE},
	{"::/4294967296", -ERANGE},
	{"::/18446744073709551616", -ERANGE},
	{"10.0.0.0/33", -ERANGE},
	{"10.0.0.0/128", -ERANGE},
};

static void
test_prefix_text(void **state)
{
	char buf[MTUD_PREFIX_STRLEN], addr[MTUD_IP_STRLEN];
	struct mtud_prefix prefix, before;
	struct mtud_ip host, host_before;
	unsigned int i;

	(void)state;
	for (i = 0; i < DIM(prefixes); i++) {
		assert_int_equal(mtud_prefix_parse(prefixes[i].in, &prefix, &host), 0);
		assert_int_equal(prefix.len, prefixes[i].len);
		assert_ptr_equal(mtud_prefix_format(&prefix, buf), buf);
		assert_string_equal(buf, prefixes[i].out);
		assert_string_equal(mtud_ip_format(&host, addr), prefixes[i].host);
		assert_int_equal(mtud_prefix_parse(prefixes[i].in, &prefix, NULL), 0);
	}
	before = prefix;
	host_before = host;
	for (i = 0; i < DIM(no_prefixes); i++) {
		if (mtud_prefix_parse(no_prefixes[i].in, &prefix, &host) != no_prefixes[i].rc)
			fail_msg("'%s' was not refused as it should be", no_prefixes[i].in);
		assert_true(mtud_ip_equal(&prefix.ip, &before.ip) && prefix.len == before.len);
		assert_true(mtud_ip_equal(&host, &host_before));
	}
}

static void
test_mask(void **state)
{
	struct mtud_ip ip;
	unsigned int len, bit;

	(void)state;
	for (len = 0; len <= 128; len++) {
		memset(ip.b, 0xff, sizeof(ip.b));
		mtud_ip_mask(&ip, len);
		for (bit = 0; bit < 128; bit++)
			assert_int_equal((ip.b[bit / 8] >> (7 - bit % 8)) & 1, bit < len);
	}
}

static void
test_contains(void **state)
{
	static const struct {
		const char *prefix;
		const char *ip;
		bool want;
	} cases[] = {
		{"2001:db8::/32", "2001:db8:ffff::1", true},
		{"2001:db8::/32", "2001:db9::", false},
		{"2001:db8::/31", "2001:db9::", true},
		{"2001:db8::2/127", "2001:db8::3", true},
		{"2001:db8::2/127", "2001:db8::4", false},
		{"2001:db8::2/128", "2001:db8::2", true},
		{"::/0", "ffff::", true},
		{"10.0.0.0/8", "10.255.0.1", true},
		{"10.0.0.0/8", "11.0.0.0", false},
		{"0.0.0.0/0", "203.0.113.9", true},
		/* Each family has a default route of its own. */
		{"::/0", "192.0.2.1", false},
		{"::/80", "192.0.2.1", false},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"0.0.0.0/0", "::", false},
	};
	struct mtud_prefix prefix;
	struct mtud_ip ip;
	unsigned int i;

	(void)state;
	for (i = 0; i < DIM(cases); i++) {
		prefix = prefix_of(cases[i].prefix);
		ip = ip_of(cases[i].ip);
		if (mtud_prefix_contains(&prefix, &ip) != cases[i].want)
			fail_msg("%s in %s?", cases[i].ip, cases[i].prefix);
	}
}

static int
compare(const void *a, const void *b)
{
	return mtud_prefix_compare(a, b);
}

static void
test_compare(void **state)
{
	static const char *const sorted[] = {"::/0", "::/1", "::/128", "0.0.0.0/0", "10.0.0.0/8",
		"10.0.0.0/9", "192.0.2.0/24", "2001:db8::/32", "2001:db8::/48", "2001:db8:1::/48",
		"fe80::/10"};
	struct mtud_prefix all[DIM(sorted)];
	char buf[MTUD_PREFIX_STRLEN];
	unsigned int i, j;

	(void)state;
	for (i = 0; i < DIM(sorted); i++)
		all[(i * 4) % DIM(sorted)] = prefix_of(sorted[i]);
	qsort(all, DIM(all), sizeof(all[0]), compare);
	for (i = 0; i < DIM(sorted); i++) {
		assert_string_equal(mtud_prefix_format(&all[i], buf), sorted[i]);
		for (j = 0; j < DIM(sorted); j++) {
			assert_int_equal(mtud_prefix_compare(&all[i], &all[j]) < 0, i < j);
			assert_int_equal(mtud_prefix_compare(&all[i], &all[j]) == 0, i == j);
		}
	}
}

static void
test_kinds(void **state)
{
	static const struct {
		const char *ip;
		bool v4, unspecified, loopback, multicast, link_local;
	} cases[] = {
		{"::", false, true, false, false, false},
		{"::1", false, false, true, false, false},
		{"::2", false, false, false, false, false},
		{"1::", false, false, false, false, false},
		{"2001:db8::1", false, false, false, false, false},
		{"fe80::1", false, false, false, false, true},
		{"febf:ffff::1", false, false, false, false, true},
		{"fec0::1", false, false, false, false, false},
		{"fe7f::1", false, false, false, false, false},
		{"ff02::1", false, false, false, true, false},
		{"feff::1", false, false, false, false, false},
		{"fd00::1", false, false, false, false, false},
		{"::fffe:1.2.3.4", false, false, false, false, false},
		{"0.0.0.0", true, false, false, false, false},
		{"192.0.2.1", true, false, false, false, false},
		{"169.254.1.1", true, false, false, false, false},
		{"223.255.255.255", true, false, false, false, false},
		{"224.0.0.1", true, false, false, true, false},
		{"239.255.255.255", true, false, false, true, false},
		{"240.0.0.1", true, false, false, false, false},
	};
	struct mtud_ip ip;
	unsigned int i;

	(void)state;
	for (i = 0; i < DIM(cases); i++) {
		ip = ip_of(cases[i].ip);
		assert_int_equal(mtud_ip_is_v4(&ip), cases[i].v4);
		assert_int_equal(mtud_ip_is_unspecified(&ip), cases[i].unspecified);
		assert_int_equal(mtud_ip_is_loopback(&ip), cases[i].loopback);
		assert_int_equal(mtud_ip_is_multicast(&ip), cases[i].multicast);
		assert_int_equal(mtud_ip_is_link_local(&ip), cases[i].link_local);
	}
}

static void
test_family(void **state)
{
	static const struct {
		struct mtud_prefix prefix;
		bool v4;
	} cases[] = {
		{{.ip = {{[10] = 0xff, 0xff, 192, 0, 2, 1}}, .len = 128}, true},
		{{.ip = {{[10] = 0xff, 0xff}}, .len = 96}, true},
		/* They hold ::ffff:0:0/96, and more. */
		{{.ip = {{[10] = 0xff, 0xfe}}, .len = 95}, false},
		{{.ip = {{0}}, .len = 0}, false},
		{{.ip = {{0x20, 0x01}}, .len = 128}, false},
	};
	const uint8_t octets[] = {192, 0, 2, 1};
	struct mtud_ip ip = ip_of("192.0.2.1"), other = ip_of("2001:db8::1"), made;
	uint32_t addr_be;
	unsigned int i;

	(void)state;
	memcpy(&addr_be, octets, sizeof(addr_be));
	assert_int_equal(mtud_ip_to_v4(&ip), addr_be);
	made = mtud_ip_from_v4(addr_be);
	assert_true(mtud_ip_equal(&made, &ip));
	assert_int_equal(mtud_ip_family(&ip), MTUD_IPV4);
	assert_int_equal(mtud_ip_family(&other), MTUD_IPV6);
	for (i = 0; i < DIM(cases); i++)
		assert_int_equal(mtud_prefix_is_v4(&cases[i].prefix), cases[i].v4);
}

/* The example of RFC 4291 section 2.7.1. */
static void
test_solicited_node(void **state)
{
	struct mtud_ip ip = ip_of("4037::01:800:200e:8c6c");
	struct mtud_ip got = mtud_ip_solicited_node(&ip), want = ip_of("ff02::1:ff0e:8c6c");

	(void)state;
	assert_true(mtud_ip_equal(&got, &want));
	assert_false(mtud_ip_equal(&got, &ip));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_text),
		cmocka_unit_test(test_prefix_text),
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_family),
		cmocka_unit_test(test_solicited_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
