/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "out.h"

int
conf_begin(void)
{
	struct app *app = app_get();

	if (app->txn != NULL)
		return -1;
	app->txn = calloc(1, sizeof(*app->txn));
	if (app->txn == NULL)
		return -1;
	app->txn->addrs = app->addrs;
	app->txn->icmp = app->icmp;
	return 0;
}

struct conf_undo *
conf_undo_next(struct out *out)
{
	struct conf_txn *txn = app_get()->txn;
	struct conf_undo *undo;

	undo = realloc(txn->undo, (txn->n_undo + 1) * sizeof(*undo));
	if (undo == NULL) {
		out_error(out, "no memory for another change; load a smaller file");
		return NULL;
	}
	txn->undo = undo;
	memset(&undo[txn->n_undo], 0, sizeof(*undo));
	return &undo[txn->n_undo++];
}

static void
end(struct app *app)
{
	free(app->txn->undo);
	free(app->txn);
	app->txn = NULL;
}

static void
undo_one(struct app *app, const struct conf_undo *u)
{
	switch (u->what) {
	case UNDO_NEIGHBOR:
		if (u->had)
			mtud_neigh_set_static(app->nt, u->port, &u->ip, &u->mac, app_now_ms());
		else
			mtud_neigh_del(app->nt, u->port, &u->ip);
		break;
	case UNDO_MTU:
		conf_set_mtu(NULL, u->port, u->mtu);
		break;
	case UNDO_PROMISC:
		mtud_port_set_promisc(&app->port[u->port], u->had);
		break;
	}
}

void
conf_rollback(void)
{
	struct app *app = app_get();
	struct conf_txn *txn = app->txn;

	mtud_route_rollback(app->rt);
	app->addrs = txn->addrs;
	app->icmp = txn->icmp;
	while (txn->n_undo > 0)
		undo_one(app, &txn->undo[--txn->n_undo]);
	end(app);
}

/* Addresses that were not there when the transaction began are checked from now on, and groups
 * that came or went are told to the ports. */
static void
follow_addresses(struct app *app)
{
	uint16_t id;
	unsigned int i;

	for (id = 0; id < app->n_ports; id++)
		app_port_groups(app, id);
	for (i = 0; i < app->addrs.n; i++) {
		struct mtud_addr *a = &app->addrs.addr[i];

		if (mtud_addr_get(&app->txn->addrs, a->port, &a->ip) == NULL)
			mtud_ctl_addr_added(&app->ctl, a);
	}
}

int
conf_commit(struct out *out)
{
	struct app *app = app_get();
	int ret;

	ret = mtud_route_commit(app->rt);
	if (ret == -E2BIG)
		out_error(out, "the routing table is full: %u tbl8 groups do not suffice; start "
			       "mtud with a larger --tbl8s", app->opt.tbl8s);
	else if (ret < 0)
		out_error(out, "no memory for the routing tables: %s; give more with -m or "
			       "hugepages, or lower --tbl8s", strerror(-ret));
	if (ret < 0) {
		conf_rollback();
		return -1;
	}
	if (app->txn->addrs_changed)
		follow_addresses(app);
	if (app->txn->view_changed && app_view_publish(app) < 0)
		out_error(out, "no memory to publish the change; give more with -m");
	end(app);
	return 0;
}

int
conf_number(struct out *out, const char *what, const char *text, uint32_t min, uint32_t max,
	uint32_t *value)
{
	unsigned long n;
	char *stop;

	errno = 0;
	n = strtoul(text, &stop, 10);
	if (text[0] < '0' || text[0] > '9' || *stop != '\0' || errno != 0 || n < min || n > max) {
		out_error(out, "%s %s: expected a number from %u to %u", what, text, min, max);
		return -1;
	}
	*value = (uint32_t)n;
	return 0;
}

int
conf_port(struct out *out, const char *text, uint16_t *port)
{
	const struct app *app = app_get();
	uint32_t n;

	if (conf_number(out, "port", text, 0, RTE_MAX_ETHPORTS - 1, &n) < 0)
		return -1;
	if (n >= app->n_ports) {
		if (app->n_ports == 1)
			out_error(out, "port %u: there is no such port; the only one is 0", n);
		else
			out_error(out, "port %u: there is no such port; they are 0 to %u", n,
				app->n_ports - 1);
		return -1;
	}
	*port = (uint16_t)n;
	return 0;
}

void
conf_warn_refused(struct app *app, uint16_t port)
{
	const struct mtud_port *p = &app->port[port];
	unsigned int feature;

	for (feature = 0; feature < MTUD_PORT_FEATURES; feature++)
		if (p->refused & (1u << feature))
			APP_LOG(WARNING, "port %u (%s) %s\n", port, p->name,
				mtud_port_feature_text(feature));
}
