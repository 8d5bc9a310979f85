/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_ROUTE_H
#define MTUD_ROUTE_H

/**
 * @file
 * Routes that carry an MTU. The control thread keeps them (prefix, type, next hop, MTU) and
 * publishes them into tables that workers read without locks.
 *
 * Left-right: there are two copies of all that workers read. A commit changes the idle copy, swaps
 * one pointer, waits for a grace period and repeats the changes on the other copy. A reader sees
 * all that a commit adds, replaces and deletes or nothing of it; nothing that it walks is ever
 * written, but for a port's MTU, one store each. Tables are allocated when the first route of their family comes.
 *
 * Each family has tables of its own, made by the engine of its choice.
 *
 * A lookup gives a slot: one 64-bit word with all that the data path asks about a route, and the
 * index of the route's options and counters. A route keeps its slot as long as it lives, also when
 * it is replaced.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_rcu_qsbr.h>

#include "mtud_ip.h"
#include "mtud_neigh.h"

/** The slot of a miss, of type MTUD_ROUTE_NONE; its counters count what has no route of its own. */
#define MTUD_SLOT_NONE 0

enum mtud_route_type {
	MTUD_ROUTE_NONE = 0,    /**< there is no route: a miss without a default route */
	MTUD_ROUTE_FORWARD,     /**< to a next hop */
	MTUD_ROUTE_ONLINK,      /**< the destination itself is the next hop */
	MTUD_ROUTE_LOCAL,       /**< an address of ours */
	MTUD_ROUTE_BLACKHOLE,   /**< drop, say nothing */
	MTUD_ROUTE_UNREACHABLE, /**< drop, Unreachable code 0 (IPv4: 1) */
	MTUD_ROUTE_PROHIBIT,    /**< drop, Unreachable code 1 (IPv4: 13) */
	MTUD_ROUTE_BROADCAST,   /**< IPv4: the broadcast address of a link, drop */
};

/** Does a route of this type send packets to a port? */
static inline bool
mtud_route_sends(uint8_t type)
{
	return type == MTUD_ROUTE_FORWARD || type == MTUD_ROUTE_ONLINK;
}

/** Slot flags. */
#define MTUD_ROUTE_F_ANYCAST   0x01 /**< LOCAL: an anycast address, never a source */
#define MTUD_ROUTE_F_P2P       0x02 /**< ONLINK with /127 (IPv4: /31) or longer (by the library) */
#define MTUD_ROUTE_F_MULTICAST 0x04 /**< the prefix is multicast (set by the library) */
#define MTUD_ROUTE_F_MSS       0x08 /**< has an MSS option (set by the library) */

/** What becomes of an IPv4 packet with DF set that is larger than the route's MTU. */
enum mtud_route_df {
	MTUD_DF_REPLY, /**< drop, Fragmentation Needed (RFC 1191) */
	MTUD_DF_PASS,  /**< sent on whole while the port's MTU allows it, else as REPLY */
	MTUD_DF_CLEAR, /**< fragmented in spite of DF */
};

/** What becomes of the MSS option of TCP SYNs that take the route. */
enum mtud_route_mss {
	MTUD_MSS_KEEP,  /**< nothing */
	MTUD_MSS_CLAMP, /**< lowered to what the MTU both ways allows */
	MTUD_MSS_MAX,   /**< lowered to a number */
	MTUD_MSS_SET,   /**< set to a number, raised too */
};

/** Options of a route that few packets ask for; read and written as one word. */
union mtud_route_option {
	uint32_t word;
	struct {
		uint16_t mss;     /**< octets, for MAX and SET */
		uint8_t mss_mode; /**< enum mtud_route_mss */
		uint8_t df;       /**< enum mtud_route_df */
	};
};

static_assert(sizeof(union mtud_route_option) == sizeof(uint32_t), "options are one atomic word");

/** All that the data path asks about a route; read and written as one word. */
union mtud_slot {
	uint64_t word;
	struct {
		uint16_t adj;   /**< FORWARD: adjacency of the next hop */
		uint16_t mtu;   /**< the MTU in force, octets: min(route, port) */
		uint8_t type;   /**< enum mtud_route_type */
		uint8_t port;   /**< FORWARD, ONLINK: output port */
		uint8_t flags;  /**< MTUD_ROUTE_F_* */
		uint8_t spare;
	};
};

static_assert(sizeof(union mtud_slot) == sizeof(uint64_t), "a slot is one atomic word");

/**
 * Counters of one slot, written by one worker each; readers add the workers up. Those of every
 * packet stand by themselves, close together.
 */
struct mtud_route_count {
	uint64_t packets; /**< sent on by this route; drop reasons of the port may take some back */
	uint64_t octets;  /**< of these IP packets, as they came */
};

