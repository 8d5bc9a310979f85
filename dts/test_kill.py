# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""SIGKILL at any moment: the next start by the same command line forwards within seconds, and no
file is left half written. Others beside it go on."""

import contextlib
import os
import random
import re
import signal
import struct
import subprocess
import tempfile
import threading
import time

import pytest

from lab import expect, pcapng
from lab.expect import udp
from lab.lab import A, CONFIG, FAR, MAC_A, MAC_RA, R_A, Lab
from lab.mtud import START_TIMEOUT_S, Mtud
from lab.netns import Namespace, link_up, silence, veth
from lab.pages import NEEDED, leftovers
from lab.wire import Tap

# Octets of a block of a capture, at most: a frame of 64, its comment, the file's first one.
BLOCK_MAX = 512
PORTS = ["net_af_packet0,iface=port0,qpairs=1", "net_af_packet1,iface=port1,qpairs=1"]


def kill(mtud):
    mtud.proc.kill()
    mtud.proc.wait()


def runtime_files(mtud):
    return sorted(os.listdir(os.path.join(mtud.dir, "dpdk", mtud.prefix)))


def seconds_until_forwarded(bench, since, fill):
    """Until a packet comes out that nobody sent before."""
    frame = bench.from_a(udp(A, FAR, 100, fill=fill))
    want = bench.to_b(frame)
    while time.monotonic() - since < START_TIMEOUT_S:
        bench.a.send(frame)
        if bench.b.until(lambda got: got == want, 0.05)[-1:] == [want]:
            return time.monotonic() - since
    raise AssertionError(f"nothing is forwarded:\n{bench.mtud.log()}")


def test_back_to_forwarding(lab, binary):
    """A killed mtud is back by the same command line; another one beside it goes on.

    Steps: two instances, each with its own prefix and console; twice SIGKILL one of them
    under traffic and start it again, the same command line and folder.
    Verify: it forwards again within seconds and answers at the same socket of mode 0600; EAL's
    runtime directory has no more files than before; a clean end at last. The other forwards and
    answers all the while.
    """
    good = lab.from_a(udp(A, FAR, 200))
    bench = Lab(binary)
    old = []
    try:
        bench.start()
        assert bench.mtud.console != lab.mtud.console and bench.mtud.prefix != lab.mtud.prefix
        files = runtime_files(bench.mtud)
        for fill in (1, 2):
            bench.a.send(*([bench.from_a(udp(A, FAR, 100))] * 50))
            killed = time.monotonic()
            kill(bench.mtud)
            old.append(bench.mtud)
            bench.mtud = Mtud(binary, bench.ns_r, PORTS, CONFIG, behind=old[-1])
            print(f"forwards {seconds_until_forwarded(bench, killed, fill):.1f} s after SIGKILL")
            lab.check(a_in=[good], b_out=[lab.to_b(good)])
            bench.mtud.wait_ready()
            assert bench.mtud.mode() == 0o600
            assert runtime_files(bench.mtud) == files
            assert bench.mtud.json("show route summary")["routes"] == \
                lab.mtud.json("show route summary")["routes"]
        bench.close()
        assert not os.path.exists(old[0].console)
    finally:
        bench.close(check=False)


def test_with_hugepages(binary, hugepages):
    """The same with hugepages, which stay behind as files: EAL gives them back to none but the next
    process with its prefix.

    Steps: as many pages as one mtud takes; start, SIGKILL, start again, and end that one well.
    Verify: the second start takes the pages of the first, there are not more files than before.
    """
    ns, peer = Namespace("port"), Namespace("peer")
    veth(peer, "wire", MAC_A, ns, "port0", MAC_RA)
    for where, iface in ((ns, "port0"), (peer, "wire")):
        silence(where, iface)
        link_up(where, iface)
    wire = Tap(peer, "wire")
    config = [f"add address {R_A}/64 port 0", f"add neighbor {A} lladdr {MAC_A} port 0"]
    request = expect.frame_of(expect.icmpv6(A, R_A, 128, 0, b"\0\1\0\1ping"), MAC_A, MAC_RA)
    answer = expect.frame_of(expect.icmpv6(R_A, A, 129, 0, b"\0\1\0\1ping"), MAC_RA, MAC_A)
    files = first = None
    try:
        for end in (kill, Mtud.stop):
            mtud = Mtud(binary, ns, ["net_af_packet0,iface=port0"], config, behind=first,
                        memory_mb=2 * NEEDED - 16, huge=hugepages,
                        options=["--mbufs", "2048", "--txd", "256", "--rxd", "256"])
            mtud.wait_ready()
            wire.send(request)
            assert answer in wire.until(lambda frame: frame == answer, 10)
            end(mtud)
            first = first or mtud
            files = files or leftovers(hugepages)
            assert files and leftovers(hugepages) == files
    finally:
        mtud.remove()
        wire.close()
        ns.close()
        peer.close()


SMALL = ["add address 2001:db8:a::1/64 port 0"]
LARGE = [*SMALL, *(f"add route 2001:db8:{n:x}::/48 blackhole" for n in range(1, 3000))]


@contextlib.contextmanager
def busy(mtud, folder):
    """A console that loads, saves and captures without end."""
    stop = threading.Event()
    lines = [f"load {mtud.file('small', ['flush', *SMALL])}", f"save {folder}/saved",
             f"capture start port 0 {folder}/short", f"load {mtud.file('large', LARGE)}",
             f"save {folder}/saved", "capture stop port 0"]

    def work():
        while not stop.is_set():
            for line in lines:
                with contextlib.suppress(OSError):
                    mtud.cmd(line)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def assert_whole(path, start):
    """The saved configuration is one of the two that there were, whole."""
    with open(path, encoding="ascii") as saved:
        lines = saved.read()
    assert lines.startswith(start) and lines.endswith("\n")
    assert lines.count("blackhole\n") in (0, len(LARGE) - len(SMALL))


def packets_of_cut(path):
    """The packets of a capture whose last block may be cut, and no other."""
    with open(path, "rb") as file:
        data = file.read()
    end = 0
    while end + 8 <= len(data):
        length = struct.unpack_from("<I", data, end + 4)[0]
        assert 12 <= length <= BLOCK_MAX, f"a block of {length} at {end}"
        if end + length > len(data):
            break
        end += length
    return pcapng.parse(data[:end])


def wait_until(what):
    end = time.monotonic() + START_TIMEOUT_S
    while not what():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.01)


def test_at_any_moment(binary):
    """SIGKILL while mtud starts, loads, saves and captures.

    Steps: at random moments of start-up, then of a console that loads, saves and captures without
    end; each time start it again, where the one before left all.
    Verify: the last one comes up; the saved configuration is one of the two, whole, and loads; one
    that was being saved leaves a file beside it at most; captures can be read up to the last whole
    block; EAL's files are as after the first start.
    """
    rng = random.Random(7)
    ns = Namespace("kill")
    vdevs = ["net_null0,no-rx=1"]
    with tempfile.TemporaryDirectory(prefix="k-") as folder:
        first = mtud = Mtud(binary, ns, vdevs, SMALL)
        try:
            mtud.wait_ready()
            files = runtime_files(mtud)
            for _ in range(4):
                kill(mtud)
                mtud = Mtud(binary, ns, vdevs, SMALL, behind=first)
                time.sleep(rng.uniform(0, 0.8))
            for _ in range(2):
                kill(mtud)
                mtud = Mtud(binary, ns, ["net_null0,copy=1"], SMALL, behind=first).wait_ready()
                # What this device receives are zeros.
                mtud.do(f"capture start drops {folder}/capture snaplen 64 count 100000")
                with busy(mtud, folder):
                    wait_until(lambda: os.path.exists(f"{folder}/saved") and
                               os.path.getsize(f"{folder}/capture") > BLOCK_MAX)
                    time.sleep(rng.uniform(0.1, 0.5))
                    kill(mtud)
                assert_whole(f"{folder}/saved", "# mtud configuration")
                captured = packets_of_cut(f"{folder}/capture")
                assert captured and {p.data for p in captured} == {bytes(64)}
                if os.path.exists(f"{folder}/short"):
                    assert {p.data for p in packets_of_cut(f"{folder}/short")
                            if p.direction == pcapng.IN} <= {bytes(64)}
            beside = set(os.listdir(folder)) - {"saved", "capture", "short"}
            assert len(beside) <= 2 and all(re.fullmatch(r"saved\.\w{6}", f) for f in beside)
            mtud = Mtud(binary, ns, vdevs, SMALL, behind=first).wait_ready()
            assert runtime_files(mtud) == files
            assert mtud.cmd(f"load {folder}/saved") == ""
            mtud.do(f"capture start drops {folder}/capture", "capture stop drops")
            assert pcapng.read(f"{folder}/capture") == []
            mtud.stop()
        finally:
            kill(mtud)
            first.remove()
            ns.close()


@pytest.mark.parametrize("words", [["monitor", "0.1"], ["trace"]])
def test_who_waits_is_told(binary, words):
    """mtud-console says that mtud is gone, when it is killed.

    Steps: a command that goes on; SIGKILL of mtud.
    Verify: status 1 and a sentence on standard error, at once.
    """
    ns = Namespace("told")
    mtud = Mtud(binary, ns, ["net_null0,no-rx=1"], [])
    client = os.path.join(os.path.dirname(binary), "console", "mtud-console")
    try:
        mtud.wait_ready()
        with subprocess.Popen([client, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True,
                              env=dict(os.environ, MTUD_CONSOLE=mtud.console)) as proc:
            waits = time.monotonic() + 30
            while not os.path.exists(f"/proc/{proc.pid}/fd/3") and time.monotonic() < waits:
                time.sleep(0.02)
            mtud.cmd("show port")  # behind what the client asked for
            mtud.proc.send_signal(signal.SIGKILL)
            _, err = proc.communicate(timeout=30)
            assert proc.returncode == 1 and err.startswith("mtud-console: "), (proc.returncode, err)
            assert err.count("\n") == 1, err
    finally:
        mtud.remove()
        ns.close()
