/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_nd.h"
#include "test_ctl.h"

#define AT_ICMP (MTUD_L3_AT + 40)

/* A frame from the peer. */
static void
hear(struct rte_mbuf *m, uint64_t now_ms)
{
	punt(m, 0, MTUD_PKT_ND, now_ms);
}

static struct rte_mbuf *
ns(const char *src, const char *target)
{
	struct mtud_ip s = ip_of(src), t = ip_of(target);

	return mtud_nd_build_ns(pool, &peer_mac, &s, &t, NULL, NULL);
}

/* RFC 4861 section 7.2.4: router, solicited, override, to who asked; and the asker is known. */
static void
solicitation_is_answered(void **state)
{
	struct mtud_ip peer = ip_of("2001:db8:a::2");
	struct mtud_neigh_info info;
	struct rte_mbuf *m;
	const uint8_t *p;

	(void)state;
	hear(ns("2001:db8:a::2", "2001:db8:a::1"), settle());
	m = sent();
	assert_non_null(m);
	p = rte_pktmbuf_mtod(m, const uint8_t *);
	assert_int_equal(mtud_pkt_meta(m)->why, MTUD_PKT_SEND);
	assert_memory_equal(p, &peer_mac, 6);
	assert_int_equal(p[AT_ICMP], 136);
	assert_int_equal(p[AT_ICMP + 4], 0xe0);
	assert_memory_equal(p + 38, peer.b, 16);
	rte_pktmbuf_free(m);
	assert_int_equal(
		mtud_neigh_get(ctl->nt, mtud_neigh_find(ctl->nt, 0, &peer), &info), 0);
	assert_int_equal(info.state, MTUD_NEIGH_STALE);
	assert_memory_equal(&info.mac, &peer_mac, 6);
}

/* RFC 4861 section 7.2.4 for DAD: to all nodes, not solicited; nobody is learned. */
static void
probe_for_ours_is_answered_to_all(void **state)
{
	struct mtud_ip all = ip_of("ff02::1");
	struct rte_mbuf *m;
	const uint8_t *p;

	(void)state;
	hear(ns("::", "2001:db8:a::1"), settle());
	m = sent();
	assert_non_null(m);
	p = rte_pktmbuf_mtod(m, const uint8_t *);
	assert_memory_equal(p, "\x33\x33\0\0\0\x01", 6);
	assert_memory_equal(p + 38, all.b, 16);
	assert_int_equal(p[AT_ICMP + 4], 0xa0);
	rte_pktmbuf_free(m);
	assert_int_equal(addrs.addr[1].state, MTUD_ADDR_PREFERRED);
}

/* RFC 4861 section 7.2.7: no override for an anycast address. */
static void
anycast_is_answered_without_override(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	hear(ns("2001:db8:a::2", "2001:db8:a::"), settle());
	m = sent();
	assert_non_null(m);
	assert_int_equal(rte_pktmbuf_mtod(m, uint8_t *)[AT_ICMP + 4], 0xc0);
	rte_pktmbuf_free(m);
}

/* RFC 4861 section 7.1.1 does not ask that the source be on the link: answered, not learned. */
static void
off_link_source_is_answered_not_learned(void **state)
{
	struct mtud_ip peer = ip_of("2001:db8:ffff::2");
	struct rte_mbuf *m;

	(void)state;
	hear(ns("2001:db8:ffff::2", "2001:db8:a::1"), settle());
	m = sent();
	assert_non_null(m);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), &peer_mac, 6);
	rte_pktmbuf_free(m);
	assert_int_equal(mtud_neigh_find(ctl->nt, 0, &peer), MTUD_ADJ_NONE);
}

static void
what_is_not_ours_is_refused(void **state)
{
	(void)state;
	hear(ns("2001:db8:a::2", "2001:db8:a::99"), settle());
	assert_reason(MTUD_DROP_ND_NOT_OURS);
	ctl->stat.drop[MTUD_DROP_ND_NOT_OURS] = 0;
	hear(ns("2001:db8:a::", "2001:db8:a::1"), 6000);
	assert_reason(MTUD_DROP_ND_ADDRESS);
}

