/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_string_fns.h>

#include "conf.h"
#include "console_file.h"
#include "out.h"

static int
load_begin(void *arg)
{
	RTE_SET_USED(arg);
	return conf_begin();
}

/* What goes wrong now is no line's fault, but the file's. */
static int
load_commit(void *arg, struct out *out)
{
	struct out commit;
	int ret;

	out_init(&commit);
	ret = conf_commit(&commit);
	if (commit.text != NULL)
		out_printf(out, "%s", commit.text);
	if (ret < 0)
		out_error(out, "%s: %s", (const char *)arg, out_error_text(&commit));
	out_free(&commit);
	return ret;
}

static void
load_rollback(void *arg)
{
	RTE_SET_USED(arg);
	conf_rollback();
}

int
conf_load(const char *path, struct out *out)
{
	char name[PATH_MAX];
	struct console_file_hooks hooks = {
		.begin = load_begin,
		.commit = load_commit,
		.rollback = load_rollback,
		.arg = name,
	};

	strlcpy(name, path, sizeof(name));
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
	char text[MTUD_PREFIX_STRLEN];
	unsigned int i;

	for (i = 0; i < app->addrs.n; i++) {
		const struct mtud_addr *a = &app->addrs.addr[i];
		struct mtud_prefix p = {a->ip, a->len};

		if (!a->automatic)
			fprintf(f, "add address %s port %u\n", mtud_prefix_format(&p, text), a->port);
	}
}

static void
save_icmp(FILE *f, const struct app *app)
{
	const struct app_icmp *icmp = &app->icmp;
	char text[MTUD_IP_STRLEN];
	unsigned int family;
	uint16_t id;

	if (icmp->rate_pps != APP_ICMP_RATE || icmp->burst != APP_ICMP_BURST)
		fprintf(f, "set icmp rate %u burst %u\n", icmp->rate_pps, icmp->burst);
	if (icmp->hop_limit != APP_ICMP_HOP_LIMIT)
		fprintf(f, "set icmp hop-limit %u\n", icmp->hop_limit);
	for (id = 0; id < app->n_ports; id++)
		for (family = 0; family < MTUD_FAMILIES; family++)
			if (icmp->has_source[id][family])
				fprintf(f, "set icmp source port %u %s\n", id,
					mtud_ip_format(&icmp->source[id][family], text));
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
	char prefix[MTUD_PREFIX_STRLEN], gw[MTUD_IP_STRLEN], mss[CONF_MSS_STRLEN];
	FILE *f = arg;

	if (r->origin != MTUD_ORIGIN_STATIC)
		return 0;
	fprintf(f, "add route %s", mtud_prefix_format(&r->prefix, prefix));
	if (r->spec.type == MTUD_ROUTE_FORWARD)
		fprintf(f, " via %s", mtud_ip_format(&r->spec.gw, gw));
	if (mtud_route_sends(r->spec.type))
		fprintf(f, " port %u", r->spec.port);
	else
		fprintf(f, " %s", mtud_route_type_name(r->spec.type));
	if (r->spec.mtu != 0)
		fprintf(f, " mtu %u", r->spec.mtu);
	if (r->spec.option.df != MTUD_DF_REPLY)
		fprintf(f, " df %s", mtud_route_df_name(r->spec.option.df));
	if (conf_mss_text(r->spec.option, mss) != NULL)
		fprintf(f, " mss %s", mss);
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

/* The file that a path leads to, and its mode: what is there is replaced, not what leads there,
 * and only if it is a file. */
static int
resolve(const char *path, char *target, mode_t *mode, struct out *out)
{
	struct stat st;

	*mode = 0644;
	if (realpath(path, target) == NULL) {
		strlcpy(target, path, PATH_MAX);
		return 0;
	}
	if (stat(target, &st) == 0 && !S_ISREG(st.st_mode)) {
		out_error(out, "save %s: not a regular file; name a file", path);
		return -1;
	}
	*mode = st.st_mode & 07777;
	return 0;
}

/* Into a file beside it first: who has an old configuration keeps it until there is a new one. */
int
conf_save(const char *path, struct out *out)
{
	char target[PATH_MAX], tmp[PATH_MAX + 8];
	FILE *f = NULL;
	mode_t mode;
	int fd;

	if (resolve(path, target, &mode, out) < 0)
		return -1;
	snprintf(tmp, sizeof(tmp), "%s.XXXXXX", target);
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
	if (fchmod(fd, mode) != 0 || fflush(f) != 0 || ferror(f) || fsync(fd) != 0 ||
		rename(tmp, target) != 0) {
		out_error(out, "save %s: %s; the file is as it was", path, strerror(errno));
		fclose(f);
		unlink(tmp);
		return -1;
	}
	fclose(f);
	return 0;
}
