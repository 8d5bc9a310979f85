/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_NEIGH_H
#define MTUD_NEIGH_H

/**
 * @file
 * The neighbor cache: who has which MAC address on which port, how sure we are of it (RFC 4861
 * section 7.3), and the packets that wait for an answer.
 *
 * The control thread owns it; workers read two things without locks: an adjacency word by its
 * index, and (port, address) -> index through a lock-free rte_hash under RCU. The cache knows
 * addresses of both families and no protocol: what to send is asked for through callbacks, what
 * came in is told to it. Time is a parameter, milliseconds of a monotonic clock.
 *
 * The cache is bounded, and bounded again for entries that still resolve: a scan of a /64 fills
 * the places of other resolving entries, never those of working neighbors (RFC 6583). What makes
 * room, first to last: the oldest entry that resolves; the longest unused STALE one that never was
 * REACHABLE; then, for a route's next hop, a static or a learned entry, but never for one that has
 * yet to resolve, the longest unused STALE one. Pinned entries and all other states stay.
 *
 * An index goes to another neighbor only after a grace period. A call that makes an entry when no
 * other index is left waits for it: the control thread must not be one that qsbr waits for.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_rcu_qsbr.h>

#include "mtud_ip.h"

/** Index of no adjacency; mtud_neigh_adj() of it is never valid. */
#define MTUD_ADJ_NONE 0
/** Most entries a cache can have: an index is 16 bits in a route slot. */
#define MTUD_NEIGH_MAX 65535
/** Most packets that can wait for one neighbor. */
#define MTUD_NEIGH_HOLD_MAX 64

/** Adjacency flags. */
#define MTUD_ADJ_VALID 0x01 /**< the MAC address is known: send */
#define MTUD_ADJ_STALE 0x02 /**< send, and say that it was used (reachability is in doubt) */

/** What a worker needs to send to a neighbor: one word, replaced by one store. */
union mtud_adj {
	uint64_t word;
	struct {
		uint8_t mac[RTE_ETHER_ADDR_LEN];
		uint8_t port;
		uint8_t flags;
	};
};

static_assert(sizeof(union mtud_adj) == sizeof(uint64_t), "an adjacency is one atomic word");
static_assert(RTE_MAX_ETHPORTS <= 256, "port ids fit the adjacency word");

/** RFC 4861 section 7.3.2, and an entry that nothing was ever sent to (NONE). */
enum mtud_neigh_state {
	MTUD_NEIGH_NONE,       /**< a route's next hop, not asked for yet */
	MTUD_NEIGH_INCOMPLETE, /**< asked, no answer yet */
	MTUD_NEIGH_REACHABLE,
	MTUD_NEIGH_STALE,
	MTUD_NEIGH_DELAY,
	MTUD_NEIGH_PROBE,
	MTUD_NEIGH_FAILED, /**< did not answer; kept only while a route refers to it */
	MTUD_NEIGH_STATIC, /**< configured: never asked, never aged, never overwritten */
};

/** What the cache asks its owner to do. The callbacks may call the cache again. */
struct mtud_neigh_ops {
	/**
	 * Send a solicitation for target on port: to its solicited-node group (or ARP broadcast)
	 * when mac is NULL, else unicast to mac as a probe. trigger is the packet that waits, or
	 * NULL: its source may choose the solicitation's (RFC 4861 section 7.2.2).
	 */
	void (*solicit)(void *ctx, uint16_t port, const struct mtud_ip *target,
		const struct rte_ether_addr *mac, const struct rte_mbuf *trigger);
	/** The next hop is resolved, its adjacency valid: send on. Takes the packets over. */
	void (*release)(void *ctx, struct rte_mbuf **pkts, unsigned int n);
	/** The next hop did not answer: tell the senders. Takes the packets over. */
	void (*fail)(void *ctx, struct rte_mbuf **pkts, unsigned int n);
	/**
	 * The cache does not wait for an answer any more: the entry made room for another, was
	 * removed, or its port was flushed. Takes the packets over; NULL: they are freed.
	 */
	void (*drop)(void *ctx, struct rte_mbuf **pkts, unsigned int n);
};

