/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef ICMP_PRIV_H
#define ICMP_PRIV_H

/* What errors and echo replies of both families have in common. */

#include "mtud_icmp.h"

/* Where the IP header of an error of ours stands in its frame. */
#define ICMP_IP_AT RTE_ETHER_HDR_LEN

/*
 * The frame of an error: room for the Ethernet header and overhead octets of the error's own, not
 * written yet, then the quote. The cause becomes it where it stands, or is copied into an mbuf of
 * the pool when others hold it too, or it has not the headroom. Takes the cause over, unless it
 * returns NULL (the pool is empty).
 */
struct rte_mbuf *icmp_around(struct rte_mempool *pool, struct rte_mbuf *cause, uint32_t l3_at,
	uint16_t overhead, uint16_t quote_octets);

/*
 * Leave nothing between an IP header of hdr_len octets and the ICMP message at payload_at, and
 * nothing behind ip_len. Returns the IP length that is left, 0 when the first segment does not hold
 * the message's header or the packet ends in front of it; m is unchanged then.
 */
uint16_t icmp_strip(
	struct rte_mbuf *m, uint32_t l3_at, uint16_t hdr_len, uint16_t payload_at, uint16_t ip_len);

/* The ICMP header of an error, its checksum made of it, the quote of quote_octets behind it, and sum,
 * which is a pseudo-header's or 0. The quote alone is read: of what was just written, vectors would
 * have to wait for. */
static inline void
icmp_write_header(struct rte_mbuf *m, uint32_t at, uint8_t type, uint8_t code, uint32_t data,
	uint16_t quote_octets, uint32_t sum)
{
	struct mtud_icmp6_hdr *icmp = rte_pktmbuf_mtod_offset(m, struct mtud_icmp6_hdr *, at);
	rte_be32_t data_be = rte_cpu_to_be_32(data);

	sum += rte_cpu_to_be_16((uint16_t)(type << 8 | code));
	sum += (data_be >> 16) + (data_be & 0xffff);
	sum += mtud_pkt_sum(m, at + sizeof(*icmp), quote_octets);
	*icmp = (struct mtud_icmp6_hdr){
		.type = type, .code = code, .cksum = mtud_pkt_sum_fold(sum), .data = data_be};
}

/* RFC 1624 equation 3, HC' = ~(~HC + ~m + m'), over len octets, an even number. */
static inline uint32_t
icmp_cksum_change(uint32_t sum, const void *old, const void *new, size_t len)
{
	return sum + (uint16_t)~rte_raw_cksum(old, len) + rte_raw_cksum(new, len);
}

static inline rte_be16_t
icmp_cksum_fold(uint32_t sum)
{
	sum = (sum >> 16) + (sum & 0xffff);
	sum += sum >> 16;
	return (rte_be16_t)~sum;
}

/* Change the type, and say what that makes of the checksum: a sum to go on with or to fold. */
static inline uint32_t
icmp_change_type(struct mtud_icmp6_hdr *icmp, uint8_t type)
{
	struct mtud_icmp6_hdr was = *icmp;
	uint32_t sum = (uint16_t)~icmp->cksum;

	icmp->type = type;
	return icmp_cksum_change(sum, &was, icmp, offsetof(struct mtud_icmp6_hdr, cksum));
}

#endif
