/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_TRACE_H
#define MTUD_TRACE_H

/**
 * @file
 * Traces: packets that match are taken through the stages one at a time, in their place among the
 * others, and what each stage made of them is recorded. No stage knows of it: what it decided
 * stands in the burst's arrays, what it did in the counters and the ports' batches.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mtud_fwd.h"

/** Octets of a packet as it came that a record has: its headers and some of what follows. */
#define MTUD_TRACE_HEAD 256
/** The same of a frame that left. */
#define MTUD_TRACE_FRAME_HEAD 192
/** Frames that left, with their heads; of more the first ones and the last. */
#define MTUD_TRACE_FRAMES 4
/** Records of a worker that wait to be read. */
#define MTUD_TRACE_RECORDS 64

/** A frame that a packet left as, or that it caused. */
struct mtud_trace_frame {
	uint16_t port;
	uint16_t head_len;
	uint32_t len; /**< octets of the frame */
	bool own;     /**< made here */
	uint8_t head[MTUD_TRACE_FRAME_HEAD];
};

/** One packet's way. */
struct mtud_trace_record {
	uint64_t tsc;  /**< when its way began */
	uint16_t port; /**< that it came in by */
	uint8_t mark;  /**< by which it will be known again; 0: it did not go to the control thread */
	bool again;    /**< it came back from there, or what it caused did */
	bool own;      /**< it was made here */
	bool failed;   /**< again: its next hop did not answer */

	uint32_t len; /**< octets of the frame */
	uint16_t head_len;
	uint8_t head[MTUD_TRACE_HEAD]; /**< as it came; again: as it went to wait */

	/* What the stages found; only where the packet is sound IP. */
	bool sound;
	enum mtud_family family;
	uint16_t ip_len;
	uint8_t flags;
	enum mtud_verdict verdict;
	int32_t slot;
	union mtud_slot route;

	/* What was counted; NONE (syn: MAX) for nothing. */
	enum mtud_drop drop;     /**< of the packet itself */
	enum mtud_drop own_drop; /**< of what was made of it: an answer, fragments */
	enum mtud_icmp_counter icmp;
	enum mtud_syn_counter syn;
	uint32_t n_own_drop;
	uint32_t fragments;
	bool consumed;
	bool punted;     /**< it went to the control thread */
	bool own_punted; /**< what was made of it did: its next hop is not known */

	uint32_t n_frames; /**< that left, or were to; 0 to MTUD_TRACE_FRAMES stand here */
	struct mtud_trace_frame frame[MTUD_TRACE_FRAMES];
};

/** A worker's records: it writes them, the control thread reads them. */
struct mtud_trace_queue {
	uint32_t written; /* worker: rw, control: ro */
	uint32_t read;    /* control: rw, worker: ro */
	uint32_t left;    /* worker: packets still to be recorded */
	uint64_t missed;  /* worker: rw, control: ro; matched while there was no room */
	struct mtud_trace_record record[MTUD_TRACE_RECORDS];
} __rte_cache_aligned;

/** A trace; the view of the workers leads to it. */
struct mtud_trace {
	/** Does a packet match, as it came? Called by workers: it must have no state. NULL: all do. */
	bool (*matches)(const void *filter, const struct rte_mbuf *m);
	const void *filter;
	int port;    /**< only what comes in by this one; -1: by any */
	bool closed; /**< control: rw, workers: ro; no more is recorded */
	unsigned int n_queues;
	struct mtud_trace_queue queue[]; /**< by worker */
};

/**
 * Make a trace.
 *
 * @param workers
 *   How many there are.
 * @param count
 *   Packets that each of them records at most.
 * @return the trace, to be freed by mtud_trace_free(); NULL: no memory.
 */
struct mtud_trace *mtud_trace_create(unsigned int workers, uint32_t count);
/** Free it, when no view leads to it any more. NULL is allowed. */
void mtud_trace_free(struct mtud_trace *t);

/** For the control thread: a worker's oldest record, or NULL. */
const struct mtud_trace_record *mtud_trace_peek(const struct mtud_trace *t, unsigned int worker);
/** Done with it. */
void mtud_trace_pop(struct mtud_trace *t, unsigned int worker);
/** For the control thread: packets that matched and were not recorded for want of room. */
uint64_t mtud_trace_missed(const struct mtud_trace *t);

#endif
