/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "mtud_rate.h"
#include "test_eal.h"

#define HZ UINT64_C(1000000)
/* Any time but 0, so that nothing depends on where the clock begins. */
#define START UINT64_C(123456789012)

/* 2001:db8:0:net::host */
static struct mtud_ip
source(uint16_t net, uint32_t host)
{
	return (struct mtud_ip){{0x20, 0x01, 0x0d, 0xb8, [6] = net >> 8, [7] = net & 0xff,
		[12] = host >> 24, [13] = host >> 16, [14] = host >> 8, [15] = host}};
}

/* 10.0.net.host */
static struct mtud_ip
source4(uint8_t net, uint8_t host)
{
	return (struct mtud_ip){{[10] = 0xff, [11] = 0xff, [12] = 10, [14] = net, [15] = host}};
}

static bool
take(struct mtud_rate *rl, struct mtud_ip who, uint64_t now)
{
	return mtud_rate_take(rl, &who, now);
}

/* One source asks until it is refused. @return how often it was not. */
static unsigned int
drain(struct mtud_rate *rl, struct mtud_ip who, uint64_t now)
{
	unsigned int n = 0;

	while (take(rl, who, now))
		n++;
	return n;
}

static struct mtud_rate *
create(uint64_t hz, uint32_t rate_pps, uint32_t burst)
{
	struct mtud_rate *rl = mtud_rate_create(hz, SOCKET_ID_ANY);

	assert_non_null(rl);
	mtud_rate_set(rl, rate_pps, burst, START);
	return rl;
}

static void
test_off(void **state)
{
	struct mtud_rate *rl = mtud_rate_create(HZ, SOCKET_ID_ANY);
	unsigned int i;

	(void)state;
	assert_non_null(rl);
	for (i = 0; i < 5000; i++)
		assert_true(take(rl, source(1, 1), START));
	mtud_rate_set(rl, 10, 10, START);
	assert_int_equal(drain(rl, source(1, 1), START), 10);
	mtud_rate_set(rl, 0, 10, START);
	for (i = 0; i < 5000; i++)
		assert_true(take(rl, source(1, 1), START));
	mtud_rate_free(rl);
	mtud_rate_free(NULL);
}

static void
test_no_memory(void **state)
{
	struct mtud_rate *all[5000];
	unsigned int n = 0;

	(void)state;
	rte_errno = 0;
	while (n < RTE_DIM(all) && (all[n] = mtud_rate_create(HZ, SOCKET_ID_ANY)) != NULL)
		n++;
	assert_in_range(n, 1, RTE_DIM(all) - 1);
	assert_int_equal(rte_errno, ENOMEM);
	while (n > 0)
		mtud_rate_free(all[--n]);
}

static void
test_set_fills(void **state)
{
	static const struct {
		uint32_t burst;
		unsigned int answers;
	} cases[] = {{0, 1}, {1, 1}, {2, 2}, {7, 7}, {8, 8}, {100, 100}, {1000, 1000}};
	struct mtud_rate *rl = create(HZ, 1, 1);
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		/* The next case sets it again, at the same time: the bucket is full once more. */
		mtud_rate_set(rl, 1, cases[i].burst, START + i * HZ / 1000);
		assert_int_equal(drain(rl, source(1, i), START + i * HZ / 1000), cases[i].answers);
		/* One token is in reserve for one new source. */
		assert_true(take(rl, source(2, i), START + i * HZ / 1000));
		assert_false(take(rl, source(3, i), START + i * HZ / 1000));
	}
	mtud_rate_free(rl);
}

/* The clock stands still, or another lcore's is behind: nothing falls due. */
static void
test_time_does_not_pass(void **state)
{
	struct mtud_rate *rl = create(HZ, 1000, 10);

	(void)state;
	assert_int_equal(drain(rl, source(1, 1), START), 10);
	assert_false(take(rl, source(1, 1), START));
	assert_false(take(rl, source(1, 1), START - HZ));
	assert_true(take(rl, source(2, 2), START - HZ)); /* the reserve's one */
	assert_false(take(rl, source(1, 1), START));
	mtud_rate_free(rl);
}