struct mtud_rcu_patience;

struct mtud_neigh_conf {
	uint32_t max;         /**< entries, 16 to MTUD_NEIGH_MAX */
	uint32_t max_pending; /**< entries in INCOMPLETE at once; 0: a quarter of max */
	uint16_t hold;        /**< packets that wait for one neighbor, newest kept; 1 to
	                           MTUD_NEIGH_HOLD_MAX */
	int socket;
	struct rte_rcu_qsbr *qsbr; /**< under which workers read */
	const struct mtud_rcu_patience *patience; /**< whom to call in a long wait, or NULL */
	const struct mtud_neigh_ops *ops;
	void *ctx;
};

/** Protocol constants of RFC 4861 section 10, milliseconds and counts. */
#define MTUD_NEIGH_RETRANS_MS    1000
#define MTUD_NEIGH_MAX_MULTICAST 3
#define MTUD_NEIGH_MAX_UNICAST   3
#define MTUD_NEIGH_DELAY_MS      5000
#define MTUD_NEIGH_REACHABLE_MS  30000 /**< base; each time a random 0.5 to 1.5 of it */
#define MTUD_NEIGH_STALE_MS      600000 /**< an unused stale entry without a route goes then */
#define MTUD_NEIGH_FAILED_MS     3000  /**< a next hop not resolved is asked again after this */

struct mtud_neigh;

/** @return the cache, or NULL with rte_errno (EINVAL, ENOMEM). */
struct mtud_neigh *mtud_neigh_create(const struct mtud_neigh_conf *conf);
/** Free the cache and what is held in it, with no callback; no worker reads it any more. NULL is
 * allowed. */
void mtud_neigh_free(struct mtud_neigh *nt);

/** @name For workers, under RCU */
/**@{*/

/** The adjacency words, indexed by adjacency; MTUD_ADJ_NONE is in it and never valid. */
const uint64_t *mtud_neigh_adjs(const struct mtud_neigh *nt);

static inline union mtud_adj
mtud_neigh_adj(const uint64_t *adjs, uint16_t adj)
{
	return (union mtud_adj){.word = __atomic_load_n(&adjs[adj], __ATOMIC_RELAXED)};
}

/**
 * The adjacency of an address on a port.
 *
 * @return its index, or MTUD_ADJ_NONE when the cache does not know the address.
 */
uint16_t mtud_neigh_find(const struct mtud_neigh *nt, uint16_t port, const struct mtud_ip *ip);

/**@}*/
/** @name For the control thread */
/**@{*/

/**
 * A route's next hop: find or make its entry and pin it.
 *
 * @param[out] adj
 *   Its index, stable until the last mtud_neigh_unref().
 * @return
 *   0, or -ENOSPC when the cache is full of entries that cannot go.
 */
int mtud_neigh_ref(struct mtud_neigh *nt, uint16_t port, const struct mtud_ip *ip, uint16_t *adj);
/** A route has gone, and so has the entry when nothing is known of the neighbor. */
void mtud_neigh_unref(struct mtud_neigh *nt, uint16_t adj);

/**
 * Hold a packet for a next hop and ask for it if that is not under way. When the next hop is
 * known by now, the packet goes to ops->release at once; when it is a route's and could not be
 * resolved within the last MTUD_NEIGH_FAILED_MS, to ops->fail. One that was known and stopped to
 * answer probes is asked again at once (RFC 4861 section 7.3.3).
 *
 * @param m
 *   Taken over, whatever the result.
 * @param[out] pushed_out
 *   An older packet that had to make room, now the caller's (count it, free it); else NULL. On
 *   an error it is m itself.
 * @return
 *   0; -ENOSPC: no room in the cache.
 */
int mtud_neigh_hold(struct mtud_neigh *nt, uint16_t port, const struct mtud_ip *ip,
	struct rte_mbuf *m, uint64_t now_ms, struct rte_mbuf **pushed_out);

