/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "test_mbuf.h"

/* Octets in front of the IPv4 header in the walk's packets, to tell l3_at from 0. */
#define L3_AT 14

static struct rte_mempool *pool;

struct walk_case {
	const char *name;
	uint8_t version_ihl;
	uint16_t frag; /* flags and offset as they stand */
	uint8_t proto;
	uint32_t ip_len;
	struct mtud_pkt_chain want; /* but for proto and proto_at, which are always the same */
};

static const struct walk_case walk_cases[] = {
	{"no options", 0x45, 0, 17, 100, {.payload_at = 20}},
	{"nothing behind the header", 0x45, 0, 17, 20, {.payload_at = 20}},
	{"one word of options", 0x46, 0, 6, 100, {.payload_at = 24}},
	{"as many options as there can be", 0x4f, 0, 1, 60, {.payload_at = 60}},
	{"options beyond the packet", 0x4f, 0, 1, 59, {.payload_at = 60, .truncated = true}},
	{"header length of 16", 0x44, 0, 1, 100, {.payload_at = 20, .truncated = true}},
	{"header length of 0", 0x40, 0, 1, 100, {.payload_at = 20, .truncated = true}},
	{"the longest packet", 0x45, 0, 50, 65535, {.payload_at = 20}},
	{"AH is not looked behind", 0x45, 0, 51, 100, {.payload_at = 20}},
	{"IPv6 extension headers are none", 0x45, 0, 44, 100, {.payload_at = 20}},
	{"DF", 0x45, 0x4000, 17, 100, {.payload_at = 20}},
	{"the reserved flag", 0x45, 0x8000, 17, 100, {.payload_at = 20}},
	{"first fragment", 0x45, 0x2000, 17, 100, {.payload_at = 20, .fragment = true}},
	{"first fragment with DF", 0x45, 0x6000, 17, 100, {.payload_at = 20, .fragment = true}},
	{"second fragment", 0x45, 0x2001, 17, 100,
		{.payload_at = 20, .fragment = true, .later_fragment = true}},
	{"last fragment", 0x45, 0x0001, 1, 100,
		{.payload_at = 20, .fragment = true, .later_fragment = true}},
	{"the last offset", 0x47, 0x1fff, 1, 100,
		{.payload_at = 28, .fragment = true, .later_fragment = true}},
	{"an offset of the high bit alone", 0x45, 0x1000, 1, 100,
		{.payload_at = 20, .fragment = true, .later_fragment = true}},
};

static void
chain_equal(const struct mtud_pkt_chain *got, const struct mtud_pkt_chain *want, uint8_t proto)
{
	assert_int_equal(got->proto, proto);
	assert_int_equal(got->proto_at, 9);
	assert_int_equal(got->payload_at, want->payload_at);
	assert_int_equal(got->truncated, want->truncated);
	assert_int_equal(got->fragment, want->fragment);
	assert_int_equal(got->later_fragment, want->later_fragment);
	assert_false(got->given_up || got->fragment_header);
}

static void
test_walk(void **state)
{
	static const uint16_t seg_lens[] = {0, 1, 3, 14, 20, 33, 34, 64};
	uint8_t octets[L3_AT + 100] = {0};
	const struct walk_case *c;
	struct mtud_pkt_chain got;
	struct rte_mbuf *m;
	unsigned int i, s;

	(void)state;
	for (i = 0; i < RTE_DIM(walk_cases); i++) {
		c = &walk_cases[i];
		octets[L3_AT] = c->version_ihl;
		octets[L3_AT + 6] = c->frag >> 8;
		octets[L3_AT + 7] = c->frag & 0xff;
		octets[L3_AT + 9] = c->proto;
		print_message("  %s\n", c->name);
		for (s = 0; s < RTE_DIM(seg_lens); s++) {
			m = test_mbuf(pool, octets, sizeof(octets), seg_lens[s]);
			memset(&got, 0xff, sizeof(got));
			mtud_pkt_walk4(m, L3_AT, c->ip_len, &got);
			chain_equal(&got, &c->want, c->proto);
			rte_pktmbuf_free(m);
		}
	}
}

