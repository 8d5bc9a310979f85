/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <netinet/in.h>

#include <rte_cycles.h>
#include <rte_udp.h>

#include "mtud_fwd.h"

/* A packet for us on its way through this file. */
struct visit {
	struct mtud_worker *w;
	struct mtud_burst *b;
	unsigned int i;
	struct rte_mbuf *m;
	uint16_t ip_len;
	struct mtud_ip src;
	struct mtud_ip dst;
	struct mtud_pkt_chain chain;
};

static void
drop(struct visit *t, enum mtud_drop reason)
{
	mtud_fwd_drop(t->w, t->m, reason);
}

/* An address of ours that was asked, if it may be a source: neither a group nor an anycast. */
static const struct mtud_ip *
asked_address(const struct visit *t)
{
	const struct mtud_addr *a = mtud_addr_get(&t->w->v->addrs, t->m->port, &t->dst);

	return a != NULL && mtud_addr_usable(a) ? &a->ip : NULL;
}

/* Where a reply to src leads: a slot, or -1 on the link it came from. */
static bool
way_back(const struct visit *t, int32_t *slot, union mtud_slot *route)
{
	*slot = -1;
	if (mtud_ip_is_link_local(&t->src))
		return true;
	*slot = mtud_fwd_way_back(t->w, &t->src, route);
	return mtud_route_sends(route->type);
}

/* A link-local address that was asked is never the source of an answer to a sender beyond the
 * link (RFC 4291 section 2.5.6), nor is one that is somebody else's (RFC 4862 section 5.4.5), and no
 * other may stand in for it. */
static bool
is_answerable(const struct visit *t)
{
	const struct mtud_addr *asked = mtud_addr_get(&t->w->v->addrs, t->m->port, &t->dst);
	union mtud_slot route;
	int32_t slot;

	if (asked != NULL && !mtud_addr_usable(asked))
		return false;
	if (!mtud_ip_is_link_local(&t->dst) || mtud_ip_is_link_local(&t->src))
		return true;
	if (!way_back(t, &slot, &route))
		return false;
	return route.type == MTUD_ROUTE_ONLINK && route.port == t->m->port;
}

/* Note what became of an answer. */
static void
note(const struct visit *t, enum mtud_icmp_counter sent, uint32_t value, const struct mtud_ip *from,
	enum mtud_icmp_counter why)
{
	struct mtud_fwd_note n = {
		.what = MTUD_NOTE_ICMP,
		.sent = (uint8_t)sent,
		.why = (uint8_t)why,
		.has_ip = true,
		.port = t->m->port,
		.octets = t->ip_len,
		.value = value,
		.src = t->src,
		.dst = t->dst,
	};

	if (from != NULL)
		n.from = *from;
	mtud_fwd_note(t->w, &n);
}

static bool
is_noted(const struct visit *t)
{
	return unlikely(t->w->v->notes & MTUD_NOTE_ICMP);
}

/* An error about a packet to us comes from the address it was for (RFC 4443 section 2.2 (a)). */
static void
answer(struct visit *t, enum mtud_drop reason, const struct mtud_icmp_error *err)
{
	if (!is_answerable(t)) {
		t->w->stat.icmp[MTUD_ICMP_HELD_NO_SOURCE]++;
		if (is_noted(t))
			note(t, mtud_fwd_counter_of(t->b->family, err), err->value, NULL,
				MTUD_ICMP_HELD_NO_SOURCE);
		return drop(t, reason);
	}
	mtud_fwd_count_drop(t->w, t->m, reason);
	mtud_fwd_answer(t->w, t->b, t->i, err, asked_address(t));
}

static uint16_t
turn_around(struct visit *t, const struct mtud_ip *src)
{
	uint8_t hops = t->w->v->icmp_hop_limit;

	if (t->b->family == MTUD_IPV4)
		return mtud_icmp4_echo_reply(t->m, MTUD_L3_AT, t->chain.payload_at, t->ip_len, src,
			hops, t->w->ip_id++);
	return mtud_icmp6_echo_reply(t->m, MTUD_L3_AT, t->chain.payload_at, t->ip_len, src, hops);
}

