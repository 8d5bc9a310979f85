/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "test_frag.h"

/* From here on: packets and their fragments one after the other, from scapy's fragment(). 118
 * octets for an MTU of 70: the last fragment is no multiple of 8 and as long as the MTU. */
static const uint8_t whole_packet[] = {0x45, 0xb9, 0x00, 0x76, 0xbe, 0xef, 0x00, 0x00, 0x3f, 0x11,
	0xcf, 0x92, 0xc0, 0x00, 0x02, 0x01, 0xc6, 0x33, 0x64, 0x07, 0x11, 0x94, 0x01, 0xf4, 0x00,
	0x62, 0x40, 0x6b, 0x03, 0x0a, 0x11, 0x18, 0x1f, 0x26, 0x2d, 0x34, 0x3b, 0x42, 0x49, 0x50,
	0x57, 0x5e, 0x65, 0x6c, 0x73, 0x7a, 0x81, 0x88, 0x8f, 0x96, 0x9d, 0xa4, 0xab, 0xb2, 0xb9,
	0xc0, 0xc7, 0xce, 0xd5, 0xdc, 0xe3, 0xea, 0xf1, 0xf8, 0xff, 0x06, 0x0d, 0x14, 0x1b, 0x22,
	0x29, 0x30, 0x37, 0x3e, 0x45, 0x4c, 0x53, 0x5a, 0x61, 0x68, 0x6f, 0x76, 0x7d, 0x84, 0x8b,
	0x92, 0x99, 0xa0, 0xa7, 0xae, 0xb5, 0xbc, 0xc3, 0xca, 0xd1, 0xd8, 0xdf, 0xe6, 0xed, 0xf4,
	0xfb, 0x02, 0x09, 0x10, 0x17, 0x1e, 0x25, 0x2c, 0x33, 0x3a, 0x41, 0x48, 0x4f, 0x56, 0x5d,
	0x64, 0x6b, 0x72};
static const uint8_t whole_fragments[] = {0x45, 0xb9, 0x00, 0x44, 0xbe, 0xef, 0x20, 0x00, 0x3f,
	0x11, 0xaf, 0xc4, 0xc0, 0x00, 0x02, 0x01, 0xc6, 0x33, 0x64, 0x07, 0x11, 0x94, 0x01, 0xf4,
	0x00, 0x62, 0x40, 0x6b, 0x03, 0x0a, 0x11, 0x18, 0x1f, 0x26, 0x2d, 0x34, 0x3b, 0x42, 0x49,
	0x50, 0x57, 0x5e, 0x65, 0x6c, 0x73, 0x7a, 0x81, 0x88, 0x8f, 0x96, 0x9d, 0xa4, 0xab, 0xb2,
	0xb9, 0xc0, 0xc7, 0xce, 0xd5, 0xdc, 0xe3, 0xea, 0xf1, 0xf8, 0xff, 0x06, 0x0d, 0x14, 0x45,
	0xb9, 0x00, 0x46, 0xbe, 0xef, 0x00, 0x06, 0x3f, 0x11, 0xcf, 0xbc, 0xc0, 0x00, 0x02, 0x01,
	0xc6, 0x33, 0x64, 0x07, 0x1b, 0x22, 0x29, 0x30, 0x37, 0x3e, 0x45, 0x4c, 0x53, 0x5a, 0x61,
	0x68, 0x6f, 0x76, 0x7d, 0x84, 0x8b, 0x92, 0x99, 0xa0, 0xa7, 0xae, 0xb5, 0xbc, 0xc3, 0xca,
	0xd1, 0xd8, 0xdf, 0xe6, 0xed, 0xf4, 0xfb, 0x02, 0x09, 0x10, 0x17, 0x1e, 0x25, 0x2c, 0x33,
	0x3a, 0x41, 0x48, 0x4f, 0x56, 0x5d, 0x64, 0x6b, 0x72};

