# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Starts and ends of the program: command line, files, signals, the terminal."""

import contextlib
import fcntl
import os
import re
import signal
import subprocess
import tempfile
import termios
import threading
import time

import pytest

from lab.expect import udp
from lab.lab import A, FAR, Lab
from lab.mtud import Mtud, ask, on_own_processors
from lab.netns import Namespace
from lab.terminal import Terminal


def test_no_start(binary):
    """--no-start waits for the command start.

    Steps: start mtud so, send; start, send.
    Verify: nothing, then forwarded.
    """
    bench = Lab(binary, options=["--no-start"])
    try:
        bench.mtud.wait_ready()
        frame = bench.from_a(udp(A, FAR, 100))
        bench.a.send(frame)
        assert frame[54:] not in [f[54:] for f in bench.b.frames(0.5)]
        bench.mtud.cmd("start")
        bench.start()
        bench.check(a_in=[frame], b_out=[bench.to_b(frame)])
        bench.close()
    finally:
        bench.close(check=False)


@pytest.fixture
def bare(binary):
    """Start mtud on null ports in a namespace of its own: bare(config, …)."""
    ns, running = Namespace("bare"), []

    def start(config=None, vdevs=("net_null0", "net_null1"), **kwargs):
        running.append(Mtud(binary, ns, vdevs, config, memory_mb=kwargs.pop("memory_mb", 512),
                            **kwargs))
        return running[-1]

    yield start
    for mtud in running:
        mtud.remove()
    ns.close()


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_end_it_cleanly(bare, sig):
    """SIGTERM, SIGINT and SIGHUP end mtud with status 0, its socket removed.

    Steps: start, signal.
    Verify: status 0, no socket, no sanitizer's complaint.
    """
    mtud = bare(["add address 2001:db8:a::1/64 port 0"]).wait_ready()
    mtud.stop(sig)
    assert not os.path.exists(mtud.console)


