/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "compat.h"
#include "telemetry_json.h"

#define DEPTH_MAX 4
/* What a value may become longer by: a row's name and quotes. */
#define NAME_ROOM 12
#define CUT       "..."
#define BLANKS    " \t\r\n"

/* A container is hung into its parent while it is empty, and filled then: DPDK frees what hangs
 * together when the answer was sent, and nothing else could. */

struct reader {
	const char *at;
	size_t room;        /* octets that are left to the answer */
	unsigned int depth; /* of containers */
};

static void fill_object(struct reader *r, struct rte_tel_data *d);

static void
skip_blanks(struct reader *r)
{
	r->at += strspn(r->at, BLANKS);
}

/* Go on behind a character, or say that it is not there. */
static bool
skip(struct reader *r, char c)
{
	skip_blanks(r);
	if (*r->at != c)
		return false;
	r->at++;
	return true;
}

/* The end of the string whose quote is at text; NULL: it has none. */
static const char *
string_end(const char *text)
{
	for (text++; *text != '"'; text++)
		if (*text == '\0' || (*text == '\\' && *++text == '\0'))
			return NULL;
	return text + 1;
}

/* The end of the value at text, whatever it is; NULL: it has none. */
static const char *
value_end(const char *text)
{
	unsigned int open = 0;

	do {
		text += strspn(text, BLANKS ",:");
		if (*text == '"') {
			text = string_end(text);
		} else if (*text == '{' || *text == '[') {
			open++;
			text++;
		} else if ((*text == '}' || *text == ']') && open > 0) {
			open--;
			text++;
		} else {
			size_t len = strcspn(text, BLANKS ",:\"{}[]");

			text = len > 0 ? text + len : NULL;
		}
	} while (text != NULL && open > 0);
	return text;
}

/* Octets that the value from begin to end takes at most. */
static size_t
cost(const char *begin, const char *end)
{
	size_t octets = (size_t)(end - begin) + NAME_ROOM;

	for (; begin < end; begin++)
		octets += *begin == '{' ? NAME_ROOM : 0;
	return octets;
}

/* Take the value's octets off the room; false: there are not as many. */
static bool
take_room(struct reader *r, const char *end)
{
	size_t octets = cost(r->at, end);

	if (octets > r->room)
		return false;
	r->room -= octets;
	return true;
}

/* The character at *text, which is moved behind it; '?' when telemetry cannot have it. */
static char
character(const char **text)
{
	const char *c = *text;

	*text = c + 1;
	if (*c == '\\') {
		*text = c + (c[1] == 'u' ? 6 : 2);
		return c[1] == '"' || c[1] == '\\' || c[1] == '/' ? c[1] : '?';
	}
	if ((unsigned char)*c < 0x80)
		return *c;
	while (((unsigned char)**text & 0xc0) == 0x80)
		++*text;
	return '?';
}

/* The string from the reader to behind, as plain text. */
static void
read_string(struct reader *r, const char *behind, char text[RTE_TEL_MAX_STRING_LEN])
{
	const char *end = behind - 1, *from = r->at + 1;
	size_t n = 0;

	while (from < end && n < RTE_TEL_MAX_STRING_LEN - 1)
		text[n++] = character(&from);
	text[n] = '\0';
	if (from < end)
		memcpy(text + n - strlen(CUT), CUT, sizeof(CUT));
	r->at = behind;
}

/* A new container in d; NULL: there is no room or memory for it. */
static struct rte_tel_data *
hang(struct rte_tel_data *d, const char *name, bool strings)
{
	struct rte_tel_data *child = rte_tel_data_alloc();

	if (child == NULL)
		return NULL;
	if (strings)
		rte_tel_data_start_array(child, RTE_TEL_STRING_VAL);
	else
		rte_tel_data_start_dict(child);
	if (rte_tel_data_add_dict_container(d, name, child, 0) == 0)
		return child;
	rte_tel_data_free(child);
	return NULL;
}

static void
say_truncated(struct rte_tel_data *d, uint64_t n)
{
	if (n > 0)
		compat_tel_add_uint(d, "truncated", n);
}

/* Fill d with the next row if it fits: whole, or not at all. */
static bool
fill_row(struct reader *r, struct rte_tel_data *d, uint64_t n)
{
	const char *end = value_end(r->at);
	struct rte_tel_data *row;
	char name[24];
	size_t room;

	if (n >= RTE_TEL_MAX_DICT_ENTRIES - 1 || !take_room(r, end))
		return false;
	snprintf(name, sizeof(name), "%" PRIu64, n);
	row = hang(d, name, false);
	if (row == NULL)
		return false;
	/* All of it is paid for. */
	room = r->room;
	r->room = SIZE_MAX;
	fill_object(r, row);
	r->room = room;
	return true;
}

/* Fill d with the rows of a table, its bracket is behind us. rows: how many it has; 0: those that
 * are there. */
static void
fill_rows(struct reader *r, struct rte_tel_data *d, uint64_t rows)
{
	uint64_t n = 0, shown = 0;
	const char *end;

	skip_blanks(r);
	for (; *r->at == '{' && (end = value_end(r->at)) != NULL; n++) {
		/* One that does not fit is not followed by others that might. */
		if (n == shown && fill_row(r, d, n))
			shown++;
		r->at = end;
		skip(r, ',');
		skip_blanks(r);
	}
	say_truncated(d, RTE_MAX(rows, n) - shown);
}

