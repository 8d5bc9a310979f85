/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Where captures take their packets: in ethdev's callbacks, and where packets end. librte_pdump
 * takes its own in the same callbacks, but not for the process that owns the ports: there
 * rte_pdump_enable() refuses. It serves dpdk-dumpcap from outside (see setup.c). */

#include <rte_errno.h>
#include <rte_malloc.h>

#include "capture_priv.h"
#include "mtud_rcu.h"

static void
miss(struct capture *c, unsigned int n)
{
	__atomic_fetch_add(&c->missed, n, __ATOMIC_RELAXED);
}

static bool
has_ended(const struct capture *c)
{
	return __atomic_load_n(&c->ended, __ATOMIC_RELAXED);
}

static bool
matches(const struct capture *c, const struct rte_mbuf *m)
{
	return c->filter == NULL || filter_matches(c->filter, m);
}

static void
pass_on(struct capture *c, struct rte_mbuf **copies, unsigned int n)
{
	unsigned int taken = rte_ring_enqueue_burst(c->ring, (void **)copies, n, NULL);

	if (likely(taken == n))
		return;
	miss(c, n - taken);
	rte_pktmbuf_free_bulk(&copies[taken], n - taken);
}

static void
take(struct capture *c, uint16_t port, uint16_t queue, struct rte_mbuf *const *pkts, uint16_t n,
	enum rte_pcapng_direction direction)
{
	struct rte_mbuf *copies[CAPTURE_BURST];
	unsigned int n_copies = 0;
	unsigned int i;

	if (has_ended(c))
		return;
	for (i = 0; i < n; i++) {
		if (!matches(c, pkts[i]))
			continue;
		copies[n_copies] = capture_block_make(c, port, queue, pkts[i], direction, NULL);
		if (unlikely(copies[n_copies] == NULL)) {
			miss(c, 1);
			continue;
		}
		if (++n_copies == RTE_DIM(copies)) {
			pass_on(c, copies, n_copies);
			n_copies = 0;
		}
	}
	pass_on(c, copies, n_copies);
}

static uint16_t
on_rx(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n, uint16_t max, void *arg)
{
	RTE_SET_USED(max);
	take(arg, port, queue, pkts, n, RTE_PCAPNG_DIRECTION_IN);
	return n;
}

static uint16_t
on_tx(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n, void *arg)
{
	take(arg, port, queue, pkts, n, RTE_PCAPNG_DIRECTION_OUT);
	return n;
}

static void
on_drop(void *ctx, const struct rte_mbuf *m, enum mtud_drop reason)
{
	struct capture *c = ctx;
	bool leaves = reason == MTUD_DROP_TX_FULL || reason == MTUD_DROP_PORT_DOWN;
	struct rte_mbuf *copy;

	if (has_ended(c) || !matches(c, m))
		return;
	/* A packet of ours may have come in by no port. */
	copy = capture_block_make(c, m->port < c->n_ports ? m->port : 0, 0, m,
		leaves ? RTE_PCAPNG_DIRECTION_OUT : RTE_PCAPNG_DIRECTION_IN, c->comments[reason]);
	if (unlikely(copy == NULL))
		miss(c, 1);
	else
		pass_on(c, &copy, 1);
}

static void
set_drop_tap(struct app *app, const struct mtud_fwd_drop_tap *tap)
{
	unsigned int i;

	for (i = 0; i < app->n_workers; i++)
		__atomic_store_n(&app->worker[i]->drop_tap, tap, __ATOMIC_RELEASE);
	app->ctl.drop_tap = tap;
}

static int
add_callbacks(struct app *app, struct capture *c)
{
	const struct mtud_port *p = &app->port[c->source];

	for (c->n_rx = 0; c->n_rx < p->n_rxq; c->n_rx++) {
		c->rx[c->n_rx] = rte_eth_add_first_rx_callback(c->source, c->n_rx, on_rx, c);
		if (c->rx[c->n_rx] == NULL)
			return -rte_errno;
	}
	for (c->n_tx = 0; c->n_tx < p->n_txq; c->n_tx++) {
		c->tx[c->n_tx] = rte_eth_add_tx_callback(c->source, c->n_tx, on_tx, c);
		if (c->tx[c->n_tx] == NULL)
			return -rte_errno;
	}
	return 0;
}

int
capture_attach(struct app *app, struct capture *c)
{
	int ret = 0;

	c->attached = true;
	if (c->source == CAPTURE_DROPS) {
		c->tap = (struct mtud_fwd_drop_tap){.drop = on_drop, .ctx = c};
		set_drop_tap(app, &c->tap);
	} else {
		ret = add_callbacks(app, c);
	}
	if (ret < 0)
		capture_detach(app, c);
	return ret;
}

static void
free_callbacks(const struct rte_eth_rxtx_callback **callbacks, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++)
		rte_free((void *)(uintptr_t)callbacks[i]);
}

void
capture_detach(struct app *app, struct capture *c)
{
	uint16_t i;

	if (!c->attached)
		return;
	if (c->source == CAPTURE_DROPS)
		set_drop_tap(app, NULL);
	for (i = 0; i < c->n_rx; i++)
		rte_eth_remove_rx_callback(c->source, i, c->rx[i]);
	for (i = 0; i < c->n_tx; i++)
		rte_eth_remove_tx_callback(c->source, i, c->tx[i]);
	mtud_rcu_synchronize(app->qsbr, &app->patience);
	free_callbacks(c->rx, c->n_rx);
	free_callbacks(c->tx, c->n_tx);
	c->n_rx = c->n_tx = 0;
	c->attached = false;
}
