/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef COMPAT_H
#define COMPAT_H

/* What differs between DPDK versions stands here and nowhere else. */

#include <pthread.h>

#include <rte_lcore.h>
#include <rte_telemetry.h>
#include <rte_thread.h>
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

/* A thread beside the lcores. */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
typedef rte_thread_t compat_thread_t;
typedef uint32_t compat_thread_ret_t;
#else
typedef pthread_t compat_thread_t;
typedef void *compat_thread_ret_t;
#endif

static inline int
compat_thread_create(compat_thread_t *thread, const char *name, compat_thread_ret_t (*run)(void *),
	void *arg)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
	return rte_thread_create_control(thread, name, run, arg);
#else
	return rte_ctrl_thread_create(thread, name, NULL, run, arg);
#endif
}

static inline void
compat_thread_join(compat_thread_t thread)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
	rte_thread_join(thread, NULL);
#else
	pthread_join(thread, NULL);
#endif
}

/* 23.11: rte_pcapng_copy() takes a comment and no time, which rte_pcapng_write_packets() converts,
 * and files have the interfaces that they are told of. */
#define COMPAT_PCAPNG_OLD (RTE_VERSION < RTE_VERSION_NUM(23, 11, 0, 0))

#endif
