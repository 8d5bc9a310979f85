# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""ARP packets (RFC 826, RFC 5227) made by hand, right and wrong."""

import struct

from .expect import ETHER, ETHERTYPE_ARP, MIN_FRAME, ether, mac_bytes, packed

BROADCAST = "ff:ff:ff:ff:ff:ff"
NO_MAC = "00:00:00:00:00:00"
REQUEST, REPLY = 1, 2


def body(op, sender_mac, sender, target_mac, target, htype=1, ptype=0x0800, hlen=6, plen=4):
    """The 28 octets of an ARP packet."""
    return struct.pack("!HHBBH", htype, ptype, hlen, plen, op) + mac_bytes(sender_mac) + \
        packed(sender) + mac_bytes(target_mac) + packed(target)


def frame(dst_mac, src_mac, packet):
    """An ARP packet in its frame, padded to the shortest that Ethernet has (as drivers do)."""
    return (ether(dst_mac, src_mac, ETHERTYPE_ARP) + packet).ljust(MIN_FRAME, b"\0")


def request(sender, target, mac, dst_mac=BROADCAST):
    """The whole frame of a request; with `dst_mac` a unicast probe of a known neighbor."""
    return frame(dst_mac, mac, body(REQUEST, mac, sender, NO_MAC, target))


def reply(sender, target, mac, dst_mac):
    """The whole frame of a reply: sender is at mac."""
    return frame(dst_mac, mac, body(REPLY, mac, sender, dst_mac, target))


def announcement(addr, mac):
    """A gratuitous request: addr is at mac, nobody needs to answer (RFC 5227 section 2.3)."""
    return request(addr, addr, mac)


def is_arp(frm):
    return frm[12:14] == b"\x08\x06" and len(frm) >= ETHER + 28


def is_request(frm, target):
    return is_arp(frm) and frm[20:22] == b"\0\1" and frm[38:42] == packed(target)


def is_announcement(frm):
    return is_arp(frm) and frm[28:32] == frm[38:42]
