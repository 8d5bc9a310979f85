# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Our own addresses, as a host on each link: rows N6 to N9 of the packet table (README.md)."""

import os
import struct

import pytest

from lab import expect
from lab.expect import PARAM, PORT, UNREACH, icmpv6, ipv6, udp
from lab.lab import A, LL_A, LL_RA, MAC_A, MAC_RA, R_A, R_B

ALL_NODES_MAC, ALL_ROUTERS_MAC = "33:33:00:00:00:01", "33:33:00:00:00:02"
ECHO_SENT = {"sent_echo_reply": 1}


def echo(src, dst, data=b"ping", type_=128, ident=0x1234, seq=0x5678, **kwargs):
    return icmpv6(src, dst, type_, 0, struct.pack("!HH", ident, seq) + data, **kwargs)


def reply_to_a(src, dst, data=b"ping", **kwargs):
    return expect.ether(MAC_A, MAC_RA) + echo(src, dst, data, 129, **kwargs)


@pytest.mark.parametrize("src,dst", [(A, R_A), (A, R_B), (LL_A, LL_RA)])
@pytest.mark.parametrize("hop_limit", [64, 1])
def test_n06_echo(lab, src, dst, hop_limit):
    """An echo request to an address of ours gets its reply.

    Steps: ask with no data, odd and even lengths, up to 1500 octets in all.
    Verify: same identifier, sequence and data, source the address asked, hop limit 64.
    """
    for size in (0, 1, 2, 56, 1231, 1452):
        data = os.urandom(size)
        lab.check(a_in=[lab.from_a(echo(src, dst, data, hop_limit=hop_limit))],
                  a_out=[reply_to_a(dst, src, data)], drops={}, icmp=ECHO_SENT)


def test_n06_echo_behind_extension_headers(lab):
    """Extension headers that ask for nothing do not keep the reply back.

    Steps: ask behind hop-by-hop and destination options of padding.
    Verify: the reply, without them.
    """
    message = echo(A, R_A)[40:]
    for first, ext in ((0, bytes([58, 0, 1, 4]) + bytes(4)), (60, bytes([58, 0, 1, 4]) + bytes(4)),
                       (0, bytes([60, 0, 1, 4]) + bytes(4) + bytes([58, 0, 1, 4]) + bytes(4))):
        lab.check(a_in=[lab.from_a(ipv6(A, R_A, first, ext + message))],
                  a_out=[reply_to_a(R_A, A)], drops={}, icmp=ECHO_SENT)


def test_n06_bad_echo(lab):
    """A wrong checksum or a cut message is not answered.

    Steps: an echo request with one bit wrong, one of 4 octets, and replies nobody asked for.
    Verify: dropped by name, nothing comes out.
    """
    good = echo(A, R_A)
    wrong = good[:-1] + bytes([good[-1] ^ 1])
    lab.check(a_in=[lab.from_a(wrong)], drops={"icmp_cksum": 1}, icmp={})
    lab.check(a_in=[lab.from_a(icmpv6(A, R_A, 128, 0, b""))], drops={"local_truncated": 1}, icmp={})
    lab.check(a_in=[lab.from_a(echo(A, R_A, type_=129))], drops={"icmp_ignored": 1}, icmp={})


@pytest.mark.parametrize("group,mac", [("ff02::1", ALL_NODES_MAC), ("ff02::2", ALL_ROUTERS_MAC)])
def test_n07_echo_to_groups(lab, group, mac):
    """All nodes and all routers: answered from an address of the port.

    Steps: ask both groups from A's global and from its link-local address.
    Verify: the reply comes from the port's address of the same scope.
    """
    for src, own in ((A, R_A), (LL_A, LL_RA)):
        lab.check(a_in=[lab.from_a(echo(src, group), mac)], a_out=[reply_to_a(own, src)],
                  drops={}, icmp=ECHO_SENT)


@pytest.mark.parametrize("dst", [R_A, R_B])
def test_n08_udp(lab, dst):
    """UDP to ours: port unreachable, from the address asked (RFC 4443 section 2.2 (a)).

    Steps: send UDP of 100 and of 1500 octets.
    Verify: Unreachable code 4.
    """
    for size in (100, 1500):
        packet = udp(A, dst, size)
        lab.check(a_in=[lab.from_a(packet)],
                  a_out=[lab.error_to_a(UNREACH, PORT, 0, packet, src=dst)],
                  drops={"local_port": 1}, icmp={"sent_unreachable": 1})


def test_n08_tcp(lab):
    """TCP to ours is dropped in silence: mtud serves none.

    Steps: send a SYN.
    Verify: dropped as local_tcp, nothing comes out.
    """
    syn = struct.pack("!HHIIBBHHH", 40000, 22, 1, 0, 5 << 4, 2, 64000, 0, 0)
    lab.check(a_in=[lab.from_a(ipv6(A, R_A, 6, syn))], drops={"local_tcp": 1}, icmp={})


@pytest.mark.parametrize("next_header,ext,pointer", [
    (253, b"", 6), (132, b"", 6), (60, bytes([253, 0, 1, 4, 0, 0, 0, 0]), 40),
    (60, bytes([60, 0, 1, 4, 0, 0, 0, 0, 4, 0, 1, 4, 0, 0, 0, 0]), 48)])
