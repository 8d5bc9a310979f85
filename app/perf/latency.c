/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* How long a packet is away: out of a port, through whatever is at its other end, and back. What
 * the same path takes with another program there says what is the program's own. */

#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_udp.h>

#include "latency.h"
#include "mtud_port.h"
#include "perf.h"

#define IP_LEN    64
#define SERIAL_AT (MTUD_L3_AT + sizeof(struct rte_ipv6_hdr) + sizeof(struct rte_udp_hdr))
#define MBUFS     4096
#define BURST     32
#define WARM_UP   1000
/* Who is not back by then is lost. */
#define LOST_S 1
/* For the link, and for the first packet to come back. */
#define READY_S 5

/* 2001:db8:1000::1, of the first route of scripts/bench.sh. */
static const struct mtud_ip destination = {{0x20, 0x01, 0x0d, 0xb8, 0x10, [15] = 1}};

struct latency {
	struct mtud_port port;
	uint8_t frame[RTE_ETHER_MAX_LEN];
	uint64_t *sent; /* when, by serial; 0: it is back */
	double *ns;
	uint32_t n_sent;
	uint32_t n_back;
	uint8_t hop_limit; /* of the last one that came back */
};

static int
wait_link(struct latency *l)
{
	uint64_t end = rte_rdtsc() + READY_S * rte_get_tsc_hz();

	while (!mtud_port_link(&l->port, NULL)) {
		if (rte_rdtsc() > end)
			return perf_fail("port 0 has no link: nobody is at its other end");
		rte_delay_us_sleep(10000);
	}
	return 0;
}

static int
open_port(struct latency *l)
{
	struct mtud_port_conf conf = {
		.workers = 1, .rxq = 1, .rxd = 256, .txd = 256, .mbufs = MBUFS};

	if (mtud_port_count() != 1)
		return perf_fail("latency needs one port, as with "
				 "--vdev=net_memif0,role=client,socket=/run/memif.sock");
	if (mtud_port_init(&l->port, 0, &conf) < 0 || mtud_port_start(&l->port) < 0)
		return perf_fail("port 0: %s: the device refuses it", l->port.failed);
	return wait_link(l);
}

static void
send_one(struct latency *l)
{
	static const struct perf_kind kind = {.proto = IPPROTO_UDP};
	struct rte_mbuf *m = rte_pktmbuf_alloc(l->port.pool);
	uint64_t serial = l->n_sent;
	uint8_t *frame;

	l->sent[l->n_sent++] = 0;
	if (m == NULL)
		return;
	memcpy(&l->frame[SERIAL_AT], &serial, sizeof(serial));
	perf_frame_address(l->frame, MTUD_IPV6, kind.proto, 0, &destination);
	frame = (uint8_t *)rte_pktmbuf_append(m, MTUD_L3_AT + IP_LEN);
	memcpy(frame, l->frame, MTUD_L3_AT + IP_LEN);
	l->sent[serial] = rte_rdtsc_precise();
	if (rte_eth_tx_burst(0, 0, &m, 1) == 1)
		return;
	l->sent[serial] = 0;
	rte_pktmbuf_free(m);
}

/* Is it one of ours, for the first time? */
static bool
is_back(const struct latency *l, const struct rte_mbuf *m, uint64_t *serial)
{
	if (m->nb_segs != 1 || m->data_len != MTUD_L3_AT + IP_LEN)
		return false;
	memcpy(serial, rte_pktmbuf_mtod_offset(m, void *, SERIAL_AT), sizeof(*serial));
	return *serial < l->n_sent && l->sent[*serial] != 0 &&
		memcmp(mtud_fwd_ip6(m)->dst_addr, destination.b, MTUD_IP_LEN) == 0;
}

static void
receive(struct latency *l)
{
	struct rte_mbuf *pkts[BURST];
	uint64_t now, serial;
	uint16_t n, i;

	n = rte_eth_rx_burst(0, 0, pkts, BURST);
	if (n == 0)
		return;
	now = rte_rdtsc_precise();
	for (i = 0; i < n; i++) {
		if (is_back(l, pkts[i], &serial)) {
			l->ns[l->n_back++] = (double)(now - l->sent[serial]) * 1e9 /
				(double)rte_get_tsc_hz();
			l->sent[serial] = 0;
			l->hop_limit = mtud_fwd_ip6(pkts[i])->hop_limits;
		}
		rte_pktmbuf_free(pkts[i]);
	}
}

