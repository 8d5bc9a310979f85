/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/*
 * Fuzzer of what neighbors send: ND, MLD and ARP, through a worker's stages and its punt ring to
 * the control thread, with the clock in the hands of the input. That is a row of events, each an
 * octet (bits 0 to 2: which; bit 3: the port; bits 4 to 7: its argument) and what belongs to it:
 *
 *	0  frame, 1 octet where its first segment ends (0: it is one), 2 octets its length (most
 *	   significant first), the frame; with argument 1 lengths and checksums are made right
 *	1  time, 1 octet: up to 127 tens of milliseconds, from 128 on seconds
 *	2  an address of ours comes or goes: the argument says which
 *	3  a packet to a host that the argument names, which may have to be asked for
 *	4  the link goes down or up
 *	5  a static entry for a host that the argument names
 *	6  an entry is removed
 *
 * What is short ends the input. RFC 4861, 6980, 3810, 826 and 5227 say what must hold afterwards.
 */

#include "fuzz_world.h"

/* A message is answered once, and may make us ask once; all else is amplification. */
#define SENT_BY_FRAME 2

/* The look at the timers that comes with any time: those of every neighbor, address and group. */
#define SENT_BY_TICK (NEIGHBORS + 3 * MTUD_ADDR_MAX)

#define ROUNDS_MAX 16
#define EVENTS_MAX 64

/* What is left of the input. */
struct input {
	const uint8_t *at;
	size_t left;
};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
take(struct input *in, void *to, size_t n)
{
	if (in->left < n)
		return false;
	memcpy(to, in->at, n);
	in->at += n;
	in->left -= n;
	return true;
}

/* Every frame of the control thread on the inject ring, which stay there. */
static unsigned int
look_at_sent(void)
{
	struct rte_mbuf *m;
	unsigned int n = rte_ring_count(world.w->inject), i, sent = 0;

	for (i = 0; i < n; i++) {
		if (rte_ring_dequeue(world.w->inject, (void **)&m) < 0)
			BROKEN("a packet left the inject ring by itself");
		if (mtud_pkt_meta(m)->why == MTUD_PKT_SEND) {
			sent_check(mtud_pkt_meta(m)->egress, m);
			sent++;
		}
		rte_ring_enqueue(world.w->inject, m);
	}
	return sent;
}

static void
drain_ports(void)
{
	struct rte_mbuf *m;
	unsigned int i;

	for (i = 0; i < PORTS; i++)
		while (rte_ring_dequeue(world.out[i], (void **)&m) == 0)
			rte_pktmbuf_free(m);
}

/* Worker and control thread hand to each other until both have nothing left. */
static unsigned int
settle(void)
{
	unsigned int sent = 0, rounds = 0;

	do {
		if (rounds++ == ROUNDS_MAX)
			BROKEN("packets go round between worker and control thread");
		mtud_ctl_poll(world.ctl, world.now_ms);
		sent += look_at_sent();
		mtud_fwd_begin(world.w);
		mtud_fwd_inject(world.w);
		mtud_fwd_flush(world.w);
		drain_ports();
	} while (!rte_ring_empty(world.w->punt) || !rte_ring_empty(world.w->inject));
	return sent;
}

static void
feed(uint16_t port, struct rte_mbuf *m)
{
	mtud_fwd_begin(world.w);
	mtud_fwd_burst(world.w, port, &m, 1);
	mtud_fwd_flush(world.w);
	drain_ports();
}

static bool
on_frame(struct input *in, uint16_t port, uint8_t arg)
{
	struct picture before, after;
	struct lesson lesson;
	unsigned int sent;
	uint8_t head[3], frame[2048];
	struct rte_mbuf *m;
	uint16_t len;

	if (!take(in, head, sizeof(head)))
		return false;
	len = RTE_MIN((size_t)(head[1] << 8 | head[2]), RTE_MIN(in->left, (size_t)1600));
	take(in, frame, len);
	if (arg & 1)
		frame_seal(frame, len);
	m = len > 0 ? frame_make(port, frame, len, head[0]) : NULL;
	if (m == NULL)
		return true;
	teach(port, frame, len, &lesson);
	settle();
	world_picture(&before);
	feed(port, m);
	sent = settle();
	world_picture(&after);
	if (sent > SENT_BY_FRAME)
		BROKEN("%u frames for one", sent);
	teach_check(port, &lesson, &before, &after);
	return true;
}

static bool
on_time(struct input *in)
{
	uint64_t until_ms, step_ms;
	uint8_t t;

	if (!take(in, &t, 1))
		return false;
	until_ms = world.now_ms + (t < 128 ? t * 10u : (t - 127u) * 1000u);
	step_ms = RTE_MAX((until_ms - world.now_ms) / 16, (uint64_t)50);
	do {
		world.now_ms = RTE_MIN(world.now_ms + step_ms, until_ms);
		if (settle() > SENT_BY_TICK)
			BROKEN("a tick that sends without an end");
	} while (world.now_ms < until_ms);
	return true;
}

