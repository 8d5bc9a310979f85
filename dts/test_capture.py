# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Captures: what is in their files, what ends them, and programs that capture from outside."""

import contextlib
import os
import re
import resource
import select
import signal
import stat
import subprocess
import tempfile
import threading
import time

import pytest

from lab import arp, expect, nd, pcapng
from lab.expect import TOO_BIG, UNREACH, NO_ROUTE, udp
from lab.lab import (A, A4, B, FAR, FAR4, FAR_1280, FAR_1400, FAR_A, MAC_A, MAC_B, MAC_RA, NOWHERE,
                     R4_A, R_A, R_B, Lab)
from lab.mtud import Mtud
from lab.netns import Namespace, link_up, silence, veth
from lab.pages import NEEDED
from lab.pcapng import IN, OUT
from lab.service import stopped, worker_tid
from lab.wire import Tap


@pytest.fixture
def folder():
    """A folder for files, its name short and without blanks."""
    with tempfile.TemporaryDirectory(prefix="cap-") as path:
        yield path


@contextlib.contextmanager
def capture(lab, source, path, options=""):
    """A capture for the time of a block."""
    lab.mtud.do(f"capture start {source} {path} {options}")
    try:
        yield
    finally:
        lab.mtud.do("capture stop")


def shown(lab, source):
    """What show capture says of a source."""
    return next(c for c in lab.mtud.json("show capture") if c["source"] == source)


def wait_for(what, timeout=10):
    """What `what()` returns once that is true."""
    end = time.monotonic() + timeout
    while not (got := what()):
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.02)
    return got


def data(packets, direction=None):
    """The frames of packets, but for the marks of the bench."""
    return [p.data for p in packets if direction in (None, p.direction) and
            b"mark" not in p.data[-20:]]


def test_both_directions(lab, folder):
    """A port's capture has what came in and what left, answers and the control thread's too.

    Steps: capture both ports; from A send packets that are forwarded, one that is answered with
    Packet Too Big, one without a route, an echo request, a solicitation and an ARP request for
    addresses of ours.
    Verify: in port 0's file the frames as sent, and all that A got in its order; in port 1's all
    that B got; times within the test and not falling; interfaces named.
    """
    frames = [lab.from_a(udp(A, FAR, size)) for size in (60, 61, 62, 63, 64, 1499, 1500)]
    frames += [lab.from_a(udp(A4, FAR4, 500)), lab.from_a(udp(A, FAR_1280, 1400)),
               lab.from_a(udp(A, NOWHERE, 100)),
               lab.from_a(expect.icmpv6(A, R_A, 128, 0, b"\0\1\0\1")),
               lab.from_a(nd.ns(A, R_A, MAC_A), nd.group_mac(nd.solicited_node(R_A))),
               arp.request(A4, R4_A, MAC_A)]
    begin = time.time()
    with capture(lab, "port 0", f"{folder}/a"), capture(lab, "port 1", f"{folder}/b"):
        got_a, got_b = lab.exchange(frames, settle_s=0.3)
    a, b = pcapng.read(f"{folder}/a"), pcapng.read(f"{folder}/b")
    assert data(a, IN) == frames
    assert len(got_a) == 5 and sorted(data(a, OUT)) == sorted(got_a)
    assert lab.error_to_a(TOO_BIG, 0, 1280, frames[8][14:]) in data(a, OUT)
    assert lab.error_to_a(UNREACH, NO_ROUTE, 0, frames[9][14:]) in data(a, OUT)
    assert data(b, OUT) == got_b == [lab.to_b(f) for f in frames[:8]]
    assert {p.interface for p in a} == {"port0"} and {p.interface for p in b} == {"port1"}
    times = [p.time for p in a]
    assert begin - 1 < times[0] <= times[-1] < time.time() + 1
    assert all(p.original == len(p.data) and p.comment is None for p in a + b)


