/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "test_fwd.h"

/* What the tap on drops is told, in every test of the bench: each packet that is counted once, and
 * one that was fed as it came in, whatever becomes of it. */

static struct {
	unsigned int told[MTUD_DROP_MAX];
	const struct rte_mbuf *fed;
	uint16_t port;
	uint32_t len;
	uint8_t frame[16384];
} seen;

static void
on_drop(void *ctx, const struct rte_mbuf *m, enum mtud_drop reason)
{
	uint8_t buf[sizeof(seen.frame)];

	(void)ctx;
	seen.told[reason]++;
	/* What waits for a transmit queue is on its way already. */
	if (m != seen.fed || reason == MTUD_DROP_TX_FULL || reason == MTUD_DROP_PORT_DOWN)
		return;
	if (m->port != seen.port)
		fail_msg("%s: of port %u, not %u", mtud_drop_name(reason), m->port, seen.port);
	/* Padding may be cut. */
	if (m->pkt_len > seen.len ||
		memcmp(rte_pktmbuf_read(m, 0, m->pkt_len, buf), seen.frame, m->pkt_len) != 0)
		fail_msg("%s: not as it came in", mtud_drop_name(reason));
}

static const struct mtud_fwd_drop_tap tap = {.drop = on_drop};

void
tap_reset(void)
{
	memset(&seen, 0, sizeof(seen));
	bench.w->drop_tap = &tap;
}

void
tap_fed(uint16_t port, const struct rte_mbuf *m)
{
	seen.fed = m;
	seen.port = port;
	seen.len = m->pkt_len;
	assert_in_range(m->pkt_len, 0, sizeof(seen.frame));
	if (m->pkt_len > 0)
		memcpy(seen.frame, rte_pktmbuf_read(m, 0, m->pkt_len, seen.frame), m->pkt_len);
}

void
tap_check(void)
{
	unsigned int i;

	for (i = 0; i < MTUD_DROP_MAX; i++)
		if (seen.told[i] != bench.w->stat.drop[i])
			fail_msg("%s counted %lu, told %u", mtud_drop_name(i),
				bench.w->stat.drop[i], seen.told[i]);
}
