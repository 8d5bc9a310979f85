# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The MSS of TCP SYNs: rows M1 to M6 of the packet table (README.md)."""

import random
import struct
from collections import namedtuple

import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6

from lab import arp, expect, nd
from lab.expect import DF, FRAG_NEEDED4, MF, TOO_BIG, UNREACH4, ipv4, ipv6
from lab.lab import A, A4, B, B4, MAC_A, MAC_RA, MAC_RB, R4_B, R_B

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << i for i in range(8))
TCP_AT = {4: 20, 6: 40}

# A route per family that the tests give options, towards B; a destination behind it; what an MSS
# is less than its MTU (RFC 6691 section 2).
Family = namedtuple("Family", "version src dst prefix via less back")
V4 = Family(4, A4, "198.18.20.1", "198.18.20.0/24", B4, 40,
            f"198.18.10.128/25 via {A4}")
V6 = Family(6, A, "2001:db8:20::1", "2001:db8:20::/48", B, 60,
            f"2001:db8:aaaa:8000::/49 via {A}")
FAMILIES = pytest.mark.parametrize("fam", [V4, V6], ids=["ipv4", "ipv6"])


def mss(value):
    return struct.pack("!BBH", 2, 4, value)


SACK_OK, TIMESTAMP, WINDOW = b"\4\2", bytes([8, 10]) + bytes(range(8)), b"\3\3\7"
MD5, AO = bytes([19, 18]) + bytes(16), bytes([29, 16]) + bytes(14)


def segment(src, dst, options=b"", flags=SYN, payload=b"", data_offset=None, wrong_by=0, seq=1000):
    """A TCP segment; its checksum is right, or wrong by so much."""
    options += bytes(-len(options) % 4)
    offset = 5 + len(options) // 4 if data_offset is None else data_offset
    data = struct.pack("!HHIIBBHHH", 40000, 80, seq, 0, offset << 4, flags, 64240, 0, 0) + \
        options + payload
    cksum = (expect.checksum(src, dst, 6, data) + wrong_by) % 0xffff
    return data[:16] + struct.pack("!H", cksum) + data[18:]


def tcp(fam, *args, src=None, dst=None, ext=b"", first=6, ip=None, **kwargs):
    """A packet with a TCP segment, behind IPv6 extension headers or IPv4 options."""
    src, dst = src or fam.src, dst or fam.dst
    data = segment(src, dst, *args, **kwargs)
    if fam.version == 6:
        return ipv6(src, dst, first, ext + data, **(ip or {}))
    return ipv4(src, dst, 6, data, options=ext, **(ip or {}))


def adjust(packet, at, old, new):
    """The packet with its first MSS option's value changed, and the TCP checksum by RFC 1624
    equation 3, HC' = ~(~HC + ~m + m'), in whole octets' arithmetic."""
    where = packet.index(mss(old), at + 20)
    out = bytearray(packet)
    out[where + 2:where + 4] = struct.pack("!H", new)
    cksum = struct.unpack_from("!H", packet, at + 16)[0]
    if (where - at) % 2:  # the option's value lies across words: both words change
        words = range(where + 1 - at, where + 5 - at, 2)
    else:
        words = (where + 2 - at,)
    total = 0xffff - cksum
    for word in words:
        total += 0xffff - struct.unpack_from("!H", packet, at + word)[0]
        total += struct.unpack_from("!H", out, at + word)[0]
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    struct.pack_into("!H", out, at + 16, 0xffff - total)
    return bytes(out)


def rewritten(fam, packet, old, new, ext=b""):
    return adjust(packet, TCP_AT[fam.version] + len(ext), old, new)


def route(fam, options):
    return f"add route {fam.prefix} via {fam.via} {options}"


def syn_counts(lab):
    """What became of SYNs on routes with an MSS, those above 0."""
    return {c["counter"]: c["packets"] for c in lab.mtud.json("show stats")["syn"]
            if c["packets"]}


def through(lab, pairs, counts=None):
    """Send packets, each must come out as its pair says; these counters must have risen."""
    before = syn_counts(lab)
    lab.check(a_in=[lab.from_a(p) for p, _ in pairs],
              b_out=[lab.to_b(lab.from_a(want)) for _, want in pairs], drops={}, icmp={})
    if counts is not None:
        risen = {k: v - before.get(k, 0) for k, v in syn_counts(lab).items()
                 if v != before.get(k, 0)}
        assert risen == counts, f"{risen}, expected {counts}"


