/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>

#include "mtud_stat.h"

/* A name that a script can hold on to, a sentence that a person can read, and both once only. */
static void
check_lines(const char *(*name)(unsigned int), const char *(*text)(unsigned int), unsigned int n)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	unsigned int i, j;

	for (i = 0; i < n; i++) {
		assert_in_range(strlen(name(i)), 2, 25);
		assert_int_equal(strspn(name(i), allowed), strlen(name(i)));
		assert_true(strlen(text(i)) > 10);
		for (j = 0; j < i; j++) {
			assert_string_not_equal(name(i), name(j));
			assert_string_not_equal(text(i), text(j));
		}
	}
	assert_string_equal(name(n), "?");
	assert_string_equal(text(n), "?");
	assert_string_equal(name(UINT32_MAX), "?");
	assert_string_equal(text(UINT32_MAX), "?");
}

static const char *
drop_name(unsigned int i)
{
	return mtud_drop_name(i);
}

static const char *
drop_text(unsigned int i)
{
	return mtud_drop_text(i);
}

static const char *
icmp_name(unsigned int i)
{
	return mtud_icmp_counter_name(i);
}

static const char *
icmp_text(unsigned int i)
{
	return mtud_icmp_counter_text(i);
}

static const char *
syn_name(unsigned int i)
{
	return mtud_syn_counter_name(i);
}

static const char *
syn_text(unsigned int i)
{
	return mtud_syn_counter_text(i);
}

static void
test_names(void **state)
{
	(void)state;
	check_lines(drop_name, drop_text, MTUD_DROP_MAX);
	check_lines(icmp_name, icmp_text, MTUD_ICMP_MAX);
	check_lines(syn_name, syn_text, MTUD_SYN_MAX);
	/* Each belongs to its identifier. */
	assert_string_equal(mtud_drop_name(MTUD_DROP_RUNT), "runt");
	assert_string_equal(mtud_drop_name(MTUD_DROP_TOO_BIG), "too_big");
	assert_string_equal(mtud_drop_text(MTUD_DROP_TOO_BIG), "larger than the MTU of its route");
	assert_string_equal(mtud_drop_name(MTUD_DROP_ND_LOOPED), "nd_looped");
	assert_int_equal(MTUD_ICMP_NONE, 0);
	assert_string_equal(mtud_icmp_counter_name(MTUD_ICMP_PTB), "sent_packet_too_big");
	assert_string_equal(
		mtud_icmp_counter_name(MTUD_ICMP_FRAG_NEEDED), "sent_fragmentation_needed");
	assert_string_equal(mtud_icmp_counter_name(MTUD_ICMP_HELD_LARGER), "held_larger");
	assert_string_equal(mtud_syn_counter_name(MTUD_SYN_REWRITTEN), "rewritten");
	assert_string_equal(mtud_syn_counter_name(MTUD_SYN_WITHOUT), "left_without");
}

/* Every counter of one writer has a value of its own, from first on. */
static void
fill(struct mtud_stat *stat, uint64_t first)
{
	unsigned int i;

	memset(stat, 0, sizeof(*stat));
	for (i = 0; i < MTUD_DROP_MAX; i++)
		stat->drop[i] = first++;
	for (i = 0; i < MTUD_ICMP_MAX; i++)
		stat->icmp[i] = first++;
	for (i = 0; i < MTUD_SYN_MAX; i++)
		stat->syn[i] = first++;
	stat->fragmented = first++;
	stat->fragments = first++;
	stat->punted = first++;
	stat->consumed = first++;
	stat->held_released = first++;
	stat->forwarded = first++;
	stat->returned = first++;
	stat->taken = first++;
	stat->given = first++;
	stat->frames = first++;
	for (i = 0; i < MTUD_DROP_MAX; i++)
		stat->own_drop[i] = first++;
	stat->own_fragmented = first++;
	stat->own_punted = first++;
	stat->own_returned = first++;
	stat->own_taken = first++;
	stat->own_given = first++;
	stat->polls = first++;
	stat->busy_polls = first++;
	for (i = 0; i < RTE_MAX_ETHPORTS; i++) {
		stat->port[i].rx_packets = first++;
		stat->port[i].rx_octets = first++;
		stat->port[i].tx_packets = first++;
		stat->port[i].tx_octets = first++;
	}
}

