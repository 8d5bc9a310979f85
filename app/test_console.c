/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The grammar, its sentences, help and completion; pairs have a file of their own. */

#include <errno.h>
#include <limits.h>
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
#include "out.h"
#include "test_console_line.h"
#include "test_grammar.h"

#define VERBS "add, count, del, fail, go, help, load, mib, quit, say, show or twice"
#define VIA   "add route fd00::/8 via fe80::1"

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
test_lines(void **state)
{
	(void)state;
	assert_line("", 0, "");
	assert_line("\n", 0, "");
	assert_line(" \t ", 0, "");
	assert_line("# show route", 0, "");
	assert_line("  # show route\r\n", 0, "");
	assert_line("show route", 0, "text\n");
	assert_line("\t show \t route  # and why\n", 0, "text\n");
	assert_line("show route\r\n", 0, "text\n");
	assert_line("del route fd00::/8", 0, "text fd00::/8\n");
	assert_line("add route fd00::/8 blackhole", 0, "text fd00::/8 blackhole\n");
	assert_line("show route summary", 0, "text\n");
}

static void
test_json(void **state)
{
	(void)state;
	assert_line("show route json", 0, "json\n");
	assert_line("show route fd00::/8 json", 0, "json fd00::/8\n");
	assert_line("show route summary json", 0, "json\n");
	assert_line("show route to fd00::1 json", 0, "json fd00::1\n");
	assert_line("show route to fd00::1 size 1400 json", 0, "json fd00::1 size=1400\n");
	assert_line("show route to json", -1, "show route to: expected an address, not \"json\"");
	assert_line("show name json", -1, "show name: expected a name, not \"json\"");
	assert_line(VIA " mtu json", -1, VIA " mtu: expected a number, not \"json\"");
	assert_line("del route fd00::/8 json", -1,
		"del route fd00::/8: unexpected \"json\" at the end");
}

/* One output may serve several lines. */
static void
test_json_again(void **state)
{
	struct out out;

	(void)state;
	out_init(&out);
	cmd_run("show route json", &out);
	cmd_run("show route", &out);
	assert_string_equal(out.text, "json\ntext\n");
	out_free(&out);
}

static void
test_sentences(void **state)
{
	(void)state;
	assert_line("ad route", -1, "unknown command \"ad\": expected " VERBS);
	assert_line("addroute", -1, "unknown command \"addroute\": expected " VERBS);
	assert_line("add", -1, "add: expected route, but the line ends");
	assert_line("show rout", -1, "show: expected name, port, route or with, not \"rout\"");
	assert_line("add route", -1, "add route: expected a prefix, but the line ends");
	assert_line("add  route\tfoo # x", -1, "add  route: expected a prefix, not \"foo\"");
	assert_line("add route fd00::/8", -1,
		"add route fd00::/8: expected blackhole, unreachable or via, but the line ends");
	assert_line("add route fd00::/8 black", -1,
		"add route fd00::/8: expected blackhole, unreachable or via, not \"black\"");
	assert_line("show port 0 bar", -1, "show port 0: unexpected \"bar\" at the end");
	assert_line("show port x", -1,
		"show port: expected a port number, json or the end of the line, not \"x\"");
	assert_line("fail fail", -1, "fail: unexpected \"fail\" at the end");
	assert_line("twice 3", -1, "ambiguous: it can be \"twice A\" and \"twice B\"");
	assert_line("twice x", 0, "text x\n");
	assert_line("load", -1, "load: expected a file name, but the line ends");
	assert_line("fail", -1, "it went wrong: ?[31mred");
}

static void
test_long_words(void **state)
{
	char word[CMD_LINE_MAX + 2], line[CMD_LINE_MAX + 64], expected[CMD_LINE_MAX + 64];

	(void)state;
	memset(word, 'a', sizeof(word));
	word[127] = '\0';
	snprintf(line, sizeof(line), "twice %s", word);
	snprintf(expected, sizeof(expected), "text %s\n", word);
	assert_line(line, 0, expected);
	memset(word, 'a', sizeof(word));
	word[128] = '\0';
	snprintf(line, sizeof(line), "twice %s", word);
	assert_line(line, -1,
		"twice: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\" is too "
		"long, a word has 127 octets at most");
	assert_line(word, -1,
		"unknown command \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..."
		"\": expected " VERBS);
	memset(word, ' ', sizeof(word));
	word[CMD_LINE_MAX] = '\0';
	assert_line(word, 0, "");
	word[CMD_LINE_MAX] = ' ';
	word[CMD_LINE_MAX + 1] = '\0';
	assert_line(word, -1, "the line is longer than 4096 octets");
}

