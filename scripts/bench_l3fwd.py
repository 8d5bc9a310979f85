# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""DPDK's l3fwd from Debian's source package, built against the DPDK that is installed.

apt checks the archive's signature and the package's hashes. Its lists and the package stay in a
folder of ours: the system's sources are neither used nor changed.
"""

import os
import shutil
import subprocess

from bench_pcap import ROUTES, prefix
from bench_program import BenchError

HERE = os.path.dirname(os.path.abspath(__file__))
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
ARCHIVES = (("http://deb.debian.org/debian", "{}"), ("http://deb.debian.org/debian", "{}-updates"),
            ("http://deb.debian.org/debian-security", "{}-security"))


def write_rules(path, version):
    """The benchmark's routes as l3fwd's rules: all back to port 0."""
    with open(path, "w", encoding="ascii") as out:
        out.writelines(f"R{prefix(version, n)} 0\n" for n in range(ROUTES))


def run(what, *argv, **kwargs):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **kwargs)
    if done.returncode != 0:
        raise BenchError(f"{what} failed; {argv[0]} says:\n{done.stdout[-2000:].rstrip()}")
    return done.stdout.strip()


def codename():
    with open("/etc/os-release", encoding="utf-8") as release:
        words = dict(line.strip().partition("=")[::2] for line in release)
    if words.get("ID") != "debian":
        raise BenchError("--with-l3fwd needs Debian's source package; this is no Debian system.")
    return words["VERSION_CODENAME"].strip('"')


def sources(suite):
    return "".join(f"deb-src [signed-by={KEYRING}] {uri} {name.format(suite)} main\n"
                   for uri, name in ARCHIVES)


def download(folder, version):
    """Fetch and unpack the source package of this version; return where it lies."""
    os.makedirs(os.path.join(folder, "lists", "partial"), exist_ok=True)
    listed = os.path.join(folder, "sources.list")
    with open(listed, "w", encoding="ascii") as out:
        out.write(sources(codename()))
    apt = ["apt-get", "-q", "-o", f"Dir::Etc::sourcelist={listed}",
           "-o", "Dir::Etc::sourceparts=/dev/null", "-o", f"Dir::State::lists={folder}/lists",
           "-o", f"Dir::Cache={folder}", "-o", "APT::Sandbox::User=root"]
    run("Reading Debian's list of sources (is there a network?)", *apt,
        "-o", "APT::Update::Error-Mode=any", "update")
    run(f"Fetching the source package dpdk {version}", *apt, "source", "--download-only",
        f"dpdk={version}", cwd=folder)
    # The file's name has no epoch.
    dsc = os.path.join(folder, f"dpdk_{version.partition(':')[2] or version}.dsc")
    tree = os.path.join(folder, "dpdk")
    shutil.rmtree(tree, ignore_errors=True)
    run("Unpacking the source package", "dpkg-source", "-x", dsc, tree)
    return tree


def build(build_dir):
    """Paths of l3fwd as Debian would build it, but for bench_l3fwd.h, and of one whose packets lie
    as close as mtud's.

    What was built for the installed version is used again.
    """
    version = run("Asking for the version of DPDK", "dpkg-query", "-W", "-f", "${source:Version}",
                  "libdpdk-dev")
    folder = os.path.join(build_dir, "l3fwd")
    made = [os.path.join(folder, f"{name}-{version}") for name in ("l3fwd", "l3fwd-dense")]
    if all(map(os.path.exists, made)):
        return made
    print(f"l3fwd: fetching Debian's source package dpdk {version}")
    example = os.path.join(download(folder, version), "examples", "l3fwd")
    for path, more in zip(made, ("", "-DBENCH_DENSE")):
        run("Building l3fwd", "make", "-B", "shared", cwd=example,
            env=dict(os.environ, CFLAGS=f"{more} -include {HERE}/bench_l3fwd.h"))
        shutil.copy(os.path.join(example, "build", "l3fwd-shared"), path)
    return made
