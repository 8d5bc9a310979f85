/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <stdlib.h>
#include <string.h>

#include "mtud_mss.h"
#include "test_mbuf.h"

#define IP6   40
#define IP4   20
#define PAD   64
#define TCP   6
#define UDP   17
#define ESP   50
#define SYN   0x02
#define RST   0x04
#define L3_AT 14

static struct rte_mempool *pool;

/* What follows the IP header: extension headers or options, and a TCP header behind them. */
struct front {
	const char *name;
	bool is_v4;
	bool want;
	uint8_t proto;  /* what the IP header names */
	uint16_t flags; /* of an IPv4 header, with its offset */
	uint8_t len;    /* octets */
	uint8_t octets[56];
};

/* RFC 8200 section 4, RFC 4302 section 2.2, RFC 791 section 3.1. */
static const struct front fronts[] = {
	{"IPv6", false, true, TCP, 0, 0, {0}},
	{"IPv6, UDP", false, false, UDP, 0, 0, {0}},
	{"IPv6, ESP", false, false, ESP, 0, 0, {0}},
	{"IPv6, ICMP", false, false, 58, 0, 0, {0}},
	{"IPv6, nothing", false, false, 59, 0, 0, {0}},
	{"IPv6, an IPv4 number", false, false, 4, 0, 0, {0}},
	{"hop-by-hop", false, true, 0, 0, 8, {TCP, 0, 1, 4}},
	{"hop-by-hop, then UDP", false, false, 0, 0, 8, {UDP, 0, 1, 4}},
	{"routing of 24", false, true, 43, 0, 24, {TCP, 2, 0, 0}},
	{"destination options, twice", false, true, 60, 0, 24, {60, 1, 1, 12, [16] = TCP, 0, 1, 4}},
	{"AH of 24", false, true, 51, 0, 24, {TCP, 4}},
	{"all of them", false, true, 0, 0, 56,
		{43, 0, 1, 4, [8] = 44, 0, 4, 0, [16] = 51, 0, 0, 0, [24] = 60, 4, [48] = TCP, 0, 1,
			4}},
	{"atomic fragment", false, true, 44, 0, 8, {TCP, 0, 0, 0}},
	{"first fragment", false, true, 44, 0, 8, {TCP, 0, 0, 1}},
	{"second fragment", false, false, 44, 0, 8, {TCP, 0, 0, 9}},
	{"last fragment", false, false, 44, 0, 8, {TCP, 0, 0, 8}},
	{"last fragment, far", false, false, 44, 0, 8, {TCP, 0, 0x80, 0}},
	{"reserved bits of a fragment header", false, true, 44, 0, 8, {TCP, 0xff, 0, 6}},
	{"a header beyond the packet", false, false, 60, 0, 8, {TCP, 200}},
	{"IPv4", true, true, TCP, 0, 0, {0}},
	{"IPv4, UDP", true, false, UDP, 0, 0, {0}},
	{"IPv4, ESP", true, false, ESP, 0, 0, {0}},
	{"IPv4, number 0", true, false, 0, 0, 0, {0}},
	{"don't fragment", true, true, TCP, 0x4000, 0, {0}},
	{"reserved flag", true, true, TCP, 0x8000, 0, {0}},
	{"IPv4, first fragment", true, true, TCP, 0x2000, 0, {0}},
	{"IPv4, second fragment", true, false, TCP, 0x2001, 0, {0}},
	{"IPv4, last fragment", true, false, TCP, 1, 0, {0}},
	{"IPv4, last fragment, far", true, false, TCP, 0x1f00, 0, {0}},
	{"IPv4 options of 4", true, true, TCP, 0, 4, {148, 4, 0, 0}},
	{"IPv4 options of 40", true, true, TCP, 0, 40, {7, 39, 4}},
	{"IPv4 options, second fragment", true, false, TCP, 2, 40, {7, 39, 4}},
	{"IPv4 options, UDP", true, false, UDP, 0, 4, {148, 4, 0, 0}},
};

/* The octets of a packet with these TCP flags. @return how many up to TCP's. */
static uint32_t
write_packet(uint8_t *to, const struct front *f, uint8_t flags)
{
	uint32_t ip = f->is_v4 ? IP4 : IP6;

	memset(to, 0xff, ip); /* addresses and others that nobody asks for */
	to[0] = f->is_v4 ? 0x40 | (IP4 + f->len) / 4 : 0x60;
	to[f->is_v4 ? 9 : 6] = f->proto;
	if (f->is_v4) {
		to[6] = f->flags >> 8;
		to[7] = f->flags & 0xff;
	}
	memcpy(to + ip, f->octets, f->len);
	memset(to + ip + f->len, 0, 20);
	to[ip + f->len + 12] = 0x50;
	to[ip + f->len + 13] = flags;
	return ip + f->len;
}

