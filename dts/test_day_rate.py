# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Bad days at the highest rate that workers reach: thousands of route changes, answers without end
beside a flow that must not notice."""

import os
import signal
import subprocess
import time

import pytest

from lab import expect
from lab.day import PATIENCE_S, write_pcap
from lab.expect import ETHER, IPV6_HEADER, udp
from lab.lab import A, B, FAR, MAC_A, MAC_B, MAC_RA, MAC_RB, R_A, R_B
from lab.mtud import Mtud
from lab.netns import Namespace, link_up, silence, veth
from lab.wire import Tap

# Where packets go; those that have a route of their own, which files replace; one more such route.
DESTINATIONS, REPLACED, COMES_AND_GOES = 512, 400, "2001:db8:8001:1ff::/64"
GOOD, GOOD_PAUSE_S, ROUNDS = 6000, 0.004, 5
# The kernel's room for what a worker has not fetched yet: a twelfth of the good flow.
RING = ",framecnt=512,blocksz=4096,framesz=2048"


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def changes_of_routes(mtud, hops):
    """What one round says on the console, and how many routes it replaces, adds and deletes: files
    of many, each in one step, and single ones beside them."""
    files = [mtud.file(f"routes{i}", [f"add route 2001:db8:8001:{n:x}::/64 via {hop}{mtu}"
                                      for n in range(REPLACED)])
             for i, (hop, mtu) in enumerate(zip(hops, ("", " mtu 1400")))]
    single = [f"add route 2001:db8:8001::/48 via {hops[1]} mtu 1400",
              f"add route {COMES_AND_GOES} via {hops[0]} mtu 1300",
              f"del route {COMES_AND_GOES}", f"add route 2001:db8:8001::/48 via {hops[0]}"]
    lines = [line for i, change in enumerate(single) for line in (f"load {files[i % 2]}", change)]
    return lines, len(single) * (REPLACED + 1)


@pytest.mark.large
def test_thousands_of_route_changes(binary, tmp_path):
    """Routes replaced thousands of times a second under the highest rate that two workers reach.

    Steps: net_pcap with infinite_rx on two queues, which gives each of 512 packets equally often;
    replace next hop and MTU of 400 routes in a step, again and again, and of a shorter one, with a
    more specific one that comes and goes, 400 times by themselves.
    Verify: everything received was sent, nothing dropped; each route that was replaced counted the
    packets to its destination, not one more or less, and the shorter one all others but those
    that the one that comes and goes took; memory is flat after the first quarter.
    """
    mac, hops = "02:70:63:61:70:00", ["2001:db8:a::2", "2001:db8:a::3"]
    files = []
    for queue in range(2):
        files.append(os.path.join(tmp_path, f"q{queue}.pcap"))
        write_pcap(files[-1], [expect.ether(mac, MAC_B) +
                               udp("2001:db8:5::1", f"2001:db8:8001:{n:x}::1", 100,
                                   sport=queue + 1) for n in range(DESTINATIONS)])
    vdev = "net_pcap0," + ",".join(f"rx_pcap={f}" for f in files) + ",infinite_rx=1"
    config = ["add address 2001:db8:a::1/64 port 0",
              *(f"add neighbor {h} lladdr 02:00:00:00:17:0{i} port 0" for i, h in enumerate(hops)),
              *(f"add route 2001:db8:8001:{n:x}::/64 via {hops[0]}" for n in range(REPLACED)),
              f"add route 2001:db8:8001::/48 via {hops[0]}"]
    ns = Namespace("full")
    mtud = Mtud(binary, ns, [vdev], config, lcores="0@0,1@0,2@1", memory_mb=1024)
    try:
        mtud.wait_ready()
        lines, changes = changes_of_routes(mtud, hops)
        mtud.do(*lines * 25, timeout=120)
        before, begin = resident_kib(mtud.proc.pid), time.monotonic()
        for _ in range(3):
            mtud.do(*lines * 25, timeout=120)
        lasted = time.monotonic() - begin
        print(f"{75 * changes / lasted:.0f} routes a second, in {75 * len(lines) / lasted:.0f} "
              f"steps a second; {100 * changes} in all")
        assert resident_kib(mtud.proc.pid) - before < 1024
        mtud.do("stop")
        account = {row["fate"]: row["received"] for row in mtud.json("show stats")["account"]}
        assert account["came"] == account["sent"] > 1000000
        assert not any(d["packets"] for d in mtud.json("show drops"))
        came = [w["rx_packets"] for w in mtud.json("show workers")]
        assert sum(came) == account["came"] and min(came) > 100000
        # In a queue's last round some have come once more than others.
        least = sum(n // DESTINATIONS for n in came)
        routes = {r["prefix"]: r for r in mtud.json("show route")}
        replaced = [routes[f"2001:db8:8001:{n:x}::/64"] if n else routes["2001:db8:8001::/64"]
                    for n in range(REPLACED)]
        counted = [r["packets"] for r in replaced]
        rest = routes["2001:db8:8001::/48"]["packets"]
        print(account["came"], "packets:", min(counted), "to", max(counted), "by each route;", rest)
        assert {(r["via"], r["route_mtu"]) for r in replaced} == {(hops[1], 1400)}
        assert least <= min(counted) and max(counted) <= least + 2, (came, counted)
        others = account["came"] - sum(counted)
        assert others - (least + 2) <= rest <= others
        mtud.stop()
    finally:
        mtud.remove()
        ns.close()


def udp_of(frame):
    """What is the same on both sides of a router."""
    return frame[ETHER + IPV6_HEADER:]


class Contest:
    """A good flow from A to B by two af_packet ports, beside a third that never runs dry, in the
    hands of one lcore; mtud or testpmd between them."""

    def __init__(self, flood):
        self.ns = [Namespace(n) for n in ("a", "b")]
        self.router = Namespace("r")
        for i, (ns, mac, router_mac) in enumerate(((self.ns[0], MAC_A, MAC_RA),
                                                   (self.ns[1], MAC_B, MAC_RB))):
            # net_af_packet calls a group of sockets by its process's id XOR this index. It must not
            # be another process's with the other port.
            veth(self.router, f"port{i}", router_mac, ns, "wire", mac, index1=0x4000 << i)
            for end, iface in ((ns, "wire"), (self.router, f"port{i}")):
                silence(end, iface)
                link_up(end, iface)
        self.a, self.b = (Tap(ns, "wire") for ns in self.ns)
        self.round = 0
        self.vdevs = [f"net_af_packet{i},iface=port{i}{RING}" for i in (0, 1)]
        self.vdevs.append(f"net_pcap0,rx_pcap={flood},infinite_rx=1")

    def numbered(self, n):
        """A packet that no other round has."""
        return expect.frame_of(udp(A, FAR, 100, sport=n, dport=self.round), MAC_A, MAC_RA)

    def settle(self):
        """Until what comes by port 0 leaves by port 1, behind all that waited there."""
        self.round += 1
        tail, end = udp_of(self.numbered(GOOD)), time.monotonic() + PATIENCE_S
        while not any(udp_of(frame) == tail for frame in self.b.frames(0.1)):
            assert time.monotonic() < end, "nothing is forwarded"
            self.a.send(self.numbered(GOOD))

    def lost(self):
        """Packets of the good flow that do not arrive."""
        self.settle()
        frames = [self.numbered(n) for n in range(GOOD)]
        want = {udp_of(frame) for frame in frames}
        for at in range(0, GOOD, 32):
            self.a.send(*frames[at:at + 32])
            time.sleep(GOOD_PAUSE_S)
        while want and (frame := self.b.receive(1)) is not None:
            want.discard(udp_of(frame))
        return len(want)

    def close(self):
        for tap in (self.a, self.b):
            tap.close()
        for ns in (*self.ns, self.router):
            ns.close()


class Pmd:
    """It sends what comes by port 0 out of port 1, and the flood into nothing."""

    def __init__(self, contest, folder):
        argv = ["dpdk-testpmd", "--no-huge", "-m", "512", "--no-pci", "--file-prefix",
                f"dts{os.getpid()}t", "-l", "0,1", *(f"--vdev={v}" for v in contest.vdevs),
                "--vdev=net_null0", "--", "--forward-mode=io", "--port-topology=paired",
                "--auto-start", "--total-num-mbufs=32768", "--disable-link-check"]
        with open(os.path.join(folder, "testpmd"), "wb") as log:
            self.proc = contest.router.popen(*argv, stdin=subprocess.PIPE, stdout=log, stderr=log,
                                             env=dict(os.environ, RUNTIME_DIRECTORY=str(folder)))

    def pause(self):
        self.proc.send_signal(signal.SIGSTOP)

    def resume(self):
        self.proc.send_signal(signal.SIGCONT)

    def close(self):
        self.proc.kill()
        self.proc.wait()
        self.proc.stdin.close()


def rounds(contest, one, other):
    """Both by turns, the other one paused; packets lost by each in each round."""
    lost = {one: [], other: []}
    for _ in range(ROUNDS):
        for runs, waits in ((one, other), (other, one)):
            waits.pause()
            runs.resume()
            lost[runs].append(contest.lost())
    one.resume()
    return lost[one], lost[other]


@pytest.mark.large
def test_too_big_at_line_rate(binary, tmp_path):
    """Packet Too Big asked for as fast as a worker can take it costs other traffic no packet.

    Steps: one worker has a port that never runs dry of packets that are too big, no limit on
    answers, and a flow of 6000 packets through two other ports, whose rings hold 512 frames; the
    same with testpmd on the same ports; five rounds each, by turns.
    Verify: mtud sends all that it received of the flow. What the kernel had no room for, as a
    worker got no processor for a while, is lost before: in its best round mtud loses no more than
    testpmd in its best, in all rounds together no more than testpmd and one packet in twenty. Each
    packet that was too big was answered, a million at least.
    """
    flood = os.path.join(tmp_path, "flood.pcap")
    write_pcap(flood, [expect.ether("02:70:63:61:70:00", "02:00:00:00:0f:02") +
                       udp("2001:db8:f::2", "2001:db8:1280::1", 1400, sport=n) for n in range(64)])
    config = ["set icmp rate 0 burst 1", f"add address {R_A}/64 port 0",
              f"add address {R_B}/64 port 1", "add address 2001:db8:f::1/64 port 2",
              f"add neighbor {A} lladdr {MAC_A} port 0", f"add neighbor {B} lladdr {MAC_B} port 1",
              "add neighbor 2001:db8:f::2 lladdr 02:00:00:00:0f:02 port 2",
              f"add route 2001:db8:1500::/48 via {B}",
              f"add route 2001:db8:1280::/48 via {B} mtu 1280"]
    contest = Contest(flood)
    testpmd = Pmd(contest, tmp_path)
    mtud = Mtud(binary, contest.router, contest.vdevs, config, memory_mb=1024)
    try:
        contest.settle()
        mtud.wait_ready()
        mine, theirs = rounds(contest, mtud, testpmd)
        testpmd.pause()
        contest.settle()
        mtud.do("stop")
        drops = {d["reason"]: d["packets"] for d in mtud.json("show drops") if d["packets"]}
        sent = {c["counter"]: c["packets"] for c in mtud.json("show stats")["icmp"]}
        came = mtud.json("show port 0")["rx_packets"]
        passed = mtud.json("show route 2001:db8:1500::/48")[0]["packets"]
        print(f"lost of {GOOD} in each round: {mine} by mtud, {theirs} by testpmd; "
              f"{came} received, {passed} sent", drops)
        assert set(drops) == {"too_big"}
        assert came == passed >= ROUNDS * GOOD - sum(mine)
        assert min(mine) <= min(theirs)
        assert sum(mine) <= sum(theirs) + ROUNDS * GOOD // 20
        assert sent["sent_packet_too_big"] == drops["too_big"] > 1000000
        mtud.stop()
    finally:
        testpmd.close()
        mtud.remove()
        contest.close()
