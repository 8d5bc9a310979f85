/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The file of lines that sessions share. */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "history.h"

#define FILE_NAME "test_history.tmp"

static char loaded[1 << 20];

static void
add(const char *line, void *arg)
{
	unsigned int *n = arg;

	strcat(loaded, line);
	strcat(loaded, "|");
	(*n)++;
}

static unsigned int
load(unsigned int max)
{
	unsigned int n = 0;

	loaded[0] = '\0';
	history_load(FILE_NAME, max, add, &n);
	return n;
}

static int
setup(void **state)
{
	(void)state;
	unlink(FILE_NAME);
	return 0;
}

static void
put(const char *text, size_t len)
{
	int fd = open(FILE_NAME, O_CREAT | O_TRUNC | O_WRONLY, 0644);

	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

static void
test_path(void **state)
{
	char path[64];

	(void)state;
	assert_int_equal(setenv("HOME", "/home/u", 1), 0);
	unsetenv("MTUD_HISTORY");
	history_path(path, sizeof(path));
	assert_string_equal(path, "/home/u/.mtud_history");
	setenv("MTUD_HISTORY", "/x", 1);
	history_path(path, sizeof(path));
	assert_string_equal(path, "/x");
	setenv("MTUD_HISTORY", "", 1);
	history_path(path, sizeof(path));
	assert_string_equal(path, "");
	unsetenv("MTUD_HISTORY");
	history_path(path, 10);
	assert_string_equal(path, "");
	unsetenv("HOME");
	history_path(path, sizeof(path));
	assert_string_equal(path, "");
}

static void
test_add(void **state)
{
	mode_t mask = umask(0);
	struct stat st;

	(void)state;
	assert_int_equal(load(10), 0);
	history_add(FILE_NAME, "show route");
	umask(mask);
	assert_int_equal(stat(FILE_NAME, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	history_add(FILE_NAME, "show route  ");
	history_add(FILE_NAME, "show port ");
	history_add(FILE_NAME, "show route");
	history_add(FILE_NAME, "");
	history_add(FILE_NAME, " \t");
	history_add(FILE_NAME, "a\033[31m");
	assert_int_equal(load(10), 3);
	assert_string_equal(loaded, "show route|show port|show route|");
	assert_int_equal(load(2), 2);
	assert_string_equal(loaded, "show port|show route|");
	/* Others shall not read it, whoever made it. */
	chmod(FILE_NAME, 0644);
	history_add(FILE_NAME, "x");
	assert_int_equal(stat(FILE_NAME, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
test_bounds(void **state)
{
	char line[HISTORY_LINE_MAX + 2];
	struct stat st;
	unsigned int i;

	(void)state;
	for (i = 0; i < 1300; i++) {
		snprintf(line, sizeof(line), "line %u", i);
		history_add(FILE_NAME, line);
	}
	i = load(10000);
	assert_in_range(i, HISTORY_LINES / 2, HISTORY_LINES);
	assert_non_null(strstr(loaded, "|line 1298|line 1299|"));
	memset(line, 'x', sizeof(line));
	line[HISTORY_LINE_MAX + 1] = '\0';
	history_add(FILE_NAME, line);
	assert_null(strchr(loaded, 'x'));
	for (i = 0; i < 1300; i++) {
		snprintf(line, 6, "%05u", i);
		line[5] = 'x';
		line[HISTORY_LINE_MAX] = '\0';
		history_add(FILE_NAME, line);
		assert_int_equal(stat(FILE_NAME, &st), 0);
		assert_in_range(st.st_size, 0, 200000);
	}
	assert_in_range(load(10000), 10, HISTORY_LINES);
	assert_memory_equal(loaded + strlen(loaded) - HISTORY_LINE_MAX - 1, "01299xxx", 8);
}

/* Two sessions, one of which holds the file just now. */
static void
test_sessions(void **state)
{
	char line[16];
	int fd, i;

	(void)state;
	for (i = 0; i < HISTORY_LINES; i++) {
		snprintf(line, sizeof(line), "line %d", i);
		history_add(FILE_NAME, line);
	}
	fd = open(FILE_NAME, O_RDONLY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	history_add(FILE_NAME, "held");
	assert_int_equal(load(10000), HISTORY_LINES);
	assert_non_null(strstr(loaded, "|line 499|held|"));
	assert_int_equal(memcmp(loaded, "line 1|", 7), 0);
	close(fd);
	history_add(FILE_NAME, "free");
	assert_int_equal(load(10000), HISTORY_LINES / 2 + 1);
	assert_non_null(strstr(loaded, "|line 499|held|free|"));
}

/* Whatever is in the file does no harm. */
static void
test_hostile(void **state)
{
	static char junk[1 << 20];
	unsigned int i;

	(void)state;
	put("a\0b\nok\n\033[2J\n\n  \n\x7f\nno end", 24);
	assert_int_equal(load(10), 2);
	assert_string_equal(loaded, "ok|no end|");
	history_add(FILE_NAME, "next");
	assert_int_equal(load(10), 3);
	assert_string_equal(loaded, "ok|no end|next|");
	for (i = 0; i < sizeof(junk); i++)
		junk[i] = (char)(i * 2654435761u >> 13);
	put(junk, sizeof(junk));
	load(1000);
	history_add(FILE_NAME, "mine");
	assert_in_range(load(1000), 1, HISTORY_LINES);
	assert_string_equal(loaded + strlen(loaded) - 5, "mine|");
	memset(junk, 'a', sizeof(junk));
	put(junk, sizeof(junk));
	assert_int_equal(load(1000), 0);
	memset(junk, '\n', sizeof(junk));
	put(junk, sizeof(junk));
	assert_int_equal(load(1000), 0);
	history_add(FILE_NAME, "mine");
	assert_int_equal(load(1000), 1);
}

/* What is no file, or cannot be had, is no history, and nobody waits for it. */
static void
test_places(void **state)
{
	unsigned int n = 0;

	(void)state;
	assert_int_equal(mkfifo(FILE_NAME, 0600), 0);
	history_add(FILE_NAME, "x");
	assert_int_equal(load(10), 0);
	unlink(FILE_NAME);
	history_add("", "x");
	history_load("", 10, add, &n);
	history_add("no/such/folder", "x");
	history_add(".", "x");
	history_load(".", 10, add, &n);
	history_add("/dev/full", "x");
	history_load("/dev/zero", 10, add, &n);
	assert_int_equal(n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test_setup_teardown(test_add, setup, setup),
		cmocka_unit_test_setup_teardown(test_bounds, setup, setup),
		cmocka_unit_test_setup_teardown(test_sessions, setup, setup),
		cmocka_unit_test_setup_teardown(test_hostile, setup, setup),
		cmocka_unit_test_setup_teardown(test_places, setup, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
