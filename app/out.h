/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef OUT_H
#define OUT_H

/* What one command says: its text, or the one sentence of its failure. Handlers write here and
 * nowhere else; the console that ran the line (terminal, socket, file) brings it to the reader. */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <rte_common.h>

struct live;

struct out {
	char *text;       /* what was printed; with a final NUL when not NULL */
	size_t len;       /* octets of text */
	size_t size;      /* room */
	size_t limit;     /* octets of text at most; 0: no limit */
	char *error;      /* see out_error_text() */
	int status;       /* 0, or -1 once out_error() was called or memory ran out */
	bool full;        /* memory or limit met: no text is added any more */
	bool json;        /* the line asks for JSON */
	bool quit;        /* set by `quit`: the console ends after this line */
	bool within_file; /* the line stands in a file */
	struct live *live; /* set by a command that goes on: see live.h */
	int terminal;     /* where its progress may be drawn while it runs; 0: nowhere */
};

/* An empty output without a limit. */
void out_init(struct out *out);
/* Free what it holds and make it empty; limit, within_file and terminal stay. */
void out_reset(struct out *out);
/* Free what it holds. */
void out_free(struct out *out);

/* Add text. Without memory, or beyond the limit, status becomes -1 and nothing more is added. */
void out_printf(struct out *out, const char *fmt, ...) __rte_format_printf(2, 3);
void out_vprintf(struct out *out, const char *fmt, va_list ap) __rte_format_printf(2, 0);
/* Add octets as they are. */
void out_write(struct out *out, const void *data, size_t len);

/* The command failed: one sentence without a final stop or newline. Sets status to -1. The first
 * sentence stands; later ones are of its consequences and are dropped. */
void out_error(struct out *out, const char *fmt, ...) __rte_format_printf(2, 3);
/* The sentence of a failure, never NULL when status is not 0; NULL when it is 0. */
const char *out_error_text(const struct out *out);

/* What a reader of a terminal or a socket gets after the text: "error: SENTENCE\n", as part of
 * the text and beyond its limit. Nothing if the command did well. */
void out_finish(struct out *out);

#endif
