# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Neighbors that lie: what of Neighbor Discovery, ARP and ICMP changes mtud's tables, and what must
not. README.md's table "Poisoning" names the sentence of the RFC for each row."""

import struct
import time

import pytest

from lab import arp, expect, nd
from lab.expect import ETHER, REDIRECT, icmp4, icmpv6, ipv6, mac_bytes, packed, udp
from lab.lab import (A, A4, FAR4_1280, FAR_1280, LL_B, LL_RB, MAC_RA, MAC_RB, R4_A, R4_B, R_A,
                     R_B)
from lab.nd import OVERRIDE, SOLICITED

VICTIM, VICTIM4 = "2001:db8:b::1c", "198.51.100.28"
LIAR, LIAR4 = "2001:db8:b::1a", "198.51.100.26"
MAC_V, MAC_L = "02:00:00:00:0d:01", "02:00:00:00:0e:01"
BOTH = SOLICITED | OVERRIDE
NODES, ROUTERS = nd.group_mac(nd.ALL_NODES), nd.group_mac(nd.ALL_ROUTERS)
PATIENCE_S = 15


def entries(lab):
    """(address, port) -> (state, MAC): states of what nobody uses move on by themselves."""
    return {(e["address"], e["port"]): e["lladdr"] for e in lab.mtud.json("show neighbor")}


def known(lab, ask, answer, target):
    """Have mtud resolve a target of B's link."""
    lab.a.send(ask)
    got = lab.b.until(lambda f: nd.is_ns(f, target) if ":" in target else
                      arp.is_request(f, target), PATIENCE_S)
    assert got
    lab.b.send(answer)
    assert lab.b.until(lambda f: f[ETHER:] == expect.one_hop_on(ask[ETHER:]), PATIENCE_S)


def wait_for(lab, entry, mac):
    """Until an entry has this MAC; the control thread takes its time."""
    end = time.monotonic() + PATIENCE_S
    while entries(lab).get(entry) != mac and time.monotonic() < end:
        time.sleep(0.01)
    assert entries(lab)[entry] == mac


@pytest.fixture
def victim(lab):
    """The lab, with a neighbor of each family on B's link that has just proved to be there."""
    known(lab, lab.from_a(udp(A, VICTIM, 80)),
          lab.from_b(nd.na(VICTIM, R_B, VICTIM, BOTH, MAC_V), MAC_RB, MAC_V), VICTIM)
    known(lab, lab.from_a(udp(A4, VICTIM4, 80)), arp.reply(VICTIM4, R4_B, MAC_V, MAC_RB), VICTIM4)
    lab.clear()
    yield lab
    for addr in (VICTIM, VICTIM4, LIAR, LIAR4):
        lab.mtud.cmd(f"del neighbor {addr} port 1")


def behind(packet, *headers, first):
    """A packet with extension headers in front of its message; `first` names the first of them."""
    payload = b"".join(headers) + packet[40:]
    return packet[:4] + struct.pack("!HB", len(payload), first) + packet[7:40] + payload


def extension(next_header):
    """Eight octets of padding options."""
    return bytes([next_header, 0, 1, 4, 0, 0, 0, 0])


def fragment(next_header, field=0):
    """A fragment header; without a field an atomic one."""
    return struct.pack("!BBHI", next_header, 0, field, 0x1234)


NA = nd.na(VICTIM, R_B, VICTIM, BOTH, MAC_L)
NS = nd.ns(VICTIM, R_B, MAC_L)
RS = nd.rs(VICTIM, MAC_L)
SOLICITED_NODE = nd.group_mac(nd.solicited_node(R_B))


def lladdr(kind, mac):
    return bytes([kind, 1]) + mac_bytes(mac)


def redirect(source, target, dst):
    body = bytes(4) + packed(target) + packed(dst) + lladdr(nd.TARGET_LLADDR, MAC_L)
    return icmpv6(source, R_B, REDIRECT, 0, body, hop_limit=255)


