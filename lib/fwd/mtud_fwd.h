/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_FWD_H
#define MTUD_FWD_H

/**
 * @file
 * The stages of a worker, one file each. A stage is a function over a burst; what it learns about
 * a packet stands in the burst's arrays beside the mbuf and is not parsed again.
 *
 *     rx -> parse -> route -> size -> mss -> egress -> tx      every packet that fits
 *                               \-> fragment, except (if any)  answer, resolve, deliver, drop
 *     born packets ----------> size ------> egress -> tx       answers
 *
 * A burst holds packets of one family: the parse stage sorts what a port gave into two, and each
 * stage is written once, with the family known for the whole burst.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_rcu_qsbr.h>
#include <rte_ring.h>
#include <rte_spinlock.h>

#include "mtud_addr.h"
#include "mtud_arp.h"
#include "mtud_frag.h"
#include "mtud_icmp.h"
#include "mtud_mss.h"
#include "mtud_neigh.h"
#include "mtud_note.h"
#include "mtud_pkt.h"
#include "mtud_rate.h"
#include "mtud_route.h"
#include "mtud_stat.h"

/** Packets of a burst at most. */
#define MTUD_BURST 64

/** Octets from the start of a frame to its IP header. */
#define MTUD_L3_AT RTE_ETHER_HDR_LEN

/** A port as workers see it. */
struct mtud_fwd_port {
	uint64_t mac_word; /**< its MAC, as the first 8 octets of a frame to it, masked */
	uint16_t mtu;      /**< octets of an IP packet */
	bool up;           /**< may be polled and, with a link, sent to */
	bool no_link;      /**< what is sent to it ends here */
	bool tx_multi_seg; /**< takes frames of several segments */
	bool has_icmp_source[MTUD_FAMILIES];
	struct rte_ether_addr mac;
	struct mtud_ip icmp_source[MTUD_FAMILIES]; /**< set icmp source */
	const struct mtud_addr *only_source[MTUD_FAMILIES]; /**< mtud_addr_only_source(), or NULL */
};

/**
 * Marks that say of a source of one family that it may be a false one: none of those lacks its own.
 * Each makes one in 16,384 other sources look like it.
 */
#define MTUD_FWD_MARK_BITS 14

struct mtud_fwd_marks {
	uint64_t word[(1 << MTUD_FWD_MARK_BITS) / 64]; /**< a bit for each mark */
};

struct mtud_trace;

/**
 * What workers know of the configuration beside the tables: made by the control thread, never
 * changed once published, freed after a grace period.
 */
struct mtud_fwd_view {
	struct mtud_fwd_port port[RTE_MAX_ETHPORTS];
	struct mtud_addr_table addrs;
	struct mtud_fwd_marks false_source[MTUD_FAMILIES]; /**< by mtud_fwd_mark_sources() */
	uint8_t icmp_hop_limit;
	uint8_t notes;            /**< MTUD_NOTE_ bits of what is to be told */
	uint32_t icmp_rate_pps;   /**< a worker's share; 0: no limit */
	uint32_t icmp_burst;      /**< a worker's share */
	uint32_t icmp_generation; /**< changes with the two above */
	struct mtud_trace *trace; /**< NULL: none is under way */
};

/** What the size stage decided. */
enum mtud_verdict {
	MTUD_PASS,    /**< send it on by burst->adj */
	MTUD_DROP,    /**< for burst->reason, without a word */
	MTUD_ANSWER,  /**< drop for burst->reason and send burst->err */
	MTUD_LOCAL,   /**< for us */
	MTUD_RESOLVE, /**< hold until the next hop is known */
	MTUD_FRAGMENT, /**< send it on by burst->adj in fragments */
};

/** Per-packet flags: any of them keeps a packet off the straight way. */
#define MTUD_FLAG_L2_MULTICAST   0x01 /**< unicast destination in a multicast frame */
#define MTUD_FLAG_SRC_LINK_LOCAL 0x02
#define MTUD_FLAG_DST_MULTICAST  0x04
#define MTUD_FLAG_BORN           0x08 /**< ours: no error is ever sent about it */
#define MTUD_FLAG_DECIDED        0x10 /**< the verdict stands since the parse stage */
#define MTUD_FLAG_LAST_HOP       0x20 /**< its hop limit is 0 or 1 */

