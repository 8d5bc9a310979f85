/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Files of commands. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd.h"
#include "console_file.h"
#include "out.h"
#include "test_grammar.h"

#define VERBS "add, count, del, fail, go, help, load, mib, quit, say, show or twice"

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

struct calls {
	char text[64];
	int begin;
	int commit;
	unsigned int turns;
	unsigned int turns_max; /* that one ends it; 0: none */
};

static int
on_begin(void *arg)
{
	struct calls *calls = arg;

	strcat(calls->text, "begin ");
	return calls->begin;
}

static int
on_commit(void *arg, struct out *out)
{
	struct calls *calls = arg;

	strcat(calls->text, "commit ");
	if (calls->commit == -1)
		out_error(out, "the table is full");
	return calls->commit;
}

static void
on_rollback(void *arg)
{
	strcat(((struct calls *)arg)->text, "rollback ");
}

static int
on_turn(void *arg)
{
	struct calls *calls = arg;

	return ++calls->turns == calls->turns_max ? -1 : 0;
}

static const char path[] = "test_console.tmp";

/* Run a file of these octets; returns the output, valid until out is freed. */
static const char *
run_file(const char *octets, size_t len, struct out *out, struct calls *calls)
{
	struct console_file_hooks hooks = {on_begin, on_commit, on_rollback, on_turn, calls};
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(octets, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	out_init(out);
	calls->text[0] = '\0';
	console_file_run(path, out, &hooks);
	unlink(path);
	return out->status == 0 ? (out->text != NULL ? out->text : "") : out_error_text(out);
}

static void
assert_file(const char *octets, size_t len, int status, const char *text, const char *called)
{
	struct calls calls = {.begin = 0};
	struct out out;

	assert_string_equal(run_file(octets, len, &out, &calls), text);
	assert_int_equal(out.status, status);
	assert_string_equal(calls.text, called);
	out_free(&out);
}

#define ASSERT_FILE(octets, status, text, called) \
	assert_file(octets, sizeof(octets) - 1, status, text, called)

static void
test_file(void **state)
{
	(void)state;
	ASSERT_FILE("", 0, "", "begin commit ");
	ASSERT_FILE("# a comment\n\nshow route\n  show route json # x\r\nshow port 1", 0,
		"text\njson\ntext 1\n", "begin commit ");
	ASSERT_FILE("show route\n\n\nadd route foo\nshow route\n", -1,
		"test_console.tmp:4: add route: expected a prefix, not \"foo\"", "begin rollback ");
	ASSERT_FILE("show route\nfail", -1, "test_console.tmp:2: it went wrong: ?[31mred",
		"begin rollback ");
	ASSERT_FILE("show route\ngo 3\n", -1,
		"test_console.tmp:2: a command that goes on until a key is pressed has no place in "
		"a file",
		"begin rollback ");
	ASSERT_FILE("go 0\n", -1, "test_console.tmp:1: no turn at all", "begin rollback ");
	assert_int_equal(test_alive, 0);
	ASSERT_FILE("show route\nload x\n", -1,
		"test_console.tmp:2: a file cannot load another file", "begin rollback ");
	ASSERT_FILE(
		"quit\n", -1, "test_console.tmp:1: quit has no place in a file", "begin rollback ");
	ASSERT_FILE("\nshow\0route\n", -1,
		"test_console.tmp:2: the line has a control character in it", "begin rollback ");
}

static void
test_file_text_before_error(void **state)
{
	struct calls calls = {.begin = 0};
	struct out out;

	(void)state;
	run_file("show route\nfail\nshow route\n", 27, &out, &calls);
	assert_string_equal(out.text, "text\nhalf a linetext\n");
	out_free(&out);
}

/* All lines are looked at, and all that are bad are told in their order. */
static void
test_file_errors(void **state)
{
	static const char octets[] = "bar\nshow route\n# x\nadd route foo\nquit\nload x\n";
	struct calls calls = {.begin = 0};
	struct out out;

	(void)state;
	assert_string_equal(run_file(octets, sizeof(octets) - 1, &out, &calls),
		"test_console.tmp: 4 of 6 lines are wrong: nothing was applied");
	assert_string_equal(out.text,
		"text\n"
		"test_console.tmp:1: unknown command \"bar\": expected " VERBS "\n"
		"test_console.tmp:4: add route: expected a prefix, not \"foo\"\n"
		"test_console.tmp:5: quit has no place in a file\n"
		"test_console.tmp:6: a file cannot load another file\n");
	assert_string_equal(calls.text, "begin rollback ");
	out_free(&out);
}

/* ... but whoever loads the wrong kind of file is not told each of its lines. */
static void
test_file_errors_bounded(void **state)
{
	char octets[4 * (CONSOLE_FILE_ERRORS + 23)];
	struct calls calls = {.begin = 0};
	unsigned int i, lines = 0;
	struct out out;

	(void)state;
	for (i = 0; i < sizeof(octets); i += 4)
		memcpy(octets + i, "bar\n", 4);
	assert_string_equal(run_file(octets, sizeof(octets), &out, &calls),
		"test_console.tmp: 123 of 123 lines are wrong (the first 100 are shown): nothing "
		"was applied");
	for (i = 0; i < out.len; i++)
		lines += out.text[i] == '\n';
	assert_int_equal(lines, CONSOLE_FILE_ERRORS);
	assert_non_null(strstr(out.text, "\ntest_console.tmp:100: unknown"));
	out_free(&out);
	/* Exactly as many are all told. */
	assert_string_equal(run_file(octets, 4 * CONSOLE_FILE_ERRORS, &out, &calls),
		"test_console.tmp: 100 of 100 lines are wrong: nothing was applied");
	out_free(&out);
}

static void
test_file_lines(void **state)
{
	static char octets[CMD_LINE_MAX + 2];

	(void)state;
	/* The longest line there may be, with and without its end, then one octet more. */
	memset(octets, ' ', sizeof(octets));
	octets[CMD_LINE_MAX] = '\n';
	assert_file(octets, CMD_LINE_MAX + 1, 0, "", "begin commit ");
	assert_file(octets, CMD_LINE_MAX, 0, "", "begin commit ");
	octets[CMD_LINE_MAX] = ' ';
	octets[CMD_LINE_MAX + 1] = '\n'; /* after which nothing is looked at */
	assert_file(octets, CMD_LINE_MAX + 2, -1,
		"test_console.tmp:1: the line is longer than 4096 octets", "begin rollback ");
	assert_file(octets, CMD_LINE_MAX + 1, -1,
		"test_console.tmp:1: the line is longer than 4096 octets", "begin rollback ");
}

/* Lines lie across the pieces that the file is read in. */
static void
test_file_many_lines(void **state)
{
	static char octets[300 * 1024];
	struct calls calls = {.begin = 0};
	struct out out;
	unsigned int i;
	size_t len = 0;

	(void)state;
	for (i = 0; i < 9999; i++)
		len += snprintf(octets + len, sizeof(octets) - len, "%*s# %u\n", i % 40, "", i);
	len += snprintf(octets + len, sizeof(octets) - len, "foo");
	assert_true(len < sizeof(octets) - 1);
	assert_string_equal(run_file(octets, len, &out, &calls),
		"test_console.tmp:10000: unknown command \"foo\": expected " VERBS);
	assert_string_equal(calls.text, "begin rollback ");
	out_free(&out);
}

/* A mebibyte is written for each line and not printed: that takes milliseconds anywhere. */
static void
test_file_turns(void **state)
{
	static char octets[6 * 1000];
	struct calls calls = {.begin = 0};
	struct out out;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(octets); i += 6)
		memcpy(octets + i, "mib 0\n", 6);
	run_file(octets, sizeof(octets), &out, &calls);
	assert_int_equal(out.status, 0);
	assert_true(calls.turns > 0);
	out_free(&out);

	/* Who takes the turn may see that mtud is to end. */
	calls = (struct calls){.turns_max = 1};
	assert_string_equal(run_file(octets, sizeof(octets), &out, &calls),
		"test_console.tmp: mtud is ending: nothing was applied");
	assert_string_equal(calls.text, "begin rollback ");
	assert_int_equal(calls.turns, 1);
	out_free(&out);
}

