/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <string.h>

#include "mtud_arp.h"
#include "mtud_drop.h"
#include "test_mbuf.h"

#define FRAME 60 /* the shortest that Ethernet knows */
#define ARP   42 /* octets up to the end of the ARP packet */

/* Octets into a frame: RFC 826, "Packet format". */
#define ETH_DST 0
#define ETH_SRC 6
#define HRD     14
#define PRO     16
#define HLN     18
#define PLN     19
#define OP      20
#define SHA     22
#define SPA     28
#define THA     32
#define TPA     38

/* What neighbors and we send, from scapy, without padding. 192.0.2.10 at 02:00:00:00:00:0a is the
 * neighbor, 192.0.2.1 at 02:00:00:00:00:01 are we. */
static const uint8_t peer_request[ARP] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x00, 0x00,
	0x00, 0x00, 0x0a, 0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, 0x02, 0x00,
	0x00, 0x00, 0x00, 0x0a, 0xc0, 0x00, 0x02, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0,
	0x00, 0x02, 0x01};
static const uint8_t peer_reply[ARP] = {0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00,
	0x00, 0x0a, 0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x02, 0x02, 0x00, 0x00,
	0x00, 0x00, 0x0a, 0xc0, 0x00, 0x02, 0x0a, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0xc0, 0x00,
	0x02, 0x01};
static const uint8_t our_request[ARP] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x00, 0x00,
	0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, 0x02, 0x00,
	0x00, 0x00, 0x00, 0x01, 0xc0, 0x00, 0x02, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0,
	0x00, 0x02, 0x0a};
static const uint8_t our_announcement[ARP] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x00, 0x00,
	0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, 0x02, 0x00,
	0x00, 0x00, 0x00, 0x01, 0xc0, 0x00, 0x02, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0,
	0x00, 0x02, 0x01};
static const uint8_t our_reply[ARP] = {0x02, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x02, 0x00, 0x00, 0x00,
	0x00, 0x01, 0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x02, 0x02, 0x00, 0x00,
	0x00, 0x00, 0x01, 0xc0, 0x00, 0x02, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x0a, 0xc0, 0x00,
	0x02, 0x0a};

static const struct rte_ether_addr our_mac = {{2, 0, 0, 0, 0, 1}};
static const struct rte_ether_addr peer_mac = {{2, 0, 0, 0, 0, 0x0a}};
static const struct mtud_ip ours = {{[10] = 0xff, 0xff, 192, 0, 2, 1}};
static const struct mtud_ip peer = {{[10] = 0xff, 0xff, 192, 0, 2, 10}};
static const struct mtud_ip nobody = {{[10] = 0xff, 0xff}};

static struct rte_mempool *pool;

/* A frame to change and to parse. */
struct frame {
	uint8_t octets[FRAME];
};

static struct frame
frame(const uint8_t from[ARP])
{
	struct frame f = {{0}};

	memcpy(f.octets, from, ARP);
	return f;
}

static int
parse(const struct frame *f, uint32_t len, uint16_t seg_len, struct mtud_arp_msg *msg,
	enum mtud_drop *why)
{
	struct rte_mbuf *m = test_mbuf(pool, f->octets, len, seg_len);
	int ret = mtud_arp_parse(m, msg, why);

	rte_pktmbuf_free(m);
	return ret;
}

/* In one segment and in many, without padding and with it: the same each time. */
static struct mtud_arp_msg
must_parse(struct frame f)
{
	struct mtud_arp_msg msg, again;
	enum mtud_drop why = MTUD_DROP_NONE;
	uint16_t seg_len;

	if (parse(&f, ARP, 0, &msg, &why) != 0)
		fail_msg("dropped: %s", mtud_drop_name(why));
	/* What stands behind the packet says nothing. */
	memset(f.octets + ARP, 0xff, FRAME - ARP);
	for (seg_len = 1; seg_len <= FRAME; seg_len++) {
		assert_int_equal(parse(&f, FRAME, seg_len, &again, &why), 0);
		assert_int_equal(again.op, msg.op);
		assert_int_equal(again.unicast, msg.unicast);
		assert_int_equal(again.probe, msg.probe);
		assert_int_equal(again.gratuitous, msg.gratuitous);
		assert_memory_equal(&again.mac, &msg.mac, sizeof(msg.mac));
		assert_true(mtud_ip_equal(&again.sender, &msg.sender));
		assert_true(mtud_ip_equal(&again.target, &msg.target));
	}
	return msg;
}

static void
must_drop_octets(const struct frame *f, uint32_t len, enum mtud_drop want)
{
	struct mtud_arp_msg msg, untouched;
	enum mtud_drop why;
	uint16_t seg_len;

	memset(&msg, 0x5a, sizeof(msg));
	untouched = msg;
	for (seg_len = 0; seg_len <= FRAME; seg_len += 5) {
		why = MTUD_DROP_MAX;
		assert_int_equal(parse(f, len, seg_len, &msg, &why), -EINVAL);
		if (why != want)
			fail_msg("%s instead of %s", mtud_drop_name(why), mtud_drop_name(want));
		assert_memory_equal(&msg, &untouched, sizeof(msg));
	}
}

