/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The routes as the control thread keeps them, and the journal of what is staged. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_jhash.h>
#include <rte_malloc.h>

#include "rib.h"

/* A next hop of rte_lpm6 has 21 bits. */
#define MAX_ROUTES ((1u << 21) - 16)
#define MAX_TBL8S  (1u << 21)
/* The least that rte_hash makes. */
#define MIN_HASH 8

static const struct engine *const engines[MTUD_FAMILIES][MTUD_ENGINES] = {
	[MTUD_IPV6] = {&route_engine_trie6, &route_engine_lpm6},
	[MTUD_IPV4] = {&route_engine_trie4, &route_engine_fib4},
};

struct key {
	struct mtud_ip ip;
	uint64_t len;
};

static struct key
key_of(const struct mtud_prefix *prefix)
{
	return (struct key){.ip = prefix->ip, .len = prefix->len};
}

static struct rte_hash *
create_hash(const struct mtud_route *rt)
{
	char name[RTE_HASH_NAMESIZE];
	struct rte_hash_parameters params = {
		.name = name,
		.entries = rt->n_slots - 1,
		.key_len = sizeof(struct key),
		.hash_func = rte_jhash,
		.socket_id = rt->conf.socket,
		/* Without it a hash can refuse a key before it is full. */
		.extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};

	snprintf(name, sizeof(name), "mr_%" PRIxPTR, (uintptr_t)rt);
	return rte_hash_create(&params);
}

static bool
conf_is_valid(const struct mtud_route_conf *conf)
{
	return conf->max_routes > 0 && conf->max_routes <= MAX_ROUTES && conf->tbl8s > 0 &&
	       conf->tbl8s <= MAX_TBL8S && conf->workers > 0 && conf->workers <= RTE_MAX_LCORE &&
	       conf->engine6 < MTUD_ENGINES && conf->engine4 < MTUD_ENGINES &&
	       conf->qsbr != NULL && conf->neigh != NULL;
}

/* An array that workers use, all 0. */
static void *
alloc(struct mtud_route *rt, const char *name, size_t n, size_t size)
{
	void *array = rte_zmalloc_socket(name, n * size, RTE_CACHE_LINE_SIZE, rt->conf.socket);

	if (array != NULL)
		rt->totals.octets += n * size;
	return array;
}

static int
alloc_arrays(struct mtud_route *rt)
{
	unsigned int i;

	for (i = 0; i < COPIES; i++) {
		struct mtud_route_view *copy = &rt->copy[i];

		copy->words = alloc(rt, "route words", rt->n_slots, sizeof(*copy->words));
		copy->options = alloc(rt, "route options", rt->n_slots, sizeof(*copy->options));
		if (copy->words == NULL || copy->options == NULL)
			return -ENOMEM;
	}
	rt->counts = alloc(rt, "route counts", rt->conf.workers, sizeof(*rt->counts));
	rt->specials = alloc(rt, "route specials", rt->conf.workers, sizeof(*rt->specials));
	/* Of these two, only what is used gets memory behind it. */
	rt->entries = calloc(rt->n_slots, sizeof(*rt->entries));
	rt->journal = calloc(rt->n_slots, sizeof(*rt->journal));
	if (rt->counts == NULL || rt->specials == NULL || rt->entries == NULL ||
		rt->journal == NULL)
		return -ENOMEM;
	for (i = 0; i < rt->conf.workers; i++) {
		rt->counts[i] = alloc(rt, "route counts", rt->n_slots, sizeof(**rt->counts));
		rt->specials[i] = alloc(rt, "route specials", rt->n_slots, sizeof(**rt->specials));
		if (rt->counts[i] == NULL || rt->specials[i] == NULL)
			return -ENOMEM;
	}
	return 0;
}

