/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Events of the data plane as lines of the log: workers note them, the control thread writes. */

#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ring_elem.h>

#include "app.h"

/* Between two lines about what was not logged. */
#define COUNT_MS 1000

/* " MTU 1280", or what else an answer says. */
static const char *
value_text(const struct mtud_fwd_note *n, char *buf, size_t size)
{
	buf[0] = '\0';
	if (n->sent == MTUD_ICMP_PTB || n->sent == MTUD_ICMP_FRAG_NEEDED)
		snprintf(buf, size, " (MTU %u)", n->value);
	else if (n->sent == MTUD_ICMP_PARAM)
		snprintf(buf, size, " (pointer %u)", n->value);
	return buf;
}

static void
log_icmp(const struct mtud_fwd_note *n)
{
	const char *sent = mtud_icmp_counter_text(n->sent);
	/* "Packet Too Big sent": its name alone. */
	int len = (int)(strlen(sent) - strlen(" sent"));
	char src[MTUD_IP_STRLEN], dst[MTUD_IP_STRLEN], from[MTUD_IP_STRLEN], value[32];

	mtud_ip_format(&n->src, src);
	mtud_ip_format(&n->dst, dst);
	value_text(n, value, sizeof(value));
	if (n->why == MTUD_ICMP_NONE)
		APP_LOG_PART(ICMP, DEBUG,
			"icmp: %.*s%s to %s sent from %s, for its %u octets to %s by port %u\n", len,
			sent, value, src, mtud_ip_format(&n->from, from), n->octets, dst, n->port);
	else
		APP_LOG_PART(ICMP, DEBUG,
			"icmp: %.*s%s to %s %s, for its %u octets to %s by port %u\n", len, sent,
			value, src, mtud_icmp_counter_text(n->why), n->octets, dst, n->port);
}

static void
log_drop(const struct mtud_fwd_note *n)
{
	char src[MTUD_IP_STRLEN], dst[MTUD_IP_STRLEN];

	if (n->has_ip)
		APP_LOG_PART(DROP, DEBUG, "drop: %s: %u octets from %s to %s by port %u: %s\n",
			mtud_drop_name(n->why), n->octets, mtud_ip_format(&n->src, src),
			mtud_ip_format(&n->dst, dst), n->port, mtud_drop_text(n->why));
	else
		APP_LOG_PART(DROP, DEBUG,
			"drop: %s: a frame of %u octets, EtherType 0x%04x, by port %u: %s\n",
			mtud_drop_name(n->why), n->octets, n->ether_type, n->port,
			mtud_drop_text(n->why));
}

static void
log_notes(const struct mtud_worker *w)
{
	struct mtud_fwd_note n;
	unsigned int left;

	for (left = MTUD_NOTES_RING; left > 0; left--) {
		if (rte_ring_sc_dequeue_elem(w->notes, &n, sizeof(n)) < 0)
			break;
		if (n.what == MTUD_NOTE_ICMP)
			log_icmp(&n);
		else
			log_drop(&n);
	}
}

/* Those beyond the rate of their worker. */
uint64_t
app_notes_not_logged(const struct app *app, enum app_part part)
{
	uint64_t n = part == APP_PART_DROP ? app->notes.own_not_noted : 0;
	unsigned int i;

	for (i = 0; i < app->n_workers; i++) {
		const struct mtud_worker *w = app->worker[i];

		if (part == APP_PART_ICMP)
			n += __atomic_load_n(&w->icmp_not_noted, __ATOMIC_RELAXED);
		else if (part == APP_PART_DROP)
			n += __atomic_load_n(&w->drops_not_noted, __ATOMIC_RELAXED);
	}
	return n;
}

static void
count_others(struct app *app)
{
	uint64_t icmp = app_notes_not_logged(app, APP_PART_ICMP);
	uint64_t drops = app_notes_not_logged(app, APP_PART_DROP);

	if (icmp != app->notes.icmp_not_noted)
		APP_LOG_PART(ICMP, DEBUG, "icmp: %lu more not logged\n",
			icmp - app->notes.icmp_not_noted);
	if (drops != app->notes.drops_not_noted)
		APP_LOG_PART(DROP, DEBUG, "drop: %lu more not logged\n",
			drops - app->notes.drops_not_noted);
	app->notes.icmp_not_noted = icmp;
	app->notes.drops_not_noted = drops;
}

void
app_notes_round(struct app *app)
{
	uint64_t now_ms = app_now_ms();
	unsigned int i;

	for (i = 0; i < app->n_workers; i++)
		log_notes(app->worker[i]);
	if (now_ms < app->notes.due_ms)
		return;
	app->notes.due_ms = now_ms + COUNT_MS;
	count_others(app);
}

void
app_notes_dropped(struct app *app, const struct rte_mbuf *m, enum mtud_drop why)
{
	struct mtud_fwd_note n;

	if (!(app->view->notes & MTUD_NOTE_DROP))
		return;
	mtud_fwd_note_of(m, why, &n);
	if (mtud_rate_take(app->notes.rate, &n.src, rte_rdtsc()))
		log_drop(&n);
	else
		app->notes.own_not_noted++;
}