static void
receive_until(struct latency *l, uint64_t end)
{
	while (l->n_back < l->n_sent && rte_rdtsc() < end)
		receive(l);
}

/* The next one when the last one is back, or at a pace of its own. */
static void
run(struct latency *l, uint32_t n, uint32_t pps)
{
	uint64_t lost = LOST_S * rte_get_tsc_hz();
	uint64_t due = rte_rdtsc();

	l->n_sent = 0;
	l->n_back = 0;
	while (l->n_sent < n) {
		send_one(l);
		if (pps == 0) {
			receive_until(l, rte_rdtsc() + lost);
			if (l->n_back < l->n_sent)
				break;
			continue;
		}
		due += rte_get_tsc_hz() / pps;
		do {
			receive(l);
		} while (rte_rdtsc() < due);
	}
	receive_until(l, rte_rdtsc() + lost);
}

/* Until the first one comes back: who is at the other end may not be ready yet. */
static int
wait_ready(struct latency *l)
{
	uint64_t end = rte_rdtsc() + READY_S * rte_get_tsc_hz();

	do {
		run(l, 1, 0);
		if (l->n_back == 1)
			return 0;
	} while (rte_rdtsc() < end);
	return perf_fail("no packet comes back: who is at the other end must send those to "
			 "2001:db8:1000::1 back");
}

static void
report(struct latency *l, const struct latency_options *opt)
{
	static const struct {
		const char *name;
		double part;
	} at[] = {{"min", 0}, {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999},
		{"max", 1}};
	uint32_t lost = l->n_sent - l->n_back;
	unsigned int i;

	if (opt->json)
		printf("{\"pps\": %" PRIu32 ", \"sent\": %" PRIu32 ", \"lost\": %" PRIu32
		       ", \"hop_limit\": %u, \"ns\": {", opt->pps, l->n_sent, lost, l->hop_limit);
	else
		printf("%" PRIu32 " packets sent, %" PRIu32 " lost, back with hop limit %u:\n",
			l->n_sent, lost, l->hop_limit);
	for (i = 0; i < RTE_DIM(at); i++) {
		double ns = perf_quantile(l->ns, l->n_back, at[i].part);

		if (opt->json)
			printf("%s\"%s\": %.0f", i == 0 ? "" : ", ", at[i].name, ns);
		else
			printf("  %-5s%10.0f ns\n", at[i].name, ns);
	}
	if (opt->json)
		puts("}}");
}

static void
forget(struct latency *l)
{
	free(l->sent);
	free(l->ns);
	l->sent = NULL;
	l->ns = NULL;
}

static int
measure_once(struct latency *l, const struct latency_options *opt)
{
	uint32_t max = RTE_MAX(opt->count, (uint32_t)WARM_UP);

	l->sent = calloc(max, sizeof(*l->sent));
	l->ns = calloc(max, sizeof(*l->ns));
	if (l->sent == NULL || l->ns == NULL)
		return perf_fail("no memory for %" PRIu32 " samples; give a smaller --count", max);
	if (wait_ready(l) < 0)
		return -1;
	run(l, WARM_UP, 0);
	run(l, opt->count, opt->pps);
	report(l, opt);
	return fflush(stdout);
}

static int
measure(struct latency *l, struct latency_options *opt)
{
	char line[64];
	int ret = 0;

	if (!opt->from_stdin)
		return measure_once(l, opt);
	while (ret == 0 && fgets(line, sizeof(line), stdin) != NULL) {
		if (sscanf(line, "%" SCNu32 " %" SCNu32, &opt->count, &opt->pps) != 2 ||
			opt->count == 0 || opt->count > LATENCY_MAX)
			return perf_fail("expected COUNT PPS in a line of standard input");
		ret = measure_once(l, opt);
		forget(l);
	}
	return ret;
}

int
latency_measure(struct latency_options *opt)
{
	static const struct perf_kind kind = {.proto = IPPROTO_UDP};
	struct latency *l = calloc(1, sizeof(*l));
	int ret;

	if (l == NULL)
		return perf_fail("no memory");
	perf_frame_make(l->frame, MTUD_IPV6, IP_LEN, &kind);
	ret = open_port(l);
	if (ret == 0)
		ret = measure(l, opt);
	if (l->port.present) {
		mtud_port_close(&l->port);
		mtud_port_free_buffers(&l->port);
	}
	forget(l);
	free(l);
	return ret;
}
