# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""No packet's buffer is lost, whatever becomes of the packet."""

import struct

import pytest

from lab import arp, expect, nd
from lab.expect import DF, MF, icmp4, icmpv6, ipv4, ipv6, udp
from lab.lab import (A, A4, B, B4, CONFIG, FAR, FAR4, FAR4_1280, FAR_1280, LL_A, MAC_A, MAC_B,
                     MAC_RA, NOWHERE, NOWHERE4, PROHIBIT4, R4_A, R_A, Lab)

# More than all pools of this mtud hold: one buffer lost a packet, and it forwards no more.
POOL = 2048
BATCH = 100

MESSAGE = icmpv6(A, R_A, 128, 0, bytes(60))[40:]
GOOD = udp(A, FAR, 100)
SOLICIT = nd.ns(A, R_A, MAC_A)
GROUP = nd.group_mac(nd.solicited_node(R_A))


def frame(packet, dst_mac=MAC_RA):
    return expect.frame_of(packet, MAC_A, dst_mac)


def syn(src, dst, payload=b"", **kwargs):
    """A SYN with MSS 1460, its checksum left 0: what it is does not matter here."""
    return expect.ip(src, dst, 6, struct.pack("!HHIIBBHHHBBH", 1, 2, 3, 0, 6 << 4, 2, 1000, 0, 0,
                                              2, 4, 1460) + payload, **kwargs)


# Routes of this file's own: options, and many fragments of a packet.
OWN = [f"add route 198.18.21.0/24 via {B4} mtu 1280 df clear",
       f"add route 198.18.22.0/24 via {B4} mtu 1280 df pass",
       f"add route 198.18.23.0/24 via {B4} mtu 68",
       f"add route 198.18.24.0/24 via {B4} mtu 1280 mss max 1000",
       f"add route 2001:db8:24::/48 via {B} mss max 1000",
       "add route 239.1.0.0/16 port 1 mtu 1280"]


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
    "4-forwarded": frame(udp(A4, FAR4, 100)),
    "4-options": frame(udp(A4, FAR4, 100, options=b"\1" * 40)),
    "4-too-big": frame(udp(A4, FAR4_1280, 1400, frag=DF)),
    "4-too-big-error": frame(icmp4(A4, FAR4_1280, 3, 0, bytes(1372), frag=DF)),
    "4-too-big-no-way-back": frame(udp(NOWHERE4, FAR4_1280, 1400, frag=DF)),
    "4-fragmented": frame(udp(A4, FAR4_1280, 1400)),
    "4-fragmented-options": frame(udp(A4, FAR4_1280, 1400, options=bytes([0x9e, 4, 1, 2]))),
    "4-df-clear": frame(udp(A4, "198.18.21.1", 1400, frag=DF, ident=0)),
    "4-df-pass": frame(udp(A4, "198.18.22.1", 1400, frag=DF)),
    "4-fragmented-for-a-group": frame(udp(A4, "239.1.2.3", 1400), "01:00:5e:01:02:03"),
    "4-ttl": frame(udp(A4, FAR4, 100, ttl=1)),
    "4-no-route": frame(udp(A4, NOWHERE4, 100)),
    "4-prohibit": frame(udp(A4, PROHIBIT4, 100)),
    "4-bad-source": frame(udp("127.0.0.1", FAR4, 100)),
    "4-our-source": frame(udp(R4_A, FAR4, 100)),
    "4-broadcast": frame(udp(A4, "192.0.2.255", 100), arp.BROADCAST),
    "4-class-e": frame(udp(A4, "240.0.0.1", 100)),
    "4-group": frame(udp(A4, "224.0.0.5", 100), "01:00:5e:00:00:05"),
    "4-unicast-in-group-frame": frame(udp(A4, FAR4, 100), arp.BROADCAST),
    "4-source-route": frame(udp(A4, FAR4, 100, options=bytes([131, 7, 4, 1, 2, 3, 4]))),
    "4-checksum": frame(ipv4(A4, FAR4, 17, bytes(20), cksum=0x1234)),
    "4-header": frame(ipv4(A4, FAR4, 17, bytes(20), ihl=4)),
    "4-truncated": frame(ipv4(A4, FAR4, 17, bytes(20), length=2000)),
    "4-runt": frame(udp(A4, FAR4, 100))[:30],
    "4-echo": frame(icmp4(A4, R4_A, 8, 0, bytes(60))),
    "4-echo-with-options": frame(icmp4(A4, R4_A, 8, 0, bytes(60), options=b"\1" * 40)),
    "4-udp-to-us": frame(udp(A4, R4_A, 100)),
    "4-tcp-to-us": frame(syn(A4, R4_A)),
    "4-unknown-protocol": frame(ipv4(A4, R4_A, 253, bytes(20))),
    "4-syn": frame(syn(A4, "198.18.24.1")),
    "4-syn-fragmented": frame(syn(A4, "198.18.24.1", bytes(1400))),
    "4-syn-too-big": frame(syn(A4, "198.18.24.1", bytes(1400), frag=DF)),
    "6-syn": frame(syn(A, "2001:db8:24::1")),
    "arp-request": arp.request(A4, R4_A, MAC_A),
    "arp-reply": arp.reply(A4, R4_A, MAC_A, MAC_RA),
    "arp-announcement": arp.announcement(A4, MAC_A),
    "arp-for-others": arp.request(A4, "192.0.2.99", MAC_A),
    "arp-malformed": arp.request(A4, R4_A, MAC_A)[:30],
    "4-too-big-later-fragment": frame(ipv4(A4, FAR4_1280, 17, bytes(1400), frag=DF | 5)),
    "4-fragment-of-fragment": frame(ipv4(A4, FAR4_1280, 17, bytes(1400), frag=MF | 100)),
    "4-fragment-to-us": frame(udp(A4, R4_A, 100, frag=MF)),
}
TO_PIECES = frame(udp(A4, "198.18.23.1", 1400))


