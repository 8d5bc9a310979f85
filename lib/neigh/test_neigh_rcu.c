/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Readers beside the control thread: an index is not used again before its grace period. */

#include <pthread.h>
#include <sched.h>

#include <rte_cycles.h>

#include "test_neigh.h"

#define FEW 16 /* the smallest cache */

static int
setup_few(void **state)
{
	*state = make_world(FEW, FEW);
	return 0;
}

static void
come(struct world *w, unsigned int reader)
{
	assert_int_equal(rte_rcu_qsbr_thread_register(w->qsbr, reader), 0);
	rte_rcu_qsbr_thread_online(w->qsbr, reader);
}

static void
leave(struct world *w, unsigned int reader)
{
	rte_rcu_qsbr_thread_offline(w->qsbr, reader);
	assert_int_equal(rte_rcu_qsbr_thread_unregister(w->qsbr, reader), 0);
}

/* While there are other indexes, nothing waits for a reader, and what it may hold stays unused. */
static void
not_used_again_early(void **state)
{
	struct world *w = *state;
	uint16_t old;
	uint32_t n;

	set_static(w, 1, 1, 1000);
	old = find(w, 1);
	come(w, 0);
	del(w, 1);
	/* It cannot be found, and who holds it still cannot send to it. */
	assert_int_equal(find(w, 1), MTUD_ADJ_NONE);
	assert_int_equal(mtud_neigh_adj(mtud_neigh_adjs(w->nt), old).flags, 0);
	for (n = 2; n <= FEW; n++) {
		set_static(w, n, n, 1000);
		assert_int_not_equal(find(w, n), old);
		tick(w, 1000);
	}
	assert_int_equal(mtud_neigh_adj(mtud_neigh_adjs(w->nt), old).flags, 0);
	rte_rcu_qsbr_quiescent(w->qsbr, 0);
	assert_int_equal(set_static(w, 1, 1, 1000), 0);
	assert_int_equal(find(w, 1), old);
	leave(w, 0);
}

/* Without readers that could hold it, an index can be used at once; the longest free goes first. */
static void
used_again_late(void **state)
{
	struct world *w = *state;
	uint16_t old;
	uint32_t n;

	set_static(w, 1, 1, 1000);
	old = find(w, 1);
	del(w, 1);
	tick(w, 1000);
	for (n = 2; n <= FEW; n++) {
		set_static(w, n, n, 1000);
		assert_int_not_equal(find(w, n), old);
	}
	set_static(w, 1, 1, 1000);
	assert_int_equal(find(w, 1), old);
}

struct late_reader {
	struct world *w;
	bool quiet;
};

static void *
report_late(void *arg)
{
	struct late_reader *reader = arg;

	rte_delay_us_sleep(50000);
	__atomic_store_n(&reader->quiet, true, __ATOMIC_RELEASE);
	rte_rcu_qsbr_quiescent(reader->w->qsbr, 0);
	return NULL;
}

/* With no other index, the cache waits until the reader has reported. */
static void
waits_for_reader(void **state)
{
	struct late_reader reader = {.w = *state};
	struct world *w = *state;
	pthread_t thread;
	uint16_t old;
	uint32_t n;

	for (n = 1; n <= FEW; n++)
		set_static(w, n, n, 1000);
	old = find(w, 3);
	come(w, 0);
	del(w, 3);
	assert_int_equal(pthread_create(&thread, NULL, report_late, &reader), 0);
	assert_int_equal(hold(w, 100, 1, 1000), 0);
	assert_true(__atomic_load_n(&reader.quiet, __ATOMIC_ACQUIRE));
	assert_int_equal(find(w, 100), old);
	assert_int_equal(pthread_join(thread, NULL), 0);
	leave(w, 0);
}