/* With one octet changed. */
static void
must_drop_with(const uint8_t from[ARP], unsigned int at, uint8_t value, enum mtud_drop want)
{
	struct frame f = frame(from);

	assert_int_not_equal(f.octets[at], value);
	f.octets[at] = value;
	must_drop_octets(&f, FRAME, want);
}

static void
set_ip(struct frame *f, unsigned int at, const char *text)
{
	struct mtud_ip ip;

	assert_int_equal(mtud_ip_parse(text, &ip), 0);
	memcpy(f->octets + at, &ip.b[12], 4);
}

static void
set_mac(struct frame *f, unsigned int at, uint8_t first, uint8_t last)
{
	memset(f->octets + at, 0, 6);
	f->octets[at] = first;
	f->octets[at + 5] = last;
}

static void
request_and_reply(void **state)
{
	struct mtud_arp_msg msg = must_parse(frame(peer_request));
	struct frame f = frame(peer_request);

	(void)state;
	assert_int_equal(msg.op, MTUD_ARP_REQUEST);
	assert_false(msg.unicast || msg.probe || msg.gratuitous);
	assert_memory_equal(&msg.mac, &peer_mac, sizeof(peer_mac));
	assert_true(mtud_ip_equal(&msg.sender, &peer));
	assert_true(mtud_ip_equal(&msg.target, &ours));

	msg = must_parse(frame(peer_reply));
	assert_int_equal(msg.op, MTUD_ARP_REPLY);
	assert_true(msg.unicast);
	assert_false(msg.probe || msg.gratuitous);
	assert_true(mtud_ip_equal(&msg.sender, &peer));
	assert_true(mtud_ip_equal(&msg.target, &ours));

	/* RFC 1122 section 2.3.2.1: polled by unicast. The MAC asked for is no matter. */
	set_mac(&f, ETH_DST, 2, 1);
	set_mac(&f, THA, 0xff, 0xff);
	msg = must_parse(f);
	assert_int_equal(msg.op, MTUD_ARP_REQUEST);
	assert_true(msg.unicast);
}

/* RFC 5227 section 1.1: a probe has no sender address, an announcement has its own as target. */
static void
probe_and_announcement(void **state)
{
	struct frame f = frame(peer_request);
	struct mtud_arp_msg msg;

	(void)state;
	set_ip(&f, SPA, "0.0.0.0");
	msg = must_parse(f);
	assert_true(msg.probe);
	assert_false(msg.gratuitous);
	assert_true(mtud_ip_equal(&msg.sender, &nobody));

	f = frame(peer_request);
	set_ip(&f, TPA, "192.0.2.10");
	msg = must_parse(f);
	assert_true(msg.gratuitous);
	assert_false(msg.probe);
	f.octets[OP + 1] = 2;
	msg = must_parse(f);
	assert_int_equal(msg.op, MTUD_ARP_REPLY);
	assert_true(msg.gratuitous);
}

static void
frame_on_an_odd_address(void **state)
{
	uint8_t octets[1 + FRAME] = {0};
	struct mtud_arp_msg msg;
	enum mtud_drop why;
	struct rte_mbuf *m;

	(void)state;
	memcpy(octets + 1, peer_request, ARP);
	m = test_mbuf(pool, octets, sizeof(octets), 0);
	assert_non_null(rte_pktmbuf_adj(m, 1));
	assert_int_equal(mtud_arp_parse(m, &msg, &why), 0);
	assert_true(mtud_ip_equal(&msg.sender, &peer));
	rte_pktmbuf_free(m);
}

static void
every_short_frame(void **state)
{
	struct frame f = frame(peer_reply);
	uint32_t len;

	(void)state;
	for (len = 0; len < ARP; len++)
		must_drop_octets(&f, len, MTUD_DROP_ARP_MALFORMED);
}

static void
other_kinds(void **state)
{
	/* Hardware type 6 is IEEE 802, 0x0101 is 1 in one octet; protocol 0x86dd; RARP has
	 * operations 3 and 4, InARP 8 and 9. */
	static const struct {
		unsigned int at;
		uint8_t value;
	} cases[] = {
		{HRD, 1}, {HRD + 1, 0}, {HRD + 1, 6}, {PRO, 0x86}, {PRO, 0}, {PRO + 1, 6},
		{HLN, 0}, {HLN, 5}, {HLN, 7}, {HLN, 255}, {PLN, 0}, {PLN, 3}, {PLN, 16},
		{PLN, 255}, {OP, 1}, {OP, 255}, {OP + 1, 0}, {OP + 1, 3}, {OP + 1, 4}, {OP + 1, 8},
		{OP + 1, 9}, {OP + 1, 255},
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		must_drop_with(peer_request, cases[i].at, cases[i].value, MTUD_DROP_ARP_MALFORMED);
		must_drop_with(peer_reply, cases[i].at, cases[i].value, MTUD_DROP_ARP_MALFORMED);
	}
}

