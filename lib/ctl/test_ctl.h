/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_TEST_CTL_H
#define MTUD_TEST_CTL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <rte_malloc.h>

#include "mtud_ctl.h"
#include "test_eal.h"

/*
 * What the tests of the control thread share: one with a single worker's rings, on a port with
 * addresses of ours. What it sends is read from the inject ring, what it hears is put on the punt
 * ring.
 */

static const struct rte_ether_addr our_mac = {{2, 0, 0, 0, 0, 0xa1}};
static const struct rte_ether_addr peer_mac = {{2, 0, 0, 0, 0, 0xa2}};
static const struct rte_ether_addr other_mac = {{2, 0, 0, 0, 0, 0xa3}};

static struct mtud_ctl *ctl;
static struct mtud_addr_table addrs;
static struct mtud_worker *worker;
static struct rte_mempool *pool;
static struct rte_rcu_qsbr *qsbr;
static unsigned int conflicts;
static enum mtud_addr_state last_state;

static inline struct mtud_ip
ip_of(const char *text)
{
	struct mtud_ip ip;

	assert_int_equal(mtud_ip_parse(text, &ip), 0);
	return ip;
}

static inline void
addr_changed(void *ctx, const struct mtud_addr *a)
{
	(void)ctx;
	last_state = a->state;
}

static inline void
addr_conflict(void *ctx, const struct mtud_addr *a, const struct rte_ether_addr *mac)
{
	(void)ctx, (void)a;
	assert_memory_equal(mac, &peer_mac, 6);
	conflicts++;
}

static unsigned int told[MTUD_DROP_MAX];

static inline void
on_drop(void *ctx, const struct rte_mbuf *m, enum mtud_drop reason)
{
	assert_ptr_equal(ctx, told);
	assert_true(m->pkt_len == rte_pktmbuf_data_len(m) && rte_mbuf_refcnt_read(m) == 1);
	told[reason]++;
}

static const struct mtud_fwd_drop_tap drop_tap = {.drop = on_drop, .ctx = told};

static bool all_on_link;

static inline bool
is_on_link(void *ctx, uint16_t port, const struct mtud_ip *ip)
{
	static const char *const links[] = {"2001:db8:a::/64", "192.0.2.0/24", "198.51.100.0/24"};
	struct mtud_prefix p;
	unsigned int i;

	(void)ctx;
	if (all_on_link)
		return true;
	for (i = 0; i < RTE_DIM(links); i++) {
		assert_int_equal(mtud_prefix_parse(links[i], &p, NULL), 0);
		if (port == (i == 2) && mtud_prefix_contains(&p, ip))
			return true;
	}
	return false;
}

static bool has_route;
static uint16_t route_port;

static inline bool
next_hop(void *ctx, const struct mtud_ip *dst, uint16_t *port, struct mtud_ip *ip)
{
	(void)ctx;
	*port = route_port;
	*ip = *dst;
	return has_route;
}

static const struct mtud_ctl_ops ops = {
	.next_hop = next_hop,
	.addr_changed = addr_changed,
	.addr_conflict = addr_conflict,
	.is_on_link = is_on_link,
};

