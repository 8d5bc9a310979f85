#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
#
# Run the fuzzers: libFuzzer with the address and undefined behaviour sanitizers on, from the
# corpora in dts/corpus. A table says what was thrown at each and what it found; the status is 0
# when that was nothing.

set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build-fuzz
out=$root/build-fuzz/found
seconds=60
jobs=1
replay=
keep=
coverage=
targets=()
work=
memory=
fresh=
children=()

usage() {
	cat <<EOF
Usage: scripts/fuzz.sh [OPTION...] [SECONDS] [TARGET...]

Fuzz each TARGET (burst, neighbor, console, conf; default: all of the build) for SECONDS
(default: $seconds). Needs no root, no hugepages and no network card.

  --build DIR   a build with -Dfuzz=true (default: build-fuzz, made when it is not there)
  --jobs N      targets that run at once (default: $jobs)
  --replay      run what the corpora hold, and no more: some seconds
  --coverage    a second build replays the corpora: lines covered, file by file
  --keep        put what is new and reaches more into dts/corpus, the smallest that do
  -h, --help    this

What is found stays in DIR/found: TARGET/ is a corpus that grows from run to run, TARGET-crash-*
and the like are inputs that broke something. One is run again with
  build-fuzz/lib/fuzz_TARGET FILE
EOF
}

die() {
	echo "fuzz.sh: $*" >&2
	exit 2
}

cleanup() {
	trap - EXIT INT TERM HUP
	local child
	for child in ${children[@]+"${children[@]}"}; do
		kill -TERM "$child" 2>/dev/null || true
	done
	wait
	local folder
	for folder in "$work" "$memory" "$fresh"; do
		[ -z "$folder" ] || rm -rf "$folder"
	done
}
trap cleanup EXIT
trap 'cleanup; exit 130' INT
trap 'cleanup; exit 143' TERM HUP

# In the background, so that a signal's trap does not wait for it.
run() {
	"$@" &
	children=($!)
	local status=0
	wait "${children[0]}" || status=$?
	children=()
	return "$status"
}

number() {
	[[ $2 =~ ^[1-9][0-9]{0,5}$ ]] || die "$1: a number from 1 on, not \"$2\"."
}

while [ $# -gt 0 ]; do
	case $1 in
	--build | --jobs)
		[ $# -gt 1 ] || die "$1 needs a value."
		if [ "$1" = --jobs ]; then
			number --jobs "$2"
			jobs=$2
		else
			build=$(realpath -m "$2")
			out=$build/found
		fi
		shift
		;;
	--replay) replay=1 ;;
	--coverage) coverage=1 ;;
	--keep) keep=1 ;;
	-h | --help)
		usage
		exit 0
		;;
	-*) die "there is no option $1: see --help." ;;
	[0-9]*)
		number SECONDS "$1"
		seconds=$1
		;;
	*) targets+=("$1") ;;
	esac
	shift
done

# configure DIR MESON-OPTION...
configure() {
	local dir=$1
	shift
	[ -f "$dir/build.ninja" ] || run env CC=clang CC_LD=lld meson setup "$dir" "$root" \
		--buildtype=plain -Dc_args=-gline-tables-only -Db_lundef=false -Dfuzz=true "$@" >&2
}

# The fuzzers of a build, as ninja knows them.
fuzzers() {
	ninja -C "$1" -t targets all | sed -n 's,^\(\(lib\|app\)/fuzz_[a-z0-9_]*\): .*,\1,p'
}

