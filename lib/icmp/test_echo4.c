/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_icmp.h"
#include "test_mbuf.h"

#define IP4 sizeof(struct rte_ipv4_hdr)
#define ID  0x5a17

static struct rte_mempool *pool;

static const struct mtud_ip router = {{[10] = 0xff, 0xff, 192, 0, 2, 254}};

/* Requests of 198.51.100.1 and their answers by 192.0.2.254, from scapy. */
static const uint8_t echo_request[] = {0x45, 0xb9, 0x00, 0x31, 0x01, 0x02, 0x40, 0x00, 0x01, 0x01,
	0x8a, 0xde, 0xc6, 0x33, 0x64, 0x01, 0xc0, 0x00, 0x02, 0xfe, 0x08, 0x00, 0xa3, 0xed, 0xbe,
	0xef, 0x00, 0x03, 0x6f, 0x64, 0x64, 0x20, 0x64, 0x61, 0x74, 0x61, 0x2c, 0x20, 0x32, 0x31,
	0x20, 0x6f, 0x63, 0x74, 0x65, 0x74, 0x73, 0x2e, 0x2e};
static const uint8_t echo_reply[] = {0x45, 0xb9, 0x00, 0x31, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01,
	0x32, 0xc9, 0xc0, 0x00, 0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x00, 0x00, 0xab, 0xed, 0xbe,
	0xef, 0x00, 0x03, 0x6f, 0x64, 0x64, 0x20, 0x64, 0x61, 0x74, 0x61, 0x2c, 0x20, 0x32, 0x31,
	0x20, 0x6f, 0x63, 0x74, 0x65, 0x74, 0x73, 0x2e, 0x2e};
static const uint8_t group_request[] = {0x45, 0x00, 0x00, 0x20, 0x00, 0x01, 0xe0, 0x00, 0xff, 0x01,
	0xb1, 0xa6, 0xc6, 0x33, 0x64, 0x01, 0xff, 0xff, 0xff, 0xff, 0x08, 0x00, 0x19, 0x2c, 0x00,
	0x01, 0x00, 0x02, 0x70, 0x69, 0x6e, 0x67};
static const uint8_t group_reply[] = {0x45, 0x00, 0x00, 0x20, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01,
	0x33, 0x93, 0xc0, 0x00, 0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x00, 0x00, 0x21, 0x2c, 0x00,
	0x01, 0x00, 0x02, 0x70, 0x69, 0x6e, 0x67};
static const uint8_t options_request[] = {0x4f, 0x00, 0x00, 0x48, 0x00, 0x01, 0x00, 0x00, 0x09,
	0x01, 0x66, 0x27, 0xc6, 0x33, 0x64, 0x01, 0xc0, 0x00, 0x02, 0xfe, 0x07, 0x27, 0x08, 0x00,
	0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
	0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e,
	0x1f, 0x20, 0x21, 0x22, 0x23, 0x00, 0x08, 0x00, 0x19, 0x2c, 0x00, 0x01, 0x00, 0x02, 0x70,
	0x69, 0x6e, 0x67};
static const uint8_t options_reply[] = {0x45, 0x00, 0x00, 0x20, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01,
	0x33, 0x93, 0xc0, 0x00, 0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x00, 0x00, 0x21, 0x2c, 0x00,
	0x01, 0x00, 0x02, 0x70, 0x69, 0x6e, 0x67};
