# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""scripts/soak.sh: what it calls flat, its picture, and that it runs and ends without a trace."""

import contextlib
import csv
import os
import signal
import subprocess
import sys
import tempfile
import types

import pytest

from lab.mtud import MtudError

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scripts")
sys.path.insert(0, SCRIPTS)

import soak_report  # noqa: E402
from soak_sample import Samples, blind, buffers, memory_mb  # noqa: E402

SOAK = ["/usr/bin/python3", "-B", os.path.join(SCRIPTS, "soak.py")]


def rows(n, **columns):
    """Samples of a second each; a column is a number or a function of the second."""
    made = []
    for second in range(n):
        row = {key: 10.0 for key in soak_report.TOLERANCES}
        row |= {"seconds": second, "neighbors": 1, "rx_pps": 2, "tx_pps": 1, "good_sent": 9,
                "good_lost": 0, "buffers_other": 0, "drop_too_big": 5, "drop_no_route": 1}
        row |= {key: make(second) if callable(make) else make for key, make in columns.items()}
        made.append(row)
    return made


@pytest.mark.parametrize("key", soak_report.TOLERANCES)
def test_what_grows_is_found(key):
    """Steps: ten minutes of samples, one column of which grows; the same as a saw without growth,
    and with a leap in the warm-up alone.
    Verify: the growing one is not flat, and no other; the saw and the leap are."""
    def not_flat(**columns):
        return [name for name, *_, flat in soak_report.compare(rows(600, **columns)) if not flat]

    name = soak_report.TOLERANCES[key][0]
    assert not_flat(**{key: lambda second: 10 + 2 * second}) == [name]
    assert not_flat(**{key: lambda second: 10 + second % 2}) == []
    assert not_flat(**{key: lambda second: 10 if second < 30 else 500}) == []


def test_quarters():
    """Steps: 100 samples that count up.
    Verify: medians of 10 to 31 and of 78 to 99: the first tenth is left out."""
    assert soak_report.quarters(rows(100, threads=lambda second: second), "threads") == (20.5, 88.5)


@pytest.mark.parametrize("seen, failed, words", [
    (rows(60), 0, []), (rows(60), 6, []), (rows(60), 7, ["7 of 67 samples failed"]),
    (rows(4), 0, ["nothing was seen for 57 s"]), ([], 0, ["nothing was seen for 60 s"])])
def test_what_is_not_seen_is_not_flat(seen, failed, words):
    """Steps: a minute's samples, some that failed, all of the first seconds, none. Verify: what was
    not looked at is told."""
    assert blind(seen, failed, 60) == words


def test_samples_go_on():
    """Steps: samples of an mtud that first answers nonsense, then not at all, then ends.
    Verify: the thread goes on to the end, each failure is counted and told."""
    def answers(_):
        alive.pop()
        raise (OSError, MtudError)[len(alive)]("no JSON")

    alive, counts = [True, True], []
    mtud = types.SimpleNamespace(json=answers, alive=lambda: bool(alive),
                                 proc=types.SimpleNamespace(pid=os.getpid()))
    samples = Samples(types.SimpleNamespace(mtud=mtud, count=counts.append), None)
    samples.thread.join(20)
    assert alive == [] and samples.close() == ["2 of 2 samples failed"]
    assert counts == ["samples that failed"] * 2


def test_buffers_by_kind():
    """Steps: pools as show memory tells them.
    Verify: summed by kind, captures as others."""
    pools = [{"pool": name, "in_use": n} for name, n in (
        ("mtud_rx0_2048", 1), ("mtud_rx1_2048", 2), ("mtud_reply0", 4), ("mtud_frag_ref0", 8),
        ("mtud_ctl", 16), ("mtud_cap1", 32))]
    assert buffers({"pools": pools}) == {"receive": 3, "reply": 4, "fragment": 8, "control": 16,
                                         "other": 32}


def test_memory_of_a_process():
    """Steps: this process before and after 64 MB of its own.
    Verify: resident memory has grown by that, by the kernel's other count of it too."""
    def resident():
        with open("/proc/self/statm", encoding="ascii") as text:
            return int(text.read().split()[1]) * os.sysconf("SC_PAGESIZE") / (1 << 20)

    before = memory_mb(os.getpid())
    held = b"x" * (64 << 20)
    after = memory_mb(os.getpid())
    assert len(held) == 64 << 20 and after[0] >= after[1] and abs(after[0] - resident()) < 4
    assert all(60 < late - early < 72 for early, late in zip(before, after))


def test_picture():
    """Steps: draw samples, and write them as CSV.
    Verify: both pictures are there, every panel's title and axis in the SVG; the CSV has all rows.
    """
    with tempfile.TemporaryDirectory() as folder:
        samples = rows(50)
        paths = soak_report.draw(f"{folder}/soak", samples)
        assert paths == [f"{folder}/soak.svg", f"{folder}/soak.png"]
        with open(paths[0], encoding="utf-8") as svg:
            text = svg.read()
        for title, axis, series in soak_report.panels(samples):
            assert all(f">{words}<" in text or words.replace("'", "&#39;") in text
                       for words in (title, axis, *(name for _, name in series)))
        soak_report.write_csv(f"{folder}/soak.csv", samples)
        with open(f"{folder}/soak.csv", encoding="ascii") as out:
            assert [float(row["seconds"]) for row in csv.DictReader(out)] == list(range(50))


@pytest.mark.large
def test_it_runs(binary):
    """Steps: nine seconds of soak.
    Verify: status 0; every kind of trouble was made, all buffers came back; CSV and pictures; of
    memory it says that nine seconds say nothing."""
    with tempfile.TemporaryDirectory(prefix="k-") as folder:
        done = subprocess.run([*SOAK, "0.15", "--mtud", binary, "--out", f"{folder}/soak"],
                              text=True, capture_output=True, timeout=120, check=False)
        said = done.stdout + done.stderr
        assert "all buffers are back" in said and done.returncode == 0, said
        assert "Nothing is said about memory" in said and "EAL's heap in use" not in said
        for what in ("TCP connections", "loads", "captures", "questions", "rude clients",
                     "malformed packets", "packets of scans", "mtud-console"):
            assert what in done.stdout, said
        assert sorted(os.listdir(folder)) == ["soak.csv", "soak.png", "soak.svg"]


def processes(folder):
    """Command lines that name something in a folder."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as text:
            line = text.read().replace(b"\0", b" ").decode(errors="replace")
            found += [line] if folder in line else []
    return found


@pytest.mark.large
def test_interrupted(binary):
    """Steps: Ctrl-C in the middle.
    Verify: status 130, and no process or folder is left."""
    with tempfile.TemporaryDirectory(prefix="k-") as folder:
        with subprocess.Popen([*SOAK, "5", "--mtud", binary], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=dict(os.environ, TMPDIR=folder)) as proc:
            assert "5 minutes of trouble" in proc.stdout.readline()
            during = processes(folder)
            proc.send_signal(signal.SIGINT)
            said = proc.communicate(timeout=60)
        assert proc.returncode == 130 and during != [], said
        assert os.listdir(folder) == [] and processes(folder) == []