# name -> (packet, Ethernet destination, reason); all claim that the victim is at the liar's MAC.
ND_REFUSED = {
    "na-hop-limit": (nd.na(VICTIM, R_B, VICTIM, BOTH, MAC_L, hop_limit=254), MAC_RB,
                     "nd_hop_limit"),
    "na-atomic-fragment": (behind(NA, fragment(58), first=44), MAC_RB, "nd_fragment"),
    "na-first-fragment": (behind(NA, fragment(58, 1), first=44), MAC_RB, "nd_fragment"),
    "na-later-fragment": (behind(NA, fragment(58, 8 << 3), first=44), MAC_RB, "local_fragment"),
    "na-fragment-behind-options": (behind(NA, extension(44), fragment(58), first=60), MAC_RB,
                                   "nd_fragment"),
    "na-fragment-behind-hop-by-hop": (behind(NA, extension(44), fragment(58), first=0), MAC_RB,
                                      "nd_fragment"),
    "na-options-behind-fragment": (behind(NA, fragment(60), extension(58), first=44), MAC_RB,
                                   "nd_fragment"),
    "na-two-fragments": (behind(NA, fragment(44), fragment(58), first=44), MAC_RB, "nd_fragment"),
    "ns-atomic-fragment": (behind(NS, fragment(58), first=44), SOLICITED_NODE, "nd_fragment"),
    "rs-atomic-fragment": (behind(RS, fragment(58), first=44), ROUTERS, "nd_fragment"),
    "ra-atomic-fragment": (behind(nd.ra(LL_B, MAC_L), fragment(58), first=44), NODES,
                           "nd_fragment"),
    "na-jumbo": (ipv6(VICTIM, R_B, 0, bytes([58, 0, 0xc2, 4, 0, 0, 0, 48]) + NA[40:], 255,
                      length=0), MAC_RB, "jumbogram"),
    "na-from-unspecified": (nd.na("::", nd.ALL_NODES, VICTIM, OVERRIDE, MAC_L), NODES,
                            "nd_address"),
    "na-from-ours": (nd.na(R_B, nd.ALL_NODES, VICTIM, OVERRIDE, MAC_L), NODES, "nd_address"),
    "na-from-ours-elsewhere": (nd.na(R_A, nd.ALL_NODES, VICTIM, OVERRIDE, MAC_L), NODES,
                               "nd_address"),
    "na-from-ours-to-ours": (nd.na(R_B, R_B, VICTIM, BOTH, MAC_L), MAC_RB, "src_ours"),
    "na-solicited-to-group": (nd.na(VICTIM, nd.ALL_NODES, VICTIM, BOTH, MAC_L), NODES,
                              "nd_address"),
    "na-off-link-target": (nd.na(LIAR, R_B, FAR_1280, BOTH, MAC_L), MAC_RB, "nd_off_link"),
    "na-target-of-other-port": (nd.na(LIAR, R_B, A, BOTH, MAC_L), MAC_RB, "nd_off_link"),
    "na-mapped-target": (nd.na(LIAR, R_B, f"::ffff:{VICTIM4}", BOTH, MAC_L), MAC_RB, "nd_target"),
    "na-lladdr-0": (nd.na(VICTIM, R_B, VICTIM, BOTH, arp.NO_MAC), MAC_RB, "nd_option"),
    "na-lladdr-group": (nd.na(VICTIM, R_B, VICTIM, BOTH, NODES), MAC_RB, "nd_option"),
    "na-lladdr-broadcast": (nd.na(VICTIM, R_B, VICTIM, BOTH, arp.BROADCAST), MAC_RB, "nd_option"),
    "na-garbage-behind": (nd.na(VICTIM, R_B, VICTIM, BOTH, options=lladdr(2, MAC_L) + b"\1\2\3"),
                          MAC_RB, "nd_option"),
    "na-in-group-frame": (nd.na(VICTIM, LL_RB, VICTIM, BOTH, MAC_L), NODES, "l2_multicast"),
    "na-for-another-mac": (NA, MAC_V, "other_mac"),
    "ns-lladdr-0": (nd.ns(VICTIM, R_B, arp.NO_MAC), SOLICITED_NODE, "nd_option"),
    "ns-lladdr-broadcast": (nd.ns(VICTIM, R_B, arp.BROADCAST), SOLICITED_NODE, "nd_option"),
    "ns-from-ours": (nd.ns(R_B, R_B, MAC_L), SOLICITED_NODE, "nd_address"),
    "ns-dad-to-all-nodes": (nd.ns("::", R_B, dst=nd.ALL_NODES), NODES, "nd_address"),
    "ns-for-another": (nd.ns(LIAR, VICTIM, MAC_L, dst=nd.ALL_NODES), NODES, "nd_not_ours"),
    "rs-off-link": (nd.rs(FAR_1280, MAC_L), ROUTERS, "nd_off_link"),
    "rs-from-ours": (nd.rs(R_B, MAC_L), ROUTERS, "nd_address"),
    "ra-from-ours": (nd.ra(LL_RB, MAC_L), NODES, "nd_address"),
    "ra-from-global": (nd.ra(VICTIM, MAC_L), NODES, "nd_address"),
    "redirect": (redirect(LL_B, VICTIM, VICTIM), MAC_RB, "icmp_ignored"),
    "redirect-to-router": (redirect(LL_B, "fe80::bad", FAR_1280), MAC_RB, "icmp_ignored"),
    "redirect-from-global": (redirect(LIAR, VICTIM, VICTIM), MAC_RB, "nd_address"),
}


