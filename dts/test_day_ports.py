# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Bad days of ports: links that are slow, go down and come back, devices that change or vanish."""

import contextlib
import time

import pytest

from lab import arp, expect, nd
from lab.day import PATIENCE_S, balanced, pools_full, traffic, until
from lab.expect import ECHO_REPLY, ECHO_REQUEST, icmpv6, udp
from lab.lab import A, B, FAR, LL_RB, MAC_A, MAC_RA, R4_B, R_A, R_B, Lab

# Frames wait in the kernel for the link, as they do in a card's queue.
SLOW_LINK = ",qdisc_bypass=0"
HOST, HOST_MAC = "2001:db8:b::77", "02:00:00:00:0b:77"


@pytest.fixture(scope="module")
def bench(binary):
    """A router of this file's own: what is done to its ports is done to no other test."""
    with Lab(binary, vdev_args=SLOW_LINK) as lab:
        yield lab


@pytest.fixture
def lab(bench):
    bench.clear()
    return bench


def port(lab, number):
    return lab.mtud.json(f"show port {number}")


def dropped(lab, reason):
    return lab.drops().get(reason, 0)


def heard(tap, seconds=0.1):
    """Frames; a wire's end whose link was down says so once."""
    with contextlib.suppress(OSError):
        return tap.frames(seconds)
    return []


def is_probe(frame, addr):
    """Duplicate Address Detection: a solicitation from ::."""
    return nd.is_ns(frame, addr) and frame[22:38] == bytes(16)


def echo(lab):
    """Port 0 does its work: an echo is answered there."""
    asked = lab.from_a(icmpv6(A, R_A, ECHO_REQUEST, 0, b"day\0"))
    lab.a.send(asked)
    got = lab.a.until(lambda f: f[20] == 58 and f[54] == ECHO_REPLY, PATIENCE_S)
    expect.assert_frame(got[-1], expect.frame_of(icmpv6(R_A, A, ECHO_REPLY, 0, b"day\0"),
                                                 MAC_RA, MAC_A))


def test_transmit_queue_full(lab):
    """A link far slower than what is to go there fills its queue, and costs nobody else anything.

    Steps: port 1's link takes 64 kbit/s; 2000 packets of 1000 octets to it; packets the other way,
    and changes of the configuration, meanwhile; then the link is fast again.
    Verify: what finds no room is counted as tx_full, the rest as sent; no worker stands; all
    packets the other way arrive; changes are made; then everything passes.
    """
    there, back = lab.from_a(udp(A, FAR, 1000)), lab.from_b(udp(B, A, 100))
    lab.ns_r.run("tc", "qdisc", "add", "dev", "port1", "root", "tbf", "rate", "64kbit", "burst",
                 "2000", "limit", "10000000")
    try:
        for _ in range(40):
            lab.a.send(*[there] * 50)
            lab.b.send(back)
            time.sleep(0.002)
        got = [lab.a.receive(PATIENCE_S) for _ in range(40)]
        expect.assert_frames(got, [lab.to_a(back)] * 40)
        full = until("tx_full", lambda: dropped(lab, "tx_full"))
        assert [w["state"] for w in lab.mtud.json("show workers")] == ["running"]
        with lab.mtud.having("add route 2001:db8:77::/48 blackhole"):
            echo(lab)
        assert balanced(lab.mtud)
    finally:
        lab.ns_r.run("tc", "qdisc", "del", "dev", "port1", "root")
    assert full > 0 and set(lab.drops()) == {"tx_full"}

    def room():
        before = dropped(lab, "tx_full")
        lab.a.send(*[there] * 4)
        echo(lab)
        return dropped(lab, "tx_full") == before

    until("room in the queue", room)
    lab.exchange()
    lab.check(a_in=[there] * 20, b_out=[lab.to_b(there)] * 20)


@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_link_down_and_up(lab, side):
    """A link that goes down under traffic and comes back starts anew.

    Steps: let mtud learn a neighbor; under traffic take the link of port 1 down, on mtud's side or
    on the peer's, and up again.
    Verify: while it is down packets end as port_down, port 0 works, the log says so, addresses have
    no link, the learned neighbor is forgotten (RFC 4861 section 7.3.3 knows none on no link); then
    each IPv6 address is checked again (RFC 4862 section 5.4), the IPv4 one announced (RFC 5227
    section 2.3), and traffic is back, the learned neighbor asked for again; every packet that came
    is sent or dropped for that reason.
    """
    frame = lab.from_a(udp(A, FAR, 200))
    lab.b.send(lab.from_b(nd.ns(HOST, R_B, HOST_MAC, dst=R_B), src_mac=HOST_MAC))
    until("the neighbor", lambda: any(n["address"] == HOST for n in lab.mtud.json("show neighbor")))
    ns, iface = (lab.ns_r, "port1") if side == "ours" else (lab.ns_b, "wire")
    log_from = len(lab.mtud.log())
    with traffic(lab.a, [frame] * 4):
        ns.run("ip", "link", "set", iface, "down")
        until("port_down", lambda: dropped(lab, "port_down"))
        assert port(lab, 1)["link"] == "down" and port(lab, 0)["up"]
        echo(lab)
        states = {a["address"]: a["state"] for a in lab.mtud.json("show address")}
        assert states[f"{R_B}/64"] == states[f"{R4_B}/24"] == "no link", states
        assert not any(n["address"] == HOST for n in lab.mtud.json("show neighbor"))
        heard(lab.b)
        ns.run("ip", "link", "set", iface, "up")
        seen = []

        def back():
            seen.extend(heard(lab.b))
            return all(any(is_probe(f, addr) for f in seen) for addr in (R_B, LL_RB)) and \
                any(arp.is_announcement(f) for f in seen) and lab.to_b(frame) in seen

        until("probes, announcement and traffic", back)
    until("the checks' end", lambda: {a["state"] for a in lab.mtud.json("show address")} ==
          {"preferred"})
    lab.exchange()
    assert balanced(lab.mtud)
    assert set(lab.drops()) == {"port_down"}
    until("full pools", lambda: pools_full(lab.mtud))
    assert "port 1: link down\n" in lab.mtud.log()[log_from:]
    assert "port 1: link up\n" in lab.mtud.log()[log_from:]
    lab.a.send(lab.from_a(udp(A, HOST, 100)))
    assert nd.is_ns(lab.b.until(lambda f: nd.is_ns(f, HOST), PATIENCE_S)[-1], HOST)


