/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef FWD_PRIV_H
#define FWD_PRIV_H

#include "mtud_fwd.h"

/* Does the route of packet i lead to a known next hop, and hold it? */
static inline bool
is_straight(const struct mtud_burst *b, unsigned int i)
{
	return (b->route[i].type == MTUD_ROUTE_FORWARD) & (b->adj[i].flags == MTUD_ADJ_VALID) &
	       (b->ip_len[i] <= b->route[i].mtu);
}

/* What examining has found out about a frame so far. */
struct finding {
	enum mtud_drop reason; /* meaningful when verdict is MTUD_DROP */
	enum mtud_verdict verdict;
	uint8_t flags;
	uint16_t ip_len;
};

static inline bool
finding_drop(struct finding *f, enum mtud_drop reason)
{
	f->verdict = MTUD_DROP;
	f->reason = reason;
	return false;
}

/* The IP packet behind a sound Ethernet header; what is longer than it says is cut. Each returns
 * false when it is dropped for f->reason. */
bool examine_ipv4(const struct mtud_fwd_view *v, uint16_t port, struct rte_mbuf *m,
	struct finding *f);
bool examine_ipv6(const struct mtud_fwd_view *v, uint16_t port, struct rte_mbuf *m,
	struct finding *f);

/* A packet of ip_len octets in the frame m, on a port with this MTU: not longer than the frame,
 * which may be one that a peer's GRO or TSO glued: the driver may have cut that, so its length
 * field says more than the frame holds, but the frame alone is too long already. */
static inline bool
examine_length(const struct mtud_fwd_port *p, struct rte_mbuf *m, uint32_t ip_len,
	struct finding *f)
{
	uint32_t frame = m->pkt_len - MTUD_L3_AT;

	if (ip_len > p->mtu && frame > p->mtu)
		return finding_drop(f, MTUD_DROP_RX_OVERSIZE);
	if (ip_len > frame)
		return finding_drop(f, MTUD_DROP_IP_TRUNCATED);
	if (ip_len < frame)
		mtud_pkt_cut(m, MTUD_L3_AT + ip_len);
	f->ip_len = (uint16_t)ip_len;
	return true;
}

#endif
