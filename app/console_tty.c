/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* librte_cmdline's line editor can be had without its blocking loop through calls that DPDK 22.11
 * still marks as experimental; later versions have them as they are. */
#define ALLOW_EXPERIMENTAL_API

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmdline_rdline.h>
#include <rte_string_fns.h>

#include "cmd.h"
#include "console_line.h"
#include "console_tty.h"
#include "history.h"
#include "live.h"
#include "out.h"
#include "screen.h"
#include "tty_mode.h"
#include "tty_output.h"

#define CTRL_A '\001'
#define CTRL_K '\013'
#define CTRL_U '\025'

#define PROMPT_SIZE    32
#define LINES_PER_TURN 64
#define KEYS_PER_READ  256
#define HISTORY_RECALLED 64 /* lines that the line editor holds */
/* No more input is taken while this many octets of output wait. */
#define PENDING_MAX (64u << 10)

struct console_tty {
	int in;
	struct tty_output output;
	bool is_terminal;
	bool at_eof; /* no terminal: nothing more is to be read */
	bool left;   /* the user goes: nothing more is run */
	bool disturbed; /* others have written to the terminal */
	char prompt[PROMPT_SIZE];
	struct tty_mode *mode;
	char history[PATH_MAX]; /* file of earlier lines; "": none */
	struct rdline *rdl;
	char keys[KEYS_PER_READ]; /* terminal: read, not yet taken */
	size_t keys_begin;
	size_t keys_end;
	struct console_lines lines; /* no terminal: the same */
	struct live *live;    /* what the last line left to go on; NULL: nothing */
	struct screen screen; /* what that has shown */
};

static void
flush(struct console_tty *tty)
{
	if (!tty_output_flush(&tty->output))
		tty->left = true;
}

static size_t
waiting(const struct console_tty *tty)
{
	return tty_output_waiting(&tty->output);
}

static void
run(struct console_tty *tty, const char *line)
{
	struct out out;

	out_init(&out);
	if (tty->is_terminal && isatty(tty->output.fd)) {
		out.terminal = tty->output.fd;
		flush(tty);
	}
	cmd_run(line, &out);
	tty->live = live_take(&out);
	tty->screen = (struct screen){0};
	out_finish(&out);
	if (out.len > 0)
		out_write(&tty->output.pending, out.text, out.len);
	tty->left = tty->left || out.quit;
	out_free(&out);
}

/* May the next line be run? */
static bool
takes_input(const struct console_tty *tty)
{
	return !tty->left && tty->live == NULL && waiting(tty) < PENDING_MAX;
}

static void
prompt(struct console_tty *tty)
{
	if (tty->is_terminal && !tty->left && tty->live == NULL)
		rdline_newline(tty->rdl, tty->prompt);
}

/* Called back by the line editor */

static int
write_char(struct rdline *rdl, char c)
{
	struct console_tty *tty = rdline_get_opaque(rdl);

	out_write(&tty->output.pending, &c, 1);
	return 1;
}

static void
validate(struct rdline *rdl, const char *buf, unsigned int size)
{
	RTE_SET_USED(size);
	run(rdline_get_opaque(rdl), buf);
}

static int
complete(struct rdline *rdl, const char *buf, char *dst, unsigned int size, int *state)
{
	RTE_SET_USED(rdl);
	return cmd_complete(buf, state, dst, size);
}

static void
recall(const char *line, void *tty)
{
	/* It takes a line that it may write to. */
	char copy[HISTORY_LINE_MAX + 1];

	strlcpy(copy, line, sizeof(copy));
	rdline_add_history(((struct console_tty *)tty)->rdl, copy);
}

static void
remember(struct console_tty *tty)
{
	const char *line = rdline_get_buffer(tty->rdl);
	const char *last = rdline_get_history_item(tty->rdl, 0);
	size_t len = strcspn(line, "\n");

	if (line[strspn(line, " \t\n")] == '\0')
		return;
	if (last != NULL && strlen(last) == len && memcmp(last, line, len) == 0)
		return;
	rdline_add_history(tty->rdl, line);
	last = rdline_get_history_item(tty->rdl, 0);
	if (last != NULL)
		history_add(tty->history, last);
}

