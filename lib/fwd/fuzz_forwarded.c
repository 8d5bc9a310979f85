/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Packets that are sent on, whole or in fragments. */

#include "fuzz_packet.h"

/* A TCP header with its options, and what an MSS rewrite may change of it. */
#define TCP_MAX     60
#define MSS_CHANGES 4

/* Octets as they were, but for an MSS and the checksum that goes with it? at is where the first
 * octet stands in its IP packet. */
static bool
is_same(const uint8_t *was, const uint8_t *is, uint32_t len, bool may_have_mss)
{
	uint32_t first = len, last = 0, changes = 0, i;
	uint32_t old, new;

	if (memcmp(was, is, len) == 0)
		return true;
	for (i = 0; i < len; i++) {
		if (was[i] == is[i])
			continue;
		first = RTE_MIN(first, i);
		last = i;
		changes++;
	}
	old = fuzz_sum(0, was, len) % 0xffff;
	new = fuzz_sum(0, is, len) % 0xffff;
	return may_have_mss && changes <= MSS_CHANGES && last - first < TCP_MAX && old == new;
}

static bool
has_mss(const struct fuzz_packet *p)
{
	const struct fuzz_route *r = fuzz_route_to(&p->dst);

	return r != NULL && r->option.mss_mode != MTUD_MSS_KEEP;
}

/* RFC 4291 sections 2.4 to 2.7, RFC 1812 sections 5.3.7 and 4.2.2.11: no router sends these on. */
static void
check_addresses(const struct fuzz_packet *p)
{
	struct mtud_ip loopback = fuzz_ip("::1");
	const uint8_t *src = p->src.b, *dst = p->dst.b;

	FUZZ_CHECK(!fuzz_is_ours(&p->src), "a stranger's packet leaves with our source");
	if (!p->v6) {
		FUZZ_CHECK(src[12] != 0 && src[12] != 127 && src[12] < 224,
			"a packet of source %u/8 is sent on", src[12]);
		FUZZ_CHECK(dst[12] != 0 && dst[12] != 127 && dst[12] < 240,
			"a packet to %u/8 is sent on", dst[12]);
		return;
	}
	FUZZ_CHECK(src[0] != 0xff && !mtud_ip_is_unspecified(&p->src) &&
			!mtud_ip_equal(&p->src, &loopback) && !mtud_ip_is_v4(&p->src),
		"a packet from no host's address is sent on");
	FUZZ_CHECK(!mtud_ip_is_link_local(&p->src) && !mtud_ip_is_link_local(&p->dst),
		"a packet of one link is sent on");
	FUZZ_CHECK(!mtud_ip_is_unspecified(&p->dst) && !mtud_ip_equal(&p->dst, &loopback) &&
			!mtud_ip_is_v4(&p->dst) && (dst[0] != 0xff || (dst[1] & 15) > 2),
		"a packet to what is on no other link is sent on");
}

bool
fuzz_is_forwarded(const struct fuzz_packet *cause, const struct fuzz_packet *out)
{
	uint8_t header[60];

	if (cause->len != out->len || cause->hdr_len != out->hdr_len ||
		out->hops + 1 != cause->hops)
		return false;
	if ((cause->eth[0] & 1) && !(out->eth[0] & 1))
		return false;
	memcpy(header, out->ip, out->hdr_len);
	if (out->v6) {
		header[7]++;
	} else {
		header[8]++;
		memcpy(&header[10], &cause->ip[10], 2);
	}
	if (memcmp(header, cause->ip, out->hdr_len) != 0 ||
		!is_same(&cause->ip[cause->hdr_len], &out->ip[out->hdr_len],
			out->len - out->hdr_len, has_mss(out)))
		return false;
	check_addresses(out);
	return true;
}

/* Source, destination, TTL, TOS and identification as in the packet. */
static bool
has_header_of(const struct fuzz_packet *cause, const struct fuzz_packet *out)
{
	const struct fuzz_route *r = fuzz_route_to(&out->dst);
	bool cleared = cause->df && r != NULL && r->option.df == MTUD_DF_CLEAR;

	return mtud_ip_equal(&cause->src, &out->src) && mtud_ip_equal(&cause->dst, &out->dst) &&
		out->hops + 1 == cause->hops && out->proto == cause->proto &&
		cause->ip[1] == out->ip[1] && (!cause->df || cleared) &&
		(memcmp(&cause->ip[4], &out->ip[4], 2) == 0 ||
			(cleared && fuzz_get_16(&cause->ip[4]) == 0));
}

