# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Bad days under load: scans beside real flows, configurations that change in flight, pauses."""

import contextlib
import hashlib
import os
import random
import signal
import subprocess
import threading
import time

import pytest

from lab import arp, expect, nd
from lab.day import PATIENCE_S, Stand, balanced, pools_full, traffic, until
from lab.expect import ECHO_REPLY, ECHO_REQUEST, icmp4, icmpv6, udp
from lab.lab import A, A4, B, B4, FAR, MAC_A, MAC_B, MAC_RA, MAC_RB, R4_A, R4_B, R_A, R_B, Lab
from lab.mtud import Mtud
from lab.netns import Namespace, link_up, silence, veth
from lab.tcp import connected, transfer
from lab.wire import Tap

OCTETS = 4 << 20
SCANNED = 8000
# What may be asked for on a link: at once, and in a second.
SOLICIT_BURST, SOLICIT_PPS = 5000, 50000


@pytest.fixture(scope="module")
def bench(binary):
    with Lab(binary) as lab:
        yield lab


@pytest.fixture
def lab(bench):
    bench.clear()
    return bench


def forwards(lab):
    """Until a packet comes through: what finds the device's own queue full is lost there."""
    end, at = time.monotonic() + PATIENCE_S, 0
    while True:
        at += 1
        frame = lab.from_a(udp(A, FAR, 90, sport=at))
        lab.a.send(frame)
        if lab.to_b(frame) in lab.b.frames(0.1):
            return
        assert time.monotonic() < end


def test_address_comes_and_goes(lab):
    """An address is removed while packets for it are in flight, again and again.

    Steps: floods of echo requests, solicitations and ARP requests for two addresses, and of packets
    whose errors come from them, while both are added and deleted 60 times.
    Verify: mtud lives; with the addresses there, echo is answered, without them it is not; every
    packet has an end.
    """
    addr, addr4 = "2001:db8:a::99", "192.0.2.99"
    asked, asked4 = icmpv6(A, addr, ECHO_REQUEST, 0, bytes(4)), icmp4(A4, addr4, 8, 0, bytes(4))
    flood = [lab.from_a(asked), lab.from_a(asked4), arp.request(A4, addr4, MAC_A),
             lab.from_a(nd.ns(A, addr, MAC_A), nd.group_mac(nd.solicited_node(addr))),
             lab.from_a(nd.ns(A, addr, MAC_A, dst=addr)), lab.from_a(udp(A, FAR, 100, hop_limit=1))]
    add = [f"add address {addr}/64 port 0", f"set icmp source port 0 {addr}",
           f"add address {addr4}/24 port 0"]
    delete = [f"del address {addr}/64 port 0", f"del address {addr4}/24 port 0"]
    with traffic(lab.a, flood):
        for _ in range(60):
            lab.mtud.do(*add)
            lab.mtud.do(*delete)
    answer = expect.frame_of(icmpv6(addr, A, ECHO_REPLY, 0, bytes(4)), MAC_RA, MAC_A)
    lab.a.drain()
    lab.exchange(settle_s=0.1)
    assert answer not in lab.exchange(a=flood[:1])[0]
    lab.mtud.do(add[0])
    end = time.monotonic() + PATIENCE_S
    while answer not in lab.exchange(a=flood[:1])[0]:
        assert time.monotonic() < end
    lab.mtud.do(delete[0])
    lab.exchange(settle_s=0.1)
    assert balanced(lab.mtud)
    until("full pools", lambda: pools_full(lab.mtud))


def test_pause_and_signals(lab):
    """The whole program is stopped for a second under traffic, and gets signals by the hundred.

    Steps: under traffic SIGSTOP, SIGCONT; then 300 signals of those that end nothing.
    Verify: no worker is blamed, forwarding is on, every packet that came has an end, none was
    dropped.
    """
    frame = lab.from_a(udp(A, FAR, 100))
    log_from = len(lab.mtud.log())
    with traffic(lab.a, [frame] * 4):
        lab.mtud.pause()
        time.sleep(1)
        lab.mtud.resume()
        forwards(lab)
        for _ in range(60):
            for sig in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD, signal.SIGURG,
                        signal.SIGWINCH):
                lab.mtud.proc.send_signal(sig)
        forwards(lab)
    assert lab.to_b(frame) in lab.exchange(a=[frame])[1]
    assert "has not moved" not in lab.mtud.log()[log_from:]
    assert lab.drops() == {} and balanced(lab.mtud)


def test_full_disk(lab):
    """A disk without room leaves what was saved before, whole, and forwarding alone.

    Steps: save into a file system of 64 KiB, fill it, change the configuration, save again.
    Verify: a sentence that names the file and the cause; the file is as it was; nothing lies beside
    it; when there is room again, save does its work.
    """
    disk = os.path.join(lab.mtud.dir, "disk")
    os.mkdir(disk)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk], check=True)
    try:
        path, filler = f"{disk}/saved.conf", f"{disk}/filler"
        lab.mtud.do(f"save {path}")
        with open(path, "rb") as saved:
            before = saved.read()
        with open(filler, "wb", buffering=0) as rest, contextlib.suppress(OSError):
            while True:
                rest.write(bytes(4096))
        with lab.mtud.having("add route 2001:db8:d15c::/48 blackhole"):
            said = lab.mtud.cmd(f"save {path}")
            assert said == f"error: save {path}: No space left on device; the file is as it was\n"
            with open(path, "rb") as saved:
                assert saved.read() == before
            assert sorted(os.listdir(disk)) == ["filler", "saved.conf"]
            lab.exchange()
            os.unlink(filler)
            lab.mtud.do(f"save {path}")
        with open(path, "rb") as saved:
            assert b"2001:db8:d15c::/48 blackhole" in saved.read()
    finally:
        subprocess.run(["umount", disk], check=True)


