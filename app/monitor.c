/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "monitor.h"

/* What all rates of one picture have in common. */
struct picture {
	struct out *out;
	double seconds;
};

const char *
monitor_units(double rate, char text[MONITOR_UNITS_SIZE])
{
	static const char prefixes[] = "\0kMGTPE";
	unsigned int i;

	for (i = 0; rate >= 999.5 && i < sizeof(prefixes) - 2; i++)
		rate /= 1000;
	if (rate > 999)
		rate = 999;
	if (i == 0)
		snprintf(text, MONITOR_UNITS_SIZE, "%.*f", rate > 0 && rate < 9.95, rate);
	else
		snprintf(text, MONITOR_UNITS_SIZE, "%.*f%.1s",
			rate < 9.995 ? 2 : rate < 99.95 ? 1 : 0, rate, &prefixes[i]);
	return text;
}

static void
print_rate(const struct picture *pic, int width, uint64_t before, uint64_t now, unsigned int factor)
{
	char text[MONITOR_UNITS_SIZE];

	out_printf(pic->out, "%*s", width,
		monitor_units((double)(now - before) * factor / pic->seconds, text));
}

static void
look_at_worker(const struct app *app, const struct mtud_worker *w, struct monitor_worker *look)
{
	uint16_t id;

	*look = (struct monitor_worker){
		.dropped = mtud_stat_total(w->stat.drop, MTUD_DROP_MAX),
		.polls = w->stat.polls,
		.busy_polls = w->stat.busy_polls,
	};
	for (id = 0; id < app->n_ports; id++) {
		look->rx_packets += w->stat.port[id].rx_packets;
		look->tx_packets += w->stat.port[id].tx_packets;
	}
}

void
monitor_look(const struct app *app, struct monitor_sample *sample)
{
	struct mtud_port_device_stats device;
	struct timespec ts;
	unsigned int i;

	memset(&sample->sum, 0, sizeof(sample->sum));
	mtud_stat_add(&sample->sum, &app->ctl.stat);
	for (i = 0; i < app->n_workers; i++) {
		mtud_stat_add(&sample->sum, &app->worker[i]->stat);
		look_at_worker(app, app->worker[i], &sample->worker[i]);
	}
	for (i = 0; i < app->n_ports; i++) {
		mtud_port_device_stats(&app->port[i], &device);
		sample->lost[i] = device.missed + device.no_mbuf + device.errors;
	}
	clock_gettime(CLOCK_MONOTONIC, &ts);
	sample->time_ns = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void
print_head(const struct app *app, const struct picture *pic)
{
	char clock[16] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm) != NULL)
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	out_printf(pic->out, "mtud " MTUD_VERSION "  %s  a second, over %.1f s  %s\n\n", clock,
		pic->seconds, app->running ? "any key ends it" : "FORWARDING IS STOPPED");
}

static void
print_ports(const struct app *app, const struct picture *pic, const struct monitor_sample *before,
	const struct monitor_sample *now)
{
	uint16_t id;

	out_printf(pic->out, "Port  Device            Link  Rx packets   Rx bits  "
			     "Tx packets   Tx bits   Lost\n");
	for (id = 0; id < app->n_ports; id++) {
		const struct mtud_stat_port *a = &before->sum.port[id], *b = &now->sum.port[id];

		out_printf(pic->out, "%4u  %-16.16s  %-4s", id, app->port[id].name,
			app->link[id] ? "up" : "down");
		print_rate(pic, 12, a->rx_packets, b->rx_packets, 1);
		print_rate(pic, 10, a->rx_octets, b->rx_octets, 8);
		print_rate(pic, 12, a->tx_packets, b->tx_packets, 1);
		print_rate(pic, 10, a->tx_octets, b->tx_octets, 8);
		print_rate(pic, 7, before->lost[id], now->lost[id], 1);
		out_printf(pic->out, "\n");
	}
}

static void
print_workers(const struct app *app, const struct picture *pic,
	const struct monitor_sample *before, const struct monitor_sample *now)
{
	unsigned int i;

	out_printf(pic->out,
		"\nWorker  Lcore   Busy  Packets a round  Rx packets  Tx packets  Dropped\n");
	for (i = 0; i < app->n_workers; i++) {
		const struct monitor_worker *a = &before->worker[i], *b = &now->worker[i];
		uint64_t polls = b->polls - a->polls, busy = b->busy_polls - a->busy_polls;
		uint64_t rx = b->rx_packets - a->rx_packets;

		out_printf(pic->out, "%6u  %5u  %4.0f%%  %15.1f", i, app->worker[i]->lcore,
			polls > 0 ? 100.0 * (double)busy / (double)polls : 0.0,
			busy > 0 ? (double)rx / (double)busy : 0.0);
		print_rate(pic, 12, a->rx_packets, b->rx_packets, 1);
		print_rate(pic, 12, a->tx_packets, b->tx_packets, 1);
		print_rate(pic, 9, a->dropped, b->dropped, 1);
		out_printf(pic->out, "\n");
	}
}

static void
print_answers(const struct picture *pic, const struct monitor_sample *before,
	const struct monitor_sample *now, struct monitor_seen *seen)
{
	unsigned int i;

	/* What the program is for is always there. */
	seen->icmp[MTUD_ICMP_PTB] = seen->icmp[MTUD_ICMP_FRAG_NEEDED] = true;
	out_printf(pic->out, "\nPackets  Answers\n");
	for (i = MTUD_ICMP_NONE + 1; i < MTUD_ICMP_MAX; i++) {
		if (now->sum.icmp[i] != before->sum.icmp[i])
			seen->icmp[i] = true;
		if (!seen->icmp[i])
			continue;
		print_rate(pic, 7, before->sum.icmp[i], now->sum.icmp[i], 1);
		out_printf(pic->out, "  %s\n", mtud_icmp_counter_text(i));
	}
}

static void
print_drops(const struct picture *pic, const struct monitor_sample *before,
	const struct monitor_sample *now, struct monitor_seen *seen)
{
	bool any = false;
	unsigned int i;

	for (i = MTUD_DROP_NONE + 1; i < MTUD_DROP_MAX; i++) {
		if (now->sum.drop[i] != before->sum.drop[i])
			seen->drop[i] = true;
		if (!seen->drop[i])
			continue;
		if (!any)
			out_printf(pic->out, "\nPackets  Dropped\n");
		any = true;
		print_rate(pic, 7, before->sum.drop[i], now->sum.drop[i], 1);
		out_printf(pic->out, "  %s: %s\n", mtud_drop_name(i), mtud_drop_text(i));
	}
}

void
monitor_print(const struct app *app, const struct monitor_sample *before,
	const struct monitor_sample *now, struct monitor_seen *seen, struct out *out)
{
	/* A clock that stood still would make rates of nothing. */
	uint64_t ns = now->time_ns > before->time_ns ? now->time_ns - before->time_ns : 1;
	struct picture pic = {.out = out, .seconds = (double)ns / 1e9};

	print_head(app, &pic);
	print_ports(app, &pic, before, now);
	print_workers(app, &pic, before, now);
	print_answers(&pic, before, now, seen);
	print_drops(&pic, before, now, seen);
}