/* IEEE 802.3 section 3.2.3: what comes from a group's address is not answered, for all of the group
 * would hear it. */
static void
group_mac_is_not_answered(void **state)
{
	static const struct rte_ether_addr wrong[] = {
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}, {{3, 0, 0, 0, 0, 0xa2}}, {{0}}};
	uint64_t now = settle();
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(wrong); i++) {
		m = ns("2001:db8:a::2", "2001:db8:a::1");
		rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->src_addr = wrong[i];
		hear(m, now + i);
		assert_reason(MTUD_DROP_ND_ADDRESS);
		ctl->stat.drop[MTUD_DROP_ND_ADDRESS] = 0;
	}
}

/* An IPv4-mapped target is no address of IPv4's: nothing is answered, told or changed. */
static void
mapped_target_is_refused(void **state)
{
	struct mtud_ip ours = ip_of("192.0.2.1"), peer = ip_of("192.0.2.9");
	struct mtud_ip all = ip_of("ff02::1");
	uint64_t now = settle();
	struct mtud_neigh_info info;

	(void)state;
	assert_int_equal(mtud_addr_add(&addrs, 0, &ours, 120, false), 0);
	assert_int_equal(mtud_neigh_learn(ctl->nt, 0, &peer, &other_mac, now), 0);
	hear(ns("2001:db8:a::2", "192.0.2.1"), now);
	hear(mtud_nd_build_na(pool, &peer_mac, &ours, &all, NULL, MTUD_NA_OVERRIDE), now);
	hear(mtud_nd_build_na(pool, &peer_mac, &peer, &all, NULL, MTUD_NA_OVERRIDE), now);
	assert_int_equal(ctl->stat.drop[MTUD_DROP_ND_TARGET], 3);
	assert_null(sent());
	assert_int_equal(conflicts, 0);
	mtud_neigh_get(ctl->nt, mtud_neigh_find(ctl->nt, 0, &peer), &info);
	assert_memory_equal(&info.mac, &other_mac, 6);
}

/* No IPv4 address ever asks for an IPv6 one. */
static void
families_are_not_mixed(void **state)
{
	struct mtud_ip ours = ip_of("192.0.2.1");
	uint64_t now = settle();

	(void)state;
	memset(&addrs, 0, sizeof(addrs));
	assert_int_equal(mtud_addr_add(&addrs, 0, &ours, 120, false), 0);
	addrs.addr[0].state = MTUD_ADDR_PREFERRED;
	waiting("2001:db8:a::9", now);
	assert_null(sent());
}

/* RFC 4862 section 5.4 and RFC 3810: join, probe, a second later the address is good. */
static void
port_up_checks_and_joins(void **state)
{
	struct rte_mbuf *m;
	const uint8_t *p;
	unsigned int mld = 0, dad = 0;
	uint64_t now;

	(void)state;
	ctl->now_ms = 1000;
	mtud_ctl_port_up(ctl, 0, &our_mac);
	assert_int_equal(addrs.addr[1].state, MTUD_ADDR_TENTATIVE);
	assert_true(mtud_ctl_dad_pending(ctl));
	mtud_ctl_poll(ctl, 1000);
	while ((m = sent()) != NULL) {
		p = rte_pktmbuf_mtod(m, const uint8_t *);
		if (p[20] == 0) {
			mld++;
			assert_int_equal(p[AT_ICMP + 8], 143);
		} else {
			dad++;
			assert_int_equal(p[AT_ICMP], 135);
		}
		/* All from ::. */
		assert_memory_equal(p + 22, (uint8_t[16]){0}, 16);
		rte_pktmbuf_free(m);
	}
	assert_int_equal(mld, 1);
	assert_int_equal(dad, 2);
	for (now = 1050; now <= 2100; now += 50)
		mtud_ctl_poll(ctl, now);
	assert_int_equal(addrs.addr[1].state, MTUD_ADDR_PREFERRED);
	assert_false(mtud_ctl_dad_pending(ctl));
	for (; now <= 5000; now += 50)
		mtud_ctl_poll(ctl, now);
	mld = 0;
	while ((m = sent()) != NULL) {
		p = rte_pktmbuf_mtod(m, const uint8_t *);
		if (p[20] == 0 && p[22] == 0xfe)
			mld++;
		rte_pktmbuf_free(m);
	}
	assert_true(mld >= 1);
}

