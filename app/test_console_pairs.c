/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* KEY VALUE pairs: what a line may say, its sentences and its completion. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_console_line.h"
#include "test_grammar.h"

#define VIA "add route fd00::/8 via fe80::1"

static int
setup(void **state)
{
	(void)state;
	return cmd_init(test_nouns);
}

static int
teardown(void **state)
{
	(void)state;
	cmd_free();
	return 0;
}

static void
test_pairs(void **state)
{
	(void)state;
	assert_line(VIA, 0, "text fd00::/8 fe80::1\n");
	assert_line(VIA " mtu 1400", 0, "text fd00::/8 fe80::1 mtu=1400\n");
	assert_line(VIA " port 1", 0, "text fd00::/8 fe80::1 port=1\n");
	assert_line(VIA " mtu 1400 port 1", 0, "text fd00::/8 fe80::1 mtu=1400 port=1\n");
	assert_line(VIA " port 1 mtu 1400 # x", 0, "text fd00::/8 fe80::1 port=1 mtu=1400\n");
	assert_line(VIA " mtu 9400", -1, "mtu 9400: too much");
	assert_line(VIA " mtu 1 mtu 1", -1, VIA " mtu 1: mtu is given twice");
	assert_line(VIA " port 1 mtu 2 port 1", -1, VIA " port 1 mtu 2: port is given twice");
	assert_line(VIA " port 1 port 2 mtu 1", -1, VIA " port 1: port is given twice");
	assert_line(VIA " port port mtu", -1,
		VIA " port port mtu: expected a number, but the line ends");
	assert_line("show route to ::1 size 1 size 1", -1,
		"show route to ::1 size 1: size is given twice");
	assert_line(VIA " mtu", -1, VIA " mtu: expected a number, but the line ends");
	assert_line(VIA " port", -1, VIA " port: expected a port number, but the line ends");
	assert_line(
		VIA " foo 1", -1, VIA ": expected mtu, port or the end of the line, not \"foo\"");
	assert_line(VIA " mtu 1400 foo", -1,
		VIA " mtu 1400: expected port or the end of the line, not \"foo\"");
}

/* Keys whose value is a keyword, alone or with a value behind it. */
static void
test_keywords(void **state)
{
	(void)state;
	assert_line("show with", 0, "text\n");
	assert_line("show with df pass", 0, "text df=pass\n");
	assert_line("show with mss clamp", 0, "text mss=clamp\n");
	assert_line("show with mss max 1360", 0, "text mss=max,1360\n");
	assert_line("show with mss on 1 json", 0, "json mss=on,1\n");
	assert_line("show with mss max 1360 df clear size 9", 0,
		"text df=clear mss=max,1360 size=9\n");
	assert_line("show with size 9 mss clamp df clear json", 0,
		"json df=clear mss=clamp size=9\n");
	assert_line("show with df", -1,
		"show with df: expected clear or pass, but the line ends");
	assert_line("show with df keep", -1, "show with df: expected clear or pass, not \"keep\"");
	assert_line("show with df json", -1, "show with df: expected clear or pass, not \"json\"");
	assert_line("show with mss", -1,
		"show with mss: expected clamp, max or on, but the line ends");
	assert_line("show with mss 1360", -1,
		"show with mss: expected clamp, max or on, not \"1360\"");
	assert_line("show with mss max", -1,
		"show with mss max: expected a number, but the line ends");
	assert_line("show with size 9 mss max json", -1,
		"show with size 9 mss max: expected a number, not \"json\"");
	assert_line("show with mss on # 1", -1,
		"show with mss on: expected a port number, but the line ends");
	assert_line("show with mss clamp 1360", -1,
		"show with mss clamp: expected df, json, size or the end of the line, not \"1360\"");
	assert_line("show with mss max 1360 1400", -1,
		"show with mss max 1360: expected df, json, size or the end of the line, not "
		"\"1400\"");
	assert_line("show with mss clamp df pass size 9 size 9", -1,
		"show with mss clamp df pass size 9: size is given twice");
	assert_line("show with mss max 1 mss clamp", -1,
		"show with mss max 1: mss is given twice");
	assert_line("show with mss clamp df pass size 9 foo", -1,
		"show with mss clamp df pass size 9: unexpected \"foo\" at the end");
}

static void
test_complete_pairs(void **state)
{
	(void)state;
	assert_complete(VIA " ", "|<RETURN>|mtu|port");
	assert_complete(VIA " m", "tu ");
	assert_complete(VIA " mtu ", "|<a number>  add or replace a route");
	assert_complete(VIA " port ", "|0|1");
	assert_complete(VIA " mtu 1400 ", "|<RETURN>|port");
	assert_complete(VIA " port 1 ", "|<RETURN>|mtu");
	assert_complete(VIA " port 1 mtu 1400 ", "|<RETURN>");
	assert_complete("show route to ::1 size 1400 j", "son ");
}

static void
test_complete_keywords(void **state)
{
	(void)state;
	assert_complete("show with ", "|<RETURN>|df|json|mss|size");
	assert_complete("show with d", "f ");
	assert_complete("show with df ", "|clear|pass");
	assert_complete("show with df cl", "ear ");
	assert_complete("show with mss ", "|clamp|max|on");
	assert_complete("show with mss c", "lamp ");
	assert_complete("show with mss clamp ", "|<RETURN>|df|json|size");
	assert_complete("show with mss max ", "|<a number>  keys with keywords");
	assert_complete("show with mss on ", "|0|1");
	assert_complete("show with df pass mss on 1 ", "|<RETURN>|json|size");
	assert_complete("show with df pass mss max 1 s", "ize ");
	assert_complete("show with df pass mss clamp size 9 ", "|<RETURN>|json");
	assert_complete("show with df pass mss clamp df ", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_keywords),
		cmocka_unit_test(test_complete_pairs),
		cmocka_unit_test(test_complete_keywords),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
