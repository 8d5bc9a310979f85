/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Which route an address takes: each length, and random routes against a plain model. */

#include <errno.h>

#include "test_route.h"

/* Prefixes of every length around one address; who leaves it at bit n matches length n. */
static void
every_length_of(const char *text)
{
	struct world w = small_world();
	const struct mtud_ip base = ip(text);
	const unsigned int shortest = mtud_ip_is_v4(&base) ? MTUD_IP4_BITS_AT : 0;
	struct mtud_route_info info;
	struct mtud_ip dst[129];
	int32_t slot[129];
	unsigned int len;

	for (len = shortest; len <= 128; len++) {
		struct mtud_prefix p = {.ip = base, .len = len};
		struct mtud_route_spec spec = typed(MTUD_ROUTE_ONLINK, 1, 2000 + len);

		mtud_ip_mask(&p.ip, len);
		assert_int_equal(mtud_route_set(w.rt, &p, MTUD_ORIGIN_STATIC, &spec), 0);
		dst[len] = base;
		if (len < 128)
			dst[len].b[len / 8] ^= 0x80 >> len % 8;
	}
	assert_int_equal(mtud_route_commit(w.rt), 0);
	lookup_bulk(&w, &dst[shortest], &slot[shortest], 129 - shortest);
	for (len = shortest; len <= 128; len++) {
		assert_int_equal(
			mtud_route_slot(slots_now(&w), slot[len]).mtu, 2000 + len);
		assert_int_equal(mtud_route_match(w.rt, &dst[len], &info), 0);
		assert_int_equal(info.prefix.len, len);
		assert_int_equal(info.slot, slot[len]);
	}
	end_world(&w);
}

static void
every_length_matches(void **state)
{
	(void)state;
	every_length_of("a5a5:5a5a:1234:fedc:8001:7ffe:3c3c:9669");
	every_length_of("165.90.18.214");
	/* The first and the last address. */
	every_length_of("0.0.0.0");
	every_length_of("255.255.255.255");
	every_length_of("255.255.255.254");
}

/* The default route of one family, and IPv6 prefixes that hold ::ffff:0:0/96, say nothing of IPv4.
 */
