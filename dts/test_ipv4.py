# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""IPv4 as a router and as a host: rows V1, V5 to V9 and V15 of the packet table (README.md)."""

import random
import struct

import pytest

from lab import arp, expect
from lab.expect import (DF, ECHO_REPLY4, ECHO_REQUEST4, HOST4, MF, NET4, PORT4, PROHIBITED4,
                        PROTO4, TIME_EXCEEDED4, UNREACH4, icmp4, ipv4, udp)
from lab.lab import (A, A4, B4, BLACKHOLE4, FAR, FAR4, FAR4_1280, FAR4_A, MAC_A, MAC_B,
                     MAC_RA, MAC_RB, NOWHERE4, PROHIBIT4, R4_A, R4_B, UNREACHABLE4)

BROADCAST = "ff:ff:ff:ff:ff:ff"
UNREACH_SENT = {"sent_unreachable": 1}

# Options (RFC 791 section 3.1, RFC 2113, RFC 7126): name -> octets.
OPTIONS = {
    "nop": b"\1\1\1\1", "end": b"\0\0\0\0", "record-route": bytes([7, 11, 4]) + bytes(8),
    "timestamp": bytes([68, 12, 5, 0]) + bytes(8), "router-alert": bytes([148, 4, 0, 0]),
    "security": bytes([130, 11]) + bytes(9), "stream-id": bytes([136, 4, 1, 2]),
    "unknown": bytes([0x9e, 4, 0xab, 0xcd]), "unknown-not-copied": bytes([0x1e, 5, 1, 2, 3]),
    "forty-octets": bytes([7, 39, 4]) + bytes(36) + b"\1",
}


def test_v01_fits(lab):
    """Packets that fit leave at B with TTL less 1 and otherwise unchanged.

    Steps: send UDP, TCP, ICMP and unknown protocols of 20 to 1500 octets from A to B itself and
    to a destination behind B, DF set and clear, any TTL, TOS and identification.
    Verify: each leaves at B, TTL less 1 and the header checksum right, nothing else changed.
    """
    rng = random.Random(4)
    frames = []
    for dst in (B4, FAR4):
        for size in (20, 21, 28, 46, 47, 128, 576, 1279, 1280, 1281, 1499, 1500):
            for proto in (1, 6, 17, 132, 253):
                frames.append(lab.from_a(ipv4(
                    A4, dst, proto, rng.randbytes(size - 20), ttl=rng.randint(2, 255),
                    tos=rng.randrange(256), ident=rng.randrange(65536),
                    frag=rng.choice((0, DF)))))
    lab.check(a_in=frames, b_out=[lab.to_b(f) for f in frames], drops={}, icmp={})


def test_v01_back(lab):
    """The way back forwards alike.

    Steps: send 1500 octets from behind B to A and to a destination behind A.
    Verify: they leave at A, TTL less 1.
    """
    frames = [lab.from_b(udp(FAR4, dst, 1500)) for dst in (A4, FAR4_A)]
    lab.check(b_in=frames, a_out=[lab.to_a(f) for f in frames])


@pytest.mark.parametrize("name", OPTIONS)
def test_v01_options_are_kept(lab, name):
    """Options are carried along as they are.

    Steps: send packets with an option, one of them of 40 octets of options.
    Verify: they leave at B with the same options, nothing written into them.
    """
    frames = [lab.from_a(udp(A4, FAR4, size, options=OPTIONS[name])) for size in (100, 1500)]
    lab.check(a_in=frames, b_out=[lab.to_b(f) for f in frames], drops={}, icmp={})


def test_v01_checksum_wraps(lab):
    """The checksum is right at both ends of its range too.

    Steps: packets whose identification makes the header checksum each value from 0xfdfe to
    0xffff and from 0 to 0x0101.
    Verify: they leave with the checksum that the sum over their header gives.
    """
    base = udp(A4, FAR4, 60, ident=0)
    sum_of_others = 0xffff - struct.unpack_from("!H", base, 10)[0]
    frames = []
    for cksum in (*range(0xfdfe, 0xffff), *range(0x0102)):
        ident = (0xffff - cksum - sum_of_others) % 0xffff
        packet = udp(A4, FAR4, 60, ident=ident)
        assert struct.unpack_from("!H", packet, 10)[0] == cksum
        frames.append(lab.from_a(packet))
    for i in range(0, len(frames), 100):
        lab.check(a_in=frames[i:i + 100], b_out=[lab.to_b(f) for f in frames[i:i + 100]])