/* librte_cmdline has no key of its own that kills a line. */
static int
take_key(struct console_tty *tty, char key)
{
	if (key != CTRL_U)
		return rdline_char_in(tty->rdl, key);
	rdline_char_in(tty->rdl, CTRL_A);
	return rdline_char_in(tty->rdl, CTRL_K);
}

static void
take_keys(struct console_tty *tty)
{
	while (tty->keys_begin < tty->keys_end && takes_input(tty)) {
		switch (take_key(tty, tty->keys[tty->keys_begin++])) {
		case RDLINE_RES_VALIDATED:
			remember(tty);
			prompt(tty);
			break;
		case RDLINE_RES_EOF:
			out_write(&tty->output.pending, "\n", 1);
			tty->left = true;
			break;
		default:
			break;
		}
	}
}

/* Is there input that waits for output to go? */
static bool
is_held(const struct console_tty *tty)
{
	if (tty->left || tty->live != NULL)
		return false;
	return tty->is_terminal ? tty->keys_begin < tty->keys_end
				: tty->at_eof || console_lines_ready(&tty->lines);
}

static void
take_lines(struct console_tty *tty)
{
	unsigned int i;
	char *line;

	for (i = 0; i < LINES_PER_TURN && takes_input(tty); i++) {
		line = console_lines_next(&tty->lines, tty->at_eof);
		if (line != NULL) {
			run(tty, line);
			continue;
		}
		tty->left = tty->at_eof;
		if (console_lines_too_long(&tty->lines)) {
			out_printf(&tty->output.pending,
				"error: the line is longer than %u octets\n", CMD_LINE_MAX);
			tty->left = true;
		}
		break;
	}
}

static void
take(struct console_tty *tty)
{
	if (tty->is_terminal)
		take_keys(tty);
	else
		take_lines(tty);
}

/* Read once what is there. */
static void
read_input(struct console_tty *tty)
{
	struct pollfd fd = {.fd = tty->in, .events = POLLIN};
	size_t size = sizeof(tty->keys);
	char *room = tty->keys;
	ssize_t n;

	if (poll(&fd, 1, 0) <= 0)
		return;
	if (!tty->is_terminal)
		room = console_lines_room(&tty->lines, &size);
	if (size == 0)
		return;
	n = read(tty->in, room, size);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		tty->at_eof = true;
		tty->left = tty->is_terminal;
	} else if (tty->is_terminal) {
		tty->keys_begin = 0;
		tty->keys_end = (size_t)n;
	} else {
		console_lines_add(&tty->lines, (size_t)n);
	}
}

/* Something goes on: has its reader said that it shall not? On a terminal any key says so, and
 * those that came with it; lines of a file or pipe wait, and its end says so. */
static void
watch(struct console_tty *tty)
{
	if (tty->keys_begin == tty->keys_end && !tty->at_eof)
		read_input(tty);
	if (tty->keys_begin < tty->keys_end || tty->at_eof) {
		tty->keys_begin = tty->keys_end;
		live_end(&tty->live);
		prompt(tty);
	}
}

/* 0, or -1 when all is said and done. */
static int
state_of(const struct console_tty *tty)
{
	return tty->left && waiting(tty) == 0 ? -1 : 0;
}

int
console_tty_input(struct console_tty *tty)
{
	flush(tty);
	if (takes_input(tty)) {
		take(tty);
		if (takes_input(tty) && !is_held(tty))
			read_input(tty);
		take(tty);
	}
	if (tty->live != NULL && !tty->left)
		watch(tty);
	flush(tty);
	return state_of(tty);
}

void
console_tty_disturb(struct console_tty *tty)
{
	tty->disturbed = true;
}

