/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "test_mbuf.h"

/* Octets in front of the IPv6 header in the walk's packets, to tell l3_at from 0. */
#define L3_AT 14
#define IP6   sizeof(struct rte_ipv6_hdr)
#define ROOM  4096

static struct rte_mempool *pool;

/* Extension headers as they follow the IPv6 header; next[i] is the field that names number i. */
struct ext {
	uint8_t proto;
	uint8_t len;   /* the length field as it stands */
	uint16_t size; /* octets, by the RFC that defines the header */
	uint16_t frag; /* the offset field of a fragment header, with its flags */
};

struct walk_case {
	const char *name;
	struct ext ext[10]; /* up to the first of size 0 */
	uint8_t last;       /* next header of the last of them */
	int cut;            /* octets that ip_len lacks to the end of the extension headers */
	struct mtud_pkt_chain want; /* offsets from the IPv6 header */
};

/* RFC 8200 section 4, RFC 4302 section 2.2, RFC 6275 section 6.1.1, RFC 7401 section 5.1. */
static const struct walk_case walk_cases[] = {
	{"no extension header", {{0}}, 17, 0, {.proto = 17, .proto_at = 6, .payload_at = 40}},
	{"every kind",
		{{0, 0, 8, 0}, {60, 1, 16, 0}, {43, 2, 24, 0}, {135, 1, 16, 0}, {139, 3, 32, 0},
			{140, 0, 8, 0}, {51, 4, 24, 0}, {60, 0, 8, 0}},
		58, 0, {.proto = 58, .proto_at = 168, .payload_at = 176}},
	{"AH is counted in fours", {{51, 5, 28, 0}}, 6, 0,
		{.proto = 6, .proto_at = 40, .payload_at = 68}},
	{"the longest header", {{60, 255, 2048, 0}}, 58, 0,
		{.proto = 58, .proto_at = 40, .payload_at = 2088}},
	{"ESP ends it", {{60, 0, 8, 0}}, 50, 0, {.proto = 50, .proto_at = 40, .payload_at = 48}},
	{"no next header ends it", {{0, 0, 8, 0}}, 59, 0,
		{.proto = 59, .proto_at = 40, .payload_at = 48}},
	{"unknown ends it", {{0, 0, 8, 0}}, 253, 0,
		{.proto = 253, .proto_at = 40, .payload_at = 48}},
	{"IPv6 in IPv6 ends it", {{0}}, 41, 0, {.proto = 41, .proto_at = 6, .payload_at = 40}},
	{"first fragment, walked on", {{44, 0, 8, 0x0001}, {60, 0, 8, 0}}, 58, 0,
		{.proto = 58,
			.proto_at = 48,
			.payload_at = 56,
			.fragment_header = true,
			.fragment = true}},
	{"later fragment, not walked on", {{0, 0, 8, 0}, {44, 0, 8, 0x0009}}, 60, 0,
		{.proto = 60,
			.proto_at = 48,
			.payload_at = 56,
			.fragment_header = true,
			.fragment = true,
			.later_fragment = true}},
	{"last fragment", {{44, 0, 8, 0xfff8}}, 58, 0,
		{.proto = 58,
			.proto_at = 40,
			.payload_at = 48,
			.fragment_header = true,
			.fragment = true,
			.later_fragment = true}},
	{"atomic fragment", {{44, 0, 8, 0x0000}}, 58, 0,
		{.proto = 58, .proto_at = 40, .payload_at = 48, .fragment_header = true}},
	{"atomic fragment, reserved bits set", {{44, 0, 8, 0x0006}, {0, 0, 8, 0}}, 58, 0,
		{.proto = 58, .proto_at = 48, .payload_at = 56, .fragment_header = true}},
	{"the length field of a fragment header is reserved", {{44, 9, 8, 0x0001}}, 58, 0,
		{.proto = 58,
			.proto_at = 40,
			.payload_at = 48,
			.fragment_header = true,
			.fragment = true}},
	{"one octet short", {{0, 0, 8, 0}, {60, 1, 16, 0}}, 58, 1,
		{.proto = 60, .proto_at = 40, .payload_at = 48, .truncated = true}},
	{"half an AH", {{51, 4, 24, 0}}, 58, 12,
		{.proto = 51, .proto_at = 6, .payload_at = 40, .truncated = true}},
	{"half a fragment header", {{44, 0, 8, 0x0001}}, 58, 4,
		{.proto = 44, .proto_at = 6, .payload_at = 40, .truncated = true}},
	{"nothing of the header named", {{0, 0, 8, 0}, {60, 0, 8, 0}}, 58, 8,
		{.proto = 60, .proto_at = 40, .payload_at = 48, .truncated = true}},
};

