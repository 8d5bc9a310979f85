/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "app.h"
#include "clock.h"
#include "conf.h"
#include "console_socket.h"
#include "console_tty.h"

/* How long the loop sleeps when nothing is to do: what waits for a neighbor waits that much
 * longer, and a core that only runs the console is not kept at full load. */
#define SLEEP_MS 1
#define LINK_MS  200
/* Bursts taken from the workers before the consoles are looked after again. */
#define ROUNDS_MAX 16

/* The end takes as long at most, whatever hangs: a driver, or a worker that is waited for. */
#define END_S 20

static volatile sig_atomic_t signalled;

static void
on_signal(int sig)
{
	if (signalled == 0)
		alarm(END_S);
	signalled = sig;
}

static void
on_alarm(int sig)
{
	static const char text[] = "mtud: does not end: a worker or a port's driver hangs; ended "
				   "without stopping the ports\n";
	const struct iovec line = {(void *)(uintptr_t)text, sizeof(text) - 1};

	RTE_SET_USED(sig);
	app_log_put(STDERR_FILENO, &line, 1);
	_exit(EXIT_FAILURE);
}

void
app_control_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal}, before;

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	/* The terminal is gone; nohup(1) has us stay all the same. */
	if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
	action.sa_handler = on_alarm;
	sigaction(SIGALRM, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	/* A file as large as it may be ends the capture that writes it. */
	sigaction(SIGXFSZ, &action, NULL);
}

bool
app_control_signalled(void)
{
	return signalled != 0;
}

uint64_t
app_now_ms(void)
{
	return clock_now_ms();
}

/* What became of the device, said once. Is it gone? */
static bool
check_device(struct app *app, uint16_t id)
{
	struct mtud_port *p = &app->port[id];

	if (!mtud_port_look(p))
		return false;
	if (!p->gone) {
		conf_warn_refused(app, id, 1u << MTUD_PORT_MTU_LESS);
		return false;
	}
	APP_LOG_PART(PORT, ERR,
		"port %u: its device %s is gone: what goes there is dropped as port_down, the other "
		"ports go on; bring the device back and restart mtud\n", id, p->name);
	return true;
}

static void
follow_link(struct app *app, uint16_t id)
{
	if (app->link[id])
		mtud_ctl_port_up(&app->ctl, id, &app->port[id].mac);
	else
		mtud_ctl_port_down(&app->ctl, id);
	APP_LOG_PART(PORT, INFO, "port %u: link %s\n", id, app->link[id] ? "up" : "down");
}

/* Workers hear of all links at once, and before anything is sent: what they have for a link that is
 * down would end in its driver, which may call it sent. */
static void
follow_links(struct app *app, bool publish)
{
	bool changed[RTE_MAX_ETHPORTS] = {false};
	uint16_t id;

	for (id = 0; id < app->n_ports; id++) {
		bool up = app->running && mtud_port_link(&app->port[id], NULL);

		changed[id] = up != app->link[id];
		publish = publish || changed[id];
		app->link[id] = up;
	}
	if (publish || app->view_due)
		app_view_publish(app);
	for (id = 0; id < app->n_ports; id++)
		if (changed[id])
			follow_link(app, id);
}

static void
check_links(struct app *app, uint64_t now_ms)
{
	bool gone = false;
	uint16_t id;

	if (now_ms < app->link_due_ms)
		return;
	app->link_due_ms = now_ms + LINK_MS;
	for (id = 0; id < app->n_ports; id++)
		gone = check_device(app, id) || gone;
	follow_links(app, gone);
}

void
app_control_round(struct app *app)
{
	unsigned int rounds = 0;

	app->ctl.now_ms = app_now_ms();
	check_links(app, app->ctl.now_ms);
	capture_round(app);
	/* Workers can punt faster than this thread takes: timers and consoles have their turn. */
	while (mtud_ctl_poll(&app->ctl, app_now_ms()) >= MTUD_BURST && ++rounds < ROUNDS_MAX)
		;
	/* Reads see what is staged: who asks in the middle of a change waits for its end. */
	if (app->txn == NULL)
		requests_serve(&app->requests);
	app_notes_round(app);
	app_watchdog_round(app);
}

void
app_control_turn(void *arg)
{
	struct app *app = arg;

	/* Else it is a change that a round itself makes. */
	if (app->txn != NULL)
		app_control_round(app);
}

void
app_forwarding(struct app *app, bool on)
{
	app->running = on;
	app->ctl.now_ms = app_now_ms();
	follow_links(app, true);
	app_control_round(app);
}

/* Wait for whoever types, or for the next round. */
static void
serve_consoles(struct app *app, struct console_tty *tty, struct console_socket *sock)
{
	struct pollfd fds[CONSOLE_SOCKET_FDS + CONSOLE_TTY_FDS];
	unsigned int n_sock = 0, n = 0;

	if (sock != NULL)
		n = n_sock = console_socket_pollfds(sock, fds);
	if (tty != NULL)
		n += console_tty_pollfds(tty, &fds[n]);
	if (poll(fds, n, SLEEP_MS) > 0) {
		if (tty != NULL && console_tty_input(tty) < 0)
			app->quit = true;
		if (sock != NULL && console_socket_serve(sock, fds, n_sock) > 0)
			app->quit = true;
	}
	if (tty != NULL && app_log_terminal_written())
		console_tty_disturb(tty);
	if (tty != NULL && console_tty_turn(tty, app_now_ms()) < 0)
		app->quit = true;
	if (sock != NULL)
		console_socket_turn(sock, app_now_ms());
}

int
app_control_open(struct app *app)
{
	int ret;

	if (app->opt.console == NULL)
		return 0;
	ret = console_socket_open(app->opt.console, &app->console);
	if (ret < 0) {
		fprintf(stderr, "mtud: --console %s: %s; %s\n", app->opt.console, strerror(-ret),
			ret == -EADDRINUSE ? "another process listens there: choose another path" :
			ret == -EEXIST ? "what is there is no socket: choose another path" :
			ret == -ENAMETOOLONG ? "a socket's path has 107 octets at most" :
					       "choose a path that can be written to");
		return -1;
	}
	return 0;
}

void
app_control_close(struct app *app)
{
	console_socket_close(app->console);
	app->console = NULL;
}

static int
open_terminal(const struct app *app, struct console_tty **tty)
{
	if (!app->opt.interactive)
		return 0;
	*tty = console_tty_open("mtud> ");
	if (*tty == NULL) {
		fprintf(stderr, "mtud: no console on this terminal: %s\n", strerror(errno));
		return -1;
	}
	app_log_terminal();
	return 0;
}

/* Duplicate Address Detection takes a second: who is told that mtud is there shall find its
 * addresses checked. Forwarding does not wait for it. */
static void
settle(struct app *app)
{
	uint64_t until_ms = app_now_ms() + 3000;

	do {
		app_control_round(app);
		poll(NULL, 0, SLEEP_MS);
	} while (!signalled && mtud_ctl_dad_pending(&app->ctl) && app_now_ms() < until_ms);
}

int
app_control_run(struct app *app)
{
	struct console_tty *tty = NULL;
	int status = 0;

	settle(app);
	if (open_terminal(app, &tty) < 0)
		status = 1;
	app_privilege_drop(app);
	if (status == 0)
		app_notify_ready(app);
	while (status == 0 && !app->quit && !signalled) {
		app_control_round(app);
		serve_consoles(app, tty, app->console);
	}
	alarm(END_S);
	app_notify_stopping(app);
	app_log_terminal_end();
	console_tty_close(tty);
	app_control_close(app);
	return status;
}
