# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""One packet of many is too big and answered, the others are forwarded over the same routes."""

import mtud_stl


class Mixed:
    """For each IP version a stream that fits the narrow routes and one that does not."""

    def get_streams(self, direction=0, tunables=(), **kwargs):
        parser = mtud_stl.parser_of(__file__, __doc__, (6, 4))
        mtud_stl.add_family(parser)
        mtud_stl.add_size(parser, 82)
        mtud_stl.add_size(parser, 1518, "--big-size", "octets of a frame that is too big")
        mtud_stl.add_mtu(parser)
        parser.add_argument("--one-in", type=mtud_stl.positive, default=100, metavar="N",
                            help="so many packets for each that is too big")
        mtud_stl.add_latency(parser)
        args = mtud_stl.parsed(parser, tunables)
        if args.one_in < 2:
            parser.error("--one-in 1 leaves no packet that fits; that is the profile ptb.py")
        parts = []
        for version in mtud_stl.families(args):
            mtud_stl.check_size(parser, version, args.size, mtu=args.mtu)
            mtud_stl.check_size(parser, version, args.big_size, narrow=True, mtu=args.mtu)
            parts += [mtud_stl.Part(f"fits {version}", version, args.size, args.one_in - 1, True),
                      mtud_stl.Part(f"{mtud_stl.TOO_BIG} {version}", version, args.big_size, 1,
                                    True)]
        return mtud_stl.streams(parser, args, direction, kwargs.get("port_id", direction), parts)


def register():
    return Mixed()
