# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""mtud between real hosts with flows under way, an attacker on the first one's link:

    A --+
        +-- hub --- mtud --- B
    X --+

A and B are static neighbors of mtud, as scripts/attack.sh's table says of why; A's second address
is resolved by Neighbor Discovery. The hosts keep mtud's MACs and take no advertisements or
redirects: the attacks are to be mtud's to withstand, not theirs.
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

from .attacks import DYNAMIC, IFACE, MAC_X, X
from .lab import (A, A4, B, B4, MAC_A, MAC_B, MAC_RA, MAC_RB, R4_A, R4_B, R_A, R_B)
from .mtud import SANITIZER_MARKS, Mtud
from .netns import Namespace, link_up, silence, veth

CONFIG = [f"add address {R_A}/64 port 0", f"add address {R_B}/64 port 1",
          f"add address {R4_A}/24 port 0", f"add address {R4_B}/24 port 1",
          f"add neighbor {A} lladdr {MAC_A} port 0", f"add neighbor {B} lladdr {MAC_B} port 1",
          f"add neighbor {A4} lladdr {MAC_A} port 0", f"add neighbor {B4} lladdr {MAC_B} port 1"]

CHUNK, PAUSE_S = 16384, 0.02     # 800 kB a second and flow: what the attacks leave room for
PING_S = 0.1
SLICE_S = 0.25
RECOVER_S = 10
NEIGHBORS_MAX = 4096
GROWTH_KB = {"plain": 8 << 10, "asan": 192 << 10}


class Flow:
    """TCP from one host to another, with a pause behind each chunk."""

    def __init__(self, name, source, sink, dst):
        self.name = name
        self.octets = 0
        family = socket.AF_INET6 if ":" in dst else socket.AF_INET
        with sink:
            listener = socket.create_server((dst, 0), family=family)
        with source:
            self.out = socket.create_connection((dst, listener.getsockname()[1]), timeout=20)
        self.into, _ = listener.accept()
        listener.close()
        self.out.settimeout(None)
        self.threads = [threading.Thread(target=run, daemon=True)
                        for run in (self._send, self._count)]
        for thread in self.threads:
            thread.start()

    def _send(self):
        chunk = bytes(CHUNK)
        with contextlib.suppress(OSError):
            while True:
                self.out.sendall(chunk)
                time.sleep(PAUSE_S)

    def _count(self):
        with contextlib.suppress(OSError):
            while got := self.into.recv(65536):
                self.octets += len(got)

    def close(self):
        for sock in (self.out, self.into):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(5)
        self.out.close()
        self.into.close()


class Pulse:
    """What comes of each flow, slice by slice of time; `with` takes slices in a thread.

    A machine that is busy with other things delays this thread as much as those that count: a slice
    may last longer, but there are not more of them.
    """

    def __init__(self, flows):
        self.flows = flows
        self.slices = []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        before = {f.name: f.octets for f in self.flows}
        while not self.stop.wait(SLICE_S):
            now = {f.name: f.octets for f in self.flows}
            self.slices.append({name: now[name] - before[name] for name in now})
            before = now

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def dark(slices, names):
    """The longest time, in slices, in which nothing came of any of these flows."""
    longest = run = 0
    for octets in slices:
        run = 0 if any(octets[name] for name in names) else run + 1
        longest = max(longest, run)
    return longest


def parse_ping(text):
    """(sent, answered) of iputils' ping -q."""
    found = re.search(r"(\d+) packets transmitted, (\d+) received", text)
    if not found:
        raise ValueError(f"ping says no figures: {text!r}")
    return int(found.group(1)), int(found.group(2))


def risen(before, after):
    """Counters that rose, and by how much."""
    return {k: v - before.get(k, 0) for k, v in after.items() if v > before.get(k, 0)}


