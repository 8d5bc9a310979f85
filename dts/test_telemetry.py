# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Every `show` as JSON, and the same on DPDK's telemetry socket."""

import contextlib
import errno
import itertools
import json
import os
import re
import subprocess
import tempfile
import threading
import time

import pytest

from lab.expect import udp
from lab.lab import A, B, FAR
from lab.mtud import START_TIMEOUT_S, Mtud
from lab.netns import Namespace
from lab.telemetry import Telemetry, socket_of

ROUTE = "2001:db8:1500::/48"
STRING_MAX = 127

# What stands for a word of a syntax, by the words before it.
WORDS = {"show route PREFIX": ROUTE, "show route to ADDR": FAR, "show neighbor ADDR": B,
         "show port N": "0", "size N": "1400"}


@pytest.fixture
def telemetry(lab):
    with Telemetry(socket_of(lab.mtud)) as client:
        yield client


def syntaxes(mtud):
    """The syntax of each command that `help show` lists."""
    lines = mtud.cmd("help show").splitlines()
    found = [re.split(r" {2,}", line)[0] for line in lines if line.startswith("show ")]
    assert len(found) >= 11, lines
    return found


def commands(syntax):
    """All that a syntax stands for, with and without what is in brackets."""
    parts = [part for part in re.split(r"(\[[^]]*\])", syntax) if part.strip()]
    choices = [[part.strip("[]"), ""] if part.startswith("[") else [part] for part in parts]
    for chosen in itertools.product(*choices):
        words = " ".join(" ".join(chosen).split())
        for place in re.findall(r"\b[A-Z]+\b", words):
            known = [key for key in WORDS if key.split()[-1] == place and key in words]
            assert known, f"'{syntax}': no example of {place}: add one to WORDS"
            words = words.replace(known[0], known[0].replace(place, WORDS[known[0]]))
        yield words


def check_keys(value):
    """Small letters, digits and _, on every level; returns how many there are."""
    if isinstance(value, list):
        return sum(check_keys(v) for v in value)
    if isinstance(value, dict):
        for key in value:
            assert re.fullmatch(r"[a-z][a-z0-9_]*", key), key
        return len(value) + sum(check_keys(v) for v in value.values())
    return 0