/* No rounding is lost: 3 a second by a clock that 3 does not divide, asked at odd times. */
static void
test_exact(void **state)
{
	const uint64_t hz = 1000003;
	struct mtud_rate *rl = create(hz, 3, 16);
	unsigned int n = 0;
	uint64_t t;

	(void)state;
	for (t = 0; t <= 1000 * hz; t += 1009)
		n += drain(rl, source(1, 1), START + t);
	/* 3000 fell due, 16 stood in the bucket, one went to the reserve; the last is on its way.
	 */
	assert_in_range(n, 3014, 3015);
	mtud_rate_free(rl);
}

static void
test_no_overflow(void **state)
{
	static const uint64_t hzs[] = {1, 1000000000, UINT64_C(1) << 33};
	static const uint32_t rates[] = {1, 1000, UINT32_MAX};
	static const uint32_t bursts[] = {UINT32_C(1) << 31, UINT32_MAX};
	struct mtud_rate *rl;
	unsigned int h, r, i, n = 0;

	(void)state;
	for (h = 0; h < RTE_DIM(hzs); h++) {
		for (r = 0; r < RTE_DIM(rates); r++) {
			rl = create(hzs[h], rates[r], 20);
			assert_int_equal(drain(rl, source(1, 1), START), 20);
			/* Days, then as long as the clock can say: full again, to the token. */
			assert_int_equal(drain(rl, source(1, 1), START + hzs[h] * 864000), 20);
			assert_int_equal(drain(rl, source(1, 1), UINT64_MAX), 20);
			mtud_rate_free(rl);
		}
	}

	/* Products that are 0 when cut to 64 bits: time by rate, and burst by ticks. */
	rl = create(HZ, 2, 20);
	assert_int_equal(drain(rl, source(1, 1), START), 20);
	assert_int_equal(drain(rl, source(1, 1), START + (UINT64_C(1) << 63)), 20);
	mtud_rate_free(rl);
	for (r = 0; r < RTE_DIM(bursts); r++) {
		rl = create(UINT64_C(1) << 33, UINT32_MAX, bursts[r]);
		for (i = 0; i < 1000; i++)
			assert_true(take(rl, source(1, 1), START));
		for (i = 0; i < 1000; i++)
			assert_true(take(rl, source(1, 1), UINT64_MAX));
		mtud_rate_free(rl);
	}

	/* A token less 2^-32 in each tick: one of all of them is missing in the end. */
	rl = create(UINT64_C(1) << 32, UINT32_MAX, 8);
	assert_int_equal(drain(rl, source(1, 1), START), 8);
	for (i = 1; i <= 10000; i++)
		n += take(rl, source(1, 1), START + i);
	assert_int_equal(n, 9999);
	mtud_rate_free(rl);
}

/* Answers of a run, in order. */
struct run {
	uint64_t at[40000];
	unsigned int n;
};

/* Not in any window between two answers were there more than burst + 1 + rate * t. */
static void
check_windows(const struct run *run, uint32_t rate, uint32_t burst)
{
	unsigned int from, to;
	uint64_t most;

	for (from = 0; from < run->n; from++) {
		for (to = from; to < run->n; to += 1 + (to - from) / 16) {
			most = burst + 1 + rate * (run->at[to] - run->at[from]) / HZ;
			assert_in_range(to - from + 1, 1, most);
		}
	}
}

/* Flood for seconds with n sources in turn; after idle_s seconds of silence once more. */
static void
flood(uint32_t rate, uint32_t burst, unsigned int n, unsigned int seconds, unsigned int idle_s)
{
	static struct run run;
	struct mtud_rate *rl = create(HZ, rate, burst);
	uint64_t step = HZ / (rate * 3) + 1, begin = START, t;
	unsigned int i = 0, round, before = 0, got, least;

	run.n = 0;
	for (round = 0; round < 2; round++) {
		for (t = begin; t <= begin + seconds * HZ; t += step, i++) {
			/* A burst at first. */
			while (take(rl, source(i % n / 8, i % n), t)) {
				assert_true(run.n < RTE_DIM(run.at));
				run.at[run.n++] = t;
				i++;
			}
		}
		got = run.n - before;
		before = run.n;
		/* What is in reserve is not for one that floods. */
		least = burst + rate * seconds - RTE_MAX(burst / 8, 1U) - 1;
		assert_in_range(got, least, burst + rate * seconds + 1);
		begin = t + idle_s * HZ;
	}
	check_windows(&run, rate, burst);
	mtud_rate_free(rl);
}

