/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_ctl.h"
#include "mtud_nd.h"

/* An ND message on its way through this file. */
struct input {
	struct mtud_ctl *ctl;
	uint16_t port;
	struct rte_ether_addr from; /* Ethernet source */
	struct mtud_nd_msg msg;
};

static const struct mtud_ip all_nodes = {{0xff, 0x02, [15] = 1}};

static bool
is_on_link(const struct input *in, const struct mtud_ip *ip)
{
	return mtud_ip_is_link_local(ip) || in->ctl->ops->is_on_link(in->ctl->ctx, in->port, ip);
}

/* Is it the subnet-router anycast address of a prefix on this port? */
static bool
is_our_anycast(const struct input *in, const struct mtud_ip *ip)
{
	const struct mtud_addr_table *t = in->ctl->addrs;
	unsigned int i;

	for (i = 0; i < t->n; i++) {
		struct mtud_prefix p = mtud_addr_prefix(&t->addr[i]);

		if (t->addr[i].port == in->port && mtud_addr_has_anycast(&t->addr[i]) &&
			mtud_addr_usable(&t->addr[i]) && mtud_ip_equal(&p.ip, ip))
			return true;
	}
	return false;
}

static bool
is_ours(const struct input *in, const struct mtud_ip *ip)
{
	const struct mtud_addr *a = mtud_addr_get(in->ctl->addrs, in->port, ip);

	return (a != NULL && mtud_addr_usable(a)) || is_our_anycast(in, ip);
}

static void
advertise(const struct input *in, uint8_t flags)
{
	const struct mtud_nd_msg *msg = &in->msg;
	const struct rte_ether_addr *mac = msg->has_lladdr ? &msg->lladdr : &in->from;
	bool dad = mtud_ip_is_unspecified(&msg->src);

	flags |= MTUD_NA_ROUTER | (dad ? 0 : MTUD_NA_SOLICITED);
	mtud_ctl_send(in->ctl, in->port,
		mtud_nd_build_na(in->ctl->pool, &in->ctl->port[in->port].mac, &msg->target,
			dad ? &all_nodes : &msg->src, mac, flags));
}

static bool
same_nonce(const struct mtud_nd_msg *msg, const struct mtud_addr *a)
{
	return msg->has_nonce && memcmp(msg->nonce, a->nonce, sizeof(a->nonce)) == 0;
}

/* A host may ask from an address that its link does not know, as one does that has its service
 * address on the interface: it gets its answer, but nothing is learned of it. */
static void
learn(const struct input *in)
{
	const struct mtud_nd_msg *msg = &in->msg;

	if (!msg->has_lladdr || mtud_ip_is_unspecified(&msg->src) || !is_on_link(in, &msg->src))
		return;
	/* Without room nothing is learned; the cache counts that itself. */
	mtud_neigh_learn(in->ctl->nt, in->port, &msg->src, &msg->lladdr, in->ctl->now_ms);
}

static bool
may_advertise(const struct input *in)
{
	const struct mtud_nd_msg *msg = &in->msg;

	if (mtud_ip_is_unspecified(&msg->src))
		return mtud_ctl_may_defend(in->ctl, in->port, &msg->target, &in->from);
	return mtud_ctl_may_answer(in->ctl, in->port, &msg->src,
		msg->has_lladdr ? &msg->lladdr : &in->from);
}

static enum mtud_drop
solicitation(const struct input *in)
{
	const struct mtud_nd_msg *msg = &in->msg;
	struct mtud_addr *a = mtud_addr_find(in->ctl->addrs, in->port, &msg->target);
	bool dad = mtud_ip_is_unspecified(&msg->src);

	if (a != NULL && (a->port != in->port || !mtud_addr_usable(a)))
		a = NULL;
	if (a == NULL && !is_our_anycast(in, &msg->target))
		return MTUD_DROP_ND_NOT_OURS;
	if (!dad && is_ours(in, &msg->src))
		return MTUD_DROP_ND_ADDRESS;
	if (dad && a != NULL && a->state == MTUD_ADDR_TENTATIVE) {
		if (same_nonce(msg, a))
			return MTUD_DROP_ND_LOOPED;
		mtud_ctl_dad_failed(in->ctl, a);
		return MTUD_DROP_NONE;
	}
	if (!may_advertise(in))
		return MTUD_DROP_ND_RATE;
	learn(in);
	/* No override for an anycast (RFC 4861 section 7.2.7) nor while we are still checking
	 * (RFC 4429 section 3.3). */
	advertise(in, a != NULL && a->state != MTUD_ADDR_TENTATIVE ? MTUD_NA_OVERRIDE : 0);
	return MTUD_DROP_NONE;
}

