# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Two workers: order within flows (row F17), and route changes under full traffic."""

import os
import struct
import threading
import time

import pytest

from lab import expect, nd
from lab.day import write_pcap
from lab.expect import ETHER, ipv4, ipv6
from lab.lab import A, A4, B, CONFIG, FAR, FAR4_1280, MAC_B, MAC_RB, Lab
from lab.mtud import Mtud
from lab.netns import Namespace

TWO_WORKERS = "0@0,1@0,2@1"
# Room for a worker that gets no time for a while.
DEEP_RING = ",framecnt=8192"
FLOWS, EACH = 64, 150


def numbered(lab, flow, seq, dst=FAR, octets=32):
    payload = struct.pack("!HHHHII", 1000 + flow, 9, 16, 0, flow, seq) + bytes(octets)
    return lab.from_a(ipv6(A, dst, 17, payload, fl=flow) if ":" in dst else
                      ipv4(A4, dst, 17, payload))


def number_of(frame):
    return struct.unpack_from("!II", frame, ETHER + (48 if frame[12:14] == b"\x86\xdd" else 28))


def paced(tap, frames, batch=32, pause_s=0.002):
    """Send at a rate that fills no queue, so that nothing may be lost."""
    for i in range(0, len(frames), batch):
        tap.send(*frames[i:i + batch])
        time.sleep(pause_s)


def rest(tap, count, timeout=20):
    """So many frames more, or what comes in time: a worker may get no processor for a while."""
    got, end = [], time.monotonic() + timeout
    while len(got) < count and (frame := tap.receive(end - time.monotonic())) is not None:
        got.append(frame)
    return got


def test_f17_order_while_resolving(binary):
    """Order holds for what waited for a neighbor and what came after it.

    Steps: 3 numbered packets to an unknown neighbor, its advertisement, 20 more at once.
    Verify: they leave in order; those that had to make room while it was not read yet are counted.
    """
    with Lab(binary) as lab:
        addr, mac = "2001:db8:b::17", "02:00:00:00:0d:17"
        frames = [numbered(lab, 1, seq, addr) for seq in range(23)]
        lab.a.send(*frames[:3])
        assert nd.is_ns(lab.b.until(lambda f: nd.is_ns(f, addr), 2)[-1], addr)
        lab.b.send(lab.from_b(nd.na("2001:db8:b::17", "2001:db8:b::1", addr, 0x60, mac),
                              src_mac=mac))
        lab.a.send(*frames[3:])
        got = [f for f in lab.b.frames(1) if f[6:12] == expect.mac_bytes(MAC_RB)
               and f[20] == 17]
        numbers = [number_of(f)[1] for f in got]
        assert numbers == sorted(numbers) and numbers[-3:] == [20, 21, 22]
        assert len(got) + lab.drops().get("neigh_hold", 0) == len(frames)


def test_shared_transmit_queue(binary):
    """A port with fewer transmit queues than workers is shared, and `show port` says so.

    Steps: two workers on ports with one queue; numbered packets from A to B, to A's neighbor and
    from B to A at once, so that both workers send to the same port.
    Verify: all arrive, in order; `show port` says shared.
    """
    config = [*CONFIG, f"add neighbor 2001:db8:a::23 lladdr {MAC_B} port 0"]
    with Lab(binary, config, lcores=TWO_WORKERS, memory_mb=1024) as lab:
        assert "shared" in lab.mtud.cmd("show port")
        to_b = [numbered(lab, 1, seq) for seq in range(2000)]
        hairpin = [numbered(lab, 2, seq, "2001:db8:a::23") for seq in range(2000)]
        to_a = [lab.from_b(ipv6(B, A, 17, frame[54:])) for frame in to_b]
        for i in range(0, 2000, 16):
            lab.a.send(*to_b[i:i + 16], *hairpin[i:i + 16])
            lab.b.send(*to_a[i:i + 16])
            time.sleep(0.002)
        got = lab.b.frames(0.5)
        expect.assert_frames(got, [lab.to_b(f) for f in to_b])
        got = lab.a.frames(0)
        expect.assert_frames([f for f in got if f[:6] == expect.mac_bytes(MAC_B)],
                             [lab.to_a(f, MAC_B) for f in hairpin])
        expect.assert_frames([f for f in got if f[:6] != expect.mac_bytes(MAC_B)],
                             [lab.to_a(f) for f in to_a])


