/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_cycles.h>

#include "test_fwd.h"

#define A2 "2001:db8:a::2"
#define B2 "2001:db8:b::2"

/* RFC 8200 section 3: hop limit less one and new MAC addresses, nothing else, to the bit. */
static void
fits_passes_unchanged(void **state)
{
	struct recipe r = {.src = A2, .dst = "2001:db8:1::9", .hop_limit = 2, .ip_len = 1280};
	struct rte_mbuf *in = make(&r);
	uint8_t expected[MTUD_L3_AT + 1280];
	struct rte_mbuf *out;

	(void)state;
	memcpy(expected, rte_pktmbuf_mtod(in, void *), sizeof(expected));
	memcpy(expected, &peer_mac[1], 6);
	memcpy(expected + 6, &our_mac[1], 6);
	expected[MTUD_L3_AT + 7] = 1;
	feed(0, in);
	out = leaving(1);
	assert_non_null(out);
	assert_int_equal(out->pkt_len, sizeof(expected));
	assert_memory_equal(rte_pktmbuf_mtod(out, void *), expected, sizeof(expected));
	rte_pktmbuf_free(out);
	assert_silent();
	assert_all_free();
}

/* One octet over the MTU, at its whole length: the reply by RFC 4443 section 3.2. */
static void
one_octet_more_is_answered(void **state)
{
	struct recipe r = {.src = A2, .dst = "2001:db8:1::9", .ip_len = 1281};
	struct rte_mbuf *in = make(&r);
	uint8_t cause[1281], reply[14 + 1280];
	struct mtud_ip src = ip6("2001:db8:a::1"), dst = ip6(A2);
	const uint8_t *p;
	struct rte_mbuf *out;
	int32_t slot;

	(void)state;
	memcpy(cause, rte_pktmbuf_mtod_offset(in, void *, MTUD_L3_AT), sizeof(cause));
	feed(0, in);
	out = leaving(0);
	/* The packet itself came back, with the headers in front of the quote. */
	assert_ptr_equal(out, in);
	assert_int_equal(out->pkt_len, sizeof(reply));
	p = rte_pktmbuf_read(out, 0, sizeof(reply), reply);
	assert_memory_equal(p, &peer_mac[0], 6);
	assert_memory_equal(p + 6, &our_mac[0], 6);
	assert_memory_equal(p + 12, "\x86\xdd\x60\0\0\0\x04\xd8\x3a\x40", 10);
	assert_memory_equal(p + 22, src.b, 16);
	assert_memory_equal(p + 38, dst.b, 16);
	assert_int_equal(p[54], 2);
	assert_int_equal(p[55], 0);
	assert_memory_equal(p + 58, "\0\0\x05\0", 4);
	assert_memory_equal(p + 62, cause, 1280 - 48);
	assert_int_equal(mtud_pkt_cksum6(out, &src, &dst, 58, 54, 1240), 0);
	rte_pktmbuf_free(out);
	assert_silent();
	assert_all_free();
	assert_int_equal(bench.w->stat.drop[MTUD_DROP_TOO_BIG], 1);
	assert_int_equal(bench.w->stat.icmp[MTUD_ICMP_PTB], 1);
	mtud_route_lookup6(mtud_route_view(bench.rt),
		(uint8_t[1][16]){{0x20, 1, 0xd, 0xb8, 0, 1}}, &slot, 1);
	assert_int_equal(bench.w->special[slot].too_big, 1);
	assert_int_equal(bench.w->special[slot].answered, 1);
}

/* The same of a cause in two segments when the reply leaves by a port that takes one only. */
static void
single_segment_port_gets_one_segment(void **state)
{
	struct recipe r = {
		.src = B2, .dst = "2001:db8:1::9", .ip_len = 1400, .dst_mac = &our_mac[1]};
	struct rte_mbuf *in = make(&r), *tail = rte_pktmbuf_alloc(bench.pool), *out;
	uint16_t kept = 700, moved = in->data_len - kept;

	(void)state;
	memcpy(rte_pktmbuf_append(tail, moved), rte_pktmbuf_mtod_offset(in, void *, kept), moved);
	rte_pktmbuf_trim(in, moved);
	assert_int_equal(rte_pktmbuf_chain(in, tail), 0);
	feed(1, in);
	out = leaving(1);
	assert_non_null(out);
	assert_int_equal(out->nb_segs, 1);
	assert_int_equal(out->pkt_len, 14 + 1280);
	rte_pktmbuf_free(out);
	assert_all_free();
}