/** Counters of a slot's packets that needed more than to be sent on, as struct mtud_route_count. */
struct mtud_route_special {
	uint64_t too_big;    /**< larger than the MTU in force, whatever became of them */
	uint64_t answered;   /**< of these, answered: Packet Too Big or Fragmentation Needed sent */
	uint64_t fragmented; /**< IPv4: sent as fragments */
	uint64_t fragments;  /**< the fragments made of them */
	uint64_t df_passed;  /**< sent on whole, larger than the route's MTU (df pass) */
	uint64_t df_cleared; /**< fragmented in spite of DF (df clear) */
	uint64_t mss;        /**< SYNs whose MSS was rewritten */
	uint64_t spare;
};

/** Who put a route there. A STATIC route hides the CONNECTED one of the same prefix. */
enum mtud_route_origin {
	MTUD_ORIGIN_CONNECTED, /**< came with an address of ours */
	MTUD_ORIGIN_STATIC,    /**< configured */
};

struct mtud_route_spec {
	enum mtud_route_type type;
	struct mtud_ip gw; /**< FORWARD */
	uint16_t port;     /**< FORWARD, ONLINK, LOCAL */
	uint16_t mtu;      /**< octets; 0: the port's */
	uint8_t flags;     /**< MTUD_ROUTE_F_ANYCAST, else 0 */
	union mtud_route_option option; /**< FORWARD, ONLINK */
};

/** What looks addresses up. */
enum mtud_route_engine {
	MTUD_ENGINE_TRIE, /**< a trie of our own, for tables that no cache holds */
	MTUD_ENGINE_DPDK, /**< rte_lpm6, rte_fib (DIR24_8) */
};

#define MTUD_ENGINES 2

struct mtud_rcu_patience;

struct mtud_route_conf {
	uint32_t max_routes;  /**< slots, both families; at most 2^21 - 16 (a next hop has 21 bits) */
	uint32_t tbl8s;       /**< tbl8 groups of each copy of either family's table, 1 KiB each; at
	                           most 2^21 */
	unsigned int workers; /**< sets of counters */
	enum mtud_route_engine engine6; /**< of IPv6 */
	enum mtud_route_engine engine4; /**< of IPv4 */
	int socket;
	struct rte_rcu_qsbr *qsbr;
	const struct mtud_rcu_patience *patience; /**< whom a commit calls that waits long, or NULL */
	struct mtud_neigh *neigh;
	/**
	 * Called now and then within a long flush, commit or rollback: time for others. It may look routes
	 * up as workers do, and call no function for the control thread. NULL: nobody waits.
	 */
	void (*pause)(void *arg);
	void *pause_arg;
};

struct mtud_route;

/** @return the (empty) tables, or NULL with rte_errno (EINVAL, ENOMEM). */
struct mtud_route *mtud_route_create(const struct mtud_route_conf *conf);
/** Free everything, before the neighbor cache; no worker reads it any more. NULL is allowed. */
void mtud_route_free(struct mtud_route *rt);

/** @name For workers, under RCU */
/**@{*/

/** What workers read, as one commit left it. */
struct mtud_route_view;

/**
 * The view in force. Who takes it once and asks for nothing else sees one state, whatever is
 * committed meanwhile.
 *
 * @return
 *   The view, valid until the reader's next quiescent state. The control thread's is valid until
 *   the next commit.
 */
const struct mtud_route_view *mtud_route_view(const struct mtud_route *rt);

/**
 * Look up n IPv6 destinations.
 *
 * @param dst
 *   n addresses of 16 octets.
 * @param[out] slot
 *   For each the slot of the longest match, the default route's, or one of type
 *   MTUD_ROUTE_NONE.
 */
void mtud_route_lookup6(const struct mtud_route_view *view, uint8_t dst[][MTUD_IP_LEN],
	int32_t *slot, unsigned int n);

/**
 * Look up n IPv4 destinations, as mtud_route_lookup6().
 *
 * @param dst
 *   n addresses in host order.
 */
void mtud_route_lookup4(const struct mtud_route_view *view, const uint32_t *dst, int32_t *slot,
	unsigned int n);

/** The slot words, indexed by slot. */
const uint64_t *mtud_route_slots(const struct mtud_route_view *view);

static inline union mtud_slot
mtud_route_slot(const uint64_t *slots, int32_t slot)
{
	return (union mtud_slot){.word = __atomic_load_n(&slots[slot], __ATOMIC_RELAXED)};
}

/** The option words, indexed by slot. */
const uint32_t *mtud_route_options(const struct mtud_route_view *view);

static inline union mtud_route_option
mtud_route_option(const uint32_t *options, int32_t slot)
{
	return (union mtud_route_option){.word = __atomic_load_n(&options[slot], __ATOMIC_RELAXED)};
}

/** A worker's own counters, indexed by slot. */
struct mtud_route_count *mtud_route_counts(struct mtud_route *rt, unsigned int worker);
/** The same for what needed more than to be sent on. */
struct mtud_route_special *mtud_route_specials(struct mtud_route *rt, unsigned int worker);

/**@}*/
/** @name For the control thread
 * mtud_route_set(), mtud_route_del() and mtud_route_flush() stage; mtud_route_commit() publishes
 * all that was staged since the last commit, mtud_route_rollback() forgets it. Reads (get, match,
 * foreach) see what is staged.
 */
