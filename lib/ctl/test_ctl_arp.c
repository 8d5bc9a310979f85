/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_arp.h>

#include "test_ctl.h"

/* Besides the IPv6 addresses, 192.0.2.1 and 192.0.2.129 on port 0, 198.51.100.1 on port 1. */

#define FRAME 60

static const struct rte_ether_addr port1_mac = {{2, 0, 0, 0, 0, 0xb1}};
static const struct rte_ether_addr broadcast = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

/* addrs.addr[]; the first two are IPv6. */
enum {
	ADDR_1 = 2,
	ADDR_129,
	ADDR_PORT1,
};

static void
add(uint16_t port, const char *text, uint8_t len)
{
	struct mtud_ip ip = ip_of(text);

	assert_int_equal(mtud_addr_add(&addrs, port, &ip, 96 + len, false), 0);
}

static int
setup_arp(void **state)
{
	setup(state);
	ctl->n_ports = 2;
	add(0, "192.0.2.1", 24);
	add(0, "192.0.2.129", 24);
	add(1, "198.51.100.1", 24);
	return 0;
}

static uint64_t
settle_both(void)
{
	ctl->now_ms = 1000;
	mtud_ctl_port_up(ctl, 1, &port1_mac);
	return settle();
}

/* The octets of a frame by RFC 826, padded. */
static void
write_arp(uint8_t p[FRAME], uint8_t op, const struct rte_ether_addr *src, const char *sender,
	const char *target, const struct rte_ether_addr *dst)
{
	static const uint8_t fixed[] = {0x08, 0x06, 0, 1, 0x08, 0x00, 6, 4, 0};
	struct mtud_ip s = ip_of(sender), t = ip_of(target);

	memset(p, 0, FRAME);
	memcpy(p, dst, 6);
	memcpy(p + 6, src, 6);
	memcpy(p + 12, fixed, sizeof(fixed));
	p[21] = op;
	memcpy(p + 22, src, 6);
	memcpy(p + 28, &s.b[12], 4);
	if (op == RTE_ARP_OP_REPLY)
		memcpy(p + 32, dst, 6);
	memcpy(p + 38, &t.b[12], 4);
}

static void
hear_on(uint16_t port, const uint8_t p[FRAME], uint16_t len, uint64_t now_ms)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	assert_non_null(m);
	memcpy(rte_pktmbuf_append(m, len), p, len);
	punt(m, port, MTUD_PKT_ARP, now_ms);
}

static void
hear_from(const struct rte_ether_addr *src, uint8_t op, const char *sender, const char *target,
	const struct rte_ether_addr *dst, uint64_t now_ms)
{
	uint8_t p[FRAME];

	write_arp(p, op, src, sender, target, dst);
	hear_on(0, p, FRAME, now_ms);
}

/* The peer asks by broadcast, as hosts do. */
static void
asked(const char *sender, const char *target, uint64_t now_ms)
{
	hear_from(&peer_mac, RTE_ARP_OP_REQUEST, sender, target, &broadcast, now_ms);
}

static void
replied(const char *sender, const char *target, uint64_t now_ms)
{
	hear_from(&peer_mac, RTE_ARP_OP_REPLY, sender, target, &our_mac, now_ms);
}

/* The next frame that was sent, by this port, is this one. */
static void
assert_sent(uint16_t port, uint8_t op, const struct rte_ether_addr *src, const char *sender,
	const char *target, const struct rte_ether_addr *dst)
{
	struct rte_mbuf *m = sent();
	uint8_t want[FRAME];

	write_arp(want, op, src, sender, target, dst);
	assert_non_null(m);
	assert_int_equal(mtud_pkt_meta(m)->why, MTUD_PKT_SEND);
	assert_int_equal(mtud_pkt_meta(m)->egress, port);
	assert_int_equal(m->pkt_len, FRAME);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), want, FRAME);
	rte_pktmbuf_free(m);
}

static void
assert_replied(const char *ours, const char *asker)
{
	assert_sent(0, RTE_ARP_OP_REPLY, &our_mac, ours, asker, &peer_mac);
	assert_null(sent());
}