static void
senders_that_no_host_can_have(void **state)
{
	static const char *const addresses[] = {"0.0.0.1", "0.255.255.255", "127.0.0.1",
		"127.255.255.255", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"};
	static const char *const edges[] = {"1.0.0.0", "126.255.255.255", "128.0.0.0",
		"169.254.1.1", "223.255.255.255"};
	struct frame f = frame(peer_request);
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(addresses); i++) {
		set_ip(&f, SPA, addresses[i]);
		must_drop_octets(&f, FRAME, MTUD_DROP_ARP_ADDRESS);
	}
	for (i = 0; i < RTE_DIM(edges); i++) {
		set_ip(&f, SPA, edges[i]);
		must_parse(f);
	}
	/* Only who asks may be nobody yet. */
	f = frame(peer_reply);
	set_ip(&f, SPA, "0.0.0.0");
	must_drop_octets(&f, FRAME, MTUD_DROP_ARP_ADDRESS);
}

static void
senders_macs(void **state)
{
	struct frame f = frame(peer_reply);

	(void)state;
	/* Not the frame's: what counts is what it says (RFC 826). */
	f.octets[ETH_SRC + 5] ^= 1;
	must_parse(f);
	/* None that answers. */
	f = frame(peer_reply);
	set_mac(&f, ETH_SRC, 0, 0);
	set_mac(&f, SHA, 0, 0);
	must_drop_octets(&f, FRAME, MTUD_DROP_ARP_ADDRESS);
	set_mac(&f, ETH_SRC, 3, 0x0a);
	set_mac(&f, SHA, 3, 0x0a);
	must_drop_octets(&f, FRAME, MTUD_DROP_ARP_ADDRESS);
	memset(f.octets + ETH_SRC, 0xff, 6);
	memset(f.octets + SHA, 0xff, 6);
	must_drop_octets(&f, FRAME, MTUD_DROP_ARP_ADDRESS);
}

/* The octets, and zeros up to the shortest frame. */
static void
must_be(struct rte_mbuf *m, const uint8_t octets[ARP])
{
	struct frame f = frame(octets);

	assert_non_null(m);
	test_mbuf_equal(m, f.octets, FRAME);
	rte_pktmbuf_free(m);
}

static void
what_we_ask(void **state)
{
	uint8_t unicast[ARP], unsourced[ARP];

	(void)state;
	must_be(mtud_arp_build_request(pool, &our_mac, &ours, &peer, NULL), our_request);
	must_be(mtud_arp_build_request(pool, &our_mac, &ours, &ours, NULL), our_announcement);
	memcpy(unicast, our_request, ARP);
	memcpy(unicast + ETH_DST, &peer_mac, 6);
	must_be(mtud_arp_build_request(pool, &our_mac, &ours, &peer, &peer_mac), unicast);
	memcpy(unsourced, our_request, ARP);
	memset(unsourced + SPA, 0, 4);
	must_be(mtud_arp_build_request(pool, &our_mac, &nobody, &peer, NULL), unsourced);
}

static void
what_we_reply(void **state)
{
	struct mtud_arp_msg request = must_parse(frame(peer_request));
	uint8_t to_probe[ARP];

	(void)state;
	must_be(mtud_arp_build_reply(pool, &our_mac, &ours, &request), our_reply);
	/* A probe is answered to who sent it, who has no address yet (RFC 5227 section 2.5). */
	request.sender = nobody;
	memcpy(to_probe, our_reply, ARP);
	memset(to_probe + TPA, 0, 4);
	must_be(mtud_arp_build_reply(pool, &our_mac, &ours, &request), to_probe);
}

static void
no_room(void **state)
{
	struct mtud_arp_msg request = must_parse(frame(peer_request));
	struct rte_mempool *small = rte_pktmbuf_pool_create("small", 1, 0,
		sizeof(struct mtud_pkt_meta), RTE_PKTMBUF_HEADROOM + FRAME - 1, SOCKET_ID_ANY);
	struct rte_mbuf *m;

	(void)state;
	assert_non_null(small);
	assert_null(mtud_arp_build_request(small, &our_mac, &ours, &peer, NULL));
	assert_null(mtud_arp_build_reply(small, &our_mac, &ours, &request));
	assert_int_equal(rte_mempool_in_use_count(small), 0);
	m = rte_pktmbuf_alloc(small);
	assert_null(mtud_arp_build_request(small, &our_mac, &ours, &peer, NULL));
	assert_null(mtud_arp_build_reply(small, &our_mac, &ours, &request));
	rte_pktmbuf_free(m);
	rte_mempool_free(small);
}

static int
start(void **state)
{
	(void)state;
	assert_int_equal(test_eal_init(64, ""), 0);
	pool = test_pool_create("arp");
	return pool != NULL ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
	return rte_eal_cleanup();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_and_reply),
		cmocka_unit_test(probe_and_announcement),
		cmocka_unit_test(frame_on_an_odd_address),
		cmocka_unit_test(every_short_frame),
		cmocka_unit_test(other_kinds),
		cmocka_unit_test(senders_that_no_host_can_have),
		cmocka_unit_test(senders_macs),
		cmocka_unit_test(what_we_ask),
		cmocka_unit_test(what_we_reply),
		cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