def test_filter_snaplen_count(lab, folder):
    """Only what matches, only so much of it, only so many.

    Steps: capture port 0 with a filter on one answer and a snaplen, port 1 with a filter that
    matches half of what leaves and a count; send.
    Verify: the files; show capture says done, and how much there was; packets that do not match
    are not missed either.
    """
    small, large = lab.from_a(udp(A, FAR, 100)), lab.from_a(udp(A, FAR, 700))
    big = lab.from_a(udp(A, FAR_1280, 1400))
    with capture(lab, "port 0", f"{folder}/a", "snaplen 70 filter 'icmp6 and ip6[40] == 2'"), \
            capture(lab, "port 1", f"{folder}/b", 'count 3 filter "udp and greater 500"'):
        lab.exchange([small, big, large] * 5)
        wait_for(lambda: shown(lab, "port 1")["state"] == "done")
        now = shown(lab, "port 0")
    a, b = pcapng.read(f"{folder}/a"), pcapng.read(f"{folder}/b")
    answer = lab.error_to_a(TOO_BIG, 0, 1280, big[14:])
    assert [p.data for p in a] == [answer[:70]] * 5
    assert {p.original for p in a} == {len(answer)}
    assert [p.data for p in b] == [lab.to_b(large)] * 3
    assert (now["state"], now["filter"], now["missed"]) == \
        ("running", "icmp6 and ip6[40] == 2", 0)
    assert shown(lab, "port 1")["packets"] == shown(lab, "port 1")["count"] == 3
    assert shown(lab, "port 1")["octets"] == 3 * len(large)
    assert shown(lab, "port 0")["octets"] == 5 * len(answer)
    text = lab.mtud.cmd("show capture")
    assert re.search(r"^port 1 +done +3 ", text, re.M) and "Why it ended" not in text


DROPS = [
    ("too_big", lambda lab: lab.from_a(udp(A, FAR_1400, 1500, hop_limit=9))),
    ("no_route", lambda lab: lab.from_a(udp(A, NOWHERE, 100))),
    ("hop_limit", lambda lab: lab.from_a(udp(A, FAR, 100, hop_limit=1))),
    ("blackhole", lambda lab: lab.from_a(udp(A, "2001:db8:b1ac::1", 100))),
    ("other_mac", lambda lab: lab.from_a(udp(A, FAR, 100), MAC_B)),
    ("vlan", lambda lab: lab.from_a(udp(A, FAR, 60))[:12] + b"\x81\0\0\5" + bytes(60)),
    ("ip_truncated", lambda lab: lab.from_a(expect.ipv6(A, FAR, 17, bytes(40), length=900))),
    ("src_invalid", lambda lab: lab.from_a(udp("::1", FAR, 100))),
    ("local_port", lambda lab: lab.from_a(udp(A, R_A, 100))),
    ("local_tcp", lambda lab: lab.from_a(expect.ip(A4, R4_A, 6, bytes(20)))),
    ("arp_not_ours", lambda lab: arp.request(A4, "192.0.2.77", MAC_A)),
    # These end on the control thread.
    ("nd_hop_limit", lambda lab: lab.from_a(nd.ns(A, R_A, MAC_A, hop_limit=64))),
    ("arp_address", lambda lab: arp.request("127.0.0.1", R4_A, MAC_A)),
]


