#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Watch what arrives at an interface until SIGTERM: how large the TCP packets are, or the IPv4
fragments one by one."""

import signal
import socket
import sys

ETH_P_ALL = 0x0003
ETHER, TCP = 14, 6
MORE, OFFSET = 0x2000, 0x1fff
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23
NARROW = 1280

# By IP version: EtherType, octets of the header, where in it the protocol and the length stand,
# octets that the length leaves out.
FAMILIES = {4: (0x0800, 20, 9, 2, 0), 6: (0x86dd, 40, 6, 4, 40)}


def headers(interface):
    """The first octets of each frame that arrives, until SIGTERM came and no more are there."""
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as sock:
        sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        sock.bind((interface, ETH_P_ALL))
        sock.settimeout(0.1)
        print("What arrives:", flush=True)
        while True:
            try:
                yield sock.recv(ETHER + FAMILIES[6][1])
            except TimeoutError:
                if ended:
                    return


def packets(interface, version):
    """IP headers of one family, with the packet's protocol and size."""
    ethertype, octets, proto_at, length_at, left_out = FAMILIES[version]
    for header in headers(interface):
        ip = header[ETHER:]
        if header[12:ETHER] == ethertype.to_bytes(2, "big") and len(ip) >= octets:
            yield ip, ip[proto_at], left_out + int.from_bytes(ip[length_at:length_at + 2], "big")


def tcp(interface, version):
    """How large TCP packets are."""
    sizes = {}
    for _, proto, size in packets(interface, version):
        if proto == TCP:
            sizes[size] = sizes.get(size, 0) + 1
    large = sum(count for size, count in sizes.items() if size > NARROW)
    print(f"TCP packets larger than {NARROW} octets: {large} of {sum(sizes.values())}, "
          f"the largest {max(sizes, default=0)} octets.")


def fragments(interface, version):
    """Fragments, a line each."""
    sizes, cut = [], set()
    for ip, _, size in packets(interface, version):
        ident, where = (int.from_bytes(ip[at:at + 2], "big") for at in (4, 6))
        if where & (MORE | OFFSET):
            sizes.append(size)
            cut.add(ident)
            print(f"  identification 0x{ident:04x}, offset {(where & OFFSET) * 8:>4}: {size:>4} "
                  f"octets, {'more to come' if where & MORE else 'the last'}")
    print(f"Fragments: {len(sizes)} of {len(cut)} packets, the largest "
          f"{max(sizes, default=0)} octets.")


def main():
    watch = {"tcp4": (tcp, 4), "tcp6": (tcp, 6), "fragments": (fragments, 4)}
    if len(sys.argv) != 3 or sys.argv[1] not in watch:
        sys.exit(f"usage: demo_watch.py {'|'.join(watch)} INTERFACE")
    what, version = watch[sys.argv[1]]
    what(sys.argv[2], version)


if __name__ == "__main__":
    main()
