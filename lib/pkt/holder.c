/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_ledger.h"

const char *
mtud_pkt_holder_name(enum mtud_pkt_holder holder)
{
	static const char *const names[] = {
		[MTUD_PKT_TAKEN] = "taken",
		[MTUD_PKT_WORKER] = "worker",
		[MTUD_PKT_PUNTED] = "punted",
		[MTUD_PKT_CONTROL] = "control",
		[MTUD_PKT_WAITING] = "waiting",
		[MTUD_PKT_INJECTED] = "injected",
		[MTUD_PKT_QUEUED] = "queued",
		[MTUD_PKT_SENT] = "sent",
	};

	return names[holder];
}
