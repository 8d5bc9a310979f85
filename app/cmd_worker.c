/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <stdio.h>

#include <rte_lcore.h>

#include "conf.h"
#include "nouns.h"
#include "table.h"

/* port:queue, a list. */
static void
queues_text(const struct mtud_worker *w, char *buf, size_t size)
{
	size_t at = 0;
	unsigned int i;

	buf[0] = '\0';
	for (i = 0; i < w->n_rxq && at < size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s%u:%u", i > 0 ? " " : "",
			w->rxq[i].port, w->rxq[i].queue);
}

/* What became of the packets that a worker received: see mtud_stat.h. */
static void
account(struct table *t, const struct mtud_stat *stat)
{
	struct mtud_account a = mtud_stat_account(stat, MTUD_STAT_RECEIVED);

	table_u64(t, a.returned);
	table_u64(t, a.sent);
	table_u64(t, a.fragmented);
	table_u64(t, a.dropped);
	table_u64(t, a.consumed);
	table_u64(t, a.punted);
}

/* A worker that stands still says where; of one that moves the next moment makes it untrue. */
static void
state_cells(struct table *t, const struct app *app, const struct mtud_worker *w)
{
	const struct app_watch *watch = &app->watch[w->id];

	if (watch->stalled) {
		table_str(t, "stalled");
		table_str(t, mtud_fwd_stage_name(__atomic_load_n(&w->stage, __ATOMIC_RELAXED)));
		table_u64(t, watch->still_ms);
		return;
	}
	table_str(t, app->running ? "running" : "idle");
	table_none(t);
	table_u64(t, 0);
}

static void
show_workers(const struct cmd_args *args, struct out *out)
{
	static const struct table_column columns[] = {
		{"Worker", "worker", TABLE_RIGHT},
		{"Lcore", "lcore", TABLE_RIGHT},
		{"Socket", "socket", TABLE_RIGHT},
		{"Polls port:queue", "queues", TABLE_LEFT},
		{"Rx packets", "rx_packets", TABLE_RIGHT},
		{"Tx packets", "tx_packets", TABLE_RIGHT},
		{"Dropped", "dropped", TABLE_RIGHT},
		{"Punted", "punted", TABLE_RIGHT},
		{"Polls", "polls", TABLE_RIGHT},
		{"With packets", "busy_polls", TABLE_RIGHT},
		{NULL, "received_returned", TABLE_RIGHT},
		{NULL, "received_sent", TABLE_RIGHT},
		{NULL, "received_fragmented", TABLE_RIGHT},
		{NULL, "received_dropped", TABLE_RIGHT},
		{NULL, "received_consumed", TABLE_RIGHT},
		{NULL, "received_punted", TABLE_RIGHT},
		{"State", "state", TABLE_LEFT},
		{"In stage", "stage", TABLE_LEFT | TABLE_SPARSE},
		{"For ms", "stalled_ms", TABLE_RIGHT | TABLE_SPARSE},
	};
	const struct app *app = app_get();
	char buf[512];
	struct table t;
	unsigned int i, p;

	RTE_SET_USED(args);
	table_begin(&t, out, columns, RTE_DIM(columns));
	for (i = 0; i < app->n_workers; i++) {
		const struct mtud_worker *w = app->worker[i];
		uint64_t rx = 0, tx = 0;

		for (p = 0; p < app->n_ports; p++) {
			rx += w->stat.port[p].rx_packets;
			tx += w->stat.port[p].tx_packets;
		}
		queues_text(w, buf, sizeof(buf));
		table_u64(&t, i);
		table_u64(&t, w->lcore);
		table_u64(&t, rte_lcore_to_socket_id(w->lcore));
		table_str(&t, buf[0] != '\0' ? buf : NULL);
		table_u64(&t, rx);
		table_u64(&t, tx);
		table_u64(&t, mtud_stat_total(w->stat.drop, MTUD_DROP_MAX));
		table_u64(&t, w->stat.punted);
		table_u64(&t, w->stat.polls);
		table_u64(&t, w->stat.busy_polls);
		account(&t, &w->stat);
		state_cells(&t, app, w);
	}
	table_end(&t);
}

/* Takes effect at once: whoever waits for a worker that stands may want to know sooner. */
static void
set_watchdog(const struct cmd_args *args, struct out *out)
{
	conf_set_watchdog(out, args->arg[0]);
}

static void
show_watchdog(const struct cmd_args *args, struct out *out)
{
	const struct app *app = app_get();
	const struct mtud_worker *w = app_watchdog_stalled(app);
	struct record r;

	RTE_SET_USED(args);
	record_begin(&r, out);
	record_u64(&r, "Seconds that a worker may stand still (0: any)", "seconds",
		app->watchdog_ms / 1000);
	record_bool(&r, "All workers move", "ok", w == NULL);
	record_bool(&r, "A service manager is told", "service", app->notify.ping_ms != 0);
	record_end(&r);
}

CMD_SHOW(inst_show, show_workers,
	"show workers : lcores, their queues, whether they move, counters since the start",
	CMD_WORD("show"), CMD_WORD("workers"));
CMD(inst_set_watchdog, set_watchdog,
	"set watchdog SECONDS : report a worker that stands still for so long; 0: none",
	CMD_WORD("set"), CMD_WORD("watchdog"), CMD_ARG(0, &cmd_type_number));
CMD_SHOW(inst_show_watchdog, show_watchdog,
	"show watchdog : who watches the workers, and whether they move", CMD_WORD("show"),
	CMD_WORD("watchdog"));

cmdline_parse_inst_t *const cmd_worker[] = {
	&inst_show, &inst_set_watchdog, &inst_show_watchdog, NULL};