/* RFC 4862 section 5.4.3 and 5.4.4: who probes for or advertises it at the same time wins. */
static void
duplicate_is_found(void **state)
{
	struct mtud_ip target = ip_of("2001:db8:a::1"), all = ip_of("ff02::1");
	struct mtud_ip ll = ip_of("fe80::a1");
	struct rte_mbuf *m;

	(void)state;
	ctl->now_ms = 1000;
	mtud_ctl_port_up(ctl, 0, &our_mac);
	/* Our own probe that came back, known by its nonce, says nothing (RFC 7527). */
	m = mtud_nd_build_ns(pool, &other_mac, &(struct mtud_ip){{0}}, &target, NULL,
		addrs.addr[1].nonce);
	hear(m, 1010);
	assert_int_equal(addrs.addr[1].state, MTUD_ADDR_TENTATIVE);
	assert_int_equal(ctl->stat.drop[MTUD_DROP_ND_LOOPED], 1);
	hear(ns("::", "2001:db8:a::1"), 1020);
	assert_int_equal(addrs.addr[1].state, MTUD_ADDR_DUPLICATE);
	assert_int_equal(last_state, MTUD_ADDR_DUPLICATE);
	/* Whose it is then is a neighbor as any other. */
	hear(ns("2001:db8:a::1", "fe80::a1"), 1025);
	assert_int_not_equal(mtud_neigh_find(ctl->nt, 0, &target), MTUD_ADJ_NONE);
	hear(mtud_nd_build_na(pool, &peer_mac, &ll, &all, NULL, MTUD_NA_OVERRIDE), 1030);
	assert_int_equal(addrs.addr[0].state, MTUD_ADDR_DUPLICATE);
}

static void
conflict_is_told_and_the_address_kept(void **state)
{
	struct mtud_ip target = ip_of("2001:db8:a::1"), all = ip_of("ff02::1");

	(void)state;
	hear(mtud_nd_build_na(pool, &peer_mac, &target, &all, NULL, MTUD_NA_OVERRIDE), settle());
	assert_int_equal(conflicts, 1);
	assert_int_equal(addrs.addr[1].state, MTUD_ADDR_PREFERRED);
}

/* Ours, or from our MAC without an address, is what came back; another address at our MAC is a
 * peer behind a tap device. */
static void
own_frames_are_ignored(void **state)
{
	struct mtud_ip ours = ip_of("fe80::a1"), none = ip_of("::"), peer = ip_of("2001:db8:a::2");
	struct mtud_ip target = ip_of("2001:db8:a::1");
	uint64_t now = settle();
	struct rte_mbuf *m;

	(void)state;
	hear(mtud_nd_build_ns(pool, &our_mac, &ours, &target, NULL, NULL), now);
	assert_reason(MTUD_DROP_ND_LOOPED);
	ctl->stat.drop[MTUD_DROP_ND_LOOPED] = 0;
	hear(mtud_nd_build_ns(pool, &our_mac, &none, &target, NULL, NULL), now + 1);
	assert_reason(MTUD_DROP_ND_LOOPED);
	ctl->stat.drop[MTUD_DROP_ND_LOOPED] = 0;
	hear(mtud_nd_build_ns(pool, &our_mac, &peer, &target, NULL, NULL), now + 2);
	m = sent();
	assert_non_null(m);
	rte_pktmbuf_free(m);
}

