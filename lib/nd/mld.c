/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <netinet/in.h>

#include "frame.h"

#define MLD_HOP_LIMIT 1

/* Multicast Address Record without sources (RFC 3810 section 5.2). */
struct mld_record {
	uint8_t type;
	uint8_t aux_len;
	rte_be16_t sources;
	uint8_t group[MTUD_IP_LEN];
} __rte_packed;

/* What stands in front of the records. */
struct mld_report {
	uint8_t hop_by_hop[8];
	struct mtud_icmp6_hdr icmp; /* data: reserved, number of records */
} __rte_packed;

struct rte_mbuf *
mtud_nd_build_mld_report(struct rte_mempool *pool, const struct rte_ether_addr *our_mac,
	const struct mtud_ip *src, const struct mtud_ip *groups, unsigned int n,
	enum mtud_mld_record record)
{
	/* Next header, 8 octets long; Router Alert for MLD (RFC 2711); PadN of 2. */
	static const uint8_t router_alert[8] = {IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0};
	static const struct mtud_ip all_mld2_routers = {{0xff, 0x02, [15] = 0x16}};
	struct mtud_nd_addrs addrs = {our_mac, NULL, src, &all_mld2_routers};
	uint32_t icmp_at = MTUD_ND_PAYLOAD_AT + offsetof(struct mld_report, icmp);
	struct mld_report *report;
	struct mld_record *rec;
	struct rte_mbuf *m;
	unsigned int i;

	if (n == 0 || n > MTUD_MLD_MAX_GROUPS)
		return NULL;
	m = mtud_nd_frame(
		pool, &addrs, IPPROTO_HOPOPTS, MLD_HOP_LIMIT, sizeof(*report) + n * sizeof(*rec));
	if (m == NULL)
		return NULL;

	report = rte_pktmbuf_mtod_offset(m, struct mld_report *, MTUD_ND_PAYLOAD_AT);
	memcpy(report->hop_by_hop, router_alert, sizeof(report->hop_by_hop));
	report->icmp = (struct mtud_icmp6_hdr){
		.type = MTUD_ICMP6_MLD2_REPORT,
		.data = rte_cpu_to_be_32(n),
	};
	rec = (struct mld_record *)(report + 1);
	for (i = 0; i < n; i++) {
		rec[i].type = record;
		rec[i].aux_len = 0;
		rec[i].sources = 0;
		memcpy(rec[i].group, groups[i].b, sizeof(rec[i].group));
	}
	report->icmp.cksum = mtud_pkt_cksum6(
		m, src, &all_mld2_routers, IPPROTO_ICMPV6, icmp_at, m->pkt_len - icmp_at);
	return m;
}
