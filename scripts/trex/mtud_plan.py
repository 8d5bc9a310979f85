# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Which addresses lie behind which port of mtud. Documentation prefixes (RFC 3849, RFC 5737) and
the block for benchmarks (RFC 2544).

    TRex port 0 -- 2001:db8:0:a::/64 -- port 0  mtud  port 1 -- 2001:db8:0:b::/64 -- TRex port 1
                    192.0.2.0/24                             198.51.100.0/24

Behind each TRex port lie two rows of routes that TRex plays all hosts of: wide ones, which have no
MTU of their own, and narrow ones, which have.
"""

import dataclasses
import ipaddress
import re

ROUTES = 256
BITS = {4: 32, 6: 128}


def network(text):
    return ipaddress.ip_network(text)


@dataclasses.dataclass(frozen=True)
class Side:
    """What lies behind one port of mtud."""

    link: ipaddress._BaseNetwork
    wide: ipaddress._BaseNetwork  # the first wide route; the others follow
    narrow: ipaddress._BaseNetwork

    @property
    def router(self):
        """mtud's address on the link."""
        return self.link[1]

    @property
    def trex(self):
        return self.link[2]

    def first(self, narrow):
        return self.narrow if narrow else self.wide


PLAN = {
    6: (Side(network("2001:db8:0:a::/64"), network("2001:db8:1000::/48"),
             network("2001:db8:9000::/48")),
        Side(network("2001:db8:0:b::/64"), network("2001:db8:2000::/48"),
             network("2001:db8:a000::/48"))),
    # 512 routes of each kind for each side fill the block.
    4: (Side(network("192.0.2.0/24"), network("198.18.0.0/26"), network("198.18.128.0/26")),
        Side(network("198.51.100.0/24"), network("198.19.0.0/26"), network("198.19.128.0/26"))),
}
MOST_ROUTES = 512


def is_mac(text):
    return re.fullmatch("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}", text) is not None


def prefix(text, version):
    """A prefix that the user gave; ValueError says what is wrong with it."""
    given = ipaddress.ip_network(text)
    if given.version != version:
        raise ValueError(f"{text} is no IPv{version} prefix")
    return given


def nth(first, n):
    """The n-th of the routes that begin with this one."""
    start = int(first.network_address) + (n << (BITS[first.version] - first.prefixlen))
    return ipaddress.ip_network((start, first.prefixlen))


def steps(first, routes):
    """How to walk from the first route to the others in the 16-bit word of an address that holds
    the prefix's last bit: the word's offset, its value for the first host of the first route, and
    what is between two routes. ValueError where that word is too small."""
    if not 8 < first.prefixlen < BITS[first.version]:
        raise ValueError(f"{first} is no route to walk on from")
    end = 2 * -(-first.prefixlen // 16)
    step = 1 << (8 * end - first.prefixlen)
    word = int.from_bytes(first.network_address.packed[end - 2:end], "big")
    if word + routes * step > 1 << 16:
        raise ValueError(f"{routes} routes from {first} on do not fit into 16 bits of an address")
    return end - 2, int.from_bytes(first[1].packed[end - 2:end], "big"), step
