/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Queries of multicast routers, and what tells them of our groups (RFC 3810). */

#include <netinet/in.h>

#include <rte_random.h>

#include "mtud_ctl.h"
#include "mtud_nd.h"

/* Unsolicited reports are this far apart (RFC 3810 section 9.11). */
#define MLD_INTERVAL_MS 1000
/* A report can be many times as long as the query: none follows another one sooner. */
#define MLD_PAUSE_MS 250

#define HOP_BY_HOP_AT (MTUD_L3_AT + sizeof(struct rte_ipv6_hdr))

#define OPTION_PAD1         0
#define OPTION_ROUTER_ALERT 5

void
mtud_ctl_mld_report(struct mtud_ctl *ctl, uint16_t port, unsigned int times, uint64_t delay_ms)
{
	struct mtud_ctl_port *p = &ctl->port[port];
	uint64_t due_ms = ctl->now_ms + delay_ms;

	p->mld_due_ms = p->mld_left == 0 ? due_ms : RTE_MIN(p->mld_due_ms, due_ms);
	p->mld_left = RTE_MAX(p->mld_left, times);
}

/* All that we listen to beyond the link's all-nodes group, which is never reported. */
static unsigned int
groups_of(const struct mtud_ctl *ctl, uint16_t port, struct mtud_ip *groups)
{
	static const struct mtud_ip all_routers = {{0xff, 0x02, [15] = 2}};

	groups[0] = all_routers;
	return 1 + mtud_addr_groups(ctl->addrs, port, &groups[1]);
}

/* Reports come from a link-local address, or :: while there is none that is checked (RFC 3590). */
static struct mtud_ip
report_source(const struct mtud_ctl *ctl, uint16_t port)
{
	unsigned int i;

	for (i = 0; i < ctl->addrs->n; i++) {
		const struct mtud_addr *a = &ctl->addrs->addr[i];

		if (a->port == port && a->state == MTUD_ADDR_PREFERRED &&
			mtud_ip_is_link_local(&a->ip))
			return a->ip;
	}
	return (struct mtud_ip){{0}};
}

/* As many reports as the groups need. */
static void
send_reports(struct mtud_ctl *ctl, uint16_t port, enum mtud_mld_record record)
{
	struct mtud_ip groups[MTUD_ADDR_GROUPS_MAX + 1];
	struct mtud_ip src = report_source(ctl, port);
	unsigned int n = groups_of(ctl, port, groups);
	unsigned int i;

	for (i = 0; i < n; i += MTUD_MLD_MAX_GROUPS)
		mtud_ctl_send(ctl, port,
			mtud_nd_build_mld_report(ctl->pool, &ctl->port[port].mac, &src, &groups[i],
				RTE_MIN(n - i, (unsigned int)MTUD_MLD_MAX_GROUPS), record));
}

void
mtud_ctl_mld_tick(struct mtud_ctl *ctl)
{
	uint16_t port;

	for (port = 0; port < ctl->n_ports; port++) {
		struct mtud_ctl_port *p = &ctl->port[port];

		if (!p->up || p->mld_left == 0 || ctl->now_ms < p->mld_due_ms)
			continue;
		p->mld_left--;
		p->mld_due_ms = ctl->now_ms + MLD_INTERVAL_MS;
		p->mld_pause_ms = ctl->now_ms + MLD_PAUSE_MS;
		send_reports(ctl, port, p->mld_asked ? MTUD_MLD_IS_EXCLUDE : MTUD_MLD_TO_EXCLUDE);
		p->mld_asked = false;
	}
}

/* Router Alert for MLD (RFC 2711) among the options of the hop-by-hop header. */
static bool
has_router_alert(const struct rte_mbuf *m)
{
	uint8_t buf[8 + UINT8_MAX * 8];
	const uint8_t *h = rte_pktmbuf_read(m, HOP_BY_HOP_AT, 8, buf);
	uint32_t at, len;

	if (h == NULL)
		return false;
	len = 8 + h[1] * 8u;
	h = rte_pktmbuf_read(m, HOP_BY_HOP_AT, len, buf);
	if (h == NULL)
		return false;
	for (at = 2; at < len; at += h[at] == OPTION_PAD1 ? 1 : 2 + h[at + 1]) {
		if (h[at] == OPTION_PAD1)
			continue;
		if (len - at < 4)
			return false;
		if (h[at] == OPTION_ROUTER_ALERT && h[at + 1] == 2)
			return h[at + 2] == 0 && h[at + 3] == 0;
	}
	return false;
}

/* RFC 3810 section 5.1 and 6.2: link-local source, hop limit 1, Router Alert; version 1 queries
 * (RFC 2710) are answered alike. */
static enum mtud_drop
check_query(const struct rte_mbuf *m, const struct mtud_pkt_chain *chain, uint32_t *max_delay_ms)
{
	const struct rte_ipv6_hdr *ip = mtud_fwd_ip6(m);
	uint16_t len = mtud_pkt_meta_ro(m)->ip_len - chain->payload_at;
	struct mtud_icmp6_hdr buf;
	const struct mtud_icmp6_hdr *query;
	struct mtud_ip src, dst;

	mtud_fwd_addresses(m, &src, &dst);
	query = rte_pktmbuf_read(m, MTUD_L3_AT + chain->payload_at, sizeof(buf), &buf);
	if (query == NULL || len < sizeof(*query) + MTUD_IP_LEN)
		return MTUD_DROP_ND_SHORT;
	if (chain->fragment)
		return MTUD_DROP_LOCAL_FRAGMENT;
	if (!mtud_ip_is_link_local(&src))
		return MTUD_DROP_ND_ADDRESS;
	if (ip->hop_limits != 1)
		return MTUD_DROP_ND_HOP_LIMIT;
	if (ip->proto != IPPROTO_HOPOPTS || !has_router_alert(m))
		return MTUD_DROP_MLD_ALERT;
	if (mtud_pkt_cksum6(m, &src, &dst, IPPROTO_ICMPV6, MTUD_L3_AT + chain->payload_at, len) !=
		0)
		return MTUD_DROP_ICMP_CKSUM;
	*max_delay_ms = rte_be_to_cpu_32(query->data) >> 16;
	return MTUD_DROP_NONE;
}

enum mtud_drop
mtud_ctl_mld_input(struct mtud_ctl *ctl, const struct rte_mbuf *m,
	const struct mtud_pkt_chain *chain)
{
	struct mtud_ctl_port *p = &ctl->port[m->port];
	uint64_t pause_ms = p->mld_pause_ms > ctl->now_ms ? p->mld_pause_ms - ctl->now_ms : 0;
	uint64_t delay_ms;
	uint32_t max_delay_ms;
	enum mtud_drop why = check_query(m, chain, &max_delay_ms);

	if (why != MTUD_DROP_NONE)
		return why;
	delay_ms = rte_rand_max(RTE_MIN(max_delay_ms, 10000u) + 1);
	p->mld_asked = true;
	mtud_ctl_mld_report(ctl, m->port, 1, RTE_MAX(delay_ms, pause_ms));
	return MTUD_DROP_NONE;
}
