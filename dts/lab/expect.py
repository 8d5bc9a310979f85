# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""What must come out, made from RFC 4443, 4861 and 8200 and never from mtud's own output, and how
it is compared: whole frames, to the bit."""

import ipaddress
import struct

from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

ICMPV6 = 58
IPV6_HEADER = 40
MIN_MTU = 1280
ETHER = 14
ETHERTYPE_IPV6 = 0x86dd

UNREACH, TOO_BIG, TIME_EXCEEDED, PARAM = 1, 2, 3, 4
ECHO_REQUEST, ECHO_REPLY = 128, 129
ROUTER_SOLICIT, ROUTER_ADVERT, NEIGH_SOLICIT, NEIGH_ADVERT, REDIRECT = 133, 134, 135, 136, 137

NO_ROUTE, PROHIBITED, BEYOND_SCOPE, ADDRESS, PORT = 0, 1, 2, 3, 4


class Mismatch(AssertionError):
    """A frame is not what it must be."""


def packed(addr):
    return ipaddress.IPv6Address(addr).packed


def mac_bytes(mac):
    return bytes.fromhex(mac.replace(":", ""))


def checksum(src, dst, proto, message):
    """The Internet checksum of an upper-layer message (RFC 8200 section 8.1), without scapy."""
    data = packed(src) + packed(dst) + struct.pack("!II", len(message), proto) + message
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return 0xffff - total


def ether(dst, src, ethertype=ETHERTYPE_IPV6):
    return mac_bytes(dst) + mac_bytes(src) + struct.pack("!H", ethertype)


def ipv6(src, dst, next_header, payload, hop_limit=64, tc=0, fl=0, length=None, version=6):
    """An IPv6 packet; `length` lies about the payload length."""
    return struct.pack("!IHBB", version << 28 | tc << 20 | fl,
                       len(payload) if length is None else length, next_header,
                       hop_limit) + packed(src) + packed(dst) + payload


def icmpv6(src, dst, type_, code, body, hop_limit=64, **kwargs):
    """An ICMPv6 packet with the right checksum; `body` is all behind the checksum field."""
    message = struct.pack("!BBH", type_, code, 0) + body
    sum_ = checksum(src, dst, ICMPV6, message)
    return ipv6(src, dst, ICMPV6, message[:2] + struct.pack("!H", sum_) + message[4:], hop_limit,
                **kwargs)


def udp(src, dst, octets, sport=40000, dport=50000, fill=None, **kwargs):
    """A UDP packet of `octets` in all, checksum right."""
    room = octets - IPV6_HEADER - 8
    data = bytes((fill or 0) + i & 0xff for i in range(room)) if room > 0 else b""
    datagram = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
    sum_ = checksum(src, dst, 17, datagram) or 0xffff
    return ipv6(src, dst, 17, datagram[:6] + struct.pack("!H", sum_) + data, **kwargs)


def forwarded(frame, src_mac, dst_mac):
    """The same IP packet one hop on: hop limit less 1, other MACs, no padding."""
    length = IPV6_HEADER + struct.unpack_from("!H", frame, ETHER + 4)[0]
    packet = bytearray(frame[ETHER:ETHER + length])
    packet[7] -= 1
    return ether(dst_mac, src_mac) + bytes(packet)


def quote(packet, length=None):
    """The part of an offending IP packet that an error carries (RFC 4443 section 2.4 (c))."""
    return packet[:length][:MIN_MTU - IPV6_HEADER - 8]


def error(type_, code, value, packet, src, dst, dst_mac, src_mac, hop_limit=64):
    """The whole frame of an ICMPv6 error about an IP packet (padding already cut off)."""
    body = struct.pack("!I", value) + quote(packet)
    return ether(dst_mac, src_mac) + icmpv6(src, dst, type_, code, body, hop_limit)


def describe(frame):
    """A frame as a person reads it."""
    if frame is None:
        return "nothing"
    try:
        text = Ether(frame).summary()
        if frame[12:14] == b"\x86\xdd" and len(frame) >= ETHER + IPV6_HEADER:
            ip = IPv6(frame[ETHER:])
            text += f" tc={ip.tc} fl={ip.fl} plen={ip.plen} hlim={ip.hlim}"
    except Exception as err:  # scapy may choke on what tests send on purpose
        text = f"(not to be decoded: {err})"
    return f"{text} len={len(frame)} {frame.hex()[:400]}"


def assert_frame(got, want):
    """One frame, equal to the last bit."""
    got = None if got is None else bytes(got)
    want = bytes(want)
    if got == want:
        return
    at = next((i for i, (x, y) in enumerate(zip(got or b"", want)) if x != y),
              min(len(got or b""), len(want)))
    raise Mismatch(f"frames differ from octet {at} on\n got: {describe(got)}\nwant: "
                   f"{describe(want)}")


def assert_frames(got, want):
    """As many frames as wanted, each equal, in this order."""
    for i, frame in enumerate(want):
        assert_frame(got[i] if i < len(got) else None, frame)
    if len(got) > len(want):
        raise Mismatch("came out without being expected: " +
                       "; ".join(describe(f) for f in got[len(want):]))


def assert_checksum(frame):
    """Is the checksum of an ICMPv6 message right? By scapy's routine and by ours."""
    ip = IPv6(frame[ETHER:])
    message = frame[ETHER + IPV6_HEADER:ETHER + IPV6_HEADER + ip.plen]
    if ip.nh != ICMPV6:
        raise Mismatch(f"no ICMPv6: {describe(frame)}")
    if checksum(ip.src, ip.dst, ICMPV6, message) != 0:
        raise Mismatch(f"wrong checksum: {describe(frame)}")
    again = IPv6(frame[ETHER:ETHER + IPV6_HEADER + ip.plen])
    del again.payload.cksum
    if bytes(again) != frame[ETHER:ETHER + IPV6_HEADER + ip.plen]:
        raise Mismatch(f"scapy computes another checksum: {describe(frame)}")
