/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Core cycles in user space: unlike the TSC's they do not change with the clock. Virtual machines
 * seldom have them. */

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "perf.h"

/* The one thread that measures counts by one descriptor. */
static int fd = -1;

bool
perf_cycles_open(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	return fd >= 0;
}

uint64_t
perf_cycles_read(void)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

void
perf_cycles_close(void)
{
	if (fd >= 0)
		close(fd);
	fd = -1;
}
