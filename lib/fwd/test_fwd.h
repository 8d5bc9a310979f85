/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef TEST_FWD_H
#define TEST_FWD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "mtud_fwd.h"

/* Two ports made of rings, a worker between them, and packets made by hand. */

#define PORTS 2

struct bench {
	struct mtud_worker *w;
	struct mtud_route *rt;
	struct mtud_neigh *nt;
	struct mtud_fwd_view view;
	struct rte_mempool *pool;
	struct rte_ring *out[PORTS]; /* what left by a port */
};

extern struct bench bench;

int bench_setup(void **state);
int bench_teardown(void **state);
/* Between tests: counters to zero, nothing in any ring. */
int bench_reset(void **state);

/* Addresses of the bench: ours are X::1, neighbors X::2 with a static entry each. */
extern const struct rte_ether_addr our_mac[PORTS];
extern const struct rte_ether_addr peer_mac[PORTS];
struct mtud_ip ip6(const char *text);

/* What a packet is made of; the rest is zero or right. */
struct recipe {
	const char *src;
	const char *dst;
	uint8_t hop_limit;    /* 0: 64; use no_hops for 0 itself */
	uint8_t proto;        /* 0: UDP (17) */
	bool no_hops;
	uint16_t ip_len;      /* 0: 100 */
	uint16_t padding;     /* octets behind the IP packet */
	const uint8_t *payload;
	uint16_t payload_len;
	const struct rte_ether_addr *dst_mac; /* NULL: ours on port 0 */
	uint16_t ether_type;  /* 0: IPv6 */
};

struct rte_mbuf *make(const struct recipe *r);

/* The same for IPv4: TOS 0x10, identification 0x1234. */
struct recipe4 {
	const char *src;
	const char *dst;
	uint8_t ttl;   /* 0: 64; use no_ttl for 0 itself */
	bool no_ttl;
	uint8_t proto; /* 0: UDP (17) */
	uint16_t frag; /* flags and fragment offset, host order */
	uint16_t ip_len; /* 0: 100 */
	uint16_t padding;
	const void *options;
	uint8_t options_len; /* a multiple of 4 */
	const uint8_t *payload; /* what the first octets behind the header are */
	uint16_t payload_len;
	const struct rte_ether_addr *dst_mac;
};

struct rte_mbuf *make4(const struct recipe4 *r);
/* Write the header checksum; is it right? (Octet by octet, as RFC 1071 describes it.) */
void seal4(struct rte_mbuf *m);
bool is_sealed4(const struct rte_mbuf *m);
void feed_all(uint16_t port, struct rte_mbuf **pkts, uint16_t n);
/* Receive it on a port and run it to its end. */
void feed(uint16_t port, struct rte_mbuf *m);
/* The counters of the route that an IPv4 destination takes. */
struct mtud_route_special *special_of(const char *dst);
/* What left by a port, or NULL. */
struct rte_mbuf *leaving(uint16_t port);
/* Packets of every kind; random() chooses. Call mix_seal() once before. */
void mix_seal(void);
struct rte_mbuf *mix_frame(void);
/* One that is forwarded. */
struct rte_mbuf *mix_first(void);
/* A random number below n. */
unsigned int mix_below(unsigned int n);
/* Nothing left, the reason counted once, every buffer back. */
void assert_dropped(enum mtud_drop reason);
void assert_silent(void);
void assert_all_free(void);

/* The tap on drops: bench_reset() sets it, feed() tells it, assert_all_free() asks it. */
void tap_reset(void);
void tap_fed(uint16_t port, const struct rte_mbuf *m);
void tap_check(void);

#endif
