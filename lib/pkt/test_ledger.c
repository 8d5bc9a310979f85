/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "mtud_ledger.h"
#include "mtud_pkt.h"
#include "test_eal.h"

#define N    63
#define ROOM (RTE_PKTMBUF_HEADROOM + 2048)

static struct rte_mempool *pool;

static struct rte_mbuf *
packet(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	assert_non_null(m);
	assert_non_null(rte_pktmbuf_append(m, 100));
	return m;
}

static void
assert_held(unsigned int n, enum mtud_pkt_holder holder)
{
	struct mtud_pkt_ledger ledger;

	assert_true(mtud_pkt_ledger(pool, &ledger));
	assert_int_equal(ledger.n, n);
	assert_int_equal(ledger.held[holder], n);
}

/* A packet that nobody gives back stays in the ledger, under the name of who had it last. */
static void
lost_packet_is_named(void **state)
{
	struct rte_mbuf *m, *second;

	(void)state;
	assert_held(0, MTUD_PKT_TAKEN);
	m = packet();
	assert_held(1, MTUD_PKT_TAKEN);
	mtud_pkt_held_by(m, MTUD_PKT_PUNTED);
	assert_held(1, MTUD_PKT_PUNTED);
	assert_string_equal(mtud_pkt_holder_name(MTUD_PKT_PUNTED), "punted");
	second = packet();
	assert_int_equal(rte_pktmbuf_chain(m, second), 0);
	mtud_pkt_all_held_by(&m, 1, MTUD_PKT_WAITING);
	assert_held(2, MTUD_PKT_WAITING);
	rte_pktmbuf_free(m);
	assert_held(0, MTUD_PKT_WAITING);
}

/* Any order, all of them, again and again: pools are as good as without a ledger. */
static void
every_packet_comes_and_goes(void **state)
{
	struct rte_mbuf *m[N];
	unsigned int round, i;

	(void)state;
	for (round = 0; round < 3; round++) {
		for (i = 0; i < N; i++) {
			m[i] = packet();
			memset(rte_pktmbuf_mtod(m[i], void *), (int)i, 100);
		}
		assert_null(rte_pktmbuf_alloc(pool));
		assert_held(N, MTUD_PKT_TAKEN);
		rte_pktmbuf_free_bulk(m, N);
		assert_true(rte_mempool_full(pool));
	}
}

/* Other pools are left alone. */
static void
other_pools_have_no_ledger(void **state)
{
	struct rte_mempool *other = rte_pktmbuf_pool_create(
		"other", N, 0, sizeof(struct mtud_pkt_meta), ROOM, SOCKET_ID_ANY);
	struct mtud_pkt_ledger ledger;
	struct rte_mbuf *m;

	(void)state;
	assert_non_null(other);
	m = rte_pktmbuf_alloc(other);
	assert_non_null(m);
	mtud_pkt_held_by(m, MTUD_PKT_WORKER);
	assert_false(mtud_pkt_ledger(other, &ledger));
	assert_int_equal(ledger.n, 0);
	rte_pktmbuf_free(m);
	rte_mempool_free(other);
}

static int
setup(void **state)
{
	(void)state;
	if (test_eal_init(64, "") < 0)
		return -1;
	pool = mtud_pkt_pool_create("ledger", N, 16, ROOM, SOCKET_ID_ANY);
	return pool != NULL ? 0 : -1;
}

/* In a child with a pool of its own, which must end with a sentence that has these words. */
static void
assert_ends(void (*act)(void), const char *words)
{
	char text[1 << 16] = "";
	size_t len = 0;
	int fds[2], status;
	ssize_t n;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		dup2(fds[1], STDERR_FILENO);
		if (setup(NULL) == 0)
			act();
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
	if (strstr(text, words) == NULL)
		fail_msg("it says: %s", text);
}

static void
free_twice(void)
{
	struct rte_mbuf *m = packet();

	rte_log_set_global_level(RTE_LOG_CRIT);
	rte_mbuf_raw_free(m);
	rte_mempool_put(pool, m);
}

/* Two may also come in one bulk. */
static void
free_twice_at_once(void)
{
	void *both[2];

	both[0] = both[1] = packet();
	rte_mempool_put_bulk(pool, both, 2);
}

/* As a driver does, whom no sanitizer watches. */
__attribute__((no_sanitize("address", "undefined"))) static void
write_late(void)
{
	struct rte_mbuf *all[N], *m = packet();
	volatile uint8_t *data = rte_pktmbuf_mtod(m, volatile uint8_t *);

	rte_pktmbuf_free(m);
	data[60] = 1;
	rte_pktmbuf_alloc_bulk(pool, all, N);
}

static void
wrong_use_ends_the_program(void **state)
{
	(void)state;
	assert_ends(free_twice, "a packet of pool ledger is freed twice");
	assert_ends(free_twice_at_once, "a packet of pool ledger is freed twice");
	assert_ends(write_late, "a packet of pool ledger was written to when it was free");
}

static int
teardown(void **state)
{
	(void)state;
	rte_mempool_free(pool);
	return rte_eal_cleanup();
}

int
main(void)
{
	/* EAL's memory is shared with children: theirs must come first. */
	const struct CMUnitTest wrong_use[] = {
		cmocka_unit_test(wrong_use_ends_the_program),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lost_packet_is_named),
		cmocka_unit_test(every_packet_comes_and_goes),
		cmocka_unit_test(other_pools_have_no_ledger),
	};

	return cmocka_run_group_tests(wrong_use, NULL, NULL) +
		cmocka_run_group_tests(tests, setup, teardown);
}
