#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
#
# Everything that can be tested on one machine: a release build with gcc, one with clang and its
# sanitizers, unit tests on both, a moment of each fuzzer, the handover between threads under the
# thread sanitizer, system tests on the sanitizers' program (large ones on the fast one), gcc's
# analyzer beside them. The last line counts; the status is 0 when nothing failed. Needs root, no
# hugepages and no network card.
#
# test.sh --coverage instead says which share of lib/'s lines the tests run, at least 90 %.

set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
work=
child=
analysis=

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
	[ -z "$analysis" ] || kill -TERM "$analysis" 2>/dev/null || true
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

# build DIR MESON-OPTION...: configure once, and again where it is older than the fuzzers; compile.
build() {
	local dir=$root/$1
	shift
	if [ ! -f "$dir/build.ninja" ]; then
		run meson setup "$dir" "$root" "$@" || return
	elif [[ " $* " == *" -Dfuzz=true "* ]] && ! grep -q fuzz_burst "$dir/build.ninja"; then
		run meson configure "$dir" -Dfuzz=true || return
	fi
	run ninja --quiet -C "$dir"
}

# unit_tests DIR [TEST...]: all, or some.
unit_tests() {
	local log=$root/$1/meson-logs/testlog.json
	rm -f "$log"
	run meson test -C "$root/$1" --no-rebuild --print-errorlogs "${@:2}" || true
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

# Who reads while another thread changes; nothing else is built for that.
thread_tests() {
	local dir=$root/build-tsan
	if [ ! -f "$dir/build.ninja" ]; then
		CC=clang CC_LD=lld run meson setup "$dir" "$root" --buildtype=plain -Doptimization=1 \
			-Dc_args=-gline-tables-only -Db_sanitize=thread -Db_lundef=false || return
	fi
	run ninja --quiet -C "$dir" lib/test_{rcu,neigh_rcu,route_rcu} \
		app/test_{request,handover} || return
	TSAN_OPTIONS=suppressions=$root/lib/tsan.supp unit_tests build-tsan rcu neigh_rcu route_rcu \
		request handover
}

# The same lines whoever runs them: unit tests and system tests, on a build that counts.
coverage() {
	local dir=$root/build-coverage
	build build-coverage --buildtype=plain -Doptimization=1 -Db_coverage=true -Dperf=disabled ||
		return
	find "$dir" -name '*.gcda' -delete
	# Counting takes its time.
	unit_tests build-coverage --timeout-multiplier 4
	system_tests build-coverage "not large" "$jobs"
	run gcovr --root "$root" --object-directory "$dir" -f "$root/lib/" \
		--json-summary "$work/coverage.json" || return
	run "$root/scripts/coverage.py" "$work/coverage.json" 90
}

measure=
case $# in
0) ;;
1) [ "$1" = --coverage ] || die "$1: the only option is --coverage."; measure=1 ;;
*) die "the only option is --coverage." ;;
esac

[ "$(id -u)" -eq 0 ] || die "the tests need root for network namespaces and raw sockets; use sudo."

run "$root/scripts/setup.sh"

work=$(mktemp -d /tmp/mtud-test.XXXXXX)
# EAL's runtime files and Python's caches go where the trap removes them.
export RUNTIME_DIRECTORY=$work TMPDIR=$work PYTHONDONTWRITEBYTECODE=1
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

if command -v shellcheck >/dev/null; then
	shellcheck "$root"/scripts/*.sh "$root/.ci/run" || fail "shellcheck"
fi

if [ -n "$measure" ]; then
	coverage || fail "coverage of lib/ is less than 90 %, or is not known"
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
	exit
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
	echo "== Handover between threads, with clang's thread sanitizer"
	thread_tests || fail "build with the thread sanitizer"
	echo "== System tests on the sanitizers' build, and gcc's analyzer"
	# They wait for most of their time: one more than there are processors.
	"$root/scripts/analyze.sh" "$root/build" >"$work/analysis" 2>&1 &
	analysis=$!
	system_tests build-asan "not large" "$jobs"
	if wait "$analysis"; then
		passed=$((passed + 1))
	else
		cat "$work/analysis" >&2
		fail "gcc's analyzer has findings"
	fi
	analysis=
else
	fail "build with sanitizers"
fi

# One after the other: some measure.
echo "== System tests that are large, on the gcc build"
system_tests build large 0

[ "$skipped" -eq 0 ] || echo "$skipped skipped: each says above what it lacks"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
