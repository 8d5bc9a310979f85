# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""mtud-perf and what is driven with it: that it does the work that it takes the time of. No test
here looks at a time."""

import json
import os
import re
import subprocess
import sys
import tempfile

import pytest

from lab.mtud import SANITIZER_MARKS, Mtud, on_own_processors
from lab.netns import Namespace

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scripts")
PORT_MAC = "02:00:00:00:00:a1"
ROUTER = ["add address 2001:db8:11::1/64 port 0",
          "add neighbor 2001:db8:11::2 lladdr 02:00:00:00:00:a2 port 0",
          "add route 2001:db8:1000::/48 via 2001:db8:11::2"]


@pytest.fixture
def folder():
    """For runtime files: sockets' paths must be short, pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="perf-") as path:
        yield path


@pytest.fixture(scope="session")
def perf(binary):
    """Path of mtud-perf, beside mtud."""
    path = os.path.join(os.path.dirname(binary), "perf", "mtud-perf")
    if not os.access(path, os.X_OK):
        pytest.skip("this build is without mtud-perf (meson's option perf)")
    return path


def run(*argv, env=None, **kwargs):
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300,
                          env=dict(os.environ, **(env or {})), **kwargs)
    for mark in SANITIZER_MARKS:
        assert mark not in done.stderr, done.stderr
    return done


def listed(perf, *patterns):
    done = run(perf, "--list", *patterns)
    assert done.returncode == 0, done.stderr
    return dict(line.split(None, 1) for line in done.stdout.splitlines())


def test_list(perf):
    """--list names every case once, with what it times; patterns choose.

    Steps: --list, with and without a pattern.
    Verify: all stages are there, no name twice; only what the pattern says.
    """
    lines = run(perf, "--list").stdout.splitlines()
    cases = listed(perf)
    assert len(cases) == len(lines)
    for stage in ("parse6", "parse4", "route6/256", "route6/10k", "route6/250k/random",
                  "route4/250k/random", "size6/256", "size4/256", "egress6/256", "egress4/256",
                  "mss6", "mss4", "fragment4", "may-send6", "rate/granted", "build6",
                  "cksum6/1240", "answer6", "burst/forward6", "burst/forward4", "burst/mixed",
                  "burst/ptb6", "burst/1-in-100-too-big6", "change6/250k", "flush"):
        assert stage in cases
    assert any(name.endswith("/cold") for name in cases)
    assert all(what.strip() for what in cases.values())
    chosen = listed(perf, "route4/*", "flush")
    assert chosen and set(chosen) == {n for n in cases if re.match("route4/|flush$", n)}


@pytest.mark.parametrize("options,word", [
    (["nonsense"], "nonsense"), (["parse6", "parse7*"], "parse7*"), (["--nonsense"], "nonsense"),
    (["--repeat", "0"], "--repeat"), (["--repeat", "many"], "--repeat"), (["--repeat"], "repeat"),
    (["latency", "--count", "0"], "--count"), (["latency", "stray"], "stray"),
    (["latency"], "port"), (["--no-huge", "-m", "256", "-l", "999", "--", "flush"], "EAL")])
def test_refused(perf, folder, options, word):
    """What it cannot do ends it with a sentence.

    Steps: a case that there is not, bad options, no port, an lcore that there is not.
    Verify: status 1, a sentence of its own, what was wrong.
    """
    done = run(perf, *options, env={"RUNTIME_DIRECTORY": folder})
    assert done.returncode == 1, done.stdout
    said = [line for line in done.stderr.splitlines() if line.startswith("mtud-perf: ")]
    assert said and word in done.stderr


def test_every_case_does_its_work(perf, folder):
    """Each case runs, and finds that the work was done.

    Steps: a short run of all cases on small tables, as JSON and (one) as a table.
    Verify: status 0; each case that --list names is there, in its order, with samples.
    """
    env = {"RUNTIME_DIRECTORY": folder}
    done = run(perf, "--small", "--repeat", "1", "--json", env=env)
    assert done.returncode == 0, done.stderr
    cases = json.loads(done.stdout)["cases"]
    assert [case["name"] for case in cases] == list(listed(perf))
    for case in cases:
        assert case["samples"] > 0 and case["routes"] > 0, case
        assert 0 <= case["ns_fast_tenth"] <= case["ns_median"], case
    assert any(case["ns_median"] > 0 for case in cases)
    done = run(perf, "--small", "--repeat", "2", "parse6", env=env)
    assert done.returncode == 0 and re.search(r"^parse6 .* packet$", done.stdout, re.M)


