/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "out.h"
#include "table.h"

#define PYTHON "/usr/bin/python3"

static const struct table_column columns[] = {
	{"Prefix", "prefix", TABLE_LEFT},
	{"MTU", "mtu", TABLE_RIGHT},
	{"Up", "up", TABLE_LEFT},
	{"MAC", "mac", TABLE_LEFT},
};

static const struct rte_ether_addr mac = {.addr_bytes = {2, 0, 0, 0, 0xab, 1}};

static void
two_rows(struct table *t)
{
	table_str(t, "2001:db8::/32");
	table_u64(t, 1280);
	table_bool(t, true);
	table_mac(t, &mac);
	table_printf(t, "fd%02u::/8", 0);
	table_u64(t, UINT64_MAX);
	table_bool(t, false);
	table_none(t);
}

static void
test_table_text(void **state)
{
	struct table t;
	struct out out;

	(void)state;
	out_init(&out);
	table_begin(&t, &out, columns, RTE_DIM(columns));
	two_rows(&t);
	table_str(&t, NULL);
	table_end(&t);
	assert_string_equal(out.text,
		"Prefix                          MTU  Up   MAC\n"
		"2001:db8::/32                  1280  yes  02:00:00:00:ab:01\n"
		"fd00::/8       18446744073709551615  no   -\n"
		"-                                 -  -    -\n");
	out_reset(&out);
	table_begin(&t, &out, columns, RTE_DIM(columns));
	table_end(&t);
	assert_string_equal(out.text, "Prefix  MTU  Up  MAC\n");
	out_free(&out);
}

static void
test_table_places(void **state)
{
	static const struct table_column two[] = {
		{"Name", "name", TABLE_LEFT},
		{"N", "n", TABLE_RIGHT},
	};
	struct table t;
	struct out out;

	(void)state;
	out_init(&out);
	table_begin(&t, &out, two, RTE_DIM(two));
	table_str(&t, "\xc3\xa9t\xc3\xa9s"); /* four letters, six octets */
	table_u64(&t, 1);
	table_str(&t, "a\033[2J\n\x9b\xc2\x9b\xff"); /* controls of 7 and of 8 bits */
	table_u64(&t, 2);
	table_end(&t);
	assert_string_equal(out.text, "Name       N\n"
				      "\xc3\xa9t\xc3\xa9s       1\n"
				      "a?[2J????  2\n");
	out_free(&out);
}

static void
test_table_json(void **state)
{
	struct table t;
	struct out out;

	(void)state;
	out_init(&out);
	out.json = true;
	table_begin(&t, &out, columns, RTE_DIM(columns));
	two_rows(&t);
	table_str(&t, NULL);
	table_end(&t);
	assert_string_equal(out.text,
		"[\n{\"prefix\": \"2001:db8::/32\", \"mtu\": 1280, \"up\": true, "
		"\"mac\": \"02:00:00:00:ab:01\"},\n"
		"{\"prefix\": \"fd00::/8\", \"mtu\": 18446744073709551615, \"up\": false, "
		"\"mac\": null},\n"
		"{\"prefix\": null, \"mtu\": null, \"up\": null, \"mac\": null}\n]\n");
	out_reset(&out);
	out.json = true;
	table_begin(&t, &out, columns, RTE_DIM(columns));
	table_end(&t);
	assert_string_equal(out.text, "[]\n");
	out_free(&out);
}

static const struct table_column sparse[] = {
	{"Prefix", "prefix", TABLE_LEFT},
	{"Options", NULL, TABLE_LEFT | TABLE_SPARSE},
	{NULL, "df", TABLE_LEFT},
	{"Too big", "too_big", TABLE_RIGHT | TABLE_SPARSE},
	{"Up", "up", TABLE_LEFT | TABLE_SPARSE},
	{"MTU", "mtu", TABLE_RIGHT},
};

static void
sparse_row(struct table *t, const char *options, const char *df, uint64_t too_big, bool up)
{
	table_printf(t, "fd00::/%u", 8);
	if (options != NULL)
		table_printf(t, "%s", options);
	else
		table_none(t);
	table_str(t, df);
	table_u64(t, too_big);
	table_bool(t, up);
	table_u64(t, 1500);
}

