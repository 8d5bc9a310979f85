/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_FRAG_H
#define MTUD_FRAG_H

/**
 * @file
 * IPv4 fragmentation (RFC 791 section 3.2) by rte_ip_frag.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

/** Fragments that one packet can become at most. */
#define MTUD_FRAG_MAX 1024

/** Where fragments come from: pools of one lcore alone, as far as others do not have to help. */
struct mtud_frag_pools {
	struct rte_mempool *direct;   /**< headers, and whole fragments for ports that take one
	                                   segment; a private area of struct mtud_pkt_meta */
	struct rte_mempool *indirect; /**< attached to the packet's own buffers; no data room */
};

/**
 * Cut a packet into fragments: each but the last with a multiple of 8 octets, the last one as soon
 * as the rest fits the MTU behind a header as long as the packet's, identification kept,
 * MF and offsets as RFC 791 asks also where the packet is itself a fragment, options copied by
 * their copied flag (first fragment: all of them), header checksums anew. TTL is what the
 * packet's header says.
 *
 * @param m
 *   The packet, from its IPv4 header on (no Ethernet header), header sound and in the first
 *   segment, as long as its total length says; DF clear. It stays the caller's, to be freed: the
 *   fragments hold references to its buffers as long as they need them.
 * @param mtu
 *   Octets of a fragment at most.
 * @param multi_seg
 *   true: fragments are a header and references to the packet's buffers; false: each is copied
 *   into one segment.
 * @param[out] out
 *   The fragments in order, from their IPv4 headers on, with at least RTE_ETHER_HDR_LEN octets of
 *   headroom, their port that of m.
 * @param max
 *   Room in out.
 * @return
 *   How many, at least 2; or
 *   - -EMSGSIZE: the MTU leaves less than 8 octets of payload behind the header, or is below
 *     MTUD_IP4_MIN_MTU, which leaves that much behind any header
 *   - -E2BIG: there would be more than max, as long as each has a multiple of 8 octets
 *   - -ENOBUFS: a pool was empty, or its buffers do not hold a fragment (one segment only)
 *   - -EINVAL: the packet fits the MTU, has DF set, is not as long as its total length says,
 *     has a segment without octets, or is a fragment that ends beyond the 65535 octets that a
 *     datagram has at most
 *   Nothing is left allocated after an error.
 */
int mtud_frag_ipv4(struct rte_mbuf *m, uint16_t mtu, const struct mtud_frag_pools *pools,
	bool multi_seg, struct rte_mbuf **out, uint16_t max);

/** How many fragments a packet of ip_len octets with a header of ihl becomes; 0: none, the MTU
 * leaves less than 8 octets of payload. */
static inline uint32_t
mtud_frag_count(uint32_t ip_len, uint16_t ihl, uint16_t mtu)
{
	uint32_t payload = mtu < ihl ? 0 : RTE_ALIGN_FLOOR((uint32_t)mtu - ihl, 8);

	if (payload == 0)
		return 0;
	return ip_len <= mtu ? 1 : 1 + (ip_len - mtu + payload - 1) / payload;
}

#endif
