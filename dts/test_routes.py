# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Large tables: 250,000 IPv6 and 900,000 IPv4 prefixes from a file, and tables that are full."""

import random
import re
import time

import pytest

from lab import expect
from lab.expect import udp
from lab.lab import (A, A4, ADDRESSES, ADDRESSES4, B, B4, FAR, FAR4, MAC_B, NEIGHBORS, NEIGHBORS4,
                     NOWHERE4, Lab)

PREFIXES = 250000
PREFIXES4 = 900000


def text(value):
    return ":".join(f"{value >> (112 - 16 * i) & 0xffff:x}" for i in range(8))


def table(count):
    """Distinct prefixes as the Internet has them: allocations of a /32 in rows of 16, each with
    some /40s in use, most routes /48s within those, and longer and shorter ones between."""
    rng = random.Random(250)
    lengths, weights = (32, 36, 40, 44, 46, 47, 48, 56, 64), (6, 3, 5, 9, 3, 3, 61, 5, 5)
    rows = [0x2 << 124 | rng.getrandbits(24) << 100 for _ in range(1000)]
    seen = {}
    while len(seen) < count:
        allocation = rng.choice(rows) | rng.randrange(16) << 96
        for _ in range(rng.randint(1, 6)):
            block = allocation | rng.getrandbits(8) << 88
            for length in rng.choices(lengths, weights, k=rng.randint(1, 12)):
                value = block | rng.getrandbits(88)
                seen[value >> (128 - length) << (128 - length), length] = None
    return list(seen)[:count]


def longest_match(prefixes, bits, gone=()):
    """A function that gives the number (modulo 64) of the longest prefix that an address has."""
    by_length = {}
    for i, (value, length) in enumerate(prefixes):
        if (value, length) not in gone:
            by_length.setdefault(length, {})[value] = i

    def hop(addr):
        for length in sorted(by_length, reverse=True):
            found = by_length[length].get(addr >> (bits - length) << (bits - length))
            if found is not None:
                return found % 64
        return None

    return hop


@pytest.mark.large
def test_a_quarter_of_a_million_routes(binary):
    """250,000 prefixes load from a file in seconds, and route.

    Steps: start with --routes and --tbl8s for them and the file; look up and send to some.
    Verify: the number and the memory in `show route summary`; packets take the longest match's
    next hop; deleting and adding one is quick.
    """
    prefixes = table(PREFIXES)
    macs = [f"02:00:00:00:25:{n:02x}" for n in range(64)]
    config = ["set icmp rate 0 burst 1", *ADDRESSES, *NEIGHBORS]
    config += [f"add neighbor 2001:db8:b::25:{n:x} lladdr {mac} port 1"
               for n, mac in enumerate(macs)]
    config += [f"add route {text(value)}/{length} via 2001:db8:b::25:{i % 64:x} mtu 1400"
               for i, (value, length) in enumerate(prefixes)]
    begin = time.monotonic()
    with Lab(binary, config, memory_mb=2048,
             options=["--routes", str(PREFIXES + 100), "--tbl8s", "300000"]) as lab:
        loaded = time.monotonic() - begin
        print(f"up with {PREFIXES} routes in {loaded:.1f} s")
        assert loaded < 60  # seconds of a sanitizer's build on a busy machine
        summary = lab.mtud.cmd("show route summary")
        print(summary)
        assert re.search(r"250[,.' ]?0\d\d", summary), summary
        assert re.search(r"\d+(\.\d+)? ?[KMG]i?B|octets|bytes", summary, re.I), summary

        hop = longest_match(prefixes, 128)
        rng = random.Random(7)
        for _ in range(20):
            frames, want = [], []
            for value, length in rng.sample(prefixes, 50):
                addr = value | rng.getrandbits(128 - length)
                frames.append(lab.from_a(udp(A, text(addr), 80)))
                want.append(lab.to_b(frames[-1], macs[hop(addr)]))
            lab.check(a_in=frames, b_out=want, drops={})
        begin = time.monotonic()
        for value, length in prefixes[:20]:
            lab.mtud.do(f"del route {text(value)}/{length}",
                        f"add route {text(value)}/{length} via {B}")
        assert time.monotonic() - begin < 5


def text4(value):
    return ".".join(str(value >> n & 255) for n in (24, 16, 8, 0))


