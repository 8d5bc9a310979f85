# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""scripts/trex/ndr.py: the search for the rate without loss, against models of a router and of
TRex's client. No time passes: the models have a clock of their own."""

import importlib
import json
import os
import random
import subprocess
import sys

import pytest

from lab import stl

sys.path.insert(0, stl.SCRIPTS)
from ndr_search import Rules, Trial, search  # noqa: E402

sys.path.remove(stl.SCRIPTS)

TOP = 10e6
SECONDS = 10


class Dut:
    """A router with a capacity behind a generator with another one."""

    def __init__(self, capacity, generator=1e12, noise=0.0, always=0.0, seed=1):
        self.capacity, self.generator, self.noise, self.always = capacity, generator, noise, always
        self.random = random.Random(seed)
        self.runs = 0

    def __call__(self, asked):
        self.runs += 1
        assert self.runs < 1000 and 0 < asked <= TOP
        really = min(asked, self.generator)
        sent = int(asked * SECONDS)
        capacity = self.capacity * (1 - self.noise * self.random.random())
        lost = max(0, int((really - capacity) / really * sent)) + int(self.always * sent)
        return Trial(asked, sent / really, sent, sent - lost, 0, sent - lost)


@pytest.mark.parametrize("capacity", (1000, 77_777, 1_234_567, 5_000_000, 9_990_000))
def test_search_finds_the_capacity(capacity):
    """Steps: search with routers of known capacity. Verify: within the resolution below it, in no
    more runs than halving takes."""
    rules = Rules(resolution=0.0001)
    dut = Dut(capacity)
    outcome = search(dut, TOP, rules)
    # A loss of less than one packet is none.
    assert 0.9999 * capacity - 1 <= outcome.best.pps <= capacity + 1
    assert outcome.limit == "router" and dut.runs <= 28
    assert not outcome.best.lost and outcome.trials[0].lost


def test_search_without_a_limit_below_the_line():
    """Steps: a router faster than the line. Verify: one run, at the line's rate."""
    dut = Dut(2 * TOP)
    outcome = search(dut, TOP)
    assert (outcome.best.pps, outcome.limit, dut.runs) == (TOP, "top", 1)


def test_search_knows_the_generator_s_limit():
    """Steps: a generator slower than line and router; one slower than the line, and a router slower
    than it. Verify: rates that were sent, not those that were asked for; whose limit it is."""
    dut = Dut(TOP, generator=300_000)
    outcome = search(dut, TOP)
    assert outcome.limit == "generator" and 299_000 < outcome.best.pps <= 300_000
    assert dut.runs < 10
    outcome = search(Dut(200_000, generator=300_000), TOP)
    assert outcome.limit == "router" and 198_000 < outcome.best.pps <= 200_001


def test_search_tolerates_what_it_is_told_to():
    """Steps: a router that always loses one of a thousand packets. Verify: no rate passes, and the
    search ends; with 0.2 % tolerated it finds the capacity."""
    lossy = Dut(1_000_000, always=0.001)
    outcome = search(lossy, TOP)
    assert outcome.best is None and outcome.limit == "loss" and lossy.runs < 30
    outcome = search(Dut(1_000_000, always=0.001), TOP, Rules(loss=0.002))
    assert 990_000 < outcome.best.pps < 1_002_000 and outcome.limit == "router"


@pytest.mark.parametrize("seed", range(5))
def test_search_with_noise(seed):
    """Steps: a capacity that varies by a fifth from run to run, three tries of which two decide.
    Verify: a rate between the worst and the best; no rate needed a fourth try."""
    dut = Dut(1_000_000, noise=0.2, seed=seed)
    outcome = search(dut, TOP, Rules(tries=3))
    assert 795_000 < outcome.best.pps <= 1_000_001
    asked = [trial.asked_pps for trial in outcome.trials]
    assert max(map(asked.count, asked)) <= 3 and min(map(asked.count, asked)) >= 2


def test_search_always_ends():
    """Steps: routers that pass or lose at random, generators at random, nothing sent at all.
    Verify: the search ends within its runs."""
    chance = random.Random(7)

    def mad(asked):
        sent = chance.randrange(0, 100_000)
        return Trial(asked, chance.uniform(0.001, 20), sent, sent, 0, sent - chance.randrange(0, 2))

    for _ in range(200):
        outcome = search(mad, TOP, Rules(tries=chance.randrange(1, 5), most_trials=60))
        assert 1 <= len(outcome.trials) <= 60
        assert outcome.best is None or outcome.best in outcome.trials
    nothing = search(lambda asked: Trial(asked, 1.0, 0, 0, 0, 0), TOP)
    assert nothing.best is None and nothing.limit == "loss"


