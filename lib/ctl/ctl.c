/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <string.h>

#include "mtud_arp.h"
#include "mtud_ctl.h"
#include "mtud_ledger.h"
#include "mtud_nd.h"

#define TICK_MS 50

static void
count_drop(struct mtud_ctl *ctl, const struct rte_mbuf *m, enum mtud_drop reason)
{
	ctl->stat.drop[reason]++;
	ctl->stat.own_drop[reason] += mtud_pkt_meta_ro(m)->born;
	if (ctl->drop_tap != NULL)
		ctl->drop_tap->drop(ctl->drop_tap->ctx, m, reason);
	if (ctl->ops->dropped != NULL)
		ctl->ops->dropped(ctl->ctx, m, reason);
}

static void
give_back(struct mtud_ctl *ctl, struct rte_mbuf *m, enum mtud_pkt_why why)
{
	struct mtud_pkt_meta *meta = mtud_pkt_meta(m);
	bool own = meta->born;

	meta->why = why;
	mtud_pkt_held_by(m, MTUD_PKT_INJECTED);
	if (rte_ring_sp_enqueue(ctl->workers[meta->worker]->inject, m) < 0) {
		count_drop(ctl, m, MTUD_DROP_INJECT_FULL);
		rte_pktmbuf_free(m);
		return;
	}
	ctl->stat.given++;
	ctl->stat.own_given += own;
}

void
mtud_ctl_send(struct mtud_ctl *ctl, uint16_t port, struct rte_mbuf *m)
{
	struct mtud_pkt_meta *meta;

	ctl->stat.frames++;
	if (m == NULL) {
		ctl->stat.drop[MTUD_DROP_NO_MBUF]++;
		ctl->stat.own_drop[MTUD_DROP_NO_MBUF]++;
		return;
	}
	meta = mtud_pkt_meta(m);
	meta->egress = port;
	meta->worker = 0;
	meta->born = true;
	m->port = port;
	give_back(ctl, m, MTUD_PKT_SEND);
}

/* An IPv6 address of this very port: the one asked about shall see who asks on its link. One that
 * is still being checked is the last choice (RFC 4429 section 3.2). */
static const struct mtud_ip *
solicit_source(const struct mtud_ctl *ctl, uint16_t port, const struct mtud_ip *target)
{
	const struct mtud_addr *a = mtud_addr_source(ctl->addrs, port, target, NULL);
	const struct mtud_addr *spare = NULL;
	unsigned int i;

	if (a != NULL && a->port == port && a->state == MTUD_ADDR_PREFERRED)
		return &a->ip;
	for (i = 0; i < ctl->addrs->n; i++) {
		a = &ctl->addrs->addr[i];
		if (a->port != port || !mtud_addr_usable(a) || mtud_ip_is_v4(&a->ip))
			continue;
		if (a->state == MTUD_ADDR_PREFERRED)
			return &a->ip;
		spare = spare != NULL ? spare : a;
	}
	return spare != NULL ? &spare->ip : NULL;
}

/* ARP asks from another port's address where this one has none, as Linux does, and where no port
 * has one from 0.0.0.0, which hosts answer all the same (RFC 5227 section 2.5). */
static void
solicit_by_arp(struct mtud_ctl *ctl, uint16_t port, const struct mtud_ip *target,
	const struct rte_ether_addr *mac)
{
	const struct mtud_addr *a = mtud_addr_source(ctl->addrs, port, target, NULL);
	struct mtud_ip src = a != NULL ? a->ip : mtud_ip_from_v4(0);

	mtud_ctl_send(ctl, port,
		mtud_arp_build_request(ctl->pool, &ctl->port[port].mac, &src, target, mac));
}

static void
solicit(void *ctx, uint16_t port, const struct mtud_ip *target, const struct rte_ether_addr *mac,
	const struct rte_mbuf *trigger)
{
	struct mtud_ctl *ctl = ctx;
	const struct mtud_ip *src;

	if (mac == NULL && !mtud_ctl_may_solicit(ctl, port, target, trigger)) {
		ctl->stat.icmp[MTUD_ICMP_HELD_SOLICIT]++;
		return;
	}
	if (mtud_ip_is_v4(target)) {
		solicit_by_arp(ctl, port, target, mac);
		return;
	}
	src = solicit_source(ctl, port, target);
	if (src == NULL)
		return;
	mtud_ctl_send(ctl, port,
		mtud_nd_build_ns(ctl->pool, &ctl->port[port].mac, src, target, mac, NULL));
}

static void
release(void *ctx, struct rte_mbuf **pkts, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		give_back(ctx, pkts[i], MTUD_PKT_FORWARD);
}

