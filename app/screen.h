/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef SCREEN_H
#define SCREEN_H

/* Texts that take each other's place on a terminal. */

#include <stdbool.h>
#include <stddef.h>

#include "out.h"

struct screen {
	unsigned int lines; /* of the text before; the cursor stands below them */
	bool began;         /* there was one */
};

/* The size of the terminal fd, or 24 lines of 80 columns where it does not say. */
void screen_size(int fd, unsigned int *rows, unsigned int *columns);
/* Add to out what draws text in the place of the text before. It is cut to what the terminal can
 * show, for a line that left it at the top could not be drawn over. */
void screen_draw(struct screen *screen, struct out *out, const char *text, size_t len,
	unsigned int rows, unsigned int columns);
/* The same where nothing can be drawn over: a text below the other, an empty line between. */
void screen_append(struct screen *screen, struct out *out, const char *text, size_t len);

#endif
