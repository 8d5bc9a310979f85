/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef LATENCY_H
#define LATENCY_H

#include "options.h"

/* Measure through port 0 and print; for each line of standard input, when asked to. 0, or -1 after
 * a sentence. */
int latency_measure(struct latency_options *opt);

#endif