def test_v01_both_families_in_one_burst(lab):
    """A burst may mix families: each packet goes its way, in order within its family.

    Steps: send IPv4 and IPv6 packets in turn and in runs, fits and errors among them.
    Verify: what each family alone would give.
    """
    rng = random.Random(46)
    fits, errors = [], []
    for i in range(400):
        v4 = rng.random() < 0.5
        kind = rng.random()
        if kind < 0.8:
            fits.append(lab.from_a(udp(A4 if v4 else A, FAR4 if v4 else FAR, 100, sport=1 + i)))
        elif v4:
            fits.append(lab.from_a(udp(A4, FAR4, 100, sport=1 + i, ttl=1)))
            errors.append(lab.error4_to_a(TIME_EXCEEDED4, 0, fits[-1][14:]))
        else:
            fits.append(lab.from_a(udp(A, FAR, 100, sport=1 + i, hop_limit=1)))
            errors.append(lab.error_to_a(expect.TIME_EXCEEDED, 0, 0, fits[-1][14:]))
    got_a, got_b = [], []
    for i in range(0, len(fits), 50):
        out = lab.exchange(a=fits[i:i + 50])
        got_a += out[0]
        got_b += out[1]

    def family(frames, v4):
        return [f for f in frames if (f[12:14] == b"\x08\x00") == v4]

    forwards = [lab.to_b(f) for f in fits
                if (f[22] if f[12:14] == b"\x08\x00" else f[21]) > 1]
    for v4 in (False, True):
        expect.assert_frames(family(got_b, v4), family(forwards, v4))
        expect.assert_frames(family(got_a, v4), family(errors, v4))


@pytest.mark.parametrize("ttl", [0, 1])
@pytest.mark.parametrize("dst,size,frag", [(FAR4, 100, 0), (FAR4, 100, DF), (B4, 1280, 0),
                                           (FAR4_1280, 1281, DF), (FAR4_1280, 1500, 0)])
def test_v05_v11_ttl(lab, ttl, dst, size, frag):
    """TTL 1 or 0: Time Exceeded, also when the packet is too big, with DF or without.

    Steps: send a packet with TTL 1 or 0, one that fits and some that do not.
    Verify: Time Exceeded code 0 and nothing else; the quote has the TTL as received.
    """
    packet = udp(A4, dst, size, ttl=ttl, frag=frag)
    answer = lab.error4_to_a(TIME_EXCEEDED4, 0, packet)
    assert len(answer) == 14 + min(576, 28 + size)
    lab.check(a_in=[lab.from_a(packet)], a_out=[answer], drops={"hop_limit": 1},
              icmp={"sent_time_exceeded": 1})


def test_v05_no_route_comes_first(lab):
    """Where there is no route, the hop limit does not matter.

    Steps: TTL 1 to no route and to a route of each type.
    Verify: the answers of the routes.
    """
    packet = udp(A4, NOWHERE4, 100, ttl=1)
    lab.check(a_in=[lab.from_a(packet)], a_out=[lab.error4_to_a(UNREACH4, NET4, packet)],
              drops={"no_route": 1})
    packet = udp(A4, PROHIBIT4, 100, ttl=1)
    lab.check(a_in=[lab.from_a(packet)], a_out=[lab.error4_to_a(UNREACH4, PROHIBITED4, packet)],
              drops={"prohibit": 1})
    lab.check(a_in=[lab.from_a(udp(A4, BLACKHOLE4, 100, ttl=1))], drops={"blackhole": 1}, icmp={})


@pytest.mark.parametrize("size", [20, 21, 100, 547, 548, 549, 576, 1500])
def test_no_route(lab, size):
    """No route: Destination Unreachable, net (RFC 1812 section 5.2.7.1).

    Steps: send packets of several sizes, with and without options, to no route.
    Verify: code 0, quoting all of a small packet and as much of a large one as fits in 576.
    """
    for options in (b"",) if size < 100 else (b"", OPTIONS["forty-octets"]):
        packet = ipv4(A4, NOWHERE4, 253, bytes(size - 20 - len(options)), options=options)
        answer = lab.error4_to_a(UNREACH4, NET4, packet)
        assert len(packet) == size and len(answer) == 14 + min(576, 28 + size)
        lab.check(a_in=[lab.from_a(packet)], a_out=[answer], drops={"no_route": 1},
                  icmp=UNREACH_SENT)


def test_default_route(lab):
    """With a default route there is always a route.

    Steps: add 0.0.0.0/0 via B, send, delete it, send again.
    Verify: forwarded, then unreachable again; IPv6 has no default route of it.
    """
    packet = udp(A4, NOWHERE4, 200)
    frame = lab.from_a(packet)
    with lab.mtud.having(f"add route 0.0.0.0/0 via {B4}"):
        lab.check(a_in=[frame], b_out=[lab.to_b(frame)], drops={})
        packet6 = udp(A, "2001:db9::1", 100)
        lab.check(a_in=[lab.from_a(packet6)],
                  a_out=[lab.error_to_a(expect.UNREACH, expect.NO_ROUTE, 0, packet6)],
                  drops={"no_route": 1})
    lab.check(a_in=[frame], a_out=[lab.error4_to_a(UNREACH4, NET4, packet)],
              drops={"no_route": 1})


