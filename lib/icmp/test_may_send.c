/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <arpa/inet.h>

#include "mtud_icmp.h"
#include "test_mbuf.h"

#define L3_AT 14
#define IP6   sizeof(struct rte_ipv6_hdr)
#define ROOM  4000
/* Large enough to be too big for the smallest MTU. */
#define IP_LEN 2600

static struct rte_mempool *pool;

/* What went wrong: every kind of error that mtud sends. */
static const struct mtud_icmp_error kinds[] = {
	{MTUD_ICMP6_PTB, 0, 1280},
	{MTUD_ICMP6_UNREACH, MTUD_UNREACH_NO_ROUTE, 0},
	{MTUD_ICMP6_UNREACH, MTUD_UNREACH_PROHIBITED, 0},
	{MTUD_ICMP6_UNREACH, MTUD_UNREACH_BEYOND_SCOPE, 0},
	{MTUD_ICMP6_UNREACH, MTUD_UNREACH_ADDRESS, 0},
	{MTUD_ICMP6_UNREACH, MTUD_UNREACH_PORT, 0},
	{MTUD_ICMP6_TIME_EXCEEDED, 0, 0},
	{MTUD_ICMP6_PARAM, 0, 4},
	{MTUD_ICMP6_PARAM, 1, 6},
	{MTUD_ICMP6_PARAM, 2, 42},
};

/* Of them, those that RFC 4443 section 2.4 (e.3) and (e.4) except from the multicast rule. */
static bool
is_excepted(const struct mtud_icmp_error *err)
{
	return err->type == 2 || (err->type == 4 && err->code == 2);
}

#define SEND      MTUD_ICMP_NONE
#define ERROR     MTUD_ICMP_HELD_ERROR
#define SOURCE    MTUD_ICMP_HELD_SOURCE
#define MULTICAST MTUD_ICMP_HELD_MULTICAST

/* Held back whatever the kind of error. */
#define HELD(why) .want_excepted = (why), .want = (why)

/* Extension headers as octets, and what follows them. */
#define HBH(next)         next, 0, 1, 4, 0, 0, 0, 0
#define DST16(next)       next, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define RH(next)          next, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define AH(next)          next, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define FRAG(next, field) next, 0, (field) >> 8, (field)&0xff, 0, 0, 0, 9

struct cause_case {
	const char *name;
	const char *src;    /* NULL: 2001:db8:a::1 */
	const char *dst;    /* NULL: 2001:db8:b::2 */
	uint8_t next;       /* the IPv6 header's next header */
	uint8_t octets[64]; /* what follows it */
	uint16_t ip_len;    /* 0: IP_LEN */
	bool l2_multicast;
	bool src_is_anycast;
	enum mtud_icmp_counter want_excepted;
	enum mtud_icmp_counter want;
};

