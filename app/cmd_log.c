/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "conf.h"
#include "nouns.h"
#include "table.h"

static int
level(const struct cmd_args *args, struct out *out)
{
	return conf_set_log(out, args->arg[0], args->arg[1]);
}

static void
set_log(const struct cmd_args *args, struct out *out)
{
	noun_change(level, args, out);
}

static void
show_log(const struct cmd_args *args, struct out *out)
{
	static const struct table_column columns[] = {
		{"Part", "part", TABLE_LEFT},
		{"Level", "level", TABLE_LEFT},
		{"Not logged", "not_logged", TABLE_RIGHT},
		{"What it tells", "text", TABLE_LEFT},
	};
	const struct app *app = app_get();
	struct table t;
	unsigned int part;

	RTE_SET_USED(args);
	table_begin(&t, out, columns, RTE_DIM(columns));
	for (part = 0; part < APP_PARTS; part++) {
		table_str(&t, app_log_part_name(part));
		table_str(&t, app_log_level_name((uint32_t)rte_log_get_level(app->logtype[part])));
		table_u64(&t, app_notes_not_logged(app, part));
		table_str(&t, app_log_part_text(part));
	}
	table_end(&t);
}

CMD(inst_set, set_log, "set log PART LEVEL : how much a part of the log tells", CMD_WORD("set"),
	CMD_WORD("log"), CMD_CHOICE(0, "app#port#neighbor#route#worker#icmp#drop#conf"),
	CMD_CHOICE(1, "emergency#alert#critical#error#warning#notice#info#debug"));
CMD_SHOW(inst_show, show_log, "show log : the parts of the log, and how much each tells",
	CMD_WORD("show"), CMD_WORD("log"));

cmdline_parse_inst_t *const cmd_log[] = {&inst_set, &inst_show, NULL};
