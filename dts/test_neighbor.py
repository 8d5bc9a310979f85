# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Neighbor Discovery and MLD: rows N1 to N5, N10 and N11 of the packet table (README.md)."""

import itertools
import struct
import time

import pytest

from lab import expect, nd
from lab.expect import ADDRESS, ETHER, UNREACH, icmpv6, ipv6, mac_bytes, packed, udp
from lab.lab import (A, CONFIG, LL_A, LL_RA, LL_RB, MAC_A, MAC_B, MAC_RA, MAC_RB, R_A, R_B, Lab)
from lab.nd import OVERRIDE, ROUTER, SOLICITED

SETTLE_S = 0.3  # the control thread's time to answer
MAC_D, MAC_E = "02:00:00:00:0d:0d", "02:00:00:00:0e:0e"
_hosts = itertools.count(0x1000)


def neighbors(lab):
    """(address, port) -> entry."""
    return {(e["address"], e["port"]): e for e in lab.mtud.json("show neighbor")}


def state(lab, addr, port=1):
    entry = neighbors(lab).get((addr, port))
    return (entry["state"], entry["lladdr"]) if entry else None


def forget(lab, addr, port=1):
    lab.mtud.cmd(f"del neighbor {addr} port {port}")


@pytest.mark.parametrize("target", [R_A, LL_RA])
def test_n01_solicitation(lab, target):
    """A solicitation for an address of ours is answered.

    Steps: ask by multicast with source link-layer option, by unicast with and without it; from
    global and link-local addresses.
    Verify: NA to the asker with router, solicited and override set, target link-layer option.
    """
    group = nd.solicited_node(target)
    for src in (A, LL_A):
        asked = [lab.from_a(nd.ns(src, target, MAC_A), nd.group_mac(group)),
                 lab.from_a(nd.ns(src, target, MAC_A, dst=target)),
                 lab.from_a(nd.ns(src, target, None, dst=target))]
        want = nd.na_frame(target, src, ROUTER | SOLICITED | OVERRIDE, MAC_RA, MAC_A)
        lab.check(a_in=asked, a_out=[want] * 3, drops={}, icmp={}, settle_s=SETTLE_S)


def test_n01_learns_the_asker(lab):
    """Who asks with its link-layer address is learned as STALE (RFC 4861 section 7.2.3).

    Steps: an unknown host asks, then asks again with another MAC.
    Verify: the answer goes to its MAC, the entry is STALE with the newer MAC.
    """
    src = "2001:db8:a::51"
    try:
        for mac in (MAC_D, MAC_E):
            ask = lab.from_a(nd.ns(src, R_A, mac), nd.group_mac(nd.solicited_node(R_A)), mac)
            want = nd.na_frame(R_A, src, ROUTER | SOLICITED | OVERRIDE, MAC_RA, mac)
            lab.check(a_in=[ask], a_out=[want], drops={}, settle_s=SETTLE_S)
            assert state(lab, src, 0)[1] == mac
    finally:
        forget(lab, src, 0)


def test_n01_not_for_others(lab):
    """Solicitations for other addresses are none of our business.

    Steps: ask for A's neighbor, for our address on the other port, for its link-local address.
    Verify: no answer.
    """
    for target in ("2001:db8:a::77", R_B, LL_RB):
        ask = lab.from_a(nd.ns(A, target, MAC_A), nd.group_mac(nd.solicited_node(target)))
        got_a, got_b = lab.exchange(a=[ask], settle_s=SETTLE_S)
        expect.assert_frames(got_a, [])
        expect.assert_frames(got_b, [])


@pytest.mark.parametrize("target", [R_A, LL_RA])
def test_n02_dad(lab, target):
    """Somebody's duplicate address detection for ours: told to all nodes.

    Steps: a solicitation from :: for our address, with and without a nonce option.
    Verify: NA to ff02::1 with router and override set, solicited clear.
    """
    mac = nd.group_mac(nd.solicited_node(target))
    want = nd.na_frame(target, nd.ALL_NODES, ROUTER | OVERRIDE, MAC_RA, nd.group_mac(nd.ALL_NODES))
    nonce = bytes([nd.NONCE, 1]) + b"\x31\x41\x59\x26\x53\x58"
    for options in (b"", nonce):
        lab.check(a_in=[lab.from_a(nd.ns("::", target, options=options), mac)], a_out=[want],
                  drops={}, settle_s=SETTLE_S)


