# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""IPv4 packets that are too big: rows V2 to V4 and V11 to V14 of the packet table (README.md)."""

import random
import struct
import time

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.inet import fragment as scapy_fragment
from scapy.layers.l2 import Ether

from lab import arp, expect
from lab.expect import (DF, FRAG_NEEDED4, HOST4, MF, NET4, TIME_EXCEEDED4, UNREACH4, icmp4, ipv4,
                        udp)
from lab.lab import (A, A4, B4, CONFIG, FAR4, FAR4_1280, FAR4_1400, FAR4_A, FAR_1280, MAC_A,
                     MAC_B, MAC_RA, MAC_RB, NOWHERE4, R4_B, Lab)

TOO_BIG_ONE = {"too_big": 1}
SENT = {"sent_fragmentation_needed": 1}
COPIED, NOT_COPIED = bytes([0x9e, 4, 0xab, 0xcd]), bytes([7, 7, 4, 0, 0, 0, 0])


def frag_needed(lab, packet, mtu=1280, **kwargs):
    answer = lab.error4_to_a(UNREACH4, FRAG_NEEDED4, packet, mtu=mtu, **kwargs)
    assert len(answer) - 14 == min(576, len(packet))
    return answer


def count(lab, prefix):
    """The counters of a route."""
    for route in lab.mtud.json("show route"):
        if route["prefix"] == prefix:
            return {k: v for k, v in route.items() if isinstance(v, int)}
    raise AssertionError(f"no route {prefix} in show route json")


def risen(lab, prefix, before):
    return {k: v - before[k] for k, v in count(lab, prefix).items() if v != before[k]}


@pytest.mark.parametrize("dst,mtu", [(FAR4, 1500), (FAR4_1280, 1280), (FAR4_1400, 1400)])
def test_v02_exactly_the_mtu(lab, dst, mtu):
    """Exactly the MTU is forwarded, one octet more is answered when DF is set.

    Steps: with DF send MTU - 1, MTU and (where the link carries it) MTU + 1 octets.
    Verify: the first two are forwarded; the last one ends in Fragmentation Needed with the MTU.
    """
    fit = [lab.from_a(udp(A4, dst, size, frag=DF)) for size in (mtu - 1, mtu)]
    lab.check(a_in=fit, b_out=[lab.to_b(f) for f in fit], drops={}, icmp={})
    if mtu < 1500:
        big = udp(A4, dst, mtu + 1, frag=DF)
        lab.check(a_in=[lab.from_a(big)], a_out=[frag_needed(lab, big, mtu)], drops=TOO_BIG_ONE,
                  icmp=SENT)


@pytest.mark.parametrize("mtu", [68, 69, 100, 575, 576, 577, 1279, 1499])
def test_v02_mtu_field(lab, mtu):
    """Type 3 code 4 with the next-hop MTU in octets 6 and 7 (RFC 1191 section 4); as much of the
    cause as fits in 576 octets, and never more than makes the answer as large as its cause.

    Steps: a route with the MTU; with DF send one octet more, and 1500 octets.
    Verify: the whole answer, octet by octet.
    """
    with lab.mtud.having(f"add route 198.18.77.0/24 via {B4} mtu {mtu}"):
        for size in (mtu + 1, 1500):
            packet = udp(A4, "198.18.77.1", size, frag=DF)
            lab.check(a_in=[lab.from_a(packet)], a_out=[frag_needed(lab, packet, mtu)],
                      drops=TOO_BIG_ONE, icmp=SENT)


def test_v02_by_scapy(lab):
    """The same message as scapy builds it.

    Steps: send 1500 octets with DF over 1280.
    Verify: equal to the frame that scapy makes from the RFC's fields.
    """
    packet = udp(A4, FAR4_1280, 1500, frag=DF, ident=0x8765)
    want = Ether(dst=MAC_A, src=MAC_RA) / IP(src="192.0.2.1", dst=A4, ttl=64, tos=0xc0, id=0) / \
        ICMP(type=3, code=4, nexthopmtu=1280) / packet[:548]
    lab.check(a_in=[lab.from_a(packet)], a_out=[expect.AnyIdent(bytes(want))], drops=TOO_BIG_ONE)