# The targets of a build; no names are all that it has.
compile() {
	local made wanted=() t p
	mapfile -t made < <(fuzzers "$1")
	[ ${#made[@]} -gt 0 ] || die "$1 has no fuzzers: it was set up without -Dfuzz=true or cmocka."
	[ ${#targets[@]} -gt 0 ] || targets=("${made[@]##*/fuzz_}")
	for t in "${targets[@]}"; do
		p=$(printf '%s\n' "${made[@]}" | grep "/fuzz_$t\$") ||
			die "there is no fuzzer \"$t\", but: ${made[*]##*/fuzz_}"
		wanted+=("$p")
	done
	run ninja --quiet -C "$1" "${wanted[@]}" >&2
}

program() {
	local p
	for p in "$1/lib/fuzz_$2" "$1/app/fuzz_$2"; do
		[ ! -x "$p" ] || echo "$p"
	done
}

configure "$build" -Doptimization=1 -Db_sanitize=address,undefined
compile "$build"

work=$(mktemp -d /tmp/mtud-fuzz.XXXXXX)
mkdir -p "$out"
# EAL's runtime files go where the trap removes them.
export RUNTIME_DIRECTORY=$work TMPDIR=$work
# Those of the console and of configurations have folders in it, which one that is ended leaves.
memory=$(mktemp -d /dev/shm/mtud-fuzz.XXXXXX)
export MTUD_FUZZ_DIR=$memory
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

# fuzz TARGET: its report stands in $work/TARGET.log, its status in $work/TARGET.status.
fuzz() {
	local status=0 dict=$root/dts/corpus/$1.dict seeds=$root/dts/corpus/$1
	local args=(-max_len=4096 -timeout=20 -rss_limit_mb=4096 -detect_leaks=0 -entropic=0
		-print_final_stats=1 -artifact_prefix="$out/$1-")
	[ ! -f "$dict" ] || args+=(-dict="$dict")
	mkdir -p "$out/$1"
	if [ -n "$replay" ]; then
		args+=(-runs=0)
	else
		args+=(-max_total_time="$seconds")
	fi
	args+=("$out/$1")
	[ ! -d "$seeds" ] || args+=("$seeds")
	"$(program "$build" "$1")" "${args[@]}" >"$work/$1.log" 2>&1 &
	trap 'kill -TERM "$!"; exit 143' TERM
	wait "$!" || status=$?
	echo "$status" >"$work/$1.status"
}

# The last value that a report has of something: "stat::number_of_executed_units: 12" or "cov: 34".
last() {
	grep -oE "$2:? +[0-9]+" "$work/$1.log" | tail -n 1 | grep -oE '[0-9]+$' || echo 0
}

# A row of the table; 1 when something was found.
row() {
	local t=$1 status found=0 cov ft corpus
	status=$(cat "$work/$t.status" 2>/dev/null || echo 1)
	[ "$status" -eq 0 ] || found=1
	cov=$(last "$t" cov)
	ft=$(last "$t" ft)
	corpus=$(last "$t" corp)
	printf '%-10s %11s %8s %7s %7s %9s %9s\n' "$t" "$(last "$t" stat::number_of_executed_units)" \
		"$(last "$t" stat::average_exec_per_sec)" "$corpus" "$cov" "$ft" \
		"$([ "$found" -eq 0 ] && echo none || echo "status $status")"
	return "$found"
}

running=0
for t in "${targets[@]}"; do
	fuzz "$t" &
	children+=($!)
	running=$((running + 1))
	if [ "$running" -ge "$jobs" ]; then
		wait -n
		running=$((running - 1))
	fi
done
wait
children=()

failed=0
printf '%-10s %11s %8s %7s %7s %9s %9s\n' target executions exec/s corpus edges features findings
for t in "${targets[@]}"; do
	if ! row "$t"; then
		failed=$((failed + 1))
		grep -E 'broke|BROKEN|fuzz_[a-z]+:|ERROR|SUMMARY|runtime error|^    #[0-9]+ .*/(lib|app)/' \
			"$work/$t.log" | head -n 20 >&2 || true
		grep -oE 'Test unit written to .*' "$work/$t.log" | sed -n \
			"s,Test unit written to \(.*\),fuzz.sh: run it again with $(program "$build" "$t") \1,p" >&2
	fi
done

if [ -n "$keep" ] && [ "$failed" -eq 0 ]; then
	for t in "${targets[@]}"; do
		mkdir -p "$root/dts/corpus/$t" "$work/new"
		run "$(program "$build" "$t")" -merge=1 -max_len=4096 -detect_leaks=0 "$work/new" \
			"$root/dts/corpus/$t" "$out/$t" >"$work/merge.log" 2>&1 ||
			die "the corpora of $t do not merge: $(tail -n 1 "$work/merge.log")"
		# Renamed within a file system, unheard of by signals: there is always one of the two.
		fresh=$root/dts/corpus/.$t.new old=$root/dts/corpus/.$t.old
		rm -rf "$fresh" "$old"
		mv "$work/new" "$fresh"
		trap '' INT TERM HUP
		mv "$root/dts/corpus/$t" "$old"
		mv "$fresh" "$root/dts/corpus/$t"
		fresh=
		trap 'cleanup; exit 130' INT
		trap 'cleanup; exit 143' TERM HUP
		rm -rf "$old"
		echo "fuzz.sh: dts/corpus/$t has $(find "$root/dts/corpus/$t" -type f | wc -l) inputs."
	done
fi

# Lines, as a build without sanitizers counts them while it replays.
if [ -n "$coverage" ]; then
	cover=$root/build-cover
	export LLVM_PROFILE_FILE=$work/other.raw
	configure "$cover" -Doptimization=1 \
		-Dc_args='-gline-tables-only -fprofile-instr-generate -fcoverage-mapping' \
		-Dc_link_args=-fprofile-instr-generate
	compile "$cover"
	for t in "${targets[@]}"; do
		dirs=("$out/$t")
		[ ! -d "$root/dts/corpus/$t" ] || dirs+=("$root/dts/corpus/$t")
		LLVM_PROFILE_FILE=$work/$t.raw run "$(program "$cover" "$t")" -runs=0 -max_len=4096 \
			"${dirs[@]}" >"$work/$t.log" 2>&1 || die "$t: $(tail -n 1 "$work/$t.log")"
		llvm-profdata merge -o "$work/$t.prof" "$work/$t.raw"
		echo
		echo "Lines that $t reaches, in %:"
		llvm-cov export -summary-only -instr-profile="$work/$t.prof" \
			-ignore-filename-regex='test_|fuzz_|/usr/' "$(program "$cover" "$t")" |
			/usr/bin/python3 "$root/scripts/fuzz_lines.py" "$root"
	done
fi

[ "$failed" -eq 0 ]
