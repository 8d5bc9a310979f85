/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The trace command, and its words, of records that this test writes as a worker would. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "live.h"
#include "test_conf.h"
#include "trace.h"

/* From 2001:db8:a::2 to 2001:db8:b::9: a TCP SYN with an MSS of 1440 (RFC 9293). */
static const uint8_t syn6[] = {
	0x02, 0, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0x02, 0x86, 0xdd, /* Ethernet */
	0x60, 0, 0, 0, 0, 24, 6, 64, 0x20, 0x01, 0x0d, 0xb8, 0, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
	0x20, 0x01, 0x0d, 0xb8, 0, 0x0b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, /* IPv6 */
	0x9c, 0x40, 0x01, 0xbb, 0, 0, 0, 1, 0, 0, 0, 0, 0x60, 0x02, 0xff, 0xff, 0, 0, 0, 0,
	2, 4, 0x05, 0xa0, /* TCP */
};

/* From 192.0.2.2 to 198.51.100.9, UDP with DF (RFC 791, RFC 768). */
static const uint8_t udp4[] = {
	0x02, 0, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0x02, 0x08, 0x00,
	0x45, 0, 0x05, 0xdc, 0x12, 0x34, 0x40, 0, 64, 17, 0, 0, 192, 0, 2, 2, 198, 51, 100, 9,
	0x0f, 0xa0, 0, 53, 0, 8, 0, 0,
};

static struct out out;
static struct live *live;

static int
setup_trace(void **state)
{
	if (setup_conf(state) != 0)
		return -1;
	context.worker[0]->lcore = 3;
	out_init(&out);
	live = NULL;
	DO("add address 2001:db8:b::1/64 port 1", "add address 198.51.100.1/24 port 1",
		"add route 2001:db8:c::/48 via 2001:db8:b::2 mtu 1280");
	return 0;
}

static int
teardown_trace(void **state)
{
	live_end(&live);
	out_free(&out);
	trace_end(&context);
	return teardown_conf(state);
}

/* Begin; what was said of it is forgotten. */
static void
begin(const char *line)
{
	assert_int_equal(cmd_run(line, &out), 0);
	live = live_take(&out);
	assert_non_null(live);
	out_reset(&out);
}

/* A turn: whether it goes on, and all it says in out. */
static bool
turn(uint64_t now_ms)
{
	out_reset(&out);
	return live_turn(&live, &out, now_ms);
}

static const char *
said(void)
{
	return out.text != NULL ? out.text : "";
}

static void
assert_said(const char *part)
{
	if (strstr(said(), part) == NULL)
		fail_msg("\"%s\" is not in:\n%s", part, said());
}

static void
assert_not_said(const char *part)
{
	if (strstr(said(), part) != NULL)
		fail_msg("\"%s\" is in:\n%s", part, said());
}

static void
set_head(struct mtud_trace_record *r, const uint8_t *octets, uint16_t len)
{
	memcpy(r->head, octets, len);
	r->head_len = len;
	r->len = len;
	r->ip_len = len - MTUD_L3_AT;
	r->syn = MTUD_SYN_MAX;
	r->family = octets[12] == 0x08 ? MTUD_IPV4 : MTUD_IPV6;
	r->sound = true;
}

static void
set_frame(struct mtud_trace_record *r, uint16_t port, const uint8_t *octets, uint16_t len, bool own)
{
	struct mtud_trace_frame *f = &r->frame[RTE_MIN(r->n_frames, MTUD_TRACE_FRAMES - 1u)];

	r->n_frames++;
	f->port = port;
	f->len = f->head_len = len;
	f->own = own;
	memcpy(f->head, octets, len);
}

/* The route that an address takes, as a worker finds it. */
static void
set_route(struct mtud_trace_record *r, const char *dst)
{
	struct mtud_route_info info;
	struct mtud_ip ip;

	assert_int_equal(mtud_ip_parse(dst, &ip), 0);
	assert_int_equal(mtud_route_match(context.rt, &ip, &info), 0);
	r->slot = info.slot;
	r->route = mtud_route_slot(mtud_route_slots(mtud_route_view(context.rt)), info.slot);
}

