/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>

#include "clock.h"
#include "conf.h"
#include "filter.h"
#include "live.h"
#include "nouns.h"
#include "trace.h"

#define COUNT     10
#define COUNT_MAX 1000000
#define TURN_MS   50
/* Packets printed in a turn: the rest waits until the reader has taken them. */
#define TURN_PACKETS 32
/* A neighbor that does not answer is given up after three seconds (RFC 4861 section 10). */
#define RETURN_MS 4000

/* What a line asked for. */
struct wanted {
	int port; /* -1: any */
	uint32_t count;
	char filter[STR_MULTI_TOKEN_SIZE];
};

/* A trace under way. */
struct trace_session {
	struct live live;
	struct mtud_trace *trace;
	struct filter *filter; /* NULL: none */
	uint32_t count;
	uint32_t shown;
	uint32_t waiting; /* shown ones that may come back */
	uint64_t waiting_until_ms;
	bool wait_told;
	uint64_t missed;
	uint64_t start_tsc;
	uint64_t start_us; /* since 1970, at start_tsc */
	uint32_t (*number)[UINT8_MAX + 1]; /* by worker and mark; 0: not shown */
};

static uint64_t
time_of(const struct trace_session *s, uint64_t tsc)
{
	int64_t after = (int64_t)(tsc - s->start_tsc);

	return s->start_us + (uint64_t)(int64_t)((double)after * 1e6 / (double)rte_get_tsc_hz());
}

/* The worker whose oldest record is the oldest of all; -1: there is none. */
static int
oldest(const struct trace_session *s)
{
	const struct mtud_trace_record *r;
	uint64_t tsc = 0;
	int worker = -1;
	unsigned int i;

	for (i = 0; i < s->trace->n_queues; i++) {
		r = mtud_trace_peek(s->trace, i);
		if (r == NULL || (worker >= 0 && (int64_t)(r->tsc - tsc) > 0))
			continue;
		worker = (int)i;
		tsc = r->tsc;
	}
	return worker;
}

/* The number that a record goes by; 0: it is not to be shown. */
static uint32_t
number_of(struct trace_session *s, const struct mtud_trace_record *r, unsigned int worker,
	uint64_t now_ms)
{
	uint32_t *number = &s->number[worker][r->mark];
	bool waits = r->own_punted || (r->punted && r->sound && r->verdict == MTUD_RESOLVE);
	uint32_t n = *number;

	if (r->again) {
		if (n != 0 && s->waiting > 0 && !waits)
			s->waiting--;
		if (!waits)
			*number = 0;
		return n;
	}
	n = s->shown < s->count ? ++s->shown : 0;
	*number = waits ? n : 0;
	if (*number != 0) {
		s->waiting++;
		s->waiting_until_ms = now_ms + RETURN_MS;
	}
	return n;
}

static void
show(struct trace_session *s, unsigned int worker, struct out *out, uint64_t now_ms)
{
	const struct mtud_trace_record *r = mtud_trace_peek(s->trace, worker);
	struct trace_title title = {
		.number = number_of(s, r, worker, now_ms),
		.worker = worker,
		.lcore = app_get()->worker[worker]->lcore,
		.time_us = time_of(s, r->tsc),
	};

	if (title.number != 0)
		trace_print(r, &title, out);
	mtud_trace_pop(s->trace, worker);
}

static void
tell_missed(struct trace_session *s, struct out *out)
{
	uint64_t missed = mtud_trace_missed(s->trace);

	if (missed != s->missed)
		out_printf(out, "(%lu more matched faster than they could be shown, and are not)\n",
			missed - s->missed);
	s->missed = missed;
}

/* All have been shown: is there one of which more is to be told? */
static bool
is_waiting(struct trace_session *s, struct out *out, uint64_t now_ms)
{
	if (s->waiting == 0 || now_ms >= s->waiting_until_ms)
		return false;
	if (!s->wait_told)
		out_printf(out, "(%u of them may come back; that is waited for, %u s at most)\n",
			s->waiting, RETURN_MS / 1000);
	s->wait_told = true;
	return true;
}

static bool
turn(struct live *live, struct out *out, uint64_t now_ms)
{
	struct trace_session *s = container_of(live, struct trace_session, live);
	unsigned int n = 0;
	int worker;

	while (n < TURN_PACKETS && (worker = oldest(s)) >= 0) {
		show(s, (unsigned int)worker, out, now_ms);
		n++;
	}
	tell_missed(s, out);
	live->due_ms = n == TURN_PACKETS ? now_ms : now_ms + TURN_MS;
	return s->shown < s->count || is_waiting(s, out, now_ms);
}

static void
free_session(struct trace_session *s)
{
	if (s == NULL)
		return;
	mtud_trace_free(s->trace);
	filter_free(s->filter);
	free(s->number);
	free(s);
}

/* Without memory for a view that does not lead to it, or with a worker that hangs and may be using
 * it, all of it stays, closed, for the next one to free. */
static void
end(struct live *live)
{
	struct trace_session *s = container_of(live, struct trace_session, live);
	struct app *app = app_get();

	__atomic_store_n(&s->trace->closed, true, __ATOMIC_RELAXED);
	if (app_watchdog_moving(app)) {
		app->trace = NULL;
		if (app_view_publish(app) == 0) {
			free_session(s);
			return;
		}
		app->trace = s->trace;
	}
	app->trace_ended = s;
}

void
trace_end(struct app *app)
{
	free_session(app->trace_ended);
	app->trace_ended = NULL;
	app->trace = NULL;
}

