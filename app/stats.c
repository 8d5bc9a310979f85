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
