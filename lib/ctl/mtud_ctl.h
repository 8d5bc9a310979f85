/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_CTL_H
#define MTUD_CTL_H

/**
 * @file
 * The control thread's packets: Neighbor Discovery as a router speaks it (RFC 4861), Duplicate
 * Address Detection (RFC 4862, RFC 4429, RFC 7527), MLDv2 reports (RFC 3810), ARP (RFC 826) with
 * its announcements (RFC 5227), and the packets that wait for a neighbor. Frames come from the
 * workers' punt rings and leave by their inject rings; the configuration is the caller's.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mempool.h>

#include "mtud_addr.h"
#include "mtud_fwd.h"
#include "mtud_neigh.h"
#include "mtud_rate.h"
#include "mtud_stat.h"

/** What a port is to the control thread. */
struct mtud_ctl_port {
	bool up; /**< started and with a link */
	struct rte_ether_addr mac;
	bool mld_asked;      /**< the next report answers a query, it tells no change */
	uint8_t mld_left;    /**< reports still to send */
	uint64_t mld_due_ms; /**< when the next one goes */
	uint64_t mld_pause_ms; /**< no query is answered before */
};

/** Things the caller must know of. */
struct mtud_ctl_ops {
	/** An address of ours went from one state to another; duplicate ones are used no more. */
	void (*addr_changed)(void *ctx, const struct mtud_addr *addr);
	/** Somebody at mac uses our address, which we keep: worth a line in the log. Called for
	 * each such message. */
	void (*addr_conflict)(void *ctx, const struct mtud_addr *addr,
		const struct rte_ether_addr *mac);
	/** A packet ends here, and is freed behind the call; NULL: nobody asks. */
	void (*dropped)(void *ctx, const struct rte_mbuf *m, enum mtud_drop reason);
	/** Is the address on the link of this port, by a route of ours? */
	bool (*is_on_link)(void *ctx, uint16_t port, const struct mtud_ip *ip);
	/** The port and neighbor that a destination's route leads to now; false: to none. */
	bool (*next_hop)(void *ctx, const struct mtud_ip *dst, uint16_t *port, struct mtud_ip *ip);
};

/** So many answers of each kind to Neighbor Solicitations and ARP requests on a port a second, and
 * at once. */
#define MTUD_CTL_RATE_PPS 10000
#define MTUD_CTL_BURST    1000
/** So many solicitations and requests of ours on a port for what comes in by another: 44 Mbit/s
 * with preamble and gap, at most a third more than what has us ask takes, which could be sent to a
 * host of the link as well. */
#define MTUD_CTL_SOLICIT_PPS   50000
#define MTUD_CTL_SOLICIT_BURST 5000

/** What each limit is on. */
enum mtud_ctl_limit {
	MTUD_CTL_KNOWN,     /**< answers to neighbors that are known to be there */
	MTUD_CTL_PROBES,    /**< answers to who probes for an address of ours */
	MTUD_CTL_STRANGERS, /**< answers to others */
	MTUD_CTL_LIMITS,
};

/** How much others can have us say on a link. */
struct mtud_ctl_limits {
	struct mtud_rate *answer[RTE_MAX_ETHPORTS][MTUD_CTL_LIMITS]; /**< by port */
	/** solicitations for what no route names, by the ports it comes in and would leave by */
	struct mtud_rate *solicit[RTE_MAX_ETHPORTS][RTE_MAX_ETHPORTS];
};

/** The control thread. */
struct mtud_ctl {
	struct mtud_addr_table *addrs;
	struct mtud_neigh *nt;
	struct rte_mempool *pool;     /**< for frames of its own */
	struct mtud_worker **workers;
	unsigned int n_workers;
	uint16_t n_ports;
	struct mtud_ctl_limits limits;
	const struct mtud_ctl_ops *ops;
	void *ctx;
	const struct mtud_fwd_drop_tap *drop_tap; /**< NULL: none; may change any time */
	uint64_t now_ms;
	uint64_t tick_ms;             /**< when the timers run next */
	struct mtud_ctl_port port[RTE_MAX_ETHPORTS];
	uint8_t stale_seen[MTUD_NEIGH_MAX + 1]; /**< the workers' use counts as last seen, summed */
	struct mtud_stat stat;
};

