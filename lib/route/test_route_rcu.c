/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* A worker reads without pause while routes come, change and go. */

#include <pthread.h>
#include <time.h>

#include "test_route.h"

#define WORKER_THREAD 0

/* Addresses that the worker asks for, in this order. */
enum {
	FIXED,   /* a route that nobody touches */
	FLIPPED, /* replaced all the time: one of two next hops */
	LEFT,    /* LEFT and RIGHT: exactly one of them has a route, else it is COVER's */
	RIGHT,
	BLINK, /* has a route or is COVER's */
	OTHER, /* the default route's, that comes and goes */
	ADDRS,
};

/* MTUs tell routes apart: whoever sees a slot of someone else shows it. */
enum {
	MTU_FIXED = 1301,
	MTU_FLIP_A = 1311,
	MTU_FLIP_B = 1312,
	MTU_LEFT = 1321,
	MTU_RIGHT = 1322,
	MTU_COVER = 1323,
	MTU_BLINK = 1331,
	MTU_DEFAULT = 1341,
};

/* Prefixes and next hops of a family. */
struct scene {
	const char *addr[ADDRS];
	const char *fixed, *around_fixed;
	const char *near_fixed; /* shares tbl8 groups with FIXED, and nobody asks for it */
	const char *flipped, *cover, *left, *right, *blink, *all;
	const char *pin_a, *pin_b; /* routes that keep the next hops of FLIPPED */
	const char *gw[7];
	const char *gw_a, *gw_b;
};

static const struct scene scene6 = {
	.addr = {[FIXED] = "2001:db8:1:0:8000::1",
		[FLIPPED] = "2001:db8:2::1",
		[LEFT] = "2001:db8:cccc:1::1",
		[RIGHT] = "2001:db8:cccc:2::1",
		[BLINK] = "2001:db8:cccc:3::1",
		[OTHER] = "2abc::1"},
	.fixed = "2001:db8:1:0:8000::/65",
	.around_fixed = "2001:db8:1::/68",
	.near_fixed = "2001:db8:1:0:8000:1::/96",
	.flipped = "2001:db8:2::/48",
	.cover = "2001:db8:cccc::/48",
	.left = "2001:db8:cccc:1::/64",
	.right = "2001:db8:cccc:2::/64",
	.blink = "2001:db8:cccc:3::/72",
	.all = "::/0",
	.pin_a = "2001:db8:3::/48",
	.pin_b = "2001:db8:4::/48",
	.gw = {"fe80::", "fe80::1", "fe80::2", "fe80::3", "fe80::4", "fe80::5", "fe80::6"},
	.gw_a = "fe80::a",
	.gw_b = "fe80::b",
};

static const struct scene scene4 = {
	.addr = {[FIXED] = "10.1.0.129",
		[FLIPPED] = "10.2.0.1",
		[LEFT] = "10.204.1.1",
		[RIGHT] = "10.204.2.1",
		[BLINK] = "10.204.3.1",
		[OTHER] = "203.0.113.1"},
	.fixed = "10.1.0.128/26",
	.around_fixed = "10.1.0.0/23",
	.near_fixed = "10.1.0.192/27",
	.flipped = "10.2.0.0/16",
	.cover = "10.204.0.0/16",
	.left = "10.204.1.0/25",
	.right = "10.204.2.0/25",
	.blink = "10.204.3.0/26",
	.all = "0.0.0.0/0",
	.pin_a = "10.3.0.0/16",
	.pin_b = "10.4.0.0/16",
	.gw = {"192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5",
		"192.0.2.6"},
	.gw_a = "192.0.2.10",
	.gw_b = "192.0.2.11",
};

struct worker {
	struct world *w;
	const struct scene *at;
	struct mtud_ip dst[ADDRS];
	uint16_t adj_a; /* of the next hops that FLIPPED has */
	uint16_t adj_b;
	bool stop; /* main: rw, worker: ro */
	uint64_t bursts;
	uint64_t wrong;
	uint64_t left_seen;
	uint64_t right_seen;
	uint64_t flips_seen;
};

