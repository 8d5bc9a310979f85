#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
#
# Network cards for mtud: shows them, makes virtual functions, and gives devices to vfio-pci and
# back to the kernel. Installed as mtud-bind; mtud-bind(8) describes it.

set -euo pipefail
shopt -s nullglob

me=$(basename "$0")
here=$(dirname "$(readlink -f "$0")")

force=no
no_iommu=no

# shellcheck source=scripts/bind_devices.sh
. "$here/bind_devices.sh"

usage() {
	cat <<-END
		Usage: $me show [DEV...]
		       $me vfs [--force] PF N
		       $me bind [--force] [--no-iommu] DEV...
		       $me unbind DEV...

		DEV and PF are PCI addresses (0000:3b:00.0, 3b:00.0) or interfaces (ens1f0).

		  show      network devices: driver, link, NUMA node, IOMMU group, VFs
		  vfs       make N virtual functions of a device with SR-IOV; 0 removes them
		  bind      give devices to vfio-pci, where mtud finds them
		  unbind    give devices back to their kernel drivers

		  --force     take even the interface of the default route or of this session
		  --no-iommu  without an IOMMU: lets devices reach all memory, which is unsafe
	END
}

# A MAC of its own for a VF, the same after each restart: the PF's with a local first octet. Where
# that is local already, none may be the PF's own.
vf_mac() {
	local mac=$1 index=$2 first=0x02
	if ((0x${mac:0:2} & 0x02)); then
		first=0x${mac:0:2}
		index=$((index + 1))
	fi
	printf '%02x:%02x%s\n' $((first ^ (index & 63) << 2)) \
		$((0x${mac:3:2} ^ index >> 6)) "${mac:5}"
}

vf_note() {
	local pf=$1 iface=$2 index=$3 vf mac users
	vf=$(target "$devices/$pf/virtfn$index" '?')
	# Whoever drives it knows it by the MAC that it has.
	users=$(users_of "$vf")
	if [ -n "$users" ]; then
		echo "$vf: VF $index of $iface, in use by $users: its MAC stays"
		return
	fi
	mac=$(vf_mac "$(get "$sys/class/net/$iface/address")" "$index")
	why=$(ip link set dev "$iface" vf "$index" mac "$mac" 2>&1) ||
		fail "$vf: $iface refuses MAC $mac for VF $index (${why##*: }): without one it may" \
			"have another after each restart." || return
	echo "$vf: VF $index of $iface, MAC $mac"
}

remove_vfs() {
	local addr=$1 vf reason
	for vf in "$devices/$addr"/virtfn*; do
		vf=$(target "$vf")
		reason=$(guard_of "$vf")
		[ -z "$reason" ] || [ "$force" = yes ] ||
			die "$(name_of "$vf") $reason: nothing removed; --force does it all the same."
		[ -z "$(users_of "$vf")" ] ||
			die "$vf is in use by $(users_of "$vf"): end that first."
	done
	put_seen 0 "$devices/$addr/sriov_numvfs" ||
		die "$(name_of "$addr") does not let go of its VFs: $why."
}

make_vfs() {
	local addr=$1 n=$2
	put_seen "$n" "$devices/$addr/sriov_numvfs" ||
		die "$(name_of "$addr") makes no $n VFs: $why. Switch SR-IOV on in the BIOS; \"Cannot" \
			"allocate memory\" is cured by pci=realloc on the kernel's command line, or by" \
			"fewer VFs."
}

