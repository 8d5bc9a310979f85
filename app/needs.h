/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef NEEDS_H
#define NEEDS_H

/* What a port's driver asks the kernel for while mtud runs. */

#include <stdint.h>

#include <linux/capability.h>

#define CAP(name) (UINT64_C(1) << CAP_##name)

struct needs {
	uint64_t caps;
	unsigned int calls; /* CALLS_ bits of confine.h */
};

/* args: those of a virtual device; NULL: it is none. */
struct needs needs_of(const char *driver, const char *args);

#endif
