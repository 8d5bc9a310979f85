/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/*
 * A multibit trie of our own, for both families: 24 bits, then 8 at a time. It is for tables that
 * no cache holds. rte_lpm6 walks one address after the other, so the misses of a burst add up; here
 * a burst goes down level by level, and the misses of a level overlap, on any CPU. rte_fib6 with
 * AVX-512 does that too, but its reservation of tbl8 groups drifts (seen in 22.11, mended in
 * 26.07): it refuses prefixes that would fit, in the end all of them.
 */

#include <errno.h>

#include <rte_common.h>
#include <rte_malloc.h>

#include "engine.h"

#define ROOT_BITS    24
#define ROOT_ENTRIES (1u << ROOT_BITS)
#define GROUP_BITS   8
#define GROUP        (1u << GROUP_BITS)

/*
 * An entry is the index of a group, or the slot of the longest match so far and the length of its
 * prefix; 0 is a miss.
 */
#define DEEPER     (1u << 31)
#define INDEX_BITS 21
#define INDEX_MASK ((1u << INDEX_BITS) - 1)

#define NO_GROUP UINT32_MAX

/* Addresses that go down the levels together. */
#define CHUNK 64

/* Groups of one way from the root. */
#define MOST_GROUPS ((8 * MTUD_IP_LEN - ROOT_BITS) / GROUP_BITS)

struct trie {
	uint32_t *root;
	uint32_t *groups; /* a free one begins with the index of the next free one */
	uint16_t *refs;   /* by group: prefixes that end in it, and groups below it */
	uint32_t n_groups;
	uint32_t used;
	uint32_t top;        /* no group from here on was ever used */
	uint32_t first_free; /* of those below, or NO_GROUP */
	unsigned int from;   /* octet of an address that the root begins with */
	struct engine_conf conf;
};

static inline uint32_t
entry_of(int32_t slot, unsigned int len)
{
	return len << INDEX_BITS | (uint32_t)slot;
}

static inline unsigned int
len_of(uint32_t entry)
{
	return entry >> INDEX_BITS;
}

static inline uint32_t *
group_at(const struct trie *t, uint32_t entry)
{
	return &t->groups[(size_t)(entry & INDEX_MASK) * GROUP];
}

static inline uint32_t
root_index(const uint8_t *octets)
{
	return (uint32_t)octets[0] << 16 | (uint32_t)octets[1] << 8 | octets[2];
}

static void
destroy(void *table)
{
	struct trie *t = table;

	rte_free(t->root);
	rte_free(t->groups);
	rte_free(t->refs);
	rte_free(t);
}

static void *
create(const struct engine_conf *conf, unsigned int from)
{
	struct trie *t;

	t = rte_zmalloc_socket("trie", sizeof(*t), RTE_CACHE_LINE_SIZE, conf->socket);
	if (t == NULL)
		return NULL;
	t->conf = *conf;
	t->from = from;
	t->n_groups = conf->tbl8s;
	t->first_free = NO_GROUP;
	t->root = rte_zmalloc_socket(
		"trie root", ROOT_ENTRIES * sizeof(*t->root), RTE_CACHE_LINE_SIZE, conf->socket);
	t->groups =
		rte_malloc_socket("trie groups", (size_t)t->n_groups * GROUP * sizeof(*t->groups),
			RTE_CACHE_LINE_SIZE, conf->socket);
	t->refs = rte_zmalloc_socket(
		"trie refs", t->n_groups * sizeof(*t->refs), RTE_CACHE_LINE_SIZE, conf->socket);
	if (t->root == NULL || t->groups == NULL || t->refs == NULL) {
		destroy(t);
		return NULL;
	}
	return t;
}

static void *
create6(const struct engine_conf *conf)
{
	return create(conf, 0);
}

static void *
create4(const struct engine_conf *conf)
{
	return create(conf, MTUD_IP4_BITS_AT / 8);
}

/* A group in place of an entry; all of it is as the entry was. There must be one. */
static void
open_group(struct trie *t, uint32_t *entry)
{
	uint32_t group = t->first_free;
	uint32_t *to;
	unsigned int i;

	if (group != NO_GROUP)
		t->first_free = *group_at(t, group);
	else
		group = t->top++;
	t->used++;
	to = group_at(t, group);
	for (i = 0; i < GROUP; i++)
		to[i] = *entry;
	*entry = DEEPER | group;
}

/* The other way round. The group is all the same by now. */
static void
close_group(struct trie *t, uint32_t *entry)
{
	uint32_t group = *entry & INDEX_MASK;
	uint32_t *from = group_at(t, group);

	*entry = *from;
	*from = t->first_free;
	t->first_free = group;
	t->used--;
}

/* In n entries and all below them, what has a length from lo to hi becomes another entry. */
static void
paint(struct trie *t, uint32_t *entries, unsigned int n, unsigned int lo, unsigned int hi,
	uint32_t entry)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (entries[i] & DEEPER)
			paint(t, group_at(t, entries[i]), GROUP, lo, hi, entry);
		else if (len_of(entries[i]) >= lo && len_of(entries[i]) <= hi)
			entries[i] = entry;
	}
}

/* The way to the entries of a prefix. */
struct way {
	uint32_t *above[MOST_GROUPS]; /* entries that led to the groups, the root's first */
	unsigned int n;               /* of them */
	uint32_t *entries;
	unsigned int bits; /* an entry is that long a prefix */
};