/* EAL bound the main thread to one core, and its children with it. */
static void
use_any_core(void)
{
	cpu_set_t all;
	unsigned int i;

	CPU_ZERO(&all);
	for (i = 0; i < CPU_SETSIZE; i++)
		CPU_SET(i, &all);
	pthread_setaffinity_np(pthread_self(), sizeof(all), &all);
}

static bool
is_route(union mtud_slot got, uint16_t mtu)
{
	return got.type == MTUD_ROUTE_FORWARD && got.mtu == mtu;
}

/* Only one of the next hops has an MSS option, that comes and goes with it. */
static bool
option_is_right(const struct mtud_route_view *view, int32_t slot, union mtud_slot word)
{
	union mtud_route_option option = mtud_route_option(mtud_route_options(view), slot);

	if (!(word.flags & MTUD_ROUTE_F_MSS))
		return word.mtu == MTU_FLIP_B;
	return word.mtu == MTU_FLIP_A && option.mss_mode == MTUD_MSS_SET &&
	       option.mss == MTU_FLIP_A;
}

static bool
burst_is_right(struct worker *worker, const union mtud_slot *got)
{
	bool flip_a = got[FLIPPED].mtu == MTU_FLIP_A;
	bool left = is_route(got[LEFT], MTU_LEFT);
	bool right = is_route(got[RIGHT], MTU_RIGHT);

	worker->left_seen += left;
	worker->right_seen += right;
	worker->flips_seen += flip_a;
	return is_route(got[FIXED], MTU_FIXED) &&
	       is_route(got[FLIPPED], flip_a ? MTU_FLIP_A : MTU_FLIP_B) &&
	       got[FLIPPED].port == (flip_a ? 0 : 1) &&
	       got[FLIPPED].adj == (flip_a ? worker->adj_a : worker->adj_b) && left != right &&
	       right == flip_a && /* they change in the same commits */
	       is_route(got[left ? RIGHT : LEFT], MTU_COVER) &&
	       (is_route(got[BLINK], MTU_BLINK) || is_route(got[BLINK], MTU_COVER)) &&
	       (is_route(got[OTHER], MTU_DEFAULT) || got[OTHER].word == 0);
}

/* Bursts with a pause between lookups and use, as long as all must stay what it is. */
static void *
work(void *arg)
{
	struct worker *worker = arg;
	struct world *w = worker->w;
	struct mtud_route_count *counts = mtud_route_counts(w->rt, 0);

	use_any_core();
	rte_rcu_qsbr_thread_online(w->qsbr, WORKER_THREAD);
	while (!__atomic_load_n(&worker->stop, __ATOMIC_RELAXED)) {
		const struct mtud_route_view *view = mtud_route_view(w->rt);
		union mtud_slot got[ADDRS];
		int32_t slot[ADDRS];
		unsigned int i;

		lookup_in(view, worker->dst, slot, ADDRS / 2);
		for (i = 0; i < worker->bursts % 64; i++)
			rte_pause();
		lookup_in(view, worker->dst + ADDRS / 2, slot + ADDRS / 2, ADDRS - ADDRS / 2);
		for (i = 0; i < ADDRS; i++) {
			got[i] = mtud_route_slot(mtud_route_slots(view), slot[i]);
			counts[slot[i]].packets++;
		}
		worker->wrong += !burst_is_right(worker, got) ||
				 !option_is_right(view, slot[FLIPPED], got[FLIPPED]);
		worker->bursts++;
		rte_rcu_qsbr_quiescent(w->qsbr, WORKER_THREAD);
	}
	rte_rcu_qsbr_thread_offline(w->qsbr, WORKER_THREAD);
	return NULL;
}

