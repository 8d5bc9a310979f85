/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "mtud_addr.h"

static struct mtud_addr_table t;

static struct mtud_ip
ip(const char *text)
{
	struct mtud_ip out;

	assert_int_equal(mtud_ip_parse(text, &out), 0);
	return out;
}

static int
add(uint16_t port, const char *text, uint8_t len)
{
	struct mtud_ip a = ip(text);

	return mtud_addr_add(&t, port, &a, len, false);
}

static int
empty(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	return 0;
}

static void
adding_and_deleting(void **state)
{
	struct mtud_ip a = ip("2001:db8:a::1"), ll = ip("fe80::1");

	(void)state;
	assert_int_equal(add(0, "2001:db8:a::1", 64), 0);
	assert_int_equal(add(0, "2001:db8:a::1", 64), -EEXIST);
	assert_int_equal(add(0, "2001:db8:a::1", 48), -EADDRINUSE);
	assert_int_equal(add(1, "2001:db8:a::1", 64), -EADDRINUSE);
	assert_int_equal(add(0, "fe80::1", 64), 0);
	assert_int_equal(add(1, "fe80::1", 64), 0);
	assert_ptr_equal(mtud_addr_get(&t, 1, &a), &t.addr[0]);
	assert_ptr_equal(mtud_addr_get(&t, 1, &ll), &t.addr[2]);
	assert_null(mtud_addr_get(&t, 2, &ll));
	assert_int_equal(mtud_addr_del(&t, 1, &a), -ENOENT);
	assert_int_equal(mtud_addr_del(&t, 0, &a), 0);
	assert_int_equal(mtud_addr_del(&t, 0, &a), -ENOENT);
	assert_ptr_equal(mtud_addr_get(&t, 1, &ll), &t.addr[1]);
}

static void
what_no_host_can_have(void **state)
{
	(void)state;
	assert_int_equal(add(0, "::", 64), -EINVAL);
	assert_int_equal(add(0, "::1", 128), -EINVAL);
	assert_int_equal(add(0, "ff02::1", 64), -EINVAL);
	assert_int_equal(add(0, "2001:db8::", 64), -EINVAL);
	/* RFC 6164: both addresses of a /127 are hosts'. */
	assert_int_equal(add(0, "2001:db8::", 127), 0);
}

/* With the length that the user writes, beyond which IPv4 is held 96 longer. */
static int
add4(uint16_t port, const char *text, uint8_t len)
{
	return add(port, text, 96 + len);
}

