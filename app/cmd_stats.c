/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "app.h"
#include "nouns.h"
#include "table.h"

static void
show_drops(const struct cmd_args *args, struct out *out)
{
	static const struct table_column columns[] = {
		{"Packets", "packets", TABLE_RIGHT},
		{"Made here", "own", TABLE_RIGHT | TABLE_SPARSE},
		{"Reason", "reason", TABLE_LEFT},
		{"What it means", "text", TABLE_LEFT},
	};
	struct mtud_stat sum;
	struct table t;
	unsigned int i;

	RTE_SET_USED(args);
	app_stats_sum(app_get(), &sum);
	table_begin(&t, out, columns, RTE_DIM(columns));
	for (i = MTUD_DROP_NONE + 1; i < MTUD_DROP_MAX; i++) {
		/* A person sees what happened, a program every reason there is. */
		if (sum.drop[i] == 0 && !out->json)
			continue;
		table_u64(&t, sum.drop[i]);
		table_u64(&t, sum.own_drop[i]);
		table_str(&t, mtud_drop_name(i));
		table_str(&t, mtud_drop_text(i));
	}
	table_end(&t);
}

/* A fate of both kinds of packets. */
static void
fate(struct table *t, const char *name, const char *text, int64_t received, int64_t made)
{
	const int64_t packets[] = {received, made};
	unsigned int i;

	for (i = 0; i < RTE_DIM(packets); i++) {
		/* Less than nothing: an error of ours, not to be hidden. */
		if (packets[i] >= 0)
			table_u64(t, (uint64_t)packets[i]);
		else
			table_printf(t, "%ld", packets[i]);
	}
	table_str(t, name);
	table_str(t, text);
}

#define FATE(t, both, field, name, text)                                                  \
	fate(t, name, text, (int64_t)(both)[MTUD_STAT_RECEIVED].field,                    \
		(int64_t)(both)[MTUD_STAT_MADE].field)

/* Nothing is lost from sight: the first two rows are as much as all that follow. */
static void
accounts(struct record *r)
{
	static const struct table_column columns[] = {
		{"Received", "received", TABLE_RIGHT},
		{"Made here", "made", TABLE_RIGHT},
		{"Packets", "fate", TABLE_LEFT},
		{"What it means", "text", TABLE_LEFT},
	};
	struct app_account a[MTUD_STAT_KINDS];
	struct table t;

	app_stats_account(app_get(), a);
	record_table(r, &t, NULL, "account", columns, RTE_DIM(columns));
	FATE(&t, a, a.in, "came", "received by the ports; made: answers, fragments, ND, MLD, ARP");
	if (r->out->json || a[0].carried > 0 || a[1].carried > 0)
		FATE(&t, a, carried, "carried", "had not ended when the counters were cleared");
	FATE(&t, a, a.sent, "sent", "taken by a port's driver");
	FATE(&t, a, a.fragmented, "fragmented", "cut into fragments, which are made here");
	FATE(&t, a, a.dropped, "dropped", "ended for a reason that show drops tells");
	FATE(&t, a, a.consumed, "consumed", "for us, and done: echo, ND, MLD, ARP");
	FATE(&t, a, held, "held", "wait for a neighbor, or for the control thread");
	FATE(&t, a, unaccounted, "unaccounted",
		"0 at rest: in workers' hands while they were counted");
	table_end(&t);
}

static void
ports(struct record *r, const struct mtud_stat *sum)
{
	static const struct table_column columns[] = {
		{"Port", "port", TABLE_RIGHT},
		{"Rx packets", "rx_packets", TABLE_RIGHT},
		{"Rx octets", "rx_octets", TABLE_RIGHT},
		{"Tx packets", "tx_packets", TABLE_RIGHT},
		{"Tx octets", "tx_octets", TABLE_RIGHT},
		{"Missed", "missed", TABLE_RIGHT},
		{"No buffer", "no_mbuf", TABLE_RIGHT},
	};
	const struct app *app = app_get();
	struct mtud_port_device_stats dev;
	struct table t;
	uint16_t id;

	record_table(r, &t, NULL, "ports", columns, RTE_DIM(columns));
	for (id = 0; id < app->n_ports; id++) {
		mtud_port_device_stats(&app->port[id], &dev);
		table_u64(&t, id);
		table_u64(&t, sum->port[id].rx_packets);
		table_u64(&t, sum->port[id].rx_octets);
		table_u64(&t, sum->port[id].tx_packets);
		table_u64(&t, sum->port[id].tx_octets);
		table_u64(&t, dev.missed - app->device_base[id].missed);
		table_u64(&t, dev.no_mbuf - app->device_base[id].no_mbuf);
	}
	table_end(&t);
}

