/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>

#include "conf.h"
#include "out.h"

/* The workers let go of the port while its driver may stop it. */
static int
change_mtu(struct app *app, uint16_t port, uint16_t mtu)
{
	struct mtud_port *p = &app->port[port];
	int ret;

	if (app_view_hold_port(app, port) < 0)
		return -ENOMEM;
	ret = mtud_port_set_mtu(p, mtu);
	mtud_route_set_port_mtu(app->rt, port, p->mtu);
	app_view_publish(app);
	return ret;
}

int
conf_set_mtu(struct out *out, uint16_t port, uint32_t mtu)
{
	struct app *app = app_get();
	struct mtud_port *p = &app->port[port];
	uint16_t old = p->mtu;
	struct conf_undo *u;
	int ret;

	if (out == NULL)
		return change_mtu(app, port, (uint16_t)mtu);
	if (mtu == old)
		return 0;
	u = conf_undo_next(out);
	if (u == NULL)
		return -1;
	*u = (struct conf_undo){.what = UNDO_MTU, .port = port, .mtu = old};
	ret = change_mtu(app, port, (uint16_t)mtu);
	if (ret == 0) {
		if (p->refused & (1u << MTUD_PORT_MTU_SET))
			APP_LOG(WARNING, "port %u (%s) %s\n", port, p->name,
				mtud_port_feature_text(MTUD_PORT_MTU_SET));
		return 0;
	}
	if (ret == -ERANGE)
		out_error(out, "port %u: mtu %u is more than the device %s can do; give at most "
			       "%u", port, mtu, p->name, mtud_port_max_mtu(p));
	else if (ret == -ENOMEM)
		out_error(out, "port %u: no memory for buffers of %u octets; give more with -m or "
			       "hugepages, or lower --mbufs", port, mtu);
	else
		out_error(out, "port %u: the device %s refuses mtu %u: %s", port, p->name, mtu,
			strerror(-ret));
	return -1;
}

int
conf_set_promisc(struct out *out, uint16_t port, bool on)
{
	struct app *app = app_get();
	struct mtud_port *p = &app->port[port];
	struct conf_undo *u;
	int ret;

	u = conf_undo_next(out);
	if (u == NULL)
		return -1;
	*u = (struct conf_undo){.what = UNDO_PROMISC, .port = port, .had = p->promisc};
	ret = mtud_port_set_promisc(p, on);
	if (ret < 0) {
		out_error(out, "port %u: the device %s refuses promiscuous mode: %s", port,
			p->name, strerror(-ret));
		return -1;
	}
	return 0;
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
	app->icmp.rate_pps = rate_pps;
	app->icmp.burst = burst;
	app->txn->view_changed = true;
	return 0;
}

int
conf_set_icmp_source(struct out *out, uint16_t port, const char *text)
{
	struct app *app = app_get();
	const struct mtud_addr *a;
	struct mtud_ip ip;

	if (mtud_ip_parse(text, &ip) < 0 || mtud_ip_is_v4(&ip)) {
		out_error(out, "icmp source %s: not an IPv6 address", text);
		return -1;
	}
	a = mtud_addr_get(&app->addrs, port, &ip);
	if (a == NULL || mtud_ip_is_link_local(&ip)) {
		out_error(out, "icmp source %s: not a global address of ours; add it to a port "
			       "first", text);
		return -1;
	}
	app->icmp.has_source[port] = true;
	app->icmp.source[port] = ip;
	app->txn->view_changed = true;
	return 0;
}

int
conf_set_icmp_hop_limit(struct out *out, uint32_t hop_limit)
{
	struct app *app = app_get();

	RTE_SET_USED(out);
	app->icmp.hop_limit = (uint8_t)hop_limit;
	app->txn->view_changed = true;
	return 0;
}
