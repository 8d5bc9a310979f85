# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
#
# Devices as sysfs shows them, and which of them must not be taken. Read in by bind.sh.

# Tests have a root with sys and proc of their own.
sys=${MTUD_BIND_ROOT:-}/sys
proc=${MTUD_BIND_ROOT:-}/proc
devices=$sys/bus/pci/devices

why=               # what the kernel had against the last write
declare -A guarded # interfaces that must not be taken, and why

die() {
	echo "$me: $*" >&2
	exit 1
}

fail() {
	echo "$me: $*" >&2
	return 1
}

# put VALUE FILE: write to sysfs, which answers by the error of the write.
put() {
	why=$(printf '%s\n' "$1" | tee "$2" 2>&1 >/dev/null) && return
	why=${why##*: }
	return 1
}

# put, and see that it reads back.
put_seen() {
	put "$1" "$2" || return
	[ "$(get "$2")" = "$1" ] || {
		why="it reads $(get "$2" nothing)"
		return 1
	}
}

get() {
	cat "$1" 2>/dev/null || echo "${2:-}"
}

# Where a link leads, the last part alone.
target() {
	if [ -L "$1" ]; then
		basename "$(readlink "$1")"
	else
		echo "${2:-}"
	fi
}

driver_of() {
	target "$devices/$1/driver"
}

# Interfaces of a PCI device; those of virtio stand one level down.
interfaces_of() {
	local path
	for path in "$devices/$1"/net/* "$devices/$1"/virtio*/net/*; do
		echo "${path##*/}"
	done
}

# A device by its address and, where it has one, its interface.
name_of() {
	local ifaces
	mapfile -t ifaces < <(interfaces_of "$1")
	echo "$1${ifaces[0]:+ (${ifaces[*]})}"
}

is_pci_address() {
	[[ $1 =~ ^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$ ]]
}

# resolve DEV: its PCI address.
resolve() {
	local dev=$1 path
	for path in "${dev,,}" "0000:${dev,,}"; do
		if is_pci_address "$path"; then
			[ -e "$devices/$path" ] ||
				die "$dev: no such PCI device; $me show lists network devices."
			echo "$path"
			return
		fi
	done
	[[ -n $dev && $dev != */* && $dev != . && $dev != .. && -e $sys/class/net/$dev ]] ||
		die "$dev: no such interface; one that is with vfio-pci has none, name it by its" \
			"PCI address ($me show)."
	path=$(readlink -f "$sys/class/net/$dev/device" || true)
	if [ "$(target "$path/subsystem")" = virtio ]; then
		path=${path%/*}
	fi
	is_pci_address "${path##*/}" ||
		die "$dev is no PCI device: give it to mtud with --vdev=net_af_packet0,iface=$dev."
	echo "${path##*/}"
}

# resolve_all DEV...: their addresses in addrs.
resolve_all() {
	local dev addr
	addrs=()
	for dev; do
		addr=$(resolve "$dev")
		addrs+=("$addr")
	done
}

is_network() {
	[[ $(get "$devices/$1/class") = 0x02* ]]
}

# Drivers whose DPDK counterpart works beside the kernel's.
is_shared() {
	case $1 in
	mlx4_core | mlx5_core | mana) return 0 ;;
	*) return 1 ;;
	esac
}

is_user_driver() {
	case $1 in
	vfio-pci | igb_uio | uio_pci_generic) return 0 ;;
	*) return 1 ;;
	esac
}

# The IOMMU group, or nothing where only vfio's unsafe mode made one up.
group_of() {
	[ "$(get "$devices/$1/iommu_group/name")" = vfio-noiommu ] ||
		target "$devices/$1/iommu_group"
}

# guard IFACE REASON: it, and all interfaces that it stands on (bond, bridge, VLAN, VF).
guard() {
	local iface=$1 reason=$2 lower
	[ -z "${guarded[$iface]:-}" ] || return 0
	guarded[$iface]=$reason
	for lower in "$sys/class/net/$iface"/lower_*; do
		guard "${lower##*/lower_}" "${reason/#carries/is under $iface, which carries}"
	done
}

# The interfaces that lines of ip's route output name.
route_interfaces() {
	grep -o ' dev [^ ]*' | cut -d ' ' -f 3 | sort -u
}

# Who runs this over ssh: the client's address and ours. sudo hides the variable, but not from the
# processes above it.
ssh_connection() {
	local pid=$$ connection=${SSH_CONNECTION:-}
	while [ -z "$connection" ] && [ "${pid:-0}" -gt 1 ] && [ -r "$proc/$pid/environ" ]; do
		connection=$(tr '\0' '\n' <"$proc/$pid/environ" | sed -n 's/^SSH_CONNECTION=//p')
		pid=$(sed -n 's/^PPid:[[:space:]]*//p' "$proc/$pid/status")
	done
	echo "$connection"
}

