/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_cycles.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_random.h>

#include "fuzz_world.h"
#include "test_eal.h"

#define MUST(what)                           \
	do {                                 \
		if (!(what))                 \
			BROKEN("%s", #what); \
	} while (0)

struct world world;

const struct rte_ether_addr our_mac[PORTS] = {{{2, 0, 0, 0, 0, 0xa1}}, {{2, 0, 0, 0, 0, 0xb1}}};
static const struct rte_ether_addr static_mac = {{2, 0, 0, 0, 0, 0xa9}};

static struct rte_rcu_qsbr *qsbr;

static const struct {
	const char *ip;
	uint16_t port;
	uint8_t len;
} ours[] = {
	{"fe80::a1", 0, 64}, {"2001:db8:a::1", 0, 64}, {"192.0.2.1", 0, 96 + 24},
	{"fe80::b1", 1, 64}, {"2001:db8:b::1", 1, 64}, {"203.0.113.1", 1, 96 + 24},
	/* From here on they come and go. */
	{"2001:db8:a::3", 0, 64}, {"192.0.2.3", 0, 96 + 24}, {"fe80::b3", 1, 64},
	{"2001:db8:b::3", 1, 64},
};

#define OURS_FIXED 6

#define RESET_MS 10000000

struct mtud_ip
world_ip(const char *text)
{
	struct mtud_ip ip;

	MUST(mtud_ip_parse(text, &ip) == 0);
	return ip;
}

static void
addr_changed(void *ctx, const struct mtud_addr *addr)
{
	RTE_SET_USED(ctx);
	RTE_SET_USED(addr);
	world_follow();
}

static void
addr_conflict(void *ctx, const struct mtud_addr *addr, const struct rte_ether_addr *mac)
{
	RTE_SET_USED(ctx);
	RTE_SET_USED(mac);
	MUST(addr >= world.addrs.addr && addr < &world.addrs.addr[world.addrs.n]);
}

bool
world_is_on_link(uint16_t port, const struct mtud_ip *ip)
{
	unsigned int i;

	for (i = 0; i < world.addrs.n; i++) {
		struct mtud_prefix p = mtud_addr_prefix(&world.addrs.addr[i]);

		if (world.addrs.addr[i].port == port && mtud_prefix_contains(&p, ip))
			return true;
	}
	return false;
}

static bool
is_on_link(void *ctx, uint16_t port, const struct mtud_ip *ip)
{
	RTE_SET_USED(ctx);
	return world_is_on_link(port, ip);
}

static bool
next_hop(void *ctx, const struct mtud_ip *dst, uint16_t *port, struct mtud_ip *ip)
{
	struct mtud_route_info info;

	RTE_SET_USED(ctx);
	if (mtud_route_match(world.rt, dst, &info) < 0 || !mtud_route_sends(info.spec.type))
		return false;
	*port = info.spec.port;
	*ip = info.spec.type == MTUD_ROUTE_FORWARD ? info.spec.gw : *dst;
	return true;
}

static const struct mtud_ctl_ops ops = {
	.addr_changed = addr_changed,
	.addr_conflict = addr_conflict,
	.is_on_link = is_on_link,
	.next_hop = next_hop,
};

void
world_follow(void)
{
	struct mtud_fwd_view *v = world.view;
	unsigned int i, family;

	v->addrs = world.addrs;
	memset(v->false_source, 0, sizeof(v->false_source));
	mtud_fwd_mark_sources(v);
	for (i = 0; i < PORTS; i++)
		for (family = 0; family < MTUD_FAMILIES; family++)
			v->port[i].only_source[family] =
				mtud_addr_only_source(&v->addrs, i, family);
}

static void
set_route(const char *text, struct mtud_route_spec spec, const char *gw)
{
	struct mtud_prefix prefix;

	MUST(mtud_prefix_parse(text, &prefix, NULL) == 0);
	if (gw != NULL)
		spec.gw = world_ip(gw);
	MUST(mtud_route_set(world.rt, &prefix, MTUD_ORIGIN_STATIC, &spec) == 0);
}

/* The route of an address of ours, which link-local ones have not. */
static void
set_local(const struct mtud_ip *ip, bool there)
{
	struct mtud_prefix prefix = {*ip, 128};
	struct mtud_route_spec local = {.type = MTUD_ROUTE_LOCAL};

	if (mtud_ip_is_link_local(ip))
		return;
	if (there)
		MUST(mtud_route_set(world.rt, &prefix, MTUD_ORIGIN_CONNECTED, &local) == 0);
	else
		MUST(mtud_route_del(world.rt, &prefix, MTUD_ORIGIN_CONNECTED) == 0);
	MUST(mtud_route_commit(world.rt) == 0);
}

void
world_toggle_address(unsigned int which)
{
	unsigned int at = OURS_FIXED + which % (RTE_DIM(ours) - OURS_FIXED);
	struct mtud_ip ip = world_ip(ours[at].ip);
	bool there = mtud_addr_find(&world.addrs, ours[at].port, &ip) == NULL;

	set_local(&ip, there);
	if (there) {
		MUST(mtud_addr_add(&world.addrs, ours[at].port, &ip, ours[at].len, false) == 0);
		world.ctl->now_ms = world.now_ms;
		mtud_ctl_addr_added(
			world.ctl, mtud_addr_find(&world.addrs, ours[at].port, &ip));
	} else {
		MUST(mtud_addr_del(&world.addrs, ours[at].port, &ip) == 0);
	}
	world_follow();
}

static void
make_ports(void)
{
	unsigned int i;

	for (i = 0; i < PORTS; i++) {
		char name[16];
		uint8_t frame[8] = {0};

		snprintf(name, sizeof(name), "port%u", i);
		world.out[i] = rte_ring_create(name, 256, SOCKET_ID_ANY, 0);
		MUST(rte_eth_from_rings(name, &world.out[i], 1, &world.out[i], 1, 0) == (int)i);
		MUST(rte_eth_dev_configure(i, 1, 1, &(struct rte_eth_conf){0}) == 0);
		MUST(rte_eth_rx_queue_setup(i, 0, 64, 0, NULL, world.rx) == 0);
		MUST(rte_eth_tx_queue_setup(i, 0, 64, 0, NULL) == 0);
		MUST(rte_eth_dev_start(i) == 0);
		memcpy(frame, &our_mac[i], RTE_ETHER_ADDR_LEN);
		world.view->port[i] = (struct mtud_fwd_port){.mac_word = mtud_fwd_mac_word(frame),
			.mtu = 1500, .up = true, .tx_multi_seg = true, .mac = our_mac[i]};
		mtud_route_set_port_mtu(world.rt, i, 1500);
	}
}

static void
make_routes(void)
{
	struct mtud_route_spec spec = {.type = MTUD_ROUTE_ONLINK};
	struct mtud_ip own;
	unsigned int i;

	set_route("2001:db8:a::/64", spec, NULL);
	set_route("192.0.2.0/24", spec, NULL);
	spec.port = 1;
	set_route("2001:db8:b::/64", spec, NULL);
	set_route("203.0.113.0/24", spec, NULL);
	spec.type = MTUD_ROUTE_FORWARD;
	set_route("2001:db8:1::/48", spec, "2001:db8:b::2");
	set_route("10.1.0.0/16", spec, "203.0.113.2");
	spec.type = MTUD_ROUTE_LOCAL;
	spec.flags = MTUD_ROUTE_F_ANYCAST;
	set_route("2001:db8:a::/128", spec, NULL);
	spec = (struct mtud_route_spec){.type = MTUD_ROUTE_BROADCAST};
	set_route("192.0.2.255/32", spec, NULL);
	set_route("203.0.113.255/32", spec, NULL);
	for (i = 0; i < OURS_FIXED; i++) {
		own = world_ip(ours[i].ip);
		set_local(&own, true);
	}
	MUST(mtud_route_commit(world.rt) == 0);
}

static struct rte_mempool *
make_pool(const char *name, unsigned int n)
{
	struct rte_mempool *pool =
		mtud_pkt_pool_create(name, n, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);

	MUST(pool != NULL);
	return pool;
}

static void
make_worker(void)
{
	struct mtud_worker *w = rte_zmalloc("worker", sizeof(*w), RTE_CACHE_LINE_SIZE);

	MUST(w != NULL);
	world.w = w;
	w->n_ports = PORTS;
	w->qsbr = qsbr;
	w->routes = world.rt;
	w->nt = world.nt;
	w->adjs = mtud_neigh_adjs(world.nt);
	w->count = mtud_route_counts(world.rt, 0);
	w->special = mtud_route_specials(world.rt, 0);
	w->rx[MTUD_IPV4].family = w->born[MTUD_IPV4].family = MTUD_IPV4;
	w->frag.direct = make_pool("direct", 63);
	w->frag.indirect = make_pool("indirect", 63);
	w->reply_pool = make_pool("reply", 127);
	w->stale_used = rte_zmalloc("stale", NEIGHBORS + 1, 0);
	w->error_rate = mtud_rate_create(rte_get_tsc_hz(), SOCKET_ID_ANY);
	w->echo_rate = mtud_rate_create(rte_get_tsc_hz(), SOCKET_ID_ANY);
	w->punt = rte_ring_create("punt", 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	w->inject = rte_ring_create("inject", 128, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	w->view = world.view;
	MUST(w->stale_used != NULL && w->error_rate != NULL && w->echo_rate != NULL);
	MUST(w->punt != NULL && w->inject != NULL);
}

static void
make_ctl(void)
{
	*world.ctl = (struct mtud_ctl){.addrs = &world.addrs, .nt = world.nt, .pool = world.own,
		.workers = &world.w, .n_workers = 1, .n_ports = PORTS, .ops = &ops};
	MUST(mtud_ctl_limits_create(&world.ctl->limits, PORTS, SOCKET_ID_ANY) == 0);
}

/* What lies in memory of DPDK's points to some that LeakSanitizer counts. */
static void
end(void)
{
	mtud_route_free(world.rt);
	mtud_neigh_free(world.nt);
	mtud_ctl_limits_free(&world.ctl->limits);
	free(world.ctl);
}

void
world_make(void)
{
	struct mtud_neigh_conf neigh = {.max = NEIGHBORS, .max_pending = PENDING, .hold = HOLD,
		.ops = &mtud_ctl_neigh_ops, .socket = SOCKET_ID_ANY};
	struct mtud_route_conf route = {
		.max_routes = 64, .tbl8s = 64, .workers = 1, .socket = SOCKET_ID_ANY};

	MUST(test_eal_init(512, "") == 0);
	rte_srand(1);
	qsbr = rte_zmalloc("qsbr", rte_rcu_qsbr_get_memsize(1), RTE_CACHE_LINE_SIZE);
	MUST(rte_rcu_qsbr_init(qsbr, 1) == 0);
	world.rx = make_pool("rx", 127);
	world.own = make_pool("own", 255);
	world.view = rte_zmalloc("view", sizeof(*world.view), RTE_CACHE_LINE_SIZE);
	world.view->icmp_hop_limit = 64;
	neigh.qsbr = route.qsbr = qsbr;
	/* The cache calls back with what is made behind it. */
	neigh.ctx = world.ctl = calloc(1, sizeof(*world.ctl));
	MUST(world.ctl != NULL);
	world.nt = mtud_neigh_create(&neigh);
	MUST(world.nt != NULL);
	route.neigh = world.nt;
	world.rt = mtud_route_create(&route);
	MUST(world.rt != NULL);
	make_ports();
	make_routes();
	make_worker();
	make_ctl();
	MUST(atexit(end) == 0);
}

static void
note(const struct mtud_neigh_info *info, void *arg)
{
	struct picture *p = arg;

	if (p->n == NEIGHBORS)
		BROKEN("more than %u neighbors", NEIGHBORS);
	p->entry[p->n++] = *info;
}

void
world_picture(struct picture *p)
{
	p->n = 0;
	mtud_neigh_foreach(world.nt, note, p);
}

unsigned int
world_in_use(void)
{
	const struct mtud_frag_pools *frag = &world.w->frag;

	return rte_mempool_in_use_count(world.rx) + rte_mempool_in_use_count(world.own) +
		rte_mempool_in_use_count(world.w->reply_pool) +
		rte_mempool_in_use_count(frag->direct) + rte_mempool_in_use_count(frag->indirect);
}

static void
free_ring(struct rte_ring *ring)
{
	struct rte_mbuf *m;

	while (rte_ring_dequeue(ring, (void **)&m) == 0)
		rte_pktmbuf_free(m);
}

/* Addresses first: what goes with them is sent for the last time. */
static void
forget(void)
{
	struct picture p;
	struct mtud_ip ip;
	unsigned int i;

	for (i = OURS_FIXED; i < RTE_DIM(ours); i++) {
		ip = world_ip(ours[i].ip);
		if (mtud_addr_find(&world.addrs, ours[i].port, &ip) != NULL)
			world_toggle_address(i - OURS_FIXED);
	}
	world_picture(&p);
	for (i = 0; i < p.n; i++)
		if (p.entry[i].state != MTUD_NEIGH_NONE)
			MUST(mtud_neigh_del(world.nt, p.entry[i].port, &p.entry[i].ip) == 0);
	free_ring(world.w->punt);
	free_ring(world.w->inject);
	for (i = 0; i < PORTS; i++)
		free_ring(world.out[i]);
	if (world_in_use() != 0)
		BROKEN("%u mbufs are lost", world_in_use());
}

void
world_reset(void)
{
	struct mtud_ip ip = world_ip("2001:db8:a::9");
	struct mtud_ip ip4 = world_ip("192.0.2.9");
	unsigned int i;

	forget();
	rte_srand(1);
	/* The same time for the same input: buckets that were emptied later would be so still. */
	world.now_ms = RESET_MS;
	mtud_ctl_limits_free(&world.ctl->limits);
	MUST(mtud_ctl_limits_create(&world.ctl->limits, PORTS, SOCKET_ID_ANY) == 0);
	mtud_ctl_init(world.ctl);
	memset(world.w->stale_used, 0, NEIGHBORS + 1);
	memset(&world.w->stat, 0, sizeof(world.w->stat));
	memset(&world.addrs, 0, sizeof(world.addrs));
	for (i = 0; i < OURS_FIXED; i++) {
		struct mtud_ip own = world_ip(ours[i].ip);

		MUST(mtud_addr_add(&world.addrs, ours[i].port, &own, ours[i].len, i % 3 == 0) == 0);
	}
	world.ctl->now_ms = world.now_ms;
	for (i = 0; i < PORTS; i++)
		mtud_ctl_port_up(world.ctl, i, &our_mac[i]);
	MUST(mtud_neigh_set_static(world.nt, 0, &ip, &static_mac, world.now_ms) == 0);
	MUST(mtud_neigh_set_static(world.nt, 0, &ip4, &static_mac, world.now_ms) == 0);
	world_follow();
}
