/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "test_fwd.h"

#define A2 "192.0.2.2"
#define B2 "203.0.113.2"

#define DF 0x4000
#define MF 0x2000

static const struct rte_ether_addr other_mac = {{2, 9, 9, 9, 9, 9}};
static const struct rte_ether_addr broadcast = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
static const struct rte_ether_addr group_mac = {{0x01, 0, 0x5e, 0, 0, 9}};

/* RFC 1812 section 5.3.1: TTL less one with its checksum, new MAC addresses, nothing else. All
 * TTLs with many checksums, the corners 0x0000 and 0xffff among them. */
static void
fits_passes_unchanged(void **state)
{
	unsigned int ttl, id;

	(void)state;
	for (ttl = 2; ttl < 256; ttl++) {
		for (id = 0; id < 0x10000; id += 0x3f7) {
			struct recipe4 r = {.src = A2, .dst = "10.1.0.9", .ttl = ttl};
			struct rte_mbuf *in = make4(&r), *out;
			uint8_t expected[MTUD_L3_AT + 100];

			rte_pktmbuf_mtod(in, uint8_t *)[MTUD_L3_AT + 4] = id >> 8;
			rte_pktmbuf_mtod(in, uint8_t *)[MTUD_L3_AT + 5] = id & 0xff;
			seal4(in);
			memcpy(expected, rte_pktmbuf_mtod(in, void *), sizeof(expected));
			feed(0, in);
			out = leaving(1);
			assert_non_null(out);
			assert_true(is_sealed4(out));
			memcpy(expected, &peer_mac[1], 6);
			memcpy(expected + 6, &our_mac[1], 6);
			expected[MTUD_L3_AT + 8] = ttl - 1;
			memcpy(&expected[MTUD_L3_AT + 10],
				rte_pktmbuf_mtod_offset(out, void *, MTUD_L3_AT + 10), 2);
			assert_int_equal(out->pkt_len, sizeof(expected));
			assert_memory_equal(rte_pktmbuf_mtod(out, void *), expected,
				sizeof(expected));
			rte_pktmbuf_free(out);
		}
	}
	assert_all_free();
}

/* Every single wrong bit in a header is found, or leads to what it says. */
static void
wrong_bits_are_found(void **state)
{
	unsigned int bit, passed = 0;

	(void)state;
	for (bit = 0; bit < 160; bit++) {
		struct rte_mbuf *m = make4(&(struct recipe4){.src = A2, .dst = "10.1.0.9"});

		rte_pktmbuf_mtod(m, uint8_t *)[MTUD_L3_AT + bit / 8] ^= 1 << (bit % 8);
		feed(0, m);
		m = leaving(1);
		passed += m != NULL;
		rte_pktmbuf_free(m);
		assert_silent();
	}
	assert_int_equal(passed, 0);
	assert_all_free();
}

/* Frames are padded to 60 octets (IEEE 802.3): the padding is not the packet's, by either lane. */
static void
padding_is_cut(void **state)
{
	static const uint8_t nop[4] = {1, 1, 1, 1};
	unsigned int lane, pad;

	(void)state;
	for (lane = 0; lane < 2; lane++) {
		for (pad = 0; pad < 300; pad += pad < 30 ? 1 : 45) {
			struct recipe4 r = {.src = A2, .dst = "10.1.0.9", .ip_len = 28 + 4 * lane,
				.padding = pad, .options = nop, .options_len = 4 * lane};
			struct rte_mbuf *out;

			feed(0, make4(&r));
			out = leaving(1);
			assert_non_null(out);
			assert_int_equal(out->pkt_len, MTUD_L3_AT + r.ip_len);
			assert_int_equal(out->data_len, out->pkt_len);
			rte_pktmbuf_free(out);
		}
	}
	assert_all_free();
}

/* RFC 1812 section 5.2.4.3: options travel with the packet. */
static void
options_are_carried(void **state)
{
	static const uint8_t options[12] = {7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0, 0};
	struct recipe4 r = {.src = A2, .dst = "10.1.0.9", .ttl = 9, .options = options,
		.options_len = sizeof(options)};
	struct rte_mbuf *out;

	(void)state;
	feed(0, make4(&r));
	out = leaving(1);
	assert_non_null(out);
	assert_true(is_sealed4(out));
	assert_int_equal(rte_pktmbuf_mtod(out, uint8_t *)[MTUD_L3_AT + 8], 8);
	assert_memory_equal(rte_pktmbuf_mtod_offset(out, void *, MTUD_L3_AT + 20), options,
		sizeof(options));
	rte_pktmbuf_free(out);
}

