# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""mtud-console, and what programs say to the console's socket."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

import pytest

from lab.expect import udp
from lab.lab import A, FAR
from lab.mtud import on_own_processors
from lab.netns import Namespace
from lab.terminal import Terminal

PROMPT = r"mtud> (\x1b\[[\d;]*[A-Za-z])*$"
UP, CTRL_C, CTRL_D, CTRL_R = "\x1b[A", "\x03", "\x04", "\x12"


@pytest.fixture(scope="session")
def client(binary):
    """Path of mtud-console: beside mtud where it is installed, in a folder where it is built."""
    folder = os.path.dirname(binary)
    paths = [os.path.join(folder, *sub, "mtud-console") for sub in ((), ("console",))]
    path = next((p for p in paths if os.access(p, os.X_OK)), None)
    assert path, f"there is no {' or '.join(paths)}"
    return path


@pytest.fixture
def run(lab, client):
    """run(words…) is mtud-console's end: status, output and errors."""
    def call(*words, stdin="", env=None):
        env = dict(os.environ, MTUD_CONSOLE=lab.mtud.console, **(env or {}))
        done = subprocess.run([client, *words], input=stdin, capture_output=True, text=True,
                              timeout=60, check=False, env=env)
        return done.returncode, done.stdout, done.stderr
    return call


@pytest.fixture
def folder():
    """A short path, for sockets stand there."""
    with tempfile.TemporaryDirectory(prefix="c-") as path:
        yield path


def test_one_command(lab, run, folder):
    """A command's output, its sentence and its status.

    Steps: good and bad commands, words that look like options, a line end within, no mtud.
    Verify: output on standard output, one sentence on standard error, 0 or 1.
    """
    assert run("show", "port") == (0, lab.mtud.cmd("show port"), "")
    assert run("show port 0") == (0, lab.mtud.cmd("show port 0"), "")
    status, out, err = run("show", "route", "json")
    assert (status, err) == (0, "") and json.loads(out)
    assert run("add", "foo") == (
        1, "", "mtud-console: add: expected address, neighbor or route, not \"foo\"\n")
    assert run("show", "-s")[0] == 1
    assert run("show port\nquit") == (
        1, "", "mtud-console: the line has a control character in it\n")
    assert run("show " + "x" * 5000)[2] == (
        "mtud-console: the line is longer than 4096 octets\n")
    assert run("-x")[0] == 1 and run("-f", "x", "show")[0] == 1
    assert run("--help")[0] == 0
    missing = os.path.join(folder, "no.sock")
    status, out, err = run("-s", missing, "show port")
    assert (status, out) == (1, "") and err.count("\n") == 1
    assert missing in err and "No such file" in err and "--console" in err
    assert run("-s", "x" * 200, "show port")[2].count("107 octets") == 1


def test_batch(lab, run, folder):
    """-f runs lines up to the first that fails.

    Steps: files good and bad, standard input with and without `-f -`.
    Verify: outputs in order; FILE:LINE and its sentence, status 1, nothing behind it is run.
    """
    def batch(text):
        path = os.path.join(folder, "batch")
        with open(path, "wb") as out:
            out.write(text)
        status, out, err = run("-f", path)
        return status, out, err.replace(path, "FILE")

    port = lab.mtud.cmd("show port 0 json")
    status, out, err = batch(b"# x\n\nshow port 0 json\r\n  show icmp json")
    assert (status, err) == (0, "") and out.startswith(port) and '"hop_limit"' in out
    assert batch(b"show port 0 json\nnonsense\nquit\n") == (
        1, port, "FILE:2: unknown command \"nonsense\": " + err_tail(lab, "nonsense"))
    assert batch(b"show\0port\n")[2] == "FILE:1: the line has a control character in it\n"
    assert batch(b"\n" + b"x" * 5000)[2] == "FILE:2: the line is longer than 4096 octets\n"
    assert batch(b"\1show port\n")[2] == "FILE:1: the line has a control character in it\n"
    assert batch(b"load /dev/null\n")[0] == 1
    assert run("-f", "-", stdin="show port 0 json\n") == (0, port, "")
    assert run(stdin="show port 0 json\nadd\n")[:2] == (1, port)
    assert run("-f", os.path.join(folder, "none"))[2].count("No such file") == 1
    assert lab.mtud.alive()


