/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"

static const char usage[] =
	"Usage: mtud [EAL options] -- [options]\n"
	"\n"
	"A path-MTU router: forwards IPv6 and IPv4 by routes that carry an MTU. What is\n"
	"larger is answered with Packet Too Big or Fragmentation Needed, or fragmented\n"
	"(IPv4). EAL options choose lcores, memory and ports (mtud --help lists them).\n"
	"\n"
	"  -i                 console on the terminal\n"
	"  -f FILE            read console commands before forwarding starts; strict\n"
	"  --console PATH     console on a UNIX stream socket (mode 0600)\n"
	"  --no-start         do not forward until the command start\n"
	"  --rxq N            receive queues of a port (one for each worker)\n"
	"  --rxd N, --txd N   descriptors of a receive, transmit queue (1024)\n"
	"  --mbufs N          receive buffers of a port (8192, more where queues need it)\n"
	"  --routes N         most routes (65536)\n"
	"  --tbl8s N          tbl8 groups, 1 KiB each in both copies of each family's table\n"
	"                     (16384, more where --routes asks for more than 65536 routes)\n"
	"  --neighbors N      most neighbors (4096)\n"
	"  --fib6 trie|lpm    what looks up IPv6 routes: a trie of mtud's own, fast with large\n"
	"                     tables too (default), or rte_lpm6\n"
	"  --fib4 dir24-8|trie\n"
	"                     the same for IPv4: rte_fib (default), or a trie that takes less\n"
	"                     memory and loads sooner\n"
	"  --no-seccomp       do not filter the system calls that mtud makes once started\n"
	"  -h, --help         this text\n"
	"  -v, --version      the version\n";

enum {
	OPT_CONSOLE = 256,
	OPT_NO_START,
	OPT_NO_SECCOMP,
	OPT_RXQ,
	OPT_RXD,
	OPT_TXD,
	OPT_MBUFS,
	OPT_ROUTES,
	OPT_TBL8S,
	OPT_NEIGHBORS,
	OPT_FIB6,
	OPT_FIB4,
};

static const struct option longopts[] = {
	{"console", required_argument, NULL, OPT_CONSOLE},
	{"no-start", no_argument, NULL, OPT_NO_START},
	{"no-seccomp", no_argument, NULL, OPT_NO_SECCOMP},
	{"rxq", required_argument, NULL, OPT_RXQ},
	{"rxd", required_argument, NULL, OPT_RXD},
	{"txd", required_argument, NULL, OPT_TXD},
	{"mbufs", required_argument, NULL, OPT_MBUFS},
	{"routes", required_argument, NULL, OPT_ROUTES},
	{"tbl8s", required_argument, NULL, OPT_TBL8S},
	{"neighbors", required_argument, NULL, OPT_NEIGHBORS},
	{"fib6", required_argument, NULL, OPT_FIB6},
	{"fib4", required_argument, NULL, OPT_FIB4},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'v'},
	{0},
};

static int
number(const char *name, const char *text, unsigned long min, unsigned long max,
	unsigned long *value)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || n < min || n > max) {
		fprintf(stderr, "mtud: --%s %s: expected a number from %lu to %lu\n", name, text,
			min, max);
		return -1;
	}
	*value = n;
	return 0;
}

static int
engine_option(enum mtud_family family, const char *name, const char *text,
	enum mtud_route_engine *value)
{
	unsigned int engine;

	for (engine = 0; engine < MTUD_ENGINES; engine++) {
		if (strcmp(text, mtud_route_engine_name(family, engine)) == 0) {
			*value = engine;
			return 0;
		}
	}
	fprintf(stderr, "mtud: --%s %s: expected %s or %s\n", name, text,
		mtud_route_engine_name(family, MTUD_ENGINE_TRIE),
		mtud_route_engine_name(family, MTUD_ENGINE_DPDK));
	return -1;
}

