/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <string.h>

#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "port_priv.h"

static const char *const feature_texts[] = {
	[MTUD_PORT_RSS] = "has no RSS: its packets are not spread by flow",
	[MTUD_PORT_MULTICAST] =
		"takes neither multicast filters nor all-multicast: neighbors may not reach it "
		"unless set port N promisc on",
	[MTUD_PORT_MTU_SET] = "does not let its MTU be set here: set it where the device is made "
			      "(for a kernel interface: ip link set dev IFACE mtu N)",
	[MTUD_PORT_MTU_KEPT] = "refuses the MTU asked for: the one before stays in force (on "
			       "net_af_packet give framesz=, on a VF ask for it at the host)",
	[MTUD_PORT_PROMISC] = "does not let promiscuous mode be changed",
	[MTUD_PORT_QUEUES] = "has fewer receive queues than workers: some workers will not poll it",
	[MTUD_PORT_TX_SHARED] =
		"has fewer transmit queues than workers: they share one under a lock",
	[MTUD_PORT_MTU_LESS] = "is made of an interface whose own MTU is less than the port's: what "
			       "is larger is lost there (ip link set dev IFACE mtu N, or set port "
			       "N mtu)",
};

const char *
mtud_port_feature_text(enum mtud_port_feature feature)
{
	return feature < MTUD_PORT_FEATURES ? feature_texts[feature] : "?";
}

uint16_t
mtud_port_max_mtu(const struct mtud_port *p)
{
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get(p->id, &info) < 0)
		return MTUD_PORT_MTU;
	return RTE_MIN(info.max_mtu, PORT_ROOM_MAX - MTUD_PORT_L2_MAX);
}

uint16_t
mtud_port_count(void)
{
	uint16_t id, n = 0;

	RTE_ETH_FOREACH_DEV(id)
		n = id + 1;
	return n == rte_eth_dev_count_avail() ? n : 0;
}

bool
mtud_port_exists(const char *device)
{
	struct rte_eth_dev_info info;
	uint16_t id;

	if (rte_eth_dev_get_port_by_name(device, &id) == 0)
		return true;
	RTE_ETH_FOREACH_DEV(id)
		if (rte_eth_dev_info_get(id, &info) == 0 && info.device != NULL &&
			strcmp(rte_dev_name(info.device), device) == 0)
			return true;
	return false;
}

int
mtud_port_init(struct mtud_port *p, uint16_t id, const struct mtud_port_conf *conf)
{
	int ret;

	memset(p, 0, sizeof(*p));
	p->id = id;
	p->kernel_fd = -1;
	p->conf = *conf;
	p->rxd = conf->rxd;
	p->txd = conf->txd;
	p->mtu = MTUD_PORT_MTU;
	ret = rte_eth_dev_socket_id(id);
	p->socket = ret >= 0 ? ret : (int)rte_socket_id();
	if (rte_eth_dev_get_name_by_port(id, p->name) < 0)
		strcpy(p->name, "?");
	ret = rte_eth_macaddr_get(id, &p->mac);
	if (ret < 0)
		return port_fail(p, "MAC address", ret);
	ret = port_configure(p);
	if (ret < 0)
		return ret;
	p->demand = p->room;
	p->present = true;
	port_kernel_open(p);
	return 0;
}

static void
tell_groups(struct mtud_port *p)
{
	if (rte_eth_dev_set_mc_addr_list(p->id, p->groups, p->n_groups) == 0 ||
		rte_eth_allmulticast_enable(p->id) == 0)
		p->refused &= ~(1u << MTUD_PORT_MULTICAST);
	else
		p->refused |= 1u << MTUD_PORT_MULTICAST;
}

void
mtud_port_set_groups(struct mtud_port *p, const struct rte_ether_addr *macs, uint32_t n)
{
	p->n_groups = RTE_MIN(n, RTE_DIM(p->groups));
	memcpy(p->groups, macs, p->n_groups * sizeof(*macs));
	tell_groups(p);
}

int
mtud_port_start(struct mtud_port *p)
{
	int ret = rte_eth_dev_start(p->id);

	if (ret < 0)
		return port_fail(p, "start", ret);
	p->started = true;
	mtud_port_set_promisc(p, p->promisc);
	tell_groups(p);
	return 0;
}