def test_drops(lab, folder):
    """The capture of drops has each as it came in, with its reason.

    Steps: capture drops; send a packet for each of many reasons, some of which are answered, and
    some that are forwarded.
    Verify: the frames as sent, each with name and sentence of its reason as show drops has them;
    what was forwarded is not there; tshark reads the same.
    """
    texts = {d["reason"]: d["text"] for d in lab.mtud.json("show drops")}
    frames = {reason: make(lab) for reason, make in DROPS}
    with capture(lab, "drops", f"{folder}/drops"):
        for frame in frames.values():
            lab.exchange([lab.from_a(udp(A, FAR, 100)), frame], settle_s=0.05)
    packets = pcapng.read(f"{folder}/drops")
    got = {p.comment: p for p in packets}
    assert len(packets) == len(frames)
    assert set(got) == {f"{reason}: {texts[reason]}" for reason in frames}
    for reason, frame in frames.items():
        packet = got[f"{reason}: {texts[reason]}"]
        assert (packet.data, packet.direction, packet.interface) == (frame, IN, "port0"), reason
    read = subprocess.run(["tshark", "-r", f"{folder}/drops", "-T", "fields", "-e",
                           "frame.comment", "-e", "frame.len"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True, text=True).stdout
    assert sorted(read.splitlines()) == \
        sorted(f"{reason}: {texts[reason]}\t{len(f)}" for reason, f in frames.items())


def test_drops_filtered(lab, folder):
    """Filter and snaplen are for drops, too.

    Steps: capture drops to one destination; let packets to it and to others be dropped.
    Verify: only that destination's are in the file.
    """
    keep, other = (lab.from_a(udp(A, dst, 1450)) for dst in (FAR_1400, FAR_1280))
    with capture(lab, "drops", f"{folder}/drops", f"filter 'dst host {FAR_1400}' snaplen 60"):
        lab.exchange([keep, other, keep])
    packets = pcapng.read(f"{folder}/drops")
    assert [(p.data, p.original) for p in packets] == [(keep[:60], len(keep))] * 2


def test_burst(lab, folder):
    """A burst is in the file or counted as missed, and the file can be read while it grows.

    Steps: capture port 0 and what leaves port 1; send 4000 packets in bursts that net_af_packet's
    ring holds; read the first file before the captures are stopped.
    Verify: packets and missed together are as many; the file has as many as show capture says, and
    had some of them before the end.
    """
    frame = lab.from_a(udp(A, FAR, 1000))
    with capture(lab, "port 0", f"{folder}/a", f"filter 'dst host {FAR}'"), \
            capture(lab, "port 1", f"{folder}/b", f"filter 'dst host {FAR}'"):
        for _ in range(16):
            lab.exchange([frame] * 250)
        wait_for(lambda: os.path.getsize(f"{folder}/a") > 4 * len(frame))
    for source, name in (("port 0", "a"), ("port 1", "b")):
        now = shown(lab, source)
        packets = pcapng.read(f"{folder}/{name}")
        assert len(packets) == now["packets"] > 0
        assert now["packets"] + now["missed"] == 4000, now
    assert {p.data for p in packets} == {lab.to_b(frame)}


def test_restart(lab, folder):
    """A capture goes on when forwarding stops and starts and when its port gets another MTU.

    Steps: capture port 1; send; stop, start, send; ask for an MTU that needs larger buffers, for
    which the port is restarted, and that its driver then refuses; send.
    Verify: all three packets that left are in the file.
    """
    frames = [lab.from_a(udp(A, FAR, size)) for size in (100, 200, 300)]
    with capture(lab, "port 1", f"{folder}/b", f"filter 'dst host {FAR}'"):
        lab.exchange(frames[:1])
        lab.mtud.do("stop", "start")
        wait_for(lambda: lab.mtud.json("show port")[1]["link"].startswith("up"))
        lab.exchange(frames[1:2], settle_s=2.5)  # DAD, MLD and announcements
        assert "1500 stays in force" in lab.mtud.cmd("set port 1 mtu 3000")
        lab.exchange(frames[2:])
    assert [p.data for p in pcapng.read(f"{folder}/b")] == [lab.to_b(f) for f in frames]


def test_file(lab, folder):
    """What a file is like: 0600 when new, written over when it is there, its name may have blanks.

    Steps: capture into a new file, into one with other contents and permissions, into one with a
    blank in its name in quotes.
    Verify: the permissions, the contents.
    """
    for name, mode in (("new", 0o600), ("old", 0o644), ("with blank", 0o600)):
        path = f"{folder}/{name}"
        if name == "old":
            with open(path, "wb") as old:
                old.write(b"x" * 100000)
            os.chmod(path, 0o644)
        with capture(lab, "port 0", f'"{path}"'):
            lab.exchange([lab.from_a(udp(A, FAR, 100))])
        assert stat.S_IMODE(os.stat(path).st_mode) == mode
        assert data(pcapng.read(path), IN) == [lab.from_a(udp(A, FAR, 100))]


def test_bad_lines(lab, folder):
    """What cannot be captured is refused with a sentence, and disturbs nothing.

    Steps: lines with faults in their words, filters and files; a second capture of the same port,
    and into the same file; one in a file of commands.
    Verify: one sentence that names the fault; no file was made or changed; the capture that runs
    goes on.
    """
    os.mkfifo(f"{folder}/fifo")
    with open(f"{folder}/kept", "wb") as kept:
        kept.write(b"kept")
    script = lab.mtud.file("capture.conf", [f"capture start drops {folder}/x"])
    fine = f"capture start port 1 {folder}/x"
    with capture(lab, "port 0", f"{folder}/a"):
        for line, fault in (
                (f"capture start port 0 {folder}/x", "already"),
                (f"capture start drops {folder}/a", "another capture"),
                (f"capture start port 9 {folder}/x", "port 9"),
                (f"capture start port 1 {folder}/no/x", "No such file or directory"),
                (f"capture start port 1 {folder}", "Is a directory"),
                (f"capture start port 1 {folder}/fifo", "reads the pipe"),
                ("capture start port 1 /dev/null", "neither a regular file nor a pipe"),
                (f"capture start port 1 {folder}/kept filter 'udp port nonsense'", "nonsense"),
                (f"capture start port 1 {folder}/kept filter 'udp and'", "syntax error"),
                (f"{fine} filter 'udp", "'"), (f"{fine} filter 'udp'x", "'"),
                (f"{fine} filter udp port 53", '"port"'),
                (f"{fine} filter", "line ends"), (f"{fine} count", "line ends"),
                (f"{fine} count 0", "count"), (f"{fine} count 1 count 2", "twice"),
                (f"{fine} snaplen 13", "snaplen"), (f"{fine} snaplen 65536", "snaplen"),
                (f"{fine} speed 5", '"speed"'),
                ("capture start port 1", "file name"), ("capture start drops", "file name"),
                ("capture stop port 1", "none runs"), ("capture stop port 7", "port 7"),
                (f"load {script}", "capture start")):
            answer = lab.mtud.cmd(line)
            assert re.fullmatch(r"error: [^\n]*\n", answer) and fault in answer, (line, answer)
        lab.exchange([lab.from_a(udp(A, FAR, 100))])
    assert sorted(os.listdir(folder)) == ["a", "fifo", "kept"]
    assert os.path.getsize(f"{folder}/kept") == 4
    assert data(pcapng.read(f"{folder}/a"), IN) == [lab.from_a(udp(A, FAR, 100))]
    assert lab.mtud.cmd("capture stop port 0").startswith("error: ")


def test_long_filter(lab, folder):
    """A filter of 500 octets.

    Steps: capture with a filter that names many hosts, the last of them the one that is sent to.
    Verify: its packet is in the file.
    """
    hosts = " or ".join(f"host 2001:db8:{i:x}::1" for i in range(0x1480, 0x1501))
    hosts = hosts[hosts.index("host", len(hosts) - 510):]
    assert 480 < len(hosts) < 512 and hosts.endswith(FAR)
    frame = lab.from_a(udp(A, FAR, 100))
    with capture(lab, "port 0", f"{folder}/a", f"filter '{hosts}'"):
        lab.exchange([frame, lab.from_a(udp(A, FAR_1280, 100))])
    assert [p.data for p in pcapng.read(f"{folder}/a")] == [frame]


def test_pipe(lab, folder):
    """A pipe has the packets as they come, and one that nobody reads any more ends its capture.

    Steps: capture into a pipe with a reader; read what was sent; close the reader and send more.
    Verify: the packets; then show capture and the log say that the reader has gone; the same port
    can be captured again.
    """
    path = f"{folder}/pipe"
    os.mkfifo(path)
    frame = lab.from_a(udp(A, FAR, 100))
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with capture(lab, "port 0", path, f"filter 'dst host {FAR}'"):
            lab.exchange([frame] * 3)
            got = b""
            while got.count(frame) < 3:
                assert select.select([reader], [], [], 10)[0]
                got += os.read(reader, 65536)
            assert [p.data for p in pcapng.parse(got)] == [frame] * 3
            os.close(reader)
            reader = -1
            lab.exchange([frame])
            wait_for(lambda: shown(lab, "port 0")["state"] == "failed")
    finally:
        if reader >= 0:
            os.close(reader)
    now = shown(lab, "port 0")
    assert (now["packets"], now["missed"], now["error"]) == (3, 1, "the pipe's reader has gone")
    assert f"capture of port 0 into {path} ended: the pipe's reader has gone" in lab.mtud.log()
    with capture(lab, "port 0", f"{folder}/a"):
        lab.exchange([frame])
    assert data(pcapng.read(f"{folder}/a"), IN) == [frame]


def test_slow_pipe(lab, folder):
    """A pipe's reader that takes little at a time does not keep capture stop waiting.

    Steps: capture into a pipe, of which a page is read each 0.1 s; send 200 packets; stop.
    Verify: it answers within about a second; what is not in the pipe is missed, and said to be.
    """
    path = f"{folder}/pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    ended = threading.Event()

    def read():
        while not ended.wait(0.1):
            with contextlib.suppress(BlockingIOError):
                os.read(reader, 4096)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        lab.mtud.do(f"capture start port 0 {path} filter 'dst host {FAR}'")
        lab.exchange([lab.from_a(udp(A, FAR, 1400, fill=i)) for i in range(200)])
        begin = time.monotonic()
        lab.mtud.do("capture stop port 0")
        assert time.monotonic() - begin < 1.5
    finally:
        ended.set()
        thread.join()
        os.close(reader)
    now = shown(lab, "port 0")
    assert (now["state"], now["error"]) == ("failed", "the pipe's reader was too slow for the rest")
    assert now["packets"] > 10 and now["packets"] + now["missed"] == 200


def test_full_disk(lab, folder):
    """A full disk ends its capture, no other, and no forwarding.

    Steps: capture port 0 into a file system of 64 KiB and port 1 elsewhere; send 200 packets of
    1000 octets; capture into another file there.
    Verify: show capture and the log say why it ended; the file has whole packets, as many as said;
    the other capture has all; what has no room from the beginning is refused.
    """
    disk = f"{folder}/disk"
    os.mkdir(disk)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk], check=True)
    try:
        frames = [lab.from_a(udp(A, FAR, 1000, fill=i)) for i in range(200)]
        with capture(lab, "port 0", f"{disk}/a", f"filter 'dst host {FAR}'"), \
                capture(lab, "port 1", f"{folder}/b", f"filter 'dst host {FAR}'"):
            got = lab.exchange(frames)[1]
            wait_for(lambda: shown(lab, "port 0")["state"] == "failed")
        packets = pcapng.read(f"{disk}/a")
        with open(f"{disk}/rest", "wb") as rest, contextlib.suppress(OSError):
            rest.write(bytes(1 << 20))
        assert lab.mtud.cmd(f"capture start port 1 {disk}/c").startswith(
            f"error: capture start port 1 {disk}/c: No space left on device; ")
    finally:
        subprocess.run(["umount", disk], check=True)
    now = shown(lab, "port 0")
    assert now["error"] == "No space left on device" and now["packets"] == len(packets) > 10
    assert "ended: No space left on device" in lab.mtud.log()
    assert [p.data for p in packets] == frames[:len(packets)]
    assert got == [lab.to_b(f) for f in frames] == [p.data for p in pcapng.read(f"{folder}/b")]


