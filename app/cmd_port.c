/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <stdio.h>

#include "conf.h"
#include "nouns.h"
#include "table.h"

static int
mtu(const struct cmd_args *args, struct out *out)
{
	uint16_t port;
	uint32_t n;

	if (conf_port(out, args->arg[0], &port) < 0 ||
		conf_number(out, "mtu", args->arg[1], MTUD_IP6_MIN_MTU, UINT16_MAX, &n) < 0)
		return -1;
	return conf_set_mtu(out, port, n);
}

static int
promisc(const struct cmd_args *args, struct out *out)
{
	uint16_t port;

	if (conf_port(out, args->arg[0], &port) < 0)
		return -1;
	return conf_set_promisc(out, port, args->arg[1][1] == 'n');
}

static void
set_port_mtu(const struct cmd_args *args, struct out *out)
{
	noun_change(mtu, args, out);
}

static void
set_port_promisc(const struct cmd_args *args, struct out *out)
{
	noun_change(promisc, args, out);
}

static const char *
link_text(const struct mtud_port *p, char *buf, size_t size)
{
	uint32_t mbps;

	if (p->gone)
		return "device gone";
	if (!p->started)
		return "stopped";
	if (!mtud_port_link(p, &mbps))
		return "down";
	if (mbps == 0)
		return "up";
	snprintf(buf, size, "up, %u Mbit/s", mbps);
	return buf;
}

static void
show_ports(struct out *out)
{
	static const struct table_column columns[] = {
		{"Port", "port", TABLE_RIGHT},
		{"Device", "device", TABLE_LEFT},
		{"Driver", "driver", TABLE_LEFT},
		{"MAC", "mac", TABLE_LEFT},
		{"Link", "link", TABLE_LEFT},
		{NULL, "up", TABLE_LEFT},
		{NULL, "mbps", TABLE_RIGHT},
		{"MTU", "mtu", TABLE_RIGHT},
		{"Rx packets", "rx_packets", TABLE_RIGHT},
		{NULL, "rx_octets", TABLE_RIGHT},
		{"Tx packets", "tx_packets", TABLE_RIGHT},
		{NULL, "tx_octets", TABLE_RIGHT},
		{"Queues rx", "rx_queues", TABLE_RIGHT},
		{"tx", "tx_queues", TABLE_RIGHT},
		{"Tx queue", "tx_sharing", TABLE_LEFT},
	};
	const struct app *app = app_get();
	struct mtud_stat sum;
	struct table t;
	uint32_t mbps;
	char buf[32];
	uint16_t id;

	app_stats_sum(app, &sum);
	table_begin(&t, out, columns, RTE_DIM(columns));
	for (id = 0; id < app->n_ports; id++) {
		const struct mtud_port *p = &app->port[id];

		table_u64(&t, id);
		table_str(&t, p->name);
		table_str(&t, p->driver);
		table_mac(&t, &p->mac);
		table_str(&t, link_text(p, buf, sizeof(buf)));
		table_bool(&t, mtud_port_link(p, &mbps));
		table_u64(&t, mbps);
		table_u64(&t, p->mtu);
		table_u64(&t, sum.port[id].rx_packets);
		table_u64(&t, sum.port[id].rx_octets);
		table_u64(&t, sum.port[id].tx_packets);
		table_u64(&t, sum.port[id].tx_octets);
		table_u64(&t, p->n_rxq);
		table_u64(&t, p->n_txq);
		table_str(&t, p->n_txq < app->n_workers ? "shared, locked" : "own");
	}
	table_end(&t);
}

static void
show_refused(struct record *r, const struct mtud_port *p)
{
	static const struct table_column columns[] = {{"This device", "refused", TABLE_LEFT}};
	struct table t;
	unsigned int i;

	if (p->refused == 0 && !r->out->json)
		return;
	record_table(r, &t, NULL, "limits", columns, RTE_DIM(columns));
	for (i = 0; i < MTUD_PORT_FEATURES; i++)
		if (p->refused & (1u << i))
			table_str(&t, mtud_port_feature_text(i));
	table_end(&t);
}