def test_blocked_signals(bare):
    """Signals that whoever starts mtud has blocked for itself are heeded.

    Steps: block SIGTERM and SIGINT, start, SIGTERM.
    Verify: status 0.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    try:
        mtud = bare([])
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    mtud.wait_ready()
    mtud.stop()


def test_quit_ends_it(bare):
    """So does quit.

    Steps: quit over the socket.
    Verify: status 0.
    """
    mtud = bare([]).wait_ready()
    with contextlib.suppress(ConnectionError):
        ask(mtud.console, "quit")
    mtud.wait_end()


@pytest.mark.parametrize("lines,at", [
    (["nonsense"], 1), (["# fine", "", "add address 2001:db8:a::1/64 port 0", "add route x"], 4),
    (["add address 2001:db8:a::1/64 port 5"], 1),
    (["add route 2001:db8::/32 via 2001:db8:a::2"], 1),
    (["add address 2001:db8:a::1/64 port 0", "add route 2001:db8:5::/48 via 2001:db8:a::2 mtu 576"],
     2)])
def test_strict_file(bare, lines, at):
    """The first bad line of -f ends the program with FILE:LINE: and status 1.

    Steps: start with the file.
    Verify: the sentence with file and line, status 1.
    """
    mtud = bare(lines)
    mtud.wait_end(expect=1)
    path = os.path.join(mtud.dir, "start.conf")
    assert re.search(rf"^{re.escape(path)}:{at}: \S+ .*", mtud.log(), re.M), mtud.log()


def test_missing_file(bare):
    """A file that is not there ends the program with a sentence.

    Steps: -f with a path that does not exist.
    Verify: status 1, the path in the sentence.
    """
    mtud = bare(options=["-f", "/nonexistent/mtud.conf"])
    mtud.wait_end(expect=1)
    assert "/nonexistent/mtud.conf" in mtud.log()


@pytest.mark.parametrize("options", [["--nonsense"], ["--routes", "x"], ["--rxd", "-5"],
                                     ["--mbufs"], ["--fib6", "dir24-8"], ["--fib4", "lpm"],
                                     ["stray"]])
def test_bad_options(bare, options):
    """Bad options end the program with a sentence and status 1.

    Steps: start with them.
    Verify: status 1, and what was wrong.
    """
    mtud = bare(options=options)
    mtud.wait_end(expect=1)
    assert options[0].lstrip("-") in mtud.log()


@pytest.mark.parametrize("args, said", [
    (["--help"], "--console PATH.*EAL common options"), (["--", "--help"], "--console PATH"),
    (["-l", "0,1", "--", "-h"], "--console PATH"), (["--version"], r"\Amtud [\d.]+\n\Z"),
    (["--", "-v"], r"\Amtud [\d.]+\n\Z")])
def test_help(binary, args, said):
    """Help and version ask for neither memory nor ports.

    Steps: each of them alone, without --no-huge.
    Verify: the options, EAL's too where they are asked for; status 0.
    """
    done = subprocess.run([binary, *args], text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0 and re.search(said, done.stdout, re.DOTALL), done


def test_one_lcore(bare):
    """With one lcore only, mtud says how to give two.

    Steps: -l 0.
    Verify: status 1 and a sentence with -l.
    """
    mtud = bare(lcores="0")
    mtud.wait_end(expect=1)
    assert re.search(r"lcore.*-l|-l.*lcore", mtud.log()), mtud.log()


def test_no_ports(bare):
    """Without ports there is nothing to route.

    Steps: start without --vdev.
    Verify: status 1 and a sentence about ports.
    """
    mtud = bare(vdevs=())
    mtud.wait_end(expect=1)
    assert re.search(r"port", mtud.log()), mtud.log()


def test_example_configurations(bare):
    """The examples in config/ load as they are.

    Steps: start with each file; port counts are as the files ask for, at most 4.
    Verify: mtud comes up and shows routes.
    """
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "config")
    names = sorted(n for n in os.listdir(folder) if n.endswith(".conf"))
    assert len(names) >= 3
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8") as text:
            ports = 1 + max(map(int, re.findall(r"^[^#\n]*\bport (\d)", text.read(), re.M)))
        mtud = bare(vdevs=[f"net_null{i}" for i in range(ports)],
                    options=["-f", os.path.join(folder, name)])
        mtud.wait_ready()
        assert "add route" in ask(mtud.console, "help") and mtud.json("show route")
        mtud.stop()


class MtudTerminal(Terminal):
    """mtud -i on a pseudo-terminal; with errors=True standard error is one, too."""

    def __init__(self, binary, ns, folder, *options, errors=False):
        argv = [binary, "--no-huge", "-m", "512", "--no-pci", "--lcores",
                on_own_processors("0,1"), f"--file-prefix=tty{os.getpid()}", "--vdev=net_null0",
                "--log-level=*:error", "--", "-i", *options]
        super().__init__(lambda **kwargs: ns.popen(*argv, **kwargs), errors,
                         env={"RUNTIME_DIRECTORY": folder})


def test_terminal(binary, tmp_path):
    """-i gives the console on the terminal: prompt, completion by tab, history, quit.

    Steps: on a pseudo-terminal complete `sho` by tab, run a command, recall it, quit.
    Verify: prompt and answers, status 0.
    """
    ns = Namespace("tty")
    tty = MtudTerminal(binary, ns, str(tmp_path))
    try:
        tty.read_until(r"mtud> ?")
        tty.type("sho\t")
        tty.read_until("show")
        tty.type("po\t")
        tty.read_until("port")
        tty.type("\n")
        assert "net_null" in tty.read_until(r"(?s)net_null.*mtud> ?")
        tty.type("\x1b[A\n")
        assert "net_null" in tty.read_until(r"(?s)show port.*net_null.*mtud> ?")
        tty.type("quit\n")
        assert tty.proc.wait(30) == 0
    finally:
        tty.close()
        ns.close()


def test_log_that_nobody_reads(binary):
    """Whoever does not read the log stops nothing, and hears later what was lost.

    Steps: standard error is a pipe that is full; stop and start, which are logged; read the pipe;
    stop again; fill it once more, SIGTERM.
    Verify: commands are answered; the lines that were lost are counted; status 0.
    """
    ns = Namespace("log")
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        console = os.path.join(folder, "c")
        reader, writer = os.pipe()
        proc = ns.popen(
            binary, "--no-huge", "-m", "512", "--no-pci", "--lcores", on_own_processors("0,1"),
            f"--file-prefix=log{os.getpid()}", "--vdev=net_null0", "--", "--console", console,
            stderr=writer, env=dict(os.environ, RUNTIME_DIRECTORY=folder))
        flags = [fcntl.fcntl(fd, fcntl.F_GETFL) for fd in (reader, writer)]
        try:
            end = time.monotonic() + 60
            while not os.path.exists(console):
                assert time.monotonic() < end and proc.poll() is None
                time.sleep(0.05)
            assert "net_null0" in ask(console, "show port")

            def fill():
                fcntl.fcntl(writer, fcntl.F_SETFL, flags[1] | os.O_NONBLOCK)
                for size in (4096, 1):
                    with contextlib.suppress(BlockingIOError):
                        while True:
                            os.write(writer, b"x" * size)
                fcntl.fcntl(writer, fcntl.F_SETFL, flags[1])

            fill()
            for command in ("stop", "start"):
                assert ask(console, command, timeout=20) == ""
            fcntl.fcntl(reader, fcntl.F_SETFL, flags[0] | os.O_NONBLOCK)
            with contextlib.suppress(BlockingIOError):
                while os.read(reader, 65536):
                    pass
            assert ask(console, "stop", timeout=20) == ""
            said = os.read(reader, 65536).decode()
            assert re.match(r"mtud: log: [2-9] lines were lost: nobody read them\n"
                            r"mtud: port 0: link down\n", said), said
            fill()
            proc.send_signal(signal.SIGTERM)
            assert proc.wait(30) == 0
        finally:
            proc.kill()
            proc.wait()
            os.close(reader)
            os.close(writer)
            ns.close()


@contextlib.contextmanager
def logging_terminal(binary):
    """mtud on a terminal that has its log, too, where changes of routes are told; and its socket."""
    ns = Namespace("tty")
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        console = os.path.join(folder, "c")
        tty = MtudTerminal(binary, ns, folder, "--console", console, errors=True)
        try:
            tty.read_until(r"mtud> ")
            tty.say("set log route debug\n", r"(?s)\n.*mtud> ")
            yield tty, console
        finally:
            tty.close()
            ns.close()


def test_log_beside_typing(binary):
    """A log line does not break the line that is typed.

    Steps: type half a command; over the socket change a route, which is logged; type the rest.
    Verify: the log line stands alone, prompt and half a command come again below it, and the
    command is run.
    """
    with logging_terminal(binary) as (tty, console):
        tty.say("show po", "show po")
        assert ask(console, "add route 2001:db8:5::/48 blackhole") == ""
        text = tty.read_until(r"mtud> show po")
        assert re.match(r"\r\x1b\[Jmtud: route: [^\r\n]+\r\n", text), repr(text)
        assert "net_null" in tty.say("rt\n", r"(?s)net_null.*mtud> ")
        tty.type("quit\n")
        assert tty.proc.wait(30) == 0


def test_log_on_a_stopped_terminal(binary):
    """A terminal that takes nothing holds up neither mtud nor its end.

    Steps: stop the terminal's output, as Ctrl-S does; over the socket make changes that are logged;
    SIGTERM.
    Verify: the socket answers, status 0; once the terminal goes on, its mode is as before.
    """
    with logging_terminal(binary) as (tty, console):
        termios.tcflow(tty.slave, termios.TCOOFF)
        for i in range(3):
            assert ask(console, f"add route 2001:db8:{i}::/48 blackhole") == ""
        tty.proc.terminate()
        assert tty.proc.wait(15) == 0
        termios.tcflow(tty.slave, termios.TCOON)
        assert tty.mode() == tty.before


LONG = 200000  # lines, and a while to read them


def long_file(folder):
    path = os.path.join(folder, "long.conf")
    with open(path, "w", encoding="ascii") as out:
        for i in range(LONG):
            out.write(f"add route 2001:db8:{i >> 8:x}:{i & 255:x}00::/56 blackhole\n")
    return path


@contextlib.contextmanager
def slowed(proc):
    """A slow machine for a program: it stands still for most of the time."""
    done = threading.Event()

    def hinder():
        while not done.wait(0.005):
            proc.send_signal(signal.SIGSTOP)
            done.wait(0.05)
            proc.send_signal(signal.SIGCONT)

    thread = threading.Thread(target=hinder)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


PROGRESS = r"long\.conf: \d{1,3},\d{3} of 200,000 lines"


@pytest.mark.large
def test_progress(binary, tmp_path):
    """A long file says on a terminal how far it is, in one line that is gone in the end.

    Steps: -f with 200,000 lines on a pseudo-terminal, mtud slowed; then load it again by its
    console.
    Verify: the line comes, redrawn in its place, and is erased before the prompt.
    """
    ns = Namespace("tty")
    path = long_file(tmp_path)
    tty = MtudTerminal(binary, ns, str(tmp_path), "--routes", str(LONG), "--tbl8s", "4096", "-f",
                       path, errors=True)
    try:
        for line in (None, f"load {path}\n"):
            if line:
                tty.type(line)
            with slowed(tty.proc):
                text = tty.read_until(r"(?s)applying them.*mtud> ", 60)
            assert re.search(rf"\r\x1b\[K[^\r]*{PROGRESS}\r\x1b\[K", text), text
            assert re.search(r"200,000 lines, applying them\r\x1b\[K[^,]*mtud> $", text), text
        tty.type("quit\n")
        assert tty.proc.wait(30) == 0
    finally:
        tty.close()
        ns.close()


@pytest.mark.large
def test_no_progress_without_a_terminal(bare, tmp_path):
    """Logs and sockets get nothing of it.

    Steps: -f with 200,000 lines; load it again by the socket.
    Verify: no line about lines; the routes are there.
    """
    path = long_file(tmp_path)
    mtud = bare(options=["--routes", str(LONG), "--tbl8s", "4096", "-f", path])
    mtud.wait_ready()
    assert ask(mtud.console, f"load {path}", timeout=60) == ""
    assert mtud.json("show route summary")["routes"] == LONG
    mtud.stop()
    assert "lines" not in mtud.log() and "\x1b" not in mtud.log()
