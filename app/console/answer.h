/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef CONSOLE_ANSWER_H
#define CONSOLE_ANSWER_H

/* An answer of mtud's on its way to standard output. */

#include <poll.h>

#include "link.h"

enum answer {
	ANSWER_WELL = 0,
	ANSWER_FAILED, /* why has been written into sentence */
	ANSWER_GONE,   /* so is mtud; standard error says it */
	ANSWER_SIGNAL, /* a signal says to end */
};

#define ANSWER_SENTENCE_SIZE (2 * LINK_LINE_MAX)

/* Signals that end the program are noted from now on, so that it can bring the terminal back. */
void answer_catch_signals(void);
/* Which has come, or 0. */
int answer_signal(void);
/* It has been dealt with. */
void answer_forget_signal(void);
/* Wait for one of fds as poll() does; -1 with EINTR also when a signal has come before. */
int answer_poll(struct pollfd *fds, unsigned int n);

/* Run a line and show what it says. Where standard input and output are a terminal, what goes on
 * ends by any key. cancels: the interrupt key (Ctrl-C) suppresses the rest of the output, and ends
 * nothing at its first time. */
enum answer answer_run(struct link *link, const char *line, bool cancels,
	char sentence[ANSWER_SENTENCE_SIZE]);

#endif
