/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef CONFINE_H
#define CONFINE_H

/* Filters of system calls: what mtud never asks the kernel for, nobody who has taken it over gets
 * either. One for all threads, and a narrower one on top of it for workers. */

#include <linux/filter.h>

/* What ports' drivers ask for beside what mtud does. */
enum {
	CALLS_INTERFACE = 1 << 0, /* settings of a kernel's interface, by ioctl(2) */
	CALLS_PACKET = 1 << 1,    /* AF_PACKET sockets that are opened later */
	CALLS_NETLINK = 1 << 2,
	CALLS_LISTEN = 1 << 3, /* UNIX sockets of the driver's own */
	CALLS_DEVICE = 1 << 4, /* whatever a device's file takes by ioctl(2) */
	CALLS_ANY = 1 << 5,    /* nobody knows: refused are other programs and the kernel's own */
};

/* Filter the calls of all threads of this process, and of those to come. 0 or a negative errno. */
int confine_threads(unsigned int needs);

/* The workers' filter, made where memory can be had. 0 or a negative errno. */
int confine_worker_filter(unsigned int needs, struct sock_fprog *filter);

/* Add it to the calling thread's. A system call alone: a signal's handler may make it. */
int confine_this_worker(const struct sock_fprog *filter);

#endif
