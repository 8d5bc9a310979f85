/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Where entries are kept and found, how many there may be, and which of them go first. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <rte_errno.h>
#include <rte_jhash.h>
#include <rte_malloc.h>
#include <rte_random.h>

#include "mtud_rcu.h"
#include "neigh_priv.h"

#define MIN_ENTRIES  16
#define PENDING_PART 4

static struct key
key_of(uint16_t port, const struct mtud_ip *ip)
{
	return (struct key){.ip = *ip, .port = port};
}

static struct rte_hash *
create_hash(const struct mtud_neigh *nt)
{
	char name[RTE_HASH_NAMESIZE];
	struct rte_hash_parameters params = {
		.name = name,
		.entries = nt->conf.max,
		.key_len = sizeof(struct key),
		.hash_func = rte_jhash,
		/* Nobody shall choose addresses that all fall into one bucket. */
		.hash_func_init_val = (uint32_t)rte_rand(),
		.socket_id = nt->conf.socket,
		.extra_flag =
			RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF | RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};

	snprintf(name, sizeof(name), "neigh_%" PRIxPTR, (uintptr_t)nt);
	return rte_hash_create(&params);
}

static void *
alloc(const struct mtud_neigh *nt, size_t n, size_t size)
{
	return rte_zmalloc_socket("mtud_neigh", n * size, RTE_CACHE_LINE_SIZE, nt->conf.socket);
}

static int
alloc_tables(struct mtud_neigh *nt)
{
	const size_t n = (size_t)nt->conf.max + 1; /* MTUD_ADJ_NONE has a place */

	nt->adjs = alloc(nt, n, sizeof(*nt->adjs));
	nt->entries = alloc(nt, n, sizeof(*nt->entries));
	nt->held = alloc(nt, n * nt->conf.hold, sizeof(struct rte_mbuf *));
	nt->order = alloc(nt, n, sizeof(*nt->order));
	nt->heap = alloc(nt, n, sizeof(struct entry *));
	nt->hash = create_hash(nt);
	if (nt->adjs == NULL || nt->entries == NULL || nt->held == NULL || nt->order == NULL ||
		nt->heap == NULL || nt->hash == NULL)
		return -ENOMEM;
	return 0;
}

