/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_PKT_H
#define MTUD_PKT_H

/**
 * @file
 * Wire structures that DPDK 22.11 lacks, the walk over extension headers, and the few octets that
 * travel beside an mbuf between a worker and the control thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "mtud_ip.h"

/** ICMPv6 message types (RFC 4443, RFC 4861, RFC 2710, RFC 3810). */
enum mtud_icmp6_type {
	MTUD_ICMP6_UNREACH = 1,
	MTUD_ICMP6_PTB = 2,
	MTUD_ICMP6_TIME_EXCEEDED = 3,
	MTUD_ICMP6_PARAM = 4,
	MTUD_ICMP6_INFO_FIRST = 128, /**< from here on messages are informational */
	MTUD_ICMP6_ECHO_REQUEST = 128,
	MTUD_ICMP6_ECHO_REPLY = 129,
	MTUD_ICMP6_MLD_QUERY = 130,
	MTUD_ICMP6_RS = 133,
	MTUD_ICMP6_RA = 134,
	MTUD_ICMP6_NS = 135,
	MTUD_ICMP6_NA = 136,
	MTUD_ICMP6_REDIRECT = 137,
	MTUD_ICMP6_MLD2_REPORT = 143,
};

/** Codes of Destination Unreachable (RFC 4443 section 3.1). */
enum mtud_icmp6_unreach {
	MTUD_UNREACH_NO_ROUTE = 0,
	MTUD_UNREACH_PROHIBITED = 1,
	MTUD_UNREACH_BEYOND_SCOPE = 2,
	MTUD_UNREACH_ADDRESS = 3,
	MTUD_UNREACH_PORT = 4,
};

/** ICMPv6 header with the four octets that every message has behind it (RFC 4443). ICMP for IPv4
 * has the same fields in the same places (RFC 792). */
struct mtud_icmp6_hdr {
	uint8_t type;
	uint8_t code;
	rte_be16_t cksum;
	rte_be32_t data; /**< MTU, pointer, or identifier and sequence */
} __rte_packed;

/** ICMP message types for IPv4 (RFC 792, RFC 950, RFC 1256). */
enum mtud_icmp4_type {
	MTUD_ICMP4_ECHO_REPLY = 0,
	MTUD_ICMP4_UNREACH = 3,
	MTUD_ICMP4_QUENCH = 4,
	MTUD_ICMP4_REDIRECT = 5,
	MTUD_ICMP4_ECHO_REQUEST = 8,
	MTUD_ICMP4_RA = 9,
	MTUD_ICMP4_RS = 10,
	MTUD_ICMP4_TIME_EXCEEDED = 11,
	MTUD_ICMP4_PARAM = 12,
	MTUD_ICMP4_TIMESTAMP = 13,
	MTUD_ICMP4_TIMESTAMP_REPLY = 14,
	MTUD_ICMP4_INFO = 15,
	MTUD_ICMP4_INFO_REPLY = 16,
	MTUD_ICMP4_MASK = 17,
	MTUD_ICMP4_MASK_REPLY = 18,
};

/** Codes of Destination Unreachable (RFC 792, RFC 1812 section 5.2.7.1). */
enum mtud_icmp4_unreach {
	MTUD_UNREACH4_NET = 0,
	MTUD_UNREACH4_HOST = 1,
	MTUD_UNREACH4_PROTO = 2,
	MTUD_UNREACH4_PORT = 3,
	MTUD_UNREACH4_FRAG_NEEDED = 4,
	MTUD_UNREACH4_PROHIBITED = 13,
};

