/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "fwd_priv.h"

#define HEADERS_LEN (MTUD_L3_AT + sizeof(struct rte_ipv4_hdr))

#define OPTION_END  0
#define OPTION_NOP  1
#define OPTION_LSRR 131
#define OPTION_SSRR 137

/* Who may name the way of a packet may go round every filter (RFC 7126 section 4.3 and 4.4).
 * Options after one of a wrong length cannot be told: they go on as they came. */
static bool
is_source_routed(const struct rte_ipv4_hdr *ip)
{
	const uint8_t *o = (const uint8_t *)(ip + 1);
	const uint8_t *end = (const uint8_t *)ip + mtud_pkt_ihl(ip);

	while (o < end && *o != OPTION_END) {
		if (*o == OPTION_LSRR || *o == OPTION_SSRR)
			return true;
		if (*o == OPTION_NOP) {
			o++;
			continue;
		}
		if (end - o < 2 || o[1] < 2)
			return false;
		o += o[1];
	}
	return false;
}

/* RFC 1812 section 5.2.2. */
static bool
check_header(const struct mtud_fwd_port *p, struct rte_mbuf *m, struct finding *f)
{
	const struct rte_ipv4_hdr *ip;
	uint16_t ihl, ip_len;

	if (m->pkt_len < HEADERS_LEN)
		return finding_drop(f, MTUD_DROP_RUNT);
	if (m->data_len < HEADERS_LEN && rte_pktmbuf_linearize(m) < 0)
		return finding_drop(f, MTUD_DROP_NO_MBUF);
	ip = mtud_fwd_ip4(m);
	if ((ip->version_ihl >> 4) != 4)
		return finding_drop(f, MTUD_DROP_IP_VERSION);
	ihl = mtud_pkt_ihl(ip);
	ip_len = rte_be_to_cpu_16(ip->total_length);
	if (ihl < sizeof(*ip) || ip_len < ihl)
		return finding_drop(f, MTUD_DROP_IP_HEADER);
	if (m->pkt_len < MTUD_L3_AT + (uint32_t)ihl)
		return finding_drop(f, MTUD_DROP_IP_TRUNCATED);
	if (m->data_len < MTUD_L3_AT + ihl && rte_pktmbuf_linearize(m) < 0)
		return finding_drop(f, MTUD_DROP_NO_MBUF);
	ip = mtud_fwd_ip4(m);
	if (rte_raw_cksum(ip, ihl) != 0xffff)
		return finding_drop(f, MTUD_DROP_IP_CKSUM);
	if (!examine_length(p, m, ip_len, f))
		return false;
	return !is_source_routed(ip) || finding_drop(f, MTUD_DROP_SOURCE_ROUTE);
}

/* RFC 1812 section 5.3.7, RFC 6890. */
static bool
check_source(const struct mtud_fwd_view *v, uint16_t port, const struct mtud_ip *src,
	struct finding *f)
{
	if (!mtud_ip_is_host_v4(src))
		return finding_drop(f, MTUD_DROP_SRC_INVALID);
	return !mtud_addr_is_false_source(&v->addrs, port, src) ||
		finding_drop(f, MTUD_DROP_SRC_OURS);
}

/* Groups of 224.0.0.0/24 never leave their link (RFC 5771 section 4), and none is ours. */
static bool
check_group(const struct mtud_ip *dst, struct finding *f)
{
	f->flags &= ~MTUD_FLAG_L2_MULTICAST;
	f->flags |= MTUD_FLAG_DST_MULTICAST;
	return dst->b[12] != 224 || dst->b[13] != 0 || dst->b[14] != 0 ||
		finding_drop(f, MTUD_DROP_MCAST_UNROUTED);
}

static bool
check_destination(const struct mtud_ip *dst, struct finding *f)
{
	if (mtud_ip_to_v4(dst) == UINT32_MAX)
		return finding_drop(f, MTUD_DROP_BROADCAST);
	if (dst->b[12] == 0 || dst->b[12] == 127)
		return finding_drop(f, MTUD_DROP_DST_INVALID);
	if (dst->b[12] >= 240)
		return finding_drop(f, MTUD_DROP_CLASS_E);
	return dst->b[12] < 224 || check_group(dst, f);
}

bool
examine_ipv4(const struct mtud_fwd_view *v, uint16_t port, struct rte_mbuf *m, struct finding *f)
{
	struct mtud_ip src, dst;

	if (!check_header(&v->port[port], m, f))
		return false;
	mtud_fwd_addresses(m, &src, &dst);
	return check_destination(&dst, f) && check_source(v, port, &src, f);
}
