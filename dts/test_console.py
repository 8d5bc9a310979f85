# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The console: what its commands do and show, and what happens to bad lines."""

import contextlib
import json
import os
import re
import socket

import pytest

from lab.expect import TOO_BIG, udp
from lab.lab import A, B, CONFIG, FAR, FAR_1280, MAC_A, R_A, R_B, Lab
from lab.mtud import MtudError

SHOWS = ["show address", "show route", "show route summary", f"show route to {FAR}",
         f"show route to {FAR_1280} size 1400", "show route 2001:db8:1500::/48", "show neighbor",
         "show port", "show port 0", "show workers", "show memory", "show stats",
         "show drops", "show capture"]


@pytest.fixture(scope="module")
def own(binary):
    """A lab of this module's own: its tests change the configuration."""
    with Lab(binary) as bench:
        yield bench


@pytest.fixture
def lab(own):
    """The configuration before a test is the one after it."""
    before = saved(own, "before")
    own.clear()
    yield own
    if saved(own, "after") != before:
        raise MtudError("the test has left another configuration")


def saved(lab, name):
    path = os.path.join(lab.mtud.dir, name)
    lab.mtud.do(f"save {path}")
    with open(path, encoding="ascii") as text:
        return text.read()


def one_sentence(answer):
    """An error is one line on the console, and says something."""
    assert answer.count("\n") == 1 and answer.endswith("\n"), answer
    assert answer.startswith("error: ") and len(answer.split()) > 3, answer
    return answer


BAD_LINES = [
    "nonsense", "add", "add route", "show", "show nonsense", "del", "set", "addroute",
    "add address 2001:db8:c::1/64", "add address 2001:db8:c::1/64 port 9",
    "add address 2001:db8:c::1/64 port x", "add address 2001:db8:c::1/129 port 0",
    "add address 2001:db8:c:::1/64 port 0", "add address ff02::1/64 port 0",
    "add address ::/64 port 0", "add address ::1/128 port 0", "add address 2001:db8:c::/64 port 0",
    f"add address {R_A}/64 port 1", "del address 2001:db8:c::1/64 port 0",
    "add route 2001:db8:c::/48", "add route 2001:db8:c::/48 via",
    "add route 2001:db8:c::/129 port 0",
    "add route 2001:db8:c::1/48 port 1", "add route nonsense via 2001:db8:b::2",
    "add route 2001:db8:c::/48 via 2001:db8:99::1", "add route 2001:db8:c::/48 via fe80::1",
    "add route 2001:db8:c::/48 via 2001:db8:b::2 mtu 1279",
    "add route 2001:db8:c::/48 via 2001:db8:b::2 mtu 65536",
    "add route 2001:db8:c::/48 via 2001:db8:b::2 mtu 0",
    "add route 2001:db8:c::/48 via 2001:db8:b::2 mtu -1",
    "add route 2001:db8:c::/48 via 2001:db8:b::2 mtu 1280x",
    "add route 2001:db8:c::/48 via 2001:db8:b::2 mtu 99999999999999999999",
    "add route 2001:db8:c::/48 via 2001:db8:b::2 mtu",
    "add route 2001:db8:c::/48 via 2001:db8:b::2 metric 5",
    "add route 2001:db8:c::/48 via 2001:db8:b::2 port 7",
    f"add route 2001:db8:c::/48 via {R_B}", "add route 2001:db8:c::/48 via ff02::1 port 1",
    "add route 2001:db8:c::/48 nowhere", "add route 2001:db8:c::/48 blackhole via 2001:db8:b::2",
    "add route fe80::/64 port 1", f"add route {R_A}/128 blackhole",
    "del route 2001:db8:c::/48", "del route 2001:db8:a::/64", "del route",
    "add neighbor 2001:db8:b::9 lladdr 02:00:00:00:00 port 1",
    "add neighbor 2001:db8:b::9 lladdr ff:ff:ff:ff:ff:ff port 1",
    "add neighbor 2001:db8:b::9 lladdr 00:00:00:00:00:00 port 1",
    "add neighbor 2001:db8:b::9 lladdr 02:00:00:00:00:09", "add neighbor ff02::9 lladdr "
    "02:00:00:00:00:09 port 1", f"add neighbor {R_B} lladdr 02:00:00:00:00:09 port 1",
    "del neighbor 2001:db8:b::99 port 1", "set port 0 mtu 1279", "set port 0 mtu 65536",
    "set port 9 mtu 1500", "set port 0 mtu", "set port 0 promisc maybe", "set icmp rate x burst 1",
    "set icmp hop-limit 0", "set icmp hop-limit 256", "set icmp source port 0 2001:db8:99::1",
    "set icmp source port 9 2001:db8:a::1", "load /nonexistent/file", "save /nonexistent/file",
    "show route to nonsense", "show route 2001:db8:c::/48", "show port 9", "start now",
    "x" * 4000,
]


