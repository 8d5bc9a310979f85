/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "mtud_ip.h"

int
mtud_ip_parse(const char *text, struct mtud_ip *ip)
{
	struct mtud_ip out = {{[10] = 0xff, [11] = 0xff}};

	if (inet_pton(AF_INET, text, &out.b[12]) == 1) {
		*ip = out;
		return 0;
	}
	/* ::ffff:1.2.3.4 would be taken for IPv4 from here on: refuse what is never on the wire. */
	if (inet_pton(AF_INET6, text, out.b) != 1 || mtud_ip_is_v4(&out))
		return -EINVAL;
	*ip = out;
	return 0;
}

const char *
mtud_ip_format(const struct mtud_ip *ip, char buf[MTUD_IP_STRLEN])
{
	if (mtud_ip_is_v4(ip))
		inet_ntop(AF_INET, &ip->b[12], buf, MTUD_IP_STRLEN);
	else
		inet_ntop(AF_INET6, ip->b, buf, MTUD_IP_STRLEN);
	return buf;
}

int
mtud_prefix_parse(const char *text, struct mtud_prefix *prefix, struct mtud_ip *host)
{
	char addr[MTUD_IP_STRLEN];
	const char *slash = strchr(text, '/');
	size_t n = slash != NULL ? (size_t)(slash - text) : strlen(text);
	struct mtud_ip ip;
	unsigned long max, len;

	if (n >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, text, n);
	addr[n] = '\0';
	if (mtud_ip_parse(addr, &ip) < 0)
		return -EINVAL;

	max = mtud_ip_is_v4(&ip) ? 32 : 128;
	len = max;
	if (slash != NULL) {
		if (strspn(slash + 1, "0123456789") != strlen(slash + 1) || slash[1] == '\0')
			return -EINVAL;
		len = strtoul(slash + 1, NULL, 10);
		if (len > max)
			return -ERANGE;
	}
	if (host != NULL)
		*host = ip;
	prefix->len = 128 - max + len;
	mtud_ip_mask(&ip, prefix->len);
	prefix->ip = ip;
	return 0;
}

const char *
mtud_prefix_format(const struct mtud_prefix *prefix, char buf[MTUD_PREFIX_STRLEN])
{
	unsigned int len = prefix->len;

	mtud_ip_format(&prefix->ip, buf);
	if (mtud_prefix_is_v4(prefix))
		len -= MTUD_IP4_BITS_AT;
	snprintf(buf + strlen(buf), 5, "/%u", len);
	return buf;
}

void
mtud_ip_mask(struct mtud_ip *ip, uint8_t len)
{
	unsigned int i = len / 8;

	if (len >= 128)
		return;
	ip->b[i] &= (uint8_t)(0xff00 >> (len % 8));
	memset(&ip->b[i + 1], 0, MTUD_IP_LEN - i - 1);
}

bool
mtud_prefix_contains(const struct mtud_prefix *prefix, const struct mtud_ip *ip)
{
	struct mtud_ip masked = *ip;

	mtud_ip_mask(&masked, prefix->len);
	return mtud_ip_equal(&masked, &prefix->ip) &&
	       mtud_ip_is_v4(ip) == mtud_prefix_is_v4(prefix);
}

int
mtud_prefix_compare(const struct mtud_prefix *a, const struct mtud_prefix *b)
{
	int cmp = memcmp(a->ip.b, b->ip.b, MTUD_IP_LEN);

	return cmp != 0 ? cmp : (int)a->len - (int)b->len;
}
