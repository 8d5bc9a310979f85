/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What the control thread sends, read as those read it who get it: RFC 4861 sections 4 and 7.1,
 * RFC 3810 section 5.2, RFC 826 and 5227. */

#include "fuzz_world.h"

#define ETHERNET 14
#define IP6      40

/* A frame on its way through this file. */
struct sent {
	uint16_t port;
	const uint8_t *eth;
	const uint8_t *ip;
	const uint8_t *icmp;
	uint16_t len; /* of icmp */
	struct mtud_ip src;
	struct mtud_ip dst;
};

static void
must(bool holds, const char *what)
{
	if (!holds)
		BROKEN("sent: %s", what);
}

static struct mtud_ip
ip_at(const uint8_t *p)
{
	struct mtud_ip ip;

	memcpy(ip.b, p, sizeof(ip.b));
	return ip;
}

static struct mtud_ip
ip4_at(const uint8_t *p)
{
	uint32_t be;

	memcpy(&be, p, sizeof(be));
	return mtud_ip_from_v4(be);
}

static bool
is_ours(uint16_t port, const struct mtud_ip *ip, bool here)
{
	const struct mtud_addr *a = mtud_addr_get(&world.addrs, port, ip);

	return a != NULL && a->state != MTUD_ADDR_DUPLICATE && (!here || a->port == port);
}

/* The subnet-router anycast address of one of ours. */
static bool
is_anycast(uint16_t port, const struct mtud_ip *ip)
{
	unsigned int i;

	for (i = 0; i < world.addrs.n; i++) {
		struct mtud_prefix p = mtud_addr_prefix(&world.addrs.addr[i]);

		if (world.addrs.addr[i].port == port && p.len == 64 && mtud_ip_equal(&p.ip, ip))
			return true;
	}
	return false;
}

static void
check_arp(uint16_t port, const uint8_t *eth, uint32_t len)
{
	static const uint8_t fixed[7] = {0, 1, 8, 0, 6, 4, 0}, zero[18];
	const uint8_t *p = eth + ETHERNET;
	struct mtud_ip sender;

	must(len == 60 && memcmp(p + 28, zero, sizeof(zero)) == 0, "ARP is 60 octets, padded with 0");
	must(memcmp(p, fixed, sizeof(fixed)) == 0 && (p[7] == 1 || p[7] == 2), "ARP's fixed fields");
	must(memcmp(p + 8, &our_mac[port], 6) == 0, "ARP names our MAC");
	sender = ip4_at(p + 14);
	if (p[7] == 1) {
		must(memcmp(p + 14, zero, 4) == 0 || is_ours(port, &sender, false),
			"an ARP request comes from an address of ours");
		must(memcmp(p + 18, zero, 6) == 0, "an ARP request does not know the target's MAC");
		return;
	}
	must(is_ours(port, &sender, true), "an ARP reply is about an address of ours on the port");
	must((eth[0] & 1) == 0 && memcmp(eth, p + 18, 6) == 0, "an ARP reply goes to who asked");
}

/* Options are whole; the one link-layer address is ours. */
static void
check_options(const struct sent *s, uint8_t type, bool has_lladdr)
{
	unsigned int lladdrs = 0;
	uint16_t at;

	must(s->len % 8 == 0, "ND messages are units of 8 octets");
	for (at = 24; at < s->len; at += s->icmp[at + 1] * 8) {
		must(s->icmp[at + 1] != 0 && at + s->icmp[at + 1] * 8 <= s->len, "a whole option");
		if (s->icmp[at] != 1 && s->icmp[at] != 2)
			continue;
		lladdrs++;
		must(s->icmp[at] == type, "the link-layer option of its message");
		must(memcmp(s->icmp + at + 2, &our_mac[s->port], 6) == 0, "the option has our MAC");
	}
	must(lladdrs == has_lladdr, "as many link-layer options as there may be");
}

static void
check_solicitation(const struct sent *s)
{
	struct mtud_ip target = ip_at(s->icmp + 8);
	struct mtud_ip group = mtud_ip_solicited_node(&target);
	bool dad = mtud_ip_is_unspecified(&s->src);

	must(target.b[0] != 0xff && !mtud_ip_is_unspecified(&target), "one address is asked for");
	must(mtud_ip_equal(&s->dst, &group) || (!dad && mtud_ip_equal(&s->dst, &target)),
		"the target is asked, or its group");
	must(is_ours(s->port, dad ? &target : &s->src, true), "an address of the port asks");
	must(dad || !is_ours(s->port, &target, true), "nobody asks for his own address");
	check_options(s, 1, !dad);
}

