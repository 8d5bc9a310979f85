/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* rte_ipv4_fragment_copy_nonseg_packet() is experimental in DPDK 22.11, and stays as it is. */
#define ALLOW_EXPERIMENTAL_API

#include <errno.h>

#include <rte_ip_frag.h>

#include "mtud_frag.h"
#include "mtud_ip.h"
#include "mtud_pkt.h"

static_assert(RTE_PKTMBUF_HEADROOM >= RTE_ETHER_HDR_LEN, "fragments get an Ethernet header");

/* No datagram has more than 65535 octets. rte_ip_frag would let the offset overflow into the flags
 * and over them, and what claims to lie beyond the end would arrive as part of the beginning. */
static bool
ends_beyond_datagram(const struct rte_ipv4_hdr *ip, uint32_t ip_len)
{
	uint32_t units = rte_be_to_cpu_16(ip->fragment_offset) & RTE_IPV4_HDR_OFFSET_MASK;

	return units * RTE_IPV4_HDR_OFFSET_UNITS + ip_len > UINT16_MAX;
}

/* rte_ip_frag takes the fragment for the last one that ends with the last segment: behind an empty
 * one it would make a fragment without payload. */
static bool
has_empty_segment(const struct rte_mbuf *m)
{
	for (; m != NULL; m = m->next)
		if (m->data_len == 0)
			return true;
	return false;
}

/* Octets of payload in a fragment that is not the last. */
static uint32_t
step(uint16_t ihl, uint16_t mtu)
{
	return RTE_ALIGN_FLOOR((uint32_t)mtu - ihl, RTE_IPV4_HDR_OFFSET_UNITS);
}

static int
check(const struct rte_mbuf *m, uint16_t ihl, uint16_t mtu, uint16_t max)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);

	if (m->pkt_len <= mtu || m->pkt_len != rte_be_to_cpu_16(ip->total_length) ||
		(ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)) != 0 ||
		ends_beyond_datagram(ip, m->pkt_len) || has_empty_segment(m))
		return -EINVAL;
	/* It leaves 8 octets behind the longest header, and rte_ip_frag asks for it. */
	if (mtu < MTUD_IP4_MIN_MTU)
		return -EMSGSIZE;
	return m->pkt_len - ihl > max * step(ihl, mtu) ? -E2BIG : 0;
}

/* The reference to what the packet's first segment has behind the header: nothing. */
static void
drop_empty_reference(struct rte_mbuf *first)
{
	struct rte_mbuf *empty = first->next;

	first->next = empty->next;
	first->nb_segs--;
	rte_pktmbuf_free_seg(empty);
}

/* Append the last fragment's payload to the one before it, which becomes the last. */
static void
join(struct rte_mbuf *m, struct rte_mbuf *last)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	struct rte_ipv4_hdr *last_ip = rte_pktmbuf_mtod(last, struct rte_ipv4_hdr *);
	uint16_t last_ihl = mtud_pkt_ihl(last_ip);
	uint16_t octets = last->pkt_len - last_ihl;

	ip->fragment_offset &= last_ip->fragment_offset | ~RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
	ip->total_length = rte_cpu_to_be_16(m->pkt_len + octets);
	if (last->next == NULL) {
		memcpy(rte_pktmbuf_append(m, octets), RTE_PTR_ADD(last_ip, last_ihl), octets);
	} else {
		rte_pktmbuf_lastseg(m)->next = last->next;
		m->nb_segs += last->nb_segs - 1;
		m->pkt_len += octets;
		last->next = NULL;
		last->nb_segs = 1;
	}
	rte_pktmbuf_free(last);
}

int
mtud_frag_ipv4(struct rte_mbuf *m, uint16_t mtu, const struct mtud_frag_pools *pools,
	bool multi_seg, struct rte_mbuf **out, uint16_t max)
{
	uint16_t ihl = mtud_pkt_ihl(rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *));
	struct rte_ipv4_hdr *ip;
	int n, i;

	n = check(m, ihl, mtu, max);
	if (n < 0)
		return n;
	/* rte_ip_frag looks for room for the payload alone, or not at all, and writes both. */
	if (RTE_PKTMBUF_HEADROOM + (multi_seg ? ihl : mtu) >
		rte_pktmbuf_data_room_size(pools->direct))
		return -ENOBUFS;

	if (multi_seg)
		n = rte_ipv4_fragment_packet(m, out, max, mtu, pools->direct, pools->indirect);
	else
		n = rte_ipv4_fragment_copy_nonseg_packet(m, out, max, mtu, pools->direct);
	if (n < 0)
		return n == -ENOMEM ? -ENOBUFS : n;

	if (multi_seg && m->data_len == ihl)
		drop_empty_reference(out[0]);
	/* RFC 791's procedure ends as soon as the rest fits, be it no multiple of 8. */
	if (m->pkt_len - (n - 2) * step(ihl, mtu) <= mtu) {
		join(out[n - 2], out[n - 1]);
		n--;
	}
	for (i = 0; i < n; i++) {
		out[i]->port = m->port;
		ip = rte_pktmbuf_mtod(out[i], struct rte_ipv4_hdr *);
		ip->hdr_checksum = rte_ipv4_cksum(ip);
	}
	return n;
}