def test_route_types(lab):
    """Blackhole says nothing, unreachable says host, prohibit says administratively prohibited.

    Steps: send a packet to a route of each type, small and larger than any MTU in force.
    Verify: the answers (codes 1 and 13), and the counter of each type.
    """
    for size in (100, 1500):
        lab.check(a_in=[lab.from_a(udp(A4, BLACKHOLE4, size))], drops={"blackhole": 1}, icmp={})
        packet = udp(A4, UNREACHABLE4, size)
        lab.check(a_in=[lab.from_a(packet)], a_out=[lab.error4_to_a(UNREACH4, HOST4, packet)],
                  drops={"unreachable": 1}, icmp=UNREACH_SENT)
        packet = udp(A4, PROHIBIT4, size)
        lab.check(a_in=[lab.from_a(packet)],
                  a_out=[lab.error4_to_a(UNREACH4, PROHIBITED4, packet)],
                  drops={"prohibit": 1}, icmp=UNREACH_SENT)


def test_v01_prefix_lengths(lab):
    """Prefix lengths 0 to 32: the longest match wins at every length.

    Steps: 33 nested prefixes around one address, each with a next hop of its own; for each
    length send to an address that shares just so many bits; then take the routes away one by one.
    Verify: the next hop's MAC tells the route taken; after each deletion the next shorter one
    takes over.
    """
    base = int.from_bytes(expect.packed("165.195.90.133"), "big")

    def text(value):
        return ".".join(str(value >> n & 255) for n in (24, 16, 8, 0))

    def prefix(n):
        return text(base >> (32 - n) << (32 - n) if n else 0) + f"/{n}"

    def mac(n):
        return f"02:00:00:00:33:{n:02x}"

    def hop(n):
        return f"198.51.100.{100 + n}"

    lengths = range(33)
    lab.mtud.do(*(f"add neighbor {hop(n)} lladdr {mac(n)} port 1" for n in lengths),
                *(f"add route {prefix(n)} via {hop(n)}" for n in lengths))
    try:
        # Flipping bit n (counted from 0) leaves exactly n bits in common; bit 1 alone would make it
        # multicast.
        probes = [base ^ (1 << (31 - n)) if n < 32 else base for n in lengths]
        probes[1] = base ^ (1 << 30) ^ (1 << 29)
        assert all(0 < p >> 24 < 224 and p >> 24 != 127 for p in probes)
        frames = [lab.from_a(udp(A4, text(p), 100)) for p in probes]
        lab.check(a_in=frames, b_out=[lab.to_b(f, mac(n)) for n, f in zip(lengths, frames)])
        for n in range(32, 0, -1):
            lab.mtud.do(f"del route {prefix(n)}")
            lab.check(a_in=[frames[32]], b_out=[lab.to_b(frames[32], mac(n - 1))])
    finally:
        lab.mtud.cmd(*(f"del route {prefix(n)}" for n in lengths))
        lab.mtud.cmd(*(f"del neighbor {hop(n)} port 1" for n in lengths))


def frame4(packet, dst_mac=MAC_RA):
    """A frame of EtherType IPv4, whatever version the packet claims."""
    return expect.ether(dst_mac, MAC_A, expect.ETHERTYPE_IPV4) + packet


def bad_headers():
    """name -> (packet, reasons, any of which is right). Only one thing is wrong with each, and the
    checksum fits the header as far as there is one."""
    payload = bytes(range(80))
    good = ipv4(A4, FAR4, 17, payload)
    cases = {f"version-{v}": (ipv4(A4, FAR4, 17, payload, version=v), {"ip_version"})
             for v in range(16) if v != 4}
    cases |= {f"ihl-{n}": (ipv4(A4, FAR4, 17, payload, ihl=n), {"ip_header"}) for n in range(5)}
    cases |= {f"checksum-bit-{n}": (expect.with_checksum4(
        good, cksum=struct.unpack_from("!H", good, 10)[0] ^ 1 << n), {"ip_cksum"})
        for n in range(16)}
    cases["checksum-0"] = (expect.with_checksum4(good, cksum=0), {"ip_cksum"})
    cases["checksum-ttl"] = (good[:8] + b"\x3f" + good[9:], {"ip_cksum"})
    cases["checksum-option"] = (ipv4(A4, FAR4, 17, payload, options=b"\1\1\1\1")[:23] + b"\0" +
                                payload, {"ip_cksum"})
    for n in (0, 1, 19):
        cases[f"length-{n}"] = (ipv4(A4, FAR4, 17, payload, length=n), {"ip_header"})
    for n in (101, 1500, 65535):
        cases[f"length-{n}"] = (ipv4(A4, FAR4, 17, payload, length=n), {"ip_truncated"})
    # The options end behind the packet's end: the header's length is 60, the packet's 40 or 59.
    for n in (40, 59):
        cases[f"ihl-beyond-length-{n}"] = (expect.with_checksum4(ipv4(
            A4, FAR4, 17, payload, length=n, ihl=15), 60), {"ip_header"})
    cases["ihl-beyond-frame"] = (ipv4(A4, FAR4, 17, bytes(20), length=60, ihl=15),
                                 {"ip_truncated", "runt"})
    return cases


