/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef COMPAT_H
#define COMPAT_H

/* What differs between DPDK versions stands here and nowhere else. */

#include <rte_telemetry.h>
#include <rte_version.h>

static inline int
compat_tel_add_uint(struct rte_tel_data *d, const char *name, uint64_t value)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
	return rte_tel_data_add_dict_uint(d, name, value);
#else
	return rte_tel_data_add_dict_u64(d, name, value);
#endif
}

#endif
