# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""TCP SYNs whose MSS is more than the routes let through."""

import mtud_stl

MSS = {6: 1440, 4: 1460}  # of 1500 octets


class Syn:
    """A stream of SYNs for each IP version over the narrow routes."""

    def get_streams(self, direction=0, tunables=(), **kwargs):
        parser = mtud_stl.parser_of(__file__, __doc__, (6, 4))
        mtud_stl.add_family(parser)
        parser.add_argument("--mss", type=mtud_stl.positive,
                            help="that the SYNs announce (default: 1440 over IPv6, 1460 over IPv4)")
        args = mtud_stl.parsed(parser, tunables)
        if args.mss and args.mss > 65535:
            parser.error(f"--mss {args.mss} does not fit its option")
        parts = [mtud_stl.Part(f"syn {version}", version, narrow=True, mss=args.mss or MSS[version])
                 for version in mtud_stl.families(args)]
        return mtud_stl.streams(parser, args, direction, kwargs.get("port_id", direction), parts)


def register():
    return Syn()
