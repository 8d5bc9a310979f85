/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The kernel's interface that a port is made of (net_af_packet, net_af_xdp, net_tap, …): most of
 * those drivers look at it once, when they start. */

#include <errno.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port_priv.h"

/* Names that an interface has while it is asked one question. */
#define NAMES_MAX 3

void
port_kernel_open(struct mtud_port *p)
{
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get(p->id, &info) < 0 || info.if_index == 0 ||
		info.if_index > INT32_MAX)
		return;
	p->kernel_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (p->kernel_fd >= 0)
		p->if_index = (int)info.if_index;
}

void
port_kernel_close(struct mtud_port *p)
{
	if (p->kernel_fd >= 0)
		close(p->kernel_fd);
	p->kernel_fd = -1;
	p->if_index = 0;
}

/* By its number, which no other gets: names go round, and one may do so between the two questions.
 * 0 or a negative errno; -ENODEV: there is no such interface any more. */
static int
ask(const struct mtud_port *p, unsigned long what, struct ifreq *ifr)
{
	unsigned int i;

	for (i = 0; i < NAMES_MAX; i++) {
		*ifr = (struct ifreq){.ifr_ifindex = p->if_index};
		if (ioctl(p->kernel_fd, SIOCGIFNAME, ifr) < 0)
			return -errno;
		if (ioctl(p->kernel_fd, what, ifr) == 0)
			return 0;
		if (errno != ENODEV)
			return -errno;
	}
	return -EAGAIN;
}

bool
port_kernel_runs(const struct mtud_port *p)
{
	struct ifreq ifr;

	if (p->if_index == 0 || ask(p, SIOCGIFFLAGS, &ifr) < 0)
		return true;
	return (ifr.ifr_flags & IFF_UP) != 0 && (ifr.ifr_flags & IFF_RUNNING) != 0;
}

bool
mtud_port_look(struct mtud_port *p)
{
	const uint32_t less = 1u << MTUD_PORT_MTU_LESS;
	const uint32_t refused = p->refused;
	struct ifreq ifr;
	int ret;

	if (p->gone)
		return false;
	p->gone = rte_eth_dev_is_removed(p->id) != 0;
	if (p->gone || p->if_index == 0)
		return p->gone;
	ret = ask(p, SIOCGIFMTU, &ifr);
	p->gone = ret == -ENODEV;
	if (ret == 0)
		p->refused = ifr.ifr_mtu < p->mtu ? refused | less : refused & ~less;
	return p->gone || p->refused != refused;
}
