#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
#
# How fast one worker is, beside testpmd on the same machine in the same minute. Prints a table
# and writes build/bench.json and pictures as build/bench*.svg and .png; bench.py --help says what
# can be chosen.
# "bench.sh latency" measures how long a packet is away instead (bench_latency.py --help).

set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)

die() {
	echo "bench.sh: $*" >&2
	exit 1
}

case ${1-} in
-h | --help) exec /usr/bin/python3 -B "$root/scripts/bench.py" --help ;;
esac

[ "$(id -u)" -eq 0 ] || die "DPDK without hugepages needs root here; use sudo."
[ "$(nproc)" -ge 2 ] || die "the benchmark needs two CPUs: one for control, one for the worker."

"$root/scripts/setup.sh"
if [ ! -f "$root/build/build.ninja" ]; then
	meson setup "$root/build" "$root" --buildtype=release
fi
ninja --quiet -C "$root/build" || die "mtud does not build; see the compiler's words above."
if [ "${1-}" = latency ]; then
	shift
	exec /usr/bin/python3 -B "$root/scripts/bench_latency.py" --mtud "$root/build/app/mtud" \
		--json "$root/build/latency.json" "$@"
fi
exec /usr/bin/python3 -B "$root/scripts/bench.py" --mtud "$root/build/app/mtud" \
	--json "$root/build/bench.json" --draw "$root/build/bench" "$@"