def test_v02_with_options(lab):
    """The cause's options are quoted, and count for its size.

    Steps: 40 octets of options; 1280 and 1281 octets in all, DF set.
    Verify: forwarded; answered, the quote with the options as they came.
    """
    options = COPIED + NOT_COPIED + bytes([68, 28, 5, 0]) + bytes(24) + b"\0"
    fits = lab.from_a(udp(A4, FAR4_1280, 1280, options=options, frag=DF))
    lab.check(a_in=[fits], b_out=[lab.to_b(fits)], drops={})
    big = udp(A4, FAR4_1280, 1281, options=options, frag=DF)
    lab.check(a_in=[lab.from_a(big)], a_out=[frag_needed(lab, big)], drops=TOO_BIG_ONE)


def test_v02_size_is_the_packets(lab):
    """The IP packet's length counts, never the frame's.

    Steps: a packet of 1280 octets in frames with 1 to 220 octets behind it, DF set and clear.
    Verify: forwarded whole, the padding cut.
    """
    for frag in (DF, 0):
        packet = udp(A4, FAR4_1280, 1280, frag=frag)
        frames = [lab.from_a(packet + b"\xaa" * n) for n in (1, 18, 220)]
        lab.check(a_in=frames, b_out=[lab.to_b(lab.from_a(packet))] * 3, drops={}, icmp={})
    packet = udp(A4, FAR4_1280, 1281)
    lab.check(a_in=[lab.from_a(packet + b"\xaa" * 100)], b_out=lab.fragments_to_b(packet, 1280))


@pytest.mark.parametrize("size", [1281, 1300, 1400, 1499, 1500])
@pytest.mark.parametrize("dst,mtu", [(FAR4_1280, 1280), ("198.18.68.1", 68), ("198.18.57.1", 577)])
def test_v03_fragments(lab, dst, mtu, size):
    """DF clear: fragments, each but the last with a multiple of 8 octets, all within the MTU.

    Steps: send packets of several sizes over 1280, 577 and 68.
    Verify: the fragments that RFC 791 section 3.2 asks for, in order, to the bit: TTL one less,
    TOS and identification kept, MF and offsets, checksums; nothing is answered or dropped.
    """
    rng = random.Random(size)
    with lab.mtud.having(f"add route 198.18.68.0/24 via {B4} mtu 68"), \
            lab.mtud.having(f"add route 198.18.57.0/24 via {B4} mtu 577"):
        packet = ipv4(A4, dst, 17, rng.randbytes(size - 20), tos=0xb9, ident=rng.randrange(65536),
                      ttl=9)
        want = lab.fragments_to_b(packet, mtu)
        assert all(len(f) - 14 <= mtu for f in want) and len(want) >= 2
        lab.check(a_in=[lab.from_a(packet)], b_out=want, drops={}, icmp={})


def test_v03_by_scapy(lab):
    """The same fragments as scapy makes.

    Steps: send 1500 octets over 1280.
    Verify: equal to scapy's fragments of what the packet is one hop on.
    """
    packet = udp(A4, FAR4_1280, 1500)
    made = scapy_fragment(IP(expect.one_hop_on(packet)), 1256)
    want = []
    for piece in made:
        del piece.chksum
        want.append(expect.frame_of(bytes(piece), MAC_RB, MAC_B))
    assert len(want) == 2
    lab.check(a_in=[lab.from_a(packet)], b_out=want, drops={})


@pytest.mark.parametrize("options", [
    COPIED, NOT_COPIED, COPIED + NOT_COPIED, NOT_COPIED + COPIED, b"\1" + COPIED + b"\1\1\1",
    NOT_COPIED + b"\1" + bytes([0x9e, 6, 1, 2, 3, 4]) + b"\0", b"\1\1\1\1",
    bytes([148, 4, 0, 0]) + bytes([130, 11]) + bytes(range(9)) + bytes([7, 23, 4]) + bytes(20),
], ids=["copied", "not", "both", "other-order", "nops", "end", "only-nops", "forty"])
@pytest.mark.parametrize("mtu", [1280, 68])
def test_v03_options(lab, options, mtu):
    """The first fragment has all options, later ones those with the copied flag.

    Steps: send packets with options of both kinds over 1280 and 68 (which leaves 8 octets
    behind a header of 60).
    Verify: the fragments of RFC 791 section 3.2, options behind the first without gaps.
    """
    with lab.mtud.having(f"add route 198.18.77.0/24 via {B4} mtu {mtu}"):
        packet = udp(A4, "198.18.77.1", 1500 if mtu == 1280 else 300, options=options)
        lab.check(a_in=[lab.from_a(packet)], b_out=lab.fragments_to_b(packet, mtu), drops={},
                  icmp={})


