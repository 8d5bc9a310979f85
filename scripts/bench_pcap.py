# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The benchmark's input: pcap files for net_pcap, and mtud's configuration to go with them."""

import ipaddress
import struct

FLOWS = 1024
ROUTES = 256
NEXT_HOPS = 16
ETHER, UDP_HEADER = 14, 8
ETHERTYPE = {4: 0x0800, 6: 0x86dd}
IP_HEADER = {4: 20, 6: 40}
TCP, UDP = 6, 17
MSS = 1460

# net_pcap's own MAC for its first port.
PORT_MAC = bytes.fromhex("027063617000")
PEER_MAC = bytes.fromhex("020000000002")

# By IP version: where the flows come from, and the link to the next hops. IPv4's flows run within
# the block for benchmarks (RFC 2544).
SENDERS = {4: ipaddress.ip_network("198.19.0.0/16"), 6: ipaddress.ip_network("2001:db8:5e4d::/48")}
LINK = {4: ipaddress.ip_network("192.0.2.0/24"), 6: ipaddress.ip_network("2001:db8:11::/64")}


def prefix(version, route):
    """The benchmark's route of this number."""
    if version == 4:
        return ipaddress.ip_network(f"198.18.{route}.0/24")
    return ipaddress.ip_network(f"2001:db8:{0x1000 + route:x}::/48")


def next_hop(version, n):
    return LINK[version][n + 2]


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return (0xffff - total) or 0xffff


def with_checksum(data, at, pseudo=b""):
    """The same with the checksum in its place, which is zero so far."""
    return data[:at] + struct.pack("!H", checksum(pseudo + data)) + data[at + 2:]


def udp(version, octets):
    """Makes UDP packets; `octets` is the IP packet's length."""
    length = octets - IP_HEADER[version]

    def make(flow):
        return UDP, struct.pack("!HHHH", 1024 + flow, 9, length, 0) + bytes(length - UDP_HEADER), 6
    return make


def syn():
    """Makes TCP SYNs with the options that Linux sends."""
    def make(flow):
        options = struct.pack("!BBHBBBBIIBBBB", 2, 4, MSS, 4, 2, 8, 10, 1, 0, 1, 3, 3, 7)
        header = struct.pack("!HHIIBBHHH", 1024 + flow, 80, flow, 0,
                             (20 + len(options)) << 2, 0x02, 64240, 0, 0)
        return TCP, header + options, 16
    return make


def frame(version, flow, route, make):
    """A frame of this flow on this route, its payload from udp() or syn()."""
    src, dst = SENDERS[version][flow + 1], prefix(version, route)[1]
    proto, payload, at = make(flow)
    pseudo = src.packed + dst.packed + struct.pack("!II", len(payload), proto)
    payload = with_checksum(payload, at, pseudo)
    if version == 4:
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), flow, 0, 64, proto, 0)
        ip = with_checksum(ip + src.packed + dst.packed, 10)
    else:
        ip = struct.pack("!IHBB", 6 << 28, len(payload), proto, 64) + src.packed + dst.packed
    return PORT_MAC + PEER_MAC + struct.pack("!H", ETHERTYPE[version]) + ip + payload


def large(every, small, big):
    """Makes one packet in so many with another maker."""
    return lambda flow: (small if flow % every else big)(flow)


def frames(makers, flows=FLOWS):
    """One frame of each flow, by IP version in turn, in an order that takes the routes in turn.

    makers says for each IP version what makes its packets.
    """
    versions = list(makers)
    for flow in range(flows):
        version = versions[flow % len(versions)]
        yield frame(version, flow, flow // len(versions) % ROUTES, makers[version])


def pcap_header():
    return struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)


def pcap_record(data):
    return struct.pack("<IIII", 0, 0, len(data), len(data)) + data


def write_pcap(path, makers, flows=FLOWS):
    with open(path, "wb") as out:
        out.write(pcap_header())
        for data in frames(makers, flows):
            out.write(pcap_record(data))


def base_config(versions):
    """Console lines: for each IP version our address, static next hops, and the senders' way
    back."""
    mac = "02:00:00:00:01:"
    lines = ["set icmp rate 0 burst 1"]
    for version in versions:
        link = LINK[version]
        lines.append(f"add address {link[1]}/{link.prefixlen} port 0")
        lines += [f"add neighbor {next_hop(version, n)} lladdr {mac}{n:02x} port 0"
                  for n in range(NEXT_HOPS)]
        lines.append(f"add route {SENDERS[version]} via {next_hop(version, 0)}")
    return lines


def route(version, n, options="", hop=0):
    """The console line of the benchmark's route of this number; hop other than 0 takes it to
    another next hop."""
    via = next_hop(version, (n + hop) % NEXT_HOPS)
    return f"add route {prefix(version, n)} via {via} {options}".rstrip()


def mtud_config(versions, options=""):
    """base_config() and 256 routes with the options for each IP version."""
    return base_config(versions) + [route(version, n, options) for version in versions
                                    for n in range(ROUTES)]