static void
test_file_hooks(void **state)
{
	struct calls calls = {.begin = -1};
	struct out out;

	(void)state;
	assert_string_equal(run_file("count\n", 6, &out, &calls),
		"test_console.tmp: another change is under way; try again when it is done");
	assert_null(out.text);
	assert_string_equal(calls.text, "begin ");
	out_free(&out);
	calls = (struct calls){.commit = -1};
	assert_string_equal(run_file("count\n", 6, &out, &calls), "the table is full");
	assert_int_equal(out.status, -1);
	assert_string_equal(calls.text, "begin commit ");
	out_free(&out);
	calls = (struct calls){.commit = -2};
	assert_string_equal(
		run_file("count\n", 6, &out, &calls), "test_console.tmp: it cannot be applied");
	out_free(&out);
}

static void
test_file_missing(void **state)
{
	struct out out;

	(void)state;
	out_init(&out);
	assert_int_equal(console_file_run("no such file", &out, NULL), -1);
	assert_string_equal(out_error_text(&out), "no such file: No such file or directory; "
						      "name a file that can be read");
	out_reset(&out);
	assert_int_equal(console_file_run("/tmp", &out, NULL), -1);
	assert_string_equal(out_error_text(&out), "/tmp: Is a directory");
	out_reset(&out);
	assert_int_equal(console_file_run("/dev/null", &out, NULL), 0);
	assert_int_equal(console_file_run("/dev/zero", &out, NULL), -1);
	assert_string_equal(
		out_error_text(&out), "/dev/zero:1: the line is longer than 4096 octets");
	out_free(&out);
}

