/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What the control thread pays for a change, where no worker keeps it waiting for a grace
 * period. */

#include "stages.h"

static int32_t
look_up(const struct perf *p, const struct mtud_ip *ip)
{
	uint32_t dst4 = rte_be_to_cpu_32(mtud_ip_to_v4(ip));
	uint8_t dst6[1][MTUD_IP_LEN];
	int32_t slot;

	memcpy(dst6[0], ip->b, MTUD_IP_LEN);
	if (perf_family(p) == MTUD_IPV4)
		mtud_route_lookup4(mtud_route_view(p->rt), &dst4, &slot, 1);
	else
		mtud_route_lookup6(mtud_route_view(p->rt), dst6, &slot, 1);
	return slot;
}

static int32_t
before(const struct perf *p)
{
	struct mtud_route_info info;

	return mtud_route_match(p->rt, &p->spare[perf_family(p)].ip, &info) < 0 ? MTUD_SLOT_NONE :
										  info.slot;
}

/* A route comes and goes: workers see it in between, and then what was there before. */
static void
change(struct perf *p)
{
	const struct mtud_prefix *prefix = &p->spare[perf_family(p)];

	perf_add_route(p, prefix, 0, 1, false);
	mtud_route_commit(p->rt);
	p->slot = look_up(p, &prefix->ip);
	mtud_route_del(p->rt, prefix, MTUD_ORIGIN_STATIC);
	mtud_route_commit(p->rt);
}

static unsigned int
done_change(struct perf *p)
{
	int32_t slot = before(p);

	return (p->slot != slot) + (look_up(p, &p->spare[perf_family(p)].ip) == slot);
}

const struct perf_stage perf_change = {
	.unit = "change",
	.what = "a route comes, and goes again, each with its commit",
	.run = change,
	.done = done_change,
	.keeps = true,
	.changes = 2,
};

/* One that is there, and its next hop now. */
static struct mtud_prefix
find_replaced(struct perf *p, struct mtud_route_info *info)
{
	struct mtud_ip ip = perf_narrow(perf_family(p), 0);

	if (mtud_route_match(p->rt, &ip, info) < 0)
		*info = (struct mtud_route_info){0};
	return info->prefix;
}

static void
to_replace(struct perf *p)
{
	struct mtud_route_info info;

	find_replaced(p, &info);
	p->count = info.adj;
	p->serial++;
}

static void
replace(struct perf *p)
{
	struct mtud_route_info info;
	struct mtud_prefix prefix = find_replaced(p, &info);

	perf_add_route(p, &prefix, p->serial, 1, true);
	mtud_route_commit(p->rt);
}

static unsigned int
done_replace(struct perf *p)
{
	struct mtud_route_info info;

	find_replaced(p, &info);
	return info.adj != p->count && mtud_route_slot(p->w->slots, info.slot).adj == info.adj;
}

const struct perf_stage perf_replace = {
	.unit = "change",
	.what = "a route gets another next hop, and its commit",
	.prepare = to_replace,
	.run = replace,
	.done = done_replace,
	.keeps = true,
	.changes = 1,
};
