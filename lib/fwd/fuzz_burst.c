/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* libFuzzer's target for the worker's whole way: what an input holds comes in by one port in one
 * burst, and every frame that leaves must be explained by it. */

#include <sanitizer/lsan_interface.h>

#include "fuzz_input.h"
#include "fuzz_target.h"

static struct fuzz_input input;

/* What only DPDK's memory refers to it would take for lost; the pools count their buffers. */
int
__lsan_is_turned_off(void)
{
	return 1;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	fuzz_world_make();
	return 0;
}

static void
receive(const struct fuzz_input *in)
{
	struct rte_mbuf *pkts[FUZZ_FRAMES];
	uint16_t port = (in->choice.flags & FUZZ_PORT_1) != 0;
	unsigned int i;

	for (i = 0; i < in->n; i++)
		pkts[i] = fuzz_mbuf(&in->frame[i]);
	mtud_fwd_begin(world.w);
	if (world.view.trace == NULL)
		mtud_fwd_burst(world.w, port, pkts, in->n);
	else
		mtud_fwd_trace(world.w, port, pkts, in->n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int i;

	if (!fuzz_input_read(&input, data, size))
		return -1;
	fuzz_world_reset(&input.choice);
	receive(&input);
	fuzz_world_control();
	for (i = 0; i < world.n_out; i++) {
		fuzz_check_out(&input, world.out_port[i], world.out[i]);
		rte_pktmbuf_free(world.out[i]);
	}
	fuzz_check_end(&input);
	return 0;
}
