# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The benchmark's words: a table of each work."""

import sys

from bench_works import CHANGING, MTUD

OWN_CORE = 0.97


def show(name, work, results):
    print(f"\n{name}: {work.comes};\n{work.shape()}. mtud {work.does}.")
    print(f"  {'':<18}{'fast tenth':>12}{'median':>14}{'spread':>9}{'of io, fast':>14}"
          f"{'of io, median':>16}")
    for program, r in results.items():
        print(f"  {program:<18}{r['mpps_fast_tenth']:>7.2f} Mpps{r['mpps_median']:>9.2f} Mpps"
              f"{r['spread']:>9.0%}{r['ratio_to_io_fast_tenth']:>14.2f}"
              f"{r['ratio_to_io_median']:>16.2f}")
    for row in (CHANGING, MTUD):
        for other, (fast, median) in results.get(row, {}).get("beside", {}).items():
            print(f"  {row} is {fast:.3f} of {other} by the fast tenth, {median:.3f} by the "
                  "median.")
    poorest = min(r["cpu_share"] for r in results.values())
    if poorest < OWN_CORE:
        print(f"  Others were at work: a worker had {poorest:.0%} of its core. Measure again.")
    if CHANGING in results:
        print(f"  {results[CHANGING]['changes_per_second']:,} changes a second in its windows.")
    for program, r in results.items():
        if "load" in r:
            load = r["load"]
            print(f"  {program} loads {load['routes']:,} routes from a file in "
                  f"{load['seconds']:.2f} s ({load['cpu_seconds']:.2f} s of them on its core); "
                  "a copy of the table takes "
                  f"{load['copy_octets'] / 1e6:.0f} MB, all of it "
                  f"{load['memory_octets'] / 1e6:.0f} MB.")
    sys.stdout.flush()
