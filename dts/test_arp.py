# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""ARP: row V10 of the packet table (README.md)."""

import itertools
import struct
import time

import pytest

from lab import arp, expect
from lab.expect import ETHER, HOST4, UNREACH4, ipv4, udp
from lab.lab import (A4, B4, CONFIG, FAR4, MAC_A, MAC_B, MAC_RA, MAC_RB, NEIGHBORS, NEIGHBORS4,
                     R4_A, R4_B, Lab)

SETTLE_S = 0.2  # the control thread's time to answer
MAC_D, MAC_E = "02:00:00:00:0d:0d", "02:00:00:00:0e:0e"
GROUP_MAC = "01:00:5e:00:00:01"
_hosts = itertools.count(16)


def neighbors(lab):
    """(address, port) -> entry."""
    return {(e["address"], e["port"]): e for e in lab.mtud.json("show neighbor")}


def state(lab, addr, port=1):
    entry = neighbors(lab).get((addr, port))
    return (entry["state"], entry["lladdr"]) if entry else None


@pytest.fixture
def host(lab):
    """An address of B's link that nobody has used; forgotten afterwards."""
    addr = f"198.51.100.{next(_hosts)}"
    yield addr
    lab.mtud.cmd(f"del neighbor {addr} port 1")


def start_resolving(lab, addr, count=1):
    """Have A send to an unknown neighbor on B; return the frames sent, after checking mtud's
    request to the last bit."""
    frames = [lab.from_a(udp(A4, addr, 100, sport=1 + i)) for i in range(count)]
    lab.a.send(*frames)
    got = lab.b.until(lambda f: arp.is_request(f, addr), 2)
    assert got
    expect.assert_frame(got[-1], arp.request(R4_B, addr, MAC_RB))
    return frames


def tell(lab, *frames):
    """Frames in at B; what came out."""
    return lab.exchange(b=frames, settle_s=SETTLE_S)


def test_v10_request(lab):
    """A request for an address of ours is answered, in a unicast frame.

    Steps: ask by broadcast and by unicast, with rubbish as target MAC, without padding.
    Verify: the reply of RFC 826 to the asker, padded with zeros to 60 octets.
    """
    asked = arp.request(A4, R4_A, MAC_A)
    rubbish = arp.frame(arp.BROADCAST, MAC_A, arp.body(1, MAC_A, A4, MAC_D, R4_A))
    frames = [asked, arp.request(A4, R4_A, MAC_A, MAC_RA), rubbish, asked[:42],
              asked + b"\xee" * 100]
    lab.check(a_in=frames, a_out=[arp.reply(R4_A, A4, MAC_RA, MAC_A)] * len(frames), drops={},
              icmp={}, settle_s=SETTLE_S)


def test_v10_request_learns_the_asker(lab):
    """Who asks for us is learned (RFC 826), by its newest MAC.

    Steps: an unknown host asks, then asks again with another MAC.
    Verify: the answer goes to its MAC, the entry has it; packets for it leave without a question.
    """
    src = "192.0.2.51"
    try:
        for mac in (MAC_D, MAC_E):
            lab.check(a_in=[arp.request(src, R4_A, mac)],
                      a_out=[arp.reply(R4_A, src, MAC_RA, mac)], drops={}, settle_s=SETTLE_S)
            assert state(lab, src, 0)[1] == mac
            frame = lab.from_b(udp(B4, src, 100))
            lab.check(b_in=[frame], a_out=[lab.to_a(frame, mac)], drops={})
    finally:
        lab.mtud.cmd(f"del neighbor {src} port 0")


def test_v10_probe(lab):
    """A probe for our address, from 0.0.0.0, is answered: it is in use (RFC 5227 section 2.1.1).

    Steps: a probe for our address, and one for another.
    Verify: a reply to the prober, none to the other; nothing is learned.
    """
    before = neighbors(lab).keys()
    got_a, _ = lab.exchange(a=[arp.request("0.0.0.0", R4_A, MAC_D)], settle_s=SETTLE_S)
    expect.assert_frames(got_a, [arp.reply(R4_A, "0.0.0.0", MAC_RA, MAC_D)])
    got_a, _ = lab.exchange(a=[arp.request("0.0.0.0", "192.0.2.77", MAC_D)], settle_s=SETTLE_S)
    expect.assert_frames(got_a, [])
    assert neighbors(lab).keys() == before


