/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <netinet/in.h>

#include "mtud_icmp.h"

/* Not "this network" nor loopback, nor from 224.0.0.0 to the limited broadcast at the end. */
static bool
names_one_node(uint32_t src)
{
	uint8_t first = src >> 24;

	return first != 0 && first != IN_LOOPBACKNET && first < 224;
}

/* The queries of RFC 1122 section 3.2.2, the older Information Request, and their replies. */
static bool
is_query_or_reply(uint8_t type)
{
	switch (type) {
	case MTUD_ICMP4_ECHO_REPLY:
	case MTUD_ICMP4_ECHO_REQUEST:
	case MTUD_ICMP4_RA:
	case MTUD_ICMP4_RS:
	case MTUD_ICMP4_TIMESTAMP:
	case MTUD_ICMP4_TIMESTAMP_REPLY:
	case MTUD_ICMP4_INFO:
	case MTUD_ICMP4_INFO_REPLY:
	case MTUD_ICMP4_MASK:
	case MTUD_ICMP4_MASK_REPLY:
		return true;
	default:
		return false;
	}
}

static bool
is_icmp_error(const struct mtud_icmp_cause *cause, const struct mtud_pkt_chain *chain)
{
	const uint8_t *type;
	uint8_t copy;

	if (chain->proto != IPPROTO_ICMP || chain->payload_at >= cause->ip_len)
		return false;
	type = rte_pktmbuf_read(cause->m, cause->l3_at + chain->payload_at, sizeof(copy), &copy);
	return type != NULL && !is_query_or_reply(*type);
}

/* Is it a Fragmentation Needed that its cause gives no reason for, or no room? */
static bool
is_too_large(const struct mtud_icmp_error *err, uint32_t ip_len, uint16_t ihl)
{
	if (!mtud_icmp4_is_frag_needed(err))
		return false;
	return err->value >= ip_len ||
	       mtud_icmp4_error_len(err, ip_len) < MTUD_ICMP4_OVERHEAD + ihl + MTUD_ICMP4_MIN_QUOTE;
}

enum mtud_icmp_counter
mtud_icmp4_may_send(const struct mtud_icmp_error *err, const struct mtud_icmp_cause *cause)
{
	const struct rte_ipv4_hdr *ip;
	struct mtud_pkt_chain chain;
	struct rte_ipv4_hdr copy;
	uint32_t dst;

	ip = rte_pktmbuf_read(cause->m, cause->l3_at, sizeof(copy), &copy);
	if (ip == NULL || !names_one_node(rte_be_to_cpu_32(ip->src_addr)) || cause->src_is_anycast)
		return MTUD_ICMP_HELD_SOURCE;
	dst = rte_be_to_cpu_32(ip->dst_addr);
	if (cause->l2_multicast || IN_MULTICAST(dst) || dst == INADDR_BROADCAST)
		return MTUD_ICMP_HELD_MULTICAST;

	mtud_pkt_walk4(cause->m, cause->l3_at, cause->ip_len, &chain);
	if (chain.later_fragment)
		return MTUD_ICMP_HELD_FRAGMENT;
	if (is_too_large(err, cause->ip_len, chain.payload_at))
		return MTUD_ICMP_HELD_LARGER;
	if (is_icmp_error(cause, &chain))
		return MTUD_ICMP_HELD_ERROR;
	return MTUD_ICMP_NONE;
}