static bool
is_syn(const struct front *f, uint8_t flags, uint32_t tcp_octets, uint32_t l3_at, uint16_t seg_len)
{
	uint8_t octets[L3_AT + IP6 + 56 + 20 + PAD];
	uint32_t at, tcp_at = UINT32_MAX;
	struct rte_mbuf *m;
	bool got;

	memset(octets, 0xff, sizeof(octets));
	at = write_packet(octets + l3_at, f, flags);
	m = test_mbuf(pool, octets, sizeof(octets), seg_len);
	got = mtud_mss_is_syn(m, l3_at, at + tcp_octets, &tcp_at);
	if (got)
		assert_int_equal(tcp_at, l3_at + at);
	rte_pktmbuf_free(m);
	return got;
}

static void
test_fronts(void **state)
{
	uint16_t seg_len, headers;
	const struct front *f;
	uint32_t octets;

	(void)state;
	for (f = fronts; f < fronts + RTE_DIM(fronts); f++) {
		print_message("  %s\n", f->name);
		headers = f->is_v4 ? IP4 + f->len : IP6;
		assert_int_equal(is_syn(f, SYN, 20, L3_AT, 0), f->want);
		/* IPv4 options and the IP header are in the first segment; the rest is anywhere. */
		for (seg_len = headers; seg_len < 130; seg_len++)
			assert_int_equal(is_syn(f, SYN, 20, 0, seg_len), f->want);
		for (seg_len = L3_AT + headers; seg_len < 130; seg_len++)
			assert_int_equal(is_syn(f, SYN, 20, L3_AT, seg_len), f->want);
		/* Padding is no TCP header: 14 octets have the flags, 13 do not. */
		for (octets = 0; octets <= 20; octets++)
			assert_int_equal(is_syn(f, SYN, octets, L3_AT, 0), f->want && octets >= 14);
		assert_false(is_syn(f, 0x10, 20, L3_AT, 0));
	}
}

/* SYN set and RST clear, whatever else: iptables' --tcp-flags SYN,RST SYN. */
static void
test_flags(void **state)
{
	unsigned int flags;

	(void)state;
	for (flags = 0; flags <= 0xff; flags++) {
		assert_int_equal(
			is_syn(&fronts[0], flags, 20, 0, 0), (flags & SYN) != 0 && !(flags & RST));
		assert_int_equal(
			is_syn(&(struct front){.is_v4 = true, .proto = TCP}, flags, 20, 0, 0),
			(flags & SYN) != 0 && !(flags & RST));
	}
}

/* Extension headers that end before the packet does, for each length of it. */
static void
test_cut_short(void **state)
{
	const struct front *f = &fronts[0];
	uint8_t octets[IP6 + 56 + 20];
	struct rte_mbuf *m;
	uint32_t len, at, tcp_at;

	(void)state;
	for (; strcmp(f->name, "all of them") != 0; f++)
		;
	at = write_packet(octets, f, SYN);
	for (len = IP6; len <= at + 20; len++) {
		m = test_mbuf(pool, octets, at + 20, 50);
		assert_int_equal(mtud_mss_is_syn(m, 0, len, &tcp_at), len >= at + 14);
		rte_pktmbuf_free(m);
		/* The same where the mbuf ends there. */
		m = test_mbuf(pool, octets, len, 50);
		assert_int_equal(mtud_mss_is_syn(m, 0, len, &tcp_at), len >= at + 14);
		rte_pktmbuf_free(m);
	}
}

/* More extension headers than the walk takes. */
static void
test_endless(void **state)
{
	uint32_t exts, at, tcp_at, i;
	uint8_t *octets;
	struct rte_mbuf *m;

	(void)state;
	for (exts = MTUD_PKT_MAX_EXT; exts <= MTUD_PKT_MAX_EXT + 1; exts++) {
		at = IP6 + exts * 8;
		octets = calloc(1, at + 20);
		assert_non_null(octets);
		octets[0] = 0x60;
		octets[6] = 60;
		for (i = 0; i < exts; i++)
			octets[IP6 + i * 8] = i + 1 < exts ? 60 : TCP;
		octets[at + 13] = SYN;
		m = test_mbuf(pool, octets, at + 20, 1000);
		assert_int_equal(mtud_mss_is_syn(m, 0, at + 20, &tcp_at), exts <= MTUD_PKT_MAX_EXT);
		rte_pktmbuf_free(m);
		free(octets);
	}
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
		cmocka_unit_test_teardown(test_fronts, none_lost),
		cmocka_unit_test_teardown(test_flags, none_lost),
		cmocka_unit_test_teardown(test_cut_short, none_lost),
		cmocka_unit_test_teardown(test_endless, none_lost),
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
