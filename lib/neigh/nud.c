/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Address resolution and Neighbor Unreachability Detection: RFC 4861 sections 7.2 and 7.3. */

#include <errno.h>

#include <rte_random.h>

#include "neigh_priv.h"

/* Timers are a binary heap: a tick costs what is due, whatever the cache holds. */

static void
heap_put(struct mtud_neigh *nt, uint32_t at, struct entry *e)
{
	nt->heap[at] = e;
	e->timer = at;
}

static void
sift_up(struct mtud_neigh *nt, uint32_t at, struct entry *e)
{
	while (at > 1 && nt->heap[at / 2]->due_ms > e->due_ms) {
		heap_put(nt, at, nt->heap[at / 2]);
		at /= 2;
	}
	heap_put(nt, at, e);
}

static void
sift_down(struct mtud_neigh *nt, uint32_t at, struct entry *e)
{
	uint32_t child;

	while ((child = at * 2) <= nt->n_heap) {
		if (child < nt->n_heap && nt->heap[child + 1]->due_ms < nt->heap[child]->due_ms)
			child++;
		if (nt->heap[child]->due_ms >= e->due_ms)
			break;
		heap_put(nt, at, nt->heap[child]);
		at = child;
	}
	heap_put(nt, at, e);
}

static void
timer_stop(struct mtud_neigh *nt, struct entry *e)
{
	const uint32_t at = e->timer;
	struct entry *last;

	if (at == 0)
		return;
	e->timer = 0;
	last = nt->heap[nt->n_heap--];
	if (last == e)
		return;
	if (last->due_ms < e->due_ms)
		sift_up(nt, at, last);
	else
		sift_down(nt, at, last);
}

static void
timer_start(struct mtud_neigh *nt, struct entry *e, uint64_t delay_ms)
{
	timer_stop(nt, e);
	e->due_ms = nt->now_ms + delay_ms;
	sift_up(nt, ++nt->n_heap, e);
}

static struct entry_list *
evictable_as(struct mtud_neigh *nt, const struct entry *e)
{
	if (e->routes > 0)
		return NULL;
	if (e->state == MTUD_NEIGH_INCOMPLETE)
		return &nt->resolving;
	if (e->state == MTUD_NEIGH_STALE)
		return e->proven ? &nt->stale : &nt->unproven;
	return NULL;
}

void
neigh_settle(struct mtud_neigh *nt, struct entry *e)
{
	neigh_move(e, evictable_as(nt, e));
	if (e->state != MTUD_NEIGH_STALE)
		return;
	if (e->routes == 0)
		timer_start(nt, e, MTUD_NEIGH_STALE_MS);
	else
		timer_stop(nt, e);
}

void
neigh_enter(struct mtud_neigh *nt, struct entry *e, enum mtud_neigh_state state)
{
	nt->pending -= e->state == MTUD_NEIGH_INCOMPLETE;
	nt->pending += state == MTUD_NEIGH_INCOMPLETE;
	if (state != e->state)
		e->since_ms = nt->now_ms;
	e->state = state;
	e->tries = 0;
	if (!neigh_is_known(state)) {
		e->mac = (struct rte_ether_addr){{0}};
		e->proven = false;
	}
	timer_stop(nt, e);
	if (state == MTUD_NEIGH_REACHABLE) {
		e->proven = true;
		timer_start(nt, e,
			MTUD_NEIGH_REACHABLE_MS / 2 + rte_rand_max(MTUD_NEIGH_REACHABLE_MS + 1));
	} else if (state == MTUD_NEIGH_DELAY) {
		timer_start(nt, e, MTUD_NEIGH_DELAY_MS);
	}
	neigh_settle(nt, e);
	neigh_publish(nt, e);
}

