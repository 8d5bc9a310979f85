/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What RFC 4861 and RFC 826 allow to be learned of a frame, read a second time: plain octets, and
 * nothing of what is tested. */

#include "fuzz_world.h"

#define ETHERNET 14
#define IP6      40
#define RS       133
#define RA       134
#define NS       135
#define NA       136

/* A message, and what carries it. */
struct reading {
	uint16_t port;
	const uint8_t *ip;
	const uint8_t *icmp;
	uint16_t len; /* of icmp */
	struct mtud_ip src;
	struct mtud_ip dst;
	struct mtud_ip target;
};

static bool
is_group_or_zero(const uint8_t *mac)
{
	static const uint8_t zero[RTE_ETHER_ADDR_LEN];

	return (mac[0] & 1) != 0 || memcmp(mac, zero, sizeof(zero)) == 0;
}

static bool
is_ours(uint16_t port, const struct mtud_ip *ip)
{
	const struct mtud_addr *a = mtud_addr_get(&world.addrs, port, ip);

	return a != NULL && a->state != MTUD_ADDR_DUPLICATE;
}

static bool
is_asked_here(uint16_t port, const struct mtud_ip *ip)
{
	unsigned int i;

	for (i = 0; i < world.addrs.n; i++) {
		const struct mtud_addr *a = &world.addrs.addr[i];
		struct mtud_prefix p = mtud_addr_prefix(a);

		if (a->port != port || a->state == MTUD_ADDR_DUPLICATE)
			continue;
		/* Or its subnet-router anycast address. */
		if (mtud_ip_equal(&a->ip, ip) || (a->len == 64 && mtud_ip_equal(&p.ip, ip)))
			return true;
	}
	return false;
}

static bool
is_on_link(uint16_t port, const struct mtud_ip *ip)
{
	return mtud_ip_is_link_local(ip) || world_is_on_link(port, ip);
}

/* The link-layer address option of a type, the first one. False: the options are not sound. */
static bool
find_lladdr(const struct reading *r, uint16_t at, uint8_t type, struct lesson *lesson)
{
	for (; at < r->len; at += r->icmp[at + 1] * 8) {
		if (at + 2 > r->len || r->icmp[at + 1] == 0 || at + r->icmp[at + 1] * 8 > r->len)
			return false;
		if (r->icmp[at] != type || lesson->has_mac)
			continue;
		if (r->icmp[at + 1] != 1 || is_group_or_zero(r->icmp + at + 2))
			return false;
		memcpy(lesson->mac, r->icmp + at + 2, sizeof(lesson->mac));
		lesson->has_mac = true;
	}
	return true;
}

/* RFC 4861 section 7.1.1 and 7.2.3. */
static bool
solicitation(const struct reading *r, struct lesson *lesson)
{
	lesson->ip = r->src;
	lesson->creates = true;
	return r->len >= 24 && find_lladdr(r, 24, 1, lesson) && lesson->has_mac &&
		is_asked_here(r->port, &r->target);
}

/* Section 7.1.2 and 7.2.5. */
static bool
advertisement(const struct reading *r, struct lesson *lesson)
{
	bool solicited = (r->icmp[4] & 0x40) != 0;

	lesson->ip = r->target;
	lesson->solicited = solicited;
	lesson->override = (r->icmp[4] & 0x20) != 0;
	return r->len >= 24 && find_lladdr(r, 24, 2, lesson) && r->target.b[0] != 0xff &&
		!(solicited && r->dst.b[0] == 0xff) && !is_ours(r->port, &r->target);
}

/* Section 6.1 and 6.2.6. */
static bool
router_message(const struct reading *r, struct lesson *lesson)
{
	uint16_t fixed = r->icmp[0] == RS ? 8 : 16;

	lesson->ip = r->src;
	lesson->creates = true;
	return r->len >= fixed && find_lladdr(r, fixed, 1, lesson) && lesson->has_mac &&
		(r->icmp[0] == RS || mtud_ip_is_link_local(&r->src));
}

/* From one node (RFC 4291 sections 2.5.2, 2.5.3 and 2.7), or in a search for duplicates; to us, or
 * to a group of the link. */
static bool
is_between_neighbors(const struct reading *r)
{
	struct mtud_ip loopback = world_ip("::1");

	if (r->src.b[0] == 0xff || mtud_ip_equal(&r->src, &loopback) || mtud_ip_is_v4(&r->src))
		return false;
	if (mtud_ip_is_unspecified(&r->src) && r->icmp[0] != NS && r->icmp[0] != RS)
		return false;
	if (r->dst.b[0] == 0xff)
		return (r->dst.b[1] & 15) == 2;
	return is_ours(r->port, &r->dst) || is_asked_here(0, &r->dst) || is_asked_here(1, &r->dst);
}

