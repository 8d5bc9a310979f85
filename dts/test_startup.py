# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""What keeps mtud from starting is said in one sentence: the thing, the cause, the remedy."""

import concurrent.futures
import dataclasses
import os
import re
import signal
import subprocess
import tempfile
import time

import pytest

from lab.mtud import SANITIZER_MARKS, Mtud
from lab.netns import Namespace

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
# A second with the release build; a sanitizer on a machine with other things to do takes longer.
LIMIT_S = 15
AT_ONCE = 4


@dataclasses.dataclass(frozen=True)
class Case:
    """One start: what differs from one that would succeed, and what it says of that."""

    said: str
    eal: tuple = ()
    options: tuple = ()
    memory: tuple = ("--no-huge", "-m", "256")
    lcores: tuple = ("-l", "0,1")
    vdev: tuple = ("--vdev=net_null0",)
    before: tuple = ()
    prefix: str = "ok"
    runtime: str = ""


def memory(*args, said, **kwargs):
    return Case(said, memory=args, **kwargs)


def lcores(text, said, option="-l"):
    return Case(said, lcores=(option, text))


def vdev(text, said, **kwargs):
    return Case(said, vdev=(f"--vdev={text}",), **kwargs)


def option(*args, said):
    return Case(said, options=args)


CORES = r"check -l against the processors of this machine$"
DEVICE = r"\); check its name and arguments$"
UNKNOWN = r"there is no such option; "
OPTIONS = r"see mtud -- --help for the options$"
ERRORS = r"mtud: EAL does not start: "

