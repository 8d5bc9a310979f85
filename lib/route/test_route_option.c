/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Options: which a route may have, and the words that workers read them from. */

#include <errno.h>

#include "test_route.h"

static struct mtud_route_spec
with_option(
	struct mtud_route_spec spec, enum mtud_route_df df, enum mtud_route_mss mode, uint16_t mss)
{
	spec.option = (union mtud_route_option){.mss = mss, .mss_mode = mode, .df = df};
	return spec;
}

/* What a worker learns from the options. */
static union mtud_route_option
option(struct world *w, const char *addr)
{
	return mtud_route_option(options_now(w), lookup(w, addr));
}

static void
options_are_checked(void **state)
{
	static const struct {
		uint8_t df, mode;
		uint16_t mss;
		int ret4, ret6;
	} cases[] = {
		{MTUD_DF_REPLY, MTUD_MSS_KEEP, 0, 0, 0},
		{MTUD_DF_PASS, MTUD_MSS_KEEP, 0, 0, -EINVAL},
		{MTUD_DF_CLEAR, MTUD_MSS_KEEP, 0, 0, -EINVAL},
		{MTUD_DF_CLEAR + 1, MTUD_MSS_KEEP, 0, -EINVAL, -EINVAL},
		{UINT8_MAX, MTUD_MSS_KEEP, 0, -EINVAL, -EINVAL},
		{MTUD_DF_REPLY, MTUD_MSS_KEEP, 1, -EINVAL, -EINVAL},
		{MTUD_DF_REPLY, MTUD_MSS_CLAMP, 0, 0, 0},
		{MTUD_DF_REPLY, MTUD_MSS_CLAMP, 1360, -EINVAL, -EINVAL},
		{MTUD_DF_REPLY, MTUD_MSS_MAX, 1, 0, 0},
		{MTUD_DF_REPLY, MTUD_MSS_MAX, 0, -EINVAL, -EINVAL},
		{MTUD_DF_REPLY, MTUD_MSS_SET, UINT16_MAX, 0, 0},
		{MTUD_DF_REPLY, MTUD_MSS_SET, 0, -EINVAL, -EINVAL},
		{MTUD_DF_REPLY, MTUD_MSS_SET + 1, 0, -EINVAL, -EINVAL},
		{MTUD_DF_REPLY, UINT8_MAX, 1360, -EINVAL, -EINVAL},
		{MTUD_DF_PASS, MTUD_MSS_MAX, 1360, 0, -EINVAL},
	};
	const struct places *at = *state;
	struct world w = small_world();
	struct mtud_route_info info;
	unsigned int i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		const int ret = at->family == MTUD_IPV4 ? cases[i].ret4 : cases[i].ret6;
		struct mtud_route_spec spec = with_option(
			typed(MTUD_ROUTE_ONLINK, 0, 0), cases[i].df, cases[i].mode, cases[i].mss);

		if (set_static(&w, at->wide, spec) != ret)
			fail_msg("case %u", i);
		if (ret != 0)
			continue;
		assert_int_equal(get(&w, at->wide, &info), 0);
		assert_int_equal(info.spec.option.word, spec.option.word);
	}
	/* What a type does not use does not count. */
	for (i = MTUD_ROUTE_LOCAL; i <= MTUD_ROUTE_PROHIBIT; i++) {
		assert_int_equal(
			set_static(&w, at->net[1], with_option(typed(i, 0, 0), 9, 9, 9)), 0);
		assert_int_equal(get(&w, at->net[1], &info), 0);
		assert_int_equal(info.spec.option.word, 0);
	}
	end_world(&w);
}