/**
 * A Neighbor Solicitation, Router Solicitation or other message named its sender's link-layer
 * address (RFC 4861 section 7.2.3): a new entry is STALE, a changed MAC makes the entry STALE, the
 * same one changes nothing; INCOMPLETE becomes STALE and what waited is released.
 *
 * @param mac
 *   A unicast address and not zero: the caller has checked that.
 * @return 0, or -ENOSPC: no room, nothing learned.
 */
int mtud_neigh_learn(struct mtud_neigh *nt, uint16_t port, const struct mtud_ip *ip,
	const struct rte_ether_addr *mac, uint64_t now_ms);

/** A Neighbor Advertisement (or ARP reply) as the cache needs it. */
struct mtud_neigh_advert {
	uint16_t port;
	bool solicited;
	bool override;
	bool has_mac;
	struct mtud_ip target;
	struct rte_ether_addr mac; /**< as for mtud_neigh_learn() */
};

/**
 * Apply an advertisement by RFC 4861 section 7.2.5; where the table of appendix C says otherwise
 * (solicited without a MAC, neither solicited nor override with another one), by the section. A
 * target that was not asked for makes no entry and changes none, nor does one that failed.
 *
 * @return true when it changed or confirmed an entry.
 */
bool mtud_neigh_advertised(struct mtud_neigh *nt, const struct mtud_neigh_advert *na,
	uint64_t now_ms);

/** Workers sent to a STALE neighbor: DELAY, then PROBE (RFC 4861 section 7.3.3). */
void mtud_neigh_used(struct mtud_neigh *nt, uint16_t adj, uint64_t now_ms);

/** Run the timers; call it at least every 100 ms. */
void mtud_neigh_tick(struct mtud_neigh *nt, uint64_t now_ms);

/** Set a static entry. @return 0, or -ENOSPC. */
int mtud_neigh_set_static(struct mtud_neigh *nt, uint16_t port, const struct mtud_ip *ip,
	const struct rte_ether_addr *mac, uint64_t now_ms);
/** Remove an entry, static or learned; a route's next hop starts over. What waits goes to
 * ops->drop. @return 0 or -ENOENT. */
int mtud_neigh_del(struct mtud_neigh *nt, uint16_t port, const struct mtud_ip *ip);
/** Forget what was learned on a port whose link went down; static entries stay. What waits goes to
 * ops->drop. */
void mtud_neigh_flush_port(struct mtud_neigh *nt, uint16_t port);

/** One entry, for show and save. */
struct mtud_neigh_info {
	struct mtud_ip ip;
	struct rte_ether_addr mac; /**< zero when not known */
	uint16_t port;
	uint16_t adj;
	enum mtud_neigh_state state;
	bool proven;       /**< was REACHABLE since it came to be known */
	uint16_t held;     /**< packets waiting */
	uint32_t routes;   /**< pins */
	uint64_t since_ms; /**< when it came into this state */
};

/** Call fn for every entry, by port and address; it may call mtud_neigh_used(). */
void mtud_neigh_foreach(const struct mtud_neigh *nt,
	void (*fn)(const struct mtud_neigh_info *info, void *arg), void *arg);
/** Look one entry up. @return 0 or -ENOENT. */
int mtud_neigh_get(const struct mtud_neigh *nt, uint16_t adj, struct mtud_neigh_info *info);

/** Name of a state, as iproute2 writes it in capitals. */
const char *mtud_neigh_state_name(enum mtud_neigh_state state);

struct mtud_neigh_totals {
	uint32_t entries;
	uint32_t pending;      /**< in INCOMPLETE */
	uint32_t max;
	uint64_t evicted;      /**< entries that made room for others */
	uint64_t refused;      /**< times there was no room */
	uint64_t held;         /**< packets waiting now */
};

void mtud_neigh_totals(const struct mtud_neigh *nt, struct mtud_neigh_totals *totals);

/**@}*/

#endif
