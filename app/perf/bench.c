/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* A worker as mtud's start-up makes it, with two ports that are rings: what a port is given stays
 * there until the clock has stopped, so that its price is that of a ring, not of a driver. */

#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>

#include "perf.h"

#define POOL_CACHE 256
#define REPLIES    4095
#define FRAGMENTS  4095
#define ROOM       RTE_MBUF_DEFAULT_BUF_SIZE

const struct rte_ether_addr perf_our_mac[2] = {{{2, 0, 0, 0, 0, 0xa1}}, {{2, 0, 0, 0, 0, 0xb1}}};
const struct rte_ether_addr perf_peer_mac[2] = {{{2, 0, 0, 0, 0, 0xa2}}, {{2, 0, 0, 0, 0, 0xb2}}};

static int
make_port(struct perf *p, uint16_t id)
{
	uint8_t frame[8] = {0};
	struct rte_ring *in;
	char name[16];

	snprintf(name, sizeof(name), "perf_out%u", id);
	p->out[id] = rte_ring_create(name, 2 * PERF_LEFT_MAX, SOCKET_ID_ANY,
		RING_F_SP_ENQ | RING_F_SC_DEQ);
	snprintf(name, sizeof(name), "perf_in%u", id);
	in = rte_ring_create(name, 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (p->out[id] == NULL || in == NULL ||
		rte_eth_from_rings(name, &in, 1, &p->out[id], 1, SOCKET_ID_ANY) != id ||
		rte_eth_dev_configure(id, 1, 1, &(struct rte_eth_conf){0}) < 0 ||
		rte_eth_rx_queue_setup(id, 0, 64, SOCKET_ID_ANY, NULL, p->pool_hot) < 0 ||
		rte_eth_tx_queue_setup(id, 0, 64, SOCKET_ID_ANY, NULL) < 0 ||
		rte_eth_dev_start(id) < 0)
		return perf_fail("port %u does not start; give no --vdev and no -a", id);
	memcpy(frame, &perf_our_mac[id], RTE_ETHER_ADDR_LEN);
	p->view.port[id] = (struct mtud_fwd_port){
		.mac_word = mtud_fwd_mac_word(frame),
		.mtu = 1500,
		.up = true,
		.tx_multi_seg = true,
		.mac = perf_our_mac[id],
	};
	return 0;
}

static int
add_address(struct perf *p, const char *text, uint16_t port)
{
	struct mtud_addr_table *t = &p->view.addrs;
	struct mtud_prefix prefix;
	struct mtud_ip ip;

	if (mtud_prefix_parse(text, &prefix, &ip) < 0 ||
		mtud_addr_add(t, port, &ip, prefix.len, false) < 0)
		return perf_fail("address %s is refused", text);
	t->addr[t->n - 1].state = MTUD_ADDR_PREFERRED;
	mtud_fwd_mark_sources(&p->view);
	return 0;
}

static int
make_worker(struct perf *p)
{
	struct mtud_worker *w = rte_zmalloc("perf_worker", sizeof(*w), RTE_CACHE_LINE_SIZE);

	p->w = w;
	if (w == NULL)
		return -1;
	w->n_ports = 2;
	w->qsbr = p->qsbr;
	w->rx[MTUD_IPV4].family = w->born[MTUD_IPV4].family = MTUD_IPV4;
	w->stale_used = rte_zmalloc("perf_stale", 1024, 0);
	w->error_rate = mtud_rate_create(rte_get_tsc_hz(), SOCKET_ID_ANY);
	w->echo_rate = mtud_rate_create(rte_get_tsc_hz(), SOCKET_ID_ANY);
	w->reply_pool = mtud_pkt_pool_create("perf_reply", REPLIES, POOL_CACHE, ROOM,
		SOCKET_ID_ANY);
	w->frag.direct = mtud_pkt_pool_create("perf_frag", FRAGMENTS, POOL_CACHE, ROOM,
		SOCKET_ID_ANY);
	w->frag.indirect = mtud_pkt_pool_create("perf_frag_ref", FRAGMENTS, POOL_CACHE, 0,
		SOCKET_ID_ANY);
	w->punt = rte_ring_create("perf_punt", 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	w->inject = rte_ring_create("perf_inject", 64, SOCKET_ID_ANY,
		RING_F_SP_ENQ | RING_F_SC_DEQ);
	w->view = &p->view;
	p->view.icmp_hop_limit = 64;
	p->view.icmp_generation = 1;
	return w->stale_used == NULL || w->error_rate == NULL || w->echo_rate == NULL ||
			w->reply_pool == NULL || w->frag.direct == NULL ||
			w->frag.indirect == NULL || w->punt == NULL || w->inject == NULL ?
		-1 : 0;
}

/* A pool of its own for hot packets, and no more in either than the bursts hold: a packet that is
 * given back is the next to be taken, for the slot that it came from. */
static int
make_pools(struct perf *p)
{
	p->pool_hot = mtud_pkt_pool_create("perf_hot", MTUD_BURST, 0, ROOM, SOCKET_ID_ANY);
	p->pool_cold = mtud_pkt_pool_create("perf_cold", p->scale->cold * MTUD_BURST, 0, ROOM,
		SOCKET_ID_ANY);
	p->bursts = rte_calloc("perf_bursts", (size_t)p->scale->cold * MTUD_BURST,
		sizeof(*p->bursts), 0);
	return p->pool_hot == NULL || p->pool_cold == NULL || p->bursts == NULL ? -1 : 0;
}

static int
add_addresses(struct perf *p)
{
	enum mtud_family family;
	uint16_t port;

	if (add_address(p, "2001:db8:a::1/64", 0) < 0 || add_address(p, "fe80::a1/64", 0) < 0 ||
		add_address(p, "192.0.2.1/24", 0) < 0 ||
		add_address(p, "2001:db8:b::1/64", 1) < 0 ||
		add_address(p, "fe80::b1/64", 1) < 0 || add_address(p, "203.0.113.1/24", 1) < 0)
		return -1;
	for (port = 0; port < 2; port++)
		for (family = 0; family < MTUD_FAMILIES; family++)
			p->view.port[port].only_source[family] =
				mtud_addr_only_source(&p->view.addrs, port, family);
	return 0;
}

int
perf_bench_create(struct perf *p)
{
	p->qsbr = rte_zmalloc("perf_qsbr", rte_rcu_qsbr_get_memsize(1), RTE_CACHE_LINE_SIZE);
	p->rate = mtud_rate_create(rte_get_tsc_hz(), SOCKET_ID_ANY);
	if (p->qsbr == NULL || rte_rcu_qsbr_init(p->qsbr, 1) != 0 || p->rate == NULL ||
		make_pools(p) < 0 || make_worker(p) < 0)
		return perf_fail("no memory; give more with -m");
	if (make_port(p, 0) < 0 || make_port(p, 1) < 0)
		return -1;
	return add_addresses(p);
}

void
perf_bench_free(struct perf *p)
{
	struct mtud_worker *w = p->w;

	if (w != NULL) {
		mtud_rate_free(w->error_rate);
		mtud_rate_free(w->echo_rate);
		rte_mempool_free(w->reply_pool);
		rte_mempool_free(w->frag.direct);
		rte_mempool_free(w->frag.indirect);
		rte_ring_free(w->punt);
		rte_ring_free(w->inject);
		rte_free(w->stale_used);
	}
	rte_free(w);
	mtud_rate_free(p->rate);
	rte_mempool_free(p->pool_hot);
	rte_mempool_free(p->pool_cold);
	rte_free(p->bursts);
	rte_free(p->qsbr);
}