static inline int
start_eal(void **state)
{
	(void)state;
	assert_int_equal(test_eal_init(64, ""), 0);
	pool = mtud_pkt_pool_create("ctl", 255, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	assert_non_null(pool);
	qsbr = rte_zmalloc("qsbr", rte_rcu_qsbr_get_memsize(1), RTE_CACHE_LINE_SIZE);
	rte_rcu_qsbr_init(qsbr, 1);
	return 0;
}

static inline int
stop_eal(void **state)
{
	(void)state;
	return rte_eal_cleanup();
}

static inline int
setup(void **state)
{
	struct mtud_neigh_conf conf = {.max = 64, .hold = 3, .ops = &mtud_ctl_neigh_ops,
		.socket = SOCKET_ID_ANY, .qsbr = qsbr};
	struct mtud_ip global = ip_of("2001:db8:a::1"), ll = ip_of("fe80::a1");

	(void)state;
	ctl = calloc(1, sizeof(*ctl));
	worker = rte_zmalloc("worker", sizeof(*worker), RTE_CACHE_LINE_SIZE);
	worker->punt = rte_ring_create("punt", 64, SOCKET_ID_ANY, 0);
	worker->inject = rte_ring_create("inject", 64, SOCKET_ID_ANY, 0);
	worker->stale_used = calloc(1, 65);
	memset(&addrs, 0, sizeof(addrs));
	mtud_addr_add(&addrs, 0, &ll, 64, true);
	mtud_addr_add(&addrs, 0, &global, 64, false);
	conf.ctx = ctl;
	ctl->nt = mtud_neigh_create(&conf);
	assert_non_null(ctl->nt);
	ctl->addrs = &addrs;
	ctl->pool = pool;
	ctl->workers = &worker;
	ctl->n_workers = 1;
	ctl->n_ports = 1;
	ctl->ops = &ops;
	ctl->drop_tap = &drop_tap;
	assert_int_equal(mtud_ctl_limits_create(&ctl->limits, 2, SOCKET_ID_ANY), 0);
	mtud_ctl_init(ctl);
	memset(told, 0, sizeof(told));
	conflicts = 0;
	all_on_link = false;
	has_route = true;
	route_port = 0;
	return 0;
}

static inline struct rte_mbuf *
sent(void)
{
	void *m;

	return rte_ring_dequeue(worker->inject, &m) == 0 ? m : NULL;
}

/* Every packet that ended was told of as often as it was counted; some tests set counts back. */
static inline void
check_told(void)
{
	unsigned int i;

	for (i = 0; i < MTUD_DROP_MAX; i++)
		if (i != MTUD_DROP_NO_MBUF && told[i] < ctl->stat.drop[i])
			fail_msg("%s counted %lu, told %u", mtud_drop_name(i), ctl->stat.drop[i],
				told[i]);
}

static inline int
teardown(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	mtud_neigh_free(ctl->nt);
	mtud_ctl_limits_free(&ctl->limits);
	check_told();
	while ((m = sent()) != NULL)
		rte_pktmbuf_free(m);
	rte_ring_free(worker->punt);
	rte_ring_free(worker->inject);
	free(worker->stale_used);
	rte_free(worker);
	free(ctl);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
	return 0;
}

/* Bring the port up and let Duplicate Address Detection end; nothing is left on the rings. */
static inline uint64_t
settle(void)
{
	struct rte_mbuf *m;
	uint64_t now;

	ctl->now_ms = 1000;
	mtud_ctl_port_up(ctl, 0, &our_mac);
	for (now = 1000; now < 5000; now += 50)
		mtud_ctl_poll(ctl, now);
	while ((m = sent()) != NULL)
		rte_pktmbuf_free(m);
	assert_int_equal(addrs.addr[1].state, MTUD_ADDR_PREFERRED);
	return now;
}

/* A frame that came in by a port, as a worker would punt it. */
static inline void
punt(struct rte_mbuf *m, uint16_t port, enum mtud_pkt_why why, uint64_t now_ms)
{
	assert_non_null(m);
	m->port = port;
	mtud_pkt_meta(m)->why = why;
	mtud_pkt_meta(m)->worker = 0;
	mtud_pkt_meta(m)->born = false;
	mtud_pkt_meta(m)->ip_len = m->pkt_len - MTUD_L3_AT;
	rte_ring_enqueue(worker->punt, m);
	mtud_ctl_poll(ctl, now_ms);
}

static inline void
assert_reason(enum mtud_drop reason)
{
	unsigned int i;

	assert_null(sent());
	for (i = 0; i < MTUD_DROP_MAX; i++)
		if (ctl->stat.drop[i] != (i == reason))
			fail_msg("%s counted %lu", mtud_drop_name(i), ctl->stat.drop[i]);
}

/* A packet to dst that waits for its next hop, made here or not, on the punt ring. */
static inline struct rte_mbuf *
waiting_as(const char *dst, bool born)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct mtud_ip ip = ip_of(dst);

	rte_pktmbuf_append(m, 100);
	if (mtud_ip_is_v4(&ip)) {
		mtud_fwd_ip4(m)->version_ihl = RTE_IPV4_VHL_DEF;
		mtud_fwd_ip4(m)->dst_addr = mtud_ip_to_v4(&ip);
	} else {
		mtud_fwd_ip6(m)->vtc_flow = RTE_BE32(6u << 28);
		memcpy(mtud_fwd_ip6(m)->dst_addr, ip.b, sizeof(ip.b));
	}
	*mtud_pkt_meta(m) =
		(struct mtud_pkt_meta){.why = MTUD_PKT_RESOLVE, .ip_len = 86, .born = born};
	rte_ring_enqueue(worker->punt, m);
	return m;
}

/* One that came in, taken by the control thread. */
static inline struct rte_mbuf *
waiting(const char *dst, uint64_t now_ms)
{
	struct rte_mbuf *m = waiting_as(dst, false);

	mtud_ctl_poll(ctl, now_ms);
	return m;
}

#endif