static enum mtud_drop
advertisement(const struct input *in)
{
	const struct mtud_nd_msg *msg = &in->msg;
	struct mtud_addr *a = mtud_addr_find(in->ctl->addrs, in->port, &msg->target);
	struct mtud_neigh_advert na = {
		.port = in->port,
		.solicited = msg->solicited,
		.override = msg->override,
		.has_mac = msg->has_lladdr,
		.target = msg->target,
		.mac = msg->lladdr,
	};

	if (a != NULL && a->port == in->port && mtud_addr_usable(a)) {
		if (a->state == MTUD_ADDR_TENTATIVE)
			mtud_ctl_dad_failed(in->ctl, a);
		else
			in->ctl->ops->addr_conflict(in->ctl->ctx, a,
				msg->has_lladdr ? &msg->lladdr : &in->from);
		return MTUD_DROP_NONE;
	}
	if (is_ours(in, &msg->src))
		return MTUD_DROP_ND_ADDRESS;
	if (!is_on_link(in, &msg->target))
		return MTUD_DROP_ND_OFF_LINK;
	mtud_neigh_advertised(in->ctl->nt, &na, in->ctl->now_ms);
	return MTUD_DROP_NONE;
}

/* Routers learn hosts' addresses from solicitations; advertisements and redirects are for hosts
 * (RFC 4861 sections 6.2.6 and 8.2). */
static enum mtud_drop
nd_message(const struct input *in)
{
	/* It would name an IPv4 address in the tables that both families share. */
	if (mtud_ip_is_v4(&in->msg.target))
		return MTUD_DROP_ND_TARGET;
	switch (in->msg.type) {
	case MTUD_ICMP6_NS:
		return solicitation(in);
	case MTUD_ICMP6_NA:
		return advertisement(in);
	case MTUD_ICMP6_RS:
	case MTUD_ICMP6_RA:
		if (!mtud_ip_is_unspecified(&in->msg.src) && !is_on_link(in, &in->msg.src))
			return MTUD_DROP_ND_OFF_LINK;
		if (is_ours(in, &in->msg.src))
			return MTUD_DROP_ND_ADDRESS;
		learn(in);
		return MTUD_DROP_NONE;
	default:
		return MTUD_DROP_ICMP_IGNORED;
	}
}

/* What we sent, or the kernel that shares our interface and MAC, comes back on some drivers. A MAC
 * alone does not tell: the peer behind a tap device has the port's own. */
static bool
is_looped(const struct input *in)
{
	return rte_is_same_ether_addr(&in->from, &in->ctl->port[in->port].mac) &&
		(mtud_ip_is_unspecified(&in->msg.src) ||
			mtud_addr_get(in->ctl->addrs, in->port, &in->msg.src) != NULL);
}

enum mtud_drop
mtud_ctl_nd_input(struct mtud_ctl *ctl, const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	struct input in = {.ctl = ctl, .port = m->port, .from = eth->src_addr};
	uint16_t ip_len = mtud_pkt_meta_ro(m)->ip_len;
	struct mtud_pkt_chain chain;
	const uint8_t *type;
	uint8_t buf;
	enum mtud_drop why;

	mtud_pkt_walk(m, MTUD_L3_AT, ip_len, &chain);
	type = rte_pktmbuf_read(m, MTUD_L3_AT + chain.payload_at, sizeof(buf), &buf);
	if (type != NULL && *type == MTUD_ICMP6_MLD_QUERY)
		return mtud_ctl_mld_input(ctl, m, &chain);
	if (mtud_nd_parse(m, MTUD_L3_AT, ip_len, &in.msg, &why) < 0)
		return why;
	if (is_looped(&in))
		return MTUD_DROP_ND_LOOPED;
	/* No station sends from a group's address (IEEE 802.3 section 3.2.3), and an answer to it would
	 * be heard by all of the group. */
	if (!rte_is_valid_assigned_ether_addr(&in.from))
		return MTUD_DROP_ND_ADDRESS;
	return nd_message(&in);
}
