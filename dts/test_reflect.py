# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""mtud as a reflector: what forged packets can have it send, in packets and octets. The figures of
the README's table are what this file prints with `pytest -s`."""

import collections
import ipaddress
import random
import struct
import time

import pytest

from lab import arp, expect, nd
from lab.expect import DF, ETHER, icmp4, icmpv6, ipv4, ipv6, packed, udp
from lab.lab import (A, A4, B4, FAR, FAR4, FAR4_1280, FAR_1280, LL_A, MAC_RA, R4_A, R_A)

RATE, BURST = 100, 10
FLOOD = 200
UNREACHABLE, PROHIBITED = "2001:db8:dead::1", "2001:db8:f0b1::1"
UNREACHABLE4, PROHIBITED4 = "198.18.2.1", "198.18.3.1"
NODES = nd.group_mac(nd.ALL_NODES)
BAD_OPTION = bytes([59, 0, 0x9e, 4, 0, 0, 0, 0])

# What an answer may have more than its cause: the headers in front of the quote (RFC 4443 section
# 3, RFC 792); nothing where the answer says that the cause was too big, or sends it back.
ERROR6, ERROR4, SAME = 48, 28, 0

# name -> (the packet of a source, octets more at most)
KINDS = {
    "Packet Too Big": (lambda s: udp(s, FAR_1280, 1281), SAME),
    "Time Exceeded": (lambda s: udp(s, FAR, 48, hop_limit=1), ERROR6),
    "Unreachable": (lambda s: udp(s, UNREACHABLE, 48), ERROR6),
    "Prohibited": (lambda s: udp(s, PROHIBITED, 48), ERROR6),
    "Port Unreachable": (lambda s: udp(s, R_A, 48), ERROR6),
    "Parameter Problem, header": (lambda s: ipv6(s, R_A, 253, b""), ERROR6),
    "Parameter Problem, option": (lambda s: ipv6(s, R_A, 60, BAD_OPTION), ERROR6),
    "Echo Reply": (lambda s: icmpv6(s, R_A, 128, 0, bytes(4)), SAME),
    "Echo Reply, anycast": (lambda s: icmpv6(s, "2001:db8:a::", 128, 0, bytes(4)), SAME),
    "Echo Reply, group": (lambda s: icmpv6(s, nd.ALL_NODES, 128, 0, bytes(4)), SAME),
    "Fragmentation Needed": (lambda s: udp(s, FAR4_1280, 1281, frag=DF), SAME),
    "Time Exceeded, IPv4": (lambda s: udp(s, FAR4, 28, ttl=1), ERROR4),
    "Unreachable, IPv4": (lambda s: udp(s, UNREACHABLE4, 28), ERROR4),
    "Prohibited, IPv4": (lambda s: udp(s, PROHIBITED4, 28), ERROR4),
    "Port Unreachable, IPv4": (lambda s: udp(s, R4_A, 28), ERROR4),
    "Protocol Unreachable": (lambda s: ipv4(s, R4_A, 253, b""), ERROR4),
    "Echo Reply, IPv4": (lambda s: icmp4(s, R4_A, 8, 0, bytes(4)), SAME),
}

_random = random.Random(6980)


def sources(kind, spread):
    """FLOOD sources of the kind's family: one, of one prefix, or from all over."""
    v4 = kind.endswith("IPv4") or kind in ("Fragmentation Needed", "Protocol Unreachable")
    if spread == "one":
        return [A4 if v4 else A] * FLOOD
    if spread == "prefix":
        return [f"198.18.10.{1 + i % 254}" if v4 else f"2001:db8:aaaa::{i + 1:x}"
                for i in range(FLOOD)]
    if v4:
        return [str(ipaddress.IPv4Address(_random.randrange(20 << 24, 99 << 24)))
                for _ in range(FLOOD)]
    return [str(ipaddress.IPv6Address((0x2a << 120) + _random.getrandbits(120)))
            for _ in range(FLOOD)]


def octets(frames):
    """Of IP packets in their frames."""
    return sum(len(frame) - ETHER for frame in frames)


@pytest.fixture(scope="module")
def figures():
    """Rows that the tests have measured, printed at the end."""
    rows = []
    yield rows
    print("\n| forged | octets in, out | out / in | one source · a prefix · all over |\n"
          "| --- | --- | --- | --- |")
    for row in rows:
        print("| " + " | ".join(row) + " |")


@pytest.fixture
def reflector(lab):
    """The lab with a bucket, and a way back to every source by A."""
    lab.mtud.do(f"set icmp rate {RATE} burst {BURST}")
    with lab.mtud.having(f"add route ::/0 via {A}"), \
            lab.mtud.having(f"add route 0.0.0.0/0 via {A4}"):
        yield lab
    lab.mtud.do("set icmp rate 0 burst 1")


