# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""What surrounds a service: the socket that systemd listens on, and a thread that hangs."""

import contextlib
import ctypes
import os
import socket
import tempfile
import threading
import time

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000  # __WALL: threads, too

_libc = ctypes.CDLL(None, use_errno=True)


class Notify:
    """A notification socket as sd_notify(3) describes it: all that was told, in order."""

    def __init__(self, look=lambda: None):
        """look() is called as each message arrives; what it returns is kept beside it."""
        self._dir = tempfile.TemporaryDirectory(prefix="n-")
        self.path = os.path.join(self._dir.name, "s")
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._sock.bind(self.path)
        self._look = look
        self._came = threading.Condition()
        self._messages = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while (data := self._sock.recv(4096)) != b"end":
            seen = self._look()
            with self._came:
                self._messages.append((data.decode(), seen))
                self._came.notify_all()

    def messages(self, since=0):
        """Texts, from one on."""
        with self._came:
            return [text for text, _ in self._messages[since:]]

    def wait(self, part, since=0, timeout=20):
        """Until a message has this part; returns its index, and what look() saw then."""
        end = time.monotonic() + timeout
        with self._came:
            while True:
                for i, (text, seen) in enumerate(self._messages[since:], since):
                    if part in text:
                        return i, seen
                if not self._came.wait(end - time.monotonic()):
                    raise AssertionError(f"no {part!r} in {self._messages[since:]}")

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"end", self.path)
        self._thread.join()
        self._sock.close()
        self._dir.cleanup()


def threads(pid):
    """Thread id -> (name, lines of its status as a dictionary)."""
    found = {}
    for tid in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{tid}/status", encoding="ascii") as status:
            fields = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
        found[int(tid)] = (fields["Name"], fields)
    return found


def worker_tid(pid):
    """EAL names its workers' threads."""
    return next(tid for tid, (name, _) in threads(pid).items() if "worker" in name)


def _ptrace(request, tid):
    if _libc.ptrace(request, tid, None, None) != 0:
        err = ctypes.get_errno()
        raise OSError(err, f"ptrace {request:#x}: {os.strerror(err)}")


def reap(tid, timeout=30):
    """Wait until a stopped thread is no more: nobody can wait for its process before."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        found, status = os.waitpid(tid, WALL | os.WNOHANG)
        if found == tid and (os.WIFEXITED(status) or os.WIFSIGNALED(status)):
            return
        time.sleep(0.02)
    raise AssertionError(f"thread {tid} does not end")


@contextlib.contextmanager
def stopped(tid):
    """A thread alone does not run for the time of a block; ptrace is of the thread that calls."""
    _ptrace(PTRACE_SEIZE, tid)
    _ptrace(PTRACE_INTERRUPT, tid)
    os.waitpid(tid, WALL)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            _ptrace(PTRACE_DETACH, tid)
