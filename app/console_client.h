/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef CONSOLE_CLIENT_H
#define CONSOLE_CLIENT_H

/* One client of console_socket.c, which alone includes this. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "console_line.h"
#include "live.h"
#include "out.h"
#include "screen.h"

struct console_client {
	int fd;       /* -1: none */
	bool at_eof;  /* it sends no more */
	bool deaf;    /* it reads no more: its output is dropped */
	bool closing; /* close when its output is sent */
	bool framed;  /* a program: see console_frame.h */
	struct console_lines lines;
	struct out out;       /* of its last line */
	size_t sent;          /* octets of that */
	struct live *live;    /* what that line left to go on; NULL: nothing */
	struct screen screen; /* what that has shown */
};

/* Take over a connection, non-blocking. */
void console_client_open(struct console_client *c, int fd);
void console_client_close(struct console_client *c);
/* Close a connection without that its last words are lost. */
void console_client_close_gently(int fd);

/* What to wait for. */
short console_client_events(const struct console_client *c);
/* Read, run and send what can be, within bounds. False: close it. */
bool console_client_serve(struct console_client *c, bool *quit);
/* The turn of what goes on, if it is due and all before has been sent. */
void console_client_turn(struct console_client *c, uint64_t now_ms);

#endif
