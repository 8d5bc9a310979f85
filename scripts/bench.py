#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Compare mtud with testpmd: one net_pcap port that repeats a file without end, one worker, the
same worker core for all. What leaves goes nowhere and costs next to nothing.

The machine's speed swings for seconds at a time, so all programs are up all the while and only one
of them runs: each gets a quarter of a second, then it is stopped (SIGSTOP) and the next one goes
on. A window is what DPDK's telemetry counted in it, divided by its time.
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

import bench_pcap

PR_SET_PDEATHSIG = 1
START_TIMEOUT_S = 60
WARM_UP_S = 0.05
MBUFS = 8192

# name: octets of the IP packets, MTU of mtud's routes, octets of the frames that mtud sends
WORKS = {
    "forward": (64, 0, 78),
    "ptb": (1500, 1280, bench_pcap.ETHER + 1280),
}


class BenchError(Exception):
    """A sentence for the user."""


class Program:
    """One of the programs under measurement, stopped but in its windows."""

    def __init__(self, name, argv, folder):
        self.name = name
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
            raise BenchError(f"{self.name} does not forward. It says:\n{log.read()[-4000:]}")

    def stats(self):
        """Counters of port 0 now."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
            sock.settimeout(5)
            sock.connect(self.telemetry)
            sock.recv(16384)
            before = time.monotonic()
            sock.send(b"/ethdev/stats,0")
            answer = json.loads(sock.recv(65536))["/ethdev/stats"]
            answer["at"] = (before + time.monotonic()) / 2
            return answer

    def window(self, seconds):
        """Run for a window, note its rate, return what was counted."""
        self.proc.send_signal(signal.SIGCONT)
        time.sleep(WARM_UP_S)
        first = self.stats()
        time.sleep(seconds)
        last = self.stats()
        self.proc.send_signal(signal.SIGSTOP)
        counted = {key: last[key] - first[key] for key in ("ipackets", "opackets", "obytes", "at")}
        self.rates.append(counted["opackets"] / counted["at"] / 1e6)
        return counted

    def end(self):
        if self.proc.poll() is None:
            self.proc.kill()
        self.proc.wait()
        self.proc.stdin.close()


def fast_tenth(rates):
    """The rate that the fastest tenth of the windows reaches."""
    return sorted(rates)[-max(1, len(rates) // 10)]


def programs(args, folder, work):
    """testpmd io, testpmd macswap and mtud on the same input."""
    octets, mtu, _ = WORKS[work]
    pcap = os.path.join(folder, f"{work}.pcap")
    config = os.path.join(folder, f"{work}.conf")
    bench_pcap.write_pcap(pcap, octets)
    with open(config, "w", encoding="ascii") as out:
        out.write("".join(line + "\n" for line in bench_pcap.mtud_config(mtu)))
    port = ["--vdev", f"net_pcap0,rx_pcap={pcap},infinite_rx=1"]

    def testpmd(mode):
        return Program(f"testpmd {mode}", [
            args.testpmd, *port, "--", f"--forward-mode={mode}", "--nb-cores=1", "--auto-start",
            f"--total-num-mbufs={MBUFS}", "--no-lsc-interrupt", "--stats-period=0"], folder)

    started = []
    try:
        started.append(testpmd("io"))
        started.append(testpmd("macswap"))
        started.append(Program("mtud", [args.mtud, *port, "--", "-f", config, "--mbufs",
                                        str(MBUFS)], folder))
        return started
    except OSError:
        for program in started:
            program.end()
        raise


def check(counted, octets_out):
    """Did mtud do the work? Everything in comes out, at the right size."""
    if counted["opackets"] < 0.98 * counted["ipackets"]:
        raise BenchError(f"mtud lost packets: {counted['ipackets']} in, {counted['opackets']} out.")
    mean = counted["obytes"] / max(counted["opackets"], 1)
    if round(mean) != octets_out:
        raise BenchError(f"mtud sent frames of {mean:.1f} octets on average, not {octets_out}.")


def measure(args, folder, work):
    """Windows in turn; return the results of one work."""
    running = programs(args, folder, work)
    try:
        # One at a time also while they start: each needs the worker's core to get under way.
        for program in running:
            program.proc.send_signal(signal.SIGSTOP)
        for program in running:
            program.proc.send_signal(signal.SIGCONT)
            program.wait_ready()
        for _ in range(args.rounds):
            for program in running:
                counted = program.window(args.window)
                if program.name == "mtud":
                    check(counted, WORKS[work][2])
    finally:
        for program in running:
            program.end()
    io = running[0]
    return {program.name: {
        "mpps_fast_tenth": round(fast_tenth(program.rates), 3),
        "mpps_median": round(statistics.median(program.rates), 3),
        "ratio_to_io_fast_tenth": round(fast_tenth(program.rates) / fast_tenth(io.rates), 3),
        "ratio_to_io_median": round(
            statistics.median(a / b for a, b in zip(program.rates, io.rates)), 3),
        "windows_mpps": [round(rate, 3) for rate in program.rates],
    } for program in running}


def show(work, results):
    octets, mtu, _ = WORKS[work]
    what = "forwarded" if work == "forward" else f"answered by Packet Too Big (MTU {mtu})"
    print(f"\n{work}: IPv6/UDP packets of {octets} octets (frames of {octets + 14}), "
          f"{bench_pcap.FLOWS} flows over {bench_pcap.ROUTES} routes;\nby mtud {what}")
    print(f"  {'':<16}{'fast tenth':>12}{'median':>14}{'of io, fast':>14}{'of io, median':>16}")
    for name, r in results.items():
        print(f"  {name:<16}{r['mpps_fast_tenth']:>7.2f} Mpps{r['mpps_median']:>9.2f} Mpps"
              f"{r['ratio_to_io_fast_tenth']:>14.2f}{r['ratio_to_io_median']:>16.2f}")


def draw(path, results):
    """A bar for each program and work: the fast tenth, the median as a dot in it."""
    rows = ["# work program fast_tenth median"]
    for work, programs_ in results.items():
        for name, r in programs_.items():
            rows.append(f'"{work}: {name}" {r["mpps_fast_tenth"]} {r["mpps_median"]}')
    script = "\n".join([
        f'set terminal svg size 760,{90 + 42 * (len(rows) - 1)} font "sans,13" background "white"',
        f'set output "{path}"',
        "$data << END", *rows, "END",
        'set title "Mpps of one worker: fast tenth (bar), median (dot)"',
        "set style fill solid 0.7", "unset key", "set grid xtics", "set xrange [0:*]",
        "set yrange [*:*] reverse", "set ytics nomirror", "set border 3",
        "plot $data using 2:0:(0):2:($0-0.35):($0+0.35):ytic(1) with boxxyerror lc rgb '#4477aa', \\",
        "  $data using 3:0 with points pt 7 ps 0.7 lc rgb '#222222'", ""])
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def arguments():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", nargs="*", metavar="WORK",
                        help=f"{' or '.join(WORKS)} (default: all)")
    parser.add_argument("--mtud", default=os.path.join(here, "..", "build", "app", "mtud"),
                        metavar="PATH", help="the program (default: build/app/mtud)")
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
            parser.error(f"there is no work {work!r}; the works are {' and '.join(WORKS)}")
    if args.rounds < 1 or args.window <= 0:
        parser.error("there must be at least one window, and it must last")
    return args


def main():
    args = arguments()
    for program in (args.mtud, args.testpmd):
        if shutil.which(program) is None:
            raise BenchError(f"There is no program {program}.")
    results = {}
    with tempfile.TemporaryDirectory(prefix="mtud-bench-") as folder:
        for work in args.works or WORKS:
            results[work] = measure(args, folder, work)
            show(work, results[work])
    if args.json:
        with open(args.json, "w", encoding="ascii") as out:
            json.dump(results, out, indent=1)
            out.write("\n")
        print(f"\nAll windows are in {args.json}.")
    if args.draw:
        draw(args.draw, results)
        print(f"The picture is {args.draw}.")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except BenchError as err:
        sys.exit(f"bench.py: {err}")
    except KeyboardInterrupt:
        sys.exit(130)
