/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <stdio.h>

#include <rte_telemetry.h>

#include "app.h"
#include "compat.h"

/* These run on telemetry's own threads: they read counters, never a table. */

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
ports(const char *cmd __rte_unused, const char *params __rte_unused, struct rte_tel_data *d)
{
	struct app *app = app_get();
	struct mtud_stat sum;
	char key[RTE_TEL_MAX_STRING_LEN];
	uint16_t id;

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
loops(const char *cmd __rte_unused, const char *params __rte_unused, struct rte_tel_data *d)
{
	struct mtud_stat sum;

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
	rte_telemetry_register_cmd("/mtud/drops", drops,
		"Packets dropped, by reason. Takes no parameters");
	rte_telemetry_register_cmd("/mtud/icmp", icmp,
		"ICMP errors and replies sent or held back. Takes no parameters");
	rte_telemetry_register_cmd("/mtud/syn", syns,
		"TCP SYNs on routes with an MSS, rewritten or left alone. Takes no parameters");
	rte_telemetry_register_cmd("/mtud/fragments", fragments,
		"IPv4 packets fragmented, and the fragments. Takes no parameters");
	rte_telemetry_register_cmd("/mtud/ports", ports,
		"Packets and octets of each port. Takes no parameters");
	rte_telemetry_register_cmd("/mtud/workers", loops,
		"Rounds of the workers' poll loops, summed. Takes no parameters");
	return 0;
}
