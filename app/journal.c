/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Standard error as systemd's journal reads it: each line begins with its priority (sd-daemon(3)).
 * DPDK's own lines come by here too; without this they would also go to syslog, a second time. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_log.h>

#include "app.h"

struct journal {
	bool is_log;  /* of rte_log(): the message's level; else sentences of why mtud ends */
	bool in_line; /* the last one has not ended */
};

/* JOURNAL_STREAM names the device and inode of the journal's socket: standard error may have been
 * turned elsewhere since. */
static bool
is_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	unsigned long dev, ino;
	struct stat st;

	return text != NULL && sscanf(text, "%lu:%lu", &dev, &ino) == 2 &&
		fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

static int
priority(const struct journal *j)
{
	int level = j->is_log ? rte_log_cur_msg_loglevel() : (int)RTE_LOG_ERR;

	/* DPDK counts from 1 where syslog does from 0. */
	return level >= (int)RTE_LOG_EMERG && level <= (int)RTE_LOG_DEBUG ? level - 1 : LOG_INFO;
}

static ssize_t
write_lines(void *cookie, const char *text, size_t size)
{
	struct journal *j = cookie;
	size_t at = 0;

	while (at < size) {
		const char *stop = memchr(text + at, '\n', size - at);
		size_t len = stop != NULL ? (size_t)(stop + 1 - text) - at : size - at;
		char prefix[8];
		struct iovec line[2] = {{prefix, 0}, {(void *)(uintptr_t)(text + at), len}};

		if (!j->in_line)
			line[0].iov_len = (size_t)snprintf(prefix, sizeof(prefix), "<%d>", priority(j));
		if (!app_log_put(STDERR_FILENO, line, RTE_DIM(line)))
			break;
		j->in_line = stop == NULL;
		at += len;
	}
	return (ssize_t)size;
}

static FILE *
open_stream(struct journal *j)
{
	FILE *f = fopencookie(j, "w", (cookie_io_functions_t){.write = write_lines});

	if (f != NULL)
		setvbuf(f, NULL, _IOLBF, 0);
	return f;
}

bool
app_journal_open(void)
{
	static struct journal log = {.is_log = true}, other;
	FILE *log_stream, *other_stream;

	if (!is_journal())
		return false;
	log_stream = open_stream(&log);
	other_stream = open_stream(&other);
	if (log_stream != NULL)
		rte_openlog_stream(log_stream);
	if (other_stream != NULL)
		stderr = other_stream;
	return true;
}