static void
test_windows(void **state)
{
	(void)state;
	flood(10, 1, 1, 20, 5);
	flood(10, 10, 1, 20, 1);
	flood(100, 50, 1, 10, 10);
	flood(1000, 1000, 1, 5, 3);
	flood(1000, 16, 1, 5, 1);
	flood(100, 50, 40, 10, 1);
	flood(1000, 100, 5000, 5, 2);
	flood(1000, 2000, 100000, 5, 2);
}

static void
test_fair(void **state)
{
	struct mtud_rate *rl = create(HZ, 100, 50);
	unsigned int late = 0;
	uint64_t t;

	(void)state;
	/* One source asks 10,000 times a second; ten others a second ask for the first time. */
	for (t = START; t < START + 30 * HZ; t += HZ / 10000) {
		take(rl, source(1, 1), t);
		if ((t - START) % (HZ / 10) == 0)
			late += !take(rl, source(2, t / (HZ / 10)), t);
	}
	assert_int_equal(late, 0);
	mtud_rate_free(rl);
}

/* New is who had no answer for a second; the reserve is for nobody else. */
static void
test_new_again(void **state)
{
	struct mtud_rate *rl = create(HZ, 100, 100);
	const struct mtud_ip flooder = source(1, 1), other = source(2, 2);
	uint64_t t;

	(void)state;
	drain(rl, flooder, START);
	assert_true(take(rl, other, START));
	for (t = START; t < START + 3 * HZ; t += HZ / 1000) {
		drain(rl, flooder, t);
		if (t == START + HZ - HZ / 1000)
			assert_false(take(rl, other, t));
		else if (t == START + HZ)
			assert_true(take(rl, other, t));
		else if (t == START + 2 * HZ - HZ / 1000)
			assert_false(take(rl, other, t));
	}
	mtud_rate_free(rl);
}

/* n sources of one prefix ask; @return how many were answered. */
static unsigned int
ask6(struct mtud_rate *rl, uint16_t net, uint32_t first, unsigned int n, uint64_t t)
{
	unsigned int answered = 0, i;

	for (i = 0; i < n; i++)
		answered += take(rl, source(net, first + i), t);
	return answered;
}

static unsigned int
ask4(struct mtud_rate *rl, uint8_t net, uint64_t t)
{
	unsigned int answered = 0, i;

	for (i = 0; i < 100; i++)
		answered += take(rl, source4(net, i), t);
	return answered;
}

static void
test_prefix_limit(void **state)
{
	struct mtud_rate *rl = create(HZ, 1000, 1000);
	const struct mtud_ip flooder = source(9, 9);
	uint64_t t = START + HZ / 8;

	(void)state;
	/* What falls due during a flood fills the reserve, 125, then the bucket. */
	assert_int_equal(drain(rl, flooder, START), 1000);
	assert_int_equal(drain(rl, flooder, t), 1);
	assert_int_equal(ask6(rl, 1, 1, 100, t), 16);
	assert_int_equal(ask6(rl, 2, 1, 100, t), 16);
	assert_int_equal(ask4(rl, 1, t), 16);
	assert_int_equal(ask4(rl, 2, t), 16);
	assert_int_equal(ask6(rl, 3, 1, 100, t), 16);
	/* 45 are left, and their second is not over for the first of them. */
	t += HZ / 2;
	drain(rl, flooder, t);
	assert_int_equal(ask6(rl, 1, 1000, 100, t), 0);
	assert_int_equal(ask4(rl, 1, t), 0);
	assert_int_equal(ask6(rl, 4, 1, 100, t), 16);
	t += HZ / 2;
	drain(rl, flooder, t);
	assert_int_equal(ask6(rl, 1, 2000, 100, t), 16);
	assert_int_equal(ask4(rl, 1, t), 16);
	mtud_rate_free(rl);
}

