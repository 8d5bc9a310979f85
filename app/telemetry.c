/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* /mtud/... on the telemetry socket. What is here runs on telemetry's own threads and reads
 * counters, never a table: it has an answer whatever the control thread is busy with. All else
 * that `show` knows comes from telemetry_show.c. */

#include <errno.h>
#include <stdio.h>

#include <rte_telemetry.h>

#include "app.h"
#include "compat.h"
#include "telemetry_show.h"

static int
drops(const char *cmd __rte_unused, const char *params __rte_unused, struct rte_tel_data *d)
{
	struct mtud_stat sum;
	unsigned int i;

	if (app_stats_sum_locked(app_get(), &sum) < 0)
		return -ENODEV;
	rte_tel_data_start_dict(d);
	for (i = 1; i < MTUD_DROP_MAX; i++)
		compat_tel_add_uint(d, mtud_drop_name(i), sum.drop[i]);
	return 0;
}

static int
icmp(const char *cmd __rte_unused, const char *params __rte_unused, struct rte_tel_data *d)
{
	struct mtud_stat sum;
	unsigned int i;

	if (app_stats_sum_locked(app_get(), &sum) < 0)
		return -ENODEV;
	rte_tel_data_start_dict(d);
	for (i = 1; i < MTUD_ICMP_MAX; i++)
		compat_tel_add_uint(d, mtud_icmp_counter_name(i), sum.icmp[i]);
	return 0;
}

static int
syns(const char *cmd __rte_unused, const char *params __rte_unused, struct rte_tel_data *d)
{
	struct mtud_stat sum;
	unsigned int i;

	if (app_stats_sum_locked(app_get(), &sum) < 0)
		return -ENODEV;
	rte_tel_data_start_dict(d);
	for (i = 0; i < MTUD_SYN_MAX; i++)
		compat_tel_add_uint(d, mtud_syn_counter_name(i), sum.syn[i]);
	return 0;
}

static int
fragments(const char *cmd __rte_unused, const char *params __rte_unused, struct rte_tel_data *d)
{
	struct mtud_stat sum;

	if (app_stats_sum_locked(app_get(), &sum) < 0)
		return -ENODEV;
	rte_tel_data_start_dict(d);
	compat_tel_add_uint(d, "fragmented", sum.fragmented);
	compat_tel_add_uint(d, "fragments", sum.fragments);
	return 0;
}

static int
ports(const char *cmd, const char *params, struct rte_tel_data *d)
{
	struct app *app = app_get();
	struct mtud_stat sum;
	char key[RTE_TEL_MAX_STRING_LEN];
	uint16_t id;

	if (params != NULL)
		return telemetry_show(cmd, params, d);
	if (app_stats_sum_locked(app, &sum) < 0)
		return -ENODEV;
	rte_tel_data_start_dict(d);
	for (id = 0; id < app->n_ports; id++) {
		const struct mtud_stat_port *p = &sum.port[id];

		snprintf(key, sizeof(key), "%u_rx_packets", id);
		compat_tel_add_uint(d, key, p->rx_packets);
		snprintf(key, sizeof(key), "%u_rx_octets", id);
		compat_tel_add_uint(d, key, p->rx_octets);
		snprintf(key, sizeof(key), "%u_tx_packets", id);
		compat_tel_add_uint(d, key, p->tx_packets);
		snprintf(key, sizeof(key), "%u_tx_octets", id);
		compat_tel_add_uint(d, key, p->tx_octets);
	}
	return 0;
}

static int
loops(const char *cmd, const char *params, struct rte_tel_data *d)
{
	struct mtud_stat sum;

	if (params != NULL)
		return telemetry_show(cmd, params, d);
	if (app_stats_sum_locked(app_get(), &sum) < 0)
		return -ENODEV;
	rte_tel_data_start_dict(d);
	compat_tel_add_uint(d, "polls", sum.polls);
	compat_tel_add_uint(d, "busy_polls", sum.busy_polls);
	compat_tel_add_uint(d, "punted", sum.punted);
	return 0;
}

int
app_telemetry_init(void)
{
	static const struct {
		const char *path;
		telemetry_cb fn;
		const char *help;
	} commands[] = {
		{"/mtud/drops", drops, "Packets dropped, by reason. Takes no parameters"},
		{"/mtud/icmp", icmp, "ICMP errors and replies sent or held back. Takes no parameters"},
		{"/mtud/syn", syns,
			"TCP SYNs on routes with an MSS, rewritten or left alone. Takes no parameters"},
		{"/mtud/fragments", fragments,
			"IPv4 packets fragmented, and the fragments. Takes no parameters"},
		{"/mtud/ports", ports,
			"Packets and octets of each port. Parameters: port: all of this port"},
		{"/mtud/workers", loops, "Rounds of the workers' poll loops, summed. "
			"Parameters: worker: all of this worker"},
		{"/mtud/routes", telemetry_show, "The routing table in short, and routes of it. "
			"Parameters: prefix: this route"},
		{"/mtud/neighbors", telemetry_show, "The neighbor cache in short, and neighbors. "
			"Parameters: address: this neighbor"},
		{"/mtud/addresses", telemetry_show, "Our addresses. Takes no parameters"},
		{"/mtud/stats", telemetry_show, "What show stats json says. Takes no parameters"},
		{"/mtud/show", telemetry_show, "What any show prints as JSON. "
			"Parameters: the words behind show, as in route to 192.0.2.1"},
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(commands); i++)
		if (rte_telemetry_register_cmd(commands[i].path, commands[i].fn,
			    commands[i].help) < 0)
			return -1;
	return 0;
}