static void
assert_asked(const char *sender, const char *target, const struct rte_ether_addr *dst)
{
	assert_sent(0, RTE_ARP_OP_REQUEST, &our_mac, sender, target, dst);
	assert_null(sent());
}

static void
assert_neighbor(const char *text, enum mtud_neigh_state state, const struct rte_ether_addr *mac)
{
	struct mtud_neigh_info info;
	struct mtud_ip ip = ip_of(text);

	assert_int_equal(mtud_neigh_get(ctl->nt, mtud_neigh_find(ctl->nt, 0, &ip), &info), 0);
	assert_int_equal(info.state, state);
	assert_memory_equal(&info.mac, mac, 6);
}

static void
assert_neighbors(unsigned int n)
{
	struct mtud_neigh_totals totals;

	mtud_neigh_totals(ctl->nt, &totals);
	assert_int_equal(totals.entries, n);
}

static uint64_t
poll_until(uint64_t now, uint64_t end)
{
	for (; now < end; now += 50)
		mtud_ctl_poll(ctl, now);
	return now;
}

/* RFC 826: to who asked, and the asker is known. */
static void
request_is_answered(void **state)
{
	uint64_t now = settle_both();

	(void)state;
	asked("192.0.2.2", "192.0.2.1", now);
	assert_replied("192.0.2.1", "192.0.2.2");
	assert_neighbor("192.0.2.2", MTUD_NEIGH_STALE, &peer_mac);
	assert_int_equal(ctl->stat.consumed, 1);
	/* A poll by unicast (RFC 1122 section 2.3.2.1). */
	hear_from(&peer_mac, RTE_ARP_OP_REQUEST, "192.0.2.2", "192.0.2.129", &our_mac, now);
	assert_replied("192.0.2.129", "192.0.2.2");
	assert_neighbors(1);
}

/* RFC 5227 section 2.5; who probes has no address yet that could be learned. */
static void
probe_for_ours_is_answered(void **state)
{
	(void)state;
	all_on_link = true;
	asked("0.0.0.0", "192.0.2.1", settle_both());
	assert_replied("192.0.2.1", "0.0.0.0");
	assert_neighbors(0);
	assert_int_equal(conflicts, 0);
	assert_int_equal(addrs.addr[ADDR_1].state, MTUD_ADDR_PREFERRED);
}

static void
off_link_asker_is_answered_not_learned(void **state)
{
	(void)state;
	asked("203.0.113.5", "192.0.2.1", settle_both());
	assert_replied("192.0.2.1", "203.0.113.5");
	assert_neighbors(0);
}

/* What is on another port is not on this link. */
static void
requests_for_others(void **state)
{
	static const char *const targets[] = {"192.0.2.99", "198.51.100.1", "192.0.2.255",
		"192.0.2.0", "255.255.255.255", "0.0.0.0"};
	uint64_t now = settle_both();
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(targets); i++) {
		ctl->stat.drop[MTUD_DROP_ARP_NOT_OURS] = 0;
		asked("192.0.2.2", targets[i], now);
		assert_reason(MTUD_DROP_ARP_NOT_OURS);
	}
	for (i = 0; i < RTE_DIM(targets); i++) {
		ctl->stat.drop[MTUD_DROP_ARP_NOT_OURS] = 0;
		asked("0.0.0.0", targets[i], now);
		assert_reason(MTUD_DROP_ARP_NOT_OURS);
	}
	assert_neighbors(0);
	assert_int_equal(ctl->stat.consumed, 0);
}

static void
held_packet_goes_when_resolved(void **state)
{
	uint64_t now = settle_both();
	struct rte_mbuf *held = waiting("192.0.2.9", now);

	(void)state;
	assert_asked("192.0.2.1", "192.0.2.9", &broadcast);
	replied("192.0.2.9", "192.0.2.1", now + 10);
	assert_ptr_equal(sent(), held);
	assert_int_equal(mtud_pkt_meta(held)->why, MTUD_PKT_FORWARD);
	rte_pktmbuf_free(held);
	assert_neighbor("192.0.2.9", MTUD_NEIGH_REACHABLE, &peer_mac);
	assert_int_equal(ctl->stat.consumed, 1);
}

