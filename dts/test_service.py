# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""mtud as a service: what systemd hears, the log, privileges, workers that hang, the end."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from lab import nd
from lab.expect import icmpv6, udp
from lab.lab import A, FAR, FAR_1280, LL_A, NOWHERE, R_A, Lab
from lab.mtud import Mtud
from lab.netns import Namespace
from lab.service import Notify, reap, stopped, threads, worker_tid

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
CAP_NET_ADMIN = 1 << 12
PING_S = 0.5


class Service:
    """The bench, as systemd would have started it."""

    def __init__(self, binary):
        self.console = None
        self.notify = Notify(lambda: bool(self.console) and os.path.exists(self.console))
        env = {"NOTIFY_SOCKET": self.notify.path, "WATCHDOG_USEC": str(int(2e6 * PING_S))}
        self.lab = Lab(binary, env=env, journal=True)
        self.mtud = self.lab.mtud
        self.console = self.mtud.console

    def lines(self, since=0):
        """The log, from an offset on."""
        return self.mtud.log()[since:].splitlines()

    def wait_line(self, pattern, since=0, timeout=20):
        """Until a line of the log matches."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            for line in self.lines(since):
                if re.search(pattern, line):
                    return line
            time.sleep(0.02)
        raise AssertionError(f"no {pattern!r} in:\n" + "\n".join(self.lines(since)))

    def mark(self):
        return len(self.mtud.log())


@pytest.fixture(scope="module")
def running(binary):
    service = Service(binary)
    try:
        service.lab.start()
        yield service
        service.lab.close()
    finally:
        service.lab.close(check=False)
        service.notify.close()


@pytest.fixture
def service(running):
    """One mtud for all tests here; between them its log tells as much as by default."""
    running.lab.clear()
    yield running
    if not running.mtud.alive():
        return
    for part in ("icmp", "drop", "neighbor"):
        running.mtud.do(f"set log {part} info")


def test_ready(service):
    """systemd hears that mtud is ready when it is: console there, addresses checked, links up.

    Steps: start; read the notification socket.
    Verify: one READY=1, when the console's socket was there; a STATUS that says what it does.
    """
    at, console_there = service.notify.wait("READY=1")
    assert console_there
    assert "STATUS=Forwarding; 2 of 2 ports up, 1 workers" in service.notify.messages()[at]
    assert all(a["state"] == "preferred" for a in service.mtud.json("show address"))


def test_pings_while_all_is_well(service):
    """WATCHDOG=1 comes again and again, as WATCHDOG_USEC asks.

    Steps: wait.
    Verify: three more.
    """
    at = len(service.notify.messages())
    for _ in range(3):
        at = service.notify.wait("WATCHDOG=1", at)[0] + 1


def test_status_follows(service):
    """systemctl status shows what changes.

    Steps: stop, start.
    Verify: STATUS says so both times.
    """
    at = len(service.notify.messages())
    service.mtud.do("stop")
    at = service.notify.wait("STATUS=Stopped; 2 ports, 1 workers", at)[0]
    assert [w["state"] for w in service.mtud.json("show workers")] == ["idle"]
    service.mtud.do("start")
    service.notify.wait("STATUS=Forwarding; 2 of 2 ports up", at)
    assert [w["state"] for w in service.mtud.json("show workers")] == ["running"]


def test_reload(service):
    """A load is a reload to systemd; one that is refused changes nothing and is logged.

    Steps: load a good file, then a bad one.
    Verify: RELOADING=1 with the time, then READY=1, both times; a line in the log for each.
    """
    good = service.mtud.file("good.conf", ["add route 2001:db8:77::/48 blackhole"])
    bad = service.mtud.file("bad.conf", ["del route 2001:db8:77::/48", "nonsense"])
    for path, answer, line in ((good, "", rf"<6>mtud: loaded {good}"),
                               (bad, f"error: {bad}:2: ", rf"<4>mtud: load refused.*{bad}:2: ")):
        at, since = len(service.notify.messages()), service.mark()
        assert service.mtud.cmd(f"load {path}").startswith(answer)
        at, _ = service.notify.wait("RELOADING=1", at)
        assert re.search(r"^MONOTONIC_USEC=\d+$", service.notify.messages()[at], re.M)
        service.notify.wait("READY=1", at + 1)
        service.wait_line(line, since)
    assert "blackhole" in service.mtud.cmd("show route 2001:db8:77::/48")
    service.mtud.do("del route 2001:db8:77::/48")


def test_log_of_answers(service):
    """set log icmp debug tells each answer: sent, or held back and why.

    Steps: a packet that is too big; an ICMPv6 error that is too big; an echo request to mtud.
    Verify: a line for each, with addresses, MTU and port, at the priority of debug.
    """
    service.mtud.do("set log icmp debug")
    since = service.mark()
    service.lab.a.send(*(service.lab.from_a(p) for p in (
        udp(A, FAR_1280, 1400), icmpv6(A, FAR_1280, 1, 0, bytes(4) + bytes(1400)),
        icmpv6(A, R_A, 128, 0, bytes(8)))))
    service.wait_line(rf"^<7>mtud: icmp: Packet Too Big \(MTU 1280\) to {A} sent from {R_A}, for "
                      rf"its 1400 octets to {FAR_1280} by port 0$", since)
    service.wait_line(rf"^<7>mtud: icmp: Packet Too Big \(MTU 1280\) to {A} not sent: the cause is "
                      rf"itself an ICMP error.*, for its 1448 octets to {FAR_1280} by port 0$",
                      since)
    service.wait_line(rf"^<7>mtud: icmp: Echo Reply to {A} sent from {R_A}, for its 52 octets to "
                      rf"{R_A} by port 0$", since)


def test_log_of_drops(service):
    """set log drop debug tells each drop, of workers and of the control thread.

    Steps: no route; a VLAN tag; a Neighbor Solicitation from beyond the link.
    Verify: a line for each with its reason; nothing about what is forwarded.
    """
    service.mtud.do("set log drop debug")
    since = service.mark()
    lab = service.lab
    vlan = lab.from_a(udp(A, FAR, 100))
    service.lab.a.send(lab.from_a(udp(A, NOWHERE, 100)),
                       vlan[:12] + bytes.fromhex("81000005") + vlan[12:],
                       lab.from_a(nd.ns(LL_A, R_A, hop_limit=64)), lab.from_a(udp(A, FAR, 99)))
    service.wait_line(rf"<7>mtud: drop: no_route: 100 octets from {A} to {NOWHERE} by port 0: no "
                      "route to the destination$", since)
    service.wait_line("<7>mtud: drop: vlan: a frame of 118 octets, EtherType 0x8100, by port 0: ",
                      since)
    service.wait_line(rf"<7>mtud: drop: nd_hop_limit: \d+ octets from {LL_A} to \S+ by port 0: ND",
                      since)
    assert not any(" 99 octets" in line for line in service.lines(since))


def test_log_is_bounded(service):
    """A flood does not fill the log: so many lines a second, the others are counted.

    Steps: 600 packets without a route.
    Verify: lines and those counted as not logged are 600 together, and show log has them.
    """
    service.mtud.do("set log drop debug")

    def not_logged():
        return next(p["not_logged"] for p in service.mtud.json("show log") if p["part"] == "drop")

    since, before = service.mark(), not_logged()
    for _ in range(4):
        service.lab.exchange(a=[service.lab.from_a(udp(A, NOWHERE, 100))] * 150)
    assert service.lab.drops() == {"no_route": 600}
    more = not_logged() - before
    assert more > 0
    service.wait_line("drop: [0-9]+ more not logged", since)
    end = time.monotonic() + 20
    counted = lines = 0
    while lines + counted != 600 and time.monotonic() < end:
        log = "\n".join(service.lines(since))
        lines = log.count("drop: no_route: ")
        counted = sum(int(n) for n in re.findall("drop: ([0-9]+) more not logged", log))
    assert (lines, counted) == (600 - more, more)


def test_journal(service):
    """Each line that goes to the journal has its priority, EAL's and the sentences at the end too.

    Steps: read the log; start mtud with bad options, once with the journal and once without.
    Verify: <N> at each line, once; errors <3>; without the journal no line has it.
    """
    lines = service.lines()
    assert any("EAL: " in line for line in lines)
    assert all(re.match(r"<[0-7]>[^<]", line) for line in lines), lines
    service.wait_line(r"^<6>mtud: port 0: link up$")
    ns = Namespace("journal")
    for journal, stream, want in ((True, None, "<3>mtud: --rxd x: "),
                                  (False, "1:2", "mtud: --rxd x: ")):
        mtud = Mtud(service.lab.binary, ns, ["net_null0"], None, options=["--rxd", "x"],
                    env={"JOURNAL_STREAM": stream} if stream else None, journal=journal)
        try:
            mtud.wait_end(expect=1)
            ours = [line for line in mtud.log().splitlines() if "mtud: " in line]
            assert ours and ours[0].startswith(want)
        finally:
            mtud.remove()
    ns.close()


def test_privileges(service):
    """Once started, mtud has the capabilities that its ports' drivers need, its workers none.

    Steps: read what each thread has; change MTU and promiscuous mode of a port.
    Verify: CAP_NET_ADMIN alone for net_af_packet, nothing in workers, nothing to be gained by
    execve; all threads filter their system calls, workers twice; the changes reach the kernel's
    interface.
    """
    for name, status in threads(service.mtud.proc.pid).values():
        want = 0 if "worker" in name else CAP_NET_ADMIN
        for field in ("CapEff", "CapPrm"):
            assert int(status[field], 16) == want, (name, field, status[field])
        assert int(status["CapInh"], 16) == int(status["CapAmb"], 16) == 0
        assert status["NoNewPrivs"] == "1"
        assert status["Seccomp"] == "2", name
    filters = {name: int(status["Seccomp_filters"])
               for name, status in threads(service.mtud.proc.pid).values()}
    others = {n for name, n in filters.items() if "worker" not in name}
    assert {n for name, n in filters.items() if "worker" in name} == {max(others) + 1}, filters
    ns = service.lab.ns_r
    assert "mtu 1500" in ns.run("ip", "link", "show", "port1")
    with service.mtud.having("set port 1 mtu 1400", "set port 1 mtu 1500"), \
            service.mtud.having("set port 1 promisc on", "set port 1 promisc off"):
        assert "mtu 1400" in ns.run("ip", "link", "show", "port1")
        assert "promiscuity 1" in ns.run("ip", "-d", "link", "show", "port1")
    assert "promiscuity 0" in ns.run("ip", "-d", "link", "show", "port1")


def test_no_seccomp(binary):
    """--no-seccomp: where a driver asks for more than its filter knows, and whoever reads the log is
    told.

    Steps: start with it; read what each thread has; a device that nobody knows, without it.
    Verify: no filter and a line; a loose one for all threads and none for workers, and a line.
    """
    ours = threads(os.getpid())[os.getpid()][1]["Seccomp"]
    ns = Namespace("calls")
    try:
        for device, options, line, mode in (
                ("net_null0", ["--no-seccomp"], "system calls are not filtered: --no-seccomp$",
                 ours),
                ("net_bonding0,mode=1,slave=net_null0", [],
                 "system calls are filtered loosely: a port's driver may need any, ", "2")):
            vdevs = ["net_null0", device] if "bonding" in device else [device]
            mtud = Mtud(binary, ns, vdevs, [], options=options)
            try:
                mtud.wait_ready()
                states = [s for _, s in threads(mtud.proc.pid).values()]
                assert {s["Seccomp"] for s in states} == {mode}, mtud.log()
                assert len({s["Seccomp_filters"] for s in states}) == 1
                assert re.search(f"^mtud: {line}", mtud.log(), re.M), mtud.log()
                mtud.stop()
            finally:
                mtud.remove()
    finally:
        ns.close()


def test_stalled_worker(service):
    """A worker that hangs is logged, shown, told to systemd, and holds up nothing but changes.

    Steps: stop the worker's thread alone; ask for a change at once; look; let it go on.
    Verify: the change is refused by a sentence; one line in the log with lcore and stage; show
    workers; STATUS; no WATCHDOG=1 until it moves again; then a line, and changes work.
    """
    mtud, notify = service.mtud, service.notify
    since, at = service.mark(), len(notify.messages())
    route = "add route 2001:db8:78::/48 blackhole"
    mtud.do("set watchdog 1")
    with stopped(worker_tid(mtud.proc.pid)):
        answer = mtud.cmd(route)
        assert re.match(r"error: worker 0 \(lcore 1\) has not moved for 1\.\d s and stands in "
                        r"stage \w+: .*nothing was changed", answer), answer
        line = service.wait_line("worker 0 .*has not moved", since)
        assert re.match(r"<3>mtud: worker 0 \(lcore 1\) has not moved for 1\.\d s and stands in "
                        r"stage (\w+): ", line), line
        stage = re.search(r"stage (\w+)", line)[1]
        at, _ = notify.wait(f"STATUS=Worker 0 (lcore 1) does not move: it stands in stage {stage}",
                            at)
        (worker,) = mtud.json("show workers")
        assert (worker["state"], worker["stage"]) == ("stalled", stage)
        assert mtud.json("show watchdog")["ok"] is False
        for line in ("set port 0 promisc on", "stop", "load /dev/null"):
            assert mtud.cmd(line).startswith("error: "), line
        assert mtud.cmd("show route 2001:db8:78::/48").startswith("error: ")
        # Longer than it takes to ping.
        while worker["stalled_ms"] < 1000 + 3000 * PING_S:
            time.sleep(0.05)
            (worker,) = mtud.json("show workers")
        assert not any("WATCHDOG=1" in m for m in notify.messages(at))
        assert sum("has not moved" in line for line in service.lines(since)) == 1
    service.wait_line(r"<5>mtud: worker 0 \(lcore 1\) moves again, after \d+\.\d s$", since)
    notify.wait("STATUS=Forwarding", at)
    notify.wait("WATCHDOG=1", at)
    mtud.do(route, "del route 2001:db8:78::/48", "set watchdog 2")
    frame = service.lab.from_a(udp(A, FAR, 100))
    assert service.lab.to_b(frame) in service.lab.exchange(a=[frame])[1]


def test_a_pause_is_no_stall(service):
    """A program that was stopped as a whole has no worker to blame.

    Steps: SIGSTOP for longer than the watchdog's time, SIGCONT.
    Verify: no line.
    """
    service.mtud.do("set watchdog 1")
    since = service.mark()
    service.mtud.pause()
    time.sleep(1.5)
    service.mtud.resume()
    at = len(service.notify.messages())
    for _ in range(2):
        at = service.notify.wait("WATCHDOG=1", at)[0] + 1
    service.mtud.do("set watchdog 2")
    assert not any("has not moved" in line for line in service.lines(since))


def test_end_with_packets_in_hand(service):
    """SIGTERM: what waited is freed and counted, systemd hears of it, status 0.

    Steps: packets to a neighbor that does not answer; SIGTERM.
    Verify: a line with how many waited; STOPPING=1; status 0, no buffer lost (the sanitizer).
    """
    lab = service.lab
    since = service.mark()
    waiting = ("2001:db8:b::71", "2001:db8:b::72")
    lab.a.send(*(lab.from_a(udp(A, dst, 100)) for dst in waiting))
    for dst in waiting:
        assert nd.is_ns(lab.b.until(lambda f, dst=dst: nd.is_ns(f, dst), 5)[-1], dst)
    service.mtud.stop()
    service.wait_line("mtud: ended with 2 packets that waited for a neighbor and 0 for the", since)
    service.notify.wait("STOPPING=1")


def test_end_with_a_worker_that_hangs(binary):
    """SIGTERM ends mtud though a worker hangs: soon, with a sentence and status 1.

    Steps: stop the worker's thread alone; SIGTERM.
    Verify: status 1, the sentence names worker, lcore and stage.
    """
    ns = Namespace("hang")
    mtud = Mtud(binary, ns, ["net_null0"], [])
    try:
        mtud.wait_ready()
        assert all(int(s["CapEff"], 16) == 0 for _, s in threads(mtud.proc.pid).values())
        tid = worker_tid(mtud.proc.pid)
        with stopped(tid):
            mtud.proc.send_signal(signal.SIGTERM)
            reap(tid)
        mtud.wait_end(expect=1)
        assert re.search(r"^mtud: worker 0 \(lcore 1\) does not end: it stands in stage \w+; ",
                         mtud.log(), re.M), mtud.log()
    finally:
        mtud.remove()
        ns.close()


def unit_text():
    with open(os.path.join(ROOT, "config", "mtud.service"), encoding="ascii") as unit:
        return unit.read()


def test_unit():
    """The unit is one that systemd takes, and shuts in what it starts.

    Steps: systemd-analyze verify, with the programs' paths in a folder of the test; security.
    Verify: no complaint; an exposure below 2.8; the programs are those that are installed.
    """
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: scripts/setup.sh")
    text = unit_text()
    programs = set(re.findall(r"^Exec\w+=\+?(\S+)", text, re.M))
    assert programs == {"/usr/sbin/mtud", "/usr/sbin/mtud-prepare", "/usr/sbin/mtud-console"}
    with tempfile.TemporaryDirectory(prefix="u-") as folder:
        for program in programs:
            path = os.path.join(folder, os.path.basename(program))
            with open(path, "w", encoding="ascii") as out:
                out.write("#!/bin/sh\n")
            os.chmod(path, 0o755)
            text = re.sub(rf"^(Exec\w+=\+?){program}(?=\s)", rf"\g<1>{path}", text, flags=re.M)
        unit = os.path.join(folder, "mtud.service")
        with open(unit, "w", encoding="ascii") as out:
            out.write(text)
        for args in (["verify", "--man=no"], ["security", "--offline=yes", "--threshold=28"]):
            done = subprocess.run(["systemd-analyze", *args, unit], capture_output=True, text=True,
                                  timeout=60, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            assert args[0] == "security" or done.stderr == "", done.stderr


def test_defaults():
    """/etc/default/mtud is read by systemd as by a shell, and says what prepare.sh reads.

    Steps: source it.
    Verify: no complaint, EAL options with two lcores.
    """
    path = os.path.join(ROOT, "config", "mtud.default")
    done = subprocess.run(["sh", "-euc", f". {path}; echo \"$MTUD_EAL\""], capture_output=True,
                          text=True, timeout=10, check=True)
    assert (done.stdout, done.stderr) == ("-l 0,1\n", "")
    with open(path, encoding="ascii") as text:
        assert set(re.findall(r"^#?(MTUD_\w+)=", text.read(), re.M)) == \
            {"MTUD_EAL", "MTUD_ARGS", "MTUD_HUGEPAGES", "MTUD_BIND"}


class Prepare:
    """prepare.sh on a machine made of files: 2M pages, 1G pages on node 0, both mounted."""

    def __init__(self, folder):
        self.root = folder
        self.two = self._pages("kernel/mm/hugepages/hugepages-2048kB", 3)
        self.one = self._pages("devices/system/node/node0/hugepages/hugepages-1048576kB", 0)
        self.mounts = self._write("mounts", "h /dev/hugepages hugetlbfs rw,pagesize=2M 0 0\n"
                                            "h /mnt/1 hugetlbfs rw,mode=755,pagesize=1024M 0 0\n")
        os.mkdir(os.path.join(folder, "run"))
        self.script = os.path.join(folder, "prepare.sh")
        shutil.copy(os.path.join(ROOT, "scripts", "prepare.sh"), self.script)

    def _write(self, name, text, mode=0o644):
        path = os.path.join(self.root, name)
        with open(path, "w", encoding="ascii") as out:
            out.write(text)
        os.chmod(path, mode)
        return path

    def _pages(self, folder, count):
        folder = os.path.join("sys", folder)
        os.makedirs(os.path.join(self.root, folder))
        return self._write(os.path.join(folder, "nr_hugepages"), f"{count}\n")

    def bind_tool(self, status):
        self._write("mtud-bind", f"#!/bin/sh\necho \"$@\" > {self.root}/bound\nexit {status}\n",
                    0o755)

    def run(self, **env):
        """(status, standard error)"""
        done = subprocess.run([self.script], capture_output=True, text=True, timeout=20,
                              check=False, env={
                                  "PATH": os.environ["PATH"], "SYSFS": f"{self.root}/sys",
                                  "MOUNTS": self.mounts, "RUN_DIR": f"{self.root}/run", **env})
        return done.returncode, done.stderr

    def read(self, path):
        with open(os.path.join(self.root, path), encoding="ascii") as text:
            return text.read().strip()


@pytest.fixture
def prepare():
    with tempfile.TemporaryDirectory(prefix="p-") as folder:
        yield Prepare(folder)


def test_prepare(prepare):
    """Hugepages are reserved where they are missing, never fewer; devices are bound.

    Steps: ask for more 2M pages than there are, for fewer, for 1G pages of a node; for devices.
    Verify: the kernel's files, and what mtud-bind was called with; EAL's folder is there.
    """
    prepare.bind_tool(0)
    assert prepare.run(MTUD_HUGEPAGES="2M:5 1G:2@0", MTUD_BIND="--no-iommu 0000:01:00.0 eth1") == \
        (0, "")
    assert (prepare.read(prepare.two), prepare.read(prepare.one)) == ("5", "2")
    assert prepare.read("bound") == "bind --no-iommu 0000:01:00.0 eth1"
    assert os.path.isdir(os.path.join(prepare.root, "run", "dpdk"))
    assert prepare.run(MTUD_HUGEPAGES="2048K:4") == (0, "")
    assert prepare.read(prepare.two) == "5"
    assert prepare.run() == (0, "")


@pytest.mark.parametrize("pages,says", [
    ("2M", "expected SIZE:COUNT or SIZE:COUNT@NODE"), ("2M:-1", "expected SIZE:COUNT"),
    ("2M:1@x", "expected SIZE:COUNT"), ("2M:1;reboot", "expected SIZE:COUNT"),
    ("16G:1", "no hugepages of 16G; it has 2048kB"), ("1G:1@7", "no NUMA node 7")])
def test_prepare_refuses(prepare, pages, says):
    """What cannot be had is one sentence with what was asked for, and status 1.

    Steps: ask for it.
    Verify: status, sentence; nothing changed.
    """
    status, err = prepare.run(MTUD_HUGEPAGES=pages)
    assert status == 1 and err.count("\n") == 1
    assert err.startswith(f"mtud-prepare: MTUD_HUGEPAGES: {pages.split()[0]}: ") and says in err
    assert prepare.read(prepare.two) == "3"


def test_prepare_names_what_fails(prepare):
    """So is a device that cannot be bound, and a tool that is missing.

    Steps: no mtud-bind; one that fails.
    Verify: the sentences.
    """
    status, err = prepare.run(MTUD_BIND="0000:01:00.0")
    assert (status, err) == (1, "mtud-prepare: MTUD_BIND: there is no mtud-bind in "
                                f"{prepare.root}; install mtud whole\n")
    prepare.bind_tool(1)
    status, err = prepare.run(MTUD_BIND="0000:01:00.0")
    assert status == 1 and err.startswith("mtud-prepare: MTUD_BIND: 0000:01:00.0 ")
