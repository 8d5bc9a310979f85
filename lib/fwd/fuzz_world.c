/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_ring_elem.h>

#include "fuzz_world.h"
#include "test_eal.h"

struct fuzz_world world;

static struct rte_rcu_qsbr *qsbr;
static struct mtud_trace *trace;

const struct rte_ether_addr fuzz_mac[FUZZ_PORTS] = {
	{{2, 0, 0, 0, 0x0a, 1}}, {{2, 0, 0, 0, 0x0b, 1}}};

/* MTUs that an input chooses a port's from. */
static const uint16_t mtus[8] = {1500, 1280, 1281, 1400, 1492, 2000, 4000, 9000};

void
fuzz_fail(const char *sentence, ...)
{
	va_list args;

	va_start(args, sentence);
	fputs("mtud broke a promise: ", stderr);
	vfprintf(stderr, sentence, args);
	fputs("\n", stderr);
	va_end(args);
	abort();
}

/* A driver that takes what there is room for. */
static uint16_t
take(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	unsigned int port = *(uint8_t *)queue;
	unsigned int room = world.choice.txqs >> 4 * port & 15;
	uint16_t i;

	if (room > 0)
		n = RTE_MIN(n, room - 1);
	n = RTE_MIN(n, FUZZ_OUT_MAX - world.n_out);
	for (i = 0; i < n; i++) {
		world.out[world.n_out] = pkts[i];
		world.out_port[world.n_out++] = port;
	}
	return n;
}

static void
make_ports(void)
{
	static uint8_t queues[FUZZ_PORTS] = {0, 1};
	static void *data[FUZZ_PORTS], *callbacks[FUZZ_PORTS];
	unsigned int i;

	for (i = 0; i < FUZZ_PORTS; i++) {
		uint8_t frame[8] = {0};

		data[i] = &queues[i];
		rte_eth_fp_ops[i].tx_pkt_burst = take;
		rte_eth_fp_ops[i].txq.data = &data[i];
		rte_eth_fp_ops[i].txq.clbk = &callbacks[i];
		memcpy(frame, &fuzz_mac[i], RTE_ETHER_ADDR_LEN);
		world.view.port[i].mac_word = mtud_fwd_mac_word(frame);
		world.view.port[i].mac = fuzz_mac[i];
		world.view.port[i].icmp_source[MTUD_IPV6] = fuzz_ip("2001:db8:b::1");
		world.view.port[i].icmp_source[MTUD_IPV4] = fuzz_ip("198.51.100.1");
	}
}

static void
on_drop(void *ctx, const struct rte_mbuf *m, enum mtud_drop reason)
{
	uint8_t frame[FUZZ_FRAME_MAX];

	(void)ctx;
	world.told[reason]++;
	if (m->pkt_len <= sizeof(frame))
		rte_pktmbuf_read(m, 0, m->pkt_len, frame);
}

static void
make_worker(void)
{
	static const struct mtud_fwd_drop_tap tap = {.drop = on_drop};
	struct mtud_worker *w = rte_zmalloc("worker", sizeof(*w), RTE_CACHE_LINE_SIZE);
	const unsigned int ring_flags = RING_F_SP_ENQ | RING_F_SC_DEQ;

	world.w = w;
	w->n_ports = FUZZ_PORTS;
	w->routes = world.rt;
	w->nt = world.nt;
	w->adjs = mtud_neigh_adjs(world.nt);
	w->count = mtud_route_counts(world.rt, 0);
	w->special = mtud_route_specials(world.rt, 0);
	w->rx[MTUD_IPV4].family = w->born[MTUD_IPV4].family = MTUD_IPV4;
	w->frag.direct = fuzz_pool_make("direct", 2048, RTE_MBUF_DEFAULT_BUF_SIZE);
	w->frag.indirect = fuzz_pool_make("indirect", 2048, 0);
	w->reply_pool = fuzz_pool_make("reply", 256, RTE_MBUF_DEFAULT_BUF_SIZE);
	w->stale_used = rte_zmalloc("stale", 1024, 0);
	w->error_rate = mtud_rate_create(rte_get_tsc_hz(), SOCKET_ID_ANY);
	w->echo_rate = mtud_rate_create(rte_get_tsc_hz(), SOCKET_ID_ANY);
	w->note_rate = mtud_rate_create(rte_get_tsc_hz(), SOCKET_ID_ANY);
	w->punt = rte_ring_create("punt", 64, SOCKET_ID_ANY, ring_flags);
	w->inject = rte_ring_create("inject", 64, SOCKET_ID_ANY, ring_flags);
	w->notes = rte_ring_create_elem("notes", sizeof(struct mtud_fwd_note), MTUD_NOTES_RING,
		SOCKET_ID_ANY, ring_flags);
	w->view = &world.view;
	w->drop_tap = &tap;
	world.pool = fuzz_pool_make("rx", 2048, RTE_PKTMBUF_HEADROOM + FUZZ_FRAME_MAX);
	trace = mtud_trace_create(1, UINT32_MAX);
	FUZZ_CHECK(trace != NULL, "no memory for a worker");
}

