/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>

#include "mtud_nd.h"
#include "mtud_stat.h"
#include "test_mbuf.h"
#include "test_nd.h"

#define L3_AT 14

static struct rte_mempool *pool;

static const struct rte_ether_addr peer_mac = {{0x02, 0, 0, 0, 0, 0x0a}};
static const struct mtud_ip global_a = {{0x20, 0x01, 0x0d, 0xb8, [15] = 0x0a}};
static const struct mtud_ip global_1 = {{0x20, 0x01, 0x0d, 0xb8, [15] = 0x01}};
static const struct mtud_ip link_a = {{0xfe, 0x80, [15] = 0x0a}};
static const struct mtud_ip link_b = {{0xfe, 0x80, [15] = 0x0b}};
static const struct mtud_ip group_1 = {{0xff, 0x02, [11] = 1, 0xff, 0, 0, 1}};
static const struct mtud_ip all_nodes = {{0xff, 0x02, [15] = 1}};
static const struct mtud_ip all_routers = {{0xff, 0x02, [15] = 2}};

static int
parse(const struct packet *p, uint16_t seg_len, struct mtud_nd_msg *msg, enum mtud_drop *why)
{
	uint8_t frame[L3_AT + ROOM];
	struct rte_mbuf *m;
	int rc;

	/* Were the padding read, it would be an option of length 0. */
	memset(frame, 0, sizeof(frame));
	memcpy(frame + L3_AT, p->octets, p->len);
	m = test_mbuf(pool, frame, L3_AT + p->len + 6, seg_len);
	rc = mtud_nd_parse(m, L3_AT, p->len, msg, why);
	rte_pktmbuf_free(m);
	return rc;
}

/* In one segment and in many; what was found. */
static struct mtud_nd_msg
must_parse(const struct packet *p)
{
	struct mtud_nd_msg msg, again;
	enum mtud_drop why;
	uint16_t seg_len;

	if (parse(p, 0, &msg, &why) != 0)
		fail_msg("dropped: %s", mtud_drop_name(why));
	for (seg_len = 1; seg_len < 100; seg_len++) {
		assert_int_equal(parse(p, seg_len, &again, &why), 0);
		assert_int_equal(again.type, msg.type);
		assert_true(mtud_ip_equal(&again.src, &msg.src));
		assert_true(mtud_ip_equal(&again.dst, &msg.dst));
		assert_true(mtud_ip_equal(&again.target, &msg.target));
		assert_int_equal(again.has_lladdr, msg.has_lladdr);
		assert_memory_equal(&again.lladdr, &msg.lladdr, sizeof(msg.lladdr));
		assert_int_equal(again.has_nonce, msg.has_nonce);
	}
	return msg;
}

static void
must_drop_as_is(const struct packet *p, enum mtud_drop want)
{
	struct mtud_nd_msg msg, untouched;
	enum mtud_drop why;
	uint16_t seg_len;

	memset(&msg, 0x5a, sizeof(msg));
	untouched = msg;
	for (seg_len = 0; seg_len < 100; seg_len += 9) {
		why = MTUD_DROP_MAX;
		assert_int_equal(parse(p, seg_len, &msg, &why), -EINVAL);
		if (why != want)
			fail_msg("%s instead of %s", mtud_drop_name(why), mtud_drop_name(want));
		assert_memory_equal(&msg, &untouched, sizeof(msg));
	}
}

static void
must_drop(struct packet p, enum mtud_drop want)
{
	seal(&p);
	must_drop_as_is(&p, want);
}

static void
ip_equal(const struct mtud_ip *got, const struct mtud_ip *want)
{
	assert_memory_equal(got->b, want->b, sizeof(want->b));
}

static void
lladdr_is_peer(const struct mtud_nd_msg *msg)
{
	assert_true(msg->has_lladdr);
	assert_memory_equal(&msg->lladdr, &peer_mac, sizeof(peer_mac));
}

