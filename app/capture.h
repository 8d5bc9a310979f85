/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef CAPTURE_H
#define CAPTURE_H

/* Packet captures: what comes in and leaves by a port, or what is dropped on all of them, copied
 * into a pcapng file. One capture of each port at a time, and one of drops.
 *
 *	worker, control thread --copy, block--> ring --> writer, a thread for each capture --> file
 *
 * Nobody but the writer waits for a disk: what finds no copy or no room on the ring is counted as
 * missed. Only the control thread calls what is declared here. */

#include <stdbool.h>
#include <stdint.h>

#include <rte_config.h>

struct app;
struct out;

/* In place of a port: what is dropped. */
#define CAPTURE_DROPS   RTE_MAX_ETHPORTS
#define CAPTURE_SOURCES (RTE_MAX_ETHPORTS + 1)

#define CAPTURE_NAME_SIZE 16

enum capture_state {
	CAPTURE_RUNNING,
	CAPTURE_STOPPED,
	CAPTURE_DONE,   /* it had its count of packets */
	CAPTURE_FAILED, /* see error */
};

struct capture_conf {
	uint16_t source; /* a port, or CAPTURE_DROPS */
	const char *path;
	const char *filter; /* as tcpdump takes it; "": all packets */
	uint32_t snaplen;   /* octets of a packet; 0: all */
	uint64_t count;     /* packets; 0: no end */
};

struct capture_info {
	enum capture_state state;
	const char *path;
	const char *filter;
	uint32_t snaplen; /* in force */
	uint64_t count;
	uint64_t packets; /* in the file */
	uint64_t octets;  /* of these packets, as long as they were before they were cut */
	uint64_t missed;  /* packets that matched and are not in the file */
	const char *error;
};

/* What a sentence calls a source: "port 0", "drops". */
const char *capture_name(uint16_t source, char buf[CAPTURE_NAME_SIZE]);

/* 0, or -1 after a sentence in out. */
int capture_start(struct app *app, const struct capture_conf *conf, struct out *out);
/* The file is complete when it returns, but for what a slow pipe or disk did not take in time: that
 * is missed. False: none was started there, or it was stopped. */
bool capture_stop(struct app *app, uint16_t source);
/* Of the one that runs there, or else ran last; false: none did. */
bool capture_get(const struct app *app, uint16_t source, struct capture_info *info);

/* Take down those that ended by themselves. */
void capture_round(struct app *app);
/* Stop and forget all of them. */
void capture_end(struct app *app);

#endif
