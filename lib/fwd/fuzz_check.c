/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What is true of every frame that leaves, whatever came in; and of the end. Nothing of the product
 * is asked for it but the counters. */

#include <stdio.h>

#include <rte_cycles.h>

#include "fuzz_packet.h"

static struct mtud_ip
address(const uint8_t *octets, bool v6)
{
	struct mtud_ip ip = {{[10] = 0xff, [11] = 0xff}};

	if (v6)
		memcpy(ip.b, octets, 16);
	else
		memcpy(&ip.b[12], octets, 4);
	return ip;
}

bool
fuzz_packet_read(struct fuzz_packet *p, const uint8_t *frame, uint32_t len)
{
	uint16_t type;

	memset(p, 0, sizeof(*p));
	if (len < MTUD_L3_AT)
		return false;
	p->eth = frame;
	p->ip = frame + MTUD_L3_AT;
	len -= MTUD_L3_AT;
	type = fuzz_get_16(&frame[12]);
	p->v6 = type == RTE_ETHER_TYPE_IPV6;
	if (p->v6 && len >= 40) {
		p->len = 40u + fuzz_get_16(&p->ip[4]);
		p->hdr_len = 40;
		p->proto = p->ip[6];
		p->hops = p->ip[7];
		p->src = address(&p->ip[8], true);
		p->dst = address(&p->ip[24], true);
		return p->ip[0] >> 4 == 6 && p->len <= len;
	}
	if (type != RTE_ETHER_TYPE_IPV4 || len < 20)
		return false;
	p->len = fuzz_get_16(&p->ip[2]);
	p->hdr_len = (p->ip[0] & 15) * 4u;
	p->proto = p->ip[9];
	p->hops = p->ip[8];
	p->df = (p->ip[6] & 0x40) != 0;
	p->mf = (p->ip[6] & 0x20) != 0;
	p->frag_at = (fuzz_get_16(&p->ip[6]) & 0x1fff) * 8u;
	p->src = address(&p->ip[12], false);
	p->dst = address(&p->ip[16], false);
	return p->ip[0] >> 4 == 4 && p->hdr_len >= 20 && p->hdr_len <= p->len && p->len <= len &&
		fuzz_sum(0, p->ip, p->hdr_len) == 0xffff;
}

static bool
is_group(const struct mtud_ip *ip, bool v6)
{
	return v6 ? ip->b[0] == 0xff : ip->b[12] >= 224;
}

/* RFC 2464 section 7, RFC 1112 section 6.4; and the next hop's, where there is one. */
static void
check_receiver(uint16_t port, const struct fuzz_packet *p)
{
	const uint8_t *b = p->dst.b;
	struct rte_ether_addr mac;

	if (!is_group(&p->dst, p->v6))
		FUZZ_CHECK(fuzz_mac_to(port, &p->dst, &mac), "a packet leaves to nobody we know");
	else if (p->v6)
		mac = (struct rte_ether_addr){{0x33, 0x33, b[12], b[13], b[14], b[15]}};
	else
		mac = (struct rte_ether_addr){{1, 0, 0x5e, b[13] & 0x7f, b[14], b[15]}};
	FUZZ_CHECK(memcmp(p->eth, &mac, sizeof(mac)) == 0,
		"a frame goes to another MAC than its receiver's");
}

static void
check_ethernet(uint16_t port, const struct fuzz_packet *p)
{
	FUZZ_CHECK(memcmp(&p->eth[6], &fuzz_mac[port], 6) == 0,
		"a frame leaves by port %u from another MAC", port);
	FUZZ_CHECK(memcmp(p->eth, &fuzz_mac[port], 6) != 0, "a frame leaves to ourselves");
	check_receiver(port, p);
}