/* Fill an array with what are no objects; returns how many were left out. */
static uint64_t
fill_strings(struct reader *r, struct rte_tel_data *d)
{
	char text[RTE_TEL_MAX_STRING_LEN];
	uint64_t lost = 0;
	const char *end;

	skip_blanks(r);
	while (*r->at == '"' && (end = value_end(r->at)) != NULL) {
		bool fits = lost == 0 && take_room(r, end);

		read_string(r, end, text);
		if (!fits || rte_tel_data_add_array_string(d, text) < 0)
			lost++;
		skip(r, ',');
		skip_blanks(r);
	}
	return lost;
}

/* Is it an array of strings, or one of objects? */
static bool
has_strings(const char *array)
{
	array++;
	return array[strspn(array, BLANKS)] == '"';
}

/* Add the container that begins at the reader to d; returns how much was left out. */
static uint64_t
add_container(struct reader *r, struct rte_tel_data *d, const char *name)
{
	bool array = *r->at == '[', strings = array && has_strings(r->at);
	struct rte_tel_data *child;
	uint64_t lost = 0;

	if (r->depth >= DEPTH_MAX || (child = hang(d, name, strings)) == NULL)
		return 1;
	r->depth++;
	if (!array) {
		fill_object(r, child);
	} else {
		r->at++;
		if (strings)
			lost = fill_strings(r, child);
		else
			fill_rows(r, child, 0);
	}
	r->depth--;
	return lost;
}

/* Add a number, truth or null, which ends at end. */
static int
add_literal(struct reader *r, struct rte_tel_data *d, const char *name, const char *end)
{
	size_t len = (size_t)(end - r->at);
	char text[RTE_TEL_MAX_STRING_LEN];
	char *rest;
	uint64_t n;

	snprintf(text, sizeof(text), "%.*s", (int)RTE_MIN(len, sizeof(text) - 1), r->at);
	if (strcmp(text, "null") == 0)
		return 0;
	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		return compat_tel_add_uint(d, name, text[0] == 't');
	n = strtoull(text, &rest, 10);
	if (*rest == '\0' && text[0] != '-')
		return compat_tel_add_uint(d, name, n);
	return rte_tel_data_add_dict_string(d, name, text);
}

/* Add the value at the reader, which ends at end; returns how much was left out. */
static uint64_t
add_member(struct reader *r, struct rte_tel_data *d, const char *name, const char *end)
{
	char text[RTE_TEL_MAX_STRING_LEN];

	if (*r->at == '{' || *r->at == '[')
		return add_container(r, d, name);
	if (!take_room(r, end))
		return 1;
	if (*r->at != '"')
		return add_literal(r, d, name, end) < 0;
	read_string(r, end, text);
	return rte_tel_data_add_dict_string(d, name, text) < 0;
}

/* Fill d with the members of the object at the reader. */
static void
fill_object(struct reader *r, struct rte_tel_data *d)
{
	char name[RTE_TEL_MAX_STRING_LEN];
	uint64_t lost = 0;
	const char *end;

	r->at++;
	for (;; skip(r, ',')) {
		skip_blanks(r);
		end = *r->at == '"' ? string_end(r->at) : NULL;
		if (end == NULL)
			break;
		r->room -= RTE_MIN(r->room, (size_t)(end - r->at));
		read_string(r, end, name);
		if (!skip(r, ':'))
			break;
		skip_blanks(r);
		end = value_end(r->at);
		if (end == NULL)
			break;
		lost += add_member(r, d, name, end);
		r->at = end;
	}
	say_truncated(d, lost);
}

int
telemetry_json_fill(struct rte_tel_data *d, const char *text)
{
	struct reader r = {.at = text, .room = TELEMETRY_ROOM};

	rte_tel_data_start_dict(d);
	skip_blanks(&r);
	if (*r.at == '{') {
		fill_object(&r, d);
	} else if (skip(&r, '[')) {
		fill_rows(&r, d, 0);
	} else {
		return -EINVAL;
	}
	return 0;
}

int
telemetry_json_row(struct rte_tel_data *d, const char *text, uint64_t n)
{
	struct reader r = {.at = text, .room = TELEMETRY_ROOM};

	rte_tel_data_start_dict(d);
	if (!skip(&r, '['))
		return -ENOENT;
	for (;; n--) {
		skip_blanks(&r);
		if (*r.at != '{' || value_end(r.at) == NULL)
			return -ENOENT;
		if (n == 0)
			break;
		r.at = value_end(r.at);
		skip(&r, ',');
	}
	fill_object(&r, d);
	return 0;
}

int
telemetry_json_list(struct rte_tel_data *d, const char *record, const char *text, uint64_t rows)
{
	struct reader r = {.at = record, .room = TELEMETRY_ROOM};
	struct rte_tel_data *list;

	rte_tel_data_start_dict(d);
	skip_blanks(&r);
	if (*r.at != '{')
		return -EINVAL;
	fill_object(&r, d);
	r.at = text;
	list = hang(d, "list", false);
	if (list != NULL && skip(&r, '['))
		fill_rows(&r, list, rows);
	return 0;
}