/* Its route has gone meanwhile: the worker routes it again, and finds out. */
static void
held_packet_without_a_route_goes_back(void **state)
{
	uint64_t now = settle();
	struct rte_mbuf *m;

	(void)state;
	has_route = false;
	m = waiting("2001:db8:a::9", now);
	assert_ptr_equal(sent(), m);
	assert_int_equal(mtud_pkt_meta(m)->why, MTUD_PKT_FORWARD);
	rte_pktmbuf_free(m);
}

/* RFC 4861 section 7.2.2: a solicitation to the group; the answer lets the packet go. */
static void
held_packet_goes_when_resolved(void **state)
{
	struct mtud_ip src = ip_of("2001:db8:a::9"), dst = ip_of("2001:db8:a::1");
	uint64_t now = settle();
	struct rte_mbuf *held = waiting("2001:db8:a::9", now), *m;
	const uint8_t *p;

	(void)state;
	m = sent();
	assert_non_null(m);
	p = rte_pktmbuf_mtod(m, const uint8_t *);
	assert_memory_equal(p, "\x33\x33\xff\0\0\x09", 6);
	assert_int_equal(p[AT_ICMP], 135);
	assert_memory_equal(p + 22, dst.b, 16);
	rte_pktmbuf_free(m);
	hear(mtud_nd_build_na(pool, &peer_mac, &src, &dst, &our_mac,
		     MTUD_NA_SOLICITED | MTUD_NA_OVERRIDE),
		now + 10);
	assert_ptr_equal(sent(), held);
	assert_int_equal(mtud_pkt_meta(held)->why, MTUD_PKT_FORWARD);
	rte_pktmbuf_free(held);
}

static void
held_packet_fails_after_three_tries(void **state)
{
	uint64_t now = settle(), end = now + 2900;
	struct rte_mbuf *held = waiting("2001:db8:a::9", now), *m;
	unsigned int tries = 0;

	(void)state;
	for (; now < end; now += 50)
		mtud_ctl_poll(ctl, now);
	while ((m = sent()) != NULL) {
		assert_ptr_not_equal(m, held);
		tries++;
		rte_pktmbuf_free(m);
	}
	assert_int_equal(tries, 3);
	for (end += 300; now < end; now += 50)
		mtud_ctl_poll(ctl, now);
	assert_ptr_equal(sent(), held);
	assert_int_equal(mtud_pkt_meta(held)->why, MTUD_PKT_FAILED);
	rte_pktmbuf_free(held);
}

/* RFC 4861 section 7.3.3: a stale neighbor that workers use is asked again, unicast. */
static void
stale_neighbor_in_use_is_probed(void **state)
{
	struct mtud_ip peer = ip_of("2001:db8:a::2");
	uint64_t now = settle(), end;
	struct rte_mbuf *m;
	uint16_t adj;

	(void)state;
	hear(ns("2001:db8:a::2", "2001:db8:a::1"), now);
	rte_pktmbuf_free(sent());
	adj = mtud_neigh_find(ctl->nt, 0, &peer);
	for (end = now + 8000; now < end; now += 50)
		mtud_ctl_poll(ctl, now);
	assert_null(sent());
	worker->stale_used[adj]++;
	for (end = now + 5200; now < end; now += 50)
		mtud_ctl_poll(ctl, now);
	m = sent();
	assert_non_null(m);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), &peer_mac, 6);
	assert_int_equal(rte_pktmbuf_mtod(m, uint8_t *)[AT_ICMP], 135);
	rte_pktmbuf_free(m);
}

static void
full_ring_is_counted(void **state)
{
	unsigned int i;

	(void)state;
	settle();
	for (i = 0; i < 70; i++)
		mtud_ctl_send(ctl, 0, rte_pktmbuf_alloc(pool));
	assert_int_equal(ctl->stat.drop[MTUD_DROP_INJECT_FULL], 70 - 63);
	mtud_ctl_send(ctl, 0, NULL);
	assert_int_equal(ctl->stat.drop[MTUD_DROP_NO_MBUF], 1);
}

/* What of a kind has not left the control thread's hands. */
static uint64_t
in_hand(enum mtud_stat_kind kind)
{
	struct mtud_account a = mtud_stat_account(&ctl->stat, kind);

	return a.in + a.taken - a.given - a.dropped - a.consumed;
}