struct drop_row {
	const char *name;
	struct recipe r;
	enum mtud_drop reason;
	int type; /* of the error that answers, or -1 */
	int code;
};

static const struct rte_ether_addr other_mac = {{2, 9, 9, 9, 9, 9}};
static const struct rte_ether_addr broadcast = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
static const struct rte_ether_addr group_mac = {{0x33, 0x33, 0, 0, 0, 9}};

static const uint8_t ah[20] = {17, 1};

static const struct drop_row rows[] = {
	{"no route", {.src = A2, .dst = "2001:db9::1"}, MTUD_DROP_NO_ROUTE, 1, 0},
	{"blackhole", {.src = A2, .dst = "2001:db8:2::1"}, MTUD_DROP_BLACKHOLE, -1, 0},
	{"unreachable", {.src = A2, .dst = "2001:db8:3::1"}, MTUD_DROP_UNREACHABLE, 1, 0},
	{"prohibit", {.src = A2, .dst = "2001:db8:4::1"}, MTUD_DROP_PROHIBIT, 1, 1},
	{"hop limit 1", {.src = A2, .dst = B2, .hop_limit = 1}, MTUD_DROP_HOP_LIMIT, 3, 0},
	{"hop limit 0", {.src = A2, .dst = B2, .no_hops = true}, MTUD_DROP_HOP_LIMIT, 3, 0},
	{"hop limit before size", {.src = A2, .dst = "2001:db8:1::1", .hop_limit = 1, .ip_len = 1400},
		MTUD_DROP_HOP_LIMIT, 3, 0},
	{"unspecified source", {.src = "::", .dst = B2}, MTUD_DROP_SRC_INVALID, -1, 0},
	{"loopback source", {.src = "::1", .dst = B2}, MTUD_DROP_SRC_INVALID, -1, 0},
	{"multicast source", {.src = "ff0e::1", .dst = B2}, MTUD_DROP_SRC_INVALID, -1, 0},
	{"mapped source", {.src = "1.2.3.4", .dst = B2}, MTUD_DROP_SRC_INVALID, -1, 0},
	{"source ours", {.src = "2001:db8:a::1", .dst = B2}, MTUD_DROP_SRC_OURS, -1, 0},
	{"source ours, of the other port", {.src = "2001:db8:b::1", .dst = B2, .hop_limit = 1},
		MTUD_DROP_SRC_OURS, -1, 0},
	{"loopback destination", {.src = A2, .dst = "::1"}, MTUD_DROP_DST_INVALID, -1, 0},
	{"interface scope", {.src = A2, .dst = "ff01::1"}, MTUD_DROP_DST_INVALID, -1, 0},
	{"reserved scope", {.src = A2, .dst = "ff00::1"}, MTUD_DROP_DST_INVALID, -1, 0},
	{"foreign group", {.src = A2, .dst = "ff02::99"}, MTUD_DROP_MCAST_UNROUTED, -1, 0},
	{"unrouted group", {.src = A2, .dst = "ff05::99"}, MTUD_DROP_MCAST_UNROUTED, -1, 0},
	{"group too big", {.src = A2, .dst = "ff0e::9", .ip_len = 1400, .dst_mac = &group_mac},
		MTUD_DROP_TOO_BIG, 2, 0},
	{"group out of hops", {.src = A2, .dst = "ff0e::9", .hop_limit = 1, .dst_mac = &group_mac},
		MTUD_DROP_HOP_LIMIT, -1, 0},
	{"beyond scope", {.src = "fe80::77", .dst = B2}, MTUD_DROP_BEYOND_SCOPE, -2, 0},
	{"link-local destination", {.src = A2, .dst = "fe80::77"}, MTUD_DROP_DST_LINK_LOCAL, -1, 0},
	{"other MAC", {.src = A2, .dst = B2, .dst_mac = &other_mac}, MTUD_DROP_OTHER_MAC, -1, 0},
	{"broadcast frame", {.src = A2, .dst = B2, .dst_mac = &broadcast}, MTUD_DROP_L2_MULTICAST,
		-1, 0},
	{"broadcast too big",
		{.src = A2, .dst = "2001:db8:1::1", .dst_mac = &broadcast, .ip_len = 1400},
		MTUD_DROP_TOO_BIG, 2, 0},
	{"broadcast to us", {.src = A2, .dst = "2001:db8:a::1", .dst_mac = &broadcast},
		MTUD_DROP_L2_MULTICAST, -1, 0},
	{"VLAN", {.src = A2, .dst = B2, .ether_type = 0x8100}, MTUD_DROP_VLAN, -1, 0},
	{"802.3", {.src = A2, .dst = B2, .ether_type = 100}, MTUD_DROP_IEEE8023, -1, 0},
	{"EtherType", {.src = A2, .dst = B2, .ether_type = 0x88b5}, MTUD_DROP_ETHERTYPE, -1, 0},
	{"glued", {.src = A2, .dst = B2, .ip_len = 1501}, MTUD_DROP_RX_OVERSIZE, -1, 0},
	{"back to a point-to-point link", {.src = A2, .dst = "2001:db8:5::1"},
		MTUD_DROP_P2P_RETURN, 1, 3},
	{"anycast source, too big",
		{.src = "2001:db8:a::", .dst = "2001:db8:1::1", .ip_len = 1400}, MTUD_DROP_TOO_BIG,
		-1, 0},
	{"source without a way back", {.src = "2001:db9::9", .dst = "2001:db8:1::1", .ip_len = 1400},
		MTUD_DROP_TOO_BIG, -1, 0},
	{"UDP to us", {.src = A2, .dst = "2001:db8:a::1"}, MTUD_DROP_LOCAL_PORT, 1, 4},
	{"UDP to us, other port, last hop", {.src = A2, .dst = "2001:db8:b::1", .hop_limit = 1},
		MTUD_DROP_LOCAL_PORT, 1, 4},
	{"TCP to us", {.src = A2, .dst = "2001:db8:a::1", .proto = 6}, MTUD_DROP_LOCAL_TCP, -1, 0},
	{"unknown protocol to us", {.src = A2, .dst = "2001:db8:a::1", .proto = 200},
		MTUD_DROP_LOCAL_PROTO, 4, 1},
	{"UDP to all nodes", {.src = A2, .dst = "ff02::1", .dst_mac = &group_mac},
		MTUD_DROP_LOCAL_PORT, -1, 0},
	{"UDP to link-local of ours from beyond", {.src = "2001:db8:1::9", .dst = "fe80::a1"},
		MTUD_DROP_LOCAL_PORT, -1, 0},
	{"AH to us", {.src = A2, .dst = "2001:db8:a::1", .proto = 51, .payload = ah,
		.payload_len = sizeof(ah)}, MTUD_DROP_LOCAL_OPTION, 4, 1},
	{"no next header to us", {.src = A2, .dst = "2001:db8:a::1", .proto = 59},
		MTUD_DROP_LOCAL_NO_NEXT, -1, 0},
};

