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
	FUZZ_CHECK(!fuzz_is_ours(&out->src), "a stranger's packet leaves with our source");
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

bool
fuzz_is_fragment_of(const struct fuzz_input *in, struct fuzz_frame *f,
	const struct fuzz_packet *cause, const struct fuzz_packet *out)
{
	uint32_t whole = cause->len - cause->hdr_len, len = out->len - out->hdr_len, at;
	bool more;

	if (out->v6 || out->df || !has_header_of(cause, out) || out->frag_at < cause->frag_at)
		return false;
	at = out->frag_at - cause->frag_at;
	if (at == 0 && out->hdr_len != cause->hdr_len)
		return false;
	if (len == 0 || at + len > whole || len == whole || at < f->next_at ||
		(at > f->next_at && in->choice.txqs == 0))
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
