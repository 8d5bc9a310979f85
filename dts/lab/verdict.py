# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""What an attack did to mtud and the flows beside it, judged and printed as a table."""

import threading
import time

from .attacks import DYNAMIC
from .lab import A, B, MAC_A, MAC_B
from .siege import (GROWTH_KB, NEIGHBORS_MAX, PING_S, RECOVER_S, SLICE_S, Pulse, dark, parse_ping,
                    risen)

HEADS = ("tool", "arguments", "packets", "what mtud did with them", "flows", "pings", "verdict")
REASONS_SHOWN = 4
# Slices of time. One flow that has lost a packet and its repetition is silent for 0.2 s + 0.4 s and
# longer, all of them at once are not, even with two processors for tool, hosts and mtud.
DARK_MAX = 2


def standstill(slices):
    """Sentences about flows that stood still: all of them for a while, one of them all the time."""
    if not slices:
        return ["nobody looked at the flows"]
    wrong = []
    if (longest := dark(slices, slices[0])) > DARK_MAX:
        wrong.append(f"all flows stood still for {longest * SLICE_S:g} s")
    return wrong + [f"flow {name} stood still" for name in slices[0]
                    if dark(slices, [name]) == len(slices)]


def judge(seen):
    """Sentences about what is wrong with what was seen of one attack; none: it was withstood."""
    wrong = []
    if not seen["alive"]:
        return ["mtud has ended"]
    if seen["packets"] == 0:
        wrong.append("the tool sent nothing")
    if seen["sanitizer"]:
        wrong.append("a sanitizer complains")
    wrong += standstill(seen["slices"])
    if seen["ping"][1] == 0:
        wrong.append("no ping was answered")
    if seen["neighbors"] > NEIGHBORS_MAX:
        wrong.append(f"{seen['neighbors']} neighbors")
    wrong += [f"static neighbor {name} is {mac}" for name, mac in seen["moved"].items()]
    if seen["grown_kb"] > seen["growth_max_kb"]:
        wrong.append(f"memory grew by {seen['grown_kb']} kB")
    if not seen["dynamic"] and not seen["poisons"]:
        wrong.append(f"{DYNAMIC} is not reached")
    return wrong


def summary(counters):
    """The largest few of counters, and how many others there are."""
    ranked = sorted(counters.items(), key=lambda item: -item[1])
    shown = [f"{name} {count}" for name, count in ranked[:REASONS_SHOWN]]
    if len(ranked) > REASONS_SHOWN:
        shown.append(f"{len(ranked) - REASONS_SHOWN} more")
    return ", ".join(shown) or "forwarded, or heard in silence"


def row(attack, seen, usual):
    """The cells of an attack's row; `usual` is what the flows carry in a second undisturbed."""
    wrong = judge(seen)
    share = min((octets / seen["seconds"] / usual[name] for name, octets in seen["flows"].items()),
                default=0)
    verdict = "; ".join(wrong) or ("withstood" if seen["dynamic"] else
                                   "withstood; not static: taken over (RFC 4861)")
    return (attack.tool, " ".join(attack.args), str(seen["packets"]),
            summary({**seen["drops"], **seen["answers"]}), f"{min(share, 1):.0%}",
            f"{seen['ping'][1]}/{seen['ping'][0]}", verdict)


def markdown(rows):
    lines = [" | ".join(("", *HEADS, "")).strip(), "| " + " | ".join("---" for _ in HEADS) + " |"]
    return "\n".join(lines + ["| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
                              for cells in rows])


class Judge:
    """Looks on at a siege, one attack after the other."""

    def __init__(self, siege, asan):
        self.siege = siege
        self.growth_max_kb = GROWTH_KB["asan" if asan else "plain"]
        self.usual = {}

    def measure(self, seconds=3):
        """What the flows carry undisturbed."""
        before = {f.name: f.octets for f in self.siege.flows}
        time.sleep(seconds)
        self.usual = {f.name: max(f.octets - before[f.name], 1) / seconds
                      for f in self.siege.flows}

    def _reached(self):
        """Is A's resolved address reached again, within a bounded time?"""
        end = time.monotonic() + RECOVER_S
        while True:
            answered = parse_ping(self.siege.ping(DYNAMIC, B, 2).communicate()[0])[1]
            if answered or time.monotonic() > end:
                return answered > 0

    def _have_asked(self):
        """Something for who answers in another's name: mtud asks for A's resolved address."""
        self.siege.mtud.cmd(f"del neighbor {DYNAMIC} port 0")
        self.siege.ping(DYNAMIC, B, 2).communicate()

    def watch(self, attack):
        """Run an attack; return what was seen."""
        siege = self.siege
        drops, answers, kb = siege.drops(), siege.answers(), siege.resident_kb()
        octets = {f.name: f.octets for f in siege.flows}
        packets, start = siege.sent_by_attacker(), time.monotonic()
        ping = siege.ping(A, B, int(attack.seconds / PING_S))
        for line in attack.console:
            siege.mtud.cmd(line)
        asked = threading.Timer(attack.seconds / 2, self._have_asked)
        if attack.poisons:
            asked.start()
        with Pulse(siege.flows) as pulse:
            siege.attack(attack.argv, attack.seconds)
            # Some end at once: what they did is seen as long as the pings last.
            text = ping.communicate()[0]
        if attack.poisons:
            asked.join()
        seen = {"seconds": time.monotonic() - start, "alive": siege.mtud.alive(),
                "ping": parse_ping(text), "packets": siege.sent_by_attacker() - packets,
                "flows": {f.name: f.octets - octets[f.name] for f in siege.flows},
                "slices": pulse.slices, "poisons": attack.poisons,
                "growth_max_kb": self.growth_max_kb}
        if seen["alive"]:
            seen.update(self._state(attack, drops, answers, kb))
        return seen

    def _state(self, attack, drops, answers, kb):
        siege = self.siege
        table = siege.neighbors()
        reached = self._reached() if not attack.poisons else \
            table.get(DYNAMIC, {}).get("lladdr", MAC_A) == MAC_A
        if attack.poisons:
            siege.mtud.cmd(f"del neighbor {DYNAMIC} port 0")
        for line in attack.console:
            siege.mtud.cmd(" ".join(["del", *line.split()[1:3]]))
        return {"sanitizer": siege.sanitizer_complains(), "neighbors": len(table),
                "moved": {name: table[name]["lladdr"] for name, mac in ((A, MAC_A), (B, MAC_B))
                          if table[name]["lladdr"] != mac},
                "drops": risen(drops, siege.drops()), "answers": risen(answers, siege.answers()),
                "grown_kb": siege.resident_kb() - kb, "dynamic": reached}
