# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Hugepages, asked for and given back."""

import contextlib
import fcntl
import os
import re
import subprocess
import tempfile

PAGES = "/proc/sys/vm/nr_hugepages"
# Of 2 MiB: enough for a small mtud.
NEEDED = 128


class NoPages(Exception):
    """Why there are none."""


def meminfo():
    with open("/proc/meminfo", encoding="ascii") as file:
        return file.read()


def free_pages():
    return int(re.search(r"HugePages_Free: +(\d+)", meminfo())[1])


@contextlib.contextmanager
def hugepages():
    """The path of a mounted hugetlbfs with NEEDED pages; one test at a time has them."""
    with contextlib.ExitStack() as undo:
        try:
            file = undo.enter_context(open(PAGES, "r+", encoding="ascii"))
            fcntl.flock(file, fcntl.LOCK_EX)
            before = file.read().strip()
            file.seek(0)
            file.write(str(int(before) + max(0, NEEDED - free_pages())))
            file.flush()
        except OSError as err:
            raise NoPages(f"the kernel gives no hugepages: {err}") from None
        undo.callback(give_back, before)
        if free_pages() < NEEDED or "Hugepagesize:       2048 kB" not in meminfo():
            raise NoPages(f"the kernel gives {free_pages()} of {NEEDED} hugepages of 2 MiB")
        mount = undo.enter_context(tempfile.TemporaryDirectory(prefix="huge-"))
        if subprocess.run(["mount", "-t", "hugetlbfs", "none", mount], check=False).returncode:
            raise NoPages("hugetlbfs cannot be mounted")
        undo.callback(subprocess.run, ["umount", mount], check=False, stderr=subprocess.DEVNULL)
        yield mount


def give_back(before):
    with open(PAGES, "w", encoding="ascii") as file:
        file.write(before)


def leftovers(mount):
    """EAL's files of pages, which keep them from others."""
    return sorted(os.listdir(mount))
