/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "mtud_ledger.h"

#include "nouns.h"
#include "table.h"

/* Counted while workers take and give: a buffer on its way may be missed. */
static void
pool_row(struct rte_mempool *mp, void *arg)
{
	struct mtud_pkt_ledger ledger;
	struct table *t = arg;
	unsigned int holder;

	/* A library's own, as of the nodes of a table. */
	if (mp->private_data_size < sizeof(struct rte_pktmbuf_pool_private))
		return;
	mtud_pkt_ledger(mp, &ledger);
	table_str(t, mp->name);
	table_u64(t, mp->size);
	table_u64(t, rte_mempool_in_use_count(mp));
	table_u64(t, mp->elt_size);
	for (holder = MTUD_PKT_TAKEN; holder < MTUD_PKT_HOLDERS; holder++)
		table_u64(t, ledger.held[holder]);
}

/* Who has the buffers is known where a ledger is kept (mtud_ledger.h), else nothing stands there. */
static void
show_memory(const struct cmd_args *args, struct out *out)
{
	static const struct table_column columns[] = {
		{"Pool", "pool", TABLE_LEFT},
		{"Buffers", "buffers", TABLE_RIGHT},
		{"In use", "in_use", TABLE_RIGHT},
		{"Octets each", "buffer_octets", TABLE_RIGHT},
		{"Taken", "taken", TABLE_RIGHT | TABLE_SPARSE},
		{"Worker", "worker", TABLE_RIGHT | TABLE_SPARSE},
		{"Punted", "punted", TABLE_RIGHT | TABLE_SPARSE},
		{"Control", "control", TABLE_RIGHT | TABLE_SPARSE},
		{"Waiting", "waiting", TABLE_RIGHT | TABLE_SPARSE},
		{"Injected", "injected", TABLE_RIGHT | TABLE_SPARSE},
		{"Queued", "queued", TABLE_RIGHT | TABLE_SPARSE},
		{"Sent", "sent", TABLE_RIGHT | TABLE_SPARSE},
	};
	struct rte_malloc_socket_stats stats;
	uint64_t heap = 0, used = 0;
	unsigned int i;
	struct record r;
	struct table t;

	RTE_SET_USED(args);
	for (i = 0; i < rte_socket_count(); i++) {
		if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &stats) < 0)
			continue;
		heap += stats.heap_totalsz_bytes;
		used += stats.heap_allocsz_bytes;
	}
	record_begin(&r, out);
	record_u64(&r, "Octets of EAL's memory", "heap_octets", heap);
	record_u64(&r, "of them in use", "heap_used_octets", used);
	record_table(&r, &t, NULL, "pools", columns, RTE_DIM(columns));
	rte_mempool_walk(pool_row, &t);
	table_end(&t);
	record_end(&r);
}

CMD_SHOW(inst_show, show_memory, "show memory : EAL's memory, and the packet buffers in use",
	CMD_WORD("show"), CMD_WORD("memory"));

cmdline_parse_inst_t *const cmd_memory[] = {&inst_show, NULL};
