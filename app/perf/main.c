/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* DPDK 22.11 calls rte_vect_set_max_simd_bitwidth() experimental; later ones have it as it is. */
#define ALLOW_EXPERIMENTAL_API

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_vect.h>

#include "latency.h"
#include "options.h"
#include "perf.h"

static const struct perf_scale full = {
	.routes = {{256, 256}, {10000, 10000}, {250000, 250000}, {256, 900000}},
	.tbl8s = {16384, 16384, 1 << 18, 16384},
	.random = 1 << 20,
	.cold = 256,
	.runs = 256,
};

static const struct perf_scale small = {
	.routes = {{256, 256}, {500, 500}, {2000, 2000}, {256, 4000}},
	.tbl8s = {4096, 4096, 4096, 4096},
	.random = 4096,
	.cold = 4,
	.runs = 8,
};

int
perf_fail(const char *fmt, ...)
{
	va_list ap;

	fputs("mtud-perf: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return -1;
}

static void
list(const struct stage_options *opt)
{
	unsigned int i;

	for (i = 0; i < perf_n_cases; i++)
		if (perf_case_wanted(&perf_cases[i], opt->patterns, opt->n_patterns))
			printf("%-34s%s\n", perf_cases[i].name, perf_cases[i].stage->what);
}

/* All rounds of the cases on one table: the machine's swings hit all of them. */
static int
run_table(struct perf *p, const struct stage_options *opt, enum perf_table table,
	struct perf_result *r, unsigned int n)
{
	unsigned int round, i;
	bool wanted = false;
	int ret = 0;

	for (i = 0; i < n; i++)
		wanted |= r[i].c->table == table;
	if (!wanted)
		return 0;
	if (perf_routes_create(p, table) < 0)
		return -1;
	for (round = 0; ret == 0 && round < opt->repeat; round++)
		for (i = 0; ret == 0 && i < n; i++)
			if (r[i].c->table == table)
				ret = perf_measure(p, r[i].c, &r[i]);
	return ret;
}

/* The cases that are wanted, with room for their samples. */
static unsigned int
choose(const struct stage_options *opt, const struct perf_scale *scale, bool cycles,
	struct perf_result *r)
{
	size_t max = (size_t)opt->repeat * scale->runs;
	unsigned int i, n = 0;

	for (i = 0; i < perf_n_cases; i++) {
		if (!perf_case_wanted(&perf_cases[i], opt->patterns, opt->n_patterns))
			continue;
		r[n] = (struct perf_result){
			.c = &perf_cases[i],
			.ns = calloc(max, sizeof(double)),
			.cycles = cycles ? calloc(max, sizeof(double)) : NULL,
		};
		if (r[n].ns == NULL || (cycles && r[n].cycles == NULL))
			return 0;
		n++;
	}
	return n;
}

static int
measure_all(const struct stage_options *opt)
{
	struct perf_result *r = calloc(perf_n_cases, sizeof(*r));
	struct perf *p = calloc(1, sizeof(*p));
	enum perf_table table;
	unsigned int n = 0, i;
	int ret = -1;

	if (r != NULL && p != NULL) {
		p->scale = opt->small ? &small : &full;
		n = choose(opt, p->scale, perf_cycles_open(), r);
	}
	if (n == 0)
		ret = perf_fail("no memory for the samples; give a smaller --repeat");
	else
		ret = perf_bench_create(p);
	for (table = 0; ret == 0 && table < PERF_TABLES; table++) {
		ret = run_table(p, opt, table, r, n);
		perf_routes_free(p);
	}
	if (ret == 0 && opt->json)
		perf_report_json(p, r, n);
	else if (ret == 0)
		perf_report_text(r, n);
	if (p != NULL)
		perf_bench_free(p);
	for (i = 0; i < n; i++) {
		free(r[i].ns);
		free(r[i].cycles);
	}
	free(r);
	free(p);
	perf_cycles_close();
	return ret;
}

/* EAL's arguments are those in front of --; without it, these. */
static int
init_eal(int argc, char **argv)
{
	static char words[][16] = {"mtud-perf", "--no-huge", "-m", "2048", "--no-pci", "-l", "0",
		"--no-shconf", "--no-telemetry", "--log-level=4"};
	char *own[RTE_DIM(words)];
	unsigned int i;

	for (i = 0; i < RTE_DIM(words); i++)
		own[i] = words[i];
	if (argc == 0 ? rte_eal_init(RTE_DIM(own), own) < 0 : rte_eal_init(argc, argv) < 0)
		return perf_fail("EAL does not start: %s (its lines above say more); without "
				 "hugepages give --no-huge -m 2048",
			rte_strerror(rte_errno));
	/* As mtud does. */
	rte_vect_set_max_simd_bitwidth(RTE_VECT_SIMD_512);
	return 0;
}

static int
run_stages(int eal_argc, int argc, char **argv)
{
	struct stage_options opt;
	int ret = options_stages(&opt, argc - eal_argc, argv + eal_argc);

	if (ret != 0)
		return ret;
	if (opt.list) {
		list(&opt);
		return 0;
	}
	if (init_eal(eal_argc, argv) < 0)
		return -1;
	ret = measure_all(&opt);
	rte_eal_cleanup();
	return ret;
}

static int
run_latency(int eal_argc, int argc, char **argv)
{
	struct latency_options opt;
	int ret = options_latency(&opt, argc - eal_argc - 1, argv + eal_argc + 1);

	if (ret != 0)
		return ret;
	if (init_eal(eal_argc, argv) < 0)
		return -1;
	ret = latency_measure(&opt);
	rte_eal_cleanup();
	return ret;
}

int
main(int argc, char **argv)
{
	int eal_argc = 0;
	int i;

	for (i = 1; i < argc && eal_argc == 0; i++)
		if (strcmp(argv[i], "--") == 0)
			eal_argc = i;
	if (eal_argc + 1 < argc && strcmp(argv[eal_argc + 1], "latency") == 0)
		return run_latency(eal_argc, argc, argv) < 0;
	return run_stages(eal_argc, argc, argv) < 0;
}
