/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef TEST_FRAG_H
#define TEST_FRAG_H

/*
 * What the tests of fragmentation share: packets to cut, and a receiver that puts fragments
 * together and finds fault with them, written from RFC 791 and not from what they test.
 */

#include <errno.h>
#include <string.h>

#include "mtud_frag.h"
#include "test_mbuf.h"

#define IP4         20
#define MAX_IHL     60
#define MAX_PACKET  65535
#define DIRECTS     2047
#define INDIRECTS   4095
#define DIRECT_ROOM 1500
#define PORT        5

/* The flags word of an IPv4 header. */
#define MF          0x2000
#define DF          0x4000
#define OFFSET_MASK 0x1fff

/* Octets of options, as many as they are long. */
struct test_opts {
	uint8_t len;
	uint8_t octets[40];
};

static const struct test_opts test_no_opts;

static struct rte_mempool *pool;
static struct mtud_frag_pools pools;

static inline struct rte_mempool *
test_frag_pool(const char *name, unsigned int n, uint16_t room)
{
	return rte_pktmbuf_pool_create(
		name, n, 0, sizeof(struct mtud_pkt_meta), room, SOCKET_ID_ANY);
}

static inline int
test_frag_setup(void)
{
	if (test_eal_init(64, "") < 0)
		return -1;
	pool = test_pool_create("test");
	pools.direct = test_frag_pool("direct", DIRECTS, RTE_PKTMBUF_HEADROOM + DIRECT_ROOM);
	pools.indirect = test_frag_pool("indirect", INDIRECTS, 0);
	return pool == NULL || pools.direct == NULL || pools.indirect == NULL ? -1 : 0;
}

/* A test that loses a buffer fails here. */
static inline int
test_none_lost(void **state)
{
	(void)state;
	return rte_mempool_full(pool) && rte_mempool_full(pools.direct) &&
			       rte_mempool_full(pools.indirect)
		       ? 0
		       : -1;
}

static inline void
test_put16(uint8_t *to, uint32_t value)
{
	to[0] = value >> 8;
	to[1] = value & 0xff;
}

static inline uint32_t
test_get16(const uint8_t *from)
{
	return from[0] << 8 | from[1];
}

/* RFC 1071: 0xffff for a header whose checksum is right. */
static inline uint32_t
test_sum(const uint8_t *octets, uint32_t len)
{
	uint32_t sum = 0, i;

	for (i = 0; i < len; i += 2)
		sum += test_get16(&octets[i]);
	while (sum > 0xffff)
		sum = (sum >> 16) + (sum & 0xffff);
	return sum;
}

/* A packet with these options and flags word. @return its octets. */
static inline uint32_t
test_packet(uint8_t *to, const struct test_opts *opts, uint32_t payload, uint16_t frag)
{
	uint32_t ihl = IP4 + opts->len, i;

	memcpy(to, "\x45\xb9\0\0\x12\x34\0\0\x3f\x11\0\0\xc0\0\x02\x01\xc6\x33\x64\x07", IP4);
	to[0] = 0x40 | ihl / 4;
	test_put16(&to[2], ihl + payload);
	test_put16(&to[6], frag);
	memcpy(&to[IP4], opts->octets, opts->len);
	test_put16(&to[10], 0xffff - test_sum(to, ihl));
	for (i = 0; i < payload; i++)
		to[ihl + i] = i * 7 + i / 251;
	return ihl + payload;
}

/* The procedure of RFC 791 section 3.2: cut off what fits, until the rest does. */
static inline uint32_t
test_count(uint32_t ip_len, uint32_t ihl, uint32_t mtu)
{
	uint32_t n = 1;

	for (; ip_len > mtu; n++)
		ip_len -= (mtu - ihl) / 8 * 8;
	return n;
}

