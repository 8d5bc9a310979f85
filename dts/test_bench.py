# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The benchmark's generators, arithmetic and pictures (scripts/bench*.py), and that it runs. How
fast anything is, is no test."""

import argparse
import collections
import hashlib
import ipaddress
import itertools
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

import pytest
from scapy.layers.l2 import Ether

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scripts")
sys.path.insert(0, SCRIPTS)

import bench_bars  # noqa: E402
import bench_changes  # noqa: E402
import bench_draw  # noqa: E402
import bench_l3fwd  # noqa: E402
import bench_measure  # noqa: E402
import bench_pcap  # noqa: E402
import bench_rows  # noqa: E402
import bench_sweeps  # noqa: E402
import bench_tables  # noqa: E402
from bench_program import BenchError, check  # noqa: E402
from bench_works import MTUD, WORKS, routes  # noqa: E402

NETWORK = {4: ipaddress.IPv4Network, 6: ipaddress.IPv6Network}


def rebuilt(frame):
    """The same frame with lengths and checksums that scapy computes."""
    packet = Ether(frame)
    for name, fields in (("IP", ("len", "chksum")), ("IPv6", ("plen",)),
                         ("UDP", ("len", "chksum")), ("TCP", ("chksum",))):
        if name in packet:
            for field in fields:
                packet[name].delfieldval(field)
    return bytes(packet)


@pytest.mark.parametrize("name", WORKS)
def test_frames_agree_with_scapy(name):
    """Steps: make each work's frames; have scapy compute lengths and checksums again.
    Verify: equal octets, the work's share of each IP version, distinct flows."""
    work = WORKS[name]
    frames = list(bench_pcap.frames(work.makers, work.flows))
    assert len(set(frames)) == work.flows
    assert all(rebuilt(frame) == frame for frame in frames[::7])
    versions = collections.Counter(Ether(frame).type for frame in frames)
    assert versions == {bench_pcap.ETHERTYPE[version]: work.flows // len(work.makers)
                        for version in work.makers}


@pytest.mark.parametrize("name", [n for n, work in WORKS.items() if work.does.startswith("forward")
                                  or n == "ptb1in100"])
def test_octets_are_the_frames_mean(name):
    """Steps: the mean size of the frames of what is forwarded as it is. Verify: what a window is
    checked for; with one packet in a hundred too big, what becomes of them is 1280 octets long."""
    work = WORKS[name]
    sizes = [len(frame) for frame in bench_pcap.frames(work.makers, work.flows)]
    too_big = [size for size in sizes if size == 1514]
    assert len(too_big) == work.flows * (0.01 if name == "ptb1in100" else 0)
    out = sum(1294 if size == 1514 else size for size in sizes)
    assert work.octets == pytest.approx(out / len(sizes))


@pytest.mark.parametrize("version,count", [(6, 250000), (4, 100000)])
def test_tables_are_like_bgps(version, count):
    """Steps: make a table. Verify: distinct prefixes without host bits, lengths within BGP's and
    as often as they are to be, and nothing where the benchmark's own networks or those that are
    never routed lie."""
    prefixes = bench_tables.table(version, count)
    assert len(prefixes) == len(set(prefixes)) == count
    bits = bench_tables.BITS[version]
    assert not any(value & (1 << bits - length) - 1 for value, length in prefixes)
    lengths = collections.Counter(length for _, length in prefixes)
    weights = bench_tables.LENGTHS[version]
    total = sum(weights.values())
    for length, weight in weights.items():
        assert lengths[length] / count == pytest.approx(weight / total, rel=0.3, abs=0.003)
    if version == 6:
        assert (min(lengths), max(lengths)) == (19, 48)
        assert {length for length, _ in lengths.most_common(4)} == {32, 40, 44, 48}
    else:
        assert (min(lengths) >= 8, max(lengths)) == (True, 24)
        assert lengths[24] > count / 2
    own = (bench_pcap.LINK[version], bench_pcap.SENDERS[version], bench_pcap.prefix(version, 0))
    for value, length in prefixes[::101]:
        net = NETWORK[version]((value, length))
        assert net.is_global and not any(net.overlaps(other) for other in own)


@pytest.mark.parametrize("version", [6, 4])
def test_destinations_are_covered(version):
    """Steps: four destinations for each of 5000 prefixes. Verify: each has a route, each prefix is
    asked for, in an order that is not the table's."""
    prefixes = bench_tables.table(version, 5000)
    bits = bench_tables.BITS[version]
    by_length = collections.defaultdict(set)
    for value, length in prefixes:
        by_length[length].add(value)
    found = bench_tables.destinations(version, prefixes, 20000)
    asked, first = set(), []
    for addr in found:
        covers = [(addr >> bits - n << bits - n, n) for n, values in by_length.items()
                  if addr >> bits - n << bits - n in values]
        assert covers
        asked.update(covers)
        first.append(covers[0])
    assert asked == set(prefixes)
    assert len(found) == 20000 and first[:50] != prefixes[:50]


