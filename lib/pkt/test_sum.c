/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_config.h>

#include "sum.h"

#define ALIGN_MAX 65

/* Word by word as RFC 1071 section 1 says it, the last octet with a zero behind it. */
static uint16_t
plain_sum(const uint8_t *octets, uint32_t len)
{
	uint32_t sum = 0, i;
	uint16_t word;

	for (i = 0; i < len; i += 2) {
		uint8_t pair[2] = {octets[i], i + 1 < len ? octets[i + 1] : 0};

		memcpy(&word, pair, sizeof(word));
		sum += word;
		sum = (sum >> 16) + (sum & 0xffff);
	}
	return (uint16_t)sum;
}

/* 0 and 0xffff are the same number. */
static uint16_t
number(uint16_t sum)
{
	return sum == 0xffff ? 0 : sum;
}

struct way {
	const char *name;
	uint16_t (*sum)(const void *octets, uint32_t len);
};

static unsigned int
ways_of_this_cpu(struct way *ways)
{
	unsigned int n = 0;

	ways[n++] = (struct way){"dispatched", pkt_sum};
#ifdef RTE_ARCH_X86_64
	if (__builtin_cpu_supports("avx2"))
		ways[n++] = (struct way){"avx2", pkt_sum_avx2};
	if (__builtin_cpu_supports("avx512bw"))
		ways[n++] = (struct way){"avx512", pkt_sum_avx512};
#endif
	return n;
}

/* What is in front of the octets and behind them must not count, nor be read where there is no
 * memory: they end with the block. */
static void
check(uint32_t len, uint32_t offset, int fill)
{
	uint8_t *block = malloc(offset + len + 1), *octets = block + 1 + offset;
	struct way ways[3];
	unsigned int n = ways_of_this_cpu(ways), i;
	uint32_t k;

	assert_non_null(block);
	memset(block, 0xa5, offset + 1);
	for (k = 0; k < len; k++)
		octets[k] = fill < 0 ? (uint8_t)(rand() >> 7) : (uint8_t)fill;
	for (i = 0; i < n; i++)
		if (number(ways[i].sum(octets, len)) != number(plain_sum(octets, len)))
			fail_msg("%s: %u octets at %u", ways[i].name, len, offset);
	free(block);
}

static void
sum_is_that_of_words(void **state)
{
	static const uint32_t longer[] = {548, 1231, 1232, 1233, 1480, 9000, 65535};
	uint32_t len, offset;
	unsigned int i;

	(void)state;
	srand(1071);
	for (offset = 0; offset < ALIGN_MAX; offset++) {
		for (len = 0; len < 300; len++)
			check(len, offset, -1);
		for (i = 0; i < sizeof(longer) / sizeof(longer[0]); i++)
			check(longer[i], offset, -1);
	}
}

/* All words as large as they can be: no lane may run over. */
static void
carries_are_kept(void **state)
{
	static const int fills[] = {0x00, 0x7f, 0x80, 0xff};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
		check(65535, 0, fills[i]);
		check(65535, 13, fills[i]);
		check(1232, 14, fills[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sum_is_that_of_words),
		cmocka_unit_test(carries_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
