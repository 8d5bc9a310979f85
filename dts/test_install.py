# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""meson install: the build under test goes to a scratch root, is listed, and runs from there."""

import glob
import json
import os
import re
import shutil
import subprocess

import pytest

from lab.mtud import Mtud
from lab.netns import Namespace
from lab.sysfs import Machine

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")

# What is installed under the prefix.
PROGRAMS = {"sbin/mtud", "sbin/mtud-bind", "sbin/mtud-console", "sbin/mtud-prepare",
            "bin/mtud-exporter", "bin/mtud-perf"}
FILES = {
    "share/man/man1/mtud-console.1", "share/man/man5/mtud.conf.5", "share/man/man8/mtud.8",
    "share/man/man8/mtud-bind.8", "share/bash-completion/completions/mtud",
    "share/bash-completion/completions/mtud-console",
    "share/doc/mtud/LICENSE", "share/doc/mtud/README.md", "share/doc/mtud/examples/README.md",
    *("share/doc/mtud/examples/" + name for name in (
        "grafana.json", "ipsec-prefrag.conf", "jumbo-border.conf", "mtud.conf", "mtud.default",
        "one-way-mtu.conf", "path-1280.conf")),
}
# What is an operator's, under the folder for configuration.
KEPT = {"default/mtud", "mtud/mtud.conf"}
UNITS = {"mtud.service", "mtud-exporter.service"}


def files_below(root):
    return {os.path.relpath(os.path.join(folder, name), root)
            for folder, _, names in os.walk(root) for name in names}


