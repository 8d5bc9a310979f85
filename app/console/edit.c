/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* A person types: libedit's line editor between the terminal and mtud. */

#include <errno.h>
#include <histedit.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wchar.h>

#include "answer.h"
#include "choices.h"
#include "history.h"
#include "run.h"

#define PROMPT "mtud> "
#define ASK                                                                                        \
	"quit ends mtud itself, and forwarding with it (exit leaves the console alone). End it? "  \
	"[y/N] "

struct editor {
	struct link *link;
	EditLine *el;
	History *history;
	char path[PATH_MAX]; /* of the history's file */
	const char *prompt;
	bool cancelled; /* Ctrl-C: the line is none */
	bool gone;      /* so is mtud */
	mbstate_t mb;   /* of a character that has begun to come */
};

static volatile sig_atomic_t resized;

static void
on_resize(int sig)
{
	(void)sig;
	resized = 1;
}

static struct editor *
editor_of(EditLine *el)
{
	struct editor *e = NULL;

	el_get(el, EL_CLIENTDATA, &e);
	return e;
}

static char *
prompt(EditLine *el)
{
	static char text[sizeof(ASK)];

	/* libedit wants a string that it could write to. */
	snprintf(text, sizeof(text), "%s", editor_of(el)->prompt);
	return text;
}

/* mtud says nothing now, unless that it goes. */
static bool
is_gone(struct editor *e)
{
	char c;

	return recv(e->link->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Wait for a key, a signal or the end of mtud. False: it is no key. */
static bool
wait_for_key(struct editor *e)
{
	struct pollfd fds[] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = e->link->fd, .events = POLLIN},
	};

	for (;;) {
		if (answer_poll(fds, 2) < 0 && errno != EINTR)
			return false;
		if (resized) {
			resized = 0;
			el_resize(e->el);
		}
		if (answer_signal() != 0)
			return false;
		if (fds[1].revents != 0 && is_gone(e)) {
			e->gone = true;
			return false;
		}
		if (fds[0].revents != 0)
			return true;
		fds[0].revents = fds[1].revents = 0;
	}
}

/* For libedit: the next character; 0: there is none any more. */
static int
get_char(EditLine *el, wchar_t *wc)
{
	struct editor *e = editor_of(el);
	size_t n;
	char c;

	for (;;) {
		if (!wait_for_key(e) || read(STDIN_FILENO, &c, 1) != 1)
			return 0;
		n = mbrtowc(wc, &c, 1, &e->mb);
		if (n == (size_t)-2)
			continue;
		/* What is no character in this locale is none of ours. */
		if (n == (size_t)-1) {
			memset(&e->mb, 0, sizeof(e->mb));
			continue;
		}
		return 1;
	}
}

static unsigned char
cancel(EditLine *el, wint_t c)
{
	(void)c;
	editor_of(el)->cancelled = true;
	fputs("^C\n", stdout);
	fflush(stdout);
	return CC_NEWLINE;
}

static unsigned char
complete(EditLine *el, wint_t c)
{
	const LineInfo *line = el_line(el);
	struct editor *e = editor_of(el);
	char more[LINK_LINE_MAX + 1];

	(void)c;
	switch (choices_complete(e->link, line->buffer, line->cursor - line->buffer, more,
		sizeof(more))) {
	case CHOICES_MORE:
		return el_insertstr(el, more) == 0 ? CC_REFRESH : CC_REFRESH_BEEP;
	case CHOICES_LISTED:
		return CC_REDISPLAY;
	case CHOICES_GONE:
		e->gone = answer_signal() == 0;
		return CC_EOF;
	default:
		return CC_REFRESH_BEEP;
	}
}

static void
recall(const char *line, void *arg)
{
	struct editor *e = arg;
	HistEvent event;

	history(e->history, &event, H_ENTER, line);
}

static void
remember(struct editor *e, const char *line)
{
	if (line[strspn(line, " \t")] == '\0')
		return;
	recall(line, e);
	history_add(e->path, line);
}