def test_v10_for_others(lab):
    """ARP between others, and for our address of another port, is none of our business.

    Steps: requests and replies between hosts of the link; a request for our address on port 1.
    Verify: no answer, nothing learned, arp_not_ours counts each.
    """
    before = neighbors(lab).keys()
    frames = [arp.request("192.0.2.61", "192.0.2.62", MAC_D),
              arp.reply("192.0.2.62", "192.0.2.61", MAC_E, MAC_RA),
              arp.request("192.0.2.61", R4_B, MAC_D)]
    lab.check(a_in=frames, drops={"arp_not_ours": len(frames)}, icmp={}, settle_s=SETTLE_S)
    assert neighbors(lab).keys() == before


def test_v10_asker_of_another_link(lab):
    """Who asks from an address of no link of this port may be answered, but is not learned: its
    address does not lie there.

    Steps: requests for us from such addresses.
    Verify: at most a reply to each; no entry.
    """
    before = neighbors(lab).keys()
    for src in ("203.0.113.61", "198.51.100.61"):
        got_a, got_b = lab.exchange(a=[arp.request(src, R4_A, MAC_D)], settle_s=SETTLE_S)
        assert got_a in ([], [arp.reply(R4_A, src, MAC_RA, MAC_D)]) and got_b == []
    assert neighbors(lab).keys() == before


def bad_messages():
    """name -> (frame, reason)."""
    src = "192.0.2.66"
    good = arp.body(1, MAC_D, src, arp.NO_MAC, R4_A)

    def asked(packet, dst=arp.BROADCAST, mac=MAC_D):
        return arp.frame(dst, mac, packet)

    def sender(mac, addr, op=1):
        return asked(arp.body(op, mac, addr, arp.NO_MAC, R4_A), mac=MAC_D)

    fields = {"htype": 6, "ptype": 0x86dd, "hlen": 8, "plen": 16}
    cases = {name: (asked(arp.body(1, MAC_D, src, arp.NO_MAC, R4_A, **{name: value})),
                    "arp_malformed") for name, value in fields.items()}
    cases |= {f"hlen-{n}": (asked(arp.body(1, MAC_D, src, arp.NO_MAC, R4_A, hlen=n)),
                            "arp_malformed") for n in (0, 255)}
    cases |= {f"operation-{n}": (asked(good[:6] + struct.pack("!H", n) + good[8:]),
                                 "arp_malformed") for n in (0, 3, 4, 8, 256, 65535)}
    cases |= {f"short-{n}": (expect.ether(arp.BROADCAST, MAC_D, expect.ETHERTYPE_ARP) + good[:n],
                             "arp_malformed") for n in (1, 8, 14, 27)}
    cases |= {
        "sender-mac-0": (sender(arp.NO_MAC, src), "arp_address"),
        "sender-mac-group": (sender(GROUP_MAC, src), "arp_address"),
        "sender-mac-broadcast": (sender(arp.BROADCAST, src), "arp_address"),
        "sender-loopback": (sender(MAC_D, "127.0.0.1"), "arp_address"),
        "sender-multicast": (sender(MAC_D, "224.0.0.1"), "arp_address"),
        "sender-limited-broadcast": (sender(MAC_D, "255.255.255.255"), "arp_address"),
        "sender-class-e": (sender(MAC_D, "240.0.0.1"), "arp_address"),
        "sender-network-0": (sender(MAC_D, "0.0.0.9"), "arp_address"),
        "reply-of-0": (sender(MAC_D, "0.0.0.0", op=2), "arp_address"),
    }
    return cases


