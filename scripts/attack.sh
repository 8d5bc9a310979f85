#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
#
# Run attackers' tools (Debian's thc-ipv6 and ipv6toolkit) against mtud, seconds each, in network
# namespaces that go with it, with TCP and pings under way through it. Prints a table; status 0 when
# mtud withstood all of them.
#
#   attack.sh [--build DIR] [--list] [TOOL...]

set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)

for arg; do
	case $arg in
	-h | --help | --list) exec /usr/bin/python3 -B "$root/scripts/attack.py" "$@" ;;
	esac
done

if [ "$(id -u)" -ne 0 ]; then
	echo "attack.sh: network namespaces and raw sockets need root; use sudo." >&2
	exit 1
fi

"$root/scripts/setup.sh" --attack
exec /usr/bin/python3 -B "$root/scripts/attack.py" "$@"
