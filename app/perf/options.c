/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "options.h"
#include "perf.h"

static const char usage[] =
	"Usage: mtud-perf [EAL options --] [options] [PATTERN...]\n"
	"       mtud-perf EAL options -- latency [options]\n"
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
	"Names say what is cold. Alone: the same 64 packets again and again, 1,024\n"
	"destinations. /random: a million destinations, drawn at random from all routes.\n"
	"/cold: 16,384 packets in turn, more than the second level of cache holds. /copy:\n"
	"packets without headroom, to a port that takes one segment only. 256, 10k, 250k,\n"
	"900k: routes of either family (900k: IPv4 only), as long as in the Internet's tables.\n"
	"Each stage is timed a burst of 64 at a time, and what the clock itself takes is taken\n"
	"off; burst/... and flush hand frames to a ring, which flush shows the price of.\n"
	"\n"
	"latency sends packets of 64 octets to 2001:db8:1000::1 by its one port, to 02:00:00:00:\n"
	"00:a1, and says how long they are away: mtud, or another program, sends them back.\n"
	"\n"
	"  --count N      packets (100000)\n"
	"  --pps N        so many a second; 0 (default): the next one when the last one is back\n"
	"  --stdin        measure once for each line \"COUNT PPS\" of standard input\n"
	"  --json         the same as JSON, in a line\n";

static int
number(const char *name, const char *text, unsigned long min, unsigned long max, uint32_t *value)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || n < min || n > max)
		return perf_fail("--%s %s: expected a number from %lu to %lu", name, text, min,
			max);
	*value = (uint32_t)n;
	return 0;
}

/* What both commands have, and what neither has. */
static int
common(int c)
{
	if (c == 'h')
		fputs(usage, stdout);
	else if (c == 'v')
		puts("mtud-perf " MTUD_VERSION);
	else
		return perf_fail("see mtud-perf --help for the options");
	return 1;
}

/* Each pattern names something. */
static int
check_patterns(const struct stage_options *opt)
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

int
options_stages(struct stage_options *opt, int argc, char **argv)
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

	*opt = (struct stage_options){.repeat = 20};
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
			if (number("repeat", optarg, 1, 10000, &opt->repeat) < 0)
				return -1;
			break;
		default:
			return common(c);
		}
	}
	opt->patterns = &argv[optind];
	opt->n_patterns = argc - optind;
	return check_patterns(opt);
}

int
options_latency(struct latency_options *opt, int argc, char **argv)
{
	static const struct option longopts[] = {
		{"count", required_argument, NULL, 'c'},
		{"pps", required_argument, NULL, 'p'},
		{"stdin", no_argument, NULL, 'i'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{0},
	};
	int c;

	*opt = (struct latency_options){.count = 100000};
	while ((c = getopt_long(argc, argv, "hv", longopts, NULL)) != -1) {
		switch (c) {
		case 'c':
			if (number("count", optarg, 1, LATENCY_MAX, &opt->count) < 0)
				return -1;
			break;
		case 'p':
			if (number("pps", optarg, 0, 10000000, &opt->pps) < 0)
				return -1;
			break;
		case 'i':
			opt->from_stdin = true;
			break;
		case 'j':
			opt->json = true;
			break;
		default:
			return common(c);
		}
	}
	if (optind < argc)
		return perf_fail("unexpected argument \"%s\": see mtud-perf --help", argv[optind]);
	return 0;
}
