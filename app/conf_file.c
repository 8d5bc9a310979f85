/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "console_file.h"
#include "out.h"

static int
load_begin(void *arg)
{
	RTE_SET_USED(arg);
	return conf_begin();
}

static int
load_commit(void *arg, struct out *out)
{
	RTE_SET_USED(arg);
	return conf_commit(out);
}

static void
load_rollback(void *arg)
{
	RTE_SET_USED(arg);
	/* A failed commit has rolled back already. */
	if (app_get()->txn != NULL)
		conf_rollback();
}

int
conf_load(const char *path, struct out *out)
{
	static const struct console_file_hooks hooks = {
		.begin = load_begin,
		.commit = load_commit,
		.rollback = load_rollback,
	};

	return console_file_run(path, out, &hooks);
}

static void
save_ports(FILE *f, const struct app *app)
{
	uint16_t id;

	for (id = 0; id < app->n_ports; id++) {
		const struct mtud_port *p = &app->port[id];

		if (p->mtu != MTUD_PORT_MTU)
			fprintf(f, "set port %u mtu %u\n", id, p->mtu);
		if (p->promisc)
			fprintf(f, "set port %u promisc on\n", id);
	}
}

static void
save_addresses(FILE *f, const struct app *app)
{
	char text[MTUD_IP_STRLEN];
	unsigned int i;

	for (i = 0; i < app->addrs.n; i++) {
		const struct mtud_addr *a = &app->addrs.addr[i];

		if (!a->automatic)
			fprintf(f, "add address %s/%u port %u\n", mtud_ip_format(&a->ip, text),
				a->len, a->port);
	}
}

static void
save_icmp(FILE *f, const struct app *app)
{
	const struct app_icmp *icmp = &app->icmp;
	char text[MTUD_IP_STRLEN];
	uint16_t id;

	if (icmp->rate_pps != APP_ICMP_RATE || icmp->burst != APP_ICMP_BURST)
		fprintf(f, "set icmp rate %u burst %u\n", icmp->rate_pps, icmp->burst);
	if (icmp->hop_limit != APP_ICMP_HOP_LIMIT)
		fprintf(f, "set icmp hop-limit %u\n", icmp->hop_limit);
	for (id = 0; id < app->n_ports; id++)
		if (icmp->has_source[id])
			fprintf(f, "set icmp source port %u %s\n", id,
				mtud_ip_format(&icmp->source[id], text));
}

static void
save_neighbor(const struct mtud_neigh_info *n, void *arg)
{
	char ip[MTUD_IP_STRLEN], mac[RTE_ETHER_ADDR_FMT_SIZE];
	FILE *f = arg;

	if (n->state != MTUD_NEIGH_STATIC)
		return;
	rte_ether_format_addr(mac, sizeof(mac), &n->mac);
	fprintf(f, "add neighbor %s lladdr %s port %u\n", mtud_ip_format(&n->ip, ip), mac, n->port);
}

static int
save_route(const struct mtud_route_info *r, void *arg)
{
	char prefix[MTUD_PREFIX_STRLEN], gw[MTUD_IP_STRLEN];
	FILE *f = arg;

	if (r->origin != MTUD_ORIGIN_STATIC)
		return 0;
	fprintf(f, "add route %s", mtud_prefix_format(&r->prefix, prefix));
	if (r->spec.type == MTUD_ROUTE_FORWARD)
		fprintf(f, " via %s", mtud_ip_format(&r->spec.gw, gw));
	if (r->spec.type == MTUD_ROUTE_FORWARD || r->spec.type == MTUD_ROUTE_ONLINK)
		fprintf(f, " port %u", r->spec.port);
	else
		fprintf(f, " %s", mtud_route_type_name(r->spec.type));
	if (r->spec.mtu != 0)
		fprintf(f, " mtu %u", r->spec.mtu);
	fputc('\n', f);
	return 0;
}

static void
save_all(FILE *f, const struct app *app)
{
	fputs("# mtud configuration, written by save\n", f);
	save_ports(f, app);
	save_addresses(f, app);
	save_icmp(f, app);
	mtud_neigh_foreach(app->nt, save_neighbor, f);
	mtud_route_foreach(app->rt, true, save_route, f);
}

/* Into a file beside it first: who has an old configuration keeps it until there is a new one. */
int
conf_save(const char *path, struct out *out)
{
	char tmp[4096];
	FILE *f = NULL;
	int fd;

	if (snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path) >= (int)sizeof(tmp)) {
		out_error(out, "save %s: the path is too long", path);
		return -1;
	}
	fd = mkstemp(tmp);
	if (fd >= 0)
		f = fdopen(fd, "w");
	if (f == NULL) {
		out_error(out, "save %s: %s; choose a directory that can be written to", path,
			strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	save_all(f, app_get());
	fchmod(fd, 0644);
	if (fflush(f) != 0 || fsync(fd) != 0 || rename(tmp, path) != 0) {
		out_error(out, "save %s: %s", path, strerror(errno));
		fclose(f);
		unlink(tmp);
		return -1;
	}
	fclose(f);
	return 0;
}