/* Columns in which no row says anything are left out for a person, never for a program. */
static void
test_table_sparse(void **state)
{
	struct table t;
	struct out out;

	(void)state;
	out_init(&out);
	table_begin(&t, &out, sparse, RTE_DIM(sparse));
	sparse_row(&t, NULL, "reply", 0, false);
	sparse_row(&t, "", NULL, 0, false);
	table_end(&t);
	assert_string_equal(out.text, "Prefix     MTU\n"
				      "fd00::/8  1500\n"
				      "fd00::/8  1500\n");
	out_reset(&out);
	table_begin(&t, &out, sparse, RTE_DIM(sparse));
	sparse_row(&t, NULL, "reply", 0, false);
	sparse_row(&t, "df clear", "clear", 0, true);
	table_end(&t);
	assert_string_equal(out.text, "Prefix    Options   Up    MTU\n"
				      "fd00::/8  -         no   1500\n"
				      "fd00::/8  df clear  yes  1500\n");
	out_reset(&out);
	table_begin(&t, &out, sparse, RTE_DIM(sparse));
	sparse_row(&t, NULL, NULL, 12345678, false);
	sparse_row(&t, NULL, NULL, 0, false);
	table_end(&t);
	assert_string_equal(out.text, "Prefix     Too big   MTU\n"
				      "fd00::/8  12345678  1500\n"
				      "fd00::/8         0  1500\n");
	out_reset(&out);
	out.json = true;
	table_begin(&t, &out, sparse, RTE_DIM(sparse));
	sparse_row(&t, NULL, NULL, 0, false);
	sparse_row(&t, "df clear", "clear", 1, true);
	table_end(&t);
	assert_string_equal(out.text,
		"[\n{\"prefix\": \"fd00::/8\", \"df\": null, \"too_big\": 0, \"up\": false, "
		"\"mtu\": 1500},\n"
		"{\"prefix\": \"fd00::/8\", \"df\": \"clear\", \"too_big\": 1, \"up\": true, "
		"\"mtu\": 1500}\n]\n");
	out_free(&out);
}

/* Octets and what they must become; the bad ones are those of RFC 3629 sections 3 and 10. */
static void
test_json_octets(void **state)
{
	static const struct {
		const char *octets;
		const char *json;
	} cases[] = {
		{"", ""},
		{"a\"b\\c/", "a\\\"b\\\\c/"},
		{"\x01\n\t\x1f\x7f", "\\u0001\\u000a\\u0009\\u001f\\u007f"},
		{"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
			"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
		{"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf",
			"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"},
		{"\x80", "\\ufffd"},                                  /* a continuation alone */
		{"\xc3", "\\ufffd"},                                  /* cut off */
		{"\xe2\x82", "\\ufffd\\ufffd"},                       /* cut off */
		{"\xc3(", "\\ufffd("},                                /* no continuation */
		{"\xc0\xaf", "\\ufffd\\ufffd"},                       /* overlong */
		{"\xe0\x9f\xbf", "\\ufffd\\ufffd\\ufffd"},            /* overlong */
		{"\xf0\x8f\xbf\xbf", "\\ufffd\\ufffd\\ufffd\\ufffd"}, /* overlong */
		{"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},            /* a surrogate */
		{"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"}, /* beyond 10FFFF */
		{"\xf5\xff", "\\ufffd\\ufffd"},
	};
	struct record r;
	char expected[128];
	struct out out;
	unsigned int i;

	(void)state;
	out_init(&out);
	for (i = 0; i < RTE_DIM(cases); i++) {
		out.json = true;
		record_begin(&r, &out);
		record_str(&r, "Key", "key", cases[i].octets);
		record_end(&r);
		snprintf(expected, sizeof(expected), "{\"key\": \"%s\"}\n", cases[i].json);
		assert_string_equal(out.text, expected);
		out_reset(&out);
	}
	out_free(&out);
}

static void
fill_record(struct out *out, struct record *r)
{
	struct table t;

	record_begin(r, out);
	record_str(r, "Device", "device", "net_tap0");
	record_u64(r, "Prefixes", "prefixes", 3);
	record_bool(r, "Link", "link", true);
	record_printf(r, "Memory", "memory", "%u MiB", 64);
	record_mac(r, "MAC", "mac", &mac);
	record_none(r, "Default route", "default_route");
	record_table(r, &t, "By length:", "by_length", columns, 2);
	table_str(&t, "/32");
	table_u64(&t, 2);
	table_end(&t);
	record_table(r, &t, NULL, "nothing", columns, 2);
	table_end(&t);
	record_u64(r, "Total", "total", 5);
	record_end(r);
}

static void
test_record(void **state)
{
	struct record r;
	struct out out;

	(void)state;
	out_init(&out);
	fill_record(&out, &r);
	assert_string_equal(out.text, "Device         net_tap0\n"
				      "Prefixes       3\n"
				      "Link           yes\n"
				      "Memory         64 MiB\n"
				      "MAC            02:00:00:00:ab:01\n"
				      "Default route  -\n"
				      "\n"
				      "By length:\n"
				      "Prefix  MTU\n"
				      "/32       2\n"
				      "\n"
				      "Prefix  MTU\n"
				      "\n"
				      "Total  5\n");
	out_reset(&out);
	out.json = true;
	fill_record(&out, &r);
	assert_string_equal(out.text,
		"{\"device\": \"net_tap0\", \"prefixes\": 3, \"link\": true, "
		"\"memory\": \"64 MiB\", \"mac\": \"02:00:00:00:ab:01\", "
		"\"default_route\": null, \"by_length\": [\n"
		"{\"prefix\": \"/32\", \"mtu\": 2}\n], \"nothing\": [], \"total\": 5}\n");
	out_free(&out);
}

static void
test_record_begins_with_table(void **state)
{
	struct record r;
	struct table t;
	struct out out;

	(void)state;
	out_init(&out);
	record_begin(&r, &out);
	record_table(&r, &t, NULL, "rows", columns, 2);
	table_end(&t);
	record_end(&r);
	assert_string_equal(out.text, "Prefix  MTU\n");
	out_free(&out);
}

/* Whatever the octets are, another implementation reads the JSON. */
static void
test_json_python(void **state)
{
	char text[64], path[] = "/tmp/mtud-test-json-XXXXXX", command[256];
	struct table t;
	struct out out;
	unsigned int i, j;
	int fd, status;

	(void)state;
	if (access(PYTHON, X_OK) != 0)
		skip();
	out_init(&out);
	out.json = true;
	srand(1);
	table_begin(&t, &out, columns, 2);
	for (i = 0; i < 5000; i++) {
		for (j = 0; j < sizeof(text) - 1; j++)
			text[j] = (char)(1 + rand() % 255);
		text[rand() % sizeof(text)] = '\0';
		text[sizeof(text) - 1] = '\0';
		table_str(&t, text);
		table_u64(&t, i);
	}
	table_end(&t);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, out.text, out.len), out.len);
	close(fd);
	snprintf(command, sizeof(command),
		PYTHON " -c \"import json; d = json.loads(open('%s', 'rb').read().decode()); "
		       "assert [x['mtu'] for x in d] == list(range(5000))\"",
		path);
	status = system(command);
	unlink(path);
	assert_int_equal(status, 0);
	out_free(&out);
}

