/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_STAT_H
#define MTUD_STAT_H

/**
 * @file
 * Counters. Each has one writer (a worker, or the control thread) and any number of readers; a
 * reader adds the writers up. A reader may see a value a few packets old, never a torn one.
 *
 * No packet is lost from sight. Those that ports gave us and those made here (answers, fragments,
 * ND, MLD and ARP) are told apart, and of both kinds each ends once. For every worker, whenever it
 * has nothing in hand,
 *
 *     in + returned = sent + fragmented + dropped + consumed + punted
 *
 * for the control thread, which receives nothing and sends by the workers,
 *
 *     in + taken = given + dropped + consumed + held
 *
 * and in sum, with what waits for a neighbor or lies on a ring between the two as held,
 *
 *     in = sent + fragmented + dropped + consumed + held
 *
 * as struct mtud_account has them. A packet that is answered has been dropped, for the reason of the
 * answer, or consumed (echo); the answer is one made here. So are the fragments of one that was
 * fragmented, so that what becomes of each of them does not count for their packet.
 */

#include <stdint.h>

#include <rte_config.h>

#include "mtud_drop.h"

/** Packets and octets in one direction of one port, as one writer saw them. */
struct mtud_stat_port {
	uint64_t rx_packets;
	uint64_t rx_octets; /**< frames as received, without FCS */
	uint64_t tx_packets;
	uint64_t tx_octets; /**< frames as handed to the PMD, without FCS */
};

/** All counters of one writer. */
struct mtud_stat {
	uint64_t drop[MTUD_DROP_MAX]; /**< packets that ended here, by reason */
	uint64_t icmp[MTUD_ICMP_MAX]; /**< errors and replies: sent, or why not */
	uint64_t syn[MTUD_SYN_MAX];   /**< TCP SYNs on routes with an MSS of their own */
	uint64_t fragmented;          /**< IPv4 packets sent as fragments */
	uint64_t fragments;           /**< the fragments made of them */
	uint64_t punted;              /**< packets handed to the control thread */
	uint64_t consumed;            /**< packets for us that ended well (echo, ND) */
	uint64_t held_released;       /**< packets that waited for a neighbor, then went */
	uint64_t forwarded;           /**< received packets that a driver took, whole */
	uint64_t returned;            /**< packets that came back from the control thread */
	uint64_t taken;               /**< control thread: packets that workers handed over */
	uint64_t given;               /**< control thread: packets handed to workers */
	uint64_t frames;              /**< control thread: frames made: ND, MLD and ARP */
	uint64_t own_drop[MTUD_DROP_MAX]; /**< of drop: packets made here */
	uint64_t own_fragmented;          /**< and so on */
	uint64_t own_punted;
	uint64_t own_returned;
	uint64_t own_taken;
	uint64_t own_given;
	uint64_t polls;               /**< rounds of the poll loop */
	uint64_t busy_polls;          /**< rounds that found packets */
	struct mtud_stat_port port[RTE_MAX_ETHPORTS];
} __rte_cache_aligned;

/** Name of a drop reason as `show drops` prints it. */
const char *mtud_drop_name(enum mtud_drop reason);
/** A sentence that explains a drop reason to an operator. */
const char *mtud_drop_text(enum mtud_drop reason);
/** Name of an ICMP counter. */
const char *mtud_icmp_counter_name(enum mtud_icmp_counter counter);
/** A sentence that explains an ICMP counter. */
const char *mtud_icmp_counter_text(enum mtud_icmp_counter counter);

/** Name of a SYN counter. */
const char *mtud_syn_counter_name(enum mtud_syn_counter counter);
/** A sentence that explains a SYN counter. */
const char *mtud_syn_counter_text(enum mtud_syn_counter counter);

/** The sum of n counters of one writer. */
uint64_t mtud_stat_total(const uint64_t *counters, unsigned int n);

/** Add what one writer counted to a sum. */
void mtud_stat_add(struct mtud_stat *sum, const struct mtud_stat *writer);
/** Take a baseline off a sum (`clear stats` keeps one, for the writers own their counters). */
void mtud_stat_sub(struct mtud_stat *sum, const struct mtud_stat *base);

/** The two kinds of packets. */
enum mtud_stat_kind {
	MTUD_STAT_RECEIVED,
	MTUD_STAT_MADE, /**< made here */
	MTUD_STAT_KINDS
};

/** Where the packets of one kind came from, and what became of them. */
struct mtud_account {
	uint64_t in;   /**< received, or made */
	uint64_t sent; /**< taken by a driver, as they are */
	uint64_t fragmented;
	uint64_t dropped;
	uint64_t consumed;
	uint64_t punted;
	uint64_t taken;
	uint64_t given;
	uint64_t returned;
};

/** The account of what one writer or several counted. */
struct mtud_account mtud_stat_account(const struct mtud_stat *stat, enum mtud_stat_kind kind);

/** Those that have not ended: in the hands of workers or the control thread, or on the way between
 * them. For the sum of all writers, or their differences since a moment at which none was open. */
static inline uint64_t
mtud_account_open(const struct mtud_account *a)
{
	return a->in - a->sent - a->fragmented - a->dropped - a->consumed;
}

#endif
