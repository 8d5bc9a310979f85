/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_ND_H
#define MTUD_ND_H

/**
 * @file
 * Neighbor Discovery (RFC 4861) and MLDv2 (RFC 3810) messages: read with every validity check,
 * and written as whole Ethernet frames. No state: what a message means is decided by the caller.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "mtud_drop.h"
#include "mtud_ip.h"
#include "mtud_pkt.h"

/** A valid ND message (types 133 to 137), as a router needs it. */
struct mtud_nd_msg {
	uint8_t type;    /**< enum mtud_icmp6_type */
	bool router;     /**< NA */
	bool solicited;  /**< NA */
	bool override;   /**< NA */
	bool has_lladdr; /**< NS, RS, RA: source option; NA: target option */
	bool has_nonce;  /**< NS: nonce option (RFC 3971 section 5.3.2, RFC 7527) */
	uint8_t nonce[6];
	struct mtud_ip src;
	struct mtud_ip dst;
	struct mtud_ip target; /**< NS and NA */
	struct rte_ether_addr lladdr;
};

/**
 * Read an ND message and check it as RFC 4861 sections 6.1 and 7.1 ask: hop limit 255, checksum,
 * code 0, length, no option of length 0 or beyond the message, target not multicast, NS from ::
 * only to a solicited-node group and without a source link-layer option, NA to multicast not
 * solicited, RA from a link-local source, no fragment header (RFC 6980). A link-layer address
 * option whose address is multicast, broadcast or zero counts as a bad option.
 *
 * @param m
 *   The packet.
 * @param l3_at
 *   Octets from the data's start to the IPv6 header.
 * @param ip_len
 *   Octets of the IP packet; within the mbuf, at least 40.
 * @param msg
 *   Set on success only.
 * @param why
 *   On failure: the reason, MTUD_DROP_ND_* or MTUD_DROP_ICMP_CKSUM; MTUD_DROP_ICMP_IGNORED for
 *   what is no ND message.
 * @return
 *   0, or -EINVAL.
 */
int mtud_nd_parse(const struct rte_mbuf *m, uint32_t l3_at, uint16_t ip_len,
	struct mtud_nd_msg *msg, enum mtud_drop *why);

/**
 * A Neighbor Solicitation as a whole frame (RFC 4861 section 4.3).
 *
 * @param pool
 *   Where the mbuf comes from.
 * @param our_mac
 *   Ethernet source, and the source link-layer option where there is one.
 * @param src
 *   IPv6 source; `::` makes it a DAD probe (RFC 4862): no option but the nonce.
 * @param target
 *   Whom to ask for.
 * @param mac
 *   NULL: to the target's solicited-node group; else a unicast probe to that MAC.
 * @param nonce
 *   NULL, or 6 octets for a nonce option (RFC 7527).
 * @return the frame, or NULL when the pool is empty.
 */
struct rte_mbuf *mtud_nd_build_ns(struct rte_mempool *pool, const struct rte_ether_addr *our_mac,
	const struct mtud_ip *src, const struct mtud_ip *target, const struct rte_ether_addr *mac,
	const uint8_t *nonce);

/** Flags of a Neighbor Advertisement, as they stand in its fifth octet. */
#define MTUD_NA_ROUTER    0x80
#define MTUD_NA_SOLICITED 0x40
#define MTUD_NA_OVERRIDE  0x20

/**
 * A Neighbor Advertisement as a whole frame (RFC 4861 section 4.4), with the target link-layer
 * option.
 *
 * @param target
 *   The address advertised, and the source of the packet.
 * @param dst
 *   Who is told; ff02::1 for all.
 * @param mac
 *   Ethernet destination for a unicast dst; ignored for a multicast one.
 * @param flags
 *   MTUD_NA_*.
 * @return the frame, or NULL when the pool is empty.
 */
struct rte_mbuf *mtud_nd_build_na(struct rte_mempool *pool, const struct rte_ether_addr *our_mac,
	const struct mtud_ip *target, const struct mtud_ip *dst, const struct rte_ether_addr *mac,
	uint8_t flags);

/** Record types of an MLDv2 report (RFC 3810 section 5.2.12). */
enum mtud_mld_record {
	MTUD_MLD_IS_EXCLUDE = 2, /**< answer to a query: we listen */
	MTUD_MLD_TO_INCLUDE = 3, /**< we leave */
	MTUD_MLD_TO_EXCLUDE = 4, /**< we join */
};

/** Groups in one report at most. */
#define MTUD_MLD_MAX_GROUPS 60

/**
 * An MLDv2 report as a whole frame (RFC 3810 section 5.2): to ff02::16, hop limit 1, a Router
 * Alert option in a hop-by-hop header (RFC 2711), one record without sources for each group.
 *
 * @param src
 *   A link-local address, or `::` while there is none yet (RFC 3590).
 * @param groups
 *   n multicast addresses.
 * @param n
 *   1 to MTUD_MLD_MAX_GROUPS.
 * @return the frame, or NULL when the pool is empty or n is out of range.
 */
struct rte_mbuf *mtud_nd_build_mld_report(struct rte_mempool *pool,
	const struct rte_ether_addr *our_mac, const struct mtud_ip *src,
	const struct mtud_ip *groups, unsigned int n, enum mtud_mld_record record);

/** The Ethernet address of an IPv6 multicast group (RFC 2464 section 7). */
static inline void
mtud_nd_group_mac(const struct mtud_ip *group, struct rte_ether_addr *mac)
{
	mac->addr_bytes[0] = 0x33;
	mac->addr_bytes[1] = 0x33;
	memcpy(&mac->addr_bytes[2], &group->b[12], 4);
}

/** The link-local address of a port (RFC 4291 appendix A): fe80::, EUI-64 of the MAC. */
void mtud_nd_link_local(const struct rte_ether_addr *mac, struct mtud_ip *ip);

#endif
