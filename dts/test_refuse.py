# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""What is not forwarded: rows F6 to F11, F14 to F16 and F20 of the packet table (README.md)."""

import random
import struct

import pytest

from lab import expect
from lab.expect import BEYOND_SCOPE, NO_ROUTE, UNREACH, icmpv6, ipv6, udp
from lab.lab import (A, B, FAR, FAR_1280, LL_A, LL_RA, MAC_A, MAC_B, MAC_RA, MAC_RB, NOWHERE, R_A,
                     R_B)


ALL_NODES_MAC = "33:33:00:00:00:01"

BROADCAST = "ff:ff:ff:ff:ff:ff"


def group_mac(group):
    return "33:33:" + ":".join(f"{x:02x}" for x in expect.packed(group)[12:])


BAD_SOURCES = ["::", "::1", "ff02::1", "ff0e::1", "ff05::2", "::ffff:192.0.2.1", "::ffff:0.0.0.0"]


@pytest.mark.parametrize("src", BAD_SOURCES)
def test_f06_bad_source(lab, src):
    """A source that names no single node: dropped, and never answered.

    Steps: from that source send a packet that would be forwarded, one with hop limit 1, one to
    no route, one too big, and one to mtud's own address.
    Verify: nothing comes out, src_invalid counts each.
    """
    packets = [udp(src, FAR, 100), udp(src, FAR, 100, hop_limit=1), udp(src, NOWHERE, 100),
               udp(src, FAR_1280, 1400), udp(src, R_A, 100)]
    lab.check(a_in=[lab.from_a(p) for p in packets], drops={"src_invalid": len(packets)}, icmp={})


@pytest.mark.parametrize("src", [R_A, R_B, LL_RA])
def test_f06_source_of_ours(lab, src):
    """Nobody else has an address of ours: dropped, and never answered.

    Steps: from it send what would be forwarded, what would be answered, and to mtud's own addresses
    and groups: UDP, echo requests, an unknown protocol, an error.
    Verify: nothing comes out, src_ours counts each.
    """
    packets = [udp(src, FAR, 100), udp(src, FAR, 100, hop_limit=1), udp(src, NOWHERE, 100),
               udp(src, FAR_1280, 1400), udp(src, R_B, 100), udp(src, "ff02::1", 100)]
    packets += [icmpv6(src, dst, 128, 0, bytes(8)) for dst in (R_A, R_B, "ff02::1")]
    packets += [ipv6(src, "ff02::2", 253, bytes(8)),
                icmpv6(src, R_A, 2, 0, bytes(4) + udp(R_A, FAR, 60))]
    frames = [lab.from_a(p, group_mac("ff02::1") if p[24] == 0xff else MAC_RA) for p in packets]
    lab.check(a_in=frames, drops={"src_ours": len(packets)}, icmp={})


@pytest.mark.parametrize("dst,reason", [
    ("::1", "dst_invalid"), ("::", "dst_invalid"), ("::ffff:192.0.2.1", "dst_invalid"),
    ("ff01::1", "dst_invalid"), ("ff00::1", "dst_invalid"), ("ff11::5", "dst_invalid"),
    ("ff0e::99", "mcast_unrouted"), ("ff05::99", "mcast_unrouted"),
    ("ff02::99", "mcast_unrouted")])
def test_f07_bad_destination(lab, dst, reason):
    """Destinations that are never forwarded: dropped without an answer.

    Steps: send to loopback, unspecified, interface-local and reserved scopes, and to groups
    without a route, also with hop limit 1 and larger than some MTU.
    Verify: nothing comes out, the reason counts each.
    """
    mac = group_mac(dst) if dst.startswith("ff") else MAC_RA
    packets = [udp(A, dst, 100), udp(A, dst, 100, hop_limit=1), udp(A, dst, 1500)]
    lab.check(a_in=[lab.from_a(p, mac) for p in packets], drops={reason: len(packets)}, icmp={})


def test_f08_link_local_source_beyond_the_link(lab):
    """A link-local source cannot be carried beyond its link.

    Steps: send from A's link-local address to a destination behind B, small and too big.
    Verify: Unreachable code 2 (beyond scope of source address) from our link-local address.
    """
    for packet in (udp(LL_A, FAR, 100), udp(LL_A, FAR_1280, 1500), udp(LL_A, B, 100)):
        answer = lab.error_to_a(UNREACH, BEYOND_SCOPE, 0, packet, src=LL_RA, dst=LL_A)
        lab.check(a_in=[lab.from_a(packet)], a_out=[answer], drops={"beyond_scope": 1},
                  icmp={"sent_unreachable": 1})