/* A fragment of 116 octets at offset 40, MF set, for an MTU of 68. */
static const uint8_t middle_packet[] = {0x45, 0x02, 0x00, 0x74, 0x12, 0x34, 0x20, 0x05, 0x09, 0x11,
	0x93, 0x02, 0xc0, 0x00, 0x02, 0x01, 0xc6, 0x33, 0x64, 0x07, 0x03, 0x0a, 0x11, 0x18, 0x1f,
	0x26, 0x2d, 0x34, 0x3b, 0x42, 0x49, 0x50, 0x57, 0x5e, 0x65, 0x6c, 0x73, 0x7a, 0x81, 0x88,
	0x8f, 0x96, 0x9d, 0xa4, 0xab, 0xb2, 0xb9, 0xc0, 0xc7, 0xce, 0xd5, 0xdc, 0xe3, 0xea, 0xf1,
	0xf8, 0xff, 0x06, 0x0d, 0x14, 0x1b, 0x22, 0x29, 0x30, 0x37, 0x3e, 0x45, 0x4c, 0x53, 0x5a,
	0x61, 0x68, 0x6f, 0x76, 0x7d, 0x84, 0x8b, 0x92, 0x99, 0xa0, 0xa7, 0xae, 0xb5, 0xbc, 0xc3,
	0xca, 0xd1, 0xd8, 0xdf, 0xe6, 0xed, 0xf4, 0xfb, 0x02, 0x09, 0x10, 0x17, 0x1e, 0x25, 0x2c,
	0x33, 0x3a, 0x41, 0x48, 0x4f, 0x56, 0x5d, 0x64, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37,
	0x38};
static const uint8_t middle_fragments[] = {0x45, 0x02, 0x00, 0x44, 0x12, 0x34, 0x20, 0x05, 0x09,
	0x11, 0x93, 0x32, 0xc0, 0x00, 0x02, 0x01, 0xc6, 0x33, 0x64, 0x07, 0x03, 0x0a, 0x11, 0x18,
	0x1f, 0x26, 0x2d, 0x34, 0x3b, 0x42, 0x49, 0x50, 0x57, 0x5e, 0x65, 0x6c, 0x73, 0x7a, 0x81,
	0x88, 0x8f, 0x96, 0x9d, 0xa4, 0xab, 0xb2, 0xb9, 0xc0, 0xc7, 0xce, 0xd5, 0xdc, 0xe3, 0xea,
	0xf1, 0xf8, 0xff, 0x06, 0x0d, 0x14, 0x1b, 0x22, 0x29, 0x30, 0x37, 0x3e, 0x45, 0x4c, 0x45,
	0x02, 0x00, 0x44, 0x12, 0x34, 0x20, 0x0b, 0x09, 0x11, 0x93, 0x2c, 0xc0, 0x00, 0x02, 0x01,
	0xc6, 0x33, 0x64, 0x07, 0x53, 0x5a, 0x61, 0x68, 0x6f, 0x76, 0x7d, 0x84, 0x8b, 0x92, 0x99,
	0xa0, 0xa7, 0xae, 0xb5, 0xbc, 0xc3, 0xca, 0xd1, 0xd8, 0xdf, 0xe6, 0xed, 0xf4, 0xfb, 0x02,
	0x09, 0x10, 0x17, 0x1e, 0x25, 0x2c, 0x33, 0x3a, 0x41, 0x48, 0x4f, 0x56, 0x5d, 0x64, 0x31,
	0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38};

struct example {
	const uint8_t *packet;
	uint32_t packet_len;
	uint16_t mtu;
	uint16_t lens[3]; /* of the fragments */
	const uint8_t *fragments;
};

static const struct example examples[] = {
	{whole_packet, sizeof(whole_packet), 70, {68, 70}, whole_fragments},
	{middle_packet, sizeof(middle_packet), 68, {68, 68}, middle_fragments},
};

static void
example_one(const struct example *e, uint16_t seg_len, bool multi_seg)
{
	struct rte_mbuf *m = test_mbuf(pool, e->packet, e->packet_len, seg_len);
	const uint8_t *want = e->fragments;
	struct rte_mbuf *out[8];
	int n, i;

	n = mtud_frag_ipv4(m, e->mtu, &pools, multi_seg, out, RTE_DIM(out));
	rte_pktmbuf_free(m);
	assert_in_range(n, 2, RTE_DIM(e->lens));
	for (i = 0; i < n; i++) {
		test_mbuf_equal(out[i], want, e->lens[i]);
		want += e->lens[i];
		rte_pktmbuf_free(out[i]);
	}
	assert_true(n == (int)RTE_DIM(e->lens) || e->lens[n] == 0);
}

