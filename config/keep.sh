#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
#
# keep.sh FILE DEST: install a file that is the operator's from then on: one that is there stays.

set -eu

dest=${DESTDIR:-}$2

if [ ! -e "$dest" ] && [ ! -L "$dest" ]; then
	install -D -m 644 "$1" "$dest"
fi
