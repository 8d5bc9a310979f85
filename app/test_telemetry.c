/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What telemetry is given. Its data cannot be read back: these stand in for DPDK's functions, with
 * the limits of DPDK 22.11 (lib/telemetry/telemetry_data.c), and print what they got. */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>

#include "out.h"
#include "table.h"
#include "telemetry_json.h"

struct rte_tel_data {
	bool is_array;
	unsigned int n;
	struct {
		char name[RTE_TEL_MAX_STRING_LEN];
		char text[RTE_TEL_MAX_STRING_LEN]; /* as JSON has it, without quotes */
		bool quoted;
		struct rte_tel_data *child;
	} entry[RTE_TEL_MAX_ARRAY_ENTRIES];
};

static unsigned int living;

int
rte_tel_data_start_dict(struct rte_tel_data *d)
{
	d->is_array = false;
	d->n = 0;
	return 0;
}

int
rte_tel_data_start_array(struct rte_tel_data *d, enum rte_tel_value_type type)
{
	assert_int_equal(type, RTE_TEL_STRING_VAL);
	d->is_array = true;
	d->n = 0;
	return 0;
}

struct rte_tel_data *
rte_tel_data_alloc(void)
{
	living++;
	return malloc(sizeof(struct rte_tel_data));
}

void
rte_tel_data_free(struct rte_tel_data *d)
{
	living--;
	free(d);
}

static int
add(struct rte_tel_data *d, const char *name, const char *text, bool quoted,
	struct rte_tel_data *child)
{
	unsigned int max = d->is_array ? RTE_TEL_MAX_ARRAY_ENTRIES : RTE_TEL_MAX_DICT_ENTRIES;
	const char *c;

	for (c = name; *c != '\0'; c++)
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != '/')
			return -EINVAL;
	/* DPDK 22.11 reads in front of a table for what is no ASCII. */
	for (c = text; *c != '\0'; c++)
		assert_true((unsigned char)*c >= ' ' && (unsigned char)*c < 0x7f);
	assert_true(strlen(text) < RTE_TEL_MAX_STRING_LEN);
	if (d->n >= max)
		return -ENOSPC;
	snprintf(d->entry[d->n].name, sizeof(d->entry[0].name), "%s", name);
	snprintf(d->entry[d->n].text, sizeof(d->entry[0].text), "%s", text);
	d->entry[d->n].quoted = quoted;
	d->entry[d->n++].child = child;
	return 0;
}

int
rte_tel_data_add_dict_string(struct rte_tel_data *d, const char *name, const char *val)
{
	return add(d, name, val, true, NULL);
}

int
rte_tel_data_add_array_string(struct rte_tel_data *d, const char *str)
{
	assert_true(d->is_array);
	return add(d, "", str, true, NULL);
}

int
rte_tel_data_add_dict_container(struct rte_tel_data *d, const char *name, struct rte_tel_data *val,
	int keep)
{
	assert_int_equal(keep, 0);
	return add(d, name, "", false, val);
}

static int
add_uint(struct rte_tel_data *d, const char *name, uint64_t val)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, val);
	return add(d, name, text, false, NULL);
}

/* Whichever compat.h calls. */
int rte_tel_data_add_dict_uint(struct rte_tel_data *d, const char *name, uint64_t val);

int
rte_tel_data_add_dict_uint(struct rte_tel_data *d, const char *name, uint64_t val)
{
	return add_uint(d, name, val);
}

int
rte_tel_data_add_dict_u64(struct rte_tel_data *d, const char *name, uint64_t val)
{
	return add_uint(d, name, val);
}

/* Print as DPDK does, and free what hangs on it. */
static void
print(struct rte_tel_data *d, struct out *out)
{
	unsigned int i;

	out_printf(out, d->is_array ? "[" : "{");
	for (i = 0; i < d->n; i++) {
		out_printf(out, "%s", i > 0 ? "," : "");
		if (!d->is_array)
			out_printf(out, "\"%s\":", d->entry[i].name);
		if (d->entry[i].child != NULL) {
			print(d->entry[i].child, out);
			rte_tel_data_free(d->entry[i].child);
		} else {
			out_printf(out, d->entry[i].quoted ? "\"%s\"" : "%s", d->entry[i].text);
		}
	}
	out_printf(out, d->is_array ? "]" : "}");
}