/* The same when the place is that of an evicted entry. */
static void
evicted_waits_for_reader(void **state)
{
	struct late_reader reader = {.w = *state};
	struct world *w = *state;
	pthread_t thread;
	uint16_t old;
	uint32_t n;

	for (n = 1; n <= FEW; n++)
		learn(w, n, n, 1000);
	old = find(w, 1);
	come(w, 0);
	assert_int_equal(pthread_create(&thread, NULL, report_late, &reader), 0);
	assert_int_equal(learn(w, 100, 100, 1000), 0);
	assert_true(__atomic_load_n(&reader.quiet, __ATOMIC_ACQUIRE));
	assert_int_equal(find(w, 100), old);
	assert_int_equal(find(w, 1), MTUD_ADJ_NONE);
	assert_int_equal(pthread_join(thread, NULL), 0);
	leave(w, 0);
}

/* One index is enough: what was removed later may still be in use. */
static void
waits_for_one(void **state)
{
	struct world *w = *state;
	uint16_t first, second;
	uint32_t n;

	for (n = 1; n <= FEW; n++)
		set_static(w, n, n, 1000);
	first = find(w, 1);
	second = find(w, 2);
	come(w, 0);
	del(w, 1);
	rte_rcu_qsbr_quiescent(w->qsbr, 0);
	del(w, 2);
	assert_int_equal(learn(w, 100, 100, 1000), 0);
	assert_int_equal(find(w, 100), first);
	rte_rcu_qsbr_quiescent(w->qsbr, 0);
	assert_int_equal(learn(w, 101, 101, 1000), 0);
	assert_int_equal(find(w, 101), second);
	leave(w, 0);
}

#define HOSTS 64

struct reader {
	struct world *w;
	unsigned int id;
	bool *stop;
	uint64_t found;
	uint64_t wrong;
};

/* Look hosts up as a worker does: what an index leads to is that host's, or nobody's. */
static void *
read_on(void *arg)
{
	struct reader *r = arg;
	const uint64_t *adjs = mtud_neigh_adjs(r->w->nt);
	uint32_t n = 0;

	while (!__atomic_load_n(r->stop, __ATOMIC_RELAXED)) {
		unsigned int i;

		for (i = 0; i < 32; i++) {
			const struct rte_ether_addr m = mac(n + 1);
			uint16_t index = find(r->w, n + 1);
			union mtud_adj adj;

			rte_pause();
			adj = mtud_neigh_adj(adjs, index);
			n = (n + 1) % HOSTS;
			if (!(adj.flags & MTUD_ADJ_VALID))
				continue;
			r->found++;
			r->wrong += memcmp(adj.mac, &m, sizeof(adj.mac)) != 0 || adj.port != 1;
		}
		rte_rcu_qsbr_quiescent(r->w->qsbr, r->id);
		sched_yield();
	}
	return NULL;
}

static void
readers_beside_changes(void **state)
{
	struct world *w = *state;
	struct reader readers[2];
	pthread_t threads[RTE_DIM(readers)];
	const uint64_t end_tsc = rte_get_timer_cycles() + rte_get_timer_hz();
	bool stop = false;
	uint64_t found = 0;
	uint32_t n = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(readers); i++) {
		readers[i] = (struct reader){.w = w, .id = i, .stop = &stop};
		come(w, i);
		assert_int_equal(pthread_create(&threads[i], NULL, read_on, &readers[i]), 0);
	}
	/* Four times as many hosts as places: each new one evicts another. */
	while (rte_get_timer_cycles() < end_tsc) {
		assert_int_equal(learn(w, n + 1, n + 1, 1000), 0);
		n = (n + 7) % HOSTS;
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < RTE_DIM(readers); i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		leave(w, i);
		assert_int_equal(readers[i].wrong, 0);
		found += readers[i].found;
	}
	assert_true(found > 0 && totals(w).evicted > 0);
}

#define FEW_TEST(f) cmocka_unit_test_setup_teardown(f, setup_few, teardown_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FEW_TEST(not_used_again_early),
		FEW_TEST(used_again_late),
		FEW_TEST(waits_for_reader),
		FEW_TEST(evicted_waits_for_reader),
		FEW_TEST(waits_for_one),
		FEW_TEST(readers_beside_changes),
	};

	if (test_eal_init(64, "") < 0)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL) + (rte_eal_cleanup() < 0);
}
