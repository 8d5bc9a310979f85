/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The parts of the log. Each is a log type of DPDK, so that --log-level=mtud.icmp:debug and set log
 * icmp debug are the same. */

#include <stdio.h>

#include <rte_common.h>

#include "app.h"

/* What a part is called, and what there is to hear from it at which level. */
static const struct {
	const char *name;
	const char *text;
} parts[] = {
	[APP_PART_APP] = {"app", "the program itself: its start, its end, its privileges"},
	[APP_PART_PORT] = {"port", "links, and what devices refuse"},
	[APP_PART_NEIGHBOR] = {"neighbor",
		"our addresses on their links: conflicts; debug: checked, announced"},
	[APP_PART_ROUTE] = {"route", "debug: the tables after each change"},
	[APP_PART_WORKER] = {"worker", "workers that stand still, and that move again"},
	[APP_PART_ICMP] = {"icmp", "debug: each answer, sent or held back, and why"},
	[APP_PART_DROP] = {"drop", "debug: each packet dropped, and why"},
	[APP_PART_CONF] = {"conf", "files loaded, saved and refused"},
};

static const char *const levels[] = {
	[RTE_LOG_EMERG] = "emergency",
	[RTE_LOG_ALERT] = "alert",
	[RTE_LOG_CRIT] = "critical",
	[RTE_LOG_ERR] = "error",
	[RTE_LOG_WARNING] = "warning",
	[RTE_LOG_NOTICE] = "notice",
	[RTE_LOG_INFO] = "info",
	[RTE_LOG_DEBUG] = "debug",
};

void
app_log_init(struct app *app)
{
	char name[32] = "mtud";
	unsigned int part;
	int type;

	for (part = 0; part < APP_PARTS; part++) {
		if (part != APP_PART_APP)
			snprintf(name, sizeof(name), "mtud.%s", parts[part].name);
		type = rte_log_register_type_and_pick_level(name, APP_LOG_LEVEL);
		app->logtype[part] = type >= 0 ? type : RTE_LOGTYPE_USER1;
		app->log_default[part] = (uint32_t)rte_log_get_level(app->logtype[part]);
	}
}

const char *
app_log_part_name(enum app_part part)
{
	return parts[part].name;
}

const char *
app_log_part_text(enum app_part part)
{
	return parts[part].text;
}

const char *
app_log_level_name(uint32_t level)
{
	return level < RTE_DIM(levels) ? levels[level] : NULL;
}

uint8_t
app_log_notes(const struct app *app)
{
	bool icmp = rte_log_can_log(app->logtype[APP_PART_ICMP], RTE_LOG_DEBUG);
	bool drop = rte_log_can_log(app->logtype[APP_PART_DROP], RTE_LOG_DEBUG);

	return (icmp ? MTUD_NOTE_ICMP : 0) | (drop ? MTUD_NOTE_DROP : 0);
}
