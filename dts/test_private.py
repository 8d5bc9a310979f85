# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""What belongs to mtud: its console, its files, and where it writes at all."""

import glob
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile

import pytest

from lab.mtud import Mtud, ask
from lab.netns import Namespace

NOBODY = 65534

CONNECT = """
import socket, sys
try:
    socket.socket(socket.AF_UNIX).connect(sys.argv[1])
except OSError as error:
    print(error.errno)
"""

# What changes a file by its name: the arguments that name one.
WRITERS = re.compile(r"\b(?:mkdir|rmdir|unlink|rename|link|symlink|mknod|chmod|chown|truncate)"
                     r"(?:at2?)?\((.*)\) += \d|"
                     r"\bopenat\((.*(?:O_WRONLY|O_RDWR|O_CREAT).*)\) += \d|"
                     r"\bbind\((.*sun_path=.*)\) += \d")


def connect_as_nobody(path):
    """The error's number, if it is none."""
    return subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                           sys.executable, "-c", CONNECT, path], capture_output=True, text=True,
                          timeout=20, check=True).stdout


@pytest.fixture(scope="module")
def mtud(binary):
    ns = Namespace("private")
    # Where the user nobody gets at it: TMPDIR may be closed.
    with tempfile.TemporaryDirectory(prefix="p-", dir="/tmp") as folder:
        os.chmod(folder, 0o711)
        program = Mtud(binary, ns, ["net_null0"], [], options=["--console", f"{folder}/console"])
        program.console = f"{folder}/console"
        try:
            yield program.wait_ready()
            program.stop()
        finally:
            program.remove()
            ns.close()


def test_console_is_for_its_user(mtud):
    """Nobody else gets at the console, even where its folder is open to all.

    Steps: look at the socket; connect as nobody; the same with a socket of mode 0666.
    Verify: owner and mode 0600; EACCES; mtud's own user still gets an answer. It is the socket's
    mode that keeps nobody out.
    """
    st = os.stat(mtud.console)
    assert (st.st_uid, stat.S_IMODE(st.st_mode)) == (os.geteuid(), 0o600)
    assert connect_as_nobody(mtud.console) == "13\n"
    assert "net_null0" in ask(mtud.console, "show port")
    os.chmod(mtud.console, 0o666)
    assert connect_as_nobody(mtud.console) == ""
    os.chmod(mtud.console, 0o600)


def test_files_are_for_its_user(mtud):
    """A saved configuration is nobody else's to change, a capture of strangers' packets not to read.

    Steps: capture; save.
    Verify: modes.
    """
    capture, saved = (os.path.join(mtud.dir, name) for name in ("c.pcapng", "saved.conf"))
    mtud.do(f"capture start port 0 {capture}", "capture stop", f"save {saved}")
    assert stat.S_IMODE(os.stat(saved).st_mode) == 0o644
    assert stat.S_IMODE(os.stat(capture).st_mode) == 0o600


def test_others_files_stay(binary):
    """The path of the console may be somebody's trap: what a link leads to, and what is no dead
    socket, stays as it is.

    Steps: start with a console's path that is a link to a file, to a dead socket, a file, a folder.
    Verify: status 1, one sentence; all of it is still there.
    """
    ns = Namespace("trap")
    try:
        with tempfile.TemporaryDirectory(prefix="t-") as folder:
            kept, dead = os.path.join(folder, "kept"), os.path.join(folder, "dead")
            with open(kept, "w", encoding="ascii") as out:
                out.write("precious")
            with socket.socket(socket.AF_UNIX) as sock:
                sock.bind(dead)
            for target in (kept, dead, None):
                path = os.path.join(folder, "link") if target else kept
                if target:
                    os.symlink(target, path)
                program = Mtud(binary, ns, ["net_null0"], [], options=["--console", path])
                try:
                    program.wait_end(expect=1)
                    assert f"mtud: --console {path}: " in program.log()
                finally:
                    program.remove()
                with open(kept, encoding="ascii") as text:
                    assert text.read() == "precious"
                assert stat.S_ISSOCK(os.stat(dead).st_mode)
                if target:
                    assert os.readlink(path) == target
                    os.unlink(path)
    finally:
        ns.close()


@pytest.mark.large
def test_writes_nowhere_else(binary):
    """No file is written outside of mtud's own folders and what the user names.

    Steps: a session with commands of every kind, under strace(1).
    Verify: whatever was opened to write, made, bound, renamed or removed stands in one folder, but
    for what the kernel has in /dev and /proc.
    """
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed: scripts/setup.sh")
    ns = Namespace("writes")
    with tempfile.TemporaryDirectory(prefix="w-") as folder:
        log, wrapper = os.path.join(folder, "log"), os.path.join(folder, "mtud")
        with open(wrapper, "w", encoding="ascii") as out:
            # A file for each thread: in one of all, calls are cut in two by others'.
            out.write("#!/bin/sh\nexec strace -D -ff -qq -e trace=%file,bind "
                      f"-o {log} {binary} \"$@\"\n")
        os.chmod(wrapper, 0o755)
        program = Mtud(wrapper, ns, ["net_null0"], [])
        try:
            program.wait_ready()
            saved = os.path.join(program.dir, "saved.conf")
            program.cmd("add address 2001:db8::1/64 port 0", "add route 2001:db8:1::/48 blackhole",
                        f"capture start port 0 {program.dir}/c.pcapng", "capture stop",
                        f"save {saved}", f"load {saved}", "show route", "show stats json",
                        "set port 0 mtu 1400", "stop", "start", "quit")
            program.wait_end()
            calls = []
            for name in glob.glob(f"{log}.*"):
                with open(name, encoding="utf-8", errors="replace") as text:
                    calls += [m[m.lastindex] for m in map(WRITERS.search, text) if m]
            own = [call for call in calls if f'"{program.dir}' in call]
            assert any("saved.conf" in call for call in own)
            assert any("sun_path=" in call and "console" in call for call in own)
            rest = [call for call in calls if call not in own]
            assert all(re.search(r'"/(dev|proc)/', call) for call in rest), rest
        finally:
            program.remove()
            ns.close()
