/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* mtud-console: mtud's console from elsewhere. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "answer.h"
#include "link.h"
#include "run.h"

#define SOCKET "/run/mtud/console.sock"

static const char usage[] =
	"usage: mtud-console [-s SOCKET] [COMMAND... | -f FILE | -c LINE]\n"
	"  -s SOCKET  where mtud listens (--console); $MTUD_CONSOLE or " SOCKET "\n"
	"  COMMAND    run one command; the status is 0 when it did well, else 1\n"
	"  -f FILE    run every line of a file, - for standard input, up to the first that fails\n"
	"  -c LINE    print the words that may stand at the end of LINE, for completion\n"
	"Without a command or a file it is interactive: exit or Ctrl-D leaves.\n";

struct options {
	const char *socket;
	const char *file;
	const char *complete;
};

/* 0, or the status to end with plus 1. */
static int
parse(struct options *opt, int argc, char **argv)
{
	static const struct option longs[] = {
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{0},
	};
	int c;

	/* Words of the command may look like options. */
	while ((c = getopt_long(argc, argv, "+s:f:c:hv", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			opt->socket = optarg;
			break;
		case 'f':
			opt->file = optarg;
			break;
		case 'c':
			opt->complete = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 1;
		case 'v':
			puts("mtud-console " MTUD_VERSION);
			return 1;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if ((opt->file != NULL) + (opt->complete != NULL) + (optind < argc) > 1) {
		fputs("mtud-console: one of COMMAND, -f and -c\n", stderr);
		return 2;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	const char *named = getenv("MTUD_CONSOLE");
	struct options opt = {.socket = named != NULL && named[0] != '\0' ? named : SOCKET};
	static struct link link;
	int status = parse(&opt, argc, argv);

	if (status != 0)
		return status - 1;
	if (link_open(&link, opt.socket, opt.complete != NULL) < 0)
		return 1;
	answer_catch_signals();
	if (opt.complete != NULL)
		status = run_choices(&link, opt.complete);
	else if (opt.file != NULL)
		status = run_file(&link, opt.file);
	else if (optind < argc)
		status = run_command(&link, argv + optind, argc - optind);
	else if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		status = run_interactive(&link);
	else
		status = run_file(&link, "-");
	link_close(&link);
	return status;
}