static bool
nd_message(const struct reading *r, struct lesson *lesson)
{
	bool good;

	lesson->type = r->icmp[0];
	switch (r->icmp[0]) {
	case NS:
		good = solicitation(r, lesson);
		break;
	case NA:
		good = advertisement(r, lesson);
		break;
	case RS:
	case RA:
		good = router_message(r, lesson);
		break;
	default:
		return false;
	}
	return good && r->icmp[1] == 0 && is_between_neighbors(r) &&
		is_on_link(r->port, &lesson->ip) &&
		lesson->ip.b[0] != 0xff && !mtud_ip_is_unspecified(&lesson->ip) &&
		!mtud_ip_is_v4(&lesson->ip) && !is_ours(r->port, &lesson->ip);
}

/* The chain of headers to ICMPv6; a fragment's is none (RFC 6980). */
static bool
read_chain(struct reading *r, const uint8_t *octets, uint16_t len)
{
	uint32_t ip_len, at = IP6;
	uint8_t next;

	if (len < ETHERNET + IP6)
		return false;
	r->ip = octets + ETHERNET;
	ip_len = (r->ip[4] << 8 | r->ip[5]) + (uint32_t)IP6;
	if (r->ip[0] >> 4 != 6 || r->ip[7] != 255 || ip_len > len - (uint32_t)ETHERNET)
		return false;
	for (next = r->ip[6]; next == 0 || next == 43 || next == 60;) {
		if (at + 8 > ip_len)
			return false;
		next = r->ip[at];
		at += (r->ip[at + 1] + 1u) * 8;
	}
	if (next != 58 || at + 8 > ip_len)
		return false;
	r->icmp = r->ip + at;
	r->len = ip_len - at;
	memcpy(r->src.b, r->ip + 8, MTUD_IP_LEN);
	memcpy(r->dst.b, r->ip + 24, MTUD_IP_LEN);
	if (r->len >= 24)
		memcpy(r->target.b, r->icmp + 8, MTUD_IP_LEN);
	return frame_cksum6(r->ip, r->icmp, r->len, 58) == 0;
}

static bool
is_host4(uint16_t port, const struct mtud_ip *ip)
{
	unsigned int i;

	if (ip->b[12] == 0 || ip->b[12] == 127 || ip->b[12] >= 224)
		return false;
	for (i = 0; i < world.addrs.n; i++) {
		const struct mtud_addr *a = &world.addrs.addr[i];

		/* Those of the world are all /24. */
		if (a->port == port && mtud_ip_is_v4(&a->ip) && memcmp(a->ip.b, ip->b, 15) == 0 &&
			(ip->b[15] == 0 || ip->b[15] == 255))
			return false;
	}
	return true;
}

/* RFC 826: the merge flag is the entry that is there; a new one only for who asks for us. */
static bool
arp(uint16_t port, const uint8_t *octets, uint16_t len, struct lesson *lesson)
{
	static const uint8_t fixed[7] = {0, 1, 8, 0, 6, 4, 0};
	struct mtud_ip target;
	const uint8_t *p = octets + ETHERNET;
	bool to_nobody;
	uint32_t be;

	if (len < ETHERNET + 28 || memcmp(p, fixed, sizeof(fixed)) != 0 || p[7] < 1 || p[7] > 2)
		return false;
	memcpy(lesson->mac, p + 8, sizeof(lesson->mac));
	lesson->has_mac = true;
	memcpy(&be, p + 14, sizeof(be));
	lesson->ip = mtud_ip_from_v4(be);
	memcpy(&be, p + 24, sizeof(be));
	target = mtud_ip_from_v4(be);
	to_nobody = p[7] == 2 && be == 0;
	lesson->creates = p[7] == 1 && is_asked_here(port, &target);
	if (is_group_or_zero(lesson->mac) || !is_host4(port, &lesson->ip) ||
		mtud_addr_get(&world.addrs, port, &lesson->ip) != NULL ||
		!world_is_on_link(port, &lesson->ip))
		return false;
	return lesson->creates || mtud_ip_equal(&target, &lesson->ip) || to_nobody ||
		(p[7] == 2 && mtud_addr_get(&world.addrs, port, &target) != NULL);
}

void
teach(uint16_t port, const uint8_t *octets, uint16_t len, struct lesson *lesson)
{
	struct reading r = {.port = port};
	uint16_t type;

	memset(lesson, 0, sizeof(*lesson));
	if (len < ETHERNET)
		return;
	if ((octets[0] & 1) == 0 && memcmp(octets, &our_mac[port], RTE_ETHER_ADDR_LEN) != 0)
		return;
	type = octets[12] << 8 | octets[13];
	if (type == RTE_ETHER_TYPE_ARP)
		lesson->learns = arp(port, octets, len, lesson);
	else if (type == RTE_ETHER_TYPE_IPV6)
		lesson->learns = read_chain(&r, octets, len) && nd_message(&r, lesson);
}

