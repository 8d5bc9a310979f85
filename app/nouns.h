/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef NOUNS_H
#define NOUNS_H

/* The commands, one file a noun: cmd_NOUN.c. */

#include "cmd.h"

extern cmdline_parse_inst_t *const cmd_address[];
extern cmdline_parse_inst_t *const cmd_route[];
extern cmdline_parse_inst_t *const cmd_route_show[];
extern cmdline_parse_inst_t *const cmd_neighbor[];
extern cmdline_parse_inst_t *const cmd_port[];
extern cmdline_parse_inst_t *const cmd_worker[];
extern cmdline_parse_inst_t *const cmd_memory[];
extern cmdline_parse_inst_t *const cmd_icmp[];
extern cmdline_parse_inst_t *const cmd_log[];
extern cmdline_parse_inst_t *const cmd_stats[];
extern cmdline_parse_inst_t *const cmd_monitor[];
extern cmdline_parse_inst_t *const cmd_trace[];
extern cmdline_parse_inst_t *const cmd_flush[];
extern cmdline_parse_inst_t *const cmd_capture[];
extern cmdline_parse_inst_t *const cmd_control[];

/* All of them, for cmd_init(). */
extern cmdline_parse_inst_t *const *const nouns[];

/* Kinds of words that complete to what exists. */
extern const struct cmd_type noun_type_port;
extern const struct cmd_type noun_type_route;
extern const struct cmd_type noun_type_neighbor;
extern const struct cmd_type noun_type_address;

/* Run a change of the configuration as a transaction of its own, or as part of an open one. */
typedef int noun_change_t(const struct cmd_args *args, struct out *out);
void noun_change(noun_change_t *change, const struct cmd_args *args, struct out *out);

/* The port of the pair "port", or -1 where it is not given, or -2 after a sentence. */
int noun_port_pair(const struct cmd_args *args, struct out *out);

#endif