static void
echo(struct visit *t)
{
	struct mtud_worker *w = t->w;
	const struct mtud_ip *src = asked_address(t);
	const struct mtud_addr *a;
	enum mtud_icmp_counter why = MTUD_ICMP_HELD_SOURCE;
	union mtud_slot route = {0};
	uint16_t ip_len;
	int32_t slot;

	if (mtud_ip_is_unspecified(&t->src) || mtud_ip_is_multicast(&t->src))
		goto silent;
	if (src == NULL) {
		a = mtud_addr_source(&w->v->addrs, t->m->port, &t->src, NULL);
		src = a != NULL ? &a->ip : NULL;
	}
	why = MTUD_ICMP_HELD_NO_SOURCE;
	if (src == NULL || mtud_ip_equal(src, &t->src) || !is_answerable(t))
		goto silent;
	why = MTUD_ICMP_HELD_NO_ROUTE;
	if (!way_back(t, &slot, &route))
		goto silent;
	/* An IPv6 reply would have to be fragmented, which is not for a router to do. */
	if (t->b->family == MTUD_IPV6 && slot >= 0 && t->ip_len > route.mtu)
		return drop(t, MTUD_DROP_TOO_BIG);
	why = MTUD_ICMP_HELD_RATE;
	if (!mtud_rate_take(w->echo_rate, &t->src, rte_rdtsc()))
		goto silent;
	why = MTUD_ICMP_HELD_NO_MBUF;
	ip_len = turn_around(t, src);
	if (ip_len == 0)
		goto silent;
	w->stat.consumed++;
	w->stat.icmp[MTUD_ICMP_ECHO]++;
	if (is_noted(t))
		note(t, MTUD_ICMP_ECHO, 0, src, MTUD_ICMP_NONE);
	mtud_fwd_bear(w, t->m, ip_len, slot);
	return;

silent:
	w->stat.icmp[why]++;
	if (is_noted(t))
		note(t, MTUD_ICMP_ECHO, 0, src, why);
	drop(t, MTUD_DROP_ICMP_IGNORED);
}

/* Sources that nobody else has are for Neighbor Discovery alone. */
static bool
is_from_somebody(struct visit *t)
{
	if (mtud_ip_is_unspecified(&t->src))
		drop(t, MTUD_DROP_SRC_INVALID);
	else if (mtud_addr_is_false_source(&t->w->v->addrs, t->m->port, &t->src))
		drop(t, MTUD_DROP_SRC_OURS);
	else
		return true;
	return false;
}

static bool
is_nd(uint8_t type)
{
	return type >= MTUD_ICMP6_RS && type <= MTUD_ICMP6_REDIRECT;
}

/* Whoever is beyond the link must not fill the ring to the control thread with what that would
 * refuse at once, and keep the neighbors' messages out (RFC 4861 section 7.1, RFC 6980 section 5,
 * RFC 3810 section 6.2). */
static void
link_message(struct visit *t, uint8_t type)
{
	uint8_t hop_limit = mtud_fwd_ip6(t->m)->hop_limits;
	bool mld = type == MTUD_ICMP6_MLD_QUERY;

	if (hop_limit != (mld ? 1 : 255))
		return drop(t, MTUD_DROP_ND_HOP_LIMIT);
	if (mld && !mtud_ip_is_link_local(&t->src))
		return drop(t, MTUD_DROP_ND_ADDRESS);
	if (!mld && t->chain.fragment_header)
		return drop(t, MTUD_DROP_ND_FRAGMENT);
	mtud_fwd_punt(t->w, t->m, MTUD_PKT_ND, t->ip_len);
}

static void
icmp(struct visit *t)
{
	uint32_t at = MTUD_L3_AT + t->chain.payload_at;
	uint32_t len = t->ip_len - t->chain.payload_at;
	struct mtud_icmp6_hdr buf; /* IPv4's begins alike */
	const struct mtud_icmp6_hdr *icmp = rte_pktmbuf_read(t->m, at, sizeof(buf), &buf);
	bool v6 = t->b->family == MTUD_IPV6;
	rte_be16_t cksum;

	if (len < sizeof(buf) || icmp == NULL)
		return drop(t, MTUD_DROP_LOCAL_TRUNCATED);
	if (v6 && (is_nd(icmp->type) || icmp->type == MTUD_ICMP6_MLD_QUERY))
		return link_message(t, icmp->type);
	if (!is_from_somebody(t))
		return;
	if (t->chain.fragment)
		return drop(t, MTUD_DROP_LOCAL_FRAGMENT);
	cksum = v6 ? mtud_pkt_cksum6(t->m, &t->src, &t->dst, IPPROTO_ICMPV6, at, len) :
		     mtud_pkt_cksum(t->m, at, len);
	if (cksum != 0)
		return drop(t, MTUD_DROP_ICMP_CKSUM);
	if (icmp->type == (v6 ? MTUD_ICMP6_ECHO_REQUEST : MTUD_ICMP4_ECHO_REQUEST) &&
		icmp->code == 0)
		return echo(t);
	drop(t, MTUD_DROP_ICMP_IGNORED);
}

