#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
#
# What must be there before mtud starts: hugepages (MTUD_HUGEPAGES), NICs bound to vfio-pci
# (MTUD_BIND), EAL's directory. Run by mtud.service; see /etc/default/mtud. Each failure is one
# sentence and status 1. SYSFS, MOUNTS, HUGE_DIR and RUN_DIR stand in for the system's in tests.

set -euo pipefail

sysfs=${SYSFS:-/sys}
mounts=${MOUNTS:-/proc/mounts}
huge_dir=${HUGE_DIR:-/dev}
run_dir=${RUN_DIR:-/run}
here=$(dirname "$(readlink -f "$0")")

die() {
	echo "mtud-prepare: $*" >&2
	exit 1
}

# kb SIZE: 2M as 2048.
kb() {
	case $1 in
	[1-9]*[kK]) echo "${1%[kK]}" ;;
	[1-9]*[mM]) echo $((${1%[mM]} * 1024)) ;;
	[1-9]*[gG]) echo $((${1%[gG]} * 1024 * 1024)) ;;
	*) return 1 ;;
	esac
}

# reserve SIZE:COUNT[@NODE]: have that many pages, never fewer than before.
reserve() {
	local item=$1 size count node dir file have
	[[ $item =~ ^([1-9][0-9]*[kKmMgG]):([1-9][0-9]*)(@([0-9]+))?$ ]] ||
		die "MTUD_HUGEPAGES: $item: expected SIZE:COUNT or SIZE:COUNT@NODE, as 2M:512 or 1G:2@0"
	size=${BASH_REMATCH[1]}
	count=${BASH_REMATCH[2]}
	node=${BASH_REMATCH[4]}
	dir=$sysfs/kernel/mm/hugepages
	[ -z "$node" ] || dir=$sysfs/devices/system/node/node$node/hugepages
	[ -d "$dir" ] || die "MTUD_HUGEPAGES: $item: this machine has no NUMA node $node with hugepages"
	file=$dir/hugepages-$(kb "$size")kB/nr_hugepages
	[ -f "$file" ] || die "MTUD_HUGEPAGES: $item: this machine has no hugepages of $size; it has" \
		"$(basename -a "$dir"/hugepages-* | sed 's/hugepages-//' | paste -sd' ')"
	have=$(<"$file")
	if [ "$have" -lt "$count" ]; then
		echo "$count" 2>/dev/null >"$file" ||
			die "MTUD_HUGEPAGES: $item: $file cannot be written to; run this as root"
		have=$(<"$file")
	fi
	[ "$have" -ge "$count" ] ||
		die "MTUD_HUGEPAGES: $item: the kernel has memory for $have pages only; ask for fewer," \
			"or reserve them at boot: hugepagesz=$size hugepages=$count"
	mount_pages "$size"
}

# mount_pages SIZE: EAL takes pages from a hugetlbfs of their size.
mount_pages() {
	local size=$1 dir=$huge_dir/hugepages
	if awk -v want="$(kb "$size")" '
		$3 == "hugetlbfs" && match($4, /pagesize=[0-9]+[KMG]?/) {
			size = substr($4, RSTART + 9, RLENGTH - 9)
			unit = size ~ /G$/ ? 1048576 : size ~ /M$/ ? 1024 : 1
			if (size * unit == want)
				found = 1
		}
		END { exit !found }' "$mounts"; then
		return
	fi
	[ "$(kb "$size")" -eq 2048 ] || dir=$huge_dir/hugepages$size
	if ! mkdir -p "$dir" || ! mount -t hugetlbfs -o "pagesize=$size,mode=0700" mtud "$dir"; then
		die "MTUD_HUGEPAGES: $size: no hugetlbfs can be mounted on $dir (mount's line above" \
			"says why)"
	fi
}

# Installed it stands beside mtud-bind, in the source tree beside bind.sh.
bind_devices() {
	local tool=$here/mtud-bind
	[ -x "$tool" ] || tool=$here/bind.sh
	[ -x "$tool" ] || die "MTUD_BIND: there is no mtud-bind in $here; install mtud whole"
	"$tool" bind "$@" || die "MTUD_BIND: $* (the line above says which device, and why)"
}

read -ra pages <<<"${MTUD_HUGEPAGES:-}"
read -ra devices <<<"${MTUD_BIND:-}"
for item in "${pages[@]}"; do
	reserve "$item"
done
if [ ${#devices[@]} -gt 0 ]; then
	bind_devices "${devices[@]}"
fi
[ -d "$run_dir/dpdk" ] || mkdir -m 0700 "$run_dir/dpdk" ||
	die "$run_dir/dpdk cannot be made; run this as root"
