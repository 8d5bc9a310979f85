# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The benchmark's large tables: prefixes as BGP has them, destinations within them, and pcap files
of a packet to each. The same numbers make the same tables, always."""

import functools
import random
import socket
import struct

from bench_pcap import (ETHER, FLOWS, IP_HEADER, NEXT_HOPS, frame, next_hop, pcap_header,
                        pcap_record, prefix)

BITS = {4: 32, 6: 128}

# How many of 100,000 routes of a full table are this long, roughly, by IP version.
LENGTHS = {
    4: {8: 2, 9: 2, 10: 4, 11: 10, 12: 30, 13: 60, 14: 120, 15: 200, 16: 1400, 17: 850, 18: 1400,
        19: 2700, 20: 4500, 21: 5200, 22: 11500, 23: 10000, 24: 62000},
    6: {19: 10, 20: 30, 21: 10, 22: 20, 23: 10, 24: 50, 25: 10, 26: 20, 27: 20, 28: 200, 29: 2600,
        30: 600, 31: 300, 32: 12500, 33: 2000, 34: 1500, 35: 1000, 36: 5000, 37: 600, 38: 1300,
        39: 600, 40: 11000, 41: 600, 42: 3500, 43: 600, 44: 9500, 45: 2000, 46: 4000, 47: 4000,
        48: 37000},
}

# First octets without private, loopback, link-local, multicast and the benchmark's own networks.
FIRSTS = [n for n in range(1, 224) if n not in (10, 100, 127, 169, 172, 192, 198, 203)]
# A /12 of each registry.
REGISTRIES = [0x240, 0x260, 0x280, 0x2a0, 0x2c0]


def drawer6(rng, count):
    """Draws addresses that cluster as assignments do: some /40s within each of many /32s."""
    blocks = []
    for _ in range(max(8, count // 5)):
        allocation = rng.choice(REGISTRIES) << 116 | rng.getrandbits(20) << 96
        blocks += [allocation | rng.getrandbits(8) << 88 for _ in range(rng.randint(1, 5))]
    return lambda: rng.choice(blocks) | rng.getrandbits(88)


def drawer4(rng):
    return lambda: rng.choice(FIRSTS) << 24 | rng.getrandbits(24)


@functools.lru_cache(maxsize=2)
def table(version, count):
    """That many distinct prefixes, as (address, length)."""
    rng = random.Random(version * 1000003 + count)
    draw = drawer6(rng, count) if version == 6 else drawer4(rng)
    bits = BITS[version]
    lengths, weights = list(LENGTHS[version]), list(LENGTHS[version].values())
    seen = {}
    while len(seen) < count:
        for length in rng.choices(lengths, weights, k=count - len(seen)):
            rest = bits - length
            seen[draw() >> rest << rest, length] = None
    return list(seen)


def destinations(version, prefixes, count):
    """That many addresses in random order: each prefix in turn, and at random within it."""
    rng = random.Random(version * 1000003 + count)
    bits = BITS[version]
    turns = (prefixes[i % len(prefixes)] for i in range(count))
    found = [value | rng.getrandbits(bits - length) for value, length in turns]
    rng.shuffle(found)
    return found


def route_lines(version, prefixes):
    """Console lines that add the prefixes, next hops in turn."""
    family, octets = (socket.AF_INET6, 16) if version == 6 else (socket.AF_INET, 4)
    hops = [str(next_hop(version, n)) for n in range(NEXT_HOPS)]
    for n, (value, length) in enumerate(prefixes):
        addr = socket.inet_ntop(family, value.to_bytes(octets, "big"))
        yield f"add route {addr}/{length} via {hops[n % NEXT_HOPS]}\n"


def other_sum(data, at, dst):
    """What a ones' complement sum is without a destination, from its checksum at a place. A sum
    of 16-bit words is the number that they are, modulo 65535."""
    return 65535 - struct.unpack_from("!H", data, at)[0] - dst


def frames_to(version, make, addresses):
    """A frame to each of the addresses, flows in turn."""
    first = int(prefix(version, 0)[1])
    ip_sum, dst_at = ETHER + 10, ETHER + (16 if version == 4 else 24)
    sum_at = ETHER + IP_HEADER[version] + make(0)[2]
    octets, behind = BITS[version] // 8, dst_at + BITS[version] // 8
    parts = []
    for flow in range(FLOWS):
        whole = frame(version, flow, 0, make)
        parts.append((whole[:ip_sum], whole[ip_sum + 2:dst_at], whole[:dst_at],
                      whole[behind:sum_at], whole[sum_at + 2:], other_sum(whole, ip_sum, first),
                      other_sum(whole, sum_at, first)))
    for n, dst in enumerate(addresses):
        before, between, head, ports, tail, header_sum, whole_sum = parts[n % FLOWS]
        if version == 4:
            # The header's is 0 where UDP's would be 65535.
            sum4 = -(header_sum + dst) % 65535
            head = before + sum4.to_bytes(2, "big") + between
        sum_all = 65535 - (whole_sum + dst) % 65535
        yield head + dst.to_bytes(octets, "big") + ports + sum_all.to_bytes(2, "big") + tail


def write_pcap_to(path, version, make, addresses):
    with open(path, "wb", buffering=1 << 20) as out:
        out.write(pcap_header())
        for data in frames_to(version, make, addresses):
            out.write(pcap_record(data))


def write_routes(path, version, prefixes):
    with open(path, "w", encoding="ascii", buffering=1 << 20) as out:
        out.writelines(route_lines(version, prefixes))