def refused(lab, cases, send):
    """Send each; nothing comes out, its reason counts one, no entry changes or is made."""
    before = entries(lab)
    for name, (frame, reason) in cases.items():
        counted = lab.drops()
        send(frame)
        end = time.monotonic() + PATIENCE_S
        while (now := lab.drops()) == counted and time.monotonic() < end:
            time.sleep(0.005)
        risen = {k: v - counted.get(k, 0) for k, v in now.items() if v != counted.get(k, 0)}
        assert risen == {reason: 1}, f"{name}: {risen}"
        assert entries(lab) == before, name
    got_a, got_b = lab.exchange(settle_s=0.1)
    expect.assert_frames(got_a + got_b, [])


def still_there(lab, mac=MAC_V):
    """Packets for the victims go to this MAC."""
    frames = [lab.from_a(udp(A, VICTIM, 90)), lab.from_a(udp(A4, VICTIM4, 90))]
    lab.check(a_in=frames, b_out=[lab.to_b(f, mac) for f in frames])


def test_nd_refused(victim):
    """Neighbor Discovery that RFC 4861, RFC 4291 or RFC 6980 has a router discard or ignore.

    Steps: each message of ND_REFUSED, about a neighbor in use or from a stranger.
    Verify: one count of its reason, no answer, no entry made or changed, packets go where they
    went.
    """
    cases = {name: (victim.from_b(packet, mac, MAC_L), reason)
             for name, (packet, mac, reason) in ND_REFUSED.items()}
    refused(victim, cases, victim.b.send)
    still_there(victim)


def arp_cases():
    """name -> (frame, reason), on B's link."""
    def claim(sender, target=R4_B, op=arp.REQUEST, mac=MAC_L, dst=arp.BROADCAST):
        return arp.frame(dst, MAC_L, arp.body(op, mac, sender, arp.NO_MAC, target))

    reply = {"op": arp.REPLY, "dst": MAC_RB}
    return {
        "sender-ours-elsewhere": (claim(R4_A), "arp_address"),
        "sender-network": (claim("198.51.100.0"), "arp_address"),
        "sender-broadcast": (claim("198.51.100.255", **reply), "arp_address"),
        "sender-multicast": (claim("224.0.0.5", **reply), "arp_address"),
        "sender-0": (claim("0.0.0.0", **reply), "arp_address"),
        "mac-group": (claim(VICTIM4, mac=NODES), "arp_address"),
        "mac-broadcast": (claim(VICTIM4, mac=arp.BROADCAST, **reply), "arp_address"),
        "mac-0": (claim(VICTIM4, mac=arp.NO_MAC, **reply), "arp_address"),
        "reply-between-others": (claim(VICTIM4, LIAR4, **reply), "arp_not_ours"),
        "request-between-others": (claim(VICTIM4, LIAR4), "arp_not_ours"),
        "announcement-of-nobody": (arp.announcement(LIAR4, MAC_L), "arp_not_ours"),
        "operation-of-rarp": (claim(VICTIM4, op=4), "arp_malformed"),
    }


def test_arp_refused(victim):
    """ARP that RFC 826 and RFC 5227 give no reason to believe.

    Steps: each message of arp_cases(); then claims about the victim on the wrong port.
    Verify: one count of its reason, no answer, no entry made or changed.
    """
    refused(victim, arp_cases(), victim.b.send)
    wrong = {"reply-on-wrong-port": (arp.reply(VICTIM4, R4_A, MAC_L, MAC_RA), "arp_off_link")}
    refused(victim, wrong, victim.a.send)
    still_there(victim)


