/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Frames as they come in. */

#include <sanitizer/asan_interface.h>

#include "fuzz_world.h"

#define ETHERNET 14
#define IP6      40
#define ICMP6    58

/* Room for len octets and none behind them, but where a chain may be made one piece. */
static struct rte_mbuf *
make_segment(const uint8_t *octets, uint16_t len, uint32_t room)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(world.rx);
	uint8_t *to, *end;

	if (m == NULL)
		return NULL;
	ASAN_UNPOISON_MEMORY_REGION(m->buf_addr, m->buf_len);
	to = (uint8_t *)rte_pktmbuf_append(m, len);
	if (to == NULL) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	memcpy(to, octets, len);
	end = (uint8_t *)m->buf_addr + m->buf_len;
	if (to + room < end)
		ASAN_POISON_MEMORY_REGION(to + room, end - to - room);
	return m;
}

struct rte_mbuf *
frame_make(uint16_t port, const uint8_t *octets, uint16_t len, uint16_t split)
{
	uint16_t first = split == 0 ? len : RTE_MIN(split, len);
	struct rte_mbuf *m = make_segment(octets, first, len);
	struct rte_mbuf *rest;

	if (m == NULL || first == len)
		goto out;
	rest = make_segment(octets + first, len - first, len - first);
	if (rest == NULL || rte_pktmbuf_chain(m, rest) < 0) {
		rte_pktmbuf_free(rest);
		rte_pktmbuf_free(m);
		return NULL;
	}
out:
	if (m != NULL)
		m->port = port;
	return m;
}

/* RFC 1071, octet by octet. */
static uint32_t
add_up(uint32_t sum, const uint8_t *p, uint16_t len)
{
	uint16_t i;

	for (i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

uint16_t
frame_cksum6(const uint8_t *ip6, const uint8_t *from, uint16_t len, uint8_t proto)
{
	return fold(add_up(add_up((uint32_t)len + proto, ip6 + 8, 32), from, len));
}

static void
put(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value & 0xff;
}

static void
seal6(uint8_t *ip, uint16_t len)
{
	uint8_t next = ip[6];
	uint32_t at = IP6;

	put(ip + 4, len - IP6);
	while ((next == 0 || next == 43 || next == 44 || next == 60) && at + 8 <= len) {
		uint32_t header = next == 44 ? 8 : (ip[at + 1] + 1u) * 8;

		next = ip[at];
		at += header;
	}
	if (next != ICMP6 || at + 4 > len)
		return;
	put(ip + at + 2, 0);
	put(ip + at + 2, frame_cksum6(ip, ip + at, len - at, ICMP6));
}

static void
seal4(uint8_t *ip, uint16_t len)
{
	uint16_t ihl = (ip[0] & 15) * 4;

	put(ip + 2, len);
	if (ihl < 20 || ihl > len)
		return;
	put(ip + 10, 0);
	put(ip + 10, fold(add_up(0, ip, ihl)));
}

void
frame_seal(uint8_t *octets, uint16_t len)
{
	uint16_t type = len >= ETHERNET ? octets[12] << 8 | octets[13] : 0;

	if (type == RTE_ETHER_TYPE_IPV6 && len >= ETHERNET + IP6)
		seal6(octets + ETHERNET, len - ETHERNET);
	else if (type == RTE_ETHER_TYPE_IPV4 && len >= ETHERNET + 20)
		seal4(octets + ETHERNET, len - ETHERNET);
}