/* Ask once more. The callback comes last, with copies: it may change the entry. */
static void
solicit(struct mtud_neigh *nt, struct entry *e)
{
	const bool probe = e->state == MTUD_NEIGH_PROBE;
	const struct rte_ether_addr mac = e->mac;
	const struct key key = e->key;

	e->tries++;
	timer_start(nt, e, MTUD_NEIGH_RETRANS_MS);
	nt->conf.ops->solicit(
		nt->conf.ctx, key.port, &key.ip, probe ? &mac : NULL, neigh_first_held(nt, e));
}

/* The neighbor's MAC address is known now: enter a state that says so, send what waited. */
static void
resolved(struct mtud_neigh *nt, struct entry *e, const struct rte_ether_addr *mac,
	enum mtud_neigh_state state)
{
	struct packets waited;

	neigh_take_held(nt, e, &waited);
	e->mac = *mac;
	neigh_enter(nt, e, state);
	neigh_give(nt, nt->conf.ops->release, &waited);
}

static void
unanswered(struct mtud_neigh *nt, struct entry *e)
{
	/* After probes the next packet asks again: the neighbor may have a new MAC. */
	uint64_t pause_ms = e->state == MTUD_NEIGH_INCOMPLETE ? MTUD_NEIGH_FAILED_MS : 0;
	struct packets waited;

	neigh_take_held(nt, e, &waited);
	if (e->routes > 0) {
		neigh_enter(nt, e, MTUD_NEIGH_FAILED);
		e->due_ms = nt->now_ms + pause_ms;
	} else {
		neigh_remove(nt, e);
	}
	neigh_give(nt, nt->conf.ops->fail, &waited);
}

/* Ask for a next hop that is not known. e is NULL when the cache has no entry for it. */
static int
resolve(struct mtud_neigh *nt, struct entry *e, uint16_t port, const struct mtud_ip *ip,
	struct rte_mbuf *m)
{
	struct packets gone;
	int ret = neigh_make_room_to_resolve(nt, e == NULL, &gone);

	if (ret == 0 && e == NULL) {
		e = neigh_add(nt, port, ip);
		ret = e != NULL ? 0 : -ENOSPC;
	}
	if (ret == 0) {
		neigh_hold_newest(nt, e, m);
		neigh_enter(nt, e, MTUD_NEIGH_INCOMPLETE);
		solicit(nt, e);
	}
	neigh_give(nt, nt->conf.ops->drop, &gone);
	return ret;
}

int
mtud_neigh_hold(struct mtud_neigh *nt, uint16_t port, const struct mtud_ip *ip, struct rte_mbuf *m,
	uint64_t now_ms, struct rte_mbuf **pushed_out)
{
	struct entry *e = neigh_lookup(nt, port, ip);
	enum mtud_neigh_state state = e != NULL ? e->state : MTUD_NEIGH_NONE;
	int ret = 0;

	nt->now_ms = now_ms;
	*pushed_out = NULL;
	if (neigh_is_known(state)) {
		nt->conf.ops->release(nt->conf.ctx, &m, 1);
	} else if (state == MTUD_NEIGH_INCOMPLETE) {
		*pushed_out = neigh_hold_newest(nt, e, m);
	} else if (state == MTUD_NEIGH_FAILED && now_ms < e->due_ms) {
		nt->conf.ops->fail(nt->conf.ctx, &m, 1);
	} else {
		ret = resolve(nt, e, port, ip, m);
		if (ret < 0)
			*pushed_out = m;
	}
	return ret;
}

int
mtud_neigh_learn(struct mtud_neigh *nt, uint16_t port, const struct mtud_ip *ip,
	const struct rte_ether_addr *mac, uint64_t now_ms)
{
	struct packets gone;
	struct entry *e;

	nt->now_ms = now_ms;
	e = neigh_obtain(nt, port, ip, &gone);
	if (e != NULL && e->state != MTUD_NEIGH_STATIC && !rte_is_same_ether_addr(&e->mac, mac))
		resolved(nt, e, mac, MTUD_NEIGH_STALE);
	neigh_give(nt, nt->conf.ops->drop, &gone);
	return e != NULL ? 0 : -ENOSPC;
}