BAD_HEADERS = bad_headers()


@pytest.mark.parametrize("name", BAD_HEADERS)
def test_v06_bad_header(lab, name):
    """A header that is not sound: dropped by name, never answered (RFC 1812 section 5.2.2).

    Steps: one packet with one thing wrong.
    Verify: nothing comes out, its reason counts it.
    """
    packet, reasons = BAD_HEADERS[name]
    got_a, got_b = lab.exchange(a=[frame4(packet)])
    expect.assert_frames(got_a, [])
    expect.assert_frames(got_b, [])
    drops = lab.drops()
    assert sum(drops.values()) == 1 and drops.keys() <= reasons, drops
    assert lab.icmp() == {}


def test_v06_runts(lab):
    """Frames shorter than an IPv4 header: dropped.

    Steps: frames of 15 to 33 octets.
    Verify: runt counts them, nothing comes out.
    """
    good = lab.from_a(udp(A4, FAR4, 100))
    runts = [good[:n] for n in range(15, 34)]
    lab.check(a_in=runts, drops={"runt": len(runts)}, icmp={})


def test_v06_padding(lab):
    """What stands behind the IP packet is cut, and never quoted.

    Steps: send short packets padded to a frame's least length and far beyond; one to no route.
    Verify: forwarded without the padding; the quote ends where the packet ends.
    """
    packet = ipv4(A4, FAR4, 253, b"x")
    padded = [lab.from_a(packet + b"\xee" * n) for n in (1, 25, 400, 1479)]
    lab.check(a_in=padded, b_out=[lab.to_b(lab.from_a(packet))] * len(padded), drops={}, icmp={})
    packet = ipv4(A4, NOWHERE4, 253, b"xyz")
    lab.check(a_in=[lab.from_a(packet + b"\xee" * 23)],
              a_out=[lab.error4_to_a(UNREACH4, NET4, packet)], drops={"no_route": 1})


def kinds_to(src=A4, dst=None):
    """Packets that would be forwarded or answered, were it not for source or destination."""
    if dst:
        return [udp(src, dst, 100), udp(src, dst, 100, ttl=1), udp(src, dst, 1500, frag=DF)]
    return [udp(src, FAR4, 100), udp(src, FAR4, 100, ttl=1), udp(src, NOWHERE4, 100),
            udp(src, FAR4_1280, 1400, frag=DF), udp(src, FAR4_1280, 1400), udp(src, PROHIBIT4, 100),
            udp(src, R4_A, 100)]


@pytest.mark.parametrize("src,reason", [
    ("0.0.0.0", "src_invalid"), ("0.1.2.3", "src_invalid"), ("127.0.0.1", "src_invalid"),
    ("127.255.255.254", "src_invalid"), ("224.0.0.1", "src_invalid"),
    ("239.255.255.255", "src_invalid"), ("240.0.0.1", "src_invalid"),
    ("255.255.255.255", "src_invalid"), (R4_A, "src_ours"), (R4_B, "src_ours"),
    ("192.0.2.255", "src_ours"), ("192.0.2.0", "src_ours"), ("198.51.100.255", "src_ours")])
def test_v07_bad_source(lab, src, reason):
    """A source that no other host can have: dropped, and never answered (RFC 1812 section 5.3.7).

    Steps: from that source send packets that fit, with TTL 1, to no route, too big with DF and
    without, to a prohibit route, and to mtud's own address.
    Verify: nothing comes out, the reason counts each.
    """
    packets = kinds_to(src)
    lab.check(a_in=[lab.from_a(p) for p in packets], drops={reason: len(packets)}, icmp={})


@pytest.mark.parametrize("dst", ["0.0.0.0", "0.1.2.3", "127.0.0.1", "127.1.2.3"])
def test_v07_bad_destination(lab, dst):
    """Destinations that are never forwarded: dropped without an answer.

    Steps: send to networks 0 and 127: small, with TTL 1, and of 1500 octets, with a default
    route that would take them.
    Verify: nothing comes out, dst_invalid counts each.
    """
    packets = kinds_to(dst=dst)
    with lab.mtud.having(f"add route 0.0.0.0/0 via {B4}"):
        lab.check(a_in=[lab.from_a(p) for p in packets], drops={"dst_invalid": len(packets)},
                  icmp={})