def test_the_tests_arithmetic():
    """The builders of this file agree with scapy.

    Steps: SYNs of both families with the MSS option at even and odd places, before and after.
    Verify: scapy computes the same checksums.
    """
    for fam, layer in ((V4, IP), (V6, IPv6)):
        for options in (mss(1460), b"\1" + mss(1460), WINDOW + mss(1460) + SACK_OK):
            packet = tcp(fam, options, payload=b"odd")
            for octets in (packet, rewritten(fam, packet, 1460, 1220)):
                again = layer(octets)
                del again[TCP].chksum
                assert bytes(again) == octets


OPTION_LISTS = {
    "alone": mss(1460), "linux": mss(1460) + SACK_OK + TIMESTAMP + b"\1" + WINDOW,
    "behind-nop": b"\1" + mss(1460) + b"\1\1\1", "behind-window": WINDOW + mss(1460),
    "last": TIMESTAMP + WINDOW + SACK_OK + b"\1" + mss(1460), "forty": b"\1" * 36 + mss(1460),
    "behind-unknown": bytes([253, 7, 0xf9, 0x89, 2, 4, 5]) + mss(1460),
    "end-behind-it": mss(1460) + b"\0\0\0\0" + b"\2\4\5\6",
}


@FAMILIES
@pytest.mark.parametrize("name", OPTION_LISTS)
@pytest.mark.parametrize("option,limit", [("max", 1000), ("clamp", None), ("set", 999)])
def test_m01_lowered(lab, fam, name, option, limit):
    """An MSS above the limit is lowered in SYN and SYN-ACK, wherever the option stands.

    Steps: `mss max`, `mss clamp` (with mtu 1280 on the route) and `mss set`; SYN, SYN-ACK, SYN
    with ECN's bits and SYN with data, the MSS option at every kind of place.
    Verify: the new MSS, the checksum to match, nothing else changed; the route's counter.
    """
    words = option if limit is None else f"{option} {limit}"
    mtu = " mtu 1280" if option == "clamp" else ""
    limit = limit or 1280 - fam.less
    with lab.mtud.having(route(fam, f"{mtu} mss {words}")):
        packets = [tcp(fam, OPTION_LISTS[name], flags, data)
                   for flags in (SYN, SYN | ACK, SYN | ECE | CWR, SYN | PSH)
                   for data in (b"", b"fast open", b"even")]
        through(lab, [(p, rewritten(fam, p, 1460, limit)) for p in packets],
                {"rewritten": len(packets)})
        shown = [r for r in lab.mtud.json("show route") if r["prefix"] == fam.prefix]
        assert shown[0]["mss"] == words and shown[0]["mss_rewritten"] == len(packets)


@FAMILIES
def test_m01_by_scapy(lab, fam):
    """The same packet as scapy builds it.

    Steps: a SYN by scapy through `mss max 1360`.
    Verify: the SYN that scapy builds with 1360, one hop on.
    """
    layer = IP if fam.version == 4 else IPv6

    def by_scapy(value):
        return bytes(layer(src=fam.src, dst=fam.dst) / TCP(sport=1, dport=2, flags="S", options=[
            ("NOP", None), ("MSS", value), ("SAckOK", b""), ("WScale", 7)]))

    with lab.mtud.having(route(fam, "mss max 1360")):
        through(lab, [(by_scapy(8960), by_scapy(1360))])


@FAMILIES
def test_m01_the_ways_back(lab, fam):
    """Only what takes the route is changed; the other way has a route of its own.

    Steps: `mss max 1000` on the route towards B; a SYN on it, its SYN-ACK back, a SYN on
    another route.
    Verify: the first is lowered, the others are not.
    """
    with lab.mtud.having(route(fam, "mss max 1000")):
        syn = tcp(fam, mss(1460))
        through(lab, [(syn, rewritten(fam, syn, 1460, 1000))])
        frame = lab.from_b(tcp(fam, mss(1460), SYN | ACK, src=fam.dst, dst=fam.src))
        lab.check(b_in=[frame], a_out=[lab.to_a(frame)])
        other = tcp(fam, mss(1460), dst=fam.via)
        through(lab, [(other, other)], {})


@FAMILIES
@pytest.mark.parametrize("out,back,smaller", [
    (1400, 1300, 1300), (1300, 1400, 1300), (None, 1380, 1380), (1390, None, 1390),
    (None, None, 1500)])
