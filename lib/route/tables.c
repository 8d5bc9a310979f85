/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The tables that workers read: their lookups, and how they come and go. */

#include <errno.h>
#include <inttypes.h>

#include <rte_malloc.h>

#include "rib.h"

/* The longest name that an engine takes. */
#define NAME_LEN 20

static inline void
all_miss(int32_t *slot, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		slot[i] = MTUD_SLOT_NONE;
}

/* The default route takes what the table misses. */
static inline void
fill_misses(int32_t *slot, unsigned int n, int32_t miss)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		slot[i] = slot[i] < 0 ? miss : slot[i];
}

const struct mtud_route_view *
mtud_route_view(const struct mtud_route *rt)
{
	return __atomic_load_n(&rt->live, __ATOMIC_ACQUIRE);
}

void
mtud_route_lookup6(const struct mtud_route_view *view, uint8_t dst[][MTUD_IP_LEN], int32_t *slot,
	unsigned int n)
{
	if (view->table[MTUD_IPV6] == NULL) {
		all_miss(slot, n);
		return;
	}
	view->engine[MTUD_IPV6]->lookup6(view->table[MTUD_IPV6], dst, slot, n);
	fill_misses(slot, n, view->miss[MTUD_IPV6]);
}

void
mtud_route_lookup4(const struct mtud_route_view *view, const uint32_t *dst, int32_t *slot,
	unsigned int n)
{
	if (view->table[MTUD_IPV4] == NULL) {
		all_miss(slot, n);
		return;
	}
	view->engine[MTUD_IPV4]->lookup4(view->table[MTUD_IPV4], dst, slot, n);
	fill_misses(slot, n, view->miss[MTUD_IPV4]);
}

const uint64_t *
mtud_route_slots(const struct mtud_route_view *view)
{
	return view->words;
}

const uint32_t *
mtud_route_options(const struct mtud_route_view *view)
{
	return view->options;
}

struct mtud_route_count *
mtud_route_counts(struct mtud_route *rt, unsigned int worker)
{
	return rt->counts[worker];
}

struct mtud_route_special *
mtud_route_specials(struct mtud_route *rt, unsigned int worker)
{
	return rt->specials[worker];
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

int
route_create_tables(struct mtud_route *rt, enum mtud_family family)
{
	const uint64_t before = heap_octets();
	struct engine_conf conf = {
		.prefixes = rt->conf.max_routes,
		.tbl8s = rt->conf.tbl8s,
		.socket = rt->conf.socket,
		.cover = route_cover,
		.cover_arg = rt,
	};
	char name[NAME_LEN + 1];
	uint64_t octets;
	unsigned int i;

	conf.name = name;
	for (i = 0; i < COPIES; i++) {
		snprintf(name, sizeof(name), "m%u%u_%" PRIxPTR, family, i, (uintptr_t)rt);
		rt->tables[family][i] = rt->engine[family]->create(&conf);
		if (rt->tables[family][i] == NULL) {
			route_free_tables(rt, family);
			return -ENOMEM;
		}
	}
	/* What an engine takes beside its tables is known to the heap alone. */
	octets = heap_octets() - before;
	rt->totals.octets_copy[family] = octets / COPIES;
	rt->totals.octets += octets;
	return 0;
}

void
route_free_tables(struct mtud_route *rt, enum mtud_family family)
{
	unsigned int i;

	for (i = 0; i < COPIES; i++) {
		if (rt->tables[family][i] == NULL)
			continue;
		rt->engine[family]->free(rt->tables[family][i]);
		rt->tables[family][i] = NULL;
		/* The live one may be read: it has none yet, and is not touched. */
		if (rt->copy[i].table[family] != NULL)
			rt->copy[i].table[family] = NULL;
	}
	rt->totals.octets -= rt->totals.octets_copy[family] * COPIES;
	rt->totals.octets_copy[family] = 0;
}
