/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "perf.h"

static const char usage[] =
	"Usage: mtud-perf [EAL options --] [options] [PATTERN...]\n"
	"\n"
	"What each stage of mtud's worker costs, alone: nanoseconds and cycles for each packet\n"
	"(answer, change), by the fast tenth and the median of many bursts. PATTERNs choose\n"
	"cases by name, as the shell's do: 'route6/*', '*/cold'. Without EAL options it runs\n"
	"on lcore 0 with --no-huge -m 2048.\n"
	"\n"
	"  --list         the cases, and what each one times\n"
	"  --repeat N     rounds over all cases (20); each times 256 bursts of a case\n"
	"  --small        small tables and few bursts: a test of the program, not of speed\n"
	"  --json         the same as JSON\n"
	"  -h, --help     this text\n"
	"  -v, --version  the version\n"
	"\n"
	"Names say what is cold. Alone: the same 64 packets again and again, 1,024 destinations.\n"
	"/random: a million destinations, drawn at random from all routes. /cold: 16,384\n"
	"packets in turn, more than the second level of cache holds. /copy: to a port that\n"
	"takes one segment only. 256, 10k, 250k, 900k: routes of either family (900k: IPv4\n"
	"only), as long as in the Internet's tables. Each stage is timed a burst of 64 at a\n"
	"time, and what the clock itself takes is taken off; burst/... and flush hand frames to\n"
	"a ring, which flush shows the price of.\n";

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

struct options {
	bool list;
	bool json;
	bool small;
	unsigned int repeat;
	char **patterns;
	int n_patterns;
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

static int
parse_repeat(const char *text, unsigned int *repeat)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || n < 1 || n > 10000)
		return perf_fail("--repeat %s: expected a number from 1 to 10000", text);
	*repeat = (unsigned int)n;
	return 0;
}

/* Each pattern names something. */
static int
check_patterns(const struct options *opt)
{
	unsigned int i;
	int at;

	for (at = 0; at < opt->n_patterns; at++) {
		for (i = 0; i < perf_n_cases; i++)
			if (perf_case_wanted(&perf_cases[i], &opt->patterns[at], 1))
				break;
		if (i == perf_n_cases)
			return perf_fail("there is no case \"%s\": see mtud-perf --list",
				opt->patterns[at]);
	}
	return 0;
}

/* 0, 1 to end well, or -1 after a sentence. */
static int
parse_options(struct options *opt, int argc, char **argv)
{
	static const struct option longopts[] = {
		{"list", no_argument, NULL, 'l'},
		{"json", no_argument, NULL, 'j'},
		{"small", no_argument, NULL, 's'},
		{"repeat", required_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{0},
	};
	int c;

	*opt = (struct options){.repeat = 20};
	while ((c = getopt_long(argc, argv, "hv", longopts, NULL)) != -1) {
		switch (c) {
		case 'l':
			opt->list = true;
			break;
		case 'j':
			opt->json = true;
			break;
		case 's':
			opt->small = true;
			break;
		case 'r':
			if (parse_repeat(optarg, &opt->repeat) < 0)
				return -1;
			break;
		case 'h':
			fputs(usage, stdout);
			return 1;
		case 'v':
			puts("mtud-perf " MTUD_VERSION);
			return 1;
		default:
			return perf_fail("see mtud-perf --help for the options");
		}
	}
	opt->patterns = &argv[optind];
	opt->n_patterns = argc - optind;
	return check_patterns(opt);
}

static void
list(const struct options *opt)
{
	unsigned int i;

	for (i = 0; i < perf_n_cases; i++)
		if (perf_case_wanted(&perf_cases[i], opt->patterns, opt->n_patterns))
			printf("%-30s%s\n", perf_cases[i].name, perf_cases[i].stage->what);
}

/* All rounds of the cases on one table: the machine's swings hit all of them. */
static int
run_table(struct perf *p, const struct options *opt, enum perf_table table, struct perf_result *r,
	unsigned int n)
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
choose(const struct options *opt, const struct perf_scale *scale, bool cycles,
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
measure_all(const struct options *opt)
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
				 "hugepages give --no-huge -m 2048", rte_strerror(rte_errno));
	return 0;
}

int
main(int argc, char **argv)
{
	struct options opt;
	int eal_argc = 0;
	int ret, i;

	for (i = 1; i < argc && eal_argc == 0; i++)
		if (strcmp(argv[i], "--") == 0)
			eal_argc = i;
	ret = parse_options(&opt, argc - eal_argc, argv + eal_argc);
	if (ret == 0 && opt.list)
		list(&opt);
	if (ret != 0 || opt.list)
		return ret < 0;
	if (init_eal(eal_argc, argv) < 0)
		return 1;
	ret = measure_all(&opt);
	rte_eal_cleanup();
	return ret < 0;
}
