/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/filter.h>
#include <pcap/pcap.h>
#include <rte_cycles.h>

#include "filter.h"
#include "out.h"

#define PATIENCE_NS (NS_PER_S / 2)

/* What a program says of a packet that matches: anything but 0. */
#define SNAPLEN 65535

/* How far a filter sees into a frame of several segments. */
#define VIEW_MAX 16384

struct filter {
	struct bpf_program program;
	/* While it is compiled, by a thread that nobody may wait for: it may ask the DNS. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done;
	bool abandoned; /* who asked has gone: the thread frees it */
	bool compiled;
	char error[PCAP_ERRBUF_SIZE];
	char text[];
};

void
filter_free(struct filter *f)
{
	if (f == NULL)
		return;
	if (f->compiled)
		pcap_freecode(&f->program);
	pthread_cond_destroy(&f->changed);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

static void *
compile(void *arg)
{
	struct filter *f = arg;
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, SNAPLEN);
	bool abandoned;

	if (pcap == NULL)
		snprintf(f->error, sizeof(f->error), "no memory");
	else if (pcap_compile(pcap, &f->program, f->text, 1, PCAP_NETMASK_UNKNOWN) < 0)
		snprintf(f->error, sizeof(f->error), "%s", pcap_geterr(pcap));
	else
		f->compiled = true;
	if (pcap != NULL)
		pcap_close(pcap);
	pthread_mutex_lock(&f->lock);
	f->done = true;
	abandoned = f->abandoned;
	pthread_cond_signal(&f->changed);
	pthread_mutex_unlock(&f->lock);
	if (abandoned)
		filter_free(f);
	return NULL;
}

static struct filter *
make(const char *text)
{
	struct filter *f = calloc(1, sizeof(*f) + strlen(text) + 1);
	pthread_condattr_t attr;

	if (f == NULL)
		return NULL;
	strcpy(f->text, text);
	pthread_mutex_init(&f->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&f->changed, &attr);
	pthread_condattr_destroy(&attr);
	return f;
}

/* False: it takes too long, and is the thread's now. */
static bool
wait_for(struct filter *f)
{
	struct timespec until;
	bool done;
	int ret = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += PATIENCE_NS;
	if (until.tv_nsec >= (long)NS_PER_S) {
		until.tv_nsec -= NS_PER_S;
		until.tv_sec++;
	}
	pthread_mutex_lock(&f->lock);
	while (!f->done && ret == 0)
		ret = pthread_cond_timedwait(&f->changed, &f->lock, &until);
	done = f->done;
	f->abandoned = !done;
	pthread_mutex_unlock(&f->lock);
	return done;
}

/* Words that libpcap makes of what only the kernel knows of a packet: no octet of it. */
static bool
asks_kernel(const struct bpf_program *program)
{
	unsigned int i;

	for (i = 0; i < program->bf_len; i++) {
		const struct bpf_insn *insn = &program->bf_insns[i];

		if (BPF_CLASS(insn->code) == BPF_LD && BPF_MODE(insn->code) == BPF_ABS &&
			insn->k >= (uint32_t)SKF_AD_OFF)
			return true;
	}
	return false;
}

struct filter *
filter_compile(const char *text, struct out *out)
{
	struct filter *f = make(text);
	pthread_t thread;

	if (f == NULL || pthread_create(&thread, NULL, compile, f) != 0) {
		out_error(out, "filter \"%s\": no memory; give more", text);
		filter_free(f);
		return NULL;
	}
	pthread_detach(thread);
	if (!wait_for(f)) {
		out_error(out, "filter \"%s\": it is not compiled in time; write addresses for names, "
			       "and a shorter one", text);
		return NULL;
	}
	if (f->compiled && asks_kernel(&f->program)) {
		out_error(out, "filter \"%s\": only a kernel's capture knows inbound, outbound and the "
			       "like; choose by address or MAC (ether src)", text);
		filter_free(f);
		return NULL;
	}
	if (!f->compiled) {
		out_error(out, "filter \"%s\": %s; pcap-filter(7) has the grammar", text, f->error);
		filter_free(f);
		return NULL;
	}
	return f;
}

bool
filter_matches(const void *filter, const struct rte_mbuf *m)
{
	const struct filter *f = filter;
	uint32_t len = m->nb_segs == 1 ? m->data_len : RTE_MIN(m->pkt_len, (uint32_t)VIEW_MAX);
	u_char view[VIEW_MAX];

	return bpf_filter(f->program.bf_insns, rte_pktmbuf_read(m, 0, len, view), m->pkt_len,
		       len) != 0;
}
