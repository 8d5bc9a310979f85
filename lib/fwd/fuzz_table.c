/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Addresses, neighbors and routes of the fuzzer's world. */

#include "fuzz_world.h"

static const struct {
	const char *ip;
	uint16_t port;
	uint8_t len;
	uint8_t state;
} ours[] = {
	{"2001:db8:a::1", 0, 64, MTUD_ADDR_PREFERRED},
	{"2001:db8:b::1", 1, 64, MTUD_ADDR_PREFERRED},
	{"2001:db8:a::d0", 0, 64, MTUD_ADDR_DUPLICATE},
	{"fe80::ff:fe00:a01", 0, 64, MTUD_ADDR_PREFERRED},
	{"fe80::ff:fe00:b01", 1, 64, MTUD_ADDR_TENTATIVE},
	{"192.0.2.1", 0, 96 + 24, MTUD_ADDR_PREFERRED},
	{"198.51.100.1", 1, 96 + 24, MTUD_ADDR_PREFERRED},
};

static const struct {
	const char *ip;
	uint16_t port;
} neighbors[] = {{"2001:db8:a::2", 0}, {"2001:db8:b::2", 1}, {"fe80::ff:fe00:a02", 0},
	{"fe80::ff:fe00:b02", 1}, {"192.0.2.2", 0}, {"198.51.100.2", 1}};

/* Who is not known before something waits for them. */
static const struct {
	const char *ip;
	uint16_t port;
} strangers[] = {{"2001:db8:a::3", 0}, {"2001:db8:b::3", 1}, {"192.0.2.3", 0}, {"198.51.100.3", 1}};

#define B6 "2001:db8:b::2"
#define B4 "198.51.100.2"
#define TO(gateway) .port = 1, .type = MTUD_ROUTE_FORWARD, .gw = gateway

static const struct fuzz_route routes[] = {
	{"2001:db8:a::1/128", .type = MTUD_ROUTE_LOCAL},
	{"2001:db8:b::1/128", .type = MTUD_ROUTE_LOCAL},
	{"2001:db8:a::d0/128", .type = MTUD_ROUTE_LOCAL},
	{"2001:db8:a::/128", .type = MTUD_ROUTE_LOCAL, .flags = MTUD_ROUTE_F_ANYCAST},
	{"2001:db8:b::/128", .type = MTUD_ROUTE_LOCAL, .flags = MTUD_ROUTE_F_ANYCAST},
	{"2001:db8:a::/64", .type = MTUD_ROUTE_ONLINK},
	{"2001:db8:b::/64", .port = 1, .type = MTUD_ROUTE_ONLINK},
	{"2001:db8:1500::/48", TO(B6)},
	{"2001:db8:1280::/48", TO(B6), .mtu = 1280},
	{"2001:db8:1400::/48", TO(B6), .mtu = 1400},
	{"2001:db8:aaaa::/48", .type = MTUD_ROUTE_FORWARD, .gw = "2001:db8:a::2"},
	{"2001:db8:b1ac::/48", .type = MTUD_ROUTE_BLACKHOLE},
	{"2001:db8:dead::/48", .type = MTUD_ROUTE_UNREACHABLE},
	{"2001:db8:f0b1::/48", .type = MTUD_ROUTE_PROHIBIT},
	{"2001:db8:3::/48", TO("2001:db8:b::3")},
	{"2001:db8:4::/48", TO(B6), .mtu = 1400, .option = {.mss_mode = MTUD_MSS_CLAMP}},
	{"2001:db8:5::/127", .type = MTUD_ROUTE_ONLINK},
	{"2001:db8:6::/48", TO(B6), .option = {.mss_mode = MTUD_MSS_SET, .mss = 1440}},
	{"ff0e::/16", .port = 1, .type = MTUD_ROUTE_ONLINK, .mtu = 1280},
	{"192.0.2.1/32", .type = MTUD_ROUTE_LOCAL},
	{"198.51.100.1/32", .type = MTUD_ROUTE_LOCAL},
	{"192.0.2.255/32", .type = MTUD_ROUTE_BROADCAST},
	{"198.51.100.255/32", .type = MTUD_ROUTE_BROADCAST},
	{"192.0.2.0/24", .type = MTUD_ROUTE_ONLINK},
	{"198.51.100.0/24", .port = 1, .type = MTUD_ROUTE_ONLINK},
	{"198.18.15.0/24", TO(B4)},
	{"198.18.12.0/24", TO(B4), .mtu = 1280},
	{"198.18.14.0/24", TO(B4), .mtu = 1400},
	{"198.18.10.0/24", .type = MTUD_ROUTE_FORWARD, .gw = "192.0.2.2"},
	{"198.18.1.0/24", .type = MTUD_ROUTE_BLACKHOLE},
	{"198.18.2.0/24", .type = MTUD_ROUTE_UNREACHABLE},
	{"198.18.3.0/24", .type = MTUD_ROUTE_PROHIBIT},
	{"10.1.0.0/16", TO(B4), .mtu = 576, .option = {.df = MTUD_DF_CLEAR}},
	{"10.2.0.0/16", TO(B4), .mtu = 1280, .option = {.df = MTUD_DF_PASS}},
	{"10.3.0.0/16", TO("198.51.100.3"), .mtu = 1006},
	{"10.4.0.0/16", TO(B4), .mtu = 1400, .option = {.mss_mode = MTUD_MSS_CLAMP}},
	{"10.5.0.0/16", TO(B4), .option = {.mss_mode = MTUD_MSS_MAX, .mss = 1000}},
	{"10.6.0.0/16", TO(B4), .option = {.mss_mode = MTUD_MSS_SET, .mss = 1460}},
	{"10.7.0.0/16", TO(B4), .mtu = 68},
	{"10.8.0.0/31", .type = MTUD_ROUTE_ONLINK},
	{"10.9.0.0/16", .type = MTUD_ROUTE_FORWARD, .gw = "192.0.2.2", .mtu = 68},
	{"239.0.0.0/8", .port = 1, .type = MTUD_ROUTE_ONLINK, .mtu = 1280},
};