static void
show_one(uint16_t id, struct out *out)
{
	const struct app *app = app_get();
	const struct mtud_port *p = &app->port[id];
	struct mtud_port_device_stats dev;
	struct mtud_stat sum;
	struct record r;
	uint32_t mbps;
	char buf[32];

	app_stats_sum(app, &sum);
	mtud_port_device_stats(p, &dev);
	record_begin(&r, out);
	record_u64(&r, "Port", "port", id);
	record_str(&r, "Device", "device", p->name);
	record_str(&r, "Driver", "driver", p->driver);
	record_u64(&r, "NUMA socket", "socket", (uint64_t)p->socket);
	record_mac(&r, "MAC", "mac", &p->mac);
	record_str(&r, "Link", "link", link_text(p, buf, sizeof(buf)));
	if (out->json) {
		record_bool(&r, "Up", "up", mtud_port_link(p, &mbps));
		record_u64(&r, "Mbit/s", "mbps", mbps);
	}
	record_u64(&r, "MTU, octets", "mtu", p->mtu);
	record_bool(&r, "Promiscuous", "promisc", p->promisc);
	record_u64(&r, "Receive queues", "rx_queues", p->n_rxq);
	record_u64(&r, "Transmit queues", "tx_queues", p->n_txq);
	record_str(&r, "Transmit queue of a worker", "tx_sharing",
		p->n_txq < app->n_workers ? "shared, locked" : "own");
	record_u64(&r, "Receive descriptors", "rxd", p->rxd);
	record_u64(&r, "Transmit descriptors", "txd", p->txd);
	record_u64(&r, "Receive buffers", "mbufs", p->mbufs);
	record_u64(&r, "Room of a buffer, octets", "mbuf_octets", p->room);
	record_bool(&r, "Sends several segments", "multi_seg", p->tx_multi_seg);
	record_u64(&r, "Received packets", "rx_packets", sum.port[id].rx_packets);
	record_u64(&r, "Received octets", "rx_octets", sum.port[id].rx_octets);
	record_u64(&r, "Sent packets", "tx_packets", sum.port[id].tx_packets);
	record_u64(&r, "Sent octets", "tx_octets", sum.port[id].tx_octets);
	record_u64(&r, "Missed by the device", "missed",
		dev.missed - app->device_base[id].missed);
	record_u64(&r, "Receive errors of the device", "errors",
		dev.errors - app->device_base[id].errors);
	record_u64(&r, "Received without a buffer", "no_mbuf",
		dev.no_mbuf - app->device_base[id].no_mbuf);
	record_u64(&r, "Transmit errors of the device", "tx_errors",
		dev.tx_errors - app->device_base[id].tx_errors);
	show_refused(&r, p);
	record_end(&r);
}

static void
show_port(const struct cmd_args *args, struct out *out)
{
	uint16_t id;

	if (args->arg[0][0] == '\0')
		show_ports(out);
	else if (conf_port(out, args->arg[0], &id) == 0)
		show_one(id, out);
}

CMD(inst_mtu, set_port_mtu, "set port N mtu N : MTU of a port's link, octets of an IP packet",
	CMD_WORD("set"), CMD_WORD("port"), CMD_ARG(0, &noun_type_port), CMD_WORD("mtu"),
	CMD_ARG(1, &cmd_type_number));
CMD(inst_promisc, set_port_promisc,
	"set port N promisc on|off : receive all frames (those for others are dropped either way)",
	CMD_WORD("set"), CMD_WORD("port"), CMD_ARG(0, &noun_type_port), CMD_WORD("promisc"),
	CMD_CHOICE(1, "on#off"));
CMD_SHOW(inst_show, show_port, "show port [N] : ports and their counters", CMD_WORD("show"),
	CMD_WORD("port"));
CMD_SHOW(inst_show_one, show_port, "show port [N] : ports and their counters", CMD_WORD("show"),
	CMD_WORD("port"), CMD_ARG(0, &noun_type_port));

cmdline_parse_inst_t *const cmd_port[] = {
	&inst_mtu, &inst_promisc, &inst_show, &inst_show_one, NULL};