static void
families_are_apart(void **state)
{
	struct world w = small_world();
	struct mtud_route_spec v6 = via("fe80::1", 0, 1400), v4 = via("192.0.2.1", 0, 1300);

	(void)state;
	assert_int_equal(set_static(&w, "::/0", v6), 0);
	assert_int_equal(set_static(&w, "::/80", v6), 0);
	assert_int_equal(set_static(&w, "::fffe:0:0/95", v6), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(totals(&w).octets_copy[MTUD_IPV4], 0);
	assert_int_equal(lookup(&w, "10.0.0.1"), MTUD_SLOT_NONE);
	assert_int_equal(set_static(&w, "10.0.0.0/8", v4), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(lookup(&w, "11.0.0.1"), MTUD_SLOT_NONE);
	assert_int_equal(word(&w, "10.0.0.1").mtu, 1300);
	assert_int_equal(del(&w, "::/0", MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(set_static(&w, "0.0.0.0/0", v4), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(word(&w, "11.0.0.1").mtu, 1300);
	assert_int_equal(lookup(&w, "2001:db8::1"), MTUD_SLOT_NONE);
	assert_int_equal(word(&w, "::1").mtu, 1400);
	end_world(&w);
}

/* The first routes of a family come when the other one's tables are live. */
static void
a_family_comes_later(void **state)
{
	const struct places *at = *state;
	const struct places *late = at == &places6 ? &places4 : &places6;
	struct world w = small_world();
	unsigned int i;

	assert_int_equal(set_static(&w, at->all, via(at->gw[1], 0, 1300)), 0);
	assert_int_equal(set_static(&w, at->wide, via(at->gw[1], 0, 1301)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(totals(&w).octets_copy[late->family], 0);
	assert_int_equal(set_static(&w, late->wide, via(late->gw[1], 0, 1302)), 0);
	assert_int_equal(set_static(&w, at->net[1], via(at->gw[1], 0, 1303)), 0);
	/* Twice: both copies have all of it. */
	for (i = 0; i < 2; i++) {
		assert_int_equal(mtud_route_commit(w.rt), 0);
		assert_true(totals(&w).octets_copy[late->family] > 0);
		assert_int_equal(word(&w, at->in_other).mtu, 1300);
		assert_int_equal(word(&w, at->host[2]).mtu, 1301);
		assert_int_equal(word(&w, late->host[2]).mtu, 1302);
		assert_int_equal(word(&w, at->host[1]).mtu, 1303);
		assert_int_equal(lookup(&w, late->in_other), MTUD_SLOT_NONE);
		assert_int_equal(set_static(&w, late->net[6], via(late->gw[1], 0, 1304)), 0);
	}
	end_world(&w);
}

/* Prefixes up to the last address, with and without gaps between the longer ones. */
static void
the_last_address_is_an_end(void **state)
{
	static const char *const prefixes[] = {"10.0.0.0/8", "240.0.0.0/4", "224.0.0.0/4",
		"224.0.0.0/3", "255.255.255.255/32", "255.255.255.254/32", "255.255.255.252/30",
		"255.255.255.0/24", "128.0.0.0/1"};
	static const struct {
		const char *addr;
		uint16_t mtu;
	} cases[] = {{"9.1.1.1", 0}, {"10.1.1.1", 1300}, {"240.1.1.1", 1301}, {"224.1.1.1", 1302},
		{"255.255.255.255", 1304}, {"255.255.255.254", 1305}, {"255.255.255.253", 1306},
		{"255.255.255.251", 1307}, {"255.255.254.255", 1301}, {"129.1.1.1", 1308},
		{"0.0.0.0", 0}, {"127.255.255.255", 0}};
	struct world w = small_world();
	unsigned int i, round;

	(void)state;
	for (i = 0; i < RTE_DIM(prefixes); i++)
		assert_int_equal(
			set_static(&w, prefixes[i], typed(MTUD_ROUTE_ONLINK, 1, 1300 + i)), 0);
	/* What holds others goes and comes back, on each copy. */
	for (round = 0; round < 4; round++) {
		assert_int_equal(mtud_route_commit(w.rt), 0);
		for (i = 0; i < RTE_DIM(cases); i++)
			if (word(&w, cases[i].addr).mtu != cases[i].mtu)
				fail_msg("round %u: %s", round, cases[i].addr);
		assert_int_equal(del(&w, prefixes[3], MTUD_ORIGIN_STATIC), 0);
		assert_int_equal(mtud_route_commit(w.rt), 0);
		assert_int_equal(word(&w, "224.1.1.1").mtu, 1302);
		assert_int_equal(word(&w, "10.1.1.1").mtu, 1300);
		assert_int_equal(set_static(&w, prefixes[3], typed(MTUD_ROUTE_ONLINK, 1, 1303)), 0);
	}
	end_world(&w);
}

#define MODEL_PREFIXES 320 /* the first half IPv6, the rest IPv4 */
#define MODEL_V4       (MODEL_PREFIXES / 2)
#define MODEL_ROUNDS   150
#define MODEL_ADDRS    100 /* more than an engine takes at a time */

/* The model: prefixes with an MTU each, 0 for none, searched from one end to the other. */
struct model {
	struct mtud_prefix prefix[MODEL_PREFIXES];
	uint16_t mtu[MODEL_PREFIXES];
};

static enum mtud_family
model_family(unsigned int i)
{
	return i < MODEL_V4 ? MTUD_IPV6 : MTUD_IPV4;
}

/* Addresses and prefixes from few bits, so that they nest and meet. */
static struct mtud_ip
draw_ip6(uint32_t *seed)
{
	struct mtud_ip out;
	unsigned int i;

	for (i = 0; i < MTUD_IP_LEN; i++)
		out.b[i] = draw(seed) % 8 == 0 ? 0x80 : draw(seed) % 16 == 0 ? 0x01 : 0;
	out.b[0] |= 0x20;
	return out;
}

/* Many of them at the ends of what holds them, of a /24, and of all addresses. */
static struct mtud_ip
draw_ip4(uint32_t *seed)
{
	static const uint8_t octets[] = {0, 0, 0xff, 0xff, 0xff, 0x80, 0xc0, 0x7f, 0xfe, 1};
	struct mtud_ip out = ip("0.0.0.0");
	unsigned int i;

	for (i = 12; i < MTUD_IP_LEN; i++)
		out.b[i] = octets[draw(seed) % RTE_DIM(octets)];
	return out;
}

static struct mtud_ip
draw_ip(enum mtud_family family, uint32_t *seed)
{
	return family == MTUD_IPV4 ? draw_ip4(seed) : draw_ip6(seed);
}

/* Prefixes that differ from each other; the first one of each family is its default route. */
static void
draw_prefixes(struct model *model, uint32_t *seed)
{
	unsigned int i, j;

	for (i = 0; i < MODEL_PREFIXES; i++) {
		enum mtud_family family = model_family(i);
		unsigned int shortest = family == MTUD_IPV4 ? MTUD_IP4_BITS_AT : 0;
		bool first = i == 0 || model_family(i - 1) != family;
		struct mtud_prefix *p = &model->prefix[i];

		do {
			p->ip = draw_ip(family, seed);
			p->len = first ? shortest : shortest + 1 + draw(seed) % (128 - shortest);
			mtud_ip_mask(&p->ip, p->len);
			for (j = 0; j < i && mtud_prefix_compare(p, &model->prefix[j]) != 0; j++)
				;
		} while (j < i);
	}
}

static uint16_t
model_match(const struct model *model, const struct mtud_ip *addr)
{
	uint16_t mtu = 0;
	int best = -1;
	unsigned int i;

	for (i = 0; i < MODEL_PREFIXES; i++) {
		const struct mtud_prefix *p = &model->prefix[i];

		if (model->mtu[i] != 0 && p->len > best && mtud_prefix_contains(p, addr)) {
			best = p->len;
			mtu = model->mtu[i];
		}
	}
	return mtu;
}

static bool
tables_equal_model(
	struct world *w, const struct model *model, enum mtud_family family, uint32_t *seed)
{
	struct mtud_ip addr[MODEL_ADDRS];
	int32_t slot[MODEL_ADDRS];
	unsigned int i, n;

	for (n = 0; n < MODEL_ADDRS; n++) {
		/* Half of them next to a prefix. */
		const struct mtud_prefix *p = &model->prefix[draw(seed) % MODEL_PREFIXES];

		addr[n] = draw_ip(family, seed);
		if (n % 2 == 0 && mtud_ip_family(&p->ip) == family) {
			addr[n] = p->ip;
			addr[n].b[p->len < 128 ? p->len / 8 : 15] ^= draw(seed);
		}
	}
	lookup_bulk(w, addr, slot, n);
	for (i = 0; i < n; i++) {
		struct mtud_route_info info;
		uint16_t mtu = model_match(model, &addr[i]);

		if (mtud_route_slot(slots_now(w), slot[i]).mtu != mtu)
			return false;
		if (mtud_route_match(w->rt, &addr[i], &info) != (mtu == 0 ? -ENOENT : 0))
			return false;
		if (mtu != 0 && info.mtu != mtu)
			return false;
	}
	return true;
}

/* Some of the prefixes from a first one on. */
static void
stage_some(struct world *w, struct model *model, unsigned int first, uint32_t *seed)
{
	unsigned int n = 1 + draw(seed) % 40;

	while (n-- > 0) {
		unsigned int i = first + draw(seed) % (MODEL_PREFIXES - first);
		struct mtud_prefix *p = &model->prefix[i];

		if (draw(seed) % 5 < 3) {
			struct mtud_route_spec spec =
				typed(MTUD_ROUTE_ONLINK, 1, 1280 + draw(seed) % 7000);

			assert_int_equal(mtud_route_set(w->rt, p, MTUD_ORIGIN_STATIC, &spec), 0);
			model->mtu[i] = spec.mtu;
		} else {
			assert_int_equal(mtud_route_del(w->rt, p, MTUD_ORIGIN_STATIC),
				model->mtu[i] == 0 ? -ENOENT : 0);
			model->mtu[i] = 0;
		}
	}
}

/* tbl8s: too few groups for all of them, so that some commits fail. */
static void
random_commits(unsigned int first, uint32_t tbl8s, uint32_t seed)
{
	const struct mtud_route_conf conf = {.max_routes = 512, .tbl8s = tbl8s, .workers = 1};
	struct world w = make_world(&conf, 16);
	struct model model = {.mtu = {0}};
	unsigned int i, done = 0, full = 0;

	draw_prefixes(&model, &seed);
	for (i = 0; i < MODEL_ROUNDS; i++) {
		struct model before = model;
		int ret = -ECANCELED;

		stage_some(&w, &model, first, &seed);
		if (draw(&seed) % 8 == 0)
			mtud_route_rollback(w.rt);
		else
			ret = mtud_route_commit(w.rt);
		assert_true(ret == 0 || ret == -E2BIG || ret == -ECANCELED);
		if (ret != 0)
			model = before;
		done += ret == 0;
		full += ret == -E2BIG;
		assert_true(tables_equal_model(&w, &model, MTUD_IPV6, &seed));
		assert_true(tables_equal_model(&w, &model, MTUD_IPV4, &seed));
	}
	print_message("%u commits, %u did not fit\n", done, full);
	assert_true(done > MODEL_ROUNDS / 4 && full > 0);
	end_world(&w);
}

static void
random_commits_equal_a_model(void **state)
{
	(void)state;
	/* What fills up is the table of IPv6, and in the second one that of IPv4. */
	random_commits(0, 320, 2463534242);
	random_commits(MODEL_V4, 19, 362436069);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_matches),
		cmocka_unit_test(families_are_apart),
		BOTH_FAMILIES(a_family_comes_later),
		cmocka_unit_test(the_last_address_is_an_end),
		cmocka_unit_test(random_commits_equal_a_model),
	};

	if (test_eal_init(512, "") < 0)
		return 1;
	return run_with_each_engine(tests) + (rte_eal_cleanup() < 0);
}
