/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef SETUP_PRIV_H
#define SETUP_PRIV_H

/* What the files of start-up share; nobody else includes this. */

#include "app.h"

extern const char setup_more_memory[];

/* Say on standard error what failed, why, and the remedy (NULL: none); -1. */
int setup_fail(const char *what, int ret, const char *remedy);

/* Make the workers. The tables are there, the ports are not. */
int setup_workers(struct app *app);
/* Give them the pools for fragments, as large as the ports' transmit queues ask for. */
int setup_fragments(struct app *app);
/* Give back all of a worker (or NULL) but what packets may still lie in. */
void setup_undo_worker(struct mtud_worker *w);
/* Free it and its pools; every port is closed. */
void setup_free_worker(struct mtud_worker *w);

#endif
