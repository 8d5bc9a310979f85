/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_ICMP_H
#define MTUD_ICMP_H

/**
 * @file
 * ICMP errors and echo replies (RFC 4443; RFC 792 and 1812 for IPv4). No state and no I/O: who
 * detects an error names what went wrong; for each family one function here decides whether it may
 * be sent at all, one builds it.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "mtud_ip.h"
#include "mtud_pkt.h"
#include "mtud_stat.h"

/** An ICMPv6 error of ours is never longer than this, IP header included (RFC 4443 2.4 (c)). */
#define MTUD_ICMP6_MAX_LEN MTUD_IP6_MIN_MTU
/** IPv6 and ICMPv6 header of an error, octets. */
#define MTUD_ICMP6_OVERHEAD 48

/** An ICMPv4 error of ours is never longer than this, IP header included (RFC 1812 4.3.2.3). */
#define MTUD_ICMP4_MAX_LEN 576
/** IPv4 and ICMP header of an error, octets. */
#define MTUD_ICMP4_OVERHEAD 28
/** What an ICMPv4 error quotes at least behind the IP header of its cause, octets (RFC 792). */
#define MTUD_ICMP4_MIN_QUOTE 8

/** What went wrong, in the words of the family. */
struct mtud_icmp_error {
	uint8_t type;   /**< 1 to 4; IPv4: 3, 11 or 12 */
	uint8_t code;
	uint32_t value; /**< host order: MTU in octets, or pointer; else 0 */
};

/** What went wrong, in words for both families. */
enum mtud_icmp_what {
	MTUD_WHAT_NO_ROUTE,     /**< IPv4: net unreachable */
	MTUD_WHAT_UNREACHABLE,  /**< a route of this type; IPv4: host unreachable */
	MTUD_WHAT_PROHIBITED,   /**< a route of this type */
	MTUD_WHAT_BEYOND_SCOPE, /**< IPv4: host unreachable */
	MTUD_WHAT_ADDRESS,      /**< the next hop does not answer; IPv4: host unreachable */
	MTUD_WHAT_PORT,         /**< nobody listens on this UDP port */
	MTUD_WHAT_PROTO,        /**< unknown next header (value: where it was named) or protocol */
	MTUD_WHAT_HOP_LIMIT,    /**< used up */
	MTUD_WHAT_TOO_BIG,      /**< value: the MTU, octets */
	MTUD_WHAT_MAX,
};

/** The error that a family has for it; value as there, 0 where the family has none. */
struct mtud_icmp_error mtud_icmp_error_of(enum mtud_family family, enum mtud_icmp_what what,
	uint32_t value);

/** The packet that caused an error, as far as the question of an answer goes. */
struct mtud_icmp_cause {
	const struct rte_mbuf *m;
	uint32_t l3_at;      /**< octets from the data's start to the IP header */
	uint32_t ip_len;     /**< octets; within the mbuf */
	bool l2_multicast;   /**< came in a link-layer multicast or broadcast frame */
	bool src_is_anycast; /**< its source is an anycast address of ours */
};

/**
 * May this error be sent (RFC 4443 section 2.4 (e))? The only place that decides it, for every
 * kind of error; the rate is a separate question (mtud_rate_take()).
 *
 * Not in answer to an ICMPv6 error or redirect, also behind extension headers and in a first
 * fragment, types 100 to 127 and other unknown errors included; not to a source that does not
 * name one node (unspecified, loopback, multicast, IPv4-mapped, anycast of ours); not for a
 * multicast destination or a link-layer multicast or broadcast frame, but for Packet Too Big and
 * Parameter Problem code 2 (2.4 (e.3)); no Packet Too Big that would be larger than its cause or
 * whose MTU its cause fits (other errors quote all of a small packet, and are larger by nature). A
 * later fragment, whose payload cannot be judged, is answered. A header chain that cannot be
 * followed to its end is answered only when the walk ended at the packet's end (it then holds no
 * ICMPv6 header), not when it was given up for its length.
 *
 * @return
 *   MTUD_ICMP_NONE (0) when it may be sent; else the counter that says why not: HELD_ERROR,
 *   HELD_SOURCE, HELD_MULTICAST or HELD_LARGER.
 */
