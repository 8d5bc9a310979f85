/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef FUZZ_PACKET_H
#define FUZZ_PACKET_H

/* What a packet that left may be. */

#include "fuzz_input.h"

/* Is it the cause, sent on? */
bool fuzz_is_forwarded(const struct fuzz_packet *cause, const struct fuzz_packet *out);
/* Is it the next fragment of the cause? Left out may be what a driver did not take. */
bool fuzz_is_fragment_of(struct fuzz_frame *f, const struct fuzz_packet *out, bool may_lack);
/* Nothing but a full queue may keep this one from being sent on. */
bool fuzz_is_due(const struct fuzz_input *in, const struct fuzz_frame *f);
/* A fragment of an answer. @return true: it was the last one, and whole is the answer. */
bool fuzz_reassemble(struct fuzz_answer *a, const struct fuzz_packet *out,
	struct fuzz_packet *whole, bool may_lack);
/* Is it an answer to the cause? Abort when it is one that may not be. */
bool fuzz_is_answer(const struct fuzz_packet *cause, const struct fuzz_packet *out);

#endif
