/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Answers: whom they may go to, about what, and how large they may be (RFC 4443 section 2.4,
 * RFC 1812 section 4.3.2). */

#include "fuzz_packet.h"

/* An ICMP message and its cause, both families. */
struct answer {
	const struct fuzz_packet *cause;
	const struct fuzz_packet *out;
	const uint8_t *icmp;
	uint32_t icmp_len;
	uint8_t type;
	uint8_t code;
	uint32_t value;
};

static bool
is_echo_reply(const struct answer *a)
{
	return a->type == (a->out->v6 ? 129 : 0);
}

static bool
is_too_big(const struct answer *a)
{
	return a->out->v6 ? a->type == 2 : a->type == 3 && a->code == 4;
}

/* The message behind the headers of the request, from its identifier on. */
static bool
echoes(const struct answer *a)
{
	const struct fuzz_packet *cause = a->cause;
	const struct fuzz_route *r = fuzz_route_to(&cause->dst);
	uint32_t data_len = a->icmp_len - 4;

	/* The link's groups and anycast addresses are asked, and never are a source. */
	if (!mtud_ip_equal(&a->out->src, &cause->dst) &&
		(cause->dst.b[0] != 0xff || (cause->dst.b[1] & 15) != MTUD_SCOPE_LINK) &&
		(r == NULL || !(r->flags & MTUD_ROUTE_F_ANYCAST)))
		return false;
	return a->code == 0 && cause->len >= cause->hdr_len + a->icmp_len &&
		memcmp(&a->icmp[4], &cause->ip[cause->len - data_len], data_len) == 0 &&
		cause->ip[cause->len - data_len - 4] == (a->out->v6 ? 128 : 8);
}

static bool
quotes(const struct answer *a)
{
	uint32_t quote = a->icmp_len - 8;

	return quote <= a->cause->len && memcmp(&a->icmp[8], a->cause->ip, quote) == 0;
}

/* RFC 4443 section 2.4 (e.3) and (e.4). */
static bool
answers_groups(const struct answer *a)
{
	return a->out->v6 && (a->type == 2 || (a->type == 4 && a->code == 2));
}

static void
check_length(const struct answer *a)
{
	uint32_t cause = a->cause->len, most = a->out->v6 ? 1280 : 576;
	uint32_t headers = a->out->v6 ? 48 : 28;
	uint32_t due = is_too_big(a) ? cause : cause + headers;

	FUZZ_CHECK(!is_too_big(a) || a->out->len <= cause,
		"%u octets are answered with %u", cause, a->out->len);
	if (a->out->v6)
		due = cause + headers;
	FUZZ_CHECK(a->out->len == RTE_MIN(due, most), "an error of %u octets about %u, not %u",
		a->out->len, cause, RTE_MIN(due, most));
}

static void
check_kind6(const struct answer *a)
{
	const struct fuzz_route *r = fuzz_route_to(&a->cause->dst);

	switch (a->type) {
	case 1:
		FUZZ_CHECK(a->code <= 4 && a->value == 0, "Unreachable of code %u", a->code);
		break;
	case 2:
		FUZZ_CHECK(a->code == 0 && a->value >= 1280 && a->value < a->cause->len,
			"Packet Too Big of MTU %u about %u octets", a->value, a->cause->len);
		FUZZ_CHECK(r != NULL && a->value == fuzz_mtu_of(r), "Packet Too Big of MTU %u",
			a->value);
		break;
	case 3:
		FUZZ_CHECK(a->code == 0 && a->cause->hops <= 1, "Time Exceeded with %u hops left",
			a->cause->hops);
		break;
	default:
		FUZZ_CHECK(a->type == 4 && a->code <= 2 && a->value < a->cause->len,
			"ICMPv6 type %u code %u pointer %u", a->type, a->code, a->value);
	}
	FUZZ_CHECK(answers_groups(a) || a->cause->dst.b[0] != 0xff,
		"ICMPv6 type %u about what went to a group", a->type);
	FUZZ_CHECK(a->cause->proto != 58 || a->cause->len <= 40 ||
			(a->cause->ip[40] >= 128 && a->cause->ip[40] != 137),
		"an error about an ICMPv6 error");
}

