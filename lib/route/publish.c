/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The tables that workers read, and how what is staged gets there. */

#include <errno.h>
#include <inttypes.h>

#include <rte_malloc.h>

#include "rib.h"

/* The longest name that an engine takes. */
#define NAME_LEN 20

void
mtud_route_lookup6(
	const struct mtud_route *rt, uint8_t dst[][MTUD_IP_LEN], int32_t *slot, unsigned int n)
{
	const struct live *live = __atomic_load_n(&rt->live, __ATOMIC_ACQUIRE);
	const int32_t miss = live->miss6;
	unsigned int i;

	if (live->table6 == NULL) {
		for (i = 0; i < n; i++)
			slot[i] = MTUD_SLOT_NONE;
		return;
	}
	rt->engine6->lookup_bulk(live->table6, dst, slot, n);
	for (i = 0; i < n; i++)
		slot[i] = slot[i] < 0 ? miss : slot[i];
}

const uint64_t *
mtud_route_slots(const struct mtud_route *rt)
{
	return rt->words;
}

struct mtud_route_count *
mtud_route_counts(struct mtud_route *rt, unsigned int worker)
{
	return rt->counts[worker];
}

/* Octets that DPDK's heaps have given out. */
static uint64_t
heap_octets(void)
{
	struct rte_malloc_socket_stats stats;
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < rte_socket_count(); i++)
		if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &stats) == 0)
			sum += stats.heap_allocsz_bytes;
	return sum;
}

static int
create_tables(struct mtud_route *rt)
{
	const uint64_t before = heap_octets();
	struct engine_conf conf = {
		.prefixes = rt->conf.max_routes,
		.tbl8s = rt->conf.tbl8s,
		.socket = rt->conf.socket,
	};
	char name[NAME_LEN + 1];
	uint64_t octets;
	unsigned int i;

	conf.name = name;
	for (i = 0; i < RTE_DIM(rt->tables6); i++) {
		snprintf(name, sizeof(name), "m%u_%" PRIxPTR, i, (uintptr_t)rt);
		rt->tables6[i] = rt->engine6->create(&conf);
		if (rt->tables6[i] == NULL) {
			route_free_tables(rt);
			return -ENOMEM;
		}
	}
	/* What an engine takes beside its tables is known to the heap alone. */
	octets = heap_octets() - before;
	rt->totals.octets_copy = octets / RTE_DIM(rt->tables6);
	rt->totals.octets += octets;
	rt->totals.tbl8s = rt->conf.tbl8s;
	return 0;
}

void
route_free_tables(struct mtud_route *rt)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(rt->tables6); i++) {
		if (rt->tables6[i] == NULL)
			continue;
		rt->engine6->free(rt->tables6[i]);
		rt->tables6[i] = NULL;
		/* The live one may be read: it has none yet, and is not touched. */
		if (rt->copy[i].table6 != NULL)
			rt->copy[i].table6 = NULL;
	}
	rt->totals.octets -= rt->totals.octets_copy * RTE_DIM(rt->tables6);
	rt->totals.octets_copy = 0;
	rt->totals.tbl8s = 0;
}

static bool
is_added(const struct change *c, const struct entry *e)
{
	return c->old.has == 0 && e->now.has != 0;
}

static bool
is_deleted(const struct change *c, const struct entry *e)
{
	return c->old.has != 0 && e->now.has == 0;
}

static int
table_add(const struct mtud_route *rt, struct live *copy, const struct entry *e)
{
	int32_t slot = e - rt->entries;

	if (e->prefix.len > 0)
		return rt->engine6->add(copy->table6, &e->prefix, slot);
	copy->miss6 = slot;
	return 0;
}

static void
table_del(const struct mtud_route *rt, struct live *copy, const struct entry *e)
{
	if (e->prefix.len > 0)
		rt->engine6->del(copy->table6, &e->prefix);
	else
		copy->miss6 = MTUD_SLOT_NONE;
}

/* Take back what apply() did: all that it deleted, and what it added from the first n changes. */
static void
unapply(const struct mtud_route *rt, struct live *copy, uint32_t n)
{
	const struct change *c;
	const struct change *end = rt->journal + rt->n_changes;

	for (c = rt->journal; c < rt->journal + n; c++)
		if (is_added(c, changed_entry(rt, c)))
			table_del(rt, copy, changed_entry(rt, c));
	/* These fitted before, and so they do again (engine.h). */
	for (c = rt->journal; c < end; c++)
		if (is_deleted(c, changed_entry(rt, c)))
			table_add(rt, copy, changed_entry(rt, c));
}

