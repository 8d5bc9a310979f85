/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_ARP_H
#define MTUD_ARP_H

/**
 * @file
 * ARP for IPv4 over Ethernet (RFC 826, RFC 5227): messages apart and together. No state.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "mtud_ip.h"
#include "mtud_stat.h"

/** Octets from the start of a frame to its ARP packet. */
#define MTUD_ARP_AT RTE_ETHER_HDR_LEN

enum mtud_arp_op {
	MTUD_ARP_REQUEST = 1,
	MTUD_ARP_REPLY = 2,
};

/** An ARP packet that is sound. */
struct mtud_arp_msg {
	enum mtud_arp_op op;
	bool unicast;              /**< its frame was sent to one MAC */
	bool probe;                /**< sender address 0.0.0.0 (RFC 5227 section 2.1.1) */
	bool gratuitous;           /**< sender and target address are the same */
	struct rte_ether_addr mac; /**< the sender's; unicast and not zero */
	struct mtud_ip sender;     /**< IPv4 as IPv4-mapped; 0.0.0.0 in a probe */
	struct mtud_ip target;
};

/**
 * Take an ARP frame apart.
 *
 * @param m
 *   The frame, from its Ethernet header on, which has been checked to be there with EtherType ARP.
 * @param msg
 *   Set on success only.
 * @param why
 *   On failure: MTUD_DROP_ARP_MALFORMED (shorter than 28 octets behind the Ethernet header, not
 *   Ethernet and IPv4, an operation other than request and reply), or MTUD_DROP_ARP_ADDRESS (a
 *   sender MAC that is zero or multicast; a sender address that no host
 *   can have: in 127/8, 224/4, 240/4 with 255.255.255.255, or in 0/8 unless it is the 0.0.0.0 of
 *   a request).
 * @return
 *   0 or -EINVAL.
 */
int mtud_arp_parse(const struct rte_mbuf *m, struct mtud_arp_msg *msg, enum mtud_drop *why);

/**
 * A request for target (RFC 826): by broadcast, or to dst alone as a probe of a known neighbor
 * (RFC 1122 section 2.3.2.1). With sender and target the same it announces our address (RFC 5227
 * section 2.3).
 *
 * @param pool
 *   With a private area of struct mtud_pkt_meta.
 * @param our_mac
 *   Ethernet source and sender MAC.
 * @param sender
 *   An address of ours, or 0.0.0.0 as IPv4-mapped.
 * @param dst
 *   The neighbor's MAC, or NULL for broadcast.
 * @return
 *   The frame, padded to the 60 octets of the shortest Ethernet frame; NULL when the pool is
 *   empty.
 */
struct rte_mbuf *mtud_arp_build_request(struct rte_mempool *pool,
	const struct rte_ether_addr *our_mac, const struct mtud_ip *sender,
	const struct mtud_ip *target, const struct rte_ether_addr *dst);

/**
 * The reply to a request for an address of ours.
 *
 * @param ours
 *   The address asked for.
 * @return
 *   As mtud_arp_build_request().
 */
struct rte_mbuf *mtud_arp_build_reply(struct rte_mempool *pool,
	const struct rte_ether_addr *our_mac, const struct mtud_ip *ours,
	const struct mtud_arp_msg *request);

#endif
