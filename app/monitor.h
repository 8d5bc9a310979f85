/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MONITOR_H
#define MONITOR_H

/* What `monitor` shows: the difference of two looks at the counters. */

#include "app.h"
#include "out.h"

struct monitor_worker {
	uint64_t rx_packets;
	uint64_t tx_packets;
	uint64_t dropped;
	uint64_t polls;
	uint64_t busy_polls;
};

/* One look. */
struct monitor_sample {
	uint64_t time_ns;
	struct mtud_stat sum; /* of all writers, whatever clear stats takes off */
	uint64_t lost[RTE_MAX_ETHPORTS];
	struct monitor_worker worker[RTE_MAX_LCORE];
};

/* Lines that come when something happens stay from then on, so that nothing jumps. */
struct monitor_seen {
	bool drop[MTUD_DROP_MAX];
	bool icmp[MTUD_ICMP_MAX];
};

void monitor_look(const struct app *app, struct monitor_sample *sample);
/* Print what happened between two looks, a second. */
void monitor_print(const struct app *app, const struct monitor_sample *before,
	const struct monitor_sample *now, struct monitor_seen *seen, struct out *out);

#define MONITOR_UNITS_SIZE 8
/* A rate for a person, "1.23k", at most 5 columns up to 999 E. */
const char *monitor_units(double rate, char text[MONITOR_UNITS_SIZE]);

#endif
