/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>

/* Octets of the UTF-8 character at text (RFC 3629), 0 if there is none. */
unsigned int utf8_len(const char *text);
/* Is it a control character, which a terminal might obey? ISO 6429 has some beyond ASCII. */
bool utf8_is_control(const char *text);

#endif
