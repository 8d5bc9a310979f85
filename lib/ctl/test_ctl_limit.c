/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What strangers can have the control thread say, and how often. */

#include <netinet/in.h>

#include "mtud_arp.h"
#include "mtud_nd.h"
#include "test_ctl.h"

#define FLOOD 3000
#define SCAN  8000

static unsigned int
count_sent(void)
{
	struct rte_mbuf *m;
	unsigned int n = 0;

	while ((m = sent()) != NULL) {
		rte_pktmbuf_free(m);
		n++;
	}
	return n;
}

static const struct rte_ether_addr port1_mac = {{2, 0, 0, 0, 0, 0xb1}};

static unsigned int
solicited_by(const struct mtud_ip *src, uint64_t now)
{
	struct mtud_ip ours = ip_of("2001:db8:a::1");

	punt(mtud_nd_build_ns(pool, &peer_mac, src, &ours, NULL, NULL), 0, MTUD_PKT_ND, now);
	return count_sent();
}

/* Solicitations of as many made-up hosts, all at once. */
static unsigned int
flood_from(uint32_t first, unsigned int n, uint64_t now)
{
	struct mtud_ip src = ip_of("2001:db8:a::5:0:0");
	unsigned int answers = 0;
	uint32_t i;

	for (i = first; i < first + n; i++) {
		memcpy(&src.b[12], &i, sizeof(i));
		answers += solicited_by(&src, now);
	}
	return answers;
}

static void
answers_are_bounded(void **state)
{
	uint64_t now = settle();
	unsigned int answers = flood_from(0, FLOOD, now);

	(void)state;
	assert_in_range(answers, MTUD_CTL_BURST, MTUD_CTL_BURST + 1);
	assert_int_equal(ctl->stat.drop[MTUD_DROP_ND_RATE], FLOOD - answers);
	/* A tenth of a second later there is room for the tokens of that time. */
	answers = flood_from(FLOOD, FLOOD, now + 100);
	assert_in_range(answers, MTUD_CTL_RATE_PPS / 10 - 130, MTUD_CTL_RATE_PPS / 10 + 1);
}

static void
arp_replies_are_bounded(void **state)
{
	struct mtud_ip ours = ip_of("192.0.2.1"), src;
	uint64_t now = settle();
	unsigned int i, answers = 0;

	(void)state;
	assert_int_equal(mtud_addr_add(&addrs, 0, &ours, 96 + 24, false), 0);
	addrs.addr[addrs.n - 1].state = MTUD_ADDR_PREFERRED;
	for (i = 0; i < FLOOD; i++) {
		src = mtud_ip_from_v4(rte_cpu_to_be_32(0xc0000202 + i % 100));
		punt(mtud_arp_build_request(pool, &peer_mac, &src, &ours, NULL), 0, MTUD_PKT_ARP,
			now);
		answers += count_sent();
	}
	assert_in_range(answers, MTUD_CTL_BURST, MTUD_CTL_BURST + 1);
	assert_int_equal(ctl->stat.drop[MTUD_DROP_ARP_RATE], FLOOD - answers);
}

/* Who asks with another MAC than the known neighbor's is a stranger. */
static void
known_neighbors_are_answered_in_a_flood(void **state)
{
	struct mtud_ip peer = ip_of("2001:db8:a::2"), hop = ip_of("2001:db8:a::3");
	uint64_t now = settle();
	struct mtud_neigh_advert na = {.solicited = true, .override = true, .has_mac = true,
		.target = peer, .mac = peer_mac};
	uint16_t adj;

	(void)state;
	assert_int_equal(mtud_neigh_learn(ctl->nt, 0, &peer, &peer_mac, now), 0);
	assert_true(mtud_neigh_advertised(ctl->nt, &na, now));
	assert_int_equal(mtud_neigh_learn(ctl->nt, 0, &hop, &peer_mac, now), 0);
	assert_int_equal(mtud_neigh_ref(ctl->nt, 0, &hop, &adj), 0);
	flood_from(0, FLOOD, now);
	assert_int_equal(solicited_by(&peer, now), 1);
	assert_int_equal(solicited_by(&hop, now), 1);
	na.mac = other_mac;
	assert_true(mtud_neigh_advertised(ctl->nt, &na, now));
	assert_int_equal(solicited_by(&peer, now), 0);
}

