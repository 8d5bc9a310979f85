/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef ROUTE_TO_H
#define ROUTE_TO_H

#include <stdint.h>

#include "mtud_ip.h"
#include "mtud_route.h"
#include "out.h"

/* Say in a sentence which route an address takes, the MTU in force and why, and what a packet of
 * size octets (0: none) would get. */
void route_to_print(const struct mtud_ip *ip, uint32_t size, struct out *out);

/* Room for a route in words. */
#define ROUTE_TO_STRLEN 320

/* The route that it takes in words, for a line of its own. False: it takes none; info tells
 * nothing. */
bool route_to_way(const struct mtud_ip *ip, struct mtud_route_info *info,
	char text[ROUTE_TO_STRLEN]);

#endif
