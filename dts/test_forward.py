# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""What is forwarded, where to, and what has no way: rows F1 to F5, F18, F19 and F21 to F23 of the
packet table (README.md)."""

import random
import struct

import pytest

from lab import expect
from lab.expect import (ADDRESS, NO_ROUTE, PROHIBITED, TIME_EXCEEDED, TOO_BIG, UNREACH, icmpv6,
                        ipv6, udp)
from lab.lab import (A, B, FAR, FAR_1280, FAR_1400, FAR_A, MAC_A, MAC_B, MAC_RA, NOWHERE, R_A,
                     R_B)


def test_f01_fits(lab):
    """Packets that fit leave at B one hop older and otherwise unchanged.

    Steps: send UDP, TCP, ICMPv6 and unknown protocols of 40 to 1500 octets from A to B itself
    and to a destination behind B.
    Verify: each leaves at B with hop limit less 1, B's port as Ethernet source and B's MAC as
    destination, nothing else changed.
    """
    rng = random.Random(1)
    frames = []
    for dst in (B, FAR):
        for size in (41, 60, 61, 128, 576, 1279, 1280, 1281, 1499, 1500):
            for proto in (6, 17, 58, 132, 253):
                frames.append(lab.from_a(ipv6(A, dst, proto, rng.randbytes(size - 40),
                                              hop_limit=rng.randint(2, 255))))
        frames.append(lab.from_a(ipv6(A, dst, 59, b"")))
        frames.append(lab.from_a(udp(A, dst, 1000)))
    lab.check(a_in=frames, b_out=[lab.to_b(f) for f in frames], drops={}, icmp={})


def test_f01_back(lab):
    """The way back forwards alike.

    Steps: send 1500 octets from behind B to A and to a destination behind A.
    Verify: they leave at A, one hop older.
    """
    frames = [lab.from_b(udp(FAR, dst, 1500)) for dst in (A, FAR_A)]
    lab.check(b_in=frames, a_out=[lab.to_a(f) for f in frames])


@pytest.mark.parametrize("dst,mtu", [(FAR, 1500), (FAR_1280, 1280), (FAR_1400, 1400)])
def test_f02_exactly_the_mtu(lab, dst, mtu):
    """Exactly the MTU is forwarded, one octet more is answered.

    Steps: send packets of MTU - 1, MTU and (where the link carries it) MTU + 1 octets.
    Verify: the first two are forwarded, the last one ends in a Packet Too Big with the MTU.
    """
    fit = [lab.from_a(udp(A, dst, size)) for size in (mtu - 1, mtu)]
    lab.check(a_in=fit, b_out=[lab.to_b(f) for f in fit], drops={}, icmp={})
    if mtu < 1500:
        big = udp(A, dst, mtu + 1)
        lab.check(a_in=[lab.from_a(big)], a_out=[lab.error_to_a(TOO_BIG, 0, mtu, big)],
                  drops={"too_big": 1}, icmp={"sent_packet_too_big": 1})


@pytest.mark.parametrize("hop_limit", [0, 1])
@pytest.mark.parametrize("dst,size", [(FAR, 100), (B, 1280), (FAR_1280, 1281), (FAR_1280, 1500)])
def test_f03_hop_limit(lab, hop_limit, dst, size):
    """Hop limit 1 or 0: Time Exceeded, also when the packet is too big.

    Steps: send a packet with a hop limit of 1 or 0, one that fits and one that does not.
    Verify: Time Exceeded code 0 and nothing else; the quote has the hop limit as received.
    """
    packet = udp(A, dst, size, hop_limit=hop_limit)
    lab.check(a_in=[lab.from_a(packet)], a_out=[lab.error_to_a(TIME_EXCEEDED, 0, 0, packet)],
              drops={"hop_limit": 1}, icmp={"sent_time_exceeded": 1})


@pytest.mark.parametrize("size", [40, 41, 100, 1231, 1232, 1233, 1500])
def test_f04_no_route(lab, size):
    """No route: Destination Unreachable code 0.

    Steps: send packets of several sizes to an address without a route.
    Verify: code 0, quoting all of a small packet and as much of a large one as fits in 1280.
    """
    packet = ipv6(A, NOWHERE, 59 if size == 40 else 253, bytes(size - 40))
    answer = lab.error_to_a(UNREACH, NO_ROUTE, 0, packet)
    assert len(answer) == 14 + min(1280, 48 + size)
    lab.check(a_in=[lab.from_a(packet)], a_out=[answer], drops={"no_route": 1},
              icmp={"sent_unreachable": 1})


def test_f04_default_route(lab):
    """With a default route there is always a route.

    Steps: add ::/0 via B, send, delete it, send again.
    Verify: forwarded, then unreachable again.
    """
    packet = udp(A, NOWHERE, 200)
    frame = lab.from_a(packet)
    with lab.mtud.having(f"add route ::/0 via {B}"):
        lab.check(a_in=[frame], b_out=[lab.to_b(frame)], drops={})
    lab.check(a_in=[frame], a_out=[lab.error_to_a(UNREACH, NO_ROUTE, 0, packet)],
              drops={"no_route": 1})


def test_f05_route_types(lab):
    """Blackhole says nothing, unreachable says code 0, prohibit says code 1.

    Steps: send a packet to a route of each type, small and larger than any MTU in force.
    Verify: the answers, and the counter of each type.
    """
    for size in (100, 1500):
        packet = udp(A, "2001:db8:b1ac::1", size)
        lab.check(a_in=[lab.from_a(packet)], drops={"blackhole": 1}, icmp={})
        packet = udp(A, "2001:db8:dead::1", size)
        lab.check(a_in=[lab.from_a(packet)], a_out=[lab.error_to_a(UNREACH, NO_ROUTE, 0, packet)],
                  drops={"unreachable": 1}, icmp={"sent_unreachable": 1})
        packet = udp(A, "2001:db8:f0b1::1", size)
        lab.check(a_in=[lab.from_a(packet)],
                  a_out=[lab.error_to_a(UNREACH, PROHIBITED, 0, packet)],
                  drops={"prohibit": 1}, icmp={"sent_unreachable": 1})


def test_f18_traffic_class_and_flow_label(lab):
    """Traffic class, ECN bits and flow label stay.

    Steps: send every ECN value, several classes and labels.
    Verify: unchanged at B.
    """
    frames = [lab.from_a(udp(A, FAR, 100, tc=tc, fl=fl))
              for tc in (0, 1, 2, 3, 0x2e << 2, 0xff) for fl in (0, 1, 0x12345, 0xfffff)]
    lab.check(a_in=frames, b_out=[lab.to_b(f) for f in frames])


@pytest.mark.parametrize("anycast,source", [("2001:db8:a::", R_A), ("2001:db8:b::", R_A)])
def test_f19_subnet_router_anycast(lab, anycast, source):
    """The subnet-router anycast address of a port's prefix is ours.

    Steps: send an echo request to it, with hop limit 1 too.
    Verify: an echo reply from a unicast address of the port it came in by (RFC 4443 section 4.2).
    """
    body = struct.pack("!HH", 7, 1) + b"who is there"
    request = [lab.from_a(icmpv6(A, anycast, 128, 0, body, hop_limit=h)) for h in (64, 1)]
    reply = expect.ether(MAC_A, MAC_RA) + icmpv6(source, A, 129, 0, body)
    lab.check(a_in=request, a_out=[reply] * 2, drops={}, icmp={"sent_echo_reply": 2})


def test_f19_no_anycast_for_127(lab):
    """A /127 has no subnet-router anycast address (RFC 6164): its even address is the peer's.

    Steps: give port 1 2001:db8:c::1/127 and send to 2001:db8:c::.
    Verify: forwarded to the peer.
    """
    with lab.mtud.having("add address 2001:db8:c::1/127 port 1"), \
            lab.mtud.having(f"add neighbor 2001:db8:c:: lladdr {MAC_B} port 1"):
        lab.exchange(settle_s=2.5)  # DAD and MLD of the new address
        frame = lab.from_a(udp(A, "2001:db8:c::", 100))
        lab.check(a_in=[frame], b_out=[lab.to_b(frame)], drops={})
    lab.exchange(settle_s=1.5)


def test_f21_other_ports_address(lab):
    """Our address on the other port is ours, whatever the hop limit.

    Steps: from A ask B's port address with hop limit 64, 1 and 0.
    Verify: an echo reply from that address.
    """
    body = struct.pack("!HH", 1, 2) + b"hop limit"
    frames = [lab.from_a(icmpv6(A, R_B, 128, 0, body, hop_limit=h)) for h in (64, 1, 0)]
    reply = expect.ether(MAC_A, MAC_RA) + icmpv6(R_B, A, 129, 0, body)
    lab.check(a_in=frames, a_out=[reply] * 3, drops={}, icmp={"sent_echo_reply": 3})


def test_f22_prefix_lengths(lab):
    """Prefix lengths 0 to 128 (RFC 7608): the longest match wins at every length.

    Steps: 129 nested prefixes around one address, each with a next hop of its own; for each
    length send to an address that shares just so many bits; then take the routes away one by one.
    Verify: the next hop's MAC tells the route taken; after each deletion the next shorter one
    takes over.
    """
    base = int.from_bytes(expect.packed("3fff:a5a5:5a5a:c3c3:1234:5678:9abc:def1"), "big")

    def text(value):
        return ":".join(f"{value >> (112 - 16 * i) & 0xffff:x}" for i in range(8))

    def prefix(n):
        return text(base >> (128 - n) << (128 - n) if n else 0) + f"/{n}"

    def mac(n):
        return f"02:00:00:00:22:{n:02x}"

    def hop(n):
        return f"2001:db8:b::2200:{n:x}"

    lengths = range(129)
    lab.mtud.do(*(f"add neighbor {hop(n)} lladdr {mac(n)} port 1" for n in lengths),
                *(f"add route {prefix(n)} via {hop(n)}" for n in lengths))
    try:
        # Flipping bit n (counted from 0) leaves exactly n bits in common.
        probes = [base ^ (1 << (127 - n)) if n < 128 else base for n in lengths]
        frames = [lab.from_a(udp(A, text(p), 100)) for p in probes]
        lab.check(a_in=frames, b_out=[lab.to_b(f, mac(n)) for n, f in zip(lengths, frames)])
        for n in range(128, 0, -1):
            lab.mtud.do(f"del route {prefix(n)}")
            if n in (128, 127, 65, 64, 63, 49, 48, 33, 32, 25, 24, 23, 9, 8, 2, 1):
                lab.check(a_in=[frames[128]], b_out=[lab.to_b(frames[128], mac(n - 1))])
    finally:
        lab.mtud.cmd(*(f"del route {prefix(n)}" for n in lengths))
        lab.mtud.cmd(*(f"del neighbor {hop(n)} port 1" for n in lengths))


def test_f22_site_local(lab):
    """The deprecated fec0::/10 routes like any other prefix (RFC 3879 section 4).

    Steps: add a route for it, send from and to it, one too big.
    Verify: forwarded; the too big one dropped and not answered only for want of a route back.
    """
    with lab.mtud.having(f"add route fec0::/10 via {B} mtu 1300"):
        frame = lab.from_a(udp("fec0:a::1", "fec0:b::1", 1300))
        lab.check(a_in=[frame], b_out=[lab.to_b(frame)], drops={})
        big = udp(A, "fec0:b::1", 1301)
        lab.check(a_in=[lab.from_a(big)], a_out=[lab.error_to_a(TOO_BIG, 0, 1300, big)],
                  drops={"too_big": 1})


def test_f23_hairpin(lab):
    """A host may send through us to its own neighbor.

    Steps: from A send to another host of A's prefix.
    Verify: it goes back out of A, one hop older, to that host's MAC.
    """
    mac = "02:00:00:00:0a:23"
    with lab.mtud.having(f"add neighbor 2001:db8:a::23 lladdr {mac} port 0"):
        frame = lab.from_a(udp(A, "2001:db8:a::23", 100))
        lab.check(a_in=[frame], a_out=[lab.to_a(frame, mac)], drops={}, icmp={})


@pytest.mark.parametrize("prefix,peer", [("2001:db8:c::/127", "2001:db8:c::"),
                                         ("2001:db8:c::8/128", "2001:db8:c::8")])
def test_f23_point_to_point(lab, prefix, peer):
    """On a point-to-point prefix nothing goes back where it came from (RFC 4443 section 3.1).

    Steps: an on-link route of /127 or longer on port 0; send to it from port 0, and from B.
    Verify: Unreachable code 3 to A; what comes from B is forwarded.
    """
    packet = udp(A, peer, 100)
    with lab.mtud.having(f"add route {prefix} port 0"), \
            lab.mtud.having(f"add neighbor {peer} lladdr {MAC_A} port 0"):
        lab.check(a_in=[lab.from_a(packet)], a_out=[lab.error_to_a(UNREACH, ADDRESS, 0, packet)],
                  drops={"p2p_return": 1}, icmp={"sent_unreachable": 1})
        frame = lab.from_b(udp(B, peer, 100))
        lab.check(b_in=[frame], a_out=[lab.to_a(frame)], drops={})
