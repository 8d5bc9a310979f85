# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Real Linux stacks on both sides: TCP, ping, tracepath and traceroute through mtud (row P14)."""

import hashlib
import random
import re
import socket
import time

import pytest

from lab.lab import A, B, R_A, R_B
from lab.mtud import Mtud
from lab.netns import Namespace, link_up, silence, veth
from lab.tcp import connected, transfer
from lab.wire import Tap

OCTETS = 4 << 20
CONFIG = [f"add address {R_A}/64 port 0", f"add address {R_B}/64 port 1",
          "add route 2001:db8:1280::/48 via 2001:db8:b::2 mtu 1280",
          "add route 2001:db8:1500::/48 via 2001:db8:b::2"]
NARROW, WIDE = "2001:db8:1280::1", "2001:db8:1500::1"


class Stacks:
    """A client and a server with the kernel's IPv6, mtud between them; a one-way MTU of 1280
    towards one of the server's addresses."""

    def __init__(self, binary):
        self.client, self.router, self.server = (Namespace(n) for n in ("client", "r", "server"))
        for i, ns in enumerate((self.client, self.server)):
            veth(ns, "eth0", f"02:00:00:00:0{'ab'[i]}:02", self.router, f"port{i}",
                 f"02:00:00:00:0{'ab'[i]}:01")
            silence(self.router, f"port{i}")
            ns.run("sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=0")
            link_up(self.router, f"port{i}")
            link_up(ns, "eth0")
        self.client.run("ip", "addr", "add", f"{A}/64", "dev", "eth0", "nodad")
        self.client.run("ip", "route", "add", "default", "via", R_A)
        self.server.run("ip", "addr", "add", f"{B}/64", "dev", "eth0", "nodad")
        for addr in (NARROW, WIDE):
            self.server.run("ip", "addr", "add", f"{addr}/128", "dev", "eth0", "nodad")
        self.server.run("ip", "route", "add", "default", "via", R_B)
        self.mtud = Mtud(binary, self.router, [f"net_af_packet{i},iface=port{i}" for i in (0, 1)],
                         CONFIG)

    def close(self, check=True):
        try:
            if check:
                self.mtud.stop()
        finally:
            self.mtud.remove()
            for ns in (self.client, self.router, self.server):
                ns.close()

    def learned_mtu(self, dst):
        found = re.search(r"\bmtu (\d+)", self.client.run("ip", "-6", "route", "get", dst))
        return int(found.group(1)) if found else None

    def forget_mtu(self):
        self.client.run("ip", "-6", "route", "flush", "cache")


@pytest.fixture(scope="module")
def shared(binary):
    bench = Stacks(binary)
    try:
        bench.mtud.wait_ready()
        time.sleep(2)  # DAD of mtud's own addresses
        yield bench
    except BaseException:
        bench.close(check=False)
        raise
    bench.close()


@pytest.fixture
def stacks(shared):
    shared.forget_mtu()
    shared.mtud.cmd("clear stats")
    yield shared


def data():
    return random.Random(14).randbytes(OCTETS)


def test_p14_upload_adapts(stacks):
    """Linux TCP through the smaller MTU adapts after one Packet Too Big.

    Steps: a connection opens with an MSS for 1500; the client uploads 4 MiB over mtu 1280.
    Verify: the data arrives intact and soon, `ip route get` shows mtu 1280 learned, mtud
    sent a Packet Too Big and dropped little more than one window.
    """
    assert stacks.learned_mtu(NARROW) is None
    with connected(stacks.client, stacks.server, NARROW) as (ours, theirs):
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) > 1220
        digest, seconds = transfer(ours, theirs, data())
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) <= 1220
    assert digest == hashlib.sha256(data()).hexdigest()
    assert stacks.learned_mtu(NARROW) == 1280
    assert seconds < 15
    drops = {d["reason"]: d["packets"] for d in stacks.mtud.json("show drops")}
    assert 1 <= drops["too_big"] <= 50


