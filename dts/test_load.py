# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""A configuration loaded on a router at work: all of it or nothing, in one step, and nothing
disturbed that stays the same."""

import struct
import threading
import time

import pytest

from lab import expect, nd
from lab.expect import ETHER, udp
from lab.lab import (A, A4, B, B4, CONFIG, FAR, FAR4, FAR4_A, FAR_A, MAC_A, MAC_B, MAC_RA, MAC_RB,
                     R_A, R_B)
from lab.mtud import Mtud
from lab.netns import Namespace

BATCH, PAUSE_S = 8, 0.004  # packets at once, and how often: what no queue is too small for
MAC_X, MAC_Y = "02:00:00:00:0e:01", "02:00:00:00:0e:02"


@pytest.fixture
def bench(lab):
    """The shared lab, back in its configuration behind the test; `bench.load()` loads lines."""
    whole = ["flush", *CONFIG]

    def load(lines, name="load.conf", timeout=60):
        return lab.mtud.cmd(f"load {lab.mtud.file(name, lines)}", timeout=timeout)

    lab.load = load
    addresses = lab.mtud.json("show address")
    yield lab
    if lab.mtud.alive():
        moved = lab.mtud.json("show address") != addresses
        assert load(whole) == ""
        lab.mtud.do("flush neighbor")
        lab.exchange(settle_s=2.5 if moved else 0)


class Traffic:
    """Numbered packets both ways, of both families, as long as the block takes."""

    KEY = b"traffic!"

    def __init__(self, lab, ways):
        """ways: (tap in, MACs, source, destinations that take turns, tap out)."""
        self.lab, self.ways, self.sent, self.got = lab, ways, [0] * len(ways), []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def frame(self, way, number):
        _, (src_mac, dst_mac), src, dsts, _ = self.ways[way]
        payload = struct.pack("!HHHH", 9, 9, 8 + 16, 0) + self.KEY + struct.pack("!II", way, number)
        return expect.frame_of(expect.ip(src, dsts[number % len(dsts)], 17, payload), src_mac,
                               dst_mac)

    def run(self):
        while not self.stop.is_set():
            for way, (tap, *_) in enumerate(self.ways):
                tap.send(*(self.frame(way, self.sent[way] + i) for i in range(BATCH)))
                self.sent[way] += BATCH
            time.sleep(PAUSE_S)

    def __enter__(self):
        self.thread.start()
        self.go_on()
        return self

    def go_on(self, packets=10 * BATCH):
        """Until so many more are on their way."""
        until = self.sent[-1] + packets
        while self.sent[-1] < until and self.thread.is_alive():
            time.sleep(PAUSE_S)

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        # Two exchanges of marks have gone all the way behind the last packet.
        out_a, out_b = self.lab.exchange()
        self.others = []
        for frame in out_a + out_b:
            if frame[-16:-8] == self.KEY:
                self.got.append((*struct.unpack("!II", frame[-8:]), frame))
            else:
                self.others.append(frame)

    def of(self, way):
        """[(number, frame)] as they came."""
        return [(number, frame) for w, number, frame in self.got if w == way]

    def assert_whole(self):
        """None is lost and none is late."""
        for way in range(len(self.ways)):
            assert [number for number, _ in self.of(way)] == list(range(self.sent[way]))


def both_ways(lab):
    to_b, to_a = (MAC_A, MAC_RA), (MAC_B, MAC_RB)
    return Traffic(lab, [(lab.a, to_b, A, [FAR], lab.b), (lab.b, to_a, B, [FAR_A], lab.a),
                         (lab.a, to_b, A4, [FAR4], lab.b), (lab.b, to_a, B4, [FAR4_A], lab.a)])


def test_every_error_is_told(bench):
    """A file is refused with every bad line.

    Steps: load a file with three bad lines of nine, the first word a flush; the same with -f.
    Verify: each as FILE:LINE: in order, then how many; on standard error and status 1 with -f;
    nothing has changed, a single bad line is one sentence.
    """
    lines = ["flush", *CONFIG[:3], "add nonsense", "set icmp hop-limit 9",
             "add route 2001:db8:9::/48 via 2001:db8:b::2 mtu 1279", "show port",
             "set port 7 mtu 1400"]
    before = bench.mtud.cmd("show config")
    answer = [line for line in bench.load(lines).splitlines() if "load.conf" in line]
    path = f"{bench.mtud.dir}/load.conf"
    assert [line.split(": ")[0] for line in answer[:3]] == [f"{path}:{n}" for n in (5, 7, 9)]
    assert answer[3:] == [f"error: {path}: 3 of 9 lines are wrong: nothing was applied"]
    assert bench.mtud.cmd("show config") == before
    assert bench.load(lines[:5]).startswith(f"error: {path}:5: ")
    assert bench.mtud.cmd("show config") == before
    ns = Namespace("bare")
    other = Mtud(bench.binary, ns, ["net_null0", "net_null1"], lines)
    try:
        other.wait_end(expect=1)
        told = [line for line in other.log().splitlines() if "start.conf" in line]
        assert [line.rsplit("start.conf", 1)[1].split(": ")[0] for line in told] == \
            [":5", ":7", ":9", ""]
    finally:
        other.remove()
        ns.close()


@pytest.mark.parametrize("first", [[], ["flush"]], ids=["over itself", "flush"])
def test_reload_disturbs_nothing(bench, first):
    """What stays the same does not notice.

    Steps: learn a neighbor; load the configuration over itself and, once more, behind a flush, five
    times each, with packets flowing both ways.
    Verify: no packet lost, nothing else on the wires; neighbors, addresses, counters and the
    configuration go on.
    """
    host, mac = "2001:db8:a::51", "02:00:00:00:0d:51"
    bench.a.send(expect.frame_of(nd.ns(host, R_A, mac), mac, nd.group_mac(nd.solicited_node(R_A))))
    bench.exchange(settle_s=0.3)
    config = bench.mtud.cmd("show config")
    addresses = bench.mtud.json("show address")
    before = {(n["address"], n["port"]): n for n in bench.mtud.json("show neighbor")}
    assert before[host, 0]["state"] == "STALE"
    bench.clear()
    with both_ways(bench) as traffic:
        for _ in range(5):
            assert bench.load([*first, *CONFIG]) == ""
            traffic.go_on()
    traffic.assert_whole()
    assert traffic.others == []
    assert bench.drops() == {}
    assert bench.mtud.cmd("show config") == config
    assert bench.mtud.json("show address") == addresses
    after = {(n["address"], n["port"]): n for n in bench.mtud.json("show neighbor")}
    assert after.keys() == before.keys()
    for key, entry in after.items():
        assert entry["seconds"] >= before[key]["seconds"]
        assert {k: v for k, v in entry.items() if k != "seconds"} == \
            {k: v for k, v in before[key].items() if k != "seconds"}
    packets = {r["prefix"]: r["packets"] for r in bench.mtud.json("show route")}
    assert packets["2001:db8:1500::/48"] == traffic.sent[0]
    assert packets["198.18.10.0/24"] == traffic.sent[3]


def test_replaced(bench):
    """A file that begins with flush is the configuration.

    Steps: load one with other addresses, another MTU of a port and promiscuous mode; flush alone;
    save in between and load that.
    Verify: show config is the file, and nothing; what was saved comes back to the octet.
    """
    other = ["flush", "set port 0 promisc on", "set port 1 mtu 1400",
             "add address 2001:db8:a::1/64 port 0", "add address 2001:db8:c::1/64 port 1",
             f"add neighbor 2001:db8:c::2 lladdr {MAC_B} port 1",
             "add route 2001:db8:1500::/48 via 2001:db8:c::2 port 1"]
    assert bench.load(other) == ""
    assert bench.mtud.cmd("show config").splitlines() == other
    assert bench.mtud.json("show config")["lines"] == other
    one, two = f"{bench.mtud.dir}/one", f"{bench.mtud.dir}/two"
    bench.mtud.do(f"save {one}", "flush")
    assert bench.mtud.cmd("show config") == "flush\n"
    ports = bench.mtud.json("show port")
    assert [port["mtu"] for port in ports] == [1500, 1500]
    assert bench.mtud.json("show port 0")["promisc"] is False
    assert {a["origin"] for a in bench.mtud.json("show address")} == {"link-local"}
    bench.mtud.do(f"load {one}", f"save {two}")
    with open(one, "rb") as first, open(two, "rb") as second:
        assert first.read() == second.read()


def test_flush_on_a_device_that_is_always_promiscuous(binary):
    """What a device refuses to give up does not keep the rest.

    Steps: net_null, which is promiscuous and cannot be otherwise; switch that on, add a route,
    flush.
    Verify: the route is gone; the port says what it is.
    """
    ns = Namespace("bare")
    mtud = Mtud(binary, ns, ["net_null0"], [])
    try:
        mtud.wait_ready()
        mtud.do("set port 0 promisc on", "add route 2001:db8::/32 blackhole", "flush")
        assert mtud.cmd("show config") == "flush\nset port 0 promisc on\n"
        mtud.stop()
    finally:
        mtud.remove()
        ns.close()


def thousand(via, mtu):
    """Lines of 1000 routes; first and last are those that the packets take."""
    nets = [(f"2001:db8:7000:{i:x}::/64", via[0]) for i in range(498)]
    nets.insert(0, ("2001:db8:7a::/48", via[0]))
    nets.append(("2001:db8:7b::/48", via[1]))
    nets += [(f"2001:db8:7001:{i:x}::/64", f"{A} mtu {mtu}") for i in range(500)]
    return [f"add route {net} via {hop}" for net, hop in nets]


def test_thousand_routes_in_one_step(bench):
    """A thousand routes change at once, under traffic.

    Steps: packets to two prefixes in turn, whose next hops two files of 1000 routes give the other
    way round; load them in turn, eight times; packets the other way all the while.
    Verify: none is lost, and in the order of the packets each load is one step: the two next hops
    are never the same.
    """
    hops = ["2001:db8:b::e1", "2001:db8:b::e2"]
    static = [f"add neighbor {hop} lladdr {mac} port 1" for hop, mac in zip(hops, (MAC_X, MAC_Y))]
    files = [["flush", *CONFIG, *static, *thousand(via, mtu)]
             for via, mtu in ((hops, 1300), (hops[::-1], 1400))]
    assert bench.load(files[0]) == ""
    ways = [(bench.a, (MAC_A, MAC_RA), A, ["2001:db8:7a::1", "2001:db8:7b::1"], bench.b),
            (bench.b, (MAC_B, MAC_RB), B, [FAR_A], bench.a)]
    with Traffic(bench, ways) as traffic:
        for i in range(1, 9):
            assert bench.load(files[i % 2]) == ""
            traffic.go_on()
    traffic.assert_whole()
    assert bench.drops() == {}
    # Which file a packet has seen, by its destination and next hop.
    macs = [expect.mac_bytes(MAC_X), expect.mac_bytes(MAC_Y)]
    seen = [number % 2 ^ macs.index(frame[:6]) for number, frame in traffic.of(0)]
    steps = sum(a != b for a, b in zip(seen, seen[1:]))
    assert steps == 8 and seen[0] == seen[-1] == 0


def test_control_goes_on_during_a_load(bench):
    """Who asks for us, and whom we ask for, does not wait for a long file.

    Steps: load a flush, very many lines and a bad one; meanwhile ask for an address of ours, and
    send to a host that is not known yet and answers.
    Verify: answers, and the packet, while the load goes on, for what it prepares is not in force.
    """
    many = [f"add route 2001:db8:{0x8000 + i:x}::/48 blackhole" for i in range(0x7000)] * 6
    path = bench.mtud.file("long.conf", ["flush", *many, "nonsense"])
    host, mac = "2001:db8:b::77", "02:00:00:00:0d:77"
    ask = bench.from_a(nd.ns(A, R_A, MAC_A), nd.group_mac(nd.solicited_node(R_A)))
    packet = bench.from_a(udp(A, host, 100))
    answers = []
    load = threading.Thread(target=lambda: answers.append(
        bench.mtud.cmd(f"load {path}", timeout=120)))
    load.start()
    time.sleep(0.05)
    told, resolved = 0, False
    bench.a.send(packet)
    while load.is_alive() and (told < 3 or not resolved):
        bench.a.send(ask)
        told += bool(bench.a.until(lambda f: f[ETHER + 40] == 136, 0.5)) and load.is_alive()
        for frame in bench.b.drain():
            if nd.is_ns(frame, host):
                bench.b.send(bench.from_b(nd.na(host, R_B, host, 0x60, mac), src_mac=mac))
            resolved |= frame == bench.to_b(packet, mac)
    under_way = load.is_alive()
    load.join()
    assert answers[0].startswith(f"error: {path}:{len(many) + 2}: ")
    assert under_way and told >= 3 and resolved
