/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <netinet/in.h>
#include <netinet/ip.h>

#include "icmp_priv.h"

#define ICMP_AT (ICMP_IP_AT + sizeof(struct rte_ipv4_hdr))

static_assert(sizeof(struct rte_ipv4_hdr) + sizeof(struct mtud_icmp6_hdr) == MTUD_ICMP4_OVERHEAD,
	"an error's own headers");

static void
write_ip(struct rte_ipv4_hdr *ip, uint16_t len, const struct rte_ipv4_hdr *cause,
	const struct mtud_ip *src, uint8_t ttl, uint16_t id)
{
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF,
		.type_of_service = IPTOS_TOS(cause->type_of_service) | IPTOS_PREC_INTERNETCONTROL,
		.total_length = rte_cpu_to_be_16(len),
		.packet_id = rte_cpu_to_be_16(id),
		.time_to_live = ttl,
		.next_proto_id = IPPROTO_ICMP,
		.src_addr = mtud_ip_to_v4(src),
		.dst_addr = cause->src_addr,
	};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

/* RFC 792 gives a pointer one octet, RFC 1191 an MTU two. */
static uint32_t
data_of(const struct mtud_icmp_error *err)
{
	if (err->type == MTUD_ICMP4_PARAM)
		return err->value << 24;
	return RTE_MIN(err->value, (uint32_t)UINT16_MAX);
}

struct rte_mbuf *
mtud_icmp4_error(struct rte_mempool *pool, struct rte_mbuf *cause, uint32_t l3_at, uint32_t ip_len,
	const struct mtud_icmp_error *err, const struct mtud_ip *src, uint8_t ttl, uint16_t id)
{
	uint16_t len = mtud_icmp4_error_len(err, ip_len);
	const struct rte_ipv4_hdr *ip;
	struct rte_ipv4_hdr about;
	struct rte_mbuf *m;

	/* A Fragmentation Needed of no more than its own headers: mtud_icmp4_may_send() says no. */
	if (len <= MTUD_ICMP4_OVERHEAD)
		return NULL;
	ip = rte_pktmbuf_read(cause, l3_at, sizeof(about), &about);
	if (ip == NULL)
		return NULL;
	/* The cause may be free, or a quote, when its header is needed. */
	if (ip != &about)
		about = *ip;

	m = icmp_around(pool, cause, l3_at, MTUD_ICMP4_OVERHEAD, len - MTUD_ICMP4_OVERHEAD);
	if (m == NULL)
		return NULL;
	write_ip(rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, ICMP_IP_AT), len, &about, src,
		ttl, id);
	icmp_write_header(m, ICMP_AT, err->type, err->code, data_of(err), len - MTUD_ICMP4_OVERHEAD,
		0);
	return m;
}
