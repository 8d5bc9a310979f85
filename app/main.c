/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* DPDK 22.11 calls rte_vect_set_max_simd_bitwidth() experimental; later ones have it as it is. */
#define ALLOW_EXPERIMENTAL_API

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_log.h>
#include <rte_vect.h>

#include "app.h"
#include "cmd.h"
#include "conf.h"
#include "nouns.h"
#include "out.h"

static struct app context = {
	.stats_lock = PTHREAD_MUTEX_INITIALIZER,
	.requests = REQUESTS_INITIALIZER,
};

struct app *
app_get(void)
{
	return &context;
}

/* The file of -f: one transaction, as load; bad lines end the program. */
static int
run_file(const struct app *app)
{
	struct out out;
	int ret = 0;

	if (app->opt.file == NULL)
		return 0;
	out_init(&out);
	if (isatty(STDERR_FILENO))
		out.terminal = STDERR_FILENO;
	ret = conf_load(app->opt.file, &out);
	/* Of several bad lines the text tells. */
	if (out.text != NULL)
		fputs(out.text, ret < 0 ? stderr : stdout);
	if (ret < 0)
		fprintf(stderr, "%s\n", out_error_text(&out));
	out_free(&out);
	return ret;
}

/* A change waits for a worker: whoever should know of that hears of it meanwhile. That this thread
 * is well is not said: with the watchdog off the service manager alone would end the wait. */
static void
late(void *ctx)
{
	app_watchdog_look(ctx);
}

static int
run(struct app *app)
{
	unsigned int id;

	app_control_signals();
	if (app_control_open(app) < 0 || app_setup(app) < 0)
		return 1;
	if (cmd_init(nouns) < 0 || app_telemetry_init() < 0) {
		fputs("mtud: no memory for the console; give more\n", stderr);
		return 1;
	}
	if (app_workers_launch(app) < 0) {
		fputs("mtud: workers do not start; check -l\n", stderr);
		return 1;
	}
	if (run_file(app) < 0)
		return app_control_signalled() ? 0 : 1;
	for (id = 0; id < app->n_ports; id++) {
		struct mtud_port *p = &app->port[id];

		if (mtud_port_start(p) < 0) {
			fprintf(stderr, "mtud: port %u (%s): does not start; check the device\n",
				id, p->name);
			return 1;
		}
		conf_warn_refused(app, id, UINT32_MAX);
	}
	if (app_control_signalled())
		return 0;
	app_startup_done();
	app_limits_done();
	app_forwarding(app, !app->opt.no_start);
	return app_control_run(app);
}

/* What stands behind argv[at]: 0, 1 to end well, or -1. */
static int
parse_own(struct app *app, int argc, char **argv, int at)
{
	static char name[] = "mtud";
	char *there = argv[at];
	int ret;

	argv[at] = name;
	ret = app_options_parse(&app->opt, argc - at, argv + at);
	argv[at] = there;
	return ret;
}

int
main(int argc, char **argv)
{
	struct app *app = app_get();
	int status = 1, ret = 0;
	int n, own;

	if (app_options_ask(argc, argv))
		return 0;
	if (app_limits_init() < 0)
		return 1;
	app_privilege_init();
	if (!app_journal_open())
		app_log_open();
	/* Those who mistyped shall not wait for EAL. */
	for (own = 1; own < argc && strcmp(argv[own], "--") != 0; own++)
		;
	if (own < argc)
		ret = parse_own(app, argc, argv, own);
	if (ret != 0)
		return ret < 0 ? 1 : 0;
	n = app_startup_eal(argc, argv);
	if (n < 0)
		return 1;
	/* EAL starts with 256 bits; what the user gave (--force-max-simd-bitwidth) stands. */
	rte_vect_set_max_simd_bitwidth(RTE_VECT_SIMD_512);
	app_log_init(app);
	app_notify_init(app);
	app->watchdog_ms = APP_WATCHDOG_S * 1000;
	app->patience = (struct mtud_rcu_patience){.late = late, .ctx = app};
	app->icmp = conf_icmp_default;
	if (own == argc)
		ret = parse_own(app, argc, argv, n);
	if (ret == 0) {
		status = run(app);
		app_control_close(app);
		app_teardown(app);
	}
	cmd_free();
	rte_eal_cleanup();
	return status;
}