def test_unasked_makes_no_entry(victim):
    """Who advertises without having been asked is not learned (RFC 4861 section 7.2.5).

    Steps: advertisements of an unknown neighbor, with and without flags, to us and to all; on the
    port of another link for the victim, from a link-local address too.
    Verify: heard, no entry.
    """
    before = entries(victim)
    frames = [victim.from_b(nd.na(LIAR, dst, LIAR, flags, MAC_L), mac, MAC_L)
              for flags in (0, OVERRIDE) for dst, mac in ((R_B, MAC_RB), (nd.ALL_NODES, NODES))]
    frames.append(victim.from_b(nd.na(LIAR, R_B, LIAR, BOTH, MAC_L), MAC_RB, MAC_L))
    frames.append(victim.from_b(nd.na(LIAR, R_B, "fe80::bad", BOTH, MAC_L), MAC_RB, MAC_L))
    got_a, got_b = victim.exchange(b=frames, settle_s=0.3)
    expect.assert_frames(got_a + got_b, [])
    assert entries(victim) == before
    assert victim.drops() == {}
    still_there(victim)


def test_our_address_is_kept(victim):
    """Nobody takes an address of ours that has been checked (RFC 4862 section 5.4, RFC 5227 section
    2.4 (c)).

    Steps: advertise our addresses from another MAC; probe for them; claim the IPv4 one in ARP.
    Verify: they stay preferred, no entry of theirs is made, and solicitations are answered.
    """
    nodes = [victim.from_b(nd.na(ours, nd.ALL_NODES, ours, OVERRIDE, MAC_L), NODES, MAC_L)
             for ours in (R_B, LL_RB)]
    victim.exchange(b=[*nodes, victim.from_b(nd.ns("::", R_B), SOLICITED_NODE, MAC_L),
                       arp.announcement(R4_B, MAC_L)], settle_s=0.3)
    states = {e["address"].split("/")[0]: e["state"] for e in victim.mtud.json("show address")}
    assert {states[ours].lower() for ours in (R_B, LL_RB, R4_B)} == {"preferred"}
    assert not {R_B, LL_RB, R4_B} & {addr for addr, _ in entries(victim)}
    asked = victim.from_b(nd.ns(LL_B, R_B, "02:00:00:00:0b:02"), SOLICITED_NODE)
    victim.b.drain()
    victim.b.send(asked)
    assert victim.b.until(lambda f: f[12:14] == b"\x86\xdd" and f[ETHER + 40] == 136,
                          PATIENCE_S)[-1][ETHER + 40] == 136


def test_advertised_routers_change_nothing(victim):
    """A router believes no other one (RFC 4861 sections 6.2.7, 8.2): advertisements with a default
    route, prefixes, routes, an MTU and a lifetime of 0, and redirects.

    Steps: such messages from a link-local address of the link.
    Verify: addresses, routes and ports' MTUs are what they were.
    """
    def config():
        routes = [(r["prefix"], r.get("mtu"), r.get("via")) for r in victim.mtud.json("show route")]
        ports = [(p["port"], p["mtu"]) for p in victim.mtud.json("show port")]
        return routes, ports, victim.mtud.cmd("show config")

    prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xc0, 7200, 3600, 0) + packed("2001:db8:bad::")
    route = struct.pack("!BBBBI", 24, 3, 48, 8, 7200) + packed("2001:db8:1280::")
    mtu = struct.pack("!BBHI", 5, 1, 0, 1280)
    before = config()
    victim.exchange(b=[victim.from_b(nd.ra(LL_B, options=prefix + route + mtu), NODES),
                       victim.from_b(redirect(LL_B, "fe80::bad", FAR_1280), MAC_RB)],
                    settle_s=0.3)
    assert config() == before


ERRORS = [(1, 4, 0), (2, 0, 1280), (2, 0, 68), (3, 0, 0), (4, 1, 6)]
ERRORS4 = [(3, 3, 0), (3, 4, 576), (3, 1, 0), (5, 1, 0), (11, 0, 0), (12, 0, 0)]


