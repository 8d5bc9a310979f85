/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/if_packet.h>

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
