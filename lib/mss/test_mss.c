/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <string.h>

#include "mtud_mss.h"
#include "test_mbuf.h"

#define TCP_MIN  20
#define CKSUM_AT 16

static struct rte_mempool *pool;

static uint16_t
get_16(const uint8_t *from)
{
	return (uint16_t)(from[0] << 8 | from[1]);
}

static void
put_16(uint8_t *to, uint16_t value)
{
	to[0] = value >> 8;
	to[1] = value & 0xff;
}

/* SYNs with an MSS of 1460, and the TCP checksums that they have with other ones: from scapy. */
static const uint8_t plain6[] = {0x60, 0x00, 0x00, 0x00, 0x00, 0x28, 0x06, 0x40, 0x20, 0x01, 0x0d,
	0xb8, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x20, 0x01,
	0x0d, 0xb8, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x9c,
	0x40, 0x01, 0xbb, 0x01, 0x02, 0x03, 0x04, 0x00, 0x00, 0x00, 0x00, 0xa0, 0xc2, 0x20, 0x00,
	0x29, 0xc6, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4, 0x04, 0x02, 0x08, 0x0a, 0x00, 0x00, 0x00,
	0x01, 0x00, 0x00, 0x00, 0x00, 0x01, 0x03, 0x03, 0x07};
static const uint8_t odd4[] = {0x45, 0x00, 0x00, 0x30, 0x00, 0x77, 0x00, 0x00, 0x3d, 0x06, 0x91,
	0x15, 0xc0, 0x00, 0x02, 0x01, 0xc6, 0x33, 0x64, 0x07, 0x00, 0x50, 0xc3, 0xcb, 0x00, 0x00,
	0x00, 0x63, 0x00, 0x00, 0x00, 0x07, 0x70, 0x12, 0x20, 0x00, 0x04, 0xff, 0x00, 0x00, 0x01,
	0x02, 0x04, 0x05, 0xb4, 0x01, 0x01, 0x01};
static const uint8_t options4[] = {0x49, 0x00, 0x00, 0x49, 0x00, 0x77, 0x00, 0x00, 0x3d, 0x06, 0xe9,
	0xe0, 0xc0, 0x00, 0x02, 0x01, 0xc6, 0x33, 0x64, 0x07, 0x94, 0x04, 0x00, 0x00, 0x44, 0x0c,
	0x09, 0x01, 0xc0, 0x00, 0x02, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x50, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x03, 0x20, 0x00, 0x6e, 0x4d, 0x00, 0x00,
	0x03, 0x03, 0x03, 0x01, 0x01, 0x04, 0x02, 0x02, 0x04, 0x05, 0xb4, 0x01, 0x68, 0x65, 0x6c,
	0x6c, 0x6f};
static const uint8_t headers6[] = {0x60, 0x00, 0x00, 0x00, 0x00, 0x58, 0x00, 0x40, 0x20, 0x01, 0x0d,
	0xb8, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x20, 0x01,
	0x0d, 0xb8, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x2b,
	0x00, 0x05, 0x02, 0x00, 0x00, 0x01, 0x00, 0x2c, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x33, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x3c, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x09, 0x00, 0x00, 0x00, 0x01, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39,
	0x61, 0x62, 0x06, 0x00, 0x01, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x50, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x02, 0x20, 0x00, 0x46, 0xec, 0x00, 0x00,
	0x01, 0x01, 0x01, 0x04, 0x02, 0x01, 0x01, 0x02, 0x04, 0x05, 0xb4, 0x01};
static const uint8_t fragment6[] = {0x60, 0x00, 0x00, 0x00, 0x00, 0x40, 0x2c, 0x40, 0x20, 0x01,
	0x0d, 0xb8, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x20,
	0x01, 0x0d, 0xb8, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
	0x06, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x4d, 0x00, 0x14, 0x00, 0x50, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x90, 0x02, 0x20, 0x00, 0xcb, 0x8b, 0x00, 0x00, 0x08, 0x0a,
	0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x06, 0x01, 0x02, 0x04, 0x05, 0xb4, 0x01, 0x64,
	0x61, 0x74, 0x61, 0x64, 0x61, 0x74, 0x61, 0x64, 0x61, 0x74, 0x61, 0x64, 0x61, 0x74, 0x61,
	0x64, 0x61, 0x74, 0x61};
