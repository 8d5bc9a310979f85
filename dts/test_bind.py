# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""scripts/bind.sh on machines made of files (lab/sysfs.py), with the routes of a real namespace:
what it writes and in which order, and what it refuses. No device of this machine is touched."""

import glob
import os
import re
import subprocess

import pytest

from lab.netns import Namespace
from lab.sysfs import BIND, Machine

NIC, PF, ENA, VIRTIO, MLX = ("0000:3b:00.0", "0000:5e:00.0", "0000:00:06.0", "0000:00:03.0",
                             "0000:af:00.0")


@pytest.fixture(scope="module")
def ns():
    """The interfaces that ip knows: eth0 with the default routes, br0 that may get one, eth9."""
    space = Namespace("bind")
    for name, addr in (("eth0", "192.0.2.2/24"), ("br0", "198.51.100.2/24"),
                       ("eth9", "203.0.113.2/24")):
        space.run("ip", "link", "add", name, "type", "veth", "peer", "name", f"{name}-peer")
        space.run("ip", "link", "set", f"{name}-peer", "up")
        space.run("ip", "link", "set", name, "up")
        space.run("ip", "addr", "add", addr, "dev", name)
    space.run("ip", "route", "add", "default", "via", "192.0.2.1")
    yield space
    space.close()


@pytest.fixture
def machine(tmp_path, ns):
    """A NIC and a PF on Intel drivers, with IOMMU; vfio-pci is a module."""
    m = Machine(str(tmp_path), ns)
    m.module("vfio-pci", by_modprobe=True)
    m.nic(VIRTIO, "eth0", driver="virtio-pci", vendor="0x1af4", device="0x1041", numa_node="-1")
    m.nic(NIC, "ens1f1", driver="ixgbe", group=12, device="0x10fb", numa_node="1")
    m.nic(PF, "ens2f0", driver="i40e", group=20, totalvfs=64)
    m.nic("0000:00:1f.2", driver="ahci", group=3, pci_class="0x010601")
    return m


def refused(machine, words, *sentence, **env):
    """It fails with a sentence that says all this, and has written nothing."""
    before = {d: machine.driver(d) for d in os.listdir(machine.path("sys/bus/pci/devices"))}
    status, out, err = machine.run(*words, **env)
    assert (status, out) == (1, ""), (out, err)
    assert err.startswith("bind.sh: ") and err.count("\n") == 1, err
    for part in sentence:
        assert part in err, err
    changes = [w for w in machine.writes() if not w.startswith("modprobe")]
    assert not changes, changes
    assert before == {d: machine.driver(d) for d in before}


def test_show(machine):
    """Network devices and no others, one a line, with all that a choice needs.

    Steps: a virtio NIC with the default route, a NIC, a PF with two VFs, a disk, a mlx5.
    Verify: each column of each.
    """
    machine.nic(MLX, "ens3", driver="mlx5_core", group=30, vendor="0x15b3", device="0x1017")
    machine.set_vfs(PF, 2)
    machine.write(f"sys/bus/pci/devices/{NIC}/net/ens1f1/operstate", "down\n")
    status, out, err = machine.run("show")
    assert (status, err) == (0, "")
    rows = [re.split(r"  +", line) for line in out.splitlines()]
    assert rows == [
        ["Address", "Interface", "Driver", "Link", "Node", "Group", "Id", "VFs", "Note"],
        [VIRTIO, "eth0", "virtio-pci", "up 25G", "-", "-", "1af4:1041", "-",
         "carries the IPv4 default route"],
        [NIC, "ens1f1", "ixgbe", "down", "1", "12", "8086:10fb", "-"],
        [PF, "ens2f0", "i40e", "up 25G", "0", "20", "8086:1572", "2/64"],
        ["0000:5e:02.0", "vf0", "iavf", "up 25G", "0", "100", "8086:154c", f"of {PF}"],
        ["0000:5e:02.1", "vf1", "iavf", "up 25G", "0", "101", "8086:154c", f"of {PF}"],
        [MLX, "ens3", "mlx5_core", "up 25G", "0", "30", "15b3:1017", "-",
         "works with mtud as it is"]]
    assert machine.run("show", "ens1f1")[1].split()[9:] == out.splitlines()[2].split()
    assert machine.writes() == []


def test_show_here():
    """What it shows of this machine is what is there.

    Steps: bind.sh show, on the real sysfs.
    Verify: one line for each PCI device of class 02, with driver and vendor.
    """
    done = subprocess.run([BIND, "show"], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    there = {}
    for dev in glob.glob("/sys/bus/pci/devices/*"):
        with open(f"{dev}/class", encoding="ascii") as pci_class, \
                open(f"{dev}/vendor", encoding="ascii") as vendor:
            if pci_class.read().startswith("0x02"):
                driver = os.path.basename(os.path.realpath(f"{dev}/driver"))
                there[os.path.basename(dev)] = (driver, vendor.read().strip()[2:])
    shown = {line.split()[0]: line for line in done.stdout.splitlines()
             if re.match(r"[0-9a-f]{4}:", line)}
    assert set(shown) == set(there)
    for addr, (driver, vendor) in there.items():
        assert f" {driver} " in shown[addr] and f" {vendor}:" in shown[addr]


def test_bind_and_unbind(machine):
    """vfio-pci and back, in the order that the kernel asks for.

    Steps: bind by interface; again; unbind by short address; again.
    Verify: each write, the drivers, and that the second time nothing is written.
    """
    status, out, err = machine.run("bind", "ens1f1")
    assert (status, out, err) == (0, f"{NIC}: vfio-pci, was ixgbe\n", "")
    assert machine.writes() == ["modprobe vfio-pci", f"devices/{NIC}/driver_override vfio-pci",
                                f"devices/{NIC}/driver/unbind {NIC}", f"drivers_probe {NIC}"]
    assert machine.driver(NIC) == "vfio-pci"
    assert machine.run("bind", NIC) == (0, f"{NIC}: vfio-pci, was vfio-pci\n", "")
    assert machine.writes() == []

    status, out, err = machine.run("unbind", NIC[5:])
    assert (status, out, err) == (0, f"{NIC}: ixgbe\n", "")
    assert machine.writes() == [f"devices/{NIC}/driver_override",
                                f"devices/{NIC}/driver/unbind {NIC}", f"drivers_probe {NIC}"]
    assert machine.driver(NIC) == "ixgbe"
    assert machine.read(f"sys/bus/pci/devices/{NIC}/driver_override") == "(null)"
    assert machine.run("unbind", NIC) == (0, f"{NIC} (ens1f1): ixgbe, nothing to do\n", "")
    assert machine.writes() == []


def test_several_at_once(machine):
    """All or nothing: what must not be taken keeps the others from being taken.

    Steps: bind two; unbind them; bind one of them and the interface of the default route.
    Verify: both bound and back, then nothing written.
    """
    status, out, _ = machine.run("bind", "ens1f1", PF)
    assert status == 0 and out.count("vfio-pci, was") == 2
    assert machine.run("unbind", NIC, PF)[0] == 0
    machine.writes()
    refused(machine, ["bind", "ens1f1", "eth0"], VIRTIO, "default route")


@pytest.mark.parametrize("words,sentence", [
    (["bind", "ens7"], ("ens7", "no such interface", "show")),
    (["bind", "0000:99:00.0"], ("0000:99:00.0", "no such PCI device")),
    (["bind", "99:00.0"], ("99:00.0", "no such PCI device")),
    (["bind", "../../x"], ("no such interface",)), (["bind", ".."], ("no such interface",)),
    (["bind", ""], ("no such interface",)),
    (["bind", "0000:00:1f.2"], ("no network device", "0x010601")),
    (["unbind", "0000:00:1f.2"], ("no network device",)),
    (["bind"], ("which device", "show")), (["bnid", "ens1f1"], ("bnid", "--help")),
    (["bind", "--frce", "ens1f1"], ("--frce", "--help")),
    (["vfs", "ens2f0"], ("a number",)), (["vfs", "ens2f0", "two"], ("two", "number")),
    (["vfs", "ens2f0", "65"], ("64 VFs at most", "65")),
    (["vfs", "ens1f1", "1"], ("ens1f1", "no virtual functions"))])
def test_what_is_not_there(machine, words, sentence):
    """Mistakes are named with their remedy, and change nothing.

    Steps: the words.
    Verify: status 1, one sentence, no write.
    """
    refused(machine, words, *sentence)


def test_virtual_interface(machine):
    """What is on no PCI device can still be a port.

    Steps: bind a bridge.
    Verify: refused with the driver that takes it.
    """
    machine.virtual("br0", "ens1f1")
    refused(machine, ["bind", "br0"], "no PCI device", "net_af_packet")


def test_default_route(machine, ns):
    """The interface of a default route of either family, in any table, stays.

    Steps: bind it; another with a default route in table 77, of IPv6; with two next hops.
    Verify: refused with the family; --force takes it all the same.
    """
    refused(machine, ["bind", "eth0"], VIRTIO, "(eth0)", "IPv4 default route", "--force")
    machine.nic("0000:3b:00.1", "eth9", driver="ixgbe", group=13)
    ns.run("ip", "-6", "route", "add", "default", "dev", "eth9", "table", "77")
    try:
        refused(machine, ["bind", "eth9"], "(eth9)", "IPv6 default route")
    finally:
        ns.run("ip", "-6", "route", "del", "default", "dev", "eth9", "table", "77")
    hops = ("table", "78", "nexthop", "via", "192.0.2.1", "nexthop", "via", "203.0.113.1")
    ns.run("ip", "route", "add", "default", *hops)
    try:
        refused(machine, ["bind", "eth9"], "(eth9)", "IPv4 default route")
    finally:
        ns.run("ip", "route", "del", "default", *hops)
    assert machine.run("bind", "eth9")[:2] == (0, "0000:3b:00.1: vfio-pci, was ixgbe\n")
    machine.group(VIRTIO, 1)
    assert machine.run("bind", "--force", "eth0")[:2] == (0, f"{VIRTIO}: vfio-pci, was virtio-pci\n")


def test_beneath_the_default_route(machine, ns):
    """What lies under a bridge, bond or VLAN with the default route stays too.

    Steps: br0 on bond0 on ens1f1, and the default route over br0.
    Verify: ens1f1 is refused and shown with br0's name, ens2f0 is not.
    """
    machine.virtual("bond0", "ens1f1")
    machine.virtual("br0", "bond0")
    ns.run("ip", "route", "add", "default", "via", "198.51.100.1", "metric", "5")
    try:
        refused(machine, ["bind", "ens1f1"], "ens1f1", "is under br0", "IPv4 default route")
        assert "is under br0" in machine.run("show", "ens1f1")[1]
        assert machine.run("bind", "ens2f0")[0] == 0
    finally:
        ns.run("ip", "route", "del", "default", "via", "198.51.100.1", "metric", "5")


@pytest.mark.parametrize("connection", ["203.0.113.77 50000 192.0.2.2 22",
                                        "192.0.2.77 50000 203.0.113.2 22",
                                        "fe80::1%eth9 50000 fe80::2%eth9 22"])
def test_ssh_session(machine, connection):
    """Who works over ssh does not cut that off: neither the way to the client, nor the address
    that serves it, nor a link-local peer's interface.

    Steps: SSH_CONNECTION with the client on eth9, with our address there, with its zone.
    Verify: eth9 is refused, ens1f1 is not.
    """
    machine.nic("0000:3b:00.1", "eth9", driver="ixgbe", group=13)
    refused(machine, ["bind", "eth9"], "(eth9)", "ssh session", SSH_CONNECTION=connection)
    assert machine.run("bind", "ens1f1", SSH_CONNECTION=connection)[0] == 0


def test_no_routes_known(machine):
    """Without an answer about routes nothing is taken but by force.

    Steps: an ip that fails; --force.
    Verify: refused with what ip said; bound.
    """
    machine.tool("ip", "echo no netlink >&2; exit 1")
    refused(machine, ["bind", "ens1f1"], "default route", "no netlink", "--force")
    assert machine.run("bind", "--force", "ens1f1")[0] == 0


def test_no_iommu(machine):
    """Without an IOMMU only with --no-iommu, which says what it means.

    Steps: an ENA without a group: bind; bind --no-iommu; show.
    Verify: refused with both remedies; then vfio's parameter is set first and the warning given;
    show tells.
    """
    machine.nic(ENA, "eth1", driver="ena", vendor="0x1d0f", device="0xec20")
    refused(machine, ["bind", "eth1"], "no IOMMU", "intel_iommu=on", "--no-iommu", "unsafe")
    status, out, err = machine.run("bind", "--no-iommu", "eth1")
    assert (status, out) == (0, f"{ENA}: vfio-pci, was ena\n")
    assert "unsafe" in err and "all memory" in err
    assert machine.writes()[:2] == ["sys/module/vfio/parameters/enable_unsafe_noiommu_mode Y",
                                    f"devices/{ENA}/driver_override vfio-pci"]
    assert machine.run("show", ENA)[1].splitlines()[1].split()[5:] == [
        "-", "1d0f:ec20", "-", *"no IOMMU: it can reach all memory".split()]
    # The parameter holds: another device needs no second warning, but still the option.
    machine.nic("0000:00:07.0", "eth2", driver="ena")
    refused(machine, ["bind", "eth2"], "--no-iommu")
    assert machine.run("bind", "--no-iommu", "eth2") == (0, "0000:00:07.0: vfio-pci, was ena\n", "")


def test_no_iommu_impossible(machine):
    """A kernel that has no such mode, or does not allow it, is named.

    Steps: no parameter; one that cannot be set.
    Verify: status 1 with the cause, the device untouched.
    """
    machine.write("no-noiommu", "")
    machine.nic(ENA, "eth1", driver="ena")
    refused(machine, ["bind", "--no-iommu", "eth1"], "CONFIG_VFIO_NOIOMMU")
    machine.write("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n")
    machine.write("refuse/noiommu", "")
    status, _, err = machine.run("bind", "--no-iommu", "eth1")
    assert status == 1 and "Operation not permitted" in err and machine.driver(ENA) == "ena"


def test_no_vfio(machine):
    """A kernel without vfio-pci is named, before anything is touched.

    Steps: modprobe does not find it.
    Verify: refused with modprobe's words and a kernel that has it.
    """
    os.unlink(machine.path("modules/vfio-pci"))
    refused(machine, ["bind", "ens1f1"], "vfio-pci", "not found", "linux-image-amd64")


def test_vfio_refuses(machine):
    """What vfio-pci does not take goes back to its driver.

    Steps: vfio-pci's probe fails; then the old driver does not let go.
    Verify: status 1, the kernel's word, the old driver, no override left.
    """
    machine.write("refuse/vfio-pci", NIC)
    status, out, err = machine.run("bind", "ens1f1")
    assert (status, out) == (1, "") and "Invalid argument" in err and "with ixgbe" in err
    os.unlink(machine.path("refuse/vfio-pci"))
    machine.write("refuse/unbind", NIC)
    status, out, err = machine.run("bind", "ens1f1")
    assert (status, out) == (1, "") and "ixgbe does not let go" in err and "busy" in err
    assert machine.driver(NIC) == "ixgbe"
    assert machine.read(f"sys/bus/pci/devices/{NIC}/driver_override") == "(null)"


def test_shared_group(machine):
    """An IOMMU group that others of the kernel's share is no use, and that is said.

    Steps: the second port of a card in the same group: bind one; bind both.
    Verify: status 1 with the other's name; then 0.
    """
    machine.nic("0000:3b:00.1", "ens1f2", driver="ixgbe", group=12)
    machine.nic("0000:3a:00.0", driver="pcieport", group=12, pci_class="0x060400")
    status, _, err = machine.run("bind", "ens1f1")
    assert status == 1 and "group 12" in err and "0000:3b:00.1 (ixgbe)" in err
    assert "3a:00.0" not in err
    assert machine.run("bind", NIC, "ens1f2")[0] == 0


def test_bifurcated(machine):
    """mlx5 works beside its kernel driver, and is left there.

    Steps: bind it.
    Verify: status 0, how to name it to mtud, nothing written, vfio not even loaded.
    """
    machine.nic(MLX, "ens3", driver="mlx5_core", group=30)
    status, out, err = machine.run("bind", "ens3")
    assert (status, err) == (0, "") and f"-a {MLX}" in out
    assert machine.writes() == [] and machine.driver(MLX) == "mlx5_core"


def test_in_use(machine):
    """A device that a process has open is not torn from it, which would hang.

    Steps: bind; a process has its group open: unbind; another group: unbind.
    Verify: refused with name and number; then unbound.
    """
    assert machine.run("bind", "ens1f1")[0] == 0
    machine.writes()
    machine.opened_by(4711, "mtud", "/dev/vfio/12")
    refused(machine, ["unbind", NIC], NIC, "in use by mtud (process 4711)")
    os.unlink(machine.path("proc/4711/fd/7"))
    os.symlink("/dev/vfio/120", machine.path("proc/4711/fd/7"))
    assert machine.run("unbind", NIC)[0] == 0


def test_unbind_without_a_driver(machine):
    """A driver that is not loaded is loaded; one that does not exist is named.

    Steps: bind, take ixgbe away, unbind; the same where no module has the device.
    Verify: modprobe by the device's alias; a sentence with vendor and device.
    """
    for module_there in (True, False):
        assert machine.run("bind", "ens1f1")[0] == 0
        machine.writes()
        os.unlink(machine.path("sys/bus/pci/drivers/ixgbe/unbind"))
        os.rmdir(machine.path("sys/bus/pci/drivers/ixgbe"))
        if not module_there:
            os.unlink(machine.path("modules/ixgbe"))
        status, out, err = machine.run("unbind", NIC)
        assert "modprobe -q pci:ixgbe" in machine.writes()
        if module_there:
            assert (status, out, err) == (0, f"{NIC}: ixgbe\n", "")
        else:
            assert status == 1 and "0x8086:0x10fb" in err


def test_vfs(machine):
    """Virtual functions come with a MAC that stays theirs, and go.

    Steps: vfs 2; again; vfs 3; vfs 0.
    Verify: writes, MACs (local, unicast, different, the same again), what trust is for; another
    number is refused with the remedy.
    """
    status, out, err = machine.run("vfs", "ens2f0", "2")
    assert (status, err) == (0, "")
    assert out.splitlines()[:2] == ["0000:5e:02.0: VF 0 of ens2f0, MAC 02:ec:ef:11:22:33",
                                    "0000:5e:02.1: VF 1 of ens2f0, MAC 06:ec:ef:11:22:33"]
    assert "ip link set ens2f0 vf N trust on" in out
    macs = ["ip link set dev ens2f0 vf 0 mac 02:ec:ef:11:22:33",
            "ip link set dev ens2f0 vf 1 mac 06:ec:ef:11:22:33"]
    assert machine.writes() == [f"devices/{PF}/sriov_numvfs 2", *macs]
    assert machine.run("vfs", "ens2f0", "2")[1] == out
    assert machine.writes() == macs
    refused(machine, ["vfs", "ens2f0", "3"], "has 2 VFs", "vfs ens2f0 0")
    assert machine.run("vfs", "ens2f0", "0") == (0, f"{PF} (ens2f0): no VFs\n", "")
    assert machine.writes() == [f"devices/{PF}/sriov_numvfs 0"]


def test_many_vfs_have_different_macs(machine):
    """No two of a full PF's share an address.

    Steps: 66 VFs; of a PF whose own address is local too.
    Verify: 66 addresses, each local and unicast, none of them the PF's.
    """
    machine.write(f"sys/bus/pci/devices/{PF}/sriov_totalvfs", "256\n")
    _, out, _ = machine.run("vfs", PF, "66")
    macs = re.findall(r"MAC (\S+)", out)
    assert len(set(macs)) == 66 and all(int(mac[:2], 16) & 3 == 2 for mac in macs)
    for own in ("02:ec:ef:11:22:33", "06:ec:ef:11:22:33"):
        machine.write("sys/class/net/ens2f0/address", own + "\n")
        _, out, _ = machine.run("vfs", PF, "66")
        macs = re.findall(r"MAC (\S+)", out)
        assert len({own, *macs}) == 67 and all(int(mac[:2], 16) & 3 == 2 for mac in macs)


def test_vfs_fail(machine):
    """What the PF's driver does not do is said, and how to get it.

    Steps: the kernel has no room for VFs; it does not take a MAC.
    Verify: status 1, its word, the remedy.
    """
    machine.write("refuse/vfs", "")
    status, _, err = machine.run("vfs", "ens2f0", "2")
    assert status == 1 and "Cannot allocate memory" in err and "pci=realloc" in err
    os.unlink(machine.path("refuse/vfs"))
    machine.write("refuse/mac", "")
    status, out, err = machine.run("vfs", "ens2f0", "1")
    assert status == 1 and "02:ec:ef:11:22:33" in err and "Operation not supported" in err


def test_vfs_in_use(machine):
    """VFs that are needed are neither removed nor changed, and a PF with VFs is not taken.

    Steps: a VF bound and open: vfs 0, vfs 1, bind the PF; a VF with the session's interface: vfs 0.
    Verify: refused with the reason; no MAC is set.
    """
    assert machine.run("vfs", "ens2f0", "1")[0] == 0
    assert machine.run("bind", "0000:5e:02.0")[0] == 0
    machine.writes()
    machine.opened_by(4711, "mtud", "/dev/vfio/100")
    refused(machine, ["vfs", "ens2f0", "0"], "0000:5e:02.0", "mtud (process 4711)")
    status, out, err = machine.run("vfs", "ens2f0", "1")
    assert (status, err) == (0, "") and "in use by mtud (process 4711): its MAC stays" in out
    assert machine.writes() == []
    refused(machine, ["bind", "ens2f0"], "ens2f0", "has VFs", "vfs")
    os.unlink(machine.path("proc/4711/fd/7"))
    assert machine.run("unbind", "0000:5e:02.0")[0] == 0
    machine.writes()
    machine.virtual("eth0.7", "vf0")
    os.symlink(machine.path("sys/class/net/vf0"), machine.path("sys/class/net/eth0/lower_vf0"))
    refused(machine, ["vfs", "ens2f0", "0"], "vf0", "is under eth0", "nothing removed")


def test_vfs_need_their_pf(machine):
    """VFs of a PF that the kernel no longer has cannot be made.

    Steps: bind the PF, vfs 2.
    Verify: refused with the way back.
    """
    assert machine.run("bind", "ens2f0")[0] == 0
    machine.writes()
    refused(machine, ["vfs", PF, "2"], "no interface", "unbind")