static void
held_packet_fails_after_three_tries(void **state)
{
	uint64_t now = settle_both();
	struct rte_mbuf *held = waiting("192.0.2.9", now);
	unsigned int i;

	(void)state;
	now = poll_until(now, now + 2900);
	for (i = 0; i < 3; i++)
		assert_sent(0, RTE_ARP_OP_REQUEST, &our_mac, "192.0.2.1", "192.0.2.9",
			&broadcast);
	assert_null(sent());
	poll_until(now, now + 300);
	assert_ptr_equal(sent(), held);
	assert_int_equal(mtud_pkt_meta(held)->why, MTUD_PKT_FAILED);
	rte_pktmbuf_free(held);
}

/* A gateway that was silent and announces itself is heard: the route has not forgotten it. */
static void
failed_gateway_is_heard_again(void **state)
{
	static const struct rte_ether_addr nobody;
	struct mtud_ip gw = ip_of("192.0.2.9");
	uint64_t now = settle_both();
	struct rte_mbuf *m;
	uint16_t adj;

	(void)state;
	assert_int_equal(mtud_neigh_ref(ctl->nt, 0, &gw, &adj), 0);
	waiting("192.0.2.9", now);
	now = poll_until(now, now + 3200);
	while ((m = sent()) != NULL)
		rte_pktmbuf_free(m);
	assert_neighbor("192.0.2.9", MTUD_NEIGH_FAILED, &nobody);
	hear_from(&peer_mac, RTE_ARP_OP_REQUEST, "192.0.2.9", "192.0.2.9", &broadcast, now);
	assert_neighbor("192.0.2.9", MTUD_NEIGH_STALE, &peer_mac);
	mtud_neigh_unref(ctl->nt, adj);
}

/* 169.254/16 too is where its route says. */
static void
held_packet_without_a_route_goes_back(void **state)
{
	static const char *const dsts[] = {"192.0.2.9", "169.254.1.1"};
	uint64_t now = settle_both();
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	has_route = false;
	for (i = 0; i < RTE_DIM(dsts); i++) {
		m = waiting(dsts[i], now);
		assert_ptr_equal(sent(), m);
		assert_int_equal(mtud_pkt_meta(m)->why, MTUD_PKT_FORWARD);
		rte_pktmbuf_free(m);
	}
}

/* A broadcast reply is not to us alone: it says where the neighbor is, not that it hears us. */
static void
broadcast_reply_resolves_to_stale(void **state)
{
	uint64_t now = settle_both();
	struct rte_mbuf *held = waiting("192.0.2.9", now);

	(void)state;
	rte_pktmbuf_free(sent());
	hear_from(&peer_mac, RTE_ARP_OP_REPLY, "192.0.2.9", "192.0.2.1", &broadcast, now);
	assert_ptr_equal(sent(), held);
	rte_pktmbuf_free(held);
	assert_neighbor("192.0.2.9", MTUD_NEIGH_STALE, &peer_mac);
}

static void
replies_that_nobody_asked_for(void **state)
{
	uint64_t now = settle_both();

	(void)state;
	replied("192.0.2.9", "192.0.2.1", now);
	assert_neighbors(0);
	assert_int_equal(ctl->stat.consumed, 1);
	replied("192.0.2.9", "192.0.2.77", now);
	assert_reason(MTUD_DROP_ARP_NOT_OURS);
	ctl->stat.drop[MTUD_DROP_ARP_NOT_OURS] = 0;
	/* To another's probe. */
	hear_from(&peer_mac, RTE_ARP_OP_REPLY, "192.0.2.9", "0.0.0.0", &broadcast, now);
	assert_reason(MTUD_DROP_ARP_NOT_OURS);
	ctl->stat.drop[MTUD_DROP_ARP_NOT_OURS] = 0;
	replied("203.0.113.5", "192.0.2.1", now);
	assert_reason(MTUD_DROP_ARP_OFF_LINK);
	assert_neighbors(0);
}

