/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Changes that take effect one by one, on ports and neighbors: noted while commands are read, made
 * when the transaction is committed, and unmade in reverse when it fails. Of several to one thing
 * only the last is made: what goes and comes back the same was never away. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "out.h"

int
conf_stage(struct out *out, const struct conf_op *op)
{
	struct conf_txn *txn = app_get()->txn;
	unsigned int room = RTE_MAX(rte_align32pow2(txn->n_ops), 8u);
	struct conf_op *ops = txn->ops;

	if (txn->n_ops == 0 || txn->n_ops == room)
		ops = realloc(txn->ops, (txn->n_ops == 0 ? 8u : 2 * room) * sizeof(*ops));
	if (ops == NULL) {
		out_error(out, "no memory for another change; load a smaller file");
		return -1;
	}
	txn->ops = ops;
	ops[txn->n_ops] = *op;
	ops[txn->n_ops].number = txn->n_ops;
	txn->n_ops++;
	return 0;
}

/* What a change is to. */
static unsigned int
kind(const struct conf_op *op)
{
	return op->what == CONF_NEIGHBOR_DEL ? CONF_NEIGHBOR_ADD : op->what;
}

static int
compare_things(const struct conf_op *a, const struct conf_op *b)
{
	if (kind(a) != kind(b))
		return kind(a) < kind(b) ? -1 : 1;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return memcmp(a->ip.b, b->ip.b, MTUD_IP_LEN);
}

static int
by_thing(const void *x, const void *y)
{
	const struct conf_op *a = x, *b = y;
	int order = compare_things(a, b);

	if (order != 0)
		return order;
	return a->number < b->number ? -1 : a->number > b->number;
}

