# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""A program under measurement: it runs in its windows only, and telemetry says how it did."""

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG = 1
START_TIMEOUT_S = 180
LOAD_TIMEOUT_S = 300
WARM_UP_S = 0.05
TRIES = 20
CPUS = os.sched_getaffinity(0)


class BenchError(Exception):
    """A sentence for the user."""


def as_child():
    """Ends with the benchmark, and may run where the benchmark itself may not."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.sched_setaffinity(0, CPUS)


class Program:
    """One of the programs, stopped but in its windows.

    work is what it is to do; None for testpmd, which does nothing with packets. table is a file
    that mtud loads before it starts to forward.
    """

    def __init__(self, name, argv, folder, eal, work=None, table=None):
        self.name = name
        self.work = work
        self.table = table
        self.load = None
        self.rates = []
        self.shares = []
        self.prefix = name.replace(" ", "-")
        self.log = os.path.join(folder, self.prefix + ".log")
        self.telemetry = os.path.join(folder, "dpdk", self.prefix, "dpdk_telemetry.v2")
        self.console = os.path.join(folder, self.prefix + ".console")
        with open(self.log, "wb") as log:
            self.proc = subprocess.Popen(
                [argv[0], *eal, "--no-huge", "--no-pci", "--file-prefix", self.prefix, *argv[1:]],
                stdin=subprocess.PIPE, stdout=log, stderr=log, preexec_fn=as_child,
                env=dict(os.environ, RUNTIME_DIRECTORY=folder))

    def resume(self):
        self.proc.send_signal(signal.SIGCONT)

    def pause(self):
        self.proc.send_signal(signal.SIGSTOP)

    def until(self, ready):
        """Wait until it is ready; OSError and ValueError mean that it is not yet."""
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end and self.proc.poll() is None:
            try:
                if ready():
                    return
            except (OSError, ValueError):
                pass
            time.sleep(0.1)
        raise self.failed("does not forward")

    def failed(self, how):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            words = log.read()[-4000:].rstrip() or "nothing"
        status = self.proc.poll()
        ended = "" if status is None else f" and ended with status {status}"
        return BenchError(f"{self.name} {how}{ended}. It says:\n{words}")

    def wait_ready(self):
        """Until packets flow; then stop it."""
        if self.table is not None or (self.work is not None and self.work.changes):
            self.until(lambda: self.ask("show port json"))
        if self.table is not None:
            self.load_table()
        self.until(lambda: self.stats()["opackets"] > 100000)
        self.pause()

    def load_table(self):
        """Load the table, note how long that takes and what memory, and forward."""
        control = str(self.proc.pid)
        begin, ran = time.monotonic(), self.cpu()[control]
        self.do(f"load {self.table}")
        seconds, cpu = time.monotonic() - begin, self.cpu()[control] - ran
        summary = json.loads(self.ask("show route summary json"))
        version = max(self.work.makers)
        self.load = {"seconds": round(seconds, 2), "cpu_seconds": round(cpu, 2),
                     "routes": summary["routes"],
                     "copy_octets": summary[f"copy{version}_octets"],
                     "memory_octets": summary["memory_octets"]}
        self.do("start")

    def ask(self, *lines):
        """Console lines in, their output back."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(LOAD_TIMEOUT_S)
            sock.connect(self.console)
            sock.sendall("".join(line + "\n" for line in lines).encode())
            sock.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: sock.recv(65536), b"")).decode()

    def do(self, *lines):
        """Console lines that must succeed."""
        answer = self.ask(*lines)
        if "error:" in answer:
            raise BenchError(f"{self.name} does not {lines[0]}: {answer.strip()[-400:]}")

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
        rate, share = self.run(seconds, time.sleep)
        self.rates.append(rate)
        self.shares.append(share)

    def run(self, seconds, meanwhile):
        """Million packets in a second of a window, and the part of it that a worker had its core;
        another window when it got no time at all."""
        for _ in range(TRIES):
            counted = self.turn(seconds, meanwhile)
            if counted["opackets"] > 0:
                break
        sends = 1
        if self.work is not None:
            sends = self.work.sends
            check(self.name, self.work, counted)
        return counted["opackets"] / sends / counted["at"] / 1e6, counted["cpu"]

    def cpu(self):
        """Seconds that each thread has run; telemetry's come and go."""
        folder = f"/proc/{self.proc.pid}/task"
        seconds = {}
        for thread in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                with open(f"{folder}/{thread}/schedstat", encoding="ascii") as stat:
                    seconds[thread] = int(stat.read().split()[0]) / 1e9
        return seconds

    def turn(self, seconds, meanwhile):
        """What is counted in one window."""
        self.resume()
        time.sleep(WARM_UP_S)
        try:
            first, ran = self.stats(), self.cpu()
            meanwhile(seconds)
            last, runs = self.stats(), self.cpu()
        except OSError:
            raise self.failed("does not answer") from None
        self.pause()
        counted = {key: last[key] - first[key]
                   for key in ("ipackets", "opackets", "obytes", "at", "done")}
        # The thread that ran most is a worker: it never sleeps.
        counted["cpu"] = max(runs[t] - ran.get(t, 0) for t in runs) / counted["at"]
        return counted

    def end(self):
        if self.proc.poll() is None:
            self.proc.kill()
        self.proc.wait()
        self.proc.stdin.close()


def check(name, work, counted):
    """Was the work done? Everything in comes out, at the right size, and is counted."""
    sent = counted["opackets"] / work.sends
    if not 0.98 < sent / max(counted["ipackets"], 1) < 1.02:
        raise BenchError(f"{name} sent {counted['opackets']} packets for {counted['ipackets']}, "
                         f"not {work.sends} for each.")
    mean = counted["obytes"] / max(counted["opackets"], 1)
    if abs(mean - work.octets) > 0.5:
        raise BenchError(f"{name} sent frames of {mean:.1f} octets on average, not {work.octets}.")
    # Read a moment after the port's, so within a tenth.
    if work.counter and not 0.9 < counted["done"] / work.share / counted["ipackets"] < 1.1:
        raise BenchError(f"{name} counts {counted['done']} packets as {work.counter[1]}, of "
                         f"{counted['ipackets']}.")
