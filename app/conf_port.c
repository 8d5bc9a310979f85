/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "conf.h"
#include "out.h"

const struct app_icmp conf_icmp_default = {
	.rate_pps = APP_ICMP_RATE,
	.burst = APP_ICMP_BURST,
	.hop_limit = APP_ICMP_HOP_LIMIT,
};

int
conf_set_mtu(struct out *out, uint16_t port, uint32_t mtu)
{
	const struct mtud_port *p = &app_get()->port[port];
	uint16_t max = mtud_port_max_mtu(p);

	if (mtu > max) {
		out_error(out, "port %u: mtu %u is more than the device %s can do; give at most "
			       "%u", port, mtu, p->name, max);
		return -1;
	}
	return conf_stage(out,
		&(struct conf_op){.what = CONF_MTU, .port = port, .mtu = (uint16_t)mtu});
}

int
conf_set_promisc(struct out *out, uint16_t port, bool on)
{
	return conf_stage(out, &(struct conf_op){.what = CONF_PROMISC, .port = port, .on = on});
}

int
conf_set_icmp_rate(struct out *out, uint32_t rate_pps, uint32_t burst)
{
	struct app *app = app_get();

	if (rate_pps > 0 && burst == 0) {
		out_error(out, "icmp burst 0 would answer nothing; give at least 1, or rate 0 to "
			       "switch the limit off");
		return -1;
	}
	app->txn->icmp.rate_pps = rate_pps;
	app->txn->icmp.burst = burst;
	app->txn->view_changed = true;
	return 0;
}

int
conf_set_icmp_source(struct out *out, uint16_t port, const char *text)
{
	struct app *app = app_get();
	enum mtud_family family;
	const struct mtud_addr *a;
	struct mtud_ip ip;

	if (mtud_ip_parse(text, &ip) < 0) {
		out_error(out, "icmp source %s: not an address; name an IPv6 or IPv4 one of ours",
			text);
		return -1;
	}
	a = mtud_addr_get(&app->txn->addrs, port, &ip);
	if (a == NULL || mtud_ip_is_link_local(&ip)) {
		out_error(out, "icmp source %s: not a global address of ours; add it to a port "
			       "first", text);
		return -1;
	}
	family = mtud_ip_family(&ip);
	app->txn->icmp.has_source[port][family] = true;
	app->txn->icmp.source[port][family] = ip;
	app->txn->view_changed = true;
	return 0;
}

int
conf_set_icmp_hop_limit(struct out *out, uint32_t hop_limit)
{
	struct app *app = app_get();

	RTE_SET_USED(out);
	app->txn->icmp.hop_limit = (uint8_t)hop_limit;
	app->txn->view_changed = true;
	return 0;
}
