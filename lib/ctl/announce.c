/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What tells an IPv4 link of our addresses unasked. */

#include "mtud_arp.h"
#include "mtud_ctl.h"

/* ANNOUNCE_NUM, ANNOUNCE_INTERVAL and DEFEND_INTERVAL of RFC 5227 section 1.1. */
#define ANNOUNCE_NUM         2
#define ANNOUNCE_INTERVAL_MS 2000
#define DEFEND_INTERVAL_MS   10000

static void
send_announcement(struct mtud_ctl *ctl, const struct mtud_addr *a)
{
	mtud_ctl_send(ctl, a->port,
		mtud_arp_build_request(ctl->pool, &ctl->port[a->port].mac, &a->ip, &a->ip, NULL));
}

void
mtud_ctl_announce(struct mtud_ctl *ctl, struct mtud_addr *a)
{
	a->probes_left = ANNOUNCE_NUM;
	a->due_ms = ctl->now_ms;
}

void
mtud_ctl_announce_tick(struct mtud_ctl *ctl)
{
	unsigned int i;

	for (i = 0; i < ctl->addrs->n; i++) {
		struct mtud_addr *a = &ctl->addrs->addr[i];

		if (!mtud_ip_is_v4(&a->ip) || a->state != MTUD_ADDR_PREFERRED ||
			a->probes_left == 0 || ctl->now_ms < a->due_ms)
			continue;
		a->probes_left--;
		a->due_ms = ctl->now_ms + ANNOUNCE_INTERVAL_MS;
		send_announcement(ctl, a);
	}
}

/* Two that defend themselves against each other must not fill the link. */
void
mtud_ctl_defend(struct mtud_ctl *ctl, struct mtud_addr *a)
{
	if (ctl->now_ms < a->defend_ms)
		return;
	a->defend_ms = ctl->now_ms + DEFEND_INTERVAL_MS;
	send_announcement(ctl, a);
}