static void
test_control_characters(void **state)
{
	static const char refused[] = "the line has a control character in it";

	(void)state;
	assert_line("show\001route", -1, refused);
	assert_line("show route \177", -1, refused);
	assert_line("show route\nshow route", -1, refused);
	assert_line("show route\rdel route fd00::/8\n", -1, refused);
	assert_line("show route \033[2J", -1, refused);
	assert_line("show r\xc3\xa9", -1, "show: expected name, port, route or with, not \"r\xc3\xa9\"");
}

/* Every free word is a place for a wrong one: nothing is undefined whatever stands there. */
static void
test_any_words(void **state)
{
	static const char *const words[] = {"add", "route", "fd00::/8", "via", "fe80::1", "port",
		"1", "mtu", "1400", "show", "to", "json", "size", "load", "help", "#", "x", "twice",
		"blackhole", "name", "with", "df", "pass", "mss", "clamp", "max"};
	char line[256];
	struct out out;
	unsigned int i, j;
	size_t len;

	(void)state;
	srand(7);
	for (i = 0; i < 20000; i++) {
		len = 0;
		line[0] = '\0';
		for (j = rand() % 9; j > 0; j--)
			len += snprintf(line + len, sizeof(line) - len, "%s ",
				words[rand() % RTE_DIM(words)]);
		out_init(&out);
		cmd_run(line, &out);
		if (out.status != 0) {
			assert_non_null(out.error);
			assert_null(strchr(out.error, '\n'));
		}
		out_free(&out);
	}
}

static void
test_help(void **state)
{
	(void)state;
	assert_line("help", 0,
		"add route PREFIX blackhole|unreachable      a route that drops\n"
		"add route PREFIX via ADDR [port N] [mtu N]  add or replace a route\n"
		"count                                       count the calls\n"
		"del route PREFIX                            remove a route\n"
		"fail                                        go wrong\n"
		"go N                                        go on for N turns\n"
		"go N redraw                                 the same, in one place\n"
		"help [COMMAND]                              every command, or those that begin "
		"with COMMAND\n"
		"load FILE                                   run the commands of a file\n"
		"mib N                                       N MiB of x\n"
		"quit                                        leave\n"
		"say N                                       N lines of ten octets\n"
		"show name NAME                              one of many\n"
		"show port [N]                               ports\n"
		"show route [PREFIX]                         the routing table\n"
		"show route summary                          prefixes and memory in short\n"
		"show route to ADDR [size N]                 the way an address takes\n"
		"show with [df pass|clear] [mss clamp|max N|on N] [size N]\n"
		"                                            keys with keywords\n"
		"twice A                                     first reading\n"
		"twice B                                     second reading\n");
	assert_line("help add", 0,
		"add route PREFIX blackhole|unreachable      a route that drops\n"
		"add route PREFIX via ADDR [port N] [mtu N]  add or replace a route\n");
	assert_line("help add route", 0,
		"add route PREFIX blackhole|unreachable      a route that drops\n"
		"add route PREFIX via ADDR [port N] [mtu N]  add or replace a route\n");
	assert_line("help show port", 0, "show port [N]  ports\n");
	assert_line("help ad", -1, "help ad: no command begins so; help alone lists them all");
	assert_line("help ad route", -1, "help ad: no command begins so; help alone lists them all");
	assert_line("help show rou", -1,
		"help show rou: no command begins so; help show lists those of show");
	assert_line("help say 5", -1,
		"help say 5: no command begins so; help say lists those of say");
}

static void
never(const struct cmd_args *args, struct out *out)
{
	(void)args;
	(void)out;
}

static const struct cmd_key too_many_keys[] = {
	{"a", &cmd_type_word, NULL},
	{"b", &cmd_type_word, NULL},
	{"c", &cmd_type_word, NULL},
	{"d", &cmd_type_word, NULL},
	{"e", &cmd_type_word, NULL},
	{"f", &cmd_type_word, NULL},
	{"g", &cmd_type_word, NULL},
	{"h", &cmd_type_word, NULL},
	{"i", &cmd_type_word, NULL},
	{"j", &cmd_type_word, NULL},
	{"k", &cmd_type_word, NULL},
	{"l", &cmd_type_word, NULL},
	{"m", &cmd_type_word, NULL},
	{0},
};

CMD_PAIRS(bad_keys, never, too_many_keys, "bad : too many keys", CMD_WORD("bad"));
CMD(bad_first, never, "bad : not one keyword", CMD_ARG(0, &cmd_type_word));
CMD(long_syntax, never, "long command with a syntax that is longer than the column : what it does",
	CMD_WORD("long"));
CMD_PAIRS(full_keys, never, too_many_keys + 1, "full : as many keys as there may be",
	CMD_WORD("full"));

