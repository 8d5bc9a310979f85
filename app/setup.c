/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_devargs.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "app.h"
#include "mtud_nd.h"

/* Data room of a reply: headroom, Ethernet header and the largest ICMPv6 error. */
#define REPLY_ROOM (RTE_PKTMBUF_HEADROOM + RTE_ALIGN(RTE_ETHER_HDR_LEN + MTUD_ICMP6_MAX_LEN, 64))
#define REPLY_MBUFS 4095
#define CTL_MBUFS   2047

/* Packets that wait for one neighbor. */
#define HOLD 3

static int
fail(const char *what, int ret, const char *remedy)
{
	fprintf(stderr, "mtud: %s: %s%s%s\n", what, rte_strerror(-ret), remedy != NULL ? "; " : "",
		remedy != NULL ? remedy : "");
	return -1;
}

static const char more_memory[] = "give more with -m or hugepages, or lower --mbufs or --tbl8s";

void
app_port_groups(struct app *app, uint16_t port)
{
	struct mtud_ip groups[MTUD_ADDR_GROUPS_MAX];
	struct rte_ether_addr macs[MTUD_ADDR_GROUPS_MAX + 2] = {
		{{0x33, 0x33, 0, 0, 0, 1}},
		{{0x33, 0x33, 0, 0, 0, 2}},
	};
	unsigned int n = mtud_addr_groups(&app->addrs, port, groups);
	unsigned int i;

	for (i = 0; i < n; i++)
		mtud_nd_group_mac(&groups[i], &macs[i + 2]);
	mtud_port_set_groups(&app->port[port], macs, n + 2);
}

static int
setup_qsbr(struct app *app)
{
	size_t size = rte_rcu_qsbr_get_memsize(RTE_MAX_LCORE);
	unsigned int i;

	app->qsbr = rte_zmalloc("mtud_qsbr", size, RTE_CACHE_LINE_SIZE);
	if (app->qsbr == NULL || rte_rcu_qsbr_init(app->qsbr, RTE_MAX_LCORE) != 0)
		return fail("grace periods", -ENOMEM, more_memory);
	for (i = 0; i < app->n_workers; i++)
		rte_rcu_qsbr_thread_register(app->qsbr, i);
	return 0;
}

/* Who asks for many hosts that are not there must not park the buffers that others need. */
static uint32_t
max_pending(const struct app *app)
{
	uint32_t n = RTE_MIN(app->opt.neighbors / 4, 2048u);

	if (app->opt.mbufs != 0)
		n = RTE_MIN(n, app->opt.mbufs / (8 * HOLD));
	return RTE_MAX(n, 4u);
}

static int
setup_tables(struct app *app)
{
	struct mtud_neigh_conf neigh = {
		.max = app->opt.neighbors,
		.max_pending = max_pending(app),
		.hold = HOLD,
		.socket = (int)rte_socket_id(),
		.qsbr = app->qsbr,
		.ops = &mtud_ctl_neigh_ops,
		.ctx = &app->ctl,
	};
	struct mtud_route_conf route = {
		.max_routes = app->opt.routes,
		.tbl8s = app->opt.tbl8s,
		.workers = app->n_workers,
		.socket = (int)rte_socket_id(),
		.qsbr = app->qsbr,
	};

	app->nt = mtud_neigh_create(&neigh);
	if (app->nt == NULL)
		return fail("neighbor cache", -rte_errno, more_memory);
	route.neigh = app->nt;
	app->rt = mtud_route_create(&route);
	if (app->rt == NULL)
		return fail("routing tables", -rte_errno, more_memory);
	return 0;
}