static int
by_effect(const void *x, const void *y)
{
	const struct conf_op *a = x, *b = y;

	if (a->what != b->what)
		return a->what < b->what ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

void
conf_ops_settle(struct conf_txn *txn)
{
	struct conf_op *ops = txn->ops;
	unsigned int n = 0, i;

	if (txn->n_ops < 2)
		return;
	qsort(ops, txn->n_ops, sizeof(*ops), by_thing);
	for (i = 0; i < txn->n_ops; i++)
		if (i + 1 == txn->n_ops || compare_things(&ops[i], &ops[i + 1]) != 0)
			ops[n++] = ops[i];
	txn->n_ops = n;
	qsort(ops, n, sizeof(*ops), by_effect);
}

/* Forget the changes noted, but for neighbors that go: they may be learned ones. */
static void
unstage_settings(struct conf_txn *txn)
{
	unsigned int n = 0, i;

	for (i = 0; i < txn->n_ops; i++)
		if (txn->ops[i].what == CONF_NEIGHBOR_DEL)
			txn->ops[n++] = txn->ops[i];
	txn->n_ops = n;
}

struct flush {
	struct out *out;
	int ret;
};

static void
stage_static_end(const struct mtud_neigh_info *n, void *arg)
{
	struct flush *flush = arg;

	if (n->state == MTUD_NEIGH_STATIC && flush->ret == 0)
		flush->ret = conf_stage(flush->out, &(struct conf_op){
			.what = CONF_NEIGHBOR_DEL, .port = n->port, .ip = n->ip});
}

int
conf_stage_flush(struct out *out)
{
	const struct app *app = app_get();
	struct flush flush = {.out = out};
	uint16_t id;

	unstage_settings(app->txn);
	mtud_neigh_foreach(app->nt, stage_static_end, &flush);
	for (id = 0; id < app->n_ports && flush.ret == 0; id++) {
		const struct mtud_port *p = &app->port[id];

		if (p->mtu != MTUD_PORT_MTU)
			flush.ret = conf_stage(out, &(struct conf_op){.what = CONF_MTU, .port = id,
				.mtu = RTE_MIN(MTUD_PORT_MTU, mtud_port_max_mtu(p))});
		if (p->promisc && flush.ret == 0)
			flush.ret = conf_stage(out, &(struct conf_op){
				.what = CONF_PROMISC, .port = id, .by_flush = true});
	}
	return flush.ret;
}

/* The newest change noted to a neighbor; NULL: none. */
static const struct conf_op *
noted(uint16_t port, const struct mtud_ip *ip)
{
	const struct conf_txn *txn = app_get()->txn;
	unsigned int i;

	for (i = txn->n_ops; i > 0; i--) {
		const struct conf_op *op = &txn->ops[i - 1];

		if (op->port == port && mtud_ip_equal(&op->ip, ip) &&
			(op->what == CONF_NEIGHBOR_ADD || op->what == CONF_NEIGHBOR_DEL))
			return op;
	}
	return NULL;
}

bool
conf_neighbor_known(uint16_t port, const struct mtud_ip *ip)
{
	const struct conf_op *op = noted(port, ip);

	if (op != NULL)
		return op->what == CONF_NEIGHBOR_ADD;
	return mtud_neigh_find(app_get()->nt, port, ip) != MTUD_ADJ_NONE;
}

bool
conf_neighbor_static(uint16_t port, const struct mtud_ip *ip)
{
	const struct conf_op *op = noted(port, ip);
	const struct app *app = app_get();
	struct mtud_neigh_info info;
	uint16_t adj;

	if (op != NULL)
		return op->what == CONF_NEIGHBOR_ADD;
	adj = mtud_neigh_find(app->nt, port, ip);
	return adj != MTUD_ADJ_NONE && mtud_neigh_get(app->nt, adj, &info) == 0 &&
		info.state == MTUD_NEIGH_STATIC;
}

/* The workers let go of the port while its driver may stop it. */
static int
change_mtu(struct app *app, uint16_t port, uint16_t mtu)
{
	struct mtud_port *p = &app->port[port];
	const uint16_t old_mtu = p->mtu;
	int ret;

	if (mtu == old_mtu)
		return 0;
	if (app_view_hold_port(app, port) < 0)
		return -ENOMEM;
	ret = mtud_port_set_mtu(p, mtu);
	mtud_route_set_port_mtu(app->rt, port, p->mtu);
	if (app_view_publish(app) < 0) {
		/* The port is held still; the failing transaction gives it back. */
		mtud_port_set_mtu(p, old_mtu);
		mtud_route_set_port_mtu(app->rt, port, p->mtu);
		return -ENOMEM;
	}
	if (ret == 0)
		conf_warn_refused(app, port, 1u << MTUD_PORT_MTU_SET | 1u << MTUD_PORT_MTU_KEPT);
	return ret;
}

/* What would bring the neighbor back to how it is now. */
static struct conf_op
neighbor_now(const struct app *app, const struct conf_op *op)
{
	struct conf_op now = {.what = CONF_NEIGHBOR_DEL, .port = op->port, .ip = op->ip};
	uint16_t adj = mtud_neigh_find(app->nt, op->port, &op->ip);
	struct mtud_neigh_info info;

	if (adj != MTUD_ADJ_NONE && mtud_neigh_get(app->nt, adj, &info) == 0 &&
		info.state == MTUD_NEIGH_STATIC) {
		now.what = CONF_NEIGHBOR_ADD;
		now.mac = info.mac;
	}
	return now;
}

/* Make a change and turn it into its inverse; out is NULL when it is unmade. */
static int
apply(struct app *app, struct out *out, struct conf_op *op)
{
	struct conf_op inverse = *op;
	int ret;

	switch (op->what) {
	case CONF_NEIGHBOR_ADD:
		inverse = neighbor_now(app, op);
		ret = mtud_neigh_set_static(app->nt, op->port, &op->ip, &op->mac, app_now_ms());
		break;
	case CONF_NEIGHBOR_DEL:
		inverse = neighbor_now(app, op);
		ret = mtud_neigh_del(app->nt, op->port, &op->ip);
		/* A learned one may have gone since it was named. */
		if (ret == -ENOENT)
			ret = 0;
		break;
	case CONF_MTU:
		inverse.mtu = app->port[op->port].mtu;
		ret = change_mtu(app, op->port, op->mtu);
		if (ret == 0 && out != NULL && app->port[op->port].mtu != op->mtu)
			out_printf(out, "port %u: the device %s refuses mtu %u; %u stays in force\n",
				op->port, app->port[op->port].name, op->mtu,
				app->port[op->port].mtu);
		break;
	default:
		inverse.on = app->port[op->port].promisc;
		ret = mtud_port_set_promisc(&app->port[op->port], op->on);
		/* Some are always promiscuous: not a reason to keep the rest of what was there. */
		if (ret < 0 && op->by_flush) {
			conf_warn_refused(app, op->port, 1u << MTUD_PORT_PROMISC);
			ret = 0;
		}
		break;
	}
	if (ret == 0)
		*op = inverse;
	return ret;
}

static void
explain(struct app *app, struct out *out, const struct conf_op *op, int ret)
{
	const struct mtud_port *p = &app->port[op->port];
	char ip[MTUD_IP_STRLEN];

	switch (op->what) {
	case CONF_NEIGHBOR_ADD:
		out_error(out, "neighbor %s: the cache is full with %u neighbors; start mtud with "
			       "a larger --neighbors",
			mtud_ip_format(&op->ip, ip), app->opt.neighbors);
		break;
	case CONF_MTU:
		if (ret == -ENOMEM)
			out_error(out, "port %u: no memory for buffers of %u octets; give more "
				       "with -m or hugepages, or lower --mbufs", op->port, op->mtu);
		else
			out_error(out, "port %u: the device %s refuses mtu %u: %s", op->port,
				p->name, op->mtu, strerror(-ret));
		break;
	default:
		out_error(out, "port %u: the device %s refuses promiscuous mode: %s", op->port,
			p->name, strerror(-ret));
		break;
	}
}

void
conf_ops_undo(struct app *app, unsigned int n)
{
	while (n-- > 0)
		if (!app->txn->ops[n].late)
			apply(app, NULL, &app->txn->ops[n]);
}

/* Does the end of a neighbor wait for routes? They send to it until they are committed, and it
 * would make no room before. */
static bool
is_late(const struct app *app, const struct conf_op *op)
{
	struct mtud_neigh_info info;
	uint16_t adj;

	if (op->what != CONF_NEIGHBOR_DEL)
		return false;
	adj = mtud_neigh_find(app->nt, op->port, &op->ip);
	return adj != MTUD_ADJ_NONE && mtud_neigh_get(app->nt, adj, &info) == 0 && info.routes > 0;
}

int
conf_ops_apply(struct app *app, struct out *out)
{
	struct conf_txn *txn = app->txn;
	unsigned int i;
	int ret;

	for (i = 0; i < txn->n_ops; i++) {
		txn->ops[i].late = is_late(app, &txn->ops[i]);
		if (txn->ops[i].late)
			continue;
		ret = apply(app, out, &txn->ops[i]);
		if (ret == 0)
			continue;
		explain(app, out, &txn->ops[i], ret);
		conf_ops_undo(app, i);
		return -1;
	}
	return 0;
}

void
conf_ops_apply_late(struct app *app)
{
	struct conf_txn *txn = app->txn;
	unsigned int i;

	for (i = 0; i < txn->n_ops; i++)
		if (txn->ops[i].late)
			apply(app, NULL, &txn->ops[i]);
}
