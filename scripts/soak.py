#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Give mtud all kinds of trouble at once for some minutes, in network namespaces: TCP, pings,
floods, packets too big, fragments, malformed packets, scans, loads good and bad, changes, questions,
rude clients, captures, traces, links that flap. Every second memory, descriptors, threads and
buffers are looked at.

It passes when all of those are in the last quarter what they were in the first (behind a tenth for
warming up), when every buffer is back once traffic has ended, when packets are forwarded then
without loss, and when mtud ends with status 0 and no sanitizer complains. Nothing is left behind,
whatever ends it.
"""

import argparse
import contextlib
import os
import shutil
import signal
import sys
import time

import soak_report
from soak_bench import CONFIG, Bench, GoodFlow
from soak_sample import Samples
from soak_trouble import Troubles

from lab.mtud import MtudError

REST_S = 20
MEMORY_MINUTES = 1
QUIET = 200


def arguments():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    parser = argparse.ArgumentParser(prog="soak.sh", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", nargs="?", type=float, default=5, metavar="MINUTES",
                        help="how long (default: 5)")
    parser.add_argument("--mtud", default=os.path.join(root, "build", "app", "mtud"),
                        metavar="PATH", help="the program (default: build/app/mtud)")
    parser.add_argument("--out", metavar="BASE", help="write BASE.csv, BASE.svg and BASE.png")
    parser.add_argument("--seed", type=int, default=1, metavar="N",
                        help="of the choices that are made (default: 1)")
    args = parser.parse_args()
    if args.minutes <= 0:
        parser.error("it must last some time, as in soak.sh 0.5")
    if not os.access(args.mtud, os.X_OK):
        parser.error(f"there is no program {args.mtud}; build it, or name it with --mtud")
    if args.out and shutil.which("gnuplot") is None:
        parser.error("there is no gnuplot for the picture; scripts/setup.sh installs it")
    return args


def soak(bench, args):
    """All the trouble; the rows of what was seen meanwhile, and what the soak itself broke."""
    flow = GoodFlow(bench)
    samples = Samples(bench, flow)
    troubles = Troubles(bench, args.seed)
    end = time.monotonic() + 60 * args.minutes
    told = time.monotonic()
    try:
        while time.monotonic() < end and bench.mtud.alive():
            time.sleep(0.2)
            if time.monotonic() - told > 60 and samples.rows:
                told = time.monotonic()
                row = samples.rows[-1]
                print(f"  {row['seconds'] / 60:4.0f} min: {row['rss_mb']:.0f} MB, "
                      f"{row['descriptors']} descriptors, {row['rx_pps']:,.0f} packets/s",
                      flush=True)
    finally:
        troubles.end()
        blind = samples.close()
        flow.close()
    return samples.rows, troubles.broken + blind


def in_use(bench):
    """Pool -> buffers in use, where there are any."""
    return {p["pool"]: p["in_use"] for p in bench.mtud.json("show memory")["pools"] if p["in_use"]}


def rest(bench):
    """Sentences of what is wrong when all has ended: buffers that are not back, packets lost."""
    faults = []
    bench.console("capture stop")
    for line in ("set log drop info", "set log icmp info",
                 f"load {bench.mtud.file('soak.conf', ['flush', *CONFIG])}"):
        answer = bench.console(line)
        if answer:
            faults.append(f"{line} is answered {answer.strip()}")
    end = time.monotonic() + REST_S
    while in_use(bench) and time.monotonic() < end:
        time.sleep(0.2)
    if in_use(bench):
        faults.append(f"buffers are not back: {in_use(bench)}")
    lost = GoodFlow(bench, QUIET).wait(REST_S)
    if lost:
        faults.append(f"{lost} of {QUIET} packets are lost though nothing else goes on")
    return faults


def is_sanitized(path):
    """Then memory that was freed is kept for a while."""
    with open(path, "rb") as program:
        return b"__asan_init" in program.read()


def run(args):
    """Sentences of what is wrong; none: it passed."""
    bench = Bench(args.mtud)
    try:
        bench.mtud.wait_ready()
        print(f"{args.minutes:g} minutes of trouble:", flush=True)
        rows, faults = soak(bench, args)
        if not bench.mtud.alive():
            return faults + [f"mtud ended with {bench.mtud.proc.wait()}:\n"
                             f"{bench.mtud.log()[-4000:]}"]
        faults += rest(bench)
        try:
            bench.mtud.stop()
        except MtudError as err:
            faults.append(str(err)[-4000:])
        return faults + report(args, bench, rows)
    finally:
        bench.close()


def report(args, bench, rows):
    """Print and write what was seen; sentences of what grows."""
    had = ", ".join(f"{n:,} {what}" for what, n in sorted(bench.counts.items()))
    print(f"\nIt had: {had}.")
    if len(rows) < 4:
        return ["it did not last long enough for four looks"]
    without = ("rss_mb", "pss_mb", "own_mb") if is_sanitized(args.mtud) else ()
    if args.minutes < MEMORY_MINUTES:
        without = soak_report.MEMORY
        print("\nNothing is said about memory: a quarter of less than a minute is a few looks, and "
              "a capture that runs is some megabytes.")
    compared = soak_report.compare(rows, without)
    soak_report.show(compared)
    sent, lost = (sum(row[key] for row in rows) for key in ("good_sent", "good_lost"))
    print(f"\n  The good flow lost {lost / max(sent, 1):.2%} of {sent:,.0f} packets, while links "
          "flapped, forwarding was stopped and floods filled its ring.")
    if args.out:
        soak_report.write_csv(f"{args.out}.csv", rows)
        paths = [f"{args.out}.csv", *soak_report.draw(args.out, rows)]
        print(f"  All of it is in {', '.join(os.path.relpath(path) for path in paths)}.")
    return [f"{name} grows from {first:.1f} to {last:.1f}"
            for name, first, last, _, flat in compared if not flat]


def main():
    args = arguments()
    faults = run(args)
    for fault in faults:
        print(f"soak.sh: {fault}", file=sys.stderr)
    print("\nFAILED" if faults else "\nAll is flat, all buffers are back, and mtud ended well.")
    return 1 if faults else 0


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _: sys.exit(128 + got))
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