static void
check_size(uint16_t port, const struct fuzz_packet *p)
{
	const struct fuzz_route *r = fuzz_route_to(&p->dst);
	uint16_t mtu = world.view.port[port].mtu;

	FUZZ_CHECK(p->len <= mtu, "%u octets leave by port %u with MTU %u", p->len, port, mtu);
	if (mtud_ip_is_link_local(&p->dst)) {
		FUZZ_CHECK(port == ((world.choice.flags & FUZZ_PORT_1) != 0),
			"a packet to a link leaves by port %u, another one", port);
		return;
	}
	FUZZ_CHECK(r != NULL && mtud_route_sends(r->type) && r->port == port,
		"a packet leaves by port %u without a route", port);
	FUZZ_CHECK(p->len <= fuzz_mtu_of(r) || (p->df && r->option.df == MTUD_DF_PASS),
		"%u octets take %s with MTU %u", p->len, r->prefix, fuzz_mtu_of(r));
}

static void
check_mbuf(uint16_t port, const struct rte_mbuf *m)
{
	const char *why = NULL;

	FUZZ_CHECK(rte_mbuf_check(m, 1, &why) == 0, "a frame leaves by port %u: %s", port, why);
	FUZZ_CHECK(m->nb_segs == 1 || world.view.port[port].tx_multi_seg,
		"%u segments for a driver of one", m->nb_segs);
	FUZZ_CHECK(m->pkt_len <= FUZZ_FRAME_MAX, "a frame of %u octets leaves", m->pkt_len);
}

/* May this frame make us do anything for a sender? */
static bool
is_heard(const struct fuzz_input *in, const struct fuzz_packet *p)
{
	unsigned int port = (in->choice.flags & FUZZ_PORT_1) != 0;

	return (p->eth[0] & 1) != 0 || memcmp(p->eth, &fuzz_mac[port], 6) == 0;
}

static void
count_answer(struct fuzz_input *in, const struct fuzz_packet *out)
{
	if (out->ip[out->hdr_len] == (out->v6 ? 129 : 0))
		in->echoes++;
	else
		in->errors++;
}

static bool
explain(struct fuzz_input *in, uint16_t port, const struct fuzz_packet *out)
{
	unsigned int i;

	for (i = 0; i < in->n; i++) {
		struct fuzz_frame *f = &in->frame[i];

		if (f->forwarded || f->answered || !f->sound || f->packet.v6 != out->v6 ||
			!is_heard(in, &f->packet))
			continue;
		if (fuzz_is_fragment_of(f, out, fuzz_is_full(in, port)))
			return true;
		if (f->next_at > 0)
			continue;
		f->forwarded = fuzz_is_forwarded(&f->packet, out);
		f->answered = !f->forwarded && fuzz_is_answer(&f->packet, out);
		if (f->answered)
			count_answer(in, out);
		if (f->forwarded || f->answered)
			return true;
	}
	return false;
}

static void
print_octets(const uint8_t *octets, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len; i++)
		fprintf(stderr, "%02x%s", octets[i], i % 32 == 31 || i + 1 == len ? "\n" : " ");
}

void
fuzz_check_out(struct fuzz_input *in, uint16_t port, const struct rte_mbuf *m)
{
	uint8_t frame[FUZZ_FRAME_MAX];
	struct fuzz_packet out;
	const void *from;
	unsigned int i;

	check_mbuf(port, m);
	from = rte_pktmbuf_read(m, 0, m->pkt_len, frame);
	if (from != frame)
		memcpy(frame, from, m->pkt_len);
	FUZZ_CHECK(fuzz_packet_read(&out, frame, m->pkt_len),
		"what leaves by port %u is no sound packet", port);
	FUZZ_CHECK(out.len + MTUD_L3_AT == m->pkt_len, "a frame of %u octets leaves for %u of IP",
		m->pkt_len, out.len);
	check_ethernet(port, &out);
	check_size(port, &out);
	FUZZ_CHECK(out.hops > 0, "a packet leaves without a hop left");
	if ((out.mf || out.frag_at > 0) && fuzz_is_ours(&out.src) &&
		!fuzz_reassemble(&in->answer[port], &out, &out, fuzz_is_full(in, port)))
		return;
	if (explain(in, port, &out))
		return;
	print_octets(frame, m->pkt_len);
	for (i = 0; i < in->n; i++) {
		fprintf(stderr, "packet %u of %u octets%s%s:\n", i, in->frame[i].len,
			in->frame[i].forwarded ? ", forwarded" : "",
			in->frame[i].answered ? ", answered" : "");
		print_octets(in->frame[i].octets, RTE_MIN(in->frame[i].len, 128u));
	}
	fuzz_fail("nothing that came explains what leaves by port %u", port);
}

