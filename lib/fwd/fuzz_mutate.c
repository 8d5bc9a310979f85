/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* libFuzzer knows nothing of packets: half of the time its own mutations are left to it, else one
 * is made here that keeps the input one of packets. */

#include "fuzz_input.h"
#include "fuzz_target.h"

/* Addresses that mean something in fuzz_table.c. */
static const char *const to6[] = {"2001:db8:1280::1", "2001:db8:1400::9", "2001:db8:a::1",
	"2001:db8:a::2", "2001:db8:a::3", "2001:db8:b::1", "2001:db8:b::77", "2001:db8:a::",
	"2001:db8:a::d0", "2001:db8:b1ac::1", "2001:db8:dead::1", "2001:db8:f0b1::1",
	"2001:db8:3::1", "2001:db8:4::1", "2001:db8:5::1", "2001:db8:6::1", "2001:db8:aaaa::1",
	"2001:db9::1", "fe80::ff:fe00:a01", "fe80::ff:fe00:a02", "ff02::1", "ff02::1:ff00:1",
	"ff0e::1", "::", "::1", "::2"};
static const char *const to4[] = {"10.1.0.1", "10.2.0.1", "10.3.0.1", "10.4.0.1", "10.5.0.1",
	"10.6.0.1", "10.7.0.1", "10.8.0.1", "10.9.0.1", "192.0.2.1", "192.0.2.2", "192.0.2.3",
	"192.0.2.255", "192.0.2.77", "198.51.100.1", "198.51.100.2", "198.51.100.4", "198.18.1.1",
	"198.18.2.1", "198.18.3.1", "198.18.12.1", "203.0.113.1", "224.0.0.1", "239.1.2.3",
	"0.0.0.0", "127.0.0.1", "240.0.0.1", "255.255.255.255"};
static const uint8_t protos[] = {0, 1, 2, 6, 17, 43, 44, 50, 51, 58, 59, 60, 135, 139, 140, 253};
static const uint16_t lens[] = {14, 34, 54, 60, 74, 82, 142, 590, 1294, 1295, 1414, 1415, 1514,
	1515, 2014, 9014};

static uint32_t
random_below(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 8) % n;
}

/* One of the frames of an input: where its header stands; 0: there is none. */
static size_t
some_frame(const uint8_t *data, size_t size, uint32_t *seed)
{
	size_t at[FUZZ_FRAMES], next = sizeof(struct fuzz_choice);
	unsigned int n = 0;

	while (n < FUZZ_FRAMES && next + sizeof(struct fuzz_frame_hdr) <= size) {
		at[n++] = next;
		next += sizeof(struct fuzz_frame_hdr) + fuzz_get_16(&data[next + 2]);
	}
	return n == 0 ? 0 : at[random_below(seed, n)];
}

/* The octets of a frame that are given. */
static size_t
given(const uint8_t *data, size_t size, size_t at)
{
	size_t left = size - at - sizeof(struct fuzz_frame_hdr);

	return RTE_MIN(left, (size_t)fuzz_get_16(&data[at + 2]));
}

static void
put_address(uint8_t *ip, size_t len, uint32_t *seed)
{
	bool dst = random_below(seed, 3) > 0;
	struct mtud_ip addr;

	if (ip[0] >> 4 == 6 && len >= 40) {
		addr = fuzz_ip(to6[random_below(seed, RTE_DIM(to6))]);
		memcpy(&ip[dst ? 24 : 8], addr.b, 16);
	} else if (len >= 20) {
		addr = fuzz_ip(to4[random_below(seed, RTE_DIM(to4))]);
		memcpy(&ip[dst ? 16 : 12], &addr.b[12], 4);
	}
}

/* Change what the IP header says. */
static void
change_header(uint8_t *ip, size_t len, uint32_t *seed)
{
	bool v6 = ip[0] >> 4 == 6;
	uint8_t proto = protos[random_below(seed, RTE_DIM(protos))];

	if (len < 40)
		return;
	switch (random_below(seed, 5)) {
	case 0:
		ip[v6 ? 6 : 9] = proto;
		break;
	case 1:
		ip[v6 ? 7 : 8] = random_below(seed, 4);
		break;
	case 2:
		if (!v6)
			fuzz_put_16(&ip[6], random_below(seed, 0x10000) & 0xe007);
		break;
	default:
		put_address(ip, len, seed);
	}
}

/* Put an extension header, or IPv4 options, behind the IP header. */
static size_t
insert_header(uint8_t *data, size_t size, size_t max, size_t at, uint32_t *seed)
{
	size_t frame = at + sizeof(struct fuzz_frame_hdr), l3 = frame + MTUD_L3_AT;
	bool v6 = data[l3] >> 4 == 6;
	size_t where = l3 + (v6 ? 40 : 20), more = v6 ? 8 : 4;
	uint8_t proto = protos[random_below(seed, RTE_DIM(protos))];

	if (where > frame + given(data, size, at) || size + more > max ||
		(!v6 && (data[l3] & 15) == 15))
		return size;
	memmove(&data[where + more], &data[where], size - where);
	memset(&data[where], (int)random_below(seed, 8), more);
	if (v6) {
		data[where] = data[l3 + 6];
		data[where + 1] = 0;
		data[l3 + 6] = proto;
	} else {
		data[l3]++;
	}
	fuzz_put_16(&data[at], fuzz_get_16(&data[at]) + more);
	fuzz_put_16(&data[at + 2], fuzz_get_16(&data[at + 2]) + more);
	return size + more;
}

static void
change_frame(uint8_t *data, size_t size, size_t at, uint32_t *seed)
{
	size_t frame = at + sizeof(struct fuzz_frame_hdr), len = given(data, size, at);

	switch (random_below(seed, 6)) {
	case 5:
		/* It ends where a parser may want more. */
		fuzz_put_16(&data[at], len - RTE_MIN(len, random_below(seed, 12)));
		break;
	case 0:
		fuzz_put_16(&data[at], lens[random_below(seed, RTE_DIM(lens))]);
		break;
	case 1:
		data[at + 4] ^= 1u << random_below(seed, 8);
		break;
	case 2:
		data[at + 5] = random_below(seed, 8) == 0 ? FUZZ_ZERO + random_below(seed, 2) :
							    random_below(seed, 256);
		break;
	case 3:
		/* What it is made of stays as long as it is. */
		if (len > 0)
			LLVMFuzzerMutate(&data[frame], len, len);
		break;
	default:
		if (len > MTUD_L3_AT)
			change_header(&data[frame + MTUD_L3_AT], len - MTUD_L3_AT, seed);
	}
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	uint32_t state = seed;
	size_t at;

	at = size < sizeof(struct fuzz_choice) ? 0 : some_frame(data, size, &state);
	if (at == 0 || random_below(&state, 2) == 0)
		return LLVMFuzzerMutate(data, size, max);
	if (random_below(&state, 8) == 0) {
		data[random_below(&state, sizeof(struct fuzz_choice))] ^=
			1u << random_below(&state, 8);
		return size;
	}
	if (random_below(&state, 8) == 0 && given(data, size, at) > MTUD_L3_AT)
		return insert_header(data, size, max, at, &state);
	change_frame(data, size, at, &state);
	/* As most senders do. */
	if (random_below(&state, 4) > 0)
		data[at + 4] |= FUZZ_SEAL_IP | FUZZ_SEAL_L4 | FUZZ_FIX_LEN;
	return size;
}
