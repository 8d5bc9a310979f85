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
	conf_service_keep(app->txn);
	return 0;
}

const struct mtud_addr_table *
conf_addrs(void)
{
	const struct app *app = app_get();

	return app->txn != NULL ? &app->txn->addrs : &app->addrs;
}

const struct app_icmp *
conf_icmp(void)
{
	const struct app *app = app_get();

	return app->txn != NULL ? &app->txn->icmp : &app->icmp;
}

void
conf_follow_states(struct app *app)
{
	if (app->txn != NULL) {
		app->txn->states_changed = true;
	} else {
		conf_stage_usable(app, &app->addrs);
		mtud_route_commit(app->rt);
	}
	app_view_publish(app);
}

static void
end(struct app *app)
{
	bool states_changed = app->txn->states_changed;

	free(app->txn->ops);
	free(app->txn);
	app->txn = NULL;
	if (states_changed)
		conf_follow_states(app);
}

void
conf_rollback(void)
{
	struct app *app = app_get();

	mtud_route_rollback(app->rt);
	end(app);
}

/* By port, the port's own first: what depends on the order depends on the configuration alone. */
static int
compare_addresses(const void *x, const void *y)
{
	const struct mtud_addr *a = x, *b = y;

	if (a->port != b->port)
		return (int)a->port - (int)b->port;
	if (a->automatic != b->automatic)
		return (int)b->automatic - (int)a->automatic;
	return memcmp(a->ip.b, b->ip.b, MTUD_IP_LEN);
}

/* Addresses that stay are where they were: checked, announced. Returns whether all stay and none is
 * new. */
static bool
take_states(const struct app *app)
{
	struct mtud_addr_table *t = &app->txn->addrs;
	unsigned int stay = 0, i;

	qsort(t->addr, t->n, sizeof(t->addr[0]), compare_addresses);
	for (i = 0; i < t->n; i++) {
		struct mtud_addr *a = &t->addr[i];
		const struct mtud_addr *old = mtud_addr_get(&app->addrs, a->port, &a->ip);

		if (old == NULL || old->port != a->port || old->len != a->len)
			continue;
		*a = *old;
		stay++;
	}
	return stay == t->n && stay == app->addrs.n;
}

/* Addresses that were added are checked from now on, and groups that came or went are told to the
 * ports. */
static void
follow_addresses(struct app *app)
{
	uint16_t id;
	unsigned int i;

	for (id = 0; id < app->n_ports; id++)
		app_port_groups(app, id);
	for (i = 0; i < app->addrs.n; i++) {
		struct mtud_addr *a = &app->addrs.addr[i];

		if (a->state == MTUD_ADDR_IDLE)
			mtud_ctl_addr_added(&app->ctl, a);
	}
}

static int
commit_routes(struct app *app, struct out *out)
{
	int ret = mtud_route_commit(app->rt);

	if (ret == -E2BIG)
		out_error(out, "the routing table is full: %u tbl8 groups do not suffice; start "
			       "mtud with a larger --tbl8s", app->opt.tbl8s);
	else if (ret < 0)
		out_error(out, "no memory for the routing tables: %s; give more with -m or "
			       "hugepages, or lower --tbl8s", strerror(-ret));
	return ret;
}

int
conf_commit(struct out *out)
{
	struct app *app = app_get();
	struct conf_txn *txn = app->txn;
	bool same;
	int ret;

	conf_ops_settle(txn);
	ret = conf_ops_apply(app, out);
	if (ret == 0) {
		take_states(app);
		conf_stage_usable(app, &txn->addrs);
		ret = commit_routes(app, out);
		if (ret < 0)
			conf_ops_undo(app, txn->n_ops);
	}
	if (ret < 0) {
		conf_rollback();
		app_view_publish(app);
		return -1;
	}
	conf_ops_apply_late(app);
	same = take_states(app);
	app->addrs = txn->addrs;
	app->icmp = txn->icmp;
	conf_service_apply(txn);
	if (!same)
		follow_addresses(app);
	ret = txn->view_changed ? app_view_publish(app) : 0;
	if (ret < 0)
		out_error(out, "no memory to tell the workers: the change is made, but they go on "
			       "with addresses and settings as before; give more with -m, and load "
			       "again what save writes");
	conf_service_log(app);
	end(app);
	return ret;
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

bool
conf_is_host(const struct mtud_ip *ip)
{
	if (mtud_ip_is_v4(ip))
		return mtud_ip_is_host_v4(ip);
	return !mtud_ip_is_multicast(ip) && !mtud_ip_is_unspecified(ip) && !mtud_ip_is_loopback(ip);
}

void
conf_warn_refused(struct app *app, uint16_t port, uint32_t features)
{
	const struct mtud_port *p = &app->port[port];
	unsigned int feature;

	for (feature = 0; feature < MTUD_PORT_FEATURES; feature++)
		if (p->refused & features & (1u << feature))
			APP_LOG_PART(PORT, WARNING, "port %u (%s) %s\n", port, p->name,
				mtud_port_feature_text(feature));
}
