/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* librte_cmdline's line editor can be had without its blocking loop through calls that DPDK 22.11
 * still marks as experimental; later versions have them as they are. */
#define ALLOW_EXPERIMENTAL_API

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cmdline_rdline.h>
#include <rte_string_fns.h>

#include "cmd.h"
#include "console_line.h"
#include "console_tty.h"
#include "out.h"

#define PROMPT_SIZE    32
#define LINES_PER_TURN 64
#define KEYS_PER_READ  256
/* No more input is taken while this many octets of output wait. */
#define PENDING_MAX (64u << 10)

/* The terminal's mode before us. It outlives the console, for exit() has its address. */
struct saved_mode {
	bool active;
	int fd;
	struct termios mode;
};

struct console_tty {
	int in;
	int out; /* a description of our own, non-blocking where there is one */
	bool is_terminal;
	bool left; /* the user goes: nothing more is read */
	char prompt[PROMPT_SIZE];
	struct saved_mode *saved;
	struct rdline *rdl;
	char keys[KEYS_PER_READ]; /* terminal: read, not yet taken */
	size_t keys_begin;
	size_t keys_end;
	struct console_lines lines; /* no terminal: the same */
	struct out pending;
	size_t sent; /* octets of pending */
};

static void
restore_mode(struct saved_mode *saved)
{
	if (saved->active)
		tcsetattr(saved->fd, TCSANOW, &saved->mode);
	saved->active = false;
}

static void
restore_at_exit(int status, void *saved)
{
	RTE_SET_USED(status);
	restore_mode(saved);
}

static int
set_raw_mode(struct console_tty *tty)
{
	struct termios raw;

	tty->saved = calloc(1, sizeof(*tty->saved));
	if (tty->saved == NULL)
		return -ENOMEM;
	tty->saved->fd = tty->in;
	if (tcgetattr(tty->in, &tty->saved->mode) < 0 ||
		on_exit(restore_at_exit, tty->saved) != 0) {
		free(tty->saved);
		return -EIO;
	}
	raw = tty->saved->mode;
	/* Keys that would stop us or our output are keys like any other. */
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_iflag &= ~(tcflag_t)IXON;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tty->saved->active = tcsetattr(tty->in, TCSANOW, &raw) == 0;
	return tty->saved->active ? 0 : -EIO;
}

/* Whoever started us shares the descriptor's flags, so they stay as they are: a terminal or pipe is
 * opened once more for us alone. */
static int
open_output(struct console_tty *tty, int fd)
{
	char path[32];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	tty->out = -1;
	if (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		tty->out = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	}
	if (tty->out < 0)
		tty->out = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return tty->out < 0 ? -errno : 0;
}

