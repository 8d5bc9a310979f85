# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""`scripts/mtud-exporter` on a real mtud, and on what plays one that is gone, slow or broken."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lab.expect import udp
from lab.lab import A, FAR, FAR_1280, NOWHERE
from lab.telemetry import NAME, Stand, Telemetry, socket_of

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scripts")
EXPORTER = os.path.join(SCRIPTS, "mtud-exporter")
DASHBOARD = os.path.join(SCRIPTS, "grafana.json")
WAIT_S = 20

ROUTE, ROUTE_1280 = "2001:db8:1500::/48", "2001:db8:1280::/48"

# Commands that an exporter asks of an mtud with these routes.
ASKED = ["/mtud/drops", "/mtud/icmp", "/mtud/syn", "/mtud/fragments", "/mtud/ports",
         "/mtud/show,port", "/mtud/show,drops", "/mtud/show,workers", "/mtud/stats",
         "/mtud/show,neighbor summary", "/mtud/show,route summary", f"/mtud/routes,{ROUTE}"]


class Metrics(dict):
    """What a scrape says: (sample, labels) -> value; and the families."""

    def __init__(self, text):
        super().__init__()
        self.families = {}
        for family in text_string_to_metric_families(text):
            assert family.name not in self.families, f"{family.name} comes twice"
            assert family.documentation and family.type in ("counter", "gauge")
            self.families[family.name] = family
            for sample in family.samples:
                key = (sample.name, frozenset(sample.labels.items()))
                assert key not in self, f"{key} comes twice"
                self[key] = sample.value

    def get(self, name, /, **labels):
        return self[f"mtud_{name}", frozenset(labels.items())]

    def of(self, name, label):
        """Value by one of the labels of a sample."""
        return {dict(labels)[label]: value for (sample, labels), value in self.items()
                if sample == f"mtud_{name}"}

    def names(self):
        return {name for name, _ in self}


class Exporter:
    """A running exporter."""

    def __init__(self, *options):
        self.log = tempfile.TemporaryFile("w+")
        self.proc = subprocess.Popen([sys.executable, EXPORTER, "--listen", "127.0.0.1:0",
                                      *options], stderr=self.log, stdout=self.log)
        try:
            self.url = self.wait_for(r"metrics at (\S+)")
        except BaseException:
            self.proc.kill()
            raise

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def wait_for(self, pattern):
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end and self.proc.poll() is None:
            if found := re.search(pattern, self.said()):
                return found[1]
            time.sleep(0.02)
        raise AssertionError(f"the exporter does not say {pattern!r}: {self.said()}")

    def scrape(self):
        with urllib.request.urlopen(self.url, timeout=WAIT_S) as answer:
            return Metrics(answer.read().decode())

    def stop(self):
        self.proc.send_signal(signal.SIGTERM)
        assert self.proc.wait(WAIT_S) == 0, self.said()
        assert "Traceback" not in self.said(), self.said()


@contextlib.contextmanager
def exporter(*options):
    running = Exporter(*options)
    try:
        yield running
        running.stop()
    finally:
        running.proc.kill()
        running.proc.wait()
        running.log.close()


@pytest.fixture(scope="module")
def canned(keeper):
    """(answers of a real mtud, for those that play one; a scrape of it)."""
    lab = keeper.get()
    lab.mtud.resume()
    lab.clear()
    lab.exchange(a=[lab.from_a(udp(A, FAR, 100))] * 3)
    with Telemetry(socket_of(lab.mtud)) as telemetry:
        answers = {line: telemetry.ask(*line.split(",")) for line in ASKED}
    done = subprocess.run([EXPORTER, "--socket", socket_of(lab.mtud), "--once", "--route", ROUTE],
                          text=True, stdout=subprocess.PIPE, timeout=WAIT_S, check=True)
    lab.mtud.pause()
    return answers, Metrics(done.stdout)