static void
first_routes(struct world *w, struct worker *worker)
{
	const struct scene *at = worker->at;
	struct mtud_ip gw_a = ip(at->gw_a);
	unsigned int i;

	for (i = 0; i < ADDRS; i++)
		worker->dst[i] = ip(at->addr[i]);
	assert_int_equal(set_static(w, at->around_fixed, via(at->gw[1], 0, 1400)), 0);
	assert_int_equal(set_static(w, at->fixed, via(at->gw[1], 0, MTU_FIXED)), 0);
	assert_int_equal(set_static(w, at->cover, via(at->gw[1], 0, MTU_COVER)), 0);
	assert_int_equal(set_static(w, at->left, via(at->gw[2], 0, MTU_LEFT)), 0);
	assert_int_equal(set_static(w, at->flipped, via(at->gw_b, 1, MTU_FLIP_B)), 0);
	assert_int_equal(mtud_route_commit(w->rt), 0);
	worker->adj_b = word(w, at->addr[FLIPPED]).adj;
	/* A pin of its own keeps the index what it is while FLIPPED comes and goes. */
	assert_int_equal(set_static(w, at->pin_a, via(at->gw_a, 0, 1400)), 0);
	assert_int_equal(set_static(w, at->pin_b, via(at->gw_b, 1, 1400)), 0);
	assert_int_equal(mtud_route_commit(w->rt), 0);
	worker->adj_a = mtud_neigh_find(w->neigh, 0, &gw_a);
	assert_int_not_equal(worker->adj_a, worker->adj_b);
}

