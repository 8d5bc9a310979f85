# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The tests' own tools are tested with what must fail: a comparison that cannot fail proves
nothing. No mtud is needed here."""

import ast
import os
import re
import signal
import struct
import subprocess
import sys
import time

import pytest
from scapy.layers.inet import ICMP, IP, UDP, IPOption, fragment
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptSrcLLAddr, IPv6
from scapy.layers.inet6 import ICMPv6DestUnreach, ICMPv6NDOptDstLLAddr, IPv6ExtHdrHopByHop
from scapy.layers.inet6 import ICMPv6EchoRequest, ICMPv6MLReport2
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw

from lab import arp, corpus, expect, nd, pcapng
from lab.lab import A, A4, B, B4, MAC_A, MAC_B, MAC_RA, MAC_RB, R4_A, R_A
from lab.mtud import Mtud, MtudError, deletion
from lab.netns import Namespace, link_up, silence, veth
from lab.wire import Tap

FRAME = expect.ether(MAC_RA, MAC_A) + expect.udp(A, B, 100)


class Ended(Mtud):
    """An mtud that never was: what it said."""

    def __init__(self, log="", pools=(), held=0):
        self.said, self.pools, self.held, self.status = log, pools, held, 0

    def log(self):
        return self.said

    def json(self, line):
        return {"pools": self.pools, "held": self.held}


def pool(name, **held):
    """A row of `show memory` with nothing out but this."""
    row = dict.fromkeys(("taken", "worker", "punted", "control", "waiting", "injected", "queued",
                         "sent"), 0)
    return {**row, "pool": name, **held}


@pytest.mark.parametrize("bad", ["mtud: pool mtud_rx0_2048 has lost 1 packets, last seen: worker",
                                 "mtud: a packet of pool mtud_ctl is freed twice",
                                 "mtud: a packet of pool mtud_ctl was written to when it was free",
                                 "ERROR: AddressSanitizer: heap-use-after-free"])
def test_an_end_with_lost_packets_is_a_bad_end(bad):
    """Steps: the end of programs that said something, and of one that did not. Verify: MtudError."""
    Ended("mtud: port 0: link up").check_end(0)
    with pytest.raises(MtudError):
        Ended(f"mtud: port 0: link up\n{bad}\n").check_end(0)


@pytest.mark.parametrize("stray", [pool("mtud_rx0_2048", worker=1), pool("mtud_ctl", taken=1),
                                   pool("mtud_rx0_2048", waiting=2), pool("mtud_reply0", queued=1),
                                   pool("mtud_rx1_2048", punted=1)])
def test_a_packet_in_nobodys_hands_is_a_stray(stray):
    """Steps: pools of which a packet is not where one may rest. Verify: MtudError; for packets that
    drivers have, or that wait for a neighbor, none."""
    good = [pool("mtud_rx0_2048", taken=512, waiting=3), pool("mtud_frag0", sent=4)]
    Ended(pools=good, held=3).check_pools(0)
    with pytest.raises(MtudError):
        Ended(pools=[*good, stray], held=3).check_pools(0)


def test_a_frame_equals_itself():
    """Steps: compare equal frames. Verify: no complaint."""
    expect.assert_frame(FRAME, FRAME)
    expect.assert_frames([FRAME, FRAME], [FRAME, FRAME])


@pytest.mark.parametrize("bit", range(0, len(FRAME) * 8, 37))
def test_one_bit_makes_a_mismatch(bit):
    """Steps: compare with one bit flipped. Verify: Mismatch."""
    other = bytearray(FRAME)
    other[bit // 8] ^= 1 << bit % 8
    with pytest.raises(expect.Mismatch):
        expect.assert_frame(bytes(other), FRAME)


@pytest.mark.parametrize("got,want", [
    ([], [FRAME]), ([FRAME], []), ([FRAME, FRAME], [FRAME]), ([FRAME], [FRAME, FRAME]),
    ([FRAME + b"\0"], [FRAME]), ([FRAME[:-1]], [FRAME]),
    ([FRAME, FRAME[:-1]], [FRAME[:-1], FRAME])])
def test_frames_missing_extra_cut_or_swapped(got, want):
    """Steps: compare lists that differ. Verify: Mismatch."""
    with pytest.raises(expect.Mismatch):
        expect.assert_frames(got, want)


def test_checksum_tells_right_from_wrong():
    """Steps: an error with a right and with a wrong checksum. Verify: only the second fails."""
    good = expect.error(1, 0, 0, FRAME[14:], R_A, A, MAC_A, MAC_RA)
    expect.assert_checksum(good)
    for at in (14 + 42, 14 + 43, 14 + 8, len(good) - 1):
        bad = bytearray(good)
        bad[at] ^= 1
        with pytest.raises(expect.Mismatch):
            expect.assert_checksum(bytes(bad))


def test_builders_agree_with_scapy():
    """Steps: make the same packets by hand and with scapy. Verify: equal octets."""
    ether = Ether(dst=MAC_RA, src=MAC_A)
    data = bytes(i & 0xff for i in range(52))
    assert FRAME == bytes(ether / IPv6(src=A, dst=B, hlim=64) / UDP(sport=40000, dport=50000) /
                          Raw(data))
    error = expect.error(1, 3, 0, FRAME[14:], R_A, A, MAC_A, MAC_RA)
    assert error == bytes(Ether(dst=MAC_A, src=MAC_RA) / IPv6(src=R_A, dst=A, hlim=64) /
                          ICMPv6DestUnreach(code=3) / FRAME[14:])
    group = nd.solicited_node(R_A)
    assert expect.ether(nd.group_mac(group), MAC_A) + nd.ns(A, R_A, MAC_A) == bytes(
        Ether(dst="33:33:ff:00:00:01", src=MAC_A) / IPv6(src=A, dst="ff02::1:ff00:1", hlim=255) /
        ICMPv6ND_NS(tgt=R_A) / ICMPv6NDOptSrcLLAddr(lladdr=MAC_A))
    assert nd.na_frame(R_A, A, 0xe0, MAC_RA, MAC_A) == bytes(
        Ether(dst=MAC_A, src=MAC_RA) / IPv6(src=R_A, dst=A, hlim=255) /
        ICMPv6ND_NA(tgt=R_A, R=1, S=1, O=1) / ICMPv6NDOptDstLLAddr(lladdr=MAC_RA))


def test_ipv4_builders_agree_with_scapy():
    """Steps: make the same IPv4 packets by hand and with scapy. Verify: equal octets."""
    data = bytes(range(72))
    packet = expect.udp(A4, B4, 100, tos=4, ident=7, frag=expect.DF, ttl=9)
    assert packet == bytes(IP(src=A4, dst=B4, tos=4, id=7, flags="DF", ttl=9) /
                           UDP(sport=40000, dport=50000) / Raw(data))
    options = bytes([0x9e, 4, 1, 2]) + b"\1"
    assert expect.udp(A4, B4, 108, options=options) == bytes(
        IP(src=A4, dst=B4, id=0x4d54, options=[IPOption(options)]) /
        UDP(sport=40000, dport=50000) / Raw(data))
    error = expect.error4(expect.UNREACH4, expect.FRAG_NEEDED4, packet * 6, R4_A, A4, MAC_A, MAC_RA,
                          mtu=1280)
    assert error == bytes(Ether(dst=MAC_A, src=MAC_RA) / IP(src=R4_A, dst=A4, tos=0xc4, id=0) /
                          ICMP(type=3, code=4, nexthopmtu=1280) / (packet * 6)[:548])
    assert len(expect.error4(3, 4, packet, R4_A, A4, MAC_A, MAC_RA, mtu=68)) == 14 + 100
    assert len(expect.error4(3, 0, packet, R4_A, A4, MAC_A, MAC_RA)) == 14 + 128
    assert arp.request(A4, R4_A, MAC_A) == bytes(
        Ether(dst=arp.BROADCAST, src=MAC_A) / ARP(hwsrc=MAC_A, psrc=A4, pdst=R4_A) / Raw(bytes(18)))
    assert arp.reply(R4_A, A4, MAC_RA, MAC_A) == bytes(
        Ether(dst=MAC_A, src=MAC_RA) / ARP(op=2, hwsrc=MAC_RA, psrc=R4_A, hwdst=MAC_A, pdst=A4) /
        Raw(bytes(18)))


@pytest.mark.parametrize("size,mtu", [(1500, 1280), (1281, 1280), (1276, 68), (100, 68)])
def test_fragments_agree_with_scapy(size, mtu):
    """Steps: cut a packet by hand and with scapy. Verify: equal octets; the pieces make the whole.
    """
    packet = expect.udp(A4, B4, size)
    made = expect.fragments(packet, mtu)
    for piece, theirs in zip(made, fragment(IP(packet), (mtu - 20) // 8 * 8), strict=True):
        del theirs.chksum
        assert piece == bytes(theirs)
    assert b"".join(piece[20:] for piece in made) == packet[20:]


def test_fragments_keep_copied_options():
    """Steps: cut a packet with options of both kinds. Verify: RFC 791 section 3.2, by hand."""
    copied, other = bytes([0x9e, 4, 1, 2]), bytes([7, 3, 4])
    packet = expect.ipv4(A4, B4, 17, bytes(100), options=other + b"\1" + copied)
    first, *later = expect.fragments(packet, 68)
    assert first[20:28] == other + b"\1" + copied and len(first) == 68
    assert all(piece[0] == 0x46 and piece[20:24] == copied for piece in later)
    assert [int.from_bytes(p[6:8], "big") for p in (first, *later)] == [0x2000, 0x2005, 10]


def test_identification_is_left_out_where_free():
    """Steps: an error with another identification; with another bit wrong. Verify: only the first
    passes, and not where the identification is given."""
    want = expect.error4(11, 0, expect.udp(A4, B4, 100), R4_A, A4, MAC_A, MAC_RA)
    got = want[:14] + expect.with_checksum4(want[14:18] + b"\x12\x34" + want[20:])
    expect.assert_frame(got, want)
    with pytest.raises(expect.Mismatch):
        expect.assert_frame(got, bytes(want))
    for at in (15, 18, 22, 24, 40, len(want) - 1):
        bad = bytearray(got)
        bad[at] ^= 1
        with pytest.raises(expect.Mismatch):
            expect.assert_frame(bytes(bad), want)


def test_forwarded_changes_what_a_hop_changes():
    """Steps: compute a forwarded frame. Verify: MACs and hop limit differ, padding is gone."""
    out = expect.forwarded(FRAME + b"pad", MAC_RB, MAC_B)
    assert out[:12] == expect.mac_bytes(MAC_B) + expect.mac_bytes(MAC_RB)
    assert out[12:21] == FRAME[12:21] and out[22:] == FRAME[22:]
    assert out[21] == FRAME[21] - 1
    packet = expect.udp(A4, B4, 100)
    out = expect.one_hop_on(packet + b"pad")
    assert out[8] == 63 and out[:8] + out[12:] == packet[:8] + packet[12:]
    assert expect.internet_checksum(out[:20]) == 0 == expect.internet_checksum(packet[:20])


def test_wires_carry_frames_as_they_are():
    """Steps: send a frame over a pair without mtud. Verify: it comes out whole, once, on the
    other end only."""
    ns_x, ns_y = Namespace("x"), Namespace("y")
    veth(ns_x, "wire", MAC_A, ns_y, "wire", MAC_B)
    for ns in (ns_x, ns_y):
        silence(ns, "wire")
        link_up(ns, "wire")
    x, y = Tap(ns_x, "wire"), Tap(ns_y, "wire")
    try:
        x.send(FRAME)
        assert y.frames(0.2) == [FRAME]
        assert x.frames(0.1) == []
    finally:
        for thing in (x, y, ns_x, ns_y):
            thing.close()


def test_undo():
    """Steps: ask for the undoing of commands. Verify: the deletion; no guess for others."""
    assert deletion("add route ::/0 via fe80::1 port 0 mtu 1280") == "del route ::/0"
    assert deletion("add address 2001:db8::1/64 port 1") == "del address 2001:db8::1/64 port 1"
    assert deletion("add neighbor fe80::1 lladdr 02:00:00:00:00:01 port 1") == \
        "del neighbor fe80::1 port 1"
    with pytest.raises(ValueError):
        deletion("set port 0 mtu 1500")


def test_every_row_has_a_test():
    """Every row of the packet table has a test named after it, with Steps and Verify.

    Steps: read the test functions of this folder.
    Verify: rows F1 to F24, P1 to P22, N1 to N11, V1 to V15 and M1 to M6 are all there, each
    docstring complete.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    rows, poor = set(), []
    for name in sorted(os.listdir(here)):
        if not re.fullmatch(r"test_\w+\.py", name):
            continue
        with open(os.path.join(here, name), encoding="utf-8") as source:
            tree = ast.parse(source.read())
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                rows.update(re.findall(r"(?<=_)([fpnvm]\d\d)(?=_|$)", node.name))
                doc = ast.get_docstring(node) or ""
                if "Steps:" not in doc or "Verify:" not in doc:
                    poor.append(f"{name}: {node.name}")
    assert not poor
    wanted = {f"{letter}{n:02}" for letter, last in (("f", 24), ("p", 22), ("n", 11), ("v", 15),
                                                    ("m", 6))
              for n in range(1, last + 1)}
    assert wanted - rows == set()


