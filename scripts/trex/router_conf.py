#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Print mtud's configuration for the profiles, for -f or load."""

import argparse
import sys

import mtud_plan


def lines(macs, versions=(6, 4), routes=mtud_plan.ROUTES, mtu=1280, mss=""):
    """Console lines. TRex's MACs are static neighbors: its ports answer no Neighbor Solicitation
    outside of service mode."""
    yield "# Every packet that is too big is to be answered."
    yield "set icmp rate 0 burst 1"
    for version in versions:
        for port, side in enumerate(mtud_plan.PLAN[version]):
            yield f"add address {side.router}/{side.link.prefixlen} port {port}"
            yield f"add neighbor {side.trex} lladdr {macs[port]} port {port}"
            for n in range(routes):
                yield f"add route {mtud_plan.nth(side.wide, n)} via {side.trex}"
            for n in range(routes):
                yield (f"add route {mtud_plan.nth(side.narrow, n)} via {side.trex} mtu {mtu}" +
                       (f" mss {mss}" if mss else ""))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("mac", nargs=2, help="of TRex's ports 0 and 1")
    parser.add_argument("--family", choices=("6", "4", "both"), default="both")
    parser.add_argument("--routes", type=int, default=mtud_plan.ROUTES, metavar="N",
                        help="wide and narrow ones for each port and family")
    parser.add_argument("--mtu", type=int, default=1280, metavar="N", help="of the narrow routes")
    parser.add_argument("--mss", default="", metavar="'clamp|max N|set N'",
                        help="option of the narrow routes, for syn.py")
    args = parser.parse_args()
    for mac in args.mac:
        if not mtud_plan.is_mac(mac):
            parser.error(f"{mac} is no MAC address like 02:00:00:00:00:01")
    if not 1 <= args.routes <= mtud_plan.MOST_ROUTES:
        parser.error(f"--routes {args.routes} is not between 1 and {mtud_plan.MOST_ROUTES}")
    return args


def main():
    args = arguments()
    versions = (6, 4) if args.family == "both" else (int(args.family),)
    for line in lines(args.mac, versions, args.routes, args.mtu, args.mss):
        print(line)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.exit(1)