def test_m01_clamp_to_both_ways(lab, fam, out, back, smaller):
    """`mss clamp` takes the smaller of the MTU of this route and of the route back.

    Steps: every combination of MTU on the route and on the route back to the source.
    Verify: the smaller one less 40 or 60; one octet less of MSS is untouched.
    """
    src = "198.18.10.129" if fam.version == 4 else "2001:db8:aaaa:8000::1"
    with lab.mtud.having(route(fam, (f"mtu {out} " if out else "") + "mss clamp")), \
            lab.mtud.having(f"add route {fam.back}" + (f" mtu {back}" if back else "")):
        limit = smaller - fam.less
        over = tcp(fam, mss(limit + 1), src=src)
        largest = tcp(fam, mss(65535), src=src)
        fits = tcp(fam, mss(limit), src=src)
        through(lab, [(over, rewritten(fam, over, limit + 1, limit)),
                           (largest, rewritten(fam, largest, 65535, limit)), (fits, fits)],
                {"rewritten": 2})


@FAMILIES
def test_m01_clamp_without_a_way_back(lab, fam):
    """Without a route back the clamp is that of the route itself.

    Steps: `mss clamp` with mtu 1300; SYNs from a source without a route, from one behind a
    blackhole, and from an address of our own other link.
    Verify: 1300 less 40 or 60.
    """
    hole = "198.18.1.1" if fam.version == 4 else "2001:db8:b1ac::1"
    nowhere = "203.0.113.1" if fam.version == 4 else "2001:db9::1"
    with lab.mtud.having(route(fam, "mtu 1300 mss clamp")):
        packets = [tcp(fam, mss(1460), src=src) for src in (nowhere, hole)]
        through(lab, [(p, rewritten(fam, p, 1460, 1300 - fam.less)) for p in packets])


@FAMILIES
def test_m02_below_the_limit(lab, fam):
    """Below the limit `clamp` and `max` change nothing; `set` sets exactly N.

    Steps: MSS 0, 1, 536, N - 1, N and N + 1 with max, clamp and set.
    Verify: only N + 1 changes with the first two, all but N with `set`, raising too.
    """
    limit = 1280 - fam.less
    values = (1, 536, limit - 1, limit, limit + 1, 65535)
    packets = [tcp(fam, mss(v) + SACK_OK) for v in values]
    for words in (f"mss max {limit}", "mtu 1280 mss clamp"):
        with lab.mtud.having(route(fam, words)):
            through(lab, [(p, p if v <= limit else rewritten(fam, p, v, limit))
                               for p, v in zip(packets, values)], {"rewritten": 2})
    with lab.mtud.having(route(fam, f"mss set {limit}")):
        through(lab, [(p, rewritten(fam, p, v, limit)) for p, v in zip(packets, values)],
                {"rewritten": len(values) - 1})


@FAMILIES
def test_m02_no_option_no_change(lab, fam):
    """A route without an MSS option leaves SYNs alone, also when it gets and loses one.

    Steps: a SYN over a route with mtu 1280: without an option, with one, replaced without one.
    Verify: untouched, lowered, untouched.
    """
    packet = tcp(fam, mss(1460))
    with lab.mtud.having(route(fam, "mtu 1280")):
        through(lab, [(packet, packet)], {})
        lab.mtud.do(route(fam, "mtu 1280 mss max 536"))
        through(lab, [(packet, rewritten(fam, packet, 1460, 536))], {"rewritten": 1})
        lab.mtud.do(route(fam, "mtu 1280"))
        through(lab, [(packet, packet)], {})


MALFORMED = {
    "length-0": b"\5\0" + mss(1460), "length-1": b"\5\1" + mss(1460),
    "length-0-at-the-end": b"\1\1\3\0", "beyond-the-header": b"\5\x20" + mss(1460),
    "beyond-by-one": b"\1" + bytes([8, 8]) + bytes(5), "mss-length-0": b"\2\0\5\xb4",
    "mss-length-3": b"\2\3\5\xb4", "mss-length-5": b"\2\5\5\xb4\0",
    "mss-length-255": b"\2\xff\5\xb4",
    "mss-cut": b"\1\1" + b"\2\4", "mss-cut-by-one": b"\1" + b"\2\4\5", "kind-alone": b"\1\1\1\2",
}


