#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Search for the highest rate without loss through mtud, with TRex (RFC 2544 section 26.1), one
search for each frame size. TRex must be running (t-rex-64 -i), mtud must have the configuration of
router_conf.py. What stands behind -- are tunables of the profile."""

import argparse
import dataclasses
import json
import os
import shutil
import signal
import sys

import ndr_draw
import ndr_search
import ndr_trex
from mtud_plan import is_mac
from ndr_trex import NdrError

WORDS = {
    "router": "lost packets above that",
    "line": "as much as the line carries",
    "max-pps": "more was not tried (--max-pps)",
    "generator": "TRex could not send more: not mtud's limit",
    "loss": "lost packets at every rate",
}


def numbers(text):
    return [int(number) for number in text.split(",")]


def arguments(argv):
    parser = argparse.ArgumentParser(
        description=__doc__, allow_abbrev=False,
        usage="%(prog)s [options] PROFILE [-- TUNABLE...]")
    parser.add_argument("profile", metavar="PROFILE", help="a profile of this folder, or its path")
    parser.add_argument("--sizes", type=numbers, metavar="N,...",
                        help="frame sizes, FCS included (default: the profile's own one)")
    parser.add_argument("--seconds", type=float, default=10, metavar="S",
                        help="of a run; RFC 2544 asks for 60 (default: 10)")
    parser.add_argument("--tries", type=int, default=1, metavar="N",
                        help="runs at each rate, of which more than half must pass (default: 1)")
    parser.add_argument("--loss", type=float, default=0, metavar="PERCENT",
                        help="tolerated (default: 0)")
    parser.add_argument("--resolution", type=float, default=0.5, metavar="PERCENT",
                        help="of the rate (default: 0.5)")
    parser.add_argument("--settle", type=float, default=2, metavar="S",
                        help="after a run for what is under way (default: 2)")
    parser.add_argument("--max-pps", type=float, metavar="N",
                        help="the highest rate to try (default: the line's)")
    parser.add_argument("--bidirectional", action="store_true", help="send on both ports")
    parser.add_argument("--ports", type=numbers, default=[0, 1], metavar="A,B",
                        help="TRex's ports (default: 0,1)")
    parser.add_argument("--router-macs", metavar="MAC,MAC",
                        help="mtud's on the other end of these, where TRex cannot know them")
    parser.add_argument("--look", metavar="FILE",
                        help="only send some packets and write what comes back there, as pcap")
    parser.add_argument("--json", metavar="FILE", help="write all runs there")
    parser.add_argument("--draw", metavar="NAME", help="draw NAME.svg and NAME.png")
    parser.add_argument("--server", default="localhost", help="where TRex runs (default: here)")
    parser.add_argument("--rpc-port", type=int, default=4501, metavar="N", help="(default: 4501)")
    parser.add_argument("--pub-port", type=int, default=4500, metavar="N", help="(default: 4500)")
    parser.add_argument("--trex-dir", default=os.environ.get("TREX_DIR"), metavar="DIR",
                        help="TRex's folder (default: $TREX_DIR)")
    argv, tunables = ((argv[:argv.index("--")], argv[argv.index("--") + 1:]) if "--" in argv
                      else (argv, []))
    args = parser.parse_args(argv)
    args.tunables = tunables
    check(parser, args)
    return args


def check(parser, args):
    """End with a sentence about what cannot be."""
    here = os.path.dirname(os.path.abspath(__file__))
    beside = os.path.join(here, args.profile)
    args.path = next(filter(os.path.isfile, (args.profile, beside, beside + ".py")), None)
    if args.path is None:
        parser.error(f"there is no profile {args.profile}")
    if args.seconds <= 0 or args.settle < 0 or args.tries < 1:
        parser.error("a run must last, and there must be one")
    if not 0 <= args.loss < 100 or not 0 < args.resolution < 100:
        parser.error("--loss and --resolution are percentages")
    if args.max_pps is not None and args.max_pps < 1:
        parser.error("--max-pps is less than a packet a second")
    if len(args.ports) != 2 or args.ports[0] == args.ports[1]:
        parser.error("--ports are two different ones")
    args.router_macs = args.router_macs.split(",") if args.router_macs else []
    if args.router_macs and (len(args.router_macs) != 2 or not all(map(is_mac, args.router_macs))):
        parser.error("--router-macs are two MAC addresses with a comma between")
    if args.draw and shutil.which("gnuplot") is None:
        parser.error("--draw needs gnuplot; scripts/setup.sh installs it")
    for path in filter(None, (args.json, args.draw, args.look)):
        if not os.path.isdir(os.path.dirname(os.path.abspath(path))):
            parser.error(f"there is no folder for {path}")


def told(trial, passed):
    """A line about a run."""
    words = [f"{trial.pps / 1e6:10.4f} Mpps  sent {trial.sent}", f"lost {trial.lost}"]
    if trial.answered:
        words.append(f"answered {trial.answered}")
    if not trial.offered:
        words.append(f"asked for {trial.asked_pps / 1e6:.4f} Mpps")
    if trial.own_errors:
        words.append(f"TRex's own errors {trial.own_errors}")
    return ", ".join(words) + ("" if passed else "  FAILED")


def measure(rig, args, size):
    """One search; return its result for the report."""
    tunables = args.tunables + ([f"--size={size}"] if size else [])
    load = rig.add(args.path, tunables)
    line = rig.line_pps()
    top = min(line, args.max_pps or line)
    rules = ndr_search.Rules(args.loss / 100, args.resolution / 100, args.tries)
    print(f"{os.path.basename(args.path)}, frames of {load.octets:.0f} octets: the line carries "
          f"{line / 1e6:.4f} Mpps.", flush=True)

    def run(pps):
        trial = rig.trial(pps, args.seconds)
        print(told(trial, rules.passes(trial)), flush=True)
        return trial

    outcome = ndr_search.search(run, top, rules)
    best = outcome.best
    limit = outcome.limit
    if limit == "top":
        limit = "line" if top == line else "max-pps"
    result = {"size": size, "octets": round(load.octets, 1), "line_mpps": line / 1e6,
              "too_big": load.too_big, "limit": limit, "mpps": None,
              "trials": [dataclasses.asdict(trial) for trial in outcome.trials]}
    if best:
        result |= {"mpps": best.pps / 1e6, "of_line": best.pps / line, "loss": best.loss,
                   "gbit_s": best.pps * (load.octets + ndr_trex.FRAME_GAP) * 8 / 1e9,
                   "answered": best.answered, "forwarded": best.forwarded}
        if load.fixed_pps:
            rig.trial(best.asked_pps, args.seconds)
            result["latency_us"] = rig.latency()
    return result


def show(results):
    print(f"\n{'octets':>8}{'Mpps':>12}{'Gbit/s':>10}{'of line':>10}   what kept it there")
    for r in results:
        rate = (f"{r['mpps']:>12.4f}{r['gbit_s']:>10.3f}{100 * r['of_line']:>8.1f} %"
                if r["mpps"] is not None else f"{'none':>12}{'':>20}")
        print(f"{r['octets']:>8.0f}{rate}   {WORDS[r['limit']]}")
        for group, us in r.get("latency_us", {}).items():
            print(f"{'':>8}latency of group {group}: {us['total_min']} to {us['total_max']} us, "
                  f"{us['average']} on average")


def main(argv):
    args = arguments(argv)
    with ndr_trex.connected(args) as rig:
        if args.look:
            rig.add(args.path, args.tunables)
            rig.look(args.look, 100)
            print(f"What came back is in {args.look}.")
            return
        results = [measure(rig, args, size) for size in args.sizes or [None]]
    show(results)
    if args.json:
        with open(args.json, "w", encoding="ascii") as out:
            json.dump({"profile": os.path.basename(args.path), "tunables": args.tunables,
                       "seconds": args.seconds, "tries": args.tries,
                       "tolerated_loss": args.loss / 100, "bidirectional": args.bidirectional,
                       "results": results}, out, indent=1)
            out.write("\n")
        print(f"All runs are in {args.json}.")
    if args.draw:
        title = f"mtud, {os.path.basename(args.path)} {' '.join(args.tunables)}".rstrip()
        print(f"The pictures are {' and '.join(ndr_draw.draw(args.draw, title, results))}.")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main(sys.argv[1:])
    except (NdrError, OSError) as error:
        sys.exit(f"ndr.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