def test_v03_many_fragments_in_a_burst(lab):
    """A burst in which many packets need fragments: none is lost, order holds.

    Steps: 64 packets of 1500 octets over 68 and over 1280, packets that fit between them.
    Verify: all fragments and packets, in order.
    """
    with lab.mtud.having(f"add route 198.18.68.0/24 via {B4} mtu 68"):
        for dst, mtu, times in ((FAR4_1280, 1280, 64), ("198.18.68.1", 68, 16)):
            packets = [udp(A4, dst, size, ident=i) for i in range(times) for size in (1500, 60)]
            want = []
            for packet in packets:
                want += lab.fragments_to_b(packet, mtu) if len(packet) > mtu else \
                    [lab.to_b(lab.from_a(packet))]
            lab.check(a_in=[lab.from_a(p) for p in packets], b_out=want, drops={}, icmp={})


@pytest.mark.parametrize("field", [MF, MF | 185, 185, MF | 8000, 8000])
def test_v04_fragments_of_fragments(lab, field):
    """A fragment that is too big becomes fragments: MF and offsets go on from its own.

    Steps: first, middle and last fragments of 1480 and 1485 octets over 1280 and over 576.
    Verify: the fragments of RFC 791 section 3.2; only the last one's MF is that of the original.
    """
    with lab.mtud.having(f"add route 198.18.57.0/24 via {B4} mtu 576"):
        for dst, mtu in ((FAR4_1280, 1280), ("198.18.57.1", 576)):
            for size in (1480,) if field & MF else (1480, 1485):
                packet = ipv4(A4, dst, 17, bytes(i & 255 for i in range(size - 20)), frag=field)
                lab.check(a_in=[lab.from_a(packet)], b_out=lab.fragments_to_b(packet, mtu),
                          drops={}, icmp={})


def test_v04_options_of_a_first_fragment(lab):
    """Options of a fragment are treated as those of any packet.

    Steps: a first fragment with copied and other options, and a later one with a copied option,
    both too big.
    Verify: the first piece has all of them, the others the copied one.
    """
    for field, options in ((MF, NOT_COPIED + b"\1" + COPIED), (MF | 100, COPIED), (100, COPIED)):
        packet = ipv4(A4, FAR4_1280, 17, bytes(1456), frag=field, options=options)
        lab.check(a_in=[lab.from_a(packet)], b_out=lab.fragments_to_b(packet, 1280), drops={})


def test_v12_df_and_later_fragment(lab):
    """DF set, a later fragment, too big: dropped without an answer; a first one is answered.

    Steps: fragments with DF, too big: a middle one, the last one, the first one.
    Verify: silence (held_fragment); Fragmentation Needed about the first.
    """
    later = [ipv4(A4, FAR4_1280, 17, bytes(1400), frag=DF | f) for f in (MF | 100, 100)]
    lab.check(a_in=[lab.from_a(p) for p in later], drops={"too_big": 2}, icmp={"held_fragment": 2})
    first = ipv4(A4, FAR4_1280, 17, bytes(1400), frag=DF | MF)
    lab.check(a_in=[lab.from_a(first)], a_out=[frag_needed(lab, first)], drops=TOO_BIG_ONE,
              icmp=SENT)