static const struct cause_case causes[] = {
	{.name = "UDP", .next = 17},
	{.name = "TCP", .next = 6},
	{.name = "ESP", .next = 50, .octets = {1}},
	{.name = "no next header", .next = 59, .octets = {1}},
	{.name = "unknown next header", .next = 253, .octets = {1}},
	{.name = "IPv4's ICMP, which is none here", .next = 1, .octets = {3}},
	{.name = "from a link-local source", .src = "fe80::1", .next = 17},
	{.name = "from a deprecated site-local source", .src = "fec0::1", .next = 17},

	{.name = "echo request", .next = 58, .octets = {128}},
	{.name = "echo reply", .next = 58, .octets = {129}},
	{.name = "Neighbor Solicitation", .next = 58, .octets = {135}},
	{.name = "Neighbor Advertisement", .next = 58, .octets = {136}},
	{.name = "138, next to the redirect", .next = 58, .octets = {138}},
	{.name = "unknown informational", .next = 58, .octets = {200}},
	{.name = "255", .next = 58, .octets = {255}},
	{.name = "redirect", .next = 58, .octets = {137}, HELD(ERROR)},
	{.name = "Unreachable", .next = 58, .octets = {1}, HELD(ERROR)},
	{.name = "Packet Too Big", .next = 58, .octets = {2}, HELD(ERROR)},
	{.name = "Time Exceeded", .next = 58, .octets = {3}, HELD(ERROR)},
	{.name = "Parameter Problem", .next = 58, .octets = {4}, HELD(ERROR)},
	{.name = "type 0", .next = 58, .octets = {0}, HELD(ERROR)},
	{.name = "unknown error 5", .next = 58, .octets = {5}, HELD(ERROR)},
	{.name = "private error 100", .next = 58, .octets = {100}, HELD(ERROR)},
	{.name = "unknown error 126", .next = 58, .octets = {126}, HELD(ERROR)},
	{.name = "reserved 127", .next = 58, .octets = {127}, HELD(ERROR)},

	{.name = "error behind hop-by-hop", .next = 0, .octets = {HBH(58), 2}, HELD(ERROR)},
	{.name = "error behind routing, AH",
		.next = 43,
		.octets = {RH(51), AH(58), 1},
		HELD(ERROR)},
	{.name = "redirect behind destination options",
		.next = 60,
		.octets = {DST16(58), 137},
		HELD(ERROR)},
	{.name = "echo behind destination options", .next = 60, .octets = {DST16(58), 128}},
	{.name = "UDP behind hop-by-hop, its port looking like an error",
		.next = 0,
		.octets = {HBH(17), 1}},
	{.name = "error in a first fragment", .next = 44, .octets = {FRAG(58, 1), 3}, HELD(ERROR)},
	{.name = "error in a first fragment, behind options",
		.next = 44,
		.octets = {FRAG(60, 1), DST16(58), 3},
		HELD(ERROR)},
	{.name = "error in an atomic fragment",
		.next = 44,
		.octets = {FRAG(58, 0), 3},
		HELD(ERROR)},
	{.name = "echo in a first fragment", .next = 44, .octets = {FRAG(58, 1), 128}},
	{.name = "later fragment, cannot be judged", .next = 44, .octets = {FRAG(58, 0x0511), 1}},
	{.name = "last fragment, cannot be judged", .next = 44, .octets = {FRAG(58, 0x0510), 1}},

	{.name = "from ::", .src = "::", .next = 17, HELD(SOURCE)},
	{.name = "from ::1", .src = "::1", .next = 17, HELD(SOURCE)},
	{.name = "from a group", .src = "ff0e::1", .next = 17, HELD(SOURCE)},
	{.name = "from an IPv4-mapped source", .src = "::ffff:192.0.2.1", .next = 17, HELD(SOURCE)},
	{.name = "from an anycast of ours", .next = 17, .src_is_anycast = true, HELD(SOURCE)},
	{.name = "to a group", .dst = "ff0e::1", .next = 17, .want = MULTICAST},
	{.name = "in a link-layer multicast", .next = 17, .l2_multicast = true, .want = MULTICAST},
	{.name = "error to a group",
		.dst = "ff0e::1",
		.next = 58,
		.octets = {1},
		.want_excepted = ERROR,
		.want = MULTICAST},
	{.name = "to a group from ::", .src = "::", .dst = "ff0e::1", .next = 17, HELD(SOURCE)},

	/* Too short to be too big for anyone: see want_for(). */
	{.name = "ends in front of its ICMPv6 header", .next = 58, .octets = {1}, .ip_len = 40},
	{.name = "ends within its options", .next = 60, .octets = {DST16(58), 1}, .ip_len = 48},
	{.name = "ends behind the type, an error",
		.next = 58,
		.octets = {1},
		.ip_len = 41,
		HELD(ERROR)},
};

static void
set_ip(uint8_t *to, const char *text)
{
	/* mtud_ip_parse() refuses IPv4-mapped sources, and is not what is tested here. */
	assert_int_equal(inet_pton(AF_INET6, text, to), 1);
}

static void
write_ip6(uint8_t *ip6, const char *src, const char *dst, uint8_t next)
{
	memset(ip6, 0, IP6);
	ip6[0] = 0x60;
	ip6[6] = next;
	ip6[7] = 64;
	set_ip(&ip6[8], src != NULL ? src : "2001:db8:a::1");
	set_ip(&ip6[24], dst != NULL ? dst : "2001:db8:b::2");
}

/* No packet of a few octets is too big for anyone. */
static enum mtud_icmp_counter
want_for(const struct cause_case *c, const struct mtud_icmp_error *err)
{
	if (err->type == 2 && c->ip_len != 0)
		return MTUD_ICMP_HELD_LARGER;
	return is_excepted(err) ? c->want_excepted : c->want;
}