/* Octets that are not there say nothing, not even which protocol follows. */
static void
test_walk_without_header(void **state)
{
	static const struct mtud_pkt_chain want = {.payload_at = 20, .truncated = true};
	const uint8_t octets[L3_AT + 20] = {[L3_AT] = 0x45, [L3_AT + 9] = 1};
	struct mtud_pkt_chain got;
	struct rte_mbuf *m;
	unsigned int len;

	(void)state;
	for (len = L3_AT; len < sizeof(octets); len++) {
		m = test_mbuf(pool, octets, len, 0);
		memset(&got, 0xff, sizeof(got));
		mtud_pkt_walk4(m, L3_AT, 20, &got);
		chain_equal(&got, &want, 59);
		rte_pktmbuf_free(m);

		m = test_mbuf(pool, octets, sizeof(octets), 0);
		memset(&got, 0xff, sizeof(got));
		mtud_pkt_walk4(m, L3_AT, len - L3_AT, &got);
		chain_equal(&got, &want, 59);
		rte_pktmbuf_free(m);
	}
}

/* From here on: messages from scapy, the UDP ones from 192.0.2.1 to 198.51.100.2. */
static const uint8_t echo_odd[] = {0x08, 0x00, 0xb4, 0x9a, 0x12, 0x34, 0x00, 0x07, 0x01, 0x02, 0x03,
	0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d};
static const uint8_t udp_odd[] = {0x12, 0x34, 0x00, 0x35, 0x00, 0x15, 0xcf, 0xf9, 0x01, 0x02, 0x03,
	0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d};
/* What a datagram has for a sum of 0xffff (RFC 768). */
static const uint8_t udp_sum_of_0[] = {
	0x12, 0x34, 0x00, 0x35, 0x00, 0x0c, 0xff, 0xff, 0x01, 0x36, 0x00, 0x00};

static const struct mtud_ip src4 = {{[10] = 0xff, 0xff, 192, 0, 2, 1}};
static const struct mtud_ip dst4 = {{[10] = 0xff, 0xff, 198, 51, 100, 2}};
static const struct mtud_ip all_ones4 = {{[10] = 0xff, 0xff, 255, 255, 255, 255}};

static rte_be16_t
icmp_cksum(const struct rte_mbuf *m, uint32_t at, uint32_t len)
{
	return mtud_pkt_cksum(m, at, len);
}

static rte_be16_t
udp_cksum(const struct rte_mbuf *m, uint32_t at, uint32_t len)
{
	return mtud_pkt_cksum6(m, &src4, &dst4, 17, at, len);
}

/* Behind at octets and in front of padding that are not summed, in segments of any length. */
static void
check_cksum(rte_be16_t (*cksum)(const struct rte_mbuf *, uint32_t, uint32_t),
	const uint8_t *message, uint32_t len, uint32_t cksum_at)
{
	const uint32_t at = 19, total = at + len + 5;
	uint8_t octets[64];
	struct rte_mbuf *m;
	rte_be16_t want;
	unsigned int i;

	memcpy(&want, &message[cksum_at], sizeof(want));
	for (i = 0; i <= total; i++) {
		memset(octets, 0xa5, sizeof(octets));
		memcpy(&octets[at], message, len);
		m = test_mbuf(pool, octets, total, i);
		assert_int_equal(cksum(m, at, len), 0);
		rte_pktmbuf_free(m);

		memset(&octets[at + cksum_at], 0, sizeof(want));
		m = test_mbuf(pool, octets, total, i);
		assert_int_equal(cksum(m, at, len), want);
		rte_pktmbuf_free(m);

		octets[at + len - 1] ^= 0x10;
		m = test_mbuf(pool, octets, total, i);
		assert_int_not_equal(cksum(m, at, len), want);
		rte_pktmbuf_free(m);
	}
}

