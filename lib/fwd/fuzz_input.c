/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <sanitizer/asan_interface.h>

#include "fuzz_input.h"

/* An error's headers are written in front of its cause: this much of the headroom may be. */
#define HEADROOM_USED (MTUD_ICMP6_OVERHEAD)

uint16_t
fuzz_sum(uint32_t sum, const uint8_t *octets, uint32_t len)
{
	uint32_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += fuzz_get_16(&octets[i]);
	if (len & 1)
		sum += (uint32_t)octets[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

uint16_t
fuzz_sum_pseudo(const uint8_t *ip6, uint8_t proto, uint32_t len)
{
	return fuzz_sum(proto + (len >> 16) + (len & 0xffff), &ip6[8], 32);
}

static void
seal_l4(uint8_t *ip, uint8_t proto, uint8_t *l4, uint32_t len, bool v6)
{
	uint32_t sum = 0;
	uint32_t at;

	if (proto == 17 && len >= 8)
		at = 6;
	else if (proto == (v6 ? 58 : 1) && len >= 8)
		at = 2;
	else
		return;
	if (v6)
		sum = fuzz_sum_pseudo(ip, proto, len);
	else if (proto == 17)
		sum = fuzz_sum(proto + len, &ip[12], 8);
	fuzz_put_16(&l4[at], 0);
	fuzz_put_16(&l4[at], (uint16_t)~fuzz_sum(sum, l4, len));
}

/* A checksum of zero has two ways to be written: an identification that makes it zero, and one of
 * them. */
static void
make_zero(uint8_t *ip, uint32_t ihl, bool ones)
{
	fuzz_put_16(&ip[4], 0);
	fuzz_put_16(&ip[10], 0);
	fuzz_put_16(&ip[4], (uint16_t)~fuzz_sum(0, ip, ihl));
	fuzz_put_16(&ip[10], ones ? 0xffff : 0);
}

static void
seal4(uint8_t *ip, uint32_t len, uint32_t fixed_len, uint8_t layout, uint8_t place)
{
	uint32_t ihl = (ip[0] & 15) * 4u, ip_len;

	if (layout & FUZZ_FIX_LEN)
		fuzz_put_16(&ip[2], fixed_len);
	ip_len = fuzz_get_16(&ip[2]);
	if (ihl < 20 || ihl > len || ip_len < ihl || ip_len > len)
		return;
	if (layout & FUZZ_SEAL_L4)
		seal_l4(ip, ip[9], &ip[ihl], ip_len - ihl, false);
	if ((layout & FUZZ_SEAL_IP) && place >= FUZZ_ZERO) {
		make_zero(ip, ihl, place > FUZZ_ZERO);
	} else if (layout & FUZZ_SEAL_IP) {
		fuzz_put_16(&ip[10], 0);
		fuzz_put_16(&ip[10], (uint16_t)~fuzz_sum(0, ip, ihl));
	}
}

static void
seal6(uint8_t *ip, uint32_t len, uint32_t fixed_len, uint8_t layout)
{
	uint32_t at = 40, ip_len;
	uint8_t next = ip[6];

	if (layout & FUZZ_FIX_LEN && fixed_len >= 40)
		fuzz_put_16(&ip[4], fixed_len - 40);
	ip_len = fuzz_get_16(&ip[4]) + 40u;
	if (ip_len > len || !(layout & FUZZ_SEAL_L4))
		return;
	while ((next == 0 || next == 43 || next == 60) && at + 8 <= ip_len) {
		next = ip[at];
		at += (ip[at + 1] + 1u) * 8;
	}
	if (at <= ip_len)
		seal_l4(ip, next, &ip[at], ip_len - at, true);
}

void
fuzz_seal(uint8_t *frame, uint32_t len, uint8_t layout, uint8_t place)
{
	uint32_t l3_len = len < MTUD_L3_AT ? 0 : len - MTUD_L3_AT;
	uint32_t fixed_len = l3_len;

	if ((layout & FUZZ_PADDING) != 0 && l3_len > 20u + place % 32)
		fixed_len -= place % 32;
	if (l3_len >= 40 && fuzz_get_16(&frame[12]) == RTE_ETHER_TYPE_IPV6)
		seal6(&frame[MTUD_L3_AT], l3_len, fixed_len, layout);
	else if (l3_len >= 20 && fuzz_get_16(&frame[12]) == RTE_ETHER_TYPE_IPV4)
		seal4(&frame[MTUD_L3_AT], l3_len, fixed_len, layout, place);
}

/* Of two alike that are to be fragmented one may be dropped: which one, their fragments would not
 * tell. */
static void
tell_apart(const struct fuzz_input *in, struct fuzz_frame *f)
{
	unsigned int i;

	for (i = 0; i < in->n && f->sound && !f->packet.v6; i++) {
		const struct fuzz_frame *other = &in->frame[i];

		if (!other->sound || other->packet.v6 ||
			memcmp(&other->packet.ip[4], &f->packet.ip[4], 2) != 0)
			continue;
		fuzz_put_16(&f->octets[MTUD_L3_AT + 4], 0x4000 + in->n);
		fuzz_seal(f->octets, f->len, FUZZ_SEAL_IP, 0);
	}
}

bool
fuzz_input_read(struct fuzz_input *in, const uint8_t *data, size_t size)
{
	struct fuzz_frame_hdr hdr;
	uint32_t used = 0, given, i;

	in->n = 0;
	in->answer[0].len = in->answer[1].len = 0;
	in->errors = in->echoes = 0;
	if (size < sizeof(in->choice) + sizeof(hdr))
		return false;
	memcpy(&in->choice, data, sizeof(in->choice));
	data += sizeof(in->choice);
	size -= sizeof(in->choice);
	while (in->n < FUZZ_FRAMES && size >= sizeof(hdr)) {
		struct fuzz_frame *f = &in->frame[in->n];

		memcpy(&hdr, data, sizeof(hdr));
		data += sizeof(hdr);
		size -= sizeof(hdr);
		*f = (struct fuzz_frame){.len = rte_be_to_cpu_16(hdr.len) % FUZZ_FRAME_MAX,
			.layout = hdr.layout, .place = hdr.place, .octets = &in->octets[used]};
		if (used + f->len > sizeof(in->octets))
			break;
		given = RTE_MIN(RTE_MIN(rte_be_to_cpu_16(hdr.given), f->len), size);
		memcpy(f->octets, data, given);
		for (i = given; i < f->len; i++)
			f->octets[i] = (uint8_t)(i * 7);
		data += given;
		size -= given;
		used += f->len;
		fuzz_seal(f->octets, f->len, f->layout, f->place);
		f->sound = fuzz_packet_read(&f->packet, f->octets, f->len);
		tell_apart(in, f);
		in->n++;
	}
	return in->n > 0;
}

/* One segment, alone in its buffer. */
static struct rte_mbuf *
segment(const uint8_t *octets, uint32_t len, uint32_t room, uint16_t headroom)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(world.pool);
	uint32_t whole = rte_pktmbuf_data_room_size(world.pool), used;

	FUZZ_CHECK(m != NULL, "the receive pool is empty");
	m->buf_len = RTE_MIN(whole, headroom + len + room);
	m->data_off = headroom;
	m->port = RTE_MBUF_PORT_INVALID;
	m->data_len = len;
	m->pkt_len = len;
	memcpy(rte_pktmbuf_mtod(m, void *), octets, len);
	used = RTE_MIN(headroom, HEADROOM_USED);
	ASAN_POISON_MEMORY_REGION(m->buf_addr, headroom - used);
	ASAN_POISON_MEMORY_REGION(RTE_PTR_ADD(m->buf_addr, m->buf_len), whole - m->buf_len);
	return m;
}

/* How long the next segment is that begins at an octet of a frame. */
static uint32_t
segment_len(const struct fuzz_frame *f, uint32_t at, unsigned int n)
{
	uint32_t left = f->len - at;

	switch (f->layout & FUZZ_SEGS) {
	case 0:
		return left;
	case 1:
		return n == 0 ? RTE_MIN(left, f->place) : left;
	case 2:
		/* No more than drivers make of it, and than there are buffers. */
		return RTE_MIN(left, RTE_MAX(f->place % 64u, f->len / 16) + 1);
	default:
		return n == 0 ? RTE_MIN(left, f->place) : n == 1 ? 0 : left;
	}
}

struct rte_mbuf *
fuzz_mbuf(const struct fuzz_frame *f)
{
	/* Even, as drivers have it: Ethernet headers are written as words of 16 bits. */
	uint16_t headroom = f->layout & FUZZ_LOW ? f->place % 64 / 2 * 2 : RTE_PKTMBUF_HEADROOM;
	uint32_t len = segment_len(f, 0, 0), at = len;
	bool tight = f->len == len || (f->layout & FUZZ_TIGHT) != 0;
	struct rte_mbuf *m, *last;
	unsigned int n;

	m = last = segment(f->octets, len, tight ? 0 : f->len - len, headroom);
	for (n = 1; at < f->len; n++, at += len) {
		len = segment_len(f, at, n);
		last->next = segment(&f->octets[at], len, 0, RTE_PKTMBUF_HEADROOM);
		last = last->next;
		m->nb_segs++;
		m->pkt_len += len;
	}
	return m;
}
