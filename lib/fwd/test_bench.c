/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <stdio.h>

#include <rte_cycles.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_udp.h>

#include "test_eal.h"
#include "test_fwd.h"

struct bench bench;

const struct rte_ether_addr our_mac[PORTS] = {{{2, 0, 0, 0, 0, 0xa1}}, {{2, 0, 0, 0, 0, 0xb1}}};
const struct rte_ether_addr peer_mac[PORTS] = {{{2, 0, 0, 0, 0, 0xa2}}, {{2, 0, 0, 0, 0, 0xb2}}};

static struct rte_rcu_qsbr *qsbr;

struct mtud_ip
ip6(const char *text)
{
	struct mtud_ip ip;

	assert_int_equal(mtud_ip_parse(text, &ip), 0);
	return ip;
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

static const struct mtud_neigh_ops ops = {
	.solicit = no_solicit, .release = no_packets, .fail = no_packets};

static void
add_route(const char *text, enum mtud_route_origin origin, struct mtud_route_spec spec,
	const char *gw)
{
	struct mtud_prefix prefix;

	assert_int_equal(mtud_prefix_parse(text, &prefix, NULL), 0);
	if (gw != NULL)
		spec.gw = ip6(gw);
	assert_int_equal(mtud_route_set(bench.rt, &prefix, origin, &spec), 0);
}

/* Port 0: 2001:db8:a::/64, port 1: 2001:db8:b::/64, a peer at ::2 on each. */
static void
fill_tables(void)
{
	static const struct {
		const char *ip;
		uint16_t port;
	} ours[] = {{"2001:db8:a::1", 0}, {"2001:db8:b::1", 1}, {"fe80::a1", 0}, {"fe80::b1", 1}};
	struct mtud_route_spec local = {.type = MTUD_ROUTE_LOCAL};
	struct mtud_ip ip;
	unsigned int i;

	for (i = 0; i < RTE_DIM(ours); i++) {
		ip = ip6(ours[i].ip);
		assert_int_equal(mtud_addr_add(&bench.view.addrs, ours[i].port, &ip, 64, false),
			0);
		bench.view.addrs.addr[i].state = MTUD_ADDR_PREFERRED;
	}
	add_route("2001:db8:a::1/128", MTUD_ORIGIN_CONNECTED, local, NULL);
	add_route("2001:db8:b::1/128", MTUD_ORIGIN_CONNECTED, local, NULL);
	local.flags = MTUD_ROUTE_F_ANYCAST;
	add_route("2001:db8:a::/128", MTUD_ORIGIN_CONNECTED, local, NULL);
	add_route("2001:db8:a::/64", MTUD_ORIGIN_CONNECTED,
		(struct mtud_route_spec){.type = MTUD_ROUTE_ONLINK, .port = 0}, NULL);
	add_route("2001:db8:b::/64", MTUD_ORIGIN_CONNECTED,
		(struct mtud_route_spec){.type = MTUD_ROUTE_ONLINK, .port = 1}, NULL);
	add_route("2001:db8:1::/48", MTUD_ORIGIN_STATIC,
		(struct mtud_route_spec){.type = MTUD_ROUTE_FORWARD, .port = 1, .mtu = 1280},
		"2001:db8:b::2");
	add_route("2001:db8:2::/48", MTUD_ORIGIN_STATIC,
		(struct mtud_route_spec){.type = MTUD_ROUTE_BLACKHOLE}, NULL);
	add_route("2001:db8:3::/48", MTUD_ORIGIN_STATIC,
		(struct mtud_route_spec){.type = MTUD_ROUTE_UNREACHABLE}, NULL);
	add_route("2001:db8:4::/48", MTUD_ORIGIN_STATIC,
		(struct mtud_route_spec){.type = MTUD_ROUTE_PROHIBIT}, NULL);
	add_route("2001:db8:5::/127", MTUD_ORIGIN_STATIC,
		(struct mtud_route_spec){.type = MTUD_ROUTE_ONLINK, .port = 0}, NULL);
	add_route("ff0e::/16", MTUD_ORIGIN_STATIC,
		(struct mtud_route_spec){.type = MTUD_ROUTE_ONLINK, .port = 1, .mtu = 1280}, NULL);
	assert_int_equal(mtud_route_commit(bench.rt), 0);
	for (i = 0; i < PORTS; i++) {
		ip = ip6(i == 0 ? "2001:db8:a::2" : "2001:db8:b::2");
		assert_int_equal(mtud_neigh_set_static(bench.nt, i, &ip, &peer_mac[i], 0), 0);
	}
}

static void
make_worker(void)
{
	struct mtud_worker *w = rte_zmalloc("worker", sizeof(*w), RTE_CACHE_LINE_SIZE);

	assert_non_null(w);
	bench.w = w;
	w->n_ports = PORTS;
	w->rt = bench.rt;
	w->nt = bench.nt;
	w->slots = mtud_route_slots(bench.rt);
	w->adjs = mtud_neigh_adjs(bench.nt);
	w->count = mtud_route_counts(bench.rt, 0);
	w->stale_used = rte_zmalloc("stale", 1024, 0);
	w->error_rate = mtud_rate_create(rte_get_tsc_hz(), SOCKET_ID_ANY);
	w->echo_rate = mtud_rate_create(rte_get_tsc_hz(), SOCKET_ID_ANY);
	w->reply_pool = rte_pktmbuf_pool_create("reply", 255, 0, sizeof(struct mtud_pkt_meta),
		RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	w->punt = rte_ring_create("punt", 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	w->inject = rte_ring_create("inject", 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	w->view = &bench.view;
	assert_non_null(w->reply_pool);
}

static void
make_ports(void)
{
	unsigned int i;

	for (i = 0; i < PORTS; i++) {
		char name[16];
		struct rte_ring *in;
		uint8_t frame[8] = {0};
		int port;

		snprintf(name, sizeof(name), "out%u", i);
		bench.out[i] = rte_ring_create(name, 256, SOCKET_ID_ANY, 0);
		snprintf(name, sizeof(name), "in%u", i);
		in = rte_ring_create(name, 256, SOCKET_ID_ANY, 0);
		port = rte_eth_from_rings(name, &in, 1, &bench.out[i], 1, 0);
		assert_int_equal(port, i);
		assert_int_equal(rte_eth_dev_configure(port, 1, 1, &(struct rte_eth_conf){0}), 0);
		assert_int_equal(rte_eth_rx_queue_setup(port, 0, 64, 0, NULL, bench.pool), 0);
		assert_int_equal(rte_eth_tx_queue_setup(port, 0, 64, 0, NULL), 0);
		assert_int_equal(rte_eth_dev_start(port), 0);
		memcpy(frame, &our_mac[i], RTE_ETHER_ADDR_LEN);
		bench.view.port[i] = (struct mtud_fwd_port){
			.mac_word = mtud_fwd_mac_word(frame),
			.mtu = 1500,
			.up = true,
			.tx_multi_seg = i == 0,
			.mac = our_mac[i],
		};
		mtud_route_set_port_mtu(bench.rt, i, 1500);
	}
}

int
bench_setup(void **state)
{
	struct mtud_neigh_conf neigh = {.max = 1000, .hold = 3, .ops = &ops, .socket = SOCKET_ID_ANY};
	struct mtud_route_conf route = {
		.max_routes = 256, .tbl8s = 512, .workers = 1, .socket = SOCKET_ID_ANY};

	(void)state;
	assert_int_equal(test_eal_init(320, ""), 0);
	qsbr = rte_zmalloc("qsbr", rte_rcu_qsbr_get_memsize(1), RTE_CACHE_LINE_SIZE);
	rte_rcu_qsbr_init(qsbr, 1);
	neigh.qsbr = qsbr;
	bench.nt = mtud_neigh_create(&neigh);
	route.qsbr = qsbr;
	route.neigh = bench.nt;
	bench.rt = mtud_route_create(&route);
	assert_non_null(bench.rt);
	bench.pool = rte_pktmbuf_pool_create("rx", 255, 0, sizeof(struct mtud_pkt_meta),
		RTE_PKTMBUF_HEADROOM + 9216, SOCKET_ID_ANY);
	assert_non_null(bench.pool);
	make_ports();
	fill_tables();
	make_worker();
	bench.view.icmp_hop_limit = 64;
	bench.view.icmp_generation = 1;
	return 0;
}

int
bench_teardown(void **state)
{
	struct mtud_worker *w = bench.w;

	(void)state;
	mtud_rate_free(w->error_rate);
	mtud_rate_free(w->echo_rate);
	mtud_route_free(bench.rt);
	mtud_neigh_free(bench.nt);
	rte_mempool_free(w->reply_pool);
	rte_mempool_free(bench.pool);
	rte_free(w->stale_used);
	rte_free(w);
	return rte_eal_cleanup();
}

int
bench_reset(void **state)
{
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	memset(&bench.w->stat, 0, sizeof(bench.w->stat));
	for (i = 0; i < PORTS; i++)
		while ((m = leaving(i)) != NULL)
			rte_pktmbuf_free(m);
	while (rte_ring_dequeue(bench.w->punt, (void **)&m) == 0)
		rte_pktmbuf_free(m);
	return 0;
}

static void
write_udp(struct rte_mbuf *m, const struct rte_ipv6_hdr *ip, uint16_t len)
{
	struct rte_udp_hdr *udp = rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, 54);
	struct mtud_ip src, dst;

	memcpy(src.b, ip->src_addr, 16);
	memcpy(dst.b, ip->dst_addr, 16);
	udp->dgram_len = rte_cpu_to_be_16(len);
	udp->dgram_cksum = 0;
	udp->dgram_cksum = mtud_pkt_cksum6(m, &src, &dst, 17, 54, len);
}

struct rte_mbuf *
make(const struct recipe *r)
{
	uint16_t ip_len = r->ip_len != 0 ? r->ip_len : 100;
	struct rte_mbuf *m = rte_pktmbuf_alloc(bench.pool);
	struct rte_ether_hdr *eth;
	struct rte_ipv6_hdr *ip;
	struct mtud_ip addr;
	uint16_t i;

	assert_non_null(m);
	if (r->payload_len != 0)
		ip_len = sizeof(*ip) + r->payload_len;
	eth = (void *)rte_pktmbuf_append(m, MTUD_L3_AT + ip_len + r->padding);
	assert_non_null(eth);
	eth->dst_addr = r->dst_mac != NULL ? *r->dst_mac : our_mac[0];
	eth->src_addr = peer_mac[0];
	eth->ether_type = rte_cpu_to_be_16(r->ether_type != 0 ? r->ether_type : 0x86dd);
	ip = (void *)(eth + 1);
	ip->vtc_flow = RTE_BE32(0x6ab12345);
	ip->payload_len = rte_cpu_to_be_16(ip_len - sizeof(*ip));
	ip->proto = r->proto != 0 ? r->proto : 17;
	ip->hop_limits = r->no_hops ? 0 : r->hop_limit != 0 ? r->hop_limit : 64;
	addr = ip6(r->src);
	memcpy(ip->src_addr, addr.b, 16);
	addr = ip6(r->dst);
	memcpy(ip->dst_addr, addr.b, 16);
	for (i = 0; i < ip_len - sizeof(*ip) + r->padding; i++)
		((uint8_t *)(ip + 1))[i] = i < r->payload_len ? r->payload[i] : (uint8_t)(i * 7);
	if (ip->proto == 17 && r->payload_len == 0)
		write_udp(m, ip, ip_len - sizeof(*ip));
	return m;
}

void
feed(uint16_t port, struct rte_mbuf *m)
{
	m->port = port;
	mtud_fwd_begin(bench.w);
	mtud_fwd_burst(bench.w, port, &m, 1);
}

struct rte_mbuf *
leaving(uint16_t port)
{
	void *m;

	return rte_ring_dequeue(bench.out[port], &m) == 0 ? m : NULL;
}

void
assert_silent(void)
{
	unsigned int i;

	for (i = 0; i < PORTS; i++)
		assert_null(leaving(i));
}

void
assert_all_free(void)
{
	assert_int_equal(rte_mempool_in_use_count(bench.pool), 0);
	assert_int_equal(rte_mempool_in_use_count(bench.w->reply_pool), 0);
}

void
assert_dropped(enum mtud_drop reason)
{
	unsigned int i;

	assert_silent();
	assert_all_free();
	for (i = 0; i < MTUD_DROP_MAX; i++)
		if (bench.w->stat.drop[i] != (i == reason))
			fail_msg("%s counted %lu", mtud_drop_name(i), bench.w->stat.drop[i]);
}
