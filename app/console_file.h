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
	/* After a bad line; not after a failed commit. */
	void (*rollback)(void *arg);
	void *arg;
};

/* Run every line of a file. It is strict: the first bad line ends it with
 * "PATH:LINE: SENTENCE" as the error of out, and rollback. What the lines print goes to out. A
 * file cannot load another one, nor quit. It waits for what the file is slow to give (a FIFO).
 * A long one draws its progress on out->terminal. hooks may be NULL. Returns out->status. */
int console_file_run(const char *path, struct out *out, const struct console_file_hooks *hooks);

#endif
