/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_cycles.h>

#include "mtud_fwd.h"

/* An error on its way through this file. */
struct answer {
	const struct mtud_icmp_error *err;
	enum mtud_family family;
	const struct mtud_ip *to;  /* the source of the cause */
	const struct mtud_ip *dst; /* the destination of the cause */
	int32_t slot;          /* of the way back; -1: on the link that the cause came from */
	union mtud_slot back;  /* what that slot says */
	uint64_t now_tsc;
};

enum mtud_icmp_counter
mtud_fwd_counter_of(enum mtud_family family, const struct mtud_icmp_error *err)
{
	if (family == MTUD_IPV4) {
		switch (err->type) {
		case MTUD_ICMP4_UNREACH:
			return err->code == MTUD_UNREACH4_FRAG_NEEDED ? MTUD_ICMP_FRAG_NEEDED :
									   MTUD_ICMP_UNREACH;
		case MTUD_ICMP4_TIME_EXCEEDED:
			return MTUD_ICMP_TIME_EXCEEDED;
		default:
			return MTUD_ICMP_PARAM;
		}
	}
	switch (err->type) {
	case MTUD_ICMP6_UNREACH:
		return MTUD_ICMP_UNREACH;
	case MTUD_ICMP6_PTB:
		return MTUD_ICMP_PTB;
	case MTUD_ICMP6_TIME_EXCEEDED:
		return MTUD_ICMP_TIME_EXCEEDED;
	default:
		return MTUD_ICMP_PARAM;
	}
}

int32_t
mtud_fwd_way_back(const struct mtud_worker *w, const struct mtud_ip *to, union mtud_slot *route)
{
	uint8_t dst[1][MTUD_IP_LEN];
	uint32_t dst4;
	int32_t slot;

	if (mtud_ip_is_v4(to)) {
		dst4 = rte_be_to_cpu_32(mtud_ip_to_v4(to));
		mtud_route_lookup4(w->rt, &dst4, &slot, 1);
	} else {
		memcpy(dst[0], to->b, MTUD_IP_LEN);
		mtud_route_lookup6(w->rt, dst, &slot, 1);
	}
	*route = mtud_route_slot(w->slots, slot);
	return slot;
}

/* The source of an error: as configured, else what fits the sender's scope; never the destination
 * of the cause. IPv6 prefers the port that the cause came in by (RFC 4443 section 2.2), IPv4 the
 * one that the error leaves by (RFC 1812 section 4.3.2.4). */
static const struct mtud_ip *
choose_source(const struct mtud_worker *w, const struct answer *a, uint16_t port)
{
	const struct mtud_fwd_port *p = &w->v->port[port];
	const struct mtud_addr *addr;

	if (p->has_icmp_source[a->family] && !mtud_ip_is_link_local(a->to) &&
		!mtud_ip_equal(&p->icmp_source[a->family], a->dst))
		return &p->icmp_source[a->family];
	if (a->family == MTUD_IPV4 && mtud_route_sends(a->back.type))
		port = a->back.port;
	addr = w->v->port[port].only_source[a->family];
	if (likely(addr != NULL) && !mtud_ip_is_link_local(a->to) &&
		!mtud_ip_equal(&addr->ip, a->dst))
		return &addr->ip;
	addr = mtud_addr_source(&w->v->addrs, port, a->to, a->dst);
	return addr != NULL ? &addr->ip : NULL;
}

/* The counter of why not, or NONE. */
static enum mtud_icmp_counter
may_answer(struct mtud_worker *w, const struct mtud_burst *b, unsigned int i,
	const struct answer *a)
{
	struct mtud_icmp_cause cause = {
		.m = b->pkt[i],
		.l3_at = MTUD_L3_AT,
		.ip_len = b->ip_len[i],
		.l2_multicast = (b->flags[i] & MTUD_FLAG_L2_MULTICAST) != 0,
		/* A broadcast address names no more one node than an anycast address of ours. */
		.src_is_anycast = a->back.type == MTUD_ROUTE_BROADCAST ||
			(a->back.type == MTUD_ROUTE_LOCAL &&
				(a->back.flags & MTUD_ROUTE_F_ANYCAST) != 0),
	};
	enum mtud_icmp_counter why;

	why = a->family == MTUD_IPV4 ? mtud_icmp4_may_send(a->err, &cause) :
				       mtud_icmp6_may_send(a->err, &cause);
	if (why != MTUD_ICMP_NONE)
		return why;
	if (a->slot >= 0 && !mtud_route_sends(a->back.type))
		return MTUD_ICMP_HELD_NO_ROUTE;
	return mtud_rate_take(w->error_rate, a->to, a->now_tsc) ? MTUD_ICMP_NONE :
								    MTUD_ICMP_HELD_RATE;
}

/* Takes m over unless it returns NULL. */
static struct rte_mbuf *
build(struct mtud_worker *w, struct rte_mbuf *m, uint16_t ip_len, const struct answer *a,
	const struct mtud_ip *src)
{
	uint8_t hops = w->v->icmp_hop_limit;

	if (a->family == MTUD_IPV4)
		return mtud_icmp4_error(w->reply_pool, m, MTUD_L3_AT, ip_len, a->err, src, hops,
			w->ip_id++);
	return mtud_icmp6_error(w->reply_pool, m, MTUD_L3_AT, ip_len, a->err, src, hops);
}

