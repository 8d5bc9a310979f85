#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Compare mtud with testpmd, and with another mtud: one net_pcap port that repeats a file without
end, one worker, the same worker core for all. What leaves goes nowhere and costs next to nothing.

The machine's speed swings for seconds at a time, so all programs are up all the while and only one
of them runs: each gets a quarter of a second, then it is stopped (SIGSTOP) and the next one goes
on. A window is what DPDK's telemetry counted in it, divided by its time.

Without hugepages testpmd's packets stand one on each page of memory, which costs it much of its
speed with small packets; mtud's do not. "testpmd io dense" has them as mtud has.
"""

import argparse
import ctypes
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import bench_draw
import bench_pcap
from bench_works import WORKS

PR_SET_PDEATHSIG = 1
START_TIMEOUT_S = 60
WARM_UP_S = 0.05
MBUFS = 8192
MTUD, BEFORE, DENSE = "mtud", "mtud before", "testpmd io dense"


class BenchError(Exception):
    """A sentence for the user."""


class Program:
    """One of the programs under measurement, stopped but in its windows.

    work is what mtud is to do; None for testpmd.
    """

    def __init__(self, name, argv, folder, work=None):
        self.name = name
        self.work = work
        self.rates = []
        self.prefix = name.replace(" ", "-")
        self.log = os.path.join(folder, self.prefix + ".log")
        self.telemetry = os.path.join(folder, "dpdk", self.prefix, "dpdk_telemetry.v2")
        eal = ["-l", "0,1", "--no-huge", "-m", "512", "--no-pci", "--file-prefix", self.prefix]
        libc = ctypes.CDLL(None)
        with open(self.log, "wb") as log:
            self.proc = subprocess.Popen(
                [argv[0], *eal, *argv[1:]], stdin=subprocess.PIPE, stdout=log, stderr=log,
                env=dict(os.environ, RUNTIME_DIRECTORY=folder),
                preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))

    def wait_ready(self):
        """Until packets flow; then stop it."""
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end:
            if self.proc.poll() is not None:
                break
            try:
                if self.stats()["opackets"] > 100000:
                    self.proc.send_signal(signal.SIGSTOP)
                    return
            except (OSError, ValueError):
                pass
            time.sleep(0.1)
        with open(self.log, encoding="utf-8", errors="replace") as log:
            words = log.read()[-4000:].rstrip() or "nothing"
        raise BenchError(f"{self.name} does not forward. It says:\n{words}")

    def stats(self):
        """Counters of port 0 now, and with them what mtud counts of its work ("done")."""
        def ask(command):
            sock.send(command.encode())
            return json.loads(sock.recv(65536))[command.partition(",")[0]]

        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
            sock.settimeout(5)
            sock.connect(self.telemetry)
            sock.recv(16384)
            before = time.monotonic()
            answer = ask("/ethdev/stats,0")
            if answer is None:
                raise ValueError("there is no port yet")
            answer["at"] = (before + time.monotonic()) / 2
            answer["done"] = 0
            if self.work is not None and self.work.counter:
                command, key = self.work.counter
                answer["done"] = (ask(command) or {}).get(key, 0)
            return answer

    def window(self, seconds):
        """Run for a window, note its rate, check what was counted."""
        self.proc.send_signal(signal.SIGCONT)
        time.sleep(WARM_UP_S)
        first = self.stats()
        time.sleep(seconds)
        last = self.stats()
        self.proc.send_signal(signal.SIGSTOP)
        counted = {key: last[key] - first[key]
                   for key in ("ipackets", "opackets", "obytes", "at", "done")}
        sends = 1
        if self.work is not None:
            sends = self.work.sends
            self.check(counted)
        self.rates.append(counted["opackets"] / sends / counted["at"] / 1e6)

    def check(self, counted):
        """Did mtud do the work? Everything in comes out, at the right size, and is counted."""
        sent = counted["opackets"] / self.work.sends
        if not 0.98 < sent / max(counted["ipackets"], 1) < 1.02:
            raise BenchError(f"{self.name} sent {counted['opackets']} packets for "
                             f"{counted['ipackets']}, not {self.work.sends} for each.")
        mean = counted["obytes"] / max(counted["opackets"], 1)
        if abs(mean - self.work.octets) > 0.5:
            raise BenchError(f"{self.name} sent frames of {mean:.1f} octets on average, not "
                             f"{self.work.octets}.")
        # Read a moment after the port's, so within a tenth.
        if self.work.counter and not 0.9 < counted["done"] / counted["ipackets"] < 1.1:
            raise BenchError(f"{self.name} counts {counted['done']} packets as "
                             f"{self.work.counter[1]}, of {counted['ipackets']}.")

    def end(self):
        if self.proc.poll() is None:
            self.proc.kill()
        self.proc.wait()
        self.proc.stdin.close()


def fast_tenth(rates):
    """The rate that the fastest tenth of the windows reaches."""
    return sorted(rates)[-max(1, len(rates) // 10)]


def programs(args, folder, name):
    """testpmd's modes and mtud on the same input, testpmd io first and mtud last."""
    work = WORKS[name]
    pcap = os.path.join(folder, f"{name}.pcap")
    config = os.path.join(folder, f"{name}.conf")
    bench_pcap.write_pcap(pcap, work.makers)
    with open(config, "w", encoding="ascii") as out:
        out.write("".join(line + "\n"
                          for line in bench_pcap.mtud_config(work.makers, work.options)))
    port = ["--vdev", f"net_pcap0,rx_pcap={pcap},infinite_rx=1"]

    def testpmd(program, mode, *options):
        return Program(program, [
            args.testpmd, *port, "--", f"--forward-mode={mode}", "--nb-cores=1", "--auto-start",
            f"--total-num-mbufs={MBUFS}", "--no-lsc-interrupt", "--stats-period=0", *options],
            folder)

    def mtud(program, path):
        return Program(program, [path, *port, "--", "-f", config, "--mbufs", str(MBUFS)], folder,
                       work)

    started = []
    try:
        started.append(testpmd("testpmd io", "io"))
        started.append(testpmd(DENSE, "io", "--mp-alloc=anon", "--no-iova-contig"))
        started.append(testpmd("testpmd macswap", "macswap"))
        if args.baseline:
            started.append(mtud(BEFORE, args.baseline))
        started.append(mtud(MTUD, args.mtud))
        return started
    except OSError:
        for program in started:
            program.end()
        raise


