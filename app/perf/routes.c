/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Tables with prefixes as long as in the Internet's: what the smallest one holds is that of
 * scripts/bench.sh, the others are drawn at random, the same ones each time. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_errno.h>
#include <rte_random.h>

#include "perf.h"

#define NEXT_HOPS 16
#define NARROW    256
/* Routes beside those of a table's name: NARROW of each family, links, senders. */
#define MORE_ROUTES 1024

/* One in so many IPv6 routes is an allocation, and holds the others. */
#define ALLOCATION 10

/* Of 100 routes so many have this length. */
struct share {
	uint8_t len;
	uint8_t percent;
};

static const struct share shares6[] = {{19, 1}, {22, 1}, {24, 1}, {28, 2}, {29, 5}, {32, 15},
	{36, 5}, {40, 13}, {44, 13}, {48, 44}};
static const struct share shares4[] = {{8, 1}, {12, 1}, {14, 1}, {16, 3}, {18, 2}, {19, 3},
	{20, 5}, {21, 5}, {22, 12}, {23, 10}, {24, 57}};

/* Prefixes of one family, while a table is filled. */
struct drawing {
	enum mtud_family family;
	uint32_t n;
	struct mtud_prefix *prefix;
};

static uint8_t
draw_len(const struct share *shares, unsigned int n)
{
	uint64_t percent = rte_rand_max(100);
	unsigned int i;

	for (i = 0; i < n - 1 && percent >= shares[i].percent; i++)
		percent -= shares[i].percent;
	return shares[i].len;
}

static void
fill_random(struct mtud_ip *ip, uint8_t from_octet)
{
	for (; from_octet < MTUD_IP_LEN; from_octet++)
		ip->b[from_octet] = (uint8_t)rte_rand();
}

/* Allocations lie close together in a few blocks, as registries give them out; what is longer than
 * a /32 lies within one. */
static void
draw6(const struct drawing *d, struct mtud_prefix *prefix)
{
	static const uint8_t blocks[] = {0x24, 0x26, 0x28, 0x2a, 0x2c};
	uint32_t allocations = d->n / ALLOCATION;

	prefix->len = draw_len(shares6, RTE_DIM(shares6));
	prefix->ip = (struct mtud_ip){{blocks[rte_rand_max(RTE_DIM(blocks))]}};
	fill_random(&prefix->ip, 1);
	prefix->ip.b[1] &= 0x1f;
	if (d->n < allocations)
		prefix->len = 32;
	else if (prefix->len > 32)
		memcpy(prefix->ip.b, d->prefix[rte_rand_max(allocations)].ip.b, 4);
	mtud_ip_mask(&prefix->ip, prefix->len);
}

static void
draw4(struct mtud_prefix *prefix)
{
	prefix->len = MTUD_IP4_BITS_AT + draw_len(shares4, RTE_DIM(shares4));
	do {
		prefix->ip = mtud_ip_from_v4((uint32_t)rte_rand());
	} while (!mtud_ip_is_host_v4(&prefix->ip) || prefix->ip.b[12] == 10 ||
		prefix->ip.b[12] == 192 || prefix->ip.b[12] == 198 || prefix->ip.b[12] == 203);
	mtud_ip_mask(&prefix->ip, prefix->len);
}

static struct mtud_ip
block(enum mtud_family family, uint8_t which6, const uint8_t which4[2], unsigned int n)
{
	if (family == MTUD_IPV4)
		return (struct mtud_ip){{[10] = 0xff, 0xff, which4[0], which4[1], (uint8_t)n, 1}};
	return (struct mtud_ip){{0x20, 0x01, 0x0d, 0xb8, which6, (uint8_t)n, [15] = 1}};
}

/* The routes of scripts/bench.sh: 2001:db8:1000::/48 and 198.18.0.0/24 and so on. */
static void
plain(struct mtud_prefix *prefix, enum mtud_family family, unsigned int n)
{
	prefix->len = family == MTUD_IPV4 ? MTUD_IP4_BITS_AT + 24 : 48;
	prefix->ip = block(family, 0x10, (const uint8_t[]){198, 18}, n);
	mtud_ip_mask(&prefix->ip, prefix->len);
}

