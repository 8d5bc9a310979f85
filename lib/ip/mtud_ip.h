/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_IP_H
#define MTUD_IP_H

/**
 * @file
 * Addresses and prefixes of both families in one shape.
 *
 * An address is 16 octets in network order. An IPv4 address is held as IPv4-mapped
 * (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2), a form that never stands on the wire, so that one
 * key, one compare and one table entry serve both families. The length of an IPv4 prefix is held
 * as 96 + n for the same reason; mtud_prefix_parse() and mtud_prefix_format() speak /n.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/** Room for any address as text, and its final NUL. */
#define MTUD_IP_STRLEN 46
/** Room for any prefix as text, and its final NUL. */
#define MTUD_PREFIX_STRLEN (MTUD_IP_STRLEN + 4)
/** The smallest MTU of an IPv6 link (RFC 8200 section 5), octets. */
#define MTUD_IP6_MIN_MTU 1280
/** The smallest MTU of an IPv4 link (RFC 791 section 3.2), octets. */
#define MTUD_IP4_MIN_MTU 68
/** Octets of an address. */
#define MTUD_IP_LEN 16
/** Bits in front of an IPv4 address: what a /n is longer by. */
#define MTUD_IP4_BITS_AT 96

/** What tells tables, bursts and headers of the two families apart. */
enum mtud_family {
	MTUD_IPV6,
	MTUD_IPV4,
	MTUD_FAMILIES,
};

/** An IPv6 address, or an IPv4 one as IPv4-mapped; network order. */
struct mtud_ip {
	uint8_t b[MTUD_IP_LEN];
} __attribute__((aligned(8)));

/** A prefix: bits beyond len are zero. */
struct mtud_prefix {
	struct mtud_ip ip;
	uint8_t len; /**< 0 to 128; an IPv4 /n is 96 + n */
};

/** How far an address reaches (RFC 4007, RFC 4291 section 2.7). */
enum mtud_scope {
	MTUD_SCOPE_INTERFACE = 1,
	MTUD_SCOPE_LINK = 2,
	MTUD_SCOPE_GLOBAL = 14,
};

static inline bool
mtud_ip_equal(const struct mtud_ip *a, const struct mtud_ip *b)
{
	return memcmp(a->b, b->b, MTUD_IP_LEN) == 0;
}

/** Is it an IPv4 address, held as IPv4-mapped? */
static inline bool
mtud_ip_is_v4(const struct mtud_ip *ip)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(ip->b, mapped, sizeof(mapped)) == 0;
}

/** The family of an address. */
static inline enum mtud_family
mtud_ip_family(const struct mtud_ip *ip)
{
	return mtud_ip_is_v4(ip) ? MTUD_IPV4 : MTUD_IPV6;
}

/** The 4 octets of an IPv4 address, network order, as the 16 of struct mtud_ip. */
static inline struct mtud_ip
mtud_ip_from_v4(uint32_t addr_be)
{
	struct mtud_ip ip = {{[10] = 0xff, [11] = 0xff}};

	memcpy(&ip.b[12], &addr_be, sizeof(addr_be));
	return ip;
}

/** The 4 octets of an IPv4 address, network order. */
static inline uint32_t
mtud_ip_to_v4(const struct mtud_ip *ip)
{
	uint32_t addr_be;

	memcpy(&addr_be, &ip->b[12], sizeof(addr_be));
	return addr_be;
}

/** Is it `::`, the address of nobody? */
static inline bool
mtud_ip_is_unspecified(const struct mtud_ip *ip)
{
	static const uint8_t zero[MTUD_IP_LEN];

	return memcmp(ip->b, zero, MTUD_IP_LEN) == 0;
}

/** Is it `::1`? (IPv6 only.) */
static inline bool
mtud_ip_is_loopback(const struct mtud_ip *ip)
{
	static const uint8_t one[MTUD_IP_LEN] = {[15] = 1};

	return memcmp(ip->b, one, MTUD_IP_LEN) == 0;
}

/** Is it multicast, ff00::/8 or 224.0.0.0/4? */
static inline bool
mtud_ip_is_multicast(const struct mtud_ip *ip)
{
	return ip->b[0] == 0xff || (mtud_ip_is_v4(ip) && (ip->b[12] & 0xf0) == 0xe0);
}

/** Is it link-local unicast, fe80::/10? (169.254.0.0/16 counts as global: routers forward it not
 * by scope but by route.) */
static inline bool
mtud_ip_is_link_local(const struct mtud_ip *ip)
{
	return ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

/** Can a host have this IPv4 address? Not one of 0/8, 127/8, 224/4 and 240/4 (RFC 1122 section
 * 3.2.1.3, RFC 6890). */
static inline bool
mtud_ip_is_host_v4(const struct mtud_ip *ip)
{
	uint8_t top = ip->b[12];

	return top != 0 && top != 127 && top < 224;
}

/**
 * Read an address.
 *
 * @param text
 *   An IPv6 or dotted IPv4 address; nothing before or after it.
 * @param ip
 *   Set on success only.
 * @return
 *   0, or -EINVAL when the text is no address or an IPv4-mapped IPv6 address in IPv6 notation.
 */
int mtud_ip_parse(const char *text, struct mtud_ip *ip);

/**
 * Write an address as RFC 5952 asks, an IPv4 one as dotted quad.
 *
 * @return buf
 */
const char *mtud_ip_format(const struct mtud_ip *ip, char buf[MTUD_IP_STRLEN]);

/**
 * Read a prefix, ADDR/LEN; without /LEN it is a host's.
 *
 * @param text
 *   The text; nothing before or after it.
 * @param prefix
 *   Set on success only, with the bits beyond the length cleared.
 * @param host
 *   Where not NULL: the address as written, with its host bits.
 * @return
 *   - 0: done
 *   - -EINVAL: not an address, or not a number behind the slash
 *   - -ERANGE: the length is beyond 128, or 32 for IPv4
 */
int mtud_prefix_parse(const char *text, struct mtud_prefix *prefix, struct mtud_ip *host);

/** Write a prefix with the length of its own family. @return buf */
const char *mtud_prefix_format(const struct mtud_prefix *prefix, char buf[MTUD_PREFIX_STRLEN]);

/** An IPv4 prefix; a shorter one that holds ::ffff:0:0/96 is IPv6 like any other. */
static inline bool
mtud_prefix_is_v4(const struct mtud_prefix *prefix)
{
	return prefix->len >= MTUD_IP4_BITS_AT && mtud_ip_is_v4(&prefix->ip);
}

/** Does the prefix hold the address? */
bool mtud_prefix_contains(const struct mtud_prefix *prefix, const struct mtud_ip *ip);

/** Order prefixes: by address, then shorter first. For qsort and bsearch. */
int mtud_prefix_compare(const struct mtud_prefix *a, const struct mtud_prefix *b);

/** Clear the bits of ip beyond len (0 to 128, IPv4 as 96 + n). */
void mtud_ip_mask(struct mtud_ip *ip, uint8_t len);

/** The solicited-node group of an IPv6 address (RFC 4291 section 2.7.1). */
static inline struct mtud_ip
mtud_ip_solicited_node(const struct mtud_ip *ip)
{
	return (struct mtud_ip){{0xff, 0x02, [11] = 0x01, [12] = 0xff, [13] = ip->b[13],
		[14] = ip->b[14], [15] = ip->b[15]}};
}

#endif
