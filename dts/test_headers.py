# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Extension headers and fragments: rows F12, F13 and F24 of the packet table (README.md)."""

import os
import random
import struct

import pytest

from lab.expect import ipv6, packed, udp
from lab.lab import A, FAR

HBH, UDP, ROUTING, FRAGMENT, ESP, AH, NONE, DEST = 0, 17, 43, 44, 50, 51, 59, 60

# Headers behind their next-header octet, by the RFC that defines them.
PADDING = bytes([0, 1, 4, 0, 0, 0, 0])
HEADERS = {
    "hop-by-hop": (HBH, PADDING),
    "router-alert": (HBH, bytes([0, 5, 2, 0, 0, 1, 0])),
    "routing": (ROUTING, bytes([2, 4, 1, 0, 0, 0, 0]) + packed("2001:db8::77")),
    "routing-0": (ROUTING, bytes([2, 0, 1, 0, 0, 0, 0]) + packed("2001:db8::77")),
    "fragment": (FRAGMENT, struct.pack("!BHI", 0, 1, 7)),
    "ah": (AH, bytes([4, 0, 0]) + struct.pack("!II", 1, 2) + bytes(12)),
    "destination": (DEST, PADDING),
    "unknown": (253, b"any octets at all"),
}
CHAINS = {name: [name] for name in HEADERS}
CHAINS.update({
    "recommended": ["hop-by-hop", "destination", "routing", "fragment", "ah", "destination"],
    "reversed": ["destination", "ah", "fragment", "routing", "destination", "hop-by-hop"],
    "twice": ["destination", "destination", "routing", "routing"],
    "late-hop-by-hop": ["routing", "hop-by-hop"],
    "none": [],
})


def chained(names, last, payload):
    """(first next-header value, octets) of headers in this order in front of a payload."""
    kinds = [HEADERS[n][0] for n in names] + [last]
    headers = [bytes([kinds[i + 1]]) + HEADERS[n][1] for i, n in enumerate(names)]
    return kinds[0], b"".join(headers) + payload


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("last", [UDP, ESP, NONE])
def test_f12_extension_headers(lab, name, last):
    """Extension headers of any kind and order pass untouched.

    Steps: send the chain with UDP, ESP (random octets) and no next header behind it.
    Verify: forwarded, hop-by-hop options not processed.
    """
    for payload in (b"", os.urandom(37)):
        first, octets = chained(CHAINS[name], last, payload)
        frame = lab.from_a(ipv6(A, FAR, first, octets))
        lab.check(a_in=[frame], b_out=[lab.to_b(frame)], drops={}, icmp={})


def test_f12_every_next_header(lab):
    """Every value of the next header field is forwarded, whatever stands behind it.

    Steps: send 256 packets, next header 0 to 255, with 200 random octets.
    Verify: all forwarded.
    """
    rng = random.Random(12)
    frames = [lab.from_a(ipv6(A, FAR, n, rng.randbytes(200))) for n in range(256)]
    lab.check(a_in=frames, b_out=[lab.to_b(f) for f in frames], drops={}, icmp={})


def test_f13_fragments(lab):
    """Fragments and atomic fragments are packets like any other.

    Steps: send a first, a middle, a last and an atomic fragment.
    Verify: forwarded as they are, no fragmentation and no reassembly.
    """
    frames = []
    for offset, more in ((0, 1), (181, 1), (362, 0), (0, 0)):
        header = struct.pack("!BBHI", 17, 0, offset << 3 | more, 0x12345678)
        frames.append(lab.from_a(ipv6(A, FAR, 44, header + os.urandom(1448))))
    lab.check(a_in=frames, b_out=[lab.to_b(f) for f in frames], drops={}, icmp={})


def test_f24_long_chain(lab):
    """A long header chain, no next header, and wrong UDP checksums are not a router's business.

    Steps: send 1000 octets of destination options headers before UDP, one ending in next header
    59, UDP checksums of 0 and wrong ones.
    Verify: all forwarded untouched.
    """
    option = bytes([60, 0, 1, 4, 0, 0, 0, 0])
    chain = option * 124
    good = udp(A, FAR, 148)[40:]
    last_udp = bytes([17]) + option[1:]
    last_none = bytes([59]) + option[1:]
    packets = [ipv6(A, FAR, 60, chain + last_udp + good),
               ipv6(A, FAR, 60, chain + last_none),
               ipv6(A, FAR, 60, chain + last_none + b"octets behind no next header"),
               ipv6(A, FAR, 17, good[:6] + b"\0\0" + good[8:]),
               ipv6(A, FAR, 17, good[:6] + b"\xba\xad" + good[8:])]
    frames = [lab.from_a(p) for p in packets]
    lab.check(a_in=frames, b_out=[lab.to_b(f) for f in frames], drops={}, icmp={})
