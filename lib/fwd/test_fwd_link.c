/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What only neighbors may say reaches the control thread; what others say ends at once. */

#include <netinet/in.h>

#include "test_fwd.h"

#define A2   "2001:db8:a::2"
#define OURS "2001:db8:a::1"

struct row {
	const char *src;
	uint8_t type;
	uint8_t hop_limit;
	enum mtud_drop reason; /* NONE: it goes to the control thread */
};

/* RFC 4861 section 7.1: hop limit 255; RFC 3810 section 6.2: 1, and a link-local source. */
static const struct row rows[] = {
	{A2, 135, 255, MTUD_DROP_NONE}, {A2, 136, 255, MTUD_DROP_NONE},
	{A2, 133, 255, MTUD_DROP_NONE}, {"fe80::9", 130, 1, MTUD_DROP_NONE},
	{A2, 135, 254, MTUD_DROP_ND_HOP_LIMIT}, {A2, 136, 64, MTUD_DROP_ND_HOP_LIMIT},
	{A2, 133, 1, MTUD_DROP_ND_HOP_LIMIT}, {A2, 134, 254, MTUD_DROP_ND_HOP_LIMIT},
	{A2, 137, 254, MTUD_DROP_ND_HOP_LIMIT}, {"fe80::9", 130, 255, MTUD_DROP_ND_HOP_LIMIT},
	{A2, 130, 1, MTUD_DROP_ND_ADDRESS},
};

static struct rte_mbuf *
punted(void)
{
	struct rte_mbuf *m;

	return rte_ring_dequeue(bench.w->punt, (void **)&m) == 0 ? m : NULL;
}

static void
only_neighbors_are_heard(void **state)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(rows); i++) {
		uint8_t message[32] = {rows[i].type};
		struct recipe r = {.src = rows[i].src, .dst = OURS, .proto = IPPROTO_ICMPV6,
			.hop_limit = rows[i].hop_limit, .payload = message,
			.payload_len = sizeof(message)};
		struct rte_mbuf *m;

		bench_reset(state);
		feed(0, make(&r));
		m = punted();
		if ((m != NULL) != (rows[i].reason == MTUD_DROP_NONE))
			fail_msg("type %u, hop limit %u", rows[i].type, rows[i].hop_limit);
		if (m == NULL)
			assert_dropped(rows[i].reason);
		rte_pktmbuf_free(m);
	}
}

/* RFC 6980 section 5: no fragment header, be it an atomic one. */
static void
fragments_are_not_heard(void **state)
{
	static const uint8_t message[40] = {IPPROTO_ICMPV6, [8] = 136};
	struct recipe r = {.src = A2, .dst = OURS, .proto = IPPROTO_FRAGMENT, .hop_limit = 255,
		.payload = message, .payload_len = sizeof(message)};

	(void)state;
	feed(0, make(&r));
	assert_null(punted());
	assert_dropped(MTUD_DROP_ND_FRAGMENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(only_neighbors_are_heard, bench_reset),
		cmocka_unit_test_setup(fragments_are_not_heard, bench_reset),
	};

	return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
