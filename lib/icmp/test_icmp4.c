/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_icmp.h"
#include "test_quote.h"

#define IP4    sizeof(struct rte_ipv4_hdr)
#define JUMBO  9000
#define PAD    32
#define MAX_AT 33 /* l3_at at most */
#define ID     0x5a17

/* Where errors come from is a pool of its own, so that it can be empty. */
static struct rte_mempool *pool;
static struct rte_mempool *replies;

static const struct mtud_ip router = {{[10] = 0xff, 0xff, 192, 0, 2, 254}};

/* What the table of families and reasons is to say, type and code by RFC 4443, 792 and 1812. */
static void
test_what(void **state)
{
	static const struct {
		enum mtud_icmp_what what;
		struct mtud_icmp_error v6;
		struct mtud_icmp_error v4;
	} cases[] = {
		{MTUD_WHAT_NO_ROUTE, {1, 0, 0}, {3, 0, 0}},
		{MTUD_WHAT_UNREACHABLE, {1, 0, 0}, {3, 1, 0}},
		{MTUD_WHAT_PROHIBITED, {1, 1, 0}, {3, 13, 0}},
		{MTUD_WHAT_BEYOND_SCOPE, {1, 2, 0}, {3, 1, 0}},
		{MTUD_WHAT_ADDRESS, {1, 3, 0}, {3, 1, 0}},
		{MTUD_WHAT_PORT, {1, 4, 0}, {3, 3, 0}},
		{MTUD_WHAT_PROTO, {4, 1, 1400}, {3, 2, 0}},
		{MTUD_WHAT_HOP_LIMIT, {3, 0, 0}, {11, 0, 0}},
		{MTUD_WHAT_TOO_BIG, {2, 0, 1400}, {3, 4, 1400}},
	};
	struct mtud_icmp_error got[MTUD_FAMILIES];
	unsigned int i;

	(void)state;
	assert_int_equal(RTE_DIM(cases), MTUD_WHAT_MAX);
	for (i = 0; i < RTE_DIM(cases); i++) {
		assert_int_equal(cases[i].what, i);
		got[MTUD_IPV6] = mtud_icmp_error_of(MTUD_IPV6, cases[i].what, 1400);
		got[MTUD_IPV4] = mtud_icmp_error_of(MTUD_IPV4, cases[i].what, 1400);
		assert_int_equal(got[MTUD_IPV6].type, cases[i].v6.type);
		assert_int_equal(got[MTUD_IPV6].code, cases[i].v6.code);
		assert_int_equal(got[MTUD_IPV6].value, cases[i].v6.value);
		assert_int_equal(got[MTUD_IPV4].type, cases[i].v4.type);
		assert_int_equal(got[MTUD_IPV4].code, cases[i].v4.code);
		assert_int_equal(got[MTUD_IPV4].value, cases[i].v4.value);
	}
}

struct error_case {
	uint32_t ip_len;
	uint8_t ihl; /* octets */
	uint8_t tos;
	struct mtud_icmp_error err;
	uint16_t len;        /* of the answer */
	uint8_t headers[28]; /* of the answer, from scapy */
};

