# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Sweeps: rates by number of routes, by size of packets, by number of workers."""

import dataclasses

from bench_measure import measure
from bench_pcap import ETHER, FLOWS
from bench_rows import ONE, TWO
from bench_works import MILLION, MTUD, WORKS, forward, routes

COUNTS = (1000, 10000, 50000, 250000)
FRAMES = (64, 128, 256, 512, 1024, ETHER + 1500)
SMALLEST = {6: 78, 4: 64}


@dataclasses.dataclass(frozen=True)
class Sweep:
    """What changes, and the points: group() gives (group, x, results by program)."""

    title: str
    x: str  # the axis' name
    points: callable


def route_points(rows, rounds, window):
    for version in (6, 4):
        for spread, words in ((FLOWS, "1,024 hot"), (MILLION, "a million")):
            for count in COUNTS:
                work = routes(version, count, spread)
                lacking = rows.lacking(work, few=True)
                if lacking > 0:
                    print(f"  without {words} of {count:,} routes: {lacking} MB of memory more "
                          "than is free are needed.")
                    continue
                yield (f"IPv{version}, {words}", count,
                       measure(rows.few(work), rounds, window))
                rows.inputs.forget()


def size_points(rows, rounds, window):
    for version in (6, 4):
        for octets in FRAMES:
            work = forward(version, max(octets, SMALLEST[version]), l3fwd=True)
            yield (f"IPv{version}", max(octets, SMALLEST[version]),
                   measure(rows.few(work), rounds, window))
            rows.inputs.forget()


def of_own_io(io, mtud):
    """Results of two rows, the second compared with the first."""
    mtud.pop("beside", None)
    for kind in ("fast_tenth", "median"):
        io[f"ratio_to_io_{kind}"] = 1.0
        mtud[f"ratio_to_io_{kind}"] = round(mtud[f"mpps_{kind}"] / io[f"mpps_{kind}"], 3)
    return {"testpmd io": io, MTUD: mtud}


def worker_points(rows, rounds, window):
    """One and two workers in the same rounds; each is compared with testpmd on as many."""
    for name in ("forward", "forward4"):
        work = WORKS[name]
        by_workers = {
            cores.workers: [lambda c=cores: rows.testpmd(f"testpmd io {c.workers}", work, cores=c),
                            lambda c=cores: rows.mtud(f"{MTUD} {c.workers}", work, cores=c)]
            for cores in (ONE, TWO)}
        (version,) = work.makers
        results = measure(sum(by_workers.values(), []), rounds, window)
        for workers in by_workers:
            yield f"IPv{version}", workers, of_own_io(*(
                results[f"{program} {workers}"] for program in ("testpmd io", MTUD)))
        rows.inputs.forget()


SWEEPS = {
    "routes": Sweep("number of routes", "routes", route_points),
    "sizes": Sweep("size of frames", "octets of a frame", size_points),
    "workers": Sweep("number of workers (of two, one shares its CPU with control)", "workers",
                     worker_points),
}


def run(name, rows, rounds, window):
    """The points of a sweep as they are measured, each printed."""
    sweep = SWEEPS[name]
    print(f"\nMpps by {sweep.title}: fast tenth (of testpmd io)")
    points = []
    for group, x, programs in sweep.points(rows, rounds, window):
        points.append({"group": group, "x": x, "programs": programs})
        rates = (f"{program} {r['mpps_fast_tenth']:.2f} ({r['ratio_to_io_fast_tenth']:.2f})"
                 for program, r in programs.items())
        print(f"  {group:<18}{x:>7} {sweep.x:<18}{'  '.join(rates)}", flush=True)
    return points
