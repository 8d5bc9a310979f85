/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "utf8.h"

#define SIZE_MIN 256

void
out_init(struct out *out)
{
	memset(out, 0, sizeof(*out));
}

void
out_free(struct out *out)
{
	free(out->text);
	free(out->error);
	out->text = NULL;
	out->error = NULL;
}

void
out_reset(struct out *out)
{
	size_t limit = out->limit;
	bool within_file = out->within_file;
	int terminal = out->terminal;

	out_free(out);
	out_init(out);
	out->limit = limit;
	out->within_file = within_file;
	out->terminal = terminal;
}

/* Room for len more octets and a NUL. */
static int
reserve(struct out *out, size_t len)
{
	size_t size = RTE_MAX(out->size, (size_t)SIZE_MIN);
	char *text;

	if (len >= SIZE_MAX / 2 - out->len)
		return -ENOMEM;
	while (size <= out->len + len)
		size *= 2;
	if (size == out->size)
		return 0;
	text = realloc(out->text, size);
	if (text == NULL)
		return -ENOMEM;
	out->text = text;
	out->size = size;
	return 0;
}

/* May len more octets be added? There is room for them then. */
static bool
admit(struct out *out, size_t len)
{
	if (out->full)
		return false;
	if (out->limit != 0 && len > out->limit - RTE_MIN(out->len, out->limit)) {
		out->full = true;
		out_error(out, "the output is longer than %zu octets; ask for less", out->limit);
		return false;
	}
	if (reserve(out, len) < 0) {
		out->full = true;
		out->status = -1;
		return false;
	}
	return true;
}

void
out_write(struct out *out, const void *data, size_t len)
{
	if (!admit(out, len))
		return;
	memcpy(out->text + out->len, data, len);
	out->len += len;
	out->text[out->len] = '\0';
}

void
out_printf(struct out *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out_vprintf(out, fmt, ap);
	va_end(ap);
}

void
out_vprintf(struct out *out, const char *fmt, va_list ap)
{
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len <= 0 || !admit(out, (size_t)len))
		return;
	vsnprintf(out->text + out->len, (size_t)len + 1, fmt, ap);
	out->len += (size_t)len;
}

/* Words of the line are quoted in a sentence: they shall not play with the reader's terminal, which
 * may heed the controls of ISO 6429 beyond ASCII too. */
static void
make_plain(char *text)
{
	unsigned int len;
	char *to = text;

	for (; *text != '\0'; text += RTE_MAX(len, 1u)) {
		len = utf8_len(text);
		if (len == 0 || utf8_is_control(text)) {
			*to++ = '?';
			continue;
		}
		memmove(to, text, len);
		to += len;
	}
	*to = '\0';
}

void
out_error(struct out *out, const char *fmt, ...)
{
	va_list ap;

	if (out->status != 0)
		return;
	out->status = -1;
	va_start(ap, fmt);
	if (vasprintf(&out->error, fmt, ap) < 0)
		out->error = NULL;
	va_end(ap);
	if (out->error != NULL)
		make_plain(out->error);
}

const char *
out_error_text(const struct out *out)
{
	if (out->status == 0)
		return NULL;
	return out->error != NULL ? out->error : "out of memory";
}

void
out_finish(struct out *out)
{
	bool ends = out->len == 0 || out->text[out->len - 1] == '\n';
	size_t limit = out->limit;

	if (out->status == 0)
		return;
	/* The sentence is said even where the text met its limit. */
	out->full = false;
	out->limit = 0;
	out_printf(out, "%serror: %s\n", ends ? "" : "\n", out_error_text(out));
	out->limit = limit;
}
