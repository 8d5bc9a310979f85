/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_ether.h>

#include "conf.h"
#include "out.h"

static int
parse_neighbor(struct out *out, const char *text, struct mtud_ip *ip)
{
	struct mtud_route_info info;

	if (mtud_ip_parse(text, ip) < 0) {
		out_error(out, "neighbor %s: not an address; expected one as in 2001:db8::2 or "
			       "192.0.2.2", text);
		return -1;
	}
	if (!conf_is_host(ip) || (mtud_route_match(app_get()->rt, ip, &info) == 0 &&
					 info.spec.type == MTUD_ROUTE_BROADCAST)) {
		out_error(out, "neighbor %s: no host has this address; give a unicast one", text);
		return -1;
	}
	return 0;
}

int
conf_add_neighbor(struct out *out, const char *text, const char *mac_text, uint16_t port)
{
	struct rte_ether_addr mac;
	struct mtud_ip ip;

	if (parse_neighbor(out, text, &ip) < 0)
		return -1;
	if (rte_ether_unformat_addr(mac_text, &mac) < 0 || !rte_is_valid_assigned_ether_addr(&mac)) {
		out_error(out, "neighbor %s: lladdr %s is not the MAC address of a host; expected "
			       "six octets as in 02:00:00:00:00:01", text, mac_text);
		return -1;
	}
	if (mtud_addr_get(conf_addrs(), port, &ip) != NULL) {
		out_error(out, "neighbor %s: that is an address of ours; name another host's", text);
		return -1;
	}
	return conf_stage(out, &(struct conf_op){
		.what = CONF_NEIGHBOR_ADD, .port = port, .ip = ip, .mac = mac});
}

int
conf_del_neighbor(struct out *out, const char *text, uint16_t port)
{
	struct mtud_ip ip;

	if (parse_neighbor(out, text, &ip) < 0)
		return -1;
	if (!conf_neighbor_known(port, &ip)) {
		out_error(out, "neighbor %s: not known on port %u; see show neighbor", text,
			port);
		return -1;
	}
	return conf_stage(out,
		&(struct conf_op){.what = CONF_NEIGHBOR_DEL, .port = port, .ip = ip});
}