/* Every counter is times as much as fill() wrote, and offset more. */
static void
check(const struct mtud_stat *stat, uint64_t times, uint64_t offset)
{
	uint64_t value = 0;
	unsigned int i;

#define NEXT (times * value++ + offset)
	for (i = 0; i < MTUD_DROP_MAX; i++)
		assert_true(stat->drop[i] == NEXT);
	for (i = 0; i < MTUD_ICMP_MAX; i++)
		assert_true(stat->icmp[i] == NEXT);
	for (i = 0; i < MTUD_SYN_MAX; i++)
		assert_true(stat->syn[i] == NEXT);
	assert_true(stat->fragmented == NEXT);
	assert_true(stat->fragments == NEXT);
	assert_true(stat->punted == NEXT);
	assert_true(stat->consumed == NEXT);
	assert_true(stat->held_released == NEXT);
	assert_true(stat->forwarded == NEXT);
	assert_true(stat->returned == NEXT);
	assert_true(stat->taken == NEXT);
	assert_true(stat->given == NEXT);
	assert_true(stat->frames == NEXT);
	for (i = 0; i < MTUD_DROP_MAX; i++)
		assert_true(stat->own_drop[i] == NEXT);
	assert_true(stat->own_fragmented == NEXT);
	assert_true(stat->own_punted == NEXT);
	assert_true(stat->own_returned == NEXT);
	assert_true(stat->own_taken == NEXT);
	assert_true(stat->own_given == NEXT);
	assert_true(stat->polls == NEXT);
	assert_true(stat->busy_polls == NEXT);
	for (i = 0; i < RTE_MAX_ETHPORTS; i++) {
		assert_true(stat->port[i].rx_packets == NEXT);
		assert_true(stat->port[i].rx_octets == NEXT);
		assert_true(stat->port[i].tx_packets == NEXT);
		assert_true(stat->port[i].tx_octets == NEXT);
	}
#undef NEXT
	/* None was left out; behind the last there is only padding. */
	assert_int_equal(
		value, (offsetof(struct mtud_stat, port) + sizeof(stat->port)) / sizeof(uint64_t));
}

static void
test_add_and_sub(void **state)
{
	/* Beyond 32 bits, where a busy port is within seconds. */
	const uint64_t large = UINT64_C(1) << 40;
	struct mtud_stat sum = {0}, writer;

	(void)state;
	fill(&writer, large);
	mtud_stat_add(&sum, &writer);
	check(&sum, 1, large);
	check(&writer, 1, large);
	fill(&writer, 7);
	mtud_stat_add(&sum, &writer);
	check(&sum, 2, large + 7);
	mtud_stat_sub(&sum, &writer);
	check(&sum, 1, large);
	check(&writer, 1, 7);
	fill(&writer, large);
	mtud_stat_sub(&sum, &writer);
	check(&sum, 0, 0);
}

/* One worker's and the control thread's counters of one story: ten packets came. One is too big and
 * answered, one is cut into three, of which one finds the queue full, one is an echo request, one
 * meets a port that is down, and one waits for a neighbor; five just go. */
static void
test_account(void **state)
{
	struct mtud_stat worker = {
		.drop = {[MTUD_DROP_TOO_BIG] = 1, [MTUD_DROP_PORT_DOWN] = 1, [MTUD_DROP_TX_FULL] = 1},
		.icmp = {[MTUD_ICMP_PTB] = 1, [MTUD_ICMP_ECHO] = 1, [MTUD_ICMP_HELD_RATE] = 99},
		.fragmented = 1,
		.fragments = 3,
		.punted = 1,
		.consumed = 1,
		.forwarded = 5,
		.returned = 1,
		.own_drop = {[MTUD_DROP_TX_FULL] = 1},
		.own_returned = 1,
		.port = {[0] = {.rx_packets = 6, .tx_packets = 5}, [1] = {.rx_packets = 4,
			.tx_packets = 5}},
	};
	struct mtud_stat control = {.taken = 1, .given = 1, .frames = 1, .own_given = 1};
	struct mtud_account a = mtud_stat_account(&worker, MTUD_STAT_RECEIVED);
	struct mtud_stat sum = {0};

	(void)state;
	assert_int_equal(a.in, 10);
	assert_int_equal(a.sent, 5);
	assert_int_equal(a.fragmented, 1);
	assert_int_equal(a.dropped, 2);
	assert_int_equal(a.consumed, 1);
	assert_int_equal(a.punted, 1);
	assert_int_equal(a.returned, 0);
	a = mtud_stat_account(&worker, MTUD_STAT_MADE);
	assert_int_equal(a.in, 5);
	assert_int_equal(a.sent, 5);
	assert_int_equal(a.dropped, 1);
	assert_int_equal(a.returned, 1);
	a = mtud_stat_account(&control, MTUD_STAT_RECEIVED);
	assert_int_equal(a.taken, 1);
	assert_int_equal(a.given, 0);
	a = mtud_stat_account(&control, MTUD_STAT_MADE);
	assert_int_equal(a.in, 1);
	assert_int_equal(a.given, 1);
	mtud_stat_add(&sum, &worker);
	mtud_stat_add(&sum, &control);
	a = mtud_stat_account(&sum, MTUD_STAT_RECEIVED);
	assert_int_equal(mtud_account_open(&a), 1);
	a = mtud_stat_account(&sum, MTUD_STAT_MADE);
	assert_int_equal(mtud_account_open(&a), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_add_and_sub),
		cmocka_unit_test(test_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
