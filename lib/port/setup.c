/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <stdio.h>

#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "mtud_pkt.h"
#include "port_priv.h"

#define CACHE_SIZE 256
#define BURST      64

/* Buffer sizes to try where a driver wants more than the MTU does (af_packet's framesz). */
static const uint32_t rooms[] = {2048, 4096, 9728, 16384, 32768, PORT_ROOM_MAX};

/* Every descriptor may hold a buffer, every worker a cache and bursts on the way, and the
 * transmit queues of other ports hold ours. */
static uint32_t
mbufs_needed(const struct mtud_port *p)
{
	uint32_t ports = rte_eth_dev_count_avail();
	/* Jumbo buffers are dear: there what waits elsewhere may use them up. */
	uint32_t parked = p->room <= 4096 ? p->conf.parked : 0;

	return parked + (uint32_t)p->n_rxq * p->rxd + ports * p->n_txq * p->txd +
		(p->conf.workers + 1u) * (CACHE_SIZE + 8 * BURST);
}

/* What lies in caches must leave buffers to others: who only gives back keeps half more than
 * this. */
static unsigned int
cache_size(const struct mtud_port *p, uint32_t n)
{
	return RTE_MIN((uint32_t)CACHE_SIZE, n / (4 * (p->conf.workers + 1u)));
}

static int
make_pool(struct mtud_port *p, bool *made)
{
	const uint32_t at_least = p->room <= 4096 ? 8192 : 4096;
	uint32_t n = RTE_MAX(mbufs_needed(p), at_least);
	char name[RTE_MEMPOOL_NAMESIZE];

	if (p->conf.mbufs != 0)
		n = p->conf.mbufs;
	p->mbufs = n;
	/* A pool that still has packets elsewhere outlives the reconfiguration, hence the size. */
	snprintf(name, sizeof(name), "mtud_rx%u_%u", p->id, p->room);
	p->pool = rte_mempool_lookup(name);
	*made = p->pool == NULL;
	if (!*made)
		return 0;
	p->pool = mtud_pkt_pool_create(name, n, cache_size(p, n), p->room + RTE_PKTMBUF_HEADROOM,
		p->socket);
	return p->pool == NULL ? -ENOMEM : 0;
}

static int
setup_rx(struct mtud_port *p)
{
	uint16_t q;
	int ret;

	for (q = 0; q < p->n_rxq; q++) {
		ret = rte_eth_rx_queue_setup(p->id, q, p->rxd, (unsigned int)p->socket, NULL,
			p->pool);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* The driver alone knows which buffers it needs: grow them until it agrees. */
static int
setup_rx_growing(struct mtud_port *p)
{
	int ret = -ENOMEM;
	bool made = false;
	unsigned int i;

	for (i = 0; i < RTE_DIM(rooms); i++) {
		if (rooms[i] < p->room)
			continue;
		p->room = rooms[i];
		ret = make_pool(p, &made);
		if (ret < 0)
			return port_fail(p, "receive buffers", ret);
		ret = setup_rx(p);
		if (ret != -ENOMEM && ret != -EINVAL)
			break;
		/* Only what nobody can hold a buffer of. */
		if (made && rte_mempool_full(p->pool))
			rte_mempool_free(p->pool);
		p->pool = NULL;
	}
	return ret < 0 ? port_fail(p, "receive queues", ret) : 0;
}

static uint64_t
rss_types(const struct rte_eth_dev_info *info)
{
	return info->flow_type_rss_offloads &
		(RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
}

static void
set_rss(struct mtud_port *p, const struct rte_eth_dev_info *info, struct rte_eth_conf *conf)
{
	if (p->n_rxq == 1)
		return;
	conf->rx_adv_conf.rss_conf.rss_hf = rss_types(info);
	if (conf->rx_adv_conf.rss_conf.rss_hf != 0)
		conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	else
		p->refused |= 1u << MTUD_PORT_RSS;
}

static void
choose_queues(struct mtud_port *p, const struct rte_eth_dev_info *info)
{
	uint16_t wanted = p->conf.rxq != 0 ? p->conf.rxq : p->conf.workers;

	p->n_rxq = RTE_MAX(RTE_MIN(wanted, info->max_rx_queues), 1);
	p->n_txq = RTE_MAX(RTE_MIN(p->conf.workers, info->max_tx_queues), 1);
}

static void
note_queues(struct mtud_port *p)
{
	if (p->n_rxq < (p->conf.rxq != 0 ? p->conf.rxq : p->conf.workers))
		p->refused |= 1u << MTUD_PORT_QUEUES;
	if (p->n_txq < p->conf.workers)
		p->refused |= 1u << MTUD_PORT_TX_SHARED;
}

int
port_configure(struct mtud_port *p)
{
	struct rte_eth_conf conf = {0};
	struct rte_eth_dev_info info;
	uint16_t q;
	int ret;

	ret = rte_eth_dev_info_get(p->id, &info);
	if (ret < 0)
		return port_fail(p, "device information", ret);
	p->driver = info.driver_name;
	choose_queues(p, &info);
	set_rss(p, &info, &conf);
	/* Beyond what the driver admits to, its own MTU stays and ours is a matter of buffers. */
	conf.rxmode.mtu = RTE_MIN(p->mtu, mtud_port_max_mtu(p));
	if ((uint32_t)conf.rxmode.mtu + RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN > info.max_rx_pktlen)
		conf.rxmode.mtu = 0;
	p->tx_multi_seg = (info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;
	if (p->tx_multi_seg)
		conf.txmode.offloads |= RTE_ETH_TX_OFFLOAD_MULTI_SEGS;

	ret = rte_eth_dev_configure(p->id, p->n_rxq, p->n_txq, &conf);
	/* Drivers that make their queues from devargs take no other number of them. */
	while (ret < 0 && (p->n_rxq > 1 || p->n_txq > 1)) {
		p->n_rxq = RTE_MAX(p->n_rxq - 1, 1);
		p->n_txq = RTE_MAX(p->n_txq - 1, 1);
		conf.rxmode.mq_mode = p->n_rxq > 1 ? conf.rxmode.mq_mode : RTE_ETH_MQ_RX_NONE;
		ret = rte_eth_dev_configure(p->id, p->n_rxq, p->n_txq, &conf);
	}
	if (ret < 0)
		return port_fail(p, "configuration", ret);
	note_queues(p);

	ret = rte_eth_dev_adjust_nb_rx_tx_desc(p->id, &p->rxd, &p->txd);
	if (ret < 0)
		return port_fail(p, "descriptors", ret);
	p->room = RTE_MAX((uint32_t)p->mtu + MTUD_PORT_L2_MAX, rooms[0]);
	ret = setup_rx_growing(p);
	if (ret < 0)
		return ret;
	for (q = 0; q < p->n_txq; q++) {
		ret = rte_eth_tx_queue_setup(p->id, q, p->txd, (unsigned int)p->socket, NULL);
		if (ret < 0)
			return port_fail(p, "transmit queues", ret);
	}
	return 0;
}
