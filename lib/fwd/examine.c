/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_fwd.h"

#define HEADERS_LEN (MTUD_L3_AT + sizeof(struct rte_ipv6_hdr))

/* What examine() has found out about a frame so far. */
struct finding {
	enum mtud_drop reason; /* meaningful when verdict is MTUD_DROP */
	enum mtud_verdict verdict;
	uint8_t flags;
	uint16_t ip_len;
};

static bool
drop(struct finding *f, enum mtud_drop reason)
{
	f->verdict = MTUD_DROP;
	f->reason = reason;
	return false;
}

/* 802.1Q, 802.1ad, and the EtherType in use for two tags before that was a standard. */
static bool
is_vlan(const struct rte_mbuf *m, uint16_t ether_type)
{
	return ether_type == RTE_ETHER_TYPE_VLAN || ether_type == RTE_ETHER_TYPE_QINQ ||
		ether_type == 0x9100 || (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0;
}

static bool
check_ethernet(const struct mtud_fwd_port *p, struct rte_mbuf *m, struct finding *f)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	uint16_t type;

	if (m->data_len < sizeof(*eth))
		return drop(f, MTUD_DROP_RUNT);
	if (rte_is_multicast_ether_addr(&eth->dst_addr))
		f->flags |= MTUD_FLAG_L2_MULTICAST;
	else if (!rte_is_same_ether_addr(&eth->dst_addr, &p->mac))
		return drop(f, MTUD_DROP_OTHER_MAC);

	type = rte_be_to_cpu_16(eth->ether_type);
	if (type < 0x600)
		return drop(f, MTUD_DROP_IEEE8023);
	if (is_vlan(m, type))
		return drop(f, MTUD_DROP_VLAN);
	if (type == RTE_ETHER_TYPE_IPV4 || type == RTE_ETHER_TYPE_ARP)
		return drop(f, MTUD_DROP_IPV4);
	if (type != RTE_ETHER_TYPE_IPV6)
		return drop(f, MTUD_DROP_ETHERTYPE);
	return true;
}

/* RFC 8200 section 3, and the frame that a peer's GRO or TSO glued: the driver may have cut it, so
 * its length field says more than the frame holds, but the frame alone is too long already. */
static bool
check_length(const struct mtud_fwd_port *p, struct rte_mbuf *m, struct finding *f)
{
	const struct rte_ipv6_hdr *ip;
	uint32_t frame = m->pkt_len - MTUD_L3_AT;
	uint32_t ip_len;

	if (m->pkt_len < HEADERS_LEN)
		return drop(f, MTUD_DROP_RUNT);
	if (m->data_len < HEADERS_LEN && rte_pktmbuf_linearize(m) < 0)
		return drop(f, MTUD_DROP_NO_MBUF);
	ip = mtud_fwd_ip6(m);
	if ((ip->vtc_flow & RTE_BE32(0xf0000000)) != RTE_BE32(0x60000000))
		return drop(f, MTUD_DROP_IP_VERSION);
	if (ip->payload_len == 0 && ip->proto == 0)
		return drop(f, MTUD_DROP_JUMBOGRAM);
	ip_len = rte_be_to_cpu_16(ip->payload_len) + (uint32_t)sizeof(*ip);
	if (ip_len > p->mtu && frame > p->mtu)
		return drop(f, MTUD_DROP_RX_OVERSIZE);
	if (ip_len > frame)
		return drop(f, MTUD_DROP_IP_TRUNCATED);
	if (ip_len < frame)
		mtud_pkt_cut(m, MTUD_L3_AT + ip_len);
	f->ip_len = (uint16_t)ip_len;
	return true;
}

/* A source that does not name one host (RFC 4291 section 2). :: is let through to us alone, for
 * Duplicate Address Detection. */
static bool
check_source(const struct mtud_ip *src, struct finding *f)
{
	if (mtud_ip_is_multicast(src) || mtud_ip_is_loopback(src) || mtud_ip_is_v4(src))
		return drop(f, MTUD_DROP_SRC_INVALID);
	if (mtud_ip_is_unspecified(src) && f->verdict != MTUD_LOCAL)
		return drop(f, MTUD_DROP_SRC_INVALID);
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
		return drop(f, MTUD_DROP_DST_INVALID);
	if (scope > MTUD_SCOPE_LINK)
		return true;
	if (!is_our_group(&v->addrs, port, dst))
		return drop(f, MTUD_DROP_MCAST_UNROUTED);
	f->verdict = MTUD_LOCAL;
	return true;
}

static bool
check_destination(const struct mtud_fwd_view *v, uint16_t port, const struct mtud_ip *dst,
	struct finding *f)
{
	const struct mtud_addr *ours;

	if (mtud_ip_is_unspecified(dst) || mtud_ip_is_loopback(dst) || mtud_ip_is_v4(dst))
		return drop(f, MTUD_DROP_DST_INVALID);
	if (dst->b[0] == 0xff)
		return check_group(v, port, dst, f);
	if (!mtud_ip_is_link_local(dst))
		return true;
	ours = mtud_addr_get(&v->addrs, port, dst);
	if (ours == NULL || !mtud_addr_usable(ours))
		return drop(f, MTUD_DROP_DST_LINK_LOCAL);
	if (f->flags & MTUD_FLAG_L2_MULTICAST)
		return drop(f, MTUD_DROP_L2_MULTICAST);
	f->verdict = MTUD_LOCAL;
	return true;
}

void
mtud_fwd_examine(struct mtud_worker *w, struct mtud_burst *b, uint16_t port, struct rte_mbuf *m)
{
	struct finding f = {.verdict = MTUD_PASS};
	const struct rte_ipv6_hdr *ip;
	struct mtud_ip src, dst;
	unsigned int at = b->n;

	if (!check_ethernet(&w->v->port[port], m, &f) || !check_length(&w->v->port[port], m, &f))
		goto drop;
	ip = mtud_fwd_ip6(m);
	memcpy(src.b, ip->src_addr, MTUD_IP_LEN);
	memcpy(dst.b, ip->dst_addr, MTUD_IP_LEN);
	if (!check_destination(w->v, port, &dst, &f) || !check_source(&src, &f))
		goto drop;

	if (f.verdict == MTUD_LOCAL)
		f.flags |= MTUD_FLAG_DECIDED;
	b->pkt[at] = m;
	b->flags[at] = f.flags;
	b->verdict[at] = f.verdict;
	b->ip_len[at] = f.ip_len;
	memcpy(b->dst[at], dst.b, MTUD_IP_LEN);
	b->n = at + 1;
	return;

drop:
	mtud_fwd_drop(w, m, f.reason);
}
