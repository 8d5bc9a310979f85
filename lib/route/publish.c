/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* How what is staged gets into the tables that workers read. */

#include <errno.h>

#include "mtud_rcu.h"
#include "rib.h"

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

static bool
is_default(const struct mtud_prefix *prefix)
{
	return prefix->len == (family_of(prefix) == MTUD_IPV4 ? MTUD_IP4_BITS_AT : 0);
}

static int
table_add(const struct mtud_route *rt, struct mtud_route_view *copy, const struct entry *e)
{
	enum mtud_family family = family_of(&e->prefix);
	int32_t slot = e - rt->entries;

	if (!is_default(&e->prefix))
		return rt->engine[family]->add(copy->table[family], &e->prefix, slot);
	copy->miss[family] = slot;
	return 0;
}

static void
table_del(const struct mtud_route *rt, struct mtud_route_view *copy, const struct entry *e)
{
	enum mtud_family family = family_of(&e->prefix);

	if (!is_default(&e->prefix))
		rt->engine[family]->del(copy->table[family], &e->prefix);
	else
		copy->miss[family] = MTUD_SLOT_NONE;
}

/* Take back what apply() did: all that it deleted, and what it added from the first n changes. */
static void
unapply(const struct mtud_route *rt, struct mtud_route_view *copy, uint32_t n)
{
	const struct change *c;
	const struct change *end = rt->journal + rt->n_changes;

	for (c = rt->journal; c < rt->journal + n; c++) {
		if (is_added(c, changed_entry(rt, c)))
			table_del(rt, copy, changed_entry(rt, c));
		route_pause(rt, c - rt->journal);
	}
	/* These fitted before, and so they do again (engine.h). */
	for (c = rt->journal; c < end; c++) {
		if (is_deleted(c, changed_entry(rt, c)))
			table_add(rt, copy, changed_entry(rt, c));
		route_pause(rt, c - rt->journal);
	}
}

/* Bring the copy that nobody reads up to date. Returns -E2BIG with the copy as before. */
static int
apply(const struct mtud_route *rt, struct mtud_route_view *copy)
{
	const struct change *c;
	const struct change *end = rt->journal + rt->n_changes;
	unsigned int family;

	for (family = 0; family < MTUD_FAMILIES; family++)
		copy->table[family] = rt->tables[family][copy - rt->copy];
	/* Deleted ones first: what they held may be what the new ones need. */
	for (c = rt->journal; c < end; c++) {
		if (is_deleted(c, changed_entry(rt, c)))
			table_del(rt, copy, changed_entry(rt, c));
		route_pause(rt, c - rt->journal);
	}
	for (c = rt->journal; c < end; c++) {
		route_pause(rt, c - rt->journal);
		if (!is_added(c, changed_entry(rt, c)))
			continue;
		if (table_add(rt, copy, changed_entry(rt, c)) < 0) {
			unapply(rt, copy, c - rt->journal);
			return -E2BIG;
		}
	}
	return 0;
}

/* Workers may read the word meanwhile: it is one store. */
static void
write_word(struct mtud_route_view *copy, uint32_t slot, union mtud_slot word)
{
	__atomic_store_n(&copy->words[slot], word.word, __ATOMIC_RELAXED);
}

/* Is all of the prefix multicast? */
static bool
is_multicast(const struct mtud_prefix *prefix)
{
	/* 224.0.0.0/3 begins with multicast and is none; no IPv6 prefix can do that. */
	return mtud_ip_is_multicast(&prefix->ip) &&
	       (!mtud_prefix_is_v4(prefix) || prefix->len >= MTUD_IP4_BITS_AT + 4);
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
	if (path->spec.option.mss_mode != MTUD_MSS_KEEP)
		word.flags |= MTUD_ROUTE_F_MSS;
	if (is_multicast(prefix))
		word.flags |= MTUD_ROUTE_F_MULTICAST;
	return word;
}

/* The words of routes that are new or replaced, in a copy that nobody reads. */
static void
write_words(const struct mtud_route *rt, struct mtud_route_view *copy)
{
	const union mtud_slot nothing = {.word = 0};
	const struct change *c;

	for (c = rt->journal; c < rt->journal + rt->n_changes; c++) {
		const struct entry *e = changed_entry(rt, c);
		const struct path *path = path_in_force(&e->now);

		write_word(copy, c->slot,
			path != NULL ? word_of(rt, &e->prefix, path) : nothing);
		copy->options[c->slot] = path != NULL ? path->spec.option.word : 0;
		route_pause(rt, c - rt->journal);
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
		if (e->now.has == 0)
			route_release(rt, e);
		route_pause(rt, c - rt->journal);
	}
	rt->n_changes = 0;
}

/*
 * Make the tables that are missing, and bring the copy that nobody reads up to date. Returns
 * -ENOMEM or -E2BIG with copy and tables as before.
 */
static int
prepare(struct mtud_route *rt, struct mtud_route_view *copy)
{
	bool first[MTUD_FAMILIES] = {false};
	unsigned int family;
	int ret = 0;

	for (family = 0; family < MTUD_FAMILIES && ret == 0; family++) {
		if (rt->tables[family][0] != NULL || rt->totals.by_family[family] == 0)
			continue;
		ret = route_create_tables(rt, family);
		first[family] = ret == 0;
	}
	if (ret == 0)
		ret = apply(rt, copy);
	for (family = 0; family < MTUD_FAMILIES && ret < 0; family++)
		if (first[family])
			route_free_tables(rt, family);
	return ret;
}

int
mtud_route_commit(struct mtud_route *rt)
{
	struct mtud_route_view *old = rt->live;
	struct mtud_route_view *new = old == &rt->copy[0] ? &rt->copy[1] : &rt->copy[0];
	int ret;

	if (rt->n_changes == 0)
		return 0;
	ret = prepare(rt, new);
	if (ret < 0) {
		mtud_route_rollback(rt);
		return ret;
	}
	write_words(rt, new);
	__atomic_store_n(&rt->live, new, __ATOMIC_RELEASE);
	mtud_rcu_synchronize(rt->conf.qsbr, rt->conf.patience);
	/* The same changes to an equal copy: they fit. */
	apply(rt, old);
	write_words(rt, old);
	finish(rt);
	return 0;
}

void
mtud_route_set_port_mtu(struct mtud_route *rt, uint16_t port, uint16_t mtu)
{
	uint32_t slot;
	unsigned int i;

	if (port >= RTE_MAX_ETHPORTS)
		return;
	rt->port_mtu[port] = mtu;
	for (slot = FIRST_SLOT; slot < rt->top; slot++) {
		union mtud_slot word = mtud_route_slot(rt->live->words, slot);
		const struct entry *e = &rt->entries[slot];
		const struct paths *published = &e->now;

		if (!mtud_route_sends(word.type) || word.port != port)
			continue;
		if (e->change != 0)
			published = &rt->journal[e->change - 1].old;
		word.mtu = path_mtu(rt, path_in_force(published));
		for (i = 0; i < COPIES; i++)
			write_word(&rt->copy[i], slot, word);
	}
}