enum mtud_icmp_counter mtud_icmp6_may_send(const struct mtud_icmp_error *err,
	const struct mtud_icmp_cause *cause);

/**
 * Length of the error that a packet of ip_len octets causes: min(1280, 48 + ip_len), IP header
 * included.
 */
static inline uint16_t
mtud_icmp6_error_len(uint32_t ip_len)
{
	return RTE_MIN(ip_len + MTUD_ICMP6_OVERHEAD, (uint32_t)MTUD_ICMP6_MAX_LEN);
}

/**
 * Build an ICMPv6 error around its cause (RFC 4443 section 2.1 to 3.4).
 *
 * The frame begins with RTE_ETHER_HDR_LEN octets of room for the Ethernet header (contents
 * undefined); traffic class and flow label are 0. The quote is the cause from its IPv6 header on,
 * cut to fit: where it stands, with the headers written in front of it, when the cause's first
 * segment is direct, not shared, and has the headroom; else a copy in an mbuf from pool.
 *
 * @param pool
 *   Where the mbuf of a copy comes from; its private area is a struct mtud_pkt_meta. Its data
 *   room holds 14 + 1280 octets behind the headroom.
 * @param cause
 *   The packet, taken over: it becomes the reply, or is copied and freed. On failure it stays the
 *   caller's.
 * @param l3_at
 *   Octets from the cause's data's start to its IPv6 header.
 * @param ip_len
 *   Octets of the cause's IP packet; within the mbuf. Padding behind it is not quoted.
 * @param err
 *   Type, code, value.
 * @param src
 *   Source of the error.
 * @param hop_limit
 *   Its hop limit.
 * @return
 *   The frame, its packet length 14 + mtud_icmp6_error_len(ip_len), its port that of the cause;
 *   NULL when a copy is needed and the pool is empty.
 */
struct rte_mbuf *mtud_icmp6_error(struct rte_mempool *pool, struct rte_mbuf *cause, uint32_t l3_at,
	uint32_t ip_len, const struct mtud_icmp_error *err, const struct mtud_ip *src,
	uint8_t hop_limit);

/**
 * Turn an echo request into its reply, in place (RFC 4443 section 4.2): addresses swapped or
 * replaced, type 129, hop limit set, traffic class and flow label kept from the request,
 * checksum updated by RFC 1624. Extension headers between the IPv6 header and the message are
 * taken out. Identifier, sequence and data stay.
 *
 * @param m
 *   The request, writable; its checksum has been verified.
 * @param l3_at
 *   Octets from the data's start to the IPv6 header; those octets are kept in front of it.
 * @param payload_at
 *   Octets from the IPv6 header to the ICMPv6 header.
 * @param ip_len
 *   Octets of the IP packet; becomes shorter by the extension headers taken out.
 * @param src
 *   Source of the reply: the address asked, or one of the port's for a group.
 * @param hop_limit
 *   Hop limit of the reply.
 * @return
 *   The reply's IP length in octets, the mbuf cut to it; 0 when the 8 octets of the ICMPv6
 *   header and all before it are not in the first segment or in the packet, m unchanged.
 */
uint16_t mtud_icmp6_echo_reply(struct rte_mbuf *m, uint32_t l3_at, uint16_t payload_at,
	uint16_t ip_len, const struct mtud_ip *src, uint8_t hop_limit);

