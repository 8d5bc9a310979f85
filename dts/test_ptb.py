# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Packet Too Big: rows P1 to P10, P12, P13, P15 to P18, P20 and P22 of the packet table
(README.md)."""

import contextlib
import random
import struct

import pytest
from scapy.layers.inet6 import ICMPv6PacketTooBig, IPv6
from scapy.layers.l2 import Ether

from lab import expect
from lab.expect import ICMPV6, TOO_BIG, icmpv6, ipv6, udp
from lab.lab import (A, A4, B, CONFIG, FAR, FAR4_1280, FAR_1280, FAR_1400, FAR_A, LL_A, LL_RA,
                     MAC_A, MAC_B, MAC_RA, MAC_RB, NEIGHBORS, R4_B, R_A, R_B, ROUTES, Lab)

TOO_BIG_ONE = {"too_big": 1}
PTB_SENT = {"sent_packet_too_big": 1}


def ptb(lab, packet, mtu=1280, **kwargs):
    """The Packet Too Big that A gets."""
    answer = lab.error_to_a(TOO_BIG, 0, mtu, packet, **kwargs)
    assert len(answer) - 14 == min(1280, 48 + len(packet))
    return answer


@pytest.mark.parametrize("mtu", [1280, 1281, 1400, 1420, 1499])
def test_p01_mtu_field(lab, mtu):
    """Type 2, code 0, the effective MTU, to the packet's source.

    Steps: a route with the MTU; send one octet more, and 1500 octets.
    Verify: the whole Packet Too Big, octet by octet.
    """
    with lab.mtud.having(f"add route 2001:db8:77::/48 via {B} mtu {mtu}"):
        for size in (mtu + 1, 1500):
            packet = udp(A, "2001:db8:77::1", size)
            lab.check(a_in=[lab.from_a(packet)], a_out=[ptb(lab, packet, mtu)],
                      drops=TOO_BIG_ONE, icmp=PTB_SENT)


def test_p01_by_scapy(lab):
    """The same message as scapy builds it.

    Steps: send 1500 octets over 1280.
    Verify: equal to the frame that scapy makes from the RFC's fields.
    """
    packet = udp(A, FAR_1280, 1500)
    want = Ether(dst=MAC_A, src=MAC_RA) / IPv6(src=R_A, dst=A, hlim=64) / \
        ICMPv6PacketTooBig(code=0, mtu=1280) / packet[:1232]
    lab.check(a_in=[lab.from_a(packet)], a_out=[bytes(want)], drops=TOO_BIG_ONE)


def test_p01_replaced_route(lab):
    """Replacing a route changes its MTU at once.

    Steps: replace the route's MTU 1280 by 1300, by none, and back.
    Verify: 1300 octets are answered, forwarded, forwarded, answered.
    """
    dst = "2001:db8:78::1"
    packet = udp(A, dst, 1300)
    frame = lab.from_a(packet)
    with lab.mtud.having(f"add route 2001:db8:78::/48 via {B} mtu 1280"):
        lab.check(a_in=[frame], a_out=[ptb(lab, packet)], drops=TOO_BIG_ONE)
        lab.mtud.do(f"add route 2001:db8:78::/48 via {B} mtu 1300")
        lab.check(a_in=[frame], b_out=[lab.to_b(frame)], drops={})
        lab.mtud.do(f"add route 2001:db8:78::/48 via {B}")
        lab.check(a_in=[frame], b_out=[lab.to_b(frame)], drops={})
        lab.mtud.do(f"add route 2001:db8:78::/48 via {B} mtu 1280")
        lab.check(a_in=[frame], a_out=[ptb(lab, packet)], drops=TOO_BIG_ONE)


def test_p02_v13_source(lab):
    """From the ingress port's address, or `set icmp source`; never the packet's destination.

    Steps: send too big; set another of our addresses as the source for port 0, one of each
    family; send again, both families.
    Verify: R_A, then the address set.
    """
    packet = udp(A, FAR_1280, 1400)
    frame = lab.from_a(packet)
    lab.check(a_in=[frame], a_out=[ptb(lab, packet, src=R_A)], drops=TOO_BIG_ONE)
    with Lab(lab.binary, [*CONFIG, f"set icmp source port 0 {R_B}",
                          f"set icmp source port 0 {R4_B}"]) as other:
        other.check(a_in=[frame], a_out=[ptb(other, packet, src=R_B)], drops=TOO_BIG_ONE)
        packet = udp(A4, FAR4_1280, 1400, frag=expect.DF)
        answer = other.error4_to_a(expect.UNREACH4, expect.FRAG_NEEDED4, packet, src=R4_B, mtu=1280)
        other.check(a_in=[other.from_a(packet)], a_out=[answer], drops=TOO_BIG_ONE)
        # By the port that the cause came in by, wherever the answer leaves.
        packet = udp("198.18.15.9", FAR4_1280, 1400, frag=expect.DF)
        answer = expect.error4(expect.UNREACH4, expect.FRAG_NEEDED4, packet, R4_B, "198.18.15.9",
                               MAC_B, MAC_RB, mtu=1280)
        other.check(a_in=[other.from_a(packet)], b_out=[answer], drops=TOO_BIG_ONE)


@pytest.mark.parametrize("hop_limit", [64, 255, 1])
def test_p03_v13_hop_limit(lab, hop_limit):
    """Hop limit (TTL) 64 or as set; traffic class and flow label 0, whatever the packet had.

    Steps: set icmp hop-limit, send a packet with traffic class and flow label.
    Verify: the answer's header.
    """
    packet = udp(A, FAR_1280, 1400, tc=0xb9, fl=0xabcde, hop_limit=7)
    try:
        lab.mtud.do(f"set icmp hop-limit {hop_limit}")
        lab.check(a_in=[lab.from_a(packet)], a_out=[ptb(lab, packet, hop_limit=hop_limit)],
                  drops=TOO_BIG_ONE)
        packet = udp(A4, FAR4_1280, 1400, frag=expect.DF, ttl=7)
        lab.check(a_in=[lab.from_a(packet)], drops=TOO_BIG_ONE, a_out=[lab.error4_to_a(
            expect.UNREACH4, expect.FRAG_NEEDED4, packet, mtu=1280, ttl=hop_limit)])
    finally:
        lab.mtud.do("set icmp hop-limit 64")


@pytest.mark.parametrize("size", [1281, 1282, 1283, 1328, 1400, 1499, 1500])
def test_p04_quote(lab, size):
    """The quote is the packet as it arrived, as much as keeps the answer within 1280.

    Steps: send random octets of several sizes, hop limit 2 and 255, with a trailer behind.
    Verify: length 1280, hop limit and payload length as received, nothing of frame or trailer.
    """
    rng = random.Random(size)
    for hop_limit in (2, 255):
        packet = ipv6(A, FAR_1280, 253, rng.randbytes(size - 40), hop_limit=hop_limit)
        trailer = rng.randbytes(min(7, 1500 - size))
        lab.check(a_in=[lab.from_a(packet + trailer)], a_out=[ptb(lab, packet)],
                  drops=TOO_BIG_ONE)


def test_p04_jumbo(binary):
    """On jumbo links answers stay within 1280 too, and the port's MTU bounds the route's.

    Steps: port 0 with MTU 9000, port 1 with 1500; a route with mtu 9000 and one of 1400 behind
    B; send 9000, 4000, 1501 and 1500 octets.
    Verify: MTU 1500 (the smaller of route and port) and 1400, 1280 octets each; 1500 passes.
    """
    config = ["set port 0 mtu 9000", *CONFIG, f"add route 2001:db8:9000::/48 via {B} mtu 9000"]
    with Lab(binary, config, mtu_a=9000, memory_mb=1024,
             vdev_args=",blocksz=65536,framesz=16384,framecnt=512") as lab:
        rng = random.Random(9000)
        for size in (9000, 4001, 1501):
            for dst, mtu in (("2001:db8:9000::1", 1500), (FAR, 1500), (FAR_1400, 1400)):
                packet = ipv6(A, dst, 253, rng.randbytes(size - 40))
                lab.check(a_in=[lab.from_a(packet)], a_out=[ptb(lab, packet, mtu)],
                          drops=TOO_BIG_ONE, icmp=PTB_SENT)
        frame = lab.from_a(udp(A, "2001:db8:9000::1", 1500))
        lab.check(a_in=[frame], b_out=[lab.to_b(frame)], drops={})
        # A jumbo packet goes back out of the jumbo port (F23), and mtud itself takes it (N9).
        lab.mtud.do(f"add neighbor 2001:db8:a::23 lladdr {MAC_B} port 0")
        frame = lab.from_a(udp(A, "2001:db8:a::23", 9000))
        lab.check(a_in=[frame], a_out=[lab.to_a(frame, MAC_B)], drops={})
        body = struct.pack("!HH", 1, 1) + bytes(9000 - 48)
        for ours in (R_A, R_B):
            lab.check(a_in=[lab.from_a(icmpv6(A, ours, 128, 0, body))],
                      a_out=[expect.ether(MAC_A, MAC_RA) + icmpv6(ours, A, 129, 0, body)])


def test_p05_checksum(lab):
    """The checksum is right for odd and even lengths and any content.

    Steps: too big packets of 1281 to 1320 octets with random, all-zero and all-one payloads, and
    small packets to no route, of every length from 40 to 120.
    Verify: by scapy's routine and by one of the tests' own.
    """
    rng = random.Random(5)
    packets = []
    for size in range(1281, 1321):
        for fill in (rng.randbytes(size - 40), bytes(size - 40), b"\xff" * (size - 40)):
            packets.append(ipv6(A, FAR_1280, 253, fill))
    for size in range(40, 121):
        packets.append(ipv6(A, "2001:db9::1", 253 if size > 40 else 59, rng.randbytes(size - 40)))
    for i in range(0, len(packets), 20):
        batch = packets[i:i + 20]
        got, _ = lab.exchange(a=[lab.from_a(p) for p in batch])
        assert len(got) == len(batch)
        for frame in got:
            expect.assert_checksum(frame)


def icmp_of(size, dst, type_, ext=b"", first=ICMPV6):
    """An ICMPv6 message of `type_` behind extension headers, `size` octets in all."""
    body = bytes(size - 40 - len(ext) - 4)
    message = struct.pack("!BBH", type_, 0, 0) + body
    return ipv6(A, dst, first, ext + message)


DEST = bytes([ICMPV6, 0, 1, 4, 0, 0, 0, 0])

HBH_DEST = bytes([60, 0, 1, 4, 0, 0, 0, 0]) + DEST

ROUTING = bytes([ICMPV6, 2, 4, 0, 0, 0, 0, 0]) + bytes(16)

AUTH = bytes([ICMPV6, 4, 0, 0]) + bytes(20)

ATOMIC = struct.pack("!BBHI", ICMPV6, 0, 0, 99)

BEHIND = {"plain": (b"", ICMPV6), "destination": (DEST, 60), "hop-by-hop": (HBH_DEST, 0),
          "routing": (ROUTING, 43), "ah": (AUTH, 51), "atomic-fragment": (ATOMIC, 44),
          "long": (bytes([60, 0, 1, 4, 0, 0, 0, 0]) * 60 + DEST, 60)}


@pytest.mark.parametrize("behind", BEHIND)
def test_p06_errors_are_not_answered(lab, behind):
    """An error or a redirect that is too big is dropped without an answer.

    Steps: ICMPv6 types 1 to 4 and 137, plain and behind extension headers, too big.
    Verify: dropped as too_big, held_error counts, nothing comes out.
    """
    ext, first = BEHIND[behind]
    types = (1, 2, 3, 4, 137)
    lab.check(a_in=[lab.from_a(icmp_of(1400, FAR_1280, t, ext, first)) for t in types],
              drops={"too_big": len(types)}, icmp={"held_error": len(types)})


@pytest.mark.parametrize("reason,dst,hop_limit", [
    ("no_route", "2001:db9::1", 64), ("prohibit", "2001:db8:f0b1::1", 64),
    ("hop_limit", FAR, 1)])
def test_p06_no_error_about_an_error(lab, reason, dst, hop_limit):
    """The same holds for every error of ours, not only Packet Too Big.

    Steps: an ICMPv6 error and a redirect to no route, to a prohibit route, with hop limit 1.
    Verify: dropped in silence.
    """
    packets = [icmpv6(A, dst, t, 0, bytes(60), hop_limit=hop_limit) for t in (1, 3, 137)]
    lab.check(a_in=[lab.from_a(p) for p in packets], drops={reason: 3}, icmp={"held_error": 3})


def test_p07_fragments(lab):
    """A first fragment with an error in it gets no answer; a later fragment does.

    Steps: too big first fragments of an ICMPv6 error, of an echo request and of UDP, and a later
    fragment of an ICMPv6 message.
    Verify: silence, and an answer to each of the other three.
    """
    def fragment(next_header, offset, payload):
        return ipv6(A, FAR_1280, 44, struct.pack("!BBHI", next_header, 0, offset << 3 | 1, 5) +
                    payload + bytes(1304 - len(payload)))

    error = fragment(ICMPV6, 0, struct.pack("!BBH", 1, 0, 0))
    lab.check(a_in=[lab.from_a(error)], drops=TOO_BIG_ONE, icmp={"held_error": 1})
    for packet in (fragment(ICMPV6, 0, struct.pack("!BBH", 128, 0, 0)),
                   fragment(17, 0, struct.pack("!HHHH", 1, 2, 3000, 0)),
                   fragment(ICMPV6, 163, struct.pack("!BBH", 1, 0, 0))):
        lab.check(a_in=[lab.from_a(packet)], a_out=[ptb(lab, packet)], drops=TOO_BIG_ONE,
                  icmp=PTB_SENT)


def test_p08_multicast(lab):
    """Too big for a routed group, or in a multicast or broadcast frame: answered (e.3).

    Steps: a route for ff0e::/16 with mtu 1280; send 1280 and 1281 octets to a group. Send a
    unicast packet that is too big in a multicast and in a broadcast frame.
    Verify: the first is forwarded to the group's MAC; the others are answered, not forwarded.
    """
    group, mac = "ff0e::1:2:3", "33:33:00:02:00:03"
    with lab.mtud.having("add route ff0e::/16 port 1 mtu 1280"):
        frame = lab.from_a(udp(A, group, 1280), mac)
        lab.check(a_in=[frame], b_out=[lab.to_b(frame, mac)], drops={}, icmp={})
        packet = udp(A, group, 1281)
        lab.check(a_in=[lab.from_a(packet, mac)], a_out=[ptb(lab, packet)], drops=TOO_BIG_ONE,
                  icmp=PTB_SENT)
        # Any other error about a packet to a group is forbidden.
        packet = udp(A, group, 100, hop_limit=1)
        lab.check(a_in=[lab.from_a(packet, mac)], drops={"hop_limit": 1},
                  icmp={"held_multicast": 1})
    for mac in ("33:33:00:00:00:01", "ff:ff:ff:ff:ff:ff"):
        packet = udp(A, FAR_1280, 1400)
        got_a, got_b = lab.exchange(a=[lab.from_a(packet, mac)])
        expect.assert_frames(got_a, [ptb(lab, packet)])
        expect.assert_frames(got_b, [])


@pytest.mark.parametrize("src,reason", [
    ("::", "src_invalid"), ("ff0e::7", "src_invalid"), ("::1", "src_invalid"),
    ("2001:db8:a::", None), ("2001:db8:b::", None)])
def test_p09_source_that_cannot_be_answered(lab, src, reason):
    """Sources that name no single node get no answer.

    Steps: too big from ::, multicast, and the anycast addresses of our own prefixes.
    Verify: dropped by name, nothing comes out.
    """
    before = lab.drops()
    got_a, got_b = lab.exchange(a=[lab.from_a(udp(src, FAR_1280, 1400))])
    expect.assert_frames(got_a, [])
    expect.assert_frames(got_b, [])
    risen = {k: v - before.get(k, 0) for k, v in lab.drops().items() if v > before.get(k, 0)}
    assert sum(risen.values()) == 1
    assert reason is None or risen == {reason: 1}
    assert lab.icmp().get("sent_packet_too_big", 0) == 0


@pytest.mark.parametrize("type_", [128, 129, 130, 133, 135, 136, 143, 150, 200, 254, 255])
def test_p10_informational(lab, type_):
    """Informational messages that are too big are answered, known or unknown.

    Steps: send the type, 1400 octets over 1280.
    Verify: the answer.
    """
    packet = icmp_of(1400, FAR_1280, type_)
    lab.check(a_in=[lab.from_a(packet)], a_out=[ptb(lab, packet)], drops=TOO_BIG_ONE,
              icmp=PTB_SENT)


def test_p12_asymmetric_routes(lab):
    """The answer takes the route of the sender's address, not the way the packet came.

    Steps: a too big packet comes in at A, its sender's route leads to B; another whose sender
    is off-link behind A; a route of its own with another next hop.
    Verify: the answer leaves at B to B's MAC; at A to A's MAC; to the other next hop's MAC.
    """
    packet = udp("2001:db8:1500::9", FAR_1280, 1400)
    want = expect.error(TOO_BIG, 0, 1280, packet, R_A, "2001:db8:1500::9", MAC_B, MAC_RB)
    lab.check(a_in=[lab.from_a(packet)], b_out=[want], drops=TOO_BIG_ONE, icmp=PTB_SENT)
    packet = udp(FAR_A, FAR_1280, 1400)
    lab.check(a_in=[lab.from_a(packet)], a_out=[ptb(lab, packet, dst=FAR_A)], drops=TOO_BIG_ONE)
    mac = "02:00:00:00:0a:77"
    with lab.mtud.having(f"add neighbor 2001:db8:a::77 lladdr {mac} port 0"), \
            lab.mtud.having("add route 2001:db8:aaaa:1::/64 via 2001:db8:a::77"):
        packet = udp("2001:db8:aaaa:1::1", FAR_1280, 1400)
        want = expect.error(TOO_BIG, 0, 1280, packet, R_A, "2001:db8:aaaa:1::1", mac, MAC_RA)
        lab.check(a_in=[lab.from_a(packet)], a_out=[want], drops=TOO_BIG_ONE)


def test_p12_answer_over_a_small_mtu(lab):
    """An answer is never too big itself: 1280 octets fit every route.

    Steps: the sender's own route has mtu 1280.
    Verify: the answer of 1280 octets arrives.
    """
    with lab.mtud.having(f"add route 2001:db8:aaaa:2::/64 via {A} mtu 1280"):
        src = "2001:db8:aaaa:2::1"
        packet = udp(src, FAR_1280, 1500)
        lab.check(a_in=[lab.from_a(packet)], a_out=[ptb(lab, packet, dst=src)], drops=TOO_BIG_ONE)


@pytest.mark.parametrize("route", [None, "blackhole", "unreachable", "prohibit"])
def test_p13_no_way_back(lab, route):
    """No route to the sender: dropped and counted, no error about our error.

    Steps: too big from a source without a route, and from sources behind routes that lead to
    nothing.
    Verify: nothing comes out, the answer is counted as held back for want of a route.
    """
    with contextlib.ExitStack() as stack:
        if route:
            stack.enter_context(lab.mtud.having(f"add route 2001:db9:5::/48 {route}"))
        lab.check(a_in=[lab.from_a(udp("2001:db9:5::1", FAR_1280, 1400))], drops=TOO_BIG_ONE,
                  icmp={"held_no_route": 1})


def test_p15_p22_never_larger_than_the_cause(lab):
    """The answer is never larger than the packet, the MTU field always smaller.

    Steps: every size from 1281 to 1500 over 1280, 1400 and 1499.
    Verify: both, for each answer.
    """
    with lab.mtud.having(f"add route 2001:db8:79::/48 via {B} mtu 1499"):
        for dst, mtu in ((FAR_1280, 1280), (FAR_1400, 1400), ("2001:db8:79::1", 1499)):
            sizes = list(range(mtu + 1, 1501))
            got = []
            for i in range(0, len(sizes), 25):
                got += lab.exchange(a=[lab.from_a(udp(A, dst, s)) for s in sizes[i:i + 25]])[0]
            assert len(got) == len(sizes)
            for size, frame in zip(sizes, got):
                assert len(frame) - 14 <= size
                field = struct.unpack_from("!I", frame, 14 + 44)[0]
                assert field == mtu < size


def test_p16_unknown_types(lab):
    """Unknown ICMPv6 errors (types below 128) get no answer; informational ones do.

    Steps: every type from 0 to 255, too big.
    Verify: an answer for 128 and up except 137, silence for the others.
    """
    got = []
    for first in range(0, 256, 32):
        got += lab.exchange(a=[lab.from_a(icmp_of(1400, FAR_1280, t))
                               for t in range(first, first + 32)])[0]
    quoted = [frame[14 + 48 + 40] for frame in got]
    assert quoted == [t for t in range(128, 256) if t != 137]
    assert lab.icmp() == {"sent_packet_too_big": 127, "held_error": 129}


def test_p17_size_is_the_packets(lab):
    """The IP packet's length counts, never the frame's.

    Steps: a packet of 1280 octets in frames with 1 to 220 octets behind it, over 1280.
    Verify: forwarded, the padding cut.
    """
    packet = udp(A, FAR_1280, 1280)
    frames = [lab.from_a(packet + b"\xaa" * n) for n in (1, 4, 18, 220)]
    lab.check(a_in=frames, b_out=[lab.to_b(lab.from_a(packet))] * len(frames), drops={}, icmp={})


def test_p18_borrowed_source(binary):
    """A port with only a link-local address borrows a global one for an off-link sender.

    Steps: port 0 without a configured address, a route to the sender via A's link-local
    address; send too big from off-link, and from A's link-local address.
    Verify: the answer comes from port 1's address, to A's MAC; to the link-local sender Unreachable
    code 2 comes from our link-local address.
    """
    config = ["set icmp rate 0 burst 1", f"add address {R_B}/64 port 1", *NEIGHBORS[1:3],
              *ROUTES[:3], f"add route 2001:db8:aaaa::/48 via {LL_A} port 0",
              f"add route 2001:db8:a::/64 via {LL_A} port 0"]
    with Lab(binary, config) as lab:
        packet = udp(FAR_A, FAR_1280, 1400)
        lab.check(a_in=[lab.from_a(packet)], a_out=[ptb(lab, packet, src=R_B, dst=FAR_A)],
                  drops=TOO_BIG_ONE, icmp=PTB_SENT)
        packet = udp(LL_A, FAR_1280, 1400)
        lab.check(a_in=[lab.from_a(packet)],
                  a_out=[lab.error_to_a(1, 2, 0, packet, src=LL_RA, dst=LL_A)],
                  drops={"beyond_scope": 1})


def test_p18_no_address_at_all(binary):
    """Without any global address there is nothing to answer a global sender from.

    Steps: no configured addresses; routes via link-local next hops; send too big, and a fit.
    Verify: no answer (held_no_source), and forwarding works.
    """
    config = ["set icmp rate 0 burst 1", *NEIGHBORS[2:],
              "add route 2001:db8:1280::/48 via fe80::ff:fe00:b02 port 1 mtu 1280",
              "add route 2001:db8:b::/64 via fe80::ff:fe00:b02 port 1",
              f"add route 2001:db8:aaaa::/48 via {LL_A} port 0",
              f"add route 2001:db8:a::/64 via {LL_A} port 0"]
    with Lab(binary, config) as lab:
        lab.check(a_in=[lab.from_a(udp(FAR_A, FAR_1280, 1400))], drops=TOO_BIG_ONE,
                  icmp={"held_no_source": 1})
        frame = lab.from_a(udp(FAR_A, FAR_1280, 1280))
        lab.check(a_in=[frame], b_out=[lab.to_b(frame)], drops={})


def test_p20_glued_frames(lab):
    """A frame that TSO or GRO glued together is no packet too big.

    Steps: with TSO on at A's end send a TCP segment of 4000 octets that the kernel would cut
    for the wire.
    Verify: rx_oversize counts it, no Packet Too Big, nothing forwarded; `show drops` says what
    to turn off.
    """
    tcp = struct.pack("!HHIIBBHHH", 40000, 80, 1, 1, 5 << 4, 0x10, 1000, 0, 0)
    lab.ns_a.run("ethtool", "-K", "wire", "tx", "on", "tso", "on")
    try:
        for dst in (FAR_1280, FAR):
            frame = lab.from_a(ipv6(A, dst, 6, tcp + bytes(4000)))
            before = lab.drops().get("rx_oversize", 0)
            lab.a.send_glued(frame, 1440)
            got_a, got_b = lab.exchange(settle_s=0.2)
            expect.assert_frames(got_a, [])
            expect.assert_frames(got_b, [])
            assert lab.drops() == {"rx_oversize": before + 1}
            assert lab.icmp() == {}
    finally:
        lab.ns_a.run("ethtool", "-K", "wire", "tx", "off", "tso", "off")
    text = lab.mtud.cmd("show drops")
    assert "ethtool" in text and "tso off" in text and "gro off" in text