static void
write_record(const struct mtud_trace_record *r)
{
	struct mtud_trace_queue *q = &context.trace->queue[0];

	q->record[q->written % MTUD_TRACE_RECORDS] = *r;
	q->written++;
}

static struct mtud_trace_record
forwarded6(void)
{
	struct mtud_trace_record r = {.verdict = MTUD_PASS};

	set_head(&r, syn6, sizeof(syn6));
	set_route(&r, "2001:db8:b::9");
	set_frame(&r, 1, syn6, sizeof(syn6), false);
	return r;
}

static void
bad_lines_are_refused(void **state)
{
	(void)state;
	assert_line("trace port 9", -1, "trace: port 9: there is no such port of mtud's; they are 0 to "
		"1; a TCP or UDP port is \"tcp port 9\" or \"udp port 9\"");
	assert_line("trace port", -1, "trace: port: a number is missing");
	assert_line("trace port x", -1, "trace: port x: expected a number from 0 to 65535");
	assert_line("trace port 0 port 1", -1, "trace: port is given twice; a TCP or UDP port is "
		"\"tcp port 1\" or \"udp port 1\"");
	assert_line("trace count 0", -1, "trace: count 0: expected a number from 1 to 1000000");
	assert_line("trace count 1000001", -1,
		"trace: count 1000001: expected a number from 1 to 1000000");
	assert_line("trace count 2 count 3", -1, "trace: count is given twice");
	assert_line("trace tcp prt 4", -1, "filter \"tcp prt 4\": can't parse filter expression: "
		"syntax error; pcap-filter(7) has the grammar");
	assert_line("trace inbound and tcp", -1, "filter \"inbound and tcp\": only a kernel's capture "
		"knows inbound, outbound and the like; choose by address or MAC (ether src)");
	assert_null(context.trace);
	assert_null(context.view->trace);
	load("trace\n", -1, "test_conf.tmp:1: trace: not from within a file; give it on a console");
	assert_complete("trace ", "|<RETURN>|<a filter as tcpdump has it>|count|port");
	assert_complete("trace po", "rt ");
	assert_complete("trace port ", "|0|1|<RETURN>");
}

/* It is published, and taken back; meanwhile there is no other. */
static void
one_at_a_time(void **state)
{
	(void)state;
	begin("trace port 1 count 3 icmp6 and ip6[6] == 58");
	assert_ptr_equal(context.view->trace, context.trace);
	assert_int_equal(context.trace->port, 1);
	assert_int_equal(context.trace->queue[0].left, 3);
	assert_line("trace", -1, "trace: one is under way on another console; end it there first");
	assert_true(turn(0));
	assert_string_equal(said(), "");
	live_end(&live);
	assert_null(context.trace);
	assert_null(context.view->trace);
	begin("trace");
	assert_int_equal(context.trace->port, -1);
	assert_int_equal(context.trace->queue[0].left, 10);
	assert_null(context.trace->matches);
}

/* A worker that hangs may be using it: it stays, closed, until the next one. */
static void
stays_while_a_worker_hangs(void **state)
{
	const struct mtud_trace *ended;

	(void)state;
	begin("trace ip6");
	ended = context.trace;
	test_stalled = true;
	live_end(&live);
	test_stalled = false;
	assert_ptr_equal(context.trace, ended);
	assert_ptr_equal(context.view->trace, ended);
	assert_true(ended->closed);
	assert_non_null(ended->matches);
	begin("trace");
	assert_ptr_not_equal(context.trace, ended);
	assert_null(context.trace_ended);
	test_stalled = true;
	live_end(&live);
	test_stalled = false;
	assert_non_null(context.trace_ended);
}

static bool
matches(const uint8_t *octets, uint16_t len)
{
	uint8_t copy[sizeof(syn6)];
	struct rte_mbuf m = {.buf_addr = copy, .data_len = len, .pkt_len = len, .nb_segs = 1};

	memcpy(copy, octets, len);
	return context.trace->matches(context.trace->filter, &m);
}

