/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Packets of one measurement at most. */
#define LATENCY_MAX 100000000

struct latency_options {
	uint32_t count; /* packets */
	uint32_t pps;   /* 0: the next one when the last one is back */
	bool json;
	bool from_stdin; /* lines with a count and a rate each */
};

struct stage_options {
	bool list;
	bool json;
	bool small;
	unsigned int repeat;
	char **patterns;
	int n_patterns;
};

/* Read what stands behind EAL's arguments, or behind the word latency there. 0, 1 to end well, or
 * -1 after a sentence. */
int options_stages(struct stage_options *opt, int argc, char **argv);
int options_latency(struct latency_options *opt, int argc, char **argv);

#endif
