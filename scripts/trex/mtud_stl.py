# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""What the profiles share: tunables, packets and streams. Which addresses lie behind which port of
mtud stands in mtud_plan.py, from which router_conf.py makes the configuration, too.

The field engine walks through routes and flows. Checksums stay right without being computed anew:
whatever goes up in a header, something else of the packet goes down by as much at the same time,
and a sum does not care. The engine's own fix_chksum_hw leaves that to the NIC, and a port that
cannot do it (net_af_packet) sends what is no checksum at all. Only IPv4's header checksum, which
covers nothing that could go down, is left to the engine: fix_chksum computes it in software.
"""

import argparse
import dataclasses
import math
import os

# TRex brings its own scapy: only after this import is it the one that is found.
from trex_stl_lib.api import STLFlowLatencyStats, STLPktBuilder, STLStream, STLTXCont, STLVM
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Raw

import mtud_plan

ETHER, FCS = 14, 4
IP_HEADER = {4: 20, 6: 40}
UDP_HEADER = 8
# What goes through routes and flows, and, counted from the transport's source port, where that goes
# down which balances what goes up: the first octets of UDP's payload, a SYN's sequence number and
# time stamp.
COUNTERS = ("src", "dst", "flow")
DOWN_UDP, DOWN_TCP = (8, 10, 12), (4, 6, 28)
# The signature that TRex writes at the end of packets whose latency it measures.
LATENCY_OCTETS = 16
FIRST_PORT, LAST_PORT = 1024, 65535
MOST_CACHED = 10000
# ndr.py knows by a stream's name that mtud is to answer its packets.
TOO_BIG = "too big"


@dataclasses.dataclass(frozen=True)
class Part:
    """A share of a profile's packets: one stream."""

    name: str
    version: int
    size: int = 0  # of the frame, FCS included; 0 for a SYN, which has the size that it has
    weight: float = 1.0
    narrow: bool = False
    mss: int = 0  # of a SYN


def smallest(version):
    """The smallest frame of UDP, FCS included."""
    return max(64, ETHER + IP_HEADER[version] + UDP_HEADER + 2 * len(COUNTERS) + FCS)


def positive(text):
    """A whole number from 1 on, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return number


def rate(text):
    number = float(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError("a rate is more than 0")
    return number


def parser_of(file, about, versions):
    """A parser with the tunables that all profiles have."""
    parser = argparse.ArgumentParser(
        prog=os.path.basename(file), description=about, allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--pps", type=rate, default=1000.0,
                        help="packets a second at -m 1; -m 40%% and -m 3mpps go beyond it")
    parser.add_argument("--routes", type=positive, default=256,
                        help="destinations, one behind each route")
    parser.add_argument("--flows", type=positive, default=1024,
                        help="UDP or TCP source ports; a multiple of --routes")
    parser.add_argument("--router-macs", metavar="MAC,MAC",
                        help="mtud's MACs on its ports 0 and 1; else where TRex's port sends to")
    parser.add_argument("--cache", type=int, default=0,
                        help="packets made beforehand: more speed, no more flows than that")
    for version in versions:
        for end in ("src", "dst"):
            parser.add_argument(f"--{end}{version}", metavar="PREFIX",
                                help=f"where the {'senders' if end == 'src' else 'destinations'} "
                                     "of IPv%d begin; the others follow" % version)
    return parser


def add_size(parser, default, name="--size", about="octets of a frame, FCS included"):
    parser.add_argument(name, type=positive, default=default, help=about)


def add_family(parser):
    parser.add_argument("--family", choices=("6", "4", "both"), default="6", help="of the packets")


def add_mtu(parser):
    parser.add_argument("--mtu", type=positive, default=1280, help="of mtud's narrow routes")


def add_latency(parser):
    parser.add_argument("--latency", type=float, default=0.0, metavar="PPS",
                        help="packets a second beside the others whose latency TRex measures")


def families(args):
    """IP versions by --family."""
    return (6, 4) if args.family == "both" else (int(args.family),)


def parsed(parser, tunables):
    """The tunables' values; argparse ends with a sentence and status 2 where one is bad."""
    args = parser.parse_args(list(tunables))
    if args.flows % args.routes:
        parser.error(f"--flows {args.flows} is no multiple of --routes {args.routes}: some routes "
                     "would get more packets than others")
    if args.flows > LAST_PORT - FIRST_PORT + 1:
        parser.error(f"--flows {args.flows} is more than there are source ports "
                     f"({LAST_PORT - FIRST_PORT + 1})")
    if not 0 <= args.cache <= MOST_CACHED:
        parser.error(f"--cache {args.cache} is not between 0 and {MOST_CACHED}")
    if getattr(args, "latency", 0) < 0:
        parser.error(f"--latency {args.latency} is less than nothing")
    args.macs = (None, None)
    if args.router_macs:
        args.macs = tuple(args.router_macs.split(","))
        if len(args.macs) != 2 or not all(mtud_plan.is_mac(mac) for mac in args.macs):
            parser.error(f"--router-macs {args.router_macs} is no two MACs with a comma between")
    return args


