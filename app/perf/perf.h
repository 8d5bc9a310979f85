/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef PERF_H
#define PERF_H

/*
 * What each stage of a worker costs, alone. A case is a line of cases.c: a stage, packets of a
 * kind, a table that they are routed by. Its stage is timed a burst at a time, everything before
 * and behind it is not, and each burst is checked for the work that was to be done.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "mtud_fwd.h"

/* Destinations of a table that are called hot. */
#define PERF_HOT 1024

/* Frames that a burst can become, with room to spare. */
#define PERF_LEFT_MAX (4 * MTUD_BURST)

enum perf_table {
	PERF_256, /* the routes of scripts/bench.sh */
	PERF_10K,
	PERF_250K,
	PERF_900K, /* IPv4 only */
	PERF_TABLES,
};

/* How much of everything: as a measurement needs it, or for a test of this program. */
struct perf_scale {
	uint32_t routes[PERF_TABLES][MTUD_FAMILIES];
	uint32_t tbl8s[PERF_TABLES];
	uint32_t random;   /* destinations that are not hot */
	unsigned int cold; /* bursts in turn, when data is to be cold */
	unsigned int runs; /* timed bursts of a case in a round */
};

/* Packets of one kind. */
struct perf_kind {
	uint8_t proto;               /* UDP, or TCP for SYNs with MSS 1460 */
	uint16_t len[MTUD_FAMILIES]; /* octets of the IP packet; 0: none of this family */
	bool df;                     /* IPv4 */
	bool narrow;                 /* to routes with `mtu 1280 mss clamp` */
	uint8_t rare;                /* one in so many (a multiple of 4) is of 1500 octets, and to
	                                such a route */
	enum mtud_verdict verdict;   /* what the size stage makes of them, but for rare ones */
	uint8_t sends;               /* frames that leave for each */
	uint16_t octets;             /* of these on average; 0: not asked */
};

struct perf;

/* What is timed. */
struct perf_stage {
	const char *unit; /* what ns and cycles are for each of */
	const char *what; /* a sentence for --list */
	void (*prepare)(struct perf *p); /* NULL: nothing */
	void (*run)(struct perf *p);
	/* How many units of work were done, of as many as there are packets in a burst. */
	unsigned int (*done)(struct perf *p);
	bool keeps; /* the packets still are where they were */
	unsigned int changes; /* units of a run without packets */
};

#define PERF_RANDOM 0x1 /* destinations: all of the table, not PERF_HOT of them */
#define PERF_COLD   0x2 /* packets that the first two levels of cache have forgotten */
#define PERF_COPY   0x4 /* packets without headroom, to ports that take one segment only */

struct perf_case {
	const char *name;
	const struct perf_stage *stage;
	const struct perf_kind *kind;
	enum perf_table table;
	unsigned int flags;
};

/* Of one table: addresses that its routes hold, by routes drawn at random. */
struct perf_dsts {
	uint32_t n;
	uint32_t next;
	struct mtud_ip *ip;
};

/* A worker between two ports, and the burst in its hands. */
struct perf {
	const struct perf_scale *scale;
	struct rte_rcu_qsbr *qsbr;
	struct mtud_neigh *nt;
	struct mtud_route *rt;
	struct mtud_worker *w;
	struct mtud_fwd_view view;
	struct mtud_rate *rate;
	struct rte_ring *out[2]; /* what left by a port */
	struct rte_mempool *pool_hot;
	struct rte_mempool *pool_cold;
	enum perf_table table;
	struct perf_dsts dsts[MTUD_FAMILIES];
	struct mtud_prefix spare[MTUD_FAMILIES]; /* not in the table: comes and goes */
	uint32_t serial; /* of packets */

	/* the case under measurement */
	const struct perf_case *c;
	uint8_t frame[MTUD_FAMILIES][RTE_ETHER_MAX_LEN]; /* what its packets are copies of */
	uint8_t rare[MTUD_FAMILIES][RTE_ETHER_MAX_LEN];
	struct rte_mbuf **bursts; /* slots of MTUD_BURST each, used in turn */
	unsigned int n_bursts;
	unsigned int next_burst;
	struct rte_mbuf **pkt; /* the slot in use */
	struct rte_mbuf *made[MTUD_BURST];
	rte_be16_t cksum[MTUD_BURST];
	uint32_t count;
	int32_t slot;
	struct rte_mbuf *left[PERF_LEFT_MAX];
	unsigned int n_left;
	uint64_t left_octets;
};

/* The family of a case that has one. */
static inline enum mtud_family
perf_family(const struct perf *p)
{
	return p->c->kind->len[MTUD_IPV6] != 0 ? MTUD_IPV6 : MTUD_IPV4;
}

/* Samples of a case, nanoseconds (and core cycles) of a unit, over all rounds. */
struct perf_result {
	const struct perf_case *c;
	unsigned int n;
	unsigned int n_cycles;
	double *ns;
	double *cycles;
};

/* Say what is wrong on standard error; -1. */
int perf_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* cases.c */
extern const struct perf_case perf_cases[];
extern const unsigned int perf_n_cases;
/* A case's name matches one of the patterns, or there are none. */
bool perf_case_wanted(const struct perf_case *c, char *const *patterns, int n);

/* bench.c: the worker and its ports. 0, or -1 after a sentence. */
int perf_bench_create(struct perf *p);
void perf_bench_free(struct perf *p);

/* routes.c: fill the tables anew. 0, or -1 after a sentence. */
int perf_routes_create(struct perf *p, enum perf_table table);
void perf_routes_free(struct perf *p);
/* The route of this number among those of MTU 1280: an address in it. */
struct mtud_ip perf_narrow(enum mtud_family family, unsigned int n);
/* Who sends a flow. */
struct mtud_ip perf_sender(enum mtud_family family, unsigned int flow);
int perf_add_route(struct perf *p, const struct mtud_prefix *prefix, unsigned int next_hop,
	uint16_t port, bool narrow);

/* packets.c: make a frame of the kind; give it source, destination, source port, and the checksums
 * that follow from them and from its payload. */
void perf_frame_make(uint8_t *frame, enum mtud_family family, uint16_t len,
	const struct perf_kind *kind);
void perf_frame_address(uint8_t *frame, enum mtud_family family, uint8_t proto, uint32_t flow,
	const struct mtud_ip *dst);
/* Make what the case's packets are copies of; fill a slot with them. */
void perf_packets_begin(struct perf *p);
int perf_packets_fill(struct perf *p, struct rte_mbuf **slot);

extern const struct rte_ether_addr perf_our_mac[2];
extern const struct rte_ether_addr perf_peer_mac[2];

/* measure.c: one round of a case; its samples go to r. 0, or -1 after a sentence. */
int perf_measure(struct perf *p, const struct perf_case *c, struct perf_result *r);

/* cycles.c: core cycles of this thread, where the kernel lets us count them. */
bool perf_cycles_open(void);
uint64_t perf_cycles_read(void);
void perf_cycles_close(void);

/* report.c */
void perf_report_text(const struct perf_result *r, unsigned int n);
void perf_report_json(const struct perf *p, const struct perf_result *r, unsigned int n);
/* The sample that a part of them does not exceed; sorts them. */
double perf_quantile(double *samples, unsigned int n, double part);

#endif
