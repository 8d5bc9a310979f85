/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "table.h"
#include "utf8.h"

#define GAP 2 /* blanks between columns */

static void
json_string(struct out *out, const char *text)
{
	unsigned int len;

	out_write(out, "\"", 1);
	for (; *text != '\0'; text += RTE_MAX(len, 1u)) {
		len = utf8_len(text);
		if (len == 0)
			out_printf(out, "\\ufffd");
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			out_printf(out, "\\u%04x", *text);
		else if (*text == '"' || *text == '\\')
			out_printf(out, "\\%c", *text);
		else
			out_write(out, text, len);
	}
	out_write(out, "\"", 1);
}

/* Text without what a terminal might obey; returns the places it takes on a line. */
static unsigned int
plain_string(struct out *out, const char *text)
{
	unsigned int len, places = 0;

	for (; *text != '\0'; text += RTE_MAX(len, 1u), places++) {
		len = utf8_len(text);
		if (len == 0 || utf8_is_control(text))
			out_write(out, "?", 1);
		else
			out_write(out, text, len);
	}
	return places;
}

static void
spaces(struct out *out, unsigned int n)
{
	static const char blanks[] = "                                ";

	for (; n > sizeof(blanks) - 1; n -= sizeof(blanks) - 1)
		out_write(out, blanks, sizeof(blanks) - 1);
	out_write(out, blanks, n);
}

/* Places that text takes on a line; it is plain already. */
static unsigned int
places_of(const char *text)
{
	unsigned int places = 0;

	for (; *text != '\0'; text++)
		places += ((unsigned char)*text & 0xc0) != 0x80;
	return places;
}

void
table_begin(struct table *t, struct out *out, const struct table_column *columns,
	unsigned int nb_columns)
{
	memset(t, 0, sizeof(*t));
	t->out = out;
	t->columns = columns;
	t->nb_columns = RTE_MIN(nb_columns, (unsigned int)TABLE_COLUMNS_MAX);
	t->heads = true;
	t->alone = true;
	t->cells.limit = out->limit;
	if (out->json)
		out_write(out, "[", 1);
}

/* JSON: all of a cell but its value. */
static void
json_cell(struct table *t)
{
	if (t->bare)
		return;
	if (t->column == 0)
		out_printf(t->out, "%s\n{", t->rows > 0 ? "," : "");
	out_printf(t->out, "%s\"%s\": ", t->column > 0 ? ", " : "", t->columns[t->column].key);
}

static void
cell_done(struct table *t)
{
	if (++t->column < t->nb_columns)
		return;
	t->column = 0;
	t->rows++;
	if (t->out->json && !t->bare)
		out_write(t->out, "}", 1);
}

/* Does the column show in this form at all? */
static bool
has_form(const struct table *t)
{
	if (t->bare)
		return true;
	return (t->out->json ? t->columns[t->column].key : t->columns[t->column].head) != NULL;
}

/* Add a cell: its value in JSON, and as a person reads it; says: it is more than nothing. */
static void
cell(struct table *t, const char *json, const char *text, bool says)
{
	unsigned int places;

	if (!has_form(t)) {
		cell_done(t);
		return;
	}
	if (t->out->json) {
		json_cell(t);
		if (json != NULL)
			out_write(t->out, json, strlen(json));
		else
			json_string(t->out, text);
	} else {
		places = plain_string(&t->cells, text);
		out_write(&t->cells, "", 1);
		t->width[t->column] = RTE_MAX(t->width[t->column], places);
		t->said[t->column] |= says;
	}
	cell_done(t);
}

void
table_str(struct table *t, const char *text)
{
	if (text == NULL)
		table_none(t);
	else
		cell(t, NULL, text, text[0] != '\0');
}

void
table_vprintf(struct table *t, const char *fmt, va_list ap)
{
	struct out text;

	out_init(&text);
	out_vprintf(&text, fmt, ap);
	if (text.status != 0)
		out_error(t->out, "%s", out_error_text(&text));
	cell(t, NULL, text.text != NULL ? text.text : "", text.len > 0);
	out_free(&text);
}

void
table_printf(struct table *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	table_vprintf(t, fmt, ap);
	va_end(ap);
}

void
table_u64(struct table *t, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	cell(t, text, text, value != 0);
}

void
table_bool(struct table *t, bool value)
{
	cell(t, value ? "true" : "false", value ? "yes" : "no", value);
}

void
table_mac(struct table *t, const struct rte_ether_addr *mac)
{
	const uint8_t *b = mac->addr_bytes;
	char text[24];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4],
		b[5]);
	cell(t, NULL, text, true);
}

void
table_none(struct table *t)
{
	cell(t, "null", "-", false);
}

bool
table_full(const struct table *t)
{
	return t->out->full || t->cells.full;
}

/* Print a row and return where the next one begins. */
static const char *
print_row(struct table *t, const char *text)
{
	unsigned int i, pad = 0, places;

	for (i = 0; i < t->nb_columns; i++) {
		const struct table_column *column = &t->columns[i];

		if (column->head == NULL)
			continue;
		if ((column->layout & TABLE_SPARSE) == 0 || t->said[i]) {
			places = places_of(text);
			if (column->layout & TABLE_RIGHT)
				pad += t->width[i] - places;
			spaces(t->out, pad);
			out_write(t->out, text, strlen(text));
			pad = GAP;
			if ((column->layout & TABLE_RIGHT) == 0)
				pad += t->width[i] - places;
		}
		text += strlen(text) + 1;
	}
	out_write(t->out, "\n", 1);
	return text;
}

static void
print_text(struct table *t)
{
	struct out heads;
	const char *text;
	unsigned int i;

	out_init(&heads);
	for (i = 0; i < t->nb_columns && t->heads; i++) {
		if (t->columns[i].head == NULL)
			continue;
		out_write(&heads, t->columns[i].head, strlen(t->columns[i].head) + 1);
		t->width[i] = RTE_MAX(t->width[i], places_of(t->columns[i].head));
	}
	if (heads.status != 0 || t->cells.status != 0) {
		out_error(t->out, "%s", out_error_text(heads.status ? &heads : &t->cells));
		goto free_heads;
	}
	if (t->heads)
		print_row(t, heads.text);
	text = t->cells.text;
	while (t->rows-- > 0 && !t->out->full)
		text = print_row(t, text);
free_heads:
	out_free(&heads);
}

void
table_end(struct table *t)
{
	while (t->column != 0)
		table_none(t);
	if (t->out->json)
		out_printf(t->out, "%s]%s", t->rows > 0 ? "\n" : "", t->alone ? "\n" : "");
	else
		print_text(t);
	out_free(&t->cells);
}
