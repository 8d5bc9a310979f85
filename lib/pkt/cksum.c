/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_byteorder.h>
#include <rte_ip.h>

#include "mtud_pkt.h"
#include "sum.h"

uint32_t
mtud_pkt_sum(const struct rte_mbuf *m, uint32_t at, uint32_t len)
{
	uint32_t sum = 0, n;
	bool odd = false;
	uint16_t part;

	if (likely(at + len <= m->data_len))
		return pkt_sum(rte_pktmbuf_mtod_offset(m, const uint8_t *, at), len);
	/* Not rte_raw_cksum_mbuf(): behind a segment of odd length it loses the sum's carries. */
	for (; m != NULL && len > 0; m = m->next) {
		if (at >= m->data_len) {
			at -= m->data_len;
			continue;
		}
		n = RTE_MIN(len, m->data_len - at);
		part = pkt_sum(rte_pktmbuf_mtod_offset(m, const uint8_t *, at), n);
		sum += odd ? rte_bswap16(part) : part;
		odd ^= n & 1;
		len -= n;
		at = 0;
	}
	return sum;
}

uint32_t
mtud_pkt_sum_pseudo(const struct mtud_ip *src, const struct mtud_ip *dst, uint8_t proto,
	uint32_t len)
{
	rte_be32_t len_be = rte_cpu_to_be_32(len);

	uint64_t word[4], sum;

	static_assert(sizeof(word) == sizeof(*src) + sizeof(*dst), "four words are two addresses");
	memcpy(&word[0], src->b, sizeof(src->b));
	memcpy(&word[2], dst->b, sizeof(dst->b));
	sum = (word[0] >> 32) + (uint32_t)word[0] + (word[1] >> 32) + (uint32_t)word[1];
	sum += (word[2] >> 32) + (uint32_t)word[2] + (word[3] >> 32) + (uint32_t)word[3];
	sum += (uint64_t)len_be + rte_cpu_to_be_16(proto);
	sum = (sum >> 32) + (uint32_t)sum;
	return (uint32_t)((sum >> 16) + (sum & 0xffff));
}

rte_be16_t
mtud_pkt_cksum6(const struct rte_mbuf *m, const struct mtud_ip *src, const struct mtud_ip *dst,
	uint8_t proto, uint32_t at, uint32_t len)
{
	return mtud_pkt_sum_fold(
		mtud_pkt_sum_pseudo(src, dst, proto, len) + mtud_pkt_sum(m, at, len));
}

rte_be16_t
mtud_pkt_cksum(const struct rte_mbuf *m, uint32_t at, uint32_t len)
{
	return mtud_pkt_sum_fold(mtud_pkt_sum(m, at, len));
}