/* The answer made of some JSON, as text; to be freed. */
static char *
answer_of(int ret, struct rte_tel_data *d, int expect)
{
	struct out out;

	assert_int_equal(ret, expect);
	out_init(&out);
	print(d, &out);
	rte_tel_data_free(d);
	assert_int_equal(living, 0);
	assert_true(out.len < 16 * 1024 - 64);
	return out.text;
}

static char *
fill(const char *json, int expect)
{
	struct rte_tel_data *d = rte_tel_data_alloc();

	return answer_of(telemetry_json_fill(d, json), d, expect);
}

static void
assert_filled(const char *json, const char *expect)
{
	char *text = fill(json, 0);

	assert_string_equal(text, expect);
	free(text);
}

static void
values(void **state)
{
	(void)state;
	assert_filled("{\"n\": 18446744073709551615, \"s\": \"a b\", \"up\": true, \"down\": false, "
		      "\"none\": null, \"minus\": -1, \"share\": 0.5}\n",
		"{\"n\":18446744073709551615,\"s\":\"a b\",\"up\":1,\"down\":0,\"minus\":\"-1\","
		"\"share\":\"0.5\"}");
	assert_filled("{}", "{}");
	assert_filled("[]\n", "{}");
}

static void
tables_and_what_is_in_records(void **state)
{
	(void)state;
	assert_filled("[\n{\"a\": 1, \"b\": null},\n{\"a\": 2, \"b\": \"x\"}\n]\n",
		"{\"0\":{\"a\":1},\"1\":{\"a\":2,\"b\":\"x\"}}");
	assert_filled("{\"t\": [\n{\"a\": 1}\n], \"e\": [], \"o\": {\"p\": {\"q\": 1}}, "
		      "\"lines\": [\"x\", \"y\"], \"n\": 3}\n",
		"{\"t\":{\"0\":{\"a\":1}},\"e\":{},\"o\":{\"p\":{\"q\":1}},"
		"\"lines\":[\"x\",\"y\"],\"n\":3}");
}

static void
strings_that_telemetry_cannot_have(void **state)
{
	char json[512], expect[512];

	(void)state;
	assert_filled("{\"s\": \"a\\u0007\\ufffd\xc3\xa9\xf0\x9f\x98\x80z\", \"brace\": \"}]{[,:\"}",
		"{\"s\":\"a????z\",\"brace\":\"}]{[,:\"}");
	/* As it is in the memory of telemetry, which escapes it again. */
	assert_filled("{\"s\": \"q\\\"b\\\\\"}", "{\"s\":\"q\"b\\\"}");
	snprintf(json, sizeof(json), "{\"s\": \"%0127d\"}", 7);
	snprintf(expect, sizeof(expect), "{\"s\":\"%0127d\"}", 7);
	assert_filled(json, expect);
	snprintf(json, sizeof(json), "{\"s\": \"%0128d\"}", 7);
	snprintf(expect, sizeof(expect), "{\"s\":\"%0124d...\"}", 0);
	assert_filled(json, expect);
}

/* A table as the console prints it. */
static void
print_table(struct out *out, uint64_t rows)
{
	static const struct table_column columns[] = {
		{"Prefix", "prefix", TABLE_LEFT}, {"Packets", "packets", TABLE_RIGHT}};
	struct table t;
	uint64_t i;

	table_begin(&t, out, columns, RTE_DIM(columns));
	for (i = 0; i < rows; i++) {
		table_printf(&t, "2001:db8:%" PRIx64 "::/48", i);
		table_u64(&t, i);
	}
	table_end(&t);
}

