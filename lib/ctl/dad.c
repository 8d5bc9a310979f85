/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_random.h>

#include "mtud_ctl.h"
#include "mtud_nd.h"

/* DupAddrDetectTransmits and RetransTimer (RFC 4862 section 5.1, RFC 4861 section 10). */
#define DAD_TRANSMITS 1
#define DAD_WAIT_MS   1000

static void
set_state(struct mtud_ctl *ctl, struct mtud_addr *a, enum mtud_addr_state state)
{
	a->state = state;
	ctl->ops->addr_changed(ctl->ctx, a);
}

/* In use at once: the probes of RFC 5227 section 2.1 would be up to seven seconds of silence after
 * each start, and a router's address is configured, not picked. A conflict is told when it shows.
 */
static void
begin_v4(struct mtud_ctl *ctl, struct mtud_addr *a)
{
	mtud_ctl_announce(ctl, a);
	set_state(ctl, a, MTUD_ADDR_PREFERRED);
}

/* The group is joined before the probe goes: with MLD snooping in between, other probes for the
 * same address would not reach us (RFC 4862 section 5.4.2). */
static void
begin(struct mtud_ctl *ctl, struct mtud_addr *a)
{
	uint64_t nonce = rte_rand();

	if (mtud_ip_is_v4(&a->ip)) {
		begin_v4(ctl, a);
		return;
	}
	memcpy(a->nonce, &nonce, sizeof(a->nonce));
	a->probes_left = DAD_TRANSMITS;
	a->due_ms = ctl->now_ms;
	set_state(ctl, a, MTUD_ADDR_TENTATIVE);
	mtud_ctl_mld_report(ctl, a->port, MTUD_CTL_MLD_ROBUSTNESS, 0);
}

void
mtud_ctl_addr_added(struct mtud_ctl *ctl, struct mtud_addr *a)
{
	if (ctl->port[a->port].up)
		begin(ctl, a);
}

void
mtud_ctl_dad_failed(struct mtud_ctl *ctl, struct mtud_addr *a)
{
	set_state(ctl, a, MTUD_ADDR_DUPLICATE);
}

bool
mtud_ctl_dad_pending(const struct mtud_ctl *ctl)
{
	unsigned int i;

	for (i = 0; i < ctl->addrs->n; i++)
		if (ctl->addrs->addr[i].state == MTUD_ADDR_TENTATIVE)
			return true;
	return false;
}

void
mtud_ctl_dad_tick(struct mtud_ctl *ctl)
{
	static const struct mtud_ip unspecified;
	unsigned int i;

	for (i = 0; i < ctl->addrs->n; i++) {
		struct mtud_addr *a = &ctl->addrs->addr[i];

		if (a->state != MTUD_ADDR_TENTATIVE || ctl->now_ms < a->due_ms)
			continue;
		if (a->probes_left == 0) {
			set_state(ctl, a, MTUD_ADDR_PREFERRED);
			mtud_ctl_mld_report(ctl, a->port, MTUD_CTL_MLD_ROBUSTNESS, 0);
			continue;
		}
		a->probes_left--;
		a->due_ms = ctl->now_ms + DAD_WAIT_MS;
		mtud_ctl_send(ctl, a->port,
			mtud_nd_build_ns(ctl->pool, &ctl->port[a->port].mac, &unspecified, &a->ip,
				NULL, a->nonce));
	}
}

void
mtud_ctl_port_up(struct mtud_ctl *ctl, uint16_t port, const struct rte_ether_addr *mac)
{
	unsigned int i;

	ctl->port[port].up = true;
	ctl->port[port].mac = *mac;
	for (i = 0; i < ctl->addrs->n; i++)
		if (ctl->addrs->addr[i].port == port)
			begin(ctl, &ctl->addrs->addr[i]);
}

void
mtud_ctl_port_down(struct mtud_ctl *ctl, uint16_t port)
{
	unsigned int i;

	ctl->port[port].up = false;
	mtud_neigh_flush_port(ctl->nt, port);
	for (i = 0; i < ctl->addrs->n; i++)
		if (ctl->addrs->addr[i].port == port)
			set_state(ctl, &ctl->addrs->addr[i], MTUD_ADDR_IDLE);
}
