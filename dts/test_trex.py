# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""scripts/trex: the packets of TRex's profiles, through a stand-in for its API (lab/stl.py)."""

import ipaddress
import math
import os
import struct
import subprocess
import sys

import pytest
import yaml
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

from lab import expect, stl
from lab.lab import MAC_A, MAC_B, MAC_RA, MAC_RB, Lab

ROUTERS = f"{MAC_RA},{MAC_RB}"
FORWARD_SIZES = (82, 128, 256, 512, 1024, 1280, 1518, 9018)

# Profile, tunables, the names of its streams and the frames' octets with FCS.
CASES = [
    ("forward6", [], {"fits": 82}),
    ("forward4", [], {"fits": 64}),
    *(("forward6", [f"--size={n}"], {"fits": n}) for n in FORWARD_SIZES),
    *(("forward4", [f"--size={n}"], {"fits": n}) for n in FORWARD_SIZES),
    ("forward6", ["--routes=1", "--flows=1", "--size=72"], {"fits": 72}),
    ("forward6", ["--routes", "512", "--flows", "64512", "--router-macs", ROUTERS], {"fits": 82}),
    ("forward4", ["--routes=512", "--flows=512", "--latency=100"], {"fits": 64, "latency 4": 80}),
    ("forward6", ["--cache=64", "--latency=1"], {"fits": 82, "latency 6": 88}),
    ("imix46", [], {"fits 6 small": 72, "fits 6 594": 594, "fits 6 1518": 1518,
                    "fits 4 small": 64, "fits 4 594": 594, "fits 4 1518": 1518}),
    ("imix46", ["--weights=1:0:1", "--share6=0"], {"fits 4 small": 64, "fits 4 1518": 1518}),
    ("ptb", [], {"too big 6": 1518}),
    ("ptb", ["--family=both", "--size=1299"], {"too big 6": 1299, "too big 4": 1299}),
    ("ptb", ["--family=4", "--size=1399", "--mtu=1380", "--routes=64"], {"too big 4": 1399}),
    ("mixed", [], {"fits 6": 82, "too big 6": 1518}),
    ("mixed", ["--family=both", "--one-in=2", "--size=1298", "--latency=10"],
     {"fits 6": 1298, "too big 6": 1518, "fits 4": 1298, "too big 4": 1518,
      "latency 6": 88, "latency 4": 80}),
    ("syn", [], {"syn 6": 98}),
    ("syn", ["--family=both", "--mss=9000", "--flows=2048"], {"syn 6": 98, "syn 4": 78}),
]

# Profile, tunables, words of the sentence.
BAD = [
    ("forward6", ["--nonsense"], "unrecognized arguments: --nonsense"),
    ("forward6", ["--size=71"], "too small for IPv6: 72 at least"),
    ("forward6", ["--size=large"], "invalid positive value: 'large'"),
    ("forward6", ["--size=65600"], "too large"),
    ("forward6", ["--siz=100"], "unrecognized arguments"),
    ("forward4", ["--size=63"], "too small for IPv4: 64 at least"),
    ("forward6", ["--routes=0"], "at least 1"),
    ("forward6", ["--routes=3", "--flows=100"], "no multiple of --routes"),
    ("forward6", ["--routes=1", "--flows=64513"], "more than there are source ports"),
    ("forward6", ["--pps=0"], "more than 0"),
    ("forward6", ["--pps=nan"], "more than 0"),
    ("forward6", ["--cache=10001"], "not between 0 and 10000"),
    ("forward6", ["--latency=-1"], "less than nothing"),
    ("forward6", ["--router-macs=02:00:00:00:00:01"], "no two MACs"),
    ("forward6", ["--router-macs=02:00:00:00:00:01,here"], "no two MACs"),
    ("forward6", ["--dst6=192.0.2.0/24"], "no IPv6 prefix"),
    ("forward6", ["--dst6=2001:db8::1/48"], "host bits set"),
    ("forward6", ["--src6=2001:db8:ffff::/48"], "do not fit into 16 bits"),
    ("forward4", ["--dst4=198.18.0.0/32"], "no route to walk on from"),
    ("imix46", ["--weights=7:4"], "no three weights"),
    ("imix46", ["--weights=0:0:0"], "no three weights"),
    ("imix46", ["--share6=2"], "no share between 0 and 1"),
    ("ptb", ["--size=1298"], "fits the MTU of 1280"),
    ("ptb", ["--family=5"], "invalid choice"),
    ("mixed", ["--one-in=1"], "leaves no packet that fits"),
    ("mixed", ["--size=1299"], "does not fit the MTU of 1280"),
    ("syn", ["--mss=65536"], "does not fit its option"),
]


