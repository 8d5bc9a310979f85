/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Fuzzer of the console: the input, but for its first octet, is what a client of its socket sends,
 * in pieces as large as that octet says. Every answer has the form that its kind of client expects.
 * Each line is completed too, as by a terminal, and the whole is read as a file of history. */

#include <poll.h>
#include <sys/socket.h>

#include "console_client.h"
#include "console_frame.h"
#include "fuzz.h"
#include "history.h"

#define ROUNDS_MAX 20000
#define HISTORY    "history"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What came back. */
static struct out answers;

/* Lines that name files name those of our folder only. */
static void
keep_in_folder(char *text, size_t len)
{
	static const char *const words[] = {"save", "load", "capture"};
	char *line, *end;
	unsigned int i;

	for (line = text; line < text + len; line = end + 1) {
		end = memchr(line, '\n', text + len - line);
		if (end == NULL)
			end = text + len;
		for (i = 0; i < RTE_DIM(words); i++)
			if (memmem(line, end - line, words[i], strlen(words[i])) != NULL)
				for (char *c = line; c < end; c++)
					if (*c == '/')
						*c = '_';
	}
}

static void
drain(int fd)
{
	char buf[65536];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		out_write(&answers, buf, (size_t)n);
}

/* Let the client have its turns until nothing more comes of them. False: it is to be closed. */
static bool
serve(struct console_client *c, int fd, uint64_t *now_ms, bool *quit)
{
	unsigned int rounds;
	size_t before;

	for (rounds = 0; rounds < ROUNDS_MAX; rounds++) {
		before = answers.len;
		if (!console_client_serve(c, quit))
			return false;
		*now_ms += 1000;
		console_client_turn(c, *now_ms);
		drain(fd);
		/* What goes on does so until the next line; a few turns show it. */
		if (answers.len == before || (c->live != NULL && rounds > 4)) {
			if (!(console_client_events(c) & POLLOUT))
				return true;
		}
	}
	BROKEN("a console that is never done");
}

static void
talk(const char *text, size_t len, size_t piece)
{
	uint64_t now_ms = 1000000;
	struct console_client c;
	bool open = true, quit = false;
	int fds[2], size = 1 << 20;
	size_t at, n;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) < 0)
		BROKEN("no socket");
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	console_client_open(&c, fds[0]);
	for (at = 0; at < len && open; at += n) {
		n = RTE_MIN(piece, len - at);
		if (send(fds[1], text + at, n, MSG_NOSIGNAL) != (ssize_t)n)
			BROKEN("the console does not read");
		open = serve(&c, fds[1], &now_ms, &quit);
	}
	shutdown(fds[1], SHUT_WR);
	while (open)
		open = serve(&c, fds[1], &now_ms, &quit);
	console_client_close(&c);
	drain(fds[1]);
	close(fds[1]);
}

/* Text as a person reads it, where a sentence follows "error: ". */
static void
check_plain(const char *text, size_t len)
{
	static const char error[] = "error: ";
	const char *line, *end = text + len, *line_end;

	fuzz_check_text(text, len);
	for (line = text; line < end; line = line_end + 1) {
		line_end = memchr(line, '\n', end - line);
		if (line_end == NULL)
			line_end = end;
		if ((size_t)(line_end - line) >= strlen(error) &&
			memcmp(line, error, strlen(error)) == 0)
			fuzz_check_sentence(line + strlen(error), line_end - line - strlen(error));
	}
}

/* Marks apart, which only programs get, all that is answered is text; an end has its status and
 * one sentence. */
static void
check_answers(bool may_be_framed)
{
	const char *p = answers.text, *text = p, *end, *line_end;

	if (answers.len == 0)
		return;
	end = p + answers.len;
	for (; p < end && may_be_framed; p++) {
		if (*p != FRAME_END && *p != FRAME_LIVE && *p != FRAME_REDRAW)
			continue;
		check_plain(text, p - text);
		text = p + 1;
		if (*p != FRAME_END)
			continue;
		line_end = memchr(p, '\n', end - p);
		if (line_end == NULL || line_end < p + 2 || (p[1] != '0' && p[1] != '1') ||
			(p[1] == '0' && line_end != p + 2))
			BROKEN("an answer has another end");
		if (p[1] == '1')
			fuzz_check_sentence(p + 2, line_end - p - 2);
		p = line_end;
		text = p + 1;
	}
	check_plain(text, end - text);
}

/* As a key does it in the middle of a line. */
static void
complete(const char *line)
{
	int state = 0, ret, n = 0;
	char dst[512];

	do {
		ret = cmd_complete(line, &state, dst, sizeof(dst));
		if (ret == CMDLINE_PARSE_COMPLETE_AGAIN || ret == CMDLINE_PARSE_COMPLETED_BUFFER)
			fuzz_check_text(dst, strlen(dst));
		if (n++ > 10000)
			BROKEN("choices without an end");
	} while (ret == CMDLINE_PARSE_COMPLETE_AGAIN);
}

static void
complete_lines(const char *text)
{
	char line[CMD_LINE_MAX + 1];
	size_t len;

	for (; *text != '\0'; text += len + (text[len] != '\0')) {
		len = strcspn(text, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)RTE_MIN(len, sizeof(line) - 1), text);
		complete(line);
		line[strlen(line) / 2] = '\0';
		complete(line);
	}
}

static void
remember(const char *line, void *arg)
{
	unsigned int *n = arg;

	fuzz_check_text(line, strlen(line));
	if (strlen(line) > HISTORY_LINE_MAX || ++*n > HISTORY_LINES)
		BROKEN("more history than is kept");
}

static void
read_history(const char *text, size_t len)
{
	FILE *f = fopen(HISTORY, "w");
	unsigned int n = 0;

	if (f == NULL || fwrite(text, 1, len, f) != len || fclose(f) != 0)
		BROKEN("no file of history");
	history_load(HISTORY, HISTORY_LINES, remember, &n);
	history_add(HISTORY, text);
	n = 0;
	history_load(HISTORY, HISTORY_LINES, remember, &n);
}

/* Levels are not reset by an empty configuration. */
static void
forget(void)
{
	uint16_t i;

	for (i = 0; i < CAPTURE_SOURCES; i++)
		capture_stop(&context, i);
	fuzz_reset();
	out_reset(&answers);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	fuzz_begin();
	out_init(&answers);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	text = calloc(1, size);
	if (text == NULL)
		return 0;
	memcpy(text, data + 1, size - 1);
	keep_in_folder(text, size - 1);
	fuzz_enter_folder();
	forget();
	talk(text, size - 1, data[0] == 0 ? size : data[0]);
	check_answers(memchr(text, FRAME_RUN, size) != NULL ||
		memchr(text, FRAME_COMPLETE, size) != NULL);
	complete_lines(text);
	if (data[0] & 1)
		read_history(text, size - 1);
	free(text);
	forget();
	fuzz_leave_folder();
	return 0;
}