def test_v10_malformed(lab):
    """What is no sound ARP of Ethernet and IPv4 is dropped by name and has no effect.

    Steps: messages wrong in one way each, from a host that mtud does not know.
    Verify: no answer, no neighbor learned, one count of its reason for each.
    """
    before = neighbors(lab).keys()
    cases = bad_messages()
    for name, (frame, reason) in cases.items():
        counted = lab.drops().get(reason, 0)
        got_a, got_b = lab.exchange(a=[frame])
        end = time.monotonic() + 2  # the control thread's time to read it
        while lab.drops().get(reason, 0) == counted and time.monotonic() < end:
            time.sleep(0.005)
        assert lab.drops().get(reason, 0) == counted + 1, name
        assert not got_a and not got_b, name
    expect.assert_frames(lab.exchange(settle_s=SETTLE_S)[0], [])
    assert sum(lab.drops().values()) == len(cases)
    assert neighbors(lab).keys() == before


@pytest.mark.parametrize("addr", ["198.51.100.255", "198.51.100.0", R4_B])
def test_v10_sender_that_is_no_host(lab, addr):
    """The broadcast or network address of a link, or ours from our own MAC, is never learned.

    Steps: a request and a reply with that sender.
    Verify: no entry.
    """
    mac = MAC_RB if addr == R4_B else MAC_D
    before = neighbors(lab).keys()
    tell(lab, arp.request(addr, R4_B, mac), arp.reply(addr, R4_B, mac, MAC_RB))
    assert neighbors(lab).keys() == before


def test_v10_resolved(lab, host):
    """Packets to an unknown neighbor wait for it, the newest few.

    Steps: send 8 packets to an unknown on-link address; answer mtud's request.
    Verify: the request is right to the bit; the newest 3 leave in order, the others are counted.
    """
    frames = start_resolving(lab, host, 8)
    time.sleep(SETTLE_S)
    _, got_b = tell(lab, arp.reply(host, R4_B, MAC_D, MAC_RB))
    expect.assert_frames(got_b, [lab.to_b(f, MAC_D) for f in frames[-3:]])
    assert lab.drops() == {"neigh_hold": 5}
    assert state(lab, host) == ("REACHABLE", MAC_D)


def test_v10_resolved_by_a_request(lab, host):
    """A request of the neighbor for us tells its MAC as well.

    Steps: a packet waits for a host, which asks for our address meanwhile.
    Verify: it gets its reply, and the packet.
    """
    frames = start_resolving(lab, host)
    _, got_b = tell(lab, arp.request(host, R4_B, MAC_D))
    assert sorted(got_b) == sorted([arp.reply(R4_B, host, MAC_RB, MAC_D),
                                    lab.to_b(frames[0], MAC_D)])


def test_v10_next_hop(lab, host):
    """The same for a route's next hop; order holds for what comes while it is resolved.

    Steps: a route via an unknown next hop; 3 numbered packets, its reply, 20 more at once.
    Verify: the request asks for the next hop; all leave to its MAC, in order, but for those that
    had to make room while the reply was not read yet.
    """
    with lab.mtud.having(f"add route 203.0.113.0/24 via {host}"):
        frames = [lab.from_a(ipv4(A4, "203.0.113.9", 17, struct.pack("!HHHHI", 1, 9, 12, 0, i)))
                  for i in range(23)]
        lab.a.send(*frames[:3])
        asked = lab.b.until(lambda f: arp.is_request(f, host), 2)
        expect.assert_frames(asked, [arp.request(R4_B, host, MAC_RB)])
        lab.b.send(arp.reply(host, R4_B, MAC_D, MAC_RB))
        lab.a.send(*frames[3:])
        got = [f for f in lab.exchange(settle_s=SETTLE_S)[1] if f[12:14] == b"\x08\x00"]
        numbers = [struct.unpack_from("!I", f, ETHER + 28)[0] for f in got]
        assert numbers == sorted(numbers) and numbers[-3:] == [20, 21, 22]
        assert len(got) + lab.drops().get("neigh_hold", 0) == len(frames)
        for frame, number in zip(got, numbers):
            expect.assert_frame(frame, lab.to_b(frames[number], MAC_D))