static void
fail(void *ctx, struct rte_mbuf **pkts, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		give_back(ctx, pkts[i], MTUD_PKT_FAILED);
}

static void
drop(void *ctx, struct rte_mbuf **pkts, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		count_drop(ctx, pkts[i], MTUD_DROP_NEIGH_GONE);
	rte_pktmbuf_free_bulk(pkts, n);
}

const struct mtud_neigh_ops mtud_ctl_neigh_ops = {
	.solicit = solicit,
	.release = release,
	.fail = fail,
	.drop = drop,
};

/* The route is asked again: since the worker looked, it may have gone, and what the worker found
 * may name somebody else by now. */
static void
resolve(struct mtud_ctl *ctl, struct rte_mbuf *m)
{
	struct rte_mbuf *pushed_out = NULL;
	uint16_t port = mtud_pkt_meta(m)->egress;
	struct mtud_ip src, ip;
	int ret;

	mtud_fwd_addresses(m, &src, &ip);
	if (!mtud_ip_is_link_local(&ip) && !ctl->ops->next_hop(ctl->ctx, &ip, &port, &ip)) {
		give_back(ctl, m, MTUD_PKT_FORWARD);
		return;
	}
	ret = mtud_neigh_hold(ctl->nt, port, &ip, m, ctl->now_ms, &pushed_out);
	if (pushed_out != NULL) {
		count_drop(ctl, pushed_out, ret < 0 ? MTUD_DROP_NEIGH_FULL : MTUD_DROP_NEIGH_HOLD);
		rte_pktmbuf_free(pushed_out);
	}
}

/* A message to us ends here. */
static void
hear(struct mtud_ctl *ctl, struct rte_mbuf *m)
{
	enum mtud_drop why = mtud_pkt_meta(m)->why == MTUD_PKT_ARP ? mtud_ctl_arp_input(ctl, m) :
								     mtud_ctl_nd_input(ctl, m);

	if (why == MTUD_DROP_NONE)
		ctl->stat.consumed++;
	else
		count_drop(ctl, m, why);
	rte_pktmbuf_free(m);
}

static unsigned int
take_punted(struct mtud_ctl *ctl, struct mtud_worker *w)
{
	struct rte_mbuf *pkts[MTUD_BURST];
	unsigned int n, i;

	n = rte_ring_sc_dequeue_burst(w->punt, (void **)pkts, MTUD_BURST, NULL);
	mtud_pkt_all_held_by(pkts, n, MTUD_PKT_CONTROL);
	for (i = 0; i < n; i++) {
		ctl->stat.taken++;
		ctl->stat.own_taken += mtud_pkt_meta(pkts[i])->born;
		if (mtud_pkt_meta(pkts[i])->why == MTUD_PKT_RESOLVE)
			resolve(ctl, pkts[i]);
		else
			hear(ctl, pkts[i]);
	}
	return n;
}

static void
note_stale(const struct mtud_neigh_info *info, void *arg)
{
	struct mtud_ctl *ctl = arg;
	uint8_t used = 0;
	unsigned int i;

	for (i = 0; i < ctl->n_workers; i++)
		used += __atomic_load_n(&ctl->workers[i]->stale_used[info->adj], __ATOMIC_RELAXED);
	if (used == ctl->stale_seen[info->adj])
		return;
	ctl->stale_seen[info->adj] = used;
	if (info->state == MTUD_NEIGH_STALE)
		mtud_neigh_used(ctl->nt, info->adj, ctl->now_ms);
}

unsigned int
mtud_ctl_poll(struct mtud_ctl *ctl, uint64_t now_ms)
{
	unsigned int n = 0;
	unsigned int i;

	ctl->now_ms = now_ms;
	for (i = 0; i < ctl->n_workers; i++)
		n += take_punted(ctl, ctl->workers[i]);
	if (now_ms < ctl->tick_ms)
		return n;
	ctl->tick_ms = now_ms + TICK_MS;
	mtud_neigh_foreach(ctl->nt, note_stale, ctl);
	mtud_neigh_tick(ctl->nt, now_ms);
	/* Groups are joined before addresses are probed for (RFC 4862 section 5.4.2). */
	mtud_ctl_mld_tick(ctl);
	mtud_ctl_dad_tick(ctl);
	mtud_ctl_announce_tick(ctl);
	return n;
}

void
mtud_ctl_init(struct mtud_ctl *ctl)
{
	memset(ctl->port, 0, sizeof(ctl->port));
	memset(ctl->stale_seen, 0, sizeof(ctl->stale_seen));
	memset(&ctl->stat, 0, sizeof(ctl->stat));
	ctl->now_ms = 0;
	ctl->tick_ms = 0;
}
