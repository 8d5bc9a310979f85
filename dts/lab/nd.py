# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Neighbor Discovery and MLD messages (RFC 4861, RFC 3810) made by hand, right and wrong."""

import struct

from .expect import (ETHER, NEIGH_ADVERT, NEIGH_SOLICIT, ROUTER_ADVERT, ROUTER_SOLICIT, checksum,
                     ether, icmpv6, mac_bytes, packed)

ALL_NODES, ALL_ROUTERS, MLD_ROUTERS = "ff02::1", "ff02::2", "ff02::16"
ROUTER, SOLICITED, OVERRIDE = 0x80, 0x40, 0x20
SOURCE_LLADDR, TARGET_LLADDR, NONCE = 1, 2, 14


def text(addr):
    return ":".join(f"{a << 8 | b:x}" for a, b in zip(addr[::2], addr[1::2]))


def solicited_node(addr):
    return text(packed("ff02::1:ff00:0")[:13] + packed(addr)[13:])


def group_mac(group):
    return "33:33:" + ":".join(f"{x:02x}" for x in packed(group)[12:])


def option(kind, mac):
    return bytes([kind, 1]) + mac_bytes(mac)


def ns(src, target, mac=None, dst=None, hop_limit=255, code=0, options=None, cut=None):
    """A Neighbor Solicitation packet; `mac` makes the source link-layer option, `cut` shortens
    the message."""
    if options is None:
        options = option(SOURCE_LLADDR, mac) if mac else b""
    body = (bytes(4) + packed(target) + options)[:cut]
    return icmpv6(src, dst or solicited_node(target), NEIGH_SOLICIT, code, body, hop_limit)


def na(src, dst, target, flags, mac=None, hop_limit=255, code=0, options=None, cut=None):
    """A Neighbor Advertisement packet; `mac` makes the target link-layer option."""
    if options is None:
        options = option(TARGET_LLADDR, mac) if mac else b""
    body = (bytes([flags, 0, 0, 0]) + packed(target) + options)[:cut]
    return icmpv6(src, dst, NEIGH_ADVERT, code, body, hop_limit)


def rs(src, mac=None, hop_limit=255, code=0, options=None, cut=None):
    if options is None:
        options = option(SOURCE_LLADDR, mac) if mac else b""
    return icmpv6(src, ALL_ROUTERS, ROUTER_SOLICIT, code, (bytes(4) + options)[:cut], hop_limit)


def ra(src, mac=None, hop_limit=255, code=0, options=None, cut=None):
    if options is None:
        options = option(SOURCE_LLADDR, mac) if mac else b""
    body = (struct.pack("!BBHII", 64, 0, 1800, 0, 0) + options)[:cut]
    return icmpv6(src, ALL_NODES, ROUTER_ADVERT, code, body, hop_limit)


def bad_checksum(packet):
    """The same packet, one bit of the ICMPv6 checksum wrong."""
    return packet[:42] + bytes([packet[42] ^ 1]) + packet[43:]


def is_ns(frame, target):
    return frame[12:14] == b"\x86\xdd" and frame[20] == 58 and \
        frame[ETHER + 40] == NEIGH_SOLICIT and frame[ETHER + 48:ETHER + 64] == packed(target)


def ns_frame(src, target, src_mac, dst_mac=None):
    """The whole frame of a router's own solicitation: multicast, or a unicast probe."""
    dst = target if dst_mac else solicited_node(target)
    return ether(dst_mac or group_mac(dst), src_mac) + ns(src, target, src_mac, dst)


def na_frame(target, dst, flags, src_mac, dst_mac):
    """The whole frame of a router's advertisement."""
    return ether(dst_mac, src_mac) + na(target, dst, target, flags, src_mac)


def mld_groups(frame):
    """Groups joined by an MLDv2 report that is right in every field; None for other frames."""
    ip = frame[ETHER:]
    if len(ip) < 56 or frame[12:14] != b"\x86\xdd" or ip[6] != 0 or ip[48] != 143:
        return None
    assert frame[:6] == mac_bytes(group_mac(MLD_ROUTERS)), "to the wrong MAC"
    assert ip[24:40] == packed(MLD_ROUTERS), "MLDv2 reports go to ff02::16"
    assert ip[7] == 1, "hop limit is not 1"
    src = text(ip[8:24])
    assert ip[8:24] == bytes(16) or ip[8:10] == b"\xfe\x80", "source is not link-local"
    # Hop-by-hop: Router Alert for MLD (RFC 2711), and PadN of two octets.
    assert ip[40:48] == bytes([58, 0, 5, 2, 0, 0, 1, 0]), "no Router Alert"
    message = ip[48:40 + struct.unpack_from("!H", ip, 4)[0]]
    assert checksum(src, MLD_ROUTERS, 58, message) == 0, "wrong checksum"
    count = struct.unpack_from("!H", message, 6)[0]
    groups, at = {}, 8
    for _ in range(count):
        kind, aux, sources = struct.unpack_from("!BBH", message, at)
        assert aux == 0 and sources == 0
        groups[text(message[at + 4:at + 20])] = kind
        at += 20
    assert at == len(message), "records and length differ"
    return groups
