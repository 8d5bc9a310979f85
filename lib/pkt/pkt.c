/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <netinet/in.h>

#include "mtud_pkt.h"

/* Extension headers that netinet/in.h does not name (RFC 7401, RFC 5533). */
#define PROTO_HIP   139
#define PROTO_SHIM6 140

/* The shortest extension header, and the unit in which most give their length. */
#define EXT_UNIT 8

#define FRAG_OFFSET_MASK 0xfff8
#define FRAG_MORE        0x0001

/* What all extension headers begin with; only a fragment header has the third field. */
struct ext_hdr {
	uint8_t next;
	uint8_t len;
	rte_be16_t frag;
} __rte_packed;

static uint32_t
ext_octets(uint8_t proto, const struct ext_hdr *ext)
{
	switch (proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case IPPROTO_MH:
	case PROTO_HIP:
	case PROTO_SHIM6:
		return (ext->len + 1) * EXT_UNIT;
	case IPPROTO_FRAGMENT:
		return EXT_UNIT;
	case IPPROTO_AH:
		return (ext->len + 2) * 4;
	default:
		return 0;
	}
}

static bool
is_ext(uint8_t proto)
{
	static const struct ext_hdr none;

	return ext_octets(proto, &none) != 0;
}

static void
note_fragment(struct mtud_pkt_chain *chain, const struct ext_hdr *ext)
{
	uint16_t frag = rte_be_to_cpu_16(ext->frag);

	chain->fragment_header = true;
	if ((frag & (FRAG_OFFSET_MASK | FRAG_MORE)) != 0)
		chain->fragment = true;
	if ((frag & FRAG_OFFSET_MASK) != 0)
		chain->later_fragment = true;
}

void
mtud_pkt_walk(
	const struct rte_mbuf *m, uint32_t l3_at, uint32_t ip_len, struct mtud_pkt_chain *chain)
{
	const struct ext_hdr *ext;
	struct ext_hdr copy;
	uint32_t at = sizeof(struct rte_ipv6_hdr), len;
	const uint8_t *proto;
	uint8_t proto_copy;
	unsigned int n;

	*chain = (struct mtud_pkt_chain){
		.proto = IPPROTO_NONE,
		.proto_at = offsetof(struct rte_ipv6_hdr, proto),
		.payload_at = at,
	};
	proto = rte_pktmbuf_read(m, l3_at + chain->proto_at, sizeof(proto_copy), &proto_copy);
	if (proto == NULL || ip_len < at) {
		chain->truncated = true;
		return;
	}
	chain->proto = *proto;

	for (n = 0; is_ext(chain->proto) && !chain->later_fragment; n++) {
		if (n == MTUD_PKT_MAX_EXT) {
			chain->given_up = chain->truncated = true;
			return;
		}
		if (ip_len - at < EXT_UNIT) {
			chain->truncated = true;
			return;
		}
		ext = rte_pktmbuf_read(m, l3_at + at, sizeof(copy), &copy);
		len = ext != NULL ? ext_octets(chain->proto, ext) : UINT32_MAX;
		if (len > ip_len - at) {
			chain->truncated = true;
			return;
		}
		/* The longest IPv6 packet has 65,575 octets: more than the offsets hold. */
		if (at + len > UINT16_MAX) {
			chain->given_up = chain->truncated = true;
			return;
		}
		if (chain->proto == IPPROTO_FRAGMENT)
			note_fragment(chain, ext);
		chain->proto = ext->next;
		chain->proto_at = at;
		at += len;
		chain->payload_at = at;
	}
}

void
mtud_pkt_walk4(
	const struct rte_mbuf *m, uint32_t l3_at, uint32_t ip_len, struct mtud_pkt_chain *chain)
{
	const struct rte_ipv4_hdr *ip;
	struct rte_ipv4_hdr copy;
	uint16_t frag, ihl;

	*chain = (struct mtud_pkt_chain){
		.proto = IPPROTO_NONE,
		.proto_at = offsetof(struct rte_ipv4_hdr, next_proto_id),
		.payload_at = sizeof(*ip),
	};
	ip = rte_pktmbuf_read(m, l3_at, sizeof(copy), &copy);
	if (ip == NULL || ip_len < sizeof(*ip)) {
		chain->truncated = true;
		return;
	}
	ihl = mtud_pkt_ihl(ip);
	frag = rte_be_to_cpu_16(ip->fragment_offset);
	chain->proto = ip->next_proto_id;
	chain->truncated = ihl < sizeof(*ip) || ihl > ip_len;
	chain->later_fragment = (frag & RTE_IPV4_HDR_OFFSET_MASK) != 0;
	chain->fragment = chain->later_fragment || (frag & RTE_IPV4_HDR_MF_FLAG) != 0;
	chain->payload_at = RTE_MAX(ihl, sizeof(*ip));
}

void
mtud_pkt_cut(struct rte_mbuf *m, uint32_t len)
{
	struct rte_mbuf *last = m, *seg, *next;
	uint32_t left = len;
	uint16_t segs = 1;

	if (len >= m->pkt_len)
		return;
	for (; left > last->data_len; last = last->next) {
		left -= last->data_len;
		segs++;
	}
	seg = last->next;
	last->next = NULL;
	last->data_len = left;
	m->nb_segs = segs;
	m->pkt_len = len;
	for (; seg != NULL; seg = next) {
		next = seg->next;
		rte_pktmbuf_free_seg(seg);
	}
}
