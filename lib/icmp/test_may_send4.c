/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <arpa/inet.h>

#include "mtud_icmp.h"
#include "test_mbuf.h"

#define L3_AT 14
#define ROOM  2000
/* Large enough to be too big for the MTU below. */
#define IP_LEN 1500

static struct rte_mempool *pool;

static const struct mtud_icmp_error frag_needed = {3, 4, 1280};

/* What went wrong: every kind of error that mtud sends. */
static const struct mtud_icmp_error kinds[] = {
	{3, 4, 1280},
	{3, 0, 0},
	{3, 1, 0},
	{3, 2, 0},
	{3, 3, 0},
	{3, 13, 0},
	{11, 0, 0},
	{12, 0, 20},
};

#define SEND      MTUD_ICMP_NONE
#define ERROR     MTUD_ICMP_HELD_ERROR
#define SOURCE    MTUD_ICMP_HELD_SOURCE
#define MULTICAST MTUD_ICMP_HELD_MULTICAST
#define FRAGMENT  MTUD_ICMP_HELD_FRAGMENT
#define LARGER    MTUD_ICMP_HELD_LARGER

struct cause_case {
	const char *name;
	const char *src; /* NULL: 192.0.2.1 */
	const char *dst; /* NULL: 203.0.113.2 */
	uint8_t ihl;     /* octets; 0: 20 */
	uint8_t proto;
	uint16_t frag;   /* flags and offset as they stand */
	uint8_t type;    /* the first octet behind the header */
	uint16_t ip_len; /* 0: IP_LEN */
	bool l2_multicast;
	bool src_is_anycast;
	enum mtud_icmp_counter want;
};

static const struct cause_case causes[] = {
	{.name = "UDP", .proto = 17},
	{.name = "UDP, its port looking like an error", .proto = 17, .type = 3},
	{.name = "TCP", .proto = 6},
	{.name = "ESP", .proto = 50, .type = 3},
	{.name = "IPv6's ICMP, which is none here", .proto = 58, .type = 1},
	{.name = "unknown protocol", .proto = 253, .type = 5},
	{.name = "with DF", .proto = 17, .frag = 0x4000},
	{.name = "with options", .ihl = 60, .proto = 17},

	{.name = "echo request", .proto = 1, .type = 8},
	{.name = "echo request behind options", .ihl = 44, .proto = 1, .type = 8},
	{.name = "Unreachable", .proto = 1, .type = 3, .want = ERROR},
	{.name = "Unreachable behind options", .ihl = 60, .proto = 1, .type = 3, .want = ERROR},
	{.name = "Unreachable with DF", .proto = 1, .frag = 0x4000, .type = 3, .want = ERROR},
	{.name = "echo in a first fragment", .proto = 1, .frag = 0x2000, .type = 8},
	{.name = "error in a first fragment",
		.proto = 1,
		.frag = 0x2000,
		.type = 11,
		.want = ERROR},

	{.name = "second fragment", .proto = 17, .frag = 0x2001, .want = FRAGMENT},
	{.name = "last fragment", .proto = 17, .frag = 0x00b9, .want = FRAGMENT},
	{.name = "last fragment with DF", .proto = 17, .frag = 0x40b9, .want = FRAGMENT},
	{.name = "the last offset", .proto = 17, .frag = 0x1fff, .want = FRAGMENT},
	{.name = "later fragment that looks like an error",
		.proto = 1,
		.frag = 0x0001,
		.type = 3,
		.want = FRAGMENT},

	{.name = "from 0.0.0.0", .src = "0.0.0.0", .proto = 17, .want = SOURCE},
	{.name = "from 0.255.255.255", .src = "0.255.255.255", .proto = 17, .want = SOURCE},
	{.name = "from 1.0.0.0", .src = "1.0.0.0", .proto = 17},
	{.name = "from 10.0.0.1", .src = "10.0.0.1", .proto = 17},
	{.name = "from 126.255.255.255", .src = "126.255.255.255", .proto = 17},
	{.name = "from 127.0.0.0", .src = "127.0.0.0", .proto = 17, .want = SOURCE},
	{.name = "from 127.255.255.255", .src = "127.255.255.255", .proto = 17, .want = SOURCE},
	{.name = "from 128.0.0.0", .src = "128.0.0.0", .proto = 17},
	{.name = "from 169.254.0.1", .src = "169.254.0.1", .proto = 17},
	{.name = "from 223.255.255.255", .src = "223.255.255.255", .proto = 17},
	{.name = "from 224.0.0.0", .src = "224.0.0.0", .proto = 17, .want = SOURCE},
	{.name = "from 239.255.255.255", .src = "239.255.255.255", .proto = 17, .want = SOURCE},
	{.name = "from 240.0.0.0", .src = "240.0.0.0", .proto = 17, .want = SOURCE},
	{.name = "from the broadcast", .src = "255.255.255.255", .proto = 17, .want = SOURCE},
	{.name = "from an anycast of ours", .proto = 17, .src_is_anycast = true, .want = SOURCE},

	{.name = "to 223.255.255.255", .dst = "223.255.255.255", .proto = 17},
	{.name = "to 224.0.0.0", .dst = "224.0.0.0", .proto = 17, .want = MULTICAST},
	{.name = "to 239.255.255.255", .dst = "239.255.255.255", .proto = 17, .want = MULTICAST},
	{.name = "to the broadcast", .dst = "255.255.255.255", .proto = 17, .want = MULTICAST},
	{.name = "to a unicast in a link-layer broadcast",
		.proto = 17,
		.l2_multicast = true,
		.want = MULTICAST},

	{.name = "to a group from nobody",
		.src = "0.0.0.0",
		.dst = "224.0.0.1",
		.proto = 17,
		.want = SOURCE},
	{.name = "later fragment to a group",
		.dst = "224.0.0.1",
		.proto = 17,
		.frag = 0x0001,
		.want = MULTICAST},

	/* Too short to be too big for anyone: see want_for(). */
	{.name = "ends in front of its ICMP header", .proto = 1, .type = 3, .ip_len = 20},
	{.name = "ends behind its options", .ihl = 24, .proto = 1, .type = 3, .ip_len = 24},
	{.name = "ends behind the type, an error",
		.proto = 1,
		.type = 3,
		.ip_len = 21,
		.want = ERROR},
	{.name = "ends behind the type, a query", .proto = 1, .type = 8, .ip_len = 21},
};

