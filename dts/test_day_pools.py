# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Bad days of pools and rings: what waits fills them, and the rest of the traffic must not care."""

import contextlib
import os
import socket

import pytest

from lab import arp, nd
from lab.day import PATIENCE_S, balanced, pools_full, until
from lab.expect import ETHER, udp
from lab.lab import A, A4, FAR, FAR_1280, MAC_A, R4_A, R_A, Lab
from lab.service import stopped, worker_tid

# Fewer buffers than two rings to the control thread would hold.
POOL = 512


def good(lab):
    """Packets of a flow that has done nothing: they must all come out."""
    frames = [lab.from_a(udp(A, FAR, 600, fill=i)) for i in range(5)]
    got = lab.exchange(a=frames)[1]
    assert [f for f in got if f in map(lab.to_b, frames)] == [lab.to_b(f) for f in frames]


def answered(lab):
    """The control thread does its work: a solicitation has its advertisement."""
    lab.a.send(lab.from_a(nd.ns(A, R_A, MAC_A, dst=R_A)))
    lab.a.until(lambda f: f[20] == 58 and f[54] == 136, PATIENCE_S)
    good(lab)
    until("an account that balances", lambda: balanced(lab.mtud))


def at_rest(lab):
    answered(lab)
    until("full pools", lambda: pools_full(lab.mtud))


@contextlib.contextmanager
def standing_reader(lab):
    """A capture of drops into a pipe that nobody reads."""
    path = os.path.join(lab.mtud.dir, "pipe")
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        lab.mtud.do(f"capture start drops {path}")
        yield
        lab.mtud.do("capture stop drops")
    finally:
        os.close(reader)
        os.unlink(path)


@pytest.fixture(scope="module")
def small(binary):
    with Lab(binary, options=["--mbufs", str(POOL), "--rxd", "64", "--txd", "64"]) as lab:
        yield lab


def test_control_thread_stands(small):
    """Everything that waits for a control thread that does not come, in few buffers.

    Steps: drops are captured into a pipe that nobody reads, logged one by one, and there is a trace
    that nobody reads; the control thread is stopped; thousands of solicitations, ARP requests and
    packets to unknown hosts come; it goes on.
    Verify: all packets of a good flow arrive meanwhile; what found no room is counted as punt_full,
    many times as many as there are buffers; capture and log say what they missed; then ND is
    answered, every packet has an end and its buffer is back.
    """
    lab = small
    lab.clear()
    floods = [lambda i: nd_frame(lab, i), lambda i: arp.request(A4, R4_A, MAC_A),
              lambda i: lab.from_a(udp(A, f"2001:db8:b::bad:{i:x}", 100))]
    with standing_reader(lab), lab.mtud.having("set log drop debug", "set log drop info"):
        trace = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        trace.connect(lab.mtud.console)
        trace.sendall(b"trace\n")
        until("the trace", lambda: "error" in lab.mtud.cmd("trace"))
        with stopped(lab.mtud.proc.pid):
            for i in range(60):
                lab.a.send(*(floods[i % 3](k) for k in range(100)))
                good(lab)
        answered(lab)
        until("the log's count", lambda: "more not logged" in lab.mtud.log())
        full = lab.drops()["punt_full"]
        capture = lab.mtud.json("show capture")
        trace.close()
    assert full > 5 * POOL, full
    assert [c["missed"] > 0 for c in capture] == [True], capture
    at_rest(lab)


def nd_frame(lab, i):
    return lab.from_a(nd.ns(f"2001:db8:a::5:{i:x}", R_A, MAC_A, dst=R_A))


@pytest.fixture(scope="module")
def wide(binary):
    """With room for more neighbors than there are buffers for answers."""
    with Lab(binary, options=["--neighbors", "8192"]) as lab:
        yield lab


def test_worker_stands(wide):
    """What the control thread hands back to a worker that does not take it.

    Steps: packets to 1000 unknown hosts; the worker is stopped until all solicitations for them
    went out, and the packets came back without a neighbor; it goes on.
    Verify: what finds no room is counted as inject_full at once, the console works; then everything
    passes, every packet has an end and its buffer is back.
    """
    lab = wide
    hosts = [f"2001:db8:b::dead:{i:x}" for i in range(1000)]
    for at in range(0, len(hosts), 200):
        lab.exchange(a=[lab.from_a(udp(A, host, 100)) for host in hosts[at:at + 200]])
    assert lab.mtud.json("show stats")["held"] > 600
    with stopped(worker_tid(lab.mtud.proc.pid)):
        until("inject_full", lambda: lab.drops().get("inject_full", 0) > 0)
        until("none held", lambda: lab.mtud.json("show stats")["held"] == 0)
        assert lab.mtud.json("show workers")[0]["state"] == "stalled"
    until("the worker", lambda: lab.mtud.json("show workers")[0]["state"] == "running")
    at_rest(lab)
    rows = {d["reason"]: d for d in lab.mtud.json("show drops") if d["packets"]}
    assert rows["inject_full"]["own"] > 0
    assert set(rows) <= {"inject_full", "neigh_failed", "neigh_gone"}, rows


def test_answers_that_wait(wide):
    """Answers to neighbors that are not there do not use up those for neighbors that are.

    Steps: with room for many neighbors, let thousands of made-up hosts on the link ask for Packet
    Too Big, twice each, and A among them.
    Verify: A is answered each time; no answer lacked a buffer; every packet has an end or is held.
    """
    lab = wide
    lab.clear()
    mine = lab.from_a(udp(A, FAR_1280, 1400))
    want = lab.error_to_a(2, 0, 1280, mine[ETHER:])
    for _ in range(2):
        for at in range(0, 2000, 100):
            lab.a.send(*(lab.from_a(udp(f"2001:db8:a::6:{i:x}", FAR_1280, 1400))
                         for i in range(at, at + 100)))
            assert want in lab.exchange(a=[mine])[0]
    assert lab.mtud.json("show stats")["punted"] > 1000
    assert "held_no_mbuf" not in lab.icmp()
    answered(lab)