def test_f09_link_local_destination(lab):
    """A link-local destination that is not ours is never forwarded.

    Steps: send to fe80:: addresses, to A's own and to B's, also with hop limit 1 and too big.
    Verify: dropped, nothing comes out.
    """
    packets = [udp(A, "fe80::99", 100), udp(LL_A, "fe80::99", 100, hop_limit=1),
               udp(A, "fe80::ff:fe00:b02", 1500), udp(A, "febf::1", 100)]
    lab.check(a_in=[lab.from_a(p) for p in packets], drops={"dst_link_local": len(packets)},
              icmp={})


def test_f10_length_and_padding(lab):
    """A payload length beyond the frame is a truncated packet; less than the frame is padding.

    Steps: send packets whose length field says 1 octet and many more than there are, and packets
    with 1 to 46 octets behind them.
    Verify: the first are dropped as truncated, the others forwarded without the padding.
    """
    payload = bytes(range(60))
    lies = [ipv6(A, FAR, 17, payload, length=n) for n in (61, 100, 1460, 65535)]
    lab.check(a_in=[lab.from_a(p) for p in lies], drops={"ip_truncated": len(lies)}, icmp={})
    packet = ipv6(A, FAR, 253, b"x")
    padded = [lab.from_a(packet + b"\xee" * n) for n in (1, 6, 46, 400)]
    lab.check(a_in=padded, b_out=[lab.to_b(lab.from_a(packet))] * len(padded), drops={}, icmp={})


def test_f10_padding_is_not_quoted(lab):
    """Padding never gets into an answer.

    Steps: send a padded packet to no route.
    Verify: the quote ends where the IP packet ends.
    """
    packet = ipv6(A, NOWHERE, 253, b"xyz")
    lab.check(a_in=[lab.from_a(packet + b"\xee" * 20)],
              a_out=[lab.error_to_a(UNREACH, NO_ROUTE, 0, packet)], drops={"no_route": 1})


def test_f11_version_and_runts(lab):
    """Not IPv6 behind EtherType 0x86dd: dropped.

    Steps: send every version but 6, and frames of 15 to 53 octets.
    Verify: ip_version and runt count them, nothing comes out.
    """
    good = udp(A, FAR, 100)
    versions = [bytes([v << 4]) + good[1:] for v in range(16) if v != 6]
    lab.check(a_in=[expect.ether(MAC_RA, MAC_A) + p for p in versions],
              drops={"ip_version": 15}, icmp={})
    runts = [lab.from_a(good)[:n] for n in (15, 16, 20, 34, 53)]
    lab.check(a_in=runts, drops={"runt": len(runts)}, icmp={})


def tagged(frame, *tags):
    return frame[:12] + b"".join(struct.pack("!HH", t, vid) for t, vid in tags) + frame[12:]


def test_f14_vlan_tags(lab):
    """Tagged frames are dropped by name until VLANs are asked for.

    Steps: send frames with one tag (also VLAN 0) and with two.
    Verify: dropped as vlan, nothing comes out.
    """
    frame = lab.from_a(udp(A, FAR, 100))
    frames = [tagged(frame, (0x8100, 5)), tagged(frame, (0x8100, 0)),
              tagged(frame, (0x8100, 0xe005)), tagged(frame, (0x88a8, 7), (0x8100, 5)),
              tagged(frame, (0x8100, 7), (0x8100, 5))]
    lab.check(a_in=frames, drops={"vlan": len(frames)}, icmp={})


def test_f14_other_frames(lab):
    """802.3 frames, unknown and false EtherTypes are dropped by name, never misread.

    Steps: send a frame with a length field, LLDP, MPLS and PPPoE, ARP and IPv4, each with an
    IPv6 packet as its payload.
    Verify: ieee8023, ethertype, ip_version and arp_malformed count them.
    """
    packet = udp(A, FAR, 100)
    lab.check(a_in=[expect.ether(MAC_RA, MAC_A, n) + packet for n in (100, 46, 1500)],
              drops={"ieee8023": 3}, icmp={})
    lab.check(a_in=[expect.ether(MAC_RA, MAC_A, n) + packet
                    for n in (0x88cc, 0x8847, 0x8864, 0x9000, 0x600)],
              drops={"ethertype": 5}, icmp={})
    lab.check(a_in=[expect.ether(MAC_RA, MAC_A, 0x800) + packet,
                    expect.ether(BROADCAST, MAC_A, 0x806) + packet],
              drops={"ip_version": 1, "arp_malformed": 1}, icmp={}, settle_s=0.2)