static void
test_cksum_of_any_segments(void **state)
{
	(void)state;
	check_cksum(icmp_cksum, echo_odd, sizeof(echo_odd), 2);
}

/* The pseudo-header of IPv6 does for two IPv4 addresses as well. */
static void
test_cksum_of_mapped_addresses(void **state)
{
	uint8_t octets[sizeof(udp_sum_of_0)];
	struct rte_mbuf *m;

	(void)state;
	check_cksum(udp_cksum, udp_odd, sizeof(udp_odd), 6);

	/* 0xffff says the same as 0, and what is computed is 0. */
	memcpy(octets, udp_sum_of_0, sizeof(octets));
	m = test_mbuf(pool, octets, sizeof(octets), 0);
	assert_int_equal(udp_cksum(m, 0, sizeof(octets)), 0);
	rte_pktmbuf_free(m);
	memset(&octets[6], 0, 2);
	m = test_mbuf(pool, octets, sizeof(octets), 0);
	assert_int_equal(udp_cksum(m, 0, sizeof(octets)), 0);
	rte_pktmbuf_free(m);
}

/* Sums that carry out of 16 bits in every segment; the values are scapy's. */
static void
test_cksum_carries(void **state)
{
	static const uint8_t udp_ones[] = {0xff, 0xff, 0xff, 0xff, 0, 10, 0, 0, 0xff, 0xff};
	static const uint16_t seg_lens[] = {0, 1, 2, 3, 255, 411, 512, 1231};
	uint8_t octets[8 + 1232];
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	memset(octets, 0xff, sizeof(octets));
	for (i = 0; i < RTE_DIM(seg_lens); i++) {
		memcpy(octets, "\x08\0\0\0\xff\xff\xff\xff", 8);
		m = test_mbuf(pool, octets, sizeof(octets), seg_lens[i]);
		assert_int_equal(mtud_pkt_cksum(m, 0, 8 + 1231), rte_cpu_to_be_16(0xf8fe));
		assert_int_equal(mtud_pkt_cksum(m, 0, 8 + 1232), rte_cpu_to_be_16(0xf7ff));
		rte_pktmbuf_free(m);

		memcpy(octets, "\x12\x34\0\x35\x04\xd8\0\0", 8);
		m = test_mbuf(pool, octets, sizeof(octets), seg_lens[i]);
		assert_int_equal(udp_cksum(m, 0, 8 + 1232), rte_cpu_to_be_16(0xf79d));
		rte_pktmbuf_free(m);
	}
	m = test_mbuf(pool, udp_ones, sizeof(udp_ones), 3);
	assert_int_equal(mtud_pkt_cksum6(m, &all_ones4, &all_ones4, 17, 0, sizeof(udp_ones)),
		rte_cpu_to_be_16(0xffda));
	rte_pktmbuf_free(m);
}

/* RFC 1071: the checksum of nothing but zeros is all ones. */
static void
test_cksum_of_zeros(void **state)
{
	const uint8_t zeros[9] = {0};
	struct rte_mbuf *m = test_mbuf(pool, zeros, sizeof(zeros), 2);

	(void)state;
	assert_int_equal(mtud_pkt_cksum(m, 0, sizeof(zeros)), 0xffff);
	assert_int_equal(mtud_pkt_cksum(m, 3, 0), 0xffff);
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
		cmocka_unit_test_teardown(test_walk_without_header, none_lost),
		cmocka_unit_test_teardown(test_cksum_of_any_segments, none_lost),
		cmocka_unit_test_teardown(test_cksum_of_mapped_addresses, none_lost),
		cmocka_unit_test_teardown(test_cksum_carries, none_lost),
		cmocka_unit_test_teardown(test_cksum_of_zeros, none_lost),
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
