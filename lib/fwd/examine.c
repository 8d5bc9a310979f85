/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "fwd_priv.h"

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
		return finding_drop(f, MTUD_DROP_RUNT);
	if (rte_is_multicast_ether_addr(&eth->dst_addr))
		f->flags |= MTUD_FLAG_L2_MULTICAST;
	else if (!rte_is_same_ether_addr(&eth->dst_addr, &p->mac))
		return finding_drop(f, MTUD_DROP_OTHER_MAC);

	type = rte_be_to_cpu_16(eth->ether_type);
	if (type < 0x600)
		return finding_drop(f, MTUD_DROP_IEEE8023);
	if (is_vlan(m, type))
		return finding_drop(f, MTUD_DROP_VLAN);
	return true;
}

static bool
examine_packet(struct mtud_worker *w, enum mtud_family family, uint16_t port, struct rte_mbuf *m,
	struct finding *f)
{
	struct mtud_burst *b;
	bool sound = family == MTUD_IPV4 ? examine_ipv4(w->v, port, m, f) :
					   examine_ipv6(w->v, port, m, f);

	if (!sound)
		return false;
	if (f->verdict == MTUD_LOCAL)
		f->flags |= MTUD_FLAG_DECIDED;
	b = mtud_fwd_take(w->rx, family, m, f->ip_len, f->flags);
	b->verdict[b->n - 1] = f->verdict;
	return true;
}

void
mtud_fwd_examine(struct mtud_worker *w, uint16_t port, struct rte_mbuf *m)
{
	struct finding f = {.verdict = MTUD_PASS};

	if (!check_ethernet(&w->v->port[port], m, &f))
		goto drop;
	switch (rte_pktmbuf_mtod(m, const struct rte_ether_hdr *)->ether_type) {
	case RTE_BE16(RTE_ETHER_TYPE_IPV6):
		if (examine_packet(w, MTUD_IPV6, port, m, &f))
			return;
		break;
	case RTE_BE16(RTE_ETHER_TYPE_IPV4):
		if (examine_packet(w, MTUD_IPV4, port, m, &f))
			return;
		break;
	case RTE_BE16(RTE_ETHER_TYPE_ARP):
		mtud_fwd_arp(w, port, m);
		return;
	default:
		f.reason = MTUD_DROP_ETHERTYPE;
		break;
	}

drop:
	mtud_fwd_drop(w, m, f.reason);
}
