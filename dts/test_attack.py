# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""scripts/attack.sh: what it calls withstood, its table, and two of its tools for real."""

import os
import shutil
import subprocess
import sys
import time

import pytest

from lab.attacks import ATTACKS, Attack, named
from lab.lab import A
from lab.siege import SLICE_S, Pulse, dark, parse_ping, risen
from lab.verdict import HEADS, judge, markdown, row, summary

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scripts")
TOOL = Attack("na6", ("-i", "wire"))
USUAL = {"v6 down": 1000.0, "v4 up": 1000.0}


class Counted:
    """A flow of which something has come whenever one looks, unless nothing does."""

    def __init__(self, name):
        self.name, self.coming, self.count = name, True, 0

    @property
    def octets(self):
        self.count += self.coming
        return self.count


def slices(down, up):
    """Slices of time in which something came of a flow (1) or nothing did (0)."""
    return [{"v6 down": 300 * int(a), "v4 up": 200 * int(b)} for a, b in zip(down, up)]


def seen(**changes):
    """What is seen of an attack that did nothing."""
    return {"alive": True, "sanitizer": False, "flows": {"v6 down": 2000, "v4 up": 1000},
            "slices": slices("11111111", "11001100"),
            "seconds": 2.0, "ping": (10, 10), "packets": 5, "neighbors": 7, "moved": {},
            "grown_kb": 12, "growth_max_kb": 100, "poisons": False, "dynamic": True,
            "drops": {"nd_short": 4}, "answers": {}, **changes}


def test_withstood():
    """Steps: nothing wrong; a neighbor taken over where the RFC permits it; both flows silent for
    half a second, and each by itself for longer. Verify: no word."""
    assert judge(seen()) == []
    assert judge(seen(slices=slices("1100100001", "1000011111"))) == []
    assert judge(seen(dynamic=False, poisons=True)) == []


@pytest.mark.parametrize("changes,words", [
    ({"alive": False}, "mtud has ended"), ({"sanitizer": True}, "sanitizer"),
    ({"slices": slices("0000", "1011")}, "flow v6 down stood still"),
    ({"slices": slices("11100011", "10000011")}, "all flows stood still for 0.75 s"),
    ({"slices": []}, "nobody looked"),
    ({"ping": (10, 0)}, "no ping"), ({"neighbors": 4097}, "4097 neighbors"),
    ({"moved": {A: "02:00:00:00:06:66"}}, f"static neighbor {A} is 02:00:00:00:06:66"),
    ({"grown_kb": 101}, "memory grew by 101 kB"), ({"packets": 0}, "the tool sent nothing"),
    ({"dynamic": False}, "is not reached")])
def test_not_withstood(changes, words):
    """Steps: one thing wrong each. Verify: it is told, and nothing else."""
    wrong = judge(seen(**changes))
    assert len(wrong) == 1 and words in wrong[0]
    if changes.get("alive", True):
        assert words in row(TOOL, seen(**changes), USUAL)[-1]


def test_slices():
    """Steps: a flow of which something comes, then nothing, then something. Verify: slices of what
    came; the time without is as long as it was, give or take two slices."""
    flow = Counted("x")
    with Pulse([flow]) as pulse:
        time.sleep(2 * SLICE_S)
        flow.coming = False
        time.sleep(4 * SLICE_S)
        flow.coming = True
        time.sleep(2 * SLICE_S)
    assert 2 <= dark(pulse.slices, ["x"]) <= 6
    assert pulse.slices[0]["x"] > 0


def test_row():
    """Steps: a row and a table of it. Verify: the slowest flow's share, reasons by number, as many
    cells as heads, bars in arguments masked."""
    cells = row(TOOL, seen(drops={"a": 1, "b": 9, "c": 8, "d": 7, "e": 6}), USUAL)
    assert cells == ("na6", "-i wire", "5", "b 9, c 8, d 7, e 6, 1 more", "50%", "10/10",
                     "withstood")
    assert len(cells) == len(HEADS)
    lines = markdown([cells, ("a|b",) + cells[1:]]).splitlines()
    assert [line.count(" | ") for line in lines] == [len(HEADS) - 1] * 4
    assert all(line.startswith("| ") and line.endswith(" |") for line in lines)
    assert lines[3].startswith("| a\\|b |")
    assert summary({}) == "forwarded, or heard in silence"


def test_figures():
    """Steps: ping's last lines; counters before and after. Verify: the figures; words without them
    are refused."""
    text = "--- x ping statistics ---\n12 packets transmitted, 9 received, 25% packet loss\n"
    assert parse_ping(text) == (12, 9)
    with pytest.raises(ValueError):
        parse_ping("ping: connect: Network is unreachable")
    assert risen({"a": 1, "b": 2}, {"a": 1, "b": 5, "c": 1}) == {"b": 3, "c": 1}


def test_named():
    """Steps: tools by name, with and without Debian's prefix, and an unknown one. Verify: all runs
    of each; an error."""
    assert named([]) == ATTACKS
    assert {a.tool for a in named(["na6", "flood_rs6"])} == {"na6", "atk6-flood_rs6"}
    assert named(["atk6-flood_rs6"]) == named(["flood_rs6"])
    with pytest.raises(ValueError, match="no tool nmap"):
        named(["nmap", "na6"])


def test_usage(tmp_path):
    """Steps: --list, an unknown tool, a folder without mtud. Verify: each run in a line; a sentence
    and a status that is not 0."""
    def run(*args):
        return subprocess.run([sys.executable, "-B", os.path.join(SCRIPTS, "attack.py"), *args],
                              capture_output=True, text=True, timeout=60)

    assert run("--list").stdout.splitlines() == [" ".join(a.argv) for a in ATTACKS]
    for args, words in ((["nmap"], "no tool nmap"), (["--build", str(tmp_path), "na6"],
                                                     "there is no program")):
        done = run(*args)
        assert done.returncode == 2 and words in done.stderr


@pytest.mark.large
def test_two_tools(binary):
    """Steps: attack.py with a flood and a forged advertisement. Verify: both withstood, static
    neighbors where they were, all packets accounted for."""
    tools = ["fake_solicitate6", "na6"]
    missing = [a.tool for a in named(tools) if shutil.which(a.tool) is None]
    if missing:
        pytest.skip(f"{missing[0]} is not installed; scripts/setup.sh --attack installs it")
    build = os.path.dirname(os.path.dirname(binary))
    done = subprocess.run([sys.executable, "-B", os.path.join(SCRIPTS, "attack.py"), "--build",
                           build, *tools], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(named(tools))} attacks, 0 not withstood" in done.stdout
    assert "0 packets not accounted for" in done.stdout
