/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* All that is measured, a line each. */

#include <fnmatch.h>
#include <netinet/in.h>

#include "stages.h"

#define FRAME(ip_len) (MTUD_L3_AT + (ip_len))

/* The frames of scripts/bench.sh: 78 octets for IPv6, 64 for IPv4. */
static const struct perf_kind udp6 = {.proto = IPPROTO_UDP, .len = {64, 0}, .sends = 1,
	.octets = FRAME(64)};
static const struct perf_kind udp4 = {.proto = IPPROTO_UDP, .len = {0, 50}, .sends = 1,
	.octets = FRAME(50)};
static const struct perf_kind mixed = {.proto = IPPROTO_UDP, .len = {64, 50}, .sends = 1,
	.octets = FRAME(57)};
static const struct perf_kind rare6 = {.proto = IPPROTO_UDP, .len = {64, 0}, .rare = 100,
	.sends = 1};
static const struct perf_kind rare4 = {.proto = IPPROTO_UDP, .len = {0, 50}, .rare = 100,
	.df = true, .sends = 1};
static const struct perf_kind big6 = {.proto = IPPROTO_UDP, .len = {1500, 0}, .narrow = true,
	.verdict = MTUD_ANSWER, .sends = 1, .octets = FRAME(1280)};
static const struct perf_kind big4 = {.proto = IPPROTO_UDP, .len = {0, 1500}, .narrow = true,
	.df = true, .verdict = MTUD_ANSWER, .sends = 1, .octets = FRAME(576)};
/* 1480 octets behind the header become 1256 and 224. */
static const struct perf_kind frag4 = {.proto = IPPROTO_UDP, .len = {0, 1500}, .narrow = true,
	.verdict = MTUD_FRAGMENT, .sends = 2, .octets = FRAME(20 + 1480 / 2)};
static const struct perf_kind syn6 = {.proto = IPPROTO_TCP, .len = {80, 0}, .narrow = true,
	.sends = 1, .octets = FRAME(80)};
static const struct perf_kind syn4 = {.proto = IPPROTO_TCP, .len = {0, 60}, .narrow = true,
	.sends = 1, .octets = FRAME(60)};