/* tcpdump's expressions, quoted or not; a frame that is too short for one does not match. */
static void
filters_match(void **state)
{
	static const struct {
		const char *line;
		bool six, four;
	} rows[] = {
		{"trace ip6", true, false},
		{"trace \"ip6\"", true, false},
		{"trace count 1 'udp port 53'", false, true},
		{"trace tcp port 443 or udp port 53", true, true},
		{"trace ip6 dst 2001:db8:b::9 and ip6 proto 6", true, false},
		{"trace not (ip or ip6)", false, false},
		{"trace greater 100", false, false},
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++) {
		begin(rows[i].line);
		assert_int_equal(matches(syn6, sizeof(syn6)), rows[i].six);
		assert_int_equal(matches(udp4, sizeof(udp4)), rows[i].four);
		assert_false(matches(syn6, 0));
		live_end(&live);
	}
}

/* It ends when as many have been shown; more are not. */
static void
ends_when_all_are_shown(void **state)
{
	struct mtud_trace_record r = forwarded6();

	(void)state;
	begin("trace count 2");
	write_record(&r);
	assert_true(turn(0));
	assert_said("#1 ");
	write_record(&r);
	write_record(&r);
	context.trace->queue[0].missed = 7;
	assert_false(turn(50));
	assert_said("#2 ");
	assert_not_said("#3 ");
	assert_said("(7 more matched faster than they could be shown, and are not)\n");
	assert_null(context.trace);
}

/* Every word of one that is forwarded. */
static void
forwarded_in_words(void **state)
{
	struct mtud_trace_record r = forwarded6();

	(void)state;
	begin("trace");
	write_record(&r);
	assert_true(turn(0));
	assert_said("port 0, worker 0 (lcore 3): 78 octets, 02:00:00:00:00:02 > 02:00:00:00:00:01\n"
		    "   parse    IPv6 2001:db8:a::2 > 2001:db8:b::9, TCP 40000 > 443 [S] mss 1440, "
		    "64 octets, hop limit 64\n"
		    "   route    2001:db8:b::/64 on the link of port 1; MTU 1500: the route sets none, "
		    "port 1 carries 1500\n"
		    "   size     64 fits MTU 1500\n"
		    "   egress   port 1: 78 octets, 02:00:00:00:00:02 > 02:00:00:00:00:01\n"
		    "   end      forwarded\n");
}

/* The route is told as it was, where it has changed since. */
static void
changed_route_is_told(void **state)
{
	struct mtud_trace_record r = forwarded6();

	(void)state;
	begin("trace");
	r.route.mtu = 1280;
	write_record(&r);
	assert_true(turn(0));
	assert_said("   route    one by port 1, MTU 1280, which has changed since; now "
		    "2001:db8:b::/64 on the link of port 1; MTU 1500: ");
	DO("del address 2001:db8:b::1/64 port 1");
	r = (struct mtud_trace_record){.verdict = MTUD_DROP, .drop = MTUD_DROP_BLACKHOLE};
	set_head(&r, syn6, sizeof(syn6));
	r.slot = 77;
	r.route.type = MTUD_ROUTE_BLACKHOLE;
	write_record(&r);
	assert_true(turn(0));
	assert_said("   route    one of type blackhole, which has changed since; now none covers "
		    "2001:db8:b::9\n   end      dropped, blackhole: route of type blackhole\n");
}

static struct mtud_trace_record
big4(void)
{
	struct mtud_trace_record r = {.verdict = MTUD_PASS};

	set_head(&r, udp4, sizeof(udp4));
	set_route(&r, "198.51.100.9");
	r.ip_len = 1500;
	r.route.mtu = 1400;
	return r;
}