void
mtud_port_stop(struct mtud_port *p)
{
	if (!p->started)
		return;
	rte_eth_dev_stop(p->id);
	p->started = false;
}

void
mtud_port_close(struct mtud_port *p)
{
	if (!p->present)
		return;
	mtud_port_stop(p);
	rte_eth_dev_close(p->id);
	port_kernel_close(p);
	p->present = false;
}

void
mtud_port_free_buffers(struct mtud_port *p)
{
	rte_mempool_free(p->pool);
	p->pool = NULL;
}

int
mtud_port_set_promisc(struct mtud_port *p, bool on)
{
	bool is_on = rte_eth_promiscuous_get(p->id) == 1;
	int ret = 0;

	if (on != is_on)
		ret = on ? rte_eth_promiscuous_enable(p->id) : rte_eth_promiscuous_disable(p->id);
	if (ret < 0) {
		p->refused |= 1u << MTUD_PORT_PROMISC;
		return ret;
	}
	p->promisc = on;
	return 0;
}

static int
configure_for(struct mtud_port *p, uint16_t mtu, bool start)
{
	int ret;

	p->mtu = mtu;
	ret = port_configure(p);
	return ret == 0 && start ? mtud_port_start(p) : ret;
}

/* A new data room, and with it queues, on a stopped port. What fails leaves the old ones. */
static int
rebuild(struct mtud_port *p, uint16_t mtu, uint16_t old_mtu)
{
	bool was_started = p->started;
	const char *failed;
	int ret;

	mtud_port_stop(p);
	ret = configure_for(p, mtu, was_started);
	if (ret == 0)
		return 0;
	failed = p->failed;
	configure_for(p, old_mtu, was_started);
	p->failed = failed;
	return ret;
}

int
mtud_port_set_mtu(struct mtud_port *p, uint16_t mtu)
{
	uint16_t old_mtu = p->mtu;
	int ret;

	if (mtu < MTUD_IP6_MIN_MTU || mtu > mtud_port_max_mtu(p))
		return -ERANGE;
	if (mtu == old_mtu)
		return 0;
	if (p->room < (uint32_t)mtu + MTUD_PORT_L2_MAX) {
		ret = rebuild(p, mtu, old_mtu);
		if (ret < 0)
			return ret;
	}
	p->mtu = mtu;
	ret = rte_eth_dev_set_mtu(p->id, mtu);
	if (ret == -EBUSY) {
		ret = rebuild(p, mtu, old_mtu);
		if (ret < 0)
			return ret;
		ret = rte_eth_dev_set_mtu(p->id, mtu);
	}
	p->refused &= ~(1u << MTUD_PORT_MTU_SET | 1u << MTUD_PORT_MTU_KEPT);
	if (ret == 0)
		return 0;
	if (ret == -ENOTSUP || (uint32_t)mtu + MTUD_PORT_L2_MAX <= p->demand) {
		p->refused |= 1u << MTUD_PORT_MTU_SET;
	} else {
		p->refused |= 1u << MTUD_PORT_MTU_KEPT;
		p->mtu = old_mtu;
	}
	return 0;
}

bool
mtud_port_link(const struct mtud_port *p, uint32_t *speed_mbps)
{
	struct rte_eth_link link;

	if (!p->started || p->gone || rte_eth_link_get_nowait(p->id, &link) < 0 ||
		!port_kernel_runs(p))
		memset(&link, 0, sizeof(link));
	if (speed_mbps != NULL)
		*speed_mbps = link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed;
	return link.link_status == RTE_ETH_LINK_UP;
}

void
mtud_port_device_stats(const struct mtud_port *p, struct mtud_port_device_stats *stats)
{
	struct rte_eth_stats s;

	if (rte_eth_stats_get(p->id, &s) < 0)
		memset(&s, 0, sizeof(s));
	*stats = (struct mtud_port_device_stats){
		.missed = s.imissed,
		.errors = s.ierrors,
		.no_mbuf = s.rx_nombuf,
		.tx_errors = s.oerrors,
	};
}
