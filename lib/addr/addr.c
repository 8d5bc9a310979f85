/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>

#include "mtud_addr.h"

bool
mtud_addr_has_anycast(const struct mtud_addr *a)
{
	return a->len < 127 && !mtud_ip_is_v4(&a->ip) && !mtud_ip_is_link_local(&a->ip);
}

bool
mtud_addr_has_broadcast(const struct mtud_addr *a)
{
	return a->len <= 126 && mtud_ip_is_v4(&a->ip);
}

struct mtud_ip
mtud_addr_broadcast(const struct mtud_addr *a)
{
	uint32_t host_bits = UINT32_MAX >> (a->len - MTUD_IP4_BITS_AT);

	return mtud_ip_from_v4(mtud_ip_to_v4(&a->ip) | htonl(host_bits));
}

static bool
valid_v4(const struct mtud_addr *a)
{
	struct mtud_prefix network = mtud_addr_prefix(a);
	struct mtud_ip broadcast;

	if (a->len < MTUD_IP4_BITS_AT || !mtud_ip_is_host_v4(&a->ip))
		return false;
	if (!mtud_addr_has_broadcast(a))
		return true;
	broadcast = mtud_addr_broadcast(a);
	return !mtud_ip_equal(&network.ip, &a->ip) && !mtud_ip_equal(&broadcast, &a->ip);
}

static bool
valid(const struct mtud_addr *a)
{
	struct mtud_prefix prefix = mtud_addr_prefix(a);

	if (mtud_ip_is_v4(&a->ip))
		return valid_v4(a);
	if (mtud_ip_is_multicast(&a->ip) || mtud_ip_is_unspecified(&a->ip) ||
		mtud_ip_is_loopback(&a->ip))
		return false;
	return !mtud_addr_has_anycast(a) || !mtud_ip_equal(&prefix.ip, &a->ip);
}

static int
index_of(const struct mtud_addr_table *t, uint16_t port, const struct mtud_ip *ip)
{
	bool link_local = mtud_ip_is_link_local(ip);
	unsigned int i;

	for (i = 0; i < t->n; i++)
		if (mtud_ip_equal(&t->addr[i].ip, ip) && (!link_local || t->addr[i].port == port))
			return (int)i;
	return -1;
}

struct mtud_addr *
mtud_addr_find(struct mtud_addr_table *t, uint16_t port, const struct mtud_ip *ip)
{
	int i = index_of(t, port, ip);

	return i < 0 ? NULL : &t->addr[i];
}

const struct mtud_addr *
mtud_addr_get(const struct mtud_addr_table *t, uint16_t port, const struct mtud_ip *ip)
{
	int i = index_of(t, port, ip);

	return i < 0 ? NULL : &t->addr[i];
}

static bool
is_edge(const struct mtud_addr *a, const struct mtud_ip *ip)
{
	struct mtud_prefix network = mtud_addr_prefix(a);
	struct mtud_ip broadcast;

	if (!mtud_addr_has_broadcast(a))
		return false;
	broadcast = mtud_addr_broadcast(a);
	return mtud_ip_equal(ip, &network.ip) || mtud_ip_equal(ip, &broadcast);
}

bool
mtud_addr_is_false_source(const struct mtud_addr_table *t, uint16_t port, const struct mtud_ip *ip)
{
	const struct mtud_addr *a = mtud_addr_get(t, port, ip);
	unsigned int i;

	if (a != NULL)
		return mtud_addr_usable(a);
	if (!mtud_ip_is_v4(ip))
		return false;
	for (i = 0; i < t->n; i++)
		if (is_edge(&t->addr[i], ip))
			return true;
	return false;
}

int
mtud_addr_add(struct mtud_addr_table *t, uint16_t port, const struct mtud_ip *ip, uint8_t len,
	bool automatic)
{
	struct mtud_addr a = {.ip = *ip, .len = len, .port = port, .automatic = automatic};
	const struct mtud_addr *old = mtud_addr_find(t, port, ip);

	if (old != NULL)
		return old->port == port && old->len == len ? -EEXIST : -EADDRINUSE;
	if (!valid(&a))
		return -EINVAL;
	if (t->n == MTUD_ADDR_MAX)
		return -ENOSPC;
	t->addr[t->n++] = a;
	return 0;
}

