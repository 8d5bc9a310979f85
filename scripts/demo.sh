#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
#
# A web server behind a path MTU of 1280 octets that narrows one way only, over IPv6 or IPv4: three
# network namespaces on this machine, real Linux TCP at both ends, mtud in the middle.

set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
scripts=$root/scripts
mtud=$root/build/app/mtud

client=mtud-client-$$
router=mtud-router-$$
server=mtud-server-$$

octets=$((8 * 1024 * 1024))

work=
netns_was_mounted=
pids=()

die() {
	echo "demo.sh: $*" >&2
	exit 1
}

usage() {
	cat <<-END
		Usage: scripts/demo.sh [--ipv4] [--interactive]

		Shows a one-way path MTU of 1280 octets with real Linux TCP, in three network
		namespaces of this machine.

		  -4, --ipv4         over IPv4 instead of IPv6, with fragments besides
		  -i, --interactive  only set all up and leave mtud's console on the terminal;
		                     quit ends it
		  -h, --help         say this
	END
}

# The story's addresses, and what differs in how its tools are called.
over_ipv6() {
	family=6
	client_addr=2001:db8:c::2
	router_client=2001:db8:c::1
	router_server=2001:db8:5::1
	server_link=2001:db8:5::2
	server_addr=2001:db8:1280::80
	server_prefix=2001:db8:1280::/48
	link_length=64
	address_length=128
	at_once=nodad
	url=http://[$server_addr]
	hop_limit='hop limit'
	answer='Packet Too Big'
}

over_ipv4() {
	family=4
	client_addr=192.0.2.2
	router_client=192.0.2.1
	router_server=198.51.100.1
	server_link=198.51.100.2
	server_addr=203.0.113.80
	server_prefix=203.0.113.0/24
	link_length=24
	address_length=32
	at_once=
	url=http://$server_addr
	hop_limit=TTL
	answer='Fragmentation Needed'
}

say() {
	printf '\n== %s\n' "$*"
}

# In the foreground only: of a function in the background, $! is not the program's own id.
in_ns() {
	ip netns exec "$@"
}

console() {
	/usr/bin/python3 -B "$scripts/console.py" "$work/console" "$@"
}