static uint32_t
put_ext(uint8_t *at, const struct ext *ext, uint8_t next)
{
	memset(at, 0xee, ext->size);
	at[0] = next;
	at[1] = ext->len;
	if (ext->proto == 44) {
		at[2] = ext->frag >> 8;
		at[3] = ext->frag & 0xff;
	}
	return ext->size;
}

static void
chain_equal(const struct mtud_pkt_chain *got, const struct mtud_pkt_chain *want)
{
	assert_int_equal(got->proto, want->proto);
	assert_int_equal(got->truncated, want->truncated);
	assert_int_equal(got->given_up, want->given_up);
	assert_int_equal(got->fragment_header, want->fragment_header);
	assert_int_equal(got->fragment, want->fragment);
	assert_int_equal(got->later_fragment, want->later_fragment);
	assert_int_equal(got->proto_at, want->proto_at);
	assert_int_equal(got->payload_at, want->payload_at);
}

/* In one segment and in segments of any length, with octets behind ip_len that look like more. */
static void
walk_all_ways(
	const uint8_t *octets, uint32_t ip_len, uint32_t pad, const struct mtud_pkt_chain *want)
{
	static const uint16_t seg_lens[] = {0, 1, 2, 3, 7, 8, 13, 48, 54, 55, 64};
	struct mtud_pkt_chain got;
	struct rte_mbuf *m;
	unsigned int i;

	for (i = 0; i < RTE_DIM(seg_lens); i++) {
		m = test_mbuf(pool, octets, L3_AT + ip_len + pad, seg_lens[i]);
		memset(&got, 0xff, sizeof(got));
		mtud_pkt_walk(m, L3_AT, ip_len, &got);
		chain_equal(&got, want);
		rte_pktmbuf_free(m);
	}
}

static void
test_walk(void **state)
{
	uint8_t octets[ROOM];
	const struct walk_case *c;
	uint32_t at;
	unsigned int i, n;

	(void)state;
	for (i = 0; i < RTE_DIM(walk_cases); i++) {
		c = &walk_cases[i];
		print_message("  %s\n", c->name);
		/* Were it read, this padding would be extension headers without end. */
		memset(octets, 0, sizeof(octets));
		at = L3_AT + IP6;
		octets[L3_AT] = 0x60;
		octets[L3_AT + 6] = c->ext[0].size != 0 ? c->ext[0].proto : c->last;
		for (n = 0; c->ext[n].size != 0; n++)
			at += put_ext(&octets[at], &c->ext[n],
				c->ext[n + 1].size != 0 ? c->ext[n + 1].proto : c->last);
		walk_all_ways(octets, at - L3_AT - c->cut, c->cut + 64, &c->want);
	}
}

/* MTUD_PKT_MAX_EXT headers are walked through; one more, and nobody knows what is behind. */
static void
test_walk_gives_up(void **state)
{
	struct mtud_pkt_chain want = {
		.proto = 58, .proto_at = 40 + 255 * 8, .payload_at = 40 + 256 * 8};
	const struct ext ext = {60, 0, 8, 0};
	uint8_t octets[ROOM] = {[L3_AT] = 0x60, [L3_AT + 6] = 60};
	uint32_t at = L3_AT + IP6;
	unsigned int i;

	(void)state;
	for (i = 0; i < 256; i++)
		at += put_ext(&octets[at], &ext, i < 255 ? 60 : 58);
	walk_all_ways(octets, at - L3_AT + 8, 0, &want);

	octets[at - 8] = 60;
	put_ext(&octets[at], &ext, 58);
	want.proto = 60;
	want.truncated = want.given_up = true;
	walk_all_ways(octets, at - L3_AT + 8, 0, &want);
}

/* 65,575 octets are possible, of which the last 40 are beyond what an offset can say. */
static void
test_walk_beyond_offsets(void **state)
{
	const uint32_t ip_len = 65535 + IP6;
	uint8_t *octets = calloc(1, L3_AT + ip_len);
	struct mtud_pkt_chain got;
	const struct ext longest = {60, 255, 2048, 0}, rest = {60, 250, 2008, 0};
	uint32_t at = L3_AT + IP6;
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	assert_non_null(octets);
	octets[L3_AT + 6] = 60;
	for (i = 0; i < 31; i++)
		at += put_ext(&octets[at], &longest, 60);
	put_ext(&octets[at], &rest, 58);
	m = test_mbuf(pool, octets, L3_AT + ip_len, 2000);
	mtud_pkt_walk(m, L3_AT, ip_len, &got);
	assert_true(got.given_up && got.truncated);
	assert_int_equal(got.proto, 60);
	assert_int_equal(got.payload_at, 40 + 31 * 2048);
	rte_pktmbuf_free(m);
	free(octets);
}

