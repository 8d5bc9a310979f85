/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What an answer is made of, one by one. */

#include <netinet/in.h>

#include <rte_cycles.h>

#include "stages.h"

#define MTU 1280
/* The ICMPv6 message of a Packet Too Big behind the IPv6 header. */
#define MESSAGE (MTUD_ICMP6_MAX_LEN - sizeof(struct rte_ipv6_hdr))

static uint16_t
ip_len_of(const struct perf *p)
{
	return p->c->kind->len[perf_family(p)];
}

static unsigned int
done_count(struct perf *p)
{
	return p->count;
}

static void
may_send(struct perf *p)
{
	enum mtud_family family = perf_family(p);
	struct mtud_icmp_error err = mtud_icmp_error_of(family, MTUD_WHAT_TOO_BIG, MTU);
	struct mtud_icmp_cause cause = {.l3_at = MTUD_L3_AT, .ip_len = ip_len_of(p)};
	unsigned int i;

	p->count = 0;
	for (i = 0; i < MTUD_BURST; i++) {
		cause.m = p->pkt[i];
		p->count += (family == MTUD_IPV4 ? mtud_icmp4_may_send(&err, &cause) :
						   mtud_icmp6_may_send(&err, &cause)) ==
			MTUD_ICMP_NONE;
	}
}

const struct perf_stage perf_may_send = {
	.unit = "answer",
	.what = "may a packet of 1500 octets be answered at all?",
	.run = may_send,
	.done = done_count,
	.keeps = true,
};

static void
to_grant(struct perf *p)
{
	mtud_rate_set(p->rate, 1000000, 1000000, rte_rdtsc());
}

static void
to_hold(struct perf *p)
{
	struct mtud_ip nobody = perf_sender(MTUD_IPV6, PERF_HOT);

	mtud_rate_set(p->rate, 1, 1, rte_rdtsc());
	while (mtud_rate_take(p->rate, &nobody, rte_rdtsc()))
		;
	nobody.b[0]++;
	while (mtud_rate_take(p->rate, &nobody, rte_rdtsc()))
		;
}

static void
take(struct perf *p)
{
	uint64_t now_tsc = rte_rdtsc();
	struct mtud_ip src, dst;
	unsigned int i;

	p->count = 0;
	for (i = 0; i < MTUD_BURST; i++) {
		mtud_fwd_addresses(p->pkt[i], &src, &dst);
		p->count += mtud_rate_take(p->rate, &src, now_tsc);
	}
}

const struct perf_stage perf_rate_grant = {
	.unit = "answer",
	.what = "take a token for a source from a bucket that has some",
	.prepare = to_grant,
	.run = take,
	.done = done_count,
	.keeps = true,
};

/* The reserve may fall due while the burst is under way. */
static unsigned int
done_hold(struct perf *p)
{
	return p->count <= 1 ? MTUD_BURST : MTUD_BURST - p->count;
}

const struct perf_stage perf_rate_hold = {
	.unit = "answer",
	.what = "ask an empty bucket",
	.prepare = to_hold,
	.run = take,
	.done = done_hold,
	.keeps = true,
};

static void
build(struct perf *p)
{
	enum mtud_family family = perf_family(p);
	struct mtud_icmp_error err = mtud_icmp_error_of(family, MTUD_WHAT_TOO_BIG, MTU);
	struct mtud_ip src = p->view.addrs.addr[family == MTUD_IPV4 ? 2 : 0].ip;
	uint16_t len = ip_len_of(p);
	unsigned int i;

	for (i = 0; i < MTUD_BURST; i++)
		p->made[i] = family == MTUD_IPV4 ?
			mtud_icmp4_error(p->w->reply_pool, p->pkt[i], MTUD_L3_AT, len, &err, &src,
				64, (uint16_t)i) :
			mtud_icmp6_error(p->w->reply_pool, p->pkt[i], MTUD_L3_AT, len, &err, &src,
				64);
}

static unsigned int
done_build(struct perf *p)
{
	uint32_t len = perf_family(p) == MTUD_IPV4 ? MTUD_ICMP4_MAX_LEN : MTUD_ICMP6_MAX_LEN;

	p->n_left = 0;
	while (p->n_left < MTUD_BURST && p->made[p->n_left] != NULL &&
		p->made[p->n_left]->pkt_len == MTUD_L3_AT + len) {
		p->left[p->n_left] = p->made[p->n_left];
		p->n_left++;
	}
	return p->n_left;
}

const struct perf_stage perf_build = {
	.unit = "answer",
	.what = "make the error of its cause",
	.run = build,
	.done = done_build,
};

static void
cksum(struct perf *p)
{
	struct mtud_ip src, dst;
	unsigned int i;

	for (i = 0; i < MTUD_BURST; i++) {
		mtud_fwd_addresses(p->pkt[i], &src, &dst);
		p->cksum[i] = mtud_pkt_cksum6(p->pkt[i], &src, &dst, IPPROTO_ICMPV6,
			MTUD_L3_AT + sizeof(struct rte_ipv6_hdr), MESSAGE);
	}
}

/* As RFC 1071 describes it, octet by octet, over the pseudo-header and the message. */
static unsigned int
done_cksum(struct perf *p)
{
	const uint8_t *ip = rte_pktmbuf_mtod_offset(p->pkt[0], const uint8_t *, MTUD_L3_AT);
	uint32_t sum = MESSAGE + IPPROTO_ICMPV6;
	unsigned int i;

	for (i = offsetof(struct rte_ipv6_hdr, src_addr); i < MTUD_ICMP6_MAX_LEN; i++)
		sum += i % 2 != 0 ? ip[i] : ip[i] << 8;
	while (sum > UINT16_MAX)
		sum = (sum >> 16) + (sum & UINT16_MAX);
	return rte_cpu_to_be_16((uint16_t)~sum) == p->cksum[0] ? MTUD_BURST : 0;
}

const struct perf_stage perf_cksum = {
	.unit = "answer",
	.what = "the checksum of an ICMPv6 message of 1240 octets",
	.run = cksum,
	.done = done_cksum,
	.keeps = true,
};