@pytest.mark.parametrize("anycast", ["2001:db8:a::"])
def test_n01_anycast(lab, anycast):
    """A neighbor that resolves the subnet-router anycast address gets its answer (row F19 for a
    host on the link; RFC 4291 section 2.8, RFC 4861 section 7.2.7).

    Steps: solicit the anycast address by its solicited-node group, as a host does.
    Verify: NA with router and solicited set, override clear, within the second that RFC 4861
    allows.
    """
    group = nd.group_mac(nd.solicited_node(anycast))
    want = nd.na_frame(anycast, A, ROUTER | SOLICITED, MAC_RA, MAC_A)
    lab.check(a_in=[lab.from_a(nd.ns(A, anycast, MAC_A), group)], a_out=[want], drops={},
              settle_s=1.3)


def invalid_messages():
    """name -> (packet, Ethernet destination, reason or None for any nd_… reason)."""
    src = "2001:db8:a::bad"
    sol, sol_mac = nd.solicited_node(R_A), nd.group_mac(nd.solicited_node(R_A))
    zero = bytes([nd.SOURCE_LLADDR, 0]) + mac_bytes(MAC_D)
    beyond = bytes([nd.SOURCE_LLADDR, 2]) + mac_bytes(MAC_D)
    routers = nd.group_mac(nd.ALL_ROUTERS)
    nodes = nd.group_mac(nd.ALL_NODES)
    ns, na, rs, ra = nd.ns, nd.na, nd.rs, nd.ra
    flags = SOLICITED | OVERRIDE
    return {
        "ns-hop-limit": (ns(src, R_A, MAC_D, hop_limit=254), sol_mac, "nd_hop_limit"),
        "ns-hop-limit-0": (ns(src, R_A, MAC_D, hop_limit=0), sol_mac, "nd_hop_limit"),
        "ns-code": (ns(src, R_A, MAC_D, code=1), sol_mac, "nd_code"),
        "ns-checksum": (nd.bad_checksum(ns(src, R_A, MAC_D)), sol_mac, "icmp_cksum"),
        "ns-short": (ns(src, R_A, MAC_D, dst=sol, cut=15), sol_mac, "nd_short"),
        "ns-4-octets": (ns(src, R_A, MAC_D, dst=sol, cut=0), sol_mac, None),
        "ns-option-0": (ns(src, R_A, options=zero), sol_mac, "nd_option"),
        "ns-option-beyond": (ns(src, R_A, options=beyond), sol_mac, "nd_option"),
        "ns-option-cut": (ns(src, R_A, MAC_D, cut=25), sol_mac, "nd_option"),
        "ns-multicast-target": (ns(src, "ff02::1:ff00:1", MAC_D, dst=sol), sol_mac, "nd_target"),
        "ns-dad-with-option": (ns("::", R_A, MAC_D), sol_mac, None),
        "ns-dad-to-unicast": (ns("::", R_A, dst=R_A), MAC_RA, "src_invalid"),
        "ns-group-lladdr": (ns(src, R_A, "33:33:00:00:00:01"), sol_mac, "nd_option"),
        "na-hop-limit": (na(src, R_A, src, flags, MAC_D, hop_limit=64), MAC_RA, "nd_hop_limit"),
        "na-code": (na(src, R_A, src, flags, MAC_D, code=3), MAC_RA, "nd_code"),
        "na-checksum": (nd.bad_checksum(na(src, R_A, src, flags, MAC_D)), MAC_RA, "icmp_cksum"),
        "na-short": (na(src, R_A, src, flags, MAC_D, cut=19), MAC_RA, "nd_short"),
        "na-option-0": (na(src, R_A, src, flags, options=zero), MAC_RA, "nd_option"),
        "na-multicast-target": (na(src, R_A, "ff02::1", flags, MAC_D), MAC_RA, "nd_target"),
        "na-solicited-to-group": (na(src, nd.ALL_NODES, src, flags, MAC_D), nodes, "nd_address"),
        "rs-hop-limit": (rs(src, MAC_D, hop_limit=1), routers, "nd_hop_limit"),
        "rs-code": (rs(src, MAC_D, code=1), routers, "nd_code"),
        "rs-checksum": (nd.bad_checksum(rs(src, MAC_D)), routers, "icmp_cksum"),
        "rs-short": (rs(src, cut=2), routers, None),
        "rs-option-0": (rs(src, options=zero), routers, "nd_option"),
        "rs-unspecified": (rs("::", MAC_D), routers, None),
        "ra-hop-limit": (ra("fe80::bad", MAC_D, hop_limit=254), nodes, "nd_hop_limit"),
        "ra-code": (ra("fe80::bad", MAC_D, code=1), nodes, "nd_code"),
        "ra-short": (ra("fe80::bad", cut=8), nodes, "nd_short"),
        "ra-option-0": (ra("fe80::bad", options=zero), nodes, "nd_option"),
        "ra-global-source": (ra(src, MAC_D), nodes, "nd_address"),
    }


