/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* DPDK 22.11 calls rte_vect_get_max_simd_bitwidth() experimental; later ones have it as it is. */
#define ALLOW_EXPERIMENTAL_API

#include <rte_ip.h>
#include <rte_vect.h>

#include "sum.h"

#ifdef RTE_ARCH_X86_64

/*
 * One instruction multiplies signed words by 1 and adds pairs of them. Taken with its first bit
 * turned over, a word is a signed one that is 32768 less than it was: what that makes in all is
 * added at the end. A lane loses at most 65536 at a step, and the longest packet has 2049 steps.
 */
#define SIGN UINT16_C(0x8000)

static uint16_t
fold(uint64_t sum)
{
	sum = (sum >> 32) + (uint32_t)sum;
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)((sum >> 16) + (sum & 0xffff));
}

__attribute__((target("avx2"))) uint16_t
pkt_sum_avx2(const void *octets, uint32_t len)
{
	const __m256i sign = _mm256_set1_epi16((int16_t)SIGN);
	const __m256i one = _mm256_set1_epi16(1);
	const uint8_t *at = octets;
	__m256i sum = _mm256_setzero_si256();
	uint64_t bias = 0;
	__m128i half;
	__m256i v;

	for (; len >= sizeof(v); len -= sizeof(v), at += sizeof(v)) {
		v = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)at), sign);
		sum = _mm256_add_epi32(sum, _mm256_madd_epi16(v, one));
		bias += sizeof(v) / sizeof(uint16_t) * SIGN;
	}
	half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
	half = _mm_add_epi32(half, _mm_shuffle_epi32(half, _MM_SHUFFLE(1, 0, 3, 2)));
	half = _mm_add_epi32(half, _mm_shuffle_epi32(half, _MM_SHUFFLE(2, 3, 0, 1)));
	bias += (uint64_t)(int64_t)_mm_cvtsi128_si32(half);
	return fold(bias + rte_raw_cksum(at, len));
}

__attribute__((target("avx512bw"))) uint16_t
pkt_sum_avx512(const void *octets, uint32_t len)
{
	const __m512i sign = _mm512_set1_epi16((int16_t)SIGN);
	const __m512i one = _mm512_set1_epi16(1);
	const uint8_t *at = octets;
	__m512i sum = _mm512_setzero_si512();
	uint32_t lead = (uintptr_t)at % sizeof(sum) / 2 * 2;
	uint64_t bias = 0;
	__m512i v;

	if (lead > 0 && len >= sizeof(v)) {
		v = _mm512_maskz_loadu_epi8(UINT64_MAX << lead, at - lead);
		sum = _mm512_madd_epi16(_mm512_xor_si512(v, sign), one);
		bias = sizeof(v) / sizeof(uint16_t) * SIGN;
		len -= sizeof(v) - lead;
		at += sizeof(v) - lead;
	}
	for (; len >= sizeof(v); len -= sizeof(v), at += sizeof(v)) {
		v = _mm512_xor_si512(_mm512_loadu_si512(at), sign);
		sum = _mm512_add_epi32(sum, _mm512_madd_epi16(v, one));
		bias += sizeof(v) / sizeof(uint16_t) * SIGN;
	}
	if (len > 0) {
		v = _mm512_maskz_loadu_epi8((UINT64_C(1) << len) - 1, at);
		sum = _mm512_add_epi32(sum, _mm512_madd_epi16(_mm512_xor_si512(v, sign), one));
		bias += sizeof(v) / sizeof(uint16_t) * SIGN;
	}
	return fold(bias + (uint64_t)(int64_t)_mm512_reduce_add_epi32(sum));
}

uint16_t
pkt_sum(const void *octets, uint32_t len)
{
	uint16_t width = rte_vect_get_max_simd_bitwidth();

	if (width >= RTE_VECT_SIMD_512 && __builtin_cpu_supports("avx512bw"))
		return pkt_sum_avx512(octets, len);
	if (width >= RTE_VECT_SIMD_256 && __builtin_cpu_supports("avx2"))
		return pkt_sum_avx2(octets, len);
	return rte_raw_cksum(octets, len);
}

#else

uint16_t
pkt_sum(const void *octets, uint32_t len)
{
	return rte_raw_cksum(octets, len);
}

#endif
