/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef TTY_MODE_H
#define TTY_MODE_H

/* A terminal's mode: each key as it comes, unechoed, and the mode before brought back. */

struct tty_mode;

/* From now on every key is for us alone, until tty_mode_restore() or exit(). *mode is NULL at the
 * first time, and then as it was. 0, -ENOMEM or -EIO. */
int tty_mode_raw(int fd, struct tty_mode **mode);
/* NULL is fine. */
void tty_mode_restore(struct tty_mode *mode);

#endif
