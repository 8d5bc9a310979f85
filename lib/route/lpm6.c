/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <assert.h>
#include <errno.h>

#include <rte_lpm6.h>

#include "engine.h"

static_assert(MTUD_IP_LEN == RTE_LPM6_IPV6_ADDR_SIZE, "addresses go to rte_lpm6 as they are");

static void *
create(const struct engine_conf *conf)
{
	struct rte_lpm6_config config = {
		.max_rules = conf->prefixes,
		.number_tbl8s = conf->tbl8s,
	};

	return rte_lpm6_create(conf->name, conf->socket, &config);
}

static void
destroy(void *table)
{
	rte_lpm6_free(table);
}

static int
add(void *table, const struct mtud_prefix *prefix, int32_t slot)
{
	return rte_lpm6_add(table, prefix->ip.b, prefix->len, slot) < 0 ? -ENOSPC : 0;
}

static void
del(void *table, const struct mtud_prefix *prefix)
{
	rte_lpm6_delete(table, prefix->ip.b, prefix->len);
}

static void
lookup6(const void *table, uint8_t dst[][MTUD_IP_LEN], int32_t *slot, unsigned int n)
{
	rte_lpm6_lookup_bulk_func(table, dst, slot, n);
}

const struct engine route_engine_lpm6 = {
	.create = create,
	.free = destroy,
	.add = add,
	.del = del,
	.lookup6 = lookup6,
};