static void
check_kind4(const struct answer *a)
{
	const struct fuzz_packet *cause = a->cause;
	const struct fuzz_route *r = fuzz_route_to(&cause->dst);
	uint32_t mtu;

	switch (a->type) {
	case 3:
		FUZZ_CHECK(a->code <= 4 || a->code == 13, "Unreachable of code %u", a->code);
		if (a->code != 4)
			break;
		FUZZ_CHECK(cause->df && a->value < cause->len && r != NULL,
			"Fragmentation Needed of MTU %u about %u octets", a->value, cause->len);
		mtu = fuzz_mtu_of(r);
		if (r->option.df == MTUD_DF_PASS)
			mtu = world.view.port[r->port].mtu;
		FUZZ_CHECK(a->value == mtu, "Fragmentation Needed of MTU %u, not %u", a->value, mtu);
		break;
	case 11:
		FUZZ_CHECK(a->code == 0 && cause->hops <= 1, "Time Exceeded with %u hops left",
			cause->hops);
		break;
	default:
		FUZZ_CHECK(a->type == 12, "ICMP type %u code %u", a->type, a->code);
	}
	FUZZ_CHECK(cause->dst.b[12] < 224, "an error about a group's packet");
	FUZZ_CHECK(cause->frag_at == 0, "an error about a later fragment");
	FUZZ_CHECK(cause->proto != 1 || cause->len <= cause->hdr_len ||
			(cause->ip[cause->hdr_len] != 3 && cause->ip[cause->hdr_len] != 5 &&
				cause->ip[cause->hdr_len] != 11 && cause->ip[cause->hdr_len] != 12),
		"an error about an ICMP error");
}

static void
check_addresses(const struct answer *a)
{
	const struct mtud_ip *to = &a->out->dst;
	bool v6 = a->out->v6;

	FUZZ_CHECK(!mtud_ip_is_link_local(&a->out->src) || mtud_ip_is_link_local(to) ||
			mtud_ip_equal(&a->out->src, &a->cause->dst),
		"an answer beyond the link has a link-local source");
	FUZZ_CHECK(!fuzz_is_ours(to), "an answer goes to ourselves");
	if (v6)
		FUZZ_CHECK(to->b[0] != 0xff && !mtud_ip_is_unspecified(to),
			"an answer to nobody, or to a group");
	else
		FUZZ_CHECK(to->b[12] != 0 && to->b[12] != 127 && to->b[12] < 224,
			"an answer to nobody, or to many");
}

bool
fuzz_is_answer(const struct fuzz_packet *cause, const struct fuzz_packet *out)
{
	struct answer a = {.cause = cause, .out = out, .icmp = &out->ip[out->hdr_len],
		.icmp_len = out->len - out->hdr_len};
	uint32_t sum;

	/* Strangers' errors are forwarded. */
	if (!fuzz_is_ours(&out->src) || !mtud_ip_equal(&cause->src, &out->dst) ||
		out->proto != (out->v6 ? 58 : 1) ||
		out->frag_at != 0 || out->mf || a.icmp_len < 8)
		return false;
	a.type = a.icmp[0];
	a.code = a.icmp[1];
	a.value = (uint32_t)fuzz_get_16(&a.icmp[4]) << 16 | fuzz_get_16(&a.icmp[6]);
	if (is_echo_reply(&a) ? !echoes(&a) : !quotes(&a))
		return false;
	/* The same packet may have come to us alone, too. */
	if ((cause->eth[0] & 1) && !is_echo_reply(&a) && !answers_groups(&a))
		return false;
	sum = out->v6 ? fuzz_sum_pseudo(out->ip, 58, a.icmp_len) : 0;
	FUZZ_CHECK(fuzz_sum(sum, a.icmp, a.icmp_len) == 0xffff, "an ICMP checksum is wrong");
	FUZZ_CHECK(out->hops == world.view.icmp_hop_limit, "an answer has %u hops", out->hops);
	check_addresses(&a);
	if (is_echo_reply(&a)) {
		FUZZ_CHECK(out->len <= cause->len, "%u octets are answered with %u", cause->len,
			out->len);
		return true;
	}
	check_length(&a);
	if (out->v6)
		check_kind6(&a);
	else
		check_kind4(&a);
	return true;
}

bool
fuzz_reassemble(struct fuzz_answer *a, const struct fuzz_packet *out, struct fuzz_packet *whole,
	bool may_lack)
{
	uint32_t len = out->len - out->hdr_len, first = MTUD_L3_AT + out->hdr_len;
	uint8_t *ip = &a->frame[MTUD_L3_AT];

	if (out->frag_at == 0) {
		memcpy(a->frame, out->eth, first);
		a->len = first;
	}
	/* What a full queue did not take leaves a gap: the rest explains nothing. */
	if (a->len == 0 || out->frag_at != a->len - first || memcmp(&ip[4], &out->ip[4], 2) != 0) {
		FUZZ_CHECK(may_lack, "an answer lacks its fragment at %u", a->len);
		a->len = 0;
		return false;
	}
	FUZZ_CHECK(a->len + len <= sizeof(a->frame), "the fragments of an answer do not end");
	memcpy(&a->frame[a->len], &out->ip[out->hdr_len], len);
	a->len += len;
	if (out->mf)
		return false;
	fuzz_put_16(&ip[2], a->len - MTUD_L3_AT);
	fuzz_put_16(&ip[6], 0);
	fuzz_seal(a->frame, a->len, FUZZ_SEAL_IP, 0);
	FUZZ_CHECK(fuzz_packet_read(whole, a->frame, a->len), "fragments make no sound answer");
	a->len = 0;
	return true;
}
