/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* How much strangers can have us say on a link. */

#include <errno.h>
#include <string.h>

#include "mtud_ctl.h"
#include "mtud_nd.h"

#define TICKS_A_SECOND 1000 /* the control thread's clock is in milliseconds */

static int
create(struct mtud_rate **limit, uint32_t rate_pps, uint32_t burst, int socket)
{
	*limit = mtud_rate_create(TICKS_A_SECOND, socket);
	if (*limit == NULL)
		return -ENOMEM;
	mtud_rate_set(*limit, rate_pps, burst, 0);
	return 0;
}

static int
create_port(struct mtud_ctl_limits *limits, uint16_t port, uint16_t n_ports, int socket)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < MTUD_CTL_LIMITS && ret == 0; i++)
		ret = create(&limits->answer[port][i], MTUD_CTL_RATE_PPS, MTUD_CTL_BURST, socket);
	for (i = 0; i < n_ports && ret == 0; i++)
		ret = create(&limits->solicit[port][i], MTUD_CTL_SOLICIT_PPS,
			MTUD_CTL_SOLICIT_BURST, socket);
	return ret;
}

int
mtud_ctl_limits_create(struct mtud_ctl_limits *limits, uint16_t n_ports, int socket)
{
	uint16_t port;
	int ret = 0;

	memset(limits, 0, sizeof(*limits));
	for (port = 0; port < n_ports && ret == 0; port++)
		ret = create_port(limits, port, n_ports, socket);
	return ret;
}

void
mtud_ctl_limits_free(struct mtud_ctl_limits *limits)
{
	unsigned int port, i;

	for (port = 0; port < RTE_MAX_ETHPORTS; port++) {
		for (i = 0; i < MTUD_CTL_LIMITS; i++)
			mtud_rate_free(limits->answer[port][i]);
		for (i = 0; i < RTE_MAX_ETHPORTS; i++)
			mtud_rate_free(limits->solicit[port][i]);
	}
}

/* One that has shown to be there, or that routes need: a flood of made-up neighbors must not leave
 * it without an answer. Who was silent for a while has shown it all the same. */
static bool
is_known(const struct mtud_ctl *ctl, uint16_t port, const struct mtud_ip *ip,
	const struct rte_ether_addr *mac)
{
	struct mtud_neigh_info info;
	uint16_t adj = mtud_neigh_find(ctl->nt, port, ip);

	if (adj == MTUD_ADJ_NONE || mtud_neigh_get(ctl->nt, adj, &info) < 0 ||
		!rte_is_same_ether_addr(&info.mac, mac))
		return false;
	return info.routes > 0 || info.proven || info.state == MTUD_NEIGH_DELAY ||
		info.state == MTUD_NEIGH_PROBE || info.state == MTUD_NEIGH_STATIC;
}

bool
mtud_ctl_may_answer(struct mtud_ctl *ctl, uint16_t port, const struct mtud_ip *ip,
	const struct rte_ether_addr *mac)
{
	bool known = is_known(ctl, port, ip, mac);

	return mtud_rate_take(
		ctl->limits.answer[port][known ? MTUD_CTL_KNOWN : MTUD_CTL_STRANGERS], ip,
		ctl->now_ms);
}

/* Who probes has no address yet to be told from others by. A Neighbor Advertisement tells all of
 * the link that its address is taken, so the share is the address's; an ARP reply tells one MAC. */
bool
mtud_ctl_may_defend(struct mtud_ctl *ctl, uint16_t port, const struct mtud_ip *ip,
	const struct rte_ether_addr *mac)
{
	struct mtud_ip share = *ip;

	if (mtud_ip_is_v4(ip))
		mtud_nd_link_local(mac, &share);
	return mtud_rate_take(ctl->limits.answer[port][MTUD_CTL_PROBES], &share, ctl->now_ms);
}

/* What a scan has us ask for is shared out among those who send it. Its sources can all be forged,
 * the port that it comes in by cannot. */
bool
mtud_ctl_may_solicit(struct mtud_ctl *ctl, uint16_t port, const struct mtud_ip *target,
	const struct rte_mbuf *trigger)
{
	uint16_t adj = mtud_neigh_find(ctl->nt, port, target);
	struct mtud_neigh_info info;
	struct mtud_ip src = *target, dst;
	uint16_t from = port;

	if (adj != MTUD_ADJ_NONE && mtud_neigh_get(ctl->nt, adj, &info) == 0 && info.routes > 0)
		return true;
	if (trigger != NULL) {
		mtud_fwd_addresses(trigger, &src, &dst);
		from = trigger->port < ctl->n_ports ? trigger->port : port;
	}
	return mtud_rate_take(ctl->limits.solicit[from][port], &src, ctl->now_ms);
}
