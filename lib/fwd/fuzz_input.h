/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

/*
 * What a fuzzer's input says: a struct fuzz_choice, and then of each frame its length and how many
 * octets of it are given (both 16 bits, network order), a layout, a place, and those octets. What
 * is not given is a pattern: long packets need not be long inputs. dts/lab/corpus.py writes it,
 * too.
 */

#include "fuzz_world.h"

struct fuzz_frame_hdr {
	rte_be16_t len;
	rte_be16_t given;
	uint8_t layout; /* FUZZ_ bits below */
	uint8_t place;  /* where segments end, octets of headroom, or of padding */
} __rte_packed;

#define FUZZ_SEGS      0x03 /* 0: one; 1: two; 2: many, as long as place says; 3: one is empty */
#define FUZZ_TIGHT     0x04 /* no room behind the last octet of the first segment */
#define FUZZ_LOW       0x08 /* little room in front of the first */
#define FUZZ_SEAL_IP   0x10 /* make IPv4's header checksum right */
#define FUZZ_SEAL_L4   0x20 /* make that of ICMP or UDP right */
#define FUZZ_FIX_LEN   0x40 /* make the IP length that of the frame */
#define FUZZ_PADDING   0x80 /* less some octets of padding */

#define FUZZ_ZERO 254 /* from this place on IPv4's header checksum is made zero */

/* A packet as RFCs 791 and 8200 describe it, read without the product's parser. */
struct fuzz_packet {
	const uint8_t *eth;
	const uint8_t *ip;
	uint32_t len;     /* of the IP packet, as it says */
	uint32_t hdr_len; /* IPv6: 40 */
	bool v6;
	uint8_t proto;
	uint8_t hops;
	bool df;
	bool mf;
	uint32_t frag_at; /* octets */
	struct mtud_ip src;
	struct mtud_ip dst;
};

struct fuzz_frame {
	uint32_t len;
	uint8_t layout;
	uint8_t place;
	uint8_t *octets;
	bool sound;
	struct fuzz_packet packet; /* where it is */
	/* What became of it, for the checks. */
	bool forwarded;
	bool answered;
	uint32_t next_at; /* where its next fragment begins */
};

/* What has left so far by a port of an answer in fragments. */
struct fuzz_answer {
	uint32_t len; /* 0: there is none */
	uint8_t frame[FUZZ_FRAME_MAX];
};

struct fuzz_input {
	struct fuzz_choice choice;
	unsigned int n;
	struct fuzz_frame frame[FUZZ_FRAMES];
	uint8_t octets[FUZZ_OCTETS_MAX];
	struct fuzz_answer answer[FUZZ_PORTS];
	unsigned int errors; /* that left, and echo replies */
	unsigned int echoes;
};

/* Read a frame. @return false: it is no sound IP packet, whole and with IPv4's checksum right. */
bool fuzz_packet_read(struct fuzz_packet *p, const uint8_t *frame, uint32_t len);

/* Take an input apart. @return false: it is no input. */
bool fuzz_input_read(struct fuzz_input *in, const uint8_t *data, size_t size);
/* Lengths and checksums as the layout asks. */
void fuzz_seal(uint8_t *frame, uint32_t len, uint8_t layout, uint8_t place);
/* A frame as a driver would hand it over: what is no part of it is poisoned. */
struct rte_mbuf *fuzz_mbuf(const struct fuzz_frame *f);

/* The sum of RFC 1071, octet by octet, not turned over. */
uint16_t fuzz_sum(uint32_t sum, const uint8_t *octets, uint32_t len);
/* The sum of an IPv6 pseudo-header. */
uint16_t fuzz_sum_pseudo(const uint8_t *ip6, uint8_t proto, uint32_t len);

static inline uint16_t
fuzz_get_16(const uint8_t *octets)
{
	return (uint16_t)(octets[0] << 8 | octets[1]);
}

static inline void
fuzz_put_16(uint8_t *octets, uint16_t value)
{
	octets[0] = value >> 8;
	octets[1] = value & 0xff;
}

/* One frame that left, to be explained by those that came; abort if it cannot be. */
void fuzz_check_out(struct fuzz_input *in, uint16_t port, const struct rte_mbuf *m);
/* May a driver not have taken what was to leave by a port? */
static inline bool
fuzz_is_full(const struct fuzz_input *in, uint16_t port)
{
	return (in->choice.txqs >> 4 * port & 15) != 0;
}

/* All have been seen: does the account balance, is nothing missing? */
void fuzz_check_end(const struct fuzz_input *in);

#endif
