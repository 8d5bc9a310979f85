/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Each call in a process of its own, under the filter that mtud has: what it got of the kernel is
 * what an intruder would. */

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asm/termbits.h>

#include <cmocka.h>

#include <rte_common.h>

#include "confine.h"

/* What a child says beside the errno of the call: it never came there. */
#define NO_FILTER 250

#define KILLED (-SIGSYS)

/* A debugger's calls are those of the sanitizers, too: what they need is not refused there. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

typedef long (*call_t)(void);

static long
execute(void)
{
	static char path[] = "/bin/true";
	char *argv[] = {path, NULL};

	return execv(path, argv);
}

static long
trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long
fork_one(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static long
mount_tmpfs(void)
{
	return mount("none", "/nowhere", "tmpfs", 0, NULL);
}

static long
new_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

static long
read_keys(void)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
}

static long
load_module(void)
{
	return syscall(SYS_init_module, NULL, 0, "");
}

static long
become_nobody(void)
{
	return setuid(65534);
}

static long
ring_of_calls(void)
{
	return syscall(SYS_io_uring_setup, 0, NULL);
}

static long
peek_parent(void)
{
	return syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}

static long
tcp_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long
udp_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static long
raw_socket(void)
{
	return socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
}

static long
packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static long
netlink_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static long
unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long
bind_socket(void)
{
	const struct sockaddr addr = {.sa_family = AF_UNIX};

	return bind(socket(AF_UNIX, SOCK_STREAM, 0), &addr, sizeof(addr.sa_family));
}

static long
send_to_stranger(void)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = 9,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return sendto(socket(AF_INET, SOCK_DGRAM, 0), "", 0, 0, (const struct sockaddr *)&to,
		sizeof(to));
}

static long
type_for_user(void)
{
	char c = 'x';

	return ioctl(STDIN_FILENO, TIOCSTI, &c);
}

static long
ask_window(void)
{
	struct winsize size;

	/* It is no terminal, which is the kernel's answer. */
	return ioctl(memfd_create("file", 0), TIOCGWINSZ, &size) < 0 && errno == ENOTTY ? 0 : -1;
}

/* As the C library does from 2.42 on. */
static long
ask_mode(void)
{
	struct termios2 mode;

	return ioctl(memfd_create("file", 0), TCGETS2, &mode) < 0 && errno == ENOTTY ? 0 : -1;
}

static long
change_mode(void)
{
	struct termios2 mode = {0};

	return ioctl(memfd_create("file", 0), TCSETS2, &mode) < 0 && errno == ENOTTY ? 0 : -1;
}

static long
set_interface(void)
{
	struct ifreq ifr = {.ifr_name = "no-such-if"};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	return ioctl(fd, SIOCGIFMTU, &ifr) < 0 && errno == ENODEV ? 0 : -1;
}

static long
any_ioctl(void)
{
	return ioctl(memfd_create("file", 0), 0x3b64, NULL) < 0 && errno == ENOTTY ? 0 : -1;
}

static long
map(int prot)
{
	return mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

static long
map_memory(void)
{
	return map(PROT_READ | PROT_WRITE);
}

static long
map_code(void)
{
	return map(PROT_READ | PROT_WRITE | PROT_EXEC);
}

static long
make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long
open_file(void)
{
	return open("/dev/null", O_WRONLY);
}

static long
kill_parent(void)
{
	return kill(getppid(), 0);
}

static long
signal_parent(void)
{
	return syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static long
signal_oneself(void)
{
	return syscall(SYS_tgkill, getpid(), getpid(), 0);
}

static long
lift_limit(void)
{
	const struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	return setrlimit(RLIMIT_NOFILE, &limit);
}

static long
become_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static void *
nothing(void *arg)
{
	return arg;
}

static long
new_thread(void)
{
	pthread_t thread;
	int ret = pthread_create(&thread, NULL, nothing, NULL);

	errno = ret;
	return ret == 0 ? pthread_join(thread, NULL) : -1;
}

static void *
sleeps(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* The C library loads what unwinds the thread's stack, unless it is there. */
static long
cancelled_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, sleeps, NULL) != 0 || pthread_cancel(thread) != 0)
		return -1;
	return pthread_join(thread, NULL);
}

static long
write_pipe(void)
{
	return write(STDERR_FILENO, "", 0);
}

