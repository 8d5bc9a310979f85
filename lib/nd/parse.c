/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <netinet/in.h>

#include "frame.h"

#define ND_HOP_LIMIT 255

/* A message being read: where it stands, and what its first octets hold. */
struct reading {
	const struct rte_mbuf *m;
	uint32_t at; /* octets from the data's start to the ICMPv6 header */
	uint16_t len;
	struct mtud_nd_neighbor nd; /* target: NS, NA and redirect */
};

/* Octets that a message of a type has before its options; 0 for what is not ND. */
static uint16_t
fixed_octets(uint8_t type)
{
	switch (type) {
	case MTUD_ICMP6_RS:
		return 8;
	case MTUD_ICMP6_RA:
		return 16;
	case MTUD_ICMP6_NS:
	case MTUD_ICMP6_NA:
		return sizeof(struct mtud_nd_neighbor);
	case MTUD_ICMP6_REDIRECT:
		return 40;
	default:
		return 0;
	}
}

static bool
copy_out(const struct rte_mbuf *m, uint32_t at, void *to, uint32_t len)
{
	const void *from = rte_pktmbuf_read(m, at, len, to);

	if (from == NULL)
		return false;
	if (from != to)
		memcpy(to, from, len);
	return true;
}

/* The headers in front of the message, and its length. MTUD_DROP_MAX: nothing wrong. */
static enum mtud_drop
read_headers(struct reading *r, uint32_t l3_at, uint16_t ip_len, struct mtud_nd_msg *msg)
{
	struct mtud_pkt_chain chain;
	struct rte_ipv6_hdr ip6;
	uint16_t fixed;

	if (ip_len < sizeof(ip6) || !copy_out(r->m, l3_at, &ip6, sizeof(ip6)))
		return MTUD_DROP_ND_SHORT;
	memcpy(msg->src.b, ip6.src_addr, sizeof(msg->src.b));
	memcpy(msg->dst.b, ip6.dst_addr, sizeof(msg->dst.b));
	if (ip6.hop_limits != ND_HOP_LIMIT)
		return MTUD_DROP_ND_HOP_LIMIT;

	mtud_pkt_walk(r->m, l3_at, ip_len, &chain);
	if (chain.fragment_header)
		return MTUD_DROP_ND_FRAGMENT;
	if (chain.truncated)
		return MTUD_DROP_ND_SHORT;
	if (chain.proto != IPPROTO_ICMPV6)
		return MTUD_DROP_ICMP_IGNORED;
	r->at = l3_at + chain.payload_at;
	r->len = ip_len - chain.payload_at;
	if (r->len < sizeof(r->nd.icmp) ||
		!copy_out(r->m, r->at, &r->nd, RTE_MIN(r->len, sizeof(r->nd))))
		return MTUD_DROP_ND_SHORT;
	if (mtud_pkt_cksum6(r->m, &msg->src, &msg->dst, IPPROTO_ICMPV6, r->at, r->len) != 0)
		return MTUD_DROP_ICMP_CKSUM;

	msg->type = r->nd.icmp.type;
	fixed = fixed_octets(msg->type);
	if (fixed == 0)
		return MTUD_DROP_ICMP_IGNORED;
	if (r->nd.icmp.code != 0)
		return MTUD_DROP_ND_CODE;
	return r->len < fixed ? MTUD_DROP_ND_SHORT : MTUD_DROP_MAX;
}

static bool
is_solicited_node(const struct mtud_ip *ip)
{
	struct mtud_ip group = mtud_ip_solicited_node(ip);

	return mtud_ip_equal(&group, ip);
}