/* What the size stage says of each verdict, and the ends that follow from it. */
static void
sizes_in_words(void **state)
{
	struct mtud_trace_record r = big4();

	(void)state;
	begin("trace");
	set_frame(&r, 1, udp4, sizeof(udp4), false);
	write_record(&r);
	assert_true(turn(0));
	assert_said("IPv4 192.0.2.2 > 198.51.100.9, UDP 4000 > 53, 1500 octets, TTL 64, DF\n");
	assert_said("   size     1500 is more than MTU 1400: sent on whole all the same (df pass)\n");
	r = big4();
	r.verdict = MTUD_FRAGMENT;
	r.fragments = 6;
	for (unsigned int i = 0; i < 6; i++)
		set_frame(&r, 1, udp4, sizeof(udp4) - (i == 5), true);
	write_record(&r);
	assert_true(turn(0));
	assert_said("   size     1500 is more than MTU 1400: cut into fragments, in spite of DF (df "
		    "clear)\n   egress   port 1: 42 octets, ");
	assert_said("            ... 4 more, 42 octets at most\n   egress   port 1: 41 octets, ");
	assert_said("   end      forwarded in 6 fragments\n");
	/* More than a batch holds: those that stand in it are not all. */
	r.fragments = 134;
	write_record(&r);
	assert_true(turn(0));
	assert_said("            ... 132 more, 42 octets at most\n");
	r.fragments = 6;
	r.n_own_drop = 2;
	r.own_drop = MTUD_DROP_TX_FULL;
	write_record(&r);
	assert_true(turn(0));
	assert_said("   end      forwarded in 6 fragments, 2 of them dropped, tx_full: ");
	r = big4();
	r.verdict = MTUD_ANSWER;
	r.drop = MTUD_DROP_TOO_BIG;
	r.icmp = MTUD_ICMP_HELD_RATE;
	write_record(&r);
	assert_true(turn(0));
	assert_said("   size     1500 is more than MTU 1400: Fragmentation Needed, for DF is set\n"
		    "   answer   none, held_rate: not sent: over the rate (set icmp rate)\n"
		    "   end      dropped, too_big: larger than the MTU of its route\n");
}

static void
mss_in_words(void **state)
{
	struct mtud_trace_record r = {.verdict = MTUD_PASS};
	uint8_t clamped[sizeof(syn6)];

	(void)state;
	begin("trace");
	memcpy(clamped, syn6, sizeof(syn6));
	memcpy(&clamped[sizeof(syn6) - 2], "\x04\xc4", 2);
	set_head(&r, syn6, sizeof(syn6));
	set_route(&r, "2001:db8:b::9");
	set_frame(&r, 1, clamped, sizeof(clamped), false);
	r.syn = MTUD_SYN_REWRITTEN;
	write_record(&r);
	assert_true(turn(0));
	assert_said("   mss      1440 becomes 1220, as the route asks\n");
	r.syn = MTUD_SYN_SIGNED;
	write_record(&r);
	assert_true(turn(0));
	assert_said("   mss      left alone: the segment carries a TCP MD5 or TCP-AO signature\n");
}

/* An answer that does not leave. */
static void
answers_that_stay_in_words(void **state)
{
	struct mtud_trace_record r = {.verdict = MTUD_ANSWER, .drop = MTUD_DROP_HOP_LIMIT,
		.icmp = MTUD_ICMP_TIME_EXCEEDED, .own_punted = true, .mark = 1};

	(void)state;
	begin("trace");
	set_head(&r, syn6, sizeof(syn6));
	set_route(&r, "2001:db8:b::9");
	write_record(&r);
	assert_true(turn(0));
	assert_said("   answer   sent_time_exceeded: waits until its own next hop is known\n"
		    "   end      dropped, hop_limit: ");
	assert_not_said("   size");
	r.own_punted = false;
	r.own_drop = MTUD_DROP_TX_FULL;
	r.n_own_drop = 1;
	write_record(&r);
	assert_true(turn(0));
	assert_said("   answer   sent_time_exceeded: dropped, tx_full: ");
}

/* One that waits is waited for, by its number, but not for ever. */
static void
what_waits_is_waited_for(void **state)
{
	struct mtud_trace_record r = {.verdict = MTUD_RESOLVE, .punted = true, .mark = 5};
	struct mtud_trace_record back = forwarded6();

	(void)state;
	begin("trace count 1");
	set_head(&r, syn6, sizeof(syn6));
	set_route(&r, "2001:db8:b::9");
	write_record(&r);
	assert_true(turn(0));
	assert_said("   end      waits until 2001:db8:b::9 on port 1 has answered a Neighbor "
		    "Solicitation\n(1 of them may come back; that is waited for, 4 s at most)\n");
	back.again = true;
	back.mark = 6;
	write_record(&back);
	assert_true(turn(10));
	assert_string_equal(said(), "");
	back.mark = 5;
	write_record(&back);
	assert_false(turn(20));
	assert_said("#1 again, ");
	assert_said("   waited   IPv6 2001:db8:a::2 > ");
	assert_said("   resolved yes: it goes its way\n");
	assert_said("   end      forwarded\n");
	begin("trace count 1");
	set_route(&r, "2001:db8:b::9");
	write_record(&r);
	assert_true(turn(0));
	assert_true(turn(3999));
	assert_string_equal(said(), "");
	assert_false(turn(4000));
}

