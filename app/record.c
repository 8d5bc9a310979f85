/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <stdarg.h>
#include <string.h>

#include "table.h"

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
