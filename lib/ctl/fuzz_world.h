/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

/* A router for the fuzzer of its control thread: two ports made of rings, a worker, the control
 * thread behind its punt ring, and a clock that the input advances. */

#include <stdio.h>
#include <stdlib.h>

#include "mtud_ctl.h"

#define PORTS     2
#define NEIGHBORS 32
#define PENDING   8
#define HOLD      3

/* An invariant does not hold: say which, and end as libFuzzer wants it. */
#define BROKEN(...)                                             \
	do {                                                    \
		fprintf(stderr, "fuzz_neighbor: " __VA_ARGS__); \
		fputc('\n', stderr);                            \
		abort();                                        \
	} while (0)

/* The neighbors at one moment, in their order. */
struct picture {
	unsigned int n;
	struct mtud_neigh_info entry[NEIGHBORS];
};

struct world {
	struct mtud_ctl *ctl;
	struct mtud_worker *w;
	struct mtud_neigh *nt;
	struct mtud_route *rt;
	struct mtud_addr_table addrs;
	struct mtud_fwd_view *view;
	struct rte_mempool *rx;  /* frames that come in */
	struct rte_mempool *own; /* the control thread's */
	struct rte_ring *out[PORTS];
	uint64_t now_ms;
};

extern struct world world;
extern const struct rte_ether_addr our_mac[PORTS];

/* Once. */
void world_make(void);
/* As it was after world_make(), at another time. */
void world_reset(void);
struct mtud_ip world_ip(const char *text);
/* The workers' view follows the addresses. */
void world_follow(void);
/* Take one of some addresses, or give it back. */
void world_toggle_address(unsigned int which);
/* Is it on the link of this port, by the addresses of ours? */
bool world_is_on_link(uint16_t port, const struct mtud_ip *ip);
void world_picture(struct picture *p);
/* mbufs that are out of their pools, whoever has them. */
unsigned int world_in_use(void);

/* fuzz_frame.c: a frame for a port, of which no octet behind its end may be read. NULL: no room. */
struct rte_mbuf *frame_make(uint16_t port, const uint8_t *octets, uint16_t len, uint16_t split);
/* Write the lengths and checksums that its headers ask for; the frame is contiguous. */
void frame_seal(uint8_t *octets, uint16_t len);
/* The checksum of len octets behind an IPv6 header, which is 0 where it is right. */
uint16_t frame_cksum6(const uint8_t *ip6, const uint8_t *from, uint16_t len, uint8_t proto);

/* fuzz_teach.c: what an honest reader of the RFCs learns of a frame. */
struct lesson {
	bool learns;  /* of this neighbor alone */
	bool creates; /* it need not be known already */
	bool has_mac;
	uint8_t type; /* of its ICMPv6 message, 0: ARP */
	bool solicited;
	bool override;
	uint8_t mac[RTE_ETHER_ADDR_LEN];
	struct mtud_ip ip;
};

void teach(uint16_t port, const uint8_t *octets, uint16_t len, struct lesson *lesson);
/* Nothing changed between the two but what the lesson allows. */
void teach_check(uint16_t port, const struct lesson *lesson, const struct picture *before,
	const struct picture *after);

/* fuzz_sent.c: a frame that the control thread sends. */
void sent_check(uint16_t port, const struct rte_mbuf *m);

#endif
