/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <string.h>
#include <sys/stat.h>

#include "conf.h"
#include "nouns.h"
#include "out.h"

static void
start(const struct cmd_args *args, struct out *out)
{
	struct app *app = app_get();

	RTE_SET_USED(args);
	if (out->within_file) {
		out_error(out, "start: a file holds configuration; forwarding starts by itself");
		return;
	}
	if (app_watchdog_permits(app, out))
		app_forwarding(app, true);
}

static void
stop(const struct cmd_args *args, struct out *out)
{
	RTE_SET_USED(args);
	if (out->within_file) {
		out_error(out, "stop: a file holds configuration; start mtud with --no-start");
		return;
	}
	if (app_watchdog_permits(app_get(), out))
		app_forwarding(app_get(), false);
}

/* Who sits at the terminal sees it anyway. */
static void
log_load(const char *path, const struct out *out)
{
	if (out->terminal != 0)
		return;
	if (out->status == 0)
		APP_LOG_PART(CONF, INFO, "loaded %s\n", path);
	else
		APP_LOG_PART(CONF, WARNING, "load refused, nothing was changed: %s\n",
			out_error_text(out));
}

/* The control thread must not wait for who writes into a pipe. */
static void
load(const struct cmd_args *args, struct out *out)
{
	struct app *app = app_get();
	struct stat st;

	if (stat(args->rest, &st) == 0 && !S_ISREG(st.st_mode)) {
		out_error(out, "load %s: not a regular file; name a file of commands", args->rest);
		return;
	}
	/* A file within a file is part of its change. */
	if (app->txn != NULL) {
		conf_load(args->rest, out);
		return;
	}
	if (!app_watchdog_permits(app, out))
		return;
	app_notify_reloading(app, true);
	conf_load(args->rest, out);
	app_notify_reloading(app, false);
	log_load(args->rest, out);
}

static void
save(const struct cmd_args *args, struct out *out)
{
	if (out->within_file)
		out_error(out, "save: not from within a file");
	else if (conf_save(args->rest, out) == 0 && out->terminal == 0)
		APP_LOG_PART(CONF, INFO, "saved %s\n", args->rest);
}

static void
print_lines(struct out *out, const char *text)
{
	const char *line, *end;

	out_printf(out, "{\"lines\": [");
	for (line = text; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		out_printf(out, "%s\n\"%.*s\"", line == text ? "" : ",", (int)(end - line), line);
	}
	out_printf(out, "\n]}\n");
}

static void
show_config(const struct cmd_args *args, struct out *out)
{
	struct out text;

	RTE_SET_USED(args);
	if (!out->json) {
		conf_print(out);
		return;
	}
	out_init(&text);
	conf_print(&text);
	if (text.status != 0)
		out_error(out, "show config: no memory for it");
	else
		print_lines(out, text.text);
	out_free(&text);
}

static void
quit(const struct cmd_args *args, struct out *out)
{
	RTE_SET_USED(args);
	out->quit = true;
}

CMD(inst_start, start, "start : forward packets", CMD_WORD("start"));
CMD(inst_stop, stop, "stop : forward none", CMD_WORD("stop"));
CMD(inst_load, load, "load FILE : apply a file of commands at once, or not at all",
	CMD_WORD("load"), CMD_REST(&cmd_type_file));
CMD(inst_save, save, "save FILE : write the configuration as load reads it", CMD_WORD("save"),
	CMD_REST(&cmd_type_file));
CMD_SHOW(inst_show, show_config, "show config : the configuration in force, as save writes it",
	CMD_WORD("show"), CMD_WORD("config"));
CMD(inst_quit, quit, "quit : end mtud", CMD_WORD("quit"));

cmdline_parse_inst_t *const cmd_control[] = {
	&inst_start, &inst_stop, &inst_load, &inst_save, &inst_show, &inst_quit, NULL};
