/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef TEST_HANDOVER_ROUTER_H
#define TEST_HANDOVER_ROUTER_H

/* A router with a worker and a control thread, as the program sets it up, on the ports of
 * test_handover_wire.h. To be included behind cmocka.h, by one file of a program. */

#include <rte_cycles.h>
#include <rte_malloc.h>

#include "conf.h"
#include "setup_priv.h"
#include "test_handover_wire.h"

static struct app context = {.stats_lock = PTHREAD_MUTEX_INITIALIZER};
static uint64_t now_ms = 1000;

struct app *
app_get(void)
{
	return &context;
}

uint64_t
app_now_ms(void)
{
	return now_ms;
}

void
conf_follow_states(struct app *app)
{
	assert_int_equal(app_view_publish(app), 0);
}

static inline void
late(void *ctx)
{
	(void)ctx;
}

static inline void
set_route(const char *text, enum mtud_route_type type, uint16_t port, const char *gw, uint16_t mtu)
{
	struct mtud_route_spec spec = {.type = type, .port = port, .mtu = mtu};
	struct mtud_prefix prefix;

	assert_int_equal(mtud_prefix_parse(text, &prefix, NULL), 0);
	if (gw != NULL)
		spec.gw = wire_ip(gw);
	assert_int_equal(mtud_route_set(context.rt, &prefix, MTUD_ORIGIN_STATIC, &spec), 0);
}

static inline void
del_route(const char *text)
{
	struct mtud_prefix prefix;

	assert_int_equal(mtud_prefix_parse(text, &prefix, NULL), 0);
	mtud_route_del(context.rt, &prefix, MTUD_ORIGIN_STATIC);
}

static inline void
set_neighbor(uint16_t port, const char *text, bool there)
{
	struct mtud_ip ip = wire_ip(text);

	if (there)
		assert_int_equal(
			mtud_neigh_set_static(context.nt, port, &ip, &wire_peer, now_ms), 0);
	else
		mtud_neigh_del(context.nt, port, &ip);
}

static inline void
make_tables(struct app *app)
{
	struct mtud_neigh_conf neigh = {.max = 64,
		.hold = 3,
		.ops = &mtud_ctl_neigh_ops,
		.ctx = &app->ctl,
		.socket = SOCKET_ID_ANY};
	struct mtud_route_conf route = {
		.max_routes = 64, .tbl8s = 64, .workers = 1, .socket = SOCKET_ID_ANY};

	app->patience.late = late;
	app->qsbr = rte_zmalloc("qsbr", rte_rcu_qsbr_get_memsize(1), RTE_CACHE_LINE_SIZE);
	assert_int_equal(rte_rcu_qsbr_init(app->qsbr, 1), 0);
	assert_int_equal(rte_rcu_qsbr_thread_register(app->qsbr, 0), 0);
	neigh.qsbr = route.qsbr = app->qsbr;
	app->nt = route.neigh = mtud_neigh_create(&neigh);
	assert_non_null(app->nt);
	app->rt = mtud_route_create(&route);
	assert_non_null(app->rt);
	mtud_route_set_port_mtu(app->rt, 0, 1500);
	mtud_route_set_port_mtu(app->rt, 1, 1500);
}

static inline void
add_address(struct app *app, uint16_t port, const char *text, uint8_t len)
{
	struct mtud_ip ip = wire_ip(text);

	assert_int_equal(mtud_addr_add(&app->addrs, port, &ip, len, false), 0);
	if (!mtud_ip_is_link_local(&ip))
		set_route(text, MTUD_ROUTE_LOCAL, port, NULL, 0);
}

static inline void
make_configuration(struct app *app)
{
	add_address(app, 0, "fe80::a1", 64);
	add_address(app, 0, "2001:db8:a::1", 64);
	add_address(app, 0, "192.0.2.1", 96 + 24);
	add_address(app, 1, "fe80::b1", 64);
	add_address(app, 1, "2001:db8:b::1", 64);
	add_address(app, 1, "203.0.113.1", 96 + 24);
	set_route("2001:db8:a::/64", MTUD_ROUTE_ONLINK, 0, NULL, 0);
	set_route("192.0.2.0/24", MTUD_ROUTE_ONLINK, 0, NULL, 0);
	set_route("2001:db8:b::/64", MTUD_ROUTE_ONLINK, 1, NULL, 0);
	set_route("203.0.113.0/24", MTUD_ROUTE_ONLINK, 1, NULL, 0);
	set_route(WIRE_FAR6, MTUD_ROUTE_FORWARD, 1, "2001:db8:b::2", 1280);
	set_route(WIRE_FAR4, MTUD_ROUTE_FORWARD, 1, "203.0.113.2", 1280);
	assert_int_equal(mtud_route_commit(app->rt), 0);
	set_neighbor(0, "2001:db8:a::9", true);
	set_neighbor(0, "192.0.2.9", true);
	set_neighbor(1, "2001:db8:b::2", true);
	set_neighbor(1, "203.0.113.2", true);
}

/* As setup.c does. */
static inline void
start(struct app *app)
{
	uint16_t id;

	app_log_init(app);
	make_tables(app);
	app->opt.neighbors = 64;
	app->n_ports = WIRE_PORTS;
	app->n_workers = 1;
	app->running = true;
	app->icmp = (struct app_icmp){.rate_pps = 100000, .burst = 1000, .hop_limit = 64};
	for (id = 0; id < WIRE_PORTS; id++) {
		app->port[id] = (struct mtud_port){.id = id,
			.mtu = 1500,
			.started = true,
			.tx_multi_seg = true,
			.txd = 64,
			.mac = wire_mac[id]};
		app->link[id] = true;
	}
	assert_int_equal(setup_workers(app), 0);
	assert_int_equal(setup_fragments(app), 0);
	app->worker[0]->n_rxq = WIRE_PORTS;
	app->worker[0]->rxq[1].port = 1;
	app->ctl = (struct mtud_ctl){.addrs = &app->addrs,
		.nt = app->nt,
		.workers = app->worker,
		.n_workers = 1,
		.n_ports = WIRE_PORTS,
		.ops = &app_ctl_ops,
		.ctx = app};
	app->ctl.pool =
		mtud_pkt_pool_create("ctl", 511, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	assert_non_null(app->ctl.pool);
	assert_int_equal(mtud_ctl_limits_create(&app->ctl.limits, WIRE_PORTS, SOCKET_ID_ANY), 0);
	app->notes.rate = mtud_rate_create(rte_get_tsc_hz(), SOCKET_ID_ANY);
	assert_non_null(app->notes.rate);
	mtud_rate_set(app->notes.rate, MTUD_NOTES_PER_S, MTUD_NOTES_PER_S, rte_rdtsc());
	mtud_ctl_init(&app->ctl);
	make_configuration(app);
	assert_int_equal(app_view_publish(app), 0);
	app->ctl.now_ms = now_ms;
	for (id = 0; id < WIRE_PORTS; id++)
		mtud_ctl_port_up(&app->ctl, id, &wire_mac[id]);
}

static inline void
end(struct app *app)
{
	setup_undo_worker(app->worker[0]);
	mtud_ctl_limits_free(&app->ctl.limits);
	mtud_rate_free(app->notes.rate);
	mtud_route_free(app->rt);
	mtud_neigh_free(app->nt);
	setup_free_worker(app->worker[0]);
	rte_mempool_free(app->ctl.pool);
	rte_free(app->view);
	rte_free(app->qsbr);
}

#endif
