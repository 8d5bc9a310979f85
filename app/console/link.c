/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "console_frame.h"
#include "link.h"

static const char *
remedy(int err)
{
	switch (err) {
	case EACCES:
	case EPERM:
		return "the console is mtud's user's alone: try sudo";
	case ENAMETOOLONG:
		return "a socket's path has 107 octets at most";
	default:
		return "is mtud running with --console there? Name another socket with -s";
	}
}

int
link_open(struct link *link, const char *path, bool quiet)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	link->path = path;
	link->begin = link->end = 0;
	link->fd = -1;
	if (strlen(path) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
	} else {
		memcpy(addr.sun_path, path, strlen(path) + 1);
		link->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (link->fd >= 0 && connect(link->fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
			return 0;
	}
	if (!quiet)
		fprintf(stderr, "mtud-console: %s: %s; %s\n", path, strerror(errno), remedy(errno));
	link_close(link);
	return -1;
}

void
link_close(struct link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
}

int
link_send(struct link *link, char mark, const char *line)
{
	char data[LINK_LINE_MAX + 3];
	size_t len = 0, sent = 0;
	ssize_t n;

	if (mark != '\0')
		data[len++] = mark;
	memcpy(data + len, line, strlen(line));
	len += strlen(line);
	data[len++] = '\n';
	while (sent < len) {
		n = send(link->fd, data + sent, len - sent, MSG_NOSIGNAL);
		if (n >= 0)
			sent += (size_t)n;
		else if (errno != EINTR)
			return -1;
	}
	return 0;
}

/* Octets before the next mark. */
static size_t
text_len(const char *text, size_t len)
{
	static const char marks[] = {FRAME_END, FRAME_LIVE, FRAME_REDRAW};
	unsigned int i;
	const char *p;

	for (i = 0; i < sizeof(marks); i++) {
		p = memchr(text, marks[i], len);
		if (p != NULL)
			len = p - text;
	}
	return len;
}

/* Take the end of an answer, of which the first octet is there. */
static enum link_event
take_end(struct link *link, const char **text, size_t *len)
{
	char *at = link->data + link->begin;
	char *end = memchr(at, '\n', link->end - link->begin);

	if (end == NULL)
		return link->end - link->begin == sizeof(link->data) ? LINK_BROKEN : LINK_MORE;
	*end = '\0';
	link->begin = end + 1 - link->data;
	if (at[1] != '0' && at[1] != '1')
		return LINK_BROKEN;
	*text = at + 2;
	*len = end - *text;
	return at[1] == '0' ? LINK_WELL : LINK_FAILED;
}

enum link_event
link_next(struct link *link, const char **text, size_t *len)
{
	if (link->begin == link->end)
		return LINK_MORE;
	switch (link->data[link->begin]) {
	case FRAME_END:
		return take_end(link, text, len);
	case FRAME_LIVE:
		link->begin++;
		return LINK_LIVE;
	case FRAME_REDRAW:
		link->begin++;
		return LINK_REDRAW;
	default:
		*text = link->data + link->begin;
		*len = text_len(*text, link->end - link->begin);
		link->begin += *len;
		return LINK_TEXT;
	}
}

int
link_read(struct link *link)
{
	ssize_t n;

	memmove(link->data, link->data + link->begin, link->end - link->begin);
	link->end -= link->begin;
	link->begin = 0;
	n = recv(link->fd, link->data + link->end, sizeof(link->data) - link->end, 0);
	if (n == 0)
		errno = ECONNRESET;
	if (n <= 0)
		return -1;
	link->end += (size_t)n;
	return 0;
}

void
link_say_gone(const struct link *link)
{
	fprintf(stderr,
		"mtud-console: %s: mtud has closed the connection; its log says why, if it ended\n",
		link->path);
}
