# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The rows of a work: which programs do it, how they are called, and how they come up."""

import dataclasses
import os

import bench_l3fwd
import bench_pcap
import bench_tables
from bench_changes import Changing
from bench_program import BenchError, Program
from bench_works import BEFORE, DENSE, MTUD


@dataclasses.dataclass(frozen=True)
class Cores:
    """Where a program runs: control first, then the workers."""

    workers: int
    eal: tuple


ONE = Cores(1, ("-l", "0,1"))
# l3fwd's main lcore forwards like the others; a port with one queue has room for one.
ALONE = Cores(1, ("-l", "1"))
# As many workers as CPUs: control sleeps most of the time, and shares the first worker's.
TWO = Cores(2, ("--lcores", "0@0,1@0,2@1"))


class Inputs:
    """Makes the files of works, each once, in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.made = {}

    def file(self, kind, key, write):
        """The file of this kind for a key, written when it is first asked for."""
        if (kind, key) not in self.made:
            path = os.path.join(self.folder, f"{len(self.made)}.{kind}")
            write(path)
            self.made[kind, key] = path
        return self.made[kind, key]

    def forget(self):
        """A million packets are 100 MB: the next work has others."""
        for path in self.made.values():
            os.unlink(path)
        self.made.clear()

    def pcap(self, work):
        def write(path):
            if not work.destinations:
                bench_pcap.write_pcap(path, work.makers, work.flows)
                return
            (version, make), = work.makers.items()
            prefixes = bench_tables.table(version, work.routes)
            addresses = bench_tables.destinations(version, prefixes, work.destinations)
            bench_tables.write_pcap_to(path, version, make, addresses)

        return self.file("pcap", id(work), write)

    def config(self, work):
        """mtud's file for -f, without a large table."""
        lines = (bench_pcap.base_config(work.makers) if work.routes else
                 bench_pcap.mtud_config(work.makers, work.options))

        def write(path):
            with open(path, "w", encoding="ascii") as out:
                out.writelines(line + "\n" for line in lines)

        return self.file("conf", id(work), write)

    def table(self, work):
        """A large table for mtud's `load`; None where the work has none."""
        if not work.routes:
            return None
        (version,) = work.makers
        return self.file("routes", (version, work.routes), lambda path: bench_tables.write_routes(
            path, version, bench_tables.table(version, work.routes)))


