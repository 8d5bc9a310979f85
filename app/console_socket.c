/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cmd.h"
#include "console_line.h"
#include "console_socket.h"
#include "out.h"

#define LINES_PER_TURN 64
#define DISCARD_MAX    256 /* reads of what a client goes on to send while we close */

struct client {
	int fd;       /* -1: none */
	bool at_eof;  /* it sends no more */
	bool deaf;    /* it reads no more: its output is dropped */
	bool closing; /* close when its output is sent */
	struct console_lines lines;
	struct out out; /* of its last line */
	size_t sent;    /* octets of that */
};

struct console_socket {
	int fd;
	dev_t dev; /* the path, as we made it */
	ino_t ino;
	struct sockaddr_un addr;
	struct client client[CONSOLE_SOCKET_CLIENTS];
};

/* Does nobody listen at the socket any more? 0, or -EADDRINUSE. */
static int
check_stale(const struct sockaddr_un *addr)
{
	int fd, ret = 0;

	/* Non-blocking, for a live one whose backlog is full would have us wait. */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0 || errno != ECONNREFUSED)
		ret = -EADDRINUSE;
	close(fd);
	return ret;
}

/* Make the path free for us: what a dead process left there goes. */
static int
free_path(const struct sockaddr_un *addr)
{
	struct stat st;
	int ret;

	if (lstat(addr->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	ret = check_stale(addr);
	if (ret < 0)
		return ret;
	if (unlink(addr->sun_path) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

static int
listen_at(struct console_socket *sock)
{
	struct stat st;

	/* The path is made with the mode of the socket: nobody gets in between. */
	if (fchmod(sock->fd, 0600) < 0 ||
		bind(sock->fd, (struct sockaddr *)&sock->addr, sizeof(sock->addr)) < 0)
		return -errno;
	if (listen(sock->fd, CONSOLE_SOCKET_CLIENTS) < 0 || lstat(sock->addr.sun_path, &st) < 0)
		return -errno;
	sock->dev = st.st_dev;
	sock->ino = st.st_ino;
	return 0;
}

int
console_socket_open(const char *path, struct console_socket **psock)
{
	struct console_socket *sock;
	unsigned int i;
	int ret;

	if (path[0] == '\0' || strlen(path) >= sizeof(sock->addr.sun_path))
		return path[0] == '\0' ? -ENOENT : -ENAMETOOLONG;
	sock = calloc(1, sizeof(*sock));
	if (sock == NULL)
		return -ENOMEM;
	for (i = 0; i < CONSOLE_SOCKET_CLIENTS; i++)
		sock->client[i].fd = -1;
	sock->addr.sun_family = AF_UNIX;
	memcpy(sock->addr.sun_path, path, strlen(path) + 1);
	sock->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sock->fd < 0) {
		ret = -errno;
		goto free_sock;
	}
	ret = free_path(&sock->addr);
	if (ret == 0)
		ret = listen_at(sock);
	if (ret < 0)
		goto close_fd;
	*psock = sock;
	return 0;
close_fd:
	close(sock->fd);
free_sock:
	free(sock);
	return ret;
}

/* The kernel tells a peer of octets that we never read as an error, and it might miss our last
 * words for that: read them. */
static void
close_gently(int fd)
{
	char buf[4096];
	unsigned int i;

	shutdown(fd, SHUT_RD);
	for (i = 0; i < DISCARD_MAX && recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0; i++)
		;
	close(fd);
}

static void
client_close(struct client *c)
{
	close_gently(c->fd);
	out_free(&c->out);
	c->fd = -1;
}

void
console_socket_close(struct console_socket *sock)
{
	struct stat st;
	unsigned int i;

	if (sock == NULL)
		return;
	for (i = 0; i < CONSOLE_SOCKET_CLIENTS; i++)
		if (sock->client[i].fd >= 0)
			client_close(&sock->client[i]);
	/* Another one may have taken the path by now. */
	if (lstat(sock->addr.sun_path, &st) == 0 && st.st_dev == sock->dev &&
		st.st_ino == sock->ino)
		unlink(sock->addr.sun_path);
	close(sock->fd);
	free(sock);
}

unsigned int
console_socket_pollfds(const struct console_socket *sock, struct pollfd *fds)
{
	unsigned int n = 0, i;

	fds[n++] = (struct pollfd){.fd = sock->fd, .events = POLLIN};
	for (i = 0; i < CONSOLE_SOCKET_CLIENTS; i++) {
		const struct client *c = &sock->client[i];
		/* With lines left over from its last turn, it is ready as soon as it can take
		 * output. */
		bool waits_for_room = c->sent < c->out.len || c->closing || c->at_eof ||
				      console_lines_ready(&c->lines);

		if (c->fd >= 0)
			fds[n++] = (struct pollfd){
				.fd = c->fd,
				.events = waits_for_room ? POLLOUT : POLLIN,
			};
	}
	return n;
}

/* Send what there is. True: all is sent. */
static bool
client_flush(struct client *c)
{
	ssize_t n;

	while (c->sent < c->out.len && !c->deaf) {
		n = send(c->fd, c->out.text + c->sent, c->out.len - c->sent,
			MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0)
			c->sent += (size_t)n;
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			return false;
		else if (errno != EINTR)
			c->deaf = true;
	}
	out_reset(&c->out);
	c->sent = 0;
	return true;
}

/* Read what there is. False: nothing for now. */
static bool
client_read(struct client *c)
{
	size_t size;
	char *room = console_lines_room(&c->lines, &size);
	ssize_t n;

	n = recv(c->fd, room, size, MSG_DONTWAIT);
	if (n > 0) {
		console_lines_add(&c->lines, (size_t)n);
	} else if (n == 0) {
		c->at_eof = true;
	} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
		return false;
	} else if (errno != EINTR) {
		/* It broke off: what began is no line. */
		console_lines_drop(&c->lines);
		c->at_eof = true;
	}
	return true;
}

/* A client's turn. False: close it. */
static bool
client_turn(struct client *c, bool *quit)
{
	unsigned int i;
	char *line;

	for (i = 0; i < LINES_PER_TURN; i++) {
		if (!client_flush(c))
			return true;
		if (c->closing)
			return false;
		line = console_lines_next(&c->lines, c->at_eof);
		if (line != NULL) {
			cmd_run(line, &c->out);
			c->closing = c->out.quit;
			*quit = *quit || c->out.quit;
			out_finish(&c->out);
		} else if (console_lines_too_long(&c->lines)) {
			out_error(&c->out, "the line is longer than %u octets", CMD_LINE_MAX);
			out_finish(&c->out);
			c->closing = true;
		} else if (c->at_eof) {
			return false;
		} else if (!client_read(c)) {
			return true;
		}
	}
	return true;
}

static void
accept_clients(struct console_socket *sock)
{
	static const char full[] = "error: too many clients on this console; try again later\n";
	struct client *c;
	unsigned int i;
	int fd;

	while ((fd = accept4(sock->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		for (i = 0; i < CONSOLE_SOCKET_CLIENTS && sock->client[i].fd >= 0; i++)
			;
		if (i == CONSOLE_SOCKET_CLIENTS) {
			send(fd, full, sizeof(full) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
			close_gently(fd);
			continue;
		}
		c = &sock->client[i];
		memset(c, 0, sizeof(*c));
		c->fd = fd;
		out_init(&c->out);
		c->out.limit = CONSOLE_SOCKET_OUTPUT_MAX;
	}
}

int
console_socket_serve(struct console_socket *sock, const struct pollfd *fds, unsigned int n)
{
	bool quit = false;
	unsigned int i, j;

	for (i = 1; i < n; i++) {
		for (j = 0; j < CONSOLE_SOCKET_CLIENTS; j++) {
			struct client *c = &sock->client[j];

			if (c->fd == fds[i].fd && fds[i].revents != 0 && !client_turn(c, &quit))
				client_close(c);
		}
	}
	if (n > 0 && fds[0].revents != 0)
		accept_clients(sock);
	return quit ? 1 : 0;
}
