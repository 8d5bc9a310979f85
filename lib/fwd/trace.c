/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <rte_cycles.h>
#include <rte_malloc.h>

#include "fwd_priv.h"
#include "mtud_trace.h"

/* A record on its way through this file. */
struct run {
	struct mtud_worker *w;
	struct mtud_trace_queue *q;
	struct mtud_trace_record *r;
	struct mtud_stat before;
};

struct mtud_trace *
mtud_trace_create(unsigned int workers, uint32_t count)
{
	struct mtud_trace *t;
	unsigned int i;

	t = rte_zmalloc("mtud_trace", sizeof(*t) + workers * sizeof(t->queue[0]),
		RTE_CACHE_LINE_SIZE);
	if (t == NULL)
		return NULL;
	t->port = -1;
	t->n_queues = workers;
	for (i = 0; i < workers; i++)
		t->queue[i].left = count;
	return t;
}

void
mtud_trace_free(struct mtud_trace *t)
{
	rte_free(t);
}

const struct mtud_trace_record *
mtud_trace_peek(const struct mtud_trace *t, unsigned int worker)
{
	const struct mtud_trace_queue *q = &t->queue[worker];

	if (__atomic_load_n(&q->written, __ATOMIC_ACQUIRE) == q->read)
		return NULL;
	return &q->record[q->read % MTUD_TRACE_RECORDS];
}

void
mtud_trace_pop(struct mtud_trace *t, unsigned int worker)
{
	struct mtud_trace_queue *q = &t->queue[worker];

	__atomic_store_n(&q->read, q->read + 1, __ATOMIC_RELEASE);
}

uint64_t
mtud_trace_missed(const struct mtud_trace *t)
{
	uint64_t missed = 0;
	unsigned int i;

	for (i = 0; i < t->n_queues; i++)
		missed += __atomic_load_n(&t->queue[i].missed, __ATOMIC_RELAXED);
	return missed;
}

static bool
has_room(const struct mtud_trace_queue *q)
{
	return q->written - __atomic_load_n(&q->read, __ATOMIC_ACQUIRE) < MTUD_TRACE_RECORDS;
}

static uint16_t
copy_head(const struct rte_mbuf *m, uint8_t *head, uint32_t size)
{
	uint32_t len = RTE_MIN(m->pkt_len, size);
	const void *from = rte_pktmbuf_read(m, 0, len, head);

	if (from == NULL)
		return 0;
	if (from != head)
		memcpy(head, from, len);
	return (uint16_t)len;
}

/* Begin a record. Every port's batch is empty: what stands there in the end is this packet's. */
static void
begin(struct run *run, struct mtud_worker *w, const struct rte_mbuf *m)
{
	struct mtud_trace_queue *q = &w->v->trace->queue[w->id];
	struct mtud_trace_record *r = &q->record[q->written % MTUD_TRACE_RECORDS];

	memset(r, 0, sizeof(*r));
	r->tsc = rte_rdtsc();
	r->port = m->port;
	r->len = m->pkt_len;
	r->head_len = copy_head(m, r->head, sizeof(r->head));
	r->syn = MTUD_SYN_MAX;
	run->w = w;
	run->q = q;
	run->r = r;
	run->before = w->stat;
	/* 0 is no mark. */
	w->trace_next += w->trace_next == 0;
	w->trace_mark = w->trace_next;
}

/* What the stages decided on the one packet of a burst. */
static void
note_burst(struct run *run, const struct mtud_burst *b)
{
	struct mtud_trace_record *r = run->r;

	r->sound = true;
	r->family = b->family;
	r->ip_len = b->ip_len[0];
	r->flags = b->flags[0];
	r->verdict = b->verdict[0];
	r->slot = b->slot[0];
	r->route = b->route[0];
}

static void
note_frame(struct mtud_trace_record *r, uint16_t port, const struct rte_mbuf *m, bool own)
{
	unsigned int at = RTE_MIN(r->n_frames, (uint32_t)MTUD_TRACE_FRAMES - 1);
	struct mtud_trace_frame *f = &r->frame[at];

	f->port = port;
	f->len = m->pkt_len;
	f->own = own;
	f->head_len = copy_head(m, f->head, sizeof(f->head));
	r->n_frames++;
}

/* What stands in the ports' batches, before the drivers have it. */
static void
note_frames(struct run *run)
{
	uint16_t port, i;

	for (port = 0; port < run->w->n_ports; port++) {
		const struct mtud_txq *q = &run->w->tx[port];

		for (i = 0; i < q->n; i++)
			note_frame(run->r, port, q->pkt[i],
				(q->own[i / 64] >> i % 64 & 1) != 0);
	}
}

/* The one counter that has risen. */
static unsigned int
risen(const uint64_t *now, const uint64_t *before, unsigned int n, unsigned int none)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (now[i] != before[i])
			return i;
	return none;
}