static void
test_valid_ns(void **state)
{
	struct packet p = PACKET(ns);
	struct mtud_nd_msg msg = must_parse(&p);

	(void)state;
	assert_int_equal(msg.type, MTUD_ICMP6_NS);
	ip_equal(&msg.src, &global_a);
	ip_equal(&msg.dst, &group_1);
	ip_equal(&msg.target, &global_1);
	lladdr_is_peer(&msg);
	assert_true(msg.has_nonce);
	assert_memory_equal(msg.nonce, "\xa1\xa2\xa3\xa4\xa5\xa6", 6);
	assert_false(msg.router || msg.solicited || msg.override);

	/* Without options, as a probe; then for DAD. */
	p.len = ICMP + 24;
	seal(&p);
	msg = must_parse(&p);
	assert_false(msg.has_lladdr || msg.has_nonce);
	memset(p.octets + SRC, 0, 16);
	seal(&p);
	msg = must_parse(&p);
	assert_true(mtud_ip_is_unspecified(&msg.src));
	append(&p, "\x0e\x01nonce!", 8);
	seal(&p);
	msg = must_parse(&p);
	assert_true(msg.has_nonce);
	assert_memory_equal(msg.nonce, "nonce!", 6);
}

static void
test_valid_na(void **state)
{
	struct packet p = PACKET(na);
	struct mtud_nd_msg msg = must_parse(&p);
	unsigned int flags;

	(void)state;
	assert_int_equal(msg.type, MTUD_ICMP6_NA);
	ip_equal(&msg.src, &global_a);
	ip_equal(&msg.dst, &global_1);
	ip_equal(&msg.target, &global_a);
	lladdr_is_peer(&msg);
	assert_false(msg.has_nonce);
	for (flags = 0; flags < 256; flags += 0x20) {
		p.octets[ICMP + 4] = flags;
		seal(&p);
		msg = must_parse(&p);
		assert_int_equal(msg.router, (flags & 0x80) != 0);
		assert_int_equal(msg.solicited, (flags & 0x40) != 0);
		assert_int_equal(msg.override, (flags & 0x20) != 0);
	}
	/* To all nodes when it is not solicited; a nonce is none of an advertisement's options. */
	p.octets[ICMP + 4] = 0xa0;
	memcpy(p.octets + DST, all_nodes.b, 16);
	append(&p, "\x0e\x01nonce!", 8);
	seal(&p);
	msg = must_parse(&p);
	assert_false(msg.has_nonce);
}

static void
test_valid_others(void **state)
{
	struct packet p = PACKET(rs);
	struct mtud_nd_msg msg = must_parse(&p);

	(void)state;
	assert_int_equal(msg.type, MTUD_ICMP6_RS);
	ip_equal(&msg.src, &link_a);
	ip_equal(&msg.dst, &all_routers);
	lladdr_is_peer(&msg);
	p.len = ICMP + 8;
	memset(p.octets + SRC, 0, 16);
	seal(&p);
	msg = must_parse(&p);
	assert_false(msg.has_lladdr);

	p = PACKET(ra);
	msg = must_parse(&p);
	assert_int_equal(msg.type, MTUD_ICMP6_RA);
	lladdr_is_peer(&msg);

	p = PACKET(redirect);
	msg = must_parse(&p);
	assert_int_equal(msg.type, MTUD_ICMP6_REDIRECT);
	assert_false(msg.has_lladdr);
	/* The destination is a neighbor itself: then it is the target too. */
	memcpy(p.octets + ICMP + 8, p.octets + ICMP + 24, 16);
	seal(&p);
	must_parse(&p);

	/* Behind hop-by-hop and destination options. */
	p = PACKET(ns_ext);
	msg = must_parse(&p);
	ip_equal(&msg.target, &global_1);
	lladdr_is_peer(&msg);
}