def block(kind, body):
    """A block of a capture file."""
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


CAPTURE = block(pcapng.SECTION, struct.pack("<IHHq", pcapng.MAGIC, 1, 0, -1)) + \
    block(pcapng.INTERFACE, struct.pack("<HHI", 1, 0, 0) + struct.pack("<HH4s", 2, 2, b"p0") +
          struct.pack("<HH4s", 9, 1, b"\x09")) + \
    block(pcapng.ENHANCED, struct.pack("<5I", 0, 0x17a0, 7, 5, 9) + b"octet\0\0\0" +
          struct.pack("<HHI", 2, 4, pcapng.OUT) + struct.pack("<HH4sI", 1, 3, b"why", 0))


def test_capture_file_is_read():
    """Steps: read a file of one packet, made by hand. Verify: the packet."""
    time = (0x17a0 << 32 | 7) / 1e9
    assert pcapng.parse(CAPTURE) == [("p0", pcapng.OUT, time, b"octet", 9, "why")]


@pytest.mark.parametrize("bad", [
    CAPTURE[:-1], CAPTURE[:-4], CAPTURE[:40], CAPTURE + b"\0", CAPTURE[28:], CAPTURE[:28] * 2,
    CAPTURE[:-4] + b"\0\0\0\0", CAPTURE.replace(struct.pack("<I", 5) + struct.pack("<I", 9),
                                                  struct.pack("<II", 500, 900))])