/* An echo request with 13 octets of data, from scapy. */
static const uint8_t echo_odd[] = {0x60, 0x00, 0x00, 0x00, 0x00, 0x15, 0x3a, 0x40, 0x20, 0x01, 0x0d,
	0xb8, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x20, 0x01,
	0x0d, 0xb8, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x80,
	0x00, 0xe0, 0xd2, 0x12, 0x34, 0x00, 0x07, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
	0x09, 0x0a, 0x0b, 0x0c, 0x0d};

static void
test_cksum_of_any_segments(void **state)
{
	const struct mtud_ip src = {{0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 1}};
	const struct mtud_ip dst = {{0x20, 0x01, 0x0d, 0xb8, 0, 2, [15] = 2}};
	uint8_t octets[sizeof(echo_odd) + 5];
	uint32_t len = sizeof(echo_odd) - IP6;
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	memset(octets, 0xa5, sizeof(octets)); /* padding is not summed */
	for (i = 0; i <= sizeof(octets); i++) {
		memcpy(octets, echo_odd, sizeof(echo_odd));
		m = test_mbuf(pool, octets, sizeof(octets), i);
		assert_int_equal(mtud_pkt_cksum6(m, &src, &dst, 58, IP6, len), 0);
		rte_pktmbuf_free(m);

		memset(&octets[IP6 + 2], 0, 2);
		m = test_mbuf(pool, octets, sizeof(octets), i);
		assert_int_equal(
			mtud_pkt_cksum6(m, &src, &dst, 58, IP6, len), rte_cpu_to_be_16(0xe0d2));
		rte_pktmbuf_free(m);

		octets[IP6 + 15] ^= 0x10;
		m = test_mbuf(pool, octets, sizeof(octets), i);
		assert_int_not_equal(
			mtud_pkt_cksum6(m, &src, &dst, 58, IP6, len), rte_cpu_to_be_16(0xe0d2));
		rte_pktmbuf_free(m);
	}
}

/* Sums that carry out of 16 bits in every segment; the values are scapy's. */
static void
test_cksum_carries(void **state)
{
	const struct mtud_ip src = {{0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 1}};
	const struct mtud_ip dst = {{0x20, 0x01, 0x0d, 0xb8, 0, 2, [15] = 2}};
	static const uint16_t seg_lens[] = {0, 1, 2, 3, 255, 411, 512, 1231};
	uint8_t octets[8 + 1232];
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	memset(octets, 0xff, sizeof(octets));
	memcpy(octets, "\x80\0\0\0", 4);
	for (i = 0; i < RTE_DIM(seg_lens); i++) {
		m = test_mbuf(pool, octets, sizeof(octets), seg_lens[i]);
		assert_int_equal(
			mtud_pkt_cksum6(m, &src, &dst, 58, 0, 8 + 1231), rte_cpu_to_be_16(0x2075));
		assert_int_equal(
			mtud_pkt_cksum6(m, &src, &dst, 58, 0, 8 + 1232), rte_cpu_to_be_16(0x1f75));
		rte_pktmbuf_free(m);
	}
}

static void
test_cut(void **state)
{
	static const uint16_t seg_lens[] = {0, 1, 7, 10, 50, 99};
	uint8_t octets[100];
	struct rte_mbuf *m;
	unsigned int i;
	uint32_t len;

	(void)state;
	for (i = 0; i < sizeof(octets); i++)
		octets[i] = i;
	for (i = 0; i < RTE_DIM(seg_lens); i++) {
		for (len = 1; len <= sizeof(octets); len++) {
			m = test_mbuf(pool, octets, sizeof(octets), seg_lens[i]);
			mtud_pkt_cut(m, len);
			test_mbuf_equal(m, octets, len);
			if (seg_lens[i] != 0)
				assert_int_equal(m->nb_segs,
					RTE_ALIGN_MUL_CEIL(len, seg_lens[i]) / seg_lens[i]);
			/* What is behind the cut has gone back to the pool. */
			assert_int_equal(rte_mempool_in_use_count(pool), m->nb_segs);
			mtud_pkt_cut(m, 1000);
			test_mbuf_equal(m, octets, len);
			rte_pktmbuf_free(m);
		}
	}
}

static void
test_meta(void **state)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	(void)state;
	assert_non_null(m);
	/* All of it is between the mbuf and its buffer, where nothing else stands. */
	assert_ptr_equal(mtud_pkt_meta(m), m + 1);
	assert_ptr_equal(mtud_pkt_meta(m) + 1, m->buf_addr);
	rte_pktmbuf_free(m);
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
		cmocka_unit_test_teardown(test_walk, none_lost),
		cmocka_unit_test_teardown(test_walk_gives_up, none_lost),
		cmocka_unit_test_teardown(test_walk_beyond_offsets, none_lost),
		cmocka_unit_test_teardown(test_cksum_of_any_segments, none_lost),
		cmocka_unit_test_teardown(test_cksum_carries, none_lost),
		cmocka_unit_test_teardown(test_cut, none_lost),
		cmocka_unit_test_teardown(test_meta, none_lost),
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
