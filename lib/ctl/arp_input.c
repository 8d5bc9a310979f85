/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_arp.h"
#include "mtud_ctl.h"

/* An ARP packet on its way through this file. */
struct input {
	struct mtud_ctl *ctl;
	uint16_t port;
	struct mtud_arp_msg msg;
};

static bool
is_on_link(const struct input *in, const struct mtud_ip *ip)
{
	return in->ctl->ops->is_on_link(in->ctl->ctx, in->port, ip);
}

/* An address of ours, on this port or another. */
static struct mtud_addr *
ours(const struct input *in, const struct mtud_ip *ip)
{
	return mtud_addr_find(in->ctl->addrs, in->port, ip);
}

/* What we sent, by this port or by another one on the same link, which may have borrowed the
 * address. A MAC alone does not tell: the peer behind a tap device has the port's own. */
static bool
is_looped(const struct input *in)
{
	uint16_t port;

	if (ours(in, &in->msg.sender) == NULL)
		return false;
	for (port = 0; port < in->ctl->n_ports; port++)
		if (rte_is_same_ether_addr(&in->msg.mac, &in->ctl->port[port].mac))
			return true;
	return false;
}

/* No host has the network's or the broadcast address of its link (RFC 1122 section 3.2.1.3). */
static bool
is_no_host(const struct input *in, const struct mtud_ip *ip)
{
	const struct mtud_addr_table *t = in->ctl->addrs;
	unsigned int i;

	for (i = 0; i < t->n; i++) {
		const struct mtud_addr *a = &t->addr[i];
		struct mtud_prefix network = mtud_addr_prefix(a);
		struct mtud_ip broadcast;

		if (a->port != in->port || !mtud_addr_has_broadcast(a))
			continue;
		broadcast = mtud_addr_broadcast(a);
		if (mtud_ip_equal(ip, &network.ip) || mtud_ip_equal(ip, &broadcast))
			return true;
	}
	return false;
}

/* Somebody else speaks from an address of ours. A router does not give its address up: RFC 5227
 * section 2.4 (c). Neither is it answered, nor is anything learned of it, whatever else it asks
 * (section 2.5). */
static enum mtud_drop
conflict(const struct input *in, struct mtud_addr *a)
{
	if (a->port != in->port)
		return MTUD_DROP_ARP_ADDRESS;
	in->ctl->ops->addr_conflict(in->ctl->ctx, a, &in->msg.mac);
	mtud_ctl_defend(in->ctl, a);
	return MTUD_DROP_NONE;
}

/* Addresses of this very port are answered for (RFC 5227 section 2.5), as Neighbor Discovery has
 * it, also to one that only probes. Were those of other ports too, as Linux does by default, then
 * what is for one port would come in by another. */
static enum mtud_drop
request(const struct input *in)
{
	const struct mtud_arp_msg *msg = &in->msg;
	const struct mtud_addr *a = ours(in, &msg->target);
	bool may;

	if (a == NULL || a->port != in->port || !mtud_addr_usable(a))
		return MTUD_DROP_ARP_NOT_OURS;
	may = msg->probe ? mtud_ctl_may_defend(in->ctl, in->port, &a->ip, &msg->mac) :
			   mtud_ctl_may_answer(in->ctl, in->port, &msg->sender, &msg->mac);
	if (!may)
		return MTUD_DROP_ARP_RATE;
	/* Who asks from beyond the link is answered, but nothing is learned of it. Without room
	 * nothing is learned either; the cache counts that itself. */
	if (!msg->probe && is_on_link(in, &msg->sender))
		mtud_neigh_learn(in->ctl->nt, in->port, &msg->sender, &msg->mac, in->ctl->now_ms);
	mtud_ctl_send(in->ctl, in->port,
		mtud_arp_build_reply(in->ctl->pool, &in->ctl->port[in->port].mac, &a->ip, msg));
	return MTUD_DROP_NONE;
}

/* The newest MAC that a neighbor names is its own: ARP has no flag that says otherwise. */
static enum mtud_drop
update(const struct input *in, bool solicited)
{
	struct mtud_neigh_advert advert = {
		.port = in->port,
		.solicited = solicited,
		.override = true,
		.has_mac = true,
		.target = in->msg.sender,
		.mac = in->msg.mac,
	};

	if (!is_on_link(in, &in->msg.sender))
		return MTUD_DROP_ARP_OFF_LINK;
	/* A route's next hop that was silent is known all the same (RFC 826): it is heard again. */
	if (!mtud_neigh_advertised(in->ctl->nt, &advert, in->ctl->now_ms) &&
		mtud_neigh_find(in->ctl->nt, in->port, &in->msg.sender) != MTUD_ADJ_NONE)
		mtud_neigh_learn(in->ctl->nt, in->port, &in->msg.sender, &in->msg.mac,
			in->ctl->now_ms);
	return MTUD_DROP_NONE;
}

/* It comes back to the address that we asked from: one of another port where this one has none,
 * 0.0.0.0 where no port has. */
static enum mtud_drop
reply(const struct input *in)
{
	const struct mtud_arp_msg *msg = &in->msg;
	bool to_nobody = msg->unicast && mtud_ip_to_v4(&msg->target) == 0;

	if (!to_nobody && ours(in, &msg->target) == NULL)
		return MTUD_DROP_ARP_NOT_OURS;
	return update(in, msg->unicast);
}

enum mtud_drop
mtud_ctl_arp_input(struct mtud_ctl *ctl, const struct rte_mbuf *m)
{
	struct input in = {.ctl = ctl, .port = m->port};
	struct mtud_addr *a;
	enum mtud_drop why;

	if (mtud_arp_parse(m, &in.msg, &why) < 0)
		return why;
	if (is_looped(&in))
		return MTUD_DROP_ARP_LOOPED;
	a = ours(&in, &in.msg.sender);
	if (a != NULL)
		return conflict(&in, a);
	if (is_no_host(&in, &in.msg.sender))
		return MTUD_DROP_ARP_ADDRESS;
	if (in.msg.gratuitous && !in.msg.probe)
		return update(&in, false);
	return in.msg.op == MTUD_ARP_REQUEST ? request(&in) : reply(&in);
}
