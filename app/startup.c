/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What DPDK says while mtud starts is held back: when mtud comes up it is the log's beginning, and
 * when it does not, one sentence of ours has the cause from it. Who gives --log-level wants to hear
 * all of it at once. */

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "app.h"

/* Lines held; with more than that something is wrong, and they come as they are said. */
#define LINES_MAX 256

struct line {
	uint32_t level;
	uint32_t type;
	char *text;
};

/* EAL's threads log while the main one has getopt() write: the lock is for both. */
struct held {
	pthread_mutex_t lock;
	unsigned int n;
	struct line line[LINES_MAX];
	bool on;
	FILE *log;    /* what rte_log() writes to meanwhile */
	FILE *before; /* what it wrote to; NULL: DPDK's own choice */
	FILE *err;    /* standard error, where ours has taken its place; or NULL */
};

static const char no_pages[] = "reserve hugepages, or do without: --no-huge -m 512";
static const char no_memory[] = "give less with -m, or reserve more hugepages";

/* What helps, by what EAL says. */
static const struct {
	const char *said;
	const char *remedy;
} remedies[] = {
	{"primary process running", "another process has this --file-prefix: choose another one"},
	{"failed to bind", "choose a shorter --file-prefix or RUNTIME_DIRECTORY"},
	{"path too long", "choose a shorter --file-prefix or RUNTIME_DIRECTORY"},
	{"Error creating '", "run mtud as root, or set RUNTIME_DIRECTORY to a directory that can "
			     "be written to"},
	{"core", "check -l against the processors of this machine"},
	{"ugepage", no_pages},
	{"emory", no_memory},
	{"parse device", "check --vdev and -a"},
	{"Bus (vdev)", "check --vdev"},
	{"option", "mtud --help lists the options"},
};

static struct held *
get(void)
{
	static struct held held = {.lock = PTHREAD_MUTEX_INITIALIZER};

	return &held;
}

/* From now on all is told as it is said. DPDK writes to whatever stderr is at the moment: it is not
 * to be ours, or each line would come back. */
static void
release(struct held *h)
{
	unsigned int i;

	if (h->err != NULL)
		stderr = h->err;
	rte_openlog_stream(h->before);
	h->on = false;
	for (i = 0; i < h->n; i++) {
		rte_log(h->line[i].level, h->line[i].type, "%s", h->line[i].text);
		free(h->line[i].text);
	}
	h->n = 0;
}

static void
add_line(struct held *h, uint32_t level, uint32_t type, const char *text, size_t size)
{
	struct line *line = &h->line[h->n];

	line->text = strndup(text, size);
	if (line->text == NULL)
		return;
	line->level = level;
	line->type = type;
	h->n++;
}

/* What ends the program by itself, as a panic does, is told at once with all before it. False:
 * nothing is held any more. */
static bool
hold(struct held *h, uint32_t level, uint32_t type, const char *text, size_t size)
{
	bool on;

	pthread_mutex_lock(&h->lock);
	on = h->on;
	if (on)
		add_line(h, level, type, text, size);
	if (on && (level <= RTE_LOG_CRIT || h->n == LINES_MAX))
		release(h);
	pthread_mutex_unlock(&h->lock);
	return on;
}

static ssize_t
hold_log(void *cookie, const char *text, size_t size)
{
	uint32_t level = (uint32_t)rte_log_cur_msg_loglevel();
	uint32_t type = (uint32_t)rte_log_cur_msg_logtype();

	if (!hold(cookie, level, type, text, size))
		rte_log(level, type, "%.*s", (int)size, text);
	return (ssize_t)size;
}

/* What EAL and getopt() write to standard error themselves. */
static ssize_t
hold_error(void *cookie, const char *text, size_t size)
{
	const struct held *h = cookie;

	if (!hold(cookie, RTE_LOG_ERR, RTE_LOGTYPE_EAL, text, size))
		fwrite(text, 1, size, h->err);
	return (ssize_t)size;
}

static bool
wants_all(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strncmp(argv[i], "--log-level", 11) == 0 || strcmp(argv[i], "-h") == 0 ||
			strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-v") == 0)
			return true;
	return false;
}

static int
check_megabytes(const char *text)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t has_mb = (uint64_t)sysconf(_SC_PHYS_PAGES) * page >> 20;
	uint64_t mb;
	char *end;

	errno = 0;
	mb = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end != '\0' || mb == 0) {
		fprintf(stderr, "mtud: -m %s: expected megabytes of memory, as in -m 512\n", text);
		return -1;
	}
	if (errno != 0 || mb > has_mb) {
		fprintf(stderr, "mtud: -m %s: this machine has %lu MB of memory; give less\n", text,
			has_mb);
		return -1;
	}
	return 0;
}

