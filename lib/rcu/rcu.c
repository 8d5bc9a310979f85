/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <time.h>

#include <rte_cycles.h>
#include <rte_pause.h>

#include "mtud_rcu.h"

/* Longer than a worker's round takes but with the largest bursts of the slowest packets. */
#define SPIN_US 20

/* The kernel makes it some 50 us more. */
#define SLEEP_NS 1000

void
mtud_rcu_synchronize(struct rte_rcu_qsbr *qsbr)
{
	const struct timespec sleep = {.tv_nsec = SLEEP_NS};
	const uint64_t token = rte_rcu_qsbr_start(qsbr);
	const uint64_t until = rte_rdtsc() + rte_get_tsc_hz() / US_PER_S * SPIN_US;

	while (rte_rcu_qsbr_check(qsbr, token, false) == 0) {
		if (rte_rdtsc() < until)
			rte_pause();
		else
			nanosleep(&sleep, NULL);
	}
}
