/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef CONSOLE_SOCKET_H
#define CONSOLE_SOCKET_H

/* The console on a UNIX stream socket: a line in, its output back, a failure as "error: " and its
 * sentence. Several clients at once, none of which can hold up the caller or another client:
 * nothing blocks, a client gets a bounded number of lines in a turn, and none of its lines is
 * read while output waits for it. A client that ends its side has its remaining lines run and
 * gets their output, then the connection is closed. What goes on after its line (live.h) ends when
 * the client sends another line, which is then run unless it is empty, or ends its side; a client
 * that does not read makes it wait. Programs have marks around their answers: console_frame.h. */

#include <poll.h>
#include <stdint.h>

struct console_socket;

#define CONSOLE_SOCKET_CLIENTS 16
#define CONSOLE_SOCKET_FDS     (CONSOLE_SOCKET_CLIENTS + 1)
/* Octets that one line may print: what waits for a client at most. */
#define CONSOLE_SOCKET_OUTPUT_MAX (128u << 20)

/* Listen at path, mode 0600; what a dead process left there is replaced. 0 or:
 * -EADDRINUSE: a live process listens there; -EEXIST: there is something else than a socket;
 * -ENAMETOOLONG; -ENOENT: path is empty; -ENOMEM; what socket(2), bind(2) and listen(2) give. */
int console_socket_open(const char *path, struct console_socket **sock);
/* Close all connections and remove the path if it is still ours. NULL is fine. */
void console_socket_close(struct console_socket *sock);

/* What to wait for, at most CONSOLE_SOCKET_FDS; returns how many. */
unsigned int console_socket_pollfds(const struct console_socket *sock, struct pollfd *fds);
/* Serve what poll() found in the n fds of the console_socket_pollfds() just before. 0, or 1 when a
 * client has said quit. */
int console_socket_serve(struct console_socket *sock, const struct pollfd *fds, unsigned int n);
/* Let go on what goes on and is due; to be called at any time. */
void console_socket_turn(struct console_socket *sock, uint64_t now_ms);

#endif
