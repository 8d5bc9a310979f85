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
#include "mtud_rcu.h"
#include "mtud_route.h"
#include "mtud_stat.h"
#include "request.h"

struct console_socket;
struct iovec;
struct out;
struct sock_fprog;
struct trace_session;

/* Defaults of the command line. */
#define APP_RXD       1024
#define APP_TXD       1024
#define APP_ROUTES    65536
#define APP_TBL8S     16384
#define APP_NEIGHBORS 4096

/* Packets on a ring between a worker and the control thread; with few buffers. */
#define APP_RING_SIZE 1024
#define APP_RING_MIN  32

/* Errors a second and at once by default: a Packet Too Big for each of ten thousand flows that
 * start in one second, 100 Mbit/s of replies at most. */
#define APP_ICMP_RATE      10000
#define APP_ICMP_BURST     1000
#define APP_ICMP_HOP_LIMIT 64

/* Seconds after which a worker that does not move is reported. A worker that others keep from its
 * processor gets there within a fraction of them. */
#define APP_WATCHDOG_S 2

/* Parts of the log, by what they speak of: levels are set by part. */
enum app_part {
	APP_PART_APP,
	APP_PART_PORT,
	APP_PART_NEIGHBOR,
	APP_PART_ROUTE,
	APP_PART_WORKER,
	APP_PART_ICMP,
	APP_PART_DROP,
	APP_PART_CONF,
	APP_PARTS,
};

/* How much each part tells by default, unless --log-level says otherwise. */
#define APP_LOG_LEVEL RTE_LOG_INFO

/* What stands behind -- on the command line. */
struct app_options {
	bool interactive;
	bool no_start;
	bool no_seccomp;
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

/* A worker as the watchdog saw it. */
struct app_watch {
	uint64_t polls;    /* at the last look */
	uint64_t still_ms; /* since it moved */
	bool stalled;      /* reported */
};

/* The service manager that started us, if one did. */
struct app_notify {
	bool on;
	uint64_t ping_ms;  /* how often it wants to hear that all is well; 0: never */
	uint64_t due_ms;   /* when it hears it next */
	char status[128];  /* what it was told */
};

/* Events that workers noted, and what was said of them. */
struct app_notes {
	struct mtud_rate *rate;    /* of this thread's own */
	uint64_t own_not_noted;
	uint64_t icmp_not_noted;   /* as said last */
	uint64_t drops_not_noted;
	uint64_t due_ms;           /* when the others are counted next */
};

/* A transmit queue's lock, where workers share the queue; a cache line each. */
struct app_tx_lock {
	rte_spinlock_t lock;
} __rte_cache_aligned;

struct app {
	struct app_options opt;
	int logtype[APP_PARTS];
	uint32_t log_default[APP_PARTS]; /* levels at the start */
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
	bool view_due; /* it is not what it should be: there was no memory for another */
	struct mtud_trace *trace; /* for the next view; NULL: none */
	struct trace_session *trace_ended; /* of trace, which is closed; NULL: none */

	pthread_mutex_t stats_lock; /* telemetry's threads read what clear and the end change */
	bool stats_gone;
	struct mtud_stat base; /* what clear stats takes off */
	struct mtud_port_device_stats device_base[RTE_MAX_ETHPORTS];
	uint64_t conflicts;       /* ND and ARP messages of others with our addresses */
	uint64_t conflict_due_ms; /* when the next one is logged */
	struct conf_txn *txn;  /* open transaction, or NULL */
	struct requests requests; /* of telemetry's threads */
	struct console_socket *console; /* NULL: none */
	struct capture *capture[CAPTURE_SOURCES]; /* NULL: none was started there */

