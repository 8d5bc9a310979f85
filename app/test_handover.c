/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* A worker runs its loop on packets of all sorts while the control thread changes, watches and
 * counts all that the two share; for the thread sanitizer above all. Stand-ins are the drivers and
 * the writer of captures, nothing else. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <unistd.h>

#include <rte_launch.h>
#include <rte_malloc.h>

#include "capture_priv.h"
#include "mtud_trace.h"
#include "test_handover_router.h"

#define ROUNDS   240
#define STEP_MS  20
#define DRAIN_MS 10000

static FILE *lines;

/* What the control thread saw of it. */
static struct {
	uint64_t captured;
	uint64_t traced;
	uint64_t polls;
	uint64_t packets; /* of all routes */
	bool in_stage;
} seen;

bool
filter_matches(const void *filter, const struct rte_mbuf *m)
{
	(void)filter, (void)m;
	return true;
}

struct rte_mbuf *
capture_block_make(const struct capture *c, uint16_t port, uint32_t queue, const struct rte_mbuf *m,
	enum rte_pcapng_direction direction, const char *comment)
{
	(void)port, (void)queue, (void)direction, (void)comment;
	return rte_pktmbuf_copy(m, c->pool, 0, c->snaplen);
}

/* EAL bound each thread to the one core that every machine has. */
static int
use_any_core(void *arg)
{
	cpu_set_t all;
	unsigned int i;

	CPU_ZERO(&all);
	for (i = 0; i < CPU_SETSIZE; i++)
		CPU_SET(i, &all);
	return arg == NULL && pthread_setaffinity_np(pthread_self(), sizeof(all), &all) == 0 ? 0
											     : -1;
}

/* A capture of drops, with this thread as its writer. */
static struct capture *
begin_capture(struct app *app, struct rte_mempool *pool)
{
	struct capture *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	c->source = CAPTURE_DROPS;
	c->n_ports = WIRE_PORTS;
	c->snaplen = 128;
	c->pool = pool;
	c->ring = rte_ring_create("drops", 64, SOCKET_ID_ANY, RING_F_SC_DEQ);
	assert_non_null(c->ring);
	c->comments = calloc(MTUD_DROP_MAX, sizeof(*c->comments));
	assert_non_null(c->comments);
	assert_int_equal(capture_attach(app, c), 0);
	return c;
}

static void
read_capture(struct capture *c)
{
	struct rte_mbuf *m;

	while (rte_ring_sc_dequeue(c->ring, (void **)&m) == 0) {
		rte_pktmbuf_free(m);
		seen.captured++;
	}
	seen.captured += __atomic_exchange_n(&c->missed, 0, __ATOMIC_RELAXED);
}

static void
end_capture(struct app *app, struct capture *c)
{
	capture_detach(app, c);
	read_capture(c);
	rte_ring_free(c->ring);
	free(c->comments);
	free(c);
}

static struct mtud_trace *
begin_trace(struct app *app)
{
	app->trace = mtud_trace_create(1, 1000);
	assert_non_null(app->trace);
	assert_int_equal(app_view_publish(app), 0);
	return app->trace;
}

static void
read_trace(struct mtud_trace *t)
{
	const struct mtud_trace_record *r;

	while ((r = mtud_trace_peek(t, 0)) != NULL) {
		assert_true(r->port < WIRE_PORTS && r->head_len > 0);
		seen.traced++;
		mtud_trace_pop(t, 0);
	}
	seen.traced += mtud_trace_missed(t) > 0;
}

static void
end_trace(struct app *app, struct mtud_trace *t)
{
	__atomic_store_n(&t->closed, true, __ATOMIC_RELAXED);
	app->trace = NULL;
	assert_int_equal(app_view_publish(app), 0);
	read_trace(t);
	mtud_trace_free(t);
}

static int
add_packets(const struct mtud_route_info *info, void *arg)
{
	*(uint64_t *)arg += info->count.packets;
	return 0;
}

/* As stats, watchdog and show do. */
static void
watch(struct app *app)
{
	struct app_account account[MTUD_STAT_KINDS];
	struct mtud_stat sum;

	app_stats_account(app, account);
	app_stats_sum(app, &sum);
	assert_true(sum.polls >= seen.polls);
	seen.polls = sum.polls;
	seen.in_stage |=
		__atomic_load_n(&app->worker[0]->stage, __ATOMIC_RELAXED) != MTUD_STAGE_REST;
	seen.packets = 0;
	mtud_route_foreach(app->rt, true, add_packets, &seen.packets);
	app_notes_round(app);
}