def digest():
    """A hash of tables, destinations and frames of both families."""
    total = hashlib.sha256()
    for version, octets in ((6, 64), (4, 50)):
        prefixes = bench_tables.table(version, 3000)
        addresses = bench_tables.destinations(version, prefixes, 4000)
        for frame in bench_tables.frames_to(version, bench_pcap.udp(version, octets), addresses):
            total.update(frame)
        total.update("".join(bench_tables.route_lines(version, prefixes)).encode())
    return total.hexdigest()


def test_tables_are_the_same_always():
    """Steps: make tables here and in another Python with another hash seed. Verify: equal."""
    code = f"import sys; sys.path[:0] = {sys.path!r}; import test_bench; print(test_bench.digest())"
    other = subprocess.run([sys.executable, "-B", "-c", code], check=True, text=True,
                           stdout=subprocess.PIPE, env=dict(os.environ, PYTHONHASHSEED="7"))
    assert other.stdout.strip() == digest()


@pytest.mark.parametrize("version,octets", [(6, 64), (6, 1500), (4, 50), (4, 51)])
def test_frames_to_destinations_agree_with_scapy(version, octets, tmp_path):
    """Steps: a pcap of frames to 3000 destinations; read it and let scapy compute the checksums.
    Verify: equal octets; the destinations in their order; the IP packet's size."""
    prefixes = bench_tables.table(version, 2000)
    addresses = bench_tables.destinations(version, prefixes, 3000)
    path = tmp_path / "x.pcap"
    bench_tables.write_pcap_to(path, version, bench_pcap.udp(version, octets), addresses)
    data = path.read_bytes()
    assert struct.unpack_from("<IHH", data) == (0xa1b2c3d4, 2, 4)
    at, dst_at = 24, 14 + (16 if version == 4 else 24)
    for n, addr in enumerate(addresses):
        length, whole = struct.unpack_from("<II", data, at + 8)
        frame = data[at + 16:at + 16 + length]
        assert length == whole == octets + 14
        assert frame[dst_at:dst_at + bench_tables.BITS[version] // 8] == addr.to_bytes(
            bench_tables.BITS[version] // 8, "big")
        if n % 11 == 0:
            assert rebuilt(frame) == frame
        at += 16 + length
    assert at == len(data)


def test_checksums_at_their_ends():
    """Steps: 100,000 IPv4 destinations, so many that sums pass through 0 and 65535.
    Verify: scapy's checksums where they are 0x0000 and 0xffff."""
    addresses = range(0x08000000, 0x08000000 + 300000, 3)
    seen = set()
    for frame in bench_tables.frames_to(4, bench_pcap.udp(4, 50), addresses):
        for at in (24, 40):
            word = frame[at:at + 2]
            if word in (b"\0\0", b"\xff\xff"):
                seen.add((at, word))
                assert rebuilt(frame) == frame
    assert seen == {(24, b"\0\0"), (40, b"\xff\xff")}


@pytest.mark.parametrize("versions", [[6], [4], [4, 6]])
def test_configuration(versions):
    """Steps: mtud's configuration. Verify: a route for each destination of the flows, by a next
    hop that is a neighbor on the link; a way back to the senders; the options on the former."""
    lines = [line.split() for line in bench_pcap.mtud_config(versions, "mtu 1280")]
    neighbors = {words[2] for words in lines if words[:2] == ["add", "neighbor"]}
    found = {ipaddress.ip_network(words[2]): words[3:] for words in lines
             if words[:2] == ["add", "route"]}
    assert len(found) == 257 * len(versions)
    for net, (via, hop, *options) in found.items():
        assert via == "via" and hop in neighbors
        assert options == ([] if net in bench_pcap.SENDERS.values() else ["mtu", "1280"])
    for frame in bench_pcap.frames({version: bench_pcap.udp(version, 64) for version in versions}):
        packet = Ether(frame).payload
        assert any(ipaddress.ip_address(packet.dst) in net for net in found
                   if net.version == packet.version)


def test_changes_come_round():
    """Steps: a round of route changes on the configuration's routes. Verify: each line changes
    something, no route is lost, other ones come and go, and all is as before after a round."""
    start = {words[2]: words[4] for words in map(str.split, bench_pcap.mtud_config([6]))
             if words[:2] == ["add", "route"]}
    table, others = dict(start), 0
    for line in itertools.islice(bench_changes.changes(), 4 * bench_pcap.ROUTES):
        words = line.split()
        before = dict(table)
        if words[0] == "del":
            del table[words[2]]
        else:
            table[words[2]] = words[4]
        assert table != before
        assert set(start) <= set(table)
        others = max(others, len(table) - len(start))
    assert table == start and others == bench_pcap.ROUTES


def rows(*rates):
    """Results of rows, made up."""
    return {name: {"mpps_fast_tenth": fast, "mpps_median": fast / 2, "ratio_to_io_fast_tenth": fast}
            for name, fast in rates}


@pytest.mark.parametrize("fast,met", [(6.59, False), (6.6, True), (9, True)])
def test_bars_are_met_or_not(fast, met):
    """Steps: rates on both sides of a bar. Verify: met from the bar on; the other bar of the same
    work only where its row is there."""
    works = {"forward": rows(("testpmd io", 10), (MTUD, fast))}
    (found,) = bench_bars.evaluate(works)
    assert (found["measured"], found["met"]) == (round(fast / 10, 3), met)
    text = "\n".join(bench_bars.lines([found]))
    assert ("not met" in text) == (not met) and ("the aim" in text) == (fast == 9)
    works["forward"] |= rows(("l3fwd lpm", 6.6))
    assert [b["met"] for b in bench_bars.evaluate(works)] == [met, fast >= 6.6]


def test_bars_of_other_kinds():
    """Steps: a load that takes 3 s and 2.9 s, the slower of two families, windows with changes.
    Verify: below is below; the slower one counts; a bar without a limit is stated only."""
    load = {"seconds": 3, "copy_octets": 1e8}
    works = {"routes6": rows(("testpmd io", 4), (MTUD, 1)),
             "mixed": rows(("testpmd io", 9), ("mtud IPv6 only", 5), ("mtud IPv4 only", 4),
                           (MTUD, 3.6)),
             "changes": rows(("testpmd io", 9), ("mtud changing", 1.9), (MTUD, 2)),
             "fragment": rows(("testpmd io", 9), (MTUD, 2))}
    works["routes6"][MTUD]["load"] = load
    works["changes"]["mtud changing"]["changes_per_second"] = 10000

    def met():
        return {(b["work"], b["what"]): (b["measured"], b["met"])
                for b in bench_bars.evaluate(works)}

    found = met()
    assert found["routes6", "of testpmd io"] == (0.25, True)
    assert found["routes6", "seconds to load"] == (3, False)
    assert found["routes6", "MB of both copies"] == (200, None)
    assert found["mixed", "of the slower family"] == (0.9, True)
    assert found["changes", "of no changes"] == (0.95, True)
    assert found["changes", "changes a second"] == (10000, None)
    assert found["fragment", "of testpmd io"] == (0.222, None)
    load["seconds"] = 2.9
    assert met()["routes6", "seconds to load"] == (2.9, True)


def test_what_windows_say():
    """Steps: made-up rates. Verify: fast tenth, ratios and spread by hand."""
    rates = [float(n) for n in range(1, 21)]
    assert bench_measure.fast_tenth(rates) == 19
    assert bench_measure.fast_tenth([3.0]) == 3
    assert bench_measure.compare(rates, [2 * rate for rate in rates]) == [0.5, 0.5]
    assert bench_measure.compare([2, 9, 2], [1, 1, 10]) == [0.9, 2]
    assert bench_measure.spread([4.0] * 5) == 0
    assert bench_measure.spread([1.0, 2.0, 3.0]) == 1


@pytest.mark.parametrize("wrong", [{}, {"opackets": 900}, {"obytes": 91000}, {"done": 1000}])
def test_a_window_that_went_wrong(wrong):
    """Steps: counts of a window, each wrong in one place. Verify: only right ones pass."""
    work = WORKS["ptb1in100"]
    good = {"ipackets": 1000, "opackets": 1000, "obytes": 1000 * work.octets, "done": 10}
    if not wrong:
        check("x", work, good)
        return
    with pytest.raises(BenchError):
        check("x", work, good | wrong)


def test_l3fwd_gets_the_same_routes(tmp_path):
    """Steps: l3fwd's rules. Verify: the configuration's 256 prefixes of each family, to port 0."""
    for version in (4, 6):
        path = tmp_path / str(version)
        bench_l3fwd.write_rules(path, version)
        routes_of_mtud = {line.split()[2] for line in bench_pcap.mtud_config([version])
                          if line.startswith("add route")}
        rules = [line.split(" ") for line in path.read_text().splitlines()]
        assert {rule[1:] for rule, _ in rules} == routes_of_mtud - {
            str(bench_pcap.SENDERS[version])}
        assert all(rule[0] == "R" and port == "0" for rule, port in rules)


def test_memory_is_asked_for_first(monkeypatch):
    """Steps: works on machines with little and with much memory free. Verify: only the large ones
    lack some, more so beside another mtud, less in a sweep."""
    args = argparse.Namespace(baseline=None)
    make = bench_rows.Rows(args, bench_rows.Inputs("/nowhere"))
    monkeypatch.setattr(bench_rows, "available_mb", lambda: 4000)
    assert {name for name, work in WORKS.items() if make.lacking(work)} == {"routes6", "routes4"}
    alone = make.lacking(WORKS["routes6"])
    assert 0 < make.lacking(WORKS["routes6"], few=True) < alone
    args.baseline = "/nowhere/mtud"
    assert make.lacking(WORKS["routes6"]) > alone
    monkeypatch.setattr(bench_rows, "available_mb", lambda: 24000)
    assert not any(map(make.lacking, WORKS.values()))


def test_a_share_of_the_core():
    """Steps: results of a program that had half of its core. Verify: its rates as they were, the
    share, and what it would have had alone."""
    had = argparse.Namespace(name="x", rates=[5.0, 6.0, 7.0], shares=[0.5, 0.5, 0.5], load=None)
    said = bench_measure.result(had, had)
    assert (said["mpps_median"], said["cpu_share"], said["mpps_of_own_core"]) == (6, 0.5, 12)


def size_of(png):
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack_from("!II", png, 16)


@pytest.mark.skipif(shutil.which("gnuplot") is None, reason="no gnuplot")
def test_pictures(tmp_path):
    """Steps: draw made-up results of works and of sweeps. Verify: an SVG and a PNG of each that
    name all works, programs and groups; one more work makes the picture higher."""
    programs = rows(("testpmd io", 60), ("l3fwd lpm", 40), ("mtud changing", 39), (MTUD, 42))
    works = {"forward": programs, "ptb": programs}
    points = [{"group": group, "x": x, "programs": rows(("testpmd io", 50), (MTUD, 40 - n))}
              for group in ("IPv6, hot", "IPv4, hot") for n, x in enumerate((1000, 10000, 250000))]
    titles = {name: (sweep.title, sweep.x) for name, sweep in bench_sweeps.SWEEPS.items()}
    base = str(tmp_path / "bench")
    paths = bench_draw.draw(base, works, {"routes": points}, titles)
    assert len(paths) == 4 and all(os.path.exists(path) for path in paths)
    picture = (tmp_path / "bench.svg").read_text()
    for word in (*works, *programs, "42.0 (42.00)"):
        assert word in picture
    picture = (tmp_path / "bench-routes.svg").read_text()
    for word in ("mtud, IPv6, hot", "testpmd io, IPv4, hot", "250,000", "number of routes"):
        assert word in picture
    width, height = size_of((tmp_path / "bench.png").read_bytes())
    bench_draw.draw(base, works | {"mixed": programs}, {}, titles)
    assert size_of((tmp_path / "bench.png").read_bytes()) == (width, height + 5 * bench_draw.BAR)


@pytest.mark.large
def test_it_runs(binary, tmp_path):
    """The benchmark runs, whatever it finds.

    Steps: two works with one short window of each program, by the command line.
    Verify: status 0; a row for each program, and the bars, on the terminal and in the JSON file.
    """
    path = tmp_path / "bench.json"
    done = subprocess.run(
        [sys.executable, "-B", os.path.join(SCRIPTS, "bench.py"), "--mtud", binary, "--rounds", "1",
         "--window", "0.05", "--json", str(path), "ptb1in100", "changes"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout
    results = json.loads(path.read_text())
    assert list(results["works"]["ptb1in100"]) == [
        "testpmd io", "testpmd io dense", "testpmd macswap", "mtud all fit", "mtud"]
    assert results["works"]["changes"]["mtud changing"]["changes_per_second"] > 0
    assert [bar["what"] for bar in results["bars"]] == [
        "of forwarding all", "of no changes", "changes a second"]
    for bar in results["bars"]:
        assert f"{bar['measured']:g}" in done.stdout


@pytest.mark.large
@pytest.mark.parametrize("version", [6, 4])
def test_large_tables_and_two_workers_run(binary, version):
    """A table is loaded, and its destinations are forwarded to, by one worker and by two.

    Steps: 3000 routes and 5000 destinations, a short window each.
    Verify: mtud has the routes, beside its own; what comes in goes out, or a window fails.
    """
    args = argparse.Namespace(testpmd="dpdk-testpmd", mtud=binary, baseline=None, l3fwd=None)
    work = routes(version, 3000, 5000)
    # Sockets of EAL stand in it: their paths are short.
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        make = bench_rows.Rows(args, bench_rows.Inputs(folder))
        two = [lambda: make.testpmd("testpmd io", work, cores=bench_rows.TWO),
               lambda: make.mtud(MTUD, work, cores=bench_rows.TWO)]
        for started in (make.few(work), two):
            results = bench_measure.measure(started, 1, 0.05)
            assert list(results) == ["testpmd io", "mtud"]
            assert 3000 < results[MTUD]["load"]["routes"] < 3010
            assert results[MTUD]["load"]["copy_octets"] > 1 << 20
