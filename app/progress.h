/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef PROGRESS_H
#define PROGRESS_H

/* One line on a terminal that says how far a long file is, drawn again in its place and gone in the
 * end. What is soon done draws nothing. */

#include <stdbool.h>
#include <stdint.h>

struct progress {
	int fd; /* of the terminal; 0: there is none, and nothing is ever drawn */
	const char *what;
	uint64_t total; /* lines; 0: not known */
	uint64_t due_ms;
	bool drawn;
};

void progress_begin(struct progress *p, int fd, const char *what, uint64_t total, uint64_t now_ms);
/* So many lines are done: say it, if it is time to. */
void progress_lines(struct progress *p, uint64_t lines, uint64_t now_ms);
/* All of them are, and take effect now; said where lines were. */
void progress_apply(struct progress *p, uint64_t lines);
void progress_end(struct progress *p);

#endif
