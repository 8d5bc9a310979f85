# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""scripts/trex with the real TRex, where TREX_DIR names one: its simulator makes the packets that
the stand-in makes, and in software mode it drives the profiles through mtud."""

import collections
import importlib

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.inet6 import ICMPv6PacketTooBig, IPv6
from scapy.utils import RawPcapReader, rdpcap

from lab import stl
from lab.lab import MAC_A, MAC_B, MAC_RA, MAC_RB
from lab.trex import TREX_DIR, TrexLab, simulated
from test_trex import load

if not TREX_DIR:
    pytest.skip("TREX_DIR names no TRex", allow_module_level=True)

# Fewer packets than af_packet's rings hold: none is lost, however late who should read them.
PPS, SECONDS = 100, 2
QUICK = (f"--max-pps={PPS}", f"--seconds={SECONDS}", "--settle=1", "--tries=1")


@pytest.mark.parametrize("cores", (1, 3))
@pytest.mark.parametrize("name,tunables", [
    ("forward6", []), ("forward4", ["--routes", "8", "--flows", "64"]), ("imix46", []),
    ("ptb", ["--family", "both"]), ("mixed", ["--family", "both", "--one-in", "3"]),
    ("syn", ["--family", "both"])])
def test_stand_in_makes_what_trex_makes(name, tunables, cores, tmp_path):
    """Steps: 300 packets of a profile from TRex's simulator, on one core and several.
    Verify: each is among the first that the stand-in makes of one stream, but for the MACs that
    the port fills in; none comes more often than there."""
    path = simulated(name, tunables, 300, cores, tmp_path)
    if path is None:
        pytest.skip("this TRex has no simulator (bp-sim-64)")
    theirs = [frame for frame, _ in RawPcapReader(path)]
    assert len(theirs) == 300
    with stl.installed():
        ours = collections.Counter()
        for stream in load(name, tunables):
            for core in range(cores):
                ours.update(frame[12:] for frame in stream.frames(300, core, cores))
    assert not collections.Counter(frame[12:] for frame in theirs) - ours


@pytest.fixture(scope="module")
def trex(binary):
    with stl.installed():
        router_conf = importlib.import_module("router_conf")
        config = list(router_conf.lines([MAC_A, MAC_B], mss="clamp"))
    with TrexLab(binary, config) as bench:
        yield bench


def counted(mtud):
    """mtud's drops by reason and answers, those above 0."""
    return ({d["reason"]: d["packets"] for d in mtud.json("show drops") if d["packets"]},
            {c["counter"]: c["packets"] for c in mtud.json("show stats")["icmp"] if c["packets"]})


@pytest.mark.parametrize("profile,share", [("ptb", 1), ("mixed", 0.1)])
@pytest.mark.parametrize("family", ("6", "4", "both"))
def test_as_many_answers_as_too_big(trex, profile, share, family):
    """Steps: TRex sends too big packets through mtud.
    Verify: as many answers come back to the port they came from as were sent, by TRex's counters
    and by mtud's; the others come out at the other port."""
    trex.mtud.cmd("clear stats")
    tunables = ["--family", family] + (["--one-in=10"] if profile == "mixed" else [])
    result, = trex.ndr(profile, *QUICK, "--", *tunables)["results"]
    trial, = result["trials"]
    assert result["limit"] == "max-pps" and trial["sent"] >= PPS * SECONDS
    assert trial["sent"] == trial["done"] == trial["answered"] + trial["forwarded"]
    assert abs(trial["answered"] - share * trial["sent"]) <= 4
    drops, answers = counted(trex.mtud)
    assert drops == {"too_big": trial["answered"]}
    assert sum(answers.values()) == trial["answered"]
    assert answers.keys() == {"6": {"sent_packet_too_big"}, "4": {"sent_fragmentation_needed"},
                              "both": {"sent_packet_too_big", "sent_fragmentation_needed"}}[family]


@pytest.mark.parametrize("profile,words", [
    ("forward6", ["--sizes=82,1518"]), ("forward4", ["--bidirectional"]),
    ("imix46", ["--bidirectional"]), ("syn", []),
    ("forward6", [f"--router-macs={MAC_RA},{MAC_RB}", "--", "--latency=20"])])
def test_what_fits_gets_through(trex, profile, words):
    """Steps: TRex sends what fits, in one direction or both, with MACs set by hand too.
    Verify: all comes out at the other port, nothing comes back, mtud drops nothing."""
    trex.mtud.cmd("clear stats")
    for result in trex.ndr(profile, *QUICK, *words)["results"]:
        trial = result["trials"][0]
        assert trial["sent"] == trial["forwarded"] == trial["done"] > 0 == trial["answered"]
        assert result["too_big"] == 0 and result["mpps"] > 0
        for group in result.get("latency_us", {}).values():
            assert 0 < group["total_min"] <= group["average"] <= group["total_max"]
    assert counted(trex.mtud) == ({}, {})


def test_look_at_answers(trex, tmp_path):
    """Steps: ndr.py --look with too big packets of both families. Verify: the pcap has a Packet Too
    Big and a Fragmentation Needed of MTU 1280 for each of 50 packets."""
    path = tmp_path / "look.pcap"
    assert trex.ndr("ptb", f"--look={path}", "--settle=1", "--", "--family=both") is None
    answers = collections.Counter()
    for packet in rdpcap(str(path)):
        if ICMPv6PacketTooBig in packet:
            assert packet[ICMPv6PacketTooBig].mtu == 1280 and len(packet[IPv6]) == 1280
            answers[6] += 1
        elif ICMP in packet:
            assert (packet[ICMP].type, packet[ICMP].code, packet[ICMP].nexthopmtu) == (3, 4, 1280)
            assert packet[IP].src == "192.0.2.1"
            answers[4] += 1
    assert answers.keys() == {4, 6} and all(50 <= n <= 51 for n in answers.values())
