/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <netinet/in.h>

#include "mtud_icmp.h"

/* Parameter Problem: unrecognized IPv6 option (RFC 4443 section 3.4). */
#define PARAM_OPTION 2

static bool
names_one_node(const struct mtud_ip *src)
{
	return !mtud_ip_is_unspecified(src) && !mtud_ip_is_loopback(src) &&
	       !mtud_ip_is_multicast(src) && !mtud_ip_is_v4(src);
}

/* RFC 4443 section 2.4 (e.3) and (e.4): path MTU discovery works for multicast too. */
static bool
answers_multicast(const struct mtud_icmp_error *err)
{
	return err->type == MTUD_ICMP6_PTB ||
	       (err->type == MTUD_ICMP6_PARAM && err->code == PARAM_OPTION);
}

static bool
is_icmp_error(const struct mtud_icmp_cause *cause)
{
	struct mtud_pkt_chain chain;
	const uint8_t *type;
	uint8_t copy;

	mtud_pkt_walk(cause->m, cause->l3_at, cause->ip_len, &chain);
	if (chain.given_up)
		return true;
	if (chain.later_fragment || chain.proto != IPPROTO_ICMPV6 ||
		chain.payload_at >= cause->ip_len)
		return false;
	type = rte_pktmbuf_read(cause->m, cause->l3_at + chain.payload_at, sizeof(copy), &copy);
	return type != NULL && (*type < MTUD_ICMP6_INFO_FIRST || *type == MTUD_ICMP6_REDIRECT);
}

enum mtud_icmp_counter
mtud_icmp6_may_send(const struct mtud_icmp_error *err, const struct mtud_icmp_cause *cause)
{
	const struct rte_ipv6_hdr *ip6;
	struct rte_ipv6_hdr copy;
	struct mtud_ip src, dst;

	ip6 = rte_pktmbuf_read(cause->m, cause->l3_at, sizeof(copy), &copy);
	if (ip6 == NULL)
		return MTUD_ICMP_HELD_SOURCE;
	memcpy(src.b, ip6->src_addr, sizeof(src.b));
	memcpy(dst.b, ip6->dst_addr, sizeof(dst.b));

	if (!names_one_node(&src) || cause->src_is_anycast)
		return MTUD_ICMP_HELD_SOURCE;
	if ((cause->l2_multicast || mtud_ip_is_multicast(&dst)) && !answers_multicast(err))
		return MTUD_ICMP_HELD_MULTICAST;
	/* Other errors quote all of a small packet and are larger than it by nature. */
	if (err->type == MTUD_ICMP6_PTB &&
		(err->value >= cause->ip_len ||
			mtud_icmp6_error_len(cause->ip_len) > cause->ip_len))
		return MTUD_ICMP_HELD_LARGER;
	/* What most packets carry needs no walk. */
	if (ip6->proto != IPPROTO_TCP && ip6->proto != IPPROTO_UDP && is_icmp_error(cause))
		return MTUD_ICMP_HELD_ERROR;
	return MTUD_ICMP_NONE;
}