/* Hosts on both links and behind a router. */
static struct mtud_ip
host(uint16_t port, uint8_t arg)
{
	static const char *const net[PORTS][4] = {
		{"2001:db8:a::", "192.0.2.0", "fe80::", "10.1.0.0"},
		{"2001:db8:b::", "203.0.113.0", "fe80::", "2001:db8:1::"},
	};
	struct mtud_ip ip = world_ip(net[port][arg % 4]);

	ip.b[15] = 2 + 8 * (arg / 4);
	return ip;
}

static void
on_packet(uint16_t port, uint8_t arg)
{
	struct mtud_ip dst = host(port, arg), src = host(!port, 0);
	uint8_t frame[14 + 60] = {0}, *ip = frame + 14;
	struct rte_mbuf *m;

	memcpy(frame, &our_mac[port], 6);
	if (mtud_ip_is_v4(&dst)) {
		frame[12] = 0x08;
		memcpy(ip, "\x45\0\0\0\0\0\0\0\x40\xfd\0\0\xc6\x33\x64\x07", 16);
		memcpy(ip + 16, &dst.b[12], 4);
	} else {
		frame[12] = 0x86;
		frame[13] = 0xdd;
		memcpy(ip, "\x60\0\0\0\0\0\xfd\x40", 8);
		memcpy(ip + 8, src.b, MTUD_IP_LEN);
		memcpy(ip + 24, dst.b, MTUD_IP_LEN);
	}
	frame_seal(frame, sizeof(frame));
	m = frame_make(port, frame, sizeof(frame), 0);
	if (m != NULL)
		feed(port, m);
	settle();
}

static void
on_link(uint16_t port)
{
	world.ctl->now_ms = world.now_ms;
	if (world.ctl->port[port].up)
		mtud_ctl_port_down(world.ctl, port);
	else
		mtud_ctl_port_up(world.ctl, port, &our_mac[port]);
	world_follow();
	settle();
}

static void
on_entry(uint16_t port, uint8_t arg, bool add)
{
	static const struct rte_ether_addr mac = {{2, 0, 0, 0, 0, 0x99}};
	struct mtud_ip ip = host(port, arg & ~3);

	if (add)
		mtud_neigh_set_static(world.nt, port, &ip, &mac, world.now_ms);
	else
		mtud_neigh_del(world.nt, port, &ip);
	settle();
}

static void
check_entry(const struct mtud_neigh_info *e)
{
	bool known = e->state != MTUD_NEIGH_NONE && e->state != MTUD_NEIGH_INCOMPLETE &&
		e->state != MTUD_NEIGH_FAILED;
	union mtud_adj adj = mtud_neigh_adj(mtud_neigh_adjs(world.nt), e->adj);

	if (known ? !rte_is_valid_assigned_ether_addr(&e->mac) : !rte_is_zero_ether_addr(&e->mac))
		BROKEN("%s with a wrong MAC", mtud_neigh_state_name(e->state));
	if (adj.port != e->port || memcmp(adj.mac, &e->mac, sizeof(adj.mac)) != 0 ||
		((adj.flags & MTUD_ADJ_VALID) != 0) != known)
		BROKEN("workers have another word of a neighbor");
	if (e->held > (e->state == MTUD_NEIGH_INCOMPLETE ? HOLD : 0))
		BROKEN("%s holds %u packets", mtud_neigh_state_name(e->state), e->held);
	if (mtud_neigh_find(world.nt, e->port, &e->ip) != e->adj)
		BROKEN("a neighbor is not found");
}

/* Between two events nothing is on its way but what waits for a neighbor. */
static void
check(void)
{
	struct mtud_neigh_totals totals;
	unsigned int in_use = world_in_use(), held = 0, pending = 0, i;
	struct picture p;

	world_picture(&p);
	for (i = 0; i < p.n; i++) {
		check_entry(&p.entry[i]);
		held += p.entry[i].held;
		pending += p.entry[i].state == MTUD_NEIGH_INCOMPLETE;
	}
	mtud_neigh_totals(world.nt, &totals);
	if (totals.entries != p.n || totals.pending != pending || totals.held != held ||
		pending > PENDING)
		BROKEN("the cache has miscounted");
	/* A packet that waits is of two segments at most. */
	if (in_use < held || in_use > 2 * held)
		BROKEN("%u mbufs are in use, %u packets wait", in_use, held);
}

static bool
run_event(struct input *in)
{
	uint16_t port;
	uint8_t event, arg;

	if (!take(in, &event, 1))
		return false;
	port = event >> 3 & 1;
	arg = event >> 4;
	switch (event & 7) {
	case 0:
		return on_frame(in, port, arg);
	case 1:
		return on_time(in);
	case 2:
		world_toggle_address(arg);
		settle();
		return true;
	case 3:
		on_packet(port, arg);
		return true;
	case 4:
		on_link(port);
		return true;
	default:
		on_entry(port, arg, (event & 7) == 5);
		return true;
	}
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	world_make();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	unsigned int events;

	world_reset();
	for (events = 0; events < EVENTS_MAX && run_event(&in); events++)
		check();
	check();
	return 0;
}