def install(build, root):
    done = subprocess.run(["meson", "install", "--no-rebuild", "-C", build],
                          env=dict(os.environ, DESTDIR=root), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def unit_folder(prefix):
    """Where systemd says that its units are, or where it looks under another prefix."""
    if prefix == "/usr":
        said = subprocess.run(["pkg-config", "--variable=systemdsystemunitdir", "systemd"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              check=False).stdout.strip()
        if said:
            return said
    return f"{prefix}/lib/systemd/system"


def options(build):
    with open(f"{build}/meson-info/intro-buildoptions.json", encoding="utf-8") as values:
        return {entry["name"]: entry["value"] for entry in json.load(values)}


class Tree:
    """A build installed below root."""

    def __init__(self, build, root):
        value = options(build)
        self.build = build
        self.root = root
        self.prefix = root + value["prefix"]
        self.etc = root + os.path.join(value["prefix"], value["sysconfdir"])
        self.units = root + unit_folder(value["prefix"])
        install(build, root)

    def expected(self):
        return {os.path.relpath(os.path.join(base, name), self.root)
                for base, names in ((self.prefix, PROGRAMS | FILES), (self.etc, KEPT),
                                    (self.units, UNITS)) for name in names}


def verify(tree, root):
    """systemd-analyze has nothing against the units: each program is there and runs, each
    directive is known. What units of systemd's own they need comes from this machine."""
    shutil.copytree(tree.root, root, symlinks=True)
    folder = root + tree.units[len(tree.root):]
    own = root + "/lib/systemd/system"
    os.makedirs(own, exist_ok=True)
    for target in glob.glob("/lib/systemd/system/*.target"):
        shutil.copy(target, own)
    for unit in UNITS:
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", f"--root={root}",
                               f"{folder}/{unit}"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (0, "")


@pytest.fixture(scope="module")
def build(binary):
    path = os.path.dirname(os.path.dirname(binary))
    if not os.path.exists(f"{path}/meson-info/intro-buildoptions.json"):
        pytest.skip(f"{binary} is in no folder of meson's")
    return path


@pytest.fixture(scope="module")
def tree(build, tmp_path_factory):
    return Tree(build, str(tmp_path_factory.mktemp("root")))


@pytest.fixture(scope="module")
def running(tree):
    """The installed program with an installed example."""
    ns = Namespace("install")
    with open(f"{tree.prefix}/share/doc/mtud/examples/path-1280.conf", encoding="ascii") as lines:
        mtud = Mtud(f"{tree.prefix}/sbin/mtud", ns, ("net_null0", "net_null1"),
                    lines.read().splitlines())
    try:
        yield mtud.wait_ready()
        mtud.stop()
    finally:
        mtud.remove()
        ns.close()


def test_what_is_installed(tree):
    """Everything is where it belongs, nothing else is there, and only programs can be run.

    Steps: DESTDIR=… meson install.
    Verify: the list of files; modes; no link or line that names the build.
    """
    assert files_below(tree.root) == tree.expected()
    for name in files_below(tree.root):
        path = os.path.join(tree.root, name)
        program = os.path.relpath(path, tree.prefix) in PROGRAMS
        assert os.stat(path).st_mode & 0o7777 == (0o755 if program else 0o644), name
        with open(path, "rb") as text:
            if text.read(2) == b"#!" or not program:
                text.seek(0)
                content = text.read()
                assert tree.root.encode() not in content and tree.build.encode() not in content


def test_prefix_usr(build, tmp_path):
    """With Debian's prefix the configuration is in /etc and the unit where systemd.pc says.

    Steps: a second build folder with --prefix=/usr and the programs of the first; install.
    Verify: the list; the names in what an operator reads.
    """
    second = str(tmp_path / "build")
    subprocess.run(["meson", "setup", "--prefix=/usr", "-Dtests=disabled", second, SOURCE],
                   stdout=subprocess.DEVNULL, timeout=120, check=True)
    for path in glob.glob(f"{build}/app/**/mtud*", recursive=True):
        if os.path.isfile(path) and os.access(path, os.X_OK):
            shutil.copy2(path, path.replace(build, second, 1))
    tree = Tree(second, str(tmp_path / "root"))
    assert tree.etc == tree.root + "/etc"
    assert files_below(tree.root) == tree.expected()
    with open(f"{tree.etc}/mtud/mtud.conf", encoding="ascii") as conf:
        text = conf.read()
    assert "# /etc/mtud/mtud.conf: " in text and "/usr/share/doc/mtud/examples" in text
    verify(tree, str(tmp_path / "verify"))


def test_units(tree, tmp_path):
    """The units name what is installed, wherever that is.

    Steps: systemd-analyze verify below the scratch root; then without one of the programs.
    Verify: no complaint; a complaint with its name.
    """
    verify(tree, str(tmp_path / "verify"))
    os.unlink(tree.prefix.replace(tree.root, str(tmp_path / "verify"), 1) + "/sbin/mtud-prepare")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", f"--root={tmp_path}/verify",
                           "mtud.service"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0 and "mtud-prepare is not executable" in done.stderr


def test_operators_files_stay(tree):
    """What an operator changed or linked is never overwritten; what is gone comes back.

    Steps: change each file under /etc, install again; make it a link to nowhere; remove it.
    Verify: as it was; the link stands; the first text again.
    """
    def read():
        texts = {}
        for path in paths:
            with open(path, encoding="ascii") as text:
                texts[path] = text.read()
        return texts

    paths = [os.path.join(tree.etc, name) for name in KEPT]
    first = read()
    for path in paths:
        with open(path, "a", encoding="ascii") as text:
            text.write("# mine\n")
    install(tree.build, tree.root)
    assert read() == {path: text + "# mine\n" for path, text in first.items()}
    for path in paths:
        os.unlink(path)
        os.symlink("/nowhere/else", path)
    install(tree.build, tree.root)
    for path in paths:
        assert os.readlink(path) == "/nowhere/else"
        os.unlink(path)
    install(tree.build, tree.root)
    assert read() == first


def test_runs(tree, running):
    """The installed program runs with an installed example.

    Steps: start it, ask; ask by the installed mtud-console.
    Verify: two ports, the example's MTU in force; the same ports.
    """
    assert len(running.json("show port")) == 2
    assert "1280" in running.cmd("show route")
    done = subprocess.run([f"{tree.prefix}/sbin/mtud-console", "-s", running.console, "show",
                           "port", "json"], capture_output=True, text=True, timeout=30, check=True)
    assert json.loads(done.stdout)[0]["port"] == 0


def test_completion(tree):
    """bash finds the completion of both commands by their names, and loads it.

    Steps: what bash-completion does: read the file of the command's name.
    Verify: a completion is set.
    """
    for name in ("mtud", "mtud-console"):
        path = f"{tree.prefix}/share/bash-completion/completions/{name}"
        done = subprocess.run(["bash", "-c", '. "$1" && complete -p "$2"', "bash", path, name],
                              capture_output=True, text=True, timeout=30, check=False)
        assert (done.returncode, done.stderr) == (0, "") and done.stdout.endswith(f" {name}\n")


def test_bind_is_one_file(tree, tmp_path):
    """mtud-bind is installed as one file, and works as such.

    Steps: bind a NIC of a machine made of files with it.
    Verify: bound, with its name in what it refuses.
    """
    ns = Namespace("bind")
    machine = Machine(str(tmp_path), ns)
    machine.program = f"{tree.prefix}/sbin/mtud-bind"
    machine.module("vfio-pci", by_modprobe=True)
    machine.nic("0000:3b:00.0", "ens1f0", driver="ixgbe", group=12)
    assert machine.run("bind", "ens1f0") == (0, "0000:3b:00.0: vfio-pci, was ixgbe\n", "")
    assert machine.run("bind", "ens9")[2].startswith("mtud-bind: ens9")
    ns.close()


def manual(path):
    """A manual page as text, and what groff has against it."""
    done = subprocess.run(["groff", "-t", "-man", "-ww", "-Tascii", "-P-cbou", "-rLL=100n", path],
                          capture_output=True, text=True, timeout=30, check=True)
    return done.stdout, done.stderr


def test_manuals(tree):
    """groff has nothing to complain about in the manual pages.

    Steps: format each with all warnings.
    Verify: none; a page with a name and a synopsis.
    """
    pages = sorted(name for name in FILES if "/man/" in name)
    for name in pages:
        text, warnings = manual(os.path.join(tree.prefix, name))
        assert not warnings, warnings
        assert re.search(r"^NAME\n +\S+ - ", text, re.M), text[:500]


def headlines(text, verbs):
    """The lines of a page that begin with a command's verb, as words."""
    return [re.findall(r"[\w-]+", line) for line in text.splitlines()
            if (word := re.match(r" {7}([\w-]+)", line)) and word[1] in verbs]


def in_order(words, among):
    rest = iter(among)
    return all(word in rest for word in words)


def test_help_is_in_the_manual(tree, running):
    """Each command that help lists has its place in mtud(8), each keyword of it is explained.

    Steps: help; the page's lines that begin with a verb.
    Verify: one has the keywords of each command in their order; words in brackets occur.
    """
    text, _ = manual(f"{tree.prefix}/share/man/man8/mtud.8")
    console = text[text.index("\nCONSOLE\n"):]
    syntaxes = [line.split("  ")[0] for line in running.cmd("help").splitlines()
                if not line.startswith(" ")]
    assert len(syntaxes) > 25
    lines = headlines(console, {syntax.split()[0] for syntax in syntaxes})
    missing = []
    for syntax in syntaxes:
        needed = re.findall(r"\b[a-z][a-z-]*\b", re.sub(r"\[.*\]", "", syntax))
        words = re.findall(r"\b[a-z][a-z-]+\b", syntax)
        if not any(in_order(needed, line) for line in lines) or \
                not all(re.search(rf"\b{word}\b", console) for word in words):
            missing.append(syntax)
    assert not missing, f"mtud(8) lacks these: {missing}"


def test_help_that_is_not_in_the_manual():
    """The comparison finds what is missing.

    Steps: lines of a page without a command, and with its words in another order.
    Verify: not found.
    """
    page = "       show route [PREFIX|summary]\n       clear stats\n       prose about show drops\n"
    lines = headlines(page, {"show", "clear"})
    assert lines == [["show", "route", "PREFIX", "summary"], ["clear", "stats"]]
    assert in_order(["show", "route", "summary"], lines[0])
    assert not any(in_order(["show", "drops"], line) for line in lines)
    assert not in_order(["route", "show"], lines[0])