def test_p14_download_keeps_its_size(stacks):
    """The way back is not narrowed: one-way MTU.

    Steps: the client downloads 4 MiB from the address behind mtu 1280.
    Verify: intact, segments larger than 1280 octets reach the client, nothing was too big.
    """
    tap = Tap(stacks.client, "eth0")
    try:
        with connected(stacks.client, stacks.server, NARROW) as (ours, theirs):
            digest, _ = transfer(theirs, ours, data())
        sizes = [len(f) - 14 for f in tap.drain() if f[12:14] == b"\x86\xdd"]
    finally:
        tap.close()
    assert digest == hashlib.sha256(data()).hexdigest()
    assert 1280 < max(sizes) <= 1500
    drops = {d["reason"]: d["packets"] for d in stacks.mtud.json("show drops")}
    assert drops.get("too_big", 0) == 0


def test_p14_wide_route_is_left_alone(stacks):
    """Without an MTU on the route nothing is learned.

    Steps: upload 4 MiB to the address behind the route without an MTU.
    Verify: intact, no Packet Too Big, no MTU learned.
    """
    with connected(stacks.client, stacks.server, WIDE) as (ours, theirs):
        digest, _ = transfer(ours, theirs, data())
    assert digest == hashlib.sha256(data()).hexdigest()
    assert stacks.learned_mtu(WIDE) in (None, 1500)
    drops = {d["reason"]: d["packets"] for d in stacks.mtud.json("show drops")}
    assert drops.get("too_big", 0) == 0


def test_ping(stacks):
    """Ping through mtud and to it, with and without fragmentation.

    Steps: ping the server with 56 and 1400 octets, mtud's own addresses, and with the
    don't-fragment flag over the smaller MTU.
    Verify: answers; the last one reports mtu 1280 from mtud.
    """
    for dst in (NARROW, WIDE, R_A, R_B):
        assert " 0% packet loss" in stacks.client.run("ping", "-n", "-c", "3", "-i", "0.1", dst)
    assert " 0% packet loss" in stacks.client.run("ping", "-n", "-c", "2", "-i", "0.1", "-M", "do",
                                                   "-s", "1400", WIDE)
    text = stacks.client.run("ping", "-n", "-c", "2", "-i", "0.2", "-M", "do", "-s", "1400",
                             NARROW, check=False)
    assert re.search(rf"From {R_A} icmp_seq=1 Packet too big: mtu=1280", text), text


def test_tracepath(stacks):
    """tracepath finds pmtu 1280 at mtud's hop.

    Steps: tracepath to the address behind mtu 1280, and to the other one.
    Verify: pmtu 1280 right after mtud's address, and pmtu 1500 to the end.
    """
    text = stacks.client.run("tracepath", "-6", "-n", NARROW)
    assert re.search(rf"^ 1: +{R_A} .*\n 1: +{R_A} .*pmtu 1280$|^ 1: +{R_A} .*pmtu 1280$",
                     text, re.M) or re.search(rf"{R_A}.*\n.*pmtu 1280", text), text
    assert "pmtu 1280" in text and re.search(r"Resume: pmtu 1280 hops 2", text), text
    text = stacks.client.run("tracepath", "-6", "-n", WIDE)
    assert re.search(r"Resume: pmtu 1500 hops 2", text), text


@pytest.mark.parametrize("method", [[], ["-I"], ["-T"]])
def test_traceroute(stacks, method):
    """traceroute names mtud as the first hop, the server as the second.

    Steps: traceroute with UDP, ICMP and TCP.
    Verify: the two hops.
    """
    text = stacks.client.run("traceroute", "-6", "-n", "-q", "1", "-w", "1", "-m", "4", *method,
                             NARROW)
    hops = re.findall(r"^ *(\d+) +([0-9a-f:]+) ", text, re.M)
    assert hops == [("1", R_A), ("2", NARROW)], text
