/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_icmp.h"
#include "test_quote.h"

#define IP6    sizeof(struct rte_ipv6_hdr)
#define JUMBO  9000
#define PAD    32
#define MAX_AT 33 /* l3_at at most */

/* Where errors come from is a pool of its own, so that it can be empty. */
static struct rte_mempool *pool;
static struct rte_mempool *replies;

static const struct mtud_ip router = {{0x20, 0x01, 0x0d, 0xb8, 0, 0x0a, [15] = 0xff}};

struct error_case {
	uint32_t ip_len;
	struct mtud_icmp_error err;
	uint16_t len;        /* of the answer */
	uint8_t headers[48]; /* of the answer, from scapy */
};

/* From 2001:db8:a::ff to 2001:db8:a::1, hop limit 64; the last 8 octets are ICMPv6's. */
#define HEADERS(len_hi, len_lo, ...)                                                               \
	{                                                                                          \
		0x60, 0, 0, 0, len_hi, len_lo, 58, 64, 0x20, 0x01, 0x0d, 0xb8, 0, 0x0a, 0, 0, 0,   \
			0, 0, 0, 0, 0, 0, 0xff, 0x20, 0x01, 0x0d, 0xb8, 0, 0x0a, 0, 0, 0, 0, 0, 0, \
			0, 0, 0, 0x01, __VA_ARGS__                                                 \
	}

static const struct error_case error_cases[] = {
	{1500, {2, 0, 1280}, 1280, HEADERS(0x04, 0xd8, 2, 0, 0xda, 0x5d, 0, 0, 0x05, 0x00)},
	{1281, {2, 0, 1280}, 1280, HEADERS(0x04, 0xd8, 2, 0, 0xdb, 0x38, 0, 0, 0x05, 0x00)},
	{JUMBO, {2, 0, 1500}, 1280, HEADERS(0x04, 0xd8, 2, 0, 0xbc, 0x35, 0, 0, 0x05, 0xdc)},
	{1232, {3, 0, 0}, 1280, HEADERS(0x04, 0xd8, 3, 0, 0xdf, 0x69, 0, 0, 0, 0)},
	{1233, {3, 0, 0}, 1280, HEADERS(0x04, 0xd8, 3, 0, 0xdf, 0x68, 0, 0, 0, 0)},
	{61, {1, 3, 0}, 109, HEADERS(0x00, 0x45, 1, 3, 0x8b, 0xc4, 0, 0, 0, 0)},
	{40, {4, 1, 6}, 88, HEADERS(0x00, 0x30, 4, 1, 0xae, 0xc7, 0, 0, 0, 6)},
};

/* The packet that scapy built those answers around, behind l3_at octets, in front of padding. */
static uint32_t
write_cause(uint8_t *octets, uint32_t l3_at, uint32_t ip_len)
{
	static const uint8_t ip6[] = {0x60, 0x31, 0x23, 0x45, 0, 0, 17, 64, 0x20, 0x01, 0x0d, 0xb8,
		0, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x20, 0x01, 0x0d, 0xb8, 0, 0x0b, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 2};
	uint8_t *at = octets + l3_at;
	uint32_t i;

	memset(octets, 0xaa, l3_at + ip_len + PAD);
	memcpy(at, ip6, sizeof(ip6));
	at[4] = (ip_len - IP6) >> 8;
	at[5] = (ip_len - IP6) & 0xff;
	for (i = 0; i < ip_len - IP6; i++)
		at[IP6 + i] = (i * 7 + 3) & 0xff;
	return l3_at + ip_len + PAD;
}

/* The whole answer, behind the room for the Ethernet header. */
static void
answer_equal(const struct rte_mbuf *m, const struct error_case *c, const uint8_t *quote)
{
	uint8_t got[RTE_ETHER_HDR_LEN + MTUD_ICMP6_MAX_LEN], *at = got + RTE_ETHER_HDR_LEN;
	const char *reason;
	const void *from;

	if (rte_mbuf_check(m, 1, &reason) != 0)
		fail_msg("%s", reason);
	assert_int_equal(m->pkt_len, RTE_ETHER_HDR_LEN + c->len);
	assert_int_equal(mtud_icmp6_error_len(c->ip_len), c->len);
	from = rte_pktmbuf_read(m, 0, m->pkt_len, got);
	assert_non_null(from);
	if (from != got)
		memcpy(got, from, m->pkt_len);
	assert_memory_equal(at, c->headers, sizeof(c->headers));
	assert_memory_equal(at + sizeof(c->headers), quote, c->len - sizeof(c->headers));
}

