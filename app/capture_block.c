/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Packets as pcapng's Enhanced Packet Blocks. librte_pcapng of DPDK 22.11 knows no comments, and
 * converts times with a state that all threads write: two workers that do so at once can move it by
 * centuries. So what it makes is given its comment here, and its time by the writer. */

/* librte_pcapng is experimental in DPDK 22.11. */
#define ALLOW_EXPERIMENTAL_API

#include <errno.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>

#include "capture_priv.h"

/* An Enhanced Packet Block in front of its packet, host byte order. */
struct block {
	uint32_t type;
	uint32_t len; /* of all, stands again at its end */
	uint32_t interface;
	uint32_t time_high;
	uint32_t time_low;
	uint32_t captured;
	uint32_t original;
};

struct option {
	uint16_t code;
	uint16_t len; /* without what fills up to 32 bits */
};

#define OPTION_END     0
#define OPTION_COMMENT 1

/* Behind a packet: what fills it up, options for flags, queue and hash, the length again. */
#define TAIL_OCTETS    (3 + 8 + 8 + 12 + 4)
#define COMMENT_OCTETS (2 * sizeof(struct option) + CAPTURE_COMMENT_SIZE)

uint32_t
capture_block_room(uint32_t snaplen)
{
	return RTE_PKTMBUF_HEADROOM + RTE_ALIGN(snaplen + TAIL_OCTETS + COMMENT_OCTETS, 64);
}

uint32_t
capture_block_octets(const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, const struct block *)->original;
}

#if COMPAT_PCAPNG_OLD
/* Put a comment between the options that are there and the length at the end. */
static int
add_comment(struct rte_mbuf *m, const char *comment)
{
	struct block *b = rte_pktmbuf_mtod(m, struct block *);
	struct option option = {OPTION_COMMENT, (uint16_t)strlen(comment)};
	const struct option end = {OPTION_END, 0};
	uint16_t padded = RTE_ALIGN(option.len, sizeof(uint32_t));
	uint16_t more = sizeof(option) + padded + sizeof(end);
	char *at = rte_pktmbuf_append(m, more);

	if (at == NULL)
		return -ENOSPC;
	at -= sizeof(b->len);
	b->len += more;
	memcpy(at, &option, sizeof(option));
	at += sizeof(option);
	memset(at, 0, padded);
	memcpy(at, comment, option.len);
	at += padded;
	memcpy(at, &end, sizeof(end));
	memcpy(at + sizeof(end), &b->len, sizeof(b->len));
	return 0;
}

struct rte_mbuf *
capture_block_make(const struct capture *c, uint16_t port, uint32_t queue, const struct rte_mbuf *m,
	enum rte_pcapng_direction direction, const char *comment)
{
	uint64_t now_tsc = rte_rdtsc();
	struct rte_mbuf *copy;
	struct block *b;

	copy = rte_pcapng_copy(port, queue, m, c->pool, c->snaplen, now_tsc, direction);
	if (copy == NULL)
		return NULL;
	if (comment != NULL && add_comment(copy, comment) < 0) {
		rte_pktmbuf_free(copy);
		return NULL;
	}
	b = rte_pktmbuf_mtod(copy, struct block *);
	b->time_high = now_tsc >> 32;
	b->time_low = (uint32_t)now_tsc;
	return copy;
}

void
capture_block_stamp(struct rte_mbuf *m, const struct capture_clock *clock)
{
	struct block *b = rte_pktmbuf_mtod(m, struct block *);
	uint64_t tsc = (uint64_t)b->time_high << 32 | b->time_low;
	bool before = tsc < clock->tsc;
	uint64_t delta = before ? clock->tsc - tsc : tsc - clock->tsc;
	uint64_t hz = rte_get_tsc_hz();
	uint64_t ns = delta / hz * NS_PER_S + delta % hz * NS_PER_S / hz;

	ns = before ? clock->ns - ns : clock->ns + ns;
	b->time_high = ns >> 32;
	b->time_low = (uint32_t)ns;
}
#else
struct rte_mbuf *
capture_block_make(const struct capture *c, uint16_t port, uint32_t queue, const struct rte_mbuf *m,
	enum rte_pcapng_direction direction, const char *comment)
{
	return rte_pcapng_copy(port, queue, m, c->pool, c->snaplen, direction, comment);
}

void
capture_block_stamp(struct rte_mbuf *m, const struct capture_clock *clock)
{
	RTE_SET_USED(m);
	RTE_SET_USED(clock);
}
#endif

/* Both clocks are read within a moment, or else, where this thread was put to sleep in between,
 * again. */
void
capture_clock_read(struct capture_clock *clock)
{
	const uint64_t moment = rte_get_tsc_hz() / MS_PER_S / 100;
	struct timespec now;
	uint64_t before, after;
	unsigned int tries = 0;

	do {
		before = rte_rdtsc();
		clock_gettime(CLOCK_REALTIME, &now);
		after = rte_rdtsc();
	} while (after - before > moment && ++tries < 8);
	clock->tsc = before + (after - before) / 2;
	clock->ns = (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}