/* From 192.0.2.254 to 198.51.100.1, TTL 64, identification 0x5a17. */
static const struct error_case error_cases[] = {
	{1500, 20, 0x00, {3, 4, 1280}, 576,
		{0x45, 0xc0, 0x02, 0x40, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01, 0x30, 0xb3, 0xc0, 0x00,
			0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x03, 0x04, 0x65, 0x9b, 0x00, 0x00,
			0x05, 0x00}},
	{577, 20, 0x00, {3, 4, 576}, 576,
		{0x45, 0xc0, 0x02, 0x40, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01, 0x30, 0xb3, 0xc0, 0x00,
			0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x03, 0x04, 0x6b, 0xf6, 0x00, 0x00,
			0x02, 0x40}},
	{576, 20, 0x10, {3, 4, 575}, 576,
		{0x45, 0xd0, 0x02, 0x40, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01, 0x30, 0xa3, 0xc0, 0x00,
			0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x03, 0x04, 0x6b, 0xe8, 0x00, 0x00,
			0x02, 0x3f}},
	{9000, 20, 0xff, {3, 4, 1500}, 576,
		{0x45, 0xde, 0x02, 0x40, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01, 0x30, 0x95, 0xc0, 0x00,
			0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x03, 0x04, 0x46, 0x74, 0x00, 0x00,
			0x05, 0xdc}},
	{101, 20, 0xb8, {3, 4, 100}, 101,
		{0x45, 0xd8, 0x00, 0x65, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01, 0x32, 0x76, 0xc0, 0x00,
			0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x03, 0x04, 0x02, 0x7b, 0x00, 0x00,
			0x00, 0x64}},
	{69, 20, 0x01, {3, 4, 68}, 69,
		{0x45, 0xc0, 0x00, 0x45, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01, 0x32, 0xae, 0xc0, 0x00,
			0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x03, 0x04, 0x6b, 0x6a, 0x00, 0x00,
			0x00, 0x44}},
	{96, 60, 0x00, {3, 4, 95}, 96,
		{0x45, 0xc0, 0x00, 0x60, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01, 0x32, 0x93, 0xc0, 0x00,
			0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x03, 0x04, 0x12, 0x82, 0x00, 0x00,
			0x00, 0x5f}},
	{1500, 24, 0x03, {3, 4, 1499}, 576,
		{0x45, 0xc2, 0x02, 0x40, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01, 0x30, 0xb1, 0xc0, 0x00,
			0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x03, 0x04, 0x1e, 0x86, 0x00, 0x00,
			0x05, 0xdb}},
	{1500, 20, 0x28, {11, 0, 0}, 576,
		{0x45, 0xc8, 0x02, 0x40, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01, 0x30, 0xab, 0xc0, 0x00,
			0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x0b, 0x00, 0x62, 0x77, 0x00, 0x00,
			0x00, 0x00}},
	{548, 20, 0x00, {11, 0, 0}, 576,
		{0x45, 0xc0, 0x02, 0x40, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01, 0x30, 0xb3, 0xc0, 0x00,
			0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x0b, 0x00, 0x66, 0x57, 0x00, 0x00,
			0x00, 0x00}},
	{549, 20, 0x00, {11, 0, 0}, 576,
		{0x45, 0xc0, 0x02, 0x40, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01, 0x30, 0xb3, 0xc0, 0x00,
			0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x0b, 0x00, 0x66, 0x56, 0x00, 0x00,
			0x00, 0x00}},
	{547, 20, 0x00, {11, 0, 0}, 575,
		{0x45, 0xc0, 0x02, 0x3f, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01, 0x30, 0xb4, 0xc0, 0x00,
			0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x0b, 0x00, 0x66, 0xc4, 0x00, 0x00,
			0x00, 0x00}},
	{61, 20, 0xc0, {3, 1, 0}, 89,
		{0x45, 0xc0, 0x00, 0x59, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01, 0x32, 0x9a, 0xc0, 0x00,
			0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x03, 0x01, 0xcc, 0xa1, 0x00, 0x00,
			0x00, 0x00}},
	{20, 20, 0x00, {3, 0, 0}, 48,
		{0x45, 0xc0, 0x00, 0x30, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01, 0x32, 0xc3, 0xc0, 0x00,
			0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x03, 0x00, 0x91, 0xc1, 0x00, 0x00,
			0x00, 0x00}},
	{28, 20, 0x1e, {3, 3, 0}, 56,
		{0x45, 0xde, 0x00, 0x38, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01, 0x32, 0x9d, 0xc0, 0x00,
			0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x03, 0x03, 0x31, 0x1c, 0x00, 0x00,
			0x00, 0x00}},
	{40, 24, 0xe2, {12, 0, 20}, 68,
		{0x45, 0xc2, 0x00, 0x44, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01, 0x32, 0xad, 0xc0, 0x00,
			0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x0c, 0x00, 0xce, 0xef, 0x14, 0x00,
			0x00, 0x00}},
	{1400, 20, 0x00, {3, 13, 0}, 576,
		{0x45, 0xc0, 0x02, 0x40, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01, 0x30, 0xb3, 0xc0, 0x00,
			0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x03, 0x0d, 0x6a, 0xf6, 0x00, 0x00,
			0x00, 0x00}},
};