void
fuzz_world_make(void)
{
	FUZZ_CHECK(test_eal_init(512, "") == 0, "EAL does not start");
	qsbr = rte_zmalloc("qsbr", rte_rcu_qsbr_get_memsize(1), RTE_CACHE_LINE_SIZE);
	rte_rcu_qsbr_init(qsbr, 1);
	make_ports();
	fuzz_tables_make(qsbr);
	make_worker();
}

static void
limit_pool(struct rte_mempool *mp, unsigned int four_bits)
{
	fuzz_pool_limit(mp, four_bits == 0 ? UINT_MAX : four_bits - 1);
}

static void
set_port(unsigned int i, const struct fuzz_choice *c)
{
	struct mtud_fwd_port *p = &world.view.port[i];
	bool is_in = i == ((c->flags & FUZZ_PORT_1) != 0);
	uint16_t mtu = mtus[c->mtus >> 4 * i & 7];
	unsigned int f;

	if (p->mtu != mtu)
		mtud_route_set_port_mtu(world.rt, i, mtu);
	p->mtu = mtu;
	p->up = is_in || !(c->flags & FUZZ_DOWN);
	p->tx_multi_seg = i == ((c->flags & FUZZ_ONE_SEG) != 0);
	for (f = 0; f < MTUD_FAMILIES; f++) {
		p->has_icmp_source[f] = (c->flags & FUZZ_ICMP_SOURCE) != 0;
		p->only_source[f] = mtud_addr_only_source(&world.view.addrs, i, f);
	}
}

void
fuzz_world_reset(const struct fuzz_choice *choice)
{
	struct mtud_worker *w = world.w;
	unsigned int i;

	world.choice = *choice;
	world.n_out = 0;
	world.since_tsc = rte_rdtsc();
	memset(world.told, 0, sizeof(world.told));
	memset(&w->stat, 0, sizeof(w->stat));
	for (i = 0; i < FUZZ_PORTS; i++)
		set_port(i, choice);
	fuzz_pool_limit(world.pool, UINT_MAX);
	limit_pool(w->reply_pool, choice->pools & 15);
	limit_pool(w->frag.direct, choice->pools >> 4);
	limit_pool(w->frag.indirect, choice->pools >> 4);
	world.view.icmp_hop_limit = choice->hops != 0 ? choice->hops : 64;
	world.view.notes = choice->flags & FUZZ_NOTES ? MTUD_NOTE_ICMP | MTUD_NOTE_DROP : 0;
	world.view.icmp_rate_pps = choice->flags & FUZZ_RATE ? 1 : 0;
	world.view.icmp_burst = 2;
	world.view.icmp_generation++; /* buckets are full again */
	world.view.trace = choice->flags & FUZZ_TRACE ? trace : NULL;
	trace->queue[0].left = UINT32_MAX;
	w->trace_next = w->trace_mark = 0;
	w->ip_id = 0x8000;
	rte_ring_reset(w->notes);
	while (mtud_trace_peek(trace, 0) != NULL)
		mtud_trace_pop(trace, 0);
}

/* What waits for a neighbor, the rest is the control thread's own. */
static unsigned int
take_over(struct rte_mbuf **waiting)
{
	const char *why = NULL;
	struct rte_mbuf *m;
	unsigned int n = 0;

	while (rte_ring_dequeue(world.w->punt, (void **)&m) == 0) {
		const struct mtud_pkt_meta *meta = mtud_pkt_meta(m);

		FUZZ_CHECK(rte_mbuf_check(m, 1, &why) == 0, "handed over: %s", why);
		FUZZ_CHECK(meta->why >= MTUD_PKT_ND && meta->why <= MTUD_PKT_RESOLVE,
			"handed over for reason %u", meta->why);
		FUZZ_CHECK(meta->why == MTUD_PKT_ARP ||
				MTUD_L3_AT + (uint32_t)meta->ip_len == m->pkt_len,
			"handed over: %u octets of IP in %u", meta->ip_len, m->pkt_len);
		if (meta->why == MTUD_PKT_RESOLVE)
			waiting[n++] = m;
		else
			rte_pktmbuf_free(m);
	}
	return n;
}

void
fuzz_world_control(void)
{
	struct rte_mbuf *waiting[64];
	unsigned int n = take_over(waiting), i;
	bool failed = (world.choice.flags & FUZZ_FAILED) != 0;

	if (n == 0)
		return;
	if (!failed)
		fuzz_strangers(true);
	for (i = 0; i < n; i++) {
		mtud_pkt_meta(waiting[i])->why = failed ? MTUD_PKT_FAILED : MTUD_PKT_FORWARD;
		rte_ring_sp_enqueue(world.w->inject, waiting[i]);
	}
	mtud_fwd_begin(world.w);
	mtud_fwd_inject(world.w);
	mtud_fwd_flush(world.w);
	if (!failed)
		fuzz_strangers(false);
	n = take_over(waiting);
	rte_pktmbuf_free_bulk(waiting, n);
}
