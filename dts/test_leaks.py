# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""No packet's buffer is lost, whatever becomes of the packet."""

import struct

import pytest

from lab import expect, nd
from lab.expect import icmpv6, ipv6, udp
from lab.lab import (A, CONFIG, FAR, FAR_1280, LL_A, MAC_A, MAC_B, MAC_RA, NOWHERE, R_A, Lab)

# More than any pool of this mtud holds: one buffer lost a packet, and it forwards no more.
PACKETS = 9000
BATCH = 100

MESSAGE = icmpv6(A, R_A, 128, 0, bytes(60))[40:]
GOOD = udp(A, FAR, 100)
SOLICIT = nd.ns(A, R_A, MAC_A)
GROUP = nd.group_mac(nd.solicited_node(R_A))


def frame(packet, dst_mac=MAC_RA):
    return expect.ether(dst_mac, MAC_A) + packet


KINDS = {
    "forwarded": frame(GOOD),
    "too-big": frame(udp(A, FAR_1280, 1400)),
    "too-big-in-group-frame": frame(udp(A, FAR_1280, 1400), nd.group_mac(nd.ALL_NODES)),
    "too-big-error": frame(icmpv6(A, FAR_1280, 1, 0, bytes(1352))),
    "too-big-no-way-back": frame(udp("2001:db9::5", FAR_1280, 1400)),
    "hop-limit": frame(udp(A, FAR, 100, hop_limit=1)),
    "no-route": frame(udp(A, NOWHERE, 100)),
    "blackhole": frame(udp(A, "2001:db8:b1ac::1", 100)),
    "prohibit": frame(udp(A, "2001:db8:f0b1::1", 100)),
    "bad-source": frame(udp("::1", FAR, 100)),
    "bad-destination": frame(udp(A, "::1", 100)),
    "group": frame(udp(A, "ff0e::5", 100), "33:33:00:00:00:05"),
    "beyond-scope": frame(udp(LL_A, FAR, 100)),
    "truncated": frame(ipv6(A, FAR, 17, bytes(20), length=2000)),
    "runt": frame(GOOD)[:30],
    "other-mac": frame(GOOD, MAC_B),
    "vlan": frame(GOOD)[:12] + b"\x81\0\0\5" + frame(GOOD)[12:],
    "echo": frame(ipv6(A, R_A, 58, MESSAGE)),
    "echo-bad-checksum": frame(ipv6(A, R_A, 58, MESSAGE[:-1] + b"\1")),
    "echo-to-group": frame(icmpv6(A, nd.ALL_NODES, 128, 0, bytes(20)),
                           nd.group_mac(nd.ALL_NODES)),
    "udp-to-us": frame(udp(A, R_A, 100)),
    "unknown-protocol": frame(ipv6(A, R_A, 253, bytes(20))),
    "routing-header": frame(ipv6(A, R_A, 43, struct.pack("!BBBBI", 58, 0, 0, 1, 0) + MESSAGE)),
    "solicitation": frame(SOLICIT, GROUP),
    "bad-solicitation": frame(nd.bad_checksum(SOLICIT), GROUP),
    "advertisement": frame(nd.na(A, R_A, A, nd.SOLICITED, MAC_A)),
}


@pytest.fixture(scope="module")
def small(binary):
    """mtud with small pools."""
    with Lab(binary, CONFIG, options=["--mbufs", "4096", "--rxd", "128", "--txd", "128"]) as bench:
        yield bench


@pytest.fixture
def lab(small):
    small.clear()
    return small


@pytest.mark.parametrize("kind", KINDS)
def test_no_buffer_is_lost(lab, kind):
    """After more packets of one kind than there are buffers, mtud still forwards.

    Steps: 9000 packets of the kind, a hundred at a time, a packet to forward behind each.
    Verify: each of those arrives, and no pool was empty.
    """
    for _ in range(PACKETS // BATCH):
        lab.exchange(a=[KINDS[kind]] * BATCH)
    assert "no_mbuf" not in lab.drops()
    assert "held_no_mbuf" not in lab.icmp()


def test_no_buffer_is_lost_in_waiting(lab):
    """The same for packets that wait for neighbors that never answer.

    Steps: 9000 packets to as many unknown neighbors, on the link and behind their expiry.
    Verify: mtud still forwards, no pool was empty.
    """
    for i in range(PACKETS // BATCH):
        lab.exchange(a=[frame(udp(A, f"2001:db8:b::{i + 1:x}:{j:x}", 100)) for j in range(BATCH)])
    lab.exchange(settle_s=4)
    assert "no_mbuf" not in lab.drops()
    assert "held_no_mbuf" not in lab.icmp()
