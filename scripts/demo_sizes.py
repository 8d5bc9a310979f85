#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Watch what arrives at an interface, and say on SIGTERM how large the TCP packets were."""

import signal
import socket
import sys

ETHERTYPE_IPV6 = 0x86dd
ETHER, IPV6_HEADER, TCP = 14, 40, 6
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23


class Ended(Exception):
    """SIGTERM came."""


def end(*_):
    raise Ended


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: demo_sizes.py INTERFACE")
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE_IPV6))
    sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    sock.bind((sys.argv[1], ETHERTYPE_IPV6))
    sizes = {}
    signal.signal(signal.SIGTERM, end)
    print(f"What arrived at the client's {sys.argv[1]}:", flush=True)
    try:
        while True:
            header = sock.recv(ETHER + IPV6_HEADER)
            if len(header) < ETHER + IPV6_HEADER or header[ETHER + 6] != TCP:
                continue
            size = IPV6_HEADER + int.from_bytes(header[ETHER + 4:ETHER + 6], "big")
            sizes[size] = sizes.get(size, 0) + 1
    except Ended:
        large = sum(count for size, count in sizes.items() if size > 1280)
        print(f"TCP packets larger than 1280 octets: {large} of {sum(sizes.values())}, "
              f"the largest {max(sizes, default=0)} octets.")


if __name__ == "__main__":
    main()