static void
change_tables(struct app *app, unsigned int round)
{
	struct mtud_ip ip = wire_ip("2001:db8:a::3");

	if (round % 8 == 6)
		del_route(WIRE_FAR6);
	else
		set_route(WIRE_FAR6, MTUD_ROUTE_FORWARD, 1, "2001:db8:b::2",
			round % 3 == 0 ? 1400 : 1280);
	set_neighbor(1, "2001:db8:b::2", round % 5 != 0);
	set_neighbor(1, "203.0.113.2", round % 5 != 1);
	if (mtud_addr_find(&app->addrs, 0, &ip) != NULL) {
		assert_int_equal(mtud_addr_del(&app->addrs, 0, &ip), 0);
		del_route("2001:db8:a::3/128");
	} else if (round % 2 == 0) {
		add_address(app, 0, "2001:db8:a::3", 64);
		mtud_ctl_addr_added(&app->ctl, mtud_addr_find(&app->addrs, 0, &ip));
	}
	assert_int_equal(mtud_route_commit(app->rt), 0);
	mtud_route_set_port_mtu(app->rt, 0, round % 2 == 0 ? 1500 : 1400);
}

static void
change_view(struct app *app, unsigned int round)
{
	uint32_t level = round % 20 < 10 ? RTE_LOG_DEBUG : RTE_LOG_INFO;
	bool link = round % 16 != 15;

	rte_log_set_level((uint32_t)app->logtype[APP_PART_ICMP], level);
	rte_log_set_level((uint32_t)app->logtype[APP_PART_DROP], level);
	app->icmp.rate_pps = 100000 + round % 2;
	app->link[1] = link;
	assert_int_equal(app_view_publish(app), 0);
	if (link && !app->ctl.port[1].up)
		mtud_ctl_port_up(&app->ctl, 1, &wire_mac[1]);
	else if (!link)
		mtud_ctl_port_down(&app->ctl, 1);
}

static void
change_all(struct app *app, struct rte_mempool *copies)
{
	struct mtud_trace *trace = NULL;
	struct capture *capture = NULL;
	unsigned int round;

	for (round = 0; round < ROUNDS; round++) {
		now_ms += STEP_MS;
		mtud_ctl_poll(&app->ctl, now_ms);
		change_view(app, round);
		change_tables(app, round);
		watch(app);
		if (capture == NULL) {
			capture = begin_capture(app, copies);
		} else if (round % 4 == 3) {
			end_capture(app, capture);
			capture = NULL;
		} else {
			read_capture(capture);
		}
		if (trace == NULL) {
			trace = begin_trace(app);
		} else if (round % 6 == 5) {
			end_trace(app, trace);
			trace = NULL;
		} else {
			read_trace(trace);
		}
	}
	if (capture != NULL)
		end_capture(app, capture);
	if (trace != NULL)
		end_trace(app, trace);
}

/* Nothing comes any more; what waits is answered, or given up in time. */
static void
drain(struct app *app)
{
	struct app_account account[MTUD_STAT_KINDS];
	unsigned int i;

	wire_stop();
	for (i = 0; i < DRAIN_MS / STEP_MS; i++) {
		now_ms += STEP_MS;
		mtud_ctl_poll(&app->ctl, now_ms);
		mtud_rcu_synchronize(app->qsbr, &app->patience);
	}
	/* A whole round behind the last frame. */
	mtud_rcu_synchronize(app->qsbr, &app->patience);
	mtud_rcu_synchronize(app->qsbr, &app->patience);
	app_stats_account(app, account);
	assert_int_equal(account[MTUD_STAT_RECEIVED].held + account[MTUD_STAT_MADE].held, 0);
}

static bool
stale_is_used(const struct app *app)
{
	unsigned int used = 0, i;

	for (i = 0; i <= app->opt.neighbors; i++)
		used |= app->worker[0]->stale_used[i];
	return used != 0;
}

