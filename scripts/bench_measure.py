# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Windows of programs in turn, and what they say."""

import statistics

import bench_rows
from bench_works import CHANGING, MTUD


def fast_tenth(rates):
    """The rate that the fastest tenth of the windows reaches."""
    return sorted(rates)[-max(1, len(rates) // 10)]


def compare(rates, others):
    """How fast a program is beside another one: by the fast tenth, by the median of all turns."""
    return [round(fast_tenth(rates) / fast_tenth(others), 3),
            round(statistics.median(a / b for a, b in zip(rates, others)), 3)]


def spread(rates):
    """How far apart the middle half of the windows lies, as a part of the median."""
    if len(rates) < 2:
        return 0.0
    low, middle, high = statistics.quantiles(rates, n=4)
    return round((high - low) / middle, 3)


def result(program, first):
    """What is said of a row; first is the one that all are compared with."""
    rates = program.rates
    fast, median = compare(rates, first.rates)
    said = {
        "mpps_fast_tenth": round(fast_tenth(rates), 3),
        "mpps_median": round(statistics.median(rates), 3),
        "spread": spread(rates),
        "cpu_share": round(min(1.0, statistics.median(program.shares)), 3),
        # What it would be with the core to itself; on a quiet machine it is the median.
        "mpps_of_own_core": round(statistics.median(
            rate / max(share, 0.01) for rate, share in zip(rates, program.shares)), 3),
        "ratio_to_io_fast_tenth": fast,
        "ratio_to_io_median": median,
        "windows_mpps": [round(rate, 3) for rate in rates],
    }
    if program.load is not None:
        said["load"] = program.load
    if program.name == CHANGING:
        said["changes_per_second"] = round(statistics.median(program.changes_per_second))
    return said


def compared(running):
    """The results of programs that had their windows, testpmd io first and mtud last; mtud's say,
    too, how it is beside all but testpmd's other modes."""
    results = {program.name: result(program, running[0]) for program in running}
    mtud = running[-1]
    for program in running[:-1]:
        if program.name == CHANGING:
            results[CHANGING]["beside"] = {MTUD: compare(program.rates, mtud.rates)}
        elif program.name not in ("testpmd io", "testpmd macswap"):
            results[mtud.name].setdefault("beside", {})[program.name] = compare(
                mtud.rates, program.rates)
    return results


def measure(rows, rounds, window):
    """Start the rows' programs, give each its windows, return the results by name."""
    running = bench_rows.start(rows)
    try:
        for _ in range(rounds):
            for program in running:
                program.window(window)
    finally:
        bench_rows.end(running)
    return compared(running)