static const uint8_t fragment4[] = {0x45, 0x00, 0x00, 0x3c, 0x00, 0x77, 0x20, 0x00, 0x3d, 0x06,
	0x71, 0x09, 0xc0, 0x00, 0x02, 0x01, 0xc6, 0x33, 0x64, 0x07, 0x00, 0x14, 0x00, 0x50, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x60, 0x02, 0x20, 0x00, 0x0e, 0x95, 0x00, 0x00,
	0x02, 0x04, 0x05, 0xb4, 0x6d, 0x6f, 0x72, 0x65, 0x6d, 0x6f, 0x72, 0x65, 0x6d, 0x6f, 0x72,
	0x65, 0x6d, 0x6f, 0x72, 0x65};

struct syn_case {
	const char *name;
	const uint8_t *packet;
	uint16_t len;
	uint16_t tcp_at;
	uint16_t mss_at;
	uint16_t cksum_1360;
	uint16_t cksum_8960;
};

static const struct syn_case syn_cases[] = {
	{"IPv6, as Linux sends it", plain6, sizeof(plain6), 40, 62, 0x2a2a, 0x0c7a},
	{"IPv4 SYN-ACK, the value at an odd offset", odd4, sizeof(odd4), 20, 43, 0x68ff, 0xb8e1},
	{"IPv4 options, five octets of data with the SYN", options4, sizeof(options4), 36, 65,
		0xd24d, 0x2230},
	{"hop-by-hop, routing, atomic fragment, AH and destination options", headers6,
		sizeof(headers6), 96, 125, 0xaaec, 0xface},
	{"a first fragment: most of the data is elsewhere", fragment6, sizeof(fragment6), 48, 81,
		0x2f8c, 0x7f6e},
	{"the same for IPv4", fragment4, sizeof(fragment4), 20, 42, 0x0ef9, 0xf148},
};

/* Ask for an MSS, and have what scapy has for it; cksum 0: nothing changes. */
static void
syn_one(const struct syn_case *c, uint32_t l3_at, uint16_t seg_len, uint16_t mss, bool raise,
	uint16_t cksum)
{
	uint8_t octets[256];
	const uint32_t len = l3_at + c->len;
	enum mtud_syn_counter counter;
	uint32_t tcp_at;
	struct rte_mbuf *m;

	memset(octets, 0xcc, sizeof(octets));
	memcpy(octets + l3_at, c->packet, c->len);
	m = test_mbuf(pool, octets, len + 9, seg_len);
	assert_true(mtud_mss_is_syn(m, l3_at, c->len, &tcp_at));
	assert_int_equal(tcp_at, l3_at + c->tcp_at);
	assert_int_equal(
		mtud_mss_rewrite(m, tcp_at, len - tcp_at, mss, raise, &counter), cksum != 0);
	if (cksum != 0) {
		put_16(&octets[l3_at + c->mss_at], mss);
		put_16(&octets[l3_at + c->tcp_at + CKSUM_AT], cksum);
	} else {
		assert_int_equal(counter, MTUD_SYN_MAX);
	}
	test_mbuf_equal(m, octets, len + 9);
	rte_pktmbuf_free(m);
}

static void
test_syn(void **state)
{
	const struct syn_case *c;
	uint16_t seg_len;
	uint32_t l3_at;

	(void)state;
	for (c = syn_cases; c < syn_cases + RTE_DIM(syn_cases); c++) {
		print_message("  %s\n", c->name);
		for (l3_at = 0; l3_at <= 18; l3_at += 9) {
			/* The IP header is in the first segment. */
			for (seg_len = l3_at + 40; seg_len < l3_at + c->len + 9; seg_len++) {
				syn_one(c, l3_at, seg_len, 1360, false, c->cksum_1360);
				syn_one(c, l3_at, seg_len, 1360, true, c->cksum_1360);
				syn_one(c, l3_at, seg_len, 8960, true, c->cksum_8960);
				syn_one(c, l3_at, seg_len, 8960, false, 0);
				syn_one(c, l3_at, seg_len, 1460, false, 0);
				syn_one(c, l3_at, seg_len, 1460, true, 0);
			}
			syn_one(c, l3_at, 0, 1360, false, c->cksum_1360);
		}
	}
}