/* As far down as groups go. */
static struct way
find_way(const struct trie *t, const struct mtud_prefix *prefix)
{
	struct way way = {
		.entries = &t->root[root_index(&prefix->ip.b[t->from])],
		.bits = 8 * t->from + ROOT_BITS,
	};

	while (prefix->len > way.bits && (*way.entries & DEEPER)) {
		way.above[way.n++] = way.entries;
		way.entries = group_at(t, *way.entries) + prefix->ip.b[way.bits / 8];
		way.bits += GROUP_BITS;
	}
	return way;
}

/* How many entries are the prefix's. */
static unsigned int
width(const struct way *way, const struct mtud_prefix *prefix)
{
	return 1u << (way->bits - prefix->len);
}

static int
add(void *table, const struct mtud_prefix *prefix, int32_t slot)
{
	struct trie *t = table;
	struct way way = find_way(t, prefix);
	unsigned int missing = prefix->len <= way.bits
				       ? 0
				       : (prefix->len - way.bits + GROUP_BITS - 1) / GROUP_BITS;

	if (missing > t->n_groups - t->used)
		return -ENOSPC;
	for (; missing > 0; missing--) {
		open_group(t, way.entries);
		if (way.n > 0)
			t->refs[*way.above[way.n - 1] & INDEX_MASK]++;
		way.above[way.n++] = way.entries;
		way.entries = group_at(t, *way.entries) + prefix->ip.b[way.bits / 8];
		way.bits += GROUP_BITS;
	}
	if (way.n > 0)
		t->refs[*way.above[way.n - 1] & INDEX_MASK]++;
	paint(t, way.entries, width(&way, prefix), 0, prefix->len - 1, entry_of(slot, prefix->len));
	return 0;
}

static void
del(void *table, const struct mtud_prefix *prefix)
{
	struct trie *t = table;
	struct way way = find_way(t, prefix);
	uint8_t len = 0;
	int32_t slot = t->conf.cover(t->conf.cover_arg, prefix, &len);

	paint(t, way.entries, width(&way, prefix), prefix->len, prefix->len, entry_of(slot, len));
	while (way.n > 0 && --t->refs[*way.above[way.n - 1] & INDEX_MASK] == 0)
		close_group(t, way.above[--way.n]);
}

/* The entries of a chunk on their way down, and which of them lead deeper. */
struct descent {
	uint32_t entry[CHUNK];
	uint8_t deeper[CHUNK];
	unsigned int n;
};

/* Entry i is this one now; all that may lead deeper come by in order. */
static inline void
reach(struct descent *d, unsigned int i, uint32_t entry)
{
	d->entry[i] = entry;
	d->deeper[d->n] = i;
	d->n += (entry & DEEPER) != 0;
}

static inline void
end_descent(const struct descent *d, int32_t *slot, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		slot[i] = d->entry[i] == 0 ? -1 : (int32_t)(d->entry[i] & INDEX_MASK);
}

static inline void
lookup6_chunk(const struct trie *t, uint8_t dst[][MTUD_IP_LEN], int32_t *slot, unsigned int n)
{
	struct descent d;
	unsigned int octet, i, left;

	d.n = 0;
	for (i = 0; i < n; i++)
		reach(&d, i, t->root[root_index(dst[i])]);
	/* In groups of the last octet nothing leads deeper. */
	for (octet = ROOT_BITS / 8; d.n > 0; octet++) {
		left = d.n;
		d.n = 0;
		for (i = 0; i < left; i++) {
			unsigned int at = d.deeper[i];

			reach(&d, at, group_at(t, d.entry[at])[dst[at][octet]]);
		}
	}
	end_descent(&d, slot, n);
}

static inline void
lookup4_chunk(const struct trie *t, const uint32_t *dst, int32_t *slot, unsigned int n)
{
	struct descent d;
	unsigned int i;

	d.n = 0;
	for (i = 0; i < n; i++)
		reach(&d, i, t->root[dst[i] >> GROUP_BITS]);
	for (i = 0; i < d.n; i++) {
		unsigned int at = d.deeper[i];

		d.entry[at] = group_at(t, d.entry[at])[dst[at] % GROUP];
	}
	end_descent(&d, slot, n);
}

static void
lookup6(const void *table, uint8_t dst[][MTUD_IP_LEN], int32_t *slot, unsigned int n)
{
	unsigned int chunk;

	for (; n > 0; n -= chunk, dst += chunk, slot += chunk) {
		chunk = RTE_MIN(n, (unsigned int)CHUNK);
		lookup6_chunk(table, dst, slot, chunk);
	}
}

static void
lookup4(const void *table, const uint32_t *dst, int32_t *slot, unsigned int n)
{
	unsigned int chunk;

	for (; n > 0; n -= chunk, dst += chunk, slot += chunk) {
		chunk = RTE_MIN(n, (unsigned int)CHUNK);
		lookup4_chunk(table, dst, slot, chunk);
	}
}

const struct engine route_engine_trie6 = {
	.create = create6,
	.free = destroy,
	.add = add,
	.del = del,
	.lookup6 = lookup6,
};

const struct engine route_engine_trie4 = {
	.create = create4,
	.free = destroy,
	.add = add,
	.del = del,
	.lookup4 = lookup4,
};
