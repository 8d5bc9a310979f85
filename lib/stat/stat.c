/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_stat.h"

struct line {
	const char *name;
	const char *text;
};

#define LINE(id, name, text) {name, text},

static const struct line drops[] = {MTUD_DROPS(LINE)};
static const struct line icmps[] = {MTUD_ICMP_COUNTERS(LINE)};
static const struct line syns[] = {MTUD_SYN_COUNTERS(LINE)};

const char *
mtud_drop_name(enum mtud_drop reason)
{
	return reason < MTUD_DROP_MAX ? drops[reason].name : "?";
}

const char *
mtud_drop_text(enum mtud_drop reason)
{
	return reason < MTUD_DROP_MAX ? drops[reason].text : "?";
}

const char *
mtud_icmp_counter_name(enum mtud_icmp_counter counter)
{
	return counter < MTUD_ICMP_MAX ? icmps[counter].name : "?";
}

const char *
mtud_icmp_counter_text(enum mtud_icmp_counter counter)
{
	return counter < MTUD_ICMP_MAX ? icmps[counter].text : "?";
}

const char *
mtud_syn_counter_name(enum mtud_syn_counter counter)
{
	return counter < MTUD_SYN_MAX ? syns[counter].name : "?";
}

const char *
mtud_syn_counter_text(enum mtud_syn_counter counter)
{
	return counter < MTUD_SYN_MAX ? syns[counter].text : "?";
}

/* The struct is nothing but uint64_t: its sum is that of its words. */
#define WORDS (sizeof(struct mtud_stat) / sizeof(uint64_t))

void
mtud_stat_add(struct mtud_stat *sum, const struct mtud_stat *writer)
{
	const uint64_t *from = (const void *)writer;
	uint64_t *to = (void *)sum;
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}

void
mtud_stat_sub(struct mtud_stat *sum, const struct mtud_stat *base)
{
	const uint64_t *from = (const void *)base;
	uint64_t *to = (void *)sum;
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		to[i] -= from[i];
}

uint64_t
mtud_stat_total(const uint64_t *counters, unsigned int n)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < n; i++)
		sum += counters[i];
	return sum;
}

static struct mtud_account
account_of_all(const struct mtud_stat *stat)
{
	struct mtud_account a = {
		.fragmented = stat->fragmented,
		.dropped = mtud_stat_total(stat->drop, MTUD_DROP_MAX),
		.consumed = stat->consumed,
		.punted = stat->punted,
		.taken = stat->taken,
		.given = stat->given,
		.returned = stat->returned,
	};
	unsigned int i;

	for (i = 0; i < RTE_MAX_ETHPORTS; i++) {
		a.in += stat->port[i].rx_packets;
		a.sent += stat->port[i].tx_packets;
	}
	return a;
}

struct mtud_account
mtud_stat_account(const struct mtud_stat *stat, enum mtud_stat_kind kind)
{
	struct mtud_account all = account_of_all(stat);
	struct mtud_account own = {
		.in = mtud_stat_total(&stat->icmp[MTUD_ICMP_PTB], MTUD_ICMP_ECHO - MTUD_ICMP_PTB + 1) +
			stat->fragments + stat->frames,
		.sent = all.sent - stat->forwarded,
		.fragmented = stat->own_fragmented,
		.dropped = mtud_stat_total(stat->own_drop, MTUD_DROP_MAX),
		.punted = stat->own_punted,
		.taken = stat->own_taken,
		.given = stat->own_given,
		.returned = stat->own_returned,
	};

	if (kind == MTUD_STAT_MADE)
		return own;
	all.sent = stat->forwarded;
	all.fragmented -= own.fragmented;
	all.dropped -= own.dropped;
	all.punted -= own.punted;
	all.taken -= own.taken;
	all.given -= own.given;
	all.returned -= own.returned;
	return all;
}
