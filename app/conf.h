/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef CONF_H
#define CONF_H

/* The configuration and its transactions. Every change belongs to one: conf_begin(), changes,
 * then conf_commit() or conf_rollback(); nobody sees anything of it before the commit, so that
 * control may have its rounds while one is open. A file of commands is one transaction, a single
 * command is one by itself. Each change function returns 0, or -1 after a sentence in out and with
 * nothing of its change in the transaction. */

#include "app.h"
#include "mtud_ip.h"

/* 0, or -1 when one is open already (a command within a file). */
int conf_begin(void);
/* Publish to the workers; on failure, with a sentence, everything is rolled back (but where that
 * says so). */
int conf_commit(struct out *out);
void conf_rollback(void);

/* The addresses and the making of answers as the open transaction has them so far, else as they are
 * in force. */
const struct mtud_addr_table *conf_addrs(void);
const struct app_icmp *conf_icmp(void);

/* Addresses were found to be duplicates, or are not any more: let routes and workers follow. Within
 * a transaction the routes wait for its end. */
void conf_follow_states(struct app *app);

int conf_add_address(struct out *out, const char *text, uint16_t port);
int conf_del_address(struct out *out, const char *text, uint16_t port);

/* What a route command said. */
struct conf_route {
	const char *prefix;
	enum mtud_route_type type;
	const char *gw; /* FORWARD */
	int port;       /* -1: not said */
	const char *mtu_text; /* NULL: not said */
	uint32_t mtu;
	const char *df_text; /* NULL: not said */
	union mtud_route_option option;
};

int conf_add_route(struct out *out, const struct conf_route *r);
int conf_del_route(struct out *out, const char *prefix);

/* Room for an MSS option as text. */
#define CONF_MSS_STRLEN 16
/* An MSS option as commands write it, "max 1360"; NULL: there is none. */
const char *conf_mss_text(union mtud_route_option option, char buf[CONF_MSS_STRLEN]);

int conf_add_neighbor(struct out *out, const char *ip, const char *mac, uint16_t port);
int conf_del_neighbor(struct out *out, const char *ip, uint16_t port);

int conf_set_mtu(struct out *out, uint16_t port, uint32_t mtu);
int conf_set_promisc(struct out *out, uint16_t port, bool on);

int conf_set_icmp_rate(struct out *out, uint32_t rate_pps, uint32_t burst);
int conf_set_icmp_source(struct out *out, uint16_t port, const char *text);
int conf_set_icmp_hop_limit(struct out *out, uint32_t hop_limit);
/* How answers are made until something else is said. */
extern const struct app_icmp conf_icmp_default;

/* Remove all that is configured. What is configured again within the same transaction stays as it
 * is, undisturbed. */
int conf_flush(struct out *out);
/* The same for static routes alone. */
int conf_flush_routes(struct out *out);

/* Both as words of the console; the latter in seconds, 0: off. */
#define CONF_WATCHDOG_MAX_S 3600
int conf_set_log(struct out *out, const char *part_name, const char *level_name);
int conf_set_watchdog(struct out *out, const char *text);

/* A file of commands, all or nothing. */
int conf_load(const char *path, struct out *out);
/* Write what load reads. */
int conf_save(const char *path, struct out *out);
/* The commands that make the configuration in force from nothing, one a line. The same
 * configuration has the same lines, in whatever order it was made. */
void conf_print(struct out *out);

/* Log what a port's driver refuses of these features, bits of enum mtud_port_feature. */
void conf_warn_refused(struct app *app, uint16_t port, uint32_t features);

/* A port by its number on the console; -1 after a sentence. */
int conf_port(struct out *out, const char *text, uint16_t *port);
/* Can a host have the address? */
bool conf_is_host(const struct mtud_ip *ip);
/* A number on the console; -1 after a sentence that names what it is for. */
int conf_number(struct out *out, const char *what, const char *text, uint32_t min, uint32_t max,
	uint32_t *value);

/* Between the files: */

/* A change that takes effect by itself, not with the tables. */
struct conf_op {
	/* In the order of taking effect: those that go make room. */
	enum { CONF_NEIGHBOR_DEL, CONF_NEIGHBOR_ADD, CONF_MTU, CONF_PROMISC } what;
	unsigned int number; /* of the change within its transaction */
	uint16_t port;
	uint16_t mtu;
	bool on;
	bool by_flush; /* what the device refuses stays as it is */
	bool late;     /* made when the routes are committed */
	struct mtud_ip ip;
	struct rte_ether_addr mac;
};

/* What an open transaction makes of the configuration. Routes are staged in their table. */
struct conf_txn {
	struct mtud_addr_table addrs;
	struct app_icmp icmp;
	uint32_t log_level[APP_PARTS];
	uint32_t watchdog_ms;
	bool view_changed;
	bool states_changed; /* conf_follow_states() waits for the end */
	unsigned int n_ops;
	struct conf_op *ops;
};

/* The levels of the log, and the watchdog's time: as they are, as flush makes them, in force as
 * staged, and as load reads them. */
void conf_service_keep(struct conf_txn *txn);
void conf_service_flush(struct conf_txn *txn);
void conf_service_apply(const struct conf_txn *txn);
void conf_print_service(struct out *out);
/* Log what a commit has made of the tables. */
void conf_service_log(const struct app *app);

/* Note a change for the commit. */
int conf_stage(struct out *out, const struct conf_op *op);
/* Note that static neighbors and what is set of ports go. */
int conf_stage_flush(struct out *out);
/* Stage that addresses have routes to themselves, unless somebody else has them. */
void conf_stage_usable(struct app *app, const struct mtud_addr_table *addrs);
/* Is the neighbor there, as far as the changes noted so far go? */
bool conf_neighbor_known(uint16_t port, const struct mtud_ip *ip);
/* The same for one that is configured, not learned. */
bool conf_neighbor_static(uint16_t port, const struct mtud_ip *ip);
/* Leave of the changes noted what is the last word on its neighbor or port, in the order of taking
 * effect. */
void conf_ops_settle(struct conf_txn *txn);
/* Make all that is noted, or nothing and a sentence; but for what routes in force still need. */
int conf_ops_apply(struct app *app, struct out *out);
/* Make the rest of it, once the routes are committed. */
void conf_ops_apply_late(struct app *app);
/* Unmake the first n, before the rest is made. */
void conf_ops_undo(struct app *app, unsigned int n);

#endif