@FAMILIES
@pytest.mark.parametrize("name", MALFORMED)
def test_m03_malformed_options(lab, fam, name):
    """A malformed list of options is left alone, and counted.

    Steps: a SYN with the list, through `max`, `clamp` and `set`; with data behind that looks like
    the rest of an option.
    Verify: untouched to the bit; left_malformed counts it.
    """
    packets = [tcp(fam, MALFORMED[name], SYN, data) for data in (b"", b"\4\0\4\0\4\0")]
    for words in ("mss max 500", "mss clamp", "mss set 500"):
        with lab.mtud.having(route(fam, words)):
            through(lab, [(p, p) for p in packets], {"left_malformed": len(packets)})


@FAMILIES
def test_m03_malformed_headers(lab, fam):
    """A TCP header that is short, cut, or longer than its packet is left alone.

    Steps: data offsets 0 to 4, and beyond the packet; packets that end within the TCP header.
    Verify: untouched; not counted as rewritten.
    """
    packets = [tcp(fam, mss(1460), data_offset=n) for n in (0, 1, 4, 7, 15)]
    whole = segment(fam.src, fam.dst, mss(1460))
    build = ipv6 if fam.version == 6 else ipv4
    packets += [build(fam.src, fam.dst, 6, whole[:n]) for n in (0, 1, 4, 13, 14, 19, 20, 22, 23)]
    with lab.mtud.having(route(fam, "mss set 500")):
        through(lab, [(p, p) for p in packets])
        assert "rewritten" not in syn_counts(lab)
        # The option must not be read from the octets behind the packet in its frame either.
        short = build(fam.src, fam.dst, 6, whole[:20])
        lab.check(a_in=[lab.from_a(short + mss(1460) + bytes(20))],
                  b_out=[lab.to_b(lab.from_a(short))])
        assert "rewritten" not in syn_counts(lab)


@FAMILIES
def test_m03_left_alone(lab, fam):
    """Segments without SYN, with RST, without an MSS option, and other protocols stay as they are.

    Steps: through `mss set 500` all kinds of segments with an MSS option but no SYN; SYN with
    RST; SYNs without options, with others, with an MSS option behind the end of the list.
    Verify: untouched; left_without counts the SYNs without an option.
    """
    quiet = [tcp(fam, mss(1460), flags) for flags in
             (0, ACK, FIN | ACK, RST, PSH | ACK, URG, RST | SYN, RST | SYN | ACK)]
    build = ipv6 if fam.version == 6 else ipv4
    quiet += [build(fam.src, fam.dst, proto, segment(fam.src, fam.dst, mss(1460)))
              for proto in (17, 33, 50, 132)]
    without = [tcp(fam, options) for options in
               (b"", SACK_OK, TIMESTAMP + WINDOW, b"\0\0\0\0" + mss(1460), b"\1\0" + mss(1460))]
    with lab.mtud.having(route(fam, "mss set 500")):
        through(lab, [(p, p) for p in quiet], {})
        through(lab, [(p, p) for p in without], {"left_without": len(without)})


def test_m03_fragments(lab):
    """What stands in a later fragment is no TCP header; a first fragment has one.

    Steps: through `mss set 500` later fragments whose octets look like a SYN, IPv4 and IPv6; the
    first fragment of a SYN with data; an atomic fragment (IPv6).
    Verify: the first are untouched, the others rewritten.
    """
    for fam in (V4, V6):
        data = segment(fam.src, fam.dst, mss(1460), payload=bytes(24))
        with lab.mtud.having(route(fam, "mss set 500")):
            if fam.version == 4:
                later = [ipv4(fam.src, fam.dst, 6, data, frag=f)
                         for f in (1, MF | 1, 8191, MF | 100)]
                first = [ipv4(fam.src, fam.dst, 6, data, frag=MF)]
                ext = b""
            else:
                def fragment(field):
                    return struct.pack("!BBHI", 6, 0, field, 7)
                later = [ipv6(fam.src, fam.dst, 44, fragment(f) + data) for f in (8, 9, 0xfff9)]
                first = [ipv6(fam.src, fam.dst, 44, fragment(f) + data) for f in (0, 1)]
                ext = bytes(8)
            through(lab, [(p, p) for p in later], {})
            through(lab, [(p, rewritten(fam, p, 1460, 500, ext)) for p in first],
                    {"rewritten": len(first)})