INVALID = invalid_messages()


@pytest.mark.parametrize("name", INVALID)
def test_n03_invalid_messages(lab, name):
    """Messages that fail a validity check (RFC 4861 sections 6.1 and 7.1) have no effect.

    Steps: the message, from a host that mtud does not know.
    Verify: no answer, no neighbor learned, one count of its reason.
    """
    packet, mac, reason = INVALID[name]
    before = neighbors(lab)
    drops = lab.drops()
    got_a, got_b = lab.exchange(a=[lab.from_a(packet, mac, MAC_D)], settle_s=SETTLE_S)
    expect.assert_frames(got_a, [])
    expect.assert_frames(got_b, [])
    assert neighbors(lab).keys() == before.keys()
    risen = {k: v - drops.get(k, 0) for k, v in lab.drops().items() if v > drops.get(k, 0)}
    assert sum(risen.values()) == 1
    assert reason is None or risen == {reason: 1}


def start_resolving(lab, addr, count=1):
    """Have A send to an unknown neighbor on B; return the frames sent, after checking mtud's
    solicitation to the last bit."""
    frames = [lab.from_a(udp(A, addr, 100, sport=1 + i)) for i in range(count)]
    lab.a.send(*frames)
    got = lab.b.until(lambda f: nd.is_ns(f, addr), 2)
    want = {nd.ns_frame(src, addr, MAC_RB) for src in (R_B, LL_RB)}
    assert got and got[-1] in want, [expect.describe(f) for f in got]
    return frames


def advertise(lab, addr, flags, mac, to=R_B):
    """B's neighbor advertises; return what came out."""
    packet = nd.na(addr, to, addr, flags, mac)
    dst_mac = MAC_RB if to == R_B else nd.group_mac(to)
    return lab.exchange(b=[lab.from_b(packet, dst_mac, mac or MAC_D)], settle_s=SETTLE_S)


@pytest.fixture
def host(lab):
    """An address of B's link that nobody has used; forgotten afterwards."""
    addr = f"2001:db8:b::{next(_hosts):x}"
    yield addr
    forget(lab, addr)


