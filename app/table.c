/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "table.h"

#define GAP 2 /* blanks between columns */

/* Octets of the UTF-8 character at text (RFC 3629), 0 if there is none. */
static unsigned int
utf8_len(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	unsigned char low = 0x80, high = 0xbf;
	unsigned int len, i;

	if (c[0] < 0x80)
		return 1;
	if (c[0] < 0xc2 || c[0] > 0xf4)
		return 0;
	len = c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;
	/* The first octet narrows the second: no overlong forms, surrogates, or beyond 10FFFF. */
	if (c[0] == 0xe0)
		low = 0xa0;
	else if (c[0] == 0xed)
		high = 0x9f;
	else if (c[0] == 0xf0)
		low = 0x90;
	else if (c[0] == 0xf4)
		high = 0x8f;
	if (c[1] < low || c[1] > high)
		return 0;
	for (i = 2; i < len; i++)
		if (c[i] < 0x80 || c[i] > 0xbf)
			return 0;
	return len;
}

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
	bool is_control;

	for (; *text != '\0'; text += RTE_MAX(len, 1u), places++) {
		len = utf8_len(text);
		is_control = (unsigned char)text[0] < ' ' || text[0] == 0x7f ||
			     ((unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0);
		if (len == 0 || is_control)
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

/* Add a cell: its value in JSON, and as a person reads it. */
static void
cell(struct table *t, const char *json, const char *text)
{
	unsigned int places;

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
	}
	cell_done(t);
}

void
table_str(struct table *t, const char *text)
{
	if (text == NULL)
		table_none(t);
	else
		cell(t, NULL, text);
}

static void table_vprintf(struct table *t, const char *fmt, va_list ap) __rte_format_printf(2, 0);

static void
table_vprintf(struct table *t, const char *fmt, va_list ap)
{
	struct out text;

	out_init(&text);
	out_vprintf(&text, fmt, ap);
	if (text.status != 0)
		out_error(t->out, "%s", out_error_text(&text));
	cell(t, NULL, text.text != NULL ? text.text : "");
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
	cell(t, text, text);
}

void
table_bool(struct table *t, bool value)
{
	cell(t, value ? "true" : "false", value ? "yes" : "no");
}

void
table_mac(struct table *t, const struct rte_ether_addr *mac)
{
	const uint8_t *b = mac->addr_bytes;
	char text[24];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4],
		b[5]);
	cell(t, NULL, text);
}

void
table_none(struct table *t)
{
	cell(t, "null", "-");
}

/* Print a row and return where the next one begins. */
static const char *
print_row(struct table *t, const char *text)
{
	unsigned int i, pad = 0, places;

	for (i = 0; i < t->nb_columns; i++) {
		places = places_of(text);
		if (t->columns[i].align == TABLE_RIGHT)
			pad += t->width[i] - places;
		spaces(t->out, pad);
		out_write(t->out, text, strlen(text));
		pad = GAP;
		if (t->columns[i].align == TABLE_LEFT)
			pad += t->width[i] - places;
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

static const struct table_column line_columns[] = {
	{"Label", "label", TABLE_LEFT},
	{"Value", "value", TABLE_LEFT},
};

/* The lines of a record are a table of label and value without heads. In JSON that table writes
 * bare values, behind the keys of the record. */
static void
lines_begin(struct record *r)
{
	table_begin(&r->lines, r->out, line_columns, RTE_DIM(line_columns));
	r->lines.heads = false;
}

/* Print the lines so far. */
static void
lines_end(struct record *r)
{
	if (r->lines.rows > 0) {
		out_printf(r->out, "%s", r->began ? "\n" : "");
		r->began = true;
	}
	table_end(&r->lines);
}

void
record_begin(struct record *r, struct out *out)
{
	memset(r, 0, sizeof(*r));
	r->out = out;
	if (out->json) {
		r->lines.out = out;
		r->lines.bare = true;
		r->lines.nb_columns = 1;
		out_write(out, "{", 1);
	} else {
		lines_begin(r);
	}
}

/* All of a line but its value. */
static struct table *
line(struct record *r, const char *label, const char *key)
{
	if (r->out->json) {
		out_printf(r->out, "%s\"%s\": ", r->began ? ", " : "", key);
		r->began = true;
	} else {
		table_str(&r->lines, label);
	}
	return &r->lines;
}

void
record_str(struct record *r, const char *label, const char *key, const char *text)
{
	table_str(line(r, label, key), text);
}

void
record_printf(struct record *r, const char *label, const char *key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	table_vprintf(line(r, label, key), fmt, ap);
	va_end(ap);
}

void
record_u64(struct record *r, const char *label, const char *key, uint64_t value)
{
	table_u64(line(r, label, key), value);
}

void
record_bool(struct record *r, const char *label, const char *key, bool value)
{
	table_bool(line(r, label, key), value);
}

void
record_mac(struct record *r, const char *label, const char *key, const struct rte_ether_addr *mac)
{
	table_mac(line(r, label, key), mac);
}

void
record_none(struct record *r, const char *label, const char *key)
{
	table_none(line(r, label, key));
}

void
record_table(struct record *r, struct table *t, const char *label, const char *key,
	const struct table_column *columns, unsigned int nb_columns)
{
	if (r->out->json) {
		line(r, label, key);
	} else {
		lines_end(r);
		lines_begin(r);
		out_printf(r->out, "%s", r->began ? "\n" : "");
		if (label != NULL)
			out_printf(r->out, "%s\n", label);
		r->began = true;
	}
	table_begin(t, r->out, columns, nb_columns);
	t->alone = false;
}

void
record_end(struct record *r)
{
	if (r->out->json)
		out_write(r->out, "}\n", 2);
	else
		lines_end(r);
}
