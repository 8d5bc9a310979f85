# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The test bench: mtud between two bare wires, A on its port 0 and B on its port 1.

    A  2001:db8:a::2 ----- 2001:db8:a::1  mtud  2001:db8:b::1 ----- 2001:db8:b::2  B
       192.0.2.2 ------------- 192.0.2.1        198.51.100.1 -------- 198.51.100.2
"""

import itertools
import os
import struct
import time

from . import arp, expect
from .mtud import Mtud, MtudError
from .netns import Namespace, link_up, silence, veth
from .wire import Tap

R_A, R_B = "2001:db8:a::1", "2001:db8:b::1"
A, B = "2001:db8:a::2", "2001:db8:b::2"
MAC_RA, MAC_RB = "02:00:00:00:0a:01", "02:00:00:00:0b:01"
MAC_A, MAC_B = "02:00:00:00:0a:02", "02:00:00:00:0b:02"
# Link-local addresses by EUI-64 (RFC 4291 appendix A) of the MACs above.
LL_RA, LL_RB = "fe80::ff:fe00:a01", "fe80::ff:fe00:b01"
LL_A, LL_B = "fe80::ff:fe00:a02", "fe80::ff:fe00:b02"

FAR = "2001:db8:1500::1"        # behind B, no MTU of its own
FAR_1280 = "2001:db8:1280::1"   # behind B, mtu 1280
FAR_1400 = "2001:db8:1400::1"   # behind B, mtu 1400
FAR_A = "2001:db8:aaaa::1"      # behind A
NOWHERE = "2001:db9::1"

# The same for IPv4 (RFC 5737, RFC 2544).
R4_A, R4_B = "192.0.2.1", "198.51.100.1"
A4, B4 = "192.0.2.2", "198.51.100.2"
FAR4 = "198.18.15.1"            # behind B, no MTU of its own
FAR4_1280 = "198.18.12.1"       # behind B, mtu 1280
FAR4_1400 = "198.18.14.1"       # behind B, mtu 1400
FAR4_A = "198.18.10.1"          # behind A
BLACKHOLE4, UNREACHABLE4, PROHIBIT4 = "198.18.1.1", "198.18.2.1", "198.18.3.1"
NOWHERE4 = "203.0.113.1"

ADDRESSES = [f"add address {R_A}/64 port 0", f"add address {R_B}/64 port 1"]
NEIGHBORS = [f"add neighbor {A} lladdr {MAC_A} port 0", f"add neighbor {B} lladdr {MAC_B} port 1",
             f"add neighbor {LL_A} lladdr {MAC_A} port 0",
             f"add neighbor {LL_B} lladdr {MAC_B} port 1"]
ROUTES = [f"add route 2001:db8:1500::/48 via {B}",
          f"add route 2001:db8:1280::/48 via {B} mtu 1280",
          f"add route 2001:db8:1400::/48 via {B} mtu 1400",
          f"add route 2001:db8:aaaa::/48 via {A}",
          "add route 2001:db8:b1ac::/48 blackhole",
          "add route 2001:db8:dead::/48 unreachable",
          "add route 2001:db8:f0b1::/48 prohibit"]
ADDRESSES4 = [f"add address {R4_A}/24 port 0", f"add address {R4_B}/24 port 1"]
NEIGHBORS4 = [f"add neighbor {A4} lladdr {MAC_A} port 0",
              f"add neighbor {B4} lladdr {MAC_B} port 1"]
ROUTES4 = [f"add route 198.18.15.0/24 via {B4}",
           f"add route 198.18.12.0/24 via {B4} mtu 1280",
           f"add route 198.18.14.0/24 via {B4} mtu 1400",
           f"add route 198.18.10.0/24 via {A4}",
           "add route 198.18.1.0/24 blackhole", "add route 198.18.2.0/24 unreachable",
           "add route 198.18.3.0/24 prohibit"]
CONFIG = ["set icmp rate 0 burst 1", *ADDRESSES, *ADDRESSES4, *NEIGHBORS, *NEIGHBORS4, *ROUTES,
          *ROUTES4]

MARK_TIMEOUT_S = 10
_marks = itertools.count(1)


def mark(tx, rx, src, dst, dst_mac, src_mac):
    """Send a packet that must be forwarded from one wire to another; all that came before it."""
    tag = b"mark" + struct.pack("!QI", next(_marks), os.getpid())
    tx.send(expect.frame_of(expect.ip(src, dst, 253, tag), src_mac, dst_mac))
    got = rx.until(lambda frame: frame.endswith(tag), MARK_TIMEOUT_S)
    if not got or not got[-1].endswith(tag):
        raise MtudError(f"no more is forwarded: the mark from {src} to {dst} is lost, after "
                        + "; ".join(expect.describe(f) for f in got))
    return got[:-1]


class Lab:
    """Namespaces, wires and one mtud."""

    def __init__(self, binary, config=CONFIG, mtu_a=1500, mtu_b=1500, queues=1, vdev_args="",
                 **mtud_args):
        self.binary = binary
        self.config = list(config or ())
        self.ns_a, self.ns_r, self.ns_b = (Namespace(n) for n in ("a", "r", "b"))
        veth(self.ns_a, "wire", MAC_A, self.ns_r, "port0", MAC_RA, mtu_a)
        veth(self.ns_b, "wire", MAC_B, self.ns_r, "port1", MAC_RB, mtu_b)
        for ns, iface in ((self.ns_a, "wire"), (self.ns_b, "wire"), (self.ns_r, "port0"),
                          (self.ns_r, "port1")):
            silence(ns, iface)
            link_up(ns, iface)
        self.a = Tap(self.ns_a, "wire")
        self.b = Tap(self.ns_b, "wire")
        args = f",qpairs={queues}{vdev_args}"
        vdevs = [f"net_af_packet{i},iface=port{i}{args}" for i in (0, 1)]
        self.mtud = Mtud(binary, self.ns_r, vdevs, config, **mtud_args)

    def start(self):
        """Until it forwards and its ports have come up."""
        self.mtud.wait_ready()
        self.wait_announced()
        return self

    def wait_announced(self):
        """Until it has said what it says when ports come up: DAD probes, MLD reports from each
        link-local address twice (RFC 3810 section 6.1), at most a second apart, and each IPv4
        address announced twice (RFC 5227 section 2.3), two seconds apart."""
        end = time.monotonic() + 10
        for port, tap in enumerate((self.a, self.b)):
            reports, announced = 0, 0
            while reports < 2 or announced < 2 * self.addresses4(port):
                frame = tap.receive(end - time.monotonic())
                if frame is None:
                    raise MtudError(f"mtud reports its groups {reports} times and announces its "
                                    f"IPv4 addresses {announced} times when port {port} comes up")
                reports += frame[12:14] == b"\x86\xdd" and frame[20] == 0 and \
                    frame[22:24] == b"\xfe\x80"
                announced += arp.is_announcement(frame)
        self.exchange(settle_s=0.1)

    def addresses4(self, port):
        """How many IPv4 addresses the configuration gives a port."""
        lines = [line.split() for line in self.config]
        return sum(words[:2] == ["add", "address"] and ":" not in words[2] and
                   words[4:] == [str(port)] for words in lines)

    def close(self, check=True):
        try:
            if check:
                self.mtud.stop()
        finally:
            self.mtud.remove()
            for tap in (self.a, self.b):
                tap.close()
            for ns in (self.ns_a, self.ns_r, self.ns_b):
                ns.close()

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close(check=False)
            raise

    def __exit__(self, kind, *_):
        if kind is not None:
            print(self.mtud.report())
        self.close(check=kind is None)

    def clear(self):
        self.a.drain()
        self.b.drain()
        self.mtud.cmd("clear stats")

    # Frames from the neighbors' side.

    @staticmethod
    def from_a(packet, dst_mac=MAC_RA, src_mac=MAC_A):
        return expect.frame_of(packet, src_mac, dst_mac)

    @staticmethod
    def from_b(packet, dst_mac=MAC_RB, src_mac=MAC_B):
        return expect.frame_of(packet, src_mac, dst_mac)

    # Frames as they must leave mtud.

    @staticmethod
    def to_b(frame, dst_mac=MAC_B):
        return expect.forwarded(frame, MAC_RB, dst_mac)

    @staticmethod
    def to_a(frame, dst_mac=MAC_A):
        return expect.forwarded(frame, MAC_RA, dst_mac)

    @staticmethod
    def error_to_a(type_, code, value, packet, src=R_A, dst=A, **kwargs):
        return expect.error(type_, code, value, packet, src, dst, MAC_A, MAC_RA, **kwargs)

    @staticmethod
    def error4_to_a(type_, code, packet, src=R4_A, dst=A4, **kwargs):
        return expect.error4(type_, code, packet, src, dst, MAC_A, MAC_RA, **kwargs)

    @staticmethod
    def fragments_to_b(packet, mtu, dst_mac=MAC_B, **kwargs):
        """The frames of a packet's fragments, each a hop on."""
        return [expect.frame_of(f, MAC_RB, dst_mac)
                for f in expect.fragments(expect.one_hop_on(packet), mtu, **kwargs)]

    # In and out.

    def exchange(self, a=(), b=(), settle_s=0.0):
        """Send frames on A and on B, return (out at A, out at B): all that came out.

        Behind the frames goes a packet that mtud must forward: when that arrives, everything
        before it has been dealt with by the worker. What the control thread answers takes
        longer: `settle_s` waits for it.
        """
        self.a.send(*a)
        self.b.send(*b)
        out_a, out_b = [], []
        if settle_s:
            out_a += self.a.frames(settle_s)
        out_b += mark(self.a, self.b, A, B, MAC_RA, MAC_A)
        out_a += mark(self.b, self.a, B, A, MAC_RB, MAC_B)
        # Within one burst what mtud made itself follows what it forwards, marks too: the burst of
        # the marks above has ended when one more has come.
        out_b += mark(self.a, self.b, A, B, MAC_RA, MAC_A)
        return out_a + self.a.drain(), out_b + self.b.drain()

    def check(self, a_in=(), b_in=(), a_out=(), b_out=(), drops=None, icmp=None, settle_s=0.0):
        """Frames in; exactly these frames out; exactly these drop counters up."""
        before = self.drops()
        icmp_before = self.icmp() if icmp is not None else None
        got_a, got_b = self.exchange(a_in, b_in, settle_s)
        expect.assert_frames(got_a, list(a_out))
        expect.assert_frames(got_b, list(b_out))
        after = self.drops()
        risen = {k: v - before.get(k, 0) for k, v in after.items() if v != before.get(k, 0)}
        assert risen == (drops or {}), f"drops: {risen}, expected {drops or {}}"
        if icmp is not None:
            now = self.icmp()
            risen = {k: v - icmp_before.get(k, 0) for k, v in now.items()
                     if v != icmp_before.get(k, 0)}
            assert risen == icmp, f"answers: {risen}, expected {icmp}"

    # Counters.

    def drops(self):
        """Drop reason -> packets, those above 0."""
        return {d["reason"]: d["packets"] for d in self.mtud.json("show drops") if d["packets"]}

    def icmp(self):
        """Answers sent and held back -> packets, those above 0."""
        return {c["counter"]: c["packets"] for c in self.mtud.json("show stats")["icmp"]
                if c["packets"]}
