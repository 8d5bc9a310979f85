/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The levels of the log and the watchdog's time as commands, in files, and saved. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_conf.h"

/* Levels are DPDK's own and outlive a configuration. */
static int
setup(void **state)
{
	unsigned int part;

	app_log_init(&context);
	rte_log_set_global_level(RTE_LOG_DEBUG);
	for (part = 0; part < APP_PARTS; part++)
		rte_log_set_level(context.logtype[part], APP_LOG_LEVEL);
	return setup_conf(state);
}

static int
level_of(const char *type)
{
	return rte_log_get_level(rte_log_register(type));
}

/* They are DPDK's log types, by the names that --log-level takes. */
static void
test_levels(void **state)
{
	(void)state;
	DO("set log icmp debug", "set log app warning", "set log port emergency");
	assert_int_equal(level_of("mtud.icmp"), RTE_LOG_DEBUG);
	assert_int_equal(level_of("mtud"), RTE_LOG_WARNING);
	assert_int_equal(level_of("mtud.port"), RTE_LOG_EMERG);
	assert_int_equal(level_of("mtud.route"), RTE_LOG_INFO);
	assert_non_null(strstr(output_of("show log"), "icmp      debug"));
	assert_non_null(strstr(output_of("show log json"),
		"{\"part\": \"icmp\", \"level\": \"debug\", \"not_logged\": 0"));
}

/* Workers note what somebody will read, and nothing else. */
static void
test_workers_are_asked(void **state)
{
	(void)state;
	assert_int_equal(context.worker[0]->view->notes, 0);
	DO("set log icmp debug");
	assert_int_equal(context.worker[0]->view->notes, MTUD_NOTE_ICMP);
	DO("set log drop debug");
	assert_int_equal(context.worker[0]->view->notes, MTUD_NOTE_ICMP | MTUD_NOTE_DROP);
	DO("set log icmp info", "set log drop error");
	assert_int_equal(context.worker[0]->view->notes, 0);
}

static void
test_refused(void **state)
{
	(void)state;
	assert_line("set log icmp loud", -1,
		"set log icmp: expected alert, critical, debug, emergency, error, info, notice or "
		"warning, not \"loud\"");
	assert_line("set log kernel info", -1,
		"set log: expected app, conf, drop, icmp, neighbor, port, route or worker, not "
		"\"kernel\"");
	assert_line("set watchdog 3601", -1, "watchdog 3601: expected a number from 0 to 3600");
	assert_line("set watchdog soon", -1, "set watchdog: expected a number, not \"soon\"");
	assert_int_equal(context.watchdog_ms, 2000);
}

static void
test_save(void **state)
{
	static const char whole[] =
		"set log app warning\nset log route debug\nset log conf error\nset watchdog 0\n";

	(void)state;
	assert_string_equal(saved(), "");
	load(whole, 0, "");
	assert_string_equal(saved(), whole);
	assert_int_equal(context.watchdog_ms, 0);
	DO("set watchdog 2", "set log app info", "set log route info", "set log conf info");
	assert_string_equal(saved(), "");
}

/* What --log-level said is what flush goes back to, and what save leaves out. */
static void
test_level_of_start(void **state)
{
	(void)state;
	rte_log_set_level(context.logtype[APP_PART_ICMP], RTE_LOG_DEBUG);
	app_log_init(&context);
	DO("set log drop debug", "flush");
	assert_int_equal(level_of("mtud.icmp"), RTE_LOG_DEBUG);
	assert_int_equal(level_of("mtud.drop"), RTE_LOG_INFO);
	assert_int_equal(context.worker[0]->view->notes, MTUD_NOTE_ICMP);
	assert_string_equal(saved(), "");
	load("flush\nset log icmp info\n", 0, "");
	assert_int_equal(level_of("mtud.icmp"), RTE_LOG_INFO);
	assert_string_equal(saved(), "set log icmp info\n");
}

/* A file that is refused changes no level either. */
static void
test_rollback(void **state)
{
	(void)state;
	DO("set log drop debug");
	load("set log icmp debug\nset log drop info\nset watchdog 9\nset watchdog 9999\n", -1,
		"test_conf.tmp:4: watchdog 9999: expected a number from 0 to 3600");
	assert_string_equal(saved(), "set log drop debug\n");
	assert_int_equal(context.worker[0]->view->notes, MTUD_NOTE_DROP);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown_conf)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_levels),
		TEST(test_workers_are_asked),
		TEST(test_refused),
		TEST(test_save),
		TEST(test_level_of_start),
		TEST(test_rollback),
	};

	if (setup_eal() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