/*
 * The packet that scapy built those answers around, behind l3_at octets, in front of padding. Its
 * TTL is used up and its header checksum wrong, so that a quote of anything else shows.
 */
static uint32_t
write_cause(uint8_t *octets, uint32_t l3_at, const struct error_case *c)
{
	static const uint8_t ip[] = {0x40, 0, 0, 0, 0xbe, 0x01, 0x40, 0, 1, 17, 0xc0, 0xde, 198, 51,
		100, 1, 203, 0, 113, 2};
	uint8_t *at = octets + l3_at;
	uint32_t i;

	memset(octets, 0xaa, l3_at + c->ip_len + PAD);
	memset(at, 1, c->ihl);
	memcpy(at, ip, sizeof(ip));
	at[0] |= c->ihl / 4;
	at[1] = c->tos;
	at[2] = c->ip_len >> 8;
	at[3] = c->ip_len & 0xff;
	for (i = 0; i < c->ip_len - c->ihl; i++)
		at[c->ihl + i] = (i * 7 + 3) & 0xff;
	return l3_at + c->ip_len + PAD;
}

/* RFC 1071 as it is written, octet by octet: 0 over what carries its checksum. */
static uint16_t
plain_cksum(const uint8_t *octets, uint32_t len)
{
	uint32_t sum = 0, i;

	for (i = 0; i < len; i++)
		sum += i % 2 == 0 ? octets[i] << 8 : octets[i];
	while (sum > 0xffff)
		sum = (sum >> 16) + (sum & 0xffff);
	return sum ^ 0xffff;
}

static void
linear(const struct rte_mbuf *m, uint8_t *to, uint32_t room)
{
	const char *reason;
	const void *from;

	if (rte_mbuf_check(m, 1, &reason) != 0)
		fail_msg("%s", reason);
	assert_in_range(m->pkt_len, 0, room);
	from = rte_pktmbuf_read(m, 0, m->pkt_len, to);
	assert_non_null(from);
	if (from != to)
		memcpy(to, from, m->pkt_len);
}

/* The whole answer, behind the room for the Ethernet header. */
static void
answer_equal(const struct rte_mbuf *m, const struct error_case *c, const uint8_t *quote)
{
	uint8_t got[RTE_ETHER_HDR_LEN + MTUD_ICMP4_MAX_LEN], *at = got + RTE_ETHER_HDR_LEN;

	assert_int_equal(m->pkt_len, RTE_ETHER_HDR_LEN + c->len);
	assert_int_equal(mtud_icmp4_error_len(&c->err, c->ip_len), c->len);
	linear(m, got, sizeof(got));
	assert_memory_equal(at, c->headers, sizeof(c->headers));
	assert_memory_equal(at + sizeof(c->headers), quote, c->len - sizeof(c->headers));
}

static void
build_one(const struct error_case *c, uint32_t l3_at, uint16_t seg_len, enum obstacle o)
{
	uint8_t octets[MAX_AT + JUMBO + PAD];
	uint32_t len = write_cause(octets, l3_at, c);
	struct rte_mbuf *cause = test_mbuf(pool, octets, len, seg_len), *m;

	cause->port = 3;
	cause->ol_flags = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED |
			  RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_TX_TCP_CKSUM;
	obstruct(cause, o, l3_at, RTE_ETHER_HDR_LEN + MTUD_ICMP4_OVERHEAD);
	m = mtud_icmp4_error(replies, cause, l3_at, c->ip_len, &c->err, &router, 64, ID);
	assert_non_null(m);
	answer_equal(m, c, octets + l3_at);
	assert_int_equal(m->port, 3);
	assert_int_equal(m->ol_flags, 0);
	/* A first segment without the octets in front of the packet has no place for headers. */
	if (o == FREE_WAY && seg_len != 0 && l3_at > seg_len)
		o = NO_HEADROOM;
	check_place(m, cause, o, pool, replies);
}