/* RFC 1191 section 4 and RFC 1812 section 4.3.2. */
static void
df_is_answered(void **state)
{
	struct recipe4 r = {.src = A2, .dst = "10.1.0.9", .ip_len = 1281, .frag = DF};
	struct rte_mbuf *in = make4(&r), *out;
	uint8_t cause[548], reply[14 + 576];
	const uint8_t *p;

	(void)state;
	memcpy(cause, rte_pktmbuf_mtod_offset(in, void *, MTUD_L3_AT), sizeof(cause));
	feed(0, in);
	out = leaving(0);
	assert_non_null(out);
	assert_int_equal(out->pkt_len, sizeof(reply));
	p = rte_pktmbuf_read(out, 0, sizeof(reply), reply);
	assert_memory_equal(p, &peer_mac[0], 6);
	assert_memory_equal(p + 6, &our_mac[0], 6);
	assert_memory_equal(p + 12, "\x08\x00\x45\xd0\x02\x40", 6);
	assert_memory_equal(p + 20, "\0\0\x40\x01", 4);
	assert_true(is_sealed4(out));
	assert_memory_equal(p + 26, "\xc0\0\x02\x01\xc0\0\x02\x02", 8);
	assert_memory_equal(p + 34, "\x03\x04", 2);
	assert_memory_equal(p + 38, "\0\0\x05\0", 4);
	assert_memory_equal(p + 42, cause, sizeof(cause));
	assert_int_equal(mtud_pkt_cksum(out, 34, 556), 0);
	rte_pktmbuf_free(out);
	assert_silent();
	assert_all_free();
	assert_int_equal(bench.w->stat.drop[MTUD_DROP_TOO_BIG], 1);
	assert_int_equal(bench.w->stat.icmp[MTUD_ICMP_FRAG_NEEDED], 1);
	assert_int_equal(special_of("10.1.0.9")->too_big, 1);
	assert_int_equal(special_of("10.1.0.9")->answered, 1);
}

struct drop_row {
	const char *name;
	struct recipe4 r;
	enum mtud_drop reason;
	int type; /* of the error that answers, or -1 */
	int code;
};

static const uint8_t lsrr[8] = {131, 7, 4, 10, 1, 0, 1, 0};
static const uint8_t ssrr_behind[12] = {1, 148, 4, 0, 0, 137, 7, 4, 10, 1, 0, 1};