static bool
is_known(enum mtud_neigh_state state)
{
	return state != MTUD_NEIGH_NONE && state != MTUD_NEIGH_INCOMPLETE &&
		state != MTUD_NEIGH_FAILED;
}

static const struct mtud_neigh_info *
find(const struct picture *p, const struct mtud_neigh_info *like)
{
	unsigned int i;

	for (i = 0; i < p->n; i++)
		if (p->entry[i].port == like->port && mtud_ip_equal(&p->entry[i].ip, &like->ip))
			return &p->entry[i];
	return NULL;
}

/* RFC 4861 section 7.2.5: what an advertisement makes of an entry; STALE may be in use at once. */
static const char *
advert_fault(const struct lesson *na, const struct mtud_neigh_info *old,
	const struct mtud_neigh_info *new)
{
	bool reachable = new->state == MTUD_NEIGH_REACHABLE;
	bool stale = new->state == MTUD_NEIGH_STALE || new->state == MTUD_NEIGH_DELAY;
	bool same_mac = rte_is_same_ether_addr(&old->mac, &new->mac);
	bool differs = na->has_mac && memcmp(&old->mac, na->mac, sizeof(na->mac)) != 0;

	if (!is_known(old->state) && (old->state != MTUD_NEIGH_INCOMPLETE || !na->has_mac))
		return "an advertisement answers what is not asked, or names no MAC";
	if (is_known(old->state) && differs && !na->override) {
		if (!same_mac)
			return "an advertisement that may not override has changed a MAC";
		if (old->state != MTUD_NEIGH_REACHABLE || !stale)
			return "an advertisement that may not override has changed a state";
		return NULL;
	}
	if (na->solicited)
		return reachable ? NULL : "a solicited advertisement makes REACHABLE";
	if (is_known(old->state) && !differs)
		return "an unsolicited advertisement with nothing new changes nothing";
	return stale ? NULL : "an unsolicited advertisement makes STALE";
}

/* Why an entry may not have become what it is; NULL: it may. */
static const char *
fault(uint16_t port, const struct lesson *lesson, const struct mtud_neigh_info *old,
	const struct mtud_neigh_info *new)
{
	bool same_mac = old != NULL && rte_is_same_ether_addr(&old->mac, &new->mac);

	if (old != NULL && old->state == new->state && same_mac)
		return NULL;
	if (old != NULL && old->state == MTUD_NEIGH_STATIC)
		return "a static neighbor changed";
	if (new->state == MTUD_NEIGH_INCOMPLETE)
		return old != NULL && is_known(old->state) ? "a known neighbor is unknown" : NULL;
	if (!is_known(new->state))
		return "a neighbor failed without a timer";
	if (!lesson->learns || new->port != port || !mtud_ip_equal(&new->ip, &lesson->ip))
		return "a neighbor changed by a frame that teaches nothing of it";
	if (old == NULL && !lesson->creates)
		return "a frame made an entry that may only change one";
	if (!same_mac && (!lesson->has_mac || memcmp(&new->mac, lesson->mac, sizeof(lesson->mac))))
		return "a neighbor has another MAC than the frame says";
	if (lesson->type == NA)
		return advert_fault(lesson, old, new);
	/* Sections 6.2.6 and 7.2.3. */
	if (lesson->type != 0 && new->state != MTUD_NEIGH_STALE && new->state != MTUD_NEIGH_DELAY)
		return "who asks is not known to be reachable";
	return NULL;
}

void
teach_check(uint16_t port, const struct lesson *lesson, const struct picture *before,
	const struct picture *after)
{
	char text[MTUD_IP_STRLEN];
	unsigned int i;

	for (i = 0; i < after->n; i++) {
		const struct mtud_neigh_info *new = &after->entry[i];
		const char *why = fault(port, lesson, find(before, new), new);

		if (why != NULL)
			BROKEN("port %u, %s: %s", new->port, mtud_ip_format(&new->ip, text), why);
	}
	for (i = 0; i < before->n; i++) {
		const struct mtud_neigh_info *old = &before->entry[i];

		if (find(after, old) == NULL && old->state != MTUD_NEIGH_INCOMPLETE &&
			old->state != MTUD_NEIGH_STALE)
			BROKEN("port %u, %s: a frame removed a neighbor that is %s", old->port,
				mtud_ip_format(&old->ip, text), mtud_neigh_state_name(old->state));
	}
}