def start(running):
    """Bring the programs up, one at a time: each needs the worker's core to get under way.

    An mtud of before that cannot do the work yet is left out.
    """
    for program in running:
        program.proc.send_signal(signal.SIGSTOP)
    for program in list(running):
        program.proc.send_signal(signal.SIGCONT)
        try:
            program.wait_ready()
        except BenchError as err:
            if program.name != BEFORE:
                raise
            print(f"\nWithout {BEFORE}, which cannot do this. It says: "
                  f"{str(err).splitlines()[-1]}")
            program.end()
            running.remove(program)


def compare(program, other):
    """How fast a program is beside another one: by the fast tenth, by the median of all turns."""
    return (round(fast_tenth(program.rates) / fast_tenth(other.rates), 3),
            round(statistics.median(a / b for a, b in zip(program.rates, other.rates)), 3))


def measure(args, folder, name):
    """Windows in turn; return the results of one work."""
    running = programs(args, folder, name)
    everyone = list(running)
    try:
        start(running)
        for _ in range(args.rounds):
            for program in running:
                program.window(args.window)
    finally:
        for program in everyone:
            program.end()
    results = {}
    for program in running:
        fast, median = compare(program, running[0])
        results[program.name] = {
            "mpps_fast_tenth": round(fast_tenth(program.rates), 3),
            "mpps_median": round(statistics.median(program.rates), 3),
            "ratio_to_io_fast_tenth": fast,
            "ratio_to_io_median": median,
            "windows_mpps": [round(rate, 3) for rate in program.rates],
        }
    for program in running:
        if program.name in (DENSE, BEFORE):
            fast, median = compare(running[-1], program)
            results[MTUD] |= {f"ratio_to_{program.prefix}_fast_tenth": fast,
                              f"ratio_to_{program.prefix}_median": median}
    return results