def err_tail(lab, line):
    return lab.mtud.cmd(line).split(": ", 2)[2]


def test_pipe(lab, client):
    """Output goes into a pipe as it comes, and whoever stops reading ends it.

    Steps: `monitor 0.1` into a pipe; read three tables, then close it. The same as a command
    that does not end by itself, ended by a signal.
    Verify: plain tables, an empty line between; SIGPIPE or SIGINT ended it; mtud goes on.
    """
    argv = [client, "-s", lab.mtud.console, "monitor", "0.1"]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as proc:
        text = b""
        while text.count(b"Port  Device") < 3:
            text += os.read(proc.stdout.fileno(), 65536)
        proc.stdout.close()
        assert proc.wait(30) == -signal.SIGPIPE
    assert b"\x1b" not in text and b"\x0c" not in text and b"\n\nmtud 0." in text
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as proc:
        os.read(proc.stdout.fileno(), 10)
        proc.send_signal(signal.SIGINT)
        assert proc.wait(30) == 128 + signal.SIGINT
    assert lab.mtud.alive()


@contextlib.contextmanager
def connection(lab):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(30)
        sock.connect(lab.mtud.console)
        yield sock


def answer(sock):
    """What comes up to and with the end mark."""
    text = b""
    while not re.search(rb"\x04[01][^\n]*\n$", text):
        chunk = sock.recv(65536)
        assert chunk, text
        text += chunk
    return text


def test_programs(lab, run):
    """Marks around answers, and the choices of completion.

    Steps: lines that begin with SOH and ENQ, plain ones between; mtud-console -c.
    Verify: text and end mark; each choice with its explanation; no mark in plain answers.
    """
    lab.mtud.do("add route 2001:db8:c0de::/48 blackhole")
    with connection(lab) as sock:
        sock.sendall(b"\1show port 0 json\n")
        assert answer(sock) == lab.mtud.cmd("show port 0 json").encode() + b"\x040\n"
        sock.sendall(b"\1add foo\n")
        assert answer(sock) == (b"\x041add: expected address, neighbor or route, not \"foo\"\n")
        sock.sendall(b"\5del route 2001:db8:c0\n")
        assert answer(sock) == b"2001:db8:c0de::/48\tdelete a route\n\x040\n"
        sock.sendall(b"\5show p\n")
        assert answer(sock).startswith(b"port\t")
        sock.sendall(b"\1monitor 0.1\n")
        text = b""
        while text.count(b"\x0c") < 3:
            text += sock.recv(65536)
        assert text.startswith(b"\x0e\x0cmtud ")
        sock.sendall(b"\n")
        assert b"\x040\n" in answer(sock)
    assert run("-c", "del route 2001:db8:c0") == (
        0, "2001:db8:c0de::/48\tdelete a route\n", "")
    for verb in ("show", "add", "del", "set", "clear", "help"):
        assert len(run("-c", verb + " ")[1].splitlines()) > 0, verb
    assert [c.split("\t")[0] for c in run("-c", "set port ")[1].splitlines()] == ["0", "1"]
    lab.mtud.do("del route 2001:db8:c0de::/48")


def test_four_clients(lab, run):
    """A client that does not read holds nobody up: not the others, and no packet.

    Steps: one floods the console and reads nothing, one has a monitor and reads nothing; two
    work; packets go through.
    Verify: the two have their answers, packets come out, the stuck ones get all of theirs later.
    """
    lines = 2000
    with connection(lab) as stuck, connection(lab) as watcher:
        stuck.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            stuck.sendall(b"help\n" * lines)
        watcher.sendall(b"\1monitor 0.1\n")
        results = []
        workers = [threading.Thread(target=lambda: results.extend(run("show port 0 json")
                                                                  for _ in range(5)))
                   for _ in range(2)]
        for worker in workers:
            worker.start()
        frame = lab.from_a(udp(A, FAR, 1000))
        for _ in range(5):
            lab.check(a_in=[frame], b_out=[lab.to_b(frame)])
        for worker in workers:
            worker.join()
        assert [r[0] for r in results] == [0] * 10
        help_text = lab.mtud.cmd("help").encode()
        stuck.settimeout(30)
        stuck.shutdown(socket.SHUT_WR)
        size = 0
        while chunk := stuck.recv(1 << 20):
            size += len(chunk)
        assert size > 0 and size % len(help_text) == 0
        watcher.sendall(b"\n")
        answer(watcher)


