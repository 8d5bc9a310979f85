/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_PORT_H
#define MTUD_PORT_H

/**
 * @file
 * Bring-up of ethdev ports. What forwarding can do without and a driver refuses is noted as a
 * feature bit for the caller to warn of; what it cannot do without is an error with the name of
 * the step that failed.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_mempool.h>

#include "mtud_ip.h"

/** MTU of a port until one is set, octets of an IP packet. */
#define MTUD_PORT_MTU 1500
/** Octets in front of an IP packet at most: Ethernet header and two VLAN tags. */
#define MTUD_PORT_L2_MAX 22

/** Groups that a port's filters can be told. */
#define MTUD_PORT_GROUPS_MAX 514

/** Things a driver may refuse. */
enum mtud_port_feature {
	MTUD_PORT_RSS,       /**< no RSS: one queue gets all packets */
	MTUD_PORT_MULTICAST, /**< neither MAC filters nor all-multicast */
	MTUD_PORT_MTU_SET,   /**< the device's own MTU is set elsewhere */
	MTUD_PORT_MTU_KEPT,  /**< the device refused the MTU asked for: the old one is in force */
	MTUD_PORT_PROMISC,   /**< promiscuous mode cannot be changed */
	MTUD_PORT_QUEUES,    /**< fewer receive queues than workers */
	MTUD_PORT_TX_SHARED, /**< fewer transmit queues than workers: shared under a lock */
	MTUD_PORT_MTU_LESS,  /**< the kernel's interface beneath carries less than the MTU */
	MTUD_PORT_FEATURES,
};

struct mtud_port_conf {
	uint16_t workers; /**< transmit queues wanted */
	uint16_t rxq;     /**< receive queues wanted; 0: one a worker */
	uint16_t rxd;     /**< receive descriptors of a queue */
	uint16_t txd;     /**< transmit descriptors of a queue */
	uint32_t mbufs;   /**< receive buffers of the port; 0: as many as the queues need */
	uint32_t parked;  /**< buffers that may wait elsewhere: on rings, for neighbors */
};

struct mtud_port {
	bool present;  /**< configured by mtud_port_init() */
	bool started;
	bool promisc;
	bool tx_multi_seg;
	bool gone;     /**< its device is no more */
	uint16_t id;
	uint16_t mtu;  /**< octets of an IP packet */
	uint16_t n_rxq;
	uint16_t n_txq;
	uint16_t rxd;
	uint16_t txd;
	int socket;
	uint32_t refused; /**< bits of enum mtud_port_feature */
	uint32_t mbufs;
	uint32_t room;    /**< data room of a receive buffer without headroom, octets */
	uint32_t demand;  /**< the data room that the driver asked for at first, octets */
	struct rte_ether_addr mac;
	struct rte_mempool *pool;
	uint32_t n_groups;
	struct rte_ether_addr groups[MTUD_PORT_GROUPS_MAX]; /**< told again at each start */
	struct mtud_port_conf conf;
	char name[RTE_ETH_NAME_MAX_LEN];
	int if_index;     /**< of the kernel's interface that it is made of; 0: of none */
	int kernel_fd;    /**< to ask the kernel of it */
	const char *driver;
	const char *failed; /**< the step that failed last, for the error sentence */
};

/**
 * Configure a port: queues, RSS, buffers; not started.
 *
 * @return 0, or a negative errno with p->failed naming the step.
 */
int mtud_port_init(struct mtud_port *p, uint16_t id, const struct mtud_port_conf *conf);

/** Start a port, with promiscuous mode as p->promisc says. Errors as mtud_port_init(). */
int mtud_port_start(struct mtud_port *p);
/** Stop a port; no worker may be using it. */
void mtud_port_stop(struct mtud_port *p);
/** Stop and close a port. Its buffers may still be on other ports' queues. */
void mtud_port_close(struct mtud_port *p);
/** Free the buffers of a closed port; every other port is closed, too. */
void mtud_port_free_buffers(struct mtud_port *p);

/** Ports that there are, 0 to n - 1; 0 also where their numbers have holes. */
uint16_t mtud_port_count(void);
/** Is there a port on the device of this name, as in --vdev or -a? */
bool mtud_port_exists(const char *device);

/**
 * Change the MTU. No worker may be using the port: it is stopped and started where the driver
 * needs that, and gets larger buffers where they are too small.
 *
 * A driver that has no MTU to set, or that made its buffers for frames as large (af_packet's
 * framesz), is taken to carry it: MTUD_PORT_MTU_SET is noted. One that refuses otherwise keeps
 * the old MTU, which stays in force, and MTUD_PORT_MTU_KEPT is noted: a larger one would promise
 * what is then lost.
 *
 * @return
 *   0; -ERANGE beyond what the device says it can do, or below 1280; -ENOMEM no memory for
 *   buffers; else the driver's error in starting again. After an error the old MTU is in force,
 *   and the port started as before if its driver does that (p->started).
 */
int mtud_port_set_mtu(struct mtud_port *p, uint16_t mtu);

/** The largest MTU that the device says it can do, octets. */
uint16_t mtud_port_max_mtu(const struct mtud_port *p);

/** Switch promiscuous mode. @return 0 or the driver's error. */
int mtud_port_set_promisc(struct mtud_port *p, bool on);

/**
 * Have the groups' frames delivered: MAC filters, else all-multicast, else note the refusal.
 * Drivers may forget them when stopped: every start tells them again. What is beyond
 * MTUD_PORT_GROUPS_MAX is left out.
 */
void mtud_port_set_groups(struct mtud_port *p, const struct rte_ether_addr *macs, uint32_t n);

/**
 * Look what became of the device: drivers go on as if nothing had happened when the kernel's
 * interface that they are made of vanishes, or carries less than it did. Sets p->gone, for good, and
 * the bit of MTUD_PORT_MTU_LESS.
 *
 * @return
 *   Did any of this change?
 */
bool mtud_port_look(struct mtud_port *p);

/** Is the link up, for the driver and for the kernel's interface, if it is made of one?
 * @param speed_mbps set to the speed, or 0 when unknown; may be NULL. */
bool mtud_port_link(const struct mtud_port *p, uint32_t *speed_mbps);

/** What the device counted itself: packets it had no buffer or descriptor for, and errors. */
struct mtud_port_device_stats {
	uint64_t missed;
	uint64_t errors;
	uint64_t no_mbuf;
	uint64_t tx_errors; /**< taken from us, and not sent */
};

void mtud_port_device_stats(const struct mtud_port *p, struct mtud_port_device_stats *stats);

/** A sentence for a refused feature, to put behind the port's name. */
const char *mtud_port_feature_text(enum mtud_port_feature feature);

#endif
