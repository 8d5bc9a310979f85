/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef TTY_OUTPUT_H
#define TTY_OUTPUT_H

/* Output to a descriptor of whoever started us, which never blocks us. */

#include <stdbool.h>
#include <stddef.h>

#include "out.h"

struct tty_output {
	int fd; /* a description of our own, non-blocking where there is one */
	struct out pending;
	size_t sent; /* octets of pending */
};

/* Take fd as the place to write to. 0 or a negative errno. */
int tty_output_open(struct tty_output *output, int fd);
/* What is still pending is lost. */
void tty_output_close(struct tty_output *output);
/* Write what can be. False: nobody is there to read, and what was pending is gone. */
bool tty_output_flush(struct tty_output *output);
/* Octets that wait. */
size_t tty_output_waiting(const struct tty_output *output);

#endif
