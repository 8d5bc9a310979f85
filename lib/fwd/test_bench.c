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

static void
add_by_peer(const char *text, uint16_t mtu, enum mtud_route_df df, enum mtud_route_mss mode,
	uint16_t mss)
{
	struct mtud_route_spec spec = {.type = MTUD_ROUTE_FORWARD, .port = 1, .mtu = mtu,
		.option = {.df = df, .mss_mode = mode, .mss = mss}};

	add_route(text, MTUD_ORIGIN_STATIC, spec,
		strchr(text, ':') != NULL ? "2001:db8:b::2" : "203.0.113.2");
}

/* Port 0: 192.0.2.0/24, port 1: 203.0.113.0/24, a peer at .2 on each. */
static void
fill_ipv4(void)
{
	struct mtud_route_spec by_type = {.type = MTUD_ROUTE_LOCAL};

	add_route("192.0.2.1/32", MTUD_ORIGIN_CONNECTED, by_type, NULL);
	add_route("203.0.113.1/32", MTUD_ORIGIN_CONNECTED, by_type, NULL);
	by_type.type = MTUD_ROUTE_BROADCAST;
	add_route("192.0.2.255/32", MTUD_ORIGIN_CONNECTED, by_type, NULL);
	add_route("203.0.113.255/32", MTUD_ORIGIN_CONNECTED, by_type, NULL);
	by_type.type = MTUD_ROUTE_ONLINK;
	add_route("192.0.2.0/24", MTUD_ORIGIN_CONNECTED, by_type, NULL);
	by_type.port = 1;
	add_route("203.0.113.0/24", MTUD_ORIGIN_CONNECTED, by_type, NULL);
	by_type.type = MTUD_ROUTE_BLACKHOLE;
	add_route("198.51.100.0/24", MTUD_ORIGIN_STATIC, by_type, NULL);
	by_type.type = MTUD_ROUTE_UNREACHABLE;
	add_route("198.51.101.0/24", MTUD_ORIGIN_STATIC, by_type, NULL);
	by_type.type = MTUD_ROUTE_PROHIBIT;
	add_route("198.51.102.0/24", MTUD_ORIGIN_STATIC, by_type, NULL);
	add_by_peer("10.1.0.0/16", 1280, MTUD_DF_REPLY, MTUD_MSS_KEEP, 0);
	add_by_peer("10.2.0.0/16", 1280, MTUD_DF_PASS, MTUD_MSS_KEEP, 0);
	add_by_peer("10.3.0.0/16", 1280, MTUD_DF_CLEAR, MTUD_MSS_KEEP, 0);
	add_by_peer("10.4.0.0/16", 1400, MTUD_DF_REPLY, MTUD_MSS_CLAMP, 0);
	add_by_peer("10.5.0.0/16", 0, MTUD_DF_REPLY, MTUD_MSS_MAX, 1000);
	add_by_peer("10.6.0.0/16", 0, MTUD_DF_REPLY, MTUD_MSS_SET, 1460);
	add_by_peer("2001:db8:6::/48", 1400, MTUD_DF_REPLY, MTUD_MSS_CLAMP, 0);
	add_by_peer("10.7.0.0/16", 68, MTUD_DF_REPLY, MTUD_MSS_KEEP, 0);
}

