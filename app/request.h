/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef REQUEST_H
#define REQUEST_H

/* What other threads (telemetry's) ask of the control thread: it alone reads the tables. They post
 * a function and wait; the control thread runs it between two rounds. */

#include <pthread.h>
#include <stdbool.h>

struct request;

struct requests {
	pthread_mutex_t lock;
	pthread_cond_t change; /* one is done, or all are refused */
	struct request *first; /* of those that wait, oldest first */
	bool closed;
};

#define REQUESTS_INITIALIZER                                                           \
	{                                                                              \
		.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER, \
	}

/* On any thread but the control thread: have fn(arg) run there, and wait until it has. 0; -EBUSY:
 * it was not begun within wait_ms and never will; -ENODEV: closed, likewise. */
int requests_post(struct requests *rs, void (*fn)(void *arg), void *arg, unsigned int wait_ms);
/* On the control thread: run those that wait now. */
void requests_serve(struct requests *rs);
/* Refuse all from now on; those that wait are told at once. */
void requests_close(struct requests *rs);

#endif