def test_v10_unreachable(lab, host):
    """Nobody answers: three requests, one a second, then host unreachable (RFC 1812 section
    5.2.7.1).

    Steps: send 4 packets to an unknown on-link address and wait.
    Verify: three requests a second apart; then code 1 about the 3 newest packets, nothing
    forwarded.
    """
    packets = [udp(A4, host, 100, sport=1 + i) for i in range(4)]
    start = time.monotonic()
    lab.a.send(*map(lab.from_a, packets))
    asked = []
    while len(asked) < 3 and (got := lab.b.until(lambda f: arp.is_request(f, host), 2)):
        expect.assert_frames(got, [arp.request(R4_B, host, MAC_RB)])
        asked.append(time.monotonic() - start)
    assert len(asked) == 3, asked
    for i, at in enumerate(asked):
        assert i - 0.1 <= at <= i + 0.6, asked
    answers = []
    while len(answers) < 3 and (frame := lab.a.receive(2)):
        answers.append(frame)
    assert time.monotonic() - start >= 2.9
    expect.assert_frames(answers, [lab.error4_to_a(UNREACH4, HOST4, p) for p in packets[1:]])
    got_a, got_b = lab.exchange(settle_s=1.2)
    expect.assert_frames(got_a, [])
    expect.assert_frames(got_b, [])
    assert lab.drops() == {"neigh_failed": 3, "neigh_hold": 1}


def test_v10_gratuitous(lab, host):
    """A gratuitous announcement updates a known entry and makes no new one.

    Steps: a request and a reply with sender and target the same, from a host that mtud does not
    know, and from one that it knows with another MAC.
    Verify: no entry; then the new MAC is used. No answer to any.
    """
    def gratuitous(mac):
        return [arp.announcement(host, mac),
                arp.frame(arp.BROADCAST, mac, arp.body(2, mac, host, mac, host))]

    got_a, got_b = tell(lab, *gratuitous(MAC_D))
    expect.assert_frames(got_a + got_b, [])
    assert state(lab, host) is None
    start_resolving(lab, host)
    tell(lab, arp.reply(host, R4_B, MAC_D, MAC_RB))
    for mac, frame in zip((MAC_E, MAC_B), (gratuitous(MAC_E)[0], gratuitous(MAC_B)[1])):
        got_a, got_b = tell(lab, frame)
        expect.assert_frames(got_a + got_b, [])
        assert state(lab, host)[1] == mac
        packet = lab.from_a(udp(A4, host, 120))
        lab.check(a_in=[packet], b_out=[lab.to_b(packet, mac)])


def test_v10_unasked_reply(lab, host):
    """A reply to a question that nobody asked makes no entry.

    Steps: a unicast reply of an unknown address.
    Verify: no entry, no frame out.
    """
    got_a, got_b = tell(lab, arp.reply(host, R4_B, MAC_D, MAC_RB))
    expect.assert_frames(got_a + got_b, [])
    assert state(lab, host) is None


def test_v10_static_stays(lab):
    """A static neighbor is never overwritten.

    Steps: request, reply and announcement of B's address with another MAC.
    Verify: packets still go to the configured MAC.
    """
    tell(lab, arp.request(B4, R4_B, MAC_E), arp.reply(B4, R4_B, MAC_E, MAC_RB),
         arp.announcement(B4, MAC_E))
    frame = lab.from_a(udp(A4, FAR4, 100))
    lab.check(a_in=[frame], b_out=[lab.to_b(frame, MAC_B)])


