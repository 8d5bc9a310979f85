# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""What must come out, made from RFC 4443, 4861 and 8200, and 791, 792, 1191 and 1812 for IPv4,
never from mtud's own output, and how it is compared: whole frames, to the bit."""

import ipaddress
import struct

from scapy.layers.inet import IP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

ICMPV6 = 58
IPV6_HEADER = 40
MIN_MTU = 1280
ETHER = 14
ETHERTYPE_IPV6 = 0x86dd

ICMPV4 = 1
IPV4_HEADER = 20
ICMP4_MAX = 576
ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_ARP = 0x0806
MIN_FRAME = 60
DF, MF = 0x4000, 0x2000

# ICMPv4 types (RFC 792), and the codes of type 3 (RFC 792, RFC 1812 section 5.2.7.1).
ECHO_REPLY4, UNREACH4, ECHO_REQUEST4, TIME_EXCEEDED4 = 0, 3, 8, 11
NET4, HOST4, PROTO4, PORT4, FRAG_NEEDED4, PROHIBITED4 = 0, 1, 2, 3, 4, 13

UNREACH, TOO_BIG, TIME_EXCEEDED, PARAM = 1, 2, 3, 4
ECHO_REQUEST, ECHO_REPLY = 128, 129
ROUTER_SOLICIT, ROUTER_ADVERT, NEIGH_SOLICIT, NEIGH_ADVERT, REDIRECT = 133, 134, 135, 136, 137

NO_ROUTE, PROHIBITED, BEYOND_SCOPE, ADDRESS, PORT = 0, 1, 2, 3, 4


class Mismatch(AssertionError):
    """A frame is not what it must be."""


class AnyIdent(bytes):
    """An expected IPv4 frame whose identification is for its maker to choose: 0 here."""


def packed(addr):
    """4 or 16 octets."""
    return ipaddress.ip_address(addr).packed


def mac_bytes(mac):
    return bytes.fromhex(mac.replace(":", ""))


def internet_checksum(data):
    """RFC 1071, without scapy: the complement of the ones' complement sum of 16-bit words."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return 0xffff - total


def checksum(src, dst, proto, message):
    """The checksum of an upper-layer message with the pseudo-header of its family (RFC 8200
    section 8.1, RFC 9293 section 3.1)."""
    pseudo = packed(src) + packed(dst)
    pseudo += struct.pack("!II", len(message), proto) if len(pseudo) == 32 else \
        struct.pack("!HH", proto, len(message))
    return internet_checksum(pseudo + message)


def is_v4(packet):
    return packet[0] >> 4 == 4


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


def ipv4(src, dst, proto, payload, ttl=64, tos=0, ident=0x4d54, frag=0, options=b"", length=None,
         version=4, ihl=None, cksum=None):
    """An IPv4 packet; `frag` is the field of flags and fragment offset. `length`, `ihl` and
    `cksum` lie. Options are padded to full words."""
    options += bytes(-len(options) % 4)
    header = 20 + len(options)
    head = struct.pack("!BBHHHBBH", version << 4 | (header // 4 if ihl is None else ihl), tos,
                       header + len(payload) if length is None else length, ident, frag, ttl,
                       proto, 0) + packed(src) + packed(dst) + options
    return with_checksum4(head + payload, header, cksum)


def with_checksum4(packet, header=None, cksum=None):
    """The same packet with its header's checksum computed anew, or set to `cksum`."""
    header = header or (packet[0] & 15) * 4
    if cksum is None:
        cksum = internet_checksum(packet[:10] + b"\0\0" + packet[12:header])
    return packet[:10] + struct.pack("!H", cksum) + packet[12:]


def icmp4(src, dst, type_, code, body, **kwargs):
    """An ICMPv4 packet with the right checksum; `body` is all behind the checksum field."""
    message = struct.pack("!BBH", type_, code, 0) + body
    sum_ = internet_checksum(message)
    return ipv4(src, dst, ICMPV4, message[:2] + struct.pack("!H", sum_) + message[4:], **kwargs)


def ip(src, dst, proto, payload, **kwargs):
    """A packet of the family of its source."""
    return (ipv6 if ":" in src else ipv4)(src, dst, proto, payload, **kwargs)


def udp(src, dst, octets, sport=40000, dport=50000, fill=None, **kwargs):
    """A UDP packet of `octets` in all, of the family of its source, checksum right."""
    header = IPV6_HEADER
    if ":" not in src:
        header = IPV4_HEADER + (len(kwargs.get("options", b"")) + 3) // 4 * 4
    room = octets - header - 8
    data = bytes((fill or 0) + i & 0xff for i in range(room)) if room > 0 else b""
    datagram = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
    sum_ = checksum(src, dst, 17, datagram) or 0xffff
    return ip(src, dst, 17, datagram[:6] + struct.pack("!H", sum_) + data, **kwargs)


def one_hop_on(packet):
    """An IP packet as the next hop gets it: hop limit or TTL less 1, IPv4's checksum to match,
    without what stands behind it in its frame."""
    if is_v4(packet):
        packet = packet[:struct.unpack_from("!H", packet, 2)[0]]
        return with_checksum4(packet[:8] + bytes([packet[8] - 1]) + packet[9:])
    packet = packet[:IPV6_HEADER + struct.unpack_from("!H", packet, 4)[0]]
    return packet[:7] + bytes([packet[7] - 1]) + packet[8:]


def forwarded(frame, src_mac, dst_mac):
    """The same IP packet one hop on, with other MACs and no padding."""
    packet = one_hop_on(frame[ETHER:])
    return frame_of(packet, src_mac, dst_mac)