	uint32_t watchdog_ms; /* 0: off; part of the configuration */
	uint64_t watch_ms;    /* the last look */
	struct app_watch watch[RTE_MAX_LCORE];
	struct mtud_rcu_patience patience;
	struct app_notify notify;
	struct app_notes notes;
	uint64_t privileges;     /* capabilities to keep, bits */
	uint32_t privileges_due; /* threads that have yet to follow */
	struct sock_fprog *worker_filter; /* of system calls, on top of the one for all; or NULL */
	bool confined[RTE_MAX_LCORE]; /* by it; the worker's own */
};

/* The one context; it exists from the first line of main() on. */
struct app *app_get(void);

#define APP_LOG_PART(part, level, ...) \
	rte_log(RTE_LOG_##level, app_get()->logtype[APP_PART_##part], "mtud: " __VA_ARGS__)
#define APP_LOG(level, ...) APP_LOG_PART(APP, level, __VA_ARGS__)

/* Milliseconds of a monotonic clock. */
uint64_t app_now_ms(void);

/* options.c: read the arguments behind --; 0, 1 to end well (help, version), or -1 after a
 * sentence on standard error. */
int app_options_parse(struct app_options *opt, int argc, char **argv);
/* Answer those who only ask for help or the version, which takes neither memory nor devices. False:
 * EAL has something to say. */
bool app_options_ask(int argc, char **argv);

/* limits.c: what is inherited shall not end mtud without a word. Before EAL; -1 after a sentence on
 * standard error. Done: it is up. */
int app_limits_init(void);
void app_limits_done(void);

/* startup.c: rte_eal_init() with its lines held back; -1 after one sentence on standard error. */
int app_startup_eal(int argc, char **argv);
/* The error that was held back and tells why a device, or (NULL) EAL, did not start; as part of a
 * sentence. */
void app_startup_cause(const char *device, char *buf, size_t size);
/* mtud is up: what was held back is told, and all that follows at once. */
void app_startup_done(void);

/* setup.c: the stages of start-up, and their undoing. 0, or -1 after a sentence on standard
 * error. */
int app_setup(struct app *app);
void app_teardown(struct app *app);
/* Tell a port's filters which groups we listen to. */
void app_port_groups(struct app *app, uint16_t port);

/* worker.c: launch a worker's loop on its lcore; wait for all to end. One that does not end takes
 * the program with it, status 1. */
int app_workers_launch(struct app *app);
void app_workers_stop(struct app *app);

/* watchdog.c: look whether the workers move, when that is due, and tell that this thread does. */
void app_watchdog_round(struct app *app);
/* The look alone, of who waits for a worker. */
void app_watchdog_look(struct app *app);
/* May the configuration be changed? Every worker must be seen to move, or the change would wait
 * with all else that this thread does. False after a sentence. */
bool app_watchdog_permits(struct app *app, struct out *out);
/* The same without a sentence. */
bool app_watchdog_moving(struct app *app);
/* A worker that stands still, or NULL. */
const struct mtud_worker *app_watchdog_stalled(const struct app *app);

/* log.c: the parts of the log; levels are DPDK's, and those at the start the defaults. */
void app_log_init(struct app *app);
const char *app_log_part_name(enum app_part part);
const char *app_log_part_text(enum app_part part);
/* DPDK's name of a level; NULL: there is no such level. */
const char *app_log_level_name(uint32_t level);
/* MTUD_NOTE_ bits of what workers shall note, as the levels ask for. */
uint8_t app_log_notes(const struct app *app);

/* log_note.c: log what workers noted; a packet that ended in the control thread. */
void app_notes_round(struct app *app);
void app_notes_dropped(struct app *app, const struct rte_mbuf *m, enum mtud_drop why);
uint64_t app_notes_not_logged(const struct app *app, enum app_part part);

/* journal.c: log lines with their priority, where standard error is systemd's journal. False: it is
 * not. */
bool app_journal_open(void);

/* log_stream.c: log lines go to standard error without waiting; what it does not take at once is
 * lost, and counted there. */
void app_log_open(void);
/* Write so, to any descriptor, PIPE_BUF octets at most. False: nothing was taken. A signal's handler
 * may call it. */
bool app_log_put(int to, const struct iovec *parts, int n);
/* From now on log lines and the line that is typed do not break each other, where both have the
 * same terminal; until the end is said. */
void app_log_terminal(void);
/* Has there been a line since the last question? */
bool app_log_terminal_written(void);
void app_log_terminal_end(void);

/* notify.c: what a service manager is told (sd_notify(3)); nothing where there is none. */
void app_notify_init(struct app *app);
void app_notify_ready(struct app *app);
void app_notify_stopping(struct app *app);
/* Around a load, which looks after this thread's other work itself. */
void app_notify_reloading(struct app *app, bool on);
/* What changed. */
void app_notify_status(struct app *app);
/* That all is well, when that is due: not of who waits for a worker, which may be for ever. */
void app_notify_alive(struct app *app);

/* privilege.c: keep the capabilities and system calls that the ports' drivers need, in all
 * threads. */
void app_privilege_init(void);
void app_privilege_drop(struct app *app);

/* view.c: make a view of the configuration for the workers, publish it, wait until none uses the
 * old one, free that. 0 or -ENOMEM with the old view in force until a look at the links tries
 * again. */
int app_view_publish(struct app *app);
/* Take a port out of (or back into) the workers' hands, whatever the rest says. */
int app_view_hold_port(struct app *app, uint16_t port);

/* control.c: let SIGTERM and SIGINT end what runs. */
void app_control_signals(void);
bool app_control_signalled(void);
/* Take the path of --console, before anything is started that this mtud cannot have. Who connects
 * is heard when mtud is up. 0, or -1 after a sentence on standard error. */
int app_control_open(struct app *app);
void app_control_close(struct app *app);
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
