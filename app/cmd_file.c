/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* File names for completion. */

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "cmd_priv.h"

/* A folder is looked through so far, for the control thread has more to do. */
#define ENTRIES_MAX 4096

static bool
add(struct cmd_choices *choices, const char *folder, const struct dirent *entry)
{
	char path[CMD_CHOICE_SIZE];
	const char *c;
	int len;

	/* Completion knows words, and texts that do no harm to a terminal. */
	for (c = entry->d_name; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == '#' || *c == 0x7f)
			return true;
	len = snprintf(path, sizeof(path), "%s%s%s", folder, entry->d_name,
		entry->d_type == DT_DIR ? "/" : "");
	return len < 0 || (size_t)len >= sizeof(path) || cmd_choice_add(choices, path);
}

void
cmd_list_files(struct cmd_choices *choices)
{
	const char *partial = choices->partial != NULL ? choices->partial : "";
	const char *slash = strrchr(partial, '/');
	size_t len = slash != NULL ? (size_t)(slash + 1 - partial) : 0;
	char folder[CMD_CHOICE_SIZE];
	struct dirent *entry;
	unsigned int n;
	DIR *dir;

	if (len >= sizeof(folder))
		return;
	memcpy(folder, partial, len);
	folder[len] = '\0';
	dir = opendir(len > 0 ? folder : ".");
	if (dir == NULL)
		return;
	for (n = 0; n < ENTRIES_MAX && (entry = readdir(dir)) != NULL; n++) {
		/* Hidden ones for those who ask for them; never . and .. */
		if (entry->d_name[0] == '.' && (partial[len] != '.' ||
			strspn(entry->d_name, ".") == strlen(entry->d_name)))
			continue;
		if (!add(choices, folder, entry))
			break;
	}
	closedir(dir);
}