static void
test_grammars(void **state)
{
	static cmdline_parse_inst_t *const keys[] = {&bad_keys, NULL};
	static cmdline_parse_inst_t *const first[] = {&bad_first, NULL};
	static cmdline_parse_inst_t *const syntax[] = {&long_syntax, &full_keys, NULL};
	static cmdline_parse_inst_t *const *const nouns[][2] = {
		{keys, NULL},
		{first, NULL},
		{syntax, NULL},
		{0},
	};

	(void)state;
	assert_int_equal(cmd_init(nouns[0]), -E2BIG);
	assert_int_equal(cmd_init(nouns[1]), -EINVAL);
	assert_int_equal(cmd_init(nouns[2]), 0);
	assert_line("help long", 0,
		"long command with a syntax that is longer than the column\n"
		"  what it does\n");
	assert_line("full b 1 c 1 d 1 e 1 f 1 g 1 h 1 i 1 j 1 k 1 l 1 m 1", 0, "");
	assert_line("full b 1 c 1 d 1 e 1 f 1 g 1 h 1 i 1 j 1 k 1 l 1 b 1", -1,
		"full b 1 c 1 d 1 e 1 f 1 g 1 h 1 i 1 j 1 k 1 l 1: b is given twice");
	cmd_free();
	assert_int_equal(cmd_init(nouns[3]), 0);
	assert_line("show", -1, "unknown command \"show\": expected help");
	cmd_free();
	cmd_free();
	assert_null(cmd_out());
}

static void
test_complete(void **state)
{
	(void)state;
	assert_complete("sh", "ow ");
	assert_complete("show p", "ort ");
	assert_complete("show ", "|name   one of many|port   ports|route|with   keys with keywords");
	assert_complete("foo ", "");
	assert_complete("show route s", "ummary ");
	assert_complete("add route fd00::/8 v", "ia ");
	assert_complete("add route fd00::/8 ",
		"|blackhole    a route that drops|unreachable  a route that drops"
		"|via          add or replace a route");
	assert_complete("help s", "|say|show");
	assert_complete("help f", "ail ");
	assert_complete("help show r", "oute ");
	assert_complete("help show po ", "|<RETURN>");
	assert_complete("load no/such", "|<a file name>  run the commands of a file");
	assert_complete("quit ", "|<RETURN>");
}

static void
touch(const char *path)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fclose(file);
}

/* Files and folders where the program stands, and below. */
static void
test_complete_files(void **state)
{
	char folder[] = "tc.XXXXXX", was[PATH_MAX], path[32];
	unsigned int i;

	(void)state;
	assert_non_null(getcwd(was, sizeof(was)));
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(mkdir("sub", 0700), 0);
	assert_int_equal(mkdir("sub/deep", 0700), 0);
	touch("sub/one.conf");
	touch("sub/.hidden");
	touch("sub/with blank");
	touch("sub/\033[2J");
	touch("second");
	assert_complete("load s", "|second|sub/");
	/* A folder can go on. */
	assert_complete("load su", "b/");
	assert_complete("load sub/", "|sub/deep/|sub/one.conf");
	assert_complete("load sub/o", "ne.conf ");
	assert_complete("load sub/.", "hidden ");
	assert_complete("load ./se", "cond ");
	assert_complete("load sub/x", "|<a file name>  run the commands of a file");
	/* More than can be shown are none, and names too long are passed over. */
	for (i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "sub/deep/f%03u", i);
		touch(path);
	}
	assert_complete("load sub/deep/", "|<a file name>  run the commands of a file");
	assert_complete("load sub/deep/f29", "|sub/deep/f290|sub/deep/f291|sub/deep/f292"
		"|sub/deep/f293|sub/deep/f294|sub/deep/f295|sub/deep/f296|sub/deep/f297"
		"|sub/deep/f298|sub/deep/f299");
	assert_int_equal(chdir(was), 0);
	snprintf(path, sizeof(path), "rm -r %s", folder);
	assert_int_equal(system(path), 0);
}

static void
test_complete_existing(void **state)
{
	(void)state;
	assert_complete("del route f", "d00::/8 ");
	assert_complete("del route 2", "001:db8:");
	assert_complete("del route 2001:db8:", "|2001:db8:1::/48|2001:db8:2::/48");
	assert_complete("del route 3", "|<a prefix>  remove a route");
	assert_complete("show name n0", "|<a name>  one of many");
	assert_complete("show name n123", "|n1230|n1231|n1232|n1233|n1234|n1235|n1236|n1237"
					  "|n1238|n1239");
	assert_complete("show name n4711", " ");
	assert_complete("show port ", "|0|1|<RETURN>|json");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_again),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_long_words),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_any_words),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_complete_files),
		cmocka_unit_test(test_complete_existing),
	};
	const struct CMUnitTest grammars[] = {
		cmocka_unit_test(test_grammars),
	};

	return cmocka_run_group_tests(tests, setup, teardown) +
	       cmocka_run_group_tests(grammars, NULL, NULL);
}