def test_v02_icmp_errors(lab):
    """An ICMP error that is too big is not answered with DF, and fragmented without.

    Steps: 1400 octets of ICMP type 3 and of an echo request over 1280.
    Verify: silence, an answer; fragments of both.
    """
    error, request = (icmp4(A4, FAR4_1280, t, 0, bytes(1376), frag=DF) for t in (3, 8))
    lab.check(a_in=[lab.from_a(error)], drops=TOO_BIG_ONE, icmp={"held_error": 1})
    lab.check(a_in=[lab.from_a(request)], a_out=[frag_needed(lab, request)], drops=TOO_BIG_ONE)
    for type_ in (3, 8):
        packet = icmp4(A4, FAR4_1280, type_, 0, bytes(1376))
        lab.check(a_in=[lab.from_a(packet)], b_out=lab.fragments_to_b(packet, 1280), drops={},
                  icmp={})


@pytest.mark.parametrize("tos", [0, 0x1f, 0x20, 0xb8, 0xe1, 0xff])
def test_v13_header_of_our_errors(lab, tos):
    """TOS of the cause with precedence 6 (RFC 1812 section 4.3.2.5), DF clear, TTL 64.

    Steps: too big with DF, TTL 1, and to no route, with each TOS.
    Verify: the answers' headers, the quotes with the TOS as it came.
    """
    big = udp(A4, FAR4_1280, 1400, frag=DF, tos=tos)
    old = udp(A4, FAR4, 100, ttl=1, frag=DF, tos=tos)
    lost = udp(A4, NOWHERE4, 100, frag=DF, tos=tos)
    want = [frag_needed(lab, big), lab.error4_to_a(TIME_EXCEEDED4, 0, old),
            lab.error4_to_a(UNREACH4, NET4, lost)]
    assert all(frame[15] == tos & 0x1e | 0xc0 and frame[20:22] == b"\0\0" for frame in want)
    lab.check(a_in=[lab.from_a(p) for p in (big, old, lost)], a_out=want,
              drops={"too_big": 1, "hop_limit": 1, "no_route": 1})


def test_v13_source(lab):
    """From an address of the port that the answer leaves by.

    Steps: too big with DF from behind A, and from a source whose route leads to B.
    Verify: from R4_A to A; from R4_B to B.
    """
    packet = udp(FAR4_A, FAR4_1280, 1400, frag=DF)
    lab.check(a_in=[lab.from_a(packet)], a_out=[frag_needed(lab, packet, dst=FAR4_A)],
              drops=TOO_BIG_ONE)
    packet = udp("198.18.15.9", FAR4_1280, 1400, frag=DF)
    want = expect.error4(UNREACH4, FRAG_NEEDED4, packet, R4_B, "198.18.15.9", MAC_B, MAC_RB,
                         mtu=1280)
    lab.check(a_in=[lab.from_a(packet)], b_out=[want], drops=TOO_BIG_ONE)


def test_v13_answer_over_a_small_mtu(lab):
    """An answer that is larger than the MTU of its own route is fragmented: its DF is clear.

    Steps: the sender's own route has mtu 300; a packet of 1400 octets with DF.
    Verify: the fragments of the answer.
    """
    with lab.mtud.having(f"add route 198.18.10.128/25 via {A4} mtu 300"):
        src = "198.18.10.129"
        packet = udp(src, FAR4_1280, 1400, frag=DF)
        got, _ = lab.exchange(a=[lab.from_a(packet)])
        answer = frag_needed(lab, packet, dst=src)
        ident = got[0][18:20]
        whole = expect.with_checksum4(answer[14:18] + ident + answer[20:])
        expect.assert_frames(got, [expect.frame_of(f, MAC_RA, MAC_A)
                                   for f in expect.fragments(whole, 300)])


@pytest.mark.parametrize("mtu", [0, 1, 67])
def test_v14_mtu_under_68(lab, mtu):
    """An MTU under 68 is refused (RFC 791: every module must forward 68 octets unfragmented).

    Steps: a route with the MTU on the console; one with 68; an IPv6 route with 1279.
    Verify: a sentence with 68 and the prefix, no route; 68 is taken.
    """
    answer = lab.mtud.cmd(f"add route 198.18.77.0/24 via {B4} mtu {mtu}")
    assert answer.startswith("error: ") and "68" in answer and answer.count("\n") == 1, answer
    assert mtu == 0 or "198.18.77.0/24" in answer
    assert "198.18.77.0/24" not in lab.mtud.cmd("show route")
    with lab.mtud.having(f"add route 198.18.77.0/24 via {B4} mtu 68"):
        assert "198.18.77.0/24" in lab.mtud.cmd("show route")