/* Bring the copy that nobody reads up to date. Returns -E2BIG with the copy as before. */
static int
apply(const struct mtud_route *rt, struct live *copy)
{
	const struct change *c;
	const struct change *end = rt->journal + rt->n_changes;

	copy->table6 = rt->tables6[copy - rt->copy];
	/* Deleted ones first: what they held may be what the new ones need. */
	for (c = rt->journal; c < end; c++)
		if (is_deleted(c, changed_entry(rt, c)))
			table_del(rt, copy, changed_entry(rt, c));
	for (c = rt->journal; c < end; c++) {
		if (!is_added(c, changed_entry(rt, c)))
			continue;
		if (table_add(rt, copy, changed_entry(rt, c)) < 0) {
			unapply(rt, copy, c - rt->journal);
			return -E2BIG;
		}
	}
	return 0;
}

static void
write_word(struct mtud_route *rt, uint32_t slot, union mtud_slot word)
{
	/* After what the word points to: the neighbor's adjacency. */
	__atomic_store_n(&rt->words[slot], word.word, __ATOMIC_RELEASE);
}

static union mtud_slot
word_of(const struct mtud_route *rt, const struct mtud_prefix *prefix, const struct path *path)
{
	union mtud_slot word = {
		.adj = path->adj,
		.mtu = path_mtu(rt, path),
		.type = path->spec.type,
		.port = path->spec.port,
		.flags = path->spec.flags,
	};

	if (path->spec.type == MTUD_ROUTE_ONLINK && prefix->len >= 127)
		word.flags |= MTUD_ROUTE_F_P2P;
	if (mtud_ip_is_multicast(&prefix->ip))
		word.flags |= MTUD_ROUTE_F_MULTICAST;
	return word;
}

/* Words of new routes, which no live table shows yet, and of those that are replaced. */
static void
write_words(struct mtud_route *rt)
{
	const struct change *c;

	for (c = rt->journal; c < rt->journal + rt->n_changes; c++) {
		const struct entry *e = changed_entry(rt, c);
		const struct path *path = path_in_force(&e->now);

		if (path != NULL)
			write_word(rt, c->slot, word_of(rt, &e->prefix, path));
	}
}

/* Let go of what no worker can hold any more, and close the journal. */
static void
finish(struct mtud_route *rt)
{
	const struct change *c;

	for (c = rt->journal; c < rt->journal + rt->n_changes; c++) {
		struct entry *e = changed_entry(rt, c);
		unsigned int o;

		for (o = 0; o < ORIGINS; o++) {
			bool kept = (e->now.has & ~e->fresh) & ORIGIN_BIT(o);

			if ((c->old.has & ORIGIN_BIT(o)) && !kept)
				route_unpin(rt, &c->old.by[o]);
		}
		e->fresh = 0;
		e->change = 0;
		if (e->now.has == 0) {
			write_word(rt, c->slot, (union mtud_slot){.word = 0});
			route_release(rt, e);
		}
	}
	rt->n_changes = 0;
}

int
mtud_route_commit(struct mtud_route *rt)
{
	bool first = rt->tables6[0] == NULL && rt->totals.routes > 0;
	struct live *old = rt->live;
	struct live *new = old == &rt->copy[0] ? &rt->copy[1] : &rt->copy[0];
	int ret = 0;

	if (rt->n_changes == 0)
		return 0;
	if (first)
		ret = create_tables(rt);
	if (ret == 0) {
		ret = apply(rt, new);
		if (ret < 0 && first)
			route_free_tables(rt);
	}
	if (ret < 0) {
		mtud_route_rollback(rt);
		return ret;
	}
	write_words(rt);
	__atomic_store_n(&rt->live, new, __ATOMIC_RELEASE);
	rte_rcu_qsbr_synchronize(rt->conf.qsbr, RTE_QSBR_THRID_INVALID);
	/* The same changes to an equal copy: they fit. */
	apply(rt, old);
	finish(rt);
	return 0;
}

void
mtud_route_set_port_mtu(struct mtud_route *rt, uint16_t port, uint16_t mtu)
{
	uint32_t slot;

	if (port >= RTE_MAX_ETHPORTS)
		return;
	rt->port_mtu[port] = mtu;
	for (slot = FIRST_SLOT; slot < rt->top; slot++) {
		union mtud_slot word = mtud_route_slot(rt->words, slot);
		const struct entry *e = &rt->entries[slot];
		const struct paths *published = &e->now;

		if (!mtud_route_sends(word.type) || word.port != port)
			continue;
		if (e->change != 0)
			published = &rt->journal[e->change - 1].old;
		word.mtu = path_mtu(rt, path_in_force(published));
		write_word(rt, slot, word);
	}
}
