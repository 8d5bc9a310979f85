/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Rates as `monitor` shows them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "monitor.h"

static struct app app;

struct app *
app_get(void)
{
	return &app;
}

static void
assert_units(double rate, const char *expected)
{
	char text[MONITOR_UNITS_SIZE];

	assert_string_equal(monitor_units(rate, text), expected);
	assert_in_range(strlen(text), 1, 5);
}

static void
test_units(void **state)
{
	(void)state;
	assert_units(0, "0");
	assert_units(0.5, "0.5");
	assert_units(1, "1.0");
	assert_units(9.94, "9.9");
	assert_units(9.96, "10");
	assert_units(149.7, "150");
	assert_units(999.4, "999");
	assert_units(999.6, "1.00k");
	assert_units(1234, "1.23k");
	assert_units(14880952, "14.9M");
	assert_units(148809523, "149M");
	assert_units(999499999, "999M");
	assert_units(100e9, "100G");
	assert_units(18446744073709551615.0, "18.4E");
	assert_units(1e30, "999E");
}

static struct monitor_sample before, now;
static struct monitor_seen seen;

static const char *
print(struct out *out)
{
	out_reset(out);
	monitor_print(&app, &before, &now, &seen, out);
	return out->text;
}

static void
test_picture(void **state)
{
	static struct mtud_worker worker = {.lcore = 7};
	struct out out;

	(void)state;
	out_init(&out);
	app.n_ports = 2;
	app.n_workers = 1;
	app.worker[0] = &worker;
	app.running = true;
	app.link[1] = true;
	strcpy(app.port[0].name, "0000:01:00.0");
	strcpy(app.port[1].name, "a_name_that_is_too_long");
	before.time_ns = 1000000000;
	now.time_ns = 3000000000;
	before.sum.port[1] = (struct mtud_stat_port){1000, 100000, 50, 6000};
	now.sum.port[1] = (struct mtud_stat_port){4000, 350000, 50, 6000};
	now.lost[1] = 8;
	now.worker[0] = (struct monitor_worker){3000, 2000, 500, 1000, 250};
	now.sum.drop[MTUD_DROP_TOO_BIG] = 500;
	before.sum.icmp[MTUD_ICMP_ECHO] = now.sum.icmp[MTUD_ICMP_ECHO] = 4;
	now.sum.icmp[MTUD_ICMP_HELD_RATE] = 7;

	/* Two seconds: half of each difference. */
	assert_non_null(strstr(print(&out), "over 2.0 s  any key ends it\n"));
	assert_non_null(strstr(out.text,
		"\n   0  0000:01:00.0      down           0         0           0         0      0"
		"\n   1  a_name_that_is_t  up         1.50k     1.00M           0         0    4.0\n"));
	assert_non_null(strstr(out.text,
		"\n     0      7    25%             12.0       1.50k       1.00k      250\n"));
	assert_non_null(strstr(out.text, "\n      0  Packet Too Big sent\n"
					 "      0  IPv4 Fragmentation Needed sent\n"
					 "    3.5  not sent: over the rate (set icmp rate)\n"
					 "\n"
					 "Packets  Dropped\n"
					 "    250  too_big: larger than the MTU of its route\n"));
	assert_null(strstr(out.text, "Echo Reply"));

	/* What has happened once stays. */
	before = now;
	now.time_ns += 1000000000;
	assert_non_null(strstr(print(&out), "      0  not sent: over the rate (set icmp rate)\n"));
	assert_non_null(strstr(out.text, "      0  too_big: larger than"));
	assert_non_null(strstr(out.text, "\n     0      7     0%              0.0 "));
	app.running = false;
	assert_non_null(strstr(print(&out), "FORWARDING IS STOPPED\n"));
	/* No time between two looks. */
	now.time_ns = before.time_ns;
	now.sum.drop[MTUD_DROP_TOO_BIG] += 1;
	assert_non_null(strstr(print(&out), "  1.00G  too_big"));
	out_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