@pytest.fixture(scope="module")
def small(binary):
    """mtud with small pools."""
    with Lab(binary, [*CONFIG, *OWN],
             options=["--mbufs", str(POOL), "--rxd", "128", "--txd", "128"]) as bench:
        yield bench


@pytest.fixture
def lab(small):
    small.clear()
    return small


def many(lab, sent, pool):
    """More of one frame than there are buffers on two ports."""
    for _ in range(pool * 22 // 10 // BATCH):
        lab.exchange(a=[sent] * BATCH)
    assert "no_mbuf" not in lab.drops()
    assert "held_no_mbuf" not in lab.icmp()


@pytest.mark.parametrize("kind", KINDS)
def test_no_buffer_is_lost(lab, kind):
    """After more packets of one kind than there are buffers, mtud still forwards.

    Steps: thousands of packets of the kind, a hundred at a time, a packet to forward behind each.
    Verify: each of those arrives, and no pool was empty.
    """
    many(lab, KINDS[kind], POOL)


def test_no_fragment_is_lost(lab):
    """A packet that becomes 29 fragments, as often as there are buffers by that number.

    Steps: 400 packets, five at a time, a packet to forward behind each.
    Verify: all fragments arrive, and no pool was empty.
    """
    for _ in range(80):
        _, got = lab.exchange(a=[TO_PIECES] * 5)
        assert len(got) == 5 * 29
    assert "no_mbuf" not in lab.drops()


def test_no_buffer_is_lost_in_waiting(lab):
    """The same for packets that wait for neighbors that never answer.

    Steps: thousands of packets to as many unknown neighbors, on the link and behind their expiry;
    some of them to be fragmented when they leave.
    Verify: mtud still forwards, no pool was empty.
    """
    lab.mtud.do("add address 198.19.0.1/16 port 1", "add route 198.19.128.0/17 port 1 mtu 1000")
    for i in range(POOL * 22 // 10 // BATCH):
        lab.exchange(a=[frame(udp(A, f"2001:db8:b::{i + 1:x}:{j:x}", 100)) if j % 2 else
                        frame(udp(A4, f"198.19.{i + 100}.{j + 1}", 1200)) for j in range(BATCH)])
    lab.exchange(settle_s=4)
    assert "no_mbuf" not in lab.drops()
    assert "held_no_mbuf" not in lab.icmp()
