/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef APP_H
#define APP_H

/* The appliance: one context with all that it is made of. The main lcore owns every table in it
 * and runs the console; workers see their struct mtud_worker alone. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_log.h>
#include <rte_spinlock.h>

#include "capture.h"
#include "mtud_addr.h"
#include "mtud_ctl.h"
#include "mtud_fwd.h"
#include "mtud_neigh.h"
#include "mtud_port.h"
#include "mtud_route.h"
#include "mtud_stat.h"
#include "request.h"

struct out;

/* Defaults of the command line. */
#define APP_RXD       1024
#define APP_TXD       1024
#define APP_ROUTES    65536
#define APP_TBL8S     16384
#define APP_NEIGHBORS 4096

/* Packets on a ring between a worker and the control thread. */
#define APP_RING_SIZE 1024

/* Errors a second and at once by default: a Packet Too Big for each of ten thousand flows that
 * start in one second, 100 Mbit/s of replies at most. */
#define APP_ICMP_RATE      10000
#define APP_ICMP_BURST     1000
#define APP_ICMP_HOP_LIMIT 64

/* What stands behind -- on the command line. */
struct app_options {
	bool interactive;
	bool no_start;
	const char *file;
	const char *console;
	uint16_t rxq;
	uint16_t rxd;
	uint16_t txd;
	uint32_t mbufs;
	uint32_t routes;
	uint32_t tbl8s;
	uint32_t neighbors;
	enum mtud_route_engine fib[MTUD_FAMILIES];
};

/* How answers are made; part of the configuration. Sources are by family. */
struct app_icmp {
	uint32_t rate_pps;
	uint32_t burst;
	uint8_t hop_limit;
	bool has_source[RTE_MAX_ETHPORTS][MTUD_FAMILIES];
	struct mtud_ip source[RTE_MAX_ETHPORTS][MTUD_FAMILIES];
};

/* A transmit queue's lock, where workers share the queue; a cache line each. */
struct app_tx_lock {
	rte_spinlock_t lock;
} __rte_cache_aligned;

struct app {
	struct app_options opt;
	int logtype;
	bool running; /* forwarding, as start and stop say */
	bool quit;
	bool launched;

	uint16_t n_ports;
	struct mtud_port port[RTE_MAX_ETHPORTS];
	bool link[RTE_MAX_ETHPORTS];
	uint64_t link_due_ms;

	unsigned int n_workers;
	struct mtud_worker *worker[RTE_MAX_LCORE];
	struct app_tx_lock *tx_locks; /* [port * workers + queue] */
	struct rte_rcu_qsbr *qsbr;

	struct mtud_addr_table addrs;
	struct mtud_neigh *nt;
	struct mtud_route *rt;
	struct app_icmp icmp;
	struct mtud_ctl ctl;
	struct mtud_fwd_view *view;
	struct mtud_trace *trace; /* for the next view; NULL: none */

	pthread_mutex_t stats_lock; /* telemetry's threads read what clear and the end change */
	bool stats_gone;
	struct mtud_stat base; /* what clear stats takes off */
	struct mtud_port_device_stats device_base[RTE_MAX_ETHPORTS];
	uint64_t conflicts;       /* ND and ARP messages of others with our addresses */
	uint64_t conflict_due_ms; /* when the next one is logged */
	struct conf_txn *txn;  /* open transaction, or NULL */
	struct requests requests; /* of telemetry's threads */
	struct capture *capture[CAPTURE_SOURCES]; /* NULL: none was started there */
};

/* The one context; it exists from the first line of main() on. */
struct app *app_get(void);

#define APP_LOG(level, ...) rte_log(RTE_LOG_##level, app_get()->logtype, "mtud: " __VA_ARGS__)

/* Milliseconds of a monotonic clock. */
uint64_t app_now_ms(void);

/* options.c: read the arguments behind --; 0, 1 to end well (help, version), or -1 after a
 * sentence on standard error. */
int app_options_parse(struct app_options *opt, int argc, char **argv);

/* setup.c: the stages of start-up, and their undoing. 0, or -1 after a sentence on standard
 * error. */
int app_setup(struct app *app);
void app_teardown(struct app *app);
/* Tell a port's filters which groups we listen to. */
void app_port_groups(struct app *app, uint16_t port);

/* worker.c: launch a worker's loop on its lcore; wait for all to end. */
int app_workers_launch(struct app *app);
void app_workers_stop(struct app *app);

/* view.c: make a view of the configuration for the workers, publish it, wait until none uses the
 * old one, free that. 0 or -ENOMEM with the old view in force. */
int app_view_publish(struct app *app);
/* Take a port out of (or back into) the workers' hands, whatever the rest says. */
int app_view_hold_port(struct app *app, uint16_t port);

/* control.c: let SIGTERM and SIGINT end what runs. */
void app_control_signals(void);
bool app_control_signalled(void);
/* The main lcore's loop, until quit or a signal; its status. */
int app_control_run(struct app *app);
/* One round of what is not the console: rings, timers, links. */
void app_control_round(struct app *app);
/* The same in the middle of a long transaction, for what is called back with the struct app. */
void app_control_turn(void *app);
void app_forwarding(struct app *app, bool on);

/* events.c */
extern const struct mtud_ctl_ops app_ctl_ops;

/* stats.c: the sum of all writers less the baseline of clear stats. */
void app_stats_sum(const struct app *app, struct mtud_stat *sum);
/* The same for other threads; -1 when mtud is ending. */
int app_stats_sum_locked(struct app *app, struct mtud_stat *sum);
void app_stats_clear(struct app *app);

/* What became of the packets of one kind since clear stats, as mtud_stat.h has it:
 * in + carried = sent + fragmented + dropped + consumed + held + unaccounted. */
struct app_account {
	struct mtud_account a;
	uint64_t carried;    /* those that had not ended when the counters were cleared */
	uint64_t held;       /* waiting for a neighbor, or between a worker and the control thread */
	int64_t unaccounted; /* in workers' hands while they were counted; 0 at rest */
};

/* Both kinds, by enum mtud_stat_kind; for the control thread. */
void app_stats_account(const struct app *app, struct app_account account[MTUD_STAT_KINDS]);

/* telemetry.c: /mtud/... on the DPDK telemetry socket. */
int app_telemetry_init(void);

#endif
