/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef FUZZ_H
#define FUZZ_H

/* What the fuzzers of the console and of configurations share: the configuration behind the console
 * with its real tables, an empty folder of their own, and what all output must be like. To be
 * included by one file of a program. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "conf.h"
#include "test_conf.h"

/* A sentence quotes words of the line, which are short, and names a file. */
#define SENTENCE_MAX 1024

/* An invariant does not hold: say which, and end as libFuzzer wants it. */
#define BROKEN(...)                             \
	do {                                    \
		fprintf(stderr, "fuzz: " __VA_ARGS__); \
		fputc('\n', stderr);            \
		abort();                        \
	} while (0)

static char fuzz_folder[256];
static int fuzz_home = -1;

/* Names that libpcap asks for end here, not in the DNS. */
static inline void
fuzz_leave_network(void)
{
	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		BROKEN("the fuzzer needs a network namespace: run it as root");
}

/* Remove all files of the folder, which has no folders. */
static inline void
fuzz_clear_folder(void)
{
	DIR *dir = opendir(fuzz_folder);
	struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' || strspn(entry->d_name, ".") < strlen(entry->d_name))
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
}

static inline void
fuzz_end(void)
{
	fuzz_clear_folder();
	if (rmdir(fuzz_folder) < 0)
		perror(fuzz_folder);
	teardown_conf(NULL);
}

/* In memory: save waits until a disk has it. libFuzzer ends without atexit's functions when it is
 * told to or finds something: whoever runs the fuzzers for long names a folder and removes it. */
static inline bool
fuzz_make_folder(void)
{
	const char *where = getenv("MTUD_FUZZ_DIR");
	int len = snprintf(fuzz_folder, sizeof(fuzz_folder), "%s/mtud-fuzz-XXXXXX",
			   where != NULL ? where : "/dev/shm");

	return len > 0 && (size_t)len < sizeof(fuzz_folder) && mkdtemp(fuzz_folder) != NULL;
}

/* Once. */
static inline void
fuzz_begin(void)
{
	fuzz_leave_network();
	fuzz_home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fuzz_home < 0 || !fuzz_make_folder() || setup_eal() < 0 || setup_conf(NULL) < 0 ||
		atexit(fuzz_end) != 0)
		BROKEN("the fuzzer does not start");
}

/* Around each input: libFuzzer's own files are beside its folder. */
static inline void
fuzz_enter_folder(void)
{
	if (chdir(fuzz_folder) < 0)
		BROKEN("%s is away", fuzz_folder);
}

static inline void
fuzz_leave_folder(void)
{
	fuzz_clear_folder();
	if (fchdir(fuzz_home) < 0)
		BROKEN("there is no way back");
}

/* A sentence is one line that harms no terminal, and not long. */
static inline void
fuzz_check_sentence(const char *text, size_t len)
{
	size_t i;

	if (len == 0 || len > SENTENCE_MAX)
		BROKEN("a sentence of %zu octets", len);
	for (i = 0; i < len; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			BROKEN("a sentence has octet %02x in it", (unsigned char)text[i]);
		/* The second half of ISO 8859's controls, as UTF-8. */
		if (i > 0 && text[i - 1] == '\xc2' && (unsigned char)text[i] < 0xa0)
			BROKEN("a sentence has control %02x in it", (unsigned char)text[i]);
	}
}

/* Text has lines, and tabs. */
static inline void
fuzz_check_text(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\n' && text[i] != '\t') ||
			text[i] == 0x7f)
			BROKEN("a text has octet %02x in it", (unsigned char)text[i]);
}

/* The configuration in force as commands, to be freed. */
static inline char *
fuzz_conf_text(void)
{
	struct out out;

	out_init(&out);
	conf_print(&out);
	if (out.status != 0)
		BROKEN("the configuration is not printed");
	free(out.error);
	return out.text != NULL ? out.text : calloc(1, 1);
}

/* Run a line of our own, which must do well. */
static inline void
fuzz_do(const char *line)
{
	struct out out;

	out_init(&out);
	if (cmd_run(line, &out) != 0)
		BROKEN("%s: %s", line, out_error_text(&out));
	out_free(&out);
}

/* Back to an empty configuration. */
static inline void
fuzz_reset(void)
{
	char *text;

	fuzz_do("flush");
	text = fuzz_conf_text();
	if (strcmp(text, "flush\n") != 0)
		BROKEN("flush leaves %s", text);
	free(text);
	if (context.txn != NULL)
		BROKEN("a change is still under way");
	mtud_neigh_flush_port(context.nt, 0);
	mtud_neigh_flush_port(context.nt, 1);
}

#endif