def test_mtu_of_the_interface(lab):
    """An interface that carries less than its port's MTU loses what is larger without a word: mtud
    says so.

    Steps: lower the MTU of port 1's interface from outside; then set port 1 mtu to match; then undo
    both.
    Verify: a warning in the log, once, and in `show port 1` as long as it is so; with the port's
    MTU set a larger packet is answered with Packet Too Big.
    """
    says = "whose own MTU is less than the port's"

    def limits():
        return [row["refused"] for row in port(lab, 1)["limits"] if says in row["refused"]]

    log_from = len(lab.mtud.log())
    lab.ns_r.run("ip", "link", "set", "port1", "mtu", "1400")
    try:
        until("the limit", limits)
        time.sleep(0.5)  # two more looks
        assert lab.mtud.log()[log_from:].count(says) == 1
        with lab.mtud.having("set port 1 mtu 1400", "set port 1 mtu 1500"):
            until("no limit", lambda: not limits())
            large = lab.from_a(udp(A, FAR, 1500))
            assert lab.error_to_a(2, 0, 1400, large[14:]) in lab.exchange(a=[large])[0]
    finally:
        lab.ns_r.run("ip", "link", "set", "port1", "mtu", "1500")
    until("no limit", lambda: not limits())
    fits = lab.from_a(udp(A, FAR, 1500))
    assert lab.to_b(fits) in lab.exchange(a=[fits])[1]


def test_mac_of_the_interface(lab):
    """An interface whose MAC address is changed beneath mtud is the port that it was.

    Steps: give port 0's interface another MAC; make it promiscuous and not; send to the port's.
    Verify: what is for the port's MAC is forwarded, as ND and ARP still tell it.
    """
    frame = lab.from_a(udp(A, FAR, 300))
    lab.ns_r.run("ip", "link", "set", "port0", "address", "02:00:00:00:0a:99")
    try:
        for mode in ("on", "off"):
            lab.ns_r.run("ip", "link", "set", "port0", "promisc", mode)
            assert lab.to_b(frame) in lab.exchange(a=[frame])[1]
        echo(lab)
    finally:
        lab.ns_r.run("ip", "link", "set", "port0", "address", MAC_RA)


def test_device_vanishes(lab):
    """A port whose device is gone is a port less, not an outage. The last test here.

    Steps: under traffic delete the network namespace at the other end of port 1, and the veth pair
    with it; commands on that port; end mtud.
    Verify: told once in the log, though traffic goes on; `show port` says it; packets end as
    port_down; port 0 works; addresses, routes and neighbors of that port can be added and removed;
    what asks the device is refused with its name; the end is clean.
    """
    frame = lab.from_a(udp(A, FAR, 200))
    with traffic(lab.a, [frame] * 4):
        # A namespace goes with all that holds it: the socket on its wire, and its own handle.
        lab.b.close()
        lab.ns_b.close()
        until("the log", lambda: "is gone" in lab.mtud.log())
        lines = len(lab.mtud.log().splitlines())
        until("port_down", lambda: dropped(lab, "port_down") > 200)
        echo(lab)
    assert port(lab, 1)["link"] == "device gone" and not port(lab, 1)["up"]
    assert [p["link"] for p in lab.mtud.json("show port")][1] == "device gone"
    lab.mtud.do("add address 2001:db8:77::1/64 port 1",
                "add route 2001:db8:78::/48 via 2001:db8:77::2",
                "add neighbor 2001:db8:77::2 lladdr 02:00:00:00:77:02 port 1",
                "del route 2001:db8:78::/48", "del neighbor 2001:db8:77::2 port 1",
                "del address 2001:db8:77::1/64 port 1", "set port 1 mtu 1400")
    assert "net_af_packet1" in lab.mtud.cmd("set port 1 promisc on")
    # What waited for a neighbor there may be given up only now.
    assert set(lab.drops()) <= {"port_down", "neigh_gone", "neigh_failed"}
    assert balanced(lab.mtud)
    said = lab.mtud.log().splitlines()[lines:]
    assert len(said) <= 3 and lab.mtud.log().count("is gone") == 1, said
    lab.mtud.stop()