guard_session() {
	local client server iface
	read -r client _ server _ <<<"$(ssh_connection)"
	[ -n "$server" ] || return 0
	for iface in $(ip -o addr show to "${server%%%*}" 2>/dev/null | awk '{print $2}') \
		$(ip -o route get "${client%%%*}" 2>/dev/null | route_interfaces); do
		guard "${iface%@*}" "carries this ssh session"
	done
	# A link-local address names its interface itself.
	case $client in
	*%*) guard "${client#*%}" "carries this ssh session" ;;
	esac
}

# To know nothing of routes is no reason to take what may carry them.
find_guarded() {
	local family routes iface
	for family in 4 6; do
		routes=$(ip "-$family" route show table all default 2>&1) || [ "$force" = yes ] ||
			die "ip route cannot tell which interface carries the default route: $routes;" \
				"--force does without."
		for iface in $(route_interfaces <<<"$routes"); do
			guard "$iface" "carries the IPv$family default route"
		done
	done
	guard_session
}

# Why a device must not be taken, or nothing.
guard_of() {
	local iface
	for iface in $(interfaces_of "$1"); do
		if [ -n "${guarded[$iface]:-}" ]; then
			echo "${guarded[$iface]}"
			return
		fi
	done
}

# Processes that have a device open through vfio: only they can let go of it.
users_of() {
	local group fd pids=
	group=$(target "$devices/$1/iommu_group")
	[ -n "$group" ] || return 0
	for fd in "$proc"/[0-9]*/fd/*; do
		case $(readlink "$fd" || true) in
		/dev/vfio/"$group" | /dev/vfio/noiommu-"$group")
			fd=${fd#"$proc/"}
			pids+="${pids:+, }$(get "$proc/${fd%%/*}/comm" '?') (process ${fd%%/*})"
			;;
		esac
	done
	echo "$pids"
}

link_of() {
	local state speed
	state=$(get "$sys/class/net/$1/operstate" -)
	speed=$(get "$sys/class/net/$1/speed")
	if [ "$state" = up ] && [[ $speed =~ ^[1-9][0-9]*$ ]]; then
		state+=" ${speed}M"
		state=${state/%000M/G}
	fi
	echo "$state"
}

vfs_of() {
	local total
	total=$(get "$devices/$1/sriov_totalvfs" 0)
	if [ -L "$devices/$1/physfn" ]; then
		echo "of $(target "$devices/$1/physfn")"
	elif [ "$total" -gt 0 ]; then
		echo "$(get "$devices/$1/sriov_numvfs" 0)/$total"
	else
		echo -
	fi
}

note_of() {
	local driver note
	driver=$(driver_of "$1")
	note=$(guard_of "$1")
	if is_shared "$driver"; then
		note+="${note:+; }works with mtud as it is"
	fi
	if [ "$driver" = vfio-pci ] && [ -z "$(group_of "$1")" ]; then
		note+="${note:+; }no IOMMU: it can reach all memory"
	fi
	echo "$note"
}

row() {
	local iface group driver node link=-
	iface=$(interfaces_of "$1" | head -n 1)
	driver=$(driver_of "$1")
	group=$(group_of "$1")
	node=$(get "$devices/$1/numa_node" -1)
	[ -z "$iface" ] || link=$(link_of "$iface")
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s:%s\t%s\t%s\n' "$1" "${iface:--}" "${driver:--}" \
		"$link" "${node/#-1/-}" "${group:--}" \
		"$(get "$devices/$1/vendor" 0x? | cut -c 3-)" \
		"$(get "$devices/$1/device" 0x? | cut -c 3-)" "$(vfs_of "$1")" "$(note_of "$1")"
}

align() {
	awk -F '\t' '
		{ n = NF > n ? NF : n; for (i = 1; i <= NF; i++) { cell[NR, i] = $i
			if (length($i) > width[i]) width[i] = length($i) } }
		END { for (r = 1; r <= NR; r++) { line = ""
			for (i = 1; i <= n; i++) line = line sprintf("%-" width[i] "s  ", cell[r, i])
			sub(/ +$/, "", line); print line } }'
}

show() {
	local dev addrs
	resolve_all "$@"
	if [ $# -eq 0 ]; then
		for dev in "$devices"/*; do
			if is_network "${dev##*/}"; then
				addrs+=("${dev##*/}")
			fi
		done
	fi
	if [ ${#addrs[@]} -eq 0 ]; then
		echo "No network device on the PCI bus."
		return
	fi
	find_guarded
	{
		printf 'Address\tInterface\tDriver\tLink\tNode\tGroup\tId\tVFs\tNote\n'
		for dev in "${addrs[@]}"; do
			row "$dev"
		done
	} | align
}
