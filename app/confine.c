/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Two answers to what is not on the list. A call that only an intruder has a use for ends the
 * process: whatever made it, this process is no longer mtud, and the service manager starts it
 * anew. Any other is refused with EPERM: a library may ask for something that it can do without,
 * and a router that dies of that would be the outage. The kernel logs both. */

#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/seccomp.h>
#include <seccomp.h>

#include <rte_common.h>

#include "confine.h"
#include "confine_calls.h"

/* A sanitizer stops threads as a debugger does, and starts what reads the symbols. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

static bool
is_of_sanitizers(int call)
{
	unsigned int i;

	for (i = 0; SANITIZED && i < RTE_DIM(for_sanitizers); i++)
		if (call == for_sanitizers[i])
			return true;
	return false;
}

static int
add_all(scmp_filter_ctx ctx, uint32_t action, const int *calls, unsigned int n)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < n; i++)
		if (action == SCMP_ACT_ALLOW || !is_of_sanitizers(calls[i]))
			ret = seccomp_rule_add(ctx, action, calls[i], 0);
	return ret;
}

/* Allow a call when these bits of an argument have a value. */
static int
allow_bits(scmp_filter_ctx ctx, int call, unsigned int arg, uint64_t mask, uint64_t value)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 1,
		SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, mask, value));
}

static int
allow_ioctls(scmp_filter_ctx ctx, const unsigned long *requests, unsigned int n)
{
	unsigned int i;
	int ret = 0;

	/* The kernel looks at 32 bits of them. */
	for (i = 0; ret == 0 && i < n; i++)
		ret = allow_bits(ctx, SCMP_SYS(ioctl), 1, UINT32_MAX, requests[i]);
	return ret;
}

/* Memory that can be written to is not executed, now or later; all code is there by now. */
static int
allow_memory(scmp_filter_ctx ctx)
{
	int ret;

	ret = allow_bits(ctx, SCMP_SYS(mmap), 2, PROT_EXEC, 0);
	if (ret == 0)
		ret = allow_bits(ctx, SCMP_SYS(mprotect), 2, PROT_EXEC, 0);
	return ret;
}

static int
allow_socket(scmp_filter_ctx ctx, int family)
{
	return allow_bits(ctx, SCMP_SYS(socket), 0, UINT64_MAX, (uint64_t)family);
}

/* Calls that are harmless with these arguments alone. */
static int
allow_own(scmp_filter_ctx ctx)
{
	int ret;

	ret = allow_memory(ctx);
	if (ret == 0)
		ret = allow_bits(ctx, SCMP_SYS(tgkill), 0, UINT64_MAX, (uint64_t)getpid());
	/* Of the limits those of our own are read. */
	if (ret == 0)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2,
			SCMP_A0_64(SCMP_CMP_EQ, 0, 0), SCMP_A2_64(SCMP_CMP_EQ, 0, 0));
	return ret;
}

static int
allow_shared(scmp_filter_ctx ctx)
{
	int ret;

	ret = allow_own(ctx);
	/* To whom the socket is connected, and to nobody else. */
	if (ret == 0)
		ret = allow_bits(ctx, SCMP_SYS(sendto), 4, UINT64_MAX, 0);
	if (ret == 0)
		ret = allow_bits(ctx, SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD);
	if (ret == 0)
		ret = allow_bits(ctx, SCMP_SYS(prctl), 0, UINT64_MAX, PR_SET_NAME);
	if (ret == 0)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone3), 0);
	/* A worker's filter comes on top of this one. */
	if (ret == 0)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(seccomp), 2,
			SCMP_A0_64(SCMP_CMP_EQ, SECCOMP_SET_MODE_FILTER, 0),
			SCMP_A1_64(SCMP_CMP_EQ, SECCOMP_FILTER_FLAG_LOG, 0));
	if (ret == 0)
		ret = allow_ioctls(ctx, of_everybody, RTE_DIM(of_everybody));
	if (ret == 0)
		ret = allow_socket(ctx, AF_UNIX);
	return ret;
}

/* What the ports' drivers need. */
static int
allow_needs(scmp_filter_ctx ctx, unsigned int needs)
{
	static const int listening[] = {SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(socketpair)};
	int ret = 0;

	/* Any socket of the kernel's IP takes these requests; a datagram one it is. */
	if (needs & CALLS_INTERFACE)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
			SCMP_A0_64(SCMP_CMP_EQ, AF_INET, 0),
			SCMP_A1_64(SCMP_CMP_MASKED_EQ, 0xf, SOCK_DGRAM));
	if (ret == 0 && (needs & CALLS_INTERFACE))
		ret = allow_ioctls(ctx, of_interfaces, RTE_DIM(of_interfaces));
	if (ret == 0 && (needs & CALLS_PACKET))
		ret = allow_socket(ctx, AF_PACKET);
	if (ret == 0 && (needs & CALLS_NETLINK))
		ret = allow_socket(ctx, AF_NETLINK);
	if (ret == 0 && (needs & (CALLS_PACKET | CALLS_NETLINK | CALLS_LISTEN)))
		ret = add_all(ctx, SCMP_ACT_ALLOW, listening, RTE_DIM(listening));
	if (ret == 0 && (needs & CALLS_DEVICE))
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 0);
	return ret;
}

