/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* What came in: every row of RFC 4861 appendix C. */

#include "test_neigh.h"

static uint8_t
flags_of(enum mtud_neigh_state state)
{
	return state == MTUD_NEIGH_STALE ? MTUD_ADJ_VALID | MTUD_ADJ_STALE : MTUD_ADJ_VALID;
}

/* Advertisements to an entry whose MAC is known: RFC 4861 section 7.2.5. */
static const struct known_row {
	unsigned int flags;
	uint32_t mac;
	int from_reachable; /* the new state, KEEP for none */
	int from_others;
	uint32_t mac_then;
} known_rows[] = {
#define KEEP (-1)
	{0, NO_MAC, KEEP, KEEP, HOST},
	{O, NO_MAC, KEEP, KEEP, HOST},
	/* An answer to a probe may come without the option (section 7.2.4). */
	{S, NO_MAC, MTUD_NEIGH_REACHABLE, MTUD_NEIGH_REACHABLE, HOST},
	{S | O, NO_MAC, MTUD_NEIGH_REACHABLE, MTUD_NEIGH_REACHABLE, HOST},
	{0, HOST, KEEP, KEEP, HOST},
	{O, HOST, KEEP, KEEP, HOST},
	{S, HOST, MTUD_NEIGH_REACHABLE, MTUD_NEIGH_REACHABLE, HOST},
	{S | O, HOST, MTUD_NEIGH_REACHABLE, MTUD_NEIGH_REACHABLE, HOST},
	{0, OTHER, MTUD_NEIGH_STALE, KEEP, HOST},
	{S, OTHER, MTUD_NEIGH_STALE, KEEP, HOST},
	{O, OTHER, MTUD_NEIGH_STALE, MTUD_NEIGH_STALE, OTHER},
	{S | O, OTHER, MTUD_NEIGH_REACHABLE, MTUD_NEIGH_REACHABLE, OTHER},
};

static void
advert_to_known(void **state)
{
	struct world *w = *state;
	uint64_t now_ms = 1000;
	unsigned int i, j;

	for (i = 0; i < RTE_DIM(known); i++) {
		for (j = 0; j < RTE_DIM(known_rows); j++) {
			const struct known_row *row = &known_rows[j];
			int to = known[i] == MTUD_NEIGH_REACHABLE ? row->from_reachable
								  : row->from_others;

			now_ms = bring(w, HOST, known[i], now_ms);
			assert_int_equal(
				advertise(w, HOST, row->flags, row->mac, now_ms), to != KEEP);
			to = to == KEEP ? (int)known[i] : to;
			assert_int_equal(state_of(w, HOST), to);
			expect_adj(w, HOST, row->mac_then, flags_of(to));
			assert_int_equal(del(w, HOST), 0);
		}
	}
}

static void
advert_to_incomplete(void **state)
{
	static const unsigned int flags[] = {0, O, S, S | O};
	struct world *w = *state;
	unsigned int i;

	for (i = 0; i < RTE_DIM(flags); i++) {
		enum mtud_neigh_state to = flags[i] & S ? MTUD_NEIGH_REACHABLE : MTUD_NEIGH_STALE;

		w->released.n = 0;
		hold(w, HOST, 1, 1000);
		expect_adj(w, HOST, NO_MAC, 0);
		assert_false(advertise(w, HOST, flags[i], NO_MAC, 1000));
		assert_int_equal(state_of(w, HOST), MTUD_NEIGH_INCOMPLETE);
		expect_numbers(&w->released, 0);
		assert_true(advertise(w, HOST, flags[i], HOST, 1000));
		assert_int_equal(state_of(w, HOST), to);
		expect_adj(w, HOST, HOST, flags_of(to));
		expect_numbers(&w->released, 1, 1);
		assert_int_equal(del(w, HOST), 0);
	}
}

/* Nobody asked for these: an advertisement makes nothing and changes nothing. */
static void
advert_to_others(void **state)
{
	struct world *w = *state;
	uint16_t adj;

	assert_false(advertise(w, HOST, S | O, HOST, 1000));
	assert_int_equal(state_of(w, HOST), GONE);

	adj = ref(w, HOST);
	assert_false(advertise(w, HOST, S | O, HOST, 1000));
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_NONE);
	expect_adj(w, HOST, NO_MAC, 0);

	hold(w, HOST, 1, 1000);
	tick(w, 2000);
	tick(w, 3000);
	tick(w, 4000);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_FAILED);
	assert_false(advertise(w, HOST, S | O, HOST, 4000));
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_FAILED);
	mtud_neigh_unref(w->nt, adj);

	set_static(w, HOST, HOST, 5000);
	assert_false(advertise(w, HOST, S | O, OTHER, 5000));
	assert_false(advertise(w, HOST, S | O, HOST, 5000));
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_STATIC);
	expect_adj(w, HOST, HOST, MTUD_ADJ_VALID);

	/* The same address on another port is another neighbor. */
	{
		struct mtud_neigh_advert na = {.port = 2,
			.solicited = true,
			.has_mac = true,
			.target = host(8),
			.mac = mac(8)};

		hold(w, 8, 1, 5000);
		assert_false(mtud_neigh_advertised(w->nt, &na, 5000));
		assert_int_equal(state_of(w, 8), MTUD_NEIGH_INCOMPLETE);
	}
}

/* A source link-layer address, by appendix C. */
static void
learned(void **state)
{
	struct world *w = *state;
	uint64_t now_ms = 1000;
	uint16_t adj;
	unsigned int i;

	assert_int_equal(learn(w, HOST, HOST, now_ms), 0);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_STALE);
	expect_adj(w, HOST, HOST, MTUD_ADJ_VALID | MTUD_ADJ_STALE);
	del(w, HOST);

	hold(w, HOST, 1, now_ms);
	assert_int_equal(learn(w, HOST, HOST, now_ms), 0);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_STALE);
	expect_numbers(&w->released, 1, 1);
	del(w, HOST);

	for (i = 0; i < RTE_DIM(known); i++) {
		now_ms = bring(w, HOST, known[i], now_ms);
		assert_int_equal(learn(w, HOST, HOST, now_ms), 0);
		assert_int_equal(state_of(w, HOST), known[i]);
		assert_int_equal(learn(w, HOST, OTHER, now_ms), 0);
		assert_int_equal(state_of(w, HOST), MTUD_NEIGH_STALE);
		expect_adj(w, HOST, OTHER, MTUD_ADJ_VALID | MTUD_ADJ_STALE);
		del(w, HOST);
	}

	adj = ref(w, HOST);
	assert_int_equal(learn(w, HOST, HOST, now_ms), 0);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_STALE);
	assert_int_equal(find(w, HOST), adj);
	del(w, HOST);

	set_static(w, HOST, HOST, now_ms);
	assert_int_equal(learn(w, HOST, OTHER, now_ms), 0);
	assert_int_equal(state_of(w, HOST), MTUD_NEIGH_STATIC);
	expect_adj(w, HOST, HOST, MTUD_ADJ_VALID);
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, setup_world, teardown_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(advert_to_known),
		WORLD_TEST(advert_to_incomplete),
		WORLD_TEST(advert_to_others),
		WORLD_TEST(learned),
	};

	if (test_eal_init(64, "") < 0)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL) + (rte_eal_cleanup() < 0);
}