/* What others have written stays, ours is below it. */
static void
recover(struct console_tty *tty)
{
	if (!tty->disturbed || !tty->is_terminal)
		return;
	tty->disturbed = false;
	tty->screen.lines = 0;
	if (tty->live == NULL && !tty->left)
		rdline_redisplay(tty->rdl);
	flush(tty);
}

int
console_tty_turn(struct console_tty *tty, uint64_t now_ms)
{
	unsigned int rows, columns;
	struct out text;
	bool redraw;

	recover(tty);
	if (tty->live == NULL || tty->left || waiting(tty) > 0 || now_ms < tty->live->due_ms)
		return state_of(tty);
	out_init(&text);
	redraw = tty->live->redraw;
	live_turn(&tty->live, &text, now_ms);
	out_finish(&text);
	if (redraw && tty->is_terminal) {
		screen_size(tty->output.fd, &rows, &columns);
		screen_draw(&tty->screen, &tty->output.pending, text.text, text.len, rows, columns);
	} else if (redraw) {
		screen_append(&tty->screen, &tty->output.pending, text.text, text.len);
	} else {
		out_write(&tty->output.pending, text.text, text.len);
	}
	out_free(&text);
	prompt(tty);
	flush(tty);
	return state_of(tty);
}

unsigned int
console_tty_pollfds(const struct console_tty *tty, struct pollfd *fds)
{
	unsigned int n = 0;

	if (waiting(tty) > 0 || is_held(tty))
		fds[n++] = (struct pollfd){.fd = tty->output.fd, .events = POLLOUT};
	if (!tty->left && !tty->at_eof && !is_held(tty) && !console_lines_full(&tty->lines) &&
		(tty->live != NULL || waiting(tty) < PENDING_MAX))
		fds[n++] = (struct pollfd){.fd = tty->in, .events = POLLIN};
	return n;
}

static int
start(struct console_tty *tty, int fd_out)
{
	int ret;

	tty->is_terminal = isatty(tty->in) && isatty(fd_out);
	ret = tty_output_open(&tty->output, fd_out);
	if (ret < 0 || !tty->is_terminal)
		return ret;
	tty->rdl = rdline_new(write_char, validate, complete, tty);
	if (tty->rdl == NULL) {
		ret = -ENOMEM;
		goto close_out;
	}
	ret = tty_mode_raw(tty->in, &tty->mode);
	if (ret < 0)
		goto free_rdl;
	rdline_newline(tty->rdl, tty->prompt);
	flush(tty);
	return 0;
free_rdl:
	rdline_free(tty->rdl);
close_out:
	tty_output_close(&tty->output);
	return ret;
}

struct console_tty *
console_tty_open_fds(const char *prompt, int fd_in, int fd_out)
{
	struct console_tty *tty = calloc(1, sizeof(*tty));
	int ret;

	if (tty == NULL)
		return NULL;
	tty->in = fd_in;
	strlcpy(tty->prompt, prompt, sizeof(tty->prompt));
	ret = start(tty, fd_out);
	if (ret < 0) {
		free(tty);
		errno = -ret;
		return NULL;
	}
	return tty;
}

void
console_tty_history(struct console_tty *tty, const char *path)
{
	if (!tty->is_terminal || strlen(path) >= sizeof(tty->history))
		return;
	strlcpy(tty->history, path, sizeof(tty->history));
	history_load(path, HISTORY_RECALLED, recall, tty);
}

struct console_tty *
console_tty_open(const char *prompt)
{
	struct console_tty *tty = console_tty_open_fds(prompt, STDIN_FILENO, STDOUT_FILENO);
	char path[PATH_MAX];

	history_path(path, sizeof(path));
	if (tty != NULL)
		console_tty_history(tty, path);
	return tty;
}

void
console_tty_close(struct console_tty *tty)
{
	if (tty == NULL)
		return;
	/* The end of what goes on may wait for a worker: the terminal shall not. */
	flush(tty);
	if (tty->is_terminal)
		tty_mode_restore(tty->mode);
	live_end(&tty->live);
	if (tty->is_terminal)
		rdline_free(tty->rdl);
	tty_output_close(&tty->output);
	free(tty);
}