struct mtud_route *
mtud_route_create(const struct mtud_route_conf *conf)
{
	struct mtud_route *rt;

	if (!conf_is_valid(conf)) {
		rte_errno = EINVAL;
		return NULL;
	}
	rt = rte_zmalloc_socket("route", sizeof(*rt), RTE_CACHE_LINE_SIZE, conf->socket);
	if (rt == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	rt->conf = *conf;
	rt->engine[MTUD_IPV6] = engines[MTUD_IPV6][conf->engine6];
	rt->engine[MTUD_IPV4] = engines[MTUD_IPV4][conf->engine4];
	memcpy(rt->copy[0].engine, rt->engine, sizeof(rt->engine));
	memcpy(rt->copy[1].engine, rt->engine, sizeof(rt->engine));
	rt->live = &rt->copy[0];
	rt->n_slots = RTE_MAX(conf->max_routes, MIN_HASH) + 1u;
	rt->top = FIRST_SLOT;
	rt->totals.routes_max = conf->max_routes;
	rt->hash = create_hash(rt);
	if (rt->hash == NULL || alloc_arrays(rt) < 0) {
		mtud_route_free(rt);
		rte_errno = ENOMEM;
		return NULL;
	}
	return rt;
}

void
mtud_route_free(struct mtud_route *rt)
{
	unsigned int i;

	if (rt == NULL)
		return;
	mtud_route_rollback(rt);
	for (i = FIRST_SLOT; i < rt->top; i++) {
		const struct paths *paths = &rt->entries[i].now;
		unsigned int o;

		for (o = 0; o < ORIGINS; o++)
			if (paths->has & ORIGIN_BIT(o))
				route_unpin(rt, &paths->by[o]);
	}
	for (i = 0; i < MTUD_FAMILIES; i++)
		route_free_tables(rt, i);
	for (i = 0; i < rt->conf.workers; i++) {
		if (rt->counts != NULL)
			rte_free(rt->counts[i]);
		if (rt->specials != NULL)
			rte_free(rt->specials[i]);
	}
	rte_free(rt->counts);
	rte_free(rt->specials);
	for (i = 0; i < COPIES; i++) {
		rte_free(rt->copy[i].options);
		rte_free(rt->copy[i].words);
	}
	free(rt->entries);
	free(rt->journal);
	rte_hash_free(rt->hash);
	rte_free(rt);
}

struct entry *
route_find(const struct mtud_route *rt, const struct mtud_prefix *prefix)
{
	struct key key = key_of(prefix);
	int pos = rte_hash_lookup(rt->hash, &key);

	return pos < 0 ? NULL : &rt->entries[FIRST_SLOT + pos];
}

/* Is a route of the entry published, and will one be after the commit? */
static bool
stays(const struct mtud_route *rt, const struct entry *e)
{
	return e->now.has != 0 && (e->change == 0 || rt->journal[e->change - 1].old.has != 0);
}

int32_t
route_cover(const void *arg, const struct mtud_prefix *prefix, uint8_t *len)
{
	const struct mtud_route *rt = arg;
	const bool v4 = mtud_prefix_is_v4(prefix);
	const uint32_t *by_len = v4 ? rt->totals.by_len4 : rt->totals.by_len6;
	const unsigned int bits_at = v4 ? MTUD_IP4_BITS_AT : 0;
	struct mtud_prefix p = *prefix;

	while (--p.len > bits_at) {
		const struct entry *e;

		if (by_len[p.len - bits_at] == 0)
			continue;
		mtud_ip_mask(&p.ip, p.len);
		e = route_find(rt, &p);
		if (e != NULL && stays(rt, e)) {
			*len = p.len;
			return e - rt->entries;
		}
	}
	*len = 0;
	return 0;
}

static struct entry *
new_entry(struct mtud_route *rt, const struct mtud_prefix *prefix)
{
	struct key key = key_of(prefix);
	struct entry *e;
	uint32_t slot;
	int pos;

	pos = rte_hash_add_key(rt->hash, &key);
	if (pos < 0)
		return NULL;
	slot = FIRST_SLOT + pos;
	e = &rt->entries[slot];
	*e = (struct entry){.prefix = *prefix, .base = route_tally(rt, slot)};
	rt->top = RTE_MAX(rt->top, slot + 1);
	rt->n_entries++;
	return e;
}

void
route_release(struct mtud_route *rt, struct entry *e)
{
	struct key key = key_of(&e->prefix);

	rte_hash_del_key(rt->hash, &key);
	rt->n_entries--;
}

static int
pin(struct mtud_route *rt, struct path *path)
{
	if (path->spec.type != MTUD_ROUTE_FORWARD)
		return 0;
	if (mtud_neigh_ref(rt->conf.neigh, path->spec.port, &path->spec.gw, &path->adj) < 0)
		return -ENOBUFS;
	return 0;
}

void
route_unpin(struct mtud_route *rt, const struct path *path)
{
	if (path->spec.type == MTUD_ROUTE_FORWARD)
		mtud_neigh_unref(rt->conf.neigh, path->adj);
}

/* Take an entry into the totals (by = 1), or out of them (by = -1). */
static void
account(struct mtud_route *rt, const struct entry *e, int by)
{
	const struct path *path = path_in_force(&e->now);

	if (path == NULL)
		return;
	rt->totals.routes += by;
	rt->totals.by_family[family_of(&e->prefix)] += by;
	rt->totals.by_type[path->spec.type] += by;
	if (family_of(&e->prefix) == MTUD_IPV4)
		rt->totals.by_len4[e->prefix.len - MTUD_IP4_BITS_AT] += by;
	else
		rt->totals.by_len6[e->prefix.len] += by;
}

/* Call it before an entry changes. */
static void
journalize(struct mtud_route *rt, struct entry *e)
{
	if (e->change != 0)
		return;
	rt->journal[rt->n_changes] = (struct change){.slot = e - rt->entries, .old = e->now};
	e->change = ++rt->n_changes;
}

/* Stage one path of an entry; NULL: none any more. */
static void
stage(struct mtud_route *rt, struct entry *e, enum mtud_route_origin origin,
	const struct path *path)
{
	journalize(rt, e);
	account(rt, e, -1);
	if (e->fresh & ORIGIN_BIT(origin))
		route_unpin(rt, &e->now.by[origin]);
	if (path != NULL) {
		e->now.by[origin] = *path;
		e->now.has |= ORIGIN_BIT(origin);
		e->fresh |= ORIGIN_BIT(origin);
	} else {
		e->now.has &= ~ORIGIN_BIT(origin);
		e->fresh &= ~ORIGIN_BIT(origin);
	}
	account(rt, e, 1);
}

/* An address of ours and a static route do not share a prefix: one would hide the other. */
static bool
hides_address(const struct paths *paths, enum mtud_route_origin origin,
	const struct mtud_route_spec *spec)
{
	const struct mtud_route_spec *connected = &paths->by[MTUD_ORIGIN_CONNECTED].spec;

	if (origin == MTUD_ORIGIN_CONNECTED)
		return spec->type == MTUD_ROUTE_LOCAL &&
		       (paths->has & ORIGIN_BIT(MTUD_ORIGIN_STATIC));
	return (paths->has & ORIGIN_BIT(MTUD_ORIGIN_CONNECTED)) &&
	       connected->type == MTUD_ROUTE_LOCAL;
}

int
mtud_route_set(struct mtud_route *rt, const struct mtud_prefix *prefix,
	enum mtud_route_origin origin, const struct mtud_route_spec *spec)
{
	struct path path = {.spec = route_clean_spec(spec), .adj = MTUD_ADJ_NONE};
	struct entry *e;
	int ret;

	if (!route_spec_is_valid(prefix, &path.spec))
		return -EINVAL;
	e = route_find(rt, prefix);
	if (e != NULL) {
		if (hides_address(&e->now, origin, &path.spec))
			return -EADDRINUSE;
		if ((e->now.has & ORIGIN_BIT(origin)) &&
			route_spec_equal(&e->now.by[origin].spec, &path.spec))
			return 0;
	} else if (rt->n_entries == rt->conf.max_routes) {
		return -ENOSPC;
	}
	ret = pin(rt, &path);
	if (ret < 0)
		return ret;
	if (e == NULL)
		e = new_entry(rt, prefix);
	if (e == NULL) {
		route_unpin(rt, &path);
		return -ENOSPC;
	}
	stage(rt, e, origin, &path);
	return 0;
}

int
mtud_route_del(
	struct mtud_route *rt, const struct mtud_prefix *prefix, enum mtud_route_origin origin)
{
	struct entry *e = route_find(rt, prefix);

	if (e == NULL || !(e->now.has & ORIGIN_BIT(origin)))
		return -ENOENT;
	stage(rt, e, origin, NULL);
	return 0;
}

void
mtud_route_flush(struct mtud_route *rt, enum mtud_route_origin origin)
{
	uint32_t slot;

	for (slot = FIRST_SLOT; slot < rt->top; slot++) {
		if (rt->entries[slot].now.has & ORIGIN_BIT(origin))
			stage(rt, &rt->entries[slot], origin, NULL);
		route_pause(rt, slot - FIRST_SLOT);
	}
}

void
mtud_route_rollback(struct mtud_route *rt)
{
	while (rt->n_changes > 0) {
		const struct change *c = &rt->journal[--rt->n_changes];
		struct entry *e = changed_entry(rt, c);
		unsigned int o;

		account(rt, e, -1);
		for (o = 0; o < ORIGINS; o++)
			if (e->fresh & ORIGIN_BIT(o))
				route_unpin(rt, &e->now.by[o]);
		e->now = c->old;
		e->fresh = 0;
		e->change = 0;
		account(rt, e, 1);
		if (e->now.has == 0)
			route_release(rt, e);
		route_pause(rt, rt->n_changes);
	}
}
