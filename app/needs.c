/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <string.h>

#include <rte_common.h>

#include "confine.h"
#include "needs.h"

/* What a driver does to a kernel's device while mtud runs: set port mtu and promisc, a restart
 * with larger buffers, reading the link. A name stands for all that begin with it; the first line
 * whose words are in the device's arguments counts. Who pins memory for a device does so again for
 * the larger buffers of a larger MTU, beyond RLIMIT_MEMLOCK. */
static const struct {
	const char *driver;
	const char *args; /* NULL: whatever they are */
	struct needs needs;
} drivers[] = {
	{"net_af_packet", NULL, {CAP(NET_ADMIN), CALLS_INTERFACE}},
	{"net_af_xdp", NULL,
		{CAP(NET_ADMIN) | CAP(NET_RAW) | CAP(BPF) | CAP(IPC_LOCK), CALLS_ANY}},
	{"net_tap", NULL, {CAP(NET_ADMIN), CALLS_INTERFACE | CALLS_NETLINK | CALLS_DEVICE}},
	{"net_pcap", "iface=",
		{CAP(NET_ADMIN) | CAP(NET_RAW),
			CALLS_INTERFACE | CALLS_PACKET | CALLS_NETLINK | CALLS_DEVICE}},
	{"net_pcap", "iface_in=",
		{CAP(NET_ADMIN) | CAP(NET_RAW),
			CALLS_INTERFACE | CALLS_PACKET | CALLS_NETLINK | CALLS_DEVICE}},
	{"net_pcap", NULL, {0, 0}},
	{"net_virtio_user", "/dev/vhost-net", {CAP(NET_ADMIN), CALLS_INTERFACE | CALLS_DEVICE}},
	{"net_virtio_user", "/dev/vhost", {CAP(IPC_LOCK), CALLS_DEVICE}}, /* -vdpa */
	{"net_virtio_user", NULL, {0, CALLS_LISTEN}},
	{"net_memif", NULL, {0, CALLS_LISTEN}},
	{"net_null", NULL, {0, 0}},
	{"net_ring", NULL, {0, 0}},
	{"net_vhost", NULL, {0, CALLS_LISTEN | CALLS_DEVICE}},
	/* These leave their device to a kernel driver beside them, or own ports of those. */
	{"net_mlx4", NULL, {CAP(NET_ADMIN) | CAP(NET_RAW) | CAP(IPC_LOCK), CALLS_ANY}},
	{"mlx5", NULL, {CAP(NET_ADMIN) | CAP(NET_RAW) | CAP(IPC_LOCK), CALLS_ANY}},
	{"net_mana", NULL, {CAP(NET_ADMIN) | CAP(NET_RAW) | CAP(IPC_LOCK), CALLS_ANY}},
	{"net_netvsc", NULL, {CAP(NET_ADMIN) | CAP(NET_RAW) | CAP(IPC_LOCK), CALLS_ANY}},
	{"net_failsafe", NULL, {CAP(NET_ADMIN) | CAP(NET_RAW) | CAP(IPC_LOCK), CALLS_ANY}},
	{"net_bonding", NULL, {CAP(NET_ADMIN) | CAP(NET_RAW) | CAP(IPC_LOCK), CALLS_ANY}},
};

struct needs
needs_of(const char *driver, const char *args)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(drivers); i++)
		if (strncmp(driver, drivers[i].driver, strlen(drivers[i].driver)) == 0 &&
			(drivers[i].args == NULL ||
				(args != NULL && strstr(args, drivers[i].args) != NULL)))
			return drivers[i].needs;
	/* A NIC is driven through descriptors that are open, and its buffers are pinned for it; of
	 * another virtual one who knows. */
	return args != NULL ? (struct needs){CAP(NET_ADMIN) | CAP(NET_RAW), CALLS_ANY} :
			      (struct needs){CAP(IPC_LOCK), CALLS_DEVICE};
}