MACS = ["02:00:00:00:17:01", "02:00:00:00:17:02"]
HOPS = ["2001:db8:b::1701", "2001:db8:b::1702"]
HOPS4 = ["198.51.100.171", "198.51.100.172"]


def test_route_changes_at_full_rate(binary, tmp_path):
    """The same at the highest rate that two workers reach.

    Steps: net_pcap with infinite_rx on two queues; for three seconds replace a route's next hop
    and MTU, add and delete more specific ones.
    Verify: everything received was forwarded, nothing dropped for any reason, some millions of
    packets on each worker.
    """
    mac = "02:70:63:61:70:00"
    files = []
    for queue in range(2):
        frames = [expect.ether(mac, MAC_B) + expect.udp("2001:db8:5::1", f"2001:db8:{dst}::{i:x}",
                                                        100, sport=queue + 1)
                  for i in range(64) for dst in ("8000", "8001", "8001:1", "8002")]
        files.append(os.path.join(tmp_path, f"q{queue}.pcap"))
        write_pcap(files[-1], frames)
    vdev = "net_pcap0," + ",".join(f"rx_pcap={f}" for f in files) + ",infinite_rx=1"
    hops = ["2001:db8:a::2", "2001:db8:a::3"]
    config = ["add address 2001:db8:a::1/64 port 0",
              *(f"add neighbor {h} lladdr {m} port 0" for h, m in zip(hops, MACS)),
              f"add route 2001:db8:8000::/47 via {hops[0]}",
              f"add route 2001:db8:8002::/48 via {hops[1]}"]
    ns = Namespace("full")
    mtud = Mtud(binary, ns, [vdev], config, lcores=TWO_WORKERS)
    try:
        mtud.wait_ready()
        end = time.monotonic() + 3
        rounds = 0
        while time.monotonic() < end:
            mtud.do(f"add route 2001:db8:8001::/48 via {hops[1]} mtu 1280",
                    f"add route 2001:db8:8001:1::/64 via {hops[0]}",
                    f"add route 2001:db8:8000::/47 via {hops[1]} mtu 1400",
                    "del route 2001:db8:8001:1::/64", "del route 2001:db8:8001::/48",
                    f"add route 2001:db8:8000::/47 via {hops[0]}")
            rounds += 1
        mtud.cmd("stop")
        time.sleep(0.2)
        drops = {d["reason"]: d["packets"] for d in mtud.json("show drops") if d["packets"]}
        counted = mtud.json("show stats")["ports"][0]
        print(rounds, counted, drops)
        assert rounds >= 3
        assert drops == {}
        # mtud's own ND and MLD packets at the start leave beside what is forwarded.
        assert 0 <= counted["tx_packets"] - counted["rx_packets"] < 20
        assert counted["rx_packets"] > 1000000
        mtud.stop()
    finally:
        mtud.remove()
        ns.close()


@pytest.fixture(scope="module")
def two(binary):
    """A lab with two workers and two queues; for the last tests here, as it takes both processors
    of a small machine."""
    with Lab(binary, queues=2, lcores=TWO_WORKERS, vdev_args=DEEP_RING, memory_mb=1024) as bench:
        yield bench


def busy(lab, before, each):
    """Has each of the two workers received so many packets since?"""
    now = [w["rx_packets"] for w in lab.mtud.json("show workers")]
    assert len(now) == 2
    return all(n - b > each for n, b in zip(now, before))


def received(lab):
    return [w["rx_packets"] for w in lab.mtud.json("show workers")]


