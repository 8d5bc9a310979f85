/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "mtud_pkt.h"
#include "mtud_port.h"
#include "test_eal.h"

/* Real PMDs of DPDK: net_null (no MTU to set) and net_ring (few queues). */

/* No descriptor has it. */
#define KERNEL_FD 1000000

static struct mtud_port_conf conf = {.workers = 2, .rxd = 256, .txd = 256};

static uint16_t
port_of(const char *name)
{
	uint16_t id;

	assert_int_equal(rte_eth_dev_get_port_by_name(name, &id), 0);
	return id;
}

static int
start_eal(void **state)
{
	(void)state;
	return test_eal_init(512, "--vdev=net_null0 --vdev=net_null1 --vdev=net_ring0");
}

static int
stop_eal(void **state)
{
	(void)state;
	return rte_eal_cleanup();
}

static void
comes_up_with_queues_for_workers(void **state)
{
	struct mtud_port p;

	(void)state;
	assert_int_equal(mtud_port_init(&p, port_of("net_null0"), &conf), 0);
	assert_int_equal(p.n_txq, 2);
	assert_int_equal(p.n_rxq, 2);
	assert_int_equal(p.mtu, 1500);
	assert_string_equal(p.name, "net_null0");
	assert_false(mtud_port_link(&p, NULL));
	assert_int_equal(mtud_port_start(&p), 0);
	assert_true(mtud_port_link(&p, NULL));
	/* Made of no interface of the kernel's: nothing can become of that. */
	assert_false(mtud_port_look(&p));
	assert_false(p.gone);
	/* Every mbuf has the private area that was asked for. */
	assert_int_equal(rte_pktmbuf_priv_size(p.pool), sizeof(struct mtud_pkt_meta));
	mtud_port_close(&p);
	mtud_port_free_buffers(&p);
	assert_false(p.present);
}

static void
too_few_queues_are_noted(void **state)
{
	struct mtud_port_conf many = conf;
	struct mtud_port p;

	(void)state;
	many.workers = 64;
	many.mbufs = 4096;
	assert_int_equal(mtud_port_init(&p, port_of("net_ring0"), &many), 0);
	assert_in_range(p.n_txq, 1, 16);
	assert_true(p.refused & (1u << MTUD_PORT_TX_SHARED));
	assert_true(p.refused & (1u << MTUD_PORT_QUEUES));
	/* A jumbo MTU brings buffers for it; one more octet than is possible is refused. */
	assert_int_equal(mtud_port_start(&p), 0);
	assert_int_equal(mtud_port_set_mtu(&p, 1279), -ERANGE);
	assert_int_equal(mtud_port_set_mtu(&p, 9000), 0);
	assert_int_equal(p.mtu, 9000);
	assert_true(p.room >= 9000 + 22);
	assert_true(p.started);
	assert_true(rte_pktmbuf_data_room_size(p.pool) >= 9000 + 22 + RTE_PKTMBUF_HEADROOM);
	assert_int_equal(mtud_port_set_mtu(&p, 1500), 0);
	assert_int_equal(p.mtu, 1500);
	/* Without memory for larger buffers it goes on as before. */
	p.conf.mbufs = 1 << 22;
	assert_int_equal(mtud_port_set_mtu(&p, 12000), -ENOMEM);
	assert_string_equal(p.failed, "receive buffers");
	assert_int_equal(p.mtu, 1500);
	assert_true(p.started);
	mtud_port_close(&p);
	mtud_port_free_buffers(&p);
}

static void
no_memory_is_an_error(void **state)
{
	struct mtud_port_conf greedy = conf;
	struct mtud_port p;

	(void)state;
	greedy.mbufs = 1 << 22;
	assert_int_equal(mtud_port_init(&p, port_of("net_null1"), &greedy), -ENOMEM);
	assert_string_equal(p.failed, "receive buffers");
	assert_false(p.present);
}

static void
every_feature_has_its_sentence(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < MTUD_PORT_FEATURES; i++)
		assert_true(strlen(mtud_port_feature_text(i)) > 10);
}

/* What the kernel says of an interface; the calls come here rather than there. */
static struct {
	unsigned int renamed; /* questions by a name that is no longer its own */
	bool gone;
} kernel;

int
ioctl(int fd, unsigned long what, ...)
{
	struct ifreq *ifr;
	va_list ap;

	va_start(ap, what);
	ifr = va_arg(ap, struct ifreq *);
	va_end(ap);
	if (fd != KERNEL_FD)
		return (int)syscall(SYS_ioctl, fd, what, ifr);
	if (kernel.gone || (what != SIOCGIFNAME && kernel.renamed > 0)) {
		kernel.renamed -= !kernel.gone;
		errno = ENODEV;
		return -1;
	}
	if (what == SIOCGIFMTU)
		ifr->ifr_mtu = 1280;
	return 0;
}

static void
a_new_name_is_no_end(void **state)
{
	const uint32_t less = 1u << MTUD_PORT_MTU_LESS;
	struct mtud_port p = {.id = port_of("net_null1"), .if_index = 5, .kernel_fd = KERNEL_FD,
		.mtu = 1500};

	(void)state;
	kernel.renamed = 1;
	assert_true(mtud_port_look(&p));
	assert_false(p.gone);
	assert_int_equal(p.refused, less);
	/* One that is renamed all the time is asked another time. */
	kernel.renamed = 1000;
	assert_false(mtud_port_look(&p));
	assert_false(p.gone);
	kernel.gone = true;
	assert_true(mtud_port_look(&p));
	assert_true(p.gone);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_up_with_queues_for_workers),
		cmocka_unit_test(too_few_queues_are_noted),
		cmocka_unit_test(no_memory_is_an_error),
		cmocka_unit_test(a_new_name_is_no_end),
		cmocka_unit_test(every_feature_has_its_sentence),
	};

	return cmocka_run_group_tests(tests, start_eal, stop_eal);
}