/* RFC 4861 section 7.3.2: STALE says that nothing was heard of it for a while, no more. */
static void
silent_neighbors_are_answered_in_a_flood(void **state)
{
	struct mtud_ip peer = ip_of("2001:db8:a::2"), never = ip_of("2001:db8:a::3");
	uint64_t now = settle();
	struct mtud_neigh_advert na = {.solicited = true, .override = true, .has_mac = true,
		.target = peer, .mac = peer_mac};

	(void)state;
	assert_int_equal(mtud_neigh_learn(ctl->nt, 0, &peer, &peer_mac, now), 0);
	assert_true(mtud_neigh_advertised(ctl->nt, &na, now));
	now += MTUD_NEIGH_REACHABLE_MS * 2;
	mtud_ctl_poll(ctl, now);
	assert_int_equal(mtud_neigh_learn(ctl->nt, 0, &never, &peer_mac, now), 0);
	flood_from(0, FLOOD, now);
	assert_int_equal(solicited_by(&never, now), 0);
	assert_int_equal(solicited_by(&peer, now), 1);
}

/* Hosts ask their router from link-local addresses, which are of one prefix on all links. */
static void
other_port_is_answered_in_a_flood(void **state)
{
	struct mtud_ip host = ip_of("fe80::9"), ours = ip_of("fe80::b1");
	uint64_t now;

	(void)state;
	ctl->n_ports = 2;
	assert_int_equal(mtud_addr_add(&addrs, 1, &ours, 64, true), 0);
	ctl->now_ms = 1000;
	mtud_ctl_port_up(ctl, 1, &port1_mac);
	now = settle();
	flood_from(0, FLOOD, now);
	assert_int_equal(solicited_by(&host, now), 0);
	punt(mtud_nd_build_ns(pool, &peer_mac, &host, &ours, NULL, NULL), 1, MTUD_PKT_ND, now);
	assert_int_equal(count_sent(), 1);
}

/* RFC 4862 section 5.4.3, RFC 5227 section 2.1.1: who asks whether an address is free is told. */
static void
probes_are_answered_in_a_flood(void **state)
{
	static const struct mtud_ip unspecified;
	struct mtud_ip ll = ip_of("fe80::a1");
	struct mtud_ip ours4 = ip_of("192.0.2.1"), zero = mtud_ip_from_v4(0);
	uint64_t now = settle();
	unsigned int i, answers = 0;

	(void)state;
	assert_int_equal(mtud_addr_add(&addrs, 0, &ours4, 96 + 24, false), 0);
	addrs.addr[addrs.n - 1].state = MTUD_ADDR_PREFERRED;
	flood_from(0, FLOOD, now);
	for (i = 0; i < FLOOD; i++)
		answers += solicited_by(&unspecified, now);
	assert_in_range(answers, MTUD_CTL_BURST, MTUD_CTL_BURST + 1);
	/* Nor does a flood for one address, or from one MAC, leave out others. */
	punt(mtud_nd_build_ns(pool, &other_mac, &unspecified, &ll, NULL, NULL), 0, MTUD_PKT_ND,
		now);
	assert_int_equal(count_sent(), 1);
	for (i = 0; i < FLOOD; i++) {
		punt(mtud_arp_build_request(pool, &peer_mac, &zero, &ours4, NULL), 0, MTUD_PKT_ARP,
			now + 100);
		count_sent();
	}
	punt(mtud_arp_build_request(pool, &other_mac, &zero, &ours4, NULL), 0, MTUD_PKT_ARP,
		now + 100);
	assert_int_equal(count_sent(), 1);
}

/* A packet that came in by a port, for a host that is not known yet; is that asked for? */
static unsigned int
asked_for(const char *src, const char *dst, uint16_t port, uint64_t now)
{
	struct mtud_ip ip = ip_of(src);
	struct rte_mbuf *m = waiting_as(dst, false);

	memcpy(mtud_fwd_ip6(m)->src_addr, ip.b, sizeof(ip.b));
	m->port = port;
	mtud_ctl_poll(ctl, now);
	return count_sent();
}

/* Whoever scans can forge what he is, a /64 for each packet, but not where he comes from. */
static void
other_ports_are_asked_for_in_a_scan(void **state)
{
	uint64_t now = settle();
	char src[MTUD_IP_STRLEN], dst[MTUD_IP_STRLEN];
	unsigned int i, asked = 0;

	(void)state;
	ctl->n_ports = 2;
	for (i = 0; i < SCAN; i++) {
		snprintf(src, sizeof(src), "2001:db8:5:%x::1", i);
		snprintf(dst, sizeof(dst), "2001:db8:a::5:%x", i);
		asked += asked_for(src, dst, 1, now);
	}
	assert_in_range(asked, MTUD_CTL_SOLICIT_BURST, MTUD_CTL_SOLICIT_BURST + 1);
	assert_int_equal(asked_for("2001:db8:6::1", "2001:db8:a::6:1", 1, now), 0);
	assert_int_equal(asked_for("2001:db8:6::1", "2001:db8:a::6:2", 0, now), 1);
	route_port = 1;
	addrs.addr[1].port = 1;
	assert_int_equal(asked_for("2001:db8:6::1", "2001:db8:c::6:3", 1, now), 1);
	addrs.addr[1].port = 0;
}

