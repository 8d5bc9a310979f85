/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "capture_priv.h"
#include "out.h"

/* Copies are as many as the ring holds, or fewer where they are large. */
#define COPIES_OCTETS (32u << 20)
#define COPIES_MIN    511
/* Data room of a buffer is a number of 16 bits. */
#define SNAPLEN_MAX 65000

/* A pipe takes PIPE_BUF octets whole; the rest of them is for what stands around the packet. */
#define PIPE_SNAPLEN (PIPE_BUF - 512)

const char *
capture_name(uint16_t source, char buf[CAPTURE_NAME_SIZE])
{
	if (source == CAPTURE_DROPS)
		snprintf(buf, CAPTURE_NAME_SIZE, "drops");
	else
		snprintf(buf, CAPTURE_NAME_SIZE, "port %u", source);
	return buf;
}

static struct capture *
running(const struct app *app, uint16_t source)
{
	struct capture *c = app->capture[source];

	return c != NULL && c->state == CAPTURE_RUNNING ? c : NULL;
}

/* The longest frame of a source. */
static uint32_t
longest_frame(const struct app *app, uint16_t source)
{
	uint32_t mtu = 0;
	uint16_t id;

	for (id = 0; id < app->n_ports; id++)
		if (source == CAPTURE_DROPS || source == id)
			mtu = RTE_MAX(mtu, app->port[id].mtu);
	return RTE_MIN(mtu + MTUD_PORT_L2_MAX, (uint32_t)SNAPLEN_MAX);
}

static void
unmap(struct rte_mempool_memhdr *chunk, void *opaque)
{
	RTE_SET_USED(opaque);
	munmap(chunk->addr, chunk->len);
}

/* Memory as any program has it: a router that was given just enough of what devices see can be
 * looked into all the same. DPDK's own anonymous memory is locked, which a shell's limit forbids. */
static int
populate(struct rte_mempool *mp)
{
	size_t min_chunk, align;
	ssize_t len = rte_mempool_op_calc_mem_size_default(mp, mp->size, 0, &min_chunk, &align);
	void *addr;

	if (len < 0)
		return -1;
	addr = mmap(NULL, (size_t)len, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (addr == MAP_FAILED)
		return -1;
	if (rte_mempool_populate_iova(mp, addr, RTE_BAD_IOVA, (size_t)len, unmap, NULL) ==
		(int)mp->size)
		return 0;
	/* What it took it gives back with the pool. */
	if (mp->nb_mem_chunks == 0)
		munmap(addr, (size_t)len);
	return -1;
}

/* Where a worker or the control thread is put to sleep at the ring or the pool, the others must not
 * wait for it, hence the relaxed kinds of both. */
static struct rte_mempool *
make_pool(const char *name, unsigned int n, uint16_t room)
{
	struct rte_pktmbuf_pool_private priv = {.mbuf_data_room_size = room};
	struct rte_mempool *mp;

	mp = rte_mempool_create_empty(name, n, sizeof(struct rte_mbuf) + room, 0, sizeof(priv),
		SOCKET_ID_ANY, RTE_MEMPOOL_F_NO_IOVA_CONTIG);
	if (mp == NULL)
		return NULL;
	if (rte_mempool_set_ops_byname(mp, "ring_mt_rts", NULL) < 0)
		goto free_pool;
	rte_pktmbuf_pool_init(mp, &priv);
	if (populate(mp) < 0)
		goto free_pool;
	rte_mempool_obj_iter(mp, rte_pktmbuf_init, NULL);
	return mp;

free_pool:
	rte_mempool_free(mp);
	return NULL;
}

static int
make_buffers(struct capture *c)
{
	uint32_t room = capture_block_room(c->snaplen);
	unsigned int n = RTE_MIN(CAPTURE_RING_SIZE - 1u, COPIES_OCTETS / room);
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "mtud_cap%u", c->source);
	c->ring = rte_ring_create(name, CAPTURE_RING_SIZE, SOCKET_ID_ANY,
		RING_F_MP_RTS_ENQ | RING_F_SC_DEQ);
	if (c->ring == NULL)
		return -ENOMEM;
	c->pool = make_pool(name, RTE_MAX(n, (unsigned int)COPIES_MIN), (uint16_t)room);
	return c->pool == NULL ? -ENOMEM : 0;
}

static int
make_comments(struct capture *c)
{
	unsigned int i;

	if (c->source != CAPTURE_DROPS)
		return 0;
	c->comments = calloc(MTUD_DROP_MAX, sizeof(c->comments[0]));
	if (c->comments == NULL)
		return -ENOMEM;
	for (i = 0; i < MTUD_DROP_MAX; i++)
		snprintf(c->comments[i], sizeof(c->comments[i]), "%s: %s", mtud_drop_name(i),
			mtud_drop_text(i));
	return 0;
}

/* What packets pass through; what it counted stays. */
static void
free_buffers(struct capture *c)
{
	struct rte_mbuf *m;

	while (c->ring != NULL && rte_ring_sc_dequeue(c->ring, (void **)&m) == 0) {
		rte_pktmbuf_free(m);
		/* Behind its count there is nothing that it should have had. */
		if (c->error != 0)
			__atomic_fetch_add(&c->missed, 1, __ATOMIC_RELAXED);
	}
	rte_ring_free(c->ring);
	rte_mempool_free(c->pool);
	filter_free(c->filter);
	free(c->comments);
	c->filter = NULL;
	c->ring = NULL;
	c->pool = NULL;
	c->comments = NULL;
}

static void
free_capture(struct capture *c)
{
	if (c == NULL)
		return;
	free_buffers(c);
	free(c->path);
	free(c->filter_text);
	free(c);
}