int
mtud_neigh_set_static(struct mtud_neigh *nt, uint16_t port, const struct mtud_ip *ip,
	const struct rte_ether_addr *mac, uint64_t now_ms)
{
	struct packets gone;
	struct entry *e;

	nt->now_ms = now_ms;
	e = neigh_obtain(nt, port, ip, &gone);
	if (e != NULL)
		resolved(nt, e, mac, MTUD_NEIGH_STATIC);
	neigh_give(nt, nt->conf.ops->drop, &gone);
	return e != NULL ? 0 : -ENOSPC;
}

/* An advertisement from a neighbor that we know. */
static bool
update(struct mtud_neigh *nt, struct entry *e, const struct mtud_neigh_advert *na)
{
	bool differs = na->has_mac && !rte_is_same_ether_addr(&e->mac, &na->mac);

	if (differs && !na->override) {
		if (e->state != MTUD_NEIGH_REACHABLE)
			return false;
		neigh_enter(nt, e, MTUD_NEIGH_STALE);
		return true;
	}
	if (differs)
		e->mac = na->mac;
	if (na->solicited)
		neigh_enter(nt, e, MTUD_NEIGH_REACHABLE);
	else if (differs)
		neigh_enter(nt, e, MTUD_NEIGH_STALE);
	return na->solicited || differs;
}

bool
mtud_neigh_advertised(struct mtud_neigh *nt, const struct mtud_neigh_advert *na, uint64_t now_ms)
{
	struct entry *e = neigh_lookup(nt, na->port, &na->target);

	nt->now_ms = now_ms;
	if (e == NULL || e->state == MTUD_NEIGH_STATIC)
		return false;
	if (neigh_is_known(e->state))
		return update(nt, e, na);
	if (e->state != MTUD_NEIGH_INCOMPLETE || !na->has_mac)
		return false;
	resolved(nt, e, &na->mac, na->solicited ? MTUD_NEIGH_REACHABLE : MTUD_NEIGH_STALE);
	return true;
}

void
mtud_neigh_used(struct mtud_neigh *nt, uint16_t adj, uint64_t now_ms)
{
	struct entry *e = neigh_at(nt, adj);

	nt->now_ms = now_ms;
	if (e != NULL && e->state == MTUD_NEIGH_STALE)
		neigh_enter(nt, e, MTUD_NEIGH_DELAY);
}

static void
expire(struct mtud_neigh *nt, struct entry *e)
{
	switch (e->state) {
	case MTUD_NEIGH_INCOMPLETE:
		if (e->tries < MTUD_NEIGH_MAX_MULTICAST)
			solicit(nt, e);
		else
			unanswered(nt, e);
		break;
	case MTUD_NEIGH_REACHABLE:
		neigh_enter(nt, e, MTUD_NEIGH_STALE);
		break;
	case MTUD_NEIGH_STALE:
		neigh_remove(nt, e);
		break;
	case MTUD_NEIGH_DELAY:
		neigh_enter(nt, e, MTUD_NEIGH_PROBE);
		solicit(nt, e);
		break;
	case MTUD_NEIGH_PROBE:
		if (e->tries < MTUD_NEIGH_MAX_UNICAST)
			solicit(nt, e);
		else
			unanswered(nt, e);
		break;
	case MTUD_NEIGH_NONE:
	case MTUD_NEIGH_FAILED:
	case MTUD_NEIGH_STATIC:
		break; /* these have no timer */
	}
}

void
mtud_neigh_tick(struct mtud_neigh *nt, uint64_t now_ms)
{
	nt->now_ms = now_ms;
	while (nt->n_heap > 0 && nt->heap[1]->due_ms <= now_ms) {
		struct entry *e = nt->heap[1];

		timer_stop(nt, e);
		expire(nt, e);
	}
}
