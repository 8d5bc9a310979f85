# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The works of the benchmark: what comes in, what mtud is told, and what must come out."""

import dataclasses

from bench_pcap import ETHER, syn, udp


@dataclasses.dataclass(frozen=True)
class Work:
    """What is asked of mtud with one kind of input."""

    makers: dict  # by IP version, what makes its packets: bench_pcap.frames()
    comes: str  # what comes in, for the table
    does: str  # what mtud does with it
    octets: float  # of the frames that mtud sends, on average
    options: str = ""  # of mtud's routes
    sends: int = 1  # packets for each that comes in
    counter: tuple = ()  # telemetry's command and key of what mtud counts for each


WORKS = {
    "forward": Work({6: udp(6, 64)}, "IPv6/UDP, frames of 78 octets", "forwards", 78),
    "forward4": Work({4: udp(4, 50)}, "IPv4/UDP, frames of 64 octets", "forwards", 64),
    # The mean of the frames' sizes says, too, that half of them are of each family.
    "mixed": Work({4: udp(4, 50), 6: udp(6, 64)},
                  "IPv4/UDP and IPv6/UDP one by one, frames of 64 and 78 octets", "forwards", 71),
    "ptb": Work({6: udp(6, 1500)}, "IPv6/UDP, packets of 1500 octets",
                "answers each with Packet Too Big, MTU 1280", ETHER + 1280, "mtu 1280",
                counter=("/mtud/icmp", "sent_packet_too_big")),
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