/* The reserve ends too, however many prefixes there are. */
static void
test_reserve_ends(void **state)
{
	struct mtud_rate *rl = create(HZ, 1000, 1000);
	unsigned int answered = 0, i;
	uint64_t t = START + HZ / 8;

	(void)state;
	drain(rl, source(9, 9), START);
	drain(rl, source(9, 9), t);
	for (i = 0; i < 1000; i++)
		answered += take(rl, source(100 + i, i), t);
	assert_int_equal(answered, 125);
	mtud_rate_free(rl);
}

/* Ten times as many sources as there are places do not make a prefix's count forgotten. */
static void
test_prefix_outlives_sources(void **state)
{
	struct mtud_rate *rl = create(HZ, 30000, 30000);
	const struct mtud_ip flooder = source(9, 9);
	uint64_t t = START + HZ / 8;
	unsigned int i;

	(void)state;
	drain(rl, flooder, START);
	drain(rl, flooder, t);
	assert_int_equal(ask6(rl, 1, 1, 100, t), 16);
	t += HZ / 2;
	for (i = 0; i < 10 * MTUD_RATE_SOURCES; i++)
		assert_true(take(rl, source(100 + i, i), t));
	drain(rl, flooder, t);
	assert_int_equal(ask6(rl, 1, 1000, 100, t), 0);
	assert_int_equal(ask6(rl, 2, 1000, 100, t), 16);
	mtud_rate_free(rl);
}

/* Of more sources than there are places, those answered last are remembered. */
static void
test_older_forgotten(void **state)
{
	const unsigned int n = 4 * MTUD_RATE_SOURCES, last = MTUD_RATE_SOURCES / 4;
	struct mtud_rate *rl = create(HZ, 20000, 20000);
	unsigned int i, known = 0, forgotten = 0;

	(void)state;
	for (i = 0; i < n; i++)
		assert_true(take(rl, source(100 + i, i), START + i));
	drain(rl, source(9, 9), START + n);
	drain(rl, source(9, 9), START + HZ / 2);
	/* The newest first: asking makes room for who is answered. */
	for (i = n - 1; i >= n - last; i--)
		known += !take(rl, source(100 + i, i), START + HZ / 2);
	for (i = 0; i < last; i++)
		forgotten += take(rl, source(100 + i, i), START + HZ / 2);
	/* Which places they share is a matter of chance: one in fifty is out of luck. */
	assert_in_range(known, last - last / 16, last);
	assert_in_range(forgotten, last - last / 16, last);
	mtud_rate_free(rl);
}

/* Places are shared in another way by each instance: who pushes whom out cannot be known. */
static void
test_seed(void **state)
{
	char found[4][512];
	struct mtud_rate *rl;
	unsigned int i, r, same = 0;

	(void)state;
	for (r = 0; r < 4; r++) {
		rl = create(HZ, 20000, 20000);
		for (i = 0; i < 2 * MTUD_RATE_SOURCES; i++)
			assert_true(take(rl, source(100 + i, i), START + i));
		drain(rl, source(9, 9), START + i);
		drain(rl, source(9, 9), START + HZ / 2);
		/* Of the first ones some are forgotten, and new again while the reserve lasts. */
		for (i = 0; i < sizeof(found[0]); i++)
			found[r][i] =
				take(rl, source(100 + MTUD_RATE_SOURCES + i, MTUD_RATE_SOURCES + i),
					START + HZ / 2);
		mtud_rate_free(rl);
		for (i = 0; i < r; i++)
			same += memcmp(found[r], found[i], sizeof(found[0])) == 0;
	}
	assert_int_equal(same, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_set_fills),
		cmocka_unit_test(test_time_does_not_pass),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_no_overflow),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_fair),
		cmocka_unit_test(test_new_again),
		cmocka_unit_test(test_prefix_limit),
		cmocka_unit_test(test_reserve_ends),
		cmocka_unit_test(test_prefix_outlives_sources),
		cmocka_unit_test(test_older_forgotten),
		cmocka_unit_test(test_seed),
	};
	int rc;

	if (test_eal_init(64, "") < 0)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rte_eal_cleanup();
	return rc;
}