def test_f17_order_within_flows(two):
    """Packets of a flow stay in order, whatever the number of workers.

    Steps: two workers, two queues; 64 flows with numbered packets, interleaved.
    Verify: all arrive, each flow's numbers rising; both workers had work.
    """
    lab, before = two, received(two)
    frames = [numbered(lab, flow, seq) for seq in range(EACH) for flow in range(FLOWS)]
    paced(lab.a, frames)
    got = rest(lab.b, len(frames))
    assert len(got) == len(frames), lab.drops()
    last = {}
    for frame in got:
        flow, seq = number_of(frame)
        assert frame == lab.to_b(numbered(lab, flow, seq))
        assert seq == last.get(flow, -1) + 1, f"flow {flow}: {seq} after {last.get(flow)}"
        last[flow] = seq
    assert len(last) == FLOWS
    assert busy(lab, before, len(frames) // 10), received(lab)


def test_f17_v03_order_of_ipv4_and_fragments(two):
    """IPv4 flows stay in order too, and so do the fragments of theirs.

    Steps: two workers, two queues; 32 IPv4 flows with numbered packets, every other one to be
    fragmented, interleaved.
    Verify: all arrive, each flow's packets as they must be and in order; both workers had work.
    """
    lab, before, flows = two, received(two), range(32)
    frames = {flow: [numbered(lab, flow, seq, FAR4_1280, 1400 if seq % 2 else 32)
                     for seq in range(60)] for flow in flows}
    paced(lab.a, [frames[flow][seq] for seq in range(60) for flow in flows])
    # Numbers stand in whole packets and first fragments; of later ones all are alike.
    want = [lab.to_b(f) for flow in flows for f in frames[flow][::2]]
    later = []
    for flow in flows:
        for frame in frames[flow][1::2]:
            head, tail = lab.fragments_to_b(frame[ETHER:], 1280)
            want.append(head)
            later.append(tail)
    got = rest(lab.b, len(want) + len(later))
    whole = [f for f in got if f[ETHER + 6:ETHER + 8] in (b"\0\0", b"\x20\0")]
    assert sorted(got) == sorted(want + later), lab.drops()
    last = {}
    for frame in whole:
        flow, seq = number_of(frame)
        assert seq == last.get(flow, -1) + 1, f"flow {flow}: {seq} after {last.get(flow)}"
        last[flow] = seq
    assert busy(lab, before, 100), received(lab)


# Destinations whose route changes and two around it that never do; their prefixes; more specific
# ones that come and go: of the first, of the first alone, next to the second's destination; the
# two next hops.
CHANGING = [
    (("2001:db8:8001::1", "2001:db8:8000::1", "2001:db8:8002::1"),
     ("2001:db8:8001::/48", "2001:db8:8000::/48", "2001:db8:8002::/48"),
     ("2001:db8:8001::/64", "2001:db8:8001::1/128", "2001:db8:8000:8000::/49"), HOPS),
    (("198.18.129.1", "198.18.128.1", "198.18.130.1"),
     ("198.18.129.0/24", "198.18.128.0/24", "198.18.130.0/24"),
     ("198.18.129.0/28", "198.18.129.1/32", "198.18.128.128/25"), HOPS4),
]


def test_route_changes_misroute_nothing(two):
    """Adding, replacing and deleting routes loses and misroutes no packet in flight.

    Steps: two workers; traffic of both families to a prefix whose route is replaced all the time,
    whose more specific route comes and goes, and to prefixes around it that never change.
    Verify: every packet arrives, with a next hop that its destination had at some time, and those
    around always with their own.
    """
    lab, setup, rounds_of = two, [], []
    for _, (changing, low, high), (inner, single, beside), hops in CHANGING:
        setup += [f"add neighbor {h} lladdr {m} port 1" for h, m in zip(hops, MACS)]
        setup += [f"add route {changing} via {hops[0]}", f"add route {low} via {hops[0]}",
                  f"add route {high} via {hops[1]}"]
        rounds_of += [f"add route {changing} via {hops[1]} mtu 1300",
                      f"add route {inner} via {hops[0]}", f"add route {single} via {hops[1]}",
                      f"add route {beside} via {hops[1]}", f"del route {single}",
                      f"del route {inner}", f"del route {beside}",
                      f"add route {changing} via {hops[0]}"]
    lab.mtud.do(*setup)
    ended = threading.Event()
    rounds = 0

    def change():
        nonlocal rounds
        while not ended.is_set():
            lab.mtud.do(*rounds_of)
            rounds += 1

    addrs = [addr for row in CHANGING for addr in row[0]]
    frames = [numbered(lab, flow, seq, dst) for seq in range(2500)
              for flow, dst in enumerate(addrs)]
    thread = threading.Thread(target=change)
    thread.start()
    try:
        got = []
        for i in range(0, len(frames), 600):
            paced(lab.a, frames[i:i + 600])
            got += lab.b.drain()
    finally:
        ended.set()
        thread.join()
    got += rest(lab.b, len(frames) - len(got))
    assert rounds >= 5
    assert len(got) == len(frames), (len(got), len(frames), lab.drops())
    macs = [{MACS[0], MACS[1]}, {MACS[0]}, {MACS[1]}] * 2
    seen = set()
    for frame in got:
        flow, _ = number_of(frame)
        mac = ":".join(f"{x:02x}" for x in frame[:6])
        assert mac in macs[flow], expect.describe(frame)
        seen.add((flow, mac))
    for flow in (0, 3):
        assert {(flow, MACS[0]), (flow, MACS[1])} <= seen, "the changes were not seen by any packet"