/* A port without an IPv4 address borrows one, or asks without; the reply comes back to it. */
static void
port_without_an_address_asks_too(void **state)
{
	uint64_t now = settle_both();
	uint8_t p[FRAME];
	struct rte_mbuf *held;

	(void)state;
	route_port = 1;
	addrs.n = ADDR_PORT1;
	held = waiting("198.51.100.9", now);
	assert_sent(1, RTE_ARP_OP_REQUEST, &port1_mac, "192.0.2.1", "198.51.100.9", &broadcast);
	write_arp(p, RTE_ARP_OP_REPLY, &peer_mac, "198.51.100.9", "192.0.2.1", &port1_mac);
	hear_on(1, p, FRAME, now);
	assert_ptr_equal(sent(), held);
	rte_pktmbuf_free(held);

	addrs.n = ADDR_1;
	held = waiting("198.51.100.10", now);
	assert_sent(1, RTE_ARP_OP_REQUEST, &port1_mac, "0.0.0.0", "198.51.100.10", &broadcast);
	write_arp(p, RTE_ARP_OP_REPLY, &peer_mac, "198.51.100.10", "0.0.0.0", &port1_mac);
	hear_on(1, p, FRAME, now);
	assert_ptr_equal(sent(), held);
	rte_pktmbuf_free(held);
}

static void
who_asks_has_the_longest_prefix_in_common(void **state)
{
	uint64_t now = settle_both();

	(void)state;
	waiting("192.0.2.130", now);
	assert_asked("192.0.2.129", "192.0.2.130", &broadcast);
	waiting("192.0.2.9", now);
	assert_asked("192.0.2.1", "192.0.2.9", &broadcast);
}

/* Both forms of an announcement: RFC 5227 section 3, and RFC 826's table is not filled by it. */
static void
gratuitous_updates_who_is_known(void **state)
{
	static const uint8_t ops_of[] = {RTE_ARP_OP_REQUEST, RTE_ARP_OP_REPLY};
	uint64_t now = settle_both();
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(ops_of); i++) {
		hear_from(&other_mac, ops_of[i], "192.0.2.2", "192.0.2.2", &broadcast, now);
		assert_neighbors(i);
		asked("192.0.2.2", "192.0.2.1", now);
		assert_replied("192.0.2.1", "192.0.2.2");
		assert_neighbor("192.0.2.2", MTUD_NEIGH_STALE, &peer_mac);
		hear_from(&other_mac, ops_of[i], "192.0.2.2", "192.0.2.2", &broadcast, now);
		assert_neighbor("192.0.2.2", MTUD_NEIGH_STALE, &other_mac);
	}
	/* By unicast it is no answer to a question either. */
	hear_from(&peer_mac, RTE_ARP_OP_REPLY, "192.0.2.2", "192.0.2.2", &our_mac, now);
	assert_neighbor("192.0.2.2", MTUD_NEIGH_STALE, &peer_mac);
	asked("203.0.113.5", "203.0.113.5", now);
	assert_reason(MTUD_DROP_ARP_OFF_LINK);
}

/* RFC 5227 section 2.4 (c): told each time, defended once in ten seconds, kept. */
static void
conflict_is_told_and_the_address_defended(void **state)
{
	uint64_t now = settle_both();

	(void)state;
	asked("192.0.2.1", "192.0.2.1", now);
	assert_int_equal(conflicts, 1);
	assert_asked("192.0.2.1", "192.0.2.1", &broadcast);
	replied("192.0.2.1", "192.0.2.129", now + 1);
	/* Not answered either: section 2.5. */
	asked("192.0.2.1", "192.0.2.129", now + 9999);
	assert_int_equal(conflicts, 3);
	assert_null(sent());
	/* Each address for itself. */
	asked("192.0.2.129", "192.0.2.77", now + 9999);
	assert_asked("192.0.2.129", "192.0.2.129", &broadcast);
	asked("192.0.2.1", "192.0.2.77", now + 10000);
	assert_int_equal(conflicts, 5);
	assert_asked("192.0.2.1", "192.0.2.1", &broadcast);
	assert_int_equal(addrs.addr[ADDR_1].state, MTUD_ADDR_PREFERRED);
	assert_neighbors(0);
}

/* Ours from our MAC, by whichever port, is what came back; another address at our MAC is a peer
 * behind a tap device. */
