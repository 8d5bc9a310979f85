# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The bars: what mtud is to reach beside other programs in the same run."""

import dataclasses
from collections.abc import Callable

from bench_works import CHANGING, HOT, MTUD


@dataclasses.dataclass(frozen=True)
class Bar:
    """One bar: what is measured, and what it is to be. Without a limit it is stated only."""

    work: str
    what: str
    value: Callable  # of a work's results by program; None where it was not measured
    at_least: float = None
    below: float = None
    aim: float = None

    def met(self, value):
        if self.at_least is not None:
            return value >= self.at_least
        return value < self.below if self.below is not None else None


def beside(others, row=MTUD):
    """The row's rate as a part of the slowest of others, by the fast tenth."""
    def value(programs):
        if row not in programs or any(name not in programs for name in others):
            return None
        slowest = min(programs[name]["mpps_fast_tenth"] for name in others)
        return round(programs[row]["mpps_fast_tenth"] / slowest, 3)
    return value


def of_io(work, at_least=None, aim=None):
    return Bar(work, "of testpmd io", beside(["testpmd io"]), at_least, aim=aim)


def loading(key):
    return lambda programs: programs[MTUD].get("load", {}).get(key)


def memory(programs):
    load = programs[MTUD].get("load")
    return None if load is None else round(2 * load["copy_octets"] / 1e6)


BARS = [
    of_io("forward", 0.66, 0.72),
    Bar("forward", "of l3fwd lpm", beside(["l3fwd lpm"]), 1),
    of_io("forward4", 0.68, 0.74),
    Bar("forward4", "of l3fwd lpm", beside(["l3fwd lpm"])),
    Bar("mixed", "of the slower family", beside(["mtud IPv6 only", "mtud IPv4 only"]), 0.9),
    of_io("routes6", 0.25),
    Bar("routes6", "of io on 1,024 packets", beside([HOT])),
    Bar("routes6", "seconds to load", loading("seconds"), below=3),
    Bar("routes6", "MB of both copies", memory),
    of_io("routes6hot", 0.52),
    of_io("routes4", 0.30),
    Bar("routes4", "of io on 1,024 packets", beside([HOT])),
    Bar("routes4", "seconds to load", loading("seconds"), below=15),
    Bar("routes4", "MB of both copies", memory),
    of_io("ptb", 0.45, 0.55),
    Bar("ptb1in100", "of forwarding all", beside(["mtud all fit"]), 0.9),
    Bar("changes", "of no changes", beside([MTUD], CHANGING), 0.95),
    Bar("changes", "changes a second",
        lambda programs: programs.get(CHANGING, {}).get("changes_per_second")),
    of_io("fragment"),
    of_io("mss4"),
    of_io("mss6"),
]


def evaluate(works):
    """Of each bar whose work was measured: what it is, what was measured, whether it is met."""
    found = []
    for bar in BARS:
        value = bar.value(works[bar.work]) if bar.work in works else None
        if value is not None:
            found.append({"work": bar.work, "what": bar.what, "measured": value,
                          "at_least": bar.at_least, "below": bar.below, "aim": bar.aim,
                          "met": bar.met(value)})
    return found


def limit(found):
    if found["at_least"] is not None:
        aim = f", aim {found['aim']:g}" if found["aim"] is not None else ""
        return f"at least {found['at_least']:g}{aim}"
    return f"below {found['below']:g}" if found["below"] is not None else "to be stated"


def lines(evaluated):
    """The bars as a table to print."""
    yield f"  {'work':<12}{'mtud is':<24}{'measured':>9}   {'bar':<26}"
    for found in evaluated:
        verdict = {True: "met", False: "not met", None: ""}[found["met"]]
        if found["aim"] is not None and found["measured"] >= found["aim"]:
            verdict = "met, and the aim"
        yield (f"  {found['work']:<12}{found['what']:<24}{found['measured']:>9g}   "
               f"{limit(found):<26}{verdict}").rstrip()
