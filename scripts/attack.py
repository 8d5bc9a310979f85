# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Attackers' tools against mtud, with real flows beside them: see attack.sh."""

import argparse
import os
import shutil
import signal
import sys
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(ROOT, "dts"))
os.environ["MTUD_HISTORY"] = ""  # the user's own stays as it is

from lab.attacks import named  # noqa: E402
from lab.siege import Siege  # noqa: E402
from lab.verdict import Judge, judge, markdown, row  # noqa: E402

REST_S = 15


def left_open(siege):
    """Packets that mtud still has once it has had time to end them all."""
    end = time.monotonic() + REST_S
    while (packets := siege.open_packets()) and time.monotonic() < end:
        time.sleep(0.2)
    return packets


def run(binary, attacks, asan):
    """Run attacks one after the other; return how many were not withstood."""
    rows, bad = [], 0
    with Siege(binary) as siege:
        kb = siege.resident_kb()
        watcher = Judge(siege, asan)
        watcher.measure()
        for attack in attacks:
            seen = watcher.watch(attack)
            rows.append(row(attack, seen, watcher.usual))
            bad += bool(judge(seen))
            print(" | ".join(rows[-1]), flush=True)
            if not seen["alive"]:
                print(siege.mtud.log()[-8000:])
                return bad
        siege.end_flows()
        lost = left_open(siege)
        bad += bool(lost)
        print(f"\n{markdown(rows)}\n")
        print(f"{len(rows)} attacks, {bad} not withstood. Memory {kb} kB at first, "
              f"{siege.resident_kb()} kB at the end; {lost} packets not accounted for.")
    return bad


def main():
    parser = argparse.ArgumentParser(
        prog="attack.sh", description="Run the attackers' tools of thc-ipv6 and ipv6toolkit, for "
        "seconds each, against mtud in network namespaces, with TCP and pings under way through "
        "it. Status 0: all were withstood.")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"), metavar="DIR",
                        help="build folder of the mtud that is attacked (default: build)")
    parser.add_argument("--list", action="store_true", help="the tools and their arguments")
    parser.add_argument("tools", nargs="*", metavar="TOOL", help="only these (default: all)")
    options = parser.parse_args()
    try:
        attacks = named(options.tools)
    except ValueError as err:
        parser.error(f"{err}; --list names them")
    if options.list:
        for attack in attacks:
            print(" ".join(attack.argv))
        return 0
    binary = os.path.join(options.build, "app", "mtud")
    if not os.access(binary, os.X_OK):
        parser.error(f"there is no program {binary}: build it, or name its folder with --build")
    missing = sorted({a.tool for a in attacks if shutil.which(a.tool) is None})
    if missing:
        parser.error(f"not installed: {' '.join(missing)}; scripts/setup.sh --attack installs them")
    with open(binary, "rb") as program:
        asan = b"__asan_init" in program.read()
    return 1 if run(os.path.abspath(binary), attacks, asan) else 0


for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda got, _: sys.exit(128 + got))
sys.exit(main())
