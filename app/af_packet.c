/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/if_packet.h>

#include <rte_lcore.h>

/*
 * net_af_packet asks the kernel to put IPv4 fragments together before it hands them over, and to
 * send packets to another queue when theirs is nearly full; there is no device argument against
 * either. A router must see fragments as they are: what the kernel makes of them fits no MTU. And
 * it must keep the order within a flow. So the driver's call comes by here, in front of the C
 * library's, and loses these two wishes; every other call goes on as it is.
 */
#define UNWANTED (PACKET_FANOUT_FLAG_DEFRAG | PACKET_FANOUT_FLAG_ROLLOVER)

int
setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	unsigned int fanout;

	/* The group's number is in the lower half, its kind and flags are in the upper one. */
	if (level == SOL_PACKET && name == PACKET_FANOUT && len == sizeof(fanout)) {
		memcpy(&fanout, value, sizeof(fanout));
		fanout &= ~((unsigned int)UNWANTED << 16);
		value = &fanout;
	}
	return (int)syscall(SYS_setsockopt, fd, level, name, value, len);
}

/*
 * Where its ring is full net_af_packet waits for room, without end: behind a slow link its worker
 * would stand, with the packets of all other ports and every change of the configuration. A worker
 * waits for nothing: without room the driver takes no more, and what it does not take is counted as
 * tx_full, as with every other driver. Whoever else polls waits as ever.
 */
int
poll(struct pollfd *fds, nfds_t n, int timeout)
{
	const unsigned int lcore = rte_lcore_id();
	const bool is_worker = lcore != LCORE_ID_ANY && lcore != rte_get_main_lcore();
	struct timespec wait = {0};

	if (timeout > 0 && !is_worker)
		wait = (struct timespec){timeout / 1000, timeout % 1000 * 1000000L};
	return ppoll(fds, n, timeout < 0 && !is_worker ? NULL : &wait, NULL);
}
