#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Compare mtud with testpmd, with l3fwd, and with another mtud: one net_pcap port that repeats a
file without end, one worker, the same worker core for all. What leaves goes nowhere and costs next
to nothing.

The machine's speed swings for seconds at a time, so all programs are up all the while and only one
of them runs: each gets a quarter of a second, then it is stopped (SIGSTOP) and the next one goes
on. A window is what DPDK's telemetry counted in it, divided by its time.

Without hugepages testpmd's packets stand one on each page of memory, which costs it much of its
speed with small packets; mtud's do not. "testpmd io dense" has them as mtud has, and so has
"l3fwd lpm dense".
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile

import bench_bars
import bench_draw
import bench_l3fwd
import bench_report
import bench_sweeps
from bench_measure import measure
from bench_program import CPUS, BenchError
from bench_rows import Inputs, Rows
from bench_sweeps import SWEEPS
from bench_works import WORKS


def epilog():
    lines = ["works:"]
    for name, work in WORKS.items():
        lines += [f"  {name:<11}{work.comes}", f"             {work.shape()}",
                  f"             mtud {work.does}"]
    lines.append("sweeps, only when named or with --sweeps:")
    lines += [f"  {name:<11}rates by {sweep.title}" for name, sweep in SWEEPS.items()]
    return "\n".join(lines)


def arguments():
    build = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "build")
    parser = argparse.ArgumentParser(description=__doc__, epilog=epilog(),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", nargs="*", metavar="WORK",
                        help="a work or a sweep, see below (default: all works)")
    parser.add_argument("--sweeps", action="store_true", help="all sweeps, too")
    parser.add_argument("--mtud", default=os.path.join(build, "app", "mtud"), metavar="PATH",
                        help="the program (default: build/app/mtud)")
    parser.add_argument("--baseline", metavar="PATH",
                        help="another mtud, of before a change: a row of its own in the same run")
    parser.add_argument("--testpmd", default="dpdk-testpmd", metavar="PATH",
                        help="what to compare with (default: dpdk-testpmd)")
    parser.add_argument("--with-l3fwd", action="store_true",
                        help="rows of l3fwd, built in build/l3fwd from Debian's source package")
    parser.add_argument("--rounds", type=int, default=30, metavar="N",
                        help="windows of each program, a third of it in sweeps (default: 30)")
    parser.add_argument("--window", type=float, default=0.25, metavar="SECONDS",
                        help="length of a window (default: 0.25)")
    parser.add_argument("--draw", metavar="BASE",
                        help="draw the results as BASE.svg and BASE.png, sweeps as BASE-SWEEP.*")
    parser.add_argument("--json", metavar="FILE", help="write the results there too")
    args = parser.parse_args()
    for name in args.works:
        if name not in WORKS and name not in SWEEPS:
            parser.error(f"there is no work {name!r}; the works are {', '.join(WORKS)}, the sweeps "
                         f"{', '.join(SWEEPS)}")
    if args.rounds < 1 or args.window <= 0:
        parser.error("there must be at least one window, and it must last")
    args.l3fwd = None
    args.build = build
    return args


def chosen(args):
    """The names of works and of sweeps."""
    works = [name for name in args.works if name in WORKS]
    sweeps = [name for name in args.works if name in SWEEPS]
    return (works if args.works else list(WORKS), list(SWEEPS) if args.sweeps else sweeps)


def check_tools(args):
    for program in filter(None, [args.mtud, args.baseline, args.testpmd, args.draw and "gnuplot"]):
        if shutil.which(program) is None:
            raise BenchError(f"There is no program {program}.")
    for path in filter(None, (args.json, args.draw)):
        if not os.path.isdir(os.path.dirname(os.path.abspath(path))):
            raise BenchError(f"There is no folder for {path}.")


def run(args, folder, results):
    """Measure what was chosen, print it, and put it into results as it comes."""
    rows = Rows(args, Inputs(folder))
    works, sweeps = chosen(args)
    for name in works:
        lacking = rows.lacking(WORKS[name])
        if lacking > 0:
            print(f"\nWithout {name}: its programs need {lacking} MB of memory more than is free.",
                  flush=True)
            continue
        measured = measure(rows.all(WORKS[name]), args.rounds, args.window)
        results["works"][name] = measured
        bench_report.show(name, WORKS[name], measured)
        rows.inputs.forget()
    results["bars"] = bench_bars.evaluate(results["works"])
    if results["bars"]:
        print("\nBars, by the fast tenth:")
        print("\n".join(bench_bars.lines(results["bars"])), flush=True)
    for name in sweeps:
        results["sweeps"][name] = bench_sweeps.run(name, rows, max(1, args.rounds // 3),
                                                   args.window)


def main():
    args = arguments()
    check_tools(args)
    if args.with_l3fwd:
        args.l3fwd = bench_l3fwd.build(args.build)
    # The worker's core is for workers.
    os.sched_setaffinity(0, {min(CPUS)})
    results = {"works": {}, "bars": [], "sweeps": {}}
    with tempfile.TemporaryDirectory(prefix="mtud-bench-") as folder:
        run(args, folder, results)
    if args.json:
        with open(args.json, "w", encoding="ascii") as out:
            json.dump(results, out, indent=1)
            out.write("\n")
        print(f"\nAll windows are in {args.json}.")
    if args.draw:
        titles = {name: (sweep.title, sweep.x) for name, sweep in SWEEPS.items()}
        paths = bench_draw.draw(args.draw, results["works"], results["sweeps"], titles)
        print(f"Pictures: {', '.join(paths)}.")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except (BenchError, OSError) as err:
        sys.exit(f"bench.py: {err}")
    except KeyboardInterrupt:
        sys.exit(130)