def table4(count):
    """Distinct prefixes as the Internet has them: mostly /24s in blocks of a /16, others around
    them, and some longer ones; none in the networks of the lab, and none that are never routed."""
    rng = random.Random(900)
    lengths = (8, 12, 16, 18, 19, 20, 21, 22, 23, 24, 25, 28, 30, 32)
    weights = (1, 2, 10, 10, 20, 40, 40, 90, 90, 640, 1, 1, 1, 2)
    firsts = [n for n in range(1, 224) if n not in (127, 192, 198, 203)]
    seen = {}
    while len(seen) < count:
        for length in rng.choices(lengths, weights, k=1000):
            value = rng.choice(firsts) << 24 | rng.getrandbits(24)
            seen[value >> (32 - length) << (32 - length), length] = None
    return list(seen)[:count]


@pytest.mark.large
def test_nine_hundred_thousand_ipv4_routes(binary):
    """900,000 IPv4 prefixes load from a file, and route.

    Steps: start with --routes and --tbl8s for them, load the file by the console; send to
    addresses in some prefixes and to any; delete and add some.
    Verify: the number in `show route summary`; packets take the longest match's next hop, or there
    is no route; after a deletion the next shorter one.
    """
    prefixes = table4(PREFIXES4)
    macs = [f"02:00:00:00:90:{n:02x}" for n in range(64)]
    config = ["set icmp rate 0 burst 1", *ADDRESSES, *ADDRESSES4, *NEIGHBORS, *NEIGHBORS4]
    config += [f"add neighbor 198.51.100.{100 + n} lladdr {mac} port 1"
               for n, mac in enumerate(macs)]
    with Lab(binary, config, memory_mb=2048,
             options=["--routes", str(PREFIXES4 + 100), "--tbl8s", "8000"]) as lab:
        path = lab.mtud.file("table", [f"add route {text4(value)}/{length} via "
                                       f"198.51.100.{100 + i % 64}"
                                       for i, (value, length) in enumerate(prefixes)])
        begin = time.monotonic()
        lab.mtud.do(f"load {path}", timeout=300)
        print(f"{PREFIXES4} routes in {time.monotonic() - begin:.1f} s")
        summary = lab.mtud.cmd("show route summary")
        print(summary)
        assert re.search(r"900[,.' ]?0\d\d", summary), summary
        hop = longest_match(prefixes, 32)
        rng = random.Random(4)

        def check(addrs):
            frames = [lab.from_a(udp(A4, text4(addr), 80)) for addr in addrs]
            hops = [hop(addr) for addr in addrs]
            lab.check(a_in=frames, b_out=[lab.to_b(frame, macs[n]) for frame, n in zip(frames, hops)
                                          if n is not None],
                      a_out=[lab.error4_to_a(expect.UNREACH4, expect.NET4, frame[14:])
                             for frame, n in zip(frames, hops) if n is None],
                      drops={"no_route": hops.count(None)} if None in hops else {})

        for _ in range(20):
            check([value | rng.getrandbits(32 - length) if length < 32 else value
                   for value, length in rng.sample(prefixes, 50)])
            check([rng.randrange(1, 127) << 24 | rng.getrandbits(24) for _ in range(50)])
        # The edges of prefixes, where an entry too many or too few would show.
        for _ in range(10):
            edges = []
            for value, length in rng.sample(prefixes, 15):
                edges += [value, value | (1 << (32 - length)) - 1, value - 1,
                          value + (1 << (32 - length))]
            check([addr for addr in edges if 1 <= addr >> 24 < 224 and
                   addr >> 24 not in (127, 192, 198, 203)])
        gone = set(rng.sample(prefixes, 20))
        lab.mtud.do(*(f"del route {text4(value)}/{length}" for value, length in gone))
        hop = longest_match(prefixes, 32, gone)
        check([value for value, _ in gone])


def test_default_sizes_fit_512_megabytes(lab):
    """With default tables mtud runs in -m 512, both families.

    Steps: the shared lab is started so.
    Verify: it forwards.
    """
    for frame in (lab.from_a(udp(A, FAR, 100)), lab.from_a(udp(A4, FAR4, 100))):
        lab.check(a_in=[frame], b_out=[lab.to_b(frame)])


