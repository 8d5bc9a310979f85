/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <string.h>

#include "app.h"

static void
sum_writers(const struct app *app, struct mtud_stat *sum)
{
	unsigned int i;

	memset(sum, 0, sizeof(*sum));
	mtud_stat_add(sum, &app->ctl.stat);
	for (i = 0; i < app->n_workers; i++)
		mtud_stat_add(sum, &app->worker[i]->stat);
}

void
app_stats_sum(const struct app *app, struct mtud_stat *sum)
{
	sum_writers(app, sum);
	mtud_stat_sub(sum, &app->base);
}

int
app_stats_sum_locked(struct app *app, struct mtud_stat *sum)
{
	int ret = -1;

	pthread_mutex_lock(&app->stats_lock);
	if (!app->stats_gone) {
		app_stats_sum(app, sum);
		ret = 0;
	}
	pthread_mutex_unlock(&app->stats_lock);
	return ret;
}

/* What is on a ring between a worker and the control thread, and in that one's hands, of a kind. */
static uint64_t
held(const struct app *app, const struct mtud_account *all, enum mtud_stat_kind kind)
{
	struct mtud_account made = mtud_stat_account(&app->ctl.stat, MTUD_STAT_MADE);
	uint64_t on_rings = all->punted - all->taken + all->given - all->returned;
	uint64_t own = made.in + made.taken - made.given - made.dropped;
	struct mtud_neigh_totals neigh;

	if (kind == MTUD_STAT_MADE)
		return own + on_rings;
	mtud_neigh_totals(app->nt, &neigh);
	return neigh.held - own + on_rings;
}

void
app_stats_account(const struct app *app, struct app_account account[MTUD_STAT_KINDS])
{
	struct mtud_stat all, sum;
	enum mtud_stat_kind kind;

	sum_writers(app, &all);
	sum = all;
	mtud_stat_sub(&sum, &app->base);
	for (kind = 0; kind < MTUD_STAT_KINDS; kind++) {
		struct mtud_account before = mtud_stat_account(&app->base, kind);
		struct mtud_account ever = mtud_stat_account(&all, kind);
		struct app_account *a = &account[kind];

		a->a = mtud_stat_account(&sum, kind);
		a->carried = mtud_account_open(&before);
		a->held = held(app, &ever, kind);
		a->unaccounted = (int64_t)(mtud_account_open(&a->a) + a->carried - a->held);
	}
}

void
app_stats_clear(struct app *app)
{
	struct mtud_stat base;
	uint16_t id;

	sum_writers(app, &base);
	pthread_mutex_lock(&app->stats_lock);
	app->base = base;
	pthread_mutex_unlock(&app->stats_lock);
	for (id = 0; id < app->n_ports; id++)
		mtud_port_device_stats(&app->port[id], &app->device_base[id]);
	mtud_route_clear_counts(app->rt);
}