def refilled(lab):
    """A full bucket, whatever has been taken from it."""
    lab.mtud.do("set icmp rate 0 burst 1")
    lab.mtud.do(f"set icmp rate {RATE} burst {BURST}")


def answered(lab, frames, tap, wanted):
    """Send them at A; what came out of a wire's end and is wanted. The control thread has its time:
    it ends when each has had an answer, or nothing more comes."""
    got_a, got_b = lab.exchange(a=frames)
    got = [f for f in (got_a if tap is lab.a else got_b) if wanted(f)]
    while len(got) < len(frames) and (frame := tap.receive(2)):
        got += [frame] if wanted(frame) else []
    return got


def flood(lab, frames):
    """Send them over a tenth of a second; (what came out at A, seconds)."""
    refilled(lab)
    lab.clear()
    start = time.monotonic()
    for i in range(0, len(frames), 20):
        lab.a.send(*frames[i:i + 20])
        time.sleep(0.01)
    got_a, got_b = lab.exchange()
    expect.assert_frames(got_b, [])
    return got_a, time.monotonic() - start


@pytest.mark.parametrize("kind", KINDS)
def test_answers(reflector, figures, kind):
    """However many forge whatever sources: no more answers than the bucket has, each as long as its
    cause and the RFC's headers at most. The two are what bounds the octets that go out.

    Steps: 200 packets of the kind within a fraction of a second, from one source, from as many of
    one prefix, and from all over.
    Verify: answers <= burst + 1 + rate x time; each answer's length.
    """
    make, more = KINDS[kind]
    rates = []
    for spread in ("one", "prefix", "all"):
        packets = [make(s) for s in sources(kind, spread)]
        group = NODES if kind.endswith("group") else MAC_RA
        frames = [reflector.from_a(p, group) for p in packets]
        got, seconds = flood(reflector, frames)
        assert 1 <= len(got) <= BURST + 1 + RATE * (seconds + 0.05), spread
        assert max(map(len, got)) - ETHER <= len(packets[0]) + more
        rates.append(f"{(len(got) - BURST) / seconds:.0f}")
    size, most = len(packets[0]), max(map(len, got)) - ETHER
    figures.append((kind, f"{size}, {most}", f"{most / size:.2f}", " · ".join(rates)))


def test_fragments(lab, figures):
    """Fragments go on to the destination, none back to a forged source, and cost their headers.

    Steps: 1500 octets without DF over routes of mtu 1280 and 68.
    Verify: nothing at A; at B as many packets and octets as RFC 791 makes of it.
    """
    for mtu in (1280, 68):
        with lab.mtud.having(f"add route 198.18.99.0/24 via {B4} mtu {mtu}"):
            packet = udp(A4, "198.18.99.1", 1500)
            got_a, got_b = lab.exchange(a=[lab.from_a(packet)])
        want = expect.fragments(expect.one_hop_on(packet), mtu)
        assert got_a == [] and [f[ETHER:] for f in got_b] == want
        assert octets(got_b) == 1500 + 20 * (len(want) - 1)
        figures.append((f"Fragments, MTU {mtu}, onwards", f"1500, {octets(got_b)} in {len(want)}",
                        f"{octets(got_b) / 1500:.2f}", "as they come"))


def test_link_answers(lab, figures):
    """Who solicits on the link has one answer for each question at most, to itself.

    Steps: 200 solicitations, 200 probes for duplicates, 200 ARP requests from made-up neighbors.
    Verify: an answer each at most; 72 octets for 64 (RFC 4861 section 7.2.4 has it name the MAC),
    28 for 28.
    """
    group = nd.group_mac(nd.solicited_node(R_A))
    macs = [f"02:22:00:00:00:{i:02x}" for i in range(200)]
    floods = {
        "Neighbor Advertisement": [lab.from_a(nd.ns(f"2001:db8:a::7:{i:x}", R_A), group, mac)
                                   for i, mac in enumerate(macs)],
        "Neighbor Advertisement, DAD": [lab.from_a(nd.ns("::", R_A), group, mac) for mac in macs],
        "ARP reply": [arp.request(f"192.0.2.{30 + i % 200}", R4_A, mac)
                      for i, mac in enumerate(macs)],
    }
    for name, frames in floods.items():
        got = answered(lab, frames, lab.a, lambda f: True)
        assert 1 <= len(got) <= len(frames), name
        most = 28 + 18 if name == "ARP reply" else 72
        assert max(map(len, got)) - ETHER == most, name
        size = len(frames[0]) - ETHER
        figures.append((name, f"{size}, {most}", f"{most / size:.2f}", "one for each"))
    for i in range(200):
        lab.mtud.cmd(f"del neighbor 192.0.2.{30 + i} port 0")


