/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <stddef.h>
#include <time.h>

#include "request.h"

enum request_state {
	REQUEST_WAITS,
	REQUEST_RUNS,
	REQUEST_DONE,
};

/* Lives on the stack of the thread that waits for it. */
struct request {
	struct request *next;
	void (*fn)(void *arg);
	void *arg;
	enum request_state state;
};

static struct timespec
after_ms(unsigned int ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += ms / 1000;
	ts.tv_nsec += (long)(ms % 1000) * 1000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000;
	}
	return ts;
}

static void
append(struct requests *rs, struct request *r)
{
	struct request **at = &rs->first;

	while (*at != NULL)
		at = &(*at)->next;
	*at = r;
}

static void
take_out(struct requests *rs, const struct request *r)
{
	struct request **at = &rs->first;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
}

/* One that runs is waited for, however long it takes: it uses what is the waiter's. */
static int
wait_for(struct requests *rs, const struct request *r, unsigned int wait_ms)
{
	struct timespec until = after_ms(wait_ms);

	while (r->state == REQUEST_RUNS || (r->state == REQUEST_WAITS && !rs->closed)) {
		if (r->state == REQUEST_RUNS)
			pthread_cond_wait(&rs->change, &rs->lock);
		else if (pthread_cond_clockwait(&rs->change, &rs->lock, CLOCK_MONOTONIC, &until) ==
				ETIMEDOUT && r->state == REQUEST_WAITS)
			break;
	}
	if (r->state == REQUEST_DONE)
		return 0;
	take_out(rs, r);
	return rs->closed ? -ENODEV : -EBUSY;
}

int
requests_post(struct requests *rs, void (*fn)(void *arg), void *arg, unsigned int wait_ms)
{
	struct request r = {.fn = fn, .arg = arg};
	int ret;

	pthread_mutex_lock(&rs->lock);
	append(rs, &r);
	ret = wait_for(rs, &r, wait_ms);
	pthread_mutex_unlock(&rs->lock);
	return ret;
}

void
requests_serve(struct requests *rs)
{
	struct request *r;
	unsigned int n = 0;

	pthread_mutex_lock(&rs->lock);
	/* Who asks again while we are here waits for the next time. */
	for (r = rs->first; r != NULL; r = r->next)
		n++;
	while (n-- > 0 && (r = rs->first) != NULL) {
		rs->first = r->next;
		r->state = REQUEST_RUNS;
		pthread_mutex_unlock(&rs->lock);
		r->fn(r->arg);
		pthread_mutex_lock(&rs->lock);
		r->state = REQUEST_DONE;
		pthread_cond_broadcast(&rs->change);
	}
	pthread_mutex_unlock(&rs->lock);
}

void
requests_close(struct requests *rs)
{
	pthread_mutex_lock(&rs->lock);
	rs->closed = true;
	pthread_cond_broadcast(&rs->change);
	pthread_mutex_unlock(&rs->lock);
}