static struct trace_session *
make_session(const struct app *app, const struct wanted *want, struct out *out)
{
	struct trace_session *s = calloc(1, sizeof(*s));
	struct timespec now;

	if (s == NULL)
		goto no_memory;
	s->live = (struct live){.turn = turn, .end = end, .due_ms = clock_now_ms()};
	s->count = want->count;
	s->number = calloc(app->n_workers, sizeof(s->number[0]));
	s->trace = mtud_trace_create(app->n_workers, want->count);
	if (s->number == NULL || s->trace == NULL)
		goto no_memory;
	s->trace->port = want->port;
	if (want->filter[0] != '\0') {
		s->filter = filter_compile(want->filter, out);
		if (s->filter == NULL)
			goto free_session;
		s->trace->matches = filter_matches;
		s->trace->filter = s->filter;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	s->start_tsc = rte_rdtsc();
	s->start_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	return s;

no_memory:
	out_error(out, "trace: no memory for it; give more");
free_session:
	free_session(s);
	return NULL;
}

static void
begin(const struct wanted *want, struct out *out)
{
	struct app *app = app_get();
	struct mtud_trace *before = app->trace;
	struct trace_session *s;

	if (before != NULL && !before->closed) {
		out_error(out, "trace: one is under way on another console; end it there first");
		return;
	}
	if (!app_watchdog_permits(app, out))
		return;
	s = make_session(app, want, out);
	if (s == NULL)
		return;
	app->trace = s->trace;
	if (app_view_publish(app) < 0) {
		app->trace = before;
		out_error(out, "trace: no memory for it; give more");
		free_session(s);
		return;
	}
	free_session(app->trace_ended);
	app->trace_ended = NULL;
	out->live = &s->live;
	/* Nothing may come for long: it shall not seem to hang. */
	out_printf(out, "(the next %u packet%s; a key or a line ends it)\n", want->count,
		want->count == 1 ? "" : "s");
}

/* Take a word off the line's rest; false: there is none. */
static bool
take_word(const char **rest, char *word, size_t size)
{
	size_t len;

	*rest += strspn(*rest, " \t");
	len = strcspn(*rest, " \t");
	if (len == 0 || len >= size)
		return false;
	memcpy(word, *rest, len);
	word[len] = '\0';
	*rest += len;
	return true;
}

static int
want_port(struct wanted *want, const char *text, struct out *out)
{
	uint16_t port;

	if (want->port >= 0) {
		out_error(out, "trace: port is given twice; a TCP or UDP port is \"tcp port %s\" or "
			"\"udp port %s\"", text, text);
		return -1;
	}
	if (conf_number(out, "trace: port", text, 0, UINT16_MAX, &(uint32_t){0}) < 0)
		return -1;
	if (strtoul(text, NULL, 10) >= app_get()->n_ports) {
		out_error(out, "trace: port %s: there is no such port of mtud's; they are 0 to %u; a TCP "
			"or UDP port is \"tcp port %s\" or \"udp port %s\"", text,
			app_get()->n_ports - 1, text, text);
		return -1;
	}
	if (conf_port(out, text, &port) < 0)
		return -1;
	want->port = port;
	return 0;
}

/* What stands before the filter, in any order. */
static int
take_keys(struct wanted *want, const char **rest, struct out *out)
{
	char key[STR_TOKEN_SIZE], value[STR_TOKEN_SIZE];
	bool counted = false;
	const char *at;

	for (at = *rest; take_word(&at, key, sizeof(key)); *rest = at) {
		bool port = strcmp(key, "port") == 0;

		if (!port && strcmp(key, "count") != 0)
			break;
		if (!take_word(&at, value, sizeof(value))) {
			out_error(out, "trace: %s: a number is missing", key);
			return -1;
		}
		if (port && want_port(want, value, out) < 0)
			return -1;
		if (!port && counted) {
			out_error(out, "trace: count is given twice");
			return -1;
		}
		if (!port && conf_number(out, "trace: count", value, 1, COUNT_MAX, &want->count) < 0)
			return -1;
		counted |= !port;
	}
	return 0;
}

static void
trace(const struct cmd_args *args, struct out *out)
{
	struct wanted want = {.port = -1, .count = COUNT};
	const char *rest = args->rest;
	size_t len;

	if (out->within_file) {
		out_error(out, "trace: not from within a file; give it on a console");
		return;
	}
	if (take_keys(&want, &rest, out) < 0)
		return;
	rest += strspn(rest, " \t");
	len = strlen(rest);
	/* As in tcpdump's own line, the filter may be quoted. */
	if (len >= 2 && (rest[0] == '"' || rest[0] == '\'') && rest[len - 1] == rest[0]) {
		rest++;
		len -= 2;
	}
	memcpy(want.filter, rest, len);
	begin(&want, out);
}

#define HELP \
	"trace [port N] [count N] [FILTER] : tell the way of the next packets, those that match " \
	"tcpdump's FILTER"

static const struct cmd_type filter_type = {"a filter as tcpdump has it", NULL, NULL};

static const struct cmd_key trace_keys[] = {
	{"port", &noun_type_port, NULL},
	{"count", &cmd_type_number, NULL},
	{0},
};

/* The first is for completion; a line that has more than its first word is always the second's, which
 * reads the keys itself. */
CMD_PAIRS(inst_trace, trace, trace_keys, HELP, CMD_WORD("trace"));
CMD(inst_trace_filter, trace, HELP, CMD_WORD("trace"), CMD_REST(&filter_type));

cmdline_parse_inst_t *const cmd_trace[] = {&inst_trace, &inst_trace_filter, NULL};