/* RFC 791 section 3.1: a header's options but for what only fills, of a fragment behind the first
 * one those with the copied flag. @return false: they are not sound. */
static bool
list_options(const struct fuzz_packet *p, bool copied, uint8_t list[40], uint32_t *n)
{
	uint32_t at, len;

	*n = 0;
	for (at = 20; at < p->hdr_len && p->ip[at] != 0; at += len) {
		len = 1;
		if (p->ip[at] == 1)
			continue;
		if (at + 1 >= p->hdr_len)
			return false;
		len = p->ip[at + 1];
		if (len < 2 || at + len > p->hdr_len)
			return false;
		if (copied && (p->ip[at] & 0x80) == 0)
			continue;
		memcpy(&list[*n], &p->ip[at], len);
		*n += len;
	}
	return true;
}

/* What is cut again behind its beginning has been through that. */
static bool
has_options_of(const struct fuzz_packet *cause, const struct fuzz_packet *out, bool as_is)
{
	uint32_t n_due, n;
	uint8_t due[40], is[40];

	if (as_is)
		return out->hdr_len == cause->hdr_len &&
			memcmp(&out->ip[20], &cause->ip[20], out->hdr_len - 20) == 0;
	if (!list_options(cause, true, due, &n_due))
		return true;
	return list_options(out, false, is, &n) && n == n_due && memcmp(is, due, n) == 0;
}

bool
fuzz_is_fragment_of(struct fuzz_frame *f, const struct fuzz_packet *out, bool may_lack)
{
	const struct fuzz_packet *cause = &f->packet;
	uint32_t whole = cause->len - cause->hdr_len, len = out->len - out->hdr_len, at;
	bool more;

	if (out->v6 || out->df || !has_header_of(cause, out) || out->frag_at < cause->frag_at)
		return false;
	at = out->frag_at - cause->frag_at;
	if (!has_options_of(cause, out, at == 0 || cause->frag_at > 0))
		return false;
	if (len == 0 || at + len > whole || len == whole || at < f->next_at ||
		(at > f->next_at && !may_lack))
		return false;
	more = at + len < whole;
	if (out->mf != (cause->mf || more) || (more && len % 8 != 0) ||
		!is_same(&cause->ip[cause->hdr_len + at], &out->ip[out->hdr_len], len,
			at < TCP_MAX && has_mss(out)))
		return false;
	f->next_at = at + len;
	f->forwarded = !more;
	return true;
}

/* One that RFC 1812 section 5.2 and RFC 8200 leave no choice about: plain, between hosts that
 * routes lead to, to a known neighbor on the other link, and not too long for either link. */
bool
fuzz_is_due(const struct fuzz_input *in, const struct fuzz_frame *f)
{
	const struct fuzz_packet *p = &f->packet;
	const struct fuzz_route *to = fuzz_route_to(&p->dst), *from = fuzz_route_to(&p->src);
	unsigned int port = (in->choice.flags & FUZZ_PORT_1) != 0;

	if (to == NULL || from == NULL || !mtud_route_sends(to->type) ||
		!mtud_route_sends(from->type) || to->port == port || from->port != port)
		return false;
	if ((in->choice.flags & FUZZ_DOWN) || fuzz_is_full(in, to->port) ||
		(f->layout & FUZZ_SEGS) != 0 || memcmp(p->eth, &fuzz_mac[port], 6) != 0)
		return false;
	if (p->v6 ? (p->src.b[0] & 0xe0) != 0x20 || (p->dst.b[0] & 0xe0) != 0x20 || p->proto == 0 :
		    p->hdr_len != 20 || p->dst.b[12] >= 224 || p->mf || p->frag_at != 0)
		return false;
	return p->hops > 1 && p->len <= fuzz_mtu_of(to) && p->len <= world.view.port[port].mtu &&
		!(p->proto == 6 && has_mss(p)) && fuzz_is_neighbor_to(to->port, &p->dst);
}