def person(client, path, folder, errors=True):
    """mtud-console with someone before it."""
    argv = [client, "-s", path]
    return Terminal(lambda **kwargs: subprocess.Popen(argv, **kwargs), errors,
                    env={"MTUD_HISTORY": os.path.join(folder, "history")})


def leave(tty, key, status=0):
    tty.type(key)
    assert tty.proc.wait(30) == status


def test_person(lab, client, folder):
    """Keys do what they do in a shell.

    Steps: tab, Ctrl-C within a line, a bad line, monitor until a key, quit and no, Ctrl-D;
    once more: the line before by its key, another by Ctrl-R.
    Verify: what is shown; the cancelled line is not run; the terminal's mode is as before.
    """
    tty = person(client, lab.mtud.console, folder)
    try:
        tty.read_until(PROMPT)
        assert "Device" in tty.say("sh\tpo\t\n", r"(?s)Device.*" + PROMPT)
        assert " 192.0.2.0/24 " in tty.say("show route \t", r"(?s)summary.*mtud> show route")
        tty.say(CTRL_C, r"\^C\r\n.*" + PROMPT)
        tty.say("quit" + CTRL_C, r"\^C\r\n.*" + PROMPT)
        tty.say("add foo\n", r"error: add: expected .*\r\n.*" + PROMPT)
        tty.say("monitor 0.1\n", r"(?s)Port  Device.*\x1b\[\d+Amtud.*\x1b\[\d+Amtud")
        tty.say("q", PROMPT)
        tty.say("quit\n", r"\[y/N\] ")
        tty.say("n\n", PROMPT)
        leave(tty, CTRL_D)
        assert tty.mode() == tty.before
    finally:
        tty.close()
    assert lab.mtud.alive()
    tty = person(client, lab.mtud.console, folder)
    try:
        tty.read_until(PROMPT)
        tty.say(UP, "quit")
        tty.say(UP, "monitor 0.1")
        tty.say(CTRL_C, PROMPT)
        tty.say(CTRL_R + "show p", "show port")
        tty.say("\n", r"(?s)Device.*" + PROMPT)
        tty.say("quit # now\n", r"\[y/N\] ")
        tty.say("n\n", PROMPT)
        leave(tty, "exit\n")
    finally:
        tty.close()
    with open(os.path.join(folder, "history"), encoding="ascii") as kept:
        assert kept.read() == "show port\nadd foo\nmonitor 0.1\nquit\nshow port\nquit # now\nexit\n"


def test_resized_while_completing(lab, client, folder):
    """The window may become another one while mtud is asked how a word goes on.

    Steps: with mtud stopped press tab and send SIGWINCH; let mtud go on.
    Verify: the word is completed, and the line runs.
    """
    tty = person(client, lab.mtud.console, folder)
    try:
        tty.read_until(PROMPT)
        lab.mtud.pause()
        try:
            tty.type("show po\t")
            for _ in range(5):
                time.sleep(0.1)
                tty.proc.send_signal(signal.SIGWINCH)
        finally:
            lab.mtud.resume()
        tty.read_until("rt ")
        tty.say("\n", r"(?s)Device.*" + PROMPT)
        leave(tty, CTRL_D)
    finally:
        tty.close()


def test_command_on_a_terminal(lab, client):
    """`mtud-console monitor` on a terminal is drawn in place, within it, and ends by a key.

    Steps: on a terminal of 12 lines and 40 columns, then a key.
    Verify: no line beyond its width, never more than its lines, status 0, mode as before.
    """
    argv = [client, "-s", lab.mtud.console, "monitor", "0.1"]
    tty = Terminal(lambda **kwargs: subprocess.Popen(argv, **kwargs), rows=12, columns=40)
    try:
        text = tty.read_until(r"(?s)\x1b\[11A.*\x1b\[11A.*\x1b\[J")
        plain = re.sub(r"\x1b\[\d*[A-Z]", "", text).replace("\r", "")
        assert max(len(line) for line in plain.split("\n")) == 40
        assert "more lines)" in plain
        leave(tty, "\x1b[B")
        assert tty.mode() == tty.before
    finally:
        tty.close()


