# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Real Linux stacks on both sides over IPv4: TCP, UDP in fragments, ping, tracepath, traceroute."""

import hashlib
import random
import re
import socket
import struct
import time

import pytest

from lab.lab import A4, B4, R4_A, R4_B
from lab.mtud import Mtud
from lab.netns import Namespace, link_up, silence, veth
from lab.tcp import connected, transfer
from lab.wire import Tap

OCTETS = 4 << 20
NARROW, WIDE, CLEARED, PASSED = "198.18.12.1", "198.18.15.1", "198.18.16.1", "198.18.17.1"
CONFIG = [f"add address {R4_A}/24 port 0", f"add address {R4_B}/24 port 1",
          f"add route 198.18.12.0/24 via {B4} mtu 1280", f"add route 198.18.15.0/24 via {B4}",
          f"add route 198.18.16.0/24 via {B4} mtu 1280 df clear",
          f"add route 198.18.17.0/24 via {B4} mtu 1280 df pass"]

IP_MTU_DISCOVER, IP_PMTUDISC_DONT, IP_PMTUDISC_DO = 10, 0, 2
SNMP = ("ReasmOKs", "ReasmFails", "FragCreates")


class Stacks:
    """A client and a server with the kernel's IPv4, mtud between them."""

    def __init__(self, binary):
        self.client, self.router, self.server = (Namespace(n) for n in ("client", "r", "server"))
        for i, ns in enumerate((self.client, self.server)):
            veth(ns, "eth0", f"02:00:00:00:0{'ab'[i]}:02", self.router, f"port{i}",
                 f"02:00:00:00:0{'ab'[i]}:01")
            for where, iface in ((self.router, f"port{i}"), (ns, "eth0")):
                silence(where, iface)
                link_up(where, iface)
        self.client.run("ip", "addr", "add", f"{A4}/24", "dev", "eth0")
        self.client.run("ip", "route", "add", "default", "via", R4_A)
        self.server.run("ip", "addr", "add", f"{B4}/24", "dev", "eth0")
        for addr in (NARROW, WIDE, CLEARED, PASSED):
            self.server.run("ip", "addr", "add", f"{addr}/32", "dev", "eth0")
        self.server.run("ip", "route", "add", "default", "via", R4_B)
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
        found = re.search(r"\bmtu (\d+)", self.client.run("ip", "route", "get", dst))
        return int(found.group(1)) if found else None

    def drops(self):
        return {d["reason"]: d["packets"] for d in self.mtud.json("show drops") if d["packets"]}

    def route(self, prefix):
        return next(r for r in self.mtud.json("show route") if r["prefix"] == prefix)

    def snmp(self):
        """The server's counters of reassembly."""
        names, values = [line.split()[1:] for line in
                         self.server.run("cat", "/proc/net/snmp").splitlines()
                         if line.startswith("Ip:")]
        return {k: int(v) for k, v in zip(names, values) if k in SNMP}


@pytest.fixture(scope="module")
def running(binary):
    bench = Stacks(binary)
    try:
        bench.mtud.wait_ready()
        yield bench
    except BaseException:
        bench.close(check=False)
        raise
    bench.close()


@pytest.fixture
def stacks(running):
    """What a test learned must not be known to the next one."""
    for ns in (running.client, running.server):
        ns.run("ip", "route", "flush", "cache")
        ns.run("ip", "tcp_metrics", "flush", check=False)
    running.mtud.cmd("clear stats")
    return running


def data(octets=OCTETS):
    return random.Random(14).randbytes(octets)


def offloads(stacks, **settings):
    for ns in (stacks.client, stacks.server):
        for name, value in settings.items():
            ns.run("ethtool", "-K", "eth0", name, value)