def test_n08_unknown_next_header(lab, next_header, ext, pointer):
    """An unknown next header: Parameter Problem code 1 that points at it.

    Steps: unknown protocols directly and behind extension headers.
    Verify: the pointer is the offset of the field that named it.
    """
    packet = ipv6(A, R_A, next_header, ext + bytes(20))
    lab.check(a_in=[lab.from_a(packet)], a_out=[lab.error_to_a(PARAM, 1, pointer, packet)],
              drops={"local_proto": 1}, icmp={"sent_parameter_problem": 1})


def test_n08_unknown_option(lab):
    """Options that we do not know are handled as their type says (RFC 8200 section 4.2).

    Steps: destination options of type 0x1e (skip), 0x5e (discard), 0x9e (discard and tell), 0xde
    (tell unless multicast) in front of an echo request.
    Verify: a reply; nothing; Parameter Problem code 2 with the pointer to the option.
    """
    message = echo(A, R_A)[40:]

    def behind(kind):
        return ipv6(A, R_A, 60, bytes([58, 0, kind, 4, 0, 0, 0, 0]) + message)

    lab.check(a_in=[lab.from_a(behind(0x1e))], a_out=[reply_to_a(R_A, A)], drops={})
    lab.check(a_in=[lab.from_a(behind(0x5e))], drops={"local_option": 1}, icmp={})
    for kind in (0x9e, 0xde):
        packet = behind(kind)
        lab.check(a_in=[lab.from_a(packet)], a_out=[lab.error_to_a(PARAM, 2, 42, packet)],
                  drops={"local_option": 1}, icmp={"sent_parameter_problem": 1})


def test_n08_routing_headers(lab):
    """A routing header that is not used up cannot be followed (RFC 8200 section 4.4, RFC 5095).

    Steps: routing headers of type 0, 4 and unknown with segments left, and with none.
    Verify: Parameter Problem code 0 that points at the routing type; an echo reply.
    """
    message = echo(A, R_A)[40:]
    for kind in (0, 4, 77):
        header = bytes([58, 2, kind, 1, 0, 0, 0, 0]) + expect.packed("2001:db8::7")
        packet = ipv6(A, R_A, 43, header + message)
        lab.check(a_in=[lab.from_a(packet)], a_out=[lab.error_to_a(PARAM, 0, 42, packet)],
                  drops={"local_option": 1}, icmp={"sent_parameter_problem": 1})
        used = header[:3] + b"\0" + header[4:]
        lab.check(a_in=[lab.from_a(ipv6(A, R_A, 43, used + message))],
                  a_out=[reply_to_a(R_A, A)], drops={}, icmp=ECHO_SENT)


def test_n08_icmp_that_asks_for_nothing(lab):
    """ICMPv6 errors, unknown messages and redirects to us end in silence.

    Steps: Packet Too Big, unreachable, types 100 and 200, and a redirect to our address.
    Verify: icmp_ignored counts them, nothing comes out.
    """
    quote = udp(R_A, A, 100)
    packets = [icmpv6(A, R_A, 2, 0, struct.pack("!I", 1280) + quote),
               icmpv6(A, R_A, 1, 4, bytes(4) + quote), icmpv6(A, R_A, 100, 0, bytes(20)),
               icmpv6(A, R_A, 200, 0, bytes(20)),
               icmpv6(LL_A, R_A, 137, 0, bytes(36), hop_limit=255)]
    lab.check(a_in=[lab.from_a(p) for p in packets], drops={"icmp_ignored": len(packets)},
              icmp={}, settle_s=0.2)


def test_n08_other_endings(lab):
    """No next header and fragments to ours end by name.

    Steps: next header 59, and a first fragment of UDP.
    Verify: local_no_next and local_fragment, nothing comes out.
    """
    lab.check(a_in=[lab.from_a(ipv6(A, R_A, 59, b""))], drops={"local_no_next": 1}, icmp={})
    fragment = struct.pack("!BBHI", 17, 0, 1, 9) + bytes(64)
    lab.check(a_in=[lab.from_a(ipv6(A, R_A, 44, fragment))], drops={"local_fragment": 1}, icmp={})


def test_n08_to_a_group(lab):
    """Nothing of this is answered when it went to a group.

    Steps: UDP and an unknown protocol to ff02::1.
    Verify: nothing comes out.
    """
    for packet in (udp(A, "ff02::1", 100), ipv6(A, "ff02::1", 253, bytes(20))):
        got_a, got_b = lab.exchange(a=[lab.from_a(packet, ALL_NODES_MAC)])
        expect.assert_frames(got_a, [])
        expect.assert_frames(got_b, [])


def test_n09_larger_than_the_route(lab):
    """What ends here has no MTU but the link's.

    Steps: a route for our prefix's other half with mtu 1280 does not touch our address; ask our
    addresses with 1500 octets.
    Verify: the reply has 1500 octets, no Packet Too Big.
    """
    data = os.urandom(1452)
    with lab.mtud.having("add route 2001:db8:b::/72 via 2001:db8:b::2 mtu 1280"):
        for ours in (R_A, R_B):
            lab.check(a_in=[lab.from_a(echo(A, ours, data))], a_out=[reply_to_a(ours, A, data)],
                      drops={}, icmp=ECHO_SENT)
