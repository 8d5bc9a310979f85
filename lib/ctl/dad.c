/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_random.h>

#include "mtud_ctl.h"
#include "mtud_nd.h"

/* DupAddrDetectTransmits and RetransTimer (RFC 4862 section 5.1, RFC 4861 section 10). */
#define DAD_TRANSMITS 1
#define DAD_WAIT_MS   1000

/* [Robustness Variable] of RFC 3810 section 9.1: how often a change is reported. */
#define MLD_ROBUSTNESS 2
/* Unsolicited reports are this far apart (RFC 3810 section 9.11). */
#define MLD_INTERVAL_MS 1000

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
	mtud_ctl_mld_report(ctl, a->port, MLD_ROBUSTNESS, 0);
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
			mtud_ctl_mld_report(ctl, a->port, MLD_ROBUSTNESS, 0);
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
mtud_ctl_mld_report(struct mtud_ctl *ctl, uint16_t port, unsigned int times, uint64_t delay_ms)
{
	struct mtud_ctl_port *p = &ctl->port[port];
	uint64_t due_ms = ctl->now_ms + delay_ms;

	p->mld_due_ms = p->mld_left == 0 ? due_ms : RTE_MIN(p->mld_due_ms, due_ms);
	p->mld_left = RTE_MAX(p->mld_left, times);
}

/* All that we listen to beyond the link's all-nodes group, which is never reported. */
static unsigned int
groups_of(const struct mtud_ctl *ctl, uint16_t port, struct mtud_ip *groups)
{
	static const struct mtud_ip all_routers = {{0xff, 0x02, [15] = 2}};

	groups[0] = all_routers;
	return 1 + mtud_addr_groups(ctl->addrs, port, &groups[1]);
}

/* Reports come from a link-local address, or :: while there is none that is checked (RFC 3590). */
static struct mtud_ip
report_source(const struct mtud_ctl *ctl, uint16_t port)
{
	unsigned int i;

	for (i = 0; i < ctl->addrs->n; i++) {
		const struct mtud_addr *a = &ctl->addrs->addr[i];

		if (a->port == port && a->state == MTUD_ADDR_PREFERRED &&
			mtud_ip_is_link_local(&a->ip))
			return a->ip;
	}
	return (struct mtud_ip){{0}};
}

/* As many reports as the groups need. */
static void
send_reports(struct mtud_ctl *ctl, uint16_t port, enum mtud_mld_record record)
{
	struct mtud_ip groups[MTUD_ADDR_GROUPS_MAX + 1];
	struct mtud_ip src = report_source(ctl, port);
	unsigned int n = groups_of(ctl, port, groups);
	unsigned int i;

	for (i = 0; i < n; i += MTUD_MLD_MAX_GROUPS)
		mtud_ctl_send(ctl, port,
			mtud_nd_build_mld_report(ctl->pool, &ctl->port[port].mac, &src, &groups[i],
				RTE_MIN(n - i, (unsigned int)MTUD_MLD_MAX_GROUPS), record));
}

void
mtud_ctl_mld_tick(struct mtud_ctl *ctl)
{
	uint16_t port;

	for (port = 0; port < ctl->n_ports; port++) {
		struct mtud_ctl_port *p = &ctl->port[port];

		if (!p->up || p->mld_left == 0 || ctl->now_ms < p->mld_due_ms)
			continue;
		p->mld_left--;
		p->mld_due_ms = ctl->now_ms + MLD_INTERVAL_MS;
		send_reports(ctl, port, p->mld_asked ? MTUD_MLD_IS_EXCLUDE : MTUD_MLD_TO_EXCLUDE);
		p->mld_asked = false;
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