/* Port 0: 2001:db8:a::/64, port 1: 2001:db8:b::/64, a peer at ::2 on each. */
static void
fill_tables(void)
{
	static const struct {
		const char *ip;
		uint16_t port;
		uint8_t len;
	} ours[] = {{"2001:db8:a::1", 0, 64}, {"2001:db8:b::1", 1, 64}, {"fe80::a1", 0, 64},
		{"fe80::b1", 1, 64}, {"192.0.2.1", 0, 96 + 24}, {"203.0.113.1", 1, 96 + 24}};
	struct mtud_route_spec local = {.type = MTUD_ROUTE_LOCAL};
	struct mtud_ip ip;
	unsigned int i;

	for (i = 0; i < RTE_DIM(ours); i++) {
		ip = ip6(ours[i].ip);
		assert_int_equal(mtud_addr_add(&bench.view.addrs, ours[i].port, &ip,
					 ours[i].len, false), 0);
		bench.view.addrs.addr[i].state = MTUD_ADDR_PREFERRED;
	}
	mtud_fwd_mark_sources(&bench.view);
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
	fill_ipv4();
	assert_int_equal(mtud_route_commit(bench.rt), 0);
	for (i = 0; i < PORTS; i++) {
		ip = ip6(i == 0 ? "2001:db8:a::2" : "2001:db8:b::2");
		assert_int_equal(mtud_neigh_set_static(bench.nt, i, &ip, &peer_mac[i], 0), 0);
		ip = ip6(i == 0 ? "192.0.2.2" : "203.0.113.2");
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
	w->routes = bench.rt;
	w->nt = bench.nt;
	w->adjs = mtud_neigh_adjs(bench.nt);
	w->count = mtud_route_counts(bench.rt, 0);
	w->special = mtud_route_specials(bench.rt, 0);
	w->rx[MTUD_IPV4].family = w->born[MTUD_IPV4].family = MTUD_IPV4;
	w->frag.direct = mtud_pkt_pool_create(
		"direct", 255, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	w->frag.indirect = mtud_pkt_pool_create("indirect", 255, 0, 0, SOCKET_ID_ANY);
	w->stale_used = rte_zmalloc("stale", 1024, 0);
	w->error_rate = mtud_rate_create(rte_get_tsc_hz(), SOCKET_ID_ANY);
	w->echo_rate = mtud_rate_create(rte_get_tsc_hz(), SOCKET_ID_ANY);
	w->reply_pool = mtud_pkt_pool_create(
		"reply", 255, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	w->punt = rte_ring_create("punt", 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	w->inject = rte_ring_create("inject", 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	w->view = &bench.view;
	assert_non_null(w->reply_pool);
	assert_non_null(w->frag.direct);
	assert_non_null(w->frag.indirect);
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
	assert_int_equal(test_eal_init(512, ""), 0);
	qsbr = rte_zmalloc("qsbr", rte_rcu_qsbr_get_memsize(1), RTE_CACHE_LINE_SIZE);
	rte_rcu_qsbr_init(qsbr, 1);
	neigh.qsbr = qsbr;
	bench.nt = mtud_neigh_create(&neigh);
	route.qsbr = qsbr;
	route.neigh = bench.nt;
	bench.rt = mtud_route_create(&route);
	assert_non_null(bench.rt);
	bench.pool = mtud_pkt_pool_create(
		"rx", 255, 0, RTE_PKTMBUF_HEADROOM + 9216, SOCKET_ID_ANY);
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
	rte_mempool_free(w->frag.direct);
	rte_mempool_free(w->frag.indirect);
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
	tap_reset();
	memset(bench.w->count, 0, 257 * sizeof(*bench.w->count));
	memset(bench.w->special, 0, 257 * sizeof(*bench.w->special));
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

struct mtud_route_special *
special_of(const char *dst)
{
	struct mtud_ip ip = ip6(dst);
	uint32_t dst4 = rte_be_to_cpu_32(mtud_ip_to_v4(&ip));
	int32_t slot;

	mtud_route_lookup4(mtud_route_view(bench.rt), &dst4, &slot, 1);
	return &bench.w->special[slot];
}

/* The sum that RFC 1071 describes, octet by octet. */
static uint16_t
plain_cksum(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += (i & 1) ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void
seal4(struct rte_mbuf *m)
{
	uint8_t *ip = rte_pktmbuf_mtod_offset(m, uint8_t *, MTUD_L3_AT);
	uint16_t sum;

	ip[10] = ip[11] = 0;
	sum = plain_cksum(ip, (ip[0] & 15) * 4);
	ip[10] = sum >> 8;
	ip[11] = sum & 0xff;
}

bool
is_sealed4(const struct rte_mbuf *m)
{
	const uint8_t *ip = rte_pktmbuf_mtod_offset(m, const uint8_t *, MTUD_L3_AT);

	return plain_cksum(ip, (ip[0] & 15) * 4) == 0;
}

struct rte_mbuf *
make4(const struct recipe4 *r)
{
	uint16_t ip_len = r->ip_len != 0 ? r->ip_len : 100;
	uint8_t ihl = 20 + r->options_len;
	struct rte_mbuf *m = rte_pktmbuf_alloc(bench.pool);
	struct mtud_ip src = ip6(r->src), dst = ip6(r->dst);
	struct rte_ether_hdr *eth;
	uint8_t *ip;
	uint16_t i;

	assert_non_null(m);
	eth = (void *)rte_pktmbuf_append(m, MTUD_L3_AT + ip_len + r->padding);
	assert_non_null(eth);
	eth->dst_addr = r->dst_mac != NULL ? *r->dst_mac : our_mac[0];
	eth->src_addr = peer_mac[0];
	eth->ether_type = RTE_BE16(0x0800);
	ip = (uint8_t *)(eth + 1);
	memcpy(ip, "\x45\x10\0\0\x12\x34\0\0\x40\x11\0\0", 12);
	ip[0] = 0x40 | ihl / 4;
	ip[2] = ip_len >> 8;
	ip[3] = ip_len & 0xff;
	ip[6] = r->frag >> 8;
	ip[7] = r->frag & 0xff;
	if (r->ttl != 0 || r->no_ttl)
		ip[8] = r->ttl;
	if (r->proto != 0)
		ip[9] = r->proto;
	memcpy(ip + 12, &src.b[12], 4);
	memcpy(ip + 16, &dst.b[12], 4);
	if (r->options_len > 0)
		memcpy(ip + 20, r->options, r->options_len);
	for (i = 0; i < ip_len - ihl + r->padding; i++)
		ip[ihl + i] = i < r->payload_len ? r->payload[i] : (uint8_t)(i * 7);
	seal4(m);
	return m;
}

void
feed_all(uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++)
		pkts[i]->port = RTE_MBUF_PORT_INVALID;
	mtud_fwd_begin(bench.w);
	mtud_fwd_burst(bench.w, port, pkts, n);
}

void
feed(uint16_t port, struct rte_mbuf *m)
{
	m->port = RTE_MBUF_PORT_INVALID; /* as net_ring leaves it */
	tap_fed(port, m);
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
	assert_int_equal(rte_mempool_in_use_count(bench.w->frag.direct), 0);
	assert_int_equal(rte_mempool_in_use_count(bench.w->frag.indirect), 0);
	tap_check();
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
