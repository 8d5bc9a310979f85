#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
#
# Everything that can be tested on one machine: a release build with gcc, one with clang and its
# sanitizers, unit tests on both, a moment of each fuzzer, system tests on the sanitizers' program
# (large ones on the fast one). The last line counts; the status is 0 when nothing failed. Needs root, no hugepages and no
# network card.

set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
work=
child=

die() {
	echo "test.sh: $*" >&2
	exit 1
}

# A child in the foreground would keep a signal's trap waiting until it ends.
run() {
	"$@" &
	child=$!
	local status=0
	wait "$child" || status=$?
	child=
	return "$status"
}

cleanup() {
	trap - EXIT INT TERM HUP
	if [ -n "$child" ]; then
		kill -TERM "$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	fi
	[ -z "$work" ] || rm -rf "$work"
}
trap cleanup EXIT
trap 'cleanup; exit 130' INT
trap 'cleanup; exit 143' TERM HUP

jobs=$(($(nproc) + 1))
[ "$jobs" -le 8 ] || jobs=8

passed=0
failed=0
skipped=0

# Add what a report counts: a meson test log or a JUnit file.
count() {
	local p f s
	read -r p f s < <(/usr/bin/python3 "$root/scripts/count_tests.py" "$1" || echo "0 1 0")
	passed=$((passed + p))
	failed=$((failed + f))
	skipped=$((skipped + s))
}

fail() {
	failed=$((failed + 1))
	echo "FAILED: $*" >&2
}

# build DIR MESON-OPTION...: configure once, compile.
build() {
	local dir=$root/$1
	shift
	if [ ! -f "$dir/build.ninja" ]; then
		run meson setup "$dir" "$root" "$@" || return
	fi
	run ninja --quiet -C "$dir"
}

unit_tests() {
	local log=$root/$1/meson-logs/testlog.json
	rm -f "$log"
	run meson test -C "$root/$1" --no-rebuild --print-errorlogs || true
	if [ -f "$log" ]; then
		count "$log"
	else
		fail "unit tests in $1 left no log"
	fi
}

# fuzzers DIR SECONDS: each runs what its corpus holds, and for some seconds what it makes of that.
fuzzers() {
	local log=$work/fuzz.txt
	run "$root/scripts/fuzz.sh" --build "$root/$1" --jobs "$(nproc)" "$2" >"$log" ||
		echo "fuzz.sh ended with status $?" >&2
	cat "$log"
	passed=$((passed + $(grep -c ' none$' "$log" || true)))
	failed=$((failed + $(grep -c ' status [0-9]*$' "$log" || true)))
	grep -q ' none$\| status [0-9]*$' "$log" || fail "the fuzzers have run none"
}

# system_tests DIR MARKS JOBS: those tests of dts that have the marks, some files at once.
system_tests() {
	local report=$work/$1.xml
	run /usr/bin/python3 -m pytest -q "--mtud=$root/$1/app/mtud" -m "$2" \
		-n "$3" --dist loadfile --junit-xml "$report" -p no:cacheprovider --rootdir "$root/dts" \
		-c "$root/dts/pytest.ini" "$root/dts" || true
	count "$report"
}

[ "$(id -u)" -eq 0 ] || die "the tests need root for network namespaces and raw sockets; use sudo."

run "$root/scripts/setup.sh"

work=$(mktemp -d /tmp/mtud-test.XXXXXX)
# EAL's runtime files and Python's caches go where the trap removes them.
export RUNTIME_DIRECTORY=$work TMPDIR=$work PYTHONDONTWRITEBYTECODE=1
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

if command -v shellcheck >/dev/null; then
	shellcheck "$root"/scripts/*.sh "$root/.ci/run" || fail "shellcheck"
fi

echo "== Build with gcc"
if build build --buildtype=release; then
	unit_tests build
else
	fail "build with gcc"
fi

echo "== Build with clang and its address and undefined behaviour sanitizers"
if CC=clang CC_LD=lld build build-asan --buildtype=plain -Doptimization=1 \
	-Dc_args=-gline-tables-only -Db_sanitize=address,undefined -Db_lundef=false -Dfuzz=true; then
	unit_tests build-asan
	echo "== Fuzzers"
	fuzzers build-asan 3
	echo "== System tests on the sanitizers' build"
	# They wait for most of their time: one more than there are processors.
	system_tests build-asan "not large" "$jobs"
else
	fail "build with sanitizers"
fi

# One after the other: some measure.
echo "== System tests that are large, on the gcc build"
system_tests build large 0

[ "$skipped" -eq 0 ] || echo "$skipped skipped: each says above what it lacks"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