def load(name, tunables, direction=0):
    """A profile's streams, as TRex loads them. Only inside of stl.installed()."""
    path = os.path.join(stl.SCRIPTS, name + ".py")
    loaded = stl.STLProfile.load_py(path, direction=direction, port_id=direction,
                                    tunables=list(tunables))
    return loaded and loaded.get_streams()


def value_of(tunables, name, default):
    """What the tunables say about an integer."""
    words = " ".join(tunables).replace("=", " ").split()
    return int(words[words.index(name) + 1]) if name in words else default


class Table:
    """The routes of a configuration: prefix -> (port, MTU)."""

    def __init__(self, lines):
        self.routes, self.links = {}, {}
        for words in (line.split() for line in lines):
            if words[:2] == ["add", "address"]:
                self.links[ipaddress.ip_interface(words[2]).network] = int(words[4])
            elif words[:2] == ["add", "route"]:
                via = ipaddress.ip_address(words[4])
                port = next(port for link, port in self.links.items() if via in link)
                mtu = int(words[words.index("mtu") + 1]) if "mtu" in words else 65535
                self.routes[ipaddress.ip_network(words[2])] = (port, mtu)
        self.lengths = {net.prefixlen for net in self.routes}

    def lookup(self, address):
        """(route, port, MTU) of an address."""
        host = ipaddress.ip_network(address)
        for length in self.lengths:
            if length <= host.prefixlen and host.supernet(new_prefix=length) in self.routes:
                net = host.supernet(new_prefix=length)
                return net, *self.routes[net]
        raise AssertionError(f"no route for {address}")


def table(tunables):
    import router_conf
    return Table(router_conf.lines([MAC_A, MAC_B], routes=512,
                                   mtu=value_of(tunables, "--mtu", 1280)))


def check_packet(frame, size):
    """Lengths, checksums and DF of a frame that scapy takes apart; its IP packet."""
    packet = Ether(frame)
    ip = packet[IPv6] if IPv6 in packet else packet[IP]
    assert len(frame) == size - stl.FCS
    if ip.version == 6:
        assert packet.type == 0x86dd and ip.plen == size - 18 - 40 and ip.hlim == 64
    else:
        assert packet.type == 0x0800 and ip.len == size - 18 and ip.flags == "DF" and ip.ttl == 64
    again = packet.copy()
    for layer in (IP, UDP, TCP):
        if layer in again:
            del again[layer].chksum
    # Checksums that scapy computes anew are those that were there.
    assert bytes(again) == frame
    if UDP in packet:
        assert packet[UDP].len == len(ip.payload) and packet[UDP].chksum != 0
    return ip


def parts(frame):
    """Where a frame's source address and its transport header begin, and an address's octets."""
    return (22, 54, 16) if frame[12:14] == b"\x86\xdd" else (26, 34, 4)


def addresses(frame):
    """Source, destination and source port, as octets: who walks through many frames."""
    at, transport, octets = parts(frame)
    return frame[at:at + octets], frame[at + octets:at + 2 * octets], frame[transport:transport + 2]


def right_sum(frame):
    """Is the checksum of UDP or TCP right? Much faster than asking scapy, which is asked too."""
    at, transport, _ = parts(frame)
    protocol = frame[20] if at == 22 else frame[23]
    pseudo = frame[at:transport] + struct.pack("!II", len(frame) - transport, protocol)
    return expect.internet_checksum(pseudo + frame[transport:]) == 0


@pytest.mark.parametrize("direction", (0, 1))
@pytest.mark.parametrize("name,tunables,sizes", CASES,
                         ids=[" ".join([name, *tunables]) for name, tunables, _ in CASES])
