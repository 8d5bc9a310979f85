/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_ADDR_H
#define MTUD_ADDR_H

/**
 * @file
 * Addresses of ours: a small table that the control thread owns. It is plain data, so that a copy
 * is all that a transaction needs to roll back, and all that workers need to read.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mtud_ip.h"

/** Addresses in all, the ports' own link-local ones among them. */
#define MTUD_ADDR_MAX 256

/** Where Duplicate Address Detection stands (RFC 4862 section 5.4). An address is used while it
 * is still being checked, as RFC 4429 allows, so that a restarted router answers at once. IPv4
 * addresses are announced and not checked: they are IDLE or PREFERRED. */
enum mtud_addr_state {
	MTUD_ADDR_IDLE,      /**< its port has no link yet: not checked */
	MTUD_ADDR_TENTATIVE, /**< being checked; in use with the restraint of RFC 4429 */
	MTUD_ADDR_PREFERRED,
	MTUD_ADDR_DUPLICATE, /**< somebody else has it: not used */
};

struct mtud_addr {
	struct mtud_ip ip;
	uint8_t len;            /**< of its prefix, as in struct mtud_prefix */
	uint8_t state;          /**< enum mtud_addr_state */
	bool automatic;         /**< the port's own link-local address, not configured */
	uint8_t probes_left;    /**< DAD solicitations, for IPv4 announcements, still to send */
	uint16_t port;
	uint8_t nonce[6];       /**< of our DAD solicitations (RFC 7527) */
	uint64_t due_ms;        /**< when DAD takes its next step, or the next announcement goes */
	uint64_t defend_ms;     /**< IPv4: not defended again before (RFC 5227 section 2.4) */
};

struct mtud_addr_table {
	unsigned int n;
	struct mtud_addr addr[MTUD_ADDR_MAX]; /**< in the order of adding */
};

/**
 * Add an address.
 *
 * @return
 *   - 0: added, in state IDLE
 *   - -EEXIST: the same address and length is there already, on the same port
 *   - -EADDRINUSE: it is there with another length or on another port
 *   - -EINVAL: multicast, unspecified, loopback, or the subnet-router anycast of its own prefix;
 *     IPv4: none that a host can have (mtud_ip_is_host_v4()), the network's or the broadcast
 *     address of its own prefix, or a length under 96
 *   - -ENOSPC: MTUD_ADDR_MAX is reached
 */
int mtud_addr_add(struct mtud_addr_table *t, uint16_t port, const struct mtud_ip *ip, uint8_t len,
	bool automatic);

/** Remove an address. @return 0, or -ENOENT. */
int mtud_addr_del(struct mtud_addr_table *t, uint16_t port, const struct mtud_ip *ip);

/** The entry of an address: a link-local one on this port, any other on whichever port has it.
 * @return the entry, valid until the next add or del; NULL when it is not ours. */
struct mtud_addr *mtud_addr_find(struct mtud_addr_table *t, uint16_t port,
	const struct mtud_ip *ip);
/** The same for those who only read. */
const struct mtud_addr *mtud_addr_get(const struct mtud_addr_table *t, uint16_t port,
	const struct mtud_ip *ip);

/**
 * Is a packet from ip, received by port, nobody's: is it from an address of ours in use, or from
 * the broadcast or network address of an IPv4 prefix of ours?
 */
bool mtud_addr_is_false_source(const struct mtud_addr_table *t, uint16_t port,
	const struct mtud_ip *ip);

/** May the address be used, as far as DAD knows? */
static inline bool
mtud_addr_usable(const struct mtud_addr *a)
{
	return a->state != MTUD_ADDR_DUPLICATE;
}

/**
 * Source address for a packet of ours to dst that leaves (or whose cause came in) by port: same
 * scope, this port's before another's, longest common prefix first (RFC 6724 in short). A
 * link-local source is never chosen for a destination beyond the link.
 *
 * @param not_this
 *   An address that must not be chosen, or NULL.
 * @return the entry, or NULL when none fits.
 */
const struct mtud_addr *mtud_addr_source(const struct mtud_addr_table *t, uint16_t port,
	const struct mtud_ip *dst, const struct mtud_ip *not_this);

/**
 * The address that mtud_addr_source() finds for this port and every destination of the family
 * beyond the link, unless it must not be chosen.
 *
 * @return the entry, or NULL when it depends on the destination, or none fits.
 */
const struct mtud_addr *mtud_addr_only_source(const struct mtud_addr_table *t, uint16_t port,
	enum mtud_family family);

/** How many addresses on the port have this prefix, for the connected route they share. */
unsigned int mtud_addr_sharing(const struct mtud_addr_table *t, uint16_t port,
	const struct mtud_prefix *prefix);

/** The prefix of an address. */
static inline struct mtud_prefix
mtud_addr_prefix(const struct mtud_addr *a)
{
	struct mtud_prefix p = {a->ip, a->len};

	mtud_ip_mask(&p.ip, p.len);
	return p;
}

/** Most groups that the addresses of a port bring. */
#define MTUD_ADDR_GROUPS_MAX (2 * MTUD_ADDR_MAX)

/**
 * The solicited-node groups of a port: of its addresses, and of its subnet-router anycast
 * addresses (RFC 4291 section 2.8); each once.
 *
 * @param[out] groups
 *   Room for MTUD_ADDR_GROUPS_MAX.
 * @return how many.
 */
unsigned int mtud_addr_groups(const struct mtud_addr_table *t, uint16_t port,
	struct mtud_ip *groups);

/**
 * Has the address's prefix a subnet-router anycast address of its own (RFC 4291 section 2.6.1)?
 * Not with /127 (RFC 6164) and longer, not for link-local and IPv4 addresses.
 */
bool mtud_addr_has_anycast(const struct mtud_addr *a);

/**
 * Has the address's prefix a broadcast address, as an IPv4 /30 and shorter ones have? The two of a
 * /31 are hosts' (RFC 3021).
 */
bool mtud_addr_has_broadcast(const struct mtud_addr *a);

/**
 * The broadcast address of the prefix of an address that mtud_addr_has_broadcast(): all ones behind
 * the network's bits. All zeros there, as in mtud_addr_prefix(), is no host's address either
 * (RFC 1122 section 3.2.1.3).
 */
struct mtud_ip mtud_addr_broadcast(const struct mtud_addr *a);

#endif