/* Their prefixes, as they are compared. */
static struct {
	uint64_t ip[2], mask[2];
	uint8_t len;
} prefixes[RTE_DIM(routes)];

struct mtud_ip
fuzz_ip(const char *text)
{
	struct mtud_ip ip;

	FUZZ_CHECK(mtud_ip_parse(text, &ip) == 0, "no address: %s", text);
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

static const struct mtud_neigh_ops neigh_ops = {
	.solicit = no_solicit, .release = no_packets, .fail = no_packets};

static void
make_routes(struct rte_rcu_qsbr *qsbr)
{
	struct mtud_neigh_conf neigh = {
		.max = 1000, .hold = 3, .ops = &neigh_ops, .qsbr = qsbr, .socket = SOCKET_ID_ANY};
	struct mtud_route_conf route = {.max_routes = 256, .tbl8s = 512, .workers = 1,
		.qsbr = qsbr, .socket = SOCKET_ID_ANY};
	unsigned int i;

	world.nt = route.neigh = mtud_neigh_create(&neigh);
	world.rt = mtud_route_create(&route);
	FUZZ_CHECK(world.rt != NULL, "no memory for tables");
	for (i = 0; i < FUZZ_PORTS; i++)
		mtud_route_set_port_mtu(world.rt, i, 1500);
	for (i = 0; i < RTE_DIM(routes); i++) {
		const struct fuzz_route *r = &routes[i];
		struct mtud_ip mask = {{[0 ... 15] = 0xff}};
		struct mtud_prefix prefix;
		struct mtud_route_spec spec = {.type = r->type, .port = r->port, .mtu = r->mtu,
			.option = r->option, .flags = r->flags};

		if (r->gw != NULL)
			spec.gw = fuzz_ip(r->gw);
		FUZZ_CHECK(mtud_prefix_parse(r->prefix, &prefix, NULL) == 0 &&
				mtud_route_set(world.rt, &prefix, MTUD_ORIGIN_STATIC, &spec) == 0,
			"no route: %s", r->prefix);
		mtud_ip_mask(&mask, prefix.len);
		memcpy(prefixes[i].ip, prefix.ip.b, sizeof(prefixes[i].ip));
		memcpy(prefixes[i].mask, mask.b, sizeof(prefixes[i].mask));
		prefixes[i].len = prefix.len;
	}
	FUZZ_CHECK(mtud_route_commit(world.rt) == 0, "no routes");
}

static void
make_neighbors(void)
{
	struct mtud_ip ip;
	unsigned int i;

	for (i = 0; i < RTE_DIM(ours); i++) {
		ip = fuzz_ip(ours[i].ip);
		FUZZ_CHECK(mtud_addr_add(&world.view.addrs, ours[i].port, &ip, ours[i].len,
				   false) == 0, "no address of ours: %s", ours[i].ip);
		world.view.addrs.addr[i].state = ours[i].state;
	}
	mtud_fwd_mark_sources(&world.view);
	for (i = 0; i < RTE_DIM(neighbors); i++) {
		struct rte_ether_addr mac = fuzz_mac[neighbors[i].port];

		mac.addr_bytes[5] = 2;
		ip = fuzz_ip(neighbors[i].ip);
		mtud_neigh_set_static(world.nt, neighbors[i].port, &ip, &mac, 0);
	}
	ip = fuzz_ip("198.51.100.4");
	mtud_neigh_learn(world.nt, 1, &ip, &(struct rte_ether_addr){{2, 0, 0, 0, 0x0b, 4}}, 0);
}

void
fuzz_tables_make(struct rte_rcu_qsbr *qsbr)
{
	make_routes(qsbr);
	make_neighbors();
}

void
fuzz_strangers(bool known)
{
	struct mtud_ip ip;
	unsigned int i;

	for (i = 0; i < RTE_DIM(strangers); i++) {
		ip = fuzz_ip(strangers[i].ip);
		if (known)
			mtud_neigh_set_static(world.nt, strangers[i].port, &ip,
				&(struct rte_ether_addr){{2, 0, 0, 0, 0, 3}}, 0);
		else
			mtud_neigh_del(world.nt, strangers[i].port, &ip);
	}
}

const struct fuzz_route *
fuzz_route_to(const struct mtud_ip *ip)
{
	const struct fuzz_route *best = NULL;
	uint8_t best_len = 0;
	uint64_t word[2];
	unsigned int i;

	memcpy(word, ip->b, sizeof(word));
	for (i = 0; i < RTE_DIM(routes); i++) {
		if (prefixes[i].len < best_len ||
			(word[0] & prefixes[i].mask[0]) != prefixes[i].ip[0] ||
			(word[1] & prefixes[i].mask[1]) != prefixes[i].ip[1])
			continue;
		best = &routes[i];
		best_len = prefixes[i].len;
	}
	return best;
}

/* Who is the next one on the way. */
static struct mtud_ip
next_hop(const struct mtud_ip *ip)
{
	const struct fuzz_route *r = fuzz_route_to(ip);

	return mtud_ip_is_link_local(ip) || r == NULL || r->gw == NULL ? *ip : fuzz_ip(r->gw);
}

bool
fuzz_is_neighbor_to(uint16_t port, const struct mtud_ip *ip)
{
	struct mtud_ip next = next_hop(ip), of_his;
	unsigned int i;

	for (i = 0; i < RTE_DIM(neighbors); i++) {
		of_his = fuzz_ip(neighbors[i].ip);
		if (neighbors[i].port == port && mtud_ip_equal(&of_his, &next))
			return true;
	}
	return false;
}

bool
fuzz_mac_to(uint16_t port, const struct mtud_ip *ip, struct rte_ether_addr *mac)
{
	static const struct rte_ether_addr of_strangers = {{2, 0, 0, 0, 0, 3}};
	struct mtud_ip next = next_hop(ip), of_his = fuzz_ip("198.51.100.4");
	unsigned int i;

	*mac = fuzz_mac[port];
	if (fuzz_is_neighbor_to(port, ip)) {
		mac->addr_bytes[5] = 2;
		return true;
	}
	if (port == 1 && mtud_ip_equal(&of_his, &next)) {
		mac->addr_bytes[5] = 4;
		return true;
	}
	*mac = of_strangers;
	for (i = 0; i < RTE_DIM(strangers); i++) {
		of_his = fuzz_ip(strangers[i].ip);
		if (strangers[i].port == port && mtud_ip_equal(&of_his, &next))
			return true;
	}
	return false;
}

uint16_t
fuzz_mtu_of(const struct fuzz_route *r)
{
	uint16_t port_mtu = world.view.port[r->port].mtu;

	return r->mtu != 0 ? RTE_MIN(r->mtu, port_mtu) : port_mtu;
}

bool
fuzz_is_ours(const struct mtud_ip *ip)
{
	struct mtud_ip of_ours;
	unsigned int i;

	for (i = 0; i < RTE_DIM(ours); i++) {
		of_ours = world.view.addrs.addr[i].ip;
		if (mtud_ip_equal(ip, &of_ours) && ours[i].state != MTUD_ADDR_DUPLICATE)
			return true;
	}
	return false;
}
