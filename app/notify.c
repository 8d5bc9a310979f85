/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-daemon.h>

#include "app.h"

#define USEC_PER_MS UINT64_C(1000)

void
app_notify_init(struct app *app)
{
	uint64_t usec;

	app->notify.on = getenv("NOTIFY_SOCKET") != NULL;
	/* Twice within its time, so that one late round is no alarm. */
	if (sd_watchdog_enabled(0, &usec) > 0)
		app->notify.ping_ms = RTE_MAX(usec / USEC_PER_MS / 2, UINT64_C(1));
}

static void
status_text(const struct app *app, char *buf, size_t size)
{
	const struct mtud_worker *w = app_watchdog_stalled(app);
	unsigned int up = 0;
	uint16_t id;

	for (id = 0; id < app->n_ports; id++)
		up += app->link[id];
	if (w != NULL)
		snprintf(buf, size, "Worker %u (lcore %u) does not move: it stands in stage %s",
			w->id, w->lcore, mtud_fwd_stage_name(w->stage));
	else if (!app->running)
		snprintf(buf, size, "Stopped; %u ports, %u workers", app->n_ports, app->n_workers);
	else
		snprintf(buf, size, "Forwarding; %u of %u ports up, %u workers", up, app->n_ports,
			app->n_workers);
}

static void
tell_status(struct app *app, const char *state)
{
	char text[sizeof(app->notify.status)];

	status_text(app, text, sizeof(text));
	if (state[0] == '\0' && strcmp(text, app->notify.status) == 0)
		return;
	memcpy(app->notify.status, text, sizeof(text));
	sd_notifyf(0, "%sSTATUS=%s", state, text);
}

void
app_notify_ready(struct app *app)
{
	if (app->notify.on)
		tell_status(app, "READY=1\n");
}

void
app_notify_stopping(struct app *app)
{
	if (app->notify.on)
		sd_notify(0, "STOPPING=1\nSTATUS=Ending");
}

void
app_notify_reloading(struct app *app, bool on)
{
	if (!app->notify.on)
		return;
	if (on)
		sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lu\nSTATUS=Loading",
			app_now_ms() * USEC_PER_MS);
	else
		tell_status(app, "READY=1\n");
}

/* Before the manager was told anything there is nothing to add. */
static bool
is_told(const struct app *app)
{
	return app->notify.on && app->notify.status[0] != '\0';
}

void
app_notify_status(struct app *app)
{
	if (is_told(app))
		tell_status(app, "");
}

void
app_notify_alive(struct app *app)
{
	uint64_t now_ms = app_now_ms();

	if (!is_told(app) || app->notify.ping_ms == 0 || now_ms < app->notify.due_ms)
		return;
	/* Who hears nothing restarts us: the one remedy for a worker that hangs. */
	if (app_watchdog_stalled(app) != NULL)
		return;
	app->notify.due_ms = now_ms + app->notify.ping_ms;
	sd_notify(0, "WATCHDOG=1");
}
