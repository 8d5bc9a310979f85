/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef ROUTE_TO_H
#define ROUTE_TO_H

#include <stdint.h>

#include "mtud_ip.h"
#include "out.h"

/* Say in a sentence which route an address takes, the MTU in force and why, and what a packet of
 * size octets (0: none) would get. */
void route_to_print(const struct mtud_ip *ip, uint32_t size, struct out *out);

#endif