static void
test_error(void **state)
{
	static const uint16_t seg_lens[] = {0, 14, 33, 34, 35, 100, 548, 562, 2048};
	static const uint32_t l3_ats[] = {0, 14, 18, MAX_AT};
	unsigned int i, s, a;
	enum obstacle o;

	(void)state;
	for (i = 0; i < RTE_DIM(error_cases); i++) {
		for (s = 0; s < RTE_DIM(seg_lens); s++) {
			if (seg_lens[s] == 0 && error_cases[i].ip_len == JUMBO)
				continue; /* no room in one segment */
			for (a = 0; a < RTE_DIM(l3_ats); a++) {
				for (o = FREE_WAY; o < OBSTACLES; o++)
					build_one(&error_cases[i], l3_ats[a], seg_lens[s], o);
			}
		}
	}
}

/* TTL and identification are the caller's; a value that has no room is not spread over others. */
static void
test_error_fields(void **state)
{
	static const struct mtud_icmp_error large = {3, 4, 0x12345}, pointer = {12, 0, 0x114};
	const struct error_case c = {.ip_len = 100, .ihl = 20};
	uint8_t octets[MAX_AT + JUMBO + PAD], got[256], *at = got + RTE_ETHER_HDR_LEN;
	uint32_t len = write_cause(octets, 14, &c);
	struct rte_mbuf *m;

	(void)state;
	m = mtud_icmp4_error(replies, test_mbuf(pool, octets, len, 0), 14, c.ip_len, &large,
		&router, 255, 0xfffe);
	assert_non_null(m);
	linear(m, got, sizeof(got));
	assert_memory_equal(at + 4, "\xff\xfe\0\0\xff\1", 6);
	assert_memory_equal(at + IP4 + 4, "\0\0\xff\xff", 4);
	rte_pktmbuf_free(m);

	m = mtud_icmp4_error(replies, test_mbuf(pool, octets, len, 0), 14, c.ip_len, &pointer,
		&router, 1, 0);
	assert_non_null(m);
	linear(m, got, sizeof(got));
	assert_memory_equal(at + 4, "\0\0\0\0\1\1", 6);
	assert_memory_equal(at + IP4 + 4, "\x14\0\0\0", 4);
	rte_pktmbuf_free(m);
}

static void
check_length(const struct error_case *c, uint16_t seg_len, enum obstacle o)
{
	uint8_t octets[MAX_AT + JUMBO + PAD], got[RTE_ETHER_HDR_LEN + MTUD_ICMP4_MAX_LEN];
	uint32_t len = write_cause(octets, 14, c);
	uint8_t *at = got + RTE_ETHER_HDR_LEN;
	struct rte_mbuf *m = test_mbuf(pool, octets, len, seg_len);

	obstruct(m, o, 14, RTE_ETHER_HDR_LEN + MTUD_ICMP4_OVERHEAD);
	m = mtud_icmp4_error(replies, m, 14, c->ip_len, &c->err, &router, 64, c->ip_len * 41);
	assert_non_null(m);
	assert_int_equal(m->pkt_len, RTE_ETHER_HDR_LEN + c->len);
	linear(m, got, sizeof(got));
	assert_int_equal(at[2] << 8 | at[3], c->len);
	assert_int_equal(plain_cksum(at, IP4), 0);
	assert_int_equal(plain_cksum(at + IP4, c->len - IP4), 0);
	assert_memory_equal(at + 28, octets + 14, c->len - 28);
	rte_pktmbuf_free(m);
}