def check_size(parser, version, size, narrow=False, mtu=0):
    """Is a frame of this size possible, and as large as its stream promises?"""
    if size < smallest(version):
        parser.error(f"a frame of {size} octets is too small for IPv{version}: "
                     f"{smallest(version)} at least")
    octets = size - ETHER - FCS
    if octets > 65535:
        parser.error(f"a frame of {size} octets is too large for IPv{version}")
    if narrow and octets <= mtu:
        parser.error(f"a frame of {size} octets is an IPv{version} packet of {octets}, which fits "
                     f"the MTU of {mtu}")
    if mtu and not narrow and octets > mtu:
        parser.error(f"a frame of {size} octets is an IPv{version} packet of {octets}, which does "
                     f"not fit the MTU of {mtu}")


def prefixes(parser, args, direction, part):
    """The route that a part's senders live behind, and the one of its first destination."""
    plan = mtud_plan.PLAN[part.version]
    found = []
    for end, side, narrow in (("src", direction, False), ("dst", 1 - direction, part.narrow)):
        given = getattr(args, f"{end}{part.version}")
        try:
            first = mtud_plan.prefix(given, part.version) if given else plan[side].first(narrow)
            mtud_plan.steps(first, args.routes)
        except ValueError as err:
            parser.error(f"--{end}{part.version}: {err}")
        found.append(first)
    return found


def template(part, src, dst, last, mac):
    """The packet of the first flow to the first route. `last` is where the engine's counters that
    go down begin."""
    # Without the frame check sequence, which the NIC adds, and without MACs that TRex's port knows.
    packet = Ether(dst=mac) if mac else Ether()
    ends = {"src": str(src[1]), "dst": str(dst[1])}
    if part.version == 6:
        packet /= IPv6(hlim=64, **ends)
    else:
        # With DF clear what is too big would be fragmented, not answered.
        packet /= IP(id=0, ttl=64, flags="DF", **ends)
    if part.mss:
        # The options of Linux's SYNs in their order.
        options = [("MSS", part.mss), ("SAckOK", b""), ("Timestamp", (last["flow"] << 16, 0)),
                   ("NOP", None), ("WScale", 7)]
        return packet / TCP(sport=FIRST_PORT, dport=80, seq=last["src"] << 16 | last["dst"],
                            flags="S", window=64240, options=options)
    balance = b"".join(last[name].to_bytes(2, "big") for name in COUNTERS)
    padding = part.size - ETHER - FCS - IP_HEADER[part.version] - UDP_HEADER - len(balance)
    return packet / UDP(sport=FIRST_PORT, dport=9) / Raw(balance + bytes(padding))


def engine(args, part, src, dst):
    """The field engine's program, and where its counters that go down begin."""
    at_src, first_src, step_src = mtud_plan.steps(src, args.routes)
    at_dst, first_dst, step_dst = mtud_plan.steps(dst, args.routes)
    steps = {"src": step_src, "dst": step_dst, "flow": 1}
    last = {"src": args.routes * step_src - 1, "dst": args.routes * step_dst - 1,
            "flow": args.flows - 1}
    vm = STLVM()
    for name in COUNTERS:
        for op in ("inc", "dec"):
            vm.var(name=f"{name}_{op}", min_value=0, max_value=last[name], size=2, op=op,
                   step=steps[name])
    layer, port = ("IPv6" if part.version == 6 else "IP"), ("TCP" if part.mss else "UDP") + ".sport"
    vm.write(fv_name="src_inc", pkt_offset=f"{layer}.src", offset_fixup=at_src, add_val=first_src)
    vm.write(fv_name="dst_inc", pkt_offset=f"{layer}.dst", offset_fixup=at_dst, add_val=first_dst)
    vm.write(fv_name="flow_inc", pkt_offset=port, add_val=FIRST_PORT)
    for name, fixup in zip(COUNTERS, DOWN_TCP if part.mss else DOWN_UDP):
        vm.write(fv_name=f"{name}_dec", pkt_offset=port, offset_fixup=fixup)
    if part.version == 4:
        vm.fix_chksum(offset="IP")
    if args.cache:
        vm.set_cached(args.cache)
    return vm, last


def latency_streams(parser, args, direction, port_id, parts):
    """A stream of fixed packets for each IP version: small ones, which always fit."""
    versions = sorted({part.version for part in parts})
    made = []
    for version in versions:
        part = Part(f"latency {version}", version, smallest(version) + LATENCY_OCTETS)
        src, dst = prefixes(parser, args, direction, part)
        packet = template(part, src, dst, dict.fromkeys(COUNTERS, 0), args.macs[direction])
        # The group's number must be a different one for each port and stream.
        made.append(STLStream(name=part.name, packet=STLPktBuilder(pkt=packet),
                              mode=STLTXCont(pps=args.latency / len(versions)),
                              flow_stats=STLFlowLatencyStats(pg_id=10 * version + port_id)))
    return made


def streams(parser, args, direction, port_id, parts):
    """One stream for each part, in their weights' proportion, and those that measure latency."""
    total = sum(part.weight for part in parts)
    made = []
    for part in parts:
        src, dst = prefixes(parser, args, direction, part)
        vm, last = engine(args, part, src, dst)
        packet = template(part, src, dst, last, args.macs[direction])
        made.append(STLStream(name=part.name, packet=STLPktBuilder(pkt=packet, vm=vm),
                              mode=STLTXCont(pps=args.pps * part.weight / total)))
    if getattr(args, "latency", 0):
        made += latency_streams(parser, args, direction, port_id, parts)
    return made
