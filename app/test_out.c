/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "out.h"

static void
test_out(void **state)
{
	struct out out;

	(void)state;
	out_init(&out);
	assert_null(out_error_text(&out));
	out_finish(&out);
	assert_int_equal(out.len, 0);
	out_printf(&out, "%s", "");
	out_printf(&out, "%d apples", 3);
	out_write(&out, "\0x", 2);
	assert_int_equal(out.len, 10);
	assert_memory_equal(out.text, "3 apples\0x", 11);
	assert_int_equal(out.status, 0);
	out_error(&out, "no %s", "good\n\033");
	out_error(&out, "the consequence");
	assert_int_equal(out.status, -1);
	assert_string_equal(out_error_text(&out), "no good??");
	out_finish(&out);
	assert_string_equal(out.text + 10, "\nerror: no good??\n");
	out.within_file = true;
	out.json = true;
	out_reset(&out);
	assert_null(out.text);
	assert_int_equal(out.status, 0);
	assert_true(out.within_file);
	assert_false(out.json);
	out_free(&out);
}

/* What is quoted harms no terminal: neither ASCII's controls, nor those of ISO 6429 beyond (here CSI
 * and OSC as UTF-8, and CSI as one octet), nor what is no UTF-8. Other characters stay. */
static void
test_out_plain(void **state)
{
	struct out out;

	(void)state;
	out_init(&out);
	out_error(&out, "\302\2332J \302\2350;title \2332J \177 \303\251 \342\202\254 \303");
	assert_string_equal(out_error_text(&out), "?2J ?0;title ?2J ? \303\251 \342\202\254 ?");
	out_free(&out);
}

static void
test_out_limit(void **state)
{
	struct out out;

	(void)state;
	out_init(&out);
	out.limit = 10;
	out_printf(&out, "12345\n");
	out_write(&out, "7890", 4);
	assert_int_equal(out.status, 0);
	out_write(&out, "1", 1);
	assert_int_equal(out.status, -1);
	out_write(&out, "", 0);
	assert_string_equal(out.text, "12345\n7890");
	out_finish(&out);
	assert_string_equal(out.text,
		"12345\n7890\nerror: the output is longer than 10 octets; ask for less\n");
	out_reset(&out);
	assert_int_equal(out.limit, 10);
	out_free(&out);
}

static void
test_out_memory(void **state)
{
	struct out out;

	(void)state;
	out_init(&out);
	out_printf(&out, "begun\n");
	out_write(&out, "", SIZE_MAX - 100);
	assert_int_equal(out.status, -1);
	assert_string_equal(out_error_text(&out), "out of memory");
	out_printf(&out, "not behind a gap");
	assert_string_equal(out.text, "begun\n");
	out_finish(&out);
	assert_string_equal(out.text, "begun\nerror: out of memory\n");
	out_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out),
		cmocka_unit_test(test_out_plain),
		cmocka_unit_test(test_out_limit),
		cmocka_unit_test(test_out_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