/* EAL takes any number for 0, and one that is far too large for minutes of work. */
static int
check_memory(int argc, char **argv)
{
	const char *value = NULL;
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "-m") == 0 && i + 1 < argc)
			value = argv[++i];
		else if (strncmp(argv[i], "-m", 2) == 0 && argv[i][2] != '\0')
			value = argv[i] + 2;
	}
	return value != NULL ? check_megabytes(value) : 0;
}

static void
hold_begin(struct held *h)
{
	FILE *now = rte_log_get_stream();

	h->before = now == stderr ? NULL : now;
	h->log = fopencookie(h, "w", (cookie_io_functions_t){.write = hold_log});
	if (h->log == NULL)
		return;
	h->on = true;
	rte_openlog_stream(h->log);
}

/* The first error names what is wrong, those behind it what comes of that. */
static const char *
first_error(const struct held *h)
{
	unsigned int i;

	for (i = 0; i < h->n; i++)
		if (h->line[i].level <= RTE_LOG_ERR)
			return h->line[i].text;
	return NULL;
}

/* The bus says which device it gives up, last of all that was said about it. */
static bool
ends_device(const char *text)
{
	return strstr(text, "failed to initialize ") != NULL ||
		strstr(text, " cannot be used") != NULL;
}

static bool
names(const char *text, const char *device)
{
	const char *at = strstr(text, device);

	return at != NULL && !isalnum((unsigned char)at[strlen(device)]);
}

/* Where others failed, too: the first error behind theirs, or the last of all. */
static const char *
error_of(const struct held *h, const char *device)
{
	const char *first = NULL, *last = NULL;
	unsigned int i;

	for (i = 0; i < h->n; i++) {
		if (h->line[i].level > RTE_LOG_ERR)
			continue;
		last = h->line[i].text;
		if (first == NULL)
			first = last;
		if (!ends_device(last))
			continue;
		if (names(last, device))
			return first;
		first = NULL;
	}
	return last;
}

/* Without who says it: "EAL: ", "function(): ", "/path/mtud: ". */
static const char *
bare(const char *text)
{
	const char *colon = strstr(text, ": ");

	if (colon != NULL && strcspn(text, " ") > (size_t)(colon - text))
		text = colon + 2;
	if (strncmp(text, "FATAL: ", 7) == 0)
		text += 7;
	return text;
}

static void
write_cause(const struct held *h, const char *text, char *buf, size_t size)
{
	size_t len;

	if (text == NULL) {
		snprintf(buf, size, "%s",
			h->on ? "--log-level=debug may tell why" : "the lines above say why");
		return;
	}
	text = bare(text);
	len = strcspn(text, "\n");
	if (len > 0 && text[len - 1] == '.')
		len--;
	snprintf(buf, size, "%.*s", (int)len, text);
}

void
app_startup_cause(const char *device, char *buf, size_t size)
{
	struct held *h = get();

	pthread_mutex_lock(&h->lock);
	write_cause(h, device == NULL ? first_error(h) : error_of(h, device), buf, size);
	pthread_mutex_unlock(&h->lock);
}

static void
tell_why(void)
{
	const char *remedy = "check the options before --; mtud --help lists them";
	char cause[256];
	unsigned int i;

	app_startup_cause(NULL, cause, sizeof(cause));
	for (i = 0; i < RTE_DIM(remedies); i++) {
		if (strstr(cause, remedies[i].said) != NULL) {
			remedy = remedies[i].remedy;
			break;
		}
	}
	fprintf(stderr, "mtud: EAL does not start: %s; %s\n", cause, remedy);
}

/* EAL's usage is longer than a screen, and what is wrong would stand above it. */
static int
init_silently(struct held *h, int argc, char **argv)
{
	FILE *out = stdout;
	FILE *no_out = fopen("/dev/null", "we");
	FILE *no_err = fopencookie(h, "w", (cookie_io_functions_t){.write = hold_error});
	int n;

	if (no_out != NULL)
		stdout = no_out;
	h->err = stderr;
	if (no_err != NULL) {
		setvbuf(no_err, NULL, _IOLBF, 0);
		stderr = no_err;
	}
	n = rte_eal_init(argc, argv);
	stdout = out;
	stderr = h->err;
	if (no_out != NULL)
		fclose(no_out);
	if (no_err != NULL)
		fclose(no_err);
	return n;
}

int
app_startup_eal(int argc, char **argv)
{
	struct held *h = get();
	int n;

	if (check_memory(argc, argv) < 0)
		return -1;
	if (!wants_all(argc, argv))
		hold_begin(h);
	n = h->on ? init_silently(h, argc, argv) : rte_eal_init(argc, argv);
	if (n < 0)
		tell_why();
	return n;
}

void
app_startup_done(void)
{
	struct held *h = get();

	if (h->log == NULL)
		return;
	pthread_mutex_lock(&h->lock);
	if (h->on)
		release(h);
	pthread_mutex_unlock(&h->lock);
}
