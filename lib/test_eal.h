/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef TEST_EAL_H
#define TEST_EAL_H

/* EAL for unit tests: one lcore, no hugepages, no devices but those asked for. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_string_fns.h>

/* EAL leaves its folder where it is. */
static inline void
test_eal_leave_nothing(void)
{
	rmdir(rte_eal_get_runtime_dir());
}

/**
 * Start EAL, once a program.
 *
 * @param megabytes
 *   Memory.
 * @param more
 *   More arguments, one blank between two; "" for none.
 * @return 0, or -1.
 */
static inline int
test_eal_init(unsigned int megabytes, const char *more)
{
	char line[512];
	char *argv[32];
	int n;

	n = snprintf(line, sizeof(line),
		"test --no-huge -m %u --no-pci --no-shconf --no-telemetry -l 0 "
		"--log-level=*:critical --file-prefix=mtud_test_%d%s%s",
		megabytes, (int)getpid(), more[0] != '\0' ? " " : "", more);
	n = rte_strsplit(line, n, argv, RTE_DIM(argv), ' ');
	if (rte_eal_init(n, argv) < 0)
		return -1;
	atexit(test_eal_leave_nothing);
	return 0;
}

#endif