/* RFC 8200 section 8.1: UDP without or with a wrong checksum is as if it never came; over IPv4 it
 * may be without (RFC 768). */
static bool
is_sound_udp(const struct visit *t)
{
	uint32_t at = MTUD_L3_AT + t->chain.payload_at;
	uint16_t len = t->ip_len - t->chain.payload_at;
	const struct rte_udp_hdr *udp;
	struct rte_udp_hdr buf;

	udp = rte_pktmbuf_read(t->m, at, sizeof(buf), &buf);
	if (len < sizeof(buf) || udp == NULL)
		return false;
	if (udp->dgram_cksum == 0)
		return t->b->family == MTUD_IPV4;
	return mtud_pkt_cksum6(t->m, &t->src, &t->dst, IPPROTO_UDP, at, len) == 0;
}

/* Protocols of which mtud serves nothing; who knocks is told, as RFC 4443 sections 3.1 and 3.4,
 * RFC 8200 section 4 and RFC 1812 section 5.2.7.1 ask, but for TCP, which would be told by a reset
 * that only helps scans. */
static void
other(struct visit *t)
{
	struct mtud_icmp_error no_port = mtud_icmp_error_of(t->b->family, MTUD_WHAT_PORT, 0);
	struct mtud_icmp_error unknown =
		mtud_icmp_error_of(t->b->family, MTUD_WHAT_PROTO, t->chain.proto_at);

	if (!is_from_somebody(t))
		return;
	if (t->chain.fragment)
		return drop(t, MTUD_DROP_LOCAL_FRAGMENT);
	/* 59 is a number like any other in IPv4. */
	if (t->chain.proto == IPPROTO_NONE && t->b->family == MTUD_IPV6)
		return drop(t, MTUD_DROP_LOCAL_NO_NEXT);
	switch (t->chain.proto) {
	case IPPROTO_TCP:
		return drop(t, MTUD_DROP_LOCAL_TCP);
	case IPPROTO_UDP:
		if (!is_sound_udp(t))
			return drop(t, MTUD_DROP_LOCAL_CKSUM);
		return answer(t, MTUD_DROP_LOCAL_PORT, &no_port);
	default:
		return answer(t, MTUD_DROP_LOCAL_PROTO, &unknown);
	}
}

/* Extension headers that forbid to go on: dropped here, with an error or without. */
static bool
may_enter(struct visit *t)
{
	struct mtud_icmp_error err = {0};

	if (mtud_fwd_local_headers(t->m, t->ip_len, &err))
		return true;
	if (err.type == 0)
		drop(t, MTUD_DROP_LOCAL_OPTION);
	else if (is_from_somebody(t))
		answer(t, MTUD_DROP_LOCAL_OPTION, &err);
	return false;
}

void
mtud_fwd_local(struct mtud_worker *w, struct mtud_burst *b, unsigned int i)
{
	struct visit t = {.w = w, .b = b, .i = i, .m = b->pkt[i], .ip_len = b->ip_len[i]};
	bool v6 = b->family == MTUD_IPV6;

	mtud_fwd_addresses(t.m, &t.src, &t.dst);
	if (v6)
		mtud_pkt_walk(t.m, MTUD_L3_AT, t.ip_len, &t.chain);
	else
		mtud_pkt_walk4(t.m, MTUD_L3_AT, t.ip_len, &t.chain);
	if (t.chain.later_fragment)
		return drop(&t, MTUD_DROP_LOCAL_FRAGMENT);
	if (t.chain.truncated)
		return drop(&t, MTUD_DROP_LOCAL_TRUNCATED);
	if (v6 && !may_enter(&t))
		return;
	if (t.chain.proto == (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		icmp(&t);
	else
		other(&t);
}