static void
test_many_rows(void **state)
{
	struct table t;
	struct out out;
	size_t lines = 0, i;
	unsigned int row;

	(void)state;
	out_init(&out);
	table_begin(&t, &out, columns, RTE_DIM(columns));
	for (row = 0; row < 250000; row++) {
		table_printf(&t, "2001:db8:%x::/48", row);
		table_u64(&t, row);
		table_bool(&t, row & 1);
		table_mac(&t, &mac);
	}
	table_end(&t);
	assert_int_equal(out.status, 0);
	for (i = 0; i < out.len; i++)
		lines += out.text[i] == '\n';
	assert_int_equal(lines, 250001);
	/* 19 + 2 + 6 + 2 + 3 + 2 + 17 and the line's end; the head line is shorter by 14. */
	assert_int_equal(out.len, 250001 * 52 - 14);
	out_free(&out);
}

static void
test_table_limit(void **state)
{
	struct table t;
	struct out out;
	unsigned int row;

	(void)state;
	out_init(&out);
	out.limit = 1000;
	table_begin(&t, &out, columns, 2);
	for (row = 0; row < 1000; row++) {
		table_str(&t, "2001:db8::/32");
		table_u64(&t, row);
	}
	table_end(&t);
	assert_int_equal(out.status, -1);
	assert_true(out.len <= 1000);
	assert_string_equal(
		out_error_text(&out), "the output is longer than 1000 octets; ask for less");
	out_free(&out);
}

/* Who walks a million rows need not go on when none of them is printed. */
static void
test_table_full(void **state)
{
	struct table t;
	struct out out;
	int json, i;

	(void)state;
	for (json = 0; json < 2; json++) {
		out_init(&out);
		out.limit = 200;
		out.json = json;
		table_begin(&t, &out, columns, RTE_DIM(columns));
		assert_false(table_full(&t));
		for (i = 0; i < 100 && !table_full(&t); i++)
			two_rows(&t);
		assert_in_range(i, 2, 10);
		table_end(&t);
		assert_int_equal(out.status, -1);
		out_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_text),
		cmocka_unit_test(test_table_places),
		cmocka_unit_test(test_table_json),
		cmocka_unit_test(test_table_sparse),
		cmocka_unit_test(test_json_octets),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_record_begins_with_table),
		cmocka_unit_test(test_json_python),
		cmocka_unit_test(test_many_rows),
		cmocka_unit_test(test_table_limit),
		cmocka_unit_test(test_table_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
