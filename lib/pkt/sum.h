/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef PKT_SUM_H
#define PKT_SUM_H

#include <stdint.h>

/* The one's complement sum of len octets' 16-bit words (RFC 1071), as rte_raw_cksum() gives it, with
 * the widest vectors that this CPU has and EAL allows. */
uint16_t pkt_sum(const void *octets, uint32_t len);

/* The ways to do it; each works on any length. Which ones the CPU has is for the caller to know. */
#ifdef RTE_ARCH_X86_64
uint16_t pkt_sum_avx2(const void *octets, uint32_t len);
uint16_t pkt_sum_avx512(const void *octets, uint32_t len);
#endif

#endif