static void
answers(struct record *r, const struct mtud_stat *sum)
{
	static const struct table_column columns[] = {
		{"Packets", "packets", TABLE_RIGHT},
		{"Answer", "counter", TABLE_LEFT},
		{"What it means", "text", TABLE_LEFT},
	};
	struct table t;
	unsigned int i;

	record_table(r, &t, NULL, "icmp", columns, RTE_DIM(columns));
	for (i = MTUD_ICMP_NONE + 1; i < MTUD_ICMP_MAX; i++) {
		if (sum->icmp[i] == 0 && !r->out->json && i > MTUD_ICMP_ECHO)
			continue;
		table_u64(&t, sum->icmp[i]);
		table_str(&t, mtud_icmp_counter_name(i));
		table_str(&t, mtud_icmp_counter_text(i));
	}
	table_end(&t);
}

static void
syns(struct record *r, const struct mtud_stat *sum)
{
	static const struct table_column columns[] = {
		{"Packets", "packets", TABLE_RIGHT},
		{"TCP SYN", "counter", TABLE_LEFT},
		{"What it means", "text", TABLE_LEFT},
	};
	struct table t;
	unsigned int i;

	record_table(r, &t, NULL, "syn", columns, RTE_DIM(columns));
	for (i = 0; i < MTUD_SYN_MAX; i++) {
		if (sum->syn[i] == 0 && !r->out->json && i != MTUD_SYN_REWRITTEN)
			continue;
		table_u64(&t, sum->syn[i]);
		table_str(&t, mtud_syn_counter_name(i));
		table_str(&t, mtud_syn_counter_text(i));
	}
	table_end(&t);
}

static void
show_stats(const struct cmd_args *args, struct out *out)
{
	struct app *app = app_get();
	struct mtud_neigh_totals neigh;
	struct mtud_stat sum;
	struct record r;
	uint64_t dropped = 0;
	unsigned int i;

	RTE_SET_USED(args);
	app_stats_sum(app, &sum);
	mtud_neigh_totals(app->nt, &neigh);
	for (i = 0; i < MTUD_DROP_MAX; i++)
		dropped += sum.drop[i];
	record_begin(&r, out);
	record_str(&r, "Forwarding", "forwarding", app->running ? "on" : "off");
	record_u64(&r, "Dropped (show drops says why)", "dropped", dropped);
	record_u64(&r, "Handed to the control thread", "punted", sum.punted);
	record_u64(&r, "Came back from it", "released", sum.held_released);
	record_u64(&r, "For us, and done", "consumed", sum.consumed);
	record_u64(&r, "Sent as fragments", "fragmented", sum.fragmented);
	record_u64(&r, "Fragments made of them", "fragments", sum.fragments);
	record_u64(&r, "Held for a neighbor now", "held", neigh.held);
	record_u64(&r, "Neighbors", "neighbors", neigh.entries);
	record_u64(&r, "Neighbors being resolved", "neighbors_pending", neigh.pending);
	record_u64(&r, "Neighbors that made room", "neighbors_evicted", neigh.evicted);
	record_u64(&r, "Neighbors without room", "neighbors_refused", neigh.refused);
	accounts(&r);
	ports(&r, &sum);
	answers(&r, &sum);
	syns(&r, &sum);
	record_end(&r);
}

static void
clear_stats(const struct cmd_args *args, struct out *out)
{
	RTE_SET_USED(args);
	if (out->within_file) {
		out_error(out, "clear stats: a file holds configuration; say it on the console");
		return;
	}
	app_stats_clear(app_get());
}

CMD_SHOW(inst_drops, show_drops, "show drops : packets dropped, by reason, explained",
	CMD_WORD("show"), CMD_WORD("drops"));
CMD_SHOW(inst_stats, show_stats, "show stats : packets by port, answers sent and held back, fragments, TCP SYNs",
	CMD_WORD("show"), CMD_WORD("stats"));
CMD(inst_clear, clear_stats, "clear stats : set all counters to zero", CMD_WORD("clear"),
	CMD_WORD("stats"));

cmdline_parse_inst_t *const cmd_stats[] = {&inst_drops, &inst_stats, &inst_clear, NULL};