def test_v10_probes_a_neighbor_in_doubt(lab, host):
    """A neighbor that has not been heard of is asked by unicast (RFC 1122 section 2.3.2.1).

    Steps: learn a neighbor from its request (STALE), send one packet through it, wait.
    Verify: the packet leaves at once; a unicast request to its MAC after 5 seconds; a reply makes
    it REACHABLE.
    """
    tell(lab, arp.request(host, R4_B, MAC_D))
    assert state(lab, host) == ("STALE", MAC_D)
    frame = lab.from_a(udp(A4, host, 90))
    start = time.monotonic()
    lab.check(a_in=[frame], b_out=[lab.to_b(frame, MAC_D)], drops={})
    probe = lab.b.until(lambda f: arp.is_request(f, host), 8)
    assert 4.0 <= time.monotonic() - start <= 7.0
    expect.assert_frames(probe, [arp.request(R4_B, host, MAC_RB, MAC_D)])
    tell(lab, arp.reply(host, R4_B, MAC_D, MAC_RB))
    assert state(lab, host) == ("REACHABLE", MAC_D)


def test_v10_port_comes_up(binary):
    """Our addresses are announced when their port comes up (RFC 5227 section 2.3).

    Steps: start mtud and listen from before the start.
    Verify: for each port two broadcast requests with sender and target its address, 2 s apart, and
    no other ARP.
    """
    bench = Lab(binary, CONFIG)
    try:
        seen = {bench.a: [], bench.b: []}
        end = time.monotonic() + 30
        while time.monotonic() < end:
            for tap, frames in seen.items():
                frames += [(time.monotonic(), f) for f in tap.frames(0.05) if arp.is_arp(f)]
            if end - time.monotonic() > 2.5 and all(len(frames) >= 2 for frames in seen.values()):
                end = time.monotonic() + 2.5  # a third one would come by then
        for tap, addr, mac in ((bench.a, R4_A, MAC_RA), (bench.b, R4_B, MAC_RB)):
            expect.assert_frames([f for _, f in seen[tap]], [arp.announcement(addr, mac)] * 2)
            first, second = (at for at, _ in seen[tap])
            assert 1.7 <= second - first <= 2.5
        bench.close()
    finally:
        bench.close(check=False)


def test_v10_address_added_later(lab):
    """An address that is added while the port is up is announced too; one that is gone is
    answered for no more.

    Steps: add a second address to port 1, listen; ask for it; delete it, ask again.
    Verify: two announcements; the reply; silence.
    """
    addr = "203.0.113.17"
    with lab.mtud.having(f"add address {addr}/28 port 1"):
        got_a, got_b = lab.exchange(settle_s=2.6)
        expect.assert_frames(got_a, [])
        got_b += lab.b.drain()
        expect.assert_frames(got_b, [arp.announcement(addr, MAC_RB)] * 2)
        ask = arp.request("203.0.113.18", addr, MAC_D)
        _, got_b = tell(lab, ask)
        expect.assert_frames(got_b, [arp.reply(addr, "203.0.113.18", MAC_RB, MAC_D)])
    _, got_b = tell(lab, ask)
    expect.assert_frames(got_b, [])


@pytest.fixture(scope="module")
def flooded(binary):
    """A lab of its own for floods, its port 1 on a /16."""
    config = [*CONFIG, "add address 198.19.0.1/16 port 1"]
    with Lab(binary, config) as bench:
        yield bench


def test_v10_conflict(flooded):
    """Somebody else uses our address: it is logged and defended, not too often (RFC 5227 section
    2.4 (b)).

    Steps: another MAC announces our address, as request and as reply, twelve times.
    Verify: the log names address and MAC; one announcement of ours answers; we keep the address
    and answer for it; the other is not learned.
    """
    lab = flooded
    lab.clear()
    claims = [arp.announcement(R4_A, MAC_D),
              arp.frame(arp.BROADCAST, MAC_D, arp.body(2, MAC_D, R4_A, MAC_D, R4_A))]
    got_a, got_b = [], []
    for _ in range(6):
        out = lab.exchange(a=claims, settle_s=0.1)
        got_a += out[0]
        got_b += out[1]
    expect.assert_frames(got_a, [arp.announcement(R4_A, MAC_RA)])
    expect.assert_frames(got_b, [])
    assert any(R4_A in line and MAC_D in line.lower() for line in lab.mtud.log().splitlines())
    assert state(lab, R4_A, 0) is None
    lab.check(a_in=[arp.request(A4, R4_A, MAC_A)],
              a_out=[arp.reply(R4_A, A4, MAC_RA, MAC_A)], settle_s=SETTLE_S)


