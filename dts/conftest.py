# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Fixtures: one mtud serves all tests that ask for `lab`; others start their own."""

import contextlib
import os
import shutil
import signal
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
os.environ["MTUD_HISTORY"] = ""  # the tester's own stays as it is

from lab.corpus import Recorder  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.mtud import MtudError  # noqa: E402
from lab.netns import end_with_parent  # noqa: E402
from lab.pages import NoPages  # noqa: E402
from lab.pages import hugepages as have_hugepages  # noqa: E402
from lab.wire import Tap  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--mtud", default=os.path.join(HERE, "..", "build", "app", "mtud"),
                     help="the program to test (default: build/app/mtud)")
    parser.addoption("--record", metavar="DIR",
                     help="write each frame that a wire sends into DIR, as a fuzzer's input")


def children():
    """Processes that this one has started."""
    for task in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError), \
                open(f"/proc/self/task/{task}/children", encoding="ascii") as pids:
            yield from map(int, pids.read().split())


def end_session(config):
    """What a script's trap sends ends the tests as Ctrl-C does, which reaches all processes: what is
    mounted, reserved or started has an end in its fixture."""
    def end(*_):
        # One that has processes of pytest-xdist has no others.
        for pid in children() if config.getoption("numprocesses", None) else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)


def pytest_configure(config):
    """A process of pytest-xdist ends with the one that started it, however that ends. Programs that
    tests start heed SIGINT and SIGHUP, even if they are ignored here, as what a script starts
    beside it or nohup does."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if hasattr(config, "workerinput"):
        end_with_parent()
    else:
        end_session(config)
    if config.getoption("record"):
        Tap.recorder = Recorder(os.path.abspath(config.getoption("record")))


def pytest_sessionstart(session):
    """The one that starts such processes looks: pytest.exit() in one of them says nothing."""
    if session.config.getoption("numprocesses", None):
        program(session.config)


def program(config):
    """Path of the program; without it, or without the rights to test it, nothing can run."""
    path = os.path.abspath(config.getoption("--mtud"))
    if not os.access(path, os.X_OK):
        pytest.exit(f"There is no program {path}: build it with meson setup build && "
                    "ninja -C build, or name it with --mtud.", 2)
    if os.geteuid() != 0:
        pytest.exit("The system tests need root for network namespaces and raw sockets.", 2)
    for tool in ("ip", "ethtool", "sysctl"):
        if shutil.which(tool) is None:
            pytest.exit(f"The system tests need {tool}; scripts/setup.sh installs it.", 2)
    return path


@pytest.fixture(scope="session")
def binary(request):
    return program(request.config)


# These take longest: they begin first, so that none is alone at the end.
LONGEST = ("test_neighbor", "test_kill", "test_arp", "test_capture", "test_program", "test_leaks",
           "test_day_load", "test_day_pools", "test_startup", "test_trex", "test_day_ports",
           "test_reflect", "test_ptb", "test_workers", "test_refuse", "test_perf", "test_account",
           "test_poison", "test_console", "test_routes", "test_rate")


def pytest_collection_modifyitems(items):
    """A file goes to the next process of xdist that has nothing to do, in the order of here."""
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.module.__name__, len(LONGEST)))


class Keeper:
    """Holds a shared lab and starts another when a test broke it."""

    def __init__(self, binary):
        self.binary = binary
        self.lab = None

    def get(self):
        if self.lab is not None and not self.lab.mtud.alive():
            self.drop()
        if self.lab is None:
            self.lab = Lab(self.binary)
            try:
                self.lab.start()
            except BaseException:
                self.drop()
                raise
        return self.lab

    def drop(self):
        lab, self.lab = self.lab, None
        if lab is not None:
            lab.close(check=False)

    def close(self):
        lab, self.lab = self.lab, None
        if lab is not None:
            lab.close()


@pytest.fixture(scope="session")
def keeper(binary):
    keep = Keeper(binary)
    yield keep
    keep.close()


@pytest.fixture
def lab(keeper):
    """mtud between A and B with the configuration of lab.CONFIG and counters at zero; between
    tests it rests."""
    bench = keeper.get()
    bench.mtud.resume()
    bench.clear()
    yield bench
    if not bench.mtud.alive():
        log = bench.mtud.log()
        keeper.drop()
        raise MtudError(f"mtud did not survive this test:\n{log[-8000:]}")
    bench.mtud.check_pools()
    bench.mtud.pause()


@pytest.fixture
def hugepages():
    """A mounted hugetlbfs with pages enough for a small mtud."""
    try:
        with have_hugepages() as mount:
            yield mount
    except NoPages as err:
        pytest.skip(str(err))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Beside a failed test: counters and log of the mtud it ran on."""
    outcome = yield
    report = outcome.get_result()
    if not report.failed or call.when != "call":
        return
    names = ("lab", "stacks")
    bench = next((item.funcargs[name] for name in names if name in item.funcargs), None)
    if bench is not None:
        report.sections.append(("mtud", bench.mtud.report()))