/** The packets in a worker's hands, as a structure of arrays. */
struct mtud_burst {
	enum mtud_family family; /**< of all of them */
	uint16_t n;
	uint16_t n_except; /**< packets whose verdict is not MTUD_PASS */
	bool has_mss;      /**< some packet's route has an MSS option */
	struct rte_mbuf *pkt[MTUD_BURST];
	int32_t slot[MTUD_BURST];
	uint16_t ip_len[MTUD_BURST];
	uint8_t flags[MTUD_BURST];
	uint8_t verdict[MTUD_BURST];
	uint8_t except[MTUD_BURST]; /**< which the n_except are */
	uint8_t reason[MTUD_BURST];
	union mtud_slot route[MTUD_BURST];
	union mtud_adj adj[MTUD_BURST];
	struct mtud_icmp_error err[MTUD_BURST];
	union {
		uint8_t dst[MTUD_BURST][MTUD_IP_LEN]; /**< IPv6 destinations */
		uint32_t dst4[MTUD_BURST];            /**< IPv4 ones, host order */
	};
};

/** One port's frames on their way out of one worker. */
struct mtud_txq {
	uint16_t n;
	uint16_t queue;
	rte_spinlock_t *lock; /**< of a queue that workers share, else NULL */
	uint64_t octets;
	uint64_t own[2 * MTUD_BURST / 64]; /**< a bit for each of pkt that was made here */
	struct rte_mbuf *pkt[2 * MTUD_BURST];
};

/** A receive queue that a worker polls. */
struct mtud_rxq {
	uint16_t port;
	uint16_t queue;
};

/** Who wants to see every packet that ends for a reason. */
struct mtud_fwd_drop_tap {
	/** Called before the packet is freed, or made into an answer: it is as it came in, unless
	 * its way had ended on a transmit queue. The caller may be a worker or the control thread. */
	void (*drop)(void *ctx, const struct rte_mbuf *m, enum mtud_drop reason);
	void *ctx;
};

/** Receive queues of one worker at most. */
#define MTUD_RXQ_MAX 64

/** A worker: all that its lcore touches. */
struct mtud_worker {
	/* control: rw before launch, worker: ro */
	unsigned int id;
	unsigned int lcore;
	uint16_t n_ports; /**< ports are 0 to n_ports - 1 */
	uint16_t n_rxq;
	struct mtud_rxq rxq[MTUD_RXQ_MAX];
	struct rte_rcu_qsbr *qsbr;
	const struct mtud_route *routes;
	const struct mtud_neigh *nt;
	const uint64_t *adjs;
	struct mtud_route_count *count;
	struct mtud_route_special *special;
	struct rte_mempool *reply_pool;
	struct mtud_frag_pools frag;
	struct rte_ring *punt;   /* worker: sp, control: sc */
	struct rte_ring *inject; /* control: sp, worker: sc */
	struct mtud_rate *error_rate;
	struct mtud_rate *echo_rate;
	struct rte_ring *notes;      /* of struct mtud_fwd_note; worker: sp, control: sc */
	struct mtud_rate *note_rate;
	uint8_t *stale_used; /* worker: counts uses of each stale adjacency, control: ro */

	/* control: rw, worker: ro, once a round */
	const struct mtud_fwd_view *view;
	bool quit;
	const struct mtud_fwd_drop_tap *drop_tap; /* NULL: none; read when a packet ends */

	/* worker: rw, control: ro */
	uint8_t stage; /**< enum mtud_fwd_stage */
	uint64_t icmp_not_noted; /**< events beyond the rate, or the ring */
	uint64_t drops_not_noted;
	struct mtud_stat stat;
	struct mtud_txq tx[RTE_MAX_ETHPORTS];

	/* worker only */
	const struct mtud_fwd_view *v; /* the view of this round */
	const struct mtud_route_view *rt; /* the same of the routes, with its slots and options */
	const uint64_t *slots;
	const uint32_t *options;
	uint32_t icmp_generation;
	uint16_t ip_id; /* of the next IPv4 packet of ours */
	uint8_t trace_next; /* the next packet's that is traced */
	uint8_t trace_mark; /* of the packet that is, 0: none is */
	struct mtud_burst rx[MTUD_FAMILIES];
	struct mtud_burst born[MTUD_FAMILIES];
} __rte_cache_aligned;

/** The first 8 octets of a frame, masked to its destination MAC. */
static inline uint64_t
mtud_fwd_mac_word(const void *frame)
{
	uint64_t word;

	memcpy(&word, frame, sizeof(word));
	return word & (RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN ? UINT64_C(0x0000ffffffffffff) :
							     UINT64_C(0xffffffffffff0000));
}