static void
write_ip(uint8_t *ip, const struct cause_case *c)
{
	uint8_t ihl = c->ihl != 0 ? c->ihl : 20;

	memset(ip, 1, ihl); /* options: no operation */
	ip[0] = 0x40 | ihl / 4;
	ip[6] = c->frag >> 8;
	ip[7] = c->frag & 0xff;
	ip[8] = 64;
	ip[9] = c->proto;
	assert_int_equal(inet_pton(AF_INET, c->src != NULL ? c->src : "192.0.2.1", &ip[12]), 1);
	assert_int_equal(inet_pton(AF_INET, c->dst != NULL ? c->dst : "203.0.113.2", &ip[16]), 1);
	ip[ihl] = c->type;
}

/* No packet of a few octets is too big for anyone. */
static enum mtud_icmp_counter
want_for(const struct cause_case *c, const struct mtud_icmp_error *err)
{
	return err->code == 4 && c->ip_len != 0 ? LARGER : c->want;
}

static void
ask_every_kind(const struct cause_case *c, uint16_t seg_len)
{
	uint32_t ip_len = c->ip_len != 0 ? c->ip_len : IP_LEN;
	struct mtud_icmp_cause cause = {.l3_at = L3_AT,
		.ip_len = ip_len,
		.l2_multicast = c->l2_multicast,
		.src_is_anycast = c->src_is_anycast};
	enum mtud_icmp_counter got, want;
	uint8_t octets[ROOM] = {0};
	struct rte_mbuf *m;
	unsigned int i;

	write_ip(&octets[L3_AT], c);
	m = test_mbuf(pool, octets, L3_AT + ip_len + 8, seg_len);
	cause.m = m;
	for (i = 0; i < RTE_DIM(kinds); i++) {
		got = mtud_icmp4_may_send(&kinds[i], &cause);
		want = want_for(c, &kinds[i]);
		if (got != want)
			fail_msg("%s, %u/%u in segments of %u: %s instead of %s", c->name,
				kinds[i].type, kinds[i].code, seg_len, mtud_icmp_counter_name(got),
				mtud_icmp_counter_name(want));
	}
	rte_pktmbuf_free(m);
}

static void
test_every_kind_and_cause(void **state)
{
	static const uint16_t seg_lens[] = {0, 3, 33, 34};
	unsigned int i, s;

	(void)state;
	for (i = 0; i < RTE_DIM(causes); i++)
		for (s = 0; s < RTE_DIM(seg_lens); s++)
			ask_every_kind(&causes[i], seg_lens[s]);
}

