/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_STAT_H
#define MTUD_STAT_H

/**
 * @file
 * Counters. Each has one writer (a worker, or the control thread) and any number of readers; a
 * reader adds the writers up. A reader may see a value a few packets old, never a torn one.
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

/** Add what one writer counted to a sum. */
void mtud_stat_add(struct mtud_stat *sum, const struct mtud_stat *writer);
/** Take a baseline off a sum (`clear stats` keeps one, for the writers own their counters). */
void mtud_stat_sub(struct mtud_stat *sum, const struct mtud_stat *base);

#endif
