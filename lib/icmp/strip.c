/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "icmp_priv.h"

uint16_t
icmp_strip(
	struct rte_mbuf *m, uint32_t l3_at, uint16_t hdr_len, uint16_t payload_at, uint16_t ip_len)
{
	uint16_t between = payload_at - hdr_len;
	uint8_t *frame;

	if (payload_at < hdr_len || ip_len < payload_at + sizeof(struct mtud_icmp6_hdr) ||
		l3_at + payload_at + sizeof(struct mtud_icmp6_hdr) > m->data_len)
		return 0;

	if (between > 0) {
		frame = rte_pktmbuf_mtod(m, uint8_t *);
		memmove(frame + between, frame, l3_at + hdr_len);
		rte_pktmbuf_adj(m, between);
		ip_len -= between;
	}
	mtud_pkt_cut(m, l3_at + ip_len);
	return ip_len;
}
