# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Capture files, read as draft-ietf-opsawg-pcapng describes them: every length is checked."""

import collections
import struct

SECTION, INTERFACE, STATISTICS, ENHANCED = 0x0A0D0D0A, 1, 5, 6
MAGIC = 0x1A2B3C4D
LINK_ETHERNET = 1
OPT_END, OPT_COMMENT, IF_NAME, IF_TSRESOL, EPB_FLAGS = 0, 1, 2, 9, 2
IN, OUT = 1, 2

Packet = collections.namedtuple("Packet", "interface direction time data original comment")


def blocks_of(data):
    """(type, body) of each block; a file that ends within one is no file."""
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        assert length % 4 == 0 and 12 <= length <= len(data) - at, f"a block of {length} at {at}"
        assert struct.unpack_from("<I", data, at + length - 4)[0] == length, f"block at {at}"
        yield kind, data[at + 8:at + length - 4]
        at += length


def options_of(body):
    options = {}
    at = 0
    while at < len(body):
        code, length = struct.unpack_from("<HH", body, at)
        assert at + 4 + length <= len(body), f"option {code} goes beyond its block"
        if code == OPT_END:
            assert at + 4 == len(body), "something follows the end of the options"
            break
        options[code] = body[at + 4:at + 4 + length]
        at += 4 + (length + 3) // 4 * 4
    return options


def parse(data):
    """The packets of a capture file."""
    interfaces, packets = [], []
    for number, (kind, body) in enumerate(blocks_of(data)):
        assert (kind == SECTION) == (number == 0), f"block {number} is of type {kind:#x}"
        if kind == SECTION:
            assert struct.unpack_from("<I", body)[0] == MAGIC
        elif kind == INTERFACE:
            assert struct.unpack_from("<H", body)[0] == LINK_ETHERNET
            options = options_of(body[8:])
            assert options[IF_TSRESOL][0] == 9
            interfaces.append(options[IF_NAME].decode())
        elif kind != STATISTICS:
            assert kind == ENHANCED, f"block {number} is of type {kind:#x}"
            index, high, low, captured, original = struct.unpack_from("<5I", body)
            assert captured <= original and captured <= len(body) - 20
            options = options_of(body[20 + (captured + 3) // 4 * 4:])
            flags = struct.unpack("<I", options[EPB_FLAGS])[0]
            comment = options[OPT_COMMENT].decode() if OPT_COMMENT in options else None
            packets.append(Packet(interfaces[index], flags & 3, (high << 32 | low) / 1e9,
                                  body[20:20 + captured], original, comment))
    return packets


def read(path):
    with open(path, "rb") as file:
        return parse(file.read())