static void
own_frames_are_ignored(void **state)
{
	static const char *const senders[] = {"192.0.2.1", "198.51.100.1"};
	const struct rte_ether_addr *macs[] = {&our_mac, &port1_mac};
	uint64_t now = settle_both();
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		ctl->stat.drop[MTUD_DROP_ARP_LOOPED] = 0;
		hear_from(macs[i / 2], RTE_ARP_OP_REQUEST, senders[i % 2], "192.0.2.129",
			&broadcast, now);
		assert_reason(MTUD_DROP_ARP_LOOPED);
	}
	assert_int_equal(conflicts, 0);
	hear_from(&our_mac, RTE_ARP_OP_REQUEST, "192.0.2.2", "192.0.2.1", &broadcast, now);
	assert_sent(0, RTE_ARP_OP_REPLY, &our_mac, "192.0.2.1", "192.0.2.2", &our_mac);
}

/* RFC 1122 section 3.2.1.3; nor has anybody here an address that we have elsewhere. */
static void
senders_that_no_host_of_the_link_can_have(void **state)
{
	static const char *const senders[] = {"192.0.2.0", "192.0.2.255", "198.51.100.1",
		"127.0.0.1", "224.0.0.1", "255.255.255.255"};
	uint64_t now = settle_both();
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(senders); i++) {
		ctl->stat.drop[MTUD_DROP_ARP_ADDRESS] = 0;
		asked(senders[i], "192.0.2.1", now);
		assert_reason(MTUD_DROP_ARP_ADDRESS);
	}
	assert_neighbors(0);
	assert_int_equal(conflicts, 0);
	/* The edges of another port's prefix are hosts elsewhere. */
	asked("198.51.100.255", "192.0.2.1", now);
	assert_replied("192.0.2.1", "198.51.100.255");
}

static void
malformed_is_dropped(void **state)
{
	uint64_t now = settle_both();
	uint8_t p[FRAME];

	(void)state;
	write_arp(p, RTE_ARP_OP_REQUEST, &peer_mac, "192.0.2.2", "192.0.2.1", &broadcast);
	hear_on(0, p, 41, now);
	assert_reason(MTUD_DROP_ARP_MALFORMED);
	assert_neighbors(0);
}

/* RFC 5227 section 2.3: two announcements, two seconds apart; in use at once. */
static void
port_up_announces(void **state)
{
	uint64_t now;

	(void)state;
	ctl->now_ms = 1000;
	/* IPv4 alone: nothing else is sent. */
	memset(&addrs, 0, sizeof(addrs));
	add(0, "192.0.2.1", 24);
	add(1, "198.51.100.1", 24);
	mtud_ctl_port_up(ctl, 0, &our_mac);
	assert_int_equal(addrs.addr[0].state, MTUD_ADDR_PREFERRED);
	assert_int_equal(last_state, MTUD_ADDR_PREFERRED);
	assert_int_equal(addrs.addr[1].state, MTUD_ADDR_IDLE);
	assert_false(mtud_ctl_dad_pending(ctl));
	mtud_ctl_poll(ctl, 1000);
	assert_asked("192.0.2.1", "192.0.2.1", &broadcast);
	now = poll_until(1050, 3000);
	assert_null(sent());
	mtud_ctl_poll(ctl, now);
	assert_asked("192.0.2.1", "192.0.2.1", &broadcast);
	poll_until(now, 20000);
	assert_null(sent());
}

static void
added_address_is_announced(void **state)
{
	uint64_t now = settle_both();
	struct mtud_addr *a;

	(void)state;
	add(1, "203.0.113.1", 30);
	a = &addrs.addr[addrs.n - 1];
	mtud_ctl_addr_added(ctl, a);
	assert_int_equal(a->state, MTUD_ADDR_PREFERRED);
	now = poll_until(now, now + 3000);
	assert_sent(1, RTE_ARP_OP_REQUEST, &port1_mac, "203.0.113.1", "203.0.113.1", &broadcast);
	assert_sent(1, RTE_ARP_OP_REQUEST, &port1_mac, "203.0.113.1", "203.0.113.1", &broadcast);
	assert_null(sent());

	/* Without a link there is nobody to tell, and what was left to tell is not. */
	mtud_ctl_addr_added(ctl, a);
	mtud_ctl_port_down(ctl, 1);
	assert_int_equal(a->state, MTUD_ADDR_IDLE);
	mtud_ctl_addr_added(ctl, a);
	assert_int_equal(a->state, MTUD_ADDR_IDLE);
	poll_until(now, now + 3000);
	assert_null(sent());
}