/** What the walk over the extension headers of an IPv6 packet found. */
struct mtud_pkt_chain {
	uint8_t proto;          /**< the last next-header value, an upper layer's or unknown */
	bool truncated;         /**< a header goes beyond the packet, or there are too many */
	bool given_up;          /**< truncated for their number: there may be more behind */
	bool fragment_header;   /**< there is a fragment header, be it an atomic one */
	bool fragment;          /**< there is a fragment header that is not atomic */
	bool later_fragment;    /**< its offset is not 0: what follows is no header */
	uint16_t proto_at;      /**< octets from the IPv6 header to the field that named proto */
	uint16_t payload_at;    /**< octets from the IPv6 header to the upper-layer header, or to
				 * the extension header at which a truncated walk ended */
};

/** Extension headers in front of the upper layer before the walk gives up. */
#define MTUD_PKT_MAX_EXT 256

/**
 * Walk an IPv6 packet's extension headers (RFC 8200 section 4): hop-by-hop, routing, fragment,
 * destination, AH, mobility, HIP and shim6. ESP, no next header (59) and unknown values end the
 * walk as upper layers. Nothing beyond ip_len is read, segments are crossed where needed.
 *
 * @param m
 *   The packet; the 40 octets of its IPv6 header have been checked to be there.
 * @param l3_at
 *   Octets from the start of the mbuf's data to the IPv6 header.
 * @param ip_len
 *   Length of the IP packet in octets, checked to be within the mbuf.
 * @param chain
 *   What was found; always set.
 */
void mtud_pkt_walk(const struct rte_mbuf *m, uint32_t l3_at, uint32_t ip_len,
	struct mtud_pkt_chain *chain);

/**
 * The Internet checksum (RFC 1071) of an upper-layer message with its IPv6 pseudo-header (RFC 8200
 * section 8.1), over any number of segments and odd lengths.
 *
 * With two IPv4 addresses it is the one with the IPv4 pseudo-header (RFC 768, RFC 9293 section
 * 3.1): what both have is the same, and the 0xffff in front of a mapped address counts for nothing
 * in one's complement.
 *
 * @param m
 *   The packet.
 * @param src
 *   Source address for the pseudo-header.
 * @param dst
 *   Destination for the pseudo-header.
 * @param proto
 *   Upper-layer protocol, 58 for ICMPv6.
 * @param at
 *   Octets from the start of the mbuf's data to the message.
 * @param len
 *   Length of the message in octets; within the mbuf.
 * @return
 *   The value for the checksum field when that field was 0 while summing; 0 when the message
 *   already carries the right checksum. Network order.
 */
rte_be16_t mtud_pkt_cksum6(const struct rte_mbuf *m, const struct mtud_ip *src,
	const struct mtud_ip *dst, uint8_t proto, uint32_t at, uint32_t len);

/**
 * One's complement sum of the 16-bit words of len octets from at on (RFC 1071), over any number of
 * segments and odd lengths: a part of a checksum, to be added to others and folded in the end.
 */
uint32_t mtud_pkt_sum(const struct rte_mbuf *m, uint32_t at, uint32_t len);

/** The same of a pseudo-header, as mtud_pkt_cksum6() has it; len is the message's, octets. */
uint32_t mtud_pkt_sum_pseudo(const struct mtud_ip *src, const struct mtud_ip *dst, uint8_t proto,
	uint32_t len);

/** The checksum that a sum makes: folded and turned over, network order. */
static inline rte_be16_t
mtud_pkt_sum_fold(uint32_t sum)
{
	sum = (sum >> 16) + (sum & 0xffff);
	sum += sum >> 16;
	return (rte_be16_t)~sum;
}

/**
 * Cut a packet to its first octets. Segments behind the cut are freed, so this works where
 * rte_pktmbuf_trim(), which knows the last segment only, does not.
 *
 * @param m
 *   The packet, writable.
 * @param len
 *   Octets to keep; a packet that has no more stays as it is.
 */
void mtud_pkt_cut(struct rte_mbuf *m, uint32_t len);

/** Is the IP packet at l3_at IPv4? (One octet is read; parsed packets of ours are one of both.) */
static inline bool
mtud_pkt_is_v4(const struct rte_mbuf *m, uint32_t l3_at)
{
	return (*rte_pktmbuf_mtod_offset(m, const uint8_t *, l3_at) >> 4) == 4;
}

