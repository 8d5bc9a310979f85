/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "confine.h"
#include "needs.h"

/* Names are those that rte_eth_dev_info_get() has of DPDK 22.11's drivers, arguments those of its
 * guide to Network Interface Controller Drivers. */

#define BESIDE (CAP(NET_ADMIN) | CAP(NET_RAW) | CAP(IPC_LOCK))

static void
assert_needs(const char *driver, const char *args, uint64_t caps, unsigned int calls)
{
	struct needs needs = needs_of(driver, args);

	assert_int_equal(needs.caps, caps);
	assert_int_equal(needs.calls, calls);
}

static void
kernel_drivers_beside(void **state)
{
	(void)state;
	assert_needs("net_mlx4", NULL, BESIDE, CALLS_ANY);
	assert_needs("mlx5_pci", NULL, BESIDE, CALLS_ANY);
	assert_needs("mlx5_auxiliary", NULL, BESIDE, CALLS_ANY);
	/* A virtual function that one of those drives is a port of its owner's. */
	assert_needs("net_netvsc", NULL, BESIDE, CALLS_ANY);
	assert_needs("net_failsafe", "dev(0000:00:02.0)", BESIDE, CALLS_ANY);
	assert_needs("net_bonding", "mode=1,slave=0000:00:02.0", BESIDE, CALLS_ANY);
	assert_needs("net_ixgbe", NULL, CAP(IPC_LOCK), CALLS_DEVICE);
}

static void
virtual_devices(void **state)
{
	struct needs interface = needs_of("net_pcap", "iface=eth0");

	(void)state;
	assert_true(interface.caps & CAP(NET_RAW));
	assert_true(interface.calls & CALLS_PACKET);
	assert_needs("net_pcap", "rx_iface=eth0,tx_iface=eth0", interface.caps, interface.calls);
	assert_needs("net_pcap", "rx_iface_in=eth0", interface.caps, interface.calls);
	assert_needs("net_pcap", "rx_pcap=a.pcap,tx_pcap=b.pcap", 0, 0);
	assert_needs("net_virtio_user", "path=/dev/vhost-net,iface=t0", CAP(NET_ADMIN),
		CALLS_INTERFACE | CALLS_DEVICE);
	assert_needs("net_virtio_user", "path=/dev/vhost-vdpa-0", CAP(IPC_LOCK), CALLS_DEVICE);
	assert_needs("net_virtio_user", "path=/run/v,server=1", 0, CALLS_LISTEN);
	assert_needs("net_nobody_knows", "", CAP(NET_ADMIN) | CAP(NET_RAW), CALLS_ANY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_drivers_beside),
		cmocka_unit_test(virtual_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