static void
options_follow_their_route(void **state)
{
	const struct places *at = *state;
	const bool v4 = at->family == MTUD_IPV4;
	const enum mtud_route_df df = v4 ? MTUD_DF_CLEAR : MTUD_DF_REPLY;
	struct world w = small_world();
	struct mtud_route_spec plain = via(at->gw[1], 0, 0);
	int32_t slot;

	assert_int_equal(set_static(&w, at->wide, plain), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	slot = lookup(&w, at->host[1]);
	assert_int_equal(option(&w, at->host[1]).word, 0);
	assert_int_equal(word(&w, at->host[1]).flags, 0);

	/* They come with the commit. */
	assert_int_equal(set_static(&w, at->wide, with_option(plain, df, MTUD_MSS_MAX, 1360)), 0);
	assert_int_equal(option(&w, at->host[1]).word, 0);
	assert_int_equal(word(&w, at->host[1]).flags, 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(lookup(&w, at->host[1]), slot);
	assert_int_equal(option(&w, at->host[1]).mss_mode, MTUD_MSS_MAX);
	assert_int_equal(option(&w, at->host[1]).mss, 1360);
	assert_int_equal(option(&w, at->host[1]).df, df);
	assert_int_equal(word(&w, at->host[1]).flags, MTUD_ROUTE_F_MSS);
	assert_int_equal(pins(&w, 0, at->gw[1]), 1);

	/* Another number alone is a change. */
	assert_int_equal(set_static(&w, at->wide, with_option(plain, df, MTUD_MSS_MAX, 1220)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(option(&w, at->host[1]).mss, 1220);
	assert_int_equal(
		set_static(&w, at->wide, with_option(plain, MTUD_DF_REPLY, MTUD_MSS_CLAMP, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(option(&w, at->host[1]).mss_mode, MTUD_MSS_CLAMP);
	assert_int_equal(option(&w, at->host[1]).mss, 0);
	assert_int_equal(option(&w, at->host[1]).df, MTUD_DF_REPLY);

	/* What is rolled back was never there, and a port's MTU changes none of it. */
	assert_int_equal(set_static(&w, at->wide, with_option(plain, df, MTUD_MSS_SET, 1)), 0);
	mtud_route_rollback(w.rt);
	mtud_route_set_port_mtu(w.rt, 0, 1400);
	assert_int_equal(option(&w, at->host[1]).mss_mode, MTUD_MSS_CLAMP);
	assert_int_equal(word(&w, at->host[1]).flags, MTUD_ROUTE_F_MSS);
	assert_int_equal(word(&w, at->host[1]).mtu, 1400);

	/* DF alone needs no flag. */
	assert_int_equal(set_static(&w, at->wide, with_option(plain, df, MTUD_MSS_KEEP, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(option(&w, at->host[1]).mss_mode, MTUD_MSS_KEEP);
	assert_int_equal(option(&w, at->host[1]).df, df);
	assert_int_equal(word(&w, at->host[1]).flags, 0);
	end_world(&w);
}

static void
options_go_with_their_route(void **state)
{
	const struct places *at = *state;
	struct world w = small_world();
	struct mtud_route_spec clamp =
		with_option(typed(MTUD_ROUTE_ONLINK, 0, 0), MTUD_DF_REPLY, MTUD_MSS_CLAMP, 0);
	struct mtud_route_spec set_1000 =
		with_option(via(at->gw[1], 0, 0), MTUD_DF_REPLY, MTUD_MSS_SET, 1000);
	int32_t slot;

	/* The one in force has its own. */
	assert_int_equal(set(&w, at->wide, MTUD_ORIGIN_CONNECTED, clamp), 0);
	assert_int_equal(set_static(&w, at->wide, set_1000), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	slot = lookup(&w, at->host[1]);
	assert_int_equal(option(&w, at->host[1]).word, set_1000.option.word);
	assert_int_equal(del(&w, at->wide, MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(option(&w, at->host[1]).word, clamp.option.word);
	assert_int_equal(set_static(&w, at->wide, typed(MTUD_ROUTE_PROHIBIT, 0, 0)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(lookup(&w, at->host[1]), slot);
	assert_int_equal(option(&w, at->host[1]).word, 0);
	assert_int_equal(word(&w, at->host[1]).flags, 0);
	assert_int_equal(del(&w, at->wide, MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(option(&w, at->host[1]).word, clamp.option.word);
	/* A slot that nobody can hold any more has none. */
	assert_int_equal(del(&w, at->wide, MTUD_ORIGIN_CONNECTED), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(mtud_route_option(options_now(&w), slot).word, 0);
	assert_int_equal(option(&w, at->host[1]).word, 0);
	end_world(&w);
}

static void
options_have_names(void **state)
{
	(void)state;
	assert_string_equal(mtud_route_df_name(MTUD_DF_REPLY), "reply");
	assert_string_equal(mtud_route_df_name(MTUD_DF_PASS), "pass");
	assert_string_equal(mtud_route_df_name(MTUD_DF_CLEAR), "clear");
	assert_string_equal(mtud_route_df_name(MTUD_DF_CLEAR + 1), "?");
	assert_string_equal(mtud_route_mss_name(MTUD_MSS_KEEP), "keep");
	assert_string_equal(mtud_route_mss_name(MTUD_MSS_CLAMP), "clamp");
	assert_string_equal(mtud_route_mss_name(MTUD_MSS_MAX), "max");
	assert_string_equal(mtud_route_mss_name(MTUD_MSS_SET), "set");
	assert_string_equal(mtud_route_mss_name(MTUD_MSS_SET + 1), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_FAMILIES(options_are_checked),
		BOTH_FAMILIES(options_follow_their_route),
		BOTH_FAMILIES(options_go_with_their_route),
		cmocka_unit_test(options_have_names),
	};

	if (test_eal_init(512, "") < 0)
		return 1;
	return run_with_each_engine(tests) + (rte_eal_cleanup() < 0);
}