def frame_of(packet, src_mac, dst_mac):
    """An IP packet in its frame."""
    return ether(dst_mac, src_mac, ETHERTYPE_IPV4 if is_v4(packet) else ETHERTYPE_IPV6) + packet


def options_of(packet):
    """The options of an IPv4 header, each whole, up to the end of the list."""
    options, at, end = [], 20, (packet[0] & 15) * 4
    while at < end and packet[at] != 0:
        length = 1 if packet[at] == 1 else packet[at + 1]
        options.append(packet[at:at + length])
        at += length
    return options


def fragments(packet, mtu, keep_df=False):
    """The fragments of an IPv4 packet (RFC 791 section 3.2), be it one itself: each but the last
    with a multiple of 8 octets, as many as the MTU holds behind the first one's header; behind
    the first only options with the copied flag, without gaps."""
    header = (packet[0] & 15) * 4
    field = struct.unpack_from("!H", packet, 6)[0]
    if not keep_df:
        field &= ~DF
    payload = packet[header:struct.unpack_from("!H", packet, 2)[0]]
    copied = b"".join(o for o in options_of(packet) if o[0] & 0x80)
    copied += bytes(-len(copied) % 4)
    room = (mtu - header) // 8 * 8
    made = []
    for at in range(0, len(payload), room):
        piece = payload[at:at + room]
        options = packet[20:header] if at == 0 else copied
        more = MF if at + room < len(payload) else field & MF
        head = bytes([4 << 4 | 5 + len(options) // 4, packet[1]]) + struct.pack(
            "!H", 20 + len(options) + len(piece)) + packet[4:6] + struct.pack(
            "!H", (field & ~MF) + at // 8 | more) + packet[8:20]
        made.append(with_checksum4(head + options + piece))
    return made


def quote(packet, length=None):
    """The part of an offending packet that an ICMPv6 error carries (RFC 4443 section 2.4 (c))."""
    return packet[:length][:MIN_MTU - IPV6_HEADER - 8]


def error(type_, code, value, packet, src, dst, dst_mac, src_mac, hop_limit=64):
    """The whole frame of an ICMPv6 error about an IP packet (padding already cut off)."""
    body = struct.pack("!I", value) + quote(packet)
    return ether(dst_mac, src_mac) + icmpv6(src, dst, type_, code, body, hop_limit)


def quote4(packet, frag_needed=False):
    """The part of an offending IPv4 packet that an ICMPv4 error carries: as much as fits in 576
    octets (RFC 1812 section 4.3.2.3). Fragmentation Needed is never larger than its cause (row
    P15; the RFC asks for the header and 8 octets at least)."""
    room = min(ICMP4_MAX, len(packet)) if frag_needed else ICMP4_MAX
    return packet[:room - IPV4_HEADER - 8]


def error4(type_, code, packet, src, dst, dst_mac, src_mac, mtu=0, ttl=64):
    """The whole frame of an ICMPv4 error about an IP packet. TOS is that of the packet with
    precedence 6 (RFC 1812 section 4.3.2.5)."""
    body = struct.pack("!HH", 0, mtu) + quote4(packet, (type_, code) == (UNREACH4, FRAG_NEEDED4))
    return AnyIdent(frame_of(icmp4(src, dst, type_, code, body, ttl=ttl, ident=0,
                                   tos=packet[1] & 0x1e | 0xc0), src_mac, dst_mac))


def without_ident(frame):
    """An IPv4 frame with identification 0 and the header checksum that goes with it, provided
    that its own was right. Other frames as they are."""
    header = (frame[ETHER] & 15) * 4 if len(frame) > ETHER else 0
    if frame[12:14] != b"\x08\x00" or internet_checksum(frame[ETHER:ETHER + header]) != 0:
        return frame
    packet = frame[ETHER:]
    return frame[:ETHER] + with_checksum4(packet[:4] + b"\0\0" + packet[6:])


def describe(frame):
    """A frame as a person reads it."""
    if frame is None:
        return "nothing"
    try:
        text = Ether(frame).summary()
        if frame[12:14] == b"\x86\xdd" and len(frame) >= ETHER + IPV6_HEADER:
            packet = IPv6(frame[ETHER:])
            text += f" tc={packet.tc} fl={packet.fl} plen={packet.plen} hlim={packet.hlim}"
        elif frame[12:14] == b"\x08\x00" and len(frame) >= ETHER + IPV4_HEADER:
            packet = IP(frame[ETHER:])
            text += f" tos={packet.tos} len={packet.len} id={packet.id} flags={packet.flags} " \
                f"frag={packet.frag} ttl={packet.ttl}"
    except Exception as err:  # scapy may choke on what tests send on purpose
        text = f"(not to be decoded: {err})"
    return f"{text} len={len(frame)} {frame.hex()[:400]}"


def assert_frame(got, want):
    """One frame, equal to the last bit; but for the identification where that is not given."""
    got = None if got is None else bytes(got)
    if got is not None and isinstance(want, AnyIdent):
        got = without_ident(got)
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
    packet = IPv6(frame[ETHER:])
    message = frame[ETHER + IPV6_HEADER:ETHER + IPV6_HEADER + packet.plen]
    if packet.nh != ICMPV6:
        raise Mismatch(f"no ICMPv6: {describe(frame)}")
    if checksum(packet.src, packet.dst, ICMPV6, message) != 0:
        raise Mismatch(f"wrong checksum: {describe(frame)}")
    again = IPv6(frame[ETHER:ETHER + IPV6_HEADER + packet.plen])
    del again.payload.cksum
    if bytes(again) != frame[ETHER:ETHER + IPV6_HEADER + packet.plen]:
        raise Mismatch(f"scapy computes another checksum: {describe(frame)}")