/* What RFC 4861 sections 6.1, 7.1 and 8.1 ask of the addresses. */
static enum mtud_drop
check_addresses(const struct reading *r, const struct mtud_nd_msg *msg)
{
	struct mtud_ip dst;

	if (mtud_ip_is_multicast(&msg->src))
		return MTUD_DROP_ND_ADDRESS;

	switch (msg->type) {
	case MTUD_ICMP6_NS:
		if (mtud_ip_is_multicast(&msg->target))
			return MTUD_DROP_ND_TARGET;
		if (mtud_ip_is_unspecified(&msg->src) &&
			(!is_solicited_node(&msg->dst) || msg->has_lladdr))
			return MTUD_DROP_ND_ADDRESS;
		break;
	case MTUD_ICMP6_NA:
		if (mtud_ip_is_multicast(&msg->target))
			return MTUD_DROP_ND_TARGET;
		/* Section 4.4: its source is an address of the sender's interface. */
		if (mtud_ip_is_unspecified(&msg->src) ||
			(mtud_ip_is_multicast(&msg->dst) && msg->solicited))
			return MTUD_DROP_ND_ADDRESS;
		break;
	case MTUD_ICMP6_RS:
		if (mtud_ip_is_unspecified(&msg->src) && msg->has_lladdr)
			return MTUD_DROP_ND_ADDRESS;
		break;
	case MTUD_ICMP6_RA:
		if (!mtud_ip_is_link_local(&msg->src))
			return MTUD_DROP_ND_ADDRESS;
		break;
	case MTUD_ICMP6_REDIRECT:
		if (!mtud_ip_is_link_local(&msg->src))
			return MTUD_DROP_ND_ADDRESS;
		if (!copy_out(r->m, r->at + sizeof(r->nd), dst.b, sizeof(dst.b)))
			return MTUD_DROP_ND_SHORT;
		if (mtud_ip_is_multicast(&dst))
			return MTUD_DROP_ND_TARGET;
		/* A router is named by its link-local address, else the target is the host. */
		if (!mtud_ip_is_link_local(&msg->target) && !mtud_ip_equal(&msg->target, &dst))
			return MTUD_DROP_ND_TARGET;
		break;
	}
	return MTUD_DROP_MAX;
}

/* One option, of which the first 8 octets are there. @return false when it is a bad one. */
static bool
read_option(const uint8_t opt[MTUD_ND_OPT_UNIT], struct mtud_nd_msg *msg)
{
	bool is_na = msg->type == MTUD_ICMP6_NA;
	struct rte_ether_addr lladdr;

	switch (opt[0]) {
	case MTUD_ND_OPT_SOURCE_LLADDR:
	case MTUD_ND_OPT_TARGET_LLADDR:
		if (is_na != (opt[0] == MTUD_ND_OPT_TARGET_LLADDR) ||
			msg->type == MTUD_ICMP6_REDIRECT)
			return true;
		memcpy(lladdr.addr_bytes, opt + 2, sizeof(lladdr.addr_bytes));
		if (opt[1] != 1 || !rte_is_valid_assigned_ether_addr(&lladdr))
			return false;
		if (!msg->has_lladdr)
			msg->lladdr = lladdr;
		msg->has_lladdr = true;
		return true;
	case MTUD_ND_OPT_NONCE:
		/* A longer one is none of ours, and need not be told from no nonce at all. */
		if (msg->type == MTUD_ICMP6_NS && opt[1] == 1 && !msg->has_nonce) {
			memcpy(msg->nonce, opt + 2, sizeof(msg->nonce));
			msg->has_nonce = true;
		}
		return true;
	default:
		return true;
	}
}

static enum mtud_drop
read_options(const struct reading *r, struct mtud_nd_msg *msg)
{
	uint8_t opt[MTUD_ND_OPT_UNIT];
	uint32_t at, len;

	for (at = fixed_octets(msg->type); at < r->len; at += len) {
		if (r->len - at < sizeof(opt) || !copy_out(r->m, r->at + at, opt, sizeof(opt)))
			return MTUD_DROP_ND_OPTION;
		len = opt[1] * MTUD_ND_OPT_UNIT;
		if (len == 0 || len > r->len - at || !read_option(opt, msg))
			return MTUD_DROP_ND_OPTION;
	}
	return MTUD_DROP_MAX;
}

int
mtud_nd_parse(const struct rte_mbuf *m, uint32_t l3_at, uint16_t ip_len, struct mtud_nd_msg *msg,
	enum mtud_drop *why)
{
	struct reading r = {.m = m};
	struct mtud_nd_msg out = {0};
	uint8_t flags;

	*why = read_headers(&r, l3_at, ip_len, &out);
	if (*why != MTUD_DROP_MAX)
		return -EINVAL;
	if (out.type != MTUD_ICMP6_RS && out.type != MTUD_ICMP6_RA)
		memcpy(out.target.b, r.nd.target, sizeof(out.target.b));
	if (out.type == MTUD_ICMP6_NA) {
		flags = rte_be_to_cpu_32(r.nd.icmp.data) >> 24;
		out.router = (flags & MTUD_NA_ROUTER) != 0;
		out.solicited = (flags & MTUD_NA_SOLICITED) != 0;
		out.override = (flags & MTUD_NA_OVERRIDE) != 0;
	}
	*why = read_options(&r, &out);
	if (*why == MTUD_DROP_MAX)
		*why = check_addresses(&r, &out);
	if (*why != MTUD_DROP_MAX)
		return -EINVAL;
	*msg = out;
	return 0;
}
