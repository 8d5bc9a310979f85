# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The works of the benchmark: what comes in, what mtud is told, and what must come out."""

import dataclasses

from bench_pcap import ETHER, FLOWS, ROUTES, large, syn, udp

MBUFS = 8192
DENSE, HOT = "testpmd io dense", "testpmd io hot"
MTUD, BEFORE, CHANGING = "mtud", "mtud before", "mtud changing"


@dataclasses.dataclass(frozen=True)
class Work:
    """What is asked of mtud with one kind of input."""

    makers: dict  # by IP version, what makes its packets: bench_pcap.frames()
    comes: str  # what comes in, for the table
    does: str  # what mtud does with it
    octets: float  # of the frames that mtud sends, on average
    options: str = ""  # of mtud's routes
    sends: int = 1  # packets for each that comes in
    counter: tuple = ()  # telemetry's command and key of what mtud counts
    share: float = 1  # how many of the packets it counts there
    flows: int = FLOWS
    routes: int = 0  # of a large table instead of the 256
    destinations: int = 0  # within it
    l3fwd: bool = False  # whether l3fwd can do it
    changes: bool = False  # routes change in half of mtud's windows
    beside: dict = dataclasses.field(default_factory=dict)  # more rows: (testpmd's?, work)

    @property
    def packets(self):
        return self.destinations or self.flows

    @property
    def big(self):
        """Takes gigabytes for each program: testpmd's pools take a page for each packet."""
        return self.mbufs > 100000

    @property
    def mbufs(self):
        """Buffers for each queue: net_pcap keeps every packet of its file in one."""
        return self.packets + MBUFS if self.destinations else MBUFS

    def shape(self):
        """How many of what, in words."""
        if self.routes:
            return f"{self.destinations:,} destinations over {self.routes:,} routes"
        of_each = " of each" if len(self.makers) > 1 else ""
        return f"{self.flows:,} flows over {ROUTES} routes{of_each}"


def forward(version, octets, **more):
    """Forwarding of UDP in frames of one size."""
    family = f"IPv{version}/UDP"
    return Work({version: udp(version, octets - ETHER)}, f"{family}, frames of {octets} octets",
                "forwards", octets, **more)


def routes(version, count, spread, **more):
    """Forwarding by a large table, to many destinations at random."""
    return forward(version, 78 if version == 6 else 64, routes=count, destinations=spread, **more)


MILLION = 1000000
FORWARD6, FORWARD4 = forward(6, 78, l3fwd=True), forward(4, 64, l3fwd=True)
HOT6, HOT4 = routes(6, 250000, FLOWS), routes(4, 900000, FLOWS)
FIT = dict(makers={6: large(100, udp(6, 64), udp(6, 1500))}, flows=1000,
           comes="IPv6/UDP, frames of 78 octets, and 1 packet in 100 of 1500")

WORKS = {
    "forward": FORWARD6,
    "forward4": FORWARD4,
    # The mean of the frames' sizes says, too, that half of them are of each family.
    "mixed": Work({4: udp(4, 50), 6: udp(6, 64)},
                  "IPv4/UDP and IPv6/UDP one by one, frames of 64 and 78 octets", "forwards", 71,
                  beside={"mtud IPv6 only": (False, FORWARD6),
                          "mtud IPv4 only": (False, FORWARD4)}),
    "routes6": routes(6, 250000, MILLION, beside={HOT: (True, HOT6)}),
    "routes6hot": HOT6,
    "routes4": routes(4, 900000, MILLION, beside={HOT: (True, HOT4)}),
    "ptb": Work({6: udp(6, 1500)}, "IPv6/UDP, packets of 1500 octets",
                "answers each with Packet Too Big, MTU 1280", ETHER + 1280, "mtu 1280",
                counter=("/mtud/icmp", "sent_packet_too_big")),
    "ptb1in100": Work(**FIT, does="answers those with Packet Too Big, MTU 1280, forwards the rest",
                      octets=0.99 * 78 + 0.01 * (ETHER + 1280), options="mtu 1280",
                      counter=("/mtud/icmp", "sent_packet_too_big"), share=0.01,
                      beside={"mtud all fit": (False, Work(
                          **FIT, does="forwards", octets=0.99 * 78 + 0.01 * (ETHER + 1500)))}),
    "changes": dataclasses.replace(FORWARD6, does="forwards while routes change", changes=True,
                                   l3fwd=False),
    # 1480 octets behind the header become 1256 and 224: the largest multiple of 8, and the rest.
    "fragment": Work({4: udp(4, 1500)}, "IPv4/UDP, packets of 1500 octets with DF clear",
                     "sends two fragments for each, MTU 1280; rates are packets in",
                     ETHER + 20 + 1480 / 2, "mtu 1280", sends=2,
                     counter=("/mtud/fragments", "fragmented")),
    "mss4": Work({4: syn()}, "IPv4/TCP, SYNs with MSS 1460 in frames of 74 octets",
                 "clamps each to 1240", 74, "mtu 1280 mss clamp",
                 counter=("/mtud/syn", "rewritten")),
    "mss6": Work({6: syn()}, "IPv6/TCP, SYNs with MSS 1460 in frames of 94 octets",
                 "clamps each to 1220", 94, "mtu 1280 mss clamp",
                 counter=("/mtud/syn", "rewritten")),
}
