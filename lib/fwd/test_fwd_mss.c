/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Which SYNs get which MSS, by the routes there and back (lib/mss has the rest). */

#include "test_fwd.h"

#define SYN 0x02
#define ACK 0x10

/* A TCP header of 24 octets with an MSS option; the checksum is not looked at here. */
static const uint8_t *
tcp(uint8_t flags, uint16_t mss)
{
	static uint8_t header[24];

	memset(header, 0, sizeof(header));
	header[12] = 6 << 4;
	header[13] = flags;
	header[20] = 2;
	header[21] = 4;
	header[22] = mss >> 8;
	header[23] = mss & 0xff;
	return header;
}

/* The MSS that left by port 1, or 0 when nothing did. */
static unsigned int
mss_after(struct rte_mbuf *in, unsigned int tcp_at)
{
	struct rte_mbuf *out;
	unsigned int mss;
	uint8_t buf[2];
	const uint8_t *p;

	feed(0, in);
	out = leaving(1);
	if (out == NULL)
		return 0;
	p = rte_pktmbuf_read(out, tcp_at + 22, 2, buf);
	mss = p[0] << 8 | p[1];
	rte_pktmbuf_free(out);
	while ((out = leaving(1)) != NULL)
		rte_pktmbuf_free(out);
	return mss;
}

static unsigned int
mss4(const char *src, const char *dst, uint8_t flags, uint16_t mss, uint16_t ip_len)
{
	return mss_after(make4(&(struct recipe4){.src = src, .dst = dst, .proto = 6,
				 .payload = tcp(flags, mss), .payload_len = 24, .ip_len = ip_len}),
		MTUD_L3_AT + 20);
}

static unsigned int
mss6(const char *src, const char *dst, uint8_t flags, uint16_t mss)
{
	return mss_after(make(&(struct recipe){.src = src, .dst = dst, .proto = 6,
				 .payload = tcp(flags, mss), .payload_len = 24}),
		MTUD_L3_AT + 40);
}

static void
each_option_does_its_own(void **state)
{
	(void)state;
	assert_int_equal(mss4("192.0.2.2", "10.4.0.9", SYN, 1460, 44), 1360);
	assert_int_equal(mss4("192.0.2.2", "10.4.0.9", SYN | ACK, 1460, 44), 1360);
	assert_int_equal(mss4("192.0.2.2", "10.4.0.9", SYN, 500, 44), 500);
	assert_int_equal(mss4("192.0.2.2", "10.4.0.9", ACK, 1460, 44), 1460);
	assert_int_equal(mss4("192.0.2.2", "10.5.0.9", SYN, 1460, 44), 1000);
	assert_int_equal(mss4("192.0.2.2", "10.5.0.9", SYN, 999, 44), 999);
	assert_int_equal(mss4("192.0.2.2", "10.6.0.9", SYN, 536, 44), 1460);
	assert_int_equal(mss4("192.0.2.2", "10.6.0.9", SYN, 8960, 44), 1460);
	assert_int_equal(mss4("192.0.2.2", "10.1.0.9", SYN, 1460, 44), 1460);
	assert_int_equal(mss6("2001:db8:a::2", "2001:db8:6::9", SYN, 1440), 1340);
	assert_int_equal(mss6("2001:db8:a::2", "2001:db8:1::9", SYN, 1440), 1440);
	assert_int_equal(bench.w->stat.syn[MTUD_SYN_REWRITTEN], 6);
	assert_all_free();
}

/* The smaller of there (1400) and back (1280); who has no route back is not made smaller. */
static void
clamp_minds_the_way_back(void **state)
{
	(void)state;
	assert_int_equal(mss4("10.1.0.5", "10.4.0.9", SYN, 1460, 44), 1240);
	assert_int_equal(mss4("10.5.0.5", "10.4.0.9", SYN, 1460, 44), 1360);
	assert_int_equal(mss4("172.16.0.1", "10.4.0.9", SYN, 1460, 44), 1360);
	assert_int_equal(mss6("2001:db8:1::5", "2001:db8:6::9", SYN, 1440), 1220);
	assert_all_free();
}

/* Many SYNs of a burst, among others: each by its own routes. */
static void
bursts_are_told_apart(void **state)
{
	struct rte_mbuf *pkts[30], *m;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(pkts); i++)
		pkts[i] = make4(&(struct recipe4){
			.src = i % 2 ? "10.1.0.5" : "192.0.2.2", .proto = 6, .ip_len = 44 + i,
			.dst = i % 3 == 0 ? "10.4.0.9" : i % 3 == 1 ? "10.5.0.9" : "10.1.0.9",
			.payload = tcp(i % 5 ? SYN : ACK, 1460), .payload_len = 24});
	feed_all(0, pkts, RTE_DIM(pkts));
	for (i = 0; i < RTE_DIM(pkts); i++) {
		unsigned int expected = i % 5 == 0 || i % 3 == 2 ? 1460 :
			i % 3 == 1 ? 1000 : i % 2 ? 1240 : 1360;
		const uint8_t *p;

		m = leaving(1);
		assert_non_null(m);
		assert_int_equal(m->pkt_len, MTUD_L3_AT + 44 + i);
		p = rte_pktmbuf_mtod_offset(m, const uint8_t *, MTUD_L3_AT + 42);
		assert_int_equal(p[0] << 8 | p[1], expected);
		rte_pktmbuf_free(m);
	}
	assert_all_free();
}

/* A SYN that is fragmented is rewritten first; one that is answered is quoted as it came. */
static void
size_comes_first(void **state)
{
	struct recipe4 r = {.src = "192.0.2.2", .dst = "10.4.0.9", .proto = 6, .frag = 0x4000,
		.payload = tcp(SYN, 1460), .payload_len = 24, .ip_len = 1500};
	struct rte_mbuf *m;
	uint8_t buf[2];

	(void)state;
	assert_int_equal(mss4("192.0.2.2", "10.4.0.9", SYN, 1460, 1500), 1360);
	assert_int_equal(bench.w->stat.fragmented, 1);
	feed(0, make4(&r));
	m = leaving(0);
	assert_non_null(m);
	assert_memory_equal(rte_pktmbuf_read(m, 42 + 42, 2, buf), "\x05\xb4", 2);
	rte_pktmbuf_free(m);
	assert_silent();
	assert_int_equal(bench.w->stat.syn[MTUD_SYN_REWRITTEN], 1);
	assert_all_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_option_does_its_own, bench_reset),
		cmocka_unit_test_setup(clamp_minds_the_way_back, bench_reset),
		cmocka_unit_test_setup(bursts_are_told_apart, bench_reset),
		cmocka_unit_test_setup(size_comes_first, bench_reset),
	};

	return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
