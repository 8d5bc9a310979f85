/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef LEDGER_H
#define LEDGER_H

#include <rte_mbuf_pool_ops.h>

#include "mtud_ledger.h"
#include "mtud_pkt.h"

/* What makes a pool one of which a ledger is kept, or not. */

#ifdef MTUD_LEDGER

/* Stands behind a packet's data. */
struct ledger_entry {
	uint8_t holder;  /* enum mtud_pkt_holder; 0: it is in its pool */
	bool is_guarded; /* its data was closed */
	uint8_t spare[6];
};

/* The mempool handler that keeps it, or DPDK's choice where none is kept. After EAL has started. */
const char *ledger_handler(void);

static inline size_t
ledger_size(size_t octets)
{
	return RTE_ALIGN(octets, sizeof(struct ledger_entry)) + sizeof(struct ledger_entry);
}

/* A cache would hide who takes and gives back. */
static inline unsigned int
ledger_cache(unsigned int n)
{
	RTE_SET_USED(n);
	return 0;
}

#else

static inline const char *
ledger_handler(void)
{
	return rte_mbuf_best_mempool_ops();
}

static inline size_t
ledger_size(size_t octets)
{
	return octets;
}

static inline unsigned int
ledger_cache(unsigned int n)
{
	return n;
}

#endif

#endif