static void
check_advertisement(const struct sent *s)
{
	struct mtud_ip target = ip_at(s->icmp + 8);

	must(mtud_ip_equal(&target, &s->src), "what is advertised is the source");
	must(is_ours(s->port, &target, true) || is_anycast(s->port, &target),
		"only addresses of the port are advertised");
	must(s->icmp[4] & 0x80, "a router says so");
	must(((s->icmp[4] & 0x40) != 0) == (s->dst.b[0] != 0xff), "solicited, unless told to all");
	must(is_ours(s->port, &target, true) || (s->icmp[4] & 0x20) == 0,
		"an anycast address does not override");
	check_options(s, 2, true);
}

static void
check_report(const struct sent *s)
{
	static const uint8_t alert[8] = {58, 0, 5, 2, 0, 0, 1, 0};
	unsigned int n = s->icmp[6] << 8 | s->icmp[7], i;

	must(s->ip[6] == 0 && memcmp(s->ip + IP6, alert, sizeof(alert)) == 0, "a router alert");
	must(s->ip[7] == 1, "MLD has hop limit 1");
	must(mtud_ip_is_unspecified(&s->src) ||
			(mtud_ip_is_link_local(&s->src) && is_ours(s->port, &s->src, true)),
		"a report's source is link-local or none");
	must(n > 0 && s->len == 8 + 20 * n, "as many records as it says");
	for (i = 0; i < n; i++)
		must(s->icmp[8 + 20 * i] >= 2 && s->icmp[8 + 20 * i] <= 4 &&
				s->icmp[8 + 20 * i + 4] == 0xff,
			"each record is of a group");
}

static void
check_macs(const struct sent *s)
{
	static const uint8_t zero[RTE_ETHER_ADDR_LEN];

	if (s->dst.b[0] == 0xff)
		must(s->eth[0] == 0x33 && s->eth[1] == 0x33 && memcmp(s->eth + 2, s->dst.b + 12, 4) == 0,
			"a group has its own MAC");
	else
		must((s->eth[0] & 1) == 0 && memcmp(s->eth, zero, sizeof(zero)) != 0,
			"one host has a unicast MAC");
}

static void
check_ip6(struct sent *s, uint32_t len)
{
	must(len >= ETHERNET + IP6 + 8 && s->ip[0] >> 4 == 6, "an IPv6 packet");
	must(len == ETHERNET + IP6 + (uint32_t)(s->ip[4] << 8 | s->ip[5]), "as long as it says");
	s->src = ip_at(s->ip + 8);
	s->dst = ip_at(s->ip + 24);
	s->icmp = s->ip + IP6 + (s->ip[6] == 0 ? 8 : 0);
	s->len = len - (s->icmp - s->eth);
	must(s->ip[6] == 0 || s->ip[6] == 58, "ICMPv6");
	must(frame_cksum6(s->ip, s->icmp, s->len, 58) == 0, "its checksum is right");
	must(s->icmp[1] == 0, "code 0");
	check_macs(s);
	if (s->icmp[0] == 143) {
		check_report(s);
		return;
	}
	must(s->ip[7] == 255 && s->ip[6] == 58 && s->len >= 24, "ND has hop limit 255");
	must(s->icmp[0] == 135 || s->icmp[0] == 136, "a solicitation or an advertisement");
	if (s->icmp[0] == 135)
		check_solicitation(s);
	else
		check_advertisement(s);
}

void
sent_check(uint16_t port, const struct rte_mbuf *m)
{
	struct sent s = {.port = port, .eth = rte_pktmbuf_mtod(m, const uint8_t *)};
	uint16_t type = s.eth[12] << 8 | s.eth[13];

	must(m->nb_segs == 1 && m->data_len == m->pkt_len && m->pkt_len >= ETHERNET, "a whole frame");
	must(memcmp(s.eth + 6, &our_mac[port], 6) == 0, "from our MAC");
	if (type == RTE_ETHER_TYPE_ARP) {
		check_arp(port, s.eth, m->pkt_len);
		return;
	}
	must(type == RTE_ETHER_TYPE_IPV6, "ARP or IPv6");
	s.ip = s.eth + ETHERNET;
	check_ip6(&s, m->pkt_len);
}