static void
check_account(struct app *app)
{
	struct app_account account[MTUD_STAT_KINDS];
	const struct mtud_account *in, *own;
	struct mtud_stat sum;
	uint64_t came, left;

	app_stats_account(app, account);
	app_stats_sum(app, &sum);
	wire_counts(&came, &left);
	in = &account[MTUD_STAT_RECEIVED].a;
	own = &account[MTUD_STAT_MADE].a;
	assert_int_equal(in->in, came);
	assert_int_equal(in->sent + own->sent, left);
	assert_int_equal(account[MTUD_STAT_RECEIVED].unaccounted, 0);
	assert_int_equal(account[MTUD_STAT_MADE].unaccounted, 0);
	print_message("%u rounds of changes, %lu of the worker, %lu packets\n", ROUNDS,
		(unsigned long)sum.polls, (unsigned long)came);
	/* All sorts of packets were there. */
	assert_true(in->sent > 0 && in->dropped > 0 && in->fragmented > 0 && in->consumed > 0);
	assert_true(in->punted > 0 && in->returned > 0 && own->returned > 0);
	assert_true(sum.icmp[MTUD_ICMP_PTB] > 0 && sum.held_released > 0);
	assert_true(stale_is_used(app) && seen.packets > 0 && seen.in_stage);
	assert_true(seen.captured > 0 && seen.traced > 0 && ftell(lines) > 0);
}

static void
check_pools(const struct app *app, const struct rte_mempool *copies)
{
	const struct mtud_worker *w = app->worker[0];

	assert_int_equal(rte_mempool_in_use_count(copies), 0);
	assert_int_equal(rte_mempool_in_use_count(wire_pool()), 0);
	assert_int_equal(rte_mempool_in_use_count(app->ctl.pool), 0);
	assert_int_equal(rte_mempool_in_use_count(w->reply_pool), 0);
	assert_int_equal(rte_mempool_in_use_count(w->frag.direct), 0);
	assert_int_equal(rte_mempool_in_use_count(w->frag.indirect), 0);
}

static unsigned int
allocations(void)
{
	struct rte_malloc_socket_stats stats;

	assert_int_equal(rte_malloc_get_socket_stats((int)rte_socket_id(), &stats), 0);
	return stats.alloc_count;
}

static void
a_worker_forwards_while_all_changes(void **state)
{
	struct rte_mempool *copies = *state;
	unsigned int lcore = rte_get_next_lcore(-1, 1, 0);
	unsigned int before = allocations();
	struct app *app = &context;

	start(app);
	assert_int_equal(rte_eal_remote_launch(use_any_core, NULL, lcore), 0);
	assert_int_equal(rte_eal_wait_lcore(lcore), 0);
	assert_int_equal(use_any_core(NULL), 0);
	assert_int_equal(app_workers_launch(app), 0);
	/* Before it is online, no grace period waits for it. */
	while (__atomic_load_n(&app->worker[0]->stat.polls, __ATOMIC_RELAXED) == 0)
		usleep(100);
	change_all(app, copies);
	drain(app);
	app_workers_stop(app);
	/* The sanitizer does not see that EAL waited: it sees an answer through its pipe. */
	assert_int_equal(rte_eal_remote_launch(use_any_core, NULL, lcore), 0);
	assert_int_equal(rte_eal_wait_lcore(lcore), 0);
	check_account(app);
	check_pools(app, copies);
	end(app);
	/* Every view and trace among them. */
	assert_int_equal(allocations(), before);
}

static int
setup(void **state)
{
	static char program[] = "test", no_huge[] = "--no-huge", no_pci[] = "--no-pci";
	static char no_conf[] = "--no-shconf", m[] = "-m", memory[] = "512",
		    level[] = "--log-level=*:critical";
	static char no_telemetry[] = "--no-telemetry", lcores[] = "--lcores=(0-1)@0";
	char *argv[] = {program, no_huge, no_pci, no_conf, no_telemetry, lcores, level, m, memory};

	if (rte_eal_init(RTE_DIM(argv), argv) < 0)
		return -1;
	lines = tmpfile();
	if (lines == NULL || rte_openlog_stream(lines) < 0)
		return -1;
	wire_make();
	*state = mtud_pkt_pool_create("copies", 127, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	return *state != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	/* After a failure it is still at work, and EAL would wait for it. */
	app_workers_stop(&context);
	rte_openlog_stream(NULL);
	fclose(lines);
	return rte_eal_cleanup();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_worker_forwards_while_all_changes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