def test_packets_of_profiles(name, tunables, sizes, direction):
    """Steps: load a profile, run each stream's field engine through all its flows, on one core and
    on three.
    Verify: sizes, checksums, DF, MSS; senders and destinations lie in mtud's routes on the right
    sides; all routes and flows come, no others on several cores; what a stream's name says of
    fitting is true of its packets.
    """
    with stl.installed():
        streams = {stream.get_name(): stream for stream in load(name, tunables, direction)}
        routes = table(tunables)
    assert {key: stream.get_pkt_len() for key, stream in streams.items()} == sizes
    flows, walked = value_of(tunables, "--flows", 1024), value_of(tunables, "--routes", 256)
    flows = value_of(tunables, "--cache", flows)
    for key, stream in streams.items():
        latency = key.startswith("latency")
        # All flows of small packets, in one direction.
        count = min(flows, 3 if latency else 1100 if sizes[key] < 100 and not direction else 40)
        frames = list(stream.frames(count))
        seen = {addresses(frame): frame for frame in frames}
        assert len(seen) == (1 if latency else count)
        assert len({dst for _, dst, _ in seen}) == (1 if latency else min(walked, count))
        assert all(right_sum(frame) for frame in frames)
        for n in {0, 1, count // 2, count - 1}:
            ip = check_packet(frames[n % count], sizes[key])
            _, port, _ = routes.lookup(ip.src)
            _, other, mtu = routes.lookup(ip.dst)
            assert (port, other) == (direction, 1 - direction)
            assert (len(ip) > mtu) == key.startswith("too big")
            if name in ("ptb", "mixed", "syn") and not latency:
                assert mtu == value_of(tunables, "--mtu", 1280)
            if name == "syn":
                mss = value_of(tunables, "--mss", 1440 if ip.version == 6 else 1460)
                assert ip.payload.flags == "S" and dict(ip.payload.options)["MSS"] == mss
        cores = set().union(*(stream.frames(12, core, 3) for core in range(3)))
        assert cores == set(stream.frames(36))
        if latency:
            assert stream.flow_stats.pg_id == 10 * ip.version + direction


def test_rates_of_profiles():
    """Steps: load profiles with rates and weights. Verify: streams share out --pps by them."""
    def rates(name, *tunables):
        return {s.get_name(): s.mode.rate["value"] for s in load(name, tunables)}

    with stl.installed():
        assert rates("forward6") == {"fits": 1000}
        assert rates("mixed", "--pps=5000", "--one-in=50") == {"fits 6": 4900, "too big 6": 100}
        assert rates("mixed", "--latency=7")["latency 6"] == 7
        imix = rates("imix46", "--pps=1200", "--share6=0.25")
        expected = {"fits 6 small": 175, "fits 6 594": 100, "fits 6 1518": 25,
                    "fits 4 small": 525, "fits 4 594": 300, "fits 4 1518": 75}
        assert imix.keys() == expected.keys()
        assert all(math.isclose(imix[key], expected[key]) for key in imix)


def test_macs_of_profiles():
    """Steps: load with mtud's MACs and without. Verify: by direction; else TRex's port fills in."""
    with stl.installed():
        for direction, mac in ((0, MAC_RA), (1, MAC_RB)):
            for stream in load("imix46", ["--router-macs", ROUTERS, "--latency=1"], direction):
                assert stream.packet.own_dst and Ether(stream.get_pkt()).dst == mac
            assert not any(s.packet.own_dst for s in load("imix46", [], direction))


def test_prefixes_of_profiles():
    """Steps: prefixes that end in different bits of different words. Verify: packets walk through
    as many routes from there on, their checksums right."""
    cases = [("forward6", 6, "2001:db8:4000::/35", "2001:db8:0:ff00::/64", 4),
             ("forward6", 6, "fd00::/16", "2001:db8:8000::/48", 256),
             ("forward4", 4, "10.0.0.0/16", "172.16.0.0/24", 256),
             ("forward4", 4, "10.64.0.0/12", "172.16.0.128/30", 8)]
    with stl.installed():
        for name, version, src, dst, count in cases:
            stream, = load(name, [f"--src{version}={src}", f"--dst{version}={dst}",
                                  f"--routes={count}"])
            ends = [(ipaddress.ip_address(ip.src), ipaddress.ip_address(ip.dst)) for ip in
                    (check_packet(f, stream.get_pkt_len()) for f in stream.frames(count))]
            for n, first in enumerate(map(ipaddress.ip_network, (src, dst))):
                step = 1 << first.max_prefixlen - first.prefixlen
                assert [int(end[n]) for end in ends] == \
                    [int(first[1]) + i * step for i in range(count)]


@pytest.mark.parametrize("name,tunables,words", BAD,
                         ids=[" ".join([name, *tunables]) for name, tunables, _ in BAD])
def test_bad_tunables(name, tunables, words, capsys):
    """Steps: load a profile with tunables that cannot be. Verify: status 2 and a sentence; TRex's
    loader has no profile."""
    with stl.installed():
        assert load(name, tunables) is None
        assert words in capsys.readouterr().err
        module = __import__(name)
        with pytest.raises(SystemExit) as end:
            module.register().get_streams(tunables=tunables)
        assert end.value.code == 2


def test_stand_in_refuses():
    """Steps: use the stand-in as TRex would not let one. Verify: it does not either."""
    vm = stl.STLVM()
    vm.var("a", 0, 255, 2, "inc")
    for bad in (lambda: vm.var("a", 0, 1, 2, "inc"), lambda: vm.var("b", 0, 65536, 2, "inc"),
                lambda: vm.var("b", 2, 1, 2, "inc"), lambda: vm.var("b", 0, 255, 2, "dec", 7),
                lambda: vm.write("b", "IP.src"), lambda: vm.var("b", 0, 1, 3, "inc")):
        with pytest.raises(stl.CTRexPacketBuildException):
            bad()
    vm.write("a", "UDP.sport", offset_fixup=7)
    packet = Ether() / IP(src="192.0.2.1", dst="192.0.2.2") / UDP()
    with pytest.raises(stl.CTRexPacketBuildException):
        stl.STLPktBuilder(packet, vm)
    with pytest.raises(stl.CTRexPacketBuildException):
        stl.STLPktBuilder(Ether() / IP(src="192.0.2.1", dst="192.0.2.2"), vm)
    stream = stl.STLStream("x", stl.STLPktBuilder(packet / b"x", vm), stl.STLTXCont(pps=1))
    assert [frame[-2:] for frame in stream.frames(3)] == [b"\0\0", b"\0\1", b"\0\2"]


def test_configuration_and_packets_meet_in_mtud(binary):
    """The profiles' packets through mtud with the configuration of router_conf.py.

    Steps: 40 packets of each stream of all profiles from A, as TRex's field engine makes them.
    Verify: those that fit come out at B, lower MSS in the SYNs; as many answers come back to A as
    packets were too big, none is dropped for another reason.
    """
    with stl.installed():
        import router_conf
        config = list(router_conf.lines([MAC_A, MAC_B], routes=40, mss="clamp"))
        frames = {stream.get_name(): list(stream.frames(40)) for name, tunables in (
            ("imix46", []), ("mixed", ["--family=both"]), ("syn", ["--family=both"]))
            for stream in load(name, [*tunables, "--routes=40", "--flows=40", "--router-macs",
                                      ROUTERS])}
    big = sum(len(made) for key, made in frames.items() if key.startswith("too big"))
    fit = sum(map(len, frames.values())) - big
    assert big == 80 and fit == 40 * 10
    bench = Lab(binary, config)
    try:
        bench.mtud.wait_ready()
        for made in frames.values():
            bench.a.send(*made)
        there = collect(bench.b, fit, lambda ip: UDP in ip or TCP in ip)
        back = collect(bench.a, big, lambda ip: ip.src in ("2001:db8:0:a::1", "192.0.2.1") and
                       ip.dst != "192.0.2.1")
        assert bench.drops() == {"too_big": big}
        assert bench.icmp()["sent_packet_too_big"] == bench.icmp()["sent_fragmentation_needed"] \
            == 40
        syns = [dict(ip[TCP].options)["MSS"] for ip in there if TCP in ip]
        assert sorted(syns) == [1220] * 40 + [1240] * 40
        assert all(ip[1].mtu == 1280 for ip in back if ip.version == 6)
        assert all(ip[1].nexthopmtu == 1280 for ip in back if ip.version == 4)
    finally:
        bench.close()


def collect(tap, count, wanted, timeout=10):
    """So many IP packets that are wanted, as scapy takes them apart; a moment later no more."""
    found = []

    def enough(frame):
        packet = Ether(frame)
        ip = next((packet[layer] for layer in (IPv6, IP) if layer in packet), None)
        if ip is not None and wanted(ip):
            found.append(ip)
        return len(found) == count

    tap.until(enough, timeout)
    assert len(found) == count
    for frame in tap.frames(0.1):
        enough(frame)
    assert len(found) == count
    return found


def test_router_conf_refuses():
    """Steps: router_conf.py with what cannot be. Verify: status 2 and a sentence."""
    for words, sentence in ((["here", MAC_B], "here is no MAC"), ([MAC_A], "mac"),
                            ([MAC_A, MAC_B, "--routes=513"], "between 1 and 512")):
        done = subprocess.run([sys.executable, "-B", os.path.join(stl.SCRIPTS, "router_conf.py"),
                               *words], capture_output=True, text=True, check=False)
        assert done.returncode == 2 and sentence in done.stderr


@pytest.mark.parametrize("name", ("trex_cfg-nics.yaml", "trex_cfg-veth.yaml"))
def test_example_configurations(name):
    """Steps: read TRex's example configurations. Verify: what TRex asks for is there, once for
    each port, and their MACs are MACs."""
    with open(os.path.join(stl.SCRIPTS, name), encoding="utf-8") as text:
        config, = yaml.safe_load(text)
    assert config["version"] == 2 and config["port_limit"] == 2
    assert len(config["interfaces"]) == len(config["port_info"]) == 2
    assert [port["dest_mac"] for port in config["port_info"]] == [MAC_RA, MAC_RB]
    if name == "trex_cfg-veth.yaml":
        assert config["low_end"] is True
        assert all(i.startswith("--vdev=net_af_packet") for i in config["interfaces"])
        assert [port["src_mac"] for port in config["port_info"]] == [MAC_A, MAC_B]
    else:
        cores = config["platform"]["dual_if"][0]["threads"]
        others = [config["platform"][key] for key in ("master_thread_id", "latency_thread_id")]
        assert len(set(cores + others)) == len(cores) + 2