def test_broken_capture_file_is_none(bad):
    """Steps: read files that end within a block, or whose lengths disagree. Verify: refused."""
    with pytest.raises((AssertionError, struct.error)):
        pcapng.parse(bad)


def test_a_frame_becomes_inputs(tmp_path):
    """Steps: record an ARP frame by port 1, twice. Verify: one input for the workers' fuzzer and
    one for the control thread's, as their C files read them."""
    frame = bytes(Ether(src=MAC_B, dst=MAC_RB) / ARP(psrc=B4, pdst=R4_A))
    recorder = corpus.Recorder(tmp_path)
    recorder.frame(frame, 1)
    recorder.frame(frame, 1)
    inputs = {path.parent.name: path.read_bytes() for path in tmp_path.glob("*/*")}
    assert inputs == {
        "burst": b"\x01\0\0\0\0" + b"\0\x2a\0\x2a\0\0" + frame,
        "neighbor": b"\x08\0\0\x2a" + frame}
    assert len(list(tmp_path.glob("*/*"))) == 2


def test_the_end_of_a_long_frame_is_left_out():
    """Steps: encode a frame of 1514 octets. Verify: all its length, 160 octets of it, and that the
    checksum is to be made right."""
    frame = bytes(range(256)) * 5 + bytes(234)
    assert corpus.burst(frame, 0) == \
        bytes(5) + struct.pack("!HHBB", 1514, 160, 0x20, 0) + frame[:160]


