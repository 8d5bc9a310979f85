# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The account: every packet that came is sent, cut, dropped for a reason, consumed or held."""

import itertools
import random
import time

import pytest

from lab import expect, nd
from lab.expect import DF, ECHO_REQUEST, ECHO_REQUEST4, icmp4, icmpv6, udp
from lab.lab import (A, A4, CONFIG, FAR, FAR4, FAR4_1280, FAR_1280, MAC_A, MAC_RB, NOWHERE,
                     R4_A, R_A, R_B, Lab)

PATIENCE_S = 10
ENDS = ("sent", "fragmented", "dropped", "consumed", "held")
_hosts = itertools.count(0x1000)


class Counting:
    """A wire's end that counts what it sends."""

    def __init__(self, tap):
        self.tap, self.sent = tap, 0

    def __getattr__(self, name):
        return getattr(self.tap, name)

    def send(self, *frames):
        self.sent += len(frames)
        self.tap.send(*frames)


@pytest.fixture(scope="module")
def bench(binary):
    """A router with one worker whose ring to the control thread overflows when a flood comes."""
    with Lab(binary, CONFIG) as lab:
        lab.a, lab.b = Counting(lab.a), Counting(lab.b)
        yield lab


def account(lab):
    """fate -> (received, made here)."""
    return {row["fate"]: (row["received"], row["made"])
            for row in lab.mtud.json("show stats")["account"]}


def imbalance(rows, kind):
    """What the rows do not explain; the last row is to say the same."""
    return rows["came"][kind] + rows["carried"][kind] - sum(rows[fate][kind] for fate in ENDS)


def at_rest(lab):
    """The account once nothing is in anybody's hands any more."""
    end = time.monotonic() + PATIENCE_S
    before = None
    while time.monotonic() < end:
        lab.exchange()
        rows = account(lab)
        if rows["unaccounted"] == (0, 0) and before is not None and \
                rows["held"] == before["held"]:
            return rows
        before = rows
    raise AssertionError(f"it does not come to rest: {rows}")


def check(lab):
    rows = at_rest(lab)
    assert [imbalance(rows, kind) for kind in (0, 1)] == [0, 0], rows
    drops = lab.mtud.json("show drops")
    assert rows["dropped"] == (sum(d["packets"] - d["own"] for d in drops),
                               sum(d["own"] for d in drops))
    for worker in lab.mtud.json("show workers"):
        ends = ("sent", "fragmented", "dropped", "consumed", "punted")
        assert worker["rx_packets"] + worker["received_returned"] == \
            sum(worker[f"received_{fate}"] for fate in ends), worker
    return rows


def unknown(link="2001:db8:b"):
    return f"{link}::{next(_hosts):x}"


def good(lab):
    return [lab.from_a(udp(A, FAR, 1500)), lab.from_a(udp(A4, FAR4, 100))]


def too_big(lab):
    return [lab.from_a(udp(A, FAR_1280, 1281)), lab.from_a(udp(A4, FAR4_1280, 1400, frag=DF))]


def cut(lab):
    return [lab.from_a(udp(A4, FAR4_1280, 1500))]


def malformed(lab):
    frame = lab.from_a(udp(A, FAR, 200))
    return [frame[:40], frame[:12] + b"\x88\xcc" + frame[14:], frame[:14] + b"\x40" + frame[15:],
            lab.from_a(udp(A, FAR, 200), dst_mac="02:00:00:00:99:99")]


def unwanted(lab):
    return [lab.from_a(udp(A, NOWHERE, 100)), lab.from_a(udp(A, "2001:db8:b1ac::1", 100)),
            lab.from_a(udp(A, FAR, 100, hop_limit=1)), lab.from_a(udp("::1", FAR, 100))]


def for_us(lab):
    return [lab.from_a(icmpv6(A, R_A, ECHO_REQUEST, 0, bytes(8))),
            lab.from_a(icmp4(A4, R4_A, ECHO_REQUEST4, 0, bytes(8))),
            lab.from_a(nd.ns(A, R_A, MAC_A, dst=R_A)), lab.from_a(udp(A, R_A, 100)),
            lab.from_a(nd.ns(A, "2001:db8:a::99", MAC_A, dst=R_A))]


