#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""How much time one worker adds to a packet's way, beside testpmd on the same path: mtud-perf
sends packets over net_memif to the program, which sends them back, and takes the time.

The worker has a CPU of its own, and so has mtud-perf; the program's control thread sleeps on the
latter. All programs are up all the while and only one of them runs (the others are stopped), so
that a swing of the machine's speed hits all of them. What mtud takes longer than testpmd io is
what the router adds to the way of a packet; what testpmd io takes is the path itself: two queues
in shared memory, and the two CPUs that look at them.
"""

import argparse
import contextlib
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

PR_SET_PDEATHSIG = 1
START_TIMEOUT_S = 60
MTUD, IO, MACSWAP = "mtud", "testpmd io", "testpmd macswap"
# mtud-perf's packets are to this MAC, and to the first of these routes.
PORT_MAC = "02:00:00:00:00:a1"
CONFIG = """\
add address 2001:db8:11::1/64 port 0
add neighbor 2001:db8:11::2 lladdr 02:00:00:00:00:a2 port 0
""" + "".join(f"add route 2001:db8:{0x1000 + n:x}::/48 via 2001:db8:11::2\n" for n in range(256))
# One at a time: so many for a second of a window, which takes less.
ONE_AT_A_TIME = 100000
WARM_UP = 1000
LOOKS = ("min", "p50", "p99", "max")


class BenchError(Exception):
    """A sentence for the user."""


def spawn(argv, log, **kwargs):
    """Start a program that does not outlive this one."""
    libc = ctypes.CDLL(None)
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stderr=log, text=True,
                            preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
                            **kwargs)


class Path:
    """A program that sends packets back, stopped but in its windows, and the mtud-perf that sends
    them: they meet at a socket of their own."""

    def __init__(self, name, args, folder, argv):
        self.name = name
        self.hop_limit = 63 if name == MTUD else 64
        self.windows = {pps: [] for pps in args.pps}
        self.seconds = args.window
        prefix = name.replace(" ", "-")
        self.log = os.path.join(folder, prefix + ".log")
        self.telemetry = os.path.join(folder, "dpdk", prefix + "-far", "dpdk_telemetry.v2")
        near, far = args.cpus
        self.env = dict(os.environ, RUNTIME_DIRECTORY=folder)

        def eal(who, lcores, memory, role):
            return ["--lcores", lcores, "--no-huge", "-m", str(memory), "--no-pci",
                    "--file-prefix", f"{prefix}-{who}",
                    f"--vdev=net_memif0,role={role},socket={os.path.join(folder, prefix)},"
                    "socket-abstract=no"]

        self.perf = None
        self.perf_argv = [args.perf, *eal("near", f"0@{near}", 128, "client"), "--", "latency",
                          "--stdin", "--json"]
        with open(self.log, "wb") as log:
            self.program = spawn(
                [argv[0], *eal("far", f"0@{near},1@{far}", 512, f"server,mac={PORT_MAC}"), "--",
                 *argv[1:]], log, stdout=log, env=self.env)

    def is_up(self):
        """Has it started its port?"""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
                sock.settimeout(5)
                sock.connect(self.telemetry)
                sock.recv(16384)
                sock.send(b"/ethdev/info,0")
                info = json.loads(sock.recv(16384))["/ethdev/info"]
                return info is not None and info["dev_started"] == 1
        except (OSError, ValueError):
            return False

    def fail(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            words = log.read()[-4000:].rstrip() or "nothing"
        return BenchError(f"{self.name} does not send packets back. It and mtud-perf say:\n"
                          f"{words}")

    def ask(self, count, pps):
        """Have mtud-perf measure once."""
        try:
            self.perf.stdin.write(f"{count} {pps}\n")
            self.perf.stdin.flush()
            return json.loads(self.perf.stdout.readline())
        except (OSError, ValueError):
            raise self.fail() from None

    def start(self):
        """Until packets come back; then stop it. Who asks net_memif for a link before its other
        end is up may bring that down."""
        end = time.monotonic() + START_TIMEOUT_S
        while not self.is_up():
            if self.program.poll() is not None or time.monotonic() > end:
                raise self.fail()
            time.sleep(0.05)
        with open(self.log, "ab") as log:
            self.perf = spawn(self.perf_argv, log, stdout=subprocess.PIPE, env=self.env)
        self.ask(WARM_UP, 0)
        self.program.send_signal(signal.SIGSTOP)

    def window(self, pps):
        """Let it run for a window; note what mtud-perf saw, and check that it was this program."""
        count = max(1, round((pps or ONE_AT_A_TIME) * self.seconds))
        self.program.send_signal(signal.SIGCONT)
        result = self.ask(count, pps)
        self.program.send_signal(signal.SIGSTOP)
        if result["lost"] > result["sent"] / 2:
            raise BenchError(f"{self.name} lost {result['lost']} of {result['sent']} packets.")
        if result["hop_limit"] != self.hop_limit:
            raise BenchError(f"{self.name} sent packets back with hop limit "
                             f"{result['hop_limit']}, not {self.hop_limit}.")
        self.windows[pps].append(result)

    def end(self):
        """The program first: a memif port must not go away under a worker's hands."""
        for proc in filter(None, (self.program, self.perf)):
            if proc.poll() is None:
                proc.kill()
            proc.wait()
            with contextlib.suppress(OSError):
                proc.stdin.close()
        if self.perf is not None:
            self.perf.stdout.close()