/** Is the frame for another MAC than that of a port's mac_word? */
static inline uint64_t
mtud_fwd_mac_differs(const void *frame, uint64_t mac_word)
{
	uint64_t word;

	memcpy(&word, frame, sizeof(word));
	word ^= mac_word;
	return RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN ? word << 16 : word >> 16;
}

static inline struct rte_ipv6_hdr *
mtud_fwd_ip6(const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, MTUD_L3_AT);
}

static inline struct rte_ipv4_hdr *
mtud_fwd_ip4(const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, MTUD_L3_AT);
}

/** Source and destination of a parsed packet of either family. */
static inline void
mtud_fwd_addresses(const struct rte_mbuf *m, struct mtud_ip *src, struct mtud_ip *dst)
{
	if (mtud_pkt_is_v4(m, MTUD_L3_AT)) {
		*src = mtud_ip_from_v4(mtud_fwd_ip4(m)->src_addr);
		*dst = mtud_ip_from_v4(mtud_fwd_ip4(m)->dst_addr);
	} else {
		memcpy(src->b, mtud_fwd_ip6(m)->src_addr, MTUD_IP_LEN);
		memcpy(dst->b, mtud_fwd_ip6(m)->dst_addr, MTUD_IP_LEN);
	}
}

/** The mark of an IPv4 address, network order. */
static inline unsigned int
mtud_fwd_mark4(uint32_t addr_be)
{
	return (addr_be * UINT32_C(0x9e3779b1)) >> (32 - MTUD_FWD_MARK_BITS);
}

/** The mark of an IPv6 address. */
static inline unsigned int
mtud_fwd_mark6(const uint8_t *addr)
{
	uint64_t half[2];

	memcpy(half, addr, sizeof(half));
	return (unsigned int)(((half[0] ^ half[1]) * UINT64_C(0x9e3779b97f4a7c15)) >>
		(64 - MTUD_FWD_MARK_BITS));
}

/** Is the mark of a source set? 0 or 1. */
static inline uint64_t
mtud_fwd_is_marked(const struct mtud_fwd_marks *marks, unsigned int mark)
{
	return marks->word[mark / 64] >> (mark % 64) & 1;
}

/**
 * Mark what mtud_addr_is_false_source() finds in the view's addresses but for IPv6 link-local ones,
 * which are looked at anyway; no mark is there yet.
 */
void mtud_fwd_mark_sources(struct mtud_fwd_view *v);

/** A plain store: it costs nothing, and whoever looks on sees where it stopped. */
static inline void
mtud_fwd_enter(struct mtud_worker *w, enum mtud_fwd_stage stage)
{
	__atomic_store_n(&w->stage, (uint8_t)stage, __ATOMIC_RELAXED);
}

/** Name of a stage, as its file is called. */
const char *mtud_fwd_stage_name(enum mtud_fwd_stage stage);

/** What there is to say of a frame that is dropped, whatever it holds. */
void mtud_fwd_note_of(const struct rte_mbuf *m, enum mtud_drop reason, struct mtud_fwd_note *note);

/** Note a drop: the view asks for it. */
void mtud_fwd_note_drop(struct mtud_worker *w, const struct rte_mbuf *m, enum mtud_drop reason);

/** Note what became of an answer: likewise. */
void mtud_fwd_note(struct mtud_worker *w, const struct mtud_fwd_note *note);

/** Count a packet's end; what becomes of it is the caller's, who has not changed it yet. */
static inline void
mtud_fwd_count_drop(struct mtud_worker *w, const struct rte_mbuf *m, enum mtud_drop reason)
{
	const struct mtud_fwd_drop_tap *tap = __atomic_load_n(&w->drop_tap, __ATOMIC_ACQUIRE);

	w->stat.drop[reason]++;
	if (unlikely(tap != NULL))
		tap->drop(tap->ctx, m, reason);
	if (unlikely(w->v->notes & MTUD_NOTE_DROP))
		mtud_fwd_note_drop(w, m, reason);
}

/** Count a packet's end and free it. */
static inline void
mtud_fwd_drop(struct mtud_worker *w, struct rte_mbuf *m, enum mtud_drop reason)
{
	mtud_fwd_count_drop(w, m, reason);
	rte_pktmbuf_free(m);
}