static const uint8_t zeros_request[] = {0x45, 0x00, 0x00, 0x28, 0x00, 0x07, 0x00, 0x00, 0x40, 0x01,
	0x8d, 0x9b, 0xc6, 0x33, 0x64, 0x01, 0xc0, 0x00, 0x02, 0xfe, 0x08, 0x00, 0xf7, 0xff, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
static const uint8_t zeros_reply[] = {0x45, 0x00, 0x00, 0x28, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01,
	0x33, 0x8b, 0xc0, 0x00, 0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x00, 0x00, 0xff, 0xff, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
static const uint8_t ones_request[] = {0x45, 0x00, 0x00, 0x20, 0x00, 0x07, 0x00, 0x00, 0x40, 0x01,
	0x8d, 0xa3, 0xc6, 0x33, 0x64, 0x01, 0xc0, 0x00, 0x02, 0xfe, 0x08, 0x00, 0xf7, 0xff, 0x00,
	0x00, 0x00, 0x01, 0x12, 0x34, 0xed, 0xca};
static const uint8_t ones_reply[] = {0x45, 0x00, 0x00, 0x20, 0x5a, 0x17, 0x00, 0x00, 0x40, 0x01,
	0x33, 0x93, 0xc0, 0x00, 0x02, 0xfe, 0xc6, 0x33, 0x64, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x01, 0x12, 0x34, 0xed, 0xca};

struct echo_case {
	const char *name;
	const uint8_t *request;
	uint16_t request_len;
	uint16_t payload_at;
	const uint8_t *reply;
	uint16_t reply_len;
};

#define CASE(name, what, payload_at)                                                    \
	{                                                                               \
		name, what##_request, sizeof(what##_request), payload_at, what##_reply, \
			sizeof(what##_reply)                                            \
	}

static const struct echo_case echo_cases[] = {
	CASE("odd length, TOS, DF", echo, 20),
	CASE("to a broadcast, all flags set: the reply has a source of its own", group, 20),
	CASE("as many options as there can be: the reply has none", options, 60),
	CASE("a reply that is all zeros", zeros, 20),
	CASE("a reply whose words add up to 0xffff", ones, 20),
};

static void
echo_one(const struct echo_case *c, uint32_t l3_at, uint16_t seg_len)
{
	uint8_t octets[256];
	struct rte_mbuf *m;
	uint16_t got;

	memset(octets, 0xcc, sizeof(octets));
	memcpy(octets + l3_at, c->request, c->request_len);
	m = test_mbuf(pool, octets, l3_at + c->request_len + 20, seg_len);
	got = mtud_icmp4_echo_reply(m, l3_at, c->payload_at, c->request_len, &router, 64, ID);
	if (seg_len != 0 && seg_len < l3_at + c->payload_at + 8) {
		assert_int_equal(got, 0);
		test_mbuf_equal(m, octets, l3_at + c->request_len + 20);
	} else {
		assert_int_equal(got, c->reply_len);
		memcpy(octets + l3_at, c->reply, c->reply_len);
		test_mbuf_equal(m, octets, l3_at + c->reply_len);
	}
	rte_pktmbuf_free(m);
	assert_true(rte_mempool_full(pool));
}

static void
test_echo(void **state)
{
	static const uint32_t l3_ats[] = {0, 14, 18};
	unsigned int i, a;
	uint16_t seg_len;

	(void)state;
	for (i = 0; i < RTE_DIM(echo_cases); i++) {
		print_message("  %s\n", echo_cases[i].name);
		for (a = 0; a < RTE_DIM(l3_ats); a++)
			for (seg_len = 0; seg_len < 120; seg_len++)
				echo_one(&echo_cases[i], l3_ats[a], seg_len);
	}
}

/* Shorter than an echo request's header: nothing to answer, nothing touched. */
static void
test_echo_short(void **state)
{
	struct rte_mbuf *m = test_mbuf(pool, echo_request, sizeof(echo_request), 0);

	(void)state;
	assert_int_equal(mtud_icmp4_echo_reply(m, 0, 20, 27, &router, 64, ID), 0);
	assert_int_equal(mtud_icmp4_echo_reply(m, 0, 20, 20, &router, 64, ID), 0);
	assert_int_equal(mtud_icmp4_echo_reply(m, 0, 28, 20, &router, 64, ID), 0);
	assert_int_equal(mtud_icmp4_echo_reply(m, 0, 16, 49, &router, 64, ID), 0);
	assert_int_equal(mtud_icmp4_echo_reply(m, 0, 44, 49, &router, 64, ID), 0);
	test_mbuf_equal(m, echo_request, sizeof(echo_request));
	rte_pktmbuf_free(m);
}

/* RFC 1071 as it is written, octet by octet: 0 over what carries its checksum. */
static uint16_t
plain_cksum(const uint8_t *octets, uint32_t len)
{
	uint32_t sum = 0, i;

	for (i = 0; i < len; i++)
		sum += i % 2 == 0 ? octets[i] << 8 : octets[i];
	while (sum > 0xffff)
		sum = (sum >> 16) + (sum & 0xffff);
	return sum ^ 0xffff;
}

static void
linear(const struct rte_mbuf *m, uint8_t *to, uint32_t room)
{
	const char *reason;
	const void *from;

	if (rte_mbuf_check(m, 1, &reason) != 0)
		fail_msg("%s", reason);
	assert_in_range(m->pkt_len, 0, room);
	from = rte_pktmbuf_read(m, 0, m->pkt_len, to);
	assert_non_null(from);
	if (from != to)
		memcpy(to, from, m->pkt_len);
}

/* Each length, each checksum that a request can have: what comes back adds up. */
static void
test_echo_every_length(void **state)
{
	uint8_t octets[1500], got[1500];
	struct rte_mbuf *m;
	uint32_t len, i;
	uint16_t cksum;

	(void)state;
	for (len = 28; len <= sizeof(octets); len++) {
		memset(octets, 0, sizeof(octets));
		memcpy(octets, echo_request, 20);
		octets[20] = 8;
		for (i = 24; i < len; i++)
			octets[i] = (i * len + (len >> 3)) & 0xff;
		cksum = plain_cksum(&octets[20], len - 20);
		octets[22] = cksum >> 8;
		octets[23] = cksum & 0xff;

		m = test_mbuf(pool, octets, len, 28 + len % 300);
		assert_int_equal(mtud_icmp4_echo_reply(m, 0, 20, len, &router, 64, ID), len);
		linear(m, got, sizeof(got));
		assert_int_equal(got[20], 0);
		assert_int_equal(got[2] << 8 | got[3], len);
		assert_int_equal(plain_cksum(got, IP4), 0);
		assert_int_equal(plain_cksum(&got[20], len - 20), 0);
		assert_memory_equal(&got[24], &octets[24], len - 24);
		rte_pktmbuf_free(m);
	}
}

/* Every sum that there is, through identifiers: no reply's checksum is off by RFC 1624's zeros. */
static void
test_echo_every_checksum(void **state)
{
	uint8_t octets[sizeof(zeros_request)], got[sizeof(octets)], want[2];
	uint32_t id;
	struct rte_mbuf *m;
	uint16_t cksum;

	(void)state;
	for (id = 0; id <= UINT16_MAX; id++) {
		memcpy(octets, zeros_request, sizeof(octets));
		octets[22] = octets[23] = 0;
		octets[24] = id >> 8;
		octets[25] = id & 0xff;
		octets[20] = 0;
		cksum = plain_cksum(&octets[20], sizeof(octets) - 20);
		want[0] = cksum >> 8;
		want[1] = cksum & 0xff;
		octets[20] = 8;
		cksum = plain_cksum(&octets[20], sizeof(octets) - 20);
		octets[22] = cksum >> 8;
		octets[23] = cksum & 0xff;

		m = test_mbuf(pool, octets, sizeof(octets), 0);
		assert_int_equal(mtud_icmp4_echo_reply(m, 0, 20, sizeof(octets), &router, 64, ID),
			sizeof(octets));
		linear(m, got, sizeof(got));
		assert_memory_equal(&got[22], want, sizeof(want));
		rte_pktmbuf_free(m);
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
		cmocka_unit_test_teardown(test_echo, none_lost),
		cmocka_unit_test_teardown(test_echo_short, none_lost),
		cmocka_unit_test_teardown(test_echo_every_length, none_lost),
		cmocka_unit_test_teardown(test_echo_every_checksum, none_lost),
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