@contextlib.contextmanager
def stand_in(folder, *answers):
    """Something else than mtud at a socket: after each line that comes an answer, then the end."""
    path = os.path.join(folder, "s")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen()

        def serve():
            conn, _ = listener.accept()
            with conn, contextlib.suppress(OSError):
                for text in answers:
                    conn.recv(65536)
                    conn.sendall(text)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield path
        thread.join(30)


def test_mtud_goes(client, folder):
    """mtud's end is told in one sentence, and the terminal is as it was.

    Steps: a stand-in ends the connection within a command, at the prompt, within what goes on,
    and says what mtud never says.
    Verify: the text so far, one sentence, status 1, the terminal's mode.
    """
    for garbage in (b"half", b"\x04", b"\x047\n", b"\x040" + b"x" * 70000):
        with tempfile.TemporaryDirectory(prefix="c-") as sub, stand_in(sub, garbage) as path:
            done = subprocess.run([client, "-s", path, "show port"], capture_output=True,
                                  timeout=30, check=False)
            assert done.returncode == 1 and done.stderr.count(b"\n") == 1, garbage
            assert b"closed the connection" in done.stderr and path.encode() in done.stderr
            assert done.stdout == (b"half" if garbage == b"half" else b"")
    for answers, keys in (((b"\x040\n", b""), ""), ((b"\x040\n", b"\x0e\x0cx\n"), "monitor\n")):
        with tempfile.TemporaryDirectory(prefix="c-") as sub, stand_in(sub, *answers) as path:
            tty = person(client, path, folder)
            try:
                tty.read_until(PROMPT)
                tty.say("show port\n", r"(?s)\n.*" + PROMPT)
                tty.type(keys or "x\n")
                tty.read_until(r"closed the connection; [^\n]*\n")
                assert tty.proc.wait(30) == 1
                assert tty.mode() == tty.before
            finally:
                tty.close()


def test_shared_history(binary, client, folder):
    """mtud -i knows the lines of mtud-console, and keeps its own with them; quit ends mtud.

    Steps: a history of mtud-console's; mtud -i on a terminal recalls it, cancels a line, runs one,
    shows a monitor; mtud-console says quit.
    Verify: the recalled line is run, the cancelled one is not; the file has both; status 0.
    """
    ns = Namespace("tty")
    path, history = os.path.join(folder, "s"), os.path.join(folder, "history")
    with open(history, "w", encoding="ascii") as out:
        out.write("show icmp\n")
    argv = [binary, "--no-huge", "-m", "512", "--no-pci", "--lcores",
            on_own_processors("0,1"), f"--file-prefix=client{os.getpid()}", "--vdev=net_null0",
            "--log-level=*:error", "--", "-i", "--console", path]
    tty = Terminal(lambda **kwargs: ns.popen(*argv, **kwargs),
                   env={"RUNTIME_DIRECTORY": folder, "MTUD_HISTORY": history})
    try:
        tty.read_until(r"mtud> ")
        tty.say(UP, "show icmp")
        tty.say("\r", r"(?s)Hop limit.*mtud> ")
        tty.say("quit" + CTRL_C, r"quit[^q]*mtud> ")
        tty.say("monitor 0.1\r", r"(?s)Port  Device.*\x1b\[\d+Amtud.*\x1b\[\d+Amtud")
        tty.say("q", r"mtud> ")
        done = subprocess.run([client, "-s", path, "quit"], timeout=30, check=False)
        assert done.returncode == 0
        assert tty.proc.wait(30) == 0
    finally:
        tty.close()
        ns.close()
    assert os.stat(history).st_mode & 0o777 == 0o600
    with open(history, encoding="ascii") as kept:
        assert kept.read() == "show icmp\nmonitor 0.1\n"
