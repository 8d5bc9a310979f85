/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <time.h>

#include <rte_cycles.h>
#include <rte_pause.h>

#include "mtud_rcu.h"

/* Longer than a worker's round takes but with the largest bursts of the slowest packets. */
#define SPIN_US 20

/* A wait that is worth a call. */
#define LATE_US 100

/* The kernel makes it some 50 us more. */
#define SLEEP_NS 1000

void
mtud_rcu_synchronize(struct rte_rcu_qsbr *qsbr, const struct mtud_rcu_patience *patience)
{
	mtud_rcu_wait(qsbr, rte_rcu_qsbr_start(qsbr), patience);
}

void
mtud_rcu_wait(struct rte_rcu_qsbr *qsbr, uint64_t token, const struct mtud_rcu_patience *patience)
{
	const struct timespec sleep = {.tv_nsec = SLEEP_NS};
	const uint64_t us_tsc = rte_get_tsc_hz() / US_PER_S;
	const uint64_t since = rte_rdtsc();

	while (rte_rcu_qsbr_check(qsbr, token, false) == 0) {
		uint64_t waited = rte_rdtsc() - since;

		if (patience != NULL && waited > LATE_US * us_tsc)
			patience->late(patience->ctx);
		if (waited < SPIN_US * us_tsc)
			rte_pause();
		else
			nanosleep(&sleep, NULL);
	}
}