@pytest.mark.parametrize("line", BAD_LINES, ids=lambda line: line[:60])
def test_bad_lines(lab, line):
    """A line that cannot be done: one sentence, and nothing changed.

    Steps: the line on the console.
    Verify: one line of answer; `save` writes the same as before (see the fixture).
    """
    one_sentence(lab.mtud.cmd(line))


def test_harmless_lines(lab):
    """Blank lines, comments and blanks around words are no errors.

    Steps: an empty line, blanks, a comment, a command with blanks around and CRLF.
    Verify: no answer but the command's.
    """
    assert lab.mtud.cmd("", "   ", "# comment", "\t") == ""
    assert lab.mtud.cmd("  show   port   0  ") == lab.mtud.cmd("show port 0\r")


def test_refusals_give_the_reason(lab):
    """Refusals name the thing, the cause and the remedy.

    Steps: an MTU below 1280; a missing port.
    Verify: the sentence has the number 1280; it says which ports there are or where to look.
    """
    answer = lab.mtud.cmd(f"add route 2001:db8:c::/48 via {B} mtu 1000")
    assert "1280" in answer and "1000" in answer and "2001:db8:c::/48" in answer
    assert "9" in lab.mtud.cmd("show port 9")


@pytest.mark.parametrize("line", SHOWS)
def test_show(lab, line):
    """Every show command prints text and, with json, valid JSON.

    Steps: the command, and the command with json.
    Verify: text on several aligned lines or a sentence; JSON that parses.
    """
    text = lab.mtud.cmd(line)
    assert text and not text.startswith("error"), text
    json.loads(lab.mtud.cmd(f"{line} json"))


def test_help(lab):
    """Every command has help.

    Steps: help.
    Verify: each command of the design is in it with some text behind it.
    """
    text = lab.mtud.cmd("help")
    for words in ("add address", "del address", "show address", "add route", "del route",
                  "show route", "show route summary", "show route to", "add neighbor",
                  "del neighbor", "show neighbor", "show port", "show workers", "show stats",
                  "show drops", "clear stats", "set port", "set icmp rate", "set icmp source",
                  "set icmp hop-limit", "start", "stop", "load", "save", "quit"):
        assert re.search(rf"^ *{words}\b.{{10}}", text, re.M), words


def test_fuzzers_know_all_words(lab):
    """The dictionary of the console's fuzzer has every word of `help`.

    Steps: help; read dts/corpus/console.dict.
    Verify: each keyword is in it.
    """
    dictionary = os.path.join(os.path.dirname(__file__), "corpus", "console.dict")
    with open(dictionary, encoding="ascii") as lines:
        known = set(re.findall(r'^"([a-z-]+)"$', lines.read(), re.M))
    syntaxes = [re.split(r" {2,}", line)[0] for line in lab.mtud.cmd("help").splitlines()
                if not line.startswith(" ")]
    words = {word for text in syntaxes for word in re.findall(r"\b[a-z][a-z-]*", text)}
    assert len(words) > 50 and not words - known, words - known


def test_show_route_to(lab):
    """`show route to` says route, next hop, MTU in force, and the fate of a size.

    Steps: ask for addresses behind different routes, with and without size.
    Verify: the prefix, the next hop, the MTU and its cause; Packet Too Big for what is larger.
    """
    text = lab.mtud.cmd(f"show route to {FAR_1280} size 1400")
    assert "2001:db8:1280::/48" in text and B in text and "1280" in text
    assert re.search(r"packet too big", text, re.I), text
    text = lab.mtud.cmd(f"show route to {FAR_1280} size 1280")
    assert not re.search(r"packet too big", text, re.I), text
    text = lab.mtud.cmd(f"show route to {FAR} size 1500")
    assert "1500" in text and not re.search(r"packet too big", text, re.I), text
    assert "no route" in lab.mtud.cmd("show route to 2001:db9::1").lower()


