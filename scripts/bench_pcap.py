# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The benchmark's input: pcap files for net_pcap, and mtud's configuration to go with them."""

import ipaddress
import struct

FLOWS = 1024
ROUTES = 256
NEXT_HOPS = 16
ETHER, IPV6_HEADER, UDP_HEADER, UDP = 14, 40, 8, 17

# net_pcap's own MAC for its first port.
PORT_MAC = bytes.fromhex("027063617000")
PEER_MAC = bytes.fromhex("020000000002")

SENDERS = ipaddress.IPv6Address("2001:db8:5e4d::")
LINK = "2001:db8:11"


def destination(route):
    """An address within the benchmark's route of this number."""
    return ipaddress.IPv6Address(f"2001:db8:{0x1000 + route:x}::1")


def next_hop(n):
    return f"{LINK}::{n + 2:x}"


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return (0xffff - total) or 0xffff


def frame(flow, octets):
    """A frame with a UDP packet of its own flow; `octets` is the IP packet's length."""
    src = (SENDERS + flow + 1).packed
    dst = destination(flow % ROUTES).packed
    length = octets - IPV6_HEADER
    udp = struct.pack("!HHHH", 1024 + flow, 9, length, 0) + bytes(length - UDP_HEADER)
    sum_ = checksum(src + dst + struct.pack("!II", length, UDP) + udp)
    udp = udp[:6] + struct.pack("!H", sum_) + udp[8:]
    return PORT_MAC + PEER_MAC + struct.pack("!HIHBB", 0x86dd, 6 << 28, length, UDP, 64) + src + \
        dst + udp


def write_pcap(path, octets):
    """One packet of each flow, in an order that takes the routes in turn."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for flow in range(FLOWS):
            data = frame(flow, octets)
            out.write(struct.pack("<IIII", 0, flow, len(data), len(data)) + data)


def mtud_config(mtu):
    """Console lines: 256 routes with the MTU, static next hops, and the senders' way back."""
    mac = "02:00:00:00:01:"
    lines = ["set icmp rate 0 burst 1", f"add address {LINK}::1/64 port 0"]
    lines += [f"add neighbor {next_hop(n)} lladdr {mac}{n:02x} port 0" for n in range(NEXT_HOPS)]
    for route in range(ROUTES):
        prefix = ipaddress.IPv6Network((destination(route), 48), strict=False)
        lines.append(f"add route {prefix} via {next_hop(route % NEXT_HOPS)}" +
                     (f" mtu {mtu}" if mtu else ""))
    lines.append(f"add route {SENDERS}/48 via {next_hop(0)}")
    return lines
