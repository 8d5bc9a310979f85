# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Windows of an mtud whose routes change meanwhile, between windows of the same mtud at rest."""

import itertools
import json
import socket
import time

from bench_pcap import ROUTES, prefix, route
from bench_program import BenchError
from bench_works import CHANGING

RATE = 10000  # changes a second
TICK_S = 0.01


def changes():
    """Console lines without end: routes in use take another next hop and their own again, others
    come and go."""
    for hop in itertools.cycle((1, 0)):
        for n in range(ROUTES):
            yield route(6, n, hop=hop)
            yield route(6, ROUTES + n) if hop else f"del route {prefix(6, ROUTES + n)}"


class Changing:
    """A row of its own on the process of another one."""

    def __init__(self, program):
        self.program = program
        self.name = CHANGING
        self.prefix = "mtud-changing"
        self.work = program.work
        self.proc = program.proc
        self.load = None
        self.rates = []
        self.shares = []
        self.changes_per_second = []
        self.lines = changes()

    def wait_ready(self):
        """The other row's program is."""

    def window(self, seconds):
        rate, share = self.program.run(seconds, self.change)
        self.rates.append(rate)
        self.shares.append(share)

    def change(self, seconds):
        """Change routes at the rate, and see that the last change of each tick took place."""
        begin = time.monotonic()
        done = 0
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(30)
            sock.connect(self.program.console)
            while (now := time.monotonic() - begin) < seconds:
                due = min(int(RATE * (now + TICK_S)) - done, int(RATE * TICK_S * 4))
                done += self.tick(sock, max(due, 2) // 2 * 2)
                time.sleep(max(0, begin + done / RATE - time.monotonic()))
        self.changes_per_second.append(done / (time.monotonic() - begin))

    def tick(self, sock, count):
        """That many changes; the one but last is a route in use."""
        lines = list(itertools.islice(self.lines, count))
        words = lines[-2].split()
        sock.sendall("".join(f"{line}\n" for line in lines).encode() +
                     f"show route {words[2]} json\n".encode())
        answer = b""
        while True:
            chunk = sock.recv(65536)
            answer += chunk
            try:
                routes = json.loads(answer)
                break
            except ValueError:
                if not chunk or b"error:" in answer:
                    raise BenchError("mtud does not change routes: "
                                     f"{answer.decode()[-400:]}") from None
        if routes[0]["via"] != words[4]:
            raise BenchError(f"mtud did not {lines[-2]}: {routes}")
        return count

    def end(self):
        """The other row ends the program."""