def test_v07_edges_of_the_martians(lab):
    """What lies next to them is forwarded like any other.

    Steps: from and to 1.0.0.0, 126.255.255.255, 128.0.0.0, 223.255.255.255, with a default route.
    Verify: forwarded.
    """
    with lab.mtud.having(f"add route 0.0.0.0/0 via {B4}"):
        edges = ("1.0.0.0", "126.255.255.255", "128.0.0.0", "223.255.255.255")
        frames = [lab.from_a(udp(src, dst, 100)) for src in edges for dst in edges if src != dst]
        lab.check(a_in=frames, b_out=[lab.to_b(f) for f in frames], drops={}, icmp={})


@pytest.mark.parametrize("mac", [BROADCAST, "01:00:5e:00:00:01", "33:33:00:00:00:01"])
def test_v08_unicast_in_group_frame(lab, mac):
    """A unicast destination in a broadcast or multicast frame: dropped, no answer
    (RFC 1812 section 5.3.4).

    Steps: send one of each kind that would be forwarded or answered, in such a frame.
    Verify: nothing comes out, l2_multicast counts each.
    """
    packets = kinds_to()
    lab.check(a_in=[lab.from_a(p, mac) for p in packets], drops={"l2_multicast": len(packets)},
              icmp={})


ICMP4_QUERIES = (0, 8, 9, 10, 13, 14, 15, 16, 17, 18)


@pytest.mark.parametrize("options", ["", "nop", "forty-octets"])
def test_v09_icmp_errors_are_not_answered(lab, options):
    """No error about an ICMP error (RFC 1812 section 4.3.2.7), behind options either.

    Steps: every ICMP type with TTL 1, then errors too big with DF, to no route, to a prohibit
    route, and in a first fragment.
    Verify: an answer about the known queries and replies, silence about all others.
    """
    options = OPTIONS.get(options, b"")
    packets = [icmp4(A4, FAR4, t, 0, bytes(30), ttl=1, options=options) for t in range(256)]
    got = []
    for i in range(0, 256, 32):
        got += lab.exchange(a=[lab.from_a(p) for p in packets[i:i + 32]])[0]
    expect.assert_frames(got, [lab.error4_to_a(TIME_EXCEEDED4, 0, packets[t])
                               for t in ICMP4_QUERIES])
    silent = 256 - len(ICMP4_QUERIES)
    assert lab.icmp() == {"sent_time_exceeded": len(ICMP4_QUERIES), "held_error": silent}
    for type_ in (3, 4, 5, 11, 12):
        packets = [icmp4(A4, dst, type_, 0, bytes(1352), options=options, frag=frag)
                   for dst, frag in ((FAR4_1280, DF), (NOWHERE4, 0), (PROHIBIT4, 0))]
        lab.check(a_in=[lab.from_a(p) for p in packets], icmp={"held_error": 3},
                  drops={"too_big": 1, "no_route": 1, "prohibit": 1})


def test_v05_v09_v11_fragments(lab):
    """No error about a later fragment (RFC 1122 section 3.2.2); about the first there is one,
    unless it is one of an ICMP error.

    Steps: fragments with TTL 1, too big or not, to no route and to a prohibit route: the first, a
    middle and the last one; a first fragment of an ICMP error.
    Verify: an answer to the first of each only.
    """
    for dst, size, ttl, reason, answer in (
            (FAR4, 84, 1, "hop_limit", (TIME_EXCEEDED4, 0)),
            (FAR4_1280, 1500, 1, "hop_limit", (TIME_EXCEEDED4, 0)),
            (NOWHERE4, 84, 64, "no_route", (UNREACH4, NET4)),
            (PROHIBIT4, 84, 64, "prohibit", (UNREACH4, PROHIBITED4))):
        first, *later = [ipv4(A4, dst, 17, bytes(size - 20), ttl=ttl, frag=f)
                         for f in (MF, MF | 8, 16)]
        lab.check(a_in=[lab.from_a(p) for p in later], drops={reason: 2}, icmp={"held_fragment": 2})
        lab.check(a_in=[lab.from_a(first)], a_out=[lab.error4_to_a(*answer, first)],
                  drops={reason: 1})
    error = icmp4(A4, NOWHERE4, 3, 0, bytes(60), frag=MF)
    lab.check(a_in=[lab.from_a(error)], drops={"no_route": 1}, icmp={"held_error": 1})


