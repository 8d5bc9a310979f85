/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 *
 * The benchmark includes this in front of l3fwd's own files. l3fwd insists on a port that checks IP
 * and L4 checksums for it, which net_pcap does not; it never looks at the outcome.
 */

#ifndef BENCH_L3FWD_H
#define BENCH_L3FWD_H

#include <rte_config.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>

#undef RTE_ETH_RX_OFFLOAD_CHECKSUM
#define RTE_ETH_RX_OFFLOAD_CHECKSUM 0

#ifdef BENCH_DENSE

/* Without hugepages a packet pool as DPDK makes it has each packet on a page of its own. This one
 * has them close together. */
static inline struct rte_mempool *
bench_dense_pool(const char *name, unsigned int n, unsigned int cache, uint16_t priv_size,
	uint16_t room, int socket)
{
	struct rte_pktmbuf_pool_private priv = {
		.mbuf_data_room_size = room,
		.mbuf_priv_size = priv_size,
	};
	struct rte_mempool *mp = rte_mempool_create_empty(name, n,
		sizeof(struct rte_mbuf) + priv_size + room, cache, sizeof(priv), socket,
		RTE_MEMPOOL_F_NO_IOVA_CONTIG);

	if (mp == NULL)
		return NULL;
	if (rte_mempool_set_ops_byname(mp, rte_mbuf_best_mempool_ops(), NULL) < 0) {
		rte_mempool_free(mp);
		return NULL;
	}
	rte_pktmbuf_pool_init(mp, &priv);
	if (rte_mempool_populate_default(mp) < 0) {
		rte_mempool_free(mp);
		return NULL;
	}
	rte_mempool_obj_iter(mp, rte_pktmbuf_init, NULL);
	return mp;
}

#define rte_pktmbuf_pool_create bench_dense_pool

#endif

#endif