@FAMILIES
def test_m01_two_options(lab, fam):
    """Of several MSS options the first one counts.

    Steps: a SYN with two MSS options through `mss set 500`.
    Verify: the first is changed, the second is not.
    """
    packet = tcp(fam, mss(1460) + mss(1459))
    with lab.mtud.having(route(fam, "mss set 500")):
        through(lab, [(packet, rewritten(fam, packet, 1460, 500))], {"rewritten": 1})


EXTENSIONS = {
    "hop-by-hop": (0, bytes([6, 0, 1, 4]) + bytes(4)),
    "destination": (60, bytes([6, 1, 1, 12]) + bytes(12)),
    "routing": (43, bytes([6, 2, 4, 0]) + bytes(20)),
    "atomic-fragment": (44, struct.pack("!BBHI", 6, 0, 0, 99)),
    "ah": (51, bytes([6, 4, 0, 0]) + bytes(20)),
    "two": (0, bytes([60, 0, 1, 4]) + bytes(4) + bytes([6, 0, 1, 4]) + bytes(4)),
    "long": (60, bytes([60, 0, 1, 4, 0, 0, 0, 0]) * 60 + bytes([6, 0, 1, 4]) + bytes(4)),
}


@pytest.mark.parametrize("name", EXTENSIONS)
def test_m01_behind_extension_headers(lab, name):
    """TCP behind IPv6 extension headers is found.

    Steps: a SYN behind each kind of header, and behind sixty.
    Verify: lowered, the headers untouched.
    """
    first, ext = EXTENSIONS[name]
    packet = tcp(V6, mss(1460) + SACK_OK, ext=ext, first=first)
    with lab.mtud.having(route(V6, "mss max 1220")):
        through(lab, [(packet, rewritten(V6, packet, 1460, 1220, ext))], {"rewritten": 1})


@pytest.mark.parametrize("options", [b"\1\1\1\1", bytes([148, 4, 0, 0]),
                                     bytes([7, 39, 4]) + bytes(36) + b"\1"])
def test_m01_behind_ip_options(lab, options):
    """TCP behind IPv4 options is found.

    Steps: a SYN behind 4 and 40 octets of options.
    Verify: lowered, the options untouched, both checksums right.
    """
    packet = tcp(V4, mss(1460) + SACK_OK, ext=options)
    with lab.mtud.having(route(V4, "mss max 1220")):
        through(lab, [(packet, rewritten(V4, packet, 1460, 1220, options))], {"rewritten": 1})


@FAMILIES
def test_m04_wrong_checksum_stays_wrong(lab, fam):
    """A checksum that was wrong stays wrong by the same amount (RFC 1624).

    Steps: SYNs whose checksum is wrong by all kinds of amounts, MSS at even and odd places.
    Verify: sum and segment differ from zero by as much as before.
    """
    rng = random.Random(1624)
    with lab.mtud.having(route(fam, "mss max 1220")):
        packets = []
        for options in (mss(1460), b"\1" + mss(1460)):
            for wrong in (1, 2, 255, 256, 0x7fff, 0x8000, 0xfffe, *rng.sample(range(65535), 20)):
                packets.append(tcp(fam, options, wrong_by=wrong, seq=rng.getrandbits(32)))
        at = TCP_AT[fam.version]
        got = []
        for packet in packets:
            got += lab.exchange(a=[lab.from_a(packet)])[1]
        assert len(got) == len(packets)
        for packet, frame in zip(packets, got):
            before = expect.checksum(fam.src, fam.dst, 6, packet[at:])
            after = expect.checksum(fam.src, fam.dst, 6, frame[14 + at:])
            assert before % 0xffff == after % 0xffff and before != 0
            assert frame[14:] != expect.one_hop_on(packet)
            assert mss(1220) in frame


@FAMILIES
def test_m04_checksum_wraps(lab, fam):
    """The checksum is right at both ends of its range too.

    Steps: SYNs whose checksum is each value near 0 and 0xffff, before and after the change.
    Verify: right, by the sum over the whole segment.
    """
    with lab.mtud.having(route(fam, "mss max 1220")):
        base = tcp(fam, mss(1460), seq=0)
        at = TCP_AT[fam.version]
        cksum = struct.unpack_from("!H", base, at + 16)[0]
        packets = []
        for want in (*range(1, 5), *range(0xfffa, 0xffff), *range(0xff00, 0xff20),
                     *range(0xf000, 0xf100, 7)):
            seq = (cksum - want) % 0xffff
            packets.append(tcp(fam, mss(1460), seq=seq))
            assert struct.unpack_from("!H", packets[-1], at + 16)[0] == want
        got = []
        for i in range(0, len(packets), 20):
            got += lab.exchange(a=[lab.from_a(p) for p in packets[i:i + 20]])[1]
        assert len(got) == len(packets)
        for frame in got:
            assert mss(1220) in frame
            assert expect.checksum(fam.src, fam.dst, 6, frame[14 + at:]) == 0