def paths(args, folder):
    """testpmd io first, mtud last."""
    config = os.path.join(folder, "mtud.conf")
    with open(config, "w", encoding="ascii") as out:
        out.write(CONFIG)

    def testpmd(mode):
        return [args.testpmd, f"--forward-mode={mode}", "--nb-cores=1", "--auto-start",
                "--total-num-mbufs=8192", "--no-lsc-interrupt", "--stats-period=0"]

    started = []
    try:
        for name, argv in ((IO, testpmd("io")), (MACSWAP, testpmd("macswap")),
                           (MTUD, [args.mtud, "-f", config])):
            started.append(Path(name, args, folder, argv))
            started[-1].start()
    except (BenchError, OSError):
        for path in started:
            path.end()
        raise
    return started


def summary(path, pps, base):
    """The medians of all windows; what is added to testpmd io, window by window."""
    windows, others = path.windows[pps], base.windows[pps]
    result = {f"{look}_ns": statistics.median(w["ns"][look] for w in windows) for look in LOOKS}
    for look in ("p50", "p99"):
        result[f"added_{look}_ns"] = statistics.median(
            w["ns"][look] - o["ns"][look] for w, o in zip(windows, others))
    return result | {"lost": sum(w["lost"] for w in windows),
                     "sent": sum(w["sent"] for w in windows),
                     "windows": [w["ns"] for w in windows]}


def measure(args, folder):
    """Windows in turn; results by pace and program."""
    running = paths(args, folder)
    try:
        for _ in range(args.rounds):
            for pps in args.pps:
                for path in running:
                    path.window(pps)
    finally:
        for path in running:
            path.end()
    return {str(pps): {path.name: summary(path, pps, running[0]) for path in running}
            for pps in args.pps}


def show(results):
    for pps, programs in results.items():
        pace = f"{int(pps):,} packets a second" if int(pps) else "one packet at a time"
        print(f"\n{pace}, there and back, nanoseconds:")
        print(f"  {'':<18}{'min':>10}{'p50':>10}{'p99':>10}{'max':>12}{'added p50':>12}"
              f"{'added p99':>12}{'lost':>8}")
        for name, r in programs.items():
            print(f"  {name:<18}{r['min_ns']:>10.0f}{r['p50_ns']:>10.0f}{r['p99_ns']:>10.0f}"
                  f"{r['max_ns']:>12.0f}{r['added_p50_ns']:>12.0f}{r['added_p99_ns']:>12.0f}"
                  f"{r['lost']:>8}")


def arguments():
    build = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "build", "app")
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mtud", default=os.path.join(build, "mtud"), metavar="PATH",
                        help="the program (default: build/app/mtud)")
    parser.add_argument("--perf", metavar="PATH",
                        help="mtud-perf (default: perf/mtud-perf beside mtud)")
    parser.add_argument("--testpmd", default="dpdk-testpmd", metavar="PATH",
                        help="what to compare with (default: dpdk-testpmd)")
    parser.add_argument("--pps", type=int, nargs="+", default=[0, 1000, 10000, 100000],
                        metavar="N", help="packets a second; 0: one at a time "
                        "(default: 0 1000 10000 100000)")
    parser.add_argument("--rounds", type=int, default=10, metavar="N",
                        help="windows of each program at each pace (default: 10)")
    parser.add_argument("--window", type=float, default=0.5, metavar="SECONDS",
                        help="length of a window at a pace (default: 0.5)")
    parser.add_argument("--cpus", type=int, nargs=2, default=(0, 1), metavar=("NEAR", "FAR"),
                        help="CPUs of mtud-perf and of the worker (default: 0 1)")
    parser.add_argument("--json", metavar="FILE", help="write the results there too")
    args = parser.parse_args()
    if args.rounds < 1 or args.window <= 0 or min(args.pps) < 0:
        parser.error("there must be at least one window, it must last, and no pace is negative")
    args.perf = args.perf or os.path.join(os.path.dirname(args.mtud), "perf", "mtud-perf")
    return args


def main():
    args = arguments()
    for program in (args.mtud, args.perf, args.testpmd):
        if shutil.which(program) is None:
            raise BenchError(f"There is no program {program}.")
    if args.json and not os.path.isdir(os.path.dirname(os.path.abspath(args.json))):
        raise BenchError(f"There is no folder for {args.json}.")
    with tempfile.TemporaryDirectory(prefix="mtud-lat-") as folder:
        results = measure(args, folder)
    show(results)
    if args.json:
        with open(args.json, "w", encoding="ascii") as out:
            json.dump(results, out, indent=1)
            out.write("\n")
        print(f"\nAll windows are in {args.json}.")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except (BenchError, OSError) as err:
        sys.exit(f"bench_latency.py: {err}")
    except KeyboardInterrupt:
        sys.exit(130)
