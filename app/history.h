/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef HISTORY_H
#define HISTORY_H

/* Lines of earlier sessions, in a file that all of a user's sessions share: ~/.mtud_history, or
 * $MTUD_HISTORY (empty: none), mode 0600. A place that cannot be read or written is no history, and
 * nobody is told; whatever a file holds does no harm. */

#include <stddef.h>

#define HISTORY_LINES    500 /* kept */
#define HISTORY_LINE_MAX 511 /* octets; longer lines are not kept */

/* Where it is, into path; "" for nowhere. */
void history_path(char *path, size_t size);
/* Call add() for the last lines, at most max, oldest first. */
void history_load(const char *path, unsigned int max, void (*add)(const char *line, void *arg),
	void *arg);
/* Add a line, without its end, unless it is the last one there already. */
void history_add(const char *path, const char *line);

#endif
