/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>

#include "mtud_fwd.h"

static bool
is_fragment(const struct rte_ipv4_hdr *ip)
{
	return (ip->fragment_offset &
		       RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)) != 0;
}

/* A whole packet with DF and identification 0 was never meant to be told from others (RFC 6864
 * section 4.1): its fragments need a value that does. One that is a fragment has its datagram's. */
static bool
clear_df(struct mtud_worker *w, struct rte_ipv4_hdr *ip)
{
	if (!(ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)))
		return false;
	ip->fragment_offset &= ~RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
	if (ip->packet_id == 0 && !is_fragment(ip))
		ip->packet_id = rte_cpu_to_be_16(++w->ip_id != 0 ? w->ip_id : ++w->ip_id);
	return true;
}

static enum mtud_drop
reason_of(int error)
{
	switch (error) {
	case -E2BIG:
		return MTUD_DROP_FRAG_TOO_MANY;
	case -EINVAL:
		return MTUD_DROP_FRAG_BEYOND;
	default:
		return MTUD_DROP_NO_MBUF;
	}
}

static void
send_fragment(struct mtud_worker *w, struct rte_mbuf *m, union mtud_adj adj)
{
	struct rte_ether_hdr *eth = (void *)rte_pktmbuf_prepend(m, sizeof(*eth));

	memcpy(eth->dst_addr.addr_bytes, adj.mac, RTE_ETHER_ADDR_LEN);
	eth->src_addr = w->v->port[adj.port].mac;
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	mtud_fwd_tx(w, adj.port, m);
}

static void
count(struct mtud_worker *w, const struct mtud_burst *b, unsigned int i, unsigned int fragments,
	bool df_cleared)
{
	struct mtud_route_special *special = &w->special[b->slot[i]];

	w->count[b->slot[i]].packets++;
	w->count[b->slot[i]].octets += b->ip_len[i];
	w->stat.fragmented++;
	w->stat.own_fragmented += (b->flags[i] & MTUD_FLAG_BORN) != 0;
	w->stat.fragments += fragments;
	special->fragmented++;
	special->fragments += fragments;
	special->df_cleared += df_cleared;
}

/* A port that takes one segment gets whole copies. Where the lcore's own buffers are too small for
 * them, those of the packet are not, which had it in one. */
static struct mtud_frag_pools
pools_for(const struct mtud_worker *w, const struct rte_mbuf *m, uint16_t mtu, bool multi_seg)
{
	struct mtud_frag_pools pools = w->frag;

	if (!multi_seg && RTE_PKTMBUF_HEADROOM + mtu > rte_pktmbuf_data_room_size(pools.direct))
		pools.direct = m->pool;
	return pools;
}

void
mtud_fwd_fragment(struct mtud_worker *w, struct mtud_burst *b, unsigned int i)
{
	struct rte_ipv4_hdr *ip = mtud_fwd_ip4(b->pkt[i]);
	struct rte_mbuf *fragments[MTUD_FRAG_MAX];
	struct rte_mbuf *m = b->pkt[i];
	union mtud_adj adj = b->adj[i];
	bool multi_seg = w->v->port[adj.port].tx_multi_seg;
	struct mtud_frag_pools pools = pools_for(w, m, b->route[i].mtu, multi_seg);
	const struct rte_ipv4_hdr came = *ip;
	bool df_cleared;
	int n, at;

	if (!(b->flags[i] & MTUD_FLAG_BORN))
		mtud_fwd_ttl_down(ip);
	df_cleared = clear_df(w, ip);
	rte_pktmbuf_adj(m, MTUD_L3_AT);
	n = mtud_frag_ipv4(m, b->route[i].mtu, &pools, multi_seg, fragments, RTE_DIM(fragments));
	if (n < 0) {
		*ip = came;
		rte_pktmbuf_prepend(m, MTUD_L3_AT);
		mtud_fwd_drop_of(w, b, i, reason_of(n));
		return;
	}
	count(w, b, i, n, df_cleared);
	rte_pktmbuf_free(m);
	for (at = 0; at < n; at++)
		send_fragment(w, fragments[at], adj);
}