def test_what_mtud_says(lab):
    """Every number is the console's.

    Steps: packets that pass, that are too big, and that have no route; scrape, over HTTP and
    with --once, and ask the console.
    Verify: both forms parse, and say the same as `show … json`: ports, drops, answers, workers,
    neighbors, routes, and the routes that --route names.
    """
    lab.exchange(a=[lab.from_a(udp(A, FAR, 100))] * 3 + [lab.from_a(udp(A, FAR_1280, 1400))] * 2
                 + [lab.from_a(udp(A, NOWHERE, 100))])
    path = socket_of(lab.mtud)
    routes = [ROUTE, ROUTE_1280, "2001:db9::/48"]
    with exporter("--socket", path, "--route", *routes) as running:
        metrics = running.scrape()
        # The connection lasts, and so does what it says.
        again = running.scrape()
    once = subprocess.run([EXPORTER, "--socket", path, "--once", "--route", *routes], text=True,
                          capture_output=True, timeout=WAIT_S, check=True)
    assert once.stderr == ""
    assert metrics.keys() == again.keys() == Metrics(once.stdout).keys()

    assert metrics.get("up") == 1 and metrics.get("control_busy") == 0
    assert metrics.get("forwarding") == 1
    for row in lab.mtud.json("show port"):
        labels = {"port": str(row["port"]), "name": row["device"]}
        for name, key in (("rx_packets_total", "rx_packets"), ("rx_bytes_total", "rx_octets"),
                          ("tx_packets_total", "tx_packets"), ("tx_bytes_total", "tx_octets"),
                          ("mtu_bytes", "mtu"), ("up", "up")):
            assert metrics.get(f"port_{name}", **labels) == row[key], name
        assert metrics.get("port_speed_bytes", **labels) == row["mbps"] * 125000
    drops = lab.mtud.json("show drops")
    assert metrics.of("drops_total", "reason") == {r["reason"]: r["packets"] for r in drops}
    assert metrics.of("drops_total", "reason")["no_route"] == 1
    texts = metrics.of("drop_info", "text")
    assert set(texts.values()) == {1} and len(texts) == len(drops)
    assert any(r["text"] in texts for r in drops if r["reason"] == "no_route")
    stats = lab.mtud.json("show stats")
    account = {row["fate"]: row for row in stats["account"]}
    for kind in ("received", "made"):
        assert metrics.get("unaccounted_packets", kind=kind) == account["unaccounted"][kind] == 0
    for name in ("icmp", "syn"):
        assert metrics.of(f"{name}_total", "counter") == \
            {r["counter"]: r["packets"] for r in stats[name]}
    assert metrics.of("icmp_total", "counter")["sent_packet_too_big"] == 2
    for row in lab.mtud.json("show workers"):
        labels = {"worker": str(row["worker"]), "lcore": str(row["lcore"])}
        assert metrics.get("worker_rx_packets_total", **labels) == row["rx_packets"]
        assert 0 < metrics.get("worker_polls_total", **labels) <= row["polls"]
        assert metrics.get("worker_busy_polls_total", **labels) <= row["busy_polls"]
    summary = lab.mtud.json("show neighbor summary")
    assert metrics.of("neighbors", "state") == \
        {r["state"]: r["neighbors"] for r in summary["states"]}
    assert metrics.get("neighbors", state="PERMANENT") == 6
    summary = lab.mtud.json("show route summary")
    assert metrics.get("routes", family="ipv6") == summary["routes6"]
    assert metrics.get("routes", family="ipv4") == summary["routes4"]
    assert metrics.of("route_packets_total", "prefix") == {ROUTE: 3, ROUTE_1280: 0}
    assert metrics.of("route_too_big_packets_total", "prefix") == {ROUTE: 0, ROUTE_1280: 2}
    assert metrics.of("route_mtu_bytes", "prefix") == {ROUTE: 1500, ROUTE_1280: 1280}
    check_names(metrics)


def check_names(metrics):
    """Prometheus' rules for names (its page "Metric and label naming"): counters end in _total, and
    nothing else does; base units; no colon, no capital."""
    for family in metrics.families.values():
        # The parser takes _total off a counter's family.
        samples = {sample.name for sample in family.samples}
        assert re.fullmatch(r"mtud_[a-z0-9_]+", family.name), family.name
        assert samples <= {family.name + ("_total" if family.type == "counter" else "")}
        assert not re.search(r"(octets|bits|seconds_ms|count|counter|gauge)(_|$)", family.name), \
            family.name


PROMQL = {"sum", "by", "rate", "increase", "round", "max", "on", "group_left", "sort_desc",
          "label_values"}


def names_in(expression):
    """Metrics of an expression: its identifiers outside of strings, ranges, braces and label lists
    that are no function."""
    text = re.sub(r'"(\\.|[^"\\])*"', "", expression)
    text = re.sub(r"\{[^}]*\}|\[[^]]*\]", "", text)
    text = re.sub(r"\b(by|on|group_left)\s*\([^)]*\)", "", text)
    return set(re.findall(r"[a-zA-Z_:][\w:]*", text)) - PROMQL


