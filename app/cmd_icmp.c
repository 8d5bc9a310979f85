/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "conf.h"
#include "nouns.h"
#include "table.h"

static int
rate(const struct cmd_args *args, struct out *out)
{
	uint32_t rate_pps, burst;

	if (conf_number(out, "icmp rate", args->arg[0], 0, UINT32_MAX, &rate_pps) < 0 ||
		conf_number(out, "icmp burst", args->arg[1], 0, UINT32_MAX, &burst) < 0)
		return -1;
	return conf_set_icmp_rate(out, rate_pps, burst);
}

/* The rate alone: a burst is kept, or a tenth of a second's worth where there is none. */
static int
rate_alone(const struct cmd_args *args, struct out *out)
{
	const struct app_icmp *icmp = conf_icmp();
	uint32_t rate_pps;

	if (conf_number(out, "icmp rate", args->arg[0], 0, UINT32_MAX, &rate_pps) < 0)
		return -1;
	return conf_set_icmp_rate(out, rate_pps,
		icmp->burst != 0 ? icmp->burst : RTE_MAX(rate_pps / 10, 1u));
}

static int
source(const struct cmd_args *args, struct out *out)
{
	uint16_t port;

	if (conf_port(out, args->arg[0], &port) < 0)
		return -1;
	return conf_set_icmp_source(out, port, args->arg[1]);
}

static int
hop_limit(const struct cmd_args *args, struct out *out)
{
	uint32_t n;

	if (conf_number(out, "icmp hop-limit", args->arg[0], 1, 255, &n) < 0)
		return -1;
	return conf_set_icmp_hop_limit(out, n);
}

static void
set_icmp_rate(const struct cmd_args *args, struct out *out)
{
	noun_change(rate, args, out);
}

static void
set_icmp_rate_alone(const struct cmd_args *args, struct out *out)
{
	noun_change(rate_alone, args, out);
}

static void
set_icmp_source(const struct cmd_args *args, struct out *out)
{
	noun_change(source, args, out);
}

static void
set_icmp_hop_limit(const struct cmd_args *args, struct out *out)
{
	noun_change(hop_limit, args, out);
}

static void
source_cell(struct table *t, uint16_t id, enum mtud_family family)
{
	const struct app_icmp *icmp = conf_icmp();
	char text[MTUD_IP_STRLEN];

	if (icmp->has_source[id][family])
		table_str(t, mtud_ip_format(&icmp->source[id][family], text));
	else
		table_str(t, "the port's own");
}

static void
show_icmp(const struct cmd_args *args, struct out *out)
{
	static const struct table_column columns[] = {
		{"Port", "port", TABLE_RIGHT}, {"IPv6 source", "source6", TABLE_LEFT},
		{"IPv4 source", "source4", TABLE_LEFT}};
	const struct app_icmp *icmp = conf_icmp();
	struct record r;
	struct table t;
	uint16_t id;

	RTE_SET_USED(args);
	record_begin(&r, out);
	record_u64(&r, "Answers a second (0: no limit)", "rate", icmp->rate_pps);
	record_u64(&r, "Answers at once", "burst", icmp->burst);
	record_u64(&r, "Hop limit", "hop_limit", icmp->hop_limit);
	record_table(&r, &t, NULL, "sources", columns, RTE_DIM(columns));
	for (id = 0; id < app_get()->n_ports; id++) {
		table_u64(&t, id);
		source_cell(&t, id, MTUD_IPV6);
		source_cell(&t, id, MTUD_IPV4);
	}
	table_end(&t);
	record_end(&r);
}

#define RATE_HELP "set icmp rate N [burst N] : answers a second and at once; rate 0: no limit"

CMD(inst_rate, set_icmp_rate, RATE_HELP, CMD_WORD("set"), CMD_WORD("icmp"), CMD_WORD("rate"),
	CMD_ARG(0, &cmd_type_number), CMD_WORD("burst"), CMD_ARG(1, &cmd_type_number));
CMD(inst_rate_alone, set_icmp_rate_alone, RATE_HELP, CMD_WORD("set"), CMD_WORD("icmp"),
	CMD_WORD("rate"), CMD_ARG(0, &cmd_type_number));
CMD(inst_source, set_icmp_source,
	"set icmp source port N ADDR : source of errors of ADDR's family about packets by a port",
	CMD_WORD("set"), CMD_WORD("icmp"), CMD_WORD("source"), CMD_WORD("port"),
	CMD_ARG(0, &noun_type_port), CMD_ARG(1, &cmd_type_address));
CMD(inst_hop_limit, set_icmp_hop_limit, "set icmp hop-limit N : hop limit and TTL of answers",
	CMD_WORD("set"), CMD_WORD("icmp"), CMD_WORD("hop-limit"), CMD_ARG(0, &cmd_type_number));
CMD_SHOW(inst_show, show_icmp, "show icmp : how answers are made and limited", CMD_WORD("show"),
	CMD_WORD("icmp"));

cmdline_parse_inst_t *const cmd_icmp[] = {
	&inst_rate, &inst_rate_alone, &inst_source, &inst_hop_limit, &inst_show, NULL};
