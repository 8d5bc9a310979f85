# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""mtud beside its twin: the Linux kernel as a router with the same addresses, MACs and routes gets
the same packets, and what comes out of both is compared octet by octet.

Two things are left out of the comparison, and only in packets that the routers make themselves
(see made_by_router()): the identification, which each chooses, and the header checksum as far as it
follows from it; it must be right in both.
"""

import random

import pytest

from lab import expect
from lab.expect import DF, ECHO_REQUEST4, MF, icmp4, ipv4, udp
from lab.lab import (A4, B4, BLACKHOLE4, FAR4, FAR4_1280, FAR4_A, MAC_A, MAC_B, MAC_RA, MAC_RB,
                     NOWHERE4, PROHIBIT4, R4_A, R4_B, ROUTES4, UNREACHABLE4, mark)
from lab.netns import Namespace, link_up, silence, veth
from lab.wire import Tap

# The kernel's answers have limits of their own; ip_error() cannot be told to have none, and counts
# by source: tests of what it sends take a new source for each packet.
SYSCTLS = ["net.ipv4.ip_forward=1", "net.ipv4.icmp_ratelimit=0", "net.ipv4.icmp_ratemask=0",
           "net.ipv4.icmp_msgs_per_sec=1000000", "net.ipv4.icmp_msgs_burst=1000000",
           "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0",
           "net.ipv4.conf.all.send_redirects=0", "net.ipv4.conf.default.send_redirects=0",
           "net.ipv4.conf.all.accept_source_route=0"]


class Twin:
    """The kernel as a router between two bare wires, as class Lab has mtud."""

    def __init__(self):
        self.ns_a, self.ns_r, self.ns_b = (Namespace(n) for n in ("a", "linux", "b"))
        for name in SYSCTLS:
            # Not every kernel has each of them, nor in each namespace.
            self.ns_r.run("sysctl", "-qw", name, check=False)
        self.ns_r.run("sysctl", "-qw", SYSCTLS[0])
        veth(self.ns_a, "wire", MAC_A, self.ns_r, "port0", MAC_RA)
        veth(self.ns_b, "wire", MAC_B, self.ns_r, "port1", MAC_RB)
        for ns, iface in ((self.ns_a, "wire"), (self.ns_b, "wire"), (self.ns_r, "port0"),
                          (self.ns_r, "port1")):
            silence(ns, iface)
            link_up(ns, iface)
        for port, ours, theirs, mac in ((0, R4_A, A4, MAC_A), (1, R4_B, B4, MAC_B)):
            self.ns_r.run("sysctl", "-qw", f"net.ipv4.conf.port{port}.rp_filter=0",
                          f"net.ipv4.conf.port{port}.send_redirects=0")
            self.ns_r.run("ip", "addr", "add", f"{ours}/24", "dev", f"port{port}")
            self.ns_r.run("ip", "neigh", "replace", theirs, "lladdr", mac, "nud", "permanent",
                          "dev", f"port{port}")
        for line in ROUTES4:
            _, _, prefix, *words = line.split()
            if words[0] == "via":
                self.ns_r.run("ip", "route", "add", prefix, *words)
            else:
                self.ns_r.run("ip", "route", "add", words[0], prefix)
        self.a, self.b = Tap(self.ns_a, "wire"), Tap(self.ns_b, "wire")

    def exchange(self, a=()):
        """As Lab.exchange()."""
        self.a.send(*a)
        out_b = mark(self.a, self.b, A4, B4, MAC_RA, MAC_A)
        out_a = mark(self.b, self.a, B4, A4, MAC_RB, MAC_B)
        out_b += mark(self.a, self.b, A4, B4, MAC_RA, MAC_A)
        return out_a + self.a.drain(), out_b + self.b.drain()

    def close(self):
        for thing in (self.a, self.b, self.ns_a, self.ns_r, self.ns_b):
            thing.close()


@pytest.fixture(scope="module")
def linux():
    twin = Twin()
    yield twin
    twin.close()


def made_by_router(frame):
    """A packet of the router's own: its source is one of the router's addresses."""
    return frame[26:30] in (expect.packed(R4_A), expect.packed(R4_B))


def comparable(frames):
    return [expect.without_ident(f) if made_by_router(f) else f for f in frames]


def compare(lab, linux, packets, dst_mac=MAC_RA):
    """Each packet alone through both; what comes out of mtud must be what comes out of Linux.
    Return it, for more checks: (out at A, out at B) of each."""
    outs = []
    for packet in packets:
        frame = expect.ether(dst_mac, MAC_A, expect.ETHERTYPE_IPV4) + packet
        got, want = lab.exchange(a=[frame]), linux.exchange(a=[frame])
        for mine, theirs in zip(got, want):
            expect.assert_frames(comparable(mine), comparable(theirs))
        outs.append(want)
    return outs


def test_v01_forwarding(lab, linux):
    """What fits is forwarded alike.

    Steps: packets of all sizes, protocols, TTLs, TOS, identifications and flags; fragments; NOPs
    and options that neither router knows; both checksum edges.
    Verify: the same frames; each came out.
    """
    rng = random.Random(1812)
    packets = [ipv4(A4, rng.choice((FAR4, B4, FAR4_1280)), rng.choice((6, 17, 47, 50, 253)),
                    rng.randbytes(rng.randint(0, 1260)), ttl=rng.randint(2, 255),
                    tos=rng.randrange(256), ident=rng.randrange(65536),
                    frag=rng.choice((0, DF, MF, MF | 9, 77))) for _ in range(200)]
    packets += [udp(A4, FAR4, 200, options=o) for o in (
        b"\1\1\1\1", bytes([0x9e, 4, 1, 2]), bytes([0x1e, 6, 1, 2, 3, 4]), b"\1" * 40,
        bytes([148, 4, 0, 0]))]
    base = udp(A4, FAR4, 60, ident=0)
    others = 0xffff - int.from_bytes(base[10:12], "big")
    packets += [udp(A4, FAR4, 60, ident=(0xffff - c - others) % 0xffff)
                for c in (*range(0xfdfe, 0xffff, 19), 0xfeff, 0xfefe, 0xff00, 0xfffe, 0, 1)]
    assert all(len(b) == 1 and not a for a, b in compare(lab, linux, packets))


def test_v03_fragments(lab, linux):
    """What is too big with DF clear becomes the same fragments.

    Steps: 1281 to 1500 octets over 1280, without options, TTL and identification of any kind.
    Verify: the same frames, at least two of each.
    """
    rng = random.Random(791)
    packets = [ipv4(A4, FAR4_1280, 17, rng.randbytes(size - 20), ttl=rng.randint(2, 255),
                    ident=rng.randrange(65536), tos=rng.randrange(256))
               for size in (1281, 1288, 1289, 1299, 1300, 1301, 1499, 1500) for _ in range(4)]
    packets.append(ipv4(A4, FAR4_1280, 17, rng.randbytes(1480), ident=0))
    assert all(len(b) == 2 and not a for a, b in compare(lab, linux, packets))


def test_v04_fragments_of_fragments(lab, linux):
    """Fragments that are too big become the same smaller ones.

    Steps: first, middle and last fragments of 1300 to 1500 octets over 1280.
    Verify: the same frames.
    """
    rng = random.Random(815)
    packets = [ipv4(A4, FAR4_1280, 17, rng.randbytes(size - 20), frag=field)
               for field in (MF, MF | 185, MF | 8000) for size in (1300, 1404, 1500)]
    packets += [ipv4(A4, FAR4_1280, 17, rng.randbytes(size - 20), frag=field)
                for field in (1, 185, 7900) for size in (1281, 1303, 1499, 1500)]
    assert all(len(b) == 2 and not a for a, b in compare(lab, linux, packets))


def test_v02_v13_fragmentation_needed(lab, linux):
    """What is too big with DF set gets the same answer: source, TOS, TTL, DF, MTU and quote.

    Steps: 1281 to 1500 octets with DF over 1280, every precedence and type of service, from A and
    from behind it.
    Verify: the same frames, one of each.
    """
    packets = [udp(src, FAR4_1280, size, frag=DF, tos=tos) for src in (A4, FAR4_A)
               for size in (1281, 1300, 1500) for tos in (0, 2, 0x1f, 0x20, 0xb8, 0xff)]
    packets += [icmp4(A4, FAR4_1280, t, 0, bytes(1400), frag=DF) for t in (0, 8, 13)]
    packets.append(udp(A4, FAR4_1280, 1400, frag=DF | MF))
    assert all(len(a) == 1 and not b for a, b in compare(lab, linux, packets))


def test_v05_v11_time_exceeded(lab, linux):
    """What has used up its TTL gets the same answer, also when it is too big.

    Steps: TTL 1 and 0, small and too big, DF and not, of 20 to 1500 octets.
    Verify: the same frames, one of each.
    """
    packets = [ipv4(A4, FAR4_1280, 253, bytes(size - 20), ttl=ttl, frag=frag, tos=size & 255)
               for size in (20, 28, 100, 547, 548, 549, 576, 1280, 1281, 1500)
               for ttl in (0, 1) for frag in (0, DF)]
    packets.append(udp(A4, FAR4, 100, ttl=1, frag=MF))
    assert all(len(a) == 1 and not b for a, b in compare(lab, linux, packets))


@pytest.mark.parametrize("dst", [NOWHERE4, UNREACHABLE4, PROHIBIT4],
                         ids=["net", "host", "prohibited"])
def test_unreachable(lab, linux, dst):
    """What has no way gets the same answer: net, host, administratively prohibited.

    Steps: packets of several sizes and TTLs, each from a source of its own (see SYSCTLS).
    Verify: the same frames, one of each.
    """
    first = 10 + 60 * (NOWHERE4, UNREACHABLE4, PROHIBIT4).index(dst)
    packets = [ipv4(f"198.18.10.{first + i}", dst, 253, bytes(size - 20), ttl=ttl, frag=frag,
                    tos=17 * i)
               for i, (size, ttl, frag) in enumerate((s, t, f) for s in (20, 100, 548, 1500)
                                                     for t in (1, 64) for f in (0, DF))]
    assert all(len(a) == 1 and not b for a, b in compare(lab, linux, packets))


def test_echo(lab, linux):
    """Both answer echo requests alike.

    Steps: ask both of the router's addresses, any size, TTL, TOS, with DF. (Not with zeros alone:
    there Linux writes 0x0000 as the reply's checksum, which RFC 1071 has as 0xffff.)
    Verify: the same frames, one of each.
    """
    packets = [icmp4(A4, dst, ECHO_REQUEST4, 0, b"\x12\x34\0\1" + bytes(range(n)), tos=tos,
                     frag=frag, ttl=ttl)
               for dst in (R4_A, R4_B) for n in (0, 1, 56, 255) for tos in (0, 0xb8)
               for frag in (0, DF) for ttl in (1, 64)]
    assert all(len(a) == 1 and not b for a, b in compare(lab, linux, packets))


def silent_packets():
    payload = bytes(range(80))
    good = ipv4(A4, FAR4, 17, payload)
    cksum = int.from_bytes(good[10:12], "big")
    packets = [ipv4(A4, FAR4, 17, payload, version=v) for v in range(16) if v != 4]
    packets += [ipv4(A4, FAR4, 17, payload, ihl=n) for n in range(5)]
    packets += [expect.with_checksum4(good, cksum=cksum ^ 1 << n) for n in range(16)]
    packets += [ipv4(A4, FAR4, 17, payload, length=n) for n in (0, 1, 19, 101, 1500, 65535)]
    packets += [expect.with_checksum4(ipv4(A4, FAR4, 17, payload, length=n, ihl=15), 60)
                for n in (40, 59)]
    packets += [good[:n] for n in (1, 10, 19, 50, 99)]
    # Of network 0 only 0.0.0.0: Linux forwards the rest since 5.3, mtud has row V7.
    for src in ("0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", R4_A, R4_B):
        packets += [udp(src, FAR4, 100), udp(src, FAR4, 100, ttl=1), udp(src, NOWHERE4, 100)]
    # No class E among them: Linux has no route there and says so, mtud has row V15.
    for dst in ("127.0.0.1", "198.51.100.255", "239.1.1.1"):
        packets += [udp(A4, dst, 100), udp(A4, dst, 1500, frag=DF)]
    packets += [icmp4(A4, FAR4, t, 0, bytes(40), ttl=1) for t in (3, 4, 5, 11, 12)]
    packets += [icmp4(A4, FAR4_1280, t, 0, bytes(1400), frag=DF) for t in (3, 11)]
    packets += [udp(A4, BLACKHOLE4, 100), udp(A4, BLACKHOLE4, 100, ttl=1)]
    packets += [udp(A4, FAR4, 100, options=bytes([o, 7, 4]) + expect.packed(FAR4) + b"\0")
                for o in (131, 137)]
    packets += [ipv4(A4, FAR4, 17, payload, frag=1, ttl=1),
                ipv4(A4, NOWHERE4, 17, payload, frag=99),
                ipv4(A4, FAR4_1280, 17, bytes(1400), frag=DF | 5)]
    return packets


def test_silence(lab, linux):
    """What is malformed, has no proper addresses or may not be answered ends in silence in both.

    Steps: headers wrong in one way each, martian addresses, ICMP errors, later fragments,
    source routes.
    Verify: nothing comes out of either.
    """
    packets = silent_packets()
    outs = compare(lab, linux, packets)
    for packet, out in zip(packets, outs):
        assert out == ([], []), f"Linux says something about {packet.hex()}"


def test_v08_group_frames(lab, linux):
    """A unicast packet in a broadcast frame ends in silence in both.

    Steps: what would be forwarded or answered, in a broadcast frame.
    Verify: nothing comes out of either.
    """
    packets = [udp(A4, FAR4, 100), udp(A4, FAR4, 100, ttl=1), udp(A4, FAR4_1280, 1400, frag=DF)]
    assert all(out == ([], []) for out in compare(lab, linux, packets, "ff:ff:ff:ff:ff:ff"))
