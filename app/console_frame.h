/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef CONSOLE_FRAME_H
#define CONSOLE_FRAME_H

/* How programs talk to the console on a socket, beside people who see plain text. A program's line
 * begins with one of two octets:
 *
 *	SOH LINE LF     run a line
 *	ENQ LINE LF     what may its last word be?
 *
 * The answer to SOH is the line's text, and then
 *
 *	EOT 0 LF             it did well
 *	EOT 1 SENTENCE LF    it did not
 *
 * The answer to ENQ is a line for each choice, WORD TAB EXPLANATION LF, and then EOT 0 LF. A word in
 * angle brackets is the name of a kind of word ("<a number>") and cannot be filled in; one that
 * ends with / can go on without a blank.
 *
 * A command that goes on (live.h) says SO when what its line printed at once is through, then texts
 * as they come, with FF in front of each that takes the place of the text before, and EOT in the
 * end. Any line ends it; an empty one does nothing else, even when it comes too late.
 *
 * None of these octets is in a text: where a command prints one, `?` comes. */

#include <stdbool.h>
#include <stddef.h>

#include "out.h"

#define FRAME_RUN      '\001' /* SOH */
#define FRAME_COMPLETE '\005' /* ENQ */
#define FRAME_END      '\004' /* EOT */
#define FRAME_LIVE     '\016' /* SO */
#define FRAME_REDRAW   '\014' /* FF */

/* Make text fit to be sent: no mark is in it. */
void console_frame_clean(char *text, size_t len);
/* Add the end of an answer, beyond any limit, as result says. False: no memory for it. */
bool console_frame_end(struct out *out, const struct out *result);
/* Add the one octet of another mark. False: no memory for it. */
bool console_frame_mark(struct out *out, char mark);

#endif
