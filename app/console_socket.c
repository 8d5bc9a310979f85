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

#include "console_client.h"
#include "console_socket.h"

struct console_socket {
	int fd;
	dev_t dev; /* the path, as we made it */
	ino_t ino;
	struct sockaddr_un addr;
	struct console_client client[CONSOLE_SOCKET_CLIENTS];
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

void
console_socket_close(struct console_socket *sock)
{
	struct stat st;
	unsigned int i;

	if (sock == NULL)
		return;
	for (i = 0; i < CONSOLE_SOCKET_CLIENTS; i++)
		if (sock->client[i].fd >= 0)
			console_client_close(&sock->client[i]);
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
		const struct console_client *c = &sock->client[i];

		if (c->fd >= 0)
			fds[n++] = (struct pollfd){
				.fd = c->fd,
				.events = console_client_events(c),
			};
	}
	return n;
}

static void
accept_clients(struct console_socket *sock)
{
	static const char full[] = "error: too many clients on this console; try again later\n";
	unsigned int i;
	int fd;

	while ((fd = accept4(sock->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		for (i = 0; i < CONSOLE_SOCKET_CLIENTS && sock->client[i].fd >= 0; i++)
			;
		if (i == CONSOLE_SOCKET_CLIENTS) {
			send(fd, full, sizeof(full) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
			console_client_close_gently(fd);
			continue;
		}
		console_client_open(&sock->client[i], fd);
	}
}

int
console_socket_serve(struct console_socket *sock, const struct pollfd *fds, unsigned int n)
{
	bool quit = false;
	unsigned int i, j;

	for (i = 1; i < n; i++) {
		for (j = 0; j < CONSOLE_SOCKET_CLIENTS; j++) {
			struct console_client *c = &sock->client[j];

			if (c->fd == fds[i].fd && fds[i].revents != 0 &&
				!console_client_serve(c, &quit))
				console_client_close(c);
		}
	}
	if (n > 0 && fds[0].revents != 0)
		accept_clients(sock);
	return quit ? 1 : 0;
}

void
console_socket_turn(struct console_socket *sock, uint64_t now_ms)
{
	unsigned int i;

	for (i = 0; i < CONSOLE_SOCKET_CLIENTS; i++)
		if (sock->client[i].fd >= 0)
			console_client_turn(&sock->client[i], now_ms);
}