static const struct drop_row rows[] = {
	{"no route", {.src = A2, .dst = "172.16.0.1"}, MTUD_DROP_NO_ROUTE, 3, 0},
	{"blackhole", {.src = A2, .dst = "198.51.100.1"}, MTUD_DROP_BLACKHOLE, -1, 0},
	{"unreachable", {.src = A2, .dst = "198.51.101.1"}, MTUD_DROP_UNREACHABLE, 3, 1},
	{"prohibit", {.src = A2, .dst = "198.51.102.1"}, MTUD_DROP_PROHIBIT, 3, 13},
	{"TTL 1", {.src = A2, .dst = B2, .ttl = 1}, MTUD_DROP_HOP_LIMIT, 11, 0},
	{"TTL 0", {.src = A2, .dst = B2, .no_ttl = true}, MTUD_DROP_HOP_LIMIT, 11, 0},
	{"TTL before size", {.src = A2, .dst = "10.1.0.9", .ttl = 1, .ip_len = 1400, .frag = DF},
		MTUD_DROP_HOP_LIMIT, 11, 0},
	{"source 0/8", {.src = "0.1.2.3", .dst = B2}, MTUD_DROP_SRC_INVALID, -1, 0},
	{"source 127/8", {.src = "127.0.0.1", .dst = B2}, MTUD_DROP_SRC_INVALID, -1, 0},
	{"source 224/4", {.src = "224.0.0.5", .dst = B2}, MTUD_DROP_SRC_INVALID, -1, 0},
	{"source 240/4", {.src = "240.0.0.5", .dst = B2}, MTUD_DROP_SRC_INVALID, -1, 0},
	{"source broadcast", {.src = "255.255.255.255", .dst = B2}, MTUD_DROP_SRC_INVALID, -1, 0},
	{"source ours", {.src = "192.0.2.1", .dst = B2}, MTUD_DROP_SRC_OURS, -1, 0},
	{"source ours, of the other port", {.src = "203.0.113.1", .dst = B2}, MTUD_DROP_SRC_OURS,
		-1, 0},
	{"destination 0/8", {.src = A2, .dst = "0.0.0.0"}, MTUD_DROP_DST_INVALID, -1, 0},
	{"destination 127/8", {.src = A2, .dst = "127.9.9.9"}, MTUD_DROP_DST_INVALID, -1, 0},
	{"class E", {.src = A2, .dst = "240.0.0.1"}, MTUD_DROP_CLASS_E, -1, 0},
	{"limited broadcast", {.src = A2, .dst = "255.255.255.255", .dst_mac = &broadcast},
		MTUD_DROP_BROADCAST, -1, 0},
	{"directed broadcast", {.src = A2, .dst = "203.0.113.255"}, MTUD_DROP_BROADCAST, -1, 0},
	{"broadcast of its own link", {.src = A2, .dst = "192.0.2.255", .dst_mac = &broadcast},
		MTUD_DROP_BROADCAST, -1, 0},
	{"group", {.src = A2, .dst = "239.1.2.3", .dst_mac = &group_mac}, MTUD_DROP_MCAST_UNROUTED,
		-1, 0},
	{"group of the link", {.src = A2, .dst = "224.0.0.1", .dst_mac = &group_mac},
		MTUD_DROP_MCAST_UNROUTED, -1, 0},
	{"broadcast frame", {.src = A2, .dst = B2, .dst_mac = &broadcast}, MTUD_DROP_L2_MULTICAST,
		-1, 0},
	{"broadcast frame, too big",
		{.src = A2, .dst = "10.1.0.9", .dst_mac = &broadcast, .ip_len = 1400, .frag = DF},
		MTUD_DROP_L2_MULTICAST, -1, 0},
	{"broadcast frame to us", {.src = A2, .dst = "192.0.2.1", .dst_mac = &broadcast},
		MTUD_DROP_L2_MULTICAST, -1, 0},
	{"other MAC", {.src = A2, .dst = B2, .dst_mac = &other_mac}, MTUD_DROP_OTHER_MAC, -1, 0},
	{"glued", {.src = A2, .dst = B2, .ip_len = 1501}, MTUD_DROP_RX_OVERSIZE, -1, 0},
	{"loose source route", {.src = A2, .dst = B2, .options = lsrr, .options_len = 8},
		MTUD_DROP_SOURCE_ROUTE, -1, 0},
	{"strict source route, to us", {.src = A2, .dst = "192.0.2.1", .options = ssrr_behind,
		.options_len = 12}, MTUD_DROP_SOURCE_ROUTE, -1, 0},
	{"later fragment, too big", {.src = A2, .dst = "10.1.0.9", .ip_len = 1400,
		.frag = DF | 0x10}, MTUD_DROP_TOO_BIG, -1, 0},
	{"source is a broadcast address",
		{.src = "192.0.2.255", .dst = "10.1.0.9", .ip_len = 1400, .frag = DF},
		MTUD_DROP_SRC_OURS, -1, 0},
	{"source without a way back", {.src = "172.16.0.1", .dst = "10.1.0.9", .ip_len = 1400,
		.frag = DF}, MTUD_DROP_TOO_BIG, -1, 0},
	{"UDP to us", {.src = A2, .dst = "192.0.2.1", .payload = (const uint8_t *)"\0\0\0\0\0\0\0",
		.payload_len = 8}, MTUD_DROP_LOCAL_PORT, 3, 3},
	{"UDP to us, wrong checksum", {.src = A2, .dst = "192.0.2.1"}, MTUD_DROP_LOCAL_CKSUM, -1,
		0},
	{"UDP to us, other port, last hop", {.src = A2, .dst = "203.0.113.1", .ttl = 1,
		.payload = (const uint8_t *)"\0\0\0\0\0\0\0", .payload_len = 8},
		MTUD_DROP_LOCAL_PORT, 3, 3},
	{"TCP to us", {.src = A2, .dst = "192.0.2.1", .proto = 6}, MTUD_DROP_LOCAL_TCP, -1, 0},
	{"unknown protocol to us", {.src = A2, .dst = "192.0.2.1", .proto = 200},
		MTUD_DROP_LOCAL_PROTO, 3, 2},
	{"fragment to us", {.src = A2, .dst = "192.0.2.1", .frag = MF}, MTUD_DROP_LOCAL_FRAGMENT,
		-1, 0},
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
		feed(0, make4(&row->r));
		out = leaving(0);
		if ((row->type >= 0) != (out != NULL))
			fail_msg("%s: %s", row->name, out != NULL ? "answered" : "no answer");
		if (out != NULL && (rte_pktmbuf_mtod(out, uint8_t *)[34] != row->type ||
					   rte_pktmbuf_mtod(out, uint8_t *)[35] != row->code))
			fail_msg("%s: type %u code %u", row->name,
				rte_pktmbuf_mtod(out, uint8_t *)[34],
				rte_pktmbuf_mtod(out, uint8_t *)[35]);
		rte_pktmbuf_free(out);
		assert_silent();
		assert_all_free();
		for (k = 0; k < MTUD_DROP_MAX; k++)
			if (bench.w->stat.drop[k] != (k == row->reason))
				fail_msg("%s: %s counted %lu", row->name, mtud_drop_name(k),
					bench.w->stat.drop[k]);
	}
}

