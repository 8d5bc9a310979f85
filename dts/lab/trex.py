# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The real TRex in software mode, with mtud between its two ports. TREX_DIR names its folder: that
of a release, or the scripts of its source after a build."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from .lab import MAC_A, MAC_B, MAC_RA, MAC_RB
from .mtud import Mtud, MtudError
from .netns import Namespace, link_up, silence, veth
from .stl import SCRIPTS

TREX_DIR = os.environ.get("TREX_DIR")
RPC_PORT = 4501
START_TIMEOUT_S = 60
RUN_TIMEOUT_S = 300


def python(*words):
    """A command line of a script here that imports TRex's client."""
    return [sys.executable, "-B", "-W", "ignore", *words]


def simulated(profile, tunables, count, cores, folder):
    """The first frames that TRex makes of a profile, from its simulator; None where this TRex has
    none."""
    if not os.path.exists(os.path.join(TREX_DIR, "bp-sim-64")):
        return None
    path = os.path.join(folder, "sim.pcap")
    env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", TMPDIR=str(folder),
               PYTHONPATH=os.path.join(TREX_DIR, "automation", "trex_control_plane", "interactive"))
    subprocess.run(python("-m", "trex.stl.trex_stl_sim", "-p", TREX_DIR, "-f",
                          os.path.join(SCRIPTS, f"{profile}.py"), "-o", path, "-l", str(count),
                          "-c", str(cores), "--release", "--silent", "-t", *tunables),
                   cwd=TREX_DIR, env=env, check=True, timeout=RUN_TIMEOUT_S,
                   stdout=subprocess.DEVNULL)
    return path


class TrexLab:
    """TRex -- mtud -- TRex on two veth pairs, as trex_cfg-veth.yaml has it."""

    def __init__(self, binary, config):
        self.dir = tempfile.mkdtemp(prefix="mtud-dts-")
        self.proc, self.mtud = None, None
        self.trex, self.router = Namespace("trex"), Namespace("router")
        for n, (mac, router_mac) in enumerate(((MAC_A, MAC_RA), (MAC_B, MAC_RB))):
            veth(self.trex, f"trex{n}", mac, self.router, f"port{n}", router_mac)
            for ns, iface in ((self.trex, f"trex{n}"), (self.router, f"port{n}")):
                silence(ns, iface)
                link_up(ns, iface)
        self.mtud = Mtud(binary, self.router,
                         [f"net_af_packet{n},iface=port{n}" for n in (0, 1)], config)

    def __enter__(self):
        try:
            self.mtud.wait_ready()
            self._start_trex()
            return self
        except BaseException:
            self._close()
            raise

    def __exit__(self, kind, *_):
        if kind is not None:
            print(self.mtud.report(), self.log())
        try:
            if kind is None:
                self.mtud.stop()
        finally:
            self._close()

    def _start_trex(self):
        # Not the script around it, which looks after NICs and servers of this machine.
        env = dict(os.environ, LD_LIBRARY_PATH=TREX_DIR, RUNTIME_DIRECTORY=self.dir)
        with open(os.path.join(self.dir, "log"), "wb") as log:
            self.proc = self.trex.popen(
                "./_t-rex-64", "-i", "--cfg", os.path.join(SCRIPTS, "trex_cfg-veth.yaml"),
                "--prefix", f"dts{os.getpid()}", "--no-scapy-server", "--no-key", "--iom", "0",
                cwd=TREX_DIR, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end and self.proc.poll() is None:
            with self.trex, contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", RPC_PORT), 1).close()
                return
            time.sleep(0.1)
        raise MtudError(f"TRex does not start:\n{self.log()}")

    def log(self):
        with open(os.path.join(self.dir, "log"), encoding="utf-8", errors="replace") as log:
            return log.read()

    def ndr(self, *words):
        """Run ndr.py, return its report (None with --look)."""
        path = os.path.join(self.dir, "report.json")
        env = dict(os.environ, TREX_DIR=TREX_DIR)
        proc = self.trex.popen(*python(os.path.join(SCRIPTS, "ndr.py"), f"--json={path}", *words),
                               env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said, _ = proc.communicate(timeout=RUN_TIMEOUT_S)
        if proc.returncode != 0:
            raise MtudError(f"ndr.py ended with {proc.returncode}:\n{said}")
        if not os.path.exists(path):
            return None
        with open(path, encoding="ascii") as text:
            report = json.load(text)
        os.unlink(path)
        return report

    def _close(self):
        if self.proc is not None:
            self.proc.terminate()
            try:
                self.proc.wait(20)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()
        self.mtud.remove()
        for ns in (self.trex, self.router):
            ns.close()
        shutil.rmtree(self.dir, ignore_errors=True)