/** Octets of an IPv4 header with its options. */
static inline uint16_t
mtud_pkt_ihl(const struct rte_ipv4_hdr *ip)
{
	return (ip->version_ihl & RTE_IPV4_HDR_IHL_MASK) * RTE_IPV4_IHL_MULTIPLIER;
}

/**
 * The same as mtud_pkt_walk() for an IPv4 packet: its protocol, where that begins, and whether the
 * packet is a fragment. proto_at is 9; fragment_header is false, for there is none; truncated tells
 * of a header beyond ip_len, or that says to be shorter than 20 octets. Protocols are not looked
 * behind: what AH protects is AH.
 *
 * @param m
 *   The packet; the 20 octets of its IPv4 header have been checked to be there. Options are not
 *   read.
 */
void mtud_pkt_walk4(const struct rte_mbuf *m, uint32_t l3_at, uint32_t ip_len,
	struct mtud_pkt_chain *chain);

/**
 * Internet checksum (RFC 1071) of len octets from at on, over any number of segments and odd
 * lengths: what ICMP for IPv4 carries.
 *
 * @return
 *   As mtud_pkt_cksum6().
 */
rte_be16_t mtud_pkt_cksum(const struct rte_mbuf *m, uint32_t at, uint32_t len);

/** What travels beside an mbuf on the rings between a worker and the control thread. */
enum mtud_pkt_why {
	MTUD_PKT_ND = 1,   /**< to control: an ND or MLD message for us */
	MTUD_PKT_ARP,      /**< to control: an ARP packet that concerns us */
	MTUD_PKT_RESOLVE,  /**< to control: hold it until its next hop is resolved */
	MTUD_PKT_FORWARD,  /**< to worker: resolved by now, route it again */
	MTUD_PKT_FAILED,   /**< to worker: next hop did not answer, Unreachable code 3 */
	MTUD_PKT_SEND,     /**< to worker: a whole frame, send it on egress as it is */
};

/** Private area of every mbuf of ours, meaningful while it is on such a ring. */
struct mtud_pkt_meta {
	uint16_t egress; /**< output port: SEND, and RESOLVE of a link-local destination */
	uint16_t ip_len; /**< octets */
	uint8_t why;     /**< enum mtud_pkt_why */
	uint8_t worker;  /**< who took it in, and gets it back, for order within a flow */
	bool born;       /**< made by us: hop limit as it stands, no error about it */
	uint8_t trace_mark; /**< not 0: a trace has it, by this mark of its worker */
};

static_assert(sizeof(struct mtud_pkt_meta) == 8, "every mbuf of every pool carries it");

/** The meta of an mbuf from a pool with a private area of sizeof(struct mtud_pkt_meta). */
static inline struct mtud_pkt_meta *
mtud_pkt_meta(struct rte_mbuf *m)
{
	return rte_mbuf_to_priv(m);
}

/**
 * A pool of packets with a struct mtud_pkt_meta each, as rte_pktmbuf_pool_create() makes it; but
 * where addresses for devices are virtual ones, packets do not keep within pages. With small pages
 * they would stand one on each, at the same place of it: a burst of them would share a few sets of
 * the first-level cache, and pages would stay half empty.
 *
 * @param room
 *   Octets of data, with the headroom.
 * @return the pool, or NULL with rte_errno as rte_pktmbuf_pool_create().
 */
struct rte_mempool *mtud_pkt_pool_create(const char *name, unsigned int n, unsigned int cache,
	uint16_t room, int socket);

/** The same for those who only read. */
static inline const struct mtud_pkt_meta *
mtud_pkt_meta_ro(const struct rte_mbuf *m)
{
	return RTE_PTR_ADD(m, sizeof(*m));
}

#endif