def test_socket_is_private(lab):
    """The console is its owner's alone.

    Steps: look at the socket.
    Verify: mode 0600.
    """
    assert lab.mtud.mode() == 0o600


def test_several_clients(lab):
    """Several clients at once, none of which holds up another.

    Steps: one client sends half a line and waits, one never reads its large output, one leaves at
    once; five others ask in turn, line by line on one connection each.
    Verify: each of the five gets each answer; forwarding goes on.
    """
    with contextlib.ExitStack() as stack:
        def client():
            sock = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            sock.settimeout(10)
            sock.connect(lab.mtud.console)
            return sock

        half = client()
        half.sendall(b"show po")
        deaf = client()
        deaf.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            for _ in range(2000):
                deaf.send(b"show drops json\nhelp\n")
        client().close()
        want = lab.mtud.cmd("show port 0 json")
        others = [client() for _ in range(5)]
        for _ in range(3):
            for sock in others:
                sock.sendall(b"show port 0 json\n")
            for sock in others:
                got = b""
                while len(got) < len(want):
                    got += sock.recv(65536)
                assert len(got.decode()) == len(want)
        half.sendall(b"rt 0 json\n")
        assert half.recv(65536)
        frame = lab.from_a(udp(A, FAR, 100))
        lab.check(a_in=[frame], b_out=[lab.to_b(frame)])


def test_many_lines_in_one_go(lab):
    """A client may send all its lines at once and half-close.

    Steps: 300 lines that add neighbors and routes, then 300 that take them away, and a show.
    Verify: no error, the state in between and after.
    """
    add = [f"add route 2001:db8:7000:{i:x}::/64 via {B} mtu {1280 + i}" for i in range(300)]
    assert lab.mtud.cmd(*add) == ""
    routes = {r["prefix"]: r for r in lab.mtud.json("show route")}
    assert all(f"2001:db8:7000:{i:x}::/64" in routes for i in range(1, 300))
    assert lab.mtud.cmd(*(f"del route {line.split()[2]}" for line in add)) == ""


def test_load_is_atomic(lab):
    """`load` applies a whole file or nothing of it.

    Steps: load a file whose last line is bad, and one with a bad line in the middle; a file that is
    all right.
    Verify: `FILE:LINE: …` and nothing changed; then all of it at once.
    """
    good = [f"add route 2001:db8:4000::/48 via {B} mtu 1400", "set icmp hop-limit 77",
            f"add neighbor 2001:db8:b::77 lladdr {MAC_A} port 1",
            "add address 2001:db8:d::1/64 port 1"]
    for at, bad in ((len(good), "add route nonsense"), (2, "nonsense"), (0, "set port 9 mtu 1500")):
        path = lab.mtud.file("bad.conf", [*good[:at], bad, *good[at:]])
        before = saved(lab, "x")
        answer = one_sentence(lab.mtud.cmd(f"load {path}"))
        assert f"{path}:{at + 1}: " in answer
        assert saved(lab, "x") == before
    lab.mtud.do(f"load {lab.mtud.file('good.conf', ['# a comment', '', *good])}")
    text = saved(lab, "x")
    assert "2001:db8:4000::/48" in text and "hop-limit 77" in text and "2001:db8:d::1/64" in text
    lab.mtud.do("del route 2001:db8:4000::/48", "del neighbor 2001:db8:b::77 port 1",
                "del address 2001:db8:d::1/64 port 1", "set icmp hop-limit 64")
    lab.exchange(settle_s=2.5)


def test_save_and_load_again(lab, binary):
    """What `save` writes, `load` and `-f` read, and save writes it again to the octet.

    Steps: a configuration with everything in it; save; load it over itself; start another mtud
    with it.
    Verify: the three files are equal.
    """
    extra = [f"set icmp source port 1 {R_A}", "set port 0 promisc on", "set port 1 mtu 1400",
             "add route ::/0 via fe80::1234 port 1 mtu 1300", "add route ff0e::/16 port 1 mtu 1280",
             "add route 2001:db8:b:0:8000::/65 port 1", "add address 2001:db8:e::1/127 port 1"]
    config = [*CONFIG, *extra]
    with Lab(binary, config) as first:
        text = saved(first, "one")
        for line in extra:
            assert line.split()[2] in text
        first.mtud.do(f"load {os.path.join(first.mtud.dir, 'one')}")
        assert saved(first, "two") == text
    with Lab(binary, text.splitlines()) as second:
        assert saved(second, "three") == text


