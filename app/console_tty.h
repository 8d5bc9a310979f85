/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef CONSOLE_TTY_H
#define CONSOLE_TTY_H

/* The console on standard input and output. On a terminal: prompt, history, completion by tab,
 * Ctrl-C cancels the line, Ctrl-D leaves. From a pipe or a file: each line is run, no prompt and
 * no echo, the end of the file leaves. Nothing here blocks; the caller ignores SIGPIPE.
 *
 * What goes on after its line (live.h) has the console until it ends: on a terminal by any key, which
 * does nothing else; from a pipe or a file by itself, while the lines behind it wait, or when the end
 * of the file has been read. */

#include <poll.h>
#include <stdint.h>

struct console_tty;

#define CONSOLE_TTY_FDS 2

/* prompt is used on a terminal only, and its first 31 octets. NULL with errno: no memory. The
 * terminal's mode is changed until console_tty_close() or exit(). */
struct console_tty *console_tty_open(const char *prompt);
/* The same on any pair of descriptors, which stay the caller's, and without a file of history. */
struct console_tty *console_tty_open_fds(const char *prompt, int fd_in, int fd_out);
/* Know the lines of a file (history.h), and keep new ones there; on a terminal only. */
void console_tty_history(struct console_tty *tty, const char *path);
/* Bring the terminal's mode back. NULL is fine. */
void console_tty_close(struct console_tty *tty);

/* What to wait for, at most CONSOLE_TTY_FDS; returns how many. */
unsigned int console_tty_pollfds(const struct console_tty *tty, struct pollfd *fds);
/* To be called when poll() says that one of them is ready; harmless at any time. Reads what is
 * there, runs it, writes what can be written. 0, or -1 when the user has left (quit, Ctrl-D, end
 * of file, terminal gone) and all output that can be written is. */
int console_tty_input(struct console_tty *tty);
/* Somebody else has written to the terminal: what is typed is shown again at the next turn. */
void console_tty_disturb(struct console_tty *tty);
/* Let go on what goes on and is due; to be called at any time. Returns the same. */
int console_tty_turn(struct console_tty *tty, uint64_t now_ms);

#endif
