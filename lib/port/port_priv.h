/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef PORT_PRIV_H
#define PORT_PRIV_H

#include <rte_mbuf.h>

#include "mtud_port.h"

/* The largest data room that is tried. */
#define PORT_ROOM_MAX (UINT16_MAX - RTE_PKTMBUF_HEADROOM)

/* Note the step that failed. */
static inline int
port_fail(struct mtud_port *p, const char *step, int ret)
{
	p->failed = step;
	return ret;
}

/* (Re)configure a stopped port for its MTU: queues, buffers of p->room at least. */
int port_configure(struct mtud_port *p);

/* kernel.c: what the kernel knows of the interface that a port is made of. */
void port_kernel_open(struct mtud_port *p);
void port_kernel_close(struct mtud_port *p);
/* Is it up and has a carrier? True where there is none, or nobody knows. */
bool port_kernel_runs(const struct mtud_port *p);

#endif