def as_telemetry(value):
    """JSON of the console as telemetry has it."""
    if isinstance(value, dict):
        return {k: as_telemetry(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        if value and not isinstance(value[0], dict):
            return [as_telemetry(v) for v in value]
        return {str(i): as_telemetry(v) for i, v in enumerate(value)}
    if isinstance(value, str):
        return value if len(value) <= STRING_MAX else value[:STRING_MAX - 3] + "..."
    return int(value)


def check_between(got, before, after, where):
    """What telemetry said is what the console said before or after it, or a number between."""
    if isinstance(before, dict):
        assert isinstance(got, dict) and got.keys() == before.keys(), where
        for key, value in got.items():
            check_between(value, before[key], after[key], f"{where}: {key}")
    elif isinstance(before, int):
        assert min(before, after) <= got <= max(before, after), where
    else:
        assert got in (before, after), where


def test_every_show_speaks_json(lab, telemetry):
    """All commands that `help show` lists take `json`, and telemetry says the same.

    Steps: each, with and without its optional words, beside a capture; the same to /mtud/show.
    Verify: JSON, its keys of small letters; telemetry's answer is that in telemetry's terms.
    """
    lab.mtud.do(f"capture start port 1 {lab.mtud.dir}/shown.pcapng")
    lab.exchange(a=[lab.from_a(udp(A, FAR, 100))] * 3)
    for syntax in syntaxes(lab.mtud):
        for command in commands(syntax):
            before = lab.mtud.json(command)
            assert check_keys(before) > 0, command
            got = telemetry.ask("/mtud/show", command.removeprefix("show "))
            after = lab.mtud.json(command)
            check_between(got, as_telemetry(before), as_telemetry(after), command)
    lab.mtud.do("capture stop")


def test_commands_of_their_own(lab, telemetry):
    """Ports, workers, routes, neighbors, addresses and stats.

    Steps: three packets through a route; ask each, with and without its parameter.
    Verify: what the console says; the counters that were there before are there still.
    """
    lab.exchange(a=[lab.from_a(udp(A, FAR, 100))] * 3)

    def says(command, parameter, show, pick=lambda json: json):
        before = as_telemetry(pick(lab.mtud.json(show)))
        got = telemetry.ask(command, parameter)
        check_between(got, before, as_telemetry(pick(lab.mtud.json(show))), command)
        return got

    assert says("/mtud/routes", ROUTE, f"show route {ROUTE}")["0"]["packets"] == 3
    says("/mtud/neighbors", B, f"show neighbor {B}")
    says("/mtud/ports", "1", "show port 1")
    says("/mtud/workers", "0", "show workers", lambda rows: rows[0])
    says("/mtud/addresses", None, "show address")
    says("/mtud/stats", None, "show stats")
    for command, show in (("/mtud/routes", "show route"), ("/mtud/neighbors", "show neighbor")):
        says(command, None, f"{show} summary",
             lambda record: record | {"list": lab.mtud.json(show)})
    ports = telemetry.ask("/mtud/ports")
    for row in lab.mtud.json("show port"):
        for key in ("rx_packets", "rx_octets", "tx_packets", "tx_octets"):
            assert ports[f"{row['port']}_{key}"] == row[key]
    assert telemetry.ask("/mtud/workers").keys() == {"polls", "busy_polls", "punted"}
    drops = {row["reason"]: row["packets"] for row in lab.mtud.json("show drops")}
    assert telemetry.ask("/mtud/drops") == drops


def test_neighbor_by_address_and_summary(lab):
    """`show neighbor ADDR` and `show neighbor summary`.

    Steps: one that is known, one that is not, no address; the summary beside the whole table.
    Verify: one row; sentences; the states add up to the table.
    """
    table = lab.mtud.json("show neighbor")
    assert [r["address"] for r in lab.mtud.json(f"show neighbor {B}")] == [B]
    assert "no such neighbor" in lab.mtud.cmd("show neighbor 2001:db8::77")
    assert "not an address" in lab.mtud.cmd("show neighbor 2001:db8::g")
    summary = lab.mtud.json("show neighbor summary")
    states = {row["state"]: row["neighbors"] for row in summary["states"]}
    for state, count in states.items():
        assert count == sum(row["state"] == state for row in table), state
    assert summary["neighbors"] == len(table) == sum(states.values())


BAD = [
    ("/mtud/routes", [b"1.2.3.4/33", b"2001:db8::/129", b"nonsense", b"2001:db9::/48", b"/",
                      b"2001:db8:1500::/48 #", b"#", b"\n", b"2001:db8:1500::/48\nquit",
                      b"\x01", b"\x7f", b"\xff\xfe", b"\xc3\xa9", b"x" * 1000, b" " * 900,
                      b"a " * 450, b"::/0\0/mtud", b"%s%n%x"]),
    ("/mtud/neighbors", [b"fe80::1%eth0", b"1.2.3", b"2001:db8::77", b":" * 999]),
    ("/mtud/ports", [b"2", b"-1", b"99999999999999999999", b"0x1", b"1 1"]),
    ("/mtud/workers", [b"1", b"-1", b"18446744073709551616", b"0 ", b"x", b"+0"]),
    ("/mtud/addresses", [b"0"]),
    ("/mtud/stats", [b"0"]),
    ("/mtud/show", [b"", b" ", b"quit", b"stats\nquit", b"json", b"stats json", b"#", b"sto",
                    b"route to", b"stats;stop", b"stats\r"]),
]


@pytest.mark.parametrize("command, parameters", BAD, ids=[c for c, _ in BAD])
def test_bad_parameters(lab, telemetry, command, parameters):
    """What a command does not know is answered with null, as everywhere on this socket.

    Steps: parameters that are wrong, endless, or made of control characters and non-ASCII.
    Verify: null each time; mtud goes on, and answers the next question.
    """
    for parameter in parameters:
        assert telemetry.ask(command, parameter) is None, parameter
    assert telemetry.ask("/mtud/show", "stats")["forwarding"] == "on"
    assert lab.mtud.alive()


def test_dpdks_own_client(lab):
    """dpdk-telemetry.py, as Debian's package dpdk has it.

    Steps: feed it commands.
    Verify: a line of JSON for each, and the help of each command is there.
    """
    asked = ["/mtud/routes", f"/mtud/routes,{ROUTE}", "/mtud/neighbors", "/mtud/show,port 0",
             "/mtud/routes,nonsense", "/help,/mtud/show"]
    done = subprocess.run(["dpdk-telemetry.py", "-f", lab.mtud.prefix], text=True,
                          input="\n".join(asked) + "\n", capture_output=True, timeout=20,
                          env=dict(os.environ, RUNTIME_DIRECTORY=lab.mtud.dir), check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [next(iter(a)) for a in answers] == [line.split(",")[0] for line in asked]
    assert answers[1]["/mtud/routes"]["0"]["prefix"] == ROUTE
    assert answers[4]["/mtud/routes"] is None
    assert "words behind show" in answers[5]["/help"]["/mtud/show"]


def test_many_clients(lab):
    """Nine connections, one less than DPDK serves, ask at once.

    Steps: each asks for the routes again and again, while routes come and go.
    Verify: each answer is one whole table; none is refused.
    """
    faults = []

    def ask():
        try:
            with Telemetry(socket_of(lab.mtud)) as client:
                for _ in range(20):
                    answer = client.ask("/mtud/routes")
                    prefixes = [row["prefix"] for row in answer["list"].values()]
                    assert len(prefixes) == len(set(prefixes)) == answer["routes"]
        except (AssertionError, OSError, TypeError) as err:
            faults.append(err)

    threads = [threading.Thread(target=ask) for _ in range(9)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        with lab.mtud.having(f"add route 2001:db8:77::/48 via {B}"):
            pass
    for thread in threads:
        thread.join()
    assert faults == []


@contextlib.contextmanager
def starting(binary):
    """An mtud that reads its file from a FIFO which is still silent: (mtud, FIFO to write to)."""
    namespace = Namespace("r")
    with tempfile.TemporaryDirectory(prefix="mtud-fifo-") as folder:
        path = os.path.join(folder, "start")
        os.mkfifo(path)
        mtud = Mtud(binary, namespace, ["net_null0,no-rx=1"], config=None, options=["-f", path])
        try:
            with open(path, "w", encoding="ascii", opener=opened_there(mtud)) as fifo:
                yield mtud, fifo
            mtud.stop()
        finally:
            mtud.remove()
            namespace.close()


def opened_there(mtud):
    """An opener of a FIFO that waits until mtud has opened its end: the tables are there then."""
    def opener(path, _):
        end = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
                os.set_blocking(fd, True)
                return fd
            except OSError as err:
                assert err.errno == errno.ENXIO and mtud.alive(), mtud.log()
                assert time.monotonic() < end, mtud.log()
                time.sleep(0.02)
    return opener


def test_while_the_control_thread_is_busy(binary):
    """A long file keeps the control thread from the tables: telemetry does not wait for ever.

    Steps: mtud reads 1,000 routes from a FIFO that says nothing yet; ask for routes, and for
    drops; then let it read, and ask again.
    Verify: null for routes, drops all the time; then as many routes as there is room for, in the
    console's order, and the number of those that are left out.
    """
    with starting(binary) as (mtud, fifo), Telemetry(socket_of(mtud)) as client:
        assert client.ask("/mtud/routes") is None
        assert client.ask("/mtud/drops")["no_route"] == 0
        fifo.writelines(f"add route 2001:db8:{i:x}::/48 port 0\n" for i in range(1000))
        fifo.close()
        mtud.wait_ready()
        answer = client.ask("/mtud/routes")
        shown = [row["prefix"] for key, row in answer["list"].items() if key != "truncated"]
        assert answer["routes"] >= 1000 and len(shown) > 20
        assert answer["list"]["truncated"] == answer["routes"] - len(shown)
        assert shown == [row["prefix"] for row in mtud.json("show route")][:len(shown)]


def test_request_that_waits_when_mtud_ends(binary):
    """Who asks while mtud ends is not left without an answer, and nothing is touched that is gone.

    Steps: a request while the control thread is busy, SIGTERM, and the file ends; more requests
    until the connection does.
    Verify: null; no complaint of a sanitizer, status 0.
    """
    with starting(binary) as (mtud, fifo), Telemetry(socket_of(mtud)) as client:
        client.send("/mtud/routes")
        mtud.proc.terminate()
        fifo.close()
        assert client.receive("/mtud/routes") is None
        with contextlib.suppress(OSError, AssertionError):
            while client.ask("/mtud/stats") is None:
                pass