# The program, through the client's model.


class Router:
    """A router that forwards up to a capacity and answers what its streams' names call too big."""

    def __init__(self, capacity=1e12, answers=True, fits_all=False):
        self.capacity, self.answers, self.fits_all = capacity, answers, fits_all
        self.first = {}

    def __call__(self, port, sent, seconds):
        self.first[port] = sent[0][0].get_pkt()
        there = back = 0
        total = sum(n for _, n in sent)
        share = min(1.0, self.capacity * seconds / max(total, 1))
        for stream, n in sent:
            if stream.get_name().startswith("too big") and not self.fits_all:
                back += int(n * share) if self.answers else 0
            else:
                there += int(n * share)
        return there, back


def run(model, *words):
    """Run ndr.py inside this process against a model."""
    with stl.installed(model):
        ndr, ndr_trex = importlib.import_module("ndr"), importlib.import_module("ndr_trex")
        ndr_trex.time = model.clock
        try:
            ndr.main([*words[:1], "--trex-dir=", *words[1:]])
        except ndr.NdrError as err:
            return str(err)
    return None


def report(tmp_path, model, *words):
    path = tmp_path / "report.json"
    # In front of what stands behind --.
    assert run(model, words[0], f"--json={path}", *words[1:]) is None
    return json.loads(path.read_text())


def test_program_sweeps_sizes(tmp_path, capsys):
    """Steps: forward6 over three sizes, a router of 1 Mpps on 10 Gbit/s. Verify: its capacity where
    the line carries more, the line's rate where not; report and pictures are there."""
    picture = tmp_path / "picture"
    result = report(tmp_path, stl.Model(Router(1e6)), "forward6", "--sizes=82,1000,1518",
                    f"--draw={picture}", "--", "--latency=100")
    small, middle, large = result["results"]
    assert 0.99 < small["mpps"] <= 1.0001 and small["limit"] == "router"
    assert small["line_mpps"] == pytest.approx(10e3 / 8 / (82 + 20))
    assert 0.99 < middle["mpps"] <= 1.0001 and middle["of_line"] < 0.85
    # The latency stream's packets are among those of the line.
    assert large["limit"] == "line" and large["of_line"] == pytest.approx(1, abs=1e-3)
    assert large["gbit_s"] == pytest.approx(10, rel=1e-3)
    assert large["latency_us"]["60"]["total_max"] == 20
    assert result["seconds"] == 10 and result["tunables"] == ["--latency=100"]
    with open(f"{picture}.svg", encoding="utf-8") as svg, open(f"{picture}.png", "rb") as png:
        assert "1518" in svg.read() and png.read(8) == b"\x89PNG\r\n\x1a\n"
    said = capsys.readouterr().out
    assert "as much as the line carries" in said and "FAILED" in said


@pytest.mark.parametrize("profile,tunables", [
    ("ptb", []), ("mixed", []), ("ptb", ["--family=both"]), ("mixed", ["--latency=100"])])
def test_program_counts_answers_apart(tmp_path, profile, tunables):
    """Steps: profiles whose packets are answered, through a router that answers; through one that
    does not; through one that lets all through. Verify: only the first has a rate: an answer is
    no delivery and a delivery no answer."""
    words = [profile, "--max-pps=100000", "--", *tunables]
    good, = report(tmp_path, stl.Model(Router()), *words)["results"]
    assert good["mpps"] == pytest.approx(0.1, rel=1e-3) and good["limit"] == "max-pps"
    sent = good["trials"][-1]["sent"]
    assert good["answered"] + good["forwarded"] == sent
    assert good["answered"] == pytest.approx(good["too_big"] * 1e6, abs=2)
    for router in (Router(answers=False), Router(fits_all=True)):
        bad, = report(tmp_path, stl.Model(router), *words)["results"]
        assert bad["mpps"] is None and bad["limit"] == "loss"


def test_program_takes_no_answer_for_a_delivery(tmp_path):
    """Steps: forward6 where all packets come back, none gets through. Verify: no rate."""
    result, = report(tmp_path, stl.Model(lambda _, sent, __: (0, sum(n for _, n in sent))),
                     "forward6")["results"]
    assert result["mpps"] is None and result["limit"] == "loss"


def test_program_divides_by_the_clock(tmp_path):
    """Steps: TRex cannot send more than 250,000 packets a second; a run at the line's rate would
    take seven minutes. Verify: no run takes more than twice its time; rates by the clock on the
    wall; TRex named as the limit."""
    model = stl.Model(Router(), most_pps=250e3)
    began = model.clock.now
    result, = report(tmp_path, model, "forward6")["results"]
    assert result["limit"] == "generator" and 0.245 < result["mpps"] < 0.2526
    trials = result["trials"]
    assert max(trial["seconds"] for trial in trials) <= 20.5
    assert model.clock.now - began <= len(trials) * 22.5
    assert trials[0]["asked_pps"] > 12e6 and trials[0]["sent"] < 5.1e6


