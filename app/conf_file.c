/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_string_fns.h>

#include "conf.h"
#include "console_file.h"
#include "out.h"

static int
load_begin(void *arg)
{
	RTE_SET_USED(arg);
	return conf_begin();
}

/* What goes wrong now is no line's fault, but the file's. */
static int
load_commit(void *arg, struct out *out)
{
	struct out commit;
	int ret;

	out_init(&commit);
	ret = conf_commit(&commit);
	if (commit.text != NULL)
		out_printf(out, "%s", commit.text);
	if (ret < 0)
		out_error(out, "%s: %s", (const char *)arg, out_error_text(&commit));
	out_free(&commit);
	return ret;
}

static void
load_rollback(void *arg)
{
	RTE_SET_USED(arg);
	conf_rollback();
}

static int
load_turn(void *arg)
{
	RTE_SET_USED(arg);
	app_control_turn(app_get());
	return app_control_signalled() ? -1 : 0;
}

int
conf_load(const char *path, struct out *out)
{
	char name[PATH_MAX];
	struct console_file_hooks hooks = {
		.begin = load_begin,
		.commit = load_commit,
		.rollback = load_rollback,
		.turn = load_turn,
		.arg = name,
	};

	strlcpy(name, path, sizeof(name));
	return console_file_run(path, out, &hooks);
}

/* The file that a path leads to, and its mode: what is there is replaced, not what leads there,
 * and only if it is a file. */
static int
resolve(const char *path, char *target, mode_t *mode, struct out *out)
{
	struct stat st;

	*mode = 0644;
	if (realpath(path, target) == NULL) {
		strlcpy(target, path, PATH_MAX);
		return 0;
	}
	if (stat(target, &st) == 0 && !S_ISREG(st.st_mode)) {
		out_error(out, "save %s: not a regular file; name a file", path);
		return -1;
	}
	*mode = st.st_mode & 07777;
	return 0;
}

static int
write_whole(int fd, const char *text, size_t len)
{
	ssize_t n;

	for (; len > 0; text += n, len -= (size_t)n) {
		n = write(fd, text, len);
		if (n < 0 && errno != EINTR)
			return -1;
		n = RTE_MAX(n, 0);
	}
	return 0;
}

/* The file's new name is to outlast a loss of power, too. */
static void
sync_folder(const char *path)
{
	char folder[PATH_MAX];
	int fd;

	strlcpy(folder, path, sizeof(folder));
	fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/* Into a file beside it first: who has an old configuration keeps it until there is a new one. */
static int
replace(const char *path, const char *text, size_t len, struct out *out)
{
	char target[PATH_MAX], tmp[PATH_MAX + 8];
	int fd, ret = -1;
	mode_t mode;

	if (resolve(path, target, &mode, out) < 0)
		return -1;
	snprintf(tmp, sizeof(tmp), "%s.XXXXXX", target);
	fd = mkstemp(tmp);
	if (fd < 0) {
		out_error(out, "save %s: %s; choose a directory that can be written to", path,
			strerror(errno));
		return -1;
	}
	if (write_whole(fd, text, len) == 0 && fchmod(fd, mode) == 0 && fsync(fd) == 0)
		ret = rename(tmp, target);
	if (ret < 0) {
		out_error(out, "save %s: %s; the file is as it was", path, strerror(errno));
		unlink(tmp);
	}
	close(fd);
	if (ret == 0)
		sync_folder(target);
	return ret;
}

/* Nothing but the configuration is in it: the same one makes the same file. */
int
conf_save(const char *path, struct out *out)
{
	struct out text;
	int ret = -1;

	out_init(&text);
	out_printf(&text, "# mtud configuration, written by save\n");
	conf_print(&text);
	if (text.status != 0)
		out_error(out, "save %s: no memory for it; the file is as it was", path);
	else
		ret = replace(path, text.text, text.len, out);
	out_free(&text);
	return ret;
}