static void
build_one(const struct error_case *c, uint32_t l3_at, uint16_t seg_len, enum obstacle o)
{
	uint8_t octets[MAX_AT + JUMBO + PAD];
	uint32_t len = write_cause(octets, l3_at, c->ip_len);
	struct rte_mbuf *cause = test_mbuf(pool, octets, len, seg_len), *m;

	cause->port = 3;
	cause->ol_flags = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED |
			  RTE_MBUF_F_RX_L4_CKSUM_GOOD | RTE_MBUF_F_TX_TCP_CKSUM;
	obstruct(cause, o, l3_at, RTE_ETHER_HDR_LEN + MTUD_ICMP6_OVERHEAD);
	m = mtud_icmp6_error(replies, cause, l3_at, c->ip_len, &c->err, &router, 64);
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
	static const uint16_t seg_lens[] = {0, 14, 33, 54, 55, 100, 1232, 1246, 2048};
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

static void
test_error_without_mbuf(void **state)
{
	const struct error_case *c = &error_cases[0];
	uint8_t octets[MAX_AT + JUMBO + PAD];
	uint32_t len = write_cause(octets, 14, c->ip_len);
	struct rte_mbuf *all[TEST_POOL_SIZE], *cause = test_mbuf(pool, octets, len, 100);

	(void)state;
	assert_int_equal(rte_pktmbuf_alloc_bulk(replies, all, TEST_POOL_SIZE), 0);
	obstruct(cause, NO_HEADROOM, 14, RTE_ETHER_HDR_LEN + MTUD_ICMP6_OVERHEAD);
	assert_null(mtud_icmp6_error(replies, cause, 14, c->ip_len, &c->err, &router, 64));
	test_mbuf_equal(cause, octets, len);
	rte_pktmbuf_free_bulk(all, TEST_POOL_SIZE);
	rte_pktmbuf_free(cause);
}

static void
count_free(void *addr, void *count)
{
	(void)addr;
	(*(unsigned int *)count)++;
}

/* A PMD's own buffer behind the mbuf must find its way home. */
static void
test_error_keeps_buffer_owner(void **state)
{
	const struct error_case *c = &error_cases[0];
	uint8_t octets[MAX_AT + JUMBO + PAD];
	uint32_t len = write_cause(octets, 14, c->ip_len);
	struct rte_mbuf *cause = rte_pktmbuf_alloc(pool), *m;
	struct rte_mbuf_ext_shared_info shinfo = {.free_cb = count_free};
	unsigned int freed = 0;

	(void)state;
	assert_non_null(cause);
	shinfo.fcb_opaque = &freed;
	rte_mbuf_ext_refcnt_set(&shinfo, 1);
	rte_pktmbuf_attach_extbuf(cause, octets, RTE_BAD_IOVA, sizeof(octets), &shinfo);
	cause->data_off = 0;
	assert_non_null(rte_pktmbuf_append(cause, len));
	m = mtud_icmp6_error(replies, cause, 14, c->ip_len, &c->err, &router, 64);
	assert_non_null(m);
	answer_equal(m, c, octets + 14);
	rte_pktmbuf_free(m);
	assert_int_equal(freed, 1);
}

/* From here on: requests and their answers, from scapy. */
static const uint8_t echo_request[] = {0x6b, 0x8a, 0xbc, 0xde, 0x00, 0x1d, 0x3a, 0x01, 0x20, 0x01,
	0x0d, 0xb8, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x20,
	0x01, 0x0d, 0xb8, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff,
	0x80, 0x00, 0xcf, 0x0f, 0xbe, 0xef, 0x00, 0x03, 0x6f, 0x64, 0x64, 0x20, 0x64, 0x61, 0x74,
	0x61, 0x2c, 0x20, 0x32, 0x31, 0x20, 0x6f, 0x63, 0x74, 0x65, 0x74, 0x73, 0x2e, 0x2e};
static const uint8_t echo_reply[] = {0x6b, 0x8a, 0xbc, 0xde, 0x00, 0x1d, 0x3a, 0x40, 0x20, 0x01,
	0x0d, 0xb8, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0x20,
	0x01, 0x0d, 0xb8, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
	0x81, 0x00, 0xce, 0x0f, 0xbe, 0xef, 0x00, 0x03, 0x6f, 0x64, 0x64, 0x20, 0x64, 0x61, 0x74,
	0x61, 0x2c, 0x20, 0x32, 0x31, 0x20, 0x6f, 0x63, 0x74, 0x65, 0x74, 0x73, 0x2e, 0x2e};
static const uint8_t group_request[] = {0x60, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x3a, 0xff, 0xfe, 0x80,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0xff,
	0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
	0x80, 0x00, 0xa3, 0x5f, 0x00, 0x01, 0x00, 0x02, 0x70, 0x69, 0x6e, 0x67};
static const uint8_t group_reply[] = {0x60, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x3a, 0x40, 0xfe, 0x80,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xfe,
	0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
	0x81, 0x00, 0xa1, 0xe3, 0x00, 0x01, 0x00, 0x02, 0x70, 0x69, 0x6e, 0x67};
static const uint8_t ext_request[] = {0x60, 0x00, 0x00, 0x00, 0x00, 0x24, 0x00, 0xff, 0xfe, 0x80,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0xff,
	0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
	0x3c, 0x00, 0x05, 0x02, 0x00, 0x00, 0x01, 0x00, 0x3a, 0x01, 0x01, 0x0c, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x00, 0xa3, 0x5f, 0x00, 0x01,
	0x00, 0x02, 0x70, 0x69, 0x6e, 0x67};

struct echo_case {
	const uint8_t *request;
	uint16_t request_len;
	uint16_t payload_at;
	const uint8_t *reply;
	uint16_t reply_len;
	struct mtud_ip src;
};

static const struct echo_case echo_cases[] = {
	{echo_request, sizeof(echo_request), 40, echo_reply, sizeof(echo_reply),
		{{0x20, 0x01, 0x0d, 0xb8, 0, 0x0a, [15] = 0xff}}},
	/* To a group: the reply has a source of its own. */
	{group_request, sizeof(group_request), 40, group_reply, sizeof(group_reply),
		{{0xfe, 0x80, [15] = 0xff}}},
	/* Behind hop-by-hop and destination options: the reply has none. */
	{ext_request, sizeof(ext_request), 64, group_reply, sizeof(group_reply),
		{{0xfe, 0x80, [15] = 0xff}}},
};

static void
echo_one(const struct echo_case *c, uint32_t l3_at, uint16_t seg_len)
{
	uint8_t octets[256];
	struct rte_mbuf *m;

	memset(octets, 0xcc, sizeof(octets));
	memcpy(octets + l3_at, c->request, c->request_len);
	m = test_mbuf(pool, octets, l3_at + c->request_len + 20, seg_len);
	if (seg_len != 0 && seg_len < l3_at + c->payload_at + 8) {
		assert_int_equal(
			mtud_icmp6_echo_reply(m, l3_at, c->payload_at, c->request_len, &c->src, 64),
			0);
		test_mbuf_equal(m, octets, l3_at + c->request_len + 20);
	} else {
		assert_int_equal(
			mtud_icmp6_echo_reply(m, l3_at, c->payload_at, c->request_len, &c->src, 64),
			c->reply_len);
		memcpy(octets + l3_at, c->reply, c->reply_len);
		test_mbuf_equal(m, octets, l3_at + c->reply_len);
	}
	rte_pktmbuf_free(m);
	assert_true(rte_mempool_full(pool));
}

static void
test_echo(void **state)
{
	static const uint32_t l3_ats[] = {0, 14, 18};
	unsigned int i, a;
	uint16_t seg_len;

	(void)state;
	for (i = 0; i < RTE_DIM(echo_cases); i++)
		for (a = 0; a < RTE_DIM(l3_ats); a++)
			for (seg_len = 0; seg_len < 120; seg_len++)
				echo_one(&echo_cases[i], l3_ats[a], seg_len);
}

/* Shorter than an echo request's header: nothing to answer, nothing touched. */
static void
test_echo_short(void **state)
{
	struct rte_mbuf *m = test_mbuf(pool, echo_request, sizeof(echo_request), 0);
	const struct mtud_ip *src = &echo_cases[0].src;

	(void)state;
	assert_int_equal(mtud_icmp6_echo_reply(m, 0, 40, 47, src, 64), 0);
	assert_int_equal(mtud_icmp6_echo_reply(m, 0, 40, 40, src, 64), 0);
	assert_int_equal(mtud_icmp6_echo_reply(m, 0, 48, 40, src, 64), 0);
	test_mbuf_equal(m, echo_request, sizeof(echo_request));
	rte_pktmbuf_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_error_without_mbuf),
		cmocka_unit_test(test_error_keeps_buffer_owner),
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_echo_short),
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