static void
malformed_headers_are_dropped(void **state)
{
	static const struct {
		unsigned int at;
		uint8_t value;
		enum mtud_drop reason;
	} edits[] = {
		{0, 0x65, MTUD_DROP_IP_VERSION},
		{0, 0x44, MTUD_DROP_IP_HEADER},
		{0, 0x40, MTUD_DROP_IP_HEADER},
		{3, 19, MTUD_DROP_IP_HEADER},
		{3, 101, MTUD_DROP_IP_TRUNCATED},
		{2, 4, MTUD_DROP_IP_TRUNCATED},
		{10, 0xaa, MTUD_DROP_IP_CKSUM},
	};
	struct rte_mbuf *m;
	unsigned int i;
	uint16_t len;

	(void)state;
	for (len = 1; len < MTUD_L3_AT + 20; len++) {
		bench_reset(NULL);
		m = make4(&(struct recipe4){.src = A2, .dst = B2});
		rte_pktmbuf_trim(m, m->pkt_len - len);
		feed(0, m);
		assert_dropped(MTUD_DROP_RUNT);
	}
	for (i = 0; i < RTE_DIM(edits); i++) {
		bench_reset(NULL);
		m = make4(&(struct recipe4){.src = A2, .dst = B2});
		rte_pktmbuf_mtod(m, uint8_t *)[MTUD_L3_AT + edits[i].at] = edits[i].value;
		if (edits[i].at != 10 && (rte_pktmbuf_mtod(m, uint8_t *)[MTUD_L3_AT] & 15) > 4)
			seal4(m);
		feed(0, m);
		assert_dropped(edits[i].reason);
	}
	/* A header that is longer than the frame. */
	bench_reset(NULL);
	m = make4(&(struct recipe4){.src = A2, .dst = B2, .ip_len = 40});
	rte_pktmbuf_mtod(m, uint8_t *)[MTUD_L3_AT] = 0x4f;
	rte_pktmbuf_mtod(m, uint8_t *)[MTUD_L3_AT + 3] = 60;
	feed(0, m);
	assert_dropped(MTUD_DROP_IP_TRUNCATED);
}

/* RFC 1812 section 4.3.3.6, also on the last hop; the reply is a packet of its own. */
static void
echo_is_answered(void **state)
{
	uint8_t icmp[] = {8, 0, 0, 0, 0x12, 0x34, 0, 7, 'p', 'i', 'n', 'g', '!'};
	struct recipe4 r = {.src = A2, .dst = "203.0.113.1", .proto = 1, .payload = icmp, .ttl = 1,
		.payload_len = sizeof(icmp), .ip_len = 20 + sizeof(icmp), .frag = DF};
	struct rte_mbuf *m = make4(&r);
	rte_be16_t cksum = mtud_pkt_cksum(m, 34, sizeof(icmp));
	const uint8_t *p;

	(void)state;
	memcpy(&icmp[2], &cksum, 2);
	rte_pktmbuf_free(m);
	feed(0, make4(&r));
	m = leaving(0);
	assert_non_null(m);
	p = rte_pktmbuf_mtod(m, const uint8_t *);
	assert_int_equal(m->pkt_len, 34 + sizeof(icmp));
	assert_true(is_sealed4(m));
	assert_memory_equal(p + 20, "\0\0\x40\x01", 4);
	assert_memory_equal(p + 26, "\xcb\0\x71\x01\xc0\0\x02\x02", 8);
	assert_int_equal(p[34], 0);
	assert_memory_equal(p + 38, icmp + 4, sizeof(icmp) - 4);
	assert_int_equal(mtud_pkt_cksum(m, 34, sizeof(icmp)), 0);
	rte_pktmbuf_free(m);

	icmp[8] ^= 1;
	bench_reset(NULL);
	feed(0, make4(&r));
	assert_dropped(MTUD_DROP_ICMP_CKSUM);
}