/**@{*/

/**
 * Add or replace a route. Neighbors of next hops are pinned; slot and MTU follow from the spec
 * and the port's MTU (mtud_route_set_port_mtu()).
 *
 * @return
 *   - 0: staged (also when nothing changes)
 *   - -EINVAL: prefix and next hop of different families, or an MTU below 1280 (IPv6) or 68
 *     (IPv4), or a DF option on an IPv6 route, or BROADCAST on one, or a field out of its range
 *   - -EADDRINUSE: a STATIC route for the prefix of an address of ours (CONNECTED and LOCAL), or
 *     the other way round
 *   - -ENOSPC: max_routes is reached (a deleted route counts until the commit)
 *   - -ENOBUFS: the neighbor cache has no room for the next hop
 */
int mtud_route_set(struct mtud_route *rt, const struct mtud_prefix *prefix,
	enum mtud_route_origin origin, const struct mtud_route_spec *spec);

/** Delete a route. @return 0: staged; -ENOENT: there is none of this origin. */
int mtud_route_del(struct mtud_route *rt, const struct mtud_prefix *prefix,
	enum mtud_route_origin origin);

/** Delete all routes of an origin. */
void mtud_route_flush(struct mtud_route *rt, enum mtud_route_origin origin);

/**
 * Publish what is staged, all or nothing.
 *
 * @return
 *   - 0: every worker that starts a burst from now on sees all of it
 *   - -ENOMEM: no memory for the lookup tables; rolled back
 *   - -E2BIG: the tbl8 groups do not suffice; tables as before, rolled back
 */
int mtud_route_commit(struct mtud_route *rt);
/** Forget what is staged. */
void mtud_route_rollback(struct mtud_route *rt);

/**
 * The MTU of a port: the words of the routes through it follow at once, one store each, without
 * a commit. Call it for every port before the first route.
 */
void mtud_route_set_port_mtu(struct mtud_route *rt, uint16_t port, uint16_t mtu);

/** A route, for show and save. */
struct mtud_route_info {
	struct mtud_prefix prefix;
	enum mtud_route_origin origin;
	struct mtud_route_spec spec; /**< as configured */
	uint16_t mtu;                /**< in force, octets; 0 for types that send nothing */
	uint16_t adj;
	int32_t slot;
	struct mtud_route_count count; /**< since it was added, or since clear; 0 when hidden */
	struct mtud_route_special special; /**< the same */
};

/** The route of exactly this prefix. @return 0 or -ENOENT. */
int mtud_route_get(const struct mtud_route *rt, const struct mtud_prefix *prefix,
	struct mtud_route_info *info);
/** The route an address takes. @return 0 or -ENOENT: none, not even a default route. */
int mtud_route_match(const struct mtud_route *rt, const struct mtud_ip *ip,
	struct mtud_route_info *info);
/**
 * Call fn for every route by prefix, IPv4 after IPv6's ::ffff:0:0/96 place. fn may return
 * non-zero to stop, and may delete routes.
 *
 * @param all
 *   true: CONNECTED routes hidden by STATIC ones too, each origin by itself.
 */
void mtud_route_foreach(const struct mtud_route *rt, bool all,
	int (*fn)(const struct mtud_route_info *info, void *arg), void *arg);

/** Call fn for every prefix that has a route, in no order and at once, even with many routes. fn may
 * return non-zero to stop. */
void mtud_route_scan(const struct mtud_route *rt,
	int (*fn)(const struct mtud_prefix *prefix, void *arg), void *arg);

/** Set every route's counters to zero, as far as readers see it. */
void mtud_route_clear_counts(struct mtud_route *rt);

/** The table in short. */
struct mtud_route_totals {
	uint32_t routes;
	uint32_t routes_max;
	uint32_t by_family[MTUD_FAMILIES];
	uint32_t by_type[MTUD_ROUTE_BROADCAST + 1];
	uint32_t by_len6[129]; /**< IPv6 prefixes by length */
	uint32_t by_len4[33];  /**< IPv4 prefixes by length */
	uint32_t tbl8s;       /**< tbl8 groups configured for each copy; 0 before the first route */
	uint64_t octets;      /**< memory of tables (both copies), slots and counters */
	uint64_t octets_copy[MTUD_FAMILIES]; /**< of which one copy of a family's lookup table */
};

void mtud_route_totals(const struct mtud_route *rt, struct mtud_route_totals *totals);

/** Names of DF options and MSS options as the console writes them: "reply", "clamp". */
const char *mtud_route_df_name(enum mtud_route_df df);
const char *mtud_route_mss_name(enum mtud_route_mss mode);

/** Name of an engine as the command line has it: "trie", "lpm", "dir24-8". */
const char *mtud_route_engine_name(enum mtud_family family, enum mtud_route_engine engine);

/** Name of a type as the console writes it. */
const char *mtud_route_type_name(enum mtud_route_type type);

/**@}*/

#endif
