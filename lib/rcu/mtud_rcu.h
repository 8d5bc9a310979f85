/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_RCU_H
#define MTUD_RCU_H

/**
 * @file
 * Grace periods as the control thread waits for them.
 */

#include <rte_rcu_qsbr.h>

/** Who wants to know of a wait that does not end: a reader's thread may have been stopped. */
struct mtud_rcu_patience {
	void (*late)(void *ctx); /**< called about every 0.1 ms once a wait has taken one */
	void *ctx;
};

/**
 * Wait until every reader has been quiescent. A worker on a core of its own is within a round, so
 * that is looked for first, for some microseconds; a worker that shares the core with the caller
 * gets there when the caller sleeps. rte_rcu_qsbr_synchronize() would keep the core from it, for
 * as long as the scheduler lets it.
 *
 * @param qsbr
 *   The caller is not one of its readers.
 * @param patience
 *   Whom to call meanwhile; NULL: nobody. It must not change what is waited for.
 */
void mtud_rcu_synchronize(struct rte_rcu_qsbr *qsbr, const struct mtud_rcu_patience *patience);

/** The same for a grace period that began before: token is from rte_rcu_qsbr_start(). */
void mtud_rcu_wait(struct rte_rcu_qsbr *qsbr, uint64_t token,
	const struct mtud_rcu_patience *patience);

#endif