@pytest.fixture(params=["off", "on"])
def segments(request, stacks):
    """The hosts' stacks work with single packets or with glued ones. Checksums stay theirs: a
    veth pair passes on packets without any, which no wire would."""
    offloads(stacks, sg=request.param, gso=request.param, gro=request.param)
    yield request.param
    offloads(stacks, sg="off", gso="off", gro="off")


def test_upload_adapts(stacks, segments):
    """Linux TCP through the smaller MTU adapts after one Fragmentation Needed.

    Steps: a connection opens with an MSS for 1500; the client uploads 4 MiB over mtu 1280, with
    GSO and GRO off and on.
    Verify: the data arrives intact, `ip route get` shows mtu 1280 learned, mtud dropped little
    more than one window and made no fragment.
    """
    assert segments in ("off", "on") and stacks.learned_mtu(NARROW) is None
    with connected(stacks.client, stacks.server, NARROW) as (ours, theirs):
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) > 1240
        digest, _ = transfer(ours, theirs, data())
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) <= 1240
    assert digest == hashlib.sha256(data()).hexdigest()
    assert stacks.learned_mtu(NARROW) == 1280
    assert 1 <= stacks.drops()["too_big"] <= 50
    assert stacks.route("198.18.12.0/24")["fragments"] == 0


def test_download_keeps_its_size(stacks, segments):
    """The way back is not narrowed: one-way MTU.

    Steps: the client downloads 4 MiB from the address behind mtu 1280.
    Verify: intact, segments larger than 1280 octets, nothing was too big.
    """
    assert segments in ("off", "on")
    tap = Tap(stacks.router, "port0")
    try:
        with connected(stacks.client, stacks.server, NARROW) as (ours, theirs):
            theirs.settimeout(20)
            digest, _ = transfer(theirs, ours, data())
            mss = theirs.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
    finally:
        tap.close()
    assert digest == hashlib.sha256(data()).hexdigest()
    assert mss > 1240
    assert "too_big" not in stacks.drops()


@pytest.mark.parametrize("dst,prefix,counter", [
    (CLEARED, "198.18.16.0/24", "df_cleared"), (PASSED, "198.18.17.0/24", "df_passed")])
def test_upload_with_df_options(stacks, dst, prefix, counter):
    """With `df clear` and `df pass` TCP never notices.

    Steps: upload 1 MiB over mtu 1280 with either option.
    Verify: intact, no MTU learned, the route's counter; the server put fragments together in the
    first case only.
    """
    before = stacks.snmp()["ReasmOKs"]
    with connected(stacks.client, stacks.server, dst) as (ours, theirs):
        digest, _ = transfer(ours, theirs, data(1 << 20))
    assert digest == hashlib.sha256(data(1 << 20)).hexdigest()
    assert stacks.learned_mtu(dst) in (None, 1500)
    assert stacks.route(prefix)[counter] > 700 and "too_big" not in stacks.drops()
    assembled = stacks.snmp()["ReasmOKs"] - before
    assert assembled > 700 if counter == "df_cleared" else assembled == 0


def test_glued_frames_are_counted(stacks):
    """TSO at the sender, which no router's neighbor may have: counted by name, never answered
    with a bogus MTU; TCP goes on when it is off.

    Steps: open a connection; switch TSO and checksum offload on and send; wait for the counter;
    switch them off.
    Verify: rx_oversize counts, no Fragmentation Needed, no MTU learned; the data arrives intact.
    """
    with connected(stacks.client, stacks.server, WIDE) as (ours, theirs):
        stacks.client.run("ethtool", "-K", "eth0", "tx", "on", "sg", "on", "tso", "on", "gso", "on")
        try:
            ours.sendall(data(1 << 16))
            end = time.monotonic() + 10
            while "rx_oversize" not in stacks.drops() and time.monotonic() < end:
                time.sleep(0.05)
        finally:
            stacks.client.run("ethtool", "-K", "eth0", "tx", "off", "sg", "off", "tso", "off",
                              "gso", "off")
        assert stacks.drops().keys() == {"rx_oversize"}
        ours.shutdown(socket.SHUT_WR)
        got = b""
        while chunk := theirs.recv(65536):
            got += chunk
    assert got == data(1 << 16)
    assert stacks.learned_mtu(WIDE) in (None, 1500)