def test_start_and_stop(lab):
    """`stop` ends forwarding, `start` resumes it, both may be said twice.

    Steps: stop, send; start, send.
    Verify: nothing comes out, then everything that is sent.
    """
    frame = lab.from_a(udp(A, FAR, 100))
    lab.mtud.cmd("stop")
    try:
        lab.a.send(frame, frame)
        assert lab.b.frames(0.3) == []
        lab.mtud.cmd("stop")
    finally:
        lab.clear()
        lab.mtud.cmd("start")
        lab.mtud.cmd("start")
    lab.wait_announced()
    lab.check(a_in=[frame], b_out=[lab.to_b(frame)])


def test_port_settings(lab):
    """A port's MTU and promiscuous mode change while packets flow.

    Steps: set port 1 mtu 1400, send 1400 and 1401 octets; back to 1500. Promiscuous on, a frame
    to another MAC.
    Verify: the MTU is in force for routes through the port; other MACs are dropped either way.
    """
    try:
        lab.mtud.do("set port 1 mtu 1400", "set port 0 promisc on")
        fit, big = udp(A, FAR, 1400), udp(A, FAR, 1401)
        frame = lab.from_a(fit)
        lab.check(a_in=[frame, lab.from_a(big)], b_out=[lab.to_b(frame)],
                  a_out=[lab.error_to_a(TOO_BIG, 0, 1400, big)], drops={"too_big": 1})
        lab.check(a_in=[lab.from_a(fit, "02:00:00:00:0a:77")], drops={"other_mac": 1})
    finally:
        lab.mtud.do("set port 1 mtu 1500", "set port 0 promisc off")
    frame = lab.from_a(udp(A, FAR, 1500))
    lab.check(a_in=[frame], b_out=[lab.to_b(frame)])


def test_counters(lab):
    """Counters of ports, routes and drops add up, and clear stats sets them to zero.

    Steps: 10 packets of 100 octets that pass, 3 that are too big; show; clear; show.
    Verify: the numbers by port and by route.
    """
    good, big = lab.from_a(udp(A, FAR, 100)), lab.from_a(udp(A, FAR_1280, 1300))
    lab.exchange(a=[good] * 10 + [big] * 3)
    routes = {r["prefix"]: r for r in lab.mtud.json("show route")}
    far, narrow = routes["2001:db8:1500::/48"], routes["2001:db8:1280::/48"]
    assert (far["packets"], far["octets"], far["too_big"]) == (10, 1000, 0)
    assert (narrow["packets"], narrow["too_big"]) == (0, 3)
    assert lab.drops() == {"too_big": 3}
    lab.mtud.cmd("clear stats")
    assert lab.drops() == {} and lab.icmp() == {}
    routes = {r["prefix"]: r for r in lab.mtud.json("show route")}
    assert routes["2001:db8:1500::/48"]["packets"] == 0


def test_every_drop_has_a_sentence(lab):
    """`show drops json` explains every reason, seen or not.

    Steps: show drops json.
    Verify: reason, packets and a sentence for each; the reasons of this version are all there.
    """
    rows = lab.mtud.json("show drops")
    assert len({row["reason"] for row in rows}) == len(rows) >= 50
    for row in rows:
        assert len(row["text"].split()) >= 3, row


def test_telemetry(lab):
    """DPDK's telemetry socket serves the counters too.

    Steps: ask /mtud/drops after three drops.
    Verify: the number.
    """
    lab.exchange(a=[lab.from_a(udp(A, "2001:db9::1", 100))] * 3)
    path = os.path.join(lab.mtud.dir, "dpdk", lab.mtud.prefix, "dpdk_telemetry.v2")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        sock.settimeout(5)
        sock.connect(path)
        sock.recv(65536)
        sock.send(b"/mtud/drops")
        assert json.loads(sock.recv(65536))["/mtud/drops"]["no_route"] == 3


