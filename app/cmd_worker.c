/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <stdio.h>

#include <rte_lcore.h>

#include "app.h"
#include "nouns.h"
#include "table.h"

static uint64_t
sum_of(const uint64_t *counters, unsigned int n)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < n; i++)
		sum += counters[i];
	return sum;
}

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
		table_u64(&t, sum_of(w->stat.drop, MTUD_DROP_MAX));
		table_u64(&t, w->stat.punted);
		table_u64(&t, w->stat.polls);
		table_u64(&t, w->stat.busy_polls);
		account(&t, &w->stat);
	}
	table_end(&t);
}

CMD_SHOW(inst_show, show_workers,
	"show workers : lcores, their queues and counters since the start", CMD_WORD("show"),
	CMD_WORD("workers"));

cmdline_parse_inst_t *const cmd_worker[] = {&inst_show, NULL};