/* Each is counted under its reason alone, answered as said, and leaves no buffer behind. */
static void
what_does_not_pass(void **state)
{
	unsigned int i, k;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++) {
		const struct drop_row *row = &rows[i];
		struct rte_mbuf *out;

		bench_reset(NULL);
		feed(0, make(&row->r));
		out = leaving(0);
		if (row->type == -2) {
			/* The answer waits for the link-local neighbor. */
			assert_int_equal(rte_ring_dequeue(bench.w->punt, (void **)&out), 0);
			assert_true(mtud_pkt_meta(out)->born);
			assert_int_equal(rte_pktmbuf_mtod(out, uint8_t *)[55], 2);
			assert_int_equal(rte_pktmbuf_mtod(out, uint8_t *)[22], 0xfe);
		} else if (row->type >= 0) {
			if (out == NULL)
				fail_msg("%s: no answer", row->name);
			if (rte_pktmbuf_mtod(out, uint8_t *)[54] != row->type ||
				rte_pktmbuf_mtod(out, uint8_t *)[55] != row->code)
				fail_msg("%s: type %u code %u", row->name,
					rte_pktmbuf_mtod(out, uint8_t *)[54],
					rte_pktmbuf_mtod(out, uint8_t *)[55]);
		} else if (out != NULL) {
			fail_msg("%s: answered", row->name);
		}
		rte_pktmbuf_free(out);
		assert_silent();
		assert_all_free();
		for (k = 0; k < MTUD_DROP_MAX; k++)
			if (bench.w->stat.drop[k] != (k == row->reason))
				fail_msg("%s: %s counted %lu", row->name, mtud_drop_name(k),
					bench.w->stat.drop[k]);
	}
}

