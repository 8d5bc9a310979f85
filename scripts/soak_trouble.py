# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""What the soak does to mtud: each trouble is a function that makes it once, and a pause. The same
seed makes the same choices; what the machine makes of them differs."""

import contextlib
import os
import random
import socket
import subprocess
import threading
import time

from soak_bench import CONFIG

from lab import arp, expect, nd  # noqa: E402
from lab.expect import DF, MF, icmpv6, udp  # noqa: E402
from lab.lab import (A, A4, B, FAR, FAR4, FAR4_1280, FAR_1280, MAC_A, MAC_RA, NOWHERE,  # noqa: E402
                     NOWHERE4, R4_A, R_A)
from lab.mtud import ask  # noqa: E402
from lab.tcp import connected  # noqa: E402
from lab.telemetry import Telemetry, socket_of  # noqa: E402

CHUNK, CHUNKS = 65536, 8


def packets():
    """One of each kind that goes another way through mtud."""
    return [udp(A, FAR, 100), udp(A, FAR_1280, 1400), udp(A4, FAR4, 100),
            udp(A4, FAR4_1280, 1400), udp(A4, FAR4_1280, 1400, frag=DF),
            udp(A4, FAR4, 800, frag=MF), udp(A, FAR, 100, hop_limit=1), udp(A, NOWHERE, 200),
            udp(A4, NOWHERE4, 200), udp("2001:db9::5", FAR_1280, 1400), udp(A, R_A, 100),
            udp(A4, R4_A, 100), icmpv6(A, R_A, 128, 0, bytes(60)),
            icmpv6(A, FAR_1280, 1, 0, bytes(1352)), icmpv6(A, R_A, 2, 0, bytes(1200)),
            nd.ns(A, R_A, MAC_A), nd.na(A, R_A, A, nd.SOLICITED, MAC_A), nd.rs(A, MAC_A),
            expect.icmp4(A4, R4_A, 8, 0, bytes(60))]


def tcp(bench, rng):
    """A TCP connection over either family, through an MTU of 1280 or not, up or down."""
    data = rng.randbytes(CHUNK)
    dst = rng.choice((FAR, FAR_1280, FAR4, FAR4_1280))
    with connected(bench.a, bench.b, dst) as ends:
        out, back = ends if rng.random() < 0.5 else ends[::-1]
        out.settimeout(3)
        back.settimeout(3)
        for _ in range(CHUNKS):
            out.sendall(data)
            left = CHUNK
            while left > 0:
                left -= len(back.recv(left))
    bench.count("TCP connections")


def ping(bench, rng):
    """Echoes of sizes that fit, do not, and come in fragments, to hosts and to mtud."""
    dst = rng.choice((FAR, FAR_1280, FAR4, FAR4_1280, R_A, R4_A))
    bench.a.run("ping", "-n", "-q", "-i", "0.2", "-c", "5", "-w", "3", "-s",
                str(rng.choice((56, 1300, 1452, 4000))), dst, check=False)
    bench.count("pings")


def flood(bench, rng):
    """A burst of one kind of packet."""
    frame = expect.frame_of(rng.choice(packets()), MAC_A, MAC_RA)
    bench.taps[1].send(*([frame] * 400))
    bench.count("packets of floods", 400)


def malformed(bench, rng):
    """Good packets with octets changed and cut off."""
    for _ in range(60):
        frame = bytearray(expect.frame_of(rng.choice(packets()), MAC_A, MAC_RA))
        for _ in range(rng.randrange(1, 6)):
            frame[rng.randrange(12, len(frame))] = rng.randrange(256)
        bench.taps[1].send(frame[:rng.randrange(14, len(frame) + 1)])
    bench.count("malformed packets", 60)


def scan(bench, rng):
    """Packets to hosts that are not there, and hosts that nobody knows."""
    for _ in range(60):
        low = rng.randrange(1 << 32)
        bench.taps[1].send(
            expect.frame_of(udp(A, f"2001:db8:b::{low >> 16:x}:{low & 65535:x}", 100), MAC_A,
                            MAC_RA),
            expect.frame_of(udp(A4, f"198.51.100.{rng.randrange(3, 255)}", 100), MAC_A, MAC_RA),
            expect.frame_of(nd.ns(f"2001:db8:a::{low & 65535 | 256:x}", R_A, MAC_A), MAC_A,
                            MAC_RA),
            arp.request(f"192.0.2.{rng.randrange(3, 255)}", R4_A, MAC_A))
    bench.count("packets of scans", 240)


def reload(bench, rng):
    """The same configuration again, or one with more routes, as one change."""
    more = [f"add route 2001:db8:{n + 0x4000:x}::/48 via {B} mtu 1400"
            for n in range(rng.choice((0, 500, 2000)))]
    path = bench.mtud.file("soak.conf", ["flush", *CONFIG, *more])
    bench.console(f"load {path}")
    bench.count("loads")


def bad_load(bench, _):
    """A file with errors is refused."""
    path = bench.mtud.file("bad.conf", ["flush", *CONFIG[:3], "add nonsense", "set port 9 mtu 1"])
    bench.console(f"load {path}")
    bench.count("loads refused")


def change(bench, rng):
    """One command of an operator's."""
    bench.console(rng.choice((
        "flush neighbor", f"add route 2001:db8:77::/48 via {B}", "del route 2001:db8:77::/48",
        "flush neighbor port 1", "set port 1 mtu 1400", "set port 1 mtu 1500",
        "set port 0 promisc on", "set port 0 promisc off", "set icmp rate 500 burst 50",
        "set icmp rate 2000 burst 200", "set log drop debug", "set log drop info",
        "set log icmp debug", "set log icmp info", "clear stats", "stop", "start", "start",
        f"save {bench.mtud.dir}/saved.conf")))
    # Nothing else of the soak says stop: it is over at once.
    bench.console("start")
    bench.count("changes")