static void
check_account(enum mtud_stat_kind kind)
{
	const struct mtud_account a = mtud_stat_account(&world.w->stat, kind);

	FUZZ_CHECK(a.in + a.returned == a.sent + a.fragmented + a.dropped + a.consumed + a.punted,
		"%s: %lu in, %lu returned; %lu sent, %lu fragmented, %lu dropped, %lu consumed, "
		"%lu punted", kind == MTUD_STAT_MADE ? "made" : "received", a.in, a.returned,
		a.sent, a.fragmented, a.dropped, a.consumed, a.punted);
}

/* The same packet, which was sent on: what left may be taken for either. */
static bool
has_twin(const struct fuzz_input *in, const struct fuzz_packet *p)
{
	unsigned int i;

	for (i = 0; i < in->n; i++) {
		const struct fuzz_packet *other = &in->frame[i].packet;

		if (in->frame[i].sound && in->frame[i].forwarded && other->v6 == p->v6 &&
			other->len == p->len && memcmp(other->ip, p->ip, p->len) == 0)
			return true;
	}
	return false;
}

static void
check_missing(const struct fuzz_input *in)
{
	unsigned int i;

	for (i = 0; i < in->n; i++) {
		const struct fuzz_frame *f = &in->frame[i];
		const struct fuzz_route *r;

		if (!f->sound || f->forwarded)
			continue;
		r = fuzz_route_to(&f->packet.dst);
		FUZZ_CHECK(f->next_at == 0 || f->answered ||
				(r != NULL && fuzz_is_full(in, r->port)),
			"fragments of packet %u are missing", i);
		FUZZ_CHECK(!fuzz_is_due(in, f) || has_twin(in, &f->packet),
			"packet %u is not sent on", i);
	}
}

/* The bucket and its reserve, and what falls due meanwhile. */
static void
check_rate(const struct fuzz_input *in)
{
	uint64_t s = (rte_rdtsc() - world.since_tsc) / rte_get_tsc_hz() + 1;
	uint64_t most = world.view.icmp_burst + 1 + s * world.view.icmp_rate_pps;

	if (world.view.icmp_rate_pps == 0)
		return;
	FUZZ_CHECK(in->errors <= most && in->echoes <= most,
		"%u errors and %u echo replies, where %lu are allowed", in->errors, in->echoes,
		most);
}

void
fuzz_check_end(const struct fuzz_input *in)
{
	const struct mtud_stat *s = &world.w->stat;
	unsigned int i;

	for (i = 0; i < FUZZ_PORTS; i++)
		FUZZ_CHECK(in->answer[i].len == 0 || fuzz_is_full(in, i),
			"an answer by port %u lacks its last fragments", i);
	check_missing(in);
	check_rate(in);
	FUZZ_CHECK(s->port[0].tx_packets + s->port[1].tx_packets == world.n_out,
		"%lu frames are counted, %u have left",
		s->port[0].tx_packets + s->port[1].tx_packets, world.n_out);
	for (i = 0; i < MTUD_DROP_MAX; i++)
		FUZZ_CHECK(world.told[i] == s->drop[i], "%s: %lu counted, %lu told",
			mtud_drop_name(i), s->drop[i], world.told[i]);
	check_account(MTUD_STAT_RECEIVED);
	check_account(MTUD_STAT_MADE);
	fuzz_pool_check(world.pool);
	fuzz_pool_check(world.w->reply_pool);
	fuzz_pool_check(world.w->frag.direct);
	fuzz_pool_check(world.w->frag.indirect);
}
