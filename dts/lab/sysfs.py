#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""A machine with network cards, as sysfs shows it, for scripts/bind.sh: a tree of files, and tools
that stand in PATH before the real ones. What is written to the tree goes through tee, and this
file's tee does what the kernel does then (Documentation/ABI/testing/sysfs-bus-pci,
sysfs-bus-pci-devices-*): drivers and interfaces come and go, and refusals are errors."""

import errno
import os
import shutil
import subprocess
import sys

BIND = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "bind.sh")

# VFs' MACs are noted; all else is the real ip's, which knows the namespace.
IP = """case $* in
link\\ set\\ dev\\ *\\ vf\\ *)
    echo "ip $*" >>"{root}/log"
    [ ! -e "{root}/refuse/mac" ] || {{ echo RTNETLINK answers: Operation not supported >&2; exit 2; }}
    ;;
*) PATH=${{PATH#*:}} exec ip "$@" ;;
esac"""


class Machine:
    """Cards in `root`; run() is scripts/bind.sh on them, in a network namespace."""

    def __init__(self, root, ns=None):
        self.root = root
        self.ns = ns
        self.program = BIND
        for path in ("sys/bus/pci/devices", "sys/bus/pci/drivers", "sys/class/net", "sys/module",
                     "sys/kernel/iommu_groups", "proc", "bin"):
            os.makedirs(self.path(path))
        self.write("sys/bus/pci/drivers_probe", "")
        for tool in ("tee", "modprobe"):
            self.tool(tool, f"exec {sys.executable} -SE {os.path.abspath(__file__)} "
                            f'"{root}" {tool} "$@"')
        self.tool("ip", IP.format(root=root))

    def tool(self, name, script):
        """A program that stands before the real one."""
        self.write(f"bin/{name}", f"#!/bin/sh\n{script}\n")
        os.chmod(self.path("bin", name), 0o755)

    def path(self, *names):
        return os.path.join(self.root, *names)

    def dev(self, addr, *names):
        return self.path("sys/bus/pci/devices", addr, *names)

    def write(self, path, text):
        path = self.path(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as out:
            out.write(text)

    def read(self, path, default=None):
        try:
            with open(self.path(path), encoding="ascii") as text:
                return text.read().strip()
        except FileNotFoundError:
            return default

    def link(self, to, path):
        path = self.path(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(self.path(to), path)

    # --- what a machine has

    def module(self, driver, by_modprobe=False):
        """A driver that is there, or one that modprobe will bring."""
        self.write(f"modules/{driver}", "")
        if not by_modprobe:
            self.load(driver)

    def load(self, driver):
        self.write(f"sys/bus/pci/drivers/{driver}/unbind", "")
        if driver == "vfio-pci" and not os.path.exists(self.path("no-noiommu")):
            self.write("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n")

    def nic(self, addr, iface=None, driver=None, group=None, totalvfs=None, pci_class="0x020000",
            **attributes):
        """A card. Its driver is the one that the kernel has for it."""
        base = f"sys/bus/pci/devices/{addr}"
        values = {"class": pci_class, "vendor": "0x8086", "device": "0x1572", "numa_node": "0",
                  "driver_override": "(null)", "modalias": f"pci:{driver}", **attributes}
        if totalvfs is not None:
            values |= {"sriov_totalvfs": str(totalvfs), "sriov_numvfs": "0"}
        for name, value in values.items():
            self.write(f"{base}/{name}", value + "\n")
        self.link("sys/bus/pci", f"{base}/subsystem")
        self.write(f"native/{addr}", f"{driver or ''}/{iface or ''}")
        if group is not None:
            self.group(addr, group)
        if driver is not None:
            if not os.path.exists(self.path(f"modules/{driver}")):
                self.module(driver)
            if os.path.exists(self.path(f"sys/bus/pci/drivers/{driver}")):
                self.attach(addr, driver)

    def group(self, addr, number, name=None):
        base = f"sys/kernel/iommu_groups/{number}"
        self.link(f"sys/bus/pci/devices/{addr}", f"{base}/devices/{addr}")
        self.link(base, f"sys/bus/pci/devices/{addr}/iommu_group")
        if name is not None:
            self.write(f"{base}/name", name + "\n")

    def iface(self, addr, name, mac="3c:ec:ef:11:22:33", below=""):
        """An interface of a card; virtio's stands one level down, below="virtio0"."""
        home = os.path.join("sys/bus/pci/devices", addr, below)
        if below and not os.path.exists(self.path(home, "subsystem")):
            self.link("sys/bus/virtio", f"{home}/subsystem")
        for attribute, value in (("operstate", "up"), ("speed", "25000"), ("address", mac)):
            self.write(f"{home}/net/{name}/{attribute}", value + "\n")
        self.link(home, f"{home}/net/{name}/device")
        self.link(f"{home}/net/{name}", f"sys/class/net/{name}")

    def virtual(self, name, *lowers):
        """A bridge, bond or VLAN on other interfaces."""
        self.write(f"sys/devices/virtual/net/{name}/operstate", "up\n")
        self.link(f"sys/devices/virtual/net/{name}", f"sys/class/net/{name}")
        for lower in lowers:
            self.link(f"sys/class/net/{lower}", f"sys/devices/virtual/net/{name}/lower_{lower}")

    def opened_by(self, pid, comm, node):
        """A process that has a device of vfio open."""
        self.write(f"proc/{pid}/comm", comm + "\n")
        os.makedirs(self.path(f"proc/{pid}/fd"))
        os.symlink(node, self.path(f"proc/{pid}/fd/7"))

    # --- what becomes of it

    def driver(self, addr):
        path = self.dev(addr, "driver")
        return os.path.basename(os.readlink(path)) if os.path.islink(path) else None

    def writes(self):
        """What has been written, and what the other tools were asked, since last time."""
        log = self.read("log", "").splitlines()
        self.write("log", "")
        return log

    def note(self, line):
        with open(self.path("log"), "a", encoding="ascii") as log:
            log.write(line + "\n")

    def run(self, *words, **env):
        """bind.sh with these words; the status, what it wrote, and what it complained about."""
        path = f"{self.path('bin')}:{os.environ['PATH']}"
        clean = {k: v for k, v in os.environ.items() if k != "SSH_CONNECTION"}
        with self.ns.popen(self.program, *words, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           env=dict(clean, PATH=path, MTUD_BIND_ROOT=self.root, **env)) as proc:
            try:
                out, err = proc.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                proc.kill()
                raise
        return proc.returncode, out, err

    # --- the kernel

    def attach(self, addr, driver):
        native, name = self.read(f"native/{addr}").split("/")
        self.link(f"sys/bus/pci/drivers/{driver}", f"sys/bus/pci/devices/{addr}/driver")
        if driver == native and name:
            below = "virtio0" if driver == "virtio-pci" else ""
            self.iface(addr, name, below=below)

    def detach(self, addr):
        os.unlink(self.dev(addr, "driver"))
        name = self.read(f"native/{addr}").split("/")[1]
        if os.path.islink(self.path(f"sys/class/net/{name}")):
            os.unlink(self.path(f"sys/class/net/{name}"))
        for below in ("net", "virtio0"):
            shutil.rmtree(self.dev(addr, below), ignore_errors=True)

    def probe(self, addr):
        """drivers_probe: the driver that the override names, else the one that knows the card."""
        if self.driver(addr) is not None:
            return 0
        override = self.read(f"sys/bus/pci/devices/{addr}/driver_override")
        driver = self.read(f"native/{addr}").split("/")[0] if override == "(null)" else override
        if not driver or not os.path.exists(self.path(f"sys/bus/pci/drivers/{driver}")):
            return 0
        if self.read(f"refuse/{driver}") == addr:
            return errno.EINVAL
        if driver == "vfio-pci" and not os.path.islink(self.dev(addr, "iommu_group")):
            if self.read("sys/module/vfio/parameters/enable_unsafe_noiommu_mode") != "Y":
                return errno.EINVAL
            self.group(addr, 0, name="vfio-noiommu")
        self.attach(addr, driver)
        return 0

    def set_vfs(self, addr, number):
        """sriov_numvfs: from 0 to a number or back, functions after the PF's."""
        now = int(self.read(f"sys/bus/pci/devices/{addr}/sriov_numvfs"))
        if os.path.exists(self.path("refuse/vfs")):
            return errno.ENOMEM
        if now and number:
            return errno.EBUSY
        for i in range(now):
            vf = os.path.basename(os.readlink(self.dev(addr, f"virtfn{i}")))
            os.unlink(self.dev(addr, f"virtfn{i}"))
            shutil.rmtree(self.dev(vf))
        for i in range(number):
            vf = f"{addr[:8]}{2 + i // 8:02x}.{i % 8}"
            self.nic(vf, f"vf{i}", driver="iavf", group=100 + i, device="0x154c")
            self.link(f"sys/bus/pci/devices/{addr}", f"sys/bus/pci/devices/{vf}/physfn")
            self.link(f"sys/bus/pci/devices/{vf}", f"sys/bus/pci/devices/{addr}/virtfn{i}")
        self.write(f"sys/bus/pci/devices/{addr}/sriov_numvfs", f"{number}\n")
        return 0

    def store(self, path, value):
        """A write to a file of sysfs: 0, or an errno."""
        name, home = os.path.basename(path), os.path.dirname(path)
        if not os.path.exists(self.path(path)):
            return errno.EACCES
        if name == "driver_override":
            self.write(path, f"{value or '(null)'}\n")
        elif name == "unbind":
            if self.read("refuse/unbind") == value:
                return errno.EBUSY
            self.detach(value)
        elif name == "drivers_probe":
            return self.probe(value)
        elif name == "sriov_numvfs":
            return self.set_vfs(os.path.basename(home), int(value))
        elif name == "enable_unsafe_noiommu_mode":
            if os.path.exists(self.path("refuse/noiommu")):
                return errno.EPERM
            self.write(path, f"{value}\n")
        else:
            return errno.EIO
        return 0


class Here(Machine):
    """The machine of a tree that is there already."""

    def __init__(self, root):  # pylint: disable=super-init-not-called
        self.root = root


def tee(machine, path):
    value = sys.stdin.read()
    if not value.endswith("\n"):
        sys.exit(f"tee: {path}: not a line")
    path = os.path.relpath(path, machine.root)
    machine.note(f"{path.removeprefix('sys/bus/pci/')} {value[:-1]}".rstrip())
    error = machine.store(path, value[:-1])
    if error:
        sys.exit(f"tee: {path}: {os.strerror(error)}")


def modprobe(machine, *words):
    machine.note("modprobe " + " ".join(words))
    driver = words[-1].removeprefix("pci:")
    if not os.path.exists(machine.path(f"modules/{driver}")):
        sys.exit(f"modprobe: FATAL: Module {driver} not found in directory /lib/modules/6.1.0")
    machine.load(driver)


if __name__ == "__main__":
    {"tee": tee, "modprobe": modprobe}[sys.argv[2]](Here(sys.argv[1]), *sys.argv[3:])