vfs() {
	local addr n=$2 total now iface index status=0
	[[ $n =~ ^[0-9]{1,4}$ ]] || die "$n: how many virtual functions? Expected a number."
	n=$((10#$n))
	addr=$(resolve "$1")
	total=$(get "$devices/$addr/sriov_totalvfs" 0)
	now=$(get "$devices/$addr/sriov_numvfs" 0)
	iface=$(interfaces_of "$addr" | head -n 1)
	[ "$total" -gt 0 ] ||
		die "$(name_of "$addr") has no virtual functions to give: it is a VF itself, or its" \
			"firmware or the BIOS has SR-IOV switched off."
	[ "$n" -le "$total" ] || die "$(name_of "$addr") has $total VFs at most, not $n."
	if [ "$n" -eq 0 ]; then
		find_guarded
		remove_vfs "$addr"
		echo "$(name_of "$addr"): no VFs"
		return
	fi
	[ -n "$iface" ] ||
		die "$addr has no interface in the kernel, which VFs need: give it back with" \
			"$me unbind $addr."
	if [ "$now" -ne "$n" ]; then
		[ "$now" -eq 0 ] ||
			die "$(name_of "$addr") has $now VFs, and another number means to remove" \
				"them first: $me vfs $iface 0."
		make_vfs "$addr" "$n"
	fi
	for ((index = 0; index < n; index++)); do
		vf_note "$addr" "$iface" "$index" || status=1
	done
	cat <<-END
		mtud needs multicast for Neighbor Discovery, which some drivers give to trusted VFs only:
		  ip link set $iface vf N trust on
		The spoof check may stay on: mtud sends with the VF's own MAC. $iface must be up, and
		its MTU is the most that a VF can have. To mtud they go with: $me bind ADDRESS
	END
	return "$status"
}

# --- bind

# All that speaks against taking a device is said before anything is changed.
may_bind() {
	local addr=$1 driver reason
	driver=$(driver_of "$addr")
	is_network "$addr" ||
		fail "$addr is no network device (class $(get "$devices/$addr/class" '?'))." || return
	if is_shared "$driver" || [ "$driver" = vfio-pci ]; then
		return
	fi
	reason=$(guard_of "$addr")
	[ -z "$reason" ] || [ "$force" = yes ] ||
		fail "$(name_of "$addr") $reason: not taken. Use another device, or --force from a" \
			"console that does not need it." || return
	[ "$(get "$devices/$addr/sriov_numvfs" 0)" -eq 0 ] ||
		fail "$(name_of "$addr") has VFs, which need their PF in the kernel: bind one of" \
			"them, or remove them with $me vfs $addr 0."
}

load_vfio() {
	local output
	[ ! -e "$sys/bus/pci/drivers/vfio-pci" ] || return 0
	output=$(modprobe vfio-pci 2>&1) || true
	[ -e "$sys/bus/pci/drivers/vfio-pci" ] ||
		die "vfio-pci: this kernel ($(uname -r)) does not load it: ${output:-no driver came}." \
			"Images for clouds may lack it; Debian's linux-image-amd64 has it."
}

# Without an IOMMU vfio works only when told to do without protection.
allow_no_iommu() {
	local mode=$sys/module/vfio/parameters/enable_unsafe_noiommu_mode
	[ "$no_iommu" = yes ] ||
		fail "$(name_of "$1") has no IOMMU group. Switch VT-d or AMD-Vi on in the BIOS and add" \
			"intel_iommu=on iommu=pt to the kernel's command line. In a virtual machine without" \
			"one, --no-iommu makes do: unsafe, as the device and who drives it can then" \
			"reach all memory." || return
	[ -e "$mode" ] ||
		fail "this kernel's vfio has no mode without IOMMU (CONFIG_VFIO_NOIOMMU)." || return
	[ "$(get "$mode")" != Y ] || return 0
	put_seen Y "$mode" ||
		fail "vfio does not switch its mode without IOMMU on: $why. A locked-down" \
			"kernel (Secure Boot) forbids it." || return
	echo "$me: vfio works without IOMMU now: unsafe, devices can reach all memory." >&2
}

# Back to the driver that it had, after vfio-pci would not have it.
give_back() {
	put "" "$devices/$1/driver_override" || true
	put "$1" "$sys/bus/pci/drivers_probe" || true
}

bind_one() {
	local addr=$1 driver refusal
	driver=$(driver_of "$addr")
	if is_shared "$driver"; then
		echo "$(name_of "$addr"): $driver works beside mtud, nothing to bind: give it to mtud" \
			"with -a $addr"
		return
	fi
	if [ "$driver" != vfio-pci ]; then
		[ -n "$(group_of "$addr")" ] || allow_no_iommu "$addr" || return
		put vfio-pci "$devices/$addr/driver_override" ||
			fail "$(name_of "$addr") cannot be reserved for vfio-pci: $why." || return
		if [ -n "$driver" ]; then
			put "$addr" "$devices/$addr/driver/unbind" || {
				refusal=$why
				put "" "$devices/$addr/driver_override" || true
				fail "$driver does not let go of $(name_of "$addr"): $refusal."
				return
			}
		fi
		if ! put "$addr" "$sys/bus/pci/drivers_probe" || [ "$(driver_of "$addr")" != vfio-pci ]; then
			refusal=$why
			give_back "$addr"
			fail "vfio-pci does not take $addr: ${refusal:-dmesg may say why}. It is with" \
				"$(target "$devices/$addr/driver" "no driver") now."
			return
		fi
	fi
	echo "$addr: vfio-pci${driver:+, was $driver}"
}

# vfio gives a group out as a whole or not at all.
check_group() {
	local addr=$1 group other driver rest=
	group=$(group_of "$addr")
	[ -n "$group" ] && [ "$(driver_of "$addr")" = vfio-pci ] || return 0
	for other in "$devices/$addr/iommu_group/devices"/*; do
		other=${other##*/}
		driver=$(driver_of "$other")
		case $driver in
		'' | vfio-pci | pci-stub | pcieport) ;;
		*) rest+="${rest:+, }$other ($driver)" ;;
		esac
	done
	[ -z "$rest" ] ||
		fail "$addr is bound, but mtud cannot open it: IOMMU group $group also holds $rest." \
			"Bind those too, or use a slot with a group of its own."
}