def unresolved(lab):
    """To a host that nobody knows, and from one: the answer has to wait."""
    return [lab.from_a(udp(A, unknown(), 100)),
            lab.from_a(udp(unknown("2001:db8:a"), FAR_1280, 1400))]


KINDS = (good, too_big, cut, malformed, unwanted, for_us, unresolved)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.__name__)
def test_each_kind(bench, kind):
    """One kind of packets at a time.

    Steps: clear; send some packets of it.
    Verify: as many came as were sent, and the account balances, for what was made here too.
    """
    bench.clear()
    before = bench.a.sent + bench.b.sent
    bench.exchange(a=kind(bench))
    rows = check(bench)
    assert rows["came"][0] == bench.a.sent + bench.b.sent - before


def test_mixed_traffic(bench):
    """All kinds, shuffled, with frames of the wrong port and of both directions among them.

    Steps: send 40 rounds of all kinds in random order.
    Verify: as many came as were sent; the account balances; every fate has happened; what was sent
    and received by the ports is what was sent and made here.
    """
    bench.clear()
    before = bench.a.sent + bench.b.sent
    frames = [frame for _ in range(40) for kind in KINDS for frame in kind(bench)]
    random.Random(11).shuffle(frames)
    for at in range(0, len(frames), 50):
        bench.exchange(a=frames[at:at + 50], b=[bench.from_b(udp("2001:db8:b::2", A, 300))] * 5)
    rows = check(bench)
    assert rows["came"][0] == bench.a.sent + bench.b.sent - before
    assert all(rows[fate][0] > 0 for fate in ("sent", "fragmented", "dropped", "consumed")), rows
    assert rows["came"][1] > 0 and rows["sent"][1] > 0
    ports = bench.mtud.json("show stats")["ports"]
    rows = account(bench)
    assert sum(p["tx_packets"] for p in ports) == sum(rows["sent"])
    assert sum(p["rx_packets"] for p in ports) == rows["came"][0]


def test_held_over_clear(bench):
    """Packets that wait while the counters are cleared are carried over.

    Steps: send to an unknown host; clear; let it be known; send to another one and let that fail.
    Verify: held, then carried and sent; the account balances at each step.
    """
    host, mac = unknown(), "02:00:00:00:0b:66"
    bench.clear()
    bench.exchange(a=[bench.from_a(udp(A, host, 100))] * 2)
    rows = check(bench)
    assert rows["held"][0] >= 2
    bench.mtud.do("clear stats")
    rows = check(bench)
    assert rows["carried"][0] == rows["held"][0] >= 2
    sent = rows["sent"][0]
    bench.b.send(expect.frame_of(nd.na(host, R_B, host, nd.SOLICITED | nd.OVERRIDE, mac), mac,
                                 MAC_RB))
    end = time.monotonic() + PATIENCE_S
    while check(bench)["held"][0] >= rows["held"][0] and time.monotonic() < end:
        pass
    assert check(bench)["sent"][0] >= sent + 2


def test_stop_and_floods(bench):
    """A scan that overflows every queue, and forwarding stopped and started in its midst.

    Steps: send to thousands of unknown hosts and thousands that need answers, as fast as possible;
    stop and start meanwhile; delete what is being resolved.
    Verify: the account balances at rest; the floods were dropped by name; packets held in the end
    are those that neighbors hold.
    """
    bench.clear()
    for _ in range(4):
        frames = [f for _ in range(150) for f in (*unresolved(bench), *too_big(bench))]
        bench.a.send(*frames)
        bench.mtud.do("stop")
        bench.a.send(*frames[:20])
        bench.mtud.do("start")
    rows = check(bench)
    assert {"neigh_gone", "too_big"} <= set(bench.drops())
    assert rows["held"][0] + rows["held"][1] == bench.mtud.json("show stats")["held"]
