/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef TELEMETRY_SHOW_H
#define TELEMETRY_SHOW_H

#include <rte_telemetry.h>

/* What a `show ... json` says, for telemetry: the console's own handlers run for it on the control
 * thread. A telemetry_cb, for telemetry's threads; null for a parameter that `show` refuses, and
 * when the control thread is busy for longer than a second, as with a long file. */
int telemetry_show(const char *cmd, const char *params, struct rte_tel_data *d);

#endif
