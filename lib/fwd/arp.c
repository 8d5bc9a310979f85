/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_fwd.h"

static bool
is_ours(const struct mtud_worker *w, uint16_t port, const struct mtud_ip *ip)
{
	const struct mtud_addr *a = mtud_addr_get(&w->v->addrs, port, ip);

	return a != NULL && a->port == port;
}

/* A link hears its hosts ask for each other all day: what is between others ends here and does not
 * take the room of what the control thread must see. A reply to a port that has no address of its
 * own is known by who sends it. */
static bool
concerns_us(const struct mtud_worker *w, uint16_t port, const struct mtud_arp_msg *msg)
{
	if (is_ours(w, port, &msg->target) || is_ours(w, port, &msg->sender))
		return true;
	if (!msg->gratuitous && !(msg->op == MTUD_ARP_REPLY && msg->unicast))
		return false;
	return mtud_neigh_find(w->nt, port, &msg->sender) != MTUD_ADJ_NONE;
}

void
mtud_fwd_arp(struct mtud_worker *w, uint16_t port, struct rte_mbuf *m)
{
	struct mtud_arp_msg msg;
	enum mtud_drop why;

	if (mtud_arp_parse(m, &msg, &why) < 0)
		mtud_fwd_drop(w, m, why);
	else if (!concerns_us(w, port, &msg))
		mtud_fwd_drop(w, m, MTUD_DROP_ARP_NOT_OURS);
	else
		mtud_fwd_punt(w, m, MTUD_PKT_ARP, 0);
}