stop() {
	kill -TERM "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

cleanup() {
	local pid ns
	trap - EXIT INT TERM HUP
	for pid in "${pids[@]}"; do
		stop "$pid"
	done
	for ns in "$client" "$router" "$server"; do
		[ ! -e "/run/netns/$ns" ] || ip netns del "$ns" || true
	done
	# The first `ip netns add` mounts a folder; leave it only where it was before.
	if [ "$netns_was_mounted" = no ] && [ -z "$(ls -A /run/netns 2>/dev/null)" ]; then
		umount /run/netns 2>/dev/null || true
		rmdir /run/netns 2>/dev/null || true
	fi
	[ -z "$work" ] || rm -rf "$work"
}

build() {
	"$scripts/setup.sh"
	if [ ! -f "$root/build/build.ninja" ]; then
		meson setup "$root/build" "$root" --buildtype=release
	fi
	ninja --quiet -C "$root/build" || die "mtud does not build; see the compiler's words above."
	[ -x "$mtud" ] || die "there is no program $mtud after the build."
}

# wire NAMESPACE ROUTER-IFACE MAC: a veth pair, "eth0" at the end of NAMESPACE.
wire() {
	ip -n "$1" link add eth0 type veth peer name "$2" address "$3" netns "$router"
	# mtud answers for this end and forwards, the kernel must not.
	in_ns "$router" sysctl -qw "net.ipv6.conf.$2.disable_ipv6=1" \
		"net.ipv4.conf.$2.forwarding=0"
	# What Linux says over IPv6 without being asked is no part of a story about IPv4.
	[ "$family" = 6 ] || in_ns "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	in_ns "$1" ethtool -K eth0 tx off rx off tso off gso off gro off >/dev/null
	in_ns "$router" ethtool -K "$2" tx off rx off tso off gso off gro off >/dev/null
	ip -n "$router" link set "$2" up
	ip -n "$1" link set eth0 up
	ip -n "$1" link set lo up
}

set_up() {
	local ns
	netns_was_mounted=no
	if mountpoint -q /run/netns; then
		netns_was_mounted=yes
	fi
	for ns in "$client" "$router" "$server"; do
		ip netns add "$ns" || die "cannot make network namespaces on this machine."
	done
	wire "$client" to-client 02:00:00:00:0c:01
	wire "$server" to-server 02:00:00:00:05:01
	ip -n "$client" addr add "$client_addr/$link_length" dev eth0 $at_once
	ip -n "$client" route add default via "$router_client"
	ip -n "$server" addr add "$server_link/$link_length" dev eth0 $at_once
	ip -n "$server" addr add "$server_addr/$address_length" dev eth0 $at_once
	ip -n "$server" route add default via "$router_server"
}

write_config() {
	cat >"$work/demo.conf" <<-END
		add address $router_client/$link_length port 0
		add address $router_server/$link_length port 1
		# Towards the server the path is narrow; the way back is the port's own 1500.
		add route $server_prefix via $server_link mtu 1280
	END
}

# The command line of mtud, but for what stands behind --.
eal_arguments() {
	local lcores='0,1'
	[ "$(nproc)" -ge 2 ] || lcores='(0,1)@0'
	eal=(--no-huge -m 512 --no-pci --file-prefix "mtud-demo-$$" --lcores "$lcores"
		"--vdev=net_af_packet0,iface=to-client" "--vdev=net_af_packet1,iface=to-server")
}

start_server() {
	mkdir "$work/www"
	ip netns exec "$server" /usr/bin/python3 -B "$scripts/demo_server.py" "$server_addr" 80 \
		"$work/www" &
	pids+=($!)
}

start_mtud() {
	local tries=100
	ip netns exec "$router" "$mtud" "${eal[@]}" -- -f "$work/demo.conf" --console "$work/console" \
		>"$work/log" 2>&1 &
	pids+=($!)
	while [ $((tries--)) -gt 0 ]; do
		if console "show port" >/dev/null 2>&1; then
			return
		fi
		kill -0 "${pids[-1]}" 2>/dev/null || break
		sleep 0.2
	done
	cat "$work/log" >&2
	die "mtud does not start; its words are above."
}

# watch NAMESPACE WHAT: see what arrives at eth0 there, until unwatch.
watch() {
	rm -f "$work/watch"
	ip netns exec "$1" /usr/bin/python3 -B "$scripts/demo_watch.py" "$2" eth0 >"$work/watch" &
	watcher=$!
	pids+=("$watcher")
	while [ ! -s "$work/watch" ]; do
		kill -0 "$watcher" 2>/dev/null || die "the watcher of packets does not start."
		sleep 0.05
	done
}

unwatch() {
	stop "$watcher"
	unset 'pids[-1]'
	# But for the line that says that it is ready.
	sed -i 1d "$work/watch"
}

forget_mtu() {
	in_ns "$client" ip "-$family" route flush cache
}

show_path() {
	say "tracepath: the client finds the path MTU, and where it narrows."
	in_ns "$client" tracepath "-$family" -n "$server_addr" | tee "$work/tracepath"
	grep -q "pmtu 1280" "$work/tracepath" || die "tracepath found no pmtu 1280."
	forget_mtu

	say "traceroute: mtud is a hop with an address and a $hop_limit of its own."
	in_ns "$client" traceroute "-$family" -n -q 1 "$server_addr" | tee "$work/traceroute"
	grep -q "^ 1  $router_client " "$work/traceroute" ||
		die "traceroute does not name mtud's hop."
}

show_upload() {
	local sent arrived
	say "Upload: the client sends 8 MiB. Its TCP starts with segments for 1500 octets, which do"
	echo "   not fit; mtud drops them and answers $answer, and TCP adapts."
	head -c "$octets" /dev/urandom >"$work/upload"
	in_ns "$client" curl -sS -g --max-time 30 -T "$work/upload" \
		-w 'sent %{size_upload} octets in %{time_total} s\n' "$url/upload"
	sent=$(sha256sum <"$work/upload")
	arrived=$(sha256sum <"$work/www/upload")
	echo "sha256 sent:    $sent"
	echo "sha256 arrived: $arrived"
	[ "$sent" = "$arrived" ] || die "the upload did not arrive intact."
	echo "The client's kernel has learned the path MTU (ip -$family route get):"
	in_ns "$client" ip "-$family" route get "$server_addr" | tee "$work/learned"
	grep -q "mtu 1280" "$work/learned" || die "the client has learned no mtu 1280."
}

show_download() {
	say "Download: the way back is not narrow, so segments larger than 1280 octets pass."
	echo "   The client first forgets what it has learned (ip -$family route flush cache): Linux"
	echo "   would announce a segment size for 1280 octets and so narrow the way back itself."
	forget_mtu
	watch "$client" "tcp$family"
	in_ns "$client" curl -sS -g --max-time 30 -o "$work/download" \
		-w 'received %{size_download} octets in %{time_total} s\n' "$url/upload"
	unwatch
	echo "What arrived at the client's eth0:"
	cat "$work/watch"
	cmp -s "$work/upload" "$work/download" || die "the download did not arrive intact."
	grep -q "^TCP packets larger than 1280 octets: [1-9]" "$work/watch" ||
		die "no segment larger than 1280 octets came back."
}

show_fragments() {
	local json
	say "ping -M dont: packets of 1500 octets that may be fragmented (DF clear). mtud sends them on"
	echo "   in fragments, the server's kernel puts them together, and its answers come back whole."
	echo "   Again the client first forgets the path MTU, or it would make the fragments itself."
	forget_mtu
	watch "$server" fragments
	in_ns "$client" ping "-$family" -n -M dont -s 1472 -c 3 -i 0.2 "$server_addr" |
		tee "$work/ping" || true
	unwatch
	echo "What arrived at the server's eth0:"
	cat "$work/watch"
	grep -q " 3 received" "$work/ping" || die "not every ping was answered."
	grep -q "^Fragments: 6 of 3 packets" "$work/watch" ||
		die "what arrived were not two fragments of each packet."
	printf '\nmtud> show route %s\n' "$server_prefix"
	console "show route $server_prefix"
	json=$(console "show route $server_prefix json")
	[[ $json == *'"fragmented": 3, "fragments": 6,'* ]] ||
		die "mtud does not count 3 packets that became 6 fragments."
}

show_refusal() {
	say "ping -M do: the same with DF set does not get through, and the client is told the MTU."
	# Without a reply ping ends with 1.
	in_ns "$client" ping "-$family" -n -M "do" -s 1472 -c 1 "$server_addr" \
		>"$work/ping" 2>&1 || true
	grep "^From $router_client .*mtu = 1280" "$work/ping" || {
		cat "$work/ping"
		die "the ping was not refused with the MTU."
	}
}

show_counters() {
	local line
	say "What mtud says: why an address gets which MTU, its routes, answers and ports."
	for line in "show route to $server_addr size 1500" "show route" "show drops" "show stats"; do
		echo "mtud> $line"
		console "$line"
		echo
	done
}

interactive=no
over_ipv6
for option; do
	case $option in
	-4 | --ipv4) over_ipv4 ;;
	-i | --interactive) interactive=yes ;;
	-h | --help) usage && exit 0 ;;
	*) usage >&2 && exit 2 ;;
	esac
