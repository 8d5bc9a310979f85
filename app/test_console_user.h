/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef TEST_CONSOLE_USER_H
#define TEST_CONSOLE_USER_H

/* The user's side of a console. Console and user are one thread: whatever blocked would hang the
 * test. To be included behind cmocka.h. */

#include <poll.h>
#include <string.h>
#include <unistd.h>

/* A buffer for what a user reads. */
static char got[32 << 20];
static size_t nb_got;

/* Read what is there now. 0: the other side has closed, -1: not in an orderly way. */
static inline int
take(int fd)
{
	ssize_t n;

	/* As much as fits: a test that expects more forgets in between. */
	while (nb_got < sizeof(got) - 1) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (poll(&p, 1, 0) <= 0)
			return 1;
		n = read(fd, got + nb_got, sizeof(got) - 1 - nb_got);
		if (n <= 0)
			return (int)n;
		nb_got += (size_t)n;
		got[nb_got] = '\0';
	}
	return 1;
}

static inline void
forget(void)
{
	nb_got = 0;
	got[0] = '\0';
}

static inline void
put(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

#endif