/* RFC 1122 section 3.2.1.3, RFC 6890; RFC 3021: both addresses of a /31 are hosts'. */
static void
what_no_ipv4_host_can_have(void **state)
{
	static const struct {
		const char *ip;
		uint8_t len;
		int ret;
	} cases[] = {
		{"0.0.0.0", 32, -EINVAL}, {"0.1.2.3", 24, -EINVAL}, {"127.0.0.1", 8, -EINVAL},
		{"127.255.255.254", 32, -EINVAL}, {"224.0.0.1", 24, -EINVAL},
		{"239.255.255.255", 32, -EINVAL}, {"240.0.0.1", 24, -EINVAL},
		{"255.255.255.255", 32, -EINVAL}, {"255.255.255.255", 0, -EINVAL},
		{"192.0.2.0", 24, -EINVAL}, {"192.0.2.255", 24, -EINVAL}, {"192.0.2.1", 24, 0},
		{"192.0.2.254", 24, 0}, {"198.51.100.4", 30, -EINVAL},
		{"198.51.100.7", 30, -EINVAL}, {"198.51.100.5", 30, 0}, {"198.51.100.6", 30, 0},
		{"198.51.100.8", 31, 0},
		{"198.51.100.9", 31, 0}, {"198.51.100.0", 32, 0}, {"198.51.100.255", 32, 0},
		{"10.0.0.0", 8, -EINVAL}, {"10.255.255.255", 8, -EINVAL}, {"10.0.1.0", 8, 0},
		{"10.0.0.255", 8, 0}, {"169.254.1.1", 16, 0}, {"9.9.9.9", 0, 0},
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (add4(0, cases[i].ip, cases[i].len) != cases[i].ret)
			fail_msg("%s/%u", cases[i].ip, cases[i].len);
	/* A length of IPv6. */
	assert_int_equal(add(0, "192.0.2.9", 95), -EINVAL);
}

static void
broadcast_of(const char *text, uint8_t len, const char *want)
{
	struct mtud_addr a = {.ip = ip(text), .len = 96 + len};
	char buf[MTUD_IP_STRLEN];
	struct mtud_ip got;

	assert_int_equal(mtud_addr_has_broadcast(&a), want != NULL);
	if (want == NULL)
		return;
	got = mtud_addr_broadcast(&a);
	assert_string_equal(mtud_ip_format(&got, buf), want);
}

static void
broadcast_addresses(void **state)
{
	struct mtud_addr six = {.ip = ip("2001:db8::1"), .len = 64};

	(void)state;
	broadcast_of("192.0.2.1", 24, "192.0.2.255");
	broadcast_of("192.0.2.129", 25, "192.0.2.255");
	broadcast_of("192.0.2.1", 25, "192.0.2.127");
	broadcast_of("198.51.100.5", 30, "198.51.100.7");
	broadcast_of("10.1.2.3", 9, "10.127.255.255");
	broadcast_of("10.1.2.3", 0, "255.255.255.255");
	broadcast_of("198.51.100.5", 31, NULL);
	broadcast_of("198.51.100.5", 32, NULL);
	assert_false(mtud_addr_has_broadcast(&six));
}

static void
table_is_bounded(void **state)
{
	struct mtud_ip a = ip("2001:db8::1");
	unsigned int i;

	(void)state;
	for (i = 0; i < MTUD_ADDR_MAX; i++) {
		a.b[8] = i >> 8;
		a.b[9] = i;
		assert_int_equal(mtud_addr_add(&t, 0, &a, 64, false), 0);
	}
	a.b[0] = 0x30;
	assert_int_equal(mtud_addr_add(&t, 0, &a, 64, false), -ENOSPC);
}

static const char *
source(uint16_t port, const char *dst, const char *not_this)
{
	static char text[MTUD_IP_STRLEN];
	struct mtud_ip d = ip(dst), n;
	const struct mtud_addr *a;

	if (not_this != NULL)
		n = ip(not_this);
	a = mtud_addr_source(&t, port, &d, not_this != NULL ? &n : NULL);
	return a != NULL ? mtud_ip_format(&a->ip, text) : "none";
}

static void
source_fits_the_destination(void **state)
{
	(void)state;
	assert_string_equal(source(0, "2001:db8:9::9", NULL), "none");
	add(0, "fe80::a", 64);
	add(1, "fe80::b", 64);
	/* Never link-local to a destination beyond the link. */
	assert_string_equal(source(0, "2001:db8:9::9", NULL), "none");
	assert_string_equal(source(0, "fe80::77", NULL), "fe80::a");
	assert_string_equal(source(1, "ff02::1", NULL), "fe80::b");
	add(1, "2001:db8:b::1", 64);
	/* Borrowed from another port, for want of one of its own. */
	assert_string_equal(source(0, "2001:db8:9::9", NULL), "2001:db8:b::1");
	add(0, "2001:db8:a::1", 64);
	add(0, "2001:db8:c::1", 64);
	assert_string_equal(source(0, "2001:db8:b::9", NULL), "2001:db8:a::1");
	/* The longest common prefix among the port's own. */
	assert_string_equal(source(0, "2001:db8:c::9", NULL), "2001:db8:c::1");
	assert_string_equal(source(0, "2001:db8:c::9", "2001:db8:c::1"), "2001:db8:a::1");
	t.addr[4].state = MTUD_ADDR_DUPLICATE;
	assert_string_equal(source(0, "2001:db8:c::9", NULL), "2001:db8:a::1");
}

static const char *
only_source(uint16_t port, enum mtud_family family)
{
	static char text[MTUD_IP_STRLEN];
	const struct mtud_addr *a = mtud_addr_only_source(&t, port, family);

	return a != NULL ? mtud_ip_format(&a->ip, text) : "none";
}

static void
only_source_is_alone_on_its_port(void **state)
{
	(void)state;
	add(0, "fe80::a", 64);
	add(1, "2001:db8:b::1", 64);
	add4(1, "198.51.100.1", 24);
	/* What another port lends may depend on the destination. */
	assert_string_equal(only_source(0, MTUD_IPV6), "none");
	assert_string_equal(only_source(1, MTUD_IPV6), "2001:db8:b::1");
	assert_string_equal(only_source(1, MTUD_IPV4), "198.51.100.1");
	assert_string_equal(only_source(0, MTUD_IPV4), "none");
	add(0, "2001:db8:a::1", 64);
	assert_string_equal(only_source(0, MTUD_IPV6), "2001:db8:a::1");
	assert_string_equal(source(0, "2001:db8:b::9", NULL), "2001:db8:a::1");
	add(0, "2001:db8:c::1", 64);
	assert_string_equal(only_source(0, MTUD_IPV6), "none");
	t.addr[4].state = MTUD_ADDR_DUPLICATE;
	assert_string_equal(only_source(0, MTUD_IPV6), "2001:db8:a::1");
}

/* RFC 1812 section 4.3.2.4: an address of the port that it leaves by, if there is one. */
static void
source_is_of_the_destination_s_family(void **state)
{
	(void)state;
	add(0, "2001:db8:a::1", 64);
	assert_string_equal(source(0, "192.0.2.9", NULL), "none");
	add4(1, "198.51.100.1", 24);
	assert_string_equal(source(1, "2001:db8:9::9", NULL), "2001:db8:a::1");
	/* Borrowed from another port, for want of one of its own. */
	assert_string_equal(source(0, "192.0.2.9", NULL), "198.51.100.1");
	add4(0, "192.0.2.1", 24);
	add4(0, "203.0.113.1", 24);
	assert_string_equal(source(0, "198.51.100.9", NULL), "192.0.2.1");
	assert_string_equal(source(0, "203.0.113.9", NULL), "203.0.113.1");
	assert_string_equal(source(0, "203.0.113.9", "203.0.113.1"), "192.0.2.1");
	assert_string_equal(source(1, "203.0.113.9", NULL), "198.51.100.1");
	/* 169.254/16 is an address like any other. */
	assert_string_equal(source(0, "169.254.1.1", NULL), "192.0.2.1");
	assert_string_equal(source(0, "2001:db8:9::9", NULL), "2001:db8:a::1");
}

static void
sharing_and_anycast(void **state)
{
	struct mtud_prefix p;

	(void)state;
	add(0, "2001:db8:a::1", 64);
	add(0, "2001:db8:a::2", 64);
	add(0, "2001:db8:b::1", 127);
	p = mtud_addr_prefix(&t.addr[1]);
	assert_int_equal(mtud_addr_sharing(&t, 0, &p), 2);
	assert_int_equal(mtud_addr_sharing(&t, 1, &p), 0);
	assert_true(mtud_addr_has_anycast(&t.addr[0]));
	assert_false(mtud_addr_has_anycast(&t.addr[2]));
	add4(0, "192.0.2.1", 24);
	assert_false(mtud_addr_has_anycast(&t.addr[3]));
}

static void
groups_of_a_port(void **state)
{
	struct mtud_ip groups[MTUD_ADDR_GROUPS_MAX];
	struct mtud_ip one = ip("ff02::1:ff00:1"), anycast = ip("ff02::1:ff00:0");

	(void)state;
	add(0, "2001:db8:a::1", 64);
	add(0, "2001:db8:b::1", 64);
	add(1, "2001:db8:c::9", 64);
	/* It brings none: IPv4 hosts ask all of the link. */
	add4(0, "192.0.2.1", 24);
	assert_int_equal(mtud_addr_groups(&t, 0, groups), 2);
	assert_true(mtud_ip_equal(&groups[0], &one));
	assert_true(mtud_ip_equal(&groups[1], &anycast));
	assert_int_equal(mtud_addr_groups(&t, 2, groups), 0);
}

static bool
false_source(uint16_t port, const char *text)
{
	struct mtud_ip a = ip(text);

	return mtud_addr_is_false_source(&t, port, &a);
}

/* RFC 1122 section 3.2.1.3: ours, and what names a whole link; a link-local one on its port. */
static void
sources_that_are_false(void **state)
{
	struct mtud_ip gone = ip("2001:db8:a::1");

	(void)state;
	add(0, "2001:db8:a::1", 64);
	add(1, "2001:db8:b::1", 64);
	add(1, "fe80::1", 64);
	add4(1, "192.0.2.1", 24);
	add4(0, "198.51.100.8", 31);
	assert_true(false_source(0, "2001:db8:a::1"));
	assert_true(false_source(0, "2001:db8:b::1"));
	assert_true(false_source(1, "fe80::1"));
	assert_false(false_source(0, "fe80::1"));
	assert_false(false_source(0, "2001:db8:a::"));
	assert_false(false_source(0, "::"));
	assert_true(false_source(0, "192.0.2.1"));
	assert_true(false_source(0, "192.0.2.255"));
	assert_true(false_source(1, "192.0.2.0"));
	assert_false(false_source(1, "192.0.2.2"));
	assert_true(false_source(0, "198.51.100.8"));
	assert_false(false_source(0, "198.51.100.9"));
	/* Somebody else has it, and may use it. */
	t.addr[1].state = MTUD_ADDR_DUPLICATE;
	assert_false(false_source(1, "2001:db8:b::1"));
	assert_int_equal(mtud_addr_del(&t, 0, &gone), 0);
	assert_false(false_source(0, "2001:db8:a::1"));
	assert_true(false_source(1, "fe80::1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(adding_and_deleting, empty),
		cmocka_unit_test_setup(what_no_host_can_have, empty),
		cmocka_unit_test_setup(what_no_ipv4_host_can_have, empty),
		cmocka_unit_test(broadcast_addresses),
		cmocka_unit_test_setup(table_is_bounded, empty),
		cmocka_unit_test_setup(source_fits_the_destination, empty),
		cmocka_unit_test_setup(only_source_is_alone_on_its_port, empty),
		cmocka_unit_test_setup(source_is_of_the_destination_s_family, empty),
		cmocka_unit_test_setup(sharing_and_anycast, empty),
		cmocka_unit_test_setup(groups_of_a_port, empty),
		cmocka_unit_test_setup(sources_that_are_false, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