@FAMILIES
@pytest.mark.parametrize("signature", [MD5, AO], ids=["md5", "ao"])
def test_m05_signed(lab, fam, signature):
    """A segment with a TCP MD5 or AO option is left alone: its signature covers the options.

    Steps: SYNs with the option before and behind the MSS, through max, clamp and set.
    Verify: untouched; left_signed counts them.
    """
    packets = [tcp(fam, o) for o in (mss(1460) + signature, signature + mss(1460),
                                     b"\1" + mss(1460) + SACK_OK + b"\1" + signature)]
    for words in ("mss max 500", "mtu 1280 mss clamp", "mss set 500"):
        with lab.mtud.having(route(fam, words)):
            through(lab, [(p, p) for p in packets], {"left_signed": len(packets)})


def test_m06_quote_is_as_received(lab):
    """The answer about a SYN that is too big quotes it as it came.

    Steps: SYNs with 1400 octets of data over mtu 1280 and `mss set 500`: IPv6, IPv4 with DF; one
    with a hop limit of 1.
    Verify: the quotes have the MSS of before; nothing is forwarded.
    """
    def error_of(fam, packet, type6, type4, mtu):
        if fam.version == 6:
            return lab.error_to_a(*type6, mtu, packet)
        return lab.error4_to_a(*type4, packet, mtu=mtu)

    for fam in (V4, V6):
        frag = {"frag": DF} if fam.version == 4 else {}
        with lab.mtud.having(route(fam, "mtu 1280 mss set 500")):
            big = tcp(fam, mss(1460), payload=bytes(1400), ip=frag)
            lab.check(a_in=[lab.from_a(big)], drops={"too_big": 1}, a_out=[
                error_of(fam, big, (TOO_BIG, 0), (UNREACH4, FRAG_NEEDED4), 1280)])
            name = "hop_limit" if fam.version == 6 else "ttl"
            old = tcp(fam, mss(1460), ip={name: 1})
            lab.check(a_in=[lab.from_a(old)], drops={"hop_limit": 1},
                      a_out=[error_of(fam, old, (expect.TIME_EXCEEDED, 0), (11, 0), 0)])


def test_m06_rewritten_before_fragmentation(lab):
    """A SYN with DF clear that must be fragmented is rewritten first; so is one with `df clear`.

    Steps: a SYN with 1400 octets of data over mtu 1280 and `mss set 500`, DF clear; DF set with
    `df clear`; and over mtu 68, where the TCP header spans fragments.
    Verify: the fragments of the rewritten SYN.
    """
    for mtu, df, words in ((1280, 0, "mss set 500"), (1280, DF, "df clear mss set 500"),
                           (68, 0, "mss max 1360")):
        with lab.mtud.having(route(V4, f"mtu {mtu} {words}")):
            options = mss(1460) + SACK_OK + TIMESTAMP + b"\1" + WINDOW
            packet = tcp(V4, b"\1" * 16 + options, payload=bytes(1400), ip={"frag": df})
            new = 1360 if "max" in words else 500
            lab.check(a_in=[lab.from_a(packet)], drops={}, b_out=lab.fragments_to_b(
                rewritten(V4, packet, 1460, new), mtu))


@FAMILIES
def test_m01_while_resolving(lab, fam):
    """A SYN that waited for its next hop is rewritten too, once.

    Steps: a SYN over `mss max` to an unknown next hop; answer mtud's question.
    Verify: it leaves with the lower MSS; counted once.
    """
    mac, hop = "02:00:00:00:0d:66", "198.51.100.66" if fam.version == 4 else "2001:db8:b::66"
    with lab.mtud.having(f"add route {fam.prefix} via {hop} mss max 1000"):
        try:
            packet = tcp(fam, mss(1460))
            lab.a.send(lab.from_a(packet))
            if fam.version == 4:
                asked = lab.b.until(lambda f: arp.is_request(f, hop), 2)
                answer = arp.reply(hop, R4_B, mac, MAC_RB)
            else:
                asked = lab.b.until(lambda f: nd.is_ns(f, hop), 2)
                answer = lab.from_b(nd.na(hop, R_B, hop, 0x60, mac), src_mac=mac)
            assert asked
            _, got_b = lab.exchange(b=[answer], settle_s=0.3)
            want = expect.forwarded(lab.from_a(rewritten(fam, packet, 1460, 1000)),
                                    MAC_RB, mac)
            expect.assert_frames(got_b, [want])
            assert syn_counts(lab) == {"rewritten": 1}
        finally:
            lab.mtud.cmd(f"del neighbor {hop} port 1")