def test_counters(lab):
    """Each route counts what became of its packets.

    Steps: over 1280: one that fits, one too big with DF, one too big without, one later
    fragment too big with DF.
    Verify: the route's counters, no others.
    """
    prefix = "198.18.12.0/24"
    before = count(lab, prefix)
    fits, big = udp(A4, FAR4_1280, 1000), udp(A4, FAR4_1280, 1500)
    lab.exchange(a=[lab.from_a(p) for p in (
        fits, big, udp(A4, FAR4_1280, 1500, frag=DF),
        ipv4(A4, FAR4_1280, 17, bytes(1400), frag=DF | 100))])
    assert risen(lab, prefix, before) == {
        "packets": 2, "octets": 2500, "too_big": 3, "answered": 1, "fragmented": 1,
        "fragments": 2}
    assert lab.drops() == {"too_big": 2}


def test_df_option_pass(lab):
    """`df pass`: a DF packet goes whole while the port's MTU carries it.

    Steps: a route with mtu 1280 df pass; send 1281 and 1500 octets with DF, and 1500 without.
    Verify: whole, unchanged but for what a hop changes; fragments of the third; counted.
    """
    prefix = "198.18.77.0/24"
    with lab.mtud.having(f"add route {prefix} via {B4} mtu 1280 df pass"):
        before = count(lab, prefix)
        frames = [lab.from_a(udp(A4, "198.18.77.1", size, frag=DF)) for size in (1281, 1500)]
        lab.check(a_in=frames, b_out=[lab.to_b(f) for f in frames], drops={}, icmp={})
        packet = udp(A4, "198.18.77.1", 1500)
        lab.check(a_in=[lab.from_a(packet)], b_out=lab.fragments_to_b(packet, 1280), drops={},
                  icmp={})
        assert risen(lab, prefix, before) == {
            "packets": 3, "octets": 4281, "too_big": 3, "df_passed": 2, "fragmented": 1,
            "fragments": 2}
        # It lasts as long as the port carries the packet; TTL comes first here too.
        old = udp(A4, "198.18.77.1", 1400, frag=DF, ttl=1)
        lab.check(a_in=[lab.from_a(old)], a_out=[lab.error4_to_a(TIME_EXCEEDED4, 0, old)],
                  drops={"hop_limit": 1})


@pytest.mark.parametrize("ident", [1, 0x1234, 0xffff])
def test_df_option_clear(lab, ident):
    """`df clear`: a DF packet is fragmented in spite of DF, which its fragments do not have.

    Steps: a route with mtu 1280 df clear; send 1280 and 1500 octets with DF.
    Verify: the first goes whole with its DF; fragments of the second without, counted.
    """
    prefix = "198.18.77.0/24"
    with lab.mtud.having(f"add route {prefix} via {B4} mtu 1280 df clear"):
        before = count(lab, prefix)
        fits = lab.from_a(udp(A4, "198.18.77.1", 1280, frag=DF, ident=ident))
        lab.check(a_in=[fits], b_out=[lab.to_b(fits)], drops={})
        packet = udp(A4, "198.18.77.1", 1500, frag=DF, ident=ident)
        lab.check(a_in=[lab.from_a(packet)], b_out=lab.fragments_to_b(packet, 1280), drops={},
                  icmp={})
        assert risen(lab, prefix, before) == {
            "packets": 2, "octets": 2780, "too_big": 1, "df_cleared": 1, "fragmented": 1,
            "fragments": 2}


