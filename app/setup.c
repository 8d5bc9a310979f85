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
#include <rte_pdump.h>

#include "app.h"
#include "mtud_ledger.h"
#include "mtud_nd.h"
#include "setup_priv.h"
#include "trace.h"

#define CTL_MBUFS 2047

/* Packets that wait for one neighbor. */
#define HOLD 3

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
		return setup_fail("grace periods", -ENOMEM, setup_more_memory);
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
		.patience = &app->patience,
		.ops = &mtud_ctl_neigh_ops,
		.ctx = &app->ctl,
	};
	struct mtud_route_conf route = {
		.max_routes = app->opt.routes,
		.tbl8s = app->opt.tbl8s,
		.workers = app->n_workers,
		.engine6 = app->opt.fib[MTUD_IPV6],
		.engine4 = app->opt.fib[MTUD_IPV4],
		.socket = (int)rte_socket_id(),
		.qsbr = app->qsbr,
		.pause = app_control_turn,
		.pause_arg = app,
		.patience = &app->patience,
	};

	app->nt = mtud_neigh_create(&neigh);
	if (app->nt == NULL)
		return setup_fail("neighbor cache", -rte_errno, setup_more_memory);
	route.neigh = app->nt;
	app->rt = mtud_route_create(&route);
	if (app->rt == NULL)
		return setup_fail("routing tables", -rte_errno, setup_more_memory);
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
	};
	struct mtud_port *p = &app->port[id];
	char what[128];
	int ret;

	ret = mtud_port_init(p, id, &conf);
	if (ret < 0) {
		snprintf(what, sizeof(what), "port %u (%s): %s", id, p->name, p->failed);
		return setup_fail(what, ret, ret == -ENOMEM ? setup_more_memory : "check the device");
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
		return setup_fail("transmit queues", -ENOMEM, NULL);
	for (id = 0; id < app->n_ports; id++) {
		for (q = 0; q < app->port[id].n_rxq; q++, next++) {
			struct mtud_worker *w = app->worker[next % app->n_workers];

			if (w->n_rxq == MTUD_RXQ_MAX)
				return setup_fail("receive queues", -ENOSPC, "give more lcores with -l");
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
			return setup_fail("link-local addresses", -ENOSPC, "use fewer ports");
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
	char cause[256];

	RTE_EAL_DEVARGS_FOREACH(bus, da)
	{
		bool network = strcmp(bus, "vdev") != 0 || strncmp(da->name, "net_", 4) == 0 ||
			strncmp(da->name, "eth_", 4) == 0;

		if (!network || da->policy == RTE_DEV_BLOCKED || mtud_port_exists(da->name))
			continue;
		app_startup_cause(da->name, cause, sizeof(cause));
		fprintf(stderr, "mtud: device %s%s%s: there is none, or its driver refuses it (%s); "
				"check its name and arguments\n",
			da->name, da->args[0] != '\0' ? "," : "", da->args, cause);
		return -1;
	}
	return 0;
}

/* dpdk-dumpcap and others attach from outside and ask for packets; without hugepages they cannot
 * share memory with this process. A router without it still routes. */
static void
setup_pdump(void)
{
	if (rte_eal_has_hugepages() && rte_pdump_init() < 0)
		fputs("mtud: dpdk-dumpcap will get no packets: out of memory; give more with -m\n",
			stderr);
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
	app->ctl.pool = mtud_pkt_pool_create("mtud_ctl", CTL_MBUFS, 128, RTE_MBUF_DEFAULT_BUF_SIZE,
		(int)rte_socket_id());
	if (app->ctl.pool == NULL)
		return setup_fail("control packets", -rte_errno, setup_more_memory);
	app->notes.rate = mtud_rate_create(rte_get_tsc_hz(), (int)rte_socket_id());
	if (app->notes.rate == NULL)
		return setup_fail("log", -ENOMEM, setup_more_memory);
	mtud_rate_set(app->notes.rate, MTUD_NOTES_PER_S, MTUD_NOTES_PER_S, rte_get_tsc_cycles());
	if (mtud_ctl_limits_create(&app->ctl.limits, app->n_ports, (int)rte_socket_id()) < 0)
		return setup_fail("limits of Neighbor Discovery", -ENOMEM, setup_more_memory);
	if (setup_qsbr(app) < 0 || setup_tables(app) < 0 || setup_workers(app) < 0)
		return -1;
	for (id = 0; id < app->n_ports; id++)
		if (setup_port(app, id) < 0)
			return -1;
	if (setup_fragments(app) < 0)
		return -1;
	if (assign_queues(app) < 0 || setup_link_local(app) < 0)
		return -1;
	setup_ctl(app);
	for (id = 0; id < app->n_ports; id++)
		app_port_groups(app, id);
	if (app_view_publish(app) < 0)
		return setup_fail("configuration", -ENOMEM, setup_more_memory);
	setup_pdump();
	return 0;
}

/* Packets that had not come to their end: they are freed with what they lie in. */
static void
log_left(const struct app *app)
{
	struct mtud_neigh_totals neigh = {0};
	unsigned int on_rings = 0;
	unsigned int i;

	if (app->nt != NULL)
		mtud_neigh_totals(app->nt, &neigh);
	for (i = 0; i < app->n_workers; i++)
		if (app->worker[i] != NULL && app->worker[i]->punt != NULL)
			on_rings += rte_ring_count(app->worker[i]->punt);
	if (neigh.held + on_rings > 0)
		APP_LOG(INFO, "ended with %lu packets that waited for a neighbor and %u for the "
			      "control thread: dropped\n", neigh.held, on_rings);
}

/* Drivers have given back what they had, and nothing else has packets any more. */
static void
tell_lost(struct rte_mempool *mp, void *arg)
{
	struct mtud_pkt_ledger ledger;
	unsigned int holder;

	RTE_SET_USED(arg);
	mtud_pkt_ledger(mp, &ledger);
	for (holder = MTUD_PKT_TAKEN; holder < MTUD_PKT_HOLDERS; holder++)
		if (ledger.held[holder] > 0)
			fprintf(stderr, "mtud: pool %s has lost %u packets, last seen: %s\n", mp->name,
				ledger.held[holder], mtud_pkt_holder_name(holder));
}

void
app_teardown(struct app *app)
{
	unsigned int i;
	uint16_t id;

	requests_close(&app->requests);
	pthread_mutex_lock(&app->stats_lock);
	app->stats_gone = true;
	pthread_mutex_unlock(&app->stats_lock);
	capture_end(app);
	app_workers_stop(app);
	rte_pdump_uninit();
	log_left(app);
	for (i = 0; i < app->n_workers; i++)
		setup_undo_worker(app->worker[i]);
	mtud_ctl_limits_free(&app->ctl.limits);
	mtud_rate_free(app->notes.rate);
	mtud_route_free(app->rt);
	mtud_neigh_free(app->nt);
	for (id = 0; id < app->n_ports; id++)
		mtud_port_stop(&app->port[id]);
	for (id = 0; id < app->n_ports; id++)
		mtud_port_close(&app->port[id]);
	rte_mempool_walk(tell_lost, NULL);
	for (id = 0; id < app->n_ports; id++)
		mtud_port_free_buffers(&app->port[id]);
	for (i = 0; i < app->n_workers; i++)
		setup_free_worker(app->worker[i]);
	rte_mempool_free(app->ctl.pool);
	rte_free(app->view);
	trace_end(app);
	rte_free(app->qsbr);
	rte_free(app->tx_locks);
}
