/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_fwd.h"

static void
mark(struct mtud_fwd_marks *marks, const struct mtud_ip *ip)
{
	unsigned int at = mtud_ip_is_v4(ip) ? mtud_fwd_mark4(mtud_ip_to_v4(ip)) :
					      mtud_fwd_mark6(ip->b);

	marks->may_be[at] = true;
}

void
mtud_fwd_mark_sources(struct mtud_fwd_view *v)
{
	unsigned int i;

	for (i = 0; i < v->addrs.n; i++) {
		const struct mtud_addr *a = &v->addrs.addr[i];
		struct mtud_prefix network = mtud_addr_prefix(a);
		struct mtud_ip broadcast;

		if (mtud_addr_usable(a))
			mark(&v->false_source, &a->ip);
		if (!mtud_addr_has_broadcast(a))
			continue;
		broadcast = mtud_addr_broadcast(a);
		mark(&v->false_source, &broadcast);
		mark(&v->false_source, &network.ip);
	}
}
