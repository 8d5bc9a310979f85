# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""What the soak looks at once a second."""

import os
import threading
import time

from lab.mtud import MtudError

# A console is slow while it loads and others ask; what is not seen is not flat.
FAILED_MAX, GAP_MAX_S = 0.1, 45
POOLS = {"mtud_rx": "receive", "mtud_reply": "reply", "mtud_frag": "fragment",
         "mtud_ctl": "control"}


def memory_mb(pid):
    """Megabytes: resident, its own share of that (PSS), resident without EAL's memory, whose pages
    count when they are used for the first time."""
    totals = {"Rss": 0, "Pss": 0, "own": 0}
    eal = False
    with open(f"/proc/{pid}/smaps", encoding="ascii", errors="replace") as text:
        for line in text:
            words = line.split()
            if "-" in words[0]:
                eal = "memfd:nohuge" in line
            elif words[0] in ("Rss:", "Pss:"):
                totals[words[0][:-1]] += int(words[1]) / 1024
                totals["own"] += int(words[1]) / 1024 * (words[0] == "Rss:" and not eal)
    return totals["Rss"], totals["Pss"], totals["own"]


def buffers(memory):
    """Buffers in use by kind of pool; captures and traces have pools that come and go."""
    used = {kind: 0 for kind in (*POOLS.values(), "other")}
    for pool in memory["pools"]:
        kind = next((k for name, k in POOLS.items() if pool["pool"].startswith(name)), "other")
        used[kind] += pool["in_use"]
    return used


def blind(rows, failed, seconds):
    """Sentences about samples that there are not, of so many that failed in so many seconds."""
    faults = []
    if failed > FAILED_MAX * (len(rows) + failed):
        faults.append(f"{failed} of {len(rows) + failed} samples failed")
    times = [0, *(row["seconds"] for row in rows), seconds]
    if (gap := max(late - early for early, late in zip(times, times[1:]))) > GAP_MAX_S:
        faults.append(f"nothing was seen for {gap:.0f} s")
    return faults


class Samples:
    """A row a second: a dictionary of numbers."""

    def __init__(self, bench, flow):
        self.bench, self.flow, self.rows = bench, flow, []
        self.begin = time.monotonic()
        self.last = {}
        self.failed = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.stop.wait(1):
            try:
                self.rows.append(self.take())
            except (OSError, ValueError, MtudError):
                self.failed += 1
                self.bench.count("samples that failed")
                if not self.bench.mtud.alive():
                    return

    def rate(self, name, value, now):
        """A second, since the last row; counters that were cleared begin at 0."""
        before, then = self.last.get(name, (value, now - 1))
        self.last[name] = value, now
        return (value - before if value >= before else value) / (now - then)

    def take(self):
        mtud, pid = self.bench.mtud, self.bench.mtud.proc.pid
        now = time.monotonic()
        rss, pss, own = memory_mb(pid)
        memory = mtud.json("show memory")
        row = {"seconds": now - self.begin, "rss_mb": rss, "pss_mb": pss,
               "own_mb": own,
               "heap_mb": memory["heap_used_octets"] / (1 << 20),
               "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
               "threads": len(os.listdir(f"/proc/{pid}/task")),
               "neighbors": mtud.json("show neighbor summary")["neighbors"]}
        row |= {f"buffers_{kind}": n for kind, n in buffers(memory).items()}
        ports = mtud.json("show port")
        for way in ("rx", "tx"):
            row[f"{way}_pps"] = self.rate(way, sum(p[f"{way}_packets"] for p in ports), now)
        sent, got = self.flow.sent, self.flow.got
        row["good_sent"] = self.rate("good", sent, now)
        # What is late was lost for a second: never less than none.
        lost = max(self.last.get("lost", (0, 0))[0], sent - got)
        row["good_lost"] = self.rate("lost", lost, now)
        for drop in mtud.json("show drops"):
            row[f"drop_{drop['reason']}"] = self.rate(drop["reason"], drop["packets"], now)
        return row

    def close(self):
        """The end; sentences about what nobody looked at meanwhile."""
        self.stop.set()
        self.thread.join()
        return blind(self.rows, self.failed, time.monotonic() - self.begin)