def test_v09_groups(lab):
    """A routed group gets its packets, by the MAC of RFC 1112 section 6.4; no error ever.

    Steps: a route for 239.129.0.0/16 with mtu 1280; send a packet that fits, one with TTL 1, one
    too big with DF; a group without a route.
    Verify: forwarded to 01:00:5e and the group's low 23 bits; silence about the others.
    """
    group, mac = "239.129.2.3", "01:00:5e:01:02:03"
    with lab.mtud.having("add route 239.129.0.0/16 port 1 mtu 1280"):
        frame = lab.from_a(udp(A4, group, 1280), mac)
        lab.check(a_in=[frame], b_out=[lab.to_b(frame, mac)], drops={}, icmp={})
        lab.check(a_in=[lab.from_a(udp(A4, group, 100, ttl=1), mac)], drops={"hop_limit": 1},
                  icmp={"held_multicast": 1})
        lab.check(a_in=[lab.from_a(udp(A4, group, 1400, frag=DF), mac)], drops={"too_big": 1},
                  icmp={"held_multicast": 1})
    packets = kinds_to(dst="239.128.1.1") + kinds_to(dst="224.0.0.1")
    lab.check(a_in=[lab.from_a(p, "01:00:5e:00:01:01") for p in packets],
              drops={"mcast_unrouted": len(packets)}, icmp={})


@pytest.mark.parametrize("option", [131, 137])
def test_v15_source_route(lab, option):
    """Source routing is never followed (RFC 7126 sections 4.3 and 4.4), and never answered.

    Steps: loose and strict source routes, with hops left and used up, alone, behind other
    options, through mtud and to mtud.
    Verify: nothing comes out, source_route counts each.
    """
    route = bytes([option, 11, 4]) + expect.packed(B4) + expect.packed(FAR4)
    used = bytes([option, 11, 12]) + route[3:]
    packets = [udp(A4, dst, 100, options=o) for dst in (FAR4, R4_A, R4_B, NOWHERE4)
               for o in (route, used, b"\1" + route, bytes([0x9e, 5, 1, 2, 3]) + route,
                         bytes([148, 4, 0, 0]) + route)]
    packets += [udp(A4, FAR4, 100, options=route, ttl=1)]
    lab.check(a_in=[lab.from_a(p) for p in packets], drops={"source_route": len(packets)}, icmp={})


def test_v15_broadcasts(lab):
    """Broadcasts end here: the limited one, and those of our links (RFC 1812 section 5.3.5).

    Steps: to 255.255.255.255 and to the broadcast address of either link, in unicast and in
    broadcast frames, fit, TTL 1 and too big, an echo request too.
    Verify: nothing comes out, broadcast counts each; with a default route too.
    """
    with lab.mtud.having(f"add route 0.0.0.0/0 via {B4} mtu 1280"):
        for dst in ("255.255.255.255", "192.0.2.255", "198.51.100.255"):
            packets = kinds_to(dst=dst) + [icmp4(A4, dst, ECHO_REQUEST4, 0, bytes(12))]
            for mac in (MAC_RA, BROADCAST):
                lab.check(a_in=[lab.from_a(p, mac) for p in packets],
                          drops={"broadcast": len(packets)}, icmp={})


def test_v15_no_broadcast_on_31(lab):
    """A /31 and a /32 have no broadcast address (RFC 3021).

    Steps: an address 203.0.113.8/31 on port 1; send to 203.0.113.9, its other end.
    Verify: forwarded.
    """
    with lab.mtud.having("add address 203.0.113.8/31 port 1"), \
            lab.mtud.having(f"add neighbor 203.0.113.9 lladdr {MAC_B} port 1"):
        lab.exchange(settle_s=2.5)  # its announcements
        frame = lab.from_a(udp(A4, "203.0.113.9", 100))
        lab.check(a_in=[frame], b_out=[lab.to_b(frame)], drops={})
    lab.exchange(settle_s=0.1)


@pytest.mark.parametrize("dst", ["240.0.0.1", "247.1.2.3", "255.255.255.254"])
def test_v15_class_e(lab, dst):
    """Class E is reserved: dropped by name, no answer.

    Steps: fit, TTL 1 and too big, with a default route that would take them.
    Verify: nothing comes out, class_e counts each.
    """
    packets = kinds_to(dst=dst)
    with lab.mtud.having(f"add route 0.0.0.0/0 via {B4}"):
        lab.check(a_in=[lab.from_a(p) for p in packets], drops={"class_e": len(packets)}, icmp={})


