/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef ROUTE_ENGINE_H
#define ROUTE_ENGINE_H

#include "mtud_ip.h"

struct engine_conf {
	const char *name; /* unique in the process, at most 20 characters */
	uint32_t prefixes;
	uint32_t tbl8s;
	int socket;
	/*
	 * What a prefix that is deleted leaves to: the slot and length of the longest other one that
	 * holds it and is not about to be deleted too; 0 and 0: none.
	 */
	int32_t (*cover)(const void *arg, const struct mtud_prefix *prefix, uint8_t *len);
	const void *cover_arg;
};

/*
 * A lookup table of one family. Nobody reads it while it is written: the two copies take care of
 * that. Default routes never come here. No two prefixes have the same slot, and none has slot 0.
 */
struct engine {
	/* Returns NULL when there is no memory. */
	void *(*create)(const struct engine_conf *conf);
	void (*free)(void *table);
	/*
	 * Add a prefix that is not there. Returns -ENOSPC when it does not fit, with nothing
	 * changed. Whether a set of prefixes fits must not depend on the order they come in.
	 */
	int (*add)(void *table, const struct mtud_prefix *prefix, int32_t slot);
	/* Delete a prefix that is there. */
	void (*del)(void *table, const struct mtud_prefix *prefix);
	/*
	 * The slots of the longest matches, -1 on a miss. An engine has the one of its family, and
	 * NULL for the other.
	 */
	void (*lookup6)(
		const void *table, uint8_t dst[][MTUD_IP_LEN], int32_t *slot, unsigned int n);
	/* The same with addresses in host order. */
	void (*lookup4)(const void *table, const uint32_t *dst, int32_t *slot, unsigned int n);
};

extern const struct engine route_engine_trie6;
extern const struct engine route_engine_lpm6;
extern const struct engine route_engine_trie4;
extern const struct engine route_engine_fib4;

#endif
