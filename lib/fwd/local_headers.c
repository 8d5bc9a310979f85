/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <netinet/in.h>
#include <stddef.h>

#include "mtud_fwd.h"

/* The longest header that carries options (RFC 8200 section 4.3). */
#define HEADER_MAX (256 * 8)

/* What an unknown option asks for, the top two bits of its type (RFC 8200 section 4.2). */
enum action {
	SKIP = 0x00,
	DISCARD = 0x40,
	DISCARD_ANSWER = 0x80,
	DISCARD_ANSWER_UNICAST = 0xc0,
};

/* Next headers that netinet/in.h does not name (IANA). */
#define IPPROTO_HIP   139
#define IPPROTO_SHIM6 140

#define OPTION_PAD1         0x00
#define OPTION_PADN         0x01
#define OPTION_ROUTER_ALERT 0x05

static bool
problem(struct mtud_icmp_error *err, uint8_t code, uint32_t pointer)
{
	*err = (struct mtud_icmp_error){MTUD_ICMP6_PARAM, code, pointer};
	return false;
}

static bool
unknown_option(uint8_t type, bool multicast, uint32_t pointer, struct mtud_icmp_error *err)
{
	switch (type & 0xc0) {
	case SKIP:
		return true;
	case DISCARD_ANSWER:
		return problem(err, 2, pointer);
	case DISCARD_ANSWER_UNICAST:
		return multicast ? false : problem(err, 2, pointer);
	default:
		return false;
	}
}

static bool
check_options(const uint8_t *header, uint32_t len, uint32_t at, bool multicast,
	struct mtud_icmp_error *err)
{
	uint32_t o = 2;

	while (o < len) {
		uint8_t type = header[o];

		if (type == OPTION_PAD1) {
			o++;
			continue;
		}
		if (o + 2 > len || o + 2 + header[o + 1] > len)
			return problem(err, 0, at + o);
		if (type != OPTION_PADN && type != OPTION_ROUTER_ALERT &&
			!unknown_option(type, multicast, at + o, err))
			return false;
		o += 2u + header[o + 1];
	}
	return true;
}

bool
mtud_fwd_local_headers(const struct rte_mbuf *m, uint16_t ip_len, struct mtud_icmp_error *err)
{
	const struct rte_ipv6_hdr *ip = mtud_fwd_ip6(m);
	bool multicast = ip->dst_addr[0] == 0xff;
	uint32_t named_at = offsetof(struct rte_ipv6_hdr, proto);
	uint32_t at = sizeof(*ip);
	uint8_t next = ip->proto;
	uint8_t buf[HEADER_MAX];

	while (next == IPPROTO_HOPOPTS || next == IPPROTO_DSTOPTS || next == IPPROTO_ROUTING) {
		const uint8_t *header = rte_pktmbuf_read(m, MTUD_L3_AT + at, 8, buf);
		uint32_t len;

		if (header == NULL || at + 8 > ip_len)
			return false;
		len = (header[1] + 1u) * 8;
		header = rte_pktmbuf_read(m, MTUD_L3_AT + at, len, buf);
		if (header == NULL || at + len > ip_len)
			return false;
		/* Only the first header may be hop-by-hop options (RFC 8200 section 4.1). */
		if (next == IPPROTO_HOPOPTS && at != sizeof(*ip))
			return problem(err, 1, named_at);
		if (next == IPPROTO_ROUTING && header[3] != 0)
			return problem(err, 0, at + 2);
		if (next != IPPROTO_ROUTING && !check_options(header, len, at, multicast, err))
			return false;
		next = header[0];
		named_at = at;
		at += len;
	}
	/* What nobody here can check or act on is as an unknown next header (RFC 8200 section 4). */
	if (next == IPPROTO_AH || next == IPPROTO_MH || next == IPPROTO_HIP ||
		next == IPPROTO_SHIM6)
		return problem(err, 1, named_at);
	return true;
}
