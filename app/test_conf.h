/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef TEST_CONF_H
#define TEST_CONF_H

/* The configuration behind the console, with its real tables and neither ports nor workers that
 * run. To be included behind cmocka.h, by one file of a program. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_malloc.h>

#include "app.h"
#include "cmd.h"
#include "nouns.h"
#include "test_console_line.h"

static struct app context = {.stats_lock = PTHREAD_MUTEX_INITIALIZER};

struct app *
app_get(void)
{
	return &context;
}

uint64_t
app_now_ms(void)
{
	return 1000;
}

void
app_forwarding(struct app *app, bool on)
{
	app->running = on;
}

/* What happens when it is others' turn; NULL: nothing. */
static void (*on_turn)(void);

void
app_control_turn(void *app)
{
	(void)app;
	if (on_turn != NULL)
		on_turn();
}

bool
app_control_signalled(void)
{
	return false;
}

void
app_port_groups(struct app *app, uint16_t port)
{
	(void)app;
	(void)port;
}

/* Nothing runs that could stand still, and nobody watches; a test may say that it does. */
static bool test_stalled;

bool
app_watchdog_moving(struct app *app)
{
	(void)app;
	return !test_stalled;
}

bool
app_watchdog_permits(struct app *app, struct out *out)
{
	(void)app;
	(void)out;
	return true;
}

const struct mtud_worker *
app_watchdog_stalled(const struct app *app)
{
	(void)app;
	return NULL;
}

void
app_watchdog_round(struct app *app)
{
	(void)app;
}

void
app_notify_reloading(struct app *app, bool on)
{
	(void)app;
	(void)on;
}

static inline int
setup_eal(void)
{
	static char program[] = "test", no_huge[] = "--no-huge", no_pci[] = "--no-pci";
	static char no_conf[] = "--no-shconf", m[] = "-m", memory[] = "512", l[] = "-l", lcore[] = "0";
	static char no_telemetry[] = "--no-telemetry", level[] = "--log-level=critical";
	char *argv[] = {
		program, no_huge, no_conf, no_pci, no_telemetry, level, m, memory, l, lcore};

	return rte_eal_init(RTE_DIM(argv), argv) < 0 ? -1 : 0;
}

/* Two ports of 1500 octets, and no address. */
static inline int
setup_conf(void **state)
{
	struct app *app = &context;
	struct mtud_neigh_conf neigh = {.max = 64, .max_pending = 4, .hold = 3,
		.ops = &mtud_ctl_neigh_ops, .ctx = &app->ctl};
	struct mtud_route_conf route = {.max_routes = 1000, .tbl8s = 256, .workers = 1,
		.pause = app_control_turn, .pause_arg = app};

	(void)state;
	*app = (struct app){.stats_lock = PTHREAD_MUTEX_INITIALIZER};
	app->opt = (struct app_options){.routes = 1000, .tbl8s = 256, .neighbors = 64};
	app->icmp = (struct app_icmp){APP_ICMP_RATE, APP_ICMP_BURST, APP_ICMP_HOP_LIMIT, {{0}}, {{{{0}}}}};
	app_log_init(app);
	app->watchdog_ms = APP_WATCHDOG_S * 1000;
	app->n_ports = 2;
	app->port[0].mtu = app->port[1].mtu = MTUD_PORT_MTU;
	app->n_workers = 1;
	app->worker[0] = rte_zmalloc(NULL, sizeof(*app->worker[0]), 0);
	app->qsbr = rte_zmalloc(NULL, rte_rcu_qsbr_get_memsize(1), RTE_CACHE_LINE_SIZE);
	if (app->worker[0] == NULL || app->qsbr == NULL || rte_rcu_qsbr_init(app->qsbr, 1) != 0)
		return -1;
	neigh.qsbr = route.qsbr = app->qsbr;
	app->nt = route.neigh = mtud_neigh_create(&neigh);
	app->rt = mtud_route_create(&route);
	app->ctl.addrs = &app->addrs;
	app->ctl.nt = app->nt;
	app->ctl.n_ports = 2;
	if (app->nt == NULL || app->rt == NULL)
		return -1;
	mtud_route_set_port_mtu(app->rt, 0, MTUD_PORT_MTU);
	mtud_route_set_port_mtu(app->rt, 1, MTUD_PORT_MTU);
	return app_view_publish(app) < 0 ? -1 : cmd_init(nouns);
}

static inline int
teardown_conf(void **state)
{
	struct app *app = &context;

	(void)state;
	cmd_free();
	mtud_route_free(app->rt);
	mtud_neigh_free(app->nt);
	rte_free(app->view);
	rte_free(app->qsbr);
	rte_free(app->worker[0]);
	return 0;
}

/* Lines that all do well without a word. */
#define DO(...)                                                                        \
	do {                                                                           \
		const char *const lines_[] = {__VA_ARGS__};                            \
		unsigned int at_;                                                      \
		for (at_ = 0; at_ < RTE_DIM(lines_); at_++)                            \
			assert_line(lines_[at_], 0, "");                               \
	} while (0)

/* What a line prints. Valid until the next call. */
static inline const char *
output_of(const char *line)
{
	static char text[1 << 16];
	struct out out;

	out_init(&out);
	assert_int_equal(cmd_run(line, &out), 0);
	snprintf(text, sizeof(text), "%s", out.text != NULL ? out.text : "");
	out_free(&out);
	return text;
}

/* The configuration as save writes it, without a comment and `flush`. */
static inline const char *
saved(void)
{
	static char text[1 << 16];
	static const char path[] = "test_conf.tmp";
	const char *begin;
	FILE *f;
	size_t n;

	assert_line("save test_conf.tmp", 0, "");
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	remove(path);
	text[n] = '\0';
	assert_memory_equal(text, "# ", 2);
	begin = strchr(text, '\n') + 1;
	assert_memory_equal(begin, "flush\n", 6);
	return begin + 6;
}

static inline void
load(const char *text, int status, const char *sentence)
{
	FILE *f = fopen("test_conf.tmp", "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_line("load test_conf.tmp", status, sentence);
	remove("test_conf.tmp");
}

#endif