static ssize_t
write_some(const struct console_tty *tty, const char *text, size_t len)
{
	struct pollfd fd = {.fd = tty->out, .events = POLLOUT};

	/* A descriptor that could only be duplicated blocks, unless it has room and gets no more
	 * than all have who say so. */
	if (poll(&fd, 1, 0) <= 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(tty->out, text, RTE_MIN(len, (size_t)PIPE_BUF));
}

static void
flush(struct console_tty *tty)
{
	ssize_t n;

	while (tty->sent < tty->pending.len) {
		n = write_some(tty, tty->pending.text + tty->sent, tty->pending.len - tty->sent);
		if (n >= 0) {
			tty->sent += (size_t)n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return;
		} else if (errno != EINTR) {
			/* Nobody is there to read. */
			tty->left = true;
			break;
		}
	}
	out_reset(&tty->pending);
	tty->sent = 0;
}

static size_t
waiting(const struct console_tty *tty)
{
	return tty->pending.len - tty->sent;
}

static void
run(struct console_tty *tty, const char *line)
{
	struct out out;

	out_init(&out);
	if (tty->is_terminal && isatty(tty->out)) {
		out.terminal = tty->out;
		flush(tty);
	}
	cmd_run(line, &out);
	out_finish(&out);
	if (out.len > 0)
		out_write(&tty->pending, out.text, out.len);
	tty->left = tty->left || out.quit;
	out_free(&out);
}

/* Called back by the line editor */

static int
write_char(struct rdline *rdl, char c)
{
	struct console_tty *tty = rdline_get_opaque(rdl);

	out_write(&tty->pending, &c, 1);
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
remember(struct console_tty *tty)
{
	const char *line = rdline_get_buffer(tty->rdl);
	const char *last = rdline_get_history_item(tty->rdl, 0);
	size_t len = strcspn(line, "\n");

	if (line[strspn(line, " \t\n")] == '\0')
		return;
	if (last == NULL || strlen(last) != len || memcmp(last, line, len) != 0)
		rdline_add_history(tty->rdl, line);
}

static void
take_keys(struct console_tty *tty)
{
	while (tty->keys_begin < tty->keys_end && !tty->left && waiting(tty) < PENDING_MAX) {
		switch (rdline_char_in(tty->rdl, tty->keys[tty->keys_begin++])) {
		case RDLINE_RES_VALIDATED:
			remember(tty);
			if (!tty->left)
				rdline_newline(tty->rdl, tty->prompt);
			break;
		case RDLINE_RES_EOF:
			out_write(&tty->pending, "\n", 1);
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
	if (tty->left)
		return false;
	return tty->is_terminal ? tty->keys_begin < tty->keys_end
				: console_lines_ready(&tty->lines);
}

static void
take_lines(struct console_tty *tty, bool at_eof)
{
	unsigned int i;
	char *line;

	for (i = 0; i < LINES_PER_TURN && !tty->left && waiting(tty) < PENDING_MAX; i++) {
		line = console_lines_next(&tty->lines, at_eof);
		if (line == NULL)
			break;
		run(tty, line);
	}
	if (console_lines_too_long(&tty->lines)) {
		out_printf(
			&tty->pending, "error: the line is longer than %u octets\n", CMD_LINE_MAX);
		tty->left = true;
	}
}

static void
take(struct console_tty *tty)
{
	if (tty->is_terminal)
		take_keys(tty);
	else
		take_lines(tty, false);
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
	n = read(tty->in, room, size);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		/* Complete lines are run before more is read, so one is left at most. */
		if (!tty->is_terminal)
			take_lines(tty, true);
		tty->left = true;
	} else if (tty->is_terminal) {
		tty->keys_begin = 0;
		tty->keys_end = (size_t)n;
	} else {
		console_lines_add(&tty->lines, (size_t)n);
	}
}

int
console_tty_input(struct console_tty *tty)
{
	flush(tty);
	if (!tty->left && waiting(tty) < PENDING_MAX) {
		take(tty);
		if (!is_held(tty) && !tty->left)
			read_input(tty);
		if (!tty->left)
			take(tty);
	}
	flush(tty);
	return tty->left && waiting(tty) == 0 ? -1 : 0;
}

unsigned int
console_tty_pollfds(const struct console_tty *tty, struct pollfd *fds)
{
	unsigned int n = 0;

	if (waiting(tty) > 0 || is_held(tty))
		fds[n++] = (struct pollfd){.fd = tty->out, .events = POLLOUT};
	if (!tty->left && !is_held(tty) && waiting(tty) < PENDING_MAX)
		fds[n++] = (struct pollfd){.fd = tty->in, .events = POLLIN};
	return n;
}

static int
start(struct console_tty *tty, int fd_out)
{
	int ret;

	tty->is_terminal = isatty(tty->in) && isatty(fd_out);
	ret = open_output(tty, fd_out);
	if (ret < 0 || !tty->is_terminal)
		return ret;
	tty->rdl = rdline_new(write_char, validate, complete, tty);
	if (tty->rdl == NULL) {
		ret = -ENOMEM;
		goto close_out;
	}
	ret = set_raw_mode(tty);
	if (ret < 0)
		goto free_rdl;
	rdline_newline(tty->rdl, tty->prompt);
	flush(tty);
	return 0;
free_rdl:
	rdline_free(tty->rdl);
close_out:
	close(tty->out);
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
	out_init(&tty->pending);
	ret = start(tty, fd_out);
	if (ret < 0) {
		out_free(&tty->pending);
		free(tty);
		errno = -ret;
		return NULL;
	}
	return tty;
}

struct console_tty *
console_tty_open(const char *prompt)
{
	return console_tty_open_fds(prompt, STDIN_FILENO, STDOUT_FILENO);
}

void
console_tty_close(struct console_tty *tty)
{
	if (tty == NULL)
		return;
	flush(tty);
	if (tty->is_terminal) {
		restore_mode(tty->saved);
		rdline_free(tty->rdl);
	}
	close(tty->out);
	out_free(&tty->pending);
	free(tty);
}