/* RFC 8200 section 3: what is behind the payload is not the packet's; what is missing is. */
static void
padding_is_cut_and_truncation_dropped(void **state)
{
	struct recipe r = {.src = A2, .dst = B2, .ip_len = 41, .padding = 5};
	struct rte_mbuf *out;

	(void)state;
	feed(0, make(&r));
	out = leaving(1);
	assert_non_null(out);
	assert_int_equal(out->pkt_len, MTUD_L3_AT + 41);
	rte_pktmbuf_free(out);

	bench_reset(NULL);
	out = make(&(struct recipe){.src = A2, .dst = B2, .ip_len = 100});
	rte_pktmbuf_trim(out, 1);
	feed(0, out);
	assert_dropped(MTUD_DROP_IP_TRUNCATED);

	bench_reset(NULL);
	r = (struct recipe){.src = A2, .dst = "2001:db8:1::1", .ip_len = 1280, .padding = 200};
	feed(0, make(&r));
	out = leaving(1);
	assert_non_null(out);
	assert_int_equal(out->pkt_len, MTUD_L3_AT + 1280);
	rte_pktmbuf_free(out);
}

static void
malformed_headers_are_dropped(void **state)
{
	static const struct recipe r = {.src = A2, .dst = B2};
	struct rte_mbuf *m = NULL;
	uint16_t len;

	(void)state;
	for (len = 1; len < MTUD_L3_AT + 40; len++) {
		bench_reset(NULL);
		m = make(&r);
		rte_pktmbuf_trim(m, m->pkt_len - len);
		feed(0, m);
		assert_dropped(MTUD_DROP_RUNT);
	}
	bench_reset(NULL);
	m = make(&r);
	rte_pktmbuf_mtod(m, uint8_t *)[MTUD_L3_AT] = 0x45;
	feed(0, m);
	assert_dropped(MTUD_DROP_IP_VERSION);

	bench_reset(NULL);
	m = make(&r);
	memset(rte_pktmbuf_mtod_offset(m, void *, MTUD_L3_AT + 4), 0, 3);
	feed(0, m);
	assert_dropped(MTUD_DROP_JUMBOGRAM);
}

/* An echo request to us, RFC 4443 section 4.2, also on its last hop. */
static void
echo_is_answered(void **state)
{
	uint8_t icmp[] = {128, 0, 0, 0, 0x12, 0x34, 0, 7, 'p', 'i', 'n', 'g', '!'};
	struct recipe r = {.src = A2, .dst = "2001:db8:b::1", .proto = 58, .payload = icmp,
		.payload_len = sizeof(icmp), .hop_limit = 1};
	struct mtud_ip src = ip6(A2), dst = ip6("2001:db8:b::1");
	struct rte_mbuf *m = make(&r);
	rte_be16_t cksum = mtud_pkt_cksum6(m, &src, &dst, 58, 54, sizeof(icmp));
	const uint8_t *p;

	(void)state;
	memcpy(&icmp[2], &cksum, 2);
	rte_pktmbuf_free(m);
	feed(0, make(&r));
	m = leaving(0);
	assert_non_null(m);
	p = rte_pktmbuf_mtod(m, const uint8_t *);
	assert_int_equal(m->pkt_len, 54 + sizeof(icmp));
	assert_memory_equal(p + 22, dst.b, 16);
	assert_memory_equal(p + 38, src.b, 16);
	assert_int_equal(p[21], 64);
	assert_int_equal(p[54], 129);
	assert_memory_equal(p + 58, icmp + 4, sizeof(icmp) - 4);
	assert_int_equal(mtud_pkt_cksum6(m, &dst, &src, 58, 54, sizeof(icmp)), 0);
	rte_pktmbuf_free(m);

	icmp[8] ^= 1;
	bench_reset(NULL);
	feed(0, make(&r));
	assert_dropped(MTUD_DROP_ICMP_CKSUM);
}

/* RFC 8200 section 8.1: UDP with a wrong checksum draws no answer. */
static void
unsound_udp_is_silent(void **state)
{
	struct rte_mbuf *m = make(&(struct recipe){.src = A2, .dst = "2001:db8:a::1"});

	(void)state;
	rte_pktmbuf_mtod(m, uint8_t *)[60] ^= 1;
	feed(0, m);
	assert_dropped(MTUD_DROP_LOCAL_CKSUM);
	bench_reset(NULL);
	m = make(&(struct recipe){.src = A2, .dst = "2001:db8:a::1"});
	memset(rte_pktmbuf_mtod_offset(m, void *, 60), 0, 2);
	feed(0, m);
	assert_dropped(MTUD_DROP_LOCAL_CKSUM);
}