/* RFC 1122 section 3.2.2: of all types, these are queries and their replies. */
static void
test_every_icmp_type(void **state)
{
	static const uint8_t queries[] = {0, 8, 9, 10, 13, 14, 15, 16, 17, 18};
	struct cause_case c = {.name = "ICMP type", .proto = 1};
	unsigned int type;

	(void)state;
	for (type = 0; type < 256; type++) {
		c.type = type;
		c.frag = 0;
		c.want = memchr(queries, type, sizeof(queries)) != NULL ? SEND : ERROR;
		ask_every_kind(&c, 0);
		c.frag = 0x2000;
		ask_every_kind(&c, 0);
		/* The octet that would be a type is data. */
		c.frag = 0x2008;
		c.want = FRAGMENT;
		ask_every_kind(&c, 0);
	}
}

/* Neither the type nor the header is read from behind the mbuf. */
static void
test_shorter_than_it_says(void **state)
{
	const struct cause_case c = {.name = "short", .proto = 1, .type = 3};
	struct mtud_icmp_cause cause = {.l3_at = L3_AT, .ip_len = IP_LEN};
	enum mtud_icmp_counter want;
	uint8_t octets[ROOM] = {0};
	struct rte_mbuf *m;
	unsigned int len;

	(void)state;
	write_ip(&octets[L3_AT], &c);
	for (len = L3_AT; len <= L3_AT + 21; len++) {
		m = test_mbuf(pool, octets, len, 0);
		cause.m = m;
		want = len < L3_AT + 20 ? SOURCE : SEND;
		if (len > L3_AT + 20)
			want = ERROR;
		assert_int_equal(mtud_icmp4_may_send(&frag_needed, &cause), want);
		rte_pktmbuf_free(m);
	}
}

/* A Fragmentation Needed is no larger than its cause, quotes enough, and its MTU is smaller. */
static void
test_size(void **state)
{
	static const struct {
		struct mtud_icmp_error err;
		uint8_t ihl;
		uint32_t ip_len;
		enum mtud_icmp_counter want;
	} cases[] = {
		{{3, 4, 1280}, 20, 1281, SEND},
		{{3, 4, 1280}, 20, 1280, LARGER},
		{{3, 4, 1281}, 20, 1281, LARGER},
		{{3, 4, UINT32_MAX}, 20, 65535, LARGER},
		{{3, 4, 65534}, 20, 65535, SEND},
		{{3, 4, 68}, 20, 69, SEND},
		{{3, 4, 68}, 20, 68, LARGER},
		/* An MTU that leaves a header of 60 less than 8 octets, DF or not. */
		{{3, 4, 67}, 60, 96, SEND},
		{{3, 4, 67}, 60, 95, LARGER},
		{{3, 4, 68}, 60, 69, LARGER},
		{{3, 4, 68}, 32, 69, SEND},
		{{3, 4, 68}, 36, 69, LARGER},
		/* In the builder's eyes there is no length that is too small. */
		{{3, 4, 0}, 20, 56, SEND},
		{{3, 4, 0}, 20, 55, LARGER},
		{{3, 4, 0}, 20, 28, LARGER},
		{{3, 4, 0}, 20, 20, LARGER},
		{{3, 4, 0}, 20, 0, LARGER},
		/* Other errors are larger than a small packet by nature. */
		{{3, 1, 0}, 20, 20, SEND},
		{{11, 0, 0}, 60, 60, SEND},
		{{11, 4, 9999}, 20, 100, SEND},
		{{12, 0, 20}, 24, 28, SEND},
	};
	struct cause_case c = {.name = "size", .proto = 17};
	struct mtud_icmp_cause cause = {.l3_at = L3_AT};
	uint8_t octets[ROOM] = {0};
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		c.ihl = cases[i].ihl;
		write_ip(&octets[L3_AT], &c);
		m = test_mbuf(pool, octets, sizeof(octets), 0);
		cause.m = m;
		cause.ip_len = cases[i].ip_len;
		assert_int_equal(mtud_icmp4_may_send(&cases[i].err, &cause), cases[i].want);
		rte_pktmbuf_free(m);
	}
}

/* A test that loses a packet fails here. */
static int
none_lost(void **state)
{
	(void)state;
	return rte_mempool_full(pool) ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_every_kind_and_cause, none_lost),
		cmocka_unit_test_teardown(test_every_icmp_type, none_lost),
		cmocka_unit_test_teardown(test_shorter_than_it_says, none_lost),
		cmocka_unit_test_teardown(test_size, none_lost),
	};
	int rc;

	if (test_eal_init(64, "") < 0)
		return 1;
	pool = test_pool_create("test");
	if (pool == NULL)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rte_mempool_free(pool);
	rte_eal_cleanup();
	return rc;
}
