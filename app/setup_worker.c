/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_random.h>
#include <rte_ring_elem.h>

#include "setup_priv.h"

/* Data room of a reply: headroom, Ethernet header and the largest ICMPv6 error. */
#define REPLY_ROOM (RTE_PKTMBUF_HEADROOM + RTE_ALIGN(RTE_ETHER_HDR_LEN + MTUD_ICMP6_MAX_LEN, 64))
#define REPLY_MBUFS 4095

#define FRAG_MBUFS_MIN 4095
#define POOL_CACHE     256

const char setup_more_memory[] = "give more with -m or hugepages, or lower --mbufs or --tbl8s";

int
setup_fail(const char *what, int ret, const char *remedy)
{
	fprintf(stderr, "mtud: %s: %s%s%s\n", what, rte_strerror(-ret), remedy != NULL ? "; " : "",
		remedy != NULL ? remedy : "");
	return -1;
}

static void
setup_bursts(struct mtud_worker *w)
{
	unsigned int family;

	for (family = 0; family < MTUD_FAMILIES; family++)
		w->rx[family].family = w->born[family].family = family;
	/* Workers, and mtud before a restart, are not likely to use the same ones at a time. */
	w->ip_id = (uint16_t)rte_rand();
}

/* What lies on rings must leave buffers to what passes, though the control thread stands: a quarter
 * of them at most where the user says how many there are. */
static unsigned int
ring_size(const struct app *app)
{
	uint32_t n = app->opt.mbufs / (4 * 2 * app->n_workers);

	if (app->opt.mbufs == 0 || n >= APP_RING_SIZE)
		return APP_RING_SIZE;
	return RTE_MAX(rte_align32prevpow2(n), (uint32_t)APP_RING_MIN);
}

static int
setup_worker(struct app *app, unsigned int id, unsigned int lcore)
{
	int socket = (int)rte_lcore_to_socket_id(lcore);
	struct mtud_worker *w;
	char name[32];

	w = rte_zmalloc_socket("mtud_worker", sizeof(*w), RTE_CACHE_LINE_SIZE, socket);
	app->worker[id] = w;
	if (w == NULL)
		return setup_fail("worker", -ENOMEM, setup_more_memory);
	w->id = id;
	w->lcore = lcore;
	w->n_ports = app->n_ports;
	w->qsbr = app->qsbr;
	w->routes = app->rt;
	w->nt = app->nt;
	w->adjs = mtud_neigh_adjs(app->nt);
	w->count = mtud_route_counts(app->rt, id);
	w->special = mtud_route_specials(app->rt, id);
	setup_bursts(w);
	w->stale_used = rte_zmalloc_socket("mtud_stale", app->opt.neighbors + 1,
		RTE_CACHE_LINE_SIZE, socket);
	w->error_rate = mtud_rate_create(rte_get_tsc_hz(), socket);
	w->echo_rate = mtud_rate_create(rte_get_tsc_hz(), socket);
	w->note_rate = mtud_rate_create(rte_get_tsc_hz(), socket);
	snprintf(name, sizeof(name), "mtud_notes%u", id);
	w->notes = rte_ring_create_elem(name, sizeof(struct mtud_fwd_note), MTUD_NOTES_RING, socket,
		RING_F_SP_ENQ | RING_F_SC_DEQ);
	snprintf(name, sizeof(name), "mtud_reply%u", id);
	w->reply_pool = mtud_pkt_pool_create(name, REPLY_MBUFS, POOL_CACHE, REPLY_ROOM, socket);
	snprintf(name, sizeof(name), "mtud_punt%u", id);
	w->punt = rte_ring_create(name, ring_size(app), socket, RING_F_SP_ENQ | RING_F_SC_DEQ);
	snprintf(name, sizeof(name), "mtud_inject%u", id);
	w->inject = rte_ring_create(name, ring_size(app), socket, RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (w->stale_used == NULL || w->error_rate == NULL || w->echo_rate == NULL ||
		w->reply_pool == NULL || w->punt == NULL || w->inject == NULL ||
		w->note_rate == NULL || w->notes == NULL)
		return setup_fail("worker", -ENOMEM, setup_more_memory);
	mtud_rate_set(w->note_rate, MTUD_NOTES_PER_S, MTUD_NOTES_PER_S, rte_get_tsc_cycles());
	return 0;
}

int
setup_workers(struct app *app)
{
	unsigned int id = 0;
	unsigned int lcore;

	RTE_LCORE_FOREACH_WORKER(lcore)
		if (setup_worker(app, id++, lcore) < 0)
			return -1;
	return 0;
}

/* A fragment lies in its port's queue until the driver gives it back: there must be one more when
 * all the queues that a worker sends by, and its batches, are full of them. Who shares a queue
 * gives back into a cache of its own. */
static unsigned int
frag_mbufs(const struct app *app)
{
	unsigned int n = MTUD_FRAG_MAX + 2 * POOL_CACHE * app->n_workers;
	uint16_t id;

	for (id = 0; id < app->n_ports; id++)
		n += app->port[id].txd + 2 * MTUD_BURST;
	return RTE_MAX(n, (unsigned int)FRAG_MBUFS_MIN);
}

/* A header is all that a fragment has of its own, where its port takes several segments. */
static uint16_t
frag_room(const struct app *app)
{
	uint16_t id;

	for (id = 0; id < app->n_ports; id++)
		if (!app->port[id].tx_multi_seg)
			return RTE_MBUF_DEFAULT_BUF_SIZE;
	return RTE_PKTMBUF_HEADROOM + RTE_IPV4_HDR_IHL_MASK * RTE_IPV4_IHL_MULTIPLIER;
}

int
setup_fragments(struct app *app)
{
	unsigned int n = frag_mbufs(app), i;
	char name[32];

	for (i = 0; i < app->n_workers; i++) {
		struct mtud_worker *w = app->worker[i];
		int socket = (int)rte_lcore_to_socket_id(w->lcore);

		snprintf(name, sizeof(name), "mtud_frag%u", i);
		w->frag.direct = mtud_pkt_pool_create(name, n, POOL_CACHE, frag_room(app), socket);
		snprintf(name, sizeof(name), "mtud_frag_ref%u", i);
		w->frag.indirect = mtud_pkt_pool_create(name, n, POOL_CACHE, 0, socket);
		if (w->frag.direct == NULL || w->frag.indirect == NULL)
			return setup_fail("buffers for fragments", -rte_errno, setup_more_memory);
	}
	return 0;
}

static void
drain(struct rte_ring *ring)
{
	void *m = NULL;

	while (ring != NULL && rte_ring_sc_dequeue(ring, &m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(ring);
}

void
setup_undo_worker(struct mtud_worker *w)
{
	if (w == NULL)
		return;
	drain(w->punt);
	drain(w->inject);
	mtud_rate_free(w->error_rate);
	mtud_rate_free(w->echo_rate);
	mtud_rate_free(w->note_rate);
	rte_ring_free(w->notes);
	rte_free(w->stale_used);
}

void
setup_free_worker(struct mtud_worker *w)
{
	if (w == NULL)
		return;
	rte_mempool_free(w->reply_pool);
	rte_mempool_free(w->frag.indirect);
	rte_mempool_free(w->frag.direct);
	rte_free(w);
}
