/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* A capture's file, and the thread that writes it. It goes to the kernel as it is made, so that it
 * can be read while the capture runs. */

/* librte_pcapng is experimental in DPDK 22.11. */
#define ALLOW_EXPERIMENTAL_API

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <rte_errno.h>

#include "capture_priv.h"
#include "clock.h"
#include "out.h"

/* How long the writer rests when nothing is there to write. */
#define REST_MS 1
/* How long all that is left may take when the capture is to end: consoles and neighbors wait for
 * it, too. A disk is given longer, for it is not a program that may have gone to sleep. */
#define PIPE_MS 500
#define DISK_MS 3000
/* How long the console waits to hear that the file has its head. */
#define READY_MS 200

static void
rest(void)
{
	const struct timespec time = {.tv_nsec = REST_MS * 1000000};

	nanosleep(&time, NULL);
}

/* Two captures into one file would be none. */
static bool
is_taken(const struct stat *st)
{
	const struct app *app = app_get();
	unsigned int i;

	for (i = 0; i < CAPTURE_SOURCES; i++) {
		const struct capture *c = app->capture[i];

		if (c != NULL && c->state == CAPTURE_RUNNING && c->dev == st->st_dev &&
			c->ino == st->st_ino)
			return true;
	}
	return false;
}

static int
refuse(struct capture *c, const char *who, struct out *out, const char *why)
{
	out_error(out, "%s %s: %s", who, c->path, why);
	close(c->fd);
	return -1;
}

/* A pipe must not keep anybody waiting for its reader, now or later. */
int
capture_open(struct capture *c, const char *who, struct out *out)
{
	struct stat st;

	c->fd = open(c->path, O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	if (c->fd < 0) {
		out_error(out, "%s %s: %s; %s", who, c->path, strerror(errno),
			errno == ENXIO ? "start who reads the pipe first" :
					 "name a file that can be written");
		return -1;
	}
	if (fstat(c->fd, &st) < 0 || (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode)))
		return refuse(c, who, out, "neither a regular file nor a pipe; name another");
	if (is_taken(&st))
		return refuse(c, who, out, "another capture writes there; name another file");
	c->dev = st.st_dev;
	c->ino = st.st_ino;
	c->is_pipe = S_ISFIFO(st.st_mode);
	if (!c->is_pipe && ftruncate(c->fd, 0) < 0)
		return refuse(c, who, out, strerror(errno));
	return 0;
}

/* Asks the ports for their links, which a driver may take its time for, hence the writer. */
static int
write_head(struct capture *c)
{
	errno = EIO;
	c->pcapng = rte_pcapng_fdopen(c->fd, NULL, NULL, "mtud " MTUD_VERSION, NULL);
	if (c->pcapng == NULL)
		return -errno;
#if !COMPAT_PCAPNG_OLD
	for (uint16_t id = 0; id < c->n_ports; id++)
		if (rte_pcapng_add_interface(c->pcapng, id, NULL, NULL, NULL) < 0)
			return -EIO;
#endif
	return 0;
}

static bool
is_late(const struct capture *c)
{
	return __atomic_load_n(&c->stop, __ATOMIC_ACQUIRE) && clock_now_ms() >= c->deadline_ms;
}

/* A pipe takes a block whole or not at all. 0 or a negative errno. */
static int
wait_for_room(const struct capture *c)
{
	struct pollfd fd = {.fd = c->fd, .events = POLLOUT};

	/* A reader that takes a little now and then is waited for no longer than one that sleeps. */
	do {
		if (is_late(c))
			return -ETIMEDOUT;
	} while (c->is_pipe && poll(&fd, 1, 10) == 0);
	return 0;
}

/* Of n blocks, those that are whole in the file, which is cut behind them. */
static unsigned int
keep_whole(const struct capture *c, struct rte_mbuf *const *blocks, unsigned int n, off_t begin,
	size_t written)
{
	unsigned int i;

	for (i = 0; i < n && blocks[i]->pkt_len <= written; i++) {
		written -= blocks[i]->pkt_len;
		begin += blocks[i]->pkt_len;
	}
	if (i < n && !c->is_pipe && ftruncate(c->fd, begin) == 0)
		lseek(c->fd, begin, SEEK_SET);
	return i;
}