/* A scan is asked for no faster than the limit has it; what a route needs, always. */
static void
solicitations_are_bounded(void **state)
{
	struct mtud_ip hop = ip_of("2001:db8:a::3");
	uint64_t now = settle();
	char dst[MTUD_IP_STRLEN];
	unsigned int i, asked = 0;
	uint16_t adj;

	(void)state;
	assert_int_equal(mtud_neigh_ref(ctl->nt, 0, &hop, &adj), 0);
	for (i = 0; i < SCAN; i++) {
		snprintf(dst, sizeof(dst), "2001:db8:a::5:%x", i);
		waiting(dst, now);
		asked += count_sent();
	}
	assert_in_range(asked, MTUD_CTL_SOLICIT_BURST, MTUD_CTL_SOLICIT_BURST + 1);
	assert_int_equal(ctl->stat.icmp[MTUD_ICMP_HELD_SOLICIT], SCAN - asked);
	waiting("2001:db8:a::3", now);
	assert_int_equal(count_sent(), 1);
}

/* A general query (RFC 2710 section 3) that asks at once, behind these hop-by-hop options. */
static void
query(const uint8_t options[6], uint64_t now)
{
	struct mtud_ip src = ip_of("fe80::a2"), dst = ip_of("ff02::1");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct rte_ipv6_hdr *ip;
	uint8_t *hbh;
	rte_be16_t sum;

	memset(rte_pktmbuf_append(m, MTUD_L3_AT + 40 + 8 + 24), 0, MTUD_L3_AT + 40 + 8 + 24);
	ip = mtud_fwd_ip6(m);
	ip->vtc_flow = RTE_BE32(6u << 28);
	ip->payload_len = RTE_BE16(8 + 24);
	ip->hop_limits = 1;
	memcpy(ip->src_addr, src.b, 16);
	memcpy(ip->dst_addr, dst.b, 16);
	hbh = (uint8_t *)(ip + 1);
	hbh[0] = IPPROTO_ICMPV6;
	memcpy(&hbh[2], options, 6);
	hbh[8] = MTUD_ICMP6_MLD_QUERY;
	sum = mtud_pkt_cksum6(m, &src, &dst, IPPROTO_ICMPV6, MTUD_L3_AT + 48, 24);
	memcpy(&hbh[10], &sum, 2);
	punt(m, 0, MTUD_PKT_ND, now);
}

static const uint8_t alert[] = {5, 2, 0, 0, 1, 0};

/* RFC 3810 section 6.2: without Router Alert it is no query. */
static void
query_needs_router_alert(void **state)
{
	static const uint8_t padding[] = {1, 4, 0, 0, 0, 0}, other[] = {5, 2, 0, 3, 1, 0};
	static const uint8_t behind[] = {0, 0, 5, 2, 0, 0}, ones[6] = {0};
	uint64_t now = settle();

	(void)state;
	query(padding, now);
	query(other, now);
	query(ones, now);
	assert_int_equal(ctl->stat.drop[MTUD_DROP_MLD_ALERT], 3);
	mtud_ctl_poll(ctl, now + 100);
	assert_int_equal(count_sent(), 0);
	query(behind, now + 200);
	mtud_ctl_poll(ctl, now + 300);
	assert_int_equal(count_sent(), 1);
}

/* Queries that ask for an answer at once have four a second, however many they are. */
static void
reports_are_bounded(void **state)
{
	uint64_t now = settle(), at;
	unsigned int reports = 0;

	(void)state;
	for (at = now; at < now + 2000; at += 10) {
		query(alert, at);
		reports += count_sent();
	}
	assert_in_range(reports, 6, 8);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_are_bounded),
		TEST(arp_replies_are_bounded),
		TEST(known_neighbors_are_answered_in_a_flood),
		TEST(silent_neighbors_are_answered_in_a_flood),
		TEST(other_port_is_answered_in_a_flood),
		TEST(probes_are_answered_in_a_flood),
		TEST(other_ports_are_asked_for_in_a_scan),
		TEST(solicitations_are_bounded),
		TEST(query_needs_router_alert),
		TEST(reports_are_bounded),
	};

	return cmocka_run_group_tests(tests, start_eal, stop_eal);
}