def look(bench, rng):
    """Questions, as text and JSON, on the console and on DPDK's telemetry socket."""
    words = rng.choice(("route", "neighbor", "stats", "drops", "port", "workers", "memory",
                        "address", "log", f"route to {FAR_1280} size 1400", "config"))
    bench.console(f"show {words}")
    with Telemetry(socket_of(bench.mtud)) as telemetry:
        telemetry.send("/mtud/show", words)
        telemetry.receive("/mtud/show")
    bench.count("questions")


def rude(bench, rng):
    """Clients that go in the middle of a line, of an answer, of a monitor or trace, or that do not
    read."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(5)
        sock.connect(bench.mtud.console)
        sock.sendall(rng.choice((b"show rou", b"show route\n" * 50, b"monitor 0.1\n",
                                 b"trace count 100000\n", b"\0\xff\n" * 20, b"x" * 9000,
                                 b"help\n" * 200)))
        if rng.random() < 0.5:
            sock.recv(100)
        bench.stop.wait(rng.choice((0, 0.3, 2)))
    bench.count("rude clients")


def client(bench, rng):
    """mtud-console, ended by its end of input or by a signal."""
    proc = subprocess.Popen(
        [os.path.join(os.path.dirname(bench.binary), "console", "mtud-console")],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=dict(os.environ, MTUD_CONSOLE=bench.mtud.console, MTUD_HISTORY=""))
    with proc, contextlib.suppress(BrokenPipeError):
        proc.stdin.write(b"show route\nshow nonsense\nshow stats json\n")
        proc.stdin.flush()
        if rng.random() < 0.3:
            proc.kill()
    bench.count("mtud-console")


def capture(bench, rng):
    """A capture begins, and ends a little later."""
    what = rng.choice(("port 0", "port 1", "drops"))
    bench.console(f"capture start {what} {bench.mtud.dir}/{what.replace(' ', '')}.pcapng"
                  + rng.choice(("", " count 20", " snaplen 64")))
    bench.stop.wait(rng.random())
    bench.console("capture stop")
    bench.count("captures")


def trace(bench, rng):
    """A trace of some packets."""
    with contextlib.suppress(TimeoutError):
        ask(bench.mtud.console, rng.choice(("trace count 5", "trace port 0 count 3 ip6",
                                            "trace count 20 icmp6 or arp")), timeout=3)
    bench.count("traces")


def flap(bench, rng):
    """A port's link goes and comes back."""
    port = f"port{rng.randrange(2)}"
    bench.r.run("ip", "link", "set", port, "down")
    time.sleep(rng.choice((0.05, 0.3, 1)))
    bench.r.run("ip", "link", "set", port, "up")
    bench.count("link flaps")


# What troubles, and the seconds between two times.
TROUBLES = ((tcp, 0.2), (ping, 0.5), (flood, 0.05), (malformed, 0.05), (scan, 0.5), (reload, 1.5),
            (bad_load, 3), (change, 0.2), (look, 0.2), (rude, 0.3), (client, 0.5), (capture, 1),
            (trace, 1), (flap, 12))


class Troubles:
    """All of them at once, a thread each, until the end."""

    def __init__(self, bench, seed):
        self.bench = bench
        self.broken = []
        self.threads = [threading.Thread(target=self._run, args=(make, pause, seed), daemon=True)
                        for make, pause in TROUBLES]
        for thread in self.threads:
            thread.start()

    def _run(self, make, pause, seed):
        rng = random.Random(f"{seed} {make.__name__}")
        while not self.bench.stop.wait(pause * (0.5 + rng.random())):
            try:
                make(self.bench, rng)
            except OSError:
                # A connection lost, a link that is down: that is what it is about.
                self.bench.count(f"{make.__name__} that failed")
            except Exception as err:  # the soak's own fault is no reason to call it passed
                self.broken.append(f"{make.__name__}: {err!r}")
                return

    def end(self):
        self.bench.stop.set()
        for thread in self.threads:
            thread.join()