static void
test_examples(void **state)
{
	uint16_t seg_len;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(examples); i++) {
		example_one(&examples[i], 0, true);
		example_one(&examples[i], 0, false);
		for (seg_len = IP4; seg_len <= examples[i].packet_len; seg_len++) {
			example_one(&examples[i], seg_len, true);
			example_one(&examples[i], seg_len, false);
		}
	}
}

static void
test_sizes(void **state)
{
	static const uint16_t seg_lens[] = {0, 20, 21, 28, 333, 1500, 2048};
	uint8_t packet[IP4 + 3000];
	unsigned int turn = 0;
	uint32_t payload;
	uint16_t mtu;

	(void)state;
	for (mtu = 68; mtu <= 1500; mtu++) {
		for (payload = 1 + mtu % 61; payload <= 3000; payload += 61) {
			if (test_packet(packet, &test_no_opts, payload, 0) <= mtu)
				continue;
			turn++;
			test_cut_one(packet, mtu, seg_lens[turn % RTE_DIM(seg_lens)], &test_no_opts,
				true);
			test_cut_one(packet, mtu, seg_lens[turn % RTE_DIM(seg_lens)], &test_no_opts,
				false);
		}
	}
}

/* All sizes around those where one fragment more is needed. */
static void
test_every_size(void **state)
{
	static const uint16_t mtus[] = {68, 69, 75, 76, 576, 1280, 1281, 1287, 1288};
	uint8_t packet[IP4 + 3000];
	uint32_t payload;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(mtus); i++) {
		for (payload = mtus[i] - IP4 + 1; payload <= 3000; payload++) {
			test_packet(packet, &test_no_opts, payload, 0);
			test_cut_one(packet, mtus[i], payload % 3 * 1000, &test_no_opts, true);
			test_cut_one(packet, mtus[i], payload % 3 * 1000, &test_no_opts, false);
		}
	}
}

/* Flags words of packets that are fragments themselves, and the reserved flag. */
static void
test_fragment_as_input(void **state)
{
	static const uint16_t frags[] = {
		MF, MF | 1, 1, MF | 185, 185, 4095, MF | 7000, 7999, 0x8000, 0x8000 | MF | 2};
	static const uint16_t mtus[] = {68, 77, 296, 576, 1280};
	uint8_t packet[IP4 + 1480];
	uint32_t payload;
	unsigned int f, i;

	(void)state;
	for (f = 0; f < RTE_DIM(frags); f++) {
		for (i = 0; i < RTE_DIM(mtus); i++) {
			for (payload = 1480; payload > mtus[i]; payload -= 8) {
				test_packet(packet, &test_no_opts, payload, frags[f]);
				test_cut_one(packet, mtus[i], 0, &test_no_opts, true);
				test_cut_one(packet, mtus[i], 20, &test_no_opts, true);
				test_cut_one(packet, mtus[i], 700, &test_no_opts, false);
			}
		}
	}
}

struct opts_case {
	const char *name;
	struct test_opts whole;
	struct test_opts later; /* of all fragments but the first */
};

/* Kinds with the copied flag, 128, go into every fragment; the others into the first only: RFC 791
 * section 3.1, RFC 2113 (148). What is left is filled to a multiple of 4 with 0. */
static const struct opts_case opts_cases[] = {
	{"nothing but NOP", {4, {1, 1, 1, 1}}, {0}},
	{"nothing but the end", {4, {0}}, {0}},
	{"router alert", {4, {148, 4, 0, 0}}, {4, {148, 4, 0, 0}}},
	{"record route", {8, {7, 7, 4, 0, 0, 0, 0, 0}}, {0}},
	{"timestamp, router alert", {12, {68, 8, 5, 0, 0, 0, 0, 0, 148, 4, 0, 0}},
		{4, {148, 4, 0, 0}}},
	{"NOP, loose source route", {8, {1, 131, 7, 4, 192, 0, 2, 9}},
		{8, {131, 7, 4, 192, 0, 2, 9, 0}}},
	{"security, record route, stream id",
		{24, {130, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 7, 7, 4, 0, 0, 0, 0, 1, 136, 4, 0xab,
			     0xcd, 0}},
		{16, {130, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 136, 4, 0xab, 0xcd, 0}}},
	{"copied behind the end", {8, {1, 0, 148, 4, 0, 0, 0, 0}}, {0}},
	{"40 octets, copied", {40, {137, 39, 4, [39] = 1}}, {40, {137, 39, 4}}},
	{"40 octets, not copied", {40, {7, 39, 4, [39] = 1}}, {0}},
	{"40 octets, 2 of them copied",
		{40, {68, 36, 5, [36] = 1, [37] = 1, [38] = 0x9e, [39] = 2}}, {4, {0x9e, 2}}},
};