def test_file_limit(lab, folder):
    """A file that may not grow ends its capture, and not mtud.

    Steps: allow mtud files of 256 KiB (ulimit -f); capture 300 packets of 1400 octets.
    Verify: the capture failed; the file has whole packets, as many as said; mtud goes on.
    """
    frames = [lab.from_a(udp(A, FAR, 1400, fill=i)) for i in range(300)]
    pid = lab.mtud.proc.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1 << 18, before[1]))
    try:
        with capture(lab, "port 0", f"{folder}/a", f"filter 'dst host {FAR}'"):
            lab.exchange(frames)
            wait_for(lambda: shown(lab, "port 0")["state"] == "failed")
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    packets = pcapng.read(f"{folder}/a")
    now = shown(lab, "port 0")
    assert now["packets"] == len(packets) > 100 and 0 < now["missed"] <= 300 - len(packets)
    assert [p.data for p in packets] == frames[:len(packets)]


def test_stop(lab, folder):
    """capture stop ends one, or all.

    Steps: three captures; stop that of a port, then all; stop again.
    Verify: show capture; stopping what does not run is refused, but for all.
    """
    for source in ("port 0", "port 1", "drops"):
        lab.mtud.do(f"capture start {source} {folder}/{source[-1]}")
    lab.mtud.do("capture stop port 1")
    assert [(c["source"], c["state"]) for c in lab.mtud.json("show capture")] == \
        [("port 0", "running"), ("port 1", "stopped"), ("drops", "running")]
    lab.mtud.do("capture stop drops", "capture stop", "capture stop")
    assert {c["state"] for c in lab.mtud.json("show capture")} == {"stopped"}
    assert "none runs" in lab.mtud.cmd("capture stop drops")