def test_df_option_clear_without_identification(lab):
    """A DF packet may have identification 0 (RFC 6864 section 4.1): its fragments get one, all the
    same, another for each packet; without DF an identification of 0 stays.

    Steps: 50 packets with DF and identification 0 over mtu 1280 df clear; one without DF; and
    fragments with DF and identification 0, which others of their packet have as well.
    Verify: fragments that belong together, 50 identifications, none of them 0; the last ones keep
    theirs.
    """
    dst = "198.18.77.1"
    with lab.mtud.having(f"add route 198.18.77.0/24 via {B4} mtu 1280 df clear"):
        packet = udp(A4, dst, 1500, frag=DF, ident=0)
        _, got = lab.exchange(a=[lab.from_a(packet)] * 50)
        assert len(got) == 100
        idents = set()
        for i in range(0, 100, 2):
            ident = struct.unpack_from("!H", got[i], 18)[0]
            idents.add(ident)
            expect.assert_frames(got[i:i + 2], lab.fragments_to_b(
                udp(A4, dst, 1500, frag=DF, ident=ident), 1280))
        assert len(idents) == 50 and 0 not in idents
        for packet in (udp(A4, dst, 1500, ident=0),
                       ipv4(A4, dst, 17, bytes(1480), ident=0, frag=DF | MF),
                       ipv4(A4, dst, 17, bytes(1400), ident=0, frag=DF | 185)):
            lab.check(a_in=[lab.from_a(packet)], b_out=lab.fragments_to_b(packet, 1280), drops={})


def test_df_option_reply_is_the_default(lab):
    """`df reply` says what a route does anyway; options change with the route, and are shown.

    Steps: replace a route's df option: none, clear, pass, reply; send 1400 octets with DF.
    Verify: answered, fragmented, passed, answered; `show route` has the option's name.
    """
    packet = udp(A4, "198.18.77.1", 1400, frag=DF)
    frame = lab.from_a(packet)
    outcomes = {"reply": {"a_out": [frag_needed(lab, packet)], "drops": TOO_BIG_ONE},
                "clear": {"b_out": lab.fragments_to_b(packet, 1280), "drops": {}},
                "pass": {"b_out": [lab.to_b(frame)], "drops": {}}}
    line = f"add route 198.18.77.0/24 via {B4} mtu 1280"
    with lab.mtud.having(line):
        lab.check(a_in=[frame], **outcomes["reply"])
        for option in ("clear", "pass", "reply"):
            lab.mtud.do(f"{line} df {option}")
            lab.check(a_in=[frame], **outcomes[option])
            shown = [r for r in lab.mtud.json("show route") if r["prefix"] == "198.18.77.0/24"]
            assert shown[0]["df"] == option
            assert option == "reply" or f"df {option}" in lab.mtud.cmd("show route")


def test_on_link_destination(lab):
    """The MTU of an on-link route holds as well.

    Steps: 198.51.100.128/25 on port 1 with mtu 1000; send 1200 octets with DF and without to a
    host in it.
    Verify: Fragmentation Needed with 1000; fragments to the host's own MAC.
    """
    mac, dst = "02:00:00:00:0b:99", "198.51.100.199"
    with lab.mtud.having("add route 198.51.100.128/25 port 1 mtu 1000"), \
            lab.mtud.having(f"add neighbor {dst} lladdr {mac} port 1"):
        packet = udp(A4, dst, 1200, frag=DF)
        lab.check(a_in=[lab.from_a(packet)], a_out=[frag_needed(lab, packet, 1000)],
                  drops=TOO_BIG_ONE)
        packet = udp(A4, dst, 1200)
        lab.check(a_in=[lab.from_a(packet)], b_out=lab.fragments_to_b(packet, 1000, mac), drops={})


def test_group_is_fragmented(lab):
    """A packet to a routed group is fragmented like any other.

    Steps: a route for 239.129.0.0/16 with mtu 1280; send 1500 octets without DF to a group.
    Verify: its fragments, all to the group's MAC.
    """
    mac = "01:00:5e:01:02:03"
    with lab.mtud.having("add route 239.129.0.0/16 port 1 mtu 1280"):
        packet = udp(A4, "239.129.2.3", 1500)
        lab.check(a_in=[lab.from_a(packet, mac)], b_out=lab.fragments_to_b(packet, 1280, mac),
                  drops={})