# The table of RFC 4861 appendix C for advertisements: flags, same or other MAC or none, and then
# (state, whose MAC) from INCOMPLETE, REACHABLE and STALE.
NA_TABLE = [
    # incomplete: the packet that waited leaves, unless there is no link-layer address
    ("INCOMPLETE", SOLICITED | OVERRIDE, MAC_E, ("REACHABLE", MAC_E)),
    ("INCOMPLETE", SOLICITED, MAC_E, ("REACHABLE", MAC_E)),
    ("INCOMPLETE", OVERRIDE, MAC_E, ("STALE", MAC_E)),
    ("INCOMPLETE", 0, MAC_E, ("STALE", MAC_E)),
    ("INCOMPLETE", SOLICITED, None, ("INCOMPLETE", None)),
    ("REACHABLE", SOLICITED, MAC_D, ("REACHABLE", MAC_D)),
    ("REACHABLE", SOLICITED, MAC_E, ("STALE", MAC_D)),
    ("REACHABLE", SOLICITED | OVERRIDE, MAC_E, ("REACHABLE", MAC_E)),
    ("REACHABLE", SOLICITED | OVERRIDE, None, ("REACHABLE", MAC_D)),
    ("REACHABLE", OVERRIDE, MAC_D, ("REACHABLE", MAC_D)),
    ("REACHABLE", OVERRIDE, MAC_E, ("STALE", MAC_E)),
    ("REACHABLE", 0, MAC_D, ("REACHABLE", MAC_D)),
    ("REACHABLE", 0, MAC_E, ("STALE", MAC_D)),
    ("STALE", SOLICITED, MAC_D, ("REACHABLE", MAC_D)),
    ("STALE", SOLICITED, MAC_E, ("STALE", MAC_D)),
    ("STALE", SOLICITED | OVERRIDE, MAC_E, ("REACHABLE", MAC_E)),
    ("STALE", SOLICITED, None, ("REACHABLE", MAC_D)),
    ("STALE", OVERRIDE, MAC_E, ("STALE", MAC_E)),
    ("STALE", OVERRIDE, MAC_D, ("STALE", MAC_D)),
    ("STALE", 0, MAC_E, ("STALE", MAC_D)),
    ("STALE", 0, MAC_D, ("STALE", MAC_D)),
]


@pytest.mark.parametrize("was,flags,mac,then", NA_TABLE)
def test_n04_advertisement(lab, host, was, flags, mac, then):
    """An advertisement changes an entry as the table of RFC 4861 section 7.2.5 says.

    Steps: bring an entry into the state with MAC D, then advertise with flags and MAC.
    Verify: the state and MAC that the table gives; the packet that waited leaves to that MAC.
    """
    if was == "STALE":
        ask = lab.from_b(nd.ns(host, R_B, MAC_D, dst=R_B), src_mac=MAC_D)
        lab.exchange(b=[ask], settle_s=SETTLE_S)
    else:
        waiting = start_resolving(lab, host)[0]
    if was == "REACHABLE":
        _, got_b = advertise(lab, host, SOLICITED, MAC_D)
        expect.assert_frames(got_b, [lab.to_b(waiting, MAC_D)])
    assert was == "INCOMPLETE" or state(lab, host) == (was, MAC_D)
    _, got_b = advertise(lab, host, flags, mac)
    expected = then[0]
    if was == "INCOMPLETE" and mac:
        expect.assert_frames(got_b, [lab.to_b(waiting, mac)])
        # To leave through a stale neighbor is to use it (section 7.3.3).
        expected = "DELAY" if expected == "STALE" else expected
    now = state(lab, host)
    assert now[0] == expected
    assert then[1] is None or now[1] == then[1]
    if then[1]:
        frame = lab.from_a(udp(A, host, 120))
        lab.check(a_in=[frame], b_out=[lab.to_b(frame, then[1])], drops={})


def test_n04_unasked(lab):
    """An advertisement from somebody mtud never asked makes no entry.

    Steps: unsolicited and solicited advertisements of an unknown address, to us and to all nodes.
    Verify: no entry, no frame out.
    """
    addr = "2001:db8:b::abc"
    for flags, to in ((0, R_B), (OVERRIDE, nd.ALL_NODES), (SOLICITED | OVERRIDE, R_B)):
        got_a, got_b = advertise(lab, addr, flags, MAC_D, to)
        expect.assert_frames(got_a, [])
        expect.assert_frames(got_b, [])
        assert state(lab, addr) is None


