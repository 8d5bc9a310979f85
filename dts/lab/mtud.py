# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The router under test: the real program, and its console over the UNIX socket."""

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time

SANITIZER_MARKS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:",
                   "SUMMARY: UndefinedBehaviorSanitizer")
LEDGER_MARKS = ("has lost", "is freed twice", "was written to when it was free")
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30

_serial = itertools.count()


class MtudError(AssertionError):
    """The program did not do what every program must: start, answer, end cleanly."""


def ask(path, *lines, timeout=30):
    """Send lines to a console and return all that it answers."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(timeout)
        sock.connect(path)
        sock.sendall("".join(line + "\n" for line in lines).encode())
        sock.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := sock.recv(65536):
            answer += chunk
    return answer.decode()


def on_own_processors(lcores):
    """EAL's --lcores for a list such as `0,1` or `0@0,1@0,2@1`, processors counted on from the
    first one of this process.

    Tests that run beside each other begin with another one each: two workers that poll on one
    processor have half of it.
    """
    cpus = sorted(os.sched_getaffinity(0))
    first = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    pairs = (re.fullmatch(r"(\d+)(?:@(\d+))?", part).groups() for part in lcores.split(","))
    return ",".join(f"{lcore}@{cpus[(first + int(cpu or lcore)) % len(cpus)]}"
                    for lcore, cpu in pairs)


class Mtud:
    """One running mtud.

    vdevs     the --vdev arguments, in port order
    config    lines for -f
    lcores    EAL core list: '0,1' for one worker, '0@0,1@0,2@1' for two on two processors
    options   more arguments behind the `--`
    huge      where a hugetlbfs is mounted; None: no hugepages
    env       more variables of its environment
    journal   let it take its log for systemd's journal
    behind    another one that has ended: the same files, prefix and console
    """

    def __init__(self, binary, ns, vdevs, config=(), lcores="0,1", memory_mb=512, options=(),
                 eal=(), huge=None, env=None, journal=False, behind=None):
        # Everything it writes stands in one folder, EAL's runtime files among them.
        self.dir = behind.dir if behind else tempfile.mkdtemp(prefix="mtud-dts-")
        self.console = os.path.join(self.dir, "console")
        self.log_path = os.path.join(self.dir, "log")
        self.prefix = behind.prefix if behind else f"dts{os.getpid()}n{next(_serial)}"
        self.proc = None
        self.status = None
        pages = ["--huge-dir", huge] if huge else ["--no-huge"]
        argv = [binary, *pages, "-m", str(memory_mb), "--no-pci", "--file-prefix",
                self.prefix, "--lcores", on_own_processors(lcores), *eal,
                *(f"--vdev={v}" for v in vdevs), "--", "--console", self.console, *options]
        if config is not None:
            argv += ["-f", self.file("start.conf", config)]
        env = dict(os.environ, RUNTIME_DIRECTORY=self.dir, **(env or {}))
        env.setdefault("ASAN_OPTIONS", "detect_leaks=1")
        env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
        with open(self.log_path, "wb") as log:
            if journal:
                st = os.fstat(log.fileno())
                env["JOURNAL_STREAM"] = f"{st.st_dev}:{st.st_ino}"
            self.proc = ns.popen(*argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)

    def file(self, name, lines):
        """Write a file of console lines beside the program's own and return its path."""
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="ascii") as out:
            out.write("".join(line + "\n" for line in lines))
        return path

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def alive(self):
        return self.proc.poll() is None

    def wait_ready(self, timeout=START_TIMEOUT_S):
        """Until the console answers."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if not self.alive():
                raise MtudError(f"mtud ended with {self.proc.returncode}:\n{self.log()}")
            with contextlib.suppress(OSError):
                ask(self.console, "show port")
                return self
            time.sleep(0.05)
        raise MtudError(f"mtud's console does not answer:\n{self.log()}")

    def cmd(self, *lines, timeout=30):
        """Console lines in, their output back."""
        return ask(self.console, *lines, timeout=timeout)

    def do(self, *lines, timeout=30):
        """Console lines that must succeed: a change says nothing."""
        answer = self.cmd(*lines, timeout=timeout).strip()
        if answer:
            raise MtudError(f"{'; '.join(lines)!r} was answered {answer!r}")

    def json(self, line):
        answer = self.cmd(f"{line} json")
        try:
            return json.loads(answer)
        except ValueError:
            raise MtudError(f"'{line} json' is no JSON: {answer!r}") from None

    @contextlib.contextmanager
    def having(self, line, undo=None):
        """A setting for the time of a block. `add …` is undone by `del …` unless said else."""
        self.do(line)
        try:
            yield
        finally:
            self.do(undo or deletion(line))

    def mode(self):
        """Permission bits of the console socket."""
        return stat.S_IMODE(os.stat(self.console).st_mode)

    def pause(self):
        """Let it run no more until resume(): its workers poll, and the tests' machine may have no
        processor to spare."""
        if self.alive():
            self.proc.send_signal(signal.SIGSTOP)

    def resume(self):
        if self.alive():
            self.proc.send_signal(signal.SIGCONT)

    def stop(self, sig=signal.SIGTERM, expect=0):
        """End it; the status must be as expected and no sanitizer may have complained."""
        if self.proc is not None and self.status is None:
            self.proc.send_signal(sig)
            self.proc.send_signal(signal.SIGCONT)
            self._reap()
        self.check_end(expect)

    def wait_end(self, expect=0, timeout=START_TIMEOUT_S):
        """Wait for it to end by itself."""
        self._reap(timeout)
        self.check_end(expect)

    def _reap(self, timeout=STOP_TIMEOUT_S):
        try:
            self.status = self.proc.wait(timeout)
        except Exception:
            self.proc.kill()
            self.status = self.proc.wait()
            raise MtudError(f"mtud does not end:\n{self.log()}") from None

    def check_end(self, expect):
        log = self.log()
        if any(mark in log for mark in SANITIZER_MARKS):
            raise MtudError(f"a sanitizer complains:\n{log}")
        if any(mark in log for mark in LEDGER_MARKS):
            raise MtudError(f"a packet is lost or was misused:\n{log}")
        if self.status != expect:
            raise MtudError(f"mtud ended with {self.status}, not {expect}:\n{log}")

    def strays(self):
        """Packets that are neither in their pools, nor with drivers, nor wait for a neighbor."""
        pools = self.json("show memory")["pools"]
        waiting = self.json("show neighbor summary")["held"]
        strays = {pool["pool"]: pool for pool in pools
                  if any(pool[who] for who in ("worker", "punted", "control", "injected", "queued"))
                  or (pool["taken"] and not pool["pool"].startswith("mtud_rx"))}
        if sum(pool["waiting"] for pool in pools) not in (0, waiting):
            strays["waiting"] = f"{waiting} held"
        return strays

    def check_pools(self, timeout=5):
        """At rest every pool is full again. Builds that keep no ledger of packets know of none."""
        end = time.monotonic() + timeout
        while strays := self.strays():
            if time.monotonic() > end:
                raise MtudError(f"packets are lost: {strays}")
            time.sleep(0.05)

    def remove(self):
        """Whatever happened, leave nothing behind."""
        if self.proc is not None and self.proc.poll() is None:
            self.proc.kill()
            self.proc.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def report(self):
        """What a reader of a failed test wants to see."""
        parts = []
        if self.alive():
            for line in ("show drops", "show stats", "show neighbor"):
                with contextlib.suppress(OSError):
                    parts.append(f"mtud> {line}\n{self.cmd(line, timeout=5)}")
        else:
            parts.append(f"mtud has ended with {self.proc.returncode}")
        parts.append(f"log:\n{self.log()[-8000:]}")
        return "\n".join(parts)


def deletion(line):
    """The command that undoes an `add` line."""
    words = line.split()
    if words[0] != "add":
        raise ValueError(f"do not know how to undo {line!r}")
    keep = {"route": 1, "address": 3, "neighbor": 1}[words[1]]
    tail = words[2:2 + keep]
    if words[1] == "neighbor":
        tail += words[words.index("port"):]
    return " ".join(["del", words[1], *tail])
