# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The trace command: the way of packets in words, beside what is seen on the wires."""

import contextlib
import re
import socket
import time

from lab import nd
from lab.expect import (ECHO_REPLY, ECHO_REQUEST, ETHER, NO_ROUTE, TOO_BIG, UNREACH, frame_of,
                        icmpv6, udp)
from lab.lab import (A, A4, FAR, FAR4_1280, FAR_1280, MAC_A, MAC_B, MAC_RA, MAC_RB, R_A)

PATIENCE_S = 10
MAC_H = "02:00:00:00:0b:77"
H = "2001:db8:b::77"  # a host on B's link that nobody knows
NOT_MARKS = "not (ip6 proto 253 or ip proto 253)"


class Trace:
    """A console with a trace on it."""

    def __init__(self, path, line):
        self.text = ""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(path)
        self.sock.sendall(line.encode() + b"\n")
        self.until("(the next ")

    def until(self, wanted):
        """Read until something has been said; False when the console ends before."""
        end = time.monotonic() + PATIENCE_S
        while wanted not in self.text:
            self.sock.settimeout(max(end - time.monotonic(), 0.01))
            try:
                chunk = self.sock.recv(65536)
            except socket.timeout:
                raise AssertionError(f"{wanted!r} is not said:\n{self.text}") from None
            if not chunk:
                return False
            self.text += chunk.decode()
        return True

    def ways(self, count):
        """The first `count` packets: for each its stages, as a list of (stage, words)."""
        while len(re.findall(r"^   end ", self.text, re.M)) < count:
            seen = len(self.text)
            end = time.monotonic() + PATIENCE_S
            while len(self.text) == seen:
                self.sock.settimeout(max(end - time.monotonic(), 0.01))
                try:
                    self.text += self.sock.recv(65536).decode()
                except socket.timeout:
                    raise AssertionError(f"{count} packets are not told:\n{self.text}") from None
        found = []
        for line in self.text.splitlines():
            if line.startswith("#"):
                found.append([("title", line)])
            elif line.startswith("   "):
                found[-1].append((line[3:11].strip(), line[12:]))
        return found[:count]

    def close(self):
        self.sock.close()


@contextlib.contextmanager
def tracing(lab, line):
    """A trace for the time of a block."""
    trace = Trace(lab.mtud.console, line)
    try:
        yield trace
    finally:
        trace.close()
        end = time.monotonic() + PATIENCE_S
        while "under way" in lab.mtud.cmd("trace") and time.monotonic() < end:
            pass


def stages(way, *names):
    return [words for stage, words in way if stage in names]


def test_the_way_in_words(lab):
    """What the trace says is what happens.

    Steps: trace; send packets that fit, that are too big, that are for us, that are cut, that no
    route wants.
    Verify: the lines of each stage name the addresses, the route and its MTU as show route to does,
    the answer, the frames that are seen on the wires, and the end that show drops counts.
    """
    fits, big = udp(A, FAR, 1500), udp(A, FAR_1280, 1281)
    cut, echo = udp(A4, FAR4_1280, 1500), icmpv6(A, R_A, ECHO_REQUEST, 0, bytes(8))
    route = lab.mtud.json(f"show route to {FAR_1280} size 1281")
    with tracing(lab, f"trace port 0 count 5 {NOT_MARKS}") as trace:
        lab.check(a_in=[lab.from_a(p) for p in (fits, big, cut, echo, udp(A, "2001:db9::1", 100))],
                  a_out=[lab.error_to_a(TOO_BIG, 0, 1280, big),
                         frame_of(icmpv6(R_A, A, ECHO_REPLY, 0, bytes(8)), MAC_RA, MAC_A),
                         lab.error_to_a(UNREACH, NO_ROUTE, 0, udp(A, "2001:db9::1", 100))],
                  b_out=[lab.to_b(lab.from_a(fits)), *lab.fragments_to_b(cut, 1280)],
                  drops={"too_big": 1, "no_route": 1})
        ways = trace.ways(5)
    assert stages(ways[0], "parse") == \
        [f"IPv6 {A} > {FAR}, UDP 40000 > 50000, 1500 octets, hop limit 64"]
    assert stages(ways[0], "size", "end") == ["1500 fits MTU 1500", "forwarded"]
    assert stages(ways[0], "egress") == [f"port 1: {ETHER + 1500} octets, {MAC_RB} > {MAC_B}"]
    assert stages(ways[1], "route") == \
        [f"{route['prefix']} via {route['via']} on port 1; MTU 1280: {route['why']}"]
    assert stages(ways[1], "size") == ["1281 is more than MTU 1280: Packet Too Big"]
    assert stages(ways[1], "answer") == \
        [f"IPv6 {R_A} > {A}, ICMPv6 Packet Too Big, MTU 1280, 1280 octets, hop limit 64"]
    assert stages(ways[1], "egress") == [f"port 0: {ETHER + 1280} octets, {MAC_RA} > {MAC_A}"]
    assert stages(ways[1], "end") == ["dropped, too_big: larger than the MTU of its route"]
    assert stages(ways[2], "size", "end") == \
        ["1500 is more than MTU 1280: cut into fragments", "forwarded in 2 fragments"]
    assert stages(ways[2], "egress") == \
        [f"port 1: {len(f)} octets, {MAC_RB} > {MAC_B}" for f in lab.fragments_to_b(cut, 1280)]
    assert stages(ways[3], "route", "end") == [f"{R_A}/128: an address of ours", "for us, and done"]
    assert stages(ways[4], "route") == ["none covers 2001:db9::1"]
    assert stages(ways[4], "end") == ["dropped, no_route: no route to the destination"]