bind_all() {
	local addr addrs status=0
	resolve_all "$@"
	find_guarded
	for addr in "${addrs[@]}"; do
		may_bind "$addr" || status=1
	done
	[ "$status" -eq 0 ] || return "$status"
	for addr in "${addrs[@]}"; do
		if ! is_shared "$(driver_of "$addr")"; then
			load_vfio
		fi
		bind_one "$addr" || status=1
	done
	for addr in "${addrs[@]}"; do
		check_group "$addr" || status=1
	done
	return "$status"
}

# --- unbind

unbind_one() {
	local addr=$1 driver users
	driver=$(driver_of "$addr")
	if [ -n "$driver" ] && ! is_user_driver "$driver"; then
		echo "$(name_of "$addr"): $driver, nothing to do"
		return
	fi
	users=$(users_of "$addr")
	[ -z "$users" ] || fail "$addr is in use by $users: end that first." || return
	put "" "$devices/$addr/driver_override" ||
		fail "$addr stays reserved for ${driver:-another driver}: $why." || return
	if [ -n "$driver" ]; then
		put "$addr" "$devices/$addr/driver/unbind" ||
			fail "$driver does not let go of $addr: $why." || return
	fi
	put "$addr" "$sys/bus/pci/drivers_probe" || true
	if [ -z "$(driver_of "$addr")" ]; then
		# Its module may never have been loaded, or was taken out.
		modprobe -q "$(get "$devices/$addr/modalias")" || true
		[ -n "$(driver_of "$addr")" ] || put "$addr" "$sys/bus/pci/drivers_probe" || true
	fi
	driver=$(driver_of "$addr")
	[ -n "$driver" ] ||
		fail "$addr has left vfio-pci, but no kernel driver takes it: load the one for" \
			"$(get "$devices/$addr/vendor" '?'):$(get "$devices/$addr/device" '?'), or see dmesg." ||
		return
	! is_user_driver "$driver" ||
		fail "$addr went back to $driver, which asks for all of its kind (ids= in" \
			"/etc/modprobe.d, or new_id): take that away." || return
	echo "$addr: $driver"
}

unbind_all() {
	local addr addrs status=0
	resolve_all "$@"
	for addr in "${addrs[@]}"; do
		if is_network "$addr"; then
			unbind_one "$addr" || status=1
		else
			fail "$addr is no network device: not touched." || status=1
		fi
	done
	return "$status"
}

words=()
for word; do
	case $word in
	-h | --help) usage; exit ;;
	--force) force=yes ;;
	--no-iommu) no_iommu=yes ;;
	-*) die "$word: no such option; see $me --help." ;;
	*) words+=("$word") ;;
	esac
done
set -- "${words[@]}"
verb=${1:-}
[ $# -eq 0 ] || shift

case $verb in
show) show "$@" ;;
vfs | bind | unbind)
	[ $# -gt 0 ] || die "$verb: which device? $me show lists them."
	[ "$(id -u)" -eq 0 ] || die "$verb changes drivers, which needs root: use sudo."
	case $verb in
	vfs)
		[ $# -eq 2 ] || die "vfs: expected a device and a number: $me vfs ens1f0 2."
		vfs "$@"
		;;
	bind) bind_all "$@" ;;
	unbind) unbind_all "$@" ;;
	esac
	;;
'') usage >&2; exit 1 ;;
*) die "$verb: no such command; see $me --help." ;;
esac
