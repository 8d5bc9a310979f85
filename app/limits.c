/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What whoever starts mtud leaves it: limits and signals that would end it without a word. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <rte_common.h>

#include "app.h"

/* Beneath the first drivers and threads fail in ways that nobody understands; the second is enough
 * for all consoles, captures and ports. */
#define FILES_MIN  64
#define FILES_ENOUGH 4096

/* EAL maps files of a size that a full file system cannot give: the first octet written ends it. */
static void
on_no_room(int sig)
{
	static const char text[] =
		"mtud: no room for EAL's files: the file system of its runtime directory (/run, or "
		"RUNTIME_DIRECTORY) or of the hugepages is full; make room there\n";
	ssize_t n = write(STDERR_FILENO, text, sizeof(text) - 1);

	RTE_SET_USED(sig);
	RTE_SET_USED(n);
	_exit(EXIT_FAILURE);
}

static int
check_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return 0;
	if (files.rlim_cur < FILES_ENOUGH) {
		files.rlim_cur = RTE_MIN(files.rlim_max, (rlim_t)FILES_ENOUGH);
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (files.rlim_cur >= FILES_MIN)
		return 0;
	fprintf(stderr, "mtud: only %lu files may be open, and %u are needed; raise the limit "
			"(ulimit -n, or LimitNOFILE= of a unit)\n",
		(unsigned long)files.rlim_cur, FILES_MIN);
	return -1;
}

int
app_limits_init(void)
{
	struct sigaction action = {.sa_handler = on_no_room};
	sigset_t none;

	sigaction(SIGBUS, &action, NULL);
	/* What is too large for the limit of a file is an error like any other. */
	action.sa_handler = SIG_IGN;
	sigaction(SIGXFSZ, &action, NULL);
	/* Who blocks SIGTERM for itself need not know that this is inherited. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return check_files();
}

void
app_limits_done(void)
{
	signal(SIGBUS, SIG_DFL);
}
