/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "cmd.h"
#include "out.h"
#include "telemetry_json.h"
#include "telemetry_show.h"

#define WAIT_MS 1000
/* JSON that one answer is made from, at most: it keeps the control thread from all else. */
#define TEXT_MAX (1024 * 1024)
/* The same of a list whose rows beyond an answer's are left out. */
#define LIST_MAX (4 * TELEMETRY_ROOM)

/* What stands behind a path: lines of the console without their `json`. */
struct show {
	const char *path;
	const char *plain; /* without a parameter; NULL: there must be one */
	const char *list;  /* beside plain: a table that may be long */
	uint64_t (*list_rows)(void);
	const char *with; /* what a parameter follows; NULL: it takes none */
	bool row;         /* the parameter is not for the line: it is the number of a row */
};

static uint64_t
count_routes(void)
{
	struct mtud_route_totals totals;

	mtud_route_totals(app_get()->rt, &totals);
	return totals.routes;
}

static uint64_t
count_neighbors(void)
{
	struct mtud_neigh_totals totals;

	mtud_neigh_totals(app_get()->nt, &totals);
	return totals.entries;
}

static const struct show shows[] = {
	{.path = "/mtud/addresses", .plain = "show address"},
	{.path = "/mtud/neighbors", .plain = "show neighbor summary", .list = "show neighbor",
		.list_rows = count_neighbors, .with = "show neighbor"},
	{.path = "/mtud/ports", .with = "show port"},
	{.path = "/mtud/routes", .plain = "show route summary", .list = "show route",
		.list_rows = count_routes, .with = "show route"},
	{.path = "/mtud/show", .with = "show"},
	{.path = "/mtud/stats", .plain = "show stats"},
	{.path = "/mtud/workers", .with = "show workers", .row = true},
};

/* Lines to run, and what they say. */
struct question {
	const struct show *show;
	char line[CMD_LINE_MAX];
	struct out out;
	bool with_list;
	struct out list;
	uint64_t list_rows;
};

/* On the control thread. */
static void
ask(void *arg)
{
	struct question *q = arg;
	char line[64];

	cmd_run(q->line, &q->out);
	if (!q->with_list)
		return;
	snprintf(line, sizeof(line), "%s json", q->show->list);
	cmd_run(line, &q->list);
	q->list_rows = q->show->list_rows();
}

/* A parameter is words of a line: nothing that ends one, or begins a comment. */
static bool
is_parameter(const char *text)
{
	if (text[strspn(text, " ")] == '\0')
		return false;
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || (unsigned char)*text > '~' || *text == '#')
			return false;
	return true;
}

static int
make_line(struct question *q, const char *params)
{
	const struct show *show = q->show;
	int len;

	if (params == NULL || show->row)
		len = snprintf(q->line, sizeof(q->line), "%s json",
			params == NULL ? show->plain : show->with);
	else
		len = snprintf(q->line, sizeof(q->line), "%s %s json", show->with, params);
	return len < (int)sizeof(q->line) ? 0 : -E2BIG;
}

static int
answer_row(struct rte_tel_data *d, const char *text, const char *params)
{
	char *end;
	uint64_t n = strtoull(params, &end, 10);

	if (!cmd_looks_number(params, strlen(params)) || *end != '\0')
		return -EINVAL;
	return telemetry_json_row(d, text, n);
}

static int
answer(struct rte_tel_data *d, const struct question *q, const char *params)
{
	if (q->out.status != 0 || q->out.text == NULL)
		return -EINVAL;
	if (params != NULL && q->show->row)
		return answer_row(d, q->out.text, params);
	if (q->with_list)
		return telemetry_json_list(d, q->out.text,
			q->list.text != NULL ? q->list.text : "", q->list_rows);
	return telemetry_json_fill(d, q->out.text);
}

int
telemetry_show(const char *cmd, const char *params, struct rte_tel_data *d)
{
	struct question q = {.show = NULL};
	unsigned int i;
	int ret;

	for (i = 0; i < RTE_DIM(shows); i++)
		if (strcmp(cmd, shows[i].path) == 0)
			q.show = &shows[i];
	if (q.show == NULL || (params == NULL ? q.show->plain : q.show->with) == NULL)
		return -EINVAL;
	if (params != NULL && !is_parameter(params))
		return -EINVAL;
	ret = make_line(&q, params);
	if (ret < 0)
		return ret;
	out_init(&q.out);
	out_init(&q.list);
	q.with_list = params == NULL && q.show->list != NULL;
	q.out.limit = TEXT_MAX;
	q.list.limit = LIST_MAX;
	ret = requests_post(&app_get()->requests, ask, &q, WAIT_MS);
	if (ret == 0)
		ret = answer(d, &q, params);
	out_free(&q.out);
	out_free(&q.list);
	return ret;
}
