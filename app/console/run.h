/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef CONSOLE_RUN_H
#define CONSOLE_RUN_H

/* What mtud-console can be asked to do; each returns the status of the program. */

#include "link.h"

/* run.c: the words of one command. */
int run_command(struct link *link, char *const words[], int nb_words);
/* Every line of a file, or of standard input for "-", up to the first that fails. */
int run_file(struct link *link, const char *path);
/* Print what may stand at the end of a line. */
int run_choices(struct link *link, const char *line);

/* edit.c: a person types. */
int run_interactive(struct link *link);

#endif