static struct capture *
make_capture(const struct app *app, const struct capture_conf *conf)
{
	struct capture *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->source = conf->source;
	c->n_ports = app->n_ports;
	c->count = conf->count;
	c->snaplen = longest_frame(app, conf->source);
	if (conf->snaplen != 0)
		c->snaplen = RTE_MIN(c->snaplen, conf->snaplen);
	c->path = strdup(conf->path);
	c->filter_text = strdup(conf->filter);
	if (c->path == NULL || c->filter_text == NULL || make_comments(c) < 0) {
		free_capture(c);
		return NULL;
	}
	return c;
}

/* The writer runs, or has failed, which a sentence says. */
static int
start_writer(struct capture *c, const char *who, struct out *out)
{
	int ret;

	if (c->is_pipe)
		c->snaplen = RTE_MIN(c->snaplen, (uint32_t)PIPE_SNAPLEN);
	ret = capture_writer_start(c);
	if (ret < 0) {
		out_error(out, "%s: no thread for it: %s", who, strerror(-ret));
		return -1;
	}
	if (__atomic_load_n(&c->ready, __ATOMIC_ACQUIRE) && c->error != 0) {
		out_error(out, "%s %s: %s; name a file on a disk with room", who, c->path,
			strerror(c->error));
		capture_writer_stop(c);
		return -1;
	}
	return 0;
}

int
capture_start(struct app *app, const struct capture_conf *conf, struct out *out)
{
	struct capture *c = running(app, conf->source);
	char name[CAPTURE_NAME_SIZE], who[64];
	int ret;

	capture_name(conf->source, name);
	snprintf(who, sizeof(who), "capture start %s", name);
	if (c != NULL) {
		out_error(out, "%s: it is being captured into %s already; capture stop %s first",
			who, c->path, name);
		return -1;
	}
	c = make_capture(app, conf);
	if (c == NULL) {
		out_error(out, "%s: no memory for it; give more", who);
		return -1;
	}
	if (conf->filter[0] != '\0') {
		c->filter = filter_compile(conf->filter, out);
		if (c->filter == NULL)
			goto free_it;
	}
	if (make_buffers(c) < 0) {
		out_error(out, "%s: no memory for copies of packets; give a snaplen, or stop other "
			       "captures", who);
		goto free_it;
	}
	if (capture_open(c, who, out) < 0 || start_writer(c, who, out) < 0)
		goto free_it;
	ret = capture_attach(app, c);
	if (ret < 0) {
		out_error(out, "%s: the port lets nobody see its packets: %s", who, strerror(-ret));
		capture_writer_stop(c);
		goto free_it;
	}
	free_capture(app->capture[conf->source]);
	app->capture[conf->source] = c;
	return 0;

free_it:
	free_capture(c);
	return -1;
}

/* Nobody copies any more, everything is written: keep only what it was. */
static void
finish(struct app *app, struct capture *c)
{
	capture_detach(app, c);
	capture_writer_stop(c);
	free_buffers(c);
	if (c->error != 0)
		c->state = CAPTURE_FAILED;
	else if (c->count > 0 && c->packets == c->count)
		c->state = CAPTURE_DONE;
	else
		c->state = CAPTURE_STOPPED;
}

static const char *
error_text(const struct capture *c)
{
	switch (c->error) {
	case EPIPE:
		return "the pipe's reader has gone";
	case ETIMEDOUT:
		return c->is_pipe ? "the pipe's reader was too slow for the rest" :
				    "the disk was too slow for the rest";
	default:
		return strerror(c->error);
	}
}

static void
tell_failure(const struct capture *c)
{
	char name[CAPTURE_NAME_SIZE];

	if (c->state == CAPTURE_FAILED)
		APP_LOG(ERR, "capture of %s into %s ended: %s\n", capture_name(c->source, name),
			c->path, error_text(c));
}

bool
capture_stop(struct app *app, uint16_t source)
{
	struct capture *c = app->capture[source];

	if (c == NULL || c->state == CAPTURE_STOPPED)
		return false;
	if (c->state == CAPTURE_RUNNING) {
		finish(app, c);
		tell_failure(c);
	}
	return true;
}

bool
capture_get(const struct app *app, uint16_t source, struct capture_info *info)
{
	const struct capture *c = app->capture[source];

	if (c == NULL)
		return false;
	*info = (struct capture_info){
		.state = c->state,
		.path = c->path,
		.filter = c->filter_text,
		.snaplen = c->snaplen,
		.count = c->count,
		.packets = __atomic_load_n(&c->packets, __ATOMIC_RELAXED),
		.octets = __atomic_load_n(&c->octets, __ATOMIC_RELAXED),
		.missed = __atomic_load_n(&c->missed, __ATOMIC_RELAXED),
		.error = c->state == CAPTURE_FAILED ? error_text(c) : NULL,
	};
	return true;
}

void
capture_round(struct app *app)
{
	unsigned int i;

	for (i = 0; i < CAPTURE_SOURCES; i++) {
		struct capture *c = running(app, i);

		if (c == NULL || !__atomic_load_n(&c->ended, __ATOMIC_ACQUIRE))
			continue;
		/* It has time: the loop must not wait for a worker that hangs. */
		if (app_watchdog_stalled(app) != NULL || !app_watchdog_moving(app))
			return;
		finish(app, c);
		tell_failure(c);
	}
}

void
capture_end(struct app *app)
{
	unsigned int i;

	for (i = 0; i < CAPTURE_SOURCES; i++) {
		if (running(app, i) != NULL && !app_watchdog_moving(app)) {
			/* A worker that hangs may be about to use it: only the file is ended. */
			capture_writer_stop(app->capture[i]);
			continue;
		}
		if (running(app, i) != NULL)
			finish(app, app->capture[i]);
		free_capture(app->capture[i]);
		app->capture[i] = NULL;
	}
}
