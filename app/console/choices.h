/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef CONSOLE_CHOICES_H
#define CONSOLE_CHOICES_H

/* Completion by what mtud says. */

#include <stddef.h>

#include "link.h"

enum choices {
	CHOICES_NONE,   /* there is nothing to say */
	CHOICES_MORE,   /* what all choices have in common goes on, as more says */
	CHOICES_LISTED, /* they have been printed */
	CHOICES_GONE,   /* so is mtud */
};

/* Complete the last word of the first len octets of line. */
enum choices choices_complete(
	struct link *link, const char *line, size_t len, char *more, size_t size);

#endif
