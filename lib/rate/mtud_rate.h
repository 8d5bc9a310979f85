/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_RATE_H
#define MTUD_RATE_H

/**
 * @file
 * The limit on ICMP errors that RFC 4443 section 2.4 (f) asks for: a token bucket that is fair
 * between sources, with bounded state.
 *
 * The bucket holds `burst` tokens and gains `rate` a second. A flood from one source would take
 * every token the moment it falls due, and the first packet of another source would find none. So
 * a small reserve beside the bucket (an eighth of it, at least one token), filled first, serves
 * only sources that had no answer for a second; who had one is remembered in a table of fixed
 * size. As whole prefixes can be forged, what one /64 (IPv4: /24) takes from the reserve is bounded
 * too, to 16 a second. A bucket that has filled up gives burst answers to whoever comes first. The
 * sum of all answers in any window of t seconds stays within burst + 1 + rate * t.
 *
 * Time is a parameter, there are no locks: one instance, one lcore.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mtud_ip.h"

/** Remembered sources; more than these share places, and the older one is forgotten. */
#define MTUD_RATE_SOURCES 1024

struct mtud_rate;

/**
 * Make a limiter.
 *
 * @param tsc_hz
 *   Ticks a second of the clock that mtud_rate_take() is given.
 * @param socket
 *   NUMA socket for the memory, or SOCKET_ID_ANY.
 * @return
 *   The limiter, off (every answer allowed) until mtud_rate_set(); NULL with rte_errno ENOMEM.
 */
struct mtud_rate *mtud_rate_create(uint64_t tsc_hz, int socket);

/** Free a limiter; NULL is allowed. */
void mtud_rate_free(struct mtud_rate *rl);

/**
 * Change the limit. The bucket starts full, the reserve with one token.
 *
 * @param rate_pps
 *   Tokens a second; 0 switches the limit off.
 * @param burst
 *   Tokens the bucket holds; 0 counts as 1.
 * @param now_tsc
 *   The time, ticks.
 */
void mtud_rate_set(struct mtud_rate *rl, uint32_t rate_pps, uint32_t burst, uint64_t now_tsc);

/**
 * Take a token for an answer to a source.
 *
 * @param source
 *   Whom the answer would go to.
 * @param now_tsc
 *   The time, ticks; never runs backwards.
 * @return
 *   true: answer; false: hold back, and count it.
 */
bool mtud_rate_take(struct mtud_rate *rl, const struct mtud_ip *source, uint64_t now_tsc);

#endif
