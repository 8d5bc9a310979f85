/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <string.h>

#include <rte_common.h>

#include "console_frame.h"

void
console_frame_clean(char *text, size_t len)
{
	static const char marks[] = {FRAME_END, FRAME_LIVE, FRAME_REDRAW};
	char *end, *p;
	unsigned int i;

	/* Of no text there is no end either. */
	if (len == 0)
		return;
	end = text + len;
	for (i = 0; i < RTE_DIM(marks); i++)
		for (p = text; (p = memchr(p, marks[i], end - p)) != NULL;)
			*p++ = '?';
}

/* Add what belongs to the answer itself, whatever the limit of its text. */
static bool
add(struct out *out, const char *text, size_t len)
{
	size_t limit = out->limit, before = out->len;

	out->full = false;
	out->limit = 0;
	out_write(out, text, len);
	out->limit = limit;
	return out->len == before + len;
}

bool
console_frame_mark(struct out *out, char mark)
{
	return add(out, &mark, 1);
}

bool
console_frame_end(struct out *out, const struct out *result)
{
	const char *sentence = out_error_text(result);
	char status = sentence != NULL ? '1' : '0';

	/* Where the text stands in out itself, its sentence is not freed by more text. */
	return console_frame_mark(out, FRAME_END) && add(out, &status, 1) &&
	       (sentence == NULL || add(out, sentence, strlen(sentence))) && add(out, "\n", 1);
}