def datagrams(stacks, dst, sizes, discover=IP_PMTUDISC_DONT):
    """Send UDP payloads of these sizes; return what arrived as (size, digest) in order."""
    with stacks.server:
        sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sink.bind((dst, 0))
    with stacks.client:
        source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sink, source:
        sink.settimeout(5)
        source.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, discover)
        got = []
        for size in sizes:
            source.sendto(data(size), sink.getsockname())
            got.append(sink.recv(65536))
    return got


@pytest.mark.parametrize("dst,prefix", [(NARROW, "198.18.12.0/24"), (CLEARED, "198.18.16.0/24")])
def test_udp_is_reassembled(stacks, dst, prefix):
    """UDP with DF clear gets through in fragments, which Linux puts together.

    Steps: datagrams of 1252 to 8000 octets (the larger ones leave the client as fragments of
    1500, which mtud cuts again) over mtu 1280.
    Verify: each arrives as it was sent; fragments were put together, none failed; those that
    fit 1280 went whole.
    """
    sizes = [1252, 1253, 1400, 1472, 1473, 2000, 2744, 2745, 4000, 8000]
    before = stacks.snmp()
    assert datagrams(stacks, dst, sizes) == [data(size) for size in sizes]
    after = stacks.snmp()
    assert after["ReasmOKs"] - before["ReasmOKs"] == len(sizes) - 1
    assert after["ReasmFails"] == before["ReasmFails"]
    route = stacks.route(prefix)
    # 1253, 1400 and 1472 become two; of the others each fragment of 1500 does.
    assert route["fragmented"] == 3 + sum((size + 8) // 1480 for size in sizes if size > 1472) + \
        sum((size + 8) % 1480 > 1260 for size in sizes if size > 1472)
    assert route["fragments"] == 2 * route["fragmented"]
    assert stacks.drops() == {}


def test_udp_with_df_learns(stacks):
    """UDP with DF set learns the MTU, and the next datagram leaves small enough.

    Steps: a socket that sets DF sends 1400 octets, and 1400 once more; then 1252.
    Verify: the second send fails with EMSGSIZE at the client; 1252 arrives.
    """
    with stacks.client:
        source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with source:
        source.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
        source.sendto(data(1400), (NARROW, 9))
        end = time.monotonic() + 10
        while stacks.learned_mtu(NARROW) != 1280 and time.monotonic() < end:
            time.sleep(0.02)
        assert stacks.learned_mtu(NARROW) == 1280
        with pytest.raises(OSError, match="[Mm]essage too long"):
            source.sendto(data(1400), (NARROW, 9))
    assert datagrams(stacks, NARROW, [1252], IP_PMTUDISC_DO) == [data(1252)]
    assert stacks.drops() == {"too_big": 1}


def test_ping(stacks):
    """Ping through mtud and to it, with DF set and clear.

    Steps: ping the server and mtud's addresses; 1400 octets over 1280 with -M dont and -M do;
    with 40 octets of route record.
    Verify: answers; with -M do mtud's Fragmentation Needed with mtu 1280.
    """
    for dst in (NARROW, WIDE, R4_A, R4_B):
        assert " 0% packet loss" in stacks.client.run("ping", "-n", "-c", "3", "-i", "0.1", dst)
    for dst, how, size in ((WIDE, "do", "1472"), (NARROW, "dont", "1400"), (CLEARED, "do", "1472")):
        assert " 0% packet loss" in stacks.client.run(
            "ping", "-n", "-c", "2", "-i", "0.1", "-M", how, "-s", size, dst)
    text = stacks.client.run("ping", "-n", "-c", "2", "-i", "0.2", "-M", "do", "-s", "1400",
                             NARROW, check=False)
    assert re.search(rf"From {R4_A} icmp_seq=1 Frag needed and DF set \(mtu = 1280\)", text), text
    assert " 0% packet loss" in stacks.client.run("ping", "-n", "-R", "-c", "1", WIDE)


def test_ping_in_fragments(stacks):
    """Pings that leave the client in fragments get through a smaller MTU.

    Steps: ping -M dont with 4000 and 20000 octets over 1280.
    Verify: answers.
    """
    for size in ("4000", "20000"):
        assert " 0% packet loss" in stacks.client.run(
            "ping", "-n", "-c", "2", "-i", "0.1", "-M", "dont", "-s", size, NARROW)


def test_tracepath(stacks):
    """tracepath finds pmtu 1280 at mtud's hop.

    Steps: tracepath -4 to the address behind mtu 1280, and to the other one.
    Verify: pmtu 1280 at mtud's address, and pmtu 1500 to the end.
    """
    text = stacks.client.run("tracepath", "-4", "-n", NARROW)
    assert re.search(rf"^ \d: +{re.escape(R4_A)} .*pmtu 1280$", text, re.M), text
    assert re.search(r"Resume: pmtu 1280 hops 2", text), text
    text = stacks.client.run("tracepath", "-4", "-n", WIDE)
    assert re.search(r"Resume: pmtu 1500 hops 2", text), text


@pytest.mark.parametrize("method", [[], ["-I"], ["-T"]])
def test_traceroute(stacks, method):
    """traceroute names mtud as the first hop, the server as the second.

    Steps: traceroute with UDP, ICMP and TCP.
    Verify: the two hops.
    """
    text = stacks.client.run("traceroute", "-4", "-n", "-q", "1", "-w", "1", "-m", "4", *method,
                             NARROW)
    hops = re.findall(r"^ *(\d+) +([0-9.]+) ", text, re.M)
    assert hops == [("1", R4_A), ("2", NARROW)], text


def test_linux_resolves_mtud_and_back(stacks):
    """ARP with real stacks in both directions.

    Steps: make client and server forget mtud, and mtud forget them; ping through.
    Verify: answers; both kernels have mtud's MAC, mtud has theirs.
    """
    stacks.client.run("ip", "neigh", "flush", "dev", "eth0")
    stacks.server.run("ip", "neigh", "flush", "dev", "eth0")
    stacks.mtud.cmd(f"del neighbor {A4} port 0", f"del neighbor {B4} port 1")
    assert " 0% packet loss" in stacks.client.run("ping", "-n", "-c", "3", "-i", "0.2", WIDE)
    assert "02:00:00:00:0a:01" in stacks.client.run("ip", "neigh", "show", R4_A)
    assert "02:00:00:00:0b:01" in stacks.server.run("ip", "neigh", "show", R4_B)
    shown = {e["address"]: e["lladdr"] for e in stacks.mtud.json("show neighbor")}
    assert shown[A4] == "02:00:00:00:0a:02" and shown[B4] == "02:00:00:00:0b:02"


def test_duplicate_address_detection(stacks):
    """Another host's check for a duplicate finds that our address is in use (RFC 5227).

    Steps: the client's kernel sends an ARP probe for mtud's address, by a raw socket.
    Verify: mtud's reply names its MAC.
    """
    tap = Tap(stacks.client, "eth0")
    try:
        mac = bytes.fromhex("020000000a02")
        tap.send(b"\xff" * 6 + mac + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x800, 6, 4, 1) + mac +
                 bytes(4) + bytes(6) + socket.inet_aton(R4_A))
        got = tap.until(lambda f: f[12:14] == b"\x08\x06" and f[20:22] == b"\0\2", 3)
        assert got and got[-1][22:28] == bytes.fromhex("020000000a01")
        assert got[-1][28:32] == socket.inet_aton(R4_A)
    finally:
        tap.close()
