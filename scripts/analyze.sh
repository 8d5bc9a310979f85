#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
#
# gcc's static analyzer over the product's sources (tests and fuzzers are run, not read), as the
# build in the directory given compiles them: build by default. Its findings are printed; the status
# is 0 when there are none.

set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build}

die() {
	echo "analyze.sh: $*" >&2
	exit 1
}

[ -f "$build/compile_commands.json" ] ||
	die "$build is no build; make one: meson setup build && ninja -C build"

group=
cleanup() {
	trap - EXIT INT TERM HUP
	if [ -n "$group" ]; then
		while kill -TERM -- "-$group" 2>/dev/null; do
			sleep 0.1
		done
		wait
	fi
}
trap cleanup EXIT
trap 'cleanup; exit 130' INT
trap 'cleanup; exit 143' TERM HUP

# One command a line. -Werror makes a finding a failure.
commands() {
	/usr/bin/python3 - "$build/compile_commands.json" <<'PYTHON'
import itertools
import json
import os
import shlex
import subprocess
import sys

# What it takes for a fault and is none, with the reason.
WRONG = {
    # What hangs in an element of an array that hangs in a structure is lost to it, not to us: the
    # leak sanitizer runs the same code.
    "../app/cmd_verb.c": "-Wno-analyzer-malloc-leak",
}

with open(sys.argv[1], encoding="utf-8") as text:
    entries = json.load(text)
known = set()
for entry in entries:
    path = entry["file"]
    name = os.path.basename(path)
    if not path.startswith(("../lib/", "../app/")) or "/perf/" in path or \
            name.startswith(("test_", "fuzz_")):
        continue
    words = shlex.split(entry["command"])
    compiler = tuple(itertools.takewhile(lambda word: not word.startswith("-"), words))
    if compiler not in known:
        said = subprocess.run([*compiler, "--version"], capture_output=True, text=True, check=False)
        if "Free Software Foundation" not in said.stdout:
            sys.exit(f"analyze.sh: the build's compiler, {shlex.join(compiler)}, is not gcc, whose "
                     "analyzer this is")
        known.add(compiler)
    kept = [word for i, word in enumerate(words)
            if word != "-MD" and not {"-o", "-MQ", "-MF"} & {word, words[i - 1]}]
    print("cd", shlex.quote(entry["directory"]), "&&", shlex.join(kept), "-fanalyzer",
          WRONG.get(path, ""), "-o /dev/null")
PYTHON
}

lines=$(commands)
[ -n "$lines" ] || die "$build compiles none of the product's sources."

# A session of its own, so that a signal's trap ends the compilers, too; in the background, so that
# the trap does not wait for them.
setsid xargs -P "$(nproc)" -d '\n' -n 1 nice sh -c <<<"$lines" &
group=$!
status=0
wait "$group" || status=$?
group=
[ "$status" -eq 0 ]
