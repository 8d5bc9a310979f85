/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What the control thread can ask about routes. */

#include <errno.h>
#include <stdlib.h>

#include "rib.h"

static void
add_count(struct mtud_route_count *sum, const struct mtud_route_count *count)
{
	sum->packets += __atomic_load_n(&count->packets, __ATOMIC_RELAXED);
	sum->octets += __atomic_load_n(&count->octets, __ATOMIC_RELAXED);
	sum->too_big += __atomic_load_n(&count->too_big, __ATOMIC_RELAXED);
}

struct mtud_route_count
route_count(const struct mtud_route *rt, uint32_t slot)
{
	struct mtud_route_count sum = {0};
	unsigned int i;

	for (i = 0; i < rt->conf.workers; i++)
		add_count(&sum, &rt->counts[i][slot]);
	return sum;
}

static void
fill(const struct mtud_route *rt, const struct entry *e, enum mtud_route_origin origin,
	struct mtud_route_info *info)
{
	const struct path *path = &e->now.by[origin];

	*info = (struct mtud_route_info){
		.prefix = e->prefix,
		.origin = origin,
		.spec = path->spec,
		.mtu = path_mtu(rt, path),
		.adj = path->adj,
		.slot = e - rt->entries,
	};
	if (path != path_in_force(&e->now))
		return;
	info->count = route_count(rt, info->slot);
	info->count.packets -= e->base.packets;
	info->count.octets -= e->base.octets;
	info->count.too_big -= e->base.too_big;
}

/* Returns false when the entry has no route. */
static bool
fill_in_force(const struct mtud_route *rt, const struct entry *e, struct mtud_route_info *info)
{
	const struct path *path = path_in_force(&e->now);

	if (path == NULL)
		return false;
	fill(rt, e, path - e->now.by, info);
	return true;
}

int
mtud_route_get(
	const struct mtud_route *rt, const struct mtud_prefix *prefix, struct mtud_route_info *info)
{
	const struct entry *e = route_find(rt, prefix);

	return e != NULL && fill_in_force(rt, e, info) ? 0 : -ENOENT;
}

int
mtud_route_match(
	const struct mtud_route *rt, const struct mtud_ip *ip, struct mtud_route_info *info)
{
	struct mtud_prefix prefix = {.ip = *ip};
	int len;

	if (mtud_ip_is_v4(ip))
		return -ENOENT;
	for (len = 128; len >= 0; len--) {
		prefix.len = len;
		mtud_ip_mask(&prefix.ip, len);
		if (rt->totals.by_len6[len] > 0 && mtud_route_get(rt, &prefix, info) == 0)
			return 0;
	}
	return -ENOENT;
}

static int
compare(const void *a, const void *b)
{
	const struct entry *const *x = a;
	const struct entry *const *y = b;

	return mtud_prefix_compare(&(*x)->prefix, &(*y)->prefix);
}

/* fn for the routes of one entry. Returns what stopped it, or 0. */
static int
visit(const struct mtud_route *rt, const struct entry *e, bool all,
	int (*fn)(const struct mtud_route_info *info, void *arg), void *arg)
{
	struct mtud_route_info info;
	unsigned int o;
	int ret = 0;

	if (!all)
		return fill_in_force(rt, e, &info) ? fn(&info, arg) : 0;
	for (o = 0; o < ORIGINS && ret == 0; o++) {
		if (!(e->now.has & ORIGIN_BIT(o)))
			continue;
		fill(rt, e, o, &info);
		ret = fn(&info, arg);
	}
	return ret;
}

void
mtud_route_foreach(const struct mtud_route *rt, bool all,
	int (*fn)(const struct mtud_route_info *info, void *arg), void *arg)
{
	const struct entry **order = calloc(rt->totals.routes + 1, sizeof(*order));
	const uint32_t top = rt->top;
	uint32_t n = 0, i;

	for (i = FIRST_SLOT; i < top; i++) {
		const struct entry *e = &rt->entries[i];

		if (e->now.has == 0)
			continue;
		if (order != NULL)
			order[n++] = e;
		else if (visit(rt, e, all, fn, arg) != 0) /* better unsorted than not at all */
			return;
	}
	if (n > 0)
		qsort(order, n, sizeof(*order), compare);
	for (i = 0; i < n; i++)
		if (visit(rt, order[i], all, fn, arg) != 0)
			break;
	free(order);
}

void
mtud_route_clear_counts(struct mtud_route *rt)
{
	uint32_t i;

	for (i = FIRST_SLOT; i < rt->top; i++)
		rt->entries[i].base = route_count(rt, i);
}

void
mtud_route_totals(const struct mtud_route *rt, struct mtud_route_totals *totals)
{
	*totals = rt->totals;
}

const char *
mtud_route_type_name(enum mtud_route_type type)
{
	static const char *const names[] = {
		[MTUD_ROUTE_NONE] = "none",
		[MTUD_ROUTE_FORWARD] = "forward",
		[MTUD_ROUTE_ONLINK] = "on-link",
		[MTUD_ROUTE_LOCAL] = "local",
		[MTUD_ROUTE_BLACKHOLE] = "blackhole",
		[MTUD_ROUTE_UNREACHABLE] = "unreachable",
		[MTUD_ROUTE_PROHIBIT] = "prohibit",
	};

	return type < RTE_DIM(names) ? names[type] : "?";
}
