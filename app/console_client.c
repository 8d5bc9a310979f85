/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd.h"
#include "console_client.h"
#include "console_frame.h"
#include "console_socket.h"

#define LINES_PER_TURN 64
#define DISCARD_MAX    256 /* reads of what a client goes on to send while we close */

/* The kernel tells a peer of octets that we never read as an error, and it might miss our last
 * words for that: read them. */
void
console_client_close_gently(int fd)
{
	char buf[4096];
	unsigned int i;

	shutdown(fd, SHUT_RD);
	for (i = 0; i < DISCARD_MAX && recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0; i++)
		;
	close(fd);
}

void
console_client_open(struct console_client *c, int fd)
{
	memset(c, 0, sizeof(*c));
	c->fd = fd;
	out_init(&c->out);
	c->out.limit = CONSOLE_SOCKET_OUTPUT_MAX;
}

void
console_client_close(struct console_client *c)
{
	live_end(&c->live);
	console_client_close_gently(c->fd);
	out_free(&c->out);
	c->fd = -1;
}

static bool
is_sent(const struct console_client *c)
{
	return c->sent == c->out.len;
}

short
console_client_events(const struct console_client *c)
{
	/* A line ends what goes on, whether or not its output is taken. */
	if (c->live != NULL)
		return is_sent(c) ? POLLIN : POLLIN | POLLOUT;
	/* With lines left over from its last turn, it is ready as soon as it can take output. */
	if (!is_sent(c) || c->closing || c->at_eof || console_lines_ready(&c->lines))
		return POLLOUT;
	return POLLIN;
}

/* Send what there is. True: all is sent. */
static bool
flush(struct console_client *c)
{
	ssize_t n;

	while (!is_sent(c) && !c->deaf) {
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
read_lines(struct console_client *c)
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

/* The end of an answer of which c->out is the text, or its last part. */
static void
finish(struct console_client *c, const struct out *result)
{
	if (!c->framed)
		return;
	/* Who waits for an end that cannot come is told by the end of the connection. */
	if (!console_frame_end(&c->out, result))
		c->closing = true;
}

static void
end_live(struct console_client *c)
{
	struct out well;

	live_end(&c->live);
	out_init(&well);
	finish(c, &well);
}

/* The text of c->out is that of a line that was run: bring it into the form that c expects. */
static void
answer(struct console_client *c)
{
	c->live = live_take(&c->out);
	c->screen = (struct screen){0};
	if (!c->framed) {
		out_finish(&c->out);
		return;
	}
	console_frame_clean(c->out.text, c->out.len);
	if (c->live == NULL)
		finish(c, &c->out);
	else if (!console_frame_mark(&c->out, FRAME_LIVE))
		c->closing = true;
}

static void
run(struct console_client *c, const char *line, bool *quit)
{
	c->framed = line[0] == FRAME_RUN || line[0] == FRAME_COMPLETE;
	if (line[0] == FRAME_COMPLETE)
		cmd_list_choices(line + 1, &c->out);
	else
		cmd_run(line + c->framed, &c->out);
	c->closing = c->out.quit;
	*quit = *quit || c->out.quit;
	answer(c);
}

/* Something goes on: has c said that it shall not? */
static void
watch(struct console_client *c)
{
	if (!console_lines_ready(&c->lines) && !console_lines_too_long(&c->lines) && !c->at_eof)
		read_lines(c);
	if (console_lines_ready(&c->lines) || console_lines_too_long(&c->lines) || c->at_eof ||
		c->deaf)
		end_live(c);
}

bool
console_client_serve(struct console_client *c, bool *quit)
{
	unsigned int i;
	char *line;

	for (i = 0; i < LINES_PER_TURN; i++) {
		if (c->live != NULL)
			watch(c);
		if (!flush(c) || c->live != NULL)
			return true;
		if (c->closing)
			return false;
		line = console_lines_next(&c->lines, c->at_eof);
		if (line != NULL) {
			run(c, line, quit);
		} else if (console_lines_too_long(&c->lines)) {
			out_error(&c->out, "the line is longer than %u octets", CMD_LINE_MAX);
			out_finish(&c->out);
			c->closing = true;
		} else if (c->at_eof) {
			return false;
		} else if (!read_lines(c)) {
			return true;
		}
	}
	return true;
}

/* Add what one turn has printed. */
static void
add_text(struct console_client *c, struct out *text, bool redraw)
{
	if (text->len == 0)
		return;
	if (c->framed) {
		console_frame_clean(text->text, text->len);
		if (redraw && !console_frame_mark(&c->out, FRAME_REDRAW))
			c->closing = true;
		out_write(&c->out, text->text, text->len);
	} else if (redraw) {
		screen_append(&c->screen, &c->out, text->text, text->len);
	} else {
		out_write(&c->out, text->text, text->len);
	}
}

void
console_client_turn(struct console_client *c, uint64_t now_ms)
{
	struct out text;
	bool redraw;

	if (c->live == NULL || !is_sent(c) || now_ms < c->live->due_ms)
		return;
	out_init(&text);
	text.limit = c->out.limit;
	redraw = c->live->redraw;
	live_turn(&c->live, &text, now_ms);
	if (!c->framed)
		out_finish(&text);
	add_text(c, &text, redraw);
	if (c->live == NULL)
		finish(c, &text);
	flush(c);
	out_free(&text);
}