/* A group that no route is for takes none, though the default route covers it. */
static void
unrouted_group_in_words(void **state)
{
	struct mtud_trace_record r = {.verdict = MTUD_DROP, .drop = MTUD_DROP_MCAST_UNROUTED,
		.flags = MTUD_FLAG_DST_MULTICAST};

	(void)state;
	DO("add route ::/0 via 2001:db8:b::2");
	begin("trace");
	set_head(&r, syn6, sizeof(syn6));
	memcpy(&r.head[MTUD_L3_AT + 24], "\xff\x05", 2);
	set_route(&r, "2001:db9::1");
	write_record(&r);
	assert_true(turn(0));
	assert_said("   route    none covers ff05:");
	assert_said("   end      dropped, mcast_unrouted: ");
}

/* What is no sound IP, and what goes to the control thread. */
static void
others_in_words(void **state)
{
	static const uint8_t arp[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 2, 8, 6,
		0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2, 192, 0, 2, 2, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1};
	struct mtud_trace_record r = {.drop = MTUD_DROP_RUNT};

	(void)state;
	begin("trace");
	set_head(&r, arp, 13);
	r.sound = false;
	write_record(&r);
	assert_true(turn(0));
	assert_said(": 13 octets\n   parse    no whole Ethernet header\n   end      dropped, runt: ");
	r = (struct mtud_trace_record){.punted = true, .mark = 1};
	set_head(&r, arp, sizeof(arp));
	r.sound = false;
	write_record(&r);
	assert_true(turn(0));
	assert_said("   parse    ARP who has 192.0.2.1, tell 192.0.2.2 at 02:00:00:00:00:02\n"
		    "   end      handed to the control thread: ARP\n");
}

/* Whatever stands in a frame, cut anywhere: words, and no octet beyond it is read. */
static void
any_octets_are_survived(void **state)
{
	char text[TRACE_PACKET_STRLEN];
	unsigned int i, j;

	(void)state;
	srandom(3);
	for (i = 0; i < 20000; i++) {
		uint16_t len = (uint16_t)(random() % (MTUD_TRACE_FRAME_HEAD + 1));
		uint8_t *octets = malloc(len);

		assert_true(octets != NULL || len == 0);
		for (j = 0; j < len; j++)
			octets[j] = (uint8_t)random();
		if (random() % 4 != 0) {
			const uint8_t *sane = random() % 2 == 0 ? syn6 : udp4;

			memcpy(octets, sane, RTE_MIN(len, sizeof(udp4)));
			/* Few wrong octets: it must get far. */
			for (j = (unsigned int)(random() % 3); j > 0 && len > 0; j--)
				octets[random() % RTE_MIN(len, 60)] = (uint8_t)random();
		}
		trace_packet(octets, len, text);
		assert_in_range(strlen(text), 3, sizeof(text) - 1);
		trace_mss(octets, len);
		free(octets);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_trace, teardown_trace)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bad_lines_are_refused),
		TEST(one_at_a_time),
		TEST(stays_while_a_worker_hangs),
		TEST(filters_match),
		TEST(ends_when_all_are_shown),
		TEST(forwarded_in_words),
		TEST(changed_route_is_told),
		TEST(sizes_in_words),
		TEST(mss_in_words),
		TEST(answers_that_stay_in_words),
		TEST(what_waits_is_waited_for),
		TEST(unrouted_group_in_words),
		TEST(others_in_words),
		cmocka_unit_test(any_octets_are_survived),
	};

	if (setup_eal() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