/* The mbuf is sound, ours to send, and has room for an Ethernet header. */
static inline void
test_buffers(struct rte_mbuf *m, bool multi_seg)
{
	const struct rte_mbuf *seg;
	const char *reason;

	if (rte_mbuf_check(m, 1, &reason) != 0)
		fail_msg("%s", reason);
	assert_ptr_equal(m->pool, pools.direct);
	assert_true(RTE_MBUF_DIRECT(m));
	assert_int_equal(m->priv_size, sizeof(struct mtud_pkt_meta));
	assert_in_range(rte_pktmbuf_headroom(m), RTE_ETHER_HDR_LEN, UINT16_MAX);
	assert_int_equal(m->port, PORT);
	assert_int_equal(m->ol_flags, 0);
	if (multi_seg)
		assert_in_range(m->nb_segs, 2, UINT16_MAX);
	else
		assert_int_equal(m->nb_segs, 1);
	for (seg = m; seg != NULL; seg = seg->next)
		assert_int_not_equal(seg->data_len, 0);
}

/* What stays as it was, and the length and checksum that do not. @return octets of the header. */
static inline uint32_t
test_header(const uint8_t *got, uint32_t len, const uint8_t *packet, const struct test_opts *opts)
{
	uint32_t ihl = IP4 + opts->len;

	assert_int_equal(got[0], 0x40 | ihl / 4);
	assert_int_equal(got[1], packet[1]);
	assert_int_equal(test_get16(&got[2]), len);
	assert_memory_equal(&got[4], &packet[4], 2);
	assert_memory_equal(&got[8], &packet[8], 2);
	assert_memory_equal(&got[12], &packet[12], 8);
	assert_memory_equal(&got[IP4], opts->octets, opts->len);
	assert_int_equal(test_sum(got, ihl), 0xffff);
	return ihl;
}

/* n fragments give the packet again. later: the options of all but the first. */
static inline void
test_reassemble(struct rte_mbuf **out, uint32_t n, const uint8_t *packet, uint16_t mtu,
	const struct test_opts *later, bool multi_seg)
{
	struct test_opts first = {.len = (packet[0] & 0xf) * 4 - IP4};
	uint32_t payload = test_get16(&packet[2]) - IP4 - first.len, at = 0, ihl, len, i, frag;
	const uint32_t was = test_get16(&packet[6]);
	uint8_t copy[DIRECT_ROOM];
	const uint8_t *got;

	memcpy(first.octets, &packet[IP4], first.len);
	for (i = 0; i < n; i++) {
		test_buffers(out[i], multi_seg);
		assert_in_range(out[i]->pkt_len, IP4 + 1, mtu);
		got = rte_pktmbuf_read(out[i], 0, out[i]->pkt_len, copy);
		assert_non_null(got);
		ihl = test_header(got, out[i]->pkt_len, packet, i == 0 ? &first : later);
		len = out[i]->pkt_len - ihl;
		frag = test_get16(&got[6]);
		assert_int_equal((frag & OFFSET_MASK) * 8, (was & OFFSET_MASK) * 8 + at);
		assert_in_range(len, 1, payload - at);
		assert_memory_equal(&got[ihl], &packet[IP4 + first.len + at], len);
		at += len;
		if (at == payload) {
			assert_int_equal(frag & ~OFFSET_MASK, was & ~OFFSET_MASK);
		} else {
			assert_int_equal(frag & ~OFFSET_MASK, (was & ~OFFSET_MASK) | MF);
			assert_int_equal(len % 8, 0);
		}
	}
	assert_int_equal(at, payload);
}

/* Cut a packet, and put it together again when its own buffers have been given back. */
static inline void
test_cut_one(const uint8_t *packet, uint16_t mtu, uint16_t seg_len, const struct test_opts *later,
	bool multi_seg)
{
	const uint32_t ip_len = test_get16(&packet[2]), ihl = (packet[0] & 0xf) * 4;
	struct rte_mbuf *m = test_mbuf(pool, packet, ip_len, seg_len);
	struct rte_mbuf *out[MTUD_FRAG_MAX];
	const uint32_t want = test_count(ip_len, ihl, mtu);
	int n;

	m->port = PORT;
	m->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_VLAN;
	n = mtud_frag_ipv4(m, mtu, &pools, multi_seg, out, RTE_DIM(out));
	assert_int_equal(n, want);
	assert_int_equal(mtud_frag_count(ip_len, ihl, mtu), want);
	test_mbuf_equal(m, packet, ip_len);
	rte_pktmbuf_free(m);
	test_reassemble(out, n, packet, mtu, later, multi_seg);
	rte_pktmbuf_free_bulk(out, n);
	assert_true(rte_mempool_full(pool));
}

#endif
