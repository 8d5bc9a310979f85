/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_MSS_H
#define MTUD_MSS_H

/**
 * @file
 * The maximum segment size that a TCP SYN announces (RFC 9293 section 3.7.1), rewritten on its way.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "mtud_pkt.h"
#include "mtud_stat.h"

/** Octets of an IPv6 and of an IPv4 header with TCP's, without options: what an MSS is less than
 * the MTU it stands for (RFC 6691 section 2). */
#define MTUD_MSS_LESS6 60
#define MTUD_MSS_LESS4 40

/**
 * Is it a TCP SYN or SYN-ACK, behind IPv6 extension headers or IPv4 options too? A fragment other
 * than the first is not; SYN with RST is not (nobody takes an MSS from it).
 *
 * @param m
 *   The packet, its IP header and IPv4 options checked and in the first segment.
 * @param l3_at
 *   Octets from the data's start to the IP header; its version tells the family.
 * @param ip_len
 *   Octets of the IP packet; within the mbuf.
 * @param[out] tcp_at
 *   Octets from the data's start to the TCP header, when true is returned.
 */
bool mtud_mss_is_syn(const struct rte_mbuf *m, uint32_t l3_at, uint32_t ip_len, uint32_t *tcp_at);

/**
 * Rewrite the MSS option of a SYN, wherever it stands among the options, and the TCP checksum by
 * RFC 1624 equation 3: a checksum that was wrong stays wrong by the same amount.
 *
 * Untouched are: options with a length of 0 or 1 or beyond the header, an MSS option of another
 * length than 4, a TCP header beyond the packet; a segment with an MD5 (19, RFC 2385) or AO option
 * (29, RFC 5925); one without MSS option. Only the first MSS option counts, as for Linux. Of two
 * causes the one named first is told; what stands behind the end of the option list is none.
 *
 * @param m
 *   The packet, writable.
 * @param tcp_at
 *   Octets from the data's start to the TCP header.
 * @param tcp_len
 *   Octets from there to the IP packet's end.
 * @param mss
 *   Octets.
 * @param raise
 *   true: set it to mss whatever it is; false: only lower it.
 * @param[out] counter
 *   What to count: MTUD_SYN_REWRITTEN with true, and else the cause, or MTUD_SYN_MAX when there
 *   was nothing to change.
 * @return
 *   true when it was rewritten.
 */
bool mtud_mss_rewrite(struct rte_mbuf *m, uint32_t tcp_at, uint32_t tcp_len, uint16_t mss,
	bool raise, enum mtud_syn_counter *counter);

#endif