/* What became of it, for the log. The cause may be no more: only what was read from it counts. */
static void
note(struct mtud_worker *w, const struct answer *a, const struct mtud_ip *src, uint16_t port,
	uint16_t ip_len, enum mtud_icmp_counter why)
{
	struct mtud_fwd_note n = {
		.what = MTUD_NOTE_ICMP,
		.sent = (uint8_t)mtud_fwd_counter_of(a->family, a->err),
		.why = (uint8_t)why,
		.has_ip = true,
		.port = port,
		.octets = ip_len,
		.value = a->err->value,
		.src = *a->to,
		.dst = *a->dst,
	};

	if (src != NULL)
		n.from = *src;
	mtud_fwd_note(w, &n);
}

/* One error, its way back known; m is taken over. */
static void
answer(struct mtud_worker *w, struct mtud_burst *b, unsigned int i, struct answer *a,
	const struct mtud_ip *src)
{
	enum mtud_icmp_counter why, sent = mtud_fwd_counter_of(a->family, a->err);
	struct rte_mbuf *m = b->pkt[i];
	uint16_t port = m->port;
	struct rte_mbuf *reply;

	if (src == NULL)
		src = choose_source(w, a, port);
	why = MTUD_ICMP_HELD_NO_SOURCE;
	if (src != NULL && !mtud_ip_equal(src, a->to))
		why = may_answer(w, b, i, a);
	if (why != MTUD_ICMP_NONE)
		goto silent;

	reply = build(w, m, b->ip_len[i], a, src);
	why = MTUD_ICMP_HELD_NO_MBUF;
	if (reply == NULL)
		goto silent;
	w->stat.icmp[sent]++;
	if (sent == MTUD_ICMP_PTB || sent == MTUD_ICMP_FRAG_NEEDED)
		w->special[b->slot[i]].answered++;
	if (unlikely(w->v->notes & MTUD_NOTE_ICMP))
		note(w, a, src, port, b->ip_len[i], MTUD_ICMP_NONE);
	mtud_fwd_bear(w, reply, (uint16_t)(reply->pkt_len - MTUD_L3_AT), a->slot);
	return;

silent:
	w->stat.icmp[why]++;
	if (unlikely(w->v->notes & MTUD_NOTE_ICMP))
		note(w, a, src, port, b->ip_len[i], why);
	rte_pktmbuf_free(m);
}

void
mtud_fwd_answer(struct mtud_worker *w, struct mtud_burst *b, unsigned int i,
	const struct mtud_icmp_error *err, const struct mtud_ip *src)
{
	struct mtud_ip to, dst;
	struct answer a = {.err = err, .family = b->family, .to = &to, .dst = &dst, .slot = -1,
		.now_tsc = rte_rdtsc()};

	mtud_fwd_addresses(b->pkt[i], &to, &dst);
	if (!mtud_ip_is_link_local(&to))
		a.slot = mtud_fwd_way_back(w, &to, &a.back);
	answer(w, b, i, &a, src);
}

/* The routes to the sources of those packets of b that are to be answered.
 * @return how many; at[] says which. */
static unsigned int
ways_back(const struct mtud_worker *w, const struct mtud_burst *b, uint8_t *at, int32_t *slot)
{
	uint8_t to[MTUD_BURST][MTUD_IP_LEN];
	uint32_t to4[MTUD_BURST];
	unsigned int n = 0;
	unsigned int k;

	for (k = 0; k < b->n_except; k++) {
		unsigned int i = b->except[k];

		if (b->verdict[i] != MTUD_ANSWER)
			continue;
		if (b->family == MTUD_IPV4)
			to4[n] = rte_be_to_cpu_32(mtud_fwd_ip4(b->pkt[i])->src_addr);
		else
			memcpy(to[n], mtud_fwd_ip6(b->pkt[i])->src_addr, MTUD_IP_LEN);
		at[n++] = b->except[k];
	}
	if (b->family == MTUD_IPV4)
		mtud_route_lookup4(w->rt, to4, slot, n);
	else
		mtud_route_lookup6(w->rt, to, slot, n);
	return n;
}

void
mtud_fwd_answers(struct mtud_worker *w, struct mtud_burst *b)
{
	uint64_t now_tsc = rte_rdtsc();
	int32_t slot[MTUD_BURST];
	uint8_t at[MTUD_BURST];
	unsigned int n = ways_back(w, b, at, slot);
	struct mtud_ip to, dst;
	unsigned int k;

	for (k = 0; k < n; k++) {
		unsigned int i = at[k];
		struct answer a = {.err = &b->err[i], .family = b->family, .to = &to, .dst = &dst,
			.slot = -1, .now_tsc = now_tsc};

		mtud_fwd_addresses(b->pkt[i], &to, &dst);
		if (likely(!mtud_ip_is_link_local(&to))) {
			a.slot = slot[k];
			a.back = mtud_route_slot(w->slots, slot[k]);
		}
		mtud_fwd_count_drop(w, b->pkt[i], b->reason[i]);
		answer(w, b, i, &a, NULL);
	}
}
