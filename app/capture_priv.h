/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef CAPTURE_PRIV_H
#define CAPTURE_PRIV_H

/* What the files of captures share; nobody else includes this. */

#include <sys/types.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_pcapng.h>
#include <rte_ring.h>

#include "app.h"
#include "capture.h"
#include "compat.h"
#include "filter.h"

/* Copies that wait for the writer. */
#define CAPTURE_RING_SIZE 4096
/* Packets that the writer takes at once. */
#define CAPTURE_BURST 32

/* "too_big: larger than the MTU of its route"; a longer one is cut. */
#define CAPTURE_COMMENT_SIZE 192

struct capture {
	/* control: rw before workers see it, all: ro */
	uint16_t source;
	uint16_t n_ports;
	uint32_t snaplen;
	uint64_t count;
	char *path;
	char *filter_text;
	struct filter *filter; /* NULL: everything matches */
	struct rte_mempool *pool;
	struct rte_ring *ring;                  /* workers, control: mp; writer: sc */
	char (*comments)[CAPTURE_COMMENT_SIZE]; /* by drop reason */
	int fd; /* the writer closes it */
	dev_t dev; /* the file */
	ino_t ino;
	bool is_pipe;

	/* workers, control: rw */
	uint64_t missed;

	/* writer: rw, all: ro */
	rte_pcapng_t *pcapng;
	uint64_t packets;
	uint64_t octets;
	int error;  /* errno; set before ended */
	bool ready; /* the file has its head */
	bool ended; /* no more is taken from the ring */

	/* control: rw, writer: ro */
	bool stop;
	uint64_t deadline_ms; /* set before stop: the writer ends by then, done or not */

	/* control only */
	bool attached;
	enum capture_state state;
	compat_thread_t writer;
	struct mtud_fwd_drop_tap tap;
	uint16_t n_rx, n_tx; /* callbacks */
	const struct rte_eth_rxtx_callback *rx[RTE_MAX_QUEUES_PER_PORT];
	const struct rte_eth_rxtx_callback *tx[RTE_MAX_QUEUES_PER_PORT];
};

/* capture_block.c: a copy of a packet as a pcapng block; comment may be NULL. NULL without one. */
struct rte_mbuf *capture_block_make(const struct capture *c, uint16_t port, uint32_t queue,
	const struct rte_mbuf *m, enum rte_pcapng_direction direction, const char *comment);
/* Data room that a block of snaplen octets needs. */
uint32_t capture_block_room(uint32_t snaplen);
/* Octets of the packet that a block is about. */
uint32_t capture_block_octets(const struct rte_mbuf *m);

/* A moment on both clocks. */
struct capture_clock {
	uint64_t tsc;
	uint64_t ns; /* since 1970 */
};

void capture_clock_read(struct capture_clock *clock);
/* Give a block its time of day; clock was read a short while before or after it was made. */
void capture_block_stamp(struct rte_mbuf *m, const struct capture_clock *clock);

/* capture_tap.c: begin to copy packets; 0 or a negative errno. */
int capture_attach(struct app *app, struct capture *c);
/* No worker uses it when this returns. */
void capture_detach(struct app *app, struct capture *c);

/* capture_file.c: open what the capture is written to, as it has it in path; 0, or -1 after a
 * sentence that begins with who. */
int capture_open(struct capture *c, const char *who, struct out *out);
/* Start the writer; 0, or a negative errno with the file closed. */
int capture_writer_start(struct capture *c);
/* Let it write what is on the ring, as far as it gets there in time, and wait for it. */
void capture_writer_stop(struct capture *c);

#endif
