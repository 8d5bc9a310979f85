# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Network namespaces without names: they live in file descriptors of this process and go with
it, so that nothing is left behind however the tests end."""

import ctypes
import os
import signal
import subprocess
import threading

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def _check(ret, what):
    if ret != 0:
        err = ctypes.get_errno()
        raise OSError(err, f"{what}: {os.strerror(err)}")


def _open_own():
    return os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)


def end_with_parent():
    """This process is killed when the thread that started it ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Namespace:
    """A network namespace; `with ns:` enters it with the calling thread."""

    def __init__(self, name):
        self.name = name
        self._home = []
        made = []

        def make():
            try:
                _check(_libc.unshare(CLONE_NEWNET), "cannot make a network namespace")
                made.append(_open_own())
            except OSError as err:
                made.append(err)

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if isinstance(made[0], OSError):
            raise made[0]
        self.fd = made[0]
        self.run("ip", "link", "set", "lo", "up")

    def path(self):
        """A path by which other programs find it."""
        return f"/proc/{os.getpid()}/fd/{self.fd}"

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def __enter__(self):
        self._home.append(_open_own())
        _check(_libc.setns(self.fd, CLONE_NEWNET), f"cannot enter namespace {self.name}")
        return self

    def __exit__(self, *_):
        home = self._home.pop()
        _check(_libc.setns(home, CLONE_NEWNET), "cannot leave a namespace")
        os.close(home)

    def _in_child(self):
        _libc.setns(self.fd, CLONE_NEWNET)
        end_with_parent()

    def popen(self, *argv, **kwargs):
        """Start a program inside; it dies with the tests."""
        return subprocess.Popen(argv, preexec_fn=self._in_child, **kwargs)

    def run(self, *argv, check=True, timeout=30):
        """Run a program inside and return what it wrote."""
        done = subprocess.run(argv, preexec_fn=self._in_child, timeout=timeout, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(argv)} in {self.name}: {done.stdout.strip()}")
        return done.stdout


def veth(ns1, if1, mac1, ns2, if2, mac2, mtu=1500, index1=None):
    """A veth pair between two namespaces, the first end with this index where one is given.
    Offloads go off: with them the kernel leaves checksums empty and glues segments, and frames no
    longer look as they would on a wire."""
    index = ["index", str(index1)] if index1 else []
    ns1.run("ip", "link", "add", if1, *index, "address", mac1, "mtu", str(mtu), "type", "veth",
            "peer", "name", if2, "address", mac2, "mtu", str(mtu), "netns", ns2.path())
    for ns, iface in ((ns1, if1), (ns2, if2)):
        ns.run("ethtool", "-K", iface, "tx", "off", "rx", "off", "tso", "off", "gso", "off",
               "gro", "off")


def silence(ns, iface):
    """No IPv6 of the kernel's own on this interface: every frame is then a test's or mtud's."""
    ns.run("sysctl", "-qw", f"net.ipv6.conf.{iface}.disable_ipv6=1")


def link_up(ns, iface):
    ns.run("ip", "link", "set", iface, "up")