class Siege:
    """The hosts, the attacker, the switch and one mtud."""

    def __init__(self, binary):
        self.a, self.x, self.switch, self.r, self.b = (Namespace(n) for n in "axsrb")
        self.flows = []
        self.switch.run("ip", "link", "add", "bridge", "type", "bridge", "mcast_snooping", "0",
                        "ageing_time", "0")
        silence(self.switch, "bridge")
        link_up(self.switch, "bridge")
        for ns, mac, plug, iface in ((self.a, MAC_A, "to-a", IFACE), (self.x, MAC_X, "to-x", IFACE),
                                     (self.r, MAC_RA, "to-r", "port0")):
            self._plug(ns, iface, mac, plug)
        veth(self.b, IFACE, MAC_B, self.r, "port1", MAC_RB)
        for iface in ("port0", "port1"):
            silence(self.r, iface)
            link_up(self.r, iface)
        link_up(self.b, IFACE)
        self._host(self.a, [f"{A}/64", f"{DYNAMIC}/64", f"{A4}/24"], R_A, R4_A, MAC_RA)
        # Deprecated: no flow begins from it.
        self.a.run("ip", "addr", "change", f"{DYNAMIC}/64", "dev", IFACE, "preferred_lft", "0")
        self._host(self.x, [f"{X}/64", "192.0.2.66/24"], R_A, R4_A, None)
        self._host(self.b, [f"{B}/64", f"{B4}/24"], R_B, R4_B, MAC_RB)
        self.mtud = Mtud(binary, self.r, [f"net_af_packet{i},iface=port{i}" for i in (0, 1)],
                         CONFIG)

    def _plug(self, ns, iface, mac, plug):
        veth(ns, iface, mac, self.switch, plug, "02:00:00:00:55:" + mac[-2:])
        silence(self.switch, plug)
        self.switch.run("ip", "link", "set", plug, "master", "bridge")
        link_up(self.switch, plug)
        if iface != "port0":
            link_up(ns, iface)

    @staticmethod
    def _host(ns, addresses, gateway, gateway4, mac):
        for key in ("accept_ra", "accept_redirects", "accept_dad", "autoconf"):
            ns.run("sysctl", "-qw", f"net.ipv6.conf.{IFACE}.{key}=0")
        for addr in addresses:
            ns.run("ip", "addr", "add", addr, "dev", IFACE, *(["nodad"] if ":" in addr else []))
        ns.run("ip", "route", "add", "default", "via", gateway)
        ns.run("ip", "route", "add", "default", "via", gateway4)
        for addr in (gateway, gateway4) if mac else ():
            ns.run("ip", "neigh", "replace", addr, "lladdr", mac, "dev", IFACE, "nud", "permanent")

    def __enter__(self):
        try:
            self.mtud.wait_ready()
            time.sleep(2)  # mtud's own addresses are being checked
            for name, source, sink, dst in (("v6 down", self.b, self.a, A),
                                            ("v6 up", self.a, self.b, B),
                                            ("v4 down", self.b, self.a, A4),
                                            ("v4 up", self.a, self.b, B4)):
                self.flows.append(Flow(name, source, sink, dst))
            return self
        except BaseException:
            self.close()
            raise

    def __exit__(self, kind, *_):
        if kind is None:
            self.end_flows()
            self.mtud.stop()
        self.close()

    def end_flows(self):
        for flow in self.flows:
            flow.close()
        self.flows = []

    def close(self):
        self.end_flows()
        self.mtud.remove()
        for ns in (self.a, self.x, self.switch, self.r, self.b):
            ns.close()

    # What mtud says of itself, and what is seen of it.

    def drops(self):
        return {d["reason"]: d["packets"] for d in self.mtud.json("show drops") if d["packets"]}

    def answers(self):
        return {c["counter"]: c["packets"] for c in self.mtud.json("show stats")["icmp"]
                if c["packets"]}

    def neighbors(self):
        return {e["address"]: e for e in self.mtud.json("show neighbor")}

    def resident_kb(self):
        with open(f"/proc/{self.mtud.proc.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def open_packets(self):
        """Packets that came, or were made, and have not ended: none at rest."""
        rows = {r["fate"]: r for r in self.mtud.json("show stats")["account"]}
        return sum(rows[fate][kind] for fate in ("held", "unaccounted")
                   for kind in ("received", "made"))

    def sent_by_attacker(self):
        links = json.loads(self.x.run("ip", "-j", "-s", "link", "show", "dev", IFACE))
        return links[0]["stats64"]["tx"]["packets"]

    def ping(self, source, dst, count, timeout=None):
        return self.a.popen("ping", "-q", "-n", "-i", str(PING_S), "-c", str(count), "-W", "1",
                            "-w", str(int(timeout or count * PING_S + 2)), "-I", source, dst,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def attack(self, argv, seconds):
        """Run a tool for that long at most; what it wrote is nobody's business."""
        tool = self.x.popen(*argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            tool.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(tool.pid, signal.SIGKILL)
            tool.wait()

    def sanitizer_complains(self):
        log = self.mtud.log()
        return any(mark in log for mark in SANITIZER_MARKS)