@pytest.mark.parametrize("packet, wanted", [
    (Ether() / ARP(), True),
    (Ether() / IPv6() / ICMPv6ND_NS(), True),
    (Ether() / IPv6() / IPv6ExtHdrHopByHop() / ICMPv6MLReport2(), True),
    (Ether() / IPv6() / ICMPv6EchoRequest(), False),
    (Ether() / IPv6() / UDP(), False),
    (Ether() / IP() / ICMP(), False)])
def test_what_is_for_the_control_thread(packet, wanted):
    """Steps: ask of frames of several kinds. Verify: ARP, ND and MLD are."""
    assert corpus.is_neighbors(bytes(packet)) == wanted


@pytest.mark.parametrize("length", range(64))
def test_a_cut_frame_is_read_no_further(length):
    """Steps: ask of a frame cut after each octet. Verify: no exception."""
    frame = bytes(Ether() / IPv6() / IPv6ExtHdrHopByHop() / ICMPv6MLReport2())
    corpus.is_neighbors(frame[:length])


UNDONE = """
import pathlib
import time

import pytest

FOLDER = pathlib.Path(__file__).parent


@pytest.fixture
def made():
    (FOLDER / "made").touch()
    yield
    (FOLDER / "undone").touch()


def test_long(made):
    time.sleep(60)
"""


@pytest.mark.parametrize("jobs", ["0", "2"])
def test_tests_that_are_ended_clear_up(tmp_path, jobs):
    """Steps: SIGTERM to a run of tests whose fixture has made something, with and without processes
    beside it, SIGINT ignored as in a script's background. Verify: the fixture undoes it."""
    (tmp_path / "test_x.py").write_text(UNDONE)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    proc = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider", "-n",
         jobs, "--mtud", sys.executable, "-c", tmp_path / "pytest.ini", tmp_path],
        env=dict(os.environ, PYTHONPATH=os.path.dirname(os.path.abspath(__file__))),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    with proc:
        end = time.monotonic() + 30
        while not (tmp_path / "made").exists() and time.monotonic() < end:
            time.sleep(0.05)
        proc.terminate()
        said, _ = proc.communicate(timeout=30)
    assert (tmp_path / "undone").exists(), said
    assert proc.returncode == 2, said
