/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef LIVE_H
#define LIVE_H

/* A command that goes on after its handler has returned: `monitor`, `trace`. The handler checks its
 * arguments, prints what is to be said at once and leaves a struct live in out->live. The console
 * that ran the line takes it over: it calls turn() whenever due_ms has come and all output so far
 * has been taken by the reader, and end() once, whoever ends it: turn() itself, a key or a line of
 * the reader, or the end of the console. A file has no room for such a command. */

#include <stdbool.h>
#include <stdint.h>

struct out;

struct live {
	/* Print what there is to print now, and set due_ms. False: it has ended; so it has after
	 * out_error(). */
	bool (*turn)(struct live *live, struct out *out, uint64_t now_ms);
	/* Stop it and free it. */
	void (*end)(struct live *live);
	uint64_t due_ms; /* when turn() is to be called next, on clock_now_ms() */
	bool redraw;     /* on a terminal a turn's text takes the place of the one before */
};

/* For consoles: what cmd_run() has left in out, if anything. A line that failed goes on with
 * nothing: what it left is ended here. */
struct live *live_take(struct out *out);
/* One turn. False: it has ended, and *live is NULL. */
bool live_turn(struct live **live, struct out *out, uint64_t now_ms);
/* End it and make *live NULL, which is fine before, too. */
void live_end(struct live **live);

#endif
