/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef CONSOLE_FILE_H
#define CONSOLE_FILE_H

/* The console from a file. */

#include "out.h"

/* What surrounds the lines of a file, so that all of them are one change. Any may be NULL. */
struct console_file_hooks {
	/* Before the first line; not 0: nothing is run. */
	int (*begin)(void *arg);
	/* After the last one; not 0 with a sentence in out: nothing has changed. */
	int (*commit)(void *arg, struct out *out);
	/* After bad lines; not after a failed commit. */
	void (*rollback)(void *arg);
	/* Now and then between two lines of a long file: time for others; not 0: the program ends,
	 * and the file with it. */
	int (*turn)(void *arg);
	void *arg;
};

/* Bad lines that are told; more are counted. */
#define CONSOLE_FILE_ERRORS 100

/* Run every line of a file. It is strict: bad lines end it with rollback, once all lines have been
 * looked at. A single one is the error of out, "PATH:LINE: SENTENCE"; several are told like that
 * in its text, in order, and the error counts them. What the lines print goes to out. A line longer
 * than CMD_LINE_MAX is the last one looked at.
 * A file cannot load another one, nor quit. It waits ten seconds for what the file is slow to give
 * (a FIFO), and gives up what is no file after CONSOLE_FILE_ERRORS bad lines. A long one draws its progress on out->terminal. hooks may be NULL. Returns out->status. */
int console_file_run(const char *path, struct out *out, const struct console_file_hooks *hooks);

#endif