/* Blocks written of n; error is set where they are fewer. */
static unsigned int
write_blocks(struct capture *c, struct rte_mbuf **blocks, unsigned int n, int *error)
{
	off_t begin = c->is_pipe ? 0 : lseek(c->fd, 0, SEEK_CUR);
	ssize_t written;
	unsigned int whole;

	*error = -wait_for_room(c);
	if (*error != 0)
		return 0;
	written = rte_pcapng_write_packets(c->pcapng, blocks, (uint16_t)n);
	whole = keep_whole(c, blocks, n, begin, written < 0 ? 0 : (size_t)written);
	if (whole < n)
		*error = written < 0 ? rte_errno : ENOSPC;
	return whole;
}

/* Write n blocks and free them. */
static int
take_blocks(struct capture *c, struct rte_mbuf **blocks, unsigned int n)
{
	const unsigned int at_once = c->is_pipe ? 1 : n;
	struct capture_clock clock;
	uint64_t octets = 0;
	unsigned int i, done = 0, wanted = n;
	int error = 0;

	if (c->count > 0)
		wanted = RTE_MIN((uint64_t)n, c->count - c->packets);
	capture_clock_read(&clock);
	for (i = 0; i < wanted; i++)
		capture_block_stamp(blocks[i], &clock);
	while (done < wanted && error == 0)
		done += write_blocks(c, &blocks[done], RTE_MIN(at_once, wanted - done), &error);
	for (i = 0; i < done; i++)
		octets += capture_block_octets(blocks[i]);
	__atomic_store_n(&c->packets, c->packets + done, __ATOMIC_RELAXED);
	__atomic_store_n(&c->octets, c->octets + octets, __ATOMIC_RELAXED);
	__atomic_fetch_add(&c->missed, wanted - done, __ATOMIC_RELAXED);
	rte_pktmbuf_free_bulk(blocks, n);
	return error;
}

static int
write_all(struct capture *c)
{
	struct rte_mbuf *blocks[CAPTURE_BURST];
	unsigned int n;
	bool last;
	int error;

	while (c->count == 0 || c->packets < c->count) {
		/* Asked first: what was put on the ring before the order to stop is written. */
		last = __atomic_load_n(&c->stop, __ATOMIC_ACQUIRE);
		n = rte_ring_sc_dequeue_burst(c->ring, (void **)blocks, RTE_DIM(blocks), NULL);
		if (n == 0 && last)
			break;
		if (n == 0) {
			rest();
			continue;
		}
		error = take_blocks(c, blocks, n);
		if (error != 0)
			return error;
	}
	return 0;
}

static compat_thread_ret_t
writer(void *arg)
{
	struct capture *c = arg;

	c->error = -write_head(c);
	__atomic_store_n(&c->ready, true, __ATOMIC_RELEASE);
	if (c->error == 0)
		c->error = write_all(c);
	if (c->pcapng != NULL)
		rte_pcapng_close(c->pcapng);
	else
		close(c->fd);
	__atomic_store_n(&c->ended, true, __ATOMIC_RELEASE);
	return 0;
}

int
capture_writer_start(struct capture *c)
{
	unsigned int ms;
	int ret;

	ret = compat_thread_create(&c->writer, "mtud-capture", writer, c);
	if (ret != 0) {
		close(c->fd);
		return ret < 0 ? ret : -ret;
	}
	for (ms = 0; ms < READY_MS && !__atomic_load_n(&c->ready, __ATOMIC_ACQUIRE); ms += REST_MS)
		rest();
	return 0;
}

void
capture_writer_stop(struct capture *c)
{
	c->deadline_ms = clock_now_ms() + (c->is_pipe ? PIPE_MS : DISK_MS);
	__atomic_store_n(&c->stop, true, __ATOMIC_RELEASE);
	/* A disk may keep the writer for longer still: whoever should know of that hears of it. */
	while (!__atomic_load_n(&c->ended, __ATOMIC_ACQUIRE)) {
		rest();
		app_watchdog_round(app_get());
	}
	compat_thread_join(c->writer);
}
