/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_NOTE_H
#define MTUD_NOTE_H

/**
 * @file
 * What a worker lets others know of itself: where it stands, and events one by one.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mtud_ip.h"

/** What of a worker's doings is told one by one, bits of a view's notes. */
#define MTUD_NOTE_ICMP 0x01 /**< each answer, sent or held back */
#define MTUD_NOTE_DROP 0x02 /**< each drop */

/** Notes that a worker makes a second at most, and that its ring holds. */
#define MTUD_NOTES_PER_S 100
#define MTUD_NOTES_RING  256

/** One of these events, for the control thread to log. */
struct mtud_fwd_note {
	uint8_t what;  /**< MTUD_NOTE_ICMP or MTUD_NOTE_DROP */
	uint8_t sent;  /**< ICMP: the answer that was made, or held back: enum mtud_icmp_counter */
	uint8_t why;   /**< enum mtud_drop; ICMP: why not sent, or MTUD_ICMP_NONE */
	bool has_ip;   /**< src, dst and octets are those of the IP packet, else octets of a frame */
	uint16_t port; /**< that the packet came in by */
	uint16_t ether_type; /**< host order; 0: there is none */
	uint32_t octets;
	uint32_t value;      /**< ICMP: MTU in octets, or pointer */
	struct mtud_ip src;  /**< of the packet dropped, or answered */
	struct mtud_ip dst;
	struct mtud_ip from; /**< ICMP: the answer's source; unspecified: there is none */
};

/** Where a worker stands, for who finds that it does not move. */
enum mtud_fwd_stage {
	MTUD_STAGE_REST, /**< between rounds */
	MTUD_STAGE_INJECT,
	MTUD_STAGE_RX,
	MTUD_STAGE_PARSE,
	MTUD_STAGE_ROUTE,
	MTUD_STAGE_SIZE,
	MTUD_STAGE_MSS,
	MTUD_STAGE_EGRESS,
	MTUD_STAGE_EXCEPT,
	MTUD_STAGE_BORN,
	MTUD_STAGE_FLUSH,
	MTUD_STAGES,
};

#endif
