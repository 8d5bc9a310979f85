/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef TRACE_H
#define TRACE_H

/* The records of a trace in words. */

#include <stddef.h>
#include <stdint.h>

#include "mtud_trace.h"
#include "out.h"

struct app;

/* Room for a packet in words. */
#define TRACE_PACKET_STRLEN 320

/* Say what a frame holds, as far as its first octets tell: tcpdump's words where it has them. */
void trace_packet(const uint8_t *head, uint16_t head_len, char text[TRACE_PACKET_STRLEN]);
/* The MSS that it announces, if it is a TCP SYN with one; else 0. */
uint16_t trace_mss(const uint8_t *head, uint16_t head_len);

/* A MAC address as every table has it. */
const char *trace_mac(const struct rte_ether_addr *mac, char text[RTE_ETHER_ADDR_FMT_SIZE]);

/* Free what the last trace left, when no worker runs. */
void trace_end(struct app *app);

/* Whose record it is. */
struct trace_title {
	uint32_t number;
	unsigned int worker;
	unsigned int lcore;
	uint64_t time_us; /* since 1970 */
};

/* A packet's way, a line for each stage, by the tables as they are now. */
void trace_print(const struct mtud_trace_record *r, const struct trace_title *title,
	struct out *out);

#endif