def test_held_packets_become_fragments(lab):
    """Packets that waited for their neighbor are fragmented when they leave.

    Steps: to an unknown host behind mtu 1000 send a packet that fits and two too big ones; one
    with DF among them; answer mtud's ARP request.
    Verify: Fragmentation Needed about the one with DF at once or later, once; the others leave
    in order, in fragments where they are too big.
    """
    host, mac = "198.51.100.177", "02:00:00:00:0d:77"
    fits, big, df = (udp(A4, host, size, frag=f) for size, f in ((900, 0), (1400, 0), (1400, DF)))
    with lab.mtud.having("add route 198.51.100.128/25 port 1 mtu 1000"):
        try:
            lab.a.send(*map(lab.from_a, (fits, big, df)))
            asked = lab.b.until(lambda f: arp.is_request(f, host), 2)
            expect.assert_frames(asked, [arp.request(R4_B, host, MAC_RB)])
            got_a, got_b = lab.exchange(b=[arp.reply(host, R4_B, mac, MAC_RB)], settle_s=0.3)
            expect.assert_frames(got_b, [lab.to_b(lab.from_a(fits), mac),
                                         *lab.fragments_to_b(big, 1000, mac)])
            expect.assert_frames(got_a, [frag_needed(lab, df, 1000)])
            assert lab.drops() == TOO_BIG_ONE
        finally:
            lab.mtud.cmd(f"del neighbor {host} port 1")


def test_too_big_and_nobody_there(lab):
    """A packet that waits in vain is answered whole, not as fragments.

    Steps: 1400 octets without DF over mtu 1000 to a host that never answers; wait.
    Verify: one host unreachable that quotes the packet as it came; one neigh_failed.
    """
    host = "198.51.100.178"
    with lab.mtud.having("add route 198.51.100.128/25 port 1 mtu 1000"):
        try:
            packet = udp(A4, host, 1400)
            lab.a.send(lab.from_a(packet))
            frame = lab.a.receive(5)
            expect.assert_frame(frame, lab.error4_to_a(UNREACH4, HOST4, packet))
            lab.exchange()
            assert lab.drops() == {"neigh_failed": 1}
        finally:
            lab.mtud.cmd(f"del neighbor {host} port 1")


def test_glued_frames(lab):
    """A frame that TSO or GRO glued together is no packet too big, DF or not.

    Steps: with TSO on at A's end send a TCP segment of 4000 octets that the kernel would cut
    for the wire.
    Verify: rx_oversize counts it; no answer, no fragments.
    """
    tcp = struct.pack("!HHIIBBHHH", 40000, 80, 1, 1, 5 << 4, 0x10, 1000, 0, 0)
    lab.ns_a.run("ethtool", "-K", "wire", "tx", "on", "tso", "on")
    try:
        for i, (dst, frag) in enumerate(((FAR4_1280, DF), (FAR4_1280, 0), (FAR4, DF))):
            lab.a.send_glued(lab.from_a(ipv4(A4, dst, 6, tcp + bytes(4000), frag=frag)), 1440)
            got_a, got_b = lab.exchange(settle_s=0.2)
            expect.assert_frames(got_a, [])
            expect.assert_frames(got_b, [])
            assert lab.drops() == {"rx_oversize": i + 1}
            assert lab.icmp() == {}
    finally:
        lab.ns_a.run("ethtool", "-K", "wire", "tx", "off", "tso", "off")


@pytest.fixture(scope="module")
def wide(binary):
    """Port 0 with MTU 9000, port 1 with 1500."""
    config = ["set port 0 mtu 9000", *CONFIG, f"add route 198.18.90.0/24 via {B4} mtu 9000",
              f"add route 198.18.68.0/24 via {B4} mtu 68",
              f"add route 198.18.91.0/24 via {B4} mtu 1280 df pass",
              f"add route 198.18.92.0/24 via {B4} df clear"]
    with Lab(binary, config, mtu_a=9000, memory_mb=1024,
             vdev_args=",blocksz=65536,framesz=16384,framecnt=512") as bench:
        yield bench


@pytest.fixture
def jumbo(wide):
    wide.clear()
    return wide


