/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <stddef.h>

#include "live.h"
#include "out.h"

struct live *
live_take(struct out *out)
{
	struct live *live = out->live;

	out->live = NULL;
	if (out->status != 0)
		live_end(&live);
	return live;
}

bool
live_turn(struct live **live, struct out *out, uint64_t now_ms)
{
	if ((*live)->turn(*live, out, now_ms) && out->status == 0)
		return true;
	live_end(live);
	return false;
}

void
live_end(struct live **live)
{
	struct live *ended = *live;

	*live = NULL;
	if (ended != NULL)
		ended->end(ended);
}