def test_what_waits_is_told_again(lab):
    """A packet that waits for its next hop: what became of it.

    Steps: trace one packet to a host that is not known yet; answer mtud's solicitation.
    Verify: it waits, then it is told again, by the same number, that it goes; it arrives; the trace
    ends by itself, for one was asked for.
    """
    packet = udp(A, H, 100)
    with tracing(lab, "trace count 1 udp") as trace:
        lab.a.send(lab.from_a(packet))
        assert nd.is_ns(lab.b.until(lambda f: nd.is_ns(f, H), PATIENCE_S)[-1], H)
        lab.b.send(frame_of(nd.na(H, "2001:db8:b::1", H, nd.SOLICITED | nd.OVERRIDE, MAC_H),
                            MAC_H, MAC_RB))
        want = lab.to_b(lab.from_a(packet), MAC_H)
        assert lab.b.until(lambda f: f == want, PATIENCE_S)[-1] == want
        ways = trace.ways(2)
        trace.sock.sendall(b"show route to ::1\n")
        trace.until("::1")
    assert stages(ways[0], "end") == \
        [f"waits until {H} on port 1 has answered a Neighbor Solicitation"]
    assert ways[1][0][1].startswith("#1 again, ")
    assert stages(ways[1], "resolved", "end") == ["yes: it goes its way", "forwarded"]
    assert stages(ways[1], "egress") == [f"port 1: {ETHER + 100} octets, {MAC_RB} > {MAC_H}"]
    lab.mtud.do(f"del neighbor {H} port 1")


def test_only_what_matches(lab):
    """Port, count and filter choose; a line of the same console ends it, and is run.

    Steps: trace port 1 with a filter; send what matches by port 0, what does not by port 1, then
    what does, twice; ask for something else on the same console.
    Verify: the two are told, nothing else; the line is answered.
    """
    with tracing(lab, "trace port 1 udp and ip6") as trace:
        lab.exchange(a=[lab.from_a(udp(A, FAR, 200))],
                     b=[lab.from_b(udp("198.51.100.2", A4, 200)),
                        lab.from_b(udp("2001:db8:b::2", A, 201)),
                        lab.from_b(udp("2001:db8:b::2", A, 202))])
        ways = trace.ways(2)
        trace.sock.sendall(b"show route summary\n")
        trace.until("outes")
    assert [re.search(r"(\d+) octets, hop", w)[1] for way in ways for w in stages(way, "parse")] == \
        ["201", "202"]
    assert trace.text.count("#") == 2


def test_one_at_a_time(lab):
    """A second trace is refused until the first has ended, be it by a client that goes away.

    Steps: trace on one console; trace on another; close the first; trace again.
    Verify: a sentence, then success.
    """
    first = Trace(lab.mtud.console, "trace")
    assert lab.mtud.cmd("trace") == \
        "error: trace: one is under way on another console; end it there first\n"
    first.close()
    end = time.monotonic() + PATIENCE_S
    while "under way" in (answer := lab.mtud.cmd("trace")) and time.monotonic() < end:
        pass
    assert answer.startswith("(the next 10 packets;")


def test_a_flood_is_not_disturbed(lab):
    """Far more packets than can be told go their way, and those not told are counted.

    Steps: trace with a count that is never reached, read nothing, send 3000 packets.
    Verify: all arrive in order; those told and those counted as not told are 3000.
    """
    frames = [lab.from_a(udp(A, FAR, 100 + n % 1000, fill=n % 251))
              for n in range(3000)]
    with tracing(lab, "trace count 100000 udp") as trace:
        for at in range(0, len(frames), 100):
            _, out_b = lab.exchange(a=frames[at:at + 100])
            assert out_b == [lab.to_b(f) for f in frames[at:at + 100]]
        lab.mtud.cmd("show port")
        end = time.monotonic() + PATIENCE_S
        told, missed = 0, 0
        while told + missed < len(frames) and time.monotonic() < end:
            trace.sock.settimeout(PATIENCE_S)
            trace.text += trace.sock.recv(1 << 20).decode()
            told = len(re.findall(r"^   end ", trace.text, re.M))
            missed = sum(map(int, re.findall(r"^\((\d+) more matched", trace.text, re.M)))
    assert told + missed == len(frames)