@pytest.fixture
def far_end(binary, folder):
    """mtud on a memif port that sends mtud-perf's packets back, and the arguments to meet it."""
    ns, path = Namespace("memif"), os.path.join(folder, "memif")
    mtud = Mtud(binary, ns, [f"net_memif0,role=server,socket={path},socket-abstract=no,"
                             f"mac={PORT_MAC}"], ROUTER)
    try:
        mtud.wait_ready()
        yield mtud, ["--lcores", on_own_processors("0"), "--no-huge", "-m", "128", "--no-pci",
                     "--file-prefix", f"{mtud.prefix}perf",
                     f"--vdev=net_memif0,role=client,socket={path},socket-abstract=no"]
    finally:
        mtud.remove()
        ns.close()


def test_latency(perf, far_end, folder):
    """latency counts what mtud forwards, all of it; one packet alone comes out of an idle worker.

    Steps: measurements one at a time and at a pace, over net_memif; then end mtud, then mtud-perf.
    Verify: nothing is lost one at a time, hop limit one less, quantiles in order; mtud counted as
    many.
    """
    mtud, eal = far_end
    log_path = os.path.join(folder, "perf.log")
    with open(log_path, "wb") as log:
        proc = subprocess.Popen([perf, *eal, "--", "latency", "--stdin", "--json"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                                env=dict(os.environ, RUNTIME_DIRECTORY=folder), text=True)
    try:
        results = []
        for line in ("1 0", "200 0", "100 1000"):
            proc.stdin.write(line + "\n")
            proc.stdin.flush()
            results.append(json.loads(proc.stdout.readline()))
        routes = {route["prefix"]: route["packets"] for route in mtud.json("show route")}
        # The worker's port goes away first: net_memif pulls memory from under who still polls.
        mtud.stop()
        assert proc.communicate(timeout=60)[0] == ""
    finally:
        if proc.poll() is None:
            proc.kill()
        proc.wait()
    log = open(log_path, encoding="utf-8", errors="replace").read()
    assert proc.returncode == 0 and not any(mark in log for mark in SANITIZER_MARKS), log
    assert [(r["sent"], r["pps"]) for r in results] == [(1, 0), (200, 0), (100, 1000)]
    assert [r["lost"] for r in results[:2]] == [0, 0]
    for r in results:
        assert r["hop_limit"] == 63
        ns = [r["ns"][look] for look in ("min", "p50", "p90", "p99", "p999", "max")]
        assert ns == sorted(ns) and ns[0] > 0
    # Before each come one to see that the other end is ready, and a thousand to warm up.
    assert routes["2001:db8:1000::/48"] >= 3 * 1001 + 301 - results[2]["lost"]


def test_latency_of_nobody(perf, folder):
    """Without anybody at the other end it says so.

    Steps: latency on a port that swallows packets.
    Verify: status 1 and a sentence.
    """
    done = run(perf, "--lcores", on_own_processors("0"), "--no-huge", "-m", "128",
               "--no-pci", "--vdev=net_null0", "--", "latency", "--count", "1",
               env={"RUNTIME_DIRECTORY": folder})
    assert done.returncode == 1 and "comes back" in done.stderr


@pytest.mark.large
def test_the_comparison_runs(binary, perf, folder, tmp_path):
    """bench_latency.py measures testpmd and mtud in turn, and cleans up.

    Steps: one short window of each, one at a time and at a pace.
    Verify: a line and all figures for each program; nothing left in its folder.
    """
    done = run(sys.executable, "-B", os.path.join(SCRIPTS, "bench_latency.py"), "--mtud", binary,
               "--perf", perf, "--rounds", "1", "--window", "0.05", "--pps", "0", "1000",
               "--json", str(tmp_path / "out"), env={"TMPDIR": folder})
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "out").read_text())
    assert set(results) == {"0", "1000"}
    for programs in results.values():
        assert list(programs) == ["testpmd io", "testpmd macswap", "mtud"]
        for figures in programs.values():
            assert figures["sent"] > 0 and figures["p99_ns"] >= figures["p50_ns"] > 0
        assert programs["testpmd io"]["added_p50_ns"] == 0
    assert done.stdout.count("testpmd macswap") == 2
    assert not os.listdir(folder)


def test_the_comparison_says_what_is_missing(perf, binary):
    """Without a program to compare with it says so.

    Steps: a testpmd that is not there; a pace below zero.
    Verify: a sentence, a status that is not 0.
    """
    script = os.path.join(SCRIPTS, "bench_latency.py")
    done = run(sys.executable, "-B", script, "--mtud", binary, "--testpmd", "/nonexistent/testpmd")
    assert done.returncode == 1 and "/nonexistent/testpmd" in done.stderr
    done = run(sys.executable, "-B", script, "--pps", "-1")
    assert done.returncode == 2 and "pace" in done.stderr
