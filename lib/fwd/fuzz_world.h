/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

/*
 * What the fuzzer of the burst function runs it in: a worker between two ports that are not there,
 * with the addresses, routes and neighbors of dts/lab/lab.py, so that the packets of the system
 * tests mean here what they mean there; and some routes more, for each option one.
 */

#include "mtud_fwd.h"
#include "mtud_trace.h"

#define FUZZ_PORTS 2

/* Packets of an input at most, octets of each and of all of them, and frames that may leave. */
#define FUZZ_FRAMES     MTUD_BURST
#define FUZZ_FRAME_MAX  9300
#define FUZZ_OCTETS_MAX 32768
#define FUZZ_OUT_MAX    4096

/* End the process with a sentence: libFuzzer keeps the input. */
#define FUZZ_CHECK(holds, ...)                                                                     \
	do {                                                                                       \
		if (!(holds))                                                                      \
			fuzz_fail(__VA_ARGS__);                                                    \
	} while (0)

__attribute__((noreturn, format(printf, 1, 2))) void fuzz_fail(const char *sentence, ...);

/* What an input chooses beside its packets, as it stands in front of them. */
struct fuzz_choice {
	uint8_t flags; /* FUZZ_ bits */
	uint8_t mtus;  /* 3 bits for each port */
	uint8_t hops;  /* of our answers; 0: 64 */
	uint8_t pools; /* 4 bits each for answers and fragments: 0, or one more than buffers left */
	uint8_t txqs;  /* 4 bits for each port: 0, or one more than what a burst has room for */
};

#define FUZZ_PORT_1      0x01 /* the packets come in by port 1, not 0 */
#define FUZZ_TRACE       0x02
#define FUZZ_FAILED      0x04 /* who was not resolved never will be */
#define FUZZ_ICMP_SOURCE 0x08
#define FUZZ_RATE        0x10 /* two answers, no more */
#define FUZZ_ONE_SEG     0x20 /* the driver of the other port takes several segments */
#define FUZZ_NOTES       0x40
#define FUZZ_DOWN        0x80 /* the other port is */

/* A route, for who does not ask the worker's lookup. */
struct fuzz_route {
	const char *prefix;
	uint16_t port;
	uint16_t mtu; /* 0: the port's */
	enum mtud_route_type type;
	const char *gw;
	union mtud_route_option option;
	uint8_t flags;
};

struct fuzz_world {
	struct mtud_worker *w;
	struct mtud_route *rt;
	struct mtud_neigh *nt;
	struct mtud_fwd_view view;
	struct rte_mempool *pool; /* what packets are received into */
	struct fuzz_choice choice;
	uint64_t since_tsc; /* when its input began */
	unsigned int n_out; /* frames that left, in their order */
	struct rte_mbuf *out[FUZZ_OUT_MAX];
	uint8_t out_port[FUZZ_OUT_MAX];
	uint64_t told[MTUD_DROP_MAX]; /* drops that the tap was told */
};

extern struct fuzz_world world;

extern const struct rte_ether_addr fuzz_mac[FUZZ_PORTS];

struct mtud_ip fuzz_ip(const char *text);

/* Once. */
void fuzz_world_make(void);
/* Before each input: as after fuzz_world_make(), but for what the input chose. */
void fuzz_world_reset(const struct fuzz_choice *choice);
/* What waits for neighbors comes back, once; the rest of what the control thread has got ends. */
void fuzz_world_control(void);

/* Addresses, routes and neighbors, for fuzz_world_make(). */
void fuzz_tables_make(struct rte_rcu_qsbr *qsbr);
/* Those that are resolved late: now, or not any more. */
void fuzz_strangers(bool known);
/* The table, read without the worker's lookup; NULL: no route. */
const struct fuzz_route *fuzz_route_to(const struct mtud_ip *ip);
/* Whom a packet to somewhere is for on a link, and his MAC: of known ones, and those resolved late.
 * @return false: nobody is there. */
bool fuzz_mac_to(uint16_t port, const struct mtud_ip *ip, struct rte_ether_addr *mac);
/* Is the next hop to somewhere known all the time? */
bool fuzz_is_neighbor_to(uint16_t port, const struct mtud_ip *ip);
/* The MTU in force of a route to somewhere. */
uint16_t fuzz_mtu_of(const struct fuzz_route *r);
/* One that is somebody else's, too, is not. */
bool fuzz_is_ours(const struct mtud_ip *ip);

/* Buffers that tell when they are given back twice, and that nobody may touch in the pool. */
struct rte_mempool *fuzz_pool_make(const char *name, unsigned int n, uint16_t room);
/* From now on: all are in it; it gives n of them, then none. */
void fuzz_pool_limit(struct rte_mempool *mp, unsigned int n);
/* Abort when one is missing. */
void fuzz_pool_check(struct rte_mempool *mp);

#endif
