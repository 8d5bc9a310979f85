/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef FILTER_H
#define FILTER_H

/* Filters as tcpdump has them, compiled and run by libpcap. rte_bpf_convert() would let them run on
 * mbufs by DPDK's own BPF, but it takes the index of octet and word loads from the wrong register:
 * with it "tcp[tcpflags] & tcp-syn != 0" matches no SYN (22.11 to 26.07). */

#include <stdbool.h>

#include <rte_mbuf.h>

struct filter;
struct out;

/* Compile an expression. NULL after a sentence. A name in it may have to be looked up in the DNS:
 * that is waited for half a second at most. */
struct filter *filter_compile(const char *text, struct out *out);
/* NULL is allowed. */
void filter_free(struct filter *f);

/* Does a frame match? May be called by any thread; filter is a struct filter. */
bool filter_matches(const void *filter, const struct rte_mbuf *m);

#endif