def test_hairpin(lab):
    """A host may send through us to its own neighbor; there are no redirects.

    Steps: from A send to another host of A's prefix; on a /31 that would go back where it came
    from.
    Verify: it goes back out of A to that host's MAC; the other is dropped as p2p_return and
    answered with host unreachable.
    """
    mac = "02:00:00:00:0a:23"
    with lab.mtud.having(f"add neighbor 192.0.2.23 lladdr {mac} port 0"):
        frame = lab.from_a(udp(A4, "192.0.2.23", 100))
        lab.check(a_in=[frame], a_out=[lab.to_a(frame, mac)], drops={}, icmp={})
    with lab.mtud.having("add route 203.0.113.30/31 port 0"), \
            lab.mtud.having(f"add neighbor 203.0.113.31 lladdr {MAC_A} port 0"):
        packet = udp(A4, "203.0.113.31", 100)
        lab.check(a_in=[lab.from_a(packet)], a_out=[lab.error4_to_a(UNREACH4, HOST4, packet)],
                  drops={"p2p_return": 1}, icmp=UNREACH_SENT)


def echo(src, dst, data=b"ping", type_=ECHO_REQUEST4, **kwargs):
    return icmp4(src, dst, type_, 0, struct.pack("!HH", 0x1234, 0x5678) + data, **kwargs)


def reply_to_a(src, dst, data=b"ping", **kwargs):
    return expect.AnyIdent(expect.frame_of(
        echo(src, dst, data, ECHO_REPLY4, ident=0, **kwargs), MAC_RA, MAC_A))


@pytest.mark.parametrize("dst", [R4_A, R4_B])
@pytest.mark.parametrize("ttl", [64, 1, 0])
def test_echo(lab, dst, ttl):
    """An echo request to an address of ours gets its reply (RFC 1812 section 4.3.3.6).

    Steps: ask with no data, odd and even lengths, up to 1500 octets in all; with DF, with TOS.
    Verify: same identifier, sequence, data and TOS, source the address asked, TTL 64, DF clear.
    """
    rng = random.Random(ttl)
    for size in (0, 1, 2, 56, 575, 1471, 1472):
        data = rng.randbytes(size)
        for tos, frag in ((0, 0), (0xb9, DF)):
            lab.check(a_in=[lab.from_a(echo(A4, dst, data, ttl=ttl, tos=tos, frag=frag))],
                      a_out=[reply_to_a(dst, A4, data, tos=tos)], drops={},
                      icmp={"sent_echo_reply": 1})


@pytest.mark.parametrize("name", OPTIONS)
def test_echo_with_options(lab, name):
    """Options of the request do not come back.

    Steps: ask with each option, from A and from off-link.
    Verify: the reply without options.
    """
    for src in (A4, FAR4_A):
        lab.check(a_in=[lab.from_a(echo(src, R4_A, options=OPTIONS[name]))],
                  a_out=[reply_to_a(R4_A, src)], drops={}, icmp={"sent_echo_reply": 1})


def test_bad_echo(lab):
    """A wrong checksum and a cut message are not answered.

    Steps: an echo request with one bit wrong, one of 4 octets, and messages that ask for nothing or
    for what mtud does not serve.
    Verify: dropped by name, nothing comes out.
    """
    good = echo(A4, R4_A)
    lab.check(a_in=[lab.from_a(good[:-1] + bytes([good[-1] ^ 1]))], drops={"icmp_cksum": 1},
              icmp={})
    lab.check(a_in=[lab.from_a(icmp4(A4, R4_A, ECHO_REQUEST4, 0, b""))],
              drops={"local_truncated": 1}, icmp={})
    quiet = [icmp4(A4, R4_A, t, 0, bytes(32)) for t in (0, 3, 5, 11, 13, 17, 99)]
    lab.check(a_in=[lab.from_a(p) for p in quiet], drops={"icmp_ignored": len(quiet)}, icmp={})


def test_fragments_to_us(lab):
    """Fragments to ours are not put together.

    Steps: the first and a later fragment of an echo request and of UDP.
    Verify: local_fragment counts them, nothing comes out.
    """
    packets = [packet for f in (MF, 1) for packet in (echo(A4, R4_A, frag=f),
                                                      udp(A4, R4_A, 100, frag=f))]
    lab.check(a_in=[lab.from_a(p) for p in packets], drops={"local_fragment": 4}, icmp={})


def test_other_protocols_to_us(lab):
    """UDP to ours: port unreachable; an unknown protocol: protocol unreachable; TCP: silence.

    Steps: UDP of 100 and 1500 octets, protocols 132 and 253, a SYN.
    Verify: codes 3 and 2; local_tcp counts the SYN, nothing comes out.
    """
    for size in (100, 1500):
        packet = udp(A4, R4_A, size)
        lab.check(a_in=[lab.from_a(packet)], a_out=[lab.error4_to_a(UNREACH4, PORT4, packet)],
                  drops={"local_port": 1}, icmp=UNREACH_SENT)
    for proto in (132, 253):
        packet = ipv4(A4, R4_A, proto, bytes(20))
        lab.check(a_in=[lab.from_a(packet)], a_out=[lab.error4_to_a(UNREACH4, PROTO4, packet)],
                  drops={"local_proto": 1}, icmp=UNREACH_SENT)
    syn = struct.pack("!HHIIBBHHH", 40000, 22, 1, 0, 5 << 4, 2, 64000, 0, 0)
    lab.check(a_in=[lab.from_a(ipv4(A4, R4_A, 6, syn))], drops={"local_tcp": 1}, icmp={})


