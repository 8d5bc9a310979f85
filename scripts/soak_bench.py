# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The soak's bench: the kernel's hosts A and B, mtud between them, and one flow of numbered packets
whose loss is counted."""

import contextlib
import os
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "dts"))

from lab import expect  # noqa: E402
from lab.lab import (A, A4, ADDRESSES, ADDRESSES4, B, B4, FAR, FAR4, FAR4_1280,  # noqa: E402
                     FAR_1280, MAC_A, MAC_B, MAC_RA, MAC_RB, R4_A, R4_B, R_A, R_B, ROUTES,
                     ROUTES4)
from lab.mtud import Mtud, ask  # noqa: E402
from lab.netns import Namespace, link_up, silence, veth  # noqa: E402
from lab.wire import Tap  # noqa: E402

CONFIG = ["set icmp rate 2000 burst 200", *ADDRESSES, *ADDRESSES4, *ROUTES, *ROUTES4]
KEY = b"soak!good"
GOOD_BATCH, GOOD_PAUSE_S = 10, 0.01


class Bench:
    """Hosts with kernels of their own on both sides; neighbors are resolved, not configured."""

    def __init__(self, binary):
        self.binary = binary
        self.stop = threading.Event()
        self.counts = {}
        self.a, self.r, self.b = (Namespace(n) for n in ("a", "r", "b"))
        self.mtud = None
        self.taps = []
        try:
            self._build(binary)
        except BaseException:
            self.close()
            raise

    def _build(self, binary):
        for ns, port, mac, router in ((self.a, 0, MAC_A, MAC_RA), (self.b, 1, MAC_B, MAC_RB)):
            veth(ns, "eth0", mac, self.r, f"port{port}", router)
            silence(self.r, f"port{port}")
            for name in ("accept_dad=0", "keep_addr_on_down=1", "accept_ra=0"):
                ns.run("sysctl", "-qw", f"net.ipv6.conf.eth0.{name}")
            link_up(self.r, f"port{port}")
            link_up(ns, "eth0")
        for ns, addrs, via in ((self.a, (f"{A}/64", f"{A4}/24"), (R_A, R4_A)),
                               (self.b, (f"{B}/64", f"{B4}/24", f"{FAR}/128", f"{FAR_1280}/128",
                                         f"{FAR4}/32", f"{FAR4_1280}/32"), (R_B, R4_B))):
            for addr in addrs:
                ns.run("ip", "addr", "add", addr, "dev", "eth0", *(["nodad"] * (":" in addr)))
            for gateway in via:
                ns.run("ip", "route", "add", "default", "via", gateway)
        self.taps = [Tap(self.a, "eth0"), Tap(self.a, "eth0"), Tap(self.b, "eth0")]
        vdevs = [f"net_af_packet{i},iface=port{i}" for i in (0, 1)]
        # A table's places are used in turn: one that is small is all in memory soon.
        self.mtud = Mtud(binary, self.r, vdevs, CONFIG,
                         options=["--mbufs", "4096", "--routes", "8192"])

    def console(self, line):
        return ask(self.mtud.console, line)

    def count(self, what, n=1):
        self.counts[what] = self.counts.get(what, 0) + n

    def close(self):
        self.stop.set()
        for tap in self.taps:
            tap.close()
        if self.mtud is not None:
            self.mtud.remove()
        for ns in (self.a, self.r, self.b):
            ns.close()


class GoodFlow:
    """A thousand numbered packets a second from A to B, for ever or so many."""

    def __init__(self, bench, packets=None):
        self.out, self.back, self.packets = bench.taps[0], bench.taps[2], packets
        self.sent = self.got = 0
        self.stop = threading.Event()
        self.back.drain()
        self.threads = [threading.Thread(target=run, daemon=True)
                        for run in (self._send, self._receive)]
        for thread in self.threads:
            thread.start()

    def _send(self):
        """An interface that is down takes nothing: what it refuses was not sent."""
        while self.sent != self.packets and not self.stop.wait(GOOD_PAUSE_S):
            for _ in range(GOOD_BATCH):
                body = struct.pack("!HHHH", 9, 9, 8 + len(KEY) + 8, 0) + KEY + \
                    struct.pack("!Q", self.sent)
                frame = expect.frame_of(expect.ip(A, FAR, 17, body), MAC_A, MAC_RA)
                with contextlib.suppress(OSError):
                    self.out.send(frame)
                    self.sent += 1

    def _receive(self):
        while not self.stop.is_set():
            with contextlib.suppress(OSError):
                frame = self.back.receive(0.2)
                if frame is not None and frame[-8 - len(KEY):-8] == KEY:
                    self.got += 1

    def wait(self, timeout):
        """Until all have come; how many have not."""
        end = time.monotonic() + timeout
        while self.got < self.packets and time.monotonic() < end:
            time.sleep(0.05)
        self.close()
        return self.packets - self.got

    def close(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()
