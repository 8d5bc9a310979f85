# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Bad days of packet buffers: what has been sent is not given back for seconds, until a pool has
none left.

A wire cannot do that: a driver that copies (net_af_packet, net_pcap, net_tap) gives buffers back at
once. Ports on rings of 1023 places do, whose other ends are in the hands of a worker that stands;
--txd says far less, so that pools are smaller than what the rings hold.
"""

import pytest

from lab import expect
from lab.day import PATIENCE_S, Stand, balanced, pools_full, until
from lab.expect import ECHO_REPLY, ECHO_REQUEST, ETHER, icmpv6, ipv4, udp
from lab.lab import A, A4, B, B4, MAC_A, MAC_B, MAC_RB, R4_A, R4_B, R_A, R_B
from lab.mtud import Mtud
from lab.netns import Namespace, link_up, silence, veth
from lab.service import stopped, threads
from lab.wire import Tap

# net_pcap, which counts what it had no buffer for; MAC_PCAP is what it calls itself.
FLOODED, GOOD, MAC_PCAP = 0, 2, "02:70:63:61:70:00"
# By turns ports are the first worker's, as the two above, and the second's.
RINGS = (1, 3, 5, 7, 9)
POOL = 512
# Buffers for fragments, and how many a packet of 1500 octets takes: five rings hold more.
FRAGMENT_POOL, FRAGMENTS = 4095, 31
# Next to B on its link, so that what B sends it comes back there.
NEXT, NEXT4, MAC_NEXT = "2001:db8:b::3", "198.51.100.3", "02:00:00:00:0b:03"


def config():
    lines = ["set icmp rate 0 burst 1", f"add address {R_A}/64 port {FLOODED}",
             f"add address {R4_A}/24 port {FLOODED}",
             f"add neighbor {A} lladdr {MAC_A} port {FLOODED}",
             f"add address {R_B}/64 port {GOOD}", f"add address {R4_B}/24 port {GOOD}",
             f"add neighbor {B} lladdr {MAC_B} port {GOOD}",
             f"add neighbor {NEXT} lladdr {MAC_NEXT} port {GOOD}",
             f"add neighbor {NEXT4} lladdr {MAC_NEXT} port {GOOD}",
             f"add route 2001:db8:1280::/48 via {NEXT} mtu 1280",
             f"add route 198.18.12.0/24 via {NEXT4} mtu 68"]
    for p in RINGS:
        lines += [f"add address 2001:db8:{p}::1/64 port {p}",
                  f"add address 203.0.{p}.1/24 port {p}",
                  f"add neighbor 2001:db8:{p}::2 lladdr 02:00:00:00:99:0{p} port {p}",
                  f"add neighbor 203.0.{p}.2 lladdr 02:00:00:00:99:0{p} port {p}",
                  f"add route 198.19.{p}.0/24 via 203.0.{p}.2 mtu 68"]
    return lines


class Bench(Stand):
    """A on the port that is flooded, B on the good one, and rings."""

    def __init__(self, binary):
        self.ns = [Namespace(n) for n in ("a", "b", "r")]
        router = self.ns[2]
        for ns, mac, iface, router_mac in ((self.ns[0], MAC_A, "port0", "02:00:00:00:0a:01"),
                                           (self.ns[1], MAC_B, "port2", MAC_RB)):
            veth(ns, "wire", mac, router, iface, router_mac)
            for end, name in ((ns, "wire"), (router, iface)):
                silence(end, name)
                link_up(end, name)
        self.a, self.b = (Tap(ns, "wire") for ns in self.ns[:2])
        vdevs = [f"net_ring{p}" for p in range(max(RINGS) + 1)]
        vdevs[FLOODED] = "net_pcap0,rx_iface_in=port0,tx_iface=port0"
        vdevs[GOOD] = "net_af_packet0,iface=port2"
        self.mtud = Mtud(binary, router, vdevs, config(), lcores="0@0,1@0,2@1",
                         options=["--mbufs", str(POOL), "--rxq", "1", "--rxd", "64", "--txd", "64"])

    def close(self):
        for tap in (self.a, self.b):
            tap.close()
        for ns in self.ns:
            ns.close()

    def clear(self):
        for tap in (self.a, self.b):
            tap.drain()
        self.mtud.do("clear stats")

    def reader(self):
        """The thread that reads the rings."""
        return next(tid for tid, (name, _) in threads(self.mtud.proc.pid).items()
                    if name.endswith("worker-2"))

    def flood(self, packets):
        """To the port that is flooded, and as long as the worker takes them."""
        for at in range(0, len(packets), 50):
            self.a.send(*(expect.frame_of(p, MAC_A, MAC_PCAP) for p in packets[at:at + 50]))
            self.good()

    def from_b(self, packet):
        return expect.frame_of(packet, MAC_B, MAC_RB)

    def good(self):
        """Packets of a flow that has done nothing: they must all come out."""
        packets = [udp(B, NEXT, 600, sport=n) for n in range(5)]
        want = [expect.forwarded(self.from_b(p), MAC_RB, MAC_NEXT) for p in packets]
        self.b.send(*map(self.from_b, packets))
        got = []
        while len(got) < 5 and (frame := self.b.receive(PATIENCE_S)) is not None:
            got += [frame] if frame in want else []
        assert got == want

    def answered(self, tap, router, mac, addr, host):
        """An echo has its reply."""
        ask = expect.frame_of(icmpv6(host, addr, ECHO_REQUEST, 0, b"day\0"), mac, router)
        tap.send(ask)
        got = tap.until(lambda f: f[20] == 58 and f[54] == ECHO_REPLY, 0.2)
        return bool(got) and got[-1][20] == 58 and got[-1][54] == ECHO_REPLY

    def port(self, number):
        return self.mtud.json(f"show port {number}")

    def taken(self):
        """Frames that the flooded port's driver has dealt with."""
        port = self.port(FLOODED)
        return sum(port[c] for c in ("rx_packets", "no_mbuf", "missed"))

    def in_use(self, pool):
        return {p["pool"]: p["in_use"] for p in self.mtud.json("show memory")["pools"]}[pool]

    def drops(self):
        return {d["reason"]: d["packets"] for d in self.mtud.json("show drops") if d["packets"]}

    def at_rest(self):
        until("an echo reply to A", lambda: self.answered(self.a, MAC_PCAP, MAC_A, R_A, A))
        until("an echo reply to B", lambda: self.answered(self.b, MAC_RB, MAC_B, R_B, B))
        self.good()
        until("an account that balances", lambda: balanced(self.mtud))
        until("full pools", lambda: pools_full(self.mtud))