def test_m01_mixed_bursts(lab):
    """In a burst of many flows each SYN gets its own route's MSS.

    Steps: routes with `set`, `max`, `clamp` and none of both families; 400 packets in turn.
    Verify: each packet as its own route asks, in order.
    """
    rng = random.Random(31)
    rules = [("mss set 700", 700), ("mss max 800", 800), ("mtu 1300 mss clamp", None), ("", 1460)]
    lines, packets = [], []
    for fam in (V4, V6):
        for i, (words, limit) in enumerate(rules):
            prefix = f"198.18.{30 + i}.0/24" if fam.version == 4 else f"2001:db8:{30 + i}::/48"
            dst = f"198.18.{30 + i}.1" if fam.version == 4 else f"2001:db8:{30 + i}::1"
            lines.append(f"add route {prefix} via {fam.via} {words}")
            packets.append((fam, dst, limit or 1300 - fam.less))
    lab.mtud.do(*lines)
    try:
        sent, want = [], {4: [], 6: []}
        for i in range(400):
            fam, dst, limit = rng.choice(packets)
            packet = tcp(fam, mss(1460), rng.choice((SYN, SYN | ACK)), dst=dst, seq=i)
            sent.append(lab.from_a(packet))
            after = packet if limit == 1460 else rewritten(fam, packet, 1460, limit)
            want[fam.version].append(lab.to_b(lab.from_a(after)))
        got = []
        for i in range(0, 400, 50):
            got += lab.exchange(a=sent[i:i + 50])[1]
        expect.assert_frames([f for f in got if f[12:14] == b"\x08\x00"], want[4])
        expect.assert_frames([f for f in got if f[12:14] != b"\x08\x00"], want[6])
    finally:
        lab.mtud.cmd(*(f"del route {line.split()[2]}" for line in lines))


@pytest.mark.parametrize("words", [
    "mss", "mss max", "mss max 0", "mss set 0", "mss max 65536", "mss set -1", "mss clamp 1360",
    "mss nonsense", "mss max 100 mss set 100", "df", "df nonsense", "df pass df clear"])
def test_bad_options(lab, words):
    """A wrong option: one sentence, and no route.

    Steps: a route with the option; a df option on an IPv6 route; options on a route that sends
    nothing.
    Verify: an error of one line, no such route.
    """
    lines = [route(V4, words), f"add route {V4.prefix} blackhole mss clamp",
             route(V6, "df clear")]
    for line in lines:
        answer = lab.mtud.cmd(line)
        assert answer.startswith("error: ") and answer.count("\n") == 1, (line, answer)
    shown = {r["prefix"] for r in lab.mtud.json("show route")}
    assert not shown & {V4.prefix, V6.prefix}


def test_errors_reach_the_sender(lab):
    """The MSS route's counters and those of answers are apart.

    Steps: a SYN on a route with `mss max` and mtu 1280; data of 1400 octets with DF.
    Verify: one rewritten, one answered; a frame for A.
    """
    with lab.mtud.having(route(V4, "mtu 1280 mss max 1000")):
        syn = tcp(V4, mss(1460))
        through(lab, [(syn, rewritten(V4, syn, 1460, 1000))])
        data = tcp(V4, b"", ACK, bytes(1360), ip={"frag": DF})
        got_a, _ = lab.exchange(a=[lab.from_a(data)])
        expect.assert_frames(got_a, [lab.error4_to_a(UNREACH4, FRAG_NEEDED4, data, mtu=1280)])
        assert got_a[0][:12] == expect.mac_bytes(MAC_A) + expect.mac_bytes(MAC_RA)
        shown = [r for r in lab.mtud.json("show route") if r["prefix"] == V4.prefix][0]
        assert (shown["mss_rewritten"], shown["too_big"], shown["answered"]) == (1, 1, 1)