struct mtud_neigh *
mtud_neigh_create(const struct mtud_neigh_conf *conf)
{
	struct mtud_neigh *nt;
	uint32_t i;

	if (conf->max < MIN_ENTRIES || conf->max > MTUD_NEIGH_MAX || conf->hold == 0 ||
		conf->hold > MTUD_NEIGH_HOLD_MAX || conf->qsbr == NULL || conf->ops == NULL) {
		rte_errno = EINVAL;
		return NULL;
	}
	nt = rte_zmalloc_socket("mtud_neigh", sizeof(*nt), RTE_CACHE_LINE_SIZE, conf->socket);
	if (nt == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	nt->conf = *conf;
	if (nt->conf.max_pending == 0)
		nt->conf.max_pending = conf->max / PENDING_PART;
	TAILQ_INIT(&nt->free);
	TAILQ_INIT(&nt->graves);
	TAILQ_INIT(&nt->resolving);
	TAILQ_INIT(&nt->unproven);
	TAILQ_INIT(&nt->stale);
	if (alloc_tables(nt) < 0) {
		mtud_neigh_free(nt);
		rte_errno = ENOMEM;
		return NULL;
	}
	for (i = MTUD_ADJ_NONE + 1; i <= conf->max; i++)
		neigh_move(&nt->entries[i], &nt->free);
	return nt;
}

void
mtud_neigh_free(struct mtud_neigh *nt)
{
	struct packets held;
	uint32_t i;

	if (nt == NULL)
		return;
	for (i = 0; i < nt->n_entries; i++) {
		neigh_take_held(nt, &nt->entries[nt->order[i]], &held);
		rte_pktmbuf_free_bulk(held.pkt, held.n);
	}
	rte_hash_free(nt->hash);
	rte_free(nt->heap);
	rte_free(nt->order);
	rte_free(nt->held);
	rte_free(nt->entries);
	rte_free(nt->adjs);
	rte_free(nt);
}

const uint64_t *
mtud_neigh_adjs(const struct mtud_neigh *nt)
{
	return nt->adjs;
}

uint16_t
mtud_neigh_find(const struct mtud_neigh *nt, uint16_t port, const struct mtud_ip *ip)
{
	struct key key = key_of(port, ip);
	void *data;

	if (rte_hash_lookup_data(nt->hash, &key, &data) < 0)
		return MTUD_ADJ_NONE;
	return (uintptr_t)data;
}

struct entry *
neigh_lookup(const struct mtud_neigh *nt, uint16_t port, const struct mtud_ip *ip)
{
	uint16_t adj = mtud_neigh_find(nt, port, ip);

	return adj != MTUD_ADJ_NONE ? &nt->entries[adj] : NULL;
}

void
neigh_publish(struct mtud_neigh *nt, const struct entry *e)
{
	union mtud_adj adj = {.port = e->key.port};

	if (neigh_is_known(e->state)) {
		memcpy(adj.mac, e->mac.addr_bytes, sizeof(adj.mac));
		adj.flags = MTUD_ADJ_VALID;
		if (e->state == MTUD_NEIGH_STALE)
			adj.flags |= MTUD_ADJ_STALE;
	}
	__atomic_store_n(&nt->adjs[neigh_index(nt, e)], adj.word, __ATOMIC_RELAXED);
}

void
neigh_move(struct entry *e, struct entry_list *list)
{
	if (e->list != NULL)
		TAILQ_REMOVE(e->list, e, link);
	e->list = list;
	if (list != NULL)
		TAILQ_INSERT_TAIL(list, e, link);
}

static int
compare(const struct key *a, const struct key *b)
{
	int by_port = (int)a->port - (int)b->port;

	return by_port != 0 ? by_port : memcmp(a->ip.b, b->ip.b, MTUD_IP_LEN);
}

/* Where a key stands in the order, or belongs. */
static uint32_t
order_of(const struct mtud_neigh *nt, const struct key *key)
{
	uint32_t low = 0;
	uint32_t high = nt->n_entries;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (compare(&nt->entries[nt->order[mid]].key, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void
order_insert(struct mtud_neigh *nt, const struct entry *e)
{
	uint16_t *at = &nt->order[order_of(nt, &e->key)];
	const uint16_t *end = &nt->order[nt->n_entries++];

	memmove(at + 1, at, (end - at) * sizeof(*at));
	*at = neigh_index(nt, e);
}

static void
order_remove(struct mtud_neigh *nt, const struct entry *e)
{
	uint16_t *at = &nt->order[order_of(nt, &e->key)];
	const uint16_t *end = &nt->order[--nt->n_entries];

	memmove(at, at + 1, (end - at) * sizeof(*at));
}

/* Get at least one entry back that was removed: the oldest, after its grace period. */
static void
reclaim(struct mtud_neigh *nt)
{
	struct entry *e = TAILQ_FIRST(&nt->graves);

	if (e != NULL)
		mtud_rcu_wait(nt->conf.qsbr, e->token, nt->conf.patience);
	while (e != NULL && rte_rcu_qsbr_check(nt->conf.qsbr, e->token, false) == 1) {
		rte_hash_free_key_with_position(nt->hash, e->hash_at);
		neigh_move(e, &nt->free);
		e = TAILQ_FIRST(&nt->graves);
	}
}

struct entry *
neigh_add(struct mtud_neigh *nt, uint16_t port, const struct mtud_ip *ip)
{
	struct entry *e;

	if (TAILQ_EMPTY(&nt->free))
		reclaim(nt);
	e = TAILQ_FIRST(&nt->free);
	*e = (struct entry){.link = e->link, .list = e->list, .key = key_of(port, ip)};
	e->since_ms = nt->now_ms;
	neigh_publish(nt, e);
	if (rte_hash_add_key_data(nt->hash, &e->key, (void *)(uintptr_t)neigh_index(nt, e)) < 0) {
		nt->refused++;
		return NULL;
	}
	neigh_move(e, NULL);
	e->live = true;
	order_insert(nt, e);
	return e;
}

void
neigh_remove(struct mtud_neigh *nt, struct entry *e)
{
	/* A reader that has its index already shall not send to it. */
	neigh_enter(nt, e, MTUD_NEIGH_NONE);
	order_remove(nt, e);
	e->live = false;
	e->hash_at = rte_hash_del_key(nt->hash, &e->key);
	e->token = rte_rcu_qsbr_start(nt->conf.qsbr);
	neigh_move(e, &nt->graves);
}

static int
evict(struct mtud_neigh *nt, struct entry *e, struct packets *gone)
{
	if (e == NULL) {
		nt->refused++;
		return -ENOSPC;
	}
	nt->evicted++;
	neigh_take_held(nt, e, gone);
	neigh_remove(nt, e);
	return 0;
}

int
neigh_make_room_to_resolve(struct mtud_neigh *nt, bool is_new, struct packets *gone)
{
	struct entry *e = TAILQ_FIRST(&nt->resolving);

	gone->n = 0;
	if (nt->pending < nt->conf.max_pending && !(is_new && nt->n_entries == nt->conf.max))
		return 0;
	/* Else whoever fills the cache with names of no hosts would keep real ones out. */
	if (e == NULL)
		e = TAILQ_FIRST(&nt->unproven);
	return evict(nt, e, gone);
}

static int
make_room(struct mtud_neigh *nt, struct packets *gone)
{
	struct entry *e = TAILQ_FIRST(&nt->resolving);

	if (nt->n_entries < nt->conf.max)
		return 0;
	if (e == NULL)
		e = TAILQ_FIRST(&nt->unproven);
	if (e == NULL)
		e = TAILQ_FIRST(&nt->stale);
	return evict(nt, e, gone);
}

struct entry *
neigh_obtain(struct mtud_neigh *nt, uint16_t port, const struct mtud_ip *ip, struct packets *gone)
{
	struct entry *e = neigh_lookup(nt, port, ip);

	gone->n = 0;
	if (e != NULL)
		return e;
	return make_room(nt, gone) == 0 ? neigh_add(nt, port, ip) : NULL;
}

int
mtud_neigh_ref(struct mtud_neigh *nt, uint16_t port, const struct mtud_ip *ip, uint16_t *adj)
{
	struct packets gone;
	struct entry *e = neigh_obtain(nt, port, ip, &gone);

	if (e != NULL) {
		e->routes++;
		neigh_settle(nt, e);
		*adj = neigh_index(nt, e);
	}
	neigh_give(nt, nt->conf.ops->drop, &gone);
	return e != NULL ? 0 : -ENOSPC;
}

void
mtud_neigh_unref(struct mtud_neigh *nt, uint16_t adj)
{
	struct entry *e = neigh_at(nt, adj);

	if (e == NULL || e->routes == 0 || --e->routes > 0)
		return;
	if (e->state == MTUD_NEIGH_NONE || e->state == MTUD_NEIGH_FAILED)
		neigh_remove(nt, e);
	else
		neigh_settle(nt, e);
}

static void
forget(struct mtud_neigh *nt, struct entry *e)
{
	struct packets gone;

	neigh_take_held(nt, e, &gone);
	if (e->routes > 0)
		neigh_enter(nt, e, MTUD_NEIGH_NONE);
	else
		neigh_remove(nt, e);
	neigh_give(nt, nt->conf.ops->drop, &gone);
}

int
mtud_neigh_del(struct mtud_neigh *nt, uint16_t port, const struct mtud_ip *ip)
{
	struct entry *e = neigh_lookup(nt, port, ip);

	if (e == NULL)
		return -ENOENT;
	forget(nt, e);
	return 0;
}

void
mtud_neigh_flush_port(struct mtud_neigh *nt, uint16_t port)
{
	uint32_t i;

	/* By index: that order stays, whatever a callback does. */
	for (i = MTUD_ADJ_NONE + 1; i <= nt->conf.max; i++) {
		struct entry *e = &nt->entries[i];

		if (e->live && e->key.port == port && e->state != MTUD_NEIGH_STATIC)
			forget(nt, e);
	}
}
