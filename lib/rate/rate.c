/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_random.h>

#include "mtud_rate.h"

/* A source or prefix has this many places to be in, and pushes another out of one. */
#define WAYS 4
#define SETS (MTUD_RATE_SOURCES / WAYS)

/* What all sources of one prefix may take from the reserve in a second. */
#define PREFIX_GRANTS 16

/* The reserve is this part of the burst. */
#define RESERVE_PART 8

/*
 * Tokens are counted in ticks: one token is worth tsc_hz of them, and a tick of time adds rate of
 * them. That divides nothing and loses nothing; 128 bits hold any time at any rate.
 */
__extension__ typedef unsigned __int128 wide_t;

enum kind {
	KIND_NONE,
	KIND_SOURCE,
	KIND_PREFIX,
};

struct entry {
	struct mtud_ip ip;
	uint64_t since_tsc; /* source: its last answer; prefix: its second began */
	uint32_t grants;    /* prefix: taken from the reserve since then */
	uint32_t kind;
};

static_assert(sizeof(struct entry) * 2 == RTE_CACHE_LINE_MIN_SIZE, "a set is two cache lines");
static_assert(RTE_IS_POWER_OF_2(SETS), "a hash is cut to a set's number by a mask");

struct mtud_rate {
	wide_t main;
	wide_t reserve;
	wide_t reserve_max;
	wide_t sum_max; /* main and reserve together */
	uint64_t last_tsc;
	uint64_t tsc_hz;
	uint32_t rate_pps;
	uint64_t seed[3];
	struct entry sets[SETS][WAYS] __rte_cache_aligned;
};

struct mtud_rate *
mtud_rate_create(uint64_t tsc_hz, int socket)
{
	struct mtud_rate *rl =
		rte_zmalloc_socket("mtud_rate", sizeof(*rl), RTE_CACHE_LINE_SIZE, socket);
	unsigned int i;

	if (rl == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	rl->tsc_hz = tsc_hz;
	for (i = 0; i < RTE_DIM(rl->seed); i++)
		rl->seed[i] = rte_rand();
	return rl;
}

void
mtud_rate_free(struct mtud_rate *rl)
{
	rte_free(rl);
}

void
mtud_rate_set(struct mtud_rate *rl, uint32_t rate_pps, uint32_t burst, uint64_t now_tsc)
{
	wide_t token = rl->tsc_hz;

	burst = RTE_MAX(burst, 1U);
	rl->rate_pps = rate_pps;
	rl->last_tsc = now_tsc;
	rl->main = token * burst;
	rl->reserve = token;
	rl->reserve_max = token * RTE_MAX(burst / RESERVE_PART, 1U);
	rl->sum_max = rl->main + rl->reserve;
}

/*
 * The reserve is filled first: it matters while somebody floods. When both are full up to sum_max
 * nobody does, and it lends the bucket all but one token, so that the first to come finds burst.
 */
static void
refill(struct mtud_rate *rl, uint64_t now_tsc)
{
	wide_t gain = (wide_t)(now_tsc - rl->last_tsc) * rl->rate_pps;
	wide_t part;

	rl->last_tsc = now_tsc;
	part = RTE_MIN(gain, rl->reserve_max - rl->reserve);
	rl->reserve += part;
	rl->main += gain - part;
	if (rl->main + rl->reserve >= rl->sum_max) {
		rl->reserve = rl->tsc_hz;
		rl->main = rl->sum_max - rl->reserve;
	}
}

static uint64_t
mix(uint64_t a, uint64_t b)
{
	wide_t product = (wide_t)a * b;

	return (uint64_t)(product >> 64) ^ (uint64_t)product;
}

/* Neighboring addresses are spread, and who does not know the seed cannot aim at a set. */
static struct entry *
set_of(struct mtud_rate *rl, const struct mtud_ip *ip, enum kind kind)
{
	uint64_t half[2], hash;

	memcpy(half, ip->b, sizeof(half));
	hash = mix(half[0] ^ rl->seed[0], half[1] ^ rl->seed[1]);
	return rl->sets[mix(hash ^ kind, rl->seed[2]) & (SETS - 1)];
}

static struct entry *
find(struct entry *set, const struct mtud_ip *ip, enum kind kind)
{
	unsigned int i;

	for (i = 0; i < WAYS; i++)
		if (set[i].kind == kind && mtud_ip_equal(&set[i].ip, ip))
			return &set[i];
	return NULL;
}

static bool
is_fresh(const struct mtud_rate *rl, const struct entry *e, uint64_t now_tsc)
{
	return now_tsc - e->since_tsc < rl->tsc_hz;
}

/*
 * The oldest goes, and a free place is older than all; a prefix in its second stays while a
 * source can go.
 */
static struct entry *
make_room(const struct mtud_rate *rl, struct entry *set, uint64_t now_tsc)
{
	struct entry *victim = set;
	bool keep, keep_victim = true;
	unsigned int i;

	for (i = 0; i < WAYS; i++) {
		keep = set[i].kind == KIND_PREFIX && is_fresh(rl, &set[i], now_tsc);
		if (keep < keep_victim ||
			(keep == keep_victim && set[i].since_tsc < victim->since_tsc)) {
			victim = &set[i];
			keep_victim = keep;
		}
	}
	return victim;
}

static void
remember(struct mtud_rate *rl, const struct mtud_ip *source, uint64_t now_tsc)
{
	struct entry *set = set_of(rl, source, KIND_SOURCE);
	struct entry *e = find(set, source, KIND_SOURCE);

	if (e == NULL)
		e = make_room(rl, set, now_tsc);
	*e = (struct entry){.ip = *source, .since_tsc = now_tsc, .kind = KIND_SOURCE};
}

static bool
is_new(struct mtud_rate *rl, const struct mtud_ip *source, uint64_t now_tsc)
{
	const struct entry *e = find(set_of(rl, source, KIND_SOURCE), source, KIND_SOURCE);

	return e == NULL || !is_fresh(rl, e, now_tsc);
}

/* Whole prefixes can be forged: what one of them takes from the reserve is bounded. */
static bool
prefix_grants(struct mtud_rate *rl, const struct mtud_ip *source, uint64_t now_tsc)
{
	struct mtud_ip prefix = *source;
	struct entry *set, *e;

	mtud_ip_mask(&prefix, mtud_ip_is_v4(source) ? 96 + 24 : 64);
	set = set_of(rl, &prefix, KIND_PREFIX);
	e = find(set, &prefix, KIND_PREFIX);
	if (e == NULL || !is_fresh(rl, e, now_tsc)) {
		if (e == NULL)
			e = make_room(rl, set, now_tsc);
		*e = (struct entry){.ip = prefix, .since_tsc = now_tsc, .kind = KIND_PREFIX};
	}
	if (e->grants >= PREFIX_GRANTS)
		return false;
	e->grants++;
	return true;
}

bool
mtud_rate_take(struct mtud_rate *rl, const struct mtud_ip *source, uint64_t now_tsc)
{
	if (rl->rate_pps == 0)
		return true;

	/* A clock that is behind must neither fill the bucket nor make anyone new. */
	now_tsc = RTE_MAX(now_tsc, rl->last_tsc);
	refill(rl, now_tsc);
	if (rl->main >= rl->tsc_hz) {
		rl->main -= rl->tsc_hz;
	} else {
		if (rl->reserve < rl->tsc_hz || !is_new(rl, source, now_tsc) ||
			!prefix_grants(rl, source, now_tsc))
			return false;
		rl->reserve -= rl->tsc_hz;
	}
	remember(rl, source, now_tsc);
	return true;
}
