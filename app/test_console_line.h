/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef TEST_CONSOLE_LINE_H
#define TEST_CONSOLE_LINE_H

/* What lines do and how they complete. To be included behind cmocka.h. */

#include <stdio.h>

#include "cmd.h"
#include "out.h"

/* Run a line; text is all that it prints, or its error. */
static inline void
assert_line(const char *line, int status, const char *text)
{
	struct out out;

	out_init(&out);
	assert_int_equal(cmd_run(line, &out), status);
	assert_int_equal(out.status, status);
	if (status == 0)
		assert_string_equal(out.text != NULL ? out.text : "", text);
	else
		assert_string_equal(out_error_text(&out), text);
	assert_null(cmd_out());
	out_free(&out);
}

/* Complete buf; expected is what is appended, or with a '|' before each the choices shown. */
static inline void
assert_complete(const char *buf, const char *expected)
{
	char got[8192] = "", dst[512];
	int state = 0, ret;
	size_t len = 0;

	ret = cmd_complete(buf, &state, dst, sizeof(dst));
	if (ret == CMDLINE_PARSE_COMPLETED_BUFFER)
		len += snprintf(got, sizeof(got), "%s", dst);
	while (ret == CMDLINE_PARSE_COMPLETE_AGAIN) {
		len += snprintf(got + len, sizeof(got) - len, "|%s", dst);
		ret = cmd_complete(buf, &state, dst, sizeof(dst));
	}
	assert_string_equal(got, expected);
}

#endif
