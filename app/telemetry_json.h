/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef TELEMETRY_JSON_H
#define TELEMETRY_JSON_H

/* What a `show ... json` printed, as telemetry's data. These know fewer things than JSON:
 *  - no array of objects: a table is a dictionary of rows, "0", "1", ...;
 *  - no null: such a member is left out;
 *  - no truth: 1 and 0;
 *  - no string beyond 127 octets, nor any octet that is not ASCII: cut with "...", and "?".
 * An answer has at most 16 KiB. Rows beyond that are left out, and a member "truncated" of their
 * table says how many. */

#include <stddef.h>
#include <stdint.h>

#include <rte_telemetry.h>

/* Octets of JSON that an answer may have: those of DPDK less what it puts around them. */
#define TELEMETRY_ROOM (16 * 1024 - 512)

/* Fill d with one document, a table or a record. 0, or -EINVAL: it is neither; d is a dictionary in
 * either case. */
int telemetry_json_fill(struct rte_tel_data *d, const char *text);
/* ... with row n of a table. 0, or -ENOENT: it has no such row. */
int telemetry_json_row(struct rte_tel_data *d, const char *text, uint64_t n);
/* ... with a record and behind it, as "list", a table that has `rows` rows, of which text may end
 * anywhere. */
int telemetry_json_list(struct rte_tel_data *d, const char *record, const char *text,
	uint64_t rows);

#endif