static int
setup_worker(struct app *app, unsigned int id, unsigned int lcore)
{
	int socket = (int)rte_lcore_to_socket_id(lcore);
	struct mtud_worker *w;
	char name[32];

	w = rte_zmalloc_socket("mtud_worker", sizeof(*w), RTE_CACHE_LINE_SIZE, socket);
	app->worker[id] = w;
	if (w == NULL)
		return fail("worker", -ENOMEM, more_memory);
	w->id = id;
	w->lcore = lcore;
	w->n_ports = app->n_ports;
	w->qsbr = app->qsbr;
	w->rt = app->rt;
	w->nt = app->nt;
	w->slots = mtud_route_slots(app->rt);
	w->adjs = mtud_neigh_adjs(app->nt);
	w->count = mtud_route_counts(app->rt, id);
	w->stale_used = rte_zmalloc_socket("mtud_stale", app->opt.neighbors + 1,
		RTE_CACHE_LINE_SIZE, socket);
	w->error_rate = mtud_rate_create(rte_get_tsc_hz(), socket);
	w->echo_rate = mtud_rate_create(rte_get_tsc_hz(), socket);
	snprintf(name, sizeof(name), "mtud_reply%u", id);
	w->reply_pool = rte_pktmbuf_pool_create(name, REPLY_MBUFS, 256,
		sizeof(struct mtud_pkt_meta), REPLY_ROOM, socket);
	snprintf(name, sizeof(name), "mtud_punt%u", id);
	w->punt = rte_ring_create(name, APP_RING_SIZE, socket, RING_F_SP_ENQ | RING_F_SC_DEQ);
	snprintf(name, sizeof(name), "mtud_inject%u", id);
	w->inject = rte_ring_create(name, APP_RING_SIZE, socket, RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (w->stale_used == NULL || w->error_rate == NULL || w->echo_rate == NULL ||
		w->reply_pool == NULL || w->punt == NULL || w->inject == NULL)
		return fail("worker", -ENOMEM, more_memory);
	return 0;
}

static int
setup_workers(struct app *app)
{
	unsigned int id = 0;
	unsigned int lcore;

	RTE_LCORE_FOREACH_WORKER(lcore)
		if (setup_worker(app, id++, lcore) < 0)
			return -1;
	return 0;
}

static int
setup_port(struct app *app, uint16_t id)
{
	struct mtud_port_conf conf = {
		.workers = (uint16_t)app->n_workers,
		.rxq = app->opt.rxq,
		.rxd = app->opt.rxd,
		.txd = app->opt.txd,
		.mbufs = app->opt.mbufs,
		.parked = max_pending(app) * HOLD + 2 * APP_RING_SIZE * app->n_workers,
		.priv_size = sizeof(struct mtud_pkt_meta),
	};
	struct mtud_port *p = &app->port[id];
	char what[128];
	int ret;

	ret = mtud_port_init(p, id, &conf);
	if (ret < 0) {
		snprintf(what, sizeof(what), "port %u (%s): %s", id, p->name, p->failed);
		return fail(what, ret, ret == -ENOMEM ? more_memory : "check the device");
	}
	mtud_route_set_port_mtu(app->rt, id, p->mtu);
	return 0;
}

/* Receive queues go round the workers, so that ports with few queues do not all end up with the
 * first one; each worker has a transmit queue of every port, its own where there are enough. */
static int
assign_queues(struct app *app)
{
	unsigned int next = 0;
	unsigned int i;
	uint16_t id, q;

	app->tx_locks = rte_zmalloc("mtud_locks",
		(size_t)app->n_ports * app->n_workers * sizeof(*app->tx_locks),
		RTE_CACHE_LINE_SIZE);
	if (app->tx_locks == NULL)
		return fail("transmit queues", -ENOMEM, NULL);
	for (id = 0; id < app->n_ports; id++) {
		for (q = 0; q < app->port[id].n_rxq; q++, next++) {
			struct mtud_worker *w = app->worker[next % app->n_workers];

			if (w->n_rxq == MTUD_RXQ_MAX)
				return fail("receive queues", -ENOSPC, "give more lcores with -l");
			w->rxq[w->n_rxq++] = (struct mtud_rxq){id, q};
		}
		for (i = 0; i < app->n_workers; i++) {
			struct mtud_txq *txq = &app->worker[i]->tx[id];
			uint16_t n_txq = app->port[id].n_txq;

			txq->queue = i % n_txq;
			if (n_txq < app->n_workers)
				txq->lock = &app->tx_locks[id * app->n_workers + txq->queue].lock;
		}
	}
	return 0;
}

/* Every port has a link-local address of its own (RFC 4291 section 2.8). */
static int
setup_link_local(struct app *app)
{
	struct mtud_ip ip;
	uint16_t id;

	for (id = 0; id < app->n_ports; id++) {
		mtud_nd_link_local(&app->port[id].mac, &ip);
		if (mtud_addr_add(&app->addrs, id, &ip, 64, true) < 0)
			return fail("link-local addresses", -ENOSPC, "use fewer ports");
	}
	return 0;
}

static void
setup_ctl(struct app *app)
{
	app->ctl.addrs = &app->addrs;
	app->ctl.nt = app->nt;
	app->ctl.workers = app->worker;
	app->ctl.n_workers = app->n_workers;
	app->ctl.n_ports = app->n_ports;
	app->ctl.ops = &app_ctl_ops;
	app->ctl.ctx = app;
	mtud_ctl_init(&app->ctl);
}

/* EAL goes on without a device that its driver refuses; a router with a port less would not do
 * what it was asked to. */
static int
check_bus(const char *bus)
{
	struct rte_devargs *da;

	RTE_EAL_DEVARGS_FOREACH(bus, da)
	{
		bool network = strcmp(bus, "vdev") != 0 || strncmp(da->name, "net_", 4) == 0 ||
			strncmp(da->name, "eth_", 4) == 0;

		if (!network || da->policy == RTE_DEV_BLOCKED || mtud_port_exists(da->name))
			continue;
		fprintf(stderr, "mtud: device %s%s%s: there is none, or its driver refuses it (EAL's "
				"lines above say why); check its name and arguments\n",
			da->name, da->args[0] != '\0' ? "," : "", da->args);
		return -1;
	}
	return 0;
}

int
app_setup(struct app *app)
{
	uint16_t id;

	app->n_workers = rte_lcore_count() - 1;
	if (app->n_workers == 0) {
		fputs("mtud: one lcore only: the main one runs the console, workers forward; "
		      "give at least two, as with -l 0,1\n",
			stderr);
		return -1;
	}
	if (check_bus("vdev") < 0 || check_bus("pci") < 0)
		return -1;
	app->n_ports = mtud_port_count();
	if (app->n_ports == 0) {
		fputs("mtud: no ports: bind a NIC to vfio-pci, or give one with --vdev, as with "
		      "--vdev=net_af_packet0,iface=veth0\n",
			stderr);
		return -1;
	}
	app->ctl.pool = rte_pktmbuf_pool_create("mtud_ctl", CTL_MBUFS, 128,
		sizeof(struct mtud_pkt_meta), RTE_MBUF_DEFAULT_BUF_SIZE, (int)rte_socket_id());
	if (app->ctl.pool == NULL)
		return fail("control packets", -rte_errno, more_memory);
	if (setup_qsbr(app) < 0 || setup_tables(app) < 0 || setup_workers(app) < 0)
		return -1;
	for (id = 0; id < app->n_ports; id++)
		if (setup_port(app, id) < 0)
			return -1;
	if (assign_queues(app) < 0 || setup_link_local(app) < 0)
		return -1;
	setup_ctl(app);
	for (id = 0; id < app->n_ports; id++)
		app_port_groups(app, id);
	if (app_view_publish(app) < 0)
		return fail("configuration", -ENOMEM, more_memory);
	return 0;
}

static void
drain(struct rte_ring *ring)
{
	struct rte_mbuf *m;

	while (ring != NULL && rte_ring_sc_dequeue(ring, (void **)&m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(ring);
}

static void
teardown_worker(struct mtud_worker *w)
{
	if (w == NULL)
		return;
	drain(w->punt);
	drain(w->inject);
	mtud_rate_free(w->error_rate);
	mtud_rate_free(w->echo_rate);
	rte_free(w->stale_used);
}

void
app_teardown(struct app *app)
{
	unsigned int i;
	uint16_t id;

	pthread_mutex_lock(&app->stats_lock);
	app->stats_gone = true;
	pthread_mutex_unlock(&app->stats_lock);
	app_workers_stop(app);
	for (i = 0; i < app->n_workers; i++)
		teardown_worker(app->worker[i]);
	mtud_route_free(app->rt);
	mtud_neigh_free(app->nt);
	for (id = 0; id < app->n_ports; id++)
		mtud_port_stop(&app->port[id]);
	for (id = 0; id < app->n_ports; id++)
		mtud_port_close(&app->port[id]);
	for (id = 0; id < app->n_ports; id++)
		mtud_port_free_buffers(&app->port[id]);
	for (i = 0; i < app->n_workers; i++) {
		if (app->worker[i] != NULL)
			rte_mempool_free(app->worker[i]->reply_pool);
		rte_free(app->worker[i]);
	}
	rte_mempool_free(app->ctl.pool);
	rte_free(app->view);
	rte_free(app->qsbr);
	rte_free(app->tx_locks);
}
