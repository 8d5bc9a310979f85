/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf_pool_ops.h>

#include "ledger.h"

static_assert(RTE_ALIGN(sizeof(struct mtud_pkt_meta), RTE_MBUF_PRIV_ALIGN) ==
		sizeof(struct mtud_pkt_meta), "mbufs align their private area");

struct rte_mempool *
mtud_pkt_pool_create(const char *name, unsigned int n, unsigned int cache, uint16_t room,
	int socket)
{
	struct rte_pktmbuf_pool_private priv = {
		.mbuf_data_room_size = room,
		.mbuf_priv_size = sizeof(struct mtud_pkt_meta),
	};
	unsigned int flags = rte_eal_iova_mode() == RTE_IOVA_VA ? RTE_MEMPOOL_F_NO_IOVA_CONTIG : 0;
	struct rte_mempool *mp;
	int ret;

	mp = rte_mempool_create_empty(name, n,
		ledger_size(sizeof(struct rte_mbuf) + sizeof(struct mtud_pkt_meta) + room),
		ledger_cache(cache), sizeof(priv), socket, flags);
	if (mp == NULL)
		return NULL;
	ret = rte_mempool_set_ops_byname(mp, ledger_handler(), NULL);
	if (ret < 0)
		goto free_pool;
	rte_pktmbuf_pool_init(mp, &priv);
	ret = rte_mempool_populate_default(mp);
	if (ret < 0)
		goto free_pool;
	rte_mempool_obj_iter(mp, rte_pktmbuf_init, NULL);
	return mp;

free_pool:
	rte_mempool_free(mp);
	rte_errno = -ret;
	return NULL;
}
