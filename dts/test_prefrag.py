# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""config/ipsec-prefrag.conf as it stands: packets become small enough before the tunnel, with real
stacks on both sides."""

import hashlib
import os
import random
import socket
import struct

import pytest

from lab.mtud import Mtud
from lab.netns import Namespace, link_up, silence, veth
from lab.tcp import connected, transfer
from lab.wire import Tap

CONFIG = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "config",
                      "ipsec-prefrag.conf")
HOST, FAR, GATEWAY = "192.168.1.10", "192.168.2.10", "192.0.2.2"
TUNNEL = 1376
IP_MTU_DISCOVER, IP_PMTUDISC_DONT, IP_PMTUDISC_DO = 10, 0, 2


class Tunnel:
    """host -- mtud -- the gateway and, in the same stack, the far host behind its tunnel."""

    def __init__(self, binary):
        self.host, self.router, self.far = (Namespace(n) for n in ("host", "r", "far"))
        for i, ns in enumerate((self.host, self.far)):
            veth(ns, "eth0", f"02:00:00:00:0{'ab'[i]}:02", self.router, f"port{i}",
                 f"02:00:00:00:0{'ab'[i]}:01")
            for where, iface in ((self.router, f"port{i}"), (ns, "eth0")):
                silence(where, iface)
                link_up(where, iface)
        self.host.run("ip", "addr", "add", f"{HOST}/24", "dev", "eth0")
        self.host.run("ip", "route", "add", "default", "via", "192.168.1.1")
        self.far.run("ip", "addr", "add", f"{GATEWAY}/30", "dev", "eth0")
        self.far.run("ip", "addr", "add", f"{FAR}/32", "dev", "eth0")
        self.far.run("ip", "route", "add", "default", "via", "192.0.2.1", "src", FAR)
        self.tap = Tap(self.far, "eth0")
        with open(CONFIG, encoding="ascii") as lines:
            config = lines.read().splitlines()
        self.mtud = Mtud(binary, self.router, [f"net_af_packet{i},iface=port{i}" for i in (0, 1)],
                         config)

    def towards_tunnel(self):
        """The IPv4 packets that went to the gateway since the last call."""
        packets = [f[14:] for f in self.tap.drain() if f[12:14] == b"\x08\x00"]
        return [p[:struct.unpack_from("!H", p, 2)[0]] for p in packets]

    def route(self, prefix="192.168.2.0/24"):
        return next(r for r in self.mtud.json("show route") if r["prefix"] == prefix)

    def drops(self):
        return {d["reason"]: d["packets"] for d in self.mtud.json("show drops") if d["packets"]}

    def close(self, check=True):
        self.tap.close()
        try:
            if check:
                self.mtud.stop()
        finally:
            self.mtud.remove()
            for ns in (self.host, self.router, self.far):
                ns.close()


@pytest.fixture(scope="module")
def shared(binary):
    bench = Tunnel(binary)
    try:
        bench.mtud.wait_ready()
        bench.host.run("ping", "-n", "-c", "2", "-i", "0.2", FAR)
        yield bench
    except BaseException:
        bench.close(check=False)
        raise
    bench.close()


@pytest.fixture
def lab(shared):
    shared.host.run("ip", "route", "flush", "cache")
    shared.towards_tunnel()
    shared.mtud.cmd("clear stats")
    return shared


def data(octets):
    return random.Random(octets).randbytes(octets)


def test_udp_is_fragmented_before_the_tunnel(lab):
    """UDP of any size goes to the gateway in pieces of at most 1376 octets.

    Steps: the host sends datagrams of 1000 to 8000 octets with DF clear.
    Verify: the far host's kernel puts each together as it was sent; no packet that went to the
    gateway is larger than 1376; those of a datagram share its identification; nothing dropped.
    """
    with lab.far:
        sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sink.bind((FAR, 0))
    with lab.host:
        source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sink, source:
        sink.settimeout(5)
        source.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT)
        for size in (1000, 1348, 1349, 1472, 1473, 1500, 2048, 2824, 2825, 4096, 5920, 8000):
            source.sendto(data(size), sink.getsockname())
            assert sink.recv(65536) == data(size)
            packets = lab.towards_tunnel()
            assert packets and max(map(len, packets)) <= TUNNEL
            assert len({p[4:6] for p in packets}) == 1
            assert sum(len(p) - 20 for p in packets) == size + 8
            assert (len(packets) > 1) == (size + 28 > TUNNEL)
    assert lab.route()["fragmented"] > 0 and lab.drops() == {}


def test_tcp_announces_less(lab):
    """TCP's SYNs announce at most 1360 to the far site; data in both directions fits the tunnel.

    Steps: the host connects to the far host, then the far host to the host; 1 MiB each way in
    both.
    Verify: the MSS in what reaches the far site is 1360; all arrives intact; no packet towards
    the gateway is larger than 1376 or a fragment; nothing was too big, nothing answered.
    """
    text = data(1 << 20)
    for client, server, dst in ((lab.host, lab.far, FAR), (lab.far, lab.host, HOST)):
        for up in (True, False):
            with connected(client, server, dst) as (ours, theirs):
                digest, _ = transfer(*((ours, theirs) if up else (theirs, ours)), text)
                largest = max(ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG),
                              theirs.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG))
            assert digest == hashlib.sha256(text).hexdigest()
            assert largest <= 1360
            packets = lab.towards_tunnel()
            assert max(map(len, packets)) <= TUNNEL
            assert not any(struct.unpack_from("!H", p, 6)[0] & 0x3fff for p in packets)
            syns = [p for p in packets if p[9] == 6 and p[33] & 2]
            assert syns and all(p[40:44] == b"\x02\x04" + struct.pack("!H", 1360) for p in syns)
    assert lab.drops() == {}
    route = lab.route()
    assert route["too_big"] == 0 and route["mss_rewritten"] == 4


def test_df_is_answered(lab):
    """A sender that sets DF is told 1376.

    Steps: the host sends 1472 octets of UDP with DF.
    Verify: `ip route get` shows 1376; the packet did not go to the gateway.
    """
    with lab.host:
        source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with source:
        source.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
        source.sendto(data(1472), (FAR, 9))
        lab.host.run("ping", "-n", "-c", "1", FAR)  # what came before it has been dealt with
        assert f"mtu {TUNNEL}" in lab.host.run("ip", "route", "get", FAR)
    assert max(map(len, lab.towards_tunnel())) < 200
    assert lab.drops() == {"too_big": 1}