/* A process of its own is a clone that is no thread. */
static int
refuse(scmp_filter_ctx ctx, uint32_t action)
{
	int ret = 0;

	if (!SANITIZED)
		ret = seccomp_rule_add(ctx, action, SCMP_SYS(clone), 1,
			SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	if (ret == 0)
		ret = add_all(ctx, action, fatal, RTE_DIM(fatal));
	return ret;
}

/* A call by another machine's numbers is nobody's mistake. */
static scmp_filter_ctx
new_filter(uint32_t otherwise)
{
	scmp_filter_ctx ctx = seccomp_init(otherwise);

	if (ctx != NULL)
		seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	return ctx;
}

/* Of clone3() a filter sees nothing: the C library goes on with the old one where there is none. A
 * filter of its own, for that is no news to the kernel's log. */
static int
hide_clone3(void)
{
	scmp_filter_ctx ctx = new_filter(SCMP_ACT_ALLOW);
	int ret = -ENOMEM;

	if (ctx != NULL)
		ret = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (ret == 0)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (ret == 0)
		ret = seccomp_load(ctx);
	seccomp_release(ctx);
	return ret;
}

static int
allow_all_of(scmp_filter_ctx ctx, unsigned int needs)
{
	int ret;

	ret = add_all(ctx, SCMP_ACT_ALLOW, for_workers, RTE_DIM(for_workers));
	if (ret == 0)
		ret = add_all(ctx, SCMP_ACT_ALLOW, for_others, RTE_DIM(for_others));
	if (ret == 0 && SANITIZED)
		ret = add_all(ctx, SCMP_ACT_ALLOW, for_sanitizers, RTE_DIM(for_sanitizers));
	if (ret == 0)
		ret = allow_shared(ctx);
	if (ret == 0)
		ret = allow_needs(ctx, needs);
	return ret;
}

int
confine_threads(unsigned int needs)
{
	bool any = needs & CALLS_ANY; /* one that starts programs may be among them */
	scmp_filter_ctx ctx = new_filter(any ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM));
	int ret;

	if (ctx == NULL)
		return -ENOMEM;
	/* What unwinds a thread that is cancelled is loaded by then, or never. */
	if (dlopen("libgcc_s.so.1", RTLD_NOW) == NULL)
		ret = -ENOENT;
	else
		ret = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (ret == 0)
		ret = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_LOG, 1);
	if (ret == 0)
		ret = hide_clone3();
	if (ret == 0)
		ret = refuse(ctx, any ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS);
	if (ret == 0 && !any)
		ret = allow_all_of(ctx, needs);
	if (ret == 0)
		ret = seccomp_load(ctx);
	seccomp_release(ctx);
	return ret;
}

/* The instructions that a file holds. */
static int
read_filter(int fd, struct sock_fprog *filter)
{
	off_t size = lseek(fd, 0, SEEK_END);

	if (size <= 0)
		return -EIO;
	filter->filter = malloc((size_t)size);
	if (filter->filter == NULL)
		return -ENOMEM;
	if (pread(fd, filter->filter, (size_t)size, 0) != size) {
		free(filter->filter);
		filter->filter = NULL;
		return -EIO;
	}
	filter->len = (unsigned short)((size_t)size / sizeof(*filter->filter));
	return 0;
}

/* libseccomp gives them to a file alone: one that is nowhere. */
static int
export(scmp_filter_ctx ctx, struct sock_fprog *filter)
{
	int fd = memfd_create("mtud-worker", MFD_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = seccomp_export_bpf(ctx, fd);
	if (ret == 0)
		ret = read_filter(fd, filter);
	close(fd);
	return ret;
}

int
confine_worker_filter(unsigned int needs, struct sock_fprog *filter)
{
	scmp_filter_ctx ctx = new_filter(SCMP_ACT_ERRNO(EPERM));
	int ret;

	*filter = (struct sock_fprog){0};
	if (ctx == NULL)
		return -ENOMEM;
	/* What a sanitizer finds, it finds in a worker, too. */
	ret = SANITIZED ? allow_all_of(ctx, needs)
			: add_all(ctx, SCMP_ACT_ALLOW, for_workers, RTE_DIM(for_workers));
	/* Whom it may send to, the filter below this one looks at. */
	if (ret == 0)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 0);
	if (ret == 0 && !SANITIZED)
		ret = allow_own(ctx);
	if (ret == 0 && (needs & CALLS_DEVICE) && !SANITIZED)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 0);
	if (ret == 0)
		ret = export(ctx, filter);
	seccomp_release(ctx);
	return ret;
}

int
confine_this_worker(const struct sock_fprog *filter)
{
	long ret = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, filter);

	return ret < 0 ? -errno : 0;
}