/* A SYN with these options, from its TCP header on. @return octets. */
static uint32_t
write_syn(uint8_t *to, const uint8_t *opts, uint32_t opts_len)
{
	memcpy(to, "\xc3\x50\x01\xbb\x12\x34\x56\x78\0\0\0\0\0\x02\xfa\xf0\xab\xcd\0\0", TCP_MIN);
	to[12] = (TCP_MIN + opts_len) / 4 << 4;
	memcpy(to + TCP_MIN, opts, opts_len);
	return TCP_MIN + opts_len;
}

struct list_case {
	const char *name;
	enum mtud_syn_counter want;
	uint8_t mss_at; /* in the options, where it is rewritten */
	uint8_t len;
	uint8_t opts[40];
};

/* RFC 9293 section 3.2: an option is one octet (0 ends the list, 1 is nothing), or a kind, a length
 * with both, and the rest. RFC 2385: 19. RFC 5925: 29. */
static const struct list_case list_cases[] = {
	{"none", MTUD_SYN_WITHOUT, 0, 0, {0}},
	{"nothing but NOP", MTUD_SYN_WITHOUT, 0, 8, {1, 1, 1, 1, 1, 1, 1, 1}},
	{"others alone", MTUD_SYN_WITHOUT, 0, 8, {1, 3, 3, 7, 4, 2, 1, 1}},
	{"MSS behind the end", MTUD_SYN_WITHOUT, 0, 8, {1, 0, 2, 4, 5, 0xb4, 1, 1}},
	{"MSS alone", MTUD_SYN_REWRITTEN, 2, 4, {2, 4, 5, 0xb4}},
	{"MSS last of 40 octets", MTUD_SYN_REWRITTEN, 38, 40,
		{8, 10, [10] = 254, 26, [36] = 2, 4, 5, 0xb4}},
	{"MSS last, odd", MTUD_SYN_REWRITTEN, 37, 40, {34, 35, [35] = 2, 4, 5, 0xb4, 1}},
	{"behind an unknown one of 2", MTUD_SYN_REWRITTEN, 4, 8, {77, 2, 2, 4, 5, 0xb4, 0, 0}},
	{"two of them: the first", MTUD_SYN_REWRITTEN, 2, 8, {2, 4, 5, 0xb4, 2, 4, 5, 0xb4}},
	{"nonsense behind the end", MTUD_SYN_REWRITTEN, 2, 8, {2, 4, 5, 0xb4, 0, 19, 1, 99}},
	{"signature behind the end", MTUD_SYN_REWRITTEN, 2, 24, {2, 4, 5, 0xb4, 0, 0, 19, 18}},
	{"octets of another's value", MTUD_SYN_REWRITTEN, 10, 12,
		{253, 8, 2, 3, 19, 18, 29, 0, 2, 4, 5, 0xb4}},
	{"length 0", MTUD_SYN_MALFORMED, 0, 8, {3, 0, 1, 1, 2, 4, 5, 0xb4}},
	{"length 1", MTUD_SYN_MALFORMED, 0, 8, {3, 1, 1, 1, 2, 4, 5, 0xb4}},
	{"length 0 behind MSS", MTUD_SYN_MALFORMED, 0, 8, {2, 4, 5, 0xb4, 3, 0, 1, 1}},
	{"length 1 behind MSS", MTUD_SYN_MALFORMED, 0, 8, {2, 4, 5, 0xb4, 3, 1, 1, 1}},
	{"one octet too long", MTUD_SYN_MALFORMED, 0, 8, {2, 4, 5, 0xb4, 1, 8, 4, 0}},
	{"far too long", MTUD_SYN_MALFORMED, 0, 8, {2, 4, 5, 0xb4, 1, 8, 255, 0}},
	{"no room for a length", MTUD_SYN_MALFORMED, 0, 8, {2, 4, 5, 0xb4, 1, 1, 1, 8}},
	{"MSS without length", MTUD_SYN_MALFORMED, 0, 4, {1, 1, 1, 2}},
	{"MSS without value", MTUD_SYN_MALFORMED, 0, 4, {1, 1, 2, 4}},
	{"MSS with half a value", MTUD_SYN_MALFORMED, 0, 4, {1, 2, 4, 5}},
	{"MSS of length 2", MTUD_SYN_MALFORMED, 0, 4, {2, 2, 1, 1}},
	{"MSS of length 3", MTUD_SYN_MALFORMED, 0, 4, {2, 3, 5, 1}},
	{"MSS of length 5", MTUD_SYN_MALFORMED, 0, 8, {2, 5, 5, 0xb4, 0, 0, 0, 0}},
	{"a second MSS of length 6", MTUD_SYN_MALFORMED, 0, 12, {2, 4, 5, 0xb4, 2, 6, 5, 0xb4, 0}},
	{"MD5", MTUD_SYN_SIGNED, 0, 24, {2, 4, 5, 0xb4, 19, 18}},
	{"MD5 first", MTUD_SYN_SIGNED, 0, 24, {19, 18, [18] = 2, 4, 5, 0xb4, 1, 1}},
	{"AO", MTUD_SYN_SIGNED, 0, 20, {2, 4, 5, 0xb4, 29, 16}},
	{"AO, no MSS", MTUD_SYN_SIGNED, 0, 16, {29, 16}},
	{"MD5, then malformed", MTUD_SYN_MALFORMED, 0, 24, {2, 4, 5, 0xb4, 19, 18, [22] = 3, 0}},
};