static void
note_drops(struct mtud_trace_record *r, const struct mtud_stat *now,
	const struct mtud_stat *before)
{
	unsigned int i;

	for (i = 0; i < MTUD_DROP_MAX; i++) {
		uint64_t own = now->own_drop[i] - before->own_drop[i];

		if (now->drop[i] - before->drop[i] > own)
			r->drop = i;
		if (own > 0)
			r->own_drop = i;
		r->n_own_drop += own;
	}
}

/* What was counted, and so has happened. */
static void
note_counters(struct run *run)
{
	const struct mtud_stat *now = &run->w->stat, *before = &run->before;
	struct mtud_trace_record *r = run->r;
	uint64_t punted = now->punted - before->punted;

	note_drops(r, now, before);
	r->icmp = risen(now->icmp, before->icmp, MTUD_ICMP_MAX, MTUD_ICMP_NONE);
	r->syn = risen(now->syn, before->syn, MTUD_SYN_MAX, MTUD_SYN_MAX);
	r->fragments = now->fragments - before->fragments;
	r->consumed = now->consumed != before->consumed;
	r->own_punted = now->own_punted != before->own_punted;
	r->punted = punted > r->own_punted;
	if (punted > 0 && !r->again)
		r->mark = run->w->trace_next++;
}

/* What was born is sent, all is handed to the drivers, and the record to the control thread. */
static void
end(struct run *run)
{
	struct mtud_worker *w = run->w;

	mtud_fwd_enter(w, MTUD_STAGE_BORN);
	mtud_fwd_send_born(w);
	note_frames(run);
	mtud_fwd_enter(w, MTUD_STAGE_FLUSH);
	mtud_fwd_flush(w);
	note_counters(run);
	w->trace_mark = 0;
	__atomic_store_n(&run->q->written, run->q->written + 1, __ATOMIC_RELEASE);
}

static void
trace_one(struct mtud_worker *w, uint16_t port, struct rte_mbuf *m)
{
	struct run run;
	unsigned int family;

	m->port = port;
	begin(&run, w, m);
	mtud_fwd_enter(w, MTUD_STAGE_PARSE);
	mtud_fwd_parse(w, port, &m, 1);
	for (family = 0; family < MTUD_FAMILIES; family++) {
		if (w->rx[family].n == 0)
			continue;
		mtud_fwd_run(w, &w->rx[family]);
		note_burst(&run, &w->rx[family]);
	}
	end(&run);
}

/* Is it wanted, as it came, and is there room for it? */
static bool
take_up(struct mtud_trace *t, struct mtud_trace_queue *q, uint16_t port, const struct rte_mbuf *m)
{
	if (q->left == 0 || (t->port >= 0 && t->port != port))
		return false;
	if (t->matches != NULL && !t->matches(t->filter, m))
		return false;
	if (!has_room(q)) {
		__atomic_store_n(&q->missed, q->missed + 1, __ATOMIC_RELAXED);
		return false;
	}
	q->left--;
	return true;
}

void
mtud_fwd_trace(struct mtud_worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	struct mtud_trace *t = w->v->trace;
	bool closed = __atomic_load_n(&t->closed, __ATOMIC_RELAXED);
	uint16_t first = 0, i;

	for (i = 0; i < n && !closed; i++) {
		if (!take_up(t, &t->queue[w->id], port, pkts[i]))
			continue;
		if (i > first)
			mtud_fwd_burst(w, port, &pkts[first], i - first);
		trace_one(w, port, pkts[i]);
		first = i + 1;
	}
	if (n > first)
		mtud_fwd_burst(w, port, &pkts[first], n - first);
}

/* What was taken before it goes before it. */
static void
finish(struct mtud_worker *w)
{
	unsigned int family;

	for (family = 0; family < MTUD_FAMILIES; family++) {
		mtud_fwd_run(w, &w->rx[family]);
		w->rx[family].n = 0;
	}
	mtud_fwd_send_born(w);
	mtud_fwd_flush(w);
}

bool
mtud_fwd_trace_again(struct mtud_worker *w, struct rte_mbuf *m)
{
	const struct mtud_pkt_meta meta = *mtud_pkt_meta(m);
	struct mtud_trace *t = w->v->trace;
	struct mtud_burst *b;
	struct run run;

	if (meta.trace_mark == 0 || t == NULL || __atomic_load_n(&t->closed, __ATOMIC_RELAXED) ||
		!has_room(&t->queue[w->id]))
		return false;
	finish(w);
	begin(&run, w, m);
	run.r->again = true;
	run.r->mark = meta.trace_mark;
	run.r->own = meta.born;
	run.r->failed = meta.why == MTUD_PKT_FAILED;
	w->trace_mark = meta.trace_mark;
	b = mtud_fwd_take_back(w, m);
	if (b != NULL) {
		mtud_fwd_run(w, b);
		note_burst(&run, b);
		b->n = 0;
	}
	end(&run);
	return true;
}