struct mtud_ip
perf_narrow(enum mtud_family family, unsigned int n)
{
	return block(family, 0x20, (const uint8_t[]){10, 18}, n % NARROW);
}

struct mtud_ip
perf_sender(enum mtud_family family, unsigned int flow)
{
	struct mtud_ip ip = {{0x20, 0x01, 0x0d, 0xb8, 0x5e, 0x4d}};

	if (family == MTUD_IPV4)
		ip = (struct mtud_ip){{[10] = 0xff, 0xff, 198, 19}};
	ip.b[14] = (uint8_t)((flow + 1) >> 8);
	ip.b[15] = (uint8_t)(flow + 1);
	return ip;
}

static struct mtud_ip
next_hop(enum mtud_family family, uint16_t port, unsigned int n)
{
	struct mtud_ip ip = {{0x20, 0x01, 0x0d, 0xb8, 0, 0x0a + port}};

	if (family == MTUD_IPV4)
		ip = port == 0 ? (struct mtud_ip){{[10] = 0xff, 0xff, 192, 0, 2}} :
				 (struct mtud_ip){{[10] = 0xff, 0xff, 203, 0, 113}};
	ip.b[15] = (uint8_t)(n + 2);
	return ip;
}

int
perf_add_route(struct perf *p, const struct mtud_prefix *prefix, unsigned int hop, uint16_t port,
	bool narrow)
{
	struct mtud_route_spec spec = {
		.type = MTUD_ROUTE_FORWARD,
		.gw = next_hop(mtud_ip_family(&prefix->ip), port, hop % NEXT_HOPS),
		.port = port,
	};

	if (narrow) {
		spec.mtu = 1280;
		spec.option.mss_mode = MTUD_MSS_CLAMP;
	}
	return mtud_route_set(p->rt, prefix, MTUD_ORIGIN_STATIC, &spec);
}

/* n different prefixes, each in the table, and spare one that is not. */
static int
add_family(struct perf *p, struct drawing *d, uint32_t n, struct mtud_prefix *spare)
{
	struct mtud_route_info info;
	bool drawn = n > 256;
	int ret;

	while (d->n <= n) {
		struct mtud_prefix *prefix = d->n < n ? &d->prefix[d->n] : spare;

		if (!drawn && d->n < n)
			plain(prefix, d->family, d->n);
		else if (d->family == MTUD_IPV4)
			draw4(prefix);
		else
			draw6(d, prefix);
		if (mtud_route_get(p->rt, prefix, &info) == 0)
			continue;
		if (d->n < n) {
			ret = perf_add_route(p, prefix, d->n, 1, false);
			if (ret < 0)
				return ret;
		}
		d->n++;
	}
	d->n = n;
	return 0;
}

static int
add_common(struct perf *p, enum mtud_family family)
{
	struct mtud_prefix prefix = {
		.ip = perf_sender(family, 0), .len = family == MTUD_IPV4 ? 96 + 16 : 48};
	struct mtud_ip hop;
	unsigned int i;
	int ret;

	mtud_ip_mask(&prefix.ip, prefix.len);
	ret = perf_add_route(p, &prefix, 0, 0, false);
	for (i = 0; ret == 0 && i < NARROW; i++) {
		prefix.ip = perf_narrow(family, i);
		prefix.len = family == MTUD_IPV4 ? 96 + 24 : 48;
		mtud_ip_mask(&prefix.ip, prefix.len);
		ret = perf_add_route(p, &prefix, i, 1, true);
	}
	for (i = 0; ret == 0 && i < 2 * NEXT_HOPS; i++) {
		hop = next_hop(family, i % 2, i / 2);
		ret = mtud_neigh_set_static(p->nt, i % 2, &hop, &perf_peer_mac[i % 2], 0);
	}
	return ret;
}