static void
test_options(void **state)
{
	static const uint16_t mtus[] = {68, 80, 99, 576, 1000};
	uint8_t packet[MAX_IHL + 2000];
	const struct opts_case *c;
	unsigned int i, payload;

	(void)state;
	for (c = opts_cases; c < opts_cases + RTE_DIM(opts_cases); c++) {
		print_message("options: %s\n", c->name);
		for (i = 0; i < RTE_DIM(mtus); i++) {
			for (payload = mtus[i]; payload <= 2000; payload += 13) {
				test_packet(packet, &c->whole, payload, 0);
				test_cut_one(packet, mtus[i], 0, &c->later, true);
				test_cut_one(packet, mtus[i], IP4 + c->whole.len, &c->later, true);
				test_cut_one(packet, mtus[i], 64, &c->later, false);
				/* The first of many is cut again: it has all options. */
				test_packet(packet, &c->whole, payload & ~7U, MF);
				test_cut_one(packet, mtus[i], 0, &c->later, true);
				/* A later one: whoever made it has chosen. */
				test_packet(packet, &c->whole, payload, 100);
				test_cut_one(packet, mtus[i], 0, &c->whole, true);
				test_cut_one(packet, mtus[i], 0, &c->whole, false);
			}
		}
	}
}

/* What came out goes in again, three times over, and is no packet of one piece any more. */
static void
cut_again(struct rte_mbuf *m, const uint16_t *mtus, bool multi_seg, uint8_t *got, uint32_t *octets)
{
	uint32_t ip_len = m->pkt_len, at;
	struct rte_mbuf *out[64];
	uint8_t copy[DIRECT_ROOM];
	const uint8_t *from;
	int n, i;

	if (*mtus == 0) {
		from = rte_pktmbuf_read(m, 0, ip_len, copy);
		assert_non_null(from);
		at = (test_get16(&from[6]) & OFFSET_MASK) * 8;
		memcpy(got + at, from + IP4, ip_len - IP4);
		*octets += ip_len - IP4;
		rte_pktmbuf_free(m);
		return;
	}
	n = mtud_frag_ipv4(m, *mtus, &pools, multi_seg, out, RTE_DIM(out));
	if (n == -EINVAL) {
		assert_in_range(ip_len, 1, *mtus);
		cut_again(m, mtus + 1, !multi_seg, got, octets);
		return;
	}
	assert_in_range(n, 2, RTE_DIM(out));
	rte_pktmbuf_free(m);
	for (i = 0; i < n; i++)
		cut_again(out[i], mtus + 1, !multi_seg, got, octets);
}

static void
test_fragments_of_fragments(void **state)
{
	static const uint16_t mtus[] = {1500, 1281, 577, 99, 68, 0};
	uint8_t packet[IP4 + 3000], got[3000];
	uint32_t payload, octets;
	unsigned int mode;

	(void)state;
	for (payload = 60; payload <= 3000; payload += 7) {
		for (mode = 0; mode < 2; mode++) {
			memset(got, 0, sizeof(got));
			octets = 0;
			test_packet(packet, &test_no_opts, payload, 0);
			cut_again(test_mbuf(pool, packet, IP4 + payload, 0), mtus, mode == 1, got,
				&octets);
			assert_int_equal(octets, payload);
			assert_memory_equal(got, packet + IP4, payload);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_examples, test_none_lost),
		cmocka_unit_test_teardown(test_sizes, test_none_lost),
		cmocka_unit_test_teardown(test_every_size, test_none_lost),
		cmocka_unit_test_teardown(test_fragment_as_input, test_none_lost),
		cmocka_unit_test_teardown(test_options, test_none_lost),
		cmocka_unit_test_teardown(test_fragments_of_fragments, test_none_lost),
	};
	int rc;

	if (test_frag_setup() < 0)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rte_eal_cleanup();
	return rc;
}