def test_n04_static_stays(lab):
    """A static neighbor is never overwritten.

    Steps: advertise another MAC for B's address with override, and solicit with it.
    Verify: packets still go to the configured MAC.
    """
    advertise(lab, "2001:db8:b::2", SOLICITED | OVERRIDE, MAC_E)
    lab.exchange(b=[lab.from_b(nd.ns("2001:db8:b::2", R_B, MAC_E, dst=R_B), MAC_RB, MAC_E)],
                 settle_s=SETTLE_S)
    frame = lab.from_a(udp(A, "2001:db8:b::2", 100))
    lab.check(a_in=[frame], b_out=[lab.to_b(frame, MAC_B)], drops={})


def test_n05_resolved(lab, host):
    """Packets to an unknown neighbor wait for it, the newest few.

    Steps: send 8 packets to an unknown on-link address; advertise it after the solicitation.
    Verify: the newest 3 leave in order, the others are counted as neigh_hold.
    """
    frames = start_resolving(lab, host, 8)
    time.sleep(SETTLE_S)
    _, got_b = advertise(lab, host, SOLICITED | OVERRIDE, MAC_D)
    expect.assert_frames(got_b, [lab.to_b(f, MAC_D) for f in frames[-3:]])
    assert lab.drops() == {"neigh_hold": 5}


def test_n05_next_hop(lab, host):
    """The same for a route's next hop.

    Steps: a route via an unknown next hop; send; advertise the next hop.
    Verify: the solicitation asks for the next hop, the packet leaves to its MAC.
    """
    with lab.mtud.having(f"add route 2001:db8:5::/48 via {host}"):
        frame = lab.from_a(udp(A, "2001:db8:5::1", 100))
        lab.a.send(frame)
        got = lab.b.until(lambda f: nd.is_ns(f, host), 2)
        assert got[-1] in {nd.ns_frame(src, host, MAC_RB) for src in (R_B, LL_RB)}
        _, got_b = advertise(lab, host, SOLICITED | OVERRIDE, MAC_D)
        expect.assert_frames(got_b, [lab.to_b(frame, MAC_D)])


def test_n05_unreachable(lab, host):
    """Nobody answers: three solicitations, one a second, then Unreachable code 3.

    Steps: send 4 packets to an unknown on-link address and wait.
    Verify: three solicitations a second apart; then Unreachable code 3 for the 3 newest packets
    to their source, nothing forwarded.
    """
    packets = [udp(A, host, 100, sport=1 + i) for i in range(4)]
    start = time.monotonic()
    lab.a.send(*[lab.from_a(p) for p in packets])
    asked = []
    while len(asked) < 3 and (got := lab.b.until(lambda f: nd.is_ns(f, host), 2)):
        assert len(got) == 1 and got[0] in {nd.ns_frame(s, host, MAC_RB) for s in (R_B, LL_RB)}
        asked.append(time.monotonic() - start)
    assert len(asked) == 3, asked
    for i, at in enumerate(asked):
        assert i - 0.1 <= at <= i + 0.6, asked
    answers = []
    while len(answers) < 3 and (frame := lab.a.receive(2)):
        answers.append(frame)
    assert time.monotonic() - start >= 2.9
    expect.assert_frames(answers, [lab.error_to_a(UNREACH, ADDRESS, 0, p) for p in packets[1:]])
    got_a, got_b = lab.exchange(settle_s=1.2)
    expect.assert_frames(got_a, [])
    expect.assert_frames(got_b, [])
    assert lab.drops() == {"neigh_failed": 3, "neigh_hold": 1}


def test_n05_probes_a_neighbor_in_doubt(lab, host):
    """A stale neighbor that is used is probed by unicast after 5 seconds (DELAY, PROBE).

    Steps: learn a neighbor as STALE, send one packet through it, wait.
    Verify: the packet leaves at once; a unicast solicitation to its MAC after 5 seconds; an
    answer makes it REACHABLE.
    """
    frames = start_resolving(lab, host)
    _, got_b = advertise(lab, host, 0, MAC_D)
    expect.assert_frames(got_b, [lab.to_b(frames[0], MAC_D)])
    frame = lab.from_a(udp(A, host, 90))
    start = time.monotonic()
    lab.check(a_in=[frame], b_out=[lab.to_b(frame, MAC_D)], drops={})
    probe = lab.b.until(lambda f: nd.is_ns(f, host), 8)
    assert 4.0 <= time.monotonic() - start <= 7.0
    assert probe[-1] in {nd.ns_frame(src, host, MAC_RB, MAC_D) for src in (R_B, LL_RB)}
    advertise(lab, host, SOLICITED, MAC_D)
    assert state(lab, host) == ("REACHABLE", MAC_D)


