#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
#
# soak.sh [MINUTES] [OPTION...]: an hour's trouble in minutes (5), in namespaces of its own: good
# and bad traffic, reloads, consoles, captures, link flaps. Says whether memory, descriptors and
# buffers are what they were; writes build/soak.csv, .svg and .png. --asan takes the sanitizers'
# build; soak.py --help says what else can be chosen. Status 0: all is flat.

set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)

die() {
	echo "soak.sh: $*" >&2
	exit 1
}

build=build
args=()
for arg; do
	case $arg in
	-h | --help) exec /usr/bin/python3 -B "$root/scripts/soak.py" --help ;;
	--asan) build="build-asan" ;;
	*) args+=("$arg") ;;
	esac
done

[ "$(id -u)" -eq 0 ] || die "the soak needs root for network namespaces; use sudo."

"$root/scripts/setup.sh"
if [ ! -f "$root/$build/build.ninja" ] && [ "$build" = build ]; then
	meson setup "$root/build" "$root" --buildtype=release
elif [ ! -f "$root/$build/build.ninja" ]; then
	CC=clang CC_LD=lld meson setup "$root/build-asan" "$root" --buildtype=plain \
		-Doptimization=1 -Dc_args=-gline-tables-only -Db_sanitize=address,undefined \
		-Db_lundef=false
fi
ninja --quiet -C "$root/$build" || die "mtud does not build; see the compiler's words above."
exec /usr/bin/python3 -B "$root/scripts/soak.py" --mtud "$root/$build/app/mtud" \
	--out "$root/$build/soak" "${args[@]}"