/* RFC 8200 section 4.2: what unknown options to us ask for by their top two bits. */
static void
options_to_us(void **state)
{
	static const struct {
		uint8_t type;
		int answered;
		enum mtud_drop reason;
	} opts[] = {
		{0x1e, 1, MTUD_DROP_LOCAL_PROTO},
		{0x5e, 0, MTUD_DROP_LOCAL_OPTION},
		{0x9e, 2, MTUD_DROP_LOCAL_OPTION},
		{0xde, 2, MTUD_DROP_LOCAL_OPTION},
	};
	uint8_t ext[16] = {200, 0, 0, 2, 0, 0, 1, 0};
	struct recipe r = {.src = A2, .dst = "2001:db8:a::1", .proto = 60, .payload = ext,
		.payload_len = sizeof(ext)};
	struct rte_mbuf *m = NULL;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(opts); i++) {
		bench_reset(NULL);
		ext[2] = opts[i].type;
		feed(0, make(&r));
		assert_int_equal(bench.w->stat.drop[opts[i].reason], 1);
		m = leaving(0);
		if (opts[i].answered == 0) {
			assert_null(m);
			continue;
		}
		assert_non_null(m);
		if (opts[i].answered == 2)
			assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, 54), "\x04\x02", 2);
		if (opts[i].answered == 2)
			assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, 58), "\0\0\0\x2a", 4);
		rte_pktmbuf_free(m);
	}
}

/* A packet to an unknown neighbor goes to the control thread, comes back, and leaves. */
static void
unknown_neighbor_is_resolved(void **state)
{
	struct recipe r = {.src = A2, .dst = "2001:db8:b::77"};
	struct mtud_ip ip = ip6(r.dst);
	struct rte_mbuf *m = NULL;

	(void)state;
	feed(0, make(&r));
	assert_silent();
	assert_int_equal(rte_ring_dequeue(bench.w->punt, (void **)&m), 0);
	assert_int_equal(mtud_pkt_meta(m)->why, MTUD_PKT_RESOLVE);
	assert_int_equal(mtud_pkt_meta(m)->egress, 1);
	assert_int_equal(mtud_neigh_set_static(bench.nt, 1, &ip, &other_mac, 0), 0);

	mtud_pkt_meta(m)->why = MTUD_PKT_FORWARD;
	rte_ring_enqueue(bench.w->inject, m);
	mtud_fwd_begin(bench.w);
	mtud_fwd_inject(bench.w);
	mtud_fwd_flush(bench.w);
	m = leaving(1);
	assert_non_null(m);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), &other_mac, 6);
	assert_int_equal(rte_pktmbuf_mtod(m, uint8_t *)[21], 63);
	rte_pktmbuf_free(m);
	assert_int_equal(mtud_neigh_del(bench.nt, 1, &ip), 0);
}

/* Nobody answered: RFC 4443 section 3.1 code 3, about the packet as it came. */
static void
failed_neighbor_is_told(void **state)
{
	struct recipe r = {.src = A2, .dst = "2001:db8:b::78", .hop_limit = 9};
	struct rte_mbuf *m = NULL;
	uint8_t buf[200];

	(void)state;
	feed(0, make(&r));
	assert_int_equal(rte_ring_dequeue(bench.w->punt, (void **)&m), 0);
	mtud_pkt_meta(m)->why = MTUD_PKT_FAILED;
	rte_ring_enqueue(bench.w->inject, m);
	mtud_fwd_begin(bench.w);
	mtud_fwd_inject(bench.w);
	mtud_fwd_flush(bench.w);
	m = leaving(0);
	assert_non_null(m);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, 54), "\x01\x03", 2);
	assert_int_equal(((const uint8_t *)rte_pktmbuf_read(m, 62 + 7, 1, buf))[0], 9);
	rte_pktmbuf_free(m);
	assert_int_equal(bench.w->stat.drop[MTUD_DROP_NEIGH_FAILED], 1);
	assert_all_free();
}