def test_errors_to_us_change_nothing(lab):
    """mtud keeps no path MTU and no connection: errors have nothing to change, and are not answered
    (RFC 4443 section 2.4 (e)).

    Steps: errors of every type to us that quote an echo reply of ours, an error of ours and what we
    never sent; echo replies, TCP resets.
    Verify: icmp_ignored and local_tcp count them, nothing comes out; the same route MTU is in force
    and the same size is refused.
    """
    asked = udp(A, FAR_1280, 1400)
    quotes = [icmpv6(R_A, A, 129, 0, bytes(60)), icmpv6(R_A, A, 2, 0, bytes(4) + asked[:1232]),
              udp(R_A, FAR_1280, 1300)]
    packets = [icmpv6(A, R_A, kind, code, struct.pack("!I", value) + quote[:1232])
               for kind, code, value in ERRORS for quote in quotes]
    quote4 = icmp4(R4_A, A4, 0, 0, bytes(60))
    packets += [icmp4(A4, R4_A, kind, code, struct.pack("!HH", 0, value) + quote4)
                for kind, code, value in ERRORS4]
    packets += [icmpv6(A, R_A, 129, 0, bytes(8)), icmp4(A4, R4_A, 0, 0, bytes(8))]
    reset = struct.pack("!HHIIBBHHH", 80, 40000, 1, 0, 5 << 4, 4, 0, 0, 0)
    before = lab.mtud.cmd(f"show route to {FAR_1280} size 1280")
    lab.check(a_in=[lab.from_a(p) for p in packets], drops={"icmp_ignored": len(packets)}, icmp={})
    lab.check(a_in=[lab.from_a(expect.ip(*pair, 6, reset)) for pair in ((A, R_A), (A4, R4_A))],
              drops={"local_tcp": 2}, icmp={})
    assert lab.mtud.cmd(f"show route to {FAR_1280} size 1280") == before
    lab.check(a_in=[lab.from_a(asked)], a_out=[lab.error_to_a(2, 0, 1280, asked)],
              drops={"too_big": 1})
    fits = [lab.from_a(udp(A, FAR_1280, 1280)), lab.from_a(udp(A4, FAR4_1280, 1280))]
    lab.check(a_in=fits, b_out=[lab.to_b(f) for f in fits], drops={})


# What the RFCs have a neighbor change: whoever is on the link can say it. Static neighbors are the
# remedy (test_n04_static_stays, test_v10_static_stays).
PERMITTED = {
    "na-solicited-override": (NA, MAC_RB),
    "na-override": (nd.na(VICTIM, nd.ALL_NODES, VICTIM, OVERRIDE, MAC_L), NODES),
    "ns": (NS, SOLICITED_NODE),
    "rs": (RS, ROUTERS),
}


@pytest.mark.parametrize("name", PERMITTED)
def test_permitted_by_rfc_4861(victim, name):
    """Sections 7.2.3, 7.2.5 and 6.2.6: the newest MAC that a neighbor names is taken; of those that
    answer no question the entry is in doubt, and probed when used (section 7.3.3).

    Steps: the message with the liar's MAC.
    Verify: the entry has it, REACHABLE after an answer alone; an advertisement without override
    does not change the MAC.
    """
    kept = nd.na(VICTIM, R_B, VICTIM, 0, "02:00:00:00:0f:0f")
    packet, dst_mac = PERMITTED[name]
    victim.exchange(b=[victim.from_b(packet, dst_mac, MAC_L)])
    wait_for(victim, (VICTIM, 1), MAC_L)
    entry = {e["address"]: e for e in victim.mtud.json("show neighbor")}[VICTIM]
    assert (entry["state"] == "REACHABLE") == (name == "na-solicited-override")
    victim.exchange(b=[victim.from_b(kept, MAC_RB, MAC_L)], settle_s=0.3)
    assert entries(victim)[VICTIM, 1] == MAC_L


def test_permitted_by_rfc_826(victim):
    """"Merge_flag": the newest MAC in a packet for us, or announced, is taken.

    Steps: a request for us, then an announcement, from two MACs.
    Verify: the entry has the newest one each time.
    """
    for mac, frame in ((MAC_L, arp.request(VICTIM4, R4_B, MAC_L)),
                       (MAC_V, arp.announcement(VICTIM4, MAC_V))):
        victim.exchange(b=[frame])
        wait_for(victim, (VICTIM4, 1), mac)