/* RFC 1812 section 4.3.2.4: the address of the port by which an error leaves, unless one is set. */
static void
source_is_of_the_port_it_leaves_by(void **state)
{
	struct recipe4 r = {.src = "10.1.0.9", .dst = "10.7.0.9", .ip_len = 1400, .frag = DF};
	struct rte_mbuf *m;

	(void)state;
	feed(0, make4(&r));
	m = leaving(1);
	assert_non_null(m);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, 26), "\xcb\0\x71\x01", 4);
	rte_pktmbuf_free(m);

	bench.view.port[0].has_icmp_source[MTUD_IPV4] = true;
	bench.view.port[0].icmp_source[MTUD_IPV4] = ip6("192.0.2.1");
	feed(0, make4(&r));
	bench.view.port[0].has_icmp_source[MTUD_IPV4] = false;
	m = leaving(1);
	assert_non_null(m);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, 26), "\xc0\0\x02\x01", 4);
	rte_pktmbuf_free(m);
}

/* Both families in one frame stream: each in its order, none waits for the other. */
static void
families_share_a_burst(void **state)
{
	struct rte_mbuf *pkts[MTUD_BURST], *m;
	unsigned int i, n4 = 0, n6 = 0;

	(void)state;
	for (i = 0; i < MTUD_BURST; i++)
		pkts[i] = i % 3 == 0 ?
			make(&(struct recipe){.src = "2001:db8:a::2", .dst = "2001:db8:1::9",
				.ip_len = 100 + i}) :
			make4(&(struct recipe4){.src = A2, .dst = "10.1.0.9", .ip_len = 100 + i});
	feed_all(0, pkts, MTUD_BURST);
	while ((m = leaving(1)) != NULL) {
		unsigned int at = m->pkt_len - MTUD_L3_AT - 100;
		bool v6 = rte_pktmbuf_mtod(m, uint8_t *)[12] == 0x86;

		assert_int_equal(v6, at % 3 == 0);
		assert_int_equal(at, v6 ? n6 * 3 : n4 / 2 * 3 + 1 + n4 % 2);
		if (v6)
			n6++;
		else
			n4++;
		rte_pktmbuf_free(m);
	}
	assert_int_equal(n4 + n6, MTUD_BURST);
	assert_all_free();
}

/* Nobody answered ARP: host unreachable. */
static void
failed_neighbor_is_told(void **state)
{
	struct rte_mbuf *m = NULL;

	(void)state;
	feed(0, make4(&(struct recipe4){.src = A2, .dst = "203.0.113.78"}));
	assert_int_equal(rte_ring_dequeue(bench.w->punt, (void **)&m), 0);
	mtud_pkt_meta(m)->why = MTUD_PKT_FAILED;
	rte_ring_enqueue(bench.w->inject, m);
	mtud_fwd_begin(bench.w);
	mtud_fwd_inject(bench.w);
	mtud_fwd_flush(bench.w);
	m = leaving(0);
	assert_non_null(m);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, 34), "\x03\x01", 2);
	rte_pktmbuf_free(m);
	assert_all_free();
}

static struct rte_mbuf *
make_arp(uint16_t op, const char *sender, const char *target)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(bench.pool);
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	struct mtud_ip s = ip6(sender), t = ip6(target);

	assert_non_null(rte_pktmbuf_append(m, 60));
	memset(p, 0, 60);
	memcpy(p, &broadcast, 6);
	memcpy(p + 6, &peer_mac[0], 6);
	memcpy(p + 12, "\x08\x06\0\x01\x08\0\x06\x04", 8);
	p[21] = op;
	memcpy(p + 22, &peer_mac[0], 6);
	memcpy(p + 28, &s.b[12], 4);
	memcpy(p + 38, &t.b[12], 4);
	return m;
}