class Rows:
    """Starts programs for works."""

    def __init__(self, args, inputs):
        self.args = args
        self.inputs = inputs
        self.folder = inputs.folder

    def vdev(self, work, cores=ONE):
        queues = f"rx_pcap={self.inputs.pcap(work)}," * cores.workers
        return ["--vdev", f"net_pcap0,{queues}infinite_rx=1"]

    def testpmd(self, name, work, mode="io", cores=ONE, dense=False):
        """testpmd's own pools hold one packet in each page of 4 KiB without hugepages; dense, they
        lie beside EAL's memory."""
        mbufs = work.mbufs * cores.workers
        memory = 512 + (0 if dense else mbufs // 240)
        more = ["--mp-alloc=anon", "--no-iova-contig"] if dense else []
        return Program(name, [
            self.args.testpmd, "-m", str(memory), *self.vdev(work, cores), "--",
            f"--forward-mode={mode}", f"--nb-cores={cores.workers}", f"--rxq={cores.workers}",
            f"--txq={cores.workers}", "--auto-start", f"--total-num-mbufs={mbufs}",
            "--no-lsc-interrupt", "--stats-period=0", "--no-mlockall", *more],
            self.folder, cores.eal)

    def mtud(self, name, work, cores=ONE, path=None):
        mbufs = work.mbufs * cores.workers
        memory = 512 * cores.workers + mbufs // 350
        argv = ["-f", self.inputs.config(work), "--mbufs", str(mbufs),
                "--console", os.path.join(self.folder, name.replace(" ", "-") + ".console")]
        table = self.inputs.table(work)
        if table is not None:
            # IPv4 prefixes of up to /24 need the first level only.
            groups = work.routes if 6 in work.makers else 0
            memory += 3072
            argv += ["--no-start", "--routes", str(work.routes + 1024),
                     "--tbl8s", str(max(16384, groups))]
        return Program(name, [path or self.args.mtud, "-m", str(memory), *self.vdev(work, cores),
                              "--", *argv], self.folder, cores.eal, work, table)

    def l3fwd(self, name, work, lookup, program):
        rules = {version: self.inputs.file(f"rules{version}", None,
                                           lambda path, v=version: bench_l3fwd.write_rules(path, v))
                 for version in (4, 6)}
        return Program(name, [
            program, "-m", "1024", *self.vdev(work), "--", "-p", "1", "--config=(0,0,1)",
            "--parse-ptype", f"--lookup={lookup}", f"--rule_ipv4={rules[4]}",
            f"--rule_ipv6={rules[6]}"], self.folder, ALONE.eal, work)

    def lacking(self, work, few=False):
        """Megabytes of memory that the programs of all() or few() lack for a work."""
        if not work.big:
            return 0
        testpmds, mtuds = (1, 1) if few else (2, 2 if self.args.baseline else 1)
        needed = testpmds * (128 + work.mbufs // 240) + mtuds * (1536 + work.mbufs // 350)
        return max(0, 512 + needed - available_mb())

    def all(self, work):
        """All rows of a work, testpmd io first and mtud last, as calls that start one each."""
        rows = [lambda: self.testpmd("testpmd io", work),
                lambda: self.testpmd(DENSE, work, dense=True)]
        if not work.big:
            rows.append(lambda: self.testpmd("testpmd macswap", work, "macswap"))
        if self.args.l3fwd and work.l3fwd:
            plain, dense = self.args.l3fwd
            rows += [lambda: self.l3fwd("l3fwd lpm", work, "lpm", plain),
                     lambda: self.l3fwd("l3fwd fib", work, "fib", plain),
                     lambda: self.l3fwd("l3fwd lpm dense", work, "lpm", dense)]
        for name, (testpmds, other) in work.beside.items():
            one = self.testpmd if testpmds else self.mtud
            rows.append(lambda one=one, name=name, other=other: one(name, other))
        if self.args.baseline:
            rows.append(lambda: self.mtud(BEFORE, work, path=self.args.baseline))
        return rows + [lambda: self.mtud(MTUD, work)]

    def few(self, work):
        """The rows that a sweep compares."""
        rows = [lambda: self.testpmd("testpmd io", work)]
        if self.args.l3fwd and work.l3fwd:
            plain, _ = self.args.l3fwd
            rows += [lambda: self.l3fwd("l3fwd lpm", work, "lpm", plain),
                     lambda: self.l3fwd("l3fwd fib", work, "fib", plain)]
        return rows + [lambda: self.mtud(MTUD, work)]


def available_mb():
    """Megabytes of memory that programs may still take."""
    with open("/proc/meminfo", encoding="ascii") as info:
        return next(int(line.split()[1]) for line in info if line.startswith("MemAvail")) // 1024


def start(rows):
    """Bring the programs up, one at a time: each needs the worker's core to get under way.

    An mtud of before that cannot do the work is left out.
    """
    running = []
    try:
        for row in rows:
            running.append(row())
            try:
                running[-1].wait_ready()
            except BenchError as err:
                if running[-1].name != BEFORE:
                    raise
                print(f"\nWithout {BEFORE}, which cannot do this. It says: "
                      f"{str(err).splitlines()[-1]}")
                running.pop().end()
    except BaseException:
        end(running)
        raise
    mtud = running[-1]
    if mtud.work.changes:
        running.insert(-1, Changing(mtud))
    return running


def end(running):
    for program in running:
        program.end()
