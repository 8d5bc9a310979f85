/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <termios.h>

#include <rte_common.h>

#include "tty_mode.h"

/* exit() has its address, and frees it. */
struct tty_mode {
	bool active;
	int fd;
	struct termios before;
};

void
tty_mode_restore(struct tty_mode *mode)
{
	if (mode == NULL)
		return;
	if (mode->active)
		tcsetattr(mode->fd, TCSANOW, &mode->before);
	mode->active = false;
}

static void
restore_at_exit(int status, void *mode)
{
	RTE_SET_USED(status);
	tty_mode_restore(mode);
	free(mode);
}

static struct tty_mode *
new_mode(void)
{
	struct tty_mode *mode = calloc(1, sizeof(*mode));

	if (mode != NULL && on_exit(restore_at_exit, mode) != 0) {
		free(mode);
		return NULL;
	}
	return mode;
}

int
tty_mode_raw(int fd, struct tty_mode **mode)
{
	struct termios raw;

	if (*mode == NULL)
		*mode = new_mode();
	if (*mode == NULL)
		return -ENOMEM;
	tty_mode_restore(*mode);
	(*mode)->fd = fd;
	if (tcgetattr(fd, &(*mode)->before) < 0)
		return -EIO;
	raw = (*mode)->before;
	/* Keys that would stop us or our output are keys like any other. */
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_iflag &= ~(tcflag_t)IXON;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	(*mode)->active = tcsetattr(fd, TCSANOW, &raw) == 0;
	return (*mode)->active ? 0 : -EIO;
}
