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
}

static void
add_special(struct mtud_route_special *sum, const struct mtud_route_special *special)
{
	sum->too_big += __atomic_load_n(&special->too_big, __ATOMIC_RELAXED);
	sum->answered += __atomic_load_n(&special->answered, __ATOMIC_RELAXED);
	sum->fragmented += __atomic_load_n(&special->fragmented, __ATOMIC_RELAXED);
	sum->fragments += __atomic_load_n(&special->fragments, __ATOMIC_RELAXED);
	sum->df_passed += __atomic_load_n(&special->df_passed, __ATOMIC_RELAXED);
	sum->df_cleared += __atomic_load_n(&special->df_cleared, __ATOMIC_RELAXED);
	sum->mss += __atomic_load_n(&special->mss, __ATOMIC_RELAXED);
}

struct tally
route_tally(const struct mtud_route *rt, uint32_t slot)
{
	struct tally sum = {0};
	unsigned int i;

	for (i = 0; i < rt->conf.workers; i++) {
		add_count(&sum.count, &rt->counts[i][slot]);
		add_special(&sum.special, &rt->specials[i][slot]);
	}
	return sum;
}

/* What an entry's slot has counted for it. */
static void
fill_counts(const struct mtud_route *rt, const struct entry *e, struct mtud_route_info *info)
{
	const struct tally sum = route_tally(rt, info->slot), *base = &e->base;

	info->count = (struct mtud_route_count){
		.packets = sum.count.packets - base->count.packets,
		.octets = sum.count.octets - base->count.octets,
	};
	info->special = (struct mtud_route_special){
		.too_big = sum.special.too_big - base->special.too_big,
		.answered = sum.special.answered - base->special.answered,
		.fragmented = sum.special.fragmented - base->special.fragmented,
		.fragments = sum.special.fragments - base->special.fragments,
		.df_passed = sum.special.df_passed - base->special.df_passed,
		.df_cleared = sum.special.df_cleared - base->special.df_cleared,
		.mss = sum.special.mss - base->special.mss,
	};
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
	if (path == path_in_force(&e->now))
		fill_counts(rt, e, info);
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
	const bool v4 = mtud_ip_is_v4(ip);
	const uint32_t *by_len = v4 ? rt->totals.by_len4 : rt->totals.by_len6;
	const int bits_at = v4 ? MTUD_IP4_BITS_AT : 0;
	struct mtud_prefix prefix = {.ip = *ip};
	int len;

	for (len = 128 - bits_at; len >= 0; len--) {
		prefix.len = bits_at + len;
		mtud_ip_mask(&prefix.ip, prefix.len);
		if (by_len[len] > 0 && mtud_route_get(rt, &prefix, info) == 0)
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
mtud_route_scan(const struct mtud_route *rt,
	int (*fn)(const struct mtud_prefix *prefix, void *arg), void *arg)
{
	const uint32_t top = rt->top;
	uint32_t i;

	for (i = FIRST_SLOT; i < top; i++)
		if (rt->entries[i].now.has != 0 && fn(&rt->entries[i].prefix, arg) != 0)
			break;
}

void
mtud_route_clear_counts(struct mtud_route *rt)
{
	uint32_t i;

	for (i = FIRST_SLOT; i < rt->top; i++)
		rt->entries[i].base = route_tally(rt, i);
}

void
mtud_route_totals(const struct mtud_route *rt, struct mtud_route_totals *totals)
{
	unsigned int i;

	*totals = rt->totals;
	for (i = 0; i < MTUD_FAMILIES; i++)
		if (rt->tables[i][0] != NULL)
			totals->tbl8s = rt->conf.tbl8s;
}

const char *
mtud_route_df_name(enum mtud_route_df df)
{
	static const char *const names[] = {
		[MTUD_DF_REPLY] = "reply",
		[MTUD_DF_PASS] = "pass",
		[MTUD_DF_CLEAR] = "clear",
	};

	return df < RTE_DIM(names) ? names[df] : "?";
}

const char *
mtud_route_mss_name(enum mtud_route_mss mode)
{
	static const char *const names[] = {
		[MTUD_MSS_KEEP] = "keep",
		[MTUD_MSS_CLAMP] = "clamp",
		[MTUD_MSS_MAX] = "max",
		[MTUD_MSS_SET] = "set",
	};

	return mode < RTE_DIM(names) ? names[mode] : "?";
}

const char *
mtud_route_engine_name(enum mtud_family family, enum mtud_route_engine engine)
{
	if (engine == MTUD_ENGINE_TRIE)
		return "trie";
	return family == MTUD_IPV4 ? "dir24-8" : "lpm";
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
		[MTUD_ROUTE_BROADCAST] = "broadcast",
	};

	return type < RTE_DIM(names) ? names[type] : "?";
}