def test_errors_take_the_route_back(lab):
    """An error goes where the route of its cause's source leads, from an address of the port it
    leaves by (RFC 1812 section 4.3.2.4).

    Steps: TTL 1 from a source behind A, from one whose route leads to B, from one with no route.
    Verify: to A from R4_A; to B from R4_B; none, held_no_route.
    """
    packet = udp(FAR4_A, FAR4, 100, ttl=1)
    lab.check(a_in=[lab.from_a(packet)],
              a_out=[lab.error4_to_a(TIME_EXCEEDED4, 0, packet, dst=FAR4_A)],
              drops={"hop_limit": 1})
    packet = udp("198.18.15.9", FAR4_1280, 100, ttl=1)
    want = expect.error4(TIME_EXCEEDED4, 0, packet, R4_B, "198.18.15.9", MAC_B, MAC_RB)
    lab.check(a_in=[lab.from_a(packet)], b_out=[want], drops={"hop_limit": 1})
    lab.check(a_in=[lab.from_a(udp(NOWHERE4, FAR4, 100, ttl=1))], drops={"hop_limit": 1},
              icmp={"held_no_route": 1})


def test_identifications_differ(lab):
    """Packets of our own may be fragmented on their way: each has its own identification
    (RFC 6864 section 4.2).

    Steps: 64 errors and 64 echo replies to A.
    Verify: 128 different identifications.
    """
    got, _ = lab.exchange(a=[lab.from_a(p) for p in (udp(A4, FAR4, 100, ttl=1),
                                                     echo(A4, R4_A)) for _ in range(64)])
    assert len(got) == 128
    assert len({frame[18:20] for frame in got}) == 128


def test_one_bucket_for_both_families(lab):
    """Errors of both families share one limit.

    Steps: a bucket of 5 that hardly refills; 40 packets with hop limit 1, of both families.
    Verify: 5 answers, or 7 (a source's first one comes from the reserve).
    """
    try:
        lab.mtud.do("set icmp rate 1 burst 5")
        got, _ = lab.exchange(a=[lab.from_a(udp(A4, FAR4, 100, ttl=1)),
                                 lab.from_a(udp(A, FAR, 100, hop_limit=1))] * 20)
        assert 5 <= len(got) <= 8
        assert lab.icmp() == {"sent_time_exceeded": len(got), "held_rate": 40 - len(got)}
    finally:
        lab.mtud.do("set icmp rate 0 burst 1")


def test_random_frames(lab):
    """Octets of any kind: mtud lives on and counts what it ends.

    Steps: send 3000 IPv4 and ARP frames, random or made from good ones, cut and with a few octets
    changed, the header checksum right again in half of them.
    Verify: mtud forwards afterwards (the mark of exchange) and is alive.
    """
    rng = random.Random(0x0800)
    good = [udp(A4, FAR4, 300, options=OPTIONS["forty-octets"]), udp(A4, FAR4_1280, 1400, frag=MF),
            udp(A4, FAR4_1280, 1400, frag=DF), echo(A4, R4_A, options=OPTIONS["unknown"])]
    asked = arp.request(A4, R4_A, MAC_A)
    for _ in range(30):
        batch = []
        for _ in range(100):
            kind = rng.random()
            if kind < 0.2:
                frame = frame4(bytes([0x40 | rng.randint(0, 15)]) +
                               rng.randbytes(rng.randint(0, 99)))
            elif kind < 0.9:
                packet = bytearray(rng.choice(good))
                packet = packet[:rng.randint(20, len(packet))]
                for _ in range(rng.randint(1, 6)):
                    packet[rng.randrange(min(len(packet), 70))] = rng.randrange(256)
                packet = bytes(packet)
                header = (packet[0] & 15) * 4
                if rng.random() < 0.7 and 20 <= header <= len(packet):
                    packet = expect.with_checksum4(packet)
                frame = frame4(packet)
            else:
                frame = bytearray(asked[:rng.randint(15, 60)])
                for _ in range(rng.randint(1, 4)):
                    frame[rng.randrange(14, len(frame))] = rng.randrange(256)
                frame = bytes(frame)
            batch.append(frame)
        lab.exchange(a=batch)
    assert lab.mtud.alive()
    lab.exchange(settle_s=3.5)  # what waits for made-up neighbors of the links comes to its end
