/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef ROUTE_RIB_H
#define ROUTE_RIB_H

#include <rte_common.h>
#include <rte_hash.h>

#include "engine.h"
#include "mtud_route.h"

#define FIRST_SLOT (MTUD_SLOT_NONE + 1)

#define COPIES 2

#define ORIGINS       (MTUD_ORIGIN_STATIC + 1)
#define ORIGIN_BIT(o) (1u << (o))

struct path {
	struct mtud_route_spec spec; /* fields without a meaning for the type are 0 */
	uint16_t adj;                /* FORWARD: the pinned neighbor, else MTUD_ADJ_NONE */
};

/* What one prefix has, by origin. */
struct paths {
	struct path by[ORIGINS];
	uint8_t has; /* ORIGIN_BIT() each */
};

/* All counters of a slot. */
struct tally {
	struct mtud_route_count count;
	struct mtud_route_special special;
};

/* A prefix. It stands at the index of its slot, and stays there while anything has its slot. */
struct entry {
	struct mtud_prefix prefix;
	struct paths now; /* with what is staged */
	uint8_t fresh;    /* origins whose path is staged: workers have never seen it */
	uint32_t change;  /* index in the journal + 1; 0: nothing is staged */
	/* What the slot had counted for others, or until clear. */
	struct tally base;
};

/* The journal has one record for each entry that a commit will touch. */
struct change {
	uint32_t slot;
	struct paths old; /* as published */
};

/* One copy of what workers read, while it is the live one; else written. */
struct mtud_route_view {
	void *table[MTUD_FAMILIES];  /* NULL before the first route */
	int32_t miss[MTUD_FAMILIES]; /* slot of ::/0 or 0.0.0.0/0, or MTUD_SLOT_NONE */
	const struct engine *engine[MTUD_FAMILIES];
	uint64_t *words;   /* by slot */
	uint32_t *options; /* by slot */
} __rte_cache_aligned;

struct mtud_route {
	/* workers: ro, control: rw */
	struct mtud_route_view *live;
	/* by worker, then slot; workers write these */
	struct mtud_route_count **counts;
	struct mtud_route_special **specials;
	struct mtud_route_view copy[COPIES];

	/* control only */
	const struct engine *engine[MTUD_FAMILIES];
	void *tables[MTUD_FAMILIES][COPIES];
	struct mtud_route_conf conf;
	uint16_t port_mtu[RTE_MAX_ETHPORTS]; /* octets */
	struct rte_hash *hash;               /* (address, length) -> slot - 1 */
	struct entry *entries;               /* by slot */
	uint32_t n_slots;                    /* room in the arrays by slot */
	uint32_t n_entries;                  /* in use, also those that a commit will delete */
	uint32_t top;                        /* no slot from here on was ever used */
	struct change *journal;
	uint32_t n_changes;
	struct mtud_route_totals totals; /* routes with what is staged */
};

/* Changes between two pauses; these are a fraction of a millisecond. */
#define PAUSE_EVERY 128

/* The n-th change of many is done. */
static inline void
route_pause(const struct mtud_route *rt, uint32_t n)
{
	if (n % PAUSE_EVERY == PAUSE_EVERY - 1 && rt->conf.pause != NULL)
		rt->conf.pause(rt->conf.pause_arg);
}

static inline enum mtud_family
family_of(const struct mtud_prefix *prefix)
{
	return mtud_prefix_is_v4(prefix) ? MTUD_IPV4 : MTUD_IPV6;
}

static inline struct entry *
changed_entry(const struct mtud_route *rt, const struct change *c)
{
	return &rt->entries[c->slot];
}

/* The path in force: STATIC hides CONNECTED. NULL: there is no route. */
static inline const struct path *
path_in_force(const struct paths *paths)
{
	if (paths->has & ORIGIN_BIT(MTUD_ORIGIN_STATIC))
		return &paths->by[MTUD_ORIGIN_STATIC];
	return paths->has != 0 ? &paths->by[MTUD_ORIGIN_CONNECTED] : NULL;
}

/* The MTU in force, octets; 0 for types that send nothing. */
static inline uint16_t
path_mtu(const struct mtud_route *rt, const struct path *path)
{
	uint16_t port_mtu = rt->port_mtu[path->spec.port];

	if (!mtud_route_sends(path->spec.type))
		return 0;
	return path->spec.mtu != 0 ? RTE_MIN(path->spec.mtu, port_mtu) : port_mtu;
}

/* The entry of exactly this prefix, with or without a route in it; NULL: none. */
struct entry *route_find(const struct mtud_route *rt, const struct mtud_prefix *prefix);
/* The longest prefix, not the default route, that holds another one and that a commit leaves in its
 * table: its slot and length, or 0 and 0. For engines (engine.h); arg is the struct mtud_route. */
int32_t route_cover(const void *arg, const struct mtud_prefix *prefix, uint8_t *len);
/* Give an entry without a route back, and its slot: nobody may hold it any more. */
void route_release(struct mtud_route *rt, struct entry *e);
/* Drop the pin of a path that workers do not see (any more). */
void route_unpin(struct mtud_route *rt, const struct path *path);
/* What all workers have counted for a slot. */
struct tally route_tally(const struct mtud_route *rt, uint32_t slot);

/* A spec without what has no meaning for its type, so that equal routes are equal fields. */
struct mtud_route_spec route_clean_spec(const struct mtud_route_spec *spec);
/* Is it one that the prefix can have? spec: as route_clean_spec() makes it. */
bool route_spec_is_valid(const struct mtud_prefix *prefix, const struct mtud_route_spec *spec);
/* Both as route_clean_spec() makes them. */
bool route_spec_equal(const struct mtud_route_spec *a, const struct mtud_route_spec *b);

/* Make the lookup tables of a family. Returns -ENOMEM with nothing changed. */
int route_create_tables(struct mtud_route *rt, enum mtud_family family);
/* Free the lookup tables of a family, if there are any; they must not be live. */
void route_free_tables(struct mtud_route *rt, enum mtud_family family);

#endif