const struct perf_case perf_cases[] = {
	{"parse6", &perf_parse, &udp6, PERF_256, 0},
	{"parse6/cold", &perf_parse, &udp6, PERF_256, PERF_COLD},
	{"parse4", &perf_parse, &udp4, PERF_256, 0},
	{"parse4/cold", &perf_parse, &udp4, PERF_256, PERF_COLD},
	{"parse-mixed", &perf_parse, &mixed, PERF_256, 0},
	{"route6/256", &perf_route, &udp6, PERF_256, 0},
	{"route6/10k", &perf_route, &udp6, PERF_10K, 0},
	{"route6/10k/random", &perf_route, &udp6, PERF_10K, PERF_RANDOM},
	{"route6/250k", &perf_route, &udp6, PERF_250K, 0},
	{"route6/250k/random", &perf_route, &udp6, PERF_250K, PERF_RANDOM},
	{"route4/256", &perf_route, &udp4, PERF_256, 0},
	{"route4/10k", &perf_route, &udp4, PERF_10K, 0},
	{"route4/10k/random", &perf_route, &udp4, PERF_10K, PERF_RANDOM},
	{"route4/250k", &perf_route, &udp4, PERF_250K, 0},
	{"route4/250k/random", &perf_route, &udp4, PERF_250K, PERF_RANDOM},
	{"route4/900k", &perf_route, &udp4, PERF_900K, 0},
	{"route4/900k/random", &perf_route, &udp4, PERF_900K, PERF_RANDOM},
	{"size6/256", &perf_size, &udp6, PERF_256, 0},
	{"size6/250k/random", &perf_size, &udp6, PERF_250K, PERF_RANDOM},
	{"size4/256", &perf_size, &udp4, PERF_256, 0},
	{"size4/250k/random", &perf_size, &udp4, PERF_250K, PERF_RANDOM},
	{"size4/900k/random", &perf_size, &udp4, PERF_900K, PERF_RANDOM},
	{"size6/too-big", &perf_size, &big6, PERF_256, 0},
	{"size4/too-big", &perf_size, &big4, PERF_256, 0},
	{"mss6", &perf_mss, &syn6, PERF_256, 0},
	{"mss6/cold", &perf_mss, &syn6, PERF_256, PERF_COLD},
	{"mss4", &perf_mss, &syn4, PERF_256, 0},
	{"mss4/cold", &perf_mss, &syn4, PERF_256, PERF_COLD},
	{"egress6/256", &perf_egress, &udp6, PERF_256, 0},
	{"egress6/250k/random", &perf_egress, &udp6, PERF_250K, PERF_RANDOM},
	{"egress4/256", &perf_egress, &udp4, PERF_256, 0},
	{"egress4/250k/random", &perf_egress, &udp4, PERF_250K, PERF_RANDOM},
	{"egress4/900k/random", &perf_egress, &udp4, PERF_900K, PERF_RANDOM},
	{"fragment4", &perf_fragment, &frag4, PERF_256, 0},
	{"fragment4/cold", &perf_fragment, &frag4, PERF_256, PERF_COLD},
	{"fragment4/copy", &perf_fragment, &frag4, PERF_256, PERF_COPY},
	{"flush", &perf_flush, &udp6, PERF_256, 0},
	{"may-send6", &perf_may_send, &big6, PERF_256, 0},
	{"may-send4", &perf_may_send, &big4, PERF_256, 0},
	{"rate/granted", &perf_rate_grant, &big6, PERF_256, 0},
	{"rate/held", &perf_rate_hold, &big6, PERF_256, 0},
	{"build6", &perf_build, &big6, PERF_256, 0},
	{"build6/cold", &perf_build, &big6, PERF_256, PERF_COLD},
	{"build6/copy", &perf_build, &big6, PERF_256, PERF_COPY},
	{"build4", &perf_build, &big4, PERF_256, 0},
	{"build4/cold", &perf_build, &big4, PERF_256, PERF_COLD},
	{"build4/copy", &perf_build, &big4, PERF_256, PERF_COPY},
	{"cksum6/1240", &perf_cksum, &big6, PERF_256, 0},
	{"cksum6/1240/cold", &perf_cksum, &big6, PERF_256, PERF_COLD},
	{"answer6", &perf_answer, &big6, PERF_256, 0},
	{"answer6/cold", &perf_answer, &big6, PERF_256, PERF_COLD},
	{"answer6/copy", &perf_answer, &big6, PERF_256, PERF_COPY},
	{"answer4", &perf_answer, &big4, PERF_256, 0},
	{"answer4/cold", &perf_answer, &big4, PERF_256, PERF_COLD},
	{"burst/forward6", &perf_burst, &udp6, PERF_256, 0},
	{"burst/forward6/cold", &perf_burst, &udp6, PERF_256, PERF_COLD},
	{"burst/forward6/250k", &perf_burst, &udp6, PERF_250K, 0},
	{"burst/forward6/250k/random", &perf_burst, &udp6, PERF_250K, PERF_RANDOM},
	{"burst/forward6/250k/random/cold", &perf_burst, &udp6, PERF_250K, PERF_RANDOM | PERF_COLD},
	{"burst/forward4", &perf_burst, &udp4, PERF_256, 0},
	{"burst/forward4/cold", &perf_burst, &udp4, PERF_256, PERF_COLD},
	{"burst/forward4/900k", &perf_burst, &udp4, PERF_900K, 0},
	{"burst/forward4/900k/random", &perf_burst, &udp4, PERF_900K, PERF_RANDOM},
	{"burst/forward4/900k/random/cold", &perf_burst, &udp4, PERF_900K, PERF_RANDOM | PERF_COLD},
	{"burst/mixed", &perf_burst, &mixed, PERF_256, 0},
	{"burst/mixed/cold", &perf_burst, &mixed, PERF_256, PERF_COLD},
	{"burst/1-in-100-too-big6", &perf_burst, &rare6, PERF_256, 0},
	{"burst/1-in-100-too-big6/cold", &perf_burst, &rare6, PERF_256, PERF_COLD},
	{"burst/1-in-100-too-big4", &perf_burst, &rare4, PERF_256, 0},
	{"burst/ptb6", &perf_burst, &big6, PERF_256, 0},
	{"burst/ptb6/cold", &perf_burst, &big6, PERF_256, PERF_COLD},
	{"burst/ptb6/copy", &perf_burst, &big6, PERF_256, PERF_COPY},
	{"burst/frag-needed4", &perf_burst, &big4, PERF_256, 0},
	{"burst/frag-needed4/cold", &perf_burst, &big4, PERF_256, PERF_COLD},
	{"burst/fragment4", &perf_burst, &frag4, PERF_256, 0},
	{"burst/fragment4/cold", &perf_burst, &frag4, PERF_256, PERF_COLD},
	{"burst/mss6", &perf_burst, &syn6, PERF_256, 0},
	{"burst/mss4", &perf_burst, &syn4, PERF_256, 0},
	{"change6/256", &perf_change, &udp6, PERF_256, 0},
	{"change6/250k", &perf_change, &udp6, PERF_250K, 0},
	{"change4/256", &perf_change, &udp4, PERF_256, 0},
	{"change4/900k", &perf_change, &udp4, PERF_900K, 0},
	{"replace6/250k", &perf_replace, &udp6, PERF_250K, 0},
	{"replace4/900k", &perf_replace, &udp4, PERF_900K, 0},
};

const unsigned int perf_n_cases = RTE_DIM(perf_cases);

bool
perf_case_wanted(const struct perf_case *c, char *const *patterns, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (fnmatch(patterns[i], c->name, 0) == 0)
			return true;
	return n == 0;
}