class Flows(Stand):
    """Two kernels with both families, mtud between them."""

    def __init__(self, binary):
        self.ns = [Namespace(n) for n in ("client", "server")]
        self.router = Namespace("r")
        for i, (ns, mac, router_mac, addrs, ours) in enumerate((
                (self.ns[0], MAC_A, MAC_RA, (f"{A}/64", f"{A4}/24"), (R_A, R4_A)),
                (self.ns[1], MAC_B, MAC_RB, (f"{B}/64", f"{B4}/24"), (R_B, R4_B)))):
            veth(ns, "eth0", mac, self.router, f"port{i}", router_mac)
            silence(self.router, f"port{i}")
            link_up(self.router, f"port{i}")
            link_up(ns, "eth0")
            for addr in addrs:
                ns.run("ip", "addr", "add", addr, "dev", "eth0",
                       *(["nodad"] if ":" in addr else []))
            for addr in ours:
                ns.run("ip", "route", "add", "default", "via", addr)
        config = [f"add address {R_A}/64 port 0", f"add address {R4_A}/24 port 0",
                  f"add address {R_B}/64 port 1", f"add address {R4_B}/24 port 1",
                  "add address 198.19.0.1/16 port 1"]
        self.mtud = Mtud(binary, self.router, [f"net_af_packet{i},iface=port{i}" for i in (0, 1)],
                         config)

    def close(self):
        for ns in (*self.ns, self.router):
            ns.close()

    def neighbors(self):
        return {n["address"]: n["state"] for n in self.mtud.json("show neighbor")}


def is_question(frame):
    """A solicitation or an ARP request to the link."""
    return (frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54:55] == b"\x87") or \
        (frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\1")


def test_scan_beside_real_flows(binary):
    """A scan of a /64 and of a /16 costs Linux's TCP beside it nothing but time.

    Steps: TCP transfers of 4 MiB of each family, while packets come for 8000 hosts that are not
    there, as fast as they can be sent, IPv6 and IPv4 by turns.
    Verify: both transfers arrive whole; the neighbors of the flows are there to the end; the table
    stays within --neighbors; what had no place is counted; a host that is new is found.
    """
    with Flows(binary) as flows:
        client, server = flows.ns
        for dst in (B, B4):
            client.run("ping", "-c", "5", "-i", "0.2", "-W", "5", dst)
        scan, link = Tap(client, "eth0"), Tap(server, "eth0")
        ended = threading.Event()
        asked, largest = [], []

        def listen():
            while not ended.is_set():
                frame = link.receive(0.05)
                if frame is not None and is_question(frame):
                    asked.append(time.monotonic())

        def shoot():
            for i in range(0, SCANNED, 20):
                scan.send(*(expect.frame_of(
                    udp(A, f"2001:db8:b::5:{k:x}", 60) if k % 2 else
                    udp(A4, f"198.19.{k >> 8}.{k & 0xff}", 60), MAC_A, MAC_RA)
                    for k in range(i + 256, i + 276)))
                if i % 1000 == 0:
                    largest.append(len(flows.mtud.json("show neighbor")))
                    assert {A, A4, B, B4} <= set(flows.neighbors())

        threads = [threading.Thread(target=f) for f in (listen, shoot)]
        for thread in threads:
            thread.start()
        data = random.Random(6).randbytes(OCTETS)
        for dst in (B, B4):
            with connected(client, server, dst) as (ours, theirs):
                digest, _ = transfer(ours, theirs, data)
            assert digest == hashlib.sha256(data).hexdigest()
        threads[1].join()
        client.run("ping", "-c", "5", "-i", "0.2", "-W", "5", B)
        server.run("ip", "addr", "add", "198.51.100.77/24", "dev", "eth0")
        client.run("ping", "-c", "5", "-i", "0.2", "-W", "5", "198.51.100.77")
        ended.set()
        threads[0].join()
        drops = {d["reason"]: d["packets"] for d in flows.mtud.json("show drops") if d["packets"]}
        for tap in (scan, link):
            tap.close()
        assert len(largest) >= 8 and max(largest) <= 4096, largest
        assert sum(drops.get(r, 0) for r in ("neigh_full", "neigh_gone", "punt_full")) > 0, drops
        assert set(drops) <= {"neigh_full", "neigh_gone", "neigh_failed", "punt_full",
                              "mcast_unrouted"}, drops  # the kernels report their groups
        assert len(asked) > 100


@pytest.mark.large
def test_scan_is_bounded(lab):
    """A scan has no more asked for on the link than the bound lets, however fast it is.

    Steps: packets for hosts that are not there, 50000 at least, and on until mtud would ask for
    more than it may.
    Verify: no more solicitations on the wire than may go at once and in the time that it took; what
    was over it is counted.
    """
    scan = [lab.from_a(udp(A, f"2001:db8:b::5ca:{n:x}", 60)) for n in range(50000)]
    lab.a.drain()
    lab.b.frames(0.2)
    begin = time.monotonic()

    def held():
        for at in range(0, len(scan), 500):
            lab.a.send(*scan[at:at + 500])
        return lab.icmp().get("held_solicit", 0)

    more = until("more than may be asked for", held)
    asked = sum(map(is_question, lab.b.drain()))
    lasted = time.monotonic() - begin
    most = SOLICIT_BURST + SOLICIT_PPS * lasted
    print(f"{asked} asked for in {lasted:.2f} s, at most {most:.0f}; {more} held back")
    assert SOLICIT_BURST / 2 < asked <= most