def dad_target(frame):
    """Target of a DAD probe that is right in every field; None for other frames."""
    ip = frame[ETHER:]
    if len(ip) < 64 or ip[6] != 58 or ip[40] != 135 or ip[8:24] != bytes(16):
        return None
    target = nd.text(ip[48:64])
    options = ip[64:]
    assert options == b"" or (options[:2] == bytes([nd.NONCE, 1]) and len(options) == 8)
    group = nd.solicited_node(target)
    assert frame == expect.ether(nd.group_mac(group), mac_text(frame[6:12])) + \
        nd.ns("::", target, options=options)
    return target


def mac_text(mac):
    return ":".join(f"{x:02x}" for x in mac)


def test_n10_port_comes_up(binary):
    """A port that comes up checks its addresses and joins their groups.

    Steps: start mtud and listen from before the start.
    Verify: on each port DAD probes for the link-local and the configured address, from the
    port's MAC, and MLDv2 reports with Router Alert that join all-routers and the solicited-node
    groups, that of the subnet-router anycast address among them (RFC 4291 section 2.8).
    """
    bench = Lab(binary, CONFIG)
    try:
        bench.mtud.wait_ready()
        seen = {bench.a: [], bench.b: []}
        end = time.monotonic() + 3.5
        while time.monotonic() < end:
            for tap in seen:
                seen[tap] += tap.frames(0.1)
        for tap, mac, link_local, ours in ((bench.a, MAC_RA, LL_RA, R_A),
                                           (bench.b, MAC_RB, LL_RB, R_B)):
            frames = seen[tap]
            assert all(f[6:12] == mac_bytes(mac) for f in frames)
            targets = {packed(t) for t in map(dad_target, frames) if t}
            assert targets == {packed(link_local), packed(ours)}
            joined = {}
            for groups in filter(None, map(nd.mld_groups, frames)):
                joined.update({packed(g): kind for g, kind in groups.items()})
            wanted = {packed(nd.solicited_node(ours)), packed(nd.solicited_node(link_local)),
                      packed(nd.solicited_node("::")), packed(nd.ALL_ROUTERS)}
            assert wanted <= joined.keys()
            assert all(kind == 4 for kind in joined.values()), "CHANGE_TO_EXCLUDE_MODE joins"
            assert packed(nd.ALL_NODES) not in joined, "ff02::1 is never reported"
        bench.close()
    finally:
        bench.close(check=False)


def test_n10_query(lab):
    """An MLD query is answered (RFC 3810 section 6.2).

    Steps: a general query of version 2, and one of version 1, that allow 200 ms.
    Verify: a report of our groups from the port's link-local address; nothing for a query with
    another hop limit.
    """
    def query(hop_limit, tail):
        message = icmpv6(LL_A, nd.ALL_NODES, 130, 0, struct.pack("!HH", 200, 0) + bytes(16) +
                         tail)[40:]
        alert = bytes([58, 0, 5, 2, 0, 0, 1, 0])
        return lab.from_a(ipv6(LL_A, nd.ALL_NODES, 0, alert + message, hop_limit=hop_limit),
                          nd.group_mac(nd.ALL_NODES))

    for tail in (bytes([2, 20, 0, 0]), b""):
        got_a, got_b = lab.exchange(a=[query(1, tail)], settle_s=0.6)
        expect.assert_frames(got_b, [])
        reports = [nd.mld_groups(frame) for frame in got_a]
        assert reports and all(reports)
        joined = {packed(group) for groups in reports for group in groups}
        assert {packed(nd.solicited_node(R_A)), packed(nd.ALL_ROUTERS)} <= joined
        assert all(frame[22:38] == packed(LL_RA) for frame in got_a)
    lab.check(a_in=[query(64, b"")], drops={"nd_hop_limit": 1}, settle_s=0.4)