/* The same for any cut into segments; nothing but the MSS and the checksum may change. */
static void
list_one(const struct list_case *c, uint32_t tcp_at, uint16_t seg_len)
{
	bool want = c->want == MTUD_SYN_REWRITTEN;
	enum mtud_syn_counter counter;
	uint8_t octets[128], got[128];
	struct rte_mbuf *m;
	const void *from;
	uint32_t len;

	memset(octets, 0xaa, sizeof(octets));
	len = write_syn(octets + tcp_at, c->opts, c->len);
	m = test_mbuf(pool, octets, tcp_at + len + 6, seg_len);
	assert_int_equal(mtud_mss_rewrite(m, tcp_at, len, 1000, false, &counter), want);
	assert_int_equal(counter, c->want);
	if (want) {
		put_16(&octets[tcp_at + TCP_MIN + c->mss_at], 1000);
		from = rte_pktmbuf_read(m, tcp_at + CKSUM_AT, 2, got);
		assert_memory_not_equal(from, &octets[tcp_at + CKSUM_AT], 2);
		memcpy(&octets[tcp_at + CKSUM_AT], from, 2);
	}
	test_mbuf_equal(m, octets, tcp_at + len + 6);
	rte_pktmbuf_free(m);
}

static void
test_lists(void **state)
{
	const struct list_case *c;
	uint16_t seg_len;

	(void)state;
	for (c = list_cases; c < list_cases + RTE_DIM(list_cases); c++) {
		print_message("  %s\n", c->name);
		for (seg_len = 0; seg_len <= 90; seg_len++) {
			list_one(c, 0, seg_len);
			list_one(c, 14 + 20, seg_len);
		}
	}
}

/* Headers that are shorter than a header, or longer than the packet. */
static void
test_header_lengths(void **state)
{
	static const uint8_t opts[] = {1, 1, 1, 1, 2, 4, 5, 0xb4};
	enum mtud_syn_counter counter;
	uint32_t len, words, tcp_len;
	uint8_t octets[64];
	struct rte_mbuf *m;
	bool want;

	(void)state;
	for (words = 0; words < 16; words++) {
		memset(octets, 0, sizeof(octets));
		len = write_syn(octets, opts, sizeof(opts));
		octets[12] = words << 4;
		for (tcp_len = 0; tcp_len <= len; tcp_len++) {
			m = test_mbuf(pool, octets, len, tcp_len % 5);
			want = words == 7 && tcp_len == len;
			assert_int_equal(
				mtud_mss_rewrite(m, 0, tcp_len, 1000, false, &counter), want);
			if (words < 5 || words * 4 > tcp_len)
				assert_int_equal(counter, MTUD_SYN_MALFORMED);
			else if (!want)
				assert_int_equal(counter, MTUD_SYN_WITHOUT);
			if (!want)
				test_mbuf_equal(m, octets, len);
			rte_pktmbuf_free(m);
		}
	}
}

