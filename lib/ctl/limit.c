/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* How much strangers can have us say on a link. */

#include <errno.h>

#include "mtud_ctl.h"

#define TICKS_A_SECOND 1000 /* the control thread's clock is in milliseconds */

int
mtud_ctl_limits_create(struct mtud_ctl_limits *limits, int socket)
{
	struct mtud_rate **each[] = {&limits->known, &limits->strangers, &limits->solicit};
	unsigned int i;

	for (i = 0; i < RTE_DIM(each); i++) {
		*each[i] = mtud_rate_create(TICKS_A_SECOND, socket);
		if (*each[i] == NULL)
			return -ENOMEM;
		mtud_rate_set(*each[i], MTUD_CTL_RATE_PPS, MTUD_CTL_BURST, 0);
	}
	return 0;
}

void
mtud_ctl_limits_free(struct mtud_ctl_limits *limits)
{
	mtud_rate_free(limits->known);
	mtud_rate_free(limits->strangers);
	mtud_rate_free(limits->solicit);
}

/* One that has shown to be there, or that routes need: a flood of made-up neighbors must not leave
 * it without an answer. */
static bool
is_known(const struct mtud_ctl *ctl, uint16_t port, const struct mtud_ip *ip,
	const struct rte_ether_addr *mac)
{
	struct mtud_neigh_info info;
	uint16_t adj = mtud_neigh_find(ctl->nt, port, ip);

	if (adj == MTUD_ADJ_NONE || mtud_neigh_get(ctl->nt, adj, &info) < 0 ||
		!rte_is_same_ether_addr(&info.mac, mac))
		return false;
	return info.routes > 0 || info.state == MTUD_NEIGH_REACHABLE ||
		info.state == MTUD_NEIGH_DELAY || info.state == MTUD_NEIGH_PROBE ||
		info.state == MTUD_NEIGH_STATIC;
}

bool
mtud_ctl_may_answer(struct mtud_ctl *ctl, uint16_t port, const struct mtud_ip *ip,
	const struct rte_ether_addr *mac)
{
	return mtud_rate_take(is_known(ctl, port, ip, mac) ? ctl->limits.known :
							      ctl->limits.strangers,
		ip, ctl->now_ms);
}

/* What a scan has us ask for is shared out among those who send it. */
bool
mtud_ctl_may_solicit(struct mtud_ctl *ctl, uint16_t port, const struct mtud_ip *target,
	const struct rte_mbuf *trigger)
{
	uint16_t adj = mtud_neigh_find(ctl->nt, port, target);
	struct mtud_neigh_info info;
	struct mtud_ip src = *target, dst;

	if (adj != MTUD_ADJ_NONE && mtud_neigh_get(ctl->nt, adj, &info) == 0 && info.routes > 0)
		return true;
	if (trigger != NULL)
		mtud_fwd_addresses(trigger, &src, &dst);
	return mtud_rate_take(ctl->limits.solicit, &src, ctl->now_ms);
}