# "{dir}" is a folder of the test's own.
CASES = {
    "no-memory": memory("--no-huge", "-m", "1", said=r"memory; give more with -m"),
    "little-memory": memory("--no-huge", "-m", "24", said=r"memory; give more with -m"),
    "memory-garbage": memory("--no-huge", "-m", "abc", said=r"-m abc: expected megabytes"),
    "memory-none": memory("--no-huge", "-m0", said=r"-m 0: expected megabytes"),
    "memory-beyond": memory("--no-huge", "-m", "1000000000", said=r"-m 1000000000: this machine "
                            r"has \d+ MB of memory; give less$"),
    "memory-overflow": memory("--no-huge", "-m", "9" * 40, said=r"has \d+ MB of memory; give less"),
    "no-hugepages": memory("--huge-dir", "{dir}", "-m", "64", said=ERRORS + r".*ugepage.*; "
                           r"reserve hugepages, or do without: --no-huge -m 512$"),
    "lcore-absent": lcores("0,127", ERRORS + r"lcore 127 unavailable; " + CORES),
    "lcore-one": lcores("0", r"one lcore only: .* give at least two, as with -l 0,1$"),
    "lcore-twice": lcores("0,0", r"one lcore only: "),
    "lcore-garbage": lcores("x", ERRORS + r"invalid core list syntax; " + CORES),
    "lcore-empty": lcores("", ERRORS + r"invalid core list syntax; " + CORES),
    "lcores-many": lcores("0-1000", ERRORS + r"Too many lcores.*; " + CORES),
    "lcores-cpu-absent": lcores("0@0,1@127", ERRORS + r"core 127 unavailable; " + CORES,
                                "--lcores"),
    "vdev-absent": vdev("net_af_packet0,iface=none0", r"device net_af_packet0,iface=none0: there "
                        r"is none, .*\(.*No such device" + DEVICE),
    "vdev-no-interface": vdev("net_af_packet0", r"device net_af_packet0: .*" + DEVICE),
    "vdev-arguments": vdev("net_af_packet0,iface=lo,qpairs=0", r"invalid qpairs value" + DEVICE),
    "vdev-second": vdev("net_af_packet0,iface=none0", r"\(net_af_packet0: .*No such device" + DEVICE,
                        eal=("--vdev=crypto_null0,max_nb_queue_pairs=x",)),
    "vdev-unknown": vdev("net_nonsense0", ERRORS + r'.*"net_nonsense0"; check --vdev and -a$'),
    "vdev-empty": vdev("", r"no ports: bind a NIC to vfio-pci, or give one with --vdev"),
    "vdev-file": vdev("net_pcap0,rx_pcap=/none,tx_pcap=/dev/null", r"No such file.*" + DEVICE),
    "pci-absent": Case(r"device 0000:aa:00\.0: there is none, .*" + DEVICE,
                       eal=("-a", "0000:aa:00.0")),
    "eal-option": Case(ERRORS + r"unrecognized option '--nonsense'; mtud --help", ("--nonsense",)),
    "nobody": Case(ERRORS + r".*Permission denied; run mtud as root, or set RUNTIME_DIRECTORY",
                   before=NOBODY),
    "nobody-device": vdev("net_af_packet0,iface=lo", r"AF_PACKET socket" + DEVICE, before=NOBODY,
                          runtime="{dir}/nobody"),
    "runtime-missing": Case(ERRORS + r".*/none/dpdk'.*No such file.*; run mtud as root, or set",
                            runtime="/none"),
    "runtime-file": Case(ERRORS + r".*Not a directory; .*RUNTIME_DIRECTORY", runtime="{dir}/bad"),
    "runtime-long": Case(ERRORS + r".*; choose a shorter --file-prefix or RUNTIME_DIRECTORY$",
                         runtime="{dir}/" + "l" * 90),
    "runtime-full": Case(r"no room for EAL's files: .*; make room there$", before=(
        "unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=1m none /mnt && exec "$@"', "-"),
                         runtime="/mnt"),
    "files-open": Case(r"only 20 files may be open, and 64 are needed; raise the limit",
                       before=("prlimit", "--nofile=20:20")),
    "file-size": Case(ERRORS + r".*/config'.*; ", before=("prlimit", "--fsize=1000:1000")),
    "prefix-in-use": Case(ERRORS + r".*another process has this --file-prefix: choose another one$",
                          prefix="{used}", runtime="{used-dir}"),
    "prefix-path": Case(ERRORS + r"Error creating '.*no/such'.*; run mtud as root",
                        prefix="no/such"),
    "console-in-use": option("--console", "{used-console}", said=r"--console .*; another process "
                             "listens there: choose another path$"),
    "console-missing": option("--console", "{dir}/none/c", said=r"No such file .*; choose a path"),
    "console-file": option("--console", "{dir}/bad", said=r"is no socket: choose another path$"),
    "console-folder": option("--console", "{dir}", said=r"is no socket: choose another path$"),
    "console-long": option("--console", "/tmp/" + "l" * 120, said=r"107 octets at most$"),
    "console-empty": option("--console", "", said=r"choose a path that can be written to$"),
    "file-missing": option("-f", "{dir}/none", said=r"^\S+/none: No such file .*; name a file"),
    "file-empty-name": option("-f", "", said=r"No such file .*; name a file"),
    "file-folder": option("-f", "{dir}", said=r"^\S+: Is a directory$"),
    "file-bad": option("-f", "{dir}/bad", said=r"^\S+/bad:2: "),
    "file-octets": option("-f", "{dir}/octets", said=r"^\S+/octets:1: "),
    "file-zeros": option("-f", "{dir}/zeros", said=r"^\S+/zeros:1: the line is longer than 4096"),
    "file-endless": option("-f", "/dev/zero", said=r"^/dev/zero:1: the line is longer than 4096"),
    "file-silent": option("-f", "{dir}/fifo", said=r"fifo: nothing came for 10 seconds: .*; name"),
    "option-unknown": option("--nonsense", said=r"^mtud: --nonsense: " + UNKNOWN + OPTIONS),
    "option-in-word": option("-xi", said=r"^mtud: -x: " + UNKNOWN + OPTIONS),
    "option-behind": option("-if", said=r"^mtud: -f: it lacks its value; " + OPTIONS),
    "option-lacking": option("--rxq", said=r"^mtud: --rxq: it lacks its value; " + OPTIONS),
    "option-value": option("--no-start=3", said=r"^mtud: --no-start=3: it takes no value; "
                           + OPTIONS),
    "option-letter-value": option("--version=3", said=r"--version=3: it takes no value; "
                                  + OPTIONS),
    "stray": option("stray", said=r'unexpected argument "stray": see mtud -- --help$'),
    **{f"{name}={value}": option(f"--{name}", value, said=rf"--{name} {value}: expected a number "
                                 r"from \d+ to \d+$")
       for name in ("rxq", "rxd", "txd", "mbufs", "routes", "tbl8s", "neighbors")
       for value in ("0", "-1", "9" * 30, "x", "")},
    **{f"{name}={value}": option(f"--{name}", value,
                               said=rf"--{name} {value}: expected trie or \S+$")
       for name in ("fib6", "fib4") for value in ("0", "tri", "")},
}
NUMBERS = [name for name in CASES if "=" in name]


class Starts:
    """All cases, some at once, beside an mtud that has a prefix and a console already."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.ns = Namespace("startup")
        self.first = Mtud(binary, self.ns, ["net_null0,no-rx=1"], [])
        for name, octets in (("bad", b"# fine\nadd nonsense\n"), ("octets", b"\xff\xfe \x80\n")):
            with open(f"{folder}/{name}", "wb") as out:
                out.write(octets)
        with open(f"{folder}/zeros", "wb") as out:
            out.truncate(1 << 30)
        os.mkfifo(f"{folder}/fifo")
        os.mkdir(f"{folder}/nobody")
        os.chmod(folder, 0o711)
        os.chown(f"{folder}/nobody", 65534, 65534)
        os.mkdir(f"{folder}/" + "l" * 90)
        self.names = {"{dir}": folder, "{used}": self.first.prefix,
                      "{used-dir}": self.first.dir, "{used-console}": self.first.console}

    def fill(self, text):
        for name, value in self.names.items():
            text = text.replace(name, value)
        return text

    def run(self, name):
        """(status, standard output, standard error, seconds) of a case."""
        case = CASES[name]
        prefix = f"{os.getpid()}{name}".replace("=", "").replace("-", "")[:30]
        argv = [*case.before, self.binary, *case.memory, "--no-pci", *case.lcores, *case.vdev,
                "--file-prefix", prefix if case.prefix == "ok" else case.prefix, *case.eal, "--",
                *case.options]
        if case.eal[:1] == ("-a",):
            argv.remove("--no-pci")
        env = dict(os.environ, RUNTIME_DIRECTORY=self.fill(case.runtime or "{dir}"))
        begin = time.monotonic()
        proc = self.ns.popen(*map(self.fill, argv), stdin=subprocess.DEVNULL, env=env, text=True,
                             errors="replace", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = proc.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            proc.kill()
            out, err = proc.communicate()
        return proc.returncode, out, err, time.monotonic() - begin

    def close(self):
        self.first.remove()
        self.ns.close()


@pytest.fixture(scope="module")
def starts(binary):
    # Where the user nobody gets at it: TMPDIR may be closed.
    with tempfile.TemporaryDirectory(prefix="s-", dir="/tmp") as folder:
        these = Starts(binary, folder)
        try:
            these.first.wait_ready()
            with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
                futures = {name: pool.submit(these.run, name)
                           for name in sorted(CASES, key=lambda n: n != "file-silent")}
                these.results = {name: future.result() for name, future in futures.items()}
            yield these
            these.first.stop()
        finally:
            these.close()


def check(name, result):
    status, out, err, seconds = result
    assert not any(mark in err for mark in SANITIZER_MARKS), err
    assert (status, out) == (1, ""), (status, out, err)
    assert err.count("\n") == 1 and err.endswith("\n"), err
    assert err.startswith("mtud: ") or "-f" in CASES[name].options, err
    assert re.search(CASES[name].said, err.rstrip("\n")), err
    assert seconds < LIMIT_S + 10 * (name == "file-silent"), f"{seconds:.1f} s: {err}"


@pytest.mark.parametrize("name", [name for name in CASES if name not in NUMBERS])
def test_one_sentence(starts, name):
    """Whatever keeps mtud from starting, its user reads one sentence.

    Steps: start it so.
    Verify: status 1, nothing on standard output, one line on standard error with thing, cause and
    remedy, soon; no complaint of a sanitizer.
    """
    check(name, starts.results[name])


@pytest.mark.parametrize("option_name", sorted({name.split("=")[0] for name in NUMBERS}))
def test_bad_values(starts, option_name):
    """The same for each option with 0, a negative, a huge, no number, and nothing.

    Steps: start with each.
    Verify: the option, the value and what was expected.
    """
    for name in NUMBERS:
        if name.split("=")[0] == option_name:
            check(name, starts.results[name])


def test_the_first_goes_on(starts):
    """Who has a prefix and a console keeps them when others ask for the same.

    Steps: behind the starts above ask the first mtud.
    Verify: it answers at the same socket, which has its mode still.
    """
    assert starts.first.alive() and starts.first.mode() == 0o600
    assert starts.first.json("show port")[0]["port"] == 0


def test_nothing_is_left(starts):
    """A start that failed leaves no console.

    Steps: behind the starts above look where they had a folder of their own.
    Verify: no socket but EAL's own in the runtime directory.
    """
    assert sorted(os.listdir(starts.folder)) == sorted(
        ["bad", "octets", "zeros", "fifo", "nobody", "dpdk", "l" * 90])


@pytest.mark.parametrize("level", [(), ("--log-level=*:info",)])
def test_eal_lines(starts, level):
    """Who asks for EAL's lines has them, before the sentence.

    Steps: start with a bad device, without and with --log-level.
    Verify: without it one line; with it EAL's, and then the same sentence but for the cause.
    """
    argv = [starts.binary, "--no-huge", "-m", "64", "--no-pci", "-l", "0,1", *level,
            f"--file-prefix=log{os.getpid()}", "--vdev=net_af_packet0,iface=none0"]
    err = subprocess.run(argv, env=dict(os.environ, RUNTIME_DIRECTORY=starts.folder), text=True,
                         stderr=subprocess.PIPE, timeout=60, check=False).stderr
    assert ("EAL: Detected" in err) == bool(level)
    assert err.splitlines()[-1].startswith("mtud: device net_af_packet0,iface=none0: ")


def test_many_lines(starts):
    """More lines than are held come as they are said, and the sentence behind them says so.

    Steps: start with many bad devices.
    Verify: EAL's lines, from the first one on; the last is ours and points to them.
    """
    vdevs = [f"--vdev=net_af_packet{i},iface=none0" for i in range(140)]
    err = subprocess.run([starts.binary, "--no-huge", "-m", "64", "--no-pci", "-l", "0,1", *vdevs,
                          f"--file-prefix=many{os.getpid()}"], text=True, stderr=subprocess.PIPE,
                         env=dict(os.environ, RUNTIME_DIRECTORY=starts.folder), timeout=60,
                         check=False).stderr
    assert err.startswith("EAL: Detected"), err
    assert "(the lines above say why); check its name" in err.splitlines()[-1], err


def test_panic(starts):
    """What DPDK says before it ends the program by itself is not held back.

    Steps: start as a user who may have a few threads only: EAL's own panic.
    Verify: what panicked and why is on standard error, each line once.
    """
    uid = 1000000 + os.getpid()
    argv = ["prlimit", "--nproc=3", "setpriv", f"--reuid={uid}", f"--regid={uid}",
            "--clear-groups", starts.binary, "--no-huge", "-m", "256", "--no-pci", "-l", "0,1",
            f"--file-prefix=panic{os.getpid()}", "--vdev=net_null0"]
    with tempfile.TemporaryDirectory(prefix="p-", dir="/tmp") as folder:
        os.chown(folder, uid, uid)
        done = subprocess.run(argv, env=dict(os.environ, RUNTIME_DIRECTORY=folder), text=True,
                              stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == -signal.SIGABRT, done.stderr
    assert done.stderr.count("PANIC in rte_eal_init():") == 1, done.stderr
    assert done.stderr.count("Cannot create thread") == 1, done.stderr


def test_log_of_a_start(starts):
    """What was held back while mtud started is the beginning of its log.

    Steps: read the log of an mtud that came up.
    Verify: EAL's lines, in front of mtud's own.
    """
    log = starts.first.log()
    assert 0 <= log.find("EAL: Detected") < log.find("mtud: port 0: link up")


def test_signal_while_it_waits(starts):
    """SIGTERM ends an mtud that waits for its configuration.

    Steps: start with a pipe that says nothing, SIGTERM.
    Verify: it ends with status 0, long before it would have given up.
    """
    path = os.path.join(starts.folder, "fifo")
    mtud = Mtud(starts.binary, starts.ns, ["net_null0"], None, options=["-f", path])
    try:
        end = time.monotonic() + 30
        while not os.path.exists(mtud.console) and time.monotonic() < end:
            time.sleep(0.02)
        mtud.stop(signal.SIGTERM)
    finally:
        mtud.remove()
