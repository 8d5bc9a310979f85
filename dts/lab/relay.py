# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""A hop that every path-MTU trouble begins with: it carries packets up to some size, and says
nothing about those it drops."""

import select
import threading

from .expect import ETHER
from .wire import Tap


class Relay:
    """Carries frames between two interfaces of a namespace, IP packets of at most `mtu` octets;
    drops larger ones in silence and counts them."""

    def __init__(self, ns, left, right, mtu):
        self.taps = Tap(ns, left), Tap(ns, right)
        self.mtu = mtu
        self.dropped = 0
        self.largest = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        way = {self.taps[0].sock: (self.taps[0], self.taps[1]),
               self.taps[1].sock: (self.taps[1], self.taps[0])}
        while not self.ended.is_set():
            for sock in select.select(list(way), [], [], 0.1)[0]:
                source, sink = way[sock]
                frame = source.receive(0)
                if frame is None:
                    continue
                self.largest = max(self.largest, len(frame) - ETHER)
                if len(frame) - ETHER <= self.mtu:
                    sink.send(frame)
                else:
                    self.dropped += 1

    def close(self):
        self.ended.set()
        self.thread.join()
        for tap in self.taps:
            tap.close()