static int
open_editor(struct editor *e)
{
	HistEvent event;

	e->el = el_init("mtud-console", stdin, stdout, stderr);
	e->history = history_init();
	if (e->el == NULL || e->history == NULL)
		return -1;
	history(e->history, &event, H_SETSIZE, HISTORY_LINES);
	history(e->history, &event, H_SETUNIQUE, 1);
	history_path(e->path, sizeof(e->path));
	history_load(e->path, HISTORY_LINES, recall, e);
	el_set(e->el, EL_CLIENTDATA, e);
	el_set(e->el, EL_EDITOR, "emacs");
	el_set(e->el, EL_SIGNAL, 0);
	el_set(e->el, EL_PROMPT, prompt);
	el_set(e->el, EL_HIST, history, e->history);
	el_set(e->el, EL_GETCFN, get_char);
	/* Of narrow names libedit would make copies that nobody frees. */
	el_wset(e->el, EL_ADDFN, L"mtud-complete", L"complete the word", complete);
	el_wset(e->el, EL_ADDFN, L"mtud-cancel", L"cancel the line", cancel);
	/* Ctrl-C comes as a key while a line is typed. */
	el_set(e->el, EL_SETTY, "-d", "-isig", NULL);
	el_set(e->el, EL_BIND, "^C", "mtud-cancel", NULL);
	el_set(e->el, EL_BIND, "^I", "mtud-complete", NULL);
	el_set(e->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
	return 0;
}

static void
close_editor(struct editor *e)
{
	if (e->el != NULL)
		el_end(e->el);
	if (e->history != NULL)
		history_end(e->history);
}

/* The next line, without its end; NULL: there is none any more. */
static const char *
read_line(struct editor *e, const char *text, char line[LINK_LINE_MAX + 2])
{
	const char *typed;
	int n = 0;

	e->prompt = text;
	e->cancelled = false;
	/* Before the prompt, which libedit shows first: who sees it types for the editor. */
	el_set(e->el, EL_PREP_TERM, 1);
	typed = el_gets(e->el, &n);
	if (typed == NULL || n <= 0) {
		/* Ctrl-C on an empty line has nothing to give. */
		line[0] = '\0';
		return e->cancelled ? line : NULL;
	}
	n = snprintf(line, LINK_LINE_MAX + 2, "%.*s", (int)strcspn(typed, "\r\n"), typed);
	/* Completion leaves a blank at the end. */
	for (n = n > LINK_LINE_MAX + 1 ? LINK_LINE_MAX + 1 : n; n > 0 && line[n - 1] == ' ';)
		line[--n] = '\0';
	if (e->cancelled)
		line[0] = '\0';
	return line;
}

/* Is word all that the line has, but for a comment? */
static bool
is_word(const char *line, const char *word)
{
	size_t len = strlen(word);

	line += strspn(line, " \t");
	if (strncmp(line, word, len) != 0)
		return false;
	line += len;
	line += strspn(line, " \t");
	return *line == '\0' || *line == '#';
}

/* Run a line. Does the session go on? */
static bool
run(struct editor *e, const char *line, int *status)
{
	char sentence[ANSWER_SENTENCE_SIZE], reply[LINK_LINE_MAX + 2];
	bool quits = is_word(line, "quit");

	if (quits && (read_line(e, ASK, reply) == NULL || (reply[0] != 'y' && reply[0] != 'Y')))
		return !e->gone;
	if (strlen(line) > LINK_LINE_MAX) {
		printf("error: the line is longer than %u octets\n", LINK_LINE_MAX);
		return true;
	}
	switch (answer_run(e->link, line, true, sentence)) {
	case ANSWER_WELL:
		return !quits;
	case ANSWER_FAILED:
		printf("error: %s\n", sentence);
		return true;
	case ANSWER_SIGNAL:
		*status = 128 + answer_signal();
		return false;
	default:
		*status = 1;
		return false;
	}
}

static int
converse(struct editor *e)
{
	char line[LINK_LINE_MAX + 2];
	int status = 0;

	while (read_line(e, PROMPT, line) != NULL) {
		remember(e, line);
		if (is_word(line, "exit") || !run(e, line, &status))
			break;
	}
	if (answer_signal() != 0)
		status = 128 + answer_signal();
	if (e->gone) {
		putchar('\n');
		fflush(stdout);
		link_say_gone(e->link);
		status = 1;
	}
	return status;
}

int
run_interactive(struct link *link)
{
	struct sigaction action = {.sa_handler = on_resize};
	struct editor e = {.link = link, .prompt = PROMPT};
	int status = 1;

	sigaction(SIGWINCH, &action, NULL);
	if (open_editor(&e) == 0)
		status = converse(&e);
	else
		fputs("mtud-console: no memory for a line editor\n", stderr);
	close_editor(&e);
	return status;
}