/* min(576, 28 + n), of Fragmentation Needed min(576, n): each length, odd and even. */
static void
test_every_length(void **state)
{
	static const uint16_t seg_lens[] = {0, 15, 34, 77, 128, 512};
	struct error_case c = {.ihl = 20};
	unsigned int n, s;

	(void)state;
	for (n = 0; n <= 1500; n++) {
		c.err = (struct mtud_icmp_error){11, 0, 0};
		c.len = n <= 548 ? n + 28 : 576;
		assert_int_equal(mtud_icmp4_error_len(&c.err, n), c.len);
		c.ip_len = n;
		for (s = 0; n >= 20 && s < RTE_DIM(seg_lens); s++)
			check_length(&c, seg_lens[s], (n + s) % 2 == 0 ? FREE_WAY : NO_HEADROOM);

		c.err = (struct mtud_icmp_error){3, 4, n - 1};
		c.len = n <= 576 ? n : 576;
		assert_int_equal(mtud_icmp4_error_len(&c.err, n), c.len);
		for (s = 0; n >= 56 && s < RTE_DIM(seg_lens); s++)
			check_length(&c, seg_lens[s], (n + s) % 2 == 0 ? FREE_WAY : NO_HEADROOM);
	}
	/* As long as IP packets are, nothing wraps. */
	assert_int_equal(mtud_icmp4_error_len(&error_cases[0].err, 65535), 576);
	c.err.type = 11;
	assert_int_equal(mtud_icmp4_error_len(&c.err, 65535), 576);
}

/* Without an mbuf, without a header to quote, or without room for a quote there is no error. */
static void
test_error_refused(void **state)
{
	const struct error_case *c = &error_cases[0];
	const struct mtud_icmp_error *err = &c->err;
	uint8_t octets[MAX_AT + JUMBO + PAD];
	uint32_t len = write_cause(octets, 14, c), n;
	struct rte_mbuf *all[TEST_POOL_SIZE], *cause = test_mbuf(pool, octets, len, 100);

	(void)state;
	for (n = 0; n <= 28; n++)
		assert_null(mtud_icmp4_error(replies, cause, 14, n, err, &router, 64, ID));
	assert_null(mtud_icmp4_error(replies, cause, len - 19, 100, err, &router, 64, ID));
	assert_null(mtud_icmp4_error(replies, cause, len - 71, 100, err, &router, 64, ID));
	test_mbuf_equal(cause, octets, len);
	assert_true(rte_mempool_full(replies));

	assert_int_equal(rte_pktmbuf_alloc_bulk(replies, all, TEST_POOL_SIZE), 0);
	obstruct(cause, NO_HEADROOM, 14, RTE_ETHER_HDR_LEN + MTUD_ICMP4_OVERHEAD);
	assert_null(mtud_icmp4_error(replies, cause, 14, c->ip_len, err, &router, 64, ID));
	test_mbuf_equal(cause, octets, len);
	rte_pktmbuf_free_bulk(all, TEST_POOL_SIZE);
	rte_pktmbuf_free(cause);
}

/* A test that loses a packet fails here. */
static int
none_lost(void **state)
{
	(void)state;
	return rte_mempool_full(pool) && rte_mempool_full(replies) ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what),
		cmocka_unit_test_teardown(test_error, none_lost),
		cmocka_unit_test_teardown(test_error_fields, none_lost),
		cmocka_unit_test_teardown(test_every_length, none_lost),
		cmocka_unit_test_teardown(test_error_refused, none_lost),
	};
	int rc;

	if (test_eal_init(64, "") < 0)
		return 1;
	pool = test_pool_create("test");
	replies = test_pool_create("replies");
	if (pool == NULL || replies == NULL)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rte_mempool_free(replies);
	rte_mempool_free(pool);
	rte_eal_cleanup();
	return rc;
}
