/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef NEIGH_PRIV_H
#define NEIGH_PRIV_H

#include <sys/queue.h>

#include <rte_common.h>
#include <rte_hash.h>

#include "mtud_neigh.h"

/* Hashed and compared as it lies in memory. */
struct key {
	struct mtud_ip ip;
	uint16_t port;
	uint8_t zero[6];
};

static_assert(sizeof(struct key) == MTUD_IP_LEN + 8, "a key has no padding");

TAILQ_HEAD(entry_list, entry);

struct entry {
	TAILQ_ENTRY(entry) link;
	struct entry_list *list; /* the one it is in, or NULL */
	struct key key;
	struct rte_ether_addr mac; /* zero unless its state says that it is known */
	bool live;                 /* in the hash; else free, or waiting for a grace period */
	bool proven;               /* was REACHABLE since it came to be known */
	uint8_t tries;             /* solicitations sent in this state */
	uint8_t n_held;
	enum mtud_neigh_state state;
	uint32_t routes;   /* pins */
	uint32_t timer;    /* its place in the heap, 0: no timer runs */
	uint64_t due_ms;   /* of its timer; FAILED, without one: may be asked again from then on */
	uint64_t since_ms; /* when it came into this state */
	int32_t hash_at;   /* what the hash wants back after the grace period ... */
	uint64_t token;    /* ... that began with this */
};

/* Packets on their way out of an entry, before a callback may change it. */
struct packets {
	unsigned int n;
	struct rte_mbuf *pkt[MTUD_NEIGH_HOLD_MAX];
};

struct mtud_neigh {
	/* workers: ro, control: rw */
	uint64_t *adjs; /* by adjacency */
	struct rte_hash *hash;

	/* control only */
	struct mtud_neigh_conf conf __rte_cache_aligned;
	uint64_t now_ms;        /* as last told */
	struct entry *entries;  /* by adjacency */
	struct rte_mbuf **held; /* conf.hold for each adjacency, oldest first */
	uint16_t *order;        /* adjacencies of live entries by port and address */
	uint32_t n_entries;
	uint32_t pending;    /* in INCOMPLETE */
	struct entry **heap; /* running timers, from 1; the first is due first */
	uint32_t n_heap;
	struct entry_list free;   /* the longest free first */
	struct entry_list graves; /* removed, in the order of their tokens */
	/* What may make room, unpinned all of them: */
	struct entry_list resolving; /* INCOMPLETE, oldest first */
	struct entry_list unproven;  /* STALE and never REACHABLE, longest unused first */
	struct entry_list stale;     /* STALE otherwise, longest unused first */
	uint64_t evicted;
	uint64_t refused;
	uint64_t n_held;
};

/* Is there a MAC address to send to? */
static inline bool
neigh_is_known(enum mtud_neigh_state state)
{
	return state != MTUD_NEIGH_NONE && state != MTUD_NEIGH_INCOMPLETE &&
	       state != MTUD_NEIGH_FAILED;
}

static inline uint16_t
neigh_index(const struct mtud_neigh *nt, const struct entry *e)
{
	return e - nt->entries;
}

/* The entry of an index, or NULL. The place of MTUD_ADJ_NONE is never live. */
static inline struct entry *
neigh_at(const struct mtud_neigh *nt, uint16_t adj)
{
	return adj <= nt->conf.max && nt->entries[adj].live ? &nt->entries[adj] : NULL;
}

/* cache.c */

struct entry *neigh_lookup(const struct mtud_neigh *nt, uint16_t port, const struct mtud_ip *ip);
/* Make an entry in state NONE; there is room. NULL: the hash refuses. */
struct entry *neigh_add(struct mtud_neigh *nt, uint16_t port, const struct mtud_ip *ip);
/* Find or make an entry for a known neighbor or a next hop; NULL: no room. gone is always set: what
 * the one held that made room. */
struct entry *neigh_obtain(
	struct mtud_neigh *nt, uint16_t port, const struct mtud_ip *ip, struct packets *gone);
/* Remove an entry that has no pins and holds nothing. */
void neigh_remove(struct mtud_neigh *nt, struct entry *e);
/* Room for one more entry in INCOMPLETE. gone is always set. Returns -ENOSPC. */
int neigh_make_room_to_resolve(struct mtud_neigh *nt, bool is_new, struct packets *gone);
/* The adjacency word, by the entry's state. */
void neigh_publish(struct mtud_neigh *nt, const struct entry *e);
void neigh_move(struct entry *e, struct entry_list *list);

/* hold.c */

/* Hold a packet; returns an older one that it pushed out, or NULL. */
struct rte_mbuf *neigh_hold_newest(struct mtud_neigh *nt, struct entry *e, struct rte_mbuf *m);
void neigh_take_held(struct mtud_neigh *nt, struct entry *e, struct packets *out);
struct rte_mbuf *neigh_first_held(const struct mtud_neigh *nt, const struct entry *e);
/* Hand packets to a callback, as the last thing that a function does with an entry. */
void neigh_give(const struct mtud_neigh *nt,
	void (*fn)(void *ctx, struct rte_mbuf **pkts, unsigned int n), struct packets *packets);

/* nud.c */

/* Change the state, and what follows from it: timer, place among the evictable, adjacency. */
void neigh_enter(struct mtud_neigh *nt, struct entry *e, enum mtud_neigh_state state);
/* An entry was pinned or unpinned. */
void neigh_settle(struct mtud_neigh *nt, struct entry *e);

#endif