def show(name, results):
    work = WORKS[name]
    of_each = " of each" if len(work.makers) > 1 else ""
    print(f"\n{name}: {work.comes};\n{bench_pcap.FLOWS} flows over {bench_pcap.ROUTES} "
          f"routes{of_each}. mtud {work.does}.")
    print(f"  {'':<18}{'fast tenth':>12}{'median':>14}{'of io, fast':>14}{'of io, median':>16}")
    for program, r in results.items():
        print(f"  {program:<18}{r['mpps_fast_tenth']:>7.2f} Mpps{r['mpps_median']:>9.2f} Mpps"
              f"{r['ratio_to_io_fast_tenth']:>14.2f}{r['ratio_to_io_median']:>16.2f}")
    r = results[MTUD]
    for other in (DENSE, BEFORE):
        if other in results:
            prefix = "ratio_to_" + other.replace(" ", "-")
            print(f"  mtud is {r[prefix + '_fast_tenth']:.3f} of {other} by the fast tenth, "
                  f"{r[prefix + '_median']:.3f} by the median.")
    sys.stdout.flush()


def arguments():
    here = os.path.dirname(os.path.abspath(__file__))
    works = "\n".join(f"  {name:<10}{work.comes}:\n            mtud {work.does}"
                      for name, work in WORKS.items())
    parser = argparse.ArgumentParser(description=__doc__, epilog=f"works:\n{works}",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", nargs="*", metavar="WORK", help="see below (default: all)")
    parser.add_argument("--mtud", default=os.path.join(here, "..", "build", "app", "mtud"),
                        metavar="PATH", help="the program (default: build/app/mtud)")
    parser.add_argument("--baseline", metavar="PATH",
                        help="another mtud, of before a change: a row of its own in the same run")
    parser.add_argument("--testpmd", default="dpdk-testpmd", metavar="PATH",
                        help="what to compare with (default: dpdk-testpmd)")
    parser.add_argument("--rounds", type=int, default=40, metavar="N",
                        help="windows of each program (default: 40)")
    parser.add_argument("--window", type=float, default=0.25, metavar="SECONDS",
                        help="length of a window (default: 0.25)")
    parser.add_argument("--draw", metavar="FILE", help="draw the results there, as SVG")
    parser.add_argument("--json", metavar="FILE", help="write the results there too")
    args = parser.parse_args()
    for work in args.works:
        if work not in WORKS:
            parser.error(f"there is no work {work!r}; the works are {', '.join(WORKS)}")
    if args.rounds < 1 or args.window <= 0:
        parser.error("there must be at least one window, and it must last")
    return args


def main():
    args = arguments()
    needed = [args.mtud, args.baseline, args.testpmd, args.draw and "gnuplot"]
    for program in filter(None, needed):
        if shutil.which(program) is None:
            raise BenchError(f"There is no program {program}.")
    for path in filter(None, (args.json, args.draw)):
        if not os.path.isdir(os.path.dirname(os.path.abspath(path))):
            raise BenchError(f"There is no folder for {path}.")
    results = {}
    with tempfile.TemporaryDirectory(prefix="mtud-bench-") as folder:
        for name in args.works or WORKS:
            results[name] = measure(args, folder, name)
            show(name, results[name])
    if args.json:
        with open(args.json, "w", encoding="ascii") as out:
            json.dump(results, out, indent=1)
            out.write("\n")
        print(f"\nAll windows are in {args.json}.")
    if args.draw:
        bench_draw.draw(args.draw, results)
        print(f"The picture is {args.draw}.")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except (BenchError, OSError) as err:
        sys.exit(f"bench.py: {err}")
    except KeyboardInterrupt:
        sys.exit(130)