@pytest.fixture(scope="module")
def shared(binary):
    with Bench(binary) as bench:
        yield bench


@pytest.fixture
def bench(shared):
    shared.clear()
    return shared


def test_receive_pool_empty(bench):
    """A port that has no buffer to receive with loses its own packets, and says so.

    Steps: 2000 packets from a port with 512 receive buffers to a ring that takes 1023 and is not
    read; then it is.
    Verify: all buffers are in use, all packets were received or counted as without a buffer; the
    flow on another port of the same worker loses nothing; then echo is answered on both ports,
    every packet has an end and its buffer is back.
    """
    before = bench.taken()
    with stopped(bench.reader()):
        bench.flood([udp(A, "2001:db8:1::2", 100, sport=n) for n in range(2000)])
        until("an end of each", lambda: bench.taken() >= before + 2000)
        port = bench.port(FLOODED)
        assert bench.in_use("mtud_rx0_2048") == POOL
        assert port["no_mbuf"] > 1000 and port["rx_packets"] <= POOL, port
        assert not bench.answered(bench.a, MAC_PCAP, MAC_A, R_A, A)
    bench.at_rest()
    assert not {"tx_full", "no_mbuf", "inject_full"} & set(bench.drops()), bench.drops()


def test_fragment_pool_empty(bench):
    """Without a buffer for fragments what fits and what is answered goes on.

    Steps: packets that become 31 fragments each to five rings that are not read, which hold more
    than there are buffers for fragments; a packet to be fragmented, and such that are too big, on
    the good port; then the rings are read.
    Verify: what could not be fragmented is counted as no_mbuf, what found no place in a ring as
    tx_full; errors are sent; then packets are fragmented again, and all buffers are back.
    """
    packet = ipv4(B4, "198.18.12.1", 17, bytes(1480))
    large = bench.from_b(packet)
    before = bench.taken()
    with stopped(bench.reader()):
        for p in RINGS:
            bench.flood([ipv4(A4, f"198.19.{p}.1", 17, bytes(1480))] * 40)
        until("an end of each", lambda: bench.taken() >= before + 40 * len(RINGS))
        bench.good()
        assert bench.in_use("mtud_frag0") > FRAGMENT_POOL - FRAGMENTS
        assert bench.in_use("mtud_frag_ref0") > FRAGMENT_POOL - FRAGMENTS
        full = bench.drops()["no_mbuf"]
        bench.b.send(large)
        until("another", lambda: bench.drops()["no_mbuf"] == full + 1)
        bench.b.send(bench.from_b(udp(B, "2001:db8:1280::1", 1400)))
        assert bench.b.until(lambda f: f[20] == 58 and f[54] == 2, PATIENCE_S)[-1][54] == 2
        bench.good()
    bench.at_rest()
    drops = bench.drops()
    assert drops["tx_full"] > 0 and drops["no_mbuf"] == full + 1, drops
    want = [expect.frame_of(f, MAC_RB, MAC_NEXT)
            for f in expect.fragments(expect.one_hop_on(packet), 68)]
    bench.b.send(large)
    got = bench.b.until(lambda f: f == want[-1], PATIENCE_S)
    assert [f for f in got if f in want] == want


def test_reply_pool_is_left(bench):
    """Errors that wait to be sent use up receive buffers alone: the pool of replies cannot be
    exhausted from outside.

    An error is made of the packet that caused it, in its buffer, one segment or several. It is
    copied into one of the reply pool only when that buffer has another reader or no room for the
    headers in front of the packet. Drivers leave 128 octets there, and captures copy. That an empty
    pool is counted, as held_no_mbuf, a test of lib/fwd proves (empty_reply_pool).

    Steps: 400 packets that are too big and come from beyond a ring that is not read; then it is.
    Verify: 400 errors wait there, none in a buffer of the reply pools; all buffers are back.
    """
    with stopped(bench.reader()):
        for n in range(0, 400, 50):
            bench.b.send(*(bench.from_b(udp("2001:db8:1::2", "2001:db8:1280::1", 1400, sport=n + k))
                           for k in range(50)))
            bench.good()
        icmp = {c["counter"]: c["packets"] for c in bench.mtud.json("show stats")["icmp"]}
        assert icmp["sent_packet_too_big"] == 400
        assert bench.in_use("mtud_rx2_2048") >= 400
        assert bench.in_use("mtud_reply0") == bench.in_use("mtud_reply1") == 0
    bench.at_rest()
    assert "held_no_mbuf" not in {c["counter"] for c in bench.mtud.json("show stats")["icmp"]
                                  if c["packets"]}