/* RFC 1122 section 2.3.2.1 by the states of RFC 4861 section 7.3.3: asked again, unicast. */
static void
stale_neighbor_in_use_is_probed(void **state)
{
	struct mtud_ip peer = ip_of("192.0.2.2");
	uint64_t now = settle_both();

	(void)state;
	asked("192.0.2.2", "192.0.2.1", now);
	assert_replied("192.0.2.1", "192.0.2.2");
	now = poll_until(now, now + 8000);
	assert_null(sent());
	worker->stale_used[mtud_neigh_find(ctl->nt, 0, &peer)]++;
	now = poll_until(now, now + 5200);
	assert_asked("192.0.2.1", "192.0.2.2", &peer_mac);
	assert_neighbor("192.0.2.2", MTUD_NEIGH_PROBE, &peer_mac);
	replied("192.0.2.2", "192.0.2.1", now);
	assert_neighbor("192.0.2.2", MTUD_NEIGH_REACHABLE, &peer_mac);
}

/* The cache holds 64: who worked before the flood works after it, and nothing is lost unseen. */
static void
flood_is_bounded_and_counted(void **state)
{
	uint64_t now = settle_both();
	struct mtud_neigh_totals totals;
	struct rte_mbuf *held = waiting("192.0.2.9", now);
	char sender[MTUD_IP_STRLEN];
	unsigned int i;

	(void)state;
	rte_pktmbuf_free(sent());
	replied("192.0.2.9", "192.0.2.1", now);
	assert_ptr_equal(sent(), held);
	rte_pktmbuf_free(held);
	for (i = 0; i < 100; i++) {
		snprintf(sender, sizeof(sender), "192.0.2.%u", 130 + i);
		asked(sender, "192.0.2.1", now);
	}
	/* 63 replies fit the ring that nobody empties. */
	for (i = 0; i < 63; i++) {
		snprintf(sender, sizeof(sender), "192.0.2.%u", 130 + i);
		assert_sent(0, RTE_ARP_OP_REPLY, &our_mac, "192.0.2.1", sender, &peer_mac);
	}
	assert_null(sent());
	assert_int_equal(ctl->stat.drop[MTUD_DROP_INJECT_FULL], 100 - 63);
	assert_int_equal(ctl->stat.consumed, 101);
	mtud_neigh_totals(ctl->nt, &totals);
	assert_int_equal(totals.entries, 64);
	assert_int_equal(totals.evicted, 101 - 64);
	assert_neighbor("192.0.2.9", MTUD_NEIGH_REACHABLE, &peer_mac);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_arp, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(request_is_answered),
		TEST(probe_for_ours_is_answered),
		TEST(off_link_asker_is_answered_not_learned),
		TEST(requests_for_others),
		TEST(held_packet_goes_when_resolved),
		TEST(held_packet_fails_after_three_tries),
		TEST(failed_gateway_is_heard_again),
		TEST(held_packet_without_a_route_goes_back),
		TEST(broadcast_reply_resolves_to_stale),
		TEST(replies_that_nobody_asked_for),
		TEST(port_without_an_address_asks_too),
		TEST(who_asks_has_the_longest_prefix_in_common),
		TEST(gratuitous_updates_who_is_known),
		TEST(conflict_is_told_and_the_address_defended),
		TEST(own_frames_are_ignored),
		TEST(senders_that_no_host_of_the_link_can_have),
		TEST(malformed_is_dropped),
		TEST(port_up_announces),
		TEST(added_address_is_announced),
		TEST(stale_neighbor_in_use_is_probed),
		TEST(flood_is_bounded_and_counted),
	};

	return cmocka_run_group_tests(tests, start_eal, stop_eal);
}
