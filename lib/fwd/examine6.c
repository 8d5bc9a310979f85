/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "fwd_priv.h"

#define HEADERS_LEN (MTUD_L3_AT + sizeof(struct rte_ipv6_hdr))

/* RFC 8200 section 3. */
static bool
check_header(const struct mtud_fwd_port *p, struct rte_mbuf *m, struct finding *f)
{
	const struct rte_ipv6_hdr *ip;

	if (m->pkt_len < HEADERS_LEN)
		return finding_drop(f, MTUD_DROP_RUNT);
	if (m->data_len < HEADERS_LEN && rte_pktmbuf_linearize(m) < 0)
		return finding_drop(f, MTUD_DROP_NO_MBUF);
	ip = mtud_fwd_ip6(m);
	if ((ip->vtc_flow & RTE_BE32(0xf0000000)) != RTE_BE32(0x60000000))
		return finding_drop(f, MTUD_DROP_IP_VERSION);
	if (ip->payload_len == 0 && ip->proto == 0)
		return finding_drop(f, MTUD_DROP_JUMBOGRAM);
	return examine_length(p, m, rte_be_to_cpu_16(ip->payload_len) + (uint32_t)sizeof(*ip), f);
}

/* A source that does not name one host (RFC 4291 section 2), or names us. Both :: and ours are let
 * through to us alone: Duplicate Address Detection has to hear of them. */
static bool
check_source(const struct mtud_fwd_view *v, uint16_t port, const struct mtud_ip *src,
	struct finding *f)
{
	if (mtud_ip_is_multicast(src) || mtud_ip_is_loopback(src) || mtud_ip_is_v4(src))
		return finding_drop(f, MTUD_DROP_SRC_INVALID);
	if (mtud_ip_is_unspecified(src) && f->verdict != MTUD_LOCAL)
		return finding_drop(f, MTUD_DROP_SRC_INVALID);
	if (f->verdict != MTUD_LOCAL && mtud_addr_is_false_source(&v->addrs, port, src))
		return finding_drop(f, MTUD_DROP_SRC_OURS);
	if (mtud_ip_is_link_local(src))
		f->flags |= MTUD_FLAG_SRC_LINK_LOCAL;
	return true;
}

static bool
is_our_group(const struct mtud_addr_table *t, uint16_t port, const struct mtud_ip *dst)
{
	static const struct mtud_ip all_nodes = {{0xff, 0x02, [15] = 1}};
	static const struct mtud_ip all_routers = {{0xff, 0x02, [15] = 2}};
	struct mtud_ip groups[MTUD_ADDR_GROUPS_MAX];
	unsigned int n;

	if (mtud_ip_equal(dst, &all_nodes) || mtud_ip_equal(dst, &all_routers))
		return true;
	n = mtud_addr_groups(t, port, groups);
	while (n > 0)
		if (mtud_ip_equal(dst, &groups[--n]))
			return true;
	return false;
}

/* Multicast scopes 0 and 1 never cross a wire, 2 never a router (RFC 4291 section 2.7). */
static bool
check_group(const struct mtud_fwd_view *v, uint16_t port, const struct mtud_ip *dst,
	struct finding *f)
{
	uint8_t scope = dst->b[1] & 0xf;

	f->flags &= ~MTUD_FLAG_L2_MULTICAST;
	f->flags |= MTUD_FLAG_DST_MULTICAST;
	if (scope < MTUD_SCOPE_LINK)
		return finding_drop(f, MTUD_DROP_DST_INVALID);
	if (scope > MTUD_SCOPE_LINK)
		return true;
	if (!is_our_group(&v->addrs, port, dst))
		return finding_drop(f, MTUD_DROP_MCAST_UNROUTED);
	f->verdict = MTUD_LOCAL;
	return true;
}

static bool
check_destination(const struct mtud_fwd_view *v, uint16_t port, const struct mtud_ip *dst,
	struct finding *f)
{
	const struct mtud_addr *ours;

	if (mtud_ip_is_unspecified(dst) || mtud_ip_is_loopback(dst) || mtud_ip_is_v4(dst))
		return finding_drop(f, MTUD_DROP_DST_INVALID);
	if (dst->b[0] == 0xff)
		return check_group(v, port, dst, f);
	if (!mtud_ip_is_link_local(dst))
		return true;
	ours = mtud_addr_get(&v->addrs, port, dst);
	if (ours == NULL || !mtud_addr_usable(ours))
		return finding_drop(f, MTUD_DROP_DST_LINK_LOCAL);
	if (f->flags & MTUD_FLAG_L2_MULTICAST)
		return finding_drop(f, MTUD_DROP_L2_MULTICAST);
	f->verdict = MTUD_LOCAL;
	return true;
}

bool
examine_ipv6(const struct mtud_fwd_view *v, uint16_t port, struct rte_mbuf *m, struct finding *f)
{
	struct mtud_ip src, dst;

	if (!check_header(&v->port[port], m, f))
		return false;
	mtud_fwd_addresses(m, &src, &dst);
	return check_destination(v, port, &dst, f) && check_source(v, port, &src, f);
}