/** The same for packet i of a burst, which may be one of ours. */
static inline void
mtud_fwd_drop_of(struct mtud_worker *w, const struct mtud_burst *b, unsigned int i,
	enum mtud_drop reason)
{
	w->stat.own_drop[reason] += (b->flags[i] & MTUD_FLAG_BORN) != 0;
	mtud_fwd_drop(w, b->pkt[i], reason);
}

/** Receive from a queue and run the burst to its end. @return packets received. */
uint16_t mtud_fwd_poll(struct mtud_worker *w, const struct mtud_rxq *q);

/** The whole way of n frames from a port: nothing of them stays in hand. */
void mtud_fwd_burst(struct mtud_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n);

/** @name The stages, in their order */
/**@{*/

/** Take the view of this round; call it at the start of each, then pass bursts. */
void mtud_fwd_begin(struct mtud_worker *w);

/** Parse: check n frames from a port; those that go on stand in w->rx by family, the others have
 * ended. */
void mtud_fwd_parse(struct mtud_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n);

/** Take one frame apart that is not plain unicast IP between global addresses: the parse stage's
 * slow lane. It goes on in w->rx, or has ended. */
void mtud_fwd_examine(struct mtud_worker *w, uint16_t port, struct rte_mbuf *m);

/** An ARP frame: to the control thread when it concerns us. Takes it over. */
void mtud_fwd_arp(struct mtud_worker *w, uint16_t port, struct rte_mbuf *m);

/** The stages from route to except, for one of w->rx. */
void mtud_fwd_run(struct mtud_worker *w, struct mtud_burst *b);

/** Route: look every destination of the burst up, into b->slot and b->route. */
void mtud_fwd_route(struct mtud_worker *w, struct mtud_burst *b);

/** Size: one compare for what fits; a verdict for each packet. */
void mtud_fwd_size(struct mtud_worker *w, struct mtud_burst *b);

/** The verdict on a packet that does not take the straight way. */
enum mtud_verdict mtud_fwd_judge(struct mtud_worker *w, struct mtud_burst *b, unsigned int i);

/** The part of it that asks for the next hop of b->route[i]: PASS with b->adj[i], or RESOLVE. */
enum mtud_verdict mtud_fwd_judge_next_hop(struct mtud_worker *w, struct mtud_burst *b,
	unsigned int i);

/** The verdict on packet i, which is larger than its route's MTU. */
enum mtud_verdict mtud_fwd_judge_too_big(struct mtud_worker *w, struct mtud_burst *b,
	unsigned int i);

/** MSS: rewrite that of SYNs on routes that ask for it, of those packets that are sent on. */
void mtud_fwd_mss(struct mtud_worker *w, struct mtud_burst *b);

/** Egress: hop limit, Ethernet header, counters, into the port's batch; MTUD_PASS and
 * MTUD_FRAGMENT only. */
void mtud_fwd_egress(struct mtud_worker *w, struct mtud_burst *b);

/** Egress of one packet with verdict MTUD_FRAGMENT. */
void mtud_fwd_fragment(struct mtud_worker *w, struct mtud_burst *b, unsigned int i);

/** What does not pass: answer, deliver, resolve or drop. Answers go to w->born. */
void mtud_fwd_except(struct mtud_worker *w, struct mtud_burst *b);

/** Send what was born: the answers of this round. */
void mtud_fwd_send_born(struct mtud_worker *w);

/** The same as mtud_fwd_burst() while there is a trace: packets that match take the stages alone, and
 * are recorded. */
void mtud_fwd_trace(struct mtud_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n);

/** A packet that came back from the control thread: if it was traced before, what stands in w->rx is
 * sent, and then this, which is recorded. @return false: it is none, and still the caller's. */
bool mtud_fwd_trace_again(struct mtud_worker *w, struct rte_mbuf *m);

/** What the control thread handed back: resolved, failed, or its own frames. */
void mtud_fwd_inject(struct mtud_worker *w);

/** One such packet that has been resolved or failed.
 * @return where in w->rx it is the last one; NULL: it, or what came of it, stands in w->born, or has
 * ended. */
struct mtud_burst *mtud_fwd_take_back(struct mtud_worker *w, struct rte_mbuf *m);

/** Hand every port's batch to its PMD; what that does not take is counted and freed. */
void mtud_fwd_flush(struct mtud_worker *w);

/**@}*/
/** @name Between the stages */
/**@{*/

/** Put a whole frame of ours into a port's batch. */
void mtud_fwd_tx(struct mtud_worker *w, uint16_t port, struct rte_mbuf *m);