static uint64_t
count(const char *text, const char *what)
{
	uint64_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

static void
assert_truncated(char *text, uint64_t rows)
{
	const char *truncated = strstr(text, "\"truncated\":");
	uint64_t n = count(text, "prefix");

	assert_non_null(truncated);
	assert_true(n > 100 && n < rows);
	assert_int_equal(strtoull(truncated + strlen("\"truncated\":"), NULL, 10), rows - n);
	assert_int_equal(count(text, "packets"), n);
	free(text);
}

/* DPDK leaves out what does not fit, and tells nobody. */
static void
what_does_not_fit_is_counted(void **state)
{
	struct rte_tel_data *d;
	struct out out;

	(void)state;
	out_init(&out);
	out.json = true;
	print_table(&out, 250);
	assert_truncated(fill(out.text, 0), 250);
	out_reset(&out);
	out.json = true;
	print_table(&out, 1000);
	assert_truncated(fill(out.text, 0), 1000);
	/* A list that was cut while it was printed. */
	out_reset(&out);
	out.limit = 32000;
	out.json = true;
	print_table(&out, 5000);
	assert_int_equal(out.status, -1);
	d = rte_tel_data_alloc();
	assert_truncated(answer_of(telemetry_json_list(d, "{\"n\": 5000}", out.text, 5000), d, 0),
		5000);
	out_free(&out);
}

/* Many short rows: telemetry's dictionary is full before the answer is. */
static void
as_many_rows_as_a_dictionary_has(void **state)
{
	struct out out;
	char *text;
	int i;

	(void)state;
	out_init(&out);
	out_printf(&out, "{\"t\": [");
	for (i = 0; i < 300; i++)
		out_printf(&out, "%s\n{\"a\": 1}", i > 0 ? "," : "");
	out_printf(&out, "]}\n");
	text = fill(out.text, 0);
	assert_int_equal(count(text, "\"a\""), 255);
	assert_non_null(strstr(text, "\"truncated\":45}"));
	free(text);
	out_free(&out);
}

static void
one_row(void **state)
{
	static const char json[] = "[\n{\"a\": 1, \"b\": [\"x\"]},\n{\"a\": 2}\n]\n";
	struct rte_tel_data *d = rte_tel_data_alloc();
	char *text;

	(void)state;
	text = answer_of(telemetry_json_row(d, json, 0), d, 0);
	assert_string_equal(text, "{\"a\":1,\"b\":[\"x\"]}");
	free(text);
	d = rte_tel_data_alloc();
	text = answer_of(telemetry_json_row(d, json, 1), d, 0);
	assert_string_equal(text, "{\"a\":2}");
	free(text);
	d = rte_tel_data_alloc();
	free(answer_of(telemetry_json_row(d, json, 2), d, -ENOENT));
	d = rte_tel_data_alloc();
	free(answer_of(telemetry_json_row(d, "{\"a\": 1}", 0), d, -ENOENT));
}

static void
text_is_no_json(void **state)
{
	(void)state;
	free(fill("Prefix  MTU\n", -EINVAL));
	free(fill("", -EINVAL));
}

/* Nothing beyond the end is read, wherever it is. */
static void
cut_anywhere(void **state)
{
	static const char json[] =
		"{\"s\": \"a\\\"\\u0007\xc3\xa9\", \"t\": [\n{\"a\": 1, \"b\": [\"x\\\\\", \"y\"]},\n"
		"{\"a\": null}\n], \"o\": {\"p\": true}, \"deep\": {\"a\": {\"b\": {\"c\": {\"d\": "
		"{\"e\": 1}}}}}, \"n\": -7}\n";
	size_t len;

	(void)state;
	for (len = 1; len < sizeof(json); len++) {
		char *cut = strndup(json, len);

		free(fill(cut, 0));
		free(cut);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(tables_and_what_is_in_records),
		cmocka_unit_test(strings_that_telemetry_cannot_have),
		cmocka_unit_test(what_does_not_fit_is_counted),
		cmocka_unit_test(as_many_rows_as_a_dictionary_has),
		cmocka_unit_test(one_row),
		cmocka_unit_test(text_is_no_json),
		cmocka_unit_test(cut_anywhere),
	};

	return cmocka_run_group_tests_name("telemetry", tests, NULL, NULL);
}