def test_n10_duplicate(binary):
    """Somebody else has the address: mtud does not use it, and says so.

    Steps: answer mtud's DAD probe for R_A with an advertisement.
    Verify: `show address` calls it duplicate, solicitations for it are not answered, the other
    port is not touched.
    """
    bench = Lab(binary, CONFIG)
    try:
        probe = bench.a.until(lambda f: dad_target(f) and packed(dad_target(f)) == packed(R_A), 20)
        assert probe and dad_target(probe[-1])
        packet = nd.na(R_A, nd.ALL_NODES, R_A, OVERRIDE, MAC_D)
        bench.a.send(bench.from_a(packet, nd.group_mac(nd.ALL_NODES), MAC_D))
        bench.mtud.wait_ready()
        time.sleep(2.5)
        states = {e["address"].split("/")[0]: e["state"] for e in bench.mtud.json("show address")}
        assert states[R_A].lower() == "duplicate", states
        assert states[R_B].lower() == "preferred", states
        bench.a.drain()
        bench.a.send(bench.from_a(nd.ns(A, R_A, MAC_A), nd.group_mac(nd.solicited_node(R_A))))
        assert not [f for f in bench.a.frames(0.5) if f[ETHER + 40] == 136]
        bench.close()
    finally:
        bench.close(check=False)


@pytest.fixture(scope="module")
def flooded(binary):
    """A lab of its own for floods."""
    with Lab(binary, CONFIG) as bench:
        yield bench


def working_neighbor(lab, addr):
    frames = start_resolving(lab, addr)
    _, got_b = advertise(lab, addr, SOLICITED | OVERRIDE, MAC_D)
    assert lab.to_b(frames[0], MAC_D) in got_b
    assert state(lab, addr) == ("REACHABLE", MAC_D)


def still_works(lab, addr):
    frame = lab.from_a(udp(A, addr, 111))
    got = lab.exchange(a=[frame])[1]
    assert lab.to_b(frame, MAC_D) in got


def test_n11_scan(flooded):
    """Packets to every address of a /64 do not evict working neighbors (RFC 6583).

    Steps: a working neighbor; then 20000 packets to as many addresses of its prefix.
    Verify: the cache stays bounded, what had no place is counted, the neighbor works during the
    scan and after it, and so do static ones.
    """
    lab, addr = flooded, "2001:db8:b::900d"
    lab.clear()
    working_neighbor(lab, addr)
    for i in range(20000):
        lab.a.send(lab.from_a(udp(A, f"2001:db8:b::5:{i >> 16:x}:{i & 0xffff:x}", 60)))
        if i % 500 == 499:
            still_works(lab, addr)
    drops = lab.drops()
    assert state(lab, addr)[1] == MAC_D
    assert len(neighbors(lab)) < 10000
    assert sum(drops.get(r, 0) for r in ("neigh_full", "neigh_gone", "punt_full")) > 0, drops
    still_works(lab, addr)
    # What waited comes to its end, and a new neighbor is resolved as before.
    time.sleep(4)
    lab.clear()
    working_neighbor(lab, "2001:db8:b::900e")


def test_n11_solicitation_flood(flooded):
    """Solicitations from made-up neighbors do not evict working ones.

    Steps: a working neighbor; then 20000 solicitations from as many addresses and MACs.
    Verify: the cache stays bounded and the neighbor works; static ones too.
    """
    lab, addr = flooded, "2001:db8:b::900f"
    lab.clear()
    working_neighbor(lab, addr)
    group = nd.group_mac(nd.solicited_node(R_B))
    for i in range(20000):
        mac = f"02:11:00:00:{i >> 8:02x}:{i & 0xff:02x}"
        lab.b.send(lab.from_b(nd.ns(f"2001:db8:b::6:{i:x}", R_B, mac), group, mac))
        if i % 500 == 499:
            still_works(lab, addr)
    assert state(lab, addr)[1] == MAC_D
    assert len(neighbors(lab)) < 10000
    still_works(lab, addr)
