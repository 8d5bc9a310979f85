/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Workers count their rounds: one whose count stands has stopped within a round, and says in which
 * stage. The control thread itself is watched by the service manager. */

#include <time.h>

#include <rte_pause.h>

#include "app.h"
#include "out.h"

#define LOOK_MS 100
/* Looks at a worker's count before this thread sleeps between them. */
#define SPINS 500

static double
seconds(const struct app_watch *watch)
{
	return (double)watch->still_ms / 1000;
}

static const char *
stage_of(const struct mtud_worker *w)
{
	return mtud_fwd_stage_name(__atomic_load_n(&w->stage, __ATOMIC_RELAXED));
}

static void
report(const struct mtud_worker *w, struct app_watch *watch)
{
	watch->stalled = true;
	APP_LOG_PART(WORKER, ERR,
		"worker %u (lcore %u) has not moved for %.1f s and stands in stage %s: its packets "
		"wait, and so does every change; look at what keeps its lcore or its ports' devices\n",
		w->id, w->lcore, seconds(watch), stage_of(w));
}

static void
look(struct app *app, unsigned int i, uint64_t passed_ms)
{
	const struct mtud_worker *w = app->worker[i];
	struct app_watch *watch = &app->watch[i];
	uint64_t polls = __atomic_load_n(&w->stat.polls, __ATOMIC_RELAXED);

	if (polls != watch->polls) {
		if (watch->stalled)
			APP_LOG_PART(WORKER, NOTICE,
				"worker %u (lcore %u) moves again, after %.1f s\n", w->id, w->lcore,
				seconds(watch));
		*watch = (struct app_watch){.polls = polls};
		return;
	}
	watch->still_ms += passed_ms;
	if (app->watchdog_ms == 0)
		watch->stalled = false;
	else if (!watch->stalled && watch->still_ms >= app->watchdog_ms)
		report(w, watch);
}

void
app_watchdog_look(struct app *app)
{
	uint64_t now_ms = app_now_ms();
	uint64_t passed_ms = now_ms - app->watch_ms;
	unsigned int i;

	if (passed_ms < LOOK_MS || !app->launched)
		return;
	app->watch_ms = now_ms;
	/* Where this thread did not run either, the whole program was stopped: nobody's fault. */
	passed_ms = RTE_MIN(passed_ms, (uint64_t)(2 * LOOK_MS));
	for (i = 0; i < app->n_workers; i++)
		look(app, i, passed_ms);
	app_notify_status(app);
}

void
app_watchdog_round(struct app *app)
{
	app_watchdog_look(app);
	app_notify_alive(app);
}

const struct mtud_worker *
app_watchdog_stalled(const struct app *app)
{
	unsigned int i;

	for (i = 0; i < app->n_workers; i++)
		if (app->watch[i].stalled)
			return app->worker[i];
	return NULL;
}

/* Until a worker has ended a round, or is reported. As with grace periods, one on a core of its own
 * is looked for first, and one that shares ours gets there when we sleep. */
static void
await(struct app *app, unsigned int i)
{
	const struct mtud_worker *w = app->worker[i];
	const uint64_t polls = __atomic_load_n(&w->stat.polls, __ATOMIC_RELAXED);
	const struct timespec sleep = {.tv_nsec = 1000};
	unsigned int tries;

	for (tries = 0; !app->watch[i].stalled; tries++) {
		if (__atomic_load_n(&w->stat.polls, __ATOMIC_RELAXED) != polls)
			return;
		if (tries < SPINS)
			rte_pause();
		else
			nanosleep(&sleep, NULL);
		app_watchdog_look(app);
	}
}

bool
app_watchdog_moving(struct app *app)
{
	unsigned int i;

	if (app->watchdog_ms == 0 || !app->launched)
		return true;
	for (i = 0; i < app->n_workers; i++)
		await(app, i);
	return app_watchdog_stalled(app) == NULL;
}

bool
app_watchdog_permits(struct app *app, struct out *out)
{
	const struct mtud_worker *w;

	w = app_watchdog_moving(app) ? NULL : app_watchdog_stalled(app);
	if (w == NULL)
		return true;
	out_error(out, "worker %u (lcore %u) has not moved for %.1f s and stands in stage %s: a change "
		       "would have to wait for it, so nothing was changed; let it go on, or restart "
		       "mtud", w->id, w->lcore, seconds(&app->watch[w->id]), stage_of(w));
	return false;
}