/* What is no file and wrong all the time is not read for ever; a pipe that says nothing leaves
 * others their turn. */
static void
test_file_endless(void **state)
{
	struct calls calls = {.turns_max = 3};
	struct console_file_hooks hooks = {.turn = on_turn, .arg = &calls};
	struct out out;

	(void)state;
	out_init(&out);
	assert_int_equal(console_file_run("/dev/urandom", &out, NULL), -1);
	assert_non_null(strstr(out_error_text(&out), "lines are wrong (the first 100 are shown)"));
	out_reset(&out);
	assert_int_equal(mkfifo("test_console.fifo", 0600), 0);
	assert_int_equal(console_file_run("test_console.fifo", &out, &hooks), -1);
	unlink("test_console.fifo");
	assert_string_equal(out_error_text(&out),
		"test_console.fifo: mtud is ending: nothing was applied");
	assert_int_equal(calls.turns, 3);
	out_free(&out);
}

/* A file loaded by a command: the path is the rest of the line, and the line's output is back in
 * force behind it. */
static void
test_load(void **state)
{
	FILE *f = fopen("test console.tmp", "w");
	struct out out;

	(void)state;
	assert_non_null(f);
	fputs("show route\nadd foo\n", f);
	fclose(f);
	out_init(&out);
	assert_int_equal(cmd_run("load   test console.tmp  # x", &out), -1);
	assert_string_equal(
		out_error_text(&out), "test console.tmp:2: add: expected route, not \"foo\"");
	assert_string_equal(out.text, "text\n");
	assert_null(cmd_out());
	out_free(&out);
	unlink("test console.tmp");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_file_text_before_error),
		cmocka_unit_test(test_file_errors),
		cmocka_unit_test(test_file_errors_bounded),
		cmocka_unit_test(test_file_lines),
		cmocka_unit_test(test_file_many_lines),
		cmocka_unit_test(test_file_turns),
		cmocka_unit_test(test_file_hooks),
		cmocka_unit_test(test_file_missing),
		cmocka_unit_test(test_file_endless),
		cmocka_unit_test(test_load),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
