/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <netinet/in.h>

#include <rte_tcp.h>

#include "mtud_mss.h"

#define TCP_MIN  sizeof(struct rte_tcp_hdr)
#define TCP_MAX  60 /* the data offset's 4 bits */
#define FLAGS_AT offsetof(struct rte_tcp_hdr, tcp_flags)
#define CKSUM_AT offsetof(struct rte_tcp_hdr, cksum)

/* Kinds of options (RFC 9293 section 3.2, RFC 2385, RFC 5925). */
enum {
	OPT_END = 0,
	OPT_NOP = 1,
	OPT_MSS = 2,
	OPT_MD5 = 19,
	OPT_AO = 29,
};

#define OPT_HEAD    2 /* kind and length */
#define OPT_MSS_LEN 4

/* Where TCP begins behind the IP header; 0: it does not. */
static inline uint32_t
behind_ipv4(const struct rte_mbuf *m, uint32_t l3_at)
{
	const struct rte_ipv4_hdr *ip;

	ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, l3_at);
	if (ip->next_proto_id != IPPROTO_TCP ||
		(ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)) != 0)
		return 0;
	return mtud_pkt_ihl(ip);
}

static inline uint32_t
behind_ipv6(const struct rte_mbuf *m, uint32_t l3_at, uint32_t ip_len)
{
	const struct rte_ipv6_hdr *ip;
	struct mtud_pkt_chain chain;

	ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, l3_at);
	/* What nearly every packet is needs no walk. */
	if (ip->proto == IPPROTO_TCP)
		return sizeof(*ip);
	if (ip->proto == IPPROTO_UDP || ip->proto == IPPROTO_ESP)
		return 0;
	mtud_pkt_walk(m, l3_at, ip_len, &chain);
	if (chain.truncated || chain.later_fragment || chain.proto != IPPROTO_TCP)
		return 0;
	return chain.payload_at;
}

bool
mtud_mss_is_syn(const struct rte_mbuf *m, uint32_t l3_at, uint32_t ip_len, uint32_t *tcp_at)
{
	const uint8_t *flags;
	uint8_t copy;
	uint32_t at;

	at = mtud_pkt_is_v4(m, l3_at) ? behind_ipv4(m, l3_at) : behind_ipv6(m, l3_at, ip_len);
	if (at == 0 || at + FLAGS_AT >= ip_len)
		return false;
	flags = rte_pktmbuf_read(m, l3_at + at + FLAGS_AT, sizeof(copy), &copy);
	if (flags == NULL || (*flags & (RTE_TCP_SYN_FLAG | RTE_TCP_RST_FLAG)) != RTE_TCP_SYN_FLAG)
		return false;
	*tcp_at = l3_at + at;
	return true;
}

/* The TCP header with its options, in one piece; NULL: it is malformed. */
static const uint8_t *
read_header(
	const struct rte_mbuf *m, uint32_t tcp_at, uint32_t tcp_len, uint8_t *copy, uint16_t *len)
{
	const struct rte_tcp_hdr *tcp;

	if (tcp_len < TCP_MIN)
		return NULL;
	tcp = rte_pktmbuf_read(m, tcp_at, TCP_MIN, copy);
	if (tcp == NULL)
		return NULL;
	*len = (tcp->data_off >> 4) * 4;
	if (*len < TCP_MIN || *len > tcp_len)
		return NULL;
	return rte_pktmbuf_read(m, tcp_at, *len, copy);
}

/* Where the value of the first MSS option stands. @return MTUD_SYN_MAX, or why it is to stay. */
static enum mtud_syn_counter
find_mss(const uint8_t *tcp, uint16_t len, uint16_t *value_at)
{
	bool is_signed = false;
	uint16_t at, opt_len;

	*value_at = 0;
	for (at = TCP_MIN; at < len && tcp[at] != OPT_END; at += opt_len) {
		opt_len = 1;
		if (tcp[at] == OPT_NOP)
			continue;
		if (len - at < OPT_HEAD)
			return MTUD_SYN_MALFORMED;
		opt_len = tcp[at + 1];
		if (opt_len < OPT_HEAD || opt_len > len - at)
			return MTUD_SYN_MALFORMED;
		if (tcp[at] == OPT_MSS && opt_len != OPT_MSS_LEN)
			return MTUD_SYN_MALFORMED;
		if (tcp[at] == OPT_MSS && *value_at == 0)
			*value_at = at + OPT_HEAD;
		is_signed |= tcp[at] == OPT_MD5 || tcp[at] == OPT_AO;
	}
	if (is_signed)
		return MTUD_SYN_SIGNED;
	return *value_at == 0 ? MTUD_SYN_WITHOUT : MTUD_SYN_MAX;
}

static uint16_t
get_16(const uint8_t *octets)
{
	return (uint16_t)(octets[0] << 8 | octets[1]);
}

static void
put_octet(struct rte_mbuf *m, uint32_t at, uint8_t octet)
{
	for (; at >= m->data_len; m = m->next)
		at -= m->data_len;
	*rte_pktmbuf_mtod_offset(m, uint8_t *, at) = octet;
}

/* Octet by octet: a segment may end between the two. */
static void
put_16(struct rte_mbuf *m, uint32_t at, uint16_t value)
{
	put_octet(m, at, value >> 8);
	put_octet(m, at + 1, value & 0xff);
}

/* RFC 1624 equation 3. */
static uint16_t
cksum_update(uint16_t cksum, uint16_t from, uint16_t to)
{
	uint32_t sum = (uint16_t)~cksum + (uint16_t)~from + (uint32_t)to;

	sum = (sum >> 16) + (sum & 0xffff);
	sum += sum >> 16;
	return (uint16_t)~sum;
}

bool
mtud_mss_rewrite(struct rte_mbuf *m, uint32_t tcp_at, uint32_t tcp_len, uint16_t mss, bool raise,
	enum mtud_syn_counter *counter)
{
	uint16_t len, value_at, old, cksum;
	uint8_t copy[TCP_MAX];
	const uint8_t *tcp;

	tcp = read_header(m, tcp_at, tcp_len, copy, &len);
	*counter = tcp == NULL ? MTUD_SYN_MALFORMED : find_mss(tcp, len, &value_at);
	if (*counter != MTUD_SYN_MAX)
		return false;
	old = get_16(&tcp[value_at]);
	if (old == mss || (old < mss && !raise))
		return false;

	cksum = get_16(&tcp[CKSUM_AT]);
	/* At an odd offset the value is half of one word of the sum and half of the next. */
	if ((value_at & 1) != 0)
		cksum = cksum_update(cksum, rte_bswap16(old), rte_bswap16(mss));
	else
		cksum = cksum_update(cksum, old, mss);
	put_16(m, tcp_at + value_at, mss);
	put_16(m, tcp_at + CKSUM_AT, cksum);
	*counter = MTUD_SYN_REWRITTEN;
	return true;
}
