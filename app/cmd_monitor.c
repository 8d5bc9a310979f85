/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "live.h"
#include "monitor.h"
#include "nouns.h"

#define PERIOD_MIN_MS 100
#define PERIOD_MAX_MS 3600000
#define PERIOD_MS     1000
/* The first picture comes soon, of a short time. */
#define FIRST_MS 250

struct monitor {
	struct live live;
	uint32_t period_ms;
	struct monitor_sample before;
	struct monitor_sample now;
	struct monitor_seen seen;
};

static bool
show(struct live *live, struct out *out, uint64_t now_ms)
{
	struct monitor *m = container_of(live, struct monitor, live);

	monitor_look(app_get(), &m->now);
	monitor_print(app_get(), &m->before, &m->now, &m->seen, out);
	m->before = m->now;
	/* In step, unless the reader was slow. */
	live->due_ms = RTE_MAX(live->due_ms + m->period_ms, now_ms + m->period_ms / 2);
	return true;
}

static void
end(struct live *live)
{
	free(container_of(live, struct monitor, live));
}

/* Whole or decimal seconds. 0 after a sentence. */
static uint32_t
parse_period(const char *text, struct out *out)
{
	size_t whole = strspn(text, "0123456789"), part = 0;
	double seconds = 0;

	if (text[whole] == '.')
		part = 1 + strspn(text + whole + 1, "0123456789");
	if (whole > 0 && part != 1 && text[whole + part] == '\0')
		seconds = strtod(text, NULL);
	if (seconds * 1000 < PERIOD_MIN_MS || seconds * 1000 > PERIOD_MAX_MS) {
		out_error(out, "monitor %s: expected seconds from 0.1 to 3600", text);
		return 0;
	}
	return (uint32_t)(seconds * 1000 + 0.5);
}

static void
monitor(const struct cmd_args *args, struct out *out)
{
	uint32_t period_ms = PERIOD_MS;
	struct monitor *m;

	if (args->arg[0][0] != '\0')
		period_ms = parse_period(args->arg[0], out);
	if (period_ms == 0)
		return;
	m = calloc(1, sizeof(*m));
	if (m == NULL) {
		out_error(out, "monitor: no memory for it");
		return;
	}
	m->live = (struct live){.turn = show, .end = end, .redraw = true};
	m->live.due_ms = clock_now_ms() + RTE_MIN(period_ms, (uint32_t)FIRST_MS);
	m->period_ms = period_ms;
	monitor_look(app_get(), &m->before);
	out->live = &m->live;
}

#define HELP "monitor [SECONDS] : ports, workers, answers and drops a second, until a key"
CMD(inst_monitor, monitor, HELP, CMD_WORD("monitor"));
CMD(inst_monitor_every, monitor, HELP, CMD_WORD("monitor"), CMD_ARG(0, &cmd_type_number));

cmdline_parse_inst_t *const cmd_monitor[] = {&inst_monitor, &inst_monitor_every, NULL};
