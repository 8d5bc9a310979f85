# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""A program on a pseudo-terminal, and the person before it."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time


class Terminal:
    """popen(stdin=…, stdout=…, …) starts the program; with errors=True its standard error is the
    terminal, too."""

    def __init__(self, popen, errors=False, rows=24, columns=80, env=None):
        self.fd, self.slave = pty.openpty()
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = self.mode()
        self.proc = popen(stdin=self.slave, stdout=self.slave,
                          stderr=self.slave if errors else subprocess.DEVNULL,
                          env=dict(os.environ, TERM="xterm", **(env or {})))

    def mode(self):
        return termios.tcgetattr(self.slave)

    def read_until(self, pattern, timeout=30):
        """All that is shown up to what a pattern describes; what programs say after their end is
        not lost, for the terminal stays open here."""
        text, end = "", time.monotonic() + timeout
        while not re.search(pattern, text):
            left = end - time.monotonic()
            assert left > 0 and select.select([self.fd], [], [], left)[0], repr(text)
            text += os.read(self.fd, 65536).decode(errors="replace")
        return text

    def type(self, text):
        os.write(self.fd, text.encode())

    def say(self, text, pattern):
        """Type, and what is shown until a pattern comes."""
        self.type(text)
        return self.read_until(pattern)

    def close(self):
        if self.proc.poll() is None:
            self.proc.kill()
            self.proc.wait()
        os.close(self.fd)
        os.close(self.slave)