/** Callbacks for mtud_neigh_create(), with the struct mtud_ctl as their ctx. */
extern const struct mtud_neigh_ops mtud_ctl_neigh_ops;

/** Limits for n_ports ports. @return 0, or -ENOMEM; mtud_ctl_limits_free() it in any case. */
int mtud_ctl_limits_create(struct mtud_ctl_limits *limits, uint16_t n_ports, int socket);
void mtud_ctl_limits_free(struct mtud_ctl_limits *limits);

/** Set up; the caller has filled in everything down to ctx. */
void mtud_ctl_init(struct mtud_ctl *ctl);

/**
 * One round: take what workers punted, run the timers that are due.
 *
 * @param now_ms
 *   A monotonic clock, milliseconds.
 * @return
 *   Packets taken from the rings.
 */
unsigned int mtud_ctl_poll(struct mtud_ctl *ctl, uint64_t now_ms);

/** A port can send and has a link: check its IPv6 addresses, join its groups; announce its IPv4
 * addresses, which are good at once. */
void mtud_ctl_port_up(struct mtud_ctl *ctl, uint16_t port, const struct rte_ether_addr *mac);
/** It has not any more: forget its neighbors. */
void mtud_ctl_port_down(struct mtud_ctl *ctl, uint16_t port);

/** An address has been added to the table: the same for it. */
void mtud_ctl_addr_added(struct mtud_ctl *ctl, struct mtud_addr *addr);

/** Is Duplicate Address Detection still under way for any address? Never for an IPv4 one. */
bool mtud_ctl_dad_pending(const struct mtud_ctl *ctl);

/** @name Between the files of this library */
/**@{*/

/** [Robustness Variable] of RFC 3810 section 9.1: how often a change is reported. */
#define MTUD_CTL_MLD_ROBUSTNESS 2

/** Send a whole frame by a port; taken over, NULL is counted as MTUD_DROP_NO_MBUF. */
void mtud_ctl_send(struct mtud_ctl *ctl, uint16_t port, struct rte_mbuf *m);
/** An ND message or MLD query for us. @return MTUD_DROP_NONE, or why it ended badly. */
enum mtud_drop mtud_ctl_nd_input(struct mtud_ctl *ctl, const struct rte_mbuf *m);
/** The same for an MLD query with its headers walked. */
enum mtud_drop mtud_ctl_mld_input(struct mtud_ctl *ctl, const struct rte_mbuf *m,
	const struct mtud_pkt_chain *chain);
/** The same for an ARP packet. */
enum mtud_drop mtud_ctl_arp_input(struct mtud_ctl *ctl, const struct rte_mbuf *m);
/** May who asks from ip and mac be answered? It has its part of the limit then. */
bool mtud_ctl_may_answer(struct mtud_ctl *ctl, uint16_t port, const struct mtud_ip *ip,
	const struct rte_ether_addr *mac);
/** May who probes for our address ip from mac be told that it is taken? */
bool mtud_ctl_may_defend(struct mtud_ctl *ctl, uint16_t port, const struct mtud_ip *ip,
	const struct rte_ether_addr *mac);
/** May target be asked for, because of the packet trigger (or NULL)? */
bool mtud_ctl_may_solicit(struct mtud_ctl *ctl, uint16_t port, const struct mtud_ip *target,
	const struct rte_mbuf *trigger);
/** Announce an IPv4 address: soon, and once more. */
void mtud_ctl_announce(struct mtud_ctl *ctl, struct mtud_addr *addr);
/** Announce it now, for somebody else uses it; at most once in ten seconds. */
void mtud_ctl_defend(struct mtud_ctl *ctl, struct mtud_addr *addr);
/** Timers of DAD, announcements and MLD. */
void mtud_ctl_dad_tick(struct mtud_ctl *ctl);
void mtud_ctl_announce_tick(struct mtud_ctl *ctl);
void mtud_ctl_mld_tick(struct mtud_ctl *ctl);
/** Send MLD reports soon: when something was joined, or was asked for. */
void mtud_ctl_mld_report(struct mtud_ctl *ctl, uint16_t port, unsigned int times,
	uint64_t delay_ms);
/** Somebody else has an address that we are still checking. */
void mtud_ctl_dad_failed(struct mtud_ctl *ctl, struct mtud_addr *addr);

/**@}*/

#endif
