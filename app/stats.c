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

void
app_stats_clear(struct app *app)
{
	uint16_t id;

	sum_writers(app, &app->base);
	for (id = 0; id < app->n_ports; id++)
		mtud_port_device_stats(&app->port[id], &app->device_base[id]);
	mtud_route_clear_counts(app->rt);
}