static void
change(struct world *w, const struct scene *at, unsigned int round)
{
	bool even = round % 2 == 0;
	struct mtud_route_spec flipped =
		even ? via(at->gw_a, 0, MTU_FLIP_A) : via(at->gw_b, 1, MTU_FLIP_B);

	/* LEFT goes when RIGHT comes, and the next hop of one of them with it. */
	assert_int_equal(del(w, even ? at->left : at->right, MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(set_static(w, even ? at->right : at->left,
				 even ? via(at->gw[3], 1, MTU_RIGHT) : via(at->gw[2], 0, MTU_LEFT)),
		0);
	if (even)
		flipped.option =
			(union mtud_route_option){.mss_mode = MTUD_MSS_SET, .mss = MTU_FLIP_A};
	assert_int_equal(set_static(w, at->flipped, flipped), 0);
	if (round % 3 == 0)
		assert_int_equal(set_static(w, at->blink, via(at->gw[4], 0, MTU_BLINK)), 0);
	else if (round % 3 == 2)
		assert_int_equal(del(w, at->blink, MTUD_ORIGIN_STATIC), 0);
	if (round % 5 == 1)
		assert_int_equal(set_static(w, at->all, via(at->gw[5], 1, MTU_DEFAULT)), 0);
	else if (round % 5 == 4)
		assert_int_equal(del(w, at->all, MTUD_ORIGIN_STATIC), 0);
	if (round % 7 == 0)
		assert_int_equal(set_static(w, at->near_fixed, via(at->gw[6], 0, 1500)), 0);
	else if (round % 7 == 3)
		assert_int_equal(del(w, at->near_fixed, MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(mtud_route_commit(w->rt), 0);
}

#define ROUNDS_MOST  20000
#define ROUNDS_LEAST 200
#define SECONDS      4

static void
a_worker_sees_no_route_but_its_own(void **state)
{
	/* Few slots and few groups: what is given back is given out again soon. */
	const struct mtud_route_conf conf = {.max_routes = 12, .tbl8s = 40, .workers = 1};
	struct world w = make_world(&conf, 32);
	const struct places *at = *state;
	const struct scene *scene = at == &places6 ? &scene6 : &scene4;
	struct worker worker = {.w = &w, .at = scene};
	time_t end = time(NULL) + SECONDS;
	unsigned int round;
	pthread_t thread;

	first_routes(&w, &worker);
	assert_int_equal(rte_rcu_qsbr_thread_register(w.qsbr, WORKER_THREAD), 0);
	assert_int_equal(pthread_create(&thread, NULL, work, &worker), 0);
	/* On a busy machine a grace period takes as long as the scheduler likes. */
	for (round = 0; round < ROUNDS_MOST; round++) {
		if (round >= ROUNDS_LEAST && time(NULL) > end)
			break;
		change(&w, scene, round);
	}
	__atomic_store_n(&worker.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	rte_rcu_qsbr_thread_unregister(w.qsbr, WORKER_THREAD);
	assert_int_equal(worker.wrong, 0);
	assert_true(worker.bursts > 0);
	/* The worker was there while things changed. */
	assert_true(worker.left_seen > 0 && worker.right_seen > 0);
	assert_true(worker.flips_seen > 0 && worker.flips_seen < worker.bursts);
	print_message("%u commits, %lu bursts\n", round, (unsigned long)worker.bursts);
	end_world(&w);
}

struct holder {
	struct world *w;
	const struct places *at;
	bool holds; /* worker: rw, main: ro */
	bool kept;
};

/* Look up, and stay in the burst while the commit that deletes both routes waits. */
static void *
hold_on(void *arg)
{
	struct holder *h = arg;
	struct world *w = h->w;
	const struct places *at = h->at;
	const uint64_t *slots = slots_now(w);
	int32_t deleted, replaced;
	unsigned int i;

	use_any_core();
	rte_rcu_qsbr_thread_online(w->qsbr, WORKER_THREAD);
	deleted = lookup(w, at->host[1]);
	replaced = lookup(w, at->host[2]);
	__atomic_store_n(&h->holds, true, __ATOMIC_RELEASE);
	/* What others see from now on is the last before the commit begins to wait. */
	while (mtud_route_slot(slots_now(w), replaced).mtu != 1302)
		rte_pause();
	h->kept = true;
	for (i = 0; i < 50; i++) {
		usleep(1000);
		h->kept = h->kept && mtud_route_slot(slots, deleted).mtu == 1301 &&
			  mtud_route_slot(slots, replaced).mtu == 1301 &&
			  pins(w, 0, at->gw[1]) == 1 && pins(w, 0, at->gw[2]) == 1;
	}
	/* The next burst has it gone. */
	h->kept = h->kept && lookup(w, at->host[1]) == MTUD_SLOT_NONE;
	rte_rcu_qsbr_thread_offline(w->qsbr, WORKER_THREAD);
	return NULL;
}

static void
what_goes_stays_for_the_burst(void **state)
{
	struct world w = small_world();
	const struct places *at = *state;
	struct holder h = {.w = &w, .at = at};
	pthread_t thread;
	int32_t slot;

	assert_int_equal(set_static(&w, at->net[1], via(at->gw[1], 0, 1301)), 0);
	assert_int_equal(set_static(&w, at->net[2], via(at->gw[2], 0, 1301)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	slot = lookup(&w, at->host[1]);
	assert_int_equal(rte_rcu_qsbr_thread_register(w.qsbr, WORKER_THREAD), 0);
	assert_int_equal(pthread_create(&thread, NULL, hold_on, &h), 0);
	while (!__atomic_load_n(&h.holds, __ATOMIC_ACQUIRE))
		rte_pause();
	assert_int_equal(del(&w, at->net[1], MTUD_ORIGIN_STATIC), 0);
	assert_int_equal(set_static(&w, at->net[2], via(at->gw[3], 0, 1302)), 0);
	assert_int_equal(mtud_route_commit(w.rt), 0);
	assert_int_equal(mtud_route_slot(slots_now(&w), slot).word, 0);
	assert_int_equal(pins(&w, 0, at->gw[1]), 0);
	assert_int_equal(pins(&w, 0, at->gw[2]), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	rte_rcu_qsbr_thread_unregister(w.qsbr, WORKER_THREAD);
	assert_true(h.kept);
	end_world(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_FAMILIES(what_goes_stays_for_the_burst),
		BOTH_FAMILIES(a_worker_sees_no_route_but_its_own),
	};

	if (test_eal_init(256, "") < 0)
		return 1;
	return run_with_each_engine(tests) + (rte_eal_cleanup() < 0);
}