def test_the_dashboard_asks_for_what_is_served(canned):
    """`scripts/grafana.json`: what every panel asks for comes with a scrape.

    Steps: the metrics of all expressions and variables.
    Verify: each is served by the exporter; panels have ids and places of their own within the 24
    columns, their data from the variable; labels of the legends exist.
    """
    metrics = canned[1]
    with open(DASHBOARD, encoding="utf-8") as file:
        board = json.load(file)
    variables = {v["name"]: v for v in board["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    source = {"type": "prometheus", "uid": "${datasource}"}
    assert variables["instance"]["datasource"] == source
    expressions = [variables["instance"]["definition"].replace(", instance", "")]
    taken = set()
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) >= 15
    for panel in panels:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken and max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells
        assert (panel["type"] == "row") == ("targets" not in panel)
        for target in panel.get("targets", ()):
            assert panel["datasource"] == target["datasource"] == source
            assert "$instance" in target["expr"]
            expressions.append(target["expr"])
            labels = set(re.findall(r"{{(\w+)}}", target["legendFormat"])) - {"instance"}
            there = {key for name, pairs in metrics if name in names_in(target["expr"])
                     for key, _ in pairs}
            assert labels <= there, target["expr"]
    asked = set().union(*(names_in(e) for e in expressions))
    assert asked and asked <= metrics.names(), asked - metrics.names()


@pytest.fixture
def stand(canned):
    """Something that plays mtud, not begun yet; its answers may be changed."""
    with tempfile.TemporaryDirectory(prefix="mtud-exp-") as folder:
        answers = dict(canned[0])
        server = Stand(os.path.join(folder, NAME), answers.get)
        server.answers = answers
        yield server
        if server.sock is not None:
            server.stop()


def test_mtud_comes_and_goes(stand):
    """An exporter lives longer than its mtud.

    Steps: scrape before mtud is there, when it has come, when it has gone, when it is back.
    Verify: mtud_up 0, 1, 0, 1, nothing else while it is 0; each trouble is said once; --once ends
    with 1.
    """
    with exporter("--socket", stand.path, "--route", ROUTE) as running:
        for _ in range(2):
            assert dict(running.scrape()) == {("mtud_up", frozenset()): 0}
        stand.start()
        assert running.scrape().get("up") == 1
        stand.stop()
        assert dict(running.scrape()) == {("mtud_up", frozenset()): 0}
        stand.start()
        assert running.scrape().get("route_packets_total", prefix=ROUTE) == 3
        # Gone and back between two scrapes.
        stand.stop()
        stand.start()
        assert running.scrape().get("up") == 1
        said = running.said()
    assert said.count("is mtud running") == 2 and said.count("mtud answers") == 2, said
    stand.stop()
    once = subprocess.run([EXPORTER, "--socket", stand.path, "--once"], text=True,
                          capture_output=True, timeout=WAIT_S, check=False)
    assert once.returncode == 1 and "mtud_up 0.0" in once.stdout
    assert once.stderr.startswith("mtud-exporter: ") and once.stderr.count("\n") == 1


BROKEN = {
    "silence": lambda line: None,
    "garbage": lambda line: b"\xff\xfe{",
    "another answer": lambda line: b'{"/else": 1}',
    "no object": lambda line: b"[]",
    "no answers": lambda line: b'{"' + line.split(",")[0].encode() + b'": null}',
    "too long": lambda line: b'{"x":"' + b"y" * 60000 + b'"}',
    "strings": lambda line: json.dumps({line.split(",")[0]: "x"}).encode(),
    "lists": lambda line: json.dumps({line.split(",")[0]: {"a": [1]}}).encode(),
    "nothing": lambda line: b"",
}


def test_broken_answers(stand):
    """Whatever is at the socket, a scrape ends, soon and with mtud_up 0.

    Steps: it does not answer, or not with what it was asked for; or does not even say hello.
    Verify: mtud_up 0, no trace of Python; a good one in its place is read again.
    """
    stand.start()
    with exporter("--socket", stand.path, "--timeout", "0.1") as running:
        for how, answer in BROKEN.items():
            stand.answer = answer
            assert dict(running.scrape()) == {("mtud_up", frozenset()): 0}, how
            stand.answer = stand.answers.get
            assert running.scrape().get("up") == 1, how
        stand.stop()
        for info in (None, [], {"version": 1}, {"version": "1", "max_output_len": "x"}):
            stand.info = info
            stand.start()
            assert dict(running.scrape()) == {("mtud_up", frozenset()): 0}, info
            stand.stop()


def test_control_thread_is_busy(stand):
    """While mtud reads a long file its counters are there, and what its tables tell is not.

    Steps: a scrape; then null for all that needs the control thread; a scrape; then all again.
    Verify: mtud_control_busy 1; counters of ports and drops stay; neighbors and routes come back.
    """
    stand.start()
    with exporter("--socket", stand.path, "--route", ROUTE) as running:
        whole = running.scrape()
        quick = {"/mtud/drops", "/mtud/icmp", "/mtud/syn", "/mtud/fragments", "/mtud/ports"}
        stand.answer = lambda line: stand.answers[line] if line in quick else \
            json.dumps({line.split(",")[0]: None}).encode()
        busy = running.scrape()
        assert busy.get("control_busy") == 1 and busy.get("up") == 1
        for name, label in (("drops_total", "reason"), ("port_rx_bytes_total", "name")):
            assert busy.of(name, label) == whole.of(name, label) != {}
        assert not busy.names() & {"mtud_neighbors", "mtud_routes", "mtud_route_packets_total"}
        stand.answer = stand.answers.get
        assert running.scrape().keys() == whole.keys()


def test_arguments():
    """Bad arguments, and an address that is not ours.

    Steps: start the exporter with each.
    Verify: one sentence, status 2 or 1, no traceback.
    """
    for options, status in ((["--listen", "x"], 2), (["--listen", "127.0.0.1:65536"], 2),
                            (["--route", "nonsense"], 2), (["--timeout", "x"], 2),
                            (["--listen", "192.0.2.77:1"], 1)):
        done = subprocess.run([EXPORTER, *options], text=True, capture_output=True,
                              timeout=WAIT_S, check=False)
        assert done.returncode == status, options
        assert "mtud-exporter: " in done.stderr and "Traceback" not in done.stderr
