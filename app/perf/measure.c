/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* One round of a case. The clock runs for one burst in one stage; what a burst needs before and
 * leaves behind is done while it stands. */

#include <inttypes.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eth_ring.h>

#include "perf.h"

/* Runs before those that count: tables, code and branch predictors get warm. */
#define WARM_UP 16u

/* One run in so many is for core cycles, where they can be counted. */
#define CYCLES_EVERY 4

/* What leaves is taken off the ports: the count of it says whether the work was done. */
static void
collect(struct perf *p)
{
	unsigned int port, n, i;

	mtud_fwd_send_born(p->w);
	mtud_fwd_flush(p->w);
	p->n_left = 0;
	p->left_octets = 0;
	for (port = 0; port < RTE_DIM(p->out); port++) {
		n = rte_ring_dequeue_burst(p->out[port], (void **)&p->left[p->n_left],
			PERF_LEFT_MAX - p->n_left, NULL);
		for (i = p->n_left; i < p->n_left + n; i++)
			p->left_octets += p->left[i]->pkt_len;
		p->n_left += n;
	}
}

static uint64_t
timed(struct perf *p, void (*run)(struct perf *p), uint64_t (*clock)(void))
{
	uint64_t start, end;

	rte_mb();
	start = clock();
	rte_rmb();
	run(p);
	rte_rmb();
	end = clock();
	return end - start;
}

static uint64_t
tsc(void)
{
	return rte_rdtsc();
}

static void
nothing(struct perf *p)
{
	(void)p;
}

/* What the clock itself costs: no run takes less. */
static uint64_t
overhead(struct perf *p, uint64_t (*clock)(void))
{
	uint64_t least = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < 256; i++)
		least = RTE_MIN(least, timed(p, nothing, clock));
	return least;
}

static unsigned int
units_of(const struct perf_stage *stage)
{
	return stage->changes != 0 ? stage->changes : MTUD_BURST;
}

/* One burst through the stage, and the next one in its place. */
static int
run_burst(struct perf *p, uint64_t (*clock)(void), uint64_t *sample)
{
	const struct perf_stage *stage = p->c->stage;
	unsigned int done;

	memset(&p->w->stat, 0, sizeof(p->w->stat));
	mtud_fwd_begin(p->w);
	if (stage->prepare != NULL)
		stage->prepare(p);
	*sample = timed(p, stage->run, clock);
	if (!stage->keeps)
		collect(p);
	done = stage->done(p);
	if (done != units_of(stage))
		return perf_fail("%s: %u of %u done", p->c->name, done, units_of(stage));
	if (stage->changes != 0)
		return 0;
	rte_pktmbuf_free_bulk(stage->keeps ? p->pkt : p->left,
		stage->keeps ? MTUD_BURST : p->n_left);
	return perf_packets_fill(p, p->pkt);
}

/* n bursts on one clock; what it costs is taken off. */
static int
sample(struct perf *p, unsigned int n, uint64_t (*clock)(void), uint64_t off, double *ticks)
{
	uint64_t one, sum = 0;
	unsigned int i;

	for (i = 0; i < n; i++) {
		p->pkt = &p->bursts[p->next_burst++ % p->n_bursts * MTUD_BURST];
		if (run_burst(p, clock, &one) < 0)
			return -1;
		sum += one > off ? one - off : 0;
	}
	*ticks = (double)sum / (n * units_of(p->c->stage));
	return 0;
}

static int
run_all(struct perf *p, struct perf_result *r)
{
	/* Where not all bursts are alike, as many as are. */
	unsigned int n = RTE_MIN(p->c->kind->rare != 0 ? p->c->kind->rare / 4u : 1, p->scale->runs);
	uint64_t off_cycles = r->cycles != NULL ? overhead(p, perf_cycles_read) : 0;
	uint64_t off_tsc = overhead(p, tsc);
	double ticks;
	unsigned int i;

	if (sample(p, RTE_MIN(WARM_UP, p->scale->runs), tsc, off_tsc, &ticks) < 0)
		return -1;
	for (i = 0; i < p->scale->runs / n; i++) {
		if (r->cycles != NULL && i % CYCLES_EVERY == 0) {
			if (sample(p, n, perf_cycles_read, off_cycles, &ticks) < 0)
				return -1;
			r->cycles[r->n_cycles++] = ticks;
			continue;
		}
		if (sample(p, n, tsc, off_tsc, &ticks) < 0)
			return -1;
		r->ns[r->n++] = ticks * 1e9 / (double)rte_get_tsc_hz();
	}
	return 0;
}

int
perf_measure(struct perf *p, const struct perf_case *c, struct perf_result *r)
{
	unsigned int i;
	int ret = 0;

	p->c = c;
	p->next_burst = 0;
	p->view.port[0].tx_multi_seg = p->view.port[1].tx_multi_seg = !(c->flags & PERF_COPY);
	p->n_bursts = c->flags & PERF_COLD ? p->scale->cold : 1;
	if (c->stage->changes != 0)
		return run_all(p, r);
	perf_packets_begin(p);
	for (i = 0; ret == 0 && i < p->n_bursts; i++)
		ret = perf_packets_fill(p, &p->bursts[i * MTUD_BURST]);
	if (ret == 0)
		ret = run_all(p, r);
	if (ret == 0)
		for (i = 0; i < p->n_bursts; i++)
			rte_pktmbuf_free_bulk(&p->bursts[i * MTUD_BURST], MTUD_BURST);
	return ret;
}