def test_f15_other_mac(lab):
    """A frame to another host's unicast MAC is not ours to forward.

    Steps: send frames to B's MAC, to mtud's other port and to a MAC one bit off; one of them too
    big, one with hop limit 1.
    Verify: dropped, no answer.
    """
    frames = [lab.from_a(udp(A, FAR, 100), mac)
              for mac in (MAC_B, MAC_RB, "02:00:00:00:0a:00", "06:00:00:00:0a:01")]
    frames += [lab.from_a(udp(A, FAR_1280, 1500), MAC_B),
               lab.from_a(udp(A, FAR, 100, hop_limit=1), MAC_B)]
    lab.check(a_in=frames, drops={"other_mac": len(frames)}, icmp={})


def test_f16_jumbogram(lab):
    """Payload length 0 with the jumbo option: dropped.

    Steps: send a jumbogram of RFC 2675; send a packet of 40 octets without any payload.
    Verify: the first is dropped as jumbogram, the second forwarded.
    """
    jumbo = bytes([17, 0, 0xc2, 4]) + struct.pack("!I", 1000) + bytes(992)
    lab.check(a_in=[lab.from_a(ipv6(A, FAR, 0, jumbo, length=0))], drops={"jumbogram": 1}, icmp={})
    frame = lab.from_a(ipv6(A, FAR, 59, b""))
    lab.check(a_in=[frame], b_out=[lab.to_b(frame)], drops={}, icmp={})


@pytest.mark.parametrize("mac", [BROADCAST, ALL_NODES_MAC, "01:00:5e:00:00:01"])
def test_f20_unicast_in_group_frame(lab, mac):
    """A unicast destination in a multicast or broadcast frame: dropped, no answer.

    Steps: send one that fits, one with hop limit 1, one to no route, one to a prohibit route.
    Verify: nothing comes out.
    """
    packets = [udp(A, FAR, 100), udp(A, FAR, 100, hop_limit=1), udp(A, NOWHERE, 100),
               udp(A, "2001:db8:f0b1::1", 100)]
    before = lab.drops()
    got_a, got_b = lab.exchange(a=[lab.from_a(p, mac) for p in packets])
    expect.assert_frames(got_a, [])
    expect.assert_frames(got_b, [])
    assert sum(lab.drops().values()) - sum(before.values()) == len(packets)
    assert lab.drops().get("l2_multicast", 0) >= 1


def test_our_source(lab):
    """mtud never answers itself.

    Steps: from A send with each of our addresses as source: too big, hop limit 1, no route.
    Verify: no answer comes out.
    """
    packets = [packet for ours in (R_A, R_B) for packet in (
        udp(ours, FAR_1280, 1400), udp(ours, FAR, 100, hop_limit=1), udp(ours, NOWHERE, 100))]
    got_a, got_b = lab.exchange(a=[lab.from_a(p) for p in packets])
    expect.assert_frames(got_a, [])
    expect.assert_frames(got_b, [])


def test_random_frames(lab):
    """Octets of any kind: mtud lives on and counts what it ends.

    Steps: send 3000 frames, random or cut from a good one with a few octets changed.
    Verify: mtud forwards afterwards (the mark of exchange) and is alive.
    """
    rng = random.Random(0xf00d)
    good = lab.from_a(udp(A, FAR, 300))
    for _ in range(30):
        batch = []
        for _ in range(100):
            if rng.random() < 0.3:
                frame = good[:14] + bytes([0x60 | rng.randint(0, 15)]) + \
                    rng.randbytes(rng.randint(0, 400))
            else:
                frame = bytearray(good[:rng.randint(15, len(good))])
                for _ in range(rng.randint(1, 6)):
                    frame[rng.randrange(12, len(frame))] = rng.randrange(256)
            batch.append(bytes(frame))
        lab.exchange(a=batch)
    assert lab.mtud.alive()
    lab.exchange(settle_s=3.5)  # what waits for made-up neighbors of the links comes to its end
