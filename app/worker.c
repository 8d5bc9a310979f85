/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* A worker's loop; the way of a burst is in lib/fwd/burst.c. */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_launch.h>
#include <rte_lcore.h>

#include "app.h"

/* A round is over in microseconds, once its worker gets a processor. */
#define END_MS 3000

/* Each round ends with nothing in hand, so no packet waits for the next one. */
static void
poll_round(struct mtud_worker *w)
{
	unsigned int busy = 0;
	unsigned int i;

	mtud_fwd_enter(w, MTUD_STAGE_INJECT);
	mtud_fwd_begin(w);
	mtud_fwd_inject(w);
	mtud_fwd_flush(w);
	for (i = 0; i < w->n_rxq; i++)
		if (likely(w->v->port[w->rxq[i].port].up))
			busy += mtud_fwd_poll(w, &w->rxq[i]);
	/* The watchdog looks on. */
	__atomic_store_n(&w->stat.polls, w->stat.polls + 1, __ATOMIC_RELAXED);
	w->stat.busy_polls += busy > 0;
	mtud_fwd_enter(w, MTUD_STAGE_REST);
}

/* What the control thread has handed over goes out before the end. */
static void
finish(struct mtud_worker *w)
{
	mtud_fwd_begin(w);
	while (rte_ring_count(w->inject) > 0) {
		mtud_fwd_inject(w);
		mtud_fwd_flush(w);
	}
}

static int
worker_main(void *arg)
{
	struct mtud_worker *w = arg;

	rte_rcu_qsbr_thread_online(w->qsbr, w->id);
	while (likely(!__atomic_load_n(&w->quit, __ATOMIC_RELAXED))) {
		poll_round(w);
		rte_rcu_qsbr_quiescent(w->qsbr, w->id);
	}
	finish(w);
	rte_rcu_qsbr_thread_offline(w->qsbr, w->id);
	return 0;
}

int
app_workers_launch(struct app *app)
{
	unsigned int i;
	int ret;

	for (i = 0; i < app->n_workers; i++) {
		ret = rte_eal_remote_launch(worker_main, app->worker[i], app->worker[i]->lcore);
		if (ret < 0)
			return ret;
		app->launched = true;
	}
	return 0;
}

/* Memory and devices of one that does not end cannot be given back under its hands. */
static void
await_end(const struct mtud_worker *w, uint64_t until_ms)
{
	while (rte_eal_get_lcore_state(w->lcore) == RUNNING) {
		if (app_now_ms() >= until_ms) {
			fprintf(stderr, "mtud: worker %u (lcore %u) does not end: it stands in stage "
					"%s; ended without it, ports not stopped\n",
				w->id, w->lcore, mtud_fwd_stage_name(w->stage));
			_exit(EXIT_FAILURE);
		}
		poll(NULL, 0, 1);
	}
}

void
app_workers_stop(struct app *app)
{
	uint64_t until_ms = app_now_ms() + END_MS;
	unsigned int i;

	for (i = 0; i < app->n_workers; i++)
		if (app->worker[i] != NULL)
			__atomic_store_n(&app->worker[i]->quit, true, __ATOMIC_RELAXED);
	for (i = 0; app->launched && i < app->n_workers; i++)
		await_end(app->worker[i], until_ms);
	if (app->launched)
		rte_eal_mp_wait_lcore();
	app->launched = false;
}
