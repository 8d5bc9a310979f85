/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "console_frame.h"
#include "run.h"

/* Why a line cannot be sent; NULL: it can. */
static const char *
flaw(const char *line, size_t len)
{
	if (len > LINK_LINE_MAX)
		return "the line is longer than 4096 octets";
	if (memchr(line, '\n', len) != NULL || strlen(line) != len)
		return "the line has a control character in it";
	return NULL;
}

static int
status_of(enum answer answer)
{
	if (answer == ANSWER_SIGNAL)
		return 128 + answer_signal();
	return answer == ANSWER_WELL ? 0 : 1;
}

int
run_command(struct link *link, char *const words[], int nb_words)
{
	char line[LINK_LINE_MAX + 2] = "", sentence[ANSWER_SENTENCE_SIZE];
	enum answer answer = ANSWER_FAILED;
	const char *why;
	size_t len = 0;
	int i;

	for (i = 0; i < nb_words && len < sizeof(line); i++)
		len += (size_t)snprintf(line + len, sizeof(line) - len, "%s%s", i > 0 ? " " : "",
			words[i]);
	why = flaw(line, len);
	if (why == NULL) {
		answer = answer_run(link, line, false, sentence);
		why = sentence;
	}
	if (answer == ANSWER_FAILED)
		fprintf(stderr, "mtud-console: %s\n", why);
	return status_of(answer);
}

static int
run_stream(struct link *link, FILE *file, const char *name)
{
	char sentence[ANSWER_SENTENCE_SIZE], *line = NULL;
	enum answer answer = ANSWER_WELL;
	unsigned long number = 0;
	const char *why;
	size_t size = 0;
	ssize_t len;

	while (answer == ANSWER_WELL && (len = getline(&line, &size, file)) >= 0) {
		number++;
		while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			line[--len] = '\0';
		why = flaw(line, (size_t)len);
		if (why == NULL) {
			answer = answer_run(link, line, false, sentence);
			why = sentence;
		} else {
			answer = ANSWER_FAILED;
		}
		if (answer == ANSWER_FAILED)
			fprintf(stderr, "%s:%lu: %s\n", name, number, why);
	}
	free(line);
	if (answer == ANSWER_WELL && ferror(file)) {
		if (answer_signal() != 0)
			return 128 + answer_signal();
		fprintf(stderr, "mtud-console: %s: %s\n", name, strerror(errno));
		return 1;
	}
	return status_of(answer);
}

int
run_file(struct link *link, const char *path)
{
	FILE *file;
	int status;

	if (strcmp(path, "-") == 0)
		return run_stream(link, stdin, "-");
	file = fopen(path, "re");
	if (file == NULL) {
		fprintf(stderr, "mtud-console: %s: %s\n", path, strerror(errno));
		return 1;
	}
	status = run_stream(link, file, path);
	fclose(file);
	return status;
}

int
run_choices(struct link *link, const char *line)
{
	const char *text;
	size_t len;

	if (flaw(line, strlen(line)) != NULL || link_send(link, FRAME_COMPLETE, line) < 0)
		return 1;
	for (;;) {
		switch (link_next(link, &text, &len)) {
		case LINK_TEXT:
			fwrite(text, 1, len, stdout);
			break;
		case LINK_MORE:
			if (link_read(link) < 0)
				return 1;
			break;
		default:
			return 0;
		}
	}
}