static void
test_common_checks(void **state)
{
	static const struct {
		const uint8_t *octets;
		uint16_t len;
		uint16_t fixed; /* RFC 4861: octets at least */
	} all[] = {
		{ns, sizeof(ns), 24},
		{na, sizeof(na), 24},
		{rs, sizeof(rs), 8},
		{ra, sizeof(ra), 16},
		{redirect, sizeof(redirect), 40},
	};
	struct packet p;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(all); i++) {
		p = packet(all[i].octets, all[i].len);
		p.octets[7] = 254;
		must_drop(p, MTUD_DROP_ND_HOP_LIMIT);
		p = packet(all[i].octets, all[i].len);
		p.octets[ICMP + 1] = 1;
		must_drop(p, MTUD_DROP_ND_CODE);
		p = packet(all[i].octets, all[i].len);
		p.octets[ICMP + 3] ^= 1;
		must_drop_as_is(&p, MTUD_DROP_ICMP_CKSUM);
		p = packet(all[i].octets, all[i].len);
		p.len = ICMP + all[i].fixed - 1;
		must_drop(p, MTUD_DROP_ND_SHORT);
		p.len = ICMP + 4;
		must_drop(p, MTUD_DROP_ND_SHORT);
	}
	p = PACKET(ns);
	p.len = ICMP;
	must_drop_as_is(&p, MTUD_DROP_ND_SHORT);
	p.octets[6] = 60;
	must_drop_as_is(&p, MTUD_DROP_ND_SHORT);
	p = PACKET(ns);
	p.octets[ICMP] = MTUD_ICMP6_ECHO_REQUEST;
	must_drop(p, MTUD_DROP_ICMP_IGNORED);
	p.octets[6] = 17;
	must_drop_as_is(&p, MTUD_DROP_ICMP_IGNORED);
}

static void
test_options(void **state)
{
	struct packet p = PACKET(ns);
	struct mtud_nd_msg msg;

	(void)state;
	/* Unknown ones are passed over, whatever their length. */
	append(&p, "\xc8\x02 unknown option", 16);
	seal(&p);
	must_parse(&p);

	p.octets[p.len - 15] = 0;
	must_drop(p, MTUD_DROP_ND_OPTION);
	p.octets[p.len - 15] = 3;
	must_drop(p, MTUD_DROP_ND_OPTION);
	p.octets[p.len - 15] = 1;
	p.len -= 8;
	seal(&p);
	must_parse(&p);
	p.len -= 1;
	must_drop(p, MTUD_DROP_ND_OPTION);
	p.len -= 6;
	must_drop(p, MTUD_DROP_ND_OPTION);

	/* The link-layer address: of a group, of all, of nobody, of another link layer. */
	p = PACKET(ns);
	p.octets[ICMP + 26] = 0x03;
	must_drop(p, MTUD_DROP_ND_OPTION);
	memset(p.octets + ICMP + 26, 0xff, 6);
	must_drop(p, MTUD_DROP_ND_OPTION);
	memset(p.octets + ICMP + 26, 0, 6);
	must_drop(p, MTUD_DROP_ND_OPTION);
	p = PACKET(ns);
	p.octets[ICMP + 25] = 2;
	must_drop(p, MTUD_DROP_ND_OPTION);

	/* The other kind of link-layer address says nothing here. */
	p = PACKET(ns);
	p.octets[ICMP + 24] = 2;
	seal(&p);
	msg = must_parse(&p);
	assert_false(msg.has_lladdr);
	p = PACKET(na);
	p.octets[ICMP + 24] = 1;
	seal(&p);
	msg = must_parse(&p);
	assert_false(msg.has_lladdr);

	/* Of two of a kind the first counts. */
	p = PACKET(ns);
	append(&p, "\x01\x01\x02\0\0\0\0\x0b\x0e\x01second", 16);
	seal(&p);
	msg = must_parse(&p);
	lladdr_is_peer(&msg);
	assert_memory_equal(msg.nonce, "\xa1\xa2\xa3\xa4\xa5\xa6", 6);

	/* A longer nonce is not one of ours. */
	p = PACKET(ns);
	p.octets[ICMP + 33] = 2;
	append(&p, "12345678", 8);
	seal(&p);
	msg = must_parse(&p);
	assert_false(msg.has_nonce);
}