@pytest.mark.parametrize("fib4", ["trie", "dir24-8"])
def test_full_ipv4_lookup_table(binary, fib4):
    """The IPv4 table's groups may run out before the routes do.

    Steps: --tbl8s 64, with either lookup; add /32 prefixes in different /24s until refused.
    Verify: the lookup in `show route summary`; the sentence names --tbl8s; what was there
    forwards, the refused one does not.
    """
    with Lab(binary, ["set icmp rate 0 burst 1", *ADDRESSES, *ADDRESSES4, *NEIGHBORS, *NEIGHBORS4],
             options=["--tbl8s", "64", "--fib4", fib4]) as lab:
        assert lab.mtud.json("show route summary")["fib4"] == fib4
        refused, frames = None, []
        for i in range(80):
            packet = udp(A4, f"203.1.{i}.1", 100)
            answer = lab.mtud.cmd(f"add route 203.1.{i}.1/32 via {B4}")
            if answer:
                assert "--tbl8s" in answer, answer
                refused = packet
                break
            frames.append(lab.from_a(packet))
        assert refused is not None and frames
        lab.check(a_in=frames, b_out=[lab.to_b(f, MAC_B) for f in frames], drops={})
        for packet in (refused, udp(A4, NOWHERE4, 100)):
            lab.check(a_in=[lab.from_a(packet)],
                      a_out=[lab.error4_to_a(expect.UNREACH4, expect.NET4, packet)],
                      drops={"no_route": 1})


def test_full_table(binary):
    """A full table is a clear error that names the option; the table stays as it was.

    Steps: --routes 100; add routes one by one until refused, then load a file with too many.
    Verify: the sentence names --routes; routes added before are there and forward, none is
    half there.
    """
    with Lab(binary, [*ADDRESSES, *NEIGHBORS], options=["--routes", "100"]) as lab:
        answers = {}
        for i in range(120):
            answers[i] = lab.mtud.cmd(f"add route 2001:db8:{0x4000 + i:x}::/48 via {B}")
        added = [i for i, answer in answers.items() if not answer]
        refused = [i for i, answer in answers.items() if answer]
        assert 80 <= len(added) <= 100 and refused == list(range(len(added), 120))
        assert all("--routes" in answers[i] for i in refused)
        before = lab.mtud.cmd("show route json")
        path = lab.mtud.file("more", ["del route 2001:db8:4000::/48"] + [
            f"add route 2001:db8:{0x5000 + i:x}::/48 via {B}" for i in range(20)])
        answer = lab.mtud.cmd(f"load {path}")
        assert "--routes" in answer and f"{path}:" in answer
        assert lab.mtud.cmd("show route json") == before
        frame = lab.from_a(udp(A, f"2001:db8:{0x4000 + added[-1]:x}::1", 100))
        lab.check(a_in=[frame], b_out=[lab.to_b(frame)], drops={})
        lab.mtud.do("del route 2001:db8:4000::/48", f"add route 2001:db8:4fff::/48 via {B}")


@pytest.mark.parametrize("fib6", ["trie", "lpm"])
def test_full_lookup_table(binary, fib6):
    """The lookup table's groups may run out before the routes do: the same.

    Steps: --tbl8s 64, with either lookup; add /64 prefixes far from each other until refused.
    Verify: the lookup in `show route summary`; the sentence names --tbl8s; what was there
    forwards, the refused ones do not.
    """
    with Lab(binary, ["set icmp rate 0 burst 1", *ADDRESSES, *NEIGHBORS],
             options=["--tbl8s", "64", "--fib6", fib6]) as lab:
        assert lab.mtud.json("show route summary")["fib6"] == fib6
        refused = None
        frames = []
        for i in range(64):
            prefix = f"2001:{0x1000 + i:x}:{i + 1:x}:1::"
            answer = lab.mtud.cmd(f"add route {prefix}/64 via {B}")
            packet = udp(A, f"{prefix}1", 100)
            if answer:
                assert "--tbl8s" in answer, answer
                refused = packet
                break
            frames.append(lab.from_a(packet))
        assert refused is not None and frames
        lab.check(a_in=frames, b_out=[lab.to_b(f, MAC_B) for f in frames], drops={})
        lab.check(a_in=[lab.from_a(refused)],
                  a_out=[lab.error_to_a(expect.UNREACH, 0, 0, refused)], drops={"no_route": 1})
