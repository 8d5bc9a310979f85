/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <inttypes.h>
#include <stdlib.h>

#include <rte_cycles.h>

#include "perf.h"

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
perf_quantile(double *samples, unsigned int n, double part)
{
	if (n == 0)
		return 0;
	qsort(samples, n, sizeof(*samples), compare);
	return samples[RTE_MIN((unsigned int)(part * n), n - 1)];
}

/* Nobody reads nanoseconds of a commit to the hundredth. */
static int
digits(double value)
{
	return value < 100 ? 2 : value < 10000 ? 1 : 0;
}

static void
print_value(double value)
{
	printf("%12.*f", digits(value), value);
}

void
perf_report_text(const struct perf_result *r, unsigned int n)
{
	double ghz = (double)rte_get_tsc_hz() / 1e9;
	bool cycles = n > 0 && r[0].cycles != NULL;
	unsigned int i;

	printf("%-34s%12s%12s%12s%s  %s\n", "", "ns, fast", "ns, median", "TSC cycles",
		cycles ? " core cycles" : "", "for each");
	for (i = 0; i < n; i++) {
		double fast = perf_quantile(r[i].ns, r[i].n, 0.1);

		printf("%-34s", r[i].c->name);
		print_value(fast);
		print_value(perf_quantile(r[i].ns, r[i].n, 0.5));
		print_value(fast * ghz);
		if (cycles)
			print_value(perf_quantile(r[i].cycles, r[i].n_cycles, 0.1));
		printf("  %s\n", r[i].c->stage->unit);
	}
}

void
perf_report_json(const struct perf *p, const struct perf_result *r, unsigned int n)
{
	double ghz = (double)rte_get_tsc_hz() / 1e9;
	unsigned int i;

	printf("{\n \"tsc_hz\": %" PRIu64 ",\n \"cases\": [", rte_get_tsc_hz());
	for (i = 0; i < n; i++) {
		const struct perf_case *c = r[i].c;
		double fast = perf_quantile(r[i].ns, r[i].n, 0.1);

		printf("%s\n  {\"name\": \"%s\", \"unit\": \"%s\", \"routes\": %" PRIu32 ", "
		       "\"samples\": %u, \"ns_fast_tenth\": %.3f, \"ns_median\": %.3f, "
		       "\"tsc_cycles_fast_tenth\": %.1f",
			i > 0 ? "," : "", c->name, c->stage->unit,
			p->scale->routes[c->table][MTUD_IPV6] +
				p->scale->routes[c->table][MTUD_IPV4],
			r[i].n, fast, perf_quantile(r[i].ns, r[i].n, 0.5), fast * ghz);
		if (r[i].cycles != NULL)
			printf(", \"core_cycles_fast_tenth\": %.1f",
				perf_quantile(r[i].cycles, r[i].n_cycles, 0.1));
		putchar('}');
	}
	puts("\n ]\n}");
}
