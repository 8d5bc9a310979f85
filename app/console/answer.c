/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "console_frame.h"
#include "out.h"
#include "screen.h"
#include "tty_mode.h"

/* A signal's handler has no context of its own. */
static volatile sig_atomic_t signalled;

/* What the terminal was like; the one struct is used again and again. */
static struct tty_mode *mode;

struct view {
	struct link *link;
	bool has_keys; /* what goes on can be ended by one, and drawn over */
	bool cancels;
	bool muted;  /* the rest is not to be seen */
	bool live;   /* it goes on */
	bool ending; /* mtud has been told to end it */
	bool redraws;
	bool drawn; /* the block is on the screen as it is */
	struct screen screen;
	struct out block; /* the text that is being drawn */
};

static void
on_signal(int sig)
{
	signalled = sig;
}

static void
note_signal(int sig)
{
	struct sigaction action = {.sa_handler = on_signal}, before;

	/* nohup(1) and shells have some ignored. */
	if (sigaction(sig, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		sigaction(sig, &action, NULL);
}

void
answer_catch_signals(void)
{
	note_signal(SIGINT);
	note_signal(SIGTERM);
	note_signal(SIGHUP);
}

int
answer_signal(void)
{
	return signalled;
}

void
answer_forget_signal(void)
{
	signalled = 0;
}

int
answer_poll(struct pollfd *fds, unsigned int n)
{
	sigset_t ours, before;
	int ret = -1;

	/* One that comes between the look at the flag and the wait would be slept over. */
	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGHUP);
	sigprocmask(SIG_BLOCK, &ours, &before);
	errno = EINTR;
	if (signalled == 0)
		ret = ppoll(fds, n, NULL, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

/* Where nobody reads on, a signal has ended us, or we end in silence. */
static void
print(const char *text, size_t len)
{
	struct pollfd fd = {.fd = STDOUT_FILENO, .events = POLLOUT};
	ssize_t n;

	while (len > 0) {
		n = write(STDOUT_FILENO, text, len);
		if (n >= 0) {
			text += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			poll(&fd, 1, -1);
		} else if (errno != EINTR || signalled == SIGTERM || signalled == SIGHUP) {
			if (errno != EPIPE && errno != EINTR)
				fprintf(stderr, "mtud-console: standard output: %s\n",
					strerror(errno));
			exit(1);
		} else if (signalled != 0) {
			return;
		}
	}
}

static void
draw(struct view *view)
{
	unsigned int rows, columns;
	struct out text;

	if (view->drawn)
		return;
	view->drawn = true;
	out_init(&text);
	screen_size(STDOUT_FILENO, &rows, &columns);
	screen_draw(&view->screen, &text, view->block.text, view->block.len, rows, columns);
	print(text.text, text.len);
	out_free(&text);
}

/* The next text takes the place of the one before, or stands below it where nothing can. */
static void
redraw(struct view *view)
{
	if (!view->has_keys && view->redraws)
		print("\n", 1);
	view->redraws = true;
	out_reset(&view->block);
}

static void
show(struct view *view, const char *text, size_t len)
{
	if (view->muted)
		return;
	if (!view->redraws || !view->has_keys) {
		print(text, len);
		return;
	}
	out_write(&view->block, text, len);
	view->drawn = false;
}

static int
end_live(struct view *view)
{
	if (view->ending)
		return 0;
	view->ending = true;
	return link_send(view->link, '\0', "");
}

/* Wait for mtud, and for a key where one means something. 0, or -1 with errno. */
static int
wait_for_more(struct view *view)
{
	bool for_keys = view->live && view->has_keys && !view->ending;
	struct pollfd fds[] = {
		{.fd = view->link->fd, .events = POLLIN},
		{.fd = STDIN_FILENO, .events = POLLIN},
	};
	char keys[256];

	draw(view);
	if (answer_poll(fds, for_keys ? 2 : 1) < 0)
		return -1;
	/* All that one key sends. */
	if (for_keys && fds[1].revents != 0) {
		if (read(STDIN_FILENO, keys, sizeof(keys)) <= 0)
			view->has_keys = false;
		return end_live(view);
	}
	return link_read(view->link);
}

/* It could not be waited for. Is that the end? */
static bool
gives_up(struct view *view, enum answer *answer)
{
	if (errno != EINTR) {
		*answer = ANSWER_GONE;
		return true;
	}
	if (signalled == 0)
		return false;
	*answer = ANSWER_SIGNAL;
	if (signalled != SIGINT || !view->cancels || view->muted)
		return true;
	answer_forget_signal();
	view->muted = true;
	return view->live && end_live(view) < 0;
}

static enum answer
follow(struct view *view, char sentence[ANSWER_SENTENCE_SIZE])
{
	enum answer answer = ANSWER_GONE;
	const char *text;
	size_t len;

	for (;;) {
		switch (link_next(view->link, &text, &len)) {
		case LINK_TEXT:
			show(view, text, len);
			break;
		case LINK_LIVE:
			view->live = true;
			if (view->has_keys && tty_mode_raw(STDIN_FILENO, &mode) < 0)
				view->has_keys = false;
			break;
		case LINK_REDRAW:
			redraw(view);
			break;
		case LINK_WELL:
			draw(view);
			return ANSWER_WELL;
		case LINK_FAILED:
			draw(view);
			snprintf(sentence, ANSWER_SENTENCE_SIZE, "%s", text);
			return ANSWER_FAILED;
		case LINK_MORE:
			if (wait_for_more(view) < 0 && gives_up(view, &answer))
				return answer;
			break;
		case LINK_BROKEN:
			return ANSWER_GONE;
		}
	}
}

enum answer
answer_run(struct link *link, const char *line, bool cancels, char sentence[ANSWER_SENTENCE_SIZE])
{
	struct view view = {
		.link = link,
		.has_keys = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
		.cancels = cancels,
		.drawn = true,
	};
	enum answer answer = ANSWER_GONE;

	out_init(&view.block);
	if (link_send(link, FRAME_RUN, line) == 0)
		answer = follow(&view, sentence);
	tty_mode_restore(mode);
	out_free(&view.block);
	if (answer == ANSWER_GONE)
		link_say_gone(link);
	return answer;
}
