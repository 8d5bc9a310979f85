/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The stages of lib/fwd: each is prepared by those in front of it. */

#include "stages.h"

static void
for_families(struct perf *p, void (*fn)(struct mtud_worker *w, struct mtud_burst *b))
{
	enum mtud_family family;

	for (family = 0; family < MTUD_FAMILIES; family++)
		if (p->w->rx[family].n > 0)
			fn(p->w, &p->w->rx[family]);
}

static unsigned int
done_left(struct perf *p)
{
	const struct perf_kind *kind = p->c->kind;

	if (p->w->tx[0].n != 0 || p->w->tx[1].n != 0 || p->n_left % kind->sends != 0)
		return 0;
	if (kind->octets != 0 && p->left_octets != (uint64_t)p->n_left * kind->octets)
		return 0;
	return p->n_left / kind->sends;
}

static void
parse(struct perf *p)
{
	mtud_fwd_parse(p->w, 0, p->pkt, MTUD_BURST);
}

static unsigned int
done_parse(struct perf *p)
{
	return p->w->rx[MTUD_IPV6].n + p->w->rx[MTUD_IPV4].n;
}

const struct perf_stage perf_parse = {
	.unit = "packet",
	.what = "check headers and checksum, take the addresses",
	.run = parse,
	.done = done_parse,
	.keeps = true,
};

static void
route(struct perf *p)
{
	for_families(p, mtud_fwd_route);
}

/* Each route leads on; the first is compared with what the control thread knows. */
static unsigned int
done_route(struct perf *p)
{
	struct mtud_route_info info;
	enum mtud_family family;
	unsigned int done = 0;
	unsigned int i;

	for (family = 0; family < MTUD_FAMILIES; family++) {
		const struct mtud_burst *b = &p->w->rx[family];
		struct mtud_ip dst;

		for (i = 0; i < b->n; i++)
			done += mtud_route_slot(p->w->slots, b->slot[i]).type ==
				MTUD_ROUTE_FORWARD;
		if (b->n == 0)
			continue;
		dst = mtud_fwd_dst(b, 0);
		if (mtud_route_match(p->rt, &dst, &info) < 0 || info.slot != b->slot[0])
			return 0;
	}
	return done;
}

const struct perf_stage perf_route = {
	.unit = "packet",
	.what = "look the route up",
	.prepare = parse,
	.run = route,
	.done = done_route,
	.keeps = true,
};

static void
to_route(struct perf *p)
{
	parse(p);
	route(p);
}

static void
size(struct perf *p)
{
	for_families(p, mtud_fwd_size);
}

static unsigned int
done_size(struct perf *p)
{
	enum mtud_family family;
	unsigned int done = 0;
	unsigned int i;

	for (family = 0; family < MTUD_FAMILIES; family++)
		for (i = 0; i < p->w->rx[family].n; i++)
			done += p->w->rx[family].verdict[i] == p->c->kind->verdict;
	return done;
}

const struct perf_stage perf_size = {
	.unit = "packet",
	.what = "read slot, adjacency and hop limit, compare the size, a verdict",
	.prepare = to_route,
	.run = size,
	.done = done_size,
	.keeps = true,
};

static void
to_size(struct perf *p)
{
	to_route(p);
	size(p);
}

static void
mss(struct perf *p)
{
	for_families(p, mtud_fwd_mss);
}

static unsigned int
done_mss(struct perf *p)
{
	return (unsigned int)p->w->stat.syn[MTUD_SYN_REWRITTEN];
}

const struct perf_stage perf_mss = {
	.unit = "SYN",
	.what = "clamp the MSS of a SYN to what both ways allow",
	.prepare = to_size,
	.run = mss,
	.done = done_mss,
	.keeps = true,
};

static void
egress(struct perf *p)
{
	for_families(p, mtud_fwd_egress);
}

const struct perf_stage perf_egress = {
	.unit = "packet",
	.what = "hop limit, Ethernet header, counters of the route, into the port's batch",
	.prepare = to_size,
	.run = egress,
	.done = done_left,
};

const struct perf_stage perf_fragment = {
	.unit = "packet",
	.what = "egress of a packet of 1500 octets as two fragments",
	.prepare = to_size,
	.run = egress,
	.done = done_left,
};

static void
to_egress(struct perf *p)
{
	to_size(p);
	egress(p);
}

static void
answer(struct perf *p)
{
	for_families(p, mtud_fwd_except);
	mtud_fwd_send_born(p->w);
}

const struct perf_stage perf_answer = {
	.unit = "answer",
	.what = "may we, the bucket, build, and the way back: from verdict to the port's batch",
	.prepare = to_egress,
	.run = answer,
	.done = done_left,
};

static void
flush(struct perf *p)
{
	mtud_fwd_flush(p->w);
}

const struct perf_stage perf_flush = {
	.unit = "packet",
	.what = "a port's batch to the port: how much of what follows is the test's own ring",
	.prepare = to_egress,
	.run = flush,
	.done = done_left,
};

static void
burst(struct perf *p)
{
	mtud_fwd_burst(p->w, 0, p->pkt, MTUD_BURST);
}

const struct perf_stage perf_burst = {
	.unit = "packet",
	.what = "the whole way of a burst, from the port's hands to the port",
	.run = burst,
	.done = done_left,
};