static void
test_addresses(void **state)
{
	struct packet p = PACKET(ns);

	(void)state;
	memcpy(p.octets + ICMP + 8, group_1.b, 16);
	must_drop(p, MTUD_DROP_ND_TARGET);
	p = PACKET(na);
	memcpy(p.octets + ICMP + 8, all_nodes.b, 16);
	must_drop(p, MTUD_DROP_ND_TARGET);

	/* From ::, with a source link-layer option; to another group; to one of us. */
	p = PACKET(ns);
	memset(p.octets + SRC, 0, 16);
	must_drop(p, MTUD_DROP_ND_ADDRESS);
	p.len = ICMP + 24;
	memcpy(p.octets + DST, all_nodes.b, 16);
	must_drop(p, MTUD_DROP_ND_ADDRESS);
	memcpy(p.octets + DST, global_1.b, 16);
	must_drop(p, MTUD_DROP_ND_ADDRESS);
	p = PACKET(rs);
	memset(p.octets + SRC, 0, 16);
	must_drop(p, MTUD_DROP_ND_ADDRESS);

	p = PACKET(na);
	memcpy(p.octets + DST, all_nodes.b, 16);
	must_drop(p, MTUD_DROP_ND_ADDRESS);
	p = PACKET(na);
	memcpy(p.octets + SRC, all_nodes.b, 16);
	must_drop(p, MTUD_DROP_ND_ADDRESS);
	p = PACKET(ra);
	memcpy(p.octets + SRC, global_a.b, 16);
	must_drop(p, MTUD_DROP_ND_ADDRESS);

	p = PACKET(redirect);
	memcpy(p.octets + SRC, global_a.b, 16);
	must_drop(p, MTUD_DROP_ND_ADDRESS);
	p = PACKET(redirect);
	memcpy(p.octets + ICMP + 8, global_a.b, 16);
	must_drop(p, MTUD_DROP_ND_TARGET);
	p = PACKET(redirect);
	memcpy(p.octets + ICMP + 8, link_b.b, 16);
	memcpy(p.octets + ICMP + 24, all_nodes.b, 16);
	must_drop(p, MTUD_DROP_ND_TARGET);
}

/* RFC 6980: be it the first, a later or the only one. */
static void
test_fragments(void **state)
{
	static const uint8_t fields[][2] = {{0, 1}, {0, 9}, {0, 0}};
	struct packet p = PACKET(ns);
	unsigned int i;

	(void)state;
	memmove(p.octets + ICMP + 8, p.octets + ICMP, p.len - ICMP);
	p.len += 8;
	p.icmp_at += 8;
	p.octets[6] = 44;
	for (i = 0; i < RTE_DIM(fields); i++) {
		memcpy(p.octets + ICMP, "\x3a\0\0\0\0\0\0\x01", 8);
		memcpy(p.octets + ICMP + 2, fields[i], 2);
		must_drop(p, MTUD_DROP_ND_FRAGMENT);
	}
}

/* A test that loses a packet fails here. */
static int
none_lost(void **state)
{
	(void)state;
	return rte_mempool_full(pool) ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_valid_ns, none_lost),
		cmocka_unit_test_teardown(test_valid_na, none_lost),
		cmocka_unit_test_teardown(test_valid_others, none_lost),
		cmocka_unit_test_teardown(test_common_checks, none_lost),
		cmocka_unit_test_teardown(test_options, none_lost),
		cmocka_unit_test_teardown(test_addresses, none_lost),
		cmocka_unit_test_teardown(test_fragments, none_lost),
	};
	int rc;

	if (test_eal_init(64, "") < 0)
		return 1;
	pool = test_pool_create("test");
	if (pool == NULL)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rte_mempool_free(pool);
	rte_eal_cleanup();
	return rc;
}
