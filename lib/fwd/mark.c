/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include "mtud_fwd.h"

static void
mark(struct mtud_fwd_view *v, const struct mtud_ip *ip)
{
	bool v4 = mtud_ip_is_v4(ip);
	struct mtud_fwd_marks *marks = &v->false_source[v4 ? MTUD_IPV4 : MTUD_IPV6];
	unsigned int at = v4 ? mtud_fwd_mark4(mtud_ip_to_v4(ip)) : mtud_fwd_mark6(ip->b);

	marks->word[at / 64] |= UINT64_C(1) << (at % 64);
}

void
mtud_fwd_mark_sources(struct mtud_fwd_view *v)
{
	unsigned int i;

	for (i = 0; i < v->addrs.n; i++) {
		const struct mtud_addr *a = &v->addrs.addr[i];
		struct mtud_prefix network = mtud_addr_prefix(a);
		struct mtud_ip broadcast;

		if (mtud_addr_usable(a) && !mtud_ip_is_link_local(&a->ip))
			mark(v, &a->ip);
		if (!mtud_addr_has_broadcast(a))
			continue;
		broadcast = mtud_addr_broadcast(a);
		mark(v, &broadcast);
		mark(v, &network.ip);
	}
}