def test_mld_reports(lab, figures):
    """Queries that ask for reports at once have four a second.

    Steps: 100 queries within a second.
    Verify: as many reports as the time allows.
    """
    message = icmpv6(LL_A, nd.ALL_NODES, 130, 0, bytes(4) + bytes(16))[40:]
    query = lab.from_a(ipv6(LL_A, nd.ALL_NODES, 0, bytes([58, 0, 5, 2, 0, 0, 1, 0]) + message,
                            hop_limit=1), NODES)
    start, got = time.monotonic(), []
    for _ in range(100):
        lab.a.send(query)
        got += lab.a.frames(0.01)
    got += lab.exchange(settle_s=0.3)[0]
    reports = [frame for frame in got if nd.mld_groups(frame)]
    seconds = time.monotonic() - start
    assert 1 <= len(reports) <= 1 + 4 * seconds
    size, most = octets([query]), octets(reports[:1])
    figures.append(("MLD report", f"{size}, {most}", f"{most / size:.2f}",
                    f"{(len(reports) - 1) / seconds:.0f} from one"))


def test_scan(lab, figures):
    """A packet to nobody has three solicitations at most, and one Unreachable (RFC 4861 section
    7.2.2: MAX_MULTICAST_SOLICIT).

    Steps: 20 packets of 48 octets to as many addresses of B's link; wait until each is given up,
    and as long again as between two solicitations.
    Verify: three solicitations of 72 octets for each; one Unreachable that quotes it.
    """
    targets = [f"2001:db8:b::9:{i:x}" for i in range(20)]
    lab.a.send(*(lab.from_a(udp(A, target, 48)) for target in targets))
    back, asked, end = [], [], time.monotonic() + 20
    while len(back) < len(targets) and time.monotonic() < end:
        back += lab.a.frames(0.1)
        asked += lab.b.frames(0.1)
    back += lab.a.frames(0.1)
    asked += lab.b.frames(1.2)
    assert {len(frame) - ETHER for frame in asked} == {72}
    assert {frame[ETHER + 24:ETHER + 27] for frame in asked} == {packed("ff02::1")[:3]}
    about = collections.Counter(frame[ETHER + 48:ETHER + 64] for frame in asked)
    assert about == {packed(target): 3 for target in targets}
    # Destination Unreachable, Address Unreachable; in its quote the destination.
    assert {frame[ETHER + 40:ETHER + 42] for frame in back} == {b"\1\3"}
    assert sorted(frame[ETHER + 72:ETHER + 88] for frame in back) == sorted(map(packed, targets))
    for target in targets:
        lab.mtud.cmd(f"del neighbor {target} port 1")
    figures.append(("Neighbor Solicitation, onwards", "48, 3 x 72", f"{3 * 72 / 48:.2f}",
                    "three for each"))


def test_silence(lab):
    """What is for nobody or comes from nobody is not answered at all.

    Steps: TCP to us, a reset, echo replies, errors about errors, sources of ours and of groups, and
    what was sent to a group or broadcast.
    Verify: nothing comes out.
    """
    syn = struct.pack("!HHIIBBHHH", 40000, 80, 1, 0, 5 << 4, 2, 64000, 0, 0)
    quote = udp(A, FAR, 60)
    packets = [expect.ip(s, d, 6, syn) for s, d in ((A, R_A), (A4, R4_A))]
    packets += [icmpv6(A, R_A, 129, 0, bytes(8)), icmp4(A4, R4_A, 0, 0, bytes(8)),
                icmpv6(A, FAR, 3, 0, bytes(4) + quote, hop_limit=1),
                icmpv6(A, UNREACHABLE, 1, 0, bytes(4) + quote),
                icmp4(A4, UNREACHABLE4, 11, 0, bytes(4) + udp(A4, FAR4, 60)),
                udp(R_A, FAR, 60, hop_limit=1), udp("ff0e::1", FAR, 60, hop_limit=1),
                udp(R4_A, FAR4, 60, ttl=1), udp("192.0.2.255", FAR4, 60, ttl=1),
                udp("224.0.0.1", R4_A, 60), udp(A4, "192.0.2.255", 60),
                *(icmp4(A4, dst, 8, 0, bytes(4)) for dst in ("255.255.255.255", "192.0.2.255"))]
    got_a, got_b = lab.exchange(a=[lab.from_a(p) for p in packets], settle_s=0.1)
    expect.assert_frames(got_a + got_b, [])
    assert sum(lab.drops().values()) == len(packets)