static int
choose_destinations(struct perf *p, const struct drawing *d)
{
	struct perf_dsts *dsts = &p->dsts[d->family];
	uint32_t i;

	dsts->n = p->scale->random;
	dsts->ip = calloc(dsts->n, sizeof(*dsts->ip));
	if (dsts->ip == NULL)
		return -ENOMEM;
	for (i = 0; i < dsts->n; i++) {
		const struct mtud_prefix *prefix = &d->prefix[rte_rand_max(d->n)];
		struct mtud_ip net, *ip = &dsts->ip[i];
		unsigned int b;

		*ip = net = prefix->ip;
		fill_random(ip, prefix->len / 8);
		for (b = prefix->len / 8; b < MTUD_IP_LEN; b++) {
			uint8_t host = b > prefix->len / 8 ? 0xff : 0xff >> prefix->len % 8;

			ip->b[b] = net.b[b] | (ip->b[b] & host);
		}
	}
	return 0;
}

static int
fill(struct perf *p)
{
	enum mtud_family family;
	int ret = 0;

	for (family = 0; ret == 0 && family < MTUD_FAMILIES; family++) {
		uint32_t n = p->scale->routes[p->table][family];
		struct drawing d = {.family = family, .prefix = calloc(n, sizeof(*d.prefix))};

		if (d.prefix == NULL)
			return -ENOMEM;
		ret = add_common(p, family);
		if (ret == 0)
			ret = add_family(p, &d, n, &p->spare[family]);
		if (ret == 0)
			ret = choose_destinations(p, &d);
		free(d.prefix);
	}
	return ret < 0 ? ret : mtud_route_commit(p->rt);
}

static void
no_solicit(void *ctx, uint16_t port, const struct mtud_ip *target,
	const struct rte_ether_addr *mac, const struct rte_mbuf *trigger)
{
	(void)ctx, (void)port, (void)target, (void)mac, (void)trigger;
}

static void
no_packets(void *ctx, struct rte_mbuf **pkts, unsigned int n)
{
	(void)ctx;
	rte_pktmbuf_free_bulk(pkts, n);
}

static int
create_tables(struct perf *p)
{
	static const struct mtud_neigh_ops ops = {
		.solicit = no_solicit, .release = no_packets, .fail = no_packets};
	const uint32_t *routes = p->scale->routes[p->table];
	struct mtud_neigh_conf neigh = {
		.max = 1000, .hold = 3, .ops = &ops, .socket = SOCKET_ID_ANY, .qsbr = p->qsbr};
	struct mtud_route_conf route = {
		.max_routes = routes[MTUD_IPV6] + routes[MTUD_IPV4] + MORE_ROUTES,
		.tbl8s = p->scale->tbl8s[p->table],
		.engine6 = MTUD_ENGINE_TRIE,
		.engine4 = MTUD_ENGINE_DPDK,
		.workers = 1,
		.socket = SOCKET_ID_ANY,
		.qsbr = p->qsbr,
	};

	p->nt = mtud_neigh_create(&neigh);
	route.neigh = p->nt;
	if (p->nt == NULL)
		return -rte_errno;
	p->rt = mtud_route_create(&route);
	if (p->rt == NULL)
		return -rte_errno;
	mtud_route_set_port_mtu(p->rt, 0, 1500);
	mtud_route_set_port_mtu(p->rt, 1, 1500);
	return 0;
}

int
perf_routes_create(struct perf *p, enum perf_table table)
{
	int ret;

	p->table = table;
	rte_srand(table + 1);
	ret = create_tables(p);
	if (ret == 0)
		ret = fill(p);
	if (ret < 0)
		return perf_fail("table of %" PRIu32 " IPv6 and %" PRIu32 " IPv4 routes: %s; give "
				 "more memory with -m", p->scale->routes[table][MTUD_IPV6],
			p->scale->routes[table][MTUD_IPV4], rte_strerror(-ret));
	p->w->routes = p->rt;
	p->w->nt = p->nt;
	p->w->adjs = mtud_neigh_adjs(p->nt);
	p->w->count = mtud_route_counts(p->rt, 0);
	p->w->special = mtud_route_specials(p->rt, 0);
	return 0;
}

void
perf_routes_free(struct perf *p)
{
	enum mtud_family family;

	mtud_route_free(p->rt);
	mtud_neigh_free(p->nt);
	p->rt = NULL;
	p->nt = NULL;
	for (family = 0; family < MTUD_FAMILIES; family++) {
		free(p->dsts[family].ip);
		p->dsts[family] = (struct perf_dsts){0};
	}
}