static int
numeric_option(struct app_options *opt, int c, const char *name, const char *text)
{
	unsigned long n;

	switch (c) {
	case OPT_RXQ:
		if (number(name, text, 1, MTUD_RXQ_MAX, &n) < 0)
			return -1;
		opt->rxq = n;
		return 0;
	case OPT_RXD:
		if (number(name, text, 8, 32768, &n) < 0)
			return -1;
		opt->rxd = n;
		return 0;
	case OPT_TXD:
		if (number(name, text, 8, 32768, &n) < 0)
			return -1;
		opt->txd = n;
		return 0;
	case OPT_MBUFS:
		if (number(name, text, 512, 1 << 24, &n) < 0)
			return -1;
		opt->mbufs = n;
		return 0;
	case OPT_ROUTES:
		if (number(name, text, 16, (1 << 21) - 16, &n) < 0)
			return -1;
		opt->routes = n;
		return 0;
	case OPT_TBL8S:
		if (number(name, text, 16, 1 << 21, &n) < 0)
			return -1;
		opt->tbl8s = n;
		return 0;
	default:
		if (number(name, text, 16, MTUD_NEIGH_MAX, &n) < 0)
			return -1;
		opt->neighbors = n;
		return 0;
	}
}

/* optopt is a letter, which may stand within a word; 0; or what longopts has for a long option that
 * is known. */
static int
refuse(int c, const char *word)
{
	const char letter[] = {'-', (char)optopt, '\0'};
	bool is_long = optopt == 0 || optopt >= OPT_CONSOLE || optopt == 'h' || optopt == 'v';
	const char *why = "there is no such option";

	if (c == ':')
		why = "it lacks its value";
	else if (is_long && optopt != 0)
		why = "it takes no value";
	fprintf(stderr, "mtud: %s: %s; see mtud -- --help for the options\n",
		is_long ? word : letter, why);
	return -1;
}

int
app_options_parse(struct app_options *opt, int argc, char **argv)
{
	int index = 0;
	int c;

	*opt = (struct app_options){
		.rxd = APP_RXD,
		.txd = APP_TXD,
		.routes = APP_ROUTES,
		.fib = {[MTUD_IPV6] = MTUD_ENGINE_TRIE, [MTUD_IPV4] = MTUD_ENGINE_DPDK},
		.neighbors = APP_NEIGHBORS,
	};
	optind = 1;
	while ((c = getopt_long(argc, argv, ":if:hv", longopts, &index)) != -1) {
		switch (c) {
		case 'i':
			opt->interactive = true;
			break;
		case 'f':
			opt->file = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 1;
		case 'v':
			puts("mtud " MTUD_VERSION);
			return 1;
		case OPT_CONSOLE:
			opt->console = optarg;
			break;
		case OPT_NO_START:
			opt->no_start = true;
			break;
		case OPT_NO_SECCOMP:
			opt->no_seccomp = true;
			break;
		case OPT_FIB6:
			if (engine_option(MTUD_IPV6, "fib6", optarg, &opt->fib[MTUD_IPV6]) < 0)
				return -1;
			break;
		case OPT_FIB4:
			if (engine_option(MTUD_IPV4, "fib4", optarg, &opt->fib[MTUD_IPV4]) < 0)
				return -1;
			break;
		case '?':
		case ':':
			return refuse(c, argv[optind - 1]);
		default:
			if (numeric_option(opt, c, longopts[index].name, optarg) < 0)
				return -1;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "mtud: unexpected argument \"%s\": see mtud -- --help\n",
			argv[optind]);
		return -1;
	}
	/* Real tables need somewhat less than one group a route beyond the first few. */
	if (opt->tbl8s == 0)
		opt->tbl8s = RTE_MIN(RTE_MAX((uint32_t)APP_TBL8S,
					     opt->routes > APP_ROUTES ? opt->routes : 0),
			1u << 21);
	return 0;
}

bool
app_options_ask(int argc, char **argv)
{
	bool ours = false;
	int i;

	for (i = 1; i < argc; i++) {
		bool help = strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0;

		if (strcmp(argv[i], "--version") == 0 || (ours && strcmp(argv[i], "-v") == 0)) {
			puts("mtud " MTUD_VERSION);
			return true;
		}
		if (help)
			fputs(usage, stdout);
		if (help && !ours)
			fputs("\nEAL's own:\n", stdout);
		if (help)
			return ours;
		ours = ours || strcmp(argv[i], "--") == 0;
	}
	return false;
}
