/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_common.h>

#include "request.h"

#define LONG_MS   60000
#define ASKERS    8
#define QUESTIONS 200

/* A thread that asks, and what it came to. */
struct asker {
	struct requests *rs;
	unsigned int wait_ms;
	unsigned int times;
	int ret;
	unsigned int ran;
	pthread_t served_by;
	pthread_t thread;
};

static void
run(void *arg)
{
	struct asker *a = arg;

	a->ran++;
	a->served_by = pthread_self();
}

static void *
ask(void *arg)
{
	struct asker *a = arg;
	unsigned int i;

	for (i = 0; i < a->times && a->ret == 0; i++)
		a->ret = requests_post(a->rs, run, a, a->wait_ms);
	return NULL;
}

static void
start(struct asker *a, struct requests *rs, unsigned int wait_ms, unsigned int times)
{
	*a = (struct asker){.rs = rs, .wait_ms = wait_ms, .times = times};
	assert_int_equal(pthread_create(&a->thread, NULL, ask, a), 0);
}

static void
wait_until_one_waits(struct requests *rs)
{
	bool waits;

	do {
		pthread_mutex_lock(&rs->lock);
		waits = rs->first != NULL;
		pthread_mutex_unlock(&rs->lock);
		sched_yield();
	} while (!waits);
}

static void
requests_run_on_the_thread_that_serves(void **state)
{
	struct requests rs = REQUESTS_INITIALIZER;
	struct asker a;

	(void)state;
	start(&a, &rs, LONG_MS, 1);
	wait_until_one_waits(&rs);
	assert_int_equal(a.ran, 0);
	requests_serve(&rs);
	pthread_join(a.thread, NULL);
	assert_int_equal(a.ret, 0);
	assert_int_equal(a.ran, 1);
	assert_true(pthread_equal(a.served_by, pthread_self()));
}

/* The waiter's stack is gone by then: the sanitizer would see it run. */
static void
what_was_not_begun_in_time_never_runs(void **state)
{
	struct requests rs = REQUESTS_INITIALIZER;
	struct asker a = {.rs = &rs, .wait_ms = 1, .times = 1}, later;

	(void)state;
	ask(&a);
	assert_int_equal(a.ret, -EBUSY);
	assert_null(rs.first);
	start(&later, &rs, LONG_MS, 1);
	wait_until_one_waits(&rs);
	requests_serve(&rs);
	pthread_join(later.thread, NULL);
	assert_int_equal(later.ran, 1);
	assert_int_equal(a.ran, 0);
}

/* Goes on until somebody else has seen its own request go unserved. */
static void
run_long(void *arg)
{
	struct requests *rs = arg;
	struct asker a = {.rs = rs, .wait_ms = 1, .times = 1};
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, ask, &a), 0);
	pthread_join(thread, NULL);
	assert_int_equal(a.ret, -EBUSY);
}

static void *
ask_long(void *arg)
{
	struct asker *a = arg;

	a->ret = requests_post(a->rs, run_long, a->rs, a->wait_ms);
	return NULL;
}

/* The time is for the beginning: one that runs is waited for. */
static void
what_was_begun_in_time_is_waited_for(void **state)
{
	struct requests rs = REQUESTS_INITIALIZER;
	struct asker a = {.rs = &rs, .wait_ms = LONG_MS};

	(void)state;
	assert_int_equal(pthread_create(&a.thread, NULL, ask_long, &a), 0);
	wait_until_one_waits(&rs);
	requests_serve(&rs);
	pthread_join(a.thread, NULL);
	assert_int_equal(a.ret, 0);
}

static void
closing_tells_those_that_wait(void **state)
{
	struct requests rs = REQUESTS_INITIALIZER;
	struct asker a[ASKERS], late = {.rs = &rs, .wait_ms = LONG_MS, .times = 1};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(a); i++)
		start(&a[i], &rs, LONG_MS, 1);
	wait_until_one_waits(&rs);
	requests_close(&rs);
	for (i = 0; i < RTE_DIM(a); i++) {
		pthread_join(a[i].thread, NULL);
		assert_int_equal(a[i].ret, -ENODEV);
		assert_int_equal(a[i].ran, 0);
	}
	ask(&late);
	assert_int_equal(late.ret, -ENODEV);
	assert_null(rs.first);
}

/* Askers that come again at once, some with no time to wait. */
static void
many_ask_at_once(void **state)
{
	struct requests rs = REQUESTS_INITIALIZER;
	struct asker a[ASKERS];
	unsigned int i, done;

	(void)state;
	for (i = 0; i < RTE_DIM(a); i++)
		start(&a[i], &rs, i % 4 == 3 ? 0 : LONG_MS, QUESTIONS);
	do {
		requests_serve(&rs);
		pthread_mutex_lock(&rs.lock);
		for (i = done = 0; i < RTE_DIM(a); i++)
			done += i % 4 == 3 || a[i].ran == QUESTIONS;
		pthread_mutex_unlock(&rs.lock);
	} while (done < RTE_DIM(a));
	requests_close(&rs);
	for (i = 0; i < RTE_DIM(a); i++) {
		pthread_join(a[i].thread, NULL);
		if (i % 4 == 3)
			assert_true(a[i].ret == -EBUSY || a[i].ret == -ENODEV ||
				a[i].ran == QUESTIONS);
		else
			assert_int_equal(a[i].ret, 0);
	}
	assert_null(rs.first);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_run_on_the_thread_that_serves),
		cmocka_unit_test(what_was_not_begun_in_time_never_runs),
		cmocka_unit_test(what_was_begun_in_time_is_waited_for),
		cmocka_unit_test(closing_tells_those_that_wait),
		cmocka_unit_test(many_ask_at_once),
	};

	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
