# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The attackers' tools that scripts/attack.sh runs: those of Debian's thc-ipv6 and ipv6toolkit,
each with its arguments, and what of them the RFCs allow to succeed."""

import dataclasses

from .lab import A, B, MAC_RA, R_A

IFACE = "wire"
X, MAC_X = "2001:db8:a::666", "02:00:00:00:06:66"
DYNAMIC = "2001:db8:a::22"      # a second address of A, which mtud resolves by itself
SECRET = "/usr/share/common-licenses/GPL-3"  # a file that Debian has, for the tool that wants one
SHORT_S, LONG_S = 1.2, 2.5


@dataclasses.dataclass(frozen=True)
class Attack:
    """One run of a tool, from the link of A.

    poisons  it takes a neighbor over in a way that RFC 4861 section 7.2.5 permits: who is not
             static may be wrong afterwards, until an operator removes it
    console  what the operator does meanwhile
    """

    tool: str
    args: tuple
    seconds: float = SHORT_S
    poisons: bool = False
    console: tuple = ()

    @property
    def argv(self):
        return (self.tool, *self.args)


def thc(tool, *args, **kwargs):
    return Attack(f"atk6-{tool}", args, **kwargs)


def si6(tool, *args, **kwargs):
    """These send to a group's MAC unless they are told the router's."""
    to_router = ("-D", MAC_RA) if R_A in args[:2] or B in args[:2] else ()
    return Attack(tool, ("-i", IFACE, *to_router, *args), **kwargs)


FUZZ = ("-I", "-F", "-S", "-D", "-H", "-R", "-J")

THC = [
    thc("flood_advertise6", IFACE, poisons=True),
    thc("flood_advertise6", IFACE, R_A, poisons=True),
    thc("flood_solicitate6", IFACE, R_A, R_A, seconds=LONG_S),
    thc("flood_solicitate6", "-a", IFACE, R_A, R_A),
    thc("flood_router26", IFACE),
    thc("flood_router26", "-F", IFACE),
    thc("flood_redir6", IFACE, R_A),
    thc("flood_redir6", "-HFD", IFACE, R_A),
    thc("flood_rs6", "-S", IFACE),
    thc("flood_mld6", IFACE),
    thc("flood_mld26", IFACE),
    thc("flood_mldrouter6", IFACE),
    thc("flood_unreach6", "-R", IFACE, R_A),
    thc("parasite6", "-lR", IFACE, seconds=LONG_S, poisons=True),
    thc("fake_advertise6", "-s", "-n", "3", "-w", "1", IFACE, A, R_A),
    thc("fake_advertise6", "-s", "-n", "3", "-w", "1", IFACE, DYNAMIC, R_A, poisons=True),
    thc("fake_advertise6", "-r", "-n", "3", "-w", "1", IFACE, R_A),
    thc("fake_advertise6", "-f", "-s", "-n", "3", "-w", "1", IFACE, DYNAMIC, R_A),
    thc("fake_solicitate6", IFACE, R_A, R_A),
    thc("redir6", IFACE, R_A, B, A, X),
    thc("redirsniff6", IFACE, "*", "*", R_A),
    thc("dos-new-ip6", IFACE, seconds=LONG_S,
        console=("add address 2001:db8:a::77/64 port 0",)),
    thc("ndpexhaust26", "-R", IFACE, "2001:db8:b::/64", seconds=LONG_S),
    thc("ndpexhaust26", "-p", "-r", IFACE, "2001:db8:b::/64"),
    thc("ndpexhaust26", "-p", "-m", IFACE, "2001:db8:a::/64"),
    thc("toobig6", "-u", IFACE, R_A, B, "1280"),
    thc("toobigsniff6", "-c", IFACE, B, "1280"),
    *(thc("fragmentation6", "-fp", IFACE, R_A, case) for case in ("1", "17", "30")),
    thc("fragmentation6", "-fp", IFACE, B, "1"),
    thc("exploit6", IFACE, R_A, seconds=LONG_S),
    thc("fuzz_ip6", "-1", *FUZZ, IFACE, R_A),
    *(thc("fuzz_ip6", f"-{kind}", *FUZZ, IFACE, "ff02::1") for kind in "23479"),
    thc("fuzz_ip6", "-1", *FUZZ, IFACE, B),
    thc("implementation6", "-p", IFACE, R_A, seconds=LONG_S),
    thc("implementation6", "-p", IFACE, B, seconds=LONG_S),
    thc("denial6", IFACE, R_A, "2"),
    thc("denial6", IFACE, B, "2"),
    thc("smurf6", IFACE, A),
    thc("rsmurf6", IFACE, R_A),
    thc("thcsyn6", "-R", IFACE, B, "80"),
    thc("thcsyn6", "-r", IFACE, R_A, "x"),
    thc("covert_send6", IFACE, B, SECRET),
    thc("randicmp6", "-p", IFACE, R_A, seconds=LONG_S),
    thc("sendpees6", IFACE, "1024", "fe80::", R_A),
    thc("kill_router6", IFACE, R_A),
    thc("firewall6", IFACE, B, "80", seconds=LONG_S),
    thc("alive6", "-p", IFACE, "2001:db8:b::0-ff"),
    thc("node_query6", IFACE, R_A),
    thc("trace6", IFACE, B),
]

SI6 = [
    si6("na6", "-d", R_A, "-t", A, "-c", "-o", "-E", MAC_X, "-l", "-z", "1"),
    si6("na6", "-d", R_A, "-t", R_A, "-o", "-E", MAC_X, "-l", "-z", "1"),
    si6("ns6", "-d", R_A, "-t", R_A, "-F", "500", "-e", "-l", "-z", "1"),
    si6("ns6", "-d", R_A, "-t", R_A, "-s", DYNAMIC, "-E", MAC_X, poisons=True),
    si6("ns6", "-d", R_A, "-t", R_A, "-y", "64", "-e", "-l", "-z", "1"),
    si6("ra6", "-d", "ff02::1", "-F", "500", "-e", "-t", "1800", "-l", "-z", "1"),
    si6("rd6", "-d", R_A, "-s", "fe80::666", "-r", B, "-t", "fe80::667", "-l", "-z", "1"),
    si6("frag6", "-d", R_A, "-F", "500", "-l", "-z", "1"),
    si6("frag6", "-d", R_A, "-X"),
    si6("frag6", "-d", B, "-F", "500", "-l", "-z", "1"),
    si6("icmp6", "-d", R_A, "-E", "-m", "1280", "-r", R_A, "-x", B, "-l", "-z", "1"),
    si6("icmp6", "-d", R_A, "-t", "128:0", "-l", "-z", "1"),
    si6("tcp6", "-d", R_A, "-a", "80", "-X", "S", "-F", "500", "-l", "-z", "1"),
    si6("tcp6", "-d", B, "-a", "80", "-X", "S", "-F", "500", "-l", "-z", "1"),
    si6("udp6", "-d", R_A, "-a", "53", "-F", "500", "-l", "-z", "1"),
    si6("jumbo6", "-d", R_A, "-q", "0", "-Q", "70000", "-l", "-z", "1"),
    si6("flow6", "-d", R_A, "-P", "TCP", "-p", "80", "-W"),
    si6("scan6", "-L"),
    si6("scan6", "-d", "2001:db8:b::/112", "-r", "5000pps"),
    Attack("ni6", ("-i", IFACE, "-d", R_A)),
    Attack("path6", ("-i", IFACE, "-d", B)),
]

ATTACKS = THC + SI6


def named(names):
    """The attacks of these tools, with or without the prefix that Debian gives those of thc-ipv6;
    all for no names. A name that is none of them is a ValueError."""
    if not names:
        return ATTACKS
    wanted = {name.removeprefix("atk6-") for name in names}
    unknown = wanted - {attack.tool.removeprefix("atk6-") for attack in ATTACKS}
    if unknown:
        raise ValueError(f"no tool {', '.join(sorted(unknown))} among those that are run")
    return [a for a in ATTACKS if a.tool.removeprefix("atk6-") in wanted]