def test_stalled_worker(lab, folder):
    """With a worker that hangs nobody waits for it: no capture ends.

    Steps: stop the worker's thread alone; capture stop; let it go on; the same.
    Verify: a sentence, and the capture runs on; then it is stopped.
    """
    lab.mtud.do("set watchdog 1", f"capture start port 0 {folder}/a")
    with stopped(worker_tid(lab.mtud.proc.pid)):
        for line in ("capture stop port 0", "capture stop"):
            assert lab.mtud.cmd(line).startswith("error: worker 0 "), line
        assert shown(lab, "port 0")["state"] == "running"
    lab.mtud.do("set watchdog 2")
    wait_for(lambda: lab.mtud.cmd("capture stop port 0") == "")
    assert shown(lab, "port 0")["state"] == "stopped"


def test_flood(binary, folder):
    """What is more than a disk takes is counted; an end of mtud ends its captures well.

    Steps: mtud, under the limit of locked memory of a shell, on a port that receives without end;
    capture it and what it drops; start, wait, stop; capture again, start, SIGTERM.
    Verify: packets and missed together are all that the port received and dropped; the files have
    as many as said; mtud ends with status 0 and without a leak, and the last files are whole.
    """
    # net_null writes nothing into its packets: what new buffers hold, or a ledger's free ones.
    blank = ({bytes(64)}, {b"\xdb" * 64}, {bytes(64), b"\xdb" * 64})
    ns = Namespace("end")
    limits = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (8 << 20, limits[1]))  # a shell's
    try:
        mtud = Mtud(binary, ns, ["net_null0,size=64,copy=1"], [], memory_mb=256,
                    options=["--no-start"])
    finally:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, limits)

    def begin():
        for source in ("port 0", "drops"):
            mtud.do(f"capture start {source} {folder}/{source[-1]} filter 'not ip6'")
        mtud.do("start")
        wait_for(lambda: all(c["missed"] for c in mtud.json("show capture")))

    try:
        mtud.wait_ready()
        begin()
        mtud.do("stop", "capture stop")
        received, dropped = (mtud.json(show) for show in ("show port 0", "show drops"))
        counted = [received["rx_packets"],
                   next(d["packets"] for d in dropped if d["reason"] == "other_mac")]
        for now, all_of_them in zip(mtud.json("show capture"), counted):
            packets = pcapng.read(now["file"])
            assert len(packets) == now["packets"] > 0
            assert now["packets"] + now["missed"] == all_of_them
            assert now["octets"] == 64 * now["packets"]
            assert {p.data for p in packets} in blank
        assert {p.comment.split(":")[0] for p in packets} == {"other_mac"}
        begin()
        mtud.stop()
        for name in ("0", "s"):
            assert {p.data for p in pcapng.read(f"{folder}/{name}")} in blank
    finally:
        mtud.remove()
        ns.close()


