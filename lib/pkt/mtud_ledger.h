/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_LEDGER_H
#define MTUD_LEDGER_H

/**
 * @file
 * Who has which packet. Builds with MTUD_LEDGER (meson's option `ledger`) enter every packet of a
 * pool by mtud_pkt_pool_create() when it is taken and strike it out when it is given back, whoever
 * does so. A packet that is freed twice, or written to while it is free, ends the program there.
 * In other builds all of this is nothing.
 */

#include <stdbool.h>

#include <rte_mbuf.h>

/** Where a packet is, as last said. */
enum mtud_pkt_holder {
	MTUD_PKT_TAKEN = 1, /**< by a driver to receive into, or just made */
	MTUD_PKT_WORKER,    /**< in a worker's burst */
	MTUD_PKT_PUNTED,    /**< on the ring to the control thread */
	MTUD_PKT_CONTROL,   /**< in the hands of that */
	MTUD_PKT_WAITING,   /**< for a neighbor */
	MTUD_PKT_INJECTED,  /**< on the ring to a worker */
	MTUD_PKT_QUEUED,    /**< in a port's batch */
	MTUD_PKT_SENT,      /**< with a driver, to be sent */
	MTUD_PKT_HOLDERS,
};

/** A pool's packets that are out. */
struct mtud_pkt_ledger {
	unsigned int n;
	unsigned int held[MTUD_PKT_HOLDERS]; /**< by enum mtud_pkt_holder */
};

#ifdef MTUD_LEDGER

/** A packet is in other hands now. */
void mtud_pkt_held_by(struct rte_mbuf *m, enum mtud_pkt_holder holder);
/** Count what is out. @return false: no ledger is kept of the pool. */
bool mtud_pkt_ledger(struct rte_mempool *mp, struct mtud_pkt_ledger *ledger);

#else

static inline void
mtud_pkt_held_by(struct rte_mbuf *m, enum mtud_pkt_holder holder)
{
	RTE_SET_USED(m);
	RTE_SET_USED(holder);
}

static inline bool
mtud_pkt_ledger(struct rte_mempool *mp, struct mtud_pkt_ledger *ledger)
{
	RTE_SET_USED(mp);
	*ledger = (struct mtud_pkt_ledger){0};
	return false;
}

#endif

/** The same for the n packets of a burst. */
static inline void
mtud_pkt_all_held_by(struct rte_mbuf **pkts, unsigned int n, enum mtud_pkt_holder holder)
{
#ifdef MTUD_LEDGER
	unsigned int i;

	for (i = 0; i < n; i++)
		mtud_pkt_held_by(pkts[i], holder);
#else
	RTE_SET_USED(pkts);
	RTE_SET_USED(n);
	RTE_SET_USED(holder);
#endif
}

/** What a holder is called. */
const char *mtud_pkt_holder_name(enum mtud_pkt_holder holder);

#endif