/* RFC 4443 section 2.4 (f): no more than the bucket holds. */
static void
answers_are_limited(void **state)
{
	struct recipe r = {.src = A2, .dst = "2001:db8:1::9", .ip_len = 1400};
	unsigned int i, n = 0;
	struct rte_mbuf *m = NULL;

	(void)state;
	bench.view.icmp_rate_pps = 1;
	bench.view.icmp_burst = 10;
	bench.view.icmp_generation++;
	for (i = 0; i < 200; i++) {
		feed(0, make(&r));
		while ((m = leaving(0)) != NULL) {
			rte_pktmbuf_free(m);
			n++;
		}
	}
	assert_in_range(n, 10, 12);
	assert_int_equal(bench.w->stat.icmp[MTUD_ICMP_HELD_RATE], 200 - n);
	assert_int_equal(bench.w->stat.drop[MTUD_DROP_TOO_BIG], 200);
	bench.view.icmp_rate_pps = 0;
	bench.view.icmp_generation++;
}

/* A packet without headroom is copied; without buffers for copies it still ends, counted. */
static void
empty_reply_pool(void **state)
{
	struct recipe r = {.src = A2, .dst = "2001:db8:1::9", .ip_len = 1400};
	struct rte_mbuf *all[255], *m = make(&r);
	unsigned int n = 0;

	(void)state;
	while (n < RTE_DIM(all) && (all[n] = rte_pktmbuf_alloc(bench.w->reply_pool)) != NULL)
		n++;
	memmove(m->buf_addr, rte_pktmbuf_mtod(m, void *), m->data_len);
	m->data_off = 0;
	feed(0, m);
	assert_silent();
	assert_int_equal(bench.w->stat.icmp[MTUD_ICMP_HELD_NO_MBUF], 1);
	rte_pktmbuf_free_bulk(all, n);
	assert_all_free();
}

static void
port_down_is_counted(void **state)
{
	(void)state;
	bench.view.port[1].up = false;
	feed(0, make(&(struct recipe){.src = A2, .dst = B2}));
	assert_dropped(MTUD_DROP_PORT_DOWN);
	bench.view.port[1].up = true;
}

/* Where the driver would take it, and may call it sent. */
static void
no_link_is_counted(void **state)
{
	(void)state;
	bench.view.port[1].no_link = true;
	feed(0, make(&(struct recipe){.src = A2, .dst = B2}));
	assert_dropped(MTUD_DROP_PORT_DOWN);
	bench.view.port[1].no_link = false;
}

/* The PMD takes what its ring holds; the rest is counted, not lost. */
static void
full_queue_is_counted(void **state)
{
	struct rte_mbuf *pkts[MTUD_BURST];
	unsigned int i, k, sent = 0;
	struct rte_mbuf *m = NULL;

	(void)state;
	for (k = 0; k < 5; k++) {
		/* 5 * 48 = 240 of the 255 buffers, all for a ring of 255 that holds 0 at first. */
		for (i = 0; i < 48; i++) {
			pkts[i] = make(&(struct recipe){.src = A2, .dst = B2});
			pkts[i]->port = 0;
		}
		mtud_fwd_begin(bench.w);
		mtud_fwd_burst(bench.w, 0, pkts, 48);
		if (k == 3)
			while ((m = leaving(1)) != NULL) {
				rte_pktmbuf_free(m);
				sent++;
			}
	}
	while ((m = leaving(1)) != NULL) {
		rte_pktmbuf_free(m);
		sent++;
	}
	assert_int_equal(sent + bench.w->stat.drop[MTUD_DROP_TX_FULL], 240);
	assert_int_equal(bench.w->stat.port[1].tx_packets, sent);
	assert_all_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(fits_passes_unchanged, bench_reset),
		cmocka_unit_test_setup(one_octet_more_is_answered, bench_reset),
		cmocka_unit_test_setup(single_segment_port_gets_one_segment, bench_reset),
		cmocka_unit_test_setup(what_does_not_pass, bench_reset),
		cmocka_unit_test_setup(padding_is_cut_and_truncation_dropped, bench_reset),
		cmocka_unit_test_setup(malformed_headers_are_dropped, bench_reset),
		cmocka_unit_test_setup(echo_is_answered, bench_reset),
		cmocka_unit_test_setup(unsound_udp_is_silent, bench_reset),
		cmocka_unit_test_setup(options_to_us, bench_reset),
		cmocka_unit_test_setup(unknown_neighbor_is_resolved, bench_reset),
		cmocka_unit_test_setup(failed_neighbor_is_told, bench_reset),
		cmocka_unit_test_setup(answers_are_limited, bench_reset),
		cmocka_unit_test_setup(empty_reply_pool, bench_reset),
		cmocka_unit_test_setup(port_down_is_counted, bench_reset),
		cmocka_unit_test_setup(no_link_is_counted, bench_reset),
		cmocka_unit_test_setup(full_queue_is_counted, bench_reset),
	};

	return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
