/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef TABLE_H
#define TABLE_H

/* The one printer of every `show`: a table or a record is declared and filled once, and comes out
 * aligned for a person or as JSON, as out->json says.
 *
 *	static const struct table_column columns[] = {
 *		{"Prefix", "prefix", TABLE_LEFT},
 *		{"MTU", "mtu", TABLE_RIGHT},
 *	};
 *	struct table t;
 *
 *	table_begin(&t, out, columns, RTE_DIM(columns));
 *	for each route {
 *		table_str(&t, "2001:db8::/32");
 *		table_u64(&t, 1400);
 *	}
 *	table_end(&t);
 *
 * A command prints one table or one record: with JSON that is one document. More tables in one
 * command are tables within a record.
 *
 * Nothing fails here: lack of memory ends in out->status as out_printf() says. Text may hold any
 * octets: JSON is valid whatever they are (what is not UTF-8 becomes U+FFFD), and no control
 * character reaches a terminal. */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_ether.h>

#include "out.h"

#define TABLE_COLUMNS_MAX 24

/* How a column stands in the text form. */
enum table_layout {
	TABLE_LEFT = 0,
	TABLE_RIGHT = 1,  /* numbers */
	TABLE_SPARSE = 2, /* left out when no row has more than 0, none or "" there */
};

struct table_column {
	const char *head; /* in plain words, with the unit where there is one; NULL: JSON only */
	const char *key;  /* JSON key: small letters, digits and _; NULL: text only (not the first) */
	int layout;       /* bits of enum table_layout */
};

struct table {
	struct out *out;
	const struct table_column *columns;
	unsigned int nb_columns;
	unsigned int column; /* the next cell's */
	uint64_t rows;
	unsigned int width[TABLE_COLUMNS_MAX]; /* so far, without the heads */
	bool said[TABLE_COLUMNS_MAX];          /* text form: a row has something there */
	struct out cells; /* text form: the cells one after the other, each with a final NUL */
	bool heads;       /* text form: print the heads */
	bool bare;        /* JSON: values alone, within a record */
	bool alone;       /* JSON: a document of its own */
};

/* columns stays in use until table_end(). */
void table_begin(struct table *t, struct out *out, const struct table_column *columns,
	unsigned int nb_columns);
/* The next cell; the last one of a row ends the row. "-" or null for a NULL string. */
void table_str(struct table *t, const char *text);
void table_printf(struct table *t, const char *fmt, ...) __rte_format_printf(2, 3);
void table_vprintf(struct table *t, const char *fmt, va_list ap) __rte_format_printf(2, 0);
void table_u64(struct table *t, uint64_t value);
/* "yes" or "no"; true or false. */
void table_bool(struct table *t, bool value);
void table_mac(struct table *t, const struct rte_ether_addr *mac);
/* "-"; null. */
void table_none(struct table *t);
/* No more rows are printed, for lack of memory or beyond the output's limit: a walk may end. */
bool table_full(const struct table *t);
/* Print it; a row begun is filled up with table_none(). */
void table_end(struct table *t);

/* A record: what there is to say of one thing, line by line. In JSON one object. */
struct record {
	struct out *out;
	struct table lines; /* text form: label and value */
	bool began;         /* something was printed */
};

void record_begin(struct record *r, struct out *out);
/* label for a person, key for JSON. */
void record_str(struct record *r, const char *label, const char *key, const char *text);
void record_printf(struct record *r, const char *label, const char *key, const char *fmt, ...)
	__rte_format_printf(4, 5);
void record_u64(struct record *r, const char *label, const char *key, uint64_t value);
void record_bool(struct record *r, const char *label, const char *key, bool value);
void record_mac(
	struct record *r, const char *label, const char *key, const struct rte_ether_addr *mac);
void record_none(struct record *r, const char *label, const char *key);
/* A table within the record: fill it with table_*() and end it with table_end() before anything
 * else is added. A person sees an empty line, the label (NULL: none) and the table; JSON has an
 * array under key. */
void record_table(struct record *r, struct table *t, const char *label, const char *key,
	const struct table_column *columns, unsigned int nb_columns);
void record_end(struct record *r);

#endif