# Programs of DPDK's that attach to mtud: they need hugepages, which are asked for and given back.


def attach(program, mtud, *args, **kwargs):
    """Start a program of DPDK's that attaches to mtud."""
    env = dict(os.environ, RUNTIME_DIRECTORY=mtud.dir)
    return subprocess.Popen([program, f"--file-prefix={mtud.prefix}", *args], env=env, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kwargs)


def test_from_outside(binary, folder, hugepages):
    """dpdk-proc-info and dpdk-dumpcap work against a running mtud.

    Steps: mtud with hugepages on a port; dpdk-proc-info asks for the port and a pool of mtud's;
    dpdk-dumpcap captures with a filter beside a capture of mtud's own; send packets that are
    answered, then end dpdk-dumpcap, and send again.
    Verify: dpdk-proc-info shows the port and the pool; both captures have the packets and their
    answers; mtud goes on forwarding and ends well.
    """
    ns, peer = Namespace("port"), Namespace("peer")
    veth(peer, "wire", MAC_A, ns, "port0", MAC_RA)
    for where, iface in ((ns, "port0"), (peer, "wire")):
        silence(where, iface)
        link_up(where, iface)
    wire = Tap(peer, "wire")
    config = [f"add address {R_A}/64 port 0", f"add neighbor {A} lladdr {MAC_A} port 0"]
    # Who attaches maps the memory where mtud has it: away from where the kernel puts libraries.
    mtud = Mtud(binary, ns, ["net_af_packet0,iface=port0"], config, memory_mb=2 * NEEDED - 16,
                eal=["--base-virtaddr", "0x200000000000"],
                options=["--mbufs", "2048", "--txd", "256", "--rxd", "256"], huge=hugepages)
    dumpcap = None
    try:
        mtud.wait_ready()
        said = attach("dpdk-proc-info", mtud, "--no-pci", "--", "--show-port").communicate(
            timeout=30)[0]
        assert "net_af_packet0" in said or "mtu (1500)" in said, said
        said = attach("dpdk-proc-info", mtud, "--no-pci", "--", "--show-mempool=mtud_reply0"
                      ).communicate(timeout=30)[0]
        assert "mtud_reply0" in said, said

        mtud.do(f"capture start port 0 {folder}/own filter 'icmp6 and ip6[40] >= 128'")
        dumpcap = attach("dpdk-dumpcap", mtud, "-i", "0", "-f", "icmp6", "-w", f"{folder}/out")
        request = expect.frame_of(expect.icmpv6(A, R_A, 128, 0, b"\0\1\0\1ping"), MAC_A, MAC_RA)
        answer = expect.frame_of(expect.icmpv6(R_A, A, 129, 0, b"\0\1\0\1ping"), MAC_RA, MAC_A)
        # It says nothing when it begins: its file grows with the first packet it sees.
        end = time.monotonic() + 30
        while not holds(f"{folder}/out", request, answer):
            assert time.monotonic() < end, mtud.log()
            wire.send(request)
            time.sleep(0.1)
        dumpcap.send_signal(signal.SIGINT)
        dumpcap.communicate(timeout=30)
        assert dumpcap.returncode == 0
        wire.drain()
        wire.send(request)
        assert answer in wire.until(lambda frame: frame == answer, 10)
        mtud.do("capture stop")
        assert holds(f"{folder}/own", request, answer)
        packets = [p for p in pcapng.read(f"{folder}/out") if p.data in (request, answer)]
        assert {(p.data, p.direction) for p in packets} == {(request, IN), (answer, OUT)}
        mtud.stop()
    finally:
        if dumpcap is not None and dumpcap.poll() is None:
            dumpcap.kill()
            dumpcap.wait()
        mtud.remove()
        wire.close()
        ns.close()
        peer.close()


def holds(path, *frames):
    """Is each of the frames in a file that may still grow?"""
    if not os.path.exists(path):
        return False
    with open(path, "rb") as file:
        content = file.read()
    return all(frame in content for frame in frames)