def test_program_in_both_directions(tmp_path):
    """Steps: forward4 on both ports, 1 Mpps for each. Verify: 2 Mpps; with answers in both
    directions, which nothing could tell apart: a sentence."""
    router = Router(1e6)
    result, = report(tmp_path, stl.Model(router), "forward4", "--bidirectional")["results"]
    # Each port sends from its own side: 198.18.0.1 to 198.19.0.1, and the other way.
    assert {port: frame[26:34] for port, frame in router.first.items()} == {
        0: bytes((198, 18, 0, 1, 198, 19, 0, 1)), 1: bytes((198, 19, 0, 1, 198, 18, 0, 1))}
    assert 1.98 < result["mpps"] <= 2.0001
    assert result["line_mpps"] == pytest.approx(2 * 10e3 / 8 / 84)
    assert "in one direction only" in run(stl.Model(Router()), "ptb", "--bidirectional")


def test_program_sets_macs(tmp_path):
    """Steps: ports that know no MAC, without --router-macs and with them. Verify: TRex's sentence;
    then both set in service mode, which the model asks for, and off again, as it asks for too."""
    said = run(stl.Model(Router(), resolved=False), "forward6")
    assert said == "TRex says: Port 0 dest MAC is invalid"
    model = stl.Model(Router(), resolved=False)
    report(tmp_path, model, "forward6", "--router-macs=02:00:00:00:00:0a,02:00:00:00:00:0b")
    assert model.log == [("connect to", "localhost"), ("l2", 0, "02:00:00:00:00:0a"),
                         ("l2", 1, "02:00:00:00:00:0b"), ("disconnect",)]


def test_program_looks(tmp_path):
    """Steps: --look. Verify: a capture, in service mode, of 100 packets; written where asked."""
    model = stl.Model(Router())
    assert run(model, "ptb", f"--look={tmp_path}/look.pcap") is None
    (_, path, packets), = [entry for entry in model.log if entry[0] == "capture"]
    assert path == f"{tmp_path}/look.pcap" and packets == [(0, 100)]


def test_program_refuses_tunables(capsys):
    """Steps: a tunable that the profile does not know; --help. Verify: a sentence of the profile's
    parser and one of the program, the client let go; the help and status 0."""
    model = stl.Model(Router())
    said = run(model, "ptb", "--", "--nonsense")
    assert "does not take these tunables: --nonsense" in said
    assert "unrecognized arguments: --nonsense" in capsys.readouterr().err
    assert model.log[-1] == ("disconnect",)
    with pytest.raises(SystemExit) as end:
        run(stl.Model(Router()), "ptb", "--", "--help")
    assert end.value.code == 0 and "--router-macs" in capsys.readouterr().out


@pytest.mark.parametrize("words,status,sentence", [
    (["ptb", "--nonsense"], 2, "unrecognized arguments: --nonsense"),
    (["nothing"], 2, "there is no profile nothing"),
    (["ptb", "--seconds=0"], 2, "a run must last"),
    (["ptb", "--tries=0"], 2, "there must be one"),
    (["ptb", "--loss=100"], 2, "percentages"),
    (["ptb", "--resolution=0"], 2, "percentages"),
    (["ptb", "--max-pps=0"], 2, "less than a packet"),
    (["ptb", "--ports=1,1"], 2, "two different ones"),
    (["ptb", "--sizes=1,x"], 2, "invalid numbers value"),
    (["ptb", "--router-macs=02:00:00:00:00:01"], 2, "two MAC addresses"),
    (["ptb", "--json=/nowhere/at/all"], 2, "there is no folder for /nowhere/at/all"),
    (["ptb", "--trex-dir=/nowhere"], 1, "/nowhere is no TRex"),
    (["ptb"], 1, "There is no TRex API"),
])
def test_program_ends_with_a_sentence(words, status, sentence):
    """Steps: what cannot be, as a program. Verify: status and sentence; no traceback."""
    env = {key: value for key, value in os.environ.items() if key != "TREX_DIR"}
    done = subprocess.run([sys.executable, "-B", os.path.join(stl.SCRIPTS, "ndr.py"), *words],
                          capture_output=True, text=True, check=False, env=env)
    assert done.returncode == status and sentence in done.stderr
    assert "Traceback" not in done.stderr
