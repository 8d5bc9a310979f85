/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_malloc.h>

#include "mtud_rcu.h"
#include "test_eal.h"

#define READERS 2
#define READER  1

struct reader {
	struct rte_rcu_qsbr *qsbr;
	bool reads;
	bool left;
};

static int
setup(void **state)
{
	struct rte_rcu_qsbr *qsbr =
		rte_zmalloc(NULL, rte_rcu_qsbr_get_memsize(READERS), RTE_CACHE_LINE_SIZE);

	assert_non_null(qsbr);
	assert_int_equal(rte_rcu_qsbr_init(qsbr, READERS), 0);
	*state = qsbr;
	return 0;
}

static int
teardown(void **state)
{
	rte_free(*state);
	return 0;
}

static void
who_reads_nothing_is_not_waited_for(void **state)
{
	struct rte_rcu_qsbr *qsbr = *state;

	mtud_rcu_synchronize(qsbr, NULL);
	assert_int_equal(rte_rcu_qsbr_thread_register(qsbr, READER), 0);
	mtud_rcu_synchronize(qsbr, NULL);
	assert_int_equal(rte_rcu_qsbr_thread_unregister(qsbr, READER), 0);
}

static void *
read_long(void *arg)
{
	struct reader *r = arg;

	rte_rcu_qsbr_thread_online(r->qsbr, READER);
	__atomic_store_n(&r->reads, true, __ATOMIC_RELEASE);
	usleep(50000);
	__atomic_store_n(&r->left, true, __ATOMIC_RELEASE);
	rte_rcu_qsbr_quiescent(r->qsbr, READER);
	rte_rcu_qsbr_thread_offline(r->qsbr, READER);
	return NULL;
}

/* Asleep, not with the core that a reader may need: the thread gives it up by itself. */
static void
a_long_reader_is_waited_for_asleep(void **state)
{
	struct reader r = {.qsbr = *state};
	struct rusage before, after;
	pthread_t thread;

	assert_int_equal(rte_rcu_qsbr_thread_register(r.qsbr, READER), 0);
	assert_int_equal(pthread_create(&thread, NULL, read_long, &r), 0);
	while (!__atomic_load_n(&r.reads, __ATOMIC_ACQUIRE))
		usleep(100);
	assert_int_equal(getrusage(RUSAGE_THREAD, &before), 0);
	mtud_rcu_synchronize(r.qsbr, NULL);
	assert_int_equal(getrusage(RUSAGE_THREAD, &after), 0);
	assert_true(__atomic_load_n(&r.left, __ATOMIC_ACQUIRE));
	assert_true(after.ru_nvcsw > before.ru_nvcsw);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(rte_rcu_qsbr_thread_unregister(r.qsbr, READER), 0);
}

static void
count_call(void *ctx)
{
	unsigned int *calls = ctx;

	++*calls;
}

/* Who waits for a reader that does not come to an end can say so meanwhile. */
static void
a_long_wait_is_told_of(void **state)
{
	struct reader r = {.qsbr = *state};
	unsigned int calls = 0;
	const struct mtud_rcu_patience patience = {.late = count_call, .ctx = &calls};
	pthread_t thread;

	mtud_rcu_synchronize(r.qsbr, &patience);
	assert_int_equal(calls, 0);
	assert_int_equal(rte_rcu_qsbr_thread_register(r.qsbr, READER), 0);
	assert_int_equal(pthread_create(&thread, NULL, read_long, &r), 0);
	while (!__atomic_load_n(&r.reads, __ATOMIC_ACQUIRE))
		usleep(100);
	mtud_rcu_synchronize(r.qsbr, &patience);
	assert_true(calls > 1);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(rte_rcu_qsbr_thread_unregister(r.qsbr, READER), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_reads_nothing_is_not_waited_for),
		cmocka_unit_test(a_long_reader_is_waited_for_asleep),
		cmocka_unit_test(a_long_wait_is_told_of),
	};

	if (test_eal_init(64, "") < 0)
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown) + (rte_eal_cleanup() < 0);
}