int
mtud_addr_del(struct mtud_addr_table *t, uint16_t port, const struct mtud_ip *ip)
{
	struct mtud_addr *a = mtud_addr_find(t, port, ip);

	if (a == NULL || a->port != port)
		return -ENOENT;
	t->n--;
	memmove(a, a + 1, (size_t)(&t->addr[t->n] - a) * sizeof(*a));
	return 0;
}

static unsigned int
common_bits(const struct mtud_ip *a, const struct mtud_ip *b)
{
	unsigned int i;

	for (i = 0; i < MTUD_IP_LEN; i++)
		if (a->b[i] != b->b[i])
			return i * 8 + (unsigned int)__builtin_clz(a->b[i] ^ b->b[i]) - 24;
	return 128;
}

const struct mtud_addr *
mtud_addr_source(const struct mtud_addr_table *t, uint16_t port, const struct mtud_ip *dst,
	const struct mtud_ip *not_this)
{
	/* ff01 and ff02 groups stay on the link, as link-local unicast does. */
	bool on_link = mtud_ip_is_link_local(dst) || (dst->b[0] == 0xff && (dst->b[1] & 0xf) <= 2);
	const struct mtud_addr *best = NULL;
	unsigned int best_rank = 0;
	unsigned int i;

	for (i = 0; i < t->n; i++) {
		const struct mtud_addr *a = &t->addr[i];
		bool link_local = mtud_ip_is_link_local(&a->ip);
		unsigned int rank = 1 + common_bits(&a->ip, dst);

		if (!mtud_addr_usable(a) || mtud_ip_is_v4(&a->ip) != mtud_ip_is_v4(dst) ||
			(not_this != NULL && mtud_ip_equal(&a->ip, not_this)))
			continue;
		if (link_local && (a->port != port || !on_link))
			continue;
		if (link_local)
			rank += 2048;
		if (a->port == port)
			rank += 1024;
		if (rank > best_rank) {
			best_rank = rank;
			best = a;
		}
	}
	return best;
}

const struct mtud_addr *
mtud_addr_only_source(const struct mtud_addr_table *t, uint16_t port, enum mtud_family family)
{
	const struct mtud_addr *only = NULL;
	unsigned int i;

	/* One of the port itself goes before all of others. */
	for (i = 0; i < t->n; i++) {
		const struct mtud_addr *a = &t->addr[i];

		if (a->port != port || mtud_ip_is_v4(&a->ip) != (family == MTUD_IPV4) ||
			mtud_ip_is_link_local(&a->ip) || !mtud_addr_usable(a))
			continue;
		if (only != NULL)
			return NULL;
		only = a;
	}
	return only;
}

unsigned int
mtud_addr_sharing(const struct mtud_addr_table *t, uint16_t port, const struct mtud_prefix *prefix)
{
	unsigned int count = 0;
	unsigned int i;

	for (i = 0; i < t->n; i++) {
		struct mtud_prefix p = mtud_addr_prefix(&t->addr[i]);

		count += t->addr[i].port == port && mtud_prefix_compare(&p, prefix) == 0;
	}
	return count;
}

static unsigned int
add_group(struct mtud_ip *groups, unsigned int n, const struct mtud_ip *ip)
{
	struct mtud_ip group = mtud_ip_solicited_node(ip);
	unsigned int i;

	for (i = 0; i < n; i++)
		if (mtud_ip_equal(&groups[i], &group))
			return n;
	groups[n] = group;
	return n + 1;
}

unsigned int
mtud_addr_groups(const struct mtud_addr_table *t, uint16_t port, struct mtud_ip *groups)
{
	unsigned int n = 0;
	unsigned int i;

	for (i = 0; i < t->n; i++) {
		const struct mtud_addr *a = &t->addr[i];
		struct mtud_prefix prefix = mtud_addr_prefix(a);

		if (a->port != port || mtud_ip_is_v4(&a->ip))
			continue;
		n = add_group(groups, n, &a->ip);
		if (mtud_addr_has_anycast(a))
			n = add_group(groups, n, &prefix.ip);
	}
	return n;
}