static void
check_account(void)
{
	struct mtud_neigh_totals totals;

	mtud_neigh_totals(ctl->nt, &totals);
	assert_int_equal(in_hand(MTUD_STAT_RECEIVED) + in_hand(MTUD_STAT_MADE), totals.held);
	assert_in_range(in_hand(MTUD_STAT_MADE), 0, totals.held);
}

/* A random thing happens. */
static void
happen(uint64_t now_ms)
{
	struct rte_mbuf *m;
	char peer[32];

	snprintf(peer, sizeof(peer), "2001:db8:a::%x", (unsigned int)(2 + random() % 40));
	has_route = random() % 8 != 0;
	switch (random() % 8) {
	case 0:
		hear(ns(peer, "2001:db8:a::1"), now_ms);
		break;
	case 1:
		hear(ns(peer, "2001:db8:a::99"), now_ms);
		break;
	case 2:
		if (random() % 16 == 0)
			mtud_neigh_flush_port(ctl->nt, 0);
		break;
	case 3:
		if (random() % 8 != 0)
			break;
		while (random() % 64 != 0 && (m = sent()) != NULL)
			rte_pktmbuf_free(m);
		break;
	default:
		waiting_as(peer, random() % 2 == 0);
		mtud_ctl_poll(ctl, now_ms);
		break;
	}
}

/* Whatever it takes in, makes, holds, hands back or drops, of both kinds. */
static void
every_packet_is_accounted_for(void **state)
{
	static const enum mtud_drop reasons[] = {MTUD_DROP_NEIGH_HOLD,
		MTUD_DROP_NEIGH_GONE, MTUD_DROP_INJECT_FULL, MTUD_DROP_ND_NOT_OURS};
	uint64_t now = settle();
	unsigned int i;

	(void)state;
	srandom(5);
	for (i = 0; i < 4000; i++, now += 30) {
		happen(now);
		check_account();
	}
	for (i = 0; i < RTE_DIM(reasons); i++)
		assert_true(ctl->stat.drop[reasons[i]] > 0);
	assert_true(ctl->stat.own_drop[MTUD_DROP_NEIGH_HOLD] > 0);
	assert_true(ctl->stat.own_drop[MTUD_DROP_NEIGH_HOLD] <
		ctl->stat.drop[MTUD_DROP_NEIGH_HOLD]);
	mtud_neigh_flush_port(ctl->nt, 0);
	assert_int_equal(in_hand(MTUD_STAT_RECEIVED), 0);
	assert_int_equal(in_hand(MTUD_STAT_MADE), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(solicitation_is_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(probe_for_ours_is_answered_to_all, setup, teardown),
		cmocka_unit_test_setup_teardown(anycast_is_answered_without_override, setup,
			teardown),
		cmocka_unit_test_setup_teardown(off_link_source_is_answered_not_learned, setup,
			teardown),
		cmocka_unit_test_setup_teardown(what_is_not_ours_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(group_mac_is_not_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(mapped_target_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(families_are_not_mixed, setup, teardown),
		cmocka_unit_test_setup_teardown(port_up_checks_and_joins, setup, teardown),
		cmocka_unit_test_setup_teardown(duplicate_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(conflict_is_told_and_the_address_kept, setup,
			teardown),
		cmocka_unit_test_setup_teardown(own_frames_are_ignored, setup, teardown),
		cmocka_unit_test_setup_teardown(held_packet_without_a_route_goes_back, setup,
			teardown),
		cmocka_unit_test_setup_teardown(held_packet_goes_when_resolved, setup, teardown),
		cmocka_unit_test_setup_teardown(held_packet_fails_after_three_tries, setup,
			teardown),
		cmocka_unit_test_setup_teardown(stale_neighbor_in_use_is_probed, setup, teardown),
		cmocka_unit_test_setup_teardown(full_ring_is_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(every_packet_is_accounted_for, setup, teardown),
	};

	return cmocka_run_group_tests(tests, start_eal, stop_eal);
}
