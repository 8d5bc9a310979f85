/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <string.h>

#include <rte_arp.h>

#include "mtud_arp.h"
#include "mtud_pkt.h"

/* The shortest Ethernet frame, without FCS: not every driver pads. */
#define FRAME_OCTETS (RTE_ETHER_MIN_LEN - RTE_ETHER_CRC_LEN)

struct arp_frame {
	struct rte_ether_hdr eth;
	struct rte_arp_hdr arp;
} __rte_packed __rte_aligned(2);

static_assert(sizeof(struct arp_frame) == MTUD_ARP_AT + 28, "ARP for IPv4 over Ethernet");

static bool
is_well_formed(const struct rte_arp_hdr *arp)
{
	return arp->arp_hardware == RTE_BE16(RTE_ARP_HRD_ETHER) &&
		arp->arp_protocol == RTE_BE16(RTE_ETHER_TYPE_IPV4) &&
		arp->arp_hlen == RTE_ETHER_ADDR_LEN && arp->arp_plen == sizeof(rte_be32_t) &&
		(arp->arp_opcode == RTE_BE16(RTE_ARP_OP_REQUEST) ||
			arp->arp_opcode == RTE_BE16(RTE_ARP_OP_REPLY));
}

/* Its MAC need not be the frame's: pairs of gateways announce the one that they share. */
static bool
has_good_sender(const struct mtud_arp_msg *msg)
{
	return rte_is_valid_assigned_ether_addr(&msg->mac) &&
		(msg->probe || mtud_ip_is_host_v4(&msg->sender));
}

/* Wherever the frame lies: in several segments, or on an odd address. */
static bool
copy_out(const struct rte_mbuf *m, struct arp_frame *f)
{
	const void *from = rte_pktmbuf_read(m, 0, sizeof(*f), f);

	if (from == NULL)
		return false;
	if (from != f)
		memcpy(f, from, sizeof(*f));
	return true;
}

int
mtud_arp_parse(const struct rte_mbuf *m, struct mtud_arp_msg *msg, enum mtud_drop *why)
{
	struct mtud_arp_msg found;
	struct arp_frame f;

	if (!copy_out(m, &f) || !is_well_formed(&f.arp)) {
		*why = MTUD_DROP_ARP_MALFORMED;
		return -EINVAL;
	}
	found = (struct mtud_arp_msg){
		.op = rte_be_to_cpu_16(f.arp.arp_opcode),
		.unicast = rte_is_unicast_ether_addr(&f.eth.dst_addr),
		.mac = f.arp.arp_data.arp_sha,
		.sender = mtud_ip_from_v4(f.arp.arp_data.arp_sip),
		.target = mtud_ip_from_v4(f.arp.arp_data.arp_tip),
	};
	found.probe = found.op == MTUD_ARP_REQUEST && mtud_ip_to_v4(&found.sender) == 0;
	found.gratuitous = mtud_ip_equal(&found.sender, &found.target);
	if (!has_good_sender(&found)) {
		*why = MTUD_DROP_ARP_ADDRESS;
		return -EINVAL;
	}
	*msg = found;
	return 0;
}

/* A frame from us: the rest of it is up to its kind. */
static struct arp_frame *
start_frame(struct rte_mempool *pool, enum mtud_arp_op op, const struct rte_ether_addr *our_mac,
	const struct mtud_ip *sender, const struct mtud_ip *target, struct rte_mbuf **out)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct arp_frame *f;

	if (m == NULL)
		return NULL;
	f = (void *)rte_pktmbuf_append(m, FRAME_OCTETS);
	if (f == NULL) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	memset(f, 0, FRAME_OCTETS);
	f->eth.src_addr = *our_mac;
	f->eth.ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP);
	f->arp.arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER);
	f->arp.arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	f->arp.arp_hlen = RTE_ETHER_ADDR_LEN;
	f->arp.arp_plen = sizeof(rte_be32_t);
	f->arp.arp_opcode = rte_cpu_to_be_16(op);
	f->arp.arp_data.arp_sha = *our_mac;
	f->arp.arp_data.arp_sip = mtud_ip_to_v4(sender);
	f->arp.arp_data.arp_tip = mtud_ip_to_v4(target);
	*out = m;
	return f;
}

/* The target's MAC, which is what is asked for, stays zero also where it is thought to be known, as
 * RFC 5227 sections 2.1.1 and 2.3 recommend. */
struct rte_mbuf *
mtud_arp_build_request(struct rte_mempool *pool, const struct rte_ether_addr *our_mac,
	const struct mtud_ip *sender, const struct mtud_ip *target,
	const struct rte_ether_addr *dst)
{
	struct rte_mbuf *m = NULL;
	struct arp_frame *f = start_frame(pool, MTUD_ARP_REQUEST, our_mac, sender, target, &m);

	if (f == NULL)
		return NULL;
	if (dst != NULL)
		f->eth.dst_addr = *dst;
	else
		memset(&f->eth.dst_addr, 0xff, sizeof(f->eth.dst_addr));
	return m;
}

struct rte_mbuf *
mtud_arp_build_reply(struct rte_mempool *pool, const struct rte_ether_addr *our_mac,
	const struct mtud_ip *ours, const struct mtud_arp_msg *request)
{
	struct rte_mbuf *m = NULL;
	struct arp_frame *f =
		start_frame(pool, MTUD_ARP_REPLY, our_mac, ours, &request->sender, &m);

	if (f == NULL)
		return NULL;
	f->eth.dst_addr = request->mac;
	f->arp.arp_data.arp_tha = request->mac;
	return m;
}