/* RFC 1071 over a header as it stands: the same for packets that are wrong by the same amount. */
static uint16_t
sum_of(const uint8_t *octets, uint32_t len)
{
	uint32_t sum = 0x2a17, i; /* a pseudo-header's */

	for (i = 0; i < len; i += 2)
		sum += get_16(&octets[i]);
	while (sum > 0xffff)
		sum = (sum >> 16) + (sum & 0xffff);
	return sum;
}

/* One's complement has two zeros. */
static void
sums_equal(uint16_t a, uint16_t b)
{
	assert_int_equal(a % 0xffff, b % 0xffff);
}

/* Rewrite one value into another in front of any number of NOPs: what was right is what a sender
 * would have summed up, what was wrong is so by the same amount. */
static void
sum_one(struct rte_mbuf *m, uint16_t old, uint16_t new, unsigned int nops, uint16_t filler,
	uint16_t wrong_by)
{
	uint8_t *tcp = rte_pktmbuf_mtod(m, uint8_t *), *opt = tcp + TCP_MIN + nops;
	enum mtud_syn_counter counter;
	uint32_t len = m->pkt_len;
	uint16_t before;

	memset(tcp + TCP_MIN, 1, len - TCP_MIN);
	opt[0] = 2;
	opt[1] = 4;
	put_16(&opt[2], old);
	put_16(&tcp[4], filler);
	put_16(&tcp[CKSUM_AT], 0);
	put_16(&tcp[CKSUM_AT], (uint16_t)~sum_of(tcp, len) + wrong_by);
	before = sum_of(tcp, len);

	assert_int_equal(mtud_mss_rewrite(m, 0, len, new, true, &counter), old != new);
	assert_int_equal(get_16(&opt[2]), new);
	sums_equal(sum_of(tcp, len), before);
	if (wrong_by == 0) {
		before = get_16(&tcp[CKSUM_AT]);
		put_16(&tcp[CKSUM_AT], 0);
		assert_int_equal(before, (uint16_t)~sum_of(tcp, len));
	}
}

static void
test_cksum(void **state)
{
	static const uint16_t values[] = {0, 1, 0x00ff, 0x0100, 536, 1220, 1360, 1460, 8960, 0x7fff,
		0x8000, 0xfeff, 0xff00, 0xfffe, 0xffff};
	static const uint16_t wrong_by[] = {0, 1, 0x0100, 0x8000, 0xfffe};
	uint8_t octets[40];
	uint32_t len = write_syn(octets, (uint8_t[20]){0}, 20), i;
	struct rte_mbuf *m = test_mbuf(pool, octets, len, 0);
	unsigned int v, w, nops;

	(void)state;
	for (nops = 0; nops < 4; nops++) {
		/* Every old value with some new ones, and the other way round. */
		for (v = 0; v < RTE_DIM(values); v++) {
			for (i = 0; i <= 0xffff; i++) {
				w = wrong_by[i % RTE_DIM(wrong_by)];
				sum_one(m, i, values[v], nops, 0x1234, w);
				sum_one(m, values[v], i, nops, 0x1234, w);
			}
		}
		/* Every checksum there is, before and behind: the two zeros among them. */
		for (i = 0; i <= 0xffff; i++)
			for (w = 0; w < RTE_DIM(wrong_by); w++) {
				sum_one(m, 1460, 1360, nops, i, wrong_by[w]);
				sum_one(m, 1360, 8960, nops, i, wrong_by[w]);
			}
	}
	rte_pktmbuf_free(m);
}

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
		cmocka_unit_test_teardown(test_syn, none_lost),
		cmocka_unit_test_teardown(test_lists, none_lost),
		cmocka_unit_test_teardown(test_header_lengths, none_lost),
		cmocka_unit_test_teardown(test_cksum, none_lost),
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