static void
ask_every_kind(const struct cause_case *c, const uint8_t *octets, uint16_t seg_len)
{
	uint32_t ip_len = c->ip_len != 0 ? c->ip_len : IP_LEN;
	struct mtud_icmp_cause cause = {.l3_at = L3_AT,
		.ip_len = ip_len,
		.l2_multicast = c->l2_multicast,
		.src_is_anycast = c->src_is_anycast};
	struct rte_mbuf *m = test_mbuf(pool, octets, L3_AT + ip_len + 8, seg_len);
	enum mtud_icmp_counter got, want;
	unsigned int i;

	cause.m = m;
	for (i = 0; i < RTE_DIM(kinds); i++) {
		got = mtud_icmp6_may_send(&kinds[i], &cause);
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
	static const uint16_t seg_lens[] = {0, 3, 33, 54};
	uint8_t octets[ROOM] = {0};
	unsigned int i, s;

	(void)state;
	for (i = 0; i < RTE_DIM(causes); i++) {
		write_ip6(&octets[L3_AT], causes[i].src, causes[i].dst, causes[i].next);
		memcpy(&octets[L3_AT + IP6], causes[i].octets, sizeof(causes[i].octets));
		for (s = 0; s < RTE_DIM(seg_lens); s++)
			ask_every_kind(&causes[i], octets, seg_lens[s]);
	}
}

/* n destination option headers of 8 octets, then an ICMPv6 message of a type. */
static void
ask_behind(unsigned int n, uint8_t type, enum mtud_icmp_counter want)
{
	const struct cause_case c = {.name = "long chain", .want = want, .want_excepted = want};
	uint8_t octets[ROOM] = {0}, *at = &octets[L3_AT + IP6];
	unsigned int i;

	write_ip6(&octets[L3_AT], NULL, NULL, 60);
	for (i = 0; i < n; i++, at += 8)
		at[0] = i + 1 < n ? 60 : 58;
	at[0] = type;
	ask_every_kind(&c, octets, 0);
}

/* The chain cannot be a place to hide an error in. */
static void
test_long_chain(void **state)
{
	(void)state;
	ask_behind(125, 128, SEND);
	ask_behind(125, 1, ERROR);
	ask_behind(MTUD_PKT_MAX_EXT, 128, SEND);
	ask_behind(MTUD_PKT_MAX_EXT, 1, ERROR);
	ask_behind(MTUD_PKT_MAX_EXT + 1, 1, ERROR);
	ask_behind(MTUD_PKT_MAX_EXT + 1, 128, ERROR);
}

/* A Packet Too Big is no larger than its cause, and its MTU always smaller. */
static void
test_size(void **state)
{
	static const struct {
		struct mtud_icmp_error err;
		uint32_t ip_len;
		enum mtud_icmp_counter want;
	} cases[] = {
		{{2, 0, 1280}, 1281, SEND},
		{{2, 0, 1280}, 1280, MTUD_ICMP_HELD_LARGER},
		{{2, 0, 1281}, 1281, MTUD_ICMP_HELD_LARGER},
		{{2, 0, 1500}, 1501, SEND},
		{{2, 0, 1500}, 1500, MTUD_ICMP_HELD_LARGER},
		{{2, 0, UINT32_MAX}, 2000, MTUD_ICMP_HELD_LARGER},
		{{2, 0, 900}, 1280, SEND},
		{{2, 0, 900}, 1279, MTUD_ICMP_HELD_LARGER},
		{{2, 0, 900}, 1000, MTUD_ICMP_HELD_LARGER},
		{{3, 0, 0}, 40, SEND},
		{{1, 0, 0}, 1279, SEND},
		{{4, 1, 6}, 1280, SEND},
		{{4, 0, 1400}, 1400, SEND},
	};
	uint8_t octets[ROOM] = {0};
	struct mtud_icmp_cause cause = {.l3_at = L3_AT};
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	write_ip6(&octets[L3_AT], NULL, NULL, 17);
	m = test_mbuf(pool, octets, sizeof(octets), 0);
	cause.m = m;
	for (i = 0; i < RTE_DIM(cases); i++) {
		cause.ip_len = cases[i].ip_len;
		assert_int_equal(mtud_icmp6_may_send(&cases[i].err, &cause), cases[i].want);
	}
	rte_pktmbuf_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind_and_cause),
		cmocka_unit_test(test_long_chain),
		cmocka_unit_test(test_size),
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
