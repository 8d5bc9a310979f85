/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Start-up opens devices, memory and sockets; what runs afterwards needs little of what that took.
 * Capabilities belong to threads, and EAL has made threads of its own: a signal sends each of them
 * through a handler that gives its own up. Workers need none. What they may ask the kernel for is
 * less in the same way: confine.c. */

#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_devargs.h>
#include <rte_eal.h>
#include <rte_lcore.h>

#include "app.h"
#include "confine.h"
#include "needs.h"

#define WAIT_MS 2000
#define PASSES  8

/* The arguments of a virtual device; NULL: it is none. */
static const char *
virtual_args(const char *name)
{
	struct rte_devargs *da;

	RTE_EAL_DEVARGS_FOREACH("vdev", da)
	{
		if (strcmp(da->name, name) == 0)
			return da->args;
	}
	return NULL;
}

static struct needs
needed(const struct app *app)
{
	struct needs all = {0};
	uint16_t id;

	for (id = 0; id < app->n_ports; id++) {
		const struct mtud_port *p = &app->port[id];
		struct needs needs = needs_of(p->driver, virtual_args(p->name));

		all.caps |= needs.caps;
		all.calls |= needs.calls;
	}
	/* Without an IOMMU devices take physical addresses, which are not for everybody to read:
	 * without them there would be no memory for a table that grows. */
	if (rte_eal_has_hugepages() && rte_eal_iova_mode() == RTE_IOVA_PA)
		all.caps |= CAP(SYS_ADMIN);
	return all;
}

/* Keep these of the calling thread's. A system call alone: a signal's handler may make it. */
static int
keep(uint64_t caps)
{
	struct __user_cap_header_struct hdr = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	unsigned int i;

	if (syscall(SYS_capget, &hdr, data) < 0)
		return -errno;
	for (i = 0; i < RTE_DIM(data); i++) {
		data[i].permitted &= (uint32_t)(caps >> (32 * i));
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &hdr, data) < 0 ? -errno : 0;
}

static bool
is_worker(void)
{
	return rte_lcore_id() != LCORE_ID_ANY && rte_lcore_id() != rte_get_main_lcore();
}

/* A filter stays, and another would come on top of it. */
static int
confine_worker(struct app *app)
{
	bool *confined = &app->confined[rte_lcore_id()];
	int ret = 0;

	if (app->worker_filter != NULL && !*confined)
		ret = confine_this_worker(app->worker_filter);
	*confined = ret == 0;
	return ret;
}

static void
on_signal(int sig)
{
	struct app *app = app_get();
	int saved = errno;

	RTE_SET_USED(sig);
	if (keep(is_worker() ? 0 : app->privileges) == 0 &&
		(!is_worker() || confine_worker(app) == 0))
		__atomic_sub_fetch(&app->privileges_due, 1, __ATOMIC_RELEASE);
	errno = saved;
}

/* Send all other threads through the handler. Returns how many there were, or -1 when one of them
 * did not follow. */
static int
tell_threads(struct app *app)
{
	uint64_t until_ms = app_now_ms() + WAIT_MS;
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	int n = 0;

	if (dir == NULL)
		return -1;
	while ((entry = readdir(dir)) != NULL) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid <= 0 || tid == gettid())
			continue;
		__atomic_add_fetch(&app->privileges_due, 1, __ATOMIC_RELAXED);
		/* One that has ended since. */
		if (syscall(SYS_tgkill, getpid(), tid, SIGRTMIN) < 0)
			__atomic_sub_fetch(&app->privileges_due, 1, __ATOMIC_RELAXED);
		else
			n++;
	}
	closedir(dir);
	while (__atomic_load_n(&app->privileges_due, __ATOMIC_ACQUIRE) > 0 &&
		app_now_ms() <= until_ms)
		poll(NULL, 0, 1);
	return __atomic_load_n(&app->privileges_due, __ATOMIC_ACQUIRE) == 0 ? n : -1;
}

/* A thread that one of them made meanwhile is told in the next pass; those of threads that have
 * followed inherit what is left. */
static bool
tell_all_threads(struct app *app)
{
	int before = -1;
	unsigned int pass;

	for (pass = 0; pass < PASSES; pass++) {
		int n = tell_threads(app);

		if (n < 0)
			return false;
		if (n == before)
			break;
		before = n;
	}
	return true;
}

static const char *
caps_text(uint64_t caps, char *buf, size_t size)
{
	static const struct {
		uint64_t cap;
		const char *name;
	} names[] = {{CAP(NET_ADMIN), "net_admin"}, {CAP(NET_RAW), "net_raw"}, {CAP(BPF), "bpf"},
		{CAP(SYS_ADMIN), "sys_admin"}, {CAP(IPC_LOCK), "ipc_lock"}};
	size_t at = 0;
	unsigned int i;

	snprintf(buf, size, "none");
	for (i = 0; i < RTE_DIM(names); i++)
		if ((caps & names[i].cap) && at < size)
			at += (size_t)snprintf(buf + at, size - at, "%scap_%s", at > 0 ? " " : "",
				names[i].name);
	return buf;
}

/* The workers' own filter is an extra: where it cannot be had, they have that of the others. */
static void
make_worker_filter(struct app *app, unsigned int calls)
{
	struct sock_fprog *filter = calloc(1, sizeof(*filter));

	if (filter != NULL && confine_worker_filter(calls, filter) == 0) {
		app->worker_filter = filter;
		return;
	}
	free(filter);
	APP_LOG(WARNING, "workers may make all system calls that mtud makes: no memory for a filter "
			 "of their own\n");
}

/* Before there are fewer privileges: to give them up takes calls that are on the list. */
static void
filter_calls(struct app *app, unsigned int calls)
{
	int ret;

	if (app->opt.no_seccomp) {
		APP_LOG(NOTICE, "system calls are not filtered: --no-seccomp\n");
		return;
	}
	ret = confine_threads(calls);
	if (ret < 0)
		APP_LOG(WARNING, "system calls are not filtered: %s; the kernel lacks seccomp, or "
				 "whoever started mtud forbids seccomp(2)\n",
			strerror(-ret));
	else if (calls & CALLS_ANY)
		APP_LOG(INFO, "system calls are filtered loosely: a port's driver may need any, but "
			      "for those that only an intruder has a use for\n");
	else
		make_worker_filter(app, calls);
}

/* Before there are threads: whatever may be executed gains nothing any more. Memory for a
 * larger MTU is locked later, and a shell's limit is some megabytes: it goes where we may. */
void
app_privilege_init(void)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_MEMLOCK, &all);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

void
app_privilege_drop(struct app *app)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct needs needs = needed(app);
	char text[96];
	int ret;

	app->privileges = needs.caps;
	app->privileges_due = 0;
	filter_calls(app, needs.calls);
	sigaction(SIGRTMIN, &action, NULL);
	if (!tell_all_threads(app))
		APP_LOG(WARNING, "a thread keeps its privileges: it does not listen to signals\n");
	ret = keep(app->privileges);
	if (ret < 0)
		APP_LOG(WARNING, "privileges stay as they are: %s\n", strerror(-ret));
	else
		APP_LOG(DEBUG, "privileges kept, by what the ports' drivers need: %s\n",
			caps_text(app->privileges, text, sizeof(text)));
}