/** Send an error about packet i of b, unless it may not be sent. The packet is taken over. */
void mtud_fwd_answer(struct mtud_worker *w, struct mtud_burst *b, unsigned int i,
	const struct mtud_icmp_error *err, const struct mtud_ip *src);

/** The counter of an error that is sent. */
enum mtud_icmp_counter mtud_fwd_counter_of(enum mtud_family family,
	const struct mtud_icmp_error *err);

/** The errors that the size stage decided on: those of b with MTUD_ANSWER, which are taken over. */
void mtud_fwd_answers(struct mtud_worker *w, struct mtud_burst *b);

/** The route that an answer to an address beyond the link takes. @return its slot. */
int32_t mtud_fwd_way_back(const struct mtud_worker *w, const struct mtud_ip *to,
	union mtud_slot *route);

/** The verdict that a packet of ours or a stranger's is dropped, for a reason. */
static inline enum mtud_verdict
mtud_fwd_refuse(struct mtud_burst *b, unsigned int i, enum mtud_drop reason)
{
	b->reason[i] = reason;
	return MTUD_DROP;
}

/** The verdict that it is dropped with an error; about a packet of ours there is none. */
static inline enum mtud_verdict
mtud_fwd_refuse_with(struct mtud_burst *b, unsigned int i, enum mtud_drop reason,
	enum mtud_icmp_what what, uint32_t value)
{
	b->reason[i] = reason;
	if (b->flags[i] & MTUD_FLAG_BORN)
		return MTUD_DROP;
	b->err[i] = mtud_icmp_error_of(b->family, what, value);
	return MTUD_ANSWER;
}

/** Add a parsed packet to the burst of its family, and return that. */
static inline struct mtud_burst *
mtud_fwd_take(struct mtud_burst *bursts, enum mtud_family family, struct rte_mbuf *m,
	uint16_t ip_len, uint8_t flags)
{
	struct mtud_burst *b = &bursts[family];
	unsigned int at = b->n++;
	bool last_hop;

	b->pkt[at] = m;
	b->ip_len[at] = ip_len;
	if (family == MTUD_IPV4) {
		b->dst4[at] = rte_be_to_cpu_32(mtud_fwd_ip4(m)->dst_addr);
		last_hop = mtud_fwd_ip4(m)->time_to_live <= 1;
	} else {
		memcpy(b->dst[at], mtud_fwd_ip6(m)->dst_addr, MTUD_IP_LEN);
		last_hop = mtud_fwd_ip6(m)->hop_limits <= 1;
	}
	b->flags[at] = flags | (last_hop ? MTUD_FLAG_LAST_HOP : 0);
	return b;
}

/** The destination of packet i. */
static inline struct mtud_ip
mtud_fwd_dst(const struct mtud_burst *b, unsigned int i)
{
	struct mtud_ip dst;

	if (b->family == MTUD_IPV4)
		return mtud_ip_from_v4(rte_cpu_to_be_32(b->dst4[i]));
	memcpy(dst.b, b->dst[i], MTUD_IP_LEN);
	return dst;
}

/** TTL less 1, and the header checksum with it (RFC 1141; RFC 1624 section 4: never 0xffff). */
static inline void
mtud_fwd_ttl_down(struct rte_ipv4_hdr *ip)
{
	uint32_t sum = ip->hdr_checksum + (uint32_t)RTE_BE16(0x0100);

	ip->time_to_live--;
	ip->hdr_checksum = (uint16_t)(sum + (sum >= 0xffff));
}

/** Add a packet of ours to w->born: the slot of its route, or -1 when its destination is link-local
 * on the port that m->port names. */
void mtud_fwd_bear(struct mtud_worker *w, struct rte_mbuf *m, uint16_t ip_len, int32_t slot);

/** Deliver packet i of b, which is for us. Takes it over. */
void mtud_fwd_local(struct mtud_worker *w, struct mtud_burst *b, unsigned int i);

/**
 * Check the extension headers of a packet for us (RFC 8200 section 4.2 to 4.4).
 *
 * @param[out] err
 *   A Parameter Problem to send, type 0 for none.
 * @return true: go on to the upper layer.
 */
bool mtud_fwd_local_headers(const struct rte_mbuf *m, uint16_t ip_len,
	struct mtud_icmp_error *err);

/** Hand a packet to the control thread; it is counted and freed when the ring is full. */
void mtud_fwd_punt(struct mtud_worker *w, struct rte_mbuf *m, enum mtud_pkt_why why,
	uint16_t ip_len);

/**@}*/

#endif
