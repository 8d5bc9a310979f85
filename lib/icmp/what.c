/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_icmp.h"

/* Codes of Time Exceeded, Parameter Problem and Packet Too Big (RFC 4443, RFC 792). */
#define IN_TRANSIT  0
#define NEXT_HEADER 1
#define ONLY_CODE   0

struct wire {
	uint8_t type;
	uint8_t code;
	bool has_value;
};

static const struct wire wires6[MTUD_WHAT_MAX] = {
	[MTUD_WHAT_NO_ROUTE] = {MTUD_ICMP6_UNREACH, MTUD_UNREACH_NO_ROUTE, false},
	[MTUD_WHAT_UNREACHABLE] = {MTUD_ICMP6_UNREACH, MTUD_UNREACH_NO_ROUTE, false},
	[MTUD_WHAT_PROHIBITED] = {MTUD_ICMP6_UNREACH, MTUD_UNREACH_PROHIBITED, false},
	[MTUD_WHAT_BEYOND_SCOPE] = {MTUD_ICMP6_UNREACH, MTUD_UNREACH_BEYOND_SCOPE, false},
	[MTUD_WHAT_ADDRESS] = {MTUD_ICMP6_UNREACH, MTUD_UNREACH_ADDRESS, false},
	[MTUD_WHAT_PORT] = {MTUD_ICMP6_UNREACH, MTUD_UNREACH_PORT, false},
	[MTUD_WHAT_PROTO] = {MTUD_ICMP6_PARAM, NEXT_HEADER, true},
	[MTUD_WHAT_HOP_LIMIT] = {MTUD_ICMP6_TIME_EXCEEDED, IN_TRANSIT, false},
	[MTUD_WHAT_TOO_BIG] = {MTUD_ICMP6_PTB, ONLY_CODE, true},
};

static const struct wire wires4[MTUD_WHAT_MAX] = {
	[MTUD_WHAT_NO_ROUTE] = {MTUD_ICMP4_UNREACH, MTUD_UNREACH4_NET, false},
	[MTUD_WHAT_UNREACHABLE] = {MTUD_ICMP4_UNREACH, MTUD_UNREACH4_HOST, false},
	[MTUD_WHAT_PROHIBITED] = {MTUD_ICMP4_UNREACH, MTUD_UNREACH4_PROHIBITED, false},
	[MTUD_WHAT_BEYOND_SCOPE] = {MTUD_ICMP4_UNREACH, MTUD_UNREACH4_HOST, false},
	[MTUD_WHAT_ADDRESS] = {MTUD_ICMP4_UNREACH, MTUD_UNREACH4_HOST, false},
	[MTUD_WHAT_PORT] = {MTUD_ICMP4_UNREACH, MTUD_UNREACH4_PORT, false},
	[MTUD_WHAT_PROTO] = {MTUD_ICMP4_UNREACH, MTUD_UNREACH4_PROTO, false},
	[MTUD_WHAT_HOP_LIMIT] = {MTUD_ICMP4_TIME_EXCEEDED, IN_TRANSIT, false},
	[MTUD_WHAT_TOO_BIG] = {MTUD_ICMP4_UNREACH, MTUD_UNREACH4_FRAG_NEEDED, true},
};

struct mtud_icmp_error
mtud_icmp_error_of(enum mtud_family family, enum mtud_icmp_what what, uint32_t value)
{
	const struct wire *w = family == MTUD_IPV4 ? &wires4[what] : &wires6[what];

	return (struct mtud_icmp_error){w->type, w->code, w->has_value ? value : 0};
}