/* 0, errno, -SIGNAL, or NO_FILTER. */
static int
outcome(call_t call, unsigned int needs, bool worker)
{
	pid_t pid = fork();
	struct sock_fprog filter;
	int status;

	if (pid == 0) {
		if (confine_threads(needs) < 0 ||
			(worker && (confine_worker_filter(needs, &filter) < 0 ||
					   confine_this_worker(&filter) < 0)))
			_exit(NO_FILTER);
		errno = 0;
		_exit(call() < 0 ? errno : 0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int
of_main(call_t call, unsigned int needs)
{
	return outcome(call, needs, false);
}

static int
of_worker(call_t call)
{
	return outcome(call, 0, true);
}

static void
what_an_intruder_does_ends_the_process(void **state)
{
	const call_t calls[] = {mount_tmpfs, new_namespace, read_keys, load_module, become_nobody,
		ring_of_calls, peek_parent};
	const call_t of_debuggers[] = {execute, trace, fork_one};
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(calls); i++) {
		assert_int_equal(of_main(calls[i], 0), KILLED);
		assert_int_equal(of_worker(calls[i]), KILLED);
	}
	for (i = 0; !SANITIZED && i < RTE_DIM(of_debuggers); i++) {
		assert_int_equal(of_main(of_debuggers[i], CALLS_DEVICE), KILLED);
		assert_int_equal(of_worker(of_debuggers[i]), KILLED);
	}
}

static void
what_else_mtud_does_not_do_is_refused(void **state)
{
	const call_t calls[] = {tcp_socket, udp_socket, raw_socket, packet_socket, netlink_socket,
		bind_socket, type_for_user, set_interface, any_ioctl, map_code, make_code,
		signal_parent, lift_limit};
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(calls); i++)
		assert_int_equal(of_main(calls[i], 0), EPERM);
	if (!SANITIZED) {
		assert_int_equal(of_main(kill_parent, 0), EPERM);
		assert_int_equal(of_main(become_dumpable, 0), EPERM);
	}
	/* What belongs to an interface is no way to strangers, either. */
	assert_int_equal(of_main(tcp_socket, CALLS_INTERFACE), EPERM);
	assert_int_equal(of_main(send_to_stranger, CALLS_INTERFACE), EPERM);
}

static void
what_mtud_does_passes(void **state)
{
	const call_t calls[] = {unix_socket, ask_window, ask_mode, change_mode, map_memory, open_file,
		signal_oneself, new_thread, cancelled_thread, write_pipe};
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(calls); i++)
		assert_int_equal(of_main(calls[i], 0), 0);
}

static void
drivers_have_what_they_need(void **state)
{
	RTE_SET_USED(state);
	assert_int_equal(of_main(udp_socket, CALLS_INTERFACE), 0);
	assert_int_equal(of_main(set_interface, CALLS_INTERFACE), 0);
	/* The privilege that it takes is another matter. */
	if (geteuid() == 0)
		assert_int_equal(of_main(packet_socket, CALLS_PACKET), 0);
	assert_int_equal(of_main(netlink_socket, CALLS_NETLINK), 0);
	assert_int_equal(of_main(bind_socket, CALLS_LISTEN), 0);
	assert_int_equal(of_main(any_ioctl, CALLS_DEVICE), 0);
}

static void
of_an_unknown_driver_nothing_dies(void **state)
{
	RTE_SET_USED(state);
	assert_int_equal(of_main(mount_tmpfs, CALLS_ANY), EPERM);
	assert_int_equal(of_main(read_keys, CALLS_ANY), EPERM);
	if (!SANITIZED)
		assert_int_equal(of_main(execute, CALLS_ANY), EPERM);
	assert_int_equal(of_main(new_thread, CALLS_ANY), 0);
	assert_int_equal(of_main(cancelled_thread, CALLS_ANY), 0);
	assert_int_equal(of_main(tcp_socket, CALLS_ANY), 0);
	assert_int_equal(of_main(any_ioctl, CALLS_ANY), 0);
}

static void
a_worker_opens_nothing(void **state)
{
	RTE_SET_USED(state);
	/* What a sanitizer finds in a worker it tells as anywhere. */
	if (SANITIZED)
		skip();
	assert_int_equal(of_worker(open_file), EPERM);
	assert_int_equal(of_worker(unix_socket), EPERM);
	assert_int_equal(of_worker(new_thread), EPERM);
	assert_int_equal(of_worker(map_code), EPERM);
	assert_int_equal(of_worker(ask_window), EPERM);
	assert_int_equal(of_worker(map_memory), 0);
	assert_int_equal(of_worker(signal_oneself), 0);
	assert_int_equal(of_worker(write_pipe), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_an_intruder_does_ends_the_process),
		cmocka_unit_test(what_else_mtud_does_not_do_is_refused),
		cmocka_unit_test(what_mtud_does_passes),
		cmocka_unit_test(drivers_have_what_they_need),
		cmocka_unit_test(of_an_unknown_driver_nothing_dies),
		cmocka_unit_test(a_worker_opens_nothing),
	};
	const struct rlimit none = {0, 0};

	/* Processes that the kernel ends leave no file behind. */
	setrlimit(RLIMIT_CORE, &none);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
