/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_ND_FRAME_H
#define MTUD_ND_FRAME_H

#include "mtud_nd.h"

/* Octets from the start of a frame of ours to what its IPv6 header carries. */
#define MTUD_ND_PAYLOAD_AT (RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv6_hdr))

/* The link-layer address options (RFC 4861 section 4.6.1) and the nonce (RFC 3971). */
enum mtud_nd_option {
	MTUD_ND_OPT_SOURCE_LLADDR = 1,
	MTUD_ND_OPT_TARGET_LLADDR = 2,
	MTUD_ND_OPT_NONCE = 14,
};

/* Each of them is one unit of 8 octets long, as Ethernet addresses and RFC 7527 have it. */
#define MTUD_ND_OPT_UNIT 8
#define MTUD_ND_OPT_DATA 6

/* Neighbor Solicitation and Advertisement without options (RFC 4861 sections 4.3 and 4.4). */
struct mtud_nd_neighbor {
	struct mtud_icmp6_hdr icmp; /* data: the flags of an advertisement */
	uint8_t target[MTUD_IP_LEN];
} __rte_packed;

struct mtud_nd_addrs {
	const struct rte_ether_addr *eth_src;
	const struct rte_ether_addr *eth_dst; /* NULL: that of the group dst */
	const struct mtud_ip *src;
	const struct mtud_ip *dst;
};

/*
 * A frame with its Ethernet and IPv6 headers written and payload_len octets of room behind them
 * (MTUD_ND_PAYLOAD_AT); NULL when the pool is empty or its data room too small.
 */
struct rte_mbuf *mtud_nd_frame(struct rte_mempool *pool, const struct mtud_nd_addrs *addrs,
	uint8_t proto, uint8_t hop_limit, uint16_t payload_len);

#endif