def still_works(lab, addr):
    frame = lab.from_a(udp(A4, addr, 111))
    got = lab.exchange(a=[frame])[1]
    assert lab.to_b(frame, MAC_D) in got


def working_neighbor(lab, addr):
    lab.a.send(lab.from_a(udp(A4, addr, 100)))
    assert lab.b.until(lambda f: arp.is_request(f, addr), 2)
    lab.exchange(b=[arp.reply(addr, R4_B, MAC_D, MAC_RB)], settle_s=SETTLE_S)
    assert state(lab, addr) == ("REACHABLE", MAC_D)


def test_v10_scan(flooded):
    """Packets to every address of an on-link /16 do not evict working neighbors.

    Steps: a working neighbor; then 20000 packets to as many addresses of the /16.
    Verify: the cache stays bounded, what had no place is counted, the neighbor works during the
    scan and after it; a new one is resolved as before.
    """
    lab, addr = flooded, "198.51.100.200"
    lab.clear()
    working_neighbor(lab, addr)
    for i in range(256, 20256):
        lab.a.send(lab.from_a(udp(A4, f"198.19.{i >> 8}.{i & 255}", 60)))
        if i % 500 == 255:
            still_works(lab, addr)
    drops = lab.drops()
    assert state(lab, addr)[1] == MAC_D
    assert len(neighbors(lab)) < 10000
    assert sum(drops.get(r, 0) for r in ("neigh_full", "neigh_gone", "punt_full")) > 0, drops
    still_works(lab, addr)
    time.sleep(3.5)  # what waits for the scanned ones comes to its end
    lab.clear()
    working_neighbor(lab, "198.51.100.201")


def test_v10_request_flood(flooded):
    """Requests from made-up neighbors do not evict working ones.

    Steps: a working neighbor; then 20000 requests for us from as many addresses and MACs.
    Verify: the cache stays bounded and the neighbor works; static ones too.
    """
    lab, addr = flooded, "198.51.100.202"
    lab.clear()
    working_neighbor(lab, addr)
    for i in range(256, 20256):
        mac = f"02:11:00:00:{i >> 8:02x}:{i & 0xff:02x}"
        lab.b.send(arp.request(f"198.19.{i >> 8}.{i & 255}", "198.19.0.1", mac))
        if i % 500 == 255:
            still_works(lab, addr)
    assert state(lab, addr)[1] == MAC_D
    assert len(neighbors(lab)) < 10000
    still_works(lab, addr)


def test_v10_link_without_address(binary):
    """A port without an IPv4 address asks from an address of another port, as IPv6 borrows a
    source for its errors.

    Steps: port 1 has only an IPv6 address and an on-link IPv4 route; send to a host in it, answer
    mtud's request.
    Verify: the request names R4_A and port 1's MAC; the packet leaves to the host.
    """
    config = ["set icmp rate 0 burst 1", f"add address {R4_A}/24 port 0",
              "add address 2001:db8:a::1/64 port 0", "add address 2001:db8:b::1/64 port 1",
              *NEIGHBORS, NEIGHBORS4[0], "add route 203.0.113.0/24 port 1"]
    with Lab(binary, config) as lab:
        frame = lab.from_a(udp(A4, "203.0.113.5", 100))
        lab.a.send(frame)
        asked = lab.b.until(lambda f: arp.is_request(f, "203.0.113.5"), 2)
        expect.assert_frames(asked, [arp.request(R4_A, "203.0.113.5", MAC_RB)])
        got_b = tell(lab, arp.reply("203.0.113.5", R4_A, MAC_D, MAC_RB))[1]
        expect.assert_frames(got_b, [lab.to_b(frame, MAC_D)])
