/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What the log says, and when a worker that stands still is reported. */

#include <string.h>

#include "conf.h"
#include "out.h"

/* DPDK keeps the levels: --log-level sets them too. */
static uint32_t
level_of(const struct app *app, unsigned int part)
{
	return (uint32_t)rte_log_get_level(app->logtype[part]);
}

void
conf_service_keep(struct conf_txn *txn)
{
	const struct app *app = app_get();
	unsigned int part;

	for (part = 0; part < APP_PARTS; part++)
		txn->log_level[part] = level_of(app, part);
	txn->watchdog_ms = app->watchdog_ms;
}

void
conf_service_flush(struct conf_txn *txn)
{
	const struct app *app = app_get();
	unsigned int part;

	for (part = 0; part < APP_PARTS; part++)
		txn->log_level[part] = app->log_default[part];
	txn->watchdog_ms = APP_WATCHDOG_S * 1000;
}

void
conf_service_apply(const struct conf_txn *txn)
{
	struct app *app = app_get();
	unsigned int part;

	for (part = 0; part < APP_PARTS; part++)
		rte_log_set_level(app->logtype[part], txn->log_level[part]);
	app->watchdog_ms = txn->watchdog_ms;
}

void
conf_service_log(const struct app *app)
{
	struct mtud_route_totals totals;

	if (!rte_log_can_log(app->logtype[APP_PART_ROUTE], RTE_LOG_DEBUG))
		return;
	mtud_route_totals(app->rt, &totals);
	APP_LOG_PART(ROUTE, DEBUG, "route: %u IPv6 and %u IPv4 routes\n",
		totals.by_family[MTUD_IPV6], totals.by_family[MTUD_IPV4]);
}

int
conf_set_log(struct out *out, const char *part_name, const char *level_name)
{
	const struct app *app = app_get();
	uint32_t level = RTE_LOG_EMERG;
	unsigned int part = 0;

	while (part < APP_PARTS && strcmp(part_name, app_log_part_name(part)) != 0)
		part++;
	while (level <= RTE_LOG_DEBUG && strcmp(level_name, app_log_level_name(level)) != 0)
		level++;
	if (part == APP_PARTS || level > RTE_LOG_DEBUG) {
		out_error(out, "log %s %s: there is no such part or level; show log lists them",
			part_name, level_name);
		return -1;
	}
	app->txn->log_level[part] = level;
	/* Workers note what is logged at the level debug alone. */
	app->txn->view_changed = true;
	return 0;
}

int
conf_set_watchdog(struct out *out, const char *text)
{
	struct app *app = app_get();
	uint32_t n;

	if (conf_number(out, "watchdog", text, 0, CONF_WATCHDOG_MAX_S, &n) < 0)
		return -1;
	if (app->txn != NULL)
		app->txn->watchdog_ms = n * 1000;
	else
		app->watchdog_ms = n * 1000;
	return 0;
}

void
conf_print_service(struct out *out)
{
	const struct app *app = app_get();
	struct conf_txn now;
	const struct conf_txn *txn = app->txn;
	unsigned int part;

	if (txn == NULL) {
		conf_service_keep(&now);
		txn = &now;
	}
	for (part = 0; part < APP_PARTS; part++) {
		const char *name = app_log_level_name(txn->log_level[part]);

		if (txn->log_level[part] != app->log_default[part] && name != NULL)
			out_printf(out, "set log %s %s\n", app_log_part_name(part), name);
	}
	if (txn->watchdog_ms != APP_WATCHDOG_S * 1000)
		out_printf(out, "set watchdog %u\n", txn->watchdog_ms / 1000);
}
