/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_tcp.h>
#include <rte_udp.h>

#include "mtud_arp.h"
#include "mtud_mss.h"
#include "trace.h"

#define COPY_MAX MTUD_TRACE_HEAD
static_assert(COPY_MAX >= MTUD_TRACE_FRAME_HEAD, "both kinds of heads fit");

#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_MSS 2

/* A frame whose first octets are at hand, on its way into words. */
struct frame {
	const uint8_t *head;
	uint32_t len; /* octets at hand */
	struct rte_mbuf m;
	char *text;
	size_t at;
	bool v6;
	uint32_t upper_at; /* octets to the upper layer's header */
};

static void say(struct frame *f, const char *fmt, ...) __rte_format_printf(2, 3);

static void
say(struct frame *f, const char *fmt, ...)
{
	size_t room = TRACE_PACKET_STRLEN - f->at;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(f->text + f->at, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		f->at += RTE_MIN((size_t)n, room - 1);
}

/* The octets at hand as a packet, for those that read packets. They are copied, for an mbuf cannot
 * promise to leave them alone. */
static void
open_frame(struct frame *f, const uint8_t *head, uint16_t head_len, uint8_t copy[COPY_MAX],
	char *text)
{
	uint16_t len = RTE_MIN(head_len, (uint16_t)COPY_MAX);

	memcpy(copy, head, len);
	*f = (struct frame){.head = copy, .len = len, .text = text};
	f->m.buf_addr = copy;
	f->m.buf_len = len;
	f->m.data_len = len;
	f->m.pkt_len = len;
	f->m.nb_segs = 1;
	f->text[0] = '\0';
}

static uint16_t
be16(const struct frame *f, uint32_t at)
{
	return (uint16_t)(f->head[at] << 8 | f->head[at + 1]);
}

static uint32_t
be32(const struct frame *f, uint32_t at)
{
	return (uint32_t)be16(f, at) << 16 | be16(f, at + 2);
}

static bool
has(const struct frame *f, uint32_t octets)
{
	return f->upper_at + octets <= f->len;
}

static void
say_ip(struct frame *f, uint32_t at)
{
	char text[MTUD_IP_STRLEN];
	struct mtud_ip ip;

	if (f->v6)
		memcpy(ip.b, f->head + at, MTUD_IP_LEN);
	else
		ip = mtud_ip_from_v4(rte_cpu_to_be_32(be32(f, at)));
	say(f, "%s", mtud_ip_format(&ip, text));
}

/* The MSS option among those from one octet to another. */
static uint16_t
find_mss(const struct frame *f, uint32_t at, uint32_t end)
{
	while (at < end && f->head[at] != OPTION_END) {
		uint8_t len;

		if (f->head[at] == OPTION_NOP) {
			at++;
			continue;
		}
		len = at + 1 < end ? f->head[at + 1] : 0;
		if (len < 2 || at + len > end)
			break;
		if (f->head[at] == OPTION_MSS && len == 4)
			return be16(f, at + 2);
		at += len;
	}
	return 0;
}

uint16_t
trace_mss(const uint8_t *head, uint16_t head_len)
{
	uint32_t min = MTUD_L3_AT + sizeof(struct rte_ipv4_hdr), tcp_at, end;
	uint8_t copy[COPY_MAX];
	struct frame f;
	char text[1];

	open_frame(&f, head, head_len, copy, text);
	if (f.len < min || (f.head[MTUD_L3_AT] >> 4 == 6 &&
				   f.len < MTUD_L3_AT + sizeof(struct rte_ipv6_hdr)))
		return 0;
	if (!mtud_mss_is_syn(&f.m, MTUD_L3_AT, f.len - MTUD_L3_AT, &tcp_at) ||
		tcp_at + sizeof(struct rte_tcp_hdr) > f.len)
		return 0;
	end = RTE_MIN(tcp_at + (f.head[tcp_at + 12] >> 4) * 4u, f.len);
	return find_mss(&f, tcp_at + sizeof(struct rte_tcp_hdr), end);
}

static void
say_tcp(struct frame *f)
{
	static const char flags[] = "FSRP.UEW";
	uint16_t mss;
	unsigned int i;

	if (!has(f, 14)) {
		say(f, "TCP");
		return;
	}
	say(f, "TCP %u > %u [", be16(f, f->upper_at), be16(f, f->upper_at + 2));
	for (i = 0; flags[i] != '\0'; i++)
		if (f->head[f->upper_at + 13] & 1 << i)
			say(f, "%c", flags[i]);
	say(f, "]");
	mss = trace_mss(f->head, (uint16_t)f->len);
	if (mss != 0)
		say(f, " mss %u", mss);
}

struct icmp_name {
	uint8_t type;
	const char *name;
};

static const struct icmp_name names6[] = {
	{MTUD_ICMP6_UNREACH, "Destination Unreachable"},
	{MTUD_ICMP6_PTB, "Packet Too Big"},
	{MTUD_ICMP6_TIME_EXCEEDED, "Time Exceeded"},
	{MTUD_ICMP6_PARAM, "Parameter Problem"},
	{MTUD_ICMP6_ECHO_REQUEST, "echo request"},
	{MTUD_ICMP6_ECHO_REPLY, "echo reply"},
	{MTUD_ICMP6_MLD_QUERY, "MLD query"},
	{MTUD_ICMP6_RS, "Router Solicitation"},
	{MTUD_ICMP6_RA, "Router Advertisement"},
	{MTUD_ICMP6_NS, "Neighbor Solicitation"},
	{MTUD_ICMP6_NA, "Neighbor Advertisement"},
	{MTUD_ICMP6_REDIRECT, "Redirect"},
	{MTUD_ICMP6_MLD2_REPORT, "MLD report"},
};

static const struct icmp_name names4[] = {
	{MTUD_ICMP4_ECHO_REPLY, "echo reply"},
	{MTUD_ICMP4_UNREACH, "Destination Unreachable"},
	{MTUD_ICMP4_REDIRECT, "Redirect"},
	{MTUD_ICMP4_ECHO_REQUEST, "echo request"},
	{MTUD_ICMP4_TIME_EXCEEDED, "Time Exceeded"},
	{MTUD_ICMP4_PARAM, "Parameter Problem"},
};

static const char *
icmp_name(const struct frame *f, uint8_t type)
{
	const struct icmp_name *names = f->v6 ? names6 : names4;
	unsigned int n = f->v6 ? RTE_DIM(names6) : RTE_DIM(names4);
	unsigned int i;

	for (i = 0; i < n; i++)
		if (names[i].type == type)
			return names[i].name;
	return NULL;
}

/* What the four octets behind an ICMP header say, and for ND the target behind them. */
static void
say_icmp_more(struct frame *f, uint8_t type, uint8_t code)
{
	uint32_t more = be32(f, f->upper_at + 4);
	bool echo = f->v6 ? type == MTUD_ICMP6_ECHO_REQUEST || type == MTUD_ICMP6_ECHO_REPLY :
			    type == MTUD_ICMP4_ECHO_REQUEST || type == MTUD_ICMP4_ECHO_REPLY;

	if (echo) {
		say(f, " id %u seq %u", more >> 16, more & UINT16_MAX);
	} else if (f->v6 && type == MTUD_ICMP6_PTB) {
		say(f, ", MTU %u", more);
	} else if (!f->v6 && type == MTUD_ICMP4_UNREACH && code == MTUD_UNREACH4_FRAG_NEEDED) {
		say(f, ", MTU %u", more & UINT16_MAX);
	} else if (f->v6 && (type == MTUD_ICMP6_NS || type == MTUD_ICMP6_NA) && has(f, 24)) {
		say(f, type == MTUD_ICMP6_NS ? " for " : " of ");
		say_ip(f, f->upper_at + 8);
	}
}

static void
say_icmp(struct frame *f)
{
	const char *family = f->v6 ? "ICMPv6" : "ICMP";
	const char *name;
	uint8_t type, code;

	if (!has(f, 8)) {
		say(f, "%s", family);
		return;
	}
	type = f->head[f->upper_at];
	code = f->head[f->upper_at + 1];
	name = icmp_name(f, type);
	if (name == NULL)
		say(f, "%s type %u code %u", family, type, code);
	else if (!f->v6 && type == MTUD_ICMP4_UNREACH && code == MTUD_UNREACH4_FRAG_NEEDED)
		say(f, "%s Fragmentation Needed", family);
	else if (code != 0 || strcmp(name, "Destination Unreachable") == 0)
		say(f, "%s %s code %u", family, name, code);
	else
		say(f, "%s %s", family, name);
	say_icmp_more(f, type, code);
}

static void
say_upper(struct frame *f, const struct mtud_pkt_chain *chain)
{
	if (chain->truncated) {
		say(f, "headers that go on beyond what is shown");
	} else if (chain->later_fragment) {
		say(f, "protocol %u, a later fragment", chain->proto);
	} else if (chain->proto == IPPROTO_TCP) {
		say_tcp(f);
	} else if (chain->proto == IPPROTO_UDP && has(f, 4)) {
		say(f, "UDP %u > %u", be16(f, f->upper_at), be16(f, f->upper_at + 2));
	} else if (chain->proto == (f->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)) {
		say_icmp(f);
	} else {
		say(f, "protocol %u", chain->proto);
	}
	if (chain->fragment && !chain->later_fragment && !chain->truncated)
		say(f, ", the first fragment");
}

static void
say_ipv6(struct frame *f)
{
	struct mtud_pkt_chain chain;

	if (f->len < MTUD_L3_AT + sizeof(struct rte_ipv6_hdr)) {
		say(f, "IPv6, short of its header");
		return;
	}
	mtud_pkt_walk(&f->m, MTUD_L3_AT, f->len - MTUD_L3_AT, &chain);
	f->upper_at = MTUD_L3_AT + chain.payload_at;
	say(f, "IPv6 ");
	say_ip(f, MTUD_L3_AT + 8);
	say(f, " > ");
	say_ip(f, MTUD_L3_AT + 24);
	say(f, ", ");
	say_upper(f, &chain);
	say(f, ", %u octets, hop limit %u", be16(f, MTUD_L3_AT + 4) + 40u, f->head[MTUD_L3_AT + 7]);
}

static void
say_ipv4(struct frame *f)
{
	struct mtud_pkt_chain chain;
	uint16_t frag;

	if (f->len < MTUD_L3_AT + sizeof(struct rte_ipv4_hdr)) {
		say(f, "IPv4, short of its header");
		return;
	}
	mtud_pkt_walk4(&f->m, MTUD_L3_AT, f->len - MTUD_L3_AT, &chain);
	f->upper_at = MTUD_L3_AT + chain.payload_at;
	frag = be16(f, MTUD_L3_AT + 6);
	say(f, "IPv4 ");
	say_ip(f, MTUD_L3_AT + 12);
	say(f, " > ");
	say_ip(f, MTUD_L3_AT + 16);
	say(f, ", ");
	say_upper(f, &chain);
	say(f, ", %u octets, TTL %u", be16(f, MTUD_L3_AT + 2), f->head[MTUD_L3_AT + 8]);
	if (frag & RTE_IPV4_HDR_DF_FLAG)
		say(f, ", DF");
	if (chain.fragment)
		say(f, ", id %u at octet %u%s", be16(f, MTUD_L3_AT + 4),
			(frag & RTE_IPV4_HDR_OFFSET_MASK) * RTE_IPV4_HDR_OFFSET_UNITS,
			frag & RTE_IPV4_HDR_MF_FLAG ? "" : ", the last one");
}

static void
say_arp(struct frame *f)
{
	char sender[MTUD_IP_STRLEN], target[MTUD_IP_STRLEN], mac[RTE_ETHER_ADDR_FMT_SIZE];
	struct mtud_arp_msg msg;
	enum mtud_drop why;

	if (mtud_arp_parse(&f->m, &msg, &why) < 0) {
		say(f, "ARP that is not sound");
		return;
	}
	mtud_ip_format(&msg.sender, sender);
	mtud_ip_format(&msg.target, target);
	trace_mac(&msg.mac, mac);
	if (msg.op == MTUD_ARP_REQUEST)
		say(f, "ARP who has %s, tell %s at %s", target, sender, mac);
	else
		say(f, "ARP %s is at %s, to %s", sender, mac, target);
}

const char *
trace_mac(const struct rte_ether_addr *mac, char text[RTE_ETHER_ADDR_FMT_SIZE])
{
	const uint8_t *b = mac->addr_bytes;

	snprintf(text, RTE_ETHER_ADDR_FMT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2],
		b[3], b[4], b[5]);
	return text;
}

void
trace_packet(const uint8_t *head, uint16_t head_len, char text[TRACE_PACKET_STRLEN])
{
	uint8_t copy[COPY_MAX];
	struct frame f;
	uint16_t type;

	open_frame(&f, head, head_len, copy, text);
	if (f.len < RTE_ETHER_HDR_LEN) {
		say(&f, "no whole Ethernet header");
		return;
	}
	type = be16(&f, 12);
	f.v6 = type == RTE_ETHER_TYPE_IPV6;
	switch (type) {
	case RTE_ETHER_TYPE_IPV6:
		say_ipv6(&f);
		break;
	case RTE_ETHER_TYPE_IPV4:
		say_ipv4(&f);
		break;
	case RTE_ETHER_TYPE_ARP:
		say_arp(&f);
		break;
	default:
		say(&f, type < 0x600 ? "802.3, length %u" : "EtherType 0x%04x", type);
		break;
	}
}
