# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Frames that tests send, as inputs of the fuzzers that replay them."""

import hashlib
import os
import struct

# Of longer frames lib/fwd/fuzz_input.c makes the rest up, and the checksums that go with it.
GIVEN_MAX = 160
SEAL_L4 = 0x20
NO_CHOICE = b"\0" * 4
PORT_1 = 0x01

ARP = 0x0806
IPV6 = 0x86dd
HOP_BY_HOP, ICMPV6 = 0, 58
# From MLD's query to ND's redirect, and MLD version 2's report.
ND_TYPES = (*range(130, 138), 143)


def burst(frame, port):
    """An input of fuzz_burst (lib/fwd/fuzz_input.h): one frame that comes in by a port."""
    given = frame[:GIVEN_MAX]
    layout = SEAL_L4 if len(given) < len(frame) else 0
    return (bytes([PORT_1 if port else 0]) + NO_CHOICE
            + struct.pack("!HHBB", len(frame), len(given), layout, 0) + given)


def neighbor(frame, port):
    """An input of fuzz_neighbor (lib/ctl/fuzz_neighbor.c): one event, a frame in one segment."""
    return bytes([port << 3, 0]) + struct.pack("!H", len(frame)) + frame


def is_neighbors(frame):
    """Is it for the control thread: ARP, Neighbor Discovery or MLD?"""
    ether_type = int.from_bytes(frame[12:14], "big")
    if ether_type != IPV6 or len(frame) < 14 + 40 + 8:
        return ether_type == ARP
    at, proto = 14 + 40, frame[20]
    if proto == HOP_BY_HOP:
        at, proto = at + 8 * (frame[at + 1] + 1), frame[at]
    return proto == ICMPV6 and frame[at:at + 1] != b"" and frame[at] in ND_TYPES


class Recorder:
    """Writes an input into the folder of its fuzzer for each frame, named after what it holds."""

    def __init__(self, folder):
        self.folder = folder
        self.seen = set()

    def _write(self, target, data):
        name = hashlib.sha1(data).hexdigest()
        if name in self.seen:
            return
        self.seen.add(name)
        os.makedirs(os.path.join(self.folder, target), exist_ok=True)
        with open(os.path.join(self.folder, target, name), "wb") as file:
            file.write(data)

    def frame(self, frame, port):
        self._write("burst", burst(frame, port))
        if is_neighbors(frame):
            self._write("neighbor", neighbor(frame, port))