/**
 * May this IPv4 error be sent (RFC 1812 section 4.3.2.7, RFC 1122 section 3.2.2)? As
 * mtud_icmp6_may_send(), for every kind of ICMPv4 error.
 *
 * Not in answer to an ICMP error (any type but the known queries and replies: RFC 1812 asks for
 * silence about messages that are errors, an unknown type is taken for one; a packet that ends in
 * front of its ICMP header holds none); not to a source that does not name one node (0.0.0.0/8,
 * 127.0.0.0/8, multicast, class E, broadcast, anycast of ours); not for a destination that is
 * multicast or 255.255.255.255, nor for a link-layer multicast or broadcast frame; not about a
 * fragment other than the first; no Fragmentation Needed whose MTU its cause fits, or that cannot
 * quote its cause's IP header and 8 octets without being larger than its cause. A directed
 * broadcast is for the caller to know (route type BROADCAST: dropped in silence).
 *
 * Of several reasons the addresses come first, source before destination, then the fragment, the
 * size and the ICMP error.
 *
 * @return
 *   MTUD_ICMP_NONE (0) when it may be sent; else the counter that says why not: HELD_ERROR,
 *   HELD_SOURCE, HELD_MULTICAST, HELD_FRAGMENT or HELD_LARGER.
 */
enum mtud_icmp_counter mtud_icmp4_may_send(const struct mtud_icmp_error *err,
	const struct mtud_icmp_cause *cause);

/** Is it the error whose value is an MTU? */
static inline bool
mtud_icmp4_is_frag_needed(const struct mtud_icmp_error *err)
{
	return err->type == MTUD_ICMP4_UNREACH && err->code == MTUD_UNREACH4_FRAG_NEEDED;
}

/**
 * Length of the IPv4 error that a packet of ip_len octets causes, IP header included:
 * min(576, 28 + ip_len) (RFC 1812 section 4.3.2.3); for Fragmentation Needed never more than
 * ip_len, so that no reply is larger than its cause.
 */
static inline uint16_t
mtud_icmp4_error_len(const struct mtud_icmp_error *err, uint32_t ip_len)
{
	uint32_t len = mtud_icmp4_is_frag_needed(err) ? ip_len : ip_len + MTUD_ICMP4_OVERHEAD;

	return RTE_MIN(len, (uint32_t)MTUD_ICMP4_MAX_LEN);
}

/**
 * Build an ICMPv4 error around its cause (RFC 792, RFC 1191 section 4, RFC 1812 section 4.3.2).
 *
 * As mtud_icmp6_error() in all that is not said here. TOS is that of the cause with precedence 6
 * (Internetwork Control; RFC 1812 section 4.3.2.5) and the last bit clear, DF is clear, so that
 * the identification counts. The next-hop MTU of Fragmentation Needed stands in octets 6 and 7 of
 * the ICMP header, the pointer of Parameter Problem in octet 4.
 *
 * @param id
 *   Identification, host order.
 * @return
 *   The frame, its packet length 14 + mtud_icmp4_error_len(err, ip_len), its port that of the
 *   cause; NULL when the pool is empty, or the cause too short for mtud_icmp4_may_send().
 */
struct rte_mbuf *mtud_icmp4_error(struct rte_mempool *pool, struct rte_mbuf *cause, uint32_t l3_at,
	uint32_t ip_len, const struct mtud_icmp_error *err, const struct mtud_ip *src, uint8_t ttl,
	uint16_t id);

/**
 * Turn an IPv4 echo request into its reply, in place (RFC 792, RFC 1812 section 4.3.3.6): addresses
 * swapped or replaced, type 0, TTL set, TOS kept, DF and the fragment fields cleared,
 * identification set; IP options are taken out. ICMP checksum by RFC 1624, header checksum anew.
 * Identifier, sequence and data stay.
 *
 * @param m, l3_at, payload_at, ip_len, src
 *   As for mtud_icmp6_echo_reply(); payload_at is the length of the IPv4 header.
 * @param id
 *   Identification, host order.
 * @return
 *   As mtud_icmp6_echo_reply().
 */
uint16_t mtud_icmp4_echo_reply(struct rte_mbuf *m, uint32_t l3_at, uint16_t payload_at,
	uint16_t ip_len, const struct mtud_ip *src, uint8_t ttl, uint16_t id);

#endif