done
[ "$(id -u)" -eq 0 ] || die "network namespaces and packet sockets need root; use sudo."

build
work=$(mktemp -d /tmp/mtud-demo.XXXXXX)
# EAL's runtime files go where the trap removes them.
export RUNTIME_DIRECTORY=$work
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say "Three network namespaces on veth pairs: a client, mtud, and a web server behind it."
cat <<END
   client $client_addr -- $router_client mtud $router_server -- $server_link server
   The web server has the address $server_addr.
   Offloads are off on every veth end: with them Linux would hand over segments of up to 64 KiB
   with empty checksums, which no wire carries, and captures would show what never was.
END
set_up
write_config
eal_arguments
start_server

say "mtud's whole configuration:"
cat "$work/demo.conf"

if [ "$interactive" = yes ]; then
	cat <<-END

		mtud's console opens on this terminal; help lists its commands, quit ends the demo.
		In another terminal, for example:
		  ip netns exec $client tracepath -$family -n $server_addr
		  ip netns exec $client curl -g $url/
	END
	[ "$family" = 6 ] ||
		echo "  ip netns exec $client ping -c 3 -M dont -s 1472 $server_addr"
	echo
	# Beside this shell, so that a signal to it reaches its trap at once.
	ip netns exec "$router" "$mtud" "${eal[@]}" --log-level=lib.eal:warning -- -i \
		-f "$work/demo.conf" --console "$work/console" <&0 &
	pids+=($!)
	wait "$!"
	unset 'pids[-1]'
	exit
fi

start_mtud
show_path
show_upload
show_download
if [ "$family" = 4 ]; then
	show_fragments
	show_refusal
fi
show_counters
say "The demo is over. What it set up is gone again."