def test_jumbo_fragments(jumbo):
    """Packets of several segments become fragments as well, up to 1024 of them.

    Steps: 9000, 4001 and 1501 octets over 1500, 1280 and 68, DF clear; and 1501 octets over the
    port's MTU with `df clear`.
    Verify: the fragments; those of 9000 over 68 with a full header (8 octets each, 1118 of them)
    are more than mtud makes: dropped as frag_too_many.
    """
    rng = random.Random(90)
    for size in (9000, 4001, 1501):
        for dst, mtu in (("198.18.90.1", 1500), (FAR4_1280, 1280), ("198.18.68.1", 68)):
            packet = ipv4(A4, dst, 17, rng.randbytes(size - 20))
            jumbo.check(a_in=[jumbo.from_a(packet)], b_out=jumbo.fragments_to_b(packet, mtu),
                        drops={}, icmp={})
    packet = ipv4(A4, "198.18.92.1", 17, rng.randbytes(1481), frag=DF)
    jumbo.check(a_in=[jumbo.from_a(packet)], b_out=jumbo.fragments_to_b(packet, 1500), drops={})
    packet = ipv4(A4, "198.18.68.1", 17, bytes(8940), options=b"\1" * 40)
    got_a, got_b = jumbo.exchange(a=[jumbo.from_a(packet)])
    expect.assert_frames(got_b, [])
    assert jumbo.drops() == {"frag_too_many": 1}
    assert len(got_a) <= 1


def test_jumbo_answers(jumbo):
    """Answers to jumbo packets stay within 576; `df pass` ends where the port's MTU ends.

    Steps: with DF 9000 and 1501 octets over the port's MTU, over 1280 and over mtu 1280 df pass;
    1500 over the last.
    Verify: Fragmentation Needed with the smaller of route and port, for `df pass` with the
    port's; the last one passes.
    """
    lab = jumbo
    for size in (9000, 1501):
        for dst, mtu in (("198.18.90.1", 1500), (FAR4_1280, 1280), ("198.18.91.1", 1500)):
            packet = udp(A4, dst, size, frag=DF)
            lab.check(a_in=[lab.from_a(packet)], a_out=[frag_needed(lab, packet, mtu)],
                      drops=TOO_BIG_ONE, icmp=SENT)
    frame = lab.from_a(udp(A4, "198.18.91.1", 1500, frag=DF))
    lab.check(a_in=[frame], b_out=[lab.to_b(frame)], drops={})


def test_fragments_while_ipv6_flows(lab):
    """Fragments of one family do not disturb the other's packets.

    Steps: 200 IPv4 packets of 1500 octets over 1280, and as many IPv6 ones that fit and that are
    too big, in turn.
    Verify: all fragments in order, all IPv6 packets in order, an answer to each that is too big.
    """
    big4 = [udp(A4, FAR4_1280, 1500, ident=i) for i in range(200)]
    fit6 = [udp(A, FAR_1280, 1280, sport=1 + i) for i in range(200)]
    big6 = udp(A, FAR_1280, 1281)
    got_a, got_b = [], []
    for i in range(0, 200, 20):
        frames = []
        for j in range(i, i + 20):
            frames += [lab.from_a(big4[j]), lab.from_a(fit6[j]), lab.from_a(big6)]
        out = lab.exchange(a=frames)
        got_a += out[0]
        got_b += out[1]
    v4 = [f for f in got_b if f[12:14] == b"\x08\x00"]
    expect.assert_frames(v4, [f for p in big4 for f in lab.fragments_to_b(p, 1280)])
    expect.assert_frames([f for f in got_b if f not in set(v4)],
                         [lab.to_b(lab.from_a(p)) for p in fit6])
    expect.assert_frames(got_a, [lab.error_to_a(expect.TOO_BIG, 0, 1280, big6)] * 200)
    assert lab.drops() == {"too_big": 200}


def test_too_big_without_a_limit(lab):
    """Every too big packet of a flow with DF is answered when the limit is off.

    Steps: rate 0 (the lab's setting), 1000 too big packets.
    Verify: 1000 answers within a moment, none forwarded.
    """
    frame = lab.from_a(udp(A4, FAR4_1280, 1300, frag=DF))
    start = time.monotonic()
    got = []
    for _ in range(20):
        out = lab.exchange(a=[frame] * 50)
        got += out[0]
        assert not out[1]
    print(f"1000 answers in {time.monotonic() - start:.2f} s")
    assert len(got) == 1000
    assert lab.icmp() == {"sent_fragmentation_needed": 1000} and lab.drops() == {"too_big": 1000}
