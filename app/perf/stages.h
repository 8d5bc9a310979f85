/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef STAGES_H
#define STAGES_H

/* What can be timed, by the file that it stands in. */

#include "perf.h"

/* stages.c: those of lib/fwd in their order, and all of them. */
extern const struct perf_stage perf_parse;
extern const struct perf_stage perf_route;
extern const struct perf_stage perf_size;
extern const struct perf_stage perf_mss;
extern const struct perf_stage perf_egress;
extern const struct perf_stage perf_fragment;
extern const struct perf_stage perf_answer;
extern const struct perf_stage perf_flush;
extern const struct perf_stage perf_burst;

/* stages_icmp.c: what an answer is made of. */
extern const struct perf_stage perf_may_send;
extern const struct perf_stage perf_rate_grant;
extern const struct perf_stage perf_rate_hold;
extern const struct perf_stage perf_build;
extern const struct perf_stage perf_cksum;

/* stages_table.c: changes of one route. */
extern const struct perf_stage perf_change;
extern const struct perf_stage perf_replace;

#endif