static void
assert_arp(struct rte_mbuf *m, enum mtud_drop reason)
{
	bench_reset(NULL);
	feed(0, m);
	if (reason != MTUD_DROP_NONE) {
		assert_dropped(reason);
		return;
	}
	assert_int_equal(rte_ring_dequeue(bench.w->punt, (void **)&m), 0);
	assert_int_equal(mtud_pkt_meta(m)->why, MTUD_PKT_ARP);
	rte_pktmbuf_free(m);
}

/* RFC 826, packets.md V10: the control thread sees what concerns us, and nothing else. */
static void
arp_that_concerns_us_is_punted(void **state)
{
	static const struct {
		uint8_t op;
		const char *sender, *target;
		enum mtud_drop reason; /* NONE: punted */
	} arps[] = {
		{1, A2, "192.0.2.1", MTUD_DROP_NONE},
		{2, A2, "192.0.2.1", MTUD_DROP_NONE},
		{1, "0.0.0.0", "192.0.2.1", MTUD_DROP_NONE},
		{1, "192.0.2.1", "192.0.2.99", MTUD_DROP_NONE},
		{1, A2, A2, MTUD_DROP_NONE},
		{2, A2, A2, MTUD_DROP_NONE},
		{1, "192.0.2.99", "192.0.2.99", MTUD_DROP_ARP_NOT_OURS},
		{1, A2, "192.0.2.99", MTUD_DROP_ARP_NOT_OURS},
		{1, A2, "203.0.113.1", MTUD_DROP_ARP_NOT_OURS},
		{3, A2, "192.0.2.1", MTUD_DROP_ARP_MALFORMED},
		{1, "224.0.0.1", "192.0.2.1", MTUD_DROP_ARP_ADDRESS},
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(arps); i++)
		assert_arp(make_arp(arps[i].op, arps[i].sender, arps[i].target), arps[i].reason);
	assert_all_free();
}

/* A port without an address asks from another's, or from none, and gets its answer by unicast. */
static void
arp_reply_to_a_borrowed_address_is_punted(void **state)
{
	static const struct {
		uint8_t op;
		const char *sender, *target;
		enum mtud_drop reason;
	} arps[] = {
		{2, A2, "203.0.113.1", MTUD_DROP_NONE},
		{2, A2, "0.0.0.0", MTUD_DROP_NONE},
		{2, "192.0.2.99", "203.0.113.1", MTUD_DROP_ARP_NOT_OURS},
		{1, A2, "203.0.113.1", MTUD_DROP_ARP_NOT_OURS},
	};
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(arps); i++) {
		m = make_arp(arps[i].op, arps[i].sender, arps[i].target);
		memcpy(rte_pktmbuf_mtod(m, void *), &our_mac[0], RTE_ETHER_ADDR_LEN);
		assert_arp(m, arps[i].reason);
	}
	/* To all it is an answer to somebody else. */
	assert_arp(make_arp(2, A2, "0.0.0.0"), MTUD_DROP_ARP_NOT_OURS);
	assert_all_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(fits_passes_unchanged, bench_reset),
		cmocka_unit_test_setup(wrong_bits_are_found, bench_reset),
		cmocka_unit_test_setup(padding_is_cut, bench_reset),
		cmocka_unit_test_setup(options_are_carried, bench_reset),
		cmocka_unit_test_setup(df_is_answered, bench_reset),
		cmocka_unit_test_setup(what_does_not_pass, bench_reset),
		cmocka_unit_test_setup(malformed_headers_are_dropped, bench_reset),
		cmocka_unit_test_setup(echo_is_answered, bench_reset),
		cmocka_unit_test_setup(source_is_of_the_port_it_leaves_by, bench_reset),
		cmocka_unit_test_setup(families_share_a_burst, bench_reset),
		cmocka_unit_test_setup(failed_neighbor_is_told, bench_reset),
		cmocka_unit_test_setup(arp_that_concerns_us_is_punted, bench_reset),
		cmocka_unit_test_setup(arp_reply_to_a_borrowed_address_is_punted, bench_reset),
	};

	return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
