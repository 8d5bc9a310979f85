#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
#
# Install the Debian packages that mtud, its tests, its demo and its benchmark need; with --attack
# those of attack.sh too. Asks apt for nothing when all are there.

set -euo pipefail

# Package, and why it is needed.
table='
build-essential   the C compiler and its sanitizers
clang             a second compiler: the tests build with both
libclang-rt-dev   its sanitizers
llvm              line coverage of what the fuzzers reach
lld               links what they instrument in half the time
pkgconf           how meson finds libraries
meson             the build system
ninja-build       runs what meson plans
libdpdk-dev       DPDK 22.11: headers, libraries and poll-mode drivers
libedit-dev       line editing in mtud-console
libcmocka-dev     unit tests
libpcap-dev       compiles the filters of traces and captures
libseccomp-dev    filters the system calls of mtud once it runs
libsystemd-dev    tells systemd that mtud is ready, and that it is well
systemd           checks the unit file in tests
dpdk-dev          testpmd, which the benchmark compares with; dpdk-dumpcap in tests
iproute2          network namespaces, veth pairs and routes for tests and demo
ethtool           switches offloads off where they would break captures
procps            sysctl
strace            says where mtud writes, in tests
python3           system tests, demo and benchmark
python3-pytest    runs the system tests
python3-pytest-xdist several of them at once
python3-scapy     packets of the system tests
gcovr             counts the lines that tests run
python3-prometheus-client the exporter of scripts, and the tests that scrape it
tshark            reads captures in tests
python3-yaml      reads the example configurations of TRex in tests
iputils-ping      a real peer in tests and demo
iputils-tracepath finds path MTUs in tests and demo
traceroute        names hops in tests and demo
curl              the web client of the demo
gnuplot-nox       draws the picture of the benchmark
groff-base        formats the manual pages in tests
'

attack_table='
thc-ipv6          attacks of attack.sh: floods, poisoning, fragments, options
ipv6toolkit       attacks of attack.sh: Neighbor Discovery, scans, ICMPv6
'

case ${1-} in
'') ;;
--attack) table+=$attack_table ;;
*)
	echo "setup.sh: no option $1; there is --attack alone." >&2
	exit 1
	;;
esac

packages=()
reasons=()
while read -r package reason; do
	[ -n "$package" ] || continue
	packages+=("$package")
	reasons+=("$reason")
done <<<"$table"

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

if ! command -v dpkg-query >/dev/null; then
	echo "setup.sh: this is no Debian system: install the packages' counterparts by hand:" >&2
	printf '%s' "$table" >&2
	exit 1
fi

missing=()
for i in "${!packages[@]}"; do
	if ! installed "${packages[i]}"; then
		missing+=("${packages[i]}")
		echo "setup: ${packages[i]} is missing (${reasons[i]})"
	fi
done

if [ ${#missing[@]} -eq 0 ]; then
	echo "setup: all ${#packages[@]} packages are installed."
	exit 0
fi

if [ "$(id -u)" -ne 0 ]; then
	echo "setup.sh: installing packages needs root; run it with sudo." >&2
	exit 1
fi

echo "setup: installing ${#missing[@]} packages with apt-get."
export DEBIAN_FRONTEND=noninteractive
apt-get -q -o DPkg::Lock::Timeout=120 update
apt-get -q -y -o DPkg::Lock::Timeout=120 install --no-install-recommends "${missing[@]}"
echo "setup: done."
